//! Tests with damaged files: each parser is run on thousands of variants of a valid file.

use std::path::Path;

use super::recording::{FrameSelection, LoadOptions};
use super::{info, load_video};

/// Loads variants of a valid file, truncated or with some bytes changed; deterministic.
pub(super) fn check(valid: &[u8], variants: u64, extension: &str) {
    check_beside(valid, variants, &format!(".{extension}"), &[]);
}

/// Like [`check`], with other files of the same recording in the same folder. Files are given by
/// the ends of their names.
pub(super) fn check_beside(valid: &[u8], variants: u64, end: &str, others: &[(&str, &[u8])]) {
    check_with(valid, variants, end, others, |path, seed| {
        let _ = info(path);
        let _ = load_video(
            path,
            &FrameSelection::ALL,
            &LoadOptions::mapped(seed % 2 == 1),
        );
    });
}

/// Runs a function on variants of a valid file.
pub(super) fn check_with(
    valid: &[u8],
    variants: u64,
    end: &str,
    others: &[(&str, &[u8])],
    run: impl Fn(&Path, u64),
) {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..variants {
        // A new name each time: replacing the content of a file makes some file systems wait for
        // the disk.
        let path_of = |end: &str| folder.path().join(format!("{seed}{end}"));
        for (end, bytes) in others {
            std::fs::write(path_of(end), bytes).unwrap();
        }
        let path = path_of(end);
        std::fs::write(&path, corrupted(valid, seed)).unwrap();
        run(&path, seed);
        std::fs::remove_file(&path).unwrap();
    }
}

/// A variant of a file: truncated, with some bytes or whole numbers changed near the start, where
/// headers are, or anywhere, or with bytes inserted or removed.
fn corrupted(valid: &[u8], seed: u64) -> Vec<u8> {
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
    let at = random(reach);
    match random(8) {
        0 => overwrite(&mut bytes, at, HUGE[random(HUGE.len())]),
        1 => overwrite(&mut bytes, at & !3, HUGE[random(HUGE.len())]),
        2 => drop(bytes.drain(at..(at + random(9)).min(bytes.len()))),
        3 => drop(bytes.splice(at..at, HUGE[random(HUGE.len())].iter().copied())),
        _ => {}
    }
    bytes
}

/// Implausible values of sizes and offsets.
const HUGE: &[&[u8]] = &[
    &[0xFF; 2],
    &[0xFF; 4],
    &[0xFF; 8],
    &[0xFF, 0xFF, 0xFF, 0x7F],
    &[0x7F, 0xFF, 0xFF, 0xFF],
    &[0, 0, 0, 0x40],
    &[0x40, 0, 0, 0],
    &[0, 0, 0, 0, 0, 1, 0, 0],
    &[0; 8],
    b"99999999",
    b"-1",
];

fn overwrite(bytes: &mut [u8], at: usize, number: &[u8]) {
    for (byte, new) in bytes.iter_mut().skip(at).zip(number) {
        *byte = *new;
    }
}
