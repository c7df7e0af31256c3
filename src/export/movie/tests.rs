//! Tests of whole movies, read back by ffmpeg or by the built-in decoders.

use std::process::Command;

use super::*;
use crate::color::colormap::Colormap;
use crate::ops::testing::ramp;

fn export(encoder: &str) -> Export {
    Export {
        fps: 25.0,
        skip_frames: 1,
        encoder: Encoder::builtin(encoder).unwrap(),
        pad_mode: PadMode::Edge,
        progress_bar: false,
        ground: 0,
        annotations: MovieAnnotations::default(),
    }
}

/// A colormap from 0 to the last sample of `ramp(&[7, 33, 41])`.
fn settings(cmap: &str) -> ColorSettings {
    ColorSettings::new(Colormap::named(cmap).unwrap(), None, Some(9471.0))
}

fn write(path: &Path, cmap: &str, export: &Export) -> Result<()> {
    export_video(
        path,
        MovieSource::Video(ramp(&[7, 33, 41])),
        &settings(cmap),
        8,
        export,
    )
}

/// Frames of a movie, decoded by ffmpeg.
fn decoded(path: &Path, pixel_format: &str) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args(["-loglevel", "error", "-i"]).arg(path);
    command.args(["-f", "rawvideo", "-pix_fmt", pixel_format, "-"]);
    command.output().unwrap().stdout
}

#[track_caller]
fn check_first_pixel(frames: &[u8], cmap: &str) {
    let [red, green, blue, _] = settings(cmap).cmap.colors()[0];
    let low = frames[..3].iter().zip([red, green, blue]);
    let low = low.map(|(a, b)| a.abs_diff(b));
    assert!(low.max() < Some(12), "{cmap} {:?}", &frames[..3]);
}

#[test]
fn impossible_exports_are_refused_before_they_start() {
    let fails = |path: &str, export: &Export| write(Path::new(path), "gray", export).unwrap_err();
    let usual = export("libx264");
    assert_eq!(
        fails("a.txt", &usual).message(),
        "`a.txt` does not have a movie extension"
    );
    let slow = Export {
        fps: 0.0,
        ..usual.clone()
    };
    assert_eq!(
        fails("a.mp4", &slow).message(),
        "`fps` must be greater than 0, got 0"
    );
    let error = fails("a.avi", &export(Encoder::BUILT_IN));
    assert!(error.message().contains("`.mp4` only"), "{error}");
    let shown = || MovieSource::Video(ramp(&[1, 2, 2]));
    let error =
        export_video(Path::new("a.mp4"), shown(), &settings("gray"), 12, &usual).unwrap_err();
    assert_eq!(error.message(), "`bits` must be 8 or 16, got 12");
    let error =
        export_video(Path::new("a.gif"), shown(), &settings("gray"), 16, &usual).unwrap_err();
    assert!(error.message().contains("16-bit gray levels"), "{error}");
}

#[test]
fn without_ffmpeg_there_are_mp4_gif_and_png() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.mp4", "a.gif", "a.apng"] {
        let path = folder.path().join(name);
        write(&path, "viridis", &export(Encoder::BUILT_IN)).unwrap();
        let start = std::fs::read(&path).unwrap();
        let magic: &[u8] = match name {
            "a.mp4" => b"\0\0\0\x20ftypisom",
            "a.gif" => b"GIF89a",
            _ => b"\x89PNG",
        };
        assert!(start.starts_with(magic), "{name}");
    }
}

#[test]
fn a_picture_has_one_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let error = write(&path, "gray", &export("libx264")).unwrap_err();
    assert!(
        error
            .message()
            .ends_with("is a single image, but the video has 7 frames"),
        "{error}"
    );
    assert!(!path.exists());
    let shown = MovieSource::Video(ramp(&[1, 4, 5]));
    export_video(&path, shown, &settings("gray"), 8, &export("libx264")).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"\x89PNG") && !bytes.windows(4).any(|name| name == b"acTL"));
}

#[cfg(feature = "h264")]
mod built_in {
    use super::*;
    use crate::io::format::movie::open_h264;
    use crate::io::recording::{FrameRange, Recording};
    use crate::video::{Element, Video, map_samples};

    /// Reads back a movie just written, without ffmpeg.
    fn read_back(path: &Path) -> Video {
        let movie = open_h264(path, true).unwrap();
        let (shape, _) = movie.layout().unwrap();
        let all = FrameRange {
            start: 0,
            len: shape[0],
            step: 1,
        };
        Video::with_metadata(movie.load(all).unwrap(), movie.metadata().clone())
    }

    #[test]
    fn what_the_built_in_encoder_writes_can_be_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        write(&path, "gray", &export(Encoder::BUILT_IN)).unwrap();
        let video = read_back(&path);
        assert_eq!(
            (video.shape(), video.metadata().fps),
            (&[7, 34, 42][..], Some(25.0))
        );
        let first = map_samples!(video.samples(), array => array.view()[[0, 0, 0]].to_f64());
        assert!(first < 4.0, "{first}");
        // The description comes before the frames.
        let bytes = std::fs::read(&path).unwrap();
        let offset = |name: &[u8]| bytes.windows(4).position(|window| window == name);
        assert!(offset(b"moov").unwrap() < offset(b"mdat").unwrap());
    }

    #[test]
    fn noise_is_no_trouble_for_the_built_in_encoder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        let mut state = 1u32;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        let video = crate::ops::testing::video(&[2, 96, 96], noise.take(2 * 96 * 96).collect());
        let settings = ColorSettings {
            vmax: Some(255.0),
            ..settings("jet")
        };
        let export = export(Encoder::BUILT_IN);
        export_video(&path, MovieSource::Video(video), &settings, 8, &export).unwrap();
        assert_eq!(read_back(&path).shape(), [2, 96, 96]);
    }
}

#[test]
fn options_of_users_are_not_replaced() {
    let codec = |encoder: &Encoder, extension| {
        let encoder = encoder.suited_to(extension);
        encoder.param("-c:v").unwrap().to_owned()
    };
    let mut encoder = Encoder::builtin("h264_nvenc").unwrap();
    assert_eq!(codec(&encoder, "mp4"), "h264_nvenc");
    assert_eq!(codec(&encoder, "webm"), "libvpx-vp9");
    encoder.params.pop();
    assert_eq!(codec(&encoder, "webm"), "h264_nvenc");
}

#[test]
#[ignore = "needs ffmpeg"]
fn what_is_exported_can_be_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    for encoder in ["libx264", Encoder::BUILT_IN] {
        for cmap in ["gray", "viridis"] {
            let options = Export {
                skip_frames: 2,
                ..export(encoder)
            };
            write(&path, cmap, &options).unwrap();
            let frames = decoded(&path, "rgb24");
            assert_eq!(frames.len(), 4 * 34 * 42 * 3, "{encoder}");
            check_first_pixel(&frames, cmap);
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
#[ignore = "needs ffmpeg"]
fn every_extension_can_be_exported_to() {
    let folder = tempfile::tempdir().unwrap();
    for extension in output::extensions().filter(|name| *name != "png") {
        let path = folder.path().join("film").with_extension(extension);
        let size = match extension {
            "gif" | "apng" => 33 * 41,
            _ => 34 * 42,
        };
        for cmap in ["gray", "viridis"] {
            write(&path, cmap, &export("libx264")).unwrap();
            let frames = decoded(&path, "rgb24");
            assert_eq!(frames.len(), 7 * size * 3, "{extension}");
            check_first_pixel(&frames, cmap);
        }
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn nothing_is_lost_with_sixteen_bits() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["film.mkv", "film.apng"] {
        let path = folder.path().join(name);
        let settings = ColorSettings {
            vmax: None,
            ..settings("gray")
        };
        let shown = MovieSource::Video(
            crate::ops::array::elementwise::astype(ramp(&[7, 33, 41]), crate::video::DType::U16)
                .unwrap(),
        );
        export_video(&path, shown, &settings, 16, &export("ffv1")).unwrap();
        let levels = decoded(&path, "gray16le");
        let expected: Vec<u8> = (0..7 * 33 * 41u16).flat_map(u16::to_le_bytes).collect();
        assert_eq!(levels, expected, "{name}");
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn what_ffmpeg_says_is_passed_on_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    let mut options = export("libx264");
    options.encoder.params = vec![("-c:v".into(), "no_such_encoder".into())];
    let error = write(&path, "gray", &options).unwrap_err();
    assert!(
        error.message().starts_with("ffmpeg could not write"),
        "{error}"
    );
    assert!(
        error
            .hints()
            .iter()
            .any(|hint| hint.contains("no_such_encoder"))
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
