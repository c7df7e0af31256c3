//! SciMedia MiCAM05 recordings: a text header (`.gsh`) and a file (`.gsd`) with a binary header, a
//! background frame, frames of signed 16-bit differences from it, and analog channels.

mod header;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::SharedFile;
use crate::io::bytes::watched::WatchedFile;
use crate::io::format::camera::{DIFFERENCES, DifferenceFrames, check_range, find_file};
use crate::io::format::text_header::TextHeader;
use crate::io::recording::{FrameRange, Recording, cannot_load, cannot_map};
use crate::video::{DType, Metadata, Samples};
use header::{BinaryHeader, FORM_END, FrameLayout, Micam05Header};

/// A recording.
pub(in crate::io) struct Micam05 {
    header: PathBuf,
    metadata: Metadata,
    frames: Result<SampleFile>,
}

/// The sample file.
struct SampleFile {
    source: SharedFile,
    frame_layout: FrameLayout,
}

impl Micam05 {
    /// Reads the header that belongs to either of the files.
    pub(in crate::io) fn open(path: &Path) -> Result<Self> {
        let usual = path.with_extension("gsh");
        let header = find_file(&usual).ok_or_else(|| missing(&usual, "the header"))?;
        let parsed = TextHeader::open(&header, "MiCAM05", Micam05Header::parse)?;
        Ok(Self {
            metadata: parsed.metadata(),
            frames: SampleFile::find(&header, &parsed),
            header,
        })
    }

    fn frames(&self) -> Result<&SampleFile> {
        self.frames.as_ref().map_err(Error::clone)
    }
}

impl SampleFile {
    /// Finds the frames that belong to a header.
    fn find(path: &Path, header: &Micam05Header) -> Result<Self> {
        let usual = path.with_extension("gsd");
        let data = find_file(&usual).ok_or_else(|| missing(&usual, "the frames"))?;
        let source = SharedFile::open(&data)?;
        let binary_header = BinaryHeader::parse(&source.start(FORM_END)?);
        let frame_layout = header.frame_layout(binary_header, source.len());
        let frame_layout = frame_layout.map_err(|e| cannot_load(path, &e))?;
        if frame_layout.frames == 0 {
            bail!("`{}` holds no frames", data.display());
        }
        if source.len() < frame_layout.offset + frame_layout.geometry.frame_bytes() {
            bail!("`{}` ends within its background frame", data.display());
        }
        Ok(Self {
            source,
            frame_layout,
        })
    }

    /// Offset of a frame; the background is before frame 0.
    fn offset(&self, frame: usize) -> u64 {
        self.frame_layout.offset + (frame as u64 + 1) * self.frame_layout.geometry.frame_bytes()
    }

    /// Number of complete frames in the file.
    fn present(&self) -> usize {
        let bytes = self.source.len() - self.offset(0);
        let whole = (bytes / self.frame_layout.geometry.frame_bytes()) as usize;
        whole.min(self.frame_layout.frames)
    }
}

impl Recording for Micam05 {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        let FrameLayout {
            geometry, frames, ..
        } = self.frames()?.frame_layout;
        Ok((vec![frames, geometry.height, geometry.width], DType::U16))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let frames = self.frames()?;
        let (source, frame_layout) = (&frames.source, &frames.frame_layout);
        check_range(source.path(), range, frame_layout.frames, frames.present())?;
        let background = |bytes: &mut [u8]| source.read_at(frame_layout.offset, bytes);
        let differences = DifferenceFrames::new(frame_layout.geometry, background)?;
        differences.load(range, |frame, bytes| {
            source.read_at(frames.offset(frame), bytes)
        })
    }

    fn deferrable_files(&self, range: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        let frames = self.frames()?;
        let source = &frames.source;
        let promised = frames.frame_layout.frames;
        check_range(source.path(), range, promised, frames.present())?;
        Ok(Some(vec![source]))
    }

    fn must_load(&self) -> Option<&'static str> {
        Some(DIFFERENCES)
    }

    fn map(&self) -> Result<Samples> {
        Err(cannot_map(&self.header, DIFFERENCES))
    }
}

fn missing(path: &Path, what: &str) -> Error {
    Error::new(format!(
        "there is no file `{}`, {what} of the recording",
        path.display()
    ))
    .hint("the .gsh and .gsd files of a recording must be in the same folder")
}
