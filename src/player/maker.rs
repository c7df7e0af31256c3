//! Players whose frames a function makes, each when it is to be shown.
//!
//! The function runs on a thread of its own, so that a slow one holds up neither the windows nor
//! the prompt: what is asked for while it works is left out, but for the latest.

use std::sync::Arc;

use super::latest::Latest;
use super::panel::Panel;
use super::{Player, Shared};
use crate::bail;
use crate::error::{Error, Result};
use crate::task;
use crate::video::Video;

/// Makes the pictures of a frame, one for each panel: images `{y, x}` or `{y, x, channel}`.
pub type Make = dyn Fn(usize) -> Result<Vec<Video>> + Send + Sync;

/// Is told the index of each frame that is shown.
pub type Listen = dyn Fn(usize) -> Result<()> + Send + Sync;

/// A function that makes frames, and the thread it runs on.
pub(super) struct Maker {
    make: Arc<Make>,
    wanted: Latest<usize>,
}

impl Maker {
    /// The panels of a frame.
    pub(super) fn panels(make: &Make, frame: usize) -> Result<Vec<Panel>> {
        let pictures = make(frame)?;
        if pictures.is_empty() {
            bail!("the function of the player must return at least one picture, got none");
        }
        pictures.into_iter().map(Panel::picture).collect()
    }

    /// Starts the thread, which works for a player as long as there is one.
    pub(super) fn start(make: Arc<Make>, player: std::sync::Weak<Shared>) -> Result<Self> {
        let on_thread = make.clone();
        let work = move |frame| {
            let made = Self::panels(&*on_thread, frame);
            if let Some(shared) = player.upgrade() {
                Player { shared }.deliver(frame, made);
            }
        };
        let wanted = Latest::start("frames", task::STACK_SIZE, work).map_err(no_thread)?;
        Ok(Self { make, wanted })
    }

    /// Asks for the panels of a frame.
    pub(super) fn want(&self, frame: usize) {
        self.wanted.send(frame);
    }

    /// Makes the panels of a frame at once.
    pub(super) fn make(&self, frame: usize) -> Result<Vec<Panel>> {
        Self::panels(&*self.make, frame)
    }
}

pub(super) fn no_thread(cause: std::io::Error) -> Error {
    Error::new(format!("cannot start a thread for the player: {cause}"))
}

impl Player {
    /// Shows what was made for a frame; what went wrong is said once, and playing stops.
    fn deliver(&self, frame: usize, made: Result<Vec<Panel>>) {
        let made = made.and_then(|panels| self.check_alike(frame, panels));
        let mut state = self.state();
        match made {
            Ok(panels) => {
                state.show_made(frame, panels);
            }
            Err(error) => {
                state.playback.set_playing(false);
                state.changed();
                let is_news = !std::mem::replace(&mut state.failed, true);
                drop(state);
                if is_news && !error.is_interrupted() {
                    task::warn(&format!("frame {frame} cannot be made: {error}"));
                }
            }
        }
    }

    /// An error unless the pictures are as many and as large as those of the first frame.
    pub(super) fn check_alike(&self, frame: usize, panels: Vec<Panel>) -> Result<Vec<Panel>> {
        let sizes = |panels: &[Panel]| panels.iter().map(Panel::frame_size).collect::<Vec<_>>();
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
            "the pictures of frame {frame} are {}, those before {}",
            text(&found),
            text(&first)
        )
    }
}
