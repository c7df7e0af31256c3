//! Measures of each beat in every pixel, and restitution there.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::beat_table::{BeatSpans, BeatTableOptions};
use super::beats::median_cycle;
use super::measure::{measure_many, measure_stacks};
use super::transient::Transient;
use super::transient::maps::{check_method, check_percent};
use crate::bail;
use crate::error::Result;
use crate::ops::frame_rate;
use crate::ops::statistics::LinearFit;
use crate::task;
use crate::video::{Video, shape_text};

/// Measures of each beat of each pixel, `{beat, y, x}`; NaN where they are not known. Times are in
/// ms.
pub struct BeatMaps {
    /// Time from the frame of the beat to activation.
    pub activation: Video,
    /// Height of the peak above rest, in the unit of the samples.
    pub amplitude: Video,
    /// Time from the recovery of the beat before, by the last percentage, to activation.
    pub intervals: Video,
    /// Durations by percentage.
    pub durations: Vec<Video>,
}

/// Measures each beat in each pixel, from `before` ms before it to as long before the next.
pub fn beat_maps(video: &Video, beats: &Video, options: &BeatTableOptions) -> Result<BeatMaps> {
    let function = "beat_maps";
    let fps = frame_rate(function, video, options.fps)?;
    let spans = spans(function, video, beats, options, fps)?;
    let to_ms = 1000.0 / fps;
    let beats = spans.frames.len();
    let whole_cycle = median_cycle(&spans.frames).unwrap_or(f64::INFINITY) * to_ms;
    let (measured, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let measures = 3 + options.percents.len();
    let stacks = measure_stacks(
        "measuring beats",
        video,
        [measures, beats],
        PixelBeats::default,
        |pixel: &mut PixelBeats, _, trace, out| {
            pixel.measure(trace, &spans, options);
            for (beat, found) in pixel.beats.iter().enumerate() {
                out[beat] = (found.activation - spans.frames[beat]) * to_ms;
                out[beats + beat] = found.amplitude;
            }
            for (part, percent) in (0..options.percents.len()).enumerate() {
                let durations = pixel.durations(percent);
                for (beat, duration) in durations.enumerate() {
                    out[(3 + part) * beats + beat] = duration * to_ms;
                }
            }
            for (beat, interval) in pixel.intervals(options.percents.len() - 1).enumerate() {
                out[2 * beats + beat] = interval * to_ms;
            }
            measured.fetch_add(1, Ordering::Relaxed);
            // The last beat has no next one that could be taken for it.
            let is_late = is_late(&out[..beats - 1], whole_cycle);
            late.fetch_add(usize::from(is_late), Ordering::Relaxed);
        },
    )?;
    // A few pixels of noise may look late by chance.
    let (measured, late) = (measured.into_inner(), late.into_inner());
    if late * 20 > measured {
        task::warn(&format!(
            "beat_maps finds the activation of {late} of {measured} pixels in the second half of \
             the cycle after each beat: if they are activated more than `before` ahead of it, what \
             is given for a beat is that of the next one; give a larger `before`"
        ));
    }
    let mut stacks = stacks.into_iter();
    let mut next = || stacks.next().expect("a stack for each measure");
    Ok(BeatMaps {
        activation: next(),
        amplitude: next(),
        intervals: next(),
        durations: stacks.collect(),
    })
}

/// Whether all beats of at least 3 are activated at about the same time in the second half of a
/// cycle.
fn is_late(activations: &[f64], cycle: f64) -> bool {
    let known = activations.iter().filter(|time| !time.is_nan());
    let (first, last) = known
        .clone()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(first, last), time| {
            (time.min(first), time.max(last))
        });
    known.count() >= 3 && first > cycle / 2.0 && last - first < cycle / 10.0
}

/// Restitution of each pixel: the line through the durations of its beats against the diastolic
/// intervals before them. NaN where fewer than 3 beats are known, or where the intervals differ by
/// less than asked for.
pub struct RestitutionMaps {
    /// Slope of the line, without unit.
    pub slope: Video,
    /// Duration in ms at the interval 0.
    pub intercept: Video,
    /// Coefficient of determination.
    pub r_squared: Video,
    /// Number of beats.
    pub n: Video,
}

/// Fits restitution lines, by the first of the percentages, where the intervals differ by at least
/// `least_range` ms.
pub fn restitution_map(
    video: &Video,
    beats: &Video,
    least_range: f64,
    options: &BeatTableOptions,
) -> Result<RestitutionMaps> {
    /// Fewest points for a line and its fit.
    const FEWEST: usize = 3;
    let function = "restitution_map";
    let fps = frame_rate(function, video, options.fps)?;
    if !(least_range > 0.0 && least_range.is_finite()) {
        bail!("{function} needs `least_range` to be a number > 0, got {least_range}");
    }
    let spans = spans(function, video, beats, options, fps)?;
    if spans.frames.len() <= FEWEST {
        bail!(
            "{function} needs at least {} beats, got {}",
            FEWEST + 1,
            spans.frames.len()
        );
    }
    let to_ms = 1000.0 / fps;
    let maps = measure_many(
        "measuring restitution",
        &[video],
        4,
        || (PixelBeats::default(), Vec::new(), Vec::new()),
        |(pixel, intervals, durations), _, trace, out| {
            pixel.measure(trace, &spans, options);
            intervals.clear();
            durations.clear();
            for (interval, duration) in pixel.intervals(0).zip(pixel.durations(0)) {
                if (interval + duration).is_finite() {
                    intervals.push(interval * to_ms);
                    durations.push(duration * to_ms);
                }
            }
            out[3] = intervals.len() as f64;
            let shortest = intervals.iter().copied().fold(f64::INFINITY, f64::min);
            let longest = intervals.iter().copied().fold(0.0, f64::max);
            if intervals.len() < FEWEST || longest - shortest < least_range {
                return;
            }
            if let Some(line) = LinearFit::of(intervals, durations) {
                out[..3].copy_from_slice(&[line.slope, line.intercept, line.r_squared]);
            }
        },
    )?;
    let [slope, intercept, r_squared, n] = maps.try_into().expect("four maps");
    Ok(RestitutionMaps {
        slope,
        intercept,
        r_squared,
        n,
    })
}

/// Frames of the beats, after the checks that both share.
fn spans(
    function: &str,
    video: &Video,
    beats: &Video,
    options: &BeatTableOptions,
    fps: f64,
) -> Result<BeatSpans> {
    if !matches!(video.ndim(), 1 | 3) {
        bail!(
            "{function} needs a video {{t, y, x}} or a trace, got {} of shape {}",
            video.kind_with_article(),
            shape_text(video.shape())
        );
    }
    let mut percents = options.percents.iter();
    percents.try_for_each(|percent| check_percent(function, *percent))?;
    check_method(function, options.method)?;
    let spans = BeatSpans::new(function, video.len(), beats, options.before, fps)?;
    if spans.frames.is_empty() {
        bail!("{function} needs at least one beat, got none");
    }
    Ok(spans)
}

/// Beats of a pixel in frames.
#[derive(Default)]
struct PixelBeats {
    turned: Vec<f64>,
    beats: Vec<PixelBeat>,
}

/// A beat of a pixel: frames from the first of the recording, NaN where they are not known.
struct PixelBeat {
    activation: f64,
    amplitude: f64,
    recoveries: Vec<f64>,
}

impl PixelBeats {
    fn measure(&mut self, trace: &[f64], spans: &BeatSpans, options: &BeatTableOptions) {
        let sign = options.polarity.sign();
        self.turned.clear();
        self.turned.extend(trace.iter().map(|sample| sign * sample));
        self.beats.clear();
        for span in &spans.ranges {
            let beat = Transient::of(&self.turned[span.clone()], options.baseline);
            let frame = |frame: Option<f64>| frame.map_or(f64::NAN, |at| span.start as f64 + at);
            let beat = beat.as_ref();
            let recovery = |percent: &f64| frame(beat.and_then(|beat| beat.recovery(*percent)));
            self.beats.push(PixelBeat {
                activation: frame(beat.and_then(|beat| beat.activation(options.method, f64::NAN))),
                amplitude: beat.map_or(f64::NAN, Transient::amplitude),
                recoveries: options.percents.iter().map(recovery).collect(),
            });
        }
    }

    /// Frames from activation to recovery by one of the percentages.
    fn durations(&self, percent: usize) -> impl Iterator<Item = f64> {
        let beats = self.beats.iter();
        beats.map(move |beat| beat.recoveries[percent] - beat.activation)
    }

    /// Frames from the recovery of the beat before to activation; NaN for the first beat.
    fn intervals(&self, percent: usize) -> impl Iterator<Item = f64> {
        let recovered = self.beats.iter().map(move |beat| beat.recoveries[percent]);
        let recovered = std::iter::once(f64::NAN).chain(recovered);
        let beats = self.beats.iter().zip(recovered);
        beats.map(|(beat, recovered)| beat.activation - recovered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::array::shape::concatenate;
    use crate::ops::phantom::tests::{PLAIN, error};
    use crate::ops::phantom::{PhantomOptions, phantom};
    use crate::ops::testing::{check_threads, values, video};
    use crate::ops::wave::beat_table::tests::TABLE;
    use crate::ops::wave::polarity::Polarity;

    fn at_80() -> BeatTableOptions {
        BeatTableOptions {
            percents: vec![50.0, 80.0],
            ..TABLE
        }
    }

    fn frames(beats: &[f64]) -> Video {
        video(&[beats.len()], beats.to_vec())
    }

    /// Durations of 85 and 75 ms in turns, every 150 ms, with a gradient of 10 ms.
    #[test]
    fn maps_of_beats_are_those_of_the_phantom() {
        for polarity in [Polarity::Positive, Polarity::Negative] {
            let made = phantom(&PhantomOptions {
                frames: 800,
                alternans: 10.0,
                apd_gradient: 10.0,
                polarity,
                ..PLAIN
            })
            .unwrap();
            let options = BeatTableOptions {
                polarity,
                ..at_80()
            };
            let found = beat_maps(&made.video, &frames(&made.beats), &options).unwrap();
            let apd = values(&made.apd);
            assert_eq!(found.activation.shape(), [5, 24, 32]);
            assert!(found.activation.metadata().fps.is_none());
            for beat in 0..5 {
                let sign = if beat % 2 == 0 { 1.0 } else { -1.0 };
                let truth: Vec<f64> = apd.iter().map(|apd| apd + sign * 5.0).collect();
                let close = |stack: &Video, truth: &[f64], most: f64| {
                    let off = error(&stack.frame(beat), truth);
                    assert!(off < most, "beat {beat}: {off}");
                };
                close(&found.activation, &values(&made.activation), 0.1);
                close(&found.durations[1], &truth, 0.1);
                let height: Vec<f64> = apd.iter().map(|apd| apd * 0.0 + 100.0).collect();
                close(&found.amplitude, &height, 0.1);
                if beat > 0 {
                    let rest: Vec<f64> = apd.iter().map(|apd| 150.0 - (apd - sign * 5.0)).collect();
                    close(&found.intervals, &rest, 0.2);
                }
            }
            assert!(values(&found.intervals.frame(0)).iter().all(|v| v.is_nan()));
        }
    }

    /// Beats every 140 to 170 ms, whose durations are 50 ms + 0.3 times the interval before them.
    #[test]
    fn restitution_is_that_of_the_protocol() {
        let (slope, intercept) = (0.3, 50.0);
        let mut apd: f64 = 80.0;
        let (mut parts, mut beats, mut length) = (Vec::new(), Vec::new(), 0);
        for cycle in [170, 160, 150, 145, 140, 160] {
            let made = phantom(&PhantomOptions {
                frames: cycle,
                start: 15.0,
                cycle_length: 500.0,
                apd,
                apd_gradient: 8.0,
                ..PLAIN
            })
            .unwrap();
            beats.push(length as f64 + 15.0);
            length += cycle;
            parts.push(made.video);
            apd = intercept + slope * (cycle as f64 - apd);
        }
        let whole = concatenate(&parts, 0).unwrap();
        let options = BeatTableOptions {
            percents: vec![80.0],
            ..TABLE
        };
        let of_protocol = || restitution_map(&whole, &frames(&beats), 5.0, &options);
        let found = of_protocol().unwrap();
        let center = 12 * 32 + 16;
        let at = |map: &Video| values(map)[center];
        assert!(
            (at(&found.slope) - slope).abs() < 0.01,
            "{}",
            at(&found.slope)
        );
        let off = at(&found.intercept) - intercept;
        assert!(off.abs() < 1.0, "{off}");
        assert!(at(&found.r_squared) > 0.99);
        assert_eq!(at(&found.n), 5.0);
        // The gradient moves the line, and leaves its slope.
        let slopes = values(&found.slope);
        let tissue = slopes.iter().filter(|slope| !slope.is_nan());
        let far = tissue.filter(|found| (*found - slope).abs() > 0.02).count();
        assert_eq!(far, 0);
        let steady = phantom(&PhantomOptions {
            frames: 800,
            ..PLAIN
        })
        .unwrap();
        let found = restitution_map(&steady.video, &frames(&steady.beats), 5.0, &options);
        let slopes = values(&found.unwrap().slope);
        assert!(slopes.iter().all(|slope| slope.is_nan()));
        check_threads(|| Ok(of_protocol()?.slope));
    }

    #[test]
    fn pixels_before_their_beat_are_reported_and_requests_checked() {
        let made = phantom(&PhantomOptions {
            frames: 800,
            ..PLAIN
        })
        .unwrap();
        // Every pixel is activated 24 to 40 ms before what is given as the beat, whose frames begin
        // 15 ms before it.
        let late: Vec<f64> = made.beats.iter().map(|beat| beat + 40.0).collect();
        let job = task::Job::new();
        job.keep_warnings();
        let entered = job.enter();
        beat_maps(&made.video, &frames(&late), &at_80()).unwrap();
        beat_maps(&made.video, &frames(&made.beats), &at_80()).unwrap();
        drop(entered);
        let warnings = job.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("give a larger `before`"));
        let few = frames(&made.beats[..2]);
        assert!(restitution_map(&made.video, &few, 5.0, &at_80()).is_err());
        assert!(restitution_map(&made.video, &frames(&made.beats), 0.0, &at_80()).is_err());
        assert!(beat_maps(&made.video.frame(0), &few, &at_80()).is_err());
        assert!(beat_maps(&made.video, &frames(&[]), &at_80()).is_err());
        let wrong = BeatTableOptions {
            percents: vec![120.0],
            ..TABLE
        };
        assert!(beat_maps(&made.video, &few, &wrong).is_err());
    }
}
