//! Keys of the terminal as they are pressed.

use std::io::{self, stdin};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcsetattr};

/// While it exists, the terminal passes on each key at once, and shows none of them. Ctrl-C and
/// Ctrl-Z are keys, too.
pub(crate) struct RawInput {
    before: Termios,
}

impl RawInput {
    /// Switches the terminal on standard input.
    pub(crate) fn begin() -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        // Output is as before, so that a line feed begins a line.
        raw.output_modes = before.output_modes;
        tcsetattr(stdin(), OptionalActions::Drain, &raw)?;
        Ok(Self { before })
    }

    /// Bytes of the keys that are pressed within a time; none if there are none, an error if the
    /// terminal is gone.
    pub(crate) fn read(&mut self, timeout: Duration) -> io::Result<Vec<u8>> {
        let stdin = stdin();
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        let mut inputs = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
        match poll(&mut inputs, Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(Vec::new()),
            ready => ready?,
        };
        let mut bytes = [0; 64];
        // Past the buffer of the standard library, which could hold keys back.
        match rustix::io::read(&stdin, &mut bytes) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => Ok(bytes[..count].to_vec()),
            Err(rustix::io::Errno::INTR) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for RawInput {
    fn drop(&mut self) {
        // A terminal that is gone needs no mode.
        let _ = tcsetattr(stdin(), OptionalActions::Drain, &self.before);
    }
}

/// Whether standard input is a terminal whose keys can be read.
pub(crate) fn has_keys() -> bool {
    isatty(stdin())
}
