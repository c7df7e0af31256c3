//! Every example in the documentation runs and shows what it says; so do the scripts.

use std::path::Path;

use optimap::script::docs::{DocExample, examples};
use optimap::script::host::modules;
use optimap::session::Session;

use super::{files, session};

/// Examples save files under plain names.
fn in_empty_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    folder
}

fn run(session: &mut Session, example: &DocExample) -> Result<(), String> {
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

#[track_caller]
fn run_script(path: &Path, arguments: Vec<String>) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut session = session();
    let arguments = arguments.into_iter().map(rhai::Dynamic::from);
    session.set_constant("ARGS", arguments.collect::<Vec<_>>());
    let result = session.run(&path.display().to_string(), &text);
    if let Err(diagnostic) = result {
        panic!("{}", diagnostic.render(session.context(), false));
    }
}

#[test]
fn scripts_run() {
    for path in files("scripts", "rhai") {
        let folder = tempfile::tempdir().unwrap();
        run_script(&path, vec![folder.path().display().to_string()]);
    }
}

/// What the arguments that the headers of scripts show are.
fn argument(name: &str, folder: &Path) -> Vec<String> {
    let recording = folder.join("recording 1.tif");
    if !recording.exists() {
        let mut session = session();
        session.set_constant("PATH", recording.display().to_string());
        let _ = session
            .run("make", "save_video(PATH, example_video(70, 64, 64));")
            .unwrap();
    }
    let text = |value: &Path| vec![value.display().to_string()];
    let plain = |value: &str| vec![value.to_owned()];
    match name {
        "OUT" | "FOLDER" => text(folder),
        "RECORDING" => text(&recording),
        "PACED" => {
            let mut session = session();
            let path = folder.join("paced.tif");
            session.set_constant("PATH", path.display().to_string());
            let code = "save_video(PATH, phantom(#{frames: 450, noise: 0.05}).video);";
            let _ = session.run("make", code).unwrap();
            text(&path)
        }
        "RECORDING…" => [text(&recording), text(&recording)].concat(),
        "PATTERN" => text(&folder.join("rec*.tif")),
        "EXTENSION" => plain("npy"),
        "FIRST" => plain("0"),
        "LAST" => plain("62"),
        "CYCLE" => plain("60"),
        "PIXEL_SIZE" => plain("90.5"),
        "OFFSET" => plain("100"),
        "Y" => plain("30"),
        "X" => plain("40"),
        name => panic!("what is {name}?"),
    }
}

#[test]
fn scripts_run_with_the_arguments_that_their_headers_show() {
    for path in files("scripts", "rhai") {
        let text = std::fs::read_to_string(&path).unwrap();
        let usage = text
            .lines()
            .find_map(|line| line.trim_start_matches('/').trim().strip_prefix("optimap "));
        let usage = usage.unwrap_or_else(|| panic!("{path:?} does not say how it is called"));
        let mut words = usage.split([' ', '[', ']']).filter(|word| !word.is_empty());
        let script = words.next().unwrap();
        assert!(path.ends_with(script), "{path:?} says {script}");
        let words: Vec<_> = words.collect();
        // Run with nothing else above.
        if let ["OUT" | "FOLDER"] = words[..] {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let arguments = words.iter().flat_map(|word| argument(word, folder.path()));
        run_script(&path, arguments.collect());
    }
}

/// There are no false alarms.
#[test]
fn nothing_is_found_in_scripts_and_modules() {
    for path in [files("scripts", "rhai"), files("stdlib", "rhai")].concat() {
        let mut session = session();
        session.set_constant("ARGS", rhai::Array::new());
        let found = session.check(
            &path.display().to_string(),
            &std::fs::read_to_string(&path).unwrap(),
        );
        let found: Vec<_> = found
            .iter()
            .map(|found| found.render(session.context(), false))
            .collect();
        assert!(found.is_empty(), "{}", found.concat());
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
