//! Files that are named in the content of another file.

use std::path::{Component, Path, PathBuf};

use crate::bail;
use crate::error::{Error, Result};

/// The file of the given name in the folder of the file that contains the name; `None` if it does
/// not exist. Such names must not lead elsewhere: a path, or a link out of the folder, is an error.
pub(in crate::io) fn companion_file(path: &Path, name: &str) -> Result<Option<PathBuf>> {
    let mut parts = Path::new(name).components();
    let is_plain = matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none();
    if !is_plain || name.contains(['/', '\\', '\0']) {
        let error = Error::new(format!(
            "`{}` refers to the file {name:?}, which is not in its folder",
            path.display()
        ));
        return Err(error.hint("put all files of a recording into one folder"));
    }
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let found = folder.join(name);
    if std::fs::symlink_metadata(&found).is_err() {
        return Ok(None);
    }
    let fail = |e| Error::io("open", &found, &e);
    let folder = std::fs::canonicalize(folder).map_err(fail)?;
    let real = std::fs::canonicalize(&found).map_err(fail)?;
    if real.parent() != Some(&folder) {
        bail!(
            "`{}` refers to the file `{name}`, which is a link to outside of its folder",
            path.display()
        );
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_in_the_folder_are_found() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("in");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(outer.path().join("secret"), "").unwrap();
        std::fs::write(inner.join("b"), "").unwrap();
        let path = inner.join("a");
        assert_eq!(companion_file(&path, "b").unwrap(), Some(inner.join("b")));
        assert_eq!(companion_file(&path, "none").unwrap(), None);
        let absolute = outer.path().join("secret");
        let absolute_name = absolute.to_str().unwrap();
        for name in [
            "../secret",
            "..",
            ".",
            "",
            "./b",
            "x/../b",
            "..\\secret",
            absolute_name,
        ] {
            assert!(companion_file(&path, name).is_err(), "{name}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(absolute, inner.join("link")).unwrap();
            let error = companion_file(&path, "link").unwrap_err();
            assert!(
                error.message().contains("a link to outside of its folder"),
                "{error}"
            );
        }
    }
}
