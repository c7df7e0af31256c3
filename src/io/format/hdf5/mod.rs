//! HDF5 files: one numeric dataset is the video, with time as its first axis.
//!
//! The reader is our own, after the "HDF5 File Format Specification" version 3.0. The crates in
//! Rust that were tried (`hdf5-pure`, `hdf5-reader`, `rust-hdf5`) each failed on files of MATLAB
//! 7.4 or of the newest HDF5; with the first, soft and external links and version-2 B-trees were
//! missing, one unreadable object made a whole file unreadable, and a damaged file could ask for
//! any amount of memory. The C library needs CMake to build and serves one thread at a time. Here
//! every size is checked against that of the file before memory is allocated, and samples are
//! mapped, or decompressed on all cores directly into the output.

mod tree;

mod imaris;
mod nwb;
mod times;

mod external;
mod file;
mod header;
mod links;

mod attribute;
mod dataset;
mod dataset_body;
mod datatype;
mod layout;
mod recode;

mod arrays;
mod btree1;
mod btree2;
mod chunks;
mod heap;
mod index;

mod bit_packed;
mod filters;
mod shuffled;

mod checksum;
mod cursor;

mod write;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Once;

pub(in crate::io) use dataset::Dataset;
use imaris::ImarisImages;
pub(in crate::io) use tree::{Contents, contents};

pub(in crate::io) use write::{Attribute, NewDataset, save};

use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::{Conversion, Encoding};
use crate::io::bytes::watched::WatchedFile;
use crate::io::format::metadata_keys;
use crate::io::recording::{
    FrameRange, LoadOptions, Recording, cannot_load, cannot_map, warn_of_others,
};
use crate::task;
use crate::video::{DType, Element, Field, Layout, MappedFile, Metadata, Samples, with_dtype};

const MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Advice for a file that cannot be read.
const REPACK: &str =
    "save it again with gzip compression, or convert it with `h5repack` of the HDF5 tools";

/// A file whose datasets are known.
pub(in crate::io) struct Hdf5Recording {
    path: PathBuf,
    datasets: Vec<Dataset>,
    chosen: Result<VideoDataset>,
    /// The frames, if each is a dataset of its own.
    images: Option<ImarisImages>,
    metadata: Metadata,
    /// Frames may be loaded in several parts.
    warned: Once,
}

/// The dataset that is the video.
#[derive(Clone)]
struct VideoDataset {
    index: usize,
    encoding: Encoding,
    /// Other candidates.
    others: Vec<String>,
    /// Whether it was requested by name.
    is_named: bool,
}

/// Whether the first bytes of a file are those of HDF5.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Opens an HDF5 file.
pub(in crate::io) fn open(path: &Path, options: &LoadOptions) -> Result<Box<dyn Recording>> {
    Ok(Box::new(Hdf5Recording::open(path, options)?))
}

impl Hdf5Recording {
    /// Reads the list of datasets and chooses one.
    pub(in crate::io) fn open(path: &Path, options: &LoadOptions) -> Result<Self> {
        let mut contents = contents(path).map_err(|e| cannot_load(path, &e))?;
        let chosen = match options.fieldname.as_deref() {
            Some(name) => named(&mut contents, name.trim_matches('/')),
            None => choose(&contents),
        };
        let images = match options.fieldname {
            Some(_) => None,
            None => ImarisImages::find(path, &mut contents).map_err(|e| cannot_load(path, &e))?,
        };
        let metadata = metadata(path, &mut contents, chosen.as_ref().ok());
        Ok(Self {
            path: path.to_owned(),
            chosen: chosen.map_err(|e| cannot_load(path, &e)),
            images,
            metadata,
            datasets: contents.datasets,
            warned: Once::new(),
        })
    }

    fn chosen(&self) -> Result<(&Dataset, &VideoDataset)> {
        let chosen = self.chosen.as_ref().map_err(Error::clone)?;
        Ok((&self.datasets[chosen.index], chosen))
    }

    /// Warns of other datasets besides the loaded one, including unreadable ones.
    fn warn(&self, dataset: &Dataset, chosen: &VideoDataset) {
        self.warned.call_once(|| {
            warn_of_others(&self.path, &dataset.name, &chosen.others);
            if !chosen.is_named {
                warn_of_failures(&self.path, &self.datasets);
            }
        });
    }
}

/// Warns of datasets of a file that cannot be read.
pub(in crate::io) fn warn_of_failures(path: &Path, datasets: &[Dataset]) {
    const MAX_FAILURES: usize = 3;
    let failures = datasets.iter();
    let mut failures = failures.filter_map(|dataset| Some((dataset, dataset.failure()?)));
    for (dataset, reason) in failures.by_ref().take(MAX_FAILURES) {
        task::warn(&format!(
            "`{}`: cannot read {dataset}: {reason}",
            path.display()
        ));
    }
    match failures.count() {
        0 => {}
        more => task::warn(&format!("`{}`: cannot read {more} more", path.display())),
    }
}

impl Recording for Hdf5Recording {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        if let Some(images) = &self.images {
            return Ok(images.layout());
        }
        let (dataset, chosen) = self.chosen()?;
        Ok((dataset.shape.clone(), chosen.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        if let Some(images) = &self.images {
            return images.load(range);
        }
        let (dataset, chosen) = self.chosen()?;
        self.warn(dataset, chosen);
        dataset
            .read(Conversion::none(chosen.encoding), range)
            .map_err(|e| cannot_load(&self.path, &e))
    }

    fn deferrable_files(&self, range: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        let (dataset, chosen) = match &self.images {
            Some(_) => return Ok(None),
            None => self.chosen()?,
        };
        if chosen.encoding.dtype == DType::Bool {
            return Ok(None);
        }
        let source = dataset.source()?;
        let Some(start) = dataset.plain() else {
            let is_chunked = dataset.frames_of_chunk(range).is_some();
            if is_chunked {
                self.warn(dataset, chosen);
            }
            return Ok(is_chunked.then(|| vec![source as _]));
        };
        // A damaged file can claim any number of frames.
        let last = range.len.saturating_sub(1).checked_mul(range.step);
        let frames = last.and_then(|last| last.checked_add(range.start + 1));
        let mut lens = dataset.shape[1..].iter().copied().chain(frames);
        let bytes = lens.try_fold(chosen.encoding.size(), usize::checked_mul);
        let end = bytes
            .filter(|_| frames.is_some())
            .and_then(|bytes| start.checked_add(bytes as u64));
        // Loading says what is missing.
        if end.is_none_or(|end| end > source.len()) {
            return Ok(None);
        }
        self.warn(dataset, chosen);
        Ok(Some(vec![source as _]))
    }

    fn frames_together(&self) -> usize {
        let chosen = self.chosen().ok();
        let no_frames = FrameRange {
            start: 0,
            len: 0,
            step: 1,
        };
        let frames = chosen.and_then(|(dataset, _)| dataset.frames_of_chunk(no_frames));
        frames.unwrap_or(1)
    }

    fn must_load(&self) -> Option<&'static str> {
        let (dataset, chosen) = self.chosen().ok().filter(|_| self.images.is_none())?;
        dataset.plain().and(chosen.encoding.must_load())
    }

    fn map(&self) -> Result<Samples> {
        if let Some(images) = &self.images {
            return Err(images.map());
        }
        let (dataset, chosen) = self.chosen()?;
        let Some(start) = dataset.plain() else {
            return Err(cannot_map(&self.path, "its samples are in chunks"));
        };
        if let Some(obstacle) = chosen.encoding.obstacle() {
            return Err(cannot_map(&self.path, obstacle));
        }
        self.warn(dataset, chosen);
        let file = MappedFile::open(dataset.source()?.path())?;
        let layout = Layout::contiguous(&dataset.shape);
        let mapped = with_dtype!(chosen.encoding.dtype, T => {
            file.array::<T>(start as usize, layout).map(Element::wrap)
        });
        mapped.ok_or_else(|| {
            let reason = "its samples are not aligned, or some are missing";
            cannot_map(&self.path, reason)
        })
    }
}

/// The dataset that is the video: the first with three axes, else with four, two or one.
fn choose(contents: &Contents) -> Result<VideoDataset> {
    let datasets = contents.datasets.as_slice();
    let rank = |dataset: &Dataset| match (dataset.shape.len(), dataset.len()) {
        (_, 0 | 1) => 0,
        _ if dataset.encoding.is_err() || dataset.is_alias => 0,
        (3, _) => 4,
        (4, _) => 3,
        (axes @ 1..=2, _) => axes,
        _ => 0,
    };
    let best = datasets.iter().map(rank).max().unwrap_or(0);
    if best < 3
        && nwb::is_nwb(contents)
        && let Some(error) = nwb::movies(contents)
    {
        return Err(error);
    }
    let index = datasets.iter().position(|dataset| rank(dataset) == best);
    let chosen = index.and_then(|index| Some((index, datasets[index].encoding.ok()?)));
    let Some((index, encoding)) = chosen.filter(|_| best > 0) else {
        let failures: Vec<&Dataset> = datasets.iter().filter(|d| d.failure().is_some()).collect();
        if let [Dataset { name, .. }] = failures[..]
            && let Some(error) = failures[0].failure()
        {
            return Err(cannot_read(name, error));
        }
        bail!(
            "it has no dataset of numbers with 1 to 4 axes{}",
            listing(datasets)
        );
    };
    let others = datasets.iter().enumerate();
    let others = others.filter(|(other, dataset)| *other != index && rank(dataset) > 1);
    Ok(VideoDataset {
        index,
        encoding,
        others: others.map(|(_, other)| other.to_string()).collect(),
        is_named: false,
    })
}

/// The dataset with a name, which may be a path that contains links.
fn named(contents: &mut Contents, name: &str) -> Result<VideoDataset> {
    let mut datasets = contents.datasets.iter();
    let known = datasets.position(|dataset| dataset.name == name);
    let index = match known {
        Some(index) => index,
        None => {
            let Ok(mut dataset) = contents.find(name) else {
                let datasets = &contents.datasets;
                let names = datasets.iter().map(|dataset| dataset.name.as_str());
                let error = format!("it has no dataset `{name}`{}", listing(datasets));
                return Err(Error::new(error).did_you_mean(name, names));
            };
            dataset.is_alias = true;
            contents.datasets.push(dataset);
            contents.datasets.len() - 1
        }
    };
    let dataset = &contents.datasets[index];
    if let Some(error) = dataset.failure() {
        return Err(cannot_read(name, error));
    }
    match dataset.encoding {
        Ok(encoding) if (1..=4).contains(&dataset.shape.len()) && dataset.len() > 0 => {
            Ok(VideoDataset {
                index,
                encoding,
                others: Vec::new(),
                is_named: true,
            })
        }
        _ => bail!("its dataset {dataset} is not a video"),
    }
}

/// The error for a dataset that is damaged or stored elsewhere.
fn cannot_read(name: &str, reason: &Error) -> Error {
    let error = Error::new(format!("its dataset `{name}` cannot be read: {reason}"));
    reason.hints().iter().cloned().fold(error, Error::hint)
}

/// A list of the datasets for a message.
fn listing(datasets: &[Dataset]) -> String {
    crate::io::listing::listing(datasets.iter().map(Dataset::to_string))
}

/// The attributes of the file and of the video, single values, and a list of all datasets.
fn metadata(path: &Path, contents: &mut Contents, chosen: Option<&VideoDataset>) -> Metadata {
    let own = contents.datasets.iter().filter(|dataset| !dataset.is_alias);
    let list = Field::list(own.clone().map(Dataset::to_string));
    let mut fields = contents.attributes.clone();
    fields.extend(own.filter_map(|value| Some((value.name.clone(), value.field()?))));
    let chosen = chosen.map(|chosen| &contents.datasets[chosen.index]);
    fields.extend(
        chosen
            .into_iter()
            .flat_map(|chosen| chosen.attributes.clone()),
    );
    let name = chosen.map(|chosen| chosen.name.clone());
    let mut metadata = metadata_keys::metadata(fields);
    metadata.set("datasets", list);
    if nwb::is_nwb(contents) {
        nwb::describe(path, contents, &name.unwrap_or_default(), &mut metadata);
    } else if !contents.attributes_of("DataSetInfo/Image").is_empty() {
        imaris::describe(path, contents, &mut metadata);
    }
    metadata
}
