//! Clipping of lines and polygons to a rectangle: coordinates far outside of a page are more than
//! images and SVG viewers can handle.

use super::{PageRect, Point};

/// Pieces of a line inside a rectangle.
pub(super) fn line(points: &[Point], bounds: &PageRect) -> Vec<Vec<Point>> {
    let mut runs: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let Some((from, to)) = segment(pair[0], pair[1], bounds) else {
            continue;
        };
        match runs.last_mut() {
            Some(run) if run.last() == Some(&from) => run.push(to),
            _ => runs.push(vec![from, to]),
        }
    }
    runs
}

/// Part of a polygon inside a rectangle: nothing, or at least three corners.
pub(super) fn polygon(corners: &[Point], bounds: &PageRect) -> Vec<Point> {
    let mut corners = corners.to_vec();
    for side in 0..4 {
        let inside = |point| distances(point, bounds)[side];
        let mut kept = Vec::with_capacity(corners.len() + 4);
        for (index, &to) in corners.iter().enumerate() {
            let from = corners[index.checked_sub(1).unwrap_or(corners.len() - 1)];
            let (start, end) = (inside(from), inside(to));
            // Starts at the end inside, since the other may be far away.
            match (start < 0.0, end < 0.0) {
                (true, false) => kept.push(between(to, from, end / (end - start))),
                (false, true) => kept.push(between(from, to, start / (start - end))),
                _ => {}
            }
            if end >= 0.0 {
                kept.push(to);
            }
        }
        corners = kept;
    }
    corners
}

/// Ends of the part of a segment inside a rectangle.
fn segment(from: Point, to: Point, bounds: &PageRect) -> Option<(Point, Point)> {
    // Fractions of the segment that remain, from its end backward and from its start onward.
    let (mut back, mut onward) = (1.0f64, 1.0f64);
    let starts = distances(from, bounds).into_iter();
    for (start, end) in starts.zip(distances(to, bounds)) {
        match (start < 0.0, end < 0.0) {
            (true, true) => return None,
            (true, false) => back = back.min(end / (end - start)),
            (false, true) => onward = onward.min(start / (start - end)),
            (false, false) => {}
        }
    }
    let at = |from, to, part: f64| match part {
        1.0 => to,
        _ => between(from, to, part),
    };
    (1.0 <= back + onward).then(|| (at(to, from, back), at(from, to, onward)))
}

/// Distance of a point from each side, positive inside.
fn distances((x, y): Point, bounds: &PageRect) -> [f64; 4] {
    [
        x - bounds.left,
        bounds.right - x,
        y - bounds.top,
        bounds.bottom - y,
    ]
}

fn between(from: Point, to: Point, part: f64) -> Point {
    (
        from.0 + part * (to.0 - from.0),
        from.1 + part * (to.1 - from.1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: PageRect = PageRect {
        left: 0.0,
        top: 0.0,
        right: 10.0,
        bottom: 4.0,
    };

    #[test]
    fn lines_are_cut_where_they_leave_and_enter() {
        let inside = [(1.0, 1.0), (5.0, 2.0), (9.0, 1.0)];
        assert_eq!(line(&inside, &BOUNDS), [inside.to_vec()]);
        let over = [(0.0, 0.0), (2.0, 8.0), (4.0, 0.0)];
        let runs = [vec![(0.0, 0.0), (1.0, 4.0)], vec![(3.0, 4.0), (4.0, 0.0)]];
        assert_eq!(line(&over, &BOUNDS), runs);
        assert!(line(&[(-3.0, 3.0), (1.0, 7.0)], &BOUNDS).is_empty());
        let away = line(&[(2.0, 1.0), (1e300, 1.0), (2.0, 2.0)], &BOUNDS);
        let runs = [vec![(2.0, 1.0), (10.0, 1.0)], vec![(10.0, 2.0), (2.0, 2.0)]];
        assert_eq!(away, runs);
        let across = line(&[(5.0, -1e300), (5.0, 1e300)], &BOUNDS);
        let is_near = |(x, y): Point| x == 5.0 && (-1e-6..=4.0 + 1e-6).contains(&y);
        assert!(across.into_iter().flatten().all(is_near));
    }

    #[test]
    fn polygons_keep_what_lies_inside() {
        let corners = [(-5.0, 1.0), (3.0, 1.0), (3.0, 9.0), (-5.0, 9.0)];
        let mut cut = polygon(&corners, &BOUNDS);
        cut.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(cut, [(0.0, 1.0), (0.0, 4.0), (3.0, 1.0), (3.0, 4.0)]);
        assert!(polygon(&[(20.0, 0.0), (30.0, 0.0), (20.0, 3.0)], &BOUNDS).is_empty());
    }
}
