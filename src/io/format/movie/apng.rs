//! Animated PNG files (APNG). Decoding is by the `png` crate, composition of the frames by
//! `canvas`.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use png::{BitDepth, BlendOp, ColorType, Decoder, DisposeOp, Limits, Reader, Transformations};

use super::canvas::{Canvas, CanvasRect, Disposal, Pixel, check_size};
use super::{FrameDecoder, FrameFormat, FrameSelector, FrameStream, Movie, MovieDecoder};
use crate::error::{Error, Result};
use crate::fs::files;
use crate::io::bytes::chunked::zeros;
use crate::io::bytes::samples::SharedFile;
use crate::io::codec::catch_panic::catch_panic;
use crate::io::format::image;
use crate::io::recording::FrameRange;
use crate::video::{DType, Metadata};

/// How far into a file its animation header is searched for.
const SEARCHED: usize = 1 << 20;

/// Maximum number of pixels per byte of a frame: deflated pixels of one bit.
const PIXELS_PER_BYTE: u64 = 8 * 1032;

struct ApngMovie {
    /// Whether the file ends with its last chunk.
    is_complete: bool,
}

/// Whether a PNG file has several frames: then a chunk before the pixels states their number.
pub(in crate::io) fn is_animated(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = files::open(path).map(|file| file.take(SEARCHED as u64).read_to_end(&mut start));
    if !matches!(read, Ok(Ok(_))) {
        return false;
    }
    let mut at = 8;
    while let Some(&[a, b, c, d, ref kind @ ..]) = start.get(at..at + 8) {
        match kind {
            b"acTL" => return true,
            b"IDAT" => return false,
            _ => {
                let len = u32::from_be_bytes([a, b, c, d]) as usize;
                at = at.saturating_add(12).saturating_add(len);
            }
        }
    }
    false
}

/// Reads the header.
pub(super) fn open(path: &Path, is_gray: bool) -> Result<Movie> {
    let source = SharedFile::open(path)?;
    let present = source.len();
    let beginning = source.start(SEARCHED)?;
    let mut reader = start(path)?;
    let info = reader.info();
    let (width, height) = (info.width as usize, info.height as usize);
    let len = info
        .animation_control
        .map_or(1, |control| control.num_frames as usize);
    check_size(width, height, len, present, PIXELS_PER_BYTE)?;
    let (_, depth) = reader.output_color_type();
    if info.animation_control.is_some() && info.frame_control.is_none() {
        catch_panic(|| reader.next_frame_info().map(drop).map_err(explain))?;
    }
    let delay = reader.info().frame_control;
    let delay = delay.map(|frame| (frame.delay_num, frame.delay_den));
    let size = FrameFormat {
        height,
        width,
        is_gray,
        dtype: if depth == BitDepth::Sixteen {
            DType::U16
        } else {
            DType::U8
        },
    };
    let metadata = Metadata {
        fps: delay.and_then(rate),
        provenance: image::script(&beginning).map(Into::into),
        ..Metadata::default()
    };
    let codec = Box::new(ApngMovie {
        is_complete: ends_as_png(&source)?,
    });
    Ok(Movie::new(path, (size, len), metadata, codec))
}

/// Whether the last chunk of a PNG file is that of its end.
fn ends_as_png(source: &SharedFile) -> Result<bool> {
    const END: &[u8; 12] = b"\0\0\0\0IEND\xAE\x42\x60\x82";
    let mut last = [0; END.len()];
    match source.len().checked_sub(last.len() as u64) {
        Some(start) => source.read_at(start, &mut last)?,
        None => return Ok(false),
    }
    Ok(&last == END)
}

/// Frames per second from the duration of a frame; a denominator of 0 means 100.
fn rate((count, parts): (u16, u16)) -> Option<f64> {
    let parts = if parts == 0 { 100 } else { parts };
    (count > 0).then(|| f64::from(parts) / f64::from(count))
}

fn start(path: &Path) -> Result<Reader<BufReader<File>>> {
    let file = files::open(path)?;
    let limits = Limits { bytes: usize::MAX };
    catch_panic(|| {
        let mut decoder = Decoder::new_with_limits(BufReader::new(file), limits);
        decoder.set_transformations(Transformations::EXPAND);
        decoder.set_ignore_text_chunk(true);
        decoder.read_info().map_err(explain)
    })
}

fn explain(error: png::DecodingError) -> Error {
    Error::new(format!("it is damaged: {error}").to_lowercase())
}

impl MovieDecoder for ApngMovie {
    fn play(
        &self,
        path: &Path,
        size: FrameFormat,
        range: FrameRange,
    ) -> Result<Box<dyn FrameStream>> {
        let mut reader = start(path)?;
        let bytes = reader.output_buffer_size().unwrap_or(0);
        let most = if size.dtype == DType::U16 {
            u16::MAX
        } else {
            255
        };
        if let Some(control) = reader.info().animation_control
            && reader.info().frame_control.is_none()
            && control.num_frames > 0
        {
            // A default image that is not part of the animation.
            catch_panic(|| reader.next_frame(&mut zeros(bytes)?).map_err(explain))?;
        }
        let frames = ApngFrames {
            reader,
            canvas: Canvas::new(size.width, size.height, most, size.is_gray)?,
            frame: zeros(bytes)?,
        };
        Ok(FrameSelector::new(frames, range))
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }
}

struct ApngFrames {
    reader: Reader<BufReader<File>>,
    canvas: Canvas,
    frame: Vec<u8>,
}

impl FrameDecoder for ApngFrames {
    fn advance(&mut self) -> Result<bool> {
        let Self {
            reader,
            canvas,
            frame,
        } = self;
        let Ok(output) = catch_panic(|| reader.next_frame(frame).map_err(explain)) else {
            return Ok(false);
        };
        let whole = CanvasRect {
            left: 0,
            top: 0,
            width: output.width as usize,
            height: output.height as usize,
        };
        let (rect, disposal, blend) = match reader.info().frame_control {
            Some(control) => (
                CanvasRect {
                    left: control.x_offset as usize,
                    top: control.y_offset as usize,
                    ..whole
                },
                match control.dispose_op {
                    DisposeOp::None => Disposal::Keep,
                    DisposeOp::Background => Disposal::Clear,
                    DisposeOp::Previous => Disposal::Restore,
                },
                control.blend_op == BlendOp::Over,
            ),
            None => (whole, Disposal::Keep, false),
        };
        let bytes = &frame[..output.buffer_size().min(frame.len())];
        let pixels = pixels(bytes, output.color_type, output.bit_depth);
        canvas.draw(rect, disposal, blend, pixels);
        Ok(true)
    }

    fn write(&self, out: &mut [u8]) {
        self.canvas.write(out);
    }
}

fn pixels(bytes: &[u8], color: ColorType, depth: BitDepth) -> impl Iterator<Item = Pixel> + '_ {
    let size = if depth == BitDepth::Sixteen { 2 } else { 1 };
    let most = if size == 2 { u16::MAX } else { 255 };
    bytes
        .chunks_exact(color.samples() * size)
        .map(move |pixel| {
            let sample = |index: usize| match size {
                2 => u16::from_be_bytes([pixel[2 * index], pixel[2 * index + 1]]),
                _ => u16::from(pixel[index]),
            };
            match color.samples() {
                1 => [sample(0), sample(0), sample(0), most],
                2 => [sample(0), sample(0), sample(0), sample(1)],
                3 => [sample(0), sample(1), sample(2), most],
                _ => [sample(0), sample(1), sample(2), sample(3)],
            }
        })
}
