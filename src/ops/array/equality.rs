//! Equality of two arrays.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::bail;
use crate::error::Result;
use crate::ops::kernel::ChunkPlan;
use crate::task;
use crate::video::{Element, Strided, Video, map_samples, read_run};

/// Whether two arrays have the same shape, sample type and samples; NaN equals NaN.
pub fn equals(a: &Video, b: &Video) -> Result<bool> {
    if a.shape() != b.shape() || a.dtype() != b.dtype() {
        return Ok(false);
    }
    Ok(a.shares_samples(b) || map_samples!(a.samples(), array => same_samples(array, b))?)
}

#[allow(clippy::eq_op)]
fn same_samples<T: Element>(a: &Strided<T>, b: &Video) -> Result<bool> {
    let b = T::unwrap(b.samples().clone()).expect("arrays of the same type");
    let chunks = ChunkPlan::of([a.layout(), b.layout()]);
    let read = |array: &Strided<T>, first, out: &mut [T]| {
        chunks.runs(first, out.len(), |frames, run, offset| {
            let outs = out[offset].chunks_mut(run.len());
            for (frame, out) in frames.zip(outs) {
                read_run(array, frame, run.clone(), out);
            }
        });
    };
    let same = |a: &[T], b: &[T]| {
        let mut pairs = a.iter().zip(b);
        pairs.all(|(a, b)| a == b || a != a && b != b)
    };
    all_chunks(a.layout().len(), chunks.len, |(left, right), first, len| {
        left.resize(len, T::default());
        right.resize(len, T::default());
        read(a, first, left);
        read(&b, first, right);
        same(left, right)
    })
}

/// Whether two arrays have the same shape, and samples that differ by no more than `atol + rtol
/// |b|`.
pub fn allclose(a: &Video, b: &Video, rtol: f64, atol: f64, equal_nan: bool) -> Result<bool> {
    if !(rtol >= 0.0 && atol >= 0.0) {
        bail!("allclose needs `rtol` and `atol` >= 0, got {rtol} and {atol}");
    }
    if a.shape() != b.shape() {
        return Ok(false);
    }
    let chunks = ChunkPlan::of([a.layout(), b.layout()]);
    let read = |video: &Video, first, out: &mut [f64]| {
        chunks.runs(first, out.len(), |frames, run, offset| {
            video.samples().read_frames(frames, run, &mut out[offset]);
        });
    };
    let is_close = |a: f64, b: f64| {
        a == b
            || (a - b).abs() <= atol + rtol * b.abs() && b.is_finite()
            || equal_nan && a.is_nan() && b.is_nan()
    };
    all_chunks(a.layout().len(), chunks.len, |(left, right), first, len| {
        left.resize(len, 0.0);
        right.resize(len, 0.0);
        read(a, first, left);
        read(b, first, right);
        left.iter().zip(right.iter()).all(|(a, b)| is_close(*a, *b))
    })
}

/// Whether a condition is true for every chunk of the samples; stops early once it is false.
fn all_chunks<T: Send>(
    len: usize,
    piece_len: usize,
    holds: impl Fn(&mut (Vec<T>, Vec<T>), usize, usize) -> bool + Sync,
) -> Result<bool> {
    let all = AtomicBool::new(true);
    let chunks = 0..len.div_ceil(piece_len);
    let memory = || (Vec::new(), Vec::new());
    task::for_each_init("comparing", chunks, memory, |memory, chunk| {
        let first = chunk * piece_len;
        if all.load(Relaxed) && !holds(memory, first, piece_len.min(len - first)) {
            all.store(false, Relaxed);
        }
        Ok(())
    })?;
    Ok(all.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{noise, video};

    #[test]
    fn views_equal_what_they_show() {
        let mut samples = noise(300_000, 1);
        samples[77] = f32::NAN;
        let a = video(&[300, 20, 50], samples);
        let b = a.with_layout(a.layout().flip(0).swap(1, 2));
        let again = b.with_layout(b.layout().swap(1, 2).flip(0));
        assert!(equals(&a, &again).unwrap() && !equals(&a, &b).unwrap());
        let turned = map_samples!(b.samples(), array => Video::new(array.copy().unwrap()));
        assert!(equals(&b, &turned).unwrap());
        assert!(!allclose(&a, &a, 0.0, 0.0, false).unwrap());
        assert!(allclose(&a, &a, 0.0, 0.0, true).unwrap());
    }

    #[test]
    fn differences_are_measured_by_the_second() {
        let a = video(&[3], vec![1.0f32, 100.0, f32::INFINITY]);
        let b = video(&[3], vec![1.0f64, 100.5, f64::INFINITY]);
        assert!(!equals(&a, &b).unwrap());
        assert!(allclose(&a, &b, 0.01, 0.0, false).unwrap());
        assert!(!allclose(&a, &b, 0.001, 0.1, false).unwrap());
        let c = video(&[3], vec![1.0f64, 100.5, 3.0]);
        assert!(!allclose(&c, &b, 0.01, 1.0, false).unwrap());
        assert!(allclose(&a, &b, -1.0, 0.0, false).is_err());
    }
}
