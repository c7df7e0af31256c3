//! Conduction between two points, from the alignment of their traces.

use crate::bail;
use crate::error::{Error, Result};
use crate::ops::wave::latency::correlation;
use crate::ops::wave::peaks::parabola_peak;

/// Largest lag in frames that is tried.
const MAX_LAG: usize = 2000;

/// Smallest correlation of traces that show the same wave.
const MIN_CORRELATION: f64 = 0.5;

/// Part of the largest correlation that others reach where a signal repeats itself.
const SIMILAR: f64 = 0.9;

/// How one trace follows another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceAlignment {
    /// Frames by which the second trace is later, negative if it is earlier.
    pub lag: f64,
    /// Correlation coefficient at this lag.
    pub correlation: f64,
    /// Whether other lags fit as well, as with several beats; this one is the smallest.
    pub is_one_of_several: bool,
}

/// The lag at which the correlation coefficient of two traces is largest, over the frames that both
/// have and at most half of all frames; between frames that of the parabola through three lags. If
/// several lags have at least nine tenths of the largest correlation, the one nearest to 0.
///
/// Fails if there are fewer than 8 frames, if a trace is constant or not finite, or if the largest
/// correlation is less than 0.5 or at the largest lag.
pub fn align_traces(one: &[f64], other: &[f64]) -> Result<TraceAlignment> {
    const FEWEST: usize = 8;
    let frames = one.len().min(other.len());
    if frames < FEWEST {
        bail!("the alignment of traces needs at least {FEWEST} frames, got {frames}");
    }
    let reach = (frames / 2).min(MAX_LAG);
    let at = |step: usize| {
        let (skip_one, skip_other) = (reach.saturating_sub(step), step.saturating_sub(reach));
        correlation(&one[skip_one..frames], &other[skip_other..frames])
    };
    let correlations: Vec<f64> = (0..=2 * reach).map(at).collect();
    let inner = 1..2 * reach;
    let is_peak = |step: &usize| {
        let [before, here, after] = [step - 1, *step, step + 1].map(|step| correlations[step]);
        before <= here && after < here
    };
    let peaks: Vec<usize> = inner.filter(is_peak).collect();
    let best = peaks.iter().map(|step| correlations[*step]);
    let best = best.fold(f64::NEG_INFINITY, f64::max);
    if best.is_nan() || best < MIN_CORRELATION {
        let error = match best.is_finite() {
            true => format!("the traces are too different to be aligned: correlation {best:.2}"),
            false => {
                "the traces do not change, have gaps, or have no lag of largest correlation".into()
            }
        };
        return Err(Error::new(error));
    }
    let similar = peaks
        .into_iter()
        .filter(|step| SIMILAR * best <= correlations[*step]);
    let similar: Vec<usize> = similar.collect();
    let nearest = similar.iter().copied();
    let nearest = nearest
        .min_by_key(|step| step.abs_diff(reach))
        .unwrap_or(reach);
    let around = [nearest - 1, nearest, nearest + 1].map(|step| correlations[step]);
    Ok(TraceAlignment {
        lag: nearest as f64 - reach as f64 + parabola_peak(around),
        correlation: correlations[nearest],
        is_one_of_several: similar.len() > 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An upstroke and a slow decay, later by a number of frames.
    fn beat(frames: usize, later: f64) -> Vec<f64> {
        let at = |frame: usize| {
            let t = frame as f64 - 40.0 - later;
            1.0 / (1.0 + (-t).exp()) * (-t.max(0.0) / 30.0).exp()
        };
        (0..frames).map(at).collect()
    }

    #[test]
    fn the_lag_of_a_beat_is_found_between_frames() {
        for later in [0.0, 3.4, -7.7, 20.0] {
            let found = align_traces(&beat(200, 0.0), &beat(200, later)).unwrap();
            assert!((found.lag - later).abs() < 0.1, "{later}: {found:?}");
            assert!(found.correlation > 0.98 && !found.is_one_of_several);
        }
    }

    #[test]
    fn of_several_lags_the_smallest_is_taken_and_told() {
        let waves = |later: f64| -> Vec<f64> {
            (0..300)
                .map(|frame| ((f64::from(frame) - later) / 8.0).sin())
                .collect()
        };
        let found = align_traces(&waves(0.0), &waves(5.0)).unwrap();
        assert!(
            found.is_one_of_several && (found.lag - 5.0).abs() < 0.1,
            "{found:?}"
        );
    }

    #[test]
    fn what_cannot_be_aligned_is_an_error() {
        let beat = beat(200, 0.0);
        let still = vec![1.0; 200];
        let noise: Vec<f64> = (0..200u64).map(|n| (n * n * 7919 % 101) as f64).collect();
        let mut gap = beat.clone();
        gap[100] = f64::NAN;
        for other in [&still, &noise, &gap, &beat[..4].to_vec()] {
            assert!(align_traces(&beat, other).is_err());
        }
    }
}
