//! A panel of a player: its frames in color, and its title.

use std::ops::Range;
use std::sync::Arc;

use super::read_ahead::ReadAhead;
use super::scale::{self, DrawTarget};
use super::view::VisibleRegion;
use crate::bail;
use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::colormap::{Colormap, Rgba};
use crate::color::limits::sampled_limits;
use crate::draw::page::Page;
use crate::draw::{Image, Rect};
use crate::error::Result;
use crate::export::of_image;
use crate::ops::blend::Blend;
use crate::video::{Video, shape_text};
use crate::view::colored_frames::{ColoredFrames, image_frame};

/// A panel: a video, or one video overlaid on another, with a title.
#[derive(Debug, Clone)]
pub struct Panel {
    pub(super) frames: ColoredFrames,
    pub(super) title: String,
}

impl Panel {
    /// Shows a video `{t, y, x}`, an RGB(A) video `{t, y, x, c}`, which needs no color limits, or an
    /// image `{y, x}` as a video of one frame. A video that is still to be computed stays so, if
    /// [few frames](Video::is_peekable) show what is needed of it.
    pub fn video(video: Video, title: String, settings: &ColorSettings) -> Result<Self> {
        if !video.is_peekable() {
            video.compute()?;
        }
        let video = match video.ndim() {
            2 => video.with_layout(video.layout().insert_axis(0)),
            _ => video,
        };
        video.expect_frames("a player")?;
        if video.is_empty() {
            let shape = shape_text(video.shape());
            bail!("there are no frames to play in a video of shape {shape}");
        }
        let mut settings = settings.clone();
        let is_gray = video.shape().get(3).is_none_or(|channels| *channels == 1);
        if video.is_pending() && is_gray && settings.range == RangeExtent::First {
            let sampled = settings.limits_within(|| sampled_limits(&video, &settings.cmap))?;
            (settings.vmin, settings.vmax) = (Some(sampled.0), Some(sampled.1));
        }
        let frames = ColoredFrames::new(video, &settings)?;
        Ok(Self { frames, title })
    }

    /// Whether its frames are still to be computed.
    pub(super) fn is_pending(&self) -> bool {
        self.frames.base().is_pending()
    }

    /// The same panel with one frame only.
    pub(super) fn at(&self, frame: usize, read_ahead: &mut ReadAhead) -> Result<Self> {
        let frames = match &self.frames {
            ColoredFrames::Video(video, mapping) => {
                ColoredFrames::Video(read_ahead.frame(video, frame)?, mapping.clone())
            }
            ColoredFrames::Blend(_) | ColoredFrames::Difference(_) => {
                bail!("only plain videos can be shown beside one that is still to be computed")
            }
        };
        let title = self.title.clone();
        Ok(Self { frames, title })
    }

    /// Shows a video with another one overlaid.
    pub fn overlay(blend: Blend, title: String) -> Result<Self> {
        if blend.is_empty() || blend.base().is_empty() {
            let shape = shape_text(blend.base().shape());
            bail!("there are no frames to play in a video of shape {shape}");
        }
        let frames = ColoredFrames::Blend(Arc::new(blend));
        Ok(Self { frames, title })
    }

    /// Shows a single image `{y, x}` or `{y, x, c}`.
    pub(super) fn picture(picture: &Video) -> Result<Self> {
        let settings = ColorSettings::new(Colormap::gray(), None, None);
        Self::video(image_frame(picture, "a player")?, String::new(), &settings)
    }

    /// Shows a page of shapes and text, on which lengths are `scale` times as many pixels.
    pub fn page(page: &Page, scale: f64) -> Result<Self> {
        Self::picture(&of_image(&page.image(scale)))
    }

    /// Takes the colormap of another panel, if both have their own, and its color limits, unless they
    /// are those of a constant image, in which nothing else could be seen.
    pub(super) fn colored_like(&mut self, other: &Panel) {
        if let (Some(own), Some(scale)) = (self.frames.scale_mut(), other.frames.scale()) {
            *own = match scale.low() < scale.high() {
                true => scale.clone(),
                false => scale.with_limits(own.low(), own.high()),
            };
        }
    }

    /// Sets the colormap.
    pub(super) fn set_colormap(&mut self, colormap: Colormap) {
        if let Some(scale) = self.frames.scale_mut() {
            *scale = scale.with_colormap(colormap);
        }
    }

    /// Color limits that hold the finite values of a frame.
    pub(super) fn range_of(&self, frame: usize) -> Result<Option<(f64, f64)>> {
        let frame = frame.min(self.frames.len() - 1);
        let range = self.frames.sampled(frame, 1, 1).finite_range()?;
        Ok(range.map(|range| self.frames.limits(range)))
    }

    /// Sets the color limits to the range of a frame, if it has finite samples.
    pub(super) fn stretch_to(&mut self, frame: usize) -> Result<()> {
        self.set_limits(self.range_of(frame)?);
        Ok(())
    }

    /// Sets the color limits for values of a range, if there is one.
    pub(super) fn set_limits(&mut self, range: Option<(f64, f64)>) {
        let limits = range.map(|range| self.frames.limits(range));
        if let Some(scale) = self.frames.scale_mut()
            && let Some((low, high)) = limits
        {
            *scale = scale.with_limits(low, high);
        }
    }

    /// Samples of a pixel that the colorbar explains, one for each channel.
    pub(super) fn samples(&self, frame: usize, (x, y): (usize, usize)) -> Vec<f64> {
        let video = self.frames.sampled(frame.min(self.frames.len() - 1), 1, 1);
        let channels = video.shape().get(3).copied().unwrap_or(1);
        let pixel = y * self.frames.frame_size().0 + x;
        let mut samples = vec![0.0; channels];
        let run = pixel * channels..(pixel + 1) * channels;
        video.samples().read(0, run, &mut samples);
        samples
    }

    /// Draws the part of a frame that fills the rectangle, and reads only that part.
    pub(super) fn draw(
        &self,
        frame: usize,
        (image, rect): (&mut Image, Rect),
        part: &VisibleRegion,
        smooth: bool,
    ) {
        let (width, height) = self.frames.frame_size();
        let frame = frame.min(self.frames.len() - 1);
        let colors = |row: usize, columns: Range<usize>, out: &mut [Rgba]| {
            let pixels = row * width + columns.start..row * width + columns.end;
            self.frames.colors(frame, pixels, out);
        };
        let target = DrawTarget { image, rect };
        scale::draw(target, part, (width, height), smooth, colors);
    }
}
