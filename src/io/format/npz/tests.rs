//! Tests of archives.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::open;
use crate::error::Result;
use crate::io::recording::{FrameRange, FrameSelection, LoadOptions};
use crate::io::{corruption, info, load_video};
use crate::video::{DType, Element, Field, Metadata, Video, map_samples};

/// The bytes of an `.npy` file.
fn array(descr: &str, fortran: bool, shape: &str, samples: &[u8]) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
    while (10 + header.len()) % 64 != 63 {
        header.push(' ');
    }
    header.push('\n');
    let len = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &len[..], header.as_bytes(), samples].concat()
}

fn sum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn archive(files: &[(&str, Vec<u8>)], is_deflated: bool) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let stored = if is_deflated {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        } else {
            content.clone()
        };
        let number = |value: usize, size: usize| value.to_le_bytes()[..size].to_vec();
        let method = number(if is_deflated { 8 } else { 0 }, 2);
        let sizes = [
            number(stored.len(), 4),
            number(content.len(), 4),
            number(name.len(), 2),
        ];
        let common = [
            vec![20, 0, 0, 0],
            method,
            vec![0; 4],
            number(sum(content) as usize, 4),
            sizes.concat(),
            vec![0; 2],
        ]
        .concat();
        let offset = number(bytes.len(), 4);
        let rest = [vec![0; 10], offset, name.as_bytes().to_vec()].concat();
        list.extend([b"PK\x01\x02\x14\x00".to_vec(), common.clone(), rest].concat());
        bytes.extend(
            [
                b"PK\x03\x04".to_vec(),
                common,
                name.as_bytes().to_vec(),
                stored,
            ]
            .concat(),
        );
    }
    let (len, start) = (list.len() as u32, bytes.len() as u32);
    bytes.extend(list);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([[files.len() as u8, 0], [files.len() as u8, 0]].concat());
    bytes.extend([len.to_le_bytes(), start.to_le_bytes()].concat());
    bytes.extend([0; 2]);
    bytes
}

fn example(is_deflated: bool) -> Vec<u8> {
    let samples: Vec<u8> = (0..24).collect();
    let files = [
        ("mask.npy", array("|b1", false, "(2, 3)", &[1; 6])),
        ("fps.npy", array("<f8", false, "()", &500f64.to_le_bytes())),
        ("names.npy", array("<U1", false, "(1,)", &[65, 0, 0, 0])),
        ("video.npy", array("|u1", false, "(4, 2, 3)", &samples)),
        ("turned.npy", array("|u1", true, "(3, 2, 4)", &samples)),
    ];
    archive(&files, is_deflated)
}

fn load(bytes: &[u8], fieldname: Option<&str>, use_mmap: bool) -> Result<Video> {
    with_file(bytes, |path| {
        let selection = FrameSelection {
            start: 1,
            step: 2,
            ..FrameSelection::ALL
        };
        let options = LoadOptions {
            fieldname: fieldname.map(str::to_owned),
            ..LoadOptions::mapped(use_mmap)
        };
        load_video(path, &selection, &options)
    })
}

fn with_file<R>(bytes: &[u8], run: impl FnOnce(&Path) -> R) -> R {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    std::fs::write(&path, bytes).unwrap();
    run(&path)
}

fn values(video: &Video) -> Vec<f64> {
    map_samples!(video.samples(), array => array.view().iter().map(|v| v.to_f64()).collect())
}

#[test]
fn arrays_are_chosen_by_name_or_by_their_axes() {
    for is_deflated in [false, true] {
        let bytes = example(is_deflated);
        let video = load(&bytes, None, false).unwrap();
        let odd: Vec<f64> = (6..12).chain(18..24).map(f64::from).collect();
        assert_eq!((video.shape(), values(&video)), (&[2, 2, 3][..], odd));
        assert_eq!(video.metadata().fps, Some(250.0));
        let turned = load(&bytes, Some("turned"), false).unwrap();
        assert_eq!(turned.shape(), [1, 2, 4]);
        assert_eq!(values(&turned)[..4], [1.0, 7.0, 13.0, 19.0]);
        let mask = load(&bytes, Some("mask"), false).unwrap();
        assert_eq!(mask.dtype(), DType::Bool);
    }
}

#[test]
fn stored_arrays_are_mapped() {
    let video = load(&example(false), None, true).unwrap();
    assert!(video.is_mmap());
    let error = load(&example(true), None, true).unwrap_err();
    assert!(error.message().ends_with("its arrays are compressed"));
}

#[test]
fn information_lists_the_arrays() {
    with_file(&example(true), |path| {
        let info = info(path).unwrap();
        assert_eq!(info.shape, [4, 2, 3]);
        let arrays = info.metadata.fields["arrays"].to_string();
        let list = "[mask (2×3 bool), fps (float64), names (not numbers), video (4×2×3 uint8), \
                    turned (3×2×4 uint8)]";
        assert_eq!(arrays, list);
        assert_eq!(info.metadata.fields["fps"], Field::Float(500.0));
    });
}

#[test]
fn what_is_not_there_is_named() {
    let error = load(&example(false), Some("vidoe"), false).unwrap_err();
    assert_eq!(error.hints(), ["did you mean `video`?"]);
    let error = load(&example(false), Some("names"), false).unwrap_err();
    assert!(error.message().contains("it holds text"), "{error}");
    let error = load(b"PK", None, false).unwrap_err();
    assert!(
        error
            .message()
            .ends_with("it is not a ZIP archive, or is truncated")
    );
}

/// Neither a stored nor a deflated array reveals a changed sample by itself.
#[test]
fn checksums_tell_of_changed_samples() {
    for is_deflated in [false, true] {
        let bytes = example(is_deflated);
        let whole = |bytes: &[u8]| {
            with_file(bytes, |path| {
                load_video(path, &FrameSelection::ALL, &LoadOptions::default())
            })
        };
        assert_eq!(values(&whole(&bytes).unwrap())[23], 23.0);
        let samples: Vec<u8> = (0..24).collect();
        let content = array("|u1", false, "(4, 2, 3)", &samples);
        let crc = sum(&content).to_le_bytes();
        let other = sum(b"other").to_le_bytes();
        let mut changed = bytes.clone();
        for offset in 0..bytes.len() - 4 {
            if bytes[offset..offset + 4] == crc {
                changed[offset..offset + 4].copy_from_slice(&other);
            }
        }
        let error = whole(&changed).unwrap_err();
        assert!(
            error.message().ends_with("its checksum does not match"),
            "{error}"
        );
    }
    let mut flipped = example(false);
    let samples: Vec<u8> = (0..24).collect();
    let offset = flipped.windows(24).position(|window| window == samples);
    flipped[offset.unwrap() + 5] ^= 1;
    let load = |path: &Path| load_video(path, &FrameSelection::ALL, &LoadOptions::default());
    let error = with_file(&flipped, load).unwrap_err();
    assert!(
        error.message().contains("`video.npy` is damaged"),
        "{error}"
    );
}

#[test]
fn corruption_is_an_error() {
    corruption::check(&example(false), 400, "npz");
    corruption::check(&example(true), 400, "npz");
}

/// Loads frames of a recording one block after the other, or the error of one of them.
fn load_blocks(bytes: &[u8], len: usize) -> Result<Vec<f64>> {
    with_file(bytes, |path| {
        let mut recording = open(path, &LoadOptions::default())?;
        let n_frames = recording.layout()?.0[0];
        let all = FrameRange {
            start: 0,
            len: n_frames,
            step: 1,
        };
        assert!(recording.deferrable_files(all)?.is_some());
        recording.set_deferred();
        let mut found = Vec::new();
        for start in (0..n_frames).step_by(len) {
            let len = len.min(n_frames - start);
            let block = FrameRange {
                start,
                len,
                step: 1,
            };
            let video = Video::with_metadata(recording.load(block)?, Metadata::default());
            found.extend(values(&video));
        }
        Ok(found)
    })
}

#[test]
fn frames_are_read_one_block_after_the_other_and_checked_at_the_end() {
    let samples: Vec<u8> = (0..9 * 4 * 5).collect();
    let file = array("|u1", false, "(9, 4, 5)", &samples);
    let expected: Vec<f64> = samples.iter().map(|sample| f64::from(*sample)).collect();
    for is_deflated in [false, true] {
        let good = archive(&[("video.npy", file.clone())], is_deflated);
        for len in [1, 2, 4, 8] {
            assert_eq!(
                load_blocks(&good, len).unwrap(),
                expected,
                "{is_deflated} {len}"
            );
        }
        let (sum, other) = (sum(&file).to_le_bytes(), sum(b"other").to_le_bytes());
        let mut bad = good.clone();
        for at in 0..bad.len() - 4 {
            if good[at..at + 4] == sum {
                bad[at..at + 4].copy_from_slice(&other);
            }
        }
        let error = load_blocks(&bad, 4).unwrap_err();
        assert!(
            error.message().contains("checksum does not match"),
            "{error}"
        );
    }
}

#[test]
fn frames_before_the_last_ones_are_inflated_again() {
    let samples: Vec<u8> = (0..9 * 4 * 5).collect();
    let file = array("|u1", false, "(9, 4, 5)", &samples);
    with_file(&archive(&[("video.npy", file)], true), |path| {
        let mut recording = open(path, &LoadOptions::default()).unwrap();
        let range = |start, len, step| FrameRange { start, len, step };
        recording.set_deferred();
        for range in [
            range(3, 2, 1),
            range(5, 1, 1),
            range(2, 3, 2),
            range(0, 1, 1),
            range(8, 1, 1),
        ] {
            let found = recording.load(range).unwrap();
            let video = Video::with_metadata(found, Metadata::default());
            let expected = range
                .indices()
                .flat_map(|frame| &samples[frame * 20..][..20]);
            let expected: Vec<f64> = expected.map(|sample| f64::from(*sample)).collect();
            assert_eq!(values(&video), expected, "{range:?}");
        }
    });
}
