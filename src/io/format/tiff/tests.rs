//! Tests of TIFF reading and writing as a whole.

mod described;
mod programs;
mod unusual;

use std::path::Path;

use tiff::encoder::{Compression, DeflateLevel, TiffEncoder, colortype};
use tiff::tags::Predictor;

use crate::io::recording::{FrameSelection, LoadOptions};
use crate::io::{info, load_video, save_video};
use crate::video::{DType, Element, Metadata, Strided, Video, map_samples, with_dtype};

fn ramp<T: Element>(shape: &[usize]) -> Video {
    let len: usize = shape.iter().product();
    let samples = (0..len).map(|v| T::from_f64(v as f64)).collect();
    Video::new(Strided::<T>::from_vec(shape, samples))
}

fn values(video: &Video) -> Vec<f64> {
    map_samples!(video.samples(), array => array.view().iter().map(|v| v.to_f64()).collect())
}

fn with_file<R>(bytes: &[u8], run: impl FnOnce(&Path) -> R) -> R {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tif");
    std::fs::write(&path, bytes).unwrap();
    run(&path)
}

fn load(bytes: &[u8]) -> crate::error::Result<Video> {
    with_file(bytes, |path| {
        load_video(path, &FrameSelection::ALL, &LoadOptions::default())
    })
}

/// The bytes of a saved video.
fn saved(video: &Video) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tif");
    save_video(&path, video).unwrap();
    std::fs::read(path).unwrap()
}

/// A page's tags with their values, the samples, and where the offset of the samples goes.
fn file(big_endian: bool, big_tiff: bool, tags: &[(u16, u32)], samples: &[u8]) -> Vec<u8> {
    let number = |value: u64, size: usize| match big_endian {
        true => value.to_be_bytes()[8 - size..].to_vec(),
        false => value.to_le_bytes()[..size].to_vec(),
    };
    let mut bytes = if big_endian {
        b"MM".to_vec()
    } else {
        b"II".to_vec()
    };
    let (offset_size, count_size) = if big_tiff { (8, 8) } else { (4, 2) };
    bytes.extend(number(if big_tiff { 43 } else { 42 }, 2));
    if big_tiff {
        bytes.extend([number(8, 2), number(0, 2)].concat());
    }
    let start = bytes.len() + offset_size;
    bytes.extend(number((start + samples.len()) as u64, offset_size));
    bytes.extend(samples);
    bytes.extend(number(tags.len() as u64 + 2, count_size));
    let offsets = [(273, start as u32), (279, samples.len() as u32)];
    for (tag, value) in tags.iter().chain(&offsets) {
        bytes.extend(
            [
                number(u64::from(*tag), 2),
                number(4, 2),
                number(1, offset_size),
            ]
            .concat(),
        );
        bytes.extend(number(u64::from(*value), 4));
        bytes.resize(bytes.len() + offset_size - 4, 0);
    }
    bytes.extend(number(0, offset_size));
    bytes
}

const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const CHANNELS: u16 = 277;
const PLANAR: u16 = 284;
const FORMAT: u16 = 339;

#[test]
fn every_type_is_saved_exactly_and_maps() {
    for dtype in DType::ALL.iter().filter(|dtype| **dtype != DType::Bool) {
        for shape in [
            &[5, 4, 3][..],
            &[2, 4, 3, 3],
            &[2, 4, 3, 4],
            &[2, 3, 2, 7],
            &[1, 4, 3],
        ] {
            let video = with_dtype!(*dtype, T => ramp::<T>(shape));
            let flipped = video.with_layout(video.layout().flip(1));
            with_file(&saved(&flipped), |path| {
                for use_mmap in [false, true] {
                    let loaded =
                        load_video(path, &FrameSelection::ALL, &LoadOptions::mapped(use_mmap))
                            .unwrap();
                    assert_eq!((loaded.dtype(), loaded.shape()), (*dtype, shape));
                    assert_eq!(values(&loaded), values(&flipped));
                    assert_eq!(loaded.is_mmap(), use_mmap);
                }
            });
        }
    }
}

#[test]
fn frame_rates_survive() {
    for video in [ramp::<u16>(&[3, 2, 2]), ramp::<i32>(&[3, 2, 2])] {
        let (samples, _) = video.into_parts();
        let metadata = Metadata {
            fps: Some(500.0),
            ..Metadata::default()
        };
        let video = Video::with_metadata(samples, metadata);
        with_file(&saved(&video), |path| {
            assert_eq!(info(path).unwrap().metadata.fps, Some(500.0));
            let every_second = FrameSelection {
                step: 2,
                ..FrameSelection::ALL
            };
            let loaded = load_video(path, &every_second, &LoadOptions::default()).unwrap();
            assert_eq!(loaded.metadata().fps, Some(250.0));
            assert_eq!(loaded.metadata().source.as_deref(), Some(path));
        });
    }
}

#[test]
fn only_the_frames_asked_for_are_loaded() {
    let selection = FrameSelection {
        start: 1,
        frames: Some(2),
        step: 3,
    };
    with_file(&saved(&ramp::<u8>(&[6, 1, 2])), |path| {
        for use_mmap in [false, true] {
            let video = load_video(path, &selection, &LoadOptions::mapped(use_mmap)).unwrap();
            assert_eq!(values(&video), [2.0, 3.0, 8.0, 9.0]);
        }
    });
}

#[test]
fn byte_orders_sizes_of_offsets_and_types_load() {
    let page = [(WIDTH, 2), (HEIGHT, 1), (PHOTOMETRIC, 1)];
    for big_tiff in [false, true] {
        let tags = [&page[..], &[(BITS, 16)]].concat();
        let little = load(&file(false, big_tiff, &tags, &[1, 0, 255, 1])).unwrap();
        let big = load(&file(true, big_tiff, &tags, &[0, 1, 1, 255])).unwrap();
        assert_eq!(
            (little.dtype(), values(&little)),
            (DType::U16, vec![1.0, 511.0])
        );
        assert_eq!((big.dtype(), values(&big)), (DType::U16, vec![1.0, 511.0]));
    }
    let tags = [&page[..], &[(BITS, 16), (FORMAT, 3)]].concat();
    let half = load(&file(false, false, &tags, &[0, 0x3c, 0, 0xc0])).unwrap();
    assert_eq!((half.dtype(), values(&half)), (DType::F32, vec![1.0, -2.0]));
}

#[test]
fn low_values_stay_low_where_they_are_white() {
    let packbits = [
        (WIDTH, 2),
        (HEIGHT, 2),
        (BITS, 8),
        (COMPRESSION, 32773),
        (PHOTOMETRIC, 0),
    ];
    let video = load(&file(false, false, &packbits, &[3, 1, 2, 3, 4])).unwrap();
    assert_eq!(values(&video), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn planes_become_channels() {
    let tags = [
        (WIDTH, 2),
        (HEIGHT, 1),
        (BITS, 8),
        (PHOTOMETRIC, 2),
        (CHANNELS, 3),
        (PLANAR, 2),
    ];
    let mut bytes = file(false, false, &tags, &[1, 2, 3, 4, 5, 6]);
    // The format requires one strip for each plane: three offsets and sizes.
    let lists = bytes.len() as u32;
    bytes.extend([8u32, 10, 12, 2, 2, 2].iter().flat_map(|v| v.to_le_bytes()));
    for (tag, list) in [(273u16, lists), (279, lists + 12)] {
        let entry = (14..)
            .find(|at| bytes[*at..at + 2] == tag.to_le_bytes())
            .unwrap();
        bytes[entry + 4..entry + 8].copy_from_slice(&3u32.to_le_bytes());
        bytes[entry + 8..entry + 12].copy_from_slice(&list.to_le_bytes());
    }
    let video = load(&bytes).unwrap();
    assert_eq!(video.shape(), [1, 1, 2, 3]);
    assert_eq!(values(&video), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
}

#[test]
fn packed_bits_are_unpacked() {
    let tags = |bits| [(WIDTH, 3), (HEIGHT, 1), (BITS, bits), (PHOTOMETRIC, 1)];
    let bits = load(&file(false, false, &tags(1), &[0b1010_0000])).unwrap();
    assert_eq!(
        (bits.dtype(), values(&bits)),
        (DType::Bool, vec![1.0, 0.0, 1.0])
    );
    let twelve = load(&file(
        true,
        false,
        &tags(12),
        &[0x12, 0x34, 0x56, 0x78, 0x90],
    ))
    .unwrap();
    assert_eq!(
        (twelve.dtype(), values(&twelve)),
        (DType::U16, vec![291.0, 1110.0, 1929.0])
    );
}

/// Three pages of 40×30, encoded by the `tiff` crate.
fn compressed(compression: Compression, predictor: Predictor) -> (Vec<u8>, Vec<f64>) {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let pages: Vec<Vec<u16>> = (0..3)
        .map(|page| (0..1200).map(|v| v * 7 % 400 + page).collect())
        .collect();
    let mut encoder = TiffEncoder::new(&mut bytes)
        .unwrap()
        .with_compression(compression)
        .with_predictor(predictor);
    for page in &pages {
        encoder
            .write_image::<colortype::Gray16>(40, 30, page)
            .unwrap();
    }
    (
        bytes.into_inner(),
        pages.concat().into_iter().map(f64::from).collect(),
    )
}

#[test]
fn compressed_pages_load() {
    let deflate = Compression::Deflate(DeflateLevel::Fast);
    for compression in [
        Compression::Lzw,
        deflate,
        Compression::Packbits,
        Compression::Uncompressed,
    ] {
        for predictor in [Predictor::None, Predictor::Horizontal] {
            let (bytes, expected) = compressed(compression, predictor);
            let video = load(&bytes).unwrap();
            assert_eq!(video.shape(), [3, 30, 40]);
            assert_eq!(values(&video), expected);
        }
    }
    let (bytes, _) = compressed(Compression::Lzw, Predictor::None);
    let error = with_file(&bytes, |path| {
        load_video(path, &FrameSelection::ALL, &LoadOptions::mapped(true))
    })
    .unwrap_err();
    assert!(
        error
            .message()
            .ends_with("its pages are compressed, tiled or packed"),
        "{error}"
    );
}

/// One page for several frames, with the given description.
fn hyperstack(description: &str, samples: &[u8]) -> Vec<u8> {
    let tags = [
        (WIDTH, 2),
        (HEIGHT, 2),
        (BITS, 8),
        (PHOTOMETRIC, 1),
        (270, 0),
    ];
    let mut bytes = file(false, false, &tags, samples);
    let entry = 8 + samples.len() + 2 + 4 * 12;
    let offset = bytes.len() as u32;
    bytes[entry + 2..entry + 4].copy_from_slice(&2u16.to_le_bytes());
    bytes[entry + 4..entry + 8].copy_from_slice(&(description.len() as u32).to_le_bytes());
    bytes[entry + 8..entry + 12].copy_from_slice(&offset.to_le_bytes());
    bytes.extend(description.as_bytes());
    bytes
}

#[test]
fn one_directory_can_stand_for_all_frames() {
    let samples: Vec<u8> = (0..12).collect();
    for description in [
        "ImageJ=1.53\nimages=3\nfinterval=0.5\n",
        "{\"shape\": [3, 2, 2], \"fps\": 2}",
    ] {
        let video = load(&hyperstack(description, &samples)).unwrap();
        assert_eq!(
            (video.shape(), video.metadata().fps),
            (&[3, 2, 2][..], Some(2.0))
        );
        assert_eq!(values(&video), (0..12).map(f64::from).collect::<Vec<_>>());
    }
}

#[test]
fn of_a_file_cut_short_the_whole_frames_load() {
    let mut bytes = saved(&ramp::<u8>(&[5, 4, 4]));
    bytes.truncate(16 + 3 * 16 + 7);
    assert!(load(&bytes).is_err(), "the directories are lost");
    let (bytes, expected) = compressed(Compression::Lzw, Predictor::None);
    let cut = load(&bytes[..bytes.len() * 3 / 4]).unwrap();
    assert_eq!(cut.shape(), [2, 30, 40]);
    assert_eq!(values(&cut), expected[..2400]);
}

#[test]
fn damaged_files_never_panic() {
    use crate::io::corruption;
    corruption::check(&saved(&ramp::<u16>(&[3, 4, 5])), 800, "tif");
    let (deflated, _) = compressed(
        Compression::Deflate(DeflateLevel::Fast),
        Predictor::Horizontal,
    );
    corruption::check(&deflated, 600, "tif");
    let (lzw, _) = compressed(Compression::Lzw, Predictor::None);
    corruption::check(&lzw, 600, "tif");
    corruption::check(&hyperstack("ImageJ=1.53\nimages=3\n", &[7; 12]), 800, "tif");
}

#[test]
fn claims_beyond_the_file_are_refused_before_allocation() {
    let tags = [
        (WIDTH, 4_000_000_000),
        (HEIGHT, 4_000_000_000),
        (BITS, 64),
        (PHOTOMETRIC, 1),
    ];
    let error = load(&file(false, false, &tags, &[0; 8])).unwrap_err();
    assert!(
        error.message().contains("larger than any memory"),
        "{error}"
    );
    for compression in [1, 5, 8, 32773] {
        let tags = [
            (WIDTH, 1_000_000),
            (HEIGHT, 1_000_000),
            (BITS, 8),
            (COMPRESSION, compression),
            (PHOTOMETRIC, 1),
        ];
        let error = load(&file(false, false, &tags, &[0; 8])).unwrap_err();
        assert!(error.message().contains("is truncated"), "{error}");
    }
}
