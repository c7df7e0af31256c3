//! A panel of a player: its frames in color, and its title.

use std::ops::Range;
use std::sync::Arc;

use super::read_ahead::ReadAhead;
use super::scale::{self, DrawTarget};
use super::view::VisibleRegion;
use crate::bail;
use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::colormap::{Colormap, Rgba};
use crate::color::limits::{sampled_limits, sampled_range};
use crate::draw::page::Page;
use crate::draw::{Image, Rect};
use crate::error::Result;
use crate::export::of_image;
use crate::ops::array::elementwise::Operand;
use crate::ops::blend::{Blend, BlendInput, BlendOptions};
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
        if settings.range == RangeExtent::First {
            sample_limits(&video, &mut settings)?;
        }
        let frames = ColoredFrames::new(video, &settings)?;
        Ok(Self { frames, title })
    }

    /// Whether its frames are still to be computed.
    pub(super) fn is_pending(&self) -> bool {
        match &self.frames {
            ColoredFrames::Video(video, _) => video.is_pending(),
            ColoredFrames::Blend(blend) => blend.videos().any(Video::is_pending),
            ColoredFrames::Difference(_) => false,
        }
    }

    /// The same panel with one frame only; there is something to read ahead with for each of its
    /// videos.
    pub(super) fn at(&self, frame: usize, read_ahead: &mut Vec<ReadAhead>) -> Result<Self> {
        let frames = match &self.frames {
            ColoredFrames::Video(video, mapping) => {
                read_ahead.resize_with(1, ReadAhead::default);
                let video = read_ahead[0].frame(video, frame)?;
                ColoredFrames::Video(video, mapping.clone())
            }
            ColoredFrames::Blend(blend) => {
                let videos: Vec<_> = blend.videos().collect();
                read_ahead.resize_with(videos.len(), ReadAhead::default);
                let videos = videos.into_iter().zip(read_ahead);
                let videos = videos.map(|(video, read_ahead)| read_ahead.frame(video, frame));
                let videos = videos.collect::<Result<_>>()?;
                ColoredFrames::Blend(Arc::new(blend.with_videos(videos)))
            }
            ColoredFrames::Difference(_) => {
                bail!("a difference cannot be shown beside a video that is still to be computed")
            }
        };
        let title = self.title.clone();
        Ok(Self { frames, title })
    }

    /// Shows a video with another one overlaid; see [`BlendInput::new`]. Videos that are still to
    /// be computed stay so as in [`Panel::video`]; the color limits of the overlay, unless they are
    /// given, are then those of frames all over it.
    pub fn overlay(
        base: Video,
        overlay: Video,
        alpha: Option<Operand>,
        mut options: BlendOptions,
        title: String,
    ) -> Result<Self> {
        let input = BlendInput::new(base, overlay, alpha, options.look)?;
        let all = [&mut options.base, &mut options.overlay].map(Some);
        for (video, settings) in input.videos().zip(all.into_iter().chain([None])) {
            if input.is_empty() {
                let shape = shape_text(video.shape());
                bail!("there are no frames to play in a video of shape {shape}");
            }
            if !video.is_peekable() {
                video.compute()?;
            }
            if let Some(settings) = settings {
                sample_limits(video, settings)?;
            }
        }
        let frames = ColoredFrames::Blend(Arc::new(Blend::of(input, &options)?));
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
    /// are those of a constant image, in which nothing else could be seen; and the look of its
    /// overlay, if both have one.
    pub(super) fn colored_like(&mut self, other: &Panel) {
        if let (Some(_), Some(look)) = (self.frames.look(), other.frames.look()) {
            // It suits an overlay of the same kind.
            let _ = self.frames.set_look(look);
        }
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

/// Sets color limits that are not given, of a gray video that is still to be computed.
fn sample_limits(video: &Video, settings: &mut ColorSettings) -> Result<()> {
    let is_gray = video.shape().get(3).is_none_or(|channels| *channels == 1);
    if !video.is_pending() || !is_gray {
        return Ok(());
    }
    let (low, high) = settings.limits_within(|| match settings.range {
        RangeExtent::First => sampled_limits(video, &settings.cmap),
        RangeExtent::All => sampled_range(video),
    })?;
    (settings.vmin, settings.vmax) = (Some(low), Some(high));
    Ok(())
}
