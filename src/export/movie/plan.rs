//! Where the parts of a film are.

use crate::draw::Rect;

/// What there is to show, and how much room it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    /// Width and height of a video, magnified.
    pub(super) cell: (usize, usize),
    /// How many videos there are.
    pub(super) count: usize,
    /// How many of them stand side by side.
    pub(super) ncols: usize,
    /// The least distance between them.
    pub(super) padding: usize,
    /// The size of text.
    pub(super) font: f32,
    /// Whether videos have titles.
    pub(super) titles: bool,
    /// The room for marks and labels of a colorbar beside each video.
    pub(super) each_colorbar: Option<usize>,
    /// The same for one colorbar beside them all.
    pub(super) shared_colorbar: Option<usize>,
    /// Whether courses are drawn below.
    pub(super) strip: bool,
    /// Whether there is a margin around everything.
    pub(super) framed: bool,
}

/// Where each part is.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) size: (usize, usize),
    pub(super) cells: Vec<Rect>,
    pub(super) titles: Vec<Rect>,
    /// One for each video, or one for all, or none.
    pub(super) colorbars: Vec<Rect>,
    pub(super) strip: Rect,
}

impl Plan {
    pub(super) fn new(needs: &Needs) -> Self {
        let margin = match needs.framed {
            true => needs.margin(),
            false => 0,
        };
        let title = if needs.titles { needs.title() } else { 0 };
        let top = if needs.titles { margin / 4 } else { margin };
        let gap = match needs.count {
            1 => 0,
            _ => needs.padding.max(margin),
        };
        let rows = needs.count.div_ceil(needs.ncols);
        let pitch = (
            needs.cell.0 + needs.beside(needs.each_colorbar) + gap,
            needs.cell.1 + title + gap,
        );
        let grid = Rect {
            left: margin,
            top,
            width: needs.ncols * pitch.0 - gap,
            height: rows * pitch.1 - gap,
        };
        let mut plan = Self::default();
        for index in 0..needs.count {
            let mut cell = Rect {
                left: grid.left + index % needs.ncols * pitch.0,
                top: grid.top + index / needs.ncols * pitch.1,
                width: needs.cell.0,
                height: needs.cell.1 + title,
            };
            plan.titles.push(cell.cut_top(title));
            if needs.each_colorbar.is_some() {
                plan.colorbars.push(needs.bar(cell, needs.cell.1));
            }
            plan.cells.push(cell);
        }
        if needs.shared_colorbar.is_some() {
            let all = Rect {
                top: grid.top + title,
                height: grid.height - title,
                ..grid
            };
            plan.colorbars.push(needs.bar(all, all.height));
        }
        let right = grid.right() + needs.beside(needs.shared_colorbar);
        plan.size = (right + margin, grid.bottom() + margin);
        if needs.strip {
            plan.strip = Rect {
                left: margin,
                top: plan.size.1,
                width: right - margin,
                height: needs.strip_height(grid.height),
            };
            plan.size.1 = plan.strip.bottom() + margin;
        }
        plan
    }
}

impl Needs {
    fn margin(&self) -> usize {
        (self.font * 0.9) as usize
    }

    fn title(&self) -> usize {
        (self.font * 1.9) as usize
    }

    /// The width of a colorbar.
    fn bar_width(&self) -> usize {
        (self.font * 0.8) as usize
    }

    /// The room that a colorbar takes, its labels included.
    fn beside(&self, labels: Option<usize>) -> usize {
        labels.map_or(0, |labels| self.margin() + self.bar_width() + labels)
    }

    /// A colorbar to the right of a rectangle.
    fn bar(&self, beside: Rect, height: usize) -> Rect {
        Rect {
            left: beside.right() + self.margin(),
            width: self.bar_width(),
            ..beside.center(beside.width, height)
        }
    }

    fn strip_height(&self, height: usize) -> usize {
        let least = (self.font * 6.5) as usize;
        (height * 3 / 10).clamp(least, 3 * least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs {
        cell: (200, 100),
        count: 5,
        ncols: 3,
        padding: 4,
        font: 12.0,
        titles: false,
        each_colorbar: None,
        shared_colorbar: None,
        strip: false,
        framed: false,
    };

    #[test]
    fn without_annotations_there_is_only_the_padding() {
        let plan = Plan::new(&NEEDS);
        assert_eq!(plan.size, (3 * 200 + 2 * 4, 2 * 100 + 4));
        let corners: Vec<_> = plan
            .cells
            .iter()
            .map(|cell| (cell.left, cell.top))
            .collect();
        assert_eq!(corners, [(0, 0), (204, 0), (408, 0), (0, 104), (204, 104)]);
        let one = Plan::new(&Needs {
            count: 1,
            ncols: 1,
            ..NEEDS
        });
        assert_eq!(one.size, NEEDS.cell);
    }

    #[test]
    fn nothing_overlaps_or_lies_outside() {
        let needs = Needs {
            titles: true,
            strip: true,
            framed: true,
            ..NEEDS
        };
        for (each, shared) in [(Some(30), None), (None, Some(30))] {
            let plan = Plan::new(&Needs {
                each_colorbar: each,
                shared_colorbar: shared,
                ..needs
            });
            let titles = plan.titles.iter();
            let parts: Vec<_> = titles
                .chain(&plan.cells)
                .chain(&plan.colorbars)
                .chain([&plan.strip])
                .collect();
            for (index, part) in parts.iter().enumerate() {
                assert!(
                    part.right() < plan.size.0 && part.bottom() < plan.size.1,
                    "{part:?}"
                );
                for other in &parts[index + 1..] {
                    assert!(part.intersect(**other).is_empty(), "{part:?} {other:?}");
                }
            }
        }
    }
}
