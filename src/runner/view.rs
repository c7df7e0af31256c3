//! Recordings, movies and images opened in windows from the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::color_memory::ColorMemory;
use crate::color::colormap::ScaledColormap;
use crate::error::{Error, Result};
use crate::player::event_loop::EventLoopProxy;
use crate::player::{Panel, Player, ViewFiles};
use crate::task;

/// Time between two frames, as in `show_video`.
const INTERVAL_MS: u64 = 10;

/// Opens each file in a window of its own, with keys for the others of its folder. Files that cannot
/// be shown give a
/// warning, unless none can be.
pub fn view(files: &[PathBuf], windows: Option<&EventLoopProxy>) -> Result<()> {
    let Some(windows) = windows else {
        return Err(
            Error::new("recordings can only be shown in windows, which are turned off")
                .hint("leave out `--headless`, and unset OPTIMAP_HEADLESS")
                .hint("`optimap info FILE` describes a recording"),
        );
    };
    let recordings = Arc::new(Recordings {
        colors: ColorMemory::of_user(),
    });
    let mut failures = Vec::new();
    for file in files {
        let player = Player::of_file(file, recordings.clone(), INTERVAL_MS);
        if let Err(error) = player.and_then(|player| windows.open(player)) {
            if error.is_interrupted() {
                return Err(error);
            }
            failures.push(error);
        }
    }
    let is_any_open = failures.len() < files.len();
    if !is_any_open && let Some(first) = failures.first().cloned() {
        failures.remove(0);
        for error in &failures {
            task::warn(&error.to_string());
        }
        return Err(first);
    }
    for error in failures {
        task::warn(&error.to_string());
    }
    Ok(())
}

/// Opens files for windows, and keeps the colors in which they were seen.
struct Recordings {
    colors: Option<ColorMemory>,
}

impl ViewFiles for Recordings {
    fn open(&self, path: &Path) -> Result<Panel> {
        Panel::of_file(path)
    }

    fn remembered(&self, path: &Path) -> Option<ScaledColormap> {
        self.colors.as_ref()?.of(path)
    }

    fn remember(&self, path: &Path, scale: Option<&ScaledColormap>) {
        let Some(Err(error)) = self.colors.as_ref().map(|colors| colors.keep(path, scale)) else {
            return;
        };
        task::warn(&format!(
            "the colors of the window are not remembered: {error}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io;

    #[test]
    fn files_become_players_named_like_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("beat.npy");
        let video = crate::ops::testing::ramp(&[3, 4, 5]);
        io::save_video(&path, &video).unwrap();
        let recordings = Arc::new(Recordings { colors: None });
        let player = Player::of_file(&path, recordings, INTERVAL_MS).unwrap();
        assert_eq!(player.playback().last(), 2);
        assert!(player.window_title().contains("beat.npy"));
    }

    #[test]
    fn without_windows_it_says_what_to_do() {
        let error = view(&["a.npy".into()], None).unwrap_err();
        assert!(error.hints().iter().any(|hint| hint.contains("info")));
    }
}
