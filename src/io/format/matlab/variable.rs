//! A variable of a MATLAB file: its description, and reading its numbers.

#[cfg(feature = "hdf5")]
use std::sync::Arc;

use crate::error::Result;
use crate::history;
use crate::io::bytes::samples::{self, Conversion, SharedFile};
use crate::io::bytes::stream;
use crate::io::codec::inflate::Wrapping;
#[cfg(feature = "hdf5")]
use crate::io::format::hdf5::Dataset;
use crate::io::format::metadata_keys;
use crate::io::recording::FrameRange;
use crate::video::{Field, Samples, shape_text};

/// A variable.
pub(super) struct Variable {
    pub(super) name: String,
    /// Lengths of its axes in MATLAB's order, the first varying fastest.
    pub(super) dims: Vec<usize>,
    pub(super) content: VariableContent,
}

/// Content of a variable.
pub(super) enum VariableContent {
    /// Real numbers; with their values if there are few.
    Numbers(NumericData, Vec<f64>),
    /// Text.
    Text(String),
    /// Description of content that cannot be a video.
    Other(&'static str),
}

/// Location and encoding of real numbers.
#[derive(Clone)]
pub(super) struct NumericData {
    /// Stored type of the samples and the type they are converted to.
    pub(super) conversion: Conversion,
    pub(super) location: DataLocation,
}

/// Location of the samples of a variable.
#[derive(Clone)]
pub(super) enum DataLocation {
    /// At an offset of the file.
    Plain(u64),
    /// After `skip` bytes of the inflated data of a section of the file.
    Deflated { start: u64, len: u64, skip: u64 },
    /// In a dataset of a file that is also an HDF5 file.
    #[cfg(feature = "hdf5")]
    Dataset(Arc<Dataset>),
}

impl DataLocation {
    /// Offset of the samples in the file, if they are stored unchanged.
    pub(super) fn plain(&self) -> Option<u64> {
        match self {
            Self::Plain(start) => Some(*start),
            Self::Deflated { .. } => None,
            #[cfg(feature = "hdf5")]
            Self::Dataset(dataset) => dataset.plain(),
        }
    }
}

impl Variable {
    /// Number of elements.
    pub(super) fn len(&self) -> usize {
        let product = |len: usize, axis: &usize| len.saturating_mul(*axis);
        self.dims.iter().fold(1, product)
    }

    /// Whether it is the script that made another variable.
    pub(super) fn is_script(&self) -> bool {
        match &self.content {
            VariableContent::Text(text) => text.starts_with(history::BEGINNING),
            _ => false,
        }
    }

    /// The value as metadata, if it is text or a few numbers.
    pub(super) fn field(&self) -> Option<Field> {
        match &self.content {
            VariableContent::Numbers(_, values) => metadata_keys::list(values),
            VariableContent::Text(text) => Some(Field::Text(text.clone())),
            VariableContent::Other(_) => None,
        }
    }
}

impl std::fmt::Display for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match &self.content {
            VariableContent::Numbers(numbers, _) => numbers.conversion.dtype.to_string(),
            VariableContent::Text(_) => "text".into(),
            VariableContent::Other(kind) => (*kind).into(),
        };
        match self.dims.as_slice() {
            [] => write!(f, "{} ({kind})", self.name),
            dims => write!(f, "{} ({} {kind})", self.name, shape_text(dims)),
        }
    }
}

impl NumericData {
    /// Reads blocks of samples along the slowest axis, the first of `shape`.
    pub(super) fn read(
        &self,
        source: &SharedFile,
        shape: &[usize],
        range: FrameRange,
    ) -> Result<Samples> {
        match self.location {
            DataLocation::Plain(start) => {
                samples::read_blocks(source, self.conversion, shape, start, range)
            }
            #[cfg(feature = "hdf5")]
            DataLocation::Dataset(ref dataset) => dataset.read(self.conversion, range),
            DataLocation::Deflated { start, len, skip } => {
                let stretch = (start, len);
                if range.len == shape[0]
                    && let Some(samples) = stream::read_all(
                        source,
                        Wrapping::Zlib,
                        stretch,
                        skip,
                        self.conversion,
                        shape,
                        None,
                    )?
                {
                    return Ok(samples);
                }
                let mut stream = stream::inflate(source, start, len);
                stream::read_blocks(&mut stream, skip, self.conversion, shape, range)
            }
        }
    }
}
