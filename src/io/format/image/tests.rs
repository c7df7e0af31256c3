//! Tests of image files.

mod bmp;
mod jpeg;

use std::path::Path;

use png::{BitDepth, ColorType, Encoder};

use super::load_image;
use crate::error::Result;
use crate::io::corruption;
use crate::video::{DType, Element, Video, map_samples};

fn png(width: u32, color: ColorType, depth: BitDepth, palette: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let row = (width as usize * color.samples() * depth as usize).div_ceil(8);
    let mut encoder = Encoder::new(&mut bytes, width, (data.len() / row) as u32);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette(palette.to_vec());
    }
    encoder
        .write_header()
        .unwrap()
        .write_image_data(data)
        .unwrap();
    bytes
}

fn load(bytes: &[u8]) -> Result<Video> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture");
    std::fs::write(&path, bytes).unwrap();
    load_image(&path)
}

#[track_caller]
fn check(bytes: &[u8], shape: &[usize], dtype: DType, values: &[f64]) {
    let image = load(bytes).unwrap();
    assert_eq!((image.shape(), image.dtype()), (shape, dtype));
    let found: Vec<f64> = map_samples!(image.samples(), array => {
        array.view().iter().map(|v| v.to_f64()).collect()
    });
    assert_eq!(found, values);
}

#[test]
fn png_samples_stay_as_they_are() {
    let gray = |depth, data: &[u8]| png(2, ColorType::Grayscale, depth, &[], data);
    let eight = gray(BitDepth::Eight, &[1, 2, 3, 255]);
    check(&eight, &[2, 2], DType::U8, &[1.0, 2.0, 3.0, 255.0]);
    let sixteen = gray(BitDepth::Sixteen, &[1, 0, 255, 255]);
    check(&sixteen, &[1, 2], DType::U16, &[256.0, 65_535.0]);
    let single = gray(BitDepth::One, &[0b0100_0000, 0b1000_0000]);
    check(&single, &[2, 2], DType::Bool, &[0.0, 1.0, 1.0, 0.0]);
    let four = gray(BitDepth::Four, &[0x1F]);
    check(&four, &[1, 2], DType::U8, &[17.0, 255.0]);
    let rgb = png(
        1,
        ColorType::Rgb,
        BitDepth::Sixteen,
        &[],
        &[0, 1, 1, 0, 0, 3],
    );
    check(&rgb, &[1, 1, 3], DType::U16, &[1.0, 256.0, 3.0]);
    let alpha = png(1, ColorType::GrayscaleAlpha, BitDepth::Eight, &[], &[7, 9]);
    check(&alpha, &[1, 1, 2], DType::U8, &[7.0, 9.0]);
}

#[test]
fn palettes_become_colors() {
    let palette = [10, 20, 30, 40, 50, 60];
    let indexed = png(
        3,
        ColorType::Indexed,
        BitDepth::Two,
        &palette,
        &[0b01_00_11_00],
    );
    let colors = [40.0, 50.0, 60.0, 10.0, 20.0, 30.0, 0.0, 0.0, 0.0];
    check(&indexed, &[1, 3, 3], DType::U8, &colors);
}

#[test]
fn wrong_checksums_of_pixels_are_no_obstacle() {
    let mut bytes = png(2, ColorType::Grayscale, BitDepth::Eight, &[], &[1, 2, 3, 4]);
    let checksum = bytes.windows(4).position(|name| name == b"IEND").unwrap() - 8;
    bytes[checksum..checksum + 4].fill(0);
    check(&bytes, &[2, 2], DType::U8, &[1.0, 2.0, 3.0, 4.0]);
    bytes[29..33].fill(0);
    assert!(
        load(&bytes)
            .unwrap_err()
            .message()
            .ends_with("its checksums do not match")
    );
}

#[test]
fn what_is_no_picture_is_refused() {
    let error = load(b"some text").unwrap_err();
    assert!(
        error
            .message()
            .ends_with("it is not an image of a supported format")
    );
    let whole = png(2, ColorType::Grayscale, BitDepth::Eight, &[], &[1, 2, 3, 4]);
    let error = load(&whole[..whole.len() - 20]).unwrap_err();
    assert!(error.message().ends_with("it is truncated"), "{error}");
    let mut huge = whole.clone();
    huge[16..24].fill(0x40);
    assert!(load(&huge).is_err());
    assert!(load_image(Path::new("none.png")).is_err());
}

#[test]
fn damaged_pictures_do_no_harm() {
    let data: Vec<u8> = (0..=255).collect();
    let gray = png(16, ColorType::Grayscale, BitDepth::Eight, &[], &data);
    corruption::check(&gray, 300, "png");
    let palette: Vec<u8> = data.iter().flat_map(|v| [*v; 3]).collect();
    let indexed = png(
        32,
        ColorType::Indexed,
        BitDepth::Four,
        &palette[..48],
        &data,
    );
    corruption::check(&indexed, 300, "png");
}
