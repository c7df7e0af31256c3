//! Layout of the panels of a figure: rows of cells, in which the axes of a column begin and end at
//! the same positions.

use super::{Figure, FigurePanel, Insets, POINTS_PER_MM, style};
use crate::bail;
use crate::draw::page::{Page, PageRect, PageUnit};
use crate::error::{Error, Result, counted};

/// Distances in multiples of the size of the text: around the figure, between columns and rows, and
/// of the title and letter.
const MARGIN: f64 = 0.4;
const COLUMN_GAP: f64 = 1.6;
const ROW_GAP: f64 = 1.6;
const HEADER: f64 = 1.75;

/// Smallest width and height of content.
const SMALLEST: f64 = 3.0;

/// Height of content between axes: relative to its width, and its limits.
const AXES_ASPECT: f64 = 0.62;
const AXES_HEIGHT: (f64, f64) = (7.0, 15.0);

/// Largest number of panels: each has a letter.
const MAX_PANELS: usize = 26;

/// A row with the sizes of its parts.
struct PlacedRow {
    /// Left and width of each cell.
    cells: Vec<(f64, f64)>,
    insets: Vec<Insets>,
    /// Height of the content of each panel.
    heights: Vec<f64>,
    has_maps: bool,
    header: f64,
}

impl PlacedRow {
    /// Height without the distance to the next row.
    fn height(&self) -> f64 {
        let heights = self.insets.iter().zip(&self.heights);
        let heights = heights.map(|(insets, height)| insets.top + height + insets.bottom);
        self.header + heights.fold(0.0, f64::max)
    }
}

pub(super) fn page(figure: &Figure) -> Result<Page> {
    let (em, width) = (figure.font_size, figure.width * POINTS_PER_MM);
    let count: usize = figure.rows.iter().map(Vec::len).sum();
    if count == 0 || figure.rows.iter().any(Vec::is_empty) {
        return Err(Error::new("a figure needs a panel in every row, got none")
            .hint("make panels with `map_panel`, `trace_panel` and their siblings"));
    }
    if count > MAX_PANELS {
        bail!("a figure has at most {MAX_PANELS} panels, got {count}");
    }
    let mut rows = figure
        .rows
        .iter()
        .map(|panels| placed(figure, panels, width))
        .collect::<Vec<_>>();
    // Labels of ticks depend on heights, and heights of maps on the room beside the labels.
    for _ in 0..2 {
        align(figure, &mut rows);
        for (row, panels) in rows.iter_mut().zip(&figure.rows) {
            size(row, panels, em)?;
        }
    }
    if let Some(height) = figure.height {
        fill(figure, &mut rows, height * POINTS_PER_MM)?;
        align(figure, &mut rows);
    }
    let mut shapes = Vec::new();
    let mut top = MARGIN * em;
    let mut index = 0;
    for (row, panels) in rows.iter().zip(&figure.rows) {
        for (at, panel) in panels.iter().enumerate() {
            let ((left, cell), insets) = (row.cells[at], row.insets[at]);
            let start = top + row.header + insets.top;
            let frame = PageRect {
                left: left + insets.left,
                top: start,
                right: left + cell - insets.right,
                bottom: start + row.heights[at],
            };
            shapes.extend(panel.draw(&frame, em));
            let mut begin = frame.left;
            if figure.has_letters {
                shapes.push(style::letter(index, (left, top), em));
                begin = begin.max(left + 1.7 * em);
            }
            if !panel.title.is_empty() {
                let room = left + cell - begin;
                shapes.push(style::title(&panel.title, (begin, top), room, em));
            }
            index += 1;
        }
        top += row.height() + ROW_GAP * em;
    }
    Ok(Page {
        width,
        height: top - ROW_GAP * em + MARGIN * em,
        unit: PageUnit::Point,
        shapes,
    })
}

/// A row with cells by the shares of its panels, and content of usual height.
fn placed(figure: &Figure, panels: &[FigurePanel], width: f64) -> PlacedRow {
    let em = figure.font_size;
    // Panels of an incomplete last row are as wide as those above them.
    let missing = match &figure.rows[0] {
        first if figure.has_columns && has_equal_shares(figure) => {
            first.len().saturating_sub(panels.len())
        }
        _ => 0,
    };
    let columns = panels.len() + missing;
    let shares = panels.iter().map(|panel| panel.share).sum::<f64>() + missing as f64;
    let room = width - 2.0 * MARGIN * em - (columns - 1) as f64 * COLUMN_GAP * em;
    let mut left = MARGIN * em;
    let mut cells = Vec::new();
    for panel in panels {
        let cell = room * panel.share / shares;
        cells.push((left, cell));
        left += cell + COLUMN_GAP * em;
    }
    let is_headed = figure.has_letters || panels.iter().any(|panel| !panel.title.is_empty());
    let heights: Vec<f64> = cells
        .iter()
        .map(|(_, cell)| AXES_ASPECT * cell.max(em))
        .collect();
    PlacedRow {
        insets: vec![Insets::default(); panels.len()],
        heights,
        has_maps: panels.iter().any(|panel| panel.aspect().is_some()),
        header: if is_headed { HEADER * em } else { 0.0 },
        cells,
    }
}

fn has_equal_shares(figure: &Figure) -> bool {
    figure.rows.iter().flatten().all(|panel| panel.share == 1.0)
}

/// Measures the room around content, the same for axes that are in cells above each other.
fn align(figure: &Figure, rows: &mut [PlacedRow]) {
    for (row, panels) in rows.iter_mut().zip(&figure.rows) {
        for (at, panel) in panels.iter().enumerate() {
            let before = row.insets[at];
            let width = row.cells[at].1 - before.left - before.right;
            row.insets[at] = panel.insets((width, row.heights[at]), figure.font_size);
        }
    }
    let is_axes = |row: usize, at: usize| figure.rows[row][at].aspect().is_none();
    for row in 0..rows.len() {
        for at in 0..rows[row].cells.len() {
            if !is_axes(row, at) {
                continue;
            }
            let cell = rows[row].cells[at];
            let mut widest = rows[row].insets[at];
            for (other, placed) in rows.iter().enumerate() {
                let same = placed.cells.iter().position(|known| is_near(*known, cell));
                if let Some(same) = same.filter(|same| is_axes(other, *same)) {
                    widest.left = widest.left.max(placed.insets[same].left);
                    widest.right = widest.right.max(placed.insets[same].right);
                }
            }
            rows[row].insets[at].left = widest.left;
            rows[row].insets[at].right = widest.right;
        }
    }
}

fn is_near(a: (f64, f64), b: (f64, f64)) -> bool {
    (a.0 - b.0).abs() < 0.01 && (a.1 - b.1).abs() < 0.01
}

/// Gives the content of a row its heights: maps by their widths, axes like the maps beside them.
fn size(row: &mut PlacedRow, panels: &[FigurePanel], em: f64) -> Result<()> {
    let widths: Vec<f64> = row
        .cells
        .iter()
        .zip(&row.insets)
        .map(|((_, cell), insets)| cell - insets.left - insets.right)
        .collect();
    if widths.iter().any(|width| *width < SMALLEST * em) {
        let panels = counted(panels.len(), "panel");
        let error = format!("the figure is too narrow for {panels} in a row");
        return Err(Error::new(error)
            .hint("increase `width`, reduce `font_size`, or put fewer panels in a row"));
    }
    let (least, most) = (AXES_HEIGHT.0 * em, AXES_HEIGHT.1 * em);
    // With what is above and below, all axes of a row are as high as its highest map, or as those
    // that need most.
    let around = |insets: &Insets| insets.top + insets.bottom;
    let needed = panels.iter().zip(&widths).zip(&row.insets);
    let needed = needed.map(|((panel, width), insets)| {
        let usual = match row.has_maps {
            true => least,
            false => (AXES_ASPECT * width).clamp(least, most),
        };
        panel.aspect().map_or(usual, |aspect| aspect * width) + around(insets)
    });
    let total = needed.fold(0.0, f64::max);
    for (at, panel) in panels.iter().enumerate() {
        row.heights[at] = match panel.aspect() {
            Some(aspect) => aspect * widths[at],
            None => total - around(&row.insets[at]),
        };
    }
    Ok(())
}

/// Makes rows without maps as high as is left of a height.
fn fill(figure: &Figure, rows: &mut [PlacedRow], height: f64) -> Result<()> {
    let em = figure.font_size;
    let gaps = 2.0 * MARGIN * em + (rows.len() - 1) as f64 * ROW_GAP * em;
    let flexible = rows.iter().filter(|row| !row.has_maps).count();
    if flexible == 0 {
        return Err(
            Error::new("`height` needs a row without maps, which fills it")
                .hint("maps keep the shape of their pixels: set `width` instead"),
        );
    }
    let lowest = |row: &PlacedRow| row.heights.iter().copied().fold(f64::INFINITY, f64::min);
    let around: f64 = rows
        .iter()
        .map(|row| row.height() - if row.has_maps { 0.0 } else { lowest(row) })
        .sum();
    let each = (height - gaps - around) / flexible as f64;
    if each < SMALLEST * em {
        let least = (gaps + around + SMALLEST * em * flexible as f64) / POINTS_PER_MM;
        bail!("`height` leaves no room for the panels: the figure needs {least:.0} mm at least");
    }
    for row in rows.iter_mut().filter(|row| !row.has_maps) {
        let added = each - lowest(row);
        row.heights.iter_mut().for_each(|height| *height += added);
    }
    Ok(())
}
