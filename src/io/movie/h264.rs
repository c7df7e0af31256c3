//! H.264 movies in MP4 and QuickTime files, decoded without ffmpeg.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use mp4::{MediaType, Mp4Reader, Mp4Track, TrackType};
use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource;

use super::{Chosen, Codec, Decode, Film, Play, Size, boxes};
use crate::bail;
use crate::error::{Error, Result};
use crate::files;
use crate::io::FrameRange;
use crate::io::foreign::without_panic;
use crate::io::raw::Source;
use crate::task;
use crate::video::{DType, Layout, Metadata};

/// The most pixels of a frame at level 5.2, the highest that the decoder knows.
const MOST_PIXELS: usize = 36_864 * 256;

/// What comes before each part of a stream.
const START: [u8; 4] = [0, 0, 0, 1];

/// A file and how many bytes may yet be read of it.
type Movie = (Mp4Reader<Patient>, Rc<Cell<u64>>);

/// A file of which only so much is read at a time: the parts of a damaged one can refer to each
/// other in circles.
struct Patient {
    file: BufReader<File>,
    budget: Rc<Cell<u64>>,
}

impl Read for Patient {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out)?;
        match self.budget.get().checked_sub(read as u64) {
            Some(rest) if !task::is_interrupted() => self.budget.set(rest),
            _ => return Err(io::Error::other("its parts refer to each other in circles")),
        }
        Ok(read)
    }
}

impl Seek for Patient {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // Unlike a plain seek this keeps what was read ahead.
        let position = self.file.stream_position()?;
        match to {
            SeekFrom::Start(to) if to.abs_diff(position) < 4096 => {
                self.file.seek_relative(to as i64 - position as i64)?;
                Ok(to)
            }
            to => self.file.seek(to),
        }
    }
}

struct H264 {
    track: u32,
    len: u32,
    turns: u8,
}

/// Finds the H.264 track of a file.
pub(super) fn open(path: &Path, is_gray: bool) -> Result<Film> {
    let present = Source::open(path)?.len();
    let (reader, _) = read_header(path)?;
    let mut tracks: Vec<&Mp4Track> = reader.tracks().values().collect();
    tracks.sort_by_key(|track| track.track_id());
    let is_video = |track: &&&Mp4Track| {
        track
            .track_type()
            .is_ok_and(|kind| kind == TrackType::Video)
    };
    let Some(track) = tracks.iter().find(is_video) else {
        bail!("it has no pictures");
    };
    if !track.media_type().is_ok_and(|kind| kind == MediaType::H264) {
        bail!("without ffmpeg only H.264 movies can be decoded");
    }
    let is_too_many = u64::from(track.sample_count()) > present;
    if is_too_many || u64::from(largest_sample(track)) > present {
        bail!("its frames are larger than the file");
    }
    let (width, height) = (usize::from(track.width()), usize::from(track.height()));
    if width * height > MOST_PIXELS {
        bail!("its frames have {height}×{width} pixels, those of H.264 have {MOST_PIXELS} at most");
    }
    if track.sample_count() == 0 || width == 0 || height == 0 {
        bail!("it has no frames");
    }
    let fps = track.frame_rate();
    Ok(Film {
        path: path.to_owned(),
        size: Size {
            height,
            width,
            is_gray,
            dtype: DType::U8,
        },
        len: track.sample_count() as usize,
        metadata: Metadata {
            fps: (fps.is_finite() && fps > 0.0).then_some(fps),
            ..Metadata::default()
        },
        codec: Box::new(H264 {
            track: track.track_id(),
            len: track.sample_count(),
            turns: quarter_turns(track),
        }),
    })
}

/// The most bytes that a packet claims to have.
fn largest_sample(track: &Mp4Track) -> u32 {
    let sizes = &track.trak.mdia.minf.stbl.stsz;
    let fragments = track.trafs.iter().flat_map(|fragment| {
        let run = fragment.trun.iter();
        let sizes = run.flat_map(|run| run.sample_sizes.iter().copied());
        sizes.chain(fragment.tfhd.default_sample_size)
    });
    let sizes = sizes
        .sample_sizes
        .iter()
        .copied()
        .chain([sizes.sample_size]);
    sizes.chain(fragments).max().unwrap_or(0)
}

fn read_header(path: &Path) -> Result<Movie> {
    let source = Source::open(path)?;
    let beginning = source.start(8)?;
    if beginning.get(4..8) != Some(b"ftyp") {
        bail!("movies of this kind need the program `ffmpeg`");
    }
    boxes::check(&source)?;
    let file = files::open(path)?;
    let budget = Rc::new(Cell::new(2 * source.len() + (1 << 16)));
    let file = Patient {
        file: BufReader::new(file),
        budget: budget.clone(),
    };
    let reader = without_panic(|| Mp4Reader::read_header(file, source.len()).map_err(explain));
    Ok((reader?, budget))
}

fn explain(error: mp4::Error) -> Error {
    Error::new(format!("it is damaged: {error}").to_lowercase())
}

/// How often the pictures have to be turned to the right by 90 degrees.
fn quarter_turns(track: &Mp4Track) -> u8 {
    let matrix = &track.trak.tkhd.matrix;
    match (matrix.a.signum(), matrix.b.signum()) {
        (0, 1) => 1,
        (-1, 0) => 2,
        (0, -1) => 3,
        _ => 0,
    }
}

impl Codec for H264 {
    fn play(&self, path: &Path, size: Size, range: FrameRange) -> Result<Box<dyn Play>> {
        let (reader, budget) = read_header(path)?;
        let Some(track) = reader.tracks().get(&self.track) else {
            bail!("it changed while it was read");
        };
        let mut parameters = START.to_vec();
        parameters.extend(track.sequence_parameter_set().map_err(explain)?);
        parameters.extend(START);
        parameters.extend(track.picture_parameter_set().map_err(explain)?);
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let decoder = Decoder::with_api_config(OpenH264API::from_source(), config);
        let decoder = decoder.map_err(|e| Error::new(format!("cannot decode H.264: {e}")))?;
        let frames = Frames {
            reader,
            budget,
            decoder,
            track: self.track,
            packets: 1..=self.len,
            parameters,
            size,
            frame: vec![0; size.len()],
            waiting: VecDeque::new(),
            flushed: false,
        };
        Ok(Chosen::new(frames, range))
    }

    fn turn(&self, layout: &Layout) -> Layout {
        let transposed = || layout.swap(1, 2);
        match self.turns {
            1 => transposed().flip(2),
            2 => layout.flip(1).flip(2),
            3 => transposed().flip(1),
            _ => layout.clone(),
        }
    }
}

struct Frames {
    reader: Mp4Reader<Patient>,
    budget: Rc<Cell<u64>>,
    decoder: Decoder,
    track: u32,
    packets: std::ops::RangeInclusive<u32>,
    /// What the decoder needs before the first packet.
    parameters: Vec<u8>,
    size: Size,
    /// The frame that was decoded last.
    frame: Vec<u8>,
    /// Those that the decoder held back until the end.
    waiting: VecDeque<Vec<u8>>,
    flushed: bool,
}

impl Decode for Frames {
    fn advance(&mut self) -> Result<bool> {
        let size = self.size;
        while let Some(index) = self.packets.next() {
            if task::is_interrupted() {
                return Err(Error::interrupted());
            }
            self.budget.set(u64::from(u32::MAX));
            let sample =
                without_panic(|| self.reader.read_sample(self.track, index).map_err(explain));
            let Ok(Some(sample)) = sample else {
                continue;
            };
            let mut packet = std::mem::take(&mut self.parameters);
            with_start_codes(&sample.bytes, &mut packet);
            if let Ok(Some(picture)) = self.decoder.decode(&packet) {
                return Ok(write_picture(&picture, size, &mut self.frame));
            }
        }
        if !std::mem::replace(&mut self.flushed, true) {
            for picture in self.decoder.flush_remaining().unwrap_or_default() {
                let mut frame = vec![0; size.len()];
                if write_picture(&picture, size, &mut frame) {
                    self.waiting.push_back(frame);
                }
            }
        }
        match self.waiting.pop_front() {
            Some(frame) => self.frame = frame,
            None => return Ok(false),
        }
        Ok(true)
    }

    fn write(&self, out: &mut [u8]) {
        out.copy_from_slice(&self.frame);
    }
}

/// A packet in which each part is preceded by a start code instead of its length.
fn with_start_codes(mut bytes: &[u8], packet: &mut Vec<u8>) {
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let len = (u32::from_be_bytes(*len) as usize).min(rest.len());
        packet.extend(START);
        packet.extend(&rest[..len]);
        bytes = &rest[len..];
    }
}

/// Writes a picture as gray or as red, green and blue; `false` if it has another size.
fn write_picture(picture: &DecodedYUV<'_>, size: Size, out: &mut [u8]) -> bool {
    if picture.dimensions() != (size.width, size.height) {
        return false;
    }
    if !size.is_gray {
        picture.write_rgb8(out);
        return true;
    }
    let rows = picture.y().chunks(picture.strides().0);
    for (row, out) in rows.zip(out.chunks_exact_mut(size.width)) {
        for (luma, gray) in row.iter().zip(out) {
            *gray = gray_level(*luma);
        }
    }
    true
}

/// The gray level that a brightness from 16 to 235 stands for.
fn gray_level(luma: u8) -> u8 {
    let above_black = u32::from(luma.clamp(16, 235)) - 16;
    ((above_black * 255 + 109) / 219) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_spans_all_gray_levels() {
        assert_eq!(
            [0, 16, 126, 235, 255].map(gray_level),
            [0, 0, 128, 255, 255]
        );
    }

    #[test]
    fn lengths_become_start_codes() {
        let mut packet = Vec::new();
        with_start_codes(&[0, 0, 0, 2, 7, 8, 0, 0, 0, 9, 1], &mut packet);
        assert_eq!(packet, [0, 0, 0, 1, 7, 8, 0, 0, 0, 1, 1]);
    }
}
