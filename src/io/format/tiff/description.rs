//! The description of the first page, as written by the programs that save TIFF stacks.

use serde_json::{Map, Value};

use super::axes::{Arrangement, PageAxis};
use super::directory::{Directory, TiffReader};
use super::imagej::ImageJ;
use super::page::{
    DATE, DESCRIPTION, HISTORY, PageShape, RESOLUTION_UNIT, SOFTWARE, X_RESOLUTION, Y_RESOLUTION,
};
use super::tag::resolution_unit;
use crate::error::{Error, Result};
use crate::history;
use crate::video::{Metadata, shape_text};

/// The texts of the first page.
#[derive(Debug, Default)]
pub(super) struct TiffDescription {
    text: String,
    /// tifffile's description in JSON.
    json: Map<String, Value>,
    date: Option<String>,
    software: Option<String>,
    /// Script that made the file.
    history: Option<String>,
    /// Pixels per unit, vertical and horizontal, and the number of the unit.
    resolution: Option<([f64; 2], u64)>,
}

impl TiffDescription {
    /// Reads the texts of a directory.
    pub(super) fn read(reader: &TiffReader<'_>, directory: &Directory) -> Self {
        let text = |tag| directory.find(tag).and_then(|entry| reader.text(entry));
        Self {
            date: text(DATE),
            software: text(SOFTWARE),
            history: text(HISTORY).filter(|text| text.starts_with(history::BEGINNING)),
            resolution: resolution(reader, directory),
            ..Self::of(&text(DESCRIPTION).unwrap_or_default())
        }
    }

    /// A description that consists of a text only.
    pub(super) fn of(text: &str) -> Self {
        Self {
            text: text.into(),
            json: serde_json::from_str(text).unwrap_or_default(),
            ..Self::default()
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn imagej(&self) -> Option<ImageJ<'_>> {
        ImageJ::of(&self.text)
    }

    /// Whether it describes the pages.
    pub(super) fn tells_of_pages(&self) -> bool {
        super::ome::is_ome(&self.text) || self.imagej().is_some_and(|text| text.images().is_some())
    }

    /// Number of frames of the given shape in the only page, if there is more than one.
    pub(super) fn frames(&self, shape: PageShape) -> Option<usize> {
        let frames = match self.shape() {
            Some(lens) => {
                let samples = lens.iter().try_fold(1usize, |n, &len| n.checked_mul(len))?;
                samples
                    .is_multiple_of(shape.len())
                    .then(|| samples / shape.len())
            }
            None => self.imagej()?.images(),
        };
        frames.filter(|frames| *frames > 1)
    }

    /// Whether the planes of a page are frames: tifffile saves a video of three or four frames as
    /// an image with that number of channels.
    pub(super) fn has_planes_as_frames(&self, shape: PageShape) -> bool {
        let planes = [shape.channels, shape.height, shape.width];
        let are_channels = self.axes().is_some_and(|axes| axes.starts_with(['C', 'S']));
        shape.planar && self.shape().as_deref() == Some(&planes) && !are_channels
    }

    /// How a number of pages, some of which may be missing, form frames, with warnings.
    pub(super) fn arrangement(
        &self,
        pages: usize,
        present: usize,
        shape: PageShape,
        warnings: &mut Vec<String>,
    ) -> Result<Arrangement> {
        if let Some(lens) = self.shape() {
            return self.along_axes(&lens, pages, present, shape, warnings);
        }
        match self.imagej() {
            Some(imagej) if shape.channels == 1 => imagej.arrangement(pages, present, warnings),
            _ => Ok(Arrangement::in_order(pages)),
        }
    }

    fn along_axes(
        &self,
        lens: &[usize],
        pages: usize,
        present: usize,
        shape: PageShape,
        warnings: &mut Vec<String>,
    ) -> Result<Arrangement> {
        let PageShape {
            height,
            width,
            channels,
            ..
        } = shape;
        let own: &[&[usize]] = match channels {
            1 => &[&[height, width], &[height, width, 1]],
            _ if shape.planar => &[&[channels, height, width]],
            _ => &[&[height, width, channels]],
        };
        let count = |lens: &[usize]| lens.iter().try_fold(1usize, |n, len| n.checked_mul(*len));
        let lead = own.iter().find_map(|own| lens.strip_suffix(*own));
        let lead = lead.filter(|lead| count(lead) == Some(pages));
        let axes = self
            .axes()
            .filter(|axes| axes.chars().count() == lens.len());
        let Some(lead) = lead else {
            // Several series in one file have a description each, and may belong to one recording.
            if lens.len() > 3 || axes.is_some_and(|axes| axes.contains('C')) {
                warnings.push(format!(
                    "has {pages} pages, which are loaded as its frames, but its description \
                     specifies the shape {}",
                    shape_text(lens)
                ));
            }
            return Ok(Arrangement::in_order(pages));
        };
        let Some(axes) = axes else {
            if lead.iter().filter(|len| **len > 1).count() > 1 {
                warnings.push(format!(
                    "has the shape {} without axis names: all planes are loaded as its frames",
                    shape_text(lens)
                ));
            }
            return Ok(Arrangement::in_order(pages));
        };
        let (names, own): (String, String) = (
            axes.chars().take(lead.len()).collect(),
            axes.chars().skip(lead.len()).collect(),
        );
        let is_picture = own.replace(['C', 'S', 'Q'], "") == "YX";
        if !is_picture {
            let error = Error::new(format!(
                "its axes are {axes}, but each page must have the axes Y and X"
            ));
            return Err(error.hint("save it with axes such as TYX or TCYX"));
        }
        if channels > 1 && names.contains('C') {
            warnings.push(format!(
                "has the axes {axes}: its pages, which also have channels, are loaded as its frames"
            ));
            return Ok(Arrangement::in_order(pages));
        }
        let axes: Vec<_> = names
            .chars()
            .map(PageAxis::named)
            .zip(lead.iter().copied())
            .collect();
        Arrangement::along(&axes, present)
    }

    /// The fields, and the frame rate.
    pub(super) fn metadata(&self, warnings: &mut Vec<String>) -> Metadata {
        let imagej = self.imagej();
        if imagej.as_ref().is_some_and(ImageJ::is_calibrated) {
            warnings.push(
                "has calibrated gray levels: its samples are loaded as they are stored, not as ImageJ shows them".into(),
            );
        }
        let mut metadata = Metadata {
            fps: match &imagej {
                Some(imagej) => imagej.fps(warnings),
                None => self.json.get("fps").and_then(Value::as_f64),
            }
            .filter(|fps| fps.is_finite() && *fps > 0.0),
            pixel_size: self.pixel_size(warnings),
            date: self
                .date
                .as_deref()
                .filter(|date| !date.is_empty())
                .map(iso_date),
            comment: self.comment(),
            provenance: self.history.as_deref().map(Into::into),
            ..Metadata::default()
        };
        let fields = [
            ("description", Some(&self.text)),
            ("software", self.software.as_ref()),
        ];
        for (name, text) in fields {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                metadata.set(name, text.clone());
            }
        }
        metadata
    }

    /// The comment written by [`comment_line`] or in the JSON of a writer.
    fn comment(&self) -> Option<String> {
        let line = self.imagej().and_then(|imagej| imagej.get("comment"));
        let line = line.map(|text| text.replace("\\n", "\n"));
        line.or_else(|| self.json.get("comment")?.as_str().map(str::to_owned))
    }

    /// Height and width of a pixel in µm, if the unit of length is used in microscopy: printers use
    /// inches, which are meaningless for the recording.
    fn pixel_size(&self, warnings: &mut Vec<String>) -> Option<[f64; 2]> {
        let (per_unit, code) = self.resolution?;
        let size = match self.imagej() {
            Some(imagej) if imagej.get("unit").is_some() => {
                imagej.pixel_size(per_unit, warnings)?
            }
            _ => {
                let unit = match code {
                    resolution_unit::CENTIMETER => 1e4,
                    resolution_unit::MILLIMETER => 1e3,
                    resolution_unit::MICROMETER => 1.0,
                    _ => return None,
                };
                per_unit.map(|per_unit| unit / per_unit)
            }
        };
        size.iter()
            .all(|size| size.is_finite() && *size > 0.0)
            .then_some(size)
    }

    /// The shape as written by tifffile: `{"shape": [10, 20, 30]}`.
    fn shape(&self) -> Option<Vec<usize>> {
        let lens = self.json.get("shape")?.as_array()?.iter();
        lens.map(|len| usize::try_from(len.as_u64()?).ok())
            .collect()
    }

    /// The names of the axes as written by tifffile: `{"axes": "TYX"}`.
    fn axes(&self) -> Option<&str> {
        self.json.get("axes")?.as_str()
    }
}

/// A comment in ImageJ's description, which has a line for each key; ImageJ ignores unknown keys.
pub(super) fn comment_line(comment: &str) -> String {
    format!(
        "comment={}\n",
        comment.replace('\r', "").replace('\n', "\\n")
    )
}

/// `2020-01-31T12:00:00` as `2020:01:31 12:00:00`, the format of TIFF; `None` for other dates.
pub(super) fn tiff_date(iso: &str) -> Option<String> {
    let (day, time) = iso.split_once('T')?;
    let time = time.get(..8)?;
    let is_date = day.len() == 10 && day.matches('-').count() == 2;
    (is_date && time.matches(':').count() == 2).then(|| format!("{} {time}", day.replace('-', ":")))
}

fn resolution(reader: &TiffReader<'_>, directory: &Directory) -> Option<([f64; 2], u64)> {
    let fraction = |tag| reader.fraction(directory.find(tag)?);
    let unit = directory.find(RESOLUTION_UNIT);
    let unit = unit.and_then(|entry| reader.first_uint(entry));
    Some((
        [fraction(Y_RESOLUTION)?, fraction(X_RESOLUTION)?],
        unit.unwrap_or(2),
    ))
}

/// `2020:01:31 12:00:00` as `2020-01-31T12:00:00`; other texts unchanged.
fn iso_date(text: &str) -> String {
    match text.split_once(' ') {
        Some((day, time)) if day.len() == 10 && day.matches(':').count() == 2 => {
            format!("{}T{time}", day.replace(':', "-"))
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::bytes::samples::Encoding;
    use crate::video::DType;

    #[test]
    fn frame_rates_come_from_either_writer() {
        let fps = |text| TiffDescription::of(text).metadata(&mut Vec::new()).fps;
        assert_eq!(fps("ImageJ=1.53\nimages=3\nfinterval=0.002\n"), Some(500.0));
        assert_eq!(fps("{\"shape\": [3, 4], \"fps\": 250.5}"), Some(250.5));
        assert_eq!(fps("ImageJ=1.53\nfinterval=0\n"), None);
        assert_eq!(fps("fps = 3"), None);
    }

    #[test]
    fn pixel_sizes_are_micrometres() {
        let size = |text: &str, code| {
            let resolution = Some(([0.5, 0.25], code));
            TiffDescription {
                resolution,
                ..TiffDescription::of(text)
            }
            .pixel_size(&mut Vec::new())
        };
        assert_eq!(size("ImageJ=1.53\nunit=micron\n", 1), Some([2.0, 4.0]));
        assert_eq!(size("", 3), Some([20_000.0, 40_000.0]));
        assert_eq!(size("", 4), Some([2000.0, 4000.0]));
        assert_eq!(size("", 2), None);
    }

    #[test]
    fn axes_of_tifffile_are_obeyed() {
        let shape = |channels, planar| PageShape {
            height: 4,
            width: 5,
            channels,
            bits: 16,
            planar,
            encoding: Encoding {
                dtype: DType::U16,
                half: false,
                swapped: false,
            },
        };
        let found = |lens: &str, axes: &str, pages, shape| {
            let text = match axes {
                "" => format!("{{\"shape\": {lens}}}"),
                axes => format!("{{\"shape\": {lens}, \"axes\": \"{axes}\"}}"),
            };
            let mut warnings = Vec::new();
            let found = TiffDescription::of(&text).arrangement(pages, pages, shape, &mut warnings);
            found.map(|found| (found.channels, warnings.len())).ok()
        };
        let gray = shape(1, false);
        assert_eq!(found("[3, 2, 4, 5]", "TCYX", 6, gray), Some((Some(2), 0)));
        assert_eq!(
            found("[2, 3, 2, 4, 5]", "TZCYX", 12, gray),
            Some((Some(2), 0))
        );
        assert_eq!(found("[3, 4, 5]", "QYX", 3, gray), Some((None, 0)));
        assert_eq!(found("[3, 4, 5, 1]", "TYXC", 3, gray), Some((None, 0)));
        assert_eq!(found("[9, 4, 5]", "CYX", 9, gray), Some((Some(9), 0)));
        assert_eq!(found("[3, 2, 4, 5]", "", 6, gray), Some((None, 1)));
        assert_eq!(found("[3, 2, 4, 5]", "TCYX", 12, gray), Some((None, 1)));
        assert_eq!(found("[3, 4, 5]", "TYX", 6, gray), Some((None, 0)));
        assert_eq!(found("[3, 4, 5]", "YXT", 3, gray), None);
        assert_eq!(
            found("[3, 4, 5, 3]", "TYXS", 3, shape(3, false)),
            Some((None, 0))
        );
        assert_eq!(
            found("[6, 3, 4, 5]", "TCYX", 6, shape(3, true)),
            Some((None, 0))
        );
        let planes = |axes: &str| {
            let text = format!("{{\"shape\": [3, 4, 5]{axes}}}");
            TiffDescription::of(&text).has_planes_as_frames(shape(3, true))
        };
        assert!(planes("") && planes(", \"axes\": \"TYX\""));
        assert!(!planes(", \"axes\": \"CYX\""));
    }

    #[test]
    fn dates_are_iso() {
        assert_eq!(iso_date("2020:01:31 12:00:00"), "2020-01-31T12:00:00");
        assert_eq!(iso_date("yesterday"), "yesterday");
        let back = tiff_date("2020-01-31T12:00:00.25+01:00");
        assert_eq!(back.as_deref(), Some("2020:01:31 12:00:00"));
        assert_eq!(
            (tiff_date("31.1.2020"), tiff_date("2020-01-31")),
            (None, None)
        );
    }
}
