//! Fax codes for runs of white and black pixels, from tables 2 and 3 of ITU-T T.4.

use std::sync::LazyLock;

/// Length of the longest code in bits.
const MAX_CODE_BITS: u8 = 13;

/// White runs of 0 to 63 pixels, then of 64, 128 and so on up to 1728.
const WHITE: &str = "\
    00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 \
    110100 110101 101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 \
    0101011 0010011 0100100 0011000 00000010 00000011 00011010 00011011 00010010 00010011 \
    00010100 00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100 \
    00101101 00000100 00000101 00001010 00001011 01010010 01010011 01010100 01010101 \
    00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 \
    00110011 00110100 11011 10010 010111 0110111 00110110 00110111 01100100 01100101 \
    01101000 01100111 011001100 011001101 011010010 011010011 011010100 011010101 011010110 \
    011010111 011011000 011011001 011011010 011011011 010011000 010011001 010011010 011000 \
    010011011";

/// Black runs of the same lengths.
const BLACK: &str = "\
    0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 \
    00000111 000011000 0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 \
    00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 000011001100 \
    000011001101 000001101000 000001101001 000001101010 000001101011 000011010010 \
    000011010011 000011010100 000011010101 000011010110 000011010111 000001101100 \
    000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 \
    000001010111 000001100100 000001100101 000001010010 000001010011 000000100100 \
    000000110111 000000111000 000000100111 000000101000 000001011000 000001011001 \
    000000101011 000000101100 000001011010 000001100110 000001100111 0000001111 000011001000 \
    000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100 \
    0000001101101 0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 \
    0000001110011 0000001110100 0000001110101 0000001110110 0000001110111 0000001010010 \
    0000001010011 0000001010100 0000001010101 0000001011010 0000001011011 0000001100100 \
    0000001100101";

/// Runs of either color of 1792 pixels, 1856 and so on up to 2560.
const LONG: &str = "\
    00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 \
    000000010110 000000010111 000000011100 000000011101 000000011110 000000011111";

/// The codes of one color: for the next bits, the run and the length of its code in bits.
pub(in crate::io) struct CodeTable(Vec<Option<(u16, u8)>>);

/// The codes of white runs and those of black ones.
pub(in crate::io) static CODES: LazyLock<[CodeTable; 2]> =
    LazyLock::new(|| [WHITE, BLACK].map(CodeTable::new));

impl CodeTable {
    fn new(codes: &str) -> Self {
        let mut table = vec![None; 1 << MAX_CODE_BITS];
        let codes = codes.split(' ').chain(LONG.split(' '));
        let runs = (0..64).chain((64..=2560).step_by(64));
        for (code, run) in codes.zip(runs) {
            let free = usize::from(MAX_CODE_BITS) - code.len();
            let bits = usize::from_str_radix(code, 2).expect("zeros and ones");
            table[bits << free..(bits + 1) << free].fill(Some((run, code.len() as u8)));
        }
        Self(table)
    }

    /// The run of the next code and the code's length in bits; `peek` returns a number of the next
    /// bits.
    pub(in crate::io) fn find(&self, peek: impl Fn(u8) -> u16) -> Option<(usize, u8)> {
        let (run, len) = self.0[usize::from(peek(MAX_CODE_BITS))]?;
        Some((run.into(), len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_as_many_as_runs_and_none_begins_another() {
        for (codes, table) in [WHITE, BLACK].into_iter().zip(CODES.iter()) {
            assert_eq!(codes.split(' ').count(), 64 + 27);
            let all = codes.split(' ').chain(LONG.split(' '));
            // A code that is a prefix of another would have been partly overwritten.
            let rooms = all.map(|code| 1usize << (usize::from(MAX_CODE_BITS) - code.len()));
            let taken = table.0.iter().flatten().count();
            assert_eq!(rooms.sum::<usize>(), taken);
        }
        let found = |color: usize, next: u16| CODES[color].find(|_| next);
        assert_eq!(found(0, 0b0_1001_1011_0000), Some((1728, 9)));
        assert_eq!(found(1, 0b0_0000_0110_0101), Some((1728, 13)));
        assert_eq!(found(1, 0b0_0000_0011_1110), Some((2560, 12)));
        assert_eq!(found(0, 0), None);
    }
}
