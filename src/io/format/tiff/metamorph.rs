//! MetaMorph stacks (STK): a single directory for all planes, which are consecutive, and custom
//! tags with the number of planes and the time of each.

use std::path::Path;

use super::directory::{Directory, TiffReader};
use super::unit::Spacing;
use crate::io::format::timing;
use crate::video::Metadata;

/// Pairs of an ID and a value, or distances of planes.
const UIC1: u16 = 33_628;
/// Six numbers per plane: distance (a fraction), and date and time of creation and of modification.
const UIC2: u16 = 33_629;
/// Wavelength of each plane, a fraction.
const UIC3: u16 = 33_630;
/// Lists for each plane.
const UIC4: u16 = 33_631;

/// IDs of the pixel size and its unit in the first tag.
const X_CALIBRATION: u64 = 4;
const Y_CALIBRATION: u64 = 5;
const CALIBRATION_UNIT: u64 = 6;

/// Maximum length of a text.
const MAX_TEXT: usize = 1 << 10;

const MILLISECONDS_OF_A_DAY: f64 = 86_400_000.0;

/// January 1, 1970 in MetaMorph's count of days.
const EPOCH: i64 = 2_440_587;

/// Content of the tags.
#[derive(Debug, Default, PartialEq)]
pub(super) struct MetaMorph {
    /// Number of planes.
    pub(super) planes: usize,
    /// Time of each plane in seconds from the first; empty if unknown.
    pub(super) times: Vec<f64>,
    /// Time of the first plane.
    pub(super) date: Option<String>,
    /// Whether planes have different wavelengths.
    pub(super) has_colors: bool,
    /// Height and width of a pixel, and the unit.
    pub(super) size: Option<([f64; 2], String)>,
}

impl MetaMorph {
    /// Reads the tags of a directory; `None` if MetaMorph did not write it.
    pub(super) fn read(reader: &TiffReader<'_>, directory: &Directory) -> Option<Self> {
        let times = directory.find(UIC2)?;
        let planes = [UIC2, UIC3, UIC4].into_iter();
        let planes = planes
            .filter_map(|tag| directory.find(tag))
            .map(|entry| entry.count)
            .max()?;
        let mut found = Self {
            planes: usize::try_from(planes).ok()?,
            ..Self::default()
        };
        if let Some(numbers) = reader.longs(times, 6) {
            found.read_times(&numbers);
        }
        if let Some(entry) = directory.find(UIC3)
            && let Some(numbers) = reader.longs(entry, 2)
        {
            let mut fractions = numbers.chunks_exact(2);
            let first = fractions.next();
            found.has_colors = fractions.any(|fraction| Some(fraction) != first);
        }
        found.size = size(reader, directory);
        Some(found)
    }

    /// Adds the content of the tags to the metadata.
    pub(super) fn describe(
        &self,
        path: &Path,
        metadata: &mut Metadata,
        warnings: &mut Vec<String>,
    ) {
        metadata.fps = timing::rate(path, metadata.fps, &self.times);
        if self.date.is_some() {
            metadata.date.clone_from(&self.date);
        }
        if self.has_colors {
            warnings
                .push("has planes of several wavelengths, which are loaded as its frames".into());
        }
        if let Some((size, name)) = &self.size {
            match Spacing::length(name) {
                Spacing::Of(micrometres) => {
                    metadata.pixel_size = Some(size.map(|size| size * micrometres));
                }
                Spacing::Pixels => {}
                Spacing::Unknown => warnings.push(format!(
                    "gives its pixel size in the unknown unit {name:?}: it is ignored"
                )),
            }
        }
    }

    fn read_times(&mut self, numbers: &[u64]) {
        let planes = numbers.chunks_exact(6);
        let since = |plane: &[u64]| plane[2] as f64 * MILLISECONDS_OF_A_DAY + plane[3] as f64;
        let Some(first) = planes.clone().next() else {
            return;
        };
        let start = since(first);
        self.times = planes
            .map(|plane| (since(plane) - start) / 1000.0)
            .collect();
        self.date = date(first[2], first[3]);
    }
}

fn size(reader: &TiffReader<'_>, directory: &Directory) -> Option<([f64; 2], String)> {
    let entry = directory.find(UIC1)?;
    let pairs = reader.longs(entry, 2)?;
    let offset = |id| {
        let mut pairs = pairs.chunks_exact(2);
        let pair = pairs.find(|pair| pair[0] == id)?;
        usize::try_from(pair[1]).ok()
    };
    let fraction = |id| {
        let at: usize = offset(id)?;
        let (above, below) = (reader.uint(at, 4)?, reader.uint(at.checked_add(4)?, 4)?);
        let size = above as f64 / below as f64;
        (size.is_finite() && size > 0.0).then_some(size)
    };
    let at: usize = offset(CALIBRATION_UNIT)?;
    let len = usize::try_from(reader.uint(at, 4)?).ok()?.min(MAX_TEXT);
    let start = at.checked_add(4)?;
    let unit = reader.bytes.get(start..start.checked_add(len)?)?;
    let unit = super::directory::text(unit);
    Some(([fraction(Y_CALIBRATION)?, fraction(X_CALIBRATION)?], unit))
}

/// A day number and a time in ms as `2020-01-31T12:00:00.000`.
fn date(day: u64, milliseconds: u64) -> Option<String> {
    // Converts days since 1970 to a date of the Gregorian calendar, after Howard Hinnant.
    let days = i64::try_from(day).ok()? - EPOCH + 719_468;
    if day < 1_721_424 || milliseconds >= MILLISECONDS_OF_A_DAY as u64 {
        return None;
    }
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let seconds = milliseconds / 1000;
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        milliseconds % 1000
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_metamorph_does() {
        let found = date(2_451_576, 54_362_783);
        assert_eq!(found.as_deref(), Some("2000-02-02T15:06:02.783"));
        assert_eq!(
            date(2_440_587, 0).as_deref(),
            Some("1970-01-01T00:00:00.000")
        );
        assert_eq!((date(0, 0), date(u64::MAX, 0)), (None, None));
    }

    #[test]
    fn times_go_on_after_midnight() {
        let mut found = MetaMorph::default();
        let planes = [
            [0, 1, 2_451_576, 86_399_500, 0, 0],
            [0, 1, 2_451_577, 500, 0, 0],
        ];
        found.read_times(planes.as_flattened());
        assert_eq!(found.times, [0.0, 1.0]);
    }
}
