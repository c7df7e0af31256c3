//! Arguments of filters that scripts can write in more than one way.

use rhai::Dynamic;

use super::value::{Type, Value, has_videos};
use crate::error;
use crate::ops::array::elementwise::Operand;
use crate::ops::edit::pad::Sides;
use crate::ops::filter::contrast::{Baseline, Level};
use crate::video::{Number, Video};

/// Videos whose samples may still be pending.
pub enum Videos {
    /// Those of an array.
    Several(Vec<Video>),
    /// The frames of a video, or an image.
    FramesOf(Video),
}

impl Videos {
    /// Each of them.
    pub fn each(self) -> error::Result<Vec<Video>> {
        match self {
            Self::Several(videos) => Ok(videos),
            Self::FramesOf(image) if image.ndim() < 3 => Ok(vec![image]),
            Self::FramesOf(video) => {
                video.compute()?;
                let of = |index| video.with_layout(video.layout().index(0, index));
                Ok((0..video.len()).map(of).collect())
            }
        }
    }
}

impl Value for Videos {
    const TYPE: Type = Type::Either(&Type::Array(&Type::Video), &Type::Video);
    const TAKES_PENDING: bool = true;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match has_videos(&value) {
            true => Vec::from_dynamic(value).map(Self::Several),
            false => Video::from_dynamic(value).map(Self::FramesOf),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Several(videos) => videos.into_dynamic(),
            Self::FramesOf(video) => video.into_dynamic(),
        }
    }
}

impl Value for Baseline {
    const TYPE: Type = Type::Either(&Level::TYPE, &Type::Video);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match Level::from_dynamic(value) {
            Ok(level) => Ok(Baseline::Level(level)),
            Err(value) => Video::from_dynamic(value).map(Baseline::Image),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Baseline::Level(level) => level.into_dynamic(),
            Baseline::Image(image) => image.into_dynamic(),
        }
    }
}

/// A number, or numbers in an array or a trace.
pub struct SampleValues(pub Operand);

impl Value for SampleValues {
    const TYPE: Type = Type::Either(&Type::Operand, &Type::Array(&Type::Float));
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        Operand::from_dynamic(value).map(Self)
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into_dynamic()
    }
}

impl Value for Sides {
    const TYPE: Type = Type::Either(
        &Type::Float,
        &Type::Array(&Type::Either(&Type::Float, &Type::Array(&Type::Float))),
    );
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if let Ok(number) = Number::from_dynamic(value.clone()) {
            return Ok(Sides::All(number));
        }
        if let Ok(numbers) = Vec::<Number>::from_dynamic(value.clone()) {
            return <[Number; 2]>::try_from(numbers)
                .map(Sides::Both)
                .map_err(|_| value);
        }
        let pairs = Vec::<Vec<Number>>::from_dynamic(value.clone()).map_err(|_| value.clone())?;
        let pairs = pairs.into_iter().map(<[Number; 2]>::try_from);
        pairs
            .collect::<Result<_, _>>()
            .map(Sides::Each)
            .map_err(|_| value)
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Sides::All(number) => number.into_dynamic(),
            Sides::Both(numbers) => numbers.to_vec().into_dynamic(),
            Sides::Each(axes) => {
                let axes: Vec<Vec<Number>> = axes.iter().map(|pair| pair.to_vec()).collect();
                axes.into_dynamic()
            }
        }
    }
}
