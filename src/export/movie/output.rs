//! From frames to a file: chooses the encoder for a path and feeds it.

use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Export;
use super::animation::{ApngWriter, FASTEST_GIF, GifWriter, gif_frame};
use super::frame_encoder::FrameEncoder;
use super::h264::H264Writer;
use super::high_bit_depth::HighBitDepth;
use super::pipeline;
use super::pixel_format::{PixelFormat, PixelLayout};
use super::scene::{MovieScene, SceneBuffers};
use crate::color::palette::Rgb;
use crate::color::yuv::YuvMatrix;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::io::ffmpeg::{self, Encoder, FfmpegEncoder, MovieQuality, RawVideo};
use crate::io::format::movie::{ANIMATIONS, ENCODED};
use crate::io::recording::extension_of;
use crate::task::{self, Task};

/// Extensions of the supported movie formats, the common ones first.
pub(super) fn extensions() -> impl Iterator<Item = &'static str> {
    let (usual, others) = ENCODED.split_at(5);
    let animations = ANIMATIONS.iter().chain(&["png"]);
    usual.iter().chain(animations).chain(others).copied()
}

/// Bytes of frames rendered per batch.
const BATCH: usize = 4 << 20;

/// Quality options of ffmpeg, and the quality if none of them is given.
const QUALITY: (&[&str], u8) = (&["-crf", "-qp", "-cq", "-qmin:v"], 15);

/// How much coarser the quantizer of the built-in encoder is for the same quality and size.
const COARSER: u8 = 6;

/// Frames of a file.
pub(super) enum MovieFrames {
    /// Drawn with 8 bits per channel.
    Drawn(Box<MovieScene>),
    /// Gray levels of 16 bits.
    Deep(Box<HighBitDepth>),
}

/// Encoder that writes a file.
enum MovieEncoder {
    Ffmpeg(PathBuf, Encoder),
    BuiltIn {
        quantizer: u8,
    },
    Gif,
    Apng,
    /// A single frame.
    Png,
}

impl MovieFrames {
    fn size(&self) -> (usize, usize) {
        match self {
            MovieFrames::Drawn(scene) => scene.size(),
            MovieFrames::Deep(high_bit_depth) => high_bit_depth.size(),
        }
    }

    fn len(&self) -> usize {
        match self {
            MovieFrames::Drawn(scene) => scene.len(),
            MovieFrames::Deep(high_bit_depth) => high_bit_depth.len(),
        }
    }

    /// Colors of the colormaps.
    fn colormap(&self) -> Vec<Rgb> {
        match self {
            MovieFrames::Drawn(scene) => scene.colormap(),
            MovieFrames::Deep(_) => Vec::new(),
        }
    }

    /// Number of frames that are to be rendered at once.
    fn at_once(&self) -> usize {
        match self {
            MovieFrames::Drawn(scene) => scene.at_once(),
            MovieFrames::Deep(high_bit_depth) => high_bit_depth.at_once(),
        }
    }

    /// Computes the frames to be rendered next, if they are streamed.
    fn advance(&mut self, frames: Range<usize>) -> Result<()> {
        match self {
            MovieFrames::Drawn(scene) => scene.advance(frames),
            MovieFrames::Deep(high_bit_depth) => high_bit_depth.advance(frames),
        }
    }

    fn render(
        &self,
        frame: usize,
        pixel_format: &PixelFormat,
        scratch: &mut SceneBuffers,
        out: &mut [u8],
    ) -> Result<()> {
        match self {
            MovieFrames::Drawn(scene) => {
                scene.draw(frame, scratch)?;
                pixel_format.pack(&scratch.image, out);
            }
            MovieFrames::Deep(high_bit_depth) => {
                high_bit_depth.render(frame, pixel_format.layout == PixelLayout::Gray16Big, out);
            }
        }
        Ok(())
    }
}

/// Writes a movie; an existing file is replaced once it is complete.
pub(super) fn write(path: &Path, mut frames: MovieFrames, fps: f64, export: &Export) -> Result<()> {
    if extension_of(path).as_deref() == Some("png") && frames.len() != 1 {
        let (path, len) = (path.display(), frames.len());
        let error = Error::new(format!(
            "`{path}` is a single image, but the video has {len} frames"
        ));
        return Err(
            error.hint("export a lossless movie as `.apng`, or one frame as an image: video[0]")
        );
    }
    let writer = MovieEncoder::choose(path, &export.encoder, export.quality)?;
    let pixel_format = writer.pixel_format(&frames, export)?;
    let task = export.progress_bar.then(|| {
        let task = Task::new("exporting", frames.len()).in_units("frames");
        task.with_bottleneck(writer.description())
    });
    let mut work = EncodeJob {
        frames: &mut frames,
        pixel_format,
        fps,
        script: export.script.as_deref(),
        task,
    };
    match writer {
        MovieEncoder::Ffmpeg(program, encoder) => work.with_ffmpeg(path, &program, &encoder),
        MovieEncoder::BuiltIn { quantizer } => {
            atomic::write(path, |file| work.built_in(file, quantizer))
        }
        MovieEncoder::Gif => atomic::write(path, |file| work.gif(file)),
        MovieEncoder::Apng => atomic::write(path, |file| work.png(file, Some(fps))),
        MovieEncoder::Png => atomic::write(path, |file| work.png(file, None)),
    }
}

impl MovieEncoder {
    fn choose(path: &Path, encoder: &Encoder, quality: Option<MovieQuality>) -> Result<Self> {
        let extension = check_extension(path)?;
        let is_mp4 = matches!(extension.as_str(), "mp4" | "m4v");
        let with_quality = |encoder: Encoder| match quality {
            Some(quality) => encoder.with_quality(quality),
            None => Ok(encoder),
        };
        let built_in = || -> Result<Self> {
            let quantizer = quantizer(&with_quality(encoder.clone())?);
            Ok(MovieEncoder::BuiltIn { quantizer })
        };
        match extension.as_str() {
            "gif" | "apng" | "png" if encoder.is_preset() && quality.is_some() => {
                let error = format!("`quality` has no effect on a `.{extension}` movie");
                return Err(Error::new(error).hint("leave it out, or choose `.mp4`"));
            }
            "gif" if encoder.is_preset() => return Ok(MovieEncoder::Gif),
            "apng" if encoder.is_preset() => return Ok(MovieEncoder::Apng),
            "png" if encoder.is_preset() => return Ok(MovieEncoder::Png),
            _ if encoder.name != Encoder::BUILT_IN => {}
            _ if is_mp4 => return built_in(),
            _ => {
                let error = Error::new(format!(
                    "the built-in encoder writes `.mp4` only, not `.{extension}`"
                ));
                return Err(error.hint("choose another encoder, or the extension `.mp4`"));
            }
        }
        match ffmpeg::program()? {
            Some(program) => {
                let encoder = with_quality(encoder.suited_to(&extension))?;
                Ok(MovieEncoder::Ffmpeg(program, encoder))
            }
            None if is_mp4 && cfg!(feature = "h264") => {
                task::warn(
                    "ffmpeg was not found: the movie is written by the built-in H.264 encoder",
                );
                built_in()
            }
            None => Err(ffmpeg::missing(&format!("a `.{extension}` movie"))),
        }
    }

    /// Name of the encoder, with the option that decides how long it takes.
    fn description(&self) -> String {
        match self {
            MovieEncoder::Ffmpeg(_, encoder) => {
                let codec = encoder.param("-c:v").unwrap_or(&encoder.name);
                match encoder.param("-preset") {
                    Some(preset) => format!("{codec}, preset {preset}"),
                    None => codec.to_owned(),
                }
            }
            MovieEncoder::BuiltIn { .. } => "the built-in encoder".to_owned(),
            MovieEncoder::Gif | MovieEncoder::Apng | MovieEncoder::Png => "compression".to_owned(),
        }
    }

    /// Pixel format in which the encoder takes the frames.
    fn pixel_format(&self, frames: &MovieFrames, export: &Export) -> Result<PixelFormat> {
        let size = frames.size();
        let is_gray = match frames {
            MovieFrames::Drawn(scene) => scene.is_gray(),
            MovieFrames::Deep(_) => return self.high_bit_depth_format(size),
        };
        let layout = |gray, colored| if is_gray { gray } else { colored };
        Ok(match self {
            MovieEncoder::Ffmpeg(_, encoder) => {
                let layout = match (encoder.param("-pix_fmt"), encoder.matrix()) {
                    (Some("yuv420p"), Some(matrix)) => {
                        layout(PixelLayout::GrayYuv, PixelLayout::Yuv(matrix))
                    }
                    (Some("yuv420p"), None) => layout(PixelLayout::GrayYuv, PixelLayout::Rgb),
                    (None, _) if encoder.is_preset() => layout(PixelLayout::Gray, PixelLayout::Rgb),
                    _ => PixelLayout::Rgb,
                };
                PixelFormat::even(layout, size, export.pad_mode)
            }
            MovieEncoder::BuiltIn { .. } => PixelFormat::even(
                layout(PixelLayout::GrayYuv, PixelLayout::Yuv(YuvMatrix::Bt709)),
                size,
                export.pad_mode,
            ),
            MovieEncoder::Gif => PixelFormat::exact(PixelLayout::Rgb, size),
            MovieEncoder::Apng | MovieEncoder::Png => {
                PixelFormat::exact(layout(PixelLayout::Gray, PixelLayout::Rgb), size)
            }
        })
    }

    fn high_bit_depth_format(&self, size: (usize, usize)) -> Result<PixelFormat> {
        match self {
            MovieEncoder::Apng | MovieEncoder::Png => {
                Ok(PixelFormat::exact(PixelLayout::Gray16Big, size))
            }
            MovieEncoder::Ffmpeg(_, encoder) if encoder.param("-c:v") == Some("ffv1") => {
                Ok(PixelFormat::exact(PixelLayout::Gray16, size))
            }
            _ => Err(
                Error::new("this movie format cannot hold 16-bit gray levels")
                    .hint("export to `.apng`, or to `.mkv` with the encoder \"ffv1\""),
            ),
        }
    }
}

/// Quantizer with which the built-in encoder reaches the requested quality of another encoder.
fn quantizer(encoder: &Encoder) -> u8 {
    let (options, default) = QUALITY;
    let mut values = options.iter().filter_map(|option| encoder.param(option));
    let quality = values
        .find_map(|value| value.parse().ok())
        .unwrap_or(default);
    match encoder.name.as_str() {
        Encoder::BUILT_IN => quality,
        _ => quality.saturating_add(COARSER),
    }
}

/// Frames to encode and how to encode them.
struct EncodeJob<'a> {
    frames: &'a mut MovieFrames,
    pixel_format: PixelFormat,
    fps: f64,
    /// Script that makes the movie.
    script: Option<&'a str>,
    task: Option<Task>,
}

impl EncodeJob<'_> {
    fn with_ffmpeg(&mut self, path: &Path, program: &Path, encoder: &Encoder) -> Result<()> {
        let raw = RawVideo {
            pixel_format: self.pixel_format.pixel_format(),
            width: self.pixel_format.size.0,
            height: self.pixel_format.size.1,
            fps: self.fps,
            waiting: self.per_batch(),
            comment: self.script,
        };
        atomic::write_by_name(path, |temp| {
            let encoder = FfmpegEncoder::start(program, (path, temp), &raw, encoder)?;
            self.encode(encoder, Ok)
        })
    }

    fn built_in(&mut self, file: &mut File, quantizer: u8) -> Result<()> {
        let (writer, frames) = (BufWriter::new(file), self.frames.len());
        let size = self.pixel_format.size;
        let movie = H264Writer::new(writer, size, self.fps, quantizer, frames, self.script)?;
        self.encode(movie, Ok)
    }

    fn gif(&mut self, file: &mut File) -> Result<()> {
        if self.fps > FASTEST_GIF {
            task::warn(&format!(
                "an animated GIF shows {FASTEST_GIF} frames per second at most, not {}",
                self.fps
            ));
        }
        let size = self.pixel_format.size;
        let gif = GifWriter::new(BufWriter::new(file), size, self.fps, self.script)?;
        let colormap: Arc<[Rgb]> = self.frames.colormap().into();
        self.encode(gif, |rgb| gif_frame(size, rgb, &colormap))
    }

    fn png(&mut self, file: &mut File, fps: Option<f64>) -> Result<()> {
        let writer = BufWriter::new(file);
        let (format, frames) = (&self.pixel_format, self.frames.len());
        let png = ApngWriter::new(writer, format, frames, fps, self.script)?;
        self.encode(png, Ok)
    }

    /// Draws the frames and prepares them on all cores, while the encoder takes the earlier ones.
    fn encode<E: FrameEncoder>(
        &mut self,
        mut encoder: E,
        prepare: impl Fn(Vec<u8>) -> Result<E::Frame> + Sync,
    ) -> Result<()> {
        let batches = (self.frames.len(), self.per_batch());
        let format = &self.pixel_format;
        pipeline::run(
            &mut *self.frames,
            batches,
            self.task.as_ref(),
            SceneBuffers::default,
            MovieFrames::advance,
            |frames, scratch, frame| {
                let mut pixels = vec![0; format.bytes()];
                frames.render(frame, format, scratch, &mut pixels)?;
                prepare(pixels)
            },
            |frame| encoder.add(frame),
        )?;
        if let Some(task) = &self.task {
            // Only the encoder is at work now.
            task.set_held_up(true);
        }
        encoder.finish()
    }

    /// Frames rendered per batch: at least one per core, unless a block of a chain has fewer.
    fn per_batch(&self) -> usize {
        let cores = task::cores();
        let most = self.frames.at_once();
        (BATCH / self.pixel_format.bytes()).max(cores).min(most)
    }
}

fn check_extension(path: &Path) -> Result<String> {
    let extension = extension_of(path).unwrap_or_default();
    if extensions().any(|known| known == extension) {
        return Ok(extension);
    }
    let known = extensions().take(7).map(|name| format!("`.{name}`"));
    let known: Vec<String> = known.collect();
    let path = path.display();
    Err(
        Error::new(format!("`{path}` does not have a movie extension"))
            .hint(format!("use one of {}, …", known.join(", "))),
    )
}
