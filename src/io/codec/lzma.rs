//! Strips and tiles with LZMA compression, in the container of the program xz.

use lzma_rust2::Lzma2Reader;

use crate::io::codec::fill;

/// Length in bytes of the checksum after a block, by its number in the header.
const CHECKSUMS: [usize; 16] = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/// Minimum dictionary size.
const DICTIONARY: usize = 4096;

/// Decodes as many bytes as fit; returns their number, or `None` if the data is damaged.
pub(in crate::io) fn decode(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    let flags = bytes.strip_prefix(b"\xFD7zXZ\0")?;
    let checksum = CHECKSUMS[usize::from(flags.get(1)? & 15)];
    let mut rest = flags.get(6..)?;
    let mut len = 0;
    while len < out.len()
        && let Some(words @ 1..) = rest.first()
    {
        let (header, body) = rest.split_at_checked(4 * (usize::from(*words) + 1))?;
        let block = BlockHeader::read(header)?;
        let out = &mut out[len..];
        // No reference reaches back farther than the output.
        let dictionary = block
            .dictionary
            .min(out.len() as u64)
            .max(DICTIONARY as u64);
        let mut stream = body;
        let dictionary = u32::try_from(dictionary).unwrap_or(u32::MAX);
        let read = fill(&mut Lzma2Reader::new(&mut stream, dictionary, None), out).ok()?;
        if let Some(distance) = block.distance {
            for index in distance..read {
                out[index] = out[index].wrapping_add(out[index - distance]);
            }
        }
        len += read;
        let used = (body.len() - stream.len()).next_multiple_of(4);
        rest = body.get(used + checksum..).unwrap_or_default();
    }
    Some(len)
}

/// The fields of a block header.
struct BlockHeader {
    /// Maximum distance of repeated bytes.
    dictionary: u64,
    /// Distance of the delta filter, which stores only differences between bytes.
    distance: Option<usize>,
}

impl BlockHeader {
    fn read(header: &[u8]) -> Option<Self> {
        let flags = *header.get(1)?;
        let mut rest = &header[2..];
        for bit in [0x40, 0x80] {
            if flags & bit != 0 {
                number(&mut rest)?;
            }
        }
        let mut block = Self {
            dictionary: 0,
            distance: None,
        };
        for _ in 0..=flags & 3 {
            let (filter, len) = (number(&mut rest)?, number(&mut rest)?);
            let (values, others) = rest.split_at_checked(usize::try_from(len).ok()?)?;
            rest = others;
            match (filter, values) {
                (0x03, [distance]) => block.distance = Some(usize::from(*distance) + 1),
                (0x21, [size @ 0..=40]) => {
                    block.dictionary = u64::from(2 | size & 1) << (size / 2 + 11);
                }
                _ => return None,
            }
        }
        Some(block)
    }
}

/// A variable-length integer of 7 bits per byte, lowest first; all bytes but the last have the
/// highest bit set.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for index in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Output of `xz --delta=dist=2 --lzma2` for 1 2 3 … 12, with a checksum of 4 bytes.
#[cfg(test)]
pub(in crate::io) const EXAMPLE: &[u8] = &[
    0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x00, 0x01, 0x69, 0x22, 0xDE, 0x36, 0x02, 0x01, 0x03, 0x01,
    0x01, 0x21, 0x01, 0x16, 0x1C, 0x47, 0x78, 0x56, 0xE0, 0x00, 0x0B, 0x00, 0x07, 0x5D, 0x00, 0x00,
    0x80, 0xDB, 0xA9, 0x5C, 0x00, 0x00, 0x00, 0x00, 0x55, 0xC6, 0x5F, 0x92, 0x00, 0x01, 0x1F, 0x0C,
    0x9E, 0xF7, 0x6A, 0xE4, 0x90, 0x42, 0x99, 0x0D, 0x01, 0x00, 0x00, 0x00, 0x00, 0x01, 0x59, 0x5A,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_damage_are_understood() {
        let expected: Vec<u8> = (1..=12).collect();
        let mut out = [0; 12];
        assert_eq!(decode(EXAMPLE, &mut out), Some(12));
        assert_eq!(out[..], expected);
        assert_eq!(decode(EXAMPLE, &mut [0; 20]), Some(12));
        for end in 0..24 {
            assert!(decode(&EXAMPLE[..end], &mut out).is_none_or(|len| len < 12));
        }
    }
}
