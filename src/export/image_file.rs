//! Image files, as figures and exported images write them.

use std::io::Write;
use std::path::Path;

use crate::draw::Image;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::io::encode::{ImageFormat, ImageOptions};
use crate::video::{Strided, Video};

/// The largest number of pixels of an image or a figure.
pub(super) const MAX_PIXELS: f64 = (1u64 << 28) as f64;

/// Colors of a drawn image as an array `{y, x, channel}`.
pub fn of_image(image: &Image) -> Video {
    Video::new(Strided::from_vec(
        &[image.height, image.width, 3],
        image.to_rgb(),
    ))
}

/// Encodes and writes an image.
pub(super) fn save(
    path: &Path,
    image_format: ImageFormat,
    image: &Video,
    options: &ImageOptions,
) -> Result<()> {
    options.check()?;
    image_format.check(image)?;
    write(path, &image_format.encode(image, options)?)
}

/// Writes a file in one step.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    atomic::write(path, |file| {
        file.write_all(bytes)
            .map_err(|e| Error::io("write", path, &e))
    })
}
