//! Trace of a probe, computed in the background and shown while it grows.

use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::producer::no_thread;
use crate::error::{Error, Result};
use crate::ops::mask::shape::PixelRun;
use crate::task;
use crate::video::{Strided, Video};

/// Number of samples read before checking again whether the trace is still wanted.
const PIECE: usize = 1 << 16;

/// Mean of some pixels in each frame. Clones are the same trace.
#[derive(Debug, Clone)]
pub struct ProbeTrace {
    shared: Arc<TraceState>,
}

#[derive(Debug)]
struct TraceState {
    runs: Vec<PixelRun>,
    fps: Option<f64>,
    /// NaN for frames that are not computed yet.
    values: Mutex<Vec<f64>>,
    missing: Mutex<MissingFrames>,
    complete: Condvar,
}

/// Frames that are still to be computed.
#[derive(Debug)]
struct MissingFrames {
    /// One flag for each frame.
    is_missing: Vec<bool>,
    count: usize,
    /// Reason why no more frames will be computed.
    failure: Option<Error>,
}

impl ProbeTrace {
    /// Starts computing the trace of a video; `news` is called when there is more to show.
    pub(super) fn start(
        video: Video,
        runs: Vec<PixelRun>,
        news: impl Fn() + Send + 'static,
    ) -> Self {
        let trace = Self::new(0..video.len(), runs, video.metadata().fps);
        let weak = Arc::downgrade(&trace.shared);
        let worker = thread::Builder::new().name("trace".into());
        let work = move || {
            let mut first = 0;
            while let Some(count) = compute_piece(&weak, &video, first) {
                first += count;
                news();
            }
        };
        if let Err(cause) = worker.spawn(task::in_this_job(work)) {
            trace.fail(no_thread(cause));
        }
        trace
    }

    /// Trace of frames that arrive one by one; frames before the first stay NaN.
    pub(super) fn new(frames: Range<usize>, runs: Vec<PixelRun>, fps: Option<f64>) -> Self {
        let is_missing = (0..frames.end).map(|frame| frames.contains(&frame));
        let missing = MissingFrames {
            is_missing: is_missing.collect(),
            count: frames.len(),
            failure: None,
        };
        let shared = Arc::new(TraceState {
            runs,
            fps,
            values: Mutex::new(vec![f64::NAN; frames.end]),
            missing: Mutex::new(missing),
            complete: Condvar::new(),
        });
        Self { shared }
    }

    /// First frame that is still missing.
    pub(super) fn next_missing(&self) -> Option<usize> {
        let missing = self.shared.missing();
        if missing.failure.is_some() || missing.count == 0 {
            return None;
        }
        missing.is_missing.iter().position(|missing| *missing)
    }

    /// Records the mean of the image of a frame; false if it was already known.
    pub(super) fn note(&self, frame: usize, picture: &Video) -> bool {
        let is_missing = self.shared.missing().is_missing.get(frame).copied();
        if is_missing != Some(true) {
            return false;
        }
        let mean = mean(picture, 0, &self.shared.runs, &mut Vec::new());
        self.shared.set(frame, &[mean]);
        true
    }

    /// Records that no more frames will be computed.
    pub(super) fn fail(&self, error: Error) {
        self.shared.missing().failure = Some(error);
        self.shared.complete.notify_all();
    }

    /// Values so far, NaN where they are not computed yet.
    pub(super) fn values(&self) -> MutexGuard<'_, Vec<f64>> {
        self.shared.values()
    }

    /// The whole trace; waits for it.
    pub fn wait(&self) -> Result<Video> {
        const POLL: Duration = Duration::from_millis(20);
        let mut missing = self.shared.missing();
        while 0 < missing.count {
            if let Some(failure) = &missing.failure {
                return Err(failure.clone());
            }
            task::check()?;
            let woken = self.shared.complete.wait_timeout(missing, POLL);
            missing = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(missing);
        let values = self.values().clone();
        let mut trace = Video::new(Strided::from_vec(&[values.len()], values));
        trace.metadata_mut().fps = self.shared.fps;
        Ok(trace)
    }
}

/// Computes the next frames and returns their number; `None` if none are missing or nobody wants
/// the trace any more.
fn compute_piece(trace: &Weak<TraceState>, video: &Video, first: usize) -> Option<usize> {
    let trace = trace.upgrade()?;
    if first == video.len() {
        return None;
    }
    let area: usize = trace.runs.iter().map(|run| run.columns.len()).sum();
    let per_frame = area.max(1);
    let count = (PIECE / per_frame).clamp(1, video.len() - first);
    let mut samples = Vec::new();
    let means: Vec<f64> = (first..first + count)
        .map(|frame| mean(video, frame, &trace.runs, &mut samples))
        .collect();
    trace.set(first, &means);
    Some(count)
}

impl TraceState {
    fn values(&self) -> MutexGuard<'_, Vec<f64>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn missing(&self) -> MutexGuard<'_, MissingFrames> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the values of consecutive frames.
    fn set(&self, first: usize, means: &[f64]) {
        let frames = first..first + means.len();
        self.values()[frames.clone()].copy_from_slice(means);
        let mut missing = self.missing();
        let news = missing.is_missing[frames].iter_mut();
        let news = news.map(|missing| usize::from(std::mem::take(missing)));
        missing.count -= news.sum::<usize>();
        if missing.count == 0 {
            self.complete.notify_all();
        }
    }
}

/// Mean of the samples, NaN ignored.
pub(super) fn mean(video: &Video, frame: usize, runs: &[PixelRun], samples: &mut Vec<f64>) -> f64 {
    let width = video.shape()[2];
    let channels = video.shape().get(3).copied().unwrap_or(1);
    let (mut sum, mut count) = (0.0, 0usize);
    for PixelRun { y, columns } in runs {
        let start = y * width;
        let run = (start + columns.start) * channels..(start + columns.end) * channels;
        samples.resize(run.len(), 0.0);
        video.samples().read(frame, run, samples);
        for sample in samples.iter().filter(|sample| !sample.is_nan()) {
            sum += sample;
            count += 1;
        }
    }
    sum / count as f64
}
