//! Paths: their parts, and the files that match a pattern. The `glob` crate finds the matches, in
//! alphabetical order and anywhere; the natural order, warnings and the check of the sandbox are
//! added here.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::fs::files;
use crate::fs::natural_order::natural_order;
use crate::task;

/// Files and folders that match a pattern, in natural order.
pub fn glob(pattern: &str) -> Result<Vec<PathBuf>> {
    let found =
        glob::glob(pattern).map_err(|error| {
            Error::new(format!(
            "glob cannot parse `pattern` \"{pattern}\": {}",
            error.msg
        ))
        .hint("`*` matches any text, `?` any character, `[ab]` one of the listed characters, `**` \
               folders at any depth")
        })?;
    let mut paths = Vec::new();
    for path in found {
        task::check()?;
        match path {
            // A link in a folder may lead out of the sandbox.
            Ok(path) if files::check(&path).is_ok() => paths.push(path),
            Ok(_) => {}
            Err(error) => task::warn(&format!(
                "glob skips `{}`, which it cannot read",
                error.path().display()
            )),
        }
    }
    paths.sort_by(|a, b| natural_order(&a.to_string_lossy(), &b.to_string_lossy()));
    Ok(paths)
}

/// Creates a folder and its missing parents; an existing one is not an error.
pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|e| Error::io("create", path, &e))
}

/// A part of a path as text; empty if missing.
pub fn part(part: Option<&std::ffi::OsStr>) -> String {
    part.unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_find_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["f10.tif", "f9.tif", "g.tif"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = glob(&format!("{}/f*.tif", folder.path().display())).unwrap();
        let names: Vec<_> = found.iter().map(|p| part(p.file_name())).collect();
        assert_eq!(names, ["f9.tif", "f10.tif"]);
        assert!(glob("[a").is_err());
    }
}
