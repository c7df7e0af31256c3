//! Tests of movies that need no program.

use std::path::{Path, PathBuf};

use gif::{Encoder, Frame};
use png::{BitDepth, ColorType};

use super::{FrameRange, Recording, h264};
use crate::io::{Options, Selection, damage, info, load_video};
use crate::video::{DType, Element, Samples, Video, map_samples};

fn values(samples: &Samples) -> Vec<f64> {
    map_samples!(samples, array => array.view().iter().map(|v| v.to_f64()).collect())
}

fn load(bytes: &[u8], end: &str, start: usize, as_grey: bool) -> Video {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(end);
    std::fs::write(&path, bytes).unwrap();
    let selection = Selection {
        start,
        ..Selection::ALL
    };
    let options = Options {
        as_grey,
        ..Options::default()
    };
    load_video(&path, &selection, &options).unwrap()
}

/// Three frames of 2×2 pixels: the second changes one pixel, the third leaves one as it was.
fn gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let palette = [0, 0, 0, 100, 100, 100, 200, 200, 200, 255, 0, 0];
    let mut encoder = Encoder::new(&mut bytes, 2, 2, &palette).unwrap();
    let mut write = |place: [u16; 4], pixels: &[u8], transparent| {
        let [left, top, width, height] = place;
        let frame = Frame {
            delay: 4,
            left,
            top,
            ..Frame::from_indexed_pixels(width, height, pixels.to_vec(), transparent)
        };
        encoder.write_frame(&frame).unwrap();
    };
    write([0, 0, 2, 2], &[0, 1, 2, 3], None);
    write([1, 0, 1, 1], &[2], None);
    write([0, 0, 2, 2], &[1, 1, 0, 2], Some(0));
    drop(encoder);
    bytes
}

#[test]
fn gif_frames_are_drawn_over_each_other() {
    let gray = load(&gif(), "a.gif", 0, true);
    assert_eq!(gray.shape(), [3, 2, 2]);
    assert_eq!((gray.dtype(), gray.metadata().fps), (DType::U8, Some(25.0)));
    let frames = [
        [0.0, 100.0, 200.0, 76.0],
        [0.0, 200.0, 200.0, 76.0],
        [100.0, 100.0, 200.0, 200.0],
    ];
    assert_eq!(values(gray.samples()), frames.concat());
    assert_eq!(values(load(&gif(), "a.gif", 2, true).samples()), frames[2]);
    let colored = load(&gif(), "a.gif", 1, false);
    assert_eq!(colored.shape(), [2, 2, 2, 3]);
    assert_eq!(values(colored.samples())[9..12], [255.0, 0.0, 0.0]);
}

/// Two frames of 2×1 pixels of 16 bits, the second of which adds one pixel.
fn apng() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Sixteen);
    encoder.set_animated(2, 0).unwrap();
    encoder.set_frame_delay(1, 50).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[1, 0, 2, 0]).unwrap();
    writer.set_frame_dimension(1, 1).unwrap();
    writer.set_frame_position(1, 0).unwrap();
    writer.write_image_data(&[3, 1]).unwrap();
    writer.finish().unwrap();
    bytes
}

#[test]
fn apng_keeps_16_bits() {
    for end in ["a.png", "a.apng"] {
        let video = load(&apng(), end, 0, true);
        assert_eq!((video.shape(), video.dtype()), (&[2, 1, 2][..], DType::U16));
        assert_eq!(values(video.samples()), [256.0, 512.0, 256.0, 769.0]);
        assert_eq!(video.metadata().fps, Some(50.0));
    }
    assert_eq!(load(&apng(), "a.png", 0, false).shape(), [2, 1, 2, 3]);
}

/// Two frames of 2×1 pixels of 8 bits, before which there is a picture that is none of them.
fn apng_with_cover() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_animated(2, 0).unwrap();
    encoder.set_sep_def_img(true).unwrap();
    encoder.set_frame_delay(1, 20).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for frame in [[9, 9], [1, 2], [3, 4]] {
        writer.write_image_data(&frame).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

#[test]
fn a_cover_is_no_frame() {
    let video = load(&apng_with_cover(), "a.png", 0, true);
    assert_eq!(video.shape(), [2, 1, 2]);
    assert_eq!(values(video.samples()), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(video.metadata().fps, Some(20.0));
    assert_eq!(
        values(load(&apng_with_cover(), "a.png", 1, true).samples()),
        [3.0, 4.0]
    );
}

/// A ramp of 20 per frame, 2 per row and 3 per column in 7 frames of 32×48 pixels, some of which
/// are stored in another order than they are shown.
fn ramp_film() -> PathBuf {
    film_named("ramp.mp4")
}

fn film_named(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/film");
    folder.join(name)
}

/// The pixel in the middle of each frame of a film whose frames are those of the ramp.
fn centers(path: &Path) -> Vec<f64> {
    let film = h264::open(path, true).unwrap();
    let all = FrameRange {
        start: 0,
        len: film.layout().unwrap().0[0],
        step: 1,
    };
    let samples = values(&film.load(all).unwrap());
    let frames = samples.chunks(32 * 48);
    frames.map(|frame| frame[16 * 48 + 24]).collect()
}

/// What is drawn in the middle of a frame of the ramp.
fn drawn(frame: usize) -> f64 {
    f64::from((20 * frame as u32 + 32 + 72) % 256)
}

fn check_centers(path: &Path, frames: std::ops::Range<usize>) {
    let centers = centers(path);
    assert_eq!(centers.len(), frames.len(), "{}", path.display());
    for (center, frame) in centers.into_iter().zip(frames) {
        let drawn = drawn(frame);
        assert!((center - drawn).abs() <= 3.0, "{center} is not {drawn}");
    }
}

#[test]
fn h264_is_decoded_without_a_program() {
    let film = h264::open(&ramp_film(), true).unwrap();
    assert_eq!(film.layout().unwrap(), (vec![7, 32, 48], DType::U8));
    assert_eq!(film.metadata().fps, Some(25.0));
    let range = FrameRange {
        start: 1,
        len: 3,
        step: 2,
    };
    let samples = values(&film.load(range).unwrap());
    assert_eq!(samples.len(), 3 * 32 * 48);
    for (index, t) in [1, 3, 5].into_iter().enumerate() {
        let center = samples[index * 32 * 48 + 16 * 48 + 24];
        let drawn = drawn(t);
        assert!((center - drawn).abs() <= 3.0, "{center} is not {drawn}");
    }
    let film = h264::open(&ramp_film(), false).unwrap();
    assert_eq!(film.layout().unwrap().0, [7, 32, 48, 3]);
}

#[test]
fn fragments_are_put_together() {
    for name in ["fragments.mp4", "fragments_at_offsets.mp4"] {
        let path = film_named(name);
        check_centers(&path, 0..7);
        let film = h264::open(&path, true).unwrap();
        assert_eq!(film.metadata().fps, Some(25.0));
    }
}

/// The ramp with other bytes some way behind the name of a box.
fn changed(name: &[u8; 4], changes: &[(usize, u32)]) -> Vec<u8> {
    let mut bytes = std::fs::read(ramp_film()).unwrap();
    let place = bytes.windows(4).position(|window| window == name).unwrap() + 4;
    for &(at, number) in changes {
        bytes[place + at..][..4].copy_from_slice(&number.to_be_bytes());
    }
    bytes
}

#[test]
fn frames_that_are_edited_out_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    // After two frames there are 160 ms, or all that is left; frames begin at 1024 and take 512 units.
    for (milliseconds, frames) in [(160, 2..6), (159, 2..6), (0, 2..7), (1000, 2..7)] {
        let bytes = changed(b"elst", &[(8, milliseconds), (12, 1024 + 2 * 512)]);
        std::fs::write(&path, bytes).unwrap();
        check_centers(&path, frames);
    }
    // At another speed.
    std::fs::write(&path, changed(b"elst", &[(16, 2 << 16)])).unwrap();
    let error = h264::open(&path, true).err().unwrap();
    assert!(error.message().contains("needs ffmpeg"), "{error}");
}

#[test]
fn frame_rates_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    // 1001 units for each of 7 frames, of which a second has 30000.
    let mut bytes = changed(b"stts", &[(12, 1001)]);
    let place = bytes
        .windows(4)
        .position(|window| window == b"mdhd")
        .unwrap()
        + 4;
    bytes[place + 12..][..4].copy_from_slice(&30_000u32.to_be_bytes());
    std::fs::write(&path, bytes).unwrap();
    let film = h264::open(&path, true).unwrap();
    assert_eq!(film.metadata().fps, Some(30_000.0 / 1001.0));
}

#[test]
fn tables_that_claim_too_much_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let refused = |bytes: Vec<u8>| {
        std::fs::write(&path, bytes).unwrap();
        h264::open(&path, true).err().unwrap().message().to_owned()
    };
    let sizes = |changes: &[(usize, u32)]| refused(changed(b"stsz", changes));
    assert_eq!(
        sizes(&[(4, 1), (8, u32::MAX)]),
        "its frames are not where its tables say"
    );
    assert_eq!(
        sizes(&[(12, 1 << 30)]),
        "its frames are larger than the file"
    );
    assert_eq!(sizes(&[(8, 1 << 30)]), "it is damaged in the box `stsz`");
    // Fewer in the chunks than there are, and parameters that are not there.
    let chunks = |changes: &[(usize, u32)]| refused(changed(b"stsc", changes));
    assert_eq!(
        chunks(&[(12, 3)]),
        "its frames are not where its tables say"
    );
    assert_eq!(
        chunks(&[(16, 2)]),
        "its frames are not where its tables say"
    );
}

#[test]
fn films_cannot_be_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gif");
    std::fs::write(&path, gif()).unwrap();
    assert_eq!(info(&path).unwrap().format, "GIF");
    let error = load_video(&path, &Selection::ALL, &Options::mapped(true)).unwrap_err();
    assert!(error.message().ends_with("its frames are compressed"));
}

#[test]
fn damaged_films_do_no_harm() {
    damage::check(&gif(), 300, "gif");
    damage::check(&apng(), 300, "png");
}

#[test]
fn damaged_h264_does_no_harm() {
    for name in ["ramp.mp4", "fragments.mp4"] {
        let film = std::fs::read(film_named(name)).unwrap();
        damage::check_with(&film, 150, ".mp4", &[], |path, _| {
            let Ok(film) = h264::open(path, true) else {
                return;
            };
            let all = FrameRange {
                start: 0,
                len: film.layout().unwrap().0[0].min(10),
                step: 1,
            };
            let _ = film.load(all);
        });
    }
}

#[test]
fn no_number_of_a_film_does_harm() {
    for name in ["ramp.mp4", "fragments.mp4", "fragments_at_offsets.mp4"] {
        let film = std::fs::read(film_named(name)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        let open = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let _ = h264::open(&path, true);
        };
        for at in (0..film.len() - 4).step_by(2) {
            open(&film[..at]);
            for number in [0x7FFF_FFFF, u32::MAX] {
                let mut bytes = film.clone();
                bytes[at..at + 4].copy_from_slice(&u32::to_be_bytes(number));
                open(&bytes);
            }
        }
    }
}
