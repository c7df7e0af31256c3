//! Peaks of traces, beats, measures of each beat, and alternans.

use rhai::Map;

use crate::bail;
use crate::error::Result;
use crate::ops::wave::alternans::{self, AlternansMeasure, AlternansOptions};
use crate::ops::wave::beat_table::{self, MeasuredBeat};
use crate::ops::wave::beats::{self, BeatMethod, BeatOptions};
use crate::ops::wave::peaks::{self, Peak, PeakOptions};
use crate::ops::wave::polarity::Polarity;
use crate::ops::wave::transient::RestLevel;
use crate::script::call::convert::{Numbers, Reduced};
use crate::script::{BeatFrames, builtins};
use crate::text::table::Column;
use crate::video::Video;

use super::shared::{BeatMeasureParams, maps, table};

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

/// Name of a measure at a percentage of recovery: `apd80`.
pub(super) fn at_percent(name: &str, percent: f64) -> String {
    format!("{name}{percent}")
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
    /// steepest slopes, which are those of the least-squares line through `window` frames, with 3
    /// the central difference, refined between frames by a parabola; slopes below `threshold` times
    /// the largest one do not count. The longer a window up to the time of the upstroke, the less
    /// noise shifts the times: with upstrokes of 10 ms at 1000 frames/s and noise of 1/20 of the
    /// amplitude, their standard deviation is 1.2 ms with 3 frames, 0.8 with 5 and 0.3 with 9.
    /// Method "threshold": the times at which the trace rises through `threshold` of its range,
    /// interpolated linearly; correct bleaching first. Method "period": stimuli every `period` ms
    /// from `start` on. Beats closer than `refractory` to another are left out: those of lower
    /// slope, or the later ones.
    ///
    /// Returns a table with a row for each beat: `frame`, with fractions; `time` in ms;
    /// `cycle_length`, the time since the beat before in ms, NaN for the first; and `rate` in beats
    /// per minute.
    ///
    /// Fails if the frame rate is not known, a frame has no mean, `threshold` is not between 0 and
    /// 1, `window` is not an odd number from 3 on, or the method "period" has no `period`.
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
        /// Number of frames of a slope, odd; more are less sensitive to noise.
        window: usize [frames] = 5,
    ) -> Result<Map> {
        let options = BeatOptions {
            method, threshold, polarity, refractory, period, start, fps, window,
        };
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
    /// let beat = ensemble_average(p.video, beats, 40, 150);
    /// beat.shape // => [95, 64, 64]
    /// beat.metadata.beats // => 5
    /// ```
    ///
    /// See also: `find_beats`, `apd_map`, `activation_map`, `smooth_spatiotemporal`
    fn ensemble_average(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Beats: a table with the column `frame`, such as that of `find_beats`, or frames.
        beats: BeatFrames,
        /// Time before each beat; default: a tenth of the median cycle length.
        before: Option<f64> [ms] = None,
        /// Time after each beat; default: the rest of the median cycle length.
        after: Option<f64> [ms] = None,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Video> {
        beats::ensemble_average(&video, &beats.0, [before, after], fps)
    }

    /// Measures every beat of a recording: durations, upstroke, amplitude, intervals.
    ///
    /// Of a video, the mean trace is measured: apply a mask first, or take the trace of a region.
    /// A beat begins `before` ms before its frame and ends where the next begins. Activation, peak,
    /// baseline and recovery are those of `apd_map`; the rise time is that from 10 % to 90 % of the
    /// amplitude; the diastolic interval (DI) is the time from the recovery of the beat before, by
    /// the last of the percentages, to activation.
    ///
    /// Returns a table with a row for each beat: `beat`, counted from 1; `frame`; in ms
    /// `cycle_length`, `activation` from the first frame of the recording, `rise_time`,
    /// `time_to_peak`, `di` and a duration for each percentage, such as `apd80`; `amplitude` in the
    /// unit of the samples and `slope` in that unit per ms; and `rate` in beats per minute. NaN
    /// where a beat has no such measure.
    ///
    /// Fails if the frame rate is not known, beats are not in order or not in the recording, or
    /// `percents` is empty or has a number that is not between 0 and 100.
    ///
    /// ```
    /// let p = phantom(#{frames: 850, alternans: 20});
    /// let trace = p.video.trace(32, 32);
    /// let t = beat_table(trace, find_beats(trace), [50, 80]);
    /// t.apd80[0..4].round().to_array() // => [110.0, 90.0, 110.0, 90.0]
    /// t.di[1..4].round().to_array() // => [90.0, 110.0, 90.0]
    /// write_csv("beats.csv", t)
    /// ```
    ///
    /// See also: `find_beats`, `beat_maps`, `restitution`, `apd_map`, `write_csv`
    fn beat_table(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Beats: a table with the column `frame`, such as that of `find_beats`, or frames.
        beats: BeatFrames,
        /// Percentages of recovery for durations.
        percents: Vec<f64> = vec![30.0, 50.0, 80.0, 90.0],
        measured: ..BeatMeasureParams,
    ) -> Result<Map> {
        if percents.is_empty() {
            bail!("beat_table needs at least one percentage in `percents`");
        }
        let options = measured.options(percents);
        let found = beat_table::beat_table("beat_table", &video, &beats.0, &options)?;
        let numbers = |number: &dyn Fn(&MeasuredBeat) -> f64| {
            Column::Floats(found.iter().map(number).collect())
        };
        let last = options.percents.len() - 1;
        let names = options.percents.iter().map(|percent| at_percent("apd", *percent));
        let names: Vec<String> = names.collect();
        let durations = names.iter().enumerate();
        let durations = durations.map(|(at, name)| {
            (name.as_str(), numbers(&|beat| beat.durations[at]))
        });
        let others = [
            ("beat", Column::Ints((1..=found.len() as i64).collect())),
            ("frame", numbers(&|beat| beat.frame)),
            ("cycle_length", numbers(&|beat| beat.cycle_length)),
            ("rate", numbers(&|beat| 60_000.0 / beat.cycle_length)),
            ("activation", numbers(&|beat| beat.activation)),
            ("amplitude", numbers(&|beat| beat.amplitude)),
            ("slope", numbers(&|beat| beat.slope)),
            ("rise_time", numbers(&|beat| beat.rise_time)),
            ("time_to_peak", numbers(&|beat| beat.time_to_peak)),
            ("di", numbers(&|beat| beat.intervals[last])),
        ];
        Ok(table(others.into_iter().chain(durations)))
    }

    /// Restitution: the duration of each beat and the diastolic interval (DI) before it.
    ///
    /// Over a protocol with different cycle lengths, the durations plotted against the intervals
    /// are the restitution curve. Both are those of `beat_table` at `percent` recovery; beats for
    /// which one of them is not known, such as the first, are left out.
    ///
    /// Returns a table with a row for each beat: `beat`, counted from 1; and in ms `cycle_length`,
    /// `di` and `apd`.
    ///
    /// Fails if the frame rate is not known, beats are not in order or not in the recording, or
    /// `percent` is not between 0 and 100.
    ///
    /// ```
    /// let p = phantom(#{frames: 850, alternans: 20});
    /// let trace = p.video.trace(32, 32);
    /// let r = restitution(trace, find_beats(trace));
    /// r.di[0..3].round().to_array() // => [90.0, 110.0, 90.0]
    /// r.apd[0..3].round().to_array() // => [90.0, 110.0, 90.0]
    /// ```
    ///
    /// See also: `restitution_map`, `beat_table`, `find_beats`, `apd_map`
    ///
    /// Source: Nolasco & Dahlen 1968, doi:10.1152/jappl.1968.25.2.191.
    fn restitution(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Beats: a table with the column `frame`, such as that of `find_beats`, or frames.
        beats: BeatFrames,
        /// Percentage of recovery.
        percent: f64 = 80.0,
        measured: ..BeatMeasureParams,
    ) -> Result<Map> {
        let percents = vec![percent];
        let options = measured.options(percents);
        let found = beat_table::beat_table("restitution", &video, &beats.0, &options)?;
        let is_known = |beat: &MeasuredBeat| (beat.durations[0] + beat.intervals[0]).is_finite();
        let known = (1..).zip(&found).filter(|(_, beat)| is_known(beat));
        let numbers = |number: fn(&MeasuredBeat) -> f64| {
            Column::Floats(known.clone().map(|(_, beat)| number(beat)).collect())
        };
        Ok(table([
            ("beat", Column::Ints(known.clone().map(|(number, _)| number).collect())),
            ("cycle_length", numbers(|beat| beat.cycle_length)),
            ("di", numbers(|beat| beat.intervals[0])),
            ("apd", numbers(|beat| beat.durations[0])),
        ]))
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
    /// let map = alternans_map(p.video, find_beats(p.video));
    /// format("{:.0f} ms", median(map)) // => "20 ms"
    /// ```
    ///
    /// See also: `alternans_spectrum`, `find_beats`, `beat_maps`, `apd_map`
    ///
    /// Source: Pastore et al. 1999, doi:10.1161/01.CIR.99.10.1385.
    fn alternans_map(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Beats: a table with the column `frame`, such as that of `find_beats`, or frames.
        beats: BeatFrames,
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
        alternans::alternans_map(&video, &beats.0, &options).map(Reduced)
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
        /// Beats: a table with the column `frame`, such as that of `find_beats`, or frames.
        beats: BeatFrames,
        /// Time before each beat where it begins; default: a tenth of the median cycle length.
        before: Option<f64> [ms] = None,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Map> {
        let found = alternans::alternans_spectrum(&video, &beats.0, before, fps)?;
        Ok(maps([("k_score", found.k_score), ("magnitude", found.magnitude)]))
    }
}
