//! The player in real windows: each key's effect, seen from the script and on the screen. They need a
//! display and the program xdotool.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Windows take the keys of each other, so only one test has one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A script that plays a video and prints the state of its player.
const SCRIPT: &str = r#"
let v = example_video(60, 48, 64);
let player = show_video(v, #{block: false, title: "TITLE"});
player.playing = false;
player.frame = 10;
while player.is_open {
    print([player.frame, player.playing, player.step, player.speed, player.looping,
        player.every_frame, player.points.len(), player.regions.len()]);
    sleep(0.02);
}
print(player.traces().len());
print("end");
"#;

pub(super) struct Program {
    process: Child,
    lines: Arc<Mutex<Vec<String>>>,
    pub(super) window: String,
    pub(super) folder: tempfile::TempDir,
}

impl Program {
    pub(super) fn start(title: &str, script: &str) -> Self {
        let mut program = Self::start_on(None, title, script);
        program.find_window(title);
        program
    }

    /// Starts on a display of its own, whose window nobody looks at.
    fn start_on(display: Option<&str>, title: &str, script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_optimap"))
            .arg("-")
            .current_dir(folder.path())
            .env_remove("OPTIMAP_HEADLESS")
            .envs(display.map(|display| ("DISPLAY", display)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = process.stdin.take().unwrap();
        stdin
            .write_all(script.replace("TITLE", title).as_bytes())
            .unwrap();
        drop(stdin);
        let lines = Arc::new(Mutex::new(Vec::new()));
        collect(process.stdout.take().unwrap(), lines.clone());
        collect(process.stderr.take().unwrap(), lines.clone());
        Self {
            process,
            lines,
            window: String::new(),
            folder,
        }
    }

    fn find_window(&mut self, title: &str) {
        let found = xdotool(&["search", "--sync", "--onlyvisible", "--name", title]);
        self.window = found.lines().next().unwrap().to_owned();
        // Without a window manager nobody else gives it the keyboard.
        xdotool(&["windowfocus", "--sync", &self.window]);
        xdotool(&["mousemove", "--window", &self.window, "5", "5"]);
        self.until("a state", |line| line.starts_with("[10, "));
    }

    pub(super) fn last(&self) -> String {
        self.lines
            .lock()
            .unwrap()
            .last()
            .cloned()
            .unwrap_or_default()
    }

    #[track_caller]
    pub(super) fn until(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let start = Instant::now();
        while !holds(&self.last()) {
            let lines = self.lines.lock().unwrap().clone();
            let end = lines.len().saturating_sub(3);
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "{what}: {:?}",
                &lines[end..]
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Presses a key and waits for a state.
    #[track_caller]
    fn key(&self, key: &str, state: &str) {
        xdotool(&["key", key]);
        self.until(key, |line| line == state);
    }

    /// What the window shows.
    fn picture(&self) -> Vec<u8> {
        let dump = Command::new("import")
            .args(["-window", &self.window, "rgb:-"])
            .output()
            .expect("ImageMagick");
        dump.stdout
    }

    /// Presses a key and waits until the picture is another one and stays that.
    #[track_caller]
    pub(super) fn key_changes_picture(&self, key: &str) {
        let before = self.picture();
        xdotool(&["key", key]);
        let start = Instant::now();
        while self.picture() == before {
            assert!(start.elapsed() < Duration::from_secs(60), "{key}");
        }
    }

    pub(super) fn at(&self, x: usize, y: usize) {
        let (x, y) = (x.to_string(), y.to_string());
        xdotool(&["mousemove", "--window", &self.window, &x, &y]);
        thread::sleep(Duration::from_millis(60));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // What a test that failed holds down would disturb the next one.
        let _ = Command::new("xdotool")
            .args(["mouseup", "1", "keyup", "shift"])
            .status();
    }
}

fn collect(from: impl std::io::Read + Send + 'static, lines: Arc<Mutex<Vec<String>>>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            lines.lock().unwrap().push(line);
        }
    });
}

#[track_caller]
pub(super) fn xdotool(arguments: &[&str]) -> String {
    let output = Command::new("xdotool").args(arguments).output().unwrap();
    assert!(output.status.success(), "xdotool {arguments:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(super) fn alone() -> std::sync::MutexGuard<'static, ()> {
    ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[test]
#[ignore = "needs a display and xdotool"]
fn keys_do_what_the_reference_says() {
    let _alone = alone();
    let program = Program::start("keys", SCRIPT);
    let tail = "1.0, true, false, 0, 0]";
    program.key("Right", &format!("[11, false, 1, {tail}"));
    program.key("Left", &format!("[10, false, 1, {tail}"));
    program.key("Up", &format!("[10, false, 2, {tail}"));
    program.key("Right", &format!("[12, false, 2, {tail}"));
    program.key("Down", &format!("[12, false, 1, {tail}"));
    program.key("Home", &format!("[0, false, 1, {tail}"));
    program.key("End", &format!("[59, false, 1, {tail}"));
    program.key("l", "[59, false, 1, 1.0, false, false, 0, 0]");
    program.key("l", "[59, false, 1, 1.0, true, false, 0, 0]");
    program.key("e", "[59, false, 1, 1.0, true, true, 0, 0]");
    program.key("e", "[59, false, 1, 1.0, true, false, 0, 0]");
    program.key("bracketright", "[59, false, 1, 2.0, true, false, 0, 0]");
    program.key("bracketleft", "[59, false, 1, 1.0, true, false, 0, 0]");
    xdotool(&["key", "space"]);
    program.until("playing", |line| {
        line.contains(", true, 1, 1.0,") && !line.starts_with("[59")
    });
    xdotool(&["key", "space"]);
    program.until("paused", |line| line.contains(", false, 1, 1.0,"));
    xdotool(&["key", "q"]);
    program.until("the end", |line| line == "end");
}

#[test]
#[ignore = "needs a display and xdotool"]
fn the_mouse_probes_zooms_and_drags() {
    let _alone = alone();
    let program = Program::start("mouse", SCRIPT);
    program.at(200, 200);
    xdotool(&["click", "5"]);
    program.until("wheel", |line| line.starts_with("[11,"));
    xdotool(&["key", "t"]);
    program.until("t", |line| line.ends_with("1, 0]"));
    xdotool(&["key", "BackSpace"]);
    program.until("BackSpace", |line| line.ends_with("0, 0]"));
    xdotool(&["mousedown", "1"]);
    thread::sleep(Duration::from_millis(60));
    xdotool(&["mouseup", "1"]);
    program.until("click", |line| line.ends_with("1, 0]"));
    xdotool(&["key", "r"]);
    xdotool(&["mousedown", "1"]);
    thread::sleep(Duration::from_millis(60));
    program.at(260, 260);
    xdotool(&["mouseup", "1"]);
    program.until("r", |line| line.ends_with("1, 1]"));
    // The first one leaves the region that was drawn, the second one the window.
    xdotool(&["key", "Escape", "Escape"]);
    program.until("the end", |line| line == "end");
    let lines = program.lines.lock().unwrap();
    assert_eq!(lines[lines.len() - 2], "2");
}

#[test]
#[ignore = "needs a display and xdotool"]
fn quick_clicks_are_not_lost() {
    let _alone = alone();
    let program = Program::start("clicks", SCRIPT);
    let rows: Vec<String> = (0..12).map(|n| (150 + 10 * n).to_string()).collect();
    let clicks = rows.iter().flat_map(|row| {
        [
            "mousemove",
            "--window",
            &program.window,
            "200",
            row,
            "mousedown",
            "1",
            "mouseup",
            "1",
        ]
    });
    xdotool(&clicks.collect::<Vec<_>>());
    program.until("clicks", |line| line.ends_with("12, 0]"));
}

#[test]
#[ignore = "needs a display and xdotool"]
fn a_picture_saved_while_the_script_waits_has_its_history() {
    let _alone = alone();
    let script = r#"
        print("[10, waiting]");
        show_video(example_video(60, 48, 64), #{title: "TITLE"});
        let script = load_image(glob("*.png")[0]).history;
        print(script);
        print(if script.contains("show_video(") { "end" } else { "no history" });
    "#;
    let program = Program::start("waits", script);
    xdotool(&["key", "s"]);
    let start = Instant::now();
    let holds_a_picture = || std::fs::read_dir(program.folder.path()).unwrap().count() > 0;
    while !holds_a_picture() && start.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(20));
    }
    xdotool(&["key", "q"]);
    program.until("the end", |line| line == "end");
}

/// A script that prints what was set in the window of its player.
const SETTINGS: &str = r#"
let v = example_video(60, 48, 64);
let player = show_video(v, #{block: false, title: "TITLE", vmin: 0, vmax: 1000});
player.playing = false;
player.frame = 10;
while player.is_open {
    let kinds = player.regions.map(|region| region.type);
    print([player.frame, player.vmin, player.gamma, player.loop_range, player.bookmarks, kinds]);
    sleep(0.02);
}
print("end");
"#;

#[test]
#[ignore = "needs a display and xdotool"]
fn contrast_parts_bookmarks_regions_and_the_menu_in_a_real_window() {
    let _alone = alone();
    let program = Program::start("settings", SETTINGS);
    program.at(200, 200);
    program.key("greater", "[10, -50.0, 1.0, (), [], []]");
    program.key("less", "[10, 0.0, 1.0, (), [], []]");
    xdotool(&["key", "j"]);
    xdotool(&["type", "25"]);
    program.key("Return", "[25, 0.0, 1.0, (), [], []]");
    program.key("k", "[25, 0.0, 1.0, (), [25], []]");
    program.key("Prior", "[15, 0.0, 1.0, (), [25], []]");
    program.key("parenleft", "[15, 0.0, 1.0, [15, 60], [25], []]");
    program.key("x", "[15, 0.0, 1.0, (), [25], []]");
    // An ellipse with the mouse, and a rectangle with the Shift key.
    for keys in [&["key", "2"][..], &["keydown", "shift"]] {
        xdotool(keys);
        thread::sleep(Duration::from_millis(60));
        xdotool(&["mousedown", "1"]);
        thread::sleep(Duration::from_millis(60));
        program.at(260, 260);
        xdotool(&["mouseup", "1"]);
        xdotool(&["keyup", "shift"]);
        program.at(300, 150);
    }
    program.until("regions", |line| {
        line.ends_with(r#"["ellipse", "rectangle"]]"#)
    });
    program.key("z", r#"[15, 0.0, 1.0, (), [25], ["ellipse"]]"#);
    // The menu: its first command, play or pause, by the arrow key; then a quick right click and `q`.
    xdotool(&["click", "3"]);
    thread::sleep(Duration::from_millis(100));
    xdotool(&["key", "Down", "Down", "Return"]);
    program.until("one step back", |line| line.starts_with("[14, "));
    xdotool(&["click", "3"]);
    thread::sleep(Duration::from_millis(100));
    xdotool(&["key", "Escape"]);
    thread::sleep(Duration::from_millis(100));
    xdotool(&["key", "q"]);
    program.until("the end", |line| line == "end");
}

#[test]
#[ignore = "needs a display, xdotool and ImageMagick"]
fn keys_change_the_picture() {
    let _alone = alone();
    let program = Program::start("look", SCRIPT);
    program.at(200, 200);
    for key in ["c", "a", "plus", "minus", "g", "i", "o", "m"] {
        program.key_changes_picture(key);
    }
    xdotool(&["key", "m", "s"]);
    let file = program.folder.path().join("look-frame10.png");
    super::player_loop::until(|| file.exists());
}

#[test]
#[ignore = "needs Xvfb"]
fn a_display_that_is_killed_leaves_the_session_alone() {
    loses_its_display("-KILL", ":96");
}

#[test]
#[ignore = "needs Xvfb"]
fn a_display_that_ends_leaves_the_session_alone() {
    loses_its_display("-TERM", ":95");
}

/// Ends the display of a program that plays two videos, which says so once and goes on to its end.
fn loses_its_display(signal: &str, display: &str) {
    let mut server = Command::new("Xvfb")
        .args([display, "-screen", "0", "800x600x24"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let socket = format!("/tmp/.X11-unix/X{}", &display[1..]);
    super::player_loop::until(|| std::os::unix::net::UnixStream::connect(&socket).is_ok());
    let script = r#"
        let players = [1, 2].map(|n| show_video(example_video(20 * n), #{block: false}));
        while players[0].is_open || players[1].is_open {
            print(players[0].frame);
            sleep(0.02);
        }
        print("end");
    "#;
    let mut program = Program::start_on(Some(display), "dying", script);
    program.until("frames", |line| line.parse::<usize>().is_ok_and(|n| 0 < n));
    let id = server.id().to_string();
    Command::new("kill").args([signal, &id]).status().unwrap();
    server.wait().unwrap();
    assert!(program.process.wait().unwrap().success());
    let lines = &program.lines;
    let count =
        |is: &dyn Fn(&String) -> bool| lines.lock().unwrap().iter().filter(|line| is(line)).count();
    super::player_loop::until(|| count(&|line| line == "end") == 1);
    super::player_loop::until(|| count(&|line| line.contains("the display was lost")) == 2);
}
