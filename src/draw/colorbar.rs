//! Colorbars: the colors of a colormap and their values.

use super::ticks::{PlotAxis, Tick};
use super::{Color, Image, Rect, text};
use crate::color::colormap::ScaledColormap;
use crate::color::pack;

/// Style of a colorbar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Size of the labels.
    pub label_size: f32,
    /// Color of the labels.
    pub text: Color,
    /// Color of the outline and the tick marks.
    pub line: Color,
}

impl Style {
    /// Length of a tick mark.
    pub(crate) fn mark(&self) -> usize {
        (self.label_size / 4.0).round().max(2.0) as usize
    }

    /// Distance of the labels from the bar.
    pub(crate) fn label_gap(&self) -> usize {
        self.mark() + (self.label_size / 4.0).ceil() as usize + 1
    }

    /// Width of the quantity and unit beside the labels.
    fn quantity_width(&self, quantity: &str) -> usize {
        match quantity {
            "" => 0,
            _ => (self.label_size * 1.6) as usize,
        }
    }

    /// Minimum distance between neighboring labels.
    fn spacing(&self) -> usize {
        (self.label_size * 2.8) as usize
    }
}

/// Width of the tick marks and labels to the right of a bar of the given height, and of the quantity
/// and unit, which may be empty.
pub fn label_width(scale: &ScaledColormap, quantity: &str, height: usize, style: &Style) -> usize {
    tick_width(scale, height, style) + style.quantity_width(quantity)
}

fn tick_width(scale: &ScaledColormap, height: usize, style: &Style) -> usize {
    let ticks = ticks(scale, height, style).into_iter();
    let widths = ticks.map(|tick| text::width(&tick.label, style.label_size));
    widths.max().map_or(0, |width| style.label_gap() + width)
}

/// Draws a bar that fills a rectangle, the low end at the bottom, with labels to its right and the
/// quantity and unit beside them, which may be empty.
pub fn draw(image: &mut Image, bar: Rect, scale: &ScaledColormap, quantity: &str, style: &Style) {
    if bar.is_empty() || bar.intersect(image.area()) != bar {
        return;
    }
    image.fill(bar.grow(1), style.line);
    for (step, y) in (bar.top..bar.bottom()).rev().enumerate() {
        let [red, green, blue, _] = scale.color_at(step, bar.height);
        let color = pack([red, green, blue]);
        image.row_mut(bar.left, y, bar.width).fill(color);
    }
    for tick in ticks(scale, bar.height, style) {
        let y = bar.bottom() - 1 - tick.offset;
        let mark = Rect {
            left: bar.right() + 1,
            top: y,
            width: style.mark(),
            height: 1,
        };
        image.fill(mark, style.line);
        let left = bar.right() + style.label_gap();
        text::draw(image, (left, y), &tick.label, style.label_size, style.text);
    }
    let quantity = text::fit(quantity, style.label_size, bar.height);
    let length = text::width(&quantity, style.label_size);
    let middle = bar.right()
        + tick_width(scale, bar.height, style)
        + style.quantity_width(&quantity) * 2 / 3;
    let bottom = bar.bottom() - (bar.height - length) / 2;
    text::draw_upward(
        image,
        (middle, bottom),
        &quantity,
        style.label_size,
        style.text,
    );
}

fn ticks(scale: &ScaledColormap, length: usize, style: &Style) -> Vec<Tick> {
    let (low, high) = (scale.low(), scale.high());
    let mut ticks = PlotAxis { low, high, length }.ticks(style.spacing());
    if low == high {
        // Everything gets the first color.
        ticks.iter_mut().for_each(|tick| tick.offset = 0);
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::colormap::Colormap;

    const STYLE: Style = Style {
        label_size: 12.6,
        text: 0xff_ff_ff,
        line: 0x80_80_80,
    };

    #[test]
    fn colors_run_from_bottom_to_top_and_labels_stay_in_their_room() {
        let scale = ScaledColormap::new(Colormap::named("viridis").unwrap(), -3.0, 1200.0);
        let mut image = Image::new(100, 280);
        let bar = Rect {
            left: 10,
            top: 10,
            width: 8,
            height: 256,
        };
        draw(&mut image, bar, &scale, "", &STYLE);
        assert_eq!(image.at(12, 265), 0x44_01_54);
        assert_eq!(image.at(12, 10), 0xfd_e7_24);
        let end = bar.right() + label_width(&scale, "", bar.height, &STYLE);
        let lit = |image: &Image, x: usize| (0..280).any(|y| image.at(x, y) != 0);
        assert!((end - 4..end).any(|x| lit(&image, x)));
        assert!(!(end + 1..100).any(|x| lit(&image, x)));
        // The quantity runs upward beside them, and is shortened to the length of the bar.
        for quantity in ["APD80 (ms)", &"long ".repeat(40)] {
            draw(&mut image, bar, &scale, quantity, &STYLE);
            let after = bar.right() + label_width(&scale, quantity, bar.height, &STYLE);
            assert!((after - 8..after).any(|x| lit(&image, x)));
            assert!(!(after + 1..100).any(|x| lit(&image, x)));
            assert!((end + 1..100).all(|x| (0..10).all(|y| image.at(x, y) == 0)));
        }
    }

    #[test]
    fn the_only_value_is_beside_its_color() {
        let scale = ScaledColormap::new(Colormap::gray(), 5.0, 5.0);
        let ticks = ticks(&scale, 200, &STYLE);
        let found: Vec<_> = ticks.iter().map(|tick| (tick.value, tick.offset)).collect();
        assert_eq!(found, [(5.0, 0)]);
    }

    #[test]
    fn one_that_does_not_fit_is_not_drawn() {
        let scale = ScaledColormap::new(Colormap::gray(), 0.0, 1.0);
        let mut image = Image::new(10, 10);
        let bar = Rect {
            left: 8,
            top: 0,
            width: 5,
            height: 10,
        };
        draw(&mut image, bar, &scale, "unit", &STYLE);
        assert_eq!(image, Image::new(10, 10));
    }
}
