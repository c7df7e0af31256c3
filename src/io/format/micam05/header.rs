//! The text header of a recording, and the binary header before its frames.

use crate::bail;
use crate::error::{Result, counted};
use crate::io::format::camera::{Geometry, rate};
use crate::io::format::date;
use crate::io::format::text_header::TextHeader;
use crate::video::Metadata;

/// Offsets of the pixels: the binary header has 972 bytes, but 970 in some files.
const OFFSETS: [u64; 2] = [970, 972];

/// Number of bytes of the binary header that are used.
pub(super) const FORM_END: usize = 340;

/// Fields of the text header: `name : value` lines of BV Workbench, `name = value` lines of
/// UltimaAcq.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Micam05Header {
    fields: TextHeader,
}

/// Fields of the binary header: the sizes of stored frames and of the image, and the number of
/// bytes of analog channels after the frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BinaryHeader {
    geometry: Geometry,
    analog_bytes: u64,
}

/// Location of the frames in the sample file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FrameLayout {
    pub(super) geometry: Geometry,
    pub(super) frames: usize,
    pub(super) offset: u64,
}

impl AsRef<TextHeader> for Micam05Header {
    fn as_ref(&self) -> &TextHeader {
        &self.fields
    }
}

impl Micam05Header {
    /// Reads all lines that contain a name and a value.
    pub(super) fn parse(text: &str) -> Self {
        let mut fields = TextHeader::default();
        let named = text.lines().filter_map(|line| line.split_once([':', '=']));
        for (name, value) in named {
            if !name.trim().is_empty() && !value.trim().is_empty() {
                fields.add(name, value);
            }
        }
        Self { fields }
    }

    fn frames(&self) -> Result<usize> {
        for name in ["Number of frames", "Frame Size", "frame_number"] {
            if let Some(frames) = self.fields.number(name)? {
                return Ok(frames);
            }
        }
        bail!("its header has no `Number of frames`")
    }

    /// Width and height: of the image, or of the stored frames in the newer header.
    fn size(&self) -> Result<[usize; 2]> {
        if let Some(text) = self.fields.field("Data Size") {
            let inner = text.trim_matches(['(', ')']).split_once(',');
            let size = inner.map(|(width, height)| (width.trim().parse(), height.trim().parse()));
            let Some((Ok(width), Ok(height))) = size else {
                bail!("its header has `Data Size = {text}`, which is not a width and a height");
            };
            return Ok([width, height]);
        }
        let [width, height] = ["Image width", "Image height"];
        Ok([self.fields.required(width)?, self.fields.required(height)?])
    }

    /// Location of the frames in a file of `len` bytes with a binary header.
    pub(super) fn frame_layout(
        &self,
        binary_header: Option<BinaryHeader>,
        len: u64,
    ) -> Result<FrameLayout> {
        let (frames, size) = (self.frames()?, self.size()?);
        let binary_header = binary_header.filter(|binary_header| binary_header.agrees(size));
        let geometry = match binary_header {
            // The older header states the size of the image.
            Some(binary_header)
                if !binary_header.is_stored_size(size)
                    || self.fields.field("Data Size").is_some() =>
            {
                binary_header.geometry
            }
            _ => Geometry::whole(size[0], size[1]),
        };
        let geometry = geometry.check()?;
        let pixels = (frames as u64).checked_add(1);
        let pixels = pixels.and_then(|n| n.checked_mul(geometry.frame_bytes()));
        let Some(pixels) = pixels else {
            bail!("its header claims {}", counted(frames, "frame"));
        };
        let analog = binary_header.map_or(0, |binary_header| binary_header.analog_bytes);
        let fits = |offset: &u64| Some(len) == pixels.checked_add(offset + analog);
        let usual = OFFSETS[usize::from(binary_header.is_some())];
        Ok(FrameLayout {
            geometry,
            frames,
            offset: OFFSETS.into_iter().find(fits).unwrap_or(usual),
        })
    }

    /// The metadata in the header.
    pub(super) fn metadata(&self) -> Metadata {
        let text = |name| self.fields.field(name).map(str::to_owned);
        let named = text("Frame rate (Hz)").and_then(|rate| rate.parse().ok());
        let durations = ["Sampling Time", "sample_time"].into_iter();
        let fps = named.or_else(|| {
            durations
                .filter_map(|name| self.fields.field(name))
                .find_map(rate)
        });
        let iso = |name, iso: fn(&str) -> Option<String>| {
            text(name).map(|date| iso(&date).unwrap_or(date))
        };
        let mut metadata = Metadata {
            fps: fps.filter(|fps: &f64| *fps > 0.0 && fps.is_finite()),
            date: iso("Date created", date::day_first)
                .or_else(|| iso("AcquisitionDate", date::year_first)),
            comment: text("Comment"),
            ..Metadata::default()
        };
        self.fields.copy_to(&mut metadata);
        if let Some(fps) = metadata.fps {
            metadata.set("framerate", fps);
        }
        metadata
    }
}

impl BinaryHeader {
    /// Reads the start of the sample file; `None` if it is not a valid header.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let short = |at: usize| -> Option<usize> {
            let bytes = bytes.get(at..)?.first_chunk().copied()?;
            usize::try_from(i16::from_le_bytes(bytes)).ok()
        };
        let geometry = Geometry {
            columns: short(256)?,
            rows: short(258)?,
            left: short(260)?,
            top: short(262)?,
            width: short(264)?,
            height: short(266)?,
        };
        let (channels, rate, frames) = (short(328)?, short(330)?, short(338)?);
        Some(Self {
            geometry: geometry.check().ok()?,
            analog_bytes: 2 * channels as u64 * rate as u64 * frames as u64,
        })
    }

    /// Whether the text header states the same size, of the stored frames or of the image.
    fn agrees(&self, size: [usize; 2]) -> bool {
        let Geometry { width, height, .. } = self.geometry;
        size == [width, height] || self.is_stored_size(size)
    }

    /// Whether a size is that of the stored frames.
    fn is_stored_size(&self, size: [usize; 2]) -> bool {
        size == [self.geometry.columns, self.geometry.rows]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of UltimaAcq as written by cameras, shortened.
    const NEWER: &str = "DataName = C:\\data\\a b, c.gsd\r\nAcquisitionDate = 2026/05/08 13:12:29\r\n\
        Data Size = (128,100)\r\nFrame Size = 1024\r\nSampling Time = 2.00msec\r\n-----\r\n\
        dual_cam =3\r\nframe_number=1024\r\n";

    fn binary_header(shorts: [u16; 6], analog: [u16; 3]) -> Option<BinaryHeader> {
        let mut bytes = vec![0; FORM_END];
        let offsets = (256..).step_by(2).zip(shorts);
        for (at, short) in offsets.chain([328, 330, 338].into_iter().zip(analog)) {
            bytes[at..at + 2].copy_from_slice(&short.to_le_bytes());
        }
        BinaryHeader::parse(&bytes)
    }

    #[test]
    fn the_newer_header_is_read() {
        let header = Micam05Header::parse(NEWER);
        let metadata = header.metadata();
        assert_eq!(metadata.fps, Some(500.0));
        assert_eq!(metadata.date.as_deref(), Some("2026-05-08T13:12:29"));
        assert_eq!(
            header.fields.field("DataName"),
            Some("C:\\data\\a b, c.gsd")
        );
        assert_eq!(header.fields.field("dual_cam"), Some("3"));
        let pixels = 1025 * 25_600;
        let frame_layout = header.frame_layout(None, pixels + 972).unwrap();
        assert_eq!((frame_layout.frames, frame_layout.offset), (1024, 972));
        assert_eq!(frame_layout.geometry, Geometry::whole(128, 100));
    }

    #[test]
    fn the_binary_header_tells_the_picture_and_what_follows() {
        let header = Micam05Header::parse(NEWER);
        let binary_header = binary_header([128, 100, 20, 0, 100, 100], [2, 20, 1024]).unwrap();
        let pixels = 1025 * 25_600;
        let analog = 2 * 2 * 20 * 1024;
        let frame_layout = header
            .frame_layout(Some(binary_header), pixels + analog + 970)
            .unwrap();
        assert_eq!(
            (frame_layout.geometry.left, frame_layout.geometry.width),
            (20, 100)
        );
        assert_eq!(frame_layout.offset, 970);
        assert_eq!(
            header
                .frame_layout(Some(binary_header), pixels)
                .unwrap()
                .offset,
            972
        );
        let older = "Number of frames : 9\nImage width : 128\nImage height : 100\n";
        let frame_layout = Micam05Header::parse(older)
            .frame_layout(Some(binary_header), 0)
            .unwrap();
        assert_eq!(frame_layout.geometry, Geometry::whole(128, 100));
        let other = Micam05Header::parse(&older.replace("128", "64"));
        let frame_layout = other.frame_layout(Some(binary_header), 0).unwrap();
        assert_eq!(
            (frame_layout.geometry.columns, frame_layout.offset),
            (64, 970)
        );
    }

    #[test]
    fn a_binary_header_of_something_else_is_ignored() {
        assert_eq!(binary_header([0; 6], [0; 3]), None);
        assert_eq!(binary_header([10, 10, 5, 0, 6, 10], [0; 3]), None);
        assert_eq!(binary_header([0xFFFF, 10, 0, 0, 6, 10], [0; 3]), None);
        assert_eq!(BinaryHeader::parse(&[0; 100]), None);
    }
}
