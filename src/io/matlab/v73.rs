//! MATLAB files of version 7.3: HDF5 files with a header of their own, in which the axes of
//! arrays are in the opposite order.

use std::sync::Arc;

use super::variable::{Content, Numbers, Place, Variable};
use crate::error::Result;
use crate::io::hdf5::{self, Dataset};
use crate::io::known;
use crate::io::raw::{Conversion, Source};
use crate::video::{DType, Field};

/// Whether the header is that of version 7.3.
pub(super) fn is_header(header: &[u8]) -> bool {
    matches!(header.get(124..128), Some(b"\x00\x02IM" | b"\x02\x00MI"))
}

/// The variables of a file in order.
pub(super) fn variables(source: &Source) -> Result<Vec<Variable>> {
    let (datasets, _) = hdf5::datasets(source.path())?;
    // MATLAB keeps what its variables refer to under names that no variable can have.
    let own = datasets
        .into_iter()
        .filter(|dataset| !dataset.name.starts_with('#'));
    Ok(own.map(variable).collect())
}

fn variable(dataset: Dataset) -> Variable {
    let class = match dataset.attributes.get("MATLAB_class") {
        Some(Field::Text(class)) => class.clone(),
        _ => String::new(),
    };
    let dims: Vec<usize> = dataset.shape.iter().rev().copied().collect();
    let name = dataset.name.clone();
    let content = if dataset.attributes.contains_key("MATLAB_empty") {
        Content::Other("empty")
    } else {
        content(dataset, &class, &dims)
    };
    Variable {
        name,
        dims,
        content,
    }
}

fn content(dataset: Dataset, class: &str, dims: &[usize]) -> Content {
    let stored = match (class, dataset.encoding) {
        ("cell", _) => return Content::Other("cells"),
        ("char", Ok(_)) => return text(&dataset, dims),
        (_, Err(kind)) => return Content::Other(kind),
        (_, Ok(stored)) => stored,
    };
    let dtype = match (class, stored.size()) {
        ("logical", 1) => DType::Bool,
        _ => stored.dtype,
    };
    let values = match known::is_short_list(dims) {
        true => dataset.numbers().unwrap_or_default(),
        false => Vec::new(),
    };
    let numbers = Numbers {
        conversion: Conversion { dtype, stored },
        place: Place::Dataset(Arc::new(dataset)),
    };
    Content::Numbers(numbers, values)
}

fn text(dataset: &Dataset, dims: &[usize]) -> Content {
    let (Some(bytes), Ok(encoding)) = (dataset.small(), dataset.encoding) else {
        return Content::Other("long text");
    };
    let unit = |pair: &[u8]| match encoding.swapped {
        true => u16::from_ne_bytes([pair[1], pair[0]]),
        false => u16::from_ne_bytes([pair[0], pair[1]]),
    };
    let units: Vec<u16> = match encoding.size() {
        2 => bytes.chunks_exact(2).map(unit).collect(),
        _ => bytes.into_iter().map(u16::from).collect(),
    };
    Content::Text(super::rows_of_text(&super::letters(&units), dims))
}
