//! Gaussian weights, and the samples that they apply to near the ends of an axis. Weights, radius
//! and reflection are those of SciPy.
//!
//! The kernels of Gaussian, mean and median are our own. Crates filter single images (`imageproc`)
//! or arrays on one core (`ndarray-ndimage`); here they run over samples of any type and layout on
//! all cores, in the memory of the input if it is a temporary, stop at Ctrl-C, and can leave out
//! NaN.

use crate::video::Real;

/// Gaussian weights for one axis.
pub(in crate::ops) struct Gaussian<R> {
    /// Weights of the sample itself, of its neighbors, of their neighbors and so on.
    pub(in crate::ops) weights: Vec<R>,
    /// Index of each sample from `radius` before the axis to `radius` after it.
    pub(in crate::ops) indices: Vec<usize>,
}

impl<R: Real> Gaussian<R> {
    /// Weights for an axis of some length; `None` if there is nothing to smooth.
    pub(in crate::ops) fn new(sigma: f64, len: usize) -> Option<Self> {
        // SciPy, too, does not smooth an axis from here downward.
        if sigma.is_nan() || sigma <= 1e-15 || len == 0 {
            return None;
        }
        let weights = weights(sigma, len);
        let radius = weights.len() - 1;
        let index = |i: usize| {
            let index = (i + 2 * len - radius) % (2 * len);
            index.min(2 * len - 1 - index)
        };
        (radius > 0).then(|| Self {
            weights: weights.into_iter().map(R::from_f64).collect(),
            indices: (0..len + 2 * radius).map(index).collect(),
        })
    }

    /// Radius of the weights.
    pub(in crate::ops) fn radius(&self) -> usize {
        self.weights.len() - 1
    }

    /// Length of the axis.
    pub(in crate::ops) fn len(&self) -> usize {
        self.indices.len() - 2 * self.radius()
    }
}

/// Weights of the samples at distance 0, 1, 2 and so on, which add up to 1 if all but the first are
/// counted twice.
///
/// A reflected axis repeats itself after twice its length, so that the weights of samples farther
/// away than its length are added to nearer ones.
fn weights(sigma: f64, len: usize) -> Vec<f64> {
    // For larger values, all samples have the same weight to within the precision of `float32`; and
    // no axis needs more weights than can be computed at once.
    let sigma = sigma
        .min(1000.0 * len as f64)
        .min((10.0 * len as f64).max(1e6));
    let radius = (4.0 * sigma + 0.5) as usize;
    let weight = |distance: usize| (-0.5 * (distance as f64 / sigma).powi(2)).exp();
    let sum = weight(0) + 2.0 * (1..=radius).rev().map(weight).sum::<f64>();
    if radius <= len {
        return (0..=radius)
            .map(|distance| weight(distance) / sum)
            .collect();
    }
    let mut folded = vec![0.0; 2 * len];
    for distance in (1..=radius).rev() {
        folded[distance % (2 * len)] += weight(distance) / sum;
        folded[(2 * len - distance % (2 * len)) % (2 * len)] += weight(distance) / sum;
    }
    folded[0] += weight(0) / sum;
    folded[len] /= 2.0;
    folded.truncate(len + 1);
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_to_one_however_far_they_reach() {
        for len in [1, 2, 9] {
            for sigma in [0.3, 2.0, 70.0, 1e300] {
                let weights = weights(sigma, len);
                let sum = 2.0 * weights.iter().sum::<f64>() - weights[0];
                assert!((sum - 1.0).abs() < 1e-9, "{sum} for {sigma}, {len}");
            }
        }
    }

    #[test]
    fn an_axis_goes_on_in_reverse() {
        let gaussian = Gaussian::<f32>::new(0.5, 3).unwrap();
        assert_eq!(gaussian.indices, [1, 0, 0, 1, 2, 2, 1]);
    }
}
