//! Latency between two channels, such as voltage and calcium, in each pixel.

use super::measure::measure_many;
use super::one_beat::warn_of_several_beats;
use super::peaks::parabola_peak;
use super::polarity::Polarity;
use super::transient::{ActivationMethod, RestLevel, Transient};
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::frame_rate;
use crate::video::{Video, shape_text};

/// Definition of the latency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LatencyMethod {
    /// Difference of the times of the steepest slopes.
    Derivative,
    /// Difference of the times of half amplitude.
    Half,
    /// Lag of the largest correlation.
    Correlation,
}

impl Choice for LatencyMethod {
    const NOUN: &'static str = "a definition of latency";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("derivative", Self::Derivative),
        ("half", Self::Half),
        ("correlation", Self::Correlation),
    ];
}

/// Options of [`latency_map`].
#[derive(Debug, Clone)]
pub struct LatencyOptions {
    /// Definition of the latency.
    pub method: LatencyMethod,
    /// Whether activation makes the light of each channel brighter or darker.
    pub polarities: [Polarity; 2],
    /// Largest lag in ms.
    pub max_lag: f64,
    /// Frame rate in Hz; default: that of the first channel.
    pub fps: Option<f64>,
}

/// Time in ms by which the second channel is later than the first in each pixel. NaN where either
/// has NaN or no upstroke, or where the correlation has no peak within the largest lag.
pub fn latency_map(first: &Video, second: &Video, options: &LatencyOptions) -> Result<Video> {
    let fps = frame_rate("latency_map", first, options.fps)?;
    if first.shape() != second.shape() {
        bail!(
            "latency_map needs two channels of the same shape, got {} and {}",
            shape_text(first.shape()),
            shape_text(second.shape())
        );
    }
    if let Some(other) = second.metadata().fps.filter(|other| *other != fps)
        && options.fps.is_none()
    {
        let error = Error::new(format!(
            "latency_map needs two channels of the same frame rate, got {fps} and {other} Hz"
        ));
        return Err(error.hint("pass the right one: `#{fps: 500}`"));
    }
    let frames = first.len();
    if frames < 3 {
        bail!("latency_map needs at least 3 frames, got {frames}");
    }
    if !(options.max_lag > 0.0 && options.max_lag.is_finite()) {
        bail!(
            "latency_map needs `max_lag` to be a number > 0, got {}",
            options.max_lag
        );
    }
    let reach = (options.max_lag * fps / 1000.0).round().max(1.0) as usize;
    if options.method == LatencyMethod::Correlation && 2 * reach >= frames {
        let error = Error::new(format!(
            "latency_map needs more frames than twice `max_lag`, {} ms, got {frames} frames",
            options.max_lag
        ));
        return Err(error.hint("give a smaller `max_lag`"));
    }
    if options.method != LatencyMethod::Correlation {
        for (channel, polarity) in [first, second].into_iter().zip(options.polarities) {
            warn_of_several_beats("latency_map", channel, polarity)?;
        }
    }
    let signs = options.polarities.map(Polarity::sign);
    let mut maps = measure_many(
        "measuring latencies",
        &[first, second],
        1,
        Vec::new,
        |turned: &mut Vec<f64>, _, traces, out| {
            turned.clear();
            let (one, other) = traces.split_at(frames);
            turned.extend(one.iter().map(|sample| signs[0] * sample));
            turned.extend(other.iter().map(|sample| signs[1] * sample));
            let (one, other) = turned.split_at(frames);
            let found = match options.method {
                LatencyMethod::Derivative => delay(one, other, ActivationMethod::Derivative),
                LatencyMethod::Half => delay(one, other, ActivationMethod::Half),
                LatencyMethod::Correlation => lag(one, other, reach),
            };
            if let Some(frames) = found {
                out[0] = frames * 1000.0 / fps;
            }
        },
    )?;
    Ok(maps.remove(0))
}

/// Frames from the activation of one trace to that of the other.
fn delay(one: &[f64], other: &[f64], method: ActivationMethod) -> Option<f64> {
    let activation = |samples: &[f64]| {
        let beat = Transient::of(samples, RestLevel::Min)?;
        beat.activation(method, f64::NAN)
    };
    Some(activation(other)? - activation(one)?)
}

/// Lag in frames, up to `reach`, at which the correlation coefficient of the frames that both traces
/// have is largest.
fn lag(one: &[f64], other: &[f64], reach: usize) -> Option<f64> {
    let at = |lag: usize| {
        // Lags from −reach on.
        let (skip_one, skip_other) = (reach.saturating_sub(lag), lag.saturating_sub(reach));
        correlation(&one[skip_one..], &other[skip_other..])
    };
    let correlations: Vec<f64> = (0..=2 * reach).map(at).collect();
    let best = (0..correlations.len())
        .filter(|lag| correlations[*lag].is_finite())
        .max_by(|a, b| correlations[*a].total_cmp(&correlations[*b]))?;
    if best == 0 || best == 2 * reach {
        return None;
    }
    let around = [best - 1, best, best + 1].map(|lag| correlations[lag]);
    Some(best as f64 - reach as f64 + parabola_peak(around))
}

/// Correlation coefficient of the samples that both have.
pub(super) fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let count = one.len().min(other.len());
    let (one, other) = (&one[..count], &other[..count]);
    let mean = |samples: &[f64]| samples.iter().sum::<f64>() / count as f64;
    let means = [mean(one), mean(other)];
    let mut sums = [0.0; 3];
    for (a, b) in one.iter().zip(other) {
        let (a, b) = (a - means[0], b - means[1]);
        sums = [sums[0] + a * a, sums[1] + a * b, sums[2] + b * b];
    }
    sums[1] / (sums[0] * sums[2]).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::phantom::tests::{PLAIN, error};
    use crate::ops::phantom::{PhantomOptions, phantom};
    use crate::ops::testing::{check_threads, values, video};

    const LATENCY: LatencyOptions = LatencyOptions {
        method: LatencyMethod::Correlation,
        polarities: [Polarity::Negative, Polarity::Positive],
        max_lag: 40.0,
        fps: None,
    };

    #[test]
    fn latencies_are_those_of_two_phantoms() {
        for delay in [7.3, -4.6] {
            let voltage = phantom(&PhantomOptions {
                polarity: Polarity::Negative,
                ..PLAIN
            });
            let calcium = phantom(&PhantomOptions {
                start: 50.0 + delay,
                ..PLAIN
            });
            let (voltage, calcium) = (voltage.unwrap(), calcium.unwrap());
            let truth = values(&voltage.apd)
                .into_iter()
                .map(|apd| delay + 0.0 * apd);
            let truth: Vec<f64> = truth.collect();
            for method in [
                LatencyMethod::Correlation,
                LatencyMethod::Derivative,
                LatencyMethod::Half,
            ] {
                let options = LatencyOptions { method, ..LATENCY };
                let found = latency_map(&voltage.video, &calcium.video, &options).unwrap();
                let error = error(&found, &truth);
                assert!(error < 0.15, "{method:?}: {error}");
                check_threads(|| latency_map(&voltage.video, &calcium.video, &options));
            }
        }
    }

    #[test]
    fn what_has_no_latency_is_nan_or_refused() {
        let ramp = video(&[60], (0..60).map(f64::from).collect());
        let timed = LatencyOptions {
            fps: Some(1000.0),
            max_lag: 20.0,
            polarities: [Polarity::Positive; 2],
            ..LATENCY
        };
        let still = video(&[60], vec![2.0; 60]);
        assert!(values(&latency_map(&ramp, &still, &timed).unwrap())[0].is_nan());
        assert!(latency_map(&ramp, &ramp, &LATENCY).is_err());
        assert!(latency_map(&ramp, &ramp.frames(0, 50, 1), &timed).is_err());
        for max_lag in [0.0, 30.0, f64::NAN] {
            let options = LatencyOptions {
                max_lag,
                ..timed.clone()
            };
            assert!(latency_map(&ramp, &ramp, &options).is_err());
        }
        let mut slow = ramp.clone();
        slow.metadata_mut().fps = Some(500.0);
        let mut fast = ramp.clone();
        fast.metadata_mut().fps = Some(1000.0);
        let untimed = LatencyOptions { fps: None, ..timed };
        assert!(latency_map(&slow, &fast, &untimed).is_err());
    }
}
