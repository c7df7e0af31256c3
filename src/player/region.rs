//! Shapes in the frames of a player: how they are drawn, grabbed, moved, resized and painted.

use crate::ops::mask::shape::{PixelRun, RegionShape, mask_of_runs, runs_of_mask, within};
use crate::view::trace_plot::TRACE_SIZE;

/// Position in a frame: column and row, 0.5 in the center of the first pixel.
pub(super) type FramePoint = (f64, f64);

/// Position of the center of the first pixel in a frame of a player; in a shape it is 0.
const CENTER: f64 = 0.5;

/// Pixels of a probe.
#[derive(Debug, Clone, PartialEq)]
pub enum ProbeRegion {
    /// A pixel.
    Point {
        /// Row.
        y: usize,
        /// Column.
        x: usize,
    },
    /// A region.
    Shape(RegionShape),
}

/// A position in a frame as rows and columns of a shape.
pub(super) fn of_frame((x, y): FramePoint) -> [f64; 2] {
    [y - CENTER, x - CENTER]
}

fn in_frame([y, x]: [f64; 2]) -> FramePoint {
    (x + CENTER, y + CENTER)
}

/// Rectangle with two opposite corners, at least one pixel, clipped to the frame.
pub(super) fn rectangle_between(
    a: FramePoint,
    b: FramePoint,
    (width, height): (usize, usize),
) -> [i64; 4] {
    let first = |a: f64, b: f64, length: usize| {
        (a.min(b).round().max(0.0) as usize).min(length.saturating_sub(1))
    };
    let end = |a: f64, b: f64, first: usize, length: usize| {
        (a.max(b).round().max(0.0) as usize).clamp(first + 1, length.max(first + 1))
    };
    let (x0, y0) = (first(a.0, b.0, width), first(a.1, b.1, height));
    let (x1, y1) = (end(a.0, b.0, x0, width), end(a.1, b.1, y0, height));
    [y0, x0, y1, x1].map(|at| at as i64)
}

/// The ellipse in such a rectangle.
pub(super) fn ellipse_between(a: FramePoint, b: FramePoint, size: (usize, usize)) -> RegionShape {
    RegionShape::ellipse_in(rectangle_between(a, b, size).map(|at| at as f64))
}

impl ProbeRegion {
    /// Kind of shape.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Point { .. } => "point",
            Self::Shape(shape) => shape.kind(),
        }
    }

    /// The shape, unless it is a point.
    pub fn shape(&self) -> Option<&RegionShape> {
        match self {
            Self::Point { .. } => None,
            Self::Shape(shape) => Some(shape),
        }
    }

    /// Pixels whose mean is the trace, in frames of a width and height: of a point, those of the
    /// square around it.
    pub fn runs(&self, (width, height): (usize, usize)) -> Vec<PixelRun> {
        match self {
            Self::Point { y, x } => {
                let half = TRACE_SIZE as i64 / 2;
                let (y, x) = (*y as i64, *x as i64);
                let square = [y - half, x - half, y + half + 1, x + half + 1];
                RegionShape::Rectangle(square).runs([height, width])
            }
            Self::Shape(shape) => shape.runs([height, width]),
        }
    }

    /// First row and column of the pixels, and those to stop before.
    pub fn bounds(&self, size: (usize, usize)) -> Option<[usize; 4]> {
        let bounds = |run: &PixelRun| [run.y, run.columns.start, run.y + 1, run.columns.end];
        let runs = self.runs(size);
        runs.iter().map(bounds).reduce(|a, b| {
            [
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[2].max(b[2]),
                a[3].max(b[3]),
            ]
        })
    }

    /// Whether a position is inside; of a point and a line, whether it is near.
    pub(super) fn contains(&self, at: FramePoint, reach: f64, size: (usize, usize)) -> bool {
        match self {
            Self::Point { y, x } => (at.0 - *x as f64 - 0.5).hypot(at.1 - *y as f64 - 0.5) <= reach,
            Self::Shape(RegionShape::Line(points)) => {
                let at = of_frame(at);
                let mut pieces = points.iter().zip(&points[1..]);
                pieces.any(|(from, to)| distance_to_line(at, [*from, *to]) <= reach)
            }
            Self::Shape(shape) => {
                let (x, y) = (at.0.max(0.0) as usize, at.1.max(0.0) as usize);
                let runs = shape.runs([size.1, size.0]);
                runs.iter()
                    .any(|run| run.y == y && run.columns.contains(&x))
            }
        }
    }

    /// Positions where it can be grabbed to be resized.
    pub(super) fn handles(&self) -> Vec<FramePoint> {
        match self.shape() {
            None | Some(RegionShape::Mask { .. } | RegionShape::Freehand(_)) => Vec::new(),
            Some(RegionShape::Polygon(points) | RegionShape::Line(points)) => {
                points.iter().copied().map(in_frame).collect()
            }
            Some(shape) => corners(shape).to_vec(),
        }
    }

    /// The same shape with a handle elsewhere.
    pub(super) fn resized(&self, handle: usize, to: FramePoint, size: (usize, usize)) -> Self {
        let Self::Shape(shape) = self else {
            return self.clone();
        };
        let opposite = || corners(shape)[(handle + 2) % 4];
        let with_point = |points: &[[f64; 2]]| {
            let mut points = points.to_vec();
            points[handle] = of_frame(to);
            points
        };
        Self::Shape(match shape {
            RegionShape::Rectangle(_) => {
                RegionShape::Rectangle(rectangle_between(opposite(), to, size))
            }
            RegionShape::Ellipse { .. } => ellipse_between(opposite(), to, size),
            RegionShape::Polygon(points) => RegionShape::Polygon(with_point(points)),
            RegionShape::Line(points) => RegionShape::Line(with_point(points)),
            RegionShape::Freehand(_) | RegionShape::Mask { .. } => shape.clone(),
        })
    }

    /// The same shape elsewhere in the frame; no more of it leaves the frame. Only polygons and
    /// lines move by parts of a pixel.
    pub(super) fn moved(&self, by: FramePoint, size: (usize, usize)) -> Self {
        let allowed = |by: f64, low: f64, high: f64, length: usize| {
            by.clamp((-low).min(0.0), (length as f64 - high).max(0.0))
        };
        let whole = |[y0, x0, y1, x1]: [f64; 4]| {
            let down = allowed(by.1.round(), y0, y1, size.1).round();
            let right = allowed(by.0.round(), x0, x1, size.0).round();
            [down, right]
        };
        let points = |points: &[[f64; 2]]| {
            let shift = |axis: usize, by: f64, length: usize| {
                let along = points.iter().map(|point| point[axis] + CENTER);
                let low = along.clone().fold(f64::INFINITY, f64::min);
                allowed(by, low, along.fold(f64::NEG_INFINITY, f64::max), length)
            };
            let (down, right) = (shift(0, by.1, size.1), shift(1, by.0, size.0));
            points.iter().map(|[y, x]| [y + down, x + right]).collect()
        };
        let shape = match self {
            Self::Point { y, x } => {
                let to = |at: usize, by: f64, length: usize| {
                    (at as f64 + by.round()).clamp(0.0, length as f64 - 1.0) as usize
                };
                return Self::Point {
                    y: to(*y, by.1, size.1),
                    x: to(*x, by.0, size.0),
                };
            }
            Self::Shape(shape) => shape,
        };
        Self::Shape(match shape {
            RegionShape::Rectangle(bounds) => {
                let [down, right] = whole(bounds.map(|at| at as f64)).map(|by| by as i64);
                let [y0, x0, y1, x1] = *bounds;
                RegionShape::Rectangle([y0 + down, x0 + right, y1 + down, x1 + right])
            }
            RegionShape::Ellipse { center, radii } => {
                let [(x0, y0), _, (x1, y1), _] = corners(shape);
                let [down, right] = whole([y0, x0, y1, x1]);
                RegionShape::Ellipse {
                    center: [center[0] + down, center[1] + right],
                    radii: *radii,
                }
            }
            RegionShape::Polygon(corners) => RegionShape::Polygon(points(corners)),
            RegionShape::Freehand(line) => RegionShape::Freehand(points(line)),
            RegionShape::Line(line) => RegionShape::Line(points(line)),
            RegionShape::Mask { frame, runs } => {
                let Some(bounds) = self.bounds(size) else {
                    return self.clone();
                };
                let [down, right] = whole(bounds.map(|at| at as f64)).map(|by| by as isize);
                // Within the frame, as the bounds are.
                let to = |at: usize, by: isize| at.saturating_add_signed(by);
                let run = |run: &PixelRun| PixelRun {
                    y: to(run.y, down),
                    columns: to(run.columns.start, right)..to(run.columns.end, right),
                };
                RegionShape::Mask {
                    frame: *frame,
                    runs: runs.iter().map(run).collect(),
                }
            }
        })
    }

    /// Outline as a line through positions; empty for a point and a mask.
    pub(super) fn outline(&self) -> Vec<FramePoint> {
        let Some(shape) = self.shape() else {
            return Vec::new();
        };
        let mut points: Vec<_> = match shape {
            RegionShape::Mask { .. } => return Vec::new(),
            RegionShape::Line(points) => return points.iter().copied().map(in_frame).collect(),
            RegionShape::Rectangle(_) => corners(shape).to_vec(),
            RegionShape::Polygon(points) | RegionShape::Freehand(points) => {
                points.iter().copied().map(in_frame).collect()
            }
            RegionShape::Ellipse { center, radii } => {
                const PIECES: u8 = 64;
                let angle =
                    |piece: u8| f64::from(piece) / f64::from(PIECES) * std::f64::consts::TAU;
                let point = |angle: f64| {
                    in_frame([
                        center[0] + radii[0] * angle.sin(),
                        center[1] + radii[1] * angle.cos(),
                    ])
                };
                (0..PIECES).map(|piece| point(angle(piece))).collect()
            }
        };
        points.extend(points.first().copied());
        points
    }
}

/// Corners of a rectangle or around an ellipse, in order around it; of other shapes all are the same.
fn corners(shape: &RegionShape) -> [FramePoint; 4] {
    let [y0, x0, y1, x1] = match shape {
        RegionShape::Rectangle(bounds) => bounds.map(|at| at as f64),
        RegionShape::Ellipse { center, radii } => {
            let (x, y) = in_frame(*center);
            [y - radii[0], x - radii[1], y + radii[0], x + radii[1]]
        }
        _ => [0.0; 4],
    };
    [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
}

/// Pixels after a brush or an eraser of a radius was drawn through positions; pixels that are not
/// paintable stay as they are.
pub(super) fn painted(
    runs: &[PixelRun],
    stroke: &[FramePoint],
    (radius, is_eraser, paintable): (f64, bool, Option<&[bool]>),
    (width, height): (usize, usize),
) -> Vec<PixelRun> {
    let mut mask = mask_of_runs(runs, [height, width]);
    let stroke: Vec<_> = stroke.iter().copied().map(of_frame).collect();
    let ends = stroke.iter().skip(1).chain(stroke.last());
    for (from, to) in stroke.iter().zip(ends) {
        let reach = |axis: usize, length: usize| {
            let (low, high) = (from[axis].min(to[axis]), from[axis].max(to[axis]));
            within(low - radius, high + radius, length)
        };
        for y in reach(0, height) {
            for x in reach(1, width) {
                let pixel = y * width + x;
                if paintable.is_none_or(|paintable| paintable[pixel])
                    && distance_to_line([y as f64, x as f64], [*from, *to]) <= radius
                {
                    mask[pixel] = !is_eraser;
                }
            }
        }
    }
    runs_of_mask(&mask, width)
}

/// Distance of a point from a line between two others.
fn distance_to_line([y, x]: [f64; 2], [from, to]: [[f64; 2]; 2]) -> f64 {
    let (down, right) = (to[0] - from[0], to[1] - from[1]);
    let squared = right * right + down * down;
    let part = match squared {
        0.0 => 0.0,
        _ => (((x - from[1]) * right + (y - from[0]) * down) / squared).clamp(0.0, 1.0),
    };
    (x - from[1] - part * right).hypot(y - from[0] - part * down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::mask::shape::area;

    const SIZE: (usize, usize) = (20, 10);

    fn count(region: &ProbeRegion) -> usize {
        area(&region.runs(SIZE))
    }

    fn rectangle(bounds: [i64; 4]) -> ProbeRegion {
        ProbeRegion::Shape(RegionShape::Rectangle(bounds))
    }

    fn ellipse() -> ProbeRegion {
        ProbeRegion::Shape(RegionShape::ellipse_in([2.0, 4.0, 8.0, 10.0]))
    }

    fn line(points: &[FramePoint]) -> ProbeRegion {
        let points = points.iter().copied().map(of_frame);
        ProbeRegion::Shape(RegionShape::Line(points.collect()))
    }

    fn square(x: f64, y: f64, side: f64) -> ProbeRegion {
        let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)];
        let corners = corners.map(of_frame).into();
        ProbeRegion::Shape(RegionShape::Polygon(corners))
    }

    #[test]
    fn a_point_is_the_square_around_it() {
        assert_eq!(count(&ProbeRegion::Point { y: 0, x: 5 }), 15);
        assert_eq!(
            ProbeRegion::Point { y: 4, x: 5 }.bounds(SIZE),
            Some([2, 3, 7, 8])
        );
    }

    #[test]
    fn brushes_add_and_erasers_remove_pixels() {
        let stroke = [(2.5, 4.5), (12.5, 4.5)];
        let painted_line = painted(&[], &stroke, (1.2, false, None), SIZE);
        assert_eq!(area(&painted_line), 3 * 11 + 2);
        let rest = painted(&painted_line, &[(2.5, 4.5)], (1.2, true, None), SIZE);
        assert_eq!(area(&painted_line) - area(&rest), 5);
        assert_eq!(
            area(&painted(&[], &[(-3.0, -3.0)], (1.0, false, None), SIZE)),
            0
        );
        let even: Vec<bool> = (0..200).map(|pixel| pixel % 2 == 0).collect();
        let half = painted(&[], &stroke, (0.4, false, Some(&even)), SIZE);
        assert_eq!(half.len(), 6);
        assert!(
            half.iter()
                .all(|run| run.y == 4 && run.columns.start % 2 == 0)
        );
    }

    #[test]
    fn shapes_stay_in_the_frame_and_keep_their_size() {
        let mask = RegionShape::Mask {
            frame: [10, 20],
            runs: ellipse().runs(SIZE).into(),
        };
        let shapes = [
            rectangle([1, 2, 4, 8]),
            ellipse(),
            square(1.0, 1.0, 3.0),
            line(&[(1.0, 2.0), (5.0, 2.0)]),
            ProbeRegion::Shape(mask),
        ];
        for shape in shapes {
            for by in [(3.0, 1.0), (14.0, 6.0), (-99.0, 0.0)] {
                let moved = shape.moved(by, SIZE);
                assert_eq!(count(&moved), count(&shape), "{moved:?}");
                assert_eq!(moved.kind(), shape.kind());
            }
            assert_eq!(
                shape.moved((2.0, 1.0), SIZE).moved((-2.0, -1.0), SIZE),
                shape
            );
        }
        assert_eq!(
            ProbeRegion::Point { y: 9, x: 0 }.moved((-4.0, 7.0), SIZE),
            ProbeRegion::Point { y: 9, x: 0 }
        );
        // A file may hold what is partly outside; it comes in, but does not jump in.
        let outside = rectangle([-3, 18, 2, 26]);
        assert_eq!(
            outside.moved((-1.0, -1.0), SIZE),
            rectangle([-3, 17, 2, 25])
        );
        assert_eq!(outside.moved((0.0, 2.0), SIZE), rectangle([-1, 18, 4, 26]));
    }

    #[test]
    fn handles_resize_from_the_opposite_side() {
        let shape = rectangle([1, 2, 4, 8]);
        assert_eq!(
            shape.resized(2, (12.0, 9.0), SIZE),
            rectangle([1, 2, 9, 12])
        );
        // Beyond the opposite corner it turns over.
        assert_eq!(shape.resized(2, (0.0, 0.0), SIZE), rectangle([0, 0, 1, 2]));
        let moved = square(1.0, 1.0, 3.0).resized(1, (9.0, 1.0), SIZE);
        assert_eq!(moved.handles()[1], (9.0, 1.0));
        assert!(moved.contains((5.0, 1.6), 0.0, SIZE));
        let line = line(&[(1.0, 2.0), (5.0, 2.0), (5.0, 8.0)]);
        assert!(line.contains((3.0, 2.4), 0.5, SIZE) && !line.contains((3.0, 3.0), 0.5, SIZE));
        assert!(line.contains((5.2, 7.0), 0.5, SIZE));
    }
}
