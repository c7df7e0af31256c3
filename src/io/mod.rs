//! Files to videos and videos to files, one module per family of formats.
//!
//! A format is a row of `FORMATS`: how it is recognised, and how its header is read into a
//! `Recording`, from which frames are then loaded.

pub(crate) mod atomic;
mod beside;
// Also what fewer formats need of it, if some are left out.
#[cfg_attr(not(all(feature = "hdf5", feature = "zarr")), allow(dead_code))]
mod blosc;
mod camera;
#[cfg_attr(not(all(feature = "hdf5", feature = "zarr")), allow(dead_code))]
mod chunked;
#[cfg_attr(not(all(feature = "hdf5", feature = "zarr")), allow(dead_code))]
mod codec;
mod columns;
mod compression;
mod date;
mod ffmpeg;
mod figure;
mod film;
mod folder;
mod foreign;
#[cfg(feature = "hdf5")]
mod hdf5;
#[cfg(not(feature = "hdf5"))]
#[path = "hdf5/left_out.rs"]
mod hdf5;
mod image;
mod importer;
mod inflate;
mod known;
mod leftovers;
mod matlab;
mod micam05;
mod micam_ultima;
mod movie;
mod multirecorder;
mod npy;
mod npz;
mod pattern;
mod raw;
mod raw_binary;
mod save;
mod series;
mod sif;
mod still;
mod stream;
mod tiff;
mod timing;
#[cfg(feature = "zarr")]
mod zarr;
#[cfg(not(feature = "zarr"))]
#[path = "zarr/left_out.rs"]
mod zarr;

#[cfg(test)]
mod damage;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use compression::Compression;
pub use ffmpeg::Encoder;
pub use figure::{Coloured, curves, export_image, load_picture, of_image, save_drawn, save_plot};
pub use film::{
    Annotations, Export, Extent, Grid, Look, Shown, export_video, export_video_with_overlay,
    export_videos,
};
pub use folder::load_image_folder;
pub(crate) use folder::natural_order;
pub use image::load_image;
pub use importer::{Camera, Importer};
pub use raw_binary::{Endian, RawFormat};
pub use save::{
    Saving, save_image, save_image_sequence, save_matlab, save_tiff, save_video, save_video_as,
};
pub use series::Series;
pub use still::{QUALITY, StillOptions};
pub use tiff::Photometric;

use crate::bail;
use crate::error::{Error, Result};
use crate::files;
use crate::task;
use crate::video::{DType, Metadata, Samples, Video, map_samples};
use raw::Source;

/// Which frames of a file to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// The first frame.
    pub start: usize,
    /// How many frames to return; `None` for all that follow.
    pub frames: Option<usize>,
    /// The distance between the frames returned.
    pub step: usize,
}

/// How to load a recording, and what only some formats need to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether to leave the samples in the file, to be read when they are needed.
    pub use_mmap: bool,
    /// The variable of a MATLAB file, the dataset of an HDF5 or Zarr file, the member of an `.npz`.
    pub fieldname: Option<String>,
    /// What the names of the images in a folder begin with.
    pub prefix: String,
    /// Whether the colours of a movie become gray.
    pub as_grey: bool,
    /// Whether a MultiRecorder file has samples of 8 bits; by default its size tells.
    pub is_8bit: Option<bool>,
    /// Which image of a TIFF file that has several.
    pub series: Option<Series>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            use_mmap: false,
            fieldname: None,
            prefix: String::new(),
            as_grey: true,
            is_8bit: None,
            series: None,
        }
    }
}

impl Options {
    /// Whether to leave the samples in the file, and else the defaults.
    pub fn mapped(use_mmap: bool) -> Self {
        Self {
            use_mmap,
            ..Self::default()
        }
    }
}

/// Frames that a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRange {
    /// The first frame.
    pub start: usize,
    /// The number of frames.
    pub len: usize,
    /// The distance between them.
    pub step: usize,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// The name of the format.
    pub format: &'static str,
    /// The length of each axis.
    pub shape: Vec<usize>,
    /// The type of the samples once loaded.
    pub dtype: DType,
    /// What is known about the recording.
    pub metadata: Metadata,
}

/// Loads frames of a recording, or maps them into memory.
pub fn load_video(path: &Path, selection: &Selection, options: &Options) -> Result<Video> {
    let (_, recording) = open(path, options)?;
    load_recording(path, &*recording, selection, options)
}

/// Loads frames of a file that does not say how they lie in it, or maps them into memory.
pub fn load_raw(
    path: &Path,
    format: &RawFormat,
    selection: &Selection,
    options: &Options,
) -> Result<Video> {
    expect_file(path)?;
    let frames = raw_binary::Frames::open(path, format)?;
    load_recording(path, &frames, selection, options)
}

fn load_recording(
    path: &Path,
    recording: &dyn Recording,
    selection: &Selection,
    options: &Options,
) -> Result<Video> {
    let (shape, _) = recording.layout()?;
    let range = selection.resolve(path, shape[0])?;
    let metadata = metadata_of(path, recording);
    let use_mmap = options.use_mmap
        && match recording.must_load() {
            None => true,
            Some(reason) => {
                let path = path.display();
                task::warn(&format!(
                    "`{path}` is loaded instead of memory-mapped: {reason}"
                ));
                false
            }
        };
    if use_mmap {
        let video = Video::with_metadata(recording.map()?, metadata);
        return Ok(video.frames(range.start, range.len, range.step as isize));
    }
    let samples = recording.load(range)?;
    let mut video = Video::with_metadata(samples, metadata);
    video.metadata_mut().take_every(range.step);
    Ok(video)
}

/// What a file says about its recording.
pub fn load_metadata(path: &Path) -> Result<Metadata> {
    let (_, recording) = open(path, &Options::default())?;
    Ok(metadata_of(path, &*recording))
}

/// What a file holds, without reading its frames.
pub fn info(path: &Path) -> Result<Info> {
    let (format, recording) = open(path, &Options::default())?;
    let (shape, dtype) = recording.layout()?;
    Ok(Info {
        format: format.name,
        shape,
        dtype,
        metadata: metadata_of(path, &*recording),
    })
}

impl Selection {
    /// All frames.
    pub const ALL: Self = Self {
        start: 0,
        frames: None,
        step: 1,
    };

    /// The frames that there are among those asked for; a warning if they are fewer.
    pub fn resolve(&self, path: &Path, available: usize) -> Result<FrameRange> {
        let Self { start, step, .. } = *self;
        if step == 0 {
            bail!("`step` must be at least 1, got 0");
        }
        if start > 0 && start >= available {
            bail!(
                "`start_frame` {start} is beyond the end of `{}`, which has {available} frames",
                path.display()
            );
        }
        let most = (available - start).div_ceil(step);
        let len = self.frames.unwrap_or(most);
        if len > most {
            task::warn(&format!(
                "{len} frames requested, but `{}` has only {most} from frame {start} on{}; \
                 loading those",
                path.display(),
                if step > 1 {
                    format!(" in steps of {step}")
                } else {
                    String::new()
                },
            ));
        }
        Ok(FrameRange {
            start,
            len: len.min(most),
            step,
        })
    }
}

impl FrameRange {
    /// The index in the file of each frame.
    fn indices(self) -> impl Iterator<Item = usize> {
        (0..self.len).map(move |frame| self.start + frame * self.step)
    }
}

/// A file whose header has been read.
trait Recording {
    /// What the header says about the recording.
    fn metadata(&self) -> &Metadata;

    /// The shape and the type of the frames that there are.
    fn layout(&self) -> Result<(Vec<usize>, DType)>;

    /// Loads frames into memory.
    fn load(&self, range: FrameRange) -> Result<Samples>;

    /// Why frames are loaded where they were to be mapped, if the file is of a kind that is otherwise
    /// mapped, or that its camera leaves no choice about.
    fn must_load(&self) -> Option<&'static str> {
        None
    }

    /// All frames where they lie in the file; an error if they do not lie there as they are.
    fn map(&self) -> Result<Samples>;
}

/// A kind of file.
struct Format {
    name: &'static str,
    extensions: &'static [&'static str],
    /// Whether a file that begins with these bytes is one.
    begins: fn(&[u8]) -> bool,
    open: fn(&Path, &Options) -> Result<Box<dyn Recording>>,
}

const FORMATS: &[Format] = &[
    Format {
        name: TIFF,
        extensions: &["tif", "tiff"],
        begins: tiff::begins,
        open: |path, options| Ok(Box::new(tiff::Stack::open(path, options)?)),
    },
    Format {
        name: "NumPy",
        extensions: &["npy"],
        begins: npy::begins,
        open: |path, _| Ok(Box::new(npy::Array::open(path)?)),
    },
    Format {
        name: "NumPy archive",
        extensions: &["npz"],
        begins: |_| false,
        open: npz::open,
    },
    Format {
        name: "MultiRecorder",
        extensions: &["dat"],
        begins: multirecorder::begins,
        open: |path, options| {
            let recording = multirecorder::MultiRecorder::open(path, options.is_8bit)?;
            Ok(Box::new(recording))
        },
    },
    Format {
        name: "MiCAM05",
        extensions: &["gsh", "gsd"],
        begins: |_| false,
        open: |path, _| Ok(Box::new(micam05::Micam05::open(path)?)),
    },
    Format {
        name: "HDF5",
        extensions: &["h5", "hdf5", "hdf", "he5", "nwb", "ims"],
        begins: hdf5::begins,
        open: hdf5::open,
    },
    Format {
        name: ZARR,
        extensions: &["zarr"],
        begins: |_| false,
        open: zarr::open,
    },
    Format {
        name: FOLDER,
        extensions: &[],
        begins: |_| false,
        open: |path, options| Ok(Box::new(folder::Folder::open(path, &options.prefix)?)),
    },
    Format {
        name: "MATLAB",
        extensions: &["mat"],
        begins: matlab::begins,
        open: |path, options| Ok(Box::new(matlab::MatFile::open(path, options)?)),
    },
    Format {
        name: "MiCAM ULTIMA",
        extensions: &["rsh", "rsm", "rsd"],
        begins: |_| false,
        open: |path, _| Ok(Box::new(micam_ultima::Ultima::open(path)?)),
    },
    Format {
        name: "Andor",
        extensions: &["sif"],
        begins: sif::begins,
        open: |path, _| Ok(Box::new(sif::open(path)?)),
    },
    Format {
        name: "PNG",
        extensions: &["png", "apng"],
        begins: image::begins_png,
        open: |path, options| match movie::is_animated(path) {
            true => movie::open_apng(path, options),
            false => Ok(Box::new(image::Still::open(path)?)),
        },
    },
    Format {
        name: "JPEG",
        extensions: &["jpg", "jpeg"],
        begins: image::begins_jpeg,
        open: |path, _| Ok(Box::new(image::Still::open(path)?)),
    },
    Format {
        name: "BMP",
        extensions: &["bmp"],
        begins: image::begins_bmp,
        open: |path, _| Ok(Box::new(image::Still::open(path)?)),
    },
    Format {
        name: "GIF",
        extensions: &["gif"],
        begins: movie::begins_gif,
        open: movie::open_gif,
    },
    Format {
        name: "movie",
        extensions: movie::EXTENSIONS,
        begins: movie::begins,
        open: movie::open,
    },
];

/// The format of stacks of pages, and of several of them in a file.
const TIFF: &str = "TIFF";

/// The format of folders with arrays in chunks.
const ZARR: &str = "Zarr";

/// The format of folders with pictures.
const FOLDER: &str = "image folder";

/// How many bytes [`Format::begins`] gets.
const BEGINNING: usize = 32;

fn open(path: &Path, options: &Options) -> Result<(&'static Format, Box<dyn Recording>)> {
    let format = recognise(path)?;
    if format.name != TIFF {
        Series::refuse(options.series.as_ref(), path, format.name)?;
    }
    Ok((format, (format.open)(path, options)?))
}

/// The format by extension, unless the content is plainly another's.
fn recognise(path: &Path) -> Result<&'static Format> {
    if path.is_dir() {
        let name = if is_zarr(path) { ZARR } else { FOLDER };
        let format = FORMATS.iter().find(|format| format.name == name);
        return Ok(format.expect("one of the formats"));
    }
    let beginning = beginning_of(path)?;
    let extension = extension_of(path);
    let by_extension = extension.as_deref().and_then(|extension| {
        let known = |format: &&Format| format.extensions.contains(&extension);
        FORMATS.iter().find(known)
    });
    let by_content = FORMATS.iter().find(|format| (format.begins)(&beginning));
    match (by_extension, by_content) {
        (Some(named), Some(held)) if named.name != held.name => {
            task::warn(&format!("`{}` holds {} data", path.display(), held.name));
            Ok(held)
        }
        (Some(format), _) | (None, Some(format)) => Ok(format),
        (None, None) => Err(unknown_format(path, extension)),
    }
}

/// Whether a folder is one of Zarr's.
fn is_zarr(folder: &Path) -> bool {
    let files = ["zarr.json", ".zarray", ".zgroup"];
    files.iter().any(|name| folder.join(name).is_file())
}

fn beginning_of(path: &Path) -> Result<Vec<u8>> {
    expect_file(path)?;
    let beginning = Source::open(path)?.start(BEGINNING)?;
    if beginning.is_empty() {
        bail!("`{}` is empty", path.display());
    }
    Ok(beginning)
}

/// An error if there is no such file.
fn expect_file(path: &Path) -> Result<()> {
    if path.is_dir() {
        bail!("`{}` is a folder, not a file", path.display());
    }
    if path.exists() {
        Ok(())
    } else {
        Err(missing(path))
    }
}

/// The error for a file that is not there.
fn missing(path: &Path) -> Error {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let error = Error::new(format!("there is no file `{}`", path.display()));
    let Ok(paths) = files::list(folder) else {
        return error.hint(format!("there is no folder `{}` either", folder.display()));
    };
    let names = paths.iter().filter_map(|path| path.file_name());
    let names: Vec<_> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    error.did_you_mean(&name, names.iter().map(String::as_str))
}

fn unknown_format(path: &Path, extension: Option<String>) -> Error {
    let error = match extension {
        Some(extension) => Error::new(format!(
            "cannot load `{}`: no known format has the extension `.{extension}`",
            path.display()
        )),
        None => Error::new(format!(
            "cannot load `{}`: it has no extension and its contents match no known format",
            path.display()
        )),
    };
    let known: Vec<String> = FORMATS
        .iter()
        .filter(|format| !format.extensions.is_empty())
        .map(|format| format!("{} (.{})", format.name, format.extensions.join(", .")))
        .collect();
    error.hint(format!("supported formats: {}", known.join("; ")))
}

fn extension_of(path: &Path) -> Option<String> {
    Some(path.extension()?.to_string_lossy().to_lowercase())
}

fn metadata_of(path: &Path, recording: &dyn Recording) -> Metadata {
    Metadata {
        source: Some(path.to_owned()),
        ..recording.metadata().clone()
    }
}

/// The error for a file that a parser gave up on, with its hints.
fn cannot_load(path: &Path, reason: &Error) -> Error {
    if reason.is_interrupted() {
        return reason.clone();
    }
    let error = Error::new(format!("cannot load `{}`: {reason}", path.display()));
    reason.hints().iter().cloned().fold(error, Error::hint)
}

/// Says that a file has other arrays than the one that is loaded.
fn warn_of_others(path: &Path, name: &str, others: &[String]) {
    if !others.is_empty() {
        task::warn(&format!(
            "`{}` has several arrays: loading `{name}`; choose another with `fieldname`: {}",
            path.display(),
            few(others.iter().cloned()).join(", ")
        ));
    }
}

/// The first 20 texts, and a sign that there are more.
fn few(parts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = parts.take(21).collect();
    if texts.len() > 20 {
        texts[20] = "…".into();
    }
    texts
}

/// What a file holds in words, after what is said about it.
fn listing(parts: impl Iterator<Item = String>) -> String {
    match few(parts).as_slice() {
        [] => ": it is empty".into(),
        texts => format!(": it holds {}", texts.join(", ")),
    }
}

/// The error for a file that cannot be used where it lies.
fn cannot_map(path: &Path, reason: &str) -> Error {
    Error::new(format!("cannot memory-map `{}`: {reason}", path.display()))
        .hint("load it without `use_mmap`")
}

/// The samples of some frames, copied out of a larger array.
fn copy_frames(samples: &Samples, range: FrameRange) -> Result<Samples> {
    let layout = samples
        .layout()
        .slice(0, range.start, range.len, range.step as isize);
    map_samples!(samples.with_layout(layout), array => {
        Ok(crate::video::Element::wrap(array.copy()?))
    })
}
