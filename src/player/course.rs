//! The course in time of what the user picked, computed in the background and seen while it grows.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::picks::Bounds;
use crate::error::{Error, Result};
use crate::task;
use crate::video::{Strided, Video};

/// How many samples are read between two looks at whether the course is still wanted.
const PIECE: usize = 1 << 16;

/// The mean of a rectangle in each frame. Clones are the same course.
#[derive(Debug, Clone)]
pub struct Course {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    video: Video,
    bounds: Bounds,
    /// NaN for frames that have not been read yet.
    values: Mutex<Vec<f64>>,
    done: AtomicUsize,
    complete: Condvar,
}

impl Course {
    /// Begins to compute; `news` is called when there is more to see.
    pub(super) fn start(video: Video, bounds: Bounds, news: impl Fn() + Send + 'static) -> Self {
        let frames = video.len();
        let shared = Arc::new(Shared {
            video,
            bounds,
            values: Mutex::new(vec![f64::NAN; frames]),
            done: AtomicUsize::new(0),
            complete: Condvar::new(),
        });
        let weak = Arc::downgrade(&shared);
        let worker = thread::Builder::new().name("trace".into());
        let work = move || {
            while let Some(More::Some) = compute_piece(&weak) {
                news();
            }
            news();
        };
        // Without a thread the course stays empty, until someone waits for it.
        let _ = worker.spawn(work);
        Self { shared }
    }

    /// The values so far, NaN where they are not known yet.
    pub(super) fn values(&self) -> MutexGuard<'_, Vec<f64>> {
        self.shared.values()
    }

    /// The whole course; waits for it.
    pub fn wait(&self) -> Result<Video> {
        const POLL: Duration = Duration::from_millis(20);
        let mut values = self.values();
        while self.shared.done.load(Ordering::Relaxed) < values.len() {
            if task::is_interrupted() {
                return Err(Error::interrupted());
            }
            let woken = self.shared.complete.wait_timeout(values, POLL);
            values = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        let mut course = Video::new(Strided::from_vec(&[values.len()], values.clone()));
        course.metadata_mut().fps = self.shared.video.metadata().fps;
        Ok(course)
    }
}

enum More {
    Some,
    None,
}

/// Computes some more frames; nothing if nobody wants them any more.
fn compute_piece(course: &Weak<Shared>) -> Option<More> {
    let course = course.upgrade()?;
    let first = course.done.load(Ordering::Relaxed);
    let frames = course.video.len();
    let per_frame = course.bounds.area().max(1);
    let count = (PIECE / per_frame).clamp(1, frames - first);
    let mut samples = Vec::new();
    let means: Vec<f64> = (first..first + count)
        .map(|frame| mean(&course.video, frame, &course.bounds, &mut samples))
        .collect();
    course.values()[first..first + count].copy_from_slice(&means);
    course.done.store(first + count, Ordering::Relaxed);
    if first + count < frames {
        return Some(More::Some);
    }
    course.complete.notify_all();
    Some(More::None)
}

impl Shared {
    fn values(&self) -> MutexGuard<'_, Vec<f64>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mean of the samples that are numbers.
fn mean(video: &Video, frame: usize, bounds: &Bounds, samples: &mut Vec<f64>) -> f64 {
    let width = video.shape()[2];
    let channels = video.shape().get(3).copied().unwrap_or(1);
    let (mut sum, mut count) = (0.0, 0usize);
    for y in bounds.y0..bounds.y1 {
        let run = (y * width + bounds.x0) * channels..(y * width + bounds.x1) * channels;
        samples.resize(run.len(), 0.0);
        video.samples().read(frame, run, samples);
        for sample in samples.iter().filter(|sample| !sample.is_nan()) {
            sum += sample;
            count += 1;
        }
    }
    sum / count as f64
}
