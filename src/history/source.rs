//! Files that histories begin with, and how to find them again.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::fs::files;
use crate::system::clock;

/// Number of bytes at the start, in the middle and at the end of a file that its fingerprint
/// depends on: reading them takes no time next to loading it.
const SAMPLE: u64 = 64 << 10;

/// A file or folder that was read, and what it was like.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFile {
    /// Path as it was given.
    pub path: PathBuf,
    /// Size in bytes; none of a folder.
    pub size: Option<u64>,
    /// Time of the last change.
    pub modified: Option<SystemTime>,
    /// Hash of the size and parts of the contents; none of a folder.
    pub fingerprint: Option<u64>,
}

impl SourceFile {
    /// Reads what tells the file from others; what cannot be read is left out.
    pub fn of(path: &Path) -> Self {
        let facts = std::fs::metadata(path).ok();
        let size = facts.as_ref().filter(|facts| facts.is_file());
        let size = size.map(std::fs::Metadata::len);
        let hash = |size| fingerprint(&mut files::open(path).ok()?, size).ok();
        Self {
            path: path.to_owned(),
            size,
            modified: facts.and_then(|facts| facts.modified().ok()),
            fingerprint: size.and_then(hash),
        }
    }

    /// Facts in a line.
    pub(super) fn text(&self) -> String {
        let mut facts = Vec::new();
        match self.size {
            Some(size) => facts.push(format!("{size} bytes")),
            None if self.modified.is_some() => facts.push("a folder".to_owned()),
            None => facts.push("not found".to_owned()),
        }
        facts.extend(
            self.modified
                .map(|time| format!("modified {}", clock::iso(time))),
        );
        facts.extend(
            self.fingerprint
                .map(|hash| format!("fingerprint {hash:016x}")),
        );
        facts.join(", ")
    }
}

/// Hash (FNV-1a) of the size and of the start, middle and end of a file, or of all of a small one.
fn fingerprint(file: &mut (impl Read + Seek), size: u64) -> std::io::Result<u64> {
    let mut bytes = Vec::new();
    if size <= 3 * SAMPLE {
        file.read_to_end(&mut bytes)?;
    } else {
        for start in [0, size / 2, size - SAMPLE] {
            file.seek(SeekFrom::Start(start))?;
            file.take(SAMPLE).read_to_end(&mut bytes)?;
        }
    }
    let bytes = size.to_le_bytes().into_iter().chain(bytes);
    Ok(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}
