//! Frames stored one after the other in a file without a header that describes them.

use std::path::Path;

use crate::bail;
use crate::choice::Choice;
use crate::error::{Result, counted};
use crate::io::bytes::samples::{self, Encoding, SharedFile};
use crate::io::bytes::watched::WatchedFile;
use crate::io::recording::{FrameRange, Recording, cannot_map};
use crate::video::{DType, Element, Layout, MappedFile, Metadata, Samples, shape_text, with_dtype};

/// Byte order of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endian {
    /// Lowest byte first.
    Little,
    /// Highest byte first.
    Big,
}

impl Choice for Endian {
    const NOUN: &'static str = "the name of an order of bytes";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("little", Endian::Little), ("big", Endian::Big)];
}

impl Endian {
    /// Whether it differs from this machine's byte order.
    pub(in crate::io) fn is_foreign(self) -> bool {
        (self == Endian::Big) != cfg!(target_endian = "big")
    }
}

/// Layout of the frames of a file without a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFormat {
    /// Length of each axis; a first length of 0 means all frames in the file.
    pub shape: Vec<usize>,
    /// The type of the samples.
    pub dtype: DType,
    /// Offset of the first frame in bytes.
    pub offset: u64,
    /// Number of bytes between frames.
    pub gap: u64,
    /// Byte order of samples.
    pub endian: Endian,
}

/// Frames of equal size at equal distances in a file.
pub(in crate::io) struct RawFrames {
    pub(in crate::io) source: SharedFile,
    pub(in crate::io) metadata: Metadata,
    shape: Vec<usize>,
    encoding: Encoding,
    offset: u64,
    /// Distance between the starts of frames in bytes.
    distance: u64,
}

impl RawFrames {
    /// The frames of a file; an error if the file is too short for them.
    pub(in crate::io) fn new(source: SharedFile, format: &RawFormat) -> Result<Self> {
        let path = source.path().display();
        let RawFormat { shape, dtype, .. } = format;
        if !(1..=4).contains(&shape.len()) || shape[1..].contains(&0) {
            bail!(
                "`shape` must be 1 to 4 lengths, only the first of which may be 0, got {shape:?}"
            );
        }
        let frame = shape[1..]
            .iter()
            .try_fold(dtype.size() as u64, |bytes, &len| {
                bytes.checked_mul(len as u64)
            });
        let distance = frame.and_then(|frame| frame.checked_add(format.gap));
        let (Some(frame), Some(distance)) = (frame, distance) else {
            bail!(
                "`{path}` cannot hold frames of shape {}",
                shape_text(&shape[1..])
            );
        };
        // The last frame needs no gap after it.
        let present = source.len().saturating_sub(format.offset);
        let most = present.saturating_add(format.gap) / distance;
        let most = if frame <= present { most } else { 0 };
        let asked = shape[0] as u64;
        if most == 0 || asked > most {
            bail!(
                "`{path}` has {} from byte {} on, enough for {} of {}; {} requested",
                counted(present, "byte"),
                format.offset,
                counted(most, "frame"),
                counted(frame, "byte"),
                asked.max(1)
            );
        }
        let frames = if asked == 0 { most } else { asked };
        Ok(Self {
            shape: [&[frames as usize], &shape[1..]].concat(),
            encoding: Encoding {
                dtype: *dtype,
                half: false,
                swapped: format.endian.is_foreign(),
            },
            offset: format.offset,
            distance,
            metadata: Metadata::default(),
            source,
        })
    }

    /// Opens a file of a given format.
    pub(in crate::io) fn open(path: &Path, format: &RawFormat) -> Result<Self> {
        Self::new(SharedFile::open(path)?, format)
    }

    /// Layout of the samples in the file, counted from the first; `None` if the gap is not a whole
    /// number of samples.
    fn file_layout(&self) -> Option<Layout> {
        let size = self.encoding.size() as u64;
        let distance = isize::try_from(self.distance / size).ok()?;
        let mut strides = Layout::contiguous(&self.shape).strides().to_vec();
        strides[0] = distance;
        self.distance
            .is_multiple_of(size)
            .then(|| Layout::new(0, &self.shape, &strides))
    }
}

impl Recording for RawFrames {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        Ok((self.shape.clone(), self.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let shape = [&[range.len], &self.shape[1..]].concat();
        let start = |frame: usize| self.offset + frame as u64 * self.distance;
        let offsets: Vec<u64> = range.indices().map(start).collect();
        samples::read_frames(&self.source, self.encoding, &shape, &offsets)
    }

    fn deferrable_files(&self, _: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        let is_plain = self.encoding.dtype != DType::Bool;
        Ok(is_plain.then(|| vec![&self.source as _]))
    }

    fn must_load(&self) -> Option<&'static str> {
        self.encoding.must_load()
    }

    fn map(&self) -> Result<Samples> {
        let path = self.source.path();
        if let Some(obstacle) = self.encoding.obstacle() {
            return Err(cannot_map(path, obstacle));
        }
        let Some(layout) = self.file_layout() else {
            return Err(cannot_map(path, "its samples are not aligned"));
        };
        let file = MappedFile::open(path)?;
        let mapped = with_dtype!(self.encoding.dtype, T => {
            file.array::<T>(self.offset as usize, layout).map(Element::wrap)
        });
        mapped.ok_or_else(|| cannot_map(path, "its samples are not aligned"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::load_raw;
    use crate::io::recording::{FrameSelection, LoadOptions};

    fn format(shape: &[usize], gap: u64, endian: Endian) -> RawFormat {
        RawFormat {
            shape: shape.to_vec(),
            dtype: DType::U16,
            offset: 6,
            gap,
            endian,
        }
    }

    /// Two frames of 1×3 samples, 0 to 5, after 6 bytes and with 4 bytes between them.
    fn file() -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let frame = |first: u16| (first..first + 3).flat_map(u16::to_le_bytes);
        let bytes: Vec<u8> = [9; 6]
            .into_iter()
            .chain(frame(0))
            .chain([7; 4])
            .chain(frame(3))
            .collect();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn gaps_are_left_out_loaded_or_mapped() {
        let file = file();
        for use_mmap in [false, true] {
            for frames in [0, 2] {
                let format = format(&[frames, 1, 3], 4, Endian::Little);
                let video = load_raw(
                    file.path(),
                    &format,
                    &FrameSelection::ALL,
                    &LoadOptions::mapped(use_mmap),
                )
                .unwrap();
                let Samples::U16(array) = video.samples() else {
                    panic!("{:?}", video.dtype())
                };
                assert_eq!(array.shape(), [2, 1, 3]);
                assert!(array.view().iter().copied().eq(0..6));
            }
        }
    }

    #[test]
    fn bytes_are_put_in_order_and_sizes_checked() {
        let file = file();
        let load = |format: &RawFormat| {
            load_raw(
                file.path(),
                format,
                &FrameSelection::ALL,
                &LoadOptions::default(),
            )
        };
        let video = load(&format(&[1, 1, 2], 0, Endian::Big)).unwrap();
        let Samples::U16(array) = video.samples() else {
            panic!("{:?}", video.dtype())
        };
        assert_eq!(array.as_slice().unwrap(), [0, 256]);
        let error = load(&format(&[3, 1, 3], 4, Endian::Little)).unwrap_err();
        assert!(
            error
                .message()
                .contains("enough for 2 frames of 6 bytes; 3 requested")
        );
        assert!(load(&format(&[0, usize::MAX, 3], 0, Endian::Little)).is_err());
        assert!(load(&format(&[0, 3, 0], 0, Endian::Little)).is_err());
        assert!(load(&format(&[1, 3], u64::MAX, Endian::Little)).is_err());
    }
}
