//! What stands for the built-in H.264 decoder in a program that was built without it.

use std::path::Path;

use super::Movie;
use crate::error::{Error, Result};

/// Says that this needs another program.
pub(crate) fn open(_: &Path, _: bool) -> Result<Movie> {
    Err(Error::new("ffmpeg was not found, and this program was built without H.264").needs("h264"))
}
