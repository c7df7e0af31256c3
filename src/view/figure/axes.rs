//! Panels of data between axes: curves, areas and dots, a legend and a note.

use super::{Insets, style};
use crate::color::Color;
use crate::draw::decimate::runs;
use crate::draw::page::{Anchor, PageItem, PageRect, Point};
use crate::draw::ticks::{Tick, finite_range};
use crate::error::{Error, Result};

/// Smallest distances of ticks along the axes.
const X_SPACING: f64 = 3.6;
const Y_SPACING: f64 = 2.4;

/// Widest column of points that is decimated.
const COLUMN: f64 = 0.01;

/// Length of the line next to a name in the legend, and distance of the name from its start.
const SAMPLE: f64 = 1.3;
const NAME: f64 = 1.7;

/// Distance from the frame up to which curves are followed; beyond it nothing more is visible.
const FAR: f64 = 1e6;

/// Data between axes.
#[derive(Debug, Clone)]
pub struct AxesPanel {
    /// Kind of the plot, for people.
    pub kind: &'static str,
    /// Label of the horizontal axis; may be empty.
    pub xlabel: String,
    /// Label of the vertical axis; may be empty.
    pub ylabel: String,
    /// Ends of the horizontal axis.
    pub x: (f64, f64),
    /// Ends of the vertical axis.
    pub y: (f64, f64),
    /// Names of the positions 0, 1, 2, … of the horizontal axis, in one line or two; none: it has
    /// numbers.
    pub categories: Option<Vec<[String; 2]>>,
    /// Data, the first below the others.
    pub layers: Vec<AxesLayer>,
    /// Names and colors.
    pub legend: Vec<(String, Color)>,
    /// Text above the data, such as the results of a fit, which is broken into lines between its
    /// parts only.
    pub note: Vec<String>,
}

/// Data of one kind; lengths are multiples of the size of the text.
#[derive(Debug, Clone, PartialEq)]
pub enum AxesLayer {
    /// Curve; positions that are not finite leave a gap.
    Curve {
        /// Positions in units of the axes.
        points: Vec<Point>,
        /// Line width.
        width: f64,
        /// Color.
        color: Color,
    },
    /// Filled polygon.
    Region {
        /// Corners in units of the axes.
        corners: Vec<Point>,
        /// Color.
        color: Color,
        /// Opacity from 0 to 1.
        opacity: f64,
    },
    /// Filled circles.
    Dots {
        /// Centers in units of the axes.
        points: Vec<Point>,
        /// Radius.
        radius: f64,
        /// Color.
        color: Color,
        /// Opacity from 0 to 1.
        opacity: f64,
    },
    /// Vertical lines over the whole height, with a triangle above each.
    Events(Vec<f64>),
    /// Horizontal lines over the whole width.
    Levels(Vec<f64>),
}

impl AxesPanel {
    fn x_ticks(&self, width: f64, em: f64) -> Vec<Tick> {
        match &self.categories {
            Some(_) => Vec::new(),
            None => style::ticks(self.x, width, X_SPACING * em),
        }
    }

    fn y_ticks(&self, height: f64, em: f64) -> Vec<Tick> {
        style::ticks(self.y, height, Y_SPACING * em)
    }

    /// Room for the labels of data of a width and height.
    pub(super) fn insets(&self, (width, height): (f64, f64), em: f64) -> Insets {
        let y_ticks = self.y_ticks(height, em);
        let labels = style::widest(y_ticks.iter().map(|tick| tick.label.as_str()), em);
        let title = if self.ylabel.is_empty() {
            0.0
        } else {
            style::LINE * em
        };
        let overhang = self.x_ticks(width, em).last().map_or(0.0, |tick| {
            let part = style::part_of(tick.value, self.x);
            style::width(&tick.label, em) / 2.0 - (1.0 - part) * width
        });
        let rows = self.legend_rows(width, em).len();
        let note = self.note_lines(width, em).len();
        let lines = match &self.categories {
            Some(_) => {
                f64::from(u8::from(self.has_names()))
                    + f64::from(u8::from(self.has_counts(width, em)))
            }
            None => 1.0,
        };
        let xlabel = if self.xlabel.is_empty() { 0.0 } else { 1.0 };
        let events = self
            .layers
            .iter()
            .any(|layer| matches!(layer, AxesLayer::Events(_)));
        Insets {
            left: labels + (style::TICK + style::TICK_GAP) * em + title,
            top: (0.45 + (rows + note) as f64 * style::LINE) * em
                + if events { 0.6 * em } else { 0.0 },
            right: overhang.max(0.2 * em),
            bottom: (style::TICK + style::TICK_GAP + (lines + xlabel) * style::LINE - 0.3) * em,
        }
    }

    pub(super) fn draw(&self, frame: &PageRect, em: f64) -> Vec<PageItem> {
        let mut shapes = Vec::new();
        let position = |point: &Point| position(point, (self.x, self.y), frame);
        let mut inside = Vec::new();
        for layer in &self.layers {
            match layer {
                AxesLayer::Curve {
                    points,
                    width,
                    color,
                } => {
                    let line = |points: Vec<Point>| match points.as_slice() {
                        [point] => style::dot(*point, width * em, *color, 1.0),
                        _ => PageItem::Line {
                            points,
                            width: width * em,
                            color: *color,
                        },
                    };
                    let runs = runs(points.iter().map(position), COLUMN * em);
                    inside.extend(runs.into_iter().map(line));
                }
                AxesLayer::Region {
                    corners,
                    color,
                    opacity,
                } => inside.push(PageItem::Area {
                    corners: corners.iter().filter_map(position).collect(),
                    color: *color,
                    opacity: *opacity,
                }),
                AxesLayer::Dots {
                    points,
                    radius,
                    color,
                    opacity,
                } => {
                    let is_shown = |(x, y): &&Point| {
                        (self.x.0..=self.x.1).contains(x) && (self.y.0..=self.y.1).contains(y)
                    };
                    let centers = points.iter().filter(is_shown).filter_map(position);
                    shapes.extend(
                        centers.map(|center| style::dot(center, radius * em, *color, *opacity)),
                    );
                }
                AxesLayer::Levels(levels) => {
                    let is_shown = |level: &&f64| (self.y.0..=self.y.1).contains(*level);
                    for level in levels.iter().filter(is_shown) {
                        let y = frame.bottom - style::part_of(*level, self.y) * frame.height();
                        let ends = ((frame.left, y), (frame.right, y));
                        inside.push(style::rule(ends.0, ends.1, style::THIN * em, 0x80_80_80));
                    }
                }
                AxesLayer::Events(times) => {
                    let is_shown = |time: &&f64| (self.x.0..=self.x.1).contains(*time);
                    for time in times.iter().filter(is_shown) {
                        let x = frame.left + style::part_of(*time, self.x) * frame.width();
                        let ends = ((x, frame.top), (x, frame.bottom));
                        inside.insert(0, style::rule(ends.0, ends.1, style::THIN * em, 0xc8_c8_c8));
                        shapes.push(triangle((x, frame.top - 0.1 * em), 0.32 * em));
                    }
                }
            }
        }
        // A curve along the edge is as wide as elsewhere.
        let border = style::CURVE * em;
        // Dots at the edge are whole, and lines fitted to them are seen.
        let mut items = shapes;
        items.push(PageItem::Clip {
            bounds: frame.grow(border),
            shapes: inside,
        });
        self.draw_axes(&mut items, frame, em);
        self.draw_heading(&mut items, frame, em);
        items
    }

    fn draw_axes(&self, shapes: &mut Vec<PageItem>, frame: &PageRect, em: f64) {
        let (thin, tick_length) = (style::THIN * em, style::TICK * em);
        let (left, bottom) = (frame.left, frame.bottom);
        // Both axes reach the corner.
        let corner = (left - thin / 2.0, bottom + thin / 2.0);
        shapes.push(style::rule(
            (left, frame.top),
            (left, corner.1),
            thin,
            style::AXIS,
        ));
        shapes.push(style::rule(
            (corner.0, bottom),
            (frame.right, bottom),
            thin,
            style::AXIS,
        ));
        for tick in self.y_ticks(frame.height(), em) {
            let y = bottom - style::part_of(tick.value, self.y) * frame.height();
            shapes.push(style::rule(
                (left - tick_length, y),
                (left, y),
                thin,
                style::AXIS,
            ));
            let right = left - tick_length - style::TICK_GAP * em;
            shapes.push(style::label(&tick.label, (right, y), Anchor::End, em));
        }
        let mut middle = bottom + tick_length + (style::TICK_GAP + 0.4) * em;
        for tick in self.x_ticks(frame.width(), em) {
            let x = left + style::part_of(tick.value, self.x) * frame.width();
            shapes.push(style::rule(
                (x, bottom),
                (x, bottom + tick_length),
                thin,
                style::AXIS,
            ));
            shapes.push(style::label(&tick.label, (x, middle), Anchor::Middle, em));
        }
        if let Some(names) = &self.categories {
            let has_counts = self.has_counts(frame.width(), em);
            let room = category_room(frame.width(), names.len(), em);
            let names_height = if self.has_names() {
                style::LINE * em
            } else {
                0.0
            };
            for (at, [name, more]) in names.iter().enumerate() {
                let x = left + style::part_of(at as f64, self.x) * frame.width();
                let name = style::fit(name, em, room);
                shapes.push(style::label(&name, (x, middle), Anchor::Middle, em));
                if has_counts {
                    let below = (x, middle + names_height);
                    shapes.push(style::label(more, below, Anchor::Middle, em));
                }
            }
            let counts_height = if has_counts { style::LINE * em } else { 0.0 };
            // The label of the axis is a line below the last of these.
            middle += names_height + counts_height - style::LINE * em;
        }
        let center = (frame.left + frame.right) / 2.0;
        let xlabel = style::fit(&self.xlabel, em, frame.width() + 4.0 * em);
        let below = (center, middle + style::LINE * em);
        shapes.push(style::label(&xlabel, below, Anchor::Middle, em));
        let labels = self.y_ticks(frame.height(), em);
        let labels = style::widest(labels.iter().map(|tick| tick.label.as_str()), em);
        let beside = left - labels - tick_length - (style::TICK_GAP + 0.8) * em;
        let ylabel = style::fit(&self.ylabel, em, frame.height() + 2.0 * em);
        let center = (frame.top + frame.bottom) / 2.0;
        shapes.push(style::upward(&ylabel, (beside, center), em));
    }

    /// Names in each row of the legend, with their distances from the left.
    fn legend_rows(&self, width: f64, em: f64) -> Vec<Vec<(f64, String, Color)>> {
        let mut rows: Vec<Vec<(f64, String, Color)>> = Vec::new();
        let mut pen = f64::INFINITY;
        for (name, color) in &self.legend {
            let name = style::fit(name, em, width - NAME * em);
            let needed = NAME * em + style::width(&name, em);
            if pen + needed > width {
                rows.push(Vec::new());
                pen = 0.0;
            }
            if let Some(row) = rows.last_mut() {
                row.push((pen, name, *color));
            }
            pen += needed + em;
        }
        rows
    }

    /// The note in lines that fit, whole parts in each.
    fn note_lines(&self, width: f64, em: f64) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for part in &self.note {
            match lines.last_mut() {
                Some(line) if style::width(&format!("{line}, {part}"), em) <= width => {
                    line.push_str(", ");
                    line.push_str(part);
                }
                _ => lines.push(part.clone()),
            }
        }
        lines
    }

    /// Whether a category has a name.
    fn has_names(&self) -> bool {
        let mut names = self.categories.iter().flatten();
        names.any(|name| !name[0].is_empty())
    }

    /// Whether the second lines of the categories are shown: only if all fit, as a shortened number
    /// is another one.
    fn has_counts(&self, width: f64, em: f64) -> bool {
        let Some(names) = &self.categories else {
            return false;
        };
        let room = category_room(width, names.len(), em);
        let fits = |name: &[String; 2]| style::width(&name[1], em) <= room;
        names.iter().any(|name| !name[1].is_empty()) && names.iter().all(fits)
    }

    fn draw_heading(&self, shapes: &mut Vec<PageItem>, frame: &PageRect, em: f64) {
        let rows = self.legend_rows(frame.width(), em);
        let insets = self.insets((frame.width(), frame.height()), em);
        let mut middle = frame.top - insets.top + 0.55 * em;
        for row in rows {
            for (start, name, color) in row {
                let left = frame.left + start;
                let ends = ((left, middle), (left + SAMPLE * em, middle));
                shapes.push(style::rule(ends.0, ends.1, 0.2 * em, color));
                let position = (left + NAME * em, middle);
                shapes.push(style::label(&name, position, Anchor::Start, em));
            }
            middle += style::LINE * em;
        }
        for line in self.note_lines(frame.width(), em) {
            shapes.push(style::label(&line, (frame.left, middle), Anchor::Start, em));
            middle += style::LINE * em;
        }
        // Empty labels have no glyphs, and only take up space.
        shapes.retain(|shape| !matches!(shape, PageItem::Text(text) if text.text.is_empty()));
    }
}

/// Room for the name of a category.
fn category_room(width: f64, count: usize, em: f64) -> f64 {
    width / count as f64 - 0.5 * em
}

/// Position of a point on the page; none if it is not finite.
fn position((x, y): &Point, (xs, ys): ((f64, f64), (f64, f64)), frame: &PageRect) -> Option<Point> {
    let part = |value: f64, (low, high): (f64, f64)| (value - low) / (high - low);
    let at = (
        frame.left + part(*x, xs) * frame.width(),
        frame.bottom - part(*y, ys) * frame.height(),
    );
    let is_finite = x.is_finite() && y.is_finite();
    is_finite.then(|| (at.0.clamp(-FAR, FAR), at.1.clamp(-FAR, FAR)))
}

/// Triangle that points down at a position.
fn triangle((x, y): Point, half: f64) -> PageItem {
    PageItem::Area {
        corners: vec![
            (x - half, y - 1.5 * half),
            (x + half, y - 1.5 * half),
            (x, y),
        ],
        color: style::AXIS,
        opacity: 1.0,
    }
}

/// Ends of an axis: as requested by the parameters of these names, or the range of the values with
/// a margin.
pub(super) fn axis_range(
    [low_name, high_name]: [&str; 2],
    limits: [Option<f64>; 2],
    values: impl Iterator<Item = f64>,
    margin: f64,
) -> Result<(f64, f64)> {
    let (low, high) = match finite_range(values) {
        Some((low, high)) if low < high => {
            (low - margin * (high - low), high + margin * (high - low))
        }
        Some((low, _)) => (low - 0.5, low + 0.5),
        None => (0.0, 1.0),
    };
    let ends = (limits[0].unwrap_or(low), limits[1].unwrap_or(high));
    if !(ends.0 < ends.1 && (ends.1 - ends.0).is_finite()) {
        let error = format!("the axis would range from {} to {}", ends.0, ends.1);
        return Err(Error::new(error).hint(format!(
            "`{low_name}` must be below `{high_name}`; pass both"
        )));
    }
    Ok(ends)
}
