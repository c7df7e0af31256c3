//! Local, global and fractal heaps, which store names, links and variable-length values.

use super::btree2;
use super::checksum::verified;
use super::cursor::{bytes_for, corrupted};
use super::file::Hdf5File;
use crate::error::Result;

/// Maximum size of an object from a heap, and of a collection of texts.
const MAX_OBJECT: u64 = 1 << 20;

/// The names of an old-style group.
pub(super) struct LocalHeap(Vec<u8>);

impl LocalHeap {
    pub(super) fn open(file: &Hdf5File, address: u64) -> Result<Self> {
        let bytes = file.read(
            address,
            (8 + 2 * file.sizes.length + file.sizes.offset) as u64,
        )?;
        let mut cursor = file.cursor(&bytes);
        cursor.expect(b"HEAP")?;
        cursor.skip(4)?;
        let len = cursor.length()?;
        cursor.length()?;
        Ok(Self(file.read(cursor.required_address()?, len)?))
    }

    /// The text at an offset.
    pub(super) fn text(&self, at: u64) -> Result<String> {
        let bytes = usize::try_from(at).ok().and_then(|at| self.0.get(at..));
        let bytes = bytes.ok_or_else(|| corrupted("a name is missing"))?;
        let end = bytes.iter().position(|byte| *byte == 0);
        let text = &bytes[..end.unwrap_or(bytes.len())];
        Ok(String::from_utf8_lossy(text).into_owned())
    }
}

/// The value of a global heap, given the address of its collection and its index there.
pub(super) fn global(file: &Hdf5File, address: u64, index: u32) -> Result<Vec<u8>> {
    let start = file.read(address, 8 + file.sizes.length as u64)?;
    let mut cursor = file.cursor(&start);
    cursor.expect(b"GCOL")?;
    cursor.skip(4)?;
    let len = cursor.length()?;
    if len > MAX_OBJECT {
        return Err(corrupted("a string is too long"));
    }
    let bytes = file.read(address, len)?;
    let mut cursor = file.cursor(&bytes);
    cursor.skip(start.len())?;
    loop {
        let found = u32::from(cursor.u16()?);
        cursor.skip(6)?;
        let len = cursor.length()?;
        let len = usize::try_from(len).map_err(|_| corrupted("a string is too long"))?;
        if found == 0 {
            return Err(corrupted("a value is missing"));
        }
        let value = cursor.take(len)?;
        if found == index {
            return Ok(value.to_vec());
        }
        cursor.align()?;
    }
}

/// Objects in blocks of doubling sizes.
pub(super) struct FractalHeap {
    width: u64,
    first_size: u64,
    max_direct: u64,
    /// Number of bytes of an object's offset and of its length.
    id_sizes: [usize; 2],
    root: Option<u64>,
    /// Number of rows of the root block; 0 if it is a direct block.
    rows: u64,
    /// The tree of huge objects, which are too large for blocks.
    huge: Option<u64>,
    id_len: usize,
}

impl FractalHeap {
    pub(super) fn open(file: &Hdf5File, address: u64) -> Result<Self> {
        let (offset, length) = (file.sizes.offset, file.sizes.length);
        let len = 26 + 3 * offset + 12 * length;
        let bytes = file.read(address, len as u64)?;
        let mut cursor = file.cursor(&bytes);
        cursor.expect(b"FRHP")?;
        cursor.skip(1)?;
        let id_len = usize::from(cursor.u16()?);
        let filters = cursor.u16()?;
        cursor.skip(1)?;
        let max_object = u64::from(cursor.u32()?);
        cursor.length()?;
        let huge = cursor.address()?;
        cursor.skip(offset + 9 * length)?;
        let width = u64::from(cursor.u16()?);
        let first_size = cursor.length()?;
        let max_direct = cursor.length()?;
        let max_bits = cursor.u16()?;
        cursor.skip(2)?;
        let root = cursor.address()?;
        let rows = u64::from(cursor.u16()?);
        if filters != 0 {
            return Err(corrupted("names or attributes are compressed"));
        }
        verified(&bytes)?;
        let is_size = |size: u64| size.is_power_of_two() && size <= 1 << 32;
        if !(is_size(width) && is_size(first_size) && is_size(max_direct) && max_bits <= 64) {
            return Err(corrupted("a heap has invalid sizes"));
        }
        let offset_size = usize::from(max_bits).div_ceil(8);
        let len_size = (max_direct.ilog2() as usize).div_ceil(8);
        Ok(Self {
            width,
            first_size,
            max_direct,
            id_sizes: [offset_size, len_size.min(bytes_for(max_object))],
            root,
            rows,
            huge,
            id_len,
        })
    }

    /// The object with an identifier.
    pub(super) fn object(&self, file: &Hdf5File, id: &[u8]) -> Result<Vec<u8>> {
        let mut cursor = file.cursor(id);
        let first = cursor.u8()?;
        match first >> 4 & 3 {
            0 => {
                let [offset_size, len_size] = self.id_sizes;
                let (offset, len) = (cursor.uint(offset_size)?, cursor.uint(len_size)?);
                file.read(self.locate(file, offset, len)?, len)
            }
            1 => self.huge_object(file, &id[1..]),
            2 => {
                let low = u16::from(first & 15);
                let len = match self.id_len <= 17 {
                    true => low,
                    false => low << 8 | u16::from(cursor.u8()?),
                };
                Ok(cursor.take(usize::from(len) + 1)?.to_vec())
            }
            _ => Err(corrupted("a heap has an unknown kind of object")),
        }
    }

    /// Offset in the file of an object at `offset` within the heap.
    fn locate(&self, file: &Hdf5File, offset: u64, len: u64) -> Result<u64> {
        let missing = || corrupted("a block of a heap is missing");
        let (mut address, mut rows) = (self.root.ok_or_else(missing)?, self.rows);
        let mut rest = offset;
        if rows == 0 {
            return self.within(address, rest, len, self.max_direct);
        }
        loop {
            let (row, column, before, size) = self.row_and_column(rest).ok_or_else(missing)?;
            if row >= rows {
                return Err(missing());
            }
            let max_direct_rows = u64::from((self.max_direct / self.first_size).max(1).ilog2()) + 2;
            let header = 5 + file.sizes.offset as u64 + self.id_sizes[0] as u64;
            let entry = row
                .checked_mul(self.width)
                .and_then(|entries| entries.checked_add(column))
                .and_then(|entry| entry.checked_mul(file.sizes.offset as u64));
            let at = entry.and_then(|entry| address.checked_add(header)?.checked_add(entry));
            let bytes = file.read(at.ok_or_else(missing)?, file.sizes.offset as u64)?;
            if !file.read(address, 4)?.starts_with(b"FHIB") {
                return Err(missing());
            }
            address = file.cursor(&bytes).required_address()?;
            rest -= before;
            if row < max_direct_rows {
                return self.within(address, rest, len, size);
            }
            // Each level has fewer rows than the one above, so that the recursion ends.
            let first_row = (self.first_size * self.width).ilog2();
            let inner = u64::from(size.ilog2().saturating_sub(first_row)) + 1;
            if inner >= rows {
                return Err(missing());
            }
            rows = inner;
        }
    }

    /// An object at `offset` of a block of `size` bytes.
    fn within(&self, block: u64, offset: u64, len: u64, size: u64) -> Result<u64> {
        let end = offset.checked_add(len).filter(|end| *end <= size);
        let address = end.and_then(|_| block.checked_add(offset));
        address.ok_or_else(|| corrupted("an object is beyond its heap"))
    }

    /// Row and column of the block at an offset, the offset of the block, and its size.
    fn row_and_column(&self, offset: u64) -> Option<(u64, u64, u64, u64)> {
        let first_row = self.first_size.checked_mul(self.width)?;
        if offset < first_row {
            let column = offset / self.first_size;
            return Some((0, column, column * self.first_size, self.first_size));
        }
        let row = u64::from(offset.ilog2() - first_row.ilog2()) + 1;
        let row_start = 1u64 << offset.ilog2();
        let size = self.first_size.checked_mul(1 << (row - 1).min(63))?;
        let column = (offset - row_start) / size;
        Some((row, column, row_start + column * size, size))
    }

    /// A huge object, stored separately: its address and length, or its key in the tree of huge
    /// objects.
    fn huge_object(&self, file: &Hdf5File, id: &[u8]) -> Result<Vec<u8>> {
        let mut cursor = file.cursor(id);
        let (offset, length) = (file.sizes.offset, file.sizes.length);
        if self.id_len > offset + length {
            let (address, len) = (cursor.required_address()?, cursor.length()?);
            return read_huge(file, address, len);
        }
        let number = cursor.uint(self.id_len.saturating_sub(1).min(8))?;
        let tree = self.huge.ok_or_else(|| corrupted("a value is missing"))?;
        for record in btree2::records(file, tree, &[1])?.iter() {
            let mut cursor = file.cursor(record);
            let (address, len) = (cursor.required_address()?, cursor.length()?);
            if cursor.length()? == number {
                return read_huge(file, address, len);
            }
        }
        Err(corrupted("a value is missing"))
    }
}

fn read_huge(file: &Hdf5File, address: u64, len: u64) -> Result<Vec<u8>> {
    match len <= MAX_OBJECT {
        true => file.read(address, len),
        false => Err(corrupted("a value is too long")),
    }
}
