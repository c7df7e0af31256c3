//! Frames of a chain that are computed while the movie is written, none of them kept.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::color::color_settings::{ColorSettings, RangeExtent};
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
    /// Its color settings.
    pub(super) colors: ColorSettings,
    /// The others, if they are streamed.
    pub(super) streamed: Option<StreamedFrames>,
}

impl Shown {
    /// Every `step`-th frame of a video that is not empty. Frames that are still to be computed are
    /// streamed, unless somebody else will use them, or the color limits, if they are needed and not
    /// given, depend on all of them.
    pub(super) fn new(
        video: &Video,
        settings: &ColorSettings,
        step: usize,
        needs_limits: bool,
    ) -> Result<Self> {
        let len = video.len().div_ceil(step);
        let whole = |video: Video, colors: ColorSettings| {
            video.compute()?;
            Ok(Self {
                video: video.frames(0, len, step as isize),
                colors,
                streamed: None,
            })
        };
        let mut colors = settings.clone();
        let is_given = !needs_limits || (settings.vmin.is_some() && settings.vmax.is_some());
        if !is_given && settings.range == RangeExtent::All && video.is_streamable() {
            // A file is rather read twice than kept.
            if step > 1 || !video.is_repeatable() {
                return whole(video.clone(), colors);
            }
            set_limits(&mut colors, video.finite_range()?)?;
        }
        let Some(mut stream) = ChainFrames::of(video) else {
            return whole(video.clone(), colors);
        };
        if !is_given && settings.range == RangeExtent::First {
            match first_range(&mut stream, len, step)? {
                // Only all frames together have a range then.
                Some((low, high)) if low == high && len > 1 => {
                    return whole(stream.into_video()?, colors);
                }
                range => set_limits(&mut colors, range)?,
            }
        }
        Ok(Self {
            video: stream.frames(0..1)?,
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

/// Range of the first frame of the movie with finite samples.
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
