//! Counters of the memory that arrays use, for each job and for the process.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Where counted samples are stored.
#[derive(Debug, Clone, Copy)]
pub enum MemoryKind {
    /// In memory from the operating system.
    Memory,
    /// In memory of the allocator.
    Heap,
    /// In a scratch file.
    Scratch,
    /// In a memory-mapped recording.
    Recording,
}

/// Bytes in use by kind, and their peak.
#[derive(Debug)]
pub struct MemoryCounts {
    used: [AtomicUsize; 4],
    max_in_memory: AtomicUsize,
}

/// Counts of all jobs together: the buffer pool and the allocator serve the whole process.
static PROCESS: MemoryCounts = MemoryCounts::new();

impl MemoryCounts {
    const fn new() -> Self {
        Self {
            used: [const { AtomicUsize::new(0) }; 4],
            max_in_memory: AtomicUsize::new(0),
        }
    }

    /// Counts of all jobs together.
    pub fn of_process() -> &'static Self {
        &PROCESS
    }

    /// Bytes of a kind.
    pub fn used(&self, kind: MemoryKind) -> usize {
        self.used[kind as usize].load(Relaxed)
    }

    /// Bytes in memory, from the operating system or the allocator.
    pub fn in_memory(&self) -> usize {
        self.used(MemoryKind::Memory) + self.used(MemoryKind::Heap)
    }

    /// Peak of the bytes in memory.
    pub fn max_in_memory(&self) -> usize {
        self.max_in_memory.load(Relaxed)
    }

    fn add(&self, kind: MemoryKind, bytes: usize) {
        self.used[kind as usize].fetch_add(bytes, Relaxed);
        self.note_peak();
    }

    fn release(&self, kind: MemoryKind, bytes: usize) {
        self.used[kind as usize].fetch_sub(bytes, Relaxed);
    }

    fn note_peak(&self) {
        self.max_in_memory.fetch_max(self.in_memory(), Relaxed);
    }
}

/// Memory that the arrays of a job use, and how much they may use.
#[derive(Debug)]
pub struct MemoryAccount {
    counts: MemoryCounts,
    /// `usize::MAX` if it was not set.
    budget: AtomicUsize,
    /// `usize::MAX` for no limit.
    limit: AtomicUsize,
}

impl MemoryAccount {
    pub(super) const fn new() -> Self {
        Self {
            counts: MemoryCounts::new(),
            budget: AtomicUsize::new(usize::MAX),
            limit: AtomicUsize::new(usize::MAX),
        }
    }

    /// Counts of the job.
    pub fn counts(&self) -> &MemoryCounts {
        &self.counts
    }

    /// Adds bytes.
    pub fn add(&self, kind: MemoryKind, bytes: usize) {
        self.counts.add(kind, bytes);
        PROCESS.add(kind, bytes);
    }

    /// Adds bytes of memory if all memory of the job then fits `budget`; false if it does not.
    pub fn add_within(&self, budget: usize, bytes: usize) -> bool {
        let kind = MemoryKind::Memory;
        let others = self.counts.used(MemoryKind::Heap);
        let room = |used: usize| {
            let sum = used.checked_add(bytes)?;
            (sum.saturating_add(others) <= budget).then_some(sum)
        };
        let used = &self.counts.used[kind as usize];
        let fits = used.fetch_update(Relaxed, Relaxed, room).is_ok();
        if fits {
            self.counts.note_peak();
            PROCESS.add(kind, bytes);
        }
        fits
    }

    /// Subtracts bytes that were added.
    pub fn release(&self, kind: MemoryKind, bytes: usize) {
        self.counts.release(kind, bytes);
        PROCESS.release(kind, bytes);
    }

    /// Bytes of memory that arrays may use before results go to scratch files, if that was set.
    pub fn budget(&self) -> Option<usize> {
        Some(self.budget.load(Relaxed)).filter(|bytes| *bytes != usize::MAX)
    }

    /// Sets the budget.
    pub fn set_budget(&self, bytes: usize) {
        self.budget.store(bytes.min(usize::MAX - 1), Relaxed);
    }

    /// Bytes that values and arrays may take, in memory and in scratch files, if that is limited.
    pub fn limit(&self) -> Option<usize> {
        Some(self.limit.load(Relaxed)).filter(|bytes| *bytes != usize::MAX)
    }

    /// Sets the limit.
    pub fn set_limit(&self, bytes: usize) {
        self.limit.store(bytes.min(usize::MAX - 1), Relaxed);
    }
}
