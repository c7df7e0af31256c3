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
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_optimap"));
        command
            .arg("--headless")
            .env("XDG_DATA_HOME", home.path())
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
fn ctrl_d_leaves() {
    let mut terminal = Terminal::start();
    terminal
        .session
        .send(ControlCode::EndOfTransmission)
        .unwrap();
    terminal.session.expect(expectrl::Eof).unwrap();
}
