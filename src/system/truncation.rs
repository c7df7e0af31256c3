//! Keeps a mapped file that becomes shorter from ending the program.
//!
//! Reading a page beyond the new end of a file raises SIGBUS. The handler replaces the lost pages
//! by zeros and marks the file. [`check_files`], called when an operation ends, turns the mark into
//! an error, and makes the lost pages fault again, so that no later operation takes the zeros for
//! samples.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous};

use crate::error::{Error, Result};

/// Largest number of files watched; a fault in others ends the program as without the handler.
const MAX_FILES: usize = 1024;

/// No address.
const NONE: usize = usize::MAX;

/// Addresses of a mapped file. The handler must not wait for a lock, hence the atomics.
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

/// Whether pages were replaced since the last check.
static ANY_LOST: AtomicBool = AtomicBool::new(false);

static PAGE: AtomicUsize = AtomicUsize::new(0);

/// Action on SIGBUS before ours.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

/// Empty file: its pages fault like those beyond the end of any other file.
static EMPTY: OnceLock<Option<File>> = OnceLock::new();

/// Watched files, each with the index of its range, and files that were unmapped after they had
/// lost pages.
#[derive(Default)]
struct WatchedFiles {
    watched: Vec<(usize, PathBuf)>,
    gone: Vec<PathBuf>,
}

static FILES: Mutex<WatchedFiles> = Mutex::new(WatchedFiles {
    watched: Vec::new(),
    gone: Vec::new(),
});

/// Turns a write beyond the system's file size limit, which would end the program, into an error.
pub fn survive_size_limits() {
    // SAFETY: ignoring a signal runs no code of ours.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Watches a mapped file as long as it lives; it must be dropped before the mapping.
pub(crate) struct TruncationGuard {
    index: Option<usize>,
}

impl TruncationGuard {
    /// Watches a mapping of the file at `path`.
    pub(crate) fn new(bytes: &[u8], path: &Path) -> Self {
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
    // This runs after every operation of a script, and a load is cheaper than a swap.
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

/// Makes the pages in a range of addresses fault on the next read.
fn lose_again(start: usize, end: usize) {
    let Some(Some(empty)) = EMPTY.get() else {
        return;
    };
    // SAFETY: the pages are those of a mapping that exists, as its `TruncationGuard` cannot be
    // dropped while the list of files is locked, and hold nothing but zeros that `replace` wrote
    // there.
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
        // SAFETY: both point to our structures; without a new action this only reads.
        if unsafe { libc::sigaction(libc::SIGBUS, std::ptr::null(), &raw mut before) } != 0 {
            return;
        }
        let _ = BEFORE.set(before);
        let mut action = before;
        action.sa_sigaction = on_fault as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: `on_fault` has the signature that SA_SIGINFO requires and calls nothing that is
        // forbidden in a signal handler.
        unsafe { libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut()) };
    });
}

/// Signal handler: replaces lost pages of mapped files; any other fault is raised again with the
/// action that was set before this handler.
extern "C" fn on_fault(_: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the system passes a valid structure, and SIGBUS has an address.
    let address = unsafe { (*info).si_addr() } as usize;
    if replace(address) {
        return;
    }
    if let Some(before) = BEFORE.get() {
        // SAFETY: the action is the one that the system returned.
        unsafe { libc::sigaction(libc::SIGBUS, before, std::ptr::null_mut()) };
    }
}

/// Replaces the page of an address and those after it by zeros, if it belongs to a mapped file.
fn replace(address: usize) -> bool {
    let holds =
        |range: &&Range| (range.start.load(SeqCst)..range.end.load(SeqCst)).contains(&address);
    let Some(range) = RANGES.iter().find(holds) else {
        return false;
    };
    let start = address & !(PAGE.load(SeqCst) - 1);
    let end = range.end.load(SeqCst);
    // SAFETY: the pages belong to a mapping of a file that is being read, so that it exists; it is
    // read-only, and its contents there are lost.
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
