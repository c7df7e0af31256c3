//! Beats of a recording, and their average.

use super::line_slopes::LineSlopes;
use super::peaks::{PeakOptions, parabola_peak, peaks, trace_samples};
use super::polarity::Polarity;
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::array::reduce;
use crate::ops::frame_rate;
use crate::ops::kernel::RUN;
use crate::task;
use crate::video::{Real, Strided, Video};

/// Definition of the time of a beat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BeatMethod {
    /// Steepest slope of the upstroke.
    Slope,
    /// Crossing of a level.
    Threshold,
    /// Stimulus of known period.
    Period,
}

impl Choice for BeatMethod {
    const NOUN: &'static str = "a method to find beats";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("slope", Self::Slope),
        ("threshold", Self::Threshold),
        ("period", Self::Period),
    ];
}

/// Options of [`find_beats`].
#[derive(Debug, Clone)]
pub struct BeatOptions {
    /// Definition of the time of a beat.
    pub method: BeatMethod,
    /// Fraction of the largest slope that a beat must have, or fraction of the range to cross.
    pub threshold: f64,
    /// Whether activation makes the light brighter or darker.
    pub polarity: Polarity,
    /// Smallest time between beats in ms.
    pub refractory: f64,
    /// Time between stimuli in ms.
    pub period: Option<f64>,
    /// Time of the first stimulus in ms.
    pub start: f64,
    /// Frame rate in Hz; default: that of the recording.
    pub fps: Option<f64>,
    /// Number of frames of a slope, odd.
    pub window: usize,
}

/// Beats in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Beats {
    /// Frames, with fractions.
    pub frames: Vec<f64>,
    /// Frame rate in Hz.
    pub fps: f64,
}

impl Beats {
    /// Times in ms.
    pub fn times(&self) -> Vec<f64> {
        let times = self.frames.iter();
        times.map(|frame| frame * 1000.0 / self.fps).collect()
    }

    /// Time since the beat before in ms; NaN for the first.
    pub fn cycle_lengths(&self) -> Vec<f64> {
        let times = self.times();
        let pairs = times.windows(2).map(|pair| pair[1] - pair[0]);
        let first = times.first().map(|_| f64::NAN);
        first.into_iter().chain(pairs).collect()
    }
}

/// Finds the beats of a trace, or of the mean trace of a video.
pub fn find_beats(video: &Video, options: &BeatOptions) -> Result<Beats> {
    let fps = frame_rate("find_beats", video, options.fps)?;
    options.check()?;
    let per_ms = fps / 1000.0;
    if options.method == BeatMethod::Period {
        let Some(period) = options.period else {
            let error = Error::new("find_beats needs `period` for the method \"period\"");
            return Err(error.hint("give the time between stimuli in ms: `#{period: 200}`"));
        };
        let times = (0..).map(|beat| options.start + f64::from(beat) * period);
        let frames = times.map(|time| time * per_ms);
        let frames = frames.take_while(|frame| *frame <= video.len() as f64 - 1.0);
        return Ok(Beats {
            frames: frames.collect(),
            fps,
        });
    }
    let mut samples = mean_trace("find_beats", video)?;
    let sign = options.polarity.sign();
    samples.iter_mut().for_each(|sample| *sample *= sign);
    let distance = (options.refractory * per_ms).max(1.0);
    let frames = match options.method {
        BeatMethod::Slope => steepest(&samples, options, distance),
        _ => crossings(&samples, options.threshold, distance),
    };
    Ok(Beats { frames, fps })
}

impl BeatOptions {
    fn check(&self) -> Result<()> {
        if !(0.0 < self.threshold && self.threshold < 1.0) {
            bail!(
                "find_beats needs `threshold` to be between 0 and 1, got {}",
                self.threshold
            );
        }
        if !(self.refractory >= 0.0 && self.refractory.is_finite()) {
            bail!(
                "find_beats needs `refractory` to be a number >= 0, got {}",
                self.refractory
            );
        }
        if self.window < 3 || self.window.is_multiple_of(2) {
            bail!(
                "find_beats needs `window` to be an odd number from 3 on, got {}",
                self.window
            );
        }
        if let Some(period) = self.period
            && !(period > 0.0 && period.is_finite())
        {
            bail!("find_beats needs `period` to be a number > 0, got {period}");
        }
        if !(self.start >= 0.0 && self.start.is_finite()) {
            bail!(
                "find_beats needs `start` to be a number >= 0, got {}",
                self.start
            );
        }
        Ok(())
    }
}

/// Samples of a trace, or the mean of the samples of each frame, ignoring NaN.
pub(super) fn mean_trace(function: &str, video: &Video) -> Result<Vec<f64>> {
    if video.ndim() < 2 {
        return trace_samples(function, video);
    }
    let axes: Vec<i64> = (1..video.ndim() as i64).collect();
    trace_samples(function, &reduce::mean(video, Some(&axes))?)
}

/// Times of the steepest slopes: peaks of the slopes of least-squares lines that reach a fraction of
/// the largest.
fn steepest(samples: &[f64], options: &BeatOptions, distance: f64) -> Vec<f64> {
    let half = options.window / 2;
    let slopes: Vec<f64> = LineSlopes::new(options.window).of(samples).collect();
    let largest = slopes.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return Vec::new();
    }
    let options = PeakOptions {
        height: Some([options.threshold * largest, f64::INFINITY]),
        distance: Some(distance),
        ..PeakOptions::ALL
    };
    let frame = |index: usize| {
        let around = [index - 1, index, index + 1].map(|at| slopes[at]);
        // The first slope is that in the middle of its window.
        (half + index) as f64 + parabola_peak(around)
    };
    let found = peaks(&slopes, &options).into_iter();
    found.map(|peak| frame(peak.index)).collect()
}

/// Times at which the samples rise to a fraction of their range, interpolated.
fn crossings(samples: &[f64], fraction: f64, distance: f64) -> Vec<f64> {
    let low = samples.iter().copied().fold(f64::INFINITY, f64::min);
    let high = samples.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let level = low + fraction * (high - low);
    let mut found: Vec<f64> = Vec::new();
    for (frame, pair) in samples.windows(2).enumerate() {
        if !(pair[0] < level && level <= pair[1]) {
            continue;
        }
        let time = frame as f64 + (level - pair[0]) / (pair[1] - pair[0]);
        if found.last().is_none_or(|last| time - last >= distance) {
            found.push(time);
        }
    }
    found
}

/// Averages the beats: frame k of the result is the mean of the frames `k` after the starts of the
/// beats, which are `before` ms before them. Beats whose window exceeds the recording are left out,
/// with a warning. Samples of 8 and 16 bits give `float32`, wider ones `float64`.
pub fn ensemble_average(
    video: &Video,
    beats: &Video,
    [before, after]: [Option<f64>; 2],
    fps: Option<f64>,
) -> Result<Video> {
    let fps = frame_rate("ensemble_average", video, fps)?;
    let window = BeatWindow::new("ensemble_average", video, beats, [before, after], fps)?;
    let mut average = match video.dtype().is_wide() {
        true => average::<f64>(video, &window)?,
        false => average::<f32>(video, &window)?,
    };
    let jitter = jitter(video, &average, &window)? * 1000.0 / fps;
    let metadata = average.metadata_mut();
    metadata.fps = Some(fps);
    metadata.set("beats", window.starts.len() as i64);
    metadata.set("jitter", jitter);
    Ok(average)
}

/// Frames of beats, which must be in order.
pub(super) fn beat_frames(function: &str, beats: &Video) -> Result<Vec<f64>> {
    let frames = trace_samples(function, beats)?;
    match frames.windows(2).all(|pair| pair[0] < pair[1]) {
        true => Ok(frames),
        false => bail!("{function} needs `beats` in ascending order"),
    }
}

/// Median number of frames from beat to beat, with fractions; `None` for a single beat.
pub(super) fn median_cycle(frames: &[f64]) -> Option<f64> {
    let mut cycles: Vec<f64> = frames.windows(2).map(|pair| pair[1] - pair[0]).collect();
    cycles.sort_by(f64::total_cmp);
    cycles.get(cycles.len() / 2).copied()
}

/// An error unless a time is not negative.
pub(super) fn check_time(function: &str, name: &str, time: Option<f64>) -> Result<()> {
    match time {
        Some(time) if !(time >= 0.0 && time.is_finite()) => {
            bail!("{function} needs `{name}` to be a number >= 0, got {time}")
        }
        _ => Ok(()),
    }
}

/// Frames of equal number around beats.
pub(super) struct BeatWindow {
    /// First frame of each beat.
    pub(super) starts: Vec<usize>,
    /// Number of frames.
    pub(super) len: usize,
}

impl BeatWindow {
    /// Windows from `before` to `after` ms around beats, by default a tenth of the median cycle length
    /// before and the rest after.
    pub(super) fn new(
        function: &str,
        video: &Video,
        beats: &Video,
        [before, after]: [Option<f64>; 2],
        fps: f64,
    ) -> Result<Self> {
        let frames = beat_frames(function, beats)?;
        for (name, value) in [("before", before), ("after", after)] {
            check_time(function, name, value)?;
        }
        let in_frames = |time: f64| (time * fps / 1000.0).round();
        let cycle = median_cycle(&frames);
        let before = match (before, cycle) {
            (Some(before), _) => in_frames(before),
            (None, Some(cycle)) => (cycle / 10.0).round(),
            (None, None) => 0.0,
        };
        let after = match (after, cycle) {
            (Some(after), _) => in_frames(after),
            (None, Some(cycle)) => (cycle.round() - before).max(0.0),
            (None, None) => {
                let error = Error::new(format!("{function} needs `after` for a single beat"));
                return Err(error.hint("give the time after the beat in ms: `#{after: 150}`"));
            }
        };
        let len = before + after;
        if len < 1.0 {
            bail!("{function} needs `before` and `after` to cover at least one frame");
        }
        let fits = |frame: &f64| {
            let start = frame.round() - before;
            start >= 0.0 && start + len <= video.len() as f64
        };
        let starts: Vec<usize> = frames
            .iter()
            .filter(|frame| fits(frame))
            .map(|frame| (frame.round() - before) as usize)
            .collect();
        let (kept, all) = (starts.len(), frames.len());
        if kept == 0 {
            let error = Error::new(format!(
                "{function} needs beats whose {len} frames lie in the recording of {} frames, \
                 got {all} without one",
                video.len()
            ));
            return Err(error.hint("shorten `before` and `after`"));
        }
        if kept < all {
            let left_out = all - kept;
            task::warn(&format!(
                "{function} leaves out {left_out} of {all} beats, whose frames are not all in \
                 the recording"
            ));
        }
        Ok(Self {
            starts,
            len: len as usize,
        })
    }
}

fn average<R: Real>(video: &Video, window: &BeatWindow) -> Result<Video> {
    let frame_len = video.frame_len();
    let mut shape = video.shape().to_vec();
    shape[0] = window.len;
    let mut result = Strided::<R>::for_writing(&shape)?;
    let frames = result.as_mut_slice()?.chunks_mut(frame_len.max(1));
    let memory = || (vec![0.0; RUN], vec![0.0; RUN]);
    task::for_each_init(
        "averaging beats",
        frames.enumerate(),
        memory,
        |(sums, part), (frame, out)| {
            for (out, first) in out.chunks_mut(RUN).zip((0..frame_len).step_by(RUN)) {
                let (sums, part) = (&mut sums[..out.len()], &mut part[..out.len()]);
                sums.fill(0.0);
                for start in &window.starts {
                    let run = first..first + out.len();
                    video.samples().read::<f64>(start + frame, run, part);
                    let pairs = sums.iter_mut().zip(&*part);
                    pairs.for_each(|(sum, sample)| *sum += *sample);
                }
                for (out, sum) in out.iter_mut().zip(&*sums) {
                    *out = R::from_f64(*sum / window.starts.len() as f64);
                }
            }
            Ok(())
        },
    )?;
    Ok(video.with_samples(result))
}

/// Standard deviation in frames of the lags between the mean trace of each beat and that of the
/// average, at the smallest sum of squared differences.
fn jitter(video: &Video, average: &Video, window: &BeatWindow) -> Result<f64> {
    /// Largest lag in frames.
    const REACH: usize = 10;
    let whole = mean_trace("ensemble_average", video)?;
    let mean = mean_trace("ensemble_average", average)?;
    let reach = REACH.min(mean.len() / 4);
    let inner = reach..mean.len() - reach;
    let lag = |start: &usize| {
        let beat = &whole[*start..start + window.len];
        let level = |samples: &[f64]| samples.iter().sum::<f64>() / samples.len() as f64;
        // The level may drift, as with bleaching.
        let offset = level(beat) - level(&mean);
        let distance = |lag: usize| -> f64 {
            let shifted = &beat[inner.start + lag - reach..][..inner.len()];
            let pairs = shifted.iter().zip(&mean[inner.clone()]);
            pairs.map(|(a, b)| (a - b - offset).powi(2)).sum()
        };
        let distances: Vec<f64> = (0..=2 * reach).map(distance).collect();
        let best = (0..distances.len()).min_by(|a, b| distances[*a].total_cmp(&distances[*b]));
        let best = best.unwrap_or(reach);
        let around = (best.saturating_sub(1)..=best + 1).map(|at| distances.get(at));
        let around: Vec<f64> = around.flatten().map(|distance| -distance).collect();
        let offset = match around[..] {
            [left, middle, right] => parabola_peak([left, middle, right]),
            _ => 0.0,
        };
        best as f64 + offset
    };
    let lags: Vec<f64> = window.starts.iter().map(lag).collect();
    let mean = lags.iter().sum::<f64>() / lags.len() as f64;
    let squares = lags.iter().map(|lag| (lag - mean).powi(2)).sum::<f64>();
    Ok((squares / lags.len() as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::phantom::tests::PLAIN;
    use crate::ops::phantom::{PhantomOptions, phantom};
    use crate::ops::testing::{check_threads, noise, values, video};

    const PACED: PhantomOptions = PhantomOptions {
        frames: 800,
        bleaching: 0.1,
        noise: 0.2,
        ..PLAIN
    };

    const SLOPE: BeatOptions = BeatOptions {
        method: BeatMethod::Slope,
        threshold: 0.5,
        polarity: Polarity::Positive,
        refractory: 50.0,
        period: None,
        start: 0.0,
        fps: None,
        window: 5,
    };

    /// Stimuli every 150 ms from 50 ms on; the wave takes 16 ms across the tissue, so that the mean
    /// trace is steepest about 8 ms later.
    #[test]
    fn beats_are_those_of_the_phantom() {
        let paced = PhantomOptions {
            noise: 0.02,
            bleaching: 0.0,
            ..PACED
        };
        let made = phantom(&paced).unwrap();
        for (method, tolerance) in [(BeatMethod::Slope, 1.5), (BeatMethod::Threshold, 1.5)] {
            let options = BeatOptions { method, ..SLOPE };
            let found = find_beats(&made.video, &options).unwrap();
            assert_eq!(found.frames.len(), made.beats.len());
            for cycle in &found.cycle_lengths()[1..] {
                assert!((cycle - 150.0).abs() < tolerance, "{method:?}: {cycle}");
            }
            assert!(found.cycle_lengths()[0].is_nan());
            assert!((found.frames[0] - 57.75).abs() < tolerance);
        }
        let options = BeatOptions {
            method: BeatMethod::Period,
            period: Some(150.0),
            start: 50.0,
            ..SLOPE
        };
        assert_eq!(
            find_beats(&made.video, &options).unwrap().frames,
            made.beats
        );
        let dark = PhantomOptions {
            polarity: Polarity::Negative,
            ..PACED
        };
        let options = BeatOptions {
            polarity: Polarity::Negative,
            ..SLOPE
        };
        let found = find_beats(&phantom(&dark).unwrap().video, &options).unwrap();
        assert_eq!(found.frames.len(), made.beats.len());
    }

    /// Upstrokes of 10 ms at 1000 frames/s, with noise of 1/20 of the amplitude.
    #[test]
    fn noise_shifts_the_steepest_slope_of_a_long_window_less() {
        const BEATS: usize = 100;
        let beat = |at: usize| 100.0 + 200.0 * at as f64 + (0.37 * at as f64).fract();
        let level = |frame: usize| {
            let since = frame as f64 - beat(frame / 200);
            let risen = 0.5 + (since / 10.0).clamp(-0.5, 0.5);
            let rise = 0.5 - 0.5 * (risen * std::f64::consts::PI).cos();
            rise / (1.0 + ((since - 60.0) / 6.0).exp())
        };
        // The standard deviation of numbers from 0 to 1 is 1/√12.
        let noise = noise(200 * BEATS, 7).into_iter();
        let samples = noise
            .enumerate()
            .map(|(frame, noise)| level(frame) + 0.05 * 12.0_f64.sqrt() * (f64::from(noise) - 0.5));
        let mut trace = video(&[200 * BEATS], samples.collect());
        trace.metadata_mut().fps = Some(1000.0);
        let deviation = |window: usize| {
            let options = BeatOptions { window, ..SLOPE };
            let found = find_beats(&trace, &options).unwrap().frames;
            let nearest = |at: usize| {
                let errors = found.iter().map(|frame| frame - beat(at));
                errors.min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap()
            };
            let squares = (0..BEATS).map(|at| nearest(at).powi(2)).sum::<f64>();
            (squares / BEATS as f64).sqrt()
        };
        let [three, five, nine] = [3, 5, 9].map(deviation);
        assert!((0.8..1.5).contains(&three), "{three}");
        assert!(five < 0.8 * three, "{three} {five}");
        assert!(nine < 0.6 * five && nine < 0.5, "{five} {nine}");
    }

    #[test]
    fn a_still_trace_has_no_beats_and_bad_options_are_refused() {
        let mut still = video(&[40], vec![1.0f32; 40]);
        assert!(find_beats(&still, &SLOPE).is_err());
        still.metadata_mut().fps = Some(500.0);
        assert!(find_beats(&still, &SLOPE).unwrap().frames.is_empty());
        for options in [
            BeatOptions { window: 4, ..SLOPE },
            BeatOptions {
                threshold: 1.0,
                ..SLOPE
            },
            BeatOptions {
                refractory: f64::NAN,
                ..SLOPE
            },
            BeatOptions {
                method: BeatMethod::Period,
                ..SLOPE
            },
            BeatOptions {
                period: Some(0.0),
                ..SLOPE
            },
            BeatOptions {
                start: -1.0,
                ..SLOPE
            },
        ] {
            assert!(find_beats(&still, &options).is_err(), "{options:?}");
        }
    }

    /// The noise of the average of n beats is 1/√n of that of one.
    #[test]
    fn averages_keep_the_beat_and_lower_the_noise() {
        let steady = PhantomOptions {
            bleaching: 0.0,
            ..PACED
        };
        let made = phantom(&steady).unwrap();
        let clean = phantom(&PhantomOptions {
            noise: 0.0,
            ..steady
        })
        .unwrap();
        let beats = video(&[made.beats.len()], made.beats.clone());
        let window = [Some(20.0), Some(100.0)];
        let found = ensemble_average(&made.video, &beats, window, None).unwrap();
        assert_eq!(found.shape(), [120, 24, 32]);
        assert_eq!(found.metadata().fps, Some(1000.0));
        let fields = &found.metadata().fields;
        assert_eq!(fields["beats"].to_string(), "5");
        let jitter: f64 = fields["jitter"].to_string().parse().unwrap();
        assert!(jitter < 0.5, "{jitter}");
        let expected = values(&clean.video.frames(30, 120, 1));
        let pairs = values(&found).into_iter().zip(expected);
        let squares = pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let noise = (squares / (120.0 * 24.0 * 32.0)).sqrt();
        assert!((noise - 20.0 / 5.0_f64.sqrt()).abs() < 0.3, "{noise}");
        check_threads(|| ensemble_average(&made.video, &beats, window, None));
    }

    #[test]
    fn jitter_is_that_of_the_beats() {
        let made = phantom(&PhantomOptions {
            bleaching: 0.0,
            noise: 0.0,
            ..PACED
        })
        .unwrap();
        let lags = [-3.0, 3.0, -3.0, 3.0];
        let frames = made.beats.iter().zip(lags).map(|(beat, lag)| beat + lag);
        let beats = video(&[4], frames.collect());
        let window = [Some(20.0), Some(100.0)];
        let found = ensemble_average(&made.video, &beats, window, None).unwrap();
        let jitter: f64 = found.metadata().fields["jitter"]
            .to_string()
            .parse()
            .unwrap();
        assert!((jitter - 3.0).abs() < 0.3, "{jitter}");
    }

    #[test]
    fn windows_must_lie_in_the_recording() {
        let made = phantom(&PACED).unwrap();
        let of = |beats: Vec<f64>, window| {
            ensemble_average(&made.video, &video(&[beats.len()], beats), window, None)
        };
        let whole = of(vec![50.0, 200.0, 350.0], [None, None]).unwrap();
        assert_eq!(whole.len(), 150);
        assert!(of(vec![50.0], [None, None]).is_err());
        assert!(of(vec![5.0], [Some(10.0), Some(20.0)]).is_err());
        assert!(of(vec![50.0, 40.0], [Some(10.0), Some(20.0)]).is_err());
        assert!(of(vec![50.0], [Some(0.0), Some(0.0)]).is_err());
        assert!(of(vec![50.0], [Some(-1.0), Some(9.0)]).is_err());
        let last_left_out = of(vec![50.0, 795.0], [Some(10.0), Some(20.0)]).unwrap();
        assert_eq!(last_left_out.metadata().fields["beats"].to_string(), "1");
    }
}
