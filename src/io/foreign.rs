//! Decoders of others, kept from ending the program.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::bail;
use crate::error::Result;

/// Runs a decoder that may panic on damaged data instead of refusing it.
pub(super) fn without_panic<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
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
        let error = without_panic(run).unwrap_err();
        assert_eq!(error.message(), "its samples are not stored as it claims");
    }
}
