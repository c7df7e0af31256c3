//! Damaged files: each parser is tried on thousands of variants of a valid file.

use super::{Options, Selection, info, load_video};

/// Loads variants of a valid file, cut short or with some bytes changed, the same ones each time.
pub(super) fn check(valid: &[u8], variants: u64, extension: &str) {
    check_beside(valid, variants, &format!(".{extension}"), &[]);
}

/// Like [`check`], with other files of the same recording in the same folder. All are given by
/// how their names end.
pub(super) fn check_beside(valid: &[u8], variants: u64, end: &str, others: &[(&str, &[u8])]) {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..variants {
        // A new name each time: replacing a file's content makes some file systems wait for the disk.
        let path_of = |end: &str| folder.path().join(format!("{seed}{end}"));
        for (end, bytes) in others {
            std::fs::write(path_of(end), bytes).unwrap();
        }
        let path = path_of(end);
        std::fs::write(&path, damaged(valid, seed)).unwrap();
        let _ = info(&path);
        let _ = load_video(&path, &Selection::ALL, &Options::mapped(seed % 2 == 1));
        std::fs::remove_file(&path).unwrap();
    }
}

/// A variant of a file: some bytes changed near the start, where headers are, or anywhere.
fn damaged(valid: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below.max(1)
    };
    let mut bytes = valid.to_vec();
    if random(4) == 0 {
        bytes.truncate(random(valid.len()));
    }
    let reach = if random(2) == 0 {
        bytes.len()
    } else {
        bytes.len().min(200)
    };
    for _ in 0..random(6) {
        let value = [0, 1, 0xFF, 0x7F, 0x80][random(5)] ^ random(3) as u8;
        if let Some(byte) = bytes.get_mut(random(reach)) {
            *byte = value;
        }
    }
    bytes
}
