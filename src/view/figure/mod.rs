//! Figures for papers: panels in rows on a page, measured in points of paper, with text of one size.
//!
//! All lengths but the width of the page are multiples of the size of the text, so that a figure
//! looks the same at any size.

mod axes;
mod boxes;
mod colorbar;
mod distribution;
mod histogram;
mod isochrones;
mod layout;
mod map;
mod map_arrows;
mod scatter;
mod style;
#[cfg(test)]
mod tests;
mod traces;

use crate::bail;
use crate::draw::page::{Page, PageItem, PageRect, PageUnit};
use crate::error::Result;
use crate::history::History;

pub use axes::AxesPanel;
pub use boxes::{BoxOptions, box_panel};
pub use histogram::{HistogramOptions, histogram_panel};
pub use map::{Isochrones, MapPanel, MapPanelOptions, ScaleBarChoice};
pub use map_arrows::{ArrowKey, Arrows};
pub use scatter::{ScatterOptions, scatter_panel};
pub use traces::{TracePanelOptions, trace_panel};

/// Points in a millimeter of paper.
const POINTS_PER_MM: f64 = 72.0 / 25.4;

/// Largest side of a figure in mm.
const MAX_SIDE: f64 = 2000.0;

/// A panel of a figure.
#[derive(Debug, Clone)]
pub struct FigurePanel {
    /// What it shows.
    pub content: PanelContent,
    /// Title above it; may be empty.
    pub title: String,
    /// Width relative to the other panels of its row.
    share: f64,
    /// The call that made it, if it is known.
    pub history: Option<History>,
}

/// Content of a panel.
#[derive(Debug, Clone)]
pub enum PanelContent {
    /// A map or an image.
    Map(MapPanel),
    /// Data between axes.
    Axes(AxesPanel),
}

/// Panels in rows, and their sizes.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Panels of each row.
    pub rows: Vec<Vec<FigurePanel>>,
    /// Whether the rows are parts of one list, so that panels of an incomplete last row are as wide
    /// as those above them.
    pub has_columns: bool,
    /// Width in mm.
    pub width: f64,
    /// Height in mm, of which rows without maps take what the others leave; default: what suits
    /// the width.
    pub height: Option<f64>,
    /// Size of the text in points.
    pub font_size: f64,
    /// Whether panels have the letters A, B, C, …
    pub has_letters: bool,
}

/// Distances of the sides of a panel's content from those of what is around it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Insets {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl FigurePanel {
    /// A panel with a title, which may be empty, and a share of the width of its row.
    pub fn new(content: PanelContent, title: String, share: f64) -> Result<Self> {
        if !(share > 0.0 && share.is_finite()) {
            bail!("`share` must be a number > 0, got {share}");
        }
        Ok(Self {
            content,
            title,
            share,
            history: None,
        })
    }

    /// Kind of the content, as the builtin that makes it is called.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            PanelContent::Map(_) => "map",
            PanelContent::Axes(axes) => axes.kind,
        }
    }

    /// Room around content of a width and height.
    fn insets(&self, size: (f64, f64), em: f64) -> Insets {
        match &self.content {
            PanelContent::Map(map) => map.insets(size.1, em),
            PanelContent::Axes(axes) => axes.insets(size, em),
        }
    }

    /// Height relative to the width, if it is fixed.
    fn aspect(&self) -> Option<f64> {
        match &self.content {
            PanelContent::Map(map) => Some(map.aspect),
            PanelContent::Axes(_) => None,
        }
    }

    fn draw(&self, frame: &PageRect, em: f64) -> Vec<PageItem> {
        match &self.content {
            PanelContent::Map(map) => map.draw(frame, em),
            PanelContent::Axes(axes) => axes.draw(frame, em),
        }
    }
}

impl Figure {
    /// Page in points.
    pub fn page(&self) -> Result<Page> {
        if !(1.0..=200.0).contains(&self.font_size) {
            bail!(
                "`font_size` must be from 1 to 200 points, got {}",
                self.font_size
            );
        }
        for (name, side) in [("width", Some(self.width)), ("height", self.height)] {
            if let Some(side) = side.filter(|side| !(*side > 0.0 && *side <= MAX_SIDE)) {
                bail!("`{name}` must be above 0 and at most {MAX_SIDE} mm, got {side}");
            }
        }
        layout::page(self)
    }
}

impl MapPanel {
    /// Page in pixels of a map of a width and height, with a title, where each pixel of the image
    /// takes whole pixels.
    pub fn pixel_page(&self, title: &str, (width, height): (usize, usize)) -> Page {
        let em = style::text_size(width);
        let (content, gap) = ((width as f64, height as f64), (0.6 * em).round());
        let insets = self.insets(content.1, em);
        let is_bare = insets == Insets::default() && title.is_empty();
        let margin = if is_bare { 0.0 } else { gap };
        let header = if title.is_empty() {
            0.0
        } else {
            (1.6 * em).round()
        };
        let frame = PageRect {
            left: margin + insets.left.ceil(),
            top: margin + header + insets.top.ceil(),
            right: margin + insets.left.ceil() + content.0,
            bottom: margin + header + insets.top.ceil() + content.1,
        };
        let page_width = frame.right + insets.right.ceil() + margin;
        let mut shapes = self.draw(&frame, em);
        if !title.is_empty() {
            let room = page_width - frame.left - margin;
            shapes.push(style::title(title, (frame.left, margin), room, em));
        }
        Page {
            width: page_width,
            height: frame.bottom + insets.bottom.ceil() + margin,
            unit: PageUnit::Pixel,
            shapes,
        }
    }
}
