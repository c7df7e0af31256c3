//! Time that the stages of chains take, while somebody measures it: they run long after the script
//! has asked for them, in the call that needs their samples.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Job;

/// Time that a stage took for some frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageTime {
    /// Function that the script called.
    pub name: &'static str,
    /// Script and line of the call.
    pub place: (String, usize),
    /// Time.
    pub time: Duration,
}

/// Times of a job that nobody has taken yet.
#[derive(Default)]
pub(super) struct StageTimes {
    is_on: AtomicBool,
    times: Mutex<Vec<StageTime>>,
}

impl Job {
    /// Sets whether the stages of its chains are measured.
    pub fn measure_stages(&self, is_on: bool) {
        self.stage_times.is_on.store(is_on, Relaxed);
    }

    /// Times that were measured since the last call.
    pub fn take_stage_times(&self) -> Vec<StageTime> {
        let times = self.stage_times.times.lock();
        std::mem::take(&mut *times.unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs a stage, and measures it if that is wanted; `place` is the script and line that it comes
/// from.
pub fn timed<R>(
    name: &'static str,
    place: impl FnOnce() -> (String, usize),
    run: impl FnOnce() -> R,
) -> R {
    let job = Job::current();
    if !job.stage_times.is_on.load(Relaxed) {
        return run();
    }
    let start = Instant::now();
    let result = run();
    let time = StageTime {
        name,
        place: place(),
        time: start.elapsed(),
    };
    let times = job.stage_times.times.lock();
    times.unwrap_or_else(PoisonError::into_inner).push(time);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_measured_only_on_request() {
        let job = Job::new();
        let _entered = job.enter();
        let place = || ("a.rhai".to_owned(), 3);
        assert_eq!(timed("crop", place, || 5), 5);
        assert_eq!(job.take_stage_times(), []);
        job.measure_stages(true);
        timed("crop", place, || {
            std::thread::sleep(Duration::from_millis(2));
        });
        let times = job.take_stage_times();
        assert_eq!((times[0].name, &times[0].place), ("crop", &place()));
        assert!(times[0].time >= Duration::from_millis(2));
        assert_eq!(job.take_stage_times(), []);
    }
}
