//! One page of a TIFF file: its size, its sample format and the location of its samples.

use tiff::tags::{CompressionMethod, PhotometricInterpretation, PlanarConfiguration, Tag};

use super::directory::{Directory, TiffReader};
use super::tag::{predictor, sample_format};
use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::{Encoding, SharedFile};
use crate::video::DType;

pub(super) const WIDTH: u16 = Tag::ImageWidth.to_u16();
pub(super) const HEIGHT: u16 = Tag::ImageLength.to_u16();
pub(super) const BITS: u16 = Tag::BitsPerSample.to_u16();
pub(super) const COMPRESSION: u16 = Tag::Compression.to_u16();
pub(super) const PHOTOMETRIC: u16 = Tag::PhotometricInterpretation.to_u16();
const FILL_ORDER: u16 = Tag::FillOrder.to_u16();
pub(super) const DESCRIPTION: u16 = Tag::ImageDescription.to_u16();
pub(super) const STRIP_OFFSETS: u16 = Tag::StripOffsets.to_u16();
pub(super) const SAMPLES: u16 = Tag::SamplesPerPixel.to_u16();
pub(super) const ROWS_PER_STRIP: u16 = Tag::RowsPerStrip.to_u16();
pub(super) const STRIP_SIZES: u16 = Tag::StripByteCounts.to_u16();
pub(super) const X_RESOLUTION: u16 = Tag::XResolution.to_u16();
pub(super) const Y_RESOLUTION: u16 = Tag::YResolution.to_u16();
const PLANAR: u16 = Tag::PlanarConfiguration.to_u16();
const FAX_OPTIONS: u16 = 292;
pub(super) const RESOLUTION_UNIT: u16 = Tag::ResolutionUnit.to_u16();
pub(super) const SOFTWARE: u16 = Tag::Software.to_u16();
/// "ImageHistory" of TIFF/EP.
pub(super) const HISTORY: u16 = 37395;
pub(super) const DATE: u16 = Tag::DateTime.to_u16();
const PREDICTOR: u16 = Tag::Predictor.to_u16();
const TILE_WIDTH: u16 = Tag::TileWidth.to_u16();
const TILE_HEIGHT: u16 = Tag::TileLength.to_u16();
const TILE_OFFSETS: u16 = Tag::TileOffsets.to_u16();
const TILE_SIZES: u16 = Tag::TileByteCounts.to_u16();
pub(super) const EXTRA_SAMPLES: u16 = Tag::ExtraSamples.to_u16();
pub(super) const SAMPLE_FORMAT: u16 = Tag::SampleFormat.to_u16();
const SUBFILE: u16 = Tag::NewSubfileType.to_u16();
const JPEG_TABLES: u16 = Tag::JPEGTables.to_u16();
const COLOR_SAMPLING: u16 = Tag::ChromaSubsampling.to_u16();

/// Size of a compressed strip or tile that ends where the next part of the file starts.
pub(super) const OPEN: u64 = u64::MAX;

/// A strip or tile that was never written.
pub(super) const BLANK: (u64, u64) = (0, 0);

/// Method of WebP before it had a number of its own.
pub(super) const OLD_WEBP: CompressionMethod = CompressionMethod::Unknown(34927);

/// Maximum size of JPEG tables that are read.
const MAX_TABLES: u64 = 1 << 16;

/// Maximum width and height of a tile.
const MAX_TILE: usize = 1 << 14;

/// What all frames of a video have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PageShape {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Size of a sample in the file in bits, not necessarily a multiple of 8.
    pub(super) bits: u64,
    /// Whether each channel is stored as a separate plane.
    pub(super) planar: bool,
    pub(super) encoding: Encoding,
}

/// One page.
#[derive(Debug, Clone)]
pub(super) struct TiffPage {
    pub(super) shape: PageShape,
    pub(super) compression: CompressionMethod,
    /// Whether the colors are YCbCr and must be converted to red, green and blue.
    pub(super) ycbcr: bool,
    /// Whether chroma is subsampled.
    pub(super) has_coarse_colors: bool,
    /// Predictor: 1 for none, 2 and 3 for samples stored as differences from those to their left.
    pub(super) predictor: u64,
    /// Whether fax rows may be coded relative to the one above.
    pub(super) with_changes: bool,
    /// Whether the lowest bit of a byte comes first.
    pub(super) is_reversed: bool,
    pub(super) tiled: bool,
    rows_per_strip: u64,
    /// Width and height of a tile.
    tile: (u64, u64),
    /// Whether it is a reduced-resolution copy of another page.
    pub(super) thumbnail: bool,
    pub(super) directory: Directory,
    /// Offset and size of each strip or tile.
    pub(super) chunks: Vec<(u64, u64)>,
}

/// Division of a page into strips or tiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TileGrid {
    pub(super) is_tiled: bool,
    /// Size of a strip or tile in pixels.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Number of tiles horizontally and vertically.
    pub(super) across: usize,
    pub(super) down: usize,
}

impl PageShape {
    /// Number of samples.
    pub(super) fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Size in bytes of the uncompressed page.
    pub(super) fn bytes(&self) -> usize {
        let planes = if self.planar { self.channels } else { 1 };
        self.plane_bytes() * planes
    }

    /// Size in bytes of an uncompressed plane, or of the page if it has no planes.
    pub(super) fn plane_bytes(&self) -> usize {
        self.row_bytes() * self.height
    }

    /// Number of samples of a stored row.
    pub(super) fn row_len(&self) -> usize {
        if self.planar {
            self.width
        } else {
            self.width * self.channels
        }
    }

    /// Size in bytes of an uncompressed row, which starts at a byte boundary.
    pub(super) fn row_bytes(&self) -> usize {
        (self.row_len() * self.bits as usize).div_ceil(8)
    }

    /// Whether samples are not whole bytes, so that they must be unpacked.
    pub(super) fn is_packed(&self) -> bool {
        self.bits != 8 * self.encoding.size() as u64
    }
}

impl TiffPage {
    /// Reads the tags of a directory.
    pub(super) fn new(reader: &TiffReader<'_>, directory: Directory) -> Result<Self> {
        let values = |tag| directory.find(tag).and_then(|entry| reader.uints(entry));
        let value = |tag, default| {
            let entry = directory.find(tag);
            entry
                .and_then(|entry| reader.first_uint(entry))
                .unwrap_or(default)
        };
        let compression = compression_of(value(COMPRESSION, 1));
        let ycbcr = value(PHOTOMETRIC, 1) == u64::from(PhotometricInterpretation::YCbCr.to_u16());
        let is_jpeg = compression == CompressionMethod::ModernJPEG;
        let color_sampling = values(COLOR_SAMPLING).unwrap_or_else(|| vec![2, 2]);
        let (offsets, sizes) = chunk_tags(&directory);
        let shape = shape_of(reader, &directory)?;
        let offsets = values(offsets).unwrap_or_default();
        let sizes = values(sizes).unwrap_or_default();
        if offsets.is_empty() {
            bail!("a page does not specify the offsets of its samples");
        }
        let mut page = Self {
            shape,
            compression,
            ycbcr,
            has_coarse_colors: ycbcr && !is_jpeg && color_sampling != [1, 1],
            predictor: value(PREDICTOR, predictor::NONE),
            with_changes: value(FAX_OPTIONS, 0) & 1 == 1,
            is_reversed: value(FILL_ORDER, 1) == 2,
            tile: (value(TILE_WIDTH, 0), value(TILE_HEIGHT, 0)),
            rows_per_strip: value(ROWS_PER_STRIP, 0),
            thumbnail: value(SUBFILE, 0) & 1 == 1,
            chunks: Vec::new(),
            tiled: directory.find(TILE_WIDTH).is_some(),
            directory,
        };
        if page.rows_per_strip == 0 {
            page.rows_per_strip = page.rows_of(offsets.len())?;
        }
        let chunk = |(index, offset): (usize, u64)| match sizes.get(index) {
            _ if offset == 0 => BLANK,
            Some(size) => (offset, *size),
            None if compression == CompressionMethod::None => (offset, page.stored_size(index)),
            None => (offset, OPEN),
        };
        page.chunks = offsets.into_iter().enumerate().map(chunk).collect();
        Ok(page)
    }

    /// The planes as separate pages.
    pub(super) fn planes(&self) -> Result<Vec<Self>> {
        let plane = |plane| {
            Ok(Self {
                shape: PageShape {
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

    /// Division of the page into strips or tiles.
    pub(super) fn grid(&self) -> TileGrid {
        let PageShape { height, width, .. } = self.shape;
        let (tile_width, tile_height) = self.tile;
        let length =
            |len: u64, most: usize| usize::try_from(len).map_or(most, |len| len.clamp(1, most));
        // A tile may be larger than the page, but not larger than this program accepts.
        let grid = if self.tiled {
            (length(tile_width, MAX_TILE), length(tile_height, MAX_TILE))
        } else {
            (width, length(self.rows_per_strip, height))
        };
        TileGrid {
            is_tiled: self.tiled,
            width: grid.0,
            height: grid.1,
            across: width.div_ceil(grid.0),
            down: height.div_ceil(grid.1),
        }
    }

    /// Number of samples of a stored row per pixel.
    pub(super) fn row_channels(&self) -> usize {
        if self.shape.planar {
            1
        } else {
            self.shape.channels
        }
    }

    /// Offsets and sizes of a plane's strips or tiles.
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

    /// The tables shared by all JPEG images of the page.
    pub(super) fn jpeg_tables(&self, source: &SharedFile) -> Result<Vec<u8>> {
        let entry = self.directory.find(JPEG_TABLES);
        // Fewer bytes, which fit in the entry itself, are not tables.
        let Some(entry) = entry.filter(|entry| entry.count > 8) else {
            return Ok(Vec::new());
        };
        if entry.count > MAX_TABLES {
            bail!("its JPEG tables claim {} bytes", entry.count);
        }
        let mut tables = vec![0; entry.count as usize];
        source.read_at(entry.pointer, &mut tables)?;
        Ok(tables)
    }

    /// Offset of the samples, if they are stored as in memory.
    pub(super) fn plain(&self) -> Option<u64> {
        let stored = self.compression == CompressionMethod::None
            && self.predictor == predictor::NONE
            && !self.is_reversed
            && !self.tiled
            && !self.shape.planar;
        let (first, mut end) = (self.chunks[0].0, self.chunks[0].0);
        let height = self.shape.height as u64;
        let strip = self.rows_per_strip.min(height) * self.shape.row_bytes() as u64;
        for (index, &(offset, size)) in self.chunks.iter().enumerate() {
            // Additional data of a strip after its rows is not part of the next one.
            let is_last = index + 1 == self.chunks.len();
            if offset != end || size != strip && !is_last {
                return None;
            }
            end = end.checked_add(size)?;
        }
        let bytes = self.shape.bytes() as u64;
        (stored && !self.ycbcr && end - first >= bytes).then_some(first)
    }
}

fn compression_of(code: u64) -> CompressionMethod {
    let code = u16::try_from(code).unwrap_or(u16::MAX);
    CompressionMethod::from_u16_exhaustive(code)
}

/// The tags of the offsets and sizes of strips or tiles.
fn chunk_tags(directory: &Directory) -> (u16, u16) {
    match directory.find(TILE_OFFSETS) {
        Some(_) => (TILE_OFFSETS, TILE_SIZES),
        None => (STRIP_OFFSETS, STRIP_SIZES),
    }
}

fn shape_of(reader: &TiffReader<'_>, directory: &Directory) -> Result<PageShape> {
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
    let shape = PageShape {
        height: size(HEIGHT),
        width: size(WIDTH),
        channels: value(SAMPLES, 1) as usize,
        bits: depth,
        planar: value(PLANAR, 1) == u64::from(PlanarConfiguration::Planar.to_u16())
            && value(SAMPLES, 1) > 1,
        encoding: encoding_of(
            depth,
            value(SAMPLE_FORMAT, sample_format::UINT),
            reader.big_endian,
        )?,
    };
    let tiled = directory.find(TILE_WIDTH).is_some();
    let jpeg = compression_of(value(COMPRESSION, 1)) == CompressionMethod::ModernJPEG;
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
        (sample_format::UINT | sample_format::UNDEFINED, 1) => DType::Bool,
        (sample_format::UINT | sample_format::UNDEFINED, 2..=8) => DType::U8,
        (sample_format::UINT | sample_format::UNDEFINED, 9..=16) => DType::U16,
        (sample_format::UINT | sample_format::UNDEFINED, 17..=32) => DType::U32,
        (sample_format::UINT | sample_format::UNDEFINED, 64) => DType::U64,
        (sample_format::INT, 8) => DType::I8,
        (sample_format::INT, 16) => DType::I16,
        (sample_format::INT, 32) => DType::I32,
        (sample_format::INT, 64) => DType::I64,
        (sample_format::FLOAT, 16 | 32) => DType::F32,
        (sample_format::FLOAT, 64) => DType::F64,
        (sample_format::COMPLEX_INT | sample_format::COMPLEX_FLOAT, _) => {
            return Err(
                Error::new("it holds complex numbers, but a video needs real numbers")
                    .hint("convert it in Python, for example with `abs`, and save it again"),
            );
        }
        (sample_format::INT, _) => bail!("signed samples of {bits} bits are not supported"),
        (sample_format::FLOAT, _) => bail!("floats of {bits} bits are not supported"),
        _ => bail!("samples of {bits} bits are not supported"),
    };
    Ok(Encoding {
        dtype,
        half: format == sample_format::FLOAT && bits == 16,
        swapped: big_endian != cfg!(target_endian = "big"),
    })
}
