//! What the JSON files of a Zarr array say: version 2 (`.zarray`, `.zattrs`) and 3 (`zarr.json`).

use std::path::Path;

use half::f16;
use serde_json::Value;

use crate::bail;
use crate::error::{Error, Result};
use crate::io::codec::Codec;
use crate::io::npy;
use crate::io::raw::{Encoding, Source};
use crate::video::{Element, with_dtype};

/// The longest JSON file that is read, in bytes.
const MAX_JSON: u64 = 16 << 20;

/// How an array is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ArrayMetadata {
    pub(super) shape: Vec<usize>,
    pub(super) chunk: Vec<usize>,
    pub(super) encoding: Encoding,
    /// The bytes of a sample that was never written.
    pub(super) blank: Vec<u8>,
    /// The axes of a chunk, that which varies fastest last.
    pub(super) order: Vec<usize>,
    pub(super) codecs: Vec<Codec>,
    pub(super) keys: Keys,
    /// How many chunks a file has along each axis, and what is done to their list, if a file has
    /// several.
    pub(super) shard: Option<Shard>,
}

/// How the files of chunks are named.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Keys {
    pub(super) prefix: &'static str,
    pub(super) separator: &'static str,
}

/// A file with several chunks and a list of their places.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shard {
    pub(super) counts: Vec<usize>,
    pub(super) list_is_first: bool,
    /// The size of the list in bytes.
    pub(super) list_len: u64,
}

/// A JSON file of a folder, if there is one.
pub(super) fn read_json(folder: &Path, name: &str) -> Result<Option<Value>> {
    let path = folder.join(name);
    let Some(source) = Source::find(&path)? else {
        return Ok(None);
    };
    if source.len() > MAX_JSON {
        bail!("its file `{name}` is too long");
    }
    let bytes = source.start(MAX_JSON as usize)?;
    let value = serde_json::from_slice(&bytes)
        .map_err(|e| Error::new(format!("its file `{name}` is no valid JSON ({e})")))?;
    Ok(Some(value))
}

/// What is said about the array in a folder, if it is one.
pub(super) fn read_array(folder: &Path) -> Result<Option<ArrayMetadata>> {
    if let Some(json) = read_json(folder, ".zarray")? {
        return version_2(&json).map(Some);
    }
    match read_json(folder, "zarr.json")? {
        Some(json) if json["node_type"] == "array" => version_3(&json).map(Some),
        _ => Ok(None),
    }
}

/// What a folder's attributes are.
pub(super) fn read_attributes(folder: &Path) -> Result<Value> {
    if let Some(json) = read_json(folder, ".zattrs")? {
        return Ok(json);
    }
    let json = read_json(folder, "zarr.json")?.unwrap_or_default();
    Ok(json["attributes"].clone())
}

fn version_2(json: &Value) -> Result<ArrayMetadata> {
    let Some(dtype) = json["dtype"].as_str() else {
        bail!("it holds structured records, a video needs real numbers");
    };
    let encoding = npy::encoding(dtype)?;
    let shape = lens(&json["shape"], "shape")?;
    let chunk = lens(&json["chunks"], "chunks")?;
    let filters = json["filters"].as_array().map_or(&[][..], Vec::as_slice);
    let steps = filters.iter().chain([&json["compressor"]]);
    let codecs = steps
        .filter(|codec| !codec.is_null())
        .map(|codec| codec_of(codec["id"].as_str(), codec, encoding.size()))
        .collect::<Result<Vec<Codec>>>()?;
    let mut order: Vec<usize> = (0..shape.len()).collect();
    if json["order"] == "F" {
        order.reverse();
    }
    let separator = match json["dimension_separator"].as_str() {
        Some("/") => "/",
        _ => ".",
    };
    let array = ArrayMetadata {
        blank: blank(&json["fill_value"], encoding),
        keys: Keys {
            prefix: "",
            separator,
        },
        shard: None,
        shape,
        chunk,
        encoding,
        order,
        codecs,
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
            "it holds samples of the type {}, a video needs real numbers",
            other.unwrap_or("of an extension")
        ),
    };
    let shape = lens(&json["shape"], "shape")?;
    let grid = &json["chunk_grid"]["configuration"]["chunk_shape"];
    let keys = &json["chunk_key_encoding"];
    let (prefix, default) = match keys["name"].as_str() {
        Some("v2") => ("", "."),
        _ => ("c", "/"),
    };
    let separator = keys["configuration"]["separator"]
        .as_str()
        .unwrap_or(default);
    let mut array = ArrayMetadata {
        order: (0..shape.len()).collect(),
        chunk: lens(grid, "chunk_shape")?,
        encoding: npy::encoding(code)?,
        blank: Vec::new(),
        codecs: Vec::new(),
        keys: Keys {
            prefix,
            separator: if separator == "/" { "/" } else { "." },
        },
        shard: None,
        shape,
    };
    let codecs = json["codecs"].as_array().map_or(&[][..], Vec::as_slice);
    match codecs {
        [codec] if codec["name"] == "sharding_indexed" => {
            let settings = &codec["configuration"];
            array.add_shard(settings)?;
            let inner = settings["codecs"].as_array();
            array.add_codecs(inner.map_or(&[][..], Vec::as_slice))?;
        }
        codecs => array.add_codecs(codecs)?,
    }
    array.blank = blank(&json["fill_value"], array.encoding);
    array.checked()
}

impl ArrayMetadata {
    fn add_shard(&mut self, settings: &Value) -> Result<()> {
        let inner = lens(&settings["chunk_shape"], "chunk_shape")?;
        let divides = |(outer, inner): (&usize, &usize)| outer.is_multiple_of(*inner);
        let pairs = || self.chunk.iter().zip(&inner);
        if inner.len() != self.chunk.len() || inner.contains(&0) || !pairs().all(divides) {
            bail!("its shards are no multiples of its chunks");
        }
        let counts: Vec<usize> = pairs().map(|(outer, inner)| outer / inner).collect();
        let steps = settings["index_codecs"].as_array();
        let is_summed = |step: &Value| step["name"] == "crc32c";
        let sum = if steps.is_some_and(|steps| steps.iter().any(is_summed)) {
            4
        } else {
            0
        };
        let total = counts
            .iter()
            .try_fold(16u64, |len, count| len.checked_mul(*count as u64));
        let Some(list_len) = total.and_then(|len| len.checked_add(sum)) else {
            bail!("its shards have an impossible size");
        };
        self.chunk = inner;
        self.shard = Some(Shard {
            counts,
            list_is_first: settings["index_location"] == "start",
            list_len,
        });
        Ok(())
    }

    fn add_codecs(&mut self, codecs: &[Value]) -> Result<()> {
        for codec in codecs {
            let settings = &codec["configuration"];
            match codec["name"].as_str() {
                Some("bytes") => {
                    let big = settings["endian"] == "big";
                    self.encoding.swapped = big != cfg!(target_endian = "big");
                }
                Some("transpose") => self.order = lens(&settings["order"], "order")?,
                name => {
                    let codec = codec_of(name, settings, self.encoding.size())?;
                    self.codecs.push(codec);
                }
            }
        }
        Ok(())
    }

    fn checked(self) -> Result<Self> {
        let mut axes = self.order.clone();
        axes.sort_unstable();
        let is_order = axes.iter().copied().eq(0..self.shape.len());
        if self.chunk.len() != self.shape.len() || !is_order || self.shape.is_empty() {
            bail!("its shape and its chunks do not fit");
        }
        Ok(self)
    }
}

fn lens(json: &Value, name: &str) -> Result<Vec<usize>> {
    let values = json.as_array().map_or(&[][..], Vec::as_slice);
    let lens = values.iter().map(|len| usize::try_from(len.as_u64()?).ok());
    let lens: Option<Vec<usize>> = lens.collect();
    match lens {
        Some(lens) if json.is_array() && lens.len() <= 16 => Ok(lens),
        _ => bail!("its metadata has no valid `{name}`"),
    }
}

fn codec_of(name: Option<&str>, settings: &Value, size: usize) -> Result<Codec> {
    Ok(match name.unwrap_or_default() {
        "zlib" => Codec::Zlib,
        "gzip" => Codec::Gzip,
        "zstd" => Codec::Zstd,
        "lz4" => Codec::Lz4,
        "blosc" => Codec::Blosc,
        "crc32c" => Codec::Checksum,
        "shuffle" => {
            let size = settings["elementsize"].as_u64().unwrap_or(size as u64);
            Codec::Shuffle(size.clamp(1, 256) as usize)
        }
        name => {
            let error = Error::new(format!("its chunks are compressed by `{name}`"));
            return Err(error.hint("save it with one of blosc, gzip, lz4, zlib and zstd"));
        }
    })
}

/// The bytes of a sample of a value; none if it is not a number.
fn blank(value: &Value, encoding: Encoding) -> Vec<u8> {
    let number = match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::String(text) => match text.as_str() {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => return Vec::new(),
        },
        value => value.as_f64().unwrap_or(0.0),
    };
    let mut bytes = if encoding.half {
        f16::from_f64(number).to_ne_bytes().to_vec()
    } else {
        with_dtype!(encoding.dtype, T => bytemuck::bytes_of(&T::from_f64(number)).to_vec())
    };
    if encoding.swapped {
        bytes.reverse();
    }
    bytes
}
