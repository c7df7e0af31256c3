//! Every example in the documentation runs and shows what it says; so do the scripts.

use optimap::script::docs::{Example, examples};
use optimap::script::modules;
use optimap::session::Session;

use super::{files, session};

/// Examples save files under plain names.
fn in_empty_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    folder
}

fn run(session: &mut Session, example: &Example) -> Result<(), String> {
    let value = session.run_entry(&example.code);
    let value = value.map_err(|d| format!("`{}` fails: {}", example.code, d.error()))?;
    let Some(expected) = &example.expected else {
        return Ok(());
    };
    let shown = session.text(&value, true).unwrap_or_default();
    match shown == *expected {
        true => Ok(()),
        false => Err(format!("`{}` shows {shown}, not {expected}", example.code)),
    }
}

#[test]
fn examples_show_what_they_say() {
    let _folder = in_empty_folder();
    let mut failures = Vec::new();
    let mut check = |name: &str, doc: &str| {
        let mut session = session();
        for example in examples(doc) {
            failures.extend(
                run(&mut session, &example)
                    .err()
                    .map(|f| format!("{name}: {f}")),
            );
        }
    };
    let documented = session();
    for builtin in documented.context().builtins() {
        check(builtin.name, builtin.doc);
    }
    for library in documented.context().libraries() {
        for function in &library.functions {
            check(&function.name, &function.doc);
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn scripts_run() {
    for path in files("scripts", "rhai") {
        let text = std::fs::read_to_string(&path).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut session = session();
        let out = rhai::Dynamic::from(folder.path().display().to_string());
        session.set_constant("ARGS", vec![out]);
        let result = session.run(&path.display().to_string(), &text);
        if let Err(diagnostic) = result {
            panic!("{}", diagnostic.render(session.context(), false));
        }
    }
}

#[test]
fn every_library_is_usable_on_its_own() {
    for (name, _) in modules::stdlib() {
        let mut session = session();
        let result = session.run("test", &format!("import \"{name}\" as library;"));
        assert!(result.is_ok(), "{name}: {}", result.unwrap_err().error());
    }
}
