//! Kernels over the traces of pixels.

use std::ops::Range;

use ndarray::{ArrayViewMut2, Axis};

use super::{Kernel, Output, STEP, run_kernel};
use crate::error::Result;
use crate::task;
use crate::video::{Real, Video};

/// Minimum number of neighboring pixels whose traces are processed together: some cache lines.
const MIN_PIXELS: usize = 64;

/// Maximum number of samples of a step of more than `MIN_LONG_PIXELS` pixels, which fill a cache
/// line in `f64`.
const MAX_STEP: usize = 1 << 20;
const MIN_LONG_PIXELS: usize = 8;

/// Traces of some neighboring pixels.
pub struct TraceBlock<'a, R> {
    /// Samples, frame by frame, with `pixels` samples each.
    pub samples: &'a [R],
    /// Number of pixels, which is the stride between the samples of a trace.
    pub pixels: usize,
    /// Frames whose results are to be computed.
    pub frames: Range<usize>,
    /// Destination of the results.
    pub results: TraceResults<'a, R>,
    /// Scratch memory for the kernel, reused between calls.
    pub scratch: &'a mut Vec<R>,
}

/// Memory for the results of some neighboring pixels.
pub struct TraceResults<'a, R> {
    rows: ArrayViewMut2<'a, R>,
    /// Frame of the first row.
    first: usize,
}

impl<R> TraceResults<'_, R> {
    /// Results of one frame.
    #[inline(always)]
    pub fn frame(&mut self, frame: usize) -> &mut [R] {
        let row = self.rows.row_mut(frame - self.first);
        row.into_slice().expect("part of a frame")
    }
}

/// Changes the traces of pixels: `kernel` gets those of some neighboring pixels at a time.
pub fn map_traces<R: Real>(
    operation: &'static str,
    video: Video,
    kernel: impl for<'a> Kernel<TraceBlock<'a, R>>,
) -> Result<Video> {
    let frames = 0..video.len();
    map_traces_within(operation, video, frames, kernel)
}

/// Like [`map_traces`], for the results of some frames only: `kernel` computes those of
/// [`TraceBlock::frames`] from the samples of all frames.
pub fn map_traces_within<R: Real>(
    operation: &'static str,
    video: Video,
    frames: Range<usize>,
    kernel: impl for<'a> Kernel<TraceBlock<'a, R>>,
) -> Result<Video> {
    let (n_frames, frame_len) = (video.len(), video.frame_len());
    let mut output = Output::<R>::within(video, &frames)?;
    output.touch(operation)?;
    let (samples, source) = (output.array.as_mut_slice()?, &output.source);
    if samples.is_empty() {
        return Ok(output.into_video());
    }
    let mut results = ArrayViewMut2::from_shape((frames.len(), frame_len), samples)
        .expect("as many samples as frames times pixels");
    let pixels = pixels_per_step(n_frames);
    let steps = results.axis_chunks_iter_mut(Axis(1), pixels).enumerate();
    let memory = || (Vec::new(), Vec::new());
    task::for_each_init(
        operation,
        steps,
        memory,
        |(samples, scratch), (step, mut tile)| {
            let (first, pixels) = (step * pixels, tile.ncols());
            samples.resize(n_frames * pixels, R::default());
            match source {
                Some(source) => source.read_frames(0..n_frames, first..first + pixels, samples),
                None => copy_tile(&mut tile, samples),
            }
            let results = TraceResults {
                rows: tile,
                first: frames.start,
            };
            let traces = TraceBlock {
                samples,
                pixels,
                frames: frames.clone(),
                results,
                scratch,
            };
            run_kernel(&kernel, traces);
            Ok(())
        },
    )?;
    Ok(output.into_video())
}

/// Number of pixels whose traces make one step.
fn pixels_per_step(n_frames: usize) -> usize {
    let pixels = (STEP / n_frames.max(1) / MIN_PIXELS).max(1) * MIN_PIXELS;
    // Long traces are processed a few at a time, so that Ctrl-C takes effect soon.
    match pixels * n_frames > MAX_STEP {
        true => (MAX_STEP / n_frames)
            .next_multiple_of(MIN_LONG_PIXELS)
            .max(MIN_LONG_PIXELS),
        false => pixels,
    }
}

/// Copies samples out of the memory that their results will go to.
fn copy_tile<R: Real>(tile: &mut ArrayViewMut2<'_, R>, out: &mut [R]) {
    let pixels = tile.ncols();
    for (frame, out) in out.chunks_exact_mut(pixels).enumerate() {
        let row = tile.row(frame);
        out.copy_from_slice(row.to_slice().expect("part of a frame"));
    }
}

/// Samples of a row minus a trend.
#[inline(always)]
pub(in crate::ops) fn subtract_row<R: Real>(results: &mut [R], row: &[R], trend: &[f64]) {
    for ((result, sample), trend) in results.iter_mut().zip(row).zip(trend) {
        *result = R::from_f64(f64::from_element(*sample) - trend);
    }
}
