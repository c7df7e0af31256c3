//! JPEG files, decoded by `zune-jpeg`.

use std::path::Path;

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{EncodedImage, ImageLayout};
use crate::bail;
use crate::error::{Error, Result};
use crate::history;
use crate::io::codec::catch_panic::catch_panic;
use crate::video::DType;

/// An image of 8-bit samples, whose colors are decoded to red, green and blue.
struct Jpeg {
    bytes: Vec<u8>,
    layout: ImageLayout,
}

/// Whether the first bytes of a file are those of JPEG.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xD8\xFF")
}

/// Reads the header of a JPEG file.
pub(super) fn open(_: &Path, bytes: Vec<u8>) -> Result<Box<dyn EncodedImage>> {
    // The decoder makes up missing data of the last rows.
    if !has_end(&bytes) {
        bail!("it is truncated");
    }
    let (_, layout) = catch_panic(|| decoder(&bytes))?;
    Ok(Box::new(Jpeg { bytes, layout }))
}

/// Whether the segments continue to the end marker.
fn has_end(bytes: &[u8]) -> bool {
    // In coded samples a 0xFF is followed by 0 or is part of a restart marker.
    let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xD0..=0xD8 | 0xFF);
    let mut rest = bytes;
    while let Some(at) = rest.windows(2).position(is_marker) {
        if rest[at + 1] == 0xD9 {
            return true;
        }
        rest = &rest[at + 2..];
        let len = rest.first_chunk().copied().map_or(0, u16::from_be_bytes);
        rest = rest.get(usize::from(len)..).unwrap_or(&[]);
    }
    false
}

/// The script in a comment before the pixels.
fn script(bytes: &[u8]) -> Option<&str> {
    let mut rest = bytes.get(2..)?;
    loop {
        let ([0xFF, kind], segment) = rest.split_first_chunk::<2>()? else {
            return None;
        };
        let (len, content) = segment.split_first_chunk::<2>()?;
        let len = usize::from(u16::from_be_bytes(*len)).checked_sub(2)?;
        let content = content.get(..len)?;
        match (kind, std::str::from_utf8(content)) {
            (0xDA, _) => return None,
            (0xFE, Ok(text)) if text.starts_with(history::BEGINNING) => return Some(text),
            _ => rest = &segment[2 + len..],
        }
    }
}

/// A decoder that has read the header.
fn decoder(bytes: &[u8]) -> Result<(JpegDecoder<ZCursor<&[u8]>>, ImageLayout)> {
    // Extra bytes between the segments of the header are harmless.
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| explain(&e))?;
    let (Some((width, height)), Some(stored)) = (decoder.dimensions(), decoder.input_colorspace())
    else {
        bail!("it is damaged: its size is missing");
    };
    let color = match stored {
        ColorSpace::Luma | ColorSpace::LumaA | ColorSpace::RGB | ColorSpace::RGBA => stored,
        _ => ColorSpace::RGB,
    };
    // Missing or damaged samples are an error instead of gray.
    let options = options.set_strict_mode(true);
    decoder.set_options(options.jpeg_set_out_colorspace(color));
    let layout = ImageLayout {
        height,
        width,
        channels: color.num_components(),
        dtype: DType::U8,
    };
    Ok((decoder, layout))
}

fn explain(error: &DecodeErrors) -> Error {
    if matches!(error, DecodeErrors::Unsupported(_)) {
        let error = Error::new("it is coded in a way that is not supported");
        return error.hint("save it as a baseline or progressive JPEG file, or as PNG");
    }
    Error::new(format!("it is damaged: {error}").to_lowercase())
}

impl EncodedImage for Jpeg {
    fn layout(&self) -> ImageLayout {
        self.layout
    }

    fn history(&self) -> Option<&str> {
        script(&self.bytes)
    }

    fn decode(&self, out: &mut [u8]) -> Result<()> {
        catch_panic(|| {
            let (mut decoder, _) = decoder(&self.bytes)?;
            decoder.decode_into(out).map_err(|e| explain(&e))
        })
    }
}
