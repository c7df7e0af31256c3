//! Fixed and extensible arrays: the addresses of chunks in sequence, divided into pages if there
//! are many.

use super::checksum::verified;
use super::cursor::{Cursor, corrupted};
use super::file::Hdf5File;
use crate::error::Result;

/// Receives the number of an element, its bytes, and how many of them are the chunk size, if it has
/// one.
pub(super) type ElementVisitor<'a> =
    &'a mut dyn FnMut(u64, Cursor<'_>, Option<usize>) -> Result<()>;

/// Format of the elements, from the headers of both kinds.
#[derive(Clone, Copy)]
struct ElementFormat {
    size: usize,
    /// Number of bytes of an element that are the chunk size, if chunks are filtered.
    with_size: Option<usize>,
    page_bits: u8,
}

impl ElementFormat {
    fn new(file: &Hdf5File, client: u8, size: usize, page_bits: u8) -> Result<Self> {
        let with_size = match client {
            0 => None,
            1 => Some(size.saturating_sub(file.sizes.offset + 4)),
            _ => return Err(corrupted("an array of an unknown kind")),
        };
        let expected = match with_size {
            None => file.sizes.offset,
            Some(len @ 1..=8) => file.sizes.offset + len + 4,
            Some(_) => 0,
        };
        if size != expected || page_bits > 32 {
            return Err(corrupted("an array has invalid sizes"));
        }
        Ok(Self {
            size,
            with_size,
            page_bits,
        })
    }

    fn page_len(self) -> u64 {
        1 << self.page_bits
    }

    /// Number of pages of a block of `count` elements; 0 if they are in the block itself.
    fn pages(self, count: u64) -> u64 {
        match count > self.page_len() {
            true => count.div_ceil(self.page_len()),
            false => 0,
        }
    }

    /// Passes elements to `found`; the first has the given number.
    fn hand_out(
        self,
        file: &Hdf5File,
        first: u64,
        bytes: &[u8],
        found: ElementVisitor<'_>,
    ) -> Result<()> {
        let elements = (first..).zip(bytes.chunks_exact(self.size));
        for (number, element) in elements {
            found(number, file.cursor(element), self.with_size)?;
        }
        Ok(())
    }

    /// Passes the elements of the pages that were written.
    fn read_pages(
        self,
        file: &Hdf5File,
        start: u64,
        (first, count): (u64, u64),
        is_written: &dyn Fn(u64) -> bool,
        found: ElementVisitor<'_>,
    ) -> Result<()> {
        let page_bytes = self.page_len() * self.size as u64 + 4;
        // A page beyond the end of the file is an error when it is read, which ends the loop.
        for page in (0..self.pages(count)).filter(|page| is_written(*page)) {
            let done = page * self.page_len();
            let len = self.page_len().min(count - done) * self.size as u64 + 4;
            let address = page.checked_mul(page_bytes);
            let address = address.and_then(|at| start.checked_add(at));
            let address = address.ok_or_else(|| corrupted("a page is beyond the end"))?;
            let bytes = file.read(address, len)?;
            self.hand_out(file, first + done, verified(&bytes)?, found)?;
        }
        Ok(())
    }
}

/// Whether a bit is set; the highest bit of a byte is the first.
fn bit(bits: &[u8], index: u64) -> bool {
    let byte = bits.get((index / 8) as usize).copied().unwrap_or(0);
    byte & (0x80 >> (index % 8)) != 0
}

/// Visits the elements of an array of fixed length.
pub(super) fn fixed(file: &Hdf5File, address: u64, found: ElementVisitor<'_>) -> Result<()> {
    let (offset, length) = (file.sizes.offset, file.sizes.length);
    let bytes = file.read(address, (12 + length + offset) as u64)?;
    let mut cursor = file.cursor(verified(&bytes)?);
    cursor.expect(b"FAHD")?;
    cursor.skip(1)?;
    let (client, size, page_bits) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
    let elements = ElementFormat::new(file, client, usize::from(size), page_bits)?;
    let count = cursor.length()?;
    let Some(block) = cursor.address()? else {
        return Ok(());
    };
    // All elements are stored in the file, except those of pages that were never written.
    let pages = elements.pages(count);
    let before = (6 + offset) as u64 + pages.div_ceil(8);
    if pages == 0 {
        let bytes = file.read(block, before + count * elements.size as u64 + 4)?;
        let content = block_content(file, &bytes, b"FADB", before as usize)?;
        return elements.hand_out(file, 0, content, found);
    }
    let start = file.read(block, before + 4)?;
    block_content(file, &start, b"FADB", before as usize)?;
    let bits = &start[6 + offset..];
    let pages_start = block + before + 4;
    let is_written = |page| bit(bits, page);
    elements.read_pages(file, pages_start, (0, count), &is_written, found)
}

/// The content of a block after its prefix.
fn block_content<'a>(
    file: &Hdf5File,
    bytes: &'a [u8],
    signature: &[u8],
    before: usize,
) -> Result<&'a [u8]> {
    let content = verified(bytes)?;
    file.cursor(content).expect(signature)?;
    content
        .get(before..)
        .ok_or_else(|| corrupted("it ends early"))
}

/// An array of unlimited size: some elements are in its index block, more in data blocks, and the
/// rest in data blocks of secondary blocks, with sizes that double.
struct Extensible<'a> {
    file: &'a Hdf5File,
    elements: ElementFormat,
    first_block_len: u64,
    /// Number of bytes of the number of a block's first element.
    number_size: usize,
    /// Elements from this number on were never set.
    end: u64,
}

/// Visits the elements of an extensible array.
pub(super) fn extensible(file: &Hdf5File, address: u64, found: ElementVisitor<'_>) -> Result<()> {
    let (offset, length) = (file.sizes.offset, file.sizes.length);
    let bytes = file.read(address, (16 + 6 * length + offset) as u64)?;
    let mut cursor = file.cursor(verified(&bytes)?);
    cursor.expect(b"EAHD")?;
    cursor.skip(1)?;
    let (client, size) = (cursor.u8()?, usize::from(cursor.u8()?));
    let (max_bits, in_index) = (cursor.u8()?, u64::from(cursor.u8()?));
    let (first_block_len, first_pointers) = (u64::from(cursor.u8()?), cursor.u8()?);
    let page_bits = cursor.u8()?;
    cursor.skip(4 * length)?;
    let end = cursor.length()?;
    cursor.skip(length)?;
    let Some(index) = cursor.address()? else {
        return Ok(());
    };
    let is_possible = first_block_len.is_power_of_two()
        && first_pointers.is_power_of_two()
        && first_pointers > 1
        && max_bits <= 64
        && u32::from(max_bits) >= first_block_len.ilog2();
    if !is_possible {
        return Err(corrupted("an array has invalid sizes"));
    }
    let array = Extensible {
        file,
        elements: ElementFormat::new(file, client, size, page_bits)?,
        first_block_len,
        number_size: usize::from(max_bits).div_ceil(8),
        end,
    };
    let levels = 1 + u32::from(max_bits) - first_block_len.ilog2();
    let direct_levels = 2 * u32::from(first_pointers).ilog2();
    let direct = 2 * (u64::from(first_pointers) - 1);
    let indirect = u64::from(levels.saturating_sub(direct_levels));
    let before = (6 + offset) as u64;
    let len = before + in_index * size as u64 + (direct + indirect) * offset as u64 + 4;
    let bytes = file.read(index, len)?;
    let content = block_content(file, &bytes, b"EAIB", before as usize)?;
    let (own, pointers) = content.split_at(in_index as usize * size);
    array.elements.hand_out(file, 0, own, found)?;
    let mut cursor = file.cursor(pointers);
    let mut first = in_index;
    for level in 0..levels {
        if first >= end {
            break;
        }
        let (blocks, block_len) = array.level(level);
        if level < direct_levels {
            for _ in 0..blocks {
                if let Some(address) = cursor.address()? {
                    array.read_block(address, (first, block_len), None, found)?;
                }
                first = first.saturating_add(block_len);
            }
        } else {
            if let Some(address) = cursor.address()? {
                array.read_blocks(address, first, (blocks, block_len), found)?;
            }
            first = first.saturating_add(blocks.saturating_mul(block_len));
        }
    }
    Ok(())
}

impl Extensible<'_> {
    /// Number of blocks of a level, and number of elements per block.
    fn level(&self, level: u32) -> (u64, u64) {
        let blocks = 1 << (level / 2);
        (
            blocks,
            (1u64 << level.div_ceil(2)).saturating_mul(self.first_block_len),
        )
    }

    /// Reads the blocks of a secondary block.
    fn read_blocks(
        &self,
        address: u64,
        first: u64,
        (blocks, block_len): (u64, u64),
        found: ElementVisitor<'_>,
    ) -> Result<()> {
        let offset = self.file.sizes.offset;
        let pages = self.elements.pages(block_len);
        let bits_len = pages.div_ceil(8);
        let before = (6 + offset + self.number_size) as u64;
        let len = bits_len
            .checked_add(offset as u64)
            .and_then(|each| each.checked_mul(blocks))
            .and_then(|len| len.checked_add(before + 4));
        let bytes = self.file.read(address, len.unwrap_or(u64::MAX))?;
        let content = block_content(self.file, &bytes, b"EASB", before as usize)?;
        let (bits, pointers) = content.split_at((blocks * bits_len) as usize);
        let mut cursor = self.file.cursor(pointers);
        for block in 0..blocks {
            let first = first.saturating_add(block.saturating_mul(block_len));
            if first >= self.end {
                break;
            }
            if let Some(address) = cursor.address()? {
                let pages = (bits, block * pages);
                self.read_block(address, (first, block_len), Some(pages), found)?;
            }
        }
        Ok(())
    }

    /// Reads a block of elements; `pages` is a bitmap of the written pages and the index of this
    /// block's first bit.
    fn read_block(
        &self,
        address: u64,
        (first, len): (u64, u64),
        pages: Option<(&[u8], u64)>,
        found: ElementVisitor<'_>,
    ) -> Result<()> {
        let before = (6 + self.file.sizes.offset + self.number_size) as u64;
        let elements = self.elements;
        if elements.pages(len) == 0 {
            let len = before + len * elements.size as u64 + 4;
            let bytes = self.file.read(address, len)?;
            let content = block_content(self.file, &bytes, b"EADB", before as usize)?;
            return elements.hand_out(self.file, first, content, found);
        }
        let start = self.file.read(address, before + 4)?;
        block_content(self.file, &start, b"EADB", before as usize)?;
        let is_written = |page| pages.is_none_or(|(bits, start)| bit(bits, start + page));
        let pages_start = address + before + 4;
        elements.read_pages(self.file, pages_start, (first, len), &is_written, found)
    }
}
