//! Draws a player: panels with titles and colorbars, overlays and controls.

use super::layout::{PanelLayout, PlayerLayout};
use super::panel::Panel;
use super::scene::PlayerScene;
use super::theme;
use super::{annotations, contrast_strip, controls, menu, overlays, region_list, trace_plot};
use crate::draw::colorbar;
use crate::draw::{Image, Rect, text};
use crate::video::number_text;

/// Draws the whole player in the size of the image.
pub(super) fn draw(image: &mut Image, scene: &PlayerScene) {
    let layout = scene.layout((image.width, image.height));
    draw_background(image, &layout);
    for (index, position) in layout.panels.iter().enumerate() {
        if let Some(panel) = scene.shown(index) {
            draw_panel(image, (position, visible(&layout, index)), panel, scene);
        }
    }
    if let (Some(column), Some(panel)) = (layout.wipe, layout.panels.first()) {
        draw_wipe(image, panel.video, column, scene);
    }
    overlays::draw(image, &layout, scene);
    annotations::draw(image, &layout, scene);
    region_list::draw(image, &layout, scene);
    contrast_strip::draw(image, &layout, scene);
    trace_plot::draw(image, &layout, scene);
    controls::draw(image, &layout, scene);
    overlays::draw_readout(image, &layout, scene);
    overlays::draw_message(image, &layout, scene);
    if let Some(menu) = &scene.menu {
        menu::draw(image, menu, &scene.inputs.sizes);
    }
}

fn draw_background(image: &mut Image, layout: &PlayerLayout) {
    let mut area = image.area();
    let mut controls = area.cut_bottom(layout.controls.height);
    image.fill(area, theme::BACKGROUND);
    image.fill(controls, theme::SURFACE);
    image.fill(controls.cut_top(1), theme::LINE);
}

/// Part of the window in which the video of a panel is seen: up to a line or from there, if two
/// share a place.
fn visible(layout: &PlayerLayout, index: usize) -> Rect {
    let video = layout.panels[index].video;
    let Some(column) = layout.wipe else {
        return video;
    };
    let mut second = video;
    let first = second.cut_left(column.saturating_sub(video.left));
    if index == 0 { first } else { second }
}

/// Draws the line between two videos in one place.
fn draw_wipe(image: &mut Image, video: Rect, column: usize, scene: &PlayerScene) {
    let sizes = &scene.inputs.sizes;
    let (x, middle) = (column as f32, video.middle() as f32);
    let ends = [(x, video.top as f32), (x, video.bottom() as f32)];
    image.line(ends[0], ends[1], 3.0 * sizes.scale, theme::BACKGROUND);
    image.line(ends[0], ends[1], 1.4 * sizes.scale, theme::TEXT);
    image.dot((x, middle), 6.0 * sizes.scale, theme::BACKGROUND);
    image.dot((x, middle), 4.5 * sizes.scale, theme::ACCENT);
}

fn draw_panel(
    image: &mut Image,
    (position, visible): (&PanelLayout, Rect),
    panel: &Panel,
    scene: &PlayerScene,
) {
    draw_title(image, position, panel, scene);
    if position.video.is_empty() {
        return;
    }
    // Of two videos in one place, the first one draws the border.
    if visible.left == position.video.left {
        draw_border(image, position.video);
    }
    let part = scene.view.part(panel.frames.frame_size());
    let part = part.within(position.video, visible);
    let frame = scene.playback.frame();
    panel.draw(frame, (image, visible), &part, scene.smooth);
    if let Some(scale) = panel.frames.scale() {
        let style = theme::bar_style(&scene.inputs.sizes);
        let quantity = &scene.annotations.label;
        colorbar::draw(image, position.colorbar, scale, quantity, &style);
    }
}

fn draw_title(image: &mut Image, layout: &PanelLayout, panel: &Panel, scene: &PlayerScene) {
    let rect = layout.title;
    let sizes = &scene.inputs.sizes;
    let size = if rect.height < sizes.title_height {
        sizes.label
    } else {
        sizes.title
    };
    let title = text::fit(&panel.title, size, rect.width);
    let position = (rect.left, rect.middle());
    let end = text::draw(image, position, &title, size, theme::TEXT);
    let details = details(panel);
    let room = end + 2 * sizes.gap + text::width(&details, sizes.label);
    if !rect.is_empty() && scene.panels.len() == 1 && room <= layout.right {
        let position = (layout.right, rect.middle());
        text::draw_before(image, position, &details, (sizes.label, theme::DIM));
    }
}

/// Draws a line of one pixel around a rectangle.
fn draw_border(image: &mut Image, rect: Rect) {
    image.fill(rect.grow(1), theme::LINE);
    image.fill(rect, theme::BACKGROUND);
}

/// Size, dtype and frame rate of a video: `128 × 128 · uint16 · 500 fps`.
fn details(panel: &Panel) -> String {
    let ((width, height), video) = (panel.frames.frame_size(), panel.frames.base());
    let fps = video.metadata().fps;
    let fps = fps.map_or_else(String::new, |fps| format!(" · {} fps", number_text(fps)));
    format!("{width} × {height} · {}{fps}", video.dtype())
}
