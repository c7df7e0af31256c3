//! HDF5 files: one dataset of numbers is the video, its first axis being time.

mod dataset;
mod write;

#[cfg(test)]
mod tests;

use std::path::Path;

pub(in crate::io) use dataset::{Attributes, Dataset, datasets};
pub(in crate::io) use write::{Attribute, NewDataset, save};

use crate::bail;
use crate::error::{Error, Result};
use crate::io::raw::{Conversion, Encoding, Source};
use crate::io::{FrameRange, Options, Recording, cannot_load, cannot_map, known, warn_of_others};
use crate::video::{DType, Element, Field, Layout, MappedFile, Metadata, Samples, with_dtype};

const MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";

/// A file whose datasets are known.
pub(in crate::io) struct Hdf5File {
    source: Source,
    datasets: Vec<Dataset>,
    chosen: Result<Chosen>,
    metadata: Metadata,
}

/// The dataset that is the video.
#[derive(Clone)]
struct Chosen {
    index: usize,
    encoding: Encoding,
    /// The other datasets that could be one.
    others: Vec<String>,
}

/// Whether a file that begins with these bytes is an HDF5 file.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

impl Hdf5File {
    /// Reads what the datasets are, and chooses one.
    pub(in crate::io) fn open(path: &Path, options: &Options) -> Result<Self> {
        let source = Source::open(path)?;
        let (datasets, attributes) = datasets(path).map_err(|e| cannot_load(path, &e))?;
        let chosen = choose(&datasets, options.fieldname.as_deref());
        let metadata = metadata(&datasets, attributes, chosen.as_ref().ok());
        Ok(Self {
            chosen: chosen.map_err(|e| cannot_load(path, &e)),
            metadata,
            datasets,
            source,
        })
    }

    fn chosen(&self) -> Result<(&Dataset, &Chosen)> {
        let chosen = self.chosen.as_ref().map_err(Error::clone)?;
        Ok((&self.datasets[chosen.index], chosen))
    }
}

impl Recording for Hdf5File {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        let (dataset, chosen) = self.chosen()?;
        Ok((dataset.shape.clone(), chosen.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let (dataset, chosen) = self.chosen()?;
        let path = self.source.path();
        warn_of_others(path, &dataset.name, &chosen.others);
        dataset
            .read(&self.source, Conversion::none(chosen.encoding), range)
            .map_err(|e| cannot_load(path, &e))
    }

    fn must_load(&self) -> Option<&'static str> {
        let (dataset, chosen) = self.chosen().ok()?;
        dataset.plain().and(chosen.encoding.must_load())
    }

    fn map(&self) -> Result<Samples> {
        let (dataset, chosen) = self.chosen()?;
        let path = self.source.path();
        let Some(start) = dataset.plain() else {
            return Err(cannot_map(path, "its samples are in chunks"));
        };
        if let Some(obstacle) = chosen.encoding.obstacle() {
            return Err(cannot_map(path, obstacle));
        }
        warn_of_others(path, &dataset.name, &chosen.others);
        let file = MappedFile::open(path)?;
        let layout = Layout::contiguous(&dataset.shape);
        let mapped = with_dtype!(chosen.encoding.dtype, T => {
            file.array::<T>(start as usize, layout).map(Element::wrap)
        });
        mapped.ok_or_else(|| cannot_map(path, "its samples are not aligned"))
    }
}

/// The dataset that is the video: the one named, or the first with three axes, four, two or one.
fn choose(datasets: &[Dataset], fieldname: Option<&str>) -> Result<Chosen> {
    if let Some(name) = fieldname {
        return named(datasets, name.trim_start_matches('/'));
    }
    let rank = |dataset: &Dataset| match (dataset.shape.len(), dataset.len()) {
        (_, 0 | 1) => 0,
        _ if dataset.encoding.is_err() => 0,
        (3, _) => 4,
        (4, _) => 3,
        (axes @ 1..=2, _) => axes,
        _ => 0,
    };
    let best = datasets.iter().map(rank).max().unwrap_or(0);
    let index = datasets.iter().position(|dataset| rank(dataset) == best);
    let chosen = index.and_then(|index| Some((index, datasets[index].encoding.ok()?)));
    let Some((index, encoding)) = chosen.filter(|_| best > 0) else {
        bail!(
            "it has no dataset of numbers with 1 to 4 axes{}",
            listing(datasets)
        );
    };
    let others = datasets.iter().enumerate();
    let others = others.filter(|(other, dataset)| *other != index && rank(dataset) > 1);
    Ok(Chosen {
        index,
        encoding,
        others: others.map(|(_, other)| other.to_string()).collect(),
    })
}

fn named(datasets: &[Dataset], name: &str) -> Result<Chosen> {
    let Some(index) = datasets.iter().position(|dataset| dataset.name == name) else {
        let names = datasets.iter().map(|dataset| dataset.name.as_str());
        let error = format!("it has no dataset `{name}`{}", listing(datasets));
        return Err(Error::new(error).did_you_mean(name, names));
    };
    let dataset = &datasets[index];
    match dataset.encoding {
        Ok(encoding) if (1..=4).contains(&dataset.shape.len()) && dataset.len() > 0 => Ok(Chosen {
            index,
            encoding,
            others: Vec::new(),
        }),
        _ => bail!("its dataset {dataset} is not a video"),
    }
}

/// The datasets in words, after what is said about the file.
fn listing(datasets: &[Dataset]) -> String {
    crate::io::listing(datasets.iter().map(Dataset::to_string))
}

/// The attributes of the file and of the video, single values, and a list of all datasets.
fn metadata(datasets: &[Dataset], attributes: Attributes, chosen: Option<&Chosen>) -> Metadata {
    let mut fields = attributes;
    let values = datasets.iter();
    fields.extend(values.filter_map(|value| Some((value.name.clone(), value.field()?))));
    if let Some(chosen) = chosen {
        fields.extend(datasets[chosen.index].attributes.clone());
    }
    let mut metadata = known::metadata(fields);
    let list = datasets.iter().map(Dataset::to_string);
    metadata.set("datasets", Field::list(list));
    metadata
}
