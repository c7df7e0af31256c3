//! Kernels over runs of samples, for filters that change each sample separately.

use super::operands::{ChunkPlan, OperandSamples};
use super::{Kernel, Output, run_kernel};
use crate::error::Result;
use crate::task;
use crate::video::{Element, Real, Strided, Video};

/// Changes samples one by one: `kernel` gets runs of them, in any order.
pub fn map_samples<R: Real>(
    operation: &'static str,
    video: Video,
    kernel: impl for<'a> Kernel<&'a mut [R]>,
) -> Result<Video> {
    let chunks = ChunkPlan::of([video.layout()]);
    let mut output = Output::<R>::of(video)?;
    let source = output.source.as_ref().map(OperandSamples::<R>::of);
    let samples = output.array.as_mut_slice()?;
    let steps = samples.chunks_mut(chunks.len).enumerate();
    task::for_each(operation, steps, |(step, samples)| {
        for (first, samples) in chunks.cut(step, samples) {
            if let Some(source) = &source {
                source.read(&chunks, first, samples);
            }
            run_kernel(&kernel, samples);
        }
        Ok(())
    })?;
    Ok(output.into_video())
}

/// Converts samples one by one to another type: `kernel` gets runs of samples and of results.
pub fn convert_samples<R: Real, T: Element>(
    operation: &'static str,
    video: &Video,
    kernel: impl for<'a> Kernel<(&'a [R], &'a mut [T])>,
) -> Result<Video> {
    let chunks = ChunkPlan::of([video.layout()]);
    let source = OperandSamples::<R>::of(video.samples());
    let mut result = Strided::<T>::for_writing(video.shape())?;
    let steps = result.as_mut_slice()?.chunks_mut(chunks.len);
    let init = Vec::new;
    task::for_each_init(
        operation,
        steps.enumerate(),
        init,
        |scratch, (step, results)| {
            for (first, results) in chunks.cut(step, results) {
                let samples = source.run(&chunks, first, results.len(), scratch);
                run_kernel(&kernel, (samples, results));
            }
            Ok(())
        },
    )?;
    Ok(video.with_samples(result))
}
