//! Peaks of traces, beats, and the action potentials of beats: durations, upstroke, decay, noise.

use rhai::Map;

use crate::bail;
use crate::error::Result;
use crate::ops::wave::activation::Polarity;
use crate::ops::wave::alternans::{self, AlternansMeasure, AlternansOptions};
use crate::ops::wave::beats::{self, BeatMethod, BeatOptions};
use crate::ops::wave::peaks::{self, Peak, PeakOptions};
use crate::ops::wave::transient::{self, ActivationMethod, RestLevel, SnrMethod, TransientOptions};
use crate::script::call::convert::{Numbers, Reduced};
use crate::script::types::drawing::OneOrEach;
use crate::script::{Value, builtins, columns};
use crate::text::table::{Column, Table};
use crate::video::Video;

/// Limits of a property: a single number is the lower one.
fn limits(name: &str, limits: Option<Numbers>) -> Result<Option<[f64; 2]>> {
    Ok(match limits {
        None => None,
        Some(Numbers::One(least)) => Some([least, f64::INFINITY]),
        Some(Numbers::Several(limits)) => match limits[..] {
            [least, most] => Some([least, most]),
            _ => bail!("find_peaks needs `{name}` to be one or two numbers, got {limits:?}"),
        },
    })
}

/// Map of columns.
fn table<const N: usize>(columns_by_name: [(&str, Column); N]) -> Map {
    let (names, cells) = columns_by_name
        .into_iter()
        .unzip::<&str, Column, Vec<_>, Vec<_>>();
    let names = names.into_iter().map(str::to_owned).collect();
    columns(Table {
        names,
        columns: cells,
    })
}

/// Map of images, or of numbers for a trace.
fn maps<const N: usize>(images: [(&str, Video); N]) -> Map {
    let images = images.into_iter();
    images
        .map(|(name, image)| (name.into(), Reduced(image).into_dynamic()))
        .collect()
}

builtins! {
    /// Finds the peaks of a trace that meet conditions on height, distance, prominence and width.
    ///
    /// A peak is a sample, or the middle of several equal ones, that is higher than those before
    /// and after it. Its prominence is its height above the higher of its two bases: the lowest
    /// samples between it and a higher one on either side. Its width is that at the part
    /// `rel_height` of the prominence below the peak, interpolated linearly. `plateau_size`,
    /// `height`, `threshold`, `distance`, `prominence` and `width` are applied in this order. A
    /// condition is the smallest value, or `[smallest, largest]`.
    ///
    /// Returns a table, with a row for each peak: `frame`, `height`, `prominence`, `left_base`,
    /// `right_base`, `width`, `width_height`, and the interpolated frames `left` and `right` of the
    /// width.
    ///
    /// Fails if `trace` is not a trace of finite samples, `distance` is below 1, `wlen` is not
    /// above 1, or the limits of a condition are not in order.
    ///
    /// ```
    /// let trace = video([0, 2, 0, 1, 0, 3, 0]);
    /// find_peaks(trace).frame.to_array() // => [1, 3, 5]
    /// find_peaks(trace, #{prominence: 2}).frame.to_array() // => [1, 5]
    /// find_peaks(trace, #{distance: 3}).frame.to_array() // => [1, 5]
    /// ```
    ///
    /// See also: `find_beats`, `argmax`, `dominant_frequency`
    ///
    /// Source: SciPy's `scipy.signal.find_peaks`.
    fn find_peaks(
        /// Trace.
        trace: Video,
        /// Height of the peaks.
        height: Option<Numbers> = None,
        /// Difference from the samples next to the peak: the smaller one at least, the larger one
        /// at most.
        threshold: Option<Numbers> = None,
        /// Smallest distance between peaks; of closer ones, lower ones are removed first.
        distance: Option<f64> [frames] = None,
        /// Prominence of the peaks.
        prominence: Option<Numbers> = None,
        /// Width of the peaks.
        width: Option<Numbers> [frames] = None,
        /// Number of frames, centered at the peak, in which its bases are searched; default: all.
        wlen: Option<f64> [frames] = None,
        /// Part of the prominence at which the width is measured: 1 is at the base.
        rel_height: f64 = 0.5,
        /// Number of equal samples at the top.
        plateau_size: Option<Numbers> [frames] = None,
    ) -> Result<Map> {
        let options = PeakOptions {
            plateau_size: limits("plateau_size", plateau_size)?,
            height: limits("height", height)?,
            threshold: limits("threshold", threshold)?,
            distance,
            prominence: limits("prominence", prominence)?,
            width: limits("width", width)?,
            wlen,
            rel_height,
        };
        let found = peaks::find_peaks(&trace, &options)?;
        let frames = |frame: fn(&Peak) -> usize| {
            Column::Ints(found.iter().map(|peak| frame(peak) as i64).collect())
        };
        let numbers = |number: fn(&Peak) -> f64| {
            Column::Floats(found.iter().map(number).collect())
        };
        Ok(table([
            ("frame", frames(|peak| peak.index)),
            ("height", numbers(|peak| peak.height)),
            ("prominence", numbers(|peak| peak.prominence)),
            ("left_base", frames(|peak| peak.bases[0])),
            ("right_base", frames(|peak| peak.bases[1])),
            ("width", numbers(|peak| peak.width)),
            ("width_height", numbers(|peak| peak.width_height)),
            ("left", numbers(|peak| peak.positions[0])),
            ("right", numbers(|peak| peak.positions[1])),
        ]))
    }

    /// Finds the beats of a recording, and their cycle lengths.
    ///
    /// Of a video, the mean of each frame is taken, ignoring NaN. Method "slope": the times of the
    /// steepest slopes, which are central differences, refined between frames by a parabola; slopes
    /// below `threshold` times the largest one do not count. Method "threshold": the times at which
    /// the trace rises through `threshold` of its range, interpolated linearly; correct bleaching
    /// first. Method "period": stimuli every `period` ms from `start` on. Beats closer than
    /// `refractory` to another are left out: those of lower slope, or the later ones.
    ///
    /// Returns a table with a row for each beat: `frame`, with fractions; `time` in ms;
    /// `cycle_length`, the time since the beat before in ms, NaN for the first; and `rate` in beats
    /// per minute.
    ///
    /// Fails if the frame rate is not known, a frame has no mean, `threshold` is not between 0 and
    /// 1, or the method "period" has no `period`.
    ///
    /// ```
    /// let p = phantom(#{noise: 0.1});
    /// let beats = find_beats(p.video);
    /// beats.frame.len // => 5
    /// format("{:.0f} ms", median(beats.cycle_length)) // => "200 ms"
    /// write_csv("beats.csv", beats)
    /// ```
    ///
    /// See also: `ensemble_average`, `find_peaks`, `alternans_map`, `dominant_frequency`
    fn find_beats(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Definition of the time of a beat.
        method: BeatMethod = BeatMethod::Slope,
        /// Fraction of the largest slope, or of the range of the trace.
        threshold: f64 = 0.5,
        /// Whether activation makes the light brighter or darker.
        polarity: Polarity = Polarity::Positive,
        /// Smallest time between beats.
        refractory: f64 [ms] = 50.0,
        /// Time between stimuli, for the method "period".
        period: Option<f64> [ms] = None,
        /// Time of the first stimulus, for the method "period".
        start: f64 [ms] = 0.0,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Map> {
        let options = BeatOptions { method, threshold, polarity, refractory, period, start, fps };
        let found = beats::find_beats(&video, &options)?;
        let cycles = found.cycle_lengths();
        let rates = cycles.iter().map(|cycle| 60_000.0 / cycle).collect();
        Ok(table([
            ("time", Column::Floats(found.times())),
            ("cycle_length", Column::Floats(cycles)),
            ("rate", Column::Floats(rates)),
            ("frame", Column::Floats(found.frames)),
        ]))
    }

    /// Averages the beats of a recording to one, which lowers the noise.
    ///
    /// Frame k is the mean of frames k − b after all beats, where b is the number of frames of
    /// `before`. Beats are aligned to whole frames. Those whose frames are not all in the recording
    /// are left out, with a warning. NaN samples of a pixel propagate to its average only.
    ///
    /// Returns an array like `video` with the frames of one beat; the metadata `beats` is the
    /// number of beats, and `jitter` the standard deviation in ms of the lags between their mean
    /// traces and that of the average, which blurs upstrokes: float64 for float64 and ints of 32 or
    /// 64 bits, otherwise float32.
    ///
    /// Fails if the frame rate is not known, `beats` are not in ascending order, no beat is in the
    /// recording, or there is a single beat and no `after`.
    ///
    /// ```
    /// let p = phantom(#{frames: 520, noise: 0.1});
    /// let beats = find_beats(p.video);
    /// let beat = ensemble_average(p.video, beats.frame, 40, 150);
    /// beat.shape // => [95, 64, 64]
    /// beat.metadata.beats // => 5
    /// ```
    ///
    /// See also: `find_beats`, `apd_map`, `activation_map`, `smooth_spatiotemporal`
    fn ensemble_average(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Frames of the beats, a trace or an array: the column `frame` of `find_beats`.
        beats: Video,
        /// Time before each beat; default: a tenth of the median cycle length.
        before: Option<f64> [ms] = None,
        /// Time after each beat; default: the rest of the median cycle length.
        after: Option<f64> [ms] = None,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Video> {
        beats::ensemble_average(&video, &beats, [before, after], fps)
    }

    /// Duration of the action potential (APD) or calcium transient of every pixel.
    ///
    /// The time from activation to recovery by `percent` of the amplitude: the first crossing of
    /// peak − `percent` / 100 · (peak − baseline) after the peak, interpolated linearly. The peak
    /// is the largest sample after the steepest slope; the baseline is the smallest sample before
    /// it, or with "median" the median of the samples up to a tenth of the upstroke, which noise
    /// does not lower. Activation is the steepest slope or half of the amplitude, as in
    /// `activation_map`. Cut out or average one beat first, and smooth it.
    ///
    /// Returns an image {y, x} in ms, float32; for a trace, a number. Several percentages give an
    /// array with an image for each. NaN where the trace has NaN, does not rise or does not
    /// recover.
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
        let map = |percent: f64| transient::apd_map(&video, percent, &options).map(Reduced);
        Ok(match percent {
            Numbers::One(percent) => OneOrEach::One(map(percent)?),
            Numbers::Several(percents) => {
                OneOrEach::Each(percents.into_iter().map(map).collect::<Result<_>>()?)
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
        transient::repolarization_map(&video, percent, &options).map(Reduced)
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
        let found = transient::upstroke_maps(&video, [lower, upper], &options)?;
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
        let found = transient::decay_maps(&video, &options)?;
        Ok(maps([("tau", found.tau), ("r_squared", found.r_squared)]))
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
        transient::snr_map(&video, method).map(Reduced)
    }

    /// Alternans of every pixel: the difference between even and odd beats.
    ///
    /// The mean of (−1)ⁱ (mᵢ − mᵢ₊₁) over consecutive beats, counted from 0, with the duration mᵢ
    /// of beat i at `percent` recovery or its amplitude, both as in `apd_map`. Positive where even
    /// beats are longer or larger: pixels of different sign alternate discordantly.
    ///
    /// Returns an image {y, x}, float32; for a trace, a number: in ms, or in the unit of the
    /// samples. NaN where a beat has no such measure.
    ///
    /// Fails if the frame rate is not known, or fewer than 2 beats are in the recording.
    ///
    /// ```
    /// let p = phantom(#{frames: 850, alternans: 20});
    /// let map = alternans_map(p.video, find_beats(p.video).frame);
    /// format("{:.0f} ms", median(map)) // => "20 ms"
    /// ```
    ///
    /// See also: `alternans_spectrum`, `find_beats`, `apd_map`
    ///
    /// Source: Pastore et al. 1999, doi:10.1161/01.CIR.99.10.1385.
    fn alternans_map(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Frames of the beats, a trace or an array: the column `frame` of `find_beats`.
        beats: Video,
        /// Quantity to compare.
        measure: AlternansMeasure = AlternansMeasure::Duration,
        /// Percentage of recovery, for the duration.
        percent: f64 = 80.0,
        /// Time before each beat where it begins; default: a tenth of the median cycle length.
        before: Option<f64> [ms] = None,
        /// Whether activation makes the light brighter or darker.
        polarity: Polarity = Polarity::Positive,
        /// Definition of the baseline.
        baseline: RestLevel = RestLevel::Min,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Reduced> {
        let options = AlternansOptions { measure, percent, before, polarity, baseline, fps };
        alternans::alternans_map(&video, &beats, &options).map(Reduced)
    }

    /// Spectral test for alternans in every pixel: k-score and magnitude.
    ///
    /// For each frame of the beats, the samples of all beats are a series, of which the mean is
    /// subtracted; its power |X|² / n² is averaged over the frames of a beat. With the power p at
    /// 0.5 cycles per beat, and mean μ and standard deviation σ of the power from 0.33 to 0.48
    /// cycles per beat, the k-score is (p − μ) / σ, and the magnitude √(p − μ), half of the
    /// difference between even and odd beats (root mean square over the beat). Alternans is
    /// usually taken as significant above a k-score of 3. An odd last beat is left out.
    ///
    /// Returns a map of float32 images {y, x}, or of numbers for a trace: `k_score`, and
    /// `magnitude` in the unit of the samples, 0 where p is below μ. NaN where the trace has NaN.
    ///
    /// Fails if the frame rate is not known, or fewer than 16 beats are in the recording.
    ///
    /// ```
    /// let p = phantom(#{frames: 1650, height: 8, width: 8, alternans: 20, noise: 0.1});
    /// let test = alternans_spectrum(p.video, p.beats[0..16]);
    /// median(test.k_score.apply_mask(p.mask)) > 3 // => true
    /// ```
    ///
    /// See also: `alternans_map`, `find_beats`
    ///
    /// Source: Rosenbaum et al. 1994, doi:10.1056/NEJM199401273300402.
    fn alternans_spectrum(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Frames of the beats, a trace or an array: the column `frame` of `find_beats`.
        beats: Video,
        /// Time before each beat where it begins; default: a tenth of the median cycle length.
        before: Option<f64> [ms] = None,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Map> {
        let found = alternans::alternans_spectrum(&video, &beats, before, fps)?;
        Ok(maps([("k_score", found.k_score), ("magnitude", found.magnitude)]))
    }
}
