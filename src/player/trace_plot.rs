//! Trace plot of the probes under the videos, with a cursor at the frame shown.

use super::layout::PlayerLayout;
use super::panel::Panel;
use super::playback::Playback;
use super::probes::Probe;
use super::scene::PlayerScene;
use super::theme::{self, ThemeSizes};
use crate::draw::ticks::finite_range;
use crate::draw::{Image, Rect};
use crate::view::annotations::Annotations;
use crate::view::trace_plot::{
    TimeAxis, Trace, TracePlot, TracePlotOptions, TraceScale, label_width,
};

/// Width of the labels of the values, as far as they are known.
pub(super) fn labels(probes: &[Probe], scale: TraceScale, sizes: &ThemeSizes) -> usize {
    let ranges = probes
        .iter()
        .filter_map(|probe| finite_range(probe.trace.values().iter().copied()));
    let range = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let heights = [40, 80, 160, 320].map(|height| sizes.px(height));
    label_width(range, scale, &heights, &theme::bar_style(sizes))
}

/// Draws the traces, and the values at the frame shown.
pub(super) fn draw(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    let area = layout.trace_plot;
    if area.is_empty() {
        return;
    }
    let whole = Rect {
        left: 0,
        width: image.width,
        ..area
    };
    image.fill(whole, theme::BACKGROUND);
    image.fill(Rect { height: 1, ..whole }, theme::LINE);
    let traces = scene.probes.iter().map(|probe| Trace {
        name: probe.label(scene.panels.len()),
        values: probe.trace.values().clone(),
        color: probe.color,
    });
    let options = TracePlotOptions {
        time: time_axis(&scene.panels, &scene.playback, &scene.annotations),
        frames: (scene.playback.start(), scene.playback.last()),
        scale: scene.trace_scale,
        style: theme::bar_style(&scene.inputs.sizes),
    };
    let plot = TracePlot::new(layout.traces, traces.collect(), options);
    if let Some((first, last)) = scene.playback.part() {
        let left = plot.column(first) as usize;
        let part = Rect {
            left,
            width: (plot.column(last) as usize + 1).saturating_sub(left),
            ..layout.traces.plot
        };
        image.fill(part, theme::SURFACE);
    }
    plot.draw(image);
    plot.draw_cursor(image, scene.playback.frame());
}

fn time_axis(panels: &[Panel], playback: &Playback, annotations: &Annotations) -> TimeAxis {
    let metadata = panels.first().map(|panel| panel.frames.base().metadata());
    let frames = playback.last() + 1;
    match metadata {
        Some(metadata) => TimeAxis::new(metadata, frames, annotations.timestamp, 1),
        None => TimeAxis {
            interval: 1.0,
            unit: "frames",
        },
    }
}
