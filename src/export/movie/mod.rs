//! Exporting movies: frames are drawn on all cores while the encoder works on earlier ones.
//!
//! ```text
//! source ─┐
//! source ─┼─ scene ── pixel_format ──┬── ffmpeg     a process, fed through a pipe
//! source ─┘    │                     ├── h264       .mp4 without ffmpeg
//!     annotations, layout            └── animation  .gif, .apng
//! ```

mod animation;
mod annotations;
mod cell_source;
mod frame_encoder;
#[cfg_attr(not(feature = "h264"), path = "no_h264.rs")]
mod h264;
mod high_bit_depth;
mod layout;
mod lookup_table;
mod output;
mod pipeline;
mod pixel_format;
mod scene;
mod streamed;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

pub use annotations::MovieAnnotations;
pub use cell_source::MovieSource;

use crate::bail;
use crate::color::Color;
use crate::color::color_settings::ColorSettings;
use crate::error::{Error, Result, counted};
use crate::io::ffmpeg::{Encoder, MovieQuality};
use crate::io::recording::extension_of;
use crate::ops::array::elementwise::Operand;
use crate::ops::blend::{BlendInput, BlendOptions};
use crate::ops::edit::pad::PadMode;
use crate::task;
use crate::video::{Frames, Video, shape_text};
use cell_source::CellSource;
use high_bit_depth::HighBitDepth;
use output::MovieFrames;
use scene::{MovieScene, Panels};

/// Export settings that do not depend on the content of the movie.
#[derive(Debug, Clone)]
pub struct Export {
    /// Frames per second of the movie.
    pub fps: f64,
    /// Exports every n-th frame only.
    pub skip_frames: usize,
    /// Encoder and its options.
    pub encoder: Encoder,
    /// Quality, if not that of the encoder's options.
    pub quality: Option<MovieQuality>,
    /// How to fill the row and the column by which odd sizes are extended.
    pub pad_mode: PadMode,
    /// Whether to show a progress bar.
    pub progress_bar: bool,
    /// Background color around the videos.
    pub ground: Color,
    /// Annotations of the movie.
    pub annotations: MovieAnnotations,
    /// Script that makes the movie, to be kept in it.
    pub script: Option<Arc<str>>,
}

impl Export {
    /// All frames at a rate, without annotations, a progress bar and a script.
    pub fn new(fps: f64, encoder: Encoder) -> Self {
        Self {
            fps,
            skip_frames: 1,
            encoder,
            quality: None,
            pad_mode: PadMode::Edge,
            progress_bar: false,
            ground: 0,
            annotations: MovieAnnotations::default(),
            script: None,
        }
    }

    /// Whether traces of the first video are plotted, which are drawn before its first frame.
    fn has_traces(&self) -> bool {
        !self.annotations.annotations.traces.is_empty()
    }
}

/// Whether the built-in encoder can write a movie of images: an `.mp4` of its sizes.
pub fn suits_built_in(path: &Path, frames: &Frames) -> Result<bool> {
    let is_mp4 = matches!(extension_of(path).as_deref(), Some("mp4" | "m4v"));
    if !is_mp4 || frames.is_empty() {
        return Ok(false);
    }
    let first = frames.frame(0)?;
    let even = |axis: usize| {
        first
            .shape()
            .get(axis)
            .map_or(0, |len| len.next_multiple_of(2))
    };
    Ok(h264::check_size((even(1), even(0))).is_ok())
}

/// Arrangement of videos in a grid.
#[derive(Debug, Clone, Copy)]
pub struct VideoGrid {
    /// Number of videos in a row.
    pub ncols: usize,
    /// Distance between videos in pixels.
    pub padding: usize,
}

/// Writes a movie of a video with gray levels of 8 or 16 bits.
pub fn export_video(
    path: &Path,
    movie_source: MovieSource,
    settings: &ColorSettings,
    bits: usize,
    export: &Export,
) -> Result<()> {
    check(export)?;
    match bits {
        8 => {
            let (step, has_traces) = (export.skip_frames, export.has_traces());
            let source = CellSource::new(movie_source, settings, step, has_traces)?;
            write_scene(path, single(source, export), export)
        }
        16 => write_high_bit_depth(path, movie_source, settings, export),
        _ => bail!("`bits` must be 8 or 16, got {bits}"),
    }
}

/// Writes a movie of several videos in a grid, each with its own color settings.
pub fn export_videos(
    path: &Path,
    videos: Vec<Video>,
    all_settings: &[ColorSettings],
    grid: VideoGrid,
    export: &Export,
) -> Result<()> {
    const MAX_GRID: usize = 10_000;
    check(export)?;
    check_alike(&videos)?;
    if !(1..=MAX_GRID).contains(&grid.ncols) {
        bail!("`ncols` must be from 1 to {MAX_GRID}, got {}", grid.ncols);
    }
    if grid.padding > MAX_GRID {
        bail!(
            "`padding` must be at most {MAX_GRID} pixels, got {}",
            grid.padding
        );
    }
    if export.annotations.titles.len() > videos.len() {
        bail!(
            "`titles` has {} for {}",
            counted(export.annotations.titles.len(), "title"),
            counted(videos.len(), "video")
        );
    }
    let sources = videos.into_iter().zip(all_settings).enumerate();
    let sources = sources.map(|(index, (video, settings))| {
        let has_traces = index == 0 && export.has_traces();
        let video = MovieSource::Video(video);
        CellSource::new(video, settings, export.skip_frames, has_traces)
    });
    let panels = Panels {
        sources: sources.collect::<Result<_>>()?,
        ncols: grid.ncols,
        padding: grid.padding,
        ground: export.ground,
        step: export.skip_frames,
    };
    write_scene(path, panels, export)
}

/// Writes a movie of a video with an overlay.
pub fn export_video_with_overlay(
    path: &Path,
    base: Video,
    overlay: Video,
    alpha: Option<Operand>,
    options: BlendOptions,
    export: &Export,
) -> Result<()> {
    check(export)?;
    if base.ndim() > 2 && base.len() != overlay.len() {
        task::warn(&format!(
            "the movie ends with the shorter video: the base has {} and the overlay {}",
            counted(base.len(), "frame"),
            overlay.len()
        ));
    }
    let input = BlendInput::new(base, overlay, alpha, options.look)?;
    if input.is_empty() {
        bail!("there are no frames to export");
    }
    let source = CellSource::of_blend(&input, options, export.has_traces())?;
    drop(input);
    write_scene(path, single(source, export), export)
}

fn single(source: CellSource, export: &Export) -> Panels {
    Panels {
        sources: vec![source],
        ncols: 1,
        padding: 0,
        ground: export.ground,
        step: export.skip_frames,
    }
}

fn write_scene(path: &Path, panels: Panels, export: &Export) -> Result<()> {
    let annotations = &export.annotations.annotations;
    let fps = annotations
        .fps(panels.sources[0].colored.base().metadata())?
        .unwrap_or(export.fps);
    let scene = MovieScene::new(panels, &export.annotations)?;
    output::write(path, MovieFrames::Drawn(scene.into()), fps, export)
}

fn write_high_bit_depth(
    path: &Path,
    movie_source: MovieSource,
    settings: &ColorSettings,
    export: &Export,
) -> Result<()> {
    let MovieSource::Video(video) = movie_source else {
        bail!("`bits` can only be 16 for a video, not for frames generated on demand");
    };
    if export.annotations.is_any() {
        bail!("`bits` can only be 16 for a movie without annotations");
    }
    video.expect_frames("export_video")?;
    let frames = HighBitDepth::new(&video, settings, export.skip_frames)?;
    output::write(path, MovieFrames::Deep(frames.into()), export.fps, export)
}

fn check(export: &Export) -> Result<()> {
    if !(export.fps > 0.0 && export.fps.is_finite()) {
        bail!("`fps` must be greater than 0, got {}", export.fps);
    }
    if export.skip_frames == 0 {
        bail!("`skip_frames` must be at least 1, got 0");
    }
    Ok(())
}

/// An error unless all videos have the same number of frames and the same frame size.
fn check_alike(videos: &[Video]) -> Result<()> {
    let Some(first) = videos.first() else {
        bail!("export_videos needs at least one video, got an empty array");
    };
    for (index, video) in videos.iter().enumerate() {
        video.expect_frames("export_videos")?;
        if video.shape()[..3] != first.shape()[..3] {
            let error = format!(
                "the videos of a grid must have the same number of frames of the same size, but the first has {} \
                 and number {index} has {}",
                shape_text(&first.shape()[..3]),
                shape_text(&video.shape()[..3])
            );
            return Err(Error::new(error)
                .hint("select the same number of frames of each, and use `resize` or `pad`"));
        }
    }
    Ok(())
}
