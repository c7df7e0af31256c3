//! Drivers that run filters over runs of samples, over frames, and over the traces of pixels.
//!
//! Each takes its video by value. If the samples are not shared and already have the right type,
//! the result overwrites them; otherwise it goes into new memory.

pub mod border;
pub(in crate::ops) mod butterworth;
pub(in crate::ops) mod equations;
pub(in crate::ops) mod fourier;
mod frames;
pub(in crate::ops) mod gaussian;
mod operands;
pub(in crate::ops) mod row_sums;
mod samples;
mod source;
mod traces;

use std::ops::Range;
use std::sync::Arc;

use pulp::{Arch, Simd, WithSimd};

pub use frames::{
    OutputFrame, fold_each_frame, make_frames, make_frames_within, map_frames, reduce_frames,
};
pub(in crate::ops) use operands::{ChunkPlan, OperandSamples};
pub use samples::{convert_samples, map_samples};
pub use source::SourceFrames;
pub(in crate::ops) use traces::subtract_row;
pub use traces::{
    RowBlock, TraceBlock, TraceResults, map_rows_within, map_traces, map_traces_within,
};

use crate::error::Result;
use crate::task;
use crate::video::{Element, Metadata, Real, Samples, Strided, Video, map_samples as of_any_type};

/// Number of samples of a parallel step: 256 kB of `f32`, so that a step fits the cache of its
/// core.
const STEP: usize = 1 << 16;

/// Number of samples that a kernel computes at a time if it can: they stay in the L1 cache.
pub(in crate::ops) const RUN: usize = 4096;

/// At most as many samples as a memory page holds, in either precision.
const PAGE: usize = 512;

/// The operation of a filter on one chunk of a video.
///
/// It is compiled for each kind of processor, with the widest registers available, provided that it
/// is inlined: mark [`Kernel::run`] and the functions with its loops `#[inline(always)]`. Closures
/// are kernels too, but cannot be marked; short ones are inlined anyway.
pub trait Kernel<Chunk>: Sync {
    /// Processes a chunk.
    fn run(&self, chunk: Chunk);
}

impl<Chunk, F: Fn(Chunk) + Sync> Kernel<Chunk> for F {
    #[inline(always)]
    fn run(&self, chunk: Chunk) {
        self(chunk);
    }
}

/// Runs a kernel compiled for this processor.
pub(in crate::ops) fn run_kernel<Chunk>(kernel: &impl Kernel<Chunk>, chunk: Chunk) {
    struct Run<'a, K, Chunk>(&'a K, Chunk);

    impl<K: Kernel<Chunk>, Chunk> WithSimd for Run<'_, K, Chunk> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            self.0.run(self.1);
        }
    }

    Arch::new().dispatch(Run(kernel, chunk));
}

/// Whether a filter that computes in `T` would overwrite the samples of the video with its result.
pub fn is_in_place<T: Element>(video: &Video) -> bool {
    // Samples in several pieces would be joined only to be found shared.
    let is_reusable = || of_any_type!(video.samples(), array => array.is_reusable());
    video.dtype() == T::DTYPE && video.is_only_owner() && video.pieces().is_none() && is_reusable()
}

/// Some frames of a video; the video itself if these are all.
pub fn only(frames: Range<usize>, video: Video) -> Video {
    match frames == (0..video.len()) {
        true => video,
        false => video.frames(frames.start, frames.len(), 1),
    }
}

/// Memory for a result, and the source of its input unless that is already in this memory.
struct Output<R> {
    array: Strided<R>,
    source: Option<Samples>,
    metadata: Arc<Metadata>,
}

impl<R: Real> Output<R> {
    fn of(video: Video) -> Result<Self> {
        let (samples, metadata) = video.into_parts();
        if samples.dtype() != R::DTYPE {
            return Self::fresh(samples, metadata);
        }
        let array = R::unwrap(samples).expect("of the type just compared");
        if array.is_reusable() {
            return Ok(Self {
                array,
                source: None,
                metadata,
            });
        }
        Self::fresh(R::wrap(array), metadata)
    }

    fn fresh(samples: Samples, metadata: Arc<Metadata>) -> Result<Self> {
        let array = Strided::for_writing(samples.layout().shape())?;
        Ok(Self {
            array,
            source: Some(samples),
            metadata,
        })
    }

    /// Touches new memory in order, one part per core. Traces would touch all of it at once, and
    /// cores that share a memory page slow each other down.
    fn touch(&mut self, operation: &'static str) -> Result<()> {
        if !self.array.is_fresh() {
            return Ok(());
        }
        let parts = self.array.as_mut_slice()?.chunks_mut(STEP);
        task::for_each(operation, parts, |part| {
            part.iter_mut()
                .step_by(PAGE)
                .for_each(|v| *v = R::default());
            Ok(())
        })
    }

    fn into_video(self) -> Video {
        Video::from_parts(R::wrap(self.array), self.metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{address, ramp, values};

    #[test]
    fn a_temporary_is_changed_in_place_and_a_shared_video_is_not() {
        let video = ramp(&[5, 7, 9]);
        let before = address(&video);
        let add = |run: &mut [f32]| run.iter_mut().for_each(|v| *v += 1.0);
        let video = map_samples("adding", video, add).unwrap();
        assert_eq!(address(&video), before);
        let more = map_samples("adding", video.clone(), add).unwrap();
        assert_ne!(address(&more), before);
        assert_eq!((values(&video)[0], values(&more)[0]), (1.0, 2.0));
    }

    #[test]
    fn samples_of_a_chain_are_in_place_only_for_their_last_owner() {
        use crate::ops::chain::Stage;
        use crate::video::{TEST_LIMITS, TestLimits};
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            block: 1,
            per_call: 1,
        }));
        let add = |run: &mut [f32]| run.iter_mut().for_each(|v| *v += 1.0);
        let add = move |video| map_samples("adding", video, add);
        let video = Stage::of_frames("add").apply(ramp(&[5, 7, 9]), add);
        TEST_LIMITS.set(None);
        let video = video.unwrap();
        video.compute().unwrap();
        let other = video.clone();
        assert!(!is_in_place::<f32>(&video));
        drop(other);
        assert!(is_in_place::<f32>(&video));
        let before = address(&video);
        assert_eq!(address(&add(video).unwrap()), before);
    }

    #[test]
    fn every_walk_sees_every_sample_once() {
        let rotated = {
            let video = ramp(&[5, 7, 9]);
            video.with_layout(video.layout().swap(1, 2).flip(1))
        };
        let expected: Vec<f64> = values(&rotated).iter().map(|v| v * 2.0).collect();
        let double = |run: &mut [f32]| run.iter_mut().for_each(|v| *v *= 2.0);
        let by_sample = map_samples("doubling", rotated.clone(), double).unwrap();
        let by_frame = map_frames(
            "doubling",
            rotated.clone(),
            |(frame, _): (&mut [f32], &mut Vec<f32>)| double(frame),
        )
        .unwrap();
        let by_trace = map_traces("doubling", rotated, |mut c: TraceBlock<'_, f32>| {
            for (frame, samples) in c.samples.chunks(c.pixels).enumerate() {
                let results = c.results.frame(frame);
                results.copy_from_slice(samples);
                double(results);
            }
        })
        .unwrap();
        for result in [by_sample, by_frame, by_trace] {
            assert_eq!(result.shape(), [5, 9, 7]);
            assert_eq!(values(&result), expected);
        }
    }

    #[test]
    fn nothing_happens_to_nothing() {
        for shape in [&[0, 3, 4][..], &[2, 0, 4]] {
            let video = Video::new(Strided::<u8>::zeroed(shape).unwrap());
            let fail = || panic!("there is nothing to change");
            let by_sample = map_samples("nothing", video.clone(), |_: &mut [f32]| fail());
            assert_eq!(by_sample.unwrap().shape(), shape);
            let by_trace = map_traces("nothing", video, |_: TraceBlock<'_, f32>| fail());
            assert_eq!(by_trace.unwrap().shape(), shape);
        }
    }
}
