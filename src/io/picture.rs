//! Loading single images, whatever format holds them.

use std::path::Path;

use super::recording::{FrameSelection, LoadOptions, extension_of};
use super::{load_image, load_video};
use crate::bail;
use crate::color::luma;
use crate::error::{Error, Result};
use crate::video::{Element, Strided, Video, shape_text, with_dtype};

/// Loads an image from an image file or an `.npy` file; `as_gray` converts colors to gray.
pub fn load_picture(path: &Path, as_gray: bool) -> Result<Video> {
    let image = match extension_of(path).as_deref() {
        Some("npy") => load_video(path, &FrameSelection::ALL, &LoadOptions::default())?,
        _ => load_image(path)?,
    };
    match image.shape() {
        [_, _, 3 | 4] if as_gray => Ok(gray(&image)),
        [_, _] | [_, _, 1..=4] => Ok(image),
        [_, _, _] => {
            let (path, shape) = (path.display(), shape_text(image.shape()));
            let error = Error::new(format!(
                "`{path}` holds no image but a video of shape {shape}"
            ));
            Err(error.hint("load it with `load_video`"))
        }
        shape => bail!(
            "`{}` holds an array of shape {}, not an image",
            path.display(),
            shape_text(shape)
        ),
    }
}

/// Luma of the colors.
fn gray(image: &Video) -> Video {
    let (height, width, channels) = (image.shape()[0], image.shape()[1], image.shape()[2]);
    let mut row = vec![0.0f64; width * channels];
    with_dtype!(image.dtype(), T => {
        let mut pixels = Vec::<T>::with_capacity(width * height);
        for y in 0..height {
            image.samples().read(y, 0..row.len(), &mut row);
            pixels.extend(row.chunks_exact(channels).map(|color| {
                let gray = luma([color[0], color[1], color[2]]);
                T::from_f64(if T::DTYPE.is_float() { gray } else { gray.round() })
            }));
        }
        image.with_samples(Strided::from_vec(&[height, width], pixels))
    })
}
