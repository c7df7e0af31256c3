//! Frames that were computed and may be needed again.

use std::ops::Range;

use crate::error::Result;
use crate::ops::array::shape::concatenate;
use crate::video::Video;

/// Consecutive frames of a video.
#[derive(Default)]
pub(super) struct FrameBuffer {
    /// Number of the first frame.
    start: usize,
    frames: Option<Video>,
}

impl FrameBuffer {
    /// Number of the frame after the last one, if there are frames.
    pub(super) fn end(&self) -> Option<usize> {
        let frames = self.frames.as_ref()?;
        Some(self.start + frames.len())
    }

    /// Removes the frames before one.
    pub(super) fn forget_before(&mut self, frame: usize) {
        let (start, end) = (self.start, self.end().unwrap_or(0));
        self.frames = self.frames.take().filter(|_| frame < end);
        if let Some(frames) = &mut self.frames
            && start < frame
        {
            *frames = frames.frames(frame - start, end - frame, 1);
            self.start = frame;
        }
    }

    /// Adds frames, the first of which has a number.
    pub(super) fn push(&mut self, first: usize, frames: Video) -> Result<()> {
        self.frames = match self.frames.take() {
            Some(before) => Some(concatenate(&[before, frames], 0)?),
            None => {
                self.start = first;
                Some(frames)
            }
        };
        Ok(())
    }

    /// View of some of the frames.
    pub(super) fn view(&self, frames: Range<usize>) -> Video {
        let known = self.frames.as_ref().expect("frames that were added");
        known.frames(frames.start - self.start, frames.len(), 1)
    }

    /// Removes the first frames; if these are all, nothing else refers to their memory.
    pub(super) fn take(&mut self, frames: Range<usize>) -> Video {
        if self.end() == Some(frames.end) && self.start == frames.start {
            return self.frames.take().expect("it has an end");
        }
        let taken = self.view(frames.clone());
        self.forget_before(frames.end);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{address, ramp, values};

    #[test]
    fn frames_are_kept_until_they_are_forgotten() {
        let video = ramp(&[9, 2, 3]);
        let mut buffer = FrameBuffer::default();
        assert_eq!(buffer.end(), None);
        buffer.push(2, video.frames(2, 3, 1)).unwrap();
        buffer.push(5, video.frames(5, 2, 1)).unwrap();
        assert_eq!(buffer.end(), Some(7));
        buffer.forget_before(4);
        assert_eq!(values(&buffer.view(4..6)), values(&video.frames(4, 2, 1)));
        assert_eq!(values(&buffer.take(4..5)), values(&video.frame(4)));
        assert_eq!(values(&buffer.take(5..7)), values(&video.frames(5, 2, 1)));
        assert_eq!(buffer.end(), None);
    }

    #[test]
    fn what_is_taken_as_a_whole_is_not_copied() {
        let video = ramp(&[3, 2, 3]);
        let before = address(&video);
        let mut buffer = FrameBuffer::default();
        buffer.push(0, video).unwrap();
        assert_eq!(address(&buffer.take(0..3)), before);
        buffer.forget_before(7);
        assert_eq!(buffer.end(), None);
    }
}
