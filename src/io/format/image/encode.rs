//! Encoding of images: PNG, TIFF, JPEG and BMP.

use crate::bail;
use crate::error::{Error, Result, counted};
use crate::io::bytes::samples;
use crate::io::codec::compression::Compression;
use crate::io::format::metadata_keys::HISTORY;
use crate::io::format::tiff;
use crate::task;
use crate::video::{DType, Video, kind_of, shape_text};

/// An image format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImageFormat {
    Png,
    Tiff,
    Jpeg,
    Bmp,
}

/// The formats by file extension.
const FORMATS: &[(&str, ImageFormat)] = &[
    ("png", ImageFormat::Png),
    ("tif", ImageFormat::Tiff),
    ("tiff", ImageFormat::Tiff),
    ("jpg", ImageFormat::Jpeg),
    ("jpeg", ImageFormat::Jpeg),
    ("bmp", ImageFormat::Bmp),
];

/// Options for saving images.
#[derive(Debug, Clone, Copy)]
pub struct ImageOptions {
    /// Compression of TIFF.
    pub compression: Compression,
    /// JPEG quality from 1 to 100.
    pub quality: usize,
    /// Pixels per inch of paper, which the file then says.
    pub dpi: Option<f64>,
}

/// Default JPEG quality.
pub const QUALITY: usize = 95;

impl Default for ImageOptions {
    fn default() -> Self {
        Self {
            compression: Compression::None,
            quality: QUALITY,
            dpi: None,
        }
    }
}

impl ImageOptions {
    /// An error if an option is invalid.
    pub(crate) fn check(&self) -> Result<()> {
        if (1..=100).contains(&self.quality) {
            return Ok(());
        }
        bail!("`quality` must be from 1 to 100, got {}", self.quality)
    }
}

impl ImageFormat {
    /// The format of an extension, ignoring case.
    pub(crate) fn of(extension: &str) -> Option<Self> {
        let extension = extension.to_lowercase();
        let known = FORMATS.iter().find(|(known, _)| *known == extension);
        known.map(|(_, image_format)| *image_format)
    }

    /// The extensions of all formats.
    pub(crate) fn extensions() -> String {
        let names: Vec<String> = FORMATS
            .iter()
            .map(|(name, _)| format!("`.{name}`"))
            .collect();
        names.join(", ")
    }

    fn name(self) -> &'static str {
        match self {
            ImageFormat::Png => "PNG",
            ImageFormat::Tiff => "TIFF",
            ImageFormat::Jpeg => "JPEG",
            ImageFormat::Bmp => "BMP",
        }
    }

    fn holds(self, dtype: DType) -> bool {
        match self {
            ImageFormat::Tiff => true,
            ImageFormat::Png => matches!(dtype, DType::U8 | DType::U16 | DType::Bool),
            ImageFormat::Jpeg | ImageFormat::Bmp => matches!(dtype, DType::U8 | DType::Bool),
        }
    }

    fn holds_channels(self, channels: usize) -> bool {
        match self {
            ImageFormat::Tiff => true,
            ImageFormat::Png => (1..=4).contains(&channels),
            ImageFormat::Jpeg => matches!(channels, 1 | 3),
            ImageFormat::Bmp => matches!(channels, 1 | 3 | 4),
        }
    }

    /// Whether the format supports alpha.
    pub(crate) fn has_opacity(self) -> bool {
        matches!(self, ImageFormat::Png | ImageFormat::Tiff)
    }

    /// An error if the format cannot store an image unchanged.
    pub(crate) fn check(self, image: &Video) -> Result<()> {
        self.check_layout(image.shape(), image.dtype())
    }

    /// Like [`ImageFormat::check`], for an image of a shape and a sample type.
    pub(crate) fn check_layout(self, shape: &[usize], dtype: DType) -> Result<()> {
        let name = self.name();
        if !(2..=3).contains(&shape.len()) || shape.contains(&0) {
            bail!(
                "{name} needs an image {{y, x}} or {{y, x, channel}}, got {} of shape {}",
                kind_of(shape),
                shape_text(shape)
            );
        }
        if !self.holds(dtype) {
            return Err(cannot_hold(self, dtype));
        }
        let channels = shape.get(2).copied().unwrap_or(1);
        if !self.holds_channels(channels) {
            let channels = counted(channels, "channel");
            let error = Error::new(format!("{name} cannot hold {channels}"));
            return Err(error.hint("select channels that it can hold, or save as `.tif` or `.npy`"));
        }
        Ok(())
    }

    /// The file of an image that the format can store, as bytes.
    pub(crate) fn encode(self, image: &Video, options: &ImageOptions) -> Result<Vec<u8>> {
        let fail =
            |e: &dyn std::fmt::Display| Error::new(format!("cannot encode {}: {e}", self.name()));
        if self == ImageFormat::Tiff {
            let compression = options.compression;
            let mut image = image.clone();
            if let Some(dpi) = options.dpi {
                // The resolution of a TIFF file is the size of its pixels.
                const MICROMETERS_PER_INCH: f64 = 25_400.0;
                image.metadata_mut().pixel_size = Some([MICROMETERS_PER_INCH / dpi; 2]);
            }
            return tiff::encode(
                &image,
                &tiff::TiffOptions {
                    compression,
                    ..tiff::TiffOptions::PLAIN
                },
            );
        }
        let frame = image.with_layout(image.layout().insert_axis(0));
        samples::with_frame(frame.samples(), 0, |bytes| {
            let bytes = displayed(bytes, image.dtype());
            let size = size(image, self)?;
            let channels = image.shape().get(2).copied().unwrap_or(1);
            match self {
                ImageFormat::Jpeg => {
                    let file = jpeg(size, &bytes, channels, options);
                    let comment = image.metadata().provenance.as_deref();
                    file.map(|file| with_comment(file, comment))
                        .map_err(|e| fail(&e))
                }
                ImageFormat::Bmp => bmp(size, &bytes, channels),
                _ => png(size, &bytes, channels, (image, options.dpi)).map_err(|e| fail(&e)),
            }
        })
    }
}

fn cannot_hold(image_format: ImageFormat, dtype: DType) -> Error {
    let best = if image_format == ImageFormat::Png {
        "uint16"
    } else {
        "uint8"
    };
    let error = Error::new(format!(
        "{} cannot hold {dtype} samples",
        image_format.name()
    ));
    error.hint(format!(
        "convert them first: `normalize(#{{dtype: \"{best}\"}})` or `astype(\"{best}\")`; `.tif` and `.npy` hold them as they are"
    ))
}

/// Width and height.
fn size(image: &Video, image_format: ImageFormat) -> Result<[u32; 2]> {
    let most = match image_format {
        ImageFormat::Jpeg => u32::from(u16::MAX),
        _ => i32::MAX as u32,
    };
    let len = |axis: usize| u32::try_from(image.shape()[axis]).ok();
    match (len(1), len(0)) {
        (Some(width), Some(height)) if width.max(height) <= most => Ok([width, height]),
        _ => bail!(
            "an image of {} pixels is too large for {}",
            shape_text(image.shape()),
            image_format.name()
        ),
    }
}

/// The bytes of the samples for image files: bools as black and white, 16-bit numbers in big-endian
/// order.
fn displayed(bytes: &[u8], dtype: DType) -> std::borrow::Cow<'_, [u8]> {
    match dtype {
        DType::Bool => bytes.iter().map(|bool| bool * 255).collect(),
        DType::U16 if cfg!(target_endian = "little") => {
            let mut bytes = bytes.to_vec();
            let (pairs, _) = bytes.as_chunks_mut::<2>();
            pairs.iter_mut().for_each(|pair| pair.reverse());
            bytes.into()
        }
        _ => bytes.into(),
    }
}

/// A file of gray or color pixels, without chroma subsampling.
fn jpeg(
    [width, height]: [u32; 2],
    pixels: &[u8],
    channels: usize,
    options: &ImageOptions,
) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, options.quality as u8);
    if let Some(dpi) = options.dpi {
        encoder.set_density(jpeg_encoder::PixelDensity::dpi(dpi.round() as u16));
    }
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_4_4);
    let color = match channels {
        3 => jpeg_encoder::ColorType::Rgb,
        _ => jpeg_encoder::ColorType::Luma,
    };
    encoder.encode(pixels, width as u16, height as u16, color)?;
    Ok(out)
}

/// A JPEG file with a comment at its start; too long a one is left out with a warning.
fn with_comment(mut file: Vec<u8>, comment: Option<&str>) -> Vec<u8> {
    const START: usize = 2;
    let Some(comment) = comment else {
        return file;
    };
    match u16::try_from(comment.len() + 2) {
        Ok(len) => {
            let segment = [&[0xFF, 0xFE], &len.to_be_bytes()[..], comment.as_bytes()].concat();
            file.splice(START..START, segment);
        }
        Err(_) => task::warn("the JPEG file does not hold its history, which is too long for it"),
    }
    file
}

/// A file of gray, color or RGBA pixels.
fn bmp([width, height]: [u32; 2], pixels: &[u8], channels: usize) -> Result<Vec<u8>> {
    const FILE_HEADER: usize = 14;
    let row_len = width as usize * channels;
    let stride = row_len.next_multiple_of(4);
    // Alpha needs the longer header with its mask, gray levels a palette.
    let (header, colors, method) = match channels {
        1 => (40, 256, 0),
        3 => (40, 0, 0),
        _ => (108, 0, 3),
    };
    let start = FILE_HEADER + header + 4 * colors;
    let pixels_len = stride * height as usize;
    let len = start + pixels_len;
    if u32::try_from(len).is_err() {
        bail!("a picture of {height}×{width} pixels is too large for BMP");
    }
    let mut out = Vec::with_capacity(len);
    let put = |out: &mut Vec<u8>, numbers: &[usize]| {
        let numbers = numbers.iter().map(|number| *number as u32);
        out.extend(numbers.flat_map(u32::to_le_bytes));
    };
    out.extend(b"BM");
    put(&mut out, &[len, 0, start]);
    // One plane, and the number of bits per pixel.
    let form = 1 | ((channels * 8) << 16);
    put(&mut out, &[header, width as usize, height as usize, form]);
    put(&mut out, &[method, pixels_len, 0, 0, colors, 0]);
    if channels == 4 {
        put(&mut out, &[0xFF << 16, 0xFF << 8, 0xFF, 0xFF << 24]);
        out.extend(b"BGRs");
        // Fields for color spaces other than sRGB.
        out.extend([0; 48]);
    }
    for level in 0..colors {
        put(&mut out, &[level * 0x01_01_01]);
    }
    for row in pixels.chunks_exact(row_len).rev() {
        let begin = out.len();
        out.extend(row);
        if channels > 1 {
            for pixel in out[begin..].chunks_exact_mut(channels) {
                pixel.swap(0, 2);
            }
        }
        out.resize(begin + stride, 0);
    }
    Ok(out)
}

fn png(
    [width, height]: [u32; 2],
    pixels: &[u8],
    channels: usize,
    (image, dpi): (&Video, Option<f64>),
) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::with_capacity(pixels.len() / 2 + 1024);
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(match channels {
        2 => png::ColorType::GrayscaleAlpha,
        3 => png::ColorType::Rgb,
        4 => png::ColorType::Rgba,
        _ => png::ColorType::Grayscale,
    });
    if let Some(script) = &image.metadata().provenance {
        encoder.add_itxt_chunk(HISTORY.into(), script.to_string())?;
    }
    encoder.set_depth(match image.dtype() {
        DType::U16 => png::BitDepth::Sixteen,
        _ => png::BitDepth::Eight,
    });
    if let Some(dpi) = dpi {
        let per_meter = (dpi / 0.0254).round() as u32;
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: per_meter,
            yppu: per_meter,
            unit: png::Unit::Meter,
        }));
    }
    // For recordings, differences between neighbors are as small as with the best filter for each
    // row, and found more than twice as fast.
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Sub);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::load_image;
    use crate::video::Strided;

    fn encode(
        image_format: ImageFormat,
        shape: &[usize],
        samples: Vec<u8>,
        quality: usize,
    ) -> Result<Vec<u8>> {
        let options = ImageOptions {
            quality,
            ..ImageOptions::default()
        };
        let image = Video::new(Strided::from_vec(shape, samples));
        image_format.encode(&image, &options)
    }

    /// The samples of a file, which must have the given shape.
    fn decode(bytes: &[u8], shape: &[usize]) -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let image = load_image(file.path()).unwrap();
        assert_eq!(image.shape(), shape);
        let frame = image.with_layout(image.layout().insert_axis(0));
        samples::with_frame(frame.samples(), 0, <[u8]>::to_vec)
    }

    #[test]
    fn bmp_keeps_gray_colors_and_opacity() {
        for shape in [&[3, 5][..], &[3, 5, 3], &[3, 5, 4]] {
            let samples: Vec<u8> = (0..shape.iter().product::<usize>() as u8).collect();
            let bytes = encode(ImageFormat::Bmp, shape, samples.clone(), QUALITY).unwrap();
            assert_eq!(decode(&bytes, shape), samples);
        }
        let bytes = encode(
            ImageFormat::Bmp,
            &[2, 1, 3],
            vec![1, 2, 3, 4, 5, 6],
            QUALITY,
        )
        .unwrap();
        let header = [62, 0, 54, 40, 1, 2, 1 | 24 << 16, 0, 8, 0, 0, 0, 0];
        let header: Vec<u8> = header.into_iter().flat_map(u32::to_le_bytes).collect();
        assert_eq!(
            bytes,
            [b"BM", &header[..], &[6, 5, 4, 0, 3, 2, 1, 0]].concat()
        );
    }

    #[test]
    fn jpeg_keeps_what_its_quality_says() {
        let shape = [40, 50, 3];
        // Neighbors of different colors, and a ramp.
        let sample = |i: usize| match i % 3 {
            0 => i / 3 % 2 * 255,
            1 => i / 150 * 6,
            _ => 255 - i / 3 % 2 * 255,
        };
        let samples: Vec<u8> = (0..6000).map(|i| sample(i) as u8).collect();
        let gray: Vec<u8> = (0..2000).map(|i| (i % 50 * 3 + i / 50) as u8).collect();
        let error = |shape: &[usize], samples: &[u8], quality| {
            let bytes = encode(ImageFormat::Jpeg, shape, samples.to_vec(), quality).unwrap();
            let found = decode(&bytes, shape);
            let pairs = found.iter().zip(samples);
            let sum: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
            f64::from(sum) / samples.len() as f64
        };
        let colored = [100, 95, 50].map(|quality| error(&shape, &samples, quality));
        assert!(colored[0] < 1.5 && colored[1] < 4.0, "{colored:?}");
        assert!(colored[1] < colored[2], "{colored:?}");
        let gray = [100, 95, 50].map(|quality| error(&[40, 50], &gray, quality));
        assert!(gray[0] < 0.5 && gray[1] < 1.0 && gray[2] < 4.0, "{gray:?}");
    }

    #[test]
    fn sizes_that_a_format_cannot_hold_are_refused() {
        let error = encode(ImageFormat::Jpeg, &[1, 65_536], vec![0; 65_536], QUALITY).unwrap_err();
        let expected = "an image of 1×65536 pixels is too large for JPEG";
        assert_eq!(error.message(), expected);
    }
}
