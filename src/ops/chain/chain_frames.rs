//! Frames of a chain for a reader that goes through them in order and keeps only some.

use std::ops::Range;
use std::sync::Arc;

use super::frame_buffer::FrameBuffer;
use crate::error::Result;
use crate::task::{self, Task};
use crate::video::memory::usage;
use crate::video::{
    Chain, Element, Forecast, Strided, Video, frames_per_block, read_run, with_dtype,
};

/// Bytes of frames that are always kept in memory rather than in a scratch file.
const FEW: usize = 8 << 20;

/// Frames are also kept in memory if they take less than one in this number of what is allowed:
/// scratch files take two to three times as long.
const BUDGET_PARTS: usize = 8;

/// Whether frames that are read once more when all are there are few enough to be kept in memory.
pub(super) fn fits_in_memory(bytes: usize) -> bool {
    bytes <= usage().budget / BUDGET_PARTS
}

/// Room for frames that are read once more when all are there: in a scratch file, unless they are
/// few, or there is no room for it.
pub(super) fn room_aside<T: Element>(shape: &[usize]) -> Result<Strided<T>> {
    let bytes = shape.iter().product::<usize>() * size_of::<T>();
    if bytes <= FEW || fits_in_memory(bytes) {
        return Strided::for_writing(shape);
    }
    Strided::in_scratch_file(shape).or_else(|_| Strided::for_writing(shape))
}

/// Calls a function with consecutive windows of a video, in order, and with the number of the first
/// frame of each; all but the last have a multiple of `len` frames. Frames that are still to be
/// computed, and that nobody else would use, are computed for their call alone.
pub fn for_each_window(
    video: &Video,
    len: usize,
    mut each: impl FnMut(usize, &Video) -> Result<()>,
) -> Result<()> {
    let Some(mut stream) = ChainFrames::of(video) else {
        video.compute()?;
        return each(0, video);
    };
    let per_window = stream.per_block().next_multiple_of(len);
    let n_frames = video.len();
    let task = Arc::new(stream.task());
    let of_task = task.clone();
    let windows = (0..n_frames).step_by(per_window).map(move |first| {
        stream.forget_before(first);
        let frames = first..n_frames.min(first + per_window);
        let window = task::as_part_of(&of_task, || stream.frames(frames))?;
        Ok((first, window))
    });
    task::pipeline(windows, |(first, window)| {
        task::as_part(|| each(first, &window))?;
        task.advance(window.len())
    })
}

/// Frames of a video that are computed when they are read, and kept until they are forgotten.
pub struct ChainFrames {
    /// The video, without its samples.
    video: Video,
    chain: Box<dyn Chain>,
    forecast: Forecast,
    /// Number of frames that are computed at once if fewer are needed.
    per_block: usize,
    /// Number of frames computed so far.
    n_computed: usize,
    computed: FrameBuffer,
}

impl ChainFrames {
    /// Frames of a video that are still to be computed and that nobody else would use.
    pub fn of(video: &Video) -> Option<Self> {
        let forecast = video.forecast();
        let chain = video.take_chain()?;
        Some(Self {
            forecast,
            video: video.clone(),
            chain,
            per_block: frames_per_block(video.frame_len() * video.dtype().size()),
            n_computed: 0,
            computed: FrameBuffer::default(),
        })
    }

    /// Some of the frames that were not forgotten.
    pub fn frames(&mut self, frames: Range<usize>) -> Result<Video> {
        self.compute_before(frames.end)?;
        let window = self.computed.gather(frames);
        task::as_part(|| window.compute())?;
        let (samples, _) = window.into_parts();
        Ok(Video::with_metadata(samples, self.video.metadata().clone()))
    }

    /// Some of the frames that were not forgotten, in pieces as they were computed.
    pub fn pieces(&mut self, frames: Range<usize>) -> Result<Vec<Video>> {
        self.compute_before(frames.end)?;
        Ok(self.computed.parts(frames))
    }

    fn compute_before(&mut self, end: usize) -> Result<()> {
        while self.n_computed < end {
            let (first, block) = self.next_block(end)?;
            self.computed.push(first, block);
        }
        Ok(())
    }

    /// Forgets the frames before one.
    pub fn forget_before(&mut self, frame: usize) {
        self.computed.forget_before(frame);
    }

    /// Computes all frames, none of which were forgotten, and calls a function with each block of them
    /// and the number of its first frame. Returns `len` frames that are `step` apart, in a scratch
    /// file unless they are few, so that only blocks are in memory.
    pub fn keep_every(
        self,
        step: usize,
        len: usize,
        mut each: impl FnMut(usize, &Video) -> Result<()>,
    ) -> Result<Video> {
        let (video, known) = (self.video.clone(), self.n_computed);
        let shape = [&[len], &video.shape()[1..]].concat();
        let frame_len = video.frame_len();
        let task = Arc::new(self.task());
        let mut kept = with_dtype!(video.dtype(), T => {
            let mut array = room_aside::<T>(&shape)?;
            let room = array.as_mut_slice()?;
            let keep = |first: usize, block: &Video| {
                each(first, block)?;
                let shown = first.div_ceil(step)..(first + block.len()).div_ceil(step).min(len);
                if shown.is_empty() {
                    return Ok(());
                }
                let frames = block.frames(shown.start * step - first, shown.len(), step as isize);
                let out = &mut room[shown.start * frame_len..shown.end * frame_len];
                task::as_part(|| copy::<T>(frames, out))
            };
            self.for_each_rest(known, &task, keep)?;
            video.with_samples(array)
        });
        if step > 1 {
            kept.metadata_mut().take_every(step);
        }
        Ok(kept)
    }

    /// Calls a function with all frames, of which the first are known, in blocks.
    fn for_each_rest(
        mut self,
        known: usize,
        task: &Arc<Task>,
        mut each: impl FnMut(usize, &Video) -> Result<()>,
    ) -> Result<()> {
        if known > 0 {
            let first = self.computed.take(0..known);
            first.compute()?;
            each(0, &first)?;
            task.advance(known)?;
        }
        let n_frames = self.video.len();
        let starts = (known..n_frames).step_by(self.per_block);
        let of_task = task.clone();
        let blocks = starts.map(|_| task::as_part_of(&of_task, || self.next_block(0)));
        task::pipeline(blocks, |(first, block)| {
            each(first, &block)?;
            task.advance(block.len())
        })
    }

    /// The operation that computes all frames.
    pub fn task(&self) -> Task {
        self.forecast.task(self.video.len())
    }

    /// Number of frames that are computed at once if fewer are needed.
    pub fn per_block(&self) -> usize {
        self.per_block
    }

    /// The next frames, those before `end` and more, and the number of the first of them.
    fn next_block(&mut self, end: usize) -> Result<(usize, Video)> {
        let first = self.n_computed;
        let end = self.video.len().min(end.max(first + self.per_block));
        let block = task::as_part(|| self.chain.joined_frames(first..end))?;
        self.n_computed = end;
        Ok((first, block))
    }
}

/// Copies the samples of a video of a type into row-major order.
fn copy<T: Element>(video: Video, out: &mut [T]) -> Result<()> {
    let frame_len = video.frame_len();
    let (samples, _) = video.into_parts();
    let array = T::unwrap(samples).expect("the sample type of the chain");
    let frames = out.chunks_mut(frame_len.max(1)).enumerate();
    task::for_each("computing", frames, |(frame, out)| {
        read_run(&array, frame, 0..frame_len, out);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::chain::Stage;
    use crate::ops::filter::smooth::smooth_within;
    use crate::ops::testing::{ramp, values};
    use crate::video::{TEST_LIMITS, TestLimits};

    fn smoothed(limits: Option<TestLimits>) -> Video {
        TEST_LIMITS.set(limits);
        let filter = |video, frames| smooth_within(video, frames, 0.5, 0.0);
        let stage = Stage::around("smooth_spatiotemporal", 2, 2);
        stage.apply_within(ramp(&[11, 2, 3]), filter).unwrap()
    }

    /// A chain with blocks of 4 frames.
    fn chain() -> Video {
        let mut video = smoothed(Some(TestLimits {
            pending: 0,
            block: 4,
            per_call: 1,
        }));
        video.metadata_mut().fps = Some(50.0);
        video
    }

    fn stream() -> ChainFrames {
        let video = chain();
        let stream = ChainFrames::of(&video).unwrap();
        assert!(ChainFrames::of(&video).is_none());
        stream
    }

    #[test]
    fn frames_are_those_of_the_whole() {
        let whole = smoothed(None);
        let mut stream = stream();
        let expected = |frames: Range<usize>| values(&whole.frames(frames.start, frames.len(), 1));
        for frames in [0..1, 0..3, 2..7, 6..7] {
            let found = stream.frames(frames.clone()).unwrap();
            assert_eq!(values(&found), expected(frames.clone()));
            assert_eq!(found.metadata().fps, Some(50.0));
            stream.forget_before(frames.start);
        }
        stream.forget_before(9);
        assert_eq!(values(&stream.frames(9..11).unwrap()), expected(9..11));
        TEST_LIMITS.set(None);
    }

    #[test]
    fn windows_have_a_multiple_of_a_number_of_frames() {
        let whole = smoothed(None);
        for (len, expected) in [(1, vec![0, 4, 8]), (3, vec![0, 6]), (4, vec![0, 4, 8])] {
            let video = chain();
            let (mut starts, mut found) = (Vec::new(), Vec::new());
            let collect = |first: usize, window: &Video| {
                starts.push(first);
                found.extend(values(window));
                Ok(())
            };
            for_each_window(&video, len, collect).unwrap();
            assert_eq!((starts, found), (expected, values(&whole)));
        }
        TEST_LIMITS.set(None);
        let mut starts = Vec::new();
        for_each_window(&whole, 3, |first, window| {
            starts.push((first, window.len()));
            Ok(())
        })
        .unwrap();
        assert_eq!(starts, [(0, 11)]);
    }

    #[test]
    fn frames_that_are_kept_are_those_of_the_whole() {
        let whole = smoothed(None);
        for (read, step) in [(0, 1), (1, 1), (6, 2), (11, 3), (5, 20)] {
            let mut stream = stream();
            if read > 0 {
                stream.frames(0..read).unwrap();
            }
            let len = 11_usize.div_ceil(step);
            let mut seen = Vec::new();
            let collect = |first: usize, block: &Video| {
                assert_eq!(first * 6, seen.len());
                seen.extend(values(block));
                Ok(())
            };
            let kept = stream.keep_every(step, len, collect).unwrap();
            assert_eq!(seen, values(&whole));
            let expected = whole.frames(0, len, step as isize);
            assert_eq!(values(&kept), values(&expected), "{read} {step}");
            assert_eq!(kept.metadata().fps, Some(50.0 / step as f64));
        }
        TEST_LIMITS.set(None);
    }
}
