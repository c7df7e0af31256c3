//! Runs scripts from the command line: constants, timing, watching, batches.

pub mod batch;
pub mod compare;
pub mod desktop;
pub mod record;
pub mod rerun;
pub mod timing;
pub mod view;
pub mod watch;

mod batch_job;
pub mod batch_settings;
mod color_memory;
mod slurm;
mod summary;

use rhai::{Array, Dynamic, FLOAT, INT};

use crate::error::{Error, Result};
use crate::script::Context;
use crate::script::language::diagnostic::Diagnostic;
use crate::terminal;

/// Parses a constant given as `name=value`: a number, `true`, `false`, an array of these, or a
/// string.
pub fn constant(text: &str) -> Result<(String, Dynamic)> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        Error::new(format!("`--arg {text}` has no value")).hint("for example: --arg width=8")
    })?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(Error::new(format!(
            "`--arg {text}`: `{name}` cannot be the name of a constant"
        ))
        .hint("names consist of letters, digits and _, and do not begin with a digit"));
    }
    Ok((name.to_owned(), value_of(value)))
}

fn value_of(text: &str) -> Dynamic {
    if let Ok(int) = text.parse::<INT>() {
        return int.into();
    }
    if let Some(inner) = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        let items = inner
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        return items.map(value_of).collect::<Array>().into();
    }
    match text.parse::<FLOAT>() {
        Ok(float) => float.into(),
        Err(_) => match text {
            "true" => true.into(),
            "false" => false.into(),
            "()" => Dynamic::UNIT,
            text => text.into(),
        },
    }
}

/// Prints the mistakes and warnings found in a script; true if there are no mistakes.
pub fn print_mistakes(found: &[Diagnostic], context: &Context) -> bool {
    for diagnostic in found {
        terminal::print_diagnostic(diagnostic, context);
    }
    let warnings = found.iter().filter(|found| found.is_warning()).count();
    let mistakes = found.len() - warnings;
    let counted = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    match (mistakes, warnings) {
        (0 | 1, 0) | (0, 1) => {}
        (mistakes, 0) => eprintln!("{}", counted(mistakes, "mistake")),
        (0, warnings) => eprintln!("{}", counted(warnings, "warning")),
        (mistakes, warnings) => {
            eprintln!(
                "{}, {}",
                counted(mistakes, "mistake"),
                counted(warnings, "warning")
            );
        }
    }
    mistakes == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_numbers_flags_arrays_or_texts() {
        let shown = |text: &str| format!("{:?}", constant(text).unwrap().1);
        assert_eq!(shown("n=8"), "8");
        assert_eq!(shown("n=-1.5"), "-1.5");
        assert_eq!(shown("n=true"), "true");
        assert_eq!(shown("n=a=b"), "\"a=b\"");
        assert_eq!(shown("n=[1, x]"), "[1, \"x\"]");
        assert_eq!(shown("n="), "\"\"");
        assert!(constant("n").is_err() && constant("1n=2").is_err());
    }
}
