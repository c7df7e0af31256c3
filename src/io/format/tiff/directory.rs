//! The directories (IFDs) of a TIFF file: the location of the pages and their encoding.
//!
//! They are read here rather than by the `tiff` crate, because files with a hundred thousand pages
//! must open immediately, and damaged ones must not cost more than their size. The crate also
//! inverts the samples of pages whose 0 is white without a word, where other programs keep them.

use std::cell::Cell;
use std::collections::HashSet;

use tiff::tags::Tag;

use super::tag::value_type;
use crate::bail;
use crate::error::Result;
use crate::task;

/// Tag with the offsets of further directories.
const SUB_DIRECTORIES: u16 = Tag::SubIfd.to_u16();

/// The bytes of a TIFF file and the format of numbers in them.
pub(super) struct TiffReader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) big_endian: bool,
    /// Whether offsets have 64 bits.
    pub(super) big_tiff: bool,
    /// Number of bytes of directories and lists that may still be read. Overlapping ones could make
    /// the work grow quadratically with the file size.
    budget: Cell<usize>,
    /// Whether the budget was too small for a list.
    overlaps: Cell<bool>,
}

/// One entry of a directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct DirectoryEntry {
    pub(super) tag: u16,
    kind: u16,
    pub(super) count: u64,
    /// Offset of the values, if they do not fit in the entry.
    pub(super) pointer: u64,
    /// Offset of the entry.
    pub(super) position: usize,
}

/// One directory: the description of a page.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    pub(super) offset: u64,
    pub(super) entries: Vec<DirectoryEntry>,
    next: u64,
}

/// The directories of a file, and whether their chain ends properly.
pub(super) struct Directories {
    pub(super) list: Vec<Directory>,
    pub(super) complete: bool,
}

impl<'a> TiffReader<'a> {
    /// Reads the header.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self> {
        let (big_endian, big_tiff) = match bytes.get(..4) {
            Some(b"II*\0") => (false, false),
            Some(b"MM\0*") => (true, false),
            Some(b"II+\0") => (false, true),
            Some(b"MM\0+") => (true, true),
            _ => bail!("it is not a TIFF file"),
        };
        Ok(Self {
            bytes,
            big_endian,
            big_tiff,
            budget: Cell::new(bytes.len()),
            overlaps: Cell::new(false),
        })
    }

    /// All directories in the order of their chain.
    pub(super) fn directories(&self) -> Result<Directories> {
        let mut list = Vec::new();
        let mut seen = HashSet::new();
        let first = self.uint(self.offset_size(), self.offset_size());
        let mut next = first.unwrap_or(0);
        while next != 0 && seen.insert(next) {
            self.check()?;
            let Some(directory) = self.directory(next) else {
                break;
            };
            next = directory.next;
            list.push(directory);
        }
        Ok(Directories {
            list,
            complete: next == 0,
        })
    }

    /// The directories that belong to a page.
    pub(super) fn sub_directories(&self, page: &Directory) -> Vec<Directory> {
        let entry = page.find(SUB_DIRECTORIES);
        let offsets = entry
            .and_then(|entry| self.uints(entry))
            .unwrap_or_default();
        let found = offsets.into_iter().filter(|offset| *offset > 0);
        found.filter_map(|offset| self.directory(offset)).collect()
    }

    /// An error if the user asked to stop, or if the read budget was exceeded.
    pub(super) fn check(&self) -> Result<()> {
        task::check()?;
        if self.overlaps.get() {
            bail!("the descriptions of its pages overlap");
        }
        Ok(())
    }

    /// The values of an entry as integers; `None` if they are of another type or outside of the
    /// file.
    pub(super) fn uints(&self, entry: &DirectoryEntry) -> Option<Vec<u64>> {
        self.read_uints(entry, entry.count)
    }

    /// The first value of an entry.
    pub(super) fn first_uint(&self, entry: &DirectoryEntry) -> Option<u64> {
        let values = self.read_uints(entry, entry.count.min(1))?;
        values.first().copied()
    }

    fn read_uints(&self, entry: &DirectoryEntry, count: u64) -> Option<Vec<u64>> {
        let size = entry.value_size()?;
        let start = self.values_position(entry, size)?;
        let len = usize::try_from(count).ok()?.checked_mul(size)?;
        let values = self.bytes.get(start..start.checked_add(len)?)?;
        if len > self.offset_size() && self.charge(len).is_none() {
            self.overlaps.set(true);
            return None;
        }
        let values = values.chunks_exact(size);
        Some(values.map(|bytes| self.number(bytes)).collect())
    }

    /// Deducts bytes that are about to be read from the budget.
    fn charge(&self, bytes: usize) -> Option<()> {
        self.budget.set(self.budget.get().checked_sub(bytes)?);
        Some(())
    }

    /// The text of an entry.
    pub(super) fn text(&self, entry: &DirectoryEntry) -> Option<String> {
        if !matches!(
            entry.kind,
            value_type::BYTE | value_type::ASCII | value_type::UNDEFINED
        ) {
            return None;
        }
        let start = self.values_position(entry, 1)?;
        let end = start.checked_add(usize::try_from(entry.count).ok()?)?;
        Some(text(self.bytes.get(start..end)?))
    }

    /// The values of an entry in groups of `each` 32-bit numbers, whatever type it states.
    pub(super) fn longs(&self, entry: &DirectoryEntry, each: usize) -> Option<Vec<u64>> {
        let start = usize::try_from(entry.pointer).ok()?;
        let len = usize::try_from(entry.count).ok()?.checked_mul(4 * each)?;
        let values = self.bytes.get(start..start.checked_add(len)?)?;
        self.charge(len)?;
        Some(
            values
                .chunks_exact(4)
                .map(|bytes| self.number(bytes))
                .collect(),
        )
    }

    /// The value of an entry that is a fraction.
    pub(super) fn fraction(&self, entry: &DirectoryEntry) -> Option<f64> {
        if entry.kind != value_type::RATIONAL || entry.count == 0 {
            return None;
        }
        let start = self.values_position(entry, 8)?;
        let (above, below) = (self.uint(start, 4)?, self.uint(start.checked_add(4)?, 4)?);
        Some(above as f64 / below as f64)
    }

    /// Size of a directory entry in bytes.
    pub(super) fn entry_size(&self) -> usize {
        if self.big_tiff { 20 } else { 12 }
    }

    /// Size in bytes of an offset, and of the number of values.
    pub(super) fn offset_size(&self) -> usize {
        if self.big_tiff { 8 } else { 4 }
    }

    fn directory(&self, offset: u64) -> Option<Directory> {
        let count_size = if self.big_tiff { 8 } else { 2 };
        let start = usize::try_from(offset).ok()?;
        let count = usize::try_from(self.uint(start, count_size)?).ok()?;
        let first = start.checked_add(count_size)?;
        let end = first.checked_add(count.checked_mul(self.entry_size())?)?;
        if end > self.bytes.len() {
            return None;
        }
        self.charge(end - first)?;
        let positions = (first..end).step_by(self.entry_size());
        let entries = positions
            .map(|position| self.entry(position))
            .collect::<Option<_>>()?;
        Some(Directory {
            offset,
            entries,
            next: self.uint(end, self.offset_size()).unwrap_or(u64::MAX),
        })
    }

    fn entry(&self, position: usize) -> Option<DirectoryEntry> {
        let size = self.offset_size();
        Some(DirectoryEntry {
            tag: self.uint(position, 2)? as u16,
            kind: self.uint(position + 2, 2)? as u16,
            count: self.uint(position + 4, size)?,
            pointer: self.uint(position + 4 + size, size)?,
            position,
        })
    }

    /// Offset of the values of an entry: within the entry if they fit.
    fn values_position(&self, entry: &DirectoryEntry, size: usize) -> Option<usize> {
        let room = self.offset_size();
        if entry.count.checked_mul(size as u64)? <= room as u64 {
            return Some(entry.position + 4 + room);
        }
        usize::try_from(entry.pointer).ok()
    }

    /// The integer of `size` bytes at a position.
    pub(super) fn uint(&self, position: usize, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(position..position.checked_add(size)?)?;
        Some(self.number(bytes))
    }

    fn number(&self, bytes: &[u8]) -> u64 {
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.big_endian {
            bytes.iter().fold(0, join)
        } else {
            bytes.iter().rev().fold(0, join)
        }
    }
}

/// Text from bytes, which old programs write in Latin-1.
pub(super) fn text(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    text.trim_end_matches('\0').trim().to_owned()
}

impl DirectoryEntry {
    /// Size in bytes of a value of an integer type.
    pub(super) fn value_size(&self) -> Option<usize> {
        match self.kind {
            value_type::BYTE | value_type::UNDEFINED => Some(1),
            value_type::SHORT => Some(2),
            value_type::LONG | value_type::IFD => Some(4),
            value_type::LONG8 | value_type::IFD8 => Some(8),
            _ => None,
        }
    }
}

impl Directory {
    /// The entry with a tag.
    pub(super) fn find(&self, tag: u16) -> Option<&DirectoryEntry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }
}
