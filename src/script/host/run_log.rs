//! Files that scripts read and write, noted while somebody keeps a record of the run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};

use rhai::{Array, Dynamic, ImmutableString};

use crate::script::call::bind::Call;
use crate::script::call::builtin::Builtin;
use crate::script::call::record::PROVENANCE;
use crate::script::call::value::has_paths;

/// Files of a run.
#[derive(Debug, Clone, Default)]
pub struct RunFiles {
    /// Files that were read and not written before.
    pub read: BTreeSet<PathBuf>,
    /// Files that were written.
    pub written: BTreeSet<PathBuf>,
}

/// Notes the files of a run once it is on.
#[derive(Default)]
pub struct RunLog {
    is_on: AtomicBool,
    files: Mutex<RunFiles>,
}

/// What a builtin does with files.
#[derive(Clone, Copy)]
enum FileUse {
    Reads,
    Writes,
}

/// The files of a call.
pub(in crate::script) struct CallFiles {
    used: FileUse,
    paths: Vec<PathBuf>,
}

impl RunLog {
    /// Notes files from now on.
    pub fn keep(&self) {
        self.is_on.store(true, Relaxed);
    }

    /// Files so far.
    pub fn files(&self) -> RunFiles {
        self.lock().clone()
    }

    /// Files of a call that is about to run, if they are to be noted.
    pub(in crate::script) fn files_of(&self, call: &Call<'_>) -> Option<CallFiles> {
        let used = self.is_on.load(Relaxed).then(|| file_use(call.builtin))??;
        let mut paths = Vec::new();
        let params = call.builtin.params.iter().zip(call.arguments());
        for (_, value) in params.filter(|(param, _)| has_paths(&param.ty)) {
            add_paths(value, &mut paths);
        }
        Some(CallFiles { used, paths })
    }

    /// Notes the files of a call that succeeded.
    pub(in crate::script) fn note(&self, files: CallFiles) {
        let mut known = self.lock();
        for path in files.paths {
            let path = std::path::absolute(&path).unwrap_or(path);
            match files.used {
                FileUse::Writes => drop(known.written.insert(path)),
                FileUse::Reads if known.written.contains(&path) => {}
                FileUse::Reads => drop(known.read.insert(path)),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, RunFiles> {
        self.files.lock().expect("no panic while holding it")
    }
}

/// Builtins that read or write files say so by their names.
fn file_use(builtin: &Builtin) -> Option<FileUse> {
    let begins = |starts: &[&str]| starts.iter().any(|start| builtin.name.starts_with(start));
    if builtin.position(PROVENANCE).is_some() || begins(&["save", "write_", "export_"]) {
        return Some(FileUse::Writes);
    }
    let reads = begins(&["load_", "read_"]) || builtin.name.ends_with("Importer");
    reads.then_some(FileUse::Reads)
}

fn add_paths(value: &Dynamic, paths: &mut Vec<PathBuf>) {
    if let Some(array) = value.read_lock::<Array>() {
        array.iter().for_each(|value| add_paths(value, paths));
    } else if let Some(path) = value.read_lock::<ImmutableString>() {
        paths.push(Path::new(path.as_str()).to_owned());
    }
}
