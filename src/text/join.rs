//! Tables joined by the values of common columns, and tables of the pixels of maps.

use std::collections::HashMap;

use super::table::{Column, Table, column, with_suffix};
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::read_all;
use crate::video::{DType, Video, shape_text};

/// Which rows a joined table has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum JoinRows {
    /// Those whose key is in both tables.
    Inner,
    /// All of the first table.
    Left,
}

impl Choice for JoinRows {
    const NOUN: &'static str = "a kind of join";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("inner", Self::Inner), ("left", Self::Left)];
}

/// Puts the columns of two tables side by side, in rows that are equal in some columns, in the order
/// of the first table. Columns that both have get a suffix in the second.
pub fn join(
    a: &Table,
    b: &Table,
    by: &[String],
    kept: JoinRows,
    suffix: Option<&str>,
) -> Result<Table> {
    let function = "join_tables";
    if by.is_empty() {
        bail!("{function} needs at least one column in `by`");
    }
    let keys = Keys::new(function, a, b, by)?;
    let mut rows_of_key: HashMap<Vec<String>, Vec<usize>> = HashMap::new();
    for row in 0..b.n_rows() {
        if let Some(key) = keys.of(1, row) {
            rows_of_key.entry(key).or_default().push(row);
        }
    }
    let mut seen: HashMap<Vec<String>, usize> = HashMap::new();
    let mut pairs: Vec<(usize, Option<usize>)> = Vec::new();
    for row in 0..a.n_rows() {
        let key = keys.of(0, row);
        let matches = key.as_ref().and_then(|key| rows_of_key.get(key));
        match (matches, key) {
            (Some(matches), Some(key)) => {
                if let Some(before) = seen.insert(key, row)
                    && matches.len() > 1
                {
                    let error = Error::new(format!(
                        "{function} finds rows {before} and {row} of `a` and rows {} and {} of `b` \
                         with the same {}",
                        matches[0],
                        matches[1],
                        by.join(", ")
                    ));
                    return Err(error.hint("name more columns in `by`, or group one table first"));
                }
                pairs.extend(matches.iter().map(|other| (row, Some(*other))));
            }
            _ if kept == JoinRows::Left => pairs.push((row, None)),
            _ => {}
        }
    }
    let mut names = a.names.clone();
    let rows: Vec<usize> = pairs.iter().map(|(row, _)| *row).collect();
    let mut columns: Vec<Column> = a
        .columns
        .iter()
        .map(|column| column.select(&rows))
        .collect();
    let others: Vec<Option<usize>> = pairs.iter().map(|(_, other)| *other).collect();
    for (name, column) in b.names.iter().zip(&b.columns) {
        if by.contains(name) {
            continue;
        }
        let name = match (a.names.contains(name), suffix) {
            (false, _) => name.clone(),
            (true, Some(suffix)) => with_suffix(name, suffix),
            (true, None) => {
                let error =
                    Error::new(format!("{function} finds a column `{name}` in both tables"));
                return Err(error.hint("give that of `b` another name: `#{suffix: \"_b\"}`"));
            }
        };
        if names.contains(&name) {
            bail!("{function} would make two columns `{name}`: give another `suffix`");
        }
        names.push(name);
        columns.push(column.select_known(&others));
    }
    Ok(Table { names, columns })
}

/// Columns whose values two tables are joined by.
struct Keys<'a> {
    /// Those of both tables, and whether they are compared as numbers with fractions.
    columns: Vec<([&'a Column; 2], bool)>,
}

impl<'a> Keys<'a> {
    fn new(function: &str, a: &'a Table, b: &'a Table, by: &[String]) -> Result<Self> {
        let keys = by.iter().map(|name| {
            let both = [
                column(function, "a", a, name)?,
                column(function, "b", b, name)?,
            ];
            let has_floats = both
                .iter()
                .any(|column| matches!(column, Column::Floats(_)));
            match both {
                [Column::Texts(_), Column::Texts(_)] | [Column::Bools(_), Column::Bools(_)] => {}
                [first, second] if first.is_numeric() && second.is_numeric() => {}
                [first, second] => bail!(
                    "{function} needs `{name}` to be alike in both tables, got {} and {}",
                    first.kind(),
                    second.kind()
                ),
            }
            Ok((both, has_floats))
        });
        Ok(Self {
            columns: keys.collect::<Result<_>>()?,
        })
    }

    /// Key of a row of the first or the second table; `None` if a number of it is missing.
    fn of(&self, table: usize, row: usize) -> Option<Vec<String>> {
        let cells = self.columns.iter().map(|(both, has_floats)| {
            let column = both[table];
            match column.number(row) {
                Some(number) if number.is_nan() => None,
                // Adding 0 makes −0 equal to it.
                Some(number) if *has_floats => Some(format!("{:?}", number + 0.0)),
                _ => Some(column.text(row)),
            }
        });
        cells.collect()
    }
}

/// Values of maps, with a row for each pixel and image in which one of them is known: the columns
/// `pixel`, counted row by row, `y`, `x`, for stacks `beat`, counted from 1, and one for each map.
/// Images are repeated beside stacks.
pub fn pixel_table(maps: &[(String, Video)], mask: Option<&Video>) -> Result<Table> {
    let function = "pixel_table";
    let Some((_, first)) = maps.first() else {
        bail!("{function} needs at least one map, got none");
    };
    let (mut layers, mut is_stack) = (1, false);
    let size = &first.shape()[first.ndim().saturating_sub(2)..];
    for (name, map) in maps {
        if !matches!(map.ndim(), 2 | 3) {
            bail!(
                "{function} needs images {{y, x}} or stacks {{beat, y, x}}, got {} of shape {} for \
                 `{name}`",
                map.kind_with_article(),
                shape_text(map.shape())
            );
        }
        let count = match map.ndim() {
            3 => map.len(),
            _ => layers,
        };
        if map.shape()[map.ndim() - 2..] != *size || is_stack && count != layers {
            bail!(
                "{function} needs maps of the same shape, got {} for `{}` and {} for `{name}`",
                shape_text(first.shape()),
                maps[0].0,
                shape_text(map.shape())
            );
        }
        (layers, is_stack) = (count, is_stack || map.ndim() == 3);
    }
    let keys: &[&str] = match is_stack {
        true => &["pixel", "y", "x", "beat"],
        false => &["pixel", "y", "x"],
    };
    if let Some((taken, _)) = maps.iter().find(|(name, _)| keys.contains(&name.as_str())) {
        bail!("{function} needs another name for the map `{taken}`, which is that of a column");
    }
    let inside: Option<Vec<f32>> = mask
        .map(|mask| known_mask(function, mask, size))
        .transpose()?;
    let [height, width] = [size[0], size[1]];
    let pixels = height * width;
    let samples: Vec<Vec<f64>> = maps.iter().map(|(_, map)| read_all(map)).collect();
    let value = |map: usize, layer: usize, pixel: usize| match maps[map].1.ndim() {
        3 => samples[map][layer * pixels + pixel],
        _ => samples[map][pixel],
    };
    let mut rows: Vec<(usize, usize)> = Vec::new();
    for pixel in 0..pixels {
        if inside.as_ref().is_some_and(|inside| inside[pixel] == 0.0) {
            continue;
        }
        for layer in 0..layers {
            if (0..maps.len()).any(|map| !value(map, layer, pixel).is_nan()) {
                rows.push((pixel, layer));
            }
        }
    }
    let ints = |int: &dyn Fn(usize, usize) -> usize| {
        let cells = rows.iter().map(|(pixel, layer)| int(*pixel, *layer) as i64);
        Column::Ints(cells.collect())
    };
    let mut columns = vec![
        ints(&|pixel, _| pixel),
        ints(&|pixel, _| pixel / width),
        ints(&|pixel, _| pixel % width),
    ];
    if is_stack {
        columns.push(ints(&|_, layer| layer + 1));
    }
    for map in 0..maps.len() {
        let cells = rows.iter().map(|(pixel, layer)| value(map, *layer, *pixel));
        columns.push(Column::Floats(cells.collect()));
    }
    let names = keys.iter().map(|key| (*key).to_owned());
    Ok(Table {
        names: names
            .chain(maps.iter().map(|(name, _)| name.clone()))
            .collect(),
        columns,
    })
}

/// Samples of a mask, 1 or 0; an error unless it has the size of the maps.
fn known_mask(function: &str, mask: &Video, size: &[usize]) -> Result<Vec<f32>> {
    if mask.dtype() != DType::Bool || mask.shape() != size {
        bail!(
            "{function} needs `mask` to be a bool image of shape {}, got {} of shape {}",
            shape_text(size),
            mask.dtype(),
            shape_text(mask.shape())
        );
    }
    Ok(read_all(mask))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::video;

    fn table(columns: Vec<(&str, Column)>) -> Table {
        let (names, columns) = columns.into_iter().unzip();
        let names: Vec<&str> = names;
        Table {
            names: names.into_iter().map(str::to_owned).collect(),
            columns,
        }
    }

    fn texts(cells: &[&str]) -> Column {
        Column::Texts(cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    fn by(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn hearts() -> Table {
        table(vec![
            ("heart", texts(&["a", "b", "c", "a"])),
            ("apd80 (ms)", Column::Floats(vec![80.0, 90.0, 70.0, 84.0])),
        ])
    }

    /// Those of `pandas.merge(a, b, on="heart", how=…)`.
    #[test]
    fn rows_are_matched_by_key() {
        let weights = table(vec![
            ("weight (g)", Column::Ints(vec![5, 7, 9])),
            ("heart", texts(&["b", "a", "x"])),
        ]);
        let inner = join(&hearts(), &weights, &by(&["heart"]), JoinRows::Inner, None).unwrap();
        assert_eq!(inner.names, ["heart", "apd80 (ms)", "weight (g)"]);
        assert_eq!(inner.columns[0], texts(&["a", "b", "a"]));
        assert_eq!(inner.columns[1], Column::Floats(vec![80.0, 90.0, 84.0]));
        assert_eq!(inner.columns[2], Column::Ints(vec![7, 5, 7]));
        let left = join(&hearts(), &weights, &by(&["heart"]), JoinRows::Left, None).unwrap();
        assert_eq!(left.columns[0], texts(&["a", "b", "c", "a"]));
        let Column::Floats(weights) = &left.columns[2] else {
            panic!("numbers with a gap")
        };
        assert_eq!((weights[0], weights[1], weights[3]), (7.0, 5.0, 7.0));
        assert!(weights[2].is_nan());
    }

    #[test]
    fn several_rows_of_one_table_are_all_taken_but_not_of_both() {
        let days = table(vec![
            ("heart", texts(&["b", "b"])),
            ("day", Column::Ints(vec![1, 2])),
        ]);
        let found = join(&hearts(), &days, &by(&["heart"]), JoinRows::Inner, None).unwrap();
        assert_eq!(found.columns[2], Column::Ints(vec![1, 2]));
        let error = join(&days, &days, &by(&["heart"]), JoinRows::Inner, Some("_b")).unwrap_err();
        assert_eq!(
            error.message(),
            "join_tables finds rows 0 and 1 of `a` and rows 0 and 1 of `b` with the same heart"
        );
        let own = join(&days, &days, &by(&["heart", "day"]), JoinRows::Inner, None).unwrap();
        assert_eq!(own, days);
    }

    #[test]
    fn keys_are_compared_by_value_and_missing_ones_match_nothing() {
        let floats = table(vec![("k", Column::Floats(vec![1.0, f64::NAN, -0.0, 2.5]))]);
        let ints = table(vec![
            ("k", Column::Ints(vec![0, 1])),
            ("v", texts(&["zero", "one"])),
        ]);
        let found = join(&floats, &ints, &by(&["k"]), JoinRows::Left, None).unwrap();
        assert_eq!(found.columns[1], texts(&["one", "", "zero", ""]));
        let own = join(&floats, &floats, &by(&["k"]), JoinRows::Inner, None).unwrap();
        assert_eq!(own.n_rows(), 3);
        let named = table(vec![("k", texts(&["1"]))]);
        let error = join(&ints, &named, &by(&["k"]), JoinRows::Inner, None).unwrap_err();
        assert_eq!(
            error.message(),
            "join_tables needs `k` to be alike in both tables, got numbers and strings"
        );
    }

    #[test]
    fn common_columns_need_a_suffix() {
        let error = join(&hearts(), &hearts(), &by(&["heart"]), JoinRows::Inner, None);
        assert!(error.is_err());
        let one = table(vec![
            ("heart", texts(&["b"])),
            ("apd80 (ms)", Column::Floats(vec![1.0])),
        ]);
        let of = |suffix| join(&hearts(), &one, &by(&["heart"]), JoinRows::Inner, suffix);
        assert!(of(None).unwrap_err().message().contains("in both tables"));
        let found = of(Some("_day2")).unwrap();
        assert_eq!(found.names, ["heart", "apd80 (ms)", "apd80_day2 (ms)"]);
        assert!(of(Some("")).unwrap_err().message().contains("two columns"));
        assert!(join(&hearts(), &one, &[], JoinRows::Inner, None).is_err());
        assert!(join(&hearts(), &one, &by(&["day"]), JoinRows::Inner, None).is_err());
    }

    #[test]
    fn pixels_have_a_row_where_something_is_known() {
        let nan = f32::NAN;
        let apd = video(&[2, 2, 2], vec![1.0, nan, 3.0, 4.0, 5.0, 6.0, nan, 8.0]);
        let time = video(&[2, 2], vec![0.5f32, nan, nan, 0.75]);
        let maps = [("apd".to_owned(), apd), ("time".to_owned(), time.clone())];
        let found = pixel_table(&maps, None).unwrap();
        assert_eq!(found.names, ["pixel", "y", "x", "beat", "apd", "time"]);
        assert_eq!(found.columns[0], Column::Ints(vec![0, 0, 1, 2, 3, 3]));
        assert_eq!(found.columns[1], Column::Ints(vec![0, 0, 0, 1, 1, 1]));
        assert_eq!(found.columns[2], Column::Ints(vec![0, 0, 1, 0, 1, 1]));
        assert_eq!(found.columns[3], Column::Ints(vec![1, 2, 2, 1, 1, 2]));
        let apd = vec![1.0, 5.0, 6.0, 3.0, 4.0, 8.0];
        assert_eq!(found.columns[4], Column::Floats(apd));
        let mask = video(&[2, 2], vec![false, true, true, true]);
        let inside = pixel_table(&maps[1..], Some(&mask)).unwrap();
        assert_eq!(inside.names, ["pixel", "y", "x", "time"]);
        assert_eq!(inside.columns[3], Column::Floats(vec![0.75]));
        assert!(pixel_table(&[], None).is_err());
        assert!(pixel_table(&maps, Some(&time)).is_err());
        assert!(pixel_table(&[("beat".into(), maps[0].1.clone())], None).is_err());
        let other = ("other".to_owned(), video(&[3, 2, 2], vec![0.0; 12]));
        assert!(pixel_table(&[maps[0].clone(), other], None).is_err());
    }
}
