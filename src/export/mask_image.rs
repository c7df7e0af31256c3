//! Masks as image files: opaque where they are true, or painted in any other way.

use std::path::Path;

use crate::error::{Error, Result};
use crate::io::recording::extension_of;
use crate::io::{self, ImageOptions, load_picture};
use crate::ops::filter::normalize::{self, Normalize};
use crate::video::{DType, Strided, Video, shape_text};

/// Loads a mask from an image file: true where the image is opaque, if any of it is transparent;
/// else where the brightest channel exceeds half of the largest sample.
pub fn load_mask(path: &Path) -> Result<Video> {
    let image = load_picture(path, false)?;
    if image.dtype() == DType::Bool && image.ndim() == 2 {
        return Ok(image);
    }
    let [height, width] = [image.shape()[0], image.shape()[1]];
    let channels = image.shape().get(2).copied().unwrap_or(1);
    let mut samples = vec![0f64; height * width * channels];
    for (row, out) in samples.chunks_mut(width * channels).enumerate() {
        let run = 0..out.len();
        image.samples().read(row, run, out);
    }
    let pixels = || samples.chunks_exact(channels);
    let opacity: Vec<f64> = match channels {
        2 | 4 => pixels().map(|pixel| pixel[channels - 1]).collect(),
        _ => Vec::new(),
    };
    let opaque = match image.dtype().int_limits() {
        Some((_, largest)) => largest as f64,
        None => 1.0,
    };
    let is_transparent = opacity.iter().any(|opacity| *opacity < opaque);
    let colors = channels - usize::from(matches!(channels, 2 | 4));
    let bright = |pixel: &[f64]| pixel[..colors].iter().copied().fold(f64::NAN, f64::max);
    let (levels, half): (Vec<f64>, f64) = match is_transparent {
        true => (opacity, opaque / 2.0),
        false => {
            let levels: Vec<f64> = pixels().map(bright).collect();
            let largest = levels.iter().copied().fold(0.0, f64::max);
            (levels, largest / 2.0)
        }
    };
    let mask = levels.iter().map(|level| *level > half).collect();
    Ok(image.with_samples(Strided::from_vec(&[height, width], mask)))
}

/// Saves a mask: white or an image, transparent where the mask is false; `.npy` holds the mask.
pub fn save_mask(path: &Path, mask: &Video, image: Option<&Video>) -> Result<()> {
    let (DType::Bool, &[height, width]) = (mask.dtype(), mask.shape()) else {
        let error = Error::new(format!(
            "save_mask needs `mask` to be a bool image, got {} of shape {} of {}",
            mask.kind_with_article(),
            shape_text(mask.shape()),
            mask.dtype()
        ));
        return Err(error.hint("create a mask: `image > 0` or `foreground_mask(image)`"));
    };
    let options = ImageOptions::default();
    match extension_of(path).as_deref() {
        Some("npy") => return io::save_image(path, mask, &options),
        Some("png" | "tif" | "tiff") => {}
        _ => {
            let error = Error::new(format!("cannot save a mask to `{}`", path.display()));
            return Err(error.hint("use one of `.png`, `.tif`, `.tiff`, `.npy`"));
        }
    }
    let mut levels = vec![255u8; height * width];
    if let Some(image) = image {
        if image.shape() != mask.shape() {
            let error = Error::new(format!(
                "save_mask needs `image` to have the shape of the mask, {}, got {}",
                shape_text(mask.shape()),
                shape_text(image.shape())
            ));
            return Err(error.hint("select a frame, `v[0]`, or the mean of all, `v.mean(0)`"));
        }
        let bytes = normalize::normalize(image.clone(), &Normalize::TO_BYTES)?;
        read(&bytes, &mut levels);
    }
    let mut opacity = vec![0u8; height * width];
    read(mask, &mut opacity);
    let pixels = levels.iter().zip(&opacity);
    let colors = pixels.flat_map(|(level, is_true)| [*level, *level, *level, *is_true * 255]);
    let colored = mask.with_samples(Strided::from_vec(&[height, width, 4], colors.collect()));
    io::save_image(path, &colored, &options)
}

/// Reads the samples of an image that bytes hold.
fn read(image: &Video, out: &mut [u8]) {
    let width = image.shape()[1];
    let mut row = vec![0f32; width];
    for (y, out) in out.chunks_mut(width.max(1)).enumerate() {
        image.samples().read(y, 0..width, &mut row);
        for (out, sample) in out.iter_mut().zip(&row) {
            *out = *sample as u8;
        }
    }
}
