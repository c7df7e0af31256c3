//! What a window does on a thread of its own: saving, copying, computing. It goes on when the window is
//! closed, and the program ends after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use super::Player;
use super::state::LONG_MESSAGE;
use crate::error::Result;
use crate::task::{self, Task};
use crate::video::Frames;

/// How often it is asked whether the work is done.
const POLL: Duration = Duration::from_millis(20);

/// Longest time that work which was interrupted may take to leave nothing half done.
const MAX_CLEANUP: Duration = Duration::from_secs(5);

/// Work on a thread of its own, and how far it is.
pub(super) struct BackgroundWork {
    /// What is made: a file, in messages.
    name: String,
    /// Frames that are made, and all of them if they are counted.
    done: AtomicUsize,
    total: AtomicUsize,
    has_ended: AtomicBool,
}

impl BackgroundWork {
    /// The same frames, of which the work counts those that are made.
    pub(super) fn counted(self: &Arc<Self>, frames: Frames) -> Frames {
        self.total.store(frames.len(), Relaxed);
        let work = self.clone();
        Frames::new(frames.len(), move |index| {
            let frame = frames.frame(index);
            work.done.fetch_add(1, Relaxed);
            frame
        })
    }

    /// Waits for the end and shows how far it is; if the user asks to stop, until nothing is left half
    /// done.
    pub(super) fn wait(&self) {
        if self.has_ended() {
            return;
        }
        let total = self.total.load(Relaxed);
        let name = &self.name;
        task::note(&match total {
            0 => format!("{name} is still being saved; Ctrl-C stops that"),
            _ => format!(
                "{name} is still being saved, {} of {total} frames are done; Ctrl-C stops that",
                self.done.load(Relaxed).min(total)
            ),
        });
        let mut seen = self.done.load(Relaxed).min(total);
        let task = Task::new(format!("saving {name}"), total - seen).in_units("frames");
        let mut stopped: Option<Instant> = None;
        while !self.has_ended() {
            let done = self.done.load(Relaxed).clamp(seen, total);
            if task.advance(done - seen).is_err() {
                let since = *stopped.get_or_insert_with(Instant::now);
                if MAX_CLEANUP < since.elapsed() {
                    break;
                }
            }
            seen = done;
            thread::sleep(POLL);
        }
    }

    /// How far it is, in a window; nothing if that is not counted.
    pub(super) fn progress(&self) -> Option<String> {
        let total = self.total.load(Relaxed);
        let done = self.done.load(Relaxed).min(total);
        (total > 0).then(|| format!("saving {}: {} %", self.name, 100 * done / total))
    }

    fn has_ended(&self) -> bool {
        self.has_ended.load(Relaxed)
    }
}

/// Work of a player that has ended when this is dropped.
struct EndOfWork(Player, Arc<BackgroundWork>);

impl Drop for EndOfWork {
    fn drop(&mut self) {
        self.0.end_work(&self.1);
    }
}

impl Player {
    /// Does something on a thread of its own, and shows what it returns: in the window, or if that is
    /// closed on the terminal.
    pub(super) fn in_background(
        &self,
        name: &str,
        work: impl FnOnce(&Player, &Arc<BackgroundWork>) -> Result<String> + Send + 'static,
    ) {
        let progress = Arc::new(BackgroundWork {
            name: name.to_owned(),
            done: AtomicUsize::new(0),
            total: AtomicUsize::new(0),
            has_ended: AtomicBool::new(false),
        });
        self.state().background.push(progress.clone());
        let player = self.clone();
        let ending = progress.clone();
        let work = move || {
            // Also if it panics: the program waits for the end.
            let ending = EndOfWork(player, ending);
            let EndOfWork(player, progress) = &ending;
            let result = work(player, progress);
            // Nobody sees what a closed window says.
            if !player.is_open() {
                match &result {
                    Ok(message) => task::note(message),
                    Err(error) if error.is_interrupted() => {}
                    Err(error) => task::warn(&error.to_string()),
                }
            }
            let message = match &result {
                Ok(message) => message,
                Err(error) => error.message(),
            };
            player.state().say_for(message, LONG_MESSAGE);
        };
        let thread = thread::Builder::new().name("save".into());
        let thread = thread.stack_size(task::STACK_SIZE);
        if thread.spawn(task::in_this_job(work)).is_err() {
            self.end_work(&progress);
            self.say("cannot start a thread for it");
        }
    }

    fn end_work(&self, work: &Arc<BackgroundWork>) {
        let mut state = self.state();
        state.background.retain(|other| !Arc::ptr_eq(other, work));
        work.has_ended.store(true, Relaxed);
    }

    /// What is done in the background.
    pub(super) fn background_work(&self) -> Vec<Arc<BackgroundWork>> {
        self.state().background.clone()
    }

    /// Whether something is done in the background, such as saving a movie.
    pub fn is_saving(&self) -> bool {
        !self.state().background.is_empty()
    }
}
