//! How masks that were drawn in a window can be made without it: as polygons of their pixels.

use std::ops::Range;

use crate::history::{History, Literal, Operation};
use crate::ops::mask::shape::{PixelRun, mask_of_runs};
use crate::video::{Strided, Video};

/// Mask of some pixels of a frame, with a history that needs no window.
pub(super) fn drawn_mask(runs: &[PixelRun], frame: [usize; 2]) -> Video {
    let mut mask = Video::new(Strided::from_vec(&frame, mask_of_runs(runs, frame)));
    mask.set_history(polygon(runs, frame));
    mask
}

/// The call of `mask_polygon` that gives exactly some pixels of a frame.
///
/// The polygon goes down along the left side of the frame, and around each run of pixels on the
/// way. All corners are between pixels, and what is passed twice cancels by the even–odd rule.
fn polygon(runs: &[PixelRun], frame: [usize; 2]) -> History {
    let mut corners = vec![[0, 0], [0, 0]];
    for (rows, columns) in rectangles(runs) {
        let (top, bottom) = (rows.start, rows.end);
        let (left, right) = (columns.start, columns.end);
        corners.extend([[top, 0], [top, left], [top, right], [bottom, right]]);
        corners.extend([[bottom, left], [top, left], [top, 0]]);
    }
    corners.dedup();
    // A polygon has three corners at least, also around nothing.
    while corners.len() < 3 {
        corners.push([0, 0]);
    }
    let between = |edge: usize| Literal::Float(edge as f64 - 0.5);
    let corners = corners.into_iter();
    let points = corners.map(|[y, x]| Literal::Array(vec![between(y), between(x)]));
    let shape = frame.map(|len| Literal::Int(len as i64));
    History::new(Operation::Call {
        function: "mask_polygon",
        arguments: vec![
            ("shape", Literal::Array(shape.into())),
            ("points", Literal::Array(points.collect())),
        ],
        positional: 2,
        has_value: true,
        recorded: None,
    })
}

/// Rows and columns of rectangles of the pixels: runs of the same columns below each other are one.
fn rectangles(runs: &[PixelRun]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut rectangles: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    // Those that reach the row above, or this one.
    let mut open: Vec<usize> = Vec::new();
    for PixelRun { y, columns } in runs {
        open.retain(|at| *y <= rectangles[*at].0.end);
        let is_above = |at: &&usize| {
            let (rows, above) = &rectangles[**at];
            rows.end == *y && above == columns
        };
        match open.iter().find(is_above).copied() {
            Some(at) => rectangles[at].0.end += 1,
            None => {
                open.push(rectangles.len());
                rectangles.push((*y..*y + 1, columns.clone()));
            }
        }
    }
    rectangles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::mask::shape::{mask_polygon, runs_of_mask};
    use crate::ops::testing::values;

    /// Corners of the polygon of a call.
    fn corners(history: &History) -> Vec<[f64; 2]> {
        let Operation::Call { arguments, .. } = history.operation() else {
            panic!("a call")
        };
        let Literal::Array(points) = &arguments[1].1 else {
            panic!("points")
        };
        let corner = |point: &Literal| match point {
            Literal::Array(pair) => match pair[..] {
                [Literal::Float(y), Literal::Float(x)] => [y, x],
                _ => panic!("a pair"),
            },
            _ => panic!("a point"),
        };
        points.iter().map(corner).collect()
    }

    #[test]
    fn polygons_give_the_same_pixels() {
        let width = 13;
        for seed in 0..40u64 {
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
            let mut random = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005) + 1;
                state >> 33
            };
            let mask: Vec<bool> = (0..width * 9).map(|_| random() % 3 < seed % 4).collect();
            let history = polygon(&runs_of_mask(&mask, width), [9, width]);
            let again = mask_polygon(&[9, width as i64], &corners(&history)).unwrap();
            let again: Vec<bool> = values(&again).iter().map(|value| *value > 0.0).collect();
            assert_eq!(again, mask);
        }
    }

    #[test]
    fn rows_alike_are_one_rectangle() {
        let mask: Vec<bool> = (0..40).map(|at| at % 8 < 3 && 8 <= at).collect();
        assert_eq!(rectangles(&runs_of_mask(&mask, 8)), [(1..5, 0..3)]);
    }
}
