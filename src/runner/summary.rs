//! Table of a batch: one row per file, rewritten after each.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::fs::atomic;

/// Result of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Done,
    Failed,
    Crashed,
}

/// A file and its result.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SummaryRow {
    pub(super) file: String,
    pub(super) status: Status,
    pub(super) seconds: f64,
    pub(super) peak_memory: Option<usize>,
    pub(super) message: String,
}

/// All rows so far, and the file they are written to.
pub(super) struct BatchSummary {
    path: PathBuf,
    rows: Mutex<Vec<SummaryRow>>,
}

const HEADER: [&str; 5] = ["file", "status", "seconds", "peak_memory_mb", "message"];

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
        })
    }
}

impl BatchSummary {
    pub(super) fn new(path: PathBuf, rows: Vec<SummaryRow>) -> Self {
        let rows = Mutex::new(rows);
        Self { path, rows }
    }

    /// Adds a row and writes the table.
    pub(super) fn add(&self, row: SummaryRow) -> Result<()> {
        self.rows
            .lock()
            .expect("no panic while holding it")
            .push(row);
        self.write()
    }

    pub(super) fn count(&self) -> usize {
        self.rows.lock().expect("no panic while holding it").len()
    }

    pub(super) fn count_failed(&self) -> usize {
        let rows = self.rows.lock().expect("no panic while holding it");
        rows.iter().filter(|row| row.status != Status::Done).count()
    }

    pub(super) fn write(&self) -> Result<()> {
        let mut rows = self.rows.lock().expect("no panic while holding it");
        rows.sort_by(|a, b| a.file.cmp(&b.file));
        atomic::write(&self.path, |file| {
            let failed = |e: csv::Error| Error::io("write", &self.path, &std::io::Error::other(e));
            let mut table = csv::Writer::from_writer(file);
            table.write_record(HEADER).map_err(failed)?;
            for row in rows.iter() {
                table.write_record(row.fields()).map_err(failed)?;
            }
            table
                .flush()
                .map_err(|e| Error::io("write", &self.path, &e))
        })
    }
}

impl SummaryRow {
    fn fields(&self) -> [String; 5] {
        let megabytes = |bytes: usize| format!("{:.1}", bytes as f64 / 1e6);
        [
            self.file.clone(),
            self.status.to_string(),
            format!("{:.3}", self.seconds),
            self.peak_memory.map_or_else(String::new, megabytes),
            self.message.clone(),
        ]
    }

    fn from_record(record: &csv::StringRecord) -> Option<Self> {
        let megabytes = record.get(3).and_then(|text| text.parse::<f64>().ok());
        Some(Self {
            file: record.get(0)?.to_owned(),
            status: match record.get(1)? {
                "done" => Status::Done,
                "crashed" => Status::Crashed,
                _ => Status::Failed,
            },
            seconds: record.get(2)?.parse().ok()?,
            peak_memory: megabytes.map(|megabytes| (megabytes * 1e6) as usize),
            message: record.get(4).unwrap_or_default().to_owned(),
        })
    }
}

/// Files that earlier runs have completed, from all tables in a folder.
pub(super) fn done_before(folder: &Path) -> Result<Vec<SummaryRow>> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io("list", folder, &e))?;
    let is_table = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("summary") && name.ends_with(".csv")
    };
    let paths = entries.flatten().map(|entry| entry.path()).filter(is_table);
    let tables = paths.filter_map(|path| csv::Reader::from_path(path).ok());
    let rows = tables.flat_map(|table| table.into_records().flatten().collect::<Vec<_>>());
    let mut rows: Vec<SummaryRow> = rows
        .filter_map(|record| SummaryRow::from_record(&record))
        .collect();
    rows.retain(|row| row.status == Status::Done);
    rows.sort_by(|a, b| a.file.cmp(&b.file));
    rows.dedup_by(|a, b| a.file == b.file);
    Ok(rows)
}
