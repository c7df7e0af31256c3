//! The datasets of an HDF5 file. The crate `hdf5-pure` finds out where their samples are; the
//! chunks are read and decompressed here, on all cores, straight into their place.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use hdf5_pure::{AttrValue, Datatype, DatatypeByteOrder, File, FloatingPointLayout, Group, Layout};

use crate::bail;
use crate::error::{Error, Result};
use crate::io::FrameRange;
use crate::io::chunked::Grid;
use crate::io::codec::{self, Codec};
use crate::io::known;
use crate::io::raw::{self, Conversion, Encoding, Source};
use crate::video::{DType, Field, Samples, shape_text};

/// The most groups and datasets that are looked at, and the deepest.
const MAX_OBJECTS: usize = 10_000;
const MAX_DEPTH: usize = 16;

/// The largest single value or text that is read as metadata, in bytes.
const MAX_VALUE: u64 = 1 << 16;

/// The largest row that is read to learn what samples that were never written are.
const MAX_ROW: usize = 1 << 26;

/// Attributes by name.
pub(in crate::io) type Attributes = BTreeMap<String, Field>;

/// A dataset.
pub(in crate::io) struct Dataset {
    /// Its name after those of its groups.
    pub(in crate::io) name: String,
    pub(in crate::io) shape: Vec<usize>,
    /// How the samples are stored, or in words what is stored that is no real numbers.
    pub(in crate::io) encoding: std::result::Result<Encoding, &'static str>,
    pub(in crate::io) attributes: Attributes,
    handle: hdf5_pure::Dataset,
}

/// A chunk in the file.
struct Chunk {
    address: u64,
    len: usize,
    /// The filters that were left out.
    mask: u32,
}

/// All datasets of a file in the order of their samples, and the attributes of the file.
pub(in crate::io) fn datasets(path: &Path) -> Result<(Vec<Dataset>, Attributes)> {
    let file = File::open_streaming(path).map_err(failed)?;
    let mut found = Vec::new();
    let mut groups = vec![(file.root(), String::new(), 0)];
    let mut objects = 0;
    while let Some((group, prefix, depth)) = groups.pop() {
        for (name, handle) in group.iter_datasets().map_err(failed)? {
            objects += 1;
            found.push(Dataset::new(format!("{prefix}{name}"), handle)?);
        }
        if depth < MAX_DEPTH {
            for name in group.groups().map_err(failed)? {
                objects += 1;
                // What MATLAB refers to from cells and objects.
                if !name.starts_with('#') {
                    let inner = group.group(&name).map_err(failed)?;
                    groups.push((inner, format!("{prefix}{name}/"), depth + 1));
                }
            }
        }
        if objects > MAX_OBJECTS {
            bail!("it has more than {MAX_OBJECTS} groups and datasets");
        }
    }
    if found
        .iter()
        .filter(|dataset| dataset.shape.len() > 2)
        .count()
        > 1
    {
        found.sort_by_cached_key(Dataset::position);
    }
    Ok((found, attributes_of(&file.root())))
}

impl Dataset {
    fn new(name: String, handle: hdf5_pure::Dataset) -> Result<Self> {
        let shape = handle.shape().map_err(failed)?;
        let shape = shape.into_iter().map(usize::try_from).collect();
        let Ok(shape) = shape else {
            bail!("its dataset `{name}` has an impossible shape");
        };
        let encoding = match handle.datatype() {
            Ok(datatype) => encoding_of(&datatype),
            Err(_) => Err("an unknown type"),
        };
        Ok(Self {
            attributes: handle.attrs().map(fields).unwrap_or_default(),
            name,
            shape,
            encoding,
            handle,
        })
    }

    /// The number of elements.
    pub(in crate::io) fn len(&self) -> usize {
        let product = |len: usize, axis: &usize| len.saturating_mul(*axis);
        self.shape.iter().fold(1, product)
    }

    /// Where the first samples are in the file.
    fn position(&self) -> u64 {
        let first = match self.handle.layout() {
            Ok(Layout::Contiguous { address, .. }) => address,
            Ok(Layout::Chunked { .. }) => self.handle.chunks().ok().and_then(|chunks| {
                let addresses = chunks.into_iter().map(|chunk| chunk.address);
                addresses.min()
            }),
            _ => None,
        };
        first.unwrap_or(u64::MAX)
    }

    /// Where all samples lie as they are, if they do.
    pub(in crate::io) fn plain(&self) -> Option<u64> {
        match self.handle.layout().ok()? {
            Layout::Contiguous { address, .. } => address,
            _ => None,
        }
    }

    /// The bytes of a small value.
    pub(in crate::io) fn small(&self) -> Option<Vec<u8>> {
        let size = self.handle.element_size().ok()?;
        let bytes = size.checked_mul(self.len() as u64)?;
        (bytes <= MAX_VALUE)
            .then(|| self.handle.read_raw().ok())
            .flatten()
    }

    /// The value as metadata, if it is a single number or text.
    pub(in crate::io) fn field(&self) -> Option<Field> {
        if self.len() != 1 {
            return None;
        }
        if self.encoding == Err("text") {
            let texts = self.handle.read_string().ok()?;
            return texts.into_iter().next().map(Field::Text);
        }
        known::list(&self.numbers()?)
    }

    /// The samples, if they are few.
    pub(in crate::io) fn numbers(&self) -> Option<Vec<f64>> {
        let bytes = self.small()?;
        let mut read = |out: &mut [u8]| {
            out.copy_from_slice(bytes.get(..out.len()).ok_or_else(codec::damaged)?);
            Ok(())
        };
        raw::read_numbers(self.encoding.ok()?, self.len(), &mut read).ok()
    }

    /// Reads frames, the first axis of the dataset.
    pub(in crate::io) fn read(
        &self,
        source: &Source,
        conversion: Conversion,
        range: FrameRange,
    ) -> Result<Samples> {
        let shape = &self.shape;
        let layout = self.handle.layout().map_err(failed)?;
        if let Layout::Contiguous {
            address: Some(start),
            ..
        } = layout
        {
            return raw::read_blocks(source, conversion, shape, start, range);
        }
        let order: Vec<usize> = (0..shape.len()).collect();
        let grid = |chunk: &[usize]| Grid::new(conversion.stored, shape, chunk, &order);
        match layout {
            Layout::Compact { .. } => {
                let bytes = self.handle.read_raw().map_err(failed)?;
                let decode = |_: &[usize], out: &mut [u8]| {
                    out.copy_from_slice(bytes.get(..out.len()).ok_or_else(codec::damaged)?);
                    Ok(true)
                };
                grid(shape)?.load(conversion, range, &decode)
            }
            Layout::Contiguous { .. } => {
                let whole = [&[1], &shape[1..]].concat();
                let grid = grid(&whole)?.with_blank(self.blank(&vec![0; shape.len()])?);
                grid.load(conversion, range, &|_, _| Ok(false))
            }
            Layout::Chunked { chunk_shape, .. } => {
                let chunk: Vec<usize> = chunk_shape.iter().map(|len| *len as usize).collect();
                self.read_chunks(source, conversion, range, grid(&chunk)?, &chunk)
            }
            _ => bail!("its dataset `{}` refers to other files", self.name),
        }
    }

    fn read_chunks(
        &self,
        source: &Source,
        conversion: Conversion,
        range: FrameRange,
        grid: Grid,
        shape: &[usize],
    ) -> Result<Samples> {
        let codecs = self.codecs()?;
        let chunks = self.chunks(shape)?;
        let counts = std::iter::zip(&self.shape, shape).map(|(len, chunk)| len.div_ceil(*chunk));
        let counts: Vec<usize> = counts.collect();
        let grid = match first_missing(&chunks, &counts) {
            Some(index) => {
                let origin: Vec<usize> = std::iter::zip(index, shape)
                    .map(|(index, chunk)| index * chunk)
                    .collect();
                grid.with_blank(self.blank(&origin)?)
            }
            None => grid,
        };
        grid.load(conversion, range, &|index, out| {
            let Some(chunk) = chunks.get(index) else {
                return Ok(false);
            };
            if codecs.is_empty() && chunk.len == out.len() {
                source.read_at(chunk.address, out)?;
                return Ok(true);
            }
            let end = chunk.address.checked_add(chunk.len as u64);
            if end.is_none_or(|end| end > source.len()) {
                return Err(codec::damaged());
            }
            let mut bytes = vec![0; chunk.len];
            source.read_at(chunk.address, &mut bytes)?;
            let applied = codecs.iter().enumerate();
            let applied = applied.filter(|(filter, _)| chunk.mask >> filter & 1 == 0);
            let applied: Vec<Codec> = applied.map(|(_, codec)| codec.clone()).collect();
            codec::decode(&applied, bytes, out)?;
            Ok(true)
        })
    }

    fn codecs(&self) -> Result<Vec<Codec>> {
        let size = self.handle.element_size().map_err(failed)? as usize;
        let filters = self.handle.filter_pipeline().into_iter();
        filters
            .map(|filter| {
                Ok(match filter.id {
                    1 => Codec::Zlib,
                    2 => Codec::Shuffle(size),
                    3 => Codec::Checksum,
                    32000 => Codec::Lzf,
                    32001 => Codec::Blosc,
                    32015 => Codec::Zstd,
                    id => {
                        let name = filter.name.unwrap_or_else(|| "unknown".into());
                        let name = name.trim_end_matches('\0');
                        let error = format!("it is compressed by the filter {id} ({name})");
                        return Err(Error::new(error).hint(REPACK));
                    }
                })
            })
            .collect()
    }

    /// The chunks by their index along each axis.
    fn chunks(&self, shape: &[usize]) -> Result<HashMap<Vec<usize>, Chunk>> {
        let chunks = self.handle.chunks().map_err(failed)?.into_iter();
        let chunks = chunks.map(|chunk| {
            let offset = chunk.offset.iter().zip(shape);
            let index = offset.map(|(at, len)| *at as usize / (*len).max(1));
            let place = Chunk {
                address: chunk.address,
                len: chunk.storage_size as usize,
                mask: chunk.filter_mask,
            };
            (index.collect(), place)
        });
        Ok(chunks.collect())
    }

    /// The bytes of a sample that was never written, such as that at an index.
    fn blank(&self, index: &[usize]) -> Result<Vec<u8>> {
        let size = self.handle.element_size().map_err(failed)? as usize;
        let product = |len: usize, axis: &usize| len.saturating_mul(*axis);
        let row = self.shape[1..].iter().fold(size, product);
        if row > MAX_ROW {
            bail!(
                "its dataset `{}` has parts that were never written",
                self.name
            );
        }
        let bytes = self.handle.read_raw_rows(index[0] as u64, 1);
        let bytes = bytes.map_err(failed)?;
        let along = index[1..].iter().zip(&self.shape[1..]);
        let at = along.fold(0, |at, (index, len)| at * len + index) * size;
        Ok(bytes.get(at..at + size).unwrap_or_default().to_vec())
    }
}

/// The index of a chunk that is not there.
fn first_missing(chunks: &HashMap<Vec<usize>, Chunk>, counts: &[usize]) -> Option<Vec<usize>> {
    let total = counts
        .iter()
        .try_fold(1usize, |n, count| n.checked_mul(*count));
    // Among one more places than there are chunks, one is empty.
    (0..total.unwrap_or(usize::MAX).min(chunks.len() + 1))
        .map(|number| {
            let mut rest = number;
            let mut index = vec![0; counts.len()];
            for (index, count) in index.iter_mut().zip(counts).rev() {
                *index = rest % count;
                rest /= count;
            }
            index
        })
        .find(|index| !chunks.contains_key(index))
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

/// How samples of a type are stored, or in words what is stored.
fn encoding_of(datatype: &Datatype) -> std::result::Result<Encoding, &'static str> {
    let (dtype, half, order) = match datatype {
        Datatype::FixedPoint {
            size,
            byte_order,
            layout,
        } => {
            if layout.bit_offset != 0 || u32::from(layout.bit_precision) != size * 8 {
                return Err("ints of odd size");
            }
            let dtype = match (size, layout.signed) {
                (1, false) => DType::U8,
                (2, false) => DType::U16,
                (4, false) => DType::U32,
                (8, false) => DType::U64,
                (1, true) => DType::I8,
                (2, true) => DType::I16,
                (4, true) => DType::I32,
                (8, true) => DType::I64,
                _ => return Err("ints of odd size"),
            };
            (dtype, false, byte_order)
        }
        Datatype::FloatingPoint {
            size,
            byte_order,
            layout,
        } => match (size, layout) {
            (4, &FloatingPointLayout::IEEE754_BINARY32) => (DType::F32, false, byte_order),
            (8, &FloatingPointLayout::IEEE754_BINARY64) => (DType::F64, false, byte_order),
            (2, layout) if layout.exponent_size == 5 && layout.mantissa_size == 10 => {
                (DType::F32, true, byte_order)
            }
            _ => return Err("floats of another kind"),
        },
        Datatype::Enumeration {
            size: 1, members, ..
        } if is_bool(members) => (DType::Bool, false, &DatatypeByteOrder::LittleEndian),
        Datatype::String { .. }
        | Datatype::VariableLength {
            is_string: true, ..
        } => {
            return Err("text");
        }
        Datatype::Compound { .. } => return Err("records"),
        Datatype::Reference { .. } => return Err("references"),
        _ => return Err("no numbers"),
    };
    let big = match order {
        DatatypeByteOrder::LittleEndian => false,
        DatatypeByteOrder::BigEndian => true,
        DatatypeByteOrder::Vax => return Err("numbers of a VAX"),
    };
    Ok(Encoding {
        dtype,
        half,
        swapped: big != cfg!(target_endian = "big"),
    })
}

fn is_bool(members: &[hdf5_pure::EnumMember]) -> bool {
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    names == ["FALSE", "TRUE"]
}

fn attributes_of(group: &Group) -> Attributes {
    group.attrs().map(fields).unwrap_or_default()
}

fn fields(attributes: HashMap<String, AttrValue>) -> Attributes {
    let fields = attributes.into_iter();
    fields
        .filter_map(|(name, value)| Some((name, field(&value)?)))
        .collect()
}

fn field(value: &AttrValue) -> Option<Field> {
    if let Some(text) = value.as_str() {
        return Some(Field::Text(text.to_owned()));
    }
    if let Some(texts) = value.as_strings() {
        return match texts {
            [text] => Some(Field::Text(text.clone())),
            texts => Some(Field::list(texts.iter().map(String::as_str))),
        };
    }
    if let Some(int) = value.as_i64() {
        return Some(Field::Int(int));
    }
    if let Some(number) = value.as_f64() {
        return Some(Field::Float(number));
    }
    match value {
        AttrValue::F64Array(values) => Some(Field::list(values.iter().copied())),
        AttrValue::F32Array(values) => Some(Field::list(values.iter().map(|v| f64::from(*v)))),
        AttrValue::I64Array(values) => Some(Field::list(values.iter().copied())),
        AttrValue::I32Array(values) => Some(Field::list(values.iter().map(|v| i64::from(*v)))),
        _ => None,
    }
}

/// What to do with a file that cannot be read.
const REPACK: &str = "save it again, or let `h5repack` of the HDF5 tools write a copy, \
                      with gzip compression and the format of version 1.8";

/// The error for a file whose structure is damaged or unknown.
fn failed(cause: hdf5_pure::Error) -> Error {
    Error::new(format!("its structure cannot be read ({cause})")).hint(REPACK)
}
