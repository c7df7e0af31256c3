//! MP4 movies without ffmpeg: a built-in H.264 encoder.

use std::io::{Seek, Write};

use mp4::{AvcConfig, MediaConfig, Mp4Config, Mp4Sample, Mp4Writer, TrackConfig, TrackType};
use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, EncodedBitStream, Encoder, EncoderConfig, FrameRate, FrameType,
    IntraFramePeriod, QpRange, RateControlMode, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;

use crate::bail;
use crate::error::{Error, Result};

/// The shortest side that the encoder takes.
const SMALLEST: usize = 16;

/// The largest frames that the encoder takes, lying or standing.
const LARGEST: (usize, usize) = (3840, 2160);

/// The coarsest quantizer.
const WORST: u8 = 51;

/// So many bits that only the quantizer decides about the quality.
const BITS_PER_SECOND: u32 = 100_000_000;

/// From one frame that can be decoded alone to the next.
const KEY_INTERVAL: u32 = 250;

/// The duration of a frame; the frame rate is chosen by the time scale.
const DURATION: u32 = 1000;

const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;

/// A movie being written.
pub(super) struct Movie<W> {
    encoder: Encoder,
    fps: f64,
    quantizer: u8,
    writer: Mp4Writer<W>,
    size: (usize, usize),
    timescale: u32,
    frames: u64,
    parameters: Option<(Vec<u8>, Vec<u8>)>,
}

impl<W: Write + Seek> Movie<W> {
    /// Begins a movie of frames of an even size; `quantizer` is 0 for the best quality and 51 for
    /// the worst.
    pub(super) fn new(writer: W, size: (usize, usize), fps: f64, quantizer: u8) -> Result<Self> {
        check_size(size)?;
        let timescale = (fps * f64::from(DURATION)).round();
        if !(1.0..=f64::from(u32::MAX)).contains(&timescale) {
            bail!("`fps` must be from 0.001 to 4000000, got {fps}");
        }
        let brand = |name: &[u8; 4]| (*name).into();
        let config = Mp4Config {
            major_brand: brand(b"isom"),
            minor_version: 512,
            compatible_brands: [b"isom", b"iso2", b"avc1", b"mp41"].map(brand).into(),
            timescale: timescale as u32,
        };
        Ok(Self {
            encoder: encoder(fps, quantizer)?,
            fps,
            quantizer,
            writer: Mp4Writer::write_start(writer, &config).map_err(writing)?,
            size,
            timescale: timescale as u32,
            frames: 0,
            parameters: None,
        })
    }

    /// Adds a frame: its brightness, then its colours at half the resolution.
    pub(super) fn add(&mut self, yuv: &[u8]) -> Result<()> {
        let (width, height) = self.size;
        let (levels, colors) = yuv.split_at(width * height);
        let (blues, reds) = colors.split_at(width * height / 4);
        let strides = (width, width / 2, width / 2);
        let picture = YUVSlices::new((levels, blues, reds), self.size, strides);
        let encoded = loop {
            match self.encoder.encode(&picture) {
                Ok(stream) => break Encoded::new(&stream),
                // Noise may take more room than the encoder has: then the quality must be lower.
                Err(_) if self.quantizer < WORST => {
                    self.quantizer = (self.quantizer + 4).min(WORST);
                    self.encoder = encoder(self.fps, self.quantizer)?;
                }
                Err(cause) => return Err(encoding(cause)),
            }
        };
        if let (Some(parameters), None) = (&encoded.parameters, &self.parameters) {
            self.begin_track(parameters)?;
            self.parameters = encoded.parameters;
        }
        self.write(encoded.sample, encoded.is_key)
    }

    /// Ends the movie.
    pub(super) fn finish(mut self) -> Result<()> {
        self.writer.write_end().map_err(writing)?;
        self.writer
            .into_writer()
            .flush()
            .map_err(|e| writing(e.into()))
    }

    fn begin_track(&mut self, (sequence, picture): &(Vec<u8>, Vec<u8>)) -> Result<()> {
        let config = AvcConfig {
            width: self.size.0 as u16,
            height: self.size.1 as u16,
            seq_param_set: sequence.clone(),
            pic_param_set: picture.clone(),
        };
        let track = TrackConfig {
            track_type: TrackType::Video,
            timescale: self.timescale,
            language: "und".into(),
            media_conf: MediaConfig::AvcConfig(config),
        };
        self.writer.add_track(&track).map_err(writing)
    }

    fn write(&mut self, bytes: Vec<u8>, is_sync: bool) -> Result<()> {
        let sample = Mp4Sample {
            start_time: self.frames * u64::from(DURATION),
            duration: DURATION,
            rendering_offset: 0,
            is_sync,
            bytes: bytes.into(),
        };
        self.frames += 1;
        self.writer.write_sample(1, &sample).map_err(writing)
    }
}

fn check_size((width, height): (usize, usize)) -> Result<()> {
    let (longer, shorter) = (width.max(height), width.min(height));
    let (size, hint) = if shorter < SMALLEST {
        let factor = SMALLEST.div_ceil(shorter);
        let hint = format!(
            "it takes {SMALLEST}×{SMALLEST} and more: magnify the video with `scale: {factor}`"
        );
        ("small", hint)
    } else if longer > LARGEST.0 || shorter > LARGEST.1 {
        let (width, height) = LARGEST;
        let hint = format!(
            "it takes up to {width}×{height}: reduce the video with `resize`, or install ffmpeg"
        );
        ("large", hint)
    } else {
        return Ok(());
    };
    let error = format!("frames of {width}×{height} are too {size} for the built-in encoder");
    Err(Error::new(error).hint(hint))
}

/// An encoder that gives every frame the same quantizer.
fn encoder(fps: f64, quantizer: u8) -> Result<Encoder> {
    let quantizer = quantizer.min(WORST);
    let config = EncoderConfig::new()
        // The one mode in which every frame gets the quantizer asked for, and none is skipped.
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
        .vui(VuiConfig::bt601());
    Encoder::with_api_config(OpenH264API::from_source(), config).map_err(encoding)
}

/// A frame as the file stores it.
struct Encoded {
    is_key: bool,
    sample: Vec<u8>,
    /// What a decoder must know first, of the sequence and of the picture.
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

/// A unit of the stream without the zeros and the one that stand before it.
fn without_start_code(unit: &[u8]) -> &[u8] {
    let zeros = unit.iter().take_while(|byte| **byte == 0).count();
    unit.get(zeros + 1..).unwrap_or_default()
}

fn encoding(cause: openh264::Error) -> Error {
    Error::new(format!("the built-in encoder failed: {cause}"))
}

fn writing(cause: mp4::Error) -> Error {
    Error::new(format!("cannot write the movie: {cause}"))
}
