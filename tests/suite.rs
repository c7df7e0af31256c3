//! Runs `tests/suite/*.rhai`: blocks headed `// --- name`, each in a session of its own.
//!
//! `code // => text` compares the value with what the prompt would show; `// error: text` and
//! `// hint: text` after an entry say how it fails. `DIR` is an empty folder.

use std::fmt::Write;

use optimap::script::language::lexer::Lexer;

use super::{files, session};

/// An entry of a block and what is said about it.
#[derive(Default)]
struct Entry {
    code: String,
    value: Option<String>,
    error: Option<String>,
    hints: Vec<String>,
}

#[test]
fn every_block_does_what_it_says() {
    let (mut blocks, mut failures) = (0, String::new());
    for path in files("tests/suite", "rhai") {
        let text = std::fs::read_to_string(&path).unwrap();
        for block in text.split("// --- ").skip(1) {
            let (name, body) = block.split_once('\n').unwrap();
            if let Err(failure) = run_block(body) {
                let _ = writeln!(failures, "{} › {name}: {failure}", path.display());
            }
            blocks += 1;
        }
    }
    assert!(blocks > 20, "only {blocks} blocks found");
    assert!(failures.is_empty(), "\n{failures}");
}

fn run_block(body: &str) -> Result<(), String> {
    let mut session = session();
    let folder = tempfile::tempdir().unwrap();
    let dir = super::with_slashes(folder.path());
    session.set_constant("DIR", dir.clone());
    for entry in entries(body) {
        let result = session.run_entry(&entry.code);
        let found = result.as_ref().err().map(|diagnostic| diagnostic.error());
        let message = found.map(|error| {
            let message = error.message().replace(&dir, "DIR");
            match cfg!(windows) {
                true => message.replace("DIR\\", "DIR/"),
                false => message,
            }
        });
        compare("error", &entry.error, &message, &entry.code)?;
        if let Some(error) = found {
            for hint in &entry.hints {
                let found = error.hints().iter().find(|found| *found == hint);
                compare("hint", &Some(hint.clone()), &found.cloned(), &entry.code)?;
            }
        }
        if entry.value.is_some() {
            let shown = result.ok().and_then(|value| session.text(&value, true));
            compare("value", &entry.value, &shown, &entry.code)?;
        }
    }
    Ok(())
}

fn compare(
    what: &str,
    expected: &Option<String>,
    found: &Option<String>,
    code: &str,
) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let text = |side: &Option<String>| side.clone().unwrap_or_else(|| "none".into());
    Err(format!(
        "`{}`: {what} {}, expected {}",
        code.trim(),
        text(found),
        text(expected)
    ))
}

/// Splits a block into entries, as the prompt would.
fn entries(body: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut open = String::new();
    for line in body.lines() {
        if let Some(error) = line.strip_prefix("// error: ") {
            entries.last_mut().unwrap().error = Some(error.to_owned());
        } else if let Some(hint) = line.strip_prefix("// hint: ") {
            entries.last_mut().unwrap().hints.push(hint.to_owned());
        } else {
            let (code, value) = match line.split_once(" // => ") {
                Some((code, value)) => (code, Some(value.trim().to_owned())),
                None => (line, None),
            };
            open += code;
            open.push('\n');
            if open.trim().is_empty() {
                open.clear();
            } else if !Lexer::of(&open).is_incomplete() {
                entries.push(Entry {
                    code: std::mem::take(&mut open),
                    value,
                    ..Entry::default()
                });
            }
        }
    }
    assert!(open.is_empty(), "a block ends inside an entry: {open}");
    entries
}
