//! The colors in which files were seen last in windows of `optimap view`, in a file of the user.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::color::colormap::{Colormap, ScaledColormap};
use crate::error::{Error, Result};
use crate::fs::files;
use crate::session::user_folder;
use crate::text;

/// Number of files whose colors are kept.
const MAX_FILES: usize = 500;

/// Colors of files, in a JSON file.
pub(super) struct ColorMemory {
    path: PathBuf,
    /// Windows that close at the same time write one after the other.
    writing: Mutex<()>,
}

impl ColorMemory {
    /// That of the user; none in a sandbox, and without a home folder.
    pub(super) fn of_user() -> Option<Self> {
        let folder = user_folder().filter(|_| files::sandbox().is_none())?;
        Some(Self::new(folder.join("colors.json")))
    }

    fn new(path: PathBuf) -> Self {
        Self {
            path,
            writing: Mutex::new(()),
        }
    }

    /// Colors of a file that has not changed its size since.
    pub(super) fn of(&self, file: &Path) -> Option<ScaledColormap> {
        let (name, bytes) = key(file)?;
        let entries = self.entries();
        let entry = entries.iter().rfind(|entry| entry["file"] == name)?;
        if entry["bytes"] != bytes {
            return None;
        }
        let number = |field: &str| entry[field].as_f64().filter(|number| number.is_finite());
        let colormap = Colormap::named(entry["cmap"].as_str()?).ok()?;
        let (low, high, gamma) = (number("vmin")?, number("vmax")?, number("gamma")?);
        let is_scale = low <= high && 0.0 < gamma;
        is_scale.then(|| ScaledColormap::new(colormap, low, high).with_gamma(gamma))
    }

    /// Keeps the colors of a file; `None` forgets them.
    pub(super) fn keep(&self, file: &Path, scale: Option<&ScaledColormap>) -> Result<()> {
        let Some((name, bytes)) = key(file) else {
            return Ok(());
        };
        let writing = self.writing.lock();
        let mut entries = self.entries();
        let count = entries.len();
        entries.retain(|entry| entry["file"] != name);
        if scale.is_none() && entries.len() == count {
            return Ok(());
        }
        entries.extend(scale.map(|scale| {
            json!({
                "file": name,
                "bytes": bytes,
                "cmap": scale.colormap().name(),
                "vmin": scale.low(),
                "vmax": scale.high(),
                "gamma": scale.gamma(),
            })
        }));
        let surplus = entries.len().saturating_sub(MAX_FILES);
        entries.drain(..surplus);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, &e))?;
        }
        let written = text::write(&self.path, &text::json::text(&Value::Array(entries), 2));
        drop(writing);
        written
    }

    /// What is kept, the newest last; nothing if the file was damaged.
    fn entries(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// Canonical name and size of a file.
fn key(file: &Path) -> Option<(String, u64)> {
    let full = files::full(file).ok()?;
    let bytes = fs::metadata(&full).ok()?.len();
    Some((full.to_str()?.to_owned(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_kept_until_the_file_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let memory = ColorMemory::new(folder.path().join("deep/colors.json"));
        let file = folder.path().join("beat.npy");
        fs::write(&file, "12345").unwrap();
        assert!(memory.of(&file).is_none());
        let hot = Colormap::named("hot").unwrap();
        let scale = ScaledColormap::new(hot, -0.5, 2e-3).with_gamma(0.7);
        memory.keep(&file, Some(&scale)).unwrap();
        let found = memory.of(&file).unwrap();
        assert_eq!(
            (found.low(), found.high(), found.gamma()),
            (-0.5, 2e-3, 0.7)
        );
        assert_eq!(found.colormap().name(), "hot");
        memory
            .keep(&file, Some(&scale.with_limits(1.0, 2.0)))
            .unwrap();
        assert_eq!(memory.of(&file).unwrap().low(), 1.0);
        assert_eq!(memory.entries().len(), 1);
        fs::write(&file, "123456").unwrap();
        assert!(memory.of(&file).is_none(), "another recording of that name");
        memory.keep(&file, None).unwrap();
        assert!(memory.entries().is_empty());
        fs::write(&memory.path, "damaged").unwrap();
        assert!(memory.of(&file).is_none());
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let memory = ColorMemory::new(folder.path().join("colors.json"));
        let old: Vec<Value> = (0..MAX_FILES).map(|n| json!({ "file": n })).collect();
        fs::write(&memory.path, Value::Array(old).to_string()).unwrap();
        let file = folder.path().join("new.npy");
        fs::write(&file, "1").unwrap();
        let scale = ScaledColormap::new(Colormap::gray(), 0.0, 1.0);
        memory.keep(&file, Some(&scale)).unwrap();
        let entries = memory.entries();
        assert_eq!((entries.len(), &entries[0]["file"]), (MAX_FILES, &json!(1)));
        assert!(memory.of(&file).is_some());
    }
}
