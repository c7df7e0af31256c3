//! Files that an HDF5 file names: where external links and external samples lead.

use std::path::{Component, Path, PathBuf};

use crate::bail;
use crate::error::{Error, Result};

/// Where a named file is: in the folder of the file that names it or below, and nowhere else. One
/// that is named with all of its path is looked for by its name alone, as the two may have been
/// moved together.
pub(super) fn beside(owner: &Path, name: &str) -> Result<PathBuf> {
    let folder = owner.parent().unwrap_or(Path::new(""));
    let named = Path::new(name);
    let last = named.file_name().map(Path::new);
    let inner = match (named.is_absolute(), last) {
        (true, Some(last)) => last,
        _ => named,
    };
    let is_below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if last.is_none() || !inner.components().all(is_below) {
        let error = format!("it leads to `{name}`, which is not in the folder of the file");
        return Err(Error::new(error).hint("copy that file into the folder and load it directly"));
    }
    let path = folder.join(inner);
    if !path.exists() {
        bail!(
            "it leads to `{name}`, but there is no file `{}`",
            path.display()
        );
    }
    Ok(path)
}

/// What tells a file from others, whatever it is called.
pub(super) fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let owner = folder.path().join("a.h5");
        let target = folder.path().join("b.h5");
        std::fs::write(&target, "").unwrap();
        for name in ["b.h5", "./b.h5", "/data/of/others/b.h5"] {
            assert_eq!(beside(&owner, name).unwrap(), target.clone(), "{name}");
        }
        for name in ["../b.h5", "c/../../b.h5", "/", "", "..", "c.h5", "/c.h5"] {
            let error = beside(&owner, name).unwrap_err();
            assert!(error.message().contains(&format!("`{name}`")), "{error}");
        }
    }
}
