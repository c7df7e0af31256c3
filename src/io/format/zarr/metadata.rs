//! The JSON files of a Zarr array: version 2 (`.zarray`, `.zattrs`) and 3 (`zarr.json`).

use std::path::Path;

use serde_json::Value;

use super::coding::ChunkEncoding;
use super::fields::{lens, name_of};
use super::fill::fill_value;
use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::SharedFile;
use crate::io::format::npy;

/// Maximum size of a JSON file in bytes.
const MAX_JSON: u64 = 16 << 20;

/// How an array is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ArrayMetadata {
    pub(super) shape: Vec<usize>,
    /// Names of its axes, if any.
    pub(super) axes: Vec<String>,
    /// Bytes of the fill value; `None` if undefined.
    pub(super) fill_value: Option<Vec<u8>>,
    pub(super) coding: ChunkEncoding,
    pub(super) keys: ChunkKeys,
}

/// Naming scheme of chunk files.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ChunkKeys {
    pub(super) prefix: &'static str,
    pub(super) separator: &'static str,
}

/// A JSON file of a folder, if it exists.
pub(super) fn read_json(folder: &Path, name: &str) -> Result<Option<Value>> {
    let path = folder.join(name);
    let Some(source) = SharedFile::find(&path)? else {
        return Ok(None);
    };
    if source.len() > MAX_JSON {
        bail!("its file `{name}` is too long");
    }
    let bytes = source.start(MAX_JSON as usize)?;
    let value = serde_json::from_slice(&bytes)
        .map_err(|e| Error::new(format!("its file `{name}` is not valid JSON ({e})")))?;
    Ok(Some(value))
}

/// The metadata of the array in a folder, if it contains one.
pub(super) fn read_array(folder: &Path) -> Result<Option<ArrayMetadata>> {
    if let Some(json) = read_json(folder, ".zarray")? {
        return version_2(&json).map(Some);
    }
    match read_json(folder, "zarr.json")? {
        Some(json) if json["node_type"] == "array" => version_3(&json).map(Some),
        _ => Ok(None),
    }
}

/// The attributes of a folder.
pub(super) fn read_attributes(folder: &Path) -> Result<Value> {
    if let Some(json) = read_json(folder, ".zattrs")? {
        return Ok(json);
    }
    let json = read_json(folder, "zarr.json")?.unwrap_or_default();
    Ok(json["attributes"].clone())
}

fn version_2(json: &Value) -> Result<ArrayMetadata> {
    let Some(dtype) = json["dtype"].as_str() else {
        bail!("it holds structured records, but a video needs real numbers");
    };
    let encoding = npy::encoding(dtype)?;
    let shape = lens(&json["shape"], "shape")?;
    let chunk = lens(&json["chunks"], "chunks")?;
    let filters = json["filters"].as_array().map_or(&[][..], Vec::as_slice);
    let codecs = filters.iter().chain([&json["compressor"]]);
    let codecs: Vec<&Value> = codecs.filter(|codec| !codec.is_null()).collect();
    let separator = match json["dimension_separator"].as_str() {
        Some("/") => "/",
        _ => ".",
    };
    let is_reversed = match json["order"].as_str() {
        Some("F") => true,
        Some("C") | None => false,
        Some(other) => bail!("its `order` is \"{other}\", neither \"C\" nor \"F\""),
    };
    let array = ArrayMetadata {
        fill_value: fill_value(&json["fill_value"], encoding)?,
        keys: ChunkKeys {
            prefix: "",
            separator,
        },
        axes: Vec::new(),
        coding: ChunkEncoding::version_2(encoding, chunk, is_reversed, &codecs)?,
        shape,
    };
    array.checked()
}

fn version_3(json: &Value) -> Result<ArrayMetadata> {
    let code = match json["data_type"].as_str() {
        Some("bool") => "|b1",
        Some("uint8") => "|u1",
        Some("uint16") => "<u2",
        Some("uint32") => "<u4",
        Some("uint64") => "<u8",
        Some("int8") => "|i1",
        Some("int16") => "<i2",
        Some("int32") => "<i4",
        Some("int64") => "<i8",
        Some("float16") => "<f2",
        Some("float32") => "<f4",
        Some("float64") => "<f8",
        other => bail!(
            "it holds samples of the type {}, but a video needs real numbers",
            other.unwrap_or("of an extension")
        ),
    };
    let shape = lens(&json["shape"], "shape")?;
    let grid = &json["chunk_grid"];
    if let Some(other) = grid["name"].as_str().filter(|name| *name != "regular") {
        bail!("its chunks have a grid of the kind `{other}`, which is not supported");
    }
    if let Some([first, ..]) = json["storage_transformers"].as_array().map(Vec::as_slice) {
        let name = name_of(first).unwrap_or("without a name");
        bail!("it has the storage transformer `{name}`, which is not supported");
    }
    let keys = &json["chunk_key_encoding"];
    let (prefix, default) = match name_of(keys) {
        Some("v2") => ("", "."),
        Some("default") | None => ("c", "/"),
        Some(other) => bail!("its chunks are named by the unknown rule `{other}`"),
    };
    let separator = keys["configuration"]["separator"]
        .as_str()
        .unwrap_or(default);
    let names = json["dimension_names"].as_array();
    let name = |name: &Value| name.as_str().unwrap_or_default().to_owned();
    let chunk = lens(&grid["configuration"]["chunk_shape"], "chunk_shape")?;
    if chunk.len() != shape.len() {
        bail!("{MISFIT}");
    }
    let codecs = json["codecs"].as_array().map_or(&[][..], Vec::as_slice);
    let encoding = npy::encoding(code)?;
    let array = ArrayMetadata {
        axes: names.map_or_else(Vec::new, |names| names.iter().map(name).collect()),
        coding: ChunkEncoding::version_3(encoding, chunk, codecs)?,
        keys: ChunkKeys {
            prefix,
            separator: if separator == "/" { "/" } else { "." },
        },
        fill_value: None,
        shape,
    };
    let fill_value = fill_value(&json["fill_value"], array.coding.encoding)?;
    ArrayMetadata {
        fill_value,
        ..array
    }
    .checked()
}

/// Message for chunks of another rank than the array.
const MISFIT: &str = "its shape and its chunks do not match";

impl ArrayMetadata {
    fn checked(self) -> Result<Self> {
        if self.coding.chunk.len() != self.shape.len() || self.shape.is_empty() {
            bail!("{MISFIT}");
        }
        Ok(self)
    }
}
