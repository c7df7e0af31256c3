//! Frames that are made on demand.

use std::fmt;
use std::sync::Arc;

use super::Video;
use crate::error::{Result, counted};

/// A sequence of frames, each made on demand, so that a movie is never in memory as a whole. Clones
/// make the same frames.
#[derive(Clone)]
pub struct Frames {
    len: usize,
    produce: Arc<dyn Fn(usize) -> Result<Video> + Send + Sync>,
}

impl Frames {
    /// Creates a sequence of `len` frames; `produce` makes the frame of an index.
    pub fn new(
        len: usize,
        produce: impl Fn(usize) -> Result<Video> + Send + Sync + 'static,
    ) -> Self {
        Self {
            len,
            produce: Arc::new(produce),
        }
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Makes the frame of an index below the number of frames.
    pub fn frame(&self, index: usize) -> Result<Video> {
        (self.produce)(index)
    }
}

impl From<Video> for Frames {
    fn from(video: Video) -> Self {
        Self::new(video.len(), move |index| Ok(video.frame(index)))
    }
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, generated on demand", counted(self.len, "frame"))
    }
}
