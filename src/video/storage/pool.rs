//! Buffer pool: memory of dropped arrays that is used again.
//!
//! The system clears the memory that it gives, which takes as long as a quick filter does. The pool
//! and the memory in use together never exceed the peak memory use of the process: a buffer serves
//! whichever job asks next. Neither a general allocator nor a pool crate does this: allocators return
//! blocks of many megabytes to the system at once, and pools of objects know no budget.

use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use memmap2::MmapMut;

use crate::task::memory::MemoryCounts;

/// Longest time that memory stays in the pool.
const WHILE: Duration = Duration::from_secs(5);

/// Divisor of the largest excess of a buffer taken from the pool: 1/8 of the requested size.
const WASTE: usize = 8;

/// Blocks of a chain have different sizes from stage to stage, and the same ones come again and again.
/// Buffers of up to this size serve smaller requests of the kind as well.
const OF_CHAINS: usize = 48 << 20;

/// Largest part of such a buffer, in relation to the request.
const LOOSE: usize = 4;

/// Buffers in the pool, oldest first, with the time of their return.
static POOL: Mutex<Vec<(MmapMut, Instant)>> = Mutex::new(Vec::new());

/// Wakes the thread that releases memory when a buffer arrives.
static ARRIVED: Condvar = Condvar::new();

/// Memory of an array; it goes to the pool when the array is dropped.
pub(super) struct PooledMemory {
    /// `None` only during the drop.
    map: Option<MmapMut>,
    is_new: bool,
}

impl PooledMemory {
    /// Creates a buffer of at least `bytes` bytes: zeros from the system or, unless `is_zero`,
    /// memory of a dropped array.
    pub(super) fn new(bytes: usize, is_zero: bool) -> io::Result<Self> {
        if !is_zero && let Some(map) = take(bytes) {
            return Ok(Self {
                map: Some(map),
                is_new: false,
            });
        }
        make_room();
        let map = MmapMut::map_anon(bytes)?;
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        Ok(Self {
            map: Some(map),
            is_new: true,
        })
    }

    /// Whether no array has used the memory before, so that it is zero.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }
}

impl Deref for PooledMemory {
    type Target = MmapMut;

    fn deref(&self) -> &MmapMut {
        self.map.as_ref().expect("not dropped")
    }
}

impl DerefMut for PooledMemory {
    fn deref_mut(&mut self) -> &mut MmapMut {
        self.map.as_mut().expect("not dropped")
    }
}

impl Drop for PooledMemory {
    fn drop(&mut self) {
        if let Some(map) = self.map.take() {
            return_later();
            pool().push((map, Instant::now()));
            ARRIVED.notify_one();
        }
    }
}

fn pool() -> MutexGuard<'static, Vec<(MmapMut, Instant)>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the smallest buffer of at least `bytes` bytes from the pool, if little of it stays unused.
fn take(bytes: usize) -> Option<MmapMut> {
    let mut pooled = pool();
    let tight = bytes.saturating_add(bytes / WASTE);
    let largest = tight.max(bytes.saturating_mul(LOOSE).min(OF_CHAINS));
    let fitting = pooled
        .iter()
        .enumerate()
        .filter(|(_, (map, _))| (bytes..=largest).contains(&map.len()));
    let (index, _) = fitting.min_by_key(|(_, (map, _))| map.len())?;
    Some(pooled.remove(index).0)
}

/// Releases buffers until the pool and the memory in use do not exceed the peak memory use.
pub(super) fn make_room() {
    let counts = MemoryCounts::of_process();
    let room = counts.max_in_memory().saturating_sub(counts.in_memory());
    let mut pooled = pool();
    let mut bytes: usize = pooled.iter().map(|(map, _)| map.len()).sum();
    let excess = pooled.iter().take_while(|(map, _)| {
        let is_excess = bytes > room;
        bytes = bytes.saturating_sub(map.len());
        is_excess
    });
    let n_excess = excess.count();
    pooled.drain(..n_excess);
}

/// Releases all buffers of the pool.
pub(super) fn return_all() {
    pool().clear();
}

/// Starts the thread, once, that releases unused buffers.
fn return_later() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let watch = || {
            let mut pooled = pool();
            loop {
                while let Some((_, since)) = pooled.first() {
                    let left = WHILE.saturating_sub(since.elapsed());
                    if left.is_zero() {
                        pooled.remove(0);
                        continue;
                    }
                    let woken = ARRIVED.wait_timeout(pooled, left);
                    pooled = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
                let woken = ARRIVED.wait(pooled);
                pooled = woken.unwrap_or_else(PoisonError::into_inner);
            }
        };
        // Without the thread, buffers stay in the pool until other memory replaces them.
        let _ = thread::Builder::new().name("kept".into()).spawn(watch);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_again_if_it_fits() {
        // Sizes that no other test uses.
        let size = (4 << 20) + 12_345;
        let mut memory = PooledMemory::new(size, false).unwrap();
        assert!(memory.is_new() && memory.iter().all(|byte| *byte == 0));
        memory[0] = 7;
        drop(memory);
        assert!(take(size + 1).is_none() && take(size / (LOOSE + 1)).is_none());
        assert!(PooledMemory::new(size, true).unwrap().is_new());
        let again = take(size).expect("kept");
        assert_eq!(again.len(), size);
    }
}
