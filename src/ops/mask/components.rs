//! Connected components of a mask, joined run by run.

use std::ops::Range;

use super::bit_rows::BitRows;

/// Neighboring pixels of a row that are in the mask.
struct Run {
    row: usize,
    columns: Range<usize>,
    /// Another run of the same component, which is not after this one; itself if it is the first.
    former: usize,
}

/// Components, numbered from 0 on in the order of their first pixels.
pub(super) struct Components {
    runs: Vec<Run>,
    /// Component of each run.
    numbers: Vec<usize>,
    /// Number of pixels of each component.
    pub(super) sizes: Vec<usize>,
}

impl Components {
    /// Joins pixels side by side, or with `diagonal` at corners, too.
    pub(super) fn new(mask: &BitRows, diagonal: bool) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        let (mut above, mut row) = (0..0, 0..0);
        for (y, columns) in mask.runs() {
            if runs.last().is_none_or(|last| last.row != y) {
                above = row;
                row = runs.len()..runs.len();
                if runs.last().is_none_or(|last| last.row + 1 != y) {
                    above = row.clone();
                }
            }
            let number = runs.len();
            let reach = usize::from(diagonal);
            let (start, end) = (columns.start, columns.end);
            runs.push(Run {
                row: y,
                columns,
                former: number,
            });
            row.end += 1;
            while above.start < above.end {
                let other = &runs[above.start].columns;
                if other.start >= end + reach {
                    break;
                }
                let other_end = other.end;
                if start < other_end + reach {
                    join(&mut runs, above.start, number);
                }
                // It may touch the next run of this row as well.
                if other_end > end {
                    break;
                }
                above.start += 1;
            }
        }
        let (mut numbers, mut sizes) = (Vec::with_capacity(runs.len()), Vec::new());
        for (at, run) in runs.iter().enumerate() {
            // What is before it has its number already.
            let number = match run.former == at {
                true => {
                    sizes.push(0);
                    sizes.len() - 1
                }
                false => numbers[run.former],
            };
            sizes[number] += run.columns.len();
            numbers.push(number);
        }
        Self {
            runs,
            numbers,
            sizes,
        }
    }

    /// Rows, columns and components of the runs.
    pub(super) fn runs(&self) -> impl Iterator<Item = (usize, Range<usize>, usize)> {
        let numbered = self.runs.iter().zip(&self.numbers);
        numbered.map(|(run, number)| (run.row, run.columns.clone(), *number))
    }
}

/// Makes two runs belong to the same component.
fn join(runs: &mut [Run], one: usize, other: usize) {
    let [one, other] = [first(runs, one), first(runs, other)];
    runs[one.max(other)].former = one.min(other);
}

/// First run of the component of a run as far as it is known; shortens the way to it.
fn first(runs: &mut [Run], mut at: usize) -> usize {
    while runs[at].former != at {
        runs[at].former = runs[runs[at].former].former;
        at = runs[at].former;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Number of the component of each pixel from 1 on, found by visiting neighbors.
    fn flooded(pixels: &[bool], width: usize, diagonal: bool) -> Vec<usize> {
        let (mut labels, mut count) = (vec![0; pixels.len()], 0);
        for start in 0..pixels.len() {
            if !pixels[start] || labels[start] != 0 {
                continue;
            }
            count += 1;
            let mut open = vec![start];
            while let Some(at) = open.pop() {
                labels[at] = count;
                for next in 0..pixels.len() {
                    let down = (at / width).abs_diff(next / width);
                    let along = (at % width).abs_diff(next % width);
                    let is_near = down + along == 1 || diagonal && down.max(along) == 1;
                    if is_near && pixels[next] && labels[next] == 0 {
                        open.push(next);
                    }
                }
            }
        }
        labels
    }

    proptest! {
        #[test]
        fn components_are_those_that_neighbors_lead_to(
            width in prop_oneof![1usize..14, 62usize..67],
            pixels in prop::collection::vec(prop::bool::weighted(0.55), 0..200),
            diagonal: bool,
        ) {
            let pixels = &pixels[..pixels.len() / width * width];
            let found = Components::new(&BitRows::new(pixels, width), diagonal);
            let mut labels = vec![0; pixels.len()];
            for (row, columns, number) in found.runs() {
                labels[row * width..][columns].fill(number + 1);
            }
            prop_assert_eq!(&labels, &flooded(pixels, width, diagonal));
            for (number, size) in found.sizes.iter().enumerate() {
                let pixels = labels.iter().filter(|label| **label == number + 1);
                prop_assert_eq!(pixels.count(), *size);
            }
        }
    }
}
