//! LZW of TIFF files: the standard form, and the older one with the reverse bit order.
//!
//! The decoder is our own, because that of the `tiff` crate failed on files without an end code,
//! which many programs write, and on the older form; files without an end code are read until the
//! output is full. It is also simpler: the string of a code is always a run of earlier output, so
//! that decoding is copying.

const CLEAR: usize = 256;
const END: usize = 257;
const MAX_BITS: u32 = 12;

/// Decodes until the end code or until `out` is full; returns the number of bytes written, or
/// `None` for undefined codes.
pub(in crate::io) fn decode(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    // Offsets in the output are kept in 32 bits.
    u32::try_from(out.len()).ok()?;
    // The first code clears the table: nine bits, lowest first in the older form.
    let is_old = matches!(bytes, [0, second, ..] if second & 1 == 1);
    let mut codes = CodeReader {
        bytes: bytes.iter(),
        held: 0,
        count: 0,
        is_old,
    };
    // Offset in the output and length of each code's string.
    let mut table = [(0u32, 0u32); 1 << MAX_BITS];
    let (mut next, mut bits, mut len) = (END + 1, 9, 0);
    let mut last: Option<(usize, usize)> = None;
    while len < out.len() {
        let Some(code) = codes.next(bits) else {
            break;
        };
        if code == END {
            break;
        }
        if code == CLEAR {
            (next, bits, last) = (END + 1, 9, None);
            continue;
        }
        let start = len;
        if let Some((last_start, last_len)) = last
            && next < table.len()
        {
            table[next] = (last_start as u32, last_len as u32 + 1);
            next += 1;
        }
        if code < CLEAR {
            out[len] = code as u8;
            len += 1;
        } else {
            let (from, count) = *table.get(code).filter(|_| code < next)?;
            let (from, count) = (from as usize, (count as usize).min(out.len() - len));
            copy(out, from, len, count);
            len += count;
        }
        last = Some((start, len - start));
        let full = if is_old { next } else { next + 1 };
        if full >= 1 << bits && bits < MAX_BITS {
            bits += 1;
        }
    }
    Some(len)
}

/// Copies bytes from an earlier offset of the output; source and target may overlap.
fn copy(out: &mut [u8], from: usize, to: usize, count: usize) {
    if from + count <= to {
        out.copy_within(from..from + count, to);
        return;
    }
    for index in 0..count {
        out[to + index] = out[from + index];
    }
}

/// The codes of a stream of bytes.
struct CodeReader<'a> {
    bytes: std::slice::Iter<'a, u8>,
    held: u32,
    /// Number of bits in the buffer.
    count: u32,
    is_old: bool,
}

impl CodeReader<'_> {
    fn next(&mut self, bits: u32) -> Option<usize> {
        while self.count < bits {
            let byte = u32::from(*self.bytes.next()?);
            if self.is_old {
                self.held |= byte << self.count;
            } else {
                self.held = self.held << 8 | byte;
            }
            self.count += 8;
        }
        self.count -= bits;
        let mask = (1 << bits) - 1;
        let code = if self.is_old {
            let code = self.held & mask;
            self.held >>= bits;
            code
        } else {
            self.held >> self.count & mask
        };
        Some(code as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of nine bits in the bit order of the standard.
    fn packed(codes: &[u32]) -> Vec<u8> {
        let bits = codes
            .iter()
            .flat_map(|code| (0..9).rev().map(move |bit| code >> bit & 1));
        let bits: Vec<u32> = bits.collect();
        let byte = |bits: &[u32]| {
            let value = bits.iter().fold(0, |value, bit| value << 1 | bit);
            (value << (8 - bits.len())) as u8
        };
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn codes_stand_for_what_came_before() {
        let bytes = packed(&[256, 7, 258, 8, 258, 257]);
        let mut out = [0; 20];
        assert_eq!(decode(&bytes, &mut out), Some(6));
        assert_eq!(out[..6], [7, 7, 7, 8, 7, 7]);
    }

    #[test]
    fn the_end_need_not_be_marked() {
        let bytes = packed(&[256, 1, 2, 3]);
        let mut out = [0; 3];
        assert_eq!(decode(&bytes, &mut out), Some(3));
        assert_eq!(decode(&bytes, &mut [0; 2]), Some(2));
        assert_eq!(decode(&bytes[..1], &mut out), Some(0));
    }

    #[test]
    fn codes_for_nothing_are_refused() {
        assert_eq!(decode(&packed(&[256, 300]), &mut [0; 9]), None);
        assert_eq!(decode(&packed(&[256, 258]), &mut [0; 9]), None);
    }
}
