//! Polynomial expansion (Farnebäck 2003): the quadratic polynomial that fits the samples around each
//! pixel best, by normalized convolution with a Gaussian applicability.

use super::pyramid::PyramidLevel;
use crate::ops::kernel::row_sums::sum_rows;

/// Polynomial around a pixel, in y down and x to the right: its coefficients times their weight, and
/// the weight; so that polynomials that are known better count more where they are interpolated.
///
/// Eight numbers, of which two are not used, fill a register.
pub(super) type LocalPolynomial = [f32; 8];

/// Positions in a polynomial: the coefficients of y, x, y², x², half of that of yx, and the weight.
pub(super) const Y: usize = 0;
pub(super) const X: usize = 1;
pub(super) const YY: usize = 2;
pub(super) const XX: usize = 3;
pub(super) const YX: usize = 4;
pub(super) const WEIGHT: usize = 5;

/// Number of coefficients of a quadratic polynomial: of 1, y, x, y², x² and yx.
const TERMS: usize = 6;

/// Powers of y and x in each term.
const POWERS: [[usize; 2]; TERMS] = [[0, 0], [1, 0], [0, 1], [2, 0], [0, 2], [1, 1]];

/// Smallest pivot, as a fraction of the largest possible, of a fit that the samples determine.
const MIN_PIVOT: f64 = 1e-4;

/// Gaussian applicability, and what is computed from it once.
pub(super) struct Applicability {
    radius: usize,
    /// Weights of the samples from `-radius` to `radius`, times powers 0, 1 and 2 of their position.
    taps: [Vec<f32>; 3],
    /// Moments 2 and 4 of the weights, which add up to 1.
    second: f64,
    fourth: f64,
}

impl Applicability {
    /// Weights with a standard deviation in pixels.
    pub(super) fn new(sigma: f64) -> Self {
        let radius = (4.0 * sigma).ceil().max(1.0) as usize;
        let positions: Vec<f64> = (0..=2 * radius)
            .map(|at| at as f64 - radius as f64)
            .collect();
        let weights: Vec<f64> = positions
            .iter()
            .map(|u| (-0.5 * (u / sigma).powi(2)).exp())
            .collect();
        let sum: f64 = weights.iter().sum();
        let moment = |power: i32| -> f64 {
            let terms = positions.iter().zip(&weights);
            terms.map(|(u, weight)| u.powi(power) * weight / sum).sum()
        };
        let taps = [0, 1, 2].map(|power| {
            let terms = positions.iter().zip(&weights);
            terms
                .map(|(u, weight)| (u.powi(power) * weight / sum) as f32)
                .collect()
        });
        Self {
            radius,
            taps,
            second: moment(2),
            fourth: moment(4),
        }
    }
}

/// Solutions for pixels around which samples are missing: beyond the edge, or not known. They depend
/// on the certainties only and are kept while these stay the same.
#[derive(Default)]
pub(super) struct IncompleteFits {
    size: [usize; 2],
    certainty: Vec<f32>,
    /// The pixels in order; `None` where the samples do not determine a polynomial.
    fits: Vec<(usize, Option<IncompleteFit>)>,
}

/// The coefficients of y, x, y², x² and yx as sums over the six moments, and the weight.
struct IncompleteFit {
    rows: [[f32; TERMS]; 5],
    weight: f32,
}

impl IncompleteFits {
    fn update(&mut self, applicability: &Applicability, level: &PyramidLevel) {
        let size = [level.height, level.width];
        if self.size == size && self.certainty == level.certainty {
            return;
        }
        self.size = size;
        self.certainty.clone_from(&level.certainty);
        self.fits.clear();
        let radius = applicability.radius;
        let is_known = |at: usize| level.certainty[at] > 0.0;
        let mut unknown_within = vec![0u32; level.width + 1];
        for y in 0..level.height {
            let rows = y.saturating_sub(radius)..(y + radius + 1).min(level.height);
            // Number of unknown samples in the columns before each one.
            for x in 0..level.width {
                let column = rows.clone().map(|row| row * level.width + x);
                let unknown = column.filter(|at| !is_known(*at)).count();
                unknown_within[x + 1] = unknown_within[x] + unknown as u32;
            }
            for x in 0..level.width {
                let columns = x.saturating_sub(radius)..(x + radius + 1).min(level.width);
                let is_whole = rows.len() == 2 * radius + 1 && columns.len() == 2 * radius + 1;
                if !is_whole || unknown_within[columns.end] > unknown_within[columns.start] {
                    let fit = IncompleteFit::new(applicability, level, y, x);
                    self.fits.push((y * level.width + x, fit));
                }
            }
        }
    }
}

impl IncompleteFit {
    /// Solution for the samples that are known around a pixel, which must be one of them.
    fn new(
        applicability: &Applicability,
        level: &PyramidLevel,
        y: usize,
        x: usize,
    ) -> Option<Self> {
        if level.certainty[y * level.width + x] == 0.0 {
            return None;
        }
        let radius = applicability.radius;
        // Sums of weight · y^i · x^j over the known samples.
        let mut moments = [[0.0; 5]; 5];
        for row in y.saturating_sub(radius)..(y + radius + 1).min(level.height) {
            let dy = row as f64 - y as f64;
            for column in x.saturating_sub(radius)..(x + radius + 1).min(level.width) {
                if level.certainty[row * level.width + column] == 0.0 {
                    continue;
                }
                let dx = column as f64 - x as f64;
                let weight = f64::from(applicability.taps[0][row + radius - y])
                    * f64::from(applicability.taps[0][column + radius - x]);
                let mut along_y = weight;
                for moments in &mut moments {
                    let mut along = along_y;
                    for moment in moments {
                        *moment += along;
                        along *= dx;
                    }
                    along_y *= dy;
                }
            }
        }
        let matrix = POWERS.map(|[i, j]| POWERS.map(|[k, l]| moments[i + k][j + l]));
        let Applicability { second, fourth, .. } = *applicability;
        let spread = fourth - second * second;
        let whole = [1.0, second, second, spread, spread, second * second];
        let inverse = invert(matrix, whole)?;
        let rows = [1, 2, 3, 4, 5].map(|term: usize| inverse[term].map(|v| v as f32));
        // The variance of the second derivatives of a whole fit relative to this one.
        let weight = 1.0 / (spread * inverse[3][3].max(inverse[4][4]));
        Some(Self {
            rows,
            weight: weight.clamp(0.0, 1.0) as f32,
        })
    }
}

/// Inverse of a symmetric matrix by Gauss–Jordan elimination; `None` if a pivot is too small
/// compared with that of a whole fit.
fn invert(mut matrix: [[f64; TERMS]; TERMS], whole: [f64; TERMS]) -> Option<[[f64; TERMS]; TERMS]> {
    let mut inverse = [[0.0; TERMS]; TERMS];
    for (at, row) in inverse.iter_mut().enumerate() {
        row[at] = 1.0;
    }
    for at in 0..TERMS {
        let pivot = matrix[at][at];
        if pivot.is_nan() || pivot < MIN_PIVOT * whole[at] {
            return None;
        }
        matrix[at] = matrix[at].map(|v| v / pivot);
        inverse[at] = inverse[at].map(|v| v / pivot);
        let (pivot_row, pivot_inverse) = (matrix[at], inverse[at]);
        for other in (0..TERMS).filter(|other| *other != at) {
            let factor = matrix[other][at];
            for column in 0..TERMS {
                matrix[other][column] -= factor * pivot_row[column];
                inverse[other][column] -= factor * pivot_inverse[column];
            }
        }
    }
    Some(inverse)
}

/// Memory for the expansion of a level.
#[derive(Default)]
pub(super) struct ExpansionMemory {
    incomplete: IncompleteFits,
    /// Sums over the rows around a row, with zeros before and after them.
    vertical: [Vec<f32>; 3],
    /// The six moments of a row.
    moments: [Vec<f32>; TERMS],
}

/// Fits a polynomial around each pixel of a level.
#[inline(always)]
pub(super) fn expand(
    applicability: &Applicability,
    level: &PyramidLevel,
    memory: &mut ExpansionMemory,
    out: &mut Vec<LocalPolynomial>,
) {
    memory.incomplete.update(applicability, level);
    let Applicability {
        radius,
        second,
        fourth,
        ref taps,
    } = *applicability;
    let [vertical, moments] = [
        memory.vertical.as_mut_slice(),
        memory.moments.as_mut_slice(),
    ];
    for row in &mut *vertical {
        row.clear();
        row.resize(level.width + 2 * radius, 0.0);
    }
    for row in &mut *moments {
        row.resize(level.width, 0.0);
    }
    let columns: Vec<usize> = (0..=2 * radius).collect();
    let to_slope = (1.0 / second) as f32;
    let to_curvature = (1.0 / (fourth - second * second)) as f32;
    let to_twist = (0.5 / (second * second)) as f32;
    let second = second as f32;
    out.clear();
    let mut incomplete = memory.incomplete.fits.iter().peekable();
    for y in 0..level.height {
        let first = y.saturating_sub(radius);
        let rows: Vec<usize> = (first..(y + radius + 1).min(level.height))
            .map(|row| row * level.width)
            .collect();
        let skipped = first + radius - y;
        for (taps, vertical) in taps.iter().zip(&mut *vertical) {
            let sums = &mut vertical[radius..][..level.width];
            sum_rows(
                &level.samples,
                &rows,
                |k| taps[skipped + k],
                |sum| sum,
                sums,
            );
        }
        for ([power_y, power_x], moments) in POWERS.into_iter().zip(&mut *moments) {
            let (rows, taps) = (&vertical[power_y], &taps[power_x]);
            sum_rows(rows, &columns, |k| taps[k], |sum| sum, moments);
        }
        let [ones, y1, x1, y2, x2, yx] = &*moments else {
            unreachable!("as many moments as terms");
        };
        out.extend((0..level.width).map(|x| {
            let mean = second * ones[x];
            let mut polynomial = [0.0; 8];
            polynomial[Y] = y1[x] * to_slope;
            polynomial[X] = x1[x] * to_slope;
            polynomial[YY] = (y2[x] - mean) * to_curvature;
            polynomial[XX] = (x2[x] - mean) * to_curvature;
            polynomial[YX] = yx[x] * to_twist;
            polynomial[WEIGHT] = 1.0;
            polynomial
        }));
        let row = y * level.width..(y + 1) * level.width;
        while let Some((at, fit)) = incomplete.next_if(|(at, _)| *at < row.end) {
            let x = at - row.start;
            out[*at] = match fit {
                None => [0.0; 8],
                Some(fit) => fit.polynomial([ones[x], y1[x], x1[x], y2[x], x2[x], yx[x]]),
            };
        }
    }
}

impl IncompleteFit {
    #[inline(always)]
    fn polynomial(&self, moments: [f32; TERMS]) -> LocalPolynomial {
        let mut polynomial = [0.0; 8];
        for (coefficient, row) in polynomial.iter_mut().zip(&self.rows) {
            let terms = row.iter().zip(&moments);
            *coefficient = self.weight * terms.map(|(factor, moment)| factor * moment).sum::<f32>();
        }
        polynomial[YX] /= 2.0;
        polynomial[WEIGHT] = self.weight;
        polynomial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::noise;

    fn expanded([height, width]: [usize; 2], samples: &[f32]) -> Vec<LocalPolynomial> {
        let mut level = PyramidLevel::default();
        level.set([height, width], samples);
        let mut out = Vec::new();
        let applicability = Applicability::new(1.1);
        expand(
            &applicability,
            &level,
            &mut ExpansionMemory::default(),
            &mut out,
        );
        out
    }

    /// Polynomials are found exactly, also at edges and beside holes, where they are determined.
    #[test]
    fn polynomials_are_their_own_expansion() {
        let [height, width] = [25, 23];
        let at =
            |y: f32, x: f32| 1.0 + 0.5 * y - 0.25 * x + 0.1 * y * y - 0.2 * x * x + 0.3 * y * x;
        let mut samples: Vec<f32> = (0..height * width)
            .map(|i| at((i / width) as f32, (i % width) as f32))
            .collect();
        samples[5 * width + 7] = f32::NAN;
        samples[8 * width..9 * width - 4].fill(f32::INFINITY);
        let found = expanded([height, width], &samples);
        for (i, polynomial) in found.iter().enumerate() {
            let (y, x) = ((i / width) as f32, (i % width) as f32);
            let weight = polynomial[WEIGHT];
            assert_eq!(weight > 0.0, samples[i].is_finite(), "{y} {x}");
            if weight == 0.0 {
                continue;
            }
            let expected = [
                (Y, 0.5 + 0.2 * y + 0.3 * x),
                (X, -0.25 - 0.4 * x + 0.3 * y),
                (YY, 0.1),
                (XX, -0.2),
                (YX, 0.15),
            ];
            for (term, expected) in expected {
                let error = polynomial[term] / weight - expected;
                assert!(error.abs() < 5e-3, "{y} {x} {term}: {error}");
            }
        }
        assert_eq!(found[16 * width + 11][WEIGHT], 1.0);
        assert!(found[0][WEIGHT] < 0.1, "{}", found[0][WEIGHT]);
    }

    #[test]
    fn fits_are_renewed_with_the_certainties() {
        let applicability = Applicability::new(1.1);
        let (mut memory, mut out) = (ExpansionMemory::default(), Vec::new());
        let mut holed = noise(400, 3);
        holed[105] = f32::NAN;
        for samples in [noise(400, 2), holed, noise(400, 4)] {
            let mut level = PyramidLevel::default();
            level.set([20, 20], &samples);
            expand(&applicability, &level, &mut memory, &mut out);
            assert_eq!(out, expanded([20, 20], &samples));
        }
    }

    #[test]
    fn what_is_not_determined_has_no_weight() {
        assert!(
            expanded([1, 30], &noise(30, 1))
                .iter()
                .all(|p| p[WEIGHT] == 0.0)
        );
        let mut alone = vec![f32::NAN; 400];
        alone[210..212].fill(1.0);
        assert!(expanded([20, 20], &alone).iter().all(|p| p[WEIGHT] == 0.0));
    }
}
