//! Exporting films: frames are drawn on all cores while the encoder works on those before.
//!
//! ```text
//! source ─┐
//! source ─┼─ scene ── packing ──┬── ffmpeg     a process, fed through a pipe
//! source ─┘    │                ├── h264       .mp4 without ffmpeg
//!     annotations, plan         └── animation  .gif, .apng
//! ```

mod animation;
mod annotations;
mod deep;
#[cfg(feature = "h264")]
mod h264;
#[cfg(not(feature = "h264"))]
#[path = "no_h264.rs"]
mod h264;
mod output;
mod packing;
mod palette;
mod pipeline;
mod plan;
mod scene;
mod source;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use annotations::Annotations;
pub use source::{Extent, Look, Shown};

use crate::bail;
use crate::draw::Color;
use crate::error::{Error, Result};
use crate::io::ffmpeg::Encoder;
use crate::ops::array::elementwise::Operand;
use crate::ops::blend::{Blend, BlendOptions};
use crate::ops::edit::pad::PadMode;
use crate::task;
use crate::video::{Video, shape_text};
use deep::Deep;
use output::Film;
use scene::{Panels, Scene};
use source::Source;

/// How a film is written, whatever it shows.
#[derive(Debug, Clone)]
pub struct Export {
    /// Frames per second of the movie.
    pub fps: f64,
    /// Only every so-manieth frame is exported.
    pub skip_frames: usize,
    /// What to encode with.
    pub encoder: Encoder,
    /// What is shown in the row and the column that odd sizes are extended by.
    pub pad_mode: PadMode,
    /// Whether to report progress.
    pub progress_bar: bool,
    /// The colour around the videos.
    pub ground: Color,
    /// What is written and drawn besides the videos.
    pub annotations: Annotations,
}

/// How videos stand side by side.
#[derive(Debug, Clone, Copy)]
pub struct Grid {
    /// How many videos stand side by side.
    pub ncols: usize,
    /// The distance between them in pixels.
    pub padding: usize,
}

/// Writes a movie of a video, its gray levels with 8 or 16 bits.
pub fn export_video(
    path: &Path,
    shown: Shown,
    look: &Look,
    bits: usize,
    export: &Export,
) -> Result<()> {
    check(export)?;
    match bits {
        8 => {
            let source = Source::new(shown, look, export.skip_frames)?;
            write_scene(path, single(source, export), export)
        }
        16 => write_deep(path, shown, look, export),
        _ => bail!("`bits` must be 8 or 16, got {bits}"),
    }
}

/// Writes a movie of several videos in a grid, each in its own look.
pub fn export_videos(
    path: &Path,
    videos: Vec<Video>,
    looks: &[Look],
    grid: Grid,
    export: &Export,
) -> Result<()> {
    const MOST: usize = 10_000;
    check(export)?;
    check_alike(&videos)?;
    if !(1..=MOST).contains(&grid.ncols) {
        bail!("`ncols` must be from 1 to {MOST}, got {}", grid.ncols);
    }
    if grid.padding > MOST {
        bail!(
            "`padding` must be at most {MOST} pixels, got {}",
            grid.padding
        );
    }
    if export.annotations.titles.len() > videos.len() {
        bail!(
            "`titles` has {} titles for {} videos",
            export.annotations.titles.len(),
            videos.len()
        );
    }
    let sources = videos.into_iter().zip(looks);
    let sources =
        sources.map(|(video, look)| Source::new(Shown::Video(video), look, export.skip_frames));
    let panels = Panels {
        sources: sources.collect::<Result<_>>()?,
        ncols: grid.ncols,
        padding: grid.padding,
        ground: export.ground,
        step: export.skip_frames,
    };
    write_scene(path, panels, export)
}

/// Writes a movie of a video with another one over it.
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
            "the movie ends with the shorter video: the base has {} frames and the overlay {}",
            base.len(),
            overlay.len()
        ));
    }
    let blend = Blend::new(base, overlay.clone(), alpha, options)?;
    if blend.is_empty() {
        bail!("there are no frames to export");
    }
    let source = Source::of_blend(blend, overlay, export.skip_frames);
    write_scene(path, single(source, export), export)
}

fn single(source: Source, export: &Export) -> Panels {
    Panels {
        sources: vec![source],
        ncols: 1,
        padding: 0,
        ground: export.ground,
        step: export.skip_frames,
    }
}

fn write_scene(path: &Path, panels: Panels, export: &Export) -> Result<()> {
    let notes = &export.annotations.notes;
    let fps = notes
        .fps(panels.sources[0].metadata())?
        .unwrap_or(export.fps);
    let scene = Scene::new(panels, &export.annotations)?;
    output::write(path, &Film::Drawn(scene.into()), fps, export)
}

fn write_deep(path: &Path, shown: Shown, look: &Look, export: &Export) -> Result<()> {
    let Shown::Video(video) = shown else {
        bail!("`bits` can only be 16 for a video, not for frames generated on demand");
    };
    if export.annotations.is_any() {
        bail!("`bits` can only be 16 for a movie without annotations");
    }
    let step = export.skip_frames;
    video.expect_frames("export_video")?;
    let video = video.frames(0, video.len().div_ceil(step), step as isize);
    output::write(
        path,
        &Film::Deep(Deep::new(video, look)?),
        export.fps,
        export,
    )
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

/// The frame rate of a movie that is so many times as fast as what was recorded.
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
