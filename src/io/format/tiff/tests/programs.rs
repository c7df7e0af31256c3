//! Tests of files as written by Micro-Manager, MetaMorph, ImageJ and tifffile.

use super::described::{TestTiff, firsts, load_first, series};
use super::*;
use crate::io::{Series, corruption};

#[test]
fn micromanager_says_where_pages_are_and_when_they_were_taken() {
    let mut file = TestTiff::new(&[0; 32]);
    let summary = b"{\"Interval_ms\": 5, \"PixelSize_um\": 0.5}";
    file.put(summary);
    let mut index = Vec::new();
    // The second channel first, the second time first, of two positions.
    for (page, [channel, time, position]) in [[1, 1, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1]]
        .iter()
        .enumerate()
    {
        let text = format!(
            "{{\"ElapsedTime-ms\": {}}}",
            100.0 + 20.0 * f64::from(*time)
        );
        let at = file.put(text.as_bytes());
        let tag = (51_123, 2, text.len() as u32, at);
        let offset = file.page([page as u8; 2], b"", &[tag]);
        index.extend(
            [*channel, 0, *time, *position, offset]
                .map(u32::to_le_bytes)
                .concat(),
        );
    }
    let index_at = file.put(&[3_453_623u32, 5].map(u32::to_le_bytes).concat());
    file.bytes.extend(index);
    let header = [
        54_773_648,
        index_at,
        0,
        0,
        0,
        0,
        2_355_492,
        summary.len() as u32,
    ];
    file.bytes[8..40].copy_from_slice(&header.map(u32::to_le_bytes).concat());
    let bytes = file.bytes;
    let load =
        |options: &LoadOptions| load_first(&[("a_MMStack.tif", bytes.clone())], options).unwrap();
    let video = load(&LoadOptions::default());
    assert_eq!(firsts(&video), (vec![2, 1, 2, 2], vec![3.0, 2.0, 1.0, 0.0]));
    assert_eq!(video.metadata().fps.map(f64::round), Some(50.0));
    assert_eq!(video.metadata().pixel_size, Some([0.5, 0.5]));
    let other = load(&series(Series::Index(1)));
    assert_eq!(firsts(&other), (vec![1, 1, 2], vec![4.0]));
    assert_eq!(other.metadata().fps, Some(200.0));
    corruption::check(&bytes, 300, "tif");
}

#[test]
fn metamorph_has_all_planes_after_one_directory() {
    let stack = |planes: u32, milliseconds: [u32; 3]| {
        let mut file = TestTiff::new(&[]);
        let samples = file.put(&[0, 1, 2, 3, 4, 5]);
        let times =
            milliseconds.map(|time| [0, 1, 2_451_576, time, 0, 0].map(u32::to_le_bytes).concat());
        let times = file.put(&times.concat());
        let lambda = file.put(&[500u32, 1, 500, 1, 500, 1].map(u32::to_le_bytes).concat());
        let size = file.put(&[1u32, 2].map(u32::to_le_bytes).concat());
        let unit = file.put(&[&3u32.to_le_bytes()[..], b"um\0"].concat());
        let pairs = [4, size, 5, size, 6, unit, 30, 1]
            .map(u32::to_le_bytes)
            .concat();
        let pairs = file.put(&pairs);
        file.directory(&[
            (256, 4, 1, 2),
            (257, 4, 1, 1),
            (258, 4, 1, 8),
            (262, 4, 1, 1),
            (273, 4, 1, samples),
            (279, 4, 1, 2),
            (33_628, 4, 4, pairs),
            (33_629, 5, planes, times),
            (33_630, 5, planes, lambda),
        ]);
        file.bytes
    };
    let video = load(&stack(3, [1000, 1020, 1040])).unwrap();
    assert_eq!(firsts(&video), (vec![3, 1, 2], vec![0.0, 2.0, 4.0]));
    let metadata = video.metadata();
    assert_eq!(
        (metadata.fps, metadata.pixel_size),
        (Some(50.0), Some([0.5, 0.5]))
    );
    assert_eq!(metadata.date.as_deref(), Some("2000-02-02T00:00:01.000"));
    // Times that are not ascending are ignored.
    let still = load(&stack(3, [1000; 3])).unwrap();
    assert_eq!(
        (still.shape(), still.metadata().fps),
        (&[3, 1, 2][..], None)
    );
    corruption::check(&stack(3, [1000, 1020, 1040]), 600, "stk");
}

#[test]
fn sizes_of_strips_that_are_not_known_are_worked_out() {
    // Two pages of two strips each; sizes are all stated, absent, or zero.
    let build = |compression: u32, sizes: Option<u32>, rows: bool| {
        let mut file = TestTiff::new(&[]);
        for page in 0..2u8 {
            let strips = [[page, 1], [2, 3]];
            let offsets = strips.map(|strip| match compression {
                1 => file.put(&strip),
                // A run of two literal bytes.
                _ => file.put(&[1, strip[0], strip[1]]),
            });
            let offsets = file.put(&offsets.map(u32::to_le_bytes).concat());
            let mut tags = vec![
                (256, 4, 1, 2),
                (257, 4, 1, 2),
                (258, 4, 1, 8),
                (259, 4, 1, compression),
                (262, 4, 1, 1),
                (273, 4, 2, offsets),
            ];
            if rows {
                tags.push((278, 4, 1, 1));
            }
            if let Some(size) = sizes {
                let sizes = file.put(&[size, size].map(u32::to_le_bytes).concat());
                tags.push((279, 4, 2, sizes));
            }
            file.directory(&tags);
        }
        file.bytes
    };
    for compression in [1, 32_773] {
        for sizes in [Some(if compression == 1 { 2 } else { 3 }), Some(0), None] {
            for rows in [true, false] {
                let video = load(&build(compression, sizes, rows)).unwrap();
                assert_eq!(video.shape(), [2, 2, 2]);
                let expected = [0.0, 1.0, 2.0, 3.0, 1.0, 1.0, 2.0, 3.0];
                assert_eq!(values(&video), expected, "{compression} {sizes:?} {rows}");
            }
        }
    }
}

#[test]
fn what_was_never_written_is_blank() {
    // A page, one without samples, one whose second strip has none, and one more.
    let mut file = TestTiff::new(&[]);
    let whole = file.put(&[1, 2, 3, 4]);
    let half = file.put(&[5, 6]);
    let last = file.put(&[7, 8, 9, 10]);
    let pages = [
        [whole, whole + 2, 2, 2],
        [0, 0, 0, 0],
        [half, 0, 2, 0],
        [last, last + 2, 2, 2],
    ];
    for page in pages {
        let lists = file.put(&page.map(u32::to_le_bytes).concat());
        file.directory(&[
            (256, 4, 1, 2),
            (257, 4, 1, 2),
            (258, 4, 1, 8),
            (262, 4, 1, 1),
            (273, 4, 2, lists),
            (278, 4, 1, 1),
            (279, 4, 2, lists + 8),
        ]);
    }
    let video = load(&file.bytes).unwrap();
    assert_eq!(video.shape(), [4, 2, 2]);
    let expected = [1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8, 9, 10];
    assert_eq!(values(&video), expected.map(f64::from));
    corruption::check(&file.bytes, 300, "tif");
    // A small file cannot claim any number of unwritten samples.
    let mut huge = TestTiff::new(&[]);
    huge.directory(&[
        (256, 4, 1, 1 << 20),
        (257, 4, 1, 1 << 20),
        (258, 4, 1, 8),
        (262, 4, 1, 1),
        (273, 4, 1, 0),
        (279, 4, 1, 0),
    ]);
    let error = load(&huge.bytes).unwrap_err();
    assert!(
        error
            .message()
            .contains("implausible number of empty pages"),
        "{error}"
    );
}

#[test]
fn old_texts_are_latin_1() {
    let text = b"ImageJ=1.53\nimages=2\nunit=\xB5m\nfinterval=2\ntunit=\xB5s\n";
    let mut file = TestTiff::new(&[]);
    let fraction = file.put(&[4u32, 1].map(u32::to_le_bytes).concat());
    let resolution = [(282, 5, 1, fraction), (283, 5, 1, fraction)];
    file.page([0, 0], text, &resolution);
    file.page([1, 1], b"", &[]);
    let video = load(&file.bytes).unwrap();
    assert_eq!(video.metadata().pixel_size, Some([0.25, 0.25]));
    assert_eq!(video.metadata().fps.map(f64::round), Some(500_000.0));
}

#[test]
fn axes_of_tifffile_make_channels() {
    let cases = [
        (
            "{\"shape\": [2, 2, 1, 2], \"axes\": \"TCYX\"}",
            vec![2, 1, 2, 2],
            [0, 1, 2, 3],
        ),
        (
            "{\"shape\": [2, 2, 1, 2], \"axes\": \"CTYX\"}",
            vec![2, 1, 2, 2],
            [0, 2, 1, 3],
        ),
        ("{\"shape\": [2, 2, 1, 2]}", vec![4, 1, 2], [0, 1, 2, 3]),
        (
            "{\"shape\": [4, 1, 2], \"axes\": \"QYX\"}",
            vec![4, 1, 2],
            [0, 1, 2, 3],
        ),
    ];
    for (text, shape, expected) in cases {
        let video = load(&TestTiff::counting(4, text)).unwrap();
        assert_eq!(
            firsts(&video),
            (shape, expected.map(f64::from).to_vec()),
            "{text}"
        );
    }
    let error = load(&TestTiff::counting(
        3,
        "{\"shape\": [3, 1, 2], \"axes\": \"YXT\"}",
    ))
    .unwrap_err();
    assert!(error.message().contains("its axes are YXT"), "{error}");
}
