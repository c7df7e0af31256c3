//! Memory use of arrays, and its limits.
//!
//! Large arrays are counted while they live, for the job whose thread creates them. Arrays that
//! would exceed its budget go to scratch files; see [`super::Strided::zeroed`].
//!
//! The allocator counts for the whole process: an allocation does not know its job, and is often
//! freed by another. So a limit compares all values of the process, without the large arrays of
//! other jobs; with several sessions in a process it is strict rather than lax, and its errors say
//! so.

use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use super::size_text;
use super::storage::heap;
use crate::error::{Error, Result};
use crate::system::memory_of_machine;
use crate::task::memory::{MemoryAccount, MemoryCounts, MemoryKind};
use crate::task::{self, Job};

/// Budget if the memory of the machine is unknown.
const UNKNOWN_MACHINE: usize = 4_000_000_000;

/// Number of bytes that is counted as long as the value lives, for the job that created it.
#[derive(Debug)]
pub(super) struct MemoryCharge {
    account: Arc<MemoryAccount>,
    kind: MemoryKind,
    bytes: usize,
}

impl MemoryCharge {
    /// Counts bytes regardless of the budget.
    pub(super) fn new(kind: MemoryKind, bytes: usize) -> Self {
        let account = account();
        account.add(kind, bytes);
        Self {
            account,
            kind,
            bytes,
        }
    }

    /// Counts bytes of memory if they fit the budget.
    pub(super) fn within_budget(bytes: usize) -> Option<Self> {
        let account = account();
        let fits = account.add_within(budget(&account), bytes);
        // Not `then_some`: a charge that was never added must not be dropped.
        fits.then(|| Self {
            account,
            kind: MemoryKind::Memory,
            bytes,
        })
    }
}

impl Drop for MemoryCharge {
    fn drop(&mut self) {
        self.account.release(self.kind, self.bytes);
    }
}

/// Storage that large arrays use, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Memory that they may use before results go to scratch files.
    pub budget: usize,
    /// Memory in use.
    pub in_use: usize,
    /// Scratch files in use.
    pub scratch: usize,
    /// Size of the memory-mapped recordings.
    pub mapped: usize,
}

/// Storage that the large arrays of the current job use now.
pub fn usage() -> Usage {
    usage_of(&account())
}

/// Storage that the large arrays of a job use now.
pub(super) fn usage_of(account: &MemoryAccount) -> Usage {
    let counts = account.counts();
    Usage {
        budget: budget(account),
        in_use: counts.in_memory(),
        scratch: counts.used(MemoryKind::Scratch),
        mapped: counts.used(MemoryKind::Recording),
    }
}

/// Account of the current job.
pub(super) fn account() -> Arc<MemoryAccount> {
    Job::current().memory().clone()
}

/// Sets how many bytes of memory the large arrays of the current job may use before results go to
/// scratch files.
pub fn set_budget(ByteSize(bytes): ByteSize) {
    account().set_budget(bytes);
}

/// Memory that large arrays may use, in bytes: the budget that was set, else `OPTIMAP_MEMORY`, else
/// half of the machine's memory.
fn budget(account: &MemoryAccount) -> usize {
    let budget = account.budget().unwrap_or_else(|| {
        static DEFAULT: OnceLock<usize> = OnceLock::new();
        *DEFAULT.get_or_init(default_budget)
    });
    account
        .limit()
        .map_or(budget, |limit| budget.min(limit / 2))
}

/// Smallest limit: the program itself uses some memory, too.
const MIN_LIMIT: usize = 100_000_000;

/// Limits the memory and scratch files of the scripts of the current job.
pub fn set_limit(ByteSize(bytes): ByteSize) -> Result<()> {
    if bytes < MIN_LIMIT {
        return Err(Error::new(format!(
            "the memory limit must be at least {}, got {}",
            size_text(MIN_LIMIT),
            size_text(bytes)
        )));
    }
    account().set_limit(bytes);
    Ok(())
}

/// Limit for untrusted scripts: half of the machine's memory.
pub fn careful_limit() -> ByteSize {
    ByteSize(memory_of_machine().map_or(UNKNOWN_MACHINE, |bytes| bytes / 2))
}

/// Bytes that the process has allocated: by the allocator, and by large arrays in addition to it.
#[cfg(windows)]
pub(super) fn allocated() -> usize {
    heap::in_use() + MemoryCounts::of_process().used(MemoryKind::Memory)
}

/// Bytes of the allocator without the large arrays of other jobs.
fn on_heap(account: &MemoryAccount) -> usize {
    let kind = MemoryKind::Heap;
    let others = MemoryCounts::of_process()
        .used(kind)
        .saturating_sub(account.counts().used(kind));
    heap::in_use().saturating_sub(others)
}

/// Bytes held: allocated memory and scratch files.
fn held(account: &MemoryAccount) -> usize {
    let counts = account.counts();
    on_heap(account) + counts.used(MemoryKind::Memory) + counts.used(MemoryKind::Scratch)
}

/// Whether the scripts of a job exceed its limit. A single step of a script can copy all its values
/// before that is noticed. So values, which unlike videos are not checked before they are made, may
/// use only half of the limit.
pub fn exceeds_limit(account: &MemoryAccount) -> bool {
    account
        .limit()
        .is_some_and(|limit| on_heap(account) > limit / 2 || held(account) > limit)
}

/// An error if `bytes` more would exceed the limit of the current job.
pub fn expect_room(bytes: usize) -> Result<()> {
    let account = account();
    match account.limit() {
        Some(limit) if held(&account).saturating_add(bytes) > limit => {
            Err(no_room(&account, bytes, limit))
        }
        _ => Ok(()),
    }
}

/// An error if `bytes` more for values of a script would exceed the limit or, without one, the
/// memory of the machine, where the allocator would end the program.
pub fn expect_room_for_values(bytes: usize) -> Result<()> {
    let account = account();
    let half = account.limit().map(|limit| limit / 2);
    let most = half.or_else(memory_of_machine).unwrap_or(UNKNOWN_MACHINE);
    match on_heap(&account).saturating_add(bytes) > most {
        true => Err(no_room(&account, bytes, most)),
        false => expect_room(bytes),
    }
}

fn no_room(account: &MemoryAccount, bytes: usize, limit: usize) -> Error {
    let error = Error::new(format!(
        "cannot allocate {}: {} of the {} that scripts may hold are in use",
        size_text(bytes),
        size_text(held(account)),
        size_text(limit)
    ))
    .hint(
        "drop values that are no longer needed (`x = ()`), or raise the limit with --limit-memory",
    );
    with_other_jobs(error)
}

/// Error for scripts that exceed their limit.
pub fn beyond_limit(account: &MemoryAccount) -> Error {
    let error = Error::new(format!(
        "the script holds more than the memory limit of {} allows",
        size_text(account.limit().unwrap_or(0))
    ))
    .hint("its values may take half of the limit; raise it with --limit-memory");
    with_other_jobs(error)
}

/// Adds to an error of a limit that other sessions are counted too, if there are any.
fn with_other_jobs(error: Error) -> Error {
    match Job::count() {
        0 | 1 => error,
        count => error.hint(format!(
            "values of all {count} sessions in this process are counted together, except videos"
        )),
    }
}

fn default_budget() -> usize {
    let half = || memory_of_machine().map_or(UNKNOWN_MACHINE, |bytes| bytes / 2);
    let Some(text) = std::env::var_os("OPTIMAP_MEMORY").filter(|text| !text.is_empty()) else {
        return half();
    };
    match text.to_string_lossy().parse::<ByteSize>() {
        Ok(ByteSize(bytes)) => bytes,
        Err(error) => {
            let half = half();
            task::warn(&format!(
                "OPTIMAP_MEMORY is ignored, {error}: the memory budget is {}",
                size_text(half)
            ));
            half
        }
    }
}

/// Number of bytes, parsed from text such as "2 GB".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSize(pub usize);

impl FromStr for ByteSize {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || {
            Error::new(format!("`{text}` is not an amount of memory"))
                .hint("write it as \"500 MB\", \"2 GB\" or \"1.5 GiB\"")
        };
        let text = text.trim();
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let factor = match unit.trim().to_lowercase().as_str() {
            "" | "b" => 1.0,
            "kb" => 1e3,
            "mb" => 1e6,
            "gb" => 1e9,
            "tb" => 1e12,
            "kib" => f64::from(1 << 10),
            "mib" => f64::from(1 << 20),
            "gib" => f64::from(1 << 30),
            "tib" => f64::from(1 << 30) * 1024.0,
            _ => return Err(unknown()),
        };
        let number: f64 = number.parse().map_err(|_| unknown())?;
        Ok(Self((number * factor) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let size = |text: &str| text.parse::<ByteSize>().ok().map(|size| size.0);
        assert_eq!(size("2 GB"), Some(2_000_000_000));
        assert_eq!(size(" 1.5GiB "), Some(3 << 29));
        assert_eq!(size("300"), Some(300));
        assert_eq!(size("10 kb"), Some(10_000));
        for wrong in ["", "GB", "-1 GB", "2 potatoes", "1.2.3 MB", "µ", "2 µB"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
        assert_eq!(size(&"9".repeat(400)), Some(usize::MAX));
    }

    #[test]
    fn what_exceeds_the_budget_is_refused() {
        assert!(MemoryCharge::within_budget(usize::MAX).is_none());
        assert!(memory_of_machine().is_none_or(|bytes| bytes > 1 << 20));
    }

    #[test]
    fn arrays_are_counted_where_they_were_created() {
        const BYTES: usize = 6 << 20;
        let (one, other) = (Job::new(), Job::new());
        let in_use = |job: &Job| usage_of(job.memory()).in_use;
        let entered = one.enter();
        set_budget(ByteSize(10 << 20));
        let charge = MemoryCharge::within_budget(BYTES).unwrap();
        assert!(MemoryCharge::within_budget(BYTES).is_none());
        drop(entered);
        let _entered = other.enter();
        let second = MemoryCharge::within_budget(BYTES).unwrap();
        let third = MemoryCharge::new(MemoryKind::Heap, BYTES);
        assert_eq!((in_use(&one), in_use(&other)), (BYTES, 2 * BYTES));
        drop(charge);
        assert_eq!((in_use(&one), in_use(&other)), (0, 2 * BYTES));
        drop((second, third));
        assert_eq!(in_use(&other), 0);
        assert_eq!(one.memory().counts().max_in_memory(), BYTES);
    }

    #[test]
    fn a_limit_holds_for_one_job() {
        const MUCH: usize = 1 << 40;
        let (one, other) = (Job::new(), Job::new());
        let limit = ByteSize(MUCH);
        let entered = one.enter();
        set_limit(limit).unwrap();
        assert!(set_limit(ByteSize(1000)).is_err());
        let charge = MemoryCharge::new(MemoryKind::Scratch, MUCH + 1);
        assert!(exceeds_limit(one.memory()) && expect_room(1).is_err());
        assert_eq!(beyond_limit(one.memory()).hints().len(), 2);
        drop(entered);
        let _entered = other.enter();
        assert!(!exceeds_limit(other.memory()) && expect_room(MUCH).is_ok());
        set_limit(limit).unwrap();
        assert!(!exceeds_limit(other.memory()) && expect_room(1).is_ok());
        drop(charge);
        assert!(!exceeds_limit(one.memory()));
    }

    #[test]
    fn large_arrays_of_other_jobs_are_not_values_of_this_one() {
        const BYTES: usize = 1 << 29;
        let (one, other) = (Job::new(), Job::new());
        let _entered = other.enter();
        let before = on_heap(one.memory());
        let array = vec![0u8; BYTES];
        let _charge = MemoryCharge::new(MemoryKind::Heap, BYTES);
        assert!(on_heap(other.memory()) > BYTES / 2);
        assert!(on_heap(one.memory()) < before + BYTES / 2);
        assert_eq!(array[BYTES / 2], 0);
    }
}
