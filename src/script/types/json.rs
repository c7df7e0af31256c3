//! Conversion between JSON and script values.

use rhai::{Array, Dynamic, ImmutableString, Map};
use serde_json::{Number, Value as Json};

use crate::error::{Error, Result};
use crate::script::call::convert::to_array;
use crate::script::call::value::describe;
use crate::script::host::limits::expect_depth;
use crate::video::Video;

/// Converts a value to JSON; videos become nested lists, and NaN and infinite values `null`, as
/// JSON has no other notation. `path` is the path of the value in the whole.
pub fn to_json(value: &Dynamic, path: &str) -> Result<Json> {
    convert(value, path, 0)
}

fn convert(value: &Dynamic, path: &str, depth: usize) -> Result<Json> {
    expect_depth(depth)?;
    if value.is_unit() {
        return Ok(Json::Null);
    }
    if let Ok(flag) = value.as_bool() {
        return Ok(flag.into());
    }
    if let Ok(int) = value.as_int() {
        return Ok(int.into());
    }
    if let Ok(float) = value.as_float() {
        return Ok(Number::from_f64(float).map_or(Json::Null, Json::Number));
    }
    if let Ok(character) = value.as_char() {
        return Ok(character.to_string().into());
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return Ok(text.as_str().into());
    }
    if let Some(video) = value.read_lock::<Video>() {
        return list(&to_array(&video)?, path, depth);
    }
    if let Some(items) = value.read_lock::<Array>() {
        return list(&items, path, depth);
    }
    if let Some(fields) = value.read_lock::<Map>() {
        let fields = fields.iter().map(|(name, field)| {
            let field = convert(field, &format!("{path}.{name}"), depth + 1)?;
            Ok((name.to_string(), field))
        });
        return fields
            .collect::<Result<serde_json::Map<_, _>>>()
            .map(Json::Object);
    }
    let path = match path {
        "" => String::new(),
        path => format!(" at `{}`", path.trim_start_matches('.')),
    };
    let error = Error::new(format!("JSON cannot represent {}{path}", describe(value)));
    Err(error.hint("it can represent (), bools, numbers, strings, arrays, maps and videos"))
}

fn list(items: &Array, path: &str, depth: usize) -> Result<Json> {
    let item = |(index, item)| convert(item, &format!("{path}[{index}]"), depth + 1);
    items
        .iter()
        .enumerate()
        .map(item)
        .collect::<Result<_>>()
        .map(Json::Array)
}

/// Converts JSON to a script value.
pub fn from_json(json: Json) -> Dynamic {
    match json {
        Json::Null => Dynamic::UNIT,
        Json::Bool(flag) => flag.into(),
        Json::Number(number) => match number.as_i64() {
            Some(int) => int.into(),
            None => number.as_f64().unwrap_or(f64::NAN).into(),
        },
        Json::String(text) => text.into(),
        Json::Array(items) => items.into_iter().map(from_json).collect::<Array>().into(),
        Json::Object(fields) => {
            let fields = fields.into_iter();
            fields
                .map(|(name, field)| (name.into(), from_json(field)))
                .collect::<Map>()
                .into()
        }
    }
}
