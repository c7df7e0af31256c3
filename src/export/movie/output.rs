//! From frames to a file: which encoder writes it, and feeding that.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::Export;
use super::animation::{Apng, FASTEST_GIF, Gif, gif_frame};
use super::deep::Deep;
use super::h264::Movie;
use super::packing::{Layout, Packing};
use super::pipeline;
use super::scene::{Scene, Scratch};
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::io::ffmpeg::{self, Encoder, Raw};
use crate::io::format::movie::{ANIMATIONS, ENCODED};
use crate::io::recording::extension_of;
use crate::task::{self, Task};

/// The extensions of the movies that can be written, the usual ones first.
pub(super) fn extensions() -> impl Iterator<Item = &'static str> {
    let (usual, others) = ENCODED.split_at(5);
    let animations = ANIMATIONS.iter().chain(&["png"]);
    usual.iter().chain(animations).chain(others).copied()
}

/// How many bytes of frames are rendered at a time.
const BATCH: usize = 4 << 20;

/// The options of ffmpeg that choose a quality, and the quality if none of them is given.
const QUALITY: (&[&str], u8) = (&["-crf", "-qp", "-cq", "-qmin:v"], 15);

/// How much coarser the built-in encoder quantizes for the same quality and size.
const COARSER: u8 = 6;

/// What the frames of a file are.
pub(super) enum Film {
    /// Drawn with 8 bits for each colour.
    Drawn(Box<Scene>),
    /// Gray levels of 16 bits.
    Deep(Deep),
}

/// What writes a file.
enum Writer {
    Ffmpeg(PathBuf, Encoder),
    BuiltIn {
        quantizer: u8,
    },
    Gif,
    Apng,
    /// One frame.
    Png,
}

impl Film {
    fn size(&self) -> (usize, usize) {
        match self {
            Film::Drawn(scene) => scene.size(),
            Film::Deep(deep) => deep.size(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Film::Drawn(scene) => scene.len(),
            Film::Deep(deep) => deep.len(),
        }
    }

    fn render(
        &self,
        frame: usize,
        packing: &Packing,
        scratch: &mut Scratch,
        out: &mut [u8],
    ) -> Result<()> {
        match self {
            Film::Drawn(scene) => {
                scene.draw(frame, scratch)?;
                packing.pack(&scratch.image, out);
            }
            Film::Deep(deep) => deep.render(frame, packing.layout == Layout::Gray16Big, out),
        }
        Ok(())
    }

    /// The frame in memory of its own.
    fn rendered(&self, frame: usize, packing: &Packing, scratch: &mut Scratch) -> Result<Vec<u8>> {
        let mut out = vec![0; packing.bytes()];
        self.render(frame, packing, scratch, &mut out)?;
        Ok(out)
    }
}

/// Writes a film; an existing file is replaced once it is complete.
pub(super) fn write(path: &Path, film: &Film, fps: f64, export: &Export) -> Result<()> {
    if extension_of(path).as_deref() == Some("png") && film.len() != 1 {
        let (path, len) = (path.display(), film.len());
        let error = Error::new(format!(
            "`{path}` is a single image, but the video has {len} frames"
        ));
        return Err(
            error.hint("export a lossless movie as `.apng`, or one frame as an image: video[0]")
        );
    }
    let writer = Writer::choose(path, &export.encoder)?;
    let packing = writer.packing(film, export)?;
    let task = export
        .progress_bar
        .then(|| Task::new("exporting", film.len()));
    let work = Work {
        film,
        packing,
        fps,
        task,
    };
    match writer {
        Writer::Ffmpeg(program, encoder) => work.with_ffmpeg(path, &program, &encoder),
        Writer::BuiltIn { quantizer } => atomic::write(path, |file| work.built_in(file, quantizer)),
        Writer::Gif => atomic::write(path, |file| work.gif(file)),
        Writer::Apng => atomic::write(path, |file| work.png(file, Some(fps))),
        Writer::Png => atomic::write(path, |file| work.png(file, None)),
    }
}

impl Writer {
    fn choose(path: &Path, encoder: &Encoder) -> Result<Self> {
        let extension = check_extension(path)?;
        let is_mp4 = matches!(extension.as_str(), "mp4" | "m4v");
        let built_in = Writer::BuiltIn {
            quantizer: quantizer(encoder),
        };
        match extension.as_str() {
            "gif" if encoder.is_preset() => return Ok(Writer::Gif),
            "apng" if encoder.is_preset() => return Ok(Writer::Apng),
            "png" if encoder.is_preset() => return Ok(Writer::Png),
            _ if encoder.name != Encoder::BUILT_IN => {}
            _ if is_mp4 => return Ok(built_in),
            _ => {
                let error = Error::new(format!(
                    "the built-in encoder writes `.mp4` only, not `.{extension}`"
                ));
                return Err(error.hint("choose another encoder, or the extension `.mp4`"));
            }
        }
        match ffmpeg::program()? {
            Some(program) => Ok(Writer::Ffmpeg(program, encoder.suited_to(&extension))),
            None if is_mp4 && cfg!(feature = "h264") => {
                task::warn(
                    "ffmpeg was not found: the movie is written by the built-in H.264 encoder",
                );
                Ok(built_in)
            }
            None => Err(ffmpeg::missing(&format!("a `.{extension}` movie"))),
        }
    }

    /// The form in which it takes the frames of a film.
    fn packing(&self, film: &Film, export: &Export) -> Result<Packing> {
        let size = film.size();
        let is_gray = match film {
            Film::Drawn(scene) => scene.is_gray(),
            Film::Deep(_) => return self.deep_packing(size),
        };
        let layout = |gray, colored| if is_gray { gray } else { colored };
        Ok(match self {
            Writer::Ffmpeg(_, encoder) => {
                let layout = match encoder.param("-pix_fmt") {
                    Some("yuv420p") => layout(Layout::GrayYuv, Layout::Rgb),
                    None if encoder.is_preset() => layout(Layout::Gray, Layout::Rgb),
                    _ => Layout::Rgb,
                };
                Packing::even(layout, size, export.pad_mode)
            }
            Writer::BuiltIn { .. } => {
                Packing::even(layout(Layout::GrayYuv, Layout::Yuv), size, export.pad_mode)
            }
            Writer::Gif => Packing::exact(Layout::Rgb, size),
            Writer::Apng | Writer::Png => Packing::exact(layout(Layout::Gray, Layout::Rgb), size),
        })
    }

    fn deep_packing(&self, size: (usize, usize)) -> Result<Packing> {
        match self {
            Writer::Apng | Writer::Png => Ok(Packing::exact(Layout::Gray16Big, size)),
            Writer::Ffmpeg(_, encoder) if encoder.param("-c:v") == Some("ffv1") => {
                Ok(Packing::exact(Layout::Gray16, size))
            }
            _ => Err(
                Error::new("this movie format cannot hold 16-bit gray levels")
                    .hint("export to `.apng`, or to `.mkv` with the encoder \"ffv1\""),
            ),
        }
    }
}

/// The quantizer with which the built-in encoder reaches the quality that another is asked for.
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

/// A film, and how it is to be encoded.
struct Work<'a> {
    film: &'a Film,
    packing: Packing,
    fps: f64,
    task: Option<Task>,
}

impl Work<'_> {
    fn with_ffmpeg(&self, path: &Path, program: &Path, encoder: &Encoder) -> Result<()> {
        let raw = Raw {
            pixel_format: self.packing.pixel_format(),
            width: self.packing.size.0,
            height: self.packing.size.1,
            fps: self.fps,
        };
        let (bytes, frames) = (self.packing.bytes(), self.film.len());
        let mut done = 0;
        ffmpeg::encode(program, path, &raw, encoder, |batch| {
            task::check()?;
            let count = self.per_batch().min(frames - done);
            batch.resize(count * bytes, 0);
            let pictures = batch.chunks_mut(bytes).enumerate();
            task::share(pictures, Scratch::default, |scratch, (index, out)| {
                self.film.render(done + index, &self.packing, scratch, out)
            })?;
            done += count;
            self.task
                .as_ref()
                .map_or(Ok(()), |task| task.advance(count))?;
            Ok(count > 0)
        })
    }

    fn built_in(&self, file: &mut File, quantizer: u8) -> Result<()> {
        let (writer, frames) = (BufWriter::new(file), self.film.len());
        let mut movie = Movie::new(writer, self.packing.size, self.fps, quantizer, frames)?;
        self.run(
            |scratch, frame| self.film.rendered(frame, &self.packing, scratch),
            |frame: Vec<u8>| movie.add(&frame),
        )?;
        movie.finish()
    }

    fn gif(&self, file: &mut File) -> Result<()> {
        if self.fps > FASTEST_GIF {
            task::warn(&format!(
                "an animated GIF shows {FASTEST_GIF} frames per second at most, not {}",
                self.fps
            ));
        }
        let size = self.packing.size;
        let mut gif = Gif::new(BufWriter::new(file), size, self.fps)?;
        self.run(
            |scratch, frame| {
                let rgb = self.film.rendered(frame, &self.packing, scratch)?;
                gif_frame(size, rgb)
            },
            |frame| gif.add(frame),
        )?;
        gif.finish()
    }

    fn png(&self, file: &mut File, fps: Option<f64>) -> Result<()> {
        let writer = BufWriter::new(file);
        let mut png = Apng::new(writer, &self.packing, self.film.len(), fps)?;
        self.run(
            |scratch, frame| self.film.rendered(frame, &self.packing, scratch),
            |frame: Vec<u8>| png.add(&frame),
        )?;
        png.finish()
    }

    fn run<T: Send>(
        &self,
        render: impl Fn(&mut Scratch, usize) -> Result<T> + Sync + Send,
        encode: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<()> {
        let (len, task) = (self.film.len(), self.task.as_ref());
        pipeline::run(
            len,
            self.per_batch(),
            task,
            Scratch::default,
            render,
            encode,
        )
    }

    /// How many frames are rendered at a time: at least one for each core.
    fn per_batch(&self) -> usize {
        let cores = task::cores();
        (BATCH / self.packing.bytes()).max(cores)
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
