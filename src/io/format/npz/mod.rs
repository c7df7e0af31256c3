//! NumPy's `.npz` archives, ZIP files of `.npy` files: one of the arrays is the video.
//!
//! The `zip` crate finds the members; `ndarray-npy`, which has a reader of archives too, reads each
//! array whole, as a type known at compile time. Here members that are stored are mapped or read in
//! parts, and deflated ones are inflated in one call and checked.

mod members;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, Once, PoisonError};

use super::matlab::FIELDNAME;
use super::metadata_keys;
use super::npy::{self, NpyArray, NpyHeader};
use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::{self, Conversion, SharedFile};
use crate::io::bytes::stream;
use crate::io::bytes::watched::WatchedFile;
use crate::io::codec::inflate::Wrapping;
use crate::io::listing::listing;
use crate::io::recording::{
    FrameRange, LoadOptions, Recording, cannot_load, cannot_map, copy_frames, warn_of_others,
};
use crate::task;
use crate::video::{DType, Field, Metadata, Samples, shape_text};
use members::{MemberStream, MemberSum, ZipMember, members};

pub(in crate::io) use write::save;

/// Name of the member with the script that made the file.
const HISTORY: &str = "optimap_history.rhai";

/// Maximum length of that script.
const MAX_HISTORY: u64 = 16 << 20;

/// An array of an archive.
struct NpzArray {
    name: String,
    member: ZipMember,
    header: Result<NpyHeader>,
}

/// A deflated array.
struct DeflatedArray {
    source: Arc<SharedFile>,
    entry: NpzArray,
    others: Vec<String>,
    metadata: Metadata,
    warned: Once,
    /// Whether somebody loads frames one after the other.
    is_deferred: bool,
    /// What was inflated last, for those who go on from there.
    inflating: Mutex<Option<MemberStream>>,
}

/// An array stored without compression.
struct Plain {
    array: NpyArray,
    name: String,
    member: ZipMember,
    others: Vec<String>,
    warned: Once,
    /// Checksum of the bytes so far of somebody who loads frames one after the other.
    sum: Mutex<MemberSum>,
}

/// Reads the list of arrays and chooses one.
pub(in crate::io) fn open(path: &Path, options: &LoadOptions) -> Result<Box<dyn Recording>> {
    read(path, options.fieldname.as_deref()).map_err(|e| cannot_load(path, &e))
}

fn read(path: &Path, fieldname: Option<&str>) -> Result<Box<dyn Recording>> {
    let source = SharedFile::open(path)?;
    let (scripts, members): (Vec<_>, Vec<_>) = members(&source)?
        .into_iter()
        .partition(|member| member.name == HISTORY);
    let members = members.into_iter();
    let mut entries: Vec<NpzArray> = members
        .map(|member| NpzArray::read(&source, member))
        .collect();
    let chosen = choose(&entries, fieldname)?;
    let others = entries.iter().enumerate();
    let others = others.filter(|(index, entry)| *index != chosen && entry.rank() > 1);
    let others: Vec<String> = match fieldname {
        Some(_) => Vec::new(),
        None => others.map(|(_, entry)| entry.to_string()).collect(),
    };
    let script = scripts.first().and_then(|script| {
        let mut text = String::new();
        let mut stream = script.stream(&source).take(MAX_HISTORY);
        stream.read_to_string(&mut text).ok()?;
        Some(text.into())
    });
    let metadata = Metadata {
        provenance: script,
        ..metadata(&source, &entries)
    };
    let entry = entries.swap_remove(chosen);
    let header = entry.header.clone()?;
    header.check(entry.member.len)?;
    if entry.member.is_deflated {
        return Ok(Box::new(DeflatedArray {
            source: Arc::new(source),
            entry,
            others,
            metadata,
            warned: Once::new(),
            is_deferred: false,
            inflating: Mutex::new(None),
        }));
    }
    let header = NpyHeader {
        offset: entry.member.start + header.offset,
        ..header
    };
    Ok(Box::new(Plain {
        array: NpyArray::new(source, header, metadata),
        name: entry.name,
        member: entry.member,
        others,
        warned: Once::new(),
        sum: Mutex::default(),
    }))
}

/// The array that is the video: the named one, or the first with three axes, else with four, two or
/// one.
fn choose(entries: &[NpzArray], fieldname: Option<&str>) -> Result<usize> {
    if let Some(name) = fieldname {
        let Some(index) = entries.iter().position(|entry| entry.name == name) else {
            let names = entries.iter().map(|entry| entry.name.as_str());
            let list = listing(entries.iter().map(NpzArray::to_string));
            let error = Error::new(format!("it has no array `{name}`{list}"));
            return Err(error.did_you_mean(name, names));
        };
        return Ok(index);
    }
    let best = entries.iter().map(NpzArray::rank).max().unwrap_or(0);
    let index = match best {
        0 => only(entries),
        best => entries.iter().position(|entry| entry.rank() == best),
    };
    match index {
        Some(index) => Ok(index),
        None => bail!(
            "it has no array of numbers with 1 to 4 axes{}",
            listing(entries.iter().map(NpzArray::to_string))
        ),
    }
}

/// The array that is the video if all have at most one sample: the one with the program's default
/// name, or the only one.
fn only(entries: &[NpzArray]) -> Option<usize> {
    let has_axes = |entry: &NpzArray| {
        let header = entry.header.as_ref();
        header.is_ok_and(|header| (1..=4).contains(&header.shape.len()))
    };
    let arrays = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| has_axes(entry));
    let arrays: Vec<(usize, &NpzArray)> = arrays.collect();
    let named = arrays.iter().find(|(_, entry)| entry.name == FIELDNAME);
    match (named, &arrays[..]) {
        (Some((index, _)), _) | (None, [(index, _)]) => Some(*index),
        _ => None,
    }
}

/// Numbers, short lists of them, and a list of all arrays.
fn metadata(source: &SharedFile, entries: &[NpzArray]) -> Metadata {
    let values = entries.iter();
    let values = values.filter_map(|entry| Some((entry.name.clone(), entry.value(source)?)));
    let mut metadata = metadata_keys::metadata(values.collect::<BTreeMap<String, Field>>());
    metadata.set(
        "arrays",
        Field::list(entries.iter().map(NpzArray::to_string)),
    );
    metadata
}

impl NpzArray {
    fn read(source: &SharedFile, member: ZipMember) -> Self {
        Self {
            name: member.name.trim_end_matches(".npy").to_owned(),
            header: npy::read_header(&mut member.stream(source)),
            member,
        }
    }

    /// Likelihood of being the video among several arrays.
    fn rank(&self) -> usize {
        let Ok(header) = &self.header else {
            return 0;
        };
        let is_single = header.shape.iter().all(|len| *len == 1);
        match header.shape.len() {
            _ if is_single || header.shape.contains(&0) => 0,
            3 => 4,
            4 => 3,
            axes @ 1..=2 => axes,
            _ => 0,
        }
    }

    /// The value, if it is a few numbers.
    fn value(&self, source: &SharedFile) -> Option<Field> {
        let header = self.header.as_ref().ok()?;
        if !metadata_keys::is_short_list(&header.shape) {
            return None;
        }
        let mut stream = self.member.stream(source);
        std::io::copy(
            &mut stream.by_ref().take(header.offset),
            &mut std::io::sink(),
        )
        .ok()?;
        let mut read = |bytes: &mut [u8]| {
            let read = stream.read_exact(bytes);
            read.map_err(|e| stream::corrupted(&e))
        };
        let len = header.shape.iter().product();
        metadata_keys::list(&samples::read_numbers(header.encoding, len, &mut read).ok()?)
    }
}

impl std::fmt::Display for NpzArray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.header {
            Ok(header) => {
                let shape = shape_text(&header.shape);
                let text = format!("{shape} {}", header.encoding.dtype);
                write!(f, "{} ({})", self.name, text.trim_start())
            }
            Err(_) => write!(f, "{} (not numbers)", self.name),
        }
    }
}

impl Recording for Plain {
    fn metadata(&self) -> &Metadata {
        self.array.metadata()
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        self.array.layout()
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        self.warn();
        let is_whole = range.len == self.array.layout()?.0[0];
        let samples = checked(self.array.source(), &self.member, is_whole, &|| {
            self.array.load(range)
        })?;
        self.add_to_sum(range)?;
        Ok(samples)
    }

    fn deferrable_files(&self, range: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        self.array.deferrable_files(range)
    }

    fn must_load(&self) -> Option<&'static str> {
        self.array.must_load()
    }

    fn map(&self) -> Result<Samples> {
        self.warn();
        self.array.map()
    }
}

impl Plain {
    fn warn(&self) {
        let warn = || warn_of_others(self.array.source().path(), &self.name, &self.others);
        self.warned.call_once(warn);
    }

    /// Adds frames to the checksum, if all before them were added; an error if it is wrong at the end.
    fn add_to_sum(&self, range: FrameRange) -> Result<()> {
        let (shape, _) = self.array.layout()?;
        let mut sum = self.sum.lock().unwrap_or_else(PoisonError::into_inner);
        if range.start == 0 {
            *sum = MemberSum::default();
        }
        let is_next = range.step == 1 && range.len < shape[0] && sum.frames == range.start;
        if !is_next {
            return Ok(());
        }
        let end = range.start + range.len;
        let first = self.array.start_of(range.start) * u64::from(range.start > 0);
        let first = first.max(self.member.start);
        let last = match end == shape[0] {
            true => self.member.start + self.member.len,
            false => self.array.start_of(end),
        };
        let source = self.array.source();
        let fail = |e: &std::io::Error| cannot_load(source.path(), &stream::corrupted(e));
        sum.add(&mut source.section(first, last.saturating_sub(first)))
            .map_err(|e| fail(&e))?;
        sum.frames = end;
        match end == shape[0] {
            true => self
                .member
                .expect_sum(&sum)
                .map_err(|e| cannot_load(source.path(), &e)),
            false => Ok(()),
        }
    }
}

/// Loads an array while checking its checksum, if all of it is read anyway.
fn checked(
    source: &SharedFile,
    member: &ZipMember,
    is_whole: bool,
    load: &(dyn Fn() -> Result<Samples> + Sync),
) -> Result<Samples> {
    if !is_whole {
        return load();
    }
    let mut samples = None;
    task::join(
        &mut || {
            samples = Some(load()?);
            Ok(())
        },
        &mut || {
            let checked = member.check(source);
            checked.map_err(|e| cannot_load(source.path(), &e))
        },
    )?;
    Ok(samples.expect("loaded, as there was no error"))
}

impl DeflatedArray {
    fn header(&self) -> Result<&NpyHeader> {
        self.entry.header.as_ref().map_err(Error::clone)
    }

    /// Frames after those that were loaded last, or from the start on; an error at the end of the array
    /// if its checksum is wrong.
    fn go_on(&self, header: &NpyHeader, range: FrameRange) -> Result<Samples> {
        let member = &self.entry.member;
        let shape = &header.shape;
        let frame_bytes = shape[1..].iter().product::<usize>() * header.encoding.size();
        let start = header.offset + (range.start * frame_bytes) as u64;
        let mut inflating = self
            .inflating
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = inflating.take().filter(|stream| stream.position() <= start);
        let mut stream = before.unwrap_or_else(|| member.shared_stream(&self.source));
        let skip = start - stream.position();
        let conversion = Conversion::none(header.encoding);
        let wanted = FrameRange { start: 0, ..range };
        let samples = stream::read_blocks(&mut stream, skip, conversion, shape, wanted)?;
        let end = range.start + range.len.saturating_sub(1) * range.step + 1;
        match end < shape[0] {
            true => *inflating = Some(stream),
            false => member.expect_end(stream)?,
        }
        Ok(samples)
    }
}

impl Recording for DeflatedArray {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        let header = self.header()?;
        Ok((header.shape.clone(), header.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let warn = || warn_of_others(self.source.path(), &self.entry.name, &self.others);
        self.warned.call_once(warn);
        let header = self.header()?;
        let conversion = Conversion::none(header.encoding);
        let member = &self.entry.member;
        if self.is_deferred && range.len < header.shape[0] {
            return self
                .go_on(header, range)
                .map_err(|e| cannot_load(self.source.path(), &e));
        }
        let read = |shape: &[usize], range: FrameRange| {
            let stretch = (member.start, member.stored);
            let is_whole = range.len == shape[0];
            if is_whole
                && let Some(samples) = stream::read_all(
                    &self.source,
                    Wrapping::None,
                    stretch,
                    header.offset,
                    conversion,
                    shape,
                    Some(member.crc),
                )?
            {
                return Ok(samples);
            }
            checked(&self.source, member, is_whole, &|| {
                let mut stream = member.stream(&self.source);
                stream::read_blocks(&mut stream, header.offset, conversion, shape, range)
                    .map_err(|e| cannot_load(self.source.path(), &e))
            })
        };
        if !header.fortran || header.shape.len() == 1 {
            return read(&header.shape, range);
        }
        let reversed: Vec<usize> = header.shape.iter().rev().copied().collect();
        let all = FrameRange {
            start: 0,
            len: reversed[0],
            step: 1,
        };
        copy_frames(&read(&reversed, all)?.with_layout(header.layout()), range)
    }

    fn deferrable_files(&self, _: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        let header = self.header()?;
        let is_in_order = !header.fortran || header.shape.len() == 1;
        if !is_in_order || header.encoding.dtype == DType::Bool {
            return Ok(None);
        }
        Ok(Some(vec![&*self.source]))
    }

    fn set_deferred(&mut self) {
        self.is_deferred = true;
    }

    fn is_sequential(&self) -> bool {
        true
    }

    fn map(&self) -> Result<Samples> {
        Err(cannot_map(self.source.path(), "its arrays are compressed"))
    }
}
