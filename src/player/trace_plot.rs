//! Trace plot of the probes under the videos, with a cursor at the frame shown.

use super::layout::PlayerLayout;
use super::probes::Probe;
use super::scene::PlayerScene;
use super::theme;
use crate::draw::ticks::finite_range;
use crate::draw::{Image, Rect, text};
use crate::video::number_text;
use crate::view::curve;

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
        draw_trace(image, plot, layout, (scene, probe));
    }
    draw_values(image, values, scene);
}

/// Draws a trace and a dot at the frame shown.
fn draw_trace(
    image: &mut Image,
    rect: Rect,
    layout: &PlayerLayout,
    (scene, probe): (&PlayerScene, &Probe),
) {
    let values = probe.trace.values();
    let Some((low, high)) = finite_range(values.iter().copied()) else {
        return;
    };
    let row = |value: f64| {
        let part = match high - low {
            0.0 => 0.5,
            span => (value - low) / span,
        };
        let way = rect.height.saturating_sub(1) as f64;
        (rect.top as f64 + (1.0 - part) * way) as f32 + 0.5
    };
    let playback = &scene.playback;
    let point = |frame: usize| {
        let value = values.get(frame).filter(|value| value.is_finite())?;
        Some((layout.trace_column(frame, playback), row(*value)))
    };
    let frames = playback.start()..playback.last() + 1;
    let scale = scene.inputs.sizes.scale;
    curve::draw(image, rect, frames.map(point), (1.4 * scale, probe.color));
    if let Some(position) = point(playback.frame()) {
        image.dot(position, 3.5 * scale, probe.color);
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
