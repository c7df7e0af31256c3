//! Files that must stay as they were when they were opened.

use std::path::Path;
use std::time::{Duration, SystemTime};

/// A file whose changes can be noticed.
pub(crate) trait WatchedFile {
    /// Path of the file.
    fn path(&self) -> &Path;

    /// When it had been written to for the last time before it was opened, if that is known.
    fn modified(&self) -> Option<SystemTime>;

    /// Whether nobody has written to the file since it was opened.
    fn is_unchanged(&self) -> bool;

    /// Closes the file until it is read again, so that others can replace it.
    fn close(&self) {}

    /// Whether nobody had written to the file for some time when it was opened.
    fn is_older_than(&self, time: Duration) -> bool {
        let age = self.modified().and_then(|modified| modified.elapsed().ok());
        age.is_some_and(|age| age > time)
    }
}
