//! NumPy's `.npy` files: versions 1 to 3, either byte order, C and Fortran order.
//!
//! The `ndarray-npy` crate parses and writes the dictionary of the header. The samples are read by
//! our own code, as for every format: the crate needs the sample type at compile time, has no
//! float16, and reads the whole array at once. Here the header gives the type, and the frames that
//! are wanted are read or mapped.

mod header;

#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

pub(in crate::io) use header::{NpyHeader, header_bytes, read_header};
#[cfg(feature = "zarr")]
pub(in crate::io) use header::{descr, encoding};

use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::io::bytes::samples::{self, SharedFile};
use crate::io::bytes::watched::WatchedFile;
use crate::io::format::sidecar;
use crate::io::recording::{FrameRange, Recording, cannot_load, cannot_map, copy_frames};
use crate::video::{DType, Element, MappedFile, Metadata, Samples, Video, with_dtype};

const MAGIC: &[u8] = b"\x93NUMPY";

/// An array in a file.
pub(in crate::io) struct NpyArray {
    source: SharedFile,
    header: NpyHeader,
    metadata: Metadata,
}

/// Whether the first bytes of a file are those of `.npy`.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Saves an array in C order and, if requested or if one existed before, a file with its metadata
/// next to it.
pub(in crate::io) fn save(path: &Path, video: &Video, with_sidecar: bool) -> Result<()> {
    write(path, video)?;
    match with_sidecar || sidecar::exists(path) {
        true => sidecar::save(path, video.metadata()),
        false => Ok(()),
    }
}

fn write(path: &Path, video: &Video) -> Result<()> {
    atomic::write(path, |file| {
        let header = header_bytes(video.dtype(), video.shape(), video.nbytes());
        file.write_all(&header)
            .map_err(|e| Error::io("write", path, &e))?;
        samples::write_samples(video, path, file)
    })
}

impl NpyArray {
    /// Reads the header.
    pub(in crate::io) fn open(path: &Path) -> Result<Self> {
        let source = SharedFile::open(path)?;
        let header = read_header(&mut source.section(0, source.len()))
            .and_then(|header| header.check(source.len()).map(|()| header))
            .map_err(|e| cannot_load(path, &e))?;
        Ok(Self::new(source, header, sidecar::read(path)))
    }

    /// An array in a file, whose header contains the offset of the samples.
    pub(in crate::io) fn new(source: SharedFile, header: NpyHeader, metadata: Metadata) -> Self {
        Self {
            source,
            header,
            metadata,
        }
    }

    /// The file with the samples.
    pub(in crate::io) fn source(&self) -> &SharedFile {
        &self.source
    }

    /// Byte of the file at which a frame of an array in row-major order begins.
    pub(in crate::io) fn start_of(&self, frame: usize) -> u64 {
        let NpyHeader {
            encoding,
            ref shape,
            offset,
            ..
        } = self.header;
        let frame_bytes = shape[1..].iter().product::<usize>() * encoding.size();
        offset + (frame * frame_bytes) as u64
    }
}

impl Recording for NpyArray {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        Ok((self.header.shape.clone(), self.header.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let NpyHeader {
            encoding,
            ref shape,
            offset,
            ..
        } = self.header;
        if self.header.fortran && shape.len() > 1 {
            let reversed: Vec<usize> = shape.iter().rev().copied().collect();
            let samples = samples::read_block(&self.source, encoding, &reversed, offset)?;
            return copy_frames(&samples.with_layout(self.header.layout()), range);
        }
        let start = |frame| self.start_of(frame);
        let shape = [&[range.len], &shape[1..]].concat();
        if range.step == 1 {
            return samples::read_block(&self.source, encoding, &shape, start(range.start));
        }
        let offsets: Vec<u64> = range.indices().map(start).collect();
        samples::read_frames(&self.source, encoding, &shape, &offsets)
    }

    fn deferrable_files(&self, _: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        let NpyHeader {
            encoding,
            ref shape,
            fortran,
            ..
        } = self.header;
        let is_plain = encoding.dtype != DType::Bool && !(fortran && shape.len() > 1);
        Ok(is_plain.then(|| vec![&self.source as _]))
    }

    fn must_load(&self) -> Option<&'static str> {
        self.header.encoding.must_load()
    }

    fn map(&self) -> Result<Samples> {
        let path = self.source.path();
        if let Some(obstacle) = self.header.encoding.obstacle() {
            return Err(cannot_map(path, obstacle));
        }
        let file = MappedFile::open(path)?;
        let offset = self.header.offset as usize;
        let mapped = with_dtype!(self.header.encoding.dtype, T => {
            file.array::<T>(offset, self.header.layout()).map(Element::wrap)
        });
        mapped.ok_or_else(|| cannot_map(path, "its samples are not aligned"))
    }
}
