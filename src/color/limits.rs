//! Color limits that are computed from samples.

use super::colormap::Colormap;
use crate::error::Result;
use crate::video::Video;

/// Smallest and largest finite sample of the first frame that has any.
pub fn first_range(video: &Video) -> Result<Option<(f64, f64)>> {
    for frame in 0..video.len() {
        if let Some(range) = video.frames(frame, 1, 1).finite_range()? {
            return Ok(Some(range));
        }
    }
    Ok(None)
}

/// Color limits that are not given: the range of the first frame with finite samples. If all of its
/// samples are equal, as in `v - v[0]`, it has none, and the limits are [`shared_limits`] of the
/// whole video.
pub fn default_limits(video: &Video, colormap: &Colormap) -> Result<Option<(f64, f64)>> {
    match first_range(video)? {
        Some((low, high)) if low == high && video.len() > 1 => Ok(video
            .finite_range()?
            .map(|all| shared_limits(all, colormap))),
        found => Ok(found),
    }
}

/// Color limits for the range of a whole video: symmetric around zero for a diverging colormap,
/// whose middle means no difference.
pub fn shared_limits((low, high): (f64, f64), colormap: &Colormap) -> (f64, f64) {
    match colormap.is_diverging() && low < high {
        true => {
            let farthest = low.abs().max(high.abs());
            (-farthest, farthest)
        }
        false => (low, high),
    }
}
