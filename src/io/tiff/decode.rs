//! Decoding one page with the `tiff` crate.

use std::io::{self, Read, Seek, SeekFrom};

use tiff::TiffError;
use tiff::decoder::{Decoder, Limits};

use super::directory::Reader;
use super::page::{
    BITS, PHOTOMETRIC, Page, SAMPLES, STRIP_OFFSETS, STRIP_SIZES, Shape, TILE_OFFSETS, TILE_SIZES,
    WIDTH,
};
use crate::bail;
use crate::error::{Error, Result};

/// Decodes a page into the bytes of its samples in this machine's order.
pub(super) fn decode(file: &[u8], page: &Page, out: &mut [u8]) -> Result<()> {
    if let Some(method) = unsupported(page.compression) {
        let message = format!("its pages are compressed with {method}, which is not supported");
        return Err(Error::new(message).hint("save it with another compression, such as deflate"));
    }
    let shape = &page.shape;
    if shape.planar {
        let mut planes = vec![0; out.len()];
        read_samples(file, page, &mut planes)?;
        interleave(&planes, shape, out);
    } else {
        read_samples(file, page, out)?;
    }
    if page.ycbcr {
        for pixel in out.chunks_exact_mut(3) {
            to_rgb(pixel);
        }
    }
    Ok(())
}

/// The name of a compression that there is no decoder for.
fn unsupported(compression: u64) -> Option<&'static str> {
    match compression {
        2 | 3 => Some("CCITT fax 3"),
        6 => Some("old JPEG"),
        33003 | 33005 | 34712 => Some("JPEG 2000"),
        34887 => Some("LERC"),
        34925 => Some("LZMA"),
        50001 | 34927 => Some("WebP"),
        22610 | 34934 => Some("JPEG XR"),
        50002 | 52546 => Some("JPEG XL"),
        _ => None,
    }
}

fn read_samples(file: &[u8], page: &Page, out: &mut [u8]) -> Result<()> {
    if !page.shape.is_packed() {
        return read(file, page, out);
    }
    if page.predictor {
        bail!("differences of {} bits are not supported", page.shape.bits);
    }
    let mut rows = vec![0; page.shape.bytes()];
    read(file, page, &mut rows)?;
    unpack(&rows, &page.shape, out);
    Ok(())
}

fn read(file: &[u8], page: &Page, out: &mut [u8]) -> Result<()> {
    let view = PageFile::new(file, page)?;
    let decoded = Decoder::new(view).and_then(|decoder| {
        let mut decoder = decoder.with_limits(Limits::unlimited());
        let layout = decoder.image_buffer_layout()?;
        if layout.complete_len != out.len() {
            return Err(TiffError::LimitsExceeded);
        }
        decoder.read_image_bytes(out)
    });
    decoded.map_err(|e| {
        Error::new(match e {
            TiffError::LimitsExceeded => "its samples do not have the size it claims".to_owned(),
            TiffError::FormatError(e) => e.to_string().to_lowercase(),
            TiffError::UnsupportedError(e) => e.to_string().to_lowercase(),
            e => e.to_string().to_lowercase(),
        })
    })
}

/// Samples of a whole number of bytes from those of any number of bits, which begin with the
/// highest and of which each row begins with a new byte.
fn unpack(rows: &[u8], shape: &Shape, out: &mut [u8]) {
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

/// Pixels from planes of one channel each.
fn interleave(planes: &[u8], shape: &Shape, out: &mut [u8]) {
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

/// Red, green and blue from JPEG's brightness and colour differences.
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

/// The file as if the page were its first, gray or with channels of no particular meaning, so that
/// the crate goes straight to it and neither inverts nor drops any samples.
struct PageFile<'a> {
    bytes: &'a [u8],
    patches: Vec<(usize, Vec<u8>)>,
    position: usize,
}

impl<'a> PageFile<'a> {
    fn new(bytes: &'a [u8], page: &Page) -> Result<Self> {
        let reader = Reader::new(bytes)?;
        let number = |value: u64, size: usize| match reader.big_endian {
            true => value.to_be_bytes()[8 - size..].to_vec(),
            false => value.to_le_bytes()[..size].to_vec(),
        };
        let (at, size) = if reader.big_tiff { (8, 8) } else { (4, 4) };
        let mut patches = vec![(at, number(page.directory.offset, size))];
        for (tag, value) in changes(page) {
            if let Some(entry) = page.directory.find(tag) {
                // The type "long", a count of one, and the value in the place of its offset.
                patches.push((entry.position + 2, number(4, 2)));
                patches.push((entry.position + 4, number(1, size)));
                patches.push((entry.position + 4 + size, number(value, 4)));
            }
        }
        for (tag, other) in [(STRIP_OFFSETS, TILE_OFFSETS), (STRIP_SIZES, TILE_SIZES)] {
            // Old writers have the places of tiles under the names of those of strips.
            if let Some(entry) = page.directory.find(tag).filter(|_| page.tiled) {
                patches.push((entry.position, number(u64::from(other), 2)));
            }
        }
        Ok(Self {
            bytes,
            patches,
            position: 0,
        })
    }
}

/// The tags that the crate gets to see otherwise than the file has them.
fn changes(page: &Page) -> Vec<(u16, u64)> {
    let shape = &page.shape;
    let mut changes = Vec::new();
    if !page.ycbcr {
        changes.push((PHOTOMETRIC, 1));
    }
    // The crate can read only bytes of such samples, so rows of bytes are what it is told of.
    if shape.is_packed() && (shape.bits > 8 || shape.planar) {
        changes.extend([(WIDTH, shape.row_bytes() as u64), (BITS, 8)]);
        if !shape.planar {
            changes.push((SAMPLES, 1));
        }
    }
    changes
}

impl Read for PageFile<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let len = rest.len().min(out.len());
        out[..len].copy_from_slice(&rest[..len]);
        for (start, patch) in &self.patches {
            let (from, to) = (
                self.position.max(*start),
                (self.position + len).min(start + patch.len()),
            );
            if from < to {
                out[from - self.position..to - self.position]
                    .copy_from_slice(&patch[from - start..to - start]);
            }
        }
        self.position += len;
        Ok(len)
    }
}

impl Seek for PageFile<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => i64::try_from(offset).ok(),
            SeekFrom::Current(offset) => (self.position as i64).checked_add(offset),
            SeekFrom::End(offset) => (self.bytes.len() as i64).checked_add(offset),
        };
        match position.map(usize::try_from) {
            Some(Ok(position)) => self.position = position,
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
        Ok(self.position as u64)
    }
}
