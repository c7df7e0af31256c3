//! Tests of H.264 movies that are decoded without ffmpeg.

use std::path::{Path, PathBuf};

use super::{FrameRange, Recording, h264};
use crate::io::corruption;
use crate::video::{DType, Element, Samples, map_samples};

fn values(samples: &Samples) -> Vec<f64> {
    map_samples!(samples, array => array.view().iter().map(|v| v.to_f64()).collect())
}

/// A ramp of 20 per frame, 2 per row and 3 per column in 7 frames of 32×48 pixels, some of which
/// are stored in another order than they are shown.
fn ramp_movie() -> PathBuf {
    movie_named("ramp.mp4")
}

fn movie_named(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/film");
    folder.join(name)
}

/// The center pixel of each frame of a movie whose frames are those of the ramp.
fn centers(path: &Path) -> Vec<f64> {
    let movie = h264::open(path, true).unwrap();
    let all = FrameRange {
        start: 0,
        len: movie.layout().unwrap().0[0],
        step: 1,
    };
    let samples = values(&movie.load(all).unwrap());
    let frames = samples.chunks(32 * 48);
    frames.map(|frame| frame[16 * 48 + 24]).collect()
}

/// Value of the center of a frame of the ramp.
fn drawn(frame: usize) -> f64 {
    f64::from((20 * frame as u32 + 32 + 72) % 256)
}

fn check_centers(path: &Path, frames: std::ops::Range<usize>) {
    let centers = centers(path);
    assert_eq!(centers.len(), frames.len(), "{}", path.display());
    for (center, frame) in centers.into_iter().zip(frames) {
        let drawn = drawn(frame);
        assert!((center - drawn).abs() <= 3.0, "{center} is not {drawn}");
    }
}

#[test]
fn h264_is_decoded_without_a_program() {
    let movie = h264::open(&ramp_movie(), true).unwrap();
    assert_eq!(movie.layout().unwrap(), (vec![7, 32, 48], DType::U8));
    assert_eq!(movie.metadata().fps, Some(25.0));
    let range = FrameRange {
        start: 1,
        len: 3,
        step: 2,
    };
    let samples = values(&movie.load(range).unwrap());
    assert_eq!(samples.len(), 3 * 32 * 48);
    for (index, t) in [1, 3, 5].into_iter().enumerate() {
        let center = samples[index * 32 * 48 + 16 * 48 + 24];
        let drawn = drawn(t);
        assert!((center - drawn).abs() <= 3.0, "{center} is not {drawn}");
    }
    let movie = h264::open(&ramp_movie(), false).unwrap();
    assert_eq!(movie.layout().unwrap().0, [7, 32, 48, 3]);
}

#[test]
fn fragments_are_put_together() {
    for name in ["fragments.mp4", "fragments_at_offsets.mp4"] {
        let path = movie_named(name);
        check_centers(&path, 0..7);
        let movie = h264::open(&path, true).unwrap();
        assert_eq!(movie.metadata().fps, Some(25.0));
    }
}

/// The ramp with some bytes changed at given offsets after the name of a box.
fn changed(name: &[u8; 4], changes: &[(usize, u32)]) -> Vec<u8> {
    let mut bytes = std::fs::read(ramp_movie()).unwrap();
    let offset = bytes.windows(4).position(|window| window == name).unwrap() + 4;
    for &(at, number) in changes {
        bytes[offset + at..][..4].copy_from_slice(&number.to_be_bytes());
    }
    bytes
}

#[test]
fn frames_that_are_edited_out_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    // After two frames 160 ms remain, or whatever is left; frames start at 1024 and last 512 units.
    for (milliseconds, frames) in [(160, 2..6), (159, 2..6), (0, 2..7), (1000, 2..7)] {
        let bytes = changed(b"elst", &[(8, milliseconds), (12, 1024 + 2 * 512)]);
        std::fs::write(&path, bytes).unwrap();
        check_centers(&path, frames);
    }
    // At another playback rate.
    std::fs::write(&path, changed(b"elst", &[(16, 2 << 16)])).unwrap();
    let error = h264::open(&path, true).err().unwrap();
    assert!(error.message().contains("needs ffmpeg"), "{error}");
}

#[test]
fn frame_rates_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    // Each of the 7 frames lasts 1001 units of 1/30000 s.
    let mut bytes = changed(b"stts", &[(12, 1001)]);
    let offset = bytes
        .windows(4)
        .position(|window| window == b"mdhd")
        .unwrap()
        + 4;
    bytes[offset + 12..][..4].copy_from_slice(&30_000u32.to_be_bytes());
    std::fs::write(&path, bytes).unwrap();
    let movie = h264::open(&path, true).unwrap();
    assert_eq!(movie.metadata().fps, Some(30_000.0 / 1001.0));
}

#[test]
fn tables_that_claim_too_much_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let refused = |bytes: Vec<u8>| {
        std::fs::write(&path, bytes).unwrap();
        h264::open(&path, true).err().unwrap().message().to_owned()
    };
    let sizes = |changes: &[(usize, u32)]| refused(changed(b"stsz", changes));
    assert_eq!(
        sizes(&[(4, 1), (8, u32::MAX)]),
        "its frames are not at the offsets in its tables"
    );
    assert_eq!(
        sizes(&[(12, 1 << 30)]),
        "its frames are larger than the file"
    );
    assert_eq!(sizes(&[(8, 1 << 30)]), "it is damaged in the box `stsz`");
    // Fewer packets in the chunks than exist, and missing parameters.
    let chunks = |changes: &[(usize, u32)]| refused(changed(b"stsc", changes));
    assert_eq!(
        chunks(&[(12, 3)]),
        "its frames are not at the offsets in its tables"
    );
    assert_eq!(
        chunks(&[(16, 2)]),
        "its frames are not at the offsets in its tables"
    );
}

#[test]
fn damaged_h264_does_no_harm() {
    for name in ["ramp.mp4", "fragments.mp4"] {
        let movie = std::fs::read(movie_named(name)).unwrap();
        corruption::check_with(&movie, 150, ".mp4", &[], |path, _| {
            let Ok(movie) = h264::open(path, true) else {
                return;
            };
            let all = FrameRange {
                start: 0,
                len: movie.layout().unwrap().0[0].min(10),
                step: 1,
            };
            let _ = movie.load(all);
        });
    }
}

#[test]
fn no_number_of_a_movie_does_harm() {
    for name in ["ramp.mp4", "fragments.mp4", "fragments_at_offsets.mp4"] {
        let movie = std::fs::read(movie_named(name)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        let open = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let _ = h264::open(&path, true);
        };
        for at in (0..movie.len() - 4).step_by(2) {
            open(&movie[..at]);
            for number in [0x7FFF_FFFF, u32::MAX] {
                let mut bytes = movie.clone();
                bytes[at..at + 4].copy_from_slice(&u32::to_be_bytes(number));
                open(&bytes);
            }
        }
    }
}
