//! Tables rearranged: sorted, grouped, stacked, and as text.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use console::measure_text_width;

use super::columns::line;
use super::table::{Column, Table, column, unit_of, with_suffix};
use crate::bail;
use crate::error::Result;

/// Sorts the rows by some columns, the first of which counts most; NaN comes last. Equal rows keep
/// their order.
pub fn sort(table: Table, by: &[String], is_descending: bool) -> Result<Table> {
    let columns = by
        .iter()
        .map(|name| column("sort_table", "table", &table, name))
        .collect::<Result<Vec<_>>>()?;
    let mut rows: Vec<usize> = (0..table.n_rows()).collect();
    rows.sort_by(|a, b| {
        let orders = columns
            .iter()
            .map(|column| column.compare(*a, *b, is_descending));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    Ok(table.select(&rows))
}

/// Summarizes the rows that are equal in some columns: their number `n`, and for each other column
/// of numbers the mean, the sample standard deviation and the number of its values, without NaN, or
/// these as text. Groups are in the order of their first rows; without columns to group by, all
/// rows are one.
pub fn group(
    table: &Table,
    by: &[String],
    of: Option<Vec<String>>,
    as_text: bool,
) -> Result<Table> {
    let function = "group_table";
    let keys = by
        .iter()
        .map(|name| column(function, "table", table, name))
        .collect::<Result<Vec<_>>>()?;
    let measured = match of {
        Some(names) => names,
        None => {
            let numbers = table.names.iter().zip(&table.columns);
            let numbers =
                numbers.filter(|(name, column)| column.is_numeric() && !by.contains(name));
            numbers.map(|(name, _)| name.clone()).collect()
        }
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for row in 0..table.n_rows() {
        let key = keys.iter().map(|column| column.text(row)).collect();
        let group = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(rows) => rows.push(row),
            None => groups.push(vec![row]),
        }
    }
    let firsts: Vec<usize> = groups.iter().map(|rows| rows[0]).collect();
    let mut names = by.to_vec();
    let mut columns: Vec<Column> = keys.iter().map(|column| column.select(&firsts)).collect();
    names.push("n".into());
    columns.push(Column::Ints(
        groups.iter().map(|rows| rows.len() as i64).collect(),
    ));
    for name in measured {
        let column = column(function, "table", table, &name)?;
        if !column.is_numeric() {
            bail!("{function} needs columns of numbers to summarize, `{name}` is none");
        }
        let summaries: Vec<Summary> = groups
            .iter()
            .map(|rows| Summary::of(rows.iter().filter_map(|row| column.number(*row))))
            .collect();
        if as_text {
            names.push(name);
            columns.push(Column::Texts(summaries.iter().map(Summary::text).collect()));
            continue;
        }
        let floats =
            |part: fn(&Summary) -> f64| Column::Floats(summaries.iter().map(part).collect());
        let counts = summaries.iter().map(|summary| summary.n as i64);
        let parts = [
            (with_suffix(&name, "_mean"), floats(|summary| summary.mean)),
            (with_suffix(&name, "_sd"), floats(|summary| summary.sd)),
            (
                format!("{}_n", without_unit(&name)),
                Column::Ints(counts.collect()),
            ),
        ];
        for (name, column) in parts {
            names.push(name);
            columns.push(column);
        }
    }
    if let Some(twice) = names
        .iter()
        .enumerate()
        .find(|(at, name)| names[..*at].contains(name))
    {
        bail!(
            "{function} would make two columns `{}`: rename one",
            twice.1
        );
    }
    Ok(Table { names, columns })
}

/// Mean, sample standard deviation and number of some values.
struct Summary {
    mean: f64,
    sd: f64,
    n: usize,
}

impl Summary {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let sd = match n {
            0 | 1 => f64::NAN,
            n => (squares / (n as f64 - 1.0)).sqrt(),
        };
        Self { mean, sd, n }
    }

    /// Mean, standard deviation of two digits and number: `82.0 ± 2.8 (n = 2)`.
    fn text(&self) -> String {
        let Self { mean, sd, n } = *self;
        match n {
            0 => "n = 0".into(),
            1 => format!("{} (n = 1)", significant(mean, 4)),
            _ if sd > 0.0 && sd.is_finite() => {
                let decimals = (1 - sd.log10().floor() as i32).clamp(0, 17) as usize;
                format!("{mean:.decimals$} ± {sd:.decimals$} (n = {n})")
            }
            _ => format!("{} ± {sd} (n = {n})", significant(mean, 4)),
        }
    }
}

/// Name of a column without its unit in parentheses.
fn without_unit(name: &str) -> &str {
    unit_of(name).map_or(name, |(base, _)| base)
}

/// Puts the rows of tables below each other. Columns are matched by name; where a table lacks one,
/// its cells are missing.
pub fn stack(tables: Vec<Table>) -> Table {
    let mut names: Vec<String> = Vec::new();
    for name in tables.iter().flat_map(|table| &table.names) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let columns = names.iter().map(|name| {
        let parts = tables.iter().map(|table| {
            let at = table.names.iter().position(|known| known == name);
            (at.map(|at| &table.columns[at]), table.n_rows())
        });
        joined(parts)
    });
    let columns = columns.collect();
    Table { names, columns }
}

/// Joins parts of a column; a part that is missing has a number of rows only.
fn joined<'a>(parts: impl Iterator<Item = (Option<&'a Column>, usize)> + Clone) -> Column {
    let known = parts.clone().filter_map(|(column, _)| column);
    let is_whole = parts
        .clone()
        .all(|(column, rows)| column.is_some() || rows == 0);
    if is_whole
        && known
            .clone()
            .all(|column| matches!(column, Column::Ints(_)))
    {
        let cells = known.filter_map(|column| match column {
            Column::Ints(cells) => Some(cells),
            _ => None,
        });
        return Column::Ints(cells.flatten().copied().collect());
    }
    if is_whole
        && known
            .clone()
            .all(|column| matches!(column, Column::Bools(_)))
    {
        let cells = known.filter_map(|column| match column {
            Column::Bools(cells) => Some(cells),
            _ => None,
        });
        return Column::Bools(cells.flatten().copied().collect());
    }
    if known.clone().all(Column::is_numeric) {
        let cells = parts.flat_map(|(column, rows)| {
            let number = move |row| column.and_then(|column| column.number(row));
            (0..rows).map(move |row| number(row).unwrap_or(f64::NAN))
        });
        return Column::Floats(cells.collect());
    }
    let cells = parts.flat_map(|(column, rows)| {
        let text = move |row| column.map(|column| column.text(row));
        (0..rows).map(move |row| text(row).unwrap_or_default())
    });
    Column::Texts(cells.collect())
}

/// Text of a table in columns, numbers with some significant digits and to the right. Names may
/// have units.
pub fn aligned(table: &Table, digits: usize) -> String {
    let row = |row: usize| -> Vec<String> {
        let cells = table.columns.iter();
        cells.map(|column| column.short_text(row, digits)).collect()
    };
    let rows: Vec<_> = std::iter::once(table.names.clone())
        .chain((0..table.n_rows()).map(row))
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| measure_text_width(&row[column]))
            .max()
    };
    let widths: Vec<_> = (0..table.names.len())
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let is_number = |column: &Column| !matches!(column, Column::Texts(_));
    let are_numbers: Vec<_> = table.columns.iter().map(is_number).collect();
    let lines = rows.iter().map(|row| line(row, &widths, &are_numbers));
    lines.collect::<Vec<_>>().join("\n")
}

impl Table {
    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// The columns of some names, in their order.
    pub fn with_columns(&self, function: &str, names: &[String]) -> Result<Self> {
        let columns = names.iter().map(|name| {
            let rows: Vec<usize> = (0..self.n_rows()).collect();
            Ok(column(function, "table", self, name)?.select(&rows))
        });
        Ok(Self {
            columns: columns.collect::<Result<_>>()?,
            names: names.to_vec(),
        })
    }

    /// Some rows, in the given order.
    fn select(&self, rows: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            columns: self
                .columns
                .iter()
                .map(|column| column.select(rows))
                .collect(),
        }
    }
}

impl Column {
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::Ints(cells) => Self::Ints(rows.iter().map(|row| cells[*row]).collect()),
            Self::Floats(cells) => Self::Floats(rows.iter().map(|row| cells[*row]).collect()),
            Self::Bools(cells) => Self::Bools(rows.iter().map(|row| cells[*row]).collect()),
            Self::Texts(cells) => Self::Texts(rows.iter().map(|row| cells[*row].clone()).collect()),
        }
    }

    /// Cells of some rows; a missing row is a missing number, or an empty string.
    pub(super) fn select_known(&self, rows: &[Option<usize>]) -> Self {
        if let Some(rows) = rows.iter().copied().collect::<Option<Vec<usize>>>() {
            return self.select(&rows);
        }
        match self.is_numeric() {
            true => {
                let number = |row: &Option<usize>| row.and_then(|row| self.number(row));
                let cells = rows.iter().map(|row| number(row).unwrap_or(f64::NAN));
                Self::Floats(cells.collect())
            }
            false => {
                let cells = rows.iter().map(|row| row.map(|row| self.text(row)));
                Self::Texts(cells.map(Option::unwrap_or_default).collect())
            }
        }
    }

    /// What the cells are.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Ints(_) | Self::Floats(_) => "numbers",
            Self::Bools(_) => "bools",
            Self::Texts(_) => "strings",
        }
    }

    pub(super) fn is_numeric(&self) -> bool {
        matches!(self, Self::Ints(_) | Self::Floats(_))
    }

    /// Number of a row; `None` in columns of other types.
    pub(super) fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Ints(cells) => Some(cells[row] as f64),
            Self::Floats(cells) => Some(cells[row]),
            Self::Bools(_) | Self::Texts(_) => None,
        }
    }

    /// Order of two rows. NaN comes last either way.
    fn compare(&self, a: usize, b: usize, is_descending: bool) -> Ordering {
        let order = match self {
            Self::Ints(cells) => cells[a].cmp(&cells[b]),
            Self::Bools(cells) => cells[a].cmp(&cells[b]),
            Self::Texts(cells) => cells[a].cmp(&cells[b]),
            Self::Floats(cells) => match (cells[a].is_nan(), cells[b].is_nan()) {
                (false, false) => cells[a].partial_cmp(&cells[b]).unwrap_or(Ordering::Equal),
                (a, b) => return a.cmp(&b),
            },
        };
        if is_descending {
            order.reverse()
        } else {
            order
        }
    }

    /// Text of a cell with all digits.
    pub(super) fn text(&self, row: usize) -> String {
        match self {
            Self::Ints(cells) => cells[row].to_string(),
            Self::Floats(cells) => format!("{:?}", cells[row]),
            Self::Bools(cells) => cells[row].to_string(),
            Self::Texts(cells) => cells[row].clone(),
        }
    }

    /// Text of a cell with some significant digits.
    fn short_text(&self, row: usize, digits: usize) -> String {
        match self {
            Self::Floats(cells) => significant(cells[row], digits),
            _ => self.text(row),
        }
    }
}

/// Number with some significant digits, without an exponent where it is short without.
fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let scientific = format!("{value:.*e}", digits.max(1) - 1);
    let exponent: i32 = scientific
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0);
    match exponent {
        -4..=14 => {
            let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
            format!("{value:.decimals$}")
        }
        _ => scientific,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beats() -> Table {
        Table {
            names: ["heart", "apd80", "beat"].map(str::to_owned).into(),
            columns: vec![
                Column::Texts(["b", "a", "b", "a"].map(str::to_owned).into()),
                Column::Floats(vec![90.0, f64::NAN, 94.0, 81.25]),
                Column::Ints(vec![1, 1, 2, 2]),
            ],
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn rows_are_sorted_by_several_columns_with_nan_last() {
        let sorted = sort(beats(), &names(&["heart", "beat"]), true).unwrap();
        assert_eq!(sorted.columns[2], Column::Ints(vec![2, 1, 2, 1]));
        for is_descending in [false, true] {
            let sorted = sort(beats(), &names(&["apd80"]), is_descending).unwrap();
            let Column::Floats(apd) = &sorted.columns[1] else {
                panic!("numbers")
            };
            assert!(apd[3].is_nan());
            assert_eq!(apd[0], if is_descending { 94.0 } else { 81.25 });
        }
        let error = sort(beats(), &names(&["apd_80"]), false).unwrap_err();
        assert_eq!(
            error.message(),
            "sort_table finds no column `apd_80` in `table`"
        );
    }

    #[test]
    fn groups_have_mean_deviation_and_number() {
        let found = group(&beats(), &names(&["heart"]), None, false).unwrap();
        assert_eq!(
            found.names,
            [
                "heart",
                "n",
                "apd80_mean",
                "apd80_sd",
                "apd80_n",
                "beat_mean",
                "beat_sd",
                "beat_n"
            ]
        );
        assert_eq!(found.columns[0], Column::Texts(names(&["b", "a"])));
        assert_eq!(found.columns[1], Column::Ints(vec![2, 2]));
        assert_eq!(found.columns[2], Column::Floats(vec![92.0, 81.25]));
        let Column::Floats(sd) = &found.columns[3] else {
            panic!("numbers")
        };
        assert!((sd[0] - 8.0_f64.sqrt()).abs() < 1e-12 && sd[1].is_nan());
        assert_eq!(found.columns[4], Column::Ints(vec![2, 1]));
        let all = group(&beats(), &[], Some(names(&["apd80"])), false).unwrap();
        assert_eq!(all.names, ["n", "apd80_mean", "apd80_sd", "apd80_n"]);
        assert_eq!(all.columns[0], Column::Ints(vec![4]));
        assert!(group(&beats(), &[], Some(names(&["heart"])), false).is_err());
        assert!(group(&beats(), &names(&["day"]), None, false).is_err());
    }

    #[test]
    fn summaries_keep_units_and_can_be_text() {
        let mut beats = beats();
        beats.names[1] = "apd80 (ms)".into();
        let of = Some(names(&["apd80 (ms)"]));
        let found = group(&beats, &names(&["heart"]), of.clone(), false).unwrap();
        assert_eq!(
            found.names,
            ["heart", "n", "apd80_mean (ms)", "apd80_sd (ms)", "apd80_n"]
        );
        let found = group(&beats, &names(&["heart"]), of, true).unwrap();
        assert_eq!(found.names, ["heart", "n", "apd80 (ms)"]);
        let texts = names(&["92.0 ± 2.8 (n = 2)", "81.25 (n = 1)"]);
        assert_eq!(found.columns[2], Column::Texts(texts));
        let text = |values: &[f64]| Summary::of(values.iter().copied()).text();
        assert_eq!(text(&[]), "n = 0");
        assert_eq!(text(&[5.0, 5.0]), "5.000 ± 0 (n = 2)");
        assert_eq!(text(&[1000.0, 3000.0]), "2000 ± 1414 (n = 2)");
        assert_eq!(text(&[0.001, 0.002]), "0.00150 ± 0.00071 (n = 2)");
    }

    #[test]
    fn stacked_tables_have_the_columns_of_all() {
        let other = Table {
            names: names(&["beat", "rate", "heart"]),
            columns: vec![
                Column::Ints(vec![7]),
                Column::Ints(vec![300]),
                Column::Ints(vec![5]),
            ],
        };
        let found = stack(vec![beats(), other]);
        assert_eq!(found.names, ["heart", "apd80", "beat", "rate"]);
        assert_eq!(
            found.columns[0],
            Column::Texts(names(&["b", "a", "b", "a", "5"]))
        );
        assert_eq!(found.columns[2], Column::Ints(vec![1, 1, 2, 2, 7]));
        let Column::Floats(rate) = &found.columns[3] else {
            panic!("numbers")
        };
        assert!(rate[..4].iter().all(|rate| rate.is_nan()) && rate[4] == 300.0);
        assert_eq!(stack(vec![]).n_rows(), 0);
    }

    #[test]
    fn text_is_aligned_with_significant_digits() {
        let text = aligned(&beats(), 3);
        let expected = "heart  apd80  beat\nb       90.0     1\na        NaN     1\nb       94.0     2\na       81.2     2";
        assert_eq!(text, expected);
        for (value, text) in [
            (1234.5678, "1235"),
            (0.000_123_41, "0.0001234"),
            (-1.5e-9, "-1.500e-9"),
            (9.9999, "10.00"),
            (0.0, "0"),
        ] {
            assert_eq!(significant(value, 4), text);
        }
    }
}
