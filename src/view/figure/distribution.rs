//! Finite samples in order, and what histograms and box plots share.

use crate::error::{Error, Result};
use crate::ops::read_all;
use crate::video::Video;

/// Finite samples of an array in ascending order.
pub(super) fn sorted_finite(array: &Video) -> Vec<f64> {
    let mut samples = read_all::<f64>(array);
    samples.retain(|sample| sample.is_finite());
    samples.sort_by(f64::total_cmp);
    samples
}

/// Percentile of sorted samples, interpolated linearly as NumPy does.
///
/// # Panics
/// If there are no samples.
pub(super) fn percentile_of_sorted(sorted: &[f64], percent: f64) -> f64 {
    let position = percent / 100.0 * (sorted.len() - 1) as f64;
    let (below, part) = (position.floor() as usize, position.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + part * (sorted[above] - sorted[below])
}

/// An error unless there is a label for each of `count` groups, or none at all.
pub(super) fn expect_labels(function: &str, labels: &[String], count: usize) -> Result<()> {
    if labels.is_empty() || labels.len() == count {
        return Ok(());
    }
    let given = labels.len();
    let error = format!("{function} needs one of `labels` for each group, got {given} for {count}");
    Err(Error::new(error).hint("omit `labels` for groups without names"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Strided;

    #[test]
    fn percentiles_are_those_of_numpy() {
        let samples = vec![7.0, f64::NAN, 1.0, 3.0, f64::INFINITY, 2.0];
        let sorted = sorted_finite(&Video::new(Strided::from_vec(&[2, 3], samples)));
        assert_eq!(sorted, [1.0, 2.0, 3.0, 7.0]);
        let found = [0.0, 25.0, 50.0, 90.0, 100.0].map(|q| percentile_of_sorted(&sorted, q));
        // numpy.percentile([1, 2, 3, 7], [0, 25, 50, 90, 100])
        for (found, expected) in found.into_iter().zip([1.0, 1.75, 2.5, 5.8, 7.0]) {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
    }
}
