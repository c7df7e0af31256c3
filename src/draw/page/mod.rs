//! Pages: lines, areas and text that are described once, in units of which one is a pixel at a scale of
//! 1, and rendered as a picture of any scale or as SVG.

mod clip;
mod raster;
mod svg;
#[cfg(test)]
mod tests;

use super::{Color, Image};

/// A place on a page, from its left and its top.
pub type Point = (f64, f64);

/// A white page and what is drawn on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Width in units.
    pub width: f64,
    /// Height in units.
    pub height: f64,
    /// What is drawn, the first below the others.
    pub shapes: Vec<PageItem>,
}

/// Something on a page.
#[derive(Debug, Clone, PartialEq)]
pub enum PageItem {
    /// A line through two points or more, with round joins and ends.
    Line {
        /// The points it goes through.
        points: Vec<Point>,
        /// How wide it is.
        width: f64,
        /// Its color.
        color: Color,
    },
    /// A line along an axis, with flat ends. Pictures have it on whole pixels, so that frames and grids
    /// are sharp.
    Rule {
        /// Where it begins.
        from: Point,
        /// Where it ends, beside `from` or below it.
        to: Point,
        /// How wide it is.
        width: f64,
        /// Its color.
        color: Color,
    },
    /// A filled polygon.
    Area {
        /// The corners in turn.
        corners: Vec<Point>,
        /// Its color.
        color: Color,
    },
    /// A line of text.
    Text(PageText),
    /// Shapes that are seen within a rectangle only.
    Clip {
        /// The rectangle.
        bounds: PageRect,
        /// The shapes.
        shapes: Vec<PageItem>,
    },
}

/// A line of text in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct PageText {
    /// What is written.
    pub text: String,
    /// Where `anchor` lies, on the baseline.
    pub position: Point,
    /// Which part of the text lies at `position`.
    pub anchor: Anchor,
    /// By how many degrees it is turned about `position`, clockwise.
    pub turn: f64,
    /// The size of the em square.
    pub size: f64,
    /// The color.
    pub color: Color,
}

/// A part of a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A rectangle on a page.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct PageRect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Page {
    /// The page as a picture, with `scale` pixels for a unit.
    pub fn image(&self, scale: f64) -> Image {
        raster::render(self, scale)
    }

    /// The page as the text of an SVG file.
    pub fn svg(&self) -> String {
        svg::render(self)
    }

    /// The whole page.
    fn bounds(&self) -> PageRect {
        PageRect {
            left: 0.0,
            top: 0.0,
            right: self.width,
            bottom: self.height,
        }
    }
}

impl PageRect {
    /// The distance between the left and the right side.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// The distance between the upper and the lower side.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// With all sides moved outwards.
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
    /// How much of the text lies before it.
    fn part(self) -> f64 {
        match self {
            Self::Start => 0.0,
            Self::Middle => 0.5,
            Self::End => 1.0,
        }
    }
}
