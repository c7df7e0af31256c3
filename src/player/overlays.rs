//! Overlays of the videos: markers, regions, grid, value under the pointer, messages.

use super::layout::{HitTarget, PlayerLayout};
use super::panel::Panel;
use super::probes::Probe;
use super::region::{FramePoint, ProbeRegion};
use super::scene::PlayerScene;
use super::sketch::{RegionTool, Sketch};
use super::theme;
use super::view::VisibleRegion;
use crate::draw::ticks::PlotAxis;
use crate::draw::{Color, Image, Rect, mix, text};
use crate::ops::mask::shape::{PixelRun, RegionShape};
use crate::video::number_text;

/// Draws what belongs to the frames: the grid, the probes and the region being drawn.
pub(super) fn draw(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    for (index, position) in layout.panels.iter().enumerate() {
        let panel = scene.panels.get(index);
        let Some(panel) = panel.filter(|_| !position.video.is_empty()) else {
            continue;
        };
        let part = scene.view.part(panel.frames.frame_size());
        if scene.grid {
            draw_grid(image, position.video, &part, scene);
        }
        let target = (position.video, &part);
        for (number, probe) in scene.probes.iter().enumerate() {
            if probe.panel == index {
                let is_selected = scene.selected == Some(number);
                draw_probe(image, target, (probe, is_selected), scene);
            }
        }
        if let Some(sketch) = scene.sketch.as_ref().filter(|sketch| sketch.panel == index) {
            draw_sketch(image, target, sketch, scene);
        }
    }
}

/// Rectangle of the window, and the part of the frame that it shows.
type FrameTarget<'a> = (Rect, &'a VisibleRegion);

fn draw_probe(
    image: &mut Image,
    (rect, part): FrameTarget<'_>,
    (probe, is_selected): (&Probe, bool),
    scene: &PlayerScene,
) {
    let sizes = &scene.inputs.sizes;
    let scale = sizes.scale;
    match &probe.region {
        ProbeRegion::Point { y, x } => {
            let position = part.in_window(rect, (*x as f64 + 0.5, *y as f64 + 0.5));
            if rect.contains(position.0, position.1) {
                let radius = if is_selected { 7.0 } else { 5.0 };
                image.marker(position, radius * scale, 2.0 * scale, probe.color);
            }
        }
        ProbeRegion::Shape(RegionShape::Mask { runs, .. }) => {
            let weight = if is_selected { 150 } else { 100 };
            for run in runs.iter() {
                tint(image, (rect, part), run, (probe.color, weight));
            }
        }
        region @ ProbeRegion::Shape(_) => {
            draw_outline(image, (rect, part), &region.outline(), (probe.color, scale));
        }
    }
    if is_selected {
        for handle in probe.region.handles() {
            let position = part.in_window(rect, handle);
            if rect.contains(position.0, position.1) {
                image.dot(position, 5.0 * scale, theme::BACKGROUND);
                image.dot(position, 4.0 * scale, theme::TEXT);
            }
        }
    }
    let size = scene.panels[probe.panel].frames.frame_size();
    if let Some(name) = &probe.name
        && let Some(bounds) = probe.region.bounds(size)
    {
        let corner = part.in_window(rect, (bounds[1] as f64, bounds[0] as f64));
        let above = corner.1 - sizes.label;
        if rect.contains(corner.0, above) {
            let position = (corner.0 as usize, above as usize);
            draw_over(image, position, (name, sizes.label), rect);
        }
    }
}

fn draw_sketch(
    image: &mut Image,
    (rect, part): FrameTarget<'_>,
    sketch: &Sketch,
    scene: &PlayerScene,
) {
    let scale = scene.inputs.sizes.scale;
    let size = scene.panels[sketch.panel].frames.frame_size();
    let outline = match sketch.tool {
        RegionTool::ThresholdBrush => {
            for run in &scene.painted {
                tint(image, (rect, part), run, (theme::ACCENT, 150));
            }
            return;
        }
        RegionTool::Brush | RegionTool::Eraser => {
            let width = 2.0 * scene.brush * rect.width as f64 / part.width;
            let color = match sketch.tool {
                RegionTool::Eraser => theme::DIM,
                _ => theme::ACCENT,
            };
            return draw_line(image, (rect, part), &sketch.points, (width as f32, color));
        }
        RegionTool::Polygon | RegionTool::Freehand => sketch.points.clone(),
        _ => match sketch.region(size, (scene.brush, None, None)) {
            Some(region) => region.outline(),
            None => return,
        },
    };
    draw_outline(image, (rect, part), &outline, (theme::ACCENT, scale));
}

/// Draws a line through positions of the frame, with dark and bright lines on both sides, so that it
/// is visible on any image.
fn draw_outline(
    image: &mut Image,
    target: FrameTarget<'_>,
    points: &[FramePoint],
    (color, scale): (Color, f32),
) {
    let lines = [(5.2, theme::BACKGROUND), (3.8, theme::TEXT), (2.0, color)];
    for (width, color) in lines {
        draw_line(image, target, points, (width * scale, color));
    }
}

/// Draws a line through positions of the frame, as far as it is visible.
fn draw_line(
    image: &mut Image,
    (rect, part): FrameTarget<'_>,
    points: &[FramePoint],
    (width, color): (f32, Color),
) {
    // Short pieces, as each is looked for in the rectangle around it.
    const PIECE: f32 = 48.0;
    let points: Vec<_> = points
        .iter()
        .map(|point| part.in_window(rect, *point))
        .collect();
    let ends = points.iter().skip(1).chain(points.last());
    for (from, to) in points.iter().zip(ends) {
        let (right, down) = (to.0 - from.0, to.1 - from.1);
        let pieces = (right.hypot(down) / PIECE).ceil().clamp(1.0, 1000.0) as usize;
        let at = |piece: usize| {
            let part = piece as f32 / pieces as f32;
            (from.0 + part * right, from.1 + part * down)
        };
        for piece in 0..pieces {
            image.line_within(rect, at(piece), at(piece + 1), width, color);
        }
    }
}

/// Mixes a color into the visible pixels of a run.
fn tint(
    image: &mut Image,
    (rect, part): FrameTarget<'_>,
    run: &PixelRun,
    (color, weight): (Color, u32),
) {
    let corner = |x: usize, y: usize| part.in_window(rect, (x as f64, y as f64));
    let (from, to) = (
        corner(run.columns.start, run.y),
        corner(run.columns.end, run.y + 1),
    );
    let pixel = |at: f32| at.round().max(0.0) as usize;
    let (left, top) = (pixel(from.0), pixel(from.1));
    let shown = Rect {
        left,
        top,
        width: pixel(to.0).saturating_sub(left),
        height: pixel(to.1).saturating_sub(top),
    };
    let shown = shown.intersect(rect);
    for y in shown.top..shown.bottom() {
        for pixel in image.row_mut(shown.left, y, shown.width) {
            *pixel = mix(*pixel, color, weight);
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
    let (Some(panel), Some(position)) = (scene.shown(index), layout.panels.get(index)) else {
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
    let lines = lines_of(message, sizes.label, image.width.saturating_sub(2 * margin));
    let widths = lines.iter().map(|line| text::width(line, sizes.label));
    let width = widths.max().unwrap_or(0) + 2 * margin;
    let line = sizes.px(18);
    let height = sizes.px(12) + line * lines.len();
    let below = [layout.controls, layout.trace_plot, layout.contrast];
    let controls: usize = below.iter().map(|rect| rect.height).sum();
    let top = image.height.saturating_sub(controls + height + margin);
    let rect = Rect {
        left: image.width.saturating_sub(width) / 2,
        top,
        width,
        height,
    };
    draw_ground(image, rect, scene);
    for (index, words) in lines.iter().enumerate() {
        let row = Rect {
            top: rect.top + sizes.px(6) + index * line,
            height: line,
            ..rect
        };
        draw_words(image, row, words, scene);
    }
}

/// A message in as few lines as it needs in a room of some pixels; the last one is shortened.
fn lines_of(message: &str, size: f32, room: usize) -> Vec<String> {
    const MOST: usize = 3;
    let mut lines = vec![String::new()];
    for word in message.split_inclusive(' ') {
        let count = lines.len();
        let last = &mut lines[count - 1];
        let longer = format!("{last}{word}");
        match text::width(longer.trim_end(), size) <= room || last.is_empty() || count == MOST {
            true => *last = longer,
            false => lines.push(word.to_owned()),
        }
    }
    let lines = lines
        .iter()
        .map(|line| text::fit(line.trim_end(), size, room));
    lines.collect()
}

/// Draws a label on its own background.
fn draw_text(image: &mut Image, rect: Rect, label: &str, scene: &PlayerScene) {
    draw_ground(image, rect, scene);
    draw_words(image, rect, label, scene);
}

fn draw_ground(image: &mut Image, rect: Rect, scene: &PlayerScene) {
    let sizes = &scene.inputs.sizes;
    image.rounded(rect.grow(1), sizes.px(6) as f32, theme::LINE);
    image.rounded(rect, sizes.px(5) as f32, theme::SURFACE);
}

/// Draws words in the middle of a rectangle.
fn draw_words(image: &mut Image, rect: Rect, label: &str, scene: &PlayerScene) {
    let sizes = &scene.inputs.sizes;
    let left = rect.left + rect.width.saturating_sub(text::width(label, sizes.label)) / 2;
    let position = (left, rect.middle());
    text::draw(image, position, label, sizes.label, theme::TEXT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_take_up_to_three_lines() {
        let message = "40.6 cm/s: 3.14 mm in 7.73 ms; traces at its ends aligned, frames 0 to 199";
        for room in [900, 400, 260] {
            let lines = lines_of(message, 13.0, room);
            assert_eq!(lines.join(" "), message, "{room}");
            assert!(lines.len() <= 3 && lines.iter().all(|line| text::width(line, 13.0) <= room));
        }
        assert_eq!(lines_of(message, 13.0, 900).len(), 1);
        let lines = lines_of(message, 13.0, 100);
        assert!(lines.len() == 3 && lines[2].ends_with('…'), "{lines:?}");
        assert_eq!(lines_of("", 13.0, 100), [""]);
    }
}
