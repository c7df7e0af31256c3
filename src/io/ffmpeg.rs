//! The ffmpeg program: finding it, and encoding movies with it from raw frames sent through a pipe.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::color::yuv::YuvMatrix;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::io::recording::extension_of;
use crate::system::shield_from_ctrl_c;
use crate::task;

/// How often a wait checks whether the user asked to stop.
pub(crate) const POLL: Duration = Duration::from_millis(5);

/// Maximum number of batches of frames waiting for the encoder.
const AHEAD: usize = 2;

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
    /// Comment on the movie.
    pub(crate) comment: Option<&'a str>,
}

/// Writes a movie; `render` fills one batch of frames after the other and returns false at the end.
pub(crate) fn encode(
    program: &Path,
    path: &Path,
    raw: &RawVideo<'_>,
    encoder: &Encoder,
    render: impl FnMut(&mut Vec<u8>) -> Result<bool>,
) -> Result<()> {
    atomic::write_by_name(path, |temp| {
        let mut process = FfmpegEncoder::start(command(program, temp, raw, encoder))?;
        let status = process.feed(render).and_then(|()| process.finish());
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(process.failure(path)),
            Err(e) => Err(e),
        }
    })
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
    command.arg(absolute(target));
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

/// A name that ffmpeg cannot mistake for an option or a protocol.
pub(crate) fn absolute(path: &Path) -> std::path::PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A running ffmpeg. It is killed if dropped before it has ended.
struct FfmpegEncoder {
    child: Child,
    /// Thread that writes batches of frames to ffmpeg; it ends early if ffmpeg does.
    writer: Option<JoinHandle<()>>,
    full: Option<SyncSender<Vec<u8>>>,
    empty: Receiver<Vec<u8>>,
    messages: Option<JoinHandle<Vec<String>>>,
}

impl FfmpegEncoder {
    fn start(mut command: Command) -> Result<Self> {
        let program = PathBuf::from(command.get_program());
        let mut child = command
            .spawn()
            .map_err(|e| Error::io("start", &program, &e))?;
        let mut stdin = child.stdin.take().expect("asked for a pipe");
        let stderr = child.stderr.take().expect("asked for a pipe");
        let (full, batches) = sync_channel::<Vec<u8>>(AHEAD);
        let (back, empty) = channel();
        let writer = thread::spawn(task::in_this_job(move || {
            for batch in batches {
                if stdin.write_all(&batch).is_err() || back.send(batch).is_err() {
                    break;
                }
            }
        }));
        Ok(Self {
            child,
            writer: Some(writer),
            full: Some(full),
            empty,
            messages: Some(thread::spawn(task::in_this_job(move || last_lines(stderr)))),
        })
    }

    /// Renders batches and sends them, until there are no more or ffmpeg has ended.
    fn feed(&mut self, mut render: impl FnMut(&mut Vec<u8>) -> Result<bool>) -> Result<()> {
        loop {
            let mut batch = self.empty.try_recv().unwrap_or_default();
            if !render(&mut batch)? || !self.send(batch)? {
                return Ok(());
            }
        }
    }

    /// Sends a batch; returns whether ffmpeg still accepts frames.
    fn send(&mut self, mut batch: Vec<u8>) -> Result<bool> {
        let full = self
            .full
            .as_ref()
            .expect("open until the end of the frames");
        loop {
            match full.try_send(batch) {
                Ok(()) => return Ok(true),
                Err(TrySendError::Disconnected(_)) => return Ok(false),
                Err(TrySendError::Full(back)) => batch = back,
            }
            wait()?;
        }
    }

    /// Signals the end of the frames, and waits until ffmpeg has written its file.
    fn finish(&mut self) -> Result<ExitStatus> {
        self.full = None;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => wait()?,
                Err(e) => return Err(Error::new(format!("cannot wait for ffmpeg: {e}"))),
            }
        }
    }

    /// The error for an ffmpeg that has ended, with its last messages.
    fn failure(&mut self, path: &Path) -> Error {
        let lines = self.messages.take().and_then(|reader| reader.join().ok());
        let error = Error::new(format!("ffmpeg could not write `{}`", path.display()));
        let said = lines.unwrap_or_default().into_iter();
        said.fold(error, |error, line| error.hint(format!("ffmpeg: {line}")))
    }
}

impl Drop for FfmpegEncoder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.full = None;
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
