//! Tests of files that are valid but unusual, and of those made to do harm.

use super::*;
use crate::io::tiff::directory::Reader;

/// A page of entries with any number of "long" values; the samples begin at byte 8.
fn listed(tags: &[(u16, &[u32])], samples: &[u8]) -> Vec<u8> {
    let mut bytes = b"II*\0".to_vec();
    let directory = (8 + samples.len()).next_multiple_of(2);
    bytes.extend((directory as u32).to_le_bytes());
    bytes.extend(samples);
    bytes.resize(directory, 0);
    bytes.extend((tags.len() as u16).to_le_bytes());
    let mut values_at = directory + 2 + 12 * tags.len() + 4;
    let mut lists = Vec::new();
    for (tag, values) in tags {
        bytes.extend([tag.to_le_bytes(), 4u16.to_le_bytes()].concat());
        bytes.extend((values.len() as u32).to_le_bytes());
        if let [value] = values {
            bytes.extend(value.to_le_bytes());
        } else {
            bytes.extend((values_at as u32).to_le_bytes());
            lists.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            values_at += 4 * values.len();
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(lists);
    bytes
}

const TILE: [u16; 4] = [322, 323, 324, 325];

#[test]
fn planes_of_tiles_that_reach_over_the_edge_load() {
    // Three channels of 20×20 in tiles of 16×16; every sample is its tile's number.
    for extra in [None, Some((338, &[0u32, 0][..]))] {
        let samples: Vec<u8> = (0..12).flat_map(|tile| [tile; 256]).collect();
        let places: Vec<u32> = (0..12).map(|tile| 8 + 256 * tile).collect();
        let mut tags = vec![
            (WIDTH, &[20][..]),
            (HEIGHT, &[20]),
            (BITS, &[8, 8, 8]),
            (PHOTOMETRIC, &[2]),
            (CHANNELS, &[3]),
            (PLANAR, &[2]),
            (TILE[0], &[16]),
            (TILE[1], &[16]),
            (TILE[2], &places),
            (TILE[3], &[256; 12]),
        ];
        tags.extend(extra);
        let video = load(&listed(&tags, &samples)).unwrap();
        assert_eq!(video.shape(), [1, 20, 20, 3]);
        let tile = |row: usize, column: usize| row / 16 * 2 + column / 16;
        let expected: Vec<f64> = (0..1200)
            .map(|i| (tile(i / 60, i / 3 % 20) + 4 * (i % 3)) as f64)
            .collect();
        assert_eq!(values(&video), expected);
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_used_is_an_error() {
    use crate::io::{FrameRange, Recording};
    let (bytes, _) = compressed(Compression::Lzw, Predictor::None);
    with_file(&bytes, |path| {
        let stack = crate::io::tiff::Stack::open(path).unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_len(100).unwrap();
        let range = FrameRange {
            start: 0,
            len: 3,
            step: 1,
        };
        let error = stack.load(range).err().unwrap();
        assert!(error.message().contains("cannot read"), "{error}");
    });
}

/// A chain of directories of one entry each, a list of strips that all of them share.
fn sharing(directories: usize, strips: usize) -> Vec<u8> {
    let size = 2 + 12 + 4;
    let list = (8 + size * directories) as u32;
    let mut bytes = [&b"II*\0"[..], &8u32.to_le_bytes()].concat();
    for directory in 1..=directories {
        bytes.extend([1u16, 273, 4].iter().flat_map(|v| v.to_le_bytes()));
        bytes.extend((strips as u32).to_le_bytes());
        bytes.extend(list.to_le_bytes());
        let next = if directory < directories {
            (8 + size * directory) as u32
        } else {
            0
        };
        bytes.extend(next.to_le_bytes());
    }
    bytes.extend([0; 4].repeat(strips));
    bytes
}

#[test]
fn lists_that_pages_share_cost_no_more_than_the_file() {
    let bytes = sharing(40, 1000);
    let reader = Reader::new(&bytes).unwrap();
    let directories = reader.directories().unwrap().list;
    let lists = directories.iter().map(|d| reader.uints(&d.entries[0]));
    assert_eq!(lists.flatten().count(), 1);
    assert!(reader.first_uint(&directories[1].entries[0]).is_some());
    let error = reader.check().unwrap_err();
    assert_eq!(error.message(), "the descriptions of its pages overlap");
}

/// Tags of a gray page of bytes, the first of its list of strips at byte 8.
fn gray<'a>(width: &'a [u32], height: &'a [u32]) -> Vec<(u16, &'a [u32])> {
    vec![
        (WIDTH, width),
        (HEIGHT, height),
        (BITS, &[8]),
        (PHOTOMETRIC, &[1]),
    ]
}

#[test]
fn strips_may_be_longer_than_their_rows() {
    // 4 rows of 10 bytes, two of them per strip, and 4 bytes of padding.
    let samples: Vec<u8> = (0..48).collect();
    let mut tags = gray(&[10], &[4]);
    tags.extend([(273, &[8, 32][..]), (278, &[2]), (279, &[24, 24])]);
    let video = load(&listed(&tags, &samples)).unwrap();
    let expected = (0..20).chain(24..44).map(f64::from);
    assert_eq!(values(&video), expected.collect::<Vec<_>>());
}

#[test]
fn pages_that_share_their_samples_are_refused() {
    let mut tags = gray(&[64], &[64]);
    tags.extend([(273, &[8][..]), (279, &[4096])]);
    let one = listed(&tags, &[7; 4096]);
    assert_eq!(load(&one).unwrap().shape(), [1, 64, 64]);
    // Copies of the directory, each of which points to the next.
    let directory = one[8 + 4096..].to_vec();
    let mut bytes = one;
    for _ in 0..3 {
        let next = (bytes.len() as u32).to_le_bytes();
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&next);
        bytes.extend(&directory);
    }
    let error = load(&bytes).unwrap_err();
    assert!(error.message().contains("its pages overlap"), "{error}");
}

#[test]
fn the_other_byte_order_is_loaded_instead_of_mapped() {
    let map = |compression| {
        let tags = [
            (WIDTH, 2),
            (HEIGHT, 1),
            (BITS, 16),
            (COMPRESSION, compression),
            (PHOTOMETRIC, 1),
        ];
        with_file(&file(true, false, &tags, &[0, 1, 1, 255]), |path| {
            load_video(path, &Selection::ALL, &Options::mapped(true))
        })
    };
    let video = map(1).unwrap();
    assert_eq!((values(&video), video.is_mmap()), (vec![1.0, 511.0], false));
    let error = map(32773).unwrap_err();
    assert!(error.message().contains("compressed"), "{error}");
}
