//! How much memory samples take, and how much they may take.
//!
//! Large arrays are counted while they live. What would exceed the budget goes to scratch files;
//! see [`super::Strided::zeroed`].

use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::size_text;
use crate::error::{Error, Result};
use crate::task;

/// The budget where the memory of the machine is not known.
const UNKNOWN_MACHINE: usize = 4_000_000_000;

/// Where counted samples live.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// In memory.
    Memory,
    /// In a scratch file.
    Scratch,
    /// In a recording that is mapped into memory.
    Recording,
}

static USED: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];

/// The most memory that was in use at a time.
static MOST: AtomicUsize = AtomicUsize::new(0);

/// The budget that was set; `usize::MAX` before.
static BUDGET: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Bytes that are counted as long as it lives.
#[derive(Debug)]
pub(super) struct Counted {
    place: Place,
    bytes: usize,
}

impl Counted {
    /// Counts bytes, whatever the budget.
    pub(super) fn new(place: Place, bytes: usize) -> Self {
        USED[place as usize].fetch_add(bytes, Relaxed);
        Self::started(place, bytes)
    }

    /// Counts bytes of memory, unless the budget has no room for them.
    pub(super) fn within_budget(bytes: usize) -> Option<Self> {
        let budget = budget();
        let room = |used: usize| used.checked_add(bytes).filter(|used| *used <= budget);
        let place = Place::Memory;
        USED[place as usize]
            .fetch_update(Relaxed, Relaxed, room)
            .ok()?;
        Some(Self::started(place, bytes))
    }

    fn started(place: Place, bytes: usize) -> Self {
        MOST.fetch_max(USED[Place::Memory as usize].load(Relaxed), Relaxed);
        Self { place, bytes }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        USED[self.place as usize].fetch_sub(self.bytes, Relaxed);
    }
}

/// What large arrays take, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// How much memory they may take before results go to scratch files.
    pub budget: usize,
    /// What lies in memory.
    pub in_use: usize,
    /// What lies in scratch files.
    pub scratch: usize,
    /// The size of the recordings that are mapped into memory.
    pub mapped: usize,
}

/// What large arrays take at the moment.
pub fn usage() -> Usage {
    let used = |place: Place| USED[place as usize].load(Relaxed);
    Usage {
        budget: budget(),
        in_use: used(Place::Memory),
        scratch: used(Place::Scratch),
        mapped: used(Place::Recording),
    }
}

/// The most memory that large arrays had at a time.
pub(super) fn most_in_use() -> usize {
    MOST.load(Relaxed)
}

/// Sets how many bytes of memory large arrays may take before results go to scratch files.
pub fn set_budget(Size(bytes): Size) {
    BUDGET.store(bytes.min(usize::MAX - 1), Relaxed);
}

/// How many bytes large arrays may take: what was set, else `OPTIMAP_MEMORY`, else half of the
/// machine's memory.
pub(super) fn budget() -> usize {
    match BUDGET.load(Relaxed) {
        usize::MAX => {
            static DEFAULT: OnceLock<usize> = OnceLock::new();
            *DEFAULT.get_or_init(default_budget)
        }
        bytes => bytes,
    }
}

fn default_budget() -> usize {
    let half = || memory_of_machine().map_or(UNKNOWN_MACHINE, |bytes| bytes / 2);
    let Some(text) = std::env::var_os("OPTIMAP_MEMORY").filter(|text| !text.is_empty()) else {
        return half();
    };
    match text.to_string_lossy().parse::<Size>() {
        Ok(Size(bytes)) => bytes,
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

/// The memory of the machine or, if that is less, what the system grants this group of processes.
fn memory_of_machine() -> Option<usize> {
    let table = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = table
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let total = line.split_whitespace().next()?.parse::<usize>().ok()? * 1024;
    let granted = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let granted = granted.and_then(|text| text.trim().parse().ok());
    Some(total.min(granted.unwrap_or(total)))
}

/// A number of bytes, as a text such as "2 GB".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub usize);

impl FromStr for Size {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || {
            Error::new(format!("`{text}` is no amount of memory"))
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
        let size = |text: &str| text.parse::<Size>().ok().map(|size| size.0);
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
        assert!(Counted::within_budget(usize::MAX).is_none());
        assert!(memory_of_machine().is_none_or(|bytes| bytes > 1 << 20));
    }
}
