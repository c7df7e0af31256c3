//! The ffmpeg program: finding it, and encoding movies with it from raw frames sent through a pipe.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::choice::Choice;
use crate::color::yuv::YuvMatrix;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::io::recording::extension_of;
use crate::system::shield_from_ctrl_c;
use crate::task;

/// How often a wait checks whether the user asked to stop.
pub(crate) const POLL: Duration = Duration::from_millis(5);

/// Number of ffmpeg's last lines kept for the error message.
const MAX_LINES: usize = 8;

/// Longest comment: on Windows, all arguments of a program together have 32767 characters.
const MAX_COMMENT: usize = 24 << 10;

/// Options and their values.
type Params = &'static [(&'static str, &'static str)];

/// Options for files that cannot contain H.264.
const CONTAINERS: &[(&str, Params)] = &[
    (
        "ogv",
        &[
            ("-c:v", "libtheora"),
            ("-q:v", "9"),
            ("-pix_fmt", "yuv420p"),
        ],
    ),
    (
        "webm",
        &[
            ("-c:v", "libvpx-vp9"),
            ("-crf", "15"),
            ("-b:v", "0"),
            ("-pix_fmt", "yuv420p"),
        ],
    ),
];

/// Encoders of ffmpeg whose movies hold BT.601: their formats say so, or cannot say anything else.
const BT601_ENCODERS: &[&str] = &[
    "theora",
    "libtheora",
    "vp8",
    "libvpx",
    "mpeg1video",
    "mpeg4",
    "libxvid",
    "msmpeg4",
    "msmpeg4v2",
    "wmv1",
    "wmv2",
    "flv",
    "flv1",
    "h261",
    "h263",
    "h263p",
];

/// Options of users that determine the colors of a movie, besides the pixel format.
const COLOR_OPTIONS: &[&str] = &[
    "-vf",
    "-filter",
    "-filter:v",
    "-filter_complex",
    "-colorspace",
    "-color_primaries",
    "-color_trc",
    "-color_range",
];

/// Pixel formats of YUV with limited range begin so.
const YUV_FORMATS: &[&str] = &["yuv4", "nv12", "nv16", "nv24", "p010", "p210", "p410"];

/// What a movie is for: how good it is, how large, and how long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovieQuality {
    /// Fast and small, for a look at it.
    Draft,
    /// Good enough for talks.
    Good,
    /// As good and as small as the encoder can.
    Best,
}

impl Choice for MovieQuality {
    const NOUN: &'static str = "a quality of movies";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("draft", Self::Draft),
        ("good", Self::Good),
        ("best", Self::Best),
    ];
}

/// Options of encoders for a draft, for good quality and for the best.
const QUALITIES: &[(&str, [Params; 3])] = &[
    (
        "libx264",
        [
            &[("-crf", "23"), ("-preset", "veryfast")],
            &[("-crf", "18"), ("-preset", "medium")],
            &[("-crf", "15"), ("-preset", "slower")],
        ],
    ),
    (
        "libvpx-vp9",
        [
            &[("-crf", "33"), ("-cpu-used", "5")],
            &[("-crf", "24"), ("-cpu-used", "3")],
            &[("-crf", "15"), ("-cpu-used", "1")],
        ],
    ),
    (
        "libtheora",
        [&[("-q:v", "5")], &[("-q:v", "7")], &[("-q:v", "9")]],
    ),
    (
        "libopenh264",
        [&[("-crf", "30")], &[("-crf", "25")], &[("-crf", "21")]],
    ),
];

/// Encoder of ffmpeg, and its options in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoder {
    /// Name of the encoder.
    pub name: String,
    /// Options such as `-crf` with their values.
    pub params: Vec<(String, String)>,
}

impl Encoder {
    /// Names known to [`Encoder::builtin`].
    pub const NAMES: &[&str] = &["libx264", "h264_nvenc", "ffv1", Self::BUILT_IN];

    /// Name of the encoder that works without ffmpeg.
    pub const BUILT_IN: &str = "openh264";

    /// An encoder with options suited to movies of recordings.
    pub fn builtin(name: &str) -> Result<Self> {
        let params: &[(&str, &str)] = match name {
            "libx264" => &[
                ("-c:v", "libx264"),
                ("-crf", "15"),
                ("-preset", "slower"),
                ("-pix_fmt", "yuv420p"),
            ],
            "h264_nvenc" => &[
                ("-c:v", "h264_nvenc"),
                ("-preset", "slow"),
                ("-profile:v", "high"),
                ("-rc", "vbr_hq"),
                ("-qmin:v", "19"),
                ("-qmax:v", "21"),
                ("-pix_fmt", "yuv420p"),
            ],
            "ffv1" => &[("-c:v", "ffv1"), ("-level", "3"), ("-g", "1")],
            Self::BUILT_IN => &[("-c:v", "libopenh264"), ("-crf", "21")],
            _ => {
                let error = Error::new(format!("there is no encoder `{name}`"));
                return Err(error.did_you_mean(name, Self::NAMES.iter().copied()));
            }
        };
        Ok(Self::new(name, params))
    }

    /// The encoder for a file of the given extension: not H.264 if the file cannot contain it,
    /// unless the options were chosen by the user.
    pub(crate) fn suited_to(&self, extension: &str) -> Self {
        let container = CONTAINERS.iter().find(|(name, _)| *name == extension);
        match container {
            Some((name, params)) if self.is_preset() => Self::new(name, params),
            _ => self.clone(),
        }
    }

    /// The encoder with the options for a quality; others stay.
    pub(crate) fn with_quality(mut self, quality: MovieQuality) -> Result<Self> {
        let codec = self.param("-c:v").unwrap_or_default();
        let Some((_, params)) = QUALITIES.iter().find(|(name, _)| *name == codec) else {
            let known: Vec<_> = QUALITIES.iter().map(|(name, _)| *name).collect();
            let error = Error::new(format!(
                "`quality` is not known for the encoder `{}`",
                self.name
            ));
            return Err(error.hint(format!(
                "leave it out and set the options with set_ffmpeg_defaults; it is known for {}",
                known.join(", ")
            )));
        };
        for (option, value) in params[quality as usize] {
            self.params.retain(|(known, _)| known != option);
            self.params
                .push(((*option).to_owned(), (*value).to_owned()));
        }
        Ok(self)
    }

    /// Whether its options are the defaults of its name.
    pub(crate) fn is_preset(&self) -> bool {
        Self::builtin(&self.name).is_ok_and(|builtin| builtin == *self)
    }

    /// The matrix of the movies it writes, which ffmpeg is told about; `None` if their pixels are
    /// not YUV with limited range, or if options of the user decide.
    pub(crate) fn matrix(&self) -> Option<YuvMatrix> {
        let codec = self.param("-c:v").or(self.param("-vcodec"))?;
        let pixel_format = self.param("-pix_fmt")?;
        let is_yuv = YUV_FORMATS
            .iter()
            .any(|start| pixel_format.starts_with(start));
        let is_chosen = COLOR_OPTIONS
            .iter()
            .any(|option| self.param(option).is_some());
        (is_yuv && !is_chosen).then(|| match BT601_ENCODERS.contains(&codec) {
            true => YuvMatrix::Bt601,
            false => YuvMatrix::Bt709,
        })
    }

    fn new(name: &str, params: &[(&str, &str)]) -> Self {
        let owned = |(option, value): &(&str, &str)| ((*option).to_owned(), (*value).to_owned());
        Self {
            name: name.to_owned(),
            params: params.iter().map(owned).collect(),
        }
    }

    /// The value of an option.
    pub(crate) fn param(&self, option: &str) -> Option<&str> {
        let (_, value) = self.params.iter().find(|(known, _)| known == option)?;
        Some(value)
    }
}

/// Format of the frames sent to ffmpeg.
pub(crate) struct RawVideo<'a> {
    pub(crate) pixel_format: &'static str,
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) fps: f64,
    /// Maximum number of frames that wait for ffmpeg.
    pub(crate) waiting: usize,
    /// Comment on the movie.
    pub(crate) comment: Option<&'a str>,
}

/// The ffmpeg program: the value of the environment variable OPTIMAP_FFMPEG, else the first on the
/// PATH; `None` if there is none, or the variable is empty.
pub(crate) fn program() -> Result<Option<PathBuf>> {
    const VARIABLE: &str = "OPTIMAP_FFMPEG";
    match std::env::var_os(VARIABLE) {
        Some(named) if named.is_empty() => Ok(None),
        Some(named) if Path::new(&named).is_file() => Ok(Some(named.into())),
        Some(named) => Err(Error::new(format!(
            "there is no program `{}`, which {VARIABLE} specifies",
            Path::new(&named).display()
        ))
        .hint("correct the variable, or unset it to search the PATH")),
        None => Ok(on_the_path(&file_name("ffmpeg"))),
    }
}

/// The ffprobe program that belongs to an ffmpeg: the one in the same folder, else the first on the
/// PATH.
pub(crate) fn probe_program(ffmpeg: &Path) -> Option<PathBuf> {
    let name = file_name("ffprobe");
    let beside = ffmpeg.with_file_name(&name);
    match beside.is_file() {
        true => Some(beside),
        false => on_the_path(&name),
    }
}

fn file_name(program: &str) -> String {
    format!("{program}{}", std::env::consts::EXE_SUFFIX)
}

fn on_the_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join(name));
    programs.find(|program| program.is_file())
}

/// The error if ffmpeg is required but missing.
pub(crate) fn missing(what: &str) -> Error {
    Error::new(format!(
        "{what} needs the program `ffmpeg`, which is not on the PATH"
    ))
    .hint(install_hint())
    .hint("`.mp4`, `.gif` and `.apng` need no ffmpeg")
}

fn command(program: &Path, target: &Path, raw: &RawVideo<'_>, encoder: &Encoder) -> Command {
    let mut command = Command::new(program);
    command.args(["-hide_banner", "-loglevel", "error", "-nostats", "-y"]);
    command.args(["-f", "rawvideo", "-pix_fmt", raw.pixel_format]);
    command.args(["-s", &format!("{}x{}", raw.width, raw.height)]);
    command.args(["-r", &raw.fps.to_string(), "-i", "pipe:0"]);
    if let Some(matrix) = encoder.matrix() {
        command.args(color_options(matrix, raw.pixel_format));
    }
    let can_begin_with_index =
        extension_of(target).is_some_and(|name| matches!(name.as_str(), "mp4" | "m4v" | "mov"));
    if can_begin_with_index && encoder.param("-movflags").is_none() {
        // Players begin before they have the whole file.
        command.args(["-movflags", "+faststart"]);
    }
    match raw.comment {
        Some(comment) if comment.len() > MAX_COMMENT => task::warn(&format!(
            "`{}` does not hold its history, which is too long for ffmpeg",
            target.display()
        )),
        Some(comment) => drop(command.args(["-metadata", &format!("comment={comment}")])),
        None => {}
    }
    for (option, value) in &encoder.params {
        command.args([option, value]);
    }
    command.arg(files::absolute(target));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    // Only this program handles the terminal's Ctrl-C; it then ends ffmpeg and removes its file.
    shield_from_ctrl_c(&mut command);
    command
}

/// Options that convert frames to YUV with a matrix, unless they are YUV already, and that note the
/// colors in the movie: players take the wrong matrix for what is not noted.
fn color_options(matrix: YuvMatrix, sent: &str) -> Vec<String> {
    // Theora knows no other name of BT.601.
    let (name, primaries, short) = match matrix {
        YuvMatrix::Bt601 => ("bt470bg", "bt470bg", "bt601"),
        YuvMatrix::Bt709 => ("bt709", "bt709", "bt709"),
        YuvMatrix::Bt2020 => ("bt2020nc", "bt2020", "bt2020"),
    };
    let note =
        format!("setparams=range=tv:colorspace={name}:color_primaries={primaries}:color_trc=bt709");
    let filter = match sent {
        "yuv420p" => note,
        _ => format!(
            "scale=out_color_matrix={short}:out_range=tv:\
             flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp,{note}"
        ),
    };
    let options = [
        ("-vf", filter.as_str()),
        ("-color_range", "tv"),
        ("-colorspace", name),
        ("-color_primaries", primaries),
        ("-color_trc", "bt709"),
    ];
    let words = options
        .into_iter()
        .flat_map(|(option, value)| [option, value]);
    words.map(str::to_owned).collect()
}

/// A running ffmpeg that encodes a movie. It is killed if dropped before it has ended.
pub(crate) struct FfmpegEncoder {
    /// File named in errors.
    path: PathBuf,
    child: Child,
    /// Thread that writes frames to ffmpeg; it ends early if ffmpeg does.
    writer: Option<JoinHandle<()>>,
    frames: Option<SyncSender<Vec<u8>>>,
    messages: Option<JoinHandle<Vec<String>>>,
}

impl FfmpegEncoder {
    /// Starts a program, which writes the movie `path` as the file `temp` for now.
    pub(crate) fn start(
        program: &Path,
        (path, temp): (&Path, &Path),
        raw: &RawVideo,
        encoder: &Encoder,
    ) -> Result<Self> {
        let mut child = command(program, temp, raw, encoder)
            .spawn()
            .map_err(|e| Error::io("start", program, &e))?;
        let mut stdin = child.stdin.take().expect("asked for a pipe");
        let stderr = child.stderr.take().expect("asked for a pipe");
        let (sender, frames) = sync_channel::<Vec<u8>>(raw.waiting);
        let writer = thread::spawn(task::in_this_job(move || {
            for frame in frames {
                if stdin.write_all(&frame).is_err() {
                    break;
                }
            }
        }));
        Ok(Self {
            path: path.to_owned(),
            child,
            writer: Some(writer),
            frames: Some(sender),
            messages: Some(thread::spawn(task::in_this_job(move || last_lines(stderr)))),
        })
    }

    /// Sends a frame. If ffmpeg has ended before, with success, it wanted no more of them.
    pub(crate) fn send(&mut self, mut frame: Vec<u8>) -> Result<()> {
        while let Some(frames) = &self.frames {
            match frames.try_send(frame) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(_)) => return self.wait_for_end(),
                Err(TrySendError::Full(back)) => frame = back,
            }
            wait()?;
        }
        Ok(())
    }

    /// Signals the end of the frames, and waits until ffmpeg has written its file.
    pub(crate) fn end(mut self) -> Result<()> {
        self.wait_for_end()
    }

    fn wait_for_end(&mut self) -> Result<()> {
        self.frames = None;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(_)) => return Err(self.failure()),
                Ok(None) => wait()?,
                Err(e) => return Err(Error::new(format!("cannot wait for ffmpeg: {e}"))),
            }
        }
    }

    /// The error for an ffmpeg that has ended, with its last messages.
    fn failure(&mut self) -> Error {
        let lines = self.messages.take().and_then(|reader| reader.join().ok());
        let error = Error::new(format!("ffmpeg could not write `{}`", self.path.display()));
        let said = lines.unwrap_or_default().into_iter();
        said.fold(error, |error, line| error.hint(format!("ffmpeg: {line}")))
    }
}

impl Drop for FfmpegEncoder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.frames = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Waits for a moment; an error if the user asked to stop.
fn wait() -> Result<()> {
    task::check()?;
    thread::sleep(POLL);
    Ok(())
}

pub(crate) fn last_lines(stderr: impl Read) -> Vec<String> {
    let mut lines = Vec::new();
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        if !text.is_empty() {
            lines.push(text);
        }
        if lines.len() > MAX_LINES {
            lines.remove(0);
        }
        line.clear();
    }
    lines
}

pub(crate) fn install_hint() -> &'static str {
    if cfg!(target_os = "macos") {
        "install it: brew install ffmpeg"
    } else if cfg!(windows) {
        "install it: winget install ffmpeg"
    } else {
        "install it: sudo apt install ffmpeg"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quality_sets_options_of_the_codec_and_keeps_others() {
        let of = |name: &str, extension: &str, quality| {
            let encoder = Encoder::builtin(name).unwrap().suited_to(extension);
            encoder.with_quality(quality).unwrap()
        };
        let draft = of("libx264", "mp4", MovieQuality::Draft);
        let params = ["-c:v", "-crf", "-preset", "-pix_fmt"].map(|option| draft.param(option));
        let expected = ["libx264", "23", "veryfast", "yuv420p"].map(Some);
        assert_eq!(params, expected);
        assert_eq!(draft.params.len(), 4);
        let webm = of("libx264", "webm", MovieQuality::Good);
        let params = ["-c:v", "-crf", "-cpu-used", "-b:v"].map(|option| webm.param(option));
        assert_eq!(params, ["libvpx-vp9", "24", "3", "0"].map(Some));
        let best = of("libx264", "mp4", MovieQuality::Best);
        let default = Encoder::builtin("libx264").unwrap();
        for (option, value) in &default.params {
            assert_eq!(best.param(option), Some(value.as_str()));
        }
    }

    #[test]
    fn a_quality_needs_a_known_codec() {
        let lossless = Encoder::builtin("ffv1").unwrap();
        let error = lossless.with_quality(MovieQuality::Good).unwrap_err();
        assert_eq!(
            error.message(),
            "`quality` is not known for the encoder `ffv1`"
        );
    }
}
