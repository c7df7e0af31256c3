//! An opaque image in memory and drawing of basic shapes on it.
//!
//! It is our own, as a window and a movie need little: rectangles, lines, markers and text on rows
//! of `0xRRGGBB`, the pixels that windows take. `tiny-skia` would draw paths on premultiplied RGBA,
//! which every frame would have to be converted to and from; smooth curves and SVG are made by
//! [`super::page`].

use crate::color::{Color, unpack};

/// Image in row-major order; each pixel is `0x00RRGGBB`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    /// Number of pixels in a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// `width × height` colors.
    pub pixels: Vec<u32>,
}

/// Rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Rect {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Image {
    /// Creates a black image.
    pub fn new(width: usize, height: usize) -> Self {
        let mut image = Self::default();
        image.resize(width, height);
        image
    }

    /// Changes the size of the image; the pixels are undefined until they are drawn again.
    pub fn resize(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.pixels.resize(width * height, 0);
    }

    /// Rectangle of the whole image.
    pub fn area(&self) -> Rect {
        Rect {
            width: self.width,
            height: self.height,
            ..Rect::default()
        }
    }

    /// Color of a pixel.
    ///
    /// # Panics
    /// If the pixel is out of bounds.
    pub fn at(&self, x: usize, y: usize) -> Color {
        assert!(x < self.width && y < self.height, "a pixel of the image");
        self.pixels[y * self.width + x]
    }

    /// Red, green and blue of each pixel, as in image files.
    pub fn to_rgb(&self) -> Vec<u8> {
        self.pixels
            .iter()
            .flat_map(|pixel| unpack(*pixel))
            .collect()
    }

    /// Part of a row.
    pub fn row_mut(&mut self, left: usize, y: usize, width: usize) -> &mut [u32] {
        let start = y * self.width + left;
        &mut self.pixels[start..start + width]
    }

    /// Fills a rectangle, clipped to the image.
    pub fn fill(&mut self, rect: Rect, color: Color) {
        let rect = rect.intersect(self.area());
        for y in rect.top..rect.bottom() {
            self.row_mut(rect.left, y, rect.width).fill(color);
        }
    }

    /// Fills a shape given by `distance(x, y)`, the signed distance of a pixel center from its
    /// edge, negative inside; the edge is antialiased.
    pub fn shape(&mut self, bounds: Rect, color: Color, distance: impl Fn(f32, f32) -> f32) {
        let bounds = bounds.intersect(self.area());
        for y in bounds.top..bounds.bottom() {
            for x in bounds.left..bounds.right() {
                let coverage = 0.5 - distance(x as f32 + 0.5, y as f32 + 0.5);
                self.blend(x, y, color, coverage);
            }
        }
    }

    /// Fills a rectangle with rounded corners.
    pub fn rounded(&mut self, rect: Rect, radius: f32, color: Color) {
        let (half_w, half_h) = (rect.width as f32 / 2.0, rect.height as f32 / 2.0);
        let (x0, y0) = (rect.left as f32 + half_w, rect.top as f32 + half_h);
        let radius = radius.min(half_w).min(half_h);
        self.shape(rect, color, |x, y| {
            let dx = (x - x0).abs() - half_w + radius;
            let dy = (y - y0).abs() - half_h + radius;
            dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius
        });
    }

    /// Draws a straight line with round ends, clipped to the image.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, color: Color) {
        self.line_within(self.area(), from, to, width, color);
    }

    /// Draws a straight line with round ends, clipped to a rectangle.
    pub fn line_within(
        &mut self,
        clip: Rect,
        from: (f32, f32),
        to: (f32, f32),
        width: f32,
        color: Color,
    ) {
        let reach = width / 2.0 + 1.0;
        let bounds = Rect::around(
            (from.0.min(to.0) - reach, from.1.min(to.1) - reach),
            (from.0.max(to.0) + reach, from.1.max(to.1) + reach),
        );
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let squared = (dx * dx + dy * dy).max(f32::EPSILON);
        self.shape(bounds.intersect(clip), color, |x, y| {
            let (x, y) = (x - from.0, y - from.1);
            let part = ((x * dx + y * dy) / squared).clamp(0.0, 1.0);
            (x - part * dx).hypot(y - part * dy) - width / 2.0
        });
    }

    /// Fills a circle, clipped to the image.
    pub fn dot(&mut self, middle: (f32, f32), radius: f32, color: Color) {
        self.line(middle, middle, 2.0 * radius, color);
    }

    /// Draws the outline of a circle, clipped to the image.
    pub fn ring(&mut self, (x0, y0): (f32, f32), radius: f32, width: f32, color: Color) {
        let reach = radius + width;
        let bounds = Rect::around((x0 - reach, y0 - reach), (x0 + reach, y0 + reach));
        self.shape(bounds, color, |x, y| {
            ((x - x0).hypot(y - y0) - radius).abs() - width / 2.0
        });
    }

    /// Draws a ring with a bright and a dark one around it, so that it is visible on any image.
    pub fn marker(&mut self, center: (f32, f32), radius: f32, width: f32, color: Color) {
        self.ring(center, radius, 2.6 * width, 0);
        self.ring(center, radius, 1.9 * width, 0xff_ff_ff);
        self.ring(center, radius, width, color);
    }

    /// Blends a color into a pixel of the image.
    pub fn blend(&mut self, x: usize, y: usize, color: Color, coverage: f32) {
        if 0.0 < coverage {
            let pixel = &mut self.pixels[y * self.width + x];
            *pixel = mix(*pixel, color, (coverage.min(1.0) * 256.0) as u32);
        }
    }
}

impl Rect {
    /// Pixels between two corners, clipped at coordinate 0.
    pub fn around(top_left: (f32, f32), bottom_right: (f32, f32)) -> Rect {
        let [left, top] = [top_left.0, top_left.1].map(|at| at.max(0.0) as usize);
        let [right, bottom] = [bottom_right.0, bottom_right.1].map(|at| at.max(0.0) as usize + 1);
        Rect {
            left,
            top,
            width: right.saturating_sub(left),
            height: bottom.saturating_sub(top),
        }
    }

    /// One past the rightmost column.
    pub fn right(self) -> usize {
        self.left + self.width
    }

    /// One past the lowest row.
    pub fn bottom(self) -> usize {
        self.top + self.height
    }

    /// Middle row.
    pub fn middle(self) -> usize {
        self.top + self.height / 2
    }

    /// Whether the rectangle has no pixels.
    pub fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Whether a point is inside.
    pub fn contains(self, x: f32, y: f32) -> bool {
        (self.left as f32..self.right() as f32).contains(&x)
            && (self.top as f32..self.bottom() as f32).contains(&y)
    }

    /// Intersection of two rectangles.
    pub fn intersect(self, other: Rect) -> Rect {
        let (left, top) = (self.left.max(other.left), self.top.max(other.top));
        Rect {
            left,
            top,
            width: self.right().min(other.right()).saturating_sub(left),
            height: self.bottom().min(other.bottom()).saturating_sub(top),
        }
    }

    /// Shrinks the rectangle by `x` columns on the left and right and `y` rows at the top and
    /// bottom.
    pub fn inset(mut self, x: usize, y: usize) -> Rect {
        self.cut_left(x);
        self.cut_right(x);
        self.cut_top(y);
        self.cut_bottom(y);
        self
    }

    /// Grows the rectangle by `border` rows and columns on each side, clipped at coordinate 0.
    pub fn grow(self, border: usize) -> Rect {
        let (left, top) = (
            self.left.saturating_sub(border),
            self.top.saturating_sub(border),
        );
        Rect {
            left,
            top,
            width: self.right() + border - left,
            height: self.bottom() + border - top,
        }
    }

    /// Cuts rows off the top and returns them.
    pub fn cut_top(&mut self, height: usize) -> Rect {
        let height = height.min(self.height);
        let cut = Rect { height, ..*self };
        self.top += height;
        self.height -= height;
        cut
    }

    /// Cuts rows off the bottom and returns them.
    pub fn cut_bottom(&mut self, height: usize) -> Rect {
        let height = height.min(self.height);
        self.height -= height;
        Rect {
            top: self.bottom(),
            height,
            ..*self
        }
    }

    /// Cuts columns off the left and returns them.
    pub fn cut_left(&mut self, width: usize) -> Rect {
        let width = width.min(self.width);
        let cut = Rect { width, ..*self };
        self.left += width;
        self.width -= width;
        cut
    }

    /// Cuts columns off the right and returns them.
    pub fn cut_right(&mut self, width: usize) -> Rect {
        let width = width.min(self.width);
        self.width -= width;
        Rect {
            left: self.right(),
            width,
            ..*self
        }
    }

    /// A rectangle of the given size centered in this one, at most as large as it.
    pub fn center(self, width: usize, height: usize) -> Rect {
        let (width, height) = (width.min(self.width), height.min(self.height));
        Rect {
            left: self.left + (self.width - width) / 2,
            top: self.top + (self.height - height) / 2,
            width,
            height,
        }
    }
}

/// Mixes two colors, with `weight` 256ths of the second.
pub fn mix(under: Color, over: Color, weight: u32) -> Color {
    let channel = |shift: u32| {
        let (under, over) = ((under >> shift) & 0xff, (over >> shift) & 0xff);
        ((under * (256 - weight) + over * weight) >> 8) << shift
    };
    channel(16) | channel(8) | channel(0)
}
