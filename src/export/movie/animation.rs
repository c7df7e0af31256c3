//! Animated GIF and PNG writers, which need no ffmpeg. The `gif` and `png` crates compress the
//! frames; the delays between frames are computed here.

use std::io::Write;
use std::sync::Arc;

use gif::{Encoder, Frame, Repeat};

use super::frame_encoder::FrameEncoder;
use super::pixel_format::{PixelFormat, PixelLayout};
use crate::bail;
use crate::color::palette::{Palette, Rgb};
use crate::error::{Error, Result};
use crate::io::format::metadata_keys::HISTORY;
use crate::task;

/// Highest frame rate at which viewers show an animated GIF.
pub(super) const FASTEST_GIF: f64 = 50.0;

/// Animated GIF being written.
pub(super) struct GifWriter<W: Write> {
    encoder: Encoder<W>,
    fps: f64,
    frames: usize,
}

impl<W: Write> GifWriter<W> {
    /// Begins a GIF that loops.
    pub(super) fn new(
        writer: W,
        (width, height): (usize, usize),
        fps: f64,
        comment: Option<&str>,
    ) -> Result<Self> {
        let (Ok(width), Ok(height)) = (width.try_into(), height.try_into()) else {
            bail!(
                "an animated GIF has at most 65535 rows and columns, got {width}×{height} pixels"
            );
        };
        let encoder = Encoder::new(writer, width, height, &[]);
        let mut encoder = encoder.map_err(failed)?;
        encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
        if let Some(comment) = comment {
            let blocks: Vec<&[u8]> = comment.as_bytes().chunks(255).collect();
            let label = gif::Extension::Comment.into();
            encoder
                .write_raw_extension(label, &blocks)
                .map_err(failed)?;
        }
        let fps = fps.min(FASTEST_GIF);
        Ok(Self {
            encoder,
            fps,
            frames: 0,
        })
    }
}

impl<W: Write> FrameEncoder for GifWriter<W> {
    /// Made by [`gif_frame`].
    type Frame = Frame<'static>;

    fn add(&mut self, mut frame: Frame<'static>) -> Result<()> {
        // Delays are whole hundredths of a second; rounding errors do not accumulate.
        let end = |frames: usize| (frames as f64 * 100.0 / self.fps).round();
        frame.delay = (end(self.frames + 1) - end(self.frames)).clamp(2.0, 65535.0) as u16;
        self.frames += 1;
        self.encoder
            .write_lzw_pre_encoded_frame(&frame)
            .map_err(failed)
    }

    fn finish(self) -> Result<()> {
        let mut writer = self.encoder.into_inner().map_err(failed)?;
        writer.flush().map_err(|e| failed(e.into()))
    }
}

/// Compressed frame with a palette of its own, in which the colors of the scene's colormaps come
/// first. Compressing a large frame is slow and cannot be interrupted.
pub(super) fn gif_frame(
    (width, height): (usize, usize),
    rgb: Vec<u8>,
    colormap: &Arc<[Rgb]>,
) -> Result<Frame<'static>> {
    let colormap = colormap.clone();
    let frame = task::interruptibly(move || {
        let pixels = rgb.as_chunks::<3>().0;
        let palette = Palette::new(pixels.iter().copied(), &colormap);
        let indices: Vec<u8> = pixels.iter().map(|pixel| palette.index(*pixel)).collect();
        let colors = palette.colors().as_flattened();
        let (width, height) = (width as u16, height as u16);
        let mut frame = Frame::from_palette_pixels(width, height, indices, colors, None);
        frame.make_lzw_pre_encoded();
        frame
    })?;
    frame.ok_or_else(|| Error::new("a frame of the animated GIF is missing"))
}

/// Animated PNG being written.
pub(super) struct ApngWriter<W: Write>(png::Writer<W>);

impl<W: Write> ApngWriter<W> {
    /// Begins a PNG that loops, or a still image if there is no frame rate.
    pub(super) fn new(
        writer: W,
        format: &PixelFormat,
        frames: usize,
        fps: Option<f64>,
        comment: Option<&str>,
    ) -> Result<Self> {
        let (width, height) = format.size;
        let (Ok(width), Ok(height), Ok(frames)) =
            (width.try_into(), height.try_into(), frames.try_into())
        else {
            bail!("an animated PNG cannot hold {frames} frames of {width}×{height} pixels");
        };
        let mut encoder = png::Encoder::new(writer, width, height);
        let (color, depth) = match format.layout {
            PixelLayout::Gray => (png::ColorType::Grayscale, png::BitDepth::Eight),
            PixelLayout::Gray16 | PixelLayout::Gray16Big => {
                (png::ColorType::Grayscale, png::BitDepth::Sixteen)
            }
            PixelLayout::Rgb | PixelLayout::Yuv(_) | PixelLayout::GrayYuv => {
                (png::ColorType::Rgb, png::BitDepth::Eight)
            }
        };
        encoder.set_color(color);
        encoder.set_depth(depth);
        encoder.set_compression(png::Compression::Fast);
        if let Some(comment) = comment {
            encoder
                .add_itxt_chunk(HISTORY.into(), comment.into())
                .map_err(png_failed)?;
        }
        if let Some(fps) = fps {
            encoder.set_animated(frames, 0).map_err(png_failed)?;
            let (seconds, parts) = delay(fps);
            encoder
                .set_frame_delay(seconds, parts)
                .map_err(png_failed)?;
        }
        encoder.write_header().map(Self).map_err(png_failed)
    }
}

impl<W: Write> FrameEncoder for ApngWriter<W> {
    type Frame = Vec<u8>;

    fn add(&mut self, pixels: Vec<u8>) -> Result<()> {
        self.0.write_image_data(&pixels).map_err(png_failed)
    }

    fn finish(self) -> Result<()> {
        self.0.finish().map_err(png_failed)
    }
}

/// Delay between frames as a fraction of 16-bit numbers.
fn delay(fps: f64) -> (u16, u16) {
    let largest = f64::from(u16::MAX);
    let nearest = (1..=1001u16).find_map(|seconds| {
        let parts = f64::from(seconds) * fps;
        let is_whole = (parts - parts.round()).abs() < 1e-6 * parts;
        (is_whole && (1.0..=largest).contains(&parts)).then(|| (seconds, parts.round() as u16))
    });
    nearest.unwrap_or_else(|| match fps {
        1.0.. => (1, fps.min(largest).round() as u16),
        _ => ((1.0 / fps).min(largest).round() as u16, 1),
    })
}

fn failed(cause: gif::EncodingError) -> Error {
    Error::new(format!("cannot write the animated GIF: {cause}"))
}

fn png_failed(cause: png::EncodingError) -> Error {
    Error::new(format!("cannot write the animated PNG: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_fractions() {
        assert_eq!(
            [25.0, 29.97, 0.5, 60.0].map(delay),
            [(1, 25), (100, 2997), (2, 1), (1, 60)]
        );
        assert_eq!(delay(1e6), (1, 65535));
        assert_eq!(delay(1e-9), (65535, 1));
    }

    #[test]
    fn gifs_are_as_fast_as_asked_for() {
        let mut out = Vec::new();
        let mut gif = GifWriter::new(&mut out, (2, 1), 30.0, None).unwrap();
        for _ in 0..3 {
            let frame = gif_frame((2, 1), vec![0, 0, 0, 255, 0, 0], &Arc::default()).unwrap();
            gif.add(frame).unwrap();
        }
        gif.finish().unwrap();
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(&out[..]).unwrap();
        let mut delays = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            assert_eq!(frame.buffer[..], [0, 0, 0, 255, 255, 0, 0, 255]);
            delays.push(frame.delay);
        }
        assert_eq!(delays, [3, 4, 3]);
    }

    #[test]
    fn animated_pngs_keep_every_pixel() {
        let format = PixelFormat::exact(PixelLayout::Gray16Big, (2, 1));
        let mut out = Vec::new();
        let mut png = ApngWriter::new(&mut out, &format, 2, Some(25.0), None).unwrap();
        let frames = [[1, 2, 3, 4], [255, 254, 0, 1]];
        for frame in &frames {
            png.add(frame.to_vec()).unwrap();
        }
        png.finish().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&out))
            .read_info()
            .unwrap();
        for frame in frames {
            let mut pixels = [0; 4];
            reader.next_frame(&mut pixels).unwrap();
            assert_eq!(pixels, frame);
        }
    }
}
