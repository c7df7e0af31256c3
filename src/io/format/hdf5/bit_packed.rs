//! The filters N-bit and scale-offset, which store samples in as few bits as they need.

use super::cursor::corrupted;
use crate::bail;
use crate::error::Result;
use crate::io::codec;

/// Number of bytes before the samples of scale-offset.
const HEADER: usize = 21;

/// A sequence of bits, highest bit of each byte first.
struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl BitReader<'_> {
    /// The next bits as a number; `None` past the end.
    fn take(&mut self, count: usize) -> Option<u64> {
        let (mut value, mut left) = (0, count);
        while left > 0 {
            let byte = *self.bytes.get(self.at / 8)?;
            let here = (8 - self.at % 8).min(left);
            let bits = byte >> (8 - self.at % 8 - here) & (0xFF >> (8 - here));
            value = value << here | u64::from(bits);
            self.at += here;
            left -= here;
        }
        Some(value)
    }
}

/// N-bit: samples without their insignificant bits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Nbit {
    /// Whether the bytes are stored unchanged.
    is_off: bool,
    size: usize,
    big: bool,
    precision: usize,
    offset: usize,
}

impl Nbit {
    pub(super) fn new(values: &[u32]) -> Result<Self> {
        const ATOMIC: u32 = 1;
        let get = |index: usize| values.get(index).map(|value| *value as usize);
        let is_off = get(1).is_some_and(|flag| flag != 0);
        if !is_off && get(3) != Some(ATOMIC as usize) {
            bail!("its N-bit samples are not numbers");
        }
        let nbit = Self {
            is_off,
            size: get(4).unwrap_or(0),
            big: get(5) == Some(1),
            precision: get(6).unwrap_or(0),
            offset: get(7).unwrap_or(0),
        };
        let fits = (1..=8).contains(&nbit.size)
            && (1..=64).contains(&nbit.precision)
            && nbit.offset < 64
            && nbit.offset + nbit.precision <= 8 * nbit.size;
        match is_off || fits {
            true => Ok(nbit),
            false => Err(corrupted("N-bit with invalid sizes")),
        }
    }

    pub(super) fn undo(&self, bytes: &[u8], out: &mut [u8]) -> Result<usize> {
        if self.is_off {
            let out = out.get_mut(..bytes.len()).ok_or_else(codec::corrupted)?;
            out.copy_from_slice(bytes);
            return Ok(bytes.len());
        }
        let mut bits = BitReader { bytes, at: 0 };
        let mut len = 0;
        for sample in out.chunks_exact_mut(self.size) {
            // Chunks end with their last bit.
            let Some(value) = bits.take(self.precision) else {
                break;
            };
            put(value << self.offset, self.big, sample);
            len += self.size;
        }
        Ok(len)
    }
}

/// Scale-offset: samples as differences from the minimum, scaled if they are floats.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ScaleOffset {
    kind: PackedKind,
    size: usize,
    big: bool,
    /// Number of samples of a chunk.
    count: usize,
    /// Fill value in the lowest bytes.
    fill: Option<u64>,
    /// Whether the bytes are stored unchanged.
    is_off: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum PackedKind {
    Int,
    /// Floats multiplied by this power of 10.
    Float(i32),
}

impl ScaleOffset {
    pub(super) fn new(values: &[u32]) -> Result<Self> {
        let get = |index: usize| values.get(index).copied().unwrap_or(0);
        let (scale, factor, class, size) = (get(0), get(1), get(3), get(4));
        let kind = match (class, scale) {
            (0, 2) => PackedKind::Int,
            (1, 0) => PackedKind::Float(factor as i32),
            (1, 1) => bail!("its samples are packed by scale-offset with variable exponents"),
            _ => return Err(corrupted("scale-offset with unknown parameters")),
        };
        let size_fits = match kind {
            PackedKind::Int => matches!(size, 1 | 2 | 4 | 8),
            PackedKind::Float(_) => matches!(size, 4 | 8),
        };
        if !size_fits {
            return Err(corrupted("scale-offset with invalid sizes"));
        }
        let fill = u64::from(get(9)) << 32 | u64::from(get(8));
        Ok(Self {
            kind,
            size: size as usize,
            big: get(6) == 1,
            count: get(2) as usize,
            fill: (get(7) == 1).then_some(fill),
            is_off: kind == PackedKind::Int && factor == 8 * size,
        })
    }

    pub(super) fn undo(&self, bytes: &[u8], out: &mut [u8]) -> Result<usize> {
        if self.is_off {
            let out = out.get_mut(..bytes.len()).ok_or_else(codec::corrupted)?;
            out.copy_from_slice(bytes);
            return Ok(bytes.len());
        }
        let (header, packed) = bytes
            .split_at_checked(HEADER)
            .ok_or_else(codec::corrupted)?;
        let number = |bytes: &[u8]| {
            let bytes = bytes.iter().rev();
            bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
        };
        let bits = number(&header[..4]) as usize;
        let least_len = usize::from(header[4]).min(8);
        let least = number(&header[5..5 + least_len]);
        if bits > 8 * self.size {
            return Err(codec::corrupted());
        }
        let len = self.count.checked_mul(self.size);
        let out = len.and_then(|len| out.get_mut(..len));
        let out = out.ok_or_else(codec::corrupted)?;
        let mut reader = BitReader {
            bytes: packed,
            at: 0,
        };
        let is_whole = bits == 8 * self.size;
        for (index, sample) in out.chunks_exact_mut(self.size).enumerate() {
            if is_whole {
                // In this case the bytes are little-endian samples.
                let stored = packed.get(index * self.size..(index + 1) * self.size);
                put(
                    number(stored.ok_or_else(codec::corrupted)?),
                    self.big,
                    sample,
                );
                continue;
            }
            let value = reader.take(bits).ok_or_else(codec::corrupted)?;
            let is_fill = value == (1 << bits) - 1;
            let value = match self.fill.filter(|_| is_fill) {
                Some(fill) => fill,
                None => self.restore(value, least),
            };
            put(value, self.big, sample);
        }
        Ok(out.len())
    }

    /// The bits of a sample from its difference to the minimum.
    fn restore(&self, value: u64, least: u64) -> u64 {
        match (self.kind, self.size) {
            (PackedKind::Int, _) => value.wrapping_add(least),
            (PackedKind::Float(power), 4) => {
                let least = f32::from_bits(least as u32);
                let sample = value as i32 as f32 / 10f32.powi(power) + least;
                u64::from(sample.to_bits())
            }
            (PackedKind::Float(power), _) => {
                let sample = value as i64 as f64 / 10f64.powi(power) + f64::from_bits(least);
                sample.to_bits()
            }
        }
    }
}

/// Writes the low bytes of a number.
fn put(value: u64, big: bool, sample: &mut [u8]) {
    let len = sample.len();
    sample.copy_from_slice(&value.to_le_bytes()[..len]);
    if big {
        sample.reverse();
    }
}
