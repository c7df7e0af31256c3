//! List of the regions and points beside the videos: the name, color, area and mean of each.

use super::Player;
use super::layout::PlayerLayout;
use super::probes::Probe;
use super::scene::PlayerScene;
use super::theme::{self, ThemeSizes};
use crate::draw::{Image, Rect, text};
use crate::ops::mask::shape::area;
use crate::video::number_text;

/// Rows of the list for which there is room, and which is the first.
struct ListRows {
    first: usize,
    rects: Vec<Rect>,
}

impl ListRows {
    /// Rows of a number of probes; the selected one is among those shown.
    fn new(mut list: Rect, sizes: &ThemeSizes, count: usize, selected: Option<usize>) -> Self {
        list.cut_top(sizes.line_height);
        let height = sizes.px(40);
        let shown = count.min(list.height / height);
        let first = selected.map_or(0, |selected| (selected + 1).saturating_sub(shown));
        Self {
            first: first.min(count - shown),
            rects: (0..shown).map(|_| list.cut_top(height)).collect(),
        }
    }
}

impl Player {
    /// Shows or hides the list of regions.
    pub(super) fn toggle_region_list(&self) {
        let mut state = self.state();
        state.lists_regions = !state.lists_regions;
        state.renew_needs();
    }

    /// Selects the probe of the row at a position in the list, or none if it was selected.
    pub(super) fn click_region_list(&self, (x, y): (f32, f32), layout: &PlayerLayout) {
        let mut state = self.state();
        let rows = ListRows::new(
            layout.region_list,
            &state.inputs().sizes,
            state.probes.len(),
            state.selected,
        );
        let row = rows.rects.iter().position(|rect| rect.contains(x, y));
        match row.map(|row| rows.first + row) {
            Some(index) if state.selected != Some(index) => state.select(index),
            Some(_) => {
                state.selected = None;
                state.changed();
            }
            None => {}
        }
    }
}

/// Draws the list, if it is open and there is room.
pub(super) fn draw(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    let list = layout.region_list;
    if list.is_empty() {
        return;
    }
    let sizes = &scene.inputs.sizes;
    image.fill(list, theme::SURFACE);
    image.fill(Rect { width: 1, ..list }, theme::LINE);
    let inside = list.inset(sizes.gap, 0);
    let title = match scene.probes.len() {
        0 => "no regions: r 2 3 4 6 draw one",
        _ => "regions",
    };
    let title = text::fit(title, sizes.label, inside.width);
    let middle = list.top + sizes.line_height / 2;
    text::draw(
        image,
        (inside.left, middle),
        &title,
        sizes.label,
        theme::DIM,
    );
    let rows = ListRows::new(list, sizes, scene.probes.len(), scene.selected);
    for (row, rect) in rows.rects.iter().enumerate() {
        let index = rows.first + row;
        if scene.selected == Some(index) {
            let back = Rect {
                left: rect.left + 1,
                width: rect.width - 1,
                ..*rect
            };
            image.fill(back, theme::LINE);
        }
        draw_row(image, *rect, &scene.probes[index], scene);
    }
}

fn draw_row(image: &mut Image, rect: Rect, probe: &Probe, scene: &PlayerScene) {
    let sizes = &scene.inputs.sizes;
    let mut line = rect.inset(sizes.gap, sizes.px(3));
    let dot = line.cut_left(sizes.px(16));
    let upper = line.cut_top(line.height / 2);
    let center = (dot.left as f32 + 4.0 * sizes.scale, upper.middle() as f32);
    image.dot(center, 4.0 * sizes.scale, probe.color);
    let name = probe.label(scene.panels.len());
    let name = text::fit(&name, sizes.label, upper.width);
    let position = (upper.left, upper.middle());
    text::draw(image, position, &name, sizes.label, theme::TEXT);
    let size = sizes.label * 0.9;
    let measured = text::fit(&measured(probe, scene), size, line.width);
    let position = (line.left, line.middle());
    text::draw(image, position, &measured, size, theme::DIM);
}

/// Area and mean of a probe in the frame shown.
fn measured(probe: &Probe, scene: &PlayerScene) -> String {
    let panel = scene.panels.get(probe.panel);
    let Some(panel) = panel.map(|panel| &panel.frames) else {
        return String::new();
    };
    let pixels = area(&probe.region.runs(panel.frame_size()));
    let area = match panel.base().metadata().pixel_size {
        Some([height, width]) => {
            format!("{} mm²", number_text(pixels as f64 * height * width / 1e6))
        }
        None => format!("{pixels} px"),
    };
    let mean = probe.trace.values().get(scene.playback.frame()).copied();
    let mean = mean.filter(|mean| mean.is_finite());
    let mean = mean.map_or_else(|| "…".to_owned(), number_text);
    format!("{area}, mean {mean}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_row_is_shown() {
        let list = Rect {
            left: 5,
            top: 0,
            width: 100,
            height: 26 + 3 * 40 + 20,
        };
        let first = |count, selected| {
            let rows = ListRows::new(list, &ThemeSizes::new(1.0), count, selected);
            (rows.first, rows.rects.len())
        };
        assert_eq!(first(0, None), (0, 0));
        assert_eq!(first(2, Some(1)), (0, 2));
        assert_eq!(first(9, None), (0, 3));
        assert_eq!(first(9, Some(2)), (0, 3));
        assert_eq!(first(9, Some(3)), (1, 3));
        assert_eq!(first(9, Some(8)), (6, 3));
    }
}
