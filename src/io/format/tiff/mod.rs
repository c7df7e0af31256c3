//! TIFF stacks: every page with the size of the first page is a frame, unless the file says
//! otherwise.
//!
//! Pages that are stored as in memory are read directly from the file or mapped; others are decoded
//! strip by strip or tile by tile, several pages in parallel.

mod axes;
mod chunks;
mod decode;
mod description;
mod directory;
mod extent;
mod files;
mod frames;
mod imagej;
mod layout;
mod metamorph;
mod micromanager;
mod ome;
mod options;
mod page;
mod pages;
mod planes;
mod tag;
mod unit;
mod write;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use options::Photometric;
pub(in crate::io) use options::TiffOptions;
pub(in crate::io) use write::{encode, save};

use crate::error::Result;
use crate::io::Series;
use crate::io::bytes::samples::{self, Encoding, FillFrom, SharedFile};
use crate::io::bytes::watched::WatchedFile;
use crate::io::recording::{FrameRange, LoadOptions, Recording, cannot_load, cannot_map};
use crate::video::{DType, Element, Layout, MappedFile, Metadata, Samples, with_dtype};
use directory::TiffReader;
use files::InFile;
use frames::{FrameSet, PageLocations};
use page::PageShape;

/// A stack of pages of the same size and type.
pub(in crate::io) struct TiffStack {
    source: SharedFile,
    /// The files that contain the pages, this one first.
    files: Vec<PathBuf>,
    shape: PageShape,
    /// Number of channels of a frame, if each is a page.
    channels: Option<usize>,
    /// Locations of the pages, frame by frame.
    locations: PageLocations,
    metadata: Metadata,
}

/// Whether the first bytes of a file are those of TIFF.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    TiffReader::new(bytes).is_ok()
}

impl TiffStack {
    /// Finds the frames; those of a truncated file as far as they are complete.
    pub(in crate::io) fn open(path: &Path, options: &LoadOptions) -> Result<Self> {
        Self::find(path, options.series.as_ref(), false)
    }

    /// Finds the pages of a file that is a standalone image, even if others belong to it.
    pub(in crate::io) fn open_picture(path: &Path) -> Result<Self> {
        Self::find(path, None, true)
    }

    fn find(path: &Path, series: Option<&Series>, alone: bool) -> Result<Self> {
        let file = MappedFile::open(path)?;
        let reader = TiffReader::new(file.bytes()).map_err(|e| cannot_load(path, &e))?;
        let found = frames::find(&reader, path, series, alone);
        let FrameSet {
            shape,
            channels,
            locations,
            files,
            metadata,
        } = found.map_err(|e| cannot_load(path, &e))?;
        Ok(Self {
            source: SharedFile::open(path)?,
            files,
            shape,
            channels,
            locations,
            metadata,
        })
    }

    /// Shape and type of the pages.
    pub(in crate::io) fn page_layout(&self) -> (Vec<usize>, DType) {
        (
            self.page_shape(self.locations.len()),
            self.shape.encoding.dtype,
        )
    }

    /// Reads the samples of one page directly into a video.
    pub(in crate::io) fn read_page(&self, page: usize, out: &mut dyn FillFrom) -> Result<()> {
        let encoding = self.shape.encoding;
        let native = Encoding {
            swapped: false,
            ..encoding
        };
        match &self.locations {
            PageLocations::Plain(list) => match &list[page] {
                Some(InFile { file, at }) => self.with_source(*file, |source| {
                    out.fill(encoding, &mut |bytes| source.read_at(*at, bytes))
                }),
                None => missing(native, out),
            },
            PageLocations::Coded(list) => match &list[page] {
                Some(InFile { file, at }) => self.with_source(*file, |source| {
                    out.fill(native, &mut |bytes| {
                        decode::decode(source, at, bytes)
                            .map_err(|e| cannot_load(source.path(), &e))
                    })
                }),
                None => missing(native, out),
            },
        }
    }

    /// Runs a function on a file with pages. Only the first file is open all the time: there may be
    /// more files than a program can open.
    fn with_source(&self, file: usize, run: impl FnOnce(&SharedFile) -> Result<()>) -> Result<()> {
        match file {
            0 => run(&self.source),
            file => run(&SharedFile::open(&self.files[file])?),
        }
    }

    fn shape_of(&self, frames: usize) -> Vec<usize> {
        let mut shape = vec![frames, self.shape.height, self.shape.width];
        match self.channels {
            Some(channels) => shape.push(channels),
            None if self.shape.channels > 1 => shape.push(self.shape.channels),
            None => {}
        }
        shape
    }

    /// Shape of the pages as stored in the file.
    fn page_shape(&self, pages: usize) -> Vec<usize> {
        let mut shape = vec![pages, self.shape.height, self.shape.width];
        if self.shape.channels > 1 {
            shape.push(self.shape.channels);
        }
        shape
    }

    /// Number of frames.
    fn len(&self) -> usize {
        self.locations.len() / self.channels.unwrap_or(1)
    }

    /// File offsets of the given pages, if all are stored in it as in memory.
    fn offsets(&self, pages: impl Iterator<Item = usize>) -> Option<Vec<u64>> {
        let PageLocations::Plain(list) = &self.locations else {
            return None;
        };
        let offset = |page: usize| match &list[page] {
            Some(InFile { file: 0, at }) => Some(*at),
            _ => None,
        };
        pages.map(offset).collect()
    }

    /// Layout of the frames in the file, in samples from the first page on.
    fn file_layout(&self, offsets: &[u64]) -> Option<Layout> {
        let size = self.shape.encoding.size() as u64;
        let channels = self.channels.unwrap_or(1);
        let distance = |step: usize| match offsets.get(step) {
            Some(next) => next
                .checked_sub(offsets[0])
                .filter(|bytes| bytes % size == 0),
            None => Some(0),
        };
        let (frame, channel) = (distance(channels)?, distance(1)?);
        let location = |index: usize| {
            let frames = frame.checked_mul((index / channels) as u64)?;
            let channels = match channels {
                1 => 0,
                channels => channel.checked_mul((index % channels) as u64)?,
            };
            offsets[0].checked_add(frames)?.checked_add(channels)
        };
        if (0..offsets.len()).any(|index| location(index) != Some(offsets[index])) {
            return None;
        }
        let pages = Layout::contiguous(&self.page_shape(1));
        let mut strides = pages.strides().to_vec();
        strides[0] = (frame / size) as isize;
        if self.channels.is_some() {
            strides.push((channel / size) as isize);
        }
        Some(Layout::new(0, &self.shape_of(self.len()), &strides))
    }
}

/// Fills a missing page.
fn missing(native: Encoding, out: &mut dyn FillFrom) -> Result<()> {
    out.fill(native, &mut |bytes| {
        bytes.fill(0);
        Ok(())
    })
}

/// Layout of frames from consecutive pages, each group of which has the `channels` channels of a
/// frame: the channels become the last axis.
fn with_channels(pages: &Layout, channels: usize) -> Layout {
    let (shape, strides) = (pages.shape(), pages.strides());
    Layout::new(
        pages.offset(),
        &[shape[0] / channels, shape[1], shape[2], channels],
        &[
            strides[0] * channels as isize,
            strides[1],
            strides[2],
            strides[0],
        ],
    )
}

impl Recording for TiffStack {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        Ok((self.shape_of(self.len()), self.shape.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let channels = self.channels.unwrap_or(1);
        let pages = |frame: usize| frame * channels..(frame + 1) * channels;
        let pages: Vec<usize> = range.indices().flat_map(pages).collect();
        let shape = self.page_shape(pages.len());
        let encoding = self.shape.encoding;
        let samples = match self.offsets(pages.iter().copied()) {
            Some(offsets) => samples::read_frames(&self.source, encoding, &shape, &offsets),
            None => samples::load(encoding.dtype, &shape, self.shape.len(), |index, out| {
                self.read_page(pages[index], out)
            }),
        }?;
        Ok(match self.channels {
            None => samples,
            Some(channels) => samples.with_layout(with_channels(samples.layout(), channels)),
        })
    }

    fn deferrable_files(&self, range: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        let channels = self.channels.unwrap_or(1);
        let mut pages = range
            .indices()
            .flat_map(|frame| frame * channels..(frame + 1) * channels);
        let is_here = |page: usize| match &self.locations {
            PageLocations::Plain(list) => {
                matches!(list[page], Some(InFile { file: 0, .. }))
            }
            PageLocations::Coded(list) => {
                matches!(list[page], Some(InFile { file: 0, .. }))
            }
        };
        let is_alone = self.shape.encoding.dtype != DType::Bool && pages.all(is_here);
        Ok(is_alone.then(|| vec![&self.source as _]))
    }

    fn must_load(&self) -> Option<&'static str> {
        match self.locations {
            PageLocations::Plain(_) => self.shape.encoding.must_load(),
            PageLocations::Coded(_) => None,
        }
    }

    fn map(&self) -> Result<Samples> {
        let refuse = |reason: &str| cannot_map(self.source.path(), reason);
        if matches!(self.locations, PageLocations::Coded(_)) {
            return Err(refuse("its pages are compressed, tiled or packed"));
        }
        let Some(offsets) = self.offsets(0..self.locations.len()) else {
            return Err(refuse("some of its pages are missing or in other files"));
        };
        if let Some(obstacle) = self.shape.encoding.obstacle() {
            return Err(refuse(obstacle));
        }
        let layout = self
            .file_layout(&offsets)
            .ok_or_else(|| refuse("its pages are not evenly spaced"))?;
        let file = MappedFile::open(self.source.path())?;
        let mapped = with_dtype!(self.shape.encoding.dtype, T => {
            file.array::<T>(offsets[0] as usize, layout).map(Element::wrap)
        });
        mapped.ok_or_else(|| refuse("its samples are not aligned"))
    }
}
