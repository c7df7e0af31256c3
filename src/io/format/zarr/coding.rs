//! The chunk encoding of an array, from its list of codecs: transposes, filters, nested shards and
//! compressions.

use serde_json::Value;

use super::chunk_codecs::{Checksum, CodecStep, Map, unsupported};
use super::fields::{endian, named, permutation};
use super::shard::ZarrShard;
use crate::bail;
use crate::error::{Result, counted};
use crate::io::bytes::samples::Encoding;
use crate::io::codec::Codec;
use crate::io::format::npy;
use crate::video::DType;

/// Encoding of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ChunkEncoding {
    /// Shape of a chunk, the innermost if there are shards.
    pub(super) chunk: Vec<usize>,
    /// Order of the axes of a chunk, fastest last.
    pub(super) order: Vec<usize>,
    /// Encoding of its samples once all steps are undone.
    pub(super) encoding: Encoding,
    pub(super) steps: Vec<CodecStep>,
    /// The shards: files that contain several chunks, and nested ones.
    pub(super) shards: Vec<ZarrShard>,
}

impl ChunkEncoding {
    /// From the filters and the compressor of version 2.
    pub(super) fn version_2(
        encoding: Encoding,
        chunk: Vec<usize>,
        is_reversed: bool,
        codecs: &[&Value],
    ) -> Result<Self> {
        let mut coding = Self::plain(encoding, chunk);
        if is_reversed {
            coding.order.reverse();
        }
        let mut stage = encoding;
        for codec in codecs {
            let name = codec["id"].as_str().unwrap_or("without a name");
            if let Some(filter) = filter(name, codec, stage)? {
                stage = filter.stored();
                coding.steps.extend(filter.steps);
            } else if let Some(step) = compression(name, codec, stage.size())? {
                coding.steps.push(step);
            } else {
                return Err(unsupported(name));
            }
        }
        Ok(coding)
    }

    /// From the codecs of version 3.
    pub(super) fn version_3(
        encoding: Encoding,
        chunk: Vec<usize>,
        codecs: &[Value],
    ) -> Result<Self> {
        let mut coding = Self::plain(native(encoding), chunk);
        coding.add(codecs)?;
        Ok(coding)
    }

    fn plain(encoding: Encoding, chunk: Vec<usize>) -> Self {
        Self {
            order: (0..chunk.len()).collect(),
            chunk,
            encoding,
            steps: Vec::new(),
            shards: Vec::new(),
        }
    }

    /// Adds the codecs of a chunk, or those within a shard.
    fn add(&mut self, codecs: &[Value]) -> Result<()> {
        let mut stage = self.encoding;
        let mut codecs = codecs.iter();
        // The last filter that depends on the order of samples.
        let mut ordered = None;
        loop {
            let Some(codec) = codecs.next() else {
                bail!("its codecs have none that encodes samples as bytes");
            };
            let (name, settings) = named(codec);
            match name {
                "transpose" => {
                    let order = permutation(&settings["order"], self.order.len())?;
                    let is_same = order.iter().copied().eq(0..order.len());
                    if let Some(filter) = ordered.filter(|_| !is_same) {
                        bail!(
                            "its codec `{filter}` comes before a transpose, which is not supported"
                        );
                    }
                    self.order = order.into_iter().map(|axis| self.order[axis]).collect();
                }
                "bytes" => {
                    let is_swapped = endian(settings)? == cfg!(target_endian = "little");
                    self.set_order_of_bytes(is_swapped);
                    break;
                }
                "sharding_indexed" => {
                    if !self.steps.is_empty() {
                        bail!("its samples are encoded before sharding, which is not supported");
                    }
                    self.add_shard(settings)?;
                    if let Some(codec) = codecs.next() {
                        bail!(
                            "its shards are encoded as a whole by `{}`, which is not supported",
                            named(codec).0
                        );
                    }
                    let inner = settings["codecs"].as_array();
                    return self.add(inner.map_or(&[][..], Vec::as_slice));
                }
                name => match filter(name, settings, stage)? {
                    Some(filter) => {
                        let filter = filter.native();
                        if filter.is_ordered() {
                            ordered = Some(name);
                        }
                        stage = filter.stored();
                        self.steps.extend(filter.steps);
                    }
                    None if compression(name, settings, 1)?.is_some() => {
                        bail!(
                            "its codec `{name}` comes before the one that encodes samples as bytes"
                        );
                    }
                    None => return Err(unsupported(name)),
                },
            }
        }
        for codec in codecs {
            let (name, settings) = named(codec);
            let step = compression(name, settings, stage.size())?;
            self.steps.push(step.ok_or_else(|| unsupported(name))?);
        }
        Ok(())
    }

    /// Sets the byte order of the stored data: that of the last filter, or of the samples.
    fn set_order_of_bytes(&mut self, is_swapped: bool) {
        match self.steps.last_mut() {
            None => self.encoding.swapped = is_swapped,
            Some(CodecStep::Map { from, .. }) => from.swapped = is_swapped,
            Some(_) => {}
        }
    }

    fn add_shard(&mut self, settings: &Value) -> Result<()> {
        let outer: Vec<usize> = self.order.iter().map(|axis| self.chunk[*axis]).collect();
        let (shard, inner) = ZarrShard::new(settings, &outer, &self.order)?;
        for (axis, len) in self.order.iter().zip(inner) {
            self.chunk[*axis] = len;
        }
        self.shards.push(shard);
        Ok(())
    }
}

/// Effect of a filter on samples.
struct ZarrFilter {
    steps: Option<CodecStep>,
    /// Encoding of its input, if it leaves samples unchanged.
    input: Encoding,
}

impl ZarrFilter {
    /// Encoding of its output.
    fn stored(&self) -> Encoding {
        match &self.steps {
            Some(CodecStep::Map { from, .. }) => *from,
            Some(_) => BYTE,
            None => self.input,
        }
    }

    /// The same with samples in native byte order.
    fn native(mut self) -> Self {
        if let Some(CodecStep::Map { from, to, .. }) = &mut self.steps {
            (*from, *to) = (native(*from), native(*to));
        }
        self
    }

    /// Whether it depends on the order of samples.
    fn is_ordered(&self) -> bool {
        matches!(
            &self.steps,
            Some(CodecStep::Map { map: Map::Sum, .. } | CodecStep::PackBits)
        )
    }
}

const BYTE: Encoding = Encoding {
    dtype: DType::U8,
    half: false,
    swapped: false,
};

/// The filter with a name for samples of a type, if it exists.
fn filter(name: &str, settings: &Value, input: Encoding) -> Result<Option<ZarrFilter>> {
    let dtype = |key: &str, default: Encoding| match &settings[key] {
        Value::Null => Ok(default),
        Value::String(text) => dtype_of(text),
        other => bail!("its codec `{name}` has the unknown type {other}"),
    };
    let (map, keys) = match plain(name) {
        "delta" => (Map::Sum, ["dtype", "astype"]),
        "fixedscaleoffset" => {
            let number = |key: &str| match settings[key].as_f64() {
                Some(number) => Ok(number),
                None => bail!("its codec `{name}` has no number `{key}`"),
            };
            let (scale, offset) = (number("scale")?, number("offset")?);
            (Map::Linear { scale, offset }, ["dtype", "astype"])
        }
        "quantize" => (Map::Cast, ["dtype", "astype"]),
        "astype" => (Map::Cast, ["decode_dtype", "encode_dtype"]),
        "packbits" if input.size() == 1 => {
            return Ok(Some(ZarrFilter {
                steps: Some(CodecStep::PackBits),
                input,
            }));
        }
        // It sets bits of samples to zero, irreversibly.
        "bitround" => return Ok(Some(ZarrFilter { steps: None, input })),
        _ => return Ok(None),
    };
    let to = dtype(keys[0], input)?;
    let from = dtype(keys[1], to)?;
    if to.size() != input.size() {
        bail!(
            "its codec `{name}` gives samples of {} instead of {}",
            counted(to.size(), "byte"),
            input.size()
        );
    }
    let steps = Some(CodecStep::Map { map, from, to });
    Ok(Some(ZarrFilter { steps, input }))
}

/// The compression or checksum with a name, if it exists; `size` is that of a sample.
fn compression(name: &str, settings: &Value, size: usize) -> Result<Option<CodecStep>> {
    let checksum = |kind, is_first_by_default| {
        let is_first = match settings["location"].as_str() {
            Some("start") => true,
            Some("end") => false,
            _ => is_first_by_default,
        };
        CodecStep::Checksum { kind, is_first }
    };
    Ok(Some(match plain(name) {
        "zlib" => CodecStep::Shared(Codec::Zlib),
        "gzip" => CodecStep::Shared(Codec::Gzip),
        "zstd" => CodecStep::Shared(Codec::Zstd),
        "lz4" => CodecStep::Shared(Codec::Lz4),
        "blosc" => CodecStep::Shared(Codec::Blosc),
        "bz2" => CodecStep::Bzip2,
        "lzma" => match (settings["format"].as_u64(), &settings["filters"]) {
            (None | Some(0 | 1), Value::Null) => CodecStep::Xz,
            _ => bail!(
                "its chunks are encoded by `{name}` without the container of xz, which is not \
                 supported"
            ),
        },
        "crc32" => checksum(Checksum::Crc32, true),
        "crc32c" => checksum(Checksum::Crc32c, false),
        "adler32" => checksum(Checksum::Adler32, true),
        "fletcher32" => checksum(Checksum::Fletcher32, false),
        "shuffle" => {
            let size = settings["elementsize"].as_u64().unwrap_or(match name {
                "shuffle" => 4,
                _ => size as u64,
            });
            CodecStep::Shared(Codec::Shuffle(size.clamp(1, 256) as usize))
        }
        _ => return Ok(None),
    }))
}

/// The name of a numcodecs codec, as in version 2.
fn plain(name: &str) -> &str {
    name.strip_prefix("numcodecs.").unwrap_or(name)
}

/// The sample type from a NumPy type name, short or long.
fn dtype_of(name: &str) -> Result<Encoding> {
    npy::encoding(match name {
        "bool" => "|b1",
        "uint8" => "|u1",
        "uint16" => "=u2",
        "uint32" => "=u4",
        "uint64" => "=u8",
        "int8" => "|i1",
        "int16" => "=i2",
        "int32" => "=i4",
        "int64" => "=i8",
        "float16" => "=f2",
        "float32" => "=f4",
        "float64" => "=f8",
        code => code,
    })
}

/// The encoding with native byte order.
fn native(encoding: Encoding) -> Encoding {
    Encoding {
        swapped: false,
        ..encoding
    }
}
