//! Installs what lets a desktop open recordings by a double click: an entry, an icon and types of
//! files, as freedesktop.org specifies them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bail;
use crate::error::{Error, Result};
use crate::io;
use crate::text;

/// Types of files that systems know, by extension.
const KNOWN_TYPES: &[(&str, &str)] = &[
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("png", "image/png"),
    ("apng", "image/apng"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("bmp", "image/bmp"),
    ("gif", "image/gif"),
    ("h5", "application/x-hdf"),
    ("hdf5", "application/x-hdf"),
    ("hdf", "application/x-hdf"),
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("avi", "video/x-msvideo"),
    ("mkv", "video/x-matroska"),
    ("webm", "video/webm"),
    ("wmv", "video/x-ms-wmv"),
    ("asf", "application/vnd.ms-asf"),
    ("mpg", "video/mpeg"),
    ("mpeg", "video/mpeg"),
    ("vob", "video/mpeg"),
    ("ogv", "video/ogg"),
    ("flv", "video/x-flv"),
    ("ts", "video/mp2t"),
    ("mts", "video/mp2t"),
    ("3gp", "video/3gpp"),
    ("mxf", "application/mxf"),
];

/// Type of all other recordings.
const OWN_TYPE: &str = "application/x-optimap-recording";

/// Extensions that files of many other kinds have.
const AMBIGUOUS: &[&str] = &["dat"];

/// Icon: three beats on a dark ground.
const ICON: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect width="64" height="64" rx="13" fill="#1b1d22"/>
<path d="M7 44 C11 44 12 16 17 16 S22 44 27 44 C31 44 32 16 37 16 S42 44 47 44 C51 44 52 24 57 24"
 fill="none" stroke="#5fb3f6" stroke-width="4.5" stroke-linecap="round"/>
<path d="M7 52 H57" stroke="#4a4e57" stroke-width="2.5" stroke-linecap="round"/>
</svg>
"##;

/// Installs the program in the desktop of the user, or removes it from there; returns what to tell.
pub fn install(is_removed: bool) -> Result<String> {
    let folder = data_folder()?;
    let files = match is_removed {
        true => remove(&folder)?,
        false => {
            let program = std::env::current_exe();
            let program = program.map_err(|e| Error::io("find", Path::new("optimap"), &e))?;
            write(&folder, &program)?
        }
    };
    for (tool, database) in [
        ("update-mime-database", "mime"),
        ("update-desktop-database", "applications"),
    ] {
        // Desktops without these programs look for themselves.
        let mut command = Command::new(tool);
        command.arg(folder.join(database));
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
    let done = if is_removed { "removed" } else { "wrote" };
    let lines = files
        .iter()
        .map(|file| format!("{done} {}\n", file.display()));
    let lines: String = lines.collect();
    Ok(match lines.as_str() {
        "" => "there was nothing to remove\n".into(),
        _ => lines,
    })
}

/// Folder for the user's data, in which desktops look.
fn data_folder() -> Result<PathBuf> {
    if cfg!(not(any(
        target_os = "linux",
        target_os = "freebsd",
        target_os = "openbsd",
        target_os = "netbsd"
    ))) {
        let error = Error::new("only desktops of Linux and BSD read the files that this installs");
        return Err(match cfg!(target_os = "macos") {
            true => error.hint(
                "in the Finder: File, Get Info, Open with; choose the program, then Change All",
            ),
            false => error.hint(
                "in the Explorer: right click a recording, Open with, Choose another app, optimap",
            ),
        });
    }
    let strategy = etcetera::choose_base_strategy();
    match strategy {
        Ok(strategy) => Ok(etcetera::BaseStrategy::data_dir(&strategy)),
        Err(_) => bail!("there is no home folder to install in"),
    }
}

/// The files in a folder for data.
fn files(folder: &Path) -> [PathBuf; 3] {
    [
        "applications/optimap.desktop",
        "icons/hicolor/scalable/apps/optimap.svg",
        "mime/packages/optimap.xml",
    ]
    .map(|file| folder.join(file))
}

fn write(folder: &Path, program: &Path) -> Result<Vec<PathBuf>> {
    let Some(program) = program.to_str() else {
        bail!(
            "the path of the program is not text: `{}`",
            program.display()
        );
    };
    let texts = [entry(program), ICON.to_owned(), types()];
    let files = files(folder);
    for (file, contents) in files.iter().zip(texts) {
        let folder = file.parent().expect("it is in a folder");
        fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, &e))?;
        text::write(file, &contents)?;
    }
    Ok(files.into())
}

/// Removes the files that are there.
fn remove(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for file in files(folder) {
        match fs::remove_file(&file) {
            Ok(()) => removed.push(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("remove", &file, &error)),
        }
    }
    Ok(removed)
}

/// Type of files with an extension.
fn type_of(extension: &str) -> &'static str {
    let known = KNOWN_TYPES.iter().find(|(known, _)| *known == extension);
    known.map_or(OWN_TYPE, |(_, name)| name)
}

/// The desktop entry, which opens files in windows.
fn entry(program: &str) -> String {
    let mut types: Vec<&str> = io::extensions().map(type_of).collect();
    types.sort_unstable();
    types.dedup();
    format!(
        "[Desktop Entry]\nType=Application\nName=optimap\nGenericName=Player of recordings\n\
         Comment=Shows recordings of fast cameras, movies and images\n\
         Exec={} view %F\nIcon=optimap\nTerminal=false\n\
         Categories=Science;Education;Graphics;Viewer;\nMimeType={};\n",
        quoted(program),
        types.join(";")
    )
}

/// A path as an argument of a desktop entry.
fn quoted(path: &str) -> String {
    // What is special in quotes has a backslash, and every backslash in an entry another one.
    let mut quoted = String::from("\"");
    for char in path.chars() {
        match char {
            '"' | '`' | '$' => quoted.extend(["\\\\", &char.to_string()]),
            '\\' => quoted.push_str("\\\\\\\\"),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// The type of recordings that systems do not know.
fn types() -> String {
    let own = io::extensions().filter(|name| type_of(name) == OWN_TYPE);
    let globs = own.filter(|name| !AMBIGUOUS.contains(name));
    let globs: String = globs
        .map(|name| format!("    <glob pattern=\"*.{name}\"/>\n"))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <mime-info xmlns=\"http://www.freedesktop.org/standards/shared-mime-info\">\n  \
         <mime-type type=\"{OWN_TYPE}\">\n    <comment>recording</comment>\n    \
         <icon name=\"optimap\"/>\n{globs}  </mime-type>\n</mime-info>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_written_and_removed_again() {
        let folder = tempfile::tempdir().unwrap();
        assert!(remove(folder.path()).unwrap().is_empty());
        let written = write(folder.path(), Path::new("/opt/my tools/optimap")).unwrap();
        let read = |index: usize| fs::read_to_string(&written[index]).unwrap();
        let entry = read(0);
        assert!(
            entry.contains("\nExec=\"/opt/my tools/optimap\" view %F\n"),
            "{entry}"
        );
        assert!(entry.contains("image/tiff;") && entry.contains(OWN_TYPE));
        assert!(read(1).starts_with("<svg "));
        let types = read(2);
        assert!(
            types.contains("\"*.npy\"") && types.contains("\"*.gsh\""),
            "{types}"
        );
        for known in ["*.dat", "*.tif", "*.ts", "*.mpg"] {
            assert!(!types.contains(known), "{types}");
        }
        assert_eq!(remove(folder.path()).unwrap(), written);
        assert!(written.iter().all(|file| !file.exists()));
    }

    #[test]
    fn paths_are_quoted_as_the_specification_says() {
        assert_eq!(quoted("/a b/c"), "\"/a b/c\"");
        assert_eq!(quoted("/50%/$x\\"), "\"/50%%/\\\\$x\\\\\\\\\"");
    }
}
