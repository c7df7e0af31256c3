//! Arithmetic and comparison of arrays and numbers.

use super::formula::remainder;
use super::{
    Logic, Operand, astype, combine, common_shape, compute, formula, input, is_double, logic, not,
    with_metadata_of,
};
use crate::choice::Choice;
use crate::error::Result;
use crate::ops::kernel::OperandSamples;
use crate::video::{DType, Element, Number, Real, Video, with_dtype};

/// Binary arithmetic operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// Sum.
    Add,
    /// Difference.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient; division by 0 gives infinity or NaN.
    Divide,
    /// Remainder of floor division, with the sign of the divisor.
    Remainder,
    /// Quotient rounded down to a whole number.
    FloorDivide,
    /// Power.
    Power,
    /// Angle of the point (x, y); the left operand is y.
    Atan2,
}

impl Choice for Arithmetic {
    const NOUN: &'static str = "an arithmetic operator";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("+", Self::Add),
        ("-", Self::Subtract),
        ("*", Self::Multiply),
        ("/", Self::Divide),
        ("%", Self::Remainder),
        ("div", Self::FloorDivide),
        ("**", Self::Power),
        ("atan2", Self::Atan2),
    ];
}

/// Comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
    /// Left less than right.
    Less,
    /// Left less than or equal to right.
    LessOrEqual,
    /// Left greater than right.
    Greater,
    /// Left greater than or equal to right.
    GreaterOrEqual,
}

impl Choice for Comparison {
    const NOUN: &'static str = "a comparison operator";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<", Self::Less),
        ("<=", Self::LessOrEqual),
        (">", Self::Greater),
        (">=", Self::GreaterOrEqual),
    ];
}

/// Elementwise arithmetic. The result is `float32`, or `float64` if an array has `float64` or ints
/// of more than 16 bits.
pub fn arithmetic(operation: Arithmetic, left: Operand, right: Operand) -> Result<Video> {
    if is_double(&[&left, &right]) {
        arithmetic_in::<f64>(operation, left, right)
    } else {
        arithmetic_in::<f32>(operation, left, right)
    }
}

/// [`arithmetic`] into the left operand: in place if its samples are not shared and have the type
/// of the result. It runs to the end even if the user interrupts it.
pub fn arithmetic_assign(operation: Arithmetic, video: &mut Video, right: Operand) -> Result<()> {
    let dtype = if video.dtype().is_wide() || is_double(&[&right]) {
        DType::F64
    } else {
        DType::F32
    };
    super::change(operation.name(), video, right, dtype, |left, right| {
        arithmetic(operation, left, right)
    })
}

fn arithmetic_in<R: Real>(operation: Arithmetic, left: Operand, right: Operand) -> Result<Video> {
    let name = operation.name();
    let exponent = match right {
        Operand::Int(exponent) => i32::try_from(exponent).ok().filter(|n| *n != i32::MIN),
        _ => None,
    };
    let operands = [left, right];
    let read = input::<R>;
    let is_single = R::DTYPE == DType::F32;
    match (operation, exponent) {
        // One loop per operation, so that each is vectorized.
        (Arithmetic::Add, _) => compute(name, operands, read, |a, b| a + b),
        (Arithmetic::Subtract, _) => compute(name, operands, read, |a, b| a - b),
        (Arithmetic::Multiply, _) => compute(name, operands, read, |a, b| a * b),
        (Arithmetic::Divide, _) => compute(name, operands, read, |a, b| a / b),
        (Arithmetic::Power, Some(2)) => compute(name, operands, read, |a, _| a * a),
        (Arithmetic::Power, Some(3)) => compute(name, operands, read, |a, _| a * a * a),
        (Arithmetic::Power, _) if is_single => compute::<R>(name, operands, read, formula::Power),
        (Arithmetic::Power, Some(n)) => {
            compute(name, operands, read, move |a: R, _| whole_power(a, n))
        }
        (Arithmetic::Remainder, _) if is_single => {
            compute::<R>(name, operands, read, formula::Rest)
        }
        (Arithmetic::Atan2, _) if is_single => compute::<R>(name, operands, read, formula::Angle),
        _ => compute(name, operands, read, move |a, b| operation.at(a, b)),
    }
}

/// Power with a whole exponent. For negative exponents `powi` multiplies reciprocals on some
/// systems, which changes the last digits.
fn whole_power<R: Real>(base: R, exponent: i32) -> R {
    let power = base.powi(exponent.abs());
    if exponent < 0 { power.recip() } else { power }
}

impl Arithmetic {
    /// Result for two numbers.
    pub fn at<R: Real>(self, a: R, b: R) -> R {
        match self {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
            Arithmetic::Remainder => remainder(a, b),
            Arithmetic::FloorDivide => floor_divide(a, b),
            Arithmetic::Power => a.powf(b),
            Arithmetic::Atan2 => a.atan2(b),
        }
    }
}

/// As in NumPy: computed from the remainder, since a quotient just below a whole number could be
/// rounded up to it.
fn floor_divide<R: Real>(a: R, b: R) -> R {
    if b == R::zero() {
        return a / b;
    }
    let whole = (a - remainder(a, b)) / b;
    let floor = whole.floor();
    if whole - floor > R::from_f64(0.5) {
        floor + R::one()
    } else {
        floor
    }
}

/// Elementwise comparison, exact for ints of the same type and for ints with numbers.
pub fn compare(operation: Comparison, left: Operand, right: Operand) -> Result<Video> {
    let (left, right) = match (left, right) {
        (Operand::Float(number), right) => (fit(number, operation.mirrored(), &right), right),
        (left, Operand::Float(number)) => {
            let number = fit(number, operation, &left);
            (left, number)
        }
        (Operand::Array(a), Operand::Array(b))
            if (a.dtype(), b.dtype()) == (DType::I64, DType::U64) =>
        {
            return compare_signed(operation, a, b);
        }
        (Operand::Array(a), Operand::Array(b))
            if (a.dtype(), b.dtype()) == (DType::U64, DType::I64) =>
        {
            return compare_signed(operation.mirrored(), b, a);
        }
        both => both,
    };
    let common = match (left.dtype(), right.dtype()) {
        (Some(a), Some(b)) if a == b => Some(a),
        (Some(dtype), None) if right.is_exact_in(dtype) => Some(dtype),
        (None, Some(dtype)) if left.is_exact_in(dtype) => Some(dtype),
        _ => None,
    };
    match common {
        Some(dtype) => with_dtype!(dtype, T => compare_as::<T>(operation, left, right, same)),
        None if is_double(&[&left, &right]) => compare_as::<f64>(operation, left, right, input),
        None => compare_as::<f32>(operation, left, right, input),
    }
}

/// Compares `int64` with `uint64`, for which no common type exists.
fn compare_signed(operation: Comparison, signed: Video, unsigned: Video) -> Result<Video> {
    let is_negative = compare(
        Comparison::Less,
        Operand::Array(signed.clone()),
        Operand::Int(0),
    )?;
    let signed = Operand::Array(astype(signed, DType::U64)?);
    let compared = Operand::Array(compare(operation, signed, Operand::Array(unsigned))?);
    match operation {
        Comparison::Less | Comparison::LessOrEqual | Comparison::NotEqual => {
            logic(Logic::Or, compared, Operand::Array(is_negative))
        }
        Comparison::Equal | Comparison::Greater | Comparison::GreaterOrEqual => {
            logic(Logic::And, compared, Operand::Array(not(is_negative)?))
        }
    }
}

/// Operand of the given type: an array that has it, or a number converted to it.
fn same<T: Element>(operand: &Operand, shape: &[usize]) -> OperandSamples<T> {
    match operand {
        Operand::Array(array) => OperandSamples::same_stretched(array, shape),
        Operand::Int(number) => OperandSamples::Number(T::from_int(*number)),
        Operand::Float(number) => OperandSamples::Number(T::from_f64(*number)),
    }
}

impl Comparison {
    /// Whether the comparison is true for two values.
    pub fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Equal => a == b,
            Self::NotEqual => a != b,
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
        }
    }

    /// Whether the comparison is an ordering.
    pub fn is_order(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }

    /// The equivalent comparison with exchanged operands.
    fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}

/// A number that compares with all ints like the given one, but that rounding does not change.
fn fit(number: f64, operation: Comparison, array: &Operand) -> Operand {
    let is_beyond = |dtype: DType| !number.is_nan() && !dtype.holds(Number::Float(number));
    let number = match operation {
        _ if array.dtype().is_none_or(DType::is_float) => number,
        // With rounding, the largest int could equal a number just above it.
        _ if array.dtype().is_some_and(is_beyond) => f64::INFINITY.copysign(number),
        Comparison::Less | Comparison::GreaterOrEqual => number.ceil(),
        Comparison::Greater | Comparison::LessOrEqual => number.floor(),
        _ if number.fract() == 0.0 => number,
        _ => f64::NAN,
    };
    Operand::Float(number)
}

fn compare_as<T: Element>(
    operation: Comparison,
    left: Operand,
    right: Operand,
    read: fn(&Operand, &[usize]) -> OperandSamples<T>,
) -> Result<Video> {
    let name = operation.name();
    let shape = common_shape(name, left.shape(), right.shape())?;
    let mut inputs = [read(&left, &shape), read(&right, &shape)];
    // One loop for both directions.
    if matches!(operation, Comparison::Greater | Comparison::GreaterOrEqual) {
        inputs.reverse();
    }
    let results = match operation {
        Comparison::Equal => combine(name, &shape, &inputs, |a, b| a == b),
        Comparison::NotEqual => combine(name, &shape, &inputs, |a, b| a != b),
        Comparison::Less | Comparison::Greater => combine(name, &shape, &inputs, |a, b| a < b),
        Comparison::LessOrEqual | Comparison::GreaterOrEqual => {
            combine(name, &shape, &inputs, |a, b| a <= b)
        }
    }?;
    Ok(with_metadata_of(results, [&left, &right]))
}

#[cfg(test)]
mod tests {
    use super::whole_power;

    #[test]
    fn negative_powers_are_reciprocals() {
        let powers = [(10.0, -2), (10.0, 2), (-2.0, -3), (3.0, 0)];
        let powers = powers.map(|(base, exponent)| whole_power::<f64>(base, exponent));
        assert_eq!(powers, [0.01, 100.0, -0.125, 1.0]);
    }
}
