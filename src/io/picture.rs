//! Frames as the pictures that an encoder takes: coloured, and of an even width and height.

use super::ffmpeg::{Encoder, Raw};
use super::movie::Export;
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::video::colormap::Scale;
use crate::video::{
    DType, Element, Real, Samples, Strided, Video, map_samples, number_text, read_run,
};

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
pub(super) struct Picture {
    width: usize,
    height: usize,
    paint: Paint,
    pad_mode: PadMode,
}

/// What a pixel of the picture is made of.
enum Paint {
    /// The brightness of a gray colormap, for encoders that store brightness and colour apart:
    /// then ffmpeg has nothing to convert.
    Luma(Scale),
    /// A colormap.
    Colors(Scale),
    /// The 3 or 4 channels of the video.
    Channels(usize),
}

impl Picture {
    pub(super) fn of(video: &Video, export: &Export) -> Result<Self> {
        let paint = match video.shape()[3..] {
            [] | [1] => Paint::of_scale(scale_of(video, export)?, &export.encoder),
            [channels @ (3 | 4)] => {
                check_channels(video.dtype())?;
                Paint::Channels(channels)
            }
            [channels] => bail!("export_video needs 1, 3 or 4 channels, got {channels}"),
            _ => bail!("export_video needs at most 4 axes, got {}", video.ndim()),
        };
        Ok(Self {
            height: video.shape()[1],
            width: video.shape()[2],
            paint,
            pad_mode: export.pad_mode,
        })
    }

    /// The size with the row and column that make it even.
    fn padded(&self) -> (usize, usize) {
        (
            self.width.next_multiple_of(2),
            self.height.next_multiple_of(2),
        )
    }

    fn bytes_per_pixel(&self) -> usize {
        match self.paint {
            Paint::Luma(_) => 1,
            Paint::Colors(_) => 3,
            Paint::Channels(channels) => channels,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let (width, height) = self.padded();
        let bytes = width * height * self.bytes_per_pixel();
        match self.paint {
            Paint::Luma(_) => bytes + bytes / 2,
            _ => bytes,
        }
    }

    pub(super) fn raw(&self, fps: f64) -> Raw {
        let (width, height) = self.padded();
        Raw {
            pixel_format: match self.paint {
                Paint::Luma(_) => "yuv420p",
                Paint::Colors(_) | Paint::Channels(3) => "rgb24",
                Paint::Channels(_) => "rgba",
            },
            width,
            height,
            fps,
        }
    }

    /// Renders one frame into a picture.
    pub(super) fn render(&self, samples: &Samples, frame: usize, out: &mut [u8]) {
        let (width, height) = self.padded();
        let stride = width * self.bytes_per_pixel();
        let (pixels, chroma) = out.split_at_mut(stride * height);
        chroma.fill(128);
        match &self.paint {
            Paint::Luma(scale) => {
                let black = luma(0);
                self.paint_rows(samples, scale, frame, pixels, |[gray, ..], out| {
                    out[0] = luma(gray);
                });
                self.pad(pixels, stride, black);
            }
            Paint::Colors(scale) => {
                let rgb = |[r, g, b, _]: [u8; 4], out: &mut [u8]| out.copy_from_slice(&[r, g, b]);
                self.paint_rows(samples, scale, frame, pixels, rgb);
                self.pad(pixels, stride, 0);
            }
            Paint::Channels(channels) => {
                map_samples!(samples, array => channel_rows(array, frame, self.width * channels, stride, pixels));
                self.pad(pixels, stride, 0);
            }
        }
    }

    /// Colours the rows of a frame, in the precision that its samples need.
    fn paint_rows(
        &self,
        samples: &Samples,
        scale: &Scale,
        frame: usize,
        out: &mut [u8],
        paint: impl Fn([u8; 4], &mut [u8]),
    ) {
        match samples.dtype() {
            DType::U32 | DType::U64 | DType::I32 | DType::I64 | DType::F64 => {
                self.paint_rows_in::<f64>(samples, scale, frame, out, paint);
            }
            _ => self.paint_rows_in::<f32>(samples, scale, frame, out, paint),
        }
    }

    fn paint_rows_in<R: Real>(
        &self,
        samples: &Samples,
        scale: &Scale,
        frame: usize,
        out: &mut [u8],
        paint: impl Fn([u8; 4], &mut [u8]),
    ) {
        let size = self.bytes_per_pixel();
        let mut values = vec![R::default(); self.width * self.height];
        samples.read(frame, 0..values.len(), &mut values);
        let rows = out.chunks_exact_mut(self.padded().0 * size);
        for (row, values) in rows.zip(values.chunks_exact(self.width)) {
            for (out, color) in row.chunks_exact_mut(size).zip(scale.colors(values)) {
                paint(color, out);
            }
        }
    }

    /// Fills the column and the row that make the size even.
    fn pad(&self, pixels: &mut [u8], stride: usize, black: u8) {
        let size = self.bytes_per_pixel();
        if self.width % 2 == 1 {
            for row in pixels.chunks_exact_mut(stride).take(self.height) {
                match self.pad_mode.source(self.width) {
                    Some(col) => row.copy_within(col * size..(col + 1) * size, self.width * size),
                    None => row[self.width * size..].fill(black),
                }
            }
        }
        if self.height % 2 == 1 {
            let end = self.height * stride;
            match self.pad_mode.source(self.height) {
                Some(row) => pixels.copy_within(row * stride..(row + 1) * stride, end),
                None => pixels[end..].fill(black),
            }
        }
    }
}

impl Paint {
    fn of_scale(scale: Scale, encoder: &Encoder) -> Self {
        let gray = scale.colormap().is_gray();
        if gray && encoder.param("-pix_fmt") == Some("yuv420p") {
            return Paint::Luma(scale);
        }
        Paint::Colors(scale)
    }
}

/// The brightness that video stores for a gray level, as ffmpeg computes it.
fn luma(gray: u8) -> u8 {
    ((28141 * u32::from(gray) + (16 << 15) + (1 << 14) + (1 << 8)) >> 15) as u8
}

/// Copies the channels of a frame: as they are if they are bytes, else from the range 0 to 1.
fn channel_rows<T: Element>(
    array: &Strided<T>,
    frame: usize,
    len: usize,
    stride: usize,
    out: &mut [u8],
) {
    let to_byte = |value: T| match T::DTYPE {
        DType::U8 => value.to_f64() as u8,
        _ => (value.to_f64() * 255.0) as u8,
    };
    for (row, out) in out
        .chunks_exact_mut(stride)
        .enumerate()
        .take(array.shape()[1])
    {
        read_run(
            array,
            frame,
            row * len..(row + 1) * len,
            &mut out[..len],
            to_byte,
        );
    }
}

/// The range of the colormap: as given, else that of the first frame with a finite sample.
fn scale_of(video: &Video, export: &Export) -> Result<Scale> {
    let (low, high) = match (export.vmin, export.vmax) {
        (Some(vmin), Some(vmax)) => (vmin, vmax),
        (vmin, vmax) => {
            let found = (0..video.len()).find_map(|frame| finite_range(video.samples(), frame));
            let (low, high) = found.unwrap_or((0.0, 1.0));
            (vmin.unwrap_or(low), vmax.unwrap_or(high))
        }
    };
    if low > high {
        bail!(
            "`vmin` must not be above `vmax`, got {} and {}",
            number_text(low),
            number_text(high)
        );
    }
    Ok(Scale::new(export.cmap.clone(), low, high))
}

fn finite_range(samples: &Samples, frame: usize) -> Option<(f64, f64)> {
    let mut values = vec![0f64; samples.layout().shape()[1..].iter().product()];
    samples.read(frame, 0..values.len(), &mut values);
    let finite = values.into_iter().filter(|value| value.is_finite());
    finite.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

fn check_channels(dtype: DType) -> Result<()> {
    if dtype.is_float() || matches!(dtype, DType::U8 | DType::Bool) {
        return Ok(());
    }
    Err(Error::new(format!(
        "a video with colour channels needs uint8 or float samples, got {dtype}"
    ))
    .hint("convert it first: floats from 0 to 1, or `astype(\"uint8\")`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::colormap::Colormap;

    fn export(cmap: &str, pad_mode: PadMode) -> Export {
        Export {
            fps: 25.0,
            skip_frames: 1,
            cmap: Colormap::named(cmap).unwrap(),
            vmin: None,
            vmax: None,
            encoder: Encoder::builtin("libx264").unwrap(),
            pad_mode,
            progress_bar: false,
        }
    }

    fn ramp(shape: &[usize]) -> Video {
        let len: usize = shape.iter().product();
        Video::new(Strided::from_vec(
            shape,
            (0..len).map(|v| v as f32).collect(),
        ))
    }

    fn rendered(video: &Video, export: &Export, frame: usize) -> Vec<u8> {
        let picture = Picture::of(video, export).unwrap();
        let mut out = vec![0; picture.bytes()];
        picture.render(video.samples(), frame, &mut out);
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

    #[test]
    fn channels_are_bytes_or_fractions() {
        let bytes = Video::new(Strided::from_vec(
            &[1, 1, 2, 3],
            vec![0u8, 1, 2, 253, 254, 255],
        ));
        let edge = export("gray", PadMode::Edge);
        assert_eq!(rendered(&bytes, &edge, 0)[..6], [0, 1, 2, 253, 254, 255]);
        let floats = vec![0.0f32, 0.5, 1.0, 1.5, -0.5, f32::NAN];
        let floats = Video::new(Strided::from_vec(&[1, 1, 2, 3], floats));
        assert_eq!(rendered(&floats, &edge, 0)[..6], [0, 127, 255, 255, 0, 0]);
        let words = Video::new(Strided::<u16>::zeroed(&[1, 2, 2, 3]).unwrap());
        assert!(Picture::of(&words, &edge).is_err());
    }

    #[test]
    fn the_range_is_that_of_the_first_frame_with_numbers() {
        let mut samples = vec![f32::NAN; 4];
        samples.extend([3.0, f32::INFINITY, 7.0, 5.0, 100.0, 0.0, 0.0, 0.0]);
        let video = Video::new(Strided::from_vec(&[3, 2, 2], samples));
        let mut options = export("gray", PadMode::Edge);
        let range = |scale: Scale| (scale.low(), scale.high());
        assert_eq!(range(scale_of(&video, &options).unwrap()), (3.0, 7.0));
        options.vmax = Some(5.0);
        assert_eq!(range(scale_of(&video, &options).unwrap()), (3.0, 5.0));
        options.vmax = Some(1.0);
        let error = scale_of(&video, &options).unwrap_err();
        assert_eq!(
            error.message(),
            "`vmin` must not be above `vmax`, got 3 and 1"
        );
    }
}
