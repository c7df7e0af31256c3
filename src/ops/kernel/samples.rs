//! Walks over runs of samples, for filters that change each sample by itself.

use super::input::{Input, Pieces};
use super::{Kernel, Target, run_kernel};
use crate::error::Result;
use crate::task;
use crate::video::{Element, Real, Strided, Video};

/// Changes samples one by one: `kernel` gets runs of them, in any order.
pub fn map_samples<R: Real>(
    operation: &'static str,
    video: Video,
    kernel: impl for<'a> Kernel<&'a mut [R]>,
) -> Result<Video> {
    let pieces = Pieces::of([video.layout()]);
    let mut target = Target::<R>::of(video)?;
    let source = target.source.as_ref().map(Input::<R>::of);
    let samples = target.array.as_mut_slice()?;
    let steps = samples.chunks_mut(pieces.len).enumerate();
    task::for_each(operation, steps, |(step, samples)| {
        for (first, samples) in pieces.cut(step, samples) {
            if let Some(source) = &source {
                source.read(&pieces, first, samples);
            }
            run_kernel(&kernel, samples);
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
    let pieces = Pieces::of([video.layout()]);
    let source = Input::<R>::of(video.samples());
    let mut result = Strided::<T>::for_writing(video.shape())?;
    let steps = result.as_mut_slice()?.chunks_mut(pieces.len);
    let init = Vec::new;
    task::for_each_init(
        operation,
        steps.enumerate(),
        init,
        |scratch, (step, results)| {
            for (first, results) in pieces.cut(step, results) {
                let samples = source.run(&pieces, first, results.len(), scratch);
                run_kernel(&kernel, (samples, results));
            }
            Ok(())
        },
    )?;
    Ok(video.with_samples(result))
}
