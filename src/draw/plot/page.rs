//! How a plot is laid out and drawn.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::runs::runs;
use super::{Curve, Plot};
use crate::draw::ticks::{Axis, Tick};

/// The size of labels, and of the title.
const LABEL_SIZE: f64 = 12.0;
const TITLE_SIZE: f64 = 16.0;

/// The height of a line of text in parts of its size, which is what plotters calls size.
const FONT_HEIGHT: f64 = 1.3;

/// How much lower than in its middle a line of text has the middle of its digits.
const DIGIT_MIDDLE: f64 = 1.0;

/// The distance between parts of a plot.
const GAP: f64 = 8.0;

const TEXT: RGBColor = RGBColor(60, 60, 60);
const TITLE: RGBColor = RGBColor(20, 20, 20);
const GRID: RGBColor = RGBColor(228, 228, 228);
const LINE: RGBColor = RGBColor(120, 120, 120);

type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// A plot on its way to a backend, in units that are fractions of a pixel.
pub(super) struct Page<'a, B: DrawingBackend> {
    pub(super) area: &'a DrawingArea<B, Shift>,
    pub(super) plot: &'a Plot,
    /// How many units make a pixel.
    pub(super) units: f64,
    /// Whether the text is drawn in the embedded font.
    pub(super) is_embedded: bool,
}

/// Where the curves are.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let part = |value: f64, (low, high): (f64, f64)| (value - low) / (high - low);
        (
            self.left + part(x, self.x) * (self.right - self.left),
            self.bottom - part(y, self.y) * (self.bottom - self.top),
        )
    }

    fn x_ticks(&self) -> Vec<Tick> {
        ticks(self.x, self.right - self.left, 80)
    }

    fn y_ticks(&self) -> Vec<Tick> {
        ticks(self.y, self.bottom - self.top, 40)
    }
}

fn ticks((low, high): (f64, f64), length: f64, spacing: usize) -> Vec<Tick> {
    let length = length as usize + 1;
    Axis { low, high, length }.ticks(spacing)
}

impl<B: DrawingBackend> Page<'_, B> {
    /// Draws everything.
    pub(super) fn draw(&self) -> Drawn<B> {
        self.area.fill(&WHITE)?;
        let frame = self.frame();
        self.draw_axes(&frame)?;
        for (index, curve) in self.plot.curves.iter().enumerate() {
            self.draw_curve(&frame, curve, self.plot.color(index))?;
        }
        self.draw_heading(&frame)
    }

    /// Leaves room for the labels.
    fn frame(&self) -> Frame {
        let (width, height) = self.plot.size;
        let mut top = 1.5 * GAP;
        if !self.plot.title.is_empty() {
            top += TITLE_SIZE + GAP;
        }
        if self.has_legend() {
            top += LABEL_SIZE + GAP;
        }
        let mut frame = Frame {
            left: 2.0 * GAP,
            right: width as f64 - 2.5 * GAP,
            top,
            bottom: height as f64 - 2.0 * LABEL_SIZE - 3.5 * GAP,
            x: self.plot.x_range(),
            y: self.plot.y_range(),
        };
        let labels = frame.y_ticks().into_iter();
        let widest = labels.map(|tick| self.width(&tick.label, LABEL_SIZE));
        frame.left += widest.fold(0.0, f64::max) + GAP;
        if !self.plot.ylabel.is_empty() {
            frame.left += LABEL_SIZE + GAP;
        }
        frame
    }

    fn has_legend(&self) -> bool {
        self.plot.curves.iter().any(|curve| !curve.label.is_empty())
    }

    fn draw_axes(&self, frame: &Frame) -> Drawn<B> {
        for tick in frame.y_ticks() {
            let y = frame.bottom - tick.offset as f64;
            self.line(&[(frame.left, y), (frame.right, y)], GRID, 1.0)?;
            let place = (frame.left - GAP, y + DIGIT_MIDDLE);
            self.text(
                &tick.label,
                place,
                (HPos::Right, VPos::Center),
                LABEL_SIZE,
                TEXT,
            )?;
        }
        let bottom = frame.bottom;
        self.line(&[(frame.left, bottom), (frame.right, bottom)], LINE, 1.0)?;
        for tick in frame.x_ticks() {
            let x = frame.left + tick.offset as f64;
            self.line(&[(x, bottom), (x, bottom + 5.0)], LINE, 1.0)?;
            let place = (x, bottom + GAP);
            self.text(
                &tick.label,
                place,
                (HPos::Center, VPos::Top),
                LABEL_SIZE,
                TEXT,
            )?;
        }
        let middle = (frame.left + frame.right) / 2.0;
        let place = (middle, bottom + LABEL_SIZE + 2.0 * GAP);
        self.text(
            &self.plot.xlabel,
            place,
            (HPos::Center, VPos::Top),
            LABEL_SIZE,
            TEXT,
        )?;
        if self.plot.ylabel.is_empty() {
            return Ok(());
        }
        let font = self.font(LABEL_SIZE);
        let style = TextStyle::from(font.transform(FontTransform::Rotate270)).color(&TEXT);
        let style = style.pos(Pos::new(HPos::Center, VPos::Top));
        let place = (GAP, (frame.top + frame.bottom) / 2.0);
        self.area.draw(&Text::new(
            self.shown(&self.plot.ylabel),
            self.point(place),
            style,
        ))
    }

    fn draw_curve(&self, frame: &Frame, curve: &Curve, color: RGBColor) -> Drawn<B> {
        let places = curve.points.iter().map(|point| frame.place(*point));
        for run in runs(places, 1.0 / self.units) {
            let inside: Vec<_> = run
                .into_iter()
                .map(|(x, y)| (x, y.clamp(frame.top, frame.bottom)))
                .collect();
            match inside.as_slice() {
                [place] => {
                    let radius = (1.5 * self.units) as i32;
                    let dot = Circle::new(self.point(*place), radius, color.filled());
                    self.area.draw(&dot)?;
                }
                places => self.line(places, color, 1.5)?,
            }
        }
        Ok(())
    }

    /// Title and legend.
    fn draw_heading(&self, frame: &Frame) -> Drawn<B> {
        let mut top = 1.5 * GAP;
        let left = frame.left;
        if !self.plot.title.is_empty() {
            let anchor = (HPos::Left, VPos::Top);
            self.text(
                &self.plot.title,
                (left, top - 2.0),
                anchor,
                TITLE_SIZE,
                TITLE,
            )?;
            top += TITLE_SIZE + GAP;
        }
        let middle = top + LABEL_SIZE / 2.0;
        let mut pen = left;
        for (index, curve) in self.plot.curves.iter().enumerate() {
            let needed = 24.0 + self.width(&curve.label, LABEL_SIZE);
            if curve.label.is_empty() {
                continue;
            }
            if pen + needed > frame.right {
                return self.text(
                    "…",
                    (pen, middle),
                    (HPos::Left, VPos::Center),
                    LABEL_SIZE,
                    TEXT,
                );
            }
            self.line(
                &[(pen, middle), (pen + 18.0, middle)],
                self.plot.color(index),
                2.0,
            )?;
            let place = (pen + 24.0, middle + DIGIT_MIDDLE);
            self.text(
                &curve.label,
                place,
                (HPos::Left, VPos::Center),
                LABEL_SIZE,
                TEXT,
            )?;
            pen += needed + 2.0 * GAP;
        }
        Ok(())
    }

    fn point(&self, (x, y): (f64, f64)) -> (i32, i32) {
        (
            (x * self.units).round() as i32,
            (y * self.units).round() as i32,
        )
    }

    fn line(&self, places: &[(f64, f64)], color: RGBColor, width: f64) -> Drawn<B> {
        let points: Vec<_> = places.iter().map(|place| self.point(*place)).collect();
        let style = color.stroke_width((width * self.units).round() as u32);
        self.area.draw(&PathElement::new(points, style))
    }

    fn text(
        &self,
        text: &str,
        place: (f64, f64),
        (across, down): (HPos, VPos),
        size: f64,
        color: RGBColor,
    ) -> Drawn<B> {
        let style = TextStyle::from(self.font(size))
            .color(&color)
            .pos(Pos::new(across, down));
        self.area
            .draw(&Text::new(self.shown(text), self.point(place), style))
    }

    fn font(&self, size: f64) -> FontDesc<'static> {
        ("sans-serif", size * FONT_HEIGHT * self.units).into_font()
    }

    fn shown(&self, text: &str) -> String {
        match self.is_embedded {
            true => crate::draw::text::drawable(text),
            false => text.to_owned(),
        }
    }

    fn width(&self, text: &str, size: f64) -> f64 {
        crate::draw::text::width(text, size as f32) as f64
    }
}
