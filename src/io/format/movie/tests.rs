//! Tests of movies that need no external program.

use gif::{Encoder, Frame};
use png::{BitDepth, ColorType};

use crate::io::recording::{FrameSelection, LoadOptions};
use crate::io::{corruption, info, load_video};
use crate::video::{DType, Element, Samples, Video, map_samples};

fn values(samples: &Samples) -> Vec<f64> {
    map_samples!(samples, array => array.view().iter().map(|v| v.to_f64()).collect())
}

fn load(bytes: &[u8], end: &str, start: usize, as_gray: bool) -> Video {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(end);
    std::fs::write(&path, bytes).unwrap();
    let selection = FrameSelection {
        start,
        ..FrameSelection::ALL
    };
    let options = LoadOptions {
        as_gray,
        ..LoadOptions::default()
    };
    load_video(&path, &selection, &options).unwrap()
}

/// Three frames of 2×2 pixels: the second changes one pixel, the third leaves one unchanged.
fn gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let palette = [0, 0, 0, 100, 100, 100, 200, 200, 200, 255, 0, 0];
    let mut encoder = Encoder::new(&mut bytes, 2, 2, &palette).unwrap();
    let mut write = |rect: [u16; 4], pixels: &[u8], transparent| {
        let [left, top, width, height] = rect;
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

/// Two frames of 2×1 pixels of 8 bits, preceded by a default image that is not a frame.
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

#[test]
fn movies_cannot_be_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gif");
    std::fs::write(&path, gif()).unwrap();
    assert_eq!(info(&path).unwrap().format, "GIF");
    let error = load_video(&path, &FrameSelection::ALL, &LoadOptions::mapped(true)).unwrap_err();
    assert!(error.message().ends_with("its frames are compressed"));
}

#[test]
fn corrupted_movies_do_no_harm() {
    corruption::check(&gif(), 300, "gif");
    corruption::check(&apng(), 300, "png");
}
