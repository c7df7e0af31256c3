//! Interpolation by weighted sums: first along rows, then along columns, which are summed from a
//! ring buffer of finished rows.

use super::across::{Across, Interpolate};
use super::taps::Taps;
use super::{FrameResize, Interpolation};
use crate::error::Result;
use crate::ops::kernel::row_sums::sum_rows;
use crate::ops::kernel::{Kernel, run_kernel};
use crate::task;
use crate::video::{Element, Real, Samples, Strided, Video};

/// Interpolates samples of type `T` in the precision of `R`.
pub(super) fn resize<T: Element, R: Real>(
    video: &Video,
    frame: &FrameResize,
    shape: &[usize],
    how: Interpolation,
    across: Interpolate<R>,
) -> Result<Video> {
    let mut result = Strided::<T>::for_writing(shape)?;
    let plan = ResizePlan::new(frame, how, across);
    let frames = result
        .as_mut_slice()?
        .chunks_mut(frame.y.to * plan.x.out_len)
        .enumerate();
    let memory = || ResizeBuffers::new(&plan);
    task::for_each_init("resizing", frames, memory, |memory, (t, out)| {
        let source = SourceFrame {
            samples: video.samples(),
            frame: t,
        };
        run_kernel(&plan, (source, memory, out));
        Ok(())
    })?;
    Ok(video.with_samples(result))
}

/// Data shared by all frames.
struct ResizePlan<R> {
    y: Taps,
    x: Across<R>,
    rows: usize,
    in_len: usize,
    ring_rows: usize,
    across: Interpolate<R>,
}

/// Frame to read.
struct SourceFrame<'a> {
    samples: &'a Samples,
    frame: usize,
}

/// Scratch memory reused between frames.
struct ResizeBuffers<R> {
    /// A row as read, with its extension on both sides.
    row: Vec<R>,
    /// Ring buffer of finished rows: row y at y modulo the length of the ring.
    ring: Vec<R>,
    /// Offsets of the rows of a result in the ring buffer.
    offsets: Vec<usize>,
}

impl<R: Real> ResizeBuffers<R> {
    fn new(plan: &ResizePlan<R>) -> Self {
        Self {
            row: plan.x.memory(),
            ring: vec![R::zero(); plan.ring_rows * plan.x.out_len],
            offsets: Vec::new(),
        }
    }
}

impl<R: Real> ResizePlan<R> {
    fn new(frame: &FrameResize, how: Interpolation, across: Interpolate<R>) -> Self {
        let is_area = frame.y.scale >= 1.0 && frame.x.scale >= 1.0;
        let (y, x) = (frame.y.rows(how, is_area), frame.x.columns(how, is_area));
        Self {
            ring_rows: y.most(),
            rows: frame.y.from,
            in_len: frame.x.from * frame.channels,
            x: Across::new(&x, frame.x.from, frame.channels),
            y,
            across,
        }
    }

    /// Row of the frame for an index that may be beyond its ends.
    fn row(&self, offset: isize) -> usize {
        offset.clamp(0, self.rows as isize - 1) as usize
    }

    /// Offset of a row in the ring buffer.
    fn offset(&self, row: usize) -> usize {
        row % self.ring_rows * self.x.out_len
    }
}

impl<R: Real, T: Element> Kernel<(SourceFrame<'_>, &mut ResizeBuffers<R>, &mut [T])>
    for ResizePlan<R>
{
    #[inline(always)]
    fn run(&self, (source, memory, out): (SourceFrame<'_>, &mut ResizeBuffers<R>, &mut [T])) {
        let ResizeBuffers { row, ring, offsets } = memory;
        let mut done = 0;
        for (y, out) in out.chunks_exact_mut(self.x.out_len).enumerate() {
            let (first, weights) = (self.y.first[y], self.y.weights(y));
            let last = self.row(first + weights.len() as isize - 1);
            done = done.max(self.row(first));
            while done <= last {
                let run = done * self.in_len..(done + 1) * self.in_len;
                source.samples.read(source.frame, run, self.x.row(row));
                let offset = self.offset(done);
                let finished = &mut ring[offset..offset + self.x.out_len];
                (self.across)(&self.x, row, finished);
                done += 1;
            }
            offsets.clear();
            let rows = (first..).take(weights.len());
            offsets.extend(rows.map(|row| self.offset(self.row(row))));
            let weight = |k: usize| R::from_element(weights[k]);
            match T::DTYPE.is_float() {
                true => sum_rows(ring, offsets, weight, Real::to_element, out),
                false => sum_rows(ring, offsets, weight, rounded, out),
            }
        }
    }
}

/// Nearest int to a sum, saturated to the range of its type.
#[inline(always)]
fn rounded<R: Real, T: Element>(sum: R) -> T {
    Real::round_ties_even(sum).to_element()
}
