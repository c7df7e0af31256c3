//! Tests with synthetic recordings.

use super::*;
use crate::io::recording::{FrameSelection, LoadOptions};
use crate::io::{load_metadata, load_video};
use crate::ops::testing::values;
use crate::video::{Field, Video};

const HEADER: &str = "Number of frames : 3\r\nImage width : 3\r\nImage height : 2\r\n\
    Frame rate (Hz) : 250.0\r\nDate created : 14/02/2018 15:22:04\r\nComment :\r\nA key : a : b\r\n";

/// A recording of 3 frames of 2×3 on a background of 10, 20 and so on, to which frame `t` adds
/// `t` - 1; `offset` is the size of the binary header.
fn recording(header: &str, offset: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    let mut bytes = vec![0; offset];
    let background = (1..=6u16).flat_map(|v| (10 * v).to_le_bytes());
    bytes.extend(background);
    for frame in 0..3i16 {
        bytes.extend([(frame - 1).to_le_bytes(); 6].concat());
    }
    write("a, b.GSH", header.as_bytes());
    write("a, b.gsd", &bytes);
    folder
}

fn load(folder: &tempfile::TempDir, name: &str, frames: Option<usize>) -> Result<Video> {
    let selection = FrameSelection {
        frames,
        ..FrameSelection::ALL
    };
    load_video(
        &folder.path().join(name),
        &selection,
        &LoadOptions::default(),
    )
}

#[test]
fn the_background_is_added_wherever_it_begins() {
    for offset in [970, 972] {
        let folder = recording(HEADER, offset);
        for name in ["a, b.GSH", "a, b.gsd"] {
            let video = load(&folder, name, None).unwrap();
            assert_eq!(video.shape(), [3, 2, 3]);
            let values = values(&video);
            assert_eq!(values[..6], [9.0, 19.0, 29.0, 39.0, 49.0, 59.0]);
            assert_eq!(values[12..], [11.0, 21.0, 31.0, 41.0, 51.0, 61.0]);
        }
    }
}

#[test]
fn frames_are_loaded_where_they_were_to_be_mapped() {
    let folder = recording(HEADER, 970);
    let path = folder.path().join("a, b.gsd");
    let video = load_video(&path, &FrameSelection::ALL, &LoadOptions::mapped(true)).unwrap();
    assert!(!video.is_mmap());
    assert_eq!(values(&video)[..2], [9.0, 19.0]);
}

#[test]
fn the_header_is_read() {
    let folder = recording(HEADER, 970);
    let metadata = load_metadata(&folder.path().join("a, b.gsd")).unwrap();
    assert_eq!((metadata.fps, metadata.comment), (Some(250.0), None));
    assert_eq!(metadata.date.as_deref(), Some("2018-02-14T15:22:04"));
    assert_eq!(metadata.fields["A key"], Field::Text("a : b".into()));
    assert_eq!(metadata.fields["Image width"], Field::Text("3".into()));
    assert_eq!(metadata.fields["framerate"], Field::Float(250.0));
}

#[test]
fn what_is_missing_is_named() {
    let folder = recording(HEADER, 970);
    let fail = |name: &str| load(&folder, name, None).unwrap_err();
    let data = folder.path().join("a, b.gsd");
    let bytes = std::fs::read(&data).unwrap();
    std::fs::write(&data, &bytes[..bytes.len() - 1]).unwrap();
    let error = fail("a, b.gsd");
    assert!(
        error
            .message()
            .ends_with("ends before frame 2, but its header specifies 3 frames")
    );
    assert_eq!(load(&folder, "a, b.gsd", Some(2)).unwrap().len(), 2);
    std::fs::write(&data, &bytes[..975]).unwrap();
    assert!(
        fail("a, b.gsd")
            .message()
            .ends_with("ends within its background frame")
    );
    let mapped = load_video(&data, &FrameSelection::ALL, &LoadOptions::mapped(true));
    assert!(mapped.is_err());
    std::fs::remove_file(&data).unwrap();
    assert!(
        fail("a, b.GSH")
            .message()
            .ends_with("a, b.gsd`, the frames of the recording")
    );
    assert!(load_metadata(&folder.path().join("a, b.GSH")).is_ok());
    std::fs::write(folder.path().join("c.gsd"), &bytes).unwrap();
    assert!(
        fail("c.gsd")
            .message()
            .ends_with("c.gsh`, the header of the recording")
    );
}

#[test]
fn damaged_recordings_never_panic() {
    let folder = recording(HEADER, 970);
    for (name, value) in [
        ("Number of frames", "0"),
        ("Number of frames", "-1"),
        ("Number of frames", "18446744073709551615"),
        ("Image width", "99999999999"),
        ("Image height", "0"),
        ("Image height", "many"),
        ("Nothing", "\r\nData Size = (3"),
    ] {
        let header = format!("{name} : {value}\r\n{HEADER}");
        std::fs::write(folder.path().join("a, b.GSH"), header).unwrap();
        assert!(load(&folder, "a, b.gsd", None).is_err(), "{name} {value}");
    }
    let data = std::fs::read(folder.path().join("a, b.gsd")).unwrap();
    let check = crate::io::corruption::check_beside;
    check(HEADER.as_bytes(), 300, ".gsh", &[(".gsd", &data)]);
    check(&data, 300, ".gsd", &[(".gsh", HEADER.as_bytes())]);
}
