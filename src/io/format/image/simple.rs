//! JPEG and BMP files, decoded by the `image` crate.

use std::io::Cursor;
use std::path::Path;

use image::codecs::bmp::BmpDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::{Coded, Layout};
use crate::bail;
use crate::error::{Error, Result};
use crate::io::codec::foreign::without_panic;
use crate::video::DType;

/// A picture whose pixels come out as gray or as red, green and blue of 8 bits.
struct Simple {
    bytes: Vec<u8>,
    layout: Layout,
    is_bmp: bool,
    /// Whether the colours of a palette are all gray, so that one channel holds them.
    has_gray_palette: bool,
}

/// Whether a file that begins with these bytes is a JPEG file.
pub(in crate::io) fn begins_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xD8\xFF")
}

/// Whether a file that begins with these bytes is a BMP file: its name is short, so that the size
/// of its header is looked at too.
pub(in crate::io) fn begins_bmp(bytes: &[u8]) -> bool {
    let is_header = |size: u8| matches!(size, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124);
    let size = bytes.get(14..18);
    bytes.starts_with(b"BM") && size.is_some_and(|size| is_header(size[0]) && size[1..] == [0; 3])
}

/// Reads the header of a JPEG file.
pub(super) fn open_jpeg(_: &Path, bytes: Vec<u8>) -> Result<Box<dyn Coded>> {
    let layout = without_panic(|| layout_of(&jpeg(&bytes)?))?;
    Ok(Box::new(Simple {
        bytes,
        layout,
        is_bmp: false,
        has_gray_palette: false,
    }))
}

/// Reads the header of a BMP file.
pub(super) fn open_bmp(_: &Path, bytes: Vec<u8>) -> Result<Box<dyn Coded>> {
    let (mut layout, has_gray_palette) = without_panic(|| {
        let decoder = bmp(&bytes)?;
        let is_gray = |[r, g, b]: &[u8; 3]| r == g && g == b;
        let palette = decoder.get_palette();
        let has_gray_palette = palette.is_some_and(|palette| palette.iter().all(is_gray));
        Ok((layout_of(&decoder)?, has_gray_palette))
    })?;
    if has_gray_palette {
        layout.channels = 1;
    }
    Ok(Box::new(Simple {
        bytes,
        layout,
        is_bmp: true,
        has_gray_palette,
    }))
}

fn jpeg(bytes: &[u8]) -> Result<JpegDecoder<Cursor<&[u8]>>> {
    JpegDecoder::new(Cursor::new(bytes)).map_err(explain)
}

fn bmp(bytes: &[u8]) -> Result<BmpDecoder<Cursor<&[u8]>>> {
    BmpDecoder::new(Cursor::new(bytes)).map_err(explain)
}

fn explain(error: ImageError) -> Error {
    match error {
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Error::new("it is truncated")
        }
        ImageError::Unsupported(e) => Error::new(e.to_string().to_lowercase()),
        error => Error::new(format!("it is damaged: {error}").to_lowercase()),
    }
}

fn layout_of(decoder: &impl ImageDecoder) -> Result<Layout> {
    let (width, height) = decoder.dimensions();
    let channels = match decoder.color_type() {
        ColorType::L8 => 1,
        ColorType::La8 => 2,
        ColorType::Rgb8 => 3,
        ColorType::Rgba8 => 4,
        other => bail!("images of the type {other:?} are not supported"),
    };
    Ok(Layout {
        height: height as usize,
        width: width as usize,
        channels,
        dtype: DType::U8,
    })
}

impl Coded for Simple {
    fn layout(&self) -> Layout {
        self.layout
    }

    fn decode(&self, out: &mut [u8]) -> Result<()> {
        without_panic(|| {
            if !self.is_bmp {
                return jpeg(&self.bytes)?.read_image(out).map_err(explain);
            }
            let decoder = bmp(&self.bytes)?;
            if !self.has_gray_palette {
                return decoder.read_image(out).map_err(explain);
            }
            let size = usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX);
            if out.len().checked_mul(3) != Some(size) {
                bail!("its pixels do not have the size that its header specifies");
            }
            let mut colors = vec![0; size];
            decoder.read_image(&mut colors).map_err(explain)?;
            for (gray, color) in out.iter_mut().zip(colors.chunks_exact(3)) {
                *gray = color[0];
            }
            Ok(())
        })
    }
}
