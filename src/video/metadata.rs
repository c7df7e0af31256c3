//! What is known about a recording besides its samples.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::task;

/// What is known about a recording; it travels with the video through crops and filters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Frames per second.
    pub fps: Option<f64>,
    /// Height and width of a pixel, µm.
    pub pixel_size: Option<[f64; 2]>,
    /// Row and column of the first pixel in the frames before they were cropped.
    pub origin: Option<[i64; 2]>,
    /// When it was recorded, ISO 8601 if the file's format tells day from month.
    pub date: Option<String>,
    /// What the experimenter wrote about it.
    pub comment: Option<String>,
    /// The file the samples come from.
    pub source: Option<PathBuf>,
    /// The format's own fields, by the names the format gives them.
    pub fields: BTreeMap<String, Field>,
}

/// The smallest and the largest pixel that a microscope or a lens gives, µm.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 0.05..=10_000.0;

/// Warns of a size of pixels that no recording has, such as one in another unit than µm.
pub fn warn_of_pixel_size(size: &[f64]) {
    if let Some(size) = size.iter().find(|size| !PLAUSIBLE.contains(size)) {
        let size = super::number_text(*size);
        task::warn(&format!(
            "a pixel size of {size} µm is implausible; `pixel_size` is the length of a side of a pixel in µm"
        ));
    }
}

/// The value of a metadata field.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Text, dates included (ISO 8601).
    Text(String),
    /// Several of them.
    List(Vec<Field>),
}

impl Metadata {
    /// Sets a field of the format.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Field>) {
        self.fields.insert(name.into(), value.into());
    }

    /// What is known if only every `step`-th frame is taken.
    pub fn take_every(&mut self, step: usize) {
        self.fps = self.fps.map(|fps| fps / step as f64);
    }

    /// What is known of frames whose height and width are multiplied by the factors.
    pub fn resize(&mut self, [rows, cols]: [f64; 2]) {
        if let Some([height, width]) = &mut self.pixel_size {
            *height /= rows;
            *width /= cols;
        }
        self.origin = None;
    }

    /// What is known of frames without the pixels before a row and a column.
    pub fn crop(&mut self, [row, col]: [usize; 2]) {
        let [y, x] = self.origin.unwrap_or_default();
        self.origin = Some([y + row as i64, x + col as i64]);
    }

    /// What is known of frames whose rows became columns.
    pub fn transpose(&mut self) {
        if let Some(size) = &mut self.pixel_size {
            size.reverse();
        }
    }

    /// All fields, the general ones (`fps`, `pixel_size`, …) included if known.
    pub fn all_fields(&self) -> BTreeMap<String, Field> {
        let mut fields = self.fields.clone();
        let source = self.source.as_ref().map(|path| path.display().to_string());
        let general = [
            ("fps", self.fps.map(Field::Float)),
            ("pixel_size", self.pixel_size.map(Field::list)),
            ("origin", self.origin.map(Field::list)),
            ("date", self.date.clone().map(Field::Text)),
            ("comment", self.comment.clone().map(Field::Text)),
            ("source", source.map(Field::Text)),
        ];
        for (name, value) in general {
            if let Some(value) = value {
                fields.insert(name.into(), value);
            }
        }
        fields
    }
}

impl Field {
    /// A list of values.
    pub fn list<T: Into<Field>>(values: impl IntoIterator<Item = T>) -> Self {
        Field::List(values.into_iter().map(Into::into).collect())
    }
}

impl From<i64> for Field {
    fn from(value: i64) -> Self {
        Field::Int(value)
    }
}

impl From<f64> for Field {
    fn from(value: f64) -> Self {
        Field::Float(value)
    }
}

impl From<&str> for Field {
    fn from(value: &str) -> Self {
        Field::Text(value.to_owned())
    }
}

impl From<String> for Field {
    fn from(value: String) -> Self {
        Field::Text(value)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Int(value) => write!(f, "{value}"),
            Field::Float(value) => write!(f, "{value}"),
            Field::Text(value) => f.write_str(value),
            Field::List(values) => {
                let texts: Vec<String> = values.iter().map(Field::to_string).collect();
                write!(f, "[{}]", texts.join(", "))
            }
        }
    }
}
