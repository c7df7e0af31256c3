//! Labels: text and markers drawn on an image, light with a dark halo, readable on bright and dark
//! pixels alike.

use super::{Image, Rect, text};

/// Opacity of the halo.
const DARKNESS: f32 = 0.85;

/// A label rendered once, to be drawn on many images.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    width: usize,
    height: usize,
    /// Light coverage of each pixel, and dark coverage of the rest.
    coverage: Vec<(f32, f32)>,
}

impl Label {
    /// A line of text.
    pub fn text(text: &str, size: f32) -> Self {
        let (width, height) = (text::width(text, size), (size * 1.3) as usize);
        Self::new(width, height, size, |image| {
            text::draw(image, (0, height / 2), text, size, 0xff_ff_ff);
        })
    }

    /// A scale bar with its label above.
    pub fn bar(length: usize, label: &str, size: f32) -> Self {
        let thickness = (size / 4.0).round().max(2.0) as usize;
        Self::below_text(length, thickness, label, size, |image, area| {
            image.fill(area, 0xff_ff_ff);
        })
    }

    /// Text, and below its middle what `paint` draws in white in an area of a width and height.
    pub fn below_text(
        width: usize,
        height: usize,
        label: &str,
        size: f32,
        paint: impl FnOnce(&mut Image, Rect),
    ) -> Self {
        let label_width = text::width(label, size);
        let (whole, line) = (width.max(label_width), (size * 1.35) as usize);
        Self::new(whole, line + height, size, |image| {
            let origin = ((whole - label_width) / 2, line / 2);
            text::draw(image, origin, label, size, 0xff_ff_ff);
            let area = Rect {
                top: line,
                height,
                ..image.area().center(width, image.height)
            };
            paint(image, area);
        })
    }

    /// Label with what `paint` draws in white on an image of the given size; `size` is the size of
    /// the text next to it.
    pub fn new(width: usize, height: usize, size: f32, paint: impl FnOnce(&mut Image)) -> Self {
        let mut image = Image::new(width, height);
        paint(&mut image);
        let radius = (size / 6.5).max(1.5);
        let border = radius.ceil() as usize;
        let disc = disc(radius);
        let (width, height) = (width + 2 * border, height + 2 * border);
        let mut coverage = vec![(0.0f32, 0.0f32); width * height];
        // Most pixels are black, and only the others have a halo.
        for (at, pixel) in image
            .pixels
            .iter()
            .enumerate()
            .filter(|(_, pixel)| **pixel != 0)
        {
            let light = (pixel & 0xff) as f32 / 255.0;
            let (x, y) = (at % image.width + border, at / image.width + border);
            coverage[y * width + x].0 = light;
            for (dx, dy, weight) in &disc {
                let (x, y) = (x.wrapping_add_signed(*dx), y.wrapping_add_signed(*dy));
                let dark = &mut coverage[y * width + x].1;
                *dark = dark.max(DARKNESS * weight * light);
            }
        }
        Self {
            width,
            height,
            coverage,
        }
    }

    /// Width including the halo.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height including the halo.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Draws the label with its top left corner at a position, clipped to the image.
    pub fn draw(&self, image: &mut Image, (left, top): (usize, usize)) {
        let rect = Rect {
            left,
            top,
            width: self.width,
            height: self.height,
        };
        let seen = rect.intersect(image.area());
        for y in seen.top..seen.bottom() {
            for x in seen.left..seen.right() {
                let (light, dark) = self.coverage[(y - top) * self.width + x - left];
                if dark > 0.0 {
                    image.blend(x, y, 0, dark);
                    image.blend(x, y, 0xff_ff_ff, light);
                }
            }
        }
    }
}

/// Offsets within a radius and the darkness of the halo at each, soft at the edge.
fn disc(radius: f32) -> Vec<(isize, isize, f32)> {
    let reach = radius.ceil() as isize;
    let offsets = (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dx, dy)));
    offsets
        .map(|(dx, dy)| {
            (
                dx,
                dy,
                (radius + 0.5 - (dx as f32).hypot(dy as f32)).clamp(0.0, 1.0),
            )
        })
        .filter(|(.., weight)| *weight > 0.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_seen_on_white_and_on_black() {
        let label = Label::text("100 ms", 14.0);
        for ground in [0, 0xff_ff_ff] {
            let mut image = Image::new(90, 30);
            image.fill(image.area(), ground);
            label.draw(&mut image, (4, 4));
            let levels = image.pixels.iter().map(|pixel| pixel & 0xff);
            let (low, high) = (levels.clone().min(), levels.max());
            assert!(low < Some(80) && high > Some(240), "{low:?} {high:?}");
        }
    }

    #[test]
    fn what_lies_outside_is_not_drawn() {
        let label = Label::text("frame 12", 14.0);
        let mut image = Image::new(10, 10);
        label.draw(&mut image, (5, 5));
        label.draw(&mut image, (50, 50));
        assert_eq!(image.at(0, 0), 0);
    }
}
