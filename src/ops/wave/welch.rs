//! Power spectra of traces, as SciPy's `welch` and `periodogram`.

use std::f64::consts::TAU;
use std::sync::Arc;

use rustfft::{Fft, FftPlanner};

use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::ops::frame_rate;
use crate::ops::kernel::fourier::Complex;
use crate::task;
use crate::video::{Real, Strided, Video};

/// Weights of the frames of a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpectrumWindow {
    /// Half a cosine wave, raised to begin and end with 0.
    Hann,
    /// Half a cosine wave, raised to begin and end with 0.08.
    Hamming,
    /// Two cosine waves, for weak frequencies beside strong ones.
    Blackman,
    /// Equal weights.
    Boxcar,
}

impl Choice for SpectrumWindow {
    const NOUN: &'static str = "a window";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("hann", Self::Hann),
        ("hamming", Self::Hamming),
        ("blackman", Self::Blackman),
        ("boxcar", Self::Boxcar),
    ];
}

impl SpectrumWindow {
    /// Weights, which repeat after the window.
    fn weights(self, len: usize) -> Vec<f64> {
        let cosines: &[f64] = match self {
            Self::Hann => &[0.5, -0.5],
            Self::Hamming => &[0.54, -0.46],
            Self::Blackman => &[0.42, -0.5, 0.08],
            Self::Boxcar => &[1.0],
        };
        let weight = |frame: usize| {
            let angle = TAU * frame as f64 / len as f64;
            let terms = cosines.iter().enumerate();
            terms.map(|(n, a)| a * (n as f64 * angle).cos()).sum()
        };
        match len {
            1 => vec![1.0],
            _ => (0..len).map(weight).collect(),
        }
    }
}

/// What is subtracted from each segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SegmentTrend {
    /// Its mean.
    Constant,
    /// Its least-squares line.
    Linear,
    /// Nothing.
    None,
}

impl Choice for SegmentTrend {
    const NOUN: &'static str = "a trend";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("constant", Self::Constant),
        ("linear", Self::Linear),
        ("none", Self::None),
    ];
}

impl SegmentTrend {
    pub(super) fn subtract(self, segment: &mut [f64]) {
        let count = segment.len() as f64;
        let mean = segment.iter().sum::<f64>() / count;
        let middle = (count - 1.0) / 2.0;
        let (mut sums, mut squares) = (0.0, 0.0);
        if self == Self::Linear {
            for (frame, sample) in segment.iter().enumerate() {
                let time = frame as f64 - middle;
                sums += time * (sample - mean);
                squares += time * time;
            }
        }
        let slope = if squares > 0.0 { sums / squares } else { 0.0 };
        let level = if self == Self::None { 0.0 } else { mean };
        for (frame, sample) in segment.iter_mut().enumerate() {
            *sample -= level + slope * (frame as f64 - middle);
        }
    }
}

/// Unit of the power.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PowerScaling {
    /// Squared unit of the samples per Hz: the integral is the variance.
    Density,
    /// Squared unit of the samples: a sine of amplitude a has the power a² / 2.
    Spectrum,
}

impl Choice for PowerScaling {
    const NOUN: &'static str = "a scaling of the power";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("density", Self::Density), ("spectrum", Self::Spectrum)];
}

/// Options of [`power_spectrum`].
#[derive(Debug, Clone)]
pub struct SpectrumOptions {
    /// Number of frames of a segment; default: all.
    pub segment: Option<usize>,
    /// Number of frames that a segment shares with the next; default: half.
    pub overlap: Option<usize>,
    /// Weights of the frames of a segment.
    pub window: SpectrumWindow,
    /// What is subtracted from each segment.
    pub trend: SegmentTrend,
    /// Unit of the power.
    pub scaling: PowerScaling,
    /// Frame rate in Hz; default: that of the video.
    pub fps: Option<f64>,
}

/// Power of each pixel by frequency.
pub struct PowerSpectrum {
    /// Frequencies in Hz.
    pub frequencies: Vec<f64>,
    /// Power, with frequency as the first axis.
    pub power: Video,
}

/// One-sided power spectrum of each trace: the mean of those of its segments (Welch 1967). Samples
/// of 8 and 16 bits give `float32`, wider ones `float64`. NaN where the trace has NaN.
pub fn power_spectrum(video: &Video, options: &SpectrumOptions) -> Result<PowerSpectrum> {
    let fps = frame_rate("power_spectrum", video, options.fps)?;
    let welch = Welch::new(video.len(), fps, options)?;
    let power = match video.dtype().is_wide() || video.ndim() == 1 {
        true => welch.measure::<f64>(video)?,
        false => welch.measure::<f32>(video)?,
    };
    let resolution = fps / welch.window.len() as f64;
    Ok(PowerSpectrum {
        frequencies: (0..welch.bins())
            .map(|bin| bin as f64 * resolution)
            .collect(),
        power,
    })
}

struct Welch {
    fft: Arc<dyn Fft<f64>>,
    window: Vec<f64>,
    /// Frames from a segment to the next.
    step: usize,
    trend: SegmentTrend,
    /// Power of a sum of one segment.
    scale: f64,
}

impl Welch {
    fn new(frames: usize, fps: f64, options: &SpectrumOptions) -> Result<Self> {
        let segment = options.segment.unwrap_or(frames);
        if segment < 2 || segment > frames {
            bail!(
                "power_spectrum needs `segment` to be from 2 to the number of frames, {frames}, got \
                 {segment}"
            );
        }
        let overlap = options.overlap.unwrap_or(segment / 2);
        if overlap >= segment {
            bail!("power_spectrum needs `overlap` below `segment`, {segment}, got {overlap}");
        }
        let window = options.window.weights(segment);
        let scale = match options.scaling {
            PowerScaling::Density => 1.0 / (fps * window.iter().map(|w| w * w).sum::<f64>()),
            PowerScaling::Spectrum => 1.0 / window.iter().sum::<f64>().powi(2),
        };
        Ok(Self {
            fft: FftPlanner::new().plan_fft_forward(segment),
            window,
            step: segment - overlap,
            trend: options.trend,
            scale,
        })
    }

    /// Number of frequencies, from 0 to half the frame rate.
    fn bins(&self) -> usize {
        self.window.len() / 2 + 1
    }

    /// Spectra of all pixels, with frequency as the first axis.
    fn measure<R: Real>(&self, video: &Video) -> Result<Video> {
        /// Number of neighboring pixels that one parallel step measures.
        const PIXELS: usize = 16;
        let (frames, bins) = (video.len(), self.bins());
        let mut shape = video.shape()[1..].to_vec();
        shape.push(bins);
        let mut power = Strided::<R>::for_writing(&shape)?;
        let steps = power.as_mut_slice()?.chunks_mut(PIXELS * bins);
        let memory = || (Vec::new(), Vec::new(), Vec::new());
        task::for_each_init(
            "measuring spectra",
            steps.enumerate(),
            memory,
            |(samples, segment, sums), (step, power)| {
                let (first, pixels) = (step * PIXELS, power.len() / bins);
                samples.resize(frames * pixels, 0.0);
                let run = first..first + pixels;
                video.samples().read_frames(0..frames, run, samples);
                for (pixel, power) in power.chunks_mut(bins).enumerate() {
                    let trace: Vec<f64> =
                        samples[pixel..].iter().step_by(pixels).copied().collect();
                    if trace.iter().all(|sample| sample.is_finite()) {
                        self.add_segments(&trace, segment, sums);
                        let pairs = power.iter_mut().zip(&*sums);
                        pairs.for_each(|(power, sum)| *power = R::from_f64(*sum));
                    } else {
                        power.fill(R::nan());
                    }
                }
                Ok(())
            },
        )?;
        let power = video.with_samples(power);
        let layout = (0..shape.len() - 1)
            .rev()
            .fold(power.layout().clone(), |layout, axis| {
                layout.swap(axis, axis + 1)
            });
        let mut power = power.with_layout(layout);
        power.metadata_mut().fps = None;
        Ok(power)
    }

    /// Mean of the power of the segments of a trace.
    fn add_segments(&self, trace: &[f64], segment: &mut Vec<f64>, sums: &mut Vec<f64>) {
        let len = self.window.len();
        sums.clear();
        sums.resize(self.bins(), 0.0);
        let mut spectrum = vec![Complex::default(); len];
        let starts = (0..trace.len() - len + 1).step_by(self.step);
        let scale = self.scale / starts.len() as f64;
        for start in starts {
            segment.clear();
            segment.extend_from_slice(&trace[start..start + len]);
            self.trend.subtract(segment);
            let weighted = segment.iter().zip(&self.window);
            for (out, (sample, weight)) in spectrum.iter_mut().zip(weighted) {
                *out = Complex::new(sample * weight, 0.0);
            }
            self.fft.process(&mut spectrum);
            for (bin, (sum, value)) in sums.iter_mut().zip(&spectrum).enumerate() {
                // All but 0 and half the frame rate count for the negative frequency, too.
                let is_single = bin == 0 || 2 * bin == len;
                *sum += value.norm_sqr() * scale * if is_single { 1.0 } else { 2.0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, noise, values, video};

    const PERIODOGRAM: SpectrumOptions = SpectrumOptions {
        segment: None,
        overlap: None,
        window: SpectrumWindow::Hann,
        trend: SegmentTrend::Constant,
        scaling: PowerScaling::Density,
        fps: Some(100.0),
    };

    /// 0, 1, 4, 9, … 121 modulo 7.
    fn squares() -> Video {
        video(&[12], (0..12).map(|t| f64::from(t * t % 7)).collect())
    }

    #[track_caller]
    fn check(options: &SpectrumOptions, expected: &[f64]) {
        let found = power_spectrum(&squares(), options).unwrap();
        let resolution = 100.0 / options.segment.unwrap_or(12) as f64;
        for (bin, frequency) in found.frequencies.iter().enumerate() {
            assert!((frequency - bin as f64 * resolution).abs() < 1e-12);
        }
        for (found, expected) in values(&found.power).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        assert_eq!(found.power.shape(), [expected.len()]);
    }

    /// `scipy.signal.periodogram(x, 100.0, )` of SciPy 1.17.1.
    #[test]
    fn periodograms_are_those_of_scipy() {
        let options = SpectrumOptions {
            window: SpectrumWindow::Boxcar,
            ..PERIODOGRAM
        };
        check(
            &options,
            &[
                1.925929944387236e-34,
                0.00755983064143707,
                0.07999999999999996,
                0.0683333333333333,
                0.04666666666666664,
                0.019106836025229584,
                0.007499999999999998,
            ],
        );
    }

    /// `scipy.signal.periodogram(x, 100.0, window='blackman', detrend='linear', scaling='spectrum')` of SciPy 1.17.1.
    #[test]
    fn windows_and_lines_are_those_of_scipy() {
        let options = SpectrumOptions {
            window: SpectrumWindow::Blackman,
            trend: SegmentTrend::Linear,
            scaling: PowerScaling::Spectrum,
            ..PERIODOGRAM
        };
        check(
            &options,
            &[
                0.00785817198773084,
                0.5163173537116845,
                1.1887123288585497,
                1.407096245683699,
                0.6176926642900303,
                0.17786863340358833,
                0.16111506330377845,
            ],
        );
    }

    /// `scipy.signal.welch(x, 100.0, nperseg=5)` of SciPy 1.17.1.
    #[test]
    fn segments_are_those_of_scipy() {
        let options = SpectrumOptions {
            segment: Some(5),
            ..PERIODOGRAM
        };
        check(
            &options,
            &[
                0.010377235736527391,
                0.062275798439164566,
                0.05428233551805522,
            ],
        );
    }

    /// `scipy.signal.welch(x, 100.0, nperseg=6, noverlap=4, window='hamming', detrend=False)` of SciPy 1.17.1.
    #[test]
    fn overlaps_are_those_of_scipy() {
        let options = SpectrumOptions {
            segment: Some(6),
            overlap: Some(4),
            window: SpectrumWindow::Hamming,
            trend: SegmentTrend::None,
            ..PERIODOGRAM
        };
        check(
            &options,
            &[
                0.19493782502935747,
                0.12424760946149968,
                0.050743163898674705,
                0.011204391041771511,
            ],
        );
    }

    #[test]
    fn pixels_are_independent_and_gaps_stay_with_theirs() {
        let mut samples = noise(40 * 6, 4);
        samples[3] = f32::NAN;
        let input = video(&[40, 2, 3], samples);
        let options = SpectrumOptions {
            segment: Some(16),
            ..PERIODOGRAM
        };
        let found = power_spectrum(&input, &options).unwrap();
        assert_eq!(found.power.shape(), [9, 2, 3]);
        let trace: Vec<f64> = values(&input).into_iter().skip(4).step_by(6).collect();
        let alone = power_spectrum(&video(&[40], trace), &options).unwrap();
        for (frame, alone) in values(&found.power).chunks(6).zip(values(&alone.power)) {
            assert!((frame[4] - alone).abs() < 1e-6 && frame[3].is_nan());
        }
        check_threads(|| Ok(power_spectrum(&input, &options)?.power));
    }

    #[test]
    fn the_power_of_a_sine_is_half_its_squared_amplitude() {
        let sine = |t: i32| 3.0 * (TAU * 5.0 * f64::from(t) / 100.0).sin();
        let options = SpectrumOptions {
            scaling: PowerScaling::Spectrum,
            ..PERIODOGRAM
        };
        let trace = video(&[200], (0..200).map(sine).collect());
        let found = power_spectrum(&trace, &options).unwrap();
        assert!((values(&found.power)[10] - 4.5).abs() < 1e-9);
        let density = power_spectrum(&trace, &PERIODOGRAM).unwrap();
        let variance = values(&density.power).iter().sum::<f64>() * 0.5;
        assert!((variance - 4.5).abs() < 0.01, "{variance}");
    }

    #[test]
    fn segments_must_fit() {
        let refused = |segment, overlap| {
            let options = SpectrumOptions {
                segment,
                overlap,
                ..PERIODOGRAM
            };
            power_spectrum(&squares(), &options).is_err()
        };
        assert!(refused(Some(13), None) && refused(Some(1), None));
        assert!(refused(Some(6), Some(6)) && !refused(Some(6), Some(5)));
        let unknown = SpectrumOptions {
            fps: None,
            ..PERIODOGRAM
        };
        assert!(power_spectrum(&squares(), &unknown).is_err());
    }
}
