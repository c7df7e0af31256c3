//! A video: an array of samples of one type with 1 to 4 axes, and its metadata.
//!
//! Cloning a video, taking a frame or a range of frames, cropping, flipping and rotating share the
//! samples and take no time, whatever the size; see [`Layout`] and [`Strided`].

mod frames;
mod layout;
mod metadata;
mod pending;
mod range;
mod read;
mod samples;
mod storage;

pub mod memory;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

#[cfg(test)]
pub(crate) use crate::task::{TEST_LIMITS, TestLimits};
pub use frames::Frames;
pub use layout::Layout;
pub use metadata::{Field, Metadata, warn_of_pixel_size};
pub use pending::{
    Chain, Forecast, Needs, Origin, StageInfo, any_pending, frames_per_block, min_pending,
};
pub(crate) use range::{higher, lower};
pub(crate) use read::{convert_run, copy_frames, read_run, split};
pub use samples::{DType, Element, Number, Real, Samples};
pub(crate) use samples::{map_samples, with_bits, with_dtype};
pub use storage::{MappedFile, Strided};

use crate::bail;
use crate::error::{Error, Result};
use crate::history::History;
use pending::Owner;

/// An array of 1 to 4 axes, `{t, y, x[, channel]}`; also an image `{y, x}` or a trace `{t}`.
///
/// Its samples may be still to be computed by a chain of filters. Whatever needs them computes
/// them; see [`Video::compute`]. Shape, sample type and metadata are known before.
#[derive(Clone)]
pub struct Video {
    contents: VideoContents,
    metadata: Arc<Metadata>,
    /// Kept by clones only: whoever makes other samples or metadata has to say how.
    history: Option<History>,
}

#[derive(Clone)]
enum VideoContents {
    Samples(Samples),
    Pending(Owner),
}

impl VideoContents {
    fn samples(&self) -> &Samples {
        match self {
            VideoContents::Samples(samples) => samples,
            VideoContents::Pending(pending) => {
                pending.samples().unwrap_or_else(|error| fail(error))
            }
        }
    }

    fn into_samples(self) -> Samples {
        let pending = match self {
            VideoContents::Samples(samples) => return samples,
            VideoContents::Pending(pending) => pending,
        };
        if let Err(error) = pending.samples() {
            fail(error);
        }
        match Arc::try_unwrap(pending.into_shared()) {
            Ok(pending) => pending.into_samples(),
            Err(pending) => pending.samples().cloned().expect("computed before"),
        }
    }
}

/// Ends an operation whose input cannot be computed. Those who can return an error call
/// [`Video::compute`] first; the session turns the panic of all others into that error.
fn fail(error: Error) -> ! {
    std::panic::resume_unwind(Box::new(error))
}

impl Video {
    /// Creates a video of samples without metadata.
    pub fn new<T: Element>(samples: Strided<T>) -> Self {
        Self::with_metadata(T::wrap(samples), Metadata::default())
    }

    /// Creates a video of samples with metadata.
    pub fn with_metadata(samples: Samples, metadata: Metadata) -> Self {
        Self {
            contents: VideoContents::Samples(samples),
            metadata: Arc::new(metadata),
            history: None,
        }
    }

    /// Creates a video of other samples with the same metadata.
    pub fn with_samples<T: Element>(&self, samples: Strided<T>) -> Self {
        Self {
            contents: VideoContents::Samples(T::wrap(samples)),
            metadata: self.metadata.clone(),
            history: None,
        }
    }

    /// Gives back memory of frames that are there, see [`Strided::evict_frames`].
    pub fn evict_frames(&self, frames: Range<usize>) -> bool {
        let samples = self.computed().filter(|_| self.is_only_owner());
        samples.is_some_and(|samples| map_samples!(samples, array => array.evict_frames(frames)))
    }

    /// Samples, which are computed first if they are pending.
    ///
    /// # Panics
    /// If they cannot be computed; [`Video::compute`] returns that as an error.
    pub fn samples(&self) -> &Samples {
        self.contents.samples()
    }

    /// Samples for writing.
    ///
    /// # Panics
    /// Like [`Video::samples`].
    pub fn samples_mut(&mut self) -> &mut Samples {
        self.history = None;
        if let VideoContents::Pending(_) = &self.contents {
            self.contents = VideoContents::Samples(self.samples().clone());
        }
        match &mut self.contents {
            VideoContents::Samples(samples) => samples,
            VideoContents::Pending(_) => unreachable!("just replaced"),
        }
    }

    /// Samples, and metadata for the result.
    pub fn into_parts(self) -> (Samples, Arc<Metadata>) {
        (self.contents.into_samples(), self.metadata)
    }

    /// Metadata for the result.
    pub fn into_metadata(self) -> Arc<Metadata> {
        self.metadata
    }

    /// Joins the parts from [`Video::into_parts`].
    pub fn from_parts(samples: Samples, metadata: Arc<Metadata>) -> Self {
        Self {
            contents: VideoContents::Samples(samples),
            metadata,
            history: None,
        }
    }

    /// The same video with its samples seen as bits; see [`Samples::bits`].
    pub fn bits(&self) -> Self {
        Self {
            contents: VideoContents::Samples(self.samples().bits()),
            metadata: self.metadata.clone(),
            history: None,
        }
    }

    /// Converts a video of bits to a dtype.
    pub fn from_bits(bits: Video, dtype: DType) -> Self {
        Self {
            contents: VideoContents::Samples(Samples::from_bits(
                bits.contents.into_samples(),
                dtype,
            )),
            metadata: bits.metadata,
            history: None,
        }
    }

    /// View of the samples with another layout.
    pub fn with_layout(&self, layout: Layout) -> Self {
        Self {
            contents: VideoContents::Samples(self.samples().with_layout(layout)),
            metadata: self.metadata.clone(),
            history: None,
        }
    }

    /// Whether another video has the same samples in memory, in the same order.
    pub fn shares_samples(&self, other: &Video) -> bool {
        map_samples!(self.samples(), array => {
            Element::unwrap(other.samples().clone()).is_some_and(|other| array.is_same(&other))
        })
    }

    /// Layout of the samples in memory.
    pub fn layout(&self) -> &Layout {
        self.samples().layout()
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        match &self.contents {
            VideoContents::Samples(samples) => samples.layout().shape(),
            VideoContents::Pending(pending) => &pending.shape,
        }
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// Type of the samples.
    pub fn dtype(&self) -> DType {
        match &self.contents {
            VideoContents::Samples(samples) => samples.dtype(),
            VideoContents::Pending(pending) => pending.dtype,
        }
    }

    /// Length of the first axis: the number of frames of a video; 1 without axes, as for a
    /// reduction over all axes before it becomes a number.
    pub fn len(&self) -> usize {
        self.shape().first().copied().unwrap_or(1)
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.shape().contains(&0)
    }

    /// Number of samples in one frame (one index of the first axis).
    pub fn frame_len(&self) -> usize {
        self.shape().iter().skip(1).product()
    }

    /// Size of the samples in bytes, shared or not.
    pub fn nbytes(&self) -> usize {
        self.shape().iter().product::<usize>() * self.dtype().size()
    }

    /// Whether the samples are in a memory-mapped file.
    pub fn is_mmap(&self) -> bool {
        self.computed()
            .is_some_and(|samples| map_samples!(samples, array => array.is_mmap()))
    }

    /// Whether the samples are in a scratch file.
    pub fn is_scratch(&self) -> bool {
        self.computed()
            .is_some_and(|samples| map_samples!(samples, array => array.is_scratch()))
    }

    /// Metadata of the recording.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Metadata for writing; copied first if it is shared.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        self.history = None;
        Arc::make_mut(&mut self.metadata)
    }

    /// How the video came to be; `None` if it is not known.
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// Says how the video came to be.
    pub fn set_history(&mut self, history: History) {
        self.history = Some(history);
    }

    /// View of one frame.
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

    /// View of `len` frames from `start` on, `step` apart. A step of n divides the frame rate by n.
    ///
    /// # Panics
    /// If the range exceeds the video.
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

    /// "video", "image" or "trace", by the number of axes; "number" without axes.
    pub fn kind(&self) -> &'static str {
        kind_of(self.shape())
    }

    /// The kind with its article: "a video", "an image".
    pub fn kind_with_article(&self) -> &'static str {
        match self.ndim() {
            0 => "a number",
            1 => "a trace",
            2 => "an image",
            _ => "a video",
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
        if self.compute().is_ok()
            && self.samples().is_small()
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

/// What an array of a shape is, see [`Video::kind`].
pub fn kind_of(shape: &[usize]) -> &'static str {
    match shape.len() {
        0 => "number",
        1 => "trace",
        2 => "image",
        _ => "video",
    }
}

/// Shape as text: `200×128×128`.
pub fn shape_text(shape: &[usize]) -> String {
    shape
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join("×")
}

/// Number with up to four significant digits, without trailing zeros; all digits of an int, and an
/// exponent where a number has many zeros.
pub fn number_text(value: f64) -> String {
    let magnitude = value.abs();
    if value == value.trunc() && magnitude < 1e15 {
        return format!("{value}");
    }
    if value.is_finite() && !(1e-4..1e15).contains(&magnitude) {
        let text = format!("{value:.3e}");
        let (digits, exponent) = text.split_once('e').expect("an exponent was asked for");
        return format!("{}e{exponent}", without_zeros(digits));
    }
    let digits = 3 - magnitude.log10().floor().clamp(-4.0, 3.0) as i32;
    let text = format!("{value:.*}", digits.max(0) as usize);
    match text.contains('.') {
        true => without_zeros(&text).to_owned(),
        false => text,
    }
}

/// Digits without zeros at the end of their fraction.
fn without_zeros(digits: &str) -> &str {
    digits.trim_end_matches('0').trim_end_matches('.')
}

/// Number of bytes in a suitable unit.
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

/// The float nearest to a power of ten, which `powi` does not give on all systems: some multiply
/// tenths for a negative exponent.
pub(crate) fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().expect("a number as text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (number, text) in [
            (0.0, "0"),
            (1.5, "1.5"),
            (500.0, "500"),
            (0.123_456, "0.1235"),
            (1234.567, "1235"),
            (0.000_15, "0.00015"),
            (1e-9, "1e-9"),
            (-2.345_67e-12, "-2.346e-12"),
            (6.02e23, "6.02e23"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(number_text(number), text);
        }
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
