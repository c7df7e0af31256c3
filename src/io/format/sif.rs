//! Andor's `.sif` files: lines of text, mostly numbers whose positions differ between versions,
//! then frames of 32-bit floats. The format is not published, and no crate for it was found; the
//! reader finds the frames by what their description must satisfy.
//!
//! The line that describes the frames ends with nine numbers: a version 655…, left, top, right,
//! bottom, the number of frames, the number of regions of the chip, and the numbers of samples of
//! all frames and of one frame. It is followed by one line for each region and one for the time of
//! each frame.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::bail;
use crate::error::{Error, Result, counted};
use crate::io::bytes::samples::SharedFile;
use crate::io::format::raw_binary::{Endian, RawFormat, RawFrames};
use crate::io::format::timing;
use crate::io::recording::cannot_load;
use crate::task;
use crate::video::{DType, Metadata};

const MAGIC: &[u8] = b"Andor Technology Multi-Channel File";

/// How far into the file the description of the frames is searched for.
const MAX_HEADER: usize = 4 << 20;

/// Maximum length of a line after it.
const MAX_LINE: u64 = 256;

/// The description of the frames in the header.
#[derive(Debug, PartialEq)]
struct SifHeader {
    frames: usize,
    height: usize,
    width: usize,
    /// Offset of the frames.
    offset: u64,
    /// Time of each frame in µs.
    times: Vec<i64>,
}

impl SifHeader {
    /// Number of complete frames in a file of the given size.
    fn present(&self, file_len: u64) -> usize {
        let bytes = (self.height * self.width * 4) as u64;
        let present = file_len.saturating_sub(self.offset) / bytes;
        present.min(self.frames as u64) as usize
    }
}

/// Whether the first bytes are those of an Andor file.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC[..bytes.len().min(MAGIC.len())]) && bytes.len() >= 16
}

/// Reads the header.
pub(in crate::io) fn open(path: &Path) -> Result<RawFrames> {
    let source = SharedFile::open(path)?;
    let head = source.start(MAX_HEADER)?;
    let found = describe(&source, &head).map_err(|e| cannot_load(path, &e))?;
    let metadata = metadata(path, &head, &found);
    let present = found.present(source.len());
    if present == 0 {
        let missing = format!(
            "it is truncated within the first of its {}",
            counted(found.frames, "frame")
        );
        return Err(cannot_load(path, &Error::new(missing)));
    }
    if present < found.frames {
        let (path, frames) = (path.display(), found.frames);
        task::warn(&format!(
            "`{path}` is truncated: {present} of its {frames} frames are complete"
        ));
    }
    let format = RawFormat {
        shape: vec![present, found.height, found.width],
        dtype: DType::F32,
        offset: found.offset,
        gap: 0,
        endian: Endian::Little,
    };
    let mut frames = RawFrames::new(source, &format).map_err(|e| cannot_load(path, &e))?;
    frames.metadata = metadata;
    Ok(frames)
}

fn describe(source: &SharedFile, head: &[u8]) -> Result<SifHeader> {
    if !head.starts_with(MAGIC) {
        bail!("it does not begin with \"Andor Technology Multi-Channel File\"");
    }
    let mut at = 0;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if let Some([frames, regions, samples]) = frame_counts(line)
            && let Some((description, lines)) = regions_of(&head[at..], frames, regions, samples)
        {
            let (offset, times) = data_offset(source, (at + lines) as u64, &description)?;
            return Ok(SifHeader {
                offset,
                times,
                ..description
            });
        }
    }
    bail!("its header describes the frames in an unknown format");
}

/// Numbers of frames, of regions and of samples per frame, if the line contains them.
fn frame_counts(line: &[u8]) -> Option<[usize; 3]> {
    let line = String::from_utf8_lossy(line);
    let words: Vec<&str> = line.split_ascii_whitespace().rev().take(9).collect();
    let [samples, all, regions, frames, _, _, _, _, version] = words[..] else {
        return None;
    };
    // The version follows the name of the axis without a space.
    let digits = version.len().checked_sub(5)?;
    if !version.get(digits..)?.starts_with("655") {
        return None;
    }
    let [samples, all, regions, frames]: [usize; 4] =
        [samples, all, regions, frames].map(|word| word.parse().unwrap_or(0));
    let fits = frames > 0 && regions > 0 && samples > 0;
    (fits && samples.checked_mul(frames) == Some(all)).then_some([frames, regions, samples])
}

/// Size of the frames from the lines of their regions, and the length of these lines.
fn regions_of(
    text: &[u8],
    frames: usize,
    regions: usize,
    samples: usize,
) -> Option<(SifHeader, usize)> {
    let (mut at, mut height, mut width) = (0, 0, 0);
    let mut lines = text.split_inclusive(|byte| *byte == b'\n');
    for _ in 0..regions {
        let line = lines.next()?;
        at += line.len();
        let [rows, cols] = region_size(line)?;
        height += rows;
        width = cols;
    }
    let description = SifHeader {
        frames,
        height,
        width,
        offset: 0,
        times: Vec::new(),
    };
    (height.checked_mul(width) == Some(samples)).then_some((description, at))
}

/// Rows and columns of a region from its line: a version, left, top, right, bottom, binning down
/// and across.
fn region_size(line: &[u8]) -> Option<[usize; 2]> {
    let line = std::str::from_utf8(line).ok()?;
    let numbers: Vec<u32> = line
        .split_ascii_whitespace()
        .skip(1)
        .map_while(|word| word.parse().ok())
        .collect();
    let [left, top, right, bottom, down, across, ..] = numbers[..] else {
        return None;
    };
    let len = |a: u32, b: u32, bin: u32| (a.abs_diff(b) as usize + 1).checked_div(bin as usize);
    Some([len(top, bottom, down)?, len(left, right, across)?])
}

/// Offset of the samples and the time of each frame. The times and the additional lines of newer
/// versions are followed by a line `0`, or by a line `1` and one more line per frame.
fn data_offset(
    source: &SharedFile,
    start: u64,
    description: &SifHeader,
) -> Result<(u64, Vec<i64>)> {
    let SifHeader {
        frames,
        height,
        width,
        ..
    } = *description;
    let bytes = (frames as u64).checked_mul((height * width * 4) as u64);
    let Some(bytes) = bytes else {
        let frames = counted(frames, "frame");
        bail!("it claims {frames} of {height}×{width} samples");
    };
    let mut lines = BufReader::new(source.section(start, source.len()));
    let (mut offset, mut times) = (start, Vec::new());
    for _ in 0..frames {
        let Some((time, len)) = number_line(&mut lines) else {
            bail!("its header ends within the times of the frames");
        };
        offset += len;
        times.push(time);
    }
    let mut more = 0;
    match number_line(&mut lines) {
        Some((0, len)) => more = len,
        Some((1, len)) => {
            more = len;
            for _ in 0..frames {
                match number_line(&mut lines) {
                    Some((_, len)) => more += len,
                    None => return Ok((offset, times)),
                }
            }
        }
        _ => {}
    }
    // The first samples can look like such lines; in that case the file is complete without them.
    let is_whole = offset.checked_add(bytes) == Some(source.len());
    Ok((if is_whole { offset } else { offset + more }, times))
}

/// An integer on a line of its own, and the length of the line.
fn number_line(lines: &mut impl BufRead) -> Option<(i64, u64)> {
    let mut line = Vec::new();
    let len = lines.take(MAX_LINE).read_until(b'\n', &mut line).ok()?;
    let text = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    Some((text.trim().parse().ok()?, len as u64))
}

/// Metadata from the third and the fourth line: times, temperature, camera.
fn metadata(path: &Path, head: &[u8], found: &SifHeader) -> Metadata {
    let mut lines = head.split(|byte| *byte == b'\n').skip(2);
    let settings = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    // Words that are not numbers are times of day as bytes.
    let numbers = settings.split(' ').filter_map(|word| word.parse().ok());
    let numbers: Vec<f64> = numbers.collect();
    let mut metadata = Metadata::default();
    if let [
        version,
        _,
        _,
        _,
        time,
        temperature,
        _,
        exposure,
        cycle,
        _,
        accumulated,
        series,
        ..,
    ] = numbers[..]
    {
        metadata.set("version", version as i64);
        metadata.set("experiment_time", time as i64);
        metadata.set("temperature", temperature);
        metadata.set("exposure_time", exposure);
        metadata.set("cycle_time", cycle);
        metadata.set("accumulated_cycles", accumulated as i64);
        metadata.set("series_cycle_time", series);
        let period = if found.frames > 1 && series > 0.0 {
            series
        } else {
            cycle
        };
        metadata.fps = Some(1.0 / period).filter(|fps| fps.is_finite() && *fps > 0.0);
    }
    let seconds: Vec<f64> = found.times.iter().map(|time| *time as f64 / 1e6).collect();
    metadata.fps = timing::rate(path, metadata.fps, &seconds);
    let camera = String::from_utf8_lossy(lines.next().unwrap_or_default());
    if !camera.trim().is_empty() {
        metadata.set("camera", camera.trim());
    }
    metadata
}

#[cfg(test)]
mod tests {
    use crate::io::recording::{FrameSelection, LoadOptions};
    use crate::io::{corruption, info, load_video};
    use crate::video::Samples;

    /// A file of the given version with two frames of 2×3 samples, 0 to 11.
    fn file(version: u32, after_times: &str) -> Vec<u8> {
        let header = format!(
            "Andor Technology Multi-Channel File\n65538 1\n\
             {version} 0 0 1 1540956289 -70 \u{1} \u{2} \0 \u{3} \u{1} 0 0.001 0.004 0.004 1 \0 0.002 1e-07 0 1\n\
             DU897_BV\n512 512 8\nfile.sif\n65538 4\nnote\n65538 0\n\
             13\nPixel number6\nCounts12\nPixel number65541 1 2 3 1 2 1 12 6\n\
             65538 1 4 6 1 2 2 0\n0\n2000\n{after_times}"
        );
        let samples = (0..12).flat_map(|value| (value as f32).to_le_bytes());
        header.into_bytes().into_iter().chain(samples).collect()
    }

    #[test]
    fn every_version_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sif");
        for (version, after_times) in [(65555, ""), (65564, "0\n"), (65567, "1\n77\n78\n")] {
            std::fs::write(&path, file(version, after_times)).unwrap();
            let video = load_video(&path, &FrameSelection::ALL, &LoadOptions::default()).unwrap();
            let Samples::F32(array) = video.samples() else {
                panic!("{:?}", video.dtype())
            };
            assert_eq!(array.shape(), [2, 2, 3]);
            let expected = (0..12).map(|value| value as f32);
            assert!(array.view().iter().copied().eq(expected), "{version}");
            assert_eq!(video.metadata().fps, Some(500.0));
        }
        let fields = info(&path).unwrap().metadata.fields;
        assert_eq!(fields["exposure_time"].to_string(), "0.001");
        assert_eq!(fields["camera"].to_string(), "DU897_BV");
    }

    #[test]
    fn corruption_is_an_error() {
        corruption::check(&file(65567, "1\n77\n78\n"), 1500, "sif");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sif");
        let whole = file(65564, "0\n");
        std::fs::write(&path, &whole[..whole.len() - 30]).unwrap();
        let error = load_video(&path, &FrameSelection::ALL, &LoadOptions::default()).unwrap_err();
        assert!(
            error.message().contains("within the first of its 2 frames"),
            "{error}"
        );
    }

    #[test]
    fn of_a_file_cut_short_the_whole_frames_load() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sif");
        for (version, after_times) in [(65555, ""), (65564, "0\n"), (65567, "1\n77\n78\n")] {
            let whole = file(version, after_times);
            std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
            let video = load_video(&path, &FrameSelection::ALL, &LoadOptions::default()).unwrap();
            let Samples::F32(array) = video.samples() else {
                panic!("{:?}", video.dtype())
            };
            assert_eq!(array.shape(), [1, 2, 3]);
            let expected = (0..6).map(|value| value as f32);
            assert!(array.view().iter().copied().eq(expected), "{version}");
        }
    }

    #[test]
    fn rates_come_from_the_times_of_frames_where_they_differ() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sif");
        let bytes = file(65564, "0\n");
        let at = bytes
            .windows(6)
            .position(|text| text == b"\n2000\n")
            .unwrap();
        let slower = [&bytes[..at], b"\n4000\n", &bytes[at + 6..]].concat();
        std::fs::write(&path, slower).unwrap();
        assert_eq!(info(&path).unwrap().metadata.fps, Some(250.0));
    }
}
