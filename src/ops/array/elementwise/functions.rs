//! Elementwise functions of one array.

use super::formula::{Cos, Exp, Ln, Log10, Loop, Sin};
use super::{Operand, combine, compute};
use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::ops::kernel::{OperandSamples, convert_samples, map_samples};
use crate::video::{DType, Element, Number, Real, Video, map_samples as of_any_type, with_dtype};

/// Function of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryFunction {
    /// Absolute value.
    Abs,
    /// Negation.
    Negative,
    /// Square root; NaN below 0.
    Sqrt,
    /// Exponential, e to the power of x.
    Exp,
    /// Natural logarithm; NaN below 0.
    Log,
    /// Base-10 logarithm; NaN below 0.
    Log10,
    /// Sine of an angle in radians.
    Sin,
    /// Cosine of an angle in radians.
    Cos,
    /// Largest whole number that is not larger.
    Floor,
    /// Smallest whole number that is not smaller.
    Ceil,
    /// Nearest whole number; ties go to the even number.
    Round,
}

impl Choice for UnaryFunction {
    const NOUN: &'static str = "the name of a function";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("abs", Self::Abs),
        ("-", Self::Negative),
        ("sqrt", Self::Sqrt),
        ("exp", Self::Exp),
        ("log", Self::Log),
        ("log10", Self::Log10),
        ("sin", Self::Sin),
        ("cos", Self::Cos),
        ("floor", Self::Floor),
        ("ceil", Self::Ceil),
        ("round", Self::Round),
    ];
}

impl UnaryFunction {
    /// Function value for a number.
    pub fn at<R: Real>(self, number: R) -> R {
        match self {
            UnaryFunction::Abs => number.abs(),
            UnaryFunction::Negative => -number,
            UnaryFunction::Sqrt => number.sqrt(),
            UnaryFunction::Exp => number.exp(),
            UnaryFunction::Log => number.ln(),
            UnaryFunction::Log10 => number.log10(),
            UnaryFunction::Sin => number.sin(),
            UnaryFunction::Cos => number.cos(),
            UnaryFunction::Floor => number.floor(),
            UnaryFunction::Ceil => number.ceil(),
            UnaryFunction::Round => number.round_ties_even(),
        }
    }

    /// Whether ints are unchanged.
    fn keeps(self, dtype: DType) -> bool {
        let is_unsigned = !dtype.is_float() && dtype.limits().0 == 0.0;
        match self {
            UnaryFunction::Floor | UnaryFunction::Ceil | UnaryFunction::Round => !dtype.is_float(),
            UnaryFunction::Abs => is_unsigned,
            _ => false,
        }
    }
}

/// Applies a function to every sample. Ints that it cannot change keep their type; other results
/// are `float32`, or `float64` if the array has `float64` or ints of more than 16 bits.
pub fn apply(function: UnaryFunction, video: Video) -> Result<Video> {
    match video.dtype() {
        dtype if function.keeps(dtype) => Ok(video),
        dtype if dtype.is_wide() => apply_in::<f64>(function, video),
        _ => apply_in::<f32>(function, video),
    }
}

fn apply_in<R: Real>(function: UnaryFunction, video: Video) -> Result<Video> {
    let name = function.name();
    let is_single = R::DTYPE == DType::F32;
    // One loop per function, so that each is vectorized.
    match function {
        UnaryFunction::Abs => map_samples::<R>(name, video, Loop(|x: R, _| x.abs())),
        UnaryFunction::Negative => map_samples::<R>(name, video, Loop(|x: R, _| -x)),
        UnaryFunction::Sqrt => map_samples::<R>(name, video, Loop(|x: R, _| x.sqrt())),
        UnaryFunction::Floor => map_samples::<R>(name, video, Loop(|x: R, _| x.floor())),
        UnaryFunction::Ceil => map_samples::<R>(name, video, Loop(|x: R, _| x.ceil())),
        UnaryFunction::Round => map_samples::<R>(name, video, Loop(|x: R, _| x.round_ties_even())),
        UnaryFunction::Exp => map_samples::<R>(name, video, Loop(Exp)),
        UnaryFunction::Log => map_samples::<R>(name, video, Loop(Ln)),
        UnaryFunction::Log10 if is_single => map_samples::<R>(name, video, Loop(Log10)),
        UnaryFunction::Sin if is_single => map_samples::<R>(name, video, Loop(Sin)),
        UnaryFunction::Cos if is_single => map_samples::<R>(name, video, Loop(Cos)),
        _ => map_samples::<R>(name, video, Loop(|x: R, _| function.at(x))),
    }
}

/// Whether each sample is NaN.
pub fn isnan(video: &Video) -> Result<Video> {
    test(video, f32::is_nan, f64::is_nan)
}

/// Whether each sample is finite: neither NaN nor infinite.
pub fn isfinite(video: &Video) -> Result<Video> {
    test(video, f32::is_finite, f64::is_finite)
}

fn test(video: &Video, single: fn(f32) -> bool, double: fn(f64) -> bool) -> Result<Video> {
    fn each<R: Real>(video: &Video, holds: fn(R) -> bool) -> Result<Video> {
        convert_samples(
            "testing",
            video,
            |(samples, results): (&[R], &mut [bool])| {
                for (result, sample) in results.iter_mut().zip(samples) {
                    *result = holds(*sample);
                }
            },
        )
    }
    match video.dtype() {
        DType::F64 => each(video, double),
        _ => each(video, single),
    }
}

/// Clips samples to [`min`, `max`]; the type does not change.
pub fn clip(video: Video, min: Option<Number>, max: Option<Number>) -> Result<Video> {
    let lowest = Number::Float(f64::NEG_INFINITY);
    let highest = Number::Float(f64::INFINITY);
    let (min, max) = (min.unwrap_or(lowest), max.unwrap_or(highest));
    for (name, limit) in [("min", min), ("max", max)] {
        if limit.to_f64().is_nan() {
            bail!("clip needs `{name}` to be a number, got NaN");
        }
    }
    if is_less(max, min) {
        bail!("clip needs `min` <= `max`, got {min} and {max}");
    }
    with_dtype!(video.dtype(), T => clip_in::<T>(video, min, max))
}

/// Compares numbers exactly.
fn is_less(a: Number, b: Number) -> bool {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => a < b,
        (a, b) => a.to_f64() < b.to_f64(),
    }
}

fn clip_in<T: Element>(video: Video, min: Number, max: Number) -> Result<Video> {
    let limits = T::DTYPE.int_limits();
    let rounded = |number, round: fn(f64) -> f64| match number {
        Number::Float(number) if limits.is_some() => Number::Float(round(number)),
        number => number,
    };
    let whole = |number| match number {
        Number::Int(number) => i128::from(number),
        Number::Float(number) => number as i128,
    };
    let (low, high) = (rounded(min, f64::ceil), rounded(max, f64::floor));
    if let Some((smallest, largest)) = limits
        && whole(low).max(smallest) > whole(high).min(largest)
    {
        bail!("clip finds no {} from {min} to {max}", T::DTYPE);
    }
    let (min, max) = (low.to_element(), high.to_element());
    each_of(video, move |sample: T| {
        let sample = if sample < min { min } else { sample };
        if sample > max { max } else { sample }
    })
}

/// Replaces NaN by a value.
pub fn fill_nan(video: Video, value: f64) -> Result<Video> {
    match video.dtype() {
        DType::F32 => each_of(video, |sample: f32| {
            if sample.is_nan() {
                value as f32
            } else {
                sample
            }
        }),
        DType::F64 => each_of(
            video,
            |sample: f64| if sample.is_nan() { value } else { sample },
        ),
        _ => Ok(video),
    }
}

/// Changes each sample to another of the same type, in place if the video is a temporary.
fn each_of<T: Element>(video: Video, f: impl Fn(T) -> T + Sync) -> Result<Video> {
    let read = |operand: &Operand, shape: &[usize]| match operand {
        Operand::Array(array) => OperandSamples::same_stretched(array, shape),
        _ => OperandSamples::Number(T::default()),
    };
    compute(
        "changing",
        [Operand::Array(video), Operand::Int(0)],
        read,
        |sample, _| f(sample),
    )
}

/// Converts the sample type: truncates toward zero and saturates out of range. NaN becomes 0, or
/// true.
pub fn astype(video: Video, dtype: DType) -> Result<Video> {
    match (video.dtype(), dtype) {
        (from, to) if from == to => Ok(video),
        (_, DType::F32) => map_samples("converting", video, |_: &mut [f32]| {}),
        (_, DType::F64) => map_samples("converting", video, |_: &mut [f64]| {}),
        // Double precision would round large values.
        (DType::I64, DType::U64) => convert(&video, |sample: i64| sample.max(0) as u64),
        (DType::U64, DType::I64) => convert(&video, |sample: u64| {
            i64::try_from(sample).unwrap_or(i64::MAX)
        }),
        (from, to) if from.is_wide() => with_dtype!(to, T => through::<f64, T>(&video)),
        (_, to) => with_dtype!(to, T => through::<f32, T>(&video)),
    }
}

/// Contiguous copy in row-major order; a temporary that is already contiguous is returned as it is.
pub fn copy(video: Video) -> Result<Video> {
    let copied = of_any_type!(video.samples(), array => {
        if array.is_reusable() {
            return Ok(video);
        }
        Element::wrap(array.copy()?)
    });
    Ok(Video::from_parts(copied, video.into_parts().1))
}

fn through<R: Real, T: Element>(video: &Video) -> Result<Video> {
    convert_samples(
        "converting",
        video,
        |(samples, results): (&[R], &mut [T])| {
            for (result, sample) in results.iter_mut().zip(samples) {
                *result = sample.to_element();
            }
        },
    )
}

fn convert<T: Element, U: Element>(video: &Video, f: impl Fn(T) -> U + Sync) -> Result<Video> {
    let inputs = [
        OperandSamples::same(video.samples()),
        OperandSamples::Number(T::default()),
    ];
    let results = combine("converting", video.shape(), &inputs, |sample, _| f(sample))?;
    Ok(video.with_samples(results))
}
