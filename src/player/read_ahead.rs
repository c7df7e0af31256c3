//! Frames of a video that is still to be computed, for a player: those that it shows, and some ahead
//! of them.

use crate::error::Result;
use crate::video::{Video, frames_per_block};

/// Number of positions from which frames are read in turn: that of the player and that of traces.
const POSITIONS: usize = 2;

/// Blocks of the chain that are computed ahead at most.
const BLOCKS_AHEAD: usize = 4;

/// Frames that were computed last, at the positions in use, the latest first.
#[derive(Default)]
pub struct ReadAhead {
    pieces: Vec<FramesAhead>,
}

/// Consecutive frames, and the number of the first of them.
struct FramesAhead {
    first: usize,
    frames: Video,
}

impl ReadAhead {
    /// One frame of a video, always the same one. It is computed alone at a new place, and with more
    /// and more frames ahead or behind as they follow each other, which shares the work of windows.
    pub fn frame(&mut self, video: &Video, frame: usize) -> Result<Video> {
        let holds = |piece: &FramesAhead| (piece.first..piece.end()).contains(&frame);
        let piece = match self.pieces.iter().position(holds) {
            Some(at) => self.pieces.remove(at),
            None => self.next_piece(video, frame)?,
        };
        let found = piece.frames.frames(frame - piece.first, 1, 1);
        self.pieces.truncate(POSITIONS - 1);
        self.pieces.insert(0, piece);
        Ok(found)
    }

    fn next_piece(&mut self, video: &Video, frame: usize) -> Result<FramesAhead> {
        let is_near = |piece: &FramesAhead| {
            let reach = piece.frames.len();
            piece.first.saturating_sub(reach) <= frame && frame < piece.end() + reach
        };
        let near = self.pieces.iter().position(is_near);
        let frames = match near.map(|at| self.pieces.remove(at)) {
            None => frame..frame + 1,
            Some(before) => {
                let frame_bytes = video.frame_len() * video.dtype().size();
                let most = BLOCKS_AHEAD * frames_per_block(frame_bytes);
                let len = (2 * before.frames.len()).min(most).max(1);
                match frame < before.first {
                    true => (frame + 1).saturating_sub(len)..frame + 1,
                    false => frame..video.len().min(frame + len),
                }
            }
        };
        Ok(FramesAhead {
            first: frames.start,
            frames: video.peek(frames)?,
        })
    }
}

impl FramesAhead {
    fn end(&self) -> usize {
        self.first + self.frames.len()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;
    use crate::ops::chain::Stage;
    use crate::ops::testing::{ramp, values};
    use crate::video::{TEST_LIMITS, TestLimits};

    /// A pending video of 40 frames, and the number of those that were computed.
    fn counted() -> (Video, Arc<AtomicUsize>) {
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            block: 2,
            per_call: 1,
        }));
        let count = Arc::new(AtomicUsize::new(0));
        let counter = count.clone();
        let stage = Stage::of_frames("count").apply(ramp(&[40, 2, 3]), move |video: Video| {
            counter.fetch_add(video.len(), Relaxed);
            Ok(video)
        });
        let video = stage.unwrap();
        count.store(0, Relaxed);
        (video, count)
    }

    #[test]
    fn frames_ahead_are_computed_once() {
        let (video, count) = counted();
        let mut read_ahead = ReadAhead::default();
        let whole = ramp(&[40, 2, 3]);
        let mut computed = |frames: &mut dyn Iterator<Item = usize>| {
            let before = count.load(Relaxed);
            for frame in frames {
                let found = read_ahead.frame(&video, frame).unwrap();
                assert_eq!(found.shape(), [1, 2, 3]);
                assert_eq!(values(&found), values(&whole.frame(frame)), "{frame}");
            }
            count.load(Relaxed) - before
        };
        assert_eq!(
            computed(&mut (0..1)),
            1,
            "the first picture needs one frame"
        );
        assert_eq!(computed(&mut (0..15)), 14);
        assert_eq!(computed(&mut (30..31)), 1, "a jump");
        assert_eq!(
            computed(&mut [15, 31, 16, 32].into_iter()),
            8 + 2,
            "two positions"
        );
        assert_eq!(computed(&mut (7..15).rev()), 8, "backwards");
        assert_eq!(computed(&mut (39..40)), 1, "the end");
        assert!(video.is_pending());
        TEST_LIMITS.set(None);
    }
}
