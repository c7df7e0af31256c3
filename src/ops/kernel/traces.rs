//! Kernels over the traces of pixels.

use std::any::Any;
use std::ops::Range;

use ndarray::{ArrayViewMut2, Axis, s};

use super::{Kernel, Output, STEP, SourceFrames, run_kernel};
use crate::error::Result;
use crate::task;
use crate::video::{Element, Real, Strided, Video};

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

impl<R: Copy> TraceResults<'_, R> {
    /// The same memory, for some of the pixels and for as long as it is borrowed.
    fn part(&mut self, pixels: Range<usize>) -> TraceResults<'_, R> {
        TraceResults {
            rows: self.rows.slice_mut(s![.., pixels]),
            first: self.first,
        }
    }

    /// Copies samples out of the memory that their results will go to.
    fn copy_to(&self, out: &mut [R]) {
        let pixels = self.rows.ncols();
        let rows = self.rows.rows().into_iter();
        for (row, out) in rows.zip(out.chunks_exact_mut(pixels)) {
            out.copy_from_slice(row.to_slice().expect("part of a frame"));
        }
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
    for_each_tile(operation, video, frames.clone(), |source, tile, memory| {
        let (samples, scratch) = memory;
        let (run, mut results) = (tile.pixels, tile.results);
        let pixels = run.len();
        samples.resize(tile.n_frames * pixels, R::default());
        match source {
            Some(source) => source.read_all(run, samples),
            None => results.copy_to(samples),
        }
        let traces = TraceBlock {
            samples,
            pixels,
            frames: frames.clone(),
            results: results.part(0..pixels),
            scratch,
        };
        run_kernel(&kernel, traces);
    })
}

/// Samples of some neighboring pixels, where they are.
pub struct RowBlock<'a, T, R> {
    /// Samples of the pixels, one row for each frame.
    pub rows: &'a [&'a [T]],
    /// Frames whose results are to be computed.
    pub frames: Range<usize>,
    /// Destination of the results.
    pub results: TraceResults<'a, R>,
    /// Scratch memory for the kernel, reused between calls.
    pub scratch: &'a mut Vec<T>,
}

/// Like [`map_traces_within`], for a kernel of samples of any type `T`, which is that of the video. It
/// reads each row once or twice, so that copying rows would not pay.
pub fn map_rows_within<T: Element, R: Real>(
    operation: &'static str,
    video: Video,
    frames: Range<usize>,
    kernel: impl for<'a> Kernel<RowBlock<'a, T, R>>,
) -> Result<Video> {
    for_each_tile(operation, video, frames.clone(), |source, tile, memory| {
        let (samples, scratch) = memory;
        let (pixels, mut results) = (tile.pixels, tile.results);
        let run_len = source.map_or(usize::MAX, SourceFrames::run_len);
        let mut begin = pixels.start;
        while begin < pixels.end {
            let end = pixels.end.min((begin / run_len + 1) * run_len);
            let rows = match source {
                Some(source) => source.rows(begin..end, samples),
                None => {
                    samples.resize(tile.n_frames * pixels.len(), T::default());
                    let copies = (samples as &mut dyn Any).downcast_mut::<Vec<R>>();
                    results.copy_to(copies.expect("results in memory of samples of their type"));
                    samples.chunks_exact(pixels.len()).collect()
                }
            };
            let block = RowBlock {
                rows: &rows,
                frames: frames.clone(),
                results: results.part(begin - pixels.start..end - pixels.start),
                scratch,
            };
            run_kernel(&kernel, block);
            begin = end;
        }
    })
}

/// Some neighboring pixels.
struct TraceTile<'a, R> {
    pixels: Range<usize>,
    /// Number of frames of the input.
    n_frames: usize,
    results: TraceResults<'a, R>,
}

/// Calls a function with parts of the memory for the results of some frames, on all cores. It gets the
/// input, unless that is in the same memory, and two buffers that are reused between calls.
fn for_each_tile<T: Element, R: Real>(
    operation: &'static str,
    video: Video,
    frames: Range<usize>,
    each: impl Fn(Option<&SourceFrames>, TraceTile<'_, R>, &mut (Vec<T>, Vec<T>)) + Sync,
) -> Result<Video> {
    let (n_frames, frame_len) = (video.len(), video.frame_len());
    let (mut output, source) = output_within::<R>(video, &frames)?;
    if source.is_some() {
        output.touch(operation)?;
    }
    let samples = output.array.as_mut_slice()?;
    if samples.is_empty() {
        return Ok(output.into_video());
    }
    let mut results = ArrayViewMut2::from_shape((frames.len(), frame_len), samples)
        .expect("as many samples as frames times pixels");
    let pixels = pixels_per_step(n_frames);
    let steps = results.axis_chunks_iter_mut(Axis(1), pixels).enumerate();
    let buffers = || (Vec::new(), Vec::new());
    task::for_each_init(operation, steps, buffers, |buffers, (step, rows)| {
        let first = step * pixels;
        let tile = TraceTile {
            pixels: first..first + rows.ncols(),
            n_frames,
            results: TraceResults {
                rows,
                first: frames.start,
            },
        };
        each(source.as_ref(), tile, buffers);
        Ok(())
    })?;
    Ok(output.into_video())
}

/// Memory for the results of some frames, and the input unless that is in this memory.
fn output_within<R: Real>(
    video: Video,
    frames: &Range<usize>,
) -> Result<(Output<R>, Option<SourceFrames>)> {
    if *frames == (0..video.len()) {
        let mut output = Output::of(video)?;
        let source = output.source.take();
        return Ok((
            output,
            source.map(|samples| SourceFrames::joined([samples])),
        ));
    }
    let source = SourceFrames::of(&video);
    let shape = [&[frames.len()], &video.shape()[1..]].concat();
    let output = Output {
        array: Strided::for_writing(&shape)?,
        source: None,
        metadata: video.into_metadata(),
    };
    Ok((output, Some(source)))
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

/// Samples of a row minus a trend.
#[inline(always)]
pub(in crate::ops) fn subtract_row<R: Real>(results: &mut [R], row: &[R], trend: &[f64]) {
    for ((result, sample), trend) in results.iter_mut().zip(row).zip(trend) {
        *result = R::from_f64(f64::from_element(*sample) - trend);
    }
}
