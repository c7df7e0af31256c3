//! Fields of the metadata of an array: names, lists of lengths, byte orders and orders of axes.

use serde_json::Value;

use crate::bail;
use crate::error::{Result, counted};

/// The name of an item given as an object, or by its name alone.
pub(super) fn name_of(json: &Value) -> Option<&str> {
    json["name"].as_str().or_else(|| json.as_str())
}

/// The name and the settings of a version 3 codec.
pub(super) fn named(codec: &Value) -> (&str, &Value) {
    let name = name_of(codec).unwrap_or("without a name");
    (name, &codec["configuration"])
}

/// Whether the byte order is big-endian.
pub(super) fn endian(settings: &Value) -> Result<bool> {
    Ok(match settings["endian"].as_str() {
        Some("big") => true,
        Some("little") | None => false,
        Some(other) => bail!("its codec `bytes` has the unknown byte order \"{other}\""),
    })
}

/// The shape in a list.
pub(super) fn lens(json: &Value, name: &str) -> Result<Vec<usize>> {
    let values = json.as_array().map_or(&[][..], Vec::as_slice);
    let lens = values.iter().map(|len| usize::try_from(len.as_u64()?).ok());
    let lens: Option<Vec<usize>> = lens.collect();
    match lens {
        Some(lens) if json.is_array() && lens.len() <= 16 => Ok(lens),
        _ => bail!("its metadata has no valid `{name}`"),
    }
}

/// A permutation of `rank` axes.
pub(super) fn permutation(json: &Value, rank: usize) -> Result<Vec<usize>> {
    // Drafts of version 3 had names for two of them.
    let order = match json.as_str() {
        Some("C") => (0..rank).collect(),
        Some("F") => (0..rank).rev().collect(),
        _ => lens(json, "order")?,
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        let axes = counted(rank, "axis");
        bail!("its codec `transpose` has the order {json}, but its array has {axes}");
    }
    Ok(order)
}
