//! Dominant frequency and organization of each pixel.

use std::f64::consts::TAU;
use std::sync::Arc;

use rustfft::{Fft, FftPlanner};

use super::measure::measure_pixels;
use super::peaks::parabola_peak;
use crate::bail;
use crate::error::Result;
use crate::ops::frame_rate;
use crate::ops::kernel::fourier::Complex;
use crate::video::Video;

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
    let spectrum = Spectrum::new("dominant_frequency", frames, fps, [low, high])?;
    spectrum.measure("finding frequencies", video, |power| {
        Some(power.peak()? * fps / frames as f64)
    })
}

/// Options of [`organization_index`].
#[derive(Debug, Clone)]
pub struct OrganizationOptions {
    /// Lowest and highest frequency in Hz; default: all above 0.
    pub band: [Option<f64>; 2],
    /// Number of multiples that count, the dominant frequency included.
    pub harmonics: usize,
    /// Width in Hz of what counts around each.
    pub bandwidth: f64,
    /// Frame rate in Hz; default: that of the video.
    pub fps: Option<f64>,
}

/// Organization index of every pixel from 0 to 1: the power around the dominant frequency and its
/// harmonics, divided by that of all frequencies. NaN where the trace has NaN or does not change.
pub fn organization_index(video: &Video, options: &OrganizationOptions) -> Result<Video> {
    let fps = frame_rate("organization_index", video, options.fps)?;
    if options.harmonics == 0 {
        bail!("organization_index needs `harmonics` to be at least 1, got 0");
    }
    if !(options.bandwidth > 0.0 && options.bandwidth.is_finite()) {
        bail!(
            "organization_index needs `bandwidth` to be a number > 0, got {}",
            options.bandwidth
        );
    }
    let frames = video.len();
    let spectrum = Spectrum::new("organization_index", frames, fps, options.band)?;
    // The window alone spreads the power of a wave to two frequencies on each side.
    let reach = (options.bandwidth / 2.0 * frames as f64 / fps).max(2.0);
    spectrum.measure("measuring organization", video, |power| {
        let peak = power.peak()?;
        let is_near = |bin: usize| {
            let multiple = (bin as f64 / peak)
                .round()
                .clamp(1.0, options.harmonics as f64);
            (bin as f64 - multiple * peak).abs() <= reach
        };
        let (mut near, mut all) = (0.0, 0.0);
        for bin in spectrum.first..=spectrum.last {
            all += power.at(bin);
            near += if is_near(bin) { power.at(bin) } else { 0.0 };
        }
        Some(near / all)
    })
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
    fn new(function: &str, frames: usize, fps: f64, [low, high]: [Option<f64>; 2]) -> Result<Self> {
        if frames < 4 {
            bail!("{function} needs at least 4 frames, got {frames}");
        }
        let (low, high) = (low.unwrap_or(0.0), high.unwrap_or(fps / 2.0));
        if !(0.0..high).contains(&low) {
            bail!("{function} needs `low` below `high`, got {low} and {high}");
        }
        let resolution = fps / frames as f64;
        let first = ((low / resolution).ceil() as usize).max(1);
        let last = ((high / resolution).floor() as usize).min(frames / 2);
        if first > last {
            bail!(
                "{function} has frequencies {resolution} Hz apart, none of which is between {low} \
                 and {high} Hz"
            );
        }
        Ok(Self {
            fft: FftPlanner::new().plan_fft_forward(frames),
            window: window(frames),
            first,
            last,
        })
    }

    /// Measures the spectrum of the trace of each pixel, minus its mean.
    fn measure(
        &self,
        operation: &'static str,
        video: &Video,
        measure: impl Fn(&TracePower) -> Option<f64> + Sync,
    ) -> Result<Video> {
        let memory = || vec![Complex::default(); video.len()];
        let [image] = measure_pixels(operation, video, memory, |spectrum, _, trace| {
            let mean = trace.iter().sum::<f64>() / trace.len() as f64;
            let pairs = trace.iter().zip(&self.window);
            for (out, (value, weight)) in spectrum.iter_mut().zip(pairs) {
                *out = Complex::new((value - mean) * weight, 0.0);
            }
            self.fft.process(spectrum);
            let power = TracePower {
                spectrum,
                first: self.first,
                last: self.last,
            };
            [measure(&power).unwrap_or(f64::NAN)]
        })?;
        Ok(image)
    }
}

/// Power of the frequencies of a trace, in cycles per trace.
struct TracePower<'a> {
    spectrum: &'a [Complex<f64>],
    first: usize,
    last: usize,
}

impl TracePower<'_> {
    fn at(&self, bin: usize) -> f64 {
        self.spectrum[bin].norm_sqr()
    }

    /// Frequency of the largest power, between those of the spectrum.
    fn peak(&self) -> Option<f64> {
        let bins = self.first..=self.last;
        let bin = bins.max_by(|a, b| self.at(*a).total_cmp(&self.at(*b)))?;
        if self.at(bin) <= 0.0 {
            return None;
        }
        let around = [bin - 1, bin, bin + 1].map(|bin| self.at(bin).max(1e-300).ln());
        Some(bin as f64 + parabola_peak(around))
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

    const WHOLE: OrganizationOptions = OrganizationOptions {
        band: [None, None],
        harmonics: 4,
        bandwidth: 1.0,
        fps: Some(500.0),
    };

    #[test]
    fn organization_is_the_part_of_the_power_in_harmonics() {
        // Amplitudes 3 and 1 at 10 and 20 Hz, and 2 at 37 Hz: (9 + 1) / (9 + 1 + 4).
        let wave = |t: usize, hz: f64| (TAU * hz * t as f64 / 500.0).sin();
        let at = |t| 3.0 * wave(t, 10.0) + wave(t, 20.0) + 2.0 * wave(t, 37.0);
        let input = video(&[1000], (0..1000).map(at).collect());
        let found = |options: &OrganizationOptions| {
            values(&organization_index(&input, options).unwrap())[0]
        };
        assert!((found(&WHOLE) - 10.0 / 14.0).abs() < 1e-3);
        let one = OrganizationOptions {
            harmonics: 1,
            ..WHOLE
        };
        assert!((found(&one) - 9.0 / 14.0).abs() < 1e-3);
        let below = OrganizationOptions {
            band: [None, Some(30.0)],
            ..WHOLE
        };
        assert!((found(&below) - 1.0).abs() < 1e-3);
        let random = video(&[4000, 1, 2], noise(8000, 6));
        let found = values(&organization_index(&random, &WHOLE).unwrap());
        assert!(found.iter().all(|index| *index < 0.15), "{found:?}");
        for options in [
            OrganizationOptions {
                harmonics: 0,
                ..WHOLE
            },
            OrganizationOptions {
                bandwidth: 0.0,
                ..WHOLE
            },
            OrganizationOptions { fps: None, ..WHOLE },
        ] {
            assert!(organization_index(&input, &options).is_err());
        }
    }
}
