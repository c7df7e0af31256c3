//! Memory that arrays have left, kept for a while for the next ones.
//!
//! The system clears the memory that it gives, which takes as long as a quick filter does. What is
//! kept and what is in use are together never more than what was in use at most.

use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use memmap2::MmapMut;

use crate::video::memory::{max_in_use, usage};

/// How long memory is kept at most.
const WHILE: Duration = Duration::from_secs(5);

/// The share of the memory that may be left over when an array takes what another one had.
const WASTE: usize = 8;

/// Memory that was left, the oldest first, and since when.
static POOL: Mutex<Vec<(MmapMut, Instant)>> = Mutex::new(Vec::new());

/// Tells the thread that returns memory that there is some.
static ARRIVED: Condvar = Condvar::new();

/// Memory for an array; it is kept when the array goes.
pub(super) struct PooledMemory {
    /// None only while it is dropped.
    map: Option<MmapMut>,
    is_new: bool,
}

impl PooledMemory {
    /// At least so many bytes: zeros from the system, or unless `is_zero` what an array has left.
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

    /// Whether no array had it before, so that it is zero.
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

/// The smallest kept memory of so many bytes, if little of it would be left over.
fn take(bytes: usize) -> Option<MmapMut> {
    let mut pooled = pool();
    let fitting = pooled
        .iter()
        .enumerate()
        .filter(|(_, (map, _))| (bytes..=bytes.saturating_add(bytes / WASTE)).contains(&map.len()));
    let (index, _) = fitting.min_by_key(|(_, (map, _))| map.len())?;
    Some(pooled.remove(index).0)
}

/// Returns memory until what is kept and what is in use are no more than was in use at most.
pub(super) fn make_room() {
    let room = max_in_use().saturating_sub(usage().in_use);
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

/// Returns all memory that is kept.
pub(super) fn return_all() {
    pool().clear();
}

/// Starts the thread, once, that returns what nobody took.
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
        // Without the thread memory is kept until other memory takes its place.
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
        assert!(take(size + 1).is_none() && take(size / 2).is_none());
        assert!(PooledMemory::new(size, true).unwrap().is_new());
        let again = take(size).expect("kept");
        assert_eq!(again.len(), size);
    }
}
