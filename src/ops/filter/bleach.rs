//! Photobleaching correction.

use super::trend::{dot, polynomials};
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::kernel::{
    Kernel, OutputFrame, TraceBlock, fold_each_frame, is_in_place, make_frames, map_traces,
    run_kernel,
};
use crate::video::{Real, Video, number_text};

/// Model of the fading of a video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fading {
    /// Exponential decay to a constant.
    Exponential,
    /// Straight line.
    Linear,
    /// Moving average of the frames around each.
    MovingAverage,
}

impl Choice for Fading {
    const NOUN: &'static str = "the name of a fading curve";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("exponential", Self::Exponential),
        ("linear", Self::Linear),
        ("moving_average", Self::MovingAverage),
    ];
}

/// Scales each frame so that the mean of the video no longer fades (Miura 2020, "Bleach correction
/// ImageJ plugin"): by the fitted value at frame 0, divided by that at the frame. Samples that are
/// not finite are ignored in the means. Samples of 8 and 16 bits give `float32`, wider ones
/// `float64`.
pub fn bleach_correct(video: Video, fading: Fading, window: usize) -> Result<Video> {
    let factors = fading_factors(&video, fading, window)?;
    scale_frames(video, 0, &factors)
}

/// Factor of each frame of a video by which it no longer fades.
pub fn fading_factors(video: &Video, fading: Fading, window: usize) -> Result<Vec<f64>> {
    if video.is_empty() {
        return Err(crate::ops::no_samples("bleach_correct", video));
    }
    check_window(fading, window)?;
    let means = means(video)?;
    if let Some(frame) = means.iter().position(|mean| !mean.is_finite()) {
        bail!("bleach_correct needs finite samples in every frame, frame {frame} has none");
    }
    let fitted = match fading {
        Fading::Linear => line(&means),
        Fading::Exponential => exponential(&means),
        Fading::MovingAverage => moving_average(&means, window),
    };
    if let Some(frame) = fitted.iter().position(|value| *value <= 0.0) {
        let error = Error::new(format!(
            "bleach_correct needs a fitted mean above 0, but that of frame {frame} is {}",
            number_text(fitted[frame])
        ));
        return Err(error.hint("correct the recording before a background is subtracted"));
    }
    Ok(fitted.iter().map(|value| fitted[0] / value).collect())
}

/// Fails if a window has no frames.
pub fn check_window(fading: Fading, window: usize) -> Result<()> {
    match (fading, window) {
        (Fading::MovingAverage, 0) => {
            bail!("bleach_correct needs `window` to be at least 1, got 0")
        }
        _ => Ok(()),
    }
}

/// Multiplies frames by their factors; the number of the first frame is that of its factor.
pub fn scale_frames(video: Video, first: usize, factors: &[f64]) -> Result<Video> {
    let factors = &factors[first..][..video.len()];
    match video.dtype().is_wide() {
        true => scale::<f64>(video, factors),
        false => scale::<f32>(video, factors),
    }
}

fn scale<R: Real>(video: Video, factors: &[f64]) -> Result<Video> {
    let factors = ScaleFrames(factors.iter().map(|factor| R::from_f64(*factor)).collect());
    if is_in_place::<R>(&video) {
        return map_traces("correcting", video, factors);
    }
    make_frames("correcting", &video, factors)
}

/// Multiplies each frame by its factor.
struct ScaleFrames<R>(Vec<R>);

impl<R: Real> Kernel<OutputFrame<'_, R>> for ScaleFrames<R> {
    #[inline(always)]
    fn run(&self, mut frame: OutputFrame<'_, R>) {
        frame.read(frame.frame);
        let factor = self.0[frame.frame];
        frame
            .results
            .iter_mut()
            .for_each(|result| *result *= factor);
    }
}

impl<R: Real> Kernel<TraceBlock<'_, R>> for ScaleFrames<R> {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let rows = traces.samples.chunks_exact(traces.pixels);
        for (frame, (row, factor)) in rows.zip(&self.0).enumerate() {
            let results = traces.results.frame(frame).iter_mut();
            results
                .zip(row)
                .for_each(|(result, sample)| *result = *sample * *factor);
        }
    }
}

/// Mean of the finite samples of each frame.
fn means(video: &Video) -> Result<Vec<f64>> {
    let add = |total: &mut [f64; 2], run: &[f64]| run_kernel(&FiniteSum, (run, total));
    fold_each_frame("averaging", video, 1 << 14, add, |[sum, count]| sum / count)
}

/// Sums and counts finite numbers in parallel lanes.
struct FiniteSum;

impl Kernel<(&[f64], &mut [f64; 2])> for FiniteSum {
    #[inline(always)]
    fn run(&self, (samples, [sum, count]): (&[f64], &mut [f64; 2])) {
        const LANES: usize = 8;
        let (mut sums, mut counts) = ([0.0; LANES], [0.0; LANES]);
        let (chunks, rest) = samples.as_chunks::<LANES>();
        for chunk in chunks {
            for lane in 0..LANES {
                let is_finite = chunk[lane].is_finite();
                sums[lane] += if is_finite { chunk[lane] } else { 0.0 };
                counts[lane] += if is_finite { 1.0 } else { 0.0 };
            }
        }
        let rest = rest.iter().filter(|sample| sample.is_finite());
        *sum += sums.iter().sum::<f64>() + rest.clone().sum::<f64>();
        *count += counts.iter().sum::<f64>() + rest.count() as f64;
    }
}

/// Least-squares line.
fn line(means: &[f64]) -> Vec<f64> {
    let basis = polynomials(1.min(means.len() - 1), means.len());
    project(means, &basis)
}

/// Least-squares combination of orthogonal functions.
fn project(means: &[f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let mut fitted = vec![0.0; means.len()];
    for function in basis {
        let part = dot(means, function);
        for (fitted, value) in fitted.iter_mut().zip(function) {
            *fitted += part * value;
        }
    }
    fitted
}

/// Least-squares decay a·exp(−t/τ) + c: for any τ, the best a and c are those of a line, so that
/// only τ is searched for, first on a grid and then by golden-section search.
fn exponential(means: &[f64]) -> Vec<f64> {
    const TRIED: usize = 100;
    let frames = means.len();
    if frames < 3 {
        return line(means);
    }
    let fit = |log_tau: f64| {
        let tau = log_tau.exp();
        let decay: Vec<f64> = (0..frames).map(|t| (-(t as f64) / tau).exp()).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / frames as f64;
        let (mean_decay, mean_value) = (mean(&decay), mean(means));
        let pairs = decay.iter().zip(means);
        let (together, alone) = pairs.fold((0.0, 0.0), |(together, alone), (decay, value)| {
            let decay = decay - mean_decay;
            (
                together + decay * (value - mean_value),
                alone + decay * decay,
            )
        });
        let slope = if alone > 0.0 { together / alone } else { 0.0 };
        let fitted = decay
            .iter()
            .map(|decay| mean_value + slope * (decay - mean_decay));
        fitted.collect::<Vec<f64>>()
    };
    let distance = |log_tau: f64| -> f64 {
        let fitted = fit(log_tau);
        means
            .iter()
            .zip(&fitted)
            .map(|(a, b)| (a - b) * (a - b))
            .sum()
    };
    let (shortest, longest) = (0.5f64.ln(), (100.0 * frames as f64).ln());
    let width = (longest - shortest) / TRIED as f64;
    let tried = (0..=TRIED).map(|step| shortest + step as f64 * width);
    let best = tried.min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    let best = best.unwrap_or(shortest);
    fit(smallest(distance, [best - width, best + width]))
}

/// Position of the minimum of a unimodal function in an interval (golden-section search).
pub(in crate::ops) fn smallest(
    function: impl Fn(f64) -> f64,
    [mut low, mut high]: [f64; 2],
) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let mut inner = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    let mut values = inner.map(&function);
    for _ in 0..60 {
        if values[0] < values[1] {
            high = inner[1];
            inner = [high - GOLDEN * (high - low), inner[0]];
            values = [function(inner[0]), values[0]];
        } else {
            low = inner[0];
            inner = [inner[1], low + GOLDEN * (high - low)];
            values = [values[1], function(inner[1])];
        }
    }
    (low + high) / 2.0
}

/// Mean of up to half of `window` frames before and after each.
fn moving_average(means: &[f64], window: usize) -> Vec<f64> {
    let reach = (window / 2).min(means.len());
    let around = |frame: usize| {
        let part = &means[frame.saturating_sub(reach)..means.len().min(frame + reach + 1)];
        part.iter().sum::<f64>() / part.len() as f64
    };
    (0..means.len()).map(around).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, values, video};
    use crate::video::DType;

    /// 800 exp(−t/17) + 300 + 3 sin(t).
    fn fading() -> Video {
        let at = |t: usize| {
            let t = t as f64;
            800.0 * (-t / 17.0).exp() + 300.0 + 3.0 * t.sin()
        };
        video(&[40, 1, 2], (0..80).map(|i| at(i / 2)).collect())
    }

    #[track_caller]
    fn check(fading_as: Fading, expected: [f64; 5], tolerance: f64) {
        let corrected = values(&bleach_correct(fading(), fading_as, 5).unwrap());
        for (frame, expected) in [0, 1, 10, 20, 39].into_iter().zip(expected) {
            let error = corrected[2 * frame + 1] - expected;
            assert!(error.abs() < tolerance, "{}", corrected[2 * frame]);
        }
    }

    /// Frames 0, 1, 10, 20 and 39 computed with `scipy.optimize.curve_fit` and
    /// `numpy.polynomial.Polynomial.fit`.
    #[test]
    fn fits_are_those_of_scipy() {
        let expected = [1100.0, 1102.75977, 1098.5253, 1106.66656, 1108.51163];
        check(Fading::Exponential, expected, 1e-3);
        let expected = [1100.0, 1076.20316, 905.713659, 858.6997, 1288.4968];
        check(Fading::Linear, expected, 1e-5);
    }

    #[test]
    fn a_moving_average_of_one_frame_makes_all_means_equal() {
        let corrected = bleach_correct(fading(), Fading::MovingAverage, 1).unwrap();
        assert!(
            values(&corrected)
                .iter()
                .all(|value| (value - 1100.0).abs() < 1e-9)
        );
        let constant = video(&[4], vec![7u16; 4]);
        for method in [Fading::Exponential, Fading::Linear, Fading::MovingAverage] {
            let corrected = bleach_correct(constant.clone(), method, 3).unwrap();
            assert_eq!(
                (values(&corrected), corrected.dtype()),
                (vec![7.0; 4], DType::F32)
            );
        }
    }

    #[test]
    fn what_cannot_be_corrected_is_named() {
        let fail = |samples: Vec<f32>, method, window| {
            let error = bleach_correct(video(&[samples.len()], samples), method, window);
            error.unwrap_err().message().to_owned()
        };
        let linear = Fading::Linear;
        assert!(fail(vec![], linear, 1).contains("needs samples"));
        assert!(fail(vec![1.0, f32::NAN], linear, 1).contains("frame 1 has none"));
        assert!(fail(vec![1.0, -1.0], linear, 1).contains("above 0, but that of frame 1"));
        assert!(fail(vec![1.0], Fading::MovingAverage, 0).contains("at least 1"));
    }

    #[test]
    fn results_do_not_depend_on_the_threads() {
        let samples = video(&[50, 9, 17], noise(50 * 9 * 17, 3));
        let correct = |video| bleach_correct(video, Fading::Exponential, 1);
        check_threads(|| correct(samples.clone()));
        check_reuse(samples, correct);
    }
}
