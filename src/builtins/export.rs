//! Movies for talks and papers.

use std::path::PathBuf;

use rhai::Map;

use crate::bail;
use crate::error::Result;
use crate::io::{self, Annotations, Encoder, Export, Extent, Grid, Look, PadMode, Shown};
use crate::ops::blend::BlendOptions;
use crate::ops::elementwise::Operand;
use crate::script::builtins;
use crate::script::film::{AnyColor, Bar, OneOrEach, Pixels, Timestamp, Videos};
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
        skip_frames: usize = 1,
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
        /// Show the time in the recording, in a suitable unit or in "ms" or "s".
        timestamp: Timestamp = Timestamp(None),
        /// Show the number of the frame.
        frame_number: bool = false,
        /// Speed relative to what was recorded, such as 0.05; replaces `fps` and is shown.
        speed: Option<f64> = None,
        /// Length of a scale bar, or true for a suitable one.
        scale_bar: Bar [μm] = Bar(None),
        /// Width of a pixel for the scale bar; by default what is known of the recording.
        pixel_size: Option<f64> [μm] = None,
        /// Pixels `[[y, x], …]` whose courses are drawn below.
        traces: Pixels = Pixels(Vec::new()),
        /// Magnify by this whole factor, each pixel a square.
        scale: Option<usize> = None,
        /// Magnify by the largest whole factor up to this width and height of the video.
        size: Option<usize> [px] = None,
        /// Color around the video.
        background: AnyColor = AnyColor(0),
    ) -> Result<()> {
        let encoder = context.encoders().get(ffmpeg_encoder.as_deref())?;
        let annotations = Annotations {
            titles: vec![title], colorbar, timestamp: timestamp.0, frame_number, speed, scale_bar: scale_bar.0, pixel_size,
            traces: traces.0, scale, size,
        };
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
        skip_frames: usize = 1,
        /// Colormap of gray videos, or one for each.
        cmaps: OneOrEach<Colormap> = OneOrEach::One(Colormap::gray()),
        /// Sample value of the low end of the colormap, or one for each; by default the smallest of the first frame.
        vmins: OneOrEach<Option<f64>> = OneOrEach::One(None),
        /// Sample value of the high end of the colormap, or one for each; by default the largest of the first frame.
        vmaxs: OneOrEach<Option<f64>> = OneOrEach::One(None),
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
        /// Show the time in the recording, in a suitable unit or in "ms" or "s".
        timestamp: Timestamp = Timestamp(None),
        /// Show the number of the frame.
        frame_number: bool = false,
        /// Speed relative to what was recorded, such as 0.05; replaces `fps` and is shown.
        speed: Option<f64> = None,
        /// Length of a scale bar, or true for a suitable one.
        scale_bar: Bar [μm] = Bar(None),
        /// Width of a pixel for the scale bar; by default what is known of the recording.
        pixel_size: Option<f64> [μm] = None,
        /// Pixels `[[y, x], …]` whose courses are drawn below, those of the first video.
        traces: Pixels = Pixels(Vec::new()),
        /// Magnify by this whole factor, each pixel a square.
        scale: Option<usize> = None,
        /// Magnify by the largest whole factor up to this width and height of the video.
        size: Option<usize> [px] = None,
    ) -> Result<()> {
        let looks = looks(videos.0.len(), cmaps, vmins, vmaxs, range)?;
        let encoder = context.encoders().get(ffmpeg_encoder.as_deref())?;
        let annotations = Annotations {
            titles, colorbar, timestamp: timestamp.0, frame_number, speed, scale_bar: scale_bar.0, pixel_size,
            traces: traces.0, scale, size,
        };
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
        /// Opacity of the overlay from 0 to 1: a number, an image or a video. By default the samples of a
        /// gray overlay, or the opacity of an RGBA one.
        alpha: Option<Operand> = None,
        /// Frames per second of the movie.
        fps: f64 [Hz] = 60.0,
        /// Export every n-th frame only.
        skip_frames: usize = 1,
        /// Colormap of a gray base.
        cmap_base: Colormap = Colormap::gray(),
        /// Colormap of a gray overlay.
        cmap_overlay: Colormap = Colormap::purples(),
        /// Sample value of the base at the low end of its colormap; by default the smallest of its first frame.
        vmin_base: Option<f64> = None,
        /// Sample value of the base at the high end of its colormap; by default the largest of its first frame.
        vmax_base: Option<f64> = None,
        /// Sample value of the overlay at the low end of its colormap; by default the smallest of the video.
        vmin_overlay: Option<f64> = None,
        /// Sample value of the overlay at the high end of its colormap; by default the largest of the video.
        vmax_overlay: Option<f64> = None,
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
        /// Show the time in the recording, in a suitable unit or in "ms" or "s".
        timestamp: Timestamp = Timestamp(None),
        /// Show the number of the frame.
        frame_number: bool = false,
        /// Speed relative to what was recorded, such as 0.05; replaces `fps` and is shown.
        speed: Option<f64> = None,
        /// Length of a scale bar, or true for a suitable one.
        scale_bar: Bar [μm] = Bar(None),
        /// Width of a pixel for the scale bar; by default what is known of the recording.
        pixel_size: Option<f64> [μm] = None,
        /// Pixels `[[y, x], …]` whose courses are drawn below.
        traces: Pixels = Pixels(Vec::new()),
        /// Magnify by this whole factor, each pixel a square.
        scale: Option<usize> = None,
        /// Magnify by the largest whole factor up to this width and height of the video.
        size: Option<usize> [px] = None,
        /// Color around the video.
        background: AnyColor = AnyColor(0),
    ) -> Result<()> {
        let encoder = context.encoders().get(ffmpeg_encoder.as_deref())?;
        let annotations = Annotations {
            titles: vec![title], colorbar, timestamp: timestamp.0, frame_number, speed, scale_bar: scale_bar.0, pixel_size,
            traces: traces.0, scale, size,
        };
        let export = Export {
            fps, skip_frames, encoder, pad_mode, progress_bar, ground: background.0, annotations,
        };
        let options = BlendOptions {
            skip_frames, cmap_base, cmap_overlay, vmin_base, vmax_base, vmin_overlay, vmax_overlay,
        };
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
        context.sandbox.check_free("set options of ffmpeg")?;
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

/// The look of each video.
fn looks(
    count: usize,
    cmaps: OneOrEach<Colormap>,
    vmins: OneOrEach<Option<f64>>,
    vmaxs: OneOrEach<Option<f64>>,
    range: Extent,
) -> Result<Vec<Look>> {
    let cmaps = for_each("cmaps", cmaps, count)?;
    let vmins = for_each("vmins", vmins, count)?;
    let vmaxs = for_each("vmaxs", vmaxs, count)?;
    let looks = cmaps.into_iter().zip(vmins).zip(vmaxs);
    let looks = looks.map(|((cmap, vmin), vmax)| Look {
        cmap,
        vmin,
        vmax,
        range,
    });
    Ok(looks.collect())
}

pub(super) fn for_each<T: Clone>(name: &str, values: OneOrEach<T>, count: usize) -> Result<Vec<T>> {
    match values {
        OneOrEach::One(value) => Ok(vec![value; count]),
        OneOrEach::Each(values) if values.len() == count => Ok(values),
        OneOrEach::Each(values) => {
            bail!(
                "`{name}` must have one value for each of the {count} videos, got {}",
                values.len()
            )
        }
    }
}
