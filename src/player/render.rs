//! Draws a player: the video with its title and colorbar, and the controls under it.

use super::layout::{LABEL_GAP, Layout, Needs};
use super::panel::Panel;
use super::playback::Playback;
use super::theme::{self, LABEL_SIZE, TITLE_SIZE};
use crate::draw::{Color, Image, Rect, text};
use crate::video::colormap::Scale;
use crate::video::number_text;

/// Draws the whole player in the size of the image.
pub(super) fn draw(image: &mut Image, panel: &Panel, needs: &Needs, playback: &Playback) {
    let layout = Layout::new(image.area(), needs);
    draw_background(image, &layout);
    draw_title(image, layout.title, panel);
    draw_video(image, layout.video, panel, playback.frame());
    if let Some(scale) = panel.scale() {
        draw_colorbar(image, layout.colorbar, scale);
    }
    draw_button(image, layout.button, playback.is_playing());
    draw_slider(image, &layout, playback);
    draw_counter(image, &layout, panel, playback);
}

/// What a panel needs room for.
pub(super) fn needs(panel: &Panel) -> Needs {
    let last = panel.video().len() - 1;
    Needs {
        frame: panel.frame_size(),
        title: !panel.title().is_empty(),
        colorbar: panel.scale().map(|scale| {
            let [low, high] = labels(scale);
            label_width(&low).max(label_width(&high))
        }),
        counter: label_width(&format!("{last} / {last}")),
        time: time_text(panel, last).map_or(0, |text| label_width(&text)),
    }
}

fn draw_background(image: &mut Image, layout: &Layout) {
    let mut area = image.area();
    let mut controls = area.cut_bottom(layout.controls.height);
    image.fill(area, theme::BACKGROUND);
    image.fill(controls, theme::SURFACE);
    image.fill(controls.cut_top(1), theme::LINE);
}

fn draw_title(image: &mut Image, rect: Rect, panel: &Panel) {
    let title = text::fit(panel.title(), TITLE_SIZE, rect.width);
    let place = (rect.left, rect.middle());
    let end = text::draw(image, place, &title, TITLE_SIZE, theme::TEXT);
    let details = details(panel);
    if end + 2 * theme::GAP + label_width(&details) <= rect.right() {
        draw_label_before(image, (rect.right(), rect.middle()), &details, theme::DIM);
    }
}

fn draw_video(image: &mut Image, rect: Rect, panel: &Panel, frame: usize) {
    if !rect.is_empty() {
        draw_border(image, rect);
        panel.draw(frame, image, rect);
    }
}

fn draw_colorbar(image: &mut Image, rect: Rect, scale: &Scale) {
    if rect.is_empty() {
        return;
    }
    draw_border(image, rect);
    let colors = scale.colormap().colors();
    for (step, y) in (rect.top..rect.bottom()).rev().enumerate() {
        let [red, green, blue, _] = colors[step * colors.len() / rect.height];
        let color = u32::from_be_bytes([0, red, green, blue]);
        image.row_mut(rect.left, y, rect.width).fill(color);
    }
    let [low, high] = labels(scale);
    let (left, half) = (rect.right() + LABEL_GAP, LABEL_SIZE as usize / 2 - 1);
    draw_label(image, (left, rect.top + half), &high, theme::DIM);
    draw_label(image, (left, rect.bottom() - half), &low, theme::DIM);
}

fn draw_button(image: &mut Image, rect: Rect, playing: bool) {
    image.rounded(rect, 6.0, theme::LINE);
    let icon = rect.center(12, 12);
    if playing {
        let mut bars = icon.inset(1, 0);
        image.fill(bars.cut_left(3), theme::TEXT);
        image.fill(bars.cut_right(3), theme::TEXT);
    } else {
        draw_triangle(image, icon);
    }
}

/// A triangle that points to the right, its weight in the middle.
fn draw_triangle(image: &mut Image, rect: Rect) {
    let (left, middle) = (rect.left as f32 + 1.5, rect.top as f32 + 6.0);
    image.shape(rect, theme::TEXT, |x, y| {
        let slope = (x - left) * 0.5 + (y - middle).abs() * 0.9 - 5.4;
        slope.max(left - x)
    });
}

fn draw_slider(image: &mut Image, layout: &Layout, playback: &Playback) {
    if layout.slider.is_empty() {
        return;
    }
    let handle = layout.handle(playback);
    let track = layout.slider.center(layout.slider.width, 4);
    let done = Rect {
        width: handle as usize - track.left,
        ..track
    };
    image.rounded(track, 2.0, theme::TRACK);
    image.rounded(done, 2.0, theme::ACCENT);
    let middle = layout.slider.middle() as f32;
    image.shape(layout.slider, theme::SURFACE, |x, y| {
        (x - handle).hypot(y - middle) - theme::HANDLE as f32 - 2.0
    });
    image.shape(layout.slider, theme::ACCENT, |x, y| {
        (x - handle).hypot(y - middle) - theme::HANDLE as f32
    });
}

fn draw_counter(image: &mut Image, layout: &Layout, panel: &Panel, playback: &Playback) {
    let (frame, last) = (playback.frame(), playback.last());
    if !layout.counter.is_empty() {
        let (right, middle) = (layout.counter.right(), layout.counter.middle());
        let left = draw_label_before(image, (right, middle), &format!(" / {last}"), theme::DIM);
        draw_label_before(image, (left, middle), &frame.to_string(), theme::TEXT);
    }
    if !layout.time.is_empty()
        && let Some(time) = time_text(panel, frame)
    {
        let place = (layout.time.right(), layout.time.middle());
        draw_label_before(image, place, &time, theme::DIM);
    }
}

fn draw_label(image: &mut Image, place: (usize, usize), label: &str, color: Color) {
    text::draw(image, place, label, LABEL_SIZE, color);
}

/// Draws a label that ends at the column `right`; returns where it begins.
fn draw_label_before(
    image: &mut Image,
    (right, middle): (usize, usize),
    label: &str,
    color: Color,
) -> usize {
    let left = right.saturating_sub(label_width(label));
    draw_label(image, (left, middle), label, color);
    left
}

fn label_width(label: &str) -> usize {
    text::width(label, LABEL_SIZE)
}

/// A line of one pixel around a rectangle.
fn draw_border(image: &mut Image, rect: Rect) {
    let around = Rect {
        left: rect.left.saturating_sub(1),
        top: rect.top.saturating_sub(1),
        width: rect.width + 2,
        height: rect.height + 2,
    };
    image.fill(around, theme::LINE);
    image.fill(rect, theme::BACKGROUND);
}

fn labels(scale: &Scale) -> [String; 2] {
    [scale.low(), scale.high()].map(|value| match number_text(value) {
        short if short.len() <= 9 => short,
        _ => format!("{value:.2e}"),
    })
}

/// Size, type and rate of a video: `128 × 128 · uint16 · 500 fps`.
fn details(panel: &Panel) -> String {
    let ((width, height), video) = (panel.frame_size(), panel.video());
    let fps = video.metadata().fps;
    let fps = fps.map_or_else(String::new, |fps| format!(" · {} fps", number_text(fps)));
    format!("{width} × {height} · {}{fps}", video.dtype())
}

/// The time of a frame, if the frame rate is known.
fn time_text(panel: &Panel, frame: usize) -> Option<String> {
    let interval = 1000.0 / panel.video().metadata().fps.filter(|fps| 0.0 < *fps)?;
    let digits = usize::from(interval.fract() != 0.0);
    Some(format!("{:.digits$} ms", frame as f64 * interval))
}
