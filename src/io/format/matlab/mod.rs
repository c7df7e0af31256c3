//! MATLAB's `.mat` files of versions 4 to 7.3, with the axes converted to the order of a video.
//!
//! The parser of versions 4 to 7 is our own. Of SciPy's 110 test files, the `matfile` crate read
//! 26, without version 4, text, structs and cells; `matrw` read 53, panicked on 15, and refused all
//! that SciPy saves today. Here samples that are not compressed are mapped or read in parts.

mod elements;
mod v4;
mod v5;
#[cfg(feature = "hdf5")]
mod v73;
mod variable;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

pub(in crate::io) use write::{FIELDNAME, save};

use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::SharedFile;
use crate::io::format::metadata_keys;
use crate::io::recording::{
    FrameRange, LoadOptions, Recording, cannot_load, cannot_map, copy_frames, warn_of_others,
};
use crate::task;
use crate::video::{
    DType, Element, Field, Layout, MappedFile, Metadata, Samples, Strided, map_samples, with_dtype,
};
use variable::{NumericData, Variable, VariableContent};

/// Maximum number of variables listed in the metadata.
const MAX_LISTED: usize = 1000;

/// Number of samples negated in one step.
const STEP: usize = 1 << 20;

/// A file whose variables are known.
pub(in crate::io) struct MatFile {
    source: SharedFile,
    array: Result<MatlabArray>,
    metadata: Metadata,
}

/// The variable that is the video.
struct MatlabArray {
    name: String,
    numbers: NumericData,
    /// Layout of the samples, the first axis being time.
    layout: Layout,
    /// Whether dark pixels have high values.
    is_negative: bool,
    /// Other arrays of the file.
    others: Vec<String>,
}

/// Whether the first bytes of a file are those of MATLAB.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MATLAB 5.0 MAT-file") || bytes.starts_with(b"MATLAB 7.3 MAT-file")
}

impl MatFile {
    /// Reads the list of variables and chooses one.
    pub(in crate::io) fn open(path: &Path, options: &LoadOptions) -> Result<Self> {
        let source = SharedFile::open(path)?;
        let variables = variables(&source).map_err(|e| cannot_load(path, &e))?;
        let mut array = choose(&variables, options.fieldname.as_deref());
        if let Ok(array) = &mut array
            && write::is_ours(&source.start(128)?)
            && let Some(variable) = variables
                .iter()
                .find(|variable| variable.name == array.name)
        {
            // Axes are in the order of a video, whatever their lengths.
            let order: Vec<usize> = (0..variable.dims.len()).collect();
            array.layout = ordered_layout(&variable.dims, &order);
        }
        let (scripts, variables): (Vec<_>, Vec<_>) =
            variables.into_iter().partition(Variable::is_script);
        let script = array.as_ref().ok().and_then(|array| {
            let name = write::history_name(&array.name);
            scripts.iter().find(|script| script.name == name)?.field()
        });
        let provenance = match script {
            Some(Field::Text(script)) => Some(script.into()),
            _ => None,
        };
        Ok(Self {
            metadata: Metadata {
                provenance,
                ..metadata(&variables, array.as_ref().ok())
            },
            array: array.map_err(|e| cannot_load(path, &e)),
            source,
        })
    }

    fn array(&self) -> Result<&MatlabArray> {
        self.array.as_ref().map_err(Error::clone)
    }
}

impl Recording for MatFile {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        let array = self.array()?;
        Ok((
            array.layout.shape().to_vec(),
            array.numbers.conversion.dtype,
        ))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let array = self.array()?;
        warn_of_others(self.source.path(), &array.name, &array.others);
        let samples = array
            .load(&self.source, range)
            .map_err(|e| cannot_load(self.source.path(), &e))?;
        if array.is_negative {
            return negate(samples);
        }
        Ok(samples)
    }

    fn must_load(&self) -> Option<&'static str> {
        let array = self.array.as_ref().ok().filter(|array| array.is_plain());
        array?.numbers.conversion.direct()?.must_load()
    }

    fn map(&self) -> Result<Samples> {
        let array = self.array()?;
        let path = self.source.path();
        let Some(start) = array.numbers.location.plain() else {
            return Err(cannot_map(path, "its samples are compressed"));
        };
        let Some(encoding) = array.numbers.conversion.direct() else {
            return Err(cannot_map(path, "its samples are stored as another type"));
        };
        if array.is_negative {
            return Err(cannot_map(path, "its samples have to be negated"));
        }
        if let Some(obstacle) = encoding.obstacle() {
            return Err(cannot_map(path, obstacle));
        }
        warn_of_others(self.source.path(), &array.name, &array.others);
        let file = MappedFile::open(path)?;
        let mapped = with_dtype!(encoding.dtype, T => {
            file.array::<T>(start as usize, array.layout.clone()).map(Element::wrap)
        });
        mapped.ok_or_else(|| cannot_map(path, "its samples are not aligned"))
    }
}

impl MatlabArray {
    /// Whether the samples are stored unchanged in the file.
    fn is_plain(&self) -> bool {
        self.numbers.location.plain().is_some() && !self.is_negative
    }

    /// Likelihood of being the video among several arrays.
    fn rank(&self) -> usize {
        let long = self.layout.shape().iter().filter(|len| **len > 1).count();
        match (self.layout.shape().len(), long) {
            (3, 1..) => 4,
            (4, 1..) => 3,
            (_, long) => long,
        }
    }

    fn load(&self, source: &SharedFile, range: FrameRange) -> Result<Samples> {
        let shape = self.layout.shape();
        let slowest = slowest_axis(&self.layout);
        let frame_len = self.layout.len() / shape[slowest];
        let blocks = |len| [len, frame_len];
        if slowest == 0 {
            let samples = self.numbers.read(source, &blocks(shape[0]), range)?;
            return Ok(samples.with_layout(self.layout.slice(0, 0, range.len, 1)));
        }
        let all = FrameRange {
            start: 0,
            len: shape[slowest],
            step: 1,
        };
        let samples = self.numbers.read(source, &blocks(all.len), all)?;
        if range.len * 2 > shape[0] {
            let part = self
                .layout
                .slice(0, range.start, range.len, range.step as isize);
            return Ok(samples.with_layout(part));
        }
        copy_frames(&samples.with_layout(self.layout.clone()), range)
    }
}

/// The axis with the largest stride; among equal ones, the one longer than 1, otherwise time.
fn slowest_axis(layout: &Layout) -> usize {
    let axes = std::iter::zip(layout.strides(), layout.shape()).enumerate();
    let slowest = axes.rev().max_by_key(|(_, distance)| *distance);
    slowest.map_or(0, |(axis, _)| axis)
}

/// Description of files that are also HDF5 files.
#[cfg(not(feature = "hdf5"))]
const LARGE: &str = "MATLAB files of version 7.3";

/// Whether the header is that of version 7.3.
fn is_v73(header: &[u8]) -> bool {
    matches!(header.get(124..128), Some(b"\x00\x02IM" | b"\x02\x00MI"))
}

fn variables(source: &SharedFile) -> Result<Vec<Variable>> {
    let header = source.start(128)?;
    if is_v73(&header) {
        #[cfg(feature = "hdf5")]
        return v73::variables(source);
        #[cfg(not(feature = "hdf5"))]
        return Err(Error::left_out(source.path(), LARGE, "hdf5"));
    }
    if let Ok(swapped) = v5::is_swapped(&header) {
        return v5::variables(source, swapped);
    }
    v4::variables(source)
}

/// The array that is the video: the named one, or the first with three axes, else with four or two.
fn choose(variables: &[Variable], fieldname: Option<&str>) -> Result<MatlabArray> {
    if let Some(name) = fieldname {
        return named(variables, name);
    }
    let arrays = variables.iter();
    let arrays: Vec<(&Variable, MatlabArray)> = arrays
        .filter_map(|variable| Some((variable, variable.array()?)))
        // Content of a cell is considered a video only if it looks like one.
        .filter(|(variable, array)| !variable.name.contains(['{', '(']) || array.rank() > 1)
        .collect();
    let find = |name: &str| {
        arrays
            .iter()
            .position(|(variable, _)| variable.name == name)
    };
    if let (Some(data), Some(_)) = (find("cmosData"), find("bgimage")) {
        return Ok(negative(take(arrays, data)));
    }
    let ranks = arrays.iter().map(|(_, array)| array.rank());
    let best = ranks.clone().max().unwrap_or(0);
    let Some(chosen) = ranks.clone().position(|rank| rank == best) else {
        bail!("it has no array of 2 to 4 axes{}", listing(variables));
    };
    let others = arrays.iter().zip(ranks).enumerate();
    let others = others.filter(|(index, (_, rank))| *index != chosen && *rank > 1);
    let others: Vec<String> = others
        .map(|(_, ((other, _), _))| other.to_string())
        .collect();
    let array = take(arrays, chosen);
    Ok(MatlabArray { others, ..array })
}

fn take(mut arrays: Vec<(&Variable, MatlabArray)>, chosen: usize) -> MatlabArray {
    arrays.swap_remove(chosen).1
}

/// The variable with a name; fields of structs are named `s/field` or, as in MATLAB, `s.field`.
fn named(variables: &[Variable], name: &str) -> Result<MatlabArray> {
    let path = name.trim_matches('/').replace('.', "/");
    let variable = [name, &path].into_iter().find_map(|name| {
        let mut variables = variables.iter();
        variables.find(|variable| variable.name == name)
    });
    let Some(variable) = variable else {
        let names = variables.iter().map(|variable| variable.name.as_str());
        let error = format!("it has no variable `{name}`{}", listing(variables));
        return Err(Error::new(error).did_you_mean(name, names));
    };
    if let Some(array) = variable.array() {
        return Ok(array);
    }
    let error = Error::new(format!("its variable {variable} is not a video"));
    let within = |other: &&Variable| {
        let rest = other.name.strip_prefix(&variable.name);
        rest.is_some_and(|rest| rest.starts_with(['/', '(', '{']))
    };
    let mut inner = variables.iter().filter(within).peekable();
    Err(match inner.peek() {
        Some(_) => {
            let names = crate::io::listing::listing(inner.map(Variable::to_string));
            error.hint(format!("name an array within it{names}"))
        }
        None => error,
    })
}

/// The variables as a list for a message.
fn listing(variables: &[Variable]) -> String {
    crate::io::listing::listing(variables.iter().map(Variable::to_string))
}

/// Marks a recording of the program Rhythm, in which depolarized cells are dark, as inverted.
fn negative(array: MatlabArray) -> MatlabArray {
    let mut numbers = array.numbers;
    numbers.conversion.dtype = match numbers.conversion.dtype {
        DType::U8 | DType::U16 | DType::Bool => DType::F32,
        DType::U32 | DType::U64 => DType::F64,
        signed => signed,
    };
    MatlabArray {
        numbers,
        is_negative: true,
        ..array
    }
}

/// The samples with the opposite sign.
fn negate(samples: Samples) -> Result<Samples> {
    map_samples!(samples, array => negate_array(array))
}

fn negate_array<T: Element>(mut array: Strided<T>) -> Result<Samples> {
    let layout = array.layout().clone();
    let len = layout.len();
    // In memory order, whatever the axes are.
    array = array.with_layout(Layout::contiguous(&[len]));
    let steps = array.as_mut_slice()?.chunks_mut(STEP);
    task::for_each("loading", steps, |samples| {
        samples
            .iter_mut()
            .for_each(|v| *v = T::from_f64(-v.to_f64()));
        Ok(())
    })?;
    Ok(T::wrap(array.with_layout(layout)))
}

impl Variable {
    /// The variable as a video, if its axes allow it.
    fn array(&self) -> Option<MatlabArray> {
        let VariableContent::Numbers(numbers, _) = &self.content else {
            return None;
        };
        if self.len() == 0 {
            return None;
        }
        Some(MatlabArray {
            name: self.name.clone(),
            numbers: numbers.clone(),
            layout: video_layout(&self.dims)?,
            is_negative: false,
            others: Vec::new(),
        })
    }
}

/// Memory layout of a MATLAB array as a video; `None` if its axes do not allow it.
fn video_layout(dims: &[usize]) -> Option<Layout> {
    let order: &[usize] = match *dims {
        [_, _] => &[0, 1],
        [rows, cols, depth] if is_time_last(rows, cols, depth) => &[2, 0, 1],
        [_, _, _] => &[0, 1, 2],
        [_, _, 1..=4, _] => &[3, 0, 1, 2],
        [_, _, _, 1..=4] => &[0, 1, 2, 3],
        _ => return None,
    };
    Some(ordered_layout(dims, order))
}

/// Memory layout of a MATLAB array with its axes permuted.
fn ordered_layout(dims: &[usize], order: &[usize]) -> Layout {
    let mut strides = vec![1];
    for len in dims {
        let last = strides.last().copied().unwrap_or(1);
        strides.push(last * (*len).max(1) as isize);
    }
    let shape: Vec<usize> = order.iter().map(|axis| dims[*axis]).collect();
    let strides: Vec<isize> = order.iter().map(|axis| strides[*axis]).collect();
    Layout::new(0, &shape, &strides)
}

/// Whether the last of three axes is time, as usual in MATLAB, and not the first, as usual in
/// Python: if it is the longest, or if frames are square only that way.
fn is_time_last(rows: usize, cols: usize, depth: usize) -> bool {
    (depth > rows && depth > cols) || (rows == cols && cols != depth)
}

/// The characters of UTF-16 text.
fn letters(units: &[u16]) -> Vec<char> {
    char::decode_utf16(units.iter().copied())
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// The rows of a character matrix stored in column-major order, as lines.
fn rows_of_text(letters: &[char], dims: &[usize]) -> String {
    let rows = dims.first().copied().unwrap_or(1).max(1);
    let row = |row: usize| {
        let line: String = letters.iter().skip(row).step_by(rows).collect();
        line.trim_end_matches([' ', '\0']).to_owned()
    };
    let lines: Vec<String> = (0..rows.min(letters.len())).map(row).collect();
    lines.join("\n")
}

/// Single numbers and texts under their names, those of the video's struct under their field names,
/// and a list of the variables.
fn metadata(variables: &[Variable], array: Option<&MatlabArray>) -> Metadata {
    let is_indexed = |name: &str| name.contains(['(', '{']);
    let fields = variables.iter();
    let fields = fields.filter_map(|variable| Some((variable.name.as_str(), variable.field()?)));
    let beside = array.and_then(|array| Some(array.name.rsplit_once('/')?.0));
    let mut all = BTreeMap::new();
    for (name, field) in fields {
        if let Some((group, own)) = name.rsplit_once('/')
            && Some(group) == beside
            && !variables.iter().any(|variable| variable.name == own)
        {
            all.insert(own.to_owned(), field);
        } else if !is_indexed(name) {
            all.insert(name.to_owned(), field);
        }
    }
    let mut metadata = metadata_keys::metadata(all);
    let list = variables.iter().take(MAX_LISTED).map(Variable::to_string);
    metadata.set("variables", Field::list(list));
    metadata
}
