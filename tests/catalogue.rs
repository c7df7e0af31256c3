//! What must hold for every entry of the builtin table.

use std::collections::BTreeSet;

use optimap::script::docs::examples;
use optimap::script::language::lookup::search;
use optimap::script::{Builtin, Type};

use super::{project, session};

#[track_caller]
fn all(what: &str, holds: impl Fn(&Builtin) -> bool) {
    let session = session();
    let failing: Vec<_> = session
        .context()
        .builtins()
        .filter(|b| !holds(b))
        .map(|b| b.name)
        .collect();
    assert!(failing.is_empty(), "{what}: {failing:?}");
}

#[test]
fn names_are_unique() {
    let session = session();
    let names: Vec<_> = session
        .context()
        .builtins()
        .map(|builtin| builtin.name)
        .collect();
    let unique: BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), unique.len());
}

#[test]
fn summaries_are_sentences() {
    all("the summary ends with a stop", |b| {
        b.summary().ends_with('.')
    });
    all("the summary begins upper case", |b| {
        b.summary().starts_with(char::is_uppercase)
    });
}

#[test]
fn everything_is_documented() {
    all("every parameter has a sentence", |b| {
        b.params
            .iter()
            .all(|p| p.doc.trim().ends_with('.') && p.doc.trim().starts_with(char::is_uppercase))
    });
    all("there is an example", |b| b.doc.contains("```"));
}

/// Documentation of all functions, with their names as they are referred to.
fn documented(session: &optimap::session::Session) -> Vec<(String, String, bool)> {
    let context = session.context();
    let builtins = context.builtins().map(|builtin| {
        let returns = !matches!(builtin.returns, Type::Unit);
        (builtin.name.to_owned(), builtin.doc.to_owned(), returns)
    });
    let libraries = context.libraries().iter().flat_map(|library| {
        let name = |name: &str| format!("{}::{name}", library.name);
        let functions = library.functions.iter();
        functions.map(move |function| (name(&function.name), function.doc.clone(), true))
    });
    builtins.chain(libraries).collect()
}

#[test]
fn results_and_related_functions_are_documented() {
    let session = session();
    let all = documented(&session);
    let known: BTreeSet<&str> = all.iter().map(|(name, ..)| name.as_str()).collect();
    let mut failures = Vec::new();
    for (name, doc, returns) in &all {
        if *returns && !doc.contains("Returns ") && !doc.contains("returns ") {
            failures.push(format!("{name} does not say what it returns"));
        }
        let Some((_, related)) = doc.split_once("See also: ") else {
            failures.push(format!("{name} has no \"See also\""));
            continue;
        };
        let related = related.split("Source: ").next().unwrap_or_default();
        for related in related.split('`').skip(1).step_by(2) {
            if !known.contains(related) || related == name {
                failures.push(format!("{name} refers to `{related}`"));
            }
        }
    }
    assert!(all.len() > 200, "{} functions were found", all.len());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn aliases_are_names_of_nothing_else() {
    let session = session();
    let mut aliases = 0;
    for builtin in session.context().builtins() {
        let named = |name: &str| builtin.params.iter().filter(|p| p.is_called(name)).count();
        for param in builtin.params.iter().filter(|p| !p.alias.is_empty()) {
            aliases += 1;
            assert_eq!(named(param.alias), 1, "{}: {}", builtin.name, param.alias);
        }
    }
    assert!(aliases > 0);
}

#[test]
fn examples_are_lines_of_code() {
    all("an example that is run says something", |b| {
        b.doc.contains("```no_run") || !examples(b.doc).is_empty()
    });
}

#[test]
fn required_parameters_come_first() {
    all("no required parameter follows an optional one", |b| {
        b.params.is_sorted_by_key(|param| param.default.is_some())
    });
}

#[test]
fn names_of_choices_are_found_again() {
    let session = session();
    for param in session
        .context()
        .builtins()
        .flat_map(|builtin| builtin.params)
    {
        if let (Type::Choice(..), Some(default)) = (param.ty, param.default) {
            let default = default().into_immutable_string().unwrap();
            assert!(
                param.ty.choices().contains(&default.as_str()),
                "{}",
                param.name
            );
        }
    }
}

#[test]
fn units_are_those_of_the_field() {
    let known = [
        "", "px", "frames", "Hz", "s", "ms", "µm", "mm", "pt", "rad", "bytes", "columns",
    ];
    all("units are known ones", |b| {
        b.params.iter().all(|param| known.contains(&param.unit))
    });
}

/// Quantities that mean nothing without a unit, by the names of the parameters that hold them.
const QUANTITIES: &[(&[&str], &[&str])] = &[
    (&["fps", "framerate", "low", "high"], &["Hz"]),
    (&["interval"], &["ms"]),
    (&["seconds"], &["s"]),
    (&["pixel_size", "scale_bar"], &["µm"]),
    (&["offset", "gap"], &["bytes"]),
    (&["x", "y", "x0", "y0", "x1", "y1", "dx", "dy"], &["px"]),
    (
        &["width", "height", "radius", "padding", "size"],
        &["px", "columns", "mm"],
    ),
    (&["size_spatial", "sigma_spatial"], &["px"]),
    (
        &["size_temporal", "sigma_temporal", "window", "window_size"],
        &["frames"],
    ),
    (
        &[
            "frame",
            "frames",
            "start_frame",
            "end_frame",
            "skip_frame",
            "skip_frames",
            "every",
        ],
        &["frames"],
    ),
];

fn is_number(ty: &Type) -> bool {
    match ty {
        Type::Int | Type::Count | Type::Float => true,
        Type::Array(of) | Type::Optional(of) => is_number(of),
        Type::Either(one, other) => is_number(one) || is_number(other),
        _ => false,
    }
}

#[test]
fn quantities_have_units() {
    let session = session();
    let builtins = session.context().builtins();
    // The height of a peak is a sample, and its width a time.
    for builtin in builtins.filter(|builtin| builtin.name != "find_peaks") {
        for param in builtin.params.iter().filter(|param| is_number(&param.ty)) {
            let quantity = QUANTITIES
                .iter()
                .find(|(names, _)| names.contains(&param.name));
            if let Some((_, units)) = quantity {
                let (name, unit) = (builtin.name, param.unit);
                assert!(
                    units.contains(&unit),
                    "{name}: `{}` in {unit:?}",
                    param.name
                );
            }
        }
    }
}

/// A sentence that names a length, a time or a rate stands beside its unit.
#[test]
fn units_are_said_where_sentences_speak_of_them() {
    let words = [
        ("Number of frames.", "frames"),
        ("Frames per second", "Hz"),
        ("Time between", "ms"),
    ];
    all("the unit is given", |builtin| {
        builtin
            .params
            .iter()
            .filter(|param| is_number(&param.ty))
            .all(|param| {
                let mut spoken = words
                    .iter()
                    .filter(|(words, _)| param.doc.trim().starts_with(words));
                spoken.all(|(_, unit)| param.unit == *unit)
            })
    });
}

#[test]
fn positions_are_rows_and_columns() {
    let session = session();
    for builtin in session.context().builtins() {
        let names: Vec<_> = builtin.params.iter().map(|param| param.name).collect();
        for (y, x) in [("y", "x"), ("y0", "x0"), ("y1", "x1"), ("dy", "dx")] {
            let index = |name| names.iter().position(|known| *known == name);
            let (Some(row), Some(column)) = (index(y), index(x)) else {
                continue;
            };
            if !is_number(&builtin.params[row].ty) {
                continue;
            }
            assert_eq!(row + 1, column, "{}", builtin.name);
            let docs = [builtin.params[row].doc, builtin.params[column].doc];
            let says = |doc: &str| {
                doc.contains(&format!("[{y}, {x}]"))
                    || doc.contains("rows")
                    || doc.contains("columns")
            };
            assert!(
                docs.iter().all(|doc| says(doc)),
                "{}: {docs:?}",
                builtin.name
            );
        }
        for param in builtin
            .params
            .iter()
            .filter(|param| param.doc.contains("ositions of pixels"))
        {
            assert!(
                param.doc.contains("[y, x]"),
                "{}: {}",
                builtin.name,
                param.name
            );
        }
    }
}

/// The table of the README groups formats for reading; none may be missing from it.
#[test]
fn the_readme_names_every_format() {
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    let mut rows = optimap::io::table_of_loading();
    rows.push_str(&optimap::io::table_of_saving());
    for extensions in rows.lines().filter_map(|row| row.split('`').nth(1)) {
        let extension = extensions.trim_start_matches('.').to_uppercase();
        let is_named = readme.contains(&format!("`{extensions}`")) || readme.contains(&extension);
        assert!(is_named, "README.md does not name `{extensions}`");
    }
}

/// Tables that are rendered into documentation are searched with it.
#[test]
fn formats_are_found_by_their_extensions() {
    let found = search(session().context(), ".sif").unwrap();
    assert!(found.contains("load_video"), "{found}");
}
