//! Layout of a plot on its page.

use super::{Curve, Plot};
use crate::draw::Color;
use crate::draw::decimate::runs;
use crate::draw::page::{Anchor, Page, PageItem, PageRect, PageText, PageUnit, Point};
use crate::draw::text::{self, DIGIT_HEIGHT};
use crate::draw::ticks::{PlotAxis, Tick};
use crate::error::{Error, Result};

/// Size of labels, and of the title.
const LABEL_SIZE: f64 = 12.0;
const TITLE_SIZE: f64 = 16.0;

/// Maximum number of lines of a title.
const TITLE_LINES: usize = 3;

/// Distance between parts of a plot.
const GAP: f64 = 8.0;

/// Length of the line next to a name in the legend, and distance of the name from the line's start.
const SAMPLE: f64 = 18.0;
const NAME: f64 = 24.0;

const CURVE_WIDTH: f64 = 1.5;
const DOT_RADIUS: f64 = 2.0;

/// Widest column of points that is decimated.
const COLUMN: f64 = 0.1;

/// Smallest area for the curves that is readable.
const MIN_CURVES: f64 = 8.0;

/// Distance from the frame up to which curves are followed; beyond it nothing more is visible.
const FAR: f64 = 1e9;

const TEXT: Color = 0x3c_3c_3c;
const TITLE: Color = 0x14_14_14;
const GRID: Color = 0xe4_e4_e4;
const LINE: Color = 0x78_78_78;

/// Page of a plot.
pub(super) fn page(plot: &Plot) -> Result<Page> {
    let (width, height) = (plot.size.0 as f64, plot.size.1 as f64);
    let layout = PlotLayout::new(plot, width, height)?;
    let mut shapes = layout.axes();
    shapes.push(layout.curves());
    layout.heading(&mut shapes);
    Ok(Page {
        width,
        height,
        unit: PageUnit::Pixel,
        shapes,
    })
}

struct PlotLayout<'a> {
    plot: &'a Plot,
    /// Width and height of the page.
    size: (f64, f64),
    /// Lines of the title.
    title: Vec<String>,
    /// Rectangle of the curves.
    frame: PageRect,
    /// Values at its sides.
    x: (f64, f64),
    y: (f64, f64),
}

impl<'a> PlotLayout<'a> {
    /// Leaves room for the labels.
    fn new(plot: &'a Plot, width: f64, height: f64) -> Result<Self> {
        let title = lines(&plot.title, TITLE_SIZE, width - 4.0 * GAP);
        let mut top = 1.5 * GAP;
        if !title.is_empty() {
            top += title.len() as f64 * line_height(TITLE_SIZE) + GAP / 2.0;
        }
        if plot.has_legend() {
            top += LABEL_SIZE + GAP;
        }
        let frame = PageRect {
            left: 3.0 * GAP,
            right: width - 2.5 * GAP,
            top,
            bottom: height - 2.0 * LABEL_SIZE - 3.5 * GAP,
        };
        let (x, y) = (plot.x_range(), plot.y_range()?);
        let mut layout = Self {
            plot,
            size: (width, height),
            title,
            frame,
            x,
            y,
        };
        let labels = layout.y_ticks().into_iter();
        let widths = labels.map(|tick| text::exact_width(&tick.label, LABEL_SIZE));
        layout.frame.left += widths.fold(0.0, f64::max);
        if !plot.ylabel.is_empty() {
            layout.frame.left += LABEL_SIZE + GAP;
        }
        if layout.frame.width() < MIN_CURVES || layout.frame.height() < MIN_CURVES {
            let error = format!("a plot of {width}×{height} pixels is too small for its curves");
            return Err(Error::new(error)
                .hint("increase `width` and `height`, or omit labels and the title"));
        }
        Ok(layout)
    }

    fn x_ticks(&self) -> Vec<Tick> {
        ticks(self.x, self.frame.width(), 80)
    }

    fn y_ticks(&self) -> Vec<Tick> {
        ticks(self.y, self.frame.height(), 40)
    }

    /// Position of a sample; none if it is not finite.
    fn position(&self, (x, y): Point) -> Option<Point> {
        let part = |value: f64, (low, high): (f64, f64)| (value - low) / (high - low);
        let position = (
            self.frame.left + part(x, self.x) * self.frame.width(),
            self.frame.bottom - part(y, self.y) * self.frame.height(),
        );
        (x.is_finite() && y.is_finite()).then_some((position.0, position.1.clamp(-FAR, FAR)))
    }

    fn axes(&self) -> Vec<PageItem> {
        let frame = &self.frame;
        let mut shapes = Vec::new();
        for tick in self.y_ticks() {
            let y = frame.bottom - part_of(&tick, self.y) * frame.height();
            shapes.push(rule((frame.left, y), (frame.right, y), GRID, 1.0));
            let position = (frame.left - GAP, y);
            shapes.push(label(tick.label, position, Anchor::End));
        }
        let bottom = frame.bottom;
        let axis = rule((frame.left, bottom), (frame.right, bottom), LINE, 1.0);
        shapes.push(axis);
        for tick in self.x_ticks() {
            let x = frame.left + part_of(&tick, self.x) * frame.width();
            shapes.push(rule((x, bottom), (x, bottom + 5.0), LINE, 1.0));
            let (name, x) = centered(&tick.label, x, self.size.0);
            let position = (x, bottom + GAP + LABEL_SIZE / 2.0);
            shapes.push(label(name, position, Anchor::Middle));
        }
        let middle = (frame.left + frame.right) / 2.0;
        let (name, x) = centered(&self.plot.xlabel, middle, self.size.0);
        let y = bottom + 2.0 * GAP + 1.5 * LABEL_SIZE;
        shapes.push(label(name, (x, y), Anchor::Middle));
        let middle = (frame.top + frame.bottom) / 2.0;
        let (name, y) = centered(&self.plot.ylabel, middle, self.size.1);
        let x = baseline(GAP + LABEL_SIZE / 2.0, LABEL_SIZE);
        shapes.push(PageItem::Text(PageText {
            text: name,
            position: (x, y),
            anchor: Anchor::Middle,
            turn: -90.0,
            size: LABEL_SIZE,
            is_bold: false,
            color: TEXT,
        }));
        shapes
    }

    fn curves(&self) -> PageItem {
        let curves = self.plot.curves.iter().enumerate();
        let shapes = curves.flat_map(|(index, curve)| self.curve(curve, self.plot.color(index)));
        // Nothing is next to the frame, and a curve along its edge is as wide as elsewhere.
        let bounds = PageRect {
            left: 0.0,
            right: self.size.0,
            top: self.frame.top - CURVE_WIDTH / 2.0,
            bottom: self.frame.bottom + CURVE_WIDTH / 2.0,
        };
        PageItem::Clip {
            bounds,
            shapes: shapes.collect(),
        }
    }

    fn curve(&self, curve: &Curve, color: Color) -> Vec<PageItem> {
        let positions = curve.points.iter().map(|point| self.position(*point));
        let shape = |points: Vec<Point>| match points.as_slice() {
            [position] => dot(*position, color),
            _ => PageItem::Line {
                points,
                width: CURVE_WIDTH,
                color,
            },
        };
        runs(positions, COLUMN).into_iter().map(shape).collect()
    }

    /// Draws title and legend.
    fn heading(&self, shapes: &mut Vec<PageItem>) {
        let mut top = 1.5 * GAP;
        let widths = self.title.iter();
        let widths = widths.map(|line| text::exact_width(line, TITLE_SIZE));
        let room = self.size.0 - GAP - widths.fold(0.0, f64::max);
        for line in &self.title {
            let y = baseline(top + TITLE_SIZE / 2.0, TITLE_SIZE);
            shapes.push(PageItem::Text(PageText {
                text: line.clone(),
                position: (self.frame.left.min(room), y),
                anchor: Anchor::Start,
                turn: 0.0,
                size: TITLE_SIZE,
                is_bold: false,
                color: TITLE,
            }));
            top += line_height(TITLE_SIZE);
        }
        if !self.title.is_empty() {
            top += GAP / 2.0;
        }
        let middle = top + LABEL_SIZE / 2.0;
        let mut pen = self.frame.left;
        for (index, curve) in self.plot.curves.iter().enumerate() {
            if curve.label.is_empty() {
                continue;
            }
            let room = self.size.0 - GAP - pen - NAME;
            let name = fit(&curve.label, LABEL_SIZE, room);
            if name.is_empty() {
                let more = "…".to_owned();
                return shapes.push(label(more, (pen, middle), Anchor::Start));
            }
            let width = text::exact_width(&name, LABEL_SIZE);
            let is_whole = name == curve.label;
            let ends = [(pen, middle), (pen + SAMPLE, middle)];
            shapes.push(rule(ends[0], ends[1], self.plot.color(index), 2.0));
            shapes.push(label(name, (pen + NAME, middle), Anchor::Start));
            if !is_whole {
                return;
            }
            pen += NAME + width + 2.0 * GAP;
        }
    }
}

fn ticks((low, high): (f64, f64), length: f64, spacing: usize) -> Vec<Tick> {
    let length = length.max(0.0) as usize + 1;
    PlotAxis { low, high, length }.ticks(spacing)
}

/// Position of a tick between the ends of an axis, from 0 to 1.
fn part_of(tick: &Tick, (low, high): (f64, f64)) -> f64 {
    ((tick.value - low) / (high - low)).clamp(0.0, 1.0)
}

/// Baseline of text whose digits are centered at a height.
fn baseline(middle: f64, size: f64) -> f64 {
    middle + f64::from(DIGIT_HEIGHT) * size / 2.0
}

fn line_height(size: f64) -> f64 {
    1.25 * size
}

fn fit(text: &str, size: f64, room: f64) -> String {
    text::shortened(text, |text| text::exact_width(text, size) <= room)
}

/// As much of a text as fits along a side of the page, and the position of its center: the
/// requested one if the text then stays on the page.
fn centered(text: &str, middle: f64, side: f64) -> (String, f64) {
    let text = fit(text, LABEL_SIZE, side - GAP);
    let half = text::exact_width(&text, LABEL_SIZE) / 2.0 + GAP / 2.0;
    let middle = middle.max(half).min(side - half);
    (text, middle)
}

/// Breaks a text into lines that fit, between words; the last is shortened if there are too many.
fn lines(text: &str, size: f64, room: f64) -> Vec<String> {
    let fits = |text: &str| text::exact_width(text, size) <= room;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_last = lines.len() == TITLE_LINES;
        match lines.last_mut() {
            Some(line) if is_last || fits(&format!("{line} {word}")) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| fit(line, size, room)).collect()
}

fn label(text: String, (x, middle): Point, anchor: Anchor) -> PageItem {
    PageItem::Text(PageText {
        text,
        position: (x, baseline(middle, LABEL_SIZE)),
        anchor,
        turn: 0.0,
        size: LABEL_SIZE,
        is_bold: false,
        color: TEXT,
    })
}

fn rule(from: Point, to: Point, color: Color, width: f64) -> PageItem {
    PageItem::Rule {
        from,
        to,
        width,
        color,
    }
}

fn dot((x, y): Point, color: Color) -> PageItem {
    const CORNERS: u32 = 16;
    let corner = |index: u32| {
        let (sin, cos) = (f64::from(index) * std::f64::consts::TAU / f64::from(CORNERS)).sin_cos();
        (x + DOT_RADIUS * cos, y + DOT_RADIUS * sin)
    };
    PageItem::Area {
        corners: (0..CORNERS).map(corner).collect(),
        color,
        opacity: 1.0,
    }
}
