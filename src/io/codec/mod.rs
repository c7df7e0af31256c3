//! Compressions of the chunks of HDF5 and Zarr arrays, and of the strips and tiles of TIFF files.

// Parts of it are unused if some formats are left out of the build.
#[cfg_attr(not(all(feature = "hdf5", feature = "zarr")), allow(dead_code))]
pub(in crate::io) mod blosc;
pub(in crate::io) mod catch_panic;
pub(in crate::io) mod compression;
pub(in crate::io) mod fax;
pub(in crate::io) mod fax_codes;
pub(in crate::io) mod inflate;
pub(in crate::io) mod jpeg;
pub(in crate::io) mod lzma;
pub(in crate::io) mod lzw;
pub(in crate::io) mod webp;

use std::io::Read;

use super::codec::inflate::Inflater;
use crate::bail;
use crate::error::{Error, Result};

/// One step between the bytes in the file and those of the samples.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Codec {
    Zlib,
    Gzip,
    Zstd,
    /// LZ4, preceded by the decompressed size.
    Lz4,
    /// LZF, as named by h5py.
    Lzf,
    Blosc,
    /// Byte shuffle for samples of this size: all first bytes, then all second bytes, ….
    Shuffle(usize),
}

/// The error for a chunk that cannot be decoded.
pub(super) fn corrupted() -> Error {
    Error::new("one of its chunks is damaged")
}

impl Codec {
    /// Undoes one step; returns the number of bytes written.
    pub(super) fn decode(&self, bytes: &[u8], out: &mut [u8]) -> Result<usize> {
        match self {
            Codec::Zlib => Inflater::new().zlib(bytes, out).ok_or_else(corrupted),
            Codec::Gzip => Inflater::new().gzip(bytes, out).ok_or_else(corrupted),
            Codec::Zstd => unpack_zstd(bytes, out),
            Codec::Lz4 => match bytes {
                [_, _, _, _, rest @ ..] => unpack_lz4(rest, out),
                _ => Err(corrupted()),
            },
            Codec::Lzf => unpack_lzf(bytes, out).ok_or_else(corrupted),
            Codec::Blosc => blosc::decode(bytes, out),
            Codec::Shuffle(size) => {
                let out = out.get_mut(..bytes.len()).ok_or_else(corrupted)?;
                unshuffle(bytes, *size, out);
                Ok(bytes.len())
            }
        }
    }
}

/// Reads until the end or until `out` is full.
pub(super) fn fill(stream: &mut dyn Read, out: &mut [u8]) -> Result<usize> {
    let mut len = 0;
    while len < out.len() {
        match stream.read(&mut out[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(_) => bail!("one of its chunks is damaged"),
        }
    }
    Ok(len)
}

pub(super) fn unpack_zstd(bytes: &[u8], out: &mut [u8]) -> Result<usize> {
    zstd::bulk::decompress_to_buffer(bytes, out).map_err(|_| corrupted())
}

pub(super) fn unpack_lz4(bytes: &[u8], out: &mut [u8]) -> Result<usize> {
    lz4_flex::block::decompress_into(bytes, out).map_err(|_| corrupted())
}

/// Undoes a byte shuffle, which groups bytes by their position in a sample; an incomplete sample at
/// the end follows unchanged.
pub(super) fn unshuffle(bytes: &[u8], size: usize, out: &mut [u8]) {
    let count = bytes.len() / size.max(1);
    // At most one sample, whatever size is claimed.
    if count < 2 {
        out.copy_from_slice(bytes);
        return;
    }
    match size {
        2 => unshuffle_by::<2>(bytes, count, out),
        4 => unshuffle_by::<4>(bytes, count, out),
        8 => unshuffle_by::<8>(bytes, count, out),
        _ => {
            for byte_index in 0..size {
                let plane = &bytes[byte_index * count..(byte_index + 1) * count];
                let samples = out[..count * size]
                    .iter_mut()
                    .skip(byte_index)
                    .step_by(size.max(1));
                samples.zip(plane).for_each(|(out, byte)| *out = *byte);
            }
        }
    }
    out[count * size..].copy_from_slice(&bytes[count * size..]);
}

fn unshuffle_by<const SIZE: usize>(bytes: &[u8], count: usize, out: &mut [u8]) {
    let planes: [&[u8]; SIZE] =
        std::array::from_fn(|byte_index| &bytes[byte_index * count..(byte_index + 1) * count]);
    let (samples, _) = out.as_chunks_mut::<SIZE>();
    for (index, sample) in samples.iter_mut().enumerate().take(count) {
        for (out, plane) in sample.iter_mut().zip(planes) {
            *out = plane[index];
        }
    }
}

/// Decompresses LZF: runs of literals and back references.
fn unpack_lzf(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    let (mut at, mut len) = (0, 0);
    while let Some(&control) = bytes.get(at) {
        at += 1;
        let control = usize::from(control);
        if control < 32 {
            let literals = bytes.get(at..at + control + 1)?;
            out.get_mut(len..len + literals.len())?
                .copy_from_slice(literals);
            (at, len) = (at + literals.len(), len + literals.len());
            continue;
        }
        let mut count = control >> 5;
        if count == 7 {
            count += usize::from(*bytes.get(at)?);
            at += 1;
        }
        let distance = ((control & 31) << 8) + usize::from(*bytes.get(at)?) + 1;
        at += 1;
        repeat(out, len, distance, count + 2)?;
        len += count + 2;
    }
    Some(len)
}

/// Copies `count` bytes to `at` from `distance` bytes before; the ranges may overlap.
pub(super) fn repeat(out: &mut [u8], at: usize, distance: usize, count: usize) -> Option<()> {
    let from = at.checked_sub(distance)?;
    if at.checked_add(count)? > out.len() {
        return None;
    }
    if distance >= count {
        out.copy_within(from..from + count, at);
    } else {
        for index in 0..count {
            out[at + index] = out[from + index];
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffled_bytes_are_put_together() {
        for size in [1, 2, 3, 4, 8] {
            let samples: Vec<u8> = (0..50).collect();
            let count = samples.len() / size;
            let mut shuffled: Vec<u8> = (0..size)
                .flat_map(|byte_index| {
                    (0..count).map(move |index| (index * size + byte_index) as u8)
                })
                .collect();
            shuffled.extend(&samples[count * size..]);
            let mut out = vec![0; samples.len()];
            unshuffle(&shuffled, size, &mut out);
            assert_eq!(out, samples, "{size}");
        }
    }

    #[test]
    fn lzf_repeats_what_came_before() {
        let packed = [2, b'a', b'b', b'c', 3 << 5, 2, 0, b'd'];
        let mut out = [0; 9];
        assert_eq!(Codec::Lzf.decode(&packed, &mut out).unwrap(), 9);
        assert_eq!(&out, b"abcabcabd");
    }

    #[test]
    fn too_few_or_too_many_bytes_are_an_error() {
        for codec in [
            Codec::Lzf,
            Codec::Zstd,
            Codec::Zlib,
            Codec::Gzip,
            Codec::Lz4,
            Codec::Blosc,
        ] {
            for bytes in [vec![], vec![255; 3], vec![2; 40]] {
                let decoded = codec.decode(&bytes, &mut [0; 64]);
                assert!(decoded.is_err() || decoded.is_ok_and(|len| len < 64));
            }
        }
        assert!(Codec::Shuffle(2).decode(&[1; 6], &mut [0; 4]).is_err());
    }
}
