//! Trace plot of the probes under the videos, with a cursor at the frame shown.

use super::layout::PlayerLayout;
use super::probes::Probe;
use super::scene::PlayerScene;
use super::theme;
use crate::draw::{Color, Image, Rect, text};
use crate::video::number_text;

/// Draws the traces, each scaled to its own range, and the values at the frame shown.
pub(super) fn draw(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    let trace_plot = layout.trace_plot;
    if trace_plot.is_empty() {
        return;
    }
    let sizes = &scene.inputs.sizes;
    let whole = Rect {
        left: 0,
        width: image.width,
        ..trace_plot
    };
    image.fill(whole, theme::BACKGROUND);
    image.fill(Rect { height: 1, ..whole }, theme::LINE);
    let mut plot = trace_plot;
    let values = plot.cut_top(sizes.px(24));
    let plot = plot.inset(0, sizes.px(4));
    let cursor = layout.trace_column(scene.playback.frame(), &scene.playback);
    let line = Rect {
        left: cursor as usize,
        width: 1,
        ..plot
    };
    image.fill(line, theme::TRACK);
    for probe in &scene.probes {
        let trace = probe.trace.values();
        TraceRow::new(plot, layout, scene, &trace).draw(image, probe.color);
    }
    draw_values(image, values, scene);
}

/// A trace and its rectangle.
struct TraceRow<'a> {
    rect: Rect,
    layout: &'a PlayerLayout,
    scene: &'a PlayerScene,
    values: &'a [f64],
    low: f64,
    high: f64,
}

impl<'a> TraceRow<'a> {
    fn new(
        rect: Rect,
        layout: &'a PlayerLayout,
        scene: &'a PlayerScene,
        values: &'a [f64],
    ) -> Self {
        let finite = values.iter().copied().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        Self {
            rect,
            layout,
            scene,
            values,
            low,
            high,
        }
    }

    fn draw(&self, image: &mut Image, color: Color) {
        if self.high < self.low || self.rect.is_empty() {
            return;
        }
        let playback = &self.scene.playback;
        let (first, last) = (playback.start(), playback.last());
        let shown = self.values.get(first..=last).unwrap_or_default();
        if 2 * self.rect.width < shown.len() {
            self.draw_dense(image, color);
        } else {
            self.draw_lines(image, color, first, shown);
        }
        let frame = playback.frame();
        if let Some(value) = self.values.get(frame).filter(|value| value.is_finite()) {
            let scale = self.scene.inputs.sizes.scale;
            let position = (self.layout.trace_column(frame, playback), self.row(*value));
            image.dot(position, 3.5 * scale, color);
        }
    }

    /// Draws a line from each frame to the next.
    fn draw_lines(&self, image: &mut Image, color: Color, first: usize, shown: &[f64]) {
        let width = 1.4 * self.scene.inputs.sizes.scale;
        let point = |index: usize, value: f64| {
            let column = self
                .layout
                .trace_column(first + index, &self.scene.playback);
            (column, self.row(value))
        };
        for (index, pair) in shown.windows(2).enumerate() {
            if pair.iter().all(|value| value.is_finite()) {
                let (from, to) = (point(index, pair[0]), point(index + 1, pair[1]));
                image.line(from, to, width, color);
            }
        }
    }

    /// Draws a line for each column, from the minimum to the maximum of its frames.
    fn draw_dense(&self, image: &mut Image, color: Color) {
        let frame = |x: usize| {
            let x = (self.rect.left + x) as f32 + 0.5;
            self.layout.strip_frame(x, &self.scene.playback)
        };
        for x in 0..self.rect.width {
            let frames = frame(x)..=frame(x + 1).max(frame(x));
            let finite = self.values.get(frames).unwrap_or_default().iter();
            let rows = finite
                .filter(|value| value.is_finite())
                .map(|value| self.row(*value));
            let (top, bottom) = rows.fold((f32::INFINITY, f32::NEG_INFINITY), |(top, end), row| {
                (top.min(row), end.max(row))
            });
            if top <= bottom {
                let run = Rect {
                    left: self.rect.left + x,
                    top: top as usize,
                    width: 1,
                    height: (bottom - top) as usize + 1,
                };
                image.fill(run.intersect(self.rect), color);
            }
        }
    }

    fn row(&self, value: f64) -> f32 {
        let span = self.high - self.low;
        let part = if span == 0.0 {
            0.5
        } else {
            (value - self.low) / span
        };
        let way = self.rect.height.saturating_sub(1) as f64;
        (self.rect.top as f64 + (1.0 - part) * way) as f32 + 0.5
    }
}

/// Draws the value of each trace at the frame shown, after a dot of its color.
fn draw_values(image: &mut Image, rect: Rect, scene: &PlayerScene) {
    let sizes = &scene.inputs.sizes;
    let mut left = rect.left;
    for probe in &scene.probes {
        let label = value_text(probe, scene.playback.frame());
        let end = left + sizes.px(14) + text::width(&label, sizes.label);
        if rect.right() < end {
            return;
        }
        let middle = rect.middle();
        let dot = (left as f32 + 4.0 * sizes.scale, middle as f32);
        image.dot(dot, 3.5 * sizes.scale, probe.color);
        let position = (left + sizes.px(14), middle);
        text::draw(image, position, &label, sizes.label, theme::TEXT);
        left = end + sizes.px(16);
    }
}

fn value_text(probe: &Probe, frame: usize) -> String {
    let value = probe.trace.values().get(frame).copied();
    value
        .filter(|value| value.is_finite())
        .map_or("…".into(), number_text)
}
