//! What a MATLAB file says about a variable, and reading its numbers.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use flate2::bufread::ZlibDecoder;

use crate::error::{Error, Result};
use crate::io::FrameRange;
use crate::io::hdf5::Dataset;
use crate::io::raw::{self, Conversion, Source};
use crate::video::{Field, Samples, shape_text};

/// How many bytes of a compressed variable are inflated in one step.
const STEP: usize = 1 << 20;

/// A variable.
pub(super) struct Variable {
    pub(super) name: String,
    /// The lengths of its axes in MATLAB's order, the first varying fastest.
    pub(super) dims: Vec<usize>,
    pub(super) content: Content,
}

/// What a variable holds.
pub(super) enum Content {
    /// Real numbers; the value if there is only one.
    Numbers(Numbers, Option<f64>),
    /// Text.
    Text(String),
    /// What a video cannot be made of, in words.
    Other(&'static str),
}

/// Where real numbers are and how they are stored.
#[derive(Clone)]
pub(super) struct Numbers {
    /// The type that the samples become, and that which they are stored as.
    pub(super) conversion: Conversion,
    pub(super) place: Place,
}

/// Where the samples of a variable are.
#[derive(Clone)]
pub(super) enum Place {
    /// At a byte of the file.
    Plain(u64),
    /// After `skip` bytes of what inflates from a stretch of the file.
    Deflated { start: u64, len: u64, skip: u64 },
    /// In a dataset of a file that is also one of HDF5.
    Dataset(Arc<Dataset>),
}

impl Place {
    /// Where in the file the samples lie as they are, if they do.
    pub(super) fn plain(&self) -> Option<u64> {
        match self {
            Self::Plain(start) => Some(*start),
            Self::Deflated { .. } => None,
            Self::Dataset(dataset) => dataset.plain(),
        }
    }
}

impl Variable {
    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        let product = |len: usize, axis: &usize| len.saturating_mul(*axis);
        self.dims.iter().fold(1, product)
    }

    /// The value as metadata, if it is a single number or text.
    pub(super) fn field(&self) -> Option<Field> {
        match &self.content {
            Content::Numbers(_, Some(value)) => Some(Field::Float(*value)),
            Content::Text(text) => Some(Field::Text(text.clone())),
            _ => None,
        }
    }
}

impl std::fmt::Display for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match &self.content {
            Content::Numbers(numbers, _) => numbers.conversion.dtype.to_string(),
            Content::Text(_) => "text".into(),
            Content::Other(kind) => (*kind).into(),
        };
        match self.dims.as_slice() {
            [] => write!(f, "{} ({kind})", self.name),
            dims => write!(f, "{} ({} {kind})", self.name, shape_text(dims)),
        }
    }
}

impl Numbers {
    /// Reads blocks of samples along the slowest axis, the first of `shape`, whose length is then
    /// that of the range.
    pub(super) fn read(
        &self,
        source: &Source,
        shape: &[usize],
        range: FrameRange,
    ) -> Result<Samples> {
        match self.place {
            Place::Plain(start) => raw::read_blocks(source, self.conversion, shape, start, range),
            Place::Dataset(ref dataset) => dataset.read(source, self.conversion, range),
            Place::Deflated { start, len, skip } => {
                let block: usize = shape[1..].iter().product();
                let shape = [&[range.len], &shape[1..]].concat();
                let mut stream = inflate(source, start, len);
                let before = range.start * block * self.conversion.stored.size();
                skip_bytes(&mut stream, skip + before as u64).map_err(|e| damaged(&e))?;
                self.read_stream(&mut stream, &shape, block, range.step)
            }
        }
    }

    fn read_stream(
        &self,
        stream: &mut dyn Read,
        shape: &[usize],
        block: usize,
        step: usize,
    ) -> Result<Samples> {
        let between = (step - 1) * block * self.conversion.stored.size();
        let per_step = if between == 0 {
            STEP / self.conversion.stored.size()
        } else {
            block
        };
        let mut is_first = true;
        raw::load_in_order(self.conversion.dtype, shape, per_step, |out| {
            if between > 0 && !std::mem::take(&mut is_first) {
                skip_bytes(stream, between as u64).map_err(|e| damaged(&e))?;
            }
            self.conversion.fill(out, &mut |bytes| {
                stream.read_exact(bytes).map_err(|e| damaged(&e))
            })
        })
    }
}

/// A compressed stretch of a file as a stream of what it holds.
pub(super) fn inflate(source: &Source, start: u64, len: u64) -> impl Read + '_ {
    let section = source.section(start, len);
    ZlibDecoder::new(BufReader::with_capacity(STEP, section))
}

/// Leaves out bytes of a stream.
fn skip_bytes(stream: &mut dyn Read, len: u64) -> std::io::Result<()> {
    let mut rest = BufReader::with_capacity(1 << 16, stream.take(len));
    let mut left = len;
    while left > 0 {
        let read = rest.fill_buf()?.len();
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if crate::task::is_interrupted() {
            return Err(std::io::Error::other(Error::interrupted()));
        }
        rest.consume(read);
        left -= read as u64;
    }
    Ok(())
}

/// The error for a variable whose bytes cannot be inflated.
pub(super) fn damaged(cause: &std::io::Error) -> Error {
    let inner = cause
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<Error>());
    match inner {
        Some(error) => error.clone(),
        None => Error::new(format!(
            "its compressed data is damaged or cut short ({cause})"
        )),
    }
}
