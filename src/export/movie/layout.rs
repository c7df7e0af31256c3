//! Layout of a movie: where the videos, titles, colorbars and traces are.

use crate::draw::Rect;
use crate::view::cell_layout::{CellLayout, CellSizes};
use crate::view::grid::Grid;

/// Contents of a movie and the room that they need.
#[derive(Debug, Clone, Copy)]
pub(super) struct MovieLayoutInputs {
    /// Width and height of a magnified video.
    pub(super) video: (usize, usize),
    /// Number of videos.
    pub(super) count: usize,
    /// Number of videos in a row.
    pub(super) ncols: usize,
    /// Minimum distance between videos.
    pub(super) padding: usize,
    /// Text size.
    pub(super) font: f32,
    /// Whether videos have titles.
    pub(super) titles: bool,
    /// Width of the ticks and labels of a colorbar next to each video.
    pub(super) each_colorbar: Option<usize>,
    /// The same for one colorbar next to all of them.
    pub(super) shared_colorbar: Option<usize>,
    /// Whether a trace plot is drawn below.
    pub(super) trace_plot: bool,
    /// Whether there is a margin around everything.
    pub(super) framed: bool,
}

/// Positions of the parts.
#[derive(Debug, Clone, Default)]
pub(super) struct MovieLayout {
    pub(super) size: (usize, usize),
    pub(super) cells: Vec<CellLayout>,
    pub(super) shared_colorbar: Rect,
    pub(super) trace_plot: Rect,
}

impl MovieLayout {
    pub(super) fn new(inputs: &MovieLayoutInputs) -> Self {
        let margin = if inputs.framed { inputs.margin() } else { 0 };
        let top = if inputs.titles { margin / 4 } else { margin };
        let around = CellSizes {
            title: inputs.title(),
            ..inputs.colorbar(inputs.each_colorbar)
        };
        let gap = match inputs.count {
            1 => 0,
            _ => inputs.padding.max(margin),
        };
        let grid = Grid {
            count: inputs.count,
            columns: inputs.ncols,
            cell: around.around(inputs.video),
            gap: (gap, gap),
        };
        let cell = |index| around.arrange(grid.cell((margin, top), index), inputs.video.0);
        let cells = (0..inputs.count).map(cell).collect();
        let (width, height) = grid.size();
        let shared = inputs.colorbar(inputs.shared_colorbar);
        let (right, bottom) = (margin + width + shared.beside(), top + height);
        let mut all = Rect {
            left: margin,
            top,
            width: right - margin,
            height,
        };
        all.cut_top(around.title);
        let mut layout = Self {
            size: (right + margin, bottom + margin),
            cells,
            shared_colorbar: shared.arrange(all, width).colorbar,
            trace_plot: Rect::default(),
        };
        if inputs.trace_plot {
            layout.trace_plot = Rect {
                left: margin,
                top: layout.size.1,
                width: right - margin,
                height: inputs.trace_plot_height(height),
            };
            layout.size.1 = layout.trace_plot.bottom() + margin;
        }
        layout
    }
}

impl MovieLayoutInputs {
    fn margin(&self) -> usize {
        (self.font * 0.9) as usize
    }

    fn title(&self) -> usize {
        if self.titles {
            (self.font * 1.9) as usize
        } else {
            0
        }
    }

    fn colorbar(&self, labels: Option<usize>) -> CellSizes {
        CellSizes {
            title: 0,
            gap: self.margin(),
            bar: (self.font * 0.8) as usize,
            labels,
        }
    }

    fn trace_plot_height(&self, height: usize) -> usize {
        let least = (self.font * 6.5) as usize;
        (height * 3 / 10).clamp(least, 3 * least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: MovieLayoutInputs = MovieLayoutInputs {
        video: (200, 100),
        count: 5,
        ncols: 3,
        padding: 4,
        font: 12.0,
        titles: false,
        each_colorbar: None,
        shared_colorbar: None,
        trace_plot: false,
        framed: false,
    };

    #[test]
    fn without_annotations_there_is_only_the_padding() {
        let layout = MovieLayout::new(&NEEDS);
        assert_eq!(layout.size, (3 * 200 + 2 * 4, 2 * 100 + 4));
        let corners: Vec<_> = layout
            .cells
            .iter()
            .map(|cell| (cell.video.left, cell.video.top))
            .collect();
        assert_eq!(corners, [(0, 0), (204, 0), (408, 0), (0, 104), (204, 104)]);
        let one = MovieLayout::new(&MovieLayoutInputs {
            count: 1,
            ncols: 1,
            ..NEEDS
        });
        assert_eq!(one.size, NEEDS.video);
    }

    #[test]
    fn nothing_overlaps_or_lies_outside() {
        let inputs = MovieLayoutInputs {
            titles: true,
            trace_plot: true,
            framed: true,
            ..NEEDS
        };
        for (each, shared) in [(Some(30), None), (None, Some(30))] {
            let layout = MovieLayout::new(&MovieLayoutInputs {
                each_colorbar: each,
                shared_colorbar: shared,
                ..inputs
            });
            let cells = layout.cells.iter();
            let parts = cells.flat_map(|cell| [cell.title, cell.video, cell.colorbar]);
            let parts = parts.chain([layout.shared_colorbar, layout.trace_plot]);
            let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
            assert_eq!(parts.len(), if each.is_some() { 16 } else { 12 });
            for (index, part) in parts.iter().enumerate() {
                assert!(
                    part.right() < layout.size.0 && part.bottom() < layout.size.1,
                    "{part:?}"
                );
                for other in &parts[index + 1..] {
                    assert!(part.intersect(*other).is_empty(), "{part:?} {other:?}");
                }
            }
        }
    }
}
