//! Zarr folders of versions 2 and 3, and those of OME-Zarr (NGFF), which name the axes.

mod metadata;
mod ome;
mod write;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub(in crate::io) use write::save;

use crate::bail;
use crate::error::{Error, Result};
use crate::files;
use crate::io::chunked::Grid;
use crate::io::codec::{self, damaged};
use crate::io::raw::{Conversion, Source};
use crate::io::{FrameRange, Options, Recording, cannot_load, cannot_map, known, warn_of_others};
use crate::video::{DType, Metadata, Samples};
use metadata::{ArrayMetadata, Shard, read_array, read_attributes, read_json};
use ome::Axes;

/// The most folders that are looked at for arrays, and the deepest.
const MAX_FOLDERS: usize = 10_000;
const MAX_DEPTH: usize = 8;

/// The place of a chunk in a shard that was never written.
const MISSING: u64 = u64::MAX;

/// A folder whose array is known.
pub(in crate::io) struct Store {
    path: PathBuf,
    /// The folder of the array that is the video.
    folder: PathBuf,
    name: String,
    others: Vec<String>,
    array: ArrayMetadata,
    axes: Axes,
    metadata: Metadata,
}

/// Whether a folder is one of Zarr's.
pub(in crate::io) fn is_store(folder: &Path) -> bool {
    let files = ["zarr.json", ".zarray", ".zgroup"];
    files.iter().any(|name| folder.join(name).is_file())
}

impl Store {
    /// Reads what the arrays are, and chooses one.
    pub(in crate::io) fn open(path: &Path, options: &Options) -> Result<Self> {
        Self::read(path, options.fieldname.as_deref()).map_err(|e| cannot_load(path, &e))
    }

    fn read(path: &Path, fieldname: Option<&str>) -> Result<Self> {
        let attributes = read_attributes(path)?;
        let image = ome::Image::read(&attributes);
        let (name, others) = match (fieldname, &image) {
            (Some(name), _) => (name.trim_matches('/').to_owned(), Vec::new()),
            (None, Some(image)) => (image.path.clone(), Vec::new()),
            (None, None) => choose(path)?,
        };
        let folder = inside(path, &name)?;
        let Some(array) = read_array(&folder)? else {
            let found = find(path)?;
            let names = found.iter().map(|(name, _)| name.as_str());
            let error = format!("it has no array `{name}`{}", listing(&found));
            return Err(Error::new(error).did_you_mean(&name, names));
        };
        let image = image.filter(|image| array.shape.len() == image.axes.len());
        let names = image.as_ref().map_or(&[][..], |image| &image.axes);
        let axes = Axes::new(&array.shape, names)?;
        let mut metadata = known::from_json(&[attributes, read_attributes(&folder)?]);
        if let Some(image) = image {
            image.describe(&axes, &mut metadata);
        }
        Ok(Self {
            path: path.to_owned(),
            folder,
            name,
            others,
            array,
            axes,
            metadata,
        })
    }

    /// Reads the bytes of a chunk, if it was written.
    fn read_chunk(&self, index: &[usize]) -> Result<Option<Vec<u8>>> {
        let Some(shard) = &self.array.shard else {
            let Some(source) = Source::find(&self.file_of(index))? else {
                return Ok(None);
            };
            let len = usize::try_from(source.len()).map_err(|_| damaged())?;
            return source.start(len).map(Some);
        };
        let along = || index.iter().zip(&shard.counts);
        let file: Vec<usize> = along().map(|(index, count)| index / count).collect();
        let Some(source) = Source::find(&self.file_of(&file))? else {
            return Ok(None);
        };
        let number = along().fold(0, |number, (index, count)| number * count + index % count);
        read_from_shard(&source, shard, number)
    }

    fn file_of(&self, index: &[usize]) -> PathBuf {
        let keys = &self.array.keys;
        let numbers = index.iter().map(usize::to_string);
        let prefix = (!keys.prefix.is_empty()).then(|| keys.prefix.to_owned());
        let parts: Vec<String> = prefix.into_iter().chain(numbers).collect();
        self.folder.join(parts.join(keys.separator))
    }
}

/// The size of all files in a folder and those below it, in bytes.
fn size_of_files(folder: &Path, depth: usize) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| {
        let metadata = entry.metadata().ok()?;
        Some(match metadata.is_dir() {
            true if depth < MAX_DEPTH => size_of_files(&entry.path(), depth + 1),
            true => 0,
            false => metadata.len(),
        })
    });
    sizes.sum()
}

/// Reads one of the chunks of a file by its number.
fn read_from_shard(source: &Source, shard: &Shard, number: usize) -> Result<Option<Vec<u8>>> {
    let list = if shard.list_is_first {
        Some(0)
    } else {
        source.len().checked_sub(shard.list_len)
    };
    let mut place = [0; 16];
    let at = list.ok_or_else(damaged)? + 16 * number as u64;
    source.read_at(at, &mut place)?;
    let (start, len) = place.split_at(8);
    let word = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    let (start, len) = (word(start), word(len));
    if (start, len) == (MISSING, MISSING) {
        return Ok(None);
    }
    if start.checked_add(len).is_none_or(|end| end > source.len()) {
        return Err(damaged());
    }
    let mut bytes = vec![0; len as usize];
    source.read_at(start, &mut bytes)?;
    Ok(Some(bytes))
}

impl Recording for Store {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        Ok((self.axes.video_shape(), self.array.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        warn_of_others(&self.path, &self.name, &self.others);
        let array = &self.array;
        let grid = Grid::new(array.encoding, &array.shape, &array.chunk, &array.order)
            .map_err(|e| cannot_load(&self.path, &e))?;
        let grid = grid
            .with_blank(array.blank.clone())
            .without_axes(&self.axes.dropped);
        let decode = |index: &[usize], out: &mut [u8]| match self.read_chunk(index)? {
            Some(bytes) => codec::decode(&array.codecs, bytes, out).map(|()| true),
            None => Ok(false),
        };
        let conversion = Conversion::none(array.encoding);
        let samples = grid
            .load(
                conversion,
                self.axes.stored_range(range),
                size_of_files(&self.folder, 0),
                &decode,
            )
            .map_err(|e| cannot_load(&self.path, &e))?;
        let layout = self.axes.video_layout(samples.layout());
        Ok(samples.with_layout(layout.slice(0, 0, range.len, 1)))
    }

    fn map(&self) -> Result<Samples> {
        Err(cannot_map(&self.path, "its samples are in chunks"))
    }
}

/// The array that is the video: the first with three axes, four, two or one.
fn choose(path: &Path) -> Result<(String, Vec<String>)> {
    let found = find(path)?;
    let rank = |(_, array): &(String, ArrayMetadata)| {
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
        bail!("it has no array of numbers");
    };
    let others = found.iter().enumerate();
    let others = others.filter(|(other, array)| *other != index && rank(array) > 1);
    let others = others.map(|(_, array)| describe(array)).collect();
    Ok((found[index].0.clone(), others))
}

/// The arrays in a folder and those below it, in the order of their names.
fn find(path: &Path) -> Result<Vec<(String, ArrayMetadata)>> {
    let mut found = Vec::new();
    let mut folders = vec![(path.to_owned(), String::new(), 0)];
    let mut looked_at = 0;
    while let Some((folder, name, depth)) = folders.pop() {
        looked_at += 1;
        if looked_at > MAX_FOLDERS {
            bail!("it has more than {MAX_FOLDERS} folders");
        }
        // What holds no numbers is left out.
        if read_json(&folder, ".zarray")?.is_some() || is_array(&folder)? {
            found.extend(
                read_array(&folder)
                    .ok()
                    .flatten()
                    .map(|array| (name, array)),
            );
            continue;
        }
        if depth == MAX_DEPTH {
            continue;
        }
        let inner = files::list(&folder)?
            .into_iter()
            .filter(|path| is_store(path));
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
    Ok(found)
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

fn describe((name, array): &(String, ArrayMetadata)) -> String {
    let shape = crate::video::shape_text(&array.shape);
    format!("{name} ({shape} {})", array.encoding.dtype)
}

fn listing(found: &[(String, ArrayMetadata)]) -> String {
    crate::io::listing(found.iter().map(describe))
}
