//! Conversion of drawn images to the pixel format that an encoder takes.

use std::borrow::Cow;

use crate::color::yuv::YuvMatrix;
use crate::color::{pack, unpack};
use crate::draw::Image;
use crate::ops::edit::pad::PadMode;

/// Content of a row or column added after the last one, as in `numpy.pad`.
#[derive(Clone, Copy)]
enum PaddingFill {
    /// A copy of the row or column with this index.
    Copy(usize),
    Black,
    /// For each pixel, this statistic of the levels in line with it.
    Statistic(fn(&mut [u8]) -> u8),
}

/// Fill of the row or column added to `len` of them.
fn added(mode: PadMode, len: usize) -> PaddingFill {
    match mode {
        PadMode::Edge | PadMode::Symmetric | PadMode::Empty => PaddingFill::Copy(len - 1),
        PadMode::Reflect => PaddingFill::Copy(len.saturating_sub(2)),
        PadMode::Wrap => PaddingFill::Copy(0),
        // A ramp of one pixel is only its end value.
        PadMode::Constant | PadMode::LinearRamp => PaddingFill::Black,
        PadMode::Maximum => {
            PaddingFill::Statistic(|levels| levels.iter().copied().max().unwrap_or(0))
        }
        PadMode::Minimum => {
            PaddingFill::Statistic(|levels| levels.iter().copied().min().unwrap_or(0))
        }
        PadMode::Mean => PaddingFill::Statistic(|levels| mean(levels)),
        PadMode::Median => PaddingFill::Statistic(|levels| {
            levels.sort_unstable();
            mean(&levels[(levels.len() - 1) / 2..=levels.len() / 2])
        }),
    }
}

fn mean(levels: &[u8]) -> u8 {
    let sum: f64 = levels.iter().copied().map(f64::from).sum();
    (sum / levels.len() as f64).round_ties_even() as u8
}

/// Applies a statistic to the levels of pixels, channel by channel.
fn statistic(of: fn(&mut [u8]) -> u8, pixels: impl Iterator<Item = u32>) -> u32 {
    let mut channels: [Vec<u8>; 3] = Default::default();
    for pixel in pixels {
        let levels = unpack(pixel);
        channels.iter_mut().zip(levels).for_each(|(c, l)| c.push(l));
    }
    pack(channels.map(|mut levels| of(&mut levels)))
}

/// How the pixels of an image are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PixelLayout {
    /// Red, green and blue of each pixel.
    Rgb,
    /// Level of each gray pixel.
    Gray,
    /// Gray levels of 16 bits, little-endian.
    Gray16,
    /// Gray levels of 16 bits, big-endian.
    Gray16Big,
    /// Luma of each pixel, then the two chroma planes at half the resolution, for encoders that
    /// store them so: nothing needs to be converted.
    Yuv(YuvMatrix),
    /// The same for images in which every pixel is gray.
    GrayYuv,
}

/// Format in which an encoder takes images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PixelFormat {
    pub(super) layout: PixelLayout,
    /// Size of the drawn image.
    pub(super) drawn: (usize, usize),
    /// Size of the encoded image.
    pub(super) size: (usize, usize),
    pub(super) pad_mode: PadMode,
}

impl PixelFormat {
    /// Images of the size in which they are drawn.
    pub(super) fn exact(layout: PixelLayout, size: (usize, usize)) -> Self {
        Self {
            layout,
            drawn: size,
            size,
            pad_mode: PadMode::Edge,
        }
    }

    /// Images extended to an even size by a row and a column.
    pub(super) fn even(layout: PixelLayout, drawn: (usize, usize), pad_mode: PadMode) -> Self {
        Self {
            layout,
            drawn,
            size: (drawn.0.next_multiple_of(2), drawn.1.next_multiple_of(2)),
            pad_mode,
        }
    }

    /// Name of the pixel format in ffmpeg.
    pub(super) fn pixel_format(&self) -> &'static str {
        match self.layout {
            PixelLayout::Rgb => "rgb24",
            PixelLayout::Gray => "gray",
            PixelLayout::Gray16 => "gray16le",
            PixelLayout::Gray16Big => "gray16be",
            PixelLayout::Yuv(_) | PixelLayout::GrayYuv => "yuv420p",
        }
    }

    /// Size of an image in bytes.
    pub(super) fn bytes(&self) -> usize {
        let pixels = self.size.0 * self.size.1;
        match self.layout {
            PixelLayout::Rgb => 3 * pixels,
            PixelLayout::Gray => pixels,
            PixelLayout::Gray16 | PixelLayout::Gray16Big => 2 * pixels,
            PixelLayout::Yuv(_) | PixelLayout::GrayYuv => pixels + pixels / 2,
        }
    }

    /// Stores a drawn image.
    pub(super) fn pack(&self, image: &Image, out: &mut [u8]) {
        match self.layout {
            PixelLayout::Rgb => self.each_pixel(image, out, unpack),
            PixelLayout::Gray => self.each_pixel(image, out, |pixel| [pixel as u8]),
            PixelLayout::Gray16 | PixelLayout::Gray16Big => {
                self.each_pixel(image, out, |pixel| [pixel as u8; 2]);
            }
            PixelLayout::GrayYuv => {
                // The luma of grays is the same with any matrix.
                let encoder = YuvMatrix::Bt709.encoder();
                let (levels, colors) = out.split_at_mut(self.size.0 * self.size.1);
                self.each_pixel(image, levels, |pixel| [encoder.luma([pixel as u8; 3])]);
                colors.fill(128);
            }
            PixelLayout::Yuv(matrix) => self.pack_yuv(matrix, image, out),
        }
    }

    fn each_pixel<const N: usize>(
        &self,
        image: &Image,
        out: &mut [u8],
        store: impl Fn(u32) -> [u8; N],
    ) {
        let rows = out.as_chunks_mut::<N>().0.chunks_exact_mut(self.size.0);
        for (y, row) in rows.enumerate() {
            let from = self.row(image, y);
            for (out, pixel) in row.iter_mut().zip(&*from) {
                *out = store(*pixel);
            }
            if let Some(added) = row.get_mut(self.drawn.0) {
                *added = store(self.added_pixel(&from));
            }
        }
    }

    /// A row of the drawn image, or the one added after the last.
    fn row<'a>(&self, image: &'a Image, y: usize) -> Cow<'a, [u32]> {
        let (width, height) = self.drawn;
        let row = |y: usize| &image.pixels[y * image.width..][..width];
        if y < height {
            return row(y).into();
        }
        match added(self.pad_mode, height) {
            PaddingFill::Copy(y) => row(y).into(),
            PaddingFill::Black => vec![0; width].into(),
            PaddingFill::Statistic(of) => (0..width)
                .map(|x| statistic(of, (0..height).map(|y| row(y)[x])))
                .collect(),
        }
    }

    /// The pixel added after the last of a row.
    fn added_pixel(&self, row: &[u32]) -> u32 {
        match added(self.pad_mode, row.len()) {
            PaddingFill::Copy(at) => row[at],
            PaddingFill::Black => 0,
            PaddingFill::Statistic(of) => statistic(of, row.iter().copied()),
        }
    }

    fn pack_yuv(&self, matrix: YuvMatrix, image: &Image, out: &mut [u8]) {
        let encoder = matrix.encoder();
        let (width, height) = self.size;
        let (levels, colors) = out.split_at_mut(width * height);
        let (cb, cr) = colors.split_at_mut(width * height / 4);
        let mut rows = [vec![0; width], vec![0; width]];
        for half in 0..height / 2 {
            for (row, y) in rows.iter_mut().zip([2 * half, 2 * half + 1]) {
                self.copy_row(image, y, row);
                for (level, pixel) in levels[y * width..].iter_mut().zip(&*row) {
                    *level = encoder.luma(unpack(*pixel));
                }
            }
            let [upper, lower] = &rows;
            let pairs = upper
                .as_chunks::<2>()
                .0
                .iter()
                .zip(lower.as_chunks::<2>().0);
            for (x, (upper, lower)) in pairs.enumerate() {
                let at = half * width / 2 + x;
                let pixels = [upper[0], upper[1], lower[0], lower[1]];
                [cb[at], cr[at]] = encoder.chroma(pixels.map(unpack));
            }
        }
    }

    fn copy_row(&self, image: &Image, y: usize, out: &mut [u32]) {
        let row = self.row(image, y);
        out[..row.len()].copy_from_slice(&row);
        if let Some(added) = out.get_mut(row.len()) {
            *added = self.added_pixel(&row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gray levels 0, 32, 64, … of an image.
    fn image(width: usize, height: usize) -> Image {
        let level = |index: usize| (index * 32).min(255) as u32 * 0x01_01_01;
        Image {
            width,
            height,
            pixels: (0..width * height).map(level).collect(),
        }
    }

    fn packed(format: &PixelFormat, image: &Image) -> Vec<u8> {
        let mut out = vec![7; format.bytes()];
        format.pack(image, &mut out);
        out
    }

    fn luma(gray: u8) -> u8 {
        YuvMatrix::Bt709.encoder().luma([gray; 3])
    }

    #[test]
    fn gray_is_sent_as_the_brightness_that_video_stores() {
        let size = (2, 2);
        let gray = packed(
            &PixelFormat::exact(PixelLayout::GrayYuv, size),
            &image(2, 2),
        );
        assert_eq!(gray, [luma(0), luma(32), luma(64), luma(96), 128, 128]);
        for matrix in [YuvMatrix::Bt601, YuvMatrix::Bt709] {
            let format = PixelFormat::exact(PixelLayout::Yuv(matrix), size);
            assert_eq!(gray, packed(&format, &image(2, 2)));
        }
    }

    #[test]
    fn chroma_is_stored_after_luma() {
        let mut image = Image::new(2, 2);
        for (matrix, expected) in [
            (YuvMatrix::Bt601, [81, 90, 240]),
            (YuvMatrix::Bt709, [63, 102, 240]),
        ] {
            image.fill(image.area(), 0xff_00_00);
            let format = PixelFormat::exact(PixelLayout::Yuv(matrix), (2, 2));
            let out = packed(&format, &image);
            assert_eq!([out[0], out[4], out[5]], expected);
        }
    }

    #[test]
    fn odd_sizes_get_a_row_and_a_column() {
        for layout in [
            PixelLayout::Gray,
            PixelLayout::Rgb,
            PixelLayout::GrayYuv,
            PixelLayout::Yuv(YuvMatrix::Bt709),
        ] {
            let step = if layout == PixelLayout::Rgb { 3 } else { 1 };
            let is_yuv = matches!(layout, PixelLayout::Yuv(_) | PixelLayout::GrayYuv);
            let level = |index: usize| match (index * 32).min(255) as u8 {
                level if is_yuv => luma(level),
                level => level,
            };
            let expect = |mode, column: [usize; 3], row: [usize; 4]| {
                let pixels = packed(&PixelFormat::even(layout, (3, 3), mode), &image(3, 3));
                assert_eq!(
                    [3, 7, 11].map(|at| pixels[step * at]),
                    column.map(level),
                    "{mode:?}"
                );
                assert_eq!(
                    [12, 13, 14, 15].map(|at| pixels[step * at]),
                    row.map(level),
                    "{mode:?}"
                );
            };
            expect(PadMode::Edge, [2, 5, 8], [6, 7, 8, 8]);
            expect(PadMode::Symmetric, [2, 5, 8], [6, 7, 8, 8]);
            expect(PadMode::Reflect, [1, 4, 7], [3, 4, 5, 4]);
            expect(PadMode::Wrap, [0, 3, 6], [0, 1, 2, 0]);
            expect(PadMode::Constant, [0, 0, 0], [0, 0, 0, 0]);
            expect(PadMode::LinearRamp, [0, 0, 0], [0, 0, 0, 0]);
            expect(PadMode::Maximum, [2, 5, 8], [6, 7, 8, 8]);
            expect(PadMode::Minimum, [0, 3, 6], [0, 1, 2, 0]);
            expect(PadMode::Mean, [1, 4, 7], [3, 4, 5, 4]);
            expect(PadMode::Median, [1, 4, 7], [3, 4, 5, 4]);
        }
    }
}
