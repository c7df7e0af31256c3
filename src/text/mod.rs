//! Files and text that belong to an analysis: paths, tables, JSON, numbers as text, the time.

pub mod clock;
pub mod format;
pub mod json;
pub mod paths;
pub mod table;

use std::io::{Read, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::fs::files;

/// Reads a file of text; a byte order mark is left out.
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

/// Writes a file of text; an existing one stays as it was until the new one is complete.
pub fn write(path: &Path, text: &str) -> Result<()> {
    atomic::write(path, |file| {
        file.write_all(text.as_bytes())
            .map_err(|e| Error::io("write", path, &e))
    })
}
