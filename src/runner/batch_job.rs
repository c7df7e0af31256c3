//! Runs one script on one file, in a process of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::batch_settings::Batch;
use super::summary::{Status, SummaryRow};
use crate::error::{Error, Result};
use crate::system;
use crate::task;

/// First and longest interval between two checks of a process.
const LOOKS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(20)];

/// A file to run the script on.
#[derive(Debug)]
pub(super) struct BatchJob {
    /// Path as it was given.
    pub(super) file: String,
    /// Path of the file.
    pub(super) path: PathBuf,
    /// Name of its output files.
    pub(super) name: String,
}

impl BatchJob {
    /// Runs the script; a failure of the script is not an error of the batch.
    pub(super) fn run(&self, batch: &Batch) -> Result<SummaryRow> {
        let errors = batch.out.join(format!("{}.err", self.name));
        let mut command = self.command(batch)?;
        let create = |path: &Path| File::create(path).map_err(|e| Error::io("create", path, &e));
        command
            .stdin(Stdio::null())
            .stdout(create(&batch.out.join(format!("{}.out", self.name)))?)
            .stderr(create(&errors)?);
        let start = Instant::now();
        let mut child = command
            .spawn()
            .map_err(|e| Error::io("start", Path::new(command.get_program()), &e))?;
        let (ended, peak) = wait(&mut child)?;
        let status = match ended.success() {
            true => Status::Done,
            false if system::has_crashed(ended) => Status::Crashed,
            false => Status::Failed,
        };
        let message = match status {
            Status::Done => String::new(),
            Status::Failed => message(&errors),
            Status::Crashed => ended.to_string(),
        };
        Ok(SummaryRow {
            file: self.file.clone(),
            status,
            seconds: start.elapsed().as_secs_f64(),
            peak_memory: peak,
            message,
        })
    }

    fn command(&self, batch: &Batch) -> Result<Command> {
        let program = std::env::current_exe()
            .map_err(|e| Error::io("find", Path::new("the program itself"), &e))?;
        let mut command = Command::new(program);
        command.arg("--headless").args(&batch.options);
        if let Some(folder) = &batch.record {
            command.arg("--record").arg(folder.join(&self.name));
        }
        command.arg("run");
        command.arg(&batch.script).arg(&self.path).arg(&batch.out);
        // Processes that run at the same time share the cores.
        if batch.jobs > 1 && std::env::var_os("RAYON_NUM_THREADS").is_none() {
            let cores = thread::available_parallelism().map_or(1, usize::from);
            let share = (cores / batch.jobs).max(1);
            command.env("RAYON_NUM_THREADS", share.to_string());
        }
        Ok(command)
    }
}

/// Waits for a process; returns how it ended, and its peak memory where the system reports it.
fn wait(child: &mut Child) -> Result<(ExitStatus, Option<usize>)> {
    let (mut peak, [mut pause, longest]) = (None, LOOKS);
    loop {
        peak = system::peak_memory_of(child).max(peak);
        let ended = child.try_wait();
        if let Some(ended) = ended.map_err(|e| Error::io("wait for", Path::new("a script"), &e))? {
            return Ok((ended, peak));
        }
        if task::is_interrupted() {
            // It may have ended in the meantime.
            let _ = child.kill();
        }
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(longest);
    }
}

/// Message of a script that failed.
fn message(errors: &Path) -> String {
    let text = fs::read(errors).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let error = text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("error: "));
    let last = || text.lines().rev().find(|line| !line.trim().is_empty());
    error.or_else(last).unwrap_or_default().to_owned()
}
