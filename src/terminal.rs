//! Standard error: warnings, progress bars and errors; and Ctrl-C.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};
use rustyline::ExternalPrinter;

use crate::draw::terminal::understands_escapes;
use crate::error::Error;
use crate::script::Context;
use crate::script::language::diagnostic::Diagnostic;
use crate::system::survive_size_limits;
use crate::task::{Job, Reporter};

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
    if thread::Builder::new().spawn(print).is_ok() {
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
    since: Instant,
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

    fn progress(&self, operation: &str, done: usize, total: usize) {
        // Steps end on many threads at once; a thread that finds the bar locked need not wait for
        // it.
        let Some(mut running) = self.show_bars.then(|| self.bar.try_lock().ok()).flatten() else {
            return;
        };
        let running = running.get_or_insert_with(|| ActiveOperation {
            operation: operation.to_owned(),
            since: Instant::now(),
            bar: None,
        });
        if running.operation != operation || running.since.elapsed() < PATIENCE {
            return;
        }
        let bar = running.bar.get_or_insert_with(|| new_bar(operation, total));
        bar.set_position(done as u64);
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

fn new_bar(operation: &str, total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3}% {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total as u64)
        .with_style(style)
        .with_message(operation.to_owned())
}
