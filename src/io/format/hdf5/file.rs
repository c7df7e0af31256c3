//! A file of which parts are read: where its structure begins, and how long its numbers are.

use std::path::Path;
use std::sync::Arc;

use super::MAGIC;
use super::checksum::verified;
use super::cursor::{Cursor, OffsetSizes, corrupted};
use super::header::{self, Message, kind};
use super::heap::FractalHeap;
use crate::error::Result;
use crate::io::bytes::samples::SharedFile;

/// The widest numbers, which those of the superblock are until it says otherwise.
const WIDE: OffsetSizes = OffsetSizes {
    offset: 8,
    length: 8,
};

/// How far a file is searched for its beginning.
const LAST_START: u64 = 1 << 26;

/// How many bytes of the file a superblock can have.
const SUPERBLOCK: u64 = 128;

/// An HDF5 file.
pub(super) struct Hdf5File {
    pub(super) source: SharedFile,
    /// Where the structure begins; all places in the file count from here.
    base: u64,
    pub(super) sizes: OffsetSizes,
    /// The header of the group that holds everything.
    pub(super) root: u64,
    /// Where messages are that several objects share.
    shared: Vec<SharedIndex>,
}

/// The place of shared messages of some kinds.
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
            // What is shared is then missed where it is needed.
            file.shared = file.read_shared(extension).unwrap_or_default();
        }
        Ok(Arc::new(file))
    }

    /// The number of bytes from the beginning of the structure to the end of the file.
    pub(super) fn len(&self) -> u64 {
        self.source.len() - self.base
    }

    /// Where in the file a place of the structure is.
    pub(super) fn absolute(&self, address: u64) -> Option<u64> {
        self.base.checked_add(address)
    }

    /// An error if a stretch is not within the file.
    pub(super) fn check(&self, address: u64, len: u64) -> Result<()> {
        match address.checked_add(len) {
            Some(end) if end <= self.len() => Ok(()),
            _ => Err(corrupted("a part of it is beyond the end of the file")),
        }
    }

    /// Reads bytes at a place of the structure, after it is known that the file has them.
    pub(super) fn read(&self, address: u64, len: u64) -> Result<Vec<u8>> {
        self.check(address, len)?;
        let mut bytes = vec![0; len as usize];
        self.source.read_at(self.base + address, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads bytes into a place in memory.
    pub(super) fn read_into(&self, address: u64, out: &mut [u8]) -> Result<()> {
        self.check(address, out.len() as u64)?;
        self.source.read_at(self.base + address, out)
    }

    pub(super) fn cursor<'a>(&self, bytes: &'a [u8]) -> Cursor<'a> {
        Cursor::new(bytes, self.sizes)
    }

    /// Takes from the superblock what is needed; returns where more about the file is.
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
                // The entry of the root group, which begins with a place among names.
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

    /// Where shared messages are, as an object beside the groups says.
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

    /// The message that a record of a shared one stands for.
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

    /// The message of a kind that has an identifier in the heap of shared ones.
    pub(super) fn shared_object(&self, kind: u8, id: &[u8]) -> Result<Vec<u8>> {
        let bit = 1u16.checked_shl(u32::from(kind)).unwrap_or(0);
        let index = self.shared.iter().find(|index| index.kinds & bit != 0);
        let index = index.ok_or_else(|| corrupted("a shared message is missing"))?;
        FractalHeap::open(self, index.heap)?.object(self, id)
    }
}

/// How often a shared message may lead to another one.
const MAX_SHARING: usize = 4;

/// Where the structure begins: at the start of the file, or after bytes of another program.
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
