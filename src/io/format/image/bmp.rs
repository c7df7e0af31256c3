//! BMP files. The decoder is our own, because others fill with black what this one refuses: colors
//! missing from a palette, and pixels that a run-length file skips or that are cut off. The `image`
//! crate, which has one, also takes over a minute to compile.

use std::path::Path;

use super::{EncodedImage, ImageLayout};
use crate::bail;
use crate::error::{Error, Result};
use crate::video::DType;

/// Sizes of the file header and of the headers that may follow it: OS/2, Windows, OS/2 version 2.
const FILE_HEADER: usize = 14;
const CORE_HEADER: usize = 12;
const INFO_HEADER: usize = 40;
const OS2_HEADER: usize = 64;

/// Compression methods.
const PLAIN: u32 = 0;
const RLE8: u32 = 1;
const RLE4: u32 = 2;
const BIT_FIELDS: u32 = 3;
const ALPHA_BIT_FIELDS: u32 = 6;

/// A file whose headers have been read.
struct Bmp {
    bytes: Vec<u8>,
    header: Header,
    coding: Coding,
    /// Number of channels: one for gray, which results from a palette of gray levels.
    channels: usize,
}

/// Layout of the pixels of a file.
#[derive(Clone, Copy)]
struct Header {
    width: usize,
    height: usize,
    /// Whether the first row is the topmost.
    is_top_down: bool,
    /// Bits per pixel.
    depth: usize,
    method: u32,
    /// Offset of the end of the header.
    end: usize,
    /// Offset of the pixels.
    start: usize,
    /// Number of colors of the palette; zero: the maximum for the bits per pixel.
    colors: usize,
}

/// How stored numbers encode the colors of pixels.
enum Coding {
    /// Indices into a palette of red, green and blue.
    Palette(Vec<[u8; 3]>),
    /// Bit fields of red, green, blue and optionally alpha.
    Fields(Vec<BitMask>),
}

/// Adjacent bits of a pixel.
#[derive(Clone, Copy)]
struct BitMask {
    shift: u32,
    max: u32,
}

/// Whether the first bytes of a file are those of BMP: the signature is short, so the size of the
/// header is checked too.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    let is_header = |size: u8| matches!(size, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124);
    let size = bytes.get(14..18);
    bytes.starts_with(b"BM") && size.is_some_and(|size| is_header(size[0]) && size[1..] == [0; 3])
}

/// Reads the headers and the palette.
pub(super) fn open(_: &Path, bytes: Vec<u8>) -> Result<Box<dyn EncodedImage>> {
    let header = Header::read(&bytes)?;
    let coding = match header.depth {
        1..=8 => header.palette(&bytes)?,
        _ => header.fields(&bytes)?,
    };
    let size = header.stride().checked_mul(header.height);
    let room = bytes.len().saturating_sub(header.start);
    if !header.is_run_length() && size.is_none_or(|size| size > room) {
        bail!("it is truncated");
    }
    let channels = match &coding {
        Coding::Palette(colors) if colors.iter().all(|[r, g, b]| r == g && g == b) => 1,
        Coding::Palette(_) => 3,
        Coding::Fields(fields) => fields.len(),
    };
    Ok(Box::new(Bmp {
        bytes,
        header,
        coding,
        channels,
    }))
}

/// The little-endian number at an offset.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<u32> {
    let Some(stored) = bytes.get(at..).and_then(|rest| rest.first_chunk::<N>()) else {
        bail!("it is truncated");
    };
    Ok(from_bytes(stored))
}

fn from_bytes(stored: &[u8]) -> u32 {
    let bytes = stored.iter().rev();
    bytes.fold(0, |number, byte| number << 8 | u32::from(*byte))
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self> {
        let half = |at| number::<2>(bytes, at);
        let whole = |at| number::<4>(bytes, at);
        let size = whole(FILE_HEADER)? as usize;
        let end = FILE_HEADER + size;
        // Fields missing from a short header are zero.
        let field = |at: usize| match at + 4 <= end {
            true => whole(at),
            false => Ok(0),
        };
        let (width, height, at) = match size {
            CORE_HEADER => (half(18)? as i32, half(20)? as i32, 22),
            _ => (whole(18)? as i32, whole(22)? as i32, 26),
        };
        let (planes, depth) = (half(at)?, half(at + 2)?);
        if planes != 1 || width <= 0 || height == 0 {
            bail!("it is damaged: {height}×{width} pixels in {planes} planes");
        }
        let header = Self {
            width: width as usize,
            height: height.unsigned_abs() as usize,
            is_top_down: height < 0,
            depth: depth as usize,
            method: field(30)?,
            end,
            start: whole(10)? as usize,
            colors: field(46)? as usize,
        };
        let is_known = match header.method {
            PLAIN => matches!(depth, 1 | 2 | 4 | 8 | 16 | 24 | 32),
            RLE8 | RLE4 => header.is_run_length(),
            // In OS/2 files these numbers are other methods.
            BIT_FIELDS | ALPHA_BIT_FIELDS => matches!(depth, 16 | 32) && size != OS2_HEADER,
            _ => false,
        };
        if !is_known {
            let method = header.method;
            let error = Error::new(format!(
                "BMP files of {depth} bits per pixel by method {method} are not supported"
            ));
            return Err(error.hint("save it without compression, or as PNG"));
        }
        if header.is_run_length() && header.is_top_down {
            bail!("it is damaged: its first row is the topmost, which runs do not allow");
        }
        if header.start < header.masks_end() {
            bail!("it is damaged: its pixels begin within its header");
        }
        Ok(header)
    }

    fn is_run_length(&self) -> bool {
        matches!((self.method, self.depth), (RLE8, 8) | (RLE4, 4))
    }

    /// Offset of the end of the masks, which are the last fields of long headers and follow a short
    /// one.
    fn masks_end(&self) -> usize {
        match (self.method, self.end - FILE_HEADER) {
            (BIT_FIELDS, INFO_HEADER) => self.end + 12,
            (ALPHA_BIT_FIELDS, INFO_HEADER) => self.end + 16,
            _ => self.end,
        }
    }

    /// Size of a row in bytes.
    fn stride(&self) -> usize {
        (self.width * self.depth).div_ceil(32) * 4
    }

    fn palette(&self, bytes: &[u8]) -> Result<Coding> {
        let entry = match self.end - FILE_HEADER {
            CORE_HEADER => 3,
            _ => 4,
        };
        let most = (1 << self.depth).min((self.start - self.end) / entry);
        let count = match self.colors {
            // The palettes of some files are shorter than required.
            0 => most,
            count if count <= most => count,
            count => bail!("it is damaged: it has no room for a palette of {count} colors"),
        };
        let Some(palette) = bytes.get(self.end..self.end + count * entry) else {
            bail!("it is truncated");
        };
        let colors = palette.chunks_exact(entry);
        let colors = colors.map(|color| [color[2], color[1], color[0]]);
        Ok(Coding::Palette(colors.collect()))
    }

    fn fields(&self, bytes: &[u8]) -> Result<Coding> {
        if self.method == PLAIN {
            let (shifts, max) = match self.depth {
                16 => ([10, 5, 0], 31),
                _ => ([16, 8, 0], 255),
            };
            let fields = shifts.map(|shift| BitMask { shift, max });
            return Ok(Coding::Fields(fields.to_vec()));
        }
        let mut fields = Vec::with_capacity(4);
        for (at, is_alpha) in [(54, false), (58, false), (62, false), (66, true)] {
            if at + 4 <= self.masks_end() {
                let mask = number::<4>(bytes, at)?;
                if mask != 0 || !is_alpha {
                    fields.push(BitMask::of_mask(mask, self.depth)?);
                }
            }
        }
        Ok(Coding::Fields(fields))
    }
}

impl Coding {
    /// Writes the samples of a pixel.
    fn fill(&self, number: u32, pixel: &mut [u8]) -> Result<()> {
        match self {
            Self::Palette(colors) => {
                let Some(color) = colors.get(number as usize) else {
                    bail!("it is damaged: its palette has no color {number}");
                };
                pixel.copy_from_slice(&color[..pixel.len()]);
            }
            Self::Fields(fields) => {
                for (sample, field) in pixel.iter_mut().zip(fields) {
                    *sample = field.of(number);
                }
            }
        }
        Ok(())
    }
}

impl BitMask {
    fn of_mask(mask: u32, depth: usize) -> Result<Self> {
        let (shift, bits) = (mask.trailing_zeros(), mask.count_ones());
        let is_field = mask != 0 && mask.leading_zeros() + bits + shift == u32::BITS;
        if !is_field || (shift + bits) as usize > depth {
            bail!("it is damaged: a pixel of {depth} bits has no color of the bits {mask:#x}");
        }
        // Longer fields are truncated to their highest bits.
        let cut = bits.saturating_sub(8);
        Ok(Self {
            shift: shift + cut,
            max: (1 << (bits - cut)) - 1,
        })
    }

    /// The bits scaled to a sample from 0 to 255.
    fn of(self, number: u32) -> u8 {
        let value = (number >> self.shift) & self.max;
        ((2 * 255 * value + self.max) / (2 * self.max)) as u8
    }
}

impl Bmp {
    /// Decodes run-length data, from the lowest row up.
    fn fill_runs(&self, out: &mut [u8]) -> Result<()> {
        let Header {
            width,
            height,
            depth,
            start,
            ..
        } = self.header;
        // Some programs encode the padding bytes of rows as if they were pixels.
        let end = match depth {
            8 => width.next_multiple_of(4),
            _ => width,
        };
        let mut rest = self.bytes.get(start..).unwrap_or(&[]);
        let mut take = |count: usize| {
            let (taken, more) = rest.split_at_checked(count)?;
            rest = more;
            Some(taken)
        };
        let (mut x, mut y) = (0, 0);
        while y + 1 < height || x < width {
            let Some(&[first, second]) = take(2) else {
                bail!("it is truncated");
            };
            let count = usize::from(if first == 0 { second } else { first });
            let row = match (first, second) {
                (0, 0) if x >= width => {
                    (x, y) = (0, y + 1);
                    continue;
                }
                (0, 0..=2) => bail!("some of its pixels are not stored"),
                (0, _) => take((count * depth).div_ceil(16) * 2),
                _ => Some(&[second; 255][..]),
            };
            let Some(row) = row else {
                bail!("it is truncated");
            };
            if x + count > end {
                bail!("it is damaged: a row has more than {width} pixels");
            }
            for i in 0..count.min(width.saturating_sub(x)) {
                let at = ((height - 1 - y) * width + x + i) * self.channels;
                let number = stored(row, i, depth);
                self.coding.fill(number, &mut out[at..at + self.channels])?;
            }
            x += count;
        }
        Ok(())
    }
}

/// The stored number of a pixel in a row; of small ones, the first is in the highest bits of a
/// byte.
fn stored(row: &[u8], x: usize, depth: usize) -> u32 {
    let bit = x * depth;
    if depth >= 8 {
        return from_bytes(&row[bit / 8..][..depth / 8]);
    }
    let shift = 8 - depth - bit % 8;
    u32::from(row[bit / 8] >> shift) & ((1 << depth) - 1)
}

impl EncodedImage for Bmp {
    fn layout(&self) -> ImageLayout {
        ImageLayout {
            height: self.header.height,
            width: self.header.width,
            channels: self.channels,
            dtype: DType::U8,
        }
    }

    fn decode(&self, out: &mut [u8]) -> Result<()> {
        if self.header.is_run_length() {
            return self.fill_runs(out);
        }
        let (stride, last) = (self.header.stride(), self.header.height - 1);
        let rows = out.chunks_exact_mut(self.header.width * self.channels);
        for (y, pixels) in rows.enumerate() {
            let y = if self.header.is_top_down { y } else { last - y };
            let row = &self.bytes[self.header.start + y * stride..][..stride];
            for (x, pixel) in pixels.chunks_exact_mut(self.channels).enumerate() {
                let number = stored(row, x, self.header.depth);
                self.coding.fill(number, pixel)?;
            }
        }
        Ok(())
    }
}
