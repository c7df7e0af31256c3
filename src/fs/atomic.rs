//! Atomic writing: the target is either unchanged or complete.
//!
//! Everything is written to a temporary file or folder next to the target, which replaces the
//! target at the end and is removed on failure. The `tempfile` crate makes the files; folders
//! (image sequences, Zarr), permissions, the sandbox, targets that are open elsewhere and what
//! killed processes leave behind are handled here.

use std::fs::{self, File, Permissions};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::bail;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::fs::leftovers;
use crate::system::{begin_write_back, check_files};
use crate::task::in_this_job;

/// Maximum number of symbolic links to follow, the same as in Linux.
const MAX_LINKS: usize = 40;

/// Number of bytes after which a file being written is flushed to disk.
const WRITE_AHEAD: u64 = 8 << 20;
const LOOK: Duration = Duration::from_millis(5);

/// Writes a file through `fill`.
pub(crate) fn write(path: &Path, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    replace(path, |temp| fill(temp.as_file_mut()))
}

/// Writes a file through `fill`, which opens the file itself under the given name, which has the
/// same extension.
pub(crate) fn write_by_name(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    replace(path, |temp| fill(temp.path()))
}

#[cfg(feature = "zarr")]
/// Creates a folder through `fill`; it replaces an existing one for which `is_ours` holds.
pub(crate) fn write_folder(
    path: &Path,
    is_ours: impl Fn(&Path) -> bool,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let fail = |e| Error::io("write", path, &e);
    let is_old = path.exists();
    if is_old && !is_ours(path) {
        let error = Error::new(format!(
            "cannot write `{}`: it holds other data",
            path.display()
        ));
        return Err(error.hint("move it out of the way, or choose another name"));
    }
    expect_folder(path, folder_of(path))?;
    let temp = temp_folder(folder_of(path)).map_err(fail)?;
    let created = temp.path().join(NEW);
    fs::create_dir(&created).map_err(fail)?;
    fill(&created)?;
    check_files()?;
    if !is_old {
        return fs::rename(&created, path).map_err(fail);
    }
    if exchange(&created, path) {
        return Ok(());
    }
    let fail = |e| cannot_replace(path, &e, cfg!(windows));
    let old = temp.path().join(leftovers::OLD);
    fs::rename(path, &old).map_err(fail)?;
    let renamed = fs::rename(&created, path);
    if renamed.is_err() {
        let _ = fs::rename(&old, path);
    } else {
        let _ = fs::remove_dir_all(&old);
    }
    renamed.map_err(fail)
}

/// Fills a folder, which is created if necessary: `fill` writes files into a temporary one. It
/// replaces the folder if that does no harm to the other content; otherwise the files are moved
/// there.
pub(crate) fn write_into(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let fail = |e| Error::io("write to", path, &e);
    if path.exists() && !path.is_dir() {
        bail!("cannot write to `{}`: it is not a folder", path.display());
    }
    let mut created = CreatedFolders::default();
    let is_old = path.is_dir();
    let target = match is_old {
        true => fs::canonicalize(path).map_err(fail)?,
        false => {
            created.create(folder_of(path)).map_err(fail)?;
            path.to_owned()
        }
    };
    let beside = match is_old {
        true if !is_replaceable(&target) => None,
        true => temp_folder(folder_of(&target)).ok(),
        false => Some(temp_folder(folder_of(&target)).map_err(fail)?),
    };
    let is_beside = beside.is_some();
    let temp = match beside {
        Some(temp) => temp,
        None => temp_folder(&target).map_err(fail)?,
    };
    let new = temp.path().join(NEW);
    created.temp = Some(temp);
    fs::create_dir(&new).map_err(fail)?;
    fill(&new)?;
    check_files()?;
    if !is_old {
        fs::rename(&new, &target).map_err(fail)?;
    } else if is_beside
        && is_like(&new, &target)
        && take_others(&target, &new)
        && exchange(&new, &target)
    {
        // Files added to the old folder in the meantime.
        move_into(&new, &target, false)?;
    } else {
        move_into(&new, &target, true)?;
    }
    created.folders.clear();
    Ok(())
}

/// Names of the new and the old folder within a temporary one.
const NEW: &str = "new";
/// Moves files from one folder to another; existing ones are overwritten only with `replace`.
fn move_into(from: &Path, to: &Path, replace: bool) -> Result<()> {
    let fail = |e| Error::io("write to", to, &e);
    for entry in fs::read_dir(from).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let target = to.join(entry.file_name());
        if replace || fs::symlink_metadata(&target).is_err() {
            fs::rename(entry.path(), &target)
                .map_err(|e| cannot_replace(&target, &e, cfg!(windows)))?;
        }
    }
    Ok(())
}

/// Whether a folder can be replaced by another: it does not contain the current directory, and it
/// is not the root of the sandbox.
fn is_replaceable(folder: &Path) -> bool {
    let current = std::env::current_dir().and_then(fs::canonicalize);
    let is_current = current.is_ok_and(|current| current.starts_with(folder));
    !is_current
        && folder
            .parent()
            .is_some_and(|parent| files::check(parent).is_ok())
}

/// Gives a new folder the permissions of an old one; `false` if the owners differ or either has
/// extended attributes, such as access control lists.
#[cfg(target_os = "linux")]
fn is_like(new: &Path, old: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(created), Ok(known)) = (fs::metadata(new), fs::metadata(old)) else {
        return false;
    };
    let lists = |folder: &Path| {
        let mut names = [0u8; 4096];
        rustix::fs::listxattr(folder, &mut names[..]).ok()
    };
    let is_same = (created.uid(), created.gid()) == (known.uid(), known.gid())
        && lists(new).is_some_and(|len| len == 0)
        && lists(old).is_some_and(|len| len == 0);
    is_same && fs::set_permissions(new, known.permissions()).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn is_like(_: &Path, _: &Path) -> bool {
    false
}

/// Adds the other content of a folder to its replacement; `false` if that is not possible, as with
/// subfolders.
fn take_others(old: &Path, new: &Path) -> bool {
    let Ok(entries) = fs::read_dir(old) else {
        return false;
    };
    entries.into_iter().all(|entry| {
        let Ok(entry) = entry else {
            return false;
        };
        let target = new.join(entry.file_name());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        !is_folder && (target.exists() || fs::hard_link(entry.path(), target).is_ok())
    })
}

/// Exchanges two folders in one step; `false` where the system does not support it.
#[cfg(target_os = "linux")]
fn exchange(a: &Path, b: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> bool {
    false
}

/// A temporary folder in another one.
fn temp_folder(folder: &Path) -> std::io::Result<tempfile::TempDir> {
    leftovers::sweep(folder);
    let mut builder = tempfile::Builder::new();
    builder.prefix(leftovers::prefix()).tempdir_in(folder)
}

/// Folders that are removed again unless they are used.
#[derive(Default)]
struct CreatedFolders {
    folders: Vec<PathBuf>,
    temp: Option<tempfile::TempDir>,
}

impl CreatedFolders {
    /// Creates a folder and its missing parents.
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

impl Drop for CreatedFolders {
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
    // Other systems have no way to request it, and Windows does not remove a file that a thread has
    // open.
    let ahead = (cfg!(target_os = "linux") && target.exists()).then(|| write_ahead(temp.as_file()));
    fill(&mut temp)?;
    drop(ahead);
    check_files()?;
    // Windows does not rename onto an open file, and takes permissions from access control lists.
    let old = cfg!(unix).then(|| File::open(&target).ok()).flatten();
    if cfg!(unix)
        && let Ok(data) = fs::metadata(&target)
    {
        let _ = temp.as_file().set_permissions(data.permissions());
    }
    replace_target(temp, &target).map_err(|e| cannot_replace(path, &e, cfg!(windows)))?;
    free(old);
    Ok(())
}

/// Renames a complete file to the target.
#[cfg(unix)]
fn replace_target(temp: NamedTempFile, target: &Path) -> std::io::Result<()> {
    temp.persist(target).map_err(|e| e.error).map(drop)
}

/// Renames a complete file to the target; `persist` would fail if the target is open for reading,
/// even where Windows supports replacing it.
#[cfg(not(unix))]
fn replace_target(temp: NamedTempFile, target: &Path) -> std::io::Result<()> {
    let (_, created) = temp.keep().map_err(|e| e.error)?;
    fs::rename(&created, target).inspect_err(|_| {
        let _ = fs::remove_file(&created);
    })
}

/// The error for a complete file that cannot replace the target.
fn cannot_replace(path: &Path, cause: &std::io::Error, is_windows: bool) -> Error {
    /// Access denied, sharing violation, lock violation, and mapped file.
    const IN_USE: [i32; 4] = [5, 32, 33, 1224];
    let is_in_use = is_windows
        && cause
            .raw_os_error()
            .is_some_and(|code| IN_USE.contains(&code));
    let shown = path.display();
    if is_in_use && fs::metadata(path).is_ok_and(|data| data.permissions().readonly()) {
        return Error::new(format!("cannot write `{shown}`: it is read-only"))
            .hint("make it writable, or choose another name");
    }
    if is_in_use && fs::symlink_metadata(path).is_ok() {
        return Error::new(format!(
            "cannot write `{shown}`: it is in use and was not changed"
        ))
        .hint("close it in other programs, or choose another name")
        .hint(
            "videos loaded from it with `use_mmap` keep it in use until they are dropped: `v = ()`",
        );
    }
    Error::io("write", path, cause)
}

/// Closes a replaced file. The system then frees its cached pages and waits for those still being
/// written, which for a large file takes as long as writing the new one.
fn free(old: Option<File>) {
    let is_large = |file: &File| file.metadata().is_ok_and(|data| data.len() > WRITE_AHEAD);
    if let Some(old) = old.filter(is_large) {
        // If no thread can be started, the file is closed here.
        let _ = thread::Builder::new().spawn(in_this_job(move || drop(old)));
    }
}

/// Flushes a file to disk while it is written, until the return value is dropped. When a file
/// replaces another, file systems such as ext4 start to write all remaining data, so that a power
/// loss leaves one of the two, and the caller waits for that.
fn write_ahead(file: &File) -> Option<SyncSender<()>> {
    let file = file.try_clone().ok()?;
    let (created, is_made) = sync_channel(0);
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
    thread::Builder::new().spawn(in_this_job(write)).ok()?;
    Some(created)
}

/// The file to be replaced: the target of a symbolic link if `path` is one.
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

/// An error if the folder of the target does not exist.
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

/// The end of a chain of symbolic links, even if the file does not exist yet.
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

/// A temporary file with the permissions of an ordinary new file, not those of a private one.
fn create_beside(target: &Path) -> std::io::Result<NamedTempFile> {
    let extension = target.extension().unwrap_or_default().to_string_lossy();
    let suffix = format!(".{extension}");
    let mut builder = tempfile::Builder::new();
    builder.prefix(leftovers::prefix()).suffix(&suffix);
    if let Some(permissions) = new_file_permissions() {
        builder.permissions(permissions);
    }
    let folder = folder_of(target);
    leftovers::sweep(folder);
    builder.tempfile_in(folder)
}

/// Permissions before the system applies the umask.
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
    fn a_folder_is_filled_at_once_and_keeps_what_else_is_in_it() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("frames");
        let fill = |text: &'static str| {
            write_into(&folder, move |temp| {
                for name in ["1.png", "2.png"] {
                    fs::write(temp.join(name), text).unwrap();
                }
                Ok(())
            })
            .unwrap();
        };
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        fill("first");
        fs::write(folder.join("notes.txt"), "mine").unwrap();
        fs::write(folder.join("3.png"), "old").unwrap();
        for is_nested in [false, true] {
            if is_nested {
                fs::create_dir(folder.join("inner")).unwrap();
                fs::write(folder.join("inner/a"), "mine").unwrap();
            }
            fill("first");
            fill("second");
            assert_eq!([read("1.png"), read("2.png")], ["second", "second"]);
            assert_eq!([read("notes.txt"), read("3.png")], ["mine", "old"]);
            assert_eq!(names(outer.path()), ["frames"]);
        }
        assert_eq!(read("inner/a"), "mine");
        let failed = write_into(&folder, |temp| {
            fs::write(temp.join("1.png"), "third").unwrap();
            bail!("the disk is full")
        });
        assert!(failed.is_err() && read("1.png") == "second");
        assert!(names(&folder).iter().all(|name| !name.starts_with('.')));
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
    fn what_is_in_use_on_windows_is_said_to_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let denied = std::io::Error::from_raw_os_error(5);
        let message = |is_windows| {
            let error = cannot_replace(&path, &denied, is_windows);
            error.message().rsplit(": ").next().unwrap().to_owned()
        };
        assert!(!message(true).contains("in use"));
        fs::write(&path, "old").unwrap();
        assert_eq!(message(true), "it is in use and was not changed");
        assert!(!message(false).contains("in use"));
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions.clone()).unwrap();
        assert_eq!(message(true), "it is read-only");
        // Otherwise Windows would not remove it.
        #[allow(clippy::permissions_set_readonly_false)]
        permissions.set_readonly(false);
        fs::set_permissions(&path, permissions).unwrap();
    }

    /// A program that has the file open exclusively, and one that maps it.
    #[test]
    #[cfg(windows)]
    fn a_file_that_is_in_use_stays_as_it_was() {
        use std::os::windows::fs::OpenOptionsExt;
        const FILE_SHARE_READ: u32 = 1;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let save = || {
            write(&path, |file| {
                file.write_all(b"new")
                    .map_err(|e| Error::io("write", &path, &e))
            })
        };
        fs::write(&path, "old").unwrap();
        let mut alone = fs::OpenOptions::new();
        let held = alone
            .read(true)
            .share_mode(FILE_SHARE_READ)
            .open(&path)
            .unwrap();
        let error = save().unwrap_err();
        assert!(error.message().contains("it is in use"), "{error}");
        drop(held);
        let mapped = crate::video::MappedFile::open(&path).unwrap();
        // Windows refuses; Wine lets the mapping keep the old file.
        match save() {
            Ok(()) => assert_eq!(mapped.bytes(), b"old"),
            Err(error) => assert!(error.message().contains("it is in use"), "{error}"),
        }
        assert_eq!(mapped.bytes(), b"old");
        drop(mapped);
        save().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.npy"]);
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
