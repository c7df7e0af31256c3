//! NumPy's `.npy` files: versions 1 to 3, either byte order, C and Fortran order.

mod archive;
mod sidecar;

#[cfg(test)]
mod tests;

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

pub(in crate::io) use archive::{descr, save as save_archive};

use ndarray::IxDyn;
use ndarray_npy::write_zeroed_npy;

use crate::bail;
use crate::error::{Error, Result};
use crate::io::raw::{self, Encoding, Source};
use crate::io::{FrameRange, Recording, atomic, cannot_load, cannot_map, copy_frames};
use crate::video::{DType, Element, Layout, MappedFile, Metadata, Samples, Video, with_dtype};

const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header that is read, far beyond any that describes numbers.
const MAX_HEADER: usize = 1 << 20;

/// An array in a file.
pub(in crate::io) struct Array {
    source: Source,
    header: Header,
    metadata: Metadata,
}

/// What is said about an array before its samples.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::io) struct Header {
    pub(in crate::io) encoding: Encoding,
    /// Whether the first axis varies fastest.
    pub(in crate::io) fortran: bool,
    pub(in crate::io) shape: Vec<usize>,
    /// Where the samples begin.
    pub(in crate::io) offset: u64,
}

/// Whether a file that begins with these bytes is an `.npy` file.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Saves an array in C order and, if asked to or if there was one, a file beside it with what is
/// known about the recording.
pub(in crate::io) fn save(path: &Path, video: &Video, with_sidecar: bool) -> Result<()> {
    write(path, video)?;
    match with_sidecar || sidecar::exists(path) {
        true => sidecar::save(path, video),
        false => Ok(()),
    }
}

fn write(path: &Path, video: &Video) -> Result<()> {
    atomic::write(path, |file| {
        let shape = IxDyn(video.shape());
        with_dtype!(video.dtype(), T => write_zeroed_npy::<T, _>(file, shape))
            .map_err(|e| Error::new(format!("cannot write `{}`: {e}", path.display())))?;
        // The zeros after the header are not on the disk yet; they become the samples.
        file.seek(SeekFrom::End(-(video.nbytes() as i64)))
            .map_err(|e| Error::io("write", path, &e))?;
        raw::write_samples(video.samples(), path, file)
    })
}

impl Array {
    /// Reads the header.
    pub(in crate::io) fn open(path: &Path) -> Result<Self> {
        let source = Source::open(path)?;
        let header = read_header(&mut source.section(0, source.len()))
            .and_then(|header| header.check(source.len()).map(|()| header))
            .map_err(|e| cannot_load(path, &e))?;
        Ok(Self::new(source, header, sidecar::read(path)))
    }

    /// An array in a file, whose header says where in it the samples begin.
    pub(in crate::io) fn new(source: Source, header: Header, metadata: Metadata) -> Self {
        Self {
            source,
            header,
            metadata,
        }
    }
}

impl Header {
    /// An error unless the array can be a video and a file of `end` bytes has all its samples.
    pub(in crate::io) fn check(&self, end: u64) -> Result<()> {
        if self.shape.is_empty() || self.shape.len() > 4 {
            let axes = self.shape.len();
            bail!("it holds an array of {axes} axes, a video has 1 to 4");
        }
        let size = self.encoding.size();
        let lens = self.shape.iter().map(|len| (*len).max(1));
        let bytes = lens.into_iter().try_fold(size, usize::checked_mul);
        let bytes = bytes.filter(|bytes| isize::try_from(*bytes).is_ok());
        let present = end.saturating_sub(self.offset);
        match bytes {
            Some(bytes) if self.shape.contains(&0) || bytes as u64 <= present => Ok(()),
            bytes => bail!(
                "it claims {} bytes of samples, the file has {present}",
                bytes.map_or_else(|| "more than 2^63".to_owned(), |bytes| bytes.to_string())
            ),
        }
    }

    /// How the samples lie in the file, the axes in the order of the shape.
    pub(in crate::io) fn layout(&self) -> Layout {
        if !self.fortran {
            return Layout::contiguous(&self.shape);
        }
        let reversed: Vec<usize> = self.shape.iter().rev().copied().collect();
        let strides = Layout::contiguous(&reversed).strides().to_vec();
        let strides: Vec<isize> = strides.into_iter().rev().collect();
        Layout::new(0, &self.shape, &strides)
    }
}

impl Recording for Array {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        Ok((self.header.shape.clone(), self.header.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let Header {
            encoding,
            ref shape,
            offset,
            ..
        } = self.header;
        if self.header.fortran && shape.len() > 1 {
            let reversed: Vec<usize> = shape.iter().rev().copied().collect();
            let samples = raw::read_block(&self.source, encoding, &reversed, offset)?;
            return copy_frames(&samples.with_layout(self.header.layout()), range);
        }
        let frame_bytes = (shape[1..].iter().product::<usize>() * encoding.size()) as u64;
        let start = |frame: usize| offset + frame as u64 * frame_bytes;
        let shape = [&[range.len], &shape[1..]].concat();
        if range.step == 1 {
            return raw::read_block(&self.source, encoding, &shape, start(range.start));
        }
        let offsets: Vec<u64> = range.indices().map(start).collect();
        raw::read_frames(&self.source, encoding, &shape, &offsets)
    }

    fn must_load(&self) -> Option<&'static str> {
        self.header.encoding.must_load()
    }

    fn map(&self) -> Result<Samples> {
        let path = self.source.path();
        if let Some(obstacle) = self.header.encoding.obstacle() {
            return Err(cannot_map(path, obstacle));
        }
        let file = MappedFile::open(path)?;
        let offset = self.header.offset as usize;
        let mapped = with_dtype!(self.header.encoding.dtype, T => {
            file.array::<T>(offset, self.header.layout()).map(Element::wrap)
        });
        mapped.ok_or_else(|| cannot_map(path, "its samples are not aligned"))
    }
}

/// Reads the header at the start of a stream.
pub(in crate::io) fn read_header(stream: &mut dyn Read) -> Result<Header> {
    let cut = |_| Error::new("it ends within its header");
    let mut start = [0; 8];
    stream.read_exact(&mut start).map_err(cut)?;
    if !begins(&start) {
        bail!("it is not an .npy file: it does not begin with \"\\x93NUMPY\"");
    }
    let size = match start[6] {
        1 => 2,
        2 | 3 => 4,
        version => bail!("it is of version {version} of the .npy format; 1 to 3 are known"),
    };
    let mut len = [0; 4];
    stream.read_exact(&mut len[..size]).map_err(cut)?;
    let len = u32::from_le_bytes(len) as usize;
    let mut text = Vec::new();
    let room = stream.take(len.min(MAX_HEADER) as u64);
    BufReader::new(room).read_to_end(&mut text).map_err(cut)?;
    if text.len() < len {
        bail!("it ends within its header");
    }
    parse_header(&String::from_utf8_lossy(&text), (8 + size + len) as u64)
}

/// Reads the Python dictionary that describes the array.
fn parse_header(text: &str, offset: u64) -> Result<Header> {
    let entry = |key: &str| {
        let at = text
            .find(&format!("'{key}'"))
            .or_else(|| text.find(&format!("\"{key}\"")));
        at.and_then(|at| text[at + key.len() + 2..].trim_start().strip_prefix(':'))
            .map(str::trim_start)
            .ok_or_else(|| Error::new(format!("its header has no `{key}`")))
    };
    let (descr, fortran, shape) = (entry("descr")?, entry("fortran_order")?, entry("shape")?);
    Ok(Header {
        shape: parse_shape(shape)?,
        encoding: parse_descr(descr)?,
        fortran: fortran.starts_with("True"),
        offset,
    })
}

fn parse_shape(text: &str) -> Result<Vec<usize>> {
    let inner = text
        .strip_prefix('(')
        .and_then(|text| text.split(')').next());
    let lens = inner.map(|inner| {
        let lens = inner.split(',').map(|len| len.trim().trim_end_matches('L'));
        lens.filter(|len| !len.is_empty()).map(str::parse).collect()
    });
    match lens {
        Some(Ok(shape)) => Ok(shape),
        _ => bail!("its header has no readable shape"),
    }
}

fn parse_descr(text: &str) -> Result<Encoding> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'));
    match quote.and_then(|quote| text[1..].split(quote).next()) {
        Some(descr) => encoding(descr),
        None => Err(not_numbers("structured records")),
    }
}

/// How samples of a type are stored that NumPy calls so, such as `<u2`.
pub(in crate::io) fn encoding(descr: &str) -> Result<Encoding> {
    let (order, code) = match descr.chars().next() {
        Some(order @ ('<' | '>' | '|' | '=')) => (order, &descr[1..]),
        _ => ('=', descr),
    };
    let big = cfg!(target_endian = "big");
    let swapped = matches!((order, big), ('<', true) | ('>', false));
    let dtype = match code {
        "b1" | "?" => DType::Bool,
        "u1" => DType::U8,
        "u2" => DType::U16,
        "u4" => DType::U32,
        "u8" => DType::U64,
        "i1" => DType::I8,
        "i2" => DType::I16,
        "i4" => DType::I32,
        "i8" => DType::I64,
        "f2" | "f4" => DType::F32,
        "f8" => DType::F64,
        _ => return Err(not_numbers(&contents(code))),
    };
    Ok(Encoding {
        dtype,
        half: code == "f2",
        swapped,
    })
}

/// What an array of another type holds.
fn contents(code: &str) -> String {
    match code.chars().next() {
        Some('c') => "complex numbers".into(),
        Some('S' | 'U' | 'a') => "text".into(),
        Some('O') => "Python objects".into(),
        Some('V') => "raw records".into(),
        Some('M') => "dates".into(),
        Some('m') => "time differences".into(),
        Some('f') => "floats of extended precision".into(),
        _ => format!("samples of the unknown type `{code}`"),
    }
}

fn not_numbers(contents: &str) -> Error {
    Error::new(format!("it holds {contents}, a video needs real numbers"))
        .hint("convert it in Python with `.astype(\"float32\")` and save it again")
}
