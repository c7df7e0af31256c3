//! Tables in scripts: a map of columns, or an array with a map for each row.

use std::collections::BTreeSet;

use rhai::{Array, Dynamic, Map};

use crate::bail;
use crate::error::{Error, Result, counted};
use crate::ops::read_all;
use crate::script::call::value::{Type, Value, describe, plain_text, scalar};
use crate::text::columns::ShownTable;
use crate::text::table::{Column, Table};
use crate::video::{DType, Element, Strided, Video, map_samples};
use crate::view::arrows::MovingPath;

/// Frames of beats: a trace, numbers, or the column `frame` of a table.
pub struct BeatFrames(pub Video);

impl Value for BeatFrames {
    const TYPE: Type = Type::Either(&Type::Video, &Type::Table(&["frame"]));
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let column = value
            .read_lock::<Map>()
            .map(|table| table.get("frame").cloned());
        match column {
            None => Video::from_dynamic(value).map(Self),
            Some(column) => {
                let frames = column.map(Video::from_dynamic).and_then(Result::ok);
                frames.map(Self).ok_or(value)
            }
        }
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into_dynamic()
    }
}

/// Points that move: a table with the columns `frame`, `y` and `x`, and `track` if there are
/// several.
pub struct PathsParam(pub Vec<MovingPath>);

impl Value for PathsParam {
    const TYPE: Type = Type::Table(&["frame", "y", "x"]);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        paths(&value).map(Self).ok_or(value)
    }
    fn into_dynamic(self) -> Dynamic {
        Dynamic::UNIT
    }
}

/// Paths in the order of their tracks.
fn paths(table: &Dynamic) -> Option<Vec<MovingPath>> {
    let table = table.read_lock::<Map>()?;
    let column = |name: &str| {
        let column = Video::from_dynamic(table.get(name)?.clone()).ok()?;
        (column.ndim() == 1).then(|| read_all::<f64>(&column))
    };
    let (frames, rows, columns) = (column("frame")?, column("y")?, column("x")?);
    let tracks = match table.contains_key("track") {
        true => column("track")?,
        false => vec![0.0; frames.len()],
    };
    let lengths = [rows.len(), columns.len(), tracks.len()];
    if lengths != [frames.len(); 3] || !frames.iter().all(|frame| *frame >= 0.0) {
        return None;
    }
    let mut numbers = tracks.clone();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    let path = |number: &f64| {
        let points = (0..frames.len()).filter(|at| tracks[*at] == *number);
        MovingPath::new(points.map(|at| (frames[at] as usize, [rows[at], columns[at]])))
    };
    Some(numbers.iter().map(path).collect())
}

/// Table that a builtin takes: a map of columns, or an array with a map for each row.
pub struct TableParam(Dynamic);

impl Value for TableParam {
    const TYPE: Type = Type::Table(&[]);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let rows = value.read_lock::<Array>();
        let is_of_rows = rows.is_some_and(|rows| rows.iter().all(Dynamic::is_map));
        match value.is_map() || is_of_rows {
            true => Ok(Self(value)),
            false => Err(value),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        self.0
    }
}

impl TableParam {
    /// Columns with their types.
    pub fn table(&self, function: &str) -> Result<Table> {
        if let Some(rows) = self.0.read_lock::<Array>() {
            let rows: Vec<Map> = rows
                .iter()
                .filter_map(|row| row.clone().try_cast())
                .collect();
            let names: BTreeSet<_> = rows.iter().flat_map(|row| row.keys().cloned()).collect();
            let cells = |name: &str| {
                let cell = |row: &Map| row.get(name).cloned().unwrap_or(Dynamic::UNIT);
                rows.iter().map(cell).collect::<Array>()
            };
            return Ok(Table {
                columns: names.iter().map(|name| column_of(&cells(name))).collect(),
                names: names.iter().map(ToString::to_string).collect(),
            });
        }
        let columns: Map = self.0.clone().try_cast().unwrap_or_default();
        let mut found = Vec::new();
        for (name, column) in &columns {
            found.push(typed_column(function, name, column)?);
        }
        let len = found.iter().flatten().map(Column::len).max();
        let len = len.unwrap_or(usize::from(!columns.is_empty()));
        let mut cells = Vec::new();
        for ((name, column), found) in columns.iter().zip(found) {
            // A single value is repeated in every row.
            let column = found.unwrap_or_else(|| column_of(&vec![column.clone(); len]));
            if column.len() != len {
                bail!(
                    "{function} needs columns of equal length, got {} in `{name}` and {len}",
                    column.len()
                );
            }
            cells.push(column);
        }
        Ok(Table {
            names: columns.keys().map(ToString::to_string).collect(),
            columns: cells,
        })
    }
}

/// Column of a trace or an array; `None` for a single value.
fn typed_column(function: &str, name: &str, column: &Dynamic) -> Result<Option<Column>> {
    if let Some(cells) = column.read_lock::<Array>() {
        return Ok(Some(column_of(&cells)));
    }
    let Some(trace) = column.read_lock::<Video>() else {
        return Ok(None);
    };
    if trace.ndim() != 1 {
        bail!(
            "{function} needs traces for columns, got {} for `{name}`",
            describe(column)
        );
    }
    Ok(Some(map_samples!(trace.samples(), array => {
        let samples = array.view();
        match trace.dtype() {
            DType::Bool => Column::Bools(samples.iter().map(|s| s.to_f64() != 0.0).collect()),
            dtype if dtype.is_float() => Column::Floats(samples.iter().map(|s| s.to_f64()).collect()),
            _ => match samples.iter().map(|sample| sample.to_int()).collect() {
                Some(ints) => Column::Ints(ints),
                None => Column::Floats(samples.iter().map(|s| s.to_f64()).collect()),
            },
        }
    })))
}

/// Column of the narrowest type that holds all cells; `()` is a missing number.
fn column_of(cells: &[Dynamic]) -> Column {
    let bools = || {
        cells
            .iter()
            .map(|cell| cell.as_bool().ok())
            .collect::<Option<_>>()
    };
    let ints = || {
        cells
            .iter()
            .map(|cell| cell.as_int().ok())
            .collect::<Option<_>>()
    };
    let number = |cell: &Dynamic| match cell.is_unit() {
        true => Some(f64::NAN),
        false => cell
            .as_float()
            .ok()
            .or(cell.as_int().ok().map(|int| int as f64)),
    };
    let floats = || cells.iter().map(number).collect::<Option<_>>();
    if cells.is_empty() {
        return Column::Floats(Vec::new());
    }
    let numbers = ints()
        .map(Column::Ints)
        .or_else(|| floats().map(Column::Floats));
    let typed = numbers.or_else(|| bools().map(Column::Bools));
    typed.unwrap_or_else(|| {
        let texts = cells.iter().map(|cell| cell_text(cell).unwrap_or_default());
        Column::Texts(texts.collect())
    })
}

/// Map of columns: traces of numbers and bools, arrays of strings.
pub fn columns(table: Table) -> Map {
    let column = |column| match column {
        Column::Ints(cells) => trace(cells).into_dynamic(),
        Column::Floats(cells) => trace(cells).into_dynamic(),
        Column::Bools(cells) => trace(cells).into_dynamic(),
        Column::Texts(cells) => cells.into_dynamic(),
    };
    let pairs = table.names.into_iter().zip(table.columns);
    pairs
        .map(|(name, cells)| (name.into(), column(cells)))
        .collect()
}

fn trace<T: Element>(cells: Vec<T>) -> Video {
    Video::new(Strided::from_vec(&[cells.len()], cells))
}

/// Map for each row, with numbers, bools and strings.
pub fn rows(table: &Table) -> Vec<Map> {
    let cell = |column: &Column, row: usize| match column {
        Column::Ints(cells) => cells[row].into(),
        Column::Floats(cells) => cells[row].into(),
        Column::Bools(cells) => cells[row].into(),
        Column::Texts(cells) => cells[row].clone().into(),
    };
    let len = table.columns.first().map_or(0, Column::len);
    let row = |row| {
        let pairs = table.names.iter().zip(&table.columns);
        pairs
            .map(|(name, column)| (name.as_str().into(), cell(column, row)))
            .collect()
    };
    (0..len).map(row).collect()
}

/// Column names and rows of cells of a table to write: from a map of columns, an array of maps, or
/// a video of one or two axes.
pub fn text_table(
    table: &Dynamic,
    names: Option<Vec<String>>,
) -> Result<(Vec<String>, Vec<Vec<String>>)> {
    if let Some(columns) = table.read_lock::<Map>() {
        return of_columns(&columns, names).map(with_texts);
    }
    if let Some(rows) = table.read_lock::<Array>() {
        return of_rows(&rows, names).map(with_texts);
    }
    if let Some(video) = table.read_lock::<Video>() {
        return of_video(&video, names).map(with_texts);
    }
    let error = Error::new(format!(
        "write_csv needs `table` to be a table, got {}",
        describe(table)
    ));
    Err(error.hint("a map of columns, an array of maps, or a trace or image"))
}

/// Text of a cell; `None` for NaN.
type Cell = Option<String>;

/// Writes NaN as an empty cell, or as `NaN` in columns that have nothing else, which would be read
/// as text otherwise.
fn with_texts((names, rows): (Vec<String>, Vec<Vec<Cell>>)) -> (Vec<String>, Vec<Vec<String>>) {
    let missing = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row[column].as_ref());
        match cells.all(String::is_empty) {
            true => "NaN",
            false => "",
        }
    };
    let missing: Vec<&str> = (0..names.len()).map(missing).collect();
    let text = |(cell, missing): (Cell, &&str)| cell.unwrap_or_else(|| (*missing).into());
    let texts = |row: Vec<Cell>| row.into_iter().zip(&missing).map(text).collect();
    (names, rows.into_iter().map(texts).collect())
}

fn of_columns(columns: &Map, names: Option<Vec<String>>) -> Result<(Vec<String>, Vec<Vec<Cell>>)> {
    let names = names.unwrap_or_else(|| columns.keys().map(ToString::to_string).collect());
    let mut cells = Vec::new();
    for name in &names {
        let Some(column) = columns.get(name.as_str()) else {
            let error = Error::new(format!("write_csv finds no column `{name}` in `table`"));
            return Err(error.did_you_mean(name, columns.keys().map(|key| key.as_str())));
        };
        cells.push(column_cells(name, column)?);
    }
    let len = cells.iter().flatten().map(Vec::len).max();
    let len = len.unwrap_or(usize::from(!names.is_empty()));
    for (name, cells) in names.iter().zip(&cells) {
        if let Some(found) = cells.as_ref().map(Vec::len).filter(|found| *found != len) {
            bail!("write_csv needs columns of equal length, got {found} in `{name}` and {len}");
        }
    }
    // A single value is repeated in every row.
    let row = |row: usize| {
        let pairs = names.iter().zip(&cells);
        let cell = |(name, cells): (&String, &Option<Vec<Cell>>)| match cells {
            Some(cells) => cells[row].clone(),
            None => columns.get(name.as_str()).and_then(cell_text),
        };
        pairs.map(cell).collect()
    };
    let rows = (0..len).map(row).collect();
    Ok((names, rows))
}

/// Cells of a column; `None` for a single value.
fn column_cells(name: &str, column: &Dynamic) -> Result<Option<Vec<Cell>>> {
    if let Some(cells) = column.read_lock::<Array>() {
        return Ok(Some(cells.iter().map(cell_text).collect()));
    }
    if let Some(trace) = column.read_lock::<Video>() {
        if trace.ndim() != 1 {
            let error = Error::new(format!(
                "write_csv needs traces for columns, got {} for `{name}`",
                describe(column)
            ));
            return Err(error.hint("`trace(video, y, x)` or `video.mean([1, 2])` returns one"));
        }
        return Ok(Some(sample_texts(&trace)));
    }
    Ok(None)
}

fn of_rows(rows: &Array, names: Option<Vec<String>>) -> Result<(Vec<String>, Vec<Vec<Cell>>)> {
    let mut maps = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match row.read_lock::<Map>() {
            Some(map) => maps.push(map),
            None => bail!(
                "write_csv needs maps as rows, got {} at {index}",
                describe(row)
            ),
        }
    }
    let all = || {
        let keys: BTreeSet<_> = maps.iter().flat_map(|map| map.keys()).collect();
        keys.into_iter().map(ToString::to_string).collect()
    };
    let names = names.unwrap_or_else(all);
    let cell = |map: &Map, name: &String| match map.get(name.as_str()) {
        Some(value) => cell_text(value),
        None => Some(String::new()),
    };
    let row = |map: &Map| names.iter().map(|name| cell(map, name)).collect();
    let cells = maps.iter().map(|map| row(map)).collect();
    Ok((names, cells))
}

fn of_video(video: &Video, names: Option<Vec<String>>) -> Result<(Vec<String>, Vec<Vec<Cell>>)> {
    let width = match *video.shape() {
        [_] => 1,
        [_, width] => width,
        _ => bail!(
            "write_csv needs a trace or an image, got {}",
            describe(&video.clone().into_dynamic())
        ),
    };
    let names = names.unwrap_or_else(|| match video.ndim() {
        1 => vec!["value".into()],
        _ => (0..width).map(|index| format!("c{index}")).collect(),
    });
    if names.len() != width {
        bail!(
            "write_csv needs {} in `columns`, got {}",
            counted(width, "name"),
            names.len()
        );
    }
    let cells = sample_texts(video);
    let rows = cells.chunks(width.max(1)).map(<[Cell]>::to_vec).collect();
    Ok((names, rows))
}

fn cell_text(value: &Dynamic) -> Cell {
    match value.as_float() {
        Ok(float) => (!float.is_nan()).then(|| format!("{float:?}")),
        _ if value.is_unit() => Some(String::new()),
        _ => Some(plain_text(value)),
    }
}

/// Samples in row-major order, with all their digits.
fn sample_texts(video: &Video) -> Vec<Cell> {
    let mut texts = Vec::with_capacity(video.layout().len());
    map_samples!(video.samples(), array => {
        texts.extend(array.view().iter().map(|sample| {
            (!sample.to_f64().is_nan()).then(|| format!("{sample:?}"))
        }));
    });
    texts
}

/// Columns of a table at most, and numbers of rows at its start and end.
const MAX_COLUMNS: usize = 64;
const SHOWN_ROWS: (usize, usize) = (10, 3);

/// A table for the screen, if a value is one: a map with at least one column of several cells, and
/// otherwise columns of the same length or single values; or an array of maps.
pub fn shown_table(value: &Dynamic) -> Option<ShownTable> {
    if let Some(columns) = value.read_lock::<Map>() {
        return shown_columns(&columns);
    }
    shown_rows(&*value.read_lock::<Array>()?)
}

fn shown_columns(columns: &Map) -> Option<ShownTable> {
    let length = |column: &Dynamic| {
        if let Some(cells) = column.read_lock::<Array>() {
            return Some(cells.len());
        }
        let trace = column.read_lock::<Video>()?;
        (trace.ndim() == 1).then(|| trace.len())
    };
    let len = columns.values().find_map(length).filter(|len| 1 < *len)?;
    let fits = |column: &Dynamic| match length(column) {
        Some(found) => found == len,
        None => is_cell(column),
    };
    if MAX_COLUMNS < columns.len() || !columns.values().all(fits) {
        return None;
    }
    let cell = |column: &Dynamic, row: usize| -> Option<Dynamic> {
        if let Some(cells) = column.read_lock::<Array>() {
            return Some(cells[row].clone());
        }
        match column.read_lock::<Video>() {
            Some(trace) => Some(sample(&trace, row)),
            None => Some(column.clone()),
        }
    };
    let names = columns.keys().map(ToString::to_string).collect();
    shown(names, len, |row| {
        columns.values().map(|column| cell(column, row)).collect()
    })
}

fn shown_rows(rows: &Array) -> Option<ShownTable> {
    let first = rows.first()?.read_lock::<Map>()?;
    let names: Vec<_> = first.keys().cloned().collect();
    let is_row = |row: &Dynamic| {
        let row = row.read_lock::<Map>();
        row.is_some_and(|row| row.len() == names.len() && names.iter().all(|n| row.contains_key(n)))
    };
    if names.is_empty() || MAX_COLUMNS < names.len() || !rows.iter().all(is_row) {
        return None;
    }
    shown(
        names.iter().map(ToString::to_string).collect(),
        rows.len(),
        |row| {
            let row = rows[row].read_lock::<Map>()?;
            names.iter().map(|name| row.get(name).cloned()).collect()
        },
    )
}

/// The shown rows; `None` if one has a value that is not a cell.
fn shown(
    names: Vec<String>,
    len: usize,
    cells: impl Fn(usize) -> Option<Vec<Dynamic>>,
) -> Option<ShownTable> {
    let (first, last) = match SHOWN_ROWS {
        (first, last) if first + last < len => (first, last),
        _ => (len, 0),
    };
    let mut are_numbers = vec![true; names.len()];
    let mut texts = |row: usize| -> Option<Vec<String>> {
        let cells = cells(row)?;
        if !cells.iter().all(is_cell) {
            return None;
        }
        for (is_number, cell) in are_numbers.iter_mut().zip(&cells) {
            *is_number &= cell.is_int() || cell.is_float() || cell.is_unit();
        }
        Some(cells.iter().map(shown_cell).collect())
    };
    let first = (0..first).map(&mut texts).collect::<Option<_>>()?;
    let last = (len - last..len).map(&mut texts).collect::<Option<_>>()?;
    Some(ShownTable {
        names,
        are_numbers,
        first,
        last,
        len,
    })
}

/// Whether a value can be a cell: a number, a bool, a text or nothing.
fn is_cell(value: &Dynamic) -> bool {
    value.is_int() || value.is_float() || value.is_bool() || value.is_string() || value.is_unit()
}

/// Text of a cell on one line, numbers with the digits that the eye needs.
fn shown_cell(value: &Dynamic) -> String {
    match value.as_float() {
        Ok(float) => shown_number(float),
        _ if value.is_unit() => String::new(),
        _ => plain_text(value).replace(['\n', '\r', '\t'], " "),
    }
}

/// A number with six digits.
fn shown_number(value: f64) -> String {
    const DIGITS: i32 = 6;
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let order = value.abs().log10().floor() as i32;
    if !(-4..9).contains(&order) {
        return format!("{value:.*e}", DIGITS as usize - 1);
    }
    let text = format!("{value:.*}", (DIGITS - 1 - order).max(0) as usize);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

fn sample(trace: &Video, index: usize) -> Dynamic {
    map_samples!(trace.samples(), array => {
        array.view().iter().nth(index).map_or(Dynamic::UNIT, |sample| scalar(*sample))
    })
}
