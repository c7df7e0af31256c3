//! Pure functions from videos to videos.
//!
//! A filter is a kernel on plain slices of `f32` or `f64`; [`drive`] walks it over the video: on
//! all cores, from samples of any type and layout, into the memory of the input if that is a
//! temporary, with progress and interruption.

pub mod edit;
pub mod example;
pub mod normalize;
pub mod smooth;
pub mod temporal;

pub mod drive;
mod gaussian;

#[cfg(test)]
pub(crate) mod testing;

use crate::error::{Error, Result};
use crate::video::{Video, shape_text};

/// An error unless the video has the axes `{t, y, x}`.
fn expect_gray_frames(video: &Video, function: &str) -> Result<()> {
    if video.ndim() == 3 {
        return Ok(());
    }
    let error = Error::new(format!(
        "{function} needs a video {{t, y, x}}, got {} of shape {}",
        video.kind(),
        shape_text(video.shape())
    ));
    Err(match video.ndim() {
        4 => error.hint("take one channel at a time: `v[[(), (), (), 0]]`"),
        _ => error,
    })
}

/// The error of a range that is looked for in nothing.
fn no_samples(function: &str, video: &Video) -> Error {
    Error::new(format!(
        "{function} needs samples, got a {} of shape {}",
        video.kind(),
        shape_text(video.shape())
    ))
}
