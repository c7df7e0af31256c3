//! MATLAB files of version 7.3: HDF5 files with an additional header, in which the axes of arrays
//! are reversed.

use std::collections::VecDeque;
use std::sync::Arc;

use super::variable::{DataLocation, NumericData, Variable, VariableContent};
use crate::error::Result;
use crate::io::bytes::samples::{Conversion, SharedFile};
use crate::io::format::hdf5::{self, Dataset};
use crate::io::format::metadata_keys;
use crate::video::{DType, Field};

/// Maximum depth of nested cells and structs, and maximum number of variables.
const MAX_DEPTH: usize = 8;
const MAX_VARIABLES: usize = 10_000;

/// The variables of a file in order, followed by the contents of cells, named `c{1}`, and the
/// fields of struct arrays, named `s(1)/field`.
pub(super) fn variables(source: &SharedFile) -> Result<Vec<Variable>> {
    let mut contents = hdf5::contents(source.path())?;
    hdf5::warn_of_failures(source.path(), &contents.datasets);
    // MATLAB stores referenced data under names that no variable can have.
    let own = std::mem::take(&mut contents.datasets).into_iter();
    let own = own.filter(|dataset| !dataset.name.starts_with('#') && !dataset.is_alias);
    let mut waiting: VecDeque<(Dataset, usize)> = own.map(|dataset| (dataset, 0)).collect();
    let mut variables = Vec::new();
    while let Some((dataset, depth)) = waiting.pop_front() {
        let references = references(&dataset).filter(|_| depth < MAX_DEPTH);
        for (name, location) in references.iter().flatten() {
            if variables.len() + waiting.len() < MAX_VARIABLES {
                let inner = contents.referred(*location, name).into_iter();
                waiting.extend(inner.map(|dataset| (dataset, depth + 1)));
            }
        }
        // The field of a struct array is not a variable by itself.
        if references.is_none() || class(&dataset) == "cell" {
            variables.push(variable(dataset));
        }
    }
    Ok(variables)
}

/// Targets of a cell or of a field of a struct array: the name and the address of each.
fn references(dataset: &Dataset) -> Option<Vec<(String, u64)>> {
    let class = class(dataset);
    let name = &dataset.name;
    let named = |number: usize| match (class.as_str(), name.rsplit_once('/')) {
        ("", Some((group, field))) => format!("{group}({number})/{field}"),
        _ => format!("{name}{{{number}}}"),
    };
    if dataset.attributes.contains_key("MATLAB_empty") || !matches!(class.as_str(), "cell" | "") {
        return None;
    }
    let locations = dataset.references()?.into_iter();
    Some((1..).map(named).zip(locations).collect())
}

/// Classes of numeric and text variables; empty if the file was written by another program.
const NUMBERS: &[&str] = &[
    "", "double", "single", "logical", "char", "int8", "int16", "int32", "int64", "uint8",
    "uint16", "uint32", "uint64",
];

/// MATLAB's class of a variable.
fn class(dataset: &Dataset) -> String {
    match dataset.attributes.get("MATLAB_class") {
        Some(Field::Text(class)) => class.clone(),
        _ => String::new(),
    }
}

fn variable(dataset: Dataset) -> Variable {
    let class = class(&dataset);
    let dims: Vec<usize> = dataset.shape.iter().rev().copied().collect();
    let name = dataset.name.clone();
    let content = if dataset.attributes.contains_key("MATLAB_empty") {
        VariableContent::Other("empty")
    } else {
        content(dataset, &class, &dims)
    };
    Variable {
        name,
        dims,
        content,
    }
}

fn content(dataset: Dataset, class: &str, dims: &[usize]) -> VariableContent {
    let stored = match (class, dataset.encoding) {
        ("cell", _) => return VariableContent::Other("cells"),
        (class, _) if !NUMBERS.contains(&class) => return VariableContent::Other("object"),
        _ if dataset.attributes.contains_key("MATLAB_object_decode") => {
            return VariableContent::Other("object");
        }
        ("char", Ok(_)) => return text(&dataset, dims),
        (_, Err(kind)) => return VariableContent::Other(kind),
        (_, Ok(stored)) => stored,
    };
    let dtype = match (class, stored.size()) {
        ("logical", 1) => DType::Bool,
        _ => stored.dtype,
    };
    let values = match metadata_keys::is_short_list(dims) {
        true => dataset.numbers().unwrap_or_default(),
        false => Vec::new(),
    };
    let numbers = NumericData {
        conversion: Conversion { dtype, stored },
        location: DataLocation::Dataset(Arc::new(dataset)),
    };
    VariableContent::Numbers(numbers, values)
}

fn text(dataset: &Dataset, dims: &[usize]) -> VariableContent {
    let (Some(bytes), Ok(encoding)) = (dataset.small(), dataset.encoding) else {
        return VariableContent::Other("long text");
    };
    let unit = |pair: &[u8]| match encoding.swapped {
        true => u16::from_ne_bytes([pair[1], pair[0]]),
        false => u16::from_ne_bytes([pair[0], pair[1]]),
    };
    let units: Vec<u16> = match encoding.size() {
        2 => bytes.chunks_exact(2).map(unit).collect(),
        _ => bytes.into_iter().map(u16::from).collect(),
    };
    VariableContent::Text(super::rows_of_text(&super::letters(&units), dims))
}
