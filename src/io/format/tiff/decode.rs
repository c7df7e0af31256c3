//! Decoding of one page: planes, packed bits, differences and YCbCr to samples.

use super::chunks;
use super::page::{PageShape, TiffPage};
use super::tag::predictor;
use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::SharedFile;

/// Decodes a page to the bytes of its samples in native byte order.
pub(super) fn decode(source: &SharedFile, page: &TiffPage, out: &mut [u8]) -> Result<()> {
    if let Some(obstacle) = chunks::obstacle(page) {
        return Err(Error::new(obstacle).hint("save it with another compression, such as deflate"));
    }
    let shape = &page.shape;
    if shape.planar {
        let mut planes = vec![0; out.len()];
        let len = out.len() / shape.channels;
        for (plane, out) in planes.chunks_exact_mut(len).enumerate() {
            read_samples(source, page, plane, out)?;
        }
        interleave(&planes, shape, out);
    } else {
        read_samples(source, page, 0, out)?;
    }
    if page.ycbcr {
        for pixel in out.chunks_exact_mut(3) {
            to_rgb(pixel);
        }
    }
    Ok(())
}

fn read_samples(source: &SharedFile, page: &TiffPage, plane: usize, out: &mut [u8]) -> Result<()> {
    let shape = &page.shape;
    if !shape.is_packed() {
        return chunks::read_plane(source, page, plane, out);
    }
    let mut rows = vec![0; shape.plane_bytes()];
    if page.predictor > predictor::HORIZONTAL
        || page.predictor == predictor::HORIZONTAL && page.tiled
    {
        bail!(
            "the predictor for samples of {} bits is not supported in tiles",
            shape.bits
        );
    }
    chunks::read_plane(source, page, plane, &mut rows)?;
    unpack(&rows, shape, out);
    if page.predictor == predictor::HORIZONTAL {
        add_up(page, out);
    }
    Ok(())
}

/// Adds to each sample with fewer bits than its bytes the previous one of the same channel.
fn add_up(page: &TiffPage, out: &mut [u8]) {
    let shape = &page.shape;
    let (size, channels) = (shape.encoding.size(), page.row_channels());
    let mask = (1u64 << shape.bits) - 1;
    for row in out.chunks_exact_mut(shape.row_len() * size) {
        let mut before = vec![0u64; channels];
        for (index, sample) in row.chunks_exact_mut(size).enumerate() {
            let mut bytes = [0; 8];
            let number = if cfg!(target_endian = "big") {
                8 - size..8
            } else {
                0..size
            };
            bytes[number.clone()].copy_from_slice(sample);
            let sum = u64::from_ne_bytes(bytes).wrapping_add(before[index % channels]) & mask;
            before[index % channels] = sum;
            sample.copy_from_slice(&sum.to_ne_bytes()[number]);
        }
    }
}

/// Unpacks samples of any number of bits to whole bytes; bits are stored highest first, and each
/// row starts at a byte boundary.
fn unpack(rows: &[u8], shape: &PageShape, out: &mut [u8]) {
    let size = shape.encoding.size();
    let out_rows = out.chunks_exact_mut(shape.row_len() * size);
    for (row, out) in rows.chunks_exact(shape.row_bytes()).zip(out_rows) {
        let (mut bits, mut held) = (0u64, 0);
        let mut bytes = row.iter();
        for sample in out.chunks_exact_mut(size) {
            while held < shape.bits {
                bits = bits << 8 | u64::from(bytes.next().copied().unwrap_or(0));
                held += 8;
            }
            held -= shape.bits;
            let value = bits >> held & ((1 << shape.bits) - 1);
            match size {
                1 => sample[0] = value as u8,
                2 => sample.copy_from_slice(&(value as u16).to_ne_bytes()),
                _ => sample.copy_from_slice(&(value as u32).to_ne_bytes()),
            }
        }
    }
}

/// Interleaves planes of one channel each to pixels.
fn interleave(planes: &[u8], shape: &PageShape, out: &mut [u8]) {
    let size = shape.encoding.size();
    let pixel = size * shape.channels;
    for (channel, plane) in planes
        .chunks_exact(planes.len() / shape.channels)
        .enumerate()
    {
        for (sample, out) in plane.chunks_exact(size).zip(out.chunks_exact_mut(pixel)) {
            out[channel * size..][..size].copy_from_slice(sample);
        }
    }
}

/// Red, green and blue from JPEG's luma and chroma.
fn to_rgb(pixel: &mut [u8]) {
    let [y, cb, cr] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
    let (cb, cr) = (cb - 128.0, cr - 128.0);
    let rgb = [
        y + 1.402 * cr,
        y - 0.344_136 * cb - 0.714_136 * cr,
        y + 1.772 * cb,
    ];
    pixel.copy_from_slice(&rgb.map(|v| v.round() as u8));
}
