//! Keys of the terminal as they are pressed, which this system does not offer in the same way.

use std::io;
use std::time::Duration;

/// Never exists on this system.
pub(crate) enum RawInput {}

impl RawInput {
    /// Fails.
    pub(crate) fn begin() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Never called.
    pub(crate) fn read(&mut self, _: Duration) -> io::Result<Vec<u8>> {
        match *self {}
    }
}

/// Whether standard input is a terminal whose keys can be read.
pub(crate) fn has_keys() -> bool {
    false
}
