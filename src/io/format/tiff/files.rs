//! The files of a recording that spans several; the first is the requested one.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::directory::TiffReader;
use super::micromanager::{MicroManager, PlaneIndex};
use super::ome::{Ome, PlaneRun};
use super::page::TiffPage;
use super::pages::TiffPages;
use crate::error::{Error, Result};
use crate::io::format::companion::companion_file;
use crate::task;
use crate::video::MappedFile;

/// Something in one of the files.
#[derive(Debug, Clone)]
pub(super) struct InFile<T> {
    pub(super) file: usize,
    pub(super) at: T,
}

/// The files of a recording.
pub(super) struct TiffFiles<'a> {
    /// Path of the requested file.
    pub(super) path: &'a Path,
    /// Its pages.
    pub(super) own: &'a TiffPages,
    /// The other files.
    others: Vec<TiffFile>,
    /// Indices of files by name; `None` for missing ones.
    names: HashMap<String, Option<usize>>,
    /// Total size of all files.
    pub(super) len: u64,
}

struct TiffFile {
    path: PathBuf,
    pages: TiffPages,
    /// Plane indices of its pages, if Micro-Manager wrote it.
    plane_indices: Vec<PlaneIndex>,
}

impl<'a> TiffFiles<'a> {
    /// A file and its pages.
    pub(super) fn new(path: &'a Path, own: &'a TiffPages) -> Self {
        Self {
            path,
            own,
            others: Vec::new(),
            names: HashMap::new(),
            len: own.file_len,
        }
    }

    /// Finds the names that the description uses for this file.
    pub(super) fn learn_names(&mut self, ome: &Ome) {
        let own = self.path.file_name().and_then(OsStr::to_str);
        let (mut others, mut is_told_of) = (BTreeSet::new(), false);
        for block in ome.images.iter().flat_map(|image| &image.blocks) {
            match &block.file {
                Some(name) if block.is_in(ome) || Some(last_part(name)) == own => {
                    self.names.insert(name.clone(), Some(0));
                    is_told_of = true;
                }
                Some(name) => drop(others.insert(name)),
                None => is_told_of = true,
            }
        }
        // A renamed file contains its former name.
        if !is_told_of
            && ome.metadata_file.is_none()
            && let [name] = others.into_iter().collect::<Vec<_>>()[..]
            && let Ok(None) = companion_file(self.path, last_part(name))
        {
            task::warn(&format!(
                "`{}` is named `{name}` in its OME description",
                self.path.display()
            ));
            self.names.insert(name.clone(), Some(0));
        }
    }

    /// Whether the planes of a block are in this file.
    pub(super) fn is_own(&self, block: &PlaneRun) -> bool {
        let name = block.file.as_ref();
        name.is_none_or(|name| self.names.get(name) == Some(&Some(0)))
    }

    /// The file that contains the planes of a block; `None` if it is missing.
    pub(super) fn of_block(&mut self, ome: &Ome, block: &PlaneRun) -> Result<Option<usize>> {
        let Some(name) = block.file.as_ref().filter(|_| !block.is_in(ome)) else {
            return Ok(Some(0));
        };
        if let Some(file) = self.names.get(name) {
            return Ok(*file);
        }
        let found = match companion_file(self.path, name)? {
            Some(path) => Some(self.open(path)?),
            None => None,
        };
        self.names.insert(name.clone(), found);
        Ok(found)
    }

    /// Adds a file and returns its index.
    fn open(&mut self, path: PathBuf) -> Result<usize> {
        let explain = |e: Error| match e.is_interrupted() {
            true => e,
            false => Error::new(format!("of its file `{}`: {e}", path.display())),
        };
        let file = MappedFile::open(&path)?;
        let reader = TiffReader::new(file.bytes()).map_err(explain)?;
        let directories = reader.directories()?;
        let pages = TiffPages::read(&reader, directories).map_err(explain)?;
        let header = MicroManager::read(&reader);
        self.len += pages.file_len;
        self.others.push(TiffFile {
            path,
            pages,
            plane_indices: header
                .map(|header| header.plane_indices)
                .unwrap_or_default(),
        });
        Ok(self.others.len())
    }

    /// Adds Micro-Manager's continuation files, started when one is full: `a_MMStack_1.tif` after
    /// `a_MMStack.tif`.
    pub(super) fn add_parts(&mut self) -> Result<()> {
        let name = self.path.file_name().and_then(OsStr::to_str);
        let Some((stem, end)) = name.and_then(|name| name.split_once('.')) else {
            return Ok(());
        };
        if !stem.contains("_MMStack") {
            return Ok(());
        }
        for part in 1.. {
            match companion_file(self.path, &format!("{stem}_{part}.{end}"))? {
                Some(path) => self.open(path)?,
                None => break,
            };
        }
        Ok(())
    }

    /// Number of files.
    pub(super) fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Micro-Manager's indices along the axes of the pages of one of the other files.
    pub(super) fn plane_indices(&self, file: usize) -> &[PlaneIndex] {
        match file {
            0 => &[],
            file => &self.others[file - 1].plane_indices,
        }
    }

    /// The pages of a file.
    pub(super) fn pages(&self, file: usize) -> &TiffPages {
        match file {
            0 => self.own,
            file => &self.others[file - 1].pages,
        }
    }

    /// Paths of the files.
    pub(super) fn paths(self) -> Vec<PathBuf> {
        let others = self.others.into_iter().map(|file| file.path);
        std::iter::once(self.path.to_owned())
            .chain(others)
            .collect()
    }

    /// Number of pages of this file that belong to no image.
    pub(super) fn left(&mut self, ome: &Ome) -> Result<usize> {
        let mut told = HashSet::new();
        for image in &ome.images {
            for block in &image.blocks {
                if self.of_block(ome, block)? == Some(0) {
                    let count = block.count.or(image.planes()).unwrap_or(usize::MAX);
                    let end = block.page.saturating_add(count).min(self.own.list.len());
                    told.extend(block.page..end);
                }
            }
        }
        let pages = self.own.list.iter().enumerate();
        let is_left = |(index, page): &(usize, &Result<TiffPage>)| {
            !told.contains(index) && page.as_ref().is_ok_and(|page| !page.thumbnail)
        };
        Ok(pages.filter(is_left).count())
    }
}

/// The file name without its folders, from any system.
fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}
