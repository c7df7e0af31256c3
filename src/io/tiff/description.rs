//! What the writers of TIFF stacks say in the description of the first page.

use serde_json::Value;

use super::directory::{Directory, Reader};
use super::page::{
    DATE, DESCRIPTION, RESOLUTION_UNIT, SOFTWARE, Shape, X_RESOLUTION, Y_RESOLUTION,
};
use crate::video::Metadata;

/// The texts of the first page.
#[derive(Debug, Default)]
pub(super) struct Description {
    text: String,
    date: Option<String>,
    software: Option<String>,
    /// Pixels per unit, down and across, and the number of the unit.
    resolution: Option<([f64; 2], u64)>,
}

impl Description {
    /// Reads the texts of a directory.
    pub(super) fn read(reader: &Reader<'_>, directory: &Directory) -> Self {
        let text = |tag| directory.find(tag).and_then(|entry| reader.text(entry));
        Self {
            text: text(DESCRIPTION).unwrap_or_default(),
            date: text(DATE),
            software: text(SOFTWARE),
            resolution: resolution(reader, directory),
        }
    }

    /// A description that is only a text.
    #[cfg(test)]
    pub(super) fn of(text: &str) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How many frames of the given shape the one page stands for, if it is more than one.
    pub(super) fn frames(&self, shape: Shape) -> Option<usize> {
        let frames = match self.shape() {
            Some(lens) => {
                let samples = lens.iter().try_fold(1usize, |n, &len| n.checked_mul(len))?;
                samples
                    .is_multiple_of(shape.len())
                    .then(|| samples / shape.len())
            }
            None => self.imagej("images").and_then(|images| images.parse().ok()),
        };
        frames.filter(|frames| *frames > 1)
    }

    /// Whether the planes of a page are frames: tifffile takes a video of three or four frames for
    /// a picture with so many channels.
    pub(super) fn has_planes_as_frames(&self, shape: Shape) -> bool {
        let planes = [shape.channels, shape.height, shape.width];
        shape.planar && self.shape().as_deref() == Some(&planes)
    }

    /// The fields, and the frame rate.
    pub(super) fn metadata(&self) -> Metadata {
        let mut metadata = Metadata {
            fps: self.fps(),
            pixel_size: self.pixel_size().or_else(|| self.ome_pixel_size()),
            date: self
                .date
                .as_deref()
                .filter(|date| !date.is_empty())
                .map(iso_date),
            comment: self.comment(),
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

    /// What [`comment_line`] or the JSON of a writer says.
    fn comment(&self) -> Option<String> {
        let line = self.imagej("comment").map(|text| text.replace("\\n", "\n"));
        line.or_else(|| self.json("comment")?.as_str().map(str::to_owned))
    }

    fn fps(&self) -> Option<f64> {
        let number = |text: Option<&str>| text?.trim().parse::<f64>().ok();
        let interval =
            number(self.imagej("finterval")).map(|interval| match self.imagej("tunit") {
                Some("ms" | "msec") => 1000.0 / interval,
                _ => 1.0 / interval,
            });
        let fps = interval.or_else(|| self.json("fps")?.as_f64());
        let fps = fps.or_else(|| self.ome_fps());
        fps.filter(|fps| fps.is_finite() && *fps > 0.0)
    }

    /// Height and width of a pixel in µm, where the unit of length is one of microscopes: printers
    /// have inches, which say nothing about what was recorded.
    fn pixel_size(&self) -> Option<[f64; 2]> {
        let (per_unit, code) = self.resolution?;
        let unit = match self.imagej("unit") {
            Some("micron" | "um" | "µm" | "μm" | "\\u00B5m") => 1.0,
            Some("nm") => 1e-3,
            Some("mm") => 1e3,
            Some("cm") => 1e4,
            Some(_) => return None,
            None if code == 3 => 1e4,
            None => return None,
        };
        let size = per_unit.map(|per_unit| unit / per_unit);
        size.iter()
            .all(|size| size.is_finite() && *size > 0.0)
            .then_some(size)
    }

    /// The shape that tifffile writes: `{"shape": [10, 20, 30]}`.
    fn shape(&self) -> Option<Vec<usize>> {
        let lens = self.json("shape")?;
        let lens = lens.as_array()?.iter();
        lens.map(|len| usize::try_from(len.as_u64()?).ok())
            .collect()
    }

    /// The value of a key in a description that is a JSON object.
    fn json(&self, key: &str) -> Option<Value> {
        let mut object: Value = serde_json::from_str(&self.text).ok()?;
        object.get_mut(key).map(Value::take)
    }

    /// The value of a key in ImageJ's description.
    pub(super) fn imagej(&self, key: &str) -> Option<&str> {
        if !self.text.starts_with("ImageJ=") {
            return None;
        }
        let entry = |line: &'_ str| line.split_once('=').is_some_and(|(name, _)| name == key);
        let line = self.text.lines().find(|line| entry(line))?;
        Some(line[key.len() + 1..].trim())
    }
}

/// A comment in ImageJ's description, which has a line for each key; ImageJ passes over those that
/// it does not know.
pub(super) fn comment_line(comment: &str) -> String {
    format!(
        "comment={}\n",
        comment.replace('\r', "").replace('\n', "\\n")
    )
}

/// `2020-01-31T12:00:00` as `2020:01:31 12:00:00`, the form that TIFF knows; other dates have none.
pub(super) fn tiff_date(iso: &str) -> Option<String> {
    let (day, time) = iso.split_once('T')?;
    let time = time.get(..8)?;
    let is_date = day.len() == 10 && day.matches('-').count() == 2;
    (is_date && time.matches(':').count() == 2).then(|| format!("{} {time}", day.replace('-', ":")))
}

fn resolution(reader: &Reader<'_>, directory: &Directory) -> Option<([f64; 2], u64)> {
    let fraction = |tag| reader.fraction(directory.find(tag)?);
    let unit = directory.find(RESOLUTION_UNIT);
    let unit = unit.and_then(|entry| reader.first_uint(entry));
    Some((
        [fraction(Y_RESOLUTION)?, fraction(X_RESOLUTION)?],
        unit.unwrap_or(2),
    ))
}

/// `2020:01:31 12:00:00` as `2020-01-31T12:00:00`; what looks otherwise as it is.
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

    #[test]
    fn frame_rates_come_from_either_writer() {
        let fps = |text| Description::of(text).fps();
        assert_eq!(fps("ImageJ=1.53\nimages=3\nfinterval=0.002\n"), Some(500.0));
        assert_eq!(fps("ImageJ=1.53\nfinterval=2\ntunit=ms\n"), Some(500.0));
        assert_eq!(fps("{\"shape\": [3, 4], \"fps\": 250.5}"), Some(250.5));
        assert_eq!(fps("ImageJ=1.53\nfinterval=0\n"), None);
        assert_eq!(fps("fps = 3"), None);
    }

    #[test]
    fn pixel_sizes_are_micrometres() {
        let size = |text: &str, code| {
            let resolution = Some(([0.5, 0.25], code));
            Description {
                resolution,
                ..Description::of(text)
            }
            .pixel_size()
        };
        assert_eq!(size("ImageJ=1.53\nunit=micron\n", 1), Some([2.0, 4.0]));
        assert_eq!(size("ImageJ=1.53\nunit=mm\n", 1), Some([2000.0, 4000.0]));
        assert_eq!(size("", 3), Some([20_000.0, 40_000.0]));
        assert_eq!(
            (size("", 2), size("ImageJ=1\nunit=inch\n", 1)),
            (None, None)
        );
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
