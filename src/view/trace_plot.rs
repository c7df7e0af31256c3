//! Plot of the traces of some pixels with a cursor that moves along them.

use super::curve;
use crate::color::Color;
use crate::draw::colorbar::Style;
use crate::draw::ticks::{PlotAxis, Tick, finite_range};
use crate::draw::{Image, Rect, text};

/// Trace of a pixel and its color.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// One value per frame.
    pub values: Vec<f64>,
    /// Color of the line.
    pub color: Color,
}

/// Time axis of the frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeAxis {
    /// Time between frames, in the unit.
    pub interval: f64,
    /// Unit written after the last number.
    pub unit: &'static str,
}

/// Trace plot and its layout.
#[derive(Debug, Clone)]
pub struct TracePlot {
    plot: Rect,
    x: PlotAxis,
    y: PlotAxis,
    time: TimeAxis,
    traces: Vec<Trace>,
    style: Style,
}

impl TracePlot {
    /// Trace plot that fills a rectangle.
    pub fn new(area: Rect, traces: Vec<Trace>, time: TimeAxis, style: Style) -> Self {
        let frames = traces.iter().map(|trace| trace.values.len()).max();
        let (low, high) = range(&traces);
        let height = area
            .height
            .saturating_sub((style.label_size * 1.8) as usize);
        let y = PlotAxis {
            low,
            high,
            length: height,
        };
        let labels = y_ticks(y, &style).into_iter();
        let widths = labels.map(|tick| text::width(&tick.label, style.label_size));
        let mut plot = area;
        plot.cut_left(widths.max().unwrap_or(0) + style.label_gap());
        plot.height = height;
        let x = PlotAxis {
            low: 0.0,
            high: frames.unwrap_or(1).saturating_sub(1) as f64 * time.interval,
            length: plot.width,
        };
        Self {
            plot,
            x,
            y,
            time,
            traces,
            style,
        }
    }

    /// Draws the static parts: the axes and the traces.
    pub fn draw(&self, image: &mut Image) {
        if self.plot.intersect(image.area()) != self.plot || self.plot.is_empty() {
            return;
        }
        self.draw_y_axis(image);
        self.draw_x_axis(image);
        let width = (self.style.label_size / 9.0).max(1.2);
        for trace in &self.traces {
            let points = trace.values.iter().enumerate();
            let points = points.map(|(frame, value)| {
                let position = || (self.column(frame), self.row(*value));
                value.is_finite().then(position)
            });
            curve::draw(image, self.plot, points, (width, trace.color));
        }
    }

    /// Draws the cursor at a frame.
    pub fn draw_cursor(&self, image: &mut Image, frame: usize) {
        if self.plot.intersect(image.area()) != self.plot || self.plot.is_empty() {
            return;
        }
        let left = self.column(frame);
        let cursor = Rect {
            left: left as usize,
            width: 1,
            ..self.plot
        };
        image.fill(cursor, self.style.text);
        let radius = (self.style.label_size / 4.0).max(2.5);
        for trace in &self.traces {
            let value = trace.values.get(frame).copied().unwrap_or(f64::NAN);
            if value.is_finite() {
                image.dot((left, self.row(value)), radius, trace.color);
            }
        }
    }

    fn draw_y_axis(&self, image: &mut Image) {
        let axis = Rect {
            left: self.plot.left - 1,
            width: 1,
            ..self.plot
        };
        image.fill(axis, self.style.line);
        for tick in y_ticks(self.y, &self.style) {
            let y = self.plot.bottom() - 1 - tick.offset;
            let right = axis.left.saturating_sub(self.style.label_gap() / 2);
            let mark = Rect {
                left: axis.left.saturating_sub(self.style.mark()),
                top: y,
                width: self.style.mark(),
                height: 1,
            };
            image.fill(mark, self.style.line);
            let width = text::width(&tick.label, self.style.label_size) + self.style.mark() / 2;
            let origin = (right.saturating_sub(width), y);
            text::draw(
                image,
                origin,
                &tick.label,
                self.style.label_size,
                self.style.text,
            );
        }
    }

    fn draw_x_axis(&self, image: &mut Image) {
        let axis = Rect {
            left: self.plot.left - 1,
            top: self.plot.bottom(),
            width: self.plot.width + 1,
            height: 1,
        };
        image.fill(axis, self.style.line);
        let mut ticks = self.x.ticks((self.style.label_size * 6.0) as usize);
        if let Some(last) = ticks.last_mut() {
            last.label = format!("{} {}", last.label, self.time.unit);
        }
        for tick in ticks {
            let left = self.plot.left + tick.offset;
            let mark = Rect {
                left,
                top: axis.top,
                width: 1,
                height: self.style.mark(),
            };
            image.fill(mark, self.style.line);
            let width = text::width(&tick.label, self.style.label_size);
            let left = left.saturating_sub(width / 2);
            let left = left.min((self.plot.right()).saturating_sub(width));
            let middle = axis.top + self.style.mark() + (self.style.label_size * 0.75) as usize;
            text::draw(
                image,
                (left, middle),
                &tick.label,
                self.style.label_size,
                self.style.text,
            );
        }
    }

    fn column(&self, frame: usize) -> f32 {
        let offset = self.x.offset(frame as f64 * self.time.interval);
        (self.plot.left + offset) as f32 + 0.5
    }

    fn row(&self, value: f64) -> f32 {
        let part = (value - self.y.low) / (self.y.high - self.y.low);
        self.plot.bottom() as f32 - 0.5 - (part as f32) * (self.plot.height - 1) as f32
    }
}

fn y_ticks(y: PlotAxis, style: &Style) -> Vec<Tick> {
    y.ticks((style.label_size * 2.0) as usize)
}

/// Minimum and maximum finite value, with a margin.
fn range(traces: &[Trace]) -> (f64, f64) {
    let values = traces.iter().flat_map(|trace| &trace.values);
    let (low, high) = finite_range(values.copied()).unwrap_or((0.0, 1.0));
    let room = match high - low {
        0.0 => 1.0,
        span => 0.06 * span,
    };
    (low - room, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style {
        label_size: 12.0,
        text: 0xff_ff_ff,
        line: 0x80_80_80,
    };

    fn plot(values: Vec<f64>) -> (TracePlot, Image) {
        let image = Image::new(300, 90);
        let trace = Trace {
            values,
            color: 0xff_00_00,
        };
        let time = TimeAxis {
            interval: 2.0,
            unit: "ms",
        };
        (
            TracePlot::new(image.area(), vec![trace], time, STYLE),
            image,
        )
    }

    fn has(image: &Image, color: Color) -> bool {
        image.pixels.contains(&color)
    }

    #[test]
    fn the_cursor_moves_along_the_trace() {
        let (plot, mut image) = plot((0..100).map(f64::from).collect());
        plot.draw(&mut image);
        assert!(has(&image, 0xff_00_00));
        let column = |frame: usize| plot.column(frame);
        assert!(column(0) < column(50) && column(50) < column(99));
        assert!(plot.row(0.0) > plot.row(99.0));
        plot.draw_cursor(&mut image, 99);
        plot.draw_cursor(&mut image, 1000);
    }

    #[test]
    fn no_trace_and_no_room_make_trouble() {
        for values in [vec![], vec![f64::NAN; 3], vec![5.0], vec![1.0; 100_000]] {
            let (plot, mut image) = plot(values);
            plot.draw(&mut image);
            plot.draw_cursor(&mut image, 0);
        }
        let trace = Trace {
            values: vec![1.0, 2.0],
            color: 1,
        };
        let time = TimeAxis {
            interval: 1.0,
            unit: "ms",
        };
        let tiny = Rect {
            width: 3,
            height: 3,
            ..Rect::default()
        };
        let mut image = Image::new(3, 3);
        TracePlot::new(tiny, vec![trace], time, STYLE).draw(&mut image);
    }
}
