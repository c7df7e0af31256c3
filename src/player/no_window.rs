//! Replacement for the windows in a build without them: an error that says so.

use super::screen::Screen;
use crate::error::{Error, Result};

/// Returns an error that says that this needs another build.
pub fn open(_: &str, _: usize, _: usize) -> Result<Box<dyn Screen>> {
    Err(Error::new("this program was built without windows")
        .needs("window")
        .hint("write a movie with `save` or `export_video`, or draw in the terminal with `preview`")
        .hint("run with `--headless` to continue without windows"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_left_out_is_said_by_name() {
        let error = super::open("optimap", 100, 100).err().unwrap();
        assert_eq!(error.message(), "this program was built without windows");
    }
}
