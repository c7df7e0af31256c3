//! Fonts, lines and colors of figures, in multiples of the size of the text.

use crate::color::{Color, luma, unpack};
use crate::draw::page::{Anchor, PageItem, PageRect, PageText, Point};
use crate::draw::text;
use crate::draw::ticks::{PlotAxis, Tick};

pub(super) const INK: Color = 0x22_22_22;
pub(super) const AXIS: Color = 0x44_44_44;
pub(super) const WHITE: Color = 0xff_ff_ff;

/// Widths of axes and of curves.
pub(super) const THIN: f64 = 0.07;
pub(super) const CURVE: f64 = 0.13;

/// Length of a tick, and distance of its label from its end.
pub(super) const TICK: f64 = 0.32;
pub(super) const TICK_GAP: f64 = 0.26;

/// Height of a line of text.
pub(super) const LINE: f64 = 1.3;

/// Number of steps per unit of length of axes, whose ticks are found in whole steps.
const STEPS: f64 = 16.0;

/// Size of the text around an image of a width in pixels: it grows with the image.
pub(super) fn text_size(width: usize) -> f64 {
    (width as f64 / 32.0).max(11.0)
}

/// Ticks of an axis of a length, at least a distance apart.
pub(super) fn ticks((low, high): (f64, f64), length: f64, spacing: f64) -> Vec<Tick> {
    let length = (length.max(0.0) * STEPS) as usize + 1;
    let axis = PlotAxis { low, high, length };
    axis.ticks((spacing * STEPS) as usize)
}

/// Position of a value between the ends of a range, from 0 to 1.
pub(super) fn part_of(value: f64, (low, high): (f64, f64)) -> f64 {
    match high > low {
        true => ((value - low) / (high - low)).clamp(0.0, 1.0),
        false => 0.0,
    }
}

pub(super) fn width(text: &str, size: f64) -> f64 {
    text::exact_width(text, size)
}

/// Width of the widest text.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64) -> f64 {
    let widths = texts.into_iter().map(|text| width(text, size));
    widths.fold(0.0, f64::max)
}

/// The text, shortened with an ellipsis if it is wider than the room.
pub(super) fn fit(text: &str, size: f64, room: f64) -> String {
    text::shortened(text, |text| width(text, size) <= room)
}

/// Text whose digits are centered at a height.
pub(super) fn label(text: &str, (x, middle): Point, anchor: Anchor, size: f64) -> PageItem {
    let y = middle + f64::from(text::DIGIT_HEIGHT) * size / 2.0;
    written(text, (x, y), (anchor, 0.0), size, INK)
}

/// Text with the left edge of its digits' centers along a vertical line, reading upward.
pub(super) fn upward(text: &str, (middle, y): Point, size: f64) -> PageItem {
    let x = middle + f64::from(text::DIGIT_HEIGHT) * size / 2.0;
    written(text, (x, y), (Anchor::Middle, -90.0), size, INK)
}

/// Text at a position on its baseline, turned clockwise.
pub(super) fn written(
    text: &str,
    position: Point,
    (anchor, turn): (Anchor, f64),
    size: f64,
    color: Color,
) -> PageItem {
    PageItem::Text(PageText {
        text: text.to_owned(),
        position,
        anchor,
        turn,
        size,
        is_bold: false,
        color,
    })
}

/// Title in a room below and to the right of a position.
pub(super) fn title(text: &str, (left, top): Point, room: f64, em: f64) -> PageItem {
    let text = fit(text, em, room);
    label(&text, (left, top + 0.65 * em), Anchor::Start, em)
}

/// Letter of a panel below and to the right of a position.
pub(super) fn letter(index: usize, (left, top): Point, em: f64) -> PageItem {
    let size = 1.3 * em;
    let position = (
        left,
        top + 0.65 * em + f64::from(text::DIGIT_HEIGHT) * size / 2.0,
    );
    PageItem::Text(PageText {
        text: char::from(b'A' + index as u8).to_string(),
        position,
        anchor: Anchor::Start,
        turn: 0.0,
        size,
        is_bold: true,
        color: INK,
    })
}

pub(super) fn rule(from: Point, to: Point, width: f64, color: Color) -> PageItem {
    PageItem::Rule {
        from,
        to,
        width,
        color,
    }
}

/// Filled circle.
pub(super) fn dot((x, y): Point, radius: f64, color: Color, opacity: f64) -> PageItem {
    const CORNERS: u32 = 24;
    let corner = |index: u32| {
        let (sin, cos) = (f64::from(index) * std::f64::consts::TAU / f64::from(CORNERS)).sin_cos();
        (x + radius * cos, y + radius * sin)
    };
    PageItem::Area {
        corners: (0..CORNERS).map(corner).collect(),
        color,
        opacity,
    }
}

/// Filled rectangle.
pub(super) fn block(bounds: &PageRect, color: Color) -> PageItem {
    PageItem::Area {
        corners: vec![
            (bounds.left, bounds.top),
            (bounds.right, bounds.top),
            (bounds.right, bounds.bottom),
            (bounds.left, bounds.bottom),
        ],
        color,
        opacity: 1.0,
    }
}

/// Contrast of two colors, from 1 to 21 (WCAG 2.1).
pub(super) fn contrast(a: Color, b: Color) -> f64 {
    let light = |color: Color| luma(unpack(color).map(|byte| (f64::from(byte) / 255.0).powf(2.2)));
    let (a, b) = (light(a), light(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Black or white: the one whose worst contrast with the colors beneath it is better, and that
/// contrast.
pub(super) fn visible_on(colors: impl Iterator<Item = Color> + Clone) -> (Color, f64) {
    let worst = |ink: Color| {
        let contrasts = colors.clone().map(|color| contrast(ink, color));
        contrasts.fold(f64::INFINITY, f64::min)
    };
    let (black, white) = (worst(INK), worst(WHITE));
    match black >= white {
        true => (INK, black),
        false => (WHITE, white),
    }
}

/// Numbers as text with as few decimals as all of them need, six at most.
pub(super) fn numbers(values: &[f64]) -> Vec<String> {
    let is_exact = |digits: usize| {
        let scale = 10f64.powi(digits as i32);
        let far = |value: &f64| (value * scale - (value * scale).round()).abs();
        values
            .iter()
            .all(|value| far(value) <= 1e-9 * (value * scale).abs().max(1.0))
    };
    let digits = (0..6).find(|digits| is_exact(*digits)).unwrap_or(6);
    let text = |value: &f64| format!("{value:.digits$}").replace('-', "−");
    values.iter().map(text).collect()
}
