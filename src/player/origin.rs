//! How a script makes a player, so that what its window saves can be made again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{PictureLook, Player};
use crate::history::History;

/// Properties of a player as expressions of scripts; `None` for one that cannot be written.
pub type PropertyTexts = BTreeMap<&'static str, Option<String>>;

/// Width and height of the window of a picture, and how it differs from what the window shows.
pub type PictureForm = ((usize, usize), PictureLook);

/// How a script makes a player.
pub struct PlayerOrigin {
    /// The call that made it.
    pub history: History,
    /// Its properties after that call.
    pub properties: PropertyTexts,
    /// Describes a picture that its window saves.
    pub describe: fn(&Player, &Path, PictureForm) -> PictureOrigin,
}

/// How a script makes a picture or a movie of a player.
pub struct PictureOrigin {
    /// The script.
    pub script: Arc<str>,
    /// Properties of the player at that time.
    pub properties: PropertyTexts,
}

/// A picture or a movie that a window has saved.
pub struct SavedPicture {
    /// File.
    pub path: PathBuf,
    /// Width and height of the window.
    pub size: (usize, usize),
    /// How it differs from what the window shows.
    pub look: PictureLook,
    /// Properties of the player at that time.
    pub properties: PropertyTexts,
}

impl Player {
    /// How a script makes it, if one did.
    pub fn origin(&self) -> Option<&PlayerOrigin> {
        self.shared.origin.get()
    }

    /// Sets how a script makes it; the first call counts.
    pub fn set_origin(&self, origin: PlayerOrigin) {
        // A function that returns its player makes no new one.
        let _ = self.shared.origin.set(origin);
    }

    /// Pictures that the window has saved since the last call.
    pub fn take_saved_pictures(&self) -> Vec<SavedPicture> {
        std::mem::take(&mut self.state().saved_pictures)
    }
}
