//! The text header of a recording: sizes, names of files, and what was set at the camera.

use crate::bail;
use crate::error::{Error, Result};
use crate::video::Metadata;

/// How wide a stored row is, and how many columns before and after the picture it has, in headers
/// that do not say so: those of the one sensor there is.
const SENSOR: Geometry = Geometry {
    columns: 128,
    rows: 100,
    left: 20,
    right: 8,
};

/// What the text of the header says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Header {
    pub(super) fields: Vec<(String, String)>,
    pub(super) files: Vec<String>,
}

/// How a frame is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Geometry {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) left: usize,
    pub(super) right: usize,
}

impl Geometry {
    pub(super) fn width(&self) -> usize {
        self.columns - self.left - self.right
    }

    pub(super) fn frame_bytes(&self) -> u64 {
        2 * (self.columns * self.rows) as u64
    }

    /// The bytes of each sample of the picture in a stored frame.
    pub(super) fn picture<'a>(&self, stored: &'a [u8]) -> impl Iterator<Item = [u8; 2]> + 'a {
        let (left, right) = (2 * self.left, 2 * (self.columns - self.right));
        let rows = stored.chunks_exact(2 * self.columns);
        rows.flat_map(move |row| row[left..right].as_chunks().0.iter().copied())
    }
}

impl Header {
    /// Reads `name=value` lines, of which some have several entries between slashes, then the
    /// names of the files.
    pub(super) fn parse(text: &str) -> Self {
        let mut header = Self::default();
        let mut lines = text.lines().map(str::trim);
        for line in lines.by_ref().take_while(|line| *line != "Data-File-List") {
            let several: Vec<&str> = line.split('/').filter(|entry| !entry.is_empty()).collect();
            let entries = match several.iter().all(|entry| entry.contains('=')) {
                true => several,
                false => vec![line],
            };
            for (name, value) in entries.iter().filter_map(|entry| entry.split_once('=')) {
                let entry = (name.trim().to_owned(), value.trim().to_owned());
                header.fields.push(entry);
            }
        }
        header.files = lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        header
    }

    fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<usize>> {
        let Some(text) = self.field(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => bail!("its header has `{name}={text}`, which is not a whole number"),
        }
    }

    fn required(&self, name: &str) -> Result<usize> {
        let number = self.number(name)?;
        number.ok_or_else(|| Error::new(format!("its header has no `{name}`")))
    }

    /// How frames are stored. The newer header gives the width of a row in bytes and no columns to
    /// skip; there the size of the background frame confirms that it is the known sensor.
    pub(super) fn geometry(&self, background_bytes: u64) -> Result<Geometry> {
        let geometry = match (self.number("x")?, self.number("y")?) {
            (Some(columns), Some(rows)) => Geometry {
                columns,
                rows,
                left: self.required("lskp")?,
                right: self.required("rskp")?,
            },
            _ => match (self.number("DataXsize")?, self.number("DataYsize")?) {
                (Some(256), Some(100)) if background_bytes == SENSOR.frame_bytes() => SENSOR,
                (Some(columns), Some(rows)) => bail!(
                    "how {columns}×{rows} values per frame (`DataXsize`, `DataYsize`) and a \
                     background of {background_bytes} bytes are arranged is not known"
                ),
                _ => bail!("its header does not say how large a frame is"),
            },
        };
        let skipped = geometry.left.checked_add(geometry.right);
        let sensible = geometry.columns <= 1 << 16 && (1..=1 << 16).contains(&geometry.rows);
        if !sensible || skipped.is_none_or(|skipped| skipped >= geometry.columns) {
            bail!("its header describes frames without pixels or of an impossible size");
        }
        Ok(geometry)
    }

    pub(super) fn metadata(&self) -> Metadata {
        let mut metadata = Metadata {
            fps: self.field("sample_time").and_then(rate),
            ..Metadata::default()
        };
        for (name, value) in &self.fields {
            metadata.set(name, value.as_str());
        }
        if let Some(date) = self.field("acquisition_date") {
            metadata.set("date", iso_date(date));
        }
        metadata
    }
}

/// Samples per second from a duration such as `2.0msec`.
fn rate(duration: &str) -> Option<f64> {
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

/// `2018/02/14 15:22:04` as `2018-02-14T15:22:04`; what looks otherwise as it is.
fn iso_date(text: &str) -> String {
    match text.split_once(' ') {
        Some((day, time)) if day.len() == 10 && day.matches('/').count() == 2 => {
            format!("{}T{}", day.replace('/', "-"), time.trim())
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dates_are_changed() {
        assert_eq!(iso_date("2024/09/02 11:22:33"), "2024-09-02T11:22:33");
        assert_eq!(iso_date("bad date"), "bad date");
    }

    #[test]
    fn the_newer_header_is_read_where_the_sensor_is_known() {
        let header = Header::parse("//MC05\nDataXsize= 256\nDataYsize= 100\nframe_number=1024\n");
        assert_eq!(header.geometry(25_600).unwrap(), SENSOR);
        assert!(header.geometry(51_200).is_err());
        assert!(Header::parse("x=4/y=2").geometry(16).is_err());
    }
}
