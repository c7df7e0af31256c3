//! Tests with synthetic recordings.

use super::*;
use crate::io::recording::{FrameSelection, LoadOptions};
use crate::io::{load_metadata, load_video};
use crate::video::{Element, Field, Video};

const HEADER: &str = "//UltimaExp 1111\r\n//x=4/y=2/lskp=1/rskp=1/blk=2\r\n//cmp=0/bit=16\r\n\
    acquisition_date=2018/02/14 15:22:04\r\npage_frames=4\r\nsample_time=  2.0msec\r\ncmnt=a, b/c\r\n\
    Data-File-List\r\na b.rsm\r\na b(0).rsd\r\na b(1).rsd\r\n";

/// A recording of two blocks of two frames of 2×2, whose differences count up from -2 in frame 0
/// and from 70 in every later one.
fn recording(header: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    let words = |words: &[u16]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let (low, high) = (u16::MAX - 1, 70);
    let first = [9, low, low + 1, 9, 9, 0, 1, 9];
    let later = [9, high, high + 1, 9, 9, high + 2, high + 3, 9];
    write("a b.rsh", header.as_bytes());
    write("A B.RSM", &words(&[9, 1, 1, 9, 9, 65500, 65535, 9]));
    write("a b(0).rsd", &words(&[first, later].concat()));
    write("a b(1).RSD", &words(&[later, later].concat()));
    folder
}

fn load(folder: &tempfile::TempDir, name: &str) -> Result<Video> {
    load_video(
        &folder.path().join(name),
        &FrameSelection::ALL,
        &LoadOptions::default(),
    )
}

fn values(video: &Video) -> Vec<u16> {
    let samples = u16::unwrap(video.samples().clone()).unwrap();
    samples.as_slice().unwrap().to_vec()
}

#[test]
fn differences_saturate_and_any_of_the_files_loads() {
    let folder = recording(HEADER);
    for name in ["a b.rsh", "A B.RSM", "a b(0).rsd", "a b(1).RSD"] {
        let video = load(&folder, name).unwrap();
        assert_eq!(
            (video.shape(), video.metadata().fps),
            (&[4, 2, 2][..], Some(500.0))
        );
        assert_eq!(
            values(&video)[..8],
            [0, 0, 65500, 65535, 71, 72, 65535, 65535]
        );
    }
    let selection = FrameSelection {
        start: 1,
        frames: Some(2),
        step: 2,
    };
    let video = load_video(
        &folder.path().join("a b.rsh"),
        &selection,
        &LoadOptions::default(),
    )
    .unwrap();
    assert_eq!(values(&video), [[71, 72, 65535, 65535]; 2].concat());
    assert_eq!(video.metadata().fps, Some(250.0));
}

#[test]
fn fields_are_kept_and_the_date_is_iso() {
    let folder = recording(HEADER);
    let metadata = load_metadata(&folder.path().join("a b.rsh")).unwrap();
    let text = |name: &str| match &metadata.fields[name] {
        Field::Text(text) => text.clone(),
        other => panic!("{name} is {other:?}"),
    };
    assert_eq!(metadata.date.as_deref(), Some("2018-02-14T15:22:04"));
    assert_eq!(metadata.comment.as_deref(), Some("a, b/c"));
    assert_eq!(text("acquisition_date"), "2018/02/14 15:22:04");
    assert_eq!(
        (text("sample_time"), text("lskp")),
        ("2.0msec".into(), "1".into())
    );
}

#[test]
fn slashes_may_stand_anywhere_around_the_sizes() {
    let header = HEADER
        .replace("//x", "x")
        .replace("/blk=2", "\n/blk=2/")
        .replace('\r', "");
    assert_eq!(
        load(&recording(&header), "a b.rsh").unwrap().shape(),
        [4, 2, 2]
    );
}

#[test]
fn the_header_limits_the_frames_and_missing_blocks_end_them() {
    let fewer = recording(&HEADER.replace("page_frames=4", "page_frames=3"));
    assert_eq!(load(&fewer, "a b.rsh").unwrap().len(), 3);
    let folder = recording(HEADER);
    std::fs::remove_file(folder.path().join("a b(1).RSD")).unwrap();
    assert_eq!(load(&folder, "a b.rsh").unwrap().len(), 2);
    std::fs::remove_file(folder.path().join("a b(0).rsd")).unwrap();
    let error = load(&folder, "a b.rsh").unwrap_err();
    assert!(error.message().contains("a b(0).rsd"), "{error}");
    assert!(load_metadata(&folder.path().join("a b.rsh")).is_ok());
    std::fs::remove_file(folder.path().join("A B.RSM")).unwrap();
    let error = load(&folder, "a b.rsh").unwrap_err();
    assert!(error.message().contains("a b.rsm"), "{error}");
}

#[test]
fn damaged_headers_never_panic() {
    let block = [0; 2 * 2 * 16];
    let others: [(&str, &[u8]); 3] = [(".rsm", &[0; 16]), ("(0).rsd", &block), ("(1).rsd", &block)];
    crate::io::corruption::check_beside(HEADER.as_bytes(), 300, ".rsh", &others);
    let folder = recording(HEADER);
    let path = folder.path().join("a b.rsh");
    for (name, value) in [
        ("x", "0"),
        ("y", "99999999999"),
        ("lskp", "9"),
        ("blk", "0"),
        ("blk", "-1"),
    ] {
        let header = HEADER.replace(&format!("{name}="), &format!("{name}={value}"));
        std::fs::write(&path, header).unwrap();
        let _ = load(&folder, "a b.rsh");
    }
}
