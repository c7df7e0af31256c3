//! Metadata that a file cannot contain, in a JSON file next to it: `heart.npy.json`.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::fs::files;
use crate::io::format::metadata_keys;
use crate::task;
use crate::video::Metadata;

/// Maximum length of the file.
const MAX_LENGTH: u64 = 16 << 20;

/// Path of the JSON file of a file.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".json");
    name.into()
}

/// Whether a file has one next to it, which then has to be updated with the file.
pub(in crate::io) fn exists(path: &Path) -> bool {
    beside(path).is_file()
}

/// Saves the metadata of a file.
pub(in crate::io) fn save(path: &Path, metadata: &Metadata) -> Result<()> {
    let path = beside(path);
    let fields = Value::Object(metadata_keys::to_json(metadata));
    atomic::write(&path, |file| {
        writeln!(file, "{fields:#}").map_err(|e| Error::io("write", &path, &e))
    })
}

/// Reads the metadata of a file; an invalid JSON file is skipped with a warning.
pub(in crate::io) fn read(path: &Path) -> Metadata {
    let path = beside(path);
    let file = match files::find(&path) {
        Ok(Some(file)) => file,
        Ok(None) => return Metadata::default(),
        Err(error) => {
            task::warn(&format!("{error}: it is ignored"));
            return Metadata::default();
        }
    };
    let mut text = Vec::new();
    let read = file.take(MAX_LENGTH).read_to_end(&mut text);
    match serde_json::from_slice::<Value>(&text) {
        _ if read.is_err() => Metadata::default(),
        Ok(fields @ Value::Object(_)) => metadata_keys::from_json(&[fields]),
        _ => {
            task::warn(&format!(
                "`{}` is not a JSON object and is ignored",
                path.display()
            ));
            Metadata::default()
        }
    }
}
