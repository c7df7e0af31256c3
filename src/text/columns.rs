//! Tables as text for the screen.

use console::{measure_text_width, truncate_str};

/// Widest column; longer texts are cut.
const MAX_WIDTH: usize = 32;

/// Space between columns.
const GAP: usize = 2;

/// Part of a table as texts.
#[derive(Debug, PartialEq)]
pub struct ShownTable {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Whether each column is aligned at the right, as numbers are.
    pub are_numbers: Vec<bool>,
    /// The first rows.
    pub first: Vec<Vec<String>>,
    /// The last rows, if some between are left out.
    pub last: Vec<Vec<String>>,
    /// Number of all rows.
    pub len: usize,
}

impl ShownTable {
    /// Lines with the columns that fit a width, the first at least, then the number of rows.
    pub fn lines(&self, width: usize) -> String {
        let rows = || self.first.iter().chain(&self.last);
        let width_of = |column: usize| {
            let cells = rows().map(|row| row[column].as_str());
            let texts = cells.chain([self.names[column].as_str()]);
            let widest = texts.map(measure_text_width).max().unwrap_or(0);
            widest.min(MAX_WIDTH)
        };
        let widths: Vec<usize> = (0..self.names.len()).map(width_of).collect();
        let mut used = 0;
        let fitting = widths.iter().take_while(|column| {
            used += *column + GAP;
            used <= width + GAP
        });
        let shown = fitting.count().max(1).min(widths.len());
        let line = |cells: &[String]| line(&cells[..shown], &widths, &self.are_numbers) + "\n";
        let mut text = line(&self.names);
        self.first.iter().for_each(|row| text += &line(row));
        if !self.last.is_empty() {
            text += "…\n";
        }
        self.last.iter().for_each(|row| text += &line(row));
        text += &match self.len {
            1 => "1 row".to_owned(),
            len => format!("{len} rows"),
        };
        let hidden = &self.names[shown..];
        if !hidden.is_empty() {
            text += &format!(", and the columns {}", hidden.join(", "));
        }
        text
    }
}

/// One line of a table: cells in columns, cut where they are wider; numbers at the right.
pub(super) fn line(cells: &[String], widths: &[usize], are_numbers: &[bool]) -> String {
    let columns = cells.iter().zip(widths).zip(are_numbers);
    let padded = columns.map(|((cell, width), is_number)| {
        let cell = truncate_str(cell, *width, "…");
        let spaces = " ".repeat(width - measure_text_width(&cell));
        match is_number {
            true => format!("{spaces}{cell}"),
            false => format!("{cell}{spaces}"),
        }
    });
    let gap = " ".repeat(GAP);
    padded.collect::<Vec<_>>().join(&gap).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> ShownTable {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        ShownTable {
            names: row(["file", "apd", "note"]),
            are_numbers: vec![false, true, false],
            first: vec![row(["a.rsh", "81.5", ""]), row(["bb.rsh", "102", "noisy"])],
            last: vec![row(["z.rsh", "NaN", ""])],
            len: 40,
        }
    }

    #[test]
    fn columns_are_aligned_and_numbers_at_the_right() {
        assert_eq!(
            table().lines(80),
            "file     apd  note\na.rsh   81.5\nbb.rsh   102  noisy\n…\nz.rsh    NaN\n40 rows"
        );
    }

    #[test]
    fn columns_without_room_are_named() {
        assert_eq!(
            table().lines(14),
            "file     apd\na.rsh   81.5\nbb.rsh   102\n…\nz.rsh    NaN\n40 rows, and the columns note"
        );
        assert!(table().lines(1).starts_with("file\na.rsh\n"));
    }

    #[test]
    fn long_texts_are_cut() {
        let mut table = table();
        table.first[0][0] = "x".repeat(50);
        assert!(
            table
                .lines(80)
                .contains(&format!("{}…  81.5", "x".repeat(31)))
        );
    }
}
