//! Shards: sections of a file that contain several chunks, and an index of their offsets.

use serde_json::Value;

use super::chunk_codecs::Checksum;
use super::fields::{endian, lens, named, permutation};
use crate::bail;
use crate::error::Result;

/// A section with several chunks, or nested shards, and their index.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ZarrShard {
    /// Number of chunks along each axis of the array.
    pub(super) counts: Vec<usize>,
    /// Stride of the index along each axis of the array, in numbers.
    strides: Vec<usize>,
    /// Distance in the index between the offset of a chunk and its length.
    pair: usize,
    pub(super) list_is_first: bool,
    is_big_endian: bool,
    /// Number of checksums after the index.
    sums: usize,
    /// Number of numbers in the index.
    numbers: usize,
}

/// Offset of a chunk that was never written.
const MISSING: u64 = u64::MAX;

impl ZarrShard {
    /// A shard with axes of the lengths `outer` in stored order, and the lengths of its chunks in
    /// that order.
    pub(super) fn new(
        settings: &Value,
        outer: &[usize],
        order: &[usize],
    ) -> Result<(Self, Vec<usize>)> {
        let inner = lens(&settings["chunk_shape"], "chunk_shape")?;
        let divides = |(outer, inner): (&usize, &usize)| outer.is_multiple_of(*inner);
        if inner.len() != outer.len()
            || inner.contains(&0)
            || outer.contains(&0)
            || !outer.iter().zip(&inner).all(divides)
        {
            bail!("its shards are not multiples of its chunks");
        }
        // The index is an array with the axes in stored order, and one for the two numbers.
        let mut shape: Vec<usize> = outer.iter().zip(&inner).map(|(o, i)| o / i).collect();
        shape.push(2);
        let numbers = shape
            .iter()
            .try_fold(1usize, |len, count| len.checked_mul(*count))
            .filter(|len| *len < usize::MAX / 16);
        let Some(numbers) = numbers else {
            bail!("its shards have an impossible size");
        };
        let mut stored: Vec<usize> = (0..shape.len()).collect();
        let (mut is_big_endian, mut sums) = (false, 0);
        let codecs = settings["index_codecs"].as_array();
        for codec in codecs.map_or(&[][..], Vec::as_slice) {
            let (name, settings) = named(codec);
            match name {
                "bytes" => is_big_endian = endian(settings)?,
                "crc32c" => sums += 1,
                "transpose" => {
                    let turn = permutation(&settings["order"], shape.len())?;
                    stored = turn.into_iter().map(|axis| stored[axis]).collect();
                }
                name => {
                    bail!("the index of its shards is encoded by `{name}`, which is not supported")
                }
            }
        }
        let mut strides = vec![0; shape.len()];
        let mut stride = 1;
        for axis in stored.into_iter().rev() {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        let mut shard = ZarrShard {
            counts: vec![0; outer.len()],
            strides: vec![0; outer.len()],
            pair: strides[outer.len()],
            list_is_first: match settings["index_location"].as_str() {
                Some("start") => true,
                Some("end") | None => false,
                Some(other) => {
                    bail!("its shards have their index at the unknown location \"{other}\"")
                }
            },
            is_big_endian,
            sums,
            numbers,
        };
        for (position, axis) in order.iter().enumerate() {
            shard.counts[*axis] = shape[position];
            shard.strides[*axis] = strides[position];
        }
        Ok((shard, inner))
    }

    /// Size of the index in bytes.
    pub(super) fn list_len(&self) -> u64 {
        8 * self.numbers as u64 + 4 * self.sums as u64
    }

    /// Decodes the numbers of the index.
    pub(super) fn numbers(&self, mut bytes: &[u8]) -> Result<Vec<u64>> {
        for _ in 0..self.sums {
            let sum = bytes
                .split_off(bytes.len().saturating_sub(4)..)
                .unwrap_or_default();
            if sum != Checksum::Crc32c.of(bytes).to_le_bytes() {
                bail!("the index of one of its shards is damaged: its checksum does not match");
            }
        }
        let words = bytes.as_chunks::<8>().0.iter().copied();
        Ok(match self.is_big_endian {
            true => words.map(u64::from_be_bytes).collect(),
            false => words.map(u64::from_le_bytes).collect(),
        })
    }

    /// Offset and length of a chunk, if it was written; `index` is relative to the shard.
    pub(super) fn find(&self, numbers: &[u64], index: &[usize]) -> Option<(u64, u64)> {
        let along = index.iter().zip(&self.strides);
        let at = along.fold(0, |at, (index, stride)| at + index * stride);
        let position = (numbers[at], numbers[at + self.pair]);
        (position != (MISSING, MISSING)).then_some(position)
    }
}
