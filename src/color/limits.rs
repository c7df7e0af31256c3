//! Color limits that are computed from samples.

use super::colormap::Colormap;
use crate::error::Result;
use crate::task;
use crate::video::Video;

/// Number of frames whose range is taken for that of a video that is still to be computed.
const SAMPLED_FRAMES: usize = 32;

/// Smallest and largest finite sample of the first frame that has any.
pub fn first_range(video: &Video) -> Result<Option<(f64, f64)>> {
    for frame in 0..video.len() {
        task::check()?;
        if let Some(range) = video.peek(frame..frame + 1)?.finite_range()? {
            return Ok(Some(range));
        }
    }
    Ok(None)
}

/// Color limits that are not given: the range of the first frame with finite samples. If all of its
/// samples are equal, as in `v - v[0]`, it has none, and the limits are [`shared_limits`] of the
/// whole video.
pub fn default_limits(video: &Video, colormap: &Colormap) -> Result<Option<(f64, f64)>> {
    limits_by(video, colormap, |_| video.finite_range())
}

/// Like [`default_limits`], for a window that shows a video before it is computed: the range of the
/// whole is taken to be that of evenly spread frames, the first and the last among them.
pub fn sampled_limits(video: &Video, colormap: &Colormap) -> Result<Option<(f64, f64)>> {
    limits_by(video, colormap, |first| spread_range(video, 1, Some(first)))
}

/// Range of evenly spread frames, the first and the last among them, for a window that shows a video
/// before it is computed.
pub fn sampled_range(video: &Video) -> Result<Option<(f64, f64)>> {
    spread_range(video, 0, None)
}

/// Adds the ranges of evenly spread frames, from the one of a number on, to a range.
fn spread_range(
    video: &Video,
    first: usize,
    mut all: Option<(f64, f64)>,
) -> Result<Option<(f64, f64)>> {
    let (last, count) = (video.len() - 1, SAMPLED_FRAMES.min(video.len()));
    for at in first..count {
        task::check()?;
        let frame = at * last / (count - 1).max(1);
        if let Some((low, high)) = video.peek(frame..frame + 1)?.finite_range()? {
            let (lowest, highest) = all.unwrap_or((low, high));
            all = Some((lowest.min(low), highest.max(high)));
        }
    }
    Ok(all)
}

/// The range of the first frame with finite samples, or if that is constant, limits for the range of
/// the whole, which a function finds from it.
fn limits_by(
    video: &Video,
    colormap: &Colormap,
    range: impl Fn((f64, f64)) -> Result<Option<(f64, f64)>>,
) -> Result<Option<(f64, f64)>> {
    match first_range(video)? {
        Some((low, high)) if low == high && video.len() > 1 => {
            Ok(range((low, high))?.map(|all| shared_limits(all, colormap)))
        }
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
