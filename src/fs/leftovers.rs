//! Names of temporary files and folders, and the removal of those left by killed processes.
//!
//! A name contains the machine and the process that created it. Where these cannot be determined,
//! as on systems other than Linux, nothing is removed.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub(crate) const OLD: &str = "old";

/// Prefix of all names.
const MARK: &str = ".optimap-";

/// How long a folder that was swept is not swept again.
const REST: Duration = Duration::from_secs(60);

/// Prefix of the names of this process.
pub(crate) fn prefix() -> &'static str {
    static PREFIX: OnceLock<String> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let process = std::process::id();
        let start = start_of(process).unwrap_or(0);
        format!("{MARK}{:x}-{process}-{start}-", machine())
    })
}

/// Removes files left in a folder by processes that no longer run.
pub(crate) fn sweep(folder: &Path) {
    static SWEPT: Mutex<Option<HashMap<PathBuf, Instant>>> = Mutex::new(None);
    let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let swept = swept.get_or_insert_default();
    if swept.get(folder).is_some_and(|at| at.elapsed() < REST) {
        return;
    }
    swept.insert(folder.to_owned(), Instant::now());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_left) {
            remove(&entry.path());
        }
    }
}

fn remove(path: &Path) {
    // The name that the old folder had is no longer known.
    let has_old = || path.join(OLD).exists();
    let _ = match fs::symlink_metadata(path).is_ok_and(|facts| facts.is_dir()) {
        true if has_old() => return,
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
}

/// Whether a name is that of a process of this machine that no longer runs.
fn is_left(name: &str) -> bool {
    let Some(name) = name.strip_prefix(MARK) else {
        return false;
    };
    let mut parts = name.split('-');
    let (made_on, process, start) = (parts.next(), parts.next(), parts.next());
    let (Some(process), Some(start)) = (
        process.and_then(|text| text.parse::<u32>().ok()),
        start.and_then(|text| text.parse::<u64>().ok()),
    ) else {
        return false;
    };
    let is_ours = made_on.is_some_and(|text| text == format!("{:x}", machine()));
    is_ours && start > 0 && cfg!(target_os = "linux") && start_of(process) != Some(start)
}

/// Start time of a process, in system units; process IDs are reused.
fn start_of(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program name is in parentheses and may contain any characters.
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

/// An ID of the machine, or of the part of it that shares process IDs.
fn machine() -> u64 {
    static MACHINE: OnceLock<u64> = OnceLock::new();
    *MACHINE.get_or_init(|| {
        let mut hasher = DefaultHasher::new();
        for file in ["/etc/machine-id", "/proc/sys/kernel/hostname"] {
            fs::read(file).unwrap_or_default().hash(&mut hasher);
        }
        fs::read_link("/proc/self/ns/pid").ok().hash(&mut hasher);
        hasher.finish()
    })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn only_what_processes_that_are_gone_have_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let gone = {
            let mut child = std::process::Command::new("true").spawn().unwrap();
            child.wait().unwrap();
            child.id()
        };
        let (here, this) = (machine(), std::process::id());
        let start = start_of(this).unwrap();
        let removed = [
            format!("{MARK}{here:x}-{gone}-7-abc.npy"),
            format!("{MARK}{here:x}-{this}-{}-abc", start + 1),
        ];
        let kept = [
            format!("{}abc.npy", prefix()),
            format!("{MARK}{here:x}-{gone}-0-abc"),
            format!("{MARK}{:x}-{gone}-7-abc", here.wrapping_add(1)),
            format!("{MARK}abc.npy"),
            "a.npy".to_owned(),
        ];
        for name in removed.iter().chain(&kept) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let left = folder
            .path()
            .join(format!("{MARK}{here:x}-{gone}-7-folder"));
        let replaced = folder.path().join(format!("{MARK}{here:x}-{gone}-7-old"));
        fs::create_dir_all(left.join("new")).unwrap();
        fs::create_dir_all(replaced.join("old")).unwrap();
        sweep(folder.path());
        assert!(
            removed
                .iter()
                .all(|name| !folder.path().join(name).exists())
        );
        assert!(kept.iter().all(|name| folder.path().join(name).exists()));
        assert!(!left.exists() && replaced.exists());
    }
}
