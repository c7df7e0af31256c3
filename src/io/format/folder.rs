//! Folders of images: each file is a frame, in the natural order of their names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::image::{ImageFile, ImageLayout};
use crate::bail;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::fs::natural_order::natural_order;
use crate::io::bytes::closed_file::ClosedFile;
use crate::io::bytes::samples;
use crate::io::bytes::watched::WatchedFile;
use crate::io::load_recording;
use crate::io::recording::{
    FrameRange, FrameSelection, LoadOptions, Recording, cannot_map, missing,
};
use crate::task;
use crate::video::{DType, Metadata, Samples, Video};

/// Extensions of images that belong together; the first group found in a folder gives its frames.
const KINDS: &[&[&str]] = &[&["tif", "tiff"], &["png"], &["jpg", "jpeg"], &["bmp"]];

/// A folder with the list of its images.
pub(in crate::io) struct ImageFolder {
    path: PathBuf,
    files: Vec<PathBuf>,
    first: ImageLayout,
    metadata: Metadata,
    /// The images that are loaded later, by their index, as they were.
    closed: OnceLock<BTreeMap<usize, ClosedFile>>,
}

/// Loads the images of a folder whose names start with `prefix`: every `step`-th from index `start`
/// to before `end`.
pub fn load_image_folder(
    path: &Path,
    prefix: &str,
    start: usize,
    end: Option<usize>,
    step: usize,
) -> Result<Video> {
    let mut files = pictures_in(path, prefix)?;
    if let Some(end) = end {
        if end <= start {
            bail!("`end_frame` must be greater than `start_frame`, got {end} and {start}");
        }
        if end > files.len() {
            let len = files.len();
            let path = path.display();
            task::warn(&format!(
                "images up to {end} requested, but `{path}` has only {len}; loading those"
            ));
        }
        files.truncate(end);
    }
    let range = FrameSelection {
        start,
        frames: None,
        step,
    }
    .resolve(path, files.len())?;
    let files = range.indices().map(|index| files[index].clone()).collect();
    let mut folder = Box::new(ImageFolder::new(path, files)?);
    folder.metadata.take_every(step);
    load_recording(path, folder, &FrameSelection::ALL, &LoadOptions::default())
}

impl ImageFolder {
    /// Finds the images whose names start with `prefix`, and reads the header of the first.
    pub(in crate::io) fn open(path: &Path, prefix: &str) -> Result<Self> {
        Self::new(path, pictures_in(path, prefix)?)
    }

    fn new(path: &Path, files: Vec<PathBuf>) -> Result<Self> {
        let first = ImageFile::open(&files[0])?;
        Ok(Self {
            path: path.to_owned(),
            first: first.layout(),
            metadata: first.metadata().clone(),
            files,
            closed: OnceLock::new(),
        })
    }

    /// Images to be loaded later; an error if they differ in their layout, and none if they are not
    /// like the very first one.
    fn close(&self, range: FrameRange) -> Result<BTreeMap<usize, ClosedFile>> {
        let first_path = &self.files[range.start.min(self.files.len() - 1)];
        let first = ImageFile::open(first_path)?.layout();
        let mut closed = BTreeMap::new();
        if first != self.first {
            return Ok(closed);
        }
        for index in range.indices() {
            task::check()?;
            let path = &self.files[index];
            let file = ClosedFile::new(path)?;
            self.open_like(first, first_path, path)?;
            closed.insert(index, file);
        }
        Ok(closed)
    }

    /// Opens an image; an error if its layout differs from that of the first.
    fn open_like(&self, first: ImageLayout, first_path: &Path, path: &Path) -> Result<ImageFile> {
        let image = ImageFile::open(path)?;
        if image.layout() == first {
            return Ok(image);
        }
        let error = Error::new(format!(
            "`{}` has {}, but the first image, `{}`, has {}",
            path.display(),
            image.layout().text(),
            file_name(first_path),
            first.text()
        ));
        Err(error.hint(
            "move it elsewhere, or select images of the same size with `prefix` or a range of \
             frames",
        ))
    }
}

impl Recording for ImageFolder {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        let shape = [vec![self.files.len()], self.first.shape()].concat();
        Ok((shape, self.first.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let first_path = &self.files[range.start.min(self.files.len() - 1)];
        let first = ImageFile::open(first_path)?.layout();
        let shape = [vec![range.len], first.shape()].concat();
        samples::load(first.dtype, &shape, first.len(), |frame, out| {
            let path = &self.files[range.start + frame * range.step];
            self.open_like(first, first_path, path)?.read(out)
        })
    }

    fn deferrable_files(&self, range: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        if self.first.dtype == DType::Bool {
            return Ok(None);
        }
        let closed = match self.closed.get() {
            Some(closed) => closed,
            None => {
                let closed = self.close(range)?;
                self.closed.get_or_init(|| closed)
            }
        };
        let files = range.indices().map(|index| Some(closed.get(&index)? as _));
        Ok(files.collect())
    }

    fn set_deferred(&mut self) {
        for path in &mut self.files {
            *path = files::absolute(path);
        }
    }

    fn map(&self) -> Result<Samples> {
        Err(cannot_map(&self.path, "its frames are separate files"))
    }
}

/// The images of one group in a folder, in order; a warning if there are also others.
fn pictures_in(path: &Path, prefix: &str) -> Result<Vec<PathBuf>> {
    if !path.exists() {
        return Err(missing(path));
    }
    if !path.is_dir() {
        let error = Error::new(format!("`{}` is a file, not a folder", path.display()));
        return Err(error.hint("load it with `load_video`"));
    }
    let mut found = vec![Vec::new(); KINDS.len()];
    for path in files::list(path)? {
        let name = file_name(&path);
        // Names that start with a dot belong to hidden files of the system.
        if let Some(kind) = format_of(&path)
            && name.starts_with(prefix)
            && !name.starts_with('.')
        {
            found[kind].push(path);
        }
    }
    let others: usize = found.iter().map(Vec::len).sum();
    let Some(mut files) = found.into_iter().find(|files| !files.is_empty()) else {
        return Err(nothing_in(path, prefix));
    };
    if files.len() < others {
        let extension = crate::io::recording::extension_of(&files[0]).unwrap_or_default();
        task::warn(&format!(
            "`{}` has images of several formats: loading the {} `.{extension}` files, not the {} \
             others",
            path.display(),
            files.len(),
            others - files.len()
        ));
    }
    files.sort_by(|a, b| natural_order(&file_name(a), &file_name(b)));
    Ok(files)
}

fn format_of(path: &Path) -> Option<usize> {
    let extension = crate::io::recording::extension_of(path)?;
    KINDS
        .iter()
        .position(|kind| kind.contains(&extension.as_str()))
}

fn nothing_in(path: &Path, prefix: &str) -> Error {
    let extensions = KINDS.concat().join(", .");
    let path = path.display();
    if prefix.is_empty() {
        let error = Error::new(format!("the folder `{path}` has no images"));
        error.hint(format!(
            "images are files with one of the extensions .{extensions}"
        ))
    } else {
        let error =
            format!("the folder `{path}` has no images whose names begin with \"{prefix}\"");
        Error::new(error).hint(format!(
            "images are files with one of the extensions .{extensions}"
        ))
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
