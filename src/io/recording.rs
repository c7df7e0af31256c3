//! What all formats have in common: the selection of frames, the trait of a file whose header has
//! been read, and the errors of files.

use std::path::Path;

use super::bytes::watched::WatchedFile;
use super::listing::few;
use super::series::Series;
use crate::bail;
use crate::error::{Error, Result, counted};
use crate::fs::files;
use crate::task;
use crate::video::{DType, Metadata, Samples, map_samples};

/// Number of bytes passed to [`Format::begins`].
pub(in crate::io) const BEGINNING: usize = 32;

/// Which frames of a file to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameSelection {
    /// The first frame.
    pub start: usize,
    /// Maximum number of frames; `None` for all that follow.
    pub frames: Option<usize>,
    /// Step between the frames.
    pub step: usize,
}

/// How to load a recording, and options of some formats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadOptions {
    /// Memory-map the file instead of loading it.
    pub use_mmap: bool,
    /// The variable of a MATLAB file, the dataset of an HDF5 or Zarr file, the member of an `.npz`.
    pub fieldname: Option<String>,
    /// Prefix of the names of the images in a folder.
    pub prefix: String,
    /// Convert a color movie to gray.
    pub as_gray: bool,
    /// Whether a MultiRecorder file has 8-bit samples; default: detected from the file size.
    pub is_8bit: Option<bool>,
    /// The image to load from a TIFF file that has several.
    pub series: Option<Series>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            use_mmap: false,
            fieldname: None,
            prefix: String::new(),
            as_gray: true,
            is_8bit: None,
            series: None,
        }
    }
}

impl LoadOptions {
    /// Default options with memory mapping on or off.
    pub fn mapped(use_mmap: bool) -> Self {
        Self {
            use_mmap,
            ..Self::default()
        }
    }
}

/// A range of existing frames of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRange {
    /// The first frame.
    pub start: usize,
    /// The number of frames.
    pub len: usize,
    /// Step between the frames.
    pub step: usize,
}

/// Contents of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingInfo {
    /// The name of the format.
    pub format: &'static str,
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// Type of the samples once loaded.
    pub dtype: DType,
    /// Metadata of the recording.
    pub metadata: Metadata,
}

impl FrameSelection {
    /// All frames.
    pub const ALL: Self = Self {
        start: 0,
        frames: None,
        step: 1,
    };

    /// The requested frames that exist; a warning if there are fewer.
    pub fn resolve(&self, path: &Path, available: usize) -> Result<FrameRange> {
        let Self { start, step, .. } = *self;
        if step == 0 {
            bail!("`step` must be at least 1, got 0");
        }
        if start > 0 && start >= available {
            bail!(
                "`start_frame` {start} is beyond the end of `{}`, which has {}",
                path.display(),
                counted(available, "frame")
            );
        }
        let most = (available - start).div_ceil(step);
        let len = self.frames.unwrap_or(most);
        if len > most {
            task::warn(&format!(
                "{} requested, but `{}` has only {most} from frame {start} on{}; \
                 loading those",
                counted(len, "frame"),
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
    /// Index in the file of each frame.
    pub(in crate::io) fn indices(self) -> impl Iterator<Item = usize> {
        (0..self.len).map(move |frame| self.start + frame * self.step)
    }
}

/// A file whose header has been read.
pub(crate) trait Recording: Send {
    /// Metadata in the header.
    fn metadata(&self) -> &Metadata;

    /// Shape and type of the available frames.
    fn layout(&self) -> Result<(Vec<usize>, DType)>;

    /// Loads frames into memory.
    fn load(&self, range: FrameRange) -> Result<Samples>;

    /// The files, if frames can be loaded from them later, block by block: that can fail only because
    /// a file has changed, or because the compressed samples of a frame are damaged. An error if
    /// frames are missing.
    fn deferrable_files(&self, _: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        Ok(None)
    }

    /// Says that frames will be loaded later, block by block, from whatever folder is the current one then,
    /// by somebody who was told how many there are: that some are missing is an error then.
    fn set_deferred(&mut self) {}

    /// Number of frames that are decoded together, the first of which is a multiple of it.
    fn frames_together(&self) -> usize {
        1
    }

    /// Whether frames can only be decoded from the first one on, each after all those before it. Ranges
    /// that follow each other are then loaded in one pass.
    fn is_sequential(&self) -> bool {
        false
    }

    /// Why frames are loaded although mapping was requested, for files of a kind that is otherwise
    /// mapped, or whose camera format does not allow mapping.
    fn must_load(&self) -> Option<&'static str> {
        None
    }

    /// All frames, mapped from the file; an error if they are not stored as in memory.
    fn map(&self) -> Result<Samples>;
}

/// An error if the file does not exist.
pub(crate) fn expect_file(path: &Path) -> Result<()> {
    if path.is_dir() {
        bail!("`{}` is a folder, not a file", path.display());
    }
    if path.exists() {
        Ok(())
    } else {
        Err(missing(path))
    }
}

/// The error for a missing file.
pub(crate) fn missing(path: &Path) -> Error {
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

pub(crate) fn extension_of(path: &Path) -> Option<String> {
    Some(path.extension()?.to_string_lossy().to_lowercase())
}

/// The error for a file that could not be parsed, with its hints.
pub(crate) fn cannot_load(path: &Path, reason: &Error) -> Error {
    if reason.is_interrupted() {
        return reason.clone();
    }
    let error = Error::new(format!("cannot load `{}`: {reason}", path.display()));
    reason.hints().iter().cloned().fold(error, Error::hint)
}

/// Warns that a file has arrays other than the loaded one.
pub(crate) fn warn_of_others(path: &Path, name: &str, others: &[String]) {
    if !others.is_empty() {
        task::warn(&format!(
            "`{}` has several arrays: loading `{name}`; choose another with `fieldname`: {}",
            path.display(),
            few(others.iter().cloned()).join(", ")
        ));
    }
}

/// The error for a file that cannot be mapped.
pub(crate) fn cannot_map(path: &Path, reason: &str) -> Error {
    Error::new(format!("cannot memory-map `{}`: {reason}", path.display()))
        .hint("load it without `use_mmap`")
}

/// Copies some frames out of a larger array.
pub(crate) fn copy_frames(samples: &Samples, range: FrameRange) -> Result<Samples> {
    let layout = samples
        .layout()
        .slice(0, range.start, range.len, range.step as isize);
    map_samples!(samples.with_layout(layout), array => {
        Ok(crate::video::Element::wrap(array.copy()?))
    })
}

/// Whether a folder is a Zarr store.
pub(in crate::io) fn is_zarr(folder: &Path) -> bool {
    let files = ["zarr.json", ".zarray", ".zgroup"];
    files.iter().any(|name| folder.join(name).is_file())
}
