//! Steps between the samples of a chunk and its bytes in a file: the codecs of the Zarr
//! specification and of the Python package numcodecs.
//!
//! They are our own: crates have the compressions, which are used here, but not the filters of
//! numcodecs (delta, fixed scale and offset, packed bits and the like), which older files contain.

use bzip2::read::MultiBzDecoder;
use flate2::Crc;
use half::f16;

use crate::bail;
use crate::error::{Error, Result, counted};
use crate::io::bytes::chunked::zeros;
use crate::io::bytes::samples::{self, Encoding};
use crate::io::codec::lzma;
use crate::io::codec::{Codec, corrupted, fill};
use crate::video::DType;

/// One encoding step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum CodecStep {
    Shared(Codec),
    Bzip2,
    /// LZMA in the container of the program xz.
    Xz,
    /// A checksum of 4 bytes before or after the data.
    Checksum {
        kind: Checksum,
        is_first: bool,
    },
    /// Eight bools per byte, preceded by a byte with the number of padding bits.
    PackBits,
    /// Samples of another type or with other values, one for each.
    Map {
        map: Map,
        from: Encoding,
        to: Encoding,
    },
}

/// Type of a checksum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Checksum {
    Crc32,
    Crc32c,
    Adler32,
    Fletcher32,
}

/// Conversion of samples on reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Map {
    /// Cast to another type.
    Cast,
    /// Cumulative sum: each is stored as the difference from the previous one.
    Sum,
    /// Division by a scale, and addition of an offset.
    Linear { scale: f64, offset: f64 },
}

/// Undoes all steps, last first, into `out`, which has to be filled.
pub(super) fn decode(steps: &[CodecStep], mut bytes: Vec<u8>, out: &mut [u8]) -> Result<()> {
    let rooms = steps.iter().scan(out.len(), |room, step| {
        let before = *room;
        *room = step.room(before);
        Some(before)
    });
    let rooms: Vec<usize> = rooms.collect();
    for (step, room) in steps.iter().zip(rooms).skip(1).rev() {
        let mut decoded = zeros(room)?;
        let len = step.decode(&bytes, &mut decoded)?;
        decoded.truncate(len);
        bytes = decoded;
    }
    let given = match steps.first() {
        Some(step) => step.decode(&bytes, out)?,
        None if bytes.len() == out.len() => {
            out.copy_from_slice(&bytes);
            bytes.len()
        }
        None => bail!(
            "one of its chunks has {} of samples instead of {}",
            counted(bytes.len(), "byte"),
            out.len()
        ),
    };
    match given == out.len() {
        true => Ok(()),
        false => Err(corrupted()),
    }
}

impl CodecStep {
    /// Maximum number of bytes that a step makes of `len`.
    fn room(&self, len: usize) -> usize {
        match self {
            CodecStep::Shared(Codec::Shuffle(_)) => len,
            CodecStep::Checksum { .. } => len.saturating_add(4),
            CodecStep::PackBits => len.div_ceil(8) + 1,
            CodecStep::Map { from, to, .. } => (len / to.size()).saturating_mul(from.size()),
            // Incompressible data becomes slightly larger.
            _ => len.saturating_add(len / 8).saturating_add(1 << 12),
        }
    }

    /// Undoes a step; returns the number of bytes written.
    fn decode(&self, bytes: &[u8], out: &mut [u8]) -> Result<usize> {
        match self {
            CodecStep::Shared(codec) => codec.decode(bytes, out),
            CodecStep::Bzip2 => fill(&mut MultiBzDecoder::new(bytes), out),
            CodecStep::Xz => lzma::decode(bytes, out).ok_or_else(corrupted),
            CodecStep::Checksum { kind, is_first } => {
                let rest = bytes.len().checked_sub(4).ok_or_else(corrupted)?;
                let (sum, data) = match is_first {
                    true => bytes.split_at(4),
                    false => {
                        let (data, sum) = bytes.split_at(rest);
                        (sum, data)
                    }
                };
                if sum != kind.of(data).to_le_bytes() {
                    bail!("one of its chunks is damaged: its checksum does not match");
                }
                out.get_mut(..rest)
                    .ok_or_else(corrupted)?
                    .copy_from_slice(data);
                Ok(rest)
            }
            CodecStep::PackBits => unpack_bits(bytes, out).ok_or_else(corrupted),
            CodecStep::Map { map, from, to } => {
                let count = bytes.len() / from.size();
                let len = count * to.size();
                let out = out.get_mut(..len).ok_or_else(corrupted)?;
                if !bytes.len().is_multiple_of(from.size()) {
                    return Err(corrupted());
                }
                map.run(bytes, *from, out, *to)?;
                Ok(len)
            }
        }
    }
}

impl Checksum {
    /// The checksum of bytes.
    pub(super) fn of(self, bytes: &[u8]) -> u32 {
        match self {
            Checksum::Crc32 => {
                let mut crc = Crc::new();
                crc.update(bytes);
                crc.sum()
            }
            Checksum::Crc32c => !bytes.iter().fold(u32::MAX, |crc, byte| {
                CRC32C[usize::from(crc as u8 ^ byte)] ^ crc >> 8
            }),
            Checksum::Adler32 => {
                // The maximum number of bytes that can be added before the sums have to be reduced.
                let (a, b) = bytes.chunks(5552).fold((1, 0), |sums, bytes| {
                    let add = |(a, b): (u32, u32), byte: &u8| {
                        let a = a + u32::from(*byte);
                        (a, b + a)
                    };
                    let (a, b) = bytes.iter().fold(sums, add);
                    (a % 65521, b % 65521)
                });
                b << 16 | a
            }
            Checksum::Fletcher32 => {
                let word =
                    |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
                let fold = |sum: u32| (sum & 0xFFFF) + (sum >> 16);
                let (a, b) = bytes.chunks(2).fold((0, 0), |(a, b), pair| {
                    let a = fold(a + word(pair));
                    (a, fold(b + a))
                });
                b << 16 | a
            }
        }
    }
}

/// Remainders of all byte values for CRC-32C.
const CRC32C: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0x82F6_3B78 } else { 0 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

fn unpack_bits(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    let (padding, bytes) = bytes.split_first()?;
    let len = (8 * bytes.len()).checked_sub((*padding).into())?;
    for (index, bit) in out.get_mut(..len)?.iter_mut().enumerate() {
        *bit = bytes[index / 8] >> (7 - index % 8) & 1;
    }
    Some(len)
}

impl Map {
    fn run(self, bytes: &[u8], from: Encoding, out: &mut [u8], to: Encoding) -> Result<()> {
        match self {
            Map::Cast if !is_float(from) && !is_float(to) => {
                write_ints(&mut ints(bytes, from), out, to);
            }
            Map::Cast => {
                write_floats(&mut floats(bytes, from)?.into_iter(), out, to);
            }
            Map::Sum if is_float(to) => {
                let mut sum = 0.0;
                let mut sums = floats(bytes, from)?.into_iter().map(|value| {
                    sum = rounded(sum + rounded(value, to), to);
                    sum
                });
                write_floats(&mut sums, out, to);
            }
            Map::Sum => {
                let mut sum = 0i64;
                let mut sums = ints(bytes, from).map(|value| {
                    sum = sum.wrapping_add(value);
                    sum
                });
                write_ints(&mut sums, out, to);
            }
            Map::Linear { scale, offset } => {
                // Floats are converted in their own precision, ints in double precision.
                let kind = match is_float(from) {
                    true => from,
                    false => DOUBLE,
                };
                let (scale, offset) = (rounded(scale, kind), rounded(offset, kind));
                let values = floats(bytes, from)?.into_iter();
                let mut values =
                    values.map(|value| rounded(rounded(value / scale, kind) + offset, kind));
                write_floats(&mut values, out, to);
            }
        }
        Ok(())
    }
}

const DOUBLE: Encoding = Encoding {
    dtype: DType::F64,
    half: false,
    swapped: false,
};

/// Whether samples are floats.
pub(super) fn is_float(encoding: Encoding) -> bool {
    matches!(encoding.dtype, DType::F32 | DType::F64)
}

/// A number in the precision of a float type.
fn rounded(value: f64, encoding: Encoding) -> f64 {
    match encoding {
        Encoding { half: true, .. } => f16::from_f64(value).to_f64(),
        Encoding {
            dtype: DType::F32, ..
        } => f64::from(value as f32),
        _ => value,
    }
}

/// Decodes bytes to floats; large ints are rounded.
fn floats(bytes: &[u8], encoding: Encoding) -> Result<Vec<f64>> {
    let mut read = |out: &mut [u8]| {
        out.copy_from_slice(bytes);
        Ok(())
    };
    samples::read_numbers(encoding, bytes.len() / encoding.size(), &mut read)
}

/// Decodes bytes to integers; those above the largest int wrap to negative ones.
fn ints(bytes: &[u8], encoding: Encoding) -> impl Iterator<Item = i64> {
    let size = encoding.size();
    let is_signed = matches!(
        encoding.dtype,
        DType::I8 | DType::I16 | DType::I32 | DType::I64
    );
    let unused = 64 - 8 * size as u32;
    bytes.chunks_exact(size).map(move |sample| {
        let mut word = [0; 8];
        match encoding.swapped == cfg!(target_endian = "little") {
            true => word[8 - size..].copy_from_slice(sample),
            false => word[..size].copy_from_slice(sample),
        }
        let value = match encoding.swapped == cfg!(target_endian = "little") {
            true => u64::from_be_bytes(word),
            false => u64::from_le_bytes(word),
        };
        match is_signed {
            true => (value << unused) as i64 >> unused,
            false => value as i64,
        }
    })
}

/// Writes integers, truncated to the lowest bits that fit the type.
fn write_ints(values: &mut dyn Iterator<Item = i64>, out: &mut [u8], encoding: Encoding) {
    if is_float(encoding) {
        return write_floats(&mut values.map(|value| value as f64), out, encoding);
    }
    let size = encoding.size();
    for (value, out) in values.zip(out.chunks_exact_mut(size)) {
        let value = match encoding.dtype {
            DType::Bool => i64::from(value != 0),
            _ => value,
        };
        out.copy_from_slice(&value.to_le_bytes()[..size]);
        if encoding.swapped == cfg!(target_endian = "little") {
            out.reverse();
        }
    }
}

/// Writes floats, truncated toward zero for int types.
fn write_floats(values: &mut dyn Iterator<Item = f64>, out: &mut [u8], encoding: Encoding) {
    if !is_float(encoding) {
        let int = |value: f64| match encoding.dtype {
            DType::Bool => i64::from(value != 0.0),
            DType::U64 => value as u64 as i64,
            _ => value as i64,
        };
        return write_ints(&mut values.map(int), out, encoding);
    }
    for (value, out) in values.zip(out.chunks_exact_mut(encoding.size())) {
        match encoding {
            Encoding { half: true, .. } => out.copy_from_slice(&f16::from_f64(value).to_ne_bytes()),
            Encoding {
                dtype: DType::F32, ..
            } => out.copy_from_slice(&(value as f32).to_ne_bytes()),
            _ => out.copy_from_slice(&value.to_ne_bytes()),
        }
        if encoding.swapped {
            out.reverse();
        }
    }
}

/// The error for an unsupported codec.
pub(super) fn unsupported(name: &str) -> Error {
    Error::new(format!(
        "its chunks are encoded by `{name}`, which is not supported"
    ))
    .hint(
        "save it with one of blosc, bz2, gzip, lz4, lzma, zlib and zstd, without filters other \
         than astype, delta, fixedscaleoffset, packbits, quantize and shuffle",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const U16: Encoding = Encoding {
        dtype: DType::U16,
        ..DOUBLE
    };

    #[test]
    fn checksums_are_those_of_their_definitions() {
        let of = |kind: Checksum| kind.of(b"123456789");
        assert_eq!(of(Checksum::Crc32), 0xCBF4_3926);
        assert_eq!(of(Checksum::Crc32c), 0xE306_9283);
        assert_eq!(of(Checksum::Adler32), 0x091E_01DE);
        assert_eq!(of(Checksum::Fletcher32), 0x09DF_09D5);
    }

    #[test]
    fn another_checksum_is_an_error() {
        for is_first in [false, true] {
            let step = CodecStep::Checksum {
                kind: Checksum::Crc32c,
                is_first,
            };
            let sum = 0xE306_9283u32.to_le_bytes();
            let bytes = match is_first {
                true => [&sum[..], b"123456789"].concat(),
                false => [b"123456789", &sum[..]].concat(),
            };
            let mut out = [0; 9];
            decode(std::slice::from_ref(&step), bytes.clone(), &mut out).unwrap();
            assert_eq!(&out, b"123456789");
            for at in 0..bytes.len() {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1;
                assert!(decode(std::slice::from_ref(&step), bytes, &mut out).is_err());
            }
            assert!(decode(&[step], vec![1; 3], &mut out).is_err());
        }
    }

    #[test]
    fn ints_keep_all_bits() {
        for swapped in [false, true] {
            for dtype in [DType::I64, DType::U64, DType::I16, DType::U8] {
                let encoding = Encoding {
                    dtype,
                    swapped,
                    half: false,
                };
                let value = i64::MAX - 1;
                let mut bytes = vec![0; encoding.size()];
                write_ints(&mut [value].into_iter(), &mut bytes, encoding);
                let read = ints(&bytes, encoding).next().unwrap();
                let expected = match dtype {
                    DType::I16 => -2,
                    DType::U8 => 254,
                    _ => value,
                };
                assert_eq!(read, expected, "{dtype} {swapped}");
            }
        }
    }

    #[test]
    fn chunks_of_another_length_are_an_error() {
        let mut out = [0; 4];
        for len in [0, 3, 5] {
            assert!(decode(&[], vec![0; len], &mut out).is_err());
        }
        let sum = CodecStep::Map {
            map: Map::Sum,
            from: U16,
            to: U16,
        };
        for len in [0, 2, 3, 5, 6] {
            assert!(decode(std::slice::from_ref(&sum), vec![0; len], &mut out).is_err());
        }
        for bytes in [vec![], vec![9, 0], vec![0], vec![5, 255], vec![0, 0, 0]] {
            assert!(decode(&[CodecStep::PackBits], bytes, &mut out).is_err());
        }
        for step in [CodecStep::Bzip2, CodecStep::Xz] {
            assert!(decode(&[step], b"BZh9 no such data".to_vec(), &mut out).is_err());
        }
    }
}
