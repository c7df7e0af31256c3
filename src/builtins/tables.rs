//! Tables and JSON: results that other programs read.

use std::path::PathBuf;

use rhai::Dynamic;

use crate::error::{Error, Result};
use crate::script::{builtins, columns, from_json, rows, text_table, to_json};
use crate::text::table::{self, Layout};
use crate::text::{self, json};

builtins! {
    /// Reads a table from a text file (CSV).
    ///
    /// The table is a map of its columns, by their names: columns of numbers are traces, of int64 or
    /// float64, those of `true` and `false` traces of bools, others arrays of strings, without the
    /// spaces around them. Missing numbers (an empty cell or `NA`) are NaN. With
    /// `rows: true` it is an array with a map for each row instead. Columns without a name are called
    /// `c0`, `c1`, …; a name that was there already gets a number. Where semicolons part the cells,
    /// numbers may have decimal commas.
    ///
    /// ```
    /// write_text("runs.csv", "file,fps\na.tif,500\nb.tif,\n")
    /// let runs = read_csv("runs.csv");
    /// runs.file // => ["a.tif", "b.tif"]
    /// runs.fps.max() // => 500.0
    /// for run in read_csv("runs.csv", #{rows: true}) { print(run.file); }
    /// ```
    fn read_csv(
        /// File to read.
        path: PathBuf,
        /// Whether to give an array of rows rather than a map of columns.
        rows: bool = false,
        /// Whether the first line has the names of the columns.
        header: bool = true,
        /// Character between cells; by default the one of comma, semicolon and tab that the first line has most of.
        delimiter: Option<String> = None,
    ) -> Result<Dynamic> {
        let table = table::read(&path, &Layout { header, delimiter })?;
        Ok(if rows { self::rows(&table).into() } else { columns(table).into() })
    }

    /// Writes a table to a text file (CSV).
    ///
    /// A table is a map of columns (traces, arrays, or a single value for all rows), an array with a map for
    /// each row, a trace, or an image whose rows are those of the table. The columns of maps stand in
    /// the order of `columns`, or else of the alphabet. NaN and `()` are empty cells; a
    /// column that is all NaN has `NaN` in them.
    ///
    /// ```
    /// let v = example_video(100);
    /// let table = #{t: arange(100) / v.fps, center: v.trace(64, 64), edge: v.trace(20, 64)};
    /// write_csv("traces.csv", table, ["t", "center", "edge"])
    /// read_text("traces.csv").split("\n")[0] // => "t,center,edge"
    /// equals(read_csv("traces.csv").center, v.trace(64, 64).astype("float64")) // => false
    /// allclose(read_csv("traces.csv").center, v.trace(64, 64)) // => true
    /// ```
    fn write_csv(
        /// File to write.
        path: PathBuf,
        /// Table to write.
        table: Dynamic,
        /// Names of the columns to write, in order; by default all.
        columns: Option<Vec<String>> = None,
        /// Character between cells.
        delimiter: String = ",".into(),
    ) -> Result<()> {
        let (names, rows) = text_table(&table, columns)?;
        table::write(&path, &names, &rows, &delimiter)
    }

    /// Reads a file of JSON.
    ///
    /// Objects become maps, lists arrays, and `null` `()`; numbers without a fraction are ints.
    ///
    /// ```
    /// write_text("a.json", "{\"fps\": 500, \"roi\": [1, 2.5], \"dye\": null}")
    /// let a = read_json("a.json");
    /// a.fps // => 500
    /// a.roi[1] // => 2.5
    /// a.dye == () // => true
    /// ```
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

    /// Writes a value to a file of JSON.
    ///
    /// Videos, images and traces become nested lists. JSON knows no numbers that are NaN or infinite: they are
    /// written as `null`, which is read as `()`.
    ///
    /// ```
    /// write_json("result.json", #{rate: 8.2, peaks: video([3, 65]), left: NaN})
    /// read_text("result.json") // => "{\n  \"left\": null,\n  \"peaks\": [3, 65],\n  \"rate\": 8.2\n}\n"
    /// ```
    fn write_json(
        /// File to write.
        path: PathBuf,
        /// Value to write: numbers, strings, bools, (), arrays, maps and videos.
        value: Dynamic,
        /// Spaces by which each level is indented; 0 for all in one line.
        indent: usize = 2,
    ) -> Result<()> {
        text::write(&path, &json::text(&to_json(&value, "")?, indent.min(16)))
    }
}
