//! The containers of LZ4 and bitshuffle: blocks preceded by their sizes, in big-endian order.

use crate::error::Result;
use crate::io::codec::blosc::unshuffle_bits;
use crate::io::codec::{corrupted, unpack_lz4, unpack_zstd};

/// Samples are shuffled in multiples of this number.
const MULTIPLE: usize = 8;

/// Minimum block size of bitshuffle in bytes, if none is stated.
const TARGET_BLOCK: usize = 8192;
const MIN_BLOCK: usize = 128;

/// Compression of bitshuffle blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum BlockCompression {
    None,
    Lz4,
    Zstd,
}

impl BlockCompression {
    /// The compression with this number in the filter.
    pub(super) fn of(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::None,
            2 => Self::Lz4,
            3 => Self::Zstd,
            _ => return None,
        })
    }
}

/// A sequence of blocks.
struct Blocks<'a> {
    rest: &'a [u8],
}

impl<'a> Blocks<'a> {
    fn number(&mut self, len: usize) -> Result<usize> {
        let (number, rest) = self.rest.split_at_checked(len).ok_or_else(corrupted)?;
        self.rest = rest;
        let number = number.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        usize::try_from(number).map_err(|_| corrupted())
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (block, rest) = self.rest.split_at_checked(len).ok_or_else(corrupted)?;
        self.rest = rest;
        Ok(block)
    }
}

/// Undoes the LZ4 filter; returns the number of bytes written.
pub(super) fn unpack_lz4_blocks(bytes: &[u8], out: &mut [u8]) -> Result<usize> {
    let mut blocks = Blocks { rest: bytes };
    let (len, block_len) = (blocks.number(8)?, blocks.number(4)?);
    let out = out.get_mut(..len).ok_or_else(corrupted)?;
    for block in out.chunks_mut(block_len.max(1)) {
        let packed_len = blocks.number(4)?;
        let packed = blocks.take(packed_len)?;
        if packed.len() == block.len() {
            block.copy_from_slice(packed);
        } else if unpack_lz4(packed, block)? < block.len() {
            return Err(corrupted());
        }
    }
    Ok(len)
}

/// Undoes bitshuffle for samples of `size` bytes; returns the number of bytes written.
pub(super) fn undo(
    size: usize,
    compression: BlockCompression,
    bytes: &[u8],
    out: &mut [u8],
) -> Result<usize> {
    let mut blocks = Blocks { rest: bytes };
    let (len, block_len) = match compression {
        BlockCompression::None => (bytes.len().min(out.len()), default_block(size) * size),
        BlockCompression::Lz4 | BlockCompression::Zstd => (blocks.number(8)?, blocks.number(4)?),
    };
    let out = out.get_mut(..len).ok_or_else(corrupted)?;
    // All blocks, even the last, have a multiple of 8 samples; the remaining ones follow unchanged.
    let group = MULTIPLE * size;
    let block_len = match block_len {
        0 => default_block(size) * size,
        len => len,
    };
    if block_len % group != 0 {
        return Err(corrupted());
    }
    let (shuffled, plain) = out.split_at_mut(len / group * group);
    let mut buffer = Vec::new();
    for block in shuffled.chunks_mut(block_len) {
        buffer.resize(block.len(), 0);
        match compression {
            BlockCompression::None => buffer.copy_from_slice(blocks.take(block.len())?),
            BlockCompression::Lz4 | BlockCompression::Zstd => {
                let packed_len = blocks.number(4)?;
                let packed = blocks.take(packed_len)?;
                let unpack = match compression {
                    BlockCompression::Zstd => unpack_zstd,
                    BlockCompression::Lz4 | BlockCompression::None => unpack_lz4,
                };
                if unpack(packed, &mut buffer)? < block.len() {
                    return Err(corrupted());
                }
            }
        }
        unshuffle_bits(&buffer, size, block);
    }
    plain.copy_from_slice(blocks.take(plain.len())?);
    Ok(len)
}

/// Default number of samples per block.
fn default_block(size: usize) -> usize {
    (TARGET_BLOCK / size.max(1) / MULTIPLE * MULTIPLE).max(MIN_BLOCK)
}
