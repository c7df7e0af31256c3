//! Walks over runs of samples, for filters that change each sample by itself.

use std::ops::Range;

use rayon::prelude::*;

use super::{Kernel, STEP, Target, run_kernel};
use crate::error::Result;
use crate::task;
use crate::video::{Element, Layout, Real, Samples, Strided, Video};

/// How the samples of a video, counted in row-major order, are cut into pieces that fit the cache
/// of a core.
pub(in crate::ops) struct Pieces {
    frame_len: usize,
    /// How many samples a piece has.
    pub(in crate::ops) len: usize,
}

impl Pieces {
    /// Pieces that suit all of the layouts, which have the same shape.
    pub(in crate::ops) fn of<'a>(layouts: impl IntoIterator<Item = &'a Layout>) -> Self {
        let mut pieces = Self {
            frame_len: 1,
            len: STEP,
        };
        for layout in layouts {
            let shape = layout.shape();
            pieces.frame_len = shape[1.min(shape.len())..].iter().product::<usize>().max(1);
            if !layout.has_contiguous_frames() {
                // Frames are put in order as wholes.
                pieces.len = (STEP / pieces.frame_len).max(1) * pieces.frame_len;
            }
        }
        pieces
    }

    /// Hands out the frames, and the run within each of them, that `len` samples from the
    /// `first` on are made of, and how many samples those are.
    pub(in crate::ops) fn runs(
        &self,
        mut first: usize,
        len: usize,
        mut read: impl FnMut(Range<usize>, Range<usize>, Range<usize>),
    ) {
        let origin = first;
        let end = first + len;
        while first < end {
            let (frame, begin) = (first / self.frame_len, first % self.frame_len);
            let whole = (end - first) / self.frame_len;
            let (frames, run) = if begin == 0 && whole > 0 {
                (frame..frame + whole, 0..self.frame_len)
            } else {
                let run = (self.frame_len - begin).min(end - first);
                (frame..frame + 1, begin..begin + run)
            };
            let next = first + frames.len() * run.len();
            read(frames, run, first - origin..next - origin);
            first = next;
        }
    }

    /// Reads the samples from the `first` on.
    fn read<R: Real>(&self, source: &Samples, first: usize, out: &mut [R]) {
        self.runs(first, out.len(), |frames, run, place| {
            source.read_frames(frames, run, &mut out[place]);
        });
    }
}

/// Changes samples one by one: `kernel` gets runs of them, in any order.
pub fn map_samples<R: Real>(
    operation: &'static str,
    video: Video,
    kernel: impl for<'a> Kernel<&'a mut [R]>,
) -> Result<Video> {
    let pieces = Pieces::of([video.layout()]);
    let mut target = Target::<R>::of(video)?;
    let (samples, source) = (target.array.as_mut_slice()?, &target.source);
    let steps = samples.par_chunks_mut(pieces.len).enumerate();
    task::for_each(operation, steps, |(step, samples)| {
        if let Some(source) = source {
            pieces.read(source, step * pieces.len, samples);
        }
        run_kernel(&kernel, samples);
        Ok(())
    })?;
    Ok(target.into_video())
}

/// Changes samples one by one into another type: `kernel` gets runs of them and of results.
pub fn convert_samples<R: Real, T: Element>(
    operation: &'static str,
    video: &Video,
    kernel: impl for<'a> Kernel<(&'a [R], &'a mut [T])>,
) -> Result<Video> {
    let pieces = Pieces::of([video.layout()]);
    let mut result = Strided::<T>::zeroed(video.shape())?;
    let steps = result.as_mut_slice()?.par_chunks_mut(pieces.len);
    let init = Vec::new;
    task::for_each_init(
        operation,
        steps.enumerate(),
        init,
        |run, (step, results)| {
            run.resize(results.len(), R::default());
            pieces.read(video.samples(), step * pieces.len, run);
            run_kernel(&kernel, (run.as_slice(), results));
            Ok(())
        },
    )?;
    Ok(video.with_samples(result))
}
