//! Exporting videos as movies, for talks and papers.

use std::path::PathBuf;

use rhai::Map;

use super::shared::{AnnotationParams, BlendParams, ColormapEach, MagnifyParams, OverlayParams};
use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::colormap::Colormap;
use crate::error::Result;
use crate::export::{self, Export, MovieAnnotations, MovieSource, VideoGrid};
use crate::io::{Encoder, MovieQuality};
use crate::ops::edit::pad::PadMode;
use crate::script::host::sandbox;
use crate::script::types::drawing::{AnyColor, VideoList};
use crate::script::{Chained, ChainedOperand, Provenance, builtins};

builtins! {
    /// Exports a video as a movie such as `.mp4`, `.mov`, `.mkv`, `.gif` or `.apng`.
    ///
    /// Gray videos are shown through the colormap. Videos with color channels are shown as they
    /// are: ints from 0 to the largest value of their type, floats from 0 to 1. NaN samples are
    /// black, or the `bad` color of the colormap if it has one.
    ///
    /// The program ffmpeg encodes: the one that the environment variable OPTIMAP_FFMPEG names, or
    /// the first on the PATH. Without it, `.mp4` is written by a built-in H.264 encoder, with a
    /// warning; `.gif` and `.apng` never need it. `.apng` is lossless, and so is `.mkv` with the
    /// encoder "ffv1", both also with `bits: 16`. An existing file is replaced once the movie is
    /// complete.
    ///
    /// Colors are coded as in high definition (BT.709, limited range), which the movie says, so
    /// that players show those of the colormap; Theora in `.ogv` knows only BT.601. `.gif` has 256
    /// colors for each frame, those of the colormap first.
    ///
    /// `quality` says how good a movie is, how large, and how much processor time it takes.
    /// `encoder: "built-in"` needs no ffmpeg, writes `.mp4` only, and is the fastest. Measured on
    /// two cores with `example_video(300, 512, 512).normalize()` in viridis; noise takes a
    /// multiple:
    ///
    /// | quality | for | libx264 | time | size | "built-in" | size |
    /// |---|---|---|---|---|---|---|
    /// | "draft" | a look at it | `-crf 23 -preset veryfast` | 1.3 s | 0.13 MB | 0.9 s | 0.18 MB |
    /// | "good" | talks | `-crf 18 -preset medium` | 1.7 s | 0.29 MB | 0.9 s | 0.27 MB |
    /// | "best" | papers | `-crf 15 -preset slower` | 8.2 s | 0.52 MB | 1.2 s | 0.47 MB |
    ///
    /// With "best", frames differ from those drawn by 43.8 dB (PSNR) with libx264 and by 43.7 dB
    /// with the built-in encoder, which nobody sees; it also writes the movies that windows save.
    ///
    /// With any annotation, small videos are magnified so that text is legible; `scale` or `size`
    /// override this, and what then has no room on the video is left out with a warning.
    ///
    /// Fails if there is no frame, the extension is not that of a movie, the movie needs ffmpeg and
    /// there is none, `vmin` is above `vmax`, an annotation needs a frame rate or pixel size that
    /// is not known (set `v.fps`, `v.pixel_size`), or `bits` is 16 for a color video, with
    /// annotations, or for a format that cannot hold it, if `arrows` do not fit the frames, or if
    /// `quality` is not known for the encoder or has no effect on the format.
    ///
    /// ```no_run
    /// export_video("heart.mp4", example_video(), #{fps: 30, cmap: "viridis"})
    /// export_video("heart.mp4", example_video(), #{encoder: "built-in", quality: "good"})
    /// ```
    ///
    /// ```no_run
    /// let v = example_video();
    /// v.fps = 500;
    /// v.pixel_size = 100;
    /// export_video("talk.mp4", v, #{
    ///     speed: 0.05, timestamp: true, colorbar: true, scale_bar: 2000,
    ///     traces: [[64, 40], [64, 90]],
    /// })
    /// ```
    ///
    /// Arrows, such as those of displacements, and the paths of points change with the frames; a
    /// key says how long the arrows are:
    ///
    /// ```no_run
    /// let p = phantom(#{motion: 3, texture: 0.2});
    /// export_video("motion.mp4", p.video, #{arrows: p.displacements, arrow_unit: "px"})
    /// let found = track_singularities(hilbert_phase(example_video().detrend()), #{min_life: 20});
    /// export_video("tips.mp4", example_video(), #{paths: found.points, trail: 50})
    /// ```
    ///
    /// See also: `export_videos`, `export_video_with_overlay`, `show_video`, `save_video`
    fn export_video(
        &context,
        /// File to write; its extension chooses the kind of movie.
        filename: PathBuf,
        /// Video to export, frames that are made one by one (`Frames`), or an array of images.
        video: MovieSource,
        /// Frames per second of the movie.
        fps: f64 [Hz] = 60.0,
        /// Export every n-th frame only.
        skip_frames: usize [frames] = 1,
        /// Colormap of a gray video: a name, an array of colors, or a `colormap`.
        cmap: Colormap = Colormap::gray(),
        /// Lower color limit: the sample value of the colormap's low end; default: minimum of the
        /// frames that `range` names.
        vmin: Option<f64> = None,
        /// Upper color limit: the sample value of the colormap's high end; default: maximum of the
        /// frames that `range` names.
        vmax: Option<f64> = None,
        /// Show a progress bar on a terminal.
        progress_bar: bool = true,
        /// Encoder: "libx264", "h264_nvenc", "ffv1" (lossless), "built-in" (or "openh264"), or one
        /// added by `set_ffmpeg_defaults`; default: that of `set_default_ffmpeg_encoder`.
        ffmpeg_encoder | encoder: Option<String> = None,
        /// How to fill the row or column added to frames of odd height or width, which most movies
        /// cannot have.
        pad_mode: PadMode = PadMode::Edge,
        /// Frames from which missing color limits are taken: the "first" with finite samples, or
        /// "all". If the first is constant, as in `v - v[0]`, all are taken, with limits symmetric
        /// around 0 for diverging colormaps.
        range: RangeExtent = RangeExtent::First,
        /// Bits of a gray level, 8 or 16. With 16, ints stay as they are unless `vmin` or `vmax` is
        /// given.
        bits: usize = 8,
        /// Title above the video.
        title: String = String::new(),
        /// Show a colorbar with the sample values of the colors.
        colorbar: bool = false,
        noted: ..AnnotationParams,
        magnified: ..MagnifyParams,
        /// Color around the video: a name, "#rrggbb", or red, green and blue from 0 to 255.
        background: AnyColor = AnyColor(0),
        /// Quality: "draft", "good" or "best"; default: the options of the encoder, which are those
        /// of "best" for "libx264".
        quality: Option<MovieQuality> = None,
        /// Keep the history in the movie, as its comment: the script that makes it again, see
        /// `history`. "paths" keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let encoder = context.encoders().get(ffmpeg_encoder.as_deref())?;
        let annotations = annotations(vec![title], colorbar, noted, magnified)?;
        let export = Export {
            fps, skip_frames, encoder, quality, pad_mode, progress_bar, ground: background.0,
            annotations, script: provenance.script(),
        };
        let colors = ColorSettings { cmap, vmin, vmax, range };
        export::export_video(&filename, video, &colors, bits, &export)
    }

    /// Exports several videos side by side as one movie.
    ///
    /// The videos are arranged in a grid, row by row; empty cells show `padding_color`. Colors,
    /// encoders and annotations are those of `export_video`.
    ///
    /// Fails if the videos differ in number or size of frames, a list such as `cmaps` does not have
    /// one value for each video, there are more titles than videos, or `export_video` would fail.
    ///
    /// ```no_run
    /// let v = example_video();
    /// export_videos("both.mp4", [v, v.smooth_spatiotemporal(1, 2)], #{
    ///     ncols: 2, padding: 10, padding_color: "white",
    ///     cmaps: ["gray", "viridis"], titles: ["raw", "smoothed"],
    /// })
    /// ```
    ///
    /// See also: `export_video`, `collage`, `show_videos`
    fn export_videos(
        &context,
        /// File to write; its extension chooses the kind of movie.
        filename: PathBuf,
        /// Videos of the same shape: an array of them, or one array {n, t, y, x}.
        videos: VideoList,
        /// Number of columns of the grid.
        ncols: usize = 6,
        /// Distance between the videos.
        padding: usize [px] = 0,
        /// Color between and around the videos: a name, "#rrggbb", or red, green and blue from 0 to
        /// 255.
        padding_color: AnyColor = AnyColor(0),
        /// Frames per second of the movie.
        fps: f64 [Hz] = 60.0,
        /// Export every n-th frame only.
        skip_frames: usize [frames] = 1,
        looks: ..ColormapEach,
        /// Encoder: "libx264", "h264_nvenc", "ffv1" (lossless), "built-in" (or "openh264"), or one
        /// added by `set_ffmpeg_defaults`; default: that of `set_default_ffmpeg_encoder`.
        ffmpeg_encoder | encoder: Option<String> = None,
        /// Show a progress bar on a terminal.
        progress_bar: bool = true,
        /// How to fill the row or column added to frames of odd height or width, which most movies
        /// cannot have.
        pad_mode: PadMode = PadMode::Edge,
        /// Frames from which missing color limits are taken: the "first" with finite samples, or
        /// "all". If the first is constant, as in `v - v[0]`, all are taken, with limits symmetric
        /// around 0 for diverging colormaps.
        range: RangeExtent = RangeExtent::First,
        /// Titles above the videos.
        titles: Vec<String> = Vec::new(),
        /// Show a colorbar with the sample values of the colors.
        colorbar: bool = false,
        noted: ..AnnotationParams,
        magnified: ..MagnifyParams,
        /// Quality: "draft", "good" or "best", see `export_video`; default: the options of the
        /// encoder.
        quality: Option<MovieQuality> = None,
        /// Keep the history in the movie, as its comment: the script that makes it again, see
        /// `history`. "paths" keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let looks = looks.each(videos.0.len())?.into_iter();
        let looks: Vec<_> = looks.map(|colors| ColorSettings { range, ..colors }).collect();
        let encoder = context.encoders().get(ffmpeg_encoder.as_deref())?;
        let annotations = annotations(titles, colorbar, noted, magnified)?;
        let export = Export {
            fps, skip_frames, encoder, quality, pad_mode, progress_bar, ground: padding_color.0,
            annotations, script: provenance.script(),
        };
        export::export_videos(&filename, videos.0, &looks, VideoGrid { ncols, padding }, &export)
    }

    /// Exports a video with an overlay on it as a movie.
    ///
    /// The opacity `alpha` is 0 where the base is visible and 1 where the overlay is, see
    /// `alpha_blend_videos`. The movie ends with the shorter of the two videos, with a warning.
    /// Colorbar and traces are those of the overlay.
    ///
    /// Fails if `alpha_blend_videos` or `export_video` would.
    ///
    /// ```no_run
    /// let v = example_video();
    /// export_video_with_overlay("overlay.mp4", v, v.normalize_pixelwise(), #{cmap_overlay: "hot"})
    /// ```
    ///
    /// See also: `alpha_blend_videos`, `export_video`, `show_video_overlay`
    fn export_video_with_overlay(
        &context,
        /// File to write; its extension chooses the kind of movie.
        filename: PathBuf,
        /// Base video, gray, RGB or RGBA; or a gray image, shown in every frame.
        base: Chained,
        /// Overlay with frames of the same size, gray, RGB or RGBA.
        overlay: Chained,
        /// Opacity of the overlay, 0 to 1: a number, an image or a video. A channel axis holds one
        /// opacity for all channels or one for each. Default: the samples of a gray overlay, or the
        /// opacity of an RGBA one.
        alpha: Option<ChainedOperand> = None,
        /// Frames per second of the movie.
        fps: f64 [Hz] = 60.0,
        /// Export every n-th frame only.
        skip_frames: usize [frames] = 1,
        overlaid: ..OverlayParams,
        /// Encoder: "libx264", "h264_nvenc", "ffv1" (lossless), "built-in" (or "openh264"), or one
        /// added by `set_ffmpeg_defaults`; default: that of `set_default_ffmpeg_encoder`.
        ffmpeg_encoder | encoder: Option<String> = None,
        /// Show a progress bar on a terminal.
        progress_bar: bool = true,
        /// How to fill the row or column added to frames of odd height or width, which most movies
        /// cannot have.
        pad_mode: PadMode = PadMode::Edge,
        /// Title above the video.
        title: String = String::new(),
        /// Show a colorbar with the sample values of the colors.
        colorbar: bool = false,
        noted: ..AnnotationParams,
        magnified: ..MagnifyParams,
        /// Color around the video: a name, "#rrggbb", or red, green and blue from 0 to 255.
        background: AnyColor = AnyColor(0),
        /// Quality: "draft", "good" or "best", see `export_video`; default: the options of the
        /// encoder.
        quality: Option<MovieQuality> = None,
        /// Keep the history in the movie, as its comment: the script that makes it again, see
        /// `history`. "paths" keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
        mixed: ..BlendParams,
    ) -> Result<()> {
        let encoder = context.encoders().get(ffmpeg_encoder.as_deref())?;
        let annotations = annotations(vec![title], colorbar, noted, magnified)?;
        let export = Export {
            fps, skip_frames, encoder, quality, pad_mode, progress_bar, ground: background.0,
            annotations, script: provenance.script(),
        };
        let options = overlaid.options(skip_frames, mixed.look());
        let alpha = alpha.map(|alpha| alpha.0);
        export::export_video_with_overlay(
            &filename, base.0, overlay.0, alpha, options, &export,
        )
    }

    /// Sets the options that ffmpeg gets for an encoder, in this session.
    ///
    /// A new name adds an encoder, which exports can then choose.
    ///
    /// Fails if scripts run in a sandbox.
    ///
    /// ```
    /// set_ffmpeg_defaults("libx264", #{"-c:v": "libx264", "-crf": "20", "-pix_fmt": "yuv420p"})
    /// ```
    ///
    /// See also: `set_default_ffmpeg_encoder`, `export_video`
    fn set_ffmpeg_defaults(
        &context,
        /// Name of the encoder, a known one or a new one.
        encoder: String,
        /// Options of ffmpeg and their values.
        params: Map,
    ) -> Result<()> {
        sandbox::check_free("set options of ffmpeg")?;
        let params = params.into_iter().map(|(name, value)| (name.into(), value.to_string()));
        let encoder = Encoder { name: encoder, params: params.collect() };
        context.encoders().known.insert(encoder.name.clone(), encoder);
        Ok(())
    }

    /// Sets the encoder that exports use unless they name one, in this session.
    ///
    /// Fails if there is no encoder of that name.
    ///
    /// ```
    /// set_default_ffmpeg_encoder("h264_nvenc")
    /// get_default_ffmpeg_encoder() // => "h264_nvenc"
    /// ```
    ///
    /// See also: `get_default_ffmpeg_encoder`, `set_ffmpeg_defaults`, `export_video`
    fn set_default_ffmpeg_encoder(
        &context,
        /// Name of the encoder: a built-in one or one added by `set_ffmpeg_defaults`.
        encoder: String,
    ) -> Result<()> {
        let mut encoders = context.encoders();
        encoders.get(Some(&encoder)).map(|found| encoders.default = found.name)
    }

    /// Name of the encoder that exports use unless they name one.
    ///
    /// Returns a string.
    ///
    /// ```
    /// get_default_ffmpeg_encoder() // => "libx264"
    /// ```
    ///
    /// See also: `set_default_ffmpeg_encoder`
    fn get_default_ffmpeg_encoder(&context,) -> String {
        context.encoders().default.clone()
    }
}

fn annotations(
    titles: Vec<String>,
    colorbar: bool,
    noted: AnnotationParams,
    MagnifyParams { scale, size }: MagnifyParams,
) -> Result<MovieAnnotations> {
    Ok(MovieAnnotations {
        titles,
        colorbar,
        annotations: noted.annotations()?,
        scale,
        size,
    })
}
