//! Action potentials and calcium transients of one beat in every pixel: durations, upstroke, decay,
//! latency, noise.

use rhai::Map;

use crate::bail;
use crate::error::Result;
use crate::ops::wave::latency::{self, LatencyMethod, LatencyOptions};
use crate::ops::wave::polarity::Polarity;
use crate::ops::wave::snr::{self, SnrMethod};
use crate::ops::wave::transient::{
    ActivationMethod, RestLevel, TransientOptions, maps as transients,
};
use crate::script::builtins;
use crate::script::call::convert::{Numbers, Reduced};
use crate::script::types::drawing::OneOrEach;
use crate::video::Video;

use super::shared::maps;

builtins! {
    /// Duration of the action potential (APD) or calcium transient of every pixel.
    ///
    /// The time from activation to recovery by `percent` of the amplitude: the first crossing of
    /// peak − `percent` / 100 · (peak − baseline) after the peak, interpolated linearly. The peak
    /// is the largest sample after the steepest slope; the baseline is the smallest sample before
    /// it, or with "median" the median of the samples up to a tenth of the upstroke. Noise lowers
    /// the smallest sample and raises the peak, of which the median makes up for the first only: of
    /// simulated action potentials of 80 ms at 1000 frames/s, with noise of 1/30 of their amplitude
    /// and smoothed by one frame, APD80 is 1.4 ms too long with "min" and 0.4 ms too short with
    /// "median"; with noise of 1/10, not smoothed, 3.2 ms too long and 5.9 ms too short. Activation
    /// is the steepest slope or half of the amplitude, as in `activation_map`. Cut out or average
    /// one beat first, and smooth it.
    ///
    /// Returns an image {y, x} in ms, float32; for a trace, a number. Several percentages give an
    /// array with an image for each. NaN where the trace has NaN, does not rise or does not
    /// recover.
    ///
    /// Warns if the recording seems to have several beats, as `activation_map` does.
    ///
    /// Fails if the frame rate is not known, there are fewer than 3 frames, or a percentage is not
    /// between 0 and 100.
    ///
    /// ```
    /// let p = phantom(#{frames: 120, apd_gradient: 20});
    /// let error = apd_map(p.video, 80) - p.apd;
    /// abs(error).max() < 0.5 // => true
    /// let apd = apd_map(p.video, [30, 90]);
    /// (apd[1] - apd[0]).min() > 0 // => true
    /// ```
    ///
    /// See also: `repolarization_map`, `activation_map`, `ensemble_average`, `decay_maps`
    fn apd_map(
        /// Video or trace of one beat.
        video: Video,
        /// Percentage of recovery, or several: 80 gives APD80.
        percent: Numbers = Numbers::One(80.0),
        /// Whether activation makes the light brighter or darker.
        polarity: Polarity = Polarity::Positive,
        /// Definition of activation: "derivative" or "half".
        method: ActivationMethod = ActivationMethod::Derivative,
        /// Definition of the baseline.
        baseline: RestLevel = RestLevel::Min,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<OneOrEach<Reduced>> {
        let options = TransientOptions { polarity, method, baseline, fps };
        Ok(match percent {
            Numbers::One(percent) => {
                let mut maps = transients::apd_maps(&video, &[percent], &options)?;
                OneOrEach::One(Reduced(maps.remove(0)))
            }
            Numbers::Several(percents) => {
                let maps = transients::apd_maps(&video, &percents, &options)?;
                OneOrEach::Each(maps.into_iter().map(Reduced).collect())
            }
        })
    }

    /// Time of recovery of every pixel from the first frame.
    ///
    /// The time at which the trace has recovered by `percent` of its amplitude; peak and baseline
    /// are those of `apd_map`.
    ///
    /// Returns an image {y, x} in ms, float32; for a trace, a number. NaN where the trace has NaN,
    /// does not rise or does not recover.
    ///
    /// Warns if the recording seems to have several beats, as `activation_map` does.
    ///
    /// Fails if the frame rate is not known, there are fewer than 3 frames, or `percent` is not
    /// between 0 and 100.
    ///
    /// ```
    /// let p = phantom(#{frames: 120});
    /// let error = repolarization_map(p.video) - (50 + p.activation + p.apd);
    /// abs(error).max() < 0.5 // => true
    /// ```
    ///
    /// See also: `apd_map`, `activation_map`
    fn repolarization_map(
        /// Video or trace of one beat.
        video: Video,
        /// Percentage of recovery.
        percent: f64 = 80.0,
        /// Whether activation makes the light brighter or darker.
        polarity: Polarity = Polarity::Positive,
        /// Definition of the baseline.
        baseline: RestLevel = RestLevel::Min,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Reduced> {
        let method = ActivationMethod::Derivative;
        let options = TransientOptions { polarity, method, baseline, fps };
        transients::repolarization_map(&video, percent, &options).map(Reduced)
    }

    /// Triangulation of the action potential of every pixel: how slowly it repolarizes.
    ///
    /// The time between two percentages of recovery, such as APD90 − APD30, on which the definition
    /// of activation has no effect; peak and baseline are those of `apd_map`.
    ///
    /// Returns an image {y, x} in ms, float32; for a trace, a number. NaN where the trace has NaN,
    /// does not rise or does not recover.
    ///
    /// Warns if the recording seems to have several beats, as `activation_map` does.
    ///
    /// Fails if the frame rate is not known, there are fewer than 3 frames, or `percents` is not
    /// two percentages in order.
    ///
    /// ```
    /// let p = phantom(#{frames: 120});
    /// let apd = apd_map(p.video, [30, 90]);
    /// let error = triangulation_map(p.video) - (apd[1] - apd[0]);
    /// abs(error).max() < 0.001 // => true
    /// ```
    ///
    /// See also: `apd_map`, `repolarization_map`
    ///
    /// Source: Hondeghem et al. 2001, doi:10.1161/01.CIR.103.15.2004.
    fn triangulation_map(
        /// Video or trace of one beat.
        video: Video,
        /// Percentages of recovery between which the time is measured.
        percents: Vec<f64> = vec![30.0, 90.0],
        /// Whether activation makes the light brighter or darker.
        polarity: Polarity = Polarity::Positive,
        /// Definition of the baseline.
        baseline: RestLevel = RestLevel::Min,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Reduced> {
        let [first, last] = percents[..] else {
            bail!("triangulation_map needs `percents` to be two percentages, got {percents:?}");
        };
        let method = ActivationMethod::Derivative;
        let options = TransientOptions { polarity, method, baseline, fps };
        transients::triangulation_map(&video, [first, last], &options).map(Reduced)
    }

    /// Upstroke of every pixel: amplitude, steepest slope, rise time and time to peak.
    ///
    /// Peak and baseline are those of `apd_map`. The slope is the largest central difference; the
    /// rise time is that between the two percentages of the amplitude in `rise`, interpolated
    /// linearly; the time to peak is that from activation to the peak, refined by a parabola.
    ///
    /// Returns a map of float32 images {y, x}, or of numbers for a trace: `amplitude` in the unit
    /// of the samples, `slope` in that unit per ms, `rise_time` and `time_to_peak` in ms.
    ///
    /// Warns if the recording seems to have several beats, as `activation_map` does.
    ///
    /// Fails if the frame rate is not known, there are fewer than 3 frames, or `rise` is not two
    /// percentages in order.
    ///
    /// ```
    /// let p = phantom(#{frames: 240, fps: 2000});
    /// let upstroke = upstroke_maps(p.video);
    /// format("{:.1f}", median(upstroke.amplitude)) // => "100.0"
    /// format("{:.1f} ms", median(upstroke.rise_time)) // => "5.9 ms"
    /// ```
    ///
    /// See also: `apd_map`, `decay_maps`, `snr_map`
    fn upstroke_maps(
        /// Video or trace of one beat.
        video: Video,
        /// Percentages of the amplitude between which the rise time is measured.
        rise: Vec<f64> = vec![10.0, 90.0],
        /// Whether activation makes the light brighter or darker.
        polarity: Polarity = Polarity::Positive,
        /// Definition of activation: "derivative" or "half".
        method: ActivationMethod = ActivationMethod::Derivative,
        /// Definition of the baseline.
        baseline: RestLevel = RestLevel::Min,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Map> {
        let [lower, upper] = rise[..] else {
            bail!("upstroke_maps needs `rise` to be two percentages, got {rise:?}");
        };
        let options = TransientOptions { polarity, method, baseline, fps };
        let found = transients::upstroke_maps(&video, [lower, upper], &options)?;
        Ok(maps([
            ("amplitude", found.amplitude),
            ("slope", found.slope),
            ("rise_time", found.rise_time),
            ("time_to_peak", found.time_to_peak),
        ]))
    }

    /// Time constant of the decay of every pixel.
    ///
    /// The decay a · exp(−t / τ) + c with the smallest sum of squared differences from the samples
    /// between 10 % and 90 % recovery; peak and baseline are those of `apd_map`.
    ///
    /// Returns a map of float32 images {y, x}, or of numbers for a trace: `tau` in ms, and
    /// `r_squared`, the coefficient of determination of the fit. NaN where fewer than 5 samples are
    /// fitted, or the trace does not decay.
    ///
    /// Warns if the recording seems to have several beats, as `activation_map` does.
    ///
    /// Fails if the frame rate is not known or there are fewer than 3 frames.
    ///
    /// ```
    /// let p = phantom(#{frames: 150, dye: "calcium", cycle_length: 400});
    /// let decay = decay_maps(p.video);
    /// format("{:.1f} ms", median(decay.tau)) // => "59.0 ms"
    /// ```
    ///
    /// See also: `apd_map`, `upstroke_maps`
    fn decay_maps(
        /// Video or trace of one beat.
        video: Video,
        /// Whether activation makes the light brighter or darker.
        polarity: Polarity = Polarity::Positive,
        /// Definition of the baseline.
        baseline: RestLevel = RestLevel::Min,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Map> {
        let method = ActivationMethod::Derivative;
        let options = TransientOptions { polarity, method, baseline, fps };
        let found = transients::decay_maps(&video, &options)?;
        Ok(maps([("tau", found.tau), ("r_squared", found.r_squared)]))
    }

    /// Latency between two channels in every pixel, such as that of calcium after voltage.
    ///
    /// Methods "derivative" and "half": the difference of the activation times of both, as in
    /// `activation_map`; cut out or average one beat first. Method "correlation": the lag, up to
    /// `max_lag`, with the largest correlation coefficient of the frames that both channels have,
    /// refined by a parabola; it depends on whole beats, not only on upstrokes.
    ///
    /// Returns an image {y, x} in ms, float32; for traces, a number: positive where the second
    /// channel is later. NaN where a trace has NaN or does not rise, or where the correlation has
    /// no peak within `max_lag`.
    ///
    /// Warns if a channel seems to have several beats, unless the method is "correlation", as
    /// `activation_map` does.
    ///
    /// Fails if the channels differ in shape or frame rate, if that is not known, or if `max_lag`
    /// is not positive or not below half of the recording.
    ///
    /// ```
    /// let voltage = phantom(#{frames: 100, polarity: "negative"});
    /// let calcium = phantom(#{frames: 100, dye: "calcium", start: 57});
    /// let map = latency_map(voltage.video, calcium.video, "half", "negative");
    /// format("{:.1f} ms", median(map)) // => "7.0 ms"
    /// ```
    ///
    /// See also: `activation_map`, `ensemble_average`, `apd_map`
    fn latency_map(
        /// Video or trace of the first channel.
        first: Video,
        /// Video or trace of the second channel, of the same shape.
        second: Video,
        /// Definition of the latency.
        method: LatencyMethod = LatencyMethod::Derivative,
        /// Whether activation makes the light of the first channel brighter or darker.
        polarity: Polarity = Polarity::Positive,
        /// The same for the second channel.
        second_polarity: Polarity = Polarity::Positive,
        /// Method "correlation": largest lag in either direction.
        max_lag: f64 [ms] = 50.0,
        /// Frame rate; default: that of the channels.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Reduced> {
        let polarities = [polarity, second_polarity];
        let options = LatencyOptions { method, polarities, max_lag, fps };
        latency::latency_map(&first, &second, &options).map(Reduced)
    }

    /// Signal-to-noise ratio of every pixel.
    ///
    /// The standard deviation σ of the noise is that of white noise with the same median absolute
    /// second difference as the trace, |x(t−1) − 2x(t) + x(t+1)| / (0.6745 · √6), which slow
    /// signals hardly change. Method "power": 10 log₁₀((s² − σ²) / σ²) in dB, with the standard
    /// deviation s of the trace. Method "amplitude": the range of the trace divided by σ, which is
    /// too large by the extremes of the noise, about 4 to 6. Measure the raw video: smoothing makes
    /// neighbors alike, so that the noise is underestimated.
    ///
    /// Returns an image {y, x}, float32; for a trace, a number. NaN where the trace has NaN or no
    /// noise; −∞ dB where there is only noise.
    ///
    /// Fails if there are fewer than 8 frames.
    ///
    /// ```
    /// let p = phantom(#{noise: 0.05});
    /// let snr = snr_map(p.video).apply_mask(p.mask);
    /// median(snr) > 17 && median(snr) < 20 // => true
    /// ```
    ///
    /// See also: `upstroke_maps`, `std`, `mask_threshold`
    ///
    /// Source: noise from median absolute deviations after Rousseeuw & Croux 1993,
    /// doi:10.1080/01621459.1993.10476408.
    fn snr_map(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Definition of the ratio.
        method: SnrMethod = SnrMethod::Power,
    ) -> Result<Reduced> {
        snr::snr_map(&video, method).map(Reduced)
    }
}
