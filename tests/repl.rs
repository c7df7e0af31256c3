//! The prompt, typed at through a pseudo-terminal.
#![cfg(unix)]

use std::process::Command;
use std::time::Duration;

use expectrl::{ControlCode, Expect, Session};

struct Terminal {
    session: expectrl::session::OsSession,
    _home: tempfile::TempDir,
}

impl Terminal {
    fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    fn start_in(home: tempfile::TempDir) -> Self {
        Self::start_with_home(home, &[])
    }

    fn start_with(variables: &[(&str, &str)]) -> Self {
        Self::start_with_home(tempfile::tempdir().unwrap(), variables)
    }

    fn start_with_home(home: tempfile::TempDir, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_optimap"));
        command
            .arg("--headless")
            .env("XDG_DATA_HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path().join("config"))
            .env("HOME", home.path());
        command
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
            .env_remove("OPTIMAP_PATH")
            .env_remove("VISUAL")
            .env_remove("XTERM_VERSION")
            .envs(variables.iter().copied());
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(20)));
        // Help is as long as it likes.
        session.get_process_mut().set_window_size(80, 200).unwrap();
        let mut terminal = Self {
            session,
            _home: home,
        };
        terminal.sees("optimap>");
        terminal
    }

    #[track_caller]
    fn sees(&mut self, text: &str) {
        if let Err(error) = self.session.expect(text) {
            panic!("`{text}` does not appear: {error}");
        }
    }

    #[track_caller]
    fn enter(&mut self, line: &str, shows: &str) {
        self.session.send(format!("{line}\r")).unwrap();
        self.sees(&format!("\n{shows}"));
        self.sees("optimap>");
    }

    fn type_text(&mut self, text: &str) {
        self.session.send(text).unwrap();
    }
}

#[test]
fn values_are_shown_and_variables_stay() {
    let mut terminal = Terminal::start();
    terminal.enter(
        "let v = example_video(10, 20, 30); v",
        "video 10×20×30 uint16",
    );
    terminal.enter("v.crop(2).shape", "[10, 16, 26]");
    terminal.enter("fn twice(x) { 2 * x }; 1", "1");
    terminal.enter("twice(21)", "42");
    terminal.enter("\"text\"", "\"text\"");
}

#[test]
fn entries_go_on_over_open_brackets() {
    let mut terminal = Terminal::start();
    terminal.type_text("[1,\r");
    terminal.type_text("2\r");
    terminal.type_text("]\r");
    terminal.sees("[1, 2]");
}

/// As a terminal without bracketed paste sends what is pasted, or somebody who does not wait.
#[test]
fn lines_that_arrive_at_once_run_in_order() {
    let mut terminal = Terminal::start();
    let lines: Vec<String> = (0..100).map(|n| format!("a.push({n});\r")).collect();
    terminal.type_text(&format!("let a = [];\r{}a.len()\r", lines.concat()));
    terminal.sees("\n100");
    terminal.sees("optimap>");
    terminal.enter("a[0] + a[99]", "99");
    terminal.type_text("fn twice(n) {\r2 * n\r}\rtwice(21)\r");
    terminal.sees("\n42");
    terminal.sees("optimap>");
}

#[test]
fn lines_typed_while_a_command_runs_run_after_it() {
    let mut terminal = Terminal::start();
    terminal.type_text("let n = 1; sleep(1.0);\r");
    std::thread::sleep(Duration::from_millis(300));
    terminal.type_text("n += 1;\r");
    std::thread::sleep(Duration::from_millis(300));
    terminal.type_text("n *= 10;\rn + 7\r");
    terminal.sees("\n27");
}

#[test]
fn lines_that_begin_with_a_dot_go_on_with_the_last_value() {
    let mut terminal = Terminal::start();
    terminal.enter("example_video(4, 8, 8)", "video 4×8×8");
    terminal.enter(".crop(1)", "video 4×6×6");
    terminal.enter("  .shape[1]", "6");
    terminal.enter("1..3", "1..3");
    let mut fresh = Terminal::start();
    fresh.enter(
        ".shape",
        "error: a line that begins with a dot continues the last value",
    );
}

#[test]
fn first_assignments_need_no_let() {
    let mut terminal = Terminal::start();
    terminal.enter("x = 5; y = x + 1; x * y", "30");
    terminal.enter("x = 7", "");
    terminal.enter("x + 1", "8");
    terminal.enter("if true { z = 1 }", "error: there is no variable `z`");
    terminal.enter("w += 1", "error: there is no variable `w`");
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("a.rhai");
    std::fs::write(&script, "v = 1").unwrap();
    terminal.enter(
        &format!("run {}", script.display()),
        "error: there is no variable `v`",
    );
    let saved = folder.path().join("saved.rhai");
    terminal.enter(&format!("save_session(\"{}\")", saved.display()), "");
    let text = std::fs::read_to_string(saved).unwrap();
    assert!(
        text.contains("\nlet x = 5; let y = x + 1; x * y;\nx = 7;\n"),
        "{text}"
    );
}

#[test]
fn ans_is_the_last_value_unless_it_is_a_variable() {
    let mut terminal = Terminal::start();
    terminal.enter("6 * 7", "42");
    terminal.enter("ans + 1", "43");
    terminal.enter("ans = 5", "");
    terminal.enter("1", "1");
    terminal.enter("ans", "5");
}

#[test]
fn a_menu_of_completions_leaves_other_keys_alone() {
    let mut terminal = Terminal::start();
    terminal.enter("first_long = 11; first_short = 22;", "");
    // The common start, the menu, the second candidate, and the entry goes on.
    terminal.type_text("fir\t\t\t\r");
    terminal.sees(">first_short");
    terminal.type_text(" + 1\r");
    terminal.sees("\n23");
    terminal.sees("optimap>");
    // A key that is not for the menu is part of the entry.
    terminal.type_text("fir\tlong + 1\r");
    terminal.sees("\n12");
}

#[test]
fn entries_of_several_lines_are_indented() {
    let mut terminal = Terminal::start();
    terminal.type_text("fn f(x) {\r`a\rb` + x\r}\r");
    terminal.sees("optimap>");
    terminal.enter("f(1).split(\"\\n\")", "[\"a\", \"b1\"]");
    terminal.enter("history", "    1  fn f(x) {");
    terminal.enter("f??", "fn f(x) {");
}

#[test]
fn commands_of_matlab_are_there() {
    let mut terminal = Terminal::start();
    terminal.enter("x = 5", "");
    terminal.enter("whos", "x ");
    terminal.enter("who", "x ");
    terminal.enter("history 2", "    3  who");
    terminal.enter("history = 7", "");
    terminal.enter("history", "7");
    terminal.type_text("timeit x += 1\r");
    terminal.sees("runs;");
    terminal.sees("optimap>");
    terminal.enter("x", "5");
    terminal.enter("timeit fn f() { 1 }", "error: timeit cannot measure");
}

#[test]
fn entries_can_be_written_in_a_text_editor() {
    let folder = tempfile::tempdir().unwrap();
    let editor = folder.path().join("editor");
    std::fs::write(&editor, "#!/bin/sh\nsed -i s/41/42/ \"$2\"\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&editor, mode).unwrap();
    let command = format!("{} -x", editor.display());
    let mut terminal = Terminal::start_with(&[("EDITOR", &command)]);
    terminal.enter("41", "41");
    terminal.type_text("edit\r");
    terminal.sees("optimap> 42");
    terminal.enter("", "42");
    terminal.type_text("41 + 1\u{18}\u{5}");
    terminal.sees("optimap> 42 + 1");
    terminal.enter("", "43");
    let mut without = Terminal::start_with(&[("EDITOR", "false")]);
    without.enter("edit", "error: the text editor `false` ended with");
}

#[test]
fn imports_stay() {
    let mut terminal = Terminal::start();
    terminal.enter("import \"waves\" as waves; 1", "1");
    terminal.enter(
        "waves::enhance(example_video(20), 9).shape",
        "[20, 128, 128]",
    );
}

#[test]
fn errors_and_ctrl_c_leave_the_session_as_it_is() {
    let mut terminal = Terminal::start();
    terminal.enter("let kept = 7; kept", "7");
    terminal.enter("corp(kept)", "error: there is no function `corp`");
    terminal.type_text("half a li");
    terminal.session.send(ControlCode::EndOfText).unwrap();
    terminal.sees("optimap>");
    terminal.type_text("loop {}\r");
    std::thread::sleep(Duration::from_millis(500));
    terminal.session.send(ControlCode::EndOfText).unwrap();
    terminal.sees("interrupted");
    terminal.sees("optimap>");
    terminal.enter("kept + 1", "8");
}

#[test]
fn tab_completes_functions_members_and_options() {
    let mut terminal = Terminal::start();
    terminal.type_text("example_v\t2, 4, 5).nd\t\r");
    terminal.sees("\n3");
    terminal.sees("optimap>");
    terminal.type_text("normalize(example_video(2), #{yma\t255}).dtype\r");
    terminal.sees("\n\"float32\"");
}

#[test]
fn hints_show_what_could_follow() {
    let mut terminal = Terminal::start();
    terminal.type_text("example_video(2).crop(");
    terminal.sees("width)");
    terminal.type_text("1).dtype\r");
    terminal.sees("\n\"uint16\"");
}

#[test]
fn the_last_value_has_a_name() {
    let mut terminal = Terminal::start();
    terminal.enter("6 * 7", "42");
    terminal.enter("_ + 1", "43");
    terminal.enter("switch 5 { 1 => 2, _ => 3 }", "3");
    terminal.enter("_ + 1", "4");
}

#[test]
fn help_and_search_are_a_mark_away() {
    let mut terminal = Terminal::start();
    terminal.enter("crop?", "crop(video, width) -> Video");
    terminal.enter("waves::enhance??", "/// Contrast-enhances");
    terminal.enter("?contrast", "About \"contrast\"");
    terminal.enter("corp?", "error: there is no function `corp`");
    terminal.enter("help crop", "crop(video, width) -> Video");
}

#[test]
fn long_help_stops_at_each_page_and_keeps_what_is_typed() {
    let mut terminal = Terminal::start();
    let process = terminal.session.get_process_mut();
    process.set_window_size(80, 12).unwrap();
    terminal.type_text("normalize?\r");
    terminal.sees("-- 11 of");
    terminal.type_text(" ");
    terminal.sees("-- 22 of");
    terminal.type_text("6 * 7\r");
    terminal.sees("\n42");
}

/// The signal of a new width arrives on another thread than that of the prompt.
#[test]
fn a_new_width_is_noticed_while_an_entry_is_typed() {
    let mut terminal = Terminal::start();
    terminal.type_text("let width = 1234567890 + 1234567890");
    terminal.sees("+ 1234567890");
    let process = terminal.session.get_process_mut();
    process.set_window_size(30, 200).unwrap();
    // The cursor is two rows lower now: the entry is drawn again from its start.
    terminal.sees("\x1b[1A\r\x1b[J");
    terminal.type_text(" + 1; width\r");
    terminal.sees("\n2469135781");
}

#[test]
fn commands_look_after_variables_and_folders() {
    let mut terminal = Terminal::start();
    terminal.enter("let v = example_video(10, 20, 30); let n = 5; n", "5");
    terminal.enter("vars", "n");
    terminal.enter("clear v", "");
    terminal.enter("v", "error: there is no variable `v`");
    terminal.enter("clear w", "error: there is no variable `w`");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("script.rhai"), "let made = ARGS[0];").unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let folder = folder.display();
    terminal.enter(&format!("cd {folder}"), "");
    terminal.enter("pwd", &folder.to_string());
    terminal.enter("ls", "script.rhai");
    terminal.enter(
        "save_session(\"s.rhai\")",
        "warning: relative paths in `s.rhai` refer to the folder in which it is run",
    );
    terminal.enter("!echo $((40 + 2))", "42");
    terminal.enter("!exit 3", "error: the command ended with status 3");
    terminal.enter("run script.rhai abc", "");
    terminal.enter("made", "\"abc\"");
    terminal.enter("restart", "");
    terminal.enter("n", "error: there is no variable `n`");
}

#[test]
fn recordings_can_still_be_read_in_another_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    std::fs::create_dir(folder.join("below")).unwrap();
    let mut terminal = Terminal::start();
    terminal.enter(&format!("cd {}", folder.display()), "");
    let video = "zeros([9, 1000, 1000], \"uint16\")";
    terminal.enter(&format!("save_image_sequence(\"images\", {video})"), "");
    terminal.enter(&format!("save_video(\"a.npy\", {video})"), "");
    let mut paths = vec!["images", "a.npy"];
    if cfg!(feature = "zarr") {
        terminal.enter(&format!("save_video(\"a.zarr\", {video})"), "");
        paths.push("a.zarr");
    }
    age(&folder);
    let load_later = |path| format!("load_video(\"{path}\")");
    let videos = paths.iter().map(load_later).collect::<Vec<_>>().join(", ");
    terminal.enter(
        &format!("let videos = [{videos}]; videos.len"),
        &paths.len().to_string(),
    );
    terminal.enter("cd below", "");
    for index in 0..paths.len() {
        terminal.enter(&format!("mean(videos[{index}])"), "0.0");
    }
}

/// Makes all files in a folder look as if nobody had written to them for a while.
fn age(folder: &std::path::Path) {
    let past = std::time::SystemTime::now() - Duration::from_secs(3600);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => age(&path),
            false => {
                let file = std::fs::File::options().write(true).open(path).unwrap();
                file.set_modified(past).unwrap();
            }
        }
    }
}

#[test]
fn time_tells_the_cost_by_builtin() {
    let mut terminal = Terminal::start();
    terminal.type_text("time example_video(100, 49, 49).crop(1).shape\r");
    for text in [
        "[100, 47, 47]",
        "peak memory",
        "example_video",
        "crop",
        "optimap>",
    ] {
        terminal.sees(text);
    }
}

#[test]
fn sessions_become_scripts_that_run() {
    let mut terminal = Terminal::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("analysis.rhai");
    terminal.enter("fn f(x) { x }; 1", "1");
    terminal.enter("fn f(x) { 2 * x }", "");
    terminal.enter("corp(1)", "error");
    terminal.enter("let v = example_video(5, 9, 9)", "");
    terminal.enter("v.crop(1)", "video");
    terminal.enter("let s = _.shape; s", "[5, 7, 7]");
    terminal.enter("v.mean() > 0", "true");
    terminal.enter("history(v)", "// optimap");
    terminal.enter("s", "[5, 7, 7]");
    terminal.enter(&format!("save_session(\"{}\")", path.display()), "");
    let text = std::fs::read_to_string(&path).unwrap();
    let value = super::session().run("saved", &(text.clone() + "s[1]"));
    assert_eq!(value.unwrap().as_int(), Ok(7), "{text}");
    assert!(
        !text.contains("mean") && !text.contains("history"),
        "{text}"
    );
}

#[test]
fn long_values_take_one_line() {
    let mut terminal = Terminal::start();
    terminal.type_text("let a = []; a.pad(1000, 7); a\r");
    terminal.sees("… (1000 elements; print shows all)");
}

#[test]
fn what_the_user_wants_is_read_at_the_start() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("config/optimap");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("config.rhai"),
        "#{prompt: \"optimap>>> \", colour: 1}",
    )
    .unwrap();
    std::fs::write(folder.join("startup.rhai"), "fn mine() { 77 }").unwrap();
    let mut terminal = Terminal::start_in(home);
    terminal.sees(">> ");
    terminal.enter("mine()", "77");
}

#[test]
fn ctrl_d_leaves() {
    let mut terminal = Terminal::start();
    terminal
        .session
        .send(ControlCode::EndOfTransmission)
        .unwrap();
    terminal.session.expect(expectrl::Eof).unwrap();
}
