//! Saving one uncompressed dataset, after the "HDF5 File Format Specification", with version 0 of
//! the superblock and version 1 of object headers, which every reader supports.
//!
//! The writer is our own, as a file with one dataset and its attributes is a few structures of
//! fixed layout in front of the samples. `hdf5-pure`, which writes such files too, takes the whole
//! array as a slice of one type; here samples of any type and memory layout are streamed, also from
//! a recording larger than memory.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::header::kind;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::io::bytes::samples;
use crate::io::format::metadata_keys::HISTORY;
use crate::task;
use crate::video::{DType, Field, Metadata, Video};

/// The undefined address.
const NOWHERE: u64 = u64::MAX;

/// Sizes of the parts before the dataset's header.
const SUPERBLOCK: usize = 96;
const ROOT: usize = 40;
const TREE: usize = 544;
const HEAP: usize = 32;
const NODE: usize = 328;

/// Offset of the dataset's name in the heap.
const NAME: u64 = 8;

/// Alignment of the samples in bytes.
const ALIGNMENT: usize = 4096;

/// Maximum length of a text and of a list that become attributes.
const MAX_ATTRIBUTE: usize = 32 << 10;

/// A dataset to be written.
pub(in crate::io) struct NewDataset<'a> {
    pub(in crate::io) name: &'a str,
    pub(in crate::io) dtype: DType,
    pub(in crate::io) shape: Vec<usize>,
    pub(in crate::io) attributes: Vec<(String, Attribute)>,
}

/// The value of an attribute.
pub(in crate::io) enum Attribute {
    Int(i64),
    Floats(Vec<f64>),
    Text(String),
}

/// Saves a video as the only dataset of a file, with its metadata as attributes.
pub(in crate::io) fn save(path: &Path, video: &Video, name: &str) -> Result<()> {
    if name.is_empty() || name.contains('/') || name.len() > MAX_ATTRIBUTE {
        let error = Error::new(format!(
            "`fieldname` \"{name}\" is not a valid dataset name"
        ));
        return Err(error.hint("use a name without `/`"));
    }
    let dataset = NewDataset {
        name,
        dtype: video.dtype(),
        shape: video.shape().to_vec(),
        attributes: attributes(path, video),
    };
    atomic::write(path, |file: &mut File| {
        file.write_all(&dataset.header(0))
            .map_err(|e| Error::io("write", path, &e))?;
        samples::write_samples(video, path, file)
    })
}

fn attributes(path: &Path, video: &Video) -> Vec<(String, Attribute)> {
    let fields = video.metadata().all_fields().into_iter();
    let fields = fields.filter(|(name, _)| !matches!(name.as_str(), "source" | "datasets"));
    fields
        .filter_map(|(name, field)| Some((name, attribute(field)?)))
        .chain(Attribute::history(path, video.metadata()))
        .collect()
}

fn attribute(field: Field) -> Option<Attribute> {
    match field {
        Field::Int(value) => Some(Attribute::Int(value)),
        Field::Float(value) => Some(Attribute::Floats(vec![value])),
        Field::Text(text) => (1..=MAX_ATTRIBUTE)
            .contains(&text.len())
            .then_some(Attribute::Text(text)),
        Field::List(values) => {
            let number = |value: &Field| match value {
                Field::Int(value) => Some(*value as f64),
                Field::Float(value) => Some(*value),
                _ => None,
            };
            let numbers: Option<Vec<f64>> = values.iter().map(number).collect();
            numbers
                .filter(|numbers| (1..=MAX_ATTRIBUTE / 8).contains(&numbers.len()))
                .map(Attribute::Floats)
        }
    }
}

impl NewDataset<'_> {
    /// Everything before the samples, in a file that has `base` bytes before the structure.
    pub(in crate::io) fn header(&self, base: u64) -> Vec<u8> {
        let root = SUPERBLOCK;
        let tree = root + ROOT;
        let heap = tree + TREE;
        let names = heap + HEAP;
        let names_len = NAME as usize + (self.name.len() + 1).next_multiple_of(8);
        let node = names + names_len;
        let object = node + NODE;
        // The length of the messages does not depend on the offset of the samples.
        let object_len = self.object(0).len();
        let before = base as usize;
        let data = (before + object + object_len).next_multiple_of(ALIGNMENT) - before;
        let mut out = superblock(base, (data + self.bytes()) as u64, [root, tree, heap]);
        out.extend(object_header(&[message(
            kind::SYMBOL_TABLE,
            &words(&[tree as u64, heap as u64]),
        )]));
        out.extend(group_tree(node as u64));
        out.extend(
            [
                b"HEAP".as_slice(),
                &[0; 4],
                &words(&[names_len as u64, 1, names as u64]),
            ]
            .concat(),
        );
        out.extend([0; NAME as usize]);
        out.extend(self.name.as_bytes());
        out.resize(node, 0);
        out.extend(
            [
                b"SNOD".as_slice(),
                &[1, 0, 1, 0],
                &words(&[NAME, object as u64, 0, 0, 0]),
            ]
            .concat(),
        );
        out.resize(object, 0);
        out.extend(self.object(data as u64));
        out.resize(data, 0);
        out
    }

    fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.size()
    }

    /// The header of the dataset, whose samples start at `data`.
    fn object(&self, data: u64) -> Vec<u8> {
        let start = if self.bytes() == 0 { NOWHERE } else { data };
        let layout_message = [&[3, 1][..], &words(&[start, self.bytes() as u64])].concat();
        let mut messages = vec![
            message(kind::DATASPACE, &dataspace(&self.shape)),
            message(kind::DATATYPE, &datatype(self.dtype)),
            // Early allocation, with zero as the fill value.
            message(kind::FILL, &[2, 1, 0, 1, 0, 0, 0, 0]),
            message(kind::LAYOUT, &layout_message),
        ];
        let attributes = self.attributes.iter();
        messages
            .extend(attributes.map(|(name, value)| message(kind::ATTRIBUTE, &value.body(name))));
        object_header(&messages)
    }
}

impl Attribute {
    /// The script that makes the file; too long a one is left out with a warning.
    pub(in crate::io) fn history(path: &Path, metadata: &Metadata) -> Option<(String, Self)> {
        let script = metadata.provenance.as_deref()?;
        if script.len() > MAX_ATTRIBUTE {
            task::warn(&format!(
                "`{}` does not hold its history, which is too long for an attribute of HDF5",
                path.display()
            ));
            return None;
        }
        Some((HISTORY.into(), Self::Text(script.into())))
    }

    fn body(&self, name: &str) -> Vec<u8> {
        let (kind, space, data) = match self {
            Attribute::Int(value) => (
                datatype(DType::I64),
                dataspace(&[]),
                value.to_le_bytes().to_vec(),
            ),
            Attribute::Floats(values) => (
                datatype(DType::F64),
                match values.len() {
                    1 => dataspace(&[]),
                    len => dataspace(&[len]),
                },
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            ),
            Attribute::Text(text) => (
                text_type(text.len()),
                dataspace(&[]),
                text.as_bytes().to_vec(),
            ),
        };
        let name = [name.as_bytes(), &[0]].concat();
        let mut body = vec![1, 0];
        for part in [&name, &kind, &space] {
            body.extend((part.len() as u16).to_le_bytes());
        }
        for part in [name, kind, space, data] {
            body.extend(&part);
            body.resize(body.len().next_multiple_of(8), 0);
        }
        body
    }
}

fn words(values: &[u64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// The superblock: sizes, the end of the file, and the address of the root group.
fn superblock(base: u64, end: u64, [root, tree, heap]: [usize; 3]) -> Vec<u8> {
    let mut out = b"\x89HDF\r\n\x1a\n".to_vec();
    out.extend([0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0, 0, 0, 0, 0]);
    out.extend(words(&[base, NOWHERE, base + end, NOWHERE]));
    out.extend(words(&[0, root as u64, 1, tree as u64, heap as u64]));
    out
}

fn object_header(messages: &[Vec<u8>]) -> Vec<u8> {
    let len: usize = messages.iter().map(Vec::len).sum();
    let mut out = vec![1, 0];
    out.extend((messages.len() as u16).to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.extend((len as u32).to_le_bytes());
    out.extend([0; 4]);
    messages.iter().for_each(|message| out.extend(message));
    out
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = body.len().next_multiple_of(8);
    let mut out = u16::from(kind).to_le_bytes().to_vec();
    out.extend((len as u16).to_le_bytes());
    out.extend([0; 4]);
    out.extend(body);
    out.resize(8 + len, 0);
    out
}

/// The tree of the group's names, with a single leaf.
fn group_tree(node: u64) -> Vec<u8> {
    let mut out = b"TREE\0\0\x01\0".to_vec();
    out.extend(words(&[NOWHERE, NOWHERE, 0, node, NAME]));
    out.resize(TREE, 0);
    out
}

fn dataspace(shape: &[usize]) -> Vec<u8> {
    let mut out = vec![1, shape.len() as u8, 0, 0, 0, 0, 0, 0];
    out.extend(shape.iter().flat_map(|len| (*len as u64).to_le_bytes()));
    out
}

fn datatype(dtype: DType) -> Vec<u8> {
    let size = dtype.size() as u8;
    let bits = 8 * size;
    let order = u8::from(cfg!(target_endian = "big"));
    let start = |class: u8, flags: u8, sign: u8| vec![0x10 | class, flags, sign, 0, size, 0, 0, 0];
    match dtype {
        DType::Bool => boolean(),
        DType::F32 => [
            start(1, 0x20 | order, 31),
            vec![0, 0, bits, 0, 23, 8, 0, 23, 127, 0, 0, 0],
        ]
        .concat(),
        DType::F64 => [
            start(1, 0x20 | order, 63),
            vec![0, 0, bits, 0, 52, 11, 0, 52, 0xFF, 3, 0, 0],
        ]
        .concat(),
        _ => {
            let signed = if dtype.limits().0 < 0.0 { 8 } else { 0 };
            [start(0, signed | order, 0), vec![0, 0, bits, 0]].concat()
        }
    }
}

/// Bools as in h5py: an enumeration with two names for numbers of one byte.
fn boolean() -> Vec<u8> {
    let mut out = vec![0x18, 2, 0, 0, 1, 0, 0, 0];
    out.extend(datatype(DType::I8));
    out.extend(b"FALSE\0\0\0TRUE\0\0\0\0");
    out.extend([0, 1]);
    out
}

fn text_type(len: usize) -> Vec<u8> {
    // Padded with zeros, in UTF-8.
    let mut out = vec![0x13, 0x11, 0, 0];
    out.extend((len as u32).to_le_bytes());
    out
}
