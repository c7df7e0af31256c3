//! What a batch runs, on which files and how.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::{Error, Result};

/// Settings of a batch.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Script; `ARGS` holds the file and the output folder.
    pub script: PathBuf,
    /// Files.
    pub files: Vec<PathBuf>,
    /// Number of processes to run at the same time.
    pub jobs: usize,
    /// Folder for the summary and the output of each script.
    pub out: PathBuf,
    /// Whether to skip files that an earlier run has completed.
    pub resume: bool,
    /// Part of the files to run.
    pub shard: Option<BatchShard>,
    /// Options of the command line that are passed to each process.
    pub options: Vec<OsString>,
    /// Folder in which each run is kept, in a folder of its own.
    pub record: Option<PathBuf>,
}

/// One of several parts of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchShard {
    /// Index of the part, from 1.
    pub index: usize,
    /// Number of parts.
    pub count: usize,
}

impl FromStr for BatchShard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers = text.split_once('/').and_then(|(index, count)| {
            let (index, count) = (index.trim().parse().ok()?, count.trim().parse().ok()?);
            (1 <= index && index <= count).then_some(Self { index, count })
        });
        numbers.ok_or_else(|| {
            Error::new(format!(
                "a shard must be i/n with 1 <= i <= n, got `{text}`"
            ))
        })
    }
}
