//! Phase of periodic activity, and phase singularities.

use std::f64::consts::TAU;
use std::sync::Arc;

use rustfft::{Fft, FftPlanner};

use crate::bail;
use crate::error::Result;
use crate::ops::array::elementwise::{Arithmetic, Operand, UnaryFunction, apply, arithmetic};
use crate::ops::expect_gray_frames;
use crate::ops::filter::nan_mean::smooth_spatiotemporal;
use crate::ops::kernel::fourier::Complex;
use crate::ops::kernel::{Kernel, TraceBlock, map_traces};
use crate::task;
use crate::video::{Real, Strided, Video, shape_text};

/// Phase of the trace of every pixel in radians, from −π to π: the angle of the analytic signal of
/// the trace minus its mean, atan2(H(x − m), x − m) with the Hilbert transform H, as in SciPy's
/// `numpy.angle(scipy.signal.hilbert(x - x.mean()))`. A sample that is not finite makes the whole
/// trace of its pixel NaN.
pub fn hilbert_phase(video: Video) -> Result<Video> {
    if video.is_empty() {
        bail!(
            "hilbert_phase needs samples, got shape {}",
            shape_text(video.shape())
        );
    }
    let mut planner = FftPlanner::new();
    let hilbert = Hilbert {
        forward: planner.plan_fft_forward(video.len()),
        inverse: planner.plan_fft_inverse(video.len()),
    };
    match video.dtype().is_wide() {
        true => map_traces::<f64>("finding the phase", video, hilbert),
        false => map_traces::<f32>("finding the phase", video, hilbert),
    }
}

struct Hilbert {
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
}

/// The transform is linear and real, so that two traces are transformed at once, as the real and
/// the imaginary part of one.
impl<R: Real> Kernel<TraceBlock<'_, R>> for Hilbert {
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let pixels = traces.pixels;
        let frames = traces.samples.len() / pixels;
        let mut pair = vec![Complex::default(); frames];
        let mut spectrum = pair.clone();
        let scratch = self.forward.get_inplace_scratch_len();
        let mut scratch =
            vec![Complex::default(); scratch.max(self.inverse.get_inplace_scratch_len())];
        for first in (0..pixels).step_by(2) {
            let second = (first + 1).min(pixels - 1);
            let means = [first, second].map(|pixel| mean(traces.samples, pixels, pixel));
            for (frame, pair) in pair.iter_mut().enumerate() {
                let at = |pixel: usize, mean: Option<f64>| match mean {
                    Some(mean) => f64::from_element(traces.samples[frame * pixels + pixel]) - mean,
                    None => 0.0,
                };
                *pair = Complex::new(at(first, means[0]), at(second, means[1]));
            }
            spectrum.copy_from_slice(&pair);
            self.forward
                .process_with_scratch(&mut spectrum, &mut scratch);
            turn(&mut spectrum);
            self.inverse
                .process_with_scratch(&mut spectrum, &mut scratch);
            let scale = 1.0 / frames as f64;
            for (frame, (pair, turned)) in pair.iter().zip(&spectrum).enumerate() {
                let results = traces.results.frame(frame);
                let angle = |mean: Option<f64>, turned: f64, trace: f64| match mean {
                    Some(_) => R::from_f64((turned * scale).atan2(trace)),
                    None => R::nan(),
                };
                results[second] = angle(means[1], turned.im, pair.im);
                results[first] = angle(means[0], turned.re, pair.re);
            }
        }
    }
}

/// Mean of a trace, if all of it is finite.
fn mean<R: Real>(samples: &[R], pixels: usize, pixel: usize) -> Option<f64> {
    let trace = samples[pixel..].iter().step_by(pixels);
    let sum: f64 = trace.clone().map(|sample| f64::from_element(*sample)).sum();
    let mean = sum / trace.len() as f64;
    mean.is_finite().then_some(mean)
}

/// Shifts the phases of all frequencies back by a quarter of a cycle.
fn turn(spectrum: &mut [Complex<f64>]) {
    let len = spectrum.len();
    for (index, value) in spectrum.iter_mut().enumerate() {
        *value = match index {
            0 => Complex::default(),
            index if 2 * index == len => Complex::default(),
            index if 2 * index < len => Complex::new(value.im, -value.re),
            _ => Complex::new(-value.im, value.re),
        };
    }
}

/// Smooths phases in time and space with Gaussian weights of standard deviations in frames and in
/// pixels: their circular mean, the angle of the mean of the points on the unit circle. NaN samples
/// are left out and stay NaN.
pub fn smooth_phase(phase: Video, sigma_temporal: f64, sigma_spatial: f64) -> Result<Video> {
    expect_gray_frames(&phase, "smooth_phase")?;
    let named = [
        ("sigma_temporal", sigma_temporal),
        ("sigma_spatial", sigma_spatial),
    ];
    if let Some((name, sigma)) = named.iter().find(|(_, s)| !(*s >= 0.0 && s.is_finite())) {
        bail!("smooth_phase needs `{name}` to be a number >= 0, got {sigma}");
    }
    let smooth = |part: UnaryFunction, phase: Video| {
        let part = apply(part, phase)?;
        smooth_spatiotemporal(part, sigma_temporal, sigma_spatial).map(Operand::Array)
    };
    let sine = smooth(UnaryFunction::Sin, phase.clone())?;
    let cosine = smooth(UnaryFunction::Cos, phase)?;
    arithmetic(Arithmetic::Atan2, sine, cosine)
}

/// Topological charge of each square of four pixels, stored at its upper left pixel: 1 where the
/// phase increases by 2π clockwise around it, −1 where it decreases, else 0; also 0 where a pixel
/// is NaN (Iyer & Gray 2001).
pub fn phase_singularities(phase: &Video) -> Result<Video> {
    let (2 | 3) = phase.ndim() else {
        bail!(
            "phase_singularities needs a video {{t, y, x}} or an image of phases, got a {} of shape {}",
            phase.kind(),
            shape_text(phase.shape())
        );
    };
    let frames = match phase.ndim() {
        2 => phase.with_layout(phase.layout().insert_axis(0)),
        _ => phase.clone(),
    };
    let (frame_len, width) = (frames.frame_len(), frames.shape()[2]);
    let mut charges = Strided::<i8>::zeroed(phase.shape())?;
    let steps = charges
        .as_mut_slice()?
        .chunks_mut(frame_len.max(1))
        .enumerate();
    task::for_each_init(
        "finding singularities",
        steps,
        Vec::new,
        |samples, (frame, charges)| {
            samples.resize(frame_len, 0.0);
            frames.samples().read(frame, 0..frame_len, samples);
            for y in 1..frame_len / width.max(1) {
                for x in 1..width {
                    let below = y * width + x;
                    let corners = [below - width - 1, below - width, below, below - 1];
                    charges[below - width - 1] = charge(corners.map(|at| samples[at]));
                }
            }
            Ok(())
        },
    )?;
    Ok(phase.with_samples(charges))
}

/// Winding number of the phase around four pixels.
fn charge(phases: [f64; 4]) -> i8 {
    let steps = (0..4).map(|corner| phases[(corner + 1) % 4] - phases[corner]);
    let turns: f64 = steps.map(|step| step / TAU - (step / TAU).round()).sum();
    turns.round() as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, ramp, values, video};

    #[test]
    fn the_phase_of_a_wave_is_its_argument() {
        for frames in [40, 41] {
            let wave = |t: usize| (TAU * 3.0 * t as f64 / frames as f64).cos() + 7.0;
            let found = hilbert_phase(video(&[frames], (0..frames).map(wave).collect())).unwrap();
            for (t, phase) in values(&found).iter().enumerate() {
                let turns = phase / TAU - 3.0 * t as f64 / frames as f64;
                assert!((turns - turns.round()).abs() < 1e-9);
            }
        }
    }

    /// `numpy.angle(scipy.signal.hilbert(x - x.mean()))` of 0, 1, 4, 9, 16 and 25.
    #[test]
    fn it_is_that_of_scipy() {
        let squares = video(&[6], (0..6).map(|t| f64::from(t * t)).collect());
        let found = values(&hilbert_phase(squares).unwrap());
        let expected = [
            2.155246293332259,
            -2.8660043988790687,
            -2.412123659334441,
            -1.594847949139256,
            -0.9339004627893287,
            0.5281448093930164,
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn pixels_are_independent_and_gaps_stay_with_theirs() {
        let mut samples = noise(20 * 3 * 3, 4);
        let trace: Vec<f32> = samples.iter().skip(4).step_by(9).copied().collect();
        samples[3] = f32::NAN;
        samples[9 + 5] = f32::INFINITY;
        let found = values(&hilbert_phase(video(&[20, 3, 3], samples)).unwrap());
        let alone = values(&hilbert_phase(video(&[20], trace)).unwrap());
        for (frame, alone) in found.chunks(9).zip(alone) {
            assert!((frame[4] - alone).abs() < 1e-6 && frame[3].is_nan() && frame[5].is_nan());
        }
        let input = video(&[30, 20, 30], noise(18_000, 9));
        check_threads(|| hilbert_phase(input.clone()));
        check_reuse(input, hilbert_phase);
        assert!(hilbert_phase(ramp(&[0, 2, 2])).is_err());
    }

    /// Phases that grow by 0.4 a pixel and 0.3 a frame, between −π and π.
    #[test]
    fn smoothing_keeps_waves_across_the_jump_of_the_phase() {
        let phase = |t: usize, y: usize, x: usize| 0.3 * t as f64 + 0.4 * x as f64 + 0.0 * y as f64;
        let wrapped = |angle: f64| angle.sin().atan2(angle.cos());
        let frames = |t| (0..9).flat_map(move |y| (0..40).map(move |x| wrapped(phase(t, y, x))));
        let mut samples: Vec<f64> = (0..30).flat_map(frames).collect();
        samples[15 * 360 + 5 * 40 + 21] = f64::NAN;
        let noisy: Vec<f64> = samples
            .iter()
            .zip(noise(30 * 360, 5))
            .map(|(phase, noise)| wrapped(phase + f64::from(noise) - 0.5))
            .collect();
        let error = |samples: Vec<f64>| {
            let found = values(&smooth_phase(video(&[30, 9, 40], samples), 1.5, 1.0).unwrap());
            let at = 15 * 360 + 4 * 40;
            assert!(found[at + 40 + 21].is_nan());
            let errors = (10..30).map(|x| wrapped(found[at + x] - phase(15, 4, x)).abs());
            errors.fold(0.0, f64::max)
        };
        // The weights around the NaN pixel are not symmetric.
        assert!(error(samples) < 0.05);
        assert!(error(noisy) < 0.25);
        let phases = ramp(&[3, 4, 5]);
        assert!(smooth_phase(phases.clone(), -1.0, 1.0).is_err());
        assert!(smooth_phase(phases.frame(0), 1.0, 1.0).is_err());
    }

    #[test]
    fn charges_are_where_the_phase_turns() {
        let center = (2.5, 3.5);
        let pixels = || (0..6).flat_map(|y| (0..8).map(move |x| (y as f64, x as f64)));
        let angle = |(y, x): (f64, f64)| (y - center.0).atan2(x - center.1) as f32;
        let turning: Vec<f32> = pixels().map(angle).collect();
        let found = values(&phase_singularities(&video(&[6, 8], turning.clone())).unwrap());
        assert_eq!(found[2 * 8 + 3], 1.0);
        assert_eq!(found.iter().filter(|charge| **charge != 0.0).count(), 1);
        let back = turning.iter().map(|phase| -phase).collect();
        let found = values(&phase_singularities(&video(&[1, 6, 8], back)).unwrap());
        assert_eq!(found[2 * 8 + 3], -1.0);
        let nothing = vec![f32::NAN; 48];
        let found = values(&phase_singularities(&video(&[6, 8], nothing)).unwrap());
        assert!(found.iter().all(|charge| *charge == 0.0));
        assert_eq!(phase_singularities(&ramp(&[2, 0])).unwrap().shape(), [2, 0]);
        assert!(phase_singularities(&ramp(&[4])).is_err());
    }
}
