//! Functions of the samples, one by one.

use crate::bail;
use crate::error::Result;
use crate::ops::elementwise::{self, Arithmetic, Function, Operand};
use crate::ops::index;
use crate::script::builtins;
use crate::script::convert::{Reduced, Sampled};
use crate::video::{DType, Number, Video};

builtins! {
    /// The sample without its sign, at every place.
    ///
    /// Unsigned ints stay what they are.
    ///
    /// ```
    /// abs(example_video(2) - 5000.0).dtype // => "float32"
    /// ```
    fn abs(
        /// Video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        apply(Function::Abs, x)
    }

    /// The square root of every sample.
    ///
    /// Negative samples become not-a-number.
    ///
    /// ```
    /// (example_video(2) * 0 + 4).sqrt()[[0, 0, 0]] // => 2.0
    /// ```
    fn sqrt(
        /// Video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        apply(Function::Sqrt, x)
    }

    /// The exponential: e to the power of every sample.
    ///
    /// ```
    /// (example_video(2) * 0).exp()[[0, 0, 0]] // => 1.0
    /// ```
    fn exp(
        /// Video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        apply(Function::Exp, x)
    }

    /// The natural logarithm of every sample.
    ///
    /// 0 becomes minus infinity, negative samples not-a-number.
    ///
    /// ```
    /// (example_video(2) * 0).exp().log()[[0, 0, 0]] // => 0.0
    /// ```
    fn log(
        /// Video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        apply(Function::Log, x)
    }

    /// The logarithm to base 10 of every sample.
    ///
    /// 0 becomes minus infinity, negative samples not-a-number.
    ///
    /// ```
    /// (example_video(2) * 0 + 1000).log10()[[0, 0, 0]] // => 3.0
    /// ```
    fn log10(
        /// Video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        apply(Function::Log10, x)
    }

    /// The sine of every sample, an angle in radians.
    ///
    /// ```
    /// (example_video(2) * 0).sin()[[0, 0, 0]] // => 0.0
    /// ```
    fn sin(
        /// Video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        apply(Function::Sin, x)
    }

    /// The cosine of every sample, an angle in radians.
    ///
    /// ```
    /// (example_video(2) * 0).cos()[[0, 0, 0]] // => 1.0
    /// ```
    fn cos(
        /// Video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        apply(Function::Cos, x)
    }

    /// The nearest whole number that is not larger than the sample, at every place.
    ///
    /// Ints stay what they are.
    ///
    /// ```
    /// floor(example_video(2) * 0 + 1.7)[[0, 0, 0]] // => 1.0
    /// ```
    fn floor(
        /// Video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        apply(Function::Floor, x)
    }

    /// The nearest whole number that is not smaller than the sample, at every place.
    ///
    /// Ints stay what they are.
    ///
    /// ```
    /// ceil(example_video(2) * 0 + 1.2)[[0, 0, 0]] // => 2.0
    /// ```
    fn ceil(
        /// Video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        apply(Function::Ceil, x)
    }

    /// The nearest whole number to the sample, at every place; of two the even one.
    ///
    /// Ints stay what they are.
    ///
    /// ```
    /// round(example_video(2) * 0 + 2.5)[[0, 0, 0]] // => 2.0
    /// ```
    fn round(
        /// Video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        apply(Function::Round, x)
    }

    /// The power of every sample, also written `x ** y`.
    ///
    /// ```
    /// pow(example_video(2) * 0 + 3, 2)[[0, 0, 0]] // => 9.0
    /// ```
    fn pow(
        /// Video, image, trace or number.
        x: Operand,
        /// The exponent, a number or an array.
        y: Operand,
    ) -> Result<Operand> {
        combine(Arithmetic::Power, x, y)
    }

    /// The quotient rounded down to a whole number (floor division), an int for two ints.
    ///
    /// Written `//` in Python, `floor_divide` in NumPy; `/` divides truly. Arrays give `float32` or
    /// `float64`, as with other operators.
    ///
    /// ```
    /// div(7, 2) // => 3
    /// div(-7, 2) // => -4
    /// div(example_video(2) * 0 + 7, 2)[[0, 0, 0]] // => 3.0
    /// ```
    fn div(
        /// Dividend: video, image, trace or number.
        x: Operand,
        /// Divisor, a number or an array; an int must not be 0.
        y: Operand,
    ) -> Result<Operand> {
        match (&x, &y) {
            (Operand::Int(x), Operand::Int(0)) => bail!("div({x}, 0) is undefined"),
            (Operand::Int(x), Operand::Int(y)) => Ok(Operand::Int(div_floor(*x, *y))),
            _ => combine(Arithmetic::FloorDivide, x, y),
        }
    }

    /// The angle in radians, −π to π, of the point (x, y), at every place.
    ///
    /// The phase of an oscillation is the angle of its value and its delayed value.
    ///
    /// ```
    /// atan2(example_video(2) * 0, 1)[[0, 0, 0]] // => 0.0
    /// ```
    fn atan2(
        /// The second coordinate.
        y: Operand,
        /// The first coordinate.
        x: Operand,
    ) -> Result<Operand> {
        combine(Arithmetic::Atan2, y, x)
    }

    /// Limits the samples to the interval [`min`, `max`]; their type stays.
    ///
    /// ```
    /// clip(example_video(2), 0, 100)[[0, 64, 64]] // => 100
    /// ```
    fn clip(
        /// Video, image, trace or number.
        array: Sampled,
        /// Smallest value, or `()` for no limit.
        min: Option<Number>,
        /// Largest value, or `()` for no limit.
        max: Option<Number> = None,
    ) -> Result<Reduced> {
        array.each(|array| elementwise::clip(array, min, max))
    }

    /// The samples of one array where a mask is true, and those of another elsewhere.
    ///
    /// ```
    /// let v = example_video(2);
    /// where(v > 1000, v, 0).dtype // => "uint16"
    /// ```
    fn r#where(
        /// Which to take.
        mask: Video,
        /// Array or number to take where the mask is true.
        yes: Operand,
        /// Array or number to take where it is false.
        no: Operand,
    ) -> Result<Video> {
        elementwise::select(&mask, &yes, &no)
    }

    /// Whether each sample is not a number: a mask.
    ///
    /// ```
    /// isnan(example_video(2))[[0, 0, 0]] // => false
    /// ```
    fn isnan(
        /// Video, image, trace or number.
        array: Sampled,
    ) -> Result<Reduced> {
        array.each(|array| elementwise::isnan(&array))
    }

    /// Whether each sample is a number, and not an infinite one: a mask.
    ///
    /// ```
    /// isfinite(example_video(2) / 0.0)[[0, 64, 64]] // => false
    /// ```
    fn isfinite(
        /// Video, image, trace or number.
        array: Sampled,
    ) -> Result<Reduced> {
        array.each(|array| elementwise::isfinite(&array))
    }

    /// Sets the samples that are not numbers to a value.
    ///
    /// ```
    /// fill_nan(example_video(2) * NaN, -1)[[0, 0, 0]] // => -1.0
    /// ```
    fn fill_nan(
        /// Video, image, trace or number.
        array: Sampled,
        /// What not-a-number becomes.
        value: f64 = 0.0,
    ) -> Result<Reduced> {
        array.each(|array| elementwise::fill_nan(array, value))
    }

    /// Converts the samples to another type.
    ///
    /// Floats lose what stands after the point, and numbers that the type cannot hold become the
    /// nearest that it can; nothing wraps around.
    ///
    /// ```
    /// (example_video(2) * 0 + 300.7).astype("uint8")[[0, 0, 0]] // => 255
    /// ```
    fn astype(
        /// Video, image, trace or number.
        array: Sampled,
        /// Type of the result.
        dtype: DType,
    ) -> Result<Reduced> {
        array.each(|array| elementwise::astype(array, dtype))
    }

    /// A copy with memory of its own, in row-major order.
    ///
    /// Views and variables need no copies: they share their samples until one of them is
    /// changed. A copy frees a small part from the large recording that it was taken out of.
    ///
    /// ```
    /// copy(example_video(4)[2..]).shape // => [2, 128, 128]
    /// ```
    fn copy(
        /// Video, image or trace.
        array: Video,
    ) -> Result<Video> {
        elementwise::copy(array)
    }

    /// Every `step`-th frame from `start` on until before `end`.
    ///
    /// Negative places count from the end, a negative step goes backward, and frames that are not
    /// there are left out, as in Python. Shares the samples. A step of n divides the frame rate.
    ///
    /// ```
    /// let v = example_video(10);
    /// v.slice(0, (), 2).fps // => 250.0
    /// v.slice((), (), -1)[0][[0, 0]] == v[-1][[0, 0]] // => true
    /// ```
    fn slice(
        /// Video or trace.
        array: Video,
        /// The first frame; by default the first there is.
        start: Option<i64> [frames] = None,
        /// The frame before which to end; by default all are taken.
        end: Option<i64> [frames] = None,
        /// Distance between the frames.
        step: i64 [frames] = 1,
    ) -> Result<Video> {
        index::slice(&array, start, end, step)
    }
}

/// The value at a number, or at every sample.
fn apply(function: Function, x: Operand) -> Result<Operand> {
    Ok(match x {
        Operand::Int(number) => Operand::Float(function.at(number as f64)),
        Operand::Float(number) => Operand::Float(function.at(number)),
        Operand::Array(array) => Operand::Array(elementwise::apply(function, array)?),
    })
}

/// The quotient of ints, rounded down; that of the lowest by −1 is the largest there is.
fn div_floor(x: i64, y: i64) -> i64 {
    let quotient = x.checked_div(y).unwrap_or(i64::MAX);
    let is_rounded_up = x.wrapping_rem(y) != 0 && (x < 0) != (y < 0);
    quotient - i64::from(is_rounded_up)
}

/// The value at two numbers, or at every sample.
fn combine(operation: Arithmetic, x: Operand, y: Operand) -> Result<Operand> {
    match (x.number(), y.number()) {
        (Some(x), Some(y)) => Ok(Operand::Float(operation.at(x, y))),
        _ => elementwise::arithmetic(operation, x, y).map(Operand::Array),
    }
}
