//! Keeps mapped files within the memory budget.
//!
//! Pages of a file that have been read or written stay in memory until the system needs it, and
//! count as memory of the program. While more is mapped than the budget allows, every step of an
//! operation ends with a check of how much of it is in memory, and evicts the pages if it is too
//! much: the samples stay in the file, and mostly in the system's cache. A thread checks too, for
//! work without steps.
#![allow(unsafe_code)]

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use super::pool;
#[cfg(windows)]
use crate::system;
use crate::task;
#[cfg(windows)]
use crate::video::memory::allocated;
use crate::video::memory::usage;

/// Time between two checks of the thread; a fast disk fills a fraction of a gigabyte in it.
const LOOK: Duration = Duration::from_millis(40);

/// Divisor of the budget: mapped files may always use a quarter of it, whatever other samples take.
const MIN_SHARE: usize = 4;

/// Bytes of a mapped file, as long as the guard lives; it must be dropped before the mapping.
pub(super) struct EvictionGuard {
    start: usize,
    len: usize,
}

/// Bytes of the program's own files in memory before the first mapping.
static PROGRAM: OnceLock<usize> = OnceLock::new();

static MAPPED: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

impl EvictionGuard {
    /// Watches a mapping of a file.
    pub(super) fn new(bytes: &[u8]) -> Self {
        PROGRAM.get_or_init(|| resident_file_bytes().unwrap_or(0));
        let (start, len) = (bytes.as_ptr() as usize, bytes.len());
        let mut mapped = mapped();
        mapped.push((start, len));
        if mapped.iter().map(|(_, len)| len).sum::<usize>() > usage().budget {
            watch();
        }
        Self { start, len }
    }
}

impl Drop for EvictionGuard {
    fn drop(&mut self) {
        let mut mapped = mapped();
        let this = mapped
            .iter()
            .position(|entry| *entry == (self.start, self.len));
        if let Some(this) = this {
            mapped.swap_remove(this);
        }
    }
}

fn mapped() -> MutexGuard<'static, Vec<(usize, usize)>> {
    MAPPED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the thread, once.
fn watch() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        task::after_each_step(evict_excess);
        let look = || loop {
            thread::sleep(LOOK);
            evict_excess();
        };
        // Without the thread the system decides what stays in memory between steps.
        let _ = thread::Builder::new().name("resident".into()).spawn(look);
    });
}

/// Evicts the pages of all mapped files if they exceed the budget left for them.
fn evict_excess() {
    let usage = usage();
    let left = usage.budget.saturating_sub(usage.in_use);
    let program = PROGRAM.get().copied().unwrap_or(0);
    let most = left.max(usage.budget / MIN_SHARE) + program;
    if resident_file_bytes().is_some_and(|bytes| bytes > most) {
        pool::return_all();
        evict();
    }
}

/// Bytes of all mapped files in memory, where the system reports it.
#[cfg(target_os = "linux")]
fn resident_file_bytes() -> Option<usize> {
    let counts = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = counts.split(' ').nth(2)?.parse().ok()?;
    Some(pages * rustix::param::page_size())
}

/// Resident memory of the program minus what it has allocated. If some allocated memory is not
/// resident, files get less than they could, and the program never exceeds the budget.
#[cfg(windows)]
fn resident_file_bytes() -> Option<usize> {
    Some(system::memory()?.saturating_sub(allocated()))
}

#[cfg(not(any(target_os = "linux", windows)))]
fn resident_file_bytes() -> Option<usize> {
    None
}

/// Evicts the pages of all mapped files.
fn evict() {
    #[cfg(target_os = "linux")]
    for (start, len) in mapped().iter() {
        use rustix::mm::{Advice, madvise};
        // SAFETY: the mapping exists, as its `EvictionGuard` cannot be dropped while the list is
        // locked. It maps a file, and is shared or never written to, so that its pages come back
        // from the file with the same samples.
        let _ = unsafe { madvise(*start as *mut _, *len, Advice::LinuxDontNeed) };
    }
    #[cfg(windows)]
    for (start, len) in mapped().iter() {
        system::leave_working_set(*start, *len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Element;

    #[test]
    fn samples_survive_that_their_memory_is_given_back() {
        let mut array = crate::video::storage::block::Block::scratch(8 << 20).unwrap();
        let samples = array.as_mut_slice::<u32>().unwrap();
        for (index, sample) in samples.iter_mut().enumerate() {
            *sample = u32::from_int(index as i64);
        }
        evict();
        let samples = array.as_slice::<u32>().iter().enumerate();
        assert!(
            samples
                .into_iter()
                .all(|(index, sample)| *sample == index as u32)
        );
        // Memory that other tests have allocated and not written makes this smaller there.
        assert!(cfg!(windows) || resident_file_bytes().is_none_or(|bytes| bytes > 0));
    }
}
