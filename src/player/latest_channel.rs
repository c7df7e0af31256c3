//! Channel to a thread that receives only the latest value.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::task::in_this_job;

/// Sends values to a worker; a value that is not received before the next one is dropped.
#[derive(Debug)]
pub(super) struct LatestSender<T> {
    slot: Arc<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    state: Mutex<ChannelState<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct ChannelState<T> {
    value: Option<T>,
    woken: bool,
    ended: bool,
}

impl<T: Send + 'static> LatestSender<T> {
    /// Starts a thread with a stack of the given size that processes the values until the sender is
    /// dropped. While `work` returns that it has more to do, it is also called with `None` when
    /// nothing was sent.
    pub(super) fn start(
        name: &str,
        stack_size: usize,
        mut work: impl FnMut(Option<T>) -> bool + Send + 'static,
    ) -> std::io::Result<Self> {
        let slot = Arc::new(Slot {
            state: Mutex::new(ChannelState {
                value: None,
                woken: false,
                ended: false,
            }),
            changed: Condvar::new(),
        });
        let taken = slot.clone();
        let thread = thread::Builder::new()
            .name(name.into())
            .stack_size(stack_size);
        thread.spawn(in_this_job(move || {
            let mut has_more = false;
            while let Some(value) = taken.take(has_more) {
                has_more = work(value);
            }
        }))?;
        Ok(Self { slot })
    }

    /// Sends a value, replacing one that was not received yet.
    pub(super) fn send(&self, value: T) {
        self.slot.change(|state| state.value = Some(value));
    }

    /// Wakes the thread to look for work.
    pub(super) fn wake(&self) {
        self.slot.change(|state| state.woken = true);
    }
}

impl<T> Drop for LatestSender<T> {
    fn drop(&mut self) {
        self.slot.change(|state| state.ended = true);
    }
}

impl<T> Slot<T> {
    fn change(&self, change: impl FnOnce(&mut ChannelState<T>)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits for a value unless there is other work; `None` once the sender is dropped.
    fn take(&self, has_more: bool) -> Option<Option<T>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.ended {
                return None;
            }
            let woken = std::mem::take(&mut state.woken);
            let value = state.value.take();
            if woken || has_more || value.is_some() {
                return Some(value);
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}
