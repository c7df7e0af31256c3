//! Memory use of arrays, and its limits.
//!
//! Large arrays are counted while they live. Arrays that would exceed the budget go to scratch
//! files; see [`super::Strided::zeroed`].

use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::size_text;
use super::storage::heap;
use crate::error::{Error, Result};
use crate::system::memory_of_machine;
use crate::task;

/// Budget if the memory of the machine is unknown.
const UNKNOWN_MACHINE: usize = 4_000_000_000;

/// Where counted samples are stored.
#[derive(Debug, Clone, Copy)]
pub(super) enum MemoryKind {
    /// In memory from the operating system.
    Memory,
    /// In memory of the allocator.
    Heap,
    /// In a scratch file.
    Scratch,
    /// In a memory-mapped recording.
    Recording,
}

static USED: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

/// Peak memory use.
static MAX_USED: AtomicUsize = AtomicUsize::new(0);

/// Budget that was set; `usize::MAX` before.
static BUDGET: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Number of bytes that is counted as long as the value lives.
#[derive(Debug)]
pub(super) struct MemoryCharge {
    kind: MemoryKind,
    bytes: usize,
}

impl MemoryCharge {
    /// Counts bytes regardless of the budget.
    pub(super) fn new(kind: MemoryKind, bytes: usize) -> Self {
        USED[kind as usize].fetch_add(bytes, Relaxed);
        Self::started(kind, bytes)
    }

    /// Counts bytes of memory if they fit the budget.
    pub(super) fn within_budget(bytes: usize) -> Option<Self> {
        let budget = budget();
        let others = used(MemoryKind::Heap);
        let room = |used: usize| {
            let sum = used.checked_add(bytes)?;
            (sum.saturating_add(others) <= budget).then_some(sum)
        };
        let kind = MemoryKind::Memory;
        USED[kind as usize]
            .fetch_update(Relaxed, Relaxed, room)
            .ok()?;
        Some(Self::started(kind, bytes))
    }

    fn started(kind: MemoryKind, bytes: usize) -> Self {
        MAX_USED.fetch_max(in_memory(), Relaxed);
        Self { kind, bytes }
    }
}

impl Drop for MemoryCharge {
    fn drop(&mut self) {
        USED[self.kind as usize].fetch_sub(self.bytes, Relaxed);
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

/// Storage that large arrays use now.
pub fn usage() -> Usage {
    Usage {
        budget: budget(),
        in_use: in_memory(),
        scratch: used(MemoryKind::Scratch),
        mapped: used(MemoryKind::Recording),
    }
}

fn used(kind: MemoryKind) -> usize {
    USED[kind as usize].load(Relaxed)
}

fn in_memory() -> usize {
    used(MemoryKind::Memory) + used(MemoryKind::Heap)
}

/// Peak memory use of large arrays.
pub(super) fn max_in_use() -> usize {
    MAX_USED.load(Relaxed)
}

/// Sets how many bytes of memory large arrays may use before results go to scratch files.
pub fn set_budget(ByteSize(bytes): ByteSize) {
    BUDGET.store(bytes.min(usize::MAX - 1), Relaxed);
}

/// Memory that large arrays may use, in bytes: the budget that was set, else `OPTIMAP_MEMORY`, else
/// half of the machine's memory.
pub(super) fn budget() -> usize {
    let budget = match BUDGET.load(Relaxed) {
        usize::MAX => {
            static DEFAULT: OnceLock<usize> = OnceLock::new();
            *DEFAULT.get_or_init(default_budget)
        }
        bytes => bytes,
    };
    budget.min(LIMIT.load(Relaxed) / 2)
}

/// Limit for scripts in bytes: values and videos, in memory and in scratch files; `usize::MAX` for
/// no limit.
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Smallest limit: the program itself uses some memory, too.
const MIN_LIMIT: usize = 100_000_000;

/// Limits the memory and scratch files of scripts.
pub fn set_limit(ByteSize(bytes): ByteSize) -> Result<()> {
    if bytes < MIN_LIMIT {
        return Err(Error::new(format!(
            "the memory limit must be at least {}, got {}",
            size_text(MIN_LIMIT),
            size_text(bytes)
        )));
    }
    LIMIT.store(bytes.min(usize::MAX - 1), Relaxed);
    Ok(())
}

/// Limit for untrusted scripts: half of the machine's memory.
pub fn careful_limit() -> ByteSize {
    ByteSize(memory_of_machine().map_or(UNKNOWN_MACHINE, |bytes| bytes / 2))
}

/// Limit for scripts, if there is one.
pub fn limit() -> Option<usize> {
    Some(LIMIT.load(Relaxed)).filter(|limit| *limit != usize::MAX)
}

/// Bytes allocated: by the allocator, and by large arrays in addition to it.
pub(super) fn allocated() -> usize {
    heap::in_use() + used(MemoryKind::Memory)
}

/// Bytes held: allocated memory and scratch files.
fn held() -> usize {
    allocated() + used(MemoryKind::Scratch)
}

/// Whether scripts exceed their limit. A single step of a script can copy all its values before
/// that is noticed. So values, which unlike videos are not checked before they are made, may use
/// only half of the limit.
pub fn exceeds_limit() -> bool {
    limit().is_some_and(|limit| heap::in_use() > limit / 2 || held() > limit)
}

/// An error if `bytes` more would exceed the limit.
pub fn expect_room(bytes: usize) -> Result<()> {
    match limit() {
        Some(limit) if held().saturating_add(bytes) > limit => Err(no_room(bytes, limit)),
        _ => Ok(()),
    }
}

/// An error if `bytes` more for values of a script would exceed the limit or, without one, the
/// memory of the machine, where the allocator would end the program.
pub fn expect_room_for_values(bytes: usize) -> Result<()> {
    let most = limit().map(|limit| limit / 2).or_else(memory_of_machine);
    let most = most.unwrap_or(UNKNOWN_MACHINE);
    match heap::in_use().saturating_add(bytes) > most {
        true => Err(no_room(bytes, most)),
        false => expect_room(bytes),
    }
}

fn no_room(bytes: usize, limit: usize) -> Error {
    Error::new(format!(
        "cannot allocate {}: {} of the {} that scripts may hold are in use",
        size_text(bytes),
        size_text(held()),
        size_text(limit)
    ))
    .hint(
        "drop values that are no longer needed (`x = ()`), or raise the limit with --limit-memory",
    )
}

/// Error for scripts that exceed their limit.
pub fn beyond_limit() -> Error {
    Error::new(format!(
        "the script holds more than the memory limit of {} allows",
        size_text(limit().unwrap_or(0))
    ))
    .hint("its values may take half of the limit; raise it with --limit-memory")
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
}
