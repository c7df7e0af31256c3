//! Opening files. All files are opened here: anything but a regular file is refused rather than
//! waited for, as is anything outside the sandbox folder of scripts.
//!
//! A name found in a file, in a script or behind a symbolic link is trusted no more than any other.
//! In the sandbox a file is opened relative to a handle of its folder, one path component at a time
//! and without following links, so that replacing a component after the check has no effect.
//! Sandboxes of the operating system (Landlock, seccomp) exist on Linux only, and would also bind
//! the program itself: its display, its scratch files, ffmpeg.

use std::fs::{self, File, FileType};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use crate::bail;
use crate::error::{Error, Result};

/// The folder that scripts cannot leave, once set.
static FENCE: OnceLock<SandboxFolder> = OnceLock::new();

/// Confines the program to a folder from now on. Only the first call has an effect.
pub fn confine(folder: &Path) -> Result<()> {
    let fence = SandboxFolder::new(folder)?;
    let _ = FENCE.set(fence);
    Ok(())
}

/// The folder that the program is confined to, if any.
pub fn sandbox() -> Option<&'static SandboxFolder> {
    FENCE.get()
}

/// An error if access to a path, which need not exist yet, is not allowed.
pub fn check(path: &Path) -> Result<()> {
    match sandbox() {
        Some(fence) => fence.inner(path).map(|_| ()),
        None => Ok(()),
    }
}

/// Opens a regular file for reading.
pub fn open(path: &Path) -> Result<File> {
    match sandbox() {
        Some(fence) => fence.open(path),
        None => open_anywhere(path),
    }
}

/// Opens a file that the user named on the command line or in the settings, inside the sandbox or
/// not.
pub fn open_anywhere(path: &Path) -> Result<File> {
    let fail = |e| Error::io("read", path, &e);
    // Checked before opening, which can have side effects for a device.
    expect_regular(path, fs::metadata(path).map_err(fail)?.file_type())?;
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path).map_err(fail)?;
    expect_regular(path, file.metadata().map_err(fail)?.file_type())?;
    Ok(file)
}

/// The canonical path of an existing file or folder, in its usual form: the prefix `\\?\` of
/// Windows is omitted where the meaning is the same.
pub fn full(path: &Path) -> std::io::Result<PathBuf> {
    let full = fs::canonicalize(path)?;
    let plain = full.to_str().and_then(without_mark);
    let is_same = |plain: &PathBuf| fs::canonicalize(plain).is_ok_and(|again| again == full);
    Ok(plain.filter(is_same).unwrap_or(full))
}

/// A Windows path without the prefix of verbatim paths.
fn without_mark(full: &str) -> Option<PathBuf> {
    let rest = full.strip_prefix(r"\\?\")?;
    Some(match rest.strip_prefix(r"UNC\") {
        Some(share) => format!(r"\\{share}").into(),
        None => rest.into(),
    })
}

/// A path as written in scripts: in quotes, with doubled backslashes.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Opens a file if the name exists, even as a broken link.
pub fn find(path: &Path) -> Result<Option<File>> {
    match fs::symlink_metadata(path) {
        Err(error) if is_missing(&error) => Ok(None),
        _ => open(path).map(Some),
    }
}

/// The entries of a folder, in no particular order.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let fail = |e| Error::io("read", folder, &e);
    #[cfg(unix)]
    if let Some(fence) = sandbox() {
        return fence.list(folder);
    }
    check(folder)?;
    let entries = fs::read_dir(folder).map_err(fail)?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

/// Whether an error means that the file does not exist.
fn is_missing(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// An error for a folder, a pipe, a device or a socket.
fn expect_regular(path: &Path, kind: FileType) -> Result<()> {
    if kind.is_file() {
        return Ok(());
    }
    let path = path.display();
    if kind.is_dir() {
        bail!("`{path}` is a folder, not a file");
    }
    bail!("`{path}` is {}, not a regular file", name_of(kind))
}

/// The name of a file type that is neither a file nor a folder.
fn name_of(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    if kind.is_symlink() {
        return "a symbolic link";
    }
    "something else"
}

/// A folder outside of which no files are opened.
#[derive(Debug)]
pub struct SandboxFolder {
    folder: PathBuf,
    #[cfg(unix)]
    handle: File,
}

impl SandboxFolder {
    /// Creates a sandbox around a folder.
    pub fn new(folder: &Path) -> Result<Self> {
        let fail = |e| Error::io("open", folder, &e);
        let full = fs::canonicalize(folder).map_err(fail)?;
        if !full.is_dir() {
            bail!("`{}` is not a folder", folder.display());
        }
        Ok(Self {
            #[cfg(unix)]
            handle: File::open(&full).map_err(fail)?,
            folder: full,
        })
    }

    /// The folder, without symbolic links.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens a regular file within the folder for reading.
    pub fn open(&self, path: &Path) -> Result<File> {
        let inner = self.inner(path)?;
        #[cfg(unix)]
        return self.open_inner(path, &inner);
        #[cfg(not(unix))]
        {
            let file = open_anywhere(&self.folder.join(&inner))?;
            // It may have been replaced in the meantime.
            self.inner(path).map(|_| file)
        }
    }

    /// The path relative to the folder, with links resolved; an error if it leads out of the
    /// folder.
    fn inner(&self, path: &Path) -> Result<PathBuf> {
        let real = real(path);
        let inner = real
            .as_deref()
            .and_then(|real| real.strip_prefix(&self.folder).ok());
        inner
            .map(Path::to_owned)
            .ok_or_else(|| self.outside(path, ""))
    }

    fn outside(&self, path: &Path, why: &str) -> Error {
        let message = format!("`{}` is outside the sandbox{why}", path.display());
        Error::new(message).hint(format!(
            "with --sandbox, scripts can only use files in {}; this includes files that other \
             files name or link to",
            full(&self.folder)
                .unwrap_or_else(|_| self.folder.clone())
                .display()
        ))
    }
}

#[cfg(unix)]
impl SandboxFolder {
    fn open_inner(&self, path: &Path, inner: &Path) -> Result<File> {
        use rustix::fs::{AtFlags, FileType as Kind, Mode, OFlags, openat, statat};

        let fail = |e: rustix::io::Errno| self.failure(path, e);
        let Some(name) = inner.file_name() else {
            bail!("`{}` is a folder, not a file", path.display());
        };
        let folder = self.open_folder(path, inner.parent().unwrap_or(Path::new("")))?;
        let look = || statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(fail);
        match Kind::from_raw_mode(look()?.st_mode) {
            Kind::RegularFile | Kind::Directory => {}
            Kind::Symlink => return Err(fail(rustix::io::Errno::LOOP)),
            // Opening a device can have side effects.
            _ => bail!("`{}` is not a regular file", path.display()),
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(&folder, name, flags, Mode::empty()).map_err(fail)?);
        let facts = file.metadata().map_err(|e| Error::io("read", path, &e))?;
        expect_regular(path, facts.file_type())?;
        Ok(file)
    }

    /// A handle of a folder within this one.
    pub(crate) fn open_folder(&self, path: &Path, inner: &Path) -> Result<File> {
        use rustix::fs::{Mode, OFlags, openat};

        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut folder = self
            .handle
            .try_clone()
            .map_err(|e| Error::io("read", path, &e))?;
        for part in inner.components() {
            let Component::Normal(name) = part else {
                return Err(self.outside(path, ""));
            };
            let next = openat(&folder, name, flags, Mode::empty());
            folder = next.map_err(|e| self.failure(path, e))?.into();
        }
        Ok(folder)
    }

    fn list(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        use std::os::unix::ffi::OsStrExt;

        let fail = |e: rustix::io::Errno| Error::io("read", folder, &e.into());
        let handle = self.open_folder(folder, &self.inner(folder)?)?;
        let mut paths = Vec::new();
        for entry in rustix::fs::Dir::read_from(&handle).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = std::ffi::OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                paths.push(folder.join(name));
            }
        }
        Ok(paths)
    }

    fn failure(&self, path: &Path, error: rustix::io::Errno) -> Error {
        match error {
            rustix::io::Errno::LOOP => self.outside(path, ": it became a symbolic link"),
            error => Error::io("read", path, &error.into()),
        }
    }
}

/// A path that stays the same in any current folder, and that no program takes for an option.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The path with links resolved; `None` if that cannot be determined.
fn real(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let mut existing = path.as_path();
    let mut rest = Vec::new();
    loop {
        if let Ok(mut real) = fs::canonicalize(existing) {
            real.extend(rest.iter().rev());
            return Some(real);
        }
        // A broken link may lead outside once its target exists.
        if existing.is_symlink() {
            return None;
        }
        match existing.components().next_back()? {
            Component::Normal(name) => rest.push(name),
            _ => return None,
        }
        existing = existing.parent()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fenced() -> (tempfile::TempDir, PathBuf, SandboxFolder) {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("in");
        fs::create_dir_all(inner.join("deep")).unwrap();
        fs::write(outer.path().join("secret"), "secret").unwrap();
        fs::write(inner.join("deep/file"), "open").unwrap();
        let fence = SandboxFolder::new(&inner).unwrap();
        (outer, inner, fence)
    }

    #[test]
    fn full_paths_are_those_that_one_writes() {
        let plain = |full: &str| without_mark(full);
        assert_eq!(plain(r"\\?\C:\data"), Some(r"C:\data".into()));
        assert_eq!(plain(r"\\?\UNC\host\data"), Some(r"\\host\data".into()));
        assert_eq!(plain("/data"), None);
        let folder = tempfile::tempdir().unwrap();
        let full = full(&folder.path().join(".")).unwrap();
        assert!(full.is_dir() && full.ends_with(folder.path().file_name().unwrap()));
        assert!(!full.display().to_string().contains('?'), "{full:?}");
    }

    #[test]
    fn quoted_paths_are_strings_of_scripts() {
        let written = quoted(Path::new(r#"C:\data\new "heart".tif"#));
        assert_eq!(written, r#""C:\\data\\new \"heart\".tif""#);
    }

    #[test]
    fn paths_lead_inside_or_are_refused() {
        let (_outer, inner, fence) = fenced();
        for path in ["new.npy", "deep/er/new.npy", "../in/new.npy", "."] {
            assert!(fence.inner(&inner.join(path)).is_ok(), "{path}");
        }
        for path in ["../secret", "no/../../secret", "/etc/passwd", ".."] {
            assert!(fence.inner(&inner.join(path)).is_err(), "{path}");
            let error = fence.open(&inner.join(path)).unwrap_err();
            assert!(error.message().contains("outside the sandbox"), "{error}");
        }
        assert!(fence.open(&inner.join("deep/file")).is_ok());
        assert!(fence.open(&inner.join("deep/../deep/file")).is_ok());
        let error = fence.open(&inner.join("deep")).unwrap_err();
        assert!(error.message().ends_with("is a folder, not a file"));
        assert!(fence.open(&inner).is_err() && fence.open(&inner.join("none")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_inside_or_are_refused() {
        use std::os::unix::fs::symlink;
        let (outer, inner, fence) = fenced();
        symlink(outer.path(), inner.join("out")).unwrap();
        symlink(outer.path().join("secret"), inner.join("file")).unwrap();
        symlink(outer.path().join("none"), inner.join("dangling")).unwrap();
        symlink(inner.join("deep"), inner.join("same")).unwrap();
        for path in ["out/secret", "file", "dangling", "out/new"] {
            let error = fence.open(&inner.join(path)).unwrap_err();
            assert!(error.message().contains("outside the sandbox"), "{error}");
        }
        assert!(fence.open(&inner.join("same/file")).is_ok());
        assert!(fence.list(&inner.join("out")).is_err());
        assert_eq!(
            fence.list(&inner.join("same")).unwrap(),
            [inner.join("same/file")]
        );
    }

    /// A path component that is replaced between the check and its use.
    #[cfg(unix)]
    #[test]
    fn a_path_that_became_a_link_is_not_followed() {
        use std::os::unix::fs::symlink;
        let (outer, inner, fence) = fenced();
        let path = inner.join("deep/file");
        let looked_at = fence.inner(&path).unwrap();
        fs::remove_file(&path).unwrap();
        symlink(outer.path().join("secret"), &path).unwrap();
        let error = fence.open_inner(&path, &looked_at).unwrap_err();
        assert!(error.message().contains("outside the sandbox"), "{error}");
        fs::rename(inner.join("deep"), inner.join("was")).unwrap();
        fs::write(outer.path().join("file"), "secret").unwrap();
        symlink(outer.path(), inner.join("deep")).unwrap();
        assert!(fence.open_inner(&path, &looked_at).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_would_be_waited_for_is_refused() {
        let (_outer, inner, fence) = fenced();
        let pipe = inner.join("pipe");
        let mkfifo = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(mkfifo.unwrap().success());
        for error in [open_anywhere(&pipe), fence.open(&pipe)] {
            let error = error.unwrap_err();
            assert!(error.message().ends_with("not a regular file"), "{error}");
        }
        let error = open_anywhere(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(
            error.message(),
            "`/dev/zero` is a device, not a regular file"
        );
    }
}
