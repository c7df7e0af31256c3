//! Metadata of a recording under names that files choose freely.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::video::{Field, Metadata};

const FPS: &[&str] = &[
    "fps",
    "framerate",
    "framespersecond",
    "acqfreq",
    "samplingrate",
    "samplerate",
    "samplingfrequency",
];
const DATES: &[&str] = &["date", "datetime", "acquisitiondate", "recordingdate"];
const COMMENTS: &[&str] = &["comment", "comments", "description", "notes"];
const PIXEL_SIZES: &[&str] = &["pixelsize", "pixelsizeum", "elementsizeum"];

/// Name under which files hold the script that made them.
pub(crate) const HISTORY: &str = "optimap_history";

/// Metadata from the fields of a file: frame rate, date, comment and pixel size if their names are
/// recognized.
pub(in crate::io) fn metadata(mut fields: BTreeMap<String, Field>) -> Metadata {
    let provenance = match fields.remove(HISTORY) {
        Some(Field::Text(script)) => Some(script.into()),
        other => {
            fields.extend(other.map(|other| (HISTORY.to_owned(), other)));
            None
        }
    };
    Metadata {
        provenance,
        fps: find(&fields, FPS, number).filter(|fps| fps.is_finite() && *fps > 0.0),
        date: find(&fields, DATES, text),
        comment: find(&fields, COMMENTS, text),
        pixel_size: find(&fields, PIXEL_SIZES, height_and_width),
        fields,
        ..Metadata::default()
    }
}

/// Whether an array with these axes is a list short enough to be metadata.
pub(in crate::io) fn is_short_list(dims: &[usize]) -> bool {
    const MAX_AXES: usize = 4;
    let long = dims.iter().filter(|len| **len != 1);
    long.clone().count() <= 1 && long.product::<usize>() <= MAX_AXES
}

/// The field of a short list of numbers.
pub(in crate::io) fn list(numbers: &[f64]) -> Option<Field> {
    match numbers {
        [] => None,
        [number] => Some(Field::Float(*number)),
        numbers => Some(Field::list(numbers.iter().copied())),
    }
}

/// The numeric metadata of a recording, under names that are recognized on loading.
pub(in crate::io) fn numbers(metadata: &Metadata) -> Vec<(&'static str, Vec<f64>)> {
    let fps = metadata.fps.map(|fps| ("fps", vec![fps]));
    let size = metadata
        .pixel_size
        .map(|size| ("pixel_size", size.to_vec()));
    fps.into_iter().chain(size).collect()
}

/// The metadata of a recording as a JSON object, without what applies only to the original file.
pub(in crate::io) fn to_json(metadata: &Metadata) -> Map<String, Value> {
    let fields = metadata.all_fields().into_iter();
    let fields = fields.filter(|(name, _)| !matches!(name.as_str(), "source" | "datasets"));
    let script = metadata.provenance.as_deref().map(Value::from);
    let script = script.map(|script| (HISTORY.to_owned(), script));
    fields
        .map(|(name, field)| (name, value(field)))
        .chain(script)
        .collect()
}

fn value(field: Field) -> Value {
    match field {
        Field::Int(value) => value.into(),
        Field::Float(value) => value.into(),
        Field::Text(text) => text.into(),
        Field::List(values) => values.into_iter().map(value).collect(),
    }
}

/// The numbers, texts and lists of them in JSON objects as metadata.
pub(in crate::io) fn from_json(objects: &[Value]) -> Metadata {
    let objects = objects.iter().filter_map(Value::as_object);
    let fields = objects.flatten();
    metadata(
        fields
            .filter_map(|(name, value)| Some((name.clone(), field(value)?)))
            .collect(),
    )
}

fn field(value: &Value) -> Option<Field> {
    Some(match value {
        Value::String(text) => Field::Text(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(int) => Field::Int(int),
            None => Field::Float(number.as_f64()?),
        },
        Value::Array(values) if values.iter().all(|v| v.is_number() || v.is_string()) => {
            Field::List(values.iter().filter_map(field).collect())
        }
        _ => return None,
    })
}

fn find<T>(
    fields: &BTreeMap<String, Field>,
    names: &[&str],
    value: impl Fn(&Field) -> Option<T>,
) -> Option<T> {
    let plain = |name: &str| name.to_lowercase().replace(['_', ' ', '-'], "");
    let named = |wanted: &str| {
        let field = fields.iter().find(|(name, _)| plain(name) == wanted);
        field.and_then(|(_, field)| value(field))
    };
    names.iter().find_map(|name| named(name))
}

fn number(field: &Field) -> Option<f64> {
    match field {
        Field::Int(value) => Some(*value as f64),
        Field::Float(value) => Some(*value),
        Field::Text(text) => text.trim().parse().ok(),
        Field::List(values) => match values.as_slice() {
            [value] => number(value),
            _ => None,
        },
    }
}

fn text(field: &Field) -> Option<String> {
    match field {
        Field::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// A single number for both, or the last two of several.
fn height_and_width(field: &Field) -> Option<[f64; 2]> {
    let size = match field {
        Field::List(values) => match values.as_slice() {
            [.., height, width] => [number(height)?, number(width)?],
            _ => [number(field)?; 2],
        },
        _ => [number(field)?; 2],
    };
    size.iter()
        .all(|size| size.is_finite() && *size > 0.0)
        .then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_however_they_are_spelled() {
        let fields = [
            ("Frame_Rate", Field::Int(500)),
            ("Comment", "rabbit".into()),
            ("element_size_um", Field::list([1.0, 0.5, 0.25])),
        ];
        let known = metadata(fields.map(|(name, field)| (name.into(), field)).into());
        assert_eq!(known.fps, Some(500.0));
        assert_eq!(known.comment.as_deref(), Some("rabbit"));
        assert_eq!(known.pixel_size, Some([0.5, 0.25]));
        let script = Metadata {
            provenance: Some("let a = 1;".into()),
            ..Metadata::default()
        };
        assert_eq!(from_json(&[to_json(&script).into()]), script);
        let odd = [("fps", Field::Float(f64::NAN)), ("date", Field::Int(3))];
        let odd = metadata(odd.map(|(name, field)| (name.into(), field)).into());
        assert_eq!((odd.fps, odd.date), (None, None));
    }
}
