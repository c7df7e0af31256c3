//! Curves of traces in windows and movies.

use crate::color::Color;
use crate::draw::decimate::runs;
use crate::draw::{Image, Rect};

/// Draws a curve through points in order of their columns, within a rectangle; none leaves a gap.
/// Where there are more than two points per column of pixels, each column shows their extent.
pub fn draw(
    image: &mut Image,
    rect: Rect,
    points: impl ExactSizeIterator<Item = Option<(f32, f32)>>,
    (width, color): (f32, Color),
) {
    if points.len() <= 2 * rect.width {
        let mut last = None;
        for point in points {
            if let (Some(from), Some(to)) = (last, point) {
                image.line(from, to, width, color);
            }
            last = point;
        }
        return;
    }
    let thickness = width.round().max(1.0) as usize;
    let points = points.map(|point| point.map(|(x, y)| (f64::from(x), f64::from(y))));
    for run in runs(points, 1.0) {
        let ends = run.iter().zip(run.iter().skip(1).chain(run.last()));
        for (from, to) in ends {
            let (top, bottom) = (from.1.min(to.1), from.1.max(to.1));
            let column = Rect {
                left: (from.0 as usize).saturating_sub(thickness / 2),
                top: top as usize,
                width: thickness,
                height: (bottom - top) as usize + 1,
            };
            image.fill(column.intersect(rect), color);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[Option<(f32, f32)>]) -> Image {
        let mut image = Image::new(20, 10);
        let rect = image.area();
        draw(&mut image, rect, points.iter().copied(), (1.0, 0xff_ff_ff));
        image
    }

    fn lit(image: &Image, x: usize) -> Vec<usize> {
        (0..10).filter(|y| image.at(x, *y) != 0).collect()
    }

    #[test]
    fn gaps_are_left_open_in_sparse_and_in_dense_curves() {
        for per_column in [1, 10] {
            let point = |index: usize| {
                let x = (index as f32 + 0.5) / per_column as f32;
                let is_lost = (8.0..12.0).contains(&x);
                (!is_lost).then_some((x, 4.5))
            };
            let points: Vec<_> = (0..20 * per_column).map(point).collect();
            let image = drawn(&points);
            assert_eq!(lit(&image, 5), [4], "{per_column}");
            assert!(lit(&image, 10).is_empty(), "{per_column}");
        }
    }

    #[test]
    fn dense_curves_show_the_extent_of_each_column() {
        let point = |index: usize| {
            let y = if index == 105 {
                9.5
            } else {
                (index % 2) as f32 + 3.5
            };
            Some((index as f32 / 10.0, y))
        };
        let image = drawn(&(0..200).map(point).collect::<Vec<_>>());
        assert_eq!(lit(&image, 5), [3, 4]);
        assert_eq!(lit(&image, 10), (3..10).collect::<Vec<_>>());
    }
}
