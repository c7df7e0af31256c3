//! Dominant frequency of each pixel.

use std::f64::consts::TAU;
use std::sync::Arc;

use rustfft::{Fft, FftPlanner};

use crate::bail;
use crate::error::Result;
use crate::ops::frame_rate;
use crate::ops::kernel::fourier::Complex;
use crate::task;
use crate::video::{Strided, Video};

/// Number of neighboring pixels that one parallel step processes.
const PIXELS: usize = 64;

/// Dominant frequency of every pixel in Hz: the one with the most power in the spectrum of its
/// trace minus its mean, with a Hann window, from `low` to `high`. Between the frequencies of the
/// discrete spectrum it is interpolated by the parabola through the logarithms of the power. NaN
/// where the trace has NaN or does not change.
pub fn dominant_frequency(
    video: &Video,
    [low, high]: [Option<f64>; 2],
    fps: Option<f64>,
) -> Result<Video> {
    let fps = frame_rate("dominant_frequency", video, fps)?;
    let frames = video.len();
    let spectrum = Spectrum::new(frames, fps, [low, high])?;
    let mut found = vec![f32::NAN; video.frame_len()];
    let steps = found.chunks_mut(PIXELS).enumerate();
    task::for_each_init(
        "finding frequencies",
        steps,
        Vec::new,
        |samples, (step, found)| {
            let (first, pixels) = (step * PIXELS, found.len());
            samples.resize(frames * pixels, 0.0);
            video
                .samples()
                .read_frames(0..frames, first..first + pixels, samples);
            let mut trace = vec![Complex::default(); frames];
            for (pixel, found) in found.iter_mut().enumerate() {
                let values = samples[pixel..].iter().step_by(pixels);
                let peak = spectrum.peak(values.copied(), &mut trace);
                *found = peak.map_or(f32::NAN, |bin| (bin * fps / frames as f64) as f32);
            }
            Ok(())
        },
    )?;
    let mut image = video.with_samples(Strided::from_vec(&video.shape()[1..], found));
    image.metadata_mut().fps = None;
    Ok(image)
}

/// Hann window, which keeps strong slow changes from leaking into other frequencies.
fn window(frames: usize) -> Vec<f64> {
    let angle = |frame: usize| TAU * (frame as f64 + 0.5) / frames as f64;
    (0..frames)
        .map(|frame| 0.5 - 0.5 * angle(frame).cos())
        .collect()
}

struct Spectrum {
    fft: Arc<dyn Fft<f64>>,
    window: Vec<f64>,
    first: usize,
    last: usize,
}

impl Spectrum {
    fn new(frames: usize, fps: f64, [low, high]: [Option<f64>; 2]) -> Result<Self> {
        if frames < 4 {
            bail!("dominant_frequency needs at least 4 frames, got {frames}");
        }
        let (low, high) = (low.unwrap_or(0.0), high.unwrap_or(fps / 2.0));
        if !(0.0..high).contains(&low) {
            bail!("dominant_frequency needs `low` below `high`, got {low} and {high}");
        }
        let resolution = fps / frames as f64;
        let first = ((low / resolution).ceil() as usize).max(1);
        let last = ((high / resolution).floor() as usize).min(frames / 2);
        if first > last {
            bail!(
                "dominant_frequency has frequencies {resolution} Hz apart, none of which is \
                 between {low} and {high} Hz"
            );
        }
        Ok(Self {
            fft: FftPlanner::new().plan_fft_forward(frames),
            window: window(frames),
            first,
            last,
        })
    }

    /// Frequency of the largest power, in cycles per trace.
    fn peak(
        &self,
        values: impl Iterator<Item = f64> + Clone,
        trace: &mut [Complex<f64>],
    ) -> Option<f64> {
        let mean = values.clone().sum::<f64>() / trace.len() as f64;
        if !mean.is_finite() {
            return None;
        }
        for ((out, value), weight) in trace.iter_mut().zip(values).zip(&self.window) {
            *out = Complex::new((value - mean) * weight, 0.0);
        }
        self.fft.process(trace);
        let power = |bin: usize| trace[bin].norm_sqr();
        let bin = (self.first..=self.last).max_by(|a, b| power(*a).total_cmp(&power(*b)))?;
        if power(bin) <= 0.0 {
            return None;
        }
        let [left, middle, right] = [bin - 1, bin, bin + 1].map(|bin| power(bin).max(1e-300).ln());
        let curvature = left - 2.0 * middle + right;
        let offset = if curvature < 0.0 {
            (left - right) / (2.0 * curvature)
        } else {
            0.0
        };
        Some(bin as f64 + offset.clamp(-0.5, 0.5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, noise, values, video};

    #[test]
    fn waves_have_their_frequency() {
        let at = |t: usize, hz: f64| 5.0 + t as f64 * 0.01 + (TAU * hz * t as f64 / 500.0).sin();
        let rates = [8.3, 12.0, 40.7];
        let samples = (0..300).flat_map(|t| rates.iter().map(move |hz| at(t, *hz)));
        let input = video(&[300, 1, 3], samples.collect());
        let found = values(&dominant_frequency(&input, [None, None], Some(500.0)).unwrap());
        for (found, hz) in found.iter().zip(rates) {
            assert!((found - hz).abs() < 0.1, "{found}");
        }
        let above = dominant_frequency(&input, [Some(10.0), Some(20.0)], Some(500.0)).unwrap();
        assert!((values(&above)[1] - 12.0).abs() < 0.1);
    }

    #[test]
    fn what_has_no_frequency_is_nan_and_bands_are_checked() {
        let mut samples = vec![1.0f32; 40];
        samples[1] = f32::NAN;
        let input = video(&[20, 2], samples);
        let found = values(&dominant_frequency(&input, [None, None], Some(1.0)).unwrap());
        assert!(found.iter().all(|frequency| frequency.is_nan()));
        let of = |low, high| dominant_frequency(&input, [low, high], Some(100.0));
        assert!(of(Some(20.0), Some(10.0)).is_err());
        assert!(of(Some(11.0), Some(12.0)).is_err());
        assert!(of(Some(-1.0), None).is_err());
        assert!(of(Some(f64::NAN), None).is_err());
        assert!(dominant_frequency(&input, [None, None], None).is_err());
        let noisy = video(&[50, 9, 9], noise(4050, 6));
        check_threads(|| dominant_frequency(&noisy, [None, None], Some(10.0)));
    }
}
