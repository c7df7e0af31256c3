//! Arguments for movies and plots: videos or frames, one value or a list of them, colors, pixels.

use rhai::{Array, Dynamic, ImmutableString};

use crate::bail;
use crate::color::{COLOR_NAMES, Color, color_of, name_of, pack};
use crate::error::{Result, counted};
use crate::export::MovieSource;
use crate::script::call::value::{Type, Value, has_videos};
use crate::video::{Frames, Video};
use crate::view::annotations::{ScaleBar, TimeUnit};

impl Value for MovieSource {
    const TYPE: Type = Type::Either(
        &Type::Video,
        &Type::Either(&Type::Frames, &Type::Array(&Type::Video)),
    );
    const TAKES_PENDING: bool = true;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if has_videos(&value) {
            let images = Vec::<Video>::from_dynamic(value)?;
            let len = images.len();
            let frames = Frames::new(len, move |index| {
                images[index].compute()?;
                Ok(images[index].clone())
            });
            return Ok(MovieSource::Frames(frames));
        }
        match Video::from_dynamic(value) {
            Ok(video) => Ok(MovieSource::Video(video)),
            Err(value) => Frames::from_dynamic(value).map(MovieSource::Frames),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            MovieSource::Video(video) => video.into_dynamic(),
            MovieSource::Frames(frames) => frames.into_dynamic(),
        }
    }
}

/// Several videos: an array of them, or one array whose first axis counts them.
pub struct VideoList(pub Vec<Video>);

impl Value for VideoList {
    const TYPE: Type = Type::Either(&Type::Array(&Type::Video), &Type::Video);
    const TAKES_PENDING: bool = true;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if has_videos(&value) {
            return Vec::from_dynamic(value).map(Self);
        }
        let stacked = Video::from_dynamic(value)?;
        if stacked.ndim() < 2 {
            return Err(stacked.into_dynamic());
        }
        let videos =
            (0..stacked.len()).map(|at| stacked.with_layout(stacked.layout().index(0, at)));
        Ok(Self(videos.collect()))
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into_dynamic()
    }
}

/// One value for all, or an array with one for each.
pub enum OneOrEach<T> {
    /// One value for all.
    One(T),
    /// One value for each.
    Each(Vec<T>),
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

/// One value for each of `count` videos.
pub fn for_each<T: Clone>(name: &str, values: OneOrEach<T>, count: usize) -> Result<Vec<T>> {
    match values {
        OneOrEach::One(value) => Ok(vec![value; count]),
        OneOrEach::Each(values) if values.len() == count => Ok(values),
        OneOrEach::Each(values) => {
            bail!(
                "`{name}` must have one value for each of the {}, got {}",
                counted(count, "video"),
                values.len()
            )
        }
    }
}

/// A color: its name, `#rrggbb`, or an array of red, green and blue from 0 to 255.
pub struct AnyColor(pub Color);

impl Value for AnyColor {
    const TYPE: Type = Type::Choice("a color such as \"white\" or \"#ff8800\"", || {
        COLOR_NAMES.to_vec()
    });
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let color = match value.read_lock::<ImmutableString>() {
            Some(name) => color_of(&name),
            None => components(&value).map(pack),
        };
        color.map(Self).ok_or(value)
    }
    fn into_dynamic(self) -> Dynamic {
        name_of(self.0).into()
    }
}

fn components(value: &Dynamic) -> Option<[u8; 3]> {
    let numbers = match value.read_lock::<Video>() {
        Some(video) if video.ndim() == 1 => {
            let mut samples = vec![0.0; video.len()];
            video
                .samples()
                .read_frames(0..video.len(), 0..1, &mut samples);
            samples
        }
        _ => Vec::<f64>::from_dynamic(value.clone()).ok()?,
    };
    if !(3..=4).contains(&numbers.len()) {
        return None;
    }
    let byte = |number: &f64| (0.0..=255.0).contains(number).then_some(*number as u8);
    Some([byte(&numbers[0])?, byte(&numbers[1])?, byte(&numbers[2])?])
}

/// Rows and columns of pixels.
pub struct Pixels(pub Vec<[usize; 2]>);

impl Value for Pixels {
    const TYPE: Type = Type::Array(&Type::Array(&Type::Count));
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let pixels = Vec::<Vec<usize>>::from_dynamic(value.clone());
        let pixels = pixels.ok().and_then(|pixels| {
            let pairs = pixels.into_iter().map(|pixel| pixel.try_into().ok());
            pairs.collect()
        });
        pixels.map(Self).ok_or(value)
    }
    fn into_dynamic(self) -> Dynamic {
        let pixels = self.0.into_iter().map(|pixel| pixel.to_vec());
        pixels.collect::<Vec<_>>().into_dynamic()
    }
}

/// Timestamp parameter: a flag, or the unit of time.
pub struct TimestampParam(pub Option<TimeUnit>);

impl Value for TimestampParam {
    const TYPE: Type = Type::Either(&Type::Bool, &TimeUnit::TYPE);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match value.as_bool() {
            Ok(shown) => Ok(Self(shown.then_some(TimeUnit::Auto))),
            Err(_) => TimeUnit::from_dynamic(value).map(|unit| Self(Some(unit))),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.map_or(false.into(), TimeUnit::into_dynamic)
    }
}

/// Scale bar parameter: a flag, or the length in µm.
pub struct ScaleBarParam(pub Option<ScaleBar>);

impl Value for ScaleBarParam {
    const TYPE: Type = Type::Either(&Type::Bool, &Type::Float);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match value.as_bool() {
            Ok(shown) => Ok(Self(shown.then_some(ScaleBar::Auto))),
            Err(_) => {
                f64::from_dynamic(value).map(|length| Self(Some(ScaleBar::Micrometers(length))))
            }
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self.0 {
            Some(ScaleBar::Micrometers(length)) => length.into_dynamic(),
            other => other.is_some().into(),
        }
    }
}

/// What a terminal can show: a video or an image, traces, or a table.
pub enum Previewed {
    /// A video or an image.
    Video(Video),
    /// Traces.
    Traces(Vec<Video>),
    /// A map of columns or an array of maps.
    Table(Dynamic),
}

impl Value for Previewed {
    const TYPE: Type = Type::Either(
        &Type::Video,
        &Type::Either(
            &Type::Map,
            &Type::Array(&Type::Either(&Type::Video, &Type::Map)),
        ),
    );
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let all = |is_one: fn(&Dynamic) -> bool| {
            let array = value.read_lock::<Array>();
            array.is_some_and(|array| !array.is_empty() && array.iter().all(is_one))
        };
        if value.is_map() || all(Dynamic::is_map) {
            return Ok(Self::Table(value));
        }
        if all(|value| {
            value
                .read_lock::<Video>()
                .is_some_and(|video| video.ndim() == 1)
        }) {
            return Vec::from_dynamic(value).map(Self::Traces);
        }
        let video = Video::from_dynamic(value)?;
        Ok(match video.ndim() {
            1 => Self::Traces(vec![video]),
            _ => Self::Video(video),
        })
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Video(video) => video.into_dynamic(),
            Self::Traces(traces) => traces.into_dynamic(),
            Self::Table(table) => table,
        }
    }
}
