//! Strips and tiles that are JPEG images, possibly without the tables shared by a page.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::bail;
use crate::error::{Error, Result};
use crate::io::codec::catch_panic::catch_panic;

/// Size in bytes that an image may have, however small the strip or tile is.
const SMALL_PICTURE: usize = 1 << 22;

/// Markers of the start and the end of an image, which also enclose tables stored separately.
const BEGIN: &[u8] = &[0xFF, 0xD8];
const END: &[u8] = &[0xFF, 0xD9];

/// Decodes rows of 8-bit samples without color conversion; returns the number of bytes written.
pub(in crate::io) fn decode(
    tables: &[u8],
    bytes: &[u8],
    width: usize,
    channels: usize,
    out: &mut [u8],
) -> Result<usize> {
    let samples = catch_panic(|| {
        // Missing data is an error instead of gray; images of two channels violate the standard.
        let options = DecoderOptions::default()
            .set_strict_mode(channels != 2)
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX));
        let whole = ZCursor::new(with_tables(tables, bytes));
        let mut decoder = JpegDecoder::new_with_options(whole, options);
        decoder.decode_headers().map_err(|e| explain(&e))?;
        let size = decoder.dimensions();
        let (Some((columns, rows)), Some(colors)) = (size, decoder.input_colorspace()) else {
            bail!("one of its strips or tiles is damaged");
        };
        let len = columns * rows * colors.num_components();
        let most = out.len().saturating_mul(4).max(SMALL_PICTURE);
        if columns != width || colors.num_components() != channels || len > most {
            bail!("one of its strips or tiles has the wrong size");
        }
        decoder.set_options(options.jpeg_set_out_colorspace(colors));
        decoder.decode().map_err(|e| explain(&e))
    })?;
    let len = samples.len().min(out.len());
    out[..len].copy_from_slice(&samples[..len]);
    Ok(len)
}

/// The image with the tables inserted after its start marker.
fn with_tables(tables: &[u8], bytes: &[u8]) -> Vec<u8> {
    let tables = tables.strip_suffix(END).unwrap_or(tables);
    match (tables.starts_with(BEGIN), bytes.strip_prefix(BEGIN)) {
        (true, Some(rest)) => [tables, rest].concat(),
        _ => bytes.to_vec(),
    }
}

fn explain(error: &zune_jpeg::errors::DecodeErrors) -> Error {
    Error::new(format!("one of its strips or tiles is damaged: {error}"))
}
