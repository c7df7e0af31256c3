//! Still pictures that are saved: PNG, TIFF, JPEG and BMP.

use image::ExtendedColorType;
use image::codecs::bmp::BmpEncoder;
use image::codecs::jpeg::JpegEncoder;

use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::raw;
use crate::io::codec::compression::Compression;
use crate::io::format::tiff;
use crate::video::{DType, Video, shape_text};

/// A format of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Png,
    Tiff,
    Jpeg,
    Bmp,
}

/// The formats by the extensions of their files.
const KINDS: &[(&str, Kind)] = &[
    ("png", Kind::Png),
    ("tif", Kind::Tiff),
    ("tiff", Kind::Tiff),
    ("jpg", Kind::Jpeg),
    ("jpeg", Kind::Jpeg),
    ("bmp", Kind::Bmp),
];

/// How pictures are saved.
#[derive(Debug, Clone, Copy)]
pub struct StillOptions {
    /// The compression of TIFF.
    pub compression: Compression,
    /// How much JPEG keeps, from 1 to 100.
    pub quality: usize,
}

/// How much JPEG keeps unless something else is asked for.
pub const QUALITY: usize = 95;

impl Default for StillOptions {
    fn default() -> Self {
        Self {
            compression: Compression::None,
            quality: QUALITY,
        }
    }
}

impl StillOptions {
    /// An error if an option has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        if (1..=100).contains(&self.quality) {
            return Ok(());
        }
        bail!("`quality` must be from 1 to 100, got {}", self.quality)
    }
}

impl Kind {
    /// The format of an extension, in whatever case.
    pub(crate) fn of(extension: &str) -> Option<Self> {
        let extension = extension.to_lowercase();
        let known = KINDS.iter().find(|(known, _)| *known == extension);
        known.map(|(_, kind)| *kind)
    }

    /// The extensions of all formats.
    pub(crate) fn extensions() -> String {
        let names: Vec<String> = KINDS.iter().map(|(name, _)| format!("`.{name}`")).collect();
        names.join(", ")
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Png => "PNG",
            Kind::Tiff => "TIFF",
            Kind::Jpeg => "JPEG",
            Kind::Bmp => "BMP",
        }
    }

    fn holds(self, dtype: DType) -> bool {
        match self {
            Kind::Tiff => true,
            Kind::Png => matches!(dtype, DType::U8 | DType::U16 | DType::Bool),
            Kind::Jpeg | Kind::Bmp => matches!(dtype, DType::U8 | DType::Bool),
        }
    }

    fn holds_channels(self, channels: usize) -> bool {
        match self {
            Kind::Tiff => true,
            Kind::Png => (1..=4).contains(&channels),
            Kind::Jpeg => matches!(channels, 1 | 3),
            Kind::Bmp => matches!(channels, 1 | 3 | 4),
        }
    }

    /// Whether pixels can be transparent.
    pub(crate) fn has_opacity(self) -> bool {
        matches!(self, Kind::Png | Kind::Tiff)
    }

    /// An error if the format cannot hold an image as it is.
    pub(crate) fn check(self, image: &Video) -> Result<()> {
        let (name, dtype) = (self.name(), image.dtype());
        if !(2..=3).contains(&image.ndim()) || image.is_empty() {
            bail!(
                "{name} needs an image {{y, x}} or {{y, x, channel}}, got {} of shape {}",
                image.kind(),
                shape_text(image.shape())
            );
        }
        if !self.holds(dtype) {
            return Err(cannot_hold(self, dtype));
        }
        let channels = image.shape().get(2).copied().unwrap_or(1);
        if !self.holds_channels(channels) {
            let error = Error::new(format!("{name} cannot hold {channels} channels"));
            return Err(error.hint("select channels that it can hold, or save as `.tif` or `.npy`"));
        }
        Ok(())
    }

    /// The bytes of a file of an image that the format can hold.
    pub(crate) fn encode(self, image: &Video, options: &StillOptions) -> Result<Vec<u8>> {
        let fail =
            |e: &dyn std::fmt::Display| Error::new(format!("cannot encode {}: {e}", self.name()));
        if self == Kind::Tiff {
            let compression = options.compression;
            return tiff::encode(
                image,
                &tiff::Form {
                    compression,
                    ..tiff::Form::PLAIN
                },
            );
        }
        let frame = image.with_layout(image.layout().insert_axis(0));
        raw::with_frame(frame.samples(), 0, |bytes| {
            let bytes = displayed(bytes, image.dtype());
            let mut out = Vec::with_capacity(bytes.len() / 2 + 1024);
            let ([width, height], color) = (size(image)?, color(image));
            match self {
                Kind::Png => png(image, &bytes, &mut out).map_err(|e| fail(&e))?,
                Kind::Jpeg => JpegEncoder::new_with_quality(&mut out, options.quality as u8)
                    .encode(&bytes, width, height, color)
                    .map_err(|e| fail(&e))?,
                _ => BmpEncoder::new(&mut out)
                    .encode(&bytes, width, height, color)
                    .map_err(|e| fail(&e))?,
            }
            Ok(out)
        })
    }
}

fn cannot_hold(kind: Kind, dtype: DType) -> Error {
    let best = if kind == Kind::Png { "uint16" } else { "uint8" };
    let error = Error::new(format!("{} cannot hold {dtype} samples", kind.name()));
    error.hint(format!(
        "convert them first: `normalize(#{{dtype: \"{best}\"}})` or `astype(\"{best}\")`; `.tif` and `.npy` hold them as they are"
    ))
}

fn size(image: &Video) -> Result<[u32; 2]> {
    let len = |axis: usize| u32::try_from(image.shape()[axis]);
    match (len(1), len(0)) {
        (Ok(width), Ok(height)) => Ok([width, height]),
        _ => bail!(
            "an image of {} pixels is too large",
            shape_text(image.shape())
        ),
    }
}

/// The bytes as pictures have them: bools as black and white, numbers of 16 bits high byte first.
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

fn color(image: &Video) -> ExtendedColorType {
    match image.shape().get(2) {
        Some(3) => ExtendedColorType::Rgb8,
        Some(4) => ExtendedColorType::Rgba8,
        _ => ExtendedColorType::L8,
    }
}

fn png(image: &Video, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), png::EncodingError> {
    let (width, height) = (image.shape()[1] as u32, image.shape()[0] as u32);
    let mut encoder = png::Encoder::new(out, width, height);
    encoder.set_color(match image.shape().get(2) {
        Some(2) => png::ColorType::GrayscaleAlpha,
        Some(3) => png::ColorType::Rgb,
        Some(4) => png::ColorType::Rgba,
        _ => png::ColorType::Grayscale,
    });
    encoder.set_depth(match image.dtype() {
        DType::U16 => png::BitDepth::Sixteen,
        _ => png::BitDepth::Eight,
    });
    // Of recordings, differences between neighbours are as small as what the best filter for each
    // row makes, and found more than twice as fast.
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Sub);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(bytes)?;
    writer.finish()
}
