//! Frames that were computed and may be needed again.

use std::collections::VecDeque;
use std::ops::Range;

use crate::error::Result;
use crate::ops::array::shape::concatenate;
use crate::ops::kernel::only;
use crate::video::{Chain, Origin, StageInfo, Video};

/// Consecutive frames of a video, in pieces as they were computed.
#[derive(Default)]
pub(super) struct FrameBuffer {
    /// Number of the first frame.
    start: usize,
    pieces: VecDeque<Video>,
}

impl FrameBuffer {
    /// Number of the frame after the last one, if there are frames.
    pub(super) fn end(&self) -> Option<usize> {
        let len: usize = self.pieces.iter().map(Video::len).sum();
        (len > 0).then_some(self.start + len)
    }

    /// Removes the frames before one.
    pub(super) fn forget_before(&mut self, frame: usize) {
        while let Some(first) = self.pieces.pop_front() {
            let end = self.start + first.len();
            if frame < end {
                let gone = frame.saturating_sub(self.start);
                self.start += gone;
                self.pieces.push_front(only(gone..first.len(), first));
                return;
            }
            self.start = end;
        }
    }

    /// Adds frames, the first of which has a number.
    pub(super) fn push(&mut self, first: usize, frames: Video) {
        if self.pieces.is_empty() {
            self.start = first;
        }
        match frames.pieces() {
            Some(pieces) => self.pieces.extend(pieces),
            None => self.pieces.push_back(frames),
        }
    }

    /// Some of the frames, in pieces as they were computed.
    pub(super) fn parts(&self, frames: Range<usize>) -> Vec<Video> {
        let (mut parts, mut at) = (Vec::new(), self.start);
        for piece in &self.pieces {
            let start = frames.start.max(at) - at;
            let end = frames.end.min(at + piece.len()).max(at) - at;
            if start < end {
                parts.push(piece.frames(start, end - start, 1));
            }
            at += piece.len();
        }
        parts
    }

    /// Some of the frames, put together only if a filter needs that.
    pub(super) fn gather(&self, frames: Range<usize>) -> Video {
        let mut parts = self.parts(frames.clone());
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let first = &parts[0];
        let shape = [&[frames.len()], &first.shape()[1..]].concat();
        let (dtype, metadata) = (first.dtype(), first.metadata().clone());
        Video::pending(&shape, dtype, metadata, Box::new(FramesInPieces(parts)))
    }

    /// Removes the first frames; a whole piece is returned as it was added, and parts of several are
    /// left where they are.
    pub(super) fn take(&mut self, frames: Range<usize>) -> Video {
        if let Some(first) = self.pieces.pop_front() {
            if frames == (self.start..self.start + first.len()) {
                self.start = frames.end;
                return first;
            }
            self.pieces.push_front(first);
        }
        let taken = self.gather(frames.clone());
        self.forget_before(frames.end);
        taken
    }
}

/// Frames in several pieces of memory.
struct FramesInPieces(Vec<Video>);

impl Chain for FramesInPieces {
    fn frames(&mut self, frames: Range<usize>) -> Result<Video> {
        Ok(only(frames, self.whole()?))
    }

    fn peek(&mut self, frames: Range<usize>) -> Result<Video> {
        self.frames(frames)
    }

    fn whole(&mut self) -> Result<Video> {
        concatenate(&self.0, 0)
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn example(&self, _: usize) -> Result<Option<Video>> {
        Ok(None)
    }

    fn pieces(&self) -> Option<Vec<Video>> {
        Some(self.0.clone())
    }

    fn set_origin(&mut self, _: Origin) {}

    fn stages(&self) -> Vec<StageInfo> {
        Vec::new()
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
        buffer.push(2, video.frames(2, 3, 1));
        buffer.push(5, video.frames(5, 2, 1));
        assert_eq!(buffer.end(), Some(7));
        buffer.forget_before(1);
        let window = |buffer: &FrameBuffer, frames| values(&buffer.gather(frames));
        assert_eq!(window(&buffer, 2..4), values(&video.frames(2, 2, 1)));
        assert_eq!(window(&buffer, 4..6), values(&video.frames(4, 2, 1)));
        buffer.forget_before(4);
        let gathered = buffer.gather(4..7);
        assert_eq!(gathered.pieces().unwrap().len(), 2);
        assert_eq!(values(&gathered), values(&video.frames(4, 3, 1)));
        assert!(gathered.pieces().is_none());
        assert!(buffer.gather(5..7).pieces().is_none());
        assert_eq!(values(&buffer.take(4..5)), values(&video.frame(4)));
        let rest = buffer.take(5..7);
        assert_eq!(values(&rest), values(&video.frames(5, 2, 1)));
        assert_eq!(buffer.end(), None);
    }

    #[test]
    fn what_is_taken_as_a_whole_is_not_copied() {
        let video = ramp(&[3, 2, 3]);
        let before = address(&video);
        let mut buffer = FrameBuffer::default();
        buffer.push(0, video);
        assert_eq!(address(&buffer.take(0..3)), before);
        buffer.forget_before(7);
        assert_eq!(buffer.end(), None);
    }
}
