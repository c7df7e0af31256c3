//! Tests of JPEG files.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::load;
use crate::io::corruption;
use crate::video::{DType, Element, map_samples};

/// Smooth pixels, which JPEG preserves.
fn pixels(width: usize, height: usize, channels: usize) -> Vec<u8> {
    let value = |i: usize| {
        let (y, x, channel) = (i / channels / width, i / channels % width, i % channels);
        (20 + 2 * x + 2 * y + 30 * channel) as u8
    };
    (0..width * height * channels).map(value).collect()
}

/// A file with the pixels of [`pixels`].
fn encode(
    [width, height]: [usize; 2],
    color: ColorType,
    set: impl Fn(&mut Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 100);
    set(&mut encoder);
    let channels = match color {
        ColorType::Luma => 1,
        ColorType::Rgb => 3,
        _ => 4,
    };
    let pixels = pixels(width, height, channels);
    encoder
        .encode(&pixels, width as u16, height as u16, color)
        .unwrap();
    bytes
}

#[track_caller]
fn check_near(bytes: &[u8], [width, height]: [usize; 2], expected: &[u8]) {
    let image = load(bytes).unwrap();
    let channels = expected.len() / (width * height);
    let shape = [height, width, channels];
    let shape = &shape[..if channels == 1 { 2 } else { 3 }];
    assert_eq!((image.shape(), image.dtype()), (shape, DType::U8));
    let found: Vec<f64> = map_samples!(image.samples(), array => {
        array.view().iter().map(|v| v.to_f64()).collect()
    });
    for (found, expected) in found.iter().zip(expected) {
        let expected = f64::from(*expected);
        assert!((found - expected).abs() <= 6.0, "{found} is not {expected}");
    }
}

#[test]
fn gray_and_colors_of_all_kinds_are_read() {
    for size in [[1, 1], [8, 8], [17, 9], [30, 41]] {
        let gray = encode(size, ColorType::Luma, |_| ());
        check_near(&gray, size, &pixels(size[0], size[1], 1));
        let colors = pixels(size[0], size[1], 3);
        for sampling in [
            SamplingFactor::R_4_4_4,
            SamplingFactor::R_4_2_2,
            SamplingFactor::R_4_2_0,
        ] {
            let plain = encode(size, ColorType::Rgb, |e| e.set_sampling_factor(sampling));
            check_near(&plain, size, &colors);
            let progressive = encode(size, ColorType::Rgb, |e| {
                e.set_sampling_factor(sampling);
                e.set_progressive(true);
            });
            check_near(&progressive, size, &colors);
        }
        let restarts = encode(size, ColorType::Rgb, |e| e.set_restart_interval(2));
        check_near(&restarts, size, &colors);
    }
}

#[test]
fn inks_become_red_green_and_blue() {
    let (size, inks) = ([24, 11], pixels(24, 11, 4));
    let paper = |ink: u8, black: u8| u32::from(255 - ink) * u32::from(255 - black) / 255;
    let expected: Vec<u8> = inks
        .chunks_exact(4)
        .flat_map(|ink| [0, 1, 2].map(|i| paper(ink[i], ink[3]) as u8))
        .collect();
    check_near(&encode(size, ColorType::Cmyk, |_| ()), size, &expected);
}

#[test]
fn orientation_and_bytes_between_segments_change_nothing() {
    let turned = encode([20, 10], ColorType::Luma, |e| {
        let mut exif = b"II*\0\x08\0\0\0\x01\0".to_vec();
        // Orientation: rotated by 90 degrees.
        exif.extend([0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
        e.add_exif_metadata(&exif).unwrap();
    });
    check_near(&turned, [20, 10], &pixels(20, 10, 1));
    let mut bytes = encode([20, 10], ColorType::Luma, |_| ());
    bytes.splice(20..20, [0; 7]);
    bytes.extend(b"what a camera appends");
    check_near(&bytes, [20, 10], &pixels(20, 10, 1));
}

#[test]
fn what_is_cut_off_is_no_gray() {
    for progressive in [false, true] {
        let whole = encode([40, 40], ColorType::Rgb, |e| {
            e.set_progressive(progressive);
        });
        for len in (3..whole.len()).rev().step_by(5) {
            let error = load(&whole[..len]).unwrap_err();
            assert!(error.message().ends_with("it is truncated"), "{error}");
        }
        corruption::check(&whole, 200, "jpg");
    }
}
