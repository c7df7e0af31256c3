//! Tables in text files with commas or other delimiters (CSV).

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

use crate::bail;
use crate::error::{Error, Result, counted};

/// A table: columns of equal length, each with a name.
#[derive(Debug, PartialEq)]
pub struct Table {
    /// The names of the columns.
    pub names: Vec<String>,
    /// The columns.
    pub columns: Vec<Column>,
}

/// A column, typed by all of its cells.
#[derive(Debug, PartialEq)]
pub enum Column {
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Numbers; NaN for missing ones.
    Floats(Vec<f64>),
    /// Each `true` or `false`.
    Bools(Vec<bool>),
    /// Anything else.
    Texts(Vec<String>),
}

/// Format of a table in a text file.
#[derive(Debug, Clone)]
pub struct TableFormat {
    /// Whether the first line contains the names of the columns.
    pub header: bool,
    /// The delimiter; default: the most frequent one in the first line.
    pub delimiter: Option<String>,
}

/// Reads a table.
pub fn read(path: &Path, layout: &TableFormat) -> Result<Table> {
    let text = super::read(path)?;
    parse(&text, layout).map_err(|error| {
        let message = format!("cannot read `{}`: {}", path.display(), error.message());
        error
            .hints()
            .iter()
            .fold(Error::new(message), |e, hint| e.hint(hint))
    })
}

fn parse(text: &str, layout: &TableFormat) -> Result<Table> {
    let delimiter = match &layout.delimiter {
        Some(text) => delimiter_of(text)?,
        None => likely_delimiter(text),
    };
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    for record in reader.records() {
        records.push(record.map_err(|e| unreadable(&e))?);
    }
    let Some(first) = records.first() else {
        bail!("there is no table in it");
    };
    let names = match layout.header {
        true => names(first),
        false => (0..first.len()).map(|index| format!("c{index}")).collect(),
    };
    let rows = &records[usize::from(layout.header)..];
    let column = |index| Column::of(rows.iter().map(|row| &row[index]), delimiter == b';');
    Ok(Table {
        columns: (0..names.len()).map(column).collect(),
        names,
    })
}

/// The names in the first line; missing and duplicate ones get a number.
fn names(record: &StringRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (index, name) in record.iter().enumerate() {
        let name = match name {
            "" => format!("c{index}"),
            name => name.to_owned(),
        };
        let taken = |name: &String| names.contains(name);
        let numbered = (2..).map(|n| format!("{name}_{n}"));
        let name = std::iter::once(name.clone())
            .chain(numbered)
            .find(|name| !taken(name));
        names.extend(name);
    }
    names
}

fn unreadable(error: &csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            let expected = counted(*expected_len, "cell");
            Error::new(format!(
                "line {line} does not have {expected} as the lines before, but {len}"
            ))
            .hint(
                "if the cells are not separated by commas, pass the delimiter: #{delimiter: \";\"}",
            )
        }
        _ => Error::new(error.to_string()),
    }
}

fn delimiter_of(text: &str) -> Result<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => bail!("`delimiter` needs to be one ASCII character, got {text:?}"),
    }
}

fn likely_delimiter(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default();
    let outside_quotes = line.split('"').step_by(2);
    let count = |delimiter: u8| {
        let parts = outside_quotes.clone();
        parts
            .map(|part| part.bytes().filter(|b| *b == delimiter).count())
            .sum::<usize>()
    };
    // Ties go to the last one.
    b"\t;,"
        .iter()
        .copied()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b',')
}

impl Column {
    /// Determines the type of a column from all of its cells.
    fn of<'a>(cells: impl Iterator<Item = &'a str> + Clone, has_decimal_commas: bool) -> Self {
        let number = |cell: &str| match cell {
            "" | "NA" | "N/A" => Some(f64::NAN),
            cell if has_decimal_commas => cell.replacen(',', ".", 1).parse().ok(),
            cell => cell.parse().ok(),
        };
        // If all cells are missing, the type is unknown.
        let is_number = |cell: &str| !matches!(cell, "" | "NA" | "N/A");
        let floats = || cells.clone().map(number).collect::<Option<Vec<f64>>>();
        let bools = || {
            let bools = cells.clone().map(|cell| cell.parse().ok());
            bools.collect::<Option<Vec<bool>>>()
        };
        let ints = cells
            .clone()
            .map(|cell| cell.parse().ok())
            .collect::<Option<Vec<i64>>>();
        match ints {
            Some(ints) if !ints.is_empty() => Self::Ints(ints),
            _ => match floats().filter(|_| cells.clone().any(is_number)) {
                Some(floats) => Self::Floats(floats),
                None => match bools().filter(|bools| !bools.is_empty()) {
                    Some(bools) => Self::Bools(bools),
                    None => Self::Texts(cells.map(str::to_owned).collect()),
                },
            },
        }
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Ints(cells) => cells.len(),
            Self::Floats(cells) => cells.len(),
            Self::Bools(cells) => cells.len(),
            Self::Texts(cells) => cells.len(),
        }
    }

    /// Whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Writes a table of text cells, preceded by the names of the columns.
pub fn write(path: &Path, names: &[String], rows: &[Vec<String>], delimiter: &str) -> Result<()> {
    let mut writer = WriterBuilder::new()
        .delimiter(delimiter_of(delimiter)?)
        .from_writer(Vec::new());
    let fail = |e: csv::Error| Error::new(format!("cannot write `{}`: {e}", path.display()));
    for row in std::iter::once(names).chain(rows.iter().map(Vec::as_slice)) {
        writer.write_record(row).map_err(fail)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| Error::io("write", path, e.error()))?;
    super::write(path, &String::from_utf8_lossy(&bytes))
}

/// Name with a suffix before its unit: `apd80_b (ms)`.
pub(super) fn with_suffix(name: &str, suffix: &str) -> String {
    match unit_of(name) {
        Some((base, unit)) => format!("{base}{suffix} ({unit})"),
        None => format!("{name}{suffix}"),
    }
}

/// Name and unit of a column such as `apd80 (ms)`.
pub(super) fn unit_of(name: &str) -> Option<(&str, &str)> {
    let (base, unit) = name.strip_suffix(')')?.rsplit_once(" (")?;
    (!base.is_empty() && !unit.is_empty()).then_some((base, unit))
}

/// Column of a name; an error for an unknown one.
pub(super) fn column<'a>(
    function: &str,
    parameter: &str,
    table: &'a Table,
    name: &str,
) -> Result<&'a Column> {
    let at = table.names.iter().position(|known| known == name);
    at.map(|at| &table.columns[at]).ok_or_else(|| {
        let names = table.names.iter().map(String::as_str);
        Error::new(format!(
            "{function} finds no column `{name}` in `{parameter}`"
        ))
        .did_you_mean(name, names)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Table> {
        parse(
            text,
            &TableFormat {
                header: true,
                delimiter: None,
            },
        )
    }

    #[test]
    fn columns_are_typed_by_all_of_their_cells() {
        let found = table("n, x ,name,empty\n1,0.5,\"a, b\",\n2,,c,\n").unwrap();
        assert_eq!(found.names, ["n", "x", "name", "empty"]);
        assert_eq!(found.columns[0], Column::Ints(vec![1, 2]));
        let Column::Floats(x) = &found.columns[1] else {
            panic!("numbers")
        };
        assert!(x[0] == 0.5 && x[1].is_nan());
        assert_eq!(
            found.columns[2],
            Column::Texts(vec!["a, b".into(), "c".into()])
        );
        assert_eq!(found.columns[3], Column::Texts(vec![String::new(); 2]));
    }

    #[test]
    fn what_is_not_finite_is_a_number() {
        let found = table("a,b,c,d\nNaN,inf,NA,true\nnan,-inf,,false\n").unwrap();
        let Column::Floats(a) = &found.columns[0] else {
            panic!("numbers")
        };
        assert!(a.iter().all(|cell| cell.is_nan()));
        assert_eq!(
            found.columns[1],
            Column::Floats(vec![f64::INFINITY, f64::NEG_INFINITY])
        );
        assert_eq!(
            found.columns[2],
            Column::Texts(vec!["NA".into(), "".into()])
        );
        assert_eq!(found.columns[3], Column::Bools(vec![true, false]));
    }

    #[test]
    fn delimiters_and_decimal_commas_are_found() {
        let found = table("t;y\n1;0,5\n2;1,5\n").unwrap();
        assert_eq!(found.columns[1], Column::Floats(vec![0.5, 1.5]));
        let found = table("t\ty\n1\t2\n").unwrap();
        assert_eq!(found.columns[1], Column::Ints(vec![2]));
    }

    #[test]
    fn names_are_unique() {
        let found = table("a,a,,a_2\n1,2,3,4\n").unwrap();
        assert_eq!(found.names, ["a", "a_2", "c2", "a_2_2"]);
    }

    #[test]
    fn broken_tables_say_where() {
        let error = table("a,b\n1,2\n3\n").unwrap_err();
        assert_eq!(
            error.message(),
            "line 3 does not have 2 cells as the lines before, but 1"
        );
        assert!(table("").is_err());
        let layout = TableFormat {
            header: false,
            delimiter: Some("ab".into()),
        };
        assert!(parse("1,2", &layout).is_err());
    }
}
