//! Functions for the interactive prompt.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::script::builtins;
use crate::script::docs::transcript::{self, FOLDER_COMMENT};
use crate::task;

builtins! {
    /// Saves the entries of the prompt that succeeded as a script that can be run.
    ///
    /// Functions that were defined again are written in their last version, and `_`, the last
    /// value, gets the name `last`. Entries that only show something, such as `v.mean()` or
    /// `help("crop")`, are left out unless a later entry uses their value.
    ///
    /// What was done in windows is part of the script. A player of which later entries only read
    /// properties, such as the pixels picked in its window, `p.points`, becomes a map of these
    /// numbers, so that the script needs no window; one that they pass to functions, such as
    /// `traces(p)`, is made without a window and set to what its window showed. A window that
    /// nothing else depends on is left out.
    ///
    /// A change of the folder by `cd` is a comment in the script, which cannot do the same: a
    /// warning says that its relative paths refer to the folder in which it is run.
    ///
    /// Fails if the file cannot be written.
    ///
    /// ```
    /// save_session("analysis.rhai")
    /// ```
    ///
    /// See also: `write_text`, `help`.
    fn save_session(
        &context,
        /// Script to write.
        filename: PathBuf,
    ) -> Result<()> {
        let text = transcript::transcript(&context.entries(), context);
        if transcript::changes_folder(&context.entries()) {
            task::warn(&format!(
                "relative paths in `{}` refer to the folder in which it is run: the session has \
                 changed its folder, each time with a comment `{FOLDER_COMMENT}…` in the script",
                filename.display()
            ));
        }
        atomic::write(&filename, |file| {
            std::io::Write::write_all(file, text.as_bytes())
                .map_err(|e| Error::io("write", &filename, &e))
        })
    }
}
