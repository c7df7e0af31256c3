//! Overlays of the videos: markers, regions, grid, value under the pointer, messages.

use super::layout::{HitTarget, PlayerLayout};
use super::panel::Panel;
use super::probes::{PixelRect, Probe, ProbeRegion};
use super::scene::PlayerScene;
use super::theme;
use super::view::VisibleRegion;
use crate::draw::ticks::PlotAxis;
use crate::draw::{Color, Image, Rect, mix, text};
use crate::video::number_text;

/// Draws what belongs to the frames: the grid, the probes and the region being drawn.
pub(super) fn draw(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    for (index, position) in layout.panels.iter().enumerate() {
        let Some(panel) = scene.panels.get(index) else {
            continue;
        };
        let part = scene.view.part(panel.frames.frame_size());
        if scene.grid {
            draw_grid(image, position.video, &part, scene);
        }
        for probe in scene.probes.iter().filter(|probe| probe.panel == index) {
            draw_probe(
                image,
                position.video,
                &part,
                (probe, scene.inputs.sizes.scale),
            );
        }
        if let Some((panel, from, to)) = scene.band
            && panel == index
        {
            draw_box(image, position.video, &part, (from, to), theme::ACCENT);
        }
    }
}

fn draw_probe(image: &mut Image, rect: Rect, part: &VisibleRegion, (probe, scale): (&Probe, f32)) {
    match probe.region {
        ProbeRegion::Point { y, x } => {
            let position = part.in_window(rect, (x as f64 + 0.5, y as f64 + 0.5));
            if rect.contains(position.0, position.1) {
                image.marker(position, 5.0 * scale, 2.0 * scale, probe.color);
            }
        }
        ProbeRegion::Region(PixelRect { y0, x0, y1, x1 }) => {
            let corners = ((x0 as f64, y0 as f64), (x1 as f64, y1 as f64));
            draw_box(image, rect, part, corners, probe.color);
        }
    }
}

/// Draws the outline of a rectangle of the frame, as far as it is visible.
fn draw_box(
    image: &mut Image,
    rect: Rect,
    part: &VisibleRegion,
    (from, to): ((f64, f64), (f64, f64)),
    color: Color,
) {
    let (a, b) = (part.in_window(rect, from), part.in_window(rect, to));
    let pixel = |at: f32| at.round().max(0.0) as usize;
    let (left, right) = (pixel(a.0.min(b.0)), pixel(a.0.max(b.0)));
    let (top, bottom) = (pixel(a.1.min(b.1)), pixel(a.1.max(b.1)));
    let whole = Rect {
        left,
        top,
        width: right - left,
        height: bottom - top,
    };
    // Dark and bright lines on both sides make it visible on any background.
    let lines = [
        (2, 6, theme::BACKGROUND),
        (1, 4, theme::TEXT),
        (0, 2, color),
    ];
    for (around, thickness, color) in lines {
        let mut inner = whole.grow(around);
        let edges = [
            inner.cut_top(thickness),
            inner.cut_bottom(thickness),
            inner.cut_left(thickness),
            inner.cut_right(thickness),
        ];
        for edge in edges {
            image.fill(edge.intersect(rect), color);
        }
    }
}

/// Draws grid lines at round coordinates, with labels.
fn draw_grid(image: &mut Image, rect: Rect, part: &VisibleRegion, scene: &PlayerScene) {
    let size = scene.inputs.sizes.label;
    let spacing = (size * 5.0) as usize;
    let axis = |low: f64, span: f64, length: usize| PlotAxis {
        low,
        high: low + span,
        length,
    };
    let below = rect.top + size as usize;
    let columns = axis(part.left, part.width, rect.width).ticks(spacing);
    let columns = columns.into_iter().map(|tick| {
        let left = rect.left + tick.offset;
        let line = Rect {
            left,
            width: 1,
            ..rect
        };
        (line, (left + 4, below), tick.label)
    });
    let rows = axis(part.top, part.height, rect.height).ticks(spacing);
    let rows = rows.into_iter().map(|tick| {
        let line = Rect {
            top: rect.top + tick.offset,
            height: 1,
            ..rect
        };
        (line, (rect.left + 4, below + tick.offset), tick.label)
    });
    for (line, position, label) in columns.chain(rows) {
        lighten(image, line.intersect(rect));
        draw_over(image, position, (&label, size), rect);
    }
}

fn lighten(image: &mut Image, rect: Rect) {
    for y in rect.top..rect.bottom() {
        for pixel in image.row_mut(rect.left, y, rect.width) {
            *pixel = mix(*pixel, 0x80_80_80, 110);
        }
    }
}

/// Draws text over an image, legible on any background, if it fits in the rectangle.
fn draw_over(
    image: &mut Image,
    position: (usize, usize),
    (label, size): (&str, f32),
    inside: Rect,
) {
    let half = size as usize / 2 + 1;
    if inside.right() < position.0 + text::width(label, size) || inside.bottom() < position.1 + half
    {
        return;
    }
    for (dx, dy) in [(1, 0), (1, 2), (0, 1), (2, 1)] {
        let position = (position.0 + dx - 1, position.1 + dy - 1);
        text::draw(image, position, label, size, theme::BACKGROUND);
    }
    text::draw(image, position, label, size, theme::TEXT);
}

/// Writes the value of the pixel under the pointer next to it.
pub(super) fn draw_readout(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    let Some(pointer) = scene.readout else {
        return;
    };
    let Some(HitTarget::Video(index)) = layout.target(pointer.0, pointer.1) else {
        return;
    };
    let (Some(panel), Some(position)) = (scene.panels.get(index), layout.panels.get(index)) else {
        return;
    };
    let part = scene.view.part(panel.frames.frame_size());
    let Some(at) = part.in_frame(position.video, pointer) else {
        return;
    };
    let label = readout(panel, scene.playback.frame(), at);
    let sizes = &scene.inputs.sizes;
    let (width, height) = (
        text::width(&label, sizes.label) + sizes.px(16),
        sizes.px(24),
    );
    let beside = |at: f32, length: usize, end: usize| {
        let after = at as usize + sizes.px(14);
        if after + length <= end {
            after
        } else {
            (at as usize).saturating_sub(length + sizes.px(6))
        }
    };
    let rect = Rect {
        left: beside(pointer.0, width, image.width),
        top: beside(pointer.1, height, image.height),
        width,
        height,
    };
    draw_text(image, rect, &label, scene);
}

/// Row, column and value of a pixel.
fn readout(panel: &Panel, frame: usize, (x, y): (f64, f64)) -> String {
    let (width, height) = panel.frames.frame_size();
    let (x, y) = ((x as usize).min(width - 1), (y as usize).min(height - 1));
    let values = panel.samples(frame, (x, y));
    let values: Vec<_> = values.into_iter().map(number_text).collect();
    format!("y {y}  x {x}   {}", values.join(" "))
}

/// Shows a message in the lower part of the videos.
pub(super) fn draw_message(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    let Some(message) = &scene.message else {
        return;
    };
    let sizes = &scene.inputs.sizes;
    let margin = sizes.px(16);
    let message = text::fit(message, sizes.label, image.width.saturating_sub(2 * margin));
    let width = text::width(&message, sizes.label) + 2 * margin;
    let height = sizes.px(30);
    let below = [layout.controls, layout.trace_plot, layout.contrast];
    let controls: usize = below.iter().map(|rect| rect.height).sum();
    let top = image.height.saturating_sub(controls + height + margin);
    let rect = Rect {
        left: image.width.saturating_sub(width) / 2,
        top,
        width,
        height,
    };
    draw_text(image, rect, &message, scene);
}

/// Draws a label on its own background.
fn draw_text(image: &mut Image, rect: Rect, label: &str, scene: &PlayerScene) {
    let sizes = &scene.inputs.sizes;
    image.rounded(rect.grow(1), sizes.px(6) as f32, theme::LINE);
    image.rounded(rect, sizes.px(5) as f32, theme::SURFACE);
    let left = rect.left + rect.width.saturating_sub(text::width(label, sizes.label)) / 2;
    let position = (left, rect.middle());
    text::draw(image, position, label, sizes.label, theme::TEXT);
}
