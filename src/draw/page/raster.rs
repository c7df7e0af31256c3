//! Rendering of pages as images. Lines are drawn by their distance from the center of each pixel,
//! letters and areas by the part of each pixel that they cover.

use ab_glyph::{OutlineCurve, Point as Corner, point};
use ab_glyph_rasterizer::Rasterizer;

use super::{BOLD_LINE, Page, PageItem, PageRect, PageText, Point, clip};
use crate::color::pack;
use crate::draw::rgba_image::RgbaImage;
use crate::draw::{Color, Image, Rect, text};

const WHITE: Color = 0xff_ff_ff;

pub(super) fn render(page: &Page, scale: f64) -> Image {
    let length = |length: f64| (length * scale).round().max(1.0) as usize;
    let mut image = Image::new(length(page.width), length(page.height));
    image.fill(image.area(), WHITE);
    let mut raster = Raster {
        image,
        scale,
        coverage: Vec::new(),
    };
    let whole = raster.image.area();
    raster.draw(&page.shapes, &page.bounds(), whole);
    raster.image
}

struct Raster {
    image: Image,
    /// Pixels per unit.
    scale: f64,
    /// Coverage of each pixel near a line.
    coverage: Vec<f32>,
}

impl Raster {
    /// Draws the items within the bounds, clipped to the visible rectangle.
    fn draw(&mut self, shapes: &[PageItem], bounds: &PageRect, seen: Rect) {
        let seen = self.pixels(bounds).intersect(seen);
        for shape in shapes {
            match shape {
                PageItem::Line {
                    points,
                    width,
                    color,
                } => {
                    // The ends of clipped lines are outside.
                    for run in clip::line(points, &bounds.grow(width + 1.0 / self.scale)) {
                        self.line(&run, *width, *color, seen);
                    }
                }
                PageItem::Rule {
                    from,
                    to,
                    width,
                    color,
                } => self.rule(*from, *to, *width, *color, seen),
                PageItem::Area {
                    corners,
                    color,
                    opacity,
                } => {
                    let corners = clip::polygon(corners, bounds);
                    let corners: Vec<_> = corners.iter().map(|at| self.position(*at)).collect();
                    let ends = corners.iter().skip(1).chain(corners.first());
                    let edges = corners.iter().zip(ends);
                    let edges = edges.map(|(from, to)| OutlineCurve::Line(*from, *to));
                    self.fill(&edges.collect::<Vec<_>>(), (*color, *opacity), seen);
                }
                PageItem::Image { image, bounds } => self.picture(image, bounds, seen),
                PageItem::Text(text) => self.text(text, seen),
                PageItem::Clip { bounds, shapes } => self.draw(shapes, bounds, seen),
            }
        }
    }

    /// Pixels of a rectangle, clipped to the image.
    fn pixels(&self, bounds: &PageRect) -> Rect {
        let at = |length: f64| (length * self.scale).round().max(0.0) as usize;
        let (left, top) = (at(bounds.left), at(bounds.top));
        let rect = Rect {
            left,
            top,
            width: at(bounds.right).saturating_sub(left),
            height: at(bounds.bottom).saturating_sub(top),
        };
        rect.intersect(self.image.area())
    }

    fn position(&self, (x, y): Point) -> Corner {
        point((x * self.scale) as f32, (y * self.scale) as f32)
    }

    /// Draws a line along an axis on whole pixels.
    fn rule(&mut self, from: Point, to: Point, width: f64, color: Color, seen: Rect) {
        let width = (width * self.scale).round().max(1.0) / self.scale;
        let side = |middle: f64| {
            let first = ((middle - width / 2.0) * self.scale).round() / self.scale;
            (first, first + width)
        };
        let ends = |from: f64, to: f64| (from.min(to), from.max(to));
        let ((left, right), (top, bottom)) = match from.0 == to.0 {
            true => (side(from.0), ends(from.1, to.1)),
            false => (ends(from.0, to.0), side(from.1)),
        };
        let bounds = PageRect {
            left,
            top,
            right,
            bottom,
        };
        self.image.fill(self.pixels(&bounds).intersect(seen), color);
    }

    /// Draws a line whose segments count once where they meet.
    fn line(&mut self, points: &[Point], width: f64, color: Color, seen: Rect) {
        let points: Vec<_> = points.iter().map(|at| self.position(*at)).collect();
        self.stroke(&points, (width * self.scale) as f32 / 2.0, color, seen);
    }

    /// Draws a line through positions in pixels.
    fn stroke(&mut self, points: &[Corner], half: f32, color: Color, seen: Rect) {
        let reach = half + 0.5;
        let (low, high) = extent(points);
        let bounds = Rect::around(
            (low.x - reach, low.y - reach),
            (high.x + reach, high.y + reach),
        );
        let bounds = bounds.intersect(seen);
        self.coverage.clear();
        self.coverage.resize(bounds.width * bounds.height, 0.0);
        for ends in points.windows(2) {
            self.segment(ends[0], ends[1], half, bounds);
        }
        let rows = self.coverage.chunks_exact(bounds.width.max(1));
        for (row, y) in rows.zip(bounds.top..) {
            for (coverage, x) in row.iter().zip(bounds.left..) {
                self.image.blend(x, y, color, *coverage);
            }
        }
    }

    /// Adds the coverage of a segment for the pixels within the bounds.
    fn segment(&mut self, from: Corner, to: Corner, half: f32, bounds: Rect) {
        let reach = half + 0.5;
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let per_length = 1.0 / (dx * dx + dy * dy).max(f32::EPSILON);
        let (low, high) = extent(&[from, to]);
        let rows = Rect::around((0.0, low.y - reach), (0.0, high.y + reach))
            .intersect(Rect { left: 0, ..bounds });
        for y in rows.top..rows.bottom() {
            let middle = y as f32 + 0.5;
            // Columns in which the segment may come within reach of the row.
            let column = |row: f32| from.x + dx * ((row - from.y) / dy).clamp(0.0, 1.0);
            let ends = match dy == 0.0 {
                true => [from, to].map(|end| end.x),
                false => [middle - reach, middle + reach].map(column),
            };
            let left = (ends[0].min(ends[1]) - reach).max(bounds.left as f32) as usize;
            let left = left.min(bounds.right());
            let right = (ends[0].max(ends[1]) + reach).ceil().max(0.0) as usize;
            let columns = left..right.min(bounds.right()).max(left);
            let start = (y - bounds.top) * bounds.width + left - bounds.left;
            let row = &mut self.coverage[start..][..columns.len()];
            // Segments of dense lines mostly cross pixels that are already covered.
            let rest = row
                .iter_mut()
                .zip(columns)
                .filter(|(covered, _)| **covered < 1.0);
            for (coverage, x) in rest {
                let (x_from, y_from) = (x as f32 + 0.5 - from.x, middle - from.y);
                let part = ((x_from * dx + y_from * dy) * per_length).clamp(0.0, 1.0);
                let (x_off, y_off) = (x_from - part * dx, y_from - part * dy);
                let distance = (x_off * x_off + y_off * y_off).sqrt();
                let covered = half.min(distance + 0.5) - (distance - 0.5).max(-half);
                *coverage = coverage.max(covered);
            }
        }
    }

    fn text(&mut self, text: &PageText, seen: Rect) {
        let (glyphs, width) = text::outlines(&text.text);
        let (sin, cos) = text.turn.to_radians().sin_cos();
        let mut position = self.position(text.position);
        // Baselines along an axis are on whole pixels, which makes letters sharp.
        if sin.abs() < 1e-9 {
            position.y = position.y.round();
        } else if cos.abs() < 1e-9 {
            position.x = position.x.round();
        }
        let (sin, cos) = (sin as f32, cos as f32);
        let size = (text.size * self.scale) as f32;
        let start = text.anchor.part() as f32 * width;
        let placed = |at: Corner| {
            let (along, down) = ((at.x - start) * size, at.y * size);
            point(
                position.x + along * cos - down * sin,
                position.y + along * sin + down * cos,
            )
        };
        for glyph in glyphs {
            let curves: Vec<_> = glyph.iter().map(|curve| mapped(curve, placed)).collect();
            self.fill(&curves, (text.color, 1.0), seen);
            if text.is_bold {
                for outline in outlines(&curves) {
                    self.stroke(&outline, size * BOLD_LINE as f32 / 2.0, text.color, seen);
                }
            }
        }
    }

    /// Fills the area inside closed curves.
    fn fill(&mut self, curves: &[OutlineCurve], (color, opacity): (Color, f64), seen: Rect) {
        let corners: Vec<_> = curves.iter().flat_map(corners).collect();
        let (low, high) = extent(&corners);
        let (left, top) = (low.x.floor(), low.y.floor());
        let is_seen = (left as f64) < seen.right() as f64
            && (top as f64) < seen.bottom() as f64
            && seen.left as f32 <= high.x
            && seen.top as f32 <= high.y;
        if !is_seen {
            return;
        }
        let length = |low: f32, high: f32| (high - low).ceil() as usize + 1;
        let mut raster = Rasterizer::new(length(left, high.x), length(top, high.y));
        for curve in curves {
            let moved = |at: Corner| point(at.x - left, at.y - top);
            match mapped(curve, moved) {
                OutlineCurve::Line(from, to) => raster.draw_line(from, to),
                OutlineCurve::Quad(from, by, to) => raster.draw_quad(from, by, to),
                OutlineCurve::Cubic(from, by, near, to) => raster.draw_cubic(from, by, near, to),
            }
        }
        raster.for_each_pixel_2d(|x, y, coverage| {
            let (x, y) = (left + x as f32, top + y as f32);
            if seen.contains(x, y) {
                self.image
                    .blend(x as usize, y as usize, color, coverage * opacity as f32);
            }
        });
    }

    /// Draws an image on whole pixels.
    fn picture(&mut self, image: &RgbaImage, bounds: &PageRect, seen: Rect) {
        let rect = self.pixels(bounds);
        let scaled = image.scaled(rect.width, rect.height);
        let seen = rect.intersect(seen);
        for y in seen.top..seen.bottom() {
            for x in seen.left..seen.right() {
                let index = (y - rect.top) * rect.width + x - rect.left;
                let [red, green, blue, opacity] = scaled.pixels[index];
                let color = pack([red, green, blue]);
                self.image.blend(x, y, color, f32::from(opacity) / 255.0);
            }
        }
    }
}

/// Closed lines along the curves of a letter, each curve as a few segments.
fn outlines(curves: &[OutlineCurve]) -> Vec<Vec<Corner>> {
    const STEPS: u8 = 6;
    let mut lines: Vec<Vec<Corner>> = Vec::new();
    for curve in curves {
        let points = (0..=STEPS).map(|step| along(curve, f32::from(step) / f32::from(STEPS)));
        let points: Vec<_> = match curve {
            OutlineCurve::Line(from, to) => vec![*from, *to],
            _ => points.collect(),
        };
        match lines.last_mut() {
            Some(line) if line.last() == points.first() => line.extend(&points[1..]),
            _ => lines.push(points),
        }
    }
    lines
}

/// Point of a curve at a part of it, from 0 to 1.
fn along(curve: &OutlineCurve, part: f32) -> Corner {
    let between = |from: Corner, to: Corner| {
        point(
            from.x + part * (to.x - from.x),
            from.y + part * (to.y - from.y),
        )
    };
    match *curve {
        OutlineCurve::Line(from, to) => between(from, to),
        OutlineCurve::Quad(from, by, to) => between(between(from, by), between(by, to)),
        OutlineCurve::Cubic(from, by, near, to) => {
            let middle = between(by, near);
            between(
                between(between(from, by), middle),
                between(middle, between(near, to)),
            )
        }
    }
}

/// Minimum and maximum coordinates.
fn extent(points: &[Corner]) -> (Corner, Corner) {
    let low = point(f32::INFINITY, f32::INFINITY);
    let high = point(f32::NEG_INFINITY, f32::NEG_INFINITY);
    points.iter().fold((low, high), |(low, high), at| {
        (
            point(low.x.min(at.x), low.y.min(at.y)),
            point(high.x.max(at.x), high.y.max(at.y)),
        )
    })
}

fn corners(curve: &OutlineCurve) -> Vec<Corner> {
    match *curve {
        OutlineCurve::Line(from, to) => vec![from, to],
        OutlineCurve::Quad(from, by, to) => vec![from, by, to],
        OutlineCurve::Cubic(from, by, near, to) => vec![from, by, near, to],
    }
}

fn mapped(curve: &OutlineCurve, map: impl Fn(Corner) -> Corner) -> OutlineCurve {
    match *curve {
        OutlineCurve::Line(from, to) => OutlineCurve::Line(map(from), map(to)),
        OutlineCurve::Quad(from, by, to) => OutlineCurve::Quad(map(from), map(by), map(to)),
        OutlineCurve::Cubic(from, by, near, to) => {
            OutlineCurve::Cubic(map(from), map(by), map(near), map(to))
        }
    }
}
