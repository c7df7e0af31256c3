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
        self.fit(|v, u| [v, u, 1.0, v * v, v * u, u * u])
    }

    /// Gradient per pixel, along columns and rows, of a fitted plane.
    pub(super) fn plane(&self) -> Option<[f64; 2]> {
        self.fit(|v, u| [v, u, 1.0])
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
