//! Frames as colors, for windows and movies alike: those of a video, of one video blended over
//! another, or of the difference of two.

use std::ops::Range;
use std::sync::Arc;

use crate::color::color_mapping::ColorMapping;
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::{Rgba, ScaledColormap};
use crate::error::{Error, Result};
use crate::ops::blend::{Blend, BlendLook};
use crate::video::{Video, shape_text};
use crate::view::video_difference::VideoDifference;

/// Frames and their conversion to colors.
#[derive(Debug, Clone)]
pub enum ColoredFrames {
    /// A video `{t, y, x}` or `{t, y, x, channel}` and the colors of its samples.
    Video(Video, ColorMapping),
    /// One video blended over another.
    Blend(Arc<Blend>),
    /// The difference of two gray videos.
    Difference(Arc<VideoDifference>),
}

impl ColoredFrames {
    /// Frames of a video with the given color settings.
    pub fn new(video: Video, settings: &ColorSettings) -> Result<Self> {
        let mapping = ColorMapping::new(&video, settings)?;
        Ok(Self::Video(video, mapping))
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        match self {
            Self::Video(video, _) => video.len(),
            Self::Blend(blend) => blend.len(),
            Self::Difference(difference) => difference.len(),
        }
    }

    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The video, or the base of a blend, whose metadata are those of the frames.
    pub fn base(&self) -> &Video {
        match self {
            Self::Video(video, _) => video,
            Self::Blend(blend) => blend.base(),
            Self::Difference(difference) => difference.first(),
        }
    }

    /// The video whose values the colorbar explains: of a blend, the overlay. The values of a
    /// difference are those of no video; this is the first one.
    pub fn explained(&self) -> &Video {
        match self {
            Self::Video(video, _) => video,
            Self::Blend(blend) => blend.overlay(),
            Self::Difference(difference) => difference.first(),
        }
    }

    /// Values of some frames that the colorbar explains.
    pub fn sampled(&self, start: usize, count: usize, step: usize) -> Video {
        match self {
            Self::Difference(difference) => difference.frames(start, count, step),
            _ => self.explained().frames(start, count, step as isize),
        }
    }

    /// Color limits for values of a range: symmetric around 0 for a difference.
    pub fn limits(&self, (low, high): (f64, f64)) -> (f64, f64) {
        match self {
            Self::Difference(_) => {
                let most = low.abs().max(high.abs());
                (-most, most)
            }
            _ => (low, high),
        }
    }

    /// Width and height of a frame.
    pub fn frame_size(&self) -> (usize, usize) {
        let shape = self.base().shape();
        (shape[2], shape[1])
    }

    /// Colormap and color limits of the video that the colorbar explains, unless it is in color
    /// itself.
    pub fn scale(&self) -> Option<&ScaledColormap> {
        match self {
            Self::Video(_, mapping) => mapping.scale(),
            Self::Blend(blend) => blend.overlay_coloring().scale(),
            Self::Difference(difference) => Some(difference.scale()),
        }
    }

    /// Like [`ColoredFrames::scale`], to change them.
    pub fn scale_mut(&mut self) -> Option<&mut ScaledColormap> {
        match self {
            Self::Video(_, ColorMapping::Mapped(scale)) => Some(scale),
            Self::Video(..) => None,
            Self::Blend(blend) => Arc::make_mut(blend).overlay_scale_mut(),
            Self::Difference(difference) => Some(Arc::make_mut(difference).scale_mut()),
        }
    }

    /// How an overlay is mixed into its base; none without an overlay.
    pub fn look(&self) -> Option<BlendLook> {
        match self {
            Self::Blend(blend) => Some(blend.look()),
            Self::Video(..) | Self::Difference(_) => None,
        }
    }

    /// Changes how an overlay is mixed into its base.
    pub fn set_look(&mut self, look: BlendLook) -> Result<()> {
        match self {
            Self::Blend(blend) => Arc::make_mut(blend).set_look(look),
            Self::Video(..) | Self::Difference(_) => Ok(()),
        }
    }

    /// Whether every color is gray.
    pub fn is_gray(&self) -> bool {
        let is_gray = |mapping: &ColorMapping| {
            let scale = mapping.scale();
            scale.is_some_and(|scale| scale.colormap().is_gray())
        };
        match self {
            Self::Video(_, mapping) => is_gray(mapping),
            Self::Blend(blend) => {
                is_gray(blend.base_coloring()) && is_gray(blend.overlay_coloring())
            }
            Self::Difference(difference) => difference.scale().colormap().is_gray(),
        }
    }

    /// Colors of a range of pixels of one frame, counted in row-major order.
    ///
    /// # Panics
    /// If the range exceeds the frame or `out` has another length.
    pub fn colors(&self, frame: usize, pixels: Range<usize>, out: &mut [Rgba]) {
        match self {
            Self::Video(video, mapping) => mapping.colors(video, frame, pixels, out),
            Self::Blend(blend) => blend.colors(frame, pixels, out),
            Self::Difference(difference) => difference.colors(frame, pixels, out),
        }
    }
}

/// An image `{y, x}` or `{y, x, channel}` as a video of one frame; `of` names what it is a frame of.
pub fn image_frame(image: &Video, of: &str) -> Result<Video> {
    if !matches!(*image.shape(), [_, _] | [_, _, 1 | 3 | 4]) || image.is_empty() {
        return Err(Error::new(format!(
            "a frame of {of} must be an image {{y, x}} or {{y, x, channel}}, got {} of shape {}",
            image.kind(),
            shape_text(image.shape())
        )));
    }
    Ok(image.with_layout(image.layout().insert_axis(0)))
}
