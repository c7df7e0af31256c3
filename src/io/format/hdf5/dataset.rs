//! A dataset: its properties, and its samples, which are decompressed on all cores directly into
//! the output.

use std::sync::Arc;

use super::attribute::{self, Attributes};
use super::chunks::ChunkReader;
use super::cursor::corrupted;
use super::dataset_body::DatasetBody;
use super::datatype::ElementKind;
use super::external;
use super::file::Hdf5File;
use super::header::Message;
use super::layout::DataLayout;
use crate::bail;
use crate::error::{Error, Result, counted};
use crate::io::bytes::chunked::ChunkGrid;
use crate::io::bytes::samples::{self, Conversion, Encoding, SharedFile};
use crate::io::codec;
use crate::io::format::metadata_keys;
use crate::io::recording::FrameRange;
use crate::video::{Field, Samples, shape_text};

/// A dataset, or a placeholder for one that cannot be read.
pub(in crate::io) struct Dataset {
    /// Its path: the names of its groups, then its own.
    pub(in crate::io) name: String,
    pub(in crate::io) shape: Vec<usize>,
    /// Encoding of the samples once decoded, or a description of what is stored instead of real
    /// numbers.
    pub(in crate::io) encoding: std::result::Result<Encoding, &'static str>,
    pub(in crate::io) attributes: Attributes,
    /// Whether it is a second name of a dataset that was visited before.
    pub(in crate::io) is_alias: bool,
    body: Result<DatasetBody>,
}

impl Dataset {
    /// Reads the messages of an object.
    pub(super) fn new(
        name: String,
        file: &Arc<Hdf5File>,
        address: u64,
        messages: &[Message],
    ) -> Self {
        let body = match DatasetBody::new(file, address, messages) {
            Ok(body) => body,
            Err(error) => return Self::failed(&name, "unreadable", error),
        };
        let shape = body.space.shape.iter().map(|len| usize::try_from(*len));
        let Ok(shape) = shape.collect() else {
            let error = Error::new("it has an impossible shape");
            return Self::failed(&name, "unreadable", error);
        };
        let encoding = match body.space.is_null {
            true => Err("empty"),
            false => body.datatype.encoding().map(|(encoding, _)| encoding),
        };
        Self {
            name,
            shape,
            encoding,
            attributes: attribute::of(file, messages),
            is_alias: false,
            body: Ok(body),
        }
    }

    /// Placeholder for an object that cannot be read, with the reason.
    pub(super) fn failed(name: &str, kind: &'static str, error: Error) -> Self {
        Self {
            name: name.into(),
            shape: Vec::new(),
            encoding: Err(kind),
            attributes: Attributes::new(),
            is_alias: false,
            body: Err(error),
        }
    }

    /// The reason why it cannot be read, if any.
    pub(in crate::io) fn failure(&self) -> Option<&Error> {
        self.body.as_ref().err()
    }

    fn body(&self) -> Result<&DatasetBody> {
        self.body.as_ref().map_err(Error::clone)
    }

    /// Number of elements.
    pub(in crate::io) fn len(&self) -> usize {
        let product = |len: usize, axis: &usize| len.saturating_mul(*axis);
        self.shape.iter().fold(1, product)
    }

    /// Offset of the first samples; those in external files come last.
    pub(super) fn position(&self, file: &Arc<Hdf5File>) -> u64 {
        let body = self.body.as_ref().ok();
        let body = body.filter(|body| Arc::ptr_eq(&body.file, file));
        let first = body.and_then(|body| match &body.layout {
            DataLayout::Compact(_) => Some(body.address),
            DataLayout::Contiguous(address) => *address,
            DataLayout::Chunked(chunks) => {
                let reader = ChunkReader::new(body, chunks).ok();
                let first = reader.and_then(|reader| reader.first());
                first.or(chunks.address)
            }
            DataLayout::Virtual => None,
        });
        first.unwrap_or(u64::MAX)
    }

    /// The file that contains the samples.
    pub(in crate::io) fn source(&self) -> Result<&SharedFile> {
        Ok(&self.body()?.file.source)
    }

    /// Offset of the samples in the file, if they are stored as in memory.
    pub(in crate::io) fn plain(&self) -> Option<u64> {
        let body = self.body.as_ref().ok()?;
        match body.layout {
            DataLayout::Contiguous(Some(address))
                if body.recode.is_none() && body.pieces.is_empty() =>
            {
                body.file.absolute(address)
            }
            _ => None,
        }
    }

    /// The bytes of a small value, in its encoding.
    pub(in crate::io) fn small(&self) -> Option<Vec<u8>> {
        let body = self.body.as_ref().ok()?;
        let elements = elements(body).ok()?;
        Some(match (&body.recode, self.encoding) {
            (Some(recode), Ok(encoding)) => {
                let mut out = vec![0; self.len() * encoding.size()];
                recode.apply(&elements, &mut out);
                out
            }
            _ => elements,
        })
    }

    /// The value as metadata, if it is a single number or text.
    pub(in crate::io) fn field(&self) -> Option<Field> {
        if self.len() != 1 || self.encoding == Err("empty") {
            return None;
        }
        match self.text() {
            Some(text) => Some(Field::Text(text)),
            None => metadata_keys::list(&self.numbers()?),
        }
    }

    /// The first text.
    pub(super) fn text(&self) -> Option<String> {
        let body = self.body.as_ref().ok()?;
        if !matches!(
            body.datatype.kind,
            ElementKind::Text { .. } | ElementKind::LongText
        ) {
            return None;
        }
        let bytes = elements(body).ok()?;
        match attribute::value(&body.file, &body.datatype, 1, &bytes).ok()?? {
            Field::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The samples, if there are few.
    pub(in crate::io) fn numbers(&self) -> Option<Vec<f64>> {
        let bytes = self.small()?;
        let mut read = |out: &mut [u8]| {
            out.copy_from_slice(bytes.get(..out.len()).ok_or_else(codec::corrupted)?);
            Ok(())
        };
        samples::read_numbers(self.encoding.ok()?, self.len(), &mut read).ok()
    }

    /// Addresses of the objects that it refers to.
    pub(in crate::io) fn references(&self) -> Option<Vec<u64>> {
        let body = self.body.as_ref().ok()?;
        if body.datatype.kind != ElementKind::Reference {
            return None;
        }
        let bytes = elements(body).ok()?;
        let elements = bytes.chunks_exact(body.datatype.size);
        let addresses = elements.map(|element| body.file.cursor(element).address());
        addresses.collect::<Result<Option<Vec<u64>>>>().ok()?
    }

    /// Reads frames, the first axis of the dataset.
    pub(in crate::io) fn read(&self, conversion: Conversion, range: FrameRange) -> Result<Samples> {
        let body = self.body()?;
        let shape = &self.shape;
        if shape.is_empty() {
            bail!("its dataset `{}` has no axes", self.name);
        }
        let size = body.datatype.size;
        let frame = shape[1..]
            .iter()
            .try_fold(size, |n, len| n.checked_mul(*len));
        let whole = frame.and_then(|frame| frame.checked_mul(shape[0]));
        let (Some(frame), Some(_)) = (frame, whole) else {
            bail!("its dataset {self} has an impossible shape");
        };
        let fill_value = body.fill_value(conversion.stored);
        let grid = |chunk: &[usize]| {
            let order: Vec<usize> = (0..shape.len()).collect();
            Ok(ChunkGrid::new(conversion.stored, shape, chunk, &order)?
                .with_fill_value(fill_value.clone()))
        };
        let read_frames = |read: &(dyn Fn(u64, &mut [u8]) -> Result<()> + Sync)| {
            let chunk = [&[1], &shape[1..]].concat();
            grid(&chunk)?.load(conversion, range, &|index, out| {
                let start = index[0] as u64 * frame as u64;
                body.decode(out, frame, |bytes| read(start, bytes))?;
                Ok(true)
            })
        };
        match &body.layout {
            DataLayout::Compact(bytes) => {
                self.check_claim(range, frame, bytes.len() as u64)?;
                read_frames(&|start, out| {
                    let stored = bytes.get(start as usize..start as usize + out.len());
                    out.copy_from_slice(stored.ok_or_else(codec::corrupted)?);
                    Ok(())
                })
            }
            DataLayout::Contiguous(_) if !body.pieces.is_empty() => {
                let pieces = external::open_pieces(&body.file, &body.pieces)?;
                let present = pieces.iter().map(|piece| piece.len).sum();
                self.check_claim(range, frame, present)?;
                read_frames(&|start, out| external::read_pieces(&pieces, start, out))
            }
            DataLayout::Contiguous(Some(address)) => {
                let present = body.file.len().saturating_sub(*address);
                self.check_claim(range, frame, present)?;
                if body.recode.is_none() {
                    let start = body.file.absolute(*address);
                    let start = start.ok_or_else(codec::corrupted)?;
                    let source = &body.file.source;
                    return samples::read_blocks(source, conversion, shape, start, range);
                }
                read_frames(&|start, out| body.file.read_into(address + start, out))
            }
            DataLayout::Contiguous(None) => {
                self.check_sparse(range, frame, 0, 0)?;
                let chunk = [&[1], &shape[1..]].concat();
                grid(&chunk)?.load(conversion, range, &|_, _| Ok(false))
            }
            DataLayout::Chunked(chunks) => {
                let reader = ChunkReader::new(body, chunks)?;
                let [stored, possible] = reader.sizes();
                self.check_sparse(range, frame, stored, possible)?;
                if !reader.is_dense() {
                    return Err(self.too_large(stored));
                }
                grid(&reader.shape)?.load(conversion, range, &|index, out| {
                    let index: Vec<u64> =
                        index.iter().map(|coordinate| *coordinate as u64).collect();
                    reader.read(&index, out)
                })
            }
            DataLayout::Virtual => bail!(
                "its dataset `{}` is virtual: its samples are in other datasets",
                self.name
            ),
        }
    }

    /// Number of frames of a chunk, if the samples are in chunks that can hold the frames of a range.
    pub(in crate::io) fn frames_of_chunk(&self, range: FrameRange) -> Option<usize> {
        let body = self.body.as_ref().ok()?;
        let DataLayout::Chunked(chunks) = &body.layout else {
            return None;
        };
        let frame = self.shape.get(1..)?.iter();
        let frame = frame
            .copied()
            .try_fold(body.datatype.size, usize::checked_mul)?;
        let reader = ChunkReader::new(body, chunks).ok()?;
        let [stored, possible] = reader.sizes();
        let is_possible = self.check_sparse(range, frame, stored, possible).is_ok();
        let frames = reader.shape.first().copied();
        frames.filter(|_| is_possible && reader.is_dense())
    }

    /// An error if the frames extend beyond the bytes that exist for all.
    fn check_claim(&self, range: FrameRange, frame: usize, present: u64) -> Result<()> {
        let frames = (range.start + range.len.saturating_sub(1) * range.step + 1) as u64;
        match frames.checked_mul(frame as u64) {
            Some(end) if end <= present || range.len == 0 => Ok(()),
            _ => Err(self.too_large(present)),
        }
    }

    /// An error if the samples cannot be the content of chunks of `stored` bytes in the file, which
    /// decode to a limited size, although some may never have been written.
    fn check_sparse(&self, range: FrameRange, frame: usize, stored: u64, most: u64) -> Result<()> {
        // Unwritten samples may far outnumber written ones, but not without limit.
        const SMALL: u64 = 1 << 30;
        const MAX_RATIO: u64 = 4096;
        let limit = stored.saturating_mul(MAX_RATIO).max(most).max(SMALL);
        match (range.len as u64).checked_mul(frame as u64) {
            Some(claimed) if claimed <= limit => Ok(()),
            _ => Err(self.too_large(stored)),
        }
    }

    fn too_large(&self, present: u64) -> Error {
        Error::new(format!(
            "its dataset `{}` claims {} samples, but has only {} of them",
            self.name,
            shape_text(&self.shape),
            counted(present, "byte")
        ))
    }
}

impl std::fmt::Display for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.encoding {
            Ok(encoding) => encoding.dtype.to_string(),
            Err(kind) => kind.into(),
        };
        match self.shape.as_slice() {
            [] => write!(f, "{} ({kind})", self.name),
            shape => write!(f, "{} ({} {kind})", self.name, shape_text(shape)),
        }
    }
}

/// All elements as stored in the file, if there are few.
fn elements(body: &DatasetBody) -> Result<Vec<u8>> {
    let too_long = || corrupted("a value is too long");
    let count = body.space.shape.iter();
    let count = count.clone().try_fold(1, |n: u64, len| n.checked_mul(*len));
    let size = count.and_then(|count| attribute::size(count, &body.datatype));
    let size = size.filter(|_| !body.space.is_null).ok_or_else(too_long)?;
    let fill_value = || match &body.fill {
        Some(fill) => fill.repeat(size / fill.len().max(1)),
        None => vec![0; size],
    };
    match &body.layout {
        DataLayout::Compact(bytes) => match bytes.get(..size) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => Err(corrupted("it ends early")),
        },
        DataLayout::Contiguous(_) if !body.pieces.is_empty() => {
            let mut out = vec![0; size];
            let pieces = external::open_pieces(&body.file, &body.pieces)?;
            external::read_pieces(&pieces, 0, &mut out)?;
            Ok(out)
        }
        DataLayout::Contiguous(Some(address)) => body.file.read(*address, size as u64),
        DataLayout::Contiguous(None) => Ok(fill_value()),
        DataLayout::Chunked(chunks) => {
            let mut out = fill_value();
            ChunkReader::new(body, chunks)?.read_all(&mut out)?;
            Ok(out)
        }
        DataLayout::Virtual => Err(corrupted("its samples are in other datasets")),
    }
}
