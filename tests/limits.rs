//! How much time and memory scripts may take, and that they can always be stopped.

#[cfg(unix)]
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_optimap"));
    command
        .args(arguments)
        .env("OPTIMAP_HEADLESS", "1")
        .stdin(Stdio::null());
    command
}

/// The exit status and what is said on standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command(arguments).output().unwrap();
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

#[track_caller]
fn fails(arguments: &[&str], message: &str) {
    let (status, stderr) = run(arguments);
    assert_eq!(status, Some(1), "{arguments:?}\n{stderr}");
    assert!(stderr.contains(message), "{arguments:?}\n{stderr}");
}

#[test]
fn scripts_end_when_their_time_is_over() {
    let start = Instant::now();
    for code in [
        "loop {}",
        "try { loop {} } catch { loop {} }",
        "sleep(1000)",
        "let v = random([50, 400, 400]); loop { v = median_filter(v, 9, 9) }",
    ] {
        let arguments = ["--limit-time", "0.2", "-e", code];
        fails(&arguments, "longer than the time limit of 0.2 s");
    }
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(run(&["--limit-time", "60", "-e", "print(1)"]).0, Some(0));
    fails(
        &["--limit-time", "0", "-e", "1"],
        "must be a number of seconds",
    );
}

#[test]
fn values_and_videos_stay_within_the_memory_limit() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    for (code, message) in [
        (
            "let a = []; loop { a.push(random([50, 500, 50])) }",
            "scripts may hold",
        ),
        (
            "let a = []; loop { a.push([1, 2, 3, 4, 5, 6, 7, 8]) }",
            "memory limit",
        ),
        ("let a = [1]; loop { a = [a, a] }", "memory limit"),
        ("let a = [1]; loop { a += a }", "memory limit"),
        (
            "let s = \"a\"; s.pad(1000000, \"a\"); let t = \"a\"; t.pad(1000000, \"a\"); t.replace(\"a\", s)",
            "scripts may hold",
        ),
        (
            "let a = []; a.pad(1000, 0); let b = []; b.pad(15000, a)",
            "scripts may hold",
        ),
        (
            "let s = \"a\"; s.pad(8000000, \"a\"); s.split(\"a\")",
            "scripts may hold",
        ),
    ] {
        fails(&["--limit-memory", "100MB", "-e", code], message);
        fails(
            &["--limit-memory", "100MB", "--sandbox", folder, "-e", code],
            "",
        );
    }
    // Without a limit, what no machine has is refused before it is tried.
    let code = "let s = \"a\"; s.pad(60000000, \"a\"); let t = \"a\"; t.pad(60000000, \"a\"); t.replace(\"a\", s)";
    fails(&["-e", code], "cannot allocate");
    // Videos that do not fit can be let go of.
    let code = "let a = []; try { loop { a.push(random([50, 500, 50])) } } catch (e) { a = (); print(e.message) }
        print(random([50, 500, 50]).len)";
    assert_eq!(run(&["--limit-memory", "100MB", "-e", code]).0, Some(0));
    fails(&["--limit-memory", "1 kB", "-e", "1"], "must be at least");
    assert_eq!(run(&["--limit-memory", "many", "-e", "1"]).0, Some(2));
}

#[test]
fn a_map_that_contains_itself_has_no_json() {
    for code in [
        "let m = #{}; let f = || m; m.x = f; m.to_json()",
        "let m = #{}; let f = || m; m.x = f; write_json(\"never.json\", m)",
    ] {
        fails(&["-e", code], "JSON cannot represent a function");
    }
    let code = "let a = #{}; for i in 0..200 { let b = #{}; b.x = a; a = b; } a.to_json()";
    fails(&["-e", code], "nested at most 127 deep");
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.rhai");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let pipe = pipe.to_str().unwrap();
    fails(&[pipe], "is a pipe, not a regular file");
    fails(&["/dev/zero"], "is a device, not a regular file");
    for call in [
        "load_video",
        "read_text",
        "read_csv",
        "load_metadata",
        "load_image",
        "read_json",
    ] {
        fails(
            &["-e", &format!("{call}(\"{pipe}\")")],
            "is a pipe, not a regular file",
        );
    }
}

/// Sends a signal to a script once it has begun, and returns how long it went on.
#[cfg(unix)]
fn stop(folder: &std::path::Path, code: &str, signal: &str) -> (Option<i32>, Duration) {
    let code = format!("print(\"begun\"); {code}");
    let mut child = command(&["-e", &code])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut begun = [0; 6];
    let stdout = child.stdout.as_mut().unwrap();
    std::io::Read::read_exact(stdout, &mut begun).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status();
    assert!(sent.unwrap().success());
    let start = Instant::now();
    let status = child.wait().unwrap();
    (status.code(), start.elapsed())
}

#[cfg(unix)]
#[test]
fn long_operations_stop_when_they_are_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    for code in [
        "let v = random([20000000]); loop { sort(v) }",
        "let v = random([2000000, 4]); v.fps = 500; loop { bandpass(v, 1, 100) }",
        "loop { mask_disc([1, 20000000], 0, 0, 10) }",
        "loop { save_video(\"a.zarr\", random([50, 200, 200])) }",
        "loop { save_image_sequence(\"f\", full([50, 200, 200], 7, \"uint8\")) }",
    ] {
        for signal in ["-INT", "-TERM"] {
            let (status, took) = stop(folder.path(), code, signal);
            assert_eq!(status, Some(130), "{code}");
            assert!(took < Duration::from_secs(5), "{code}: {took:?}");
        }
    }
    let names = fs::read_dir(folder.path()).unwrap();
    for entry in names {
        let name = entry.unwrap().file_name();
        assert!(!name.to_string_lossy().starts_with('.'), "{name:?}");
    }
}

/// A folder of pictures that is replaced and killed at any time holds the old ones or the new ones.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_save_leaves_a_folder_old_or_new() {
    let folder = tempfile::tempdir().unwrap();
    let save = "for i in 0..1000 { save_image_sequence(\"frames\", full([40, 8, 8], i % 250, \"uint8\")) }";
    let check = "let v = load_video(\"frames\"); print(`${v.len} ${v.max() - v.min()}`)";
    let first = "save_image_sequence(\"frames\", full([40, 8, 8], 1, \"uint8\"))";
    let mut run = command(&["-e", first]);
    assert!(run.current_dir(folder.path()).status().unwrap().success());
    for _ in 0..4 {
        assert_eq!(stop(folder.path(), save, "-KILL").0, None);
        let output = command(&["-e", check])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "40 0\n");
    }
    // The next one removes what they have left.
    let code = "save_image_sequence(\"frames\", full([40, 8, 8], 7, \"uint8\"))";
    assert!(
        command(&["-e", code])
            .current_dir(folder.path())
            .status()
            .unwrap()
            .success()
    );
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["frames"]);
}

/// Reductions, sorts and transpositions touch every part of a recording; what they have touched
/// must not stay in memory.
#[cfg(target_os = "linux")]
#[test]
fn arrays_beyond_the_memory_budget_stay_on_disk() {
    const PEAK: &str = "let status = read_text(\"/proc/self/status\").split(\"\\n\");
        for line in status { if line.contains(\"VmHWM\") { print(line) } }";
    let peak = |code: &str| -> usize {
        let output = command(&["-e", &format!("{code}; {PEAK}")])
            .env("OPTIMAP_MEMORY", "24MB")
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        let kilobytes = stdout.split_whitespace().nth(1);
        let kilobytes = kilobytes.unwrap_or_else(|| panic!("{code}: {output:?}"));
        kilobytes.parse::<usize>().unwrap() / 1000
    };
    let nothing = peak("1");
    for code in [
        "v.median(0)",
        "v.sort(0)",
        "v.sort(1)",
        "v.transpose([2, 1, 0]) + 1",
    ] {
        let code = format!("let v = full([128, 1000, 1000], 3, \"uint8\"); {code}");
        let peak = peak(&code);
        assert!(
            peak < nothing + 96,
            "{code} takes {peak} MB, beside {nothing}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_limit_of_the_size_of_files_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let code = "save_video(\"a.npy\", random([10, 200, 200]))";
    let program = env!("CARGO_BIN_EXE_optimap");
    let output = Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -f 100; exec '{program}' -e '{code}'"),
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("cannot write `a.npy`: file too large"),
        "{stderr}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A disk that is full in the middle of a chain leaves the file of before, and nothing else.
#[cfg(unix)]
#[test]
fn a_chain_that_cannot_be_written_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_optimap");
    // The first of four blocks can still be written.
    let chain = "let v = full([200, 200, 200], 3, \"float32\") * 2 + 1;";
    for name in ["a.npy", "a.tif", "a.h5"] {
        let path = folder.path().join(name);
        fs::write(&path, "old").unwrap();
        let code = format!("{chain} save_video(\"{name}\", v)");
        let output = Command::new("sh")
            .args([
                "-c",
                &format!("ulimit -f 30000; exec '{program}' -e '{code}'"),
            ])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        let expected = format!("cannot write `{name}`: file too large");
        assert!(stderr.contains(&expected), "{stderr}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        fs::remove_file(path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{name}");
    }
}
