//! Mapped files that another program shortens while they are open.

#![cfg(unix)]

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Runs a script in a folder of its own; `cut` is called once it has written a file `ready`.
fn run(script: &str, cut: impl FnOnce(&Path)) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("script.rhai"), script).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_optimap"))
        .args(["run", "script.rhai"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if wait_for(&folder.join("ready"), &mut child) {
        cut(folder);
        fs::write(folder.join("go"), "").unwrap();
    }
    child.wait_with_output().unwrap()
}

/// Waits for a file; `false` if the program ends before.
fn wait_for(path: &Path, child: &mut Child) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(60) {
        if path.exists() {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

fn halve(path: &Path) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
}

#[track_caller]
fn expect(output: &Output, lines: &[&str]) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stdout.lines().collect::<Vec<_>>(), lines, "{stderr}");
    assert!(output.status.success(), "{:?}: {stderr}", output.status);
}

#[test]
fn each_use_of_lost_samples_fails_and_the_session_lives_on() {
    let output = run(
        r#"
        let other = example_video(2);
        let before = other.sum();
        for name in ["heart.npy", "heart.tif"] {
            save_video(name, example_video(40));
        }
        save_video("copy.npy", other);
        let npy = load_video("heart.npy", #{use_mmap: true});
        let tif = load_video("heart.tif", #{use_mmap: true});
        let first = npy[0].sum();
        write_text("ready", "");
        while !exists("go") { sleep(0.005); }
        fn attempt(f) {
            try { f.call(); print("went on"); } catch (e) { print(e); }
        }
        attempt(|| npy.sum());
        attempt(|| npy.sum());
        attempt(|| npy + 1);
        attempt(|| npy[[39, 3, 3]]);
        attempt(|| save_video("copy.npy", npy));
        attempt(|| tif.max());
        print(npy[0].sum() == first);
        print(other.sum() == before);
        print(load_video("copy.npy").sum() == before);
        "#,
        |folder| {
            halve(&folder.join("heart.npy"));
            halve(&folder.join("heart.tif"));
        },
    );
    let npy = "`heart.npy` was truncated while it was open: its last samples are lost";
    let tif = "`heart.tif` was truncated while it was open: its last samples are lost";
    expect(
        &output,
        &[npy, npy, npy, npy, npy, tif, "true", "true", "true"],
    );
}

#[test]
fn a_file_that_is_empty_now_is_no_difference() {
    let output = run(
        r#"
        save_video("heart.npy", example_video(40));
        let npy = load_video("heart.npy", #{use_mmap: true});
        write_text("ready", "");
        while !exists("go") { sleep(0.005); }
        try { npy.crop(20).mean(0); } catch (e) { print(e); }
        "#,
        |folder| fs::write(folder.join("heart.npy"), "").unwrap(),
    );
    let message = "`heart.npy` was truncated while it was open: its last samples are lost";
    expect(&output, &[message]);
}
