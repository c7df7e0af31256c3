//! Tests with synthetic recordings.

use std::path::PathBuf;

use super::*;
use crate::io::recording::{FrameSelection, LoadOptions};
use crate::io::{Camera, Importer, load_metadata, load_video};
use crate::video::{Field, Video};

const DATE: &[u8; 24] = b"Mon Sep 02 11:22:33 2024";

/// A recording of 3 frames of 2×3, whose samples are 0, 1, 2, …, taken at 1000, 1002, 1004.
fn recording(version: u8, big: bool, is_8bit: bool) -> Vec<u8> {
    let int = |value: u32| {
        if big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let mut bytes = vec![version];
    if version == b'd' {
        bytes.extend(DATE);
    } else {
        bytes.extend(int(0x1A2B_3C4D));
    }
    bytes.extend([int(3), int(3), int(2)].concat());
    if version != b'd' {
        bytes.extend([int(0), int(0), int(12_345_000)].concat());
        bytes.extend(DATE);
        bytes.extend("a comment, µ".as_bytes());
    }
    bytes.resize(HEADER as usize, 0);
    for frame in 0..3u64 {
        for sample in 0..6 {
            let sample = (frame * 6 + sample) as u16;
            match (is_8bit, big) {
                (true, _) => bytes.push(sample as u8),
                (_, true) => bytes.extend(sample.to_be_bytes()),
                (_, false) => bytes.extend(sample.to_le_bytes()),
            }
        }
        let time = 1000 + 2 * frame;
        match (version, big) {
            (b'd', _) => {}
            (_, true) => bytes.extend(time.to_be_bytes()),
            (_, false) => bytes.extend(time.to_le_bytes()),
        }
    }
    bytes
}

fn write(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dat");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn values(video: &Video) -> Vec<f64> {
    crate::ops::testing::values(video)
}

const ORDERS: [(u8, bool); 5] = [
    (b'd', false),
    (b'e', false),
    (b'e', true),
    (b'f', false),
    (b'f', true),
];

#[test]
fn every_version_loads_and_maps() {
    for (version, big) in ORDERS {
        for is_8bit in [false, true] {
            let (_folder, path) = write(&recording(version, big, is_8bit));
            let selection = FrameSelection {
                start: 1,
                frames: None,
                step: 2,
            };
            for use_mmap in [false, true] {
                let load = |selection| load_video(&path, selection, &LoadOptions::mapped(use_mmap));
                let video = load(&FrameSelection::ALL).unwrap();
                assert_eq!(video.shape(), [3, 2, 3]);
                assert_eq!(video.dtype(), if is_8bit { DType::U8 } else { DType::U16 });
                assert_eq!(video.is_mmap(), use_mmap && (is_8bit || !big));
                assert_eq!(values(&video), (0..18).map(f64::from).collect::<Vec<_>>());
                let part = load(&selection).unwrap();
                assert_eq!(values(&part), [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
            }
        }
    }
}

#[test]
fn the_header_is_read() {
    let (_folder, path) = write(&recording(b'f', true, false));
    let metadata = load_metadata(&path).unwrap();
    assert_eq!(metadata.fps, Some(123.45));
    assert_eq!(metadata.date.as_deref(), Some("2024-09-02T11:22:33"));
    assert_eq!(metadata.comment.as_deref(), Some("a comment, µ"));
    assert_eq!(metadata.fields["Image width"], Field::Int(3));
    assert_eq!(metadata.fields["Image height"], Field::Int(2));
    assert_eq!(metadata.fields["framerate"], Field::Float(123.45));
    let (_folder, path) = write(&recording(b'd', false, false));
    let metadata = load_metadata(&path).unwrap();
    assert_eq!((metadata.fps, metadata.comment), (None, None));
    assert_eq!(metadata.date.as_deref(), Some("2024-09-02T11:22:33"));
    assert!(!metadata.fields.contains_key("framerate"));
}

#[test]
fn frame_times_follow_the_frames() {
    for (version, big) in ORDERS {
        for is_8bit in [false, true] {
            let (_folder, path) = write(&recording(version, big, is_8bit));
            let importer = Importer::open(Camera::MultiRecorder, &path, None).unwrap();
            let times = importer.frame_times();
            if version == b'd' {
                assert!(times.unwrap_err().message().contains("versions e and f"));
            } else {
                assert_eq!(values(&times.unwrap()), [1000.0, 1002.0, 1004.0]);
            }
        }
    }
}

#[test]
fn what_a_cut_recording_still_has_loads() {
    let bytes = recording(b'e', false, false);
    let (_folder, path) = write(&bytes[..bytes.len() - 9]);
    let load = |frames, use_mmap| {
        let selection = FrameSelection {
            frames,
            ..FrameSelection::ALL
        };
        load_video(&path, &selection, &LoadOptions::mapped(use_mmap))
    };
    let error = load(None, false).unwrap_err();
    assert!(
        error
            .message()
            .ends_with("ends before frame 2, but its header specifies 3 frames")
    );
    assert_eq!(error.hints(), ["`#{frames: 2}` loads the complete ones"]);
    assert_eq!(load(Some(2), false).unwrap().len(), 2);
    assert!(load(Some(2), true).is_err());
}

#[test]
fn the_flag_counts_more_than_the_size() {
    let (_folder, path) = write(&recording(b'd', false, false));
    let is_8bit = |is_8bit| {
        let options = LoadOptions {
            is_8bit,
            ..LoadOptions::default()
        };
        let video = load_video(&path, &FrameSelection::ALL, &options).unwrap();
        video.dtype() == DType::U8
    };
    assert!(is_8bit(Some(true)));
    assert!(!is_8bit(Some(false)) && !is_8bit(None));
}

#[test]
fn other_files_are_named_for_what_they_are() {
    let fail = |bytes: &[u8]| {
        let (_folder, path) = write(bytes);
        let error = load_video(&path, &FrameSelection::ALL, &LoadOptions::default()).unwrap_err();
        error.message().to_owned()
    };
    assert!(fail(b"time,value\n1,2\n").ends_with("it looks like a text file"));
    assert!(fail(b"date: a text that begins with d").ends_with("a text file"));
    assert!(fail(b"PK\x03\x04\x01\x02").ends_with("it looks like a ZIP archive"));
    assert!(fail(&[0; 2000]).ends_with("it looks like nothing but zeros"));
    assert!(fail(b"f\x01\x02\x03\x04").ends_with("the bytes 66 01 02 03 04"));
    let bytes = recording(b'f', false, false);
    assert!(fail(&bytes[..500]).ends_with("it ends within its header"));
    let mut none = bytes.clone();
    none[5..9].fill(0);
    assert!(fail(&none).ends_with("holds no frames"));
    none[5..9].fill(0xFF);
    assert!(fail(&none).ends_with("its header claims -1 frames"));
}

#[test]
fn damaged_recordings_never_panic() {
    for (version, big) in ORDERS {
        crate::io::corruption::check(&recording(version, big, false), 400, "dat");
    }
}
