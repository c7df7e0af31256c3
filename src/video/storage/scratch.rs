//! Scratch files: memory on disk for arrays that exceed the memory budget.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::video::memory::usage;
use crate::video::size_text;

/// Folder for temporary files that survive a restart, hence on disk.
const ON_DISK: &str = "/var/tmp";

/// Creates an unnamed file with room for `bytes` bytes; it is deleted when it is closed, even if
/// the program crashes.
pub(super) fn create(bytes: usize) -> Result<File> {
    let folder = folder();
    let file = tempfile::tempfile_in(&folder).map_err(|error| {
        Error::new(format!(
            "cannot create a scratch file in `{}`: {error}",
            folder.display()
        ))
        .hint("set OPTIMAP_SCRATCH to a folder that can be written to")
    })?;
    reserve(&file, &folder, bytes)?;
    Ok(file)
}

/// `OPTIMAP_SCRATCH`, else the folder for temporary files unless that is itself memory.
fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("OPTIMAP_SCRATCH").filter(|name| !name.is_empty()) {
        return folder.into();
    }
    let usual = std::env::temp_dir();
    let on_disk = Path::new(ON_DISK);
    if is_memory(&usual) && on_disk.is_dir() && !is_memory(on_disk) {
        return on_disk.to_owned();
    }
    usual
}

/// Whether the files of a folder are in memory.
#[cfg(target_os = "linux")]
fn is_memory(folder: &Path) -> bool {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    // The type of this number differs between processors.
    let is_memory = |kind: u64| matches!(kind, TMPFS | RAMFS);
    rustix::fs::statfs(folder).is_ok_and(|system| u64::try_from(system.f_type).is_ok_and(is_memory))
}

#[cfg(not(target_os = "linux"))]
fn is_memory(_: &Path) -> bool {
    false
}

/// Sets the size of a file and reserves the disk space: a page that cannot be written later would
/// end the program.
#[cfg(unix)]
fn reserve(file: &File, folder: &Path, bytes: usize) -> Result<()> {
    use rustix::fs::{FallocateFlags, fallocate, fstatvfs};

    let free = fstatvfs(file).map_or(u64::MAX, |system| {
        system.f_bavail.saturating_mul(system.f_frsize)
    });
    if bytes as u64 > free {
        return Err(no_room(
            folder,
            bytes,
            &format!("{} free", size_text(free as usize)),
        ));
    }
    match fallocate(file, FallocateFlags::empty(), 0, bytes as u64) {
        Ok(()) => Ok(()),
        // Some file systems cannot reserve space.
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => resize(file, folder, bytes),
        Err(error) => Err(no_room(folder, bytes, &error.to_string())),
    }
}

#[cfg(not(unix))]
fn reserve(file: &File, folder: &Path, bytes: usize) -> Result<()> {
    resize(file, folder, bytes)
}

fn resize(file: &File, folder: &Path, bytes: usize) -> Result<()> {
    file.set_len(bytes as u64)
        .map_err(|error| no_room(folder, bytes, &error.to_string()))
}

/// Error for samples that fit neither into memory nor on disk.
fn no_room(folder: &Path, bytes: usize, reason: &str) -> Error {
    let usage = usage();
    Error::new(format!(
        "cannot allocate {}: the memory budget of {} has {} in use, and the scratch folder `{}` has {reason}",
        size_text(bytes),
        size_text(usage.budget),
        size_text(usage.in_use),
        folder.display(),
    ))
    .hint("work on fewer frames (`frames`, `step`) or a smaller region (`crop`)")
    .hint("raise the budget with `set_memory_budget`, or set OPTIMAP_SCRATCH to a folder on a larger disk")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_disk_holds_is_refused_with_figures() {
        let error = create(1 << 60).unwrap_err();
        let message = error.message();
        assert!(
            message.starts_with("cannot allocate 1152922 TB"),
            "{message}"
        );
        let is_counted = message.ends_with("free");
        assert!(is_counted || cfg!(not(unix)), "{message}");
    }
}
