//! Interpolation by weighted sums: first along rows, then along columns, which are summed from a
//! ring of finished rows.

use super::across::{Across, Interpolate};
use super::taps::Taps;
use super::{Frame, Interpolation};
use crate::error::Result;
use crate::ops::kernel::rows::sum_rows;
use crate::ops::kernel::{Kernel, run_kernel};
use crate::task;
use crate::video::{Element, Real, Samples, Strided, Video};

/// Interpolates samples of type `T` in the precision of `R`.
pub(super) fn resize<T: Element, R: Real>(
    video: &Video,
    frame: &Frame,
    shape: &[usize],
    how: Interpolation,
    across: Interpolate<R>,
) -> Result<Video> {
    let mut result = Strided::<T>::for_writing(shape)?;
    let plan = Plan::new(frame, how, across);
    let frames = result
        .as_mut_slice()?
        .chunks_mut(frame.y.to * plan.x.out_len)
        .enumerate();
    let memory = || Memory::new(&plan);
    task::for_each_init("resizing", frames, memory, |memory, (t, out)| {
        let source = Source {
            samples: video.samples(),
            frame: t,
        };
        run_kernel(&plan, (source, memory, out));
        Ok(())
    })?;
    Ok(video.with_samples(result))
}

/// What is the same for all frames.
struct Plan<R> {
    y: Taps,
    x: Across<R>,
    rows: usize,
    in_len: usize,
    ring_rows: usize,
    across: Interpolate<R>,
}

/// A frame to read.
struct Source<'a> {
    samples: &'a Samples,
    frame: usize,
}

/// Memory that is kept from frame to frame.
struct Memory<R> {
    /// A row as it is read, with what comes before and after.
    row: Vec<R>,
    /// Finished rows, row y at y modulo the length of the ring.
    ring: Vec<R>,
    /// Where in the ring the rows of a result are.
    places: Vec<usize>,
}

impl<R: Real> Memory<R> {
    fn new(plan: &Plan<R>) -> Self {
        Self {
            row: plan.x.memory(),
            ring: vec![R::zero(); plan.ring_rows * plan.x.out_len],
            places: Vec::new(),
        }
    }
}

impl<R: Real> Plan<R> {
    fn new(frame: &Frame, how: Interpolation, across: Interpolate<R>) -> Self {
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

    /// A row of the frame, for a place that may lie beyond its ends.
    fn row(&self, place: isize) -> usize {
        place.clamp(0, self.rows as isize - 1) as usize
    }

    /// Where in the ring a row is.
    fn place(&self, row: usize) -> usize {
        row % self.ring_rows * self.x.out_len
    }
}

impl<R: Real, T: Element> Kernel<(Source<'_>, &mut Memory<R>, &mut [T])> for Plan<R> {
    #[inline(always)]
    fn run(&self, (source, memory, out): (Source<'_>, &mut Memory<R>, &mut [T])) {
        let Memory { row, ring, places } = memory;
        let mut done = 0;
        for (y, out) in out.chunks_exact_mut(self.x.out_len).enumerate() {
            let (first, weights) = (self.y.first[y], self.y.weights(y));
            let last = self.row(first + weights.len() as isize - 1);
            done = done.max(self.row(first));
            while done <= last {
                let run = done * self.in_len..(done + 1) * self.in_len;
                source.samples.read(source.frame, run, self.x.row(row));
                let place = self.place(done);
                let finished = &mut ring[place..place + self.x.out_len];
                (self.across)(&self.x, row, finished);
                done += 1;
            }
            places.clear();
            let rows = (first..).take(weights.len());
            places.extend(rows.map(|row| self.place(self.row(row))));
            let weight = |k: usize| R::from_element(weights[k]);
            match T::DTYPE.is_float() {
                true => sum_rows(ring, places, weight, Real::to_element, out),
                false => sum_rows(ring, places, weight, rounded, out),
            }
        }
    }
}

/// The int next to a sum, in the range of its type.
#[inline(always)]
fn rounded<R: Real, T: Element>(sum: R) -> T {
    Real::round_ties_even(sum).to_element()
}
