//! Pages: lines, areas, images and text, described once, and rendered as an image of any scale, as
//! SVG or as PDF.
//!
//! They are our own. The `plotters` crate was used as a pen only, since layout, ticks and
//! decimation were ours already; it took two to ten times as long and drew dense curves beyond
//! their values, by the miters of its lines.

mod clip;
mod pdf;
mod raster;
mod svg;
#[cfg(test)]
mod tests;

use super::rgba_image::RgbaImage;
use super::{Color, Image};

/// Position on a page, from its left and top.
pub type Point = (f64, f64);

/// White page and the items drawn on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Width in units.
    pub width: f64,
    /// Height in units.
    pub height: f64,
    /// Unit of all lengths.
    pub unit: PageUnit,
    /// Items in drawing order, the first below the others.
    pub shapes: Vec<PageItem>,
}

/// Unit of the lengths on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageUnit {
    /// A pixel at scale 1, of which there are 96 in an inch of paper.
    Pixel,
    /// A point of paper: 1/72 inch.
    Point,
}

/// Item on a page.
#[derive(Debug, Clone, PartialEq)]
pub enum PageItem {
    /// Line through two or more points, with round joins and ends.
    Line {
        /// Points of the line.
        points: Vec<Point>,
        /// Line width.
        width: f64,
        /// Color.
        color: Color,
    },
    /// Line along an axis, with flat ends. Images have it on whole pixels, so that frames and grids
    /// are sharp.
    Rule {
        /// Start of the line.
        from: Point,
        /// End of the line, to the side of `from` or below it.
        to: Point,
        /// Line width.
        width: f64,
        /// Color.
        color: Color,
    },
    /// Filled polygon.
    Area {
        /// Corners in order.
        corners: Vec<Point>,
        /// Color.
        color: Color,
        /// Opacity from 0 to 1.
        opacity: f64,
    },
    /// Image stretched over a rectangle, each of its pixels with sharp edges.
    Image {
        /// Pixels.
        image: RgbaImage,
        /// Rectangle that they fill.
        bounds: PageRect,
    },
    /// Line of text.
    Text(PageText),
    /// Items clipped to a rectangle.
    Clip {
        /// Rectangle.
        bounds: PageRect,
        /// Items.
        shapes: Vec<PageItem>,
    },
}

/// Line of text and its position.
#[derive(Debug, Clone, PartialEq)]
pub struct PageText {
    /// Text.
    pub text: String,
    /// Position of `anchor`, on the baseline.
    pub position: Point,
    /// Part of the text that is at `position`.
    pub anchor: Anchor,
    /// Clockwise rotation about `position` in degrees.
    pub turn: f64,
    /// Size of the em square.
    pub size: f64,
    /// Whether letters are thickened: the embedded font has one weight.
    pub is_bold: bool,
    /// Color.
    pub color: Color,
}

/// Width of the line around letters that makes them bold, relative to their size.
const BOLD_LINE: f64 = 0.045;

/// Anchor point of a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// Rectangle on a page.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct PageRect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Page {
    /// Renders the page as an image with `scale` pixels per unit.
    pub fn image(&self, scale: f64) -> Image {
        raster::render(self, scale)
    }

    /// Writes the page as the text of an SVG file.
    pub fn svg(&self) -> String {
        svg::render(self)
    }

    /// Writes the page as a PDF file, with XMP metadata as its last object.
    pub fn pdf(&self, xmp: Option<&str>) -> Vec<u8> {
        pdf::render(self, xmp)
    }

    /// Rectangle of the whole page.
    fn bounds(&self) -> PageRect {
        PageRect {
            left: 0.0,
            top: 0.0,
            right: self.width,
            bottom: self.height,
        }
    }
}

impl PageUnit {
    /// Length in points.
    pub fn points(self) -> f64 {
        match self {
            Self::Pixel => 0.75,
            Self::Point => 1.0,
        }
    }
}

impl PageRect {
    /// Distance between the left and the right side.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Distance between the top and the bottom side.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Moves all sides outward.
    pub fn grow(&self, border: f64) -> Self {
        Self {
            left: self.left - border,
            top: self.top - border,
            right: self.right + border,
            bottom: self.bottom + border,
        }
    }
}

impl Anchor {
    /// Fraction of the text before the anchor.
    fn part(self) -> f64 {
        match self {
            Self::Start => 0.0,
            Self::Middle => 0.5,
            Self::End => 1.0,
        }
    }
}
