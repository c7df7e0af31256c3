//! Addresses of the chunks of a dataset, from any of the index types of the format.

use std::collections::HashMap;

use super::arrays;
use super::btree1;
use super::btree2;
use super::cursor::corrupted;
use super::file::Hdf5File;
use super::layout::{ChunkIndex, Chunks, Dataspace};
use crate::error::Result;

/// A chunk in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chunk {
    pub(super) address: u64,
    pub(super) len: u64,
    /// Bit mask of skipped filters.
    pub(super) mask: u32,
}

/// The chunks of a dataset by their number in row-major order.
pub(super) struct ChunkMap {
    /// Number of chunks along each axis.
    pub(super) counts: Vec<u64>,
    stored: HashMap<u64, Chunk>,
    /// Contiguous chunks: the first, and the counts by which they are numbered.
    row: Option<(Chunk, Vec<u64>)>,
}

impl ChunkMap {
    /// Reads an index. `chunk_bytes` is the size of a chunk before filtering.
    pub(super) fn read(
        file: &Hdf5File,
        space: &Dataspace,
        chunks: &Chunks,
        chunk_bytes: u64,
        is_filtered: bool,
    ) -> Result<Self> {
        let counts: Vec<u64> = std::iter::zip(&space.shape, &chunks.shape)
            .map(|(len, chunk)| len.div_ceil(*chunk))
            .collect();
        product(&counts)?;
        let mut map = Self {
            counts,
            stored: HashMap::new(),
            row: None,
        };
        let Some(address) = chunks.address else {
            return Ok(map);
        };
        let plain = |address| Chunk {
            address,
            len: chunk_bytes,
            mask: 0,
        };
        let order = ChunkOrder::new(space, chunks)?;
        match chunks.index {
            ChunkIndex::Tree1 => {
                let rank = chunks.shape.len();
                btree1::chunks(file, address, rank, &mut |mut key, address| {
                    let (len, mask) = (u64::from(key.u32()?), key.u32()?);
                    let index: Vec<u64> = chunks
                        .shape
                        .iter()
                        .map(|chunk| Ok(key.uint(8)? / chunk))
                        .collect::<Result<_>>()?;
                    map.add(&index, Chunk { address, len, mask });
                    Ok(())
                })?;
            }
            ChunkIndex::Single(filtered) => {
                let (len, mask) = filtered.unwrap_or((chunk_bytes, 0));
                map.add(&vec![0; chunks.shape.len()], Chunk { address, len, mask });
            }
            ChunkIndex::Implicit => map.row = Some((plain(address), order.strides)),
            ChunkIndex::FixedArray | ChunkIndex::ExtensibleArray => {
                let is_fixed = chunks.index == ChunkIndex::FixedArray;
                let read = if is_fixed {
                    arrays::fixed
                } else {
                    arrays::extensible
                };
                read(file, address, &mut |number, mut element, with_size| {
                    let Some(address) = element.address()? else {
                        return Ok(());
                    };
                    let chunk = match with_size {
                        None => plain(address),
                        Some(size) => Chunk {
                            address,
                            len: element.uint(size)?,
                            mask: element.u32()?,
                        },
                    };
                    if let Some(index) = order.index(number) {
                        map.add(&index, chunk);
                    }
                    Ok(())
                })?;
            }
            ChunkIndex::Tree2 => {
                let records = btree2::records(file, address, &[10, 11])?;
                let axes = 8 * chunks.shape.len();
                let fixed = file.sizes.offset + axes;
                for record in records.iter() {
                    let mut cursor = file.cursor(record);
                    let address = cursor.required_address()?;
                    let chunk = match records.kind {
                        10 => plain(address),
                        _ => Chunk {
                            address,
                            len: cursor.uint(records.size.saturating_sub(fixed + 4))?,
                            mask: cursor.u32()?,
                        },
                    };
                    let index = chunks.shape.iter().map(|_| cursor.uint(8));
                    map.add(&index.collect::<Result<Vec<u64>>>()?, chunk);
                }
            }
        }
        if !is_filtered && map.stored.values().any(|chunk| chunk.len < chunk_bytes) {
            return Err(corrupted("a chunk is shorter than its shape"));
        }
        Ok(map)
    }

    /// The chunk at an index along each axis, if it exists.
    pub(super) fn get(&self, index: &[u64]) -> Option<Chunk> {
        if let Some((first, strides)) = &self.row {
            let mut coordinates = std::iter::zip(index, strides);
            let number = coordinates.try_fold(0u64, |sum, (coordinate, stride)| {
                sum.checked_add(coordinate.checked_mul(*stride)?)
            })?;
            let address = first.address.checked_add(number.checked_mul(first.len)?)?;
            return Some(Chunk { address, ..*first });
        }
        self.stored.get(&self.number(index)?).copied()
    }

    /// The chunks stored in the file, with their numbers.
    pub(super) fn stored(&self) -> impl Iterator<Item = (u64, Chunk)> {
        self.stored.iter().map(|(number, chunk)| (*number, *chunk))
    }

    /// Number of chunks that the dataset is divided into.
    pub(super) fn total(&self) -> u64 {
        self.counts.iter().product()
    }

    /// Whether no chunk is missing.
    pub(super) fn is_complete(&self) -> bool {
        self.row.is_some() || self.stored.len() as u64 == self.total()
    }

    /// The index along each axis of a chunk number.
    pub(super) fn index(&self, number: u64) -> Vec<u64> {
        split(number, &self.counts)
    }

    /// Chunks beyond the axes are ignored; they exist in datasets that were shrunk.
    fn add(&mut self, index: &[u64], chunk: Chunk) {
        if let Some(number) = self.number(index) {
            self.stored.insert(number, chunk);
        }
    }

    fn number(&self, index: &[u64]) -> Option<u64> {
        let mut coordinates = std::iter::zip(index, &self.counts);
        coordinates.try_fold(0, |number, (coordinate, count)| {
            (coordinate < count).then(|| number * count + coordinate)
        })
    }
}

fn product(counts: &[u64]) -> Result<u64> {
    let mut counts = counts.iter();
    let product = counts.try_fold(1u64, |product, count| product.checked_mul(*count));
    product.ok_or_else(|| corrupted("it has too many chunks"))
}

/// The index along each axis of a number in row-major order.
fn split(mut number: u64, counts: &[u64]) -> Vec<u64> {
    let mut index = vec![0; counts.len()];
    for (coordinate, count) in index.iter_mut().zip(counts).rev() {
        *coordinate = number % count.max(&1);
        number /= count.max(&1);
    }
    index
}

/// Numbering of chunks in arrays: by the maximum lengths of the axes, an unlimited axis first.
struct ChunkOrder {
    counts: Vec<u64>,
    strides: Vec<u64>,
    /// The axis that comes first.
    first: usize,
}

impl ChunkOrder {
    fn new(space: &Dataspace, chunks: &Chunks) -> Result<Self> {
        let growing = space.most.iter().position(Option::is_none);
        let first = growing.unwrap_or(0);
        let axes = space.shape.iter().zip(&space.most).zip(&chunks.shape);
        let mut counts: Vec<u64> = axes
            .map(|((len, most), chunk)| most.unwrap_or(*len).div_ceil(*chunk))
            .collect();
        counts[..=first].rotate_right(1);
        // The length of the first axis does not matter.
        let arrays = matches!(
            chunks.index,
            ChunkIndex::Implicit | ChunkIndex::FixedArray | ChunkIndex::ExtensibleArray
        );
        if arrays {
            product(&counts[1..])?;
        }
        let mut strides = vec![1u64; counts.len()];
        for axis in (1..counts.len()).rev() {
            strides[axis - 1] = strides[axis].saturating_mul(counts[axis]);
        }
        strides[..=first].rotate_left(1);
        Ok(Self {
            counts,
            strides,
            first,
        })
    }

    /// The index along each axis of a number in the array.
    fn index(&self, number: u64) -> Option<Vec<u64>> {
        let inner: u64 = self.counts[1..].iter().product();
        if inner == 0 {
            return None;
        }
        let mut index = split(number % inner, &self.counts);
        index[0] = number / inner;
        index[..=self.first].rotate_left(1);
        Some(index)
    }
}
