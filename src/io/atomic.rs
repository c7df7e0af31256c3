//! Writing files so that the target is either as it was or complete.
//!
//! Everything is written to a temporary file or folder beside the target, which takes its place at
//! the end and is removed if that is not reached.

use std::fs::{self, File, Permissions};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::bail;
use crate::error::{Error, Result};
use crate::video::{begin_write_back, check_files};

/// How many symbolic links are followed at most, as by Linux itself.
const MAX_LINKS: usize = 40;

/// How many bytes are written to disk at once while a file is made, and how often they are counted.
const WRITE_AHEAD: u64 = 8 << 20;
const LOOK: Duration = Duration::from_millis(5);

/// Writes a file through `fill`.
pub(crate) fn write(path: &Path, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    replace(path, |temp| fill(temp.as_file_mut()))
}

/// Writes a file through `fill`, which opens by itself the name it is given, one with the same
/// extension.
pub(super) fn write_by_name(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    replace(path, |temp| fill(temp.path()))
}

/// Makes a folder through `fill`, which takes the place of one for which `is_ours` holds.
pub(super) fn write_folder(
    path: &Path,
    is_ours: impl Fn(&Path) -> bool,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let fail = |e| Error::io("write", path, &e);
    let is_old = path.exists();
    if is_old && !is_ours(path) {
        let error = Error::new(format!(
            "cannot write `{}`: it holds something else",
            path.display()
        ));
        return Err(error.hint("move it out of the way, or choose another name"));
    }
    expect_folder(path, folder_of(path))?;
    let temp = tempfile::Builder::new()
        .prefix(".optimap-")
        .tempdir_in(folder_of(path))
        .map_err(fail)?;
    let (made, old) = (temp.path().join("new"), temp.path().join("old"));
    fs::create_dir(&made).map_err(fail)?;
    fill(&made)?;
    check_files()?;
    if is_old {
        fs::rename(path, &old).map_err(fail)?;
    }
    fs::rename(&made, path).map_err(|e| {
        let _ = fs::rename(&old, path);
        fail(e)
    })
}

/// Fills a folder, which is made if need be: `fill` writes files into a temporary one within it,
/// from which they are then moved.
pub(super) fn write_into(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let fail = |e| Error::io("write to", path, &e);
    if path.exists() && !path.is_dir() {
        bail!("cannot write to `{}`: it is no folder", path.display());
    }
    let mut made = Made::default();
    made.create(path).map_err(fail)?;
    let temp = tempfile::Builder::new()
        .prefix(".optimap-")
        .tempdir_in(path)
        .map_err(fail)?;
    made.temp = Some(temp);
    let temp = made.temp.as_ref().expect("just set").path().to_owned();
    fill(&temp)?;
    check_files()?;
    for entry in fs::read_dir(&temp).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        fs::rename(entry.path(), path.join(entry.file_name())).map_err(fail)?;
    }
    made.folders.clear();
    Ok(())
}

/// Folders that are removed again unless they are used.
#[derive(Default)]
struct Made {
    folders: Vec<PathBuf>,
    temp: Option<tempfile::TempDir>,
}

impl Made {
    /// Makes a folder and those that it is in.
    fn create(&mut self, path: &Path) -> std::io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        self.create(folder_of(path))?;
        fs::create_dir(path)?;
        self.folders.push(path.to_owned());
        Ok(())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.temp.take();
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn replace(path: &Path, fill: impl FnOnce(&mut NamedTempFile) -> Result<()>) -> Result<()> {
    let fail = |e| Error::io("write", path, &e);
    let target = resolve(path)?;
    let mut temp = create_beside(&target).map_err(fail)?;
    let ahead = target.exists().then(|| write_ahead(temp.as_file()));
    fill(&mut temp)?;
    drop(ahead);
    check_files()?;
    if let Ok(old) = fs::metadata(&target) {
        let _ = temp.as_file().set_permissions(old.permissions());
    }
    temp.persist(&target).map_err(|e| fail(e.error))?;
    Ok(())
}

/// Has a file written to disk while it is made, until what is returned is dropped. Where it takes the
/// place of another one, file systems such as ext4 begin to write all that is left of it, so that a
/// loss of power leaves one of both, and the caller waits for that.
fn write_ahead(file: &File) -> Option<SyncSender<()>> {
    let file = file.try_clone().ok()?;
    let (made, is_made) = sync_channel(0);
    let write = move || {
        let mut written = 0;
        while is_made.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            let len = file.metadata().map_or(0, |data| data.len());
            if len >= written + WRITE_AHEAD {
                begin_write_back(&file, written, len - written);
                written = len;
            }
        }
    };
    thread::Builder::new().spawn(write).ok()?;
    Some(made)
}

/// The file that is to be replaced: at the end of a symbolic link, where `path` is one.
fn resolve(path: &Path) -> Result<PathBuf> {
    if path.is_dir() {
        bail!("cannot write `{}`: it is a folder", path.display());
    }
    if path.exists() && !path.is_file() {
        bail!(
            "cannot write `{}`: it is not a regular file",
            path.display()
        );
    }
    let target = follow(path);
    expect_folder(path, folder_of(&target))?;
    Ok(target)
}

/// An error if there is no folder for what is to be written.
fn expect_folder(path: &Path, folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let message = format!(
        "cannot write `{}`: there is no folder `{}`",
        path.display(),
        folder.display()
    );
    Err(Error::new(message).hint("create the folder, or correct its name"))
}

/// The end of a chain of symbolic links, even if there is no file yet.
fn follow(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(next) = fs::read_link(&target) else {
            break;
        };
        target = folder_of(&target).join(next);
    }
    target
}

/// A temporary file whose permissions are those of any new file, not those of a secret.
fn create_beside(target: &Path) -> std::io::Result<NamedTempFile> {
    let extension = target.extension().unwrap_or_default().to_string_lossy();
    let suffix = format!(".{extension}");
    let mut builder = tempfile::Builder::new();
    builder.prefix(".optimap-").suffix(&suffix);
    if let Some(permissions) = new_file_permissions() {
        builder.permissions(permissions);
    }
    builder.tempfile_in(folder_of(target))
}

/// What the system then takes the umask from.
fn new_file_permissions() -> Option<Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    #[cfg(not(unix))]
    None
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        entries.map(|entry| name(entry.unwrap())).collect()
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_no_debris() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        fs::write(&path, "old").unwrap();
        let result = write(&path, |file| {
            file.write_all(b"half").unwrap();
            bail!("the disk is full")
        });
        assert_eq!(result.unwrap_err().message(), "the disk is full");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.npy"]);
    }

    #[test]
    fn success_replaces_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        fs::write(&path, "old").unwrap();
        write_by_name(&path, |temp| {
            assert_eq!(temp.extension().unwrap(), "mp4");
            fs::write(temp, "new").unwrap();
            Ok(())
        })
        .unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.mp4"]);
    }

    #[test]
    #[cfg(unix)]
    fn permissions_are_those_of_the_old_or_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (fresh, plain) = (folder.path().join("fresh"), folder.path().join("plain"));
        write(&fresh, |_| Ok(())).unwrap();
        fs::write(&plain, "").unwrap();
        assert_eq!(mode(&fresh), mode(&plain));
        fs::set_permissions(&plain, Permissions::from_mode(0o640)).unwrap();
        write(&plain, |_| Ok(())).unwrap();
        assert_eq!(mode(&plain), 0o640);
    }

    #[test]
    #[cfg(unix)]
    fn links_stay_links_even_without_a_file() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        symlink("middle", at("link")).unwrap();
        symlink(at("end.npy"), at("middle")).unwrap();
        for content in ["first", "second"] {
            write_by_name(&at("link"), |temp| {
                fs::write(temp, content).unwrap();
                Ok(())
            })
            .unwrap();
            assert_eq!(fs::read(at("end.npy")).unwrap(), content.as_bytes());
            assert!(at("link").is_symlink() && at("middle").is_symlink());
        }
        symlink("no/a.npy", at("lost")).unwrap();
        let error = write(&at("lost"), |_| Ok(())).unwrap_err();
        assert!(error.message().contains("there is no folder"), "{error}");
    }

    #[test]
    fn names_may_be_as_long_as_the_system_allows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a".repeat(251) + ".npy");
        write(&path, |_| Ok(())).unwrap();
        assert!(path.is_file());
    }

    #[test]
    fn targets_that_cannot_be_written_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(&folder.path().join("no/a.npy"), |_| Ok(())).unwrap_err();
        assert!(error.message().contains("there is no folder"), "{error}");
        let error = write(folder.path(), |_| Ok(())).unwrap_err();
        assert!(error.message().ends_with("it is a folder"), "{error}");
    }
}
