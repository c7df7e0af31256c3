//! Lines on maps: isochrones with their values in gaps of the lines, and outlines of masks.

use super::style;
use crate::color::Color;
use crate::draw::page::{Anchor, PageItem, Point};
use crate::draw::text::DIGIT_HEIGHT;

/// Size of the values, relative to other text.
const SIZE: f64 = 0.9;

/// Smallest length of a line with a value, and distance between values, relative to the size of the
/// text.
const LEAST: f64 = 5.0;
const APART: f64 = 2.2;

/// Line on a map.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MapLine {
    /// Positions relative to the width and height of the map, from 0 to 1.
    pub(super) points: Vec<Point>,
    /// Value written on it; may be empty.
    pub(super) label: String,
    /// Color.
    pub(super) color: Color,
    /// Width, relative to the size of the text.
    pub(super) width: f64,
}

/// Draws lines, whose points are positions on the page, and their labels where those are apart.
pub(super) fn draw(shapes: &mut Vec<PageItem>, lines: &[MapLine], em: f64) {
    let mut taken: Vec<Point> = Vec::new();
    let mut labels = Vec::new();
    for line in lines {
        let room = style::width(&line.label, SIZE * em) + 0.5 * em;
        let spot = match line.label.is_empty() {
            true => None,
            false => spot(&line.points, room, &taken, em),
        };
        let mut stroke = |points: Vec<Point>| {
            if points.len() > 1 {
                shapes.push(PageItem::Line {
                    points,
                    width: line.width * em,
                    color: line.color,
                });
            }
        };
        let Some(Spot { start, end }) = spot else {
            stroke(line.points.clone());
            continue;
        };
        let (before, after) = (at(&line.points, start), at(&line.points, end));
        stroke(piece(&line.points, 0.0, start));
        stroke(piece(&line.points, end, f64::INFINITY));
        let middle = ((before.0 + after.0) / 2.0, (before.1 + after.1) / 2.0);
        taken.push(middle);
        let turn = upright((after.1 - before.1).atan2(after.0 - before.0).to_degrees());
        let (sin, cos) = turn.to_radians().sin_cos();
        let down = f64::from(DIGIT_HEIGHT) * SIZE * em / 2.0;
        let position = (middle.0 - down * sin, middle.1 + down * cos);
        let (anchor, size) = ((Anchor::Middle, turn), SIZE * em);
        labels.push(style::written(
            &line.label,
            position,
            anchor,
            size,
            line.color,
        ));
    }
    shapes.append(&mut labels);
}

/// Angle of text that is not upside down.
fn upright(degrees: f64) -> f64 {
    match degrees {
        90.0.. => degrees - 180.0,
        ..-90.0 => degrees + 180.0,
        _ => degrees,
    }
}

/// Part of a line for its value, in distances along the line.
struct Spot {
    start: f64,
    end: f64,
}

/// The straightest part of a line that has room for text, near its middle and apart from others.
fn spot(points: &[Point], room: f64, taken: &[Point], em: f64) -> Option<Spot> {
    let length = length(points);
    if length < (LEAST * em).max(1.5 * room) {
        return None;
    }
    let candidates = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8].map(|part| part * length);
    let inside = candidates
        .into_iter()
        .filter(|middle| middle - room / 2.0 > 0.2 * em && middle + room / 2.0 < length - 0.2 * em);
    let rated = inside.enumerate().filter_map(|(order, middle)| {
        let spot = Spot {
            start: middle - room / 2.0,
            end: middle + room / 2.0,
        };
        let (from, to) = (at(points, spot.start), at(points, spot.end));
        let straight = distance(from, to) / room;
        let center = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let is_free = taken
            .iter()
            .all(|other| distance(*other, center) > APART * em);
        (is_free && straight > 0.8).then_some((straight - 0.02 * order as f64, spot))
    });
    let best = rated.max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, spot)| spot)
}

fn distance(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

fn length(points: &[Point]) -> f64 {
    points
        .windows(2)
        .map(|ends| distance(ends[0], ends[1]))
        .sum()
}

/// Position at a distance along a line.
fn at(points: &[Point], along: f64) -> Point {
    let mut rest = along;
    for ends in points.windows(2) {
        let step = distance(ends[0], ends[1]);
        if rest <= step && step > 0.0 {
            let part = rest / step;
            return (
                ends[0].0 + part * (ends[1].0 - ends[0].0),
                ends[0].1 + part * (ends[1].1 - ends[0].1),
            );
        }
        rest -= step;
    }
    points[points.len() - 1]
}

/// Part of a line between two distances along it.
fn piece(points: &[Point], from: f64, to: f64) -> Vec<Point> {
    let mut piece = vec![at(points, from)];
    let mut along = 0.0;
    for ends in points.windows(2) {
        along += distance(ends[0], ends[1]);
        if from < along && along < to {
            piece.push(ends[1]);
        }
    }
    if to.is_finite() {
        piece.push(at(points, to));
    }
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: Vec<Point>) -> Vec<PageItem> {
        let line = MapLine {
            points,
            label: "20".into(),
            color: 0,
            width: 0.1,
        };
        let mut shapes = Vec::new();
        draw(&mut shapes, &[line.clone(), line], 8.0);
        shapes
    }

    #[test]
    fn values_are_in_gaps_of_their_lines() {
        let shapes = drawn(vec![(0.0, 50.0), (200.0, 50.0)]);
        let [
            PageItem::Line { points: left, .. },
            PageItem::Line { points: right, .. },
        ] = &shapes[..2]
        else {
            panic!("{shapes:?}");
        };
        let room = style::width("20", 7.2) + 4.0;
        assert!((left[1].0 - (100.0 - room / 2.0)).abs() < 1e-9);
        assert!((right[0].0 - (100.0 + room / 2.0)).abs() < 1e-9);
        let texts: Vec<_> = shapes
            .iter()
            .filter_map(|shape| match shape {
                PageItem::Text(text) => Some(text),
                _ => None,
            })
            .collect();
        assert_eq!(texts.len(), 2);
        // The second is beside the first.
        let apart = (texts[0].position.0 - texts[1].position.0).abs();
        assert!(apart > APART * 8.0, "{apart}");
    }

    #[test]
    fn short_and_crooked_lines_have_none() {
        let is_text = |shape: &PageItem| matches!(shape, PageItem::Text(_));
        assert!(!drawn(vec![(0.0, 0.0), (20.0, 0.0)]).iter().any(is_text));
        let zigzag = (0..80).map(|at| (f64::from(at), f64::from(at % 2) * 4.0));
        assert!(!drawn(zigzag.collect()).iter().any(is_text));
    }

    #[test]
    fn values_are_never_upside_down() {
        for (degrees, expected) in [(100.0, -80.0), (-120.0, 60.0), (45.0, 45.0), (180.0, 0.0)] {
            assert_eq!(upright(degrees), expected);
        }
    }
}
