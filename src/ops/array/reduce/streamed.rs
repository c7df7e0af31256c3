//! Reductions of frames that are computed for them alone, and not kept.

use bytemuck::AnyBitPattern;

use super::plan::{Accumulation, FrameWalk, Pieces, Reducer, ReductionPlan};
use super::samples_of;
use crate::error::Result;
use crate::ops::chain::ChainFrames;
use crate::task::{self, Task};
use crate::video::{Element, Layout, Video, map_samples};

/// Reduces the frames of a chain block by block, with the same results to the bit as those of the
/// whole; `None` if they are to be computed as a whole, as somebody else will use them or the plan
/// of the reduction needs all at once.
pub(super) fn reduce<T: Element + AnyBitPattern, F: Reducer<T>>(
    video: &Video,
    is_reduced: &[bool],
    has_indices: bool,
    reducer: &F,
) -> Result<Option<(Vec<F::Accumulator>, Layout)>> {
    if !video.is_streamable() || !video.will_be_contiguous() {
        return Ok(None);
    }
    let plan = ReductionPlan::new(&Layout::contiguous(video.shape()), is_reduced, has_indices);
    let (n_frames, frame_len) = (video.len(), video.frame_len());
    let Some(mut walk) = FrameWalk::new(&plan, n_frames, frame_len) else {
        return Ok(None);
    };
    let Some(mut stream) = ChainFrames::of(video) else {
        return Ok(None);
    };
    let per_block = stream.per_block();
    let ends = (0..n_frames).step_by(per_block);
    let windows = ends.map(|start| {
        let (first, end) = (walk.first_needed(), n_frames.min(start + per_block));
        stream.forget_before(first);
        let pieces = stream.pieces(first..end)?;
        Ok((first, pieces, walk.advance(end), end - start))
    });
    let mut accumulation = Accumulation::new(&plan, reducer);
    let task = Task::new("computing", n_frames).in_units("frames");
    task::pipeline(windows, |(first, pieces, portion, n_new)| {
        let pieces: Vec<_> = pieces.into_iter().map(in_order).collect::<Result<_>>()?;
        let storage = pieces.iter().map(|piece| {
            let (storage, layout) = samples_of::<T>(piece);
            &storage[layout.offset()..][..layout.len()]
        });
        let storage = Pieces::new(first * frame_len, storage);
        task::as_part(|| accumulation.add(&storage, portion))?;
        task.advance(n_new)
    })?;
    Ok(Some((accumulation.results(), plan.results().clone())))
}

/// The samples in row-major order, as those of the whole would be.
fn in_order(video: Video) -> Result<Video> {
    match video.layout().is_contiguous() {
        true => Ok(video),
        false => map_samples!(video.samples(), array => Ok(video.with_samples(array.copy()?))),
    }
}
