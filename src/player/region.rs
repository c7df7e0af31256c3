//! Shapes in the frames of a player: the pixels in them, and how they are moved and resized.

use std::ops::Range;
use std::sync::Arc;

use crate::color::Color;
use crate::view::trace_plot::TRACE_SIZE;

/// Position in a frame: column and row, 0.5 in the center of the first pixel.
pub(super) type FramePoint = (f64, f64);

/// Rectangle of a frame: first row and column, and the row and column to stop before (exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PixelRect {
    pub y0: usize,
    pub x0: usize,
    pub y1: usize,
    pub x1: usize,
}

/// Neighboring pixels of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PixelRun {
    /// Row.
    pub y: usize,
    /// Columns.
    pub columns: Range<usize>,
}

/// Pixels of a probe. A pixel belongs to a shape if its center does.
#[derive(Debug, Clone, PartialEq)]
pub enum ProbeRegion {
    /// A pixel.
    Point {
        /// Row.
        y: usize,
        /// Column.
        x: usize,
    },
    /// A rectangle.
    Rect(PixelRect),
    /// The ellipse in a rectangle.
    Ellipse(PixelRect),
    /// A polygon with corners at positions `(x, y)`.
    Polygon(Vec<(f64, f64)>),
    /// The pixels under a straight line between two positions `(x, y)`.
    Line([(f64, f64); 2]),
    /// Any pixels, in order.
    Mask(Arc<[PixelRun]>),
}

/// A region that scripts set.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionSettings {
    /// Pixels.
    pub region: ProbeRegion,
    /// Name; default: what its position gives.
    pub name: Option<String>,
    /// Color of its outline and its trace; default: the next one.
    pub color: Option<Color>,
    /// Index of the video.
    pub panel: usize,
}

impl PixelRect {
    /// Square around a point, clipped to a frame of the given width and height.
    fn around((x, y): (usize, usize), (width, height): (usize, usize)) -> Self {
        let half = TRACE_SIZE / 2;
        Self {
            y0: y.saturating_sub(half),
            x0: x.saturating_sub(half),
            y1: (y + half + 1).min(height),
            x1: (x + half + 1).min(width),
        }
    }

    /// Rectangle with two opposite corners, at least one pixel, clipped to the frame.
    pub(super) fn between(a: FramePoint, b: FramePoint, (width, height): (usize, usize)) -> Self {
        let first = |a: f64, b: f64, length: usize| {
            (a.min(b).round().max(0.0) as usize).min(length.saturating_sub(1))
        };
        let end = |a: f64, b: f64, first: usize, length: usize| {
            (a.max(b).round().max(0.0) as usize).clamp(first + 1, length.max(first + 1))
        };
        let (x0, y0) = (first(a.0, b.0, width), first(a.1, b.1, height));
        Self {
            y0,
            x0,
            y1: end(a.1, b.1, y0, height),
            x1: end(a.0, b.0, x0, width),
        }
    }

    /// Corners in order around it.
    fn corners(&self) -> [FramePoint; 4] {
        let [x0, y0, x1, y1] = [self.x0, self.y0, self.x1, self.y1].map(|at| at as f64);
        [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    }

    /// The same rectangle elsewhere, within the frame.
    fn moved(&self, (right, down): FramePoint, (width, height): (usize, usize)) -> Self {
        let shift = |first: usize, end: usize, by: f64, length: usize| {
            let most = length.saturating_sub(end - first) as f64;
            let moved = (first as f64 + by.round()).clamp(0.0, most) as usize;
            (moved, moved + end - first)
        };
        let (x0, x1) = shift(self.x0, self.x1, right, width);
        let (y0, y1) = shift(self.y0, self.y1, down, height);
        Self { y0, x0, y1, x1 }
    }
}

impl ProbeRegion {
    /// Kind of shape.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Point { .. } => "point",
            Self::Rect(_) => "rectangle",
            Self::Ellipse(_) => "ellipse",
            Self::Polygon(_) => "polygon",
            Self::Line(_) => "line",
            Self::Mask(_) => "mask",
        }
    }

    /// Pixels whose mean is the trace, in frames of a width and height: of a point, those of the
    /// square around it.
    pub fn runs(&self, size: (usize, usize)) -> Vec<PixelRun> {
        let rows = |rect: &PixelRect| {
            let columns = rect.x0..rect.x1.min(size.0);
            let run = move |y| PixelRun {
                y,
                columns: columns.clone(),
            };
            (rect.y0..rect.y1.min(size.1)).map(run).collect()
        };
        match self {
            Self::Point { y, x } => rows(&PixelRect::around((*x, *y), size)),
            Self::Rect(rect) => rows(rect),
            Self::Ellipse(rect) => ellipse(rect, size),
            Self::Polygon(corners) => polygon(corners, size),
            Self::Line(ends) => line(*ends, size),
            Self::Mask(runs) => runs.to_vec(),
        }
    }

    /// Rectangle around the pixels.
    pub fn bounds(&self, size: (usize, usize)) -> Option<PixelRect> {
        if let Self::Rect(rect) | Self::Ellipse(rect) = self {
            return Some(*rect);
        }
        let runs = self.runs(size);
        let rect = |run: &PixelRun| PixelRect {
            y0: run.y,
            x0: run.columns.start,
            y1: run.y + 1,
            x1: run.columns.end,
        };
        runs.iter().map(rect).reduce(|a, b| PixelRect {
            y0: a.y0.min(b.y0),
            x0: a.x0.min(b.x0),
            y1: a.y1.max(b.y1),
            x1: a.x1.max(b.x1),
        })
    }

    /// Whether a position is inside; of a point and a line, whether it is near.
    pub(super) fn contains(&self, at: FramePoint, reach: f64, size: (usize, usize)) -> bool {
        match self {
            Self::Point { y, x } => (at.0 - *x as f64 - 0.5).hypot(at.1 - *y as f64 - 0.5) <= reach,
            Self::Line(ends) => distance_to_line(at, *ends) <= reach,
            _ => {
                let (x, y) = (at.0.max(0.0) as usize, at.1.max(0.0) as usize);
                let runs = self.runs(size);
                runs.iter()
                    .any(|run| run.y == y && run.columns.contains(&x))
            }
        }
    }

    /// Positions where it can be grabbed to be resized.
    pub(super) fn handles(&self) -> Vec<FramePoint> {
        match self {
            Self::Point { .. } | Self::Mask(_) => Vec::new(),
            Self::Rect(rect) | Self::Ellipse(rect) => rect.corners().to_vec(),
            Self::Polygon(corners) => corners.clone(),
            Self::Line(ends) => ends.to_vec(),
        }
    }

    /// The same shape with a handle elsewhere.
    pub(super) fn resized(&self, handle: usize, to: FramePoint, size: (usize, usize)) -> Self {
        let opposite = |rect: &PixelRect| rect.corners()[(handle + 2) % 4];
        match self {
            Self::Rect(rect) => Self::Rect(PixelRect::between(opposite(rect), to, size)),
            Self::Ellipse(rect) => Self::Ellipse(PixelRect::between(opposite(rect), to, size)),
            Self::Polygon(corners) => {
                let mut corners = corners.clone();
                corners[handle] = to;
                Self::Polygon(corners)
            }
            Self::Line(ends) => {
                let mut ends = *ends;
                ends[handle] = to;
                Self::Line(ends)
            }
            Self::Point { .. } | Self::Mask(_) => self.clone(),
        }
    }

    /// The same shape elsewhere in the frame; it stays within.
    pub(super) fn moved(&self, by: FramePoint, size: (usize, usize)) -> Self {
        let inside = |points: &[FramePoint]| {
            let limit = |by: f64, at: fn(&FramePoint) -> f64, length: usize| {
                let low = points.iter().map(at).fold(f64::INFINITY, f64::min);
                let high = points.iter().map(at).fold(f64::NEG_INFINITY, f64::max);
                by.min(length as f64 - high).max(-low)
            };
            let by = (
                limit(by.0, |at| at.0, size.0),
                limit(by.1, |at| at.1, size.1),
            );
            let moved = points.iter().map(|(x, y)| (x + by.0, y + by.1));
            moved.collect::<Vec<_>>()
        };
        match self {
            Self::Point { y, x } => {
                let to = |at: usize, by: f64, length: usize| {
                    (at as f64 + by.round()).clamp(0.0, length as f64 - 1.0) as usize
                };
                Self::Point {
                    y: to(*y, by.1, size.1),
                    x: to(*x, by.0, size.0),
                }
            }
            Self::Rect(rect) => Self::Rect(rect.moved(by, size)),
            Self::Ellipse(rect) => Self::Ellipse(rect.moved(by, size)),
            Self::Polygon(corners) => Self::Polygon(inside(corners)),
            Self::Line(ends) => {
                let ends = inside(ends);
                Self::Line([ends[0], ends[1]])
            }
            Self::Mask(runs) => {
                let Some(bounds) = self.bounds(size) else {
                    return self.clone();
                };
                let moved = bounds.moved(by, size);
                let run = |run: &PixelRun| PixelRun {
                    y: run.y + moved.y0 - bounds.y0,
                    columns: run.columns.start + moved.x0 - bounds.x0
                        ..run.columns.end + moved.x0 - bounds.x0,
                };
                Self::Mask(runs.iter().map(run).collect())
            }
        }
    }

    /// Outline as a line through positions; empty for a point and a mask.
    pub(super) fn outline(&self) -> Vec<FramePoint> {
        let mut points = match self {
            Self::Point { .. } | Self::Mask(_) => return Vec::new(),
            Self::Line(ends) => return ends.to_vec(),
            Self::Rect(rect) => rect.corners().to_vec(),
            Self::Polygon(corners) => corners.clone(),
            Self::Ellipse(rect) => {
                const PIECES: u8 = 64;
                let [a, _, b, _] = rect.corners();
                let angle =
                    |piece: u8| f64::from(piece) / f64::from(PIECES) * std::f64::consts::TAU;
                let point = |angle: f64| {
                    (
                        (a.0 + b.0 + (b.0 - a.0) * angle.cos()) / 2.0,
                        (a.1 + b.1 + (b.1 - a.1) * angle.sin()) / 2.0,
                    )
                };
                (0..PIECES).map(|piece| point(angle(piece))).collect()
            }
        };
        points.extend(points.first().copied());
        points
    }
}

/// Pixels of a bool image in row-major order.
pub fn runs_of_mask(mask: &[bool], width: usize) -> Vec<PixelRun> {
    let mut runs: Vec<PixelRun> = Vec::new();
    for (index, _) in mask.iter().enumerate().filter(|(_, inside)| **inside) {
        let (y, x) = (index / width, index % width);
        match runs.last_mut() {
            Some(run) if run.y == y && run.columns.end == x => run.columns.end += 1,
            _ => runs.push(PixelRun {
                y,
                columns: x..x + 1,
            }),
        }
    }
    runs
}

/// Bool image of some pixels in row-major order.
pub fn mask_of_runs(runs: &[PixelRun], (width, height): (usize, usize)) -> Vec<bool> {
    let mut mask = vec![false; width * height];
    for run in runs {
        let start = run.y * width;
        mask[start + run.columns.start..start + run.columns.end].fill(true);
    }
    mask
}

/// Pixels after a brush or an eraser of a radius was drawn through positions.
pub(super) fn painted(
    runs: &[PixelRun],
    stroke: &[FramePoint],
    (radius, is_eraser): (f64, bool),
    size: (usize, usize),
) -> Vec<PixelRun> {
    let mut mask = mask_of_runs(runs, size);
    let ends = stroke.iter().skip(1).chain(stroke.last());
    for (from, to) in stroke.iter().zip(ends) {
        let rows = reach(from.1.min(to.1) - radius, from.1.max(to.1) + radius, size.1);
        for y in rows {
            for x in reach(from.0.min(to.0) - radius, from.0.max(to.0) + radius, size.0) {
                let center = (x as f64 + 0.5, y as f64 + 0.5);
                if distance_to_line(center, [*from, *to]) <= radius {
                    mask[y * size.0 + x] = !is_eraser;
                }
            }
        }
    }
    runs_of_mask(&mask, size.0)
}

/// Pixels whose centers are from one position to before another, within a frame.
fn reach(from: f64, to: f64, length: usize) -> Range<usize> {
    let pixel = |at: f64| (at - 0.5).ceil().clamp(0.0, length as f64) as usize;
    pixel(from)..pixel(to).max(pixel(from))
}

fn ellipse(rect: &PixelRect, size: (usize, usize)) -> Vec<PixelRun> {
    let [a, _, b, _] = rect.corners();
    let (half_width, half_height) = ((b.0 - a.0) / 2.0, (b.1 - a.1) / 2.0);
    let row = |y: usize| {
        let part = (y as f64 + 0.5 - (a.1 + b.1) / 2.0) / half_height;
        let half = half_width * (1.0 - part * part).max(0.0).sqrt();
        let middle = (a.0 + b.0) / 2.0;
        let columns = reach(middle - half, middle + half, size.0);
        PixelRun { y, columns }
    };
    let rows = (rect.y0..rect.y1.min(size.1)).map(row);
    rows.filter(|run| !run.columns.is_empty()).collect()
}

fn polygon(corners: &[FramePoint], size: (usize, usize)) -> Vec<PixelRun> {
    let ends = corners.iter().skip(1).chain(corners.first());
    let edges: Vec<_> = corners.iter().zip(ends).collect();
    let heights = corners.iter().map(|corner| corner.1);
    let (top, bottom) = heights.fold((f64::INFINITY, 0.0f64), |(top, bottom), y| {
        (top.min(y), bottom.max(y))
    });
    let mut runs = Vec::new();
    for y in reach(top, bottom, size.1) {
        let middle = y as f64 + 0.5;
        let crossed = edges
            .iter()
            .filter(|(from, to)| (from.1 <= middle) != (to.1 <= middle));
        let mut columns: Vec<f64> = crossed
            .map(|(from, to)| from.0 + (middle - from.1) / (to.1 - from.1) * (to.0 - from.0))
            .collect();
        columns.sort_by(f64::total_cmp);
        for pair in columns.chunks_exact(2) {
            let columns = reach(pair[0], pair[1], size.0);
            if !columns.is_empty() {
                runs.push(PixelRun { y, columns });
            }
        }
    }
    runs
}

/// Pixels under a line, each once, in order of rows.
fn line([from, to]: [FramePoint; 2], (width, height): (usize, usize)) -> Vec<PixelRun> {
    let (right, down) = (to.0 - from.0, to.1 - from.1);
    let steps = right.abs().max(down.abs()).ceil().max(1.0);
    let pixel = |at: f64, length: usize| (at.max(0.0) as usize).min(length - 1);
    let point = |step: usize| {
        let part = step as f64 / steps;
        let (x, y) = (from.0 + part * right, from.1 + part * down);
        (pixel(y, height), pixel(x, width))
    };
    let mut pixels: Vec<_> = (0..=steps as usize).map(point).collect();
    pixels.sort_unstable();
    pixels.dedup();
    let run = |(y, x)| PixelRun {
        y,
        columns: x..x + 1,
    };
    pixels.into_iter().map(run).collect()
}

/// Distance of a position from a line between two others.
fn distance_to_line((x, y): FramePoint, [from, to]: [FramePoint; 2]) -> f64 {
    let (right, down) = (to.0 - from.0, to.1 - from.1);
    let squared = right * right + down * down;
    let part = match squared {
        0.0 => 0.0,
        _ => (((x - from.0) * right + (y - from.1) * down) / squared).clamp(0.0, 1.0),
    };
    (x - from.0 - part * right).hypot(y - from.1 - part * down)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (20, 10);

    fn rect(y0: usize, x0: usize, y1: usize, x1: usize) -> PixelRect {
        PixelRect { y0, x0, y1, x1 }
    }

    fn area(region: &ProbeRegion) -> usize {
        region.runs(SIZE).iter().map(|run| run.columns.len()).sum()
    }

    fn square(x: f64, y: f64, side: f64) -> ProbeRegion {
        ProbeRegion::Polygon(vec![
            (x, y),
            (x + side, y),
            (x + side, y + side),
            (x, y + side),
        ])
    }

    #[test]
    fn pixels_whose_centers_are_inside_belong_to_a_shape() {
        assert_eq!(area(&ProbeRegion::Point { y: 0, x: 5 }), 15);
        assert_eq!(area(&ProbeRegion::Rect(rect(1, 2, 4, 8))), 18);
        let disc = ProbeRegion::Ellipse(rect(2, 4, 8, 10));
        let inside = |y: f64, x: f64| (y - 5.0).hypot(x - 7.0) < 3.0;
        let expected = (0..10).flat_map(|y| (0..20).map(move |x| (y, x)));
        let expected = expected.filter(|(y, x)| inside(f64::from(*y) + 0.5, f64::from(*x) + 0.5));
        assert_eq!(area(&disc), expected.count());
        assert_eq!(area(&square(1.0, 1.0, 3.0)), 9);
        assert_eq!(area(&square(1.4, 1.4, 3.0)), 9);
        assert_eq!(area(&square(-5.0, -5.0, 7.0)), 4);
        assert_eq!(area(&square(1.6, 1.6, 0.5)), 0);
        let line = ProbeRegion::Line([(0.5, 0.5), (9.5, 9.5)]);
        assert_eq!(area(&line), 10);
        assert_eq!(area(&ProbeRegion::Line([(3.2, 4.1), (3.2, 4.1)])), 1);
    }

    #[test]
    fn a_polygon_needs_no_frame_around_it() {
        let triangle = ProbeRegion::Polygon(vec![(1.0, 2.0), (5.0, 2.0), (5.0, 6.0)]);
        let bounds = triangle.bounds((usize::MAX, usize::MAX));
        assert_eq!(bounds, Some(rect(2, 1, 6, 5)));
        assert_eq!(triangle.bounds(SIZE), bounds);
        assert_eq!(ProbeRegion::Polygon(Vec::new()).bounds(SIZE), None);
    }

    #[test]
    fn masks_and_runs_are_the_same_pixels() {
        let disc = ProbeRegion::Ellipse(rect(2, 4, 8, 10));
        let mask = mask_of_runs(&disc.runs(SIZE), SIZE);
        assert_eq!(runs_of_mask(&mask, SIZE.0), disc.runs(SIZE));
    }

    #[test]
    fn brushes_add_and_erasers_remove_pixels() {
        let count = |runs: &[PixelRun]| runs.iter().map(|run| run.columns.len()).sum::<usize>();
        let stroke = [(2.5, 4.5), (12.5, 4.5)];
        let painted_line = painted(&[], &stroke, (1.2, false), SIZE);
        assert_eq!(count(&painted_line), 3 * 11 + 2);
        let rest = painted(&painted_line, &[(2.5, 4.5)], (1.2, true), SIZE);
        assert_eq!(count(&painted_line) - count(&rest), 5);
        assert_eq!(count(&painted(&[], &[(-3.0, -3.0)], (1.0, false), SIZE)), 0);
    }

    #[test]
    fn shapes_stay_in_the_frame_and_keep_their_size() {
        let shapes = [
            ProbeRegion::Rect(rect(1, 2, 4, 8)),
            ProbeRegion::Ellipse(rect(2, 4, 8, 10)),
            square(1.0, 1.0, 3.0),
            ProbeRegion::Line([(1.0, 2.0), (5.0, 2.0)]),
            ProbeRegion::Mask(ProbeRegion::Ellipse(rect(2, 4, 8, 10)).runs(SIZE).into()),
        ];
        for shape in shapes {
            for by in [(3.0, 1.0), (14.0, 6.0), (-99.0, 0.0)] {
                let moved = shape.moved(by, SIZE);
                assert_eq!(area(&moved), area(&shape), "{moved:?}");
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
    }

    #[test]
    fn handles_resize_from_the_opposite_side() {
        let shape = ProbeRegion::Rect(rect(1, 2, 4, 8));
        assert_eq!(
            shape.resized(2, (12.0, 9.0), SIZE),
            ProbeRegion::Rect(rect(1, 2, 9, 12))
        );
        // Beyond the opposite corner it turns over.
        assert_eq!(
            shape.resized(2, (0.0, 0.0), SIZE),
            ProbeRegion::Rect(rect(0, 0, 1, 2))
        );
        let moved = square(1.0, 1.0, 3.0).resized(1, (9.0, 1.0), SIZE);
        assert_eq!(moved.handles()[1], (9.0, 1.0));
        assert!(moved.contains((5.0, 1.6), 0.0, SIZE));
        let line = ProbeRegion::Line([(1.0, 2.0), (5.0, 2.0)]);
        assert!(line.contains((3.0, 2.4), 0.5, SIZE) && !line.contains((3.0, 3.0), 0.5, SIZE));
    }
}
