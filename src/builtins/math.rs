//! Elementwise functions: math, rounding, masks, conversion, and copies and slices of arrays.

use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::ops::array::elementwise::{self, Arithmetic, Operand, UnaryFunction};
use crate::ops::array::gradient;
use crate::ops::array::index;
use crate::ops::chain::Stage;
use crate::script::call::convert::{ChainedOperand, Reduced, Sampled};
use crate::script::{Chained, builtins};
use crate::video::{DType, Number, Video};

builtins! {
    /// Absolute value of every sample.
    ///
    /// Unsigned ints and plain ints keep their type.
    ///
    /// Returns an array of the shape of the input: the type of the input for unsigned ints and
    /// bool; else float64 for float64 and for ints of more than 16 bits, float32 for the rest. A
    /// plain number gives a number.
    ///
    /// ```
    /// abs(example_video(2) - 5000.0).dtype // => "float32"
    /// ```
    ///
    /// See also: `sqrt`, `clip`, `floor`.
    ///
    /// Source: `numpy.abs`.
    fn abs(
        /// Video, image, trace or number.
        x: ChainedOperand,
    ) -> Result<Operand> {
        apply(UnaryFunction::Abs, x)
    }

    /// Square root of every sample.
    ///
    /// Negative samples become NaN.
    ///
    /// Returns an array of the shape of the input, float64 for float64 and for ints of more than 16
    /// bits, else float32. A plain number gives a float.
    ///
    /// ```
    /// (example_video(2) * 0 + 4).sqrt()[[0, 0, 0]] // => 2.0
    /// ```
    ///
    /// See also: `pow`, `exp`, `log`.
    ///
    /// Source: `numpy.sqrt`.
    fn sqrt(
        /// Video, image, trace or number.
        x: ChainedOperand,
    ) -> Result<Operand> {
        apply(UnaryFunction::Sqrt, x)
    }

    /// Exponential of every sample: e to the power of x.
    ///
    /// Returns an array of the shape of the input, float64 for float64 and for ints of more than 16
    /// bits, else float32. A plain number gives a float.
    ///
    /// ```
    /// (example_video(2) * 0).exp()[[0, 0, 0]] // => 1.0
    /// ```
    ///
    /// See also: `log`, `pow`, `sqrt`.
    ///
    /// Source: `numpy.exp`.
    fn exp(
        /// Video, image, trace or number.
        x: ChainedOperand,
    ) -> Result<Operand> {
        apply(UnaryFunction::Exp, x)
    }

    /// Natural logarithm of every sample.
    ///
    /// 0 becomes minus infinity, negative samples become NaN.
    ///
    /// Returns an array of the shape of the input, float64 for float64 and for ints of more than 16
    /// bits, else float32. A plain number gives a float.
    ///
    /// ```
    /// (example_video(2) * 0).exp().log()[[0, 0, 0]] // => 0.0
    /// ```
    ///
    /// See also: `exp`, `log10`.
    ///
    /// Source: `numpy.log`.
    fn log(
        /// Video, image, trace or number.
        x: ChainedOperand,
    ) -> Result<Operand> {
        apply(UnaryFunction::Log, x)
    }

    /// Logarithm to base 10 of every sample.
    ///
    /// 0 becomes minus infinity, negative samples become NaN.
    ///
    /// Returns an array of the shape of the input, float64 for float64 and for ints of more than 16
    /// bits, else float32. A plain number gives a float.
    ///
    /// ```
    /// (example_video(2) * 0 + 1000).log10()[[0, 0, 0]] // => 3.0
    /// ```
    ///
    /// See also: `log`, `pow`.
    ///
    /// Source: `numpy.log10`.
    fn log10(
        /// Video, image, trace or number.
        x: ChainedOperand,
    ) -> Result<Operand> {
        apply(UnaryFunction::Log10, x)
    }

    /// Sine of every sample, an angle in radians.
    ///
    /// Returns an array of the shape of the input, float64 for float64 and for ints of more than 16
    /// bits, else float32. A plain number gives a float.
    ///
    /// ```
    /// (example_video(2) * 0).sin()[[0, 0, 0]] // => 0.0
    /// ```
    ///
    /// See also: `cos`, `atan2`.
    ///
    /// Source: `numpy.sin`.
    fn sin(
        /// Video, image, trace or number, in radians.
        x: ChainedOperand,
    ) -> Result<Operand> {
        apply(UnaryFunction::Sin, x)
    }

    /// Cosine of every sample, an angle in radians.
    ///
    /// Returns an array of the shape of the input, float64 for float64 and for ints of more than 16
    /// bits, else float32. A plain number gives a float.
    ///
    /// ```
    /// (example_video(2) * 0).cos()[[0, 0, 0]] // => 1.0
    /// ```
    ///
    /// See also: `sin`, `atan2`.
    ///
    /// Source: `numpy.cos`.
    fn cos(
        /// Video, image, trace or number, in radians.
        x: ChainedOperand,
    ) -> Result<Operand> {
        apply(UnaryFunction::Cos, x)
    }

    /// Largest whole number that is not above the sample, for every sample.
    ///
    /// Returns an array of the shape and sample type of the input; ints are unchanged. A plain
    /// number gives a float.
    ///
    /// ```
    /// floor(example_video(2) * 0 + 1.7)[[0, 0, 0]] // => 1.0
    /// ```
    ///
    /// See also: `ceil`, `round`, `div`, `astype`.
    ///
    /// Source: `numpy.floor`.
    fn floor(
        /// Video, image, trace or number.
        x: ChainedOperand,
    ) -> Result<Operand> {
        apply(UnaryFunction::Floor, x)
    }

    /// Smallest whole number that is not below the sample, for every sample.
    ///
    /// Returns an array of the shape and sample type of the input; ints are unchanged. A plain
    /// number gives a float.
    ///
    /// ```
    /// ceil(example_video(2) * 0 + 1.2)[[0, 0, 0]] // => 2.0
    /// ```
    ///
    /// See also: `floor`, `round`, `astype`.
    ///
    /// Source: `numpy.ceil`.
    fn ceil(
        /// Video, image, trace or number.
        x: ChainedOperand,
    ) -> Result<Operand> {
        apply(UnaryFunction::Ceil, x)
    }

    /// Nearest whole number of every sample; ties go to the even number.
    ///
    /// Returns an array of the shape and sample type of the input; ints are unchanged. A plain
    /// number gives a float.
    ///
    /// ```
    /// round(example_video(2) * 0 + 2.5)[[0, 0, 0]] // => 2.0
    /// ```
    ///
    /// See also: `floor`, `ceil`, `astype`.
    ///
    /// Source: `numpy.round` without decimals.
    fn round(
        /// Video, image, trace or number.
        x: ChainedOperand,
    ) -> Result<Operand> {
        apply(UnaryFunction::Round, x)
    }

    /// Power of every sample: x to the power of y, also written `x ** y`.
    ///
    /// Arrays of different shapes are broadcast as in NumPy. Of two plain ints, `**` gives an int,
    /// `pow` a float.
    ///
    /// Returns an array of the broadcast shape, float64 if an array has float64 samples or ints of
    /// more than 16 bits, else float32. Two plain numbers give a float.
    ///
    /// Fails if the shapes cannot be broadcast.
    ///
    /// ```
    /// pow(example_video(2) * 0 + 3, 2)[[0, 0, 0]] // => 9.0
    /// ```
    ///
    /// See also: `sqrt`, `exp`, `log`.
    ///
    /// Source: `numpy.power` of floats.
    fn pow(
        /// Base: video, image, trace or number.
        x: Operand,
        /// Exponent: number or array.
        y: Operand,
    ) -> Result<Operand> {
        combine(Arithmetic::Power, x, y)
    }

    /// Floor division: the quotient rounded down to a whole number.
    ///
    /// Written `//` in Python; `/` divides truly. Arrays of different shapes are broadcast as in
    /// NumPy. Division of an array or a float by 0 gives an infinity or NaN.
    ///
    /// Returns an int for two plain ints and a float for other plain numbers; else an array of the
    /// broadcast shape, float64 if an array has float64 samples or ints of more than 16 bits, else
    /// float32.
    ///
    /// Fails if two plain ints are divided by 0, or if the shapes cannot be broadcast.
    ///
    /// ```
    /// div(7, 2) // => 3
    /// div(-7, 2) // => -4
    /// div(example_video(2) * 0 + 7, 2)[[0, 0, 0]] // => 3.0
    /// ```
    ///
    /// See also: `floor`, `pow`.
    ///
    /// Source: `numpy.floor_divide`.
    fn div(
        /// Dividend: video, image, trace or number.
        x: Operand,
        /// Divisor: number or array; an int must not be 0.
        y: Operand,
    ) -> Result<Operand> {
        match (&x, &y) {
            (Operand::Int(x), Operand::Int(0)) => bail!("div({x}, 0) is undefined"),
            (Operand::Int(x), Operand::Int(y)) => Ok(Operand::Int(div_floor(*x, *y))),
            _ => combine(Arithmetic::FloorDivide, x, y),
        }
    }

    /// Angle in radians of the point (x, y), from −π to π, for every sample.
    ///
    /// The phase of an oscillation is the angle of its value and its delayed value. Arrays of
    /// different shapes are broadcast as in NumPy.
    ///
    /// Returns an array of the broadcast shape in radians, float64 if an array has float64 samples
    /// or ints of more than 16 bits, else float32. Two plain numbers give a float.
    ///
    /// Fails if the shapes cannot be broadcast.
    ///
    /// ```
    /// atan2(example_video(2) * 0, 1)[[0, 0, 0]] // => 0.0
    /// ```
    ///
    /// See also: `hilbert_phase`, `sin`, `cos`.
    ///
    /// Source: `numpy.arctan2`.
    fn atan2(
        /// Second coordinate: video, image, trace or number.
        y: Operand,
        /// First coordinate: video, image, trace or number.
        x: Operand,
    ) -> Result<Operand> {
        combine(Arithmetic::Atan2, y, x)
    }

    /// Derivative along an axis: the slope at every sample.
    ///
    /// Central differences, (x(i+1) − x(i−1)) / (2 · `spacing`), and at both ends of the axis the
    /// difference of two samples. NaN makes its two neighbors NaN, too.
    ///
    /// Returns an array of the shape of the input: float64 for float64 and for ints of more than 16
    /// bits, else float32.
    ///
    /// Fails if the axis does not exist or has fewer than 2 samples, or if `spacing` is not a
    /// number > 0.
    ///
    /// ```
    /// gradient(video([1, 2, 4, 7])).to_array() // => [1.0, 1.5, 2.5, 3.0]
    /// let times = phantom(#{speed: 50}).activation;
    /// format("{:.2f} ms/px", median(gradient(times, 1))) // => "0.20 ms/px"
    /// ```
    ///
    /// See also: `conduction_velocity`, `savgol_filter`, `temporal_difference`.
    ///
    /// Source: `numpy.gradient` with `edge_order=1`.
    fn gradient(
        /// Video, image or trace.
        x: Video,
        /// Axis, negative from the end.
        axis: i64 = 0,
        /// Distance of neighbors.
        spacing: f64 = 1.0,
    ) -> Result<Video> {
        gradient::gradient(&x, axis, spacing)
    }

    /// Limits the samples to the interval [`min`, `max`].
    ///
    /// NaN stays NaN. For ints, `min` is rounded up and `max` down to whole numbers.
    ///
    /// Returns an array of the shape and sample type of the input, or a number for a number.
    ///
    /// Fails if a limit is NaN, if `min` is above `max`, or if no value of an int type is within
    /// the limits.
    ///
    /// ```
    /// clip(example_video(2), 0, 100)[[0, 64, 64]] // => 100
    /// ```
    ///
    /// See also: `normalize`, `where`.
    ///
    /// Source: `numpy.clip`, with the type of the input kept.
    fn clip(
        /// Video, image, trace or number.
        array: Sampled,
        /// Lower limit; `()` for no limit.
        min: Option<Number>,
        /// Upper limit; `()` for no limit.
        max: Option<Number> = None,
    ) -> Result<Reduced> {
        array.each_frame("clip", move |array| elementwise::clip(array, min, max))
    }

    /// Takes samples of `yes` where a mask is true, and of `no` elsewhere.
    ///
    /// Mask, `yes` and `no` are broadcast as in NumPy.
    ///
    /// Returns an array of the broadcast shape. Two arrays give their common type as in NumPy; a
    /// plain number takes the type of the array if that can represent it.
    ///
    /// Fails if `mask` is not bool, or if the shapes cannot be broadcast.
    ///
    /// ```
    /// let v = example_video(2);
    /// where(v > 1000, v, 0).dtype // => "uint16"
    /// ```
    ///
    /// See also: `apply_mask`, `clip`, `fill_nan`.
    ///
    /// Source: `numpy.where`.
    fn r#where(
        /// Bool array that chooses; make one by comparing, as in `v > 0`.
        mask: Chained,
        /// Array or number to take where the mask is true.
        yes: ChainedOperand,
        /// Array or number to take where the mask is false.
        no: ChainedOperand,
    ) -> Result<Video> {
        Stage::of_frames("where").apply_with(mask.0, vec![yes.0, no.0], |mask, operands| {
            elementwise::select(&mask, &operands[0], &operands[1])
        })
    }

    /// Mask of the NaN samples.
    ///
    /// Returns a bool array of the shape of the input, or a bool for a number. Ints are never NaN.
    ///
    /// ```
    /// isnan(example_video(2))[[0, 0, 0]] // => false
    /// ```
    ///
    /// See also: `isfinite`, `fill_nan`, `count`.
    ///
    /// Source: `numpy.isnan`.
    fn isnan(
        /// Video, image, trace or number.
        array: Sampled,
    ) -> Result<Reduced> {
        array.each_frame("isnan", |array| elementwise::isnan(&array))
    }

    /// Mask of the samples that are neither NaN nor infinite.
    ///
    /// Returns a bool array of the shape of the input, or a bool for a number. Ints are always
    /// finite.
    ///
    /// ```
    /// isfinite(example_video(2) / 0.0)[[0, 64, 64]] // => false
    /// ```
    ///
    /// See also: `isnan`, `fill_nan`.
    ///
    /// Source: `numpy.isfinite`.
    fn isfinite(
        /// Video, image, trace or number.
        array: Sampled,
    ) -> Result<Reduced> {
        array.each_frame("isfinite", |array| elementwise::isfinite(&array))
    }

    /// Replaces NaN samples by a value.
    ///
    /// Infinite samples stay, and so do ints, which have no NaN.
    ///
    /// Returns an array of the shape and sample type of the input, or a number for a number.
    ///
    /// ```
    /// fill_nan(example_video(2) * NaN, -1)[[0, 0, 0]] // => -1.0
    /// ```
    ///
    /// See also: `isnan`, `where`, `apply_mask`.
    ///
    /// Source: `numpy.nan_to_num`, without its replacement of infinities.
    fn fill_nan(
        /// Video, image, trace or number.
        array: Sampled,
        /// Value that replaces NaN.
        value: f64 = 0.0,
    ) -> Result<Reduced> {
        array.each_frame("fill_nan", move |array| elementwise::fill_nan(array, value))
    }

    /// Converts the samples to another type.
    ///
    /// To ints, floats are truncated toward zero, and values out of range become the nearest value
    /// of the type; nothing wraps around, unlike in NumPy. NaN becomes 0. To bool, everything but 0
    /// becomes true, NaN too.
    ///
    /// Returns an array of the shape of the input and the type `dtype`, or a number for a number.
    ///
    /// ```
    /// (example_video(2) * 0 + 300.7).astype("uint8")[[0, 0, 0]] // => 255
    /// ```
    ///
    /// See also: `normalize`, `round`.
    fn astype(
        /// Video, image, trace or number.
        array: Sampled,
        /// Sample type of the result.
        dtype: DType,
    ) -> Result<Reduced> {
        array.each_frame("astype", move |array| elementwise::astype(array, dtype))
    }

    /// Copies an array to memory of its own, in row-major order.
    ///
    /// Views and variables need no copies: they share their samples until one of them is changed. A
    /// copy of a small part of a large recording lets the memory of the recording be freed.
    ///
    /// Returns an array of the shape and sample type of the input.
    ///
    /// ```
    /// copy(example_video(4)[2..]).shape // => [2, 128, 128]
    /// ```
    ///
    /// See also: `slice`.
    fn copy(
        /// Video, image or trace.
        array: Video,
    ) -> Result<Video> {
        elementwise::copy(array)
    }

    /// Every `step`-th frame from `start` up to but excluding `end`, as a view.
    ///
    /// As in Python's `array[start:end:step]`: negative indices count from the end, a negative step
    /// goes backward, and frames out of range are left out. A step of n divides the frame rate by
    /// |n|.
    ///
    /// Returns a view of the input, {t, …} with the selected frames, same sample type.
    ///
    /// Fails if `step` is 0.
    ///
    /// ```
    /// let v = example_video(10);
    /// v.slice(0, (), 2).fps // => 250.0
    /// v.slice((), (), -1)[0][[0, 0]] == v[-1][[0, 0]] // => true
    /// ```
    ///
    /// See also: `copy`.
    fn slice(
        /// Video or trace.
        array: Chained,
        /// Index of the first frame; default: the first, or the last for a negative step.
        start: Option<i64> [frames] = None,
        /// Index to stop before (exclusive); default: all frames.
        end: Option<i64> [frames] = None,
        /// Distance between the frames; negative to go backward.
        step: i64 [frames] = 1,
    ) -> Result<Video> {
        slice_chained(array.0, start, end, step)
    }
}

/// The value at a number, or at every sample.
fn apply(function: UnaryFunction, x: ChainedOperand) -> Result<Operand> {
    let stage = Stage::of_frames(function.name());
    Ok(match x.0 {
        Operand::Int(number) => Operand::Float(function.at(number as f64)),
        Operand::Float(number) => Operand::Float(function.at(number)),
        Operand::Array(array) => {
            Operand::Array(stage.apply(array, move |array| elementwise::apply(function, array))?)
        }
    })
}

fn slice_chained(array: Video, start: Option<i64>, end: Option<i64>, step: i64) -> Result<Video> {
    let (first, len) = index::slice_range(&array, start, end, step)?;
    let Ok(distance) = usize::try_from(step) else {
        array.compute()?;
        return index::slice(&array, start, end, step);
    };
    let stage = Stage::of_groups("slice", first, distance, len);
    stage.apply_view(array, move |array| {
        Ok(array.frames(0, array.len().div_ceil(distance), step as isize))
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
