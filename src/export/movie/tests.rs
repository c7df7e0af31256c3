//! Tests of whole movies, read back by ffmpeg or by the built-in decoders.

use std::process::Command;

use super::*;
use crate::color::colormap::Colormap;
use crate::ops::testing::ramp;

fn export(encoder: &str) -> Export {
    Export::new(25.0, Encoder::builtin(encoder).unwrap())
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
    fn read_back(path: &Path, is_gray: bool) -> Video {
        let movie = open_h264(path, is_gray).unwrap();
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
        let video = read_back(&path, true);
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
    fn the_built_in_encoder_and_decoder_agree_about_colors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        let (video, settings) = ramp_of_colors();
        let export = export(Encoder::BUILT_IN);
        export_video(&path, MovieSource::Video(video), &settings, 8, &export).unwrap();
        let video = read_back(&path, false);
        let bytes: Vec<u8> = map_samples!(video.samples(), array => {
            array.view().iter().map(|level| level.to_f64() as u8).collect()
        });
        let (means, worst) = color_errors(&bytes);
        assert!(means.iter().all(|mean| *mean <= 1.5), "{means:?}");
        assert!(worst <= 3.5, "{worst}");
        // The file says it too.
        let file = std::fs::read(&path).unwrap();
        assert!(
            file.windows(15)
                .any(|part| part == b"colrnclx\0\x01\0\x01\0\x01\0")
        );
    }

    #[test]
    fn long_movies_begin_with_their_description() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        let video = ramp(&[2600, 16, 16]);
        let export = export(Encoder::BUILT_IN);
        export_video(
            &path,
            MovieSource::Video(video),
            &settings("gray"),
            8,
            &export,
        )
        .unwrap();
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
        assert_eq!(read_back(&path, true).shape(), [2, 96, 96]);
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

/// Number of frames of the ramp of colors, and of pixels along the sides of its areas.
const RAMP: (usize, usize) = (3, 16);

/// The colors of viridis, each in an area of its own, and the movie's settings for them.
fn ramp_of_colors() -> (Video, ColorSettings) {
    let (frames, side) = RAMP;
    let width = 64 * side;
    let level = |index: usize| {
        let (x, y) = (index % width, index / width);
        let (frame, y) = (y / (4 * side), y % (4 * side));
        match y {
            // Some encoders leave out frames that are equal to those before.
            0 => frame as u8 * 100,
            _ => (y / side * 64 + x / side) as u8,
        }
    };
    let samples = (0..frames * 4 * side * width).map(level).collect();
    let video = crate::ops::testing::video(&[frames, 4 * side, width], samples);
    let viridis = Colormap::named("viridis").unwrap();
    (video, ColorSettings::new(viridis, Some(0.0), Some(255.0)))
}

/// Differences of the colors of a movie from those of the ramp: the mean of each channel, and the
/// largest mean of an area. At the edges of areas, pixels share their chroma with other areas.
#[track_caller]
fn color_errors(frames: &[u8]) -> ([f64; 3], f64) {
    const EDGE: usize = 4;
    let (_, settings) = ramp_of_colors();
    let (count, side) = RAMP;
    let pixels = frames.as_chunks::<3>().0;
    assert_eq!(pixels.len(), count * 256 * side * side);
    let mut areas = vec![[0.0; 3]; 256];
    let inner = (side - 2 * EDGE).pow(2) * count;
    for (index, pixel) in pixels.iter().enumerate() {
        let (x, y) = (index % (64 * side), index / (64 * side) % (4 * side));
        let is_inner = |at: usize| (EDGE..side - EDGE).contains(&(at % side));
        if !is_inner(x) || !is_inner(y) {
            continue;
        }
        let level = y / side * 64 + x / side;
        let color = settings.cmap.colors()[level];
        for channel in 0..3 {
            let off = f64::from(pixel[channel].abs_diff(color[channel]));
            areas[level][channel] += off / inner as f64;
        }
    }
    let mean = |channel: usize| areas.iter().map(|area| area[channel]).sum::<f64>() / 256.0;
    let means = [0, 1, 2].map(mean);
    (means, areas.into_iter().flatten().fold(0.0, f64::max))
}

/// Frames as decoded with a color matrix instead of the one that a movie says.
fn decoded_as(path: &Path, matrix: Option<&str>) -> Vec<u8> {
    const FLAGS: &str = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp";
    let matrix = matrix.map(|matrix| format!("in_color_matrix={matrix}:in_range=tv:"));
    let filter = format!("scale={}{FLAGS}", matrix.unwrap_or_default());
    let mut command = Command::new("ffmpeg");
    command.args(["-loglevel", "error", "-i"]).arg(path);
    command.args(["-vf", &filter, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]);
    command.output().unwrap().stdout
}

/// What ffprobe says about the colors of a movie.
fn color_tags(path: &Path) -> String {
    let mut command = Command::new("ffprobe");
    let entries = "stream=color_range,color_space,color_transfer,color_primaries";
    command.args([
        "-loglevel",
        "error",
        "-select_streams",
        "v:0",
        "-of",
        "csv=p=0",
    ]);
    command.args(["-show_entries", entries]).arg(path);
    let output = command.output().unwrap();
    // Streams of programs are listed twice.
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().unwrap_or_default().to_owned()
}

#[test]
#[ignore = "needs ffmpeg"]
fn movies_have_the_colors_of_the_colormap() {
    let folder = tempfile::tempdir().unwrap();
    let mut movies: Vec<_> = output::extensions()
        .filter(|extension| *extension != "png")
        .map(|extension| (extension, "libx264"))
        .collect();
    movies.extend([("mp4", Encoder::BUILT_IN), ("m4v", Encoder::BUILT_IN)]);
    movies.extend(["mkv", "avi", "mov"].map(|extension| (extension, "ffv1")));
    for (extension, encoder) in movies {
        let what = format!("{extension} by {encoder}");
        let path = folder.path().join("film").with_extension(extension);
        let (video, settings) = ramp_of_colors();
        export_video(
            &path,
            MovieSource::Video(video),
            &settings,
            8,
            &export(encoder),
        )
        .unwrap();
        let (means, worst) = color_errors(&decoded_as(&path, None));
        if matches!(extension, "gif" | "apng") || encoder == "ffv1" {
            assert_eq!(worst, 0.0, "{what}");
            continue;
        }
        assert!(means.iter().all(|mean| *mean <= 1.5), "{what}: {means:?}");
        assert!(worst <= 3.5, "{what}: {worst}");
        // Theora knows only limited range, so that it does not say it.
        let (tags, matrix) = match extension {
            "ogv" => ("unknown,bt470bg,bt709,bt470bg", "bt601"),
            _ => ("tv,bt709,bt709,bt709", "bt709"),
        };
        assert_eq!(color_tags(&path), tags, "{what}");
        // A player that does not look at the tags takes them for granted.
        let (means, _) = color_errors(&decoded_as(&path, Some(matrix)));
        assert!(means.iter().all(|mean| *mean <= 1.5), "{what}: {means:?}");
        // So does the reader of movies.
        let options = crate::io::LoadOptions {
            as_gray: false,
            ..crate::io::LoadOptions::default()
        };
        let loaded = crate::io::load_video(&path, &crate::io::FrameSelection::ALL, &options);
        let samples = loaded.unwrap();
        let bytes = crate::video::map_samples!(samples.samples(), array => {
            array.view().iter().map(|level| crate::video::Element::to_f64(*level) as u8).collect::<Vec<_>>()
        });
        let (means, _) = color_errors(&bytes);
        assert!(means.iter().all(|mean| *mean <= 2.0), "{what}: {means:?}");
        if matches!(extension, "mp4" | "m4v" | "mov") {
            let bytes = std::fs::read(&path).unwrap();
            let offset = |name: &[u8]| bytes.windows(4).position(|window| window == name);
            assert!(
                offset(b"moov").unwrap() < offset(b"mdat").unwrap(),
                "{what}"
            );
        }
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn encoders_of_users_have_the_colors_of_the_colormap() {
    let folder = tempfile::tempdir().unwrap();
    for (extension, options, tags) in [
        (
            "mp4",
            "-c:v libx264 -crf 10 -pix_fmt yuv444p",
            "tv,bt709,bt709,bt709",
        ),
        (
            "mkv",
            "-c:v libx264 -crf 10 -pix_fmt yuv420p10le",
            "tv,bt709,bt709,bt709",
        ),
        ("avi", "-c:v mpeg4 -q:v 2 -pix_fmt yuv420p", ""),
        (
            "mov",
            "-c:v prores_ks -pix_fmt yuv422p10le",
            "tv,bt709,bt709,bt709",
        ),
        ("avi", "-c:v mjpeg -q:v 2 -pix_fmt yuvj444p", ""),
        ("mp4", "-c:v libx264rgb -qp 0 -pix_fmt rgb24", ""),
    ] {
        let words: Vec<&str> = options.split(' ').collect();
        let mut settings = export("libx264");
        let params = words.as_chunks::<2>().0.iter();
        settings.encoder.params = params.map(|[a, b]| ((*a).into(), (*b).into())).collect();
        let path = folder.path().join("film").with_extension(extension);
        let (video, colors) = ramp_of_colors();
        export_video(&path, MovieSource::Video(video), &colors, 8, &settings).unwrap();
        let (means, _) = color_errors(&decoded_as(&path, None));
        assert!(
            means.iter().all(|mean| *mean <= 1.5),
            "{options}: {means:?}"
        );
        if !tags.is_empty() {
            assert_eq!(color_tags(&path), tags, "{options}");
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
