//! The command line: exit status, and what goes to which stream.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::{project, with_slashes};

fn optimap(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_optimap"))
        .args(arguments)
        .env("OPTIMAP_HEADLESS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn check(arguments: &[&str], input: &str, status: i32, stdout: &str, stderr: &str) {
    let output = optimap(arguments, input);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&output.stdout), stdout, "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).starts_with(stderr),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(status));
}

#[test]
fn code_prints_its_value_unless_there_is_none() {
    check(&["-e", "1 + 1"], "", 0, "2\n", "");
    check(&["-e", "\"text\""], "", 0, "text\n", "");
    check(&["-e", "let a = 1;"], "", 0, "", "");
}

#[test]
fn scripts_come_from_files_and_standard_input() {
    check(&[], "print(40 + 2)", 0, "42\n", "");
    check(&["-"], "print(ARGS.len())", 0, "0\n", "");
    check(
        &["run", "-", "a", "--b"],
        "print(ARGS)",
        0,
        "[\"a\", \"--b\"]\n",
        "",
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.rhai");
    std::fs::write(&path, "print(ARGS[0]); ARGS[1]").unwrap();
    let path = path.to_str().unwrap();
    check(&[path, "x", "-e"], "", 0, "x\n", "");
    check(&["--headless", path, "x", "run"], "", 0, "x\n", "");
    check(
        &["--headless", "run", path, "x", "--headless"],
        "",
        0,
        "x\n",
        "",
    );
    check(&["run", path, "x", "y"], "", 0, "x\n", "");
}

#[test]
fn scripts_may_name_their_program_and_carry_a_byte_order_mark() {
    check(&[], "\u{feff}print(1)", 0, "1\n", "");
    check(&["-"], "#!/usr/bin/env optimap\nprint(2)", 0, "2\n", "");
    check(&["-e", "-1"], "", 0, "-1\n", "");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_optimap"));
    let output = command.args(["-e", "1"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write `standard output`"));
}

#[test]
fn failures_end_with_1_and_wrong_usage_with_2() {
    check(&["-e", "crop(1)"], "", 1, "", "error: crop needs `width`");
    check(
        &["run", "no such.rhai"],
        "",
        1,
        "",
        "error: cannot read `no such.rhai`: no such file",
    );
    check(
        &["help", "corp"],
        "",
        1,
        "",
        "error: there is no function `corp`\n  = help: did you mean `crop`?",
    );
    check(&["--no-such-option"], "", 2, "", "error: ");
    check(&["-e", "1", "info", "a.tif"], "", 2, "", "error: ");
}

#[test]
fn players_do_not_wait_without_a_window() {
    check(
        &["--headless", "-e", "show_video(example_video(2))"],
        "",
        0,
        "player (closed), frame 0\n",
        "",
    );
    check(
        &["-e", "show_video(example_video(2)[[0, 0]])"],
        "",
        1,
        "",
        "error: ",
    );
}

#[test]
fn documentation_goes_to_standard_output() {
    let text = |arguments: &[&str]| String::from_utf8(optimap(arguments, "").stdout).unwrap();
    assert!(text(&["help"]).contains("normalize"));
    assert!(text(&["help", "crop"]).starts_with("crop(video, width) -> Video\n"));
    assert!(text(&["help", "load_video"]).contains("default true; also `as_grey`\n"));
    assert!(text(&["reference"]).starts_with("# Reference"));
    let folder = tempfile::tempdir().unwrap();
    let status = optimap(&["definitions", folder.path().to_str().unwrap()], "").status;
    assert!(status.success() && folder.path().join("optimap.d.rhai").exists());
}

#[test]
fn a_recording_is_described_without_its_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = with_slashes(&folder.path().join("a.tif"));
    let save = format!("save_video(\"{path}\", example_video(7, 5, 6))");
    check(&["-e", &save], "", 0, "", "");
    let info = String::from_utf8(optimap(&["info", &path], "").stdout).unwrap();
    for line in [
        "shape                7×5×6",
        "dtype                uint16",
        "fps                  500",
    ] {
        assert!(info.contains(line), "{info}");
    }
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let script = "for i in 0..100000 { print(i) }";
    let mut child = Command::new(env!("CARGO_BIN_EXE_optimap"))
        .args(["-e", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_script_with_130() {
    for script in [
        "loop {}",
        "let v = example_video(3000, 256, 256); loop { v.smooth_spatiotemporal(3, 5) }",
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_optimap"))
            .args(["-e", &format!("print(1); {script}")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The first line tells that the script runs.
        let mut line = [0; 2];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        let killed = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{script}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_export_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().display();
    let script = format!(
        "let v = example_video(2000, 128, 128); print(1); \
         export_video(\"{dir}/a.mp4\", v, #{{ffmpeg_encoder: \"openh264\", cmap: \"jet\"}})"
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_optimap"))
        .args(["-e", &script])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = [0; 2];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn movies_without_ffmpeg_are_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let export = |name: &str| {
        let script = format!("export_video({name:?}, example_video(3, 16, 16))");
        Command::new(env!("CARGO_BIN_EXE_optimap"))
            .args(["-e", &script])
            .env("OPTIMAP_FFMPEG", "")
            .output()
            .unwrap()
    };
    let output = export(&path.display().to_string());
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "warning: ffmpeg was not found: the movie is written by the built-in H.264 encoder\n"
    );
    assert!(path.is_file());
    let output = export("a.mov");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("a `.mov` movie needs the program `ffmpeg`"),
        "{error}"
    );
}

#[test]
fn modules_are_found_in_optimap_path() {
    let output = Command::new(env!("CARGO_BIN_EXE_optimap"))
        .args(["-e", "import \"helper\" as helper; helper::twice(21)"])
        .env("OPTIMAP_PATH", project("tests/errors/modules"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "42\n");
}

#[test]
fn scripts_end_with_the_status_that_they_ask_for() {
    check(&["-e", "exit(3)"], "", 3, "", "");
    check(&["-e", "exit()"], "", 0, "", "");
    check(
        &["-"],
        "fn f() { exit(4); } try { f(); } catch { print(1); } print(2)",
        4,
        "",
        "",
    );
    check(&["-"], "[1].for_each(|x| exit(5)); print(2)", 5, "", "");
}

#[test]
fn verbose_calls_tell_their_time_on_standard_error() {
    let output = optimap(&["-"], "set_verbose(); crop(example_video(2), 4);");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.contains("crop: ") && text.contains(" ms → video 2×120×120 uint16"),
        "{text}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn the_version_names_what_the_program_is_made_of() {
    let version = concat!("optimap ", env!("CARGO_PKG_VERSION"));
    check(&["-V"], "", 0, &format!("{version}\n"), "");
    let output = optimap(&["--version"], "");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with(version), "{text}");
    assert!(
        text.lines().any(|line| line.starts_with("features: ")),
        "{text}"
    );
}

#[test]
fn shells_and_man_learn_the_command_line() {
    for (arguments, part) in [
        (&["completions", "bash"][..], "--limit-memory"),
        (&["completions", "zsh"], "--limit-memory"),
        (&["completions", "fish"], "limit-memory"),
        (&["completions", "powershell"], "--limit-memory"),
        (&["man"], "Open no windows"),
    ] {
        let output = optimap(arguments, "");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    check(
        &["completions", "tcsh"],
        "",
        2,
        "",
        "error: invalid value 'tcsh'",
    );
}
