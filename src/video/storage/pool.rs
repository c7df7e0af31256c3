//! Buffer pool: memory of dropped arrays that is used again.
//!
//! The system clears the memory that it gives, which takes as long as a quick filter does. The pool
//! and the memory in use together never exceed the peak memory use of the process by more than a few
//! blocks: a buffer serves whichever job asks next. Neither a general allocator nor a pool crate does this: allocators return
//! blocks of many megabytes to the system at once, and pools of objects know no budget.

use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use memmap2::MmapMut;

use crate::task::memory::MemoryCounts;
use crate::video::memory::usage;

/// Longest time that memory stays in the pool.
const WHILE: Duration = Duration::from_secs(5);

/// Divisor of the largest excess of a buffer taken from the pool: 1/8 of the requested size.
const WASTE: usize = 8;

/// Blocks of a chain have different sizes from stage to stage, and the same ones come again and again.
/// Buffers of up to this size serve smaller requests of the kind as well.
const OF_CHAINS: usize = 48 << 20;

/// Size of the largest such buffer, in relation to the request.
const LOOSE: usize = 4;

/// Bytes that may be unused in all such buffers together, and the part of the memory budget that they
/// may be, as they do not count as memory in use.
const MAX_UNUSED: usize = 64 << 20;
const BUDGET_PARTS: usize = 8;

/// Buffers that wait for their next use.
struct Pool {
    /// Oldest first, with the time of their return.
    buffers: Vec<(MmapMut, Instant)>,
    /// Unused bytes of the buffers that are in use.
    unused: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool::new());

/// Wakes the thread that releases memory when a buffer arrives.
static ARRIVED: Condvar = Condvar::new();

/// Memory of an array; it goes to the pool when the array is dropped.
pub(super) struct PooledMemory {
    /// `None` only during the drop.
    map: Option<MmapMut>,
    is_new: bool,
    /// Number of bytes that were not asked for.
    unused: usize,
}

impl PooledMemory {
    /// Creates a buffer of at least `bytes` bytes: zeros from the system or, unless `is_zero`,
    /// memory of a dropped array.
    pub(super) fn new(bytes: usize, is_zero: bool) -> io::Result<Self> {
        let max_unused = MAX_UNUSED.min(usage().budget / BUDGET_PARTS);
        if !is_zero && let Some(map) = pool().take(bytes, max_unused) {
            return Ok(Self {
                unused: map.len() - bytes,
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
            unused: 0,
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
            pool().put(map, self.unused);
            ARRIVED.notify_one();
        }
    }
}

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    const fn new() -> Self {
        Self {
            buffers: Vec::new(),
            unused: 0,
        }
    }

    /// Takes the smallest buffer of at least `bytes` bytes, if little of it stays unused, and not much
    /// more than `max_unused` bytes of all buffers together.
    fn take(&mut self, bytes: usize, max_unused: usize) -> Option<MmapMut> {
        let tight = bytes.saturating_add(bytes / WASTE);
        let loose = bytes.saturating_mul(LOOSE).min(OF_CHAINS);
        let room = max_unused.saturating_sub(self.unused);
        let largest = tight.max(loose.min(bytes.saturating_add(room)));
        let buffers = self.buffers.iter().enumerate();
        let fitting = buffers.filter(|(_, (map, _))| (bytes..=largest).contains(&map.len()));
        let (index, _) = fitting.min_by_key(|(_, (map, _))| map.len())?;
        let (map, _) = self.buffers.remove(index);
        self.unused += map.len() - bytes;
        Some(map)
    }

    /// Adds a buffer, of which some bytes were unused.
    fn put(&mut self, map: MmapMut, unused: usize) {
        self.unused -= unused;
        self.buffers.push((map, Instant::now()));
    }
}

/// Releases buffers until the pool and the memory in use do not exceed the peak memory use.
pub(super) fn make_room() {
    let counts = MemoryCounts::of_process();
    let room = counts.max_in_memory().saturating_sub(counts.in_memory());
    let mut pool = pool();
    let pooled = &mut pool.buffers;
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
    pool().buffers.clear();
}

/// Starts the thread, once, that releases unused buffers.
fn return_later() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let watch = || {
            let mut pool = pool();
            loop {
                while let Some((_, since)) = pool.buffers.first() {
                    let left = WHILE.saturating_sub(since.elapsed());
                    if left.is_zero() {
                        pool.buffers.remove(0);
                        continue;
                    }
                    let woken = ARRIVED.wait_timeout(pool, left);
                    pool = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
                let woken = ARRIVED.wait(pool);
                pool = woken.unwrap_or_else(PoisonError::into_inner);
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
    fn zeros_are_new() {
        let memory = PooledMemory::new(5 << 20, true).unwrap();
        assert!(memory.is_new() && memory.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn memory_is_taken_again_if_it_fits() {
        let mut pool = Pool::new();
        for size in [1000, 3000, 2000] {
            pool.put(MmapMut::map_anon(size).unwrap(), 0);
        }
        let mut taken = |bytes| {
            let map = pool.take(bytes, MAX_UNUSED)?;
            let len = map.len();
            pool.put(map, len - bytes);
            Some(len)
        };
        assert_eq!(taken(1000), Some(1000));
        assert_eq!(taken(1001), Some(2000));
        assert_eq!(taken(250), Some(1000));
        assert_eq!(taken(249), None, "it would waste too much");
        assert_eq!(taken(3001), None);
    }

    #[test]
    fn little_is_unused_of_large_buffers_and_of_all_together() {
        let mut pool = Pool::new();
        let large = 2 * OF_CHAINS;
        pool.put(MmapMut::map_anon(large).unwrap(), 0);
        assert!(pool.take(large / 2, MAX_UNUSED).is_none());
        let map = pool.take(large - large / 10, MAX_UNUSED).unwrap();
        pool.put(map, large / 10);
        assert_eq!(pool.unused, 0);
        pool.put(MmapMut::map_anon(1000).unwrap(), 0);
        assert!(pool.take(850, 100).is_none());
        assert!(pool.take(500, 500).is_some());
        assert_eq!(pool.unused, 500);
    }
}
