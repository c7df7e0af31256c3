//! Players whose frames a function makes on demand.
//!
//! The function runs on a thread of its own, so that a slow one blocks neither the windows nor the
//! prompt. Of the frames requested while it runs only the latest is made.

use std::sync::Arc;

use super::latest_channel::LatestSender;
use super::panel::Panel;
use super::{Player, WeakPlayer};
use crate::bail;
use crate::error::{Error, Result};
use crate::task;
use crate::video::Video;

/// Makes the images of a frame, one for each panel: `{y, x}` or `{y, x, channel}`.
pub type ProduceFrames = dyn Fn(usize) -> Result<Vec<Video>> + Send + Sync;

/// Receives the index of each frame that is shown.
pub type FrameListener = dyn Fn(usize) -> Result<()> + Send + Sync;

/// A function that makes frames, and its thread.
pub(super) struct Producer {
    produce: Arc<ProduceFrames>,
    wanted: LatestSender<usize>,
}

impl Producer {
    /// Makes the panels of a frame.
    pub(super) fn panels(produce: &ProduceFrames, frame: usize) -> Result<Vec<Panel>> {
        let pictures = produce(frame)?;
        if pictures.is_empty() {
            bail!("the function of the player must return at least one image, got none");
        }
        pictures.iter().map(Panel::picture).collect()
    }

    /// Starts the thread, which works for a player as long as it exists. While no frame is
    /// requested it makes the frames that traces lack.
    pub(super) fn start(produce: Arc<ProduceFrames>, player: WeakPlayer) -> Result<Self> {
        let on_thread = produce.clone();
        let work = move |frame| {
            let Some(player) = player.upgrade() else {
                return false;
            };
            match frame {
                Some(frame) => player.deliver(frame, Self::panels(&*on_thread, frame)),
                None => player.trace(&*on_thread),
            }
        };
        let wanted = LatestSender::start("frames", task::STACK_SIZE, work).map_err(no_thread)?;
        Ok(Self { produce, wanted })
    }

    /// Requests the panels of a frame.
    pub(super) fn want(&self, frame: usize) {
        self.wanted.send(frame);
    }

    /// Requests the frames that traces lack.
    pub(super) fn want_traces(&self) {
        self.wanted.wake();
    }

    /// Makes the panels of a frame at once.
    pub(super) fn produce(&self, frame: usize) -> Result<Vec<Panel>> {
        Self::panels(&*self.produce, frame)
    }
}

pub(super) fn no_thread(cause: std::io::Error) -> Error {
    Error::new(format!("cannot start a thread for the player: {cause}"))
}

impl Player {
    /// Shows the panels made for a frame; the first error is reported, and playback stops. True if
    /// traces lack more frames.
    fn deliver(&self, frame: usize, produced: Result<Vec<Panel>>) -> bool {
        let produced = produced.and_then(|panels| self.check_alike(frame, panels));
        let mut state = self.state();
        match produced {
            Ok(panels) => {
                state.note_traces(frame, &panels);
                state.show_made(frame, panels);
                state.untraced().is_some()
            }
            Err(error) => {
                state.playback.set_playing(false);
                state.changed();
                let is_news = !std::mem::replace(&mut state.failed, true);
                drop(state);
                if is_news && !error.is_interrupted() {
                    task::warn(&format!("cannot create frame {frame}: {error}"));
                }
                false
            }
        }
    }

    /// Makes a frame that traces lack; true if they lack more.
    fn trace(&self, produce: &ProduceFrames) -> bool {
        let Some(frame) = self.state().untraced() else {
            return false;
        };
        let produced =
            Producer::panels(produce, frame).and_then(|panels| self.check_alike(frame, panels));
        let mut state = self.state();
        match produced {
            Ok(panels) => {
                state.note_traces(frame, &panels);
                state.untraced().is_some()
            }
            Err(error) if error.is_interrupted() => false,
            Err(error) => {
                for probe in &state.probes {
                    probe.trace.fail(error.clone());
                }
                state.say(format!("no trace: {}", error.message()));
                false
            }
        }
    }

    /// An error unless the images have the number and sizes of those of the first frame.
    pub(super) fn check_alike(&self, frame: usize, panels: Vec<Panel>) -> Result<Vec<Panel>> {
        let size = |panel: &Panel| panel.frames.frame_size();
        let sizes = |panels: &[Panel]| panels.iter().map(size).collect::<Vec<_>>();
        let (first, found) = (sizes(&self.state().panels), sizes(&panels));
        if first == found {
            return Ok(panels);
        }
        let text = |sizes: &[(usize, usize)]| {
            let sizes = sizes
                .iter()
                .map(|(width, height)| format!("{height}×{width}"));
            sizes.collect::<Vec<_>>().join(", ")
        };
        bail!(
            "the images of frame {frame} are {}, those of earlier frames {}",
            text(&found),
            text(&first)
        )
    }
}
