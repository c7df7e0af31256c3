//! H.264 movies in MP4 and QuickTime files, decoded without ffmpeg.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource;

use super::track::{START, Track};
use super::{
    FrameDecoder, FrameFormat, FrameSelector, FrameStream, Movie, MovieDecoder, boxes, comment,
};
use crate::bail;
use crate::color::yuv::{YuvCoding, YuvDecoder};
use crate::error::{Error, Result};
use crate::io::bytes::samples::SharedFile;
use crate::io::recording::FrameRange;
use crate::task;
use crate::video::{DType, Layout, Metadata};

/// Maximum number of pixels of a frame at level 5.2, the highest that the decoder supports.
const MAX_PIXELS: usize = 36_864 * 256;

struct H264Movie {
    track: Arc<Track>,
    /// Whether all packets are within the file.
    is_complete: bool,
}

/// Finds the H.264 track of a file.
pub(crate) fn open(path: &Path, is_gray: bool) -> Result<Movie> {
    let source = SharedFile::open(path)?;
    if source.start(8)?.get(4..8) != Some(b"ftyp") {
        bail!("movies of this format need the program `ffmpeg`");
    }
    boxes::check(&source)?;
    let track = Track::read(&source)?;
    let (height, width) = (track.height, track.width);
    if width * height > MAX_PIXELS {
        bail!("its frames have {height}×{width} pixels, but H.264 allows at most {MAX_PIXELS}");
    }
    if track.shown.is_empty() || width == 0 || height == 0 {
        bail!("it has no frames");
    }
    let size = FrameFormat {
        height,
        width,
        is_gray,
        dtype: DType::U8,
    };
    let metadata = Metadata {
        fps: track.fps,
        provenance: comment::script(&source)?.map(Into::into),
        ..Metadata::default()
    };
    let ends = track.packets.iter();
    let mut ends = ends.map(|packet| packet.start.saturating_add(packet.len.into()));
    let codec = H264Movie {
        is_complete: ends.all(|end| end <= source.len()),
        track: Arc::new(track),
    };
    let len = codec.track.shown.len();
    Ok(Movie::new(path, (size, len), metadata, Box::new(codec)))
}

impl MovieDecoder for H264Movie {
    fn play(
        &self,
        path: &Path,
        size: FrameFormat,
        range: FrameRange,
    ) -> Result<Box<dyn FrameStream>> {
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let decoder = Decoder::with_api_config(OpenH264API::from_source(), config);
        let decoder = decoder.map_err(|e| Error::new(format!("cannot decode H.264: {e}")))?;
        let frames = H264Frames {
            source: SharedFile::open(path)?,
            decoder,
            track: self.track.clone(),
            packets: 0..self.track.packets.len(),
            parameters: None,
            colors: YuvCoding::UNTAGGED.decoder(),
            size,
            frame: vec![0; size.len()],
            waiting: VecDeque::new(),
            flushed: false,
        };
        let range = FrameRange {
            start: self.track.shown.start + range.start,
            ..range
        };
        Ok(FrameSelector::new(frames, range))
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }

    fn rotate(&self, layout: &Layout) -> Layout {
        let transposed = || layout.swap(1, 2);
        match self.track.rotations {
            1 => transposed().flip(2),
            2 => layout.flip(1).flip(2),
            3 => transposed().flip(1),
            _ => layout.clone(),
        }
    }
}

struct H264Frames {
    source: SharedFile,
    decoder: Decoder,
    track: Arc<Track>,
    packets: Range<usize>,
    /// The parameters last sent to the decoder.
    parameters: Option<usize>,
    /// Conversion of frames with these parameters.
    colors: YuvDecoder,
    size: FrameFormat,
    /// The last decoded frame.
    frame: Vec<u8>,
    /// Frames that the decoder held back until the end.
    waiting: VecDeque<Vec<u8>>,
    flushed: bool,
}

impl FrameDecoder for H264Frames {
    fn advance(&mut self) -> Result<bool> {
        let size = self.size;
        for index in self.packets.by_ref() {
            task::check()?;
            let packet_index = self.track.packets[index];
            let mut stored = vec![0; packet_index.len as usize];
            // Frames of a truncated recording are missing at its end.
            if self
                .source
                .read_at(packet_index.start, &mut stored)
                .is_err()
            {
                continue;
            }
            let parameters = &self.track.parameters[packet_index.parameters];
            let mut packet = Vec::new();
            if self.parameters.replace(packet_index.parameters) != Some(packet_index.parameters) {
                packet.extend(&parameters.units);
                self.colors = parameters.colors.decoder();
            }
            with_start_codes(&stored, parameters.length_size, &mut packet);
            if let Ok(Some(picture)) = self.decoder.decode(&packet) {
                return Ok(write_picture(&picture, &self.colors, size, &mut self.frame));
            }
        }
        if !std::mem::replace(&mut self.flushed, true) {
            for picture in self.decoder.flush_remaining().unwrap_or_default() {
                let mut frame = vec![0; size.len()];
                if write_picture(&picture, &self.colors, size, &mut frame) {
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

/// Appends a packet, with the length of each unit replaced by a start code.
fn with_start_codes(mut bytes: &[u8], length_size: usize, packet: &mut Vec<u8>) {
    while let Some((len, rest)) = bytes.split_at_checked(length_size) {
        let len = len
            .iter()
            .fold(0, |len, byte| len << 8 | usize::from(*byte));
        let len = len.min(rest.len());
        packet.extend(START);
        packet.extend(&rest[..len]);
        bytes = &rest[len..];
    }
}

/// Writes an image as gray or as red, green and blue; `false` if it has another size.
fn write_picture(
    picture: &DecodedYUV<'_>,
    colors: &YuvDecoder,
    size: FrameFormat,
    out: &mut [u8],
) -> bool {
    if picture.dimensions() != (size.width, size.height) {
        return false;
    }
    let (of_luma, of_cb, of_cr) = picture.strides();
    let rows = picture.y().chunks(of_luma);
    let outs = out.chunks_exact_mut(size.width * size.channels());
    if size.is_gray {
        for (row, out) in rows.zip(outs) {
            for (luma, gray) in row.iter().zip(out) {
                *gray = colors.gray(*luma);
            }
        }
        return true;
    }
    let chroma = picture.u().chunks(of_cb).zip(picture.v().chunks(of_cr));
    // Two rows and two columns share their chroma.
    let chroma = chroma.flat_map(|row| [row, row]);
    for ((row, (cb, cr)), out) in rows.zip(chroma).zip(outs) {
        let chroma = cb.iter().zip(cr).flat_map(|pair| [pair, pair]);
        let pixels = out.as_chunks_mut::<3>().0.iter_mut();
        for ((luma, (cb, cr)), pixel) in row.iter().zip(chroma).zip(pixels) {
            *pixel = colors.rgb([*luma, *cb, *cr]);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_become_start_codes() {
        let mut packet = Vec::new();
        with_start_codes(&[0, 0, 0, 2, 7, 8, 0, 0, 0, 9, 1], 4, &mut packet);
        assert_eq!(packet, [0, 0, 0, 1, 7, 8, 0, 0, 0, 1, 1]);
        packet.clear();
        with_start_codes(&[0, 1, 7, 0, 0], 2, &mut packet);
        assert_eq!(packet, [0, 0, 0, 1, 7, 0, 0, 0, 1]);
    }
}
