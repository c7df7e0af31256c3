//! The header of a recording, and the recognition of files without one.

use std::path::Path;

use crate::bail;
use crate::error::{Error, Result};
use crate::io::format::date;
use crate::video::Metadata;

/// Size of the header in bytes.
pub(super) const HEADER: u64 = 1024;

/// The byte order mark after the version, in the byte order of all other numbers.
const ORDER_MARK: u32 = 0x1A2B_3C4D;

/// Maximum width and height.
const MAX_SIZE: usize = 1 << 16;

/// Offset of the date, and of the comment after it.
const DATE: usize = 29;
const COMMENT: usize = 53;

/// Message for a file that is not a recording at all.
pub(super) const NO_RECORDING: &str = "it is not a MultiRecorder recording";

/// Fields of the header.
#[derive(Debug, PartialEq)]
pub(super) struct MultiRecorderHeader {
    pub(super) version: char,
    pub(super) is_big_endian: bool,
    pub(super) frames: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Sample format: 1 means 8 bits, but 16 bits in old versions; 3 means 16 bits.
    format: u32,
    framerate: Option<f64>,
    date: String,
    comment: String,
}

/// Whether the first bytes of a file are those of a recording with a byte order mark.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [b'e' | b'f', mark @ ..] if order(mark).is_some())
}

/// Whether numbers are big-endian, from the mark.
fn order(bytes: &[u8]) -> Option<bool> {
    let mark: [u8; 4] = bytes.first_chunk().copied()?;
    if u32::from_be_bytes(mark) == ORDER_MARK {
        return Some(true);
    }
    (u32::from_le_bytes(mark) == ORDER_MARK).then_some(false)
}

impl MultiRecorderHeader {
    /// Parses the first bytes of a file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let header = match bytes.first() {
            Some(b'd') => Self::parse_without_times(bytes),
            Some(b'e' | b'f') if begins(bytes) => Self::parse_with_times(bytes),
            _ => None,
        };
        let Some(header) = header else {
            bail!("{NO_RECORDING}");
        };
        let Self { frames, .. } = header;
        if (bytes.len() as u64) < HEADER {
            bail!("it ends within its header");
        }
        if i32::try_from(frames).is_err() {
            bail!("its header claims {} frames", frames as u32 as i32);
        }
        if !(1..=MAX_SIZE).contains(&header.width) || !(1..=MAX_SIZE).contains(&header.height) {
            bail!(
                "its header claims frames of {}×{}",
                header.height,
                header.width
            );
        }
        Ok(header)
    }

    /// Version d: a date of 17 or 24 characters, then the sizes.
    fn parse_without_times(bytes: &[u8]) -> Option<Self> {
        let end = if bytes.get(15) == Some(&b':') { 18 } else { 25 };
        let date = text(bytes.get(1..end)?);
        let is_date = date.contains(':') && date.chars().all(|c| c == ' ' || c.is_ascii_graphic());
        is_date.then_some(())?;
        Some(Self {
            version: 'd',
            is_big_endian: false,
            frames: number(bytes, end, false)? as usize,
            width: number(bytes, end + 4, false)? as usize,
            height: number(bytes, end + 8, false)? as usize,
            format: 0,
            framerate: None,
            date,
            comment: String::new(),
        })
    }

    /// Versions e and f: byte order, sizes, sample format, frame rate, date and comment.
    fn parse_with_times(bytes: &[u8]) -> Option<Self> {
        let is_big_endian = order(&bytes[1..])?;
        let number = |at| number(bytes, at, is_big_endian);
        let framerate = f64::from(number(25).unwrap_or(0) as i32) / 1e5;
        Some(Self {
            version: char::from(bytes[0]),
            is_big_endian,
            frames: number(5).unwrap_or(0) as usize,
            width: number(9).unwrap_or(0) as usize,
            height: number(13).unwrap_or(0) as usize,
            format: number(17).unwrap_or(0),
            framerate: Some(framerate),
            date: bytes.get(DATE..COMMENT).map(text).unwrap_or_default(),
            comment: bytes.get(COMMENT..).map(text).unwrap_or_default(),
        })
    }

    /// Number of bytes after each frame.
    pub(super) fn tail_bytes(&self) -> u64 {
        if self.version == 'd' {
            0
        } else {
            super::TIME as u64
        }
    }

    /// Distance between frames in bytes.
    pub(super) fn stride(&self, sample_bytes: usize) -> u64 {
        (self.width * self.height * sample_bytes) as u64 + self.tail_bytes()
    }

    /// Whether samples have 8 bits, judging by the number of bytes after the header.
    pub(super) fn is_8bit(&self, data: u64) -> bool {
        let needed = |sample_bytes| self.frames as u64 * self.stride(sample_bytes);
        data == needed(1) || data < needed(1) && self.format == 1
    }

    /// The metadata in the header.
    pub(super) fn metadata(&self) -> Metadata {
        let iso = date::named_month(&self.date).or_else(|| date::year_first(&self.date));
        let date = iso.unwrap_or_else(|| self.date.clone());
        let mut metadata = Metadata {
            fps: self.framerate.filter(|rate| *rate > 0.0),
            comment: Some(self.comment.clone()).filter(|comment| !comment.is_empty()),
            date: Some(date.clone()).filter(|date| !date.is_empty()),
            ..Metadata::default()
        };
        metadata.set("version", self.version.to_string());
        metadata.set("Number of frames", self.frames as i64);
        metadata.set("Image width", self.width as i64);
        metadata.set("Image height", self.height as i64);
        if let Some(framerate) = self.framerate {
            metadata.set("framerate", framerate);
            metadata.set("starttime", date);
        }
        metadata
    }
}

/// The text up to the first zero byte.
fn text(bytes: &[u8]) -> String {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).trim_end().to_owned()
}

fn number(bytes: &[u8], at: usize, is_big_endian: bool) -> Option<u32> {
    let number: [u8; 4] = bytes.get(at..)?.first_chunk().copied()?;
    Some(match is_big_endian {
        true => u32::from_be_bytes(number),
        false => u32::from_le_bytes(number),
    })
}

/// Other contents of files named `.dat`, by their first bytes.
const OTHERS: &[(&[u8], &str)] = &[
    (b"\x89PNG", "a PNG image"),
    (b"\xFF\xD8\xFF", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"MATLAB", "a MATLAB file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1F\x8B", "gzip data"),
    (b"RIFF", "an AVI movie or a WAV sound"),
    (b"%PDF", "a PDF document"),
    (b"\x7FELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite", "an SQLite database"),
];

/// The error for a file of another type with the same extension, with the type it looks like.
pub(super) fn no_recording(path: &Path, start: &[u8]) -> Error {
    let known = OTHERS.iter().find(|(begin, _)| start.starts_with(begin));
    let is_text = |text: &str| text.chars().all(|c| !c.is_control() || c.is_whitespace());
    let looks = match known {
        Some((_, name)) => (*name).to_owned(),
        None if start.iter().all(|byte| *byte == 0) => "nothing but zeros".into(),
        None if std::str::from_utf8(start).is_ok_and(is_text) => "a text file".into(),
        None => {
            let bytes: Vec<String> = start.iter().take(8).map(|b| format!("{b:02x}")).collect();
            format!(
                "unknown data that begins with the bytes {}",
                bytes.join(" ")
            )
        }
    };
    Error::new(format!(
        "`{}` is not a MultiRecorder recording (version d, e or f): it looks like {looks}",
        path.display()
    ))
    .hint("load_raw(path, shape, dtype) loads frames of a file without a header")
}
