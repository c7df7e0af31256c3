//! Keeps panics of third-party decoders from ending the program.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::bail;
use crate::error::Result;

thread_local! {
    /// Whether a panic of this thread will be converted to an error.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder that may panic on damaged data; a panic becomes an error.
pub(in crate::io) fn catch_panic<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let report = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                report(panic);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    GUARDED.set(outer);
    match result {
        Ok(result) => result,
        Err(_) => bail!("its samples are not stored as it claims"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let run = || -> Result<()> { panic!("as damaged files make decoders do") };
        let error = catch_panic(run).unwrap_err();
        assert_eq!(error.message(), "its samples are not stored as it claims");
        assert!(!GUARDED.get());
    }
}
