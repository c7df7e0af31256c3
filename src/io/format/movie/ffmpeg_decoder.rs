//! Frames decoded by the ffmpeg program and received through a pipe.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::{FrameFormat, FrameStream, MovieDecoder, cannot_start, container};
use crate::error::{Error, Result};
use crate::io::ffmpeg;
use crate::io::recording::FrameRange;
use crate::system::shield_from_ctrl_c;
use crate::task;

/// Size of the pipe in bytes: the maximum that Linux grants to unprivileged users.
#[cfg(target_os = "linux")]
const PIPE: usize = 1 << 20;

/// A movie that ffmpeg decodes.
pub(super) struct FfmpegMovie {
    /// Path of ffmpeg.
    pub(super) program: PathBuf,
    /// ffmpeg's name of the movie's container.
    pub(super) demuxer: &'static str,
    /// Whether gray frames are the luma plane of the movie, with samples from 16 to 235. Scaling
    /// them in ffmpeg would take longer than decoding.
    pub(super) is_plane: bool,
    /// Pixel format requested from ffmpeg.
    pub(super) pixel_format: &'static str,
    /// Time of each frame in seconds from the start; empty if unknown, or if frames cannot be
    /// decoded without others.
    pub(super) times: Vec<f64>,
    /// Whether every packet is a frame: some codecs have packets that are not shown, and some
    /// containers lack the first frames that others depend on.
    pub(super) is_exact: bool,
}

impl MovieDecoder for FfmpegMovie {
    fn play(
        &self,
        path: &Path,
        size: FrameFormat,
        range: FrameRange,
    ) -> Result<Box<dyn FrameStream>> {
        let frames = FfmpegFrames {
            running: FfmpegProcess::start(self.command(
                path,
                size,
                range,
                &["-fps_mode", "passthrough"],
            )?)?,
            // The same option in versions before 5.1.
            older: Some(self.command(path, size, range, &["-vsync", "0"])?),
            is_plane: self.is_plane,
        };
        Ok(Box::new(frames))
    }

    fn is_complete(&self) -> bool {
        self.is_exact
    }
}

impl FfmpegMovie {
    fn command(
        &self,
        path: &Path,
        size: FrameFormat,
        range: FrameRange,
        every_frame: &[&str],
    ) -> Result<Command> {
        let mut command = Command::new(&self.program);
        command.args(["-nostdin", "-hide_banner", "-loglevel", "error"]);
        let mut first = range.start;
        if let Some(time) = self.time_before(range.start) {
            command.args(["-ss", &format!("{time:.6}")]);
            first = 0;
        }
        container::add_input(&mut command, path, self.demuxer)?;
        command.args(["-map", "0:V:0"]);
        let mut filters = Vec::new();
        if first > 0 || range.step > 1 {
            let step = range.step;
            filters.push(format!(
                "select='gte(n,{first})*not(mod(n-{first},{step}))'"
            ));
        }
        if self.is_plane {
            filters.push("extractplanes=y".into());
        }
        if !filters.is_empty() {
            command.args(["-vf", &filters.join(",")]);
        }
        command.args(every_frame);
        command.args(["-frames:v", &range.len.to_string()]);
        command.args(["-s", &format!("{}x{}", size.width, size.height)]);
        command.args(["-f", "rawvideo", "-pix_fmt", self.pixel_format, "pipe:1"]);
        Ok(command)
    }

    /// A time between a frame and the previous one, from which ffmpeg starts decoding; `None` if
    /// unknown.
    fn time_before(&self, frame: usize) -> Option<f64> {
        let before = *self.times.get(frame.checked_sub(1)?)?;
        let time = *self.times.get(frame)?;
        (before < time && before >= 0.0).then_some((before + time) / 2.0)
    }
}

struct FfmpegFrames {
    running: FfmpegProcess,
    is_plane: bool,
    /// The command for an older version, until something has been read.
    older: Option<Command>,
}

/// Luma from 16 to 235 scaled to 0 to 255, rounded as in ffmpeg.
static SPREAD: [u8; 256] = {
    let mut table = [0; 256];
    let mut value = 0;
    while value < 256 {
        let limited = if value < 236 { value << 7 } else { 30_189 };
        let spread = (((limited * 19_077 - 39_057_361) >> 14) + 64) >> 7;
        table[value as usize] = match spread {
            ..0 => 0,
            0..255 => spread as u8,
            255.. => 255,
        };
        value += 1;
    }
    table
};

impl FrameStream for FfmpegFrames {
    fn next(&mut self, out: &mut [u8]) -> Result<bool> {
        let mut whole = self.running.read(out)?;
        if let Some(older) = self.older.take()
            && !whole
            && self
                .running
                .messages()
                .iter()
                .any(|line| line.contains("fps_mode"))
        {
            self.running = FfmpegProcess::start(older)?;
            whole = self.running.read(out)?;
        }
        if self.is_plane {
            out.iter_mut()
                .for_each(|sample| *sample = SPREAD[usize::from(*sample)]);
        }
        Ok(whole)
    }

    fn messages(&mut self) -> Vec<String> {
        self.running.messages()
    }
}

/// A program whose output is read. It is terminated when the user asks to stop, and when it is
/// dropped.
pub(super) struct FfmpegProcess {
    child: Arc<Mutex<Child>>,
    stdout: ChildStdout,
    lines: Option<JoinHandle<Vec<String>>>,
    said: Vec<String>,
    done: Arc<AtomicBool>,
    watch: Option<JoinHandle<()>>,
}

impl FfmpegProcess {
    pub(super) fn start(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // Only this program handles the terminal's Ctrl-C; it then terminates the child.
        shield_from_ctrl_c(&mut command);
        let mut child = command.spawn().map_err(|e| cannot_start(&name, &e))?;
        let stdout = child.stdout.take().expect("asked for a pipe");
        // The larger the pipe, the less often both sides wait for each other.
        #[cfg(target_os = "linux")]
        let _ = rustix::pipe::fcntl_setpipe_size(&stdout, PIPE);
        let stderr = child.stderr.take().expect("asked for a pipe");
        let (child, done) = (
            Arc::new(Mutex::new(child)),
            Arc::new(AtomicBool::new(false)),
        );
        let watched = (child.clone(), done.clone());
        let watch = thread::spawn(task::in_this_job(move || {
            let (child, done) = watched;
            while !done.load(Relaxed) {
                if task::is_interrupted() {
                    end(&child);
                    return;
                }
                thread::sleep(ffmpeg::POLL);
            }
        }));
        Ok(Self {
            child,
            stdout,
            lines: Some(thread::spawn(task::in_this_job(move || {
                ffmpeg::last_lines(stderr)
            }))),
            said: Vec::new(),
            done,
            watch: Some(watch),
        })
    }

    /// Fills a buffer; `false` if the output ended before.
    fn read(&mut self, out: &mut [u8]) -> Result<bool> {
        let read = self.stdout.read_exact(out).is_ok();
        if !read && task::is_interrupted() {
            return Err(Error::interrupted());
        }
        Ok(read)
    }

    /// The complete output, and whether the program succeeded.
    pub(super) fn output(&mut self) -> Result<(String, bool)> {
        let mut bytes = Vec::new();
        let read = self.stdout.read_to_end(&mut bytes);
        task::check()?;
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let succeeded = read.is_ok() && child.wait().is_ok_and(|status| status.success());
        Ok((String::from_utf8_lossy(&bytes).into_owned(), succeeded))
    }

    /// The messages of the program until it ended.
    pub(super) fn messages(&mut self) -> Vec<String> {
        if let Some(lines) = self.lines.take() {
            end(&self.child);
            self.said = lines.join().unwrap_or_default();
        }
        self.said.clone()
    }
}

fn end(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = child.kill();
    let _ = child.wait();
}

impl Drop for FfmpegProcess {
    fn drop(&mut self) {
        self.done.store(true, Relaxed);
        end(&self.child);
        if let Some(watch) = self.watch.take() {
            let _ = watch.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_is_spread_and_cut() {
        let spread = [0, 16, 17, 20, 26, 128, 234, 235, 255].map(|v: usize| SPREAD[v]);
        assert_eq!(spread, [0, 0, 1, 5, 12, 130, 254, 255, 255]);
    }
}
