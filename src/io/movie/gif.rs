//! GIF animations.

use std::fs::File;
use std::path::Path;

use gif::{ColorOutput, DecodeOptions, Decoder, DisposalMethod, MemoryLimit};

use super::canvas::{Canvas, Disposal, Place, check_size};
use super::{Chosen, Codec, Decode, Film, Play, Size};
use crate::error::{Error, Result};
use crate::files;
use crate::io::FrameRange;
use crate::io::foreign::without_panic;
use crate::io::raw::Source;
use crate::task;
use crate::video::{DType, Metadata};

struct Gif;

/// Whether a file that begins with these bytes is a GIF file.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
}

/// Counts the frames.
pub(super) fn open(path: &Path, is_gray: bool) -> Result<Film> {
    let present = Source::open(path)?.len();
    let mut decoder = start(path)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let (mut len, mut hundredths) = (0, 0);
    // The frames before a damaged one are worth having.
    while let Ok(Some(frame)) = without_panic(|| decoder.next_frame_info().map_err(explain)) {
        if task::is_interrupted() {
            return Err(Error::interrupted());
        }
        len += 1;
        hundredths += u64::from(frame.delay);
    }
    check_size(width, height, len, present)?;
    Ok(Film {
        path: path.to_owned(),
        size: Size {
            height,
            width,
            is_gray,
            dtype: DType::U8,
        },
        len,
        metadata: Metadata {
            fps: (hundredths > 0).then(|| 100.0 * len as f64 / hundredths as f64),
            ..Metadata::default()
        },
        codec: Box::new(Gif),
    })
}

fn start(path: &Path) -> Result<Decoder<File>> {
    let file = files::open(path)?;
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    options.set_memory_limit(MemoryLimit::Unlimited);
    without_panic(|| options.read_info(file).map_err(explain))
}

fn explain(error: gif::DecodingError) -> Error {
    Error::new(format!("it is damaged: {error}").to_lowercase())
}

impl Codec for Gif {
    fn play(&self, path: &Path, size: Size, range: FrameRange) -> Result<Box<dyn Play>> {
        let frames = Frames {
            decoder: start(path)?,
            canvas: Canvas::new(size.width, size.height, 255, size.is_gray),
        };
        Ok(Chosen::new(frames, range))
    }
}

struct Frames {
    decoder: Decoder<File>,
    canvas: Canvas,
}

impl Decode for Frames {
    fn advance(&mut self) -> Result<bool> {
        let Self { decoder, canvas } = self;
        let Ok(Some(frame)) = without_panic(|| decoder.read_next_frame().map_err(explain)) else {
            return Ok(false);
        };
        let place = Place {
            left: frame.left.into(),
            top: frame.top.into(),
            width: frame.width.into(),
            height: frame.height.into(),
        };
        let disposal = match frame.dispose {
            DisposalMethod::Background => Disposal::Clear,
            DisposalMethod::Previous => Disposal::Restore,
            DisposalMethod::Any | DisposalMethod::Keep => Disposal::Keep,
        };
        let pixels = frame.buffer.as_chunks::<4>().0.iter();
        canvas.draw(
            place,
            disposal,
            true,
            pixels.map(|pixel| pixel.map(u16::from)),
        );
        Ok(true)
    }

    fn write(&self, out: &mut [u8]) {
        self.canvas.write(out);
    }
}
