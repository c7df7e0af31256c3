//! Content of one cell of a movie: frames of a video, or frames produced one by one, as colors.

use super::lookup_table::{LookupTable, pixel};
use crate::bail;
use crate::color::color_mapping::{ColorMapping, RangeExtent, first_range, shared_limits};
use crate::color::colormap::{BAD, Colormap, Rgba, ScaledColormap};
use crate::draw::Color;
use crate::error::{Error, Result};
use crate::ops::blend::Blend;
use crate::task;
use crate::video::{Frames, Metadata, Video, shape_text};

/// Input of a movie.
#[derive(Clone)]
pub enum MovieSource {
    /// A video `{t, y, x}` or `{t, y, x, channel}`.
    Video(Video),
    /// Images `{y, x}` or `{y, x, channel}`, produced one by one.
    Frames(Frames),
}

/// Color settings for videos without channels.
#[derive(Debug, Clone)]
pub struct ColorSettings {
    /// Colormap.
    pub cmap: Colormap,
    /// Value of the first color (`vmin`).
    pub vmin: Option<f64>,
    /// Value of the last color (`vmax`).
    pub vmax: Option<f64>,
    /// What color limits that are not given are computed from.
    pub range: RangeExtent,
}

/// Frames of a cell and their conversion to colors.
pub(super) enum CellSource {
    Video(Video, ColorMapping, Option<LookupTable>),
    Made(ProducedFrames),
    /// An overlay on a base, and the overlay itself.
    Blend(Box<Blend>, Video),
}

/// Frames produced one by one, all of the size of the first.
pub(super) struct ProducedFrames {
    frames: Frames,
    first: Video,
    mapping: ColorMapping,
}

impl CellSource {
    /// Every `step`-th frame with the given color settings.
    pub(super) fn new(
        movie_source: MovieSource,
        settings: &ColorSettings,
        step: usize,
    ) -> Result<Self> {
        match movie_source {
            MovieSource::Video(video) => Self::of_video(&video, settings, step),
            MovieSource::Frames(frames) => Self::of_frames(frames, settings, step),
        }
    }

    fn of_video(video: &Video, settings: &ColorSettings, step: usize) -> Result<Self> {
        video.expect_frames("a movie")?;
        if video.is_empty() {
            bail!(
                "a video without samples cannot be exported, got shape {}",
                shape_text(video.shape())
            );
        }
        let video = video.frames(0, video.len().div_ceil(step), step as isize);
        let mapping = mapping(&video, settings)?;
        let lookup_table = LookupTable::new(&video, &mapping);
        Ok(CellSource::Video(video, mapping, lookup_table))
    }

    fn of_frames(frames: Frames, settings: &ColorSettings, step: usize) -> Result<Self> {
        if frames.is_empty() {
            bail!("there are no frames to export");
        }
        let len = frames.len().div_ceil(step);
        let frames = Frames::new(len, move |index| frames.frame(index * step));
        let first = one_frame(&frames.frame(0)?)?;
        let found = match settings.range {
            RangeExtent::First => range_of_first(&frames, &settings.cmap)?,
            RangeExtent::All => range_of_all(&frames)?,
        };
        let (low, high) = found.unwrap_or((0.0, 1.0));
        let (vmin, vmax) = (settings.vmin.or(Some(low)), settings.vmax.or(Some(high)));
        let mapping = ColorMapping::new(&first, settings.cmap.clone(), vmin, vmax)?;
        Ok(CellSource::Made(ProducedFrames {
            frames,
            first,
            mapping,
        }))
    }

    /// A blend, and the overlay, whose colorbar and traces are shown.
    pub(super) fn of_blend(blend: Blend, overlay: Video, step: usize) -> Self {
        let overlay = overlay.frames(0, blend.len(), step as isize);
        CellSource::Blend(Box::new(blend), overlay)
    }

    /// The number of frames.
    pub(super) fn len(&self) -> usize {
        match self {
            CellSource::Video(video, ..) => video.len(),
            CellSource::Made(produced) => produced.frames.len(),
            CellSource::Blend(blend, _) => blend.len(),
        }
    }

    /// The width and height of a frame.
    pub(super) fn size(&self) -> (usize, usize) {
        let shape = self.example().shape();
        (shape[2], shape[1])
    }

    /// Colormap and color limits, unless the frames are in color themselves.
    pub(super) fn scale(&self) -> Option<&ScaledColormap> {
        match self {
            CellSource::Video(_, mapping, _) => mapping.scale(),
            CellSource::Made(produced) => produced.mapping.scale(),
            CellSource::Blend(blend, _) => blend.overlay_coloring().scale(),
        }
    }

    /// Whether every color is gray.
    pub(super) fn is_gray(&self) -> bool {
        let is_gray = |mapping: &ColorMapping| {
            let scale = mapping.scale();
            scale.is_some_and(|scale| scale.colormap().is_gray())
        };
        match self {
            CellSource::Video(_, mapping, _) => is_gray(mapping),
            CellSource::Made(produced) => is_gray(&produced.mapping),
            CellSource::Blend(blend, _) => {
                is_gray(blend.base_coloring()) && is_gray(blend.overlay_coloring())
            }
        }
    }

    /// Metadata of the recording.
    pub(super) fn metadata(&self) -> &Metadata {
        self.example().metadata()
    }

    /// Samples of all frames, unless they are produced one by one.
    pub(super) fn samples(&self) -> Option<&Video> {
        match self {
            CellSource::Video(video, ..) => Some(video),
            CellSource::Blend(_, overlay) => Some(overlay),
            CellSource::Made(_) => None,
        }
    }

    /// Pixels of a frame in row-major order; `colors` is scratch memory.
    pub(super) fn pixels(
        &self,
        frame: usize,
        colors: &mut Vec<Rgba>,
        out: &mut [Color],
    ) -> Result<()> {
        if let CellSource::Video(video, _, Some(lookup_table)) = self {
            lookup_table.read(video, frame, out);
            return Ok(());
        }
        colors.resize(out.len(), BAD);
        match self {
            CellSource::Video(video, mapping, _) => {
                mapping.colors(video, frame, 0..out.len(), colors);
            }
            CellSource::Made(produced) => produced.colors(frame, colors)?,
            CellSource::Blend(blend, _) => blend.colors(frame, 0..out.len(), colors),
        }
        for (out, color) in out.iter_mut().zip(colors) {
            *out = pixel(*color);
        }
        Ok(())
    }

    fn example(&self) -> &Video {
        match self {
            CellSource::Video(video, ..) => video,
            CellSource::Made(produced) => &produced.first,
            CellSource::Blend(blend, _) => blend.base(),
        }
    }
}

impl ProducedFrames {
    fn colors(&self, frame: usize, out: &mut [Rgba]) -> Result<()> {
        let image = one_frame(&self.frames.frame(frame)?)?;
        if image.shape() != self.first.shape() {
            bail!(
                "the frames of a movie must have the same shape, but the first has {} and number \
                 {frame} has {}",
                shape_text(&self.first.shape()[1..]),
                shape_text(&image.shape()[1..])
            );
        }
        if image.dtype() == self.first.dtype() {
            self.mapping.colors(&image, 0, 0..out.len(), out);
            return Ok(());
        }
        let settings = self.mapping.scale();
        let cmap = settings.map_or_else(Colormap::gray, |scale| scale.colormap().clone());
        let (low, high) = (
            settings.map(ScaledColormap::low),
            settings.map(ScaledColormap::high),
        );
        ColorMapping::new(&image, cmap, low, high)?.colors(&image, 0, 0..out.len(), out);
        Ok(())
    }
}

/// Color mapping of a video with the given settings.
pub(super) fn mapping(video: &Video, settings: &ColorSettings) -> Result<ColorMapping> {
    let limits = (settings.vmin, settings.vmax);
    let (vmin, vmax) = settings.range.limits(video, limits)?;
    ColorMapping::new(video, settings.cmap.clone(), vmin, vmax)
}

/// An image as a video of one frame.
fn one_frame(image: &Video) -> Result<Video> {
    if !(2..=3).contains(&image.ndim()) || image.is_empty() {
        return Err(Error::new(format!(
            "the frames of a movie must be images {{y, x}} or {{y, x, channel}}, got shape {}",
            shape_text(image.shape())
        )));
    }
    Ok(image.with_layout(image.layout().insert_axis(0)))
}

/// Limits from the first frame with finite samples; from all of them if that frame is constant.
fn range_of_first(frames: &Frames, colormap: &Colormap) -> Result<Option<(f64, f64)>> {
    for frame in 0..frames.len() {
        match first_range(&one_frame(&frames.frame(frame)?)?)? {
            None => {}
            Some((low, high)) if low == high => {
                let all = range_of_all(frames)?;
                return Ok(all.map(|all| shared_limits(all, colormap)));
            }
            range => return Ok(range),
        }
    }
    Ok(None)
}

fn range_of_all(frames: &Frames) -> Result<Option<(f64, f64)>> {
    let mut all = None;
    for frame in 0..frames.len() {
        task::check()?;
        let range = first_range(&one_frame(&frames.frame(frame)?)?)?;
        all = match (all, range) {
            (Some((a, b)), Some((c, d))) => Some((f64::min(a, c), f64::max(b, d))),
            (all, range) => all.or(range),
        };
    }
    Ok(all)
}
