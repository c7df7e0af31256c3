//! PNG files. Samples are preserved: 16 bits are kept, 1 bit becomes bool, 2 and 4 bits are scaled
//! to the 8-bit range, and palettes become colors.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Reader, Transformations};

use super::{EncodedImage, ImageLayout};
use crate::error::{Error, Result};
use crate::io::codec::catch_panic::catch_panic;
use crate::io::format::metadata_keys::HISTORY;
use crate::task;
use crate::video::DType;

const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

struct Png {
    path: PathBuf,
    bytes: Vec<u8>,
    layout: ImageLayout,
    depth: BitDepth,
    /// Red, green and blue of each index, for indexed images.
    palette: Option<Vec<u8>>,
}

/// Whether the first bytes of a file are those of PNG.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads the header.
pub(super) fn open(path: &Path, bytes: Vec<u8>) -> Result<Box<dyn EncodedImage>> {
    let (layout, depth, palette) = catch_panic(|| {
        let reader = start(&bytes, false)?;
        let info = reader.info();
        let palette = (info.color_type == ColorType::Indexed)
            .then(|| info.palette.as_deref().unwrap_or_default().to_vec());
        let layout = ImageLayout {
            height: info.height as usize,
            width: info.width as usize,
            channels: match palette {
                Some(_) => 3,
                None => info.color_type.samples(),
            },
            dtype: match (info.bit_depth, &palette) {
                (BitDepth::Sixteen, _) => DType::U16,
                (BitDepth::One, None) => DType::Bool,
                _ => DType::U8,
            },
        };
        Ok((layout, info.bit_depth, palette))
    })?;
    Ok(Box::new(Png {
        path: path.to_owned(),
        bytes,
        layout,
        depth,
        palette,
    }))
}

fn start(bytes: &[u8], ignore_checksums: bool) -> Result<Reader<Cursor<&[u8]>>> {
    // Its allocations are bounded by the image size, which is checked against the file size.
    let limits = Limits { bytes: usize::MAX };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.ignore_checksums(ignore_checksums);
    decoder.read_info().map_err(explain)
}

fn explain(error: DecodingError) -> Error {
    match error {
        DecodingError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Error::new("it is truncated")
        }
        error if is_checksum(&error) => Error::new("it is damaged: its checksums do not match"),
        error => Error::new(format!("it is damaged: {error}").to_lowercase()),
    }
}

fn is_checksum(error: &DecodingError) -> bool {
    error.to_string().starts_with("CRC error")
}

/// The script in a chunk of text before the pixels.
pub(in crate::io) fn script(bytes: &[u8]) -> Option<&str> {
    let mut rest = bytes.get(MAGIC.len()..)?;
    loop {
        let (len, chunk) = rest.split_first_chunk::<4>()?;
        let (kind, chunk) = chunk.split_first_chunk::<4>()?;
        let len = u32::from_be_bytes(*len) as usize;
        let content = chunk.get(..len)?;
        match kind {
            b"IDAT" | b"IEND" => return None,
            b"iTXt" => {
                // Not compressed, with empty names of the language and of the keyword in it.
                let head = [HISTORY.as_bytes(), &[0, 0, 0, 0, 0]].concat();
                if let Some(text) = content.strip_prefix(&head[..]) {
                    return std::str::from_utf8(text).ok();
                }
            }
            _ => {}
        }
        rest = chunk.get(len.checked_add(4)?..)?;
    }
}

impl EncodedImage for Png {
    fn layout(&self) -> ImageLayout {
        self.layout
    }

    fn history(&self) -> Option<&str> {
        script(&self.bytes)
    }

    fn decode(&self, out: &mut [u8]) -> Result<()> {
        if self.try_decode(out, false)? {
            return Ok(());
        }
        task::warn(&format!(
            "the checksums of `{}` do not match: its pixels may be damaged",
            self.path.display()
        ));
        self.try_decode(out, true).map(|_| ())
    }
}

impl Png {
    /// Decodes the pixels; `false` if only wrong checksums prevent it.
    fn try_decode(&self, out: &mut [u8], ignore_checksums: bool) -> Result<bool> {
        catch_panic(|| {
            let mut reader = start(&self.bytes, ignore_checksums)?;
            let is_packed = self.palette.is_some() || (self.depth as u8) < 8;
            let size = reader.output_buffer_size().filter(|_| is_packed);
            let mut packed = vec![0; size.unwrap_or(0)];
            let target = if is_packed {
                &mut packed[..]
            } else {
                &mut *out
            };
            match reader.next_frame(target) {
                Ok(_) => {}
                Err(error) if is_checksum(&error) => return Ok(false),
                Err(error) => return Err(explain(error)),
            }
            if is_packed {
                self.unpack(&packed, out);
            } else if self.depth == BitDepth::Sixteen {
                let samples = out.as_chunks_mut().0.iter_mut();
                samples.for_each(|sample| *sample = u16::from_be_bytes(*sample).to_ne_bytes());
            }
            Ok(true)
        })
    }

    /// Unpacks samples of fewer than 8 bits, of which each row starts at a byte boundary.
    fn unpack(&self, packed: &[u8], out: &mut [u8]) {
        let bits = self.depth as usize;
        let width = self.layout.width;
        let mask = u8::MAX >> (8 - bits);
        let rows = packed.chunks_exact((width * bits).div_ceil(8));
        let out_rows = out.chunks_exact_mut(width * self.layout.channels);
        for (row, out) in rows.zip(out_rows) {
            let sample = |x: usize| {
                let bit = x * bits;
                row[bit / 8] >> (8 - bits - bit % 8) & mask
            };
            match &self.palette {
                Some(palette) => {
                    for (x, pixel) in out.chunks_exact_mut(3).enumerate() {
                        let color = palette.chunks_exact(3).nth(usize::from(sample(x)));
                        pixel.copy_from_slice(color.unwrap_or(&[0; 3]));
                    }
                }
                None => {
                    let step = if bits == 1 { 1 } else { u8::MAX / mask };
                    for (x, out) in out.iter_mut().enumerate() {
                        *out = sample(x) * step;
                    }
                }
            }
        }
    }
}
