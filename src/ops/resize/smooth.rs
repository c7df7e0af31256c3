//! Interpolation by weighted sums: first along rows, then along columns.
//!
//! Rows are taken `LANES` at a time, side by side, so that a weight is the same for all samples
//! that are computed at once; the columns are summed from a ring of finished rows.

use rayon::prelude::*;

use super::taps::Taps;
use super::{Frame, Interpolation};
use crate::error::Result;
use crate::ops::drive::{Kernel, run_kernel};
use crate::ops::rows::sum_rows;
use crate::task;
use crate::video::{Element, Real, Samples, Strided, Video};

/// How many rows are interpolated side by side.
const LANES: usize = 8;

/// Interpolates samples of type `T` in the precision of `R`.
pub(super) fn resize<T: Element, R: Real>(
    video: &Video,
    frame: &Frame,
    shape: &[usize],
    how: Interpolation,
) -> Result<Video> {
    let mut result = Strided::<T>::for_writing(shape)?;
    let plan = Plan::new(frame, how);
    let frames = result
        .as_mut_slice()?
        .par_chunks_mut(frame.y.to * plan.out_len)
        .enumerate();
    let memory = || Memory::<R>::new(&plan);
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
struct Plan {
    y: Taps,
    x: Taps,
    rows: usize,
    channels: usize,
    /// Pixels before and after a row.
    before: usize,
    after: usize,
    /// Samples of a row before and after.
    in_len: usize,
    out_len: usize,
    ring_rows: usize,
}

/// A frame to read.
struct Source<'a> {
    samples: &'a Samples,
    frame: usize,
}

/// Memory that is kept from frame to frame.
struct Memory<R> {
    /// Some rows as they are read.
    rows: Vec<R>,
    /// The same rows side by side, with what comes before and after.
    lanes: Vec<[R; LANES]>,
    /// Finished rows, row y at y modulo the length of the ring.
    ring: Vec<R>,
    /// Where in the ring the rows of a result are.
    places: Vec<usize>,
}

impl<R: Real> Memory<R> {
    fn new(plan: &Plan) -> Self {
        let padded = plan.in_len + (plan.before + plan.after) * plan.channels;
        Self {
            rows: vec![R::zero(); LANES * plan.in_len],
            lanes: vec![[R::zero(); LANES]; padded],
            ring: vec![R::zero(); plan.ring_rows * plan.out_len],
            places: Vec::new(),
        }
    }
}

impl Plan {
    fn new(frame: &Frame, how: Interpolation) -> Self {
        let is_area = frame.y.scale >= 1.0 && frame.x.scale >= 1.0;
        let (y, x) = (frame.y.rows(how, is_area), frame.x.columns(how, is_area));
        let (before, after) = x.reach(frame.x.from);
        Self {
            ring_rows: y.most() + LANES,
            rows: frame.y.from,
            channels: frame.channels,
            before,
            after,
            in_len: frame.x.from * frame.channels,
            out_len: frame.x.to * frame.channels,
            y,
            x,
        }
    }

    /// A row of the frame, for a place that may lie beyond its ends.
    fn row(&self, place: isize) -> usize {
        place.clamp(0, self.rows as isize - 1) as usize
    }

    /// Interpolates up to `LANES` rows from the `first` on into the ring.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn smooth_along<R: Real>(
        &self,
        source: &Source<'_>,
        first: usize,
        memory: &mut Memory<R>,
    ) -> usize {
        let n_rows = LANES.min(self.rows - first);
        let rows = &mut memory.rows[..n_rows * self.in_len];
        let run = first * self.in_len..(first + n_rows) * self.in_len;
        source.samples.read(source.frame, run, rows);
        self.put_side_by_side(rows, &mut memory.lanes);
        let places: [usize; LANES] =
            std::array::from_fn(|lane| (first + lane) % self.ring_rows * self.out_len);
        let (lanes, ring) = (memory.lanes.as_slice(), memory.ring.as_mut_slice());
        let channels = self.channels;
        for col in 0..self.x.first.len() {
            let begin = (self.x.first[col] + self.before as isize) as usize * channels;
            let weights = self.x.weights(col);
            for channel in 0..channels {
                let taps = &lanes[begin + channel..];
                let mut sums = [R::zero(); LANES];
                for tap in 0..weights.len() {
                    let (weight, samples) = (R::from_element(weights[tap]), &taps[tap * channels]);
                    for lane in 0..LANES {
                        sums[lane] += weight * samples[lane];
                    }
                }
                for lane in 0..LANES {
                    ring[places[lane] + col * channels + channel] = sums[lane];
                }
            }
        }
        n_rows
    }

    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn put_side_by_side<R: Real>(&self, rows: &[R], lanes: &mut [[R; LANES]]) {
        let (before, after) = (self.before * self.channels, self.after * self.channels);
        let end = lanes.len() - after;
        let n_rows = rows.len() / self.in_len;
        let samples = &mut lanes[before..end];
        for i in 0..samples.len() {
            for lane in 0..n_rows {
                samples[i][lane] = rows[lane * self.in_len + i];
            }
        }
        for i in (0..before).rev() {
            lanes[i] = lanes[i + self.channels];
        }
        for i in end..lanes.len() {
            lanes[i] = lanes[i - self.channels];
        }
    }
}

impl<R: Real, T: Element> Kernel<(Source<'_>, &mut Memory<R>, &mut [T])> for Plan {
    #[inline(always)]
    fn run(&self, (source, memory, out): (Source<'_>, &mut Memory<R>, &mut [T])) {
        let mut done = 0;
        for (y, out) in out.chunks_exact_mut(self.out_len).enumerate() {
            let (first, weights) = (self.y.first[y], self.y.weights(y));
            let last = self.row(first + weights.len() as isize - 1);
            done = done.max(self.row(first));
            while done <= last {
                done += self.smooth_along(&source, done, memory);
            }
            let Memory { ring, places, .. } = &mut *memory;
            let rows = (first..).take(weights.len());
            places.clear();
            places.extend(rows.map(|row| self.row(row) % self.ring_rows * self.out_len));
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
