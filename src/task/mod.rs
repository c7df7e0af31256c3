//! Long operations: run on all cores, report progress, stop at Ctrl-C.
//!
//! Every loop over frames or tiles goes through [`for_each`] or a [`Task`], so that no kernel
//! handles threads, progress or interruption itself. Whom they report to and who may stop them is
//! the [`Job`] of the thread that calls them.
//!
//! The threads are those of `rayon`, but not its iterators: these are compiled anew for each kind of
//! item and step, which was 10 of the program's 25 MB of machine code. Steps are taken from a queue
//! that is compiled once, which also hands them out in order, as reading a recording requires.

mod job;
pub mod memory;
mod pipeline;
mod stage_times;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
pub use job::{
    CriticalSection, EnteredJob, Job, OperationProgress, Reporter, Stop, check, in_this_job,
    is_interrupted, note, warn,
};
#[cfg(test)]
pub(crate) use job::{TEST_LIMITS, TestLimits};
pub use pipeline::pipeline;
pub use stage_times::{StageTime, timed};

/// Stack size of threads that run scripts, which may call functions recursively to a great depth.
pub const STACK_SIZE: usize = 1 << 30;

/// Interval at which a wait checks for a request to stop.
const POLL: Duration = Duration::from_millis(20);

/// Smallest number of parts into which the work of a core is divided.
const SHARES: usize = 4;

/// Largest number of items that a core takes at once.
const MAX_TAKEN: usize = 16;

thread_local! {
    static IS_PART: Cell<bool> = const { Cell::new(false) };
    static OUTER: RefCell<Option<Arc<Task>>> = const { RefCell::new(None) };
}

/// Runs something that is part of a longer operation: the operations it begins on this thread can
/// be interrupted but report no progress of their own.
pub fn as_part<R>(run: impl FnOnce() -> R) -> R {
    /// Restores what was set before, also when the operation panics.
    struct Outer(bool);
    impl Drop for Outer {
        fn drop(&mut self) {
            IS_PART.set(self.0);
        }
    }
    let _outer = Outer(IS_PART.replace(true));
    run()
}

/// Like [`as_part`], for something that may begin with [passes](Task::pass) over the data, whose
/// steps are some of those of the operation.
pub fn as_part_of<R>(operation: &Arc<Task>, run: impl FnOnce() -> R) -> R {
    /// Restores what was set before, also when the operation panics.
    struct Before(Option<Arc<Task>>);
    impl Drop for Before {
        fn drop(&mut self) {
            OUTER.replace(self.0.take());
        }
    }
    let _before = Before(OUTER.replace(Some(operation.clone())));
    as_part(run)
}

/// One long operation with a known number of steps.
pub struct Task {
    job: Arc<Job>,
    operation: Cow<'static, str>,
    total: usize,
    done: AtomicUsize,
    unit: &'static str,
    since: Instant,
    bottleneck: Cow<'static, str>,
    is_held_up: AtomicBool,
    is_part: bool,
    /// Bytes of memory that it is expected to need; 0 if that is not known.
    needed: usize,
    /// Operation whose steps are done with those of this one.
    outer: Option<Arc<Task>>,
}

impl Task {
    /// Begins an operation, named after what it does to the user's data ("smoothing").
    pub fn new(operation: impl Into<Cow<'static, str>>, total: usize) -> Self {
        Self {
            job: Job::current(),
            operation: operation.into(),
            total,
            done: AtomicUsize::new(0),
            unit: "",
            since: Instant::now(),
            bottleneck: "".into(),
            is_held_up: AtomicBool::new(false),
            is_part: IS_PART.get(),
            needed: 0,
            outer: None,
        }
    }

    /// Begins a pass over data that counts as steps of the operation that it is a part of, if that
    /// [expects it](as_part_of).
    pub fn pass(operation: impl Into<Cow<'static, str>>, total: usize) -> Self {
        let mut task = Self::new(operation, total);
        task.outer = OUTER.with_borrow(Clone::clone);
        task
    }

    /// Says how many bytes of memory it is expected to need.
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.needed = bytes;
        self
    }

    /// Says what its steps are ("frames"), so that their rate is shown.
    pub fn in_units(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// Names what may hold it up ("libx264").
    pub fn with_bottleneck(mut self, bottleneck: impl Into<Cow<'static, str>>) -> Self {
        self.bottleneck = bottleneck.into();
        self
    }

    /// Says whether most of the time is spent on that.
    pub fn set_held_up(&self, is_held_up: bool) {
        self.is_held_up.store(is_held_up, Relaxed);
    }

    /// Counts `steps` as done; an error if the user asked to stop.
    pub fn advance(&self, steps: usize) -> Result<()> {
        self.job.check()?;
        let done = self.done.fetch_add(steps, Relaxed) + steps;
        let is_held_up = self.is_held_up.load(Relaxed);
        let progress = OperationProgress {
            operation: &self.operation,
            done,
            total: self.total,
            unit: self.unit,
            elapsed: self.since.elapsed(),
            bottleneck: if is_held_up { &self.bottleneck } else { "" },
            needed: self.needed,
        };
        self.job.step_ended((!self.is_part).then_some(&progress));
        match &self.outer {
            Some(outer) => outer.advance(steps),
            None => Ok(()),
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.is_part {
            self.job.operation_ended(&self.operation);
        }
    }
}

/// Items that can be distributed over the cores.
pub trait Items: IntoIterator<Item: Send, IntoIter: ExactSizeIterator + Send> {}

impl<I: IntoIterator<Item: Send, IntoIter: ExactSizeIterator + Send>> Items for I {}

/// Runs `step` for each item on all cores. Ctrl-C stops the operation between steps, within 100 ms
/// if a step takes well under that.
pub fn for_each<I: Items>(
    operation: &'static str,
    items: I,
    step: impl Fn(I::Item) -> Result<()> + Sync,
) -> Result<()> {
    for_each_init(operation, items, || (), |(), item| step(item))
}

/// Like [`for_each`], with scratch memory made by `init` and reused from step to step.
pub fn for_each_init<I: Items, S>(
    operation: &'static str,
    items: I,
    init: impl Fn() -> S + Sync,
    step: impl Fn(&mut S, I::Item) -> Result<()> + Sync,
) -> Result<()> {
    let items = items.into_iter();
    let task = Task::new(operation, items.len());
    share(items, init, |scratch, item| {
        step(scratch, item)?;
        task.advance(1)
    })
}

/// Results of `step` for each item, in order: [`share`] with results.
pub fn map<I: Items, S, T: Send>(
    items: I,
    init: impl Fn() -> S + Sync,
    step: impl Fn(&mut S, I::Item) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let items = items.into_iter();
    let mut results: Vec<Option<T>> = Vec::new();
    results.resize_with(items.len(), || None);
    share(items.zip(&mut results), init, |scratch, (item, result)| {
        *result = Some(step(scratch, item)?);
        Ok(())
    })?;
    Ok(results.into_iter().flatten().collect())
}

/// Runs `step` for each item on all cores, for parts of an operation whose progress the caller
/// reports. Each core takes a few items at a time, in order, and fewer towards the end.
///
/// Rayon's own iterators would be compiled for each type of item and step, which made up a fifth of
/// the program's code; of this loop, only the inner part is.
pub fn share<I: Items, S>(
    items: I,
    init: impl Fn() -> S + Sync,
    step: impl Fn(&mut S, I::Item) -> Result<()> + Sync,
) -> Result<()> {
    let items = items.into_iter();
    let workers = cores().min(items.len()).max(1);
    let queue = Mutex::new(items);
    on_cores(workers, &|failed| {
        let mut scratch = init();
        let mut taken = [const { None }; MAX_TAKEN];
        loop {
            // Poisoned if making an item panicked: there are no more items then.
            let Ok(mut items) = queue.lock() else { break };
            let count = (items.len() / (SHARES * workers)).clamp(1, MAX_TAKEN);
            for item in &mut taken[..count] {
                *item = items.next();
            }
            drop(items);
            for item in &mut taken[..count] {
                let Some(item) = item.take() else {
                    return Ok(());
                };
                if failed.load(Relaxed) {
                    return Ok(());
                }
                step(&mut scratch, item)?;
            }
        }
        Ok(())
    })
}

/// Runs something that cannot be interrupted on a thread of its own, which is abandoned when the
/// user asks to stop; `None` if there is no thread for it, or if it panics.
pub fn interruptibly<R: Send + 'static>(
    run: impl FnOnce() -> R + Send + 'static,
) -> Result<Option<R>> {
    let (send, done) = channel();
    let run = move || {
        // Nobody waits for the result if the user has asked to stop.
        let _ = send.send(run());
    };
    if thread::Builder::new().spawn(in_this_job(run)).is_err() {
        return Ok(None);
    }
    loop {
        match done.recv_timeout(POLL) {
            Ok(result) => return Ok(Some(result)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) if is_interrupted() => {
                return Err(Error::interrupted());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Number of cores that operations run on.
pub fn cores() -> usize {
    rayon::current_num_threads()
}

/// Runs two functions, in parallel if a core is free.
pub fn join(
    one: &mut (dyn FnMut() -> Result<()> + Send),
    other: &mut (dyn FnMut() -> Result<()> + Send),
) -> Result<()> {
    // Rayon may run either of them on a thread of its own.
    let job = Job::current();
    let in_job = |run: &mut (dyn FnMut() -> Result<()> + Send)| {
        let _entered = job.enter();
        run()
    };
    let (one, other) = rayon::join(|| in_job(one), || in_job(other));
    one.and(other)
}

/// Runs `work` on `workers` cores at once. Its argument tells whether it has failed on one of them;
/// that error is returned.
fn on_cores(workers: usize, work: &(dyn Fn(&AtomicBool) -> Result<()> + Sync)) -> Result<()> {
    let failed = AtomicBool::new(false);
    if workers == 1 {
        return work(&failed);
    }
    let failure = OnceLock::new();
    let job = Job::current();
    let run = || {
        let _entered = job.enter();
        if let Err(error) = work(&failed) {
            failed.store(true, Relaxed);
            let _ = failure.set(error);
        }
    };
    rayon::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(|_| run());
        }
        run();
    });
    failure.into_inner().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bail;

    #[test]
    fn every_item_is_handled_once_and_results_are_in_order() {
        for len in [0, 1, 2, 7, 1000] {
            let squares = map(0..len, || (), |(), item| Ok(item * item)).unwrap();
            assert_eq!(
                squares,
                (0..len).map(|item| item * item).collect::<Vec<_>>()
            );
            let mut seen = vec![0; len];
            for_each("counting", &mut seen, |seen| {
                *seen += 1;
                Ok(())
            })
            .unwrap();
            assert_eq!(seen, vec![1; len]);
        }
    }

    #[test]
    fn a_failure_ends_the_loop() {
        let done = AtomicUsize::new(0);
        let error = for_each("failing", 0..1_000_000, |item| {
            done.fetch_add(1, Relaxed);
            if item == 3 {
                bail!("item 3");
            }
            Ok(())
        });
        assert_eq!(error.unwrap_err().message(), "item 3");
        assert!(done.into_inner() < 1_000_000);
    }

    #[test]
    fn loops_may_lie_in_loops() {
        let sums = map(
            0..50,
            || (),
            |(), outer| {
                let inner = map(0..50, || (), |(), inner| Ok(outer * inner))?;
                Ok(inner.into_iter().sum::<usize>())
            },
        );
        assert_eq!(sums.unwrap().into_iter().sum::<usize>(), 1225 * 1225);
    }
}
