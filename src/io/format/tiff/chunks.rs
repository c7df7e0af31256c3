//! Decoding of pages from their strips or tiles, directly into the output where those are as wide
//! as the page.
//!
//! This is our own code; the `tiff` crate failed on LZW without an end code and on the older form
//! of LZW, panicked on planes of tiles that reach over the lower edge, and does not decode LZMA.
//! Its names of tags and methods are used, and its compressors when saving.

use std::io::Read;

use tiff::tags::CompressionMethod;

use super::page::{OLD_WEBP, TiffPage, TileGrid};
use super::tag::predictor;
use crate::bail;
use crate::error::{Error, Result, counted};
use crate::io::bytes::samples::SharedFile;
use crate::io::codec;
use crate::io::codec::fax::{self, Scheme};
use crate::io::codec::inflate::Inflater;
use crate::io::codec::jpeg;
use crate::io::codec::lzma;
use crate::io::codec::lzw;
use crate::io::codec::webp;
use crate::video::DType;

/// Size in bytes that a tile may have, however small the page is.
const SMALL_TILE: usize = 1 << 22;

/// Buffers that are reused for all strips or tiles.
struct ChunkBuffers {
    stored: Vec<u8>,
    inflater: Inflater,
    jpeg_tables: Vec<u8>,
}

/// Methods that the `tiff` crate does not name.
const LZMA: CompressionMethod = CompressionMethod::Unknown(34925);
const OLD_ZSTD: CompressionMethod = CompressionMethod::Unknown(34926);

/// Why a page cannot be decoded, if it cannot.
pub(super) fn obstacle(page: &TiffPage) -> Option<String> {
    use CompressionMethod as Method;
    let (bits, channels) = (page.shape.bits, page.row_channels());
    let suits = match page.compression {
        Method::Huffman | Method::Fax3 | Method::Fax4 => bits == 1 && channels == 1,
        Method::WebP | OLD_WEBP => bits == 8 && matches!(channels, 3 | 4),
        Method::ModernJPEG => bits == 8,
        Method::None | Method::LZW | Method::PackBits | Method::ZSTD => true,
        Method::Deflate | Method::OldDeflate | LZMA | OLD_ZSTD => true,
        other => {
            let method = name_of(other);
            return Some(format!(
                "its pages are compressed with {method}, which is not supported"
            ));
        }
    };
    if !suits {
        return Some(format!(
            "its pages are compressed with a method that does not support {} of {}",
            counted(channels, "channel"),
            counted(bits, "bit")
        ));
    }
    if !matches!(page.predictor, predictor::NONE..=predictor::FLOAT) {
        let predictor = page.predictor;
        return Some(format!(
            "its samples have the unknown predictor {predictor}"
        ));
    }
    if page.ycbcr && (page.shape.channels != 3 || page.shape.encoding.dtype != DType::U8) {
        return Some("its YCbCr colors do not have 8 bits per channel".into());
    }
    page.has_coarse_colors
        .then(|| "its chroma is subsampled, which is supported for JPEG compression only".into())
}

/// Name of an unsupported compression.
fn name_of(compression: CompressionMethod) -> String {
    let name = match compression.to_u16() {
        6 => "old JPEG",
        32809 => "ThunderScan",
        33003 | 33005 | 34712 => "JPEG 2000",
        34676 | 34677 => "SGI LogLuv",
        34887 => "LERC",
        34933 => "PNG",
        22610 | 34934 => "JPEG XR",
        50002 | 52546 => "JPEG XL",
        other => return format!("the unknown method {other}"),
    };
    name.to_owned()
}

/// Fills the rows of a plane, or of a page without planes, in native byte order.
pub(super) fn read_plane(
    source: &SharedFile,
    page: &TiffPage,
    plane: usize,
    out: &mut [u8],
) -> Result<()> {
    let (grid, chunks) = (page.grid(), page.chunks_of(plane)?);
    let Some(chunks) = chunks.get(..grid.across * grid.down) else {
        bail!("it has fewer strips or tiles than its size needs");
    };
    let row_bytes = page.shape.row_bytes();
    let strips = out.chunks_mut(grid.height * row_bytes);
    let mut scratch = ChunkBuffers {
        stored: Vec::new(),
        inflater: Inflater::new(),
        jpeg_tables: page.jpeg_tables(source)?,
    };
    if !grid.is_tiled {
        for (strip, &byte_index) in strips.zip(chunks) {
            read_chunk(source, page, byte_index, grid.width, &mut scratch, strip)?;
            undo_predictor(page, row_bytes, strip);
        }
        return Ok(());
    }
    let tile_row = tile_row(page, &grid)?;
    let mut tile = vec![0; tile_row * grid.height];
    for (strip, chunk_row) in strips.zip(chunks.chunks(grid.across)) {
        for (column, &byte_index) in chunk_row.iter().enumerate() {
            read_chunk(
                source,
                page,
                byte_index,
                grid.width,
                &mut scratch,
                &mut tile,
            )?;
            undo_predictor(page, tile_row, &mut tile);
            let left = column * tile_row;
            let width = tile_row.min(row_bytes - left);
            let rows = tile.chunks_exact(tile_row);
            for (row, out) in rows.zip(strip.chunks_exact_mut(row_bytes)) {
                out[left..left + width].copy_from_slice(&row[..width]);
            }
        }
    }
    Ok(())
}

/// Size in bytes of an uncompressed row of a tile; an error if the size of tiles is impossible.
fn tile_row(page: &TiffPage, grid: &TileGrid) -> Result<usize> {
    let bits = grid.width.checked_mul(page.row_channels());
    let bits = bits.and_then(|bits| bits.checked_mul(page.shape.bits as usize));
    let Some(bits) = bits.filter(|bits| bits.is_multiple_of(8)) else {
        bail!("its tiles have an impossible width");
    };
    let row = bits / 8;
    let most = page.shape.plane_bytes().saturating_mul(4).max(SMALL_TILE);
    if row
        .checked_mul(grid.height)
        .is_none_or(|bytes| bytes > most)
    {
        bail!("its tiles are larger than its pages");
    }
    Ok(row)
}

fn read_chunk(
    source: &SharedFile,
    page: &TiffPage,
    (offset, size): (u64, u64),
    width: usize,
    scratch: &mut ChunkBuffers,
    out: &mut [u8],
) -> Result<()> {
    // Strips and tiles that were never written have no offset.
    if size == 0 {
        out.fill(0);
        return Ok(());
    }
    if page.compression == CompressionMethod::None && size as usize >= out.len() {
        source.read_at(offset, out)?;
        reverse_bits(page, out);
        return Ok(());
    }
    let ChunkBuffers {
        stored,
        inflater,
        jpeg_tables,
    } = scratch;
    stored.resize(usize::try_from(size).map_err(|_| corrupted())?, 0);
    source.read_at(offset, stored)?;
    reverse_bits(page, stored);
    let (channels, row_bytes) = (page.row_channels(), width.div_ceil(8));
    let fax = |scheme, out: &mut [u8]| fax::decode(scheme, stored, width, row_bytes, out);
    use CompressionMethod as Method;
    let len = match page.compression {
        Method::LZW => lzw::decode(stored, out).ok_or_else(corrupted)?,
        Method::Deflate | Method::OldDeflate => inflater.zlib(stored, out).ok_or_else(corrupted)?,
        Method::PackBits => unpack_bits(stored, out),
        Method::Huffman => fax(Scheme::Runs, out),
        Method::Fax3 => {
            let with_changes = page.with_changes;
            fax(Scheme::Marked { with_changes }, out)
        }
        Method::Fax4 => fax(Scheme::Changes, out),
        Method::ModernJPEG => jpeg::decode(jpeg_tables, stored, width, channels, out)?,
        Method::WebP | OLD_WEBP => webp::decode(stored, width, channels, out)?,
        Method::ZSTD | OLD_ZSTD => {
            codec::fill(&mut zstd_decoder(stored)?, out).map_err(|_| corrupted())?
        }
        LZMA => lzma::decode(stored, out).ok_or_else(corrupted)?,
        _ => 0,
    };
    if len < out.len() {
        return Err(corrupted());
    }
    Ok(())
}

fn zstd_decoder(bytes: &[u8]) -> Result<impl Read + '_> {
    zstd::Decoder::with_buffer(bytes).map_err(|_| corrupted())
}

fn corrupted() -> Error {
    Error::new("one of its strips or tiles is damaged")
}

/// Reverses the bits of each byte if the file stores the lowest first, which never applies to JPEG
/// images.
fn reverse_bits(page: &TiffPage, bytes: &mut [u8]) {
    if page.is_reversed && page.compression != CompressionMethod::ModernJPEG {
        bytes
            .iter_mut()
            .for_each(|byte| *byte = byte.reverse_bits());
    }
}

/// Decodes PackBits: runs of literal and repeated bytes; returns the number of bytes written.
fn unpack_bits(bytes: &[u8], out: &mut [u8]) -> usize {
    let (mut bytes, mut len) = (bytes, 0);
    while let Some((&control, rest)) = bytes.split_first() {
        bytes = rest;
        let room = out.len() - len;
        match control {
            0..=127 => {
                let count = (usize::from(control) + 1).min(bytes.len()).min(room);
                out[len..len + count].copy_from_slice(&bytes[..count]);
                (bytes, len) = (&bytes[count..], len + count);
            }
            128 => {}
            129.. => {
                let Some((&byte, rest)) = bytes.split_first() else {
                    break;
                };
                let count = (257 - usize::from(control)).min(room);
                out[len..len + count].fill(byte);
                (bytes, len) = (rest, len + count);
            }
        }
        if len == out.len() {
            break;
        }
    }
    len
}

/// Converts samples to native byte order and, if they are stored as differences from those to their
/// left, undoes the predictor.
fn undo_predictor(page: &TiffPage, row_bytes: usize, bytes: &mut [u8]) {
    let shape = &page.shape;
    let size = shape.encoding.size();
    // Samples with fewer bits than a byte are added after unpacking.
    if shape.is_packed() {
        return;
    }
    if page.predictor == predictor::FLOAT {
        let channels = page.row_channels();
        let mut shuffled = vec![0; row_bytes];
        for row in bytes.chunks_exact_mut(row_bytes) {
            shuffled.copy_from_slice(row);
            undo_float_predictor(&mut shuffled, channels, size, row);
        }
        return;
    }
    if shape.encoding.swapped && size > 1 {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    if page.predictor == predictor::HORIZONTAL {
        let channels = page.row_channels();
        for row in bytes.chunks_exact_mut(row_bytes) {
            match size {
                1 => add_up::<1>(row, channels, |a, b| [a[0].wrapping_add(b[0])]),
                2 => add_up(row, channels, |a, b| {
                    u16::from_ne_bytes(a)
                        .wrapping_add(u16::from_ne_bytes(b))
                        .to_ne_bytes()
                }),
                4 => add_up(row, channels, |a, b| {
                    u32::from_ne_bytes(a)
                        .wrapping_add(u32::from_ne_bytes(b))
                        .to_ne_bytes()
                }),
                _ => add_up(row, channels, |a, b| {
                    u64::from_ne_bytes(a)
                        .wrapping_add(u64::from_ne_bytes(b))
                        .to_ne_bytes()
                }),
            }
        }
    }
}

/// Adds to each sample the previous one of the same channel.
fn add_up<const SIZE: usize>(
    row: &mut [u8],
    channels: usize,
    add: impl Fn([u8; SIZE], [u8; SIZE]) -> [u8; SIZE],
) {
    let samples = row.as_chunks_mut::<SIZE>().0;
    if channels == 1 {
        // Kept in a local variable, which is faster than reading back the last output.
        let mut sum = [0; SIZE];
        for sample in samples {
            sum = add(sum, *sample);
            *sample = sum;
        }
        return;
    }
    for index in channels..samples.len() {
        samples[index] = add(samples[index], samples[index - channels]);
    }
}

/// Undoes the floating-point predictor: floats with their bytes grouped by position, highest first,
/// and stored as differences.
fn undo_float_predictor(bytes: &mut [u8], channels: usize, size: usize, out: &mut [u8]) {
    for index in channels..bytes.len() {
        bytes[index] = bytes[index].wrapping_add(bytes[index - channels]);
    }
    let count = bytes.len() / size;
    for (index, sample) in out.chunks_exact_mut(size).enumerate() {
        for (byte_index, byte) in sample.iter_mut().enumerate() {
            let byte_index = if cfg!(target_endian = "big") {
                byte_index
            } else {
                size - 1 - byte_index
            };
            *byte = bytes[byte_index * count + index];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_unpacked() {
        let mut out = [0; 6];
        assert_eq!(unpack_bits(&[2, 1, 2, 3, 128, 254, 9], &mut out), 6);
        assert_eq!(out, [1, 2, 3, 9, 9, 9]);
        assert_eq!(unpack_bits(&[5, 1], &mut out), 1);
        assert_eq!(unpack_bits(&[254], &mut out), 0);
        assert_eq!(unpack_bits(&[129, 4], &mut out), 6);
    }

    #[test]
    fn differences_add_up_by_channel() {
        let mut row = [1, 10, 1, 1, 255, 2];
        add_up::<1>(&mut row, 2, |a, b| [a[0].wrapping_add(b[0])]);
        assert_eq!(row, [1, 10, 2, 11, 1, 13]);
    }
}
