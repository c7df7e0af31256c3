//! Tests of files that are valid but unusual, and of malicious ones.

use super::*;
use crate::io::format::tiff::directory::TiffReader;

/// A page of entries with any number of "long" values; the samples start at byte 8.
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
    // Three channels of 20×20 in tiles of 16×16; every sample is the number of its tile.
    for extra in [None, Some((338, &[0u32, 0][..]))] {
        let samples: Vec<u8> = (0..12).flat_map(|tile| [tile; 256]).collect();
        let offsets: Vec<u32> = (0..12).map(|tile| 8 + 256 * tile).collect();
        let mut tags = vec![
            (WIDTH, &[20][..]),
            (HEIGHT, &[20]),
            (BITS, &[8, 8, 8]),
            (PHOTOMETRIC, &[2]),
            (CHANNELS, &[3]),
            (PLANAR, &[2]),
            (TILE[0], &[16]),
            (TILE[1], &[16]),
            (TILE[2], &offsets),
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

// Windows lets nobody shorten a file that is mapped.
#[cfg(unix)]
#[test]
fn a_file_that_shrinks_while_it_is_used_is_an_error() {
    use crate::io::recording::{FrameRange, Recording};
    let (bytes, _) = compressed(Compression::Lzw, Predictor::None);
    with_file(&bytes, |path| {
        let stack =
            crate::io::format::tiff::TiffStack::open(path, &LoadOptions::default()).unwrap();
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

/// A chain of directories of one entry each, which all share a list of strips.
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
    let reader = TiffReader::new(&bytes).unwrap();
    let directories = reader.directories().unwrap().list;
    let lists = directories.iter().map(|d| reader.uints(&d.entries[0]));
    assert_eq!(lists.flatten().count(), 1);
    assert!(reader.first_uint(&directories[1].entries[0]).is_some());
    let error = reader.check().unwrap_err();
    assert_eq!(error.message(), "the descriptions of its pages overlap");
}

/// Tags of a gray page of bytes; the first offset in its list of strips is byte 8.
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
    // Copies of the directory, each pointing to the next.
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
            load_video(path, &FrameSelection::ALL, &LoadOptions::mapped(true))
        })
    };
    let video = map(1).unwrap();
    assert_eq!((values(&video), video.is_mmap()), (vec![1.0, 511.0], false));
    let error = map(32773).unwrap_err();
    assert!(error.message().contains("compressed"), "{error}");
}

#[test]
fn channels_become_the_last_axis() {
    let samples: Vec<u8> = (0..24).collect();
    let ome = "<OME><Image><Pixels DimensionOrder=\"XYTCZ\" SizeC=\"2\" SizeT=\"3\" SizeZ=\"1\"/></Image></OME>";
    let cases = [
        (
            "ImageJ=1.53\nimages=6\nchannels=2\nframes=3\n",
            [8.0, 12.0, 9.0, 13.0],
        ),
        (ome, [4.0, 16.0, 5.0, 17.0]),
    ];
    for (description, second) in cases {
        let pages = pages_of(description, &samples);
        for use_mmap in [false, true] {
            let options = LoadOptions::mapped(use_mmap);
            let video = with_file(&pages, |path| {
                load_video(path, &FrameSelection::ALL, &options)
            });
            let video = video.unwrap();
            assert_eq!(video.shape(), [3, 2, 2, 2]);
            assert_eq!(values(&video)[8..12], second, "{description}");
            let part = FrameSelection {
                start: 1,
                frames: Some(1),
                step: 1,
            };
            let part = with_file(&pages, |path| load_video(path, &part, &options)).unwrap();
            assert_eq!(values(&part)[..4], second);
        }
    }
}

/// Pages of 2×2 pixels with a directory each; the first has a description.
fn pages_of(description: &str, samples: &[u8]) -> Vec<u8> {
    let mut bytes = b"II*\0\0\0\0\0".to_vec();
    bytes.extend(samples);
    let text = bytes.len() as u32;
    bytes.extend(description.as_bytes());
    let mut link = 4;
    for page in 0..samples.len() / 4 {
        let mut tags = vec![
            (256, 4, 1, 2),
            (257, 4, 1, 2),
            (258, 4, 1, 8),
            (262, 4, 1, 1),
            (273, 4, 1, 8 + 4 * page as u32),
            (279, 4, 1, 4),
        ];
        if page == 0 {
            tags.insert(4, (270, 2, description.len() as u32, text));
        }
        link = add_directory(&mut bytes, link, &tags);
    }
    bytes
}

/// Adds a directory of tags with their types, counts and values, and returns where the offset of
/// the next one goes.
pub(super) fn add_directory(
    bytes: &mut Vec<u8>,
    link: usize,
    tags: &[(u16, u16, u32, u32)],
) -> usize {
    let start = bytes.len() as u32;
    bytes[link..link + 4].copy_from_slice(&start.to_le_bytes());
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend([0; 4]);
    bytes.len() - 4
}

#[test]
fn planes_can_be_frames() {
    for (description, shape) in [
        ("{\"shape\": [3, 2, 2]}", &[3, 2, 2][..]),
        ("", &[1, 2, 2, 3]),
    ] {
        let mut bytes = b"II*\0\0\0\0\0".to_vec();
        bytes.extend(0..12);
        let offsets = bytes.len() as u32;
        bytes.extend([8u32, 12, 16, 4, 4, 4].map(u32::to_le_bytes).concat());
        let text = bytes.len() as u32;
        bytes.extend(description.as_bytes());
        let tags = [
            (256, 4, 1, 2),
            (257, 4, 1, 2),
            (258, 4, 1, 8),
            (262, 4, 1, 2),
            (270, 2, description.len() as u32, text),
            (273, 4, 3, offsets),
            (277, 4, 1, 3),
            (279, 4, 3, offsets + 12),
            (284, 4, 1, 2),
        ];
        add_directory(&mut bytes, 4, &tags);
        let video = load(&bytes).unwrap();
        assert_eq!(video.shape(), shape);
        let step = if description.is_empty() { 4.0 } else { 1.0 };
        assert_eq!(values(&video)[..2], [0.0, step]);
    }
}

#[test]
fn tiles_of_lzw_need_no_mark_of_their_end() {
    let value = |tile: usize, row: usize, column: usize| (7 * tile + 16 * row + column) as u8;
    let tiles: Vec<Vec<u8>> = (0..2)
        .map(|tile| {
            let rows = (0..16).flat_map(|row| (0..16).map(move |column| (row, column)));
            let literals: Vec<u32> = rows
                .map(|(row, column)| u32::from(value(tile, row, column)))
                .collect();
            // The table is cleared before codes need more than nine bits.
            nine_bits(&[&[256], &literals[..128], &[256], &literals[128..]].concat())
        })
        .collect();
    let len = tiles[0].len() as u32;
    let bytes = listed(
        &[
            (WIDTH, &[20]),
            (HEIGHT, &[10]),
            (BITS, &[8]),
            (COMPRESSION, &[5]),
            (PHOTOMETRIC, &[1]),
            (322, &[16]),
            (323, &[16]),
            (324, &[8, 8 + len]),
            (325, &[len, len]),
        ],
        &tiles.concat(),
    );
    let video = load(&bytes).unwrap();
    assert_eq!(video.shape(), [1, 10, 20]);
    let pixels = (0..10).flat_map(|row| (0..20).map(move |x| (row, x)));
    let expected = pixels.map(|(row, x)| f64::from(value(x / 16, row, x % 16)));
    assert_eq!(values(&video), expected.collect::<Vec<_>>());
    crate::io::corruption::check(&bytes, 300, "tif");
}

/// Codes of nine bits, highest bit first.
fn nine_bits(codes: &[u32]) -> Vec<u8> {
    let (mut bytes, mut held, mut count) = (Vec::new(), 0u32, 0);
    for code in codes {
        held = held << 9 | code;
        count += 9;
        while count >= 8 {
            count -= 8;
            bytes.push((held >> count) as u8);
        }
    }
    bytes.push((held << (8 - count)) as u8);
    bytes
}

/// A page in one strip.
fn in_a_strip(compression: u32, bits: &[u32], size: [u32; 2], strip: &[u8]) -> Vec<u8> {
    let channels = bits.len() as u32;
    let tags: [(u16, &[u32]); 9] = [
        (WIDTH, &size[..1]),
        (HEIGHT, &size[1..]),
        (BITS, bits),
        (COMPRESSION, &[compression]),
        (PHOTOMETRIC, &[if channels == 1 { 0 } else { 2 }]),
        (273, &[8]),
        (CHANNELS, &[channels]),
        (278, &size[1..]),
        (279, &[strip.len() as u32]),
    ];
    listed(&tags, strip)
}

#[test]
fn faxes_load_and_do_no_harm() {
    let row = [0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].map(f64::from);
    // By runs (2 white, 3 black, 11 white), with end-of-line codes between them, and as changes.
    for (compression, strip) in [
        (2, &[0x79, 0x00, 0x79, 0x00][..]),
        (3, &[0x00, 0x17, 0x90, 0x00, 0x17, 0x90]),
        (4, &[0x2F, 0x78]),
    ] {
        let bytes = in_a_strip(compression, &[1], [16, 2], strip);
        let video = load(&bytes).unwrap();
        assert_eq!(video.shape(), [1, 2, 16]);
        assert_eq!(values(&video), [row, row].concat(), "{compression}");
        crate::io::corruption::check(&bytes, 800, "tif");
    }
}

#[test]
fn webp_loads_and_does_no_harm() {
    let pixels: Vec<u8> = (0..5 * 4 * 3).map(|value| value * 4).collect();
    let mut strip = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut strip);
    let colors = image_webp::ColorType::Rgb8;
    encoder.encode(&pixels, 5, 4, colors).unwrap();
    let bytes = in_a_strip(50001, &[8; 3], [5, 4], &strip);
    let video = load(&bytes).unwrap();
    assert_eq!(video.shape(), [1, 4, 5, 3]);
    let expected: Vec<f64> = pixels.into_iter().map(f64::from).collect();
    assert_eq!(values(&video), expected);
    crate::io::corruption::check(&bytes, 800, "tif");
}

#[test]
fn lzma_loads_and_does_no_harm() {
    let strip = crate::io::codec::lzma::EXAMPLE;
    let bytes = in_a_strip(34925, &[8], [4, 3], strip);
    let expected: Vec<f64> = (1..=12).map(f64::from).collect();
    assert_eq!(values(&load(&bytes).unwrap()), expected);
    crate::io::corruption::check(&bytes, 800, "tif");
}

/// A JPEG image of a ramp of 5 per column and 3 per row, gray or in color.
fn jpeg_picture(width: u16, height: u16, channels: usize) -> (Vec<u8>, Vec<u8>) {
    let pixel = |index: usize| {
        let (row, column) = (index / usize::from(width), index % usize::from(width));
        let value = (3 * row + 5 * column) as u8;
        [value, 120, 250 - value].into_iter().take(channels)
    };
    let count = usize::from(width) * usize::from(height);
    let pixels: Vec<u8> = (0..count).flat_map(pixel).collect();
    let color = match channels {
        1 => jpeg_encoder::ColorType::Luma,
        _ => jpeg_encoder::ColorType::Rgb,
    };
    let mut strip = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut strip, 100);
    encoder.encode(&pixels, width, height, color).unwrap();
    (strip, pixels)
}

#[track_caller]
fn check_near(video: &Video, expected: &[u8], distance: f64) {
    let values = values(video);
    assert_eq!(values.len(), expected.len());
    for (value, expected) in values.into_iter().zip(expected) {
        let expected = f64::from(*expected);
        assert!(
            (value - expected).abs() <= distance,
            "{value} is not {expected}"
        );
    }
}

#[test]
fn jpeg_loads_and_does_no_harm() {
    let (strip, pixels) = jpeg_picture(20, 17, 1);
    // Low values stay low, although they are displayed white.
    let bytes = in_a_strip(7, &[8], [20, 17], &strip);
    let video = load(&bytes).unwrap();
    assert_eq!(video.shape(), [1, 17, 20]);
    check_near(&video, &pixels, 2.0);
    crate::io::corruption::check(&bytes, 800, "tif");
    // Missing data does not become gray.
    let error = load(&in_a_strip(7, &[8], [20, 17], &strip[..strip.len() - 60])).unwrap_err();
    assert!(error.message().contains("damaged"), "{error}");
    let error = load(&in_a_strip(7, &[8], [21, 17], &strip)).unwrap_err();
    assert!(error.message().contains("the wrong size"), "{error}");
}

#[test]
fn jpeg_colors_are_those_that_the_page_says() {
    let (strip, pixels) = jpeg_picture(24, 16, 3);
    let rgb = in_a_strip(7, &[8; 3], [24, 16], &strip);
    let luma = values(&load(&rgb).unwrap())[0];
    // The first pixel is 0, 120, 250.
    assert!((luma - 98.9).abs() < 3.0, "{luma}");
    let mut ycbcr = rgb;
    let entry = [262u16.to_le_bytes(), 4u16.to_le_bytes()].concat();
    let offset = ycbcr.windows(4).position(|window| window == entry).unwrap();
    ycbcr[offset + 8] = 6;
    let video = load(&ycbcr).unwrap();
    assert_eq!(video.shape(), [1, 16, 24, 3]);
    check_near(&video, &pixels, 8.0);
    crate::io::corruption::check(&ycbcr, 400, "tif");
}

/// The tables of a JPEG image, and the image without them.
fn split_tables(picture: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut tables, mut rest) = (vec![0xFF, 0xD8], vec![0xFF, 0xD8]);
    let mut at = 2;
    while picture[at + 1] != 0xDA {
        let len = 2 + usize::from(u16::from_be_bytes([picture[at + 2], picture[at + 3]]));
        let is_table = matches!(picture[at + 1], 0xDB | 0xC4);
        let to = if is_table { &mut tables } else { &mut rest };
        to.extend(&picture[at..at + len]);
        at += len;
    }
    tables.extend([0xFF, 0xD9]);
    rest.extend(&picture[at..]);
    (tables, rest)
}

#[test]
fn jpeg_tables_can_be_apart() {
    let (picture, pixels) = jpeg_picture(16, 8, 1);
    let (tables, strip) = split_tables(&picture);
    let size = strip.len() as u32;
    let samples = [strip, tables.clone()].concat();
    let mut bytes = listed(
        &[
            (WIDTH, &[16]),
            (HEIGHT, &[8]),
            (BITS, &[8]),
            (COMPRESSION, &[7]),
            (PHOTOMETRIC, &[1]),
            (273, &[8]),
            (279, &[size]),
            (347, &[8 + size]),
        ],
        &samples,
    );
    let entry = [347u16.to_le_bytes(), 4u16.to_le_bytes()].concat();
    let offset = bytes.windows(4).position(|window| window == entry).unwrap();
    bytes[offset + 2] = 7;
    bytes[offset + 4..][..4].copy_from_slice(&(tables.len() as u32).to_le_bytes());
    check_near(&load(&bytes).unwrap(), &pixels, 2.0);
    crate::io::corruption::check(&bytes, 400, "tif");
}

#[test]
fn color_differences_of_fewer_pixels_are_refused() {
    let page = |sampling: &[u32]| {
        let tags: [(u16, &[u32]); 8] = [
            (WIDTH, &[2]),
            (HEIGHT, &[1]),
            (BITS, &[8; 3]),
            (PHOTOMETRIC, &[6]),
            (273, &[8]),
            (CHANNELS, &[3]),
            (279, &[6]),
            (530, sampling),
        ];
        load(&listed(&tags, &[100, 128, 128, 150, 128, 228]))
    };
    let video = page(&[1, 1]).unwrap();
    assert_eq!(values(&video), [100.0, 100.0, 100.0, 255.0, 79.0, 150.0]);
    let error = page(&[2, 2]).unwrap_err();
    assert!(
        error.message().contains("for JPEG compression only"),
        "{error}"
    );
}
