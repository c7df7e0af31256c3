//! Content of one cell of a movie: frames of a video, or frames produced one by one, as pixels.

use std::ops::Range;
use std::sync::Arc;

use super::lookup_table::{LookupTable, pixel};
use super::streamed::{Shown, StreamedFrames};
use crate::bail;
use crate::color::Color;
use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::colormap::{BAD, Colormap, Rgba};
use crate::color::limits::shared_limits;
use crate::error::Result;
use crate::ops::blend::Blend;
use crate::task;
use crate::video::{Frames, Video, shape_text};
use crate::view::colored_frames::{ColoredFrames, image_frame};

/// Input of a movie.
#[derive(Clone)]
pub enum MovieSource {
    /// A video `{t, y, x}` or `{t, y, x, channel}`.
    Video(Video),
    /// Images `{y, x}` or `{y, x, channel}`, produced one by one.
    Frames(Frames),
}

/// Frames of a cell.
pub(super) struct CellSource {
    /// All frames, or the first of those that are produced, or the streamed ones to be drawn next.
    pub(super) colored: ColoredFrames,
    /// Number of the first of these frames.
    first: usize,
    streamed: Option<StreamedFrames>,
    produced: Option<ProducedFrames>,
    lookup_table: Option<LookupTable>,
}

/// Frames produced one by one, all of the size of the first and in its colors.
struct ProducedFrames {
    frames: Frames,
    colors: ColorSettings,
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
        let is_gray = video.shape().get(3).is_none_or(|channels| *channels == 1);
        let Shown {
            video,
            colors,
            streamed,
        } = Shown::new(video, settings, step, is_gray)?;
        let len = streamed.as_ref().map_or(video.len(), StreamedFrames::len);
        let colored = ColoredFrames::new(video, &colors)?;
        Ok(Self {
            lookup_table: LookupTable::new(&colored, len),
            colored,
            first: 0,
            streamed,
            produced: None,
        })
    }

    fn of_frames(frames: Frames, settings: &ColorSettings, step: usize) -> Result<Self> {
        if frames.is_empty() {
            bail!("there are no frames to export");
        }
        let len = frames.len().div_ceil(step);
        let frames = Frames::new(len, move |index| frames.frame(index * step));
        let first = movie_frame(&frames, 0)?;
        let mut colors = settings.clone();
        if first.shape().get(3).is_none_or(|channels| *channels == 1) {
            let range = || match settings.range {
                RangeExtent::First => range_of_first(&frames, &settings.cmap),
                RangeExtent::All => range_of_all(&frames),
            };
            let (low, high) = settings.limits_within(range)?;
            (colors.vmin, colors.vmax) = (Some(low), Some(high));
        }
        Ok(Self {
            colored: ColoredFrames::new(first, &colors)?,
            first: 0,
            streamed: None,
            produced: Some(ProducedFrames { frames, colors }),
            lookup_table: None,
        })
    }

    pub(super) fn of_blend(blend: Blend) -> Self {
        Self {
            colored: ColoredFrames::Blend(Arc::new(blend)),
            first: 0,
            streamed: None,
            produced: None,
            lookup_table: None,
        }
    }

    /// The number of frames.
    pub(super) fn len(&self) -> usize {
        match (&self.produced, &self.streamed) {
            (Some(produced), _) => produced.frames.len(),
            (None, Some(streamed)) => streamed.len(),
            (None, None) => self.colored.len(),
        }
    }

    /// Samples of all frames, unless they are produced one by one.
    ///
    /// # Panics
    /// If they are streamed.
    pub(super) fn samples(&self) -> Option<&Video> {
        assert!(
            self.streamed.is_none(),
            "frames to be seen at once are computed before"
        );
        match self.produced {
            None => Some(self.colored.explained()),
            Some(_) => None,
        }
    }

    /// Number of frames that are to be drawn at once.
    pub(super) fn at_once(&self) -> usize {
        let streamed = self.streamed.as_ref();
        streamed.map_or(usize::MAX, StreamedFrames::at_once)
    }

    /// Computes the frames to be drawn next, if they are streamed.
    pub(super) fn advance(&mut self, frames: Range<usize>) -> Result<()> {
        if let Some(streamed) = &mut self.streamed
            && let ColoredFrames::Video(video, _) = &mut self.colored
        {
            self.first = frames.start;
            *video = streamed.frames(frames)?;
        }
        Ok(())
    }

    /// Pixels of a frame in row-major order; `colors` is scratch memory. Streamed frames are among
    /// those of the last [`CellSource::advance`].
    pub(super) fn pixels(
        &self,
        frame: usize,
        colors: &mut Vec<Rgba>,
        out: &mut [Color],
    ) -> Result<()> {
        if let Some(lookup_table) = &self.lookup_table {
            lookup_table.read(self.colored.base(), frame - self.first, out);
            return Ok(());
        }
        colors.resize(out.len(), BAD);
        match &self.produced {
            None => {
                let frame = frame - self.first;
                self.colored.colors(frame, 0..out.len(), colors);
            }
            Some(produced) => {
                let colored = self.produce(produced, frame)?;
                colored.colors(0, 0..out.len(), colors);
            }
        }
        for (out, color) in out.iter_mut().zip(colors) {
            *out = pixel(*color);
        }
        Ok(())
    }

    fn produce(&self, produced: &ProducedFrames, frame: usize) -> Result<ColoredFrames> {
        let image = movie_frame(&produced.frames, frame)?;
        let first = self.colored.base();
        if image.shape() != first.shape() {
            bail!(
                "the frames of a movie must have the same shape, but the first has {} and number \
                 {frame} has {}",
                shape_text(&first.shape()[1..]),
                shape_text(&image.shape()[1..])
            );
        }
        ColoredFrames::new(image, &produced.colors)
    }
}

fn movie_frame(frames: &Frames, frame: usize) -> Result<Video> {
    image_frame(&frames.frame(frame)?, "a movie")
}

/// Limits from the first frame with finite samples; from all of them if that frame is constant.
fn range_of_first(frames: &Frames, colormap: &Colormap) -> Result<Option<(f64, f64)>> {
    for frame in 0..frames.len() {
        task::check()?;
        match movie_frame(frames, frame)?.finite_range()? {
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
    let mut all: Option<(f64, f64)> = None;
    for frame in 0..frames.len() {
        task::check()?;
        let range = movie_frame(frames, frame)?.finite_range()?;
        all = match (all, range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (all, range) => all.or(range),
        };
    }
    Ok(all)
}
