//! The script that made a table, in a JSON file next to it: many readers of CSV take a comment for
//! a row.

use std::path::Path;
use std::sync::Arc;

use super::format::sidecar;
use super::recording::extension_of;
use crate::error::Result;
use crate::video::Metadata;

/// Saves the script that made a table; without one, a script of an earlier table is removed.
pub fn save_table_script(path: &Path, script: Option<Arc<str>>) -> Result<()> {
    if script.is_none() && !sidecar::exists(path) {
        return Ok(());
    }
    let metadata = Metadata {
        provenance: script,
        ..Metadata::default()
    };
    sidecar::save(path, &metadata)
}

/// The script that made a table; `None` for files of other kinds.
pub(super) fn script_of_table(path: &Path) -> Option<Arc<str>> {
    match extension_of(path).as_deref() {
        Some("csv") => sidecar::read(path).provenance,
        _ => None,
    }
}
