//! Axes of arrays, as scripts number them.

use crate::error::{Error, Result};
use crate::video::{Metadata, Video, shape_text};

/// Index of an axis, negative ones counted from the end.
pub(in crate::ops) fn axis_of(function: &str, video: &Video, axis: i64) -> Result<usize> {
    let ndim = video.ndim() as i64;
    if !(-ndim..ndim).contains(&axis) {
        let shape = shape_text(video.shape());
        let error = Error::new(format!(
            "{function} has no axis {axis} in {} of shape {shape}",
            video.kind_with_article()
        ));
        return Err(error.hint(format!(
            "axes are 0 to {}, or -1, -2, … from the end",
            ndim - 1
        )));
    }
    Ok(axis.rem_euclid(ndim) as usize)
}

/// Removes metadata that is not valid without the removed axes.
pub(in crate::ops) fn forget_axes(metadata: &mut Metadata, is_gone: &[bool]) {
    let (time, space) = match is_gone {
        [time, space @ ..] if is_gone.len() > 2 => (*time, &space[..2]),
        space => (is_gone[0], space),
    };
    if time {
        metadata.fps = None;
    }
    if space.contains(&true) {
        metadata.pixel_size = None;
        metadata.origin = None;
    }
}
