//! Frames that are made when they are asked for.

use std::fmt;
use std::sync::Arc;

use super::Video;
use crate::error::Result;

/// A number of frames, each made when it is asked for: a film that is never in memory as a whole.
/// Clones make the same frames.
#[derive(Clone)]
pub struct Frames {
    len: usize,
    produce: Arc<dyn Fn(usize) -> Result<Video> + Send + Sync>,
}

impl Frames {
    /// `len` frames, of which `produce` makes the one of an index.
    pub fn new(
        len: usize,
        produce: impl Fn(usize) -> Result<Video> + Send + Sync + 'static,
    ) -> Self {
        Self {
            len,
            produce: Arc::new(produce),
        }
    }

    /// How many frames there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no frame.
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
        write!(f, "{} frames, generated on demand", self.len)
    }
}
