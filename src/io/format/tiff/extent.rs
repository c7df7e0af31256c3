//! Sizes of the strips and tiles of a page in bytes where a file does not state them, and whether
//! all are present.

use tiff::tags::CompressionMethod;

use super::page::{BLANK, OLD_WEBP, OPEN, PageShape, TiffPage, TileGrid};
use crate::bail;
use crate::error::Result;

/// Minimum size in bytes of a compressed strip or tile.
const MIN_COMPRESSED: u64 = 2;

impl TiffPage {
    /// Number of rows per strip, given the number of strips, where the file does not state it.
    pub(super) fn rows_of(&self, strips: usize) -> Result<u64> {
        let planes = if self.shape.planar {
            self.shape.channels
        } else {
            1
        };
        let strips = strips / planes;
        if strips <= 1 || self.tiled {
            return Ok(u64::MAX);
        }
        let rows = self.shape.height.div_ceil(strips);
        if self.shape.height.div_ceil(rows) != strips {
            bail!("a page does not specify the rows per strip");
        }
        Ok(rows as u64)
    }

    /// Size in bytes of an uncompressed strip or tile.
    pub(super) fn stored_size(&self, index: usize) -> u64 {
        let grid = self.grid();
        let bits = grid.width as u64 * self.row_channels() as u64 * self.shape.bits;
        let rows = match self.tiled {
            true => grid.height,
            false => self.covered(&grid, index).0,
        };
        rows as u64 * bits.div_ceil(8)
    }

    /// Number of rows and columns of the page that a strip or tile covers.
    fn covered(&self, grid: &TileGrid, index: usize) -> (usize, usize) {
        let index = index % (grid.across * grid.down);
        let (down, across) = (index / grid.across, index % grid.across);
        let PageShape { height, width, .. } = self.shape;
        (
            grid.height.min(height - down * grid.height),
            grid.width.min(width - across * grid.width),
        )
    }

    /// Whether the size of any strip or tile is unknown.
    pub(super) fn is_open(&self) -> bool {
        let is_open = |&(offset, size): &(u64, u64)| offset > 0 && matches!(size, 0 | OPEN);
        self.chunks.iter().any(is_open)
    }

    /// Whether the size of any strip or tile is known.
    pub(super) fn has_sizes(&self) -> bool {
        let is_known = |&(_, size): &(u64, u64)| !matches!(size, 0 | OPEN);
        self.chunks.iter().any(is_known)
    }

    /// Offsets of the strips or tiles.
    pub(super) fn starts(&self) -> impl Iterator<Item = u64> + '_ {
        self.chunks.iter().map(|(offset, _)| *offset)
    }

    /// Determines unknown sizes of strips or tiles from the start offsets of the parts of the file,
    /// in ascending order. A size of 0 means never written in a sparse file, otherwise a size that
    /// the writer did not know.
    pub(super) fn close(&mut self, starts: &[u64], file_len: u64, is_sparse: bool) {
        for index in 0..self.chunks.len() {
            let (offset, size) = self.chunks[index];
            if offset == 0 || !matches!(size, 0 | OPEN) {
                continue;
            }
            let next = starts.get(starts.partition_point(|start| *start <= offset));
            let room = next.unwrap_or(&file_len).saturating_sub(offset);
            let needed = match self.compression {
                CompressionMethod::None => self.stored_size(index),
                _ => room.max(MIN_COMPRESSED),
            };
            self.chunks[index] = match size {
                OPEN => (offset, needed),
                _ if is_sparse || next.is_some() && room < needed => BLANK,
                _ => (offset, needed),
            };
        }
    }

    /// Size in bytes of the stored strips or tiles.
    pub(super) fn len(&self) -> u64 {
        let sizes = self.chunks.iter().map(|(_, size)| *size);
        sizes.fold(0, u64::saturating_add)
    }

    /// Whether no part of it was ever written.
    pub(super) fn is_missing(&self) -> bool {
        self.chunks.iter().all(|chunk| *chunk == BLANK)
    }

    /// Whether any part of it was never written.
    pub(super) fn has_missing(&self) -> bool {
        self.chunks.contains(&BLANK)
    }

    /// Whether all of it is within a file of the given size, and can decode to its full size.
    pub(super) fn is_whole(&self, file_len: u64) -> bool {
        let end = |&(offset, size): &(u64, u64)| offset.checked_add(size);
        let inside = self
            .chunks
            .iter()
            .all(|chunk| end(chunk).is_some_and(|end| end <= file_len));
        let grid = self.grid();
        let planes = if self.shape.planar {
            self.shape.channels
        } else {
            1
        };
        let chunks = grid.across * grid.down;
        let is_complete = chunks
            .checked_mul(planes)
            .is_some_and(|chunks| self.chunks.len() >= chunks);
        let most = self
            .len()
            .saturating_mul(greatest_expansion(self.compression));
        inside && is_complete && most >= self.written()
    }

    /// Decoded size in bytes of the parts that were written.
    pub(super) fn written(&self) -> u64 {
        if !self.has_missing() {
            return self.shape.bytes() as u64;
        }
        let grid = self.grid();
        let pixel = self.row_channels() as u64 * self.shape.bits;
        let chunks = self.chunks.iter().enumerate();
        let written = chunks.filter(|(_, chunk)| **chunk != BLANK);
        let sizes = written.map(|(index, _)| {
            let (rows, columns) = self.covered(&grid, index);
            rows as u64 * (columns as u64 * pixel / 8)
        });
        sizes.fold(0, u64::saturating_add)
    }
}

/// Maximum expansion factor of a compression.
fn greatest_expansion(compression: CompressionMethod) -> u64 {
    match compression {
        CompressionMethod::None => 1,
        // A tile of one color takes 30 bytes, even with a width and height of 2048 pixels.
        CompressionMethod::WebP | OLD_WEBP => 1 << 19,
        CompressionMethod::LZW => 4096,
        CompressionMethod::Deflate | CompressionMethod::OldDeflate => 1100,
        CompressionMethod::PackBits => 64,
        _ => 1 << 17,
    }
}
