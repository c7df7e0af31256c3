//! Tables (CSV) and JSON: results that other programs read.

use std::path::PathBuf;

use rhai::Dynamic;

use crate::error::{Error, Result};
use crate::script::{builtins, columns, from_json, rows, text_table, to_json};
use crate::text::table::{self, TableFormat};
use crate::text::{self, json};

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
    /// cells; in a column that is all NaN, `NaN` is written.
    ///
    /// Fails if `table` is none of these, if columns differ in length, or if `columns` names one
    /// that does not exist.
    ///
    /// ```
    /// let v = example_video(100);
    /// let table = #{t: arange(100) / v.fps, center: v.trace(64, 64), edge: v.trace(20, 64)};
    /// write_csv("traces.csv", table, ["t", "center", "edge"])
    /// read_text("traces.csv").split("\n")[0] // => "t,center,edge"
    /// allclose(read_csv("traces.csv").center, v.trace(64, 64)) // => true
    /// ```
    ///
    /// See also: `read_csv`, `write_json`, `save_csv`.
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
    ) -> Result<()> {
        let (names, rows) = text_table(&table, columns)?;
        table::write(&path, &names, &rows, &delimiter)
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
