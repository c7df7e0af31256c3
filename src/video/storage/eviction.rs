//! Keeps mapped files within the memory budget.
//!
//! Pages of a file that have been read or written stay in memory until the system needs it, and
//! count as memory of the program. While more is mapped than the budget allows, every step of an
//! operation ends with a check of how much of it is in memory, and evicts the pages if it is too
//! much: the samples stay in the file, and mostly in the system's cache. A thread checks too, for
//! work without steps.
//!
//! The system tells only how much the whole process has in memory, so that the budgets of all jobs
//! with mapped files count together.
#![allow(unsafe_code)]

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use super::pool;
#[cfg(windows)]
use crate::system;
use crate::task::Job;
use crate::task::memory::MemoryAccount;
#[cfg(windows)]
use crate::video::memory::allocated;
use crate::video::memory::{account, usage_of};

/// Time between two checks of the thread; a fast disk fills a fraction of a gigabyte in it.
const LOOK: Duration = Duration::from_millis(40);

/// Divisor of the budget: mapped files may always use a quarter of it, whatever other samples take.
const MIN_SHARE: usize = 4;

/// Bytes of a mapped file, as long as the guard lives; it must be dropped before the mapping.
pub(super) struct EvictionGuard {
    account: Arc<MemoryAccount>,
    mapping: (usize, usize),
}

/// Address and length of the mapped files of a job, at least one.
struct MappedFiles {
    account: Arc<MemoryAccount>,
    mappings: Vec<(usize, usize)>,
}

/// Bytes of the program's own files in memory before the first mapping.
static PROGRAM: OnceLock<usize> = OnceLock::new();

static MAPPED: Mutex<Vec<MappedFiles>> = Mutex::new(Vec::new());

impl EvictionGuard {
    /// Watches a mapping of a file.
    pub(super) fn new(bytes: &[u8]) -> Self {
        PROGRAM.get_or_init(|| resident_file_bytes().unwrap_or(0));
        let account = account();
        let mapping = (bytes.as_ptr() as usize, bytes.len());
        let mut mapped = mapped();
        let of_job = mapped
            .iter()
            .position(|files| Arc::ptr_eq(&files.account, &account));
        let of_job = of_job.unwrap_or_else(|| {
            mapped.push(MappedFiles {
                account: account.clone(),
                mappings: Vec::new(),
            });
            mapped.len() - 1
        });
        let mappings = &mut mapped[of_job].mappings;
        mappings.push(mapping);
        if mappings.iter().map(|(_, len)| len).sum::<usize>() > usage_of(&account).budget {
            watch();
        }
        Self { account, mapping }
    }
}

impl Drop for EvictionGuard {
    fn drop(&mut self) {
        let mut mapped = mapped();
        let of_job = mapped
            .iter()
            .position(|files| Arc::ptr_eq(&files.account, &self.account));
        let Some(of_job) = of_job else { return };
        let mappings = &mut mapped[of_job].mappings;
        if let Some(this) = mappings.iter().position(|mapping| *mapping == self.mapping) {
            mappings.swap_remove(this);
        }
        if mappings.is_empty() {
            mapped.swap_remove(of_job);
        }
    }
}

fn mapped() -> MutexGuard<'static, Vec<MappedFiles>> {
    MAPPED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks after each step of the current job, and from a thread of the process, which is started
/// once.
fn watch() {
    static STARTED: OnceLock<()> = OnceLock::new();
    Job::current().after_each_step(evict_excess);
    STARTED.get_or_init(|| {
        let look = || loop {
            thread::sleep(LOOK);
            evict_excess();
        };
        // Without the thread the system decides what stays in memory between steps.
        let _ = thread::Builder::new().name("resident".into()).spawn(look);
    });
}

/// Evicts the pages of all mapped files if they exceed the budgets left for them.
fn evict_excess() {
    let program = PROGRAM.get().copied().unwrap_or(0);
    let is_excess = |most: usize| {
        resident_file_bytes().is_some_and(|bytes| bytes > most.saturating_add(program))
    };
    if most_resident().is_some_and(is_excess) {
        pool::return_all();
        evict();
    }
}

/// Bytes of mapped files that may be in memory; `None` without such files.
fn most_resident() -> Option<usize> {
    let mapped = mapped();
    let most = mapped.iter().map(|files| {
        let usage = usage_of(&files.account);
        let left = usage.budget.saturating_sub(usage.in_use);
        left.max(usage.budget / MIN_SHARE)
    });
    most.reduce(usize::saturating_add)
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

/// Evicts the pages of a part of a mapped recording, except those that it shares with other parts.
pub(super) fn evict_part(bytes: &[u8]) {
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};
        let page = rustix::param::page_size();
        let begin = (bytes.as_ptr() as usize).next_multiple_of(page);
        let end = (bytes.as_ptr() as usize + bytes.len()) / page * page;
        if begin < end {
            // SAFETY: the pages are a part of the bytes, which are borrowed, of a file that is mapped
            // to be read only: they come back from the file with the same samples.
            let _ = unsafe { madvise(begin as *mut _, end - begin, Advice::LinuxDontNeed) };
        }
    }
    #[cfg(windows)]
    system::leave_working_set(bytes.as_ptr() as usize, bytes.len());
    #[cfg(not(any(target_os = "linux", windows)))]
    let _ = bytes;
}

/// Evicts the pages of all mapped files.
fn evict() {
    #[cfg(target_os = "linux")]
    for (start, len) in mapped().iter().flat_map(|files| &files.mappings) {
        use rustix::mm::{Advice, madvise};
        // SAFETY: the mapping exists, as its `EvictionGuard` cannot be dropped while the list is
        // locked. It maps a file, and is shared or never written to, so that its pages come back
        // from the file with the same samples.
        let _ = unsafe { madvise(*start as *mut _, *len, Advice::LinuxDontNeed) };
    }
    #[cfg(windows)]
    for (start, len) in mapped().iter().flat_map(|files| &files.mappings) {
        system::leave_working_set(*start, *len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Element;
    use crate::video::memory::{ByteSize, set_budget};

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
    #[test]
    fn frames_of_a_recording_are_given_back_unless_somebody_refers_to_them() {
        use crate::video::{Layout, MappedFile};
        let file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = (0..1 << 20).map(|index| (index % 251) as u8).collect();
        std::fs::write(file.path(), &bytes).unwrap();
        let mapped = MappedFile::open(file.path()).unwrap();
        let layout = Layout::contiguous(&[16, 256, 256]);
        let array = mapped.array::<u8>(0, layout).unwrap();
        assert_eq!(array.as_slice(), Some(&bytes[..]));
        assert!(array.evict_frames(1..9));
        assert_eq!(array.as_slice(), Some(&bytes[..]));
        let other = array.clone();
        assert!(!array.evict_frames(9..16));
        drop(other);
        assert!(array.evict_frames(9..15));
        assert_eq!(array.as_slice(), Some(&bytes[..]));
        let cropped = array.with_layout(array.layout().slice(1, 3, 200, 1));
        drop(array);
        assert!(cropped.evict_frames(0..15));
        assert_eq!(
            cropped.frame_slice(14),
            Some(&bytes[(14 * 256 + 3) * 256..][..200 * 256])
        );
    }

    #[test]
    fn mapped_files_are_kept_within_the_budgets_of_their_jobs() {
        let size = 8 << 20;
        let (one, other) = (Job::new(), Job::new());
        let mapped_by = |job: &Arc<Job>| {
            let mapped = mapped();
            let files = mapped
                .iter()
                .find(|files| Arc::ptr_eq(&files.account, job.memory()));
            files.map_or(0, |files| files.mappings.len())
        };
        let entered = one.enter();
        set_budget(ByteSize(1 << 20));
        let array = crate::video::storage::block::Block::scratch(size).unwrap();
        drop(entered);
        let _entered = other.enter();
        let others = crate::video::storage::block::Block::scratch(size).unwrap();
        assert_eq!((mapped_by(&one), mapped_by(&other)), (1, 1));
        assert!(most_resident().is_some_and(|most| most > 1 << 20));
        drop(array);
        assert_eq!((mapped_by(&one), mapped_by(&other)), (0, 1));
        drop(others);
        assert_eq!(mapped_by(&other), 0);
    }
}
