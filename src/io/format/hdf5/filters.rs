//! The filters of chunks: their list in a dataset, and how each is undone.

use super::bit_packed::{Nbit, ScaleOffset};
use super::checksum::fletcher32;
use super::cursor::{Cursor, corrupted};
use super::shuffled;
use crate::error::{Error, Result};
use crate::io::codec::{self, Codec};

/// Maximum number of filters that the format allows.
const MAX_FILTERS: usize = 32;

/// A step between the samples and the bytes in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ChunkFilter {
    Codec(Codec),
    /// Fletcher's checksum after the data.
    Checksum,
    Nbit(Nbit),
    ScaleOffset(ScaleOffset),
    /// Blocks of LZ4, each preceded by its size.
    Lz4,
    /// Bit shuffle for samples of this size, in blocks that may be compressed.
    BitShuffle(usize, shuffled::BlockCompression),
    /// An unknown filter with its number and name.
    Unknown(u16, String),
}

/// Reads the filters of a dataset with elements of `size` bytes, in the order of writing.
pub(super) fn read(mut cursor: Cursor<'_>, size: usize) -> Result<Vec<ChunkFilter>> {
    let (version, count) = (cursor.u8()?, usize::from(cursor.u8()?));
    match version {
        1 => cursor.skip(6)?,
        2 => {}
        _ => return Err(corrupted("filters of an unknown version")),
    }
    if count > MAX_FILTERS {
        return Err(corrupted("it has too many filters"));
    }
    (0..count)
        .map(|_| {
            let id = cursor.u16()?;
            let name_len = match version {
                2 if id < 256 => 0,
                _ => usize::from(cursor.u16()?),
            };
            cursor.skip(2)?;
            let values = usize::from(cursor.u16()?);
            let padded = match version {
                1 => name_len.next_multiple_of(8),
                _ => name_len,
            };
            let name = String::from_utf8_lossy(cursor.take(padded)?).into_owned();
            let numbers = (0..values).map(|_| cursor.u32());
            let numbers = numbers.collect::<Result<Vec<u32>>>()?;
            if version == 1 && values % 2 == 1 {
                cursor.skip(4)?;
            }
            filter(id, name.trim_end_matches('\0'), &numbers, size)
        })
        .collect()
}

/// Identifiers of filters: those of HDF5 itself and registered ones.
mod id {
    pub(super) const DEFLATE: u16 = 1;
    pub(super) const SHUFFLE: u16 = 2;
    pub(super) const FLETCHER32: u16 = 3;
    pub(super) const NBIT: u16 = 5;
    pub(super) const SCALE_OFFSET: u16 = 6;
    pub(super) const LZF: u16 = 32_000;
    pub(super) const BLOSC: u16 = 32_001;
    pub(super) const LZ4: u16 = 32_004;
    pub(super) const BITSHUFFLE: u16 = 32_008;
    pub(super) const ZSTD: u16 = 32_015;
}

fn filter(id: u16, name: &str, values: &[u32], size: usize) -> Result<ChunkFilter> {
    Ok(match id {
        id::DEFLATE => ChunkFilter::Codec(Codec::Zlib),
        id::SHUFFLE => {
            let size = values.first().map_or(size, |size| *size as usize);
            ChunkFilter::Codec(Codec::Shuffle(size))
        }
        id::FLETCHER32 => ChunkFilter::Checksum,
        id::NBIT => ChunkFilter::Nbit(Nbit::new(values)?),
        id::SCALE_OFFSET => ChunkFilter::ScaleOffset(ScaleOffset::new(values)?),
        id::LZF => ChunkFilter::Codec(Codec::Lzf),
        id::BLOSC => ChunkFilter::Codec(Codec::Blosc),
        id::LZ4 => ChunkFilter::Lz4,
        id::BITSHUFFLE => {
            let size = values.get(2).map_or(size, |size| *size as usize);
            let compression = values.get(4).copied().unwrap_or(0);
            match shuffled::BlockCompression::of(compression).filter(|_| (1..=4096).contains(&size))
            {
                Some(compression) => ChunkFilter::BitShuffle(size, compression),
                None => ChunkFilter::Unknown(id, "bitshuffle of an unknown kind".into()),
            }
        }
        id::ZSTD => ChunkFilter::Codec(Codec::Zstd),
        id => {
            let known = KNOWN.iter().find(|(known, _)| *known == id);
            let known = known.map_or("unknown", |(_, name)| name);
            ChunkFilter::Unknown(id, if name.is_empty() { known } else { name }.into())
        }
    })
}

/// Filters that are not supported but have a name.
const KNOWN: &[(u16, &str)] = &[
    (4, "szip"),
    (307, "bzip2"),
    (32013, "zfp"),
    (32017, "SZ"),
    (32018, "FCIDECOMP"),
    (32019, "JPEG"),
    (32022, "granular BitRound"),
    (32023, "granular BitRound"),
    (32024, "SZ3"),
    (32026, "Blosc2"),
];

/// Undoes all filters that were not skipped, last first, into `out`, which has to be filled.
pub(super) fn undo(
    filters: &[ChunkFilter],
    mask: u32,
    bytes: Vec<u8>,
    out: &mut [u8],
) -> Result<()> {
    let mut steps: Vec<&ChunkFilter> = applied(filters, mask).collect();
    if steps.is_empty() {
        let bytes = bytes.get(..out.len()).ok_or_else(codec::corrupted)?;
        out.copy_from_slice(bytes);
        return Ok(());
    }
    let first = steps.remove(0);
    let mut bytes = bytes;
    // Intermediate data can be longer than the samples because of checksums and headers.
    let room = out.len() + out.len() / 8 + 1024;
    for step in steps.into_iter().rev() {
        let mut undone = vec![0; room];
        let len = step.undo(&bytes, &mut undone)?;
        undone.truncate(len);
        bytes = undone;
    }
    if first.undo(&bytes, out)? < out.len() {
        return Err(codec::corrupted());
    }
    Ok(())
}

/// Maximum decoded size of a chunk of `len` bytes in the file.
pub(super) fn most(filters: &[ChunkFilter], mask: u32, len: u64) -> u64 {
    applied(filters, mask).fold(len, |len, filter| len.saturating_mul(filter.ratio()))
}

fn applied(filters: &[ChunkFilter], mask: u32) -> impl Iterator<Item = &ChunkFilter> {
    let numbered = filters.iter().enumerate();
    numbered
        .filter(move |(index, _)| mask.checked_shr(*index as u32).unwrap_or(0) & 1 == 0)
        .map(|(_, filter)| filter)
}

impl ChunkFilter {
    /// Undoes one filter; returns the number of bytes written.
    fn undo(&self, bytes: &[u8], out: &mut [u8]) -> Result<usize> {
        match self {
            Self::Codec(codec) => codec.decode(bytes, out),
            Self::Checksum => {
                let (data, sum) = bytes.split_last_chunk::<4>().ok_or_else(codec::corrupted)?;
                let expected = fletcher32(data);
                let stored = u32::from_le_bytes(*sum);
                // Libraries before version 1.6.3 swapped the bytes of both halves.
                let swapped = stored.swap_bytes().rotate_left(16);
                if expected != stored && expected != swapped {
                    return Err(Error::new("the checksum of one of its chunks is wrong"));
                }
                let out = out.get_mut(..data.len()).ok_or_else(codec::corrupted)?;
                out.copy_from_slice(data);
                Ok(data.len())
            }
            Self::Nbit(nbit) => nbit.undo(bytes, out),
            Self::ScaleOffset(scale) => scale.undo(bytes, out),
            Self::Lz4 => shuffled::unpack_lz4_blocks(bytes, out),
            Self::BitShuffle(size, compression) => shuffled::undo(*size, *compression, bytes, out),
            Self::Unknown(id, name) => {
                let error = format!("it is compressed by the filter {id} ({name})");
                Err(Error::new(error).hint(super::REPACK))
            }
        }
    }

    /// Maximum expansion factor of a filter when undone.
    fn ratio(&self) -> u64 {
        // Upper bound of what a byte of run-length data can expand to.
        const RUNS: u64 = 1 << 17;
        match self {
            Self::Codec(Codec::Shuffle(_)) | Self::Checksum => 1,
            Self::Codec(Codec::Zlib) => 1032,
            Self::Codec(Codec::Lzf) => 264,
            Self::Lz4 => 256,
            Self::Nbit(_) => 128,
            Self::BitShuffle(_, shuffled::BlockCompression::None) => 1,
            Self::BitShuffle(_, shuffled::BlockCompression::Lz4) => 256,
            Self::Codec(_) | Self::ScaleOffset(_) | Self::BitShuffle(..) | Self::Unknown(..) => {
                RUNS
            }
        }
    }
}
