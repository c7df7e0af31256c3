//! Cache of loaded recordings while a script is run again and again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::SystemTime;

use rhai::{Dynamic, ImmutableString};

use crate::error::Result;
use crate::script::call::bind::Call;
use crate::script::call::value::{Type, has_paths};

/// Results of loading functions, valid as long as their files do not change.
#[derive(Default)]
pub struct LoadCache {
    is_on: AtomicBool,
    loaded: Mutex<HashMap<LoadKey, CachedLoad>>,
}

type LoadKey = (&'static str, String);

struct CachedLoad {
    files: FileStamps,
    value: Dynamic,
    is_used: bool,
}

/// Files of a recording, all with names that begin with its stem, with their times and sizes.
type FileStamps = Vec<(PathBuf, Option<SystemTime>, u64)>;

impl LoadCache {
    /// Enables the cache.
    pub fn keep(&self) {
        self.is_on.store(true, Relaxed);
    }

    /// Drops entries that were not used since the last call.
    pub fn forget_unused(&self) {
        let mut loaded = self.loaded.lock().expect("no panic while holding it");
        loaded.retain(|_, loaded| std::mem::take(&mut loaded.is_used));
    }

    /// Runs a call; a loading function runs only if the same arguments and files have not been
    /// loaded before.
    pub(in crate::script) fn run(&self, call: Call<'_>) -> Result<Dynamic> {
        let is_on = self.is_on.load(Relaxed);
        let Some(path) = is_on.then(|| loaded_file(&call)).flatten() else {
            return call.run();
        };
        let key = (call.builtin.name, format!("{:?}", call.arguments()));
        let files = files(&path);
        {
            let mut loaded = self.loaded.lock().expect("no panic while holding it");
            if let Some(loaded) = loaded.get_mut(&key).filter(|loaded| loaded.files == files) {
                loaded.is_used = true;
                return Ok(loaded.value.clone());
            }
        }
        let loaded = CachedLoad {
            files,
            value: call.run()?,
            is_used: true,
        };
        let value = loaded.value.clone();
        let mut all = self.loaded.lock().expect("no panic while holding it");
        all.insert(key, loaded);
        Ok(value)
    }
}

/// File of a call that only loads a video.
fn loaded_file(call: &Call<'_>) -> Option<PathBuf> {
    let builtin = call.builtin;
    let is_load = builtin.name.starts_with("load_") && matches!(builtin.returns, Type::Video);
    let first = builtin.params.first().filter(|_| is_load)?;
    let path = call.arguments().first()?.read_lock::<ImmutableString>()?;
    has_paths(&first.ty).then(|| PathBuf::from(path.as_str()))
}

/// A recording may consist of several files with the same stem, or of the files in a folder.
fn files(path: &Path) -> FileStamps {
    let (folder, stem) = if path.is_dir() {
        (path, String::new())
    } else {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        (path.parent().unwrap_or(Path::new("")), stem.into_owned())
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let beside = entries.filter(|e| e.file_name().to_string_lossy().starts_with(&stem));
    let mut files: FileStamps = beside
        .filter_map(|entry| {
            let facts = std::fs::metadata(entry.path()).ok()?;
            Some((entry.path(), facts.modified().ok(), facts.len()))
        })
        .collect();
    files.sort();
    files
}
