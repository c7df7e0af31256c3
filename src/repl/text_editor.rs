//! Entries and scripts in the user's text editor.

use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};
use crate::system;

/// Opens a file in the text editor and waits until it is closed.
pub(super) fn open(path: &Path) -> Result<()> {
    let named = ["VISUAL", "EDITOR"].map(|name| std::env::var(name).unwrap_or_default());
    let line = named.into_iter().find(|line| !line.trim().is_empty());
    let line = line.unwrap_or_else(|| USUAL_EDITOR.into());
    let hint = "set the environment variable EDITOR to the command of your text editor";
    let status = system::shell_with_arguments(&line)
        .arg(path)
        .status()
        .map_err(|e| Error::io("run", Path::new(&line), &e).hint(hint))?;
    match status.success() {
        true => Ok(()),
        false => {
            Err(Error::new(format!("the text editor `{line}` ended with {status}")).hint(hint))
        }
    }
}

/// Editor where the user has not named one.
const USUAL_EDITOR: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// A text after the user has edited it, without empty lines at its end.
pub(super) fn edited(text: &str) -> Result<String> {
    let failed = |action: &str, e: &std::io::Error| {
        Error::io(action, Path::new("the entry in a temporary file"), e)
    };
    let mut file = tempfile::Builder::new()
        .prefix("entry-")
        .suffix(".rhai")
        .tempfile()
        .map_err(|e| failed("write", &e))?;
    writeln!(file, "{text}").map_err(|e| failed("write", &e))?;
    let path = file.into_temp_path();
    open(&path)?;
    let text = crate::text::read(&path)?;
    Ok(text.trim_end().replace("\r\n", "\n"))
}
