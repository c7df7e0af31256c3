//! What writes movies, whatever the format: ffmpeg, the built-in encoder of H.264, and the writers of
//! animated GIFs and PNGs.

use crate::error::Result;
use crate::io::ffmpeg::FfmpegEncoder;

/// Writes the frames of a movie, which come in order and in the pixel format that the encoder was
/// made for.
pub(super) trait FrameEncoder {
    /// A frame as the encoder takes it: its pixels, or what was made of them on another core.
    type Frame: Send;

    /// Adds a frame.
    fn add(&mut self, frame: Self::Frame) -> Result<()>;

    /// Ends the movie; until then the file is not complete.
    fn finish(self) -> Result<()>;
}

impl FrameEncoder for FfmpegEncoder {
    type Frame = Vec<u8>;

    fn add(&mut self, frame: Vec<u8>) -> Result<()> {
        self.send(frame)
    }

    fn finish(self) -> Result<()> {
        self.end()
    }
}
