//! ImageJ's description of the first page: lines of the form `name=value`.

use super::axes::{Arrangement, MAX_CHANNELS, PageAxis};
use super::unit::Spacing;
use crate::error::Result;

/// Resolutions of printers and screens in pixels per inch: they are meaningless for the recording,
/// though ImageJ keeps them with the unit.
const DEVICES: &[f64] = &[
    72.0, 75.0, 96.0, 100.0, 120.0, 150.0, 200.0, 240.0, 300.0, 400.0, 600.0, 1200.0,
];

/// The lines of a description.
pub(super) struct ImageJ<'a>(&'a str);

impl<'a> ImageJ<'a> {
    /// The description, if ImageJ wrote it.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        text.starts_with("ImageJ=").then_some(Self(text))
    }

    /// The value of a name, with escaped non-ASCII characters (`\u00B5`) decoded.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let values = self.0.lines().filter_map(|line| line.split_once('='));
        let mut values = values.filter(|(key, _)| *key == name);
        let (_, value) = values.next()?;
        Some(unescape(value.trim()))
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.parse().ok()
    }

    fn count(&self, name: &str) -> Option<usize> {
        match self.get(name) {
            Some(text) => text.parse().ok().filter(|count| *count > 0),
            None => Some(1),
        }
    }

    /// Number of frames, if stated.
    pub(super) fn images(&self) -> Option<usize> {
        self.get("images")?.parse().ok()
    }

    /// Frames per second, with warnings.
    pub(super) fn fps(&self, warnings: &mut Vec<String>) -> Option<f64> {
        let is_rate = |fps: &f64| fps.is_finite() && *fps > 0.0;
        let unit = self.get("tunit");
        let interval = self.number("finterval").filter(is_rate);
        if let Some(interval) = interval {
            return match Spacing::time(unit.as_deref().unwrap_or("sec")) {
                Spacing::Of(seconds) => Some(1.0 / (interval * seconds)).filter(is_rate),
                Spacing::Pixels => None,
                Spacing::Unknown => {
                    warnings.push(format!(
                        "gives its frame interval in the unknown unit {:?}: its frame rate is \
                         ignored",
                        unit.unwrap_or_default()
                    ));
                    None
                }
            };
        }
        let fps = self.number("fps").filter(is_rate)?;
        warnings.push(format!(
            "only specifies that ImageJ plays it at {fps} frames per second, which is used as its \
             frame rate"
        ));
        Some(fps)
    }

    /// Height and width of a pixel in µm, from pixels per unit vertically and horizontally.
    pub(super) fn pixel_size(
        &self,
        per_unit: [f64; 2],
        warnings: &mut Vec<String>,
    ) -> Option<[f64; 2]> {
        let across = self.get("unit")?;
        let down = self.get("yunit").unwrap_or_else(|| across.clone());
        let mut size = [0.0; 2];
        for ((size, unit), per_unit) in size.iter_mut().zip([down, across]).zip(per_unit) {
            match Spacing::length(&unit) {
                Spacing::Of(25_400.0) if DEVICES.contains(&per_unit) => return None,
                Spacing::Of(micrometres) => *size = micrometres / per_unit,
                Spacing::Pixels => return None,
                Spacing::Unknown => {
                    warnings.push(format!(
                        "gives its pixel size in the unknown unit {unit:?}: it is ignored"
                    ));
                    return None;
                }
            }
        }
        Some(size)
    }

    /// Whether gray levels are calibrated to numbers other than the stored ones.
    pub(super) fn is_calibrated(&self) -> bool {
        let is = |name, plain: f64| self.number(name).is_none_or(|number| number == plain);
        !(is("c0", 0.0) && is("c1", 1.0)) && self.get("cf").is_some()
    }

    /// The arrangement of a number of pages as frames.
    pub(super) fn arrangement(
        &self,
        pages: usize,
        present: usize,
        warnings: &mut Vec<String>,
    ) -> Result<Arrangement> {
        let counts = ["channels", "slices", "frames"].map(|name| self.count(name));
        let [Some(channels), Some(slices), Some(times)] = counts else {
            return Ok(Arrangement::in_order(pages));
        };
        let frames = slices.saturating_mul(times);
        // Writers that do not use the axes write frames as channels.
        if channels > 1 && frames == 1 || channels == 1 && (slices == 1 || times == 1) {
            return Ok(Arrangement::in_order(pages));
        }
        if channels > MAX_CHANNELS || frames.checked_mul(channels) != Some(pages) {
            warnings.push(format!(
                "has {pages} pages, which are loaded as its frames, but its description specifies \
                 {channels} channels of {slices} slices at {times} times"
            ));
            return Ok(Arrangement::in_order(pages));
        }
        let axes = [
            (PageAxis::Time, times),
            (PageAxis::Slice, slices),
            (PageAxis::Channel, channels),
        ];
        Arrangement::along(&axes, present)
    }
}

/// Decodes escapes such as `\u00B5` to characters.
fn unescape(text: &str) -> String {
    let mut parts = text.split("\\u");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = part
            .get(..4)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match number.and_then(char::from_u32) {
            Some(character) => {
                out.push(character);
                out.push_str(&part[4..]);
            }
            None => {
                out.push_str("\\u");
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fps(text: &str) -> (Option<f64>, usize) {
        let mut warnings = Vec::new();
        (ImageJ::of(text).unwrap().fps(&mut warnings), warnings.len())
    }

    #[test]
    fn frame_rates_have_units() {
        assert_eq!(fps("ImageJ=1\nfinterval=0.002\n"), (Some(500.0), 0));
        assert_eq!(fps("ImageJ=1\nfinterval=2\ntunit=ms\n"), (Some(500.0), 0));
        assert_eq!(
            fps("ImageJ=1\nfinterval=2.0E-3\ntunit=sec\n"),
            (Some(500.0), 0)
        );
        assert_eq!(
            fps("ImageJ=1\nfinterval=500\ntunit=\\u00B5s\n")
                .0
                .map(f64::round),
            Some(2000.0)
        );
        assert_eq!(
            fps("ImageJ=1\nfinterval=2\ntunit=min\n"),
            (Some(1.0 / 120.0), 0)
        );
        assert_eq!(fps("ImageJ=1\nfinterval=2\ntunit=fortnight\n"), (None, 1));
        assert_eq!(fps("ImageJ=1\nfinterval=0\n"), (None, 0));
        assert_eq!(fps("ImageJ=1\nfps=25\n"), (Some(25.0), 1));
    }

    #[test]
    fn pixel_sizes_have_units_of_their_own_down_and_across() {
        let size = |text, per_unit| {
            let mut warnings = Vec::new();
            let size = ImageJ::of(text)
                .unwrap()
                .pixel_size(per_unit, &mut warnings);
            (size, warnings.len())
        };
        assert_eq!(
            size("ImageJ=1\nunit=micron\n", [0.5, 0.25]),
            (Some([2.0, 4.0]), 0)
        );
        assert_eq!(
            size("ImageJ=1\nunit=\\u00B5m\n", [0.5, 0.25]),
            (Some([2.0, 4.0]), 0)
        );
        assert_eq!(
            size("ImageJ=1\nunit=µm\nyunit=nm\n", [0.5, 0.25]),
            (Some([0.002, 4.0]), 0)
        );
        assert_eq!(size("ImageJ=1\nunit=pixel\n", [1.0, 1.0]), (None, 0));
        assert_eq!(size("ImageJ=1\nunit=inch\n", [72.0, 72.0]), (None, 0));
        assert_eq!(
            size("ImageJ=1\nunit=inch\n", [254.0, 2540.0]),
            (Some([100.0, 10.0]), 0)
        );
        assert_eq!(size("ImageJ=1\nunit=ells\n", [1.0, 1.0]), (None, 1));
        assert_eq!(size("ImageJ=1\n", [1.0, 1.0]), (None, 0));
    }

    #[test]
    fn frames_are_arranged_by_counts() {
        let found = |text, pages| {
            let mut warnings = Vec::new();
            let found = ImageJ::of(text)
                .unwrap()
                .arrangement(pages, pages, &mut warnings)
                .unwrap();
            (found.channels, found.slices, found.times, warnings.len())
        };
        assert_eq!(
            found("ImageJ=1\nchannels=2\nframes=5\n", 10),
            (Some(2), 1, 5, 0)
        );
        assert_eq!(
            found("ImageJ=1\nchannels=2\nframes=5\n", 9),
            (None, 1, 9, 1)
        );
        assert_eq!(found("ImageJ=1\nframes=5\n", 5), (None, 1, 5, 0));
        assert_eq!(found("ImageJ=1\nchannels=5\n", 5), (None, 1, 5, 0));
        assert_eq!(
            found("ImageJ=1\nchannels=8\nslices=2\n", 16),
            (None, 1, 16, 1)
        );
        assert_eq!(found("ImageJ=1\nslices=3\nframes=2\n", 6), (None, 3, 2, 0));
    }

    #[test]
    fn calibrated_gray_levels_are_noticed() {
        let is = |text| ImageJ::of(text).unwrap().is_calibrated();
        assert!(is("ImageJ=1\ncf=0\nc0=-32768\nc1=1\n"));
        assert!(!is("ImageJ=1\ncf=0\nc0=0\nc1=1.0\n") && !is("ImageJ=1\n"));
    }
}
