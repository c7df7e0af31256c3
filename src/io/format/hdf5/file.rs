//! An open HDF5 file: the start of its structure, and the sizes of its numbers.

use std::path::Path;
use std::sync::Arc;

use super::MAGIC;
use super::checksum::verified;
use super::cursor::{Cursor, OffsetSizes, corrupted};
use super::header::{self, Message, kind};
use super::heap::FractalHeap;
use crate::error::Result;
use crate::io::bytes::samples::SharedFile;

/// Maximum number sizes, used until the superblock is read.
const WIDE: OffsetSizes = OffsetSizes {
    offset: 8,
    length: 8,
};

/// How far a file is searched for its superblock.
const LAST_START: u64 = 1 << 26;

/// Maximum size of a superblock in bytes.
const SUPERBLOCK: u64 = 128;

/// An HDF5 file.
pub(super) struct Hdf5File {
    pub(super) source: SharedFile,
    /// Offset of the structure; all addresses in the file are relative to it.
    base: u64,
    pub(super) sizes: OffsetSizes,
    /// Address of the root group's header.
    pub(super) root: u64,
    /// Locations of messages shared by several objects.
    shared: Vec<SharedIndex>,
}

/// Location of shared messages of some types.
struct SharedIndex {
    kinds: u16,
    heap: u64,
}

impl Hdf5File {
    /// Opens a file and reads its superblock.
    pub(super) fn open(path: &Path) -> Result<Arc<Self>> {
        let source = SharedFile::open(path)?;
        let base = beginning(&source)?;
        let mut file = Self {
            source,
            base,
            sizes: WIDE,
            root: 0,
            shared: Vec::new(),
        };
        let bytes = file.read(0, SUPERBLOCK.min(file.len()))?;
        let extension = file.read_superblock(&bytes)?;
        if let Some(extension) = extension {
            // Missing shared messages are an error only when they are needed.
            file.shared = file.read_shared(extension).unwrap_or_default();
        }
        Ok(Arc::new(file))
    }

    /// Number of bytes from the start of the structure to the end of the file.
    pub(super) fn len(&self) -> u64 {
        self.source.len() - self.base
    }

    /// Offset in the file of an address.
    pub(super) fn absolute(&self, address: u64) -> Option<u64> {
        self.base.checked_add(address)
    }

    /// An error if a section is not within the file.
    pub(super) fn check(&self, address: u64, len: u64) -> Result<()> {
        match address.checked_add(len) {
            Some(end) if end <= self.len() => Ok(()),
            _ => Err(corrupted("a part of it is beyond the end of the file")),
        }
    }

    /// Reads bytes at an address, after checking that the file contains them.
    pub(super) fn read(&self, address: u64, len: u64) -> Result<Vec<u8>> {
        self.check(address, len)?;
        let mut bytes = vec![0; len as usize];
        self.source.read_at(self.base + address, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads bytes into a buffer.
    pub(super) fn read_into(&self, address: u64, out: &mut [u8]) -> Result<()> {
        self.check(address, out.len() as u64)?;
        self.source.read_at(self.base + address, out)
    }

    pub(super) fn cursor<'a>(&self, bytes: &'a [u8]) -> Cursor<'a> {
        Cursor::new(bytes, self.sizes)
    }

    /// Reads the superblock; returns the address of its extension.
    fn read_superblock(&mut self, bytes: &[u8]) -> Result<Option<u64>> {
        let mut cursor = Cursor::new(bytes, WIDE);
        cursor.expect(MAGIC)?;
        let version = cursor.u8()?;
        match version {
            0 | 1 => {
                cursor.skip(4)?;
                self.read_sizes(&mut cursor)?;
                cursor.skip(if version == 0 { 9 } else { 13 })?;
                cursor.skip(4 * self.sizes.offset)?;
                // The entry of the root group starts with the offset of its name.
                cursor.skip(self.sizes.offset)?;
                self.root = cursor.required_address()?;
                Ok(None)
            }
            2 | 3 => {
                self.read_sizes(&mut cursor)?;
                cursor.skip(1 + self.sizes.offset)?;
                let extension = cursor.address()?;
                cursor.skip(self.sizes.offset)?;
                self.root = cursor.required_address()?;
                let end = cursor.position() + 4;
                let whole = bytes.get(..end).ok_or_else(|| corrupted("it ends early"))?;
                verified(whole)?;
                Ok(extension)
            }
            _ => Err(corrupted(&format!(
                "unknown version {version} of the format"
            ))),
        }
    }

    fn read_sizes(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        let mut size = || -> Result<usize> {
            match cursor.u8()? {
                size @ (2 | 4 | 8) => Ok(usize::from(size)),
                size => Err(corrupted(&format!("offsets or lengths of {size} bytes"))),
            }
        };
        let [offset, length] = [size()?, size()?];
        self.sizes = OffsetSizes { offset, length };
        cursor.sizes = self.sizes;
        Ok(())
    }

    /// Reads the locations of shared messages from the superblock extension.
    fn read_shared(&self, extension: u64) -> Result<Vec<SharedIndex>> {
        let messages = header::read(self, extension)?;
        let Some(table) = messages.iter().find(|m| m.kind == kind::SHARED_TABLE) else {
            return Ok(Vec::new());
        };
        let mut cursor = self.cursor(&table.body);
        cursor.skip(1)?;
        let address = cursor.required_address()?;
        let count = usize::from(cursor.u8()?);
        let entry = 14 + 2 * self.sizes.offset;
        let bytes = self.read(address, (4 + count * entry + 4) as u64)?;
        let mut cursor = self.cursor(verified(&bytes)?);
        cursor.expect(b"SMTB")?;
        let mut indices = Vec::new();
        for _ in 0..count {
            cursor.skip(2)?;
            let kinds = cursor.u16()?;
            cursor.skip(10 + self.sizes.offset)?;
            if let Some(heap) = cursor.address()? {
                indices.push(SharedIndex { kinds, heap });
            }
        }
        Ok(indices)
    }

    /// The message that a shared record refers to.
    pub(super) fn shared(&self, kind: u8, record: &[u8], depth: usize) -> Result<Vec<u8>> {
        let mut cursor = self.cursor(record);
        let (version, address) = (cursor.u8()?, cursor.u8()?);
        if version == 1 {
            cursor.skip(6)?;
        }
        if version == 3 && address == 1 {
            return self.shared_object(kind, cursor.take(8)?);
        }
        if depth > MAX_SHARING {
            return Err(corrupted("a shared message refers to itself"));
        }
        let messages = header::read_at_depth(self, cursor.required_address()?, depth + 1)?;
        let found = messages.into_iter().find(|message| message.kind == kind);
        let Message { body, .. } = found.ok_or_else(|| corrupted("a shared message is missing"))?;
        Ok(body)
    }

    /// The message of a type with an identifier in the heap of shared messages.
    pub(super) fn shared_object(&self, kind: u8, id: &[u8]) -> Result<Vec<u8>> {
        let bit = 1u16.checked_shl(u32::from(kind)).unwrap_or(0);
        let index = self.shared.iter().find(|index| index.kinds & bit != 0);
        let index = index.ok_or_else(|| corrupted("a shared message is missing"))?;
        FractalHeap::open(self, index.heap)?.object(self, id)
    }
}

/// Maximum depth of references between shared messages.
const MAX_SHARING: usize = 4;

/// Offset of the structure: the start of the file, or after a user block.
fn beginning(source: &SharedFile) -> Result<u64> {
    let mut start = 0;
    while start < source.len().min(LAST_START) {
        let mut bytes = [0; 8];
        if source.len() - start >= 8 {
            source.read_at(start, &mut bytes)?;
            if bytes == MAGIC {
                return Ok(start);
            }
        }
        start = (2 * start).max(512);
    }
    Err(corrupted("it has no HDF5 signature"))
}
