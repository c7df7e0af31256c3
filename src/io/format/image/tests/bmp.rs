//! Tests of BMP files.

use super::{check, load};
use crate::io::corruption;
use crate::video::DType;

/// Properties of a file other than the defaults.
#[derive(Clone, Copy)]
struct Form<'a> {
    header: u32,
    depth: u16,
    method: u32,
    masks: &'a [u32],
    palette: &'a [[u8; 3]],
    /// Number of colors in the header.
    colors: u32,
}

const PLAIN: Form = Form {
    header: 40,
    depth: 24,
    method: 0,
    masks: &[],
    palette: &[],
    colors: 0,
};

/// The bytes of a file; colors are red, green and blue.
fn bmp(width: i32, height: i32, form: Form, pixels: &[u8]) -> Vec<u8> {
    let mut header = form.header.to_le_bytes().to_vec();
    if form.header == 12 {
        header.extend(
            [width as u16, height as u16, 1, form.depth]
                .map(u16::to_le_bytes)
                .concat(),
        );
    } else {
        header.extend([width, height].map(i32::to_le_bytes).concat());
        header.extend([1, form.depth].map(u16::to_le_bytes).concat());
        let len = pixels.len() as u32;
        header.extend(
            [form.method, len, 0, 0, form.colors, 0]
                .map(u32::to_le_bytes)
                .concat(),
        );
        header.extend(form.masks.iter().flat_map(|mask| mask.to_le_bytes()));
        let masks = 4 * form.masks.len();
        let len = form.header as usize + if form.header == 40 { masks } else { 0 };
        header.resize(len, 0);
    }
    for [r, g, b] in form.palette {
        header.extend(
            [*b, *g, *r, 0]
                .iter()
                .take(if form.header == 12 { 3 } else { 4 }),
        );
    }
    let start = 14 + header.len() as u32;
    let len = start + pixels.len() as u32;
    let file = [
        b"BM".to_vec(),
        [len, 0, start].map(u32::to_le_bytes).concat(),
    ];
    [&file.concat()[..], &header, pixels].concat()
}

#[track_caller]
fn check_bmp(bytes: &[u8], shape: &[usize], expected: &[u8]) {
    let expected: Vec<f64> = expected.iter().copied().map(f64::from).collect();
    check(bytes, shape, DType::U8, &expected);
}

#[track_caller]
fn check_error(bytes: &[u8], end: &str) {
    let error = load(bytes).unwrap_err();
    assert!(error.message().ends_with(end), "{error}");
}

const COLORS: &[[u8; 3]] = &[[0, 0, 0], [1, 2, 3], [40, 50, 60], [255, 0, 9]];
const GRAYS: &[[u8; 3]] = &[[0; 3], [17; 3], [34; 3], [255; 3]];

fn indexed(depth: u16, palette: &[[u8; 3]]) -> Form<'_> {
    Form {
        depth,
        palette,
        colors: palette.len() as u32,
        ..PLAIN
    }
}

#[test]
fn indices_of_all_depths_become_gray_or_colors() {
    // The indices 1, 0, 1 below 0, 1, 1.
    let rows: [(u16, [u8; 8]); 4] = [
        (1, [0b1010_0000, 0, 0, 0, 0b0110_0000, 0, 0, 0]),
        (2, [0b0100_0100, 0, 0, 0, 0b0001_0100, 0, 0, 0]),
        (4, [0x10, 0x10, 0, 0, 0x01, 0x10, 0, 0]),
        (8, [1, 0, 1, 0, 0, 1, 1, 0]),
    ];
    for (depth, rows) in rows {
        let gray = indexed(depth, &GRAYS[..2]);
        check_bmp(&bmp(3, 2, gray, &rows), &[2, 3], &[0, 17, 17, 17, 0, 17]);
        check_bmp(&bmp(3, -2, gray, &rows), &[2, 3], &[17, 0, 17, 0, 17, 17]);
        let expected = [0, 0, 0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 0, 0, 0, 1, 2, 3];
        for header in [12, 40, 52, 56, 64, 108, 124] {
            let color = Form {
                header,
                ..indexed(depth, &COLORS[..2])
            };
            check_bmp(&bmp(3, 2, color, &rows), &[2, 3, 3], &expected);
        }
    }
}

#[test]
fn runs_are_read() {
    let form = |depth, method| Form {
        method,
        ..indexed(depth, GRAYS)
    };
    // A run, literal pixels, the end of the row; the last row needs no end.
    let four = [3, 0x12, 0, 3, 0x31, 0x20, 0, 0, 6, 0x30];
    let expected = [255, 0, 255, 0, 255, 0, 17, 34, 17, 255, 17, 34];
    check_bmp(&bmp(6, 2, form(4, 2), &four), &[2, 6], &expected);
    let eight = [2, 1, 0, 3, 1, 2, 3, 0, 0, 0, 5, 2, 0, 0, 0, 1];
    let expected = [34, 34, 34, 34, 34, 17, 17, 17, 34, 255];
    check_bmp(&bmp(5, 2, form(8, 1), &eight), &[2, 5], &expected);
    corruption::check(&bmp(5, 2, form(8, 1), &eight), 300, "bmp");
    corruption::check(&bmp(6, 2, form(4, 2), &four), 300, "bmp");
    // The padding bytes of a row are encoded too.
    let aligned = [5, 1, 3, 0, 0, 0, 8, 2, 0, 0, 0, 1];
    let expected = [34, 34, 34, 34, 34, 17, 17, 17, 17, 17];
    check_bmp(&bmp(5, 2, form(8, 1), &aligned), &[2, 5], &expected);
}

#[test]
fn runs_that_skip_pixels_or_go_on_are_refused() {
    let runs = |runs: &[u8]| {
        let form = Form {
            method: 1,
            ..indexed(8, GRAYS)
        };
        bmp(4, 2, form, runs)
    };
    let skipped = "some of its pixels are not stored";
    check_error(&runs(&[4, 1, 0, 0, 2, 1, 0, 0]), skipped);
    check_error(&runs(&[4, 1, 0, 1]), skipped);
    check_error(&runs(&[1, 1, 0, 2, 2, 0, 1, 1]), skipped);
    check_error(&runs(&[5, 1, 0, 0, 4, 1]), "a row has more than 4 pixels");
    check_error(&runs(&[4, 1, 0, 0, 4, 7]), "its palette has no color 7");
    check_error(&runs(&[4, 1, 0, 0, 0, 4, 1]), "it is truncated");
    check_error(&runs(&[4, 1]), "it is truncated");
}

#[test]
fn bits_of_pixels_become_samples() {
    let sixteen = [0xFFu8, 0x7F, 0x01, 0x80, 0xE0, 0x03, 0, 0];
    let form = |depth, masks| Form {
        depth,
        masks,
        method: if masks.is_empty() { 0 } else { 3 },
        ..PLAIN
    };
    let expected = [255, 255, 255, 0, 0, 8, 0, 255, 0];
    check_bmp(&bmp(3, 1, form(16, &[]), &sixteen), &[1, 3, 3], &expected);
    let masks = [0xF800, 0x07E0, 0x001F];
    let expected = [123, 255, 255, 132, 0, 8, 0, 125, 0];
    for header in [40, 52] {
        let form = Form {
            header,
            ..form(16, &masks)
        };
        check_bmp(&bmp(3, 1, form, &sixteen), &[1, 3, 3], &expected);
    }
    check_bmp(
        &bmp(1, 1, form(24, &[]), &[3, 2, 1, 0]),
        &[1, 1, 3],
        &[1, 2, 3],
    );
    check_bmp(
        &bmp(1, 1, form(32, &[]), &[3, 2, 1, 9]),
        &[1, 1, 3],
        &[1, 2, 3],
    );
    let swapped = [0xFF, 0xFF00, 0xFF_0000];
    check_bmp(
        &bmp(1, 1, form(32, &swapped), &[3, 2, 1, 9]),
        &[1, 1, 3],
        &[3, 2, 1],
    );
    // Ten bits are truncated to the highest eight.
    let ten = [0x3FF0_0000, 0xF_FC00, 0x3FF];
    let pixel = (1023u32 << 20 | 512 << 10 | 4).to_le_bytes();
    check_bmp(
        &bmp(1, 1, form(32, &ten), &pixel),
        &[1, 1, 3],
        &[255, 128, 1],
    );
    let alpha = [0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000];
    for header in [56, 108, 124] {
        let form = Form {
            header,
            ..form(32, &alpha)
        };
        check_bmp(&bmp(1, 1, form, &[3, 2, 1, 9]), &[1, 1, 4], &[1, 2, 3, 9]);
    }
    let with_alpha = Form {
        method: 6,
        ..form(32, &alpha)
    };
    let bytes = bmp(1, 1, with_alpha, &[3, 2, 1, 9]);
    check_bmp(&bytes, &[1, 1, 4], &[1, 2, 3, 9]);
    corruption::check(&bytes, 300, "bmp");
    let wrong = [
        [0, 0x7E0, 0x1F],
        [0x5000, 0x3E0, 0x1F],
        [0x1F_0000, 0x3E0, 0x1F],
    ];
    for wrong in &wrong {
        let error = load(&bmp(3, 1, form(16, wrong), &sixteen)).unwrap_err();
        assert!(
            error.message().contains("has no color of the bits"),
            "{error}"
        );
    }
}

#[test]
fn headers_that_cannot_be_are_refused() {
    let good = bmp(2, 2, indexed(8, COLORS), &[0, 1, 0, 0, 2, 3, 0, 0]);
    let expected = [40, 50, 60, 255, 0, 9, 0, 0, 0, 1, 2, 3];
    check_bmp(&good, &[2, 2, 3], &expected);
    for len in 18..good.len() {
        check_error(&good[..len], "it is truncated");
    }
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    check_error(&with(18, 0), "it is damaged: 2×0 pixels in 1 planes");
    check_error(&with(26, 2), "it is damaged: 2×2 pixels in 2 planes");
    check_error(&with(18, 5), "it is truncated");
    check_error(&with(22, 3), "it is truncated");
    check_error(&with(10, 20), "its pixels begin within its header");
    check_error(&with(46, 5), "it has no room for a palette of 5 colors");
    check_error(&with(46, 3), "its palette has no color 3");
    check_error(&with(good.len() - 1 - 3, 4), "its palette has no color 4");
    let unsupported = "BMP files of 8 bits per pixel by method 4 are not supported";
    check_error(&with(30, 4), unsupported);
    // Without a number, the palette has as many colors as fit.
    check_bmp(&with(46, 0), &[2, 2, 3], &expected);
    corruption::check(&good, 300, "bmp");
}
