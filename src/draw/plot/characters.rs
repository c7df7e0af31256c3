//! Plots for terminals: curves from Braille dots, two by four in each character, or from ASCII
//! characters for files and old terminals.

use super::Plot;
use crate::draw::terminal::{Graphics, colored};
use crate::draw::ticks::{PlotAxis, Tick};
use crate::error::Result;

/// Dots of a Braille character by column and row.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// First of the Braille characters, which are in the order of their dots.
const BRAILLE: u32 = 0x2800;

/// Characters of curves where there are no dots.
const MARKS: [char; 7] = ['*', '+', 'o', 'x', '#', '%', '@'];

/// Smallest width and height of the part with the curves, in characters.
const MIN_SIZE: (usize, usize) = (8, 3);

/// Rows from one label of the vertical axis to the next, and columns on the horizontal one.
const SPACING: (usize, usize) = (3, 12);

/// A cell of the grid: its dots and the curve that is on top.
#[derive(Clone, Copy, Default)]
struct Cell {
    dots: u8,
    curve: usize,
}

/// Curves drawn from dots.
struct CharacterGrid {
    columns: usize,
    cells: Vec<Cell>,
}

impl Plot {
    /// Draws the plot as lines of text, about `columns` wide and `rows` high.
    pub fn characters(&self, columns: usize, rows: usize, graphics: Graphics) -> Result<String> {
        let is_ascii = graphics == Graphics::Text;
        let ((left, right), (low, high)) = (self.x_range(), self.y_range()?);
        let rows = rows.max(MIN_SIZE.1);
        let y = PlotAxis {
            low,
            high,
            length: 4 * rows,
        };
        let y_ticks = y.ticks(4 * SPACING.0);
        let label_width = y_ticks.iter().map(|tick| tick.label.chars().count()).max();
        let label_width = label_width.unwrap_or(0);
        let columns = columns.saturating_sub(label_width + 2).max(MIN_SIZE.0);
        let x = PlotAxis {
            low: left,
            high: right,
            length: 2 * columns,
        };
        let mut grid = CharacterGrid {
            columns,
            cells: vec![Cell::default(); columns * rows],
        };
        for (index, curve) in self.curves.iter().enumerate() {
            let mut last = None;
            for &(time, value) in &curve.points {
                let is_shown = time.is_finite() && low <= value && value <= high;
                let point = is_shown.then(|| (x.offset(time), y.offset(value)));
                if let Some(point) = point {
                    grid.line(last.unwrap_or(point), point, index);
                }
                last = point;
            }
        }
        let mut lines = Vec::new();
        if !self.title.is_empty() {
            lines.push(self.title.clone());
        }
        if self.has_legend() {
            lines.push(self.legend(graphics));
        }
        if !self.ylabel.is_empty() {
            lines.push(self.ylabel.clone());
        }
        let (axis, tick_mark) = if is_ascii { ('|', '+') } else { ('│', '┤') };
        for row in (0..rows).rev() {
            let tick = y_ticks.iter().find(|tick| tick.offset / 4 == row);
            let label = tick.map_or("", |tick| &tick.label);
            let mark = tick.map_or(axis, |_| tick_mark);
            let curves = self.row(&grid, row, graphics);
            lines.push(format!("{label:>label_width$} {mark}{curves}"));
        }
        let x_ticks = x.ticks(2 * SPACING.1);
        let margin = " ".repeat(label_width + 1);
        lines.push(format!(
            "{margin}{}",
            horizontal_axis(&x_ticks, columns, is_ascii)
        ));
        let labels = horizontal_labels(&x_ticks, label_width + 2, label_width + 2 + columns);
        lines.push(labels);
        if !self.xlabel.is_empty() {
            lines.push(format!("{margin} {}", self.xlabel));
        }
        let text = lines.join("\n");
        Ok(if is_ascii {
            text.replace('−', "-")
        } else {
            text
        })
    }

    /// Names of the curves with what they are drawn with.
    fn legend(&self, graphics: Graphics) -> String {
        let curves = self.curves.iter().enumerate();
        let named = curves.filter(|(_, curve)| !curve.label.is_empty());
        let names = named.map(|(index, curve)| match graphics {
            Graphics::Text => format!("{} {}", mark_of(index), curve.label),
            _ => colored(&format!("━ {}", curve.label), self.color(index), graphics),
        });
        names.collect::<Vec<_>>().join("  ")
    }

    /// A row of characters, counted from below, without spaces at its end.
    fn row(&self, grid: &CharacterGrid, row: usize, graphics: Graphics) -> String {
        let cells = &grid.cells[row * grid.columns..][..grid.columns];
        let used = cells.iter().rposition(|cell| cell.dots != 0);
        let cells = &cells[..used.map_or(0, |last| last + 1)];
        let runs = cells.chunk_by(|a, b| (a.dots == 0, a.curve) == (b.dots == 0, b.curve));
        let runs = runs.map(|run| match run[0] {
            Cell { dots: 0, .. } => " ".repeat(run.len()),
            Cell { curve, .. } if graphics == Graphics::Text => {
                mark_of(curve).to_string().repeat(run.len())
            }
            Cell { curve, .. } => {
                let dots = |cell: &Cell| char::from_u32(BRAILLE + u32::from(cell.dots));
                let text: String = run.iter().filter_map(dots).collect();
                colored(&text, self.color(curve), graphics)
            }
        });
        runs.collect()
    }
}

fn mark_of(curve: usize) -> char {
    MARKS[curve % MARKS.len()]
}

impl CharacterGrid {
    /// Draws a line between dots, counted from the lower left.
    fn line(&mut self, from: (usize, usize), to: (usize, usize), curve: usize) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        let between = |from: usize, to: usize, step: usize| {
            let part = step as f64 / steps as f64;
            (from as f64 + part * (to as f64 - from as f64)).round() as usize
        };
        for step in 0..=steps {
            let (x, y) = (between(from.0, to.0, step), between(from.1, to.1, step));
            let cell = &mut self.cells[y / 4 * self.columns + x / 2];
            cell.dots |= DOTS[x % 2][3 - y % 4];
            cell.curve = curve;
        }
    }
}

fn horizontal_axis(ticks: &[Tick], columns: usize, is_ascii: bool) -> String {
    let (corner, axis, mark) = if is_ascii {
        ('+', '-', '+')
    } else {
        ('└', '─', '┬')
    };
    let has_tick = |column: &usize| ticks.iter().any(|tick| tick.offset / 2 == *column);
    let line = (0..columns).map(|column| if has_tick(&column) { mark } else { axis });
    std::iter::once(corner).chain(line).collect()
}

/// Labels centered below their ticks, where they do not touch.
fn horizontal_labels(ticks: &[Tick], start: usize, end: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for tick in ticks {
        let width = tick.label.chars().count();
        let first = (start + tick.offset / 2).saturating_sub(width / 2);
        let first = first.min(end.saturating_sub(width));
        if length != 0 && first <= length {
            continue;
        }
        line.extend(std::iter::repeat_n(' ', first - length));
        line += &tick.label;
        length = first + width;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::Curve;
    use super::*;

    fn plot(curves: &[&[f64]]) -> Plot {
        let curve = |values: &&[f64]| Curve {
            label: String::new(),
            points: (0..).map(f64::from).zip(values.iter().copied()).collect(),
        };
        Plot {
            curves: curves.iter().map(curve).collect(),
            title: String::new(),
            xlabel: "frame".into(),
            ylabel: String::new(),
            yrange: (None, None),
            size: (0, 0),
        }
    }

    #[test]
    fn files_get_ascii() {
        let mut plot = plot(&[&[0.0, 1.0, 2.0, 3.0, 4.0], &[4.0, f64::NAN, -2.0]]);
        plot.curves[0].label = "up".into();
        plot.yrange = (Some(-4.0), Some(4.0));
        let expected = "\
* up
 4.0 ++           ******
     |        *****
     |  *******
     |***
     |
     |         +
-4.0 +
     ++----------------+
      0              4.0
      frame";
        assert_eq!(plot.characters(24, 7, Graphics::Text).unwrap(), expected);
    }

    #[test]
    fn dots_are_where_the_samples_are() {
        let mut plot = plot(&[&[0.0, 7.0]]);
        plot.yrange = (Some(0.0), Some(11.0));
        plot.curves[0].points[1].0 = 15.0;
        let text = plot.characters(11, 3, Graphics::Blocks).unwrap();
        let rows: Vec<String> = text.lines().take(3).map(plain).collect();
        assert_eq!(rows, ["11 ┤", "   │    ⣀⠤⠒⠉", " 0 ┤⣀⠤⠒⠉"]);
    }

    /// Text without escape sequences.
    fn plain(line: &str) -> String {
        let mut parts = line.split("\x1b[");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
    }

    #[test]
    fn nothing_finite_is_no_curve() {
        let text = plot(&[&[f64::NAN; 3]]).characters(30, 4, Graphics::Text);
        assert!(!text.unwrap().contains('*'));
        assert!(plot(&[&[]]).characters(0, 0, Graphics::Text).is_ok());
    }
}
