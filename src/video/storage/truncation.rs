//! Keeps a mapped file that becomes shorter from ending the program.
//!
//! Reading a page beyond the new end of a file raises SIGBUS. The handler puts zeros in the place of
//! the lost pages and marks the file; [`check_files`], called when an operation ends, turns the mark
//! into an error, and makes the lost pages fault again, so that no later operation takes the zeros for
//! samples.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous};

use crate::error::{Error, Result};

/// How many files are watched at most; a fault in others ends the program as it would otherwise.
const MAX_FILES: usize = 1024;

/// No address.
const NONE: usize = usize::MAX;

/// The addresses of a mapped file. The handler must not wait for a lock, hence the atomic numbers.
struct Range {
    start: AtomicUsize,
    /// 0 while the range is not in use.
    end: AtomicUsize,
    /// The first address whose page was replaced.
    lost: AtomicUsize,
}

static RANGES: [Range; MAX_FILES] = [const {
    Range {
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        lost: AtomicUsize::new(NONE),
    }
}; MAX_FILES];

/// Whether pages were replaced since the last look.
static ANY_LOST: AtomicBool = AtomicBool::new(false);

static PAGE: AtomicUsize = AtomicUsize::new(0);

/// What happened on SIGBUS before.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

/// A file without bytes: its pages fault like those beyond the end of any other file.
static EMPTY: OnceLock<Option<File>> = OnceLock::new();

/// The files that are watched, each with the index of its range, and those that were unmapped after
/// they had lost pages.
#[derive(Default)]
struct WatchedFiles {
    watched: Vec<(usize, PathBuf)>,
    gone: Vec<PathBuf>,
}

static FILES: Mutex<WatchedFiles> = Mutex::new(WatchedFiles {
    watched: Vec::new(),
    gone: Vec::new(),
});

/// Makes it an error to write more than the system allows to a file, where it would end the program.
pub fn survive_size_limits() {
    // SAFETY: to ignore a signal runs no code of ours.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// A mapped file that is watched, as long as this lives; it has to end before the mapping does.
pub(super) struct TruncationGuard {
    index: Option<usize>,
}

impl TruncationGuard {
    /// Watches a mapping of the file with that name.
    pub(super) fn new(bytes: &[u8], path: &Path) -> Self {
        install();
        let mut files = files();
        let free = |range: &Range| range.end.load(SeqCst) == 0;
        let index = RANGES.iter().position(free);
        if let Some(index) = index {
            let start = bytes.as_ptr() as usize;
            let pages = bytes.len().next_multiple_of(PAGE.load(SeqCst));
            RANGES[index].lost.store(NONE, SeqCst);
            RANGES[index].start.store(start, SeqCst);
            RANGES[index].end.store(start + pages, SeqCst);
            files.watched.push((index, path.to_owned()));
        }
        Self { index }
    }
}

impl Drop for TruncationGuard {
    fn drop(&mut self) {
        let Some(index) = self.index else {
            return;
        };
        let mut files = files();
        RANGES[index].end.store(0, SeqCst);
        let lost = RANGES[index].lost.swap(NONE, SeqCst) != NONE;
        if let Some(at) = files.watched.iter().position(|(other, _)| *other == index) {
            let (_, path) = files.watched.swap_remove(at);
            if lost {
                files.gone.push(path);
            }
        }
    }
}

fn files() -> MutexGuard<'static, WatchedFiles> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error if samples were read that a mapped file no longer has.
pub fn check_files() -> Result<()> {
    // This is asked after every operation of a script, and looking costs less than changing.
    if !ANY_LOST.load(SeqCst) || !ANY_LOST.swap(false, SeqCst) {
        return Ok(());
    }
    let mut files = files();
    let mut shorter = std::mem::take(&mut files.gone);
    for (index, path) in &files.watched {
        let range = &RANGES[*index];
        let lost = range.lost.swap(NONE, SeqCst);
        if lost != NONE {
            lose_again(lost, range.end.load(SeqCst));
            shorter.push(path.clone());
        }
    }
    match shorter.first() {
        Some(path) => Err(Error::new(format!(
            "`{}` was truncated while it was open: its last samples are lost",
            path.display()
        ))
        .hint("load it again once it is complete, or without `use_mmap`")),
        None => Ok(()),
    }
}

/// Lets the pages from one address to another fault when they are read.
fn lose_again(start: usize, end: usize) {
    let Some(Some(empty)) = EMPTY.get() else {
        return;
    };
    // SAFETY: the pages are those of a mapping that exists, as its `TruncationGuard` cannot end while the list
    // of files is locked, and hold nothing but zeros that `replace` put there.
    let _ = unsafe {
        mmap(
            start as *mut c_void,
            end - start,
            ProtFlags::READ,
            MapFlags::SHARED | MapFlags::FIXED,
            empty,
            0,
        )
    };
}

/// Sets the handler, once.
fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        PAGE.store(rustix::param::page_size(), SeqCst);
        let _ = EMPTY.set(tempfile::tempfile().ok());
        // SAFETY: all zeros is a valid value of this plain structure of numbers.
        let mut before: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: both point to structures of ours; without a new action this only reads.
        if unsafe { libc::sigaction(libc::SIGBUS, std::ptr::null(), &raw mut before) } != 0 {
            return;
        }
        let _ = BEFORE.set(before);
        let mut action = before;
        action.sa_sigaction = on_fault as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: `on_fault` has the signature that SA_SIGINFO asks for and calls nothing that a
        // signal handler must not.
        unsafe { libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut()) };
    });
}

/// The handler: replaces lost pages of mapped files; any other fault happens again, and then has the
/// effect that it had before this handler was there.
extern "C" fn on_fault(_: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the system passes a valid structure, and SIGBUS has an address.
    let address = unsafe { (*info).si_addr() } as usize;
    if replace(address) {
        return;
    }
    if let Some(before) = BEFORE.get() {
        // SAFETY: the action is the one that the system gave us.
        unsafe { libc::sigaction(libc::SIGBUS, before, std::ptr::null_mut()) };
    }
}

/// Puts zeros in the place of the page with an address and of those after it, if it is a mapped
/// file's.
fn replace(address: usize) -> bool {
    let holds =
        |range: &&Range| (range.start.load(SeqCst)..range.end.load(SeqCst)).contains(&address);
    let Some(range) = RANGES.iter().find(holds) else {
        return false;
    };
    let start = address & !(PAGE.load(SeqCst) - 1);
    let end = range.end.load(SeqCst);
    // SAFETY: the pages belong to a mapping of a file that is read at this moment, so that it exists;
    // it is read-only, and what it had there is lost.
    let zeros = unsafe {
        mmap_anonymous(
            start as *mut c_void,
            end.saturating_sub(start),
            ProtFlags::READ,
            MapFlags::PRIVATE | MapFlags::FIXED,
        )
    };
    range.lost.fetch_min(start, SeqCst);
    ANY_LOST.store(true, SeqCst);
    zeros.is_ok()
}
