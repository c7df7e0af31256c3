//! What the tables of the script language say, held against the builtins of a session.

use super::*;
use crate::script::language::hints::words::FOREIGN_NAMES;
use crate::script::language::lookup;
use crate::script::types::members::{ScriptType, TYPES};
use crate::script::{Type, docs};

/// A value of each type; importers are created only from files.
const VALUES: &[(&str, &str)] = &[
    ("Video", "example_video(2, 8, 8)"),
    ("Frames", "iter_alpha_blend_videos(value, value, value)"),
    ("Description", "describe(example_video(2, 8, 8))"),
    ("InteractivePlayer", "show_video(example_video(2, 8, 8))"),
    ("Colormap", "colormap(\"gray\")"),
    ("FigurePanel", "box_panel([1, 2, 3])"),
    ("Progress", "progress(3)"),
    (
        "Error",
        "(); try { crop(1, 2); } catch (e) { value = e; } value = value",
    ),
];

fn session() -> Session {
    Session::new(Settings {
        print: Box::new(|_| ()),
        windows: None,
        interactive: false,
    })
}

fn offered(session: &Session, text: &str) -> Vec<String> {
    let candidates = session.complete(text).candidates.into_iter();
    candidates.map(|candidate| candidate.text).collect()
}

#[test]
fn values_of_every_type_have_their_properties() {
    let mut session = session();
    for (name, code) in VALUES {
        let run = session.run_entry(&format!("let value = {code}; type_of(value)"));
        let found = run.unwrap_or_else(|d| panic!("{code}: {}", d.error()));
        assert_eq!(found.into_string().unwrap(), *name);
        let ty = TYPES.iter().find(|ty| ty.name == *name).unwrap();
        for property in ty.properties() {
            let _ = session.run_entry(&format!("value.{property}")).unwrap();
            assert!(
                offered(&session, "value.").contains(&property.into()),
                "{property}"
            );
        }
        let wrong = format!("value.{}x", ty.properties().next().unwrap());
        let error = session.run_entry(&wrong).unwrap_err();
        let hints = error.error().hints().join("\n");
        assert!(hints.contains("did you mean"), "{wrong}: {}", error.error());
    }
    let missing: Vec<_> = TYPES
        .iter()
        .map(|ty| ty.name)
        .filter(|name| !VALUES.iter().any(|(known, _)| known == name))
        .collect();
    assert_eq!(missing, ["Importer"]);
}

#[test]
fn every_type_is_documented_and_offered() {
    let session = session();
    let reference = docs::reference(session.context(), None);
    let definitions = docs::definitions(session.context());
    let unknown = offered(&session, "unknown.");
    for ty in TYPES {
        assert!(reference.contains(&format!("### Type {}\n\n{}", ty.name, ty.doc)));
        for property in ty.properties() {
            assert!(
                reference.contains(&format!("| `.{property}` |")),
                "{property}"
            );
            assert!(definitions.contains(&format!("fn get {property}(of: {})", ty.name)));
            assert!(unknown.contains(&property.into()), "{property}");
        }
    }
}

/// Every result type of a builtin that is not a type of the language is in the table.
#[test]
fn what_builtins_give_is_known() {
    let session = session();
    for builtin in session.context().builtins() {
        let kind = builtin.returns;
        let is_ours = kind.to_string().starts_with(char::is_uppercase)
            && !matches!(kind, Type::Function | Type::Operand);
        assert!(
            !is_ours
                || ScriptType::of_kind(&kind).is_some()
                || matches!(kind, Type::Optional(_) | Type::Either(..)),
            "{}",
            builtin.name
        );
    }
}

#[test]
fn names_of_elsewhere_lead_to_functions_that_are_there() {
    let session = session();
    let context = session.context();
    let is_known = |name: &str| match name.split_once("::") {
        None => context.builtin(name).is_some(),
        Some((module, name)) => {
            let mut libraries = context.libraries().iter();
            let library = libraries.find(|library| library.name == module).unwrap();
            library
                .functions
                .iter()
                .any(|function| function.name == name)
        }
    };
    for known in FOREIGN_NAMES {
        for name in known.names {
            assert!(context.builtin(name).is_none(), "{name} is there");
        }
        for name in known.functions {
            assert!(is_known(name), "{name} is not there");
        }
        for word in known.words.iter().chain(known.names) {
            let found = lookup::search(context, word).unwrap();
            assert!(
                known.functions.iter().all(|name| found.contains(name)),
                "{word}: {found}"
            );
            assert!(found.contains(known.hint), "{word}");
        }
    }
}
