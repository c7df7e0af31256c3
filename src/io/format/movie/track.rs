//! The H.264 track of an MP4 or QuickTime file: the offsets of its packets, and the frames that are
//! shown. The `shiguredo_mp4` crate reads the boxes; their tables are evaluated here, as those of a
//! damaged file may claim far more than it contains.

use std::iter::repeat_n;
use std::ops::Range;

use shiguredo_mp4::boxes::{
    Avc1Box, HdlrBox, MvexBox, MvhdBox, SampleEntry, StblBox, StszBox, TfhdBox, TrafBox, TrakBox,
    TrexBox, TrunBox,
};
use shiguredo_mp4::{BoxHeader, BoxType, Decode, Either};

use super::boxes::{self, Mp4Box};
use super::color_tags::ColorTags;
use crate::bail;
use crate::color::yuv::YuvCoding;
use crate::error::{Error, Result};
use crate::io::bytes::samples::SharedFile;
use crate::task;

/// Maximum size of a movie's description in bytes.
const MAX_DESCRIPTION: u64 = 1 << 28;

/// Minimum size of a packet in bytes, if all have the same size: its length and the type of unit.
const MIN_PACKET: u32 = 5;

/// Start code of each unit of a stream.
pub(super) const START: [u8; 4] = [0, 0, 0, 1];

/// The first video track.
pub(super) struct Track {
    pub(super) height: usize,
    pub(super) width: usize,
    /// Number of clockwise rotations by 90 degrees.
    pub(super) rotations: u8,
    pub(super) fps: Option<f64>,
    /// In decoding order.
    pub(super) packets: Vec<Packet>,
    /// The frames that are shown, counted in display order.
    pub(super) shown: Range<usize>,
    /// Decoder parameters, which packets refer to.
    pub(super) parameters: Vec<H264Parameters>,
}

/// One frame in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Packet {
    pub(super) start: u64,
    pub(super) len: u32,
    /// Index of its parameters.
    pub(super) parameters: usize,
    /// Display time.
    time: i64,
}

/// Sequence and picture parameter sets for the decoder.
pub(super) struct H264Parameters {
    /// With start codes.
    pub(super) units: Vec<u8>,
    /// Number of bytes of the length of each unit of a packet.
    pub(super) length_size: usize,
    /// How the frames code their colors.
    pub(super) colors: YuvCoding,
}

/// The packets found so far.
struct PacketTable {
    packets: Vec<Packet>,
    /// Total duration.
    duration: u64,
    /// Size of the file.
    present: u64,
    /// Number of parameter sets.
    parameters: usize,
}

/// Default properties of packets.
#[derive(Debug, Clone, Copy, Default)]
struct Defaults {
    description: u32,
    duration: u32,
    size: u32,
}

impl Track {
    /// Reads the video track of a file whose boxes are nested correctly.
    pub(super) fn read(source: &SharedFile) -> Result<Self> {
        let (mut movie, mut fragments, mut at) = (None, Vec::new(), 0);
        while at + 8 <= source.len()
            && let Some(part) = boxes::read(source, at, source.len())?
        {
            match &part.kind {
                b"moov" if movie.is_none() => movie = Some(load(source, part)?),
                b"moof" => fragments.push((at, part)),
                _ => {}
            }
            at = part.end;
        }
        let Some(movie) = movie else {
            bail!("it has no description of its frames");
        };
        let description = TrackInfo::parse(&movie)?;
        let mut table = description.table(source.len())?;
        for (at, part) in fragments {
            task::check()?;
            description.add_fragment(at, &load(source, part)?, &mut table)?;
        }
        description.track(table)
    }
}

/// The content of a box.
fn load(source: &SharedFile, part: Mp4Box) -> Result<Vec<u8>> {
    let len = part.end - part.start;
    if len > MAX_DESCRIPTION {
        bail!("the description of its frames has {len} bytes, more than {MAX_DESCRIPTION}");
    }
    let mut bytes = vec![0; len as usize];
    source.read_at(part.start, &mut bytes)?;
    Ok(bytes)
}

/// Type of a box, the whole box, and its content.
type Child<'a> = (BoxType, &'a [u8], &'a [u8]);

/// A sequence of boxes.
fn children(mut bytes: &[u8]) -> Result<Vec<Child<'_>>> {
    let mut found = Vec::new();
    // Some lists end with a box of size zero.
    while bytes.len() >= BoxHeader::MIN_SIZE && bytes[..4] != [0; 4] {
        let (header, content) =
            BoxHeader::decode_header_and_payload(bytes).map_err(|e| corrupted(&e))?;
        let (whole, rest) = bytes.split_at(header.external_size() + content.len());
        found.push((header.box_type, whole, content));
        bytes = rest;
    }
    Ok(found)
}

fn decode<T: Decode>(whole: &[u8]) -> Result<T> {
    let (part, _) = T::decode(whole).map_err(|e| corrupted(&e))?;
    Ok(part)
}

fn corrupted(error: &shiguredo_mp4::Error) -> Error {
    let location = error.box_type.map(|kind| format!(" in the box `{kind}`"));
    let location = location.unwrap_or_default();
    match &error.reason[..] {
        "" => Error::new(format!("it is damaged{location}")),
        reason => Error::new(format!(
            "it is damaged{location}: {}",
            reason.to_lowercase()
        )),
    }
}

fn invalid_offset() -> Error {
    Error::new("its frames are not at the offsets in its tables")
}

/// Properties of a track that apply to all of its packets.
struct TrackInfo {
    track: TrakBox,
    /// Time units per second of the movie as a whole.
    timescale: u32,
    /// Defaults for the packets of fragments.
    defaults: Defaults,
}

impl TrackInfo {
    /// Finds the first video track.
    fn parse(movie: &[u8]) -> Result<Self> {
        let (mut track, mut failure, mut timescale) = (None, None, 1);
        let mut all_defaults: Vec<TrexBox> = Vec::new();
        for (kind, whole, _) in children(movie)? {
            match kind {
                MvhdBox::TYPE => timescale = decode::<MvhdBox>(whole)?.timescale.get(),
                MvexBox::TYPE => all_defaults = decode::<MvexBox>(whole)?.trex_boxes,
                TrakBox::TYPE if track.is_none() => match decode::<TrakBox>(whole) {
                    Ok(found) if is_pictures(&found) => track = Some(found),
                    Ok(_) => {}
                    Err(error) => failure = failure.or(Some(error)),
                },
                _ => {}
            }
        }
        let Some(track) = track else {
            return Err(failure.unwrap_or_else(|| Error::new("it has no video track")));
        };
        let defaults = all_defaults
            .iter()
            .find(|defaults| defaults.track_id == track.tkhd_box.track_id);
        let defaults = defaults.map_or_else(Defaults::default, |defaults| Defaults {
            description: defaults.default_sample_description_index,
            duration: defaults.default_sample_duration,
            size: defaults.default_sample_size,
        });
        Ok(Self {
            track,
            timescale,
            defaults,
        })
    }

    fn samples(&self) -> &StblBox {
        &self.track.mdia_box.minf_box.stbl_box
    }

    fn pictures(&self) -> Result<Vec<&Avc1Box>> {
        let entries = self.samples().stsd_box.entries.iter();
        let pictures: Option<Vec<&Avc1Box>> = entries
            .map(|entry| match entry {
                SampleEntry::Avc1(pictures) => Some(pictures),
                _ => None,
            })
            .collect();
        match pictures {
            Some(pictures) if !pictures.is_empty() => Ok(pictures),
            _ => bail!("without ffmpeg only H.264 movies can be decoded"),
        }
    }

    /// The packets outside of fragments.
    fn table(&self, present: u64) -> Result<PacketTable> {
        let samples = self.samples();
        let (count, largest) = match &samples.stsz_box {
            StszBox::Fixed {
                sample_size,
                sample_count,
            } => {
                let bytes = u64::from(*sample_count) * u64::from(sample_size.get());
                if bytes > present || bytes > 0 && sample_size.get() < MIN_PACKET {
                    return Err(invalid_offset());
                }
                (*sample_count as usize, sample_size.get())
            }
            StszBox::Variable { entry_sizes } => {
                let largest = entry_sizes.iter().max().copied();
                (entry_sizes.len(), largest.unwrap_or(0))
            }
        };
        if count as u64 > present || u64::from(largest) > present {
            bail!("its frames are larger than the file");
        }
        let mut table = PacketTable {
            packets: Vec::with_capacity(count),
            duration: 0,
            present,
            parameters: self.pictures()?.len(),
        };
        let size = |index: usize| match &samples.stsz_box {
            StszBox::Fixed { sample_size, .. } => sample_size.get(),
            StszBox::Variable { entry_sizes } => entry_sizes[index],
        };
        let durations = &samples.stts_box.entries;
        let mut durations = durations
            .iter()
            .flat_map(|entry| repeat_n(entry.sample_delta, entry.sample_count as usize));
        let delays = samples.ctts_box.iter().flat_map(|delays| &delays.entries);
        // Some writers store negative numbers even where only unsigned ones are allowed.
        let mut delays = delays.flat_map(|entry| {
            let delay = i64::from(entry.sample_offset as i32);
            repeat_n(delay, entry.sample_count as usize)
        });
        let chunks: Vec<u64> = match &samples.stco_or_co64_box {
            Either::A(short) => short.chunk_offsets.iter().copied().map(u64::from).collect(),
            Either::B(long) => long.chunk_offsets.clone(),
        };
        let mut runs = samples.stsc_box.entries.iter().peekable();
        let (mut run, mut duration) = (None, 0);
        for (chunk, mut at) in chunks.into_iter().enumerate() {
            while let Some(next) =
                runs.next_if(|next| next.first_chunk.get() as usize <= chunk.saturating_add(1))
            {
                run = Some(next);
            }
            let run = run.ok_or_else(invalid_offset)?;
            for _ in 0..run.sample_per_chunk {
                if table.packets.len() == count {
                    break;
                }
                let len = size(table.packets.len());
                duration = durations.next().unwrap_or(duration);
                let delay = delays.next().unwrap_or(0);
                let description = run.sample_description_index.get();
                at = table.add(at, len, description, (duration, delay))?;
            }
        }
        if table.packets.len() < count {
            return Err(invalid_offset());
        }
        Ok(table)
    }

    /// Adds the packets of a fragment at offset `start` of the file.
    fn add_fragment(&self, start: u64, fragment: &[u8], table: &mut PacketTable) -> Result<()> {
        let mut is_first = true;
        for (kind, _, content) in children(fragment)? {
            if kind != TrafBox::TYPE {
                continue;
            }
            self.add_run(start, is_first, content, table)?;
            is_first = false;
        }
        Ok(())
    }

    fn add_run(
        &self,
        start: u64,
        is_first: bool,
        run: &[u8],
        table: &mut PacketTable,
    ) -> Result<()> {
        let mut header: Option<TfhdBox> = None;
        let mut at = start;
        for (kind, whole, content) in children(run)? {
            if kind == TfhdBox::TYPE {
                let found: TfhdBox = decode(whole)?;
                if found.track_id != self.track.tkhd_box.track_id {
                    return Ok(());
                }
                at = found.base_data_offset.unwrap_or(start);
                if found.base_data_offset.is_none() && !found.default_base_is_moof && !is_first {
                    bail!("its tracks follow each other in fragments, which is not supported");
                }
                header = Some(found);
            }
            let Some(header) = header.as_ref().filter(|_| kind == TrunBox::TYPE) else {
                continue;
            };
            // The crate reserves memory for the claimed number.
            let claimed = content.get(4..8).and_then(|bytes| bytes.first_chunk());
            let claimed = claimed.map_or(0, |count| u64::from(u32::from_be_bytes(*count)));
            if table.packets.len() as u64 + claimed > table.present / 2 {
                return Err(invalid_offset());
            }
            let run: TrunBox = decode(whole)?;
            if let Some(offset) = run.data_offset {
                let base = header.base_data_offset.unwrap_or(start);
                at = base
                    .checked_add_signed(offset.into())
                    .ok_or_else(invalid_offset)?;
            }
            let defaults = &self.defaults;
            let description = header.sample_description_index;
            for sample in &run.samples {
                let of = |own: Option<u32>, header: Option<u32>, default| {
                    own.or(header).unwrap_or(default)
                };
                at = table.add(
                    at,
                    of(sample.size, header.default_sample_size, defaults.size),
                    description.unwrap_or(defaults.description),
                    (
                        of(
                            sample.duration,
                            header.default_sample_duration,
                            defaults.duration,
                        ),
                        sample.composition_time_offset.map_or(0, i64::from),
                    ),
                )?;
            }
        }
        Ok(())
    }

    fn track(&self, table: PacketTable) -> Result<Track> {
        let pictures = self.pictures()?;
        let visual = &pictures[0].visual;
        let timescale = f64::from(self.track.mdia_box.mdhd_box.timescale.get());
        let fps = table.packets.len() as f64 * timescale / table.duration as f64;
        let [a, b, ..] = self.track.tkhd_box.matrix;
        let rotations = match (a.signum(), b.signum()) {
            (0, 1) => 1,
            (-1, 0) => 2,
            (0, -1) => 3,
            _ => 0,
        };
        Ok(Track {
            height: visual.height.into(),
            width: visual.width.into(),
            rotations,
            fps: (fps.is_finite() && fps > 0.0).then_some(fps),
            shown: self.shown(&table)?,
            packets: table.packets,
            parameters: pictures.into_iter().map(H264Parameters::new).collect(),
        })
    }

    /// The frames shown by the edit list.
    fn shown(&self, table: &PacketTable) -> Result<Range<usize>> {
        let count = table.packets.len();
        let edits = self.track.edts_box.iter();
        let edits = edits.filter_map(|edits| edits.elst_box.as_ref());
        // Other entries are pauses.
        let mut edits = edits
            .flat_map(|list| &list.entries)
            .filter(|edit| edit.media_time >= 0);
        let Some(edit) = edits.next() else {
            return Ok(0..count);
        };
        if edits.next().is_some() || (edit.media_rate.integer, edit.media_rate.fraction) != (1, 0) {
            bail!("its edit list has several parts or changes the speed, which needs ffmpeg");
        }
        let mut times: Vec<i64> = table.packets.iter().map(|packet| packet.time).collect();
        times.sort_unstable();
        let start = times.partition_point(|time| *time < edit.media_time);
        if edit.edit_duration == 0 {
            return Ok(start..count);
        }
        // The duration is rounded to the movie's time units, so the middle of a frame decides.
        let scale = f64::from(self.track.mdia_box.mdhd_box.timescale.get());
        let units = (edit.edit_duration as f64 + 0.5) / f64::from(self.timescale);
        let end = edit.media_time as f64 + units * scale;
        let half = table.duration as f64 / (2 * count.max(1)) as f64;
        let end = times.partition_point(|time| *time as f64 + half < end);
        Ok(start..end.max(start))
    }
}

fn is_pictures(track: &TrakBox) -> bool {
    track.mdia_box.hdlr_box.handler_type == HdlrBox::HANDLER_TYPE_VIDE
}

impl PacketTable {
    /// Adds a packet; returns the offset of its end.
    fn add(
        &mut self,
        start: u64,
        len: u32,
        description: u32,
        (duration, delay): (u32, i64),
    ) -> Result<u64> {
        if u64::from(len) > self.present {
            bail!("its frames are larger than the file");
        }
        let parameters = (description as usize).checked_sub(1);
        let parameters = parameters.filter(|index| *index < self.parameters);
        let decoded = i64::try_from(self.duration).unwrap_or(i64::MAX);
        self.packets.push(Packet {
            start,
            len,
            parameters: parameters.ok_or_else(invalid_offset)?,
            time: decoded.saturating_add(delay),
        });
        self.duration = self.duration.saturating_add(duration.into());
        start.checked_add(len.into()).ok_or_else(invalid_offset)
    }
}

impl H264Parameters {
    fn new(pictures: &Avc1Box) -> Self {
        let config = &pictures.avcc_box;
        let sets = config.sps_list.iter().chain(&config.pps_list);
        let of_stream = config.sps_list.first();
        let of_stream = of_stream.map(|sequence| ColorTags::of_sequence(sequence));
        let mut boxes = pictures.unknown_boxes.iter();
        let of_file = boxes.find(|part| part.box_type == BoxType::Normal(*b"colr"));
        let of_file = of_file.map(|part| ColorTags::of_box(&part.payload));
        let colors = of_stream
            .unwrap_or_default()
            .or(of_file.unwrap_or_default());
        Self {
            units: sets.flat_map(|set| [&START[..], set].concat()).collect(),
            length_size: usize::from(config.length_size_minus_one.get()) + 1,
            colors: colors.coding(),
        }
    }
}
