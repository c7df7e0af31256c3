//! Escape sequences with which terminals show images.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::rgba_image::RgbaImage;
use crate::color::colormap::Rgba;
use crate::color::palette::{Palette, Rgb};

/// Maximum number of pixels sent per column: more would not be visible.
const PIXELS_PER_COLUMN: usize = 20;

/// Size of a character cell in pixels that sixels assume, since terminals do not report theirs.
const CELL: (usize, usize) = (10, 20);

/// Maximum size of one kitty escape sequence in bytes.
const CHUNK: usize = 4096;

/// Image in kitty's protocol; requests no reply, which would look like typed text.
pub(super) fn kitty(rgba_image: &RgbaImage, columns: usize, rows: usize) -> String {
    let data = STANDARD.encode(png(rgba_image, columns));
    let mut text = String::new();
    let chunks = data.as_bytes().chunks(CHUNK);
    let last = chunks.len() - 1;
    for (index, chunk) in chunks.enumerate() {
        let more = u8::from(index < last);
        if index == 0 {
            let _ = write!(text, "\x1b_Ga=T,f=100,q=2,c={columns},r={rows},m={more};");
        } else {
            let _ = write!(text, "\x1b_Gq=2,m={more};");
        }
        text.push_str(&String::from_utf8_lossy(chunk));
        text.push_str("\x1b\\");
    }
    text
}

/// Image in iTerm2's protocol.
pub(super) fn iterm2(rgba_image: &RgbaImage, columns: usize, rows: usize) -> String {
    let png = png(rgba_image, columns);
    format!(
        "\x1b]1337;File=inline=1;width={columns};height={rows};size={}:{}\x07",
        png.len(),
        STANDARD.encode(png)
    )
}

/// Image as sixels: bands of six rows, in each of which every color is drawn once.
pub(super) fn sixel(rgba_image: &RgbaImage, columns: usize, rows: usize) -> String {
    let rgba_image = rgba_image.scaled(columns * CELL.0, rows * CELL.1);
    let palette = palette(&rgba_image);
    let indices = rgba_image.pixels.iter().map(opaque);
    let indices: Vec<Option<u8>> = indices
        .map(|pixel| pixel.map(|pixel| palette.index(pixel)))
        .collect();
    let (width, height) = (rgba_image.width, rgba_image.height);
    let mut text = format!("\x1bP0;1q\"1;1;{width};{height}");
    for (index, color) in palette.colors().iter().enumerate() {
        let [red, green, blue] = color.map(|channel| (u32::from(channel) * 100 + 127) / 255);
        let _ = write!(text, "#{index};2;{red};{green};{blue}");
    }
    for band in indices.chunks(6 * width) {
        let mut used: Vec<u8> = band.iter().flatten().copied().collect();
        used.sort_unstable();
        used.dedup();
        for color in used {
            let _ = write!(text, "#{color}");
            let bits = |x: usize| {
                let rows = band.chunks(width).enumerate();
                rows.fold(0, |bits, (y, row)| {
                    bits | u8::from(row[x] == Some(color)) << y
                })
            };
            write_runs(&mut text, (0..width).map(bits));
            text.push('$');
        }
        text.push('-');
    }
    text.push_str("\x1b\\");
    text
}

/// Writes sixels, runs of equal ones as a count and one sixel.
fn write_runs(text: &mut String, sixels: impl Iterator<Item = u8>) {
    let mut runs: Vec<(u8, usize)> = Vec::new();
    for sixel in sixels {
        match runs.last_mut() {
            Some((last, count)) if *last == sixel => *count += 1,
            _ => runs.push((sixel, 1)),
        }
    }
    for (sixel, count) in runs {
        let char = char::from(b'?' + sixel);
        if count < 4 {
            text.extend(std::iter::repeat_n(char, count));
        } else {
            let _ = write!(text, "!{count}{char}");
        }
    }
}

/// Palette of the pixels that are not transparent.
fn palette(rgba_image: &RgbaImage) -> Palette {
    Palette::new(rgba_image.pixels.iter().filter_map(opaque), &[])
}

fn opaque([red, green, blue, opacity]: &Rgba) -> Option<Rgb> {
    (*opacity >= 128).then_some([*red, *green, *blue])
}

/// Image as a PNG file, no larger than it is shown.
fn png(rgba_image: &RgbaImage, columns: usize) -> Vec<u8> {
    let most = columns * PIXELS_PER_COLUMN;
    let reduced;
    let rgba_image = if most < rgba_image.width {
        reduced = rgba_image.scaled(most, most * rgba_image.height / rgba_image.width);
        &reduced
    } else {
        rgba_image
    };
    rgba_image.to_png()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient() -> RgbaImage {
        let pixels = (0..=255u8).map(|gray| [gray, gray, gray, 255]);
        RgbaImage {
            width: 16,
            height: 16,
            pixels: pixels.collect(),
        }
    }

    #[test]
    fn kitty_and_iterm2_get_the_png() {
        let data = STANDARD.encode(png(&gradient(), 8));
        let chunked = kitty(&gradient(), 8, 4);
        assert!(chunked.starts_with("\x1b_Ga=T,f=100,q=2,c=8,r=4,m=0;"));
        assert!(chunked.contains(&data) && chunked.ends_with("\x1b\\"));
        assert!(iterm2(&gradient(), 8, 4).ends_with(&format!(":{data}\x07")));
        let noise = (0..4096u32).map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes());
        let noise = RgbaImage {
            width: 64,
            height: 64,
            pixels: noise.collect(),
        };
        let sequences = kitty(&noise, 40, 20);
        let chunks = sequences.split_terminator("\x1b\\");
        let payload: Vec<_> = chunks.map(|chunk| chunk.split_once(';').unwrap()).collect();
        assert!(
            payload
                .iter()
                .rev()
                .skip(1)
                .all(|(head, _)| head.ends_with("m=1"))
        );
        let joined: String = payload.iter().map(|(_, data)| *data).collect();
        assert_eq!(joined, STANDARD.encode(png(&noise, 40)));
    }

    #[test]
    fn sixels_of_a_colormap_are_exact() {
        let palette = palette(&gradient());
        assert_eq!(palette.colors().len(), 256);
        assert_eq!(palette.index([7; 3]), 7);
        let text = sixel(&gradient(), 2, 1);
        assert!(text.starts_with("\x1bP0;1q\"1;1;20;20#0;2;0;0;0#1;2;"));
        assert!(text.ends_with("-\x1b\\"));
    }
}
