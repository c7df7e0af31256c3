//! Completion inside strings: names to choose from, modules, keys and paths.

use std::path::Path;

use super::argument::{ArgumentPosition, choices};
use super::{Candidate, CompletionScope};
use crate::script::call::value::{Type, has_paths};
use crate::script::language::lexer::Lexer;
use crate::script::language::source_text::last_word;

/// Candidates for the string at the end of a text, and where they begin.
pub(super) fn complete(
    text: &str,
    lexer: &Lexer,
    scope: &CompletionScope<'_>,
) -> (usize, Vec<Candidate>) {
    let start = lexer.since + 1;
    let (before, typed) = (&text[..lexer.since], &text[start..]);
    let quote = &text[lexer.since..start];
    if last_word(before.trim_end()) == "import" {
        return (start, quoted(scope.context.module_names(), typed, quote));
    }
    if let Some(keys) = keys(before, scope) {
        return (start, quoted(keys, typed, quote));
    }
    match wanted(before, scope) {
        StringPurpose::Names(names) => (start, quoted(names, typed, quote)),
        StringPurpose::Path => {
            let typed = with_slashes(typed, quote, cfg!(windows));
            let paths = paths(&typed, Path::new(""));
            let closed = paths
                .into_iter()
                .filter(|path| !path.text.contains(['"', '\\']));
            let close = |mut path: Candidate| {
                if !path.text.ends_with('/') {
                    path.text += quote;
                }
                path
            };
            (start, closed.map(close).collect())
        }
    }
}

/// Purpose of a string.
pub(super) enum StringPurpose {
    /// One of these names.
    Names(Vec<String>),
    /// A path, as nothing else is known.
    Path,
}

/// Purpose of the string that begins at the end of a text.
pub(super) fn wanted(before: &str, scope: &CompletionScope<'_>) -> StringPurpose {
    let lexer = Lexer::of(before);
    let Some(call_argument) = ArgumentPosition::of(before, &lexer) else {
        return StringPurpose::Path;
    };
    let Some(builtin) = call_argument.builtin(scope.context) else {
        return StringPurpose::Path;
    };
    if builtin.name == "help" {
        return StringPurpose::Names(documented(scope));
    }
    match call_argument.param(builtin) {
        Some(param) if !has_paths(&param.ty) => match choices(&param.ty) {
            names if names.is_empty() && !matches!(param.ty, Type::Any | Type::Text) => {
                StringPurpose::Names(Vec::new())
            }
            names if names.is_empty() => StringPurpose::Path,
            names => StringPurpose::Names(names.into_iter().map(str::to_owned).collect()),
        },
        _ => StringPurpose::Path,
    }
}

/// Names that `help` knows.
fn documented(scope: &CompletionScope<'_>) -> Vec<String> {
    let builtins = scope
        .context
        .builtins()
        .map(|builtin| builtin.name.to_owned());
    let libraries = scope.context.libraries().iter();
    builtins
        .chain(libraries.map(|library| library.name.clone()))
        .collect()
}

/// Keys of the map that is being indexed: `map["…`.
fn keys(before: &str, scope: &CompletionScope<'_>) -> Option<Vec<String>> {
    let name = last_word(before.strip_suffix('[')?);
    let value = scope.scope.get(name)?;
    let map = value.read_lock::<rhai::Map>()?;
    Some(map.keys().map(ToString::to_string).collect())
}

/// Names that begin with the typed text, with the closing quote.
fn quoted(names: impl IntoIterator<Item = String>, typed: &str, quote: &str) -> Vec<Candidate> {
    let candidate = |display: String| {
        let text = format!("{display}{quote}");
        Candidate { display, text }
    };
    let fitting = names.into_iter().filter(|name| name.starts_with(typed));
    fitting.map(candidate).collect()
}

/// Path typed into a string, with backslashes of Windows replaced by slashes: strings in double
/// quotes need two backslashes for one.
pub(super) fn with_slashes(typed: &str, quote: &str, is_windows: bool) -> String {
    match (is_windows, quote) {
        (false, _) => typed.to_owned(),
        (true, "\"") => typed.replace("\\\\", "/").replace('\\', "/"),
        (true, _) => typed.replace('\\', "/"),
    }
}

/// Completions of a path relative to a folder; hidden files only if their dot has been typed.
/// Folders end with a slash on all systems, as strings need no escape for it.
pub fn paths(typed: &str, from: &Path) -> Vec<Candidate> {
    let folder = typed
        .rfind(std::path::is_separator)
        .map_or("", |at| &typed[..=at]);
    let name = &typed[folder.len()..];
    let call_argument = if folder.is_empty() {
        Path::new(".")
    } else {
        Path::new(folder)
    };
    let Ok(entries) = std::fs::read_dir(from.join(call_argument)) else {
        return Vec::new();
    };
    let candidate = |entry: std::fs::DirEntry| {
        let mut display = entry.file_name().into_string().ok()?;
        if !display.starts_with(name) || (display.starts_with('.') && !name.starts_with('.')) {
            return None;
        }
        if entry.path().is_dir() {
            display.push('/');
        }
        let text = format!("{folder}{display}");
        Some(Candidate { display, text })
    };
    entries.flatten().filter_map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backslashes_of_windows_become_slashes() {
        let typed = |text: &str, quote: &str| with_slashes(text, quote, true);
        assert_eq!(typed("C:\\\\data\\\\he", "\""), "C:/data/he");
        assert_eq!(typed("C:\\data\\he", "\""), "C:/data/he");
        assert_eq!(
            typed("\\\\\\\\server\\\\share\\\\", "\""),
            "//server/share/"
        );
        assert_eq!(typed("\\\\server\\share\\", "`"), "//server/share/");
        assert_eq!(with_slashes("odd\\\\name", "\"", false), "odd\\\\name");
    }
}
