//! A page as the `tiff` crate gets to see it: the file as if it had only this page, gray or with
//! channels of no particular meaning, so that the crate goes straight to it and neither inverts nor
//! drops any samples.

use std::io::{self, Read, Seek, SeekFrom};

use super::directory::Reader;
use super::page::{
    BITS, EXTRA_SAMPLES, PHOTOMETRIC, PLANAR, Page, SAMPLES, STRIP_OFFSETS, STRIP_SIZES,
    TILE_OFFSETS, TILE_SIZES, WIDTH,
};
use crate::error::Result;
use crate::io::raw::Source;

/// How many bytes are read at least, because the crate asks for a few at a time.
const WINDOW: usize = 16 << 10;

/// A tag that the crate does not know.
const UNKNOWN_TAG: u64 = 65_000;

/// A file with some of its bytes replaced.
pub(super) struct PageFile<'a> {
    source: &'a Source,
    patches: Vec<(u64, Vec<u8>)>,
    position: u64,
    window: Vec<u8>,
    window_start: u64,
}

impl<'a> PageFile<'a> {
    /// The file as if the page were its first, or the given plane of a page that has planes.
    pub(super) fn new(source: &'a Source, page: &Page, plane: usize) -> Result<Self> {
        let header = source.start(16)?;
        let reader = Reader::new(&header)?;
        let number = |value: u64, size: usize| match reader.big_endian {
            true => value.to_be_bytes()[8 - size..].to_vec(),
            false => value.to_le_bytes()[..size].to_vec(),
        };
        let size = reader.offset_size();
        let mut patches = vec![(size as u64, number(page.directory.offset, size))];
        let mut patch = |position: usize, value| patches.push((position as u64, value));
        for (tag, value) in changes(page) {
            if let Some(entry) = page.directory.find(tag) {
                // The type "long", a count of one, and the value in the place of its offset.
                patch(entry.position + 2, number(4, 2));
                patch(entry.position + 4, number(1, size));
                patch(entry.position + 4 + size, number(value, 4));
            }
        }
        if page.shape.planar {
            // Their number must not be larger than that of the channels.
            if let Some(entry) = page.directory.find(EXTRA_SAMPLES) {
                patch(entry.position, number(UNKNOWN_TAG, 2));
            }
            for (entry, first, values) in page.lists_of(plane)? {
                let value_size = entry.value_size().unwrap_or(size);
                patch(entry.position + 4, number(values.len() as u64, size));
                let value = if values.len() * value_size <= size {
                    let values = values.into_iter();
                    values.flat_map(|v| number(v, value_size)).collect()
                } else {
                    number(entry.pointer + (first * value_size) as u64, size)
                };
                patch(entry.position + 4 + size, value);
            }
        }
        for (tag, other) in [(STRIP_OFFSETS, TILE_OFFSETS), (STRIP_SIZES, TILE_SIZES)] {
            // Old writers have the places of tiles under the names of those of strips.
            if let Some(entry) = page.directory.find(tag).filter(|_| page.tiled) {
                patch(entry.position, number(u64::from(other), 2));
            }
        }
        Ok(Self {
            source,
            patches,
            position: 0,
            window: Vec::new(),
            window_start: 0,
        })
    }

    /// Fills a buffer with what the file has from a position on.
    fn fill(&self, start: u64, out: &mut [u8]) -> io::Result<()> {
        let read = self.source.read_at(start, out);
        read.map_err(|e| io::Error::other(e.message().to_owned()))?;
        let end = start + out.len() as u64;
        for (patch_start, patch) in &self.patches {
            let patch_end = patch_start + patch.len() as u64;
            let (from, to) = (start.max(*patch_start), end.min(patch_end));
            if from < to {
                out[(from - start) as usize..(to - start) as usize].copy_from_slice(
                    &patch[(from - patch_start) as usize..(to - patch_start) as usize],
                );
            }
        }
        Ok(())
    }
}

/// The tags that the crate gets to see otherwise than the file has them.
fn changes(page: &Page) -> Vec<(u16, u64)> {
    let shape = &page.shape;
    let mut changes = Vec::new();
    if !page.ycbcr || shape.planar {
        changes.push((PHOTOMETRIC, 1));
    }
    // The crate can read only bytes of such samples, so rows of bytes are what it is told of.
    let as_bytes = shape.is_packed() && (shape.bits > 8 || shape.planar);
    if as_bytes {
        changes.push((WIDTH, shape.row_bytes() as u64));
    }
    if as_bytes || shape.planar {
        changes.push((BITS, if as_bytes { 8 } else { shape.bits }));
        changes.push((SAMPLES, 1));
    }
    if shape.planar {
        changes.push((PLANAR, 1));
    }
    changes
}

impl Read for PageFile<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = self.source.len().saturating_sub(self.position);
        let most = usize::try_from(rest).unwrap_or(usize::MAX);
        let len = if out.len() >= WINDOW {
            let len = most.min(out.len());
            self.fill(self.position, &mut out[..len])?;
            len
        } else {
            let window = self.window_start..self.window_start + self.window.len() as u64;
            if !window.contains(&self.position) {
                let mut window = std::mem::take(&mut self.window);
                window.resize(most.min(WINDOW), 0);
                self.fill(self.position, &mut window)?;
                (self.window, self.window_start) = (window, self.position);
            }
            let held = &self.window[(self.position - self.window_start) as usize..];
            let len = held.len().min(out.len());
            out[..len].copy_from_slice(&held[..len]);
            len
        };
        self.position += len as u64;
        Ok(len)
    }
}

impl Seek for PageFile<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.source.len().checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
