//! The clipboard: pictures copied to it by programs of the system.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// Copies a PNG file to the clipboard.
pub fn copy_png(file: &Path) -> Result<()> {
    let mut missing = Vec::new();
    for mut command in commands(file) {
        let name = command.get_program().to_string_lossy().into_owned();
        let input = File::open(file).map_err(|e| Error::io("read", file, &e))?;
        let run = command
            .stdin(input)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match run.status() {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => {
                return Err(Error::new(format!("`{name}` copies no picture: {status}")));
            }
            Err(_) => missing.push(name),
        }
    }
    let missing = missing.join(" or ");
    Err(Error::new(format!(
        "pictures are copied by {missing}, which is not installed"
    )))
}

/// Programs that copy a PNG file, which is also their standard input, the best first.
fn commands(file: &Path) -> Vec<Command> {
    let command = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(name);
        command.args(arguments);
        command
    };
    if cfg!(target_os = "macos") {
        let path = file
            .display()
            .to_string()
            .replace('\\', "\\\\")
            .replace('"', "\\\"");
        let script = format!("set the clipboard to (read (POSIX file \"{path}\") as «class PNGf»)");
        return vec![command("osascript", &["-e", &script])];
    }
    if cfg!(windows) {
        let path = file.display().to_string().replace('\'', "''");
        let script = format!(
            "Add-Type -AssemblyName System.Windows.Forms, System.Drawing; \
             [System.Windows.Forms.Clipboard]::SetImage([System.Drawing.Image]::FromFile('{path}'))"
        );
        let arguments = ["-NoProfile", "-STA", "-Command", &script];
        return vec![command("powershell", &arguments)];
    }
    let wayland = command("wl-copy", &["--type", "image/png"]);
    let x11 = command(
        "xclip",
        &["-selection", "clipboard", "-t", "image/png", "-i"],
    );
    match std::env::var_os("WAYLAND_DISPLAY") {
        Some(_) => vec![wayland, x11],
        None => vec![x11],
    }
}
