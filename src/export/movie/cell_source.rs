//! Content of one cell of a movie: frames of a video, or frames produced one by one, as pixels.

use std::ops::Range;
use std::sync::Arc;

use super::lookup_table::{LookupTable, pixel};
use super::streamed::{LimitsOf, Shown, ShownFrames, StreamedFrames};
use crate::bail;
use crate::color::Color;
use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::colormap::{BAD, Colormap, Rgba};
use crate::color::limits::shared_limits;
use crate::error::Result;
use crate::ops::blend::{Blend, BlendInput, BlendOptions};
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
    /// All frames, or the first of those that are produced, or the ones to be drawn next.
    pub(super) colored: ColoredFrames,
    /// Number of the first of these frames.
    first: usize,
    /// Number of all frames.
    len: usize,
    /// The videos that they are made of, if any of them is streamed.
    layers: Vec<Layer>,
    produced: Option<ProducedFrames>,
    lookup_table: Option<LookupTable>,
}

/// A video of a cell.
enum Layer {
    /// All frames.
    Whole(Video),
    /// Frames that are computed when they are drawn.
    Streamed(StreamedFrames),
}

/// Frames produced one by one, all of the size of the first and in its colors.
struct ProducedFrames {
    frames: Frames,
    colors: ColorSettings,
}

impl CellSource {
    /// Every `step`-th frame with the given color settings; all of them `at_once` if they are
    /// needed before the first one is drawn.
    pub(super) fn new(
        movie_source: MovieSource,
        settings: &ColorSettings,
        step: usize,
        at_once: bool,
    ) -> Result<Self> {
        match movie_source {
            MovieSource::Video(video) => Self::of_video(&video, settings, step, at_once),
            MovieSource::Frames(frames) => Self::of_frames(frames, settings, step),
        }
    }

    fn of_video(
        video: &Video,
        settings: &ColorSettings,
        step: usize,
        at_once: bool,
    ) -> Result<Self> {
        video.expect_frames("a movie")?;
        if video.is_empty() {
            bail!(
                "a video without samples cannot be exported, got shape {}",
                shape_text(video.shape())
            );
        }
        let mut frames = ShownFrames::every(step, video);
        frames.at_once = at_once;
        frames.limits = frames.limits.filter(|_| is_gray(video));
        let Shown {
            video,
            colors,
            streamed,
        } = Shown::new(video, settings, frames)?;
        let colored = ColoredFrames::new(video, &colors)?;
        Ok(Self {
            lookup_table: LookupTable::new(&colored, frames.len),
            colored,
            first: 0,
            len: frames.len,
            layers: streamed.map(Layer::Streamed).into_iter().collect(),
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
        if is_gray(&first) {
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
            len,
            layers: Vec::new(),
            produced: Some(ProducedFrames { frames, colors }),
            lookup_table: None,
        })
    }

    /// A video blended over another; all frames of the overlay `at_once` if they are needed before
    /// the first one is drawn.
    pub(super) fn of_blend(
        input: &BlendInput,
        mut options: BlendOptions,
        at_once: bool,
    ) -> Result<Self> {
        let step = std::mem::replace(&mut options.skip_frames, 1);
        let len = input.len().div_ceil(step);
        let (mut layers, mut first) = (Vec::new(), Vec::new());
        for (index, video) in input.videos().enumerate() {
            let settings = match index {
                0 => Some(&mut options.base),
                1 => Some(&mut options.overlay),
                _ => None,
            };
            let frames = ShownFrames {
                step,
                len,
                limits: (settings.is_some() && is_gray(video)).then_some(LimitsOf::Video),
                at_once: at_once && index == 1,
            };
            let none = ColorSettings::new(Colormap::gray(), None, None);
            let shown = Shown::new(video, settings.as_deref().unwrap_or(&none), frames)?;
            if let Some(settings) = settings {
                *settings = shown.colors;
            }
            first.push(shown.video.frames(0, 1, 1));
            layers.push(match shown.streamed {
                Some(streamed) => Layer::Streamed(streamed),
                None => Layer::Whole(shown.video),
            });
        }
        let blend = Blend::of(input.with_videos(first), &options)?;
        let mut source = Self {
            colored: ColoredFrames::Blend(Arc::new(blend)),
            first: 0,
            len,
            layers,
            produced: None,
            lookup_table: None,
        };
        if source.streamed().next().is_none() {
            source.show(0..len)?;
            source.layers.clear();
        }
        Ok(source)
    }

    /// The number of frames.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Samples of all frames that the colorbar explains, unless they are produced one by one.
    ///
    /// # Panics
    /// If they are streamed.
    pub(super) fn samples(&self) -> Option<&Video> {
        let explained = match &self.colored {
            ColoredFrames::Blend(_) => self.layers.get(1),
            ColoredFrames::Video(..) | ColoredFrames::Difference(_) => self.layers.first(),
        };
        match (&self.produced, explained) {
            (Some(_), _) => None,
            (None, None) => Some(self.colored.explained()),
            (None, Some(Layer::Whole(video))) => Some(video),
            (None, Some(Layer::Streamed(_))) => {
                unreachable!("frames to be seen at once are kept")
            }
        }
    }

    /// Number of frames that are to be drawn at once.
    pub(super) fn at_once(&self) -> usize {
        let streamed = self.streamed().map(StreamedFrames::at_once);
        streamed.min().unwrap_or(usize::MAX)
    }

    /// Computes the frames to be drawn next, if they are streamed.
    pub(super) fn advance(&mut self, frames: Range<usize>) -> Result<()> {
        match self.layers.is_empty() {
            true => Ok(()),
            false => self.show(frames),
        }
    }

    fn streamed(&self) -> impl Iterator<Item = &StreamedFrames> {
        self.layers.iter().filter_map(|layer| match layer {
            Layer::Streamed(streamed) => Some(streamed),
            Layer::Whole(_) => None,
        })
    }

    /// Takes some frames of the layers as those to be drawn next.
    fn show(&mut self, frames: Range<usize>) -> Result<()> {
        let windows = self.layers.iter_mut().map(|layer| match layer {
            Layer::Whole(video) => Ok(video.frames(frames.start, frames.len(), 1)),
            Layer::Streamed(streamed) => streamed.frames(frames.clone()),
        });
        let mut windows = windows.collect::<Result<Vec<_>>>()?;
        self.first = frames.start;
        match &mut self.colored {
            ColoredFrames::Video(video, _) => *video = windows.remove(0),
            ColoredFrames::Blend(blend) => *blend = Arc::new(blend.with_videos(windows)),
            ColoredFrames::Difference(_) => {}
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

/// Whether a video has one sample per pixel.
fn is_gray(video: &Video) -> bool {
    video.shape().get(3).is_none_or(|channels| *channels == 1)
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
