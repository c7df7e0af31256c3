//! Messages of a dataset: its axes, the location of its samples, and its fill value.

use super::cursor::{Cursor, corrupted};
use super::file::Hdf5File;
use super::heap::LocalHeap;
use crate::error::Result;

/// Maximum number of axes that the format allows.
const MAX_RANK: usize = 32;

/// Current and maximum lengths of the axes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dataspace {
    pub(super) shape: Vec<u64>,
    /// `None` for unlimited axes.
    pub(super) most: Vec<Option<u64>>,
    /// Whether there are no elements at all, not even one.
    pub(super) is_null: bool,
}

/// Location of the samples.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum DataLayout {
    /// Within the message.
    Compact(Vec<u8>),
    /// Contiguous at an address, if they were written.
    Contiguous(Option<u64>),
    Chunked(Chunks),
    /// In other datasets, of the same or other files.
    Virtual,
}

/// How a dataset is divided into chunks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chunks {
    /// Lengths of a chunk's axes.
    pub(super) shape: Vec<u64>,
    /// Address of the index, or of the chunk if there is only one.
    pub(super) address: Option<u64>,
    pub(super) index: ChunkIndex,
    /// Whether chunks that extend beyond the end of the dataset are stored unfiltered.
    pub(super) edges_are_plain: bool,
}

/// Type of the chunk index.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ChunkIndex {
    Tree1,
    /// A single chunk; its size in the file and its skipped filters, if there are filters.
    Single(Option<(u64, u32)>),
    Implicit,
    FixedArray,
    ExtensibleArray,
    Tree2,
}

/// A section of an external file that contains samples.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) start: u64,
    /// `None` if unlimited.
    pub(super) len: Option<u64>,
}

/// Reads the axes.
pub(super) fn space(mut cursor: Cursor<'_>) -> Result<Dataspace> {
    let (version, rank, flags) = (cursor.u8()?, usize::from(cursor.u8()?), cursor.u8()?);
    let kind = cursor.u8()?;
    match version {
        1 => cursor.skip(4)?,
        2 => {}
        _ => return Err(corrupted("a dataspace of an unknown version")),
    }
    if rank > MAX_RANK {
        return Err(corrupted("a dataspace has too many axes"));
    }
    let shape = (0..rank).map(|_| cursor.length());
    let shape = shape.collect::<Result<Vec<u64>>>()?;
    let unlimited = u64::MAX >> (64 - 8 * cursor.sizes.length);
    let most = match flags & 1 != 0 {
        true => (0..rank)
            .map(|_| Ok(Some(cursor.length()?).filter(|len| *len != unlimited)))
            .collect::<Result<Vec<_>>>()?,
        false => shape.iter().copied().map(Some).collect(),
    };
    Ok(Dataspace {
        shape,
        most,
        is_null: version == 2 && kind == 2,
    })
}

/// Reads the bytes of the fill value, if the message defines one; `old` for the message type of the
/// first versions.
pub(super) fn fill(mut cursor: Cursor<'_>, old: bool) -> Result<Option<Vec<u8>>> {
    let is_defined = match old {
        true => true,
        false => match cursor.u8()? {
            version @ (1 | 2) => {
                cursor.skip(2)?;
                cursor.u8()? != 0 || version == 1
            }
            3 => cursor.u8()? & 0x20 != 0,
            _ => return Err(corrupted("a fill value of an unknown version")),
        },
    };
    if !is_defined {
        return Ok(None);
    }
    // −1 if the value is undefined.
    let len = cursor.u32()? as i32;
    match usize::try_from(len) {
        Ok(len) if len > 0 => Ok(Some(cursor.take(len)?.to_vec())),
        _ => Ok(None),
    }
}

/// Reads the location of the samples.
pub(super) fn layout(mut cursor: Cursor<'_>) -> Result<DataLayout> {
    match cursor.u8()? {
        1 | 2 => layout_1(cursor),
        version @ 3..=5 => layout_3(cursor, version),
        version => Err(corrupted(&format!("unknown version {version} of a layout"))),
    }
}

fn layout_1(mut cursor: Cursor<'_>) -> Result<DataLayout> {
    let (rank, class) = (usize::from(cursor.u8()?), cursor.u8()?);
    cursor.skip(5)?;
    let address = match class {
        0 => None,
        _ => cursor.address()?,
    };
    let lens = (0..rank).map(|_| Ok(u64::from(cursor.u32()?)));
    let lens = lens.collect::<Result<Vec<u64>>>()?;
    match class {
        0 => {
            let len = cursor.u32()? as usize;
            Ok(DataLayout::Compact(cursor.take(len)?.to_vec()))
        }
        1 => Ok(DataLayout::Contiguous(address)),
        2 => Ok(DataLayout::Chunked(chunks(
            lens,
            address,
            ChunkIndex::Tree1,
            false,
        )?)),
        _ => Err(corrupted("a layout of an unknown class")),
    }
}

fn layout_3(mut cursor: Cursor<'_>, version: u8) -> Result<DataLayout> {
    match cursor.u8()? {
        0 => {
            let len = usize::from(cursor.u16()?);
            Ok(DataLayout::Compact(cursor.take(len)?.to_vec()))
        }
        1 => Ok(DataLayout::Contiguous(cursor.address()?)),
        2 if version == 3 => {
            let rank = usize::from(cursor.u8()?);
            let address = cursor.address()?;
            let lens = (0..rank).map(|_| Ok(u64::from(cursor.u32()?)));
            let lens = lens.collect::<Result<Vec<u64>>>()?;
            Ok(DataLayout::Chunked(chunks(
                lens,
                address,
                ChunkIndex::Tree1,
                false,
            )?))
        }
        2 => layout_4(cursor),
        3 => Ok(DataLayout::Virtual),
        _ => Err(corrupted("a layout of an unknown class")),
    }
}

/// Reads a layout of chunks with one of several types of index.
fn layout_4(mut cursor: Cursor<'_>) -> Result<DataLayout> {
    const PLAIN_EDGES: u8 = 1;
    const FILTERED_SINGLE: u8 = 2;
    let flags = cursor.u8()?;
    let rank = usize::from(cursor.u8()?);
    let size = usize::from(cursor.u8()?);
    let lens = (0..rank).map(|_| cursor.uint(size));
    let lens = lens.collect::<Result<Vec<u64>>>()?;
    let index = match cursor.u8()? {
        1 if flags & FILTERED_SINGLE != 0 => {
            ChunkIndex::Single(Some((cursor.length()?, cursor.u32()?)))
        }
        1 => ChunkIndex::Single(None),
        2 => ChunkIndex::Implicit,
        3 => {
            cursor.skip(1)?;
            ChunkIndex::FixedArray
        }
        4 => {
            cursor.skip(5)?;
            ChunkIndex::ExtensibleArray
        }
        5 => {
            cursor.skip(6)?;
            ChunkIndex::Tree2
        }
        _ => return Err(corrupted("a chunk index of an unknown kind")),
    };
    let address = cursor.address()?;
    let edges_are_plain = flags & PLAIN_EDGES != 0;
    Ok(DataLayout::Chunked(chunks(
        lens,
        address,
        index,
        edges_are_plain,
    )?))
}

/// Chunks whose last axis is the bytes of an element.
fn chunks(
    mut shape: Vec<u64>,
    address: Option<u64>,
    index: ChunkIndex,
    edges_are_plain: bool,
) -> Result<Chunks> {
    shape.pop();
    if shape.is_empty() || shape.len() > MAX_RANK || shape.contains(&0) {
        return Err(corrupted("its chunks have an impossible size"));
    }
    Ok(Chunks {
        shape,
        address,
        index,
        edges_are_plain,
    })
}

/// Reads the list of sections of external files that contain the samples.
pub(super) fn pieces(file: &Hdf5File, mut cursor: Cursor<'_>) -> Result<Vec<Piece>> {
    cursor.skip(6)?;
    let count = cursor.u16()?;
    let names = LocalHeap::open(file, cursor.required_address()?)?;
    let unlimited = u64::MAX >> (64 - 8 * file.sizes.length);
    (0..count)
        .map(|_| {
            Ok(Piece {
                name: names.text(cursor.length()?)?,
                start: cursor.length()?,
                len: Some(cursor.length()?).filter(|len| *len != unlimited),
            })
        })
        .collect()
}
