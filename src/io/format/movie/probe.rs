//! Properties of a movie, as found by the ffprobe program.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ffmpeg_decoder::{FfmpegMovie, FfmpegProcess};
use super::{FrameFormat, Movie, boxes, container};
use crate::error::{Error, Result};
use crate::history;
use crate::io::bytes::samples::SharedFile;
use crate::io::ffmpeg;
use crate::io::recording::extension_of;
use crate::video::{DType, Metadata};

/// The requested fields.
const ENTRIES: &str = "stream=codec_name,width,height,pix_fmt,color_range,avg_frame_rate,r_frame_rate:\
                       stream_side_data=rotation:stream_tags=rotate:\
                       format=format_name,start_time:format_tags=creation_time,comment:packet=pts_time,flags";

/// Opens a movie that ffmpeg can decode; `None` if there is no ffmpeg.
pub(super) fn open(path: &Path, is_gray: bool) -> Result<Option<Movie>> {
    let Some(program) = ffmpeg::program()? else {
        return Ok(None);
    };
    let Some(probe) = ffmpeg::probe_program(&program) else {
        return Ok(None);
    };
    let demuxer = container::demuxer(path)?;
    if demuxer == container::QUICKTIME {
        let hint =
            "`ffmpeg -i old.mp4 -c copy new.mp4` writes a complete file if all frames are there";
        boxes::check(&SharedFile::open(path)?).map_err(|e| e.hint(hint))?;
    }
    let movie = |text: &str| read(path, (program.clone(), demuxer), text, is_gray).map(Some);
    if has_full_header(path) {
        let quickly = ["-analyzeduration", "0", "-probesize", "32"];
        let mut running = FfmpegProcess::start(command(&probe, path, demuxer, &quickly)?)?;
        let (text, succeeded) = running.output()?;
        if succeeded && !text.contains("pix_fmt=unknown") {
            return movie(&text);
        }
    }
    let mut running = FfmpegProcess::start(command(&probe, path, demuxer, &[])?)?;
    let (text, succeeded) = running.output()?;
    if !succeeded && !text.contains("stream|") {
        let error = Error::new("ffmpeg cannot read it");
        let said = running.messages().into_iter();
        return Err(said.fold(error, |error, line| error.hint(format!("ffmpeg: {line}"))));
    }
    movie(&text)
}

/// Whether the header of a movie describes its frames, so that ffprobe need not decode any.
fn has_full_header(path: &Path) -> bool {
    let extension = extension_of(path).unwrap_or_default();
    matches!(extension.as_str(), "mp4" | "mov" | "m4v")
}

fn command(probe: &Path, path: &Path, demuxer: &str, options: &[&str]) -> Result<Command> {
    let mut command = Command::new(probe);
    command.args(["-hide_banner", "-loglevel", "error"]);
    command.args(options);
    command.args(["-select_streams", "V:0", "-of", "compact"]);
    command.args(["-show_entries", ENTRIES]);
    container::add_input(&mut command, path, demuxer)?;
    Ok(command)
}

/// Parses the output of ffprobe, one line per part of the movie.
fn read(
    path: &Path,
    (program, demuxer): (PathBuf, &'static str),
    text: &str,
    is_gray: bool,
) -> Result<Movie> {
    let mut times = Vec::new();
    let (mut stream, mut format, mut len) = (HashMap::new(), HashMap::new(), 0);
    let (mut is_whole, mut begins_with_key) = (true, None);
    let lines: Vec<_> = text.lines().map(parts_of).collect();
    for parts in &lines {
        let mut parts = parts.iter().map(|part| &**part);
        let kind = parts.next().unwrap_or_default();
        let pairs = parts.filter_map(|part| part.split_once('='));
        match kind {
            "packet" => {
                let pairs: HashMap<&str, &str> = pairs.collect();
                let flags = pairs.get("flags").copied().unwrap_or_default();
                is_whole &= flags.contains('K') && !flags.contains('D');
                begins_with_key.get_or_insert(flags.contains('K'));
                // Frames excluded by an edit list are not shown.
                if !flags.contains('D') {
                    len += 1;
                    times.extend(
                        pairs
                            .get("pts_time")
                            .and_then(|time| time.parse::<f64>().ok()),
                    );
                }
            }
            "stream" => stream.extend(pairs),
            "format" => format.extend(pairs),
            _ => {}
        }
    }
    let size = |name| {
        stream
            .get(name)
            .and_then(|value: &&str| value.parse::<usize>().ok())
    };
    let (Some(width), Some(height)) = (size("width"), size("height")) else {
        return Err(Error::new("it has no video track"));
    };
    if width == 0 || height == 0 || len == 0 {
        return Err(Error::new("it has no frames"));
    }
    let rotation = ["rotation", "tag:rotate"]
        .iter()
        .find_map(|name| stream.get(name));
    let is_turned = rotation.and_then(|angle| angle.parse::<f64>().ok());
    let is_turned = is_turned.is_some_and(|angle| (angle / 90.0).round() as i64 % 2 != 0);
    let (width, height) = if is_turned {
        (height, width)
    } else {
        (width, height)
    };
    let pixels = stream.get("pix_fmt").copied().unwrap_or_default();
    let deep = deep_gray(pixels).filter(|_| is_gray);
    let is_full = stream.get("color_range") == Some(&"pc");
    let size = FrameFormat {
        height,
        width,
        is_gray,
        dtype: if deep.is_some() {
            DType::U16
        } else {
            DType::U8
        },
    };
    let container = format.get("format_name").copied();
    let times = match is_whole && has_index(container) {
        true => from_start(times, len, format.get("start_time").copied()),
        false => Vec::new(),
    };
    let has_shown_packets = matches!(stream.get("codec_name"), Some(&("h264" | "hevc" | "ffv1")))
        && is_mp4_or_matroska(container)
        && begins_with_key == Some(true);
    let codec = Box::new(FfmpegMovie {
        program,
        demuxer,
        is_plane: is_gray && has_brightness(pixels) && !is_full,
        pixel_format: deep.unwrap_or(if is_gray { "gray" } else { "rgb24" }),
        is_exact: has_shown_packets || !times.is_empty(),
        times,
    });
    let metadata = metadata(&stream, &format);
    Ok(Movie::new(path, (size, len), metadata, codec))
}

/// Whether ffmpeg finds any frame in such a file, if the frame does not depend on others. In other
/// files it starts before or after the requested frame.
fn has_index(format: Option<&str>) -> bool {
    let names = format.unwrap_or_default().split(',');
    names
        .into_iter()
        .any(|name| matches!(name, "mp4" | "matroska" | "avi"))
}

/// Whether a packet of H.264, HEVC or FFV1 in such a file is a frame.
fn is_mp4_or_matroska(format: Option<&str>) -> bool {
    let mut names = format.unwrap_or_default().split(',');
    names.any(|name| matches!(name, "mp4" | "matroska"))
}

/// Whether the first plane of frames is luma from 16 to 235.
fn has_brightness(pixels: &str) -> bool {
    matches!(
        pixels,
        "yuv420p" | "yuv422p" | "yuv444p" | "yuv440p" | "yuv411p" | "yuv410p"
    )
}

/// Gray pixel formats of more than 8 bits, in native byte order.
fn deep_gray(pixels: &str) -> Option<&'static str> {
    let known: [(&str, [&str; 2]); 5] = [
        ("gray9", ["gray9le", "gray9be"]),
        ("gray10", ["gray10le", "gray10be"]),
        ("gray12", ["gray12le", "gray12be"]),
        ("gray14", ["gray14le", "gray14be"]),
        ("gray16", ["gray16le", "gray16be"]),
    ];
    let depth = pixels.trim_end_matches("le").trim_end_matches("be");
    let (_, orders) = known.into_iter().find(|(name, _)| *name == depth)?;
    Some(orders[usize::from(cfg!(target_endian = "big"))])
}

/// Times of the frames from the start of the file; empty unless all are known.
fn from_start(mut times: Vec<f64>, len: usize, start: Option<&str>) -> Vec<f64> {
    if times.len() != len {
        return Vec::new();
    }
    let start = start
        .and_then(|start| start.parse::<f64>().ok())
        .unwrap_or(0.0);
    times.sort_by(f64::total_cmp);
    times.into_iter().map(|time| time - start).collect()
}

/// The parts of a line between bars, with escapes resolved.
fn parts_of(line: &str) -> Vec<Cow<'_, str>> {
    if !line.contains('\\') {
        return line.split('|').map(Cow::from).collect();
    }
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '|' => parts.push(std::mem::take(&mut part).into()),
            '\\' => part.push(match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some(other) => other,
                None => '\\',
            }),
            c => part.push(c),
        }
    }
    parts.push(part.into());
    parts
}

fn metadata(stream: &HashMap<&str, &str>, format: &HashMap<&str, &str>) -> Metadata {
    let rate = |name| {
        let (count, seconds) = stream.get(name)?.split_once('/')?;
        let rate = count.parse::<f64>().ok()? / seconds.parse::<f64>().ok()?;
        (rate.is_finite() && rate > 0.0).then_some(rate)
    };
    let tag = |name| format.get(name).map(|text| (*text).to_owned());
    // Some containers write the names of tags in capitals.
    let comment = tag("tag:comment").or_else(|| tag("tag:COMMENT"));
    let is_script = |text: &String| text.starts_with(history::BEGINNING);
    let mut metadata = Metadata {
        fps: rate("avg_frame_rate").or_else(|| rate("r_frame_rate")),
        date: tag("tag:creation_time"),
        provenance: comment.clone().filter(is_script).map(Into::into),
        comment: comment.filter(|text| !is_script(text)),
        ..Metadata::default()
    };
    for (name, key) in [("codec", "codec_name"), ("pixel_format", "pix_fmt")] {
        if let Some(value) = stream.get(key) {
            metadata.set(name, *value);
        }
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_several_lines_are_read_whole() {
        let line = r"format|tag:comment=// optimap 1\na = b \| c \\ d|other=3";
        let parts = parts_of(line);
        assert_eq!(
            parts,
            [
                "format",
                "tag:comment=// optimap 1\na = b | c \\ d",
                "other=3"
            ]
        );
        let pairs = parts.iter().filter_map(|part| part.split_once('='));
        let found = metadata(&HashMap::new(), &pairs.collect());
        assert_eq!(
            found.provenance.as_deref(),
            Some("// optimap 1\na = b | c \\ d")
        );
        assert_eq!(found.comment, None);
    }

    #[test]
    fn what_the_program_says_is_understood() {
        let text = "packet|pts_time=0.000000|flags=K_\n\
                    packet|pts_time=0.200000|flags=__\n\
                    packet|pts_time=0.100000|flags=__\n\
                    packet|pts_time=-0.100000|flags=KD\n\
                    stream|codec_name=ffv1|width=40|height=30|pix_fmt=gray12le|\
                    r_frame_rate=20/1|avg_frame_rate=0/0|side_data|rotation=-90\n\n\
                    format|start_time=0.000000|tag:comment=rabbit\n";
        let read = |text, is_gray| read(Path::new("a"), ("ffmpeg".into(), "mov"), text, is_gray);
        let movie = read(text, true).unwrap();
        assert_eq!(movie.len, 3);
        let size = FrameFormat {
            height: 40,
            width: 30,
            is_gray: true,
            dtype: DType::U16,
        };
        assert_eq!(movie.size, size);
        assert_eq!(movie.metadata.fps, Some(20.0));
        assert_eq!(movie.metadata.comment.as_deref(), Some("rabbit"));
        assert_eq!(read(text, false).unwrap().size.dtype, DType::U8);
        assert!(has_index(Some("mov,mp4,m4a,3gp,3g2,mj2")) && has_index(Some("matroska,webm")));
        assert!(!has_index(Some("mpegts")) && !has_index(None));
        assert!(read("", true).is_err());
    }

    #[test]
    fn times_count_from_the_start_if_all_are_known() {
        assert_eq!(from_start(vec![1.5, 1.0], 2, Some("1.0")), [0.0, 0.5]);
        assert_eq!(from_start(vec![1.5, 1.0], 3, None), [0.0; 0]);
    }
}
