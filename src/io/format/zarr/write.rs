//! Saving a folder of chunks in version 2 of Zarr, which every reader supports.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::io::codec::compression::Compression;
use crate::io::format::{metadata_keys, npy};
use crate::io::recording::is_zarr;
use crate::ops::chain::for_each_window;
use crate::task;
use crate::video::{DType, Video, map_samples, read_run};

/// Number of bytes of samples per chunk, unless one frame has more.
const CHUNK: usize = 2 << 20;

/// Saves a video in chunks of some frames each, with its metadata as attributes.
pub(in crate::io) fn save(path: &Path, video: &Video, compression: Compression) -> Result<()> {
    let compressor = match compression {
        Compression::None => Value::Null,
        Compression::Zstd => json!({"id": "zstd", "level": 3}),
        Compression::Deflate => json!({"id": "zlib", "level": 6}),
        Compression::Lzw | Compression::Packbits => {
            let error = Error::new("Zarr cannot be compressed by LZW or PackBits");
            return Err(error.hint("use \"zstd\", \"deflate\" or \"none\""));
        }
    };
    let frame_bytes = video.frame_len() * video.dtype().size();
    let per_chunk = (CHUNK / frame_bytes.max(1)).clamp(1, video.len().max(1));
    let mut chunks = video.shape().to_vec();
    chunks[0] = per_chunk;
    let array = json!({
        "zarr_format": 2,
        "shape": video.shape(),
        "chunks": chunks.iter().map(|len| *len.max(&1)).collect::<Vec<_>>(),
        "dtype": npy::descr(video.dtype()),
        "compressor": compressor,
        "fill_value": if video.dtype() == DType::Bool { json!(false) } else { json!(0) },
        "order": "C",
        "filters": null,
    });
    atomic::write_folder(path, is_zarr, |folder| {
        let fail = |e| Error::io("write", path, &e);
        fs::write(folder.join(".zarray"), format!("{array:#}")).map_err(fail)?;
        fs::write(folder.join(".zattrs"), format!("{:#}", attributes(video))).map_err(fail)?;
        if video.is_empty() {
            return Ok(());
        }
        let rest = ".0".repeat(video.ndim() - 1);
        for_each_window(video, per_chunk, |first, window| {
            let steps = (0..window.len()).step_by(per_chunk);
            task::for_each("saving", steps, |start| {
                let coded = encode(window, start, per_chunk, compression);
                let name = format!("{}{rest}", (first + start) / per_chunk);
                let written = coded.and_then(|coded| fs::write(folder.join(name), coded));
                written.map_err(fail)
            })
        })
    })
}

/// The bytes of a chunk; the last one is padded with zeros.
fn encode(
    video: &Video,
    first: usize,
    len: usize,
    compression: Compression,
) -> std::io::Result<Vec<u8>> {
    map_samples!(video.samples(), array => {
        let frame_len = video.frame_len();
        let mut samples = vec![Default::default(); len * frame_len];
        let frames = first..video.len().min(first + len);
        for (frame, out) in frames.zip(samples.chunks_exact_mut(frame_len)) {
            read_run(array, frame, 0..frame_len, out);
        }
        let bytes: &[u8] = bytemuck::cast_slice(&samples);
        compression.encode(bytes, bytes.len())
    })
}

fn attributes(video: &Video) -> Value {
    let mut attributes = metadata_keys::to_json(video.metadata());
    let axes = ["t", "y", "x", "c"];
    let axes = match video.ndim() {
        2 => &axes[1..3],
        ndim => &axes[..ndim],
    };
    attributes.insert("_ARRAY_DIMENSIONS".into(), json!(axes));
    attributes.into()
}
