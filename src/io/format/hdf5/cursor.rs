//! Sequential reading of numbers from bytes of a file, with bounds checks.

use crate::error::{Error, Result};

/// Sizes of addresses and lengths in a file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OffsetSizes {
    pub(super) offset: usize,
    pub(super) length: usize,
}

/// Bytes and the current position.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    pub(super) sizes: OffsetSizes,
}

/// The error for a structure that violates the format.
pub(super) fn corrupted(what: &str) -> Error {
    Error::new(format!("its structure cannot be read ({what})"))
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], sizes: OffsetSizes) -> Self {
        let at = 0;
        Self { bytes, at, sizes }
    }

    /// The next `len` bytes.
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let rest = self.rest();
        let taken = rest.get(..len).ok_or_else(|| corrupted("it ends early"))?;
        self.at += len;
        Ok(taken)
    }

    /// All unread bytes.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Number of bytes read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn skip(&mut self, len: usize) -> Result<()> {
        self.take(len).map(drop)
    }

    /// Skips to a multiple of 8 bytes from the start.
    pub(super) fn align(&mut self) -> Result<()> {
        self.skip(self.at.next_multiple_of(8) - self.at)
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        Ok(self.uint(2)? as u16)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        Ok(self.uint(4)? as u32)
    }

    /// A little-endian number of up to eight bytes.
    pub(super) fn uint(&mut self, len: usize) -> Result<u64> {
        if len > 8 {
            return Err(corrupted("an int of more than 8 bytes"));
        }
        let bytes = self.take(len)?.iter().rev();
        Ok(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A length or count.
    pub(super) fn length(&mut self) -> Result<u64> {
        self.uint(self.sizes.length)
    }

    /// An address in the file, if defined.
    pub(super) fn address(&mut self) -> Result<Option<u64>> {
        let bytes = self.take(self.sizes.offset)?;
        let mut cursor = Self::new(bytes, self.sizes);
        let is_nowhere = bytes.iter().all(|byte| *byte == 0xFF);
        let address = cursor.uint(bytes.len())?;
        Ok((!is_nowhere).then_some(address))
    }

    /// An address in the file that must be defined.
    pub(super) fn required_address(&mut self) -> Result<u64> {
        self.address()?
            .ok_or_else(|| corrupted("a part is missing"))
    }

    /// An error unless the next bytes are these.
    pub(super) fn expect(&mut self, signature: &[u8]) -> Result<()> {
        if self.take(signature.len())? == signature {
            return Ok(());
        }
        let name = String::from_utf8_lossy(signature);
        Err(corrupted(&format!("there is no {name}")))
    }

    /// Text up to the next zero byte.
    pub(super) fn text(&mut self) -> Result<String> {
        let rest = self.rest();
        let end = rest.iter().position(|byte| *byte == 0);
        let end = end.ok_or_else(|| corrupted("an unterminated name"))?;
        self.skip(end + 1)?;
        Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
    }
}

/// Number of bytes needed for a number up to `limit`.
pub(super) fn bytes_for(limit: u64) -> usize {
    limit.max(1).ilog2() as usize / 8 + 1
}
