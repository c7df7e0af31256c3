//! Memory that the process has from its allocator, which holds the values of scripts.
//!
//! It is counted for the process rather than for each job: memory is often freed on a thread of
//! another job than the one that asked for it, and nothing but its size is known then.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};

/// Bytes that a thread counts by itself before it adds them to the sum, so that threads that
/// allocate a lot do not wait for each other.
const GRAIN: usize = 1 << 16;

static IN_USE: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static UNADDED: Cell<isize> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The system's allocator with a counter.
struct Counting;

/// Bytes allocated now, accurate to a few kB per thread.
pub(in crate::video) fn in_use() -> usize {
    usize::try_from(IN_USE.load(Relaxed)).unwrap_or(0)
}

fn count(bytes: isize) {
    let sum = UNADDED.try_with(|unadded| {
        let sum = unadded.get() + bytes;
        let is_little = sum.unsigned_abs() < GRAIN;
        unadded.set(if is_little { sum } else { 0 });
        if is_little { 0 } else { sum }
    });
    // A thread that is about to end has lost its own counter.
    match sum.unwrap_or(bytes) {
        0 => {}
        sum => {
            IN_USE.fetch_add(sum, Relaxed);
        }
    }
}

// SAFETY: the system's allocator does all the work; no layout has more than `isize::MAX` bytes, and
// counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        let memory = unsafe { System.alloc(layout) };
        if !memory.is_null() {
            count(layout.size() as isize);
        }
        memory
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        let memory = unsafe { System.alloc_zeroed(layout) };
        if !memory.is_null() {
            count(layout.size() as isize);
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) };
        count(-(layout.size() as isize));
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        let moved = unsafe { System.realloc(memory, layout, size) };
        if !moved.is_null() {
            count(size as isize - layout.size() as isize);
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allocated_is_counted() {
        const MUCH: usize = 1 << 28;
        let before = in_use();
        let mut memory: Vec<u8> = Vec::with_capacity(MUCH);
        assert!(in_use() > before.saturating_add(MUCH / 2));
        memory.reserve_exact(2 * MUCH);
        assert!(in_use() > before.saturating_add(MUCH));
        drop(memory);
        assert!(in_use() < before.saturating_add(MUCH / 2));
    }
}
