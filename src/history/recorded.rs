//! Scripts that were found in files: what they read and write, and the same with other paths.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::literal::quoted;
use super::script::{SOURCE, TARGET, with_slashes};
use super::{BEGINNING, SourceFile};

/// A script that made a file.
pub struct RecordedScript<'a>(&'a str);

/// A file that a script reads.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedSource {
    /// Variable of its path.
    pub variable: String,
    /// Path, as far as the script holds it.
    pub path: PathBuf,
    /// Size in bytes; none of a folder.
    pub size: Option<u64>,
    /// Fingerprint of the contents.
    pub fingerprint: Option<u64>,
}

impl<'a> RecordedScript<'a> {
    /// The script in a text.
    pub fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Version of the program that made the file.
    pub fn version(&self) -> &'a str {
        let first = self.0.lines().next().unwrap_or_default();
        first.strip_prefix(BEGINNING).unwrap_or_default()
    }

    /// Why it cannot be run, if it says so.
    pub fn obstacle(&self) -> Option<String> {
        let line = self
            .0
            .lines()
            .find_map(|line| line.strip_prefix("throw "))?;
        unquoted(line).map(|(text, _)| text)
    }

    /// Files that it reads.
    pub fn sources(&self) -> Vec<RecordedSource> {
        let source = |line: &str| {
            let (variable, path, facts) = declaration(line)?;
            variable.starts_with(SOURCE).then_some(())?;
            let mut facts = facts.strip_prefix("; // ")?.split(", ");
            let fingerprint =
                |fact: &str| u64::from_str_radix(fact.strip_prefix("fingerprint ")?, 16).ok();
            let size = |fact: &str| fact.strip_suffix(" bytes")?.parse().ok();
            Some(RecordedSource {
                variable: variable.to_owned(),
                path: path.into(),
                size: facts.clone().find_map(size),
                fingerprint: facts.find_map(fingerprint),
            })
        };
        self.0.lines().filter_map(source).collect()
    }

    /// File that it writes.
    pub fn target(&self) -> Option<PathBuf> {
        let declarations = self.0.lines().filter_map(declaration);
        let mut targets = declarations.filter(|(variable, ..)| *variable == TARGET);
        targets.next().map(|(_, path, _)| path.into())
    }

    /// The script with other paths of files, by variable.
    pub fn with_paths(&self, paths: &BTreeMap<String, PathBuf>) -> String {
        let mut script = String::with_capacity(self.0.len());
        for line in self.0.lines() {
            let declared = declaration(line).and_then(|(variable, _, rest)| {
                let path = quoted(&with_slashes(paths.get(variable)?));
                Some(format!("let {variable} = {path}{rest}"))
            });
            script += declared.as_deref().unwrap_or(line);
            script.push('\n');
        }
        script
    }
}

impl RecordedSource {
    /// Whether a file is the one that was read, as far as is known.
    pub fn is(&self, found: &SourceFile) -> bool {
        let is_same = |known: Option<u64>, found: Option<u64>| known.is_none() || known == found;
        found.modified.is_some()
            && is_same(self.size, found.size)
            && is_same(self.fingerprint, found.fingerprint)
    }

    /// Name without the folders.
    pub fn name(&self) -> &Path {
        self.path.file_name().map_or(&self.path, Path::new)
    }
}

/// Variable, value and the rest of a line that declares a path.
fn declaration(line: &str) -> Option<(&str, String, &str)> {
    let (variable, value) = line.strip_prefix("let ")?.split_once(" = ")?;
    let number = variable.strip_prefix(SOURCE);
    let is_source = number.is_some_and(|number| number.parse::<usize>().is_ok());
    (is_source || variable == TARGET).then_some(())?;
    let (path, rest) = unquoted(value)?;
    rest.starts_with(';').then_some((variable, path, rest))
}

/// Text of a string at the start of a line, and what follows it.
fn unquoted(line: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = line.strip_prefix('"')?.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some((text, chars.as_str())),
            '\\' => match chars.next()? {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                'u' => {
                    let (digits, rest) = chars.as_str().split_at_checked(4)?;
                    text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                    chars = rest.chars();
                }
                other => text.push(other),
            },
            c => text.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_and_replaced() {
        let text = "// optimap 1.2.3\n\
                    let source1 = \"a \\\"b\\\".tif\"; // 12 bytes, fingerprint 00000000000000ff\n\
                    let source2 = \"stack\"; // a folder, modified 2024-01-01T00:00:00Z\n\
                    let target = \"out.tif\";\n\
                    let a = load_video(source1);\n\
                    let title = \"source1\";\n";
        let script = RecordedScript::new(text);
        assert_eq!(script.version(), "1.2.3");
        assert_eq!(script.target(), Some("out.tif".into()));
        let sources = script.sources();
        assert_eq!(sources[0].path, Path::new("a \"b\".tif"));
        assert_eq!(
            (sources[0].size, sources[0].fingerprint),
            (Some(12), Some(255))
        );
        assert_eq!((sources[1].size, sources[1].fingerprint), (None, None));
        let paths = [("source1".to_owned(), "/x/\"y\".tif".into())].into();
        let changed = text.replace("a \\\"b\\\".tif", "/x/\\\"y\\\".tif");
        assert_eq!(script.with_paths(&paths), changed);
    }
}
