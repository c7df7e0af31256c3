//! Tests of what all formats have in common.

use std::path::Path;

use super::bytes::samples::{self, SharedFile};
use super::*;
use crate::video::DType;

fn selection(start: usize, frames: Option<usize>, step: usize) -> FrameSelection {
    FrameSelection {
        start,
        frames,
        step,
    }
}

#[test]
fn selections_count_the_frames_returned() {
    let resolve = |start, frames, step| {
        let range = selection(start, frames, step).resolve(Path::new("a"), 10);
        range.map(|range| range.indices().collect::<Vec<_>>())
    };
    assert_eq!(resolve(1, Some(3), 2).unwrap(), [1, 3, 5]);
    assert_eq!(resolve(1, None, 4).unwrap(), [1, 5, 9]);
    assert_eq!(resolve(8, Some(5), 1).unwrap(), [8, 9]);
    assert_eq!(
        resolve(10, None, 1).unwrap_err().message(),
        "`start_frame` 10 is beyond the end of `a`, which has 10 frames"
    );
    assert!(resolve(0, None, 0).is_err());
}

#[test]
fn files_that_cannot_be_loaded_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("empty.npy"), "").unwrap();
    std::fs::write(at("notes.txt"), "some text").unwrap();
    let fail = |name: &str| {
        load_video(&at(name), &FrameSelection::ALL, &LoadOptions::default()).unwrap_err()
    };
    assert_eq!(fail("emty.npy").hints(), ["did you mean `empty.npy`?"]);
    assert!(fail("empty.npy").message().ends_with("is empty"));
    assert!(
        fail("notes.txt")
            .message()
            .ends_with("the extension `.txt`")
    );
    assert!(fail("").message().ends_with("has no images"));
}

#[test]
#[cfg(unix)]
fn what_is_not_a_regular_file_is_not_opened() {
    let error = load_video(
        Path::new("/dev/null"),
        &FrameSelection::ALL,
        &LoadOptions::default(),
    )
    .unwrap_err();
    assert_eq!(
        error.message(),
        "`/dev/null` is a device, not a regular file"
    );
}

#[test]
fn saving_needs_a_known_extension() {
    let video = Video::new(crate::video::Strided::from_vec(&[1, 1, 1], vec![0u8]));
    let error = save_video(Path::new("a"), &video).unwrap_err();
    assert!(error.hints()[0].starts_with("add the extension of a format: `.tif`"));
    let error = save_video(Path::new("a.xyz"), &video).unwrap_err();
    assert_eq!(error.message(), "cannot save to a `.xyz` file");
}

#[test]
fn nothing_is_reserved_for_claims_beyond_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    std::fs::write(&path, [0; 24]).unwrap();
    let source = SharedFile::open(&path).unwrap();
    let encoding = samples::Encoding {
        dtype: DType::U16,
        half: false,
        swapped: false,
    };
    let read = |shape: &[usize], len| {
        let range = FrameRange {
            start: 0,
            len,
            step: 1,
        };
        samples::read_blocks(
            &source,
            samples::Conversion::none(encoding),
            shape,
            8,
            range,
        )
    };
    assert!(read(&[4, 2], 4).is_ok());
    assert!(read(&[1 << 47, 2], 4).is_ok());
    for shape in [[1 << 47, 2], [5, 2], [usize::MAX, 2], [1, usize::MAX]] {
        let error = read(&shape, shape[0]).err().unwrap();
        assert!(
            error.message().ends_with("but has 16 bytes of them"),
            "{error}"
        );
    }
}
