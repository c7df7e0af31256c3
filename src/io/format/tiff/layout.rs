//! Layout of a file to be written, and its directories.

use std::io::Write;
use std::sync::Arc;

use serde_json::json;
use tiff::tags::{CompressionMethod, PhotometricInterpretation};

use super::description::{comment_line, tiff_date};
use super::options::{Photometric, TiffOptions};
use super::page::{
    BITS, COMPRESSION, DATE, DESCRIPTION, EXTRA_SAMPLES, HEIGHT, HISTORY, PHOTOMETRIC,
    RESOLUTION_UNIT, ROWS_PER_STRIP, SAMPLE_FORMAT, SAMPLES, STRIP_OFFSETS, STRIP_SIZES, WIDTH,
    X_RESOLUTION, Y_RESOLUTION,
};
use super::tag::{WrittenTag, resolution_unit, sample_format};
use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples;
use crate::io::codec::compression::Compression;
use crate::video::{DType, Video, shape_text};

/// Files up to this size have 32-bit offsets, which more programs support.
const MAX_CLASSIC_SIZE: u64 = 4_000_000_000;

/// Maximum size of a directory of either kind in bytes, without its lists.
const DIRECTORY_SIZE: u64 = 1024;

/// Bytes per channel in the lists of a directory: depth, format and meaning.
const CHANNEL_SIZE: u64 = 6;

/// Size of the header.
const HEADER: u64 = 16;

/// Micrometers per centimeter: divided by µm per pixel it gives pixels per centimeter.
const MICROMETRES: f64 = 10_000.0;

/// Layout of a file.
pub(super) struct StackLayout {
    pages: u64,
    height: u64,
    width: u64,
    channels: u64,
    dtype: DType,
    photometric: Photometric,
    compression: Compression,
    description: ImageDescription,
    /// Recording date.
    date: Option<String>,
    /// Height and width of a pixel in µm.
    pixel_size: Option<[f64; 2]>,
    /// Script that makes the file.
    history: Option<Arc<str>>,
    big: bool,
}

/// Location of the samples of a page in the file.
#[derive(Clone, Copy)]
pub(super) struct TiffStrip {
    start: u64,
    len: u64,
}

impl TiffStrip {
    pub(super) fn new(start: u64, bytes: &[u8]) -> Self {
        let len = bytes.len() as u64;
        Self { start, len }
    }

    fn end(self) -> u64 {
        self.start + self.len
    }
}

/// Description of the video in the first page.
enum ImageDescription {
    /// In the format of ImageJ.
    ImageJ(String),
    /// In the format of tifffile.
    Tifffile(String),
}

impl ImageDescription {
    fn text(&self) -> &str {
        match self {
            ImageDescription::ImageJ(text) | ImageDescription::Tifffile(text) => text,
        }
    }
}

impl StackLayout {
    /// The stack of frames with the given shape.
    pub(super) fn of(video: &Video, shape: &[usize], form: &TiffOptions) -> Result<Self> {
        let lens: Vec<u64> = video.shape().iter().map(|len| *len as u64).collect();
        let (pages, height, width, channels) = match lens[..] {
            [pages, height, width] => (pages, height, width, 1),
            [pages, height, width, channels] => (pages, height, width, channels),
            _ => bail!("TIFF cannot hold an array of shape {}", shape_text(shape)),
        };
        if video.is_empty() {
            bail!("TIFF cannot hold a video without samples");
        }
        if width.max(height) > u64::from(u32::MAX) || channels > u64::from(u16::MAX) {
            bail!("TIFF cannot hold a page of {width}×{height} pixels with {channels} channels");
        }
        let directory = DIRECTORY_SIZE + CHANNEL_SIZE * channels;
        let history = video.metadata().provenance.clone();
        let text = history.as_ref().map_or(0, |history| history.len() as u64);
        let size = video.nbytes() as u64 + text + pages.saturating_mul(directory);
        let photometric = photometric(video, channels, form.photometric)?;
        let pixel_size = video.metadata().pixel_size;
        Ok(Self {
            pages,
            height,
            width,
            channels,
            dtype: video.dtype(),
            photometric,
            compression: form.compression,
            description: describe(video, shape, photometric),
            date: video.metadata().date.as_deref().and_then(tiff_date),
            pixel_size: pixel_size.filter(|size| size.iter().all(is_resolution)),
            history,
            big: size > MAX_CLASSIC_SIZE,
        })
    }

    /// Number of samples of a row.
    pub(super) fn row_len(&self) -> usize {
        (self.width * self.channels) as usize
    }

    /// Size in bytes of an uncompressed row.
    pub(super) fn row_bytes(&self) -> usize {
        (self.row_len() * self.bits()).div_ceil(8)
    }

    /// Size in bytes of an uncompressed page.
    pub(super) fn page_bytes(&self) -> usize {
        self.row_bytes() * self.height as usize
    }

    /// Offset of the samples.
    pub(super) fn samples_start(&self) -> u64 {
        let bytes = (self.pages as usize).saturating_mul(self.page_bytes());
        match samples::alignment(bytes) {
            64 => HEADER,
            alignment => alignment as u64,
        }
    }

    /// Strips of consecutive pages that are stored as in memory.
    pub(super) fn plain_strips(&self) -> Vec<TiffStrip> {
        let (first, len) = (self.samples_start(), self.page_bytes() as u64);
        let starts = (0..self.pages).map(|page| first + page * len);
        starts.map(|start| TiffStrip { start, len }).collect()
    }

    /// Offset of the directories: at a word boundary after the samples.
    fn directories_start(strips: &[TiffStrip]) -> u64 {
        let end = strips.last().map_or(HEADER, |strip| strip.end());
        end.next_multiple_of(8)
    }

    /// The header, padded to the offset of the samples.
    pub(super) fn header(&self, strips: &[TiffStrip]) -> Vec<u8> {
        let order: &[u8] = if cfg!(target_endian = "big") {
            b"MM"
        } else {
            b"II"
        };
        let start = Self::directories_start(strips);
        let mut header = order.to_vec();
        if self.big {
            header.extend(43u16.to_ne_bytes());
            header.extend(8u16.to_ne_bytes());
            header.extend(0u16.to_ne_bytes());
            header.extend(start.to_ne_bytes());
        } else {
            header.extend(42u16.to_ne_bytes());
            header.extend((start as u32).to_ne_bytes());
        }
        let samples = strips.first().map_or(HEADER, |strip| strip.start);
        header.resize(samples as usize, 0);
        header
    }

    /// Writes the directories, after the samples.
    pub(super) fn write_directories(
        &self,
        file: &mut impl Write,
        strips: &[TiffStrip],
    ) -> std::io::Result<()> {
        let end = strips.last().map_or(HEADER, |strip| strip.end());
        let mut at = Self::directories_start(strips);
        file.write_all(&vec![0; (at - end) as usize])?;
        for (page, strip) in strips.iter().enumerate() {
            let directory = self.directory(page as u64, *strip, at);
            at += directory.len() as u64;
            file.write_all(&directory)?;
        }
        Ok(())
    }

    /// The directory of a page at offset `at`, followed by its longer values.
    fn directory(&self, page: u64, strip: TiffStrip, at: u64) -> Vec<u8> {
        let tags = self.tags(page, strip);
        let (count_size, entry_size, room) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let len = (count_size + tags.len() * entry_size + room).next_multiple_of(8);
        let (mut entries, mut values) = (Vec::with_capacity(len), Vec::new());
        put(&mut entries, tags.len() as u64, count_size);
        for tag in &tags {
            entries.extend(tag.tag.to_ne_bytes());
            entries.extend(tag.kind.to_ne_bytes());
            put(&mut entries, tag.count(), room);
            if tag.bytes.len() <= room {
                entries.extend(&tag.bytes);
                entries.resize(entries.len() + room - tag.bytes.len(), 0);
            } else {
                put(&mut entries, at + (len + values.len()) as u64, room);
                values.extend(&tag.bytes);
                values.resize(values.len().next_multiple_of(8), 0);
            }
        }
        let next = if page + 1 < self.pages {
            at + (len + values.len()) as u64
        } else {
            0
        };
        put(&mut entries, next, room);
        entries.resize(len, 0);
        entries.extend(values);
        entries
    }

    /// Size of a sample in bits.
    fn bits(&self) -> usize {
        match self.dtype {
            DType::Bool => 1,
            dtype => 8 * dtype.size(),
        }
    }

    /// The tags of a page in ascending order.
    fn tags(&self, page: u64, strip: TiffStrip) -> Vec<WrittenTag> {
        let channels = self.channels as usize;
        let is_rgb = self.photometric == Photometric::Rgb;
        let extra = channels - if is_rgb { 3 } else { 1 };
        let mut tags = vec![
            WrittenTag::long(WIDTH, self.width),
            WrittenTag::long(HEIGHT, self.height),
            WrittenTag::shorts(BITS, &vec![self.bits() as u16; channels]),
            WrittenTag::shorts(COMPRESSION, &[code(self.compression)]),
            WrittenTag::shorts(PHOTOMETRIC, &[photometric_code(self.photometric)]),
        ];
        if page == 0 {
            tags.push(WrittenTag::text(DESCRIPTION, self.description.text()));
        }
        tags.extend([
            self.offset(STRIP_OFFSETS, strip.start),
            WrittenTag::shorts(SAMPLES, &[channels as u16]),
            WrittenTag::long(ROWS_PER_STRIP, self.height),
            self.offset(STRIP_SIZES, strip.len),
        ]);
        tags.extend(self.resolution());
        if let Some(date) = self.date.as_ref().filter(|_| page == 0) {
            tags.push(WrittenTag::text(DATE, date));
        }
        if extra > 0 {
            // Alpha if it is the fourth channel of a color image, otherwise unspecified.
            let meaning = if is_rgb { 2 } else { 0 };
            tags.push(WrittenTag::shorts(EXTRA_SAMPLES, &vec![meaning; extra]));
        }
        tags.push(WrittenTag::shorts(
            SAMPLE_FORMAT,
            &vec![sample_format_of(self.dtype) as u16; channels],
        ));
        if let Some(history) = self.history.as_ref().filter(|_| page == 0) {
            tags.push(WrittenTag::text(HISTORY, history));
        }
        tags
    }

    /// Pixels per µm in ImageJ's format, otherwise per centimeter.
    fn resolution(&self) -> Vec<WrittenTag> {
        let Some([height, width]) = self.pixel_size else {
            return Vec::new();
        };
        let (unit, code) = match self.description {
            ImageDescription::ImageJ(_) => (1.0, resolution_unit::NONE),
            ImageDescription::Tifffile(_) => (MICROMETRES, resolution_unit::CENTIMETER),
        };
        vec![
            WrittenTag::fraction(X_RESOLUTION, unit / width),
            WrittenTag::fraction(Y_RESOLUTION, unit / height),
            WrittenTag::shorts(RESOLUTION_UNIT, &[code as u16]),
        ]
    }

    fn offset(&self, tag: u16, value: u64) -> WrittenTag {
        if self.big {
            WrittenTag::long8(tag, value)
        } else {
            WrittenTag::long(tag, value)
        }
    }
}

/// Whether a pixel size in µm can be written as pixels per µm or centimeter.
fn is_resolution(size: &f64) -> bool {
    (1e-3..=1e5).contains(size)
}

fn put(out: &mut Vec<u8>, number: u64, size: usize) {
    match size {
        2 => out.extend((number as u16).to_ne_bytes()),
        4 => out.extend((number as u32).to_ne_bytes()),
        _ => out.extend(number.to_ne_bytes()),
    }
}

fn sample_format_of(dtype: DType) -> u64 {
    match dtype {
        dtype if dtype.is_float() => sample_format::FLOAT,
        dtype if dtype.limits().0 < 0.0 => sample_format::INT,
        _ => sample_format::UINT,
    }
}

fn code(compression: Compression) -> u16 {
    let method = match compression {
        Compression::None => CompressionMethod::None,
        Compression::Lzw => CompressionMethod::LZW,
        Compression::Deflate => CompressionMethod::Deflate,
        Compression::Zstd => CompressionMethod::ZSTD,
        Compression::Packbits => CompressionMethod::PackBits,
    };
    method.to_u16()
}

fn photometric_code(photometric: Photometric) -> u16 {
    let interpretation = match photometric {
        Photometric::MinIsWhite => PhotometricInterpretation::WhiteIsZero,
        Photometric::MinIsBlack => PhotometricInterpretation::BlackIsZero,
        Photometric::Rgb => PhotometricInterpretation::RGB,
    };
    interpretation.to_u16()
}

/// Photometric interpretation: the requested one, or RGB for three or four channels.
fn photometric(video: &Video, channels: u64, asked: Option<Photometric>) -> Result<Photometric> {
    let is_color = matches!(channels, 3 | 4);
    if asked == Some(Photometric::Rgb) && !is_color {
        let error = Error::new(format!(
            "`photometric` \"rgb\" needs 3 or 4 channels, got {} of shape {}",
            video.kind(),
            shape_text(video.shape())
        ));
        return Err(error.hint("leave `photometric` out"));
    }
    let is_known = matches!(
        video.dtype(),
        DType::U8 | DType::U16 | DType::F32 | DType::F64
    );
    Ok(asked.unwrap_or(match is_color && is_known {
        true => Photometric::Rgb,
        false => Photometric::MinIsBlack,
    }))
}

/// Description in ImageJ's format for types that ImageJ supports, otherwise in tifffile's.
fn describe(video: &Video, shape: &[usize], photometric: Photometric) -> ImageDescription {
    let metadata = video.metadata();
    let fps = metadata.fps.filter(|fps| fps.is_finite() && *fps > 0.0);
    let comment = metadata
        .comment
        .as_deref()
        .filter(|comment| !comment.is_empty());
    let is_known = match video.ndim() {
        3 => matches!(video.dtype(), DType::U8 | DType::U16 | DType::F32),
        4 => video.dtype() == DType::U8 && photometric == Photometric::Rgb && video.shape()[3] == 3,
        _ => false,
    };
    if is_known && video.len() > 1 {
        let frames = video.len();
        let unit = match metadata.pixel_size {
            Some(size) if size.iter().all(is_resolution) => "unit=micron\n",
            _ => "",
        };
        let timing = fps.map_or_else(String::new, |fps| {
            format!("fps={fps}\nfinterval={}\ntunit=sec\n", 1.0 / fps)
        });
        let comment = comment.map_or_else(String::new, comment_line);
        return ImageDescription::ImageJ(format!(
            "ImageJ=1.54f\nimages={frames}\nframes={frames}\nhyperstack=true\n{unit}{timing}loop=false\n{comment}"
        ));
    }
    let mut description = json!({ "shape": shape });
    if let Some(fps) = fps {
        description["fps"] = fps.into();
    }
    if let Some(comment) = comment {
        description["comment"] = comment.into();
    }
    ImageDescription::Tifffile(description.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Strided;

    #[test]
    fn directories_are_no_larger_than_assumed() {
        for channels in [1, 2, 3, 5, 65_535] {
            let samples = Strided::from_vec(&[2, 1, 1, channels], vec![0u8; 2 * channels]);
            let mut video = Video::new(samples);
            video.metadata_mut().pixel_size = Some([1.0, 2.0]);
            let mut stack = StackLayout::of(&video, video.shape(), &TiffOptions::PLAIN).unwrap();
            for big in [false, true] {
                stack.big = big;
                let strip = stack.plain_strips()[0];
                let size = stack.directory(0, strip, 0).len() as u64;
                assert!(size <= DIRECTORY_SIZE + CHANNEL_SIZE * channels as u64);
            }
        }
    }
}
