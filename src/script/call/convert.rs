//! Arrays as scripts write them: nested lists of numbers, axes, shapes, bytes.

use rhai::{Array, Blob, Dynamic};

use super::value::{Type, Value, describe, has_videos, scalar};
use crate::bail;
use crate::error::{Error, Result};
use crate::io::ImageSequence;
use crate::ops::array::elementwise::Operand;
use crate::ops::array::{elementwise, shape};
use crate::ops::chain::Stage;
use crate::video::memory::expect_room_for_values;
use crate::video::{DType, Element, Layout, Number, Strided, Video, map_samples, shape_text};

/// Largest number of elements of a script array.
const MAX_NUMBERS: usize = 1 << 24;

/// One int or several: axes or their lengths.
pub struct Ints(pub Vec<i64>);

impl Value for Ints {
    const TYPE: Type = Type::Either(&Type::Int, &Type::Array(&Type::Int));
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match value.as_int() {
            Ok(int) => Ok(Self(vec![int])),
            Err(_) => Vec::from_dynamic(value).map(Self),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into_dynamic()
    }
}

/// One number or several.
pub enum Numbers {
    /// A number.
    One(f64),
    /// An array of numbers.
    Several(Vec<f64>),
}

impl Numbers {
    /// A number for each of two axes; a single number is used for both.
    pub fn pair(&self, function: &str, param: &str) -> Result<[f64; 2]> {
        match self {
            Self::One(number) => Ok([*number; 2]),
            Self::Several(numbers) => match numbers[..] {
                [y, x] => Ok([y, x]),
                _ => bail!("{function} needs `{param}` to be one or two numbers, got {numbers:?}"),
            },
        }
    }
}

impl Value for Numbers {
    const TYPE: Type = Type::Either(&Type::Float, &Type::Array(&Type::Float));
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match f64::from_dynamic(value) {
            Ok(number) => Ok(Self::One(number)),
            Err(value) => Vec::from_dynamic(value).map(Self::Several),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::One(number) => number.into_dynamic(),
            Self::Several(numbers) => numbers.into_dynamic(),
        }
    }
}

impl Value for Number {
    const TYPE: Type = Type::Float;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match value.as_int() {
            Ok(int) => Ok(Number::Int(int)),
            Err(_) => value.try_cast_result().map(Number::Float),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Number::Int(number) => number.into(),
            Number::Float(number) => number.into(),
        }
    }
}

/// Bytes of a blob.
pub struct Bytes(pub Blob);

impl Value for Bytes {
    const TYPE: Type = Type::Blob;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        value.try_cast_result().map(Self)
    }
    fn into_dynamic(self) -> Dynamic {
        Dynamic::from_blob(self.0)
    }
}

/// Argument of a reduction or an element-wise function: an array, or a single number.
pub enum Sampled {
    /// An array.
    Array(Video),
    /// A number, as an array of one sample.
    Number(Video),
}

impl Sampled {
    /// Array to reduce; an error if axes are given for a single number.
    pub fn along(self, function: &str, axis: &Option<Ints>) -> Result<Video> {
        match (self, axis) {
            (Self::Number(sample), Some(axis)) => {
                let number = sample
                    .with_layout(sample.layout().index(0, 0))
                    .into_dynamic();
                let error =
                    format!("{function} needs an array to reduce over an axis, got {number}");
                let axis = axis.0.iter().map(i64::to_string).collect::<Vec<_>>();
                Err(Error::new(error).hint(format!(
                    "for several numbers, pass an array: `{function}([{number}, {}])`",
                    axis.join(", ")
                )))
            }
            (Self::Array(array) | Self::Number(array), _) => Ok(array),
        }
    }

    /// Like [`Sampled::each`], for a function of single frames, which is applied to a large video
    /// when its result is needed.
    pub fn each_frame(
        self,
        name: &'static str,
        function: impl Fn(Video) -> Result<Video> + Send + 'static,
    ) -> Result<Reduced> {
        match self {
            Self::Array(array) => Stage::of_frames(name).apply(array, function).map(Reduced),
            number @ Self::Number(_) => number.each(function),
        }
    }

    /// Applies a function element-wise: returns an array for an array, and a number for a number.
    pub fn each(self, function: impl FnOnce(Video) -> Result<Video>) -> Result<Reduced> {
        Ok(Reduced(match self {
            Self::Array(array) => {
                array.compute()?;
                function(array)?
            }
            Self::Number(sample) => {
                let result = function(sample)?;
                result.with_layout(result.layout().index(0, 0))
            }
        }))
    }
}

impl Value for Sampled {
    const TYPE: Type = Type::Operand;
    const TAKES_PENDING: bool = true;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let is_number = value.is_int() || value.is_float() || value.is_bool();
        if !is_number {
            return Video::from_dynamic(value).map(Self::Array);
        }
        Video::from_dynamic(vec![value].into()).map(Self::Number)
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Array(array) => array.into_dynamic(),
            Self::Number(sample) => sample
                .with_layout(sample.layout().index(0, 0))
                .into_dynamic(),
        }
    }
}

/// A number or an array whose samples may still be pending.
pub struct ChainedOperand(pub Operand);

impl Value for ChainedOperand {
    const TYPE: Type = Type::Operand;
    const TAKES_PENDING: bool = true;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        Operand::from_dynamic(value).map(Self)
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into_dynamic()
    }
}

/// Array of results, or its only number if it has no axes.
pub struct Reduced(pub Video);

impl Value for Reduced {
    const TYPE: Type = Type::Operand;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        Video::from_dynamic(value).map(Self)
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into_dynamic()
    }
}

impl Value for ImageSequence {
    const TYPE: Type = Type::Either(&Type::Video, &Type::Array(&Type::Video));
    const TAKES_PENDING: bool = true;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if has_videos(&value) {
            return Vec::from_dynamic(value).map(Self::Images);
        }
        let video = Video::from_dynamic(value)?;
        Ok(match video.ndim() {
            0..=2 => Self::Images(vec![video]),
            _ => Self::Frames(video),
        })
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Frames(video) => video.into_dynamic(),
            Self::Images(images) => images.into_dynamic(),
        }
    }
}

/// One trace or several, each an array or numbers.
pub struct Traces(pub Vec<Video>);

impl Value for Traces {
    const TYPE: Type = Type::Either(&Type::Video, &Type::Array(&Type::Video));
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let is_of_arrays = value
            .read_lock::<Array>()
            .is_some_and(|array| array.first().is_some_and(Dynamic::is_array));
        if is_of_arrays || has_videos(&value) {
            return Vec::from_dynamic(value).map(Self);
        }
        Video::from_dynamic(value).map(|trace| Self(vec![trace]))
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into_dynamic()
    }
}

/// Samples as nested script arrays.
pub fn to_array(video: &Video) -> Result<Array> {
    let len = video.layout().len();
    if len > MAX_NUMBERS {
        let error = Error::new(format!(
            "to_array makes at most {MAX_NUMBERS} numbers, got {len}"
        ));
        return Err(error.hint("select a part of it first, or use `to_blob`"));
    }
    expect_room_for_values(len.saturating_mul(size_of::<Dynamic>()))?;
    Ok(nested(video))
}

fn nested(video: &Video) -> Array {
    if video.ndim() == 1 {
        return map_samples!(video.samples(), array => {
            array.view().iter().map(|sample| scalar(*sample)).collect()
        });
    }
    let parts = (0..video.len()).map(|at| video.with_layout(video.layout().index(0, at)));
    parts.map(|part| nested(&part).into()).collect()
}

/// Creates a video from nested arrays of numbers, or stacks an array of arrays of one shape. Bools
/// give bool, ints int64, and anything with a float float64, unless another dtype is requested.
pub fn from_array(values: Array, dtype: Option<DType>) -> Result<Video> {
    let video = match values.first() {
        Some(first) if first.is::<Video>() => shape::stack(videos(values)?, 0)?,
        _ => of_numbers(&values)?,
    };
    dtype.map_or(Ok(video.clone()), |dtype| elementwise::astype(video, dtype))
}

fn videos(values: Array) -> Result<Vec<Video>> {
    let video = |value| {
        Video::from_dynamic(value).map_err(|value| {
            Error::new(format!(
                "video cannot stack {} with videos",
                describe(&value)
            ))
        })
    };
    values.into_iter().map(video).collect()
}

/// Numbers of nested arrays.
#[derive(Default)]
struct Leaves {
    bools: Vec<bool>,
    /// Ints and bools.
    ints: Vec<i64>,
    floats: Vec<f64>,
}

/// Converts a script array to an array of samples.
pub(in crate::script) fn of_numbers(values: &Array) -> Result<Video> {
    let mut shape = vec![values.len()];
    let mut first = values.first().cloned();
    while let Some(inner) = first.take().and_then(|value| value.try_cast::<Array>()) {
        shape.push(inner.len());
        if shape.len() > 4 {
            bail!("video makes at most 4 axes, got arrays nested more deeply");
        }
        first = inner.first().cloned();
    }
    let mut leaves = Leaves::default();
    collect(values, &shape, 0, &mut leaves)?;
    let len = leaves.floats.len();
    let made = if len > 0 && leaves.bools.len() == len {
        of_samples(&shape, leaves.bools)
    } else if len > 0 && leaves.ints.len() == len {
        of_samples(&shape, leaves.ints)
    } else {
        of_samples(&shape, leaves.floats)
    };
    Ok(made)
}

fn of_samples<T: Element>(shape: &[usize], samples: Vec<T>) -> Video {
    let layout = Layout::contiguous(shape);
    Video::new(Strided::from_vec(&[samples.len()], samples).with_layout(layout))
}

fn collect(values: &Array, shape: &[usize], axis: usize, leaves: &mut Leaves) -> Result<()> {
    if values.len() != shape[axis] {
        bail!(
            "video needs arrays of equal length along axis {axis}, got {} and {}",
            shape[axis],
            values.len()
        );
    }
    for value in values {
        if axis + 1 < shape.len() {
            match value.read_lock::<Array>() {
                Some(inner) => collect(&inner, shape, axis + 1, leaves)?,
                None => bail!(
                    "video needs arrays nested equally deep everywhere, got {} in one of shape {}",
                    describe(value),
                    shape_text(shape)
                ),
            }
        } else if let Ok(flag) = value.as_bool() {
            leaves.bools.push(flag);
            leaves.ints.push(flag.into());
            leaves.floats.push(flag.into());
        } else if let Ok(int) = value.as_int() {
            leaves.ints.push(int);
            leaves.floats.push(int as f64);
        } else if let Ok(float) = value.as_float() {
            leaves.floats.push(float);
        } else {
            bail!("video needs numbers, got {}", describe(value));
        }
    }
    Ok(())
}
