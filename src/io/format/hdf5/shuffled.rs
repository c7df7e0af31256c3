//! The containers of LZ4 and of bitshuffle: blocks after their sizes, the highest byte of a number
//! first.

use crate::error::Result;
use crate::io::codec::blosc::unshuffle_bits;
use crate::io::codec::{corrupted, unpack_lz4, unpack_zstd};

/// Samples are shuffled in multiples of so many.
const MULTIPLE: usize = 8;

/// How many bytes the blocks of bitshuffle have at least, if it is not said how many.
const TARGET_BLOCK: usize = 8192;
const MIN_BLOCK: usize = 128;

/// How the blocks of bitshuffle are compressed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum BlockCompression {
    None,
    Lz4,
    Zstd,
}

impl BlockCompression {
    /// The one with this number in the filter.
    pub(super) fn of(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::None,
            2 => Self::Lz4,
            3 => Self::Zstd,
            _ => return None,
        })
    }
}

/// Blocks that are read one after the other.
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

/// Undoes the filter LZ4; returns how many bytes it gave.
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

/// Undoes bitshuffle of samples of so many bytes; returns how many bytes it gave.
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
    // Blocks have a multiple of 8 samples, also the last; the few after it are as they are.
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

/// How many samples a block has where it is not said.
fn default_block(size: usize) -> usize {
    (TARGET_BLOCK / size.max(1) / MULTIPLE * MULTIPLE).max(MIN_BLOCK)
}
