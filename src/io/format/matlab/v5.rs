//! MATLAB files of versions 5 to 7: a header of 128 bytes, then one element for each variable,
//! possibly compressed. After "MAT-File Format" (The MathWorks), chapter 1.

use std::io::BufReader;

use super::elements::{ElementReader, ElementTag, Stream};
use super::variable::{DataLocation, NumericData, Variable, VariableContent};
use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::{self, Conversion, Encoding, SharedFile};
use crate::io::bytes::stream::inflate;
use crate::io::format::metadata_keys;
use crate::video::DType;

/// Offset of the first element.
const HEADER: u64 = 128;

/// Maximum number of variables of a file, and of those within others.
const MAX_VARIABLES: usize = 100_000;

/// Maximum lengths of a name and of a list of names, and maximum number of axes, all beyond what
/// MATLAB allows.
const MAX_NAME: usize = 4096;
const MAX_NAMES: usize = 1 << 22;
const MAX_AXES: usize = 64;

/// Maximum depth of nested structs and cells.
const MAX_DEPTH: usize = 32;

/// Maximum length in bytes of a text that is read as metadata.
const MAX_TEXT: usize = 1 << 20;

/// Maximum number of bytes per byte of deflated data.
const MAX_RATIO: u64 = 1032;

const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

const CELL: u32 = 1;
const STRUCT: u32 = 2;
const OBJECT: u32 = 3;

/// A top-level element of a file.
pub(super) struct V5Element {
    /// Offset of its start.
    pub(super) start: u64,
    /// Number of bytes.
    pub(super) len: u64,
    /// The variable it contains, and those nested in it; empty if it has no name.
    pub(super) variables: Vec<Variable>,
}

/// The variables of a file in order; `swapped` tells whether the byte order of the file differs
/// from this machine's.
pub(super) fn variables(source: &SharedFile, swapped: bool) -> Result<Vec<Variable>> {
    let entries = entries(source, swapped)?.into_iter();
    Ok(entries.flat_map(|entry| entry.variables).collect())
}

/// The top-level elements of a file in order.
pub(super) fn entries(source: &SharedFile, swapped: bool) -> Result<Vec<V5Element>> {
    let mut entries: Vec<V5Element> = Vec::new();
    let (mut at, mut left) = (HEADER, MAX_VARIABLES);
    while at + 8 <= source.len() {
        if entries.len() == MAX_VARIABLES {
            bail!("it has more than {MAX_VARIABLES} variables");
        }
        let tag = BufReader::with_capacity(8, source.section(at, 8));
        let mut section = ElementReader::new(tag, swapped);
        let ElementTag { kind, len, .. } = section.tag()?;
        let (start, len) = (at + 8, u64::from(len));
        if len > source.len() - start {
            bail!("it ends within variable number {}", entries.len() + 1);
        }
        let plain = |skip| DataLocation::Plain(start + skip);
        let deflated = |skip| DataLocation::Deflated { start, len, skip };
        let variables = match kind {
            MATRIX => {
                let stream = BufReader::with_capacity(512, source.section(start, len));
                ElementReader::new(stream, swapped).variables(len, &plain, left)?
            }
            COMPRESSED => {
                let mut elements = ElementReader::new(inflate(source, start, len), swapped);
                let tag = elements.tag()?;
                match tag.kind == MATRIX && u64::from(tag.len) <= len.saturating_mul(MAX_RATIO) {
                    true => elements.variables(tag.len.into(), &deflated, left)?,
                    false => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        // The number of nested variables is limited.
        left -= variables.len().saturating_sub(1).min(left);
        entries.push(V5Element {
            start: at,
            len: 8 + len,
            variables,
        });
        at = start + len;
    }
    Ok(entries)
}

/// The variables found so far.
struct VariableCollector<'a> {
    /// Location of the samples after the given number of bytes.
    location: &'a dyn Fn(u64) -> DataLocation,
    /// Maximum number of variables.
    most: usize,
    variables: &'a mut Vec<Variable>,
}

/// Type of a variable, from its array flags.
struct Class {
    id: u32,
    complex: bool,
    logical: bool,
}

impl<R: Stream> ElementReader<R> {
    fn class(&mut self) -> Result<Class> {
        let tag = self.tag()?;
        let flags = self.value(&tag, 64)?;
        let flags = self.words(&flags).first().copied().unwrap_or(0);
        Ok(Class {
            id: flags & 0xFF,
            complex: flags & 0x800 != 0,
            logical: flags & 0x200 != 0,
        })
    }

    /// The variable described by the subelements of a matrix of `len` bytes and those nested in it,
    /// at most `most`; empty if it has no name.
    fn variables(
        mut self,
        len: u64,
        location: &dyn Fn(u64) -> DataLocation,
        most: usize,
    ) -> Result<Vec<Variable>> {
        let mut found = Vec::new();
        let end = self.position + len;
        self.matrix(
            None,
            end,
            0,
            &mut VariableCollector {
                location,
                most,
                variables: &mut found,
            },
        )?;
        Ok(found)
    }

    /// Reads a matrix that ends at `end`; nested ones are named by their path.
    fn matrix(
        &mut self,
        path: Option<String>,
        end: u64,
        depth: usize,
        found: &mut VariableCollector<'_>,
    ) -> Result<()> {
        let class = self.class()?;
        // Objects of newer classes have no dimensions here.
        let dims = if class.id == 17 {
            Vec::new()
        } else {
            let tag = self.tag()?;
            let dims = self.value(&tag, MAX_AXES * 4)?;
            let dims = self.words(&dims);
            dims.into_iter().map(|len| len as usize).collect()
        };
        let tag = self.tag()?;
        let name = self.value(&tag, MAX_NAME)?;
        let name = path.unwrap_or_else(|| String::from_utf8_lossy(&name).into_owned());
        if name.is_empty() {
            return Ok(());
        }
        let content = match (class.dtype(), class.id) {
            (Some(_), _) if class.complex => VariableContent::Other("complex numbers"),
            (Some(dtype), _) => {
                let tag = self.tag()?;
                self.numbers(&name, dtype, &dims, &tag, end, found.location)?
            }
            (None, 4) => self.text(&dims)?,
            (None, id) => VariableContent::Other(other(id)),
        };
        found.variables.push(Variable {
            name: name.clone(),
            dims: dims.clone(),
            content,
        });
        if depth == MAX_DEPTH {
            return Ok(());
        }
        let product = |len: usize, axis: &usize| len.saturating_mul(*axis);
        let count = dims.iter().fold(1, product);
        match class.id {
            CELL => {
                let names = (1..=count).map(|number| format!("{name}{{{number}}}"));
                self.inner(names, end, depth, found)
            }
            STRUCT | OBJECT => {
                if class.id == OBJECT && self.position + 8 <= end {
                    let tag = self.tag()?;
                    self.value(&tag, MAX_NAME)?;
                }
                let fields = self.field_names(end)?;
                let element = |number: usize| match count {
                    1 => name.clone(),
                    _ => format!("{name}({number})"),
                };
                let names = (1..=count).flat_map(|number| {
                    let element = element(number);
                    fields.iter().map(move |field| format!("{element}/{field}"))
                });
                match fields.is_empty() {
                    true => Ok(()),
                    false => self.inner(names, end, depth, found),
                }
            }
            _ => Ok(()),
        }
    }

    /// Names of the fields of a struct.
    fn field_names(&mut self, end: u64) -> Result<Vec<String>> {
        if self.position + 16 > end {
            return Ok(Vec::new());
        }
        let tag = self.tag()?;
        let len = self.value(&tag, 64)?;
        let len = self.words(&len).first().map_or(0, |len| *len as usize);
        let tag = self.tag()?;
        let names = self.value(&tag, MAX_NAMES)?;
        let name = |name: &[u8]| {
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(name).into_owned()
        };
        Ok(match len {
            0 => Vec::new(),
            len => names.chunks_exact(len).map(name).collect(),
        })
    }

    /// The matrices of a struct or a cell, which ends at `end`.
    fn inner(
        &mut self,
        names: impl Iterator<Item = String>,
        end: u64,
        depth: usize,
        found: &mut VariableCollector<'_>,
    ) -> Result<()> {
        let mut next = self.position;
        for name in names {
            if next + 8 > end || found.variables.len() >= found.most {
                break;
            }
            self.go_to(next)?;
            let tag = self.tag()?;
            let len = u64::from(tag.len);
            if tag.kind != MATRIX || self.position + len > end {
                bail!("its variable `{name}` is damaged");
            }
            next = self.position + len.next_multiple_of(8);
            // Unset values have no subelements.
            if len > 0 {
                let end = self.position + len;
                self.matrix(Some(name), end, depth + 1, found)?;
            }
        }
        Ok(())
    }

    fn numbers(
        &mut self,
        name: &str,
        dtype: DType,
        dims: &[usize],
        tag: &ElementTag,
        end: u64,
        location: &dyn Fn(u64) -> DataLocation,
    ) -> Result<VariableContent> {
        let Some(stored) = stored_type(tag.kind) else {
            bail!(
                "its variable `{name}` is stored as the unknown type {}",
                tag.kind
            );
        };
        let stored = Encoding {
            dtype: stored,
            half: false,
            swapped: self.swapped,
        };
        let claimed = dims
            .iter()
            .try_fold(stored.size(), |bytes, &len| bytes.checked_mul(len));
        let skip = self.position - if tag.inline.is_some() { 4 } else { 0 };
        if claimed != Some(tag.len as usize) || skip + u64::from(tag.len) > end {
            bail!("its variable `{name}` has a size that does not match its axes");
        }
        let mut values = Vec::new();
        if metadata_keys::is_short_list(dims) {
            let bytes = self.value(tag, tag.len as usize)?;
            let mut read = |out: &mut [u8]| {
                out.copy_from_slice(&bytes);
                Ok(())
            };
            values = samples::read_numbers(stored, dims.iter().product(), &mut read)?;
        }
        // MATLAB stores double arrays of small integers as ints without loss.
        let dtype = match dtype {
            DType::Bool => DType::Bool,
            _ => stored.dtype,
        };
        let numbers = NumericData {
            conversion: Conversion { dtype, stored },
            location: location(skip),
        };
        Ok(VariableContent::Numbers(numbers, values))
    }

    fn text(&mut self, dims: &[usize]) -> Result<VariableContent> {
        let tag = self.tag()?;
        if tag.len as usize > MAX_TEXT {
            return Ok(VariableContent::Other("long text"));
        }
        let bytes = self.value(&tag, MAX_TEXT)?;
        let units: Vec<char> = match tag.kind {
            4 | 17 => {
                let unit = |pair: &[u8]| match self.swapped {
                    true => u16::from_ne_bytes([pair[1], pair[0]]),
                    false => u16::from_ne_bytes([pair[0], pair[1]]),
                };
                let units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
                super::letters(&units)
            }
            _ => String::from_utf8_lossy(&bytes).chars().collect(),
        };
        Ok(VariableContent::Text(super::rows_of_text(&units, dims)))
    }
}

impl Class {
    /// Sample type of a numeric class.
    fn dtype(&self) -> Option<DType> {
        if self.logical {
            return matches!(self.id, 6..=15).then_some(DType::Bool);
        }
        Some(match self.id {
            6 => DType::F64,
            7 => DType::F32,
            8 => DType::I8,
            9 => DType::U8,
            10 => DType::I16,
            11 => DType::U16,
            12 => DType::I32,
            13 => DType::U32,
            14 => DType::I64,
            15 => DType::U64,
            _ => return None,
        })
    }
}

fn stored_type(kind: u32) -> Option<DType> {
    Some(match kind {
        1 => DType::I8,
        2 => DType::U8,
        3 => DType::I16,
        4 => DType::U16,
        5 => DType::I32,
        6 => DType::U32,
        7 => DType::F32,
        9 => DType::F64,
        12 => DType::I64,
        13 => DType::U64,
        _ => return None,
    })
}

/// Description of a class that is neither numeric nor text.
fn other(class: u32) -> &'static str {
    match class {
        CELL => "cells",
        STRUCT => "struct",
        5 => "sparse numbers",
        16 => "function",
        _ => "object",
    }
}

/// Whether the byte order of the file differs from this machine's, from the end of its header.
pub(super) fn is_swapped(header: &[u8]) -> Result<bool> {
    let big = match header.get(126..128) {
        Some(b"IM") => false,
        Some(b"MI") => true,
        _ => return Err(Error::new("it is not a MATLAB file")),
    };
    Ok(big != cfg!(target_endian = "big"))
}
