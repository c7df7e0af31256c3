//! What a video is: samples of one type in an array of 1 to 4 axes, and its metadata.
//!
//! Copying a video, taking a frame or a range of frames, cropping, flipping and rotating it
//! share the samples and cost nothing, whatever its size; see [`Layout`] and [`Strided`].

mod frames;
mod layout;
mod metadata;
mod range;
mod read;
mod samples;
mod storage;

pub mod memory;

use std::fmt;
use std::sync::Arc;

pub use frames::Frames;
pub use layout::Layout;
pub use metadata::{Field, Metadata, warn_of_pixel_size};
pub(crate) use read::{convert_run, read_run, split};
pub use samples::{DType, Element, Number, Real, Samples};
pub(crate) use samples::{map_samples, with_bits, with_dtype};
pub use storage::{MappedFile, Strided, begin_write_back, check_files, survive_size_limits};

use crate::bail;
use crate::error::Result;

/// An array of 1 to 4 axes, `{t, y, x[, channel]}`; also an image `{y, x}` or a trace `{t}`.
#[derive(Clone)]
pub struct Video {
    samples: Samples,
    metadata: Arc<Metadata>,
}

impl Video {
    /// A video of the given samples about which nothing else is known.
    pub fn new<T: Element>(samples: Strided<T>) -> Self {
        Self::with_metadata(T::wrap(samples), Metadata::default())
    }

    /// A video of the given samples.
    pub fn with_metadata(samples: Samples, metadata: Metadata) -> Self {
        Self {
            samples,
            metadata: Arc::new(metadata),
        }
    }

    /// Other samples with the same metadata.
    pub fn with_samples<T: Element>(&self, samples: Strided<T>) -> Self {
        Self {
            samples: T::wrap(samples),
            metadata: self.metadata.clone(),
        }
    }

    /// The samples.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The samples for changing.
    pub fn samples_mut(&mut self) -> &mut Samples {
        &mut self.samples
    }

    /// The samples, and the metadata for the result.
    pub fn into_parts(self) -> (Samples, Arc<Metadata>) {
        (self.samples, self.metadata)
    }

    /// Joins what [`Video::into_parts`] took apart.
    pub fn from_parts(samples: Samples, metadata: Arc<Metadata>) -> Self {
        Self { samples, metadata }
    }

    /// The same video with the bits of its samples, as [`Samples::bits`] has them.
    pub fn bits(&self) -> Self {
        Self {
            samples: self.samples.bits(),
            metadata: self.metadata.clone(),
        }
    }

    /// A video of a type from one of bits.
    pub fn from_bits(bits: Video, dtype: DType) -> Self {
        Self {
            samples: Samples::from_bits(bits.samples, dtype),
            metadata: bits.metadata,
        }
    }

    /// The same samples seen through another layout.
    pub fn with_layout(&self, layout: Layout) -> Self {
        Self {
            samples: self.samples.with_layout(layout),
            metadata: self.metadata.clone(),
        }
    }

    /// Whether the samples of another video are the same ones in memory, in the same order.
    pub fn shares_samples(&self, other: &Video) -> bool {
        map_samples!(&self.samples, array => {
            Element::unwrap(other.samples.clone()).is_some_and(|other| array.is_same(&other))
        })
    }

    /// How the samples lie in memory.
    pub fn layout(&self) -> &Layout {
        self.samples.layout()
    }

    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        self.layout().shape()
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// The type of the samples.
    pub fn dtype(&self) -> DType {
        self.samples.dtype()
    }

    /// The length of the first axis: the number of frames of a video. What has no axes, as the
    /// result over all axes does until it becomes a number, is one sample.
    pub fn len(&self) -> usize {
        self.shape().first().copied().unwrap_or(1)
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.layout().is_empty()
    }

    /// The number of samples in one frame (one index of the first axis).
    pub fn frame_len(&self) -> usize {
        self.shape().iter().skip(1).product()
    }

    /// The size of the samples in bytes, shared or not.
    pub fn nbytes(&self) -> usize {
        self.layout().len() * self.dtype().size()
    }

    /// Whether the samples are those of a memory-mapped file.
    pub fn is_mmap(&self) -> bool {
        map_samples!(&self.samples, array => array.is_mmap())
    }

    /// Whether the samples are in a scratch file.
    pub fn is_scratch(&self) -> bool {
        map_samples!(&self.samples, array => array.is_scratch())
    }

    /// What is known about the recording.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The metadata for changing; copied first if it is shared.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        Arc::make_mut(&mut self.metadata)
    }

    /// One frame, sharing the samples.
    ///
    /// # Panics
    /// If there is no such frame.
    pub fn frame(&self, frame: usize) -> Video {
        let mut image = self.with_layout(self.layout().index(0, frame));
        if image.metadata.fps.is_some() {
            image.metadata_mut().fps = None;
        }
        image
    }

    /// Every `step`-th of the frames, `len` in number from `start` on, sharing the samples.
    /// A step of n divides the frame rate by n.
    ///
    /// # Panics
    /// If the range leaves the video.
    pub fn frames(&self, start: usize, len: usize, step: isize) -> Video {
        let mut video = self.with_layout(self.layout().slice(0, start, len, step));
        if step.unsigned_abs() > 1 && video.metadata.fps.is_some() {
            video.metadata_mut().take_every(step.unsigned_abs());
        }
        video
    }

    /// An error unless the video has the axes `{t, y, x}` or `{t, y, x, channel}`.
    pub fn expect_frames(&self, function: &str) -> Result<()> {
        if (3..=4).contains(&self.ndim()) {
            return Ok(());
        }
        bail!(
            "{function} needs a video {{t, y, x}}, got {} of shape {}",
            self.kind(),
            shape_text(self.shape())
        )
    }

    /// "video", "image" or "trace", by the number of axes; a number has none.
    pub fn kind(&self) -> &'static str {
        match self.ndim() {
            0 => "number",
            1 => "trace",
            2 => "image",
            _ => "video",
        }
    }
}

/// One line: kind, shape, dtype, size, frame rate and source.
impl fmt::Display for Video {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}",
            self.kind(),
            shape_text(self.shape()),
            self.dtype()
        )?;
        if self.samples.is_small()
            && let Ok(Some((low, high))) = self.exact_range()
        {
            write!(f, " [{} … {}]", low.text(), high.text())?;
        }
        if let Some(fps) = self.metadata.fps {
            write!(f, " {} fps", number_text(fps))?;
        }
        write!(f, ", {}", size_text(self.nbytes()))?;
        if self.is_mmap() {
            write!(f, " memory-mapped")?;
        }
        if self.is_scratch() {
            write!(f, " in a scratch file")?;
        }
        if let Some(name) = self
            .metadata
            .source
            .as_ref()
            .and_then(|path| path.file_name())
        {
            write!(f, ", {}", name.to_string_lossy())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Video {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{self}>")
    }
}

/// A shape as it is usually written: `200×128×128`.
pub fn shape_text(shape: &[usize]) -> String {
    shape
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join("×")
}

/// A number with up to four significant digits, without trailing zeros.
pub fn number_text(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 {
        return format!("{value}");
    }
    let digits = 3 - value.abs().log10().floor().clamp(-6.0, 3.0) as i32;
    let text = format!("{value:.*}", digits.max(0) as usize);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A number of bytes in the unit that suits it.
pub fn size_text(bytes: usize) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return format!("{} {unit}", number_text((value * 10.0).round() / 10.0));
        }
        value /= 1000.0;
    }
    format!("{} TB", number_text((value * 10.0).round() / 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let texts: Vec<_> = [0.0, 1.5, 500.0, 0.123_456, 1234.567, 1e-9]
            .map(number_text)
            .into();
        assert_eq!(texts, ["0", "1.5", "500", "0.1235", "1235", "0.000000001"]);
        assert_eq!(size_text(6_553_600), "6.6 MB");
    }

    #[test]
    fn stepping_divides_the_frame_rate() {
        let mut video = Video::new(Strided::from_vec(&[6, 1, 1], vec![0u8; 6]));
        video.metadata_mut().fps = Some(500.0);
        let every_second = video.frames(1, 3, 2);
        assert_eq!(every_second.metadata().fps, Some(250.0));
        assert_eq!(video.metadata().fps, Some(500.0));
    }
}
