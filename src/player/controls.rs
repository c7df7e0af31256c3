//! Draws the controls under the videos: button, slider, frame counter and time.

use super::layout::PlayerLayout;
use super::scene::{PlayerScene, time_text};
use super::theme;
use crate::draw::{Image, Rect, text};
use crate::video::number_text;

/// Draws all controls for which there is room.
pub(super) fn draw(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    if !layout.button.is_empty() {
        draw_button(image, layout.button, scene);
    }
    if !layout.slider.is_empty() {
        draw_slider(image, layout, scene);
    }
    draw_counter(image, layout, scene);
    draw_rate(image, layout.rate, scene);
}

fn draw_button(image: &mut Image, rect: Rect, scene: &PlayerScene) {
    let px = |length| scene.inputs.sizes.px(length);
    image.rounded(rect, px(6) as f32, theme::LINE);
    let icon = rect.center(px(12), px(12));
    if scene.playback.is_playing() {
        let mut bars = icon.inset(px(1), 0);
        image.fill(bars.cut_left(px(3)), theme::TEXT);
        image.fill(bars.cut_right(px(3)), theme::TEXT);
    } else {
        draw_triangle(image, icon, scene.inputs.sizes.scale);
    }
}

/// A triangle that points to the right, with its center of mass in the middle.
fn draw_triangle(image: &mut Image, rect: Rect, scale: f32) {
    let left = rect.left as f32 + 1.5 * scale;
    let middle = rect.top as f32 + rect.height as f32 / 2.0;
    image.shape(rect, theme::TEXT, |x, y| {
        let slope = (x - left) * 0.5 + (y - middle).abs() * 0.9 - 5.4 * scale;
        slope.max(left - x)
    });
}

fn draw_slider(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    let sizes = &scene.inputs.sizes;
    let handle = layout.handle(&scene.playback);
    let column = |frame: usize| layout.slider_column(frame, &scene.playback);
    let track = layout.slider.center(layout.slider.width, sizes.px(4));
    let done = Rect {
        width: handle as usize - track.left,
        ..track
    };
    let round = sizes.px(2) as f32;
    image.rounded(track, round, theme::TRACK);
    image.rounded(done, round, theme::ACCENT);
    if let Some((first, last)) = scene.playback.part() {
        draw_part(
            image,
            (track, sizes.px(5)),
            [first, last].map(|frame| column(frame) as usize),
        );
    }
    for frame in &scene.bookmarks {
        let mark = Rect {
            left: column(*frame) as usize,
            width: sizes.px(2),
            ..layout.slider.center(layout.slider.width, sizes.px(14))
        };
        image.fill(mark, theme::MARKERS[3]);
    }
    let middle = layout.slider.top as f32 + layout.slider.height as f32 / 2.0;
    for (radius, color) in [
        (sizes.handle + sizes.px(2), theme::SURFACE),
        (sizes.handle, theme::ACCENT),
    ] {
        image.dot((handle, middle), radius as f32, color);
    }
}

/// Draws brackets around the part of the track that is played.
fn draw_part(image: &mut Image, (track, reach): (Rect, usize), [first, last]: [usize; 2]) {
    let height = track.height + 2 * reach;
    let top = track.top.saturating_sub(reach);
    for (column, to_right) in [(first, true), (last, false)] {
        let upright = Rect {
            left: column,
            top,
            width: 2,
            height,
        };
        image.fill(upright, theme::TEXT);
        for end in [top, top + height - 2] {
            let foot = Rect {
                left: if to_right {
                    column
                } else {
                    column.saturating_sub(4)
                },
                top: end,
                width: 6,
                height: 2,
            };
            image.fill(foot, theme::TEXT);
        }
    }
}

fn draw_counter(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    let size = scene.inputs.sizes.label;
    let (frame, last) = (scene.playback.frame(), scene.playback.last());
    if !layout.counter.is_empty() {
        let position = (layout.counter.right(), layout.counter.middle());
        let of = format!(" / {last}");
        let left = text::draw_before(image, position, &of, (size, theme::DIM));
        let position = (left, position.1);
        text::draw_before(image, position, &frame.to_string(), (size, theme::TEXT));
    }
    if !layout.time.is_empty()
        && let Some(time) = time_text(&scene.panels, frame)
    {
        let position = (layout.time.right(), layout.time.middle());
        text::draw_before(image, position, &time, (size, theme::DIM));
    }
}

/// Draws the number of frames shown per second.
fn draw_rate(image: &mut Image, rect: Rect, scene: &PlayerScene) {
    if let Some(rate) = scene.rate.filter(|_| !rect.is_empty()) {
        let label = format!("{} fps", number_text(rate.round()));
        let style = (scene.inputs.sizes.label, theme::DIM);
        text::draw_before(image, (rect.right(), rect.middle()), &label, style);
    }
}
