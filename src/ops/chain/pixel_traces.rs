//! Traces of pixels: all samples of a pixel in time, one pixel after the other, although frames
//! are computed block by block.
//!
//! Each block is put in this order as it arrives and written to a scratch file, one block after the
//! other. A group of pixels is then read as a contiguous part of each block. So both passes move
//! long runs of bytes, nothing is computed twice, and in memory are a few blocks.

use crate::error::Result;
use crate::task;
use crate::video::{Element, Layout, Strided, Video, copy_frames};

use super::chain_frames::{for_each_window, room_aside};

/// Order in which the pixels of a frame follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelOrder {
    /// The last axis of the frame varies fastest.
    RowMajor,
    /// The first axis of the frame varies fastest, as in MATLAB.
    ColumnMajor,
}

/// Traces of all pixels of a video.
pub struct PixelTraces<T> {
    /// Blocks of frames one after the other, in each of them the traces of all pixels.
    samples: Strided<T>,
    /// Number of the first frame of each block.
    starts: Vec<usize>,
    n_frames: usize,
    n_pixels: usize,
}

impl<T: Element> PixelTraces<T> {
    /// Traces of a video of frames whose samples are of the type. Frames that are still to be
    /// computed are not kept; see [`for_each_window`].
    pub fn of(video: &Video, order: PixelOrder) -> Result<Self> {
        let (n_frames, n_pixels) = (video.len(), video.frame_len());
        let mut samples = room_aside::<T>(&[n_frames * n_pixels])?;
        let room = samples.as_mut_slice()?;
        let mut starts = Vec::new();
        for_each_window(video, 1, |first, window| {
            starts.push(first);
            let out = &mut room[first * n_pixels..][..window.len() * n_pixels];
            copy_traces(window, order, out)
        })?;
        Ok(Self {
            samples,
            starts,
            n_frames,
            n_pixels,
        })
    }

    /// Calls a function with groups of neighboring pixels, on all cores: with the number of the first
    /// one, and with their traces, which have at most `bytes` bytes together unless there is only one.
    pub fn for_each(
        &self,
        operation: &'static str,
        bytes: usize,
        each: impl Fn(usize, &[T]) -> Result<()> + Sync,
    ) -> Result<()> {
        let samples = self.samples.as_slice().expect("made in this order");
        let per_group = (bytes / size_of::<T>() / self.n_frames.max(1)).max(1);
        let groups = 0..self.n_pixels.div_ceil(per_group);
        task::for_each_init(operation, groups, Vec::new, |traces, group| {
            let first = group * per_group;
            let count = per_group.min(self.n_pixels - first);
            traces.resize(count * self.n_frames, T::default());
            let ends = self.starts.iter().skip(1).chain([&self.n_frames]);
            for (start, end) in self.starts.iter().zip(ends) {
                let len = end - start;
                let begin = start * self.n_pixels + first * len;
                let parts = samples[begin..begin + count * len].chunks_exact(len);
                for (trace, part) in traces.chunks_exact_mut(self.n_frames).zip(parts) {
                    trace[*start..*end].copy_from_slice(part);
                }
            }
            each(first, traces)
        })
    }
}

/// Copies the traces of the pixels within a block of frames.
fn copy_traces<T: Element>(block: &Video, order: PixelOrder, out: &mut [T]) -> Result<()> {
    let array = T::unwrap(block.samples().clone()).expect("the type of all blocks");
    let array = match array.layout().has_contiguous_frames() {
        true => array,
        false => array.copy()?,
    };
    let layout = array.layout();
    let (shape, strides) = match order {
        PixelOrder::RowMajor => (
            vec![block.frame_len(), block.len()],
            vec![1, layout.strides()[0]],
        ),
        PixelOrder::ColumnMajor => (
            layout.shape().iter().rev().copied().collect(),
            layout.strides().iter().rev().copied().collect(),
        ),
    };
    let turned = Layout::new(layout.offset(), &shape, &strides);
    task::as_part(|| copy_frames(&array.with_layout(turned), out))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::ops::chain::Stage;
    use crate::ops::testing::{ramp, values};
    use crate::video::{TEST_LIMITS, TestLimits};

    /// The traces of a chain that ends in a view, in groups of some bytes.
    fn traces(shape: &[usize], order: PixelOrder, flipped: bool, bytes: usize) -> Vec<f64> {
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            block: 3,
            per_call: 1,
        }));
        let view = move |video: Video| match flipped {
            true => Ok(video.with_layout(video.layout().flip(1).flip(2))),
            false => Ok(video),
        };
        let video = Stage::of_frames("view").apply(ramp(shape), view).unwrap();
        assert!(video.is_streamable());
        let traces = PixelTraces::<f32>::of(&video, order).unwrap();
        TEST_LIMITS.set(None);
        let found = Mutex::new(vec![0.0; shape.iter().product()]);
        let collect = |first: usize, traces: &[f32]| {
            let samples = traces.iter().map(|sample| f64::from(*sample));
            let out = &mut found.lock().unwrap()[first * shape[0]..][..traces.len()];
            out.iter_mut()
                .zip(samples)
                .for_each(|(out, sample)| *out = sample);
            Ok(())
        };
        traces.for_each("reading", bytes, collect).unwrap();
        found.into_inner().unwrap()
    }

    #[test]
    fn traces_are_the_samples_of_each_pixel_in_time() {
        for (shape, flipped) in [
            (&[7, 5, 4][..], false),
            (&[7, 5, 4], true),
            (&[3, 2, 3, 2], false),
            (&[10, 3, 4, 3], true),
            (&[1, 3, 2], false),
        ] {
            let whole = ramp(shape);
            let whole = match flipped {
                true => whole.with_layout(whole.layout().flip(1).flip(2)),
                false => whole,
            };
            let axes = shape.len();
            let turned = |order: &[usize]| {
                let layout = whole.layout();
                let shape: Vec<_> = order.iter().map(|axis| layout.shape()[*axis]).collect();
                let strides: Vec<_> = order.iter().map(|axis| layout.strides()[*axis]).collect();
                values(&whole.with_layout(Layout::new(layout.offset(), &shape, &strides)))
            };
            let row_major: Vec<usize> = (1..axes).chain([0]).collect();
            let column_major: Vec<usize> = (0..axes).rev().collect();
            for bytes in [1, 100, 1 << 20] {
                let found = traces(shape, PixelOrder::RowMajor, flipped, bytes);
                assert_eq!(found, turned(&row_major), "{shape:?} {bytes}");
                let found = traces(shape, PixelOrder::ColumnMajor, flipped, bytes);
                assert_eq!(found, turned(&column_major), "{shape:?} {bytes}");
            }
        }
    }
}
