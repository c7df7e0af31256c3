//! What must hold for every entry of the builtin table.

use std::collections::BTreeSet;

use optimap::script::docs::examples;
use optimap::script::{Builtin, Type};

use super::session;

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
    let known = ["", "px", "frames", "Hz", "s", "ms", "μm", "bytes"];
    all("units are known ones", |b| {
        b.params.iter().all(|param| known.contains(&param.unit))
    });
}
