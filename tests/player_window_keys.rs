//! The newer keys in real windows, and their effect as scripts see it. They need a display and the
//! program xdotool.

#![cfg(unix)]

use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::player_loop::until;
use super::player_window::{Program, alone, xdotool};

/// A script that shows what `SHOW` does, and prints the properties of its player.
const SCRIPT: &str = r#"
let v = example_video(60, 48, 64);
v.fps = 500;
v.pixel_size = 100;
let player = SHOW;
player.playing = false;
player.frame = 10;
while player.is_open {
    let all = #{frame: player.frame, limits: player.limits, gamma: player.gamma, cmap: player.cmap,
        opacity: player.opacity, threshold: player.threshold, blend_mode: player.blend_mode,
        compare: player.compare, wipe: player.wipe, zoom: player.zoom, smooth: player.smooth,
        grid: player.grid, colorbars: player.colorbars, one_scale: player.one_scale,
        loop_range: player.loop_range, bookmarks: player.bookmarks,
        names: player.regions.map(|region| region.name), colors: player.regions.map(|region| region.color),
        kinds: player.regions.map(|region| region.type), masks: player.masks.map(|mask| count(mask))};
    print(`[${player.frame}, ${all.to_json()}]`);
    sleep(0.02);
}
print("end");
"#;

fn start(title: &str, show: &str) -> Program {
    let show = show.replace("OPTIONS", &format!("block: false, title: \"{title}\""));
    Program::start(title, &SCRIPT.replace("SHOW", &show))
}

/// A property of the player.
fn property(program: &Program, name: &str) -> Value {
    let line = program.last();
    let state: Value = serde_json::from_str(&line).unwrap_or_default();
    state[1][name].clone()
}

/// Presses a key and waits until a property has changed; the new value.
#[track_caller]
fn changes(program: &Program, key: &str, name: &str) -> Value {
    let before = property(program, name);
    xdotool(&["key", key]);
    becomes(program, key, name, |value| {
        *value != before && !value.is_null()
    })
}

#[track_caller]
fn becomes(program: &Program, key: &str, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
    program.until(&format!("{key} changes {name}"), |line| {
        let state: Value = serde_json::from_str(line).unwrap_or_default();
        holds(&state[1][name])
    });
    property(program, name)
}

/// Drags the mouse over the window.
fn drag(program: &Program, from: (usize, usize), to: (usize, usize)) {
    program.at(from.0, from.1);
    xdotool(&["mousedown", "1"]);
    thread::sleep(Duration::from_millis(60));
    program.at(to.0, to.1);
    xdotool(&["mouseup", "1"]);
    thread::sleep(Duration::from_millis(60));
}

fn typed(text: &str) {
    xdotool(&["type", "--delay", "5", text]);
    xdotool(&["key", "Return"]);
}

/// Removes a text that is there before anything is typed.
fn clear_text() {
    let keys = ["BackSpace"; 40];
    xdotool(&[&["key"][..], &keys].concat());
}

#[test]
#[ignore = "needs a display and xdotool"]
fn colors_time_and_view_by_keys() {
    let _alone = alone();
    let program = start("colors", "show_video(v, #{OPTIONS})");
    program.at(200, 200);
    for (key, name) in [
        ("y", "gamma"),
        ("Y", "gamma"),
        ("braceright", "limits"),
        ("braceleft", "limits"),
        ("a", "limits"),
        ("p", "limits"),
        ("P", "limits"),
        ("A", "limits"),
        ("c", "cmap"),
        ("C", "cmap"),
        ("v", "cmap"),
        ("plus", "zoom"),
        ("0", "zoom"),
        ("n", "one_scale"),
        ("w", "colorbars"),
        ("g", "grid"),
        ("o", "smooth"),
        ("Next", "frame"),
        ("k", "bookmarks"),
        ("parenright", "loop_range"),
        ("x", "loop_range"),
        ("Home", "frame"),
        ("period", "frame"),
        ("End", "frame"),
        ("comma", "frame"),
    ] {
        match key {
            // All frames are `null`.
            "x" => {
                xdotool(&["key", key]);
                becomes(&program, key, name, Value::is_null);
            }
            _ => drop(changes(&program, key, name)),
        }
    }
    // The limits follow the frames.
    xdotool(&["key", "f"]);
    thread::sleep(Duration::from_millis(100));
    changes(&program, "Prior", "limits");
    for key in ["b", "m"] {
        program.key_changes_picture(key);
    }
    xdotool(&["key", "Escape", "q"]);
    program.until("the end", |line| line == "end");
}

#[test]
#[ignore = "needs a display and xdotool"]
fn two_videos_are_compared_by_keys() {
    let _alone = alone();
    let program = start(
        "pair",
        "show_video_pair(v, v.mean_filter(5), #{block: false, title1: \"pair\"})",
    );
    for (key, expected) in [
        ("F", "first"),
        ("F", "second"),
        ("W", "wipe"),
        ("X", "difference"),
        ("S", "off"),
    ] {
        assert_eq!(changes(&program, key, "compare"), expected);
    }
    changes(&program, "W", "compare");
    changes(&program, "semicolon", "wipe");
    changes(&program, "colon", "wipe");
    changes(&program, "S", "compare");
    // One video alone.
    let before = property(&program, "limits");
    xdotool(&["key", "V"]);
    let after = changes(&program, "braceright", "limits");
    assert!(
        after[0] != before[0] && after[1] == before[1],
        "{before} {after}"
    );
    xdotool(&["key", "b", "B"]);
    let other = changes(&program, "braceright", "limits");
    assert!(
        other[0] == after[0] && other[1] != after[1],
        "{after} {other}"
    );
    xdotool(&["key", "q"]);
    program.until("the end", |line| line == "end");
}

#[test]
#[ignore = "needs a display and xdotool"]
fn overlays_change_by_keys() {
    let _alone = alone();
    let program = start("over", "show_video_overlay(v, v.normalize(), #{OPTIONS})");
    changes(&program, "I", "opacity");
    changes(&program, "O", "opacity");
    changes(&program, "T", "threshold");
    changes(&program, "T", "threshold");
    changes(&program, "R", "threshold");
    changes(&program, "M", "blend_mode");
    xdotool(&["key", "U"]);
    clear_text();
    typed("0.375");
    becomes(&program, "U", "threshold", |value| *value == 0.375);
    xdotool(&["key", "q"]);
    program.until("the end", |line| line == "end");
}

#[test]
#[ignore = "needs a display and xdotool"]
fn regions_are_drawn_named_painted_and_measured_by_keys() {
    let _alone = alone();
    let program = start("draw", "show_video(v, #{OPTIONS})");
    let kinds = |key: &str, count: usize, last: &str| {
        let kinds = becomes(&program, key, "kinds", |value| {
            value.as_array().is_some_and(|kinds| kinds.len() == count)
        });
        assert_eq!(kinds[count - 1], last);
    };
    xdotool(&["key", "3"]);
    for (x, y) in [(150, 150), (250, 150), (200, 250)] {
        program.at(x, y);
        xdotool(&["click", "1"]);
        thread::sleep(Duration::from_millis(60));
    }
    xdotool(&["key", "Return"]);
    kinds("3", 1, "polygon");
    for (at, (key, kind)) in [("4", "freehand"), ("5", "line"), ("exclam", "line")]
        .into_iter()
        .enumerate()
    {
        xdotool(&["key", key]);
        program.at(300, 120 + 60 * at);
        xdotool(&["mousedown", "1"]);
        for (x, y) in [(360, 130), (350, 200), (300, 180)] {
            program.at(x, y + 60 * at);
        }
        xdotool(&["mouseup", "1"]);
        kinds(key, at + 2, kind);
    }
    // The speed along the line has become its name, or there is none.
    xdotool(&["key", "N"]);
    clear_text();
    typed("apex");
    becomes(&program, "N", "names", |names| names[3] == "apex");
    changes(&program, "K", "colors");
    changes(&program, "z", "colors");
    changes(&program, "Z", "colors");
    program.key_changes_picture("L");
    // A mask that is painted, erased, and painted by value.
    xdotool(&["key", "6"]);
    drag(&program, (150, 300), (260, 300));
    kinds("6", 5, "mask");
    xdotool(&["key", "d", "D", "D"]);
    drag(&program, (150, 330), (260, 330));
    let painted = property(&program, "masks")[4].as_i64().unwrap();
    xdotool(&["key", "7"]);
    drag(&program, (150, 300), (200, 330));
    becomes(&program, "7", "masks", |masks| {
        masks[4].as_i64().is_some_and(|now| now < painted)
    });
    xdotool(&["key", "9"]);
    clear_text();
    typed("> 0");
    xdotool(&["key", "8"]);
    let erased = property(&program, "masks")[4].as_i64().unwrap();
    drag(&program, (150, 300), (260, 330));
    becomes(&program, "8", "masks", |masks| {
        masks[4].as_i64().is_some_and(|now| erased < now)
    });
    xdotool(&["key", "Escape", "u"]);
    thread::sleep(Duration::from_millis(100));
    xdotool(&["key", "BackSpace"]);
    kinds("BackSpace", 4, "mask");
    xdotool(&["key", "numbersign"]);
    let found = xdotool(&[
        "search",
        "--sync",
        "--onlyvisible",
        "--name",
        "kymograph of",
    ]);
    assert_eq!(found.lines().count(), 1);
    xdotool(&["windowfocus", "--sync", &program.window, "key", "Q"]);
    program.until("the end", |line| line == "end");
}

#[test]
#[ignore = "needs a display, xdotool, ImageMagick and xclip"]
fn files_pictures_and_the_place_of_the_window_by_keys() {
    let _alone = alone();
    let program = start("window", "show_video(v, #{OPTIONS})");
    let folder = program.folder.path().to_owned();
    let size = || {
        let text = xdotool(&["getwindowgeometry", "--shell", &program.window]);
        let number = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.parse::<usize>().ok())
        };
        (number("WIDTH=").unwrap(), number("HEIGHT=").unwrap())
    };
    let before = size();
    let display = xdotool(&["getdisplaygeometry"]);
    let mut display = display
        .split_whitespace()
        .map(|number| number.parse().unwrap());
    let display: (usize, usize) = (display.next().unwrap(), display.next().unwrap());
    xdotool(&["key", "F11"]);
    until(|| size() == display);
    xdotool(&["key", "Escape"]);
    until(|| size() == before);
    xdotool(&["key", "ampersand"]);
    until(|| size().0 + 200 > display.0 && size().1 + 200 > display.1);
    // Pictures with and without what is around the video, light and dark.
    for keys in [&["s"][..], &["H", "s"], &["H", "J", "s"]] {
        let count = || std::fs::read_dir(&folder).unwrap().count();
        let files = count();
        xdotool(&[&["key"][..], keys].concat());
        until(|| count() == files + 1);
    }
    xdotool(&["key", "G"]);
    let clipboard = || {
        let arguments = ["-selection", "clipboard", "-t", "image/png", "-o"];
        Command::new("xclip")
            .args(arguments)
            .output()
            .unwrap()
            .stdout
    };
    until(|| clipboard().starts_with(b"\x89PNG"));
    xdotool(&["key", "E"]);
    clear_text();
    typed("saved.png");
    let saved = folder.join("saved.png");
    until(|| saved.exists());
    // The picture in a window of its own, by a name that Tab completes.
    xdotool(&["key", "at"]);
    xdotool(&["type", "sav"]);
    xdotool(&["key", "Tab", "Return"]);
    let opened = xdotool(&["search", "--sync", "--onlyvisible", "--name", "saved.png"]);
    assert_eq!(opened.lines().count(), 1);
    xdotool(&["windowfocus", "--sync", &program.window, "key", "Q"]);
    program.until("the end", |line| line == "end");
}

#[test]
#[ignore = "needs a display and xdotool"]
fn keys_lead_to_the_other_files_of_a_folder() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let code =
        "for name in [\"one\", \"two\"] { save_video(name + \".npy\", example_video(9, 32, 32)) }";
    let optimap = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_optimap"));
        command
            .current_dir(folder.path())
            .env_remove("OPTIMAP_HEADLESS");
        command
            .env("XDG_DATA_HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path());
        command
    };
    assert!(optimap().args(["-e", code]).status().unwrap().success());
    let mut program = optimap().args(["view", "one.npy"]).spawn().unwrap();
    let found = xdotool(&["search", "--sync", "--onlyvisible", "--name", "one.npy"]);
    let window = found.lines().next().unwrap().to_owned();
    xdotool(&["windowfocus", "--sync", &window]);
    let title = || xdotool(&["getwindowname", &window]).trim().to_owned();
    for (key, name) in [("asterisk", "two.npy"), ("slash", "one.npy")] {
        xdotool(&["key", key]);
        until(|| title() == name);
    }
    xdotool(&["key", "q"]);
    assert!(program.wait().unwrap().success());
}
