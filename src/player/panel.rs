//! A panel of a player: its samples and their colors.

use std::sync::Arc;

use super::scale::{self, DrawTarget};
use super::view::VisibleRegion;
use crate::bail;
use crate::color::color_mapping::{ColorMapping, first_range};
use crate::color::colormap::{Colormap, Rgba, ScaledColormap};
use crate::draw::{Image, Rect};
use crate::error::Result;
use crate::ops::blend::Blend;
use crate::video::{Video, shape_text};

/// A panel: a video, or one video overlaid on another, with a title.
#[derive(Debug, Clone)]
pub struct Panel {
    source: PanelSource,
    title: String,
}

#[derive(Debug, Clone)]
enum PanelSource {
    Video(Video, ColorMapping),
    Overlay(Arc<Blend>),
}

impl Panel {
    /// Shows a video `{t, y, x}`, an RGB(A) video `{t, y, x, c}`, which needs no color limits, or an
    /// image `{y, x}` as a video of one frame.
    pub fn video(
        video: Video,
        title: String,
        colormap: Colormap,
        (vmin, vmax): (Option<f64>, Option<f64>),
    ) -> Result<Self> {
        let video = match video.ndim() {
            2 => video.with_layout(video.layout().insert_axis(0)),
            _ => video,
        };
        video.expect_frames("a player")?;
        if video.is_empty() {
            let shape = shape_text(video.shape());
            bail!("there are no frames to play in a video of shape {shape}");
        }
        let mapping = ColorMapping::new(&video, colormap, vmin, vmax)?;
        Ok(Self {
            source: PanelSource::Video(video, mapping),
            title,
        })
    }

    /// Shows a video with another one overlaid.
    pub fn overlay(blend: Blend, title: String) -> Result<Self> {
        if blend.is_empty() || blend.base().is_empty() {
            let shape = shape_text(blend.base().shape());
            bail!("there are no frames to play in a video of shape {shape}");
        }
        Ok(Self {
            source: PanelSource::Overlay(Arc::new(blend)),
            title,
        })
    }

    /// Shows a single image `{y, x}` or `{y, x, c}`.
    pub(super) fn picture(picture: Video) -> Result<Self> {
        if !matches!(*picture.shape(), [_, _] | [_, _, 1 | 3 | 4]) {
            bail!(
                "a frame of a player must be an image {{y, x}} or {{y, x, channel}}, got {} of shape {}",
                picture.kind(),
                shape_text(picture.shape())
            );
        }
        let video = picture.with_layout(picture.layout().insert_axis(0));
        Self::video(video, String::new(), Colormap::gray(), (None, None))
    }

    /// The video, or the lower one of an overlay.
    pub(super) fn base(&self) -> &Video {
        match &self.source {
            PanelSource::Video(video, _) => video,
            PanelSource::Overlay(blend) => blend.base(),
        }
    }

    /// Title above the panel.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// Number of frames.
    pub(super) fn len(&self) -> usize {
        self.base().len()
    }

    /// Width and height of a frame.
    pub(super) fn frame_size(&self) -> (usize, usize) {
        (self.base().shape()[2], self.base().shape()[1])
    }

    /// Colormap and color limits, unless the video is RGB(A); of an overlay, those of the upper
    /// video.
    pub(super) fn scale(&self) -> Option<&ScaledColormap> {
        match &self.source {
            PanelSource::Video(_, mapping) => mapping.scale(),
            PanelSource::Overlay(blend) => blend.overlay_coloring().scale(),
        }
    }

    /// Whether the colormap can be changed during playback.
    pub(super) fn has_own_scale(&self) -> bool {
        matches!(self.source, PanelSource::Video(_, ColorMapping::Mapped(_)))
    }

    /// Colormap and color limits that can be changed during playback.
    fn own_scale(&mut self) -> Option<&mut ScaledColormap> {
        match &mut self.source {
            PanelSource::Video(_, ColorMapping::Mapped(scale)) => Some(scale),
            _ => None,
        }
    }

    /// Takes the colormap of another panel, if both have one, and its color limits, unless they are
    /// those of a constant image, in which nothing else could be seen.
    pub(super) fn colored_like(&mut self, other: &Panel) {
        if let (Some(own), PanelSource::Video(_, ColorMapping::Mapped(scale))) =
            (self.own_scale(), &other.source)
        {
            *own = match scale.low() < scale.high() {
                true => scale.clone(),
                false => ScaledColormap::new(scale.colormap().clone(), own.low(), own.high()),
            };
        }
    }

    /// Sets the colormap.
    pub(super) fn set_colormap(&mut self, colormap: Colormap) {
        if let Some(scale) = self.own_scale() {
            *scale = ScaledColormap::new(colormap, scale.low(), scale.high());
        }
    }

    /// Sets the color limits to the range of a frame, if it has finite samples.
    pub(super) fn stretch_to(&mut self, frame: usize) -> Result<()> {
        let frame = frame.min(self.len() - 1);
        let Some((low, high)) = first_range(&self.base().frames(frame, 1, 1))? else {
            return Ok(());
        };
        if let Some(scale) = self.own_scale() {
            *scale = ScaledColormap::new(scale.colormap().clone(), low, high);
        }
        Ok(())
    }

    /// Samples of a pixel, one for each channel.
    pub(super) fn samples(&self, frame: usize, (x, y): (usize, usize)) -> Vec<f64> {
        let video = self.base();
        let channels = video.shape().get(3).copied().unwrap_or(1);
        let pixel = y * self.frame_size().0 + x;
        let mut samples = vec![0.0; channels];
        let run = pixel * channels..(pixel + 1) * channels;
        video
            .samples()
            .read(frame.min(self.len() - 1), run, &mut samples);
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
        let width = self.frame_size().0;
        let frame = frame.min(self.len() - 1);
        let colors = |row: usize, columns: std::ops::Range<usize>, out: &mut [Rgba]| {
            let pixels = row * width + columns.start..row * width + columns.end;
            match &self.source {
                PanelSource::Video(video, mapping) => mapping.colors(video, frame, pixels, out),
                PanelSource::Overlay(blend) => blend.colors(frame, pixels, out),
            }
        };
        let target = DrawTarget { image, rect };
        scale::draw(target, part, self.frame_size(), smooth, colors);
    }
}
