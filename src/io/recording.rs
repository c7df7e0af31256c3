//! What all formats have in common: which frames are loaded, a file whose header has been read, and
//! the errors of files.

use std::path::Path;

use super::series::Series;
use crate::bail;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::task;
use crate::video::{DType, Metadata, Samples, map_samples};

/// Which frames of a file to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameSelection {
    /// The first frame.
    pub start: usize,
    /// How many frames to return; `None` for all that follow.
    pub frames: Option<usize>,
    /// The distance between the frames returned.
    pub step: usize,
}

/// How to load a recording, and what only some formats need to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadOptions {
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

impl Default for LoadOptions {
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

impl LoadOptions {
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
pub struct RecordingInfo {
    /// The name of the format.
    pub format: &'static str,
    /// The length of each axis.
    pub shape: Vec<usize>,
    /// The type of the samples once loaded.
    pub dtype: DType,
    /// What is known about the recording.
    pub metadata: Metadata,
}

impl FrameSelection {
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
    pub(in crate::io) fn indices(self) -> impl Iterator<Item = usize> {
        (0..self.len).map(move |frame| self.start + frame * self.step)
    }
}

/// A file whose header has been read.
pub(crate) trait Recording {
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

/// An error if there is no such file.
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

/// The error for a file that is not there.
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

/// The error for a file that a parser gave up on, with its hints.
pub(crate) fn cannot_load(path: &Path, reason: &Error) -> Error {
    if reason.is_interrupted() {
        return reason.clone();
    }
    let error = Error::new(format!("cannot load `{}`: {reason}", path.display()));
    reason.hints().iter().cloned().fold(error, Error::hint)
}

/// Says that a file has other arrays than the one that is loaded.
pub(crate) fn warn_of_others(path: &Path, name: &str, others: &[String]) {
    if !others.is_empty() {
        task::warn(&format!(
            "`{}` has several arrays: loading `{name}`; choose another with `fieldname`: {}",
            path.display(),
            few(others.iter().cloned()).join(", ")
        ));
    }
}

/// The first 20 texts, and a sign that there are more.
pub(crate) fn few(parts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = parts.take(21).collect();
    if texts.len() > 20 {
        texts[20] = "…".into();
    }
    texts
}

/// What a file holds in words, after what is said about it.
pub(crate) fn listing(parts: impl Iterator<Item = String>) -> String {
    match few(parts).as_slice() {
        [] => ": it is empty".into(),
        texts => format!(": it holds {}", texts.join(", ")),
    }
}

/// The error for a file that cannot be used where it lies.
pub(crate) fn cannot_map(path: &Path, reason: &str) -> Error {
    Error::new(format!("cannot memory-map `{}`: {reason}", path.display()))
        .hint("load it without `use_mmap`")
}

/// The samples of some frames, copied out of a larger array.
pub(crate) fn copy_frames(samples: &Samples, range: FrameRange) -> Result<Samples> {
    let layout = samples
        .layout()
        .slice(0, range.start, range.len, range.step as isize);
    map_samples!(samples.with_layout(layout), array => {
        Ok(crate::video::Element::wrap(array.copy()?))
    })
}
