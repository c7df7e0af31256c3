//! Keeps a run: script, modules, arguments, versions, files with their hashes, warnings, time and
//! memory, as `run.json` for programs and `run.md` for people.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rhai::{Array, Dynamic};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::fs::files;
use crate::history::VERSION;
use crate::script::host::profile::time_text;
use crate::script::language::diagnostic::Diagnostic;
use crate::session::Session;
use crate::system::{clock, peak_memory};
use crate::text;
use crate::video::size_text;

/// Files that a page of Markdown can show.
const PICTURES: &[&str] = &["png", "jpg", "jpeg", "svg", "gif", "apng", "bmp"];

/// Number of bytes that are hashed at once.
const STEP: usize = 1 << 20;

/// A run to be kept.
pub struct RunRecord<'a> {
    /// Folder to write to.
    pub folder: &'a Path,
    /// Path of the script, or its name in messages.
    pub name: &'a str,
    /// Text of the script.
    pub script: &'a str,
    /// Value of `ARGS`.
    pub arguments: &'a Array,
    /// Constants of the command line, as `NAME=VALUE`.
    pub constants: &'a [String],
}

/// A file that was read or written.
struct KeptFile {
    path: PathBuf,
    size: Option<u64>,
    modified: Option<SystemTime>,
    /// SHA-256 of the contents; none of a folder.
    hash: Option<String>,
}

impl RunRecord<'_> {
    /// Runs the script and keeps the run, even if it fails.
    pub fn run(&self, session: &mut Session) -> Result<Result<Dynamic, Diagnostic>> {
        let fail = |e| Error::io("create", self.folder, &e);
        fs::create_dir_all(self.folder).map_err(fail)?;
        session.context().run_log.keep();
        session.job().keep_warnings();
        let (started, start) = (SystemTime::now(), Instant::now());
        let result = session.run(self.name, self.script);
        let time = start.elapsed();
        self.write(session, &result, started, time)?;
        Ok(result)
    }

    fn write(
        &self,
        session: &Session,
        result: &Result<Dynamic, Diagnostic>,
        started: SystemTime,
        time: Duration,
    ) -> Result<()> {
        let context = session.context();
        let noted = context.run_log.files();
        let own = std::path::absolute(self.name).unwrap_or_default();
        let modules = context.source_files().into_iter();
        let modules = modules.filter_map(|path| std::path::absolute(path).ok());
        let modules: BTreeSet<PathBuf> = modules.filter(|path| *path != own).collect();
        let kept = |paths: BTreeSet<PathBuf>| -> Result<Vec<KeptFile>> {
            let there = paths.into_iter().filter(|path| path.exists());
            there.map(KeptFile::of).collect()
        };
        let (modules, read, written) = (kept(modules)?, kept(noted.read)?, kept(noted.written)?);
        let arguments: Vec<String> = self.arguments.iter().map(Dynamic::to_string).collect();
        let error = result.as_ref().err();
        let error = error.filter(|error| error.exit_code() != Some(0));
        let warnings = session.job().warnings();
        let list = |files: &[KeptFile]| files.iter().map(KeptFile::json).collect::<Vec<_>>();
        let record = json!({
            "program": {"name": "optimap", "version": VERSION},
            "system": {"os": std::env::consts::OS, "processor": std::env::consts::ARCH},
            "script": {"name": self.name, "text": self.script},
            "arguments": arguments,
            "constants": self.constants,
            "modules": list(&modules),
            "inputs": list(&read),
            "outputs": list(&written),
            "warnings": warnings,
            "succeeded": error.is_none(),
            "error": error.map(|error| error.error().message().to_owned()),
            "started": clock::iso(started),
            "seconds": time.as_secs_f64(),
            "peak_memory": peak_memory(),
        });
        text::write(&self.folder.join("run.json"), &format!("{record:#}\n"))?;
        let mut page = format!("# {}\n\n", self.name);
        let _ = match error {
            Some(error) => writeln!(page, "**Failed**: {}\n", error.error().message()),
            None => writeln!(page, "Done.\n"),
        };
        let memory = peak_memory().map(|peak| format!("; peak memory {}", size_text(peak)));
        let _ = writeln!(
            page,
            "optimap {VERSION} on {} ({}), {}, in {}{}\n",
            std::env::consts::OS,
            std::env::consts::ARCH,
            clock::iso(started),
            time_text(time),
            memory.unwrap_or_default()
        );
        if !arguments.is_empty() {
            let _ = writeln!(page, "Arguments: `{}`\n", arguments.join("` `"));
        }
        if !self.constants.is_empty() {
            let _ = writeln!(page, "Constants: `{}`\n", self.constants.join("`, `"));
        }
        for (title, files) in [
            ("Modules", &modules),
            ("Inputs", &read),
            ("Outputs", &written),
        ] {
            page += &table(title, files);
        }
        if !warnings.is_empty() {
            page += "## Warnings\n\n";
            warnings.iter().for_each(|warning| {
                let _ = writeln!(page, "- {}", warning.replace('\n', "\n  "));
            });
            page.push('\n');
        }
        page += &self.pictures(&written)?;
        let fence = "`".repeat(3 + longest_fence(self.script));
        let end = if self.script.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let _ = writeln!(page, "## Script\n\n{fence}js\n{}{end}{fence}", self.script);
        text::write(&self.folder.join("run.md"), &page)
    }

    /// Copies the pictures among the outputs beside the page, and shows them.
    fn pictures(&self, written: &[KeptFile]) -> Result<String> {
        let is_picture = |file: &&KeptFile| {
            let extension = file
                .path
                .extension()
                .unwrap_or_default()
                .to_ascii_lowercase();
            file.hash.is_some() && PICTURES.iter().any(|known| extension == *known)
        };
        let pictures: Vec<_> = written.iter().filter(is_picture).collect();
        if pictures.is_empty() {
            return Ok(String::new());
        }
        let folder = self.folder.join("pictures");
        fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, &e))?;
        let mut page = String::from("## Pictures\n\n");
        for (number, file) in (1..).zip(pictures) {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            let copy = format!("{number:02}-{}", name.replace([' ', '(', ')'], "_"));
            let target = folder.join(&copy);
            fs::copy(&file.path, &target).map_err(|e| Error::io("write", &target, &e))?;
            let _ = writeln!(page, "![{name}](pictures/{copy})\n\n`{name}`\n");
        }
        Ok(page)
    }
}

impl KeptFile {
    fn of(path: PathBuf) -> Result<Self> {
        let facts = fs::metadata(&path).map_err(|e| Error::io("read", &path, &e))?;
        let is_file = facts.is_file();
        Ok(Self {
            size: is_file.then_some(facts.len()),
            modified: facts.modified().ok(),
            hash: match is_file {
                true => Some(hash(&path)?),
                false => None,
            },
            path,
        })
    }

    fn json(&self) -> Value {
        json!({
            "path": self.path.display().to_string(),
            "bytes": self.size,
            "modified": self.modified.map(clock::iso),
            "sha256": self.hash,
        })
    }
}

/// SHA-256 of a file, as `sha256sum` prints it.
fn hash(path: &Path) -> Result<String> {
    let mut file = files::open_anywhere(path)?;
    let (mut hasher, mut part) = (Sha256::new(), vec![0; STEP]);
    loop {
        let read = std::io::Read::read(&mut file, &mut part);
        match read.map_err(|e| Error::io("read", path, &e))? {
            0 => break,
            len => hasher.update(&part[..len]),
        }
    }
    let mut text = String::new();
    for byte in hasher.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// Files as a table of Markdown.
fn table(title: &str, files: &[KeptFile]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let mut table = format!("## {title}\n\n| file | size | SHA-256 |\n|---|---|---|\n");
    for file in files {
        let path = file.path.display().to_string().replace('|', "\\|");
        let size = file
            .size
            .map_or("folder".to_owned(), |size| size_text(size as usize));
        let hash = file
            .hash
            .as_deref()
            .map_or(String::new(), |hash| format!("`{hash}`"));
        let _ = writeln!(table, "| `{path}` | {size} | {hash} |");
    }
    table.push('\n');
    table
}

/// Length of the longest run of backticks.
fn longest_fence(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}
