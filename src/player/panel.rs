//! A panel of a player: its frames in color, and its title.

use std::ops::Range;
use std::sync::Arc;

use super::scale::{self, DrawTarget};
use super::view::VisibleRegion;
use crate::bail;
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::{Colormap, Rgba};
use crate::draw::page::Page;
use crate::draw::{Image, Rect};
use crate::error::Result;
use crate::ops::blend::Blend;
use crate::video::{Strided, Video, shape_text};
use crate::view::colored_frames::{ColoredFrames, image_frame};

/// A panel: a video, or one video overlaid on another, with a title.
#[derive(Debug, Clone)]
pub struct Panel {
    pub(super) frames: ColoredFrames,
    pub(super) title: String,
}

impl Panel {
    /// Shows a video `{t, y, x}`, an RGB(A) video `{t, y, x, c}`, which needs no color limits, or an
    /// image `{y, x}` as a video of one frame.
    pub fn video(video: Video, title: String, settings: &ColorSettings) -> Result<Self> {
        let video = match video.ndim() {
            2 => video.with_layout(video.layout().insert_axis(0)),
            _ => video,
        };
        video.expect_frames("a player")?;
        if video.is_empty() {
            let shape = shape_text(video.shape());
            bail!("there are no frames to play in a video of shape {shape}");
        }
        let frames = ColoredFrames::new(video, settings)?;
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
        let image = page.image(scale);
        let shape = [image.height, image.width, 3];
        Self::picture(&Video::new(Strided::from_vec(&shape, image.to_rgb())))
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
        let Some((low, high)) = self.range_of(frame)? else {
            return Ok(());
        };
        if let Some(scale) = self.frames.scale_mut() {
            *scale = scale.with_limits(low, high);
        }
        Ok(())
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
