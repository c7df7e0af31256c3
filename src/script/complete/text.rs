//! Completion inside strings: names to choose from, modules, keys and paths.

use std::path::{MAIN_SEPARATOR, Path};

use super::place::{Place, choices};
use super::{Candidate, Scene};
use crate::script::scan::Scan;
use crate::script::source::last_word;
use crate::script::value::{Type, has_paths};

/// The candidates for the string at the end of a text, and where they begin.
pub(super) fn complete(text: &str, scan: &Scan, scene: &Scene<'_>) -> (usize, Vec<Candidate>) {
    let start = scan.since + 1;
    let (before, typed) = (&text[..scan.since], &text[start..]);
    let quote = &text[scan.since..start];
    if last_word(before.trim_end()) == "import" {
        return (start, quoted(scene.context.module_names(), quote));
    }
    if let Some(keys) = keys(before, scene) {
        return (start, quoted(keys, quote));
    }
    match wanted(before, scene) {
        Wanted::Names(names) => (start, quoted(names, quote)),
        Wanted::Path => {
            let paths = paths(typed, Path::new(""));
            let closed = paths
                .into_iter()
                .filter(|path| !path.text.contains(['"', '\\']));
            let close = |mut path: Candidate| {
                if !path.text.ends_with(MAIN_SEPARATOR) {
                    path.text += quote;
                }
                path
            };
            (start, closed.map(close).collect())
        }
    }
}

/// What a string is for.
pub(super) enum Wanted {
    /// One of these names.
    Names(Vec<String>),
    /// A path, for all that is known.
    Path,
}

/// What the string is for that begins at the end of a text.
pub(super) fn wanted(before: &str, scene: &Scene<'_>) -> Wanted {
    let scan = Scan::of(before);
    let Some(place) = Place::of(before, &scan) else {
        return Wanted::Path;
    };
    let Some(builtin) = place.builtin(scene.context) else {
        return Wanted::Path;
    };
    if builtin.name == "help" {
        return Wanted::Names(documented(scene));
    }
    match place.param(builtin) {
        Some(param) if !has_paths(&param.ty) => match choices(&param.ty) {
            names if names.is_empty() && !matches!(param.ty, Type::Any | Type::Text) => {
                Wanted::Names(Vec::new())
            }
            names if names.is_empty() => Wanted::Path,
            names => Wanted::Names(names.into_iter().map(str::to_owned).collect()),
        },
        _ => Wanted::Path,
    }
}

/// The names that `help` knows.
fn documented(scene: &Scene<'_>) -> Vec<String> {
    let builtins = scene
        .context
        .builtins()
        .map(|builtin| builtin.name.to_owned());
    let libraries = scene.context.libraries().iter();
    builtins
        .chain(libraries.map(|library| library.name.clone()))
        .collect()
}

/// The keys of the map that is being indexed: `map["…`.
fn keys(before: &str, scene: &Scene<'_>) -> Option<Vec<String>> {
    let name = last_word(before.strip_suffix('[')?);
    let value = scene.scope.get(name)?;
    let map = value.read_lock::<rhai::Map>()?;
    Some(map.keys().map(ToString::to_string).collect())
}

fn quoted(names: impl IntoIterator<Item = String>, quote: &str) -> Vec<Candidate> {
    let candidate = |display: String| {
        let text = format!("{display}{quote}");
        Candidate { display, text }
    };
    names.into_iter().map(candidate).collect()
}

/// The files and folders that a path can be continued to, seen from a folder; hidden ones only if
/// their dot has been typed.
pub fn paths(typed: &str, from: &Path) -> Vec<Candidate> {
    let folder = typed
        .rfind(['/', MAIN_SEPARATOR])
        .map_or("", |at| &typed[..=at]);
    let name = &typed[folder.len()..];
    let place = if folder.is_empty() {
        Path::new(".")
    } else {
        Path::new(folder)
    };
    let Ok(entries) = std::fs::read_dir(from.join(place)) else {
        return Vec::new();
    };
    let candidate = |entry: std::fs::DirEntry| {
        let mut display = entry.file_name().into_string().ok()?;
        if !display.starts_with(name) || (display.starts_with('.') && !name.starts_with('.')) {
            return None;
        }
        if entry.path().is_dir() {
            display.push(MAIN_SEPARATOR);
        }
        let text = format!("{folder}{display}");
        Some(Candidate { display, text })
    };
    entries.flatten().filter_map(candidate).collect()
}
