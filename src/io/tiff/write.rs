//! Saving stacks so that other programs, and memory mapping, find them at their simplest: all
//! samples first, one strip per page, then the directories.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::page::{
    BITS, COMPRESSION, DESCRIPTION, EXTRA_SAMPLES, HEIGHT, PHOTOMETRIC, ROWS_PER_STRIP,
    SAMPLE_FORMAT, SAMPLES, STRIP_OFFSETS, STRIP_SIZES, WIDTH,
};
use crate::bail;
use crate::error::{Error, Result};
use crate::io::{atomic, raw};
use crate::video::{DType, Video};

/// Up to this size a file has offsets of 32 bits, which more programs can read.
const CLASSIC_LIMIT: u64 = 4_000_000_000;

/// How many bytes a directory of either kind needs at most, apart from its lists.
const DIRECTORY_SIZE: u64 = 512;

/// How many bytes the lists of a directory have for each channel: depth, format, and what it is.
const CHANNEL_SIZE: u64 = 6;

/// Saves a video with one page per frame.
pub(in crate::io) fn save(path: &Path, video: &Video) -> Result<()> {
    let stack = Stack::of(video)?;
    atomic::write(path, |file| {
        let fail = |e| Error::io("write", path, &e);
        file.write_all(&stack.header()).map_err(fail)?;
        raw::write_samples(video.samples(), path, file)?;
        let mut file = BufWriter::new(file);
        stack.write_directories(&mut file).map_err(fail)?;
        file.flush().map_err(fail)
    })
}

/// The shape of a file.
struct Stack {
    pages: u64,
    height: u64,
    width: u64,
    channels: u64,
    dtype: DType,
    description: String,
    big: bool,
}

impl Stack {
    fn of(video: &Video) -> Result<Self> {
        let dtype = video.dtype();
        if dtype == DType::Bool {
            return Err(Error::new("TIFF cannot hold bool samples")
                .hint("convert them first: `astype(\"uint8\")`"));
        }
        let shape: Vec<u64> = video.shape().iter().map(|len| *len as u64).collect();
        let (pages, height, width, channels) = match shape[..] {
            [width] => (1, 1, width, 1),
            [height, width] => (1, height, width, 1),
            [pages, height, width] => (pages, height, width, 1),
            [pages, height, width, channels] => (pages, height, width, channels),
            _ => bail!("TIFF needs a video of 1 to 4 axes, got {}", shape.len()),
        };
        if video.is_empty() {
            bail!("TIFF cannot hold a video without samples");
        }
        if width.max(height) > u64::from(u32::MAX) || channels > u64::from(u16::MAX) {
            bail!("TIFF cannot hold a page of {width}×{height} pixels with {channels} channels");
        }
        let directory = DIRECTORY_SIZE + CHANNEL_SIZE * channels;
        let size = video.nbytes() as u64 + pages.saturating_mul(directory);
        Ok(Self {
            pages,
            height,
            width,
            channels,
            dtype,
            description: describe(video),
            big: size > CLASSIC_LIMIT,
        })
    }

    fn page_bytes(&self) -> u64 {
        self.height * self.width * self.channels * self.dtype.size() as u64
    }

    fn samples_start(&self) -> u64 {
        16
    }

    /// Where the directories begin: on a word boundary after the samples.
    fn directories_start(&self) -> u64 {
        (self.samples_start() + self.pages * self.page_bytes()).next_multiple_of(8)
    }

    /// The header, padded up to where the samples begin.
    fn header(&self) -> Vec<u8> {
        let order: &[u8] = if cfg!(target_endian = "big") {
            b"MM"
        } else {
            b"II"
        };
        let start = self.directories_start();
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
        header.resize(self.samples_start() as usize, 0);
        header
    }

    fn write_directories(&self, file: &mut impl Write) -> std::io::Result<()> {
        let end = self.samples_start() + self.pages * self.page_bytes();
        let mut at = self.directories_start();
        file.write_all(&vec![0; (at - end) as usize])?;
        for page in 0..self.pages {
            let directory = self.directory(page, at);
            at += directory.len() as u64;
            file.write_all(&directory)?;
        }
        Ok(())
    }

    /// The directory of a page that begins at byte `at`, then its longer values.
    fn directory(&self, page: u64, at: u64) -> Vec<u8> {
        let tags = self.tags(page);
        let (count_size, entry_size, room) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let len = (count_size + tags.len() * entry_size + room).next_multiple_of(8);
        let (mut entries, mut values) = (Vec::with_capacity(len), Vec::new());
        self.put(&mut entries, tags.len() as u64, count_size);
        for tag in &tags {
            entries.extend(tag.tag.to_ne_bytes());
            entries.extend(tag.kind.to_ne_bytes());
            self.put(&mut entries, tag.count(), room);
            if tag.bytes.len() <= room {
                entries.extend(&tag.bytes);
                entries.resize(entries.len() + room - tag.bytes.len(), 0);
            } else {
                self.put(&mut entries, at + (len + values.len()) as u64, room);
                values.extend(&tag.bytes);
                values.resize(values.len().next_multiple_of(8), 0);
            }
        }
        let next = if page + 1 < self.pages {
            at + (len + values.len()) as u64
        } else {
            0
        };
        self.put(&mut entries, next, room);
        entries.resize(len, 0);
        entries.extend(values);
        entries
    }

    fn put(&self, out: &mut Vec<u8>, number: u64, size: usize) {
        match size {
            2 => out.extend((number as u16).to_ne_bytes()),
            4 => out.extend((number as u32).to_ne_bytes()),
            _ => out.extend(number.to_ne_bytes()),
        }
    }

    /// The tags of a page in ascending order.
    fn tags(&self, page: u64) -> Vec<Tag> {
        let channels = self.channels as usize;
        let color = matches!(self.channels, 3 | 4)
            && matches!(self.dtype, DType::U8 | DType::U16 | DType::F32 | DType::F64);
        let format = match self.dtype {
            dtype if dtype.is_float() => 3,
            dtype if dtype.limits().0 < 0.0 => 2,
            _ => 1,
        };
        let extra = channels - if color { 3 } else { 1 };
        let mut tags = vec![
            Tag::long(WIDTH, self.width),
            Tag::long(HEIGHT, self.height),
            Tag::shorts(BITS, &vec![8 * self.dtype.size() as u16; channels]),
            Tag::shorts(COMPRESSION, &[1]),
            Tag::shorts(PHOTOMETRIC, &[if color { 2 } else { 1 }]),
        ];
        if page == 0 {
            tags.push(Tag::text(DESCRIPTION, &self.description));
        }
        let start = self.samples_start() + page * self.page_bytes();
        tags.extend([
            self.offset(STRIP_OFFSETS, start),
            Tag::shorts(SAMPLES, &[channels as u16]),
            Tag::long(ROWS_PER_STRIP, self.height),
            self.offset(STRIP_SIZES, self.page_bytes()),
        ]);
        if extra > 0 {
            // Opacity where it is the fourth channel of colours, else unspecified.
            tags.push(Tag::shorts(
                EXTRA_SAMPLES,
                &vec![if color { 2 } else { 0 }; extra],
            ));
        }
        tags.push(Tag::shorts(SAMPLE_FORMAT, &vec![format; channels]));
        tags
    }

    fn offset(&self, tag: u16, value: u64) -> Tag {
        if !self.big {
            return Tag::long(tag, value);
        }
        Tag {
            tag,
            kind: 16,
            size: 8,
            bytes: value.to_ne_bytes().to_vec(),
        }
    }
}

/// An entry of a directory.
struct Tag {
    tag: u16,
    kind: u16,
    /// The size of each of the values.
    size: usize,
    bytes: Vec<u8>,
}

impl Tag {
    fn shorts(tag: u16, values: &[u16]) -> Self {
        Self {
            tag,
            kind: 3,
            size: 2,
            bytes: values
                .iter()
                .flat_map(|value| value.to_ne_bytes())
                .collect(),
        }
    }

    fn long(tag: u16, value: u64) -> Self {
        Self {
            tag,
            kind: 4,
            size: 4,
            bytes: (value as u32).to_ne_bytes().to_vec(),
        }
    }

    fn text(tag: u16, text: &str) -> Self {
        Self {
            tag,
            kind: 2,
            size: 1,
            bytes: [text.as_bytes(), &[0]].concat(),
        }
    }

    fn count(&self) -> u64 {
        (self.bytes.len() / self.size) as u64
    }
}

/// What ImageJ understands for the types that it knows, else what tifffile does.
fn describe(video: &Video) -> String {
    let fps = video
        .metadata()
        .fps
        .filter(|fps| fps.is_finite() && *fps > 0.0);
    let known = matches!(video.dtype(), DType::U8 | DType::U16 | DType::F32);
    if known && video.ndim() == 3 && video.len() > 1 {
        let frames = video.len();
        let timing = fps.map_or_else(String::new, |fps| {
            format!("fps={fps}\nfinterval={}\ntunit=sec\n", 1.0 / fps)
        });
        return format!("ImageJ=1.54f\nimages={frames}\nframes={frames}\n{timing}loop=false\n");
    }
    let fps = fps.map_or_else(String::new, |fps| format!(", \"fps\": {fps}"));
    format!("{{\"shape\": {:?}{fps}}}", video.shape())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Strided;

    #[test]
    fn directories_are_no_larger_than_assumed() {
        for channels in [1, 2, 3, 5, 65_535] {
            let samples = Strided::from_vec(&[2, 1, 1, channels], vec![0u8; 2 * channels]);
            let mut stack = Stack::of(&Video::new(samples)).unwrap();
            for big in [false, true] {
                stack.big = big;
                let size = stack.directory(0, 0).len() as u64;
                assert!(size <= DIRECTORY_SIZE + CHANNEL_SIZE * channels as u64);
            }
        }
    }
}
