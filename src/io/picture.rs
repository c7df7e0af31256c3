//! Frames as the pictures that an encoder takes: coloured, and of an even width and height.

use super::ffmpeg::Raw;
use super::movie::Export;
use crate::choice::Choice;
use crate::error::Result;
use crate::video::Video;
use crate::video::coloring::Coloring;
use crate::video::colormap::{BAD, Rgba};

/// What a row or column added after the last one shows, named as in NumPy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PadMode {
    /// The last one again.
    Edge,
    /// Black.
    Constant,
    /// The one before the last.
    Reflect,
    /// The last one again, as in a mirror at the border.
    Symmetric,
    /// The first one.
    Wrap,
}

impl Choice for PadMode {
    const NOUN: &'static str = "the name of a mode";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("edge", PadMode::Edge),
        ("constant", PadMode::Constant),
        ("reflect", PadMode::Reflect),
        ("symmetric", PadMode::Symmetric),
        ("wrap", PadMode::Wrap),
    ];
}

impl PadMode {
    /// The row or column, of `len`, that the added one shows; `None` for black.
    fn source(self, len: usize) -> Option<usize> {
        match self {
            PadMode::Edge | PadMode::Symmetric => Some(len - 1),
            PadMode::Reflect => Some(len.saturating_sub(2)),
            PadMode::Wrap => Some(0),
            PadMode::Constant => None,
        }
    }
}

/// How frames become pictures of an even width and height.
pub(super) struct Picture<'a> {
    video: &'a Video,
    coloring: Coloring,
    /// Whether pictures are the brightness of gray pixels, for encoders that store brightness and
    /// colour apart: then ffmpeg has nothing to convert.
    is_luma: bool,
    pad_mode: PadMode,
}

impl<'a> Picture<'a> {
    pub(super) fn new(video: &'a Video, export: &Export) -> Result<Self> {
        let coloring = Coloring::new(video, export.cmap.clone(), export.vmin, export.vmax)?;
        let is_gray = coloring
            .scale()
            .is_some_and(|scale| scale.colormap().is_gray());
        Ok(Self {
            video,
            coloring,
            is_luma: is_gray && export.encoder.param("-pix_fmt") == Some("yuv420p"),
            pad_mode: export.pad_mode,
        })
    }

    fn size(&self) -> (usize, usize) {
        (self.video.shape()[2], self.video.shape()[1])
    }

    /// The size with the row and column that make it even.
    fn padded(&self) -> (usize, usize) {
        let (width, height) = self.size();
        (width.next_multiple_of(2), height.next_multiple_of(2))
    }

    fn bytes_per_pixel(&self) -> usize {
        if self.is_luma { 1 } else { 3 }
    }

    /// The size of a picture; after the brightness follows the colour, at half the resolution.
    pub(super) fn bytes(&self) -> usize {
        let (width, height) = self.padded();
        let bytes = width * height * self.bytes_per_pixel();
        if self.is_luma {
            bytes + bytes / 2
        } else {
            bytes
        }
    }

    pub(super) fn raw(&self, fps: f64) -> Raw {
        let (width, height) = self.padded();
        Raw {
            pixel_format: if self.is_luma { "yuv420p" } else { "rgb24" },
            width,
            height,
            fps,
        }
    }

    /// Renders one frame into a picture.
    pub(super) fn render(&self, frame: usize, out: &mut [u8]) {
        let (width, height) = self.size();
        let stride = self.padded().0 * self.bytes_per_pixel();
        let (pixels, chroma) = out.split_at_mut(stride * self.padded().1);
        chroma.fill(128);
        let mut colors = vec![BAD; width * height];
        self.coloring
            .colors(self.video, frame, 0..colors.len(), &mut colors);
        for (row, colors) in pixels
            .chunks_exact_mut(stride)
            .zip(colors.chunks_exact(width))
        {
            self.paint(colors, row);
        }
        self.pad(pixels, stride);
    }

    fn paint(&self, colors: &[Rgba], row: &mut [u8]) {
        if self.is_luma {
            for (out, [gray, ..]) in row.iter_mut().zip(colors) {
                *out = luma(*gray);
            }
        } else {
            for (out, [r, g, b, _]) in row.as_chunks_mut().0.iter_mut().zip(colors) {
                *out = [*r, *g, *b];
            }
        }
    }

    /// Fills the column and the row that make the size even.
    fn pad(&self, pixels: &mut [u8], stride: usize) {
        let ((width, height), size) = (self.size(), self.bytes_per_pixel());
        let black = if self.is_luma { luma(0) } else { 0 };
        if width % 2 == 1 {
            for row in pixels.chunks_exact_mut(stride).take(height) {
                match self.pad_mode.source(width) {
                    Some(col) => row.copy_within(col * size..(col + 1) * size, width * size),
                    None => row[width * size..].fill(black),
                }
            }
        }
        if height % 2 == 1 {
            let end = height * stride;
            match self.pad_mode.source(height) {
                Some(row) => pixels.copy_within(row * stride..(row + 1) * stride, end),
                None => pixels[end..].fill(black),
            }
        }
    }
}

/// The brightness that video stores for a gray level, as ffmpeg computes it.
fn luma(gray: u8) -> u8 {
    ((28141 * u32::from(gray) + (16 << 15) + (1 << 14) + (1 << 8)) >> 15) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::movie::tests::export;
    use crate::ops::testing::ramp;

    fn rendered(video: &Video, export: &Export, frame: usize) -> Vec<u8> {
        let picture = Picture::new(video, export).unwrap();
        let mut out = vec![0; picture.bytes()];
        picture.render(frame, &mut out);
        out
    }

    #[test]
    fn gray_is_sent_as_the_brightness_that_video_stores() {
        // What ffmpeg 5.1 makes of gray RGB pixels; 39 is where rounding to nearest would differ.
        assert_eq!([0, 1, 39, 128, 255].map(luma), [16, 17, 50, 126, 235]);
        let video = ramp(&[1, 2, 2]);
        let gray = rendered(&video, &export("gray", PadMode::Edge), 0);
        assert_eq!(gray[..4], [0, 85, 170, 255].map(luma));
        assert_eq!(gray[4..], [128, 128]);
    }

    #[test]
    fn odd_sizes_get_a_row_and_a_column() {
        let pixels = |mode| rendered(&ramp(&[1, 3, 3]), &export("gray", mode), 0);
        let level = |index: usize| luma((index * 32).min(255) as u8);
        let expect = |mode, column: [usize; 3], row: [usize; 4]| {
            let pixels = pixels(mode);
            assert_eq!(
                [3, 7, 11].map(|at| pixels[at]),
                column.map(level),
                "{mode:?}"
            );
            assert_eq!(pixels[12..16], row.map(level), "{mode:?}");
        };
        expect(PadMode::Edge, [2, 5, 8], [6, 7, 8, 8]);
        expect(PadMode::Symmetric, [2, 5, 8], [6, 7, 8, 8]);
        expect(PadMode::Reflect, [1, 4, 7], [3, 4, 5, 4]);
        expect(PadMode::Wrap, [0, 3, 6], [0, 1, 2, 0]);
        expect(PadMode::Constant, [0, 0, 0], [0, 0, 0, 0]);
    }
}
