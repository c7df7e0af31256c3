//! What the writers of TIFF stacks say in the description of the first page.

use super::directory::{Directory, Reader};
use super::page::{DATE, DESCRIPTION, SOFTWARE, Shape, X_RESOLUTION, Y_RESOLUTION};
use crate::video::Metadata;

/// The texts of the first page.
#[derive(Debug, Default)]
pub(super) struct Description {
    text: String,
    date: Option<String>,
    software: Option<String>,
    /// How many pixels there are in a unit of length, down and across.
    resolution: [Option<f64>; 2],
}

impl Description {
    /// Reads the texts of a directory.
    pub(super) fn read(reader: &Reader<'_>, directory: &Directory) -> Self {
        let text = |tag| directory.find(tag).and_then(|entry| reader.text(entry));
        Self {
            text: text(DESCRIPTION).unwrap_or_default(),
            date: text(DATE),
            software: text(SOFTWARE),
            resolution: [Y_RESOLUTION, X_RESOLUTION].map(|tag| {
                let entry = directory.find(tag)?;
                reader.fraction(entry)
            }),
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
            pixel_size: self.pixel_size(self.resolution),
            ..Metadata::default()
        };
        let fields = [
            ("description", Some(&self.text)),
            ("date", self.date.as_ref()),
            ("software", self.software.as_ref()),
        ];
        for (name, text) in fields {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                metadata.set(
                    name,
                    if name == "date" {
                        iso_date(text)
                    } else {
                        text.clone()
                    },
                );
            }
        }
        metadata
    }

    fn fps(&self) -> Option<f64> {
        let number = |text: Option<&str>| text?.trim().parse::<f64>().ok();
        let interval =
            number(self.imagej("finterval")).map(|interval| match self.imagej("tunit") {
                Some("ms" | "msec") => 1000.0 / interval,
                _ => 1.0 / interval,
            });
        let fps = interval.or_else(|| number(self.json("fps")));
        let fps = fps.or_else(|| self.ome_fps());
        fps.filter(|fps| fps.is_finite() && *fps > 0.0)
    }

    /// The shape that tifffile writes: `{"shape": [10, 20, 30]}`.
    fn shape(&self) -> Option<Vec<usize>> {
        let list = self.json("shape")?.strip_prefix('[')?;
        let lens = list.split(']').next()?.split(',');
        lens.map(|len| len.trim().parse().ok()).collect()
    }

    /// What follows a key of a JSON object.
    fn json(&self, key: &str) -> Option<&str> {
        let object = self.text.strip_prefix('{')?;
        let (_, value) = object.split_once(&format!("\"{key}\""))?;
        let value = value.trim_start().strip_prefix(':')?.trim_start();
        Some(match value.starts_with('[') {
            true => value,
            false => value.split([',', '}']).next().unwrap_or_default(),
        })
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
    fn dates_are_iso() {
        assert_eq!(iso_date("2020:01:31 12:00:00"), "2020-01-31T12:00:00");
        assert_eq!(iso_date("yesterday"), "yesterday");
    }
}
