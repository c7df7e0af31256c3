//! Arrows over the frames of a video, with a key of known length, and paths of points that move.

use crate::bail;
use crate::color::Color;
use crate::draw::label::Label;
use crate::draw::plot::curve_color;
use crate::draw::ticks::round_step;
use crate::draw::{Image, Rect};
use crate::error::{Error, Result};
use crate::task;
use crate::video::{Video, number_text, shape_text};

/// Color of the outlines that make lines visible on bright frames.
const OUTLINE: Color = 0x10_10_10;

/// Part of the distance between arrows that a long one covers.
pub(super) const REACH: f64 = 0.85;

/// Vectors of which arrows are drawn, and how.
#[derive(Debug, Clone)]
pub struct ArrowOptions {
    /// Vectors down and to the right: `{t, y, x, 2}`, or `{y, x, 2}` for all frames.
    pub vectors: Video,
    /// Distance between arrows in pixels; default: about 15 of them along the longer side.
    pub every: Option<usize>,
    /// Length of an arrow in pixels for a vector of length 1; default: such that long ones reach
    /// from one arrow to the next.
    pub scale: Option<f64>,
    /// Length of the vector in the key; default: a round one.
    pub key: Option<f64>,
    /// Unit of the vectors, in the key.
    pub unit: String,
    /// Color of the arrows.
    pub color: Color,
}

/// Arrows of a vector field, which may change from frame to frame.
#[derive(Debug, Clone)]
pub struct ArrowField {
    /// Vectors `{t, y, x, 2}`; a single frame is that of all.
    vectors: Video,
    every: usize,
    /// Length in pixels of a vector of length 1.
    scale: f64,
    /// Length of the vector in the key.
    key: f64,
    unit: String,
    color: Color,
}

/// Point that moves from frame to frame.
#[derive(Debug, Clone, PartialEq)]
pub struct MovingPath {
    /// Frames in ascending order, with the row and the column in each.
    points: Vec<(usize, [f64; 2])>,
}

/// Paths of points that move.
#[derive(Debug, Clone, Default)]
pub struct MovingPaths {
    /// The paths.
    pub paths: Vec<MovingPath>,
    /// Number of frames before the current one whose part of a path is drawn; default: all.
    pub trail: Option<usize>,
}

/// Where the pixels of a video are drawn.
pub(crate) struct FramePlace<'a> {
    /// Rectangle that shows the video.
    pub(crate) rect: Rect,
    /// Position of a position `(x, y)` of the frame.
    pub(crate) position: &'a dyn Fn((f64, f64)) -> (f32, f32),
    /// Size of the text over the video.
    pub(crate) font: f32,
}

impl ArrowField {
    /// Prepares arrows.
    pub fn new(options: ArrowOptions) -> Result<Self> {
        let vectors = match *options.vectors.shape() {
            [_, _, _, 2] => options.vectors,
            [_, _, 2] => {
                let layout = options.vectors.layout().insert_axis(0);
                options.vectors.with_layout(layout)
            }
            _ => {
                let shape = shape_text(options.vectors.shape());
                let error =
                    format!("`arrows` must be vectors {{t, y, x, 2}} or {{y, x, 2}}, got {shape}");
                return Err(Error::new(error).hint(
                    "vectors down and to the right: displacements, or `stack([wave.vy, wave.vx], 2)`",
                ));
            }
        };
        if vectors.is_empty() {
            bail!("`arrows` has no vectors");
        }
        let longer = vectors.shape()[1].max(vectors.shape()[2]);
        let every = options.every.unwrap_or_else(|| spacing(longer));
        if every == 0 {
            bail!("`arrow_every` must be at least 1 pixel, got 0");
        }
        for (name, value) in [("arrow_scale", options.scale), ("arrow_key", options.key)] {
            if let Some(value) = value.filter(|value| !(*value > 0.0 && value.is_finite())) {
                bail!("`{name}` must be a number > 0, got {value}");
            }
        }
        let mut field = Self {
            vectors,
            every,
            scale: 1.0,
            key: 1.0,
            unit: options.unit,
            color: options.color,
        };
        let long = field.long()?;
        if let Some(long) = long {
            field.scale = REACH * every as f64 / long;
        }
        field.scale = options.scale.unwrap_or(field.scale);
        let key = options.key.or(long.map(round_step));
        field.key = key.unwrap_or(field.key);
        Ok(field)
    }

    /// An error unless there is an arrow for each pixel of frames of a width and height, and one or
    /// `frames` frames of them.
    pub(crate) fn check(&self, (width, height): (usize, usize), frames: usize) -> Result<()> {
        let shape = self.vectors.shape();
        let fits = shape[1..] == [height, width, 2] && (shape[0] == 1 || shape[0] == frames);
        if fits {
            return Ok(());
        }
        bail!(
            "`arrows` must have the shape of the video, {frames}×{height}×{width}, and 2, got {}",
            shape_text(shape)
        )
    }

    /// Number of frames of vectors; 1 if they are those of all frames.
    pub(crate) fn len(&self) -> usize {
        self.vectors.len()
    }

    /// Length that few vectors exceed, of those that are drawn in some of the frames. `None` if all
    /// are 0 or not finite.
    fn long(&self) -> Result<Option<f64>> {
        /// Largest number of frames that are looked at.
        const FRAMES: usize = 100;
        let step = self.vectors.len().div_ceil(FRAMES);
        let frames = (0..self.vectors.len()).step_by(step);
        let lengths = task::map(
            frames,
            || (),
            |(), frame| {
                let vectors = self.vectors_of(frame);
                let lengths = vectors.map(|(_, [down, right])| down.hypot(right));
                Ok(lengths.collect::<Vec<f64>>())
            },
        )?;
        let mut lengths: Vec<f64> = lengths.into_iter().flatten().collect();
        let long = long_one(&mut lengths);
        // Where most do not move, the others are few.
        let largest = lengths.last().copied();
        let long = long.filter(|long| *long > 0.0).or(largest);
        Ok(long.filter(|long| *long > 0.0))
    }

    /// Columns and rows of the arrows of a frame, with their vectors, which are finite.
    fn vectors_of(&self, frame: usize) -> impl Iterator<Item = ([usize; 2], [f64; 2])> {
        let frame = frame.min(self.vectors.len() - 1);
        let (height, width) = (self.vectors.shape()[1], self.vectors.shape()[2]);
        let starts = |side: usize| ((self.every / 2).min(side - 1)..side).step_by(self.every);
        let pixels = starts(height).flat_map(move |y| starts(width).map(move |x| [x, y]));
        pixels.filter_map(move |[x, y]| {
            let mut vector = [0.0; 2];
            let first = 2 * (y * width + x);
            let run = first..first + 2;
            self.vectors.samples().read(frame, run, &mut vector);
            let is_finite = vector.iter().all(|part: &f64| part.is_finite());
            is_finite.then_some(([x, y], vector))
        })
    }

    /// Draws the arrows of a frame; the middle of each is at its pixel.
    pub(crate) fn draw(&self, image: &mut Image, place: &FramePlace<'_>, frame: usize) {
        for ([x, y], [down, right]) in self.vectors_of(frame) {
            let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
            let (dx, dy) = (self.scale * right / 2.0, self.scale * down / 2.0);
            let (from, to) = ((x - dx, y - dy), (x + dx, y + dy));
            let (from, to) = ((place.position)(from), (place.position)(to));
            let lines = arrow_lines(from, to, place.font);
            let pen = (line_width(place.font), self.color);
            draw_outlined(image, place.rect, &lines, pen);
        }
    }

    /// The key at a magnification of the frames: an arrow, and the length of its vector. Where it
    /// would be wider than half of the video, that of a shorter one.
    pub(crate) fn key(&self, magnification: f64, width: usize, font: f32) -> Label {
        let (per_unit, most) = (self.scale * magnification, width as f64 / 2.0);
        let key = match self.key * per_unit <= most {
            true => self.key,
            // A round length below it: the next larger one of a tenth, a fifth or a half.
            false => round_step(most / per_unit / 5.0),
        };
        let length = (key * per_unit).round().max(1.0) as usize;
        let label = match self.unit.is_empty() {
            true => number_text(key),
            false => format!("{} {}", number_text(key), self.unit),
        };
        Label::arrow(length, &label, font)
    }

    /// Whether the arrows are in a shade of gray.
    pub(crate) fn is_gray(&self) -> bool {
        let [red, green, blue] = crate::color::unpack(self.color);
        red == green && green == blue
    }
}

/// Distance between arrows in pixels if it is not given, by the longer side of the frames.
pub(super) fn spacing(longer: usize) -> usize {
    (longer / 15).max(1)
}

/// Length that one in ten exceeds, so that a few outliers do not make the others invisible; sorts
/// them.
pub(super) fn long_one(lengths: &mut [f64]) -> Option<f64> {
    lengths.sort_by(f64::total_cmp);
    lengths.get(lengths.len() * 9 / 10).copied()
}

/// Draws lines with a dark outline around all of them.
fn draw_outlined(image: &mut Image, clip: Rect, lines: &[Stroke], (width, color): (f32, Color)) {
    for (width, color) in [(width + 1.6, OUTLINE), (width, color)] {
        for (from, to) in lines {
            image.line_within(clip, *from, *to, width, color);
        }
    }
}

/// Both ends of a line.
type Stroke = ((f32, f32), (f32, f32));

/// Width of the lines of arrows beside text of a size.
fn line_width(font: f32) -> f32 {
    (font / 9.0).max(1.5)
}

/// The shaft of an arrow and the two lines of its head; none if it is shorter than a pixel.
fn arrow_lines(from: (f32, f32), to: (f32, f32), font: f32) -> Vec<Stroke> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    if length.is_nan() || length < 1.0 {
        return Vec::new();
    }
    let (dx, dy) = (dx / length, dy / length);
    let head = (0.45 * length).min(0.5 * font);
    let barb = |side: f32| {
        let across = 0.5 * side * head;
        (
            to.0 - head * dx - across * dy,
            to.1 - head * dy + across * dx,
        )
    };
    vec![(from, to), (barb(1.0), to), (barb(-1.0), to)]
}

impl Label {
    /// An arrow to the right of a length, with its label above.
    fn arrow(length: usize, label: &str, size: f32) -> Self {
        Self::below_text(
            length,
            (size * 0.7).ceil() as usize,
            label,
            size,
            |image, area| {
                let middle = area.top as f32 + area.height as f32 / 2.0;
                let ends = ((area.left as f32, middle), (area.right() as f32, middle));
                for (from, to) in arrow_lines(ends.0, ends.1, size) {
                    image.line(from, to, line_width(size), 0xff_ff_ff);
                }
            },
        )
    }
}

impl MovingPath {
    /// A path through points with their frames, in any order, rows and columns; those that are not
    /// finite are left out.
    pub fn new(points: impl IntoIterator<Item = (usize, [f64; 2])>) -> Self {
        let is_known = |(_, [y, x]): &(usize, [f64; 2])| y.is_finite() && x.is_finite();
        let mut points: Vec<_> = points.into_iter().filter(is_known).collect();
        points.sort_by_key(|(frame, _)| *frame);
        Self { points }
    }
}

impl MovingPaths {
    /// Draws the paths up to a frame in which their points are, and a dot at each of these.
    pub(crate) fn draw(&self, image: &mut Image, place: &FramePlace<'_>, frame: usize) {
        let first = self.trail.map_or(0, |trail| frame.saturating_sub(trail));
        for (index, path) in self.paths.iter().enumerate() {
            let color = curve_color(index, self.paths.len());
            let is_over = path.points.last().is_none_or(|(last, _)| *last < frame);
            let seen = path
                .points
                .iter()
                .filter(|(at, _)| (first..=frame).contains(at));
            let seen: Vec<_> = seen
                .map(|(_, [y, x])| (place.position)((x + 0.5, y + 0.5)))
                .collect();
            let Some(last) = seen.last().filter(|_| !is_over) else {
                continue;
            };
            let lines: Vec<Stroke> = seen.windows(2).map(|pair| (pair[0], pair[1])).collect();
            let pen = ((place.font / 8.0).max(1.5), color);
            draw_outlined(image, place.rect, &lines, pen);
            if place.rect.contains(last.0, last.1) {
                image.dot(*last, place.font * 0.32, OUTLINE);
                image.dot(*last, place.font * 0.24, color);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::unpack;
    use crate::ops::testing::video;

    const RECT: Rect = Rect {
        left: 10,
        top: 0,
        width: 160,
        height: 160,
    };

    /// Vectors of 16 × 16 pixels to the right: 1 in the first frame and 2 in the second.
    fn options() -> ArrowOptions {
        let frames = (0..2).flat_map(|frame| vec![[0.0, f64::from(frame) + 1.0]; 256]);
        ArrowOptions {
            vectors: video(&[2, 16, 16, 2], frames.flatten().collect()),
            every: Some(8),
            scale: None,
            key: None,
            unit: "px".into(),
            color: 0xff_00_00,
        }
    }

    /// Width and height of what is drawn in about a color, as the edges of lines are blended.
    fn extent(image: &Image, color: Color) -> (usize, usize) {
        let wanted = unpack(color);
        let is_near = |(x, y): &(usize, usize)| {
            let pairs = unpack(image.at(*x, *y)).into_iter().zip(wanted);
            pairs
                .into_iter()
                .all(|(found, wanted)| found.abs_diff(wanted) < 64)
        };
        let at = (0..image.height).flat_map(|y| (0..image.width).map(move |x| (x, y)));
        let drawn: Vec<_> = at.filter(is_near).collect();
        let span = |of: fn(&(usize, usize)) -> usize| {
            let (low, high) = (drawn.iter().map(of).min(), drawn.iter().map(of).max());
            low.zip(high).map_or(0, |(low, high)| high - low + 1)
        };
        (span(|at| at.0), span(|at| at.1))
    }

    /// What is drawn over frames of 16 × 16 pixels, each of which is 10 pixels wide.
    fn over_frames(font: f32, draw: impl Fn(&mut Image, &FramePlace<'_>)) -> Image {
        let mut image = Image::new(180, 160);
        let position = |(x, y): (f64, f64)| (10.0 + 10.0 * x as f32, 10.0 * y as f32);
        let place = FramePlace {
            rect: RECT,
            position: &position,
            font,
        };
        draw(&mut image, &place);
        image
    }

    fn drawn(field: &ArrowField, frame: usize) -> Image {
        over_frames(12.0, |image, place| field.draw(image, place, frame))
    }

    #[test]
    fn arrows_are_as_long_as_the_vectors_of_their_frame() {
        let field = ArrowField::new(ArrowOptions {
            every: Some(16),
            scale: Some(3.0),
            ..options()
        })
        .unwrap();
        // One arrow at the pixel (8, 8): 3 pixels of 10 each in the first frame, 6 in the second.
        for (frame, length) in [(0, 30), (1, 60), (9, 60)] {
            let (width, height) = extent(&drawn(&field, frame), 0xff_00_00);
            assert!(width.abs_diff(length) <= 2, "{frame}: {width}");
            assert!((4..12).contains(&height), "{height}");
        }
    }

    #[test]
    fn the_key_is_round_and_fits() {
        let field = ArrowField::new(options()).unwrap();
        // Long vectors, 2, are 0.85 of 8 pixels.
        assert!((field.scale - 3.4).abs() < 1e-12);
        assert_eq!(field.key, 2.0);
        let same = |label: &Label, length: usize, text: &str| {
            assert_eq!(*label, Label::arrow(length, text, 12.0));
        };
        same(&field.key(10.0, 160, 12.0), 68, "2 px");
        // At a magnification at which it would be too wide, a shorter one.
        same(&field.key(100.0, 160, 12.0), 17, "0.05 px");
        let given = ArrowOptions {
            key: Some(1.0),
            unit: String::new(),
            ..options()
        };
        let given = ArrowField::new(given).unwrap();
        same(&given.key(10.0, 160, 12.0), 34, "1");
    }

    #[test]
    fn vectors_that_do_not_fit_are_refused() {
        let field = ArrowField::new(options()).unwrap();
        assert!(field.check((16, 16), 2).is_ok());
        assert!(field.check((16, 16), 3).is_err());
        assert!(field.check((17, 16), 2).is_err());
        let still = ArrowOptions {
            vectors: options().vectors.frame(0),
            ..options()
        };
        assert!(ArrowField::new(still).unwrap().check((16, 16), 3).is_ok());
        for wrong in [
            ArrowOptions {
                every: Some(0),
                ..options()
            },
            ArrowOptions {
                scale: Some(0.0),
                ..options()
            },
            ArrowOptions {
                key: Some(f64::NAN),
                ..options()
            },
            ArrowOptions {
                vectors: video(&[4, 4], vec![0.0; 16]),
                ..options()
            },
        ] {
            assert!(ArrowField::new(wrong).is_err());
        }
    }

    #[test]
    fn what_is_unknown_or_at_rest_has_no_arrow() {
        let vectors = video(&[16, 16, 2], vec![f64::NAN; 512]);
        let unknown = ArrowField::new(ArrowOptions {
            vectors,
            ..options()
        })
        .unwrap();
        assert_eq!(extent(&drawn(&unknown, 0), 0xff_00_00), (0, 0));
        let vectors = video(&[16, 16, 2], vec![0.0; 512]);
        let rest = ArrowField::new(ArrowOptions {
            vectors,
            ..options()
        })
        .unwrap();
        assert_eq!(extent(&drawn(&rest, 0), 0xff_00_00), (0, 0));
    }

    #[test]
    fn paths_end_with_their_last_frame() {
        let points = [(4, [8.0, 12.0]), (2, [8.0, 4.0]), (3, [f64::NAN, 0.0])];
        let paths = |trail: Option<usize>| MovingPaths {
            paths: vec![MovingPath::new(points)],
            trail,
        };
        let drawn = |trail: Option<usize>, frame: usize| {
            let image = over_frames(20.0, |image, place| paths(trail).draw(image, place, frame));
            extent(&image, curve_color(0, 1)).0
        };
        let dot = drawn(None, 2);
        assert!((8..12).contains(&dot), "{dot}");
        // From one point to the other, 8 pixels of 10 each.
        assert!(drawn(None, 4) > 80);
        assert_eq!(drawn(Some(1), 4), dot);
        assert_eq!([drawn(None, 1), drawn(None, 5)], [0, 0]);
    }
}
