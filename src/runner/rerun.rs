//! Makes a file again from the files that it was made from, by the script that it holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::compare::{self, FileComparison, script_of};
use crate::error::{Error, Result};
use crate::fs::files;
use crate::history::{RecordedScript, RecordedSource, SourceFile, TARGET, VERSION};
use crate::task;

/// Variable of the environment with folders of recordings, separated as in PATH.
const DATA: &str = "OPTIMAP_DATA";

/// Largest number of files that are searched for one with the contents of a source.
const MAX_FILES: usize = 100_000;

/// How deep within each other the folders are searched.
const MAX_DEPTH: usize = 8;

/// A file to be made again.
pub struct Rerun {
    file: PathBuf,
    /// Script to run.
    pub script: String,
    /// File that the script writes.
    pub target: PathBuf,
    /// Folder of the target, if it is removed in the end.
    _folder: Option<TempDir>,
}

impl Rerun {
    /// Finds the sources of a file. The new file is written to a folder, or to one that is removed
    /// in the end.
    pub fn prepare(file: &Path, out: Option<&Path>) -> Result<Self> {
        let text = script_of(file)?;
        let script = RecordedScript::new(&text);
        if let Some(obstacle) = script.obstacle() {
            let error = format!("`{}` cannot be made again", file.display());
            return Err(Error::new(error).hint(obstacle));
        }
        if script.version() != VERSION {
            task::warn(&format!(
                "`{}` was made by optimap {}; this is optimap {VERSION}",
                file.display(),
                script.version()
            ));
        }
        let mut paths = BTreeMap::new();
        let folders = folders(file);
        for source in script.sources() {
            let path = find(&source, &folders, file)?;
            paths.insert(source.variable, path);
        }
        let name = script.target();
        let name = name.as_deref().and_then(Path::file_name);
        let name = name.ok_or_else(|| {
            Error::new(format!("the history of `{}` names no file", file.display()))
        })?;
        let (folder, temporary) = match out {
            Some(folder) => {
                std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, &e))?;
                (folder.to_owned(), None)
            }
            None => {
                let folder = tempfile::tempdir();
                let folder =
                    folder.map_err(|e| Error::io("create", Path::new("a temporary folder"), &e))?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        let target = folder.join(name);
        if is_same_file(&target, file) {
            let error = format!("`{}` would be overwritten by its copy", file.display());
            return Err(Error::new(error).hint("choose another folder with `--out`"));
        }
        paths.insert(TARGET.to_owned(), target.clone());
        Ok(Self {
            file: file.to_owned(),
            script: script.with_paths(&paths),
            target,
            _folder: temporary,
        })
    }

    /// Compares the new file with the old one.
    pub fn compare(&self) -> Result<FileComparison> {
        compare::contents_of(&self.file, &self.target)
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((files::full(one), files::full(other)), (Ok(one), Ok(other)) if one == other)
}

/// Folders in which sources are searched for: that of the file, then those of the environment.
fn folders(file: &Path) -> Vec<PathBuf> {
    let own = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let data = std::env::var_os(DATA).unwrap_or_default();
    let data = std::env::split_paths(&data).filter(|folder| !folder.as_os_str().is_empty());
    let own = own.unwrap_or(Path::new(".")).to_owned();
    [own].into_iter().chain(data).collect()
}

/// A source: by its path, by its name, or else by its contents.
fn find(source: &RecordedSource, folders: &[PathBuf], file: &Path) -> Result<PathBuf> {
    let mut others = Vec::new();
    for folder in folders {
        for path in [folder.join(&source.path), folder.join(source.name())] {
            let found = SourceFile::of(&path);
            if source.is(&found) {
                return Ok(files::full(&path).unwrap_or(path));
            }
            if found.modified.is_some() && !others.contains(&path) {
                others.push(path);
            }
        }
    }
    if source.fingerprint.is_some()
        && let Some(path) = find_contents(source, folders)?
    {
        return Ok(files::full(&path).unwrap_or(path));
    }
    let name = source.path.display();
    let error = match others.first() {
        Some(other) => Error::new(format!(
            "`{}` is not the file that `{}` was made from: its contents differ",
            other.display(),
            file.display()
        )),
        None => Error::new(format!(
            "`{name}`, which `{}` was made from, was not found",
            file.display()
        )),
    };
    Err(error.hint(format!(
        "put the original `{name}` beside the file, or into a folder that {DATA} lists"
    )))
}

/// A file with the contents of a source, whatever its name is.
fn find_contents(source: &RecordedSource, folders: &[PathBuf]) -> Result<Option<PathBuf>> {
    let mut open: Vec<(Arc<Path>, usize)> = Vec::new();
    open.extend(
        folders
            .iter()
            .rev()
            .map(|folder| (folder.as_path().into(), 0)),
    );
    let mut count = 0;
    while let Some((folder, depth)) = open.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries {
            task::check()?;
            count += 1;
            let Some(facts) = entry.metadata().ok().filter(|_| count <= MAX_FILES) else {
                continue;
            };
            if facts.is_dir() && depth < MAX_DEPTH {
                open.push((entry.path().into(), depth + 1));
            } else if source.size == Some(facts.len()) && source.is(&SourceFile::of(&entry.path()))
            {
                return Ok(Some(entry.path()));
            }
        }
    }
    Ok(None)
}
