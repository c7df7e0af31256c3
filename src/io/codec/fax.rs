//! Decoder of pages with fax compression: coded runs of white and black, row by row (T.4), or
//! changes relative to the row above (T.6).
//!
//! It is our own: the `fax` crate served for its two code tables only, which are in `fax_codes`
//! now. Rows of TIFF files may start at byte boundaries, have marks or none, and be coded by
//! themselves or not; damaged ones are skipped up to the next mark, and the number of bytes written
//! tells the caller what is missing.

use super::fax_codes::CODES;

/// Coding scheme of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::io) enum Scheme {
    /// Runs only; each row starts at a byte boundary.
    Runs,
    /// With an end-of-line code (EOL); rows are coded separately, or some relative to the one
    /// above.
    Marked { with_changes: bool },
    /// All rows are coded relative to the one above.
    Changes,
}

/// Fills rows of 1 bit per pixel, each starting at a byte boundary; white is 0. Returns the number
/// of bytes written.
pub(in crate::io) fn decode(
    scheme: Scheme,
    bytes: &[u8],
    width: usize,
    row_bytes: usize,
    out: &mut [u8],
) -> usize {
    let mut bits = FaxBits { bytes, at: 0 };
    let (mut above, mut row) = (FaxRow::default(), FaxRow::default());
    let (mut len, mut has_marks) = (0, false);
    for out in out.chunks_exact_mut(row_bytes) {
        row.clear();
        let is_whole = match scheme {
            Scheme::Runs => bits.next_byte().runs(width, &mut row),
            Scheme::Changes => bits.changes(width, &above, &mut row),
            Scheme::Marked { with_changes } => {
                let mut is_marked = bits.skip_mark();
                if has_marks && !is_marked {
                    is_marked = bits.find_mark() && bits.skip_mark();
                }
                has_marks |= is_marked;
                match with_changes && is_marked && !bits.flag() {
                    true => bits.changes(width, &above, &mut row),
                    false => bits.runs(width, &mut row),
                }
            }
        };
        let is_damaged = is_whole.is_none();
        if is_damaged && (!matches!(scheme, Scheme::Marked { .. }) || !bits.find_mark()) {
            break;
        }
        row.draw(width, out);
        len += row_bytes;
        std::mem::swap(&mut above, &mut row);
    }
    len
}

/// Positions where a row changes between white, the initial color, and black; in ascending order.
#[derive(Debug, Default, PartialEq)]
struct FaxRow {
    changes: Vec<usize>,
}

impl FaxRow {
    fn clear(&mut self) {
        self.changes.clear();
    }

    /// Adds a change; two at the same position cancel out.
    fn push(&mut self, at: usize) {
        match self.changes.last() {
            Some(last) if *last == at => drop(self.changes.pop()),
            _ => self.changes.push(at),
        }
    }

    /// The first change to the right of a position, or at the start of the row, to the color
    /// opposite to the given one, and the change after it. The search starts at change `from`,
    /// which is advanced.
    fn pair(
        &self,
        column: Option<usize>,
        is_black: bool,
        from: &mut usize,
    ) -> (Option<usize>, Option<usize>) {
        *from = from.saturating_sub(1);
        if (*from % 2 == 1) != is_black {
            *from += 1;
        }
        let is_left = |change: &usize| column.is_some_and(|column| *change <= column);
        while self.changes.get(*from).is_some_and(is_left) {
            *from += 2;
        }
        let change = |index: usize| self.changes.get(index).copied();
        (change(*from), change(*from + 1))
    }

    /// Sets the bits of the black pixels.
    fn draw(&self, width: usize, out: &mut [u8]) {
        out.fill(0);
        for run in self.changes.chunks(2) {
            let end = run.get(1).map_or(width, |end| (*end).min(width));
            set_bits(out, run[0].min(end), end);
        }
    }
}

/// Sets a range of bits, highest bit of a byte first.
fn set_bits(out: &mut [u8], start: usize, end: usize) {
    if start == end {
        return;
    }
    let (first, last) = (start / 8, (end - 1) / 8);
    let head = 0xFF >> (start % 8);
    let tail = 0xFF << (7 - (end - 1) % 8);
    if first == last {
        out[first] |= head & tail as u8;
        return;
    }
    out[first] |= head;
    out[first + 1..last].fill(0xFF);
    out[last] |= tail as u8;
}

/// Bits, highest bit of a byte first; zeros follow the last, which are not a valid code.
struct FaxBits<'a> {
    bytes: &'a [u8],
    /// Number of bits read so far.
    at: usize,
}

/// Coding mode of a row relative to the one above (ITU-T T.4, table 4).
enum Mode {
    /// Unchanged beyond the next two changes above.
    Pass,
    /// Two coded runs.
    Horizontal,
    /// A change at this offset to the right of the next one above.
    Vertical(isize),
}

impl FaxBits<'_> {
    /// The next bits, up to 16.
    fn peek(&self, bits: u8) -> u16 {
        let byte =
            |index: usize| u32::from(self.bytes.get(self.at / 8 + index).copied().unwrap_or(0));
        let window = byte(0) << 24 | byte(1) << 16 | byte(2) << 8;
        let rest = window << (self.at % 8);
        (rest >> (32 - u32::from(bits))) as u16
    }

    fn mode(&mut self) -> Option<Mode> {
        let (mode, bits) = match self.peek(7) {
            0b100_0000.. => (Mode::Vertical(0), 1),
            0b011_0000.. => (Mode::Vertical(1), 3),
            0b010_0000.. => (Mode::Vertical(-1), 3),
            0b001_0000.. => (Mode::Horizontal, 3),
            0b000_1000.. => (Mode::Pass, 4),
            0b000_0110.. => (Mode::Vertical(2), 6),
            0b000_0100.. => (Mode::Vertical(-2), 6),
            0b000_0011 => (Mode::Vertical(3), 7),
            0b000_0010 => (Mode::Vertical(-3), 7),
            // Extensions, the end, and invalid codes.
            _ => return None,
        };
        self.at += bits;
        Some(mode)
    }

    fn is_at_end(&self) -> bool {
        self.at >= 8 * self.bytes.len()
    }

    fn next_byte(&mut self) -> &mut Self {
        self.at = self.at.next_multiple_of(8);
        self
    }

    fn flag(&mut self) -> bool {
        let flag = self.peek(1) == 1;
        self.at += 1;
        flag
    }

    /// Skips an end-of-line code, 11 or more zeros and a one, if it is next.
    fn skip_mark(&mut self) -> bool {
        // No code begins with 9 zeros.
        if self.peek(9) != 0 {
            return false;
        }
        while !self.is_at_end() && self.peek(1) == 0 {
            self.at += 1;
        }
        self.at += 1;
        true
    }

    /// Skips to the next end-of-line code; `false` if there is none.
    fn find_mark(&mut self) -> bool {
        while !self.is_at_end() && self.peek(11) != 0 {
            self.at += 1;
        }
        !self.is_at_end()
    }

    /// The length of a run; long runs have several codes.
    fn run(&mut self, is_black: bool) -> Option<usize> {
        let mut len = 0;
        loop {
            let (part, bits) = CODES[usize::from(is_black)].find(|bits| self.peek(bits))?;
            self.at += usize::from(bits);
            len += part;
            if part < 64 {
                return Some(len);
            }
        }
    }

    /// Decodes a row that is coded separately.
    fn runs(&mut self, width: usize, row: &mut FaxRow) -> Option<()> {
        let (mut column, mut is_black) = (0, false);
        while column < width {
            column += self.run(is_black)?;
            row.push(column.min(width));
            is_black = !is_black;
        }
        Some(())
    }

    /// Decodes a row relative to the one above.
    fn changes(&mut self, width: usize, above: &FaxRow, row: &mut FaxRow) -> Option<()> {
        let (mut column, mut is_black, mut from) = (None, false, 0);
        while column.is_none_or(|column| column < width) {
            let (change, next) = above.pair(column, is_black, &mut from);
            let start = column.unwrap_or(0);
            column = Some(match self.mode()? {
                Mode::Pass => next.unwrap_or(width),
                Mode::Vertical(distance) => {
                    let change = change.unwrap_or(width);
                    let change = change.checked_add_signed(distance)?;
                    if change < start || change > width {
                        return None;
                    }
                    row.push(change);
                    is_black = !is_black;
                    change
                }
                Mode::Horizontal => {
                    let first = start + self.run(is_black)?;
                    let second = first + self.run(!is_black)?;
                    row.push(first.min(width));
                    row.push(second.min(width));
                    second.min(width)
                }
            });
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits written as text.
    fn bytes(text: &str) -> Vec<u8> {
        let bits: Vec<u8> = text
            .bytes()
            .filter(|byte| *byte != b' ')
            .map(|byte| byte - b'0')
            .collect();
        bits.chunks(8)
            .map(|bits| {
                bits.iter()
                    .enumerate()
                    .fold(0, |byte, (index, bit)| byte | bit << (7 - index))
            })
            .collect()
    }

    fn decoded(scheme: Scheme, text: &str, width: usize, rows: usize) -> Vec<u8> {
        let row_bytes = width.div_ceil(8);
        let mut out = vec![0xAA; row_bytes * rows];
        let len = decode(scheme, &bytes(text), width, row_bytes, &mut out);
        out.truncate(len);
        out
    }

    #[test]
    fn runs_are_white_and_black_in_turn() {
        // 2 white, 3 black, 3 white; then 0 white, 8 black.
        let rows = "0111 10 1000 000000 00110101 000101";
        assert_eq!(decoded(Scheme::Runs, rows, 8, 2), [0b0011_1000, 0xFF]);
        // 4 white, 1 black and 67 white: 64 and 3.
        let long = "1011 010 11011 1000";
        assert_eq!(
            decoded(Scheme::Runs, long, 72, 1),
            [8, 0, 0, 0, 0, 0, 0, 0, 0]
        );
    }

    #[test]
    fn rows_between_marks_survive_a_damaged_one() {
        let mark = "000000000001";
        let row = "0111 10 1000";
        let text = format!("{mark}{row} 0000{mark} 0111 11111111 {mark}{row}{mark}");
        let marked = Scheme::Marked {
            with_changes: false,
        };
        let rows = decoded(marked, &text, 8, 3);
        assert_eq!((rows.len(), rows[0], rows[2]), (3, 0x38, 0x38));
        let changes = Scheme::Marked { with_changes: true };
        let text = format!("{mark}1{row}{mark}0 1 1 1");
        assert_eq!(decoded(changes, &text, 8, 2), [0x38, 0x38]);
    }

    #[test]
    fn changes_are_relative_to_the_row_above() {
        // Horizontal with 2 white and 3 black; the end of the row is as in the row above.
        let first = "001 0111 10 1";
        // One to the right, one to the left.
        let second = "011 010 1";
        // No more changes: pass mode over both changes above.
        let third = "0001 1";
        let text = format!("{first}{second}{third}");
        let rows = decoded(Scheme::Changes, &text, 8, 4);
        assert_eq!(rows, [0b0011_1000, 0b0001_0000, 0]);
    }
}
