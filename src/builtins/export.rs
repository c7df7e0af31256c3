//! Movies for talks and papers.

use std::path::PathBuf;

use rhai::Map;

use crate::error::Result;
use crate::io::{self, Encoder, Export, PadMode};
use crate::script::builtins;
use crate::video::Video;
use crate::video::colormap::Colormap;

builtins! {
    /// Exports a video as a movie such as `.mp4`, with the program ffmpeg.
    ///
    /// Gray videos are shown through the colormap; videos with colour channels as they are, uint8
    /// from 0 to 255 and floats from 0 to 1. Not-a-number samples are black.
    ///
    /// ```no_run
    /// export_video("heart.mp4", example_video(), #{fps: 30, cmap: "viridis"})
    /// ```
    fn export_video(
        &context,
        /// File to write; its extension decides the kind of movie.
        filename: PathBuf,
        /// Video to export.
        video: Video,
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
        /// Encoder; by default that of `set_default_ffmpeg_encoder`.
        ffmpeg_encoder: Option<String> = None,
        /// How frames of odd size, which most movies cannot have, get one more row or column.
        pad_mode: PadMode = PadMode::Edge,
    ) -> Result<()> {
        let encoder = context.encoders().get(ffmpeg_encoder.as_deref())?;
        io::export_video(
            &filename,
            &video,
            &Export { fps, skip_frames, cmap, vmin, vmax, encoder, pad_mode, progress_bar },
        )
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
