//! Least-squares fits to the activation times around a pixel.

use crate::ops::kernel::equations::solve;

/// Neighborhood of a pixel.
pub(super) struct Neighborhood<'a> {
    /// Times, row by row.
    pub(super) samples: &'a [f64],
    /// Height and width of the map.
    pub(super) shape: [usize; 2],
    /// Row and column of the pixel.
    pub(super) at: [usize; 2],
    /// Weights by the distance along each axis; the neighborhood ends with them.
    pub(super) weights: &'a [f64],
}

/// Gaussian weights by distance up to three standard deviations.
pub(super) fn gaussian_weights(sigma: f64) -> Vec<f64> {
    let radius = (3.0 * sigma).ceil() as usize;
    let weight = |distance: usize| (-0.5 * (distance as f64 / sigma).powi(2)).exp();
    (0..=radius).map(weight).collect()
}

impl Neighborhood<'_> {
    /// Gradient per pixel, along columns and rows, of a fitted polynomial of second order.
    pub(super) fn polynomial(&self) -> Option<[f64; 2]> {
        let fit = || self.fit(|v, u| [v, u, 1.0, v * v, v * u, u * u]);
        self.whole().or_else(fit)
    }

    /// Gradient per pixel, along columns and rows, of a fitted plane.
    pub(super) fn plane(&self) -> Option<[f64; 2]> {
        self.whole().or_else(|| self.fit(|v, u| [v, u, 1.0]))
    }

    /// Gradient of both where all of the neighborhood is known. Its weights are symmetric, so that
    /// neither of the first two terms has to do with any other.
    fn whole(&self) -> Option<[f64; 2]> {
        let ([y, x], radius) = (self.at, self.weights.len() - 1);
        let is_within = |at: usize, len: usize| radius <= at && at + radius < len;
        if !(is_within(y, self.shape[0]) && is_within(x, self.shape[1])) {
            return None;
        }
        let origin = self.samples[y * self.shape[1] + x];
        let (mut down, mut along, mut total, mut squares) = (0.0, 0.0, 0.0, 0.0);
        for index in 0..=2 * radius {
            let (distance, weight) = self.weighted(index);
            total += weight;
            squares += weight * distance * distance;
            let start = (y + index - radius) * self.shape[1] + x - radius;
            let (mut sum, mut moment) = (0.0, 0.0);
            for (column, time) in self.samples[start..][..=2 * radius].iter().enumerate() {
                let (distance, weight) = self.weighted(column);
                let weighted = weight * (time - origin);
                sum += weighted;
                moment += distance * weighted;
            }
            down += weight * distance * sum;
            along += weight * moment;
        }
        let gradient = [down, along].map(|sum| sum / (total * squares));
        // One time that is not known makes both unknown.
        gradient
            .iter()
            .all(|part| part.is_finite())
            .then_some(gradient)
    }

    /// Distance from the pixel of a row or column of the neighborhood, and its weight.
    fn weighted(&self, index: usize) -> (f64, f64) {
        let radius = self.weights.len() - 1;
        let distance = index as f64 - radius as f64;
        (distance, self.weights[index.abs_diff(radius)])
    }

    /// First two coefficients of the weighted fit of N terms, which are functions of the distance
    /// from the pixel along columns and rows.
    fn fit<const N: usize>(&self, terms: impl Fn(f64, f64) -> [f64; N]) -> Option<[f64; 2]> {
        let [y, x] = self.at;
        let origin = self.samples[y * self.shape[1] + x];
        if !origin.is_finite() {
            return None;
        }
        let mut equations = [[0.0; N]; N];
        let mut right = [0.0; N];
        let mut known = 0.0;
        let radius = self.weights.len() - 1;
        let range = |at: usize, len: usize| at.saturating_sub(radius)..len.min(at + radius + 1);
        for row in range(y, self.shape[0]) {
            for col in range(x, self.shape[1]) {
                let time = self.samples[row * self.shape[1] + col];
                if !time.is_finite() {
                    continue;
                }
                let weight = self.weights[row.abs_diff(y)] * self.weights[col.abs_diff(x)];
                known += weight;
                let terms = terms(row as f64 - y as f64, col as f64 - x as f64);
                for ((equation, right), term) in equations.iter_mut().zip(&mut right).zip(terms) {
                    for (sum, other) in equation.iter_mut().zip(terms) {
                        *sum += weight * term * other;
                    }
                    *right += weight * term * (time - origin);
                }
            }
        }
        let side = 2.0 * self.weights.iter().sum::<f64>() - self.weights[0];
        if 2.0 * known < side * side {
            return None;
        }
        let solution = solve(equations, right)?;
        Some([solution[0], solution[1]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::noise;

    #[test]
    fn whole_neighborhoods_have_the_gradient_of_the_fit() {
        let samples: Vec<f64> = noise(13 * 17, 4).into_iter().map(f64::from).collect();
        let mut holed = samples.clone();
        holed[6 * 17 + 9] = f64::NAN;
        for weights in [vec![1.0; 4], gaussian_weights(1.2)] {
            let around = |samples, at| Neighborhood {
                samples,
                shape: [13, 17],
                at,
                weights: &weights,
            };
            let pixel = around(&samples, [6, 8]);
            let fitted = [
                pixel.fit(|v, u| [v, u, 1.0]),
                pixel.fit(|v, u| [v, u, 1.0, v * v, v * u, u * u]),
            ];
            for (found, fitted) in [pixel.plane(), pixel.polynomial()].into_iter().zip(fitted) {
                let pairs = found.unwrap().into_iter().zip(fitted.unwrap());
                assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12));
            }
            assert!(around(&holed, [6, 8]).whole().is_none());
            assert!(around(&holed, [6, 8]).plane().is_some());
            assert!(around(&samples, [2, 8]).whole().is_none());
        }
    }
}
