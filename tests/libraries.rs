//! The user's own modules: where they are found, what of them is seen, and when they change.

use std::fs;

use optimap::script::docs;
use optimap::session::Session;

use super::session;

struct Library {
    folder: tempfile::TempDir,
    session: Session,
}

impl Library {
    fn new() -> Self {
        let (folder, session) = (tempfile::tempdir().unwrap(), session());
        session
            .context()
            .set_library_folders(vec![folder.path().to_owned()]);
        Self { folder, session }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    #[track_caller]
    fn gives(&mut self, code: &str, value: &str) {
        let found = self.session.run_entry(code);
        let found = found.map(|found| self.session.text(&found, true).unwrap_or_default());
        assert_eq!(
            found.map_err(|error| error.error().to_string()).as_deref(),
            Ok(value),
            "{code}"
        );
    }

    fn error(&mut self, code: &str) -> String {
        let error = self.session.run_entry(code).unwrap_err();
        let hints = error.error().hints().join("\n");
        format!("{}\n{hints}", error.error().message())
    }
}

#[test]
fn modules_change_when_their_files_do() {
    let mut library = Library::new();
    library.write("inner.rhai", "fn word() { \"old\" }");
    library.write(
        "outer.rhai",
        "import \"inner\" as inner; fn word() { inner::word() }",
    );
    library.gives("import \"outer\" as outer; outer::word()", "\"old\"");
    library.write("inner.rhai", "fn word() { \"new, and longer\" }");
    library.gives("outer::word()", "\"old\"");
    library.gives(
        "import \"outer\" as outer; outer::word()",
        "\"new, and longer\"",
    );
}

#[test]
fn documentation_of_modules_is_shown() {
    let mut library = Library::new();
    library.write(
        "heart.rhai",
        "//! Hearts.\n\n/// Doubles.\nfn twice(n) { 2 * n }\n\nprivate fn hidden() { 1 }\n",
    );
    library.gives("import \"heart\" as h; h::twice(4)", "8");
    let help = |library: &Library, name: &str| docs::help(library.session.context(), name);
    assert!(help(&library, "heart").unwrap().contains("Hearts."));
    assert!(!help(&library, "heart").unwrap().contains("hidden"));
    assert!(help(&library, "heart::twice").unwrap().contains("Doubles."));
    assert!(help(&library, "twice").unwrap().contains("Doubles."));
    assert!(docs::overview(library.session.context()).contains("Hearts."));
    assert!(
        library
            .error("h::hidden()")
            .starts_with("there is no function `h::hidden`")
    );
}

#[test]
fn missing_modules_tell_where_they_were_looked_for() {
    let mut library = Library::new();
    library.write("needs.rhai", "import \"nowhere\" as n;");
    let text = library.error("import \"needs\" as n");
    assert!(text.starts_with("there is no module `nowhere`"), "{text}");
    let folder = library.folder.path().display().to_string();
    assert!(
        text.contains(&folder) && text.contains("the standard library"),
        "{text}"
    );
    let text = library.error("import \"need\" as n");
    assert!(text.contains("did you mean `needs`?"), "{text}");
}

#[test]
fn a_circle_leaves_the_session_usable() {
    let mut library = Library::new();
    library.write("a.rhai", "import \"b\" as b;");
    library.write("b.rhai", "import \"a\" as a;");
    assert!(
        library
            .error("import \"a\" as a")
            .starts_with("circular import of modules")
    );
    library.write("b.rhai", "fn one() { 1 }");
    library.gives("import \"a\" as a; 1", "1");
}

#[test]
fn a_defect_leaves_the_session_usable() {
    let settings = optimap::script::Settings {
        print: Box::new(|text| assert_ne!(text, "now", "a defect")),
        windows: None,
        interactive: false,
    };
    let mut session = Session::new(settings);
    let _ = session.run_entry("let kept = 7").unwrap();
    let error = session.run_entry("print(\"now\")").unwrap_err();
    assert!(error.error().message().starts_with("a bug in optimap: "));
    assert_eq!(session.run_entry("kept").unwrap().as_int(), Ok(7));
}
