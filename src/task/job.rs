//! What two sessions in one process do not share: the request to stop, the destination of warnings
//! and progress, and the memory account.
//!
//! A thread enters the [`Job`] it works for, and what runs on it finds the job there. As a parameter
//! it would pass through hundreds of functions, among them operators and callbacks whose signatures
//! Rhai and the standard library fix, only to be read where a loop checks for a stop or an array is
//! allocated. The price is that a new thread must be told: the parallel loops of this module do
//! that, and everything else that starts a thread wraps its function with [`in_this_job`].
//!
//! A thread that has entered no job works for the default job of the process.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::memory::MemoryAccount;
use super::stage_times::StageTimes;
use crate::error::{Error, Result};

/// Destination of warnings and progress; the program writes them to standard error.
pub trait Reporter: Send + Sync {
    /// Shows a warning while the operation continues.
    fn warn(&self, message: &str);
    /// Shows details of an operation to users who asked for them.
    fn note(&self, message: &str);
    /// Reports that steps are complete; all of them in the last call.
    fn progress(&self, progress: &OperationProgress<'_>);
    /// Reports that the operation has ended, complete or not.
    fn finished(&self, operation: &str);
}

/// How far an operation is.
#[derive(Debug, Clone, Copy)]
pub struct OperationProgress<'a> {
    /// What it does ("smoothing").
    pub operation: &'a str,
    /// Steps that are complete.
    pub done: usize,
    /// All steps.
    pub total: usize,
    /// What a step is ("frames"); empty if it is nothing that a user counts.
    pub unit: &'static str,
    /// Time since it began.
    pub elapsed: Duration,
    /// What most of the time is spent on; empty if that is the operation itself.
    pub bottleneck: &'a str,
    /// Bytes of memory that it is expected to need; 0 if that is not known.
    pub needed: usize,
}

/// Reason to stop a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The user asked for it.
    User = 1,
    /// The time limit of a script has expired.
    Time,
    /// A script exceeds its memory limit.
    Memory,
}

/// Everything that runs for one session, on any number of threads.
pub struct Job {
    /// Without one, messages go to standard error and progress is not shown.
    reporter: Option<Box<dyn Reporter>>,
    after_each_step: OnceLock<fn()>,
    /// Warnings so far, if they are to be kept.
    warnings: Mutex<Option<Vec<String>>>,
    stop: AtomicU8,
    critical_sections: AtomicUsize,
    /// Apart from the fields that every step reads, since it is written often.
    memory: Arc<MemoryAccount>,
    pub(super) stage_times: StageTimes,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Job>>> = const { RefCell::new(None) };
}

static DEFAULT: LazyLock<Arc<Job>> = LazyLock::new(|| Arc::new(Job::with(None)));

/// Number of jobs apart from the default one.
static COUNT: AtomicUsize = AtomicUsize::new(0);

impl Job {
    /// Creates a job that writes warnings to standard error and shows no progress.
    pub fn new() -> Arc<Self> {
        COUNT.fetch_add(1, Relaxed);
        Arc::new(Self::with(None))
    }

    /// Creates a job with a destination of warnings and progress.
    pub fn reporting_to(reporter: Box<dyn Reporter>) -> Arc<Self> {
        COUNT.fetch_add(1, Relaxed);
        Arc::new(Self::with(Some(reporter)))
    }

    fn with(reporter: Option<Box<dyn Reporter>>) -> Self {
        Self {
            reporter,
            after_each_step: OnceLock::new(),
            warnings: Mutex::new(None),
            stop: AtomicU8::new(0),
            critical_sections: AtomicUsize::new(0),
            memory: Arc::new(MemoryAccount::new()),
            stage_times: StageTimes::default(),
        }
    }

    /// The job of this thread.
    pub fn current() -> Arc<Self> {
        // A thread that is about to end has left its job.
        let entered = CURRENT.try_with(|current| current.borrow().clone());
        entered.ok().flatten().unwrap_or_else(|| DEFAULT.clone())
    }

    /// Number of jobs in the process that somebody has created and not dropped.
    pub fn count() -> usize {
        COUNT.load(Relaxed)
    }

    /// Makes it the job of this thread until the guard is dropped.
    pub fn enter(self: &Arc<Self>) -> EnteredJob {
        let outer = CURRENT.try_with(|current| current.replace(Some(self.clone())));
        EnteredJob {
            outer: outer.ok().flatten(),
            of_this_thread: PhantomData,
        }
    }

    /// Memory that its arrays use.
    pub fn memory(&self) -> &Arc<MemoryAccount> {
        &self.memory
    }

    /// Keeps the warnings from now on.
    pub fn keep_warnings(&self) {
        self.kept_warnings().get_or_insert_default();
    }

    /// Warnings that were kept.
    pub fn warnings(&self) -> Vec<String> {
        self.kept_warnings().clone().unwrap_or_default()
    }

    fn kept_warnings(&self) -> MutexGuard<'_, Option<Vec<String>>> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a warning.
    pub fn warn(&self, message: &str) {
        if let Some(kept) = &mut *self.kept_warnings() {
            kept.push(message.to_owned());
        }
        match &self.reporter {
            Some(reporter) => reporter.warn(message),
            None => eprintln!("warning: {message}"),
        }
    }

    /// Shows details of an operation.
    pub fn note(&self, message: &str) {
        match &self.reporter {
            Some(reporter) => reporter.note(message),
            None => eprintln!("{message}"),
        }
    }

    /// Asks its operations to stop, on behalf of the user.
    pub fn interrupt(&self) {
        self.stop.store(Stop::User as u8, Relaxed);
    }

    /// Asks its operations to stop. The first reason is kept.
    pub fn stop(&self, reason: Stop) {
        let _ = self
            .stop
            .compare_exchange(0, reason as u8, Relaxed, Relaxed);
    }

    /// Reason to stop, if there is one.
    pub fn stopped(&self) -> Option<Stop> {
        [Stop::User, Stop::Time, Stop::Memory]
            .into_iter()
            .find(|reason| *reason as u8 == self.stop.load(Relaxed))
    }

    /// Clears an earlier interruption before something new is started.
    pub fn clear_interrupt(&self) {
        self.stop.store(0, Relaxed);
    }

    /// Whether its operations are to stop.
    pub fn is_interrupted(&self) -> bool {
        self.stop.load(Relaxed) != 0
    }

    /// An error if its operations are to stop.
    pub fn check(&self) -> Result<()> {
        match self.is_interrupted() && self.critical_sections.load(Relaxed) == 0 {
            true => Err(Error::interrupted()),
            false => Ok(()),
        }
    }

    /// Sets an action after each step of its operations. Only the first call has an effect.
    pub fn after_each_step(&self, action: fn()) {
        let _ = self.after_each_step.set(action);
    }

    /// Reports the progress of an operation, unless it is a part of another, after a step.
    pub(super) fn step_ended(&self, progress: Option<&OperationProgress<'_>>) {
        if let Some(reporter) = &self.reporter
            && let Some(progress) = progress
        {
            reporter.progress(progress);
        }
        if let Some(action) = self.after_each_step.get() {
            action();
        }
    }

    pub(super) fn operation_ended(&self, operation: &str) {
        if let Some(reporter) = &self.reporter {
            reporter.finished(operation);
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // The default job, which is not counted, is never dropped.
        COUNT.fetch_sub(1, Relaxed);
    }
}

/// While it exists, its thread works for a job; then for the one before.
#[must_use = "the thread leaves the job when the guard is dropped"]
pub struct EnteredJob {
    outer: Option<Arc<Job>>,
    of_this_thread: PhantomData<*const ()>,
}

impl Drop for EnteredJob {
    fn drop(&mut self) {
        let outer = self.outer.take();
        // A thread that is about to end needs no job.
        let _ = CURRENT.try_with(|current| current.replace(outer));
    }
}

/// Limits of chains that tests choose; threads of a job have those of the one that starts them.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct TestLimits {
    /// Smallest pending result in bytes.
    pub(crate) pending: usize,
    /// Number of frames of a block.
    pub(crate) block: usize,
    /// Smallest number of frames that a stage with a window computes at once.
    pub(crate) per_call: usize,
}

#[cfg(test)]
thread_local! {
    pub(crate) static TEST_LIMITS: std::cell::Cell<Option<TestLimits>> =
        const { std::cell::Cell::new(None) };
}

/// A function for another thread, which then works for the job of this one.
pub fn in_this_job<R>(run: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let job = Job::current();
    #[cfg(test)]
    let limits = TEST_LIMITS.get();
    move || {
        let _entered = job.enter();
        #[cfg(test)]
        TEST_LIMITS.set(limits);
        let result = run();
        #[cfg(test)]
        TEST_LIMITS.set(None);
        result
    }
}

/// Asks the job of this thread, without the count of its owners that all threads would change.
fn ask<R>(question: impl Fn(&Job) -> R) -> R {
    let answer = CURRENT.try_with(|current| current.borrow().as_deref().map(&question));
    answer.ok().flatten().unwrap_or_else(|| question(&DEFAULT))
}

/// Shows a warning.
pub fn warn(message: &str) {
    Job::current().warn(message);
}

/// Shows details of an operation.
pub fn note(message: &str) {
    Job::current().note(message);
}

/// Whether the operations of the job of this thread are to stop.
pub fn is_interrupted() -> bool {
    ask(Job::is_interrupted)
}

/// An error if they are to stop, for loops that are not a [`Task`](super::Task).
pub fn check() -> Result<()> {
    ask(Job::check)
}

/// While it exists, the operations of the job run to their end even if the user asks to stop: for
/// changes that must not be left half done. The request takes effect afterwards.
pub struct CriticalSection(Arc<Job>);

impl CriticalSection {
    /// Begins a critical section.
    pub fn begin() -> Self {
        let job = Job::current();
        job.critical_sections.fetch_add(1, Relaxed);
        Self(job)
    }
}

impl Drop for CriticalSection {
    fn drop(&mut self) {
        self.0.critical_sections.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::thread;

    use super::*;
    use crate::task::{Task, for_each, interruptibly, join, map};

    /// A reporter that keeps what it is told.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<String>>>);

    impl Kept {
        fn add(&self, text: String) {
            self.0.lock().unwrap().push(text);
        }
    }

    impl Reporter for Kept {
        fn warn(&self, message: &str) {
            self.add(format!("warning: {message}"));
        }
        fn note(&self, message: &str) {
            self.add(message.into());
        }
        fn progress(&self, progress: &OperationProgress<'_>) {
            if progress.done == progress.total {
                self.add(format!("{}: {}", progress.operation, progress.total));
            }
        }
        fn finished(&self, operation: &str) {
            self.add(format!("{operation} ended"));
        }
    }

    fn is_here(job: &Arc<Job>) -> bool {
        Arc::ptr_eq(&Job::current(), job)
    }

    #[test]
    fn a_thread_leaves_its_jobs_in_turn() {
        let (outer, inner) = (Job::new(), Job::new());
        let before = Job::current();
        let first = outer.enter();
        assert!(is_here(&outer));
        let second = inner.enter();
        assert!(is_here(&inner));
        drop(second);
        assert!(is_here(&outer));
        drop(first);
        assert!(is_here(&before));
    }

    #[test]
    fn every_thread_of_an_operation_works_for_its_job() {
        let job = Job::new();
        let _entered = job.enter();
        let found = map(
            0..100,
            || (),
            |(), _| {
                let inner = map(
                    0..20,
                    || is_here(&job),
                    |init, _| Ok(*init && is_here(&job)),
                )?;
                Ok(is_here(&job) && inner.into_iter().all(|is_here| is_here))
            },
        );
        assert_eq!(found.unwrap(), [true; 100]);
        let sides = Mutex::new(Vec::new());
        let mut note = || {
            sides.lock().unwrap().push(is_here(&job));
            Ok(())
        };
        let mut other = note;
        join(&mut note, &mut other).unwrap();
        assert_eq!(*sides.lock().unwrap(), [true, true]);
        let kept = job.clone();
        assert_eq!(interruptibly(move || is_here(&kept)).unwrap(), Some(true));
        let kept = job.clone();
        let other = thread::spawn(in_this_job(move || is_here(&kept)));
        assert!(other.join().unwrap());
        let kept = job.clone();
        assert!(!thread::spawn(move || is_here(&kept)).join().unwrap());
    }

    #[test]
    fn an_interruption_stops_one_job() {
        let (one, other) = (Job::new(), Job::new());
        let endless = |job: Arc<Job>| {
            let _entered = job.enter();
            loop {
                for_each("waiting", 0..100, |_| Ok(()))?;
            }
        };
        let stopped = one.clone();
        let running: thread::JoinHandle<Result<()>> = thread::spawn(move || endless(stopped));
        let _entered = other.enter();
        one.interrupt();
        assert!(running.join().unwrap().unwrap_err().is_interrupted());
        assert_eq!((one.stopped(), other.stopped()), (Some(Stop::User), None));
        for_each("going on", 0..100, |_| Ok(())).unwrap();
        assert!(check().is_ok() && !is_interrupted());
        one.clear_interrupt();
        one.stop(Stop::Time);
        one.stop(Stop::Memory);
        assert_eq!(one.stopped(), Some(Stop::Time));
    }

    #[test]
    fn a_critical_section_holds_in_its_job() {
        let (one, other) = (Job::new(), Job::new());
        let _entered = one.enter();
        let section = CriticalSection::begin();
        one.interrupt();
        other.interrupt();
        assert!(check().is_ok() && other.check().is_err());
        drop(section);
        assert!(check().is_err());
    }

    #[test]
    fn each_job_reports_to_its_own() {
        let reporters = [Kept::default(), Kept::default()];
        let [one, other] = reporters
            .clone()
            .map(|kept| Job::reporting_to(Box::new(kept)));
        let entered = one.enter();
        for_each("smoothing", 0..7, |_| Ok(())).unwrap();
        let task = Task::new("averaging", 1);
        drop(entered);
        let _entered = other.enter();
        warn("careful");
        for_each("padding", 0..3, |_| Ok(())).unwrap();
        // An operation belongs to the job that it began in.
        task.advance(1).unwrap();
        drop(task);
        let said = reporters.map(|kept| kept.0.lock().unwrap().clone());
        let expected = [
            "smoothing: 7",
            "smoothing ended",
            "averaging: 1",
            "averaging ended",
        ];
        assert_eq!(said[0], expected);
        assert_eq!(said[1], ["warning: careful", "padding: 3", "padding ended"]);
    }

    #[test]
    fn actions_after_steps_belong_to_a_job() {
        static STEPS: AtomicUsize = AtomicUsize::new(0);
        let (one, other) = (Job::new(), Job::new());
        one.after_each_step(|| {
            STEPS.fetch_add(1, Relaxed);
        });
        for (job, expected) in [(&other, 0), (&one, 5)] {
            let _entered = job.enter();
            for_each("stepping", 0..5, |_| Ok(())).unwrap();
            assert_eq!(STEPS.load(Relaxed), expected);
        }
    }
}
