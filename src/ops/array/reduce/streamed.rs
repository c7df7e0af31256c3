//! Reductions of frames that are computed for them alone, and not kept.

use std::sync::Arc;

use bytemuck::AnyBitPattern;

use super::pieces::Pieces;
use super::plan::{Accumulation, FrameWalk, Reducer, ReductionPlan};
use super::samples_of;
use crate::error::Result;
use crate::ops::chain::ChainFrames;
use crate::task;
use crate::video::{Element, Layout, Strided, Video, map_samples, with_dtype};

/// Reduces the frames of a chain block by block, with the same results to the bit as those of the
/// whole; `None` if they are to be computed as a whole, as somebody else will use them or the plan
/// of the reduction needs all at once.
pub(super) fn reduce<T: Element + AnyBitPattern, F: Reducer<T>>(
    video: &Video,
    is_reduced: &[bool],
    has_indices: bool,
    reducer: &F,
) -> Result<Option<(Vec<F::Accumulator>, Layout)>> {
    if !video.is_streamable() {
        return Ok(None);
    }
    let Some(whole) = WholeLayout::of(video)? else {
        return Ok(None);
    };
    let plan = ReductionPlan::new(&whole.layout, is_reduced, has_indices);
    let (n_frames, frame_len) = (video.len(), whole.frame_len);
    let Some(mut walk) = FrameWalk::new(&plan, n_frames, frame_len) else {
        return Ok(None);
    };
    let Some(mut stream) = ChainFrames::of(video) else {
        return Ok(None);
    };
    let per_block = stream.per_block();
    let ends = (0..n_frames).step_by(per_block);
    let task = Arc::new(stream.task());
    let of_task = task.clone();
    let windows = ends.map(|start| {
        let (first, end) = (walk.first_needed(), n_frames.min(start + per_block));
        stream.forget_before(first);
        let pieces = task::as_part_of(&of_task, || stream.pieces(first..end))?;
        Ok((first, pieces, walk.advance(end), end - start))
    });
    let mut accumulation = Accumulation::new(&plan, reducer);
    task::pipeline(windows, |(first, pieces, portion, n_new)| {
        let pieces = pieces.into_iter().map(|piece| whole.arranged(piece));
        let pieces: Vec<_> = pieces.collect::<Result<_>>()?;
        let storage = pieces.iter().map(|piece| {
            let (storage, layout) = samples_of::<T>(piece);
            let start = layout.offset() - whole.layout.offset();
            &storage[start..][..piece.len() * frame_len]
        });
        let storage = Pieces::new(first * frame_len, storage);
        task::as_part(|| accumulation.add(&storage, portion))?;
        task.advance(n_new)
    })?;
    Ok(Some((accumulation.results(), plan.results().clone())))
}

/// How all frames of a chain would lie in memory.
struct WholeLayout {
    layout: Layout,
    /// Number of samples from one frame to the next, all others between which are not shown.
    frame_len: usize,
}

impl WholeLayout {
    /// The layout of pending samples; `None` if it is not known, or if frames are not one after the
    /// other.
    fn of(video: &Video) -> Result<Option<Self>> {
        let n_frames = video.len();
        if n_frames < 2 || video.is_empty() {
            return Ok(None);
        }
        let Some(two) = video.example(2)? else {
            return Ok(None);
        };
        let (two, frame) = (two.layout().clone(), two.frame(0));
        let begin = frame.layout().bounds().map_or(0, |(first, _)| first);
        let end = frame.layout().bounds().map_or(0, |(_, end)| end);
        let frame_len = usize::try_from(two.strides()[0]).unwrap_or(0);
        // The first frame begins at the start of the memory, or within it after what is not shown.
        let start = begin / frame_len.max(1) * frame_len;
        if frame_len == 0 || start + frame_len < end {
            return Ok(None);
        }
        let shape = [&[n_frames], &two.shape()[1..]].concat();
        Ok(Some(Self {
            layout: Layout::new(two.offset() - start, &shape, two.strides()),
            frame_len,
        }))
    }

    /// Consecutive frames, in memory as in the whole.
    fn arranged(&self, video: Video) -> Result<Video> {
        let (layout, strides) = (video.layout(), self.layout.strides());
        let axes = layout.shape().iter().zip(layout.strides()).zip(strides);
        let mut axes = axes.filter(|((len, _), _)| **len > 1);
        let begin = layout.offset().checked_sub(self.layout.offset());
        let end = begin.map(|begin| begin + video.len() * self.frame_len);
        let room = map_samples!(video.samples(), array => array.storage().len());
        if end.is_some_and(|end| end <= room)
            && axes.all(|((_, stride), as_whole)| stride == as_whole)
        {
            return Ok(video);
        }
        let layout = Layout::new(self.layout.offset(), video.shape(), strides);
        with_dtype!(video.dtype(), T => {
            let array = T::unwrap(video.samples().clone()).expect("the type just chosen");
            let mut arranged = Strided::<T>::zeroed(&[video.len() * self.frame_len])?;
            let out = arranged.as_mut_slice()?;
            for (index, sample) in array.view().indexed_iter() {
                let axes = (0..layout.shape().len()).zip(layout.strides());
                let distance: isize = axes.map(|(axis, stride)| index[axis] as isize * stride).sum();
                out[layout.offset().wrapping_add_signed(distance)] = *sample;
            }
            Ok(video.with_samples(arranged.with_layout(layout)))
        })
    }
}
