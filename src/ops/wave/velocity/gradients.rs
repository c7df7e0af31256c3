//! Gradients of the activation times at all pixels of a row.
//!
//! The sums that a least-squares fit needs are products of one along columns and one along rows, so
//! that two passes make them for a whole row of pixels at once.

use super::VelocityMethod;
use super::fit::Neighborhood;
use crate::ops::kernel::Kernel;
use crate::ops::kernel::equations::solve;
use crate::ops::kernel::row_sums::sum_rows;

/// Gradients smaller than this part of the span of the times may be rounding errors.
const ROUNDING: f64 = 1e-9;

/// Fits to the neighborhoods of all pixels of a map.
pub(super) struct Gradients<'a> {
    method: VelocityMethod,
    /// Times, row by row.
    samples: &'a [f64],
    /// Height and width of the map.
    shape: [usize; 2],
    /// Weights by the distance along each axis; the neighborhood ends with them.
    weights: &'a [f64],
    /// Differences of the times from one of them, 0 where they are not known, with a margin.
    times: Vec<f64>,
    /// 1 where the times are known, 0 elsewhere, with a margin.
    known: Vec<f64>,
    /// Largest difference.
    span: f64,
    /// What lies within the map, along columns and rows.
    axes: [Axis; 2],
    /// Sum of the weights along one axis.
    total: f64,
    /// Sum of the weights times the square of the distance along one axis.
    squares: f64,
}

/// Rows or columns of a neighborhood. One after the other lie on opposite sides, so that sums of the
/// products of distances and equal times are exactly 0.
struct Axis {
    /// Positions from the first row or column on.
    positions: Vec<usize>,
    /// Their weights, and the products of these with the distance and its square.
    weights: [Vec<f64>; 3],
}

impl Axis {
    fn new(weights: &[f64], margin: usize) -> Self {
        let sides = (1..=margin).flat_map(|distance| [margin + distance, margin - distance]);
        let positions: Vec<usize> = sides.chain([margin]).collect();
        let weights = [0, 1, 2].map(|power| {
            let weighted = positions.iter().map(|position| {
                let distance = *position as f64 - margin as f64;
                weights[position.abs_diff(margin)] * distance.powi(power)
            });
            weighted.collect()
        });
        Self { positions, weights }
    }

    fn len(&self) -> usize {
        self.positions.len()
    }
}

/// Memory for a row of pixels: sums along the columns of their neighborhoods, then along both axes.
#[derive(Default)]
pub(super) struct GradientSums {
    /// GradientSums of the weighted times, and of their products with the distance.
    times: [Vec<f64>; 2],
    /// GradientSums of the weights of known times, and of their products with powers of the distance.
    known: [Vec<f64>; 3],
    /// Number of times that are known.
    counts: Vec<f64>,
    /// GradientSums of the weighted times of the whole neighborhood, times the distance along columns and
    /// along rows.
    moments: [Vec<f64>; 2],
    /// The other sums of the equations of a plane.
    terms: [Vec<f64>; 7],
}

impl<'a> Gradients<'a> {
    pub(super) fn new(
        method: VelocityMethod,
        samples: &'a [f64],
        shape: [usize; 2],
        weights: &'a [f64],
    ) -> Self {
        let radius = weights.len() - 1;
        let margins = shape.map(|len| radius.min(len.saturating_sub(1)));
        let [height, width] = [0, 1].map(|axis| shape[axis] + 2 * margins[axis]);
        let mut times = vec![0.0; height * width];
        let mut known = times.clone();
        let origin = samples.iter().copied().find(|time| time.is_finite());
        let origin = origin.unwrap_or(0.0);
        let mut span = 0.0_f64;
        for (y, row) in samples.chunks_exact(shape[1].max(1)).enumerate() {
            let start = (y + margins[0]) * width + margins[1];
            for (at, time) in (start..).zip(row).filter(|(_, time)| time.is_finite()) {
                times[at] = time - origin;
                known[at] = 1.0;
                span = span.max(times[at].abs());
            }
        }
        let whole = Axis::new(weights, radius).weights;
        let [total, _, squares] = whole.map(|weights| weights.iter().sum());
        Self {
            method,
            samples,
            shape,
            weights,
            times,
            known,
            span,
            axes: margins.map(|margin| Axis::new(weights, margin)),
            total,
            squares,
        }
    }

    /// Gradient of a plane that is fitted to the known times of a neighborhood.
    fn plane(&self, y: usize, x: usize, sums: &GradientSums) -> Option<[f64; 2]> {
        // GradientSums of the weights times powers of the distances along columns (v) and rows (u).
        let [one, u, uu, v, vu, vv, time] = [0, 1, 2, 3, 4, 5, 6].map(|term| sums.terms[term][x]);
        if 2.0 * one < self.total * self.total {
            return None;
        }
        let right = [sums.moments[0][x], sums.moments[1][x], time];
        let [down, along, _] = solve([[vv, vu, v], [vu, uu, u], [v, u, one]], right)?;
        match down.abs().max(along.abs()) > ROUNDING * self.span {
            true => Some([down, along]),
            false => self.neighborhood(y, x).plane(),
        }
    }

    /// GradientSums what the planes of a row of pixels are fitted with.
    #[inline(always)]
    fn sum_terms(&self, rows: &[usize], sums: &mut GradientSums) {
        let [vertical, horizontal] = &self.axes;
        for (power, out) in sums.known.iter_mut().enumerate() {
            let weight = |at: usize| vertical.weights[power][at];
            sum_rows(&self.known, rows, weight, |sum| sum, out);
        }
        let [known, down, down_squared] = &sums.known;
        let terms = [
            (known, 0),
            (known, 1),
            (known, 2),
            (down, 0),
            (down, 1),
            (down_squared, 0),
            (&sums.times[0], 0),
        ];
        for (out, (columns, power)) in sums.terms.iter_mut().zip(terms) {
            out.resize(self.shape[1], 0.0);
            let weight = |at: usize| horizontal.weights[power][at];
            sum_rows(columns, &horizontal.positions, weight, |sum| sum, out);
        }
    }

    fn neighborhood(&self, y: usize, x: usize) -> Neighborhood<'_> {
        Neighborhood {
            samples: self.samples,
            shape: self.shape,
            at: [y, x],
            weights: self.weights,
        }
    }
}

impl Kernel<(usize, &mut GradientSums, &mut [[f64; 2]])> for Gradients<'_> {
    /// Gradients per pixel, along columns and rows, of a row of pixels; NaN where they are not
    /// known.
    #[inline(always)]
    fn run(&self, (y, sums, gradients): (usize, &mut GradientSums, &mut [[f64; 2]])) {
        let [vertical, horizontal] = &self.axes;
        let before = horizontal.len() - 1;
        let width = self.shape[1] + before;
        let rows = vertical.positions.iter();
        let rows: Vec<usize> = rows.map(|position| (y + position) * width).collect();
        let columns = sums.times.iter_mut().chain(&mut sums.known);
        columns
            .chain([&mut sums.counts])
            .for_each(|row| row.resize(width, 0.0));
        for row in &mut sums.moments {
            row.resize(self.shape[1], 0.0);
        }
        for (power, out) in sums.times.iter_mut().enumerate() {
            let weight = |at: usize| vertical.weights[power][at];
            sum_rows(&self.times, &rows, weight, |sum| sum, out);
        }
        sum_rows(&self.known, &rows, |_| 1.0, |sum| sum, &mut sums.counts);
        for (power, out) in sums.moments.iter_mut().enumerate() {
            let weight = |at: usize| horizontal.weights[power][at];
            let sums = &sums.times[1 - power];
            sum_rows(sums, &horizontal.positions, weight, |sum| sum, out);
        }
        let whole = (2 * self.weights.len() - 1).pow(2) as f64;
        let mut has_terms = false;
        let mut count: f64 = sums.counts[..before].iter().sum();
        for (x, gradient) in gradients.iter_mut().enumerate() {
            count += sums.counts[x + before];
            let is_whole = count == whole;
            count -= sums.counts[x];
            let found = match self.method {
                // The weights are symmetric, so that the first two terms of the plane, and of the
                // polynomial, have to do with no other.
                _ if is_whole => {
                    let moments = [0, 1].map(|axis| sums.moments[axis][x]);
                    Some(moments.map(|moment| moment / (self.total * self.squares)))
                }
                _ if !self.samples[y * self.shape[1] + x].is_finite() => None,
                VelocityMethod::Bayly => self.neighborhood(y, x).polynomial(),
                VelocityMethod::Gradient => {
                    if !has_terms {
                        has_terms = true;
                        self.sum_terms(&rows, sums);
                    }
                    self.plane(y, x, sums)
                }
            };
            *gradient = found.unwrap_or([f64::NAN; 2]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::kernel::run_kernel;
    use crate::ops::testing::noise;
    use crate::ops::wave::velocity::fit::gaussian_weights;

    const METHODS: [VelocityMethod; 2] = [VelocityMethod::Bayly, VelocityMethod::Gradient];

    /// Gradients of all pixels, and those of direct fits.
    fn gradients(
        method: VelocityMethod,
        samples: &[f64],
        shape: [usize; 2],
        weights: &[f64],
    ) -> Vec<[[f64; 2]; 2]> {
        let all = Gradients::new(method, samples, shape, weights);
        let mut found = vec![[f64::NAN; 2]; samples.len()];
        let mut sums = GradientSums::default();
        for (y, row) in found.chunks_mut(shape[1]).enumerate() {
            run_kernel(&all, (y, &mut sums, row));
        }
        let direct = |at: usize| {
            let pixel = all.neighborhood(at / shape[1], at % shape[1]);
            let fitted = match method {
                VelocityMethod::Bayly => pixel.polynomial(),
                VelocityMethod::Gradient => pixel.plane(),
            };
            fitted.unwrap_or([f64::NAN; 2])
        };
        found
            .into_iter()
            .enumerate()
            .map(|(at, found)| [found, direct(at)])
            .collect()
    }

    #[test]
    fn sums_of_rows_give_the_gradients_of_direct_fits() {
        for (shape, radius) in [
            ([13, 40], 3),
            ([9, 5], 4),
            ([3, 50], 2),
            ([1, 7], 6),
            ([6, 1], 3),
        ] {
            let len = shape[0] * shape[1];
            let whole: Vec<f64> = noise(len, 4)
                .into_iter()
                .map(|v| 1e3 + f64::from(v))
                .collect();
            for holes in [0.0, 0.02, 0.4] {
                let mut samples = whole.clone();
                for (sample, chance) in samples.iter_mut().zip(noise(len, 5)) {
                    if f64::from(chance) < holes {
                        *sample = if chance < 0.01 {
                            f64::INFINITY
                        } else {
                            f64::NAN
                        };
                    }
                }
                for weights in [vec![1.0; radius + 1], gaussian_weights(radius as f64 / 3.0)] {
                    for method in METHODS {
                        for [found, direct] in gradients(method, &samples, shape, &weights) {
                            for (a, b) in found.into_iter().zip(direct) {
                                assert_eq!(a.is_nan(), b.is_nan(), "{shape:?} {method:?}");
                                assert!(a.is_nan() || (a - b).abs() < 1e-10, "{a} {b}");
                            }
                        }
                    }
                }
            }
        }
    }

    /// Where times are equal, the gradient is 0 and not a rounding error, which would be an
    /// enormous speed.
    #[test]
    fn equal_times_have_no_gradient() {
        let (shape, weights) = ([12, 40], gaussian_weights(1.0));
        let level = |at: usize| if at % 40 < 20 { 0.1 } else { 123.456 };
        let mut samples: Vec<f64> = (0..12 * 40).map(level).collect();
        samples[6 * 40 + 30] = f64::NAN;
        for method in METHODS {
            let found = gradients(method, &samples, shape, &weights);
            for (at, [found, _]) in found.into_iter().enumerate() {
                let is_far = (at % 40).abs_diff(20) > 4;
                if is_far && !found[0].is_nan() {
                    assert_eq!(found, [0.0; 2], "{method:?} at {at}");
                }
            }
        }
    }
}
