//! Draws the histogram of a video with handles for the color limits and gamma, and buttons.

use super::contrast::{counts, middle};
use super::layout::PlayerLayout;
use super::playback::Key;
use super::scene::PlayerScene;
use super::theme::{self, ThemeSizes};
use crate::color::colormap::ScaledColormap;
use crate::color::pack;
use crate::draw::ticks::PlotAxis;
use crate::draw::{Image, Rect, mix, text};
use crate::video::number_text;

/// Labels of the buttons, and the keys that do the same.
const BUTTONS: &[(&str, Key)] = &[
    ("initial", Key::Char('A')),
    ("invert", Key::Char('v')),
    ("each frame", Key::Char('f')),
    ("all frames", Key::Char('P')),
    ("0.1–99.9 %", Key::Char('p')),
    ("this frame", Key::Char('a')),
];

/// Buttons for which there is room, from the right.
fn buttons(strip: Rect, sizes: &ThemeSizes) -> Vec<(Rect, &'static str, Key)> {
    let mut line = strip;
    let mut line = line.cut_top(sizes.line_height).inset(0, sizes.px(3));
    let mut buttons = Vec::new();
    for (label, key) in BUTTONS {
        let width = text::width(label, sizes.label) + sizes.px(14);
        if line.width < width {
            break;
        }
        buttons.push((line.cut_right(width), *label, *key));
        line.cut_right(sizes.px(6));
    }
    buttons
}

/// Slider for the opacity of an overlay, if there is room between the limits and the buttons.
pub(super) fn opacity_slider(strip: Rect, sizes: &ThemeSizes) -> Option<Rect> {
    let buttons = buttons(strip, sizes);
    let end = buttons.last().map_or(strip.right(), |(rect, ..)| rect.left);
    let mut line = strip;
    let mut line = line.cut_top(sizes.line_height).inset(0, sizes.px(3));
    line.width = end.saturating_sub(line.left + 2 * sizes.gap);
    let width = sizes.px(110);
    (sizes.px(430) <= line.width).then(|| line.cut_right(width))
}

/// Key that the button at a position stands in for.
pub(super) fn button_at(strip: Rect, sizes: &ThemeSizes, (x, y): (f32, f32)) -> Option<Key> {
    let mut buttons = buttons(strip, sizes).into_iter();
    let found = buttons.find(|(rect, ..)| rect.contains(x, y));
    found.map(|(.., key)| key)
}

/// Draws the strip, if it is open and there is room.
pub(super) fn draw(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    let Some(strip) = scene.contrast.filter(|_| !layout.contrast.is_empty()) else {
        return;
    };
    let Some(panel) = scene.colored().get(strip.panel) else {
        return;
    };
    let Some(scale) = panel.frames.scale() else {
        return;
    };
    let (sizes, rect) = (&scene.inputs.sizes, layout.histogram);
    let whole = Rect {
        left: 0,
        width: image.width,
        ..layout.contrast
    };
    image.fill(whole, theme::BACKGROUND);
    image.fill(Rect { height: 1, ..whole }, theme::LINE);
    let axis = strip.axis(scale);
    let bins = counts(panel, scene.playback.frame(), axis, rect.width);
    draw_counts(image, rect, &bins);
    draw_gradient(image, rect, (scale, axis), sizes);
    draw_axis(image, rect, axis, sizes);
    let column = |value| strip.column(value, scale, rect);
    let [low, middle, high] = [scale.low(), middle(scale), scale.high()].map(column);
    draw_curve(image, rect, (low, high), scale.gamma());
    draw_handles(image, rect, [low, middle, high], sizes);
    if let Some(look) = panel.frames.look() {
        let column = strip.threshold_column(&look, (scale, rect));
        draw_threshold(image, (rect, column), look.threshold.is_some(), sizes);
        draw_opacity(image, layout.contrast, look.opacity, sizes);
    }
    draw_line(
        image,
        layout.contrast,
        (scale, &name(scene, strip.panel)),
        scene,
    );
}

fn name(scene: &PlayerScene, panel: usize) -> String {
    let panels = scene.colored();
    match (panels.len(), panels[panel].title.as_str()) {
        (1, _) => String::new(),
        (_, "") => format!("video {panel}: "),
        (_, title) => format!("{title}: "),
    }
}

/// Draws a bar for each count; its height grows with the root, so that few pixels are seen as well.
fn draw_counts(image: &mut Image, rect: Rect, counts: &[usize]) {
    let most = counts.iter().max().copied().unwrap_or(0).max(1) as f64;
    for (index, count) in counts.iter().enumerate() {
        let part = (*count as f64 / most).sqrt();
        let height = (part * rect.height as f64).ceil() as usize;
        let bar = Rect {
            left: rect.left + index,
            top: rect.bottom() - height,
            width: 1,
            height,
        };
        image.fill(bar, theme::TRACK);
    }
}

/// Draws below the histogram which color each value has.
fn draw_gradient(
    image: &mut Image,
    rect: Rect,
    (scale, (low, high)): (&ScaledColormap, (f64, f64)),
    sizes: &ThemeSizes,
) {
    let values: Vec<f64> = (0..rect.width)
        .map(|x| low + (high - low) * x as f64 / (rect.width - 1).max(1) as f64)
        .collect();
    let mut colors = vec![scale.colormap().bad(); values.len()];
    scale.colors(&values, &mut colors);
    let colors: Vec<_> = colors
        .iter()
        .map(|[r, g, b, _]| pack([*r, *g, *b]))
        .collect();
    let top = rect.bottom() + 1;
    for y in top..(top + sizes.px(6)).min(image.height) {
        image
            .row_mut(rect.left, y, rect.width)
            .copy_from_slice(&colors);
    }
}

fn draw_axis(image: &mut Image, rect: Rect, (low, high): (f64, f64), sizes: &ThemeSizes) {
    let length = rect.width;
    let size = sizes.label * 0.9;
    let middle = rect.bottom() + sizes.px(17);
    let axis = PlotAxis { low, high, length };
    for tick in axis.ticks((size * 5.5) as usize) {
        let width = text::width(&tick.label, size);
        let left = (rect.left + tick.offset).saturating_sub(width / 2);
        let left = left.min(rect.right().saturating_sub(width)).max(rect.left);
        text::draw(image, (left, middle), &tick.label, size, theme::DIM);
    }
}

/// Draws how far up the colormap the values between the limits are.
fn draw_curve(image: &mut Image, rect: Rect, (low, high): (f32, f32), gamma: f64) {
    const PIECES: u8 = 24;
    let point = |piece: u8| {
        let part = f32::from(piece) / f32::from(PIECES);
        let up = part.powf(gamma as f32) * rect.height.saturating_sub(1) as f32;
        (low + part * (high - low), rect.bottom() as f32 - 0.5 - up)
    };
    for piece in 0..PIECES {
        image.line(point(piece), point(piece + 1), 1.2, theme::DIM);
    }
}

fn draw_handles(image: &mut Image, rect: Rect, [low, middle, high]: [f32; 3], sizes: &ThemeSizes) {
    for x in [low, high] {
        let (top, bottom) = (rect.top as f32, rect.bottom() as f32 + sizes.px(6) as f32);
        image.line((x, top), (x, bottom), 1.6 * sizes.scale, theme::ACCENT);
        image.dot((x, bottom), 4.5 * sizes.scale, theme::ACCENT);
    }
    let half = rect.bottom() as f32 - 0.5 - 0.5 * rect.height as f32;
    image.dot((middle, half), 4.5 * sizes.scale, theme::BACKGROUND);
    image.ring(
        (middle, half),
        3.5 * sizes.scale,
        1.6 * sizes.scale,
        theme::ACCENT,
    );
}

/// Draws the threshold of an overlay, from which on it is shown, as a flag at the top.
fn draw_threshold(
    image: &mut Image,
    (rect, column): (Rect, f32),
    is_set: bool,
    sizes: &ThemeSizes,
) {
    let color = if is_set {
        theme::MARKERS[0]
    } else {
        theme::DIM
    };
    let (top, bottom) = (rect.top as f32, rect.bottom() as f32);
    if is_set {
        image.line((column, top), (column, bottom), 1.6 * sizes.scale, color);
    }
    let side = sizes.px(9) as f32;
    let flag = Rect {
        left: column as usize,
        top: rect.top,
        width: sizes.px(10),
        height: sizes.px(10),
    };
    // A triangle that points to the values that are shown.
    image.shape(flag.intersect(image.area()), color, |x, y| {
        let (x, y) = (x - column, y - top - side / 2.0);
        (x * 0.5 + y.abs() - side / 2.0).max(-x)
    });
}

/// Draws the slider for the opacity of an overlay.
fn draw_opacity(image: &mut Image, strip: Rect, opacity: f64, sizes: &ThemeSizes) {
    let Some(slider) = opacity_slider(strip, sizes) else {
        return;
    };
    let label = format!("opacity {} %", number_text((opacity * 100.0).round()));
    let before = (slider.left.saturating_sub(sizes.gap), slider.middle());
    text::draw_before(image, before, &label, (sizes.label, theme::DIM));
    let track = slider.center(slider.width, sizes.px(4));
    let at = slider.left as f32 + opacity as f32 * slider.width as f32;
    image.rounded(track, sizes.px(2) as f32, theme::TRACK);
    image.dot(
        (at, slider.middle() as f32),
        5.0 * sizes.scale,
        theme::ACCENT,
    );
}

/// Draws the line above: the buttons, and the limits if there is room.
fn draw_line(
    image: &mut Image,
    strip: Rect,
    (scale, name): (&ScaledColormap, &str),
    scene: &PlayerScene,
) {
    let sizes = &scene.inputs.sizes;
    let buttons = buttons(strip, sizes);
    for (rect, label, key) in &buttons {
        let is_on = *key == Key::Char('f') && scene.each_frame;
        let back = if is_on { theme::ACCENT } else { theme::LINE };
        image.rounded(*rect, sizes.px(4) as f32, back);
        let left = rect.left + (rect.width - text::width(label, sizes.label)) / 2;
        let color = if is_on {
            theme::BACKGROUND
        } else {
            theme::TEXT
        };
        text::draw(image, (left, rect.middle()), label, sizes.label, color);
    }
    let [low, high, gamma] = [scale.low(), scale.high(), scale.gamma()].map(number_text);
    let alone = if scene.alone && scene.colored().len() > 1 {
        ", alone"
    } else {
        ""
    };
    let label = format!("{name}{low} to {high}   γ {gamma}{alone}");
    let end = buttons.last().map_or(strip.right(), |(rect, ..)| rect.left);
    let room = end.saturating_sub(strip.left + sizes.gap);
    if text::width(&label, sizes.label) <= room {
        let position = (strip.left, strip.top + sizes.line_height / 2);
        let color = mix(theme::DIM, theme::TEXT, 128);
        text::draw(image, position, &label, sizes.label, color);
    }
}
