//! Files that are not kept open, whose changes can be noticed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::samples::SharedFile;
use super::watched::WatchedFile;
use crate::error::Result;
use crate::fs::files;

/// A file that was closed again, as there may be more of its kind than a program can open.
pub(in crate::io) struct ClosedFile {
    path: PathBuf,
    len: u64,
    modified: Option<SystemTime>,
}

impl ClosedFile {
    /// A file as it is now.
    pub(in crate::io) fn new(path: &Path) -> Result<Self> {
        let file = SharedFile::open(path)?;
        Ok(Self {
            path: files::absolute(path),
            len: file.len(),
            modified: file.modified(),
        })
    }
}

impl WatchedFile for ClosedFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    fn is_unchanged(&self) -> bool {
        Self::new(&self.path).is_ok_and(|now| (now.len, now.modified) == (self.len, self.modified))
    }
}
