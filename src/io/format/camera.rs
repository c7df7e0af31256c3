//! What camera recordings have in common: files that belong together, frames with borders outside
//! the image, and frames stored as differences from a background.

use std::path::{Path, PathBuf};

use crate::bail;
use crate::error::{Error, Result, counted};
use crate::fs::files;
use crate::io::recording::FrameRange;
use crate::task;
use crate::video::{Element, Samples, Strided};

/// Maximum width and height of a frame.
const MAX_SIZE: usize = 1 << 16;

/// Why frames stored as differences are always loaded.
pub(in crate::io) const DIFFERENCES: &str =
    "its frames are stored as differences from a background frame";

/// Position of the image in a stored frame, in samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::io) struct Geometry {
    pub(in crate::io) columns: usize,
    pub(in crate::io) rows: usize,
    pub(in crate::io) left: usize,
    pub(in crate::io) top: usize,
    pub(in crate::io) width: usize,
    pub(in crate::io) height: usize,
}

impl Geometry {
    /// Frames without a border.
    pub(in crate::io) fn whole(columns: usize, rows: usize) -> Self {
        Self {
            columns,
            rows,
            left: 0,
            top: 0,
            width: columns,
            height: rows,
        }
    }

    /// An error if a frame has no image, or an image beyond its bounds.
    pub(in crate::io) fn check(self) -> Result<Self> {
        let fits = |start: usize, len: usize, size: usize| {
            len > 0 && size <= MAX_SIZE && start.checked_add(len).is_some_and(|end| end <= size)
        };
        if fits(self.left, self.width, self.columns) && fits(self.top, self.height, self.rows) {
            return Ok(self);
        }
        bail!("its header specifies frames that are empty or have an impossible size")
    }

    /// Number of samples of a stored frame.
    fn stored_len(&self) -> usize {
        self.columns * self.rows
    }

    /// Size in bytes of a stored frame of 16-bit samples.
    pub(in crate::io) fn frame_bytes(&self) -> u64 {
        2 * self.stored_len() as u64
    }

    /// Copies the image out of a stored frame.
    fn copy(&self, stored: &[u16], picture: &mut [u16]) {
        let rows = stored.chunks_exact(self.columns).skip(self.top);
        for (row, out) in rows.zip(picture.chunks_exact_mut(self.width)) {
            out.copy_from_slice(&row[self.left..self.left + self.width]);
        }
    }
}

/// Frames that are stored as signed 16-bit differences from a background frame.
pub(in crate::io) struct DifferenceFrames {
    geometry: Geometry,
    /// The background minus 32768: adding it to a difference overflows exactly where the sum leaves
    /// the range from 0 to 65535, which processors check for several samples at once (saturating
    /// addition).
    background: Vec<i16>,
}

/// Converts a number from 0 to 65535 to one that is smaller by 32768, and back.
const SIGN: u16 = 1 << 15;

impl DifferenceFrames {
    /// Reads the background, a stored frame in little-endian order.
    pub(in crate::io) fn new(
        geometry: Geometry,
        read: impl FnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<Self> {
        let mut stored = vec![0u16; geometry.stored_len()];
        read(bytemuck::cast_slice_mut(&mut stored))?;
        let mut picture = vec![0u16; geometry.width * geometry.height];
        geometry.copy(&stored, &mut picture);
        let shift = |sample: u16| (u16::from_le(sample) ^ SIGN) as i16;
        Ok(Self {
            geometry,
            background: picture.into_iter().map(shift).collect(),
        })
    }

    /// Loads frames on all cores; `read` reads the bytes of a stored frame. Sums below 0 and above
    /// 65535 saturate.
    pub(in crate::io) fn load(
        &self,
        range: FrameRange,
        read: impl Fn(usize, &mut [u8]) -> Result<()> + Sync,
    ) -> Result<Samples> {
        let geometry = self.geometry;
        let is_whole = geometry.width * geometry.height == geometry.stored_len();
        let mut video = Strided::for_writing(&[range.len, geometry.height, geometry.width])?;
        let frames = video
            .as_mut_slice()?
            .chunks_mut(self.background.len())
            .enumerate();
        let memory = || vec![0u16; if is_whole { 0 } else { geometry.stored_len() }];
        task::for_each_init("loading", frames, memory, |stored, (frame, out)| {
            let frame = range.start + frame * range.step;
            if is_whole {
                read(frame, bytemuck::cast_slice_mut(out))?;
            } else {
                read(frame, bytemuck::cast_slice_mut(stored))?;
                geometry.copy(stored, out);
            }
            self.add_background(out);
            Ok(())
        })?;
        Ok(Element::wrap(video))
    }

    fn add_background(&self, frame: &mut [u16]) {
        for (sample, background) in frame.iter_mut().zip(&self.background) {
            let difference = u16::from_le(*sample) as i16;
            *sample = background.saturating_add(difference) as u16 ^ SIGN;
        }
    }
}

/// An error if the file ends before the last of the frames to load.
pub(in crate::io) fn check_range(
    path: &Path,
    range: FrameRange,
    promised: usize,
    present: usize,
) -> Result<()> {
    let last = range
        .len
        .checked_sub(1)
        .map(|steps| range.start + steps * range.step);
    if last.is_none_or(|last| last < present) {
        return Ok(());
    }
    let error = Error::new(format!(
        "`{}` ends before frame {present}, but its header specifies {}",
        path.display(),
        counted(promised, "frame")
    ));
    let whole = present.saturating_sub(range.start).div_ceil(range.step);
    Err(match whole {
        0 => error.hint("the recording or its copy is incomplete"),
        whole => error.hint(format!("`#{{frames: {whole}}}` loads the complete ones")),
    })
}

/// The file of the given name, ignoring case.
pub(in crate::io) fn find_file(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let mut paths = files::list(folder.unwrap_or(Path::new(".")))
        .ok()?
        .into_iter();
    let same = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|other| other.to_string_lossy().to_lowercase() == name)
    };
    paths.find(|path| same(path) && path.is_file())
}

/// Samples per second from a duration such as `2.0msec`.
pub(in crate::io) fn rate(duration: &str) -> Option<f64> {
    let unit = duration
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(duration.len());
    let per_second = match duration[unit..].trim() {
        "msec" => 1e3,
        "usec" => 1e6,
        "sec" => 1.0,
        _ => return None,
    };
    let number: f64 = duration[..unit].trim().parse().ok()?;
    (number > 0.0 && number.is_finite()).then(|| per_second / number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate_and_borders_are_left_out() {
        let geometry = Geometry {
            columns: 3,
            rows: 3,
            left: 1,
            top: 1,
            width: 2,
            height: 2,
        };
        let fill = |samples: [u16; 9], bytes: &mut [u8]| {
            bytes.copy_from_slice(&samples.map(u16::to_le_bytes).concat());
            Ok(())
        };
        let background = [7, 7, 7, 7, 0, 40_000, 7, 65_535, 1];
        let frames = DifferenceFrames::new(geometry, |bytes| fill(background, bytes)).unwrap();
        let range = FrameRange {
            start: 0,
            len: 1,
            step: 1,
        };
        let difference = [9, 9, 9, 9, u16::MAX, 30_000, 9, 1, 32_768];
        let samples = frames.load(range, |_, bytes| fill(difference, bytes));
        let samples = u16::unwrap(samples.unwrap()).unwrap();
        assert_eq!(samples.as_slice().unwrap(), [0, 65_535, 65_535, 0]);
    }

    #[test]
    fn frames_beyond_the_end_are_counted() {
        let check = |start, len, step| {
            let range = FrameRange { start, len, step };
            check_range(Path::new("a"), range, 8, 5).map_err(|error| error.hints().to_vec())
        };
        assert_eq!(check(0, 5, 1), Ok(()));
        assert_eq!(check(1, 2, 3), Ok(()));
        assert_eq!(check(7, 0, 1), Ok(()));
        let hint = |n| Err(vec![format!("`#{{frames: {n}}}` loads the complete ones")]);
        assert_eq!(check(0, 8, 1), hint(5));
        assert_eq!(check(1, 3, 2), hint(2));
    }

    #[test]
    fn rates_are_those_of_durations() {
        assert_eq!(rate(" 2.00 msec"), Some(500.0));
        assert_eq!(rate("500usec"), Some(2000.0));
        assert_eq!((rate("0msec"), rate("fast"), rate("")), (None, None, None));
    }
}
