//! Setters for the metadata of a recording.

use std::path::PathBuf;

use rhai::{Dynamic, Map};

use crate::bail;
use crate::error::Result;
use crate::script::call::value::{Value, describe};
use crate::video::{Field, Metadata, warn_of_pixel_size};

/// Replaces all metadata by the fields of a map.
pub(in crate::script) fn set_all(metadata: &mut Metadata, fields: Dynamic) -> Result<()> {
    let fields = match Map::from_dynamic(fields) {
        Ok(fields) => fields,
        Err(value) => bail!("metadata must be a map `#{{…}}`, got {}", describe(&value)),
    };
    *metadata = Metadata::default();
    for (name, value) in fields {
        set_field(metadata, &name, value)?;
    }
    Ok(())
}

/// Sets one field, a general one (`fps`, `pixel_size`, …) or another; `()` removes it.
pub(in crate::script) fn set_field(
    metadata: &mut Metadata,
    name: &str,
    value: Dynamic,
) -> Result<()> {
    match name {
        "fps" => metadata.fps = known(name, "a number > 0", value, positive)?,
        "pixel_size" => {
            let expected = "a number of µm > 0 or two, `[height, width]`";
            metadata.pixel_size = known(name, expected, value, pixel_size)?;
            warn_of_pixel_size(metadata.pixel_size.as_ref().map_or(&[], |size| size));
        }
        "origin" => {
            let ints = |value| Vec::<i64>::from_dynamic(value).ok()?.try_into().ok();
            metadata.origin = known(name, "a row and a column, `[y, x]`", value, ints)?;
        }
        "date" => metadata.date = known(name, "a string", value, text)?,
        "comment" => metadata.comment = known(name, "a string", value, text)?,
        "source" => {
            let path = |value| text(value).map(PathBuf::from);
            metadata.source = known(name, "a path (a string)", value, path)?;
        }
        _ => {
            let expected = "a number, a string or an array of them";
            match known(name, expected, value, |value| {
                Field::from_dynamic(value).ok()
            })? {
                Some(field) => metadata.set(name, field),
                None => drop(metadata.fields.remove(name)),
            }
        }
    }
    Ok(())
}

/// Value of a field, `None` for `()`.
fn known<T>(
    name: &str,
    expected: &str,
    value: Dynamic,
    read: impl Fn(Dynamic) -> Option<T>,
) -> Result<Option<T>> {
    if value.is_unit() {
        return Ok(None);
    }
    match read(value.clone()) {
        None => bail!("{name} must be {expected}, got {}", describe(&value)),
        known => Ok(known),
    }
}

fn text(value: Dynamic) -> Option<String> {
    String::from_dynamic(value).ok()
}

fn positive(value: Dynamic) -> Option<f64> {
    let number = f64::from_dynamic(value).ok()?;
    (number > 0.0 && number.is_finite()).then_some(number)
}

fn pixel_size(value: Dynamic) -> Option<[f64; 2]> {
    if !value.is_array() {
        return positive(value).map(|size| [size; 2]);
    }
    let sizes = Vec::<Dynamic>::from_dynamic(value).ok()?.into_iter();
    let sizes: Vec<f64> = sizes.map(positive).collect::<Option<_>>()?;
    sizes.try_into().ok()
}
