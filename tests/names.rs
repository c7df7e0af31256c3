//! One language: types have names of their own, and documentation uses the words of the glossary.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::project;

/// Words that the glossary of the crate has others for, and what to write instead.
const BANNED: &[(&str, &str)] = &[
    ("course", "trace"),
    ("courses", "traces"),
    ("colour", "color"),
    ("colours", "colors"),
    ("coloured", "colored"),
    ("grey", "gray"),
    ("so-manieth", "n-th"),
    ("so many", "n"),
    ("heeded", "respected"),
    ("stands for", "means"),
    ("stand for", "mean"),
    ("what is not a number", "NaN"),
    ("of two the even one", "ties go to the even number"),
    ("summed up", "reduced over"),
    ("film", "movie"),
    ("films", "movies"),
    ("μm", "µm, with U+00B5"),
];

/// The one name of two types: a module has one file where H.264 is built in or the system is like
/// Unix, and another elsewhere.
const TWICE: &[&str] = &["H264Writer", "RawInput"];

/// Adds the files of a folder and of those in it.
pub(super) fn add_files(folder: PathBuf, extension: &str, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_files(path, extension, paths);
        } else if path.extension().is_some_and(|end| end == extension) {
            paths.push(path);
        }
    }
}

/// The type that a line defines, and whether other files can name it. Lines within `impl` define
/// associated types, whose names are those of the trait.
fn defined(line: &str) -> Option<(&str, bool)> {
    let is_public = line.starts_with("pub");
    if line.starts_with(' ') {
        return None;
    }
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
    let mut paths = Vec::new();
    add_files(project("src"), "rs", &mut paths);
    for path in paths {
        for line in fs::read_to_string(&path).unwrap().lines() {
            if let Some((name, is_public)) = defined(line) {
                let files = types.entry(name.into()).or_default();
                files.push((path.display().to_string(), is_public));
            }
        }
    }
    assert!(types.len() > 400, "{} types were found", types.len());
    types.retain(|name, files| {
        files.len() > 1
            && files.iter().any(|(_, is_public)| *is_public)
            && !TWICE.contains(&name.as_str())
    });
    assert!(types.is_empty(), "{types:#?}");
}

/// What people read in a line: all of Markdown, the comments of code.
fn prose<'a>(line: &'a str, extension: &str) -> &'a str {
    match extension {
        // Such headings are names of functions.
        "md" if line.starts_with("### ") => "",
        "md" => line,
        _ => line.find("//").map_or("", |at| &line[at..]),
    }
}

/// A text without what is in backticks and where links lead.
fn without_names(text: &str) -> String {
    let text: String = text.split('`').step_by(2).collect();
    let mut parts = text.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once(')').map_or("", |(_, rest)| rest)
    })
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !is_part(before.chars().next_back()) && !is_part(after.chars().next())
    })
}

#[test]
fn documentation_uses_the_words_of_the_glossary() {
    let mut paths = vec![project("README.md"), project("tests/golden/reference.md")];
    for (folder, extension) in [("src", "rs"), ("stdlib", "rhai"), ("scripts", "rhai")] {
        add_files(project(folder), extension, &mut paths);
    }
    let mut failures = String::new();
    for path in paths {
        let extension = path.extension().unwrap().to_string_lossy().into_owned();
        let mut is_code = false;
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            is_code ^= line.contains("```");
            if is_code {
                continue;
            }
            let text = without_names(prose(line, &extension)).to_lowercase();
            for (word, instead) in BANNED.iter().filter(|(word, _)| has_word(&text, word)) {
                failures += &format!(
                    "{}:{}: \"{word}\", write \"{instead}\"\n",
                    path.display(),
                    number + 1
                );
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// rustfmt does not reach into the macro that declares them.
#[test]
fn declarations_of_builtins_keep_to_the_width_of_the_code() {
    let mut paths = Vec::new();
    add_files(project("src/builtins"), "rs", &mut paths);
    assert!(paths.len() > 20);
    for path in paths {
        let mut is_example = false;
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            is_example ^= line.contains("/// ```");
            let position = format!("{}:{}", path.display(), number + 1);
            // An example and its result are one line.
            assert!(
                is_example || line.chars().count() <= 100,
                "{position} is too long"
            );
            assert!(
                line.trim_end() == line && !line.contains('\t'),
                "{position} ends in blanks"
            );
        }
    }
}
