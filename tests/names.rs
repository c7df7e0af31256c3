//! What must hold for the names in the code.

use std::collections::BTreeMap;
use std::path::Path;

/// The one name of two types: a module has one file where H.264 is built in, and another elsewhere.
const TWICE: &[&str] = &["H264Writer"];

fn for_each_line(folder: &Path, take: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            for_each_line(&path, take);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            text.lines().for_each(|line| take(&path, line));
        }
    }
}

/// The type that a line defines, and whether other files can name it.
fn defined(line: &str) -> Option<(&str, bool)> {
    let is_public = line.starts_with("pub");
    let line = line.strip_prefix("pub").unwrap_or(line);
    let line = match line.strip_prefix('(') {
        Some(scope) => scope.split_once(')')?.1,
        None => line,
    };
    let mut words = line.split_whitespace();
    let kind = words.next()?;
    if !["struct", "enum", "trait", "type", "union"].contains(&kind) {
        return None;
    }
    let name = words.next()?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
    Some((&name[..end.unwrap_or(name.len())], is_public))
}

#[test]
fn types_that_other_files_name_have_names_of_their_own() {
    let mut types: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for_each_line(Path::new("src"), &mut |path, line| {
        if let Some((name, is_public)) = defined(line) {
            let files = types.entry(name.into()).or_default();
            files.push((path.display().to_string(), is_public));
        }
    });
    assert!(types.len() > 400, "{} types were found", types.len());
    types.retain(|name, files| {
        files.len() > 1
            && files.iter().any(|(_, is_public)| *is_public)
            && !TWICE.contains(&name.as_str())
    });
    assert!(types.is_empty(), "{types:#?}");
}
