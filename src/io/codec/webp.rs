//! Strips and tiles that are WebP images.

use std::io::Cursor;

use image_webp::WebPDecoder;

use crate::bail;
use crate::error::{Error, Result};
use crate::io::codec::catch_panic::catch_panic;

/// Decodes rows of 8-bit samples with 3 or 4 channels; returns the number of bytes written.
pub(in crate::io) fn decode(
    bytes: &[u8],
    width: usize,
    channels: usize,
    out: &mut [u8],
) -> Result<usize> {
    let picture = catch_panic(|| {
        let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|e| explain(&e))?;
        let (columns, rows) = decoder.dimensions();
        let most = out.len() / (width * channels);
        if columns as usize != width || rows as usize > most {
            bail!("one of its strips or tiles has the wrong size");
        }
        let colors = if decoder.has_alpha() { 4 } else { 3 };
        let mut picture = vec![0; width * rows as usize * colors];
        decoder.read_image(&mut picture).map_err(|e| explain(&e))?;
        Ok((picture, colors))
    });
    let (picture, colors) = picture?;
    let pixels = picture.chunks_exact(colors);
    let len = pixels.len() * channels;
    for (pixel, out) in pixels.zip(out.chunks_exact_mut(channels)) {
        // Images without alpha are opaque.
        let mut opaque = [u8::MAX; 4];
        opaque[..colors].copy_from_slice(pixel);
        out.copy_from_slice(&opaque[..channels]);
    }
    Ok(len)
}

fn explain(error: &image_webp::DecodingError) -> Error {
    Error::new(format!("one of its strips or tiles is damaged: {error}"))
}
