//! Colorbars of maps in figures: values of the colors, label and unit, and pointed ends where values
//! are beyond the color limits.

use super::style;
use crate::color::colormap::ScaledColormap;
use crate::color::pack;
use crate::draw::page::{Anchor, PageItem, PageRect, Point};
use crate::draw::rgba_image::RgbaImage;

/// Distance from the map, and width.
const GAP: f64 = 0.6;
const WIDTH: f64 = 0.95;

/// Length of ticks, which are shorter than those of axes.
const TICK: f64 = 0.25;
const TICK_GAP: f64 = 0.25;

const SPACING: f64 = 2.3;

/// Colorbar to the right of a map.
#[derive(Debug, Clone)]
pub(super) struct FigureColorbar {
    /// Colors and their limits.
    pub(super) scale: ScaledColormap,
    /// Quantity and unit; may be empty.
    pub(super) label: String,
    /// Values of ticks; default: round ones.
    pub(super) ticks: Option<Vec<f64>>,
    /// Whether there are values below and above the limits.
    pub(super) beyond: [bool; 2],
}

impl FigureColorbar {
    fn limits(&self) -> (f64, f64) {
        (self.scale.low(), self.scale.high())
    }

    /// Values and labels of the ticks of a bar of a height.
    fn ticks(&self, height: f64, em: f64) -> Vec<(f64, String)> {
        match &self.ticks {
            Some(values) => values.iter().copied().zip(style::numbers(values)).collect(),
            None => {
                let ticks = style::ticks(self.limits(), height, SPACING * em).into_iter();
                ticks.map(|tick| (tick.value, tick.label)).collect()
            }
        }
    }

    /// Width with labels, for a map of a height.
    pub(super) fn width(&self, height: f64, em: f64) -> f64 {
        let height = self.body(height, em).1;
        let ticks = self.ticks(height, em);
        let labels = style::widest(ticks.iter().map(|(_, label)| label.as_str()), em);
        let label = if self.label.is_empty() {
            0.0
        } else {
            style::LINE * em
        };
        (GAP + WIDTH + TICK + TICK_GAP) * em + labels + label
    }

    /// Distance of the upper end from that of the map, and height, without the pointed ends.
    fn body(&self, height: f64, em: f64) -> (f64, f64) {
        let [below, above] = self
            .beyond
            .map(|is_beyond| if is_beyond { WIDTH * em } else { 0.0 });
        (above, (height - above - below).max(0.0))
    }

    /// Draws the bar beside a map.
    pub(super) fn draw(&self, shapes: &mut Vec<PageItem>, map: &PageRect, em: f64) {
        let thin = style::THIN * em;
        let (start, height) = self.body(map.height(), em);
        let left = map.right + GAP * em;
        let bar = PageRect {
            left,
            top: map.top + start,
            right: left + WIDTH * em,
            bottom: map.top + start + height,
        };
        let colors = self.scale.colormap().colors();
        shapes.push(PageItem::Image {
            image: RgbaImage {
                width: 1,
                height: colors.len(),
                pixels: colors.iter().rev().copied().collect(),
            },
            bounds: bar,
        });
        let middle = (bar.left + bar.right) / 2.0;
        let tips = [
            (bar.bottom, (middle, map.bottom), colors[0]),
            (bar.top, (middle, map.top), colors[colors.len() - 1]),
        ];
        for (_, ends) in self
            .beyond
            .iter()
            .zip(tips)
            .filter(|(is_beyond, _)| **is_beyond)
        {
            let (base, tip, [red, green, blue, _]) = ends;
            shapes.push(PageItem::Area {
                corners: vec![(bar.left, base), (bar.right, base), tip],
                color: pack([red, green, blue]),
                opacity: 1.0,
            });
        }
        shapes.push(PageItem::Line {
            points: self.outline(&bar, map),
            width: thin,
            color: style::AXIS,
        });
        let limits = self.limits();
        let mut widest = 0.0f64;
        for (value, label) in self.ticks(height, em) {
            let y = bar.bottom - style::part_of(value, limits) * height;
            let end = bar.right + TICK * em;
            shapes.push(style::rule((bar.right, y), (end, y), thin, style::AXIS));
            widest = widest.max(style::width(&label, em));
            shapes.push(style::label(
                &label,
                (end + TICK_GAP * em, y),
                Anchor::Start,
                em,
            ));
        }
        if !self.label.is_empty() {
            let x = bar.right + (TICK + TICK_GAP + 0.75) * em + widest;
            let label = style::fit(&self.label, em, map.height() + 2.0 * em);
            let center = (map.top + map.bottom) / 2.0;
            shapes.push(style::upward(&label, (x, center), em));
        }
    }

    fn outline(&self, bar: &PageRect, map: &PageRect) -> Vec<Point> {
        let middle = (bar.left + bar.right) / 2.0;
        let mut points = vec![(bar.left, bar.bottom), (bar.left, bar.top)];
        if self.beyond[1] {
            points.push((middle, map.top));
        }
        points.extend([(bar.right, bar.top), (bar.right, bar.bottom)]);
        if self.beyond[0] {
            points.push((middle, map.bottom));
        }
        points.push(points[0]);
        points
    }
}
