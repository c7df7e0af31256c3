//! Profile of the builtins, by name and by line of the script.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rhai::NativeCallContext;

use crate::task::{Job, StageTime};

thread_local! {
    /// Time of the calls inside the running one on this thread.
    static INNER: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Measures calls of builtins while it is enabled.
#[derive(Default)]
pub struct Profile {
    is_on: AtomicBool,
    calls: Mutex<BTreeMap<ProfileKey, Cost>>,
}

/// A builtin and the position of its call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ProfileKey {
    name: &'static str,
    source: String,
    line: usize,
}

/// Cost of calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Number of calls.
    pub calls: usize,
    /// Time without that of nested builtins.
    pub time: Duration,
}

/// Result of a measurement.
#[derive(Debug, Default)]
pub struct Report {
    /// By builtin, the slowest first.
    pub by_name: Vec<(String, Cost)>,
    /// By source and line, in order.
    pub by_line: Vec<((String, usize), Cost)>,
    /// Total.
    pub total: Duration,
}

impl Profile {
    /// Starts measuring a job from zero.
    pub fn start(&self, job: &Job) {
        self.calls
            .lock()
            .expect("no panic while holding it")
            .clear();
        job.measure_stages(true);
        self.is_on.store(true, Relaxed);
    }

    /// Stops measuring and returns the report.
    pub fn stop(&self, job: &Job) -> Report {
        self.is_on.store(false, Relaxed);
        job.measure_stages(false);
        self.add_stages(job);
        let calls = std::mem::take(&mut *self.calls.lock().expect("no panic while holding it"));
        let (mut by_name, mut by_line) = (BTreeMap::new(), BTreeMap::new());
        let mut report = Report::default();
        for (key, cost) in calls {
            report.total += cost.time;
            by_name
                .entry(key.name.to_owned())
                .or_insert_with(Cost::default)
                .add(cost);
            by_line
                .entry((key.source, key.line))
                .or_insert_with(Cost::default)
                .add(cost);
        }
        report.by_name = by_name.into_iter().collect();
        report
            .by_name
            .sort_by_key(|(_, cost)| std::cmp::Reverse(cost.time));
        report.by_line = by_line.into_iter().collect();
        report
    }

    /// Runs a call of a builtin, and measures it if enabled.
    pub(in crate::script) fn measure<T>(
        &self,
        name: &'static str,
        native: &NativeCallContext,
        call: impl FnOnce() -> T,
    ) -> T {
        if !self.is_on.load(Relaxed) {
            return call();
        }
        let job = Job::current();
        self.add_stages(&job);
        let (start, outer) = (Instant::now(), INNER.replace(Duration::ZERO));
        let result = call();
        let elapsed = start.elapsed();
        let inner = INNER.replace(outer + elapsed) + self.add_stages(&job);
        let key = ProfileKey {
            name,
            source: native.call_source().unwrap_or_default().to_owned(),
            line: native.call_position().line().unwrap_or(0),
        };
        let cost = Cost {
            calls: 1,
            time: elapsed.saturating_sub(inner),
        };
        let mut calls = self.calls.lock().expect("no panic while holding it");
        calls.entry(key).or_default().add(cost);
        result
    }
}

impl Profile {
    /// Adds the time of the stages that were run since the last call to the lines that asked for
    /// them; returns their sum.
    fn add_stages(&self, job: &Job) -> Duration {
        let mut calls = self.calls.lock().expect("no panic while holding it");
        let times = job.take_stage_times().into_iter();
        times
            .map(|StageTime { name, place, time }| {
                let (source, line) = place;
                let key = ProfileKey { name, source, line };
                // Calls of builtins were counted when they asked for the stage; operators are not.
                let once = Cost {
                    calls: 1,
                    ..Cost::default()
                };
                calls.entry(key).or_insert(once).time += time;
                time
            })
            .sum()
    }
}

impl Cost {
    fn add(&mut self, other: Cost) {
        self.calls += other.calls;
        self.time += other.time;
    }
}

/// Time in a suitable unit.
pub fn time_text(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        seconds if seconds >= 100.0 => format!("{seconds:.0} s"),
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 0.001 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{:.1} µs", seconds * 1e6),
    }
}
