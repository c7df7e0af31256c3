//! Object headers: the messages that describe a group or a dataset, and those that objects share.

use std::path::Path;
use std::sync::Arc;

use super::checksum::verified;
use super::cursor::{Cursor, corrupted};
use super::file::{Hdf5File, SharedIndex};
use super::heap::FractalHeap;
use crate::error::Result;

/// Types of messages.
pub(super) mod kind {
    pub(in crate::io::format::hdf5) const DATASPACE: u8 = 0x01;
    pub(in crate::io::format::hdf5) const LINK_INFO: u8 = 0x02;
    pub(in crate::io::format::hdf5) const DATATYPE: u8 = 0x03;
    pub(in crate::io::format::hdf5) const OLD_FILL: u8 = 0x04;
    pub(in crate::io::format::hdf5) const FILL: u8 = 0x05;
    pub(in crate::io::format::hdf5) const LINK: u8 = 0x06;
    pub(in crate::io::format::hdf5) const EXTERNAL_FILES: u8 = 0x07;
    pub(in crate::io::format::hdf5) const LAYOUT: u8 = 0x08;
    pub(in crate::io::format::hdf5) const FILTERS: u8 = 0x0B;
    pub(in crate::io::format::hdf5) const ATTRIBUTE: u8 = 0x0C;
    pub(in crate::io::format::hdf5) const SHARED_TABLE: u8 = 0x0F;
    pub(in crate::io::format::hdf5) const CONTINUATION: u8 = 0x10;
    pub(in crate::io::format::hdf5) const SYMBOL_TABLE: u8 = 0x11;
    pub(in crate::io::format::hdf5) const ATTRIBUTE_INFO: u8 = 0x15;
}

/// Maximum number of blocks of a header, and of messages.
const MAX_BLOCKS: usize = 1000;
const MAX_MESSAGES: usize = 100_000;

/// Maximum depth of references between shared messages.
const MAX_SHARING: usize = 4;

/// Flag of a message that is shared by several objects and stored elsewhere.
const SHARED: u8 = 2;

/// A message of an object.
pub(super) struct Message {
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
    /// Why a shared message cannot be read.
    lost: Option<crate::error::Error>,
}

impl Message {
    /// The content, or why it cannot be read.
    pub(super) fn body(&self) -> Result<&[u8]> {
        match &self.lost {
            Some(error) => Err(error.clone()),
            None => Ok(&self.body),
        }
    }
}

/// Opens a file, with the locations of the messages that objects share.
pub(super) fn open(path: &Path) -> Result<Arc<Hdf5File>> {
    let (mut file, extension) = Hdf5File::open(path)?;
    if let Some(extension) = extension {
        // Missing shared messages are an error only when they are needed.
        file.shared = shared_indices(&file, extension).unwrap_or_default();
    }
    Ok(Arc::new(file))
}

/// The messages of an object.
pub(super) fn read(file: &Hdf5File, address: u64) -> Result<Vec<Message>> {
    read_at_depth(file, address, 0)
}

/// The messages of an object, with the depth of shared references so far.
fn read_at_depth(file: &Hdf5File, address: u64, depth: usize) -> Result<Vec<Message>> {
    let start = file.read(address, file.len().saturating_sub(address).min(32))?;
    let mut cursor = file.cursor(&start);
    let mut header = match start.starts_with(b"OHDR") {
        true => HeaderReader::version_2(file, address, &mut cursor)?,
        false => HeaderReader::version_1(file, address, &mut cursor)?,
    };
    let mut next = 0;
    while let Some((at, len)) = header.blocks.get(next).copied() {
        if header.blocks[..next].contains(&(at, len)) {
            return Err(corrupted("the header of an object refers to itself"));
        }
        header.read_block(at, len, depth)?;
        next += 1;
    }
    Ok(header.messages)
}

/// State of reading a header.
struct HeaderReader<'a> {
    file: &'a Hdf5File,
    version: u8,
    /// Whether messages contain their creation order.
    is_ordered: bool,
    /// Blocks of the file with messages, including signatures and checksums.
    blocks: Vec<(u64, u64)>,
    /// Number of bytes of the first block before its messages.
    before: usize,
    messages: Vec<Message>,
}

impl<'a> HeaderReader<'a> {
    fn version_1(file: &'a Hdf5File, address: u64, cursor: &mut Cursor<'_>) -> Result<Self> {
        if cursor.u8()? != 1 {
            return Err(corrupted("an object is missing"));
        }
        cursor.skip(7)?;
        let len = u64::from(cursor.u32()?);
        Ok(Self {
            file,
            version: 1,
            is_ordered: false,
            blocks: vec![(address, 16 + len)],
            before: 16,
            messages: Vec::new(),
        })
    }

    fn version_2(file: &'a Hdf5File, address: u64, cursor: &mut Cursor<'_>) -> Result<Self> {
        cursor.skip(4)?;
        if cursor.u8()? != 2 {
            return Err(corrupted("the header of an object has an unknown version"));
        }
        let flags = cursor.u8()?;
        cursor.skip(if flags & 0x20 != 0 { 16 } else { 0 })?;
        cursor.skip(if flags & 0x10 != 0 { 4 } else { 0 })?;
        let len = cursor.uint(1 << (flags & 3))?;
        let before = cursor.position();
        let whole = len.checked_add(before as u64 + 4);
        Ok(Self {
            file,
            version: 2,
            is_ordered: flags & 4 != 0,
            blocks: vec![(
                address,
                whole.ok_or_else(|| corrupted("a header is too long"))?,
            )],
            before,
            messages: Vec::new(),
        })
    }

    fn read_block(&mut self, address: u64, len: u64, depth: usize) -> Result<()> {
        let bytes = self.file.read(address, len)?;
        let content = match self.version {
            1 => &bytes,
            _ => verified(&bytes)?,
        };
        let mut cursor = self.file.cursor(content);
        match self.messages.is_empty() && self.blocks.len() == 1 {
            true => cursor.skip(self.before)?,
            false if self.version == 2 => cursor.expect(b"OCHK")?,
            false => {}
        }
        let prefix = match (self.version, self.is_ordered) {
            (1, _) => 8,
            (_, false) => 4,
            (_, true) => 6,
        };
        while cursor.rest().len() >= prefix {
            self.read_message(&mut cursor, depth)?;
        }
        Ok(())
    }

    fn read_message(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Result<()> {
        let (kind, len, flags) = if self.version == 1 {
            let (kind, len, flags) = (cursor.u16()?, cursor.u16()?, cursor.u8()?);
            cursor.skip(3)?;
            (u8::try_from(kind).unwrap_or(u8::MAX), len, flags)
        } else {
            let (kind, len, flags) = (cursor.u8()?, cursor.u16()?, cursor.u8()?);
            cursor.skip(if self.is_ordered { 2 } else { 0 })?;
            (kind, len, flags)
        };
        let body = cursor.take(usize::from(len))?;
        if self.messages.len() == MAX_MESSAGES || self.blocks.len() == MAX_BLOCKS {
            return Err(corrupted("an object has too many messages"));
        }
        if kind == kind::CONTINUATION {
            let mut cursor = self.file.cursor(body);
            let block = (cursor.required_address()?, cursor.length()?);
            self.blocks.push(block);
            return Ok(());
        }
        let (body, lost) = match flags & SHARED != 0 {
            false => (body.to_vec(), None),
            true => match shared(self.file, kind, body, depth) {
                Ok(body) => (body, None),
                Err(error) => (Vec::new(), Some(error)),
            },
        };
        self.messages.push(Message { kind, body, lost });
        Ok(())
    }
}

/// Reads the locations of shared messages from the superblock extension.
fn shared_indices(file: &Hdf5File, extension: u64) -> Result<Vec<SharedIndex>> {
    let messages = read(file, extension)?;
    let Some(table) = messages.iter().find(|m| m.kind == kind::SHARED_TABLE) else {
        return Ok(Vec::new());
    };
    let mut cursor = file.cursor(&table.body);
    cursor.skip(1)?;
    let address = cursor.required_address()?;
    let count = usize::from(cursor.u8()?);
    let entry = 14 + 2 * file.sizes.offset;
    let bytes = file.read(address, (4 + count * entry + 4) as u64)?;
    let mut cursor = file.cursor(verified(&bytes)?);
    cursor.expect(b"SMTB")?;
    let mut indices = Vec::new();
    for _ in 0..count {
        cursor.skip(2)?;
        let kinds = cursor.u16()?;
        cursor.skip(10 + file.sizes.offset)?;
        if let Some(heap) = cursor.address()? {
            indices.push(SharedIndex { kinds, heap });
        }
    }
    Ok(indices)
}

/// The message that a shared record refers to.
pub(super) fn shared(file: &Hdf5File, kind: u8, record: &[u8], depth: usize) -> Result<Vec<u8>> {
    let mut cursor = file.cursor(record);
    let (version, address) = (cursor.u8()?, cursor.u8()?);
    if version == 1 {
        cursor.skip(6)?;
    }
    if version == 3 && address == 1 {
        return shared_object(file, kind, cursor.take(8)?);
    }
    if depth > MAX_SHARING {
        return Err(corrupted("a shared message refers to itself"));
    }
    let messages = read_at_depth(file, cursor.required_address()?, depth + 1)?;
    let found = messages.into_iter().find(|message| message.kind == kind);
    let Message { body, .. } = found.ok_or_else(|| corrupted("a shared message is missing"))?;
    Ok(body)
}

/// The message of a type with an identifier in the heap of shared messages.
pub(super) fn shared_object(file: &Hdf5File, kind: u8, id: &[u8]) -> Result<Vec<u8>> {
    let bit = 1u16.checked_shl(u32::from(kind)).unwrap_or(0);
    let index = file.shared.iter().find(|index| index.kinds & bit != 0);
    let index = index.ok_or_else(|| corrupted("a shared message is missing"))?;
    FractalHeap::open(file, index.heap)?.object(file, id)
}
