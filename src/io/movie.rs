//! Exporting videos as movies: frames are rendered on all cores while the encoder works on those
//! before.

use std::path::Path;

use rayon::prelude::*;

use super::ffmpeg::{self, Encoder};
use super::picture::{PadMode, Picture};
use crate::bail;
use crate::error::{Error, Result};
use crate::task::{self, Task};
use crate::video::Video;
use crate::video::colormap::Colormap;

/// The extensions of the movies that can be written.
const EXTENSIONS: &[&str] = &[
    "mp4", "mov", "mkv", "avi", "webm", "m4v", "wmv", "mpg", "mpeg", "ogv", "flv", "ts", "gif",
    "apng",
];

/// How many bytes of frames are rendered at a time.
const BATCH: usize = 4 << 20;

/// How a video is exported.
#[derive(Debug, Clone)]
pub struct Export {
    /// Frames per second of the movie.
    pub fps: f64,
    /// Only every so-manieth frame is exported.
    pub skip_frames: usize,
    /// The colours of a video that has none.
    pub cmap: Colormap,
    /// The value that gets the first colour; by default the smallest of the first frame.
    pub vmin: Option<f64>,
    /// The value that gets the last colour; by default the largest of the first frame.
    pub vmax: Option<f64>,
    /// What to encode with.
    pub encoder: Encoder,
    /// What is shown in the row and the column that odd sizes are extended by.
    pub pad_mode: PadMode,
    /// Whether to report progress.
    pub progress_bar: bool,
}

/// Writes a movie with ffmpeg.
pub fn export_video(path: &Path, video: &Video, export: &Export) -> Result<()> {
    let extension = check_extension(path)?;
    if !(export.fps > 0.0 && export.fps.is_finite()) {
        bail!("`fps` must be greater than 0, got {}", export.fps);
    }
    if export.skip_frames == 0 {
        bail!("`skip_frames` must be at least 1, got 0");
    }
    video.expect_frames("export_video")?;
    if video.is_empty() {
        bail!("a video without samples cannot be exported");
    }
    let frames = video.len().div_ceil(export.skip_frames);
    let video = video.frames(0, frames, export.skip_frames as isize);
    let export = &Export {
        encoder: export.encoder.suited_to(&extension),
        ..export.clone()
    };
    let picture = Picture::new(&video, export)?;
    let task = export.progress_bar.then(|| Task::new("exporting", frames));
    let per_batch = (BATCH / picture.bytes()).clamp(1, frames);
    let mut done = 0;
    ffmpeg::encode(path, &picture.raw(export.fps), &export.encoder, |batch| {
        if task::is_interrupted() {
            return Err(Error::interrupted());
        }
        let count = per_batch.min(frames - done);
        batch.resize(count * picture.bytes(), 0);
        let pictures = batch.par_chunks_mut(picture.bytes()).enumerate();
        pictures.for_each(|(index, out)| picture.render(done + index, out));
        done += count;
        task.as_ref().map_or(Ok(()), |task| task.advance(count))?;
        Ok(count > 0)
    })
}

fn check_extension(path: &Path) -> Result<String> {
    let extension = super::extension_of(path).unwrap_or_default();
    if EXTENSIONS.contains(&extension.as_str()) {
        return Ok(extension);
    }
    let known: Vec<String> = EXTENSIONS[..6]
        .iter()
        .map(|name| format!("`.{name}`"))
        .collect();
    Err(Error::new(format!(
        "`{}` does not have the extension of a movie",
        path.display()
    ))
    .hint(format!("use one of {}, …", known.join(", "))))
}

#[cfg(test)]
pub(super) mod tests {
    use std::process::Command;

    use super::*;
    use crate::ops::testing::ramp;

    /// An export of which only the colours and the border matter.
    pub(in crate::io) fn export(cmap: &str, pad_mode: PadMode) -> Export {
        Export {
            fps: 25.0,
            skip_frames: 1,
            cmap: Colormap::named(cmap).unwrap(),
            vmin: None,
            vmax: None,
            encoder: Encoder::builtin("libx264").unwrap(),
            pad_mode,
            progress_bar: false,
        }
    }

    #[test]
    fn impossible_exports_are_refused_before_they_start() {
        let options = export("gray", PadMode::Edge);
        let error = export_video(Path::new("a.txt"), &ramp(&[1, 2, 2]), &options).unwrap_err();
        assert_eq!(
            error.message(),
            "`a.txt` does not have the extension of a movie"
        );
        let slow = Export {
            fps: 0.0,
            ..options
        };
        let error = export_video(Path::new("a.mp4"), &ramp(&[1, 2, 2]), &slow).unwrap_err();
        assert_eq!(error.message(), "`fps` must be greater than 0, got 0");
    }

    /// The frames of a movie, decoded by ffmpeg.
    fn decoded(path: &Path, pixel_format: &str) -> Vec<u8> {
        let mut command = Command::new("ffmpeg");
        command.args(["-loglevel", "error", "-i"]).arg(path);
        command.args(["-f", "rawvideo", "-pix_fmt", pixel_format, "-"]);
        command.output().unwrap().stdout
    }

    #[test]
    #[ignore = "needs ffmpeg"]
    fn what_is_exported_can_be_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        for cmap in ["gray", "viridis"] {
            let video = ramp(&[7, 33, 41]);
            let options = Export {
                skip_frames: 2,
                vmax: Some(9471.0),
                ..export(cmap, PadMode::Edge)
            };
            export_video(&path, &video, &options).unwrap();
            let frames = decoded(&path, "rgb24");
            assert_eq!(frames.len(), 4 * 34 * 42 * 3);
            let colors = options.cmap.colors();
            let low = frames[..3].iter().zip(&colors[0]);
            assert!(low.into_iter().all(|(a, b)| a.abs_diff(*b) < 12), "{cmap}");
        }
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(names.len(), 1);
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
    fn every_extension_can_be_exported_to() {
        let folder = tempfile::tempdir().unwrap();
        for extension in EXTENSIONS {
            let path = folder.path().join("film").with_extension(extension);
            for cmap in ["gray", "viridis"] {
                let options = Export {
                    vmax: Some(9471.0),
                    ..export(cmap, PadMode::Edge)
                };
                export_video(&path, &ramp(&[7, 33, 41]), &options).unwrap();
                let frames = decoded(&path, "rgb24");
                assert_eq!(frames.len(), 7 * 34 * 42 * 3, "{extension}");
                let low = frames[..3].iter().zip(&options.cmap.colors()[0]);
                let differ = low.map(|(a, b)| a.abs_diff(*b));
                assert!(differ.into_iter().all(|d| d < 12), "{extension} {cmap}");
            }
        }
    }

    #[test]
    #[ignore = "needs ffmpeg"]
    fn what_ffmpeg_says_is_passed_on_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        let mut options = export("gray", PadMode::Edge);
        options.encoder.params = vec![("-c:v".into(), "no_such_encoder".into())];
        let error = export_video(&path, &ramp(&[300, 64, 64]), &options).unwrap_err();
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
}
