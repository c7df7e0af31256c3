//! Metadata of a recording.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::task;

/// Metadata of a recording; it is kept by crops and filters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Frames per second.
    pub fps: Option<f64>,
    /// Height and width of a pixel, µm.
    pub pixel_size: Option<[f64; 2]>,
    /// Row and column of the first pixel in the uncropped frames.
    pub origin: Option<[i64; 2]>,
    /// Date and time of the recording, ISO 8601 if the file's format distinguishes day and month.
    pub date: Option<String>,
    /// Comment of the experimenter.
    pub comment: Option<String>,
    /// File that the samples come from.
    pub source: Option<PathBuf>,
    /// Script that makes the file: put here to save it, and by formats that find one.
    pub provenance: Option<Arc<str>>,
    /// Fields of the file's format, under the format's own names.
    pub fields: BTreeMap<String, Field>,
}

/// Smallest and largest plausible pixel size of a microscope or a lens, µm.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 0.05..=10_000.0;

/// Warns of an implausible pixel size, such as one in a unit other than µm.
pub fn warn_of_pixel_size(size: &[f64]) {
    if let Some(size) = size.iter().find(|size| !PLAUSIBLE.contains(size)) {
        let size = super::number_text(*size);
        task::warn(&format!(
            "a pixel size of {size} µm is implausible; `pixel_size` is the length of a side of a pixel in µm"
        ));
    }
}

/// Value of a metadata field.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A string, dates included (ISO 8601).
    Text(String),
    /// A list of values.
    List(Vec<Field>),
}

impl Metadata {
    /// Sets a field of the format.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Field>) {
        self.fields.insert(name.into(), value.into());
    }

    /// Adapts the metadata to taking every `step`-th frame.
    pub fn take_every(&mut self, step: usize) {
        self.fps = self.fps.map(|fps| fps / step as f64);
    }

    /// Adapts the metadata to frames whose height and width are multiplied by the factors.
    pub fn resize(&mut self, [rows, cols]: [f64; 2]) {
        if let Some([height, width]) = &mut self.pixel_size {
            *height /= rows;
            *width /= cols;
        }
        self.origin = None;
    }

    /// Adapts the metadata to frames cropped to start at a row and a column.
    pub fn crop(&mut self, [row, col]: [usize; 2]) {
        let [y, x] = self.origin.unwrap_or_default();
        self.origin = Some([y + row as i64, x + col as i64]);
    }

    /// Adapts the metadata to transposed frames.
    pub fn transpose(&mut self) {
        if let Some(size) = &mut self.pixel_size {
            size.reverse();
        }
    }

    /// All fields, including the general ones (`fps`, `pixel_size`, …) that are set.
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
    /// Creates a list of values.
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
