//! Layout of a movie: where the videos, titles, colorbars and traces are.

use crate::draw::Rect;

/// Contents of a movie and the room that they need.
#[derive(Debug, Clone, Copy)]
pub(super) struct MovieLayoutInputs {
    /// Width and height of a magnified video.
    pub(super) cell: (usize, usize),
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
    pub(super) cells: Vec<Rect>,
    pub(super) titles: Vec<Rect>,
    /// One per video, or one for all, or none.
    pub(super) colorbars: Vec<Rect>,
    pub(super) trace_plot: Rect,
}

impl MovieLayout {
    pub(super) fn new(inputs: &MovieLayoutInputs) -> Self {
        let margin = match inputs.framed {
            true => inputs.margin(),
            false => 0,
        };
        let title = if inputs.titles { inputs.title() } else { 0 };
        let top = if inputs.titles { margin / 4 } else { margin };
        let gap = match inputs.count {
            1 => 0,
            _ => inputs.padding.max(margin),
        };
        let rows = inputs.count.div_ceil(inputs.ncols);
        let pitch = (
            inputs.cell.0 + inputs.beside(inputs.each_colorbar) + gap,
            inputs.cell.1 + title + gap,
        );
        let grid = Rect {
            left: margin,
            top,
            width: inputs.ncols * pitch.0 - gap,
            height: rows * pitch.1 - gap,
        };
        let mut layout = Self::default();
        for index in 0..inputs.count {
            let mut cell = Rect {
                left: grid.left + index % inputs.ncols * pitch.0,
                top: grid.top + index / inputs.ncols * pitch.1,
                width: inputs.cell.0,
                height: inputs.cell.1 + title,
            };
            layout.titles.push(cell.cut_top(title));
            if inputs.each_colorbar.is_some() {
                layout.colorbars.push(inputs.bar(cell, inputs.cell.1));
            }
            layout.cells.push(cell);
        }
        if inputs.shared_colorbar.is_some() {
            let all = Rect {
                top: grid.top + title,
                height: grid.height - title,
                ..grid
            };
            layout.colorbars.push(inputs.bar(all, all.height));
        }
        let right = grid.right() + inputs.beside(inputs.shared_colorbar);
        layout.size = (right + margin, grid.bottom() + margin);
        if inputs.trace_plot {
            layout.trace_plot = Rect {
                left: margin,
                top: layout.size.1,
                width: right - margin,
                height: inputs.trace_plot_height(grid.height),
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
        (self.font * 1.9) as usize
    }

    /// Width of a colorbar.
    fn bar_width(&self) -> usize {
        (self.font * 0.8) as usize
    }

    /// Width that a colorbar takes, including its labels.
    fn beside(&self, labels: Option<usize>) -> usize {
        labels.map_or(0, |labels| self.margin() + self.bar_width() + labels)
    }

    /// Colorbar to the right of a rectangle.
    fn bar(&self, beside: Rect, height: usize) -> Rect {
        Rect {
            left: beside.right() + self.margin(),
            width: self.bar_width(),
            ..beside.center(beside.width, height)
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
        cell: (200, 100),
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
            .map(|cell| (cell.left, cell.top))
            .collect();
        assert_eq!(corners, [(0, 0), (204, 0), (408, 0), (0, 104), (204, 104)]);
        let one = MovieLayout::new(&MovieLayoutInputs {
            count: 1,
            ncols: 1,
            ..NEEDS
        });
        assert_eq!(one.size, NEEDS.cell);
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
            let titles = layout.titles.iter();
            let parts: Vec<_> = titles
                .chain(&layout.cells)
                .chain(&layout.colorbars)
                .chain([&layout.trace_plot])
                .collect();
            for (index, part) in parts.iter().enumerate() {
                assert!(
                    part.right() < layout.size.0 && part.bottom() < layout.size.1,
                    "{part:?}"
                );
                for other in &parts[index + 1..] {
                    assert!(part.intersect(**other).is_empty(), "{part:?} {other:?}");
                }
            }
        }
    }
}
