//! Tables and JSON: results arranged, and read and written for other programs.

use std::path::PathBuf;

use rhai::{Dynamic, Map};

use crate::bail;
use crate::error::{Error, Result};
use crate::io;
use crate::script::types::drawing::OneOrEach;
use crate::script::{
    Provenance, TableParam, Value, builtins, columns, describe, from_json, plain_text, rows,
    text_table, to_json,
};
use crate::text::join::{self, JoinRows};
use crate::text::table::{self, Column, TableFormat};
use crate::text::{self, arrange, json};
use crate::video::Video;

/// One name or several.
fn each(names: OneOrEach<String>) -> Vec<String> {
    match names {
        OneOrEach::One(name) => vec![name],
        OneOrEach::Each(names) => names,
    }
}

/// Names of columns with their units in parentheses.
fn with_units(function: &str, names: Vec<String>, units: Option<Map>) -> Result<Vec<String>> {
    let units = units.unwrap_or_default();
    // Summaries of a column have its unit.
    let is_of = |name: &str, column: &str| {
        let rest = name.strip_prefix(column);
        rest.is_some_and(|rest| matches!(rest, "" | "_mean" | "_sd"))
    };
    if let Some(unknown) = units
        .keys()
        .find(|unit| !names.iter().any(|name| is_of(name, unit)))
    {
        let error = Error::new(format!("{function} finds no column `{unknown}` for a unit"));
        return Err(error.did_you_mean(unknown, names.iter().map(String::as_str)));
    }
    let with_unit = |name: String| {
        let own = units.get(name.as_str());
        let of_column = || units.iter().find(|(column, _)| is_of(&name, column));
        match own.or_else(|| of_column().map(|(_, unit)| unit)) {
            Some(unit) => format!("{name} ({})", plain_text(unit)),
            None => name,
        }
    };
    Ok(names.into_iter().map(with_unit).collect())
}

builtins! {
    /// Reads a table from a text file (CSV).
    ///
    /// Columns without a name are called `c0`, `c1`, …; a name that occurs again gets a number.
    /// Missing numbers (an empty cell, `NA` or `N/A`) are NaN; a column without any number holds
    /// strings. If semicolons separate the cells, numbers may have decimal commas.
    ///
    /// Returns a map of the columns by name: columns of numbers are traces of int64 or float64,
    /// columns of `true` and `false` are traces of bool, others are arrays of strings, without
    /// surrounding spaces. With `rows: true`, returns an array with a map for each row.
    ///
    /// Fails if the file cannot be read, is empty, or has rows of different lengths, or if
    /// `delimiter` is not one ASCII character.
    ///
    /// ```
    /// write_text("runs.csv", "file,fps\na.tif,500\nb.tif,\n")
    /// let runs = read_csv("runs.csv");
    /// runs.file // => ["a.tif", "b.tif"]
    /// runs.fps.max() // => 500.0
    /// for run in read_csv("runs.csv", #{rows: true}) { print(run.file); }
    /// ```
    ///
    /// See also: `write_csv`, `read_text`, `read_json`.
    ///
    /// Source: CSV (RFC 4180).
    fn read_csv(
        /// File to read.
        path: PathBuf,
        /// Return an array of rows instead of a map of columns.
        rows: bool = false,
        /// Take the names of the columns from the first line.
        header: bool = true,
        /// Character between cells; default: comma, semicolon or tab, whichever is most frequent in
        /// the first line.
        delimiter: Option<String> = None,
    ) -> Result<Dynamic> {
        let table = table::read(&path, &TableFormat { header, delimiter })?;
        Ok(if rows { self::rows(&table).into() } else { columns(table).into() })
    }

    /// Writes a table to a text file (CSV).
    ///
    /// A table is a map of columns (traces, arrays, or a single value for all rows), an array with
    /// a map for each row, a trace, or an image whose rows are those of the table. The columns of
    /// maps are written in the order of `columns`, else alphabetically. NaN and `()` become empty
    /// cells; in a column that is all NaN, `NaN` is written. Names of columns get the unit of
    /// `units`, as in `apd80 (ms)`; the unit of `apd80` is also that of `apd80_mean` and
    /// `apd80_sd`.
    ///
    /// Fails if `table` is none of these, if columns differ in length, or if `columns` or `units`
    /// names one that does not exist.
    ///
    /// ```
    /// let v = example_video(100);
    /// let table = #{t: arange(100) / v.fps, center: v.trace(64, 64), edge: v.trace(20, 64)};
    /// write_csv("traces.csv", table, ["t", "center", "edge"])
    /// read_text("traces.csv").split("\n")[0] // => "t,center,edge"
    /// allclose(read_csv("traces.csv").center, v.trace(64, 64)) // => true
    /// write_csv("apd.csv", #{apd80: [81.5]}, #{units: #{apd80: "ms"}})
    /// read_text("apd.csv") // => "apd80 (ms)\n81.5\n"
    /// ```
    ///
    /// See also: `read_csv`, `print_table`, `write_json`, `save_csv`.
    ///
    /// Source: CSV (RFC 4180).
    fn write_csv(
        /// File to write.
        path: PathBuf,
        /// Table to write.
        table: Dynamic,
        /// Names of the columns to write, in order; default: all.
        columns: Option<Vec<String>> = None,
        /// Character between cells, one ASCII character.
        delimiter: String = ",".into(),
        /// Units by column.
        units: Option<Map> = None,
        /// Keep the history in a JSON file next to the table (`apd.csv.json`): the script that
        /// makes it again, see `history`. "paths" keeps the paths of files as they were given, true
        /// only their names.
        provenance: Provenance = Provenance::off(),
    ) -> Result<()> {
        let (names, rows) = text_table(&table, columns)?;
        let names = with_units("write_csv", names, units)?;
        table::write(&path, &names, &rows, &delimiter)?;
        io::save_table_script(&path, provenance.script())
    }

    /// Prints a table, its numbers with some significant digits.
    ///
    /// Returns `()`.
    ///
    /// Fails if `table` is no table, its columns differ in length, or `columns` names one that does
    /// not exist.
    ///
    /// ```
    /// print_table(#{heart: ["a", "b"], apd80: [81.52, 94.0]}, ["heart", "apd80"])
    /// ```
    ///
    /// See also: `sort_table`, `group_table`, `write_csv`.
    fn print_table(&context,
        /// Table to print.
        table: TableParam,
        /// Names of the columns to print, in order; default: all, alphabetically.
        columns: Option<Vec<String>> = None,
        /// Number of significant digits.
        digits: usize = 4,
        /// Units by column, added to their names in parentheses.
        units: Option<Map> = None,
    ) -> Result<()> {
        let mut table = table.table("print_table")?;
        if let Some(columns) = columns {
            table = table.with_columns("print_table", &columns)?;
        }
        table.names = with_units("print_table", table.names, units)?;
        context.print(&arrange::aligned(&table, digits.clamp(1, 17)));
        Ok(())
    }

    /// Sorts the rows of a table by one or several columns.
    ///
    /// Rows that are equal keep their order; NaN comes last. The first column counts most.
    ///
    /// Returns the sorted table.
    ///
    /// Fails if `table` is no table, its columns differ in length, or `by` names one that does not
    /// exist.
    ///
    /// ```
    /// let t = sort_table(#{heart: ["b", "a"], apd80: [94.0, 81.5]}, "heart");
    /// t.apd80.to_array() // => [81.5, 94.0]
    /// ```
    ///
    /// See also: `group_table`, `print_table`, `read_csv`.
    fn sort_table(
        /// Table to sort.
        table: TableParam,
        /// Name of the column to sort by, or several.
        by: OneOrEach<String>,
        /// Put the largest first.
        descending: bool = false,
    ) -> Result<Map> {
        let table = table.table("sort_table")?;
        Ok(columns(arrange::sort(table, &each(by), descending)?))
    }

    /// Summarizes the rows of a table by groups: mean, standard deviation and number.
    ///
    /// A group is the rows that are equal in the columns `by`; without `by`, all rows are one. The
    /// standard deviation is that of a sample, √(Σ (x − mean)² / (n − 1)), NaN for one value. NaN
    /// is left out.
    ///
    /// Returns a table with a row for each group, in the order of their first rows: the columns
    /// `by`, the number of rows `n`, and for each other column of numbers, such as `apd80`, the
    /// columns `apd80_mean`, `apd80_sd` and the number of values `apd80_n`. A unit in the name is
    /// kept: `apd80 (ms)` gives `apd80_mean (ms)`. With `as_text`, the column `apd80` has these
    /// three as in `82.0 ± 2.8 (n = 2)`, with two digits of the standard deviation.
    ///
    /// Fails if `table` is no table, its columns differ in length, or a named column does not exist
    /// or has no numbers.
    ///
    /// ```
    /// let t = #{heart: ["a", "b", "a"], apd80: [80.0, 94.0, 84.0]};
    /// let g = group_table(t, "heart");
    /// g.apd80_mean.to_array() // => [82.0, 94.0]
    /// print_table(g, ["heart", "apd80_mean", "apd80_sd", "n"], #{units: #{apd80: "ms"}})
    /// group_table(t, "heart", #{as_text: true}).apd80[0] // => "82.0 ± 2.8 (n = 2)"
    /// ```
    ///
    /// See also: `stack_tables`, `join_tables`, `sort_table`, `beat_table`, `write_csv`.
    fn group_table(
        /// Table to summarize.
        table: TableParam,
        /// Name of the column to group by, or several; default: none.
        by: OneOrEach<String> = OneOrEach::Each(Vec::new()),
        /// Names of the columns to summarize; default: all others that have numbers.
        of: Option<Vec<String>> = None,
        /// Summarize each column to a string for a table to read.
        as_text: bool = false,
    ) -> Result<Map> {
        let table = table.table("group_table")?;
        Ok(columns(arrange::group(&table, &each(by), of, as_text)?))
    }

    /// Puts the rows of tables below each other, such as those of a batch.
    ///
    /// Columns are matched by name. Where a table lacks a column of numbers, NaN takes its place;
    /// in a column of strings, an empty one.
    ///
    /// Returns a table; with `names`, its column `column` tells the table of each row.
    ///
    /// Fails if `tables` has something that is no table, columns of one differ in length, there is
    /// not one name for each, or a table has a column of the name `column`.
    ///
    /// ```
    /// let a = #{beat: [1, 2], apd80: [80.0, 84.0]};
    /// let b = #{beat: [1], apd80: [94.0]};
    /// let t = stack_tables([a, b], #{names: ["a.tif", "b.tif"]});
    /// t.file // => ["a.tif", "a.tif", "b.tif"]
    /// t.apd80.to_array() // => [80.0, 84.0, 94.0]
    /// ```
    ///
    /// See also: `join_tables`, `group_table`, `beat_table`, `write_csv`.
    fn stack_tables(
        /// Tables.
        tables: Vec<TableParam>,
        /// Name for each table; default: none.
        names: Option<Vec<String>> = None,
        /// Name of the column with these names.
        column: String = "file".into(),
    ) -> Result<Map> {
        let tables = tables.iter().map(|table| table.table("stack_tables"));
        let mut tables = tables.collect::<Result<Vec<_>>>()?;
        if let Some(names) = names {
            if names.len() != tables.len() {
                bail!(
                    "stack_tables needs one name for each of {} tables, got {}",
                    tables.len(),
                    names.len()
                );
            }
            for (table, name) in tables.iter_mut().zip(names) {
                if table.names.contains(&column) {
                    bail!("stack_tables needs another name in `column`: a table has `{column}`");
                }
                let cells = vec![name; table.n_rows()];
                table.names.push(column.clone());
                table.columns.push(Column::Texts(cells));
            }
        }
        Ok(columns(arrange::stack(tables)))
    }

    /// Joins two tables: puts the columns of rows with the same key side by side.
    ///
    /// A key is the values in the columns `by`; 1 and 1.0 are the same, and NaN is like no other.
    /// If several rows of one table have a key, each gets the row of the other.
    ///
    /// Returns a table with the columns of `a`, then the others of `b`, in the order of the rows of
    /// `a`. With "left", rows of `a` whose key is not in `b` are kept: NaN takes the place of
    /// missing numbers, an empty string that of others.
    ///
    /// Fails if one of the two is no table, its columns differ in length, a column of `by` is not
    /// in both, or has numbers in one and strings in the other, if a key is in several rows of
    /// both, or if another column is in both and no `suffix` is given.
    ///
    /// ```
    /// let apd = #{heart: ["a", "b", "c"], apd80: [80.0, 94.0, 88.0]};
    /// let hearts = #{heart: ["b", "a"], weight: [1.2, 0.9]};
    /// let t = join_tables(apd, hearts, "heart");
    /// t.weight.to_array() // => [0.9, 1.2]
    /// join_tables(apd, hearts, "heart", "left").heart // => ["a", "b", "c"]
    /// ```
    ///
    /// See also: `stack_tables`, `group_table`, `pixel_table`, `sort_table`.
    ///
    /// Source: as pandas' `pandas.merge`.
    fn join_tables(
        /// First table.
        a: TableParam,
        /// Second table.
        b: TableParam,
        /// Name of the column that both have the key in, or several.
        by: OneOrEach<String>,
        /// Rows to keep: "inner", those whose key is in both; "left", all of `a`.
        how: JoinRows = JoinRows::Inner,
        /// Suffix for columns of `b` that `a` has too, put before a unit; default: none may.
        suffix: Option<String> = None,
    ) -> Result<Map> {
        let [a, b] = [a.table("join_tables")?, b.table("join_tables")?];
        Ok(columns(join::join(&a, &b, &each(by), how, suffix.as_deref())?))
    }

    /// Makes a table of the pixels of maps, such as those of `beat_maps`.
    ///
    /// Images are repeated beside stacks. Rows in which every map is NaN are left out.
    ///
    /// Returns a table with a row for each pixel, for stacks for each pixel and beat: `pixel`, its
    /// number counted row by row from 0; `y` and `x`; for stacks `beat`, counted from 1; and a
    /// column for each map, float64.
    ///
    /// Fails if `maps` are not images {y, x} or stacks {beat, y, x} of the same shape, have the
    /// name of another column, or `mask` is not a bool image of their size.
    ///
    /// ```
    /// let p = phantom(#{frames: 850, height: 16, width: 16, alternans: 20});
    /// let m = beat_maps(p.video, p.beats);
    /// let pairs = pixel_table(#{di: m.di, apd: m.apd80}, p.mask);
    /// pairs.pixel.len == 9 * count(p.mask) // => true
    /// abs(linear_fit(pairs.di, pairs.apd).slope - 1) < 0.02 // => true
    /// let map = group_table(pairs, ["pixel", "y", "x"]);
    /// let t = join_tables(map, pixel_table(#{truth: p.apd}), ["pixel", "y", "x"]);
    /// abs(t.apd_mean - t.truth).max() < 2 // => true
    /// ```
    ///
    /// See also: `beat_maps`, `restitution_map`, `join_tables`, `group_table`, `write_csv`.
    fn pixel_table(
        /// Map of images or stacks by name.
        maps: Map,
        /// Pixels to take, true; default: all.
        mask: Option<Video> = None,
    ) -> Result<Map> {
        let video = |(name, map): (_, Dynamic)| match Video::from_dynamic(map) {
            Ok(map) => Ok((ToString::to_string(&name), map)),
            Err(other) => bail!(
                "pixel_table needs images or stacks, got {} for `{name}`",
                describe(&other)
            ),
        };
        let maps = maps.into_iter().map(video).collect::<Result<Vec<_>>>()?;
        Ok(columns(join::pixel_table(&maps, mask.as_ref())?))
    }

    /// Reads a JSON file.
    ///
    /// Returns the value: objects become maps, lists arrays, and `null` `()`; numbers without a
    /// fraction are ints, or floats if int64 is too small.
    ///
    /// Fails if the file cannot be read or is not JSON.
    ///
    /// ```
    /// write_text("a.json", "{\"fps\": 500, \"roi\": [1, 2.5], \"dye\": null}")
    /// let a = read_json("a.json");
    /// a.fps // => 500
    /// a.roi[1] // => 2.5
    /// a.dye == () // => true
    /// ```
    ///
    /// See also: `write_json`, `read_csv`, `read_text`.
    ///
    /// Source: JSON (RFC 8259).
    fn read_json(
        /// File to read.
        path: PathBuf,
    ) -> Result<Dynamic> {
        let text = text::read(&path)?;
        let json = serde_json::from_str(&text).map_err(|error| {
            Error::new(format!("`{}` is not JSON: {error}", path.display()))
        })?;
        Ok(from_json(json))
    }

    /// Writes a value to a JSON file.
    ///
    /// Videos, images and traces become nested lists. JSON has no NaN and no infinity: they are
    /// written as `null`, which is read as `()`.
    ///
    /// Fails if the value holds anything but the types below, such as a function, or if the file
    /// cannot be written.
    ///
    /// ```
    /// write_json("result.json", #{rate: 8.2, peaks: video([3, 65]), left: NaN})
    /// read_text("result.json") // => "{\n  \"left\": null,\n  \"peaks\": [3, 65],\n  \"rate\": 8.2\n}\n"
    /// ```
    ///
    /// See also: `read_json`, `write_csv`, `write_text`.
    ///
    /// Source: JSON (RFC 8259).
    fn write_json(
        /// File to write.
        path: PathBuf,
        /// Value to write: numbers, strings, bools, (), arrays, maps and videos.
        value: Dynamic,
        /// Spaces of indentation per level, at most 16; 0 for all in one line.
        indent: usize = 2,
    ) -> Result<()> {
        text::write(&path, &json::text(&to_json(&value, "")?, indent.min(16)))
    }
}
