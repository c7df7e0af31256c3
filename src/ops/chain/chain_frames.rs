//! Frames of a chain for a reader that goes through them in order and keeps only some.

use std::ops::Range;

use super::frame_buffer::FrameBuffer;
use crate::error::Result;
use crate::task::{self, Task};
use crate::video::{Chain, Element, Strided, Video, frames_per_block, read_run, with_dtype};

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
    let windows = (0..n_frames).step_by(per_window).map(|first| {
        stream.forget_before(first);
        let window = stream.frames(first..n_frames.min(first + per_window))?;
        Ok((first, window))
    });
    let task = Task::new("computing", n_frames).in_units("frames");
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
    /// Number of frames that are computed at once if fewer are needed.
    per_block: usize,
    /// Number of frames computed so far.
    n_computed: usize,
    computed: FrameBuffer,
}

impl ChainFrames {
    /// Frames of a video that are still to be computed and that nobody else would use.
    pub fn of(video: &Video) -> Option<Self> {
        let chain = video.take_chain()?;
        Some(Self {
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
        let (samples, _) = task::as_part(|| self.computed.view(frames))?.into_parts();
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

    /// All frames, none of which were forgotten.
    pub fn into_video(mut self) -> Result<Video> {
        with_dtype!(self.video.dtype(), T => {
            let mut array = Strided::<T>::for_writing(self.video.shape())?;
            let mut room = array.as_mut_slice()?;
            let mut fill = |block: Video| {
                let (out, rest) = std::mem::take(&mut room).split_at_mut(block.shape().iter().product());
                room = rest;
                copy::<T>(block, out)
            };
            let known = self.n_computed;
            if known > 0 {
                fill(self.computed.take(0..known)?)?;
            }
            while self.n_computed < self.video.len() {
                fill(self.next_block(0)?.1)?;
            }
            Ok(self.video.with_samples(array))
        })
    }

    /// Number of frames that are computed at once if fewer are needed.
    pub fn per_block(&self) -> usize {
        self.per_block
    }

    /// The next frames, those before `end` and more, and the number of the first of them.
    fn next_block(&mut self, end: usize) -> Result<(usize, Video)> {
        let first = self.n_computed;
        let end = self.video.len().min(end.max(first + self.per_block));
        let block = task::as_part(|| self.chain.frames(first..end))?;
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
    fn frames_that_were_read_are_part_of_the_whole() {
        for read in [0, 1, 6, 11] {
            let mut stream = stream();
            if read > 0 {
                stream.frames(0..read).unwrap();
            }
            let whole = stream.into_video().unwrap();
            assert_eq!(values(&whole), values(&smoothed(None)), "{read}");
            assert_eq!(whole.metadata().fps, Some(50.0));
        }
        TEST_LIMITS.set(None);
    }
}
