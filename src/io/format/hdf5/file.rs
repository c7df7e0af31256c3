//! An open HDF5 file: the start of its structure, and the sizes of its numbers.

use std::path::Path;

use super::MAGIC;
use super::checksum::verified;
use super::cursor::{Cursor, OffsetSizes, corrupted};
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
    pub(super) shared: Vec<SharedIndex>,
}

/// Location of shared messages of some types.
pub(super) struct SharedIndex {
    /// A bit for each type.
    pub(super) kinds: u16,
    pub(super) heap: u64,
}

impl Hdf5File {
    /// Opens a file and reads its superblock; returns also the address of its extension.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<u64>)> {
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
        Ok((file, extension))
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
}

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
