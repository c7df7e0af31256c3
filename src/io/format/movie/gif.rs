//! GIF animations. Decoding is by the `gif` crate, composition of the frames by `canvas`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::num::NonZeroU64;
use std::path::Path;

use gif::{ColorOutput, DecodeOptions, Decoder, DisposalMethod, MemoryLimit};

use super::canvas::{Canvas, CanvasRect, Disposal, check_size};
use super::{FrameDecoder, FrameFormat, FrameSelector, FrameStream, Movie, MovieDecoder};
use crate::bail;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::history;
use crate::io::bytes::samples::SharedFile;
use crate::io::codec::catch_panic::catch_panic;
use crate::io::recording::FrameRange;
use crate::task;
use crate::video::{DType, Metadata};

/// Maximum number of pixels per byte of a frame: up to 4096 for each code of 12 bits.
const PIXELS_PER_BYTE: u64 = 4096 * 8 / 12 + 1;

struct GifMovie {
    /// Number of bytes needed to decode a frame.
    memory: u64,
    /// Whether the file ends with its trailer.
    is_complete: bool,
}

/// Facts from the blocks of a file, without its pixels.
#[derive(Debug, Default, PartialEq)]
struct GifOutline {
    width: usize,
    height: usize,
    frames: usize,
    hundredths: u64,
    /// Maximum number of pixels of a frame.
    largest: u64,
    /// Script in a comment.
    script: Option<String>,
    /// Whether the trailer or an invalid block was found before the file ended.
    is_complete: bool,
}

/// Whether the first bytes of a file are those of GIF.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
}

/// Counts the frames.
pub(super) fn open(path: &Path, is_gray: bool) -> Result<Movie> {
    let source = SharedFile::open(path)?;
    let outline = GifOutline::read(&source)?;
    let GifOutline {
        width,
        height,
        frames,
        hundredths,
        largest,
        script,
        is_complete,
    } = outline;
    check_size(width, height, frames, source.len(), PIXELS_PER_BYTE)?;
    // Everything else that is read into memory is at most as long as the file.
    let memory = (4 * largest).max(source.len());
    start(path, memory)?;
    let size = FrameFormat {
        height,
        width,
        is_gray,
        dtype: DType::U8,
    };
    let metadata = Metadata {
        fps: (hundredths > 0).then(|| 100.0 * frames as f64 / hundredths as f64),
        provenance: script.map(Into::into),
        ..Metadata::default()
    };
    let codec = Box::new(GifMovie {
        memory,
        is_complete,
    });
    Ok(Movie::new(path, (size, frames), metadata, codec))
}

impl GifOutline {
    /// Reads the blocks as far as they exist; an error if a frame claims more pixels than its bytes
    /// can contain.
    fn read(source: &SharedFile) -> Result<Self> {
        let mut stream = BufReader::with_capacity(STEP, source.section(0, source.len()));
        let mut outline = Self::default();
        let complete = outline.read_blocks(&mut stream)?;
        if complete.is_none() && outline.width == 0 {
            bail!("its header is truncated");
        }
        outline.is_complete = complete.is_some();
        Ok(outline)
    }

    /// Reads until the trailer or an invalid block; `None` if the file ends before.
    fn read_blocks(&mut self, stream: &mut dyn BufRead) -> Result<Option<()>> {
        let Some(header) = take::<13>(stream) else {
            return Ok(None);
        };
        let word = |low: u8, high: u8| u64::from(u16::from_le_bytes([low, high]));
        self.width = word(header[6], header[7]) as usize;
        self.height = word(header[8], header[9]) as usize;
        if leave_out(stream, colors(header[10])).is_none() {
            return Ok(None);
        }
        let mut delay = 0;
        loop {
            task::check()?;
            match take(stream) {
                Some([EXTENSION]) => {
                    let Some([label]) = take(stream) else {
                        return Ok(None);
                    };
                    if label == COMMENT {
                        let mut text = Vec::new();
                        if text_blocks(stream, &mut text).is_none() {
                            return Ok(None);
                        }
                        let text = String::from_utf8(text).ok();
                        let script = text.filter(|text| text.starts_with(history::BEGINNING));
                        self.script = script.or(self.script.take());
                        continue;
                    }
                    let mut first = Vec::new();
                    if blocks(stream, &mut first).is_none() {
                        return Ok(None);
                    }
                    if let (CONTROL, [_, low, high, ..]) = (label, &first[..]) {
                        delay = word(*low, *high);
                    }
                }
                Some([FRAME]) => {
                    let Some(frame) = take::<9>(stream) else {
                        return Ok(None);
                    };
                    self.frames += 1;
                    self.hundredths += std::mem::take(&mut delay);
                    let (width, height) = (word(frame[4], frame[5]), word(frame[6], frame[7]));
                    let data = leave_out(stream, colors(frame[8]))
                        .and_then(|()| take::<1>(stream))
                        .and_then(|_| blocks(stream, &mut Vec::new()));
                    let Some(data) = data else {
                        return Ok(None);
                    };
                    if width * height / PIXELS_PER_BYTE > data {
                        bail!(
                            "its frame {} claims {height}×{width} pixels, more than its {data} \
                             bytes can hold",
                            self.frames - 1
                        );
                    }
                    self.largest = self.largest.max(width * height);
                }
                _ => return Ok(Some(())),
            }
        }
    }
}

/// First bytes of blocks, and the extensions that contain the duration of a frame and a comment.
const EXTENSION: u8 = 0x21;
const FRAME: u8 = 0x2C;
const CONTROL: u8 = 0xF9;
const COMMENT: u8 = 0xFE;

/// Maximum number of bytes of a comment that are kept.
const MAX_COMMENT: usize = 1 << 20;

/// Number of bytes read in one step.
const STEP: usize = 1 << 16;

/// Size in bytes of the color table announced by the flags.
fn colors(flags: u8) -> u64 {
    match flags & 0x80 {
        0 => 0,
        _ => 3 << ((flags & 7) + 1),
    }
}

/// The next `LEN` bytes, if they exist.
fn take<const LEN: usize>(stream: &mut dyn BufRead) -> Option<[u8; LEN]> {
    let mut bytes = [0; LEN];
    stream.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn leave_out(stream: &mut dyn BufRead, mut len: u64) -> Option<()> {
    while len > 0 {
        let there = stream
            .fill_buf()
            .ok()?
            .len()
            .min(usize::try_from(len).unwrap_or(STEP));
        if there == 0 {
            return None;
        }
        stream.consume(there);
        len -= there as u64;
    }
    Some(())
}

/// Reads blocks up to an empty one.
fn text_blocks(stream: &mut dyn BufRead, text: &mut Vec<u8>) -> Option<()> {
    loop {
        let [len] = take(stream)?;
        let start = text.len();
        text.resize(start + usize::from(len), 0);
        stream.read_exact(&mut text[start..]).ok()?;
        if len == 0 {
            return Some(());
        }
        text.truncate(MAX_COMMENT);
    }
}

/// Skips blocks up to an empty one; returns their total size, with the content of the first in
/// `first`.
fn blocks(stream: &mut dyn BufRead, first: &mut Vec<u8>) -> Option<u64> {
    let mut sum = 0;
    loop {
        let [len] = take(stream)?;
        if len == 0 {
            return Some(sum);
        }
        if sum == 0 {
            first.resize(len.into(), 0);
            stream.read_exact(first).ok()?;
        } else {
            leave_out(stream, len.into())?;
        }
        sum += u64::from(len);
    }
}

fn start(path: &Path, memory: u64) -> Result<Decoder<File>> {
    let file = files::open(path)?;
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    let memory = NonZeroU64::new(memory).unwrap_or(NonZeroU64::MIN);
    options.set_memory_limit(MemoryLimit::Bytes(memory));
    catch_panic(|| options.read_info(file).map_err(explain))
}

fn explain(error: gif::DecodingError) -> Error {
    Error::new(format!("it is damaged: {error}").to_lowercase())
}

impl MovieDecoder for GifMovie {
    fn play(
        &self,
        path: &Path,
        size: FrameFormat,
        range: FrameRange,
    ) -> Result<Box<dyn FrameStream>> {
        let frames = GifFrames {
            decoder: start(path, self.memory)?,
            canvas: Canvas::new(size.width, size.height, 255, size.is_gray)?,
        };
        Ok(FrameSelector::new(frames, range))
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }
}

struct GifFrames {
    decoder: Decoder<File>,
    canvas: Canvas,
}

impl FrameDecoder for GifFrames {
    fn advance(&mut self) -> Result<bool> {
        let Self { decoder, canvas } = self;
        let Ok(Some(frame)) = catch_panic(|| decoder.read_next_frame().map_err(explain)) else {
            return Ok(false);
        };
        let rect = CanvasRect {
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
            rect,
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

#[cfg(test)]
mod tests {
    use gif::{Encoder, Frame, Repeat};

    use super::*;
    use crate::io::load_video;
    use crate::io::recording::{FrameSelection, LoadOptions};

    /// A GIF whose first frame covers the canvas and whose others have the given size.
    fn animation(size: (u16, u16), other: (u16, u16), frames: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let palette = [0, 0, 0, 255, 255, 255];
        let mut encoder = Encoder::new(&mut bytes, size.0, size.1, &palette).unwrap();
        encoder.set_repeat(Repeat::Infinite).unwrap();
        for number in 0..frames {
            let (width, height) = if number == 0 { size } else { other };
            let frame = Frame {
                width,
                height,
                delay: 2,
                buffer: vec![(number % 2) as u8; usize::from(width) * usize::from(height)].into(),
                ..Frame::default()
            };
            encoder.write_frame(&frame).unwrap();
        }
        drop(encoder);
        bytes
    }

    fn load(bytes: &[u8], frames: usize) -> Result<crate::video::Video> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gif");
        std::fs::write(&path, bytes).unwrap();
        let selection = FrameSelection {
            frames: Some(frames),
            ..FrameSelection::ALL
        };
        load_video(&path, &selection, &LoadOptions::default())
    }

    #[test]
    fn long_animations_of_small_changes_load() {
        let bytes = animation((1000, 900), (1, 1), 2000);
        assert!(bytes.len() < 100_000);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gif");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(open(&path, true).unwrap().len, 2000);
        let video = load(&bytes, 2).unwrap();
        assert_eq!(video.shape(), [2, 900, 1000]);
        assert_eq!(video.metadata().fps, Some(50.0));
    }

    #[test]
    fn frames_may_be_larger_than_the_animation() {
        let video = load(&animation((20, 10), (30, 25), 3), 3).unwrap();
        assert_eq!(video.shape(), [3, 10, 20]);
    }

    #[test]
    fn claims_that_no_bytes_can_be_are_refused() {
        let bytes = animation((20, 10), (20, 10), 3);
        let first = bytes.iter().position(|byte| *byte == FRAME).unwrap();
        let with = |at: usize, word: u16| {
            let mut bytes = bytes.clone();
            bytes[at..at + 2].copy_from_slice(&word.to_le_bytes());
            bytes[at + 2..at + 4].copy_from_slice(&word.to_le_bytes());
            load(&bytes, 1).unwrap_err().message().to_owned()
        };
        let frame = with(first + 5, u16::MAX);
        assert!(
            frame.contains("its frame 0 claims 65535×65535 pixels"),
            "{frame}"
        );
        let canvas = with(6, u16::MAX);
        assert!(
            canvas.contains("3 frames of 65535×65535 pixels"),
            "{canvas}"
        );
    }

    #[test]
    fn frames_before_the_end_of_a_cut_file_are_loaded() {
        let bytes = animation((40, 30), (40, 30), 5);
        let video = load(&bytes[..bytes.len() - 4], 5).unwrap();
        assert_eq!(video.shape()[1..], [30, 40]);
        assert!((4..=5).contains(&video.len()));
        for len in 0..bytes.len() {
            let _ = load(&bytes[..len], 5);
        }
    }
}
