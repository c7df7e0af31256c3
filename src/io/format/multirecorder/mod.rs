//! Recordings of MultiRecorder (MPI for Dynamics and Self-Organization): a header of 1024 bytes,
//! then frames of 8- or 16-bit samples, each followed by its time.

mod header;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::bail;
use crate::error::Result;
use crate::io::bytes::samples::{self, Encoding, SharedFile};
use crate::io::bytes::watched::WatchedFile;
use crate::io::format::camera::check_range;
use crate::io::recording::{FrameRange, Recording, cannot_load, cannot_map};
use crate::video::{DType, Element, Layout, MappedFile, Metadata, Samples, Strided};
pub(in crate::io) use header::begins;
use header::{HEADER, MultiRecorderHeader, NO_RECORDING};

/// Number of bytes of the time after each frame.
const TIME: usize = size_of::<u64>();

/// Number of frame times read in one parallel step.
const TIMES_PER_STEP: usize = 256;

/// A recording.
pub(in crate::io) struct MultiRecorder {
    source: SharedFile,
    header: MultiRecorderHeader,
    metadata: Metadata,
    encoding: Encoding,
    /// Number of complete frames.
    present: usize,
}

impl MultiRecorder {
    /// Reads the header; whether samples have 8 bits is inferred from the size of the file unless
    /// given.
    pub(in crate::io) fn open(path: &Path, is_8bit: Option<bool>) -> Result<Self> {
        let source = SharedFile::open(path)?;
        let start = source.start(HEADER as usize)?;
        let header = MultiRecorderHeader::parse(&start).map_err(|e| match e.message() {
            NO_RECORDING => header::no_recording(path, &start),
            _ => cannot_load(path, &e),
        })?;
        let data = source.len().saturating_sub(HEADER);
        let is_8bit = is_8bit.unwrap_or_else(|| header.is_8bit(data));
        let encoding = Encoding {
            dtype: if is_8bit { DType::U8 } else { DType::U16 },
            half: false,
            swapped: header.is_big_endian != cfg!(target_endian = "big"),
        };
        // The time of the last frame may be missing.
        let whole = (data + header.tail_bytes()) / header.stride(encoding.size());
        Ok(Self {
            metadata: header.metadata(),
            present: header.frames.min(whole as usize),
            source,
            header,
            encoding,
        })
    }

    /// The time of each frame; the unit depends on the camera.
    pub(in crate::io) fn frame_times(&self) -> Result<Samples> {
        let Self { source, header, .. } = self;
        if header.tail_bytes() == 0 {
            bail!(
                "`{}` is of version {} of MultiRecorder files, only versions e and f have frame times",
                source.path().display(),
                header.version
            );
        }
        let stride = header.stride(self.encoding.size());
        let (whole, last) = (self.present as u64, source.len().saturating_sub(HEADER));
        let whole = whole.min(last / stride) as usize;
        let times = FrameRange {
            start: 0,
            len: header.frames,
            step: 1,
        };
        check_range(source.path(), times, header.frames, whole)?;
        let encoding = Encoding {
            dtype: DType::U64,
            ..self.encoding
        };
        samples::load(DType::U64, &[header.frames], TIMES_PER_STEP, |step, out| {
            out.fill(encoding, &mut |bytes| {
                let first = step * TIMES_PER_STEP;
                for (frame, time) in (first..).zip(bytes.chunks_exact_mut(TIME)) {
                    source.read_at(HEADER + (frame as u64 + 1) * stride - TIME as u64, time)?;
                }
                Ok(())
            })
        })
    }

    fn shape(&self, frames: usize) -> [usize; 3] {
        [frames, self.header.height, self.header.width]
    }

    fn map_as<T: Element>(&self) -> Result<Option<Strided<T>>> {
        let file = MappedFile::open(self.source.path())?;
        let stride = self.header.stride(size_of::<T>()) as usize / size_of::<T>();
        let strides = [stride as isize, self.header.width as isize, 1];
        let layout = Layout::new(0, &self.shape(self.header.frames), &strides);
        Ok(file.array(HEADER as usize, layout))
    }
}

impl Recording for MultiRecorder {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        if self.header.frames == 0 {
            bail!("`{}` holds no frames", self.source.path().display());
        }
        let shape = self.shape(self.header.frames);
        Ok((shape.to_vec(), self.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        check_range(self.source.path(), range, self.header.frames, self.present)?;
        let stride = self.header.stride(self.encoding.size());
        let offsets: Vec<u64> = range
            .indices()
            .map(|frame| HEADER + frame as u64 * stride)
            .collect();
        samples::read_frames(
            &self.source,
            self.encoding,
            &self.shape(range.len),
            &offsets,
        )
    }

    fn deferrable_files(&self, range: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        check_range(self.source.path(), range, self.header.frames, self.present)?;
        Ok(Some(vec![&self.source]))
    }

    fn must_load(&self) -> Option<&'static str> {
        self.encoding.must_load()
    }

    fn map(&self) -> Result<Samples> {
        let path = self.source.path();
        if self.present < self.header.frames {
            return Err(cannot_map(path, "it ends before its last frame"));
        }
        let mapped = match self.encoding.dtype {
            DType::U8 => self.map_as::<u8>()?.map(Element::wrap),
            _ => self.map_as::<u16>()?.map(Element::wrap),
        };
        mapped.ok_or_else(|| cannot_map(path, "its samples are not aligned"))
    }
}
