//! Replacement of the built-in H.264 decoder in builds without it.

use std::path::Path;

use super::Movie;
use crate::error::{Error, Result};

/// Returns an error that this build lacks the decoder.
pub(crate) fn open(_: &Path, _: bool) -> Result<Movie> {
    Err(Error::new("ffmpeg was not found, and this program was built without H.264").needs("h264"))
}
