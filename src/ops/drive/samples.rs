//! Walks over runs of samples, for filters that change each sample by itself.

use rayon::prelude::*;

use super::{Kernel, STEP, Target, run_kernel};
use crate::error::Result;
use crate::task;
use crate::video::{Element, Real, Samples, Strided, Video};

/// How the samples of a video are cut into pieces that fit the cache of a core.
struct Pieces {
    frame_len: usize,
    /// How many whole frames a parallel step takes.
    frames: usize,
    /// How many samples a piece has, part of a frame if it is a large one.
    piece_len: usize,
}

impl Pieces {
    fn of(video: &Video) -> Self {
        let frame_len = video.frame_len().max(1);
        let frames = (STEP / frame_len).max(1);
        let is_large = frame_len > STEP && video.layout().has_contiguous_frames();
        Self {
            frame_len,
            frames,
            piece_len: if is_large { STEP } else { frames * frame_len },
        }
    }

    fn step_len(&self) -> usize {
        self.frames * self.frame_len
    }

    /// Reads the piece that begins after `begin` samples of a step.
    fn read<R: Real>(&self, source: &Samples, step: usize, begin: usize, out: &mut [R]) {
        let first = step * self.frames;
        if out.len() < self.frame_len {
            source.read_frames(first..first + 1, begin..begin + out.len(), out);
        } else {
            let n_frames = out.len() / self.frame_len;
            source.read_frames(first..first + n_frames, 0..self.frame_len, out);
        }
    }
}

/// Changes samples one by one: `kernel` gets runs of them, in any order.
pub fn map_samples<R: Real>(
    operation: &'static str,
    video: Video,
    kernel: impl for<'a> Kernel<&'a mut [R]>,
) -> Result<Video> {
    let pieces = Pieces::of(&video);
    let mut target = Target::<R>::of(video)?;
    let (samples, source) = (target.array.as_mut_slice()?, &target.source);
    let steps = samples.par_chunks_mut(pieces.step_len()).enumerate();
    task::for_each(operation, steps, |(step, samples)| {
        for (i, run) in samples.chunks_mut(pieces.piece_len).enumerate() {
            if let Some(source) = source {
                pieces.read(source, step, i * pieces.piece_len, run);
            }
            run_kernel(&kernel, run);
        }
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
    let pieces = Pieces::of(video);
    let mut result = Strided::<T>::zeroed(video.shape())?;
    let steps = result.as_mut_slice()?.par_chunks_mut(pieces.step_len());
    let init = Vec::new;
    task::for_each_init(
        operation,
        steps.enumerate(),
        init,
        |run, (step, results)| {
            for (i, results) in results.chunks_mut(pieces.piece_len).enumerate() {
                run.resize(results.len(), R::default());
                pieces.read(video.samples(), step, i * pieces.piece_len, run);
                run_kernel(&kernel, (run.as_slice(), results));
            }
            Ok(())
        },
    )?;
    Ok(video.with_samples(result))
}
