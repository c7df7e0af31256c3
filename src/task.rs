//! Long operations: run on all cores, report progress, stop at Ctrl-C.
//!
//! Every loop over frames or tiles goes through [`for_each`] or a [`Task`], so that no kernel
//! deals with threads, progress or interruption itself.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};

use rayon::iter::IndexedParallelIterator;

use crate::error::{Error, Result};

/// The stack of threads that run scripts, which may call functions in functions to a great depth.
pub const STACK_SIZE: usize = 1 << 30;

/// Where warnings and progress go; the program writes them to standard error.
pub trait Reporter: Send + Sync {
    /// Says something the user should know, although the operation carries on.
    fn warn(&self, message: &str);
    /// Tells how an operation went, to users who asked for that.
    fn note(&self, message: &str);
    /// `done` of `total` steps of an operation are done; the last call has them equal.
    fn progress(&self, operation: &str, done: usize, total: usize);
    /// The operation has ended, complete or not.
    fn finished(&self, operation: &str);
}

static REPORTER: OnceLock<Box<dyn Reporter>> = OnceLock::new();
static AFTER_EACH_STEP: OnceLock<fn()> = OnceLock::new();
static STOP: AtomicU8 = AtomicU8::new(0);
static UNINTERRUPTED: AtomicUsize = AtomicUsize::new(0);

/// Sets where warnings and progress go. The first call counts.
pub fn set_reporter(reporter: Box<dyn Reporter>) {
    let _ = REPORTER.set(reporter);
}

/// Sets what is done after each step of every operation. The first call counts.
pub fn after_each_step(action: fn()) {
    let _ = AFTER_EACH_STEP.set(action);
}

/// Shows a warning.
pub fn warn(message: &str) {
    match REPORTER.get() {
        Some(reporter) => reporter.warn(message),
        None => eprintln!("warning: {message}"),
    }
}

/// Tells how an operation went.
pub fn note(message: &str) {
    match REPORTER.get() {
        Some(reporter) => reporter.note(message),
        None => eprintln!("{message}"),
    }
}

/// Why everything is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The user asked for it.
    User = 1,
    /// The time for a script is over.
    Time,
    /// A script holds more than it may.
    Memory,
}

/// Asks every running operation to stop, because the user wants it.
pub fn interrupt() {
    STOP.store(Stop::User as u8, Relaxed);
}

/// Asks every running operation to stop. The first reason counts.
pub fn stop(reason: Stop) {
    let _ = STOP.compare_exchange(0, reason as u8, Relaxed, Relaxed);
}

/// Why everything is to stop, if it is.
pub fn stopped() -> Option<Stop> {
    [Stop::User, Stop::Time, Stop::Memory]
        .into_iter()
        .find(|reason| *reason as u8 == STOP.load(Relaxed))
}

/// Forgets an earlier interruption, before something new is started.
pub fn clear_interrupt() {
    STOP.store(0, Relaxed);
}

/// Whether everything is to stop.
pub fn is_interrupted() -> bool {
    STOP.load(Relaxed) != 0
}

/// While it exists, operations run to their end even if the user asks to stop: for changes that
/// must not be left half done. The request is heeded afterwards.
pub struct Uninterrupted(());

impl Uninterrupted {
    /// Begins such a time.
    pub fn begin() -> Self {
        UNINTERRUPTED.fetch_add(1, Relaxed);
        Self(())
    }
}

impl Drop for Uninterrupted {
    fn drop(&mut self) {
        UNINTERRUPTED.fetch_sub(1, Relaxed);
    }
}

/// One long operation of a known number of steps.
pub struct Task {
    operation: Cow<'static, str>,
    total: usize,
    done: AtomicUsize,
}

impl Task {
    /// Begins an operation, named by what it does to the user's data ("smoothing").
    pub fn new(operation: impl Into<Cow<'static, str>>, total: usize) -> Self {
        Self {
            operation: operation.into(),
            total,
            done: AtomicUsize::new(0),
        }
    }

    /// Counts `steps` as done; an error if the user asked to stop.
    pub fn advance(&self, steps: usize) -> Result<()> {
        if is_interrupted() && UNINTERRUPTED.load(Relaxed) == 0 {
            return Err(Error::interrupted());
        }
        let done = self.done.fetch_add(steps, Relaxed) + steps;
        if let Some(reporter) = REPORTER.get() {
            reporter.progress(&self.operation, done, self.total);
        }
        if let Some(action) = AFTER_EACH_STEP.get() {
            action();
        }
        Ok(())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(reporter) = REPORTER.get() {
            reporter.finished(&self.operation);
        }
    }
}

/// Runs `step` for each item on all cores. A step should take well under 100 ms, the time within
/// which Ctrl-C stops the operation.
pub fn for_each<I: IndexedParallelIterator>(
    operation: &'static str,
    items: I,
    step: impl Fn(I::Item) -> Result<()> + Send + Sync,
) -> Result<()> {
    for_each_init(operation, items, || (), |(), item| step(item))
}

/// Like [`for_each`], with scratch memory made by `init` and kept from step to step.
pub fn for_each_init<I: IndexedParallelIterator, S>(
    operation: &'static str,
    items: I,
    init: impl Fn() -> S + Send + Sync,
    step: impl Fn(&mut S, I::Item) -> Result<()> + Send + Sync,
) -> Result<()> {
    let task = Task::new(operation, items.len());
    items.try_for_each_init(init, |scratch, item| {
        step(scratch, item)?;
        task.advance(1)
    })
}
