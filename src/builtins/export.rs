//! Movies for talks and papers.

use std::path::PathBuf;

use rhai::Map;

use super::shared::{Looks, Magnified, Noted, Overlaid};
use crate::error::Result;
use crate::io::{self, Annotations, Encoder, Export, Extent, Grid, Look, Shown};
use crate::ops::elementwise::Operand;
use crate::ops::pad::PadMode;
use crate::script::builtins;
use crate::script::film::{AnyColor, Videos};
use crate::script::sandbox;
use crate::video::Video;
use crate::video::colormap::Colormap;

builtins! {
    /// Exports a video as a movie such as `.mp4`, `.mov`, `.mkv`, `.gif` or `.apng`.
    ///
    /// Gray videos are shown through the colormap; videos with colour channels as they are, ints from 0 to
    /// the largest value of their type and floats from 0 to 1. Not-a-number samples are black.
    ///
    /// The program ffmpeg encodes, the one that the variable OPTIMAP_FFMPEG names or the first on the PATH;
    /// without it, `.mp4` is written by a built-in encoder. `.gif` and `.apng` never need it. Nothing is lost
    /// in `.apng` and with the encoder "ffv1" in `.mkv`, both also with `bits: 16`.
    ///
    /// With any annotation, small videos are magnified so that text is legible; `scale` or `size` decide
    /// otherwise.
    ///
    /// ```no_run
    /// export_video("heart.mp4", example_video(), #{fps: 30, cmap: "viridis"})
    /// ```
    ///
    /// ```no_run
    /// let v = example_video();
    /// v.fps = 500;
    /// v.pixel_size = 100;
    /// export_video("talk.mp4", v, #{
    ///     speed: 0.05, timestamp: true, colorbar: true, scale_bar: 2000, traces: [[64, 40], [64, 90]],
    /// })
    /// ```
    fn export_video(
        &context,
        /// File to write; its extension decides the kind of movie.
        filename: PathBuf,
        /// Video to export, frames made one by one, or an array of images.
        video: Shown,
        /// Frames per second of the movie.
        fps: f64 [Hz] = 60.0,
        /// Export every n-th frame only.
        skip_frames: usize [frames] = 1,
        /// Colormap of a gray video.
        cmap: Colormap = Colormap::gray(),
        /// Sample value of the colormap's low end; by default the smallest of the first frame.
        vmin: Option<f64> = None,
        /// Sample value of the colormap's high end; by default the largest of the first frame.
        vmax: Option<f64> = None,
        /// Whether to show the progress on a terminal.
        progress_bar: bool = true,
        /// Encoder: "libx264", "h264_nvenc", "ffv1" (loses nothing), "openh264" (built in) or one added by
        /// `set_ffmpeg_defaults`; by default that of `set_default_ffmpeg_encoder`.
        ffmpeg_encoder: Option<String> = None,
        /// How frames of odd size, which most movies cannot have, get one more row or column.
        pad_mode: PadMode = PadMode::Edge,
        /// What the range is taken from where `vmin` or `vmax` is not given: the "first" frame that has finite
        /// samples, or "all" frames.
        range: Extent = Extent::First,
        /// Bits of a gray level, 8 or 16. With 16, ints stay as they are unless `vmin` or `vmax` is given.
        bits: usize = 8,
        /// Title above the video.
        title: String = String::new(),
        /// Show the range of values and their colours in a colorbar.
        colorbar: bool = false,
        noted: ..Noted,
        magnified: ..Magnified,
        /// Color around the video.
        background: AnyColor = AnyColor(0),
    ) -> Result<()> {
        let encoder = context.encoders().get(ffmpeg_encoder.as_deref())?;
        let annotations = annotations(vec![title], colorbar, noted, magnified);
        let export = Export {
            fps, skip_frames, encoder, pad_mode, progress_bar, ground: background.0, annotations,
        };
        io::export_video(&filename, video, &Look { cmap, vmin, vmax, range }, bits, &export)
    }

    /// Exports videos side by side as one movie.
    ///
    /// The videos stand in a grid, row by row; cells that are left over show the padding's color.
    ///
    /// ```no_run
    /// let v = example_video();
    /// export_videos("both.mp4", [v, v.smooth_spatiotemporal(1, 2)], #{
    ///     ncols: 2, padding: 10, padding_color: "white", cmaps: ["gray", "viridis"], titles: ["raw", "smoothed"],
    /// })
    /// ```
    fn export_videos(
        &context,
        /// File to write; its extension decides the kind of movie.
        filename: PathBuf,
        /// Videos of the same shape: an array of them, or one `{n, t, y, x}`.
        videos: Videos,
        /// How many videos stand side by side.
        ncols: usize = 6,
        /// Distance between them.
        padding: usize [px] = 0,
        /// Color between and around them: a name, "#rrggbb", or red, green and blue from 0 to 255.
        padding_color: AnyColor = AnyColor(0),
        /// Frames per second of the movie.
        fps: f64 [Hz] = 60.0,
        /// Export every n-th frame only.
        skip_frames: usize [frames] = 1,
        looks: ..Looks,
        /// Encoder: "libx264", "h264_nvenc", "ffv1" (loses nothing), "openh264" (built in) or one added by
        /// `set_ffmpeg_defaults`; by default that of `set_default_ffmpeg_encoder`.
        ffmpeg_encoder: Option<String> = None,
        /// Whether to show the progress on a terminal.
        progress_bar: bool = true,
        /// How frames of odd size, which most movies cannot have, get one more row or column.
        pad_mode: PadMode = PadMode::Edge,
        /// What the range is taken from where `vmin` or `vmax` is not given: the "first" frame that has finite
        /// samples, or "all" frames.
        range: Extent = Extent::First,
        /// Titles above the videos.
        titles: Vec<String> = Vec::new(),
        /// Show the range of values and their colours in a colorbar.
        colorbar: bool = false,
        noted: ..Noted,
        magnified: ..Magnified,
    ) -> Result<()> {
        let looks = looks.each(videos.0.len())?.into_iter();
        let looks: Vec<_> = looks.map(|(cmap, (vmin, vmax))| Look { cmap, vmin, vmax, range }).collect();
        let encoder = context.encoders().get(ffmpeg_encoder.as_deref())?;
        let annotations = annotations(titles, colorbar, noted, magnified);
        let export = Export {
            fps, skip_frames, encoder, pad_mode, progress_bar, ground: padding_color.0, annotations,
        };
        io::export_videos(&filename, videos.0, &looks, Grid { ncols, padding }, &export)
    }

    /// Exports a video with an overlay on it as a movie.
    ///
    /// The opacity is 0 where the base is seen and 1 where the overlay is, see `alpha_blend_videos`. The movie
    /// ends with the shorter of the two. Colorbar and courses are those of the overlay.
    ///
    /// ```no_run
    /// let v = example_video();
    /// export_video_with_overlay("overlay.mp4", v, v.normalize_pixelwise(), #{cmap_overlay: "hot"})
    /// ```
    fn export_video_with_overlay(
        &context,
        /// File to write; its extension decides the kind of movie.
        filename: PathBuf,
        /// Base video, gray, RGB or RGBA; or a gray image, which then stays.
        base: Video,
        /// Overlay of the same height and width, gray, RGB or RGBA.
        overlay: Video,
        /// Opacity of the overlay from 0 to 1: a number, an image or a video, which may have a channel axis with
        /// one opacity for all channels or one for each. By default the samples of a
        /// gray overlay, or the opacity of an RGBA one.
        alpha: Option<Operand> = None,
        /// Frames per second of the movie.
        fps: f64 [Hz] = 60.0,
        /// Export every n-th frame only.
        skip_frames: usize [frames] = 1,
        overlaid: ..Overlaid,
        /// Encoder: "libx264", "h264_nvenc", "ffv1" (loses nothing), "openh264" (built in) or one added by
        /// `set_ffmpeg_defaults`; by default that of `set_default_ffmpeg_encoder`.
        ffmpeg_encoder: Option<String> = None,
        /// Whether to show the progress on a terminal.
        progress_bar: bool = true,
        /// How frames of odd size, which most movies cannot have, get one more row or column.
        pad_mode: PadMode = PadMode::Edge,
        /// Title above the video.
        title: String = String::new(),
        /// Show the range of values and their colours in a colorbar.
        colorbar: bool = false,
        noted: ..Noted,
        magnified: ..Magnified,
        /// Color around the video.
        background: AnyColor = AnyColor(0),
    ) -> Result<()> {
        let encoder = context.encoders().get(ffmpeg_encoder.as_deref())?;
        let annotations = annotations(vec![title], colorbar, noted, magnified);
        let export = Export {
            fps, skip_frames, encoder, pad_mode, progress_bar, ground: background.0, annotations,
        };
        let options = overlaid.options(skip_frames);
        io::export_video_with_overlay(&filename, base, overlay, alpha, options, &export)
    }

    /// Sets the options that ffmpeg gets for an encoder.
    ///
    /// ```
    /// set_ffmpeg_defaults("libx264", #{"-c:v": "libx264", "-crf": "20", "-preset": "fast", "-pix_fmt": "yuv420p"})
    /// ```
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

    /// Sets the encoder that exports use unless they name one.
    ///
    /// ```
    /// set_default_ffmpeg_encoder("h264_nvenc")
    /// get_default_ffmpeg_encoder() // => "h264_nvenc"
    /// ```
    fn set_default_ffmpeg_encoder(
        &context,
        /// Name of the encoder, one known or added by `set_ffmpeg_defaults`.
        encoder: String,
    ) -> Result<()> {
        let mut encoders = context.encoders();
        encoders.get(Some(&encoder)).map(|found| encoders.default = found.name)
    }

    /// The encoder that exports use unless they name one.
    ///
    /// ```
    /// get_default_ffmpeg_encoder() // => "libx264"
    /// ```
    fn get_default_ffmpeg_encoder(&context,) -> String {
        context.encoders().default.clone()
    }
}

fn annotations(
    titles: Vec<String>,
    colorbar: bool,
    noted: Noted,
    Magnified { scale, size }: Magnified,
) -> Annotations {
    Annotations {
        titles,
        colorbar,
        notes: noted.notes(),
        scale,
        size,
    }
}
