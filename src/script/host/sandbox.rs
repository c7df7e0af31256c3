//! Sandbox of scripts: paths in arguments are checked before a builtin runs, and again when files
//! are opened, in [`files`].

use std::path::Path;

use rhai::{Dynamic, ImmutableString};

use crate::error::{Error, Result};
use crate::fs::files;
use crate::script::call::value::Type;

/// Whether scripts are confined.
pub fn is_closed() -> bool {
    files::sandbox().is_some()
}

/// An error if scripts may not take an action with effects beyond files.
pub fn check_free(action: &str) -> Result<()> {
    if is_closed() {
        return Err(
            Error::new(format!("the sandbox does not allow scripts to {action}"))
                .hint("run it without --sandbox if you trust it"),
        );
    }
    Ok(())
}

/// An error if the value of a parameter is or contains a path that scripts may not access.
pub(in crate::script) fn check_argument(ty: &Type, value: &Dynamic) -> Result<()> {
    if !is_closed() || !crate::script::call::value::has_paths(ty) {
        return Ok(());
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return files::check(Path::new(text.as_str()));
    }
    if let Some(array) = value.read_lock::<rhai::Array>() {
        return array.iter().try_for_each(|value| check_argument(ty, value));
    }
    Ok(())
}
