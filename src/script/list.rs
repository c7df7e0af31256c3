//! Several videos, and values for each of them, as scripts write them.

use rhai::{Array, Dynamic};

use super::callback::Callback;
use super::value::{Type, Value, describe};
use crate::error::{Error, Result};
use crate::video::{Frames, Video};

/// Several videos: an array of them, or one array whose first axis counts them.
pub struct Videos(pub Vec<Video>);

impl Value for Videos {
    const TYPE: Type = Type::Either(&Type::Array(&Type::Video), &Type::Video);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if value.is_array() {
            return Vec::from_dynamic(value).map(Self);
        }
        let stacked = Video::from_dynamic(value)?;
        let videos =
            (0..stacked.len()).map(|at| stacked.with_layout(stacked.layout().index(0, at)));
        Ok(Self(videos.collect()))
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into_dynamic()
    }
}

/// A value for all, or an array of one for each.
pub enum OneOrEach<T> {
    /// For all.
    One(T),
    /// For each.
    Each(Vec<T>),
}

impl<T: Clone> OneOrEach<T> {
    /// A value for each of `count` videos; an error that names the parameter if there are not as many.
    pub fn for_each(self, name: &str, count: usize) -> Result<Vec<T>> {
        match self {
            Self::One(value) => Ok(vec![value; count]),
            Self::Each(values) if values.len() == count => Ok(values),
            Self::Each(values) => Err(Error::new(format!(
                "`{name}` has {} values for {count} videos",
                values.len()
            ))
            .hint("give one value for all, or one for each video")),
        }
    }
}

impl<T: Value> Value for OneOrEach<T> {
    const TYPE: Type = Type::Either(&T::TYPE, &Type::Array(&T::TYPE));
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if let Some(array) = value.read_lock::<Array>() {
            let each: Result<_, _> = array.iter().cloned().map(T::from_dynamic).collect();
            if let Ok(each) = each {
                return Ok(Self::Each(each));
            }
        }
        T::from_dynamic(value).map(Self::One)
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::One(value) => value.into_dynamic(),
            Self::Each(values) => values.into_dynamic(),
        }
    }
}

/// Where the frames of a player come from.
pub enum FramesOf {
    /// Frames made one by one, or those of a video.
    Frames(Frames),
    /// A function that returns the pictures of a frame.
    Function(Callback),
}

impl FramesOf {
    /// How many frames there are, if that is known.
    pub fn len(&self) -> Option<usize> {
        match self {
            Self::Frames(frames) => Some(frames.len()),
            Self::Function(_) => None,
        }
    }

    /// The pictures that a function has made: an image, or an array of them.
    pub fn pictures(made: Dynamic) -> Result<Vec<Video>> {
        if made.is_array() {
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

impl Value for FramesOf {
    const TYPE: Type = Type::Either(&Type::Function, &Type::Either(&Type::Frames, &Type::Video));
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let value = match Callback::from_dynamic(value) {
            Ok(function) => return Ok(Self::Function(function)),
            Err(value) => value,
        };
        match Video::from_dynamic(value) {
            Ok(video) => Ok(Self::Frames(video.into())),
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
