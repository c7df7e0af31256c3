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
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::error::{Error, Result, counted};
use crate::fs::files;
use crate::io::bytes::closed_file::ClosedFile;
use crate::io::bytes::samples::{self, Encoding};
use crate::io::bytes::watched::WatchedFile;
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
    /// The file as it was when somebody wanted to load frames later.
    watched: OnceLock<ClosedFile>,
    /// Whether frames are loaded later.
    is_deferred: bool,
    /// What was loaded last, for those who go on from there.
    playing: Mutex<Option<Playing>>,
}

/// A movie that is decoded as far as somebody has asked for its frames.
struct Playing {
    stream: Box<dyn FrameStream>,
    /// Number of the next frame.
    next: usize,
    /// Step between the frames.
    step: usize,
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

    /// Whether there are as many frames as the file claims, unless some are damaged.
    fn is_complete(&self) -> bool;

    /// Rotation of decoded frames to those of the recording.
    fn rotate(&self, layout: &Layout) -> Layout {
        layout.clone()
    }
}

/// A movie being decoded.
trait FrameStream: Send {
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
        let mut play = self.play(range).map_err(explain)?;
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
                ended = !play.stream.next(bytes)?;
                frames += usize::from(!ended);
                Ok(())
            })
        });
        let samples = samples.map_err(explain)?;
        if frames < range.len {
            self.explain_missing(frames, range, play.stream.messages())?;
        }
        self.pause(play, range);
        let layout = map_samples!(&samples, array => array.layout().slice(0, 0, frames, 1));
        Ok(samples.with_layout(self.codec.rotate(&layout)))
    }

    fn deferrable_files(&self, _: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        if !self.codec.is_complete() {
            return Ok(None);
        }
        let watched = match self.watched.get() {
            Some(watched) => watched,
            None => {
                let watched = ClosedFile::new(&self.path)?;
                self.watched.get_or_init(|| watched)
            }
        };
        Ok(Some(vec![watched]))
    }

    fn set_deferred(&mut self) {
        self.is_deferred = true;
        self.path = files::absolute(&self.path);
    }

    fn is_sequential(&self) -> bool {
        true
    }

    fn map(&self) -> Result<Samples> {
        Err(cannot_map(&self.path, "its frames are compressed"))
    }
}

impl Movie {
    /// A movie that was opened.
    fn new(
        path: &Path,
        (size, len): (FrameFormat, usize),
        metadata: Metadata,
        codec: Box<dyn MovieDecoder>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            size,
            len,
            metadata,
            codec,
            watched: OnceLock::new(),
            is_deferred: false,
            playing: Mutex::new(None),
        }
    }

    fn playing(&self) -> MutexGuard<'_, Option<Playing>> {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody may go on loading after several frames.
    fn may_go_on(&self, range: FrameRange) -> bool {
        self.is_deferred && range.len > 1
    }

    /// The frames of a range: the next ones, if those before were loaded last.
    fn play(&self, range: FrameRange) -> Result<Playing> {
        let playing = self.playing().take();
        let is_next = |playing: &Playing| (playing.next, playing.step) == (range.start, range.step);
        if let Some(playing) = playing.filter(is_next) {
            return Ok(playing);
        }
        let rest = (self.len - range.start).div_ceil(range.step);
        let len = if self.may_go_on(range) {
            rest
        } else {
            range.len
        };
        let stream = self
            .codec
            .play(&self.path, self.size, FrameRange { len, ..range })?;
        Ok(Playing {
            stream,
            next: range.start,
            step: range.step,
        })
    }

    /// Keeps a movie whose frames of a range were loaded, if there are more.
    fn pause(&self, mut playing: Playing, range: FrameRange) {
        playing.next = range.start + range.len * range.step;
        if self.may_go_on(range) && playing.next < self.len {
            *self.playing() = Some(playing);
        }
    }

    /// Warns that frames are missing; an error if all are, or if somebody goes on loading, who was
    /// told how many frames there are.
    fn explain_missing(&self, frames: usize, range: FrameRange, said: Vec<String>) -> Result<()> {
        task::check()?;
        let path = self.path.display();
        if self.is_deferred {
            let last = range.start + frames * range.step;
            let error = format!("`{path}` is damaged: no frame could be decoded from {last} on");
            let error = Error::new(error).hint("load those before with `frames`");
            return Err(said
                .into_iter()
                .fold(error, |e, line| e.hint(format!("ffmpeg: {line}"))));
        }
        if frames > 0 {
            let wanted = counted(range.len, "frame");
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
trait FrameDecoder: Send {
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
