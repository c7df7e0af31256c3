//! Standard error: warnings, progress bars and errors; and Ctrl-C.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};
use rustyline::ExternalPrinter;

use crate::draw::terminal::understands_escapes;
use crate::error::Error;
use crate::script::Context;
use crate::script::language::diagnostic::Diagnostic;
use crate::system::{self, survive_size_limits};
use crate::task::{Job, OperationProgress, Reporter, in_this_job};
use crate::video::size_text;

/// Time before an operation shows a progress bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// The job of the session that owns the terminal: its warnings and progress go to standard error,
/// and Ctrl-C interrupts it.
pub fn job() -> Arc<Job> {
    static JOB: OnceLock<Arc<Job>> = OnceLock::new();
    let job = JOB.get_or_init(|| {
        let job = Job::reporting_to(Box::new(Terminal {
            show_bars: io::stderr().is_terminal(),
            bar: Mutex::new(None),
        }));
        survive_size_limits();
        let interrupted = job.clone();
        // Fails only if the program that uses this library has a handler of its own.
        let _ = ctrlc::set_handler(move || interrupted.interrupt());
        job
    });
    job.clone()
}

/// Prints an error without a position in a script.
pub fn print_error(error: &Error) {
    eprintln!("error: {error}");
    for hint in error.hints() {
        eprintln!("  = help: {hint}");
    }
}

/// Prints the failure of a script.
pub fn print_diagnostic(diagnostic: &Diagnostic, context: &Context) {
    let color = understands_escapes(&Term::stderr()) && std::env::var_os("NO_COLOR").is_none();
    eprint!("{}", diagnostic.render(context, color));
}

/// Prints lines above the entry being typed, if a thread has something to say meanwhile.
static ABOVE_ENTRIES: OnceLock<Sender<String>> = OnceLock::new();

/// Whether somebody types an entry.
static IS_TYPING: AtomicBool = AtomicBool::new(false);

/// Uses a printer of the prompt for what is said while somebody types.
pub fn print_above_entries(mut printer: impl ExternalPrinter + Send + 'static) {
    let (send, lines) = channel();
    // Printing waits for the prompt, for which the thread that has something to say must not.
    let print = move || lines.into_iter().try_for_each(|line| printer.print(line));
    if thread::Builder::new().spawn(in_this_job(print)).is_ok() {
        // There is one prompt.
        let _ = ABOVE_ENTRIES.set(send);
    }
}

/// While it exists, somebody types an entry.
pub struct EntryBeingTyped(());

impl EntryBeingTyped {
    /// Begins an entry.
    pub fn begin() -> Self {
        IS_TYPING.store(true, Relaxed);
        Self(())
    }
}

impl Drop for EntryBeingTyped {
    fn drop(&mut self) {
        IS_TYPING.store(false, Relaxed);
    }
}

/// The printer, if it is to be used: what goes to a file has no entry below it.
fn entry_printer() -> Option<&'static Sender<String>> {
    let is_shown = IS_TYPING.load(Relaxed) && io::stderr().is_terminal();
    ABOVE_ENTRIES.get().filter(|_| is_shown)
}

struct Terminal {
    show_bars: bool,
    bar: Mutex<Option<ActiveOperation>>,
}

/// The running operation.
struct ActiveOperation {
    operation: String,
    bar: Option<ProgressBar>,
}

impl Terminal {
    /// Prints a line above the progress bar, if there is one.
    fn say(&self, text: &str) {
        if let Some(printer) = entry_printer() {
            // It ends with the program.
            let _ = printer.send(format!("{text}\n"));
            return;
        }
        let running = self.bar.lock().ok();
        match running
            .as_ref()
            .and_then(|running| running.as_ref()?.bar.as_ref())
        {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }
}

impl Reporter for Terminal {
    fn warn(&self, message: &str) {
        self.say(&format!("warning: {message}"));
    }

    fn note(&self, message: &str) {
        self.say(message);
    }

    fn progress(&self, progress: &OperationProgress<'_>) {
        // Steps end on many threads at once; a thread that finds the bar locked need not wait for
        // it.
        let Some(mut running) = self.show_bars.then(|| self.bar.try_lock().ok()).flatten() else {
            return;
        };
        let running = running.get_or_insert_with(|| ActiveOperation {
            operation: progress.operation.to_owned(),
            bar: None,
        });
        if running.operation != progress.operation || progress.elapsed < PATIENCE {
            return;
        }
        let bar = running.bar.get_or_insert_with(|| new_bar(progress));
        bar.set_position(progress.done as u64);
        let columns = Term::stderr().size().1;
        bar.set_message(facts(progress, system::memory(), columns.into()));
    }

    fn finished(&self, operation: &str) {
        let Ok(mut running) = self.bar.lock() else {
            return;
        };
        if running
            .as_ref()
            .is_some_and(|running| running.operation == operation)
            && let Some(bar) = running.take().and_then(|running| running.bar)
        {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(progress: &OperationProgress<'_>) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3}%{msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(progress.total as u64)
        .with_style(style)
        .with_prefix(progress.operation.to_owned())
}

/// Columns of the operation and the bar, which what is said after them leaves free.
const BAR_COLUMNS: usize = 32;

/// Rate, time left, memory of the program and of the operation, and what most of the time is spent on: as much of it as
/// fits a terminal, the time left first. They are means since the operation began.
fn facts(progress: &OperationProgress<'_>, memory: Option<usize>, columns: usize) -> String {
    let seconds = progress.elapsed.as_secs_f64();
    let rate = progress.done as f64 / seconds;
    let steps_left = progress.total.saturating_sub(progress.done);
    let left = steps_left as f64 / rate;
    let mut facts = Vec::new();
    if left.is_finite() && 0 < steps_left {
        facts.push(format!("{} left", duration_text(left)));
    }
    if !progress.unit.is_empty() && rate.is_finite() {
        facts.push(format!("{} {}/s", rate_text(rate), progress.unit));
    }
    if !progress.bottleneck.is_empty() {
        facts.push(format!("waiting for {}", progress.bottleneck));
    }
    if progress.needed > 0 {
        facts.push(format!("needs about {}", size_text(progress.needed)));
    }
    facts.extend(memory.map(|bytes| format!("{} in memory", size_text(bytes))));
    let mut text = String::new();
    for fact in facts {
        let sign = if text.is_empty() { " " } else { ", " };
        if columns < BAR_COLUMNS + text.chars().count() + sign.len() + fact.chars().count() {
            continue;
        }
        text += sign;
        text += &fact;
    }
    text
}

/// A duration with one or two units.
fn duration_text(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A rate with about three digits.
fn rate_text(rate: f64) -> String {
    match rate {
        rate if rate < 10.0 => format!("{rate:.1}"),
        rate if rate < 1e6 => format!("{rate:.0}"),
        rate => format!("{:.0} million", rate / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(done: usize, seconds: f64) -> OperationProgress<'static> {
        OperationProgress {
            operation: "exporting",
            done,
            total: 1000,
            unit: "frames",
            elapsed: Duration::from_secs_f64(seconds),
            bottleneck: "libx264",
            needed: 0,
        }
    }

    #[test]
    fn rate_and_rest_are_means() {
        let progress = progress(250, 5.0);
        let text = facts(&progress, Some(1_400_000_000), 200);
        assert_eq!(
            text,
            " 15 s left, 50 frames/s, waiting for libx264, 1.4 GB in memory"
        );
        let unnamed = OperationProgress {
            unit: "",
            bottleneck: "",
            ..progress
        };
        assert_eq!(facts(&unnamed, None, 200), " 15 s left");
        assert_eq!(rate_text(123_400_000.0), "123 million");
    }

    #[test]
    fn the_memory_of_a_chain_is_forecast() {
        let chain = OperationProgress {
            bottleneck: "",
            needed: 150_000_000,
            ..progress(250, 5.0)
        };
        assert_eq!(
            facts(&chain, Some(1_400_000_000), 200),
            " 15 s left, 50 frames/s, needs about 150 MB, 1.4 GB in memory"
        );
    }

    #[test]
    fn narrow_terminals_get_what_matters() {
        let progress = progress(2, 0.5);
        assert_eq!(
            facts(&progress, Some(5), 70),
            " 4 min 10 s left, 4.0 frames/s"
        );
        assert_eq!(facts(&progress, Some(5), 40), "");
        assert_eq!(facts(&progress, None, 50), " 4 min 10 s left");
    }

    #[test]
    fn what_is_left_after_the_last_step_is_named() {
        let text = facts(&progress(1000, 10.0), None, 200);
        assert_eq!(text, " 100 frames/s, waiting for libx264");
    }

    #[test]
    fn nothing_done_has_no_rest() {
        assert_eq!(
            facts(&progress(0, 2.0), None, 200),
            " 0.0 frames/s, waiting for libx264"
        );
        let at_once = progress(1, 0.0);
        assert!(!facts(&at_once, None, 200).contains("inf"));
    }

    #[test]
    fn durations_have_two_units() {
        let texts = [0.4, 59.6, 61.0, 3599.0, 7260.0].map(duration_text);
        assert_eq!(
            texts,
            ["0 s", "1 min 0 s", "1 min 1 s", "59 min 59 s", "2 h 1 min"]
        );
    }
}
