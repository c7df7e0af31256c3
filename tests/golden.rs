//! Pages and messages compared with `tests/golden`; `UPDATE_GOLDEN=1 cargo test` rewrites them.

use std::fs;

use optimap::script::docs;

use super::{files, project, session};

#[track_caller]
fn check(name: &str, text: &str) {
    let path = project("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == text,
        "{} is out of date; if the change is meant, run UPDATE_GOLDEN=1 cargo test and read the diff",
        path.display()
    );
}

#[test]
fn the_reference_page() {
    check("reference.md", &docs::reference(session().context()));
}

#[test]
fn the_editor_definitions() {
    check("builtins.d.rhai", &docs::definitions(session().context()));
}

#[test]
fn the_help_of_a_function() {
    check(
        "help_normalize.txt",
        &docs::help(session().context(), "normalize").unwrap(),
    );
}

/// Each script of `tests/errors` fails; how it is told to the user is compared.
#[test]
fn rendered_errors() {
    let mut text = String::new();
    for path in files("tests/errors", "rhai") {
        let name = path
            .strip_prefix(project(""))
            .unwrap()
            .display()
            .to_string();
        let mut session = session();
        let result = session.run(
            &path.display().to_string(),
            &fs::read_to_string(&path).unwrap(),
        );
        let diagnostic = result.expect_err(&name);
        let rendered = diagnostic.render(session.context(), false);
        text += &rendered.replace(
            &format!(
                "{}/",
                project("").display().to_string().trim_end_matches('/')
            ),
            "",
        );
        text.push('\n');
    }
    check("errors.txt", &text);
}
