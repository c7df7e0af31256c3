//! Signals relative to a baseline: ΔF/F and z-scores.

use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::ops::array::reduce;
use crate::ops::kernel::{Kernel, TraceBlock, map_frames, map_traces};
use crate::video::{Element, Real, Video, map_samples, shape_text};

/// Baseline of a trace.
#[derive(Debug, Clone)]
pub enum Baseline {
    /// A statistic of each trace.
    Level(Level),
    /// A number for each pixel.
    Image(Video),
}

/// Statistic of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A low percentile.
    Percentile,
    /// Mean.
    Mean,
    /// Median.
    Median,
    /// Minimum.
    Min,
}

impl Choice for Level {
    const NOUN: &'static str = "the name of a baseline";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("percentile", Level::Percentile),
        ("mean", Level::Mean),
        ("median", Level::Median),
        ("min", Level::Min),
    ];
}

/// Relative change of each sample F from the baseline F₀ of its pixel: (F − F₀) / F₀, NaN where F₀
/// is 0.
pub fn dff(video: Video, baseline: &Baseline, percentile: f64) -> Result<Video> {
    let baseline = baseline_of(&video, baseline, percentile)?;
    relate(video, &baseline)
}

/// Baseline of each pixel of a video.
pub fn baseline_of(video: &Video, baseline: &Baseline, percentile: f64) -> Result<Video> {
    if video.is_empty() {
        bail!(
            "dff needs samples, got {} of shape {}",
            video.kind_with_article(),
            shape_text(video.shape())
        );
    }
    let time = Some(&[0][..]);
    match baseline {
        Baseline::Image(image) if image.shape() == &video.shape()[1..] => Ok(image.clone()),
        Baseline::Image(image) => bail!(
            "dff needs `baseline` to have the shape of a frame, {}, got {}",
            shape_text(&video.shape()[1..]),
            shape_text(image.shape())
        ),
        Baseline::Level(Level::Percentile) => reduce::percentile(video, &[percentile], false, time),
        Baseline::Level(Level::Mean) => reduce::mean(video, time),
        Baseline::Level(Level::Median) => reduce::median(video, time),
        Baseline::Level(Level::Min) => reduce::min(video, time),
    }
}

/// Relative change of the samples of frames from the baseline of their pixel.
pub fn relate(video: Video, baseline: &Video) -> Result<Video> {
    match video.dtype().is_wide() {
        true => map_frames(
            "dividing by the baseline",
            video,
            Relate::<f64>::to(baseline),
        ),
        false => map_frames(
            "dividing by the baseline",
            video,
            Relate::<f32>::to(baseline),
        ),
    }
}

/// Computes the relative change of frames from the baseline.
struct Relate<R> {
    baseline: Vec<R>,
}

impl<R: Real> Relate<R> {
    fn to(baseline: &Video) -> Self {
        let number = |value: f64| R::from_f64(if value == 0.0 { f64::NAN } else { value });
        let baseline = map_samples!(baseline.samples(), array => {
            array.view().iter().map(|sample| number(sample.to_f64())).collect()
        });
        Self { baseline }
    }
}

impl<R: Real> Kernel<(&mut [R], &mut Vec<R>)> for Relate<R> {
    #[inline(always)]
    fn run(&self, (samples, _): (&mut [R], &mut Vec<R>)) {
        for (sample, baseline) in samples.iter_mut().zip(&self.baseline) {
            *sample = (*sample - *baseline) / *baseline;
        }
    }
}

/// Subtracts the mean of its pixel from each sample and divides by the standard deviation; a pixel
/// that never changes becomes 0. NaN is ignored and stays NaN.
pub fn zscore(video: Video) -> Result<Video> {
    match video.dtype().is_wide() {
        true => map_traces::<f64>("standardizing", video, Standardize),
        false => map_traces::<f32>("standardizing", video, Standardize),
    }
}

/// Number of neighboring pixels summed in parallel lanes.
const LANES: usize = 16;

/// Standardizes traces, with sums in double precision.
struct Standardize;

impl<R: Real> Kernel<TraceBlock<'_, R>> for Standardize {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let (samples, pixels) = (traces.samples, traces.pixels);
        for begin in (0..pixels).step_by(LANES) {
            let end = pixels.min(begin + LANES);
            let rows = samples.chunks_exact(pixels).map(|row| &row[begin..end]);
            let mean = average(rows.clone(), |_, sample| sample);
            let variance = average(rows.clone(), |lane, sample| (sample - mean[lane]).powi(2));
            let scale = variance.map(|variance| match variance > 0.0 {
                true => 1.0 / variance.sqrt(),
                false => 0.0,
            });
            for (frame, row) in rows.enumerate() {
                let results = &mut traces.results.frame(frame)[begin..end];
                for (lane, (result, sample)) in results.iter_mut().zip(row).enumerate() {
                    *result = R::from_f64((Element::to_f64(*sample) - mean[lane]) * scale[lane]);
                }
            }
        }
    }
}

/// Mean of the values derived from the samples of each lane, without NaN.
#[inline(always)]
fn average<'a, R: Real>(
    rows: impl Iterator<Item = &'a [R]>,
    value: impl Fn(usize, f64) -> f64,
) -> [f64; LANES] {
    let (mut sums, mut counts) = ([0.0; LANES], [0.0; LANES]);
    for row in rows {
        for (lane, sample) in row.iter().enumerate() {
            let is_number = !sample.is_nan();
            sums[lane] += if is_number {
                value(lane, Element::to_f64(*sample))
            } else {
                0.0
            };
            counts[lane] += if is_number { 1.0 } else { 0.0 };
        }
    }
    std::array::from_fn(|lane| sums[lane] / counts[lane])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, values, video};

    fn level(level: Level) -> Baseline {
        Baseline::Level(level)
    }

    #[test]
    fn traces_are_related_to_their_baselines() {
        let counts = || video(&[3, 1, 2], vec![100u16, 0, 110, 0, 150, 3]);
        let related = |baseline: Baseline| values(&dff(counts(), &baseline, 50.0).unwrap());
        assert!((related(level(Level::Mean))[0] + 1.0 / 6.0).abs() < 1e-7);
        assert!((related(level(Level::Median))[4] - 40.0 / 110.0).abs() < 1e-7);
        assert_eq!(related(level(Level::Min))[4], 0.5);
        assert!(related(level(Level::Min))[5].is_nan());
        assert!((related(level(Level::Percentile))[0] + 10.0 / 110.0).abs() < 1e-7);
        let image = Baseline::Image(video(&[1, 2], vec![50.0f64, 3.0]));
        assert_eq!(
            related(image),
            [1.0, -1.0, f64::from(1.2f32), -1.0, 2.0, 0.0]
        );
        let trace = Baseline::Image(video(&[3], vec![1.0f32; 3]));
        assert!(dff(counts(), &trace, 10.0).is_err());
    }

    #[test]
    fn scores_have_mean_0_and_variance_1() {
        let samples: Vec<f32> = noise(50 * 35, 2).iter().map(|v| 5000.0 + v).collect();
        let scores = values(&zscore(video(&[50, 5, 7], samples)).unwrap());
        for pixel in 0..35 {
            let trace: Vec<f64> = scores.iter().skip(pixel).step_by(35).copied().collect();
            let mean = trace.iter().sum::<f64>() / 50.0;
            let variance = trace.iter().map(|v| v * v).sum::<f64>() / 50.0;
            assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn steady_pixels_are_0_and_missing_samples_do_not_count() {
        let nan = f32::NAN;
        let scores = zscore(video(&[3, 1, 2], vec![4.0, 1.0, 4.0, nan, 4.0, 3.0])).unwrap();
        let scores = values(&scores);
        assert_eq!([scores[0], scores[1], scores[5]], [0.0, -1.0, 1.0]);
        assert!(scores[3].is_nan());
        assert_eq!(
            values(&zscore(video(&[2], vec![1u8, 3])).unwrap()),
            [-1.0, 1.0]
        );
    }

    #[test]
    fn temporaries_are_reused_on_any_number_of_threads() {
        let samples = || video(&[40, 9, 30], noise(10_800, 3));
        check_threads(|| zscore(samples()));
        check_reuse(samples(), zscore);
        check_threads(|| dff(samples(), &level(Level::Mean), 10.0));
        check_reuse(samples(), |v| dff(v, &level(Level::Median), 10.0));
    }
}
