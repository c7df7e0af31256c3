//! Kernels over frames in order.

use std::ops::Range;

use super::{Kernel, Output, SourceFrames, run_kernel};
use crate::error::Result;
use crate::task;
use crate::video::{Real, Strided, Video};

/// Number of neighboring pixels reduced together: their accumulators stay in the cache, and the
/// part of each frame is long enough to be read at full speed.
const PIXELS: usize = 2048;

/// Changes frames one by one: `kernel` gets the samples of a frame and scratch memory that is
/// reused between calls.
pub fn map_frames<R: Real>(
    operation: &'static str,
    video: Video,
    kernel: impl for<'a> Kernel<(&'a mut [R], &'a mut Vec<R>)>,
) -> Result<Video> {
    let frame_len = video.frame_len();
    let mut output = Output::<R>::of(video)?;
    let (samples, source) = (output.array.as_mut_slice()?, &output.source);
    let steps = samples.chunks_mut(frame_len.max(1)).enumerate();
    task::for_each_init(operation, steps, Vec::new, |scratch, (frame, samples)| {
        if let Some(source) = source {
            source.read_frames(frame..frame + 1, 0..frame_len, samples);
        }
        run_kernel(&kernel, (samples, scratch));
        Ok(())
    })?;
    Ok(output.into_video())
}

/// Frame of a result, to be computed from frames of a video.
pub struct OutputFrame<'a, R> {
    /// Index of the frame.
    pub frame: usize,
    /// Samples of the frame, to be set.
    pub results: &'a mut [R],
    /// Scratch memory for the kernel, reused between calls.
    pub scratch: &'a mut Vec<R>,
    /// Reader of the input frames.
    pub source: &'a SourceFrames,
}

impl<R: Real> OutputFrame<'_, R> {
    /// Reads the samples of a frame of the video into the results.
    pub fn read(&mut self, frame: usize) {
        self.source.read(frame, 0..self.results.len(), self.results);
    }
}

/// Computes each frame of a result of the same shape: `kernel` reads the frames that it needs.
pub fn make_frames<R: Real>(
    operation: &'static str,
    video: &Video,
    kernel: impl for<'a> Kernel<OutputFrame<'a, R>>,
) -> Result<Video> {
    make_frames_within(operation, video, 0..video.len(), kernel)
}

/// Like [`make_frames`], for some frames of the result only.
pub fn make_frames_within<R: Real>(
    operation: &'static str,
    video: &Video,
    frames: Range<usize>,
    kernel: impl for<'a> Kernel<OutputFrame<'a, R>>,
) -> Result<Video> {
    let shape = [&[frames.len()], &video.shape()[1..]].concat();
    let mut array = Strided::<R>::for_writing(&shape)?;
    let frame_len = video.frame_len().max(1);
    let source = &SourceFrames::of(video);
    let steps = array.as_mut_slice()?.chunks_mut(frame_len).enumerate();
    task::for_each_init(operation, steps, Vec::new, |scratch, (step, results)| {
        let frame = OutputFrame {
            frame: frames.start + step,
            results,
            scratch,
            source,
        };
        run_kernel(&kernel, frame);
        Ok(())
    })?;
    Ok(video.with_samples(array))
}

/// Finds a number for each frame: `add` adds runs of at most `run_len` samples to what it has found in
/// the frame so far. See [`Video::for_each_block`] for frames that are still to be computed.
pub fn fold_each_frame<S: Default>(
    operation: &'static str,
    video: &Video,
    run_len: usize,
    add: impl Fn(&mut S, &[f64]) + Sync,
    finish: impl Fn(S) -> f64 + Sync,
) -> Result<Vec<f64>> {
    let frame_len = video.frame_len();
    let mut numbers = Vec::with_capacity(video.len());
    video.for_each_block(|block| {
        let known = numbers.len();
        numbers.resize(known + block.len(), 0.0);
        let frames = numbers[known..].iter_mut().enumerate();
        task::for_each_init(operation, frames, Vec::new, |samples, (frame, number)| {
            let mut found = S::default();
            for first in (0..frame_len).step_by(run_len) {
                let run = first..frame_len.min(first + run_len);
                samples.resize(run.len(), 0.0);
                block.samples().read_frames(frame..frame + 1, run, samples);
                add(&mut found, samples.as_slice());
            }
            *number = finish(found);
            Ok(())
        })
    })?;
    Ok(numbers)
}

/// Reduces all frames pixel by pixel: `kernel` adds the samples of a frame for some neighboring
/// pixels to their accumulators, which are `start` at first.
pub fn reduce_frames<R: Real, T: Copy + Send + Sync>(
    operation: &'static str,
    video: &Video,
    start: T,
    kernel: impl for<'a> Kernel<(&'a mut [T], &'a [R])>,
) -> Result<Vec<T>> {
    let mut state = vec![start; video.frame_len()];
    let tiles = state.chunks_mut(PIXELS).enumerate();
    task::for_each_init(operation, tiles, Vec::new, |samples, (tile, state)| {
        let first = tile * PIXELS;
        samples.resize(state.len(), R::default());
        for frame in 0..video.len() {
            let run = first..first + state.len();
            video.samples().read_frames(frame..frame + 1, run, samples);
            run_kernel(&kernel, (&mut *state, samples.as_slice()));
        }
        Ok(())
    })?;
    Ok(state)
}
