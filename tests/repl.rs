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
        let mut command = Command::new(env!("CARGO_BIN_EXE_optimap"));
        command
            .arg("--headless")
            .env("XDG_DATA_HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path().join("config"))
            .env("HOME", home.path());
        command
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
            .env_remove("OPTIMAP_PATH");
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(20)));
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
    terminal.enter("!echo $((40 + 2))", "42");
    terminal.enter("!exit 3", "error: the command ended with status 3");
    terminal.enter("run script.rhai abc", "");
    terminal.enter("made", "\"abc\"");
    terminal.enter("restart", "");
    terminal.enter("n", "error: there is no variable `n`");
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
