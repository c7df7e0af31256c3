//! Summary statistics of a video from one pass over all samples.

use std::fmt;

use crate::error::{Result, counted};
use crate::task::{self, Task};
use crate::video::{DType, Number, Video, number_text};

/// Number of samples that one parallel step reads.
const STEP: usize = 1 << 16;

/// Summary statistics of a video.
#[derive(Debug, Clone)]
pub struct VideoDescription {
    /// Described video.
    pub video: Video,
    /// Smallest and largest finite sample.
    pub range: Option<(Number, Number)>,
    /// Mean of the finite samples.
    pub mean: Option<f64>,
    /// Standard deviation of the finite samples.
    pub std: Option<f64>,
    /// Number of NaN samples.
    pub nan: usize,
    /// Number of infinite samples.
    pub infinite: usize,
    /// Number of samples that have the largest value of their int type.
    pub saturated: Option<usize>,
    /// Difference between the means of the last and the first frame, in percent of the first.
    pub drift: Option<f64>,
}

/// Computes the summary statistics in one pass in order.
pub fn describe(video: Video) -> Result<VideoDescription> {
    let frames = (STEP / video.frame_len().max(1)).max(1);
    let steps = video.len().div_ceil(frames);
    let task = Task::new("describing", steps);
    let parts = task::map(0..steps, Vec::new, |samples, step| {
        let first = step * frames;
        let part = RunningMoments::of(&video, first..video.len().min(first + frames), samples);
        task.advance(1).map(|()| part)
    })?;
    // Merged in order, so that the result does not depend on the number of threads.
    let whole = parts
        .into_iter()
        .fold(RunningMoments::default(), RunningMoments::join);
    let (known, count) = (whole.count > 0, whole.count as f64);
    let is_int = !video.dtype().is_float() && video.dtype() != DType::Bool;
    // Floats do not hold all digits of the widest ints.
    let range = match video.dtype() {
        DType::I64 | DType::U64 => video.exact_range()?,
        _ => known.then_some((Number::Float(whole.min), Number::Float(whole.max))),
    };
    Ok(VideoDescription {
        range,
        mean: known.then_some(whole.mean),
        std: known.then(|| (whole.squares / count).sqrt()),
        nan: whole.nan,
        infinite: whole.infinite,
        saturated: is_int.then_some(whole.saturated),
        drift: drift(&video),
        video,
    })
}

fn drift(video: &Video) -> Option<f64> {
    if video.ndim() == 2 || video.is_empty() {
        return None;
    }
    let mean = |frame| {
        let summary = RunningMoments::of(video, frame..frame + 1, &mut Vec::new());
        (summary.count > 0).then_some(summary.mean)
    };
    let (first, last) = (mean(0)?, mean(video.len() - 1)?);
    (first != 0.0).then(|| (last - first) / first.abs() * 100.0)
}

/// Running sums over some samples; `mean` and `squares`, the sum of squared distances from it, are
/// merged as in Chan, Golub and LeVeque 1979.
struct RunningMoments {
    count: usize,
    min: f64,
    max: f64,
    mean: f64,
    squares: f64,
    nan: usize,
    infinite: usize,
    saturated: usize,
}

impl Default for RunningMoments {
    fn default() -> Self {
        Self {
            count: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            mean: 0.0,
            squares: 0.0,
            nan: 0,
            infinite: 0,
            saturated: 0,
        }
    }
}

impl RunningMoments {
    fn of(video: &Video, frames: std::ops::Range<usize>, samples: &mut Vec<f64>) -> Self {
        let frame_len = video.frame_len();
        samples.resize(frames.len() * frame_len, 0.0);
        video.samples().read_frames(frames, 0..frame_len, samples);
        let largest = video.dtype().limits().1;
        let (mut summary, mut sum) = (Self::default(), 0.0);
        for &sample in samples.iter() {
            if sample.is_finite() {
                summary.count += 1;
                sum += sample;
                summary.min = summary.min.min(sample);
                summary.max = summary.max.max(sample);
            } else if sample.is_nan() {
                summary.nan += 1;
            } else {
                summary.infinite += 1;
            }
            summary.saturated += usize::from(sample == largest);
        }
        if summary.count > 0 {
            let mean = sum / summary.count as f64;
            let finite = samples.iter().filter(|sample| sample.is_finite());
            summary.squares = finite.map(|sample| (sample - mean).powi(2)).sum();
            summary.mean = mean;
        }
        summary
    }

    fn join(self, other: Self) -> Self {
        let count = self.count + other.count;
        let (distance, share) = (
            other.mean - self.mean,
            other.count as f64 / count.max(1) as f64,
        );
        Self {
            count,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            mean: self.mean + distance * share,
            squares: self.squares + other.squares + distance * distance * share * self.count as f64,
            nan: self.nan + other.nan,
            infinite: self.infinite + other.infinite,
            saturated: self.saturated + other.saturated,
        }
    }
}

/// The line that displays the video, then its statistics.
impl fmt::Display for VideoDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.video)?;
        let number = |value: Option<f64>| value.map_or_else(|| "none".into(), number_text);
        let (low, high) = match self.range {
            Some((low, high)) => (low.text(), high.text()),
            None => ("none".into(), "none".into()),
        };
        writeln!(f)?;
        writeln!(f, "  range      {low} … {high}")?;
        writeln!(f, "  mean       {}", number(self.mean))?;
        write!(f, "  std        {}", number(self.std))?;
        if let Some(drift) = self.drift {
            let sign = if drift > 0.0 { "+" } else { "" };
            let drift = number_text(drift);
            write!(f, "\n  drift      {sign}{drift} % from first to last frame")?;
        }
        for (name, count) in [
            ("NaN", Some(self.nan)),
            ("infinite", Some(self.infinite)),
            ("saturated", self.saturated),
        ] {
            if let Some(count) = count.filter(|count| *count > 0) {
                let share = 100.0 * count as f64 / self.video.layout().len() as f64;
                write!(
                    f,
                    "\n  {name:<10} {}, {} %",
                    counted(count, "sample"),
                    number_text(share)
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{noise, video};

    #[test]
    fn samples_that_are_no_numbers_are_counted_and_left_out() {
        let samples = vec![1.0, f64::NAN, 3.0, f64::INFINITY, f64::NEG_INFINITY, 5.0];
        let found = describe(video(&[3, 1, 2], samples)).unwrap();
        assert_eq!(found.range, Some((Number::Float(1.0), Number::Float(5.0))));
        assert_eq!((found.mean, found.nan, found.infinite), (Some(3.0), 1, 2));
        assert_eq!(found.std, Some((8.0f64 / 3.0).sqrt()));
        assert_eq!(found.drift, Some(400.0));
        assert_eq!(found.saturated, None);
    }

    #[test]
    fn nothing_is_known_of_nothing() {
        for shape in [&[0, 3, 4][..], &[2, 0, 4], &[0]] {
            let found = describe(video(shape, Vec::<u16>::new())).unwrap();
            assert_eq!((found.range, found.mean, found.drift), (None, None, None));
            assert!(found.to_string().contains("none … none"));
        }
    }

    #[test]
    fn long_videos_are_summed_up_in_parts() {
        let samples = noise(300 * 1000, 1);
        let n = samples.len() as f64;
        let mean = samples.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let squares = samples.iter().map(|v| (f64::from(*v) - mean).powi(2));
        let std = (squares.sum::<f64>() / n).sqrt();
        let found = describe(video(&[300, 10, 100], samples)).unwrap();
        assert!((found.mean.unwrap() - mean).abs() < 1e-12);
        assert!((found.std.unwrap() - std).abs() < 1e-12);
    }

    #[test]
    fn the_largest_int_is_saturated() {
        let found = describe(video(&[2, 2], vec![255u8, 3, 255, 0])).unwrap();
        assert_eq!((found.saturated, found.drift), (Some(2), None));
    }
}
