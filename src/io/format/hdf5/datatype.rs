//! Datatypes of the elements of datasets and attributes.

use super::cursor::{Cursor, corrupted};
use super::recode::{BitField, Float, Recode};
use crate::error::Result;
use crate::io::bytes::samples::Encoding;
use crate::video::DType;

/// Maximum depth of nested types.
const MAX_DEPTH: usize = 8;

/// Maximum number of values of an enumeration that are read.
const MAX_NAMES: usize = 2;

/// The type of an element.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Datatype {
    /// Size in the file in bytes.
    pub(super) size: usize,
    pub(super) kind: ElementKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum ElementKind {
    Int {
        signed: bool,
        bits: BitField,
    },
    Float(Float),
    Bool,
    /// Fixed-length text of the element's size; whether trailing spaces belong to it.
    Text {
        keeps_spaces: bool,
    },
    /// Variable-length text, stored elsewhere.
    LongText,
    /// References to other objects.
    Reference,
    /// Description of a type that cannot be converted to numbers.
    Other(&'static str),
}

impl Datatype {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self> {
        read(cursor, 0)
    }

    /// Encoding of the decoded samples, with a conversion if this machine has no such type; or a
    /// description of what is stored.
    pub(super) fn encoding(&self) -> std::result::Result<(Encoding, Option<Recode>), &'static str> {
        let native = |dtype, half, big: bool| Encoding {
            dtype,
            half,
            swapped: big != cfg!(target_endian = "big"),
        };
        let whole = |bits: BitField| bits.offset == 0 && bits.precision == 8 * self.size;
        let made = |dtype| Encoding {
            dtype,
            half: false,
            swapped: false,
        };
        match &self.kind {
            ElementKind::Bool => Ok((made(DType::Bool), None)),
            ElementKind::Int { signed, bits } => {
                let Some(dtype) = int_of(self.size.next_power_of_two(), *signed) else {
                    return Err("ints of an unsupported size");
                };
                if whole(*bits) && self.size.is_power_of_two() {
                    return Ok((native(dtype, false, bits.big), None));
                }
                let recode =
                    Recode::int(self.size, *bits, dtype).ok_or("ints of an unsupported size")?;
                Ok((made(dtype), Some(recode)))
            }
            ElementKind::Float(float) => {
                let parts = [float.mantissa_len, float.exponent_len];
                let is_standard = whole(float.bits)
                    && float.is_implied
                    && float.mantissa == 0
                    && float.exponent == parts[0]
                    && float.sign == parts[0] + parts[1]
                    && u64::from(float.bias) == (1u64 << (parts[1].clamp(1, 32) - 1)) - 1;
                let big = float.bits.big;
                match (self.size, parts) {
                    (4, [23, 8]) if is_standard => Ok((native(DType::F32, false, big), None)),
                    (8, [52, 11]) if is_standard => Ok((native(DType::F64, false, big), None)),
                    (2, [10, 5]) if is_standard => Ok((native(DType::F32, true, big), None)),
                    _ => {
                        let dtype = match parts {
                            [..=23, ..=8] => DType::F32,
                            _ => DType::F64,
                        };
                        let recode = Recode::float(self.size, *float, dtype);
                        Ok((
                            made(dtype),
                            Some(recode.ok_or("floats of an unsupported kind")?),
                        ))
                    }
                }
            }
            ElementKind::Text { .. } | ElementKind::LongText => Err("text"),
            ElementKind::Reference => Err("references"),
            ElementKind::Other(kind) => Err(kind),
        }
    }
}

fn int_of(size: usize, signed: bool) -> Option<DType> {
    Some(match (size, signed) {
        (1, false) => DType::U8,
        (2, false) => DType::U16,
        (4, false) => DType::U32,
        (8, false) => DType::U64,
        (1, true) => DType::I8,
        (2, true) => DType::I16,
        (4, true) => DType::I32,
        (8, true) => DType::I64,
        _ => return None,
    })
}

fn read(cursor: &mut Cursor<'_>, depth: usize) -> Result<Datatype> {
    if depth > MAX_DEPTH {
        return Err(corrupted("types are nested too deep"));
    }
    let first = cursor.u8()?;
    let (version, class) = (first >> 4, first & 15);
    let flags = cursor.uint(3)? as u32;
    let size = cursor.u32()? as usize;
    let kind = match class {
        0 | 4 => {
            let (offset, precision) = (cursor.u16()?, cursor.u16()?);
            ElementKind::Int {
                signed: class == 0 && flags & 8 != 0,
                bits: BitField {
                    big: flags & 1 != 0,
                    offset: offset.into(),
                    precision: precision.into(),
                },
            }
        }
        1 => float(cursor, flags)?,
        3 => ElementKind::Text {
            keeps_spaces: flags & 15 != 2,
        },
        5 => ElementKind::Other("bytes"),
        6 => compound(cursor, version, flags & 0xFFFF, size)?,
        7 => ElementKind::Reference,
        8 => names(cursor, version, (flags & 0xFFFF) as usize, depth)?,
        9 if flags & 15 == 1 => ElementKind::LongText,
        9 => ElementKind::Other("variable-length lists"),
        10 => ElementKind::Other("arrays"),
        11 => ElementKind::Other("complex numbers"),
        2 => ElementKind::Other("times"),
        _ => ElementKind::Other("an unknown type"),
    };
    if size == 0 && !matches!(kind, ElementKind::Text { .. } | ElementKind::Other(_)) {
        return Err(corrupted("a type of 0 bytes"));
    }
    Ok(Datatype { size, kind })
}

fn float(cursor: &mut Cursor<'_>, flags: u32) -> Result<ElementKind> {
    let big = match flags & 0x41 {
        0 => false,
        1 => true,
        _ => return Ok(ElementKind::Other("VAX floats")),
    };
    let (offset, precision) = (cursor.u16()?, cursor.u16()?);
    let (exponent, exponent_len) = (cursor.u8()?, cursor.u8()?);
    let (mantissa, mantissa_len) = (cursor.u8()?, cursor.u8()?);
    Ok(ElementKind::Float(Float {
        bits: BitField {
            big,
            offset: offset.into(),
            precision: precision.into(),
        },
        sign: (flags >> 8) as u8,
        exponent,
        exponent_len,
        mantissa,
        mantissa_len,
        bias: cursor.u32()?,
        is_implied: flags >> 4 & 3 == 2,
    }))
}

/// An enumeration; those with only FALSE and TRUE are bools.
fn names(cursor: &mut Cursor<'_>, version: u8, count: usize, depth: usize) -> Result<ElementKind> {
    let base = read(cursor, depth + 1)?;
    let mut names = Vec::new();
    for _ in 0..count.min(MAX_NAMES) {
        let start = cursor.position();
        names.push(cursor.text()?);
        if version < 3 {
            let len = cursor.position() - start;
            cursor.skip(len.next_multiple_of(8) - len)?;
        }
    }
    let is_bool = count == 2 && base.size == 1 && names == ["FALSE", "TRUE"];
    match is_bool && cursor.take(2)? == [0, 1] {
        true => Ok(ElementKind::Bool),
        false => Ok(base.kind),
    }
}

/// Compound types; h5py, MATLAB and Julia store complex numbers as two floats with certain names.
fn compound(cursor: &mut Cursor<'_>, version: u8, count: u32, size: usize) -> Result<ElementKind> {
    let first = cursor.text()?;
    let is_part = matches!(first.as_str(), "r" | "re" | "real");
    let is_complex = version > 0 && count == 2 && size.is_power_of_two() && is_part;
    Ok(ElementKind::Other(match is_complex {
        true => "complex numbers",
        false => "records",
    }))
}
