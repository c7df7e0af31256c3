//! Measures of each beat in every pixel.

use rhai::Map;

use super::beats::at_percent;
use super::shared::{BeatMeasureParams, maps};
use crate::bail;
use crate::error::Result;
use crate::ops::wave::beat_maps;
use crate::script::{BeatFrames, Value, builtins};
use crate::video::Video;

builtins! {
    /// Maps of every beat of a recording: activation, durations, amplitude and intervals.
    ///
    /// What `beat_table` measures of a trace, for each pixel. A beat begins `before` ms before its
    /// frame and ends where the next begins, in every pixel: `before` must be longer than the time
    /// by which any pixel is activated ahead of the beat, which is the half of the time that the
    /// wave takes if the beats are those of the mean trace. Activation, peak, baseline and recovery
    /// are those of `apd_map`. Smooth the recording first.
    ///
    /// Returns a map of stacks {beat, y, x}, float32; for a trace, of traces {beat}. In ms:
    /// `activation` from the frame of its beat, negative where the wave has come before it; a
    /// duration for each percentage, such as `apd80`; and `di`, the diastolic interval before the
    /// beat, from the recovery of the beat before by the last of the percentages. `amplitude` is in
    /// the unit of the samples. NaN where a beat has no such measure, as in the first image of
    /// `di`.
    ///
    /// Warns if more than a twentieth of the pixels are activated in the second half of the cycle
    /// in every beat, as is found where `before` is too short.
    ///
    /// Fails if the frame rate is not known, beats are not in order or not in the recording, or
    /// `percents` is empty or has a number that is not between 0 and 100.
    ///
    /// ```
    /// let p = phantom(#{frames: 850, alternans: 20});
    /// let m = beat_maps(p.video, find_beats(p.video));
    /// m.apd80.shape // => [9, 64, 64]
    /// abs(m.apd80[1] - (p.apd - 10)).max() < 0.5 // => true
    /// let conduction = m.activation - m.activation.min([1, 2]).reshape([9, 1, 1]);
    /// abs(conduction[1] - conduction[0]).max() < 0.5 // => true
    /// ```
    ///
    /// See also: `find_beats`, `beat_table`, `restitution_map`, `alternans_map`, `apd_map`,
    /// `pixel_table`
    fn beat_maps(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Beats: a table with the column `frame`, such as that of `find_beats`, or frames.
        beats: BeatFrames,
        /// Percentages of recovery for durations.
        percents: Vec<f64> = vec![80.0],
        measured: ..BeatMeasureParams,
    ) -> Result<Map> {
        if percents.is_empty() {
            bail!("beat_maps needs at least one percentage in `percents`");
        }
        let options = measured.options(percents);
        let found = beat_maps::beat_maps(&video, &beats.0, &options)?;
        let names = options.percents.iter().map(|percent| at_percent("apd", *percent));
        let durations = names.zip(found.durations);
        let others = [
            ("activation", found.activation),
            ("amplitude", found.amplitude),
            ("di", found.intervals),
        ];
        let others = others.map(|(name, stack)| (name.to_owned(), stack));
        let all = others.into_iter().chain(durations);
        Ok(all.map(|(name, stack)| (name.into(), stack.into_dynamic())).collect())
    }

    /// Restitution of every pixel: slope of the durations against the diastolic intervals.
    ///
    /// Over a protocol with different cycle lengths, the least-squares line through the duration
    /// and the diastolic interval (DI) of all beats of a pixel, both as in `beat_maps`; the first
    /// beat has no interval. Where the shortest and the longest interval differ by less than
    /// `least_range`, as in steady pacing, no slope can be told from noise, and the pixel is NaN.
    ///
    /// Returns a map of images {y, x}, float32; for a trace, of numbers: `slope`, without unit;
    /// `intercept` in ms; `r_squared` of the line; and `n`, the number of beats. NaN where fewer
    /// than 3 beats have both measures.
    ///
    /// Fails if the frame rate is not known, there are fewer than 4 beats, they are not in order or
    /// not in the recording, `percent` is not between 0 and 100, or `least_range` is not above 0.
    ///
    /// ```
    /// let p = phantom(#{frames: 850, alternans: 30});
    /// let r = restitution_map(p.video, p.beats);
    /// abs(r.slope[p.mask] - 1).max() < 0.02 // => true
    /// r.n[p.mask].min() // => 7.0
    /// let steady = phantom(#{frames: 850, noise: 0.01});
    /// count(isfinite(restitution_map(steady.video, steady.beats).slope[steady.mask])) // => 0
    /// ```
    ///
    /// See also: `restitution`, `beat_maps`, `alternans_map`, `linear_fit`, `pixel_table`
    ///
    /// Source: Nolasco & Dahlen 1968, doi:10.1152/jappl.1968.25.2.191.
    fn restitution_map(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Beats: a table with the column `frame`, such as that of `find_beats`, or frames.
        beats: BeatFrames,
        /// Percentage of recovery.
        percent: f64 = 80.0,
        /// Smallest difference between the longest and the shortest interval of a pixel.
        least_range: f64 [ms] = 10.0,
        measured: ..BeatMeasureParams,
    ) -> Result<Map> {
        let percents = vec![percent];
        let options = measured.options(percents);
        let found = beat_maps::restitution_map(&video, &beats.0, least_range, &options)?;
        Ok(maps([
            ("slope", found.slope),
            ("intercept", found.intercept),
            ("r_squared", found.r_squared),
            ("n", found.n),
        ]))
    }
}
