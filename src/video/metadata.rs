//! What is known about a recording besides its samples.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What is known about a recording; it travels with the video through crops and filters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Frames per second.
    pub fps: Option<f64>,
    /// The file the samples come from.
    pub source: Option<PathBuf>,
    /// The format's own fields, by the names the format gives them.
    pub fields: BTreeMap<String, Field>,
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

    /// All fields, the general ones (`fps`, `source`) included if known.
    pub fn all_fields(&self) -> BTreeMap<String, Field> {
        let mut fields = self.fields.clone();
        if let Some(fps) = self.fps {
            fields.insert("fps".into(), Field::Float(fps));
        }
        if let Some(source) = &self.source {
            fields.insert("source".into(), Field::Text(source.display().to_string()));
        }
        fields
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
        }
    }
}
