//! One page of a TIFF file: its size, its samples and where they lie.

use super::directory::{Directory, Entry, Reader};
use crate::bail;
use crate::error::{Error, Result};
use crate::io::raw::Encoding;
use crate::video::DType;

pub(super) const WIDTH: u16 = 256;
pub(super) const HEIGHT: u16 = 257;
pub(super) const BITS: u16 = 258;
pub(super) const COMPRESSION: u16 = 259;
pub(super) const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
pub(super) const DESCRIPTION: u16 = 270;
pub(super) const STRIP_OFFSETS: u16 = 273;
pub(super) const SAMPLES: u16 = 277;
pub(super) const ROWS_PER_STRIP: u16 = 278;
pub(super) const STRIP_SIZES: u16 = 279;
pub(super) const X_RESOLUTION: u16 = 282;
pub(super) const Y_RESOLUTION: u16 = 283;
pub(super) const PLANAR: u16 = 284;
const FAX_OPTIONS: u16 = 292;
pub(super) const RESOLUTION_UNIT: u16 = 296;
pub(super) const SOFTWARE: u16 = 305;
pub(super) const DATE: u16 = 306;
pub(super) const PREDICTOR: u16 = 317;
const TILE_WIDTH: u16 = 322;
const TILE_HEIGHT: u16 = 323;
pub(super) const TILE_OFFSETS: u16 = 324;
pub(super) const TILE_SIZES: u16 = 325;
pub(super) const EXTRA_SAMPLES: u16 = 338;
pub(super) const SAMPLE_FORMAT: u16 = 339;
const SUBFILE: u16 = 254;
pub(super) const SUB_DIRECTORIES: u16 = 330;

/// The greatest width and height of a tile.
const MAX_TILE: usize = 1 << 14;

/// Colour as brightness and two differences, as JPEG stores it.
const YCBCR: u64 = 6;

/// What all frames of a video have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// The size of a sample in the file, which need not be a whole number of bytes.
    pub(super) bits: u64,
    /// Whether the channels are stored one after the other.
    pub(super) planar: bool,
    pub(super) encoding: Encoding,
}

/// One page.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) shape: Shape,
    pub(super) compression: u64,
    /// Whether the colours must be converted to red, green and blue.
    pub(super) ycbcr: bool,
    /// How samples are stored: 1 as they are, 2 and 3 as differences from those to their left.
    pub(super) predictor: u64,
    /// Whether rows of a fax can be stored as changes to the one above.
    pub(super) with_changes: bool,
    /// Whether the lowest bit of a byte comes first.
    pub(super) is_reversed: bool,
    pub(super) tiled: bool,
    rows_per_strip: u64,
    /// The width and height of a tile.
    tile: (u64, u64),
    /// Whether it is a smaller copy of another page.
    pub(super) thumbnail: bool,
    pub(super) directory: Directory,
    /// Offset and size of each strip or tile.
    chunks: Vec<(u64, u64)>,
}

/// How a page is divided into strips or tiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grid {
    pub(super) is_tiled: bool,
    /// The size of a strip or tile in pixels.
    pub(super) width: usize,
    pub(super) height: usize,
    /// How many there are side by side, and one above the other.
    pub(super) across: usize,
    pub(super) down: usize,
}

impl Shape {
    /// The number of samples.
    pub(super) fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// The size in bytes of the uncompressed page.
    pub(super) fn bytes(&self) -> usize {
        let planes = if self.planar { self.channels } else { 1 };
        self.plane_bytes() * planes
    }

    /// The size in bytes of an uncompressed plane, or of the page if it has no planes.
    pub(super) fn plane_bytes(&self) -> usize {
        self.row_bytes() * self.height
    }

    /// The number of samples in a stored row.
    pub(super) fn row_len(&self) -> usize {
        if self.planar {
            self.width
        } else {
            self.width * self.channels
        }
    }

    /// The size in bytes of an uncompressed row, which begins with a byte of its own.
    pub(super) fn row_bytes(&self) -> usize {
        (self.row_len() * self.bits as usize).div_ceil(8)
    }

    /// Whether samples are not whole bytes, so that they must be unpacked.
    pub(super) fn is_packed(&self) -> bool {
        self.bits != 8 * self.encoding.size() as u64
    }
}

impl Page {
    /// Reads what a directory says.
    pub(super) fn new(reader: &Reader<'_>, directory: Directory) -> Result<Self> {
        let values = |tag| directory.find(tag).and_then(|entry| reader.uints(entry));
        let value = |tag, default| {
            let entry = directory.find(tag);
            entry
                .and_then(|entry| reader.first_uint(entry))
                .unwrap_or(default)
        };
        let compression = value(COMPRESSION, 1);
        let (offsets, sizes) = chunk_tags(&directory);
        let shape = shape_of(reader, &directory)?;
        let offsets = values(offsets).unwrap_or_default();
        let sizes = values(sizes).unwrap_or_else(|| match offsets.len() {
            1 => vec![shape.bytes() as u64],
            _ => Vec::new(),
        });
        if offsets.is_empty() || offsets.len() != sizes.len() {
            bail!("a page does not say where its samples are");
        }
        Ok(Self {
            shape,
            compression,
            ycbcr: value(PHOTOMETRIC, 1) == YCBCR,
            predictor: value(PREDICTOR, 1),
            with_changes: value(FAX_OPTIONS, 0) & 1 == 1,
            is_reversed: value(FILL_ORDER, 1) == 2,
            tile: (value(TILE_WIDTH, 0), value(TILE_HEIGHT, 0)),
            rows_per_strip: value(ROWS_PER_STRIP, u64::MAX),
            thumbnail: value(SUBFILE, 0) & 1 == 1,
            chunks: offsets.into_iter().zip(sizes).collect(),
            tiled: directory.find(TILE_WIDTH).is_some(),
            directory,
        })
    }

    /// The planes as pages of their own.
    pub(super) fn planes(&self) -> Result<Vec<Self>> {
        let plane = |plane| {
            Ok(Self {
                shape: Shape {
                    channels: 1,
                    planar: false,
                    ..self.shape
                },
                chunks: self.chunks_of(plane)?.to_vec(),
                ..self.clone()
            })
        };
        (0..self.shape.channels).map(plane).collect()
    }

    /// How the page is divided into strips or tiles.
    pub(super) fn grid(&self) -> Grid {
        let Shape { height, width, .. } = self.shape;
        let (tile_width, tile_height) = self.tile;
        let length =
            |len: u64, most: usize| usize::try_from(len).map_or(most, |len| len.clamp(1, most));
        // A tile may be larger than the page, but a page not so small that this matters.
        let grid = if self.tiled {
            (length(tile_width, MAX_TILE), length(tile_height, MAX_TILE))
        } else {
            (width, length(self.rows_per_strip, height))
        };
        Grid {
            is_tiled: self.tiled,
            width: grid.0,
            height: grid.1,
            across: width.div_ceil(grid.0),
            down: height.div_ceil(grid.1),
        }
    }

    /// How many samples of a stored row belong to one pixel.
    pub(super) fn row_channels(&self) -> usize {
        if self.shape.planar {
            1
        } else {
            self.shape.channels
        }
    }

    /// The places and sizes of a plane's strips or tiles.
    pub(super) fn chunks_of(&self, plane: usize) -> Result<&[(u64, u64)]> {
        let planes = if self.shape.planar {
            self.shape.channels
        } else {
            1
        };
        let per_plane = self.chunks.len() / planes;
        if per_plane * planes != self.chunks.len() {
            bail!("its channels have different numbers of strips or tiles");
        }
        Ok(&self.chunks[plane * per_plane..][..per_plane])
    }

    /// The lists of the places and sizes of a plane's strips or tiles: the entry, the index in it of
    /// the plane's first value, and the plane's values.
    pub(super) fn lists_of(&self, plane: usize) -> Result<Vec<(&Entry, usize, Vec<u64>)>> {
        let chunks = self.chunks_of(plane)?;
        let first = plane * chunks.len();
        let (offsets, sizes): (Vec<_>, _) = chunks.iter().copied().unzip();
        let (offsets_tag, sizes_tag) = chunk_tags(&self.directory);
        let lists = [(offsets_tag, offsets), (sizes_tag, sizes)].into_iter();
        let entry = |tag| self.directory.find(tag);
        Ok(lists
            .filter_map(|(tag, values)| Some((entry(tag)?, first, values)))
            .collect())
    }

    /// Where the samples begin, if they follow each other in the file as they do in memory.
    pub(super) fn plain(&self) -> Option<u64> {
        let stored = self.compression == 1
            && self.predictor == 1
            && !self.is_reversed
            && !self.tiled
            && !self.shape.planar;
        let (first, mut end) = (self.chunks[0].0, self.chunks[0].0);
        let height = self.shape.height as u64;
        let strip = self.rows_per_strip.min(height) * self.shape.row_bytes() as u64;
        for (index, &(offset, size)) in self.chunks.iter().enumerate() {
            // What a strip has beyond its rows is not part of the next one.
            let is_last = index + 1 == self.chunks.len();
            if offset != end || size != strip && !is_last {
                return None;
            }
            end = end.checked_add(size)?;
        }
        let bytes = self.shape.bytes() as u64;
        (stored && !self.ycbcr && end - first >= bytes).then_some(first)
    }

    /// Whether all of it is within a file of the given size, and can be decoded to its full size.
    pub(super) fn is_whole(&self, file_len: u64) -> bool {
        let end = |&(offset, size): &(u64, u64)| offset.checked_add(size);
        let inside = self
            .chunks
            .iter()
            .all(|chunk| end(chunk).is_some_and(|end| end <= file_len));
        let stored = self
            .chunks
            .iter()
            .fold(0u64, |sum, (_, size)| sum.saturating_add(*size));
        let most = stored.saturating_mul(greatest_expansion(self.compression));
        inside && most >= self.shape.bytes() as u64
    }
}

/// The tags of the places and sizes of strips or tiles.
fn chunk_tags(directory: &Directory) -> (u16, u16) {
    match directory.find(TILE_OFFSETS) {
        Some(_) => (TILE_OFFSETS, TILE_SIZES),
        None => (STRIP_OFFSETS, STRIP_SIZES),
    }
}

/// How many times larger than its compressed form data can be.
fn greatest_expansion(compression: u64) -> u64 {
    match compression {
        1 => 1,
        // A tile of one color takes 30 bytes, also if it is 2048 pixels high and wide.
        34927 | 50001 => 1 << 19,
        5 => 4096,
        8 | 32946 => 1100,
        32773 => 64,
        _ => 1 << 17,
    }
}

fn shape_of(reader: &Reader<'_>, directory: &Directory) -> Result<Shape> {
    let value = |tag, default| {
        let entry = directory.find(tag);
        entry
            .and_then(|entry| reader.first_uint(entry))
            .unwrap_or(default)
    };
    let size = |tag| usize::try_from(value(tag, 0)).unwrap_or(0);
    let bits = directory.find(BITS).and_then(|entry| reader.uints(entry));
    let bits = bits.unwrap_or_else(|| vec![1]);
    let Some(&depth) = bits
        .first()
        .filter(|depth| bits.iter().all(|other| other == *depth))
    else {
        bail!("its channels have different depths");
    };
    let shape = Shape {
        height: size(HEIGHT),
        width: size(WIDTH),
        channels: value(SAMPLES, 1) as usize,
        bits: depth,
        planar: value(PLANAR, 1) == 2 && value(SAMPLES, 1) > 1,
        encoding: encoding_of(depth, value(SAMPLE_FORMAT, 1), reader.big_endian)?,
    };
    let tiled = directory.find(TILE_WIDTH).is_some();
    let jpeg = value(COMPRESSION, 1) == 7;
    let bytes = [shape.height, shape.width, shape.channels]
        .into_iter()
        .try_fold(8, |bytes: usize, len| bytes.checked_mul(len))
        .filter(|bytes| isize::try_from(*bytes).is_ok());
    match bytes {
        Some(0) => Err(Error::new("a page has no pixels")),
        None => Err(Error::new("a page claims to be larger than any memory")),
        Some(_) if shape.is_packed() && (jpeg || tiled && (depth > 8 || shape.planar)) => {
            bail!("tiles or JPEG with {depth} bits per sample are not supported")
        }
        Some(_) => Ok(shape),
    }
}

fn encoding_of(bits: u64, format: u64, big_endian: bool) -> Result<Encoding> {
    let dtype = match (format, bits) {
        (1 | 4, 1) => DType::Bool,
        (1 | 4, 2..=8) => DType::U8,
        (1 | 4, 9..=16) => DType::U16,
        (1 | 4, 17..=32) => DType::U32,
        (1 | 4, 64) => DType::U64,
        (2, 8) => DType::I8,
        (2, 16) => DType::I16,
        (2, 32) => DType::I32,
        (2, 64) => DType::I64,
        (3, 16 | 32) => DType::F32,
        (3, 64) => DType::F64,
        (5 | 6, _) => {
            return Err(
                Error::new("it holds complex numbers, a video needs real numbers")
                    .hint("convert it in Python, for example with `abs`, and save it again"),
            );
        }
        (2, _) => bail!("signed samples of {bits} bits are not supported"),
        (3, _) => bail!("floats of {bits} bits are not supported"),
        _ => bail!("samples of {bits} bits are not supported"),
    };
    Ok(Encoding {
        dtype,
        half: format == 3 && bits == 16,
        swapped: big_endian != cfg!(target_endian = "big"),
    })
}
