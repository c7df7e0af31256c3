//! Plot of traces with a cursor that moves along them, under movies and windows.

use super::annotations::{FrameClock, TimeUnit, recorded_fps};
use super::curve;
use crate::color::Color;
use crate::draw::colorbar::Style;
use crate::draw::ticks::{PlotAxis, Tick, finite_range};
use crate::draw::{Image, Rect, text};
use crate::video::{Metadata, number_text};

/// Width of the square around a pixel whose mean is its trace, in windows and movies: the default
/// of `trace`.
pub const TRACE_SIZE: usize = 5;

/// A trace, its name and its color.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Name in the legend.
    pub name: String,
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

/// Scale of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceScale {
    /// One scale for all traces, that of their samples.
    Common,
    /// Each trace in percent of its own range.
    Each,
}

/// What a trace plot shows apart from the traces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TracePlotOptions {
    /// Time axis.
    pub time: TimeAxis,
    /// First and last frame on it.
    pub frames: (usize, usize),
    /// Scale of the values.
    pub scale: TraceScale,
    /// Size and colors of the labels.
    pub style: Style,
}

/// Rectangles of the parts of a trace plot; a part without room is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TracePlotLayout {
    /// Names and values, above the plot.
    pub legend: Rect,
    /// Plot without the labels of its axes.
    pub plot: Rect,
    has_time_labels: bool,
}

/// Trace plot and its layout.
#[derive(Debug, Clone)]
pub struct TracePlot {
    layout: TracePlotLayout,
    x: PlotAxis,
    y: PlotAxis,
    traces: Vec<Trace>,
    options: TracePlotOptions,
}

impl TimeAxis {
    /// Axis of a number of frames of a recording, `step` frames of which are between two that are
    /// shown; in frames if the frame rate is unknown.
    pub(crate) fn new(
        metadata: &Metadata,
        frames: usize,
        unit: Option<TimeUnit>,
        step: usize,
    ) -> Self {
        let unit = unit.unwrap_or(TimeUnit::Auto);
        let clock = recorded_fps(metadata).map(|fps| FrameClock::new(fps, frames, unit));
        match clock {
            Some(FrameClock { interval, unit, .. }) => Self { interval, unit },
            None => Self {
                interval: step as f64,
                unit: "frames",
            },
        }
    }
}

impl TracePlotLayout {
    /// Arranges the parts in an area; `labels` is the width of the labels of the values.
    pub fn new(mut area: Rect, labels: usize, has_legend: bool, style: &Style) -> Self {
        let lines = area.height as f32 / style.label_size;
        let line = |part: f32| (style.label_size * part) as usize;
        let mut layout = Self::default();
        if has_legend && 3.5 <= lines {
            layout.legend = area.cut_top(line(1.9));
        }
        layout.has_time_labels = 5.0 <= lines;
        if layout.has_time_labels {
            area.cut_bottom(line(1.8));
        }
        area.cut_left(labels + style.label_gap());
        layout.plot = area;
        layout
    }
}

impl TracePlot {
    /// Trace plot that fills an area, with as much room for labels as they need.
    pub fn filling(area: Rect, traces: Vec<Trace>, options: TracePlotOptions) -> Self {
        let style = &options.style;
        let height = TracePlotLayout::new(area, 0, false, style).plot.height;
        let labels = label_width(range(&traces), options.scale, &[height], style);
        let layout = TracePlotLayout::new(area, labels, false, style);
        Self::new(layout, traces, options)
    }

    /// Trace plot with the given layout.
    pub fn new(layout: TracePlotLayout, traces: Vec<Trace>, options: TracePlotOptions) -> Self {
        let TracePlotOptions {
            time,
            frames: (first, last),
            ..
        } = options;
        Self {
            x: PlotAxis {
                low: first as f64 * time.interval,
                high: last as f64 * time.interval,
                length: layout.plot.width,
            },
            y: value_axis(range(&traces), options.scale, layout.plot.height),
            layout,
            traces,
            options,
        }
    }

    /// Draws the static parts: the axes and the traces.
    pub fn draw(&self, image: &mut Image) {
        let plot = self.layout.plot;
        if !self.has_room(image) {
            return;
        }
        self.draw_y_axis(image);
        self.draw_x_axis(image);
        let width = (self.options.style.label_size / 9.0).max(1.2);
        for trace in &self.traces {
            let (first, last) = self.options.frames;
            let shown = trace.values.get(first..).unwrap_or_default();
            let shown = &shown[..shown.len().min(last + 1 - first)];
            let own = self.own_range(trace);
            let points = shown.iter().enumerate().map(|(index, value)| {
                let position = || (self.column(first + index), self.row(*value, own));
                value.is_finite().then(position)
            });
            curve::draw(image, plot, points, (width, trace.color));
        }
    }

    /// Draws the cursor at a frame, and the legend with the values there.
    pub fn draw_cursor(&self, image: &mut Image, frame: usize) {
        if !self.has_room(image) {
            return;
        }
        let style = &self.options.style;
        let left = self.column(frame);
        let cursor = Rect {
            left: left as usize,
            width: 1,
            ..self.layout.plot
        };
        image.fill(cursor, style.text);
        let radius = (style.label_size / 4.0).max(2.5);
        for trace in &self.traces {
            let value = trace.values.get(frame).copied().unwrap_or(f64::NAN);
            if value.is_finite() {
                let row = self.row(value, self.own_range(trace));
                image.dot((left, row), radius, trace.color);
            }
        }
        self.draw_legend(image, frame);
    }

    fn has_room(&self, image: &Image) -> bool {
        let plot = self.layout.plot;
        !plot.is_empty() && plot.intersect(image.area()) == plot
    }

    /// Draws the name of each trace and its value at a frame; the names only if there is room for
    /// all of them.
    fn draw_legend(&self, image: &mut Image, frame: usize) {
        let (style, rect) = (&self.options.style, self.layout.legend);
        if rect.is_empty() {
            return;
        }
        let (size, gap) = (style.label_size, style.label_size as usize);
        let width = |text: &str| text::width(text, size);
        let value_room = width("−0000.00");
        let entry = |trace: &Trace, is_named: bool| {
            let name = match is_named {
                true => width(&trace.name) + gap / 2,
                false => 0,
            };
            let value = self.value_text(trace, frame);
            (value, name, gap + name)
        };
        let needed = |is_named: bool| {
            let entries = self.traces.iter().map(|trace| {
                let (value, _, before) = entry(trace, is_named);
                before + width(&value).max(value_room) + gap
            });
            entries.sum::<usize>()
        };
        let is_named = needed(true) <= rect.width + gap;
        let mut left = rect.left;
        for trace in &self.traces {
            let (value, name, before) = entry(trace, is_named);
            let end = left + before + width(&value);
            if rect.right() < end {
                return;
            }
            let middle = rect.middle();
            let dot = (left as f32 + 0.32 * size, middle as f32);
            image.dot(dot, 0.28 * size, trace.color);
            if is_named {
                text::draw(image, (left + gap, middle), &trace.name, size, style.text);
            }
            text::draw(image, (left + before, middle), &value, size, trace.color);
            left += gap + name + width(&value).max(value_room) + gap;
        }
    }

    /// Value of a trace at a frame; if the traces have no common scale, with the range of the trace.
    fn value_text(&self, trace: &Trace, frame: usize) -> String {
        let value = trace.values.get(frame).filter(|value| value.is_finite());
        let value = value.map_or("…".into(), |value| number_text(*value));
        match self.own_range(trace) {
            Some((low, high)) => {
                format!("{value} ({} to {})", number_text(low), number_text(high))
            }
            None => value,
        }
    }

    fn draw_y_axis(&self, image: &mut Image) {
        let (style, plot) = (&self.options.style, self.layout.plot);
        let axis = Rect {
            left: plot.left - 1,
            width: 1,
            ..plot
        };
        image.fill(axis, style.line);
        for tick in y_ticks(self.y, self.options.scale, style) {
            let y = plot.bottom() - 1 - tick.offset;
            let right = axis.left.saturating_sub(style.label_gap() / 2);
            let mark = Rect {
                left: axis.left.saturating_sub(style.mark()),
                top: y,
                width: style.mark(),
                height: 1,
            };
            image.fill(mark, style.line);
            let width = text::width(&tick.label, style.label_size) + style.mark() / 2;
            let origin = (right.saturating_sub(width), y);
            text::draw(image, origin, &tick.label, style.label_size, style.text);
        }
    }

    fn draw_x_axis(&self, image: &mut Image) {
        let (style, plot) = (&self.options.style, self.layout.plot);
        let axis = Rect {
            left: plot.left - 1,
            top: plot.bottom(),
            width: plot.width + 1,
            height: 1,
        };
        image.fill(axis, style.line);
        if !self.layout.has_time_labels {
            return;
        }
        let mut ticks = self.x.ticks((style.label_size * 6.0) as usize);
        if let Some(last) = ticks.last_mut() {
            last.label = format!("{} {}", last.label, self.options.time.unit);
        }
        for tick in ticks {
            let left = plot.left + tick.offset;
            let mark = Rect {
                left,
                top: axis.top,
                width: 1,
                height: style.mark(),
            };
            image.fill(mark, style.line);
            let width = text::width(&tick.label, style.label_size);
            let left = left.saturating_sub(width / 2);
            let left = left.min(plot.right().saturating_sub(width));
            let middle = axis.top + style.mark() + (style.label_size * 0.75) as usize;
            text::draw(
                image,
                (left, middle),
                &tick.label,
                style.label_size,
                style.text,
            );
        }
    }

    /// Column of a frame.
    pub fn column(&self, frame: usize) -> f32 {
        let offset = self.x.offset(frame as f64 * self.options.time.interval);
        (self.layout.plot.left + offset) as f32 + 0.5
    }

    /// Row of a value of a trace that has a range of its own, or not.
    fn row(&self, value: f64, own: Option<(f64, f64)>) -> f32 {
        let value = match own {
            None => value,
            Some((low, high)) if low < high => 100.0 * (value - low) / (high - low),
            Some(_) => 50.0,
        };
        let plot = self.layout.plot;
        let part = (value - self.y.low) / (self.y.high - self.y.low);
        plot.bottom() as f32 - 0.5 - (part as f32) * (plot.height - 1) as f32
    }

    /// Range of a trace, if each has its own scale.
    fn own_range(&self, trace: &Trace) -> Option<(f64, f64)> {
        match self.options.scale {
            TraceScale::Common => None,
            TraceScale::Each => finite_range(trace.values.iter().copied()),
        }
    }
}

/// Width of the labels of the values of traces with a common range, in plots of some heights.
pub(crate) fn label_width(
    range: Option<(f64, f64)>,
    scale: TraceScale,
    heights: &[usize],
    style: &Style,
) -> usize {
    let ticks = heights.iter().flat_map(|height| {
        let axis = value_axis(range, scale, *height);
        y_ticks(axis, scale, style)
    });
    let widths = ticks.map(|tick| text::width(&tick.label, style.label_size));
    widths.max().unwrap_or(0)
}

/// Axis of the values, with a margin.
fn value_axis(range: Option<(f64, f64)>, scale: TraceScale, length: usize) -> PlotAxis {
    let (low, high) = match scale {
        TraceScale::Common => range.unwrap_or((0.0, 1.0)),
        TraceScale::Each => (0.0, 100.0),
    };
    let room = match high - low {
        0.0 => 1.0,
        span => 0.06 * span,
    };
    PlotAxis {
        low: low - room,
        high: high + room,
        length,
    }
}

fn y_ticks(y: PlotAxis, scale: TraceScale, style: &Style) -> Vec<Tick> {
    let mut ticks = y.ticks((style.label_size * 2.0) as usize);
    if scale == TraceScale::Each {
        for tick in &mut ticks {
            tick.label.push_str(" %");
        }
    }
    ticks
}

/// Smallest and largest finite value.
fn range(traces: &[Trace]) -> Option<(f64, f64)> {
    let values = traces.iter().flat_map(|trace| &trace.values);
    finite_range(values.copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: TracePlotOptions = TracePlotOptions {
        time: TimeAxis {
            interval: 2.0,
            unit: "ms",
        },
        frames: (0, 99),
        scale: TraceScale::Common,
        style: Style {
            label_size: 12.0,
            text: 0xff_ff_ff,
            line: 0x80_80_80,
        },
    };

    fn trace(values: Vec<f64>, color: Color) -> Trace {
        Trace {
            name: "trace".into(),
            values,
            color,
        }
    }

    fn ramp(height: f64) -> Vec<f64> {
        (0..100).map(|frame| f64::from(frame) * height).collect()
    }

    fn drawn(traces: Vec<Trace>, scale: TraceScale) -> (TracePlot, Image) {
        let mut image = Image::new(300, 120);
        let options = TracePlotOptions { scale, ..OPTIONS };
        let layout = TracePlotLayout::new(image.area(), 40, true, &options.style);
        let plot = TracePlot::new(layout, traces, options);
        plot.draw(&mut image);
        plot.draw_cursor(&mut image, 99);
        (plot, image)
    }

    /// Rows of the plot where a color is seen.
    fn rows(plot: &TracePlot, image: &Image, color: Color) -> usize {
        let Rect {
            left, top, width, ..
        } = plot.layout.plot;
        let rows = top..plot.layout.plot.bottom();
        let has = |y: &usize| (left..left + width).any(|x| image.at(x, *y) == color);
        rows.filter(has).count()
    }

    #[test]
    fn the_cursor_moves_along_the_trace() {
        let (plot, mut image) = drawn(vec![trace(ramp(1.0), 0xff_00_00)], TraceScale::Common);
        assert!(image.pixels.contains(&0xff_00_00));
        let column = |frame: usize| plot.column(frame);
        assert!(column(0) < column(50) && column(50) < column(99));
        assert!(plot.row(0.0, None) > plot.row(99.0, None));
        plot.draw_cursor(&mut image, 1000);
    }

    #[test]
    fn noise_is_small_beside_a_signal_unless_each_has_its_own_scale() {
        let traces = || vec![trace(ramp(1.0), 0xff_00_00), trace(ramp(0.01), 0x00_ff_00)];
        let (plot, image) = drawn(traces(), TraceScale::Common);
        assert!(60 < 3 * rows(&plot, &image, 0xff_00_00) && rows(&plot, &image, 0x00_ff_00) < 12);
        let (plot, image) = drawn(traces(), TraceScale::Each);
        assert!(60 < 3 * rows(&plot, &image, 0x00_ff_00));
        // What is no longer common is written beside the value.
        assert_eq!(plot.value_text(&plot.traces[1], 99), "0.99 (0 to 0.99)");
    }

    #[test]
    fn labels_have_the_room_that_was_kept_for_them() {
        let values = vec![trace(vec![1000.001, 1000.002], 0xff_00_00)];
        let area = Rect {
            left: 20,
            top: 5,
            width: 280,
            height: 100,
        };
        let plot = TracePlot::filling(area, values, OPTIONS);
        let mut image = Image::new(320, 120);
        plot.draw(&mut image);
        let left = (0..320).find(|x| (0..120).any(|y| image.at(*x, y) != 0));
        assert!(
            left.is_some_and(|left| area.left <= left && left < area.left + 9),
            "{left:?}"
        );
    }

    #[test]
    fn no_trace_and_no_room_make_trouble() {
        for values in [vec![], vec![f64::NAN; 3], vec![5.0], vec![1.0; 100_000]] {
            for scale in [TraceScale::Common, TraceScale::Each] {
                drawn(vec![trace(values.clone(), 1)], scale);
            }
        }
        let mut image = Image::new(3, 3);
        let plot = TracePlot::filling(image.area(), vec![trace(vec![1.0, 2.0], 1)], OPTIONS);
        plot.draw(&mut image);
        plot.draw_cursor(&mut image, 0);
    }
}
