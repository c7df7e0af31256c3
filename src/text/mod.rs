//! Text files and text of an analysis: paths, tables, JSON, number formats, lines.

pub mod arrange;
pub mod columns;
pub mod format;
pub mod join;
pub mod json;
pub mod paths;
pub mod table;
pub mod wrap;

use std::io::{Read, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::fs::files;

/// Reads a text file without its byte order mark.
pub fn read(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    files::open(path)?
        .read_to_end(&mut bytes)
        .map_err(|e| Error::io("read", path, &e))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::new(format!("`{}` is not a text file in UTF-8", path.display()))
            .hint("save it as UTF-8; load recordings with load_video")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Writes a text file atomically: an existing one is unchanged until the new one is complete.
pub fn write(path: &Path, text: &str) -> Result<()> {
    atomic::write(path, |file| {
        file.write_all(text.as_bytes())
            .map_err(|e| Error::io("write", path, &e))
    })
}
