//! What is of use at the prompt.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::io::atomic;
use crate::script::{builtins, transcript};

builtins! {
    /// Saves the entries of the prompt that succeeded, as a script that can be run.
    ///
    /// ```
    /// save_session("analysis.rhai")
    /// ```
    fn save_session(
        &context,
        /// Script to write.
        filename: PathBuf,
    ) -> Result<()> {
        let text = transcript::transcript(&context.entries());
        atomic::write(&filename, |file| {
            std::io::Write::write_all(file, text.as_bytes())
                .map_err(|e| Error::io("write", &filename, &e))
        })
    }
}
