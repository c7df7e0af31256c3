//! MP4 movies without ffmpeg, encoded by `openh264` into boxes written by `shiguredo_mp4`.

use std::io::{self, Seek, SeekFrom, Write};
use std::num::NonZeroU32;

use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, EncodedBitStream, Encoder, EncoderConfig, FrameRate, FrameType,
    IntraFramePeriod, QpRange, RateControlMode, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;
use shiguredo_mp4::boxes::{Avc1Box, AvccBox, SampleEntry, UnknownBox, VisualSampleEntryFields};
use shiguredo_mp4::mux::{Mp4FileMuxer, Mp4FileMuxerOptions, MuxError, Sample};
use shiguredo_mp4::{BoxSize, BoxType, TrackKind, Uint};

use super::frame_encoder::FrameEncoder;
use crate::bail;
use crate::error::{Error, Result};
use crate::task;

/// Smallest side that the encoder accepts.
const MIN_SIDE: usize = 16;

/// Largest frame size that the encoder accepts, in landscape or portrait.
const MAX_SIZE: (usize, usize) = (3840, 2160);

/// Coarsest quantizer.
const MAX_QUANTIZER: u8 = 51;

/// A bit rate so high that only the quantizer determines the quality.
const BITS_PER_SECOND: u32 = 100_000_000;

/// Frames from one key frame to the next.
const KEY_INTERVAL: u32 = 250;

/// Duration of a frame; the time scale sets the frame rate.
const DURATION: u32 = 1000;

/// Bytes reserved for the description at the start of the file, and the bytes added per frame: its
/// size, and now and then its number.
const DESCRIPTION: (usize, usize) = (4096, 5);

const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;

/// Movie being written.
pub(super) struct H264Writer<W> {
    encoder: Encoder,
    fps: f64,
    quantizer: u8,
    writer: W,
    muxer: Mp4FileMuxer,
    /// Offset of the next frame in the file.
    position: u64,
    size: (usize, usize),
    timescale: NonZeroU32,
    /// Box with the comment on the movie.
    comment: Vec<u8>,
}

impl<W: Write + Seek> H264Writer<W> {
    /// Begins a movie with a known number of frames of an even size; `quantizer` is 0 for the best
    /// quality and 51 for the worst. The description is at the start of the file, so that players
    /// need not wait for the end.
    pub(super) fn new(
        mut writer: W,
        size: (usize, usize),
        fps: f64,
        quantizer: u8,
        frames: usize,
        comment: Option<&str>,
    ) -> Result<Self> {
        check_size(size)?;
        let comment = comment.and_then(comment_box).unwrap_or_default();
        let timescale = (fps * f64::from(DURATION)).round();
        if !(1.0..=f64::from(u32::MAX)).contains(&timescale) {
            bail!("`fps` must be from 0.001 to 4000000, got {fps}");
        }
        let (least, per_frame) = DESCRIPTION;
        let options = Mp4FileMuxerOptions {
            reserved_moov_box_size: least + per_frame * frames + comment.len(),
            ..Mp4FileMuxerOptions::default()
        };
        let muxer = Mp4FileMuxer::with_options(options).map_err(|e| muxing(&e))?;
        let start = muxer.initial_boxes_bytes();
        writer.write_all(start).map_err(|e| writing(&e))?;
        Ok(Self {
            encoder: encoder(fps, quantizer)?,
            fps,
            quantizer,
            writer,
            position: start.len() as u64,
            muxer,
            size,
            timescale: NonZeroU32::new(timescale as u32).expect("it is 1 at least"),
            comment,
        })
    }

    fn write(&mut self, encoded: Encoded) -> Result<()> {
        self.writer
            .write_all(&encoded.sample)
            .map_err(|e| writing(&e))?;
        let parameters = encoded.parameters.as_ref();
        let sample = Sample {
            track_kind: TrackKind::Video,
            sample_entry: parameters.map(|parameters| sample_entry(self.size, parameters)),
            keyframe: encoded.is_key,
            timescale: self.timescale,
            duration: DURATION,
            composition_time_offset: None,
            data_offset: self.position,
            data_size: encoded.sample.len(),
        };
        self.muxer.append_sample(&sample).map_err(|e| muxing(&e))?;
        self.position += encoded.sample.len() as u64;
        Ok(())
    }
}

impl<W: Write + Seek> FrameEncoder for H264Writer<W> {
    /// Luma, then chroma at half the resolution.
    type Frame = Vec<u8>;

    fn add(&mut self, yuv: Vec<u8>) -> Result<()> {
        let (width, height) = self.size;
        let (levels, colors) = yuv.split_at(width * height);
        let (cb, cr) = colors.split_at(width * height / 4);
        let strides = (width, width / 2, width / 2);
        let picture = YUVSlices::new((levels, cb, cr), self.size, strides);
        let encoded = loop {
            match self.encoder.encode(&picture) {
                Ok(stream) => break Encoded::new(&stream),
                // Noise may need more bits than the encoder can write: then the quality must be
                // lower.
                Err(_) if self.quantizer < MAX_QUANTIZER => {
                    self.quantizer = (self.quantizer + 4).min(MAX_QUANTIZER);
                    self.encoder = encoder(self.fps, self.quantizer)?;
                }
                Err(cause) => return Err(encoding(cause)),
            }
        };
        self.write(encoded)
    }

    fn finish(mut self) -> Result<()> {
        let parts = self.muxer.finalize().map_err(|e| muxing(&e))?;
        for (offset, bytes) in parts.offset_and_bytes_pairs() {
            let commented = match offset {
                0 => with_comment(bytes, &self.comment),
                _ => None,
            };
            let written = self.writer.seek(SeekFrom::Start(offset));
            let bytes = commented.as_deref().unwrap_or(bytes);
            let written = written.and_then(|_| self.writer.write_all(bytes));
            written.map_err(|e| writing(&e))?;
        }
        self.writer.flush().map_err(|e| writing(&e))
    }
}

/// MP4 sample entry: what a decoder needs to know about frames with these parameter sets.
fn sample_entry((width, height): (usize, usize), parameters: &(Vec<u8>, Vec<u8>)) -> SampleEntry {
    let (sequence, picture) = parameters;
    let visual = VisualSampleEntryFields {
        data_reference_index: VisualSampleEntryFields::DEFAULT_DATA_REFERENCE_INDEX,
        width: width as u16,
        height: height as u16,
        horizresolution: VisualSampleEntryFields::DEFAULT_HORIZRESOLUTION,
        vertresolution: VisualSampleEntryFields::DEFAULT_VERTRESOLUTION,
        frame_count: VisualSampleEntryFields::DEFAULT_FRAME_COUNT,
        compressorname: VisualSampleEntryFields::NULL_COMPRESSORNAME,
        depth: VisualSampleEntryFields::DEFAULT_DEPTH,
    };
    // The sequence parameter set begins with profile, compatibility and level.
    let said = |offset: usize| sequence.get(offset).copied().unwrap_or_default();
    SampleEntry::Avc1(Avc1Box {
        visual,
        avcc_box: AvccBox {
            avc_profile_indication: said(1),
            profile_compatibility: said(2),
            avc_level_indication: said(3),
            length_size_minus_one: Uint::new(3),
            sps_list: vec![sequence.clone()],
            pps_list: vec![picture.clone()],
            // 4:2:0 with 8 bits, which only some profiles state.
            chroma_format: Some(Uint::new(1)),
            bit_depth_luma_minus8: Some(Uint::new(0)),
            bit_depth_chroma_minus8: Some(Uint::new(0)),
            sps_ext_list: Vec::new(),
        },
        unknown_boxes: vec![color_box()],
    })
}

/// The box that says how colors are coded, for players that do not look into the frames: primaries,
/// transfer and matrix of BT.709, as ITU-T H.273 numbers them, and limited range.
fn color_box() -> UnknownBox {
    let kind = BoxType::Normal(*b"colr");
    let payload = b"nclx\0\x01\0\x01\0\x01\0".to_vec();
    UnknownBox {
        box_type: kind,
        box_size: BoxSize::with_payload_size(kind, payload.len() as u64),
        payload,
    }
}

/// The box of user data with a comment, as QuickTime writes it; `None` if the comment is too long.
fn comment_box(comment: &str) -> Option<Vec<u8>> {
    /// Language of the comment: undetermined.
    const LANGUAGE: u16 = 0x55C4;
    let Ok(len) = u16::try_from(comment.len()) else {
        task::warn("the movie does not hold its history, which is too long for its format");
        return None;
    };
    let text = [
        &len.to_be_bytes(),
        &LANGUAGE.to_be_bytes(),
        comment.as_bytes(),
    ]
    .concat();
    Some(mp4_box(b"udta", &mp4_box(b"\xA9cmt", &text)))
}

fn mp4_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let len = content.len() as u32 + 8;
    [&len.to_be_bytes()[..], kind, content].concat()
}

/// The start of the file with a box added to the description, in the free space after it; `None` if
/// there is no such space.
fn with_comment(start: &[u8], comment: &[u8]) -> Option<Vec<u8>> {
    let header = |at: usize| {
        let (len, rest) = start.get(at..)?.split_first_chunk::<4>()?;
        Some((u32::from_be_bytes(*len) as usize, rest.get(..4)?))
    };
    let (moov, _) = header(0)?;
    let (moov_len, b"moov") = header(moov)? else {
        return None;
    };
    let free = moov + moov_len;
    let (free_len, b"free") = header(free)? else {
        return None;
    };
    let left = free_len
        .checked_sub(comment.len())
        .filter(|left| *left >= 8)?;
    let mut changed = start[..free].to_vec();
    changed[moov..moov + 4].copy_from_slice(&((moov_len + comment.len()) as u32).to_be_bytes());
    changed.extend(comment);
    changed.extend(mp4_box(b"free", &vec![0; left - 8]));
    changed.extend(&start[free + free_len..]);
    Some(changed)
}

/// An error unless the encoder takes frames of a width and height.
pub(super) fn check_size((width, height): (usize, usize)) -> Result<()> {
    let (longer, shorter) = (width.max(height), width.min(height));
    let (size, hint) = if shorter < MIN_SIDE {
        let factor = MIN_SIDE.div_ceil(shorter);
        let hint = format!(
            "it needs at least {MIN_SIDE}×{MIN_SIDE} pixels: enlarge the video with `scale: \
             {factor}`"
        );
        ("small", hint)
    } else if longer > MAX_SIZE.0 || shorter > MAX_SIZE.1 {
        let (width, height) = MAX_SIZE;
        let hint = format!(
            "it supports at most {width}×{height} pixels: shrink the video with `resize`, or \
             install ffmpeg"
        );
        ("large", hint)
    } else {
        return Ok(());
    };
    let error = format!("frames of {width}×{height} are too {size} for the built-in encoder");
    Err(Error::new(error).hint(hint))
}

/// Encoder with a constant quantizer for all frames.
fn encoder(fps: f64, quantizer: u8) -> Result<Encoder> {
    let quantizer = quantizer.min(MAX_QUANTIZER);
    let config = EncoderConfig::new()
        // The only mode in which every frame gets the requested quantizer and none is skipped.
        .rate_control_mode(RateControlMode::Bufferbased)
        .bitrate(BitRate::from_bps(BITS_PER_SECOND))
        .qp(QpRange::new(quantizer, quantizer))
        .skip_frames(false)
        .max_frame_rate(FrameRate::from_hz(fps.clamp(1.0, 60.0) as f32))
        .usage_type(UsageType::CameraVideoRealTime)
        .complexity(Complexity::High)
        .adaptive_quantization(false)
        .background_detection(false)
        .scene_change_detect(false)
        .intra_frame_period(IntraFramePeriod::from_num_frames(KEY_INTERVAL))
        .vui(VuiConfig::bt709());
    Encoder::with_api_config(OpenH264API::from_source(), config).map_err(encoding)
}

/// A frame as stored in the file.
struct Encoded {
    is_key: bool,
    sample: Vec<u8>,
    /// Sequence and picture parameter sets, which a decoder needs first.
    parameters: Option<(Vec<u8>, Vec<u8>)>,
}

impl Encoded {
    fn new(stream: &EncodedBitStream<'_>) -> Self {
        let (mut sample, mut sequence, mut picture) = (Vec::new(), None, None);
        for layer in (0..stream.num_layers()).filter_map(|layer| stream.layer(layer)) {
            for unit in (0..layer.nal_count()).filter_map(|unit| layer.nal_unit(unit)) {
                let unit = without_start_code(unit);
                match unit.first().map(|byte| byte & 0x1f) {
                    Some(SEQUENCE_PARAMETERS) => sequence = Some(unit.to_vec()),
                    Some(PICTURE_PARAMETERS) => picture = Some(unit.to_vec()),
                    _ => {
                        sample.extend((unit.len() as u32).to_be_bytes());
                        sample.extend(unit);
                    }
                }
            }
        }
        Self {
            is_key: matches!(stream.frame_type(), FrameType::IDR | FrameType::I),
            sample,
            parameters: sequence.zip(picture),
        }
    }
}

/// NAL unit without its start code: the zeros and the one before it.
fn without_start_code(unit: &[u8]) -> &[u8] {
    let zeros = unit.iter().take_while(|byte| **byte == 0).count();
    unit.get(zeros + 1..).unwrap_or_default()
}

fn encoding(cause: openh264::Error) -> Error {
    Error::new(format!("the built-in encoder failed: {cause}"))
}

fn muxing(cause: &MuxError) -> Error {
    Error::new(format!("cannot write the movie: {cause}"))
}

fn writing(cause: &io::Error) -> Error {
    Error::new(format!("cannot write the movie: {cause}"))
}
