//! Files that must stay as they were when they were opened.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::samples::SharedFile;
use crate::error::Result;

/// A file whose changes can be noticed.
pub(crate) trait WatchedFile {
    /// Path of the file.
    fn path(&self) -> &Path;

    /// When it had been written to for the last time before it was opened, if that is known.
    fn modified(&self) -> Option<SystemTime>;

    /// Whether nobody has written to the file since it was opened.
    fn is_unchanged(&self) -> bool;

    /// Whether nobody had written to the file for some time when it was opened.
    fn is_older_than(&self, time: Duration) -> bool {
        let age = self.modified().and_then(|modified| modified.elapsed().ok());
        age.is_some_and(|age| age > time)
    }
}

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
            path: path.to_owned(),
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
