//! Paths: their parts, and the files that fit a pattern.

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::task;

/// The files and folders that fit a pattern, in natural order.
pub fn glob(pattern: &str) -> Result<Vec<PathBuf>> {
    let found = glob::glob(pattern).map_err(|error| {
        Error::new(format!(
            "glob does not understand `pattern` \"{pattern}\": {}",
            error.msg
        ))
        .hint("`*` is any text, `?` any character, `[ab]` one of some, `**` folders at any depth")
    })?;
    let mut paths = Vec::new();
    for path in found {
        if task::is_interrupted() {
            return Err(Error::interrupted());
        }
        match path {
            Ok(path) => paths.push(path),
            Err(error) => task::warn(&format!(
                "glob leaves out `{}`, which it cannot read",
                error.path().display()
            )),
        }
    }
    paths.sort_by(|a, b| natural_order(&a.to_string_lossy(), &b.to_string_lossy()));
    Ok(paths)
}

/// Creates a folder and those that it lies in; one that is there already is fine.
pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|e| Error::io("create", path, &e))
}

/// A part of a path as text, empty if there is none.
pub fn part(part: Option<&std::ffi::OsStr>) -> String {
    part.unwrap_or_default().to_string_lossy().into_owned()
}

/// The order of names in which `frame10` follows `frame9`: runs of digits compare as numbers.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (x, y) = (digits(left), digits(right));
        if !x.is_empty() && !y.is_empty() {
            let order = by_number(x, y);
            if order != Ordering::Equal {
                return order;
            }
            (left, right) = (&left[x.len()..], &right[y.len()..]);
            continue;
        }
        let (mut m, mut n) = (left.chars(), right.chars());
        match (m.next(), n.next()) {
            (Some(x), Some(y)) if x == y => (left, right) = (m.as_str(), n.as_str()),
            (None, None) => return a.cmp(b),
            (x, y) => return x.cmp(&y),
        }
    }
}

/// The digits that a text begins with.
fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit());
    &text[..end.unwrap_or(text.len())]
}

/// Compares runs of digits of any length.
fn by_number(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count() {
        let mut names = vec![
            "b", "a10", "a9b", "a09", "a9", "a", "a9c2", "a9c10", "ä1", "10",
        ];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(
            names,
            [
                "10", "a", "a09", "a9", "a9b", "a9c2", "a9c10", "a10", "b", "ä1"
            ]
        );
        let huge = ["x99999999999999999999999", "x100000000000000000000000"];
        assert_eq!(natural_order(huge[0], huge[1]), Ordering::Less);
    }

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
