//! Rectangles on the display.

/// A rectangle on the display, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisplayRect {
    /// First column, which is negative on a display to the left of the main one.
    pub left: i32,
    /// First row.
    pub top: i32,
    /// Number of columns.
    pub width: i32,
    /// Number of rows.
    pub height: i32,
}

impl DisplayRect {
    /// Rectangles for a number of windows that share this one, in rows of equal cells: as many
    /// columns as leave the largest room to windows that are a third wider than high.
    pub fn tiles(self, count: usize) -> Vec<Self> {
        const ASPECT: f64 = 4.0 / 3.0;
        let count = count.max(1) as i32;
        let room = |columns: i32| {
            let rows = (count + columns - 1) / columns;
            let (width, height) = (self.width / columns, self.height / rows);
            (f64::from(width) / ASPECT).min(f64::from(height))
        };
        let columns = (1..=count).max_by(|a, b| room(*a).total_cmp(&room(*b)).then(b.cmp(a)));
        let columns = columns.unwrap_or(1);
        let rows = (count + columns - 1) / columns;
        let tile = |index: i32| {
            let (row, column) = (index / columns, index % columns);
            let edge = |length: i32, at: i32, of: i32| {
                (i64::from(length) * i64::from(at) / i64::from(of)) as i32
            };
            let (left, right) = (
                edge(self.width, column, columns),
                edge(self.width, column + 1, columns),
            );
            let (top, bottom) = (
                edge(self.height, row, rows),
                edge(self.height, row + 1, rows),
            );
            Self {
                left: self.left + left,
                top: self.top + top,
                width: right - left,
                height: bottom - top,
            }
        };
        (0..count).map(tile).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_share_all_of_the_display() {
        let area = DisplayRect {
            left: -10,
            top: 30,
            width: 1921,
            height: 1051,
        };
        let shape = |count: usize| {
            let tiles = area.tiles(count);
            assert_eq!(tiles.len(), count);
            for (index, tile) in tiles.iter().enumerate() {
                assert!(tile.left >= -10 && tile.top >= 30 && tile.width > 0 && tile.height > 0);
                assert!(tile.left + tile.width <= 1911 && tile.top + tile.height <= 1081);
                for other in &tiles[..index] {
                    let beside = tile.left + tile.width <= other.left
                        || other.left + other.width <= tile.left
                        || tile.top + tile.height <= other.top
                        || other.top + other.height <= tile.top;
                    assert!(beside, "{tile:?} {other:?}");
                }
            }
            let columns = tiles.iter().filter(|tile| tile.top == 30).count();
            (columns, count.div_ceil(columns))
        };
        assert_eq!(
            [1, 2, 3, 4, 6, 12].map(shape),
            [(1, 1), (2, 1), (2, 2), (2, 2), (3, 2), (4, 3)]
        );
    }
}
