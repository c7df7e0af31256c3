//! MATLAB files of versions 5 to 7: a header of 128 bytes, then one element for each variable,
//! possibly compressed. After "MAT-File Format" (The MathWorks), chapter 1.

use std::io::{BufReader, Read};

use super::variable::{Content, Numbers, Place, Variable};
use crate::bail;
use crate::error::{Error, Result};
use crate::io::known;
use crate::io::raw::{self, Conversion, Encoding, Source};
use crate::io::stream::{damaged, inflate};
use crate::video::DType;

/// Where the first element begins.
const HEADER: u64 = 128;

/// The most variables that are looked at.
const MAX_VARIABLES: usize = 100_000;

/// The longest name and the most axes that are read, beyond what MATLAB allows.
const MAX_NAME: usize = 4096;
const MAX_AXES: usize = 64;

/// The longest text that is read as metadata, in bytes.
const MAX_TEXT: usize = 1 << 16;

/// The most that one byte of deflated data can become.
const MAX_RATIO: u64 = 1032;

const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// A part of a file that stands for itself.
pub(super) struct Entry {
    /// Where it begins.
    pub(super) start: u64,
    /// How many bytes it has.
    pub(super) len: u64,
    /// The variable that it is, unless it has no name.
    pub(super) variable: Option<Variable>,
}

/// The variables of a file in order; `swapped` tells whether its bytes are in the other order
/// than this machine's.
pub(super) fn variables(source: &Source, swapped: bool) -> Result<Vec<Variable>> {
    let entries = entries(source, swapped)?.into_iter();
    Ok(entries.filter_map(|entry| entry.variable).collect())
}

/// The parts of a file in order.
pub(super) fn entries(source: &Source, swapped: bool) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut at = HEADER;
    while at + 8 <= source.len() && entries.len() < MAX_VARIABLES {
        let mut section = Elements::new(source.section(at, 8), swapped);
        let Tag { kind, len, .. } = section.tag()?;
        let (start, len) = (at + 8, u64::from(len));
        if len > source.len() - start {
            bail!("it ends within its variable number {}", entries.len() + 1);
        }
        let plain = |skip| Place::Plain(start + skip);
        let deflated = |skip| Place::Deflated { start, len, skip };
        let variable = match kind {
            MATRIX => {
                let stream = BufReader::with_capacity(512, source.section(start, len));
                let elements = Elements::new(stream, swapped);
                elements.variable(len, &plain)?
            }
            COMPRESSED => {
                let mut elements = Elements::new(inflate(source, start, len), swapped);
                let tag = elements.tag()?;
                match tag.kind == MATRIX && u64::from(tag.len) <= len.saturating_mul(MAX_RATIO) {
                    true => elements.variable(tag.len.into(), &deflated)?,
                    false => None,
                }
            }
            _ => None,
        };
        entries.push(Entry {
            start: at,
            len: 8 + len,
            variable,
        });
        at = start + len;
    }
    Ok(entries)
}

/// A stream of elements.
struct Elements<R> {
    stream: R,
    swapped: bool,
    /// How many bytes have been read.
    position: u64,
}

/// The beginning of an element.
struct Tag {
    kind: u32,
    /// The number of bytes of the value.
    len: u32,
    /// The value, if it is short enough to follow within the tag.
    inline: Option<[u8; 4]>,
}

/// The kind of a variable, from its array flags.
struct Class {
    id: u32,
    complex: bool,
    logical: bool,
}

impl<R: Read> Elements<R> {
    fn new(stream: R, swapped: bool) -> Self {
        Self {
            stream,
            swapped,
            position: 0,
        }
    }

    fn bytes(&mut self, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.stream
            .read_exact(&mut bytes)
            .map_err(|e| damaged(&e))?;
        self.position += len as u64;
        Ok(bytes)
    }

    fn words(&self, bytes: &[u8]) -> Vec<u32> {
        let word = |bytes: &[u8]| {
            let word = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            if self.swapped {
                word.swap_bytes()
            } else {
                word
            }
        };
        bytes.chunks_exact(4).map(word).collect()
    }

    fn tag(&mut self) -> Result<Tag> {
        let bytes = self.bytes(8)?;
        let (first, second) = match self.words(&bytes)[..] {
            [first, second] => (first, second),
            _ => (0, 0),
        };
        let short = first >> 16;
        if short == 0 {
            return Ok(Tag {
                kind: first,
                len: second,
                inline: None,
            });
        }
        Ok(Tag {
            kind: first & 0xFFFF,
            len: short.min(4),
            inline: Some([bytes[4], bytes[5], bytes[6], bytes[7]]),
        })
    }

    /// The value of an element of at most `most` bytes, without the padding after it.
    fn value(&mut self, tag: &Tag, most: usize) -> Result<Vec<u8>> {
        let len = tag.len as usize;
        if let Some(inline) = tag.inline {
            return Ok(inline[..len].to_vec());
        }
        if len > most {
            bail!("one of its variables is damaged");
        }
        let mut value = self.bytes(len.next_multiple_of(8))?;
        value.truncate(len);
        Ok(value)
    }

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

    /// The variable that the parts of a matrix of `len` bytes describe, unless it has no name.
    fn variable(mut self, len: u64, place: &dyn Fn(u64) -> Place) -> Result<Option<Variable>> {
        let begin = self.position;
        let class = self.class()?;
        // Objects of newer classes have no axes here.
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
        let name = String::from_utf8_lossy(&name).into_owned();
        if name.is_empty() {
            return Ok(None);
        }
        let content = match (class.dtype(), class.id) {
            (Some(_), _) if class.complex => Content::Other("complex numbers"),
            (Some(dtype), _) => {
                let (tag, end) = (self.tag()?, begin + len);
                self.numbers(&name, dtype, &dims, &tag, end, place)?
            }
            (None, 4) => self.text(&dims)?,
            (None, id) => Content::Other(other(id)),
        };
        Ok(Some(Variable {
            name,
            dims,
            content,
        }))
    }

    fn numbers(
        &mut self,
        name: &str,
        dtype: DType,
        dims: &[usize],
        tag: &Tag,
        end: u64,
        place: &dyn Fn(u64) -> Place,
    ) -> Result<Content> {
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
            bail!("its variable `{name}` has another size than its axes say");
        }
        let mut values = Vec::new();
        if known::is_short_list(dims) {
            let bytes = self.value(tag, tag.len as usize)?;
            let mut read = |out: &mut [u8]| {
                out.copy_from_slice(&bytes);
                Ok(())
            };
            values = raw::read_numbers(stored, dims.iter().product(), &mut read)?;
        }
        // Nothing is lost where MATLAB stored a double array of small whole numbers as ints.
        let dtype = match dtype {
            DType::Bool => DType::Bool,
            _ => stored.dtype,
        };
        let numbers = Numbers {
            conversion: Conversion { dtype, stored },
            place: place(skip),
        };
        Ok(Content::Numbers(numbers, values))
    }

    fn text(&mut self, dims: &[usize]) -> Result<Content> {
        let tag = self.tag()?;
        if tag.len as usize > MAX_TEXT {
            return Ok(Content::Other("long text"));
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
        Ok(Content::Text(super::rows_of_text(&units, dims)))
    }
}

impl Class {
    /// The type of the numbers of a numeric class.
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

/// What a class holds that is not numbers or text.
fn other(class: u32) -> &'static str {
    match class {
        1 => "cells",
        2 => "struct",
        5 => "sparse numbers",
        16 => "function",
        _ => "object",
    }
}

/// Whether the file's bytes are in the other order than this machine's, by the end of its header.
pub(super) fn is_swapped(header: &[u8]) -> Result<bool> {
    let big = match header.get(126..128) {
        Some(b"IM") => false,
        Some(b"MI") => true,
        _ => return Err(Error::new("it is not a MATLAB file")),
    };
    Ok(big != cfg!(target_endian = "big"))
}
