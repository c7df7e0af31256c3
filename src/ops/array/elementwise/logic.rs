//! Logic on masks and on the bits of ints.

use std::ops::{BitAnd, BitOr, BitXor};

use super::{Operand, compute};
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::kernel::OperandSamples;
use crate::video::{DType, Element, Video};

/// Binary operation on truth values or on the bits of ints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logic {
    /// True if both are true.
    And,
    /// True if at least one is true.
    Or,
    /// True if exactly one is true.
    Xor,
}

impl Choice for Logic {
    const NOUN: &'static str = "a logical operator";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("&", Self::And), ("|", Self::Or), ("^", Self::Xor)];
}

/// Combines masks, or the bits of arrays of the same int type.
pub fn logic(operation: Logic, left: Operand, right: Operand) -> Result<Video> {
    let dtype = common_type(operation, &left, &right)?;
    let operands = [left, right];
    match dtype {
        DType::Bool => logic_in::<bool>(operation, operands),
        DType::U8 => logic_in::<u8>(operation, operands),
        DType::U16 => logic_in::<u16>(operation, operands),
        DType::U32 => logic_in::<u32>(operation, operands),
        DType::U64 => logic_in::<u64>(operation, operands),
        DType::I8 => logic_in::<i8>(operation, operands),
        DType::I16 => logic_in::<i16>(operation, operands),
        DType::I32 => logic_in::<i32>(operation, operands),
        DType::I64 => logic_in::<i64>(operation, operands),
        DType::F32 | DType::F64 => Err(needs_mask(operation.name(), dtype)),
    }
}

/// [`logic`] into the left operand: in place if its samples are not shared. It runs to the end even
/// if the user interrupts it.
pub fn logic_assign(operation: Logic, video: &mut Video, right: Operand) -> Result<()> {
    let dtype = common_type(operation, &Operand::Array(video.clone()), &right)?;
    super::change(operation.name(), video, right, dtype, |left, right| {
        logic(operation, left, right)
    })
}

/// Common sample type of both operands.
fn common_type(operation: Logic, left: &Operand, right: &Operand) -> Result<DType> {
    match (left.dtype(), right.dtype()) {
        (Some(a), Some(b)) if a != b => {
            let name = operation.name();
            let error = Error::new(format!("`{name}` cannot combine {a} with {b}"));
            Err(error.hint("create both masks by comparison: `v > 0`"))
        }
        // Between numbers, `^` is meant as a power.
        (Some(dtype), _) | (_, Some(dtype)) if operation == Logic::Xor && dtype != DType::Bool => {
            Err(needs_mask(operation.name(), dtype).hint("write a power as `x ** y`"))
        }
        (Some(dtype), _) | (_, Some(dtype)) if dtype.is_float() => {
            Err(needs_mask(operation.name(), dtype))
        }
        (Some(dtype), None) => fitting(operation, dtype, right),
        (None, Some(dtype)) => fitting(operation, dtype, left),
        (Some(dtype), Some(_)) => Ok(dtype),
        _ => bail!("`{}` needs an array", operation.name()),
    }
}

/// Sample type of an array, which must be able to represent the number on the other side.
fn fitting(operation: Logic, dtype: DType, number: &Operand) -> Result<DType> {
    match number.exact() {
        Some(value) if !number.is_exact_in(dtype) => {
            bail!("`{}` cannot combine {dtype} with {value}", operation.name())
        }
        _ => Ok(dtype),
    }
}

/// Negates a mask.
pub fn not(mask: Video) -> Result<Video> {
    match mask.dtype() {
        DType::Bool => logic(Logic::Xor, Operand::Array(mask), Operand::Int(1)),
        dtype => Err(needs_mask("!", dtype)),
    }
}

fn needs_mask(operation: &str, dtype: DType) -> Error {
    Error::new(format!("`{operation}` needs masks, got {dtype}"))
        .hint("create a mask by comparison: `v > 0`")
}

fn logic_in<T>(operation: Logic, operands: [Operand; 2]) -> Result<Video>
where
    T: Element + BitAnd<Output = T> + BitOr<Output = T> + BitXor<Output = T>,
{
    let read = |operand: &Operand, shape: &[usize]| match operand {
        Operand::Int(number) => OperandSamples::Number(T::from_int(*number)),
        Operand::Float(number) => OperandSamples::Number(T::from_f64(*number)),
        Operand::Array(array) => OperandSamples::same_stretched(array, shape),
    };
    let name = operation.name();
    match operation {
        Logic::And => compute(name, operands, read, |a: T, b| a & b),
        Logic::Or => compute(name, operands, read, |a: T, b| a | b),
        Logic::Xor => compute(name, operands, read, |a: T, b| a ^ b),
    }
}
