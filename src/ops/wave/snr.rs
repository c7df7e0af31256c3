//! Signal-to-noise ratio of each pixel.

use super::measure::measure_pixels;
use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::video::Video;

/// Definition of the signal-to-noise ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SnrMethod {
    /// Range of the trace over the standard deviation of the noise.
    Amplitude,
    /// Power of signal and noise, in dB.
    Power,
}

impl Choice for SnrMethod {
    const NOUN: &'static str = "a definition of the signal-to-noise ratio";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("amplitude", Self::Amplitude), ("power", Self::Power)];
}

/// Signal-to-noise ratio of each pixel. The standard deviation of the noise is estimated from the
/// median of the absolute second differences of the trace.
pub fn snr_map(video: &Video, method: SnrMethod) -> Result<Video> {
    if video.len() < 8 || video.ndim() == 0 {
        bail!("snr_map needs at least 8 frames, got {}", video.len());
    }
    let [ratios] = measure_pixels(
        "measuring noise",
        video,
        Vec::new,
        |differences, _, trace| {
            let noise = noise_deviation(trace, differences);
            let count = trace.len() as f64;
            let mean = trace.iter().sum::<f64>() / count;
            let variance = trace.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            let low = trace.iter().copied().fold(f64::INFINITY, f64::min);
            let high = trace.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            [match method {
                _ if noise <= 0.0 => f64::NAN,
                SnrMethod::Amplitude => (high - low) / noise,
                SnrMethod::Power => {
                    let power = (variance - noise * noise).max(0.0);
                    10.0 * (power / (noise * noise)).log10()
                }
            }]
        },
    )?;
    Ok(ratios)
}

/// Standard deviation of the noise of a trace of at least 3 samples: that of white noise with the same
/// median absolute second difference. `differences` is scratch memory.
pub(super) fn noise_deviation(trace: &[f64], differences: &mut Vec<f64>) -> f64 {
    /// Median of the absolute value of a normal number of variance 1.
    const MEDIAN: f64 = 0.674_489_750_196_081_7;
    differences.clear();
    let second = trace.windows(3);
    differences.extend(second.map(|t| (t[0] - 2.0 * t[1] + t[2]).abs()));
    let middle = differences.len() / 2;
    let median = *differences.select_nth_unstable_by(middle, f64::total_cmp).1;
    // The variance of second differences is 1 + 4 + 1 times that of the noise.
    median / (MEDIAN * 6.0_f64.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::array::reduce;
    use crate::ops::phantom::tests::{PLAIN, error};
    use crate::ops::phantom::{PhantomOptions, phantom};
    use crate::ops::testing::{values, video};

    #[test]
    fn noise_is_that_of_the_phantom() {
        let noisy = PhantomOptions {
            frames: 2000,
            fps: 1000.0,
            noise: 0.1,
            ..PLAIN
        };
        let clean = phantom(&PhantomOptions {
            noise: 0.0,
            ..noisy.clone()
        })
        .unwrap();
        let made = phantom(&noisy).unwrap();
        let signal = values(&reduce::std(&clean.video, Some(&[0]), 0.0).unwrap());
        let truth: Vec<f64> = signal
            .iter()
            .zip(values(&made.apd))
            .map(|(deviation, apd)| 20.0 * (deviation / 10.0).log10() + 0.0 * apd)
            .collect();
        let found = snr_map(&made.video, SnrMethod::Power).unwrap();
        assert!(error(&found, &truth) < 1.2, "{}", error(&found, &truth));
        let pairs = values(&found).into_iter().zip(&truth);
        let errors: Vec<f64> = pairs
            .map(|(found, truth)| found - truth)
            .filter(|error| !error.is_nan())
            .collect();
        let bias = errors.iter().sum::<f64>() / errors.len() as f64;
        assert!(bias.abs() < 0.3, "{bias}");
        let found = snr_map(&made.video, SnrMethod::Amplitude).unwrap();
        let ten: Vec<f64> = truth.iter().map(|value| value * 0.0 + 10.0).collect();
        assert!(error(&found, &ten) < 8.0, "{}", error(&found, &ten));
    }

    #[test]
    fn short_traces_are_refused() {
        assert!(snr_map(&video(&[7], vec![0.0; 7]), SnrMethod::Power).is_err());
    }
}
