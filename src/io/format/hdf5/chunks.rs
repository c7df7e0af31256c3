//! Reading and decompressing the chunks of a dataset.

use super::dataset_body::DatasetBody;
use super::filters::{self, ChunkFilter};
use super::index::{Chunk, ChunkMap};
use super::layout::Chunks;
use crate::bail;
use crate::error::{Result, counted};
use crate::io::codec;

/// A chunk up to this size is accepted, however few bytes of it are in the file.
const SMALL: u64 = 16 << 20;

/// Maximum size of a chunk in bytes.
const MAX_CHUNK: u64 = u32::MAX as u64;

/// Data needed to read chunks.
pub(super) struct ChunkReader<'a> {
    body: &'a DatasetBody,
    map: ChunkMap,
    /// Lengths of a chunk's axes.
    pub(super) shape: Vec<usize>,
    /// Size of a chunk's elements in bytes.
    bytes: u64,
    edges_are_plain: bool,
}

impl<'a> ChunkReader<'a> {
    /// Reads the chunk index of a dataset.
    pub(super) fn new(body: &'a DatasetBody, chunks: &Chunks) -> Result<Self> {
        let shape = chunks.shape.iter().map(|len| usize::try_from(*len));
        let shape: Option<Vec<usize>> = shape.collect::<Result<_, _>>().ok();
        let size = body.datatype.size as u64;
        let bytes = chunks
            .shape
            .iter()
            .try_fold(size, |n, len| n.checked_mul(*len));
        let (Some(shape), Some(bytes)) = (shape, bytes) else {
            bail!("its chunks have an impossible size");
        };
        if shape.len() != body.space.shape.len() {
            bail!(
                "its chunks have {}, and the dataset has {}",
                counted(shape.len(), "axis"),
                body.space.shape.len()
            );
        }
        let map = ChunkMap::read(
            &body.file,
            &body.space,
            chunks,
            bytes,
            !body.filters.is_empty(),
        )?;
        let reader = Self {
            body,
            map,
            shape,
            bytes,
            edges_are_plain: chunks.edges_are_plain,
        };
        let mut stored = reader.map.stored();
        let is_believed = bytes <= SMALL
            || (bytes <= MAX_CHUNK
                && (reader.map.is_complete() && body.filters.is_empty()
                    || stored.any(|(_, chunk)| reader.most(chunk) == bytes)));
        drop(stored);
        if !is_believed {
            bail!("its chunks have {bytes} bytes, which the file cannot have");
        }
        Ok(reader)
    }

    /// Total size of the chunks in the file, and their maximum total size once decoded, in bytes.
    pub(super) fn sizes(&self) -> [u64; 2] {
        if self.map.is_complete() && self.body.filters.is_empty() {
            let present = self.map.total().saturating_mul(self.bytes);
            let present = present.min(self.body.file.len());
            return [present, present];
        }
        let mut sizes = [0u64; 2];
        for (_, chunk) in self.map.stored() {
            sizes[0] = sizes[0].saturating_add(chunk.len);
            sizes[1] = sizes[1].saturating_add(self.most(chunk));
        }
        sizes
    }

    /// Address of the first chunk in the file.
    pub(super) fn first(&self) -> Option<u64> {
        self.map.stored().map(|(_, chunk)| chunk.address).min()
    }

    /// Whether enough chunks were written to make it worthwhile to look for all of them.
    pub(super) fn is_dense(&self) -> bool {
        const MIN_CHUNKS: u64 = 1 << 20;
        const MAX_RATIO: u64 = 4096;
        let stored = self.map.stored().count() as u64;
        self.map.is_complete()
            || self.map.total() <= stored.saturating_mul(MAX_RATIO).max(MIN_CHUNKS)
    }

    /// Maximum size of a decoded chunk in bytes.
    fn most(&self, chunk: Chunk) -> u64 {
        match self.body.file.check(chunk.address, chunk.len) {
            Ok(()) => filters::most(&self.body.filters, chunk.mask, chunk.len).min(self.bytes),
            Err(_) => 0,
        }
    }

    /// An error if a large chunk cannot result from its bytes in the file.
    fn check(&self, chunk: Chunk) -> Result<()> {
        match self.bytes <= SMALL || self.most(chunk) == self.bytes {
            true => Ok(()),
            false => Err(codec::corrupted()),
        }
    }

    /// Decodes the chunk of an index; false if it was never written.
    pub(super) fn read(&self, index: &[u64], out: &mut [u8]) -> Result<bool> {
        let Some(chunk) = self.map.get(index) else {
            return Ok(false);
        };
        self.check(chunk)?;
        self.body.decode(out, self.bytes as usize, |elements| {
            self.read_chunk(index, chunk, elements)
        })?;
        Ok(true)
    }

    /// Reads the elements of a chunk.
    fn read_chunk(&self, index: &[u64], chunk: Chunk, out: &mut [u8]) -> Result<()> {
        let file = &self.body.file;
        let filters: &[ChunkFilter] = match self.edges_are_plain && self.is_at_edge(index) {
            true => &[],
            false => &self.body.filters,
        };
        if filters.is_empty() {
            if chunk.len < out.len() as u64 {
                return Err(codec::corrupted());
            }
            return file.read_into(chunk.address, out);
        }
        let bytes = file.read(chunk.address, chunk.len)?;
        filters::undo(filters, chunk.mask, bytes, out)
    }

    /// Whether a chunk extends beyond the end of an axis.
    fn is_at_edge(&self, index: &[u64]) -> bool {
        let axes = index.iter().zip(&self.shape).zip(&self.body.space.shape);
        axes.into_iter().any(|((coordinate, chunk), len)| {
            let end = (coordinate + 1).checked_mul(*chunk as u64);
            end.is_none_or(|end| end > *len)
        })
    }

    /// Copies the elements of all chunks of a small dataset with any number of axes.
    pub(super) fn read_all(&self, out: &mut [u8]) -> Result<()> {
        let size = self.body.datatype.size;
        let lens = &self.body.space.shape;
        for number in 0..self.map.total() {
            let index = self.map.index(number);
            let Some(chunk) = self.map.get(&index) else {
                continue;
            };
            self.check(chunk)?;
            let mut elements = vec![0; self.bytes as usize];
            self.read_chunk(&index, chunk, &mut elements)?;
            for (at, element) in elements.chunks_exact(size).enumerate() {
                let (mut rest, mut to, mut stride) = (at, 0, 1);
                let mut is_within = true;
                for axis in (0..lens.len()).rev() {
                    let coordinate =
                        index[axis] as usize * self.shape[axis] + rest % self.shape[axis];
                    rest /= self.shape[axis];
                    is_within &= (coordinate as u64) < lens[axis];
                    to += coordinate * stride;
                    stride *= lens[axis] as usize;
                }
                if is_within {
                    out[to * size..(to + 1) * size].copy_from_slice(element);
                }
            }
        }
        Ok(())
    }
}
