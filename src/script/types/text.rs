//! Formatting and comparison of values.

use rhai::{Array, Dynamic, Map};

use crate::error::Result;
use crate::ops::array::equality::equals;
use crate::script::call::value::plain_text;
use crate::text::format::{self, FormatArgument};
use crate::video::Video;

/// Inserts values into a template, those of a final map by name.
pub fn format(template: &str, mut values: Vec<Dynamic>) -> Result<String> {
    let named: Map = match values.last() {
        Some(last) if last.is_map() => values.pop().map(Dynamic::cast).unwrap_or_default(),
        _ => Map::new(),
    };
    let values: Vec<FormatArgument> = values.iter().map(argument).collect();
    format::format(template, &values, |name| named.get(name).map(argument))
}

fn argument(value: &Dynamic) -> FormatArgument {
    if let Ok(int) = value.as_int() {
        return FormatArgument::Int(int);
    }
    match value.as_float() {
        Ok(float) => FormatArgument::Float(float),
        Err(_) => FormatArgument::Text(plain_text(value)),
    }
}

/// Whether two values are equal: numbers by value, NaN to NaN, arrays, maps and videos by their
/// elements.
pub fn is_same(a: &Dynamic, b: &Dynamic) -> Result<bool> {
    let number = |value: &Dynamic| {
        value
            .as_float()
            .or_else(|_| value.as_int().map(|i| i as f64))
    };
    if let (Ok(a), Ok(b)) = (a.as_int(), b.as_int()) {
        return Ok(a == b);
    }
    if let (Ok(a), Ok(b)) = (number(a), number(b)) {
        return Ok(a == b || a.is_nan() && b.is_nan());
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Video>(), b.read_lock::<Video>()) {
        a.compute().and_then(|()| b.compute())?;
        return equals(&a, &b);
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Array>(), b.read_lock::<Array>()) {
        return Ok(a.len() == b.len() && all_same(a.iter().zip(b.iter()))?);
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Map>(), b.read_lock::<Map>()) {
        return Ok(a.keys().eq(b.keys()) && all_same(a.values().zip(b.values()))?);
    }
    Ok(a.type_name() == b.type_name() && plain_text(a) == plain_text(b))
}

fn all_same<'a>(mut pairs: impl Iterator<Item = (&'a Dynamic, &'a Dynamic)>) -> Result<bool> {
    pairs.try_fold(true, |all, (a, b)| Ok(all && is_same(a, b)?))
}
