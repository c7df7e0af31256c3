//! Cells of one size in rows: the grids of movies, contact sheets and windows.

use crate::draw::Rect;

/// Grid of cells of one size, filled row by row.
#[derive(Debug, Clone, Copy)]
pub struct Grid {
    /// Number of cells; the last row may be incomplete.
    pub count: usize,
    /// Number of cells in a row.
    pub columns: usize,
    /// Width and height of a cell.
    pub cell: (usize, usize),
    /// Distances between neighbors, horizontally and vertically.
    pub gap: (usize, usize),
}

impl Grid {
    /// Width and height of the grid.
    pub fn size(&self) -> (usize, usize) {
        let rows = self.count.div_ceil(self.columns);
        (
            length(self.columns, self.cell.0, self.gap.0),
            length(rows, self.cell.1, self.gap.1),
        )
    }

    /// A cell of the grid with its top left corner at a position.
    pub fn cell(&self, (left, top): (usize, usize), index: usize) -> Rect {
        Rect {
            left: left + index % self.columns * (self.cell.0 + self.gap.0),
            top: top + index / self.columns * (self.cell.1 + self.gap.1),
            width: self.cell.0,
            height: self.cell.1,
        }
    }

    /// A cell of the grid in the middle of an area, with an incomplete last row centered.
    pub fn centered_cell(&self, area: Rect, index: usize) -> Rect {
        let before = index - index % self.columns;
        let in_row = (self.count - before).min(self.columns);
        let row = length(in_row, self.cell.0, self.gap.0);
        let (_, height) = self.size();
        let left = area.left + (area.width - row) / 2;
        let top = area.top + (area.height - height) / 2;
        self.cell((left, top), index)
    }
}

/// Length of a number of cells and the gaps between them.
fn length(cells: usize, cell: usize, gap: usize) -> usize {
    let gaps = gap.saturating_mul(cells.saturating_sub(1));
    cell.saturating_mul(cells).saturating_add(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fill_rows_and_the_last_row_is_centered_on_request() {
        let grid = Grid {
            count: 5,
            columns: 3,
            cell: (200, 100),
            gap: (4, 6),
        };
        assert_eq!(grid.size(), (608, 206));
        let corner = |cell: Rect| (cell.left, cell.top);
        assert_eq!(corner(grid.cell((1, 2), 0)), (1, 2));
        assert_eq!(corner(grid.cell((1, 2), 4)), (205, 108));
        let area = Rect {
            left: 10,
            top: 20,
            width: 628,
            height: 206,
        };
        assert_eq!(corner(grid.centered_cell(area, 0)), (20, 20));
        assert_eq!(corner(grid.centered_cell(area, 3)), (122, 126));
    }
}
