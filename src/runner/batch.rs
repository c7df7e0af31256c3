//! Runs one script on many files: a process for each, so that a failure affects only its file, and
//! a table of the results.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::batch_job::BatchJob;
use super::batch_settings::{Batch, BatchShard};
use super::summary::{BatchSummary, SummaryRow, done_before};
use crate::bail;
use crate::error::{Error, Result};
use crate::script::host::profile::time_text;
use crate::task;
use crate::text::paths::glob;

impl Batch {
    /// Runs the script on every file; true if all succeeded.
    pub fn run(&self) -> Result<bool> {
        fs::create_dir_all(&self.out).map_err(|e| Error::io("create", &self.out, &e))?;
        let done = match self.resume {
            true => done_before(&self.out)?,
            false => Vec::new(),
        };
        let is_done = |job: &BatchJob| done.iter().any(|row| row.file == job.file);
        let jobs = self.jobs();
        let total = jobs.len();
        let (skipped, left): (Vec<BatchJob>, Vec<BatchJob>) = jobs.into_iter().partition(is_done);
        if !skipped.is_empty() {
            eprintln!("{} of {total} files are done already", skipped.len());
        }
        let kept = done
            .into_iter()
            .filter(|row| skipped.iter().any(|job| job.file == row.file));
        let summary = BatchSummary::new(self.summary_path(), kept.collect());
        self.work(left, &summary)?;
        let failed = summary.count_failed();
        eprintln!(
            "{} files: {} done, {failed} failed; the table is {}",
            summary.count(),
            summary.count() - failed,
            self.summary_path().display()
        );
        task::check()?;
        Ok(failed == 0)
    }

    /// Runs jobs, several at the same time.
    fn work(&self, left: Vec<BatchJob>, summary: &BatchSummary) -> Result<()> {
        summary.write()?;
        let total = left.len();
        let queue = Mutex::new(left.into_iter().enumerate());
        let next = || queue.lock().expect("no panic while holding it").next();
        let worker = || -> Result<()> {
            while let Some((at, job)) = next() {
                let row = job.run(self)?;
                if task::is_interrupted() {
                    return Ok(());
                }
                eprintln!("[{}/{total}] {}", at + 1, told(&row));
                summary.add(row)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let start = |_| scope.spawn(task::in_this_job(worker));
            let workers: Vec<_> = (0..self.jobs.max(1)).map(start).collect();
            workers.into_iter().try_for_each(|worker| {
                let panicked = |_| Err(Error::new("a thread that ran scripts has ended"));
                worker.join().unwrap_or_else(panicked)
            })
        })
    }

    /// Jobs for the files of the shard. Names are derived from all files, so that shards do not
    /// overwrite each other's output.
    fn jobs(&self) -> Vec<BatchJob> {
        let names = names(&self.files);
        let jobs = self.files.iter().zip(names).map(|(file, name)| BatchJob {
            file: file.display().to_string(),
            path: file.clone(),
            name,
        });
        let shard = self.shard.unwrap_or(BatchShard { index: 1, count: 1 });
        jobs.skip(shard.index - 1).step_by(shard.count).collect()
    }

    fn summary_path(&self) -> PathBuf {
        self.out.join(match self.shard {
            Some(BatchShard { index, count }) => format!("summary-{index}-of-{count}.csv"),
            None => "summary.csv".into(),
        })
    }
}

/// Row as one line.
fn told(row: &SummaryRow) -> String {
    let time = time_text(std::time::Duration::from_secs_f64(row.seconds));
    let message = match row.message.is_empty() {
        true => String::new(),
        false => format!(": {}", row.message),
    };
    format!("{} {} ({time}){message}", row.status, row.file)
}

/// Replaces each pattern by the files that match it, since the shells of Windows do not.
pub fn matching(files: Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for file in files {
        let text = file.to_string_lossy();
        if file.exists() || !text.contains(['*', '?']) {
            found.push(file);
            continue;
        }
        let matching = glob(&text)?;
        if matching.is_empty() {
            bail!("no file matches `{text}`");
        }
        found.extend(matching);
    }
    Ok(found)
}

/// Name for each file, without folder and extension; with a number if names repeat.
fn names(files: &[PathBuf]) -> Vec<String> {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let name = |path: &PathBuf| {
        let path: &Path = path;
        let stem = path
            .file_stem()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        let count = used.entry(stem.to_lowercase()).or_default();
        *count += 1;
        match count {
            1 => stem,
            count => format!("{stem}-{count}"),
        }
    };
    files.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_numbered_from_one() {
        assert_eq!("2/3".parse(), Ok(BatchShard { index: 2, count: 3 }));
        for text in ["0/3", "4/3", "a/3", "2"] {
            assert!(text.parse::<BatchShard>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_do_not_repeat() {
        let files = ["a/x.tif", "b/x.tif", "y", "c/X.npy"].map(PathBuf::from);
        assert_eq!(names(&files), ["x", "x-2", "y", "X-3"]);
    }
}
