//! The text header of a recording: sizes, file names, and camera settings.

use crate::bail;
use crate::error::Result;
use crate::io::format::camera::{Geometry, rate};
use crate::io::format::date;
use crate::io::format::text_header::TextHeader;
use crate::video::Metadata;

/// Width of a stored row, and number of columns before and after the image, for headers that do not
/// state them: those of the only known sensor.
const SENSOR: Geometry = Geometry {
    columns: 128,
    rows: 100,
    left: 20,
    top: 0,
    width: 100,
    height: 100,
};

/// Fields of the header.
#[derive(Debug, Default, PartialEq)]
pub(super) struct UltimaHeader {
    fields: TextHeader,
    pub(super) files: Vec<String>,
    is_ultima_exp: bool,
}

impl AsRef<TextHeader> for UltimaHeader {
    fn as_ref(&self) -> &TextHeader {
        &self.fields
    }
}

impl UltimaHeader {
    /// Reads `name=value` lines, some of which have several entries separated by slashes, then the
    /// names of the files.
    pub(super) fn parse(text: &str) -> Self {
        let mut header = Self {
            is_ultima_exp: text.starts_with("//UltimaExp"),
            ..Self::default()
        };
        let mut lines = text.lines().map(str::trim);
        for line in lines.by_ref().take_while(|line| *line != "Data-File-List") {
            let several: Vec<&str> = line.split('/').filter(|entry| !entry.is_empty()).collect();
            let entries = match several.iter().all(|entry| entry.contains('=')) {
                true => several,
                false => vec![line],
            };
            for (name, value) in entries.iter().filter_map(|entry| entry.split_once('=')) {
                header.fields.add(name, value);
            }
        }
        header.files = lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        header
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<usize>> {
        self.fields.number(name)
    }

    /// Geometry of stored frames. The newer header states the width of a row in bytes and no
    /// columns to skip; there the size of the background frame confirms that it is the known
    /// sensor.
    pub(super) fn geometry(&self, background_bytes: u64) -> Result<Geometry> {
        if let (Some(columns), Some(rows)) = (self.number("x")?, self.number("y")?) {
            let (left, right) = (self.fields.required("lskp")?, self.fields.required("rskp")?);
            let geometry = Geometry {
                left,
                width: columns.saturating_sub(left.saturating_add(right)),
                ..Geometry::whole(columns, rows)
            };
            return geometry.check();
        }
        match (self.number("DataXsize")?, self.number("DataYsize")?) {
            (Some(256), Some(100)) if background_bytes == SENSOR.frame_bytes() => Ok(SENSOR),
            (Some(columns), Some(rows)) => bail!(
                "the arrangement of {columns}×{rows} values per frame (`DataXsize`, `DataYsize`) \
                 and a background of {background_bytes} bytes is unknown"
            ),
            _ => bail!("its header does not specify the size of a frame"),
        }
    }

    /// Whether frames may alternate between two cameras: the programs named UltimaExp wrote the
    /// frames of two cameras into one recording.
    pub(super) fn alternates(&self) -> bool {
        self.is_ultima_exp
            && self
                .fields
                .field("dual_cam")
                .is_some_and(|mode| mode != "0")
    }

    pub(super) fn metadata(&self) -> Metadata {
        let date = self.fields.field("acquisition_date");
        let comment = self
            .fields
            .field("cmnt")
            .filter(|comment| !comment.is_empty());
        let mut metadata = Metadata {
            fps: self.fields.field("sample_time").and_then(rate),
            date: date.map(|date| date::year_first(date).unwrap_or_else(|| date.to_owned())),
            comment: comment.map(str::to_owned),
            ..Metadata::default()
        };
        self.fields.copy_to(&mut metadata);
        metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_header_is_read_where_the_sensor_is_known() {
        let header =
            UltimaHeader::parse("//MC05\nDataXsize= 256\nDataYsize= 100\nframe_number=1024\n");
        assert_eq!(header.geometry(25_600).unwrap(), SENSOR);
        assert!(header.geometry(51_200).is_err());
        assert!(UltimaHeader::parse("x=4/y=2").geometry(16).is_err());
    }

    #[test]
    fn two_cameras_are_noticed() {
        let alternates = |text: &str| UltimaHeader::parse(text).alternates();
        assert!(alternates("//UltimaExp-Dual version 1111\ndual_cam=4\n"));
        assert!(!alternates("//UltimaExp-Dual version 1111\ndual_cam=0\n"));
        assert!(!alternates("//MC05 UltimaAcq version 1505\ndual_cam=3\n"));
    }
}
