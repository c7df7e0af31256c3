//! What differs between operating systems: queries, the start of other programs, signals, and the
//! display.
//!
//! Each system has a file with the same queries; values that a system does not provide are `None`.
//! The APIs of Windows and macOS are C functions that fill structures of the caller, and signal
//! handlers and Xlib are C, too. So `unsafe` code is allowed in the files of this folder and in
//! `video::storage`, which maps files and counts allocations, and nowhere else.

pub mod clipboard;
pub mod clock;
pub mod display_rect;
mod fonts;
#[cfg_attr(not(unix), path = "no_raw_input.rs")]
pub(crate) mod raw_input;
#[cfg(unix)]
mod truncation;
#[cfg(feature = "window")]
pub(crate) mod window_place;
mod write_back;
#[cfg(feature = "window")]
pub(crate) mod xlib;

use std::process::{Command, ExitStatus};

#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "linux.rs")]
#[cfg_attr(target_vendor = "apple", path = "apple.rs")]
#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(
    not(any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple",
        windows
    )),
    path = "other.rs"
)]
mod asked;

#[cfg(not(unix))]
use crate::error::Result;
#[cfg(windows)]
pub(crate) use asked::leave_working_set;
pub use asked::{display_scale, memory, memory_of_machine, peak_memory, peak_memory_of};
pub use fonts::font_folders;
#[cfg(unix)]
pub(crate) use truncation::TruncationGuard;
#[cfg(unix)]
pub use truncation::{check_files, survive_size_limits};
pub use write_back::begin_write_back;

/// Turns a write beyond the system's file size limit into an error; on this system it already is.
#[cfg(not(unix))]
pub fn survive_size_limits() {}

/// An error if samples were read that a mapped file no longer has; on this system nobody can
/// shorten a mapped file.
#[cfg(not(unix))]
pub fn check_files() -> Result<()> {
    Ok(())
}

/// Resets the peak memory use, where the system supports it.
pub fn reset_peak_memory() {
    // Otherwise the peak of the whole session is reported.
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Starts a program such that the terminal's Ctrl-C does not reach it.
pub fn shield_from_ctrl_c(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(windows)]
    {
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
        std::os::windows::process::CommandExt::creation_flags(command, CREATE_NEW_PROCESS_GROUP);
    }
}

/// A command line for the shell of the system.
pub fn shell(line: &str) -> Command {
    #[cfg(windows)]
    {
        let mut command = Command::new("cmd");
        // Passed verbatim: `cmd` has its own quoting rules.
        std::os::windows::process::CommandExt::raw_arg(command.arg("/C"), line);
        command
    }
    #[cfg(not(windows))]
    {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        command
    }
}

/// A command line for the shell of the system, which gets the arguments that are added to it.
pub fn shell_with_arguments(line: &str) -> Command {
    if cfg!(windows) {
        return shell(line);
    }
    let mut command = shell(&format!("{line} \"$@\""));
    // The name of the command, in place of the first argument.
    command.arg("sh");
    command
}

/// Whether a program was terminated by the system or by a signal.
pub fn has_crashed(ended: ExitStatus) -> bool {
    /// The lowest exit code with which Windows terminates a program.
    const MIN_FATAL: u32 = 0xc000_0000;
    match ended.code() {
        Some(code) => cfg!(windows) && code.cast_unsigned() >= MIN_FATAL,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_gets_a_line_as_it_is() {
        let output = shell("echo \"a b\" c").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let expected = if cfg!(windows) { "\"a b\" c" } else { "a b c" };
        assert_eq!(text.trim_end(), expected);
    }

    #[cfg(unix)]
    #[test]
    fn arguments_follow_a_command_line() {
        let mut command = shell_with_arguments("printf '%s|' -x");
        let output = command.arg("a b").arg("$c").output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "-x|a b|$c|");
    }

    #[test]
    fn the_memory_of_this_and_other_programs_is_told() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "system::tests::memory_grows_with_what_is_written",
            ])
            .arg("--include-ignored")
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut peak = None;
        let ended = loop {
            peak = peak_memory_of(&child).max(peak);
            if let Some(ended) = child.try_wait().unwrap() {
                break ended;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        assert!(ended.success() && !has_crashed(ended), "{ended}");
        assert!(peak.is_some_and(|bytes| MUCH < bytes), "{peak:?}");
    }

    const MUCH: usize = 64 << 20;

    #[test]
    #[ignore = "the test above runs it in a program of its own"]
    fn memory_grows_with_what_is_written() {
        let machine = memory_of_machine().unwrap();
        let before = memory().unwrap();
        let written = vec![1u8; MUCH];
        let (now, peak) = (memory().unwrap(), peak_memory().unwrap());
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert_eq!(written[MUCH / 2], 1);
        assert!(before + MUCH / 2 < now, "{before} {now}");
        assert!(MUCH < peak && peak < machine, "{peak} {machine}");
    }
}
