//! Zarr folders of versions 2 and 3, and OME-Zarr (NGFF), which names the axes.
//!
//! The reader is our own. The `zarrs` crate covers the whole specification, with Blosc and others
//! as C libraries. A recording needs little of it, one array of numbers: its metadata is JSON, its
//! codecs are crates here, and its chunks go through the code that also loads HDF5, on all cores
//! directly into the frames of the result, with limits on what damaged files can claim.

mod axes;
mod chunk_codecs;
mod coding;
mod fields;
mod fill;
mod metadata;
mod ome;
mod shard;
mod units;
mod write;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};

pub(in crate::io) use write::save;

use serde_json::Value;

use crate::bail;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::io::bytes::chunked::ChunkGrid;
use crate::io::bytes::closed_file::ClosedFile;
use crate::io::bytes::samples::{Conversion, SharedFile};
use crate::io::bytes::watched::WatchedFile;
use crate::io::codec::corrupted;
use crate::io::format::metadata_keys;
use crate::io::recording::is_zarr;
use crate::io::recording::{
    FrameRange, LoadOptions, Recording, cannot_load, cannot_map, warn_of_others,
};
use crate::task;
use crate::video::{DType, Metadata, Samples};
use axes::Axes;
use metadata::{ArrayMetadata, read_array, read_attributes, read_json};

/// Maximum number of folders that are searched for arrays, and maximum depth.
const MAX_FOLDERS: usize = 10_000;
const MAX_DEPTH: usize = 8;

/// Maximum number of files whose changes are watched.
const MAX_WATCHED: usize = 100_000;

/// Maximum number of shard indices kept in memory.
const MAX_LISTS: usize = 256;

/// An array with its name.
type NamedArray = (String, ArrayMetadata);

/// The arrays of a folder, and the first that cannot be read.
type FoundArrays = (Vec<NamedArray>, Option<(String, Error)>);

/// The numbers of shard indices, by the level, the file and the offset of the shard: a nested shard
/// can start where its parent does.
type ShardIndexes = HashMap<(usize, Vec<usize>, u64), Arc<Vec<u64>>>;

/// A folder whose array is known.
pub(in crate::io) struct ZarrStore {
    path: PathBuf,
    /// Folder of the array that is the video.
    folder: PathBuf,
    name: String,
    others: Vec<String>,
    array: ArrayMetadata,
    axes: Axes,
    metadata: Metadata,
    lists: Mutex<ShardIndexes>,
    warned: Once,
    /// The files of chunks or shards by their index, as they were when somebody asked for them, if
    /// there were all.
    closed: OnceLock<Option<BTreeMap<Vec<usize>, ClosedFile>>>,
}

/// Opens a Zarr folder.
pub(in crate::io) fn open(path: &Path, options: &LoadOptions) -> Result<Box<dyn Recording>> {
    Ok(Box::new(ZarrStore::open(path, options)?))
}

impl ZarrStore {
    /// Reads the list of arrays and chooses one.
    pub(in crate::io) fn open(path: &Path, options: &LoadOptions) -> Result<Self> {
        Self::read(path, options.fieldname.as_deref()).map_err(|e| cannot_load(path, &e))
    }

    fn read(path: &Path, fieldname: Option<&str>) -> Result<Self> {
        let attributes = read_attributes(path)?;
        let image = ome::ZarrLevel::read(&attributes, None)?;
        let (name, others) = match (fieldname, &image) {
            (Some(name), _) => (name.trim_matches('/').to_owned(), Vec::new()),
            (None, Some(image)) => (image.path.clone(), image.others.clone()),
            (None, None) => choose(path)?,
        };
        let folder = inside(path, &name)?;
        let Some(array) = read_array(&folder)? else {
            let (found, _) = find(path)?;
            let names = found.iter().map(|(name, _)| name.as_str());
            let error = format!("it has no array `{name}`{}", listing(&found));
            return Err(Error::new(error).did_you_mean(&name, names));
        };
        // The metadata of an image is in one of the parent folders of its array.
        let mut image = None;
        let mut described = vec![attributes];
        for (at, _) in name.match_indices('/').rev().chain([(0, "")]) {
            let (group, array) = (&name[..at], name[at..].trim_start_matches('/'));
            let attributes = read_attributes(&path.join(group))?;
            image = ome::ZarrLevel::read(&attributes, Some(array))?;
            if image.is_some() {
                described.push(attributes);
                break;
            }
        }
        let own = read_attributes(&folder)?;
        let mut names = array.axes.clone();
        if let Some(list) = own["_ARRAY_DIMENSIONS"].as_array() {
            names.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        described.push(own);
        let axes = Axes::new(
            &array.shape,
            image.as_ref().map(|image| &image.axes[..]),
            &names,
        )?;
        let mut metadata = metadata_keys::from_json(&described);
        if let Some(image) = image {
            for problem in image.describe(axes.frames(), &mut metadata) {
                task::warn(&format!("`{}`: {problem}", path.display()));
            }
        }
        Ok(Self {
            path: path.to_owned(),
            folder,
            name,
            others,
            array,
            axes,
            metadata,
            lists: Mutex::default(),
            warned: Once::new(),
            closed: OnceLock::new(),
        })
    }

    /// Lengths of the part of the array that a file holds.
    fn file_shape(&self) -> Vec<usize> {
        let coding = &self.array.coding;
        let axes = coding.chunk.iter().enumerate();
        let lens = axes.map(|(axis, chunk)| {
            let counts = coding.shards.iter().map(|shard| shard.counts[axis]);
            counts.fold(*chunk, usize::saturating_mul)
        });
        lens.collect()
    }

    /// Indices of the files that hold frames, which are along an axis; `None` if they are too many.
    fn files_of(&self, range: FrameRange, axis: usize) -> Option<Vec<Vec<usize>>> {
        let shape = self.array.shape.iter().zip(self.file_shape());
        let last = range.start + range.len.saturating_sub(1) * range.step;
        let mut found = vec![Vec::new()];
        for (at, (len, file_len)) in shape.enumerate() {
            let is_sparse = at == axis && range.step > file_len;
            let along = match at == axis {
                true => range.start / file_len..last / file_len + 1,
                false => 0..len.div_ceil(file_len),
            };
            let count = if is_sparse { range.len } else { along.len() };
            // A damaged file can claim any number of chunks.
            if found.len().saturating_mul(count) > MAX_WATCHED {
                return None;
            }
            let along: Vec<usize> = match is_sparse {
                true => range.indices().map(|frame| frame / file_len).collect(),
                false => along.collect(),
            };
            let longer = found.iter().flat_map(|index| {
                let along = along.iter();
                along.map(move |next| [&index[..], &[*next]].concat())
            });
            found = longer.collect();
        }
        Some(found)
    }

    /// The files as they are now; `None` if some were never written.
    fn close(&self, indices: &[Vec<usize>]) -> Result<Option<BTreeMap<Vec<usize>, ClosedFile>>> {
        let mut closed = BTreeMap::new();
        for index in indices {
            task::check()?;
            let path = self.file_of(index);
            if !path.is_file() {
                return Ok(None);
            }
            closed.insert(index.clone(), ClosedFile::new(&path)?);
        }
        Ok(Some(closed))
    }

    /// Reads the bytes of a chunk, if it was written.
    fn read_chunk(&self, index: &[usize]) -> Result<Option<Vec<u8>>> {
        let shards = &self.array.coding.shards;
        let mut index = index.to_vec();
        // Its indices within the shards, from the shard file to the innermost.
        let mut positions = Vec::new();
        for shard in shards.iter().rev() {
            let along = index.iter_mut().zip(&shard.counts);
            let position = along.map(|(index, count)| {
                let position = *index % count;
                *index /= count;
                position
            });
            positions.push(position.collect::<Vec<usize>>());
        }
        let Some(source) = SharedFile::find(&self.file_of(&index))? else {
            return Ok(None);
        };
        let (mut start, mut len) = (0, source.len());
        for (level, position) in positions.iter().rev().enumerate() {
            let numbers = self.list(&source, level, &index, start, len)?;
            let Some((at, within)) = shards[level].find(&numbers, position) else {
                return Ok(None);
            };
            if at.checked_add(within).is_none_or(|end| end > len) {
                return Err(corrupted());
            }
            (start, len) = (start + at, within);
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| corrupted())?];
        source.read_at(start, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// The index of a shard that is a section of a file.
    fn list(
        &self,
        source: &SharedFile,
        level: usize,
        file: &[usize],
        start: u64,
        len: u64,
    ) -> Result<Arc<Vec<u64>>> {
        let shard = &self.array.coding.shards[level];
        let key = (level, file.to_vec(), start);
        let lists = || self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(numbers) = lists().get(&key) {
            return Ok(numbers.clone());
        }
        let before = len.checked_sub(shard.list_len()).ok_or_else(corrupted)?;
        let at = start + if shard.list_is_first { 0 } else { before };
        let mut bytes = vec![0; shard.list_len() as usize];
        source.read_at(at, &mut bytes)?;
        let numbers = Arc::new(shard.numbers(&bytes)?);
        let mut lists = lists();
        if lists.len() >= MAX_LISTS {
            lists.clear();
        }
        lists.insert(key, numbers.clone());
        Ok(numbers)
    }

    fn file_of(&self, index: &[usize]) -> PathBuf {
        let keys = &self.array.keys;
        let numbers = index.iter().map(usize::to_string);
        let prefix = (!keys.prefix.is_empty()).then(|| keys.prefix.to_owned());
        let parts: Vec<String> = prefix.into_iter().chain(numbers).collect();
        self.folder.join(parts.join(keys.separator))
    }
}

impl Recording for ZarrStore {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        Ok((self.axes.video_shape(), self.array.coding.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let warn = || warn_of_others(&self.path, &self.name, &self.others);
        self.warned.call_once(warn);
        let ArrayMetadata {
            shape,
            coding,
            fill_value,
            ..
        } = &self.array;
        let explain = |e: Error| cannot_load(&self.path, &e);
        let grid = ChunkGrid::new(coding.encoding, shape, &coding.chunk, &coding.order)
            .map_err(explain)?;
        let grid = grid
            .with_fill_value(fill_value.clone().unwrap_or_default())
            .with_axes(&self.axes.loaded);
        let has_gaps = AtomicBool::new(false);
        let decode = |index: &[usize], out: &mut [u8]| match self.read_chunk(index)? {
            Some(bytes) => chunk_codecs::decode(&coding.steps, bytes, out).map(|()| true),
            None => {
                has_gaps.store(true, Ordering::Relaxed);
                Ok(false)
            }
        };
        let conversion = Conversion::none(coding.encoding);
        let samples = grid.load(conversion, range, &decode).map_err(explain)?;
        if fill_value.is_none() && has_gaps.into_inner() {
            task::warn(&format!(
                "`{}` has chunks that were never written and no fill value: their samples are \
                 zeros",
                self.path.display()
            ));
        }
        let layout = self.axes.video_layout(samples.layout());
        Ok(samples.with_layout(layout))
    }

    fn deferrable_files(&self, range: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        let frames = self.axes.loaded.first().copied().flatten();
        let Some(axis) = frames.filter(|_| self.array.coding.encoding.dtype != DType::Bool) else {
            return Ok(None);
        };
        let Some(indices) = self.files_of(range, axis) else {
            return Ok(None);
        };
        let closed = match self.closed.get() {
            Some(closed) => closed,
            None => {
                let closed = self.close(&indices)?;
                self.closed.get_or_init(|| closed)
            }
        };
        let files = indices
            .iter()
            .map(|index| Some(closed.as_ref()?.get(index)? as _));
        Ok(files.collect())
    }

    fn set_deferred(&mut self) {
        self.folder = files::absolute(&self.folder);
    }

    fn frames_together(&self) -> usize {
        let axis = self.axes.loaded.first().copied().flatten();
        axis.map_or(1, |axis| self.array.coding.chunk[axis])
    }

    fn map(&self) -> Result<Samples> {
        Err(cannot_map(&self.path, "its samples are in chunks"))
    }
}

/// The array that is the video: the first with three axes, else with four, two or one.
fn choose(path: &Path) -> Result<(String, Vec<String>)> {
    let (found, failure) = find(path)?;
    let rank = |(_, array): &NamedArray| {
        let long = array.shape.iter().filter(|len| **len > 1).count();
        match array.shape.len() {
            _ if long == 0 => 0,
            3 => 4,
            4.. => 3,
            axes => axes,
        }
    };
    let best = found.iter().map(rank).max().unwrap_or(0);
    let index = found.iter().position(|array| rank(array) == best);
    let Some(index) = index else {
        let none = || Error::new("it has no array of numbers");
        return Err(failure.map_or_else(none, |(_, error)| error));
    };
    if let Some((name, error)) = failure {
        let path = path.display();
        task::warn(&format!(
            "the array `{name}` of `{path}` is left out: {error}"
        ));
    }
    let others = found.iter().enumerate();
    let others = others.filter(|(other, array)| *other != index && rank(array) > 1);
    let others = others.map(|(_, array)| describe(array)).collect();
    Ok((found[index].0.clone(), others))
}

/// The arrays in a folder and its subfolders, in the order of their names, and the first that
/// cannot be read.
fn find(path: &Path) -> Result<FoundArrays> {
    let (mut found, mut failure) = (Vec::new(), None);
    let mut folders = vec![(path.to_owned(), String::new(), 0)];
    let mut looked_at = 0;
    while let Some((folder, name, depth)) = folders.pop() {
        looked_at += 1;
        if looked_at > MAX_FOLDERS {
            bail!("it has more than {MAX_FOLDERS} folders");
        }
        if read_json(&folder, ".zarray")?.is_some() || is_array(&folder)? {
            match read_array(&folder) {
                Ok(array) => found.extend(array.map(|array| (name, array))),
                Err(error) => failure = failure.or(Some((name, error))),
            }
            continue;
        }
        if depth == MAX_DEPTH {
            continue;
        }
        let inner = files::list(&folder)?
            .into_iter()
            .filter(|path| is_zarr(path));
        let mut inner: Vec<String> = inner
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect();
        inner.sort_unstable_by(|a, b| b.cmp(a));
        let prefix = if name.is_empty() { name } else { name + "/" };
        let inner = inner.into_iter();
        folders.extend(
            inner.map(|entry| (folder.join(&entry), format!("{prefix}{entry}"), depth + 1)),
        );
    }
    Ok((found, failure))
}

fn is_array(folder: &Path) -> Result<bool> {
    let json = read_json(folder, "zarr.json")?;
    Ok(json.is_some_and(|json| json["node_type"] == "array"))
}

/// The folder of an array, which must not lead out of the store.
fn inside(path: &Path, name: &str) -> Result<PathBuf> {
    let is_plain = |part: std::path::Component| matches!(part, std::path::Component::Normal(_));
    if !Path::new(name).components().all(is_plain) {
        bail!("its array `{name}` would be outside of the folder");
    }
    Ok(path.join(name))
}

fn describe((name, array): &NamedArray) -> String {
    let shape = crate::video::shape_text(&array.shape);
    format!("{name} ({shape} {})", array.coding.encoding.dtype)
}

fn listing(found: &[NamedArray]) -> String {
    crate::io::listing::listing(found.iter().map(describe))
}
