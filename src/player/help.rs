//! Table of the keys and what they do, shown over the videos on request.

use super::theme::{self, ThemeSizes};
use crate::draw::{Image, mix, text};

/// Every key and what it does.
pub const KEYS: &[(&str, &str)] = &[
    ("Space", "play or pause"),
    ("← →, wheel", "one step back or forward"),
    ("↑ ↓", "longer or shorter steps"),
    ("Home, End", "first or last frame"),
    ("[ ]", "slower or faster"),
    ("l", "loop, or stop at the end"),
    ("e", "every frame, or real-time speed"),
    ("c, C", "next or previous colormap"),
    ("a, A", "contrast of this frame, or initial"),
    ("+ −, Ctrl wheel", "zoom at the pointer"),
    ("0", "reset zoom"),
    ("drag", "pan"),
    ("m", "smooth or sharp pixels"),
    ("g", "grid"),
    ("i", "value under the pointer"),
    ("t, click", "trace of the pixel"),
    ("r, drag", "trace of a region"),
    ("n", "traces on one scale or each on its own"),
    ("Backspace", "remove the last trace"),
    ("s", "save the image as PNG"),
    ("h, ?", "this help"),
    ("q, Escape", "close"),
];

/// Draws the table over a darkened image, in as many columns as it needs to fit.
pub(super) fn draw(image: &mut Image, sizes: &ThemeSizes) {
    for pixel in &mut image.pixels {
        *pixel = mix(*pixel, theme::BACKGROUND, 190);
    }
    // In a small window the text shrinks before it is cut off.
    let shrink = [1.0, 0.9, 0.8, 0.7];
    let fitting = shrink.into_iter().find_map(|shrink| {
        let table = |columns| KeyTable::new(columns, sizes.label * shrink);
        let mut tables = (1..=3).map(table);
        tables.find(|table| table.size.0 <= image.width && table.size.1 <= image.height)
    });
    let table = fitting.unwrap_or_else(|| KeyTable::squeezed(image.width, sizes.label * 0.7));
    table.draw(image);
}

struct KeyTable {
    columns: usize,
    label: f32,
    /// Width of the keys, and of a whole column.
    widths: (usize, usize),
    size: (usize, usize),
}

impl KeyTable {
    fn new(columns: usize, label: f32) -> Self {
        let widest = |texts: fn(&(&'static str, &'static str)) -> &'static str| {
            let widths = KEYS.iter().map(|key| text::width(texts(key), label));
            widths.max().unwrap_or(0)
        };
        let gap = label as usize;
        let keys = widest(|key| key.0) + gap;
        let column = keys + widest(|key| key.1) + 2 * gap;
        let line = (label * 1.7) as usize;
        let rows = KEYS.len().div_ceil(columns);
        Self {
            columns,
            label,
            widths: (keys, column),
            size: (column * columns + 2 * gap, (rows + 1) * line),
        }
    }

    /// Two columns that share a width; their texts are cut off.
    fn squeezed(width: usize, label: f32) -> Self {
        let mut table = Self::new(2, label);
        table.widths.1 = width.saturating_sub(2 * label as usize) / 2;
        table.size.0 = width;
        table
    }

    fn draw(&self, image: &mut Image) {
        let rect = image.area().center(self.size.0, self.size.1);
        image.rounded(rect, self.label / 2.0, theme::SURFACE);
        let rows = KEYS.len().div_ceil(self.columns);
        let line = (self.label * 1.7) as usize;
        for (index, (key, does)) in KEYS.iter().enumerate() {
            let (column, row) = (index / rows, index % rows);
            let left = rect.left + 2 * self.label as usize + column * self.widths.1;
            let middle = rect.top + line + row * line;
            if rect.bottom() < middle + line / 2 || rect.right() < left {
                continue;
            }
            let end = (left + self.widths.1 - self.label as usize).min(rect.right());
            self.draw_text(image, (left, middle), end, (key, theme::ACCENT));
            let position = (left + self.widths.0, middle);
            self.draw_text(image, position, end, (does, theme::TEXT));
        }
    }

    fn draw_text(
        &self,
        image: &mut Image,
        position: (usize, usize),
        end: usize,
        (label, color): (&str, u32),
    ) {
        let room = end.saturating_sub(position.0);
        let label = text::fit(label, self.label, room);
        text::draw(image, position, &label, self.label, color);
    }
}
