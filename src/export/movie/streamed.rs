//! Frames of a chain that are computed while the movie is written, none of them kept.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::limits::shared_limits;
use crate::error::Result;
use crate::ops::chain::ChainFrames;
use crate::task;
use crate::video::Video;

/// Every n-th frame of a chain, in order.
pub(super) struct StreamedFrames {
    /// Never waited for: it lets threads share what has these frames.
    stream: Mutex<ChainFrames>,
    step: usize,
    /// Number of frames of the movie.
    len: usize,
    /// Number of frames of the movie that a block of the chain holds.
    at_once: usize,
}

/// What a movie shows of a video.
pub(super) struct Shown {
    /// Its frames, or the first of those that are streamed.
    pub(super) video: Video,
    /// Its color settings, with color limits if they are needed.
    pub(super) colors: ColorSettings,
    /// The others, if they are streamed.
    pub(super) streamed: Option<StreamedFrames>,
}

/// The frames of a video that a movie shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShownFrames {
    /// Shows every n-th frame.
    pub(super) step: usize,
    /// Number of these frames.
    pub(super) len: usize,
    /// What color limits are computed from, if they are needed.
    pub(super) limits: Option<LimitsOf>,
    /// Whether all of them are needed before the first one is drawn.
    pub(super) at_once: bool,
}

/// What color limits that are not given are computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitsOf {
    /// Frames that are shown.
    Shown,
    /// Frames of the video, whether they are shown or not.
    Video,
}

impl ShownFrames {
    /// Every `step`-th frame of a video, with color limits of these frames.
    pub(super) fn every(step: usize, video: &Video) -> Self {
        Self {
            step,
            len: video.len().div_ceil(step),
            limits: Some(LimitsOf::Shown),
            at_once: false,
        }
    }

    fn of(self, video: &Video) -> Video {
        video.frames(0, self.len, self.step as isize)
    }

    /// Step between frames that color limits are computed from.
    fn limits_step(self) -> usize {
        match self.limits {
            Some(LimitsOf::Shown) => self.step,
            Some(LimitsOf::Video) | None => 1,
        }
    }
}

impl Shown {
    /// Frames of a video that is not empty. Frames that are still to be computed are streamed,
    /// unless somebody else will use them. If all are needed before the first one is drawn, for
    /// color limits that are not given among other things, they are kept in a scratch file.
    pub(super) fn new(
        video: &Video,
        settings: &ColorSettings,
        frames: ShownFrames,
    ) -> Result<Self> {
        let mut colors = settings.clone();
        let limits = frames
            .limits
            .filter(|_| settings.vmin.is_none() || settings.vmax.is_none());
        let extent = limits.map(|_| settings.range);
        if extent == Some(RangeExtent::All)
            && frames.limits_step() == 1
            && !frames.at_once
            && video.is_repeatable()
        {
            // A file is rather read twice than kept.
            set_limits(&mut colors, video.finite_range()?)?;
            let stream = ChainFrames::of(video);
            return match stream {
                Some(stream) => Self::streamed(stream, colors, frames),
                None => Self::whole(video, colors, frames),
            };
        }
        let Some(mut stream) = ChainFrames::of(video) else {
            return Self::whole(video, colors, frames);
        };
        let mut needs_range = extent == Some(RangeExtent::All);
        if extent == Some(RangeExtent::First) {
            let step = frames.limits_step();
            let count = video.len().div_ceil(step);
            match first_range(&mut stream, count, step)? {
                // Only all frames together have a range then.
                Some((low, high)) if low == high && count > 1 => needs_range = true,
                range => set_limits(&mut colors, range)?,
            }
        }
        if !needs_range && !frames.at_once {
            return Self::streamed(stream, colors, frames);
        }
        let (step, mut range) = (frames.limits_step(), None);
        let kept = stream.keep_every(frames.step, frames.len, |first, block| {
            if !needs_range {
                return Ok(());
            }
            let start = first.next_multiple_of(step) - first;
            let count = block.len().saturating_sub(start).div_ceil(step);
            let found = match count {
                0 => None,
                _ => block.frames(start, count, step as isize).finite_range()?,
            };
            range = joined(range, found);
            Ok(())
        })?;
        if needs_range {
            let of_all = match extent {
                Some(RangeExtent::First) => range.map(|all| shared_limits(all, &colors.cmap)),
                _ => range,
            };
            set_limits(&mut colors, of_all)?;
        }
        Ok(Self {
            video: kept,
            colors,
            streamed: None,
        })
    }

    /// Frames that are there, or whose video somebody else will use.
    fn whole(video: &Video, mut colors: ColorSettings, frames: ShownFrames) -> Result<Self> {
        video.compute()?;
        let shown = frames.of(video);
        let found = match frames.limits {
            Some(LimitsOf::Shown) => Some(colors.limits(&shown)?),
            Some(LimitsOf::Video) => Some(colors.limits(video)?),
            None => None,
        };
        if let Some((low, high)) = found {
            (colors.vmin, colors.vmax) = (Some(low), Some(high));
        }
        Ok(Self {
            video: shown,
            colors,
            streamed: None,
        })
    }

    fn streamed(
        mut stream: ChainFrames,
        colors: ColorSettings,
        frames: ShownFrames,
    ) -> Result<Self> {
        let ShownFrames { step, len, .. } = frames;
        Ok(Self {
            video: stream.frames(0..1)?.frames(0, 1, step as isize),
            colors,
            streamed: Some(StreamedFrames {
                at_once: (stream.per_block() / step).max(1),
                stream: Mutex::new(stream),
                step,
                len,
            }),
        })
    }
}

impl StreamedFrames {
    /// Number of frames.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Number of frames that are to be asked for at once.
    pub(super) fn at_once(&self) -> usize {
        self.at_once
    }

    /// Some of the frames, after those of earlier calls.
    pub(super) fn frames(&mut self, frames: Range<usize>) -> Result<Video> {
        let stream = self.stream.get_mut();
        let stream = stream.unwrap_or_else(PoisonError::into_inner);
        let (first, last) = (frames.start * self.step, (frames.end - 1) * self.step);
        stream.forget_before(first);
        let video = stream.frames(first..last + 1)?;
        Ok(video.frames(0, frames.len(), self.step as isize))
    }
}

fn set_limits(colors: &mut ColorSettings, range: Option<(f64, f64)>) -> Result<()> {
    let (low, high) = colors.limits_within(|| Ok(range))?;
    (colors.vmin, colors.vmax) = (Some(low), Some(high));
    Ok(())
}

/// Range that holds two ranges.
fn joined(one: Option<(f64, f64)>, other: Option<(f64, f64)>) -> Option<(f64, f64)> {
    match (one, other) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (one, other) => one.or(other),
    }
}

/// Range of the first frame with finite samples, of `len` frames that are `step` apart.
fn first_range(stream: &mut ChainFrames, len: usize, step: usize) -> Result<Option<(f64, f64)>> {
    for frame in (0..len).map(|frame| frame * step) {
        task::check()?;
        let range = stream.frames(frame..frame + 1)?.finite_range()?;
        if range.is_some() {
            return Ok(range);
        }
    }
    Ok(None)
}
