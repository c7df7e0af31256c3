//! Layout of a cell: a video with its title above and its colorbar to the right.

use crate::draw::Rect;

/// Sizes of what surrounds a video.
#[derive(Debug, Clone, Copy, Default)]
pub struct CellSizes {
    /// Height of the title.
    pub title: usize,
    /// Distance of the colorbar from the video.
    pub gap: usize,
    /// Width of the colorbar.
    pub bar: usize,
    /// Width of its ticks and labels; none: there is no colorbar.
    pub labels: Option<usize>,
}

/// Rectangles of the parts of a cell; a part that is not there is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct CellLayout {
    /// Title, as wide as the video.
    pub title: Rect,
    /// Video.
    pub video: Rect,
    /// Colorbar without its labels.
    pub colorbar: Rect,
}

impl CellSizes {
    /// Width that the colorbar takes with its labels.
    pub fn beside(&self) -> usize {
        self.labels.map_or(0, |labels| self.gap + self.bar + labels)
    }

    /// Width and height of the cell of a video.
    pub fn around(&self, (width, height): (usize, usize)) -> (usize, usize) {
        (width + self.beside(), height + self.title)
    }

    /// Arranges a video of the given width in its cell, from the top left.
    pub fn arrange(&self, mut cell: Rect, width: usize) -> CellLayout {
        let title = cell.cut_top(self.title);
        let video = cell.cut_left(width);
        cell.cut_left(self.gap);
        let bar = if self.labels.is_some() { self.bar } else { 0 };
        CellLayout {
            title: Rect {
                width: video.width,
                ..title
            },
            video,
            colorbar: cell.cut_left(bar),
        }
    }
}
