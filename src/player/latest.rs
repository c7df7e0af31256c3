//! Passes values to a thread that takes only the latest of them.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// Sends values to a worker; what it has not taken when the next comes is left out.
#[derive(Debug)]
pub(super) struct Latest<T> {
    slot: Arc<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    state: Mutex<(Option<T>, bool)>,
    changed: Condvar,
}

impl<T: Send + 'static> Latest<T> {
    /// Starts a thread with a stack of the given size that works on what is sent, until the sender is
    /// dropped.
    pub(super) fn start(
        name: &str,
        stack_size: usize,
        mut work: impl FnMut(T) + Send + 'static,
    ) -> std::io::Result<Self> {
        let slot = Arc::new(Slot {
            state: Mutex::new((None, false)),
            changed: Condvar::new(),
        });
        let taken = slot.clone();
        let thread = thread::Builder::new()
            .name(name.into())
            .stack_size(stack_size);
        thread.spawn(move || {
            while let Some(value) = taken.take() {
                work(value);
            }
        })?;
        Ok(Self { slot })
    }

    /// Sends a value in place of the one before.
    pub(super) fn send(&self, value: T) {
        self.slot.change(|state| state.0 = Some(value));
    }
}

impl<T> Drop for Latest<T> {
    fn drop(&mut self) {
        self.slot.change(|state| state.1 = true);
    }
}

impl<T> Slot<T> {
    fn change(&self, change: impl FnOnce(&mut (Option<T>, bool))) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits for a value; none when there will be no more.
    fn take(&self) -> Option<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.1 {
                return None;
            }
            if let Some(value) = state.0.take() {
                return Some(value);
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}
