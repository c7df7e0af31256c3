//! Saving archives: ZIP files of `.npy` files, uncompressed, so that they can be mapped.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use ndarray::{ArrayView1, arr0};
use ndarray_npy::WriteNpyExt;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZIP64_BYTES_THR, ZipWriter};

use super::HISTORY;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::io::bytes::samples;
use crate::io::format::metadata_keys;
use crate::io::format::npy::header_bytes;
use crate::video::Video;

/// Maximum length of an array's name.
const MAX_NAME: usize = 1 << 12;

/// Saves an array under a name, with the frame rate and the pixel size if known.
pub(in crate::io) fn save(path: &Path, video: &Video, name: &str) -> Result<()> {
    if name.is_empty() || name.contains(['/', '\\']) || name.len() > MAX_NAME {
        let error = Error::new(format!("`fieldname` \"{name}\" is not a valid array name"));
        return Err(error.hint("use a name without slashes"));
    }
    atomic::write(path, |file| {
        let mut archive = ZipWriter::new(file);
        match fill(&mut archive, path, video, name) {
            Ok(()) => archive.finish().map(drop).map_err(|e| failed(path, e)),
            Err(error) => {
                // When dropped, it would write its directory, and print an error if it cannot.
                std::mem::forget(archive);
                Err(error)
            }
        }
    })
}

fn fill(archive: &mut ZipWriter<&mut File>, path: &Path, video: &Video, name: &str) -> Result<()> {
    let header = header_bytes(video.dtype(), video.shape(), video.nbytes());
    begin(archive, path, name, header.len() + video.nbytes())?;
    archive
        .write_all(&header)
        .map_err(|e| Error::io("write", path, &e))?;
    samples::write_samples(video, path, archive)?;
    for (other, values) in metadata_keys::numbers(video.metadata()) {
        if other != name {
            let bytes = small(&values);
            begin(archive, path, other, bytes.len())?;
            archive
                .write_all(&bytes)
                .map_err(|e| Error::io("write", path, &e))?;
        }
    }
    if let Some(script) = &video.metadata().provenance {
        start(archive, path, HISTORY, 1, script.len())?;
        archive
            .write_all(script.as_bytes())
            .map_err(|e| Error::io("write", path, &e))?;
    }
    Ok(())
}

/// Starts a member of the archive at an offset from which it can be mapped.
fn begin(archive: &mut ZipWriter<&mut File>, path: &Path, name: &str, len: usize) -> Result<()> {
    let alignment = samples::alignment(len) as u16;
    start(archive, path, &format!("{name}.npy"), alignment, len)
}

fn start(
    archive: &mut ZipWriter<&mut File>,
    path: &Path,
    name: &str,
    alignment: u16,
    len: usize,
) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .with_alignment(alignment)
        .large_file(len as u64 >= ZIP64_BYTES_THR);
    archive
        .start_file(name, options)
        .map_err(|e| failed(path, e))
}

/// A single number is an array without axes.
fn small(values: &[f64]) -> Vec<u8> {
    let mut out = Vec::new();
    let written = match values {
        [value] => arr0(*value).write_npy(&mut out),
        values => ArrayView1::from(values).write_npy(&mut out),
    };
    written.expect("memory takes all bytes");
    out
}

fn failed(path: &Path, error: ZipError) -> Error {
    match error {
        ZipError::Io(cause) => Error::io("write", path, &cause),
        other => Error::new(format!("cannot write `{}`: {other}", path.display())),
    }
}
