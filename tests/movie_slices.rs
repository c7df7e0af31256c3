//! Frames that are picked from movies are those of the whole movie, whatever holds and codes them.

use std::path::Path;
use std::process::Command;

use optimap::io::{FrameSelection, LoadOptions, load_video};
use optimap::video::{Samples, Video};

/// What movies are written to.
const CONTAINERS: &[&str] = &[
    "mp4", "mov", "m4v", "3gp", "mkv", "webm", "avi", "flv", "ts", "mts", "mpg", "vob", "asf",
    "wmv", "mxf", "ogv", "y4m", "gif", "apng",
];

/// How they are coded: groups of frames are shorter than the movie, and frames refer to later ones
/// where a codec knows that.
const CODECS: &[&[&str]] = &[
    &["libx264", "-bf", "3", "-g", "12"],
    &[
        "libx264",
        "-bf",
        "3",
        "-g",
        "12",
        "-x264-params",
        "open-gop=1",
    ],
    &["libx265", "-x265-params", "log-level=none:keyint=12"],
    &["libvpx", "-g", "12", "-lag-in-frames", "8"],
    &[
        "libvpx-vp9",
        "-g",
        "12",
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
    ],
    &["mpeg4", "-bf", "2", "-g", "12"],
    &["libxvid", "-bf", "2", "-g", "12"],
    &["mpeg2video", "-bf", "2", "-g", "12"],
    &["mpeg1video", "-bf", "2", "-g", "12"],
    &["mjpeg", "-pix_fmt", "yuvj420p"],
    &["ffv1"],
    &["prores", "-pix_fmt", "yuv422p10le"],
    &["wmv2", "-g", "12"],
    &["libtheora", "-g", "12"],
    &["rawvideo"],
    &["gif"],
    &["apng"],
];

/// The same film with frames at even times, at uneven ones, and as part of a longer one whose first
/// frames a list of edits leaves out.
const VARIANTS: &[&[&str]] = &[
    &[],
    &[
        "-vf",
        "select='not(eq(mod(n,7),3))*not(between(n,20,24))'",
        "-vsync",
        "vfr",
    ],
    &["-output_ts_offset", "5"],
];

/// Runs ffmpeg; whether it could write the movie.
fn ffmpeg(arguments: &[&str], path: &Path) -> bool {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-y", "-loglevel", "quiet"]);
    let status = command.args(arguments).arg(path).status();
    status.expect("the test needs ffmpeg").success()
}

fn load(path: &Path, start: usize, frames: Option<usize>, step: usize) -> Option<Video> {
    let selection = FrameSelection {
        start,
        frames,
        step,
    };
    load_video(path, &selection, &LoadOptions::default()).ok()
}

fn values(video: &Video) -> Vec<u16> {
    match video.samples() {
        Samples::U8(array) => array.view().iter().map(|value| u16::from(*value)).collect(),
        Samples::U16(array) => array.view().iter().copied().collect(),
        _ => panic!("movies have no samples of {}", video.dtype()),
    }
}

/// Compares some frames of a movie with those of the whole movie; whether it can be read at all.
fn check(path: &Path) -> bool {
    let Some(whole) = load(path, 0, None, 1) else {
        return false;
    };
    let len = whole.len();
    for (start, frames, step) in [(2, 2, 1), (11, 1, 1), (13, 4, 5), (len - 1, 1, 1)] {
        if start + (frames - 1) * step >= len {
            continue;
        }
        let part = load(path, start, Some(frames), step);
        let part = part.unwrap_or_else(|| panic!("{}: {start}", path.display()));
        let expected = whole.frames(start, frames, step as isize);
        assert_eq!(
            part.shape(),
            expected.shape(),
            "{}: {start}",
            path.display()
        );
        assert!(
            values(&part) == values(&expected),
            "{}: {start}",
            path.display()
        );
    }
    true
}

#[test]
#[ignore = "needs ffmpeg"]
fn frames_of_movies_are_those_of_the_whole_movie() {
    let folder = tempfile::tempdir().unwrap();
    let source = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=64x48:rate=25:duration=1.6",
    ];
    let mut checked = Vec::new();
    for container in CONTAINERS {
        for (index, codec) in CODECS.iter().enumerate() {
            // One codec of each kind tells what containers make of times.
            let variants = match codec[0] {
                "libx264" | "libvpx" | "mpeg2video" | "ffv1" => VARIANTS,
                _ => &VARIANTS[..1],
            };
            for (variant, options) in variants.iter().enumerate() {
                let path = folder.path().join(format!("{index}_{variant}.{container}"));
                let arguments = [&source[..], options, &["-c:v"], codec].concat();
                if ffmpeg(&arguments, &path) && check(&path) {
                    checked.push(format!("{container} {}", codec[0]));
                }
                let _ = std::fs::remove_file(&path);
            }
        }
        // The beginning is left out without coding anew: frames before the first are still decoded.
        let long = folder.path().join("long.mp4");
        let path = folder.path().join(format!("edit.{container}"));
        let codec: &[&str] = &[
            "-c:v", "libx264", "-bf", "2", "-g", "12", "-pix_fmt", "yuv420p",
        ];
        if long.exists() || ffmpeg(&[&source[..], codec].concat(), &long) {
            let from = long.to_string_lossy().into_owned();
            if ffmpeg(&["-ss", "0.3", "-i", &from, "-c", "copy"], &path) && check(&path) {
                checked.push(format!("{container} edit"));
            }
        }
    }
    for container in [
        "mp4", "mov", "mkv", "webm", "avi", "ts", "mpg", "flv", "ogv", "gif",
    ] {
        let is_checked = |name: &String| name.starts_with(&format!("{container} "));
        assert!(checked.iter().any(is_checked), "{container} in {checked:?}");
    }
}
