//! Means of 2×2 pixels, by far the most frequent resizing.

use super::typed;
use crate::error::Result;
use crate::ops::kernel::{Kernel, run_kernel};
use crate::task;
use crate::video::{DType, Element, Strided, Video};

/// Halves the size of frames; `None` if the general method is needed.
pub(super) fn resize(video: &Video, shape: &[usize]) -> Option<Result<Video>> {
    let is_even = video.shape()[1..3].iter().all(|len| len % 2 == 0);
    if video.ndim() != 3 || !is_even || !video.layout().has_contiguous_frames() {
        return None;
    }
    match video.dtype() {
        DType::U8 => Some(halve::<u8>(video, shape)),
        DType::U16 => Some(halve::<u16>(video, shape)),
        DType::I16 => Some(halve::<i16>(video, shape)),
        DType::F32 => Some(halve::<f32>(video, shape)),
        _ => None,
    }
}

/// A sample type with a fast mean of four samples.
trait Quarter: Element {
    /// Mean; ints are rounded, halves up.
    fn mean(four: [Self; 4]) -> Self;
}

macro_rules! int_quarters {
    ($($type:ty),*) => {
        $(impl Quarter for $type {
            #[inline(always)]
            fn mean([a, b, c, d]: [Self; 4]) -> Self {
                let (a, b, c, d) = (i32::from(a), i32::from(b), i32::from(c), i32::from(d));
                ((a + b + c + d + 2) >> 2) as $type
            }
        })*
    };
}

int_quarters!(u8, u16, i16);

impl Quarter for f32 {
    #[inline(always)]
    fn mean([a, b, c, d]: [Self; 4]) -> Self {
        (a + b + c + d) * 0.25
    }
}

fn halve<T: Quarter>(video: &Video, shape: &[usize]) -> Result<Video> {
    let mut result = Strided::<T>::for_writing(shape)?;
    let source = typed::<T>(video);
    let cols = shape[2];
    let frames = result
        .as_mut_slice()?
        .chunks_mut(shape[1] * cols)
        .enumerate();
    task::for_each("resizing", frames, |(t, out)| {
        let frame = source.frame_slice(t).expect("contiguous frames");
        run_kernel(&Halve { cols }, (frame, out));
        Ok(())
    })?;
    Ok(video.with_samples(result))
}

/// Averages pairs of rows.
struct Halve {
    cols: usize,
}

impl<T: Quarter> Kernel<(&[T], &mut [T])> for Halve {
    #[inline(always)]
    fn run(&self, (frame, out): (&[T], &mut [T])) {
        let rows = frame.chunks_exact(4 * self.cols);
        for (rows, out) in rows.zip(out.chunks_exact_mut(self.cols)) {
            let (upper, lower) = rows.split_at(2 * self.cols);
            let pairs = upper
                .as_chunks::<2>()
                .0
                .iter()
                .zip(lower.as_chunks::<2>().0);
            for (out, ([a, b], [c, d])) in out.iter_mut().zip(pairs) {
                *out = T::mean([*a, *b, *c, *d]);
            }
        }
    }
}
