//! Saving MATLAB files: version 5 up to 2 GB, version 7.3 (HDF5) above.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use super::v5;
use crate::bail;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::io::bytes::column_major;
use crate::io::bytes::samples::SharedFile;
#[cfg(feature = "hdf5")]
use crate::io::format::hdf5::{Attribute, NewDataset};
use crate::io::format::metadata_keys;
use crate::video::{DType, Video};

/// Maximum number of bytes of a variable of version 5.
const MAX_V5_BYTES: usize = i32::MAX as usize - 1024;

/// Size of the header that both versions start with.
const HEADER: usize = 128;

/// Number of bytes before the HDF5 structure in a file of version 7.3.
#[cfg(feature = "hdf5")]
const USER_BLOCK: usize = 512;

/// Text in the header of every file.
const WRITER: &str = "written by optimap";

/// Maximum length of a variable's name.
const MAX_NAME: usize = 63;

/// Default name of a variable.
pub(in crate::io) const FIELDNAME: &str = "video";

/// Saves an array under a name, in MATLAB's order; with `append` the other variables of an existing
/// file are kept.
pub(in crate::io) fn save(path: &Path, video: &Video, name: &str, append: bool) -> Result<()> {
    check_name(name)?;
    let is_large = video.nbytes() > MAX_V5_BYTES;
    let others = match append && path.is_file() {
        true => OtherVariables::of(path, name, is_large)?,
        false => None,
    };
    atomic::write(path, |file| {
        if is_large {
            return write_large(path, video, name, file);
        }
        write_variables(path, video, name, file)?;
        others.map_or(Ok(()), |others| others.copy(path, file))
    })
}

/// Whether a file with this header was saved by this program.
pub(super) fn is_ours(header: &[u8]) -> bool {
    let text = header.get(..116).unwrap_or_default();
    text.windows(WRITER.len())
        .any(|part| part == WRITER.as_bytes())
}

fn check_name(name: &str) -> Result<()> {
    let is_valid = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= MAX_NAME;
    if is_valid {
        return Ok(());
    }
    let error = Error::new(format!(
        "`fieldname` \"{name}\" is not a valid variable name"
    ));
    Err(error.hint("use at most 63 letters, digits and `_`, beginning with a letter"))
}

/// Lengths of the axes in MATLAB, where an array has at least two.
fn dims(video: &Video) -> Vec<usize> {
    match *video.shape() {
        [len] => vec![1, len],
        _ => video.shape().to_vec(),
    }
}

fn write_variables(path: &Path, video: &Video, name: &str, file: &mut File) -> Result<()> {
    let fail = |e| Error::io("write", path, &e);
    let mut start = header(&format!("MATLAB 5.0 MAT-file, {WRITER}"), 0x0100);
    let data = (video.dtype(), video.nbytes());
    start.extend(matrix(name, &dims(video), data));
    let samples_start = start.len() as u64;
    file.write_all(&start).map_err(fail)?;
    column_major::write(video, path, file, samples_start)?;
    let end = samples_start + video.nbytes() as u64;
    let mut rest = vec![0; (end.next_multiple_of(8) - end) as usize];
    for (other, values) in numbers(video) {
        if other != name {
            rest.extend(matrix(
                other,
                &[1, values.len()],
                (DType::F64, 8 * values.len()),
            ));
            rest.extend(values.iter().flat_map(|value| value.to_ne_bytes()));
        }
    }
    if let Some(script) = &video.metadata().provenance {
        rest.extend(text_variable(&history_name(name), script));
    }
    file.seek(SeekFrom::Start(end)).map_err(fail)?;
    file.write_all(&rest).map_err(fail)
}

/// Name of the variable with the script that made another.
pub(super) fn history_name(name: &str) -> String {
    const END: &str = "_history";
    let start = &name[..name.len().min(MAX_NAME - END.len())];
    format!("{start}{END}")
}

/// A variable of one row of characters.
fn text_variable(name: &str, text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_ne_bytes).collect();
    let dims = [1, units.len() / 2];
    let mut variable = variable(name, &dims, (4, 0, 4), units.len());
    variable.extend(&units);
    variable.resize(variable.len().next_multiple_of(8), 0);
    variable
}

/// Numeric metadata of the recording; a single pixel size for square pixels.
fn numbers(video: &Video) -> Vec<(&'static str, Vec<f64>)> {
    let mut numbers = metadata_keys::numbers(video.metadata());
    for (_, values) in &mut numbers {
        values.dedup();
    }
    numbers
}

fn header(text: &str, version: u16) -> Vec<u8> {
    let mut header = format!("{text:<116}").into_bytes();
    header.resize(124, 0);
    header.extend(version.to_ne_bytes());
    header.extend((u16::from(b'M') << 8 | u16::from(b'I')).to_ne_bytes());
    header
}

/// A variable up to its samples.
fn matrix(name: &str, dims: &[usize], (dtype, bytes): (DType, usize)) -> Vec<u8> {
    let (class, kind) = codes(dtype);
    let logical = if dtype == DType::Bool { 0x200 } else { 0 };
    variable(name, dims, (class, logical, kind), bytes)
}

/// A variable of a class, with flags, up to its elements of a type.
fn variable(
    name: &str,
    dims: &[usize],
    (class, flags, kind): (u32, u32, u32),
    bytes: usize,
) -> Vec<u8> {
    let mut parts = element(6, &[class | flags, 0].map(u32::to_ne_bytes).concat());
    let dims: Vec<u8> = dims
        .iter()
        .flat_map(|len| (*len as i32).to_ne_bytes())
        .collect();
    parts.extend(element(5, &dims));
    parts.extend(element(1, name.as_bytes()));
    parts.extend(tag(kind, bytes));
    let mut matrix = tag(14, parts.len() + bytes.next_multiple_of(8));
    matrix.extend(parts);
    matrix
}

fn tag(kind: u32, len: usize) -> Vec<u8> {
    [kind, len as u32].map(u32::to_ne_bytes).concat()
}

/// An element with its tag and value, padded.
fn element(kind: u32, value: &[u8]) -> Vec<u8> {
    let mut element = tag(kind, value.len());
    element.extend(value);
    element.resize(element.len().next_multiple_of(8), 0);
    element
}

/// MATLAB's array class for a type, and the type of the elements.
fn codes(dtype: DType) -> (u32, u32) {
    match dtype {
        DType::Bool | DType::U8 => (9, 2),
        DType::U16 => (11, 4),
        DType::U32 => (13, 6),
        DType::U64 => (15, 13),
        DType::I8 => (8, 1),
        DType::I16 => (10, 3),
        DType::I32 => (12, 5),
        DType::I64 => (14, 12),
        DType::F32 => (7, 7),
        DType::F64 => (6, 9),
    }
}

/// Name of MATLAB's array class for a type.
#[cfg(feature = "hdf5")]
fn class(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "logical",
        DType::F32 => "single",
        DType::F64 => "double",
        DType::U8 => "uint8",
        DType::U16 => "uint16",
        DType::U32 => "uint32",
        DType::U64 => "uint64",
        DType::I8 => "int8",
        DType::I16 => "int16",
        DType::I32 => "int32",
        DType::I64 => "int64",
    }
}

#[cfg(not(feature = "hdf5"))]
fn write_large(path: &Path, _: &Video, _: &str, _: &mut File) -> Result<()> {
    Err(Error::left_out(path, super::LARGE, "hdf5"))
}

#[cfg(feature = "hdf5")]
fn write_large(path: &Path, video: &Video, name: &str, file: &mut File) -> Result<()> {
    let fail = |e| Error::io("write", path, &e);
    let mut attributes = vec![(
        "MATLAB_class".into(),
        Attribute::Text(class(video.dtype()).into()),
    )];
    if video.dtype() == DType::Bool {
        attributes.push(("MATLAB_int_decode".into(), Attribute::Int(1)));
    }
    let known = numbers(video).into_iter();
    attributes.extend(known.map(|(name, values)| (name.into(), Attribute::Floats(values))));
    attributes.extend(Attribute::history(path, video.metadata()));
    let dataset = NewDataset {
        name,
        dtype: match video.dtype() {
            DType::Bool => DType::U8,
            dtype => dtype,
        },
        shape: dims(video).into_iter().rev().collect(),
        attributes,
    };
    let mut start = header(
        &format!("MATLAB 7.3 MAT-file, {WRITER}, HDF5 schema 1.00 ."),
        0x0200,
    );
    start.resize(USER_BLOCK, 0);
    start.extend(dataset.header(USER_BLOCK as u64));
    file.write_all(&start).map_err(fail)?;
    column_major::write(video, path, file, start.len() as u64)
}

/// Variables of an existing file to keep.
struct OtherVariables {
    source: SharedFile,
    /// Offset and length of each.
    stretches: Vec<(u64, u64)>,
}

impl OtherVariables {
    /// All but the one with the given name and its metadata.
    fn of(path: &Path, name: &str, is_large: bool) -> Result<Option<Self>> {
        let source = SharedFile::open(path)?;
        if source.len() == 0 {
            return Ok(None);
        }
        let refuse = |reason: &str| {
            Error::new(format!("cannot add to `{}`: {reason}", path.display()))
                .hint("replace the file with `#{appendmat: false}`, or save to another one")
        };
        let begin = source.start(HEADER)?;
        if v5::is_swapped(&begin) != Ok(false) {
            return Err(refuse("it is not a MATLAB file of version 5 to 7"));
        }
        let entries = v5::entries(&source, false).map_err(|e| refuse(e.message()))?;
        let kept = |entry: &v5::V5Element| {
            let other = entry.variables.first();
            let other = other.map(|variable| variable.name.as_str());
            let own = [name, "fps", "pixel_size", &history_name(name)];
            !other.is_some_and(|other| own.contains(&other))
        };
        let entries = entries.into_iter().filter(kept);
        let stretches: Vec<_> = entries.map(|entry| (entry.start, entry.len)).collect();
        if is_large && !stretches.is_empty() {
            return Err(refuse(
                "arrays of more than 2 GB need a file of version 7.3",
            ));
        }
        Ok(Some(Self { source, stretches }))
    }

    fn copy(&self, path: &Path, file: &mut File) -> Result<()> {
        for (start, len) in &self.stretches {
            let mut section = self.source.section(*start, *len);
            let copied = io::copy(&mut section, file);
            if copied.map_err(|e| Error::io("write", path, &e))? < *len {
                bail!(
                    "cannot write `{}`: the old file ends too early",
                    path.display()
                );
            }
        }
        Ok(())
    }
}
