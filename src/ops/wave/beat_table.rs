//! Measures of each beat of a recording, and restitution.

use std::ops::Range;

use super::beats::{beat_frames, check_time, mean_trace, median_cycle};
use super::polarity::Polarity;
use super::transient::maps::{check_method, check_percent};
use super::transient::{ActivationMethod, RestLevel, Transient};
use crate::bail;
use crate::error::Result;
use crate::ops::frame_rate;
use crate::video::Video;

/// Options of [`beat_table`].
#[derive(Debug, Clone)]
pub struct BeatTableOptions {
    /// Percentages of recovery for durations.
    pub percents: Vec<f64>,
    /// Time before each beat in ms where it begins; default: a tenth of the median cycle length.
    pub before: Option<f64>,
    /// Whether activation makes the light brighter or darker.
    pub polarity: Polarity,
    /// Definition of activation.
    pub method: ActivationMethod,
    /// Definition of the level at rest.
    pub baseline: RestLevel,
    /// Frame rate in Hz; default: that of the recording.
    pub fps: Option<f64>,
}

/// Measures of a beat, NaN where they are not known. Times are in ms.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredBeat {
    /// Frame of the beat as given.
    pub frame: f64,
    /// Time since the beat before.
    pub cycle_length: f64,
    /// Time of activation from the first frame of the recording.
    pub activation: f64,
    /// Height of the peak above rest, in the unit of the samples.
    pub amplitude: f64,
    /// Largest slope in that unit per ms.
    pub slope: f64,
    /// Time from 10 % to 90 % of the amplitude.
    pub rise_time: f64,
    /// Time from activation to peak.
    pub time_to_peak: f64,
    /// Durations by percentage.
    pub durations: Vec<f64>,
    /// Time from the recovery of the beat before, by each percentage, to activation.
    pub intervals: Vec<f64>,
}

/// Beats, and the frames that each takes.
pub(super) struct BeatSpans {
    pub(super) frames: Vec<f64>,
    pub(super) ranges: Vec<Range<usize>>,
}

impl BeatSpans {
    /// Frames from `before` ms before each beat, by default a tenth of the median cycle length, to as
    /// long before the next.
    pub(super) fn new(
        function: &str,
        n_frames: usize,
        beats: &Video,
        before: Option<f64>,
        fps: f64,
    ) -> Result<Self> {
        check_time(function, "before", before)?;
        let frames = beat_frames(function, beats)?;
        let last = n_frames as f64 - 1.0;
        if let Some(outside) = frames.iter().find(|frame| !(0.0..=last).contains(*frame)) {
            bail!("{function} needs beats in the recording of {n_frames} frames, got {outside}");
        }
        let before = match before {
            Some(before) => before * fps / 1000.0,
            None => median_cycle(&frames).map_or(0.0, |cycle| cycle / 10.0),
        };
        let start = |frame: &f64| (frame.round() - before.round()).max(0.0) as usize;
        let range = |beat: usize| {
            let end = frames.get(beat + 1).map_or(n_frames, start);
            start(&frames[beat])..end
        };
        Ok(Self {
            ranges: (0..frames.len()).map(range).collect(),
            frames,
        })
    }
}

/// Measures each beat of a trace, or of the mean trace of a video, from `before` ms before it to as
/// long before the next.
pub fn beat_table(
    function: &str,
    video: &Video,
    beats: &Video,
    options: &BeatTableOptions,
) -> Result<Vec<MeasuredBeat>> {
    let fps = frame_rate(function, video, options.fps)?;
    let percents = &options.percents;
    percents
        .iter()
        .try_for_each(|percent| check_percent(function, *percent))?;
    check_method(function, options.method)?;
    let spans = BeatSpans::new(function, video.len(), beats, options.before, fps)?;
    let mut samples = mean_trace(function, video)?;
    let sign = options.polarity.sign();
    samples.iter_mut().for_each(|sample| *sample *= sign);
    let to_ms = 1000.0 / fps;
    let mut found: Vec<MeasuredBeat> = Vec::new();
    // Times at which the beat before has recovered by each percentage.
    let mut recovered = vec![f64::NAN; percents.len()];
    for (index, (frame, span)) in spans.frames.iter().zip(&spans.ranges).enumerate() {
        let first = span.start;
        let beat = Transient::of(&samples[span.clone()], options.baseline);
        let measure = |measure: &dyn Fn(&Transient) -> Option<f64>| {
            beat.as_ref().and_then(measure).unwrap_or(f64::NAN)
        };
        let time = |frame: f64| (first as f64 + frame) * to_ms;
        let activation = measure(&|beat| Some(time(beat.activation(options.method, f64::NAN)?)));
        let recovery = |percent: &f64| measure(&|beat| Some(time(beat.recovery(*percent)?)));
        let recoveries: Vec<f64> = percents.iter().map(recovery).collect();
        let previous = index
            .checked_sub(1)
            .map_or(f64::NAN, |before| spans.frames[before]);
        found.push(MeasuredBeat {
            frame: *frame,
            cycle_length: (frame - previous) * to_ms,
            activation,
            amplitude: measure(&|beat| Some(beat.amplitude())),
            slope: measure(&|beat| Some(beat.slope() / to_ms)),
            rise_time: measure(&|beat| Some((beat.rise_to(0.9)? - beat.rise_to(0.1)?) * to_ms)),
            time_to_peak: measure(&|beat| Some(time(beat.peak_time()) - activation)),
            durations: recoveries.iter().map(|end| end - activation).collect(),
            intervals: recovered.iter().map(|end| activation - end).collect(),
        });
        recovered = recoveries;
    }
    Ok(found)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ops::phantom::tests::PLAIN;
    use crate::ops::phantom::{PhantomOptions, phantom};
    use crate::ops::testing::video;

    /// The options of `beat_table` without durations.
    pub(in crate::ops::wave) const TABLE: BeatTableOptions = BeatTableOptions {
        percents: Vec::new(),
        before: None,
        polarity: Polarity::Positive,
        method: ActivationMethod::Derivative,
        baseline: RestLevel::Min,
        fps: None,
    };

    /// Durations of 85 and 75 ms in turns, every 150 ms, in a pixel that is activated 5 ms after
    /// the stimulus.
    #[test]
    fn measures_are_those_of_the_phantom() {
        for polarity in [Polarity::Positive, Polarity::Negative] {
            let made = phantom(&PhantomOptions {
                frames: 800,
                alternans: 10.0,
                polarity,
                ..PLAIN
            })
            .unwrap();
            let samples = crate::ops::testing::values(&made.video);
            let trace: Vec<f64> = samples
                .into_iter()
                .skip(12 * 32 + 10)
                .step_by(24 * 32)
                .collect();
            let mut trace = video(&[800], trace);
            trace.metadata_mut().fps = Some(1000.0);
            let options = BeatTableOptions {
                percents: vec![80.0],
                polarity,
                ..TABLE
            };
            let beats = video(&[made.beats.len()], made.beats.clone());
            let found = beat_table("beat_table", &trace, &beats, &options).unwrap();
            assert_eq!(found.len(), 5);
            for (index, beat) in found.iter().enumerate() {
                let apd = if index % 2 == 0 { 85.0 } else { 75.0 };
                let close = |found: f64, truth: f64| {
                    assert!((found - truth).abs() < 0.1, "{found} {truth}");
                };
                close(beat.activation, 55.0 + 150.0 * index as f64);
                close(beat.durations[0], apd);
                close(beat.amplitude, 100.0);
                close(beat.rise_time, 5.903);
                close(beat.time_to_peak, 5.0 + 0.5);
                if index > 0 {
                    close(beat.cycle_length, 150.0);
                    // The durations of two beats add up to 160 ms.
                    close(beat.intervals[0], 150.0 - (160.0 - apd));
                }
            }
            assert!(found[0].cycle_length.is_nan() && found[0].intervals[0].is_nan());
        }
    }

    #[test]
    fn beats_that_are_not_there_are_nan_or_refused() {
        let still = video(&[60], vec![2.0; 60]);
        let timed = BeatTableOptions {
            fps: Some(1000.0),
            percents: vec![50.0],
            ..TABLE
        };
        let of = |beats: Vec<f64>, options: &BeatTableOptions| {
            beat_table("beat_table", &still, &video(&[beats.len()], beats), options)
        };
        let found = of(vec![10.0, 40.0], &timed).unwrap();
        assert!(
            found
                .iter()
                .all(|beat| beat.amplitude.is_nan() && beat.durations[0].is_nan())
        );
        assert_eq!(found[1].cycle_length, 30.0);
        assert!(of(vec![40.0, 10.0], &timed).is_err());
        assert!(of(vec![10.0, 60.0], &timed).is_err());
        assert!(of(vec![10.0], &TABLE).is_err());
        for options in [
            BeatTableOptions {
                percents: vec![100.0],
                ..timed.clone()
            },
            BeatTableOptions {
                before: Some(-1.0),
                ..timed.clone()
            },
            BeatTableOptions {
                method: ActivationMethod::Threshold,
                ..timed.clone()
            },
        ] {
            assert!(of(vec![10.0], &options).is_err());
        }
    }
}
