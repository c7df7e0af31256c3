//! Action potentials and calcium transients: activation, durations, upstroke and decay of one beat.

use super::activation::Polarity;
use super::measure::measure_pixels;
use super::peaks::parabola_peak;
use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::ops::filter::bleach::smallest;
use crate::ops::frame_rate;
use crate::video::Video;

/// Definition of the activation time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ActivationMethod {
    /// Steepest slope of the upstroke.
    Derivative,
    /// Upstroke through a level.
    Threshold,
    /// Upstroke through half of the amplitude.
    Half,
}

impl Choice for ActivationMethod {
    const NOUN: &'static str = "a definition of activation";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("derivative", Self::Derivative),
        ("threshold", Self::Threshold),
        ("half", Self::Half),
    ];
}

/// Definition of the level at rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RestLevel {
    /// Smallest sample before the peak.
    Min,
    /// Median of the samples before the upstroke.
    Median,
}

impl Choice for RestLevel {
    const NOUN: &'static str = "a definition of the baseline";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("min", Self::Min), ("median", Self::Median)];
}

/// How beats are measured.
#[derive(Debug, Clone, Copy)]
pub struct TransientOptions {
    /// Whether activation makes the light brighter or darker.
    pub polarity: Polarity,
    /// Definition of the activation time.
    pub method: ActivationMethod,
    /// Definition of the level at rest.
    pub baseline: RestLevel,
    /// Frame rate in Hz; default: that of the video.
    pub fps: Option<f64>,
}

/// Fraction of the amplitude at which an upstroke begins.
const ONSET: f64 = 0.1;

/// A beat in a trace, in which activation goes up.
pub(super) struct Transient<'a> {
    samples: &'a [f64],
    /// Time of the steepest slope in frames, and that slope per frame.
    steepest: f64,
    slope: f64,
    /// Frame of the largest sample after it.
    peak: usize,
    baseline: f64,
    amplitude: f64,
}

impl<'a> Transient<'a> {
    /// Finds the beat; `None` if the trace does not rise.
    pub(super) fn of(samples: &'a [f64], baseline: RestLevel) -> Option<Self> {
        let slopes = samples.windows(3).map(|three| (three[2] - three[0]) / 2.0);
        let mut at = 0;
        let mut slope = 0.0;
        for (frame, value) in slopes.enumerate() {
            if value > slope {
                (at, slope) = (frame + 1, value);
            }
        }
        if at == 0 {
            return None;
        }
        let slope_at = |frame: usize| match frame {
            0 => f64::NAN,
            frame if frame + 1 >= samples.len() => f64::NAN,
            frame => (samples[frame + 1] - samples[frame - 1]) / 2.0,
        };
        let around = [at - 1, at, at + 1].map(slope_at);
        let largest = |best: usize, frame: usize| match samples[frame] > samples[best] {
            true => frame,
            false => best,
        };
        let peak = (at..samples.len()).fold(at, largest);
        let min = samples[..=peak]
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        let mut found = Self {
            samples,
            steepest: at as f64 + parabola_peak(around),
            slope,
            peak,
            baseline: min,
            amplitude: samples[peak] - min,
        };
        if baseline == RestLevel::Median {
            let onset = found.rise_to(ONSET)?;
            let mut before = samples[..=onset as usize].to_vec();
            let middle = before.len() / 2;
            found.baseline = *before.select_nth_unstable_by(middle, f64::total_cmp).1;
            found.amplitude = samples[peak] - found.baseline;
        }
        (found.amplitude > 0.0).then_some(found)
    }

    /// Time in frames at which the upstroke reaches a level: the crossing next to the steepest
    /// slope. `None` if the level is not between rest and peak.
    fn rise_through(&self, level: f64) -> Option<f64> {
        let steepest = self.steepest as usize;
        let after = match self.samples[steepest] >= level {
            // The last sample below the level is before the steepest slope.
            true => (0..steepest).rev().find(|at| self.samples[*at] < level)? + 1,
            false => (steepest..=self.peak).find(|at| self.samples[*at] >= level)?,
        };
        let [before, reached] = [self.samples[after - 1], self.samples[after]];
        Some(after as f64 - 1.0 + (level - before) / (reached - before))
    }

    /// Time in frames at which the upstroke reaches a fraction of the amplitude.
    fn rise_to(&self, fraction: f64) -> Option<f64> {
        self.rise_through(self.baseline + fraction * self.amplitude)
    }

    /// Time in frames at which the trace has recovered by a percentage of the amplitude.
    pub(super) fn recovery(&self, percent: f64) -> Option<f64> {
        let level = self.baseline + (1.0 - percent / 100.0) * self.amplitude;
        let after = (self.peak + 1..self.samples.len()).find(|at| self.samples[*at] <= level)?;
        let [before, reached] = [self.samples[after - 1], self.samples[after]];
        Some(after as f64 - 1.0 + (before - level) / (before - reached))
    }

    /// Activation time in frames.
    pub(super) fn activation(&self, method: ActivationMethod, level: f64) -> Option<f64> {
        match method {
            ActivationMethod::Derivative => Some(self.steepest),
            ActivationMethod::Half => self.rise_to(0.5),
            ActivationMethod::Threshold => self.rise_through(level),
        }
    }

    /// Duration in frames from activation to recovery.
    pub(super) fn duration(&self, method: ActivationMethod, percent: f64) -> Option<f64> {
        // Durations are measured from a fraction of the upstroke, not from a level.
        Some(self.recovery(percent)? - self.activation(method, f64::NAN)?)
    }

    /// Height of the peak above rest.
    pub(super) fn amplitude(&self) -> f64 {
        self.amplitude
    }

    /// Frame of the peak, between samples.
    fn peak_time(&self) -> f64 {
        let neighbors = [self.peak - 1, self.peak, self.peak + 1];
        let around = neighbors.map(|at| self.samples.get(at).copied().unwrap_or(f64::NAN));
        self.peak as f64 + parabola_peak(around)
    }

    /// Least-squares decay a·exp(−t/τ) + c after the peak, from 10 % to 90 % recovery: τ in frames,
    /// and R².
    fn decay(&self) -> Option<[f64; 2]> {
        /// Fewest samples that determine three parameters and their fit.
        const FEWEST: usize = 5;
        let first = self.recovery(10.0)?.ceil() as usize;
        let last = self.recovery(90.0)?.floor() as usize;
        let samples = self.samples.get(first..=last)?;
        (samples.len() >= FEWEST).then(|| exponential(samples))?
    }
}

/// Least-squares decay a·exp(−t/τ) + c: τ, and R². For any τ, the best a and c are those of a line,
/// so that only τ is searched for. `None` if there is no decay, or none that a τ can be found for.
fn exponential(samples: &[f64]) -> Option<[f64; 2]> {
    const TRIED: usize = 40;
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let total: f64 = samples.iter().map(|sample| (sample - mean).powi(2)).sum();
    // Sum of squared residuals, and the amplitude a.
    let fit = |log_tau: f64| {
        let ratio = (-1.0 / log_tau.exp()).exp();
        let (mut decay, mut sums) = (1.0, [0.0; 3]);
        for sample in samples {
            sums[0] += decay;
            sums[1] += decay * decay;
            sums[2] += decay * (sample - mean);
            decay *= ratio;
        }
        let alone = sums[1] - sums[0] * sums[0] / count;
        let slope = sums[2] / alone;
        (total - slope * sums[2], slope)
    };
    let (shortest, longest) = (0.25_f64.ln(), (10.0 * count).ln());
    let width = (longest - shortest) / TRIED as f64;
    let tried = (0..=TRIED).map(|step| shortest + step as f64 * width);
    let best = tried.min_by(|a, b| fit(*a).0.total_cmp(&fit(*b).0))?;
    let best = smallest(|log_tau| fit(log_tau).0, [best - width, best + width]);
    let (residual, slope) = fit(best);
    let is_inside = shortest < best && best < longest;
    (is_inside && slope > 0.0 && total > 0.0).then(|| [best.exp(), 1.0 - residual / total])
}

/// Measures the beat in the trace of each pixel, turned so that activation goes up. NaN where
/// `measure` returns `None`.
fn measure_beats<const N: usize>(
    operation: &'static str,
    video: &Video,
    options: &TransientOptions,
    measure: impl Fn(&Transient) -> Option<[f64; N]> + Sync,
) -> Result<[Video; N]> {
    let sign = options.polarity.sign();
    measure_pixels(
        operation,
        video,
        Vec::new,
        |turned: &mut Vec<f64>, _, trace| {
            turned.clear();
            turned.extend(trace.iter().map(|sample| sign * sample));
            let beat = Transient::of(turned, options.baseline);
            beat.and_then(|beat| measure(&beat))
                .unwrap_or([f64::NAN; N])
        },
    )
}

/// Frame rate per ms, after the checks that all measurements share.
fn frames_per_ms(function: &str, video: &Video, fps: Option<f64>) -> Result<f64> {
    let fps = frame_rate(function, video, fps)?;
    if !matches!(video.ndim(), 1 | 3) {
        bail!(
            "{function} needs a video {{t, y, x}} or a trace, got a {} of shape {}",
            video.kind(),
            crate::video::shape_text(video.shape())
        );
    }
    if video.len() < 3 {
        bail!("{function} needs at least 3 frames, got {}", video.len());
    }
    Ok(fps / 1000.0)
}

fn check_percent(function: &str, percent: f64) -> Result<()> {
    match 0.0 < percent && percent < 100.0 {
        true => Ok(()),
        false => bail!("{function} needs `percent` to be between 0 and 100, got {percent}"),
    }
}

/// Duration of the action potential of each pixel in ms, from activation to recovery by a
/// percentage of the amplitude.
pub fn apd_map(video: &Video, percent: f64, options: &TransientOptions) -> Result<Video> {
    let per_ms = frames_per_ms("apd_map", video, options.fps)?;
    check_percent("apd_map", percent)?;
    if options.method == ActivationMethod::Threshold {
        bail!("apd_map measures from the `method` \"derivative\" or \"half\", got \"threshold\"");
    }
    let [durations] = measure_beats("measuring durations", video, options, |beat| {
        let duration = beat.duration(options.method, percent)?;
        Some([duration / per_ms])
    })?;
    Ok(durations)
}

/// Time of each pixel in ms from the first frame at which it has recovered by a percentage of the
/// amplitude.
pub fn repolarization_map(
    video: &Video,
    percent: f64,
    options: &TransientOptions,
) -> Result<Video> {
    let per_ms = frames_per_ms("repolarization_map", video, options.fps)?;
    check_percent("repolarization_map", percent)?;
    let [times] = measure_beats("measuring recovery", video, options, |beat| {
        Some([beat.recovery(percent)? / per_ms])
    })?;
    Ok(times)
}

/// Time of each pixel in ms from the first frame at which its upstroke crosses a level, or half of
/// its amplitude if that exceeds `threshold`.
pub(super) fn rise_map(
    video: &Video,
    threshold: Option<f64>,
    options: &TransientOptions,
) -> Result<Video> {
    let per_ms = frames_per_ms("activation_map", video, options.fps)?;
    let level = options.polarity.sign() * threshold.unwrap_or(f64::NAN);
    let least = match options.method {
        ActivationMethod::Half => threshold.unwrap_or(0.0),
        _ => 0.0,
    };
    let [times] = measure_beats("finding activation times", video, options, |beat| {
        let time = beat.activation(options.method, level)?;
        (beat.amplitude() > least).then_some([time / per_ms])
    })?;
    Ok(times)
}

/// Upstroke of each pixel.
pub struct UpstrokeMaps {
    /// Height of the peak above rest, in the unit of the samples.
    pub amplitude: Video,
    /// Largest slope in units of the samples per ms.
    pub slope: Video,
    /// Time in ms between two percentages of the amplitude.
    pub rise_time: Video,
    /// Time in ms from activation to peak.
    pub time_to_peak: Video,
}

/// Measures the upstroke of each pixel; the rise time between two percentages of the amplitude.
pub fn upstroke_maps(
    video: &Video,
    [lower, upper]: [f64; 2],
    options: &TransientOptions,
) -> Result<UpstrokeMaps> {
    let per_ms = frames_per_ms("upstroke_maps", video, options.fps)?;
    if !(0.0 < lower && lower < upper && upper < 100.0) {
        bail!(
            "upstroke_maps needs `rise` to be two percentages in order between 0 and 100, got \
             [{lower}, {upper}]"
        );
    }
    let maps = measure_beats("measuring upstrokes", video, options, |beat| {
        let rise = match (beat.rise_to(lower / 100.0), beat.rise_to(upper / 100.0)) {
            (Some(begin), Some(end)) => (end - begin) / per_ms,
            _ => f64::NAN,
        };
        let activation = beat.activation(options.method, f64::NAN)?;
        Some([
            beat.amplitude(),
            beat.slope * per_ms,
            rise,
            (beat.peak_time() - activation) / per_ms,
        ])
    })?;
    let [amplitude, slope, rise_time, time_to_peak] = maps;
    Ok(UpstrokeMaps {
        amplitude,
        slope,
        rise_time,
        time_to_peak,
    })
}

/// Decay of each pixel.
pub struct DecayMaps {
    /// Time constant in ms.
    pub tau: Video,
    /// Coefficient of determination of the fit.
    pub r_squared: Video,
}

/// Fits an exponential decay to the recovery of each pixel, from 10 % to 90 %.
pub fn decay_maps(video: &Video, options: &TransientOptions) -> Result<DecayMaps> {
    let per_ms = frames_per_ms("decay_maps", video, options.fps)?;
    let [tau, r_squared] = measure_beats("fitting decays", video, options, |beat| {
        let [tau, r_squared] = beat.decay()?;
        Some([tau / per_ms, r_squared])
    })?;
    Ok(DecayMaps { tau, r_squared })
}

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
    /// Median of the absolute value of a normal number of variance 1.
    const MEDIAN: f64 = 0.674_489_750_196_081_7;
    if video.len() < 8 || video.ndim() == 0 {
        bail!("snr_map needs at least 8 frames, got {}", video.len());
    }
    let [ratios] = measure_pixels(
        "measuring noise",
        video,
        Vec::new,
        |differences, _, trace| {
            differences.clear();
            let second = trace.windows(3);
            differences.extend(second.map(|t| (t[0] - 2.0 * t[1] + t[2]).abs()));
            let middle = differences.len() / 2;
            let median = *differences.select_nth_unstable_by(middle, f64::total_cmp).1;
            // The variance of second differences is 1 + 4 + 1 times that of the noise.
            let noise = median / (MEDIAN * 6.0_f64.sqrt());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::phantom::tests::PLAIN;
    use crate::ops::phantom::{Dye, Phantom, PhantomOptions, phantom};
    use crate::ops::testing::{check_threads, noise, values, video};

    const UPSTROKE: TransientOptions = TransientOptions {
        polarity: Polarity::Positive,
        method: ActivationMethod::Derivative,
        baseline: RestLevel::Min,
        fps: None,
    };

    /// One beat at 500 frames/s, of durations from 70 to 110 ms.
    const BEAT: PhantomOptions = PhantomOptions {
        frames: 100,
        fps: 500.0,
        cycle_length: 300.0,
        apd: 90.0,
        apd_gradient: 40.0,
        ..PLAIN
    };

    /// Largest difference between a map and the truth within the tissue, which the map must know.
    #[track_caller]
    fn error(found: &Video, truth: &[f64]) -> f64 {
        let pairs = values(found).into_iter().zip(truth);
        let inside = pairs.filter(|(_, truth)| !truth.is_nan());
        let errors = inside.map(|(found, truth)| (found - truth).abs());
        errors.fold(0.0, |worst, error| {
            assert!(!error.is_nan(), "a pixel of the tissue is unknown");
            worst.max(error)
        })
    }

    fn activations(made: &Phantom) -> Vec<f64> {
        values(&made.activation)
            .iter()
            .map(|time| time + 50.0)
            .collect()
    }

    #[test]
    fn activation_times_are_those_of_the_phantom() {
        for polarity in [Polarity::Positive, Polarity::Negative] {
            let made = phantom(&PhantomOptions { polarity, ..BEAT }).unwrap();
            let half = TransientOptions {
                method: ActivationMethod::Half,
                polarity,
                ..UPSTROKE
            };
            let found = rise_map(&made.video, None, &half).unwrap();
            assert!(error(&found, &activations(&made)) < 0.1);
            let level = match polarity {
                Polarity::Positive => 1050.0,
                Polarity::Negative => 950.0,
            };
            let threshold = TransientOptions {
                method: ActivationMethod::Threshold,
                ..half
            };
            let found = rise_map(&made.video, Some(level), &threshold).unwrap();
            assert!(error(&found, &activations(&made)) < 0.1);
        }
    }

    #[test]
    fn durations_are_those_of_the_phantom() {
        let made = phantom(&BEAT).unwrap();
        let truth = values(&made.apd);
        let found = apd_map(&made.video, 80.0, &UPSTROKE).unwrap();
        assert!(error(&found, &truth) < 0.3, "{}", error(&found, &truth));
        // Half recovery, where the half cosine of repolarization is 0.5.
        let half: Vec<f64> = truth
            .iter()
            .map(|apd| apd * (1.0 - 0.6 * 0.2048327647))
            .collect();
        let options = TransientOptions {
            method: ActivationMethod::Half,
            baseline: RestLevel::Median,
            ..UPSTROKE
        };
        let found = apd_map(&made.video, 50.0, &options).unwrap();
        assert!(error(&found, &half) < 0.3, "{}", error(&found, &half));
        let recovered = repolarization_map(&made.video, 80.0, &UPSTROKE).unwrap();
        let pairs = activations(&made).into_iter().zip(&truth);
        let ends: Vec<f64> = pairs.map(|(time, apd)| time + apd).collect();
        assert!(error(&recovered, &ends) < 0.1);
        assert!(recovered.metadata().fps.is_none() && recovered.metadata().pixel_size.is_some());
    }

    #[test]
    fn upstrokes_are_those_of_the_phantom() {
        let fine = PhantomOptions {
            frames: 400,
            fps: 2000.0,
            ..BEAT
        };
        let made = phantom(&fine).unwrap();
        let found = upstroke_maps(&made.video, [10.0, 90.0], &UPSTROKE).unwrap();
        let inside: Vec<f64> = values(&made.apd).iter().map(|apd| apd * 0.0).collect();
        let all = |value: f64| inside.iter().map(|zero| zero + value).collect::<Vec<f64>>();
        assert!(error(&found.amplitude, &all(100.0)) < 1e-3);
        // The slope of half a cosine of 10 ms is π/20 at most; central differences flatten it.
        let slope = 100.0 * std::f64::consts::PI / 20.0;
        assert!(error(&found.slope, &all(slope)) < 0.01 * slope);
        // 2 arcsin(0.8) / π of 10 ms.
        assert!(error(&found.rise_time, &all(5.903344706)) < 0.05);
    }

    #[test]
    fn decays_are_those_of_the_phantom() {
        let options = PhantomOptions {
            dye: Dye::Calcium,
            frames: 150,
            ..BEAT
        };
        let made = phantom(&options).unwrap();
        let truth: Vec<f64> = values(&made.apd)
            .iter()
            .map(|apd| (apd - 5.0) / 5.0_f64.ln())
            .collect();
        let found = decay_maps(&made.video, &UPSTROKE).unwrap();
        assert!(
            error(&found.tau, &truth) < 0.1,
            "{}",
            error(&found.tau, &truth)
        );
        let fits = values(&found.r_squared);
        assert!(fits.iter().all(|fit| fit.is_nan() || *fit > 0.9999));
        let peaks = upstroke_maps(&made.video, [10.0, 90.0], &UPSTROKE).unwrap();
        let at_peak: Vec<f64> = truth.iter().map(|tau| tau * 0.0 + 5.0).collect();
        assert!(error(&peaks.time_to_peak, &at_peak) < 1.2);
    }

    #[test]
    fn noise_is_that_of_the_phantom() {
        let noisy = PhantomOptions {
            frames: 2000,
            fps: 1000.0,
            noise: 0.1,
            ..BEAT
        };
        let clean = phantom(&PhantomOptions {
            noise: 0.0,
            ..noisy.clone()
        })
        .unwrap();
        let made = phantom(&noisy).unwrap();
        let signal =
            values(&crate::ops::array::reduce::std(&clean.video, Some(&[0]), 0.0).unwrap());
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
    fn what_has_no_beat_is_nan() {
        let made = phantom(&BEAT).unwrap();
        let outside = values(&made.mask).into_iter().map(|inside| inside == 0.0);
        let found = values(&apd_map(&made.video, 80.0, &UPSTROKE).unwrap());
        assert!(
            found
                .iter()
                .zip(outside)
                .all(|(apd, outside)| apd.is_nan() == outside)
        );
        let cut = made.video.frames(0, 40, 1);
        let found = values(&apd_map(&cut, 80.0, &UPSTROKE).unwrap());
        assert!(found.iter().all(|apd| apd.is_nan()));
        let mut falling = video(&[5], vec![5.0, 4.0, 3.0, 2.0, 1.0]);
        falling.metadata_mut().fps = Some(100.0);
        assert!(values(&repolarization_map(&falling, 50.0, &UPSTROKE).unwrap())[0].is_nan());
        let mut short = video(&[2], vec![0.0, 1.0]);
        short.metadata_mut().fps = Some(100.0);
        assert!(apd_map(&short, 50.0, &UPSTROKE).is_err());
        assert!(apd_map(&made.video, 100.0, &UPSTROKE).is_err());
        assert!(upstroke_maps(&made.video, [90.0, 10.0], &UPSTROKE).is_err());
        assert!(snr_map(&short, SnrMethod::Power).is_err());
        let mut noisy = video(&[60, 9, 9], noise(60 * 81, 3));
        noisy.metadata_mut().fps = Some(500.0);
        check_threads(|| apd_map(&noisy, 50.0, &UPSTROKE));
    }
}
