//! Movies: anything the ffmpeg program can decode, and GIF, APNG and H.264 without it.

mod apng;
mod boxes;
mod canvas;
#[cfg(feature = "h264")]
mod color_tags;
#[cfg(feature = "h264")]
mod comment;
mod container;
mod ffmpeg_decoder;
mod gif;
#[cfg_attr(not(feature = "h264"), path = "no_h264.rs")]
mod h264;
mod probe;
#[cfg(feature = "h264")]
mod track;

#[cfg(all(test, feature = "h264"))]
mod h264_tests;
#[cfg(test)]
mod tests;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, counted};
use crate::io::bytes::samples::{self, Encoding};
use crate::io::ffmpeg;
use crate::io::recording::{FrameRange, LoadOptions, Recording, cannot_load, cannot_map};
use crate::task;
use crate::video::{DType, Layout, Metadata, Samples, map_samples};

pub(in crate::io) use apng::is_animated;
pub(in crate::io) use gif::begins as begins_gif;
#[cfg(all(test, feature = "h264"))]
pub(crate) use h264::open as open_h264;

/// Extensions of movies that ffmpeg decodes; those that can also be written come first.
pub(in crate::io) const EXTENSIONS: &[&str] = &[
    "mp4", "mov", "mkv", "avi", "webm", "m4v", "wmv", "mpg", "mpeg", "ogv", "flv", "ts", "mts",
    "3gp", "asf", "vob", "mxf", "y4m",
];

/// Extensions of movies that are written by ffmpeg or by the built-in encoder.
pub(crate) const ENCODED: &[&str] = EXTENSIONS.split_at(12).0;

/// The extensions of animated images.
pub(crate) const ANIMATIONS: &[&str] = &["gif", "apng"];

/// Whether an extension is that of a movie.
pub(in crate::io) fn is_movie_extension(extension: &str) -> bool {
    EXTENSIONS.contains(&extension) || ANIMATIONS.contains(&extension)
}

/// A movie whose header has been read.
pub(crate) struct Movie {
    path: PathBuf,
    size: FrameFormat,
    /// The number of frames.
    len: usize,
    metadata: Metadata,
    codec: Box<dyn MovieDecoder>,
}

/// Format of the frames.
#[derive(Debug, Clone, Copy, PartialEq)]
struct FrameFormat {
    height: usize,
    width: usize,
    /// Whether colors are converted to gray.
    is_gray: bool,
    dtype: DType,
}

/// A decoder of movies.
trait MovieDecoder: Send {
    /// Starts decoding the frames of a range.
    fn play(
        &self,
        path: &Path,
        size: FrameFormat,
        range: FrameRange,
    ) -> Result<Box<dyn FrameStream>>;

    /// Rotation of decoded frames to those of the recording.
    fn rotate(&self, layout: &Layout) -> Layout {
        layout.clone()
    }
}

/// A movie being decoded.
trait FrameStream {
    /// Fills `out` with the next frame in native byte order; `false` after the last.
    fn next(&mut self, out: &mut [u8]) -> Result<bool>;

    /// Messages of the decoder.
    fn messages(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// Whether the first bytes of a file are those of a movie.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    let part = |range: std::ops::Range<usize>| bytes.get(range).unwrap_or_default();
    part(4..8) == b"ftyp"
        || part(0..4) == b"\x1A\x45\xDF\xA3"
        || part(0..4) == b"RIFF" && part(8..12) == b"AVI "
        || part(0..8) == b"\x30\x26\xB2\x75\x8E\x66\xCF\x11"
        || part(0..3) == b"FLV"
        || part(0..4) == b"\x00\x00\x01\xBA"
}

/// Opens a movie with ffmpeg if available, otherwise H.264 with the built-in decoder.
pub(in crate::io) fn open(path: &Path, options: &LoadOptions) -> Result<Box<dyn Recording>> {
    let movie = match probe::open(path, options.as_gray) {
        Ok(Some(movie)) => Ok(movie),
        Ok(None) => h264::open(path, options.as_gray).map_err(|e| e.hint(ffmpeg::install_hint())),
        Err(error) => Err(error),
    };
    Ok(Box::new(movie.map_err(|e| cannot_load(path, &e))?))
}

/// Opens a GIF file.
pub(in crate::io) fn open_gif(path: &Path, options: &LoadOptions) -> Result<Box<dyn Recording>> {
    let movie = gif::open(path, options.as_gray).map_err(|e| cannot_load(path, &e))?;
    Ok(Box::new(movie))
}

/// Opens an animated PNG file.
pub(in crate::io) fn open_apng(path: &Path, options: &LoadOptions) -> Result<Box<dyn Recording>> {
    let movie = apng::open(path, options.as_gray).map_err(|e| cannot_load(path, &e))?;
    Ok(Box::new(movie))
}

impl FrameFormat {
    /// Number of samples of a frame.
    fn len(self) -> usize {
        self.height * self.width * self.channels()
    }

    fn channels(self) -> usize {
        if self.is_gray { 1 } else { 3 }
    }

    fn shape(self, frames: usize) -> Vec<usize> {
        let mut shape = vec![frames, self.height, self.width];
        if !self.is_gray {
            shape.push(3);
        }
        shape
    }
}

impl Recording for Movie {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        let layout = Layout::contiguous(&self.size.shape(self.len));
        Ok((self.codec.rotate(&layout).shape().to_vec(), self.size.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let explain = |e: Error| cannot_load(&self.path, &e);
        let mut play = self
            .codec
            .play(&self.path, self.size, range)
            .map_err(explain)?;
        let native = Encoding {
            dtype: self.size.dtype,
            half: false,
            swapped: false,
        };
        let (mut frames, mut ended) = (0, false);
        let shape = self.size.shape(range.len);
        let samples = samples::load_in_order(native.dtype, &shape, self.size.len(), |out| {
            if ended {
                return Ok(());
            }
            out.fill(native, &mut |bytes| {
                ended = !play.next(bytes)?;
                frames += usize::from(!ended);
                Ok(())
            })
        });
        let samples = samples.map_err(explain)?;
        if frames < range.len {
            self.explain_missing(frames, range.len, play.messages())?;
        }
        let layout = map_samples!(&samples, array => array.layout().slice(0, 0, frames, 1));
        Ok(samples.with_layout(self.codec.rotate(&layout)))
    }

    fn map(&self) -> Result<Samples> {
        Err(cannot_map(&self.path, "its frames are compressed"))
    }
}

impl Movie {
    /// Warns that frames are missing; an error if all are.
    fn explain_missing(&self, frames: usize, wanted: usize, said: Vec<String>) -> Result<()> {
        task::check()?;
        let path = self.path.display();
        if frames > 0 {
            let wanted = counted(wanted, "frame");
            task::warn(&format!(
                "`{path}` is damaged: {frames} of {wanted} could be decoded; loading those"
            ));
            return Ok(());
        }
        let error = Error::new(format!("cannot load `{path}`: no frame could be decoded"));
        Err(said
            .into_iter()
            .fold(error, |e, line| e.hint(format!("ffmpeg: {line}"))))
    }
}

/// Selects the requested frames of a decoder that does not support ranges.
struct FrameSelector<P> {
    frames: P,
    /// Number of frames to skip before the next requested one.
    before: usize,
    step: usize,
}

impl<P> FrameSelector<P> {
    fn new(frames: P, range: FrameRange) -> Box<Self> {
        Box::new(Self {
            frames,
            before: range.start,
            step: range.step,
        })
    }
}

/// A decoder that returns frames in sequence.
trait FrameDecoder {
    /// Decodes the next frame; `false` after the last.
    fn advance(&mut self) -> Result<bool>;

    /// Writes the last decoded frame.
    fn write(&self, out: &mut [u8]);
}

impl<P: FrameDecoder> FrameStream for FrameSelector<P> {
    fn next(&mut self, out: &mut [u8]) -> Result<bool> {
        for _ in 0..=self.before {
            task::check()?;
            if !self.frames.advance()? {
                return Ok(false);
            }
        }
        self.before = self.step - 1;
        self.frames.write(out);
        Ok(true)
    }
}

/// The error for a program that cannot be started.
fn cannot_start(name: &str, cause: &std::io::Error) -> Error {
    match cause.kind() {
        ErrorKind::NotFound => {
            Error::new(format!("cannot find the program `{name}`")).hint(ffmpeg::install_hint())
        }
        _ => Error::new(format!("cannot start {name}: {cause}")),
    }
}
