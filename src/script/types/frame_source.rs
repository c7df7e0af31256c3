//! Frame sources of players that make their frames on demand.

use std::sync::{Mutex, PoisonError};

use rhai::Dynamic;

use crate::error::{Error, Result};
use crate::player::ReadAhead;
use crate::script::call::callback::Callback;
use crate::script::call::value::{Type, Value, describe, has_videos};
use crate::video::{Frames, Video};

/// A frame source.
pub enum FrameSource {
    /// Frames made on demand, or those of a video.
    Frames(Frames),
    /// A function that returns the images of a frame.
    Function(Callback),
}

impl FrameSource {
    /// Number of frames, if it is known.
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::Frames(frames) => Some(frames.len()),
            Self::Function(_) => None,
        }
    }

    /// Images that a function has returned: one image, or an array of them.
    pub fn pictures(made: Dynamic) -> Result<Vec<Video>> {
        if has_videos(&made) {
            return Vec::from_dynamic(made).map_err(|found| unexpected(&found));
        }
        let picture = Video::from_dynamic(made).map_err(|found| unexpected(&found))?;
        Ok(vec![picture])
    }
}

fn unexpected(found: &Dynamic) -> Error {
    let found = describe(found);
    Error::new(format!(
        "the function of a player must return an image or an array of images, got {found}"
    ))
}

impl Value for FrameSource {
    const TYPE: Type = Type::Either(&Type::Function, &Type::Either(&Type::Frames, &Type::Video));
    const TAKES_PENDING: bool = true;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let value = match Callback::from_dynamic(value) {
            Ok(function) => return Ok(Self::Function(function)),
            Err(value) => value,
        };
        match Video::from_dynamic(value) {
            Ok(video) => Ok(Self::Frames(timed(video))),
            Err(value) => Frames::from_dynamic(value).map(Self::Frames),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Frames(frames) => frames.into_dynamic(),
            Self::Function(function) => function.into_dynamic(),
        }
    }
}

/// Frames of a video, each with the frame rate. Of a video that is still to be computed, they are
/// computed when they are asked for, if each depends on few frames.
fn timed(video: Video) -> Frames {
    let fps = video.metadata().fps;
    let read_ahead = Mutex::<ReadAhead>::default();
    Frames::new(video.len(), move |index| {
        let mut frame = match video.is_peekable() {
            true => {
                let read_ahead = read_ahead.lock();
                let mut read_ahead = read_ahead.unwrap_or_else(PoisonError::into_inner);
                read_ahead.frame(&video, index)?.frame(0)
            }
            false => {
                video.compute()?;
                video.frame(index)
            }
        };
        frame.metadata_mut().fps = fps;
        Ok(frame)
    })
}
