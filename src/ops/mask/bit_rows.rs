//! Masks with 64 pixels in each word.

use std::ops::Range;

/// Pixels in a word.
const BITS: usize = u64::BITS as usize;

/// One frame of a mask, with bits for pixels. Each row begins with a new word, whose bits beyond the
/// end of the row are 0.
#[derive(Clone, PartialEq)]
pub(super) struct BitRows {
    width: usize,
    height: usize,
    /// Number of words of a row, at least one.
    stride: usize,
    words: Vec<u64>,
}

impl BitRows {
    pub(super) fn new(pixels: &[bool], width: usize) -> Self {
        let stride = width.div_ceil(BITS).max(1);
        let height = pixels.len() / width.max(1);
        let mut words = vec![0; height * stride];
        let rows = pixels.chunks_exact(width.max(1));
        for (words, row) in words.chunks_exact_mut(stride).zip(rows) {
            for (word, pixels) in words.iter_mut().zip(row.chunks(BITS)) {
                *word = pixels
                    .iter()
                    .enumerate()
                    .fold(0, |word, (bit, pixel)| word | u64::from(*pixel) << bit);
            }
        }
        Self {
            width,
            height,
            stride,
            words,
        }
    }

    /// Writes the pixels.
    pub(super) fn write(&self, pixels: &mut [bool]) {
        let rows = pixels.chunks_exact_mut(self.width.max(1));
        for (row, words) in rows.zip(self.words.chunks_exact(self.stride)) {
            for (pixels, word) in row.chunks_mut(BITS).zip(words) {
                for (bit, pixel) in pixels.iter_mut().enumerate() {
                    *pixel = word >> bit & 1 != 0;
                }
            }
        }
    }

    /// Swaps what is in the mask and what is not.
    pub(super) fn invert(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.clear_ends();
    }

    /// Clears the bits beyond the ends of the rows.
    fn clear_ends(&mut self) {
        let used = self.width - (self.stride - 1) * BITS;
        if used < BITS {
            for row in self.words.chunks_exact_mut(self.stride) {
                row[self.stride - 1] &= (1 << used) - 1;
            }
        }
    }

    /// Numbers of the rows, and the columns of their runs of pixels in the mask, in order.
    pub(super) fn runs(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let rows = self.words.chunks_exact(self.stride).enumerate();
        rows.flat_map(|(y, words)| Runs { words, from: 0 }.map(move |run| (y, run)))
    }

    /// Pixels whose neighborhood has one in the mask, or with `is_erosion` only such. In the rows at
    /// distance `d` above and below, it goes as far as `reaches[d]` to the left and to the right, at
    /// most `reaches[d - 1]`. Nothing outside of the frame is in the mask.
    pub(super) fn spread(&self, reaches: &[usize], is_erosion: bool) -> Self {
        match is_erosion {
            true => self.combine(reaches, !0, |a, b| a & b),
            false => self.combine(reaches, 0, |a, b| a | b),
        }
    }

    #[inline(always)]
    fn combine(&self, reaches: &[usize], start: u64, join: impl Fn(u64, u64) -> u64) -> Self {
        let mut found = self.clone();
        found.words.fill(start);
        let mut line = vec![0; self.stride];
        let join_row = |row: &mut [u64], line: &[u64]| {
            for (word, other) in row.iter_mut().zip(line) {
                *word = join(*word, *other);
            }
        };
        for y in 0..self.height {
            line.copy_from_slice(&self.words[y * self.stride..][..self.stride]);
            // The line grows or shrinks by one pixel at a time; first those rows are due that are
            // farthest away.
            let mut reach = 0;
            for (distance, due) in reaches.iter().enumerate().rev() {
                while reach < *due {
                    step(&mut line, &join);
                    reach += 1;
                }
                if distance <= y {
                    join_row(found.row_mut(y - distance), &line);
                }
                if distance > 0 && y + distance < self.height {
                    join_row(found.row_mut(y + distance), &line);
                }
            }
        }
        if start != 0 {
            // Rows outside of the frame are not in the mask.
            let beyond = (reaches.len().saturating_sub(1)).min(self.height);
            for y in (0..beyond).chain(self.height - beyond..self.height) {
                found.row_mut(y).fill(0);
            }
        }
        found.clear_ends();
        found
    }

    fn row_mut(&mut self, y: usize) -> &mut [u64] {
        &mut self.words[y * self.stride..][..self.stride]
    }
}

/// Joins each pixel of a row with those to its left and right; beyond the row, there are none.
#[inline(always)]
fn step(line: &mut [u64], join: impl Fn(u64, u64) -> u64) {
    let mut before = 0;
    for at in 0..line.len() {
        let (word, after) = (line[at], line.get(at + 1).copied().unwrap_or(0));
        let left = word << 1 | before >> (BITS - 1);
        let right = word >> 1 | after << (BITS - 1);
        line[at] = join(join(word, left), right);
        before = word;
    }
}

/// Runs of set bits of a row.
struct Runs<'a> {
    words: &'a [u64],
    /// Where the next one is looked for.
    from: usize,
}

impl Runs<'_> {
    /// First set bit, or with `flip` of !0 the first other one, from a position on.
    fn position_of(&self, from: usize, flip: u64) -> Option<usize> {
        let mut at = from / BITS;
        let mut word = (self.words.get(at)? ^ flip) & (!0 << (from % BITS));
        while word == 0 {
            at += 1;
            word = self.words.get(at)? ^ flip;
        }
        Some(at * BITS + word.trailing_zeros() as usize)
    }
}

impl Iterator for Runs<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.position_of(self.from, 0)?;
        let end = self
            .position_of(start, !0)
            .unwrap_or(self.words.len() * BITS);
        self.from = end;
        Some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Widths at the ends of words, and masks with few or with many pixels.
    fn masks() -> impl Strategy<Value = (usize, Vec<bool>)> {
        let widths = prop_oneof![1usize..12, 60usize..70, 126usize..131];
        (widths, 1usize..10, 0.0..1.0f64).prop_flat_map(|(width, height, share)| {
            let pixels = prop::collection::vec(prop::bool::weighted(share), width * height);
            pixels.prop_map(move |pixels| (width, pixels))
        })
    }

    proptest! {
        #[test]
        fn pixels_are_what_they_were((width, pixels) in masks()) {
            let mut bits = BitRows::new(&pixels, width);
            let mut found = pixels.clone();
            bits.write(&mut found);
            prop_assert_eq!(&found, &pixels);
            let mut of_runs = vec![false; pixels.len()];
            for (y, columns) in bits.runs() {
                let run = &mut of_runs[y * width..][columns.clone()];
                prop_assert!(run.iter().all(|pixel| !pixel));
                run.fill(true);
                prop_assert!(columns.end == width || !pixels[y * width + columns.end]);
            }
            prop_assert_eq!(&of_runs, &pixels);
            bits.invert();
            bits.write(&mut found);
            prop_assert!(found.iter().zip(&pixels).all(|(a, b)| a != b));
        }
    }
}
