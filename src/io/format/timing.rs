//! The frame rate of a recording from the times of its frames.

use std::path::Path;

use crate::task;

/// Maximum relative difference of a stated frame rate from that of the frame times.
const TOLERANCE: f64 = 0.02;

/// Factor of the usual interval above which an interval has lost frames.
const LOST: f64 = 1.5;

/// The stated frame rate, or that of the frame times, in seconds, where they differ: measured times
/// take precedence over a requested rate. Warns of the difference, and of unevenly spaced frames.
pub(in crate::io) fn rate(path: &Path, stated: Option<f64>, times: &[f64]) -> Option<f64> {
    let Some(measured) = mean_rate(times) else {
        return stated;
    };
    let path = path.display();
    if has_gaps(times) {
        task::warn(&format!(
            "the frames of `{path}` are not evenly spaced in time: {measured:.6} frames per \
             second is the mean rate"
        ));
    }
    match stated {
        Some(stated) if (stated / measured - 1.0).abs() <= TOLERANCE => Some(stated),
        Some(stated) => {
            task::warn(&format!(
                "`{path}` specifies {stated:.6} frames per second, but its frame times give \
                 {measured:.6}, which is used"
            ));
            Some(measured)
        }
        None => Some(measured),
    }
}

/// Frames per second, if the times are ascending.
fn mean_rate(times: &[f64]) -> Option<f64> {
    let (first, last) = (times.first()?, times.last()?);
    let rate = (times.len() - 1) as f64 / (last - first);
    let ascend = times.windows(2).all(|pair| pair[0] < pair[1]);
    (ascend && rate.is_finite() && rate > 0.0).then_some(rate)
}

/// Whether an interval is longer than usual.
fn has_gaps(times: &[f64]) -> bool {
    let mut intervals: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let middle = intervals.len() / 2;
    if intervals.is_empty() {
        return false;
    }
    let (_, usual, _) = intervals.select_nth_unstable_by(middle, f64::total_cmp);
    let longest = *usual * LOST;
    intervals.iter().any(|interval| *interval > longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_rates_count_more_than_stated_ones() {
        let rate = |stated, times: &[f64]| rate(Path::new("a"), stated, times);
        assert_eq!(rate(None, &[1.0, 1.5, 2.0]), Some(2.0));
        assert_eq!(rate(Some(2.01), &[1.0, 1.5, 2.0]), Some(2.01));
        assert_eq!(rate(Some(1000.0), &[1.0, 1.5, 2.0]), Some(2.0));
        assert_eq!(rate(Some(3.0), &[0.0, 0.0]), Some(3.0));
        assert_eq!((rate(None, &[1.0]), rate(None, &[])), (None, None));
        assert!(has_gaps(&[0.0, 1.0, 2.0, 4.0]) && !has_gaps(&[0.0, 1.0, 2.1, 3.0]));
    }
}
