//! Discrete Fourier transforms of images.
//!
//! The `rustfft` crate transforms one axis, of any length; the second axis is added here. It has no
//! filters: Hilbert transforms and spectra (`ops::wave`) weight its coefficients themselves, and
//! frequency bands are recursive filters (`butterworth`), as in SciPy.

use rustfft::{FftDirection, FftPlanner};

pub(in crate::ops) use rustfft::num_complex::Complex;

/// Transforms the rows of an image, then its columns, without normalization.
pub(in crate::ops) fn transform(image: &mut [Complex<f64>], width: usize, direction: FftDirection) {
    let height = image.len() / width.max(1);
    let mut planner = FftPlanner::new();
    planner.plan_fft(width, direction).process(image);
    let column = planner.plan_fft(height, direction);
    let mut samples = vec![Complex::default(); height];
    let mut scratch = vec![Complex::default(); column.get_inplace_scratch_len()];
    for x in 0..width {
        for (sample, row) in samples.iter_mut().zip(image.chunks_exact(width)) {
            *sample = row[x];
        }
        column.process_with_scratch(&mut samples, &mut scratch);
        for (sample, row) in samples.iter().zip(image.chunks_exact_mut(width)) {
            row[x] = *sample;
        }
    }
}

/// Frequency of a coefficient in cycles per sample; the upper half is negative.
pub(in crate::ops) fn frequency(index: usize, len: usize) -> f64 {
    let index = match index < len.div_ceil(2) {
        true => index as f64,
        false => index as f64 - len as f64,
    };
    index / len as f64
}
