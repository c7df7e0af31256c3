//! The header of an `.npy` file: a Python dictionary that describes the samples.

use std::io::{BufReader, Read};

use ndarray_npy::WritableElement;
use ndarray_npy::npy::header as dictionary;

use super::begins;
use crate::bail;
use crate::error::{Error, Result, counted};
use crate::io::bytes::samples::{self, Encoding};
use crate::video::{DType, Layout, with_dtype};

/// Maximum length of a header, far beyond any that describes numbers.
const MAX_HEADER: usize = 1 << 20;

/// Maximum depth of nested lists: each level doubles the time of parsing.
const MAX_DEPTH: usize = 8;

/// Description of an array before its samples.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::io) struct NpyHeader {
    pub(in crate::io) encoding: Encoding,
    /// Whether the array is in Fortran order.
    pub(in crate::io) fortran: bool,
    pub(in crate::io) shape: Vec<usize>,
    /// Offset of the samples.
    pub(in crate::io) offset: u64,
}

impl NpyHeader {
    /// An error unless the array can be a video and a file of `end` bytes contains all its samples.
    pub(in crate::io) fn check(&self, end: u64) -> Result<()> {
        if self.shape.is_empty() || self.shape.len() > 4 {
            let axes = counted(self.shape.len(), "axis");
            bail!("it holds an array of {axes}, but a video has 1 to 4");
        }
        let size = self.encoding.size();
        let lens = self.shape.iter().map(|len| (*len).max(1));
        let bytes = lens.into_iter().try_fold(size, usize::checked_mul);
        let bytes = bytes.filter(|bytes| isize::try_from(*bytes).is_ok());
        let present = end.saturating_sub(self.offset);
        match bytes {
            Some(bytes) if self.shape.contains(&0) || bytes as u64 <= present => Ok(()),
            bytes => bail!(
                "it claims {} bytes of samples, but the file has {present}",
                bytes.map_or_else(|| "more than 2^63".to_owned(), |bytes| bytes.to_string())
            ),
        }
    }

    /// Layout of the samples in the file, with the axes in the order of the shape.
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

/// Reads the header at the start of a stream.
pub(in crate::io) fn read_header(stream: &mut dyn Read) -> Result<NpyHeader> {
    let cut = |_| Error::new("it ends within its header");
    let mut start = [0; 8];
    stream.read_exact(&mut start).map_err(cut)?;
    if !begins(&start) {
        bail!("it is not an .npy file: it does not begin with \"\\x93NUMPY\"");
    }
    let size = match start[6] {
        1 => 2,
        2 | 3 => 4,
        version => {
            bail!("it has version {version} of the .npy format; versions 1 to 3 are supported")
        }
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
    parse(&String::from_utf8_lossy(&text), (8 + size + len) as u64)
}

/// Reads the Python dictionary that describes the array.
fn parse(text: &str, offset: u64) -> Result<NpyHeader> {
    let depth = |depth: usize, char| match char {
        '(' | '[' | '{' => depth + 1,
        ')' | ']' | '}' => depth.saturating_sub(1),
        _ => depth,
    };
    let depths = text.chars().scan(0, |now, char| {
        *now = depth(*now, char);
        Some(*now)
    });
    if depths.max().is_some_and(|depth| depth > MAX_DEPTH) {
        bail!("its header has lists more than {MAX_DEPTH} deep within each other");
    }
    let text = without_long_suffixes(text.trim_end());
    let len = (text.len() + 1) as u32;
    // Parsed as version 3, whose text may contain any characters.
    let bytes = [
        &b"\x93NUMPY\x03\x00"[..],
        &len.to_le_bytes(),
        text.as_bytes(),
        b"\n",
    ];
    let read = dictionary::Header::from_reader(&mut &bytes.concat()[..])
        .map_err(|e| Error::new(format!("its header cannot be read: {e}")))?;
    let Some(descr) = read.type_descriptor.as_string() else {
        return Err(not_numbers("structured records"));
    };
    Ok(NpyHeader {
        encoding: encoding(descr)?,
        fortran: read.layout.is_fortran(),
        shape: read.shape,
        offset,
    })
}

/// The text with spaces instead of the suffix of Python 2's long integers: `(3L, 4L)`.
fn without_long_suffixes(text: &str) -> String {
    let mut before = ' ';
    let replaced = text.chars().map(|char| {
        let is_suffix = char == 'L' && before.is_ascii_digit();
        before = char;
        if is_suffix { ' ' } else { char }
    });
    replaced.collect()
}

/// The header for samples in C order, padded to a multiple of 64 bytes or, before many samples, to
/// a memory page.
pub(in crate::io) fn header_bytes(dtype: DType, shape: &[usize], samples: usize) -> Vec<u8> {
    let header = dictionary::Header {
        type_descriptor: with_dtype!(dtype, T => T::type_descriptor()),
        layout: dictionary::Layout::Standard,
        shape: shape.to_vec(),
    };
    let mut out = header.to_bytes().expect("four lengths are short enough");
    let len = out.len().next_multiple_of(samples::alignment(samples));
    out.pop();
    out.resize(len - 1, b' ');
    out.push(b'\n');
    // The length of the dictionary follows the magic string and the version, which is 1 for one
    // this short.
    out[8..10].copy_from_slice(&((len - 10) as u16).to_le_bytes());
    out
}

#[cfg(feature = "zarr")]
/// NumPy's name of the sample type.
pub(in crate::io) fn descr(dtype: DType) -> String {
    let order = match (dtype.size(), cfg!(target_endian = "big")) {
        (1, _) => '|',
        (_, true) => '>',
        (_, false) => '<',
    };
    let kind = match dtype {
        DType::Bool => 'b',
        dtype if dtype.is_float() => 'f',
        dtype if dtype.limits().0 < 0.0 => 'i',
        _ => 'u',
    };
    format!("{order}{kind}{}", dtype.size())
}

/// Encoding of samples from a NumPy type string such as `<u2`.
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

/// Description of an array of another type.
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
    Error::new(format!(
        "it holds {contents}, but a video needs real numbers"
    ))
    .hint("convert it in Python with `.astype(\"float32\")` and save it again")
}
