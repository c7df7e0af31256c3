//! Frames that are picked from movies are those of the whole movie, whatever holds and codes them.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use optimap::io::{FrameSelection, LoadOptions, load_video};
use optimap::video::{Samples, Video};

/// A movie of 40 frames.
const SOURCE: &[&str] = &[
    "-f",
    "lavfi",
    "-i",
    "testsrc2=size=64x48:rate=25:duration=1.6",
];

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

/// The movies of a container whose frames were compared; `long` is a movie whose beginning is left out.
fn check_container(container: &str, (folder, long): (&Path, &Path)) -> Vec<String> {
    let mut checked = Vec::new();
    for (index, codec) in CODECS.iter().enumerate() {
        // One codec of each kind tells what containers make of times.
        let variants = match codec[0] {
            "libx264" | "libvpx" | "mpeg2video" | "ffv1" => VARIANTS,
            _ => &VARIANTS[..1],
        };
        for (variant, options) in variants.iter().enumerate() {
            let path = folder.join(format!("{index}_{variant}.{container}"));
            let arguments = [SOURCE, options, &["-c:v"], codec].concat();
            if ffmpeg(&arguments, &path) && check(&path) {
                checked.push(format!("{container} {}", codec[0]));
            }
            let _ = std::fs::remove_file(&path);
        }
    }
    // The beginning is left out without coding anew: frames before the first are still decoded.
    let from = long.to_string_lossy();
    let path = folder.join(format!("edit.{container}"));
    if ffmpeg(&["-ss", "0.3", "-i", &from, "-c", "copy"], &path) && check(&path) {
        checked.push(format!("{container} edit"));
    }
    checked
}

#[test]
#[ignore = "needs ffmpeg"]
fn frames_of_movies_are_those_of_the_whole_movie() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("long.mp4");
    let codec = "-c:v libx264 -bf 2 -g 12 -pix_fmt yuv420p".split(' ');
    let arguments: Vec<_> = SOURCE.iter().copied().chain(codec).collect();
    assert!(ffmpeg(&arguments, &long));
    // Most of the time passes in processes that use one core.
    let (next, checked) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, |cores| cores.get() + 1) {
            scope.spawn(|| {
                while let Some(container) = CONTAINERS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = check_container(container, (folder.path(), &long));
                    checked.lock().unwrap().extend(found);
                }
            });
        }
    });
    let checked = checked.into_inner().unwrap();
    for container in [
        "mp4", "mov", "mkv", "webm", "avi", "ts", "mpg", "flv", "ogv", "gif",
    ] {
        let is_checked = |name: &String| name.starts_with(&format!("{container} "));
        assert!(checked.iter().any(is_checked), "{container} in {checked:?}");
    }
}
