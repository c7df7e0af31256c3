//! What the fuzz targets share: files of any content, loaded as a script would.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz tiff` runs one of them.

use std::path::Path;

use optimap::io::{self, FrameSelection, LoadOptions, info, load_video};
use optimap::video::memory;
use tempfile::TempDir;

/// How much a file of some kilobytes may make the program hold.
const LIMIT: &str = "400MB";

/// Loads a file of these bytes in every way; an error is as good as a video.
pub fn load(name: &str, bytes: &[u8]) {
    load_files(name, &[(name, bytes)]);
}

/// Loads the first of some files that lie beside each other, in folders below if their names say so.
pub fn load_files(name: &str, files: &[(&str, &[u8])]) {
    let folder = folder_of(files);
    load_all(&folder.path().join(name));
}

/// Loads regions from a file of these bytes; an error is as good as regions.
pub fn load_regions(name: &str, bytes: &[u8]) {
    let folder = folder_of(&[(name, bytes)]);
    let _ = io::load_regions(&folder.path().join(name));
}

/// Writes files to a folder that is removed with the value, and limits the memory.
fn folder_of(files: &[(&str, &[u8])]) -> TempDir {
    memory::set_limit(LIMIT.parse().expect("a size")).expect("enough for the program");
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it is in the folder"))
            .and_then(|()| std::fs::write(&path, bytes))
            .expect("room for the file");
    }
    folder
}

fn load_all(path: &Path) {
    let some = FrameSelection {
        start: 0,
        frames: Some(3),
        step: 2,
    };
    let _ = info(path);
    let _ = load_video(path, &some, &LoadOptions::default());
    let _ = load_video(path, &FrameSelection::ALL, &LoadOptions::mapped(true));
}

/// Two files in one: the first byte says where the second begins, in 255ths of the length.
pub fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some((share, rest)) = bytes.split_first() else {
        return (bytes, bytes);
    };
    rest.split_at(rest.len() * usize::from(*share) / 255)
}
