//! Memory of arrays that are gone, kept for the next ones of their size.
//!
//! The system clears fresh memory page by page, which takes as long as to fill it. What is kept is
//! offered to the system, which takes it when memory runs short.
#![allow(unsafe_code)]

use std::sync::{Mutex, MutexGuard, PoisonError};

use memmap2::MmapMut;

use super::super::memory::usage;

/// The share of the memory budget that is kept at most, and the most in bytes.
const SHARE: usize = 8;
const MOST: usize = 1 << 30;

static SPARE: Mutex<Vec<MmapMut>> = Mutex::new(Vec::new());

fn spare() -> MutexGuard<'static, Vec<MmapMut>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Memory of that size with what was last in it. If there is none, the rest is given back, so that
/// together with fresh memory it is never more than was in use before.
pub(super) fn take(bytes: usize) -> Option<MmapMut> {
    let mut spare = spare();
    let Some(found) = spare.iter().position(|map| map.len() == bytes) else {
        spare.clear();
        return None;
    };
    Some(spare.swap_remove(found))
}

/// Keeps memory that is no longer used.
pub(super) fn keep(map: MmapMut) {
    let most = MOST.min(usage().budget / SHARE);
    let mut spare = spare();
    while spare.iter().map(|map| map.len()).sum::<usize>() + map.len() > most {
        if spare.is_empty() {
            return;
        }
        spare.remove(0);
    }
    // SAFETY: nobody has a reference into the memory any more, and whoever gets it next does not count
    // on what is in it.
    #[cfg(target_os = "linux")]
    let _ = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::Free) };
    spare.push(map);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_the_same_size_is_used_again() {
        // A size that no other test has.
        let bytes = 4_321 << 10;
        let map = MmapMut::map_anon(bytes).unwrap();
        let start = map.as_ptr();
        keep(map);
        // Another test may have asked for another size meanwhile.
        if let Some(map) = take(bytes) {
            assert_eq!((map.as_ptr(), map.len()), (start, bytes));
        }
        assert!(take(bytes).is_none());
    }
}
