//! Regions as people draw them: a shape with a name and a color, and the pixels inside of it. Windows,
//! files and masks have this one type, so that a region holds the same pixels everywhere.

use std::ops::Range;
use std::sync::Arc;

use crate::bail;
use crate::color::Color;
use crate::error::{Error, Result};
use crate::video::{DType, Strided, Video, shape_text};

/// Coordinates of a shape are at most this far from the first pixel.
const MAX_COORDINATE: f64 = 1e6;

/// A crossing of a row is at most this far from where rounding puts it.
const ROUNDING: f64 = 1e-8;

/// A region of frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Name; may be empty.
    pub name: String,
    /// Shape.
    pub shape: RegionShape,
    /// Color of its outline and its trace, if it has one.
    pub color: Option<Color>,
    /// Index of its video among those of a window.
    pub video: usize,
}

/// Shape of a region in rows and columns; the center of the first pixel is at (0, 0).
#[derive(Debug, Clone, PartialEq)]
pub enum RegionShape {
    /// The pixels of a rectangle: first row and column, and those to stop before.
    Rectangle([i64; 4]),
    /// An ellipse: its center, and its semi-axes along y and x.
    Ellipse {
        /// Center, `[y, x]`.
        center: [f64; 2],
        /// Semi-axes, along y and along x.
        radii: [f64; 2],
    },
    /// A closed polygon with corners `[y, x]`.
    Polygon(Vec<[f64; 2]>),
    /// A closed line that was drawn by hand, through points `[y, x]`.
    Freehand(Vec<[f64; 2]>),
    /// The pixels under straight lines from each point `[y, x]` to the next.
    Line(Vec<[f64; 2]>),
    /// Any pixels of frames of one shape.
    Mask {
        /// Height and width of the frames.
        frame: [usize; 2],
        /// Pixels, in order.
        runs: Arc<[PixelRun]>,
    },
}

/// Neighboring pixels of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PixelRun {
    /// Row.
    pub y: usize,
    /// Columns.
    pub columns: Range<usize>,
}

impl Region {
    /// A region without a name and a color.
    pub fn of_shape(shape: RegionShape) -> Self {
        Self {
            name: String::new(),
            shape,
            color: None,
            video: 0,
        }
    }
}

impl RegionShape {
    /// Names of the kinds of shapes.
    pub const KINDS: [&'static str; 6] = [
        "rectangle",
        "ellipse",
        "polygon",
        "freehand",
        "line",
        "mask",
    ];

    /// Kind of shape.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rectangle(_) => "rectangle",
            Self::Ellipse { .. } => "ellipse",
            Self::Polygon(_) => "polygon",
            Self::Freehand(_) => "freehand",
            Self::Line(_) => "line",
            Self::Mask { .. } => "mask",
        }
    }

    /// The ellipse in a rectangle, from a row and a column to before others.
    pub fn ellipse_in([y0, x0, y1, x1]: [f64; 4]) -> Self {
        Self::Ellipse {
            center: [(y0 + y1 - 1.0) / 2.0, (x0 + x1 - 1.0) / 2.0],
            radii: [(y1 - y0) / 2.0, (x1 - x0) / 2.0],
        }
    }

    /// The true pixels of a bool image.
    pub fn of_mask(mask: &Video) -> Result<Self> {
        let (DType::Bool, [height, width]) = (mask.dtype(), mask.shape()) else {
            bail!(
                "a mask of a region is a bool image, got {} of shape {}",
                mask.dtype(),
                shape_text(mask.shape())
            );
        };
        let (height, width) = (*height, *width);
        let (mut row, mut runs) = (vec![0f32; width], Vec::new());
        for y in 0..height {
            mask.samples().read(y, 0..width, &mut row);
            let inside: Vec<bool> = row.iter().map(|sample| *sample > 0.0).collect();
            for run in runs_of_mask(&inside, width) {
                push(&mut runs, y, run.columns);
            }
        }
        Ok(Self::Mask {
            frame: [height, width],
            runs: runs.into(),
        })
    }

    /// An error unless its coordinates make a shape: what it needs, and of what.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let is_far = |at: &f64| at.is_nan() || MAX_COORDINATE < at.abs();
        match self {
            Self::Rectangle([y0, x0, y1, x1]) => {
                let is_far = [y0, x0, y1, x1].iter().any(|at| is_far(&(**at as f64)));
                if is_far || y1 < y0 || x1 < x0 {
                    let what = "[y0, x0, y1, x1] in whole pixels with y0 <= y1 and x0 <= x1";
                    return Err(("bounds", what));
                }
            }
            Self::Ellipse { center, radii } => {
                if center.iter().any(is_far) {
                    return Err(("center", "two numbers, [y, x]"));
                }
                if radii.iter().any(|radius| is_far(radius) || *radius <= 0.0) {
                    return Err(("radii", "two numbers > 0"));
                }
            }
            Self::Polygon(points) | Self::Freehand(points) => {
                if points.len() < 3 || points.iter().flatten().any(is_far) {
                    return Err(("points", "three or more points [y, x]"));
                }
            }
            Self::Line(points) => {
                if points.len() < 2 || points.iter().flatten().any(is_far) {
                    return Err(("points", "two or more points [y, x]"));
                }
            }
            Self::Mask { .. } => {}
        }
        Ok(())
    }

    /// Pixels in frames of a height and width: those whose centers are inside, and those under a
    /// line.
    pub fn runs(&self, frame: [usize; 2]) -> Vec<PixelRun> {
        match self {
            Self::Rectangle([y0, x0, y1, x1]) => {
                let columns = within(*x0 as f64, *x1 as f64 - 1.0, frame[1]);
                let rows = within(*y0 as f64, *y1 as f64 - 1.0, frame[0]);
                let mut runs = Vec::new();
                rows.for_each(|y| push(&mut runs, y, columns.clone()));
                runs
            }
            Self::Ellipse { center, radii } => ellipse(*center, *radii, frame),
            Self::Polygon(corners) | Self::Freehand(corners) => polygon(corners, frame),
            Self::Line(points) => line(points, frame),
            Self::Mask { runs, .. } => runs.to_vec(),
        }
    }

    /// Mask of the pixels, for frames of the shape of an image or video.
    pub fn mask(&self, function: &str, shape: &[i64]) -> Result<Video> {
        let of_frame = frame_shape(function, shape)?;
        if let Self::Mask { frame, .. } = self
            && *frame != of_frame
        {
            bail!(
                "{function} needs masks of the shape of a frame, {}, got {}",
                shape_text(&of_frame),
                shape_text(frame)
            );
        }
        let mut array = Strided::<bool>::for_writing(&of_frame)?;
        fill(array.as_mut_slice()?, &self.runs(of_frame), of_frame[1]);
        Ok(Video::new(array))
    }
}

/// Mask of the pixels whose centers are inside a polygon.
pub fn mask_polygon(shape: &[i64], corners: &[[f64; 2]]) -> Result<Video> {
    let polygon = RegionShape::Polygon(corners.to_vec());
    polygon.check().map_err(|(field, what)| {
        Error::new(format!(
            "mask_polygon needs `{field}` to be {what}, got {corners:?}"
        ))
    })?;
    polygon.mask("mask_polygon", shape)
}

/// Pixels of a bool image in row-major order.
pub fn runs_of_mask(mask: &[bool], width: usize) -> Vec<PixelRun> {
    let mut runs = Vec::new();
    for (index, _) in mask.iter().enumerate().filter(|(_, inside)| **inside) {
        let (y, x) = (index / width, index % width);
        push(&mut runs, y, x..x + 1);
    }
    runs
}

/// Bool image of some pixels in row-major order.
pub fn mask_of_runs(runs: &[PixelRun], [height, width]: [usize; 2]) -> Vec<bool> {
    let mut mask = vec![false; width * height];
    fill(&mut mask, runs, width);
    mask
}

/// Number of pixels.
pub fn area(runs: &[PixelRun]) -> usize {
    runs.iter().map(|run| run.columns.len()).sum()
}

fn fill(mask: &mut [bool], runs: &[PixelRun], width: usize) {
    mask.fill(false);
    for run in runs {
        let start = run.y * width;
        mask[start + run.columns.start..start + run.columns.end].fill(true);
    }
}

/// Adds pixels that come after the others.
fn push(runs: &mut Vec<PixelRun>, y: usize, columns: Range<usize>) {
    match runs.last_mut() {
        _ if columns.is_empty() => {}
        Some(run) if run.y == y && run.columns.end == columns.start => {
            run.columns.end = columns.end;
        }
        _ => runs.push(PixelRun { y, columns }),
    }
}

/// Pixels whose centers are from one position to another, both included, within a frame.
pub fn within(from: f64, to: f64, length: usize) -> Range<usize> {
    let pixel = |at: f64| at.clamp(0.0, length as f64) as usize;
    let (start, end) = (pixel(from.ceil()), pixel(to.floor() + 1.0));
    start..end.max(start)
}

fn ellipse([y, x]: [f64; 2], [along_y, along_x]: [f64; 2], frame: [usize; 2]) -> Vec<PixelRun> {
    // Products of halves of whole numbers are exact, quotients are not.
    let is_inside = |row: usize, col: usize| {
        let (dy, dx) = ((row as f64 - y) * along_x, (col as f64 - x) * along_y);
        dy * dy + dx * dx < (along_y * along_x) * (along_y * along_x)
    };
    let mut runs = Vec::new();
    for row in within(y - along_y, y + along_y, frame[0]) {
        let part = (row as f64 - y) / along_y;
        let half = along_x * (1.0 - part * part).max(0.0).sqrt();
        let mut columns = within(x - half - 1.0, x + half + 1.0, frame[1]);
        while !columns.is_empty() && !is_inside(row, columns.start) {
            columns.start += 1;
        }
        while !columns.is_empty() && !is_inside(row, columns.end - 1) {
            columns.end -= 1;
        }
        push(&mut runs, row, columns);
    }
    runs
}

/// Even–odd rule. Of pixel centers on an edge, those above and to the right of the inside are
/// inside, as in ImageJ.
fn polygon(corners: &[[f64; 2]], frame: [usize; 2]) -> Vec<PixelRun> {
    let ends = corners.iter().skip(1).chain(corners.first());
    let edges = corners.iter().zip(ends).map(|(from, to)| {
        let rows = within(
            from[0].min(to[0]),
            from[0].max(to[0]).ceil() - 1.0,
            frame[0],
        );
        (rows, from, to)
    });
    let mut edges: Vec<_> = edges.filter(|(rows, ..)| !rows.is_empty()).collect();
    edges.sort_by_key(|(rows, ..)| rows.start);
    let (mut waiting, mut active) = (edges.into_iter().peekable(), Vec::new());
    let (mut runs, mut crossings) = (Vec::new(), Vec::new());
    let mut y = 0;
    loop {
        if active.is_empty() {
            match waiting.peek() {
                Some((rows, ..)) => y = rows.start,
                None => return runs,
            }
        }
        while let Some(edge) = waiting.next_if(|(rows, ..)| rows.start == y) {
            active.push(edge);
        }
        crossings.clear();
        crossings.extend(active.iter().map(|(_, [y0, x0], [y1, x1])| {
            x0 + (y as f64 - y0) / (y1 - y0) * (x1 - x0) + ROUNDING
        }));
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let columns = within(pair[0].floor() + 1.0, pair[1], frame[1]);
            push(&mut runs, y, columns);
        }
        y += 1;
        active.retain(|(rows, ..)| y < rows.end);
    }
}

/// Pixels nearest to points of lines, at most one pixel apart; each once, in order.
fn line(points: &[[f64; 2]], frame: [usize; 2]) -> Vec<PixelRun> {
    let mut pixels = Vec::new();
    for (from, to) in points.iter().zip(&points[1..]) {
        let (down, right) = (to[0] - from[0], to[1] - from[1]);
        let steps = down.abs().max(right.abs()).ceil().max(1.0);
        for step in 0..=steps as usize {
            let part = step as f64 / steps;
            let nearest = |at: f64, length: usize| {
                let pixel = (at + 0.5).floor();
                (0.0 <= pixel && pixel < length as f64).then_some(pixel as usize)
            };
            let y = nearest(from[0] + part * down, frame[0]);
            pixels.extend(y.zip(nearest(from[1] + part * right, frame[1])));
        }
    }
    pixels.sort_unstable();
    pixels.dedup();
    let mut runs = Vec::new();
    for (y, x) in pixels {
        push(&mut runs, y, x..x + 1);
    }
    runs
}

/// Height and width of frames from the shape of an image or of a video.
pub(super) fn frame_shape(function: &str, shape: &[i64]) -> Result<[usize; 2]> {
    let lens = crate::ops::array::create::shape_of(function, shape)?;
    match lens[..] {
        [height, width] | [_, height, width] | [_, height, width, _] => Ok([height, width]),
        _ => bail!("{function} needs the `shape` of an image or a video, got {shape:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::values;

    const FRAME: [usize; 2] = [10, 20];

    fn drawn(shape: &RegionShape, frame: [i64; 2]) -> Vec<String> {
        let found = values(&shape.mask("mask", &frame).unwrap());
        let rows = found.chunks(frame[1] as usize);
        rows.map(|row| {
            row.iter()
                .map(|v| if *v > 0.0 { '#' } else { '.' })
                .collect()
        })
        .collect()
    }

    fn square(y: f64, x: f64, side: f64) -> RegionShape {
        let (end_y, end_x) = (y + side, x + side);
        RegionShape::Polygon(vec![[y, x], [y, end_x], [end_y, end_x], [end_y, x]])
    }

    #[test]
    fn pixels_are_inside_if_their_centers_are() {
        let polygon = RegionShape::Polygon(vec![[1.0, 1.0], [1.0, 4.0], [3.0, 4.0], [3.0, 1.0]]);
        assert_eq!(
            drawn(&polygon, [4, 6]),
            ["......", "..###.", "..###.", "......"]
        );
        let triangle = RegionShape::Freehand(vec![[-0.5, -0.5], [3.5, -0.5], [3.5, 3.5]]);
        assert_eq!(drawn(&triangle, [4, 4]), ["#...", "##..", "###.", "####"]);
        let triangle = RegionShape::Polygon(vec![[-0.5, -0.5], [-0.5, 3.5], [3.5, 3.5]]);
        assert_eq!(drawn(&triangle, [4, 4]), [".###", "..##", "...#", "...."]);
        // A polygon that crosses itself has a hole where it is wound twice.
        let star = [[0.0, 4.0], [8.0, 7.0], [3.0, 0.0], [3.0, 8.0], [8.0, 1.0]];
        let star = RegionShape::Polygon(star.into());
        let star = values(&star.mask("mask", &[9, 9]).unwrap());
        assert_eq!((star[4 * 9 + 4], star[2 * 9 + 4]), (0.0, 1.0));
        let oval = RegionShape::Ellipse {
            center: [1.5, 2.0],
            radii: [2.0, 2.5],
        };
        assert_eq!(drawn(&oval, [4, 5]), [".###.", "#####", "#####", ".###."]);
        assert_eq!(RegionShape::ellipse_in([0.0, 0.0, 4.0, 5.0]), oval);
        let rect = RegionShape::Rectangle([-2, 3, 1, 9]);
        assert_eq!(drawn(&rect, [2, 5]), ["...##", "....."]);
        let bent = RegionShape::Line(vec![[0.0, 0.0], [2.0, 2.0], [2.0, 9.0]]);
        assert_eq!(drawn(&bent, [3, 5]), ["#....", ".#...", "..###"]);
    }

    #[test]
    fn ellipses_are_exact_and_polygons_follow_the_rule() {
        for (center, radii) in [
            ([20.0, 20.0], [13.0, 13.0]),
            ([7.5, 30.0], [6.0, 40.5]),
            ([-3.0, 5.25], [9.3, 0.4]),
        ] {
            let shape = RegionShape::Ellipse { center, radii };
            let found = mask_of_runs(&shape.runs([40, 50]), [40, 50]);
            for (index, inside) in found.into_iter().enumerate() {
                let (dy, dx) = (
                    (index / 50) as f64 - center[0],
                    (index % 50) as f64 - center[1],
                );
                let expected = (dy * radii[1]).powi(2) + (dx * radii[0]).powi(2)
                    < (radii[0] * radii[1]).powi(2);
                assert_eq!(inside, expected, "{index} of {shape:?}");
            }
        }
        // Points of a spiral that crosses itself and the frame, compared with the rule pixel by pixel.
        let corner = |i: u32| {
            let angle = f64::from(i) * 2.4;
            let radius = 1.0 + f64::from(i) * 0.7;
            [12.3 + radius * angle.sin(), 9.1 + radius * angle.cos()]
        };
        let corners: Vec<_> = (0..40).map(corner).collect();
        let found = RegionShape::Polygon(corners.clone()).runs([25, 30]);
        let found = mask_of_runs(&found, [25, 30]);
        let next = || corners.iter().cycle().skip(1);
        for (index, inside) in found.into_iter().enumerate() {
            let (y, x) = ((index / 30) as f64, (index % 30) as f64);
            let crossings = corners.iter().zip(next()).filter(|([y0, x0], [y1, x1])| {
                (*y0 <= y) != (*y1 <= y) && x0 + (y - y0) / (y1 - y0) * (x1 - x0) < x
            });
            assert_eq!(inside, crossings.count() % 2 == 1, "{index}");
        }
    }

    #[test]
    fn what_is_outside_of_the_frame_is_left_out() {
        let count = |shape: RegionShape| area(&shape.runs(FRAME));
        assert_eq!(count(RegionShape::Rectangle([1, 2, 4, 8])), 18);
        assert_eq!(count(RegionShape::Rectangle([8, 18, 14, 80])), 4);
        assert_eq!(count(RegionShape::Rectangle([3, 3, 3, 9])), 0);
        assert_eq!(count(square(0.5, 0.5, 3.0)), 9);
        assert_eq!(count(square(-5.5, -5.5, 7.0)), 4);
        assert_eq!(count(square(1.1, 1.1, 0.5)), 0);
        assert_eq!(count(RegionShape::Line(vec![[-3.0, 0.0], [3.0, 0.0]])), 4);
        assert_eq!(count(RegionShape::Line(vec![[3.2, 4.1]; 2])), 1);
        let triangle = RegionShape::Polygon(vec![[1.5, 0.5], [1.5, 4.5], [5.5, 4.5]]);
        assert_eq!(triangle.runs([1 << 24; 2]), triangle.runs(FRAME));
    }

    #[test]
    fn masks_and_runs_are_the_same_pixels() {
        let disc = RegionShape::ellipse_in([2.0, 4.0, 8.0, 10.0]);
        let mask = mask_of_runs(&disc.runs(FRAME), FRAME);
        assert_eq!(runs_of_mask(&mask, FRAME[1]), disc.runs(FRAME));
        let video = disc.mask("mask", &[10, 20]).unwrap();
        let found = RegionShape::of_mask(&video).unwrap();
        assert_eq!(found.runs(FRAME), disc.runs(FRAME));
        assert!(found.mask("mask", &[20, 10]).is_err());
        assert!(RegionShape::of_mask(&crate::ops::testing::ramp(&[3, 4])).is_err());
    }

    #[test]
    fn areas_without_corners_are_refused() {
        assert!(mask_polygon(&[4, 4], &[[0.0, 0.0], [1.0, 1.0]]).is_err());
        assert!(mask_polygon(&[4, 4], &[[0.0, f64::NAN]; 3]).is_err());
        assert!(mask_polygon(&[4], &[[0.0, 0.0]; 3]).is_err());
        assert!(
            RegionShape::Line(vec![[0.0, 1e300], [0.0, 0.0]])
                .check()
                .is_err()
        );
    }
}
