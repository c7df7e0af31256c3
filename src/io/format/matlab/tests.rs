//! Tests of MATLAB files.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::*;
use crate::io::recording::FrameSelection;
use crate::io::{corruption, info, load_metadata, load_video};
use crate::video::Video;

/// Content of a variable in a test file.
enum TestValue<'a> {
    /// Class, stored type and bytes of numbers.
    Numbers(u32, u32, Vec<u8>),
    Text(&'a str),
    Struct,
    /// Names of the fields, and their matrices in sequence.
    Fields(&'a [&'a str], Vec<u8>),
    /// Matrices in sequence.
    Cells(Vec<u8>),
}

struct TestWriter {
    bytes: Vec<u8>,
    big: bool,
    compressed: bool,
}

impl TestWriter {
    fn new(big: bool, compressed: bool) -> Self {
        let mut bytes = b"MATLAB 5.0 MAT-file, Platform: GLNXA64".to_vec();
        bytes.resize(124, b' ');
        bytes.extend(if big { [1, 0] } else { [0, 1] });
        bytes.extend(if big { b"MI" } else { b"IM" });
        Self {
            bytes,
            big,
            compressed,
        }
    }

    fn words(&self, words: &[u32]) -> Vec<u8> {
        let word = |word: &u32| match self.big {
            true => word.to_be_bytes(),
            false => word.to_le_bytes(),
        };
        words.iter().flat_map(word).collect()
    }

    fn element(&self, kind: u32, value: &[u8]) -> Vec<u8> {
        let len = value.len() as u32;
        let mut bytes = match len {
            1..=4 => self.words(&[len << 16 | kind]),
            _ => self.words(&[kind, len]),
        };
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    /// A matrix with its tag, as a variable or within another.
    fn matrix(&self, name: &str, dims: &[u32], value: TestValue) -> Vec<u8> {
        let class = match value {
            TestValue::Numbers(class, ..) => class,
            TestValue::Text(_) => 4,
            TestValue::Struct | TestValue::Fields(..) => 2,
            TestValue::Cells(_) => 1,
        };
        let mut body = self.element(6, &self.words(&[class, 0]));
        body.extend(self.element(5, &self.words(dims)));
        body.extend(self.element(1, name.as_bytes()));
        body.extend(match value {
            TestValue::Numbers(_, kind, bytes) => self.element(kind, &bytes),
            TestValue::Text(text) => self.element(16, text.as_bytes()),
            TestValue::Struct => self.element(5, &self.words(&[8])),
            TestValue::Fields(names, matrices) => {
                let names = names.iter().flat_map(|name| {
                    let mut name = name.as_bytes().to_vec();
                    name.resize(12, 0);
                    name
                });
                let names: Vec<u8> = names.collect();
                let len = self.element(5, &self.words(&[12]));
                [len, self.element(1, &names), matrices].concat()
            }
            TestValue::Cells(matrices) => matrices,
        });
        [self.words(&[14, body.len() as u32]), body].concat()
    }

    fn add(mut self, name: &str, dims: &[u32], value: TestValue) -> Self {
        let element = self.matrix(name, dims, value);
        if self.compressed {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&element).unwrap();
            let packed = encoder.finish().unwrap();
            self.bytes.extend(self.words(&[15, packed.len() as u32]));
            self.bytes.extend(packed);
        } else {
            self.bytes.extend(element);
        }
        self
    }
}

/// Numbers 0, 1, 2, … in MATLAB's order, as uint16.
fn ramp(writer: &TestWriter, len: u16) -> TestValue<'static> {
    let number = |value: u16| match writer.big {
        true => value.to_be_bytes(),
        false => value.to_le_bytes(),
    };
    TestValue::Numbers(11, 4, (0..len).flat_map(number).collect())
}

fn recording(big: bool, compressed: bool) -> TestWriter {
    let file = TestWriter::new(big, compressed);
    let rate = if big {
        500f64.to_be_bytes()
    } else {
        500f64.to_le_bytes()
    };
    let video = ramp(&file, 24);
    file.add("fps", &[1, 1], TestValue::Numbers(6, 9, rate.into()))
        .add(
            "mask",
            &[2, 3],
            TestValue::Numbers(9 | 0x200, 2, vec![0, 1, 0, 1, 1, 7]),
        )
        .add("comment", &[1, 6], TestValue::Text("rabbit"))
        .add("settings", &[1, 1], TestValue::Struct)
        .add("video", &[2, 3, 4], video)
        .add(
            "small",
            &[2, 2, 3],
            TestValue::Numbers(6, 2, (0..12).collect()),
        )
}

fn load(bytes: &[u8], selection: &FrameSelection, options: &LoadOptions) -> Result<Video> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mat");
    std::fs::write(&path, bytes).unwrap();
    load_video(&path, selection, options)
}

fn field(name: &str) -> LoadOptions {
    LoadOptions {
        fieldname: Some(name.into()),
        ..LoadOptions::default()
    }
}

fn values(video: &Video) -> Vec<f64> {
    map_samples!(video.samples(), array => array.view().iter().map(|v| v.to_f64()).collect())
}

/// The ramp of shape 2×3×4 with time first.
fn turned() -> Vec<f64> {
    let mut values = Vec::new();
    for t in 0..4 {
        for y in 0..2 {
            values.extend((0..3).map(|x| (y + 2 * x + 6 * t) as f64));
        }
    }
    values
}

#[test]
fn every_version_is_loaded_with_time_first() {
    for (big, compressed) in [(false, false), (false, true), (true, false), (true, true)] {
        let file = recording(big, compressed).bytes;
        let video = load(&file, &FrameSelection::ALL, &LoadOptions::default()).unwrap();
        assert_eq!(video.shape(), [4, 2, 3]);
        assert_eq!(video.dtype(), DType::U16);
        assert_eq!(values(&video), turned());
        assert_eq!(video.metadata().fps, Some(500.0));
        assert_eq!(video.metadata().comment.as_deref(), Some("rabbit"));
        let part = FrameSelection {
            start: 1,
            frames: Some(2),
            step: 2,
        };
        let video = load(&file, &part, &LoadOptions::default()).unwrap();
        assert_eq!(values(&video), [&turned()[6..12], &turned()[18..]].concat());
    }
}

#[test]
fn numbers_keep_the_type_they_are_stored_as() {
    for compressed in [false, true] {
        let file = recording(false, compressed).bytes;
        let small = load(&file, &FrameSelection::ALL, &field("small")).unwrap();
        assert_eq!((small.dtype(), small.shape()), (DType::U8, &[3, 2, 2][..]));
        assert_eq!(values(&small)[..4], [0.0, 2.0, 1.0, 3.0]);
        let mask = load(&file, &FrameSelection::ALL, &field("mask")).unwrap();
        assert_eq!((mask.dtype(), mask.shape()), (DType::Bool, &[2, 3][..]));
        assert_eq!(values(&mask), [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    }
}

#[test]
fn a_single_row_or_column_is_whole() {
    for (rows, cols) in [(1, 2), (2, 1), (1, 1), (1, 7)] {
        let layout = super::video_layout(&[rows, cols]).unwrap();
        let slowest = super::slowest_axis(&layout);
        assert_eq!(layout.shape()[slowest], cols, "{rows} {cols}");
    }
}

#[test]
fn plain_samples_are_mapped() {
    let plain = recording(false, false).bytes;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mat");
    std::fs::write(&path, plain).unwrap();
    let video = load_video(&path, &FrameSelection::ALL, &LoadOptions::mapped(true)).unwrap();
    assert!(video.is_mmap());
    assert_eq!(values(&video), turned());
    let packed = recording(false, true).bytes;
    let error = load(&packed, &FrameSelection::ALL, &LoadOptions::mapped(true)).unwrap_err();
    assert!(error.message().ends_with("its samples are compressed"));
}

#[test]
fn variables_that_are_no_videos_are_named() {
    let file = recording(false, false).bytes;
    let fail = |name| load(&file, &FrameSelection::ALL, &field(name)).unwrap_err();
    assert!(
        fail("vidoe")
            .hints()
            .contains(&"did you mean `video`?".to_owned())
    );
    assert!(
        fail("settings")
            .message()
            .ends_with("its variable settings (1×1 struct) is not a video")
    );
    let file = TestWriter::new(false, false).add("name", &[1, 2], TestValue::Text("ab"));
    let error = load(&file.bytes, &FrameSelection::ALL, &LoadOptions::default()).unwrap_err();
    assert!(
        error
            .message()
            .ends_with("it has no array of 2 to 4 axes: it holds name (1×2 text)")
    );
}

#[test]
fn information_lists_the_variables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mat");
    std::fs::write(&path, recording(false, true).bytes).unwrap();
    let info = info(&path).unwrap();
    assert_eq!((info.shape, info.dtype), (vec![4, 2, 3], DType::U16));
    let list = info.metadata.fields["variables"].to_string();
    assert!(
        list.contains("video (2×3×4 uint16), small (2×2×3 uint8)"),
        "{list}"
    );
    assert_eq!(
        load_metadata(&path).unwrap().fields["fps"],
        Field::Float(500.0)
    );
}

#[test]
fn dark_signals_of_rhythm_are_turned_round() {
    let file = TestWriter::new(false, false);
    let video = ramp(&file, 24);
    let background = ramp(&file, 6);
    let file = file
        .add("cmosData", &[2, 3, 4], video)
        .add("bgimage", &[2, 3], background);
    let video = load(&file.bytes, &FrameSelection::ALL, &LoadOptions::default()).unwrap();
    assert_eq!(video.dtype(), DType::F32);
    let negative: Vec<f64> = turned().iter().map(|v| -v).collect();
    assert_eq!(values(&video), negative);
    let raw = load(&file.bytes, &FrameSelection::ALL, &field("cmosData")).unwrap();
    assert_eq!(values(&raw), turned());
}

#[test]
fn time_is_found_by_the_lengths_of_the_axes() {
    let shape = |dims: &[usize]| video_layout(dims).map(|layout| layout.shape().to_vec());
    assert_eq!(shape(&[6, 7, 10]), Some(vec![10, 6, 7]));
    assert_eq!(shape(&[128, 128, 100]), Some(vec![100, 128, 128]));
    assert_eq!(shape(&[10, 6, 6]), Some(vec![10, 6, 6]));
    assert_eq!(shape(&[4, 4, 4]), Some(vec![4, 4, 4]));
    assert_eq!(shape(&[12, 10, 4]), Some(vec![12, 10, 4]));
    assert_eq!(shape(&[8, 9, 3, 20]), Some(vec![20, 8, 9, 3]));
    assert_eq!(shape(&[20, 8, 9, 3]), Some(vec![20, 8, 9, 3]));
    assert_eq!(shape(&[3, 4, 5, 6]), None);
}

/// A file of version 4: 2×3 numbers of 8 bits and a text.
fn version_4(big: bool) -> Vec<u8> {
    let words = |words: [u32; 5]| match big {
        true => words.map(u32::to_be_bytes).concat(),
        false => words.map(u32::to_le_bytes).concat(),
    };
    let order = if big { 1000 } else { 0 };
    [
        &words([order + 50, 2, 3, 0, 6])[..],
        b"video\0",
        &[0, 1, 2, 3, 4, 5],
        &words([order + 51, 1, 2, 0, 5]),
        b"name\0",
        b"ab",
    ]
    .concat()
}

#[test]
fn version_4_is_loaded() {
    for big in [false, true] {
        let video = load(
            &version_4(big),
            &FrameSelection::ALL,
            &LoadOptions::default(),
        )
        .unwrap();
        assert_eq!((video.dtype(), video.shape()), (DType::U8, &[2, 3][..]));
        assert_eq!(values(&video), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        assert_eq!(video.metadata().fields["name"], Field::Text("ab".into()));
    }
}

#[test]
fn corruption_is_an_error() {
    corruption::check(&recording(false, false).bytes, 1500, "mat");
    corruption::check(&recording(true, true).bytes, 1500, "mat");
    corruption::check(&version_4(true), 1500, "mat");
}

#[test]
fn what_cannot_be_inflated_is_not_allocated() {
    let body = [
        14u32,
        0xFFFF_FFF0,
        6,
        8,
        6,
        0,
        5,
        8,
        0x7FFF,
        0x7FFF,
        1 | 1 << 16,
        u32::from(b'a'),
    ];
    let body: Vec<u8> = body.into_iter().flat_map(u32::to_le_bytes).collect();
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&body).unwrap();
    let packed = encoder.finish().unwrap();
    let mut file = TestWriter::new(false, false);
    file.bytes.extend(file.words(&[15, packed.len() as u32]));
    file.bytes.extend(packed);
    assert!(load(&file.bytes, &FrameSelection::ALL, &LoadOptions::default()).is_err());
}

/// A struct with a video, a frame rate and a cell of a text and a video; an array of two structs
/// with a video each; an unset value.
fn nested(big: bool, compressed: bool) -> Vec<u8> {
    let file = TestWriter::new(big, compressed);
    let rate = match big {
        true => 250f64.to_be_bytes(),
        false => 250f64.to_le_bytes(),
    };
    let rate = || TestValue::Numbers(6, 9, rate.into());
    let video = || file.matrix("", &[2, 3, 4], ramp(&file, 24));
    let small = |first: u8| {
        let numbers = TestValue::Numbers(9, 2, (first..first + 12).collect());
        file.matrix("", &[2, 2, 3], numbers)
    };
    let cells = [file.matrix("", &[1, 2], TestValue::Text("ab")), small(0)].concat();
    let inner = file.matrix("", &[1, 1], TestValue::Fields(&["deep"], small(100)));
    let fields = [
        video(),
        file.matrix("", &[1, 1], rate()),
        file.matrix("", &[1, 2], TestValue::Cells(cells)),
        inner,
        file.words(&[14, 0]),
    ];
    let fields = TestValue::Fields(&["video", "fps", "c", "inner", "unset"], fields.concat());
    let array = TestValue::Fields(
        &["v", "w"],
        [small(10), small(20), small(30), small(40)].concat(),
    );
    let cells = TestValue::Cells([small(50), small(60)].concat());
    let s = file.matrix("s", &[1, 1], fields);
    let a = file.matrix("a", &[1, 2], array);
    let c = file.matrix("c", &[2, 1], cells);
    let mut file = file;
    for element in [s, a, c] {
        if file.compressed {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&element).unwrap();
            let packed = encoder.finish().unwrap();
            let tag = file.words(&[15, packed.len() as u32]);
            file.bytes.extend([tag, packed].concat());
        } else {
            file.bytes.extend(element);
        }
    }
    file.bytes
}

#[test]
fn arrays_within_structs_and_cells_are_loaded_by_path() {
    for (big, compressed) in [(false, false), (false, true), (true, false), (true, true)] {
        let file = nested(big, compressed);
        let all = &FrameSelection::ALL;
        for name in ["s/video", "s.video", "/s/video"] {
            let video = load(&file, all, &field(name)).unwrap();
            assert_eq!(values(&video), turned());
            assert_eq!(video.metadata().fps, Some(250.0));
        }
        assert_eq!(
            values(&load(&file, all, &LoadOptions::default()).unwrap()),
            turned()
        );
        for (name, first) in [
            ("s/c{2}", 0.0),
            ("s/inner/deep", 100.0),
            ("a(1)/v", 10.0),
            ("a(1)/w", 20.0),
            ("a(2)/v", 30.0),
            ("a(2)/w", 40.0),
            ("c{1}", 50.0),
            ("c{2}", 60.0),
        ] {
            let video = load(&file, all, &field(name)).unwrap();
            assert_eq!(video.shape(), [3, 2, 2], "{name}");
            assert_eq!(values(&video)[..2], [first, first + 2.0], "{name}");
        }
    }
}

#[test]
fn messages_list_what_is_within_structs() {
    let file = nested(false, false);
    let fail = |name| load(&file, &FrameSelection::ALL, &field(name)).unwrap_err();
    assert!(
        fail("s")
            .message()
            .ends_with("its variable s (1×1 struct) is not a video")
    );
    let hint = fail("s").hints()[0].clone();
    assert!(
        hint.contains("s/video (2×3×4 uint16), s/fps (1×1 float64), s/c (1×2 cells)"),
        "{hint}"
    );
    let missing = fail("s/vidoe");
    assert!(
        missing.message().contains("s/video (2×3×4 uint16)"),
        "{missing}"
    );
    assert_eq!(missing.hints(), ["did you mean `s/video`?"]);
}

#[test]
fn damage_within_structs_is_an_error() {
    corruption::check(&nested(false, false), 1500, "mat");
    corruption::check(&nested(true, true), 800, "mat");
}
