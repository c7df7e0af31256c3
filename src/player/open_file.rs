//! Files opened from a window by typed names, which Tab completes.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

use super::panel::Panel;
use super::{Player, ViewFiles};
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::{Colormap, ScaledColormap};
use crate::error::Result;
use crate::fs::files;
use crate::fs::natural_order::natural_order;
use crate::io::{self, FrameSelection, LoadOptions};

/// Time between two frames, as in `show_video`.
const INTERVAL_MS: u64 = 10;

/// Opens files without colors that it would remember.
struct PlainFiles;

impl ViewFiles for PlainFiles {
    fn open(&self, path: &Path) -> Result<Panel> {
        Panel::of_file(path)
    }

    fn remembered(&self, _: &Path) -> Option<ScaledColormap> {
        None
    }

    fn remember(&self, _: &Path, _: Option<&ScaledColormap>) {}
}

impl Panel {
    /// Shows a file under its name, in gray if it has no colors of its own.
    pub fn of_file(path: &Path) -> Result<Self> {
        let options = LoadOptions {
            as_gray: false,
            ..LoadOptions::default()
        };
        let video = io::load_video(path, &FrameSelection::ALL, &options)?;
        let title = path.file_name().unwrap_or(path.as_os_str());
        let title = title.to_string_lossy().into_owned();
        let colors = ColorSettings::new(Colormap::gray(), None, None);
        Self::video(video, title, &colors)
    }
}

impl Player {
    /// Opens a file whose name was typed in a window of its own.
    pub(super) fn open_typed(&self, text: &str) {
        let path = full_path(text.trim());
        if path.as_os_str().is_empty() {
            return;
        }
        let shown = self.state().file.clone();
        let files = shown.map_or_else(
            || Arc::new(PlainFiles) as Arc<dyn ViewFiles>,
            |file| file.files,
        );
        self.say(format!("opening {}…", path.display()));
        let name = path.display().to_string();
        self.in_background(&name, move |player, _| {
            let opened = Player::of_file(&path, files, INTERVAL_MS)?;
            player.state().to_open.push(opened);
            Ok(format!("opened {}", path.display()))
        });
    }

    /// Folder in which a file to open is looked for, as it is typed.
    pub(super) fn typed_folder(&self) -> String {
        let path = self.file();
        let folder = path.as_deref().and_then(Path::parent);
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or_else(String::new, |folder| {
            format!("{}{MAIN_SEPARATOR}", folder.display())
        })
    }
}

/// A typed path, in which `~` is the folder of the user.
fn full_path(text: &str) -> PathBuf {
    let rest = text
        .strip_prefix('~')
        .filter(|rest| rest.is_empty() || rest.starts_with(is_separator));
    match (rest, etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest.trim_start_matches(is_separator)),
        _ => PathBuf::from(text),
    }
}

fn is_separator(char: char) -> bool {
    std::path::is_separator(char)
}

/// A typed path, longer by what all files have in common that begin so, and the names of these.
pub(super) fn completed(typed: &str) -> (String, Vec<String>) {
    let start = typed.rfind(is_separator).map_or(0, |at| at + 1);
    let (folder, begun) = typed.split_at(start);
    let place = match folder {
        "" => PathBuf::from("."),
        folder => full_path(folder),
    };
    // A folder that is not there has no files.
    let found = files::list(&place).unwrap_or_default().into_iter();
    let mut names: Vec<String> = found.filter_map(|path| candidate(&path, begun)).collect();
    names.sort_by(|a, b| natural_order(a, b));
    let Some(first) = names.first() else {
        return (typed.to_owned(), names);
    };
    let mut common = first.clone();
    for name in &names {
        let same = common.chars().zip(name.chars()).take_while(|(a, b)| a == b);
        common = same.map(|(char, _)| char).collect();
    }
    (format!("{folder}{common}"), names)
}

/// Name of a file that can be shown, or of a folder, if it begins so.
fn candidate(path: &Path, begun: &str) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let is_hidden = name.starts_with('.') && !begun.starts_with('.');
    if !name.starts_with(begun) || is_hidden {
        return None;
    }
    let is_array = name.ends_with(".zarr");
    match path.is_dir() && !is_array {
        true => Some(format!("{name}{MAIN_SEPARATOR}")),
        false => io::is_recording(path).then(|| name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_paths_are_completed_as_far_as_they_agree() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["heart10.npy", "heart2.npy", "notes.txt", ".hidden.npy"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("raw")).unwrap();
        let at = |rest: &str| format!("{}{MAIN_SEPARATOR}{rest}", folder.path().display());
        let complete = |rest: &str| {
            let (text, names) = completed(&at(rest));
            (text.strip_prefix(&at("")).unwrap().to_owned(), names.len())
        };
        assert_eq!(complete("h"), ("heart".into(), 2));
        assert_eq!(complete("heart1"), ("heart10.npy".into(), 1));
        assert_eq!(complete("r"), (format!("raw{MAIN_SEPARATOR}"), 1));
        assert_eq!(complete(""), (String::new(), 3));
        assert_eq!(complete("x"), ("x".into(), 0));
        assert_eq!(completed(&at("")).1[..2], ["heart2.npy", "heart10.npy"]);
    }

    #[test]
    fn a_tilde_is_the_folder_of_the_user() {
        let home = etcetera::home_dir().unwrap();
        assert_eq!(full_path("~/a.tif"), home.join("a.tif"));
        assert_eq!(full_path("~"), home);
        assert_eq!(full_path("~a.tif"), PathBuf::from("~a.tif"));
    }
}
