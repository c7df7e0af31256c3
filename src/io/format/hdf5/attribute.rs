//! Attributes of groups and datasets, and the values of small datasets.

use std::collections::BTreeMap;

use super::btree2;
use super::cursor::{Cursor, corrupted};
use super::datatype::{Datatype, ElementKind};
use super::file::Hdf5File;
use super::header::{self, Message, kind};
use super::heap::{self, FractalHeap};
use super::layout;
use crate::error::Result;
use crate::io::bytes::samples;
use crate::io::codec;
use crate::video::{DType, Field};

/// Maximum size of a value in bytes, and maximum number of texts.
pub(super) const MAX_VALUE: u64 = 1 << 16;
const MAX_TEXTS: usize = 1000;

/// Maximum number of attributes that are read per object.
const MAX_ATTRIBUTES: usize = 10_000;

/// Attributes by name.
pub(in crate::io) type Attributes = BTreeMap<String, Field>;

/// The attributes of an object, except those that cannot be read or that no field can hold.
pub(super) fn of(file: &Hdf5File, messages: &[Message]) -> Attributes {
    let mut attributes = Attributes::new();
    for message in messages {
        let Ok(body) = message.body() else {
            continue;
        };
        match message.kind {
            kind::ATTRIBUTE => attributes.extend(attribute(file, body).ok().flatten()),
            kind::ATTRIBUTE_INFO => {
                // Attributes read before a failure are kept.
                let _ = read_dense(file, body, &mut attributes);
            }
            _ => {}
        }
    }
    attributes
}

/// Reads attributes stored in a heap, indexed by a tree of their names.
fn read_dense(file: &Hdf5File, body: &[u8], attributes: &mut Attributes) -> Result<()> {
    const BY_NAME: u8 = 8;
    const SHARED: u8 = 2;
    let mut cursor = file.cursor(body);
    cursor.skip(1)?;
    let flags = cursor.u8()?;
    cursor.skip(if flags & 1 != 0 { 2 } else { 0 })?;
    let (Some(heap), Some(tree)) = (cursor.address()?, cursor.address()?) else {
        return Ok(());
    };
    let heap = FractalHeap::open(file, heap)?;
    let records = btree2::records(file, tree, &[BY_NAME])?;
    for record in records.iter().take(MAX_ATTRIBUTES) {
        let mut cursor = file.cursor(record);
        let id = cursor.take(8)?;
        let object = match cursor.u8()? & SHARED != 0 {
            true => header::shared_object(file, kind::ATTRIBUTE, id),
            false => heap.object(file, id),
        };
        let read = object.and_then(|body| attribute(file, &body));
        attributes.extend(read.ok().flatten());
    }
    Ok(())
}

/// An attribute; `None` if no field can hold its value.
fn attribute(file: &Hdf5File, body: &[u8]) -> Result<Option<(String, Field)>> {
    const SHARED_TYPE: u8 = 1;
    const SHARED_SPACE: u8 = 2;
    let mut cursor = file.cursor(body);
    let (version, flags) = (cursor.u8()?, cursor.u8()?);
    let mut lens = [0; 3];
    for len in &mut lens {
        *len = usize::from(cursor.u16()?);
    }
    cursor.skip(if version == 3 { 1 } else { 0 })?;
    let mut parts = [&[][..]; 3];
    for (part, len) in parts.iter_mut().zip(lens) {
        *part = cursor.take(len)?;
        if version == 1 {
            cursor.skip(len.next_multiple_of(8) - len)?;
        }
    }
    let [name, datatype, space] = parts;
    let whole = |kind, part: &[u8], shared: u8| match flags & shared != 0 && version > 1 {
        true => header::shared(file, kind, part, 0),
        false => Ok(part.to_vec()),
    };
    let datatype = whole(kind::DATATYPE, datatype, SHARED_TYPE)?;
    let datatype = Datatype::read(&mut file.cursor(&datatype))?;
    let space = whole(kind::DATASPACE, space, SHARED_SPACE)?;
    let space = layout::space(file.cursor(&space))?;
    let count = space
        .shape
        .iter()
        .try_fold(1, |n: u64, len| n.checked_mul(*len));
    let Some(count) = count.filter(|count| *count > 0 && !space.is_null) else {
        return Ok(None);
    };
    let name = file.cursor(name).text()?;
    let Some(bytes) = size(count, &datatype) else {
        return Ok(None);
    };
    let value = value(file, &datatype, count as usize, cursor.take(bytes)?)?;
    Ok(value.map(|value| (name, value)))
}

/// Size of `count` elements in bytes, if it is small.
pub(super) fn size(count: u64, datatype: &Datatype) -> Option<usize> {
    let bytes = count.checked_mul(datatype.size as u64)?;
    (bytes <= MAX_VALUE).then_some(bytes as usize)
}

/// Elements as a field: one value or a list, of numbers or texts.
pub(super) fn value(
    file: &Hdf5File,
    datatype: &Datatype,
    count: usize,
    bytes: &[u8],
) -> Result<Option<Field>> {
    let mut values = match datatype.kind {
        ElementKind::Text { .. } | ElementKind::LongText => texts(file, datatype, count, bytes)?,
        _ => match numbers(datatype, count, bytes)? {
            Some(values) => values,
            None => return Ok(None),
        },
    };
    Ok(match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Field::List(values)),
    })
}

fn texts(file: &Hdf5File, datatype: &Datatype, count: usize, bytes: &[u8]) -> Result<Vec<Field>> {
    let mut cursor = file.cursor(bytes);
    let mut texts = Vec::new();
    for _ in 0..count.min(MAX_TEXTS) {
        texts.push(Field::Text(text(file, datatype, &mut cursor)?));
    }
    Ok(texts)
}

/// The text of the next element.
fn text(file: &Hdf5File, datatype: &Datatype, cursor: &mut Cursor<'_>) -> Result<String> {
    let long = |cursor: &mut Cursor<'_>| -> Result<Vec<u8>> {
        let len = cursor.u32()? as usize;
        let (address, index) = (cursor.address()?, cursor.u32()?);
        match address.filter(|address| *address != 0 && len > 0) {
            Some(address) => {
                let mut bytes = heap::global(file, address, index)?;
                bytes.truncate(len);
                Ok(bytes)
            }
            None => Ok(Vec::new()),
        }
    };
    let (bytes, keeps_spaces) = match datatype.kind {
        ElementKind::Text { keeps_spaces } => (cursor.take(datatype.size)?.to_vec(), keeps_spaces),
        ElementKind::LongText => (long(cursor)?, true),
        _ => return Err(corrupted("text of an unsupported type")),
    };
    let end = bytes.iter().position(|byte| *byte == 0);
    let text = String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]);
    Ok(match keeps_spaces {
        true => text.into_owned(),
        false => text.trim_end_matches(' ').to_owned(),
    })
}

fn numbers(datatype: &Datatype, count: usize, bytes: &[u8]) -> Result<Option<Vec<Field>>> {
    let Ok((encoding, recode)) = datatype.encoding() else {
        return Ok(None);
    };
    let mut read = |out: &mut [u8]| {
        match &recode {
            Some(recode) => recode.apply(bytes, out),
            None => out.copy_from_slice(bytes.get(..out.len()).ok_or_else(codec::corrupted)?),
        }
        Ok(())
    };
    if matches!(encoding.dtype, DType::I64 | DType::U64) {
        // Not converted through floats, which cannot represent all of them.
        let mut words = vec![0; 8 * count];
        read(&mut words)?;
        let (words, _) = words.as_chunks::<8>();
        let int = |word: &[u8; 8]| {
            let mut word = *word;
            if encoding.swapped {
                word.reverse();
            }
            match encoding.dtype {
                DType::U64 => match i64::try_from(u64::from_ne_bytes(word)) {
                    Ok(int) => Field::Int(int),
                    Err(_) => Field::Float(u64::from_ne_bytes(word) as f64),
                },
                _ => Field::Int(i64::from_ne_bytes(word)),
            }
        };
        return Ok(Some(words.iter().map(int).collect()));
    }
    let values = samples::read_numbers(encoding, count, &mut read)?;
    let is_float = matches!(encoding.dtype, DType::F32 | DType::F64);
    let field = |value: f64| match is_float {
        true => Field::Float(value),
        false => Field::Int(value as i64),
    };
    Ok(Some(values.into_iter().map(field).collect()))
}
