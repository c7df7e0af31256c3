//! Image files: PNG, JPEG, BMP and TIFF, each with a single frame.

mod bmp;
pub(crate) mod encode;
mod jpeg;
mod png;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use super::tiff;
use crate::bail;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::io::bytes::samples::{self, Encoding, FillFrom, SharedFile};
use crate::io::recording::{FrameRange, Recording, cannot_load, expect_file};
use crate::video::{DType, Metadata, Samples, Video, shape_text};

pub(in crate::io) use bmp::begins as begins_bmp;
pub(in crate::io) use jpeg::begins as begins_jpeg;
pub(in crate::io) use png::{begins as begins_png, script};

/// Maximum number of pixel bytes per byte of a file: deflated indices of one bit, each of a color
/// of 3 bytes.
const MAX_EXPANSION: u64 = 1032 * 8 * 3;

/// An image whose header has been read.
pub(in crate::io) struct ImageFile {
    path: PathBuf,
    layout: ImageLayout,
    metadata: Metadata,
    content: PixelData,
}

/// What images must have in common to be frames of the same video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::io) struct ImageLayout {
    pub(in crate::io) height: usize,
    pub(in crate::io) width: usize,
    pub(in crate::io) channels: usize,
    pub(in crate::io) dtype: DType,
}

/// Location of the pixels.
enum PixelData {
    Coded(Box<dyn EncodedImage>),
    Tiff(Box<tiff::TiffStack>),
}

/// Reads the header of an image.
type OpenImage = fn(&Path, Vec<u8>) -> Result<Box<dyn EncodedImage>>;

/// An encoded image in memory.
trait EncodedImage: Send + Sync {
    fn layout(&self) -> ImageLayout;

    /// The script that made it, if it holds one.
    fn history(&self) -> Option<&str> {
        None
    }

    /// Decodes it to the bytes of its samples in native byte order.
    fn decode(&self, out: &mut [u8]) -> Result<()>;
}

/// Loads an image as an array `{y, x}` or `{y, x, channel}`.
pub fn load_image(path: &Path) -> Result<Video> {
    expect_file(path)?;
    let image = ImageFile::open(path)?;
    let metadata = Metadata {
        source: Some(path.to_owned()),
        ..image.metadata.clone()
    };
    let samples = image.load_as(&image.layout.shape())?;
    Ok(crate::io::of_file(samples, metadata))
}

impl ImageFile {
    /// Reads the header; the format is detected from the content.
    pub(in crate::io) fn open(path: &Path) -> Result<Self> {
        let source = SharedFile::open(path)?;
        let beginning = source.start(crate::io::recording::BEGINNING)?;
        if tiff::begins(&beginning) {
            return Self::open_tiff(path);
        }
        let open: OpenImage = if begins_png(&beginning) {
            png::open
        } else if begins_jpeg(&beginning) {
            jpeg::open
        } else if begins_bmp(&beginning) {
            bmp::open
        } else {
            let error = Error::new("it is not an image of a supported format");
            let error = error.hint("supported formats are PNG, TIFF, JPEG and BMP");
            return Err(cannot_load(path, &error));
        };
        let bytes = source.start(usize::try_from(source.len()).unwrap_or(usize::MAX))?;
        let room = (bytes.len() as u64).saturating_mul(MAX_EXPANSION);
        let coded = open(path, bytes).and_then(|coded| coded.layout().check(room).map(|()| coded));
        let coded = coded.map_err(|e| cannot_load(path, &e))?;
        Ok(Self {
            path: path.to_owned(),
            layout: coded.layout(),
            metadata: Metadata {
                provenance: coded.history().map(Into::into),
                ..Metadata::default()
            },
            content: PixelData::Coded(coded),
        })
    }

    fn open_tiff(path: &Path) -> Result<Self> {
        let stack = tiff::TiffStack::open_picture(path)?;
        let (shape, dtype) = stack.page_layout();
        let [pages, height, width, ref channels @ ..] = shape[..] else {
            bail!("`{}` is not an image", path.display());
        };
        if pages > 1 {
            let shown = path.display();
            let error = Error::new(format!("`{shown}` has {pages} pages, but an image has one"));
            let written = files::quoted(path);
            return Err(error.hint(format!("load it with `load_video({written})`")));
        }
        Ok(Self {
            path: path.to_owned(),
            layout: ImageLayout {
                height,
                width,
                channels: channels.first().copied().unwrap_or(1),
                dtype,
            },
            metadata: stack.metadata().clone(),
            content: PixelData::Tiff(Box::new(stack)),
        })
    }

    pub(in crate::io) fn layout(&self) -> ImageLayout {
        self.layout
    }

    /// Decodes the image as an array of the given shape.
    fn load_as(&self, shape: &[usize]) -> Result<Samples> {
        samples::load(self.layout.dtype, shape, self.layout.len(), |_, out| {
            self.read(out)
        })
    }

    /// Decodes the image directly into a video.
    pub(in crate::io) fn read(&self, out: &mut dyn FillFrom) -> Result<()> {
        let native = Encoding {
            dtype: self.layout.dtype,
            half: false,
            swapped: false,
        };
        let decoded = match &self.content {
            PixelData::Coded(coded) => out.fill(native, &mut |bytes| coded.decode(bytes)),
            PixelData::Tiff(stack) => return stack.read_page(0, out),
        };
        decoded.map_err(|e| cannot_load(&self.path, &e))
    }
}

impl ImageLayout {
    /// Lengths of the axes.
    pub(in crate::io) fn shape(self) -> Vec<usize> {
        match self.channels {
            1 => vec![self.height, self.width],
            channels => vec![self.height, self.width, channels],
        }
    }

    /// Number of samples.
    pub(in crate::io) fn len(self) -> usize {
        self.height * self.width * self.channels
    }

    /// Size and type in words.
    pub(in crate::io) fn text(self) -> String {
        format!("{} pixels of {}", shape_text(&self.shape()), self.dtype)
    }

    /// An error unless a file that can expand to `room` bytes can contain an image of this size.
    fn check(self, room: u64) -> Result<()> {
        let lens = [self.height, self.width, self.channels, self.dtype.size()];
        let bytes = lens
            .iter()
            .try_fold(1, |bytes: u64, len| bytes.checked_mul(*len as u64));
        match bytes {
            Some(0) => Err(Error::new("it has no pixels")),
            Some(bytes) if bytes <= room => Ok(()),
            _ => bail!(
                "it claims {} pixels, more than the file can hold",
                shape_text(&self.shape())
            ),
        }
    }
}

/// A single image is a video of one frame.
impl Recording for ImageFile {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        Ok(([vec![1], self.layout.shape()].concat(), self.layout.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        self.load_as(&[vec![range.len], self.layout.shape()].concat())
    }

    fn map(&self) -> Result<Samples> {
        Err(crate::io::recording::cannot_map(
            &self.path,
            "its pixels are compressed",
        ))
    }
}
