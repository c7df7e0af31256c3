//! Regions as JSON: a list of objects with `name`, `type` and coordinates in rows and columns.

use serde_json::{Value, json};

use crate::bail;
use crate::error::{Error, Result};
use crate::ops::mask::outline::{NamedRegion, Outline};

/// Regions of a file.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<NamedRegion>> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Error::new(format!("it is not JSON: {error}")))?;
    let Value::Array(items) = value else {
        bail!("it holds no list of regions");
    };
    items.iter().map(region_from_json).collect()
}

/// Text of a file, one region a line.
pub(super) fn text(regions: &[NamedRegion]) -> String {
    let lines: Vec<String> = regions
        .iter()
        .map(|region| format!("  {}", region_to_json(region)))
        .collect();
    match lines.is_empty() {
        true => "[]\n".into(),
        false => format!("[\n{}\n]\n", lines.join(",\n")),
    }
}

/// A region as JSON.
pub fn region_to_json(region: &NamedRegion) -> Value {
    let name = &region.name;
    match &region.outline {
        Outline::Rect(bounds) => json!({"name": name, "type": "rect", "bounds": bounds}),
        Outline::Oval { center, radii } => {
            json!({"name": name, "type": "oval", "center": center, "radii": radii})
        }
        Outline::Polygon(points) => json!({"name": name, "type": "polygon", "points": points}),
    }
}

/// The region of a JSON object; an error that says what it lacks.
pub fn region_from_json(value: &Value) -> Result<NamedRegion> {
    let Value::Object(fields) = value else {
        bail!("a region is a map with `type` and coordinates, got {value}");
    };
    let name = match fields.get("name") {
        None | Some(Value::Null) => "",
        Some(Value::String(name)) => name.as_str(),
        Some(other) => bail!("the `name` of a region is a string, got {other}"),
    };
    let lacks = |field: &str, what: &str| {
        let got = fields.get(field).unwrap_or(&Value::Null);
        Error::new(format!(
            "the region \"{name}\" needs `{field}` to be {what}, got {got}"
        ))
    };
    let number = |value: &Value| value.as_f64().filter(|number| number.is_finite());
    let pair = |value: &Value| match value.as_array()?.as_slice() {
        [y, x] => Some([number(y)?, number(x)?]),
        _ => None,
    };
    let (names, outline): (&[&str], Outline) = match fields.get("type").and_then(Value::as_str) {
        Some("rect") => {
            let what = "[y0, x0, y1, x1] in whole pixels with y0 <= y1 and x0 <= x1";
            let ints = fields.get("bounds").and_then(Value::as_array);
            let ints = ints.map(|ints| ints.iter().filter_map(whole).collect::<Vec<_>>());
            match ints.as_deref() {
                Some(&[y0, x0, y1, x1]) if y0 <= y1 && x0 <= x1 => {
                    (&["bounds"], Outline::Rect([y0, x0, y1, x1]))
                }
                _ => return Err(lacks("bounds", what)),
            }
        }
        Some("oval") => {
            let read = |field: &str| {
                let found = fields.get(field).and_then(pair);
                found.ok_or_else(|| lacks(field, "two numbers, [y, x]"))
            };
            let (center, radii) = (read("center")?, read("radii")?);
            if radii.iter().any(|radius| *radius <= 0.0) {
                return Err(lacks("radii", "two numbers > 0"));
            }
            (&["center", "radii"], Outline::Oval { center, radii })
        }
        Some("polygon") => {
            let points = fields.get("points").and_then(Value::as_array);
            let corners =
                points.and_then(|points| points.iter().map(pair).collect::<Option<Vec<_>>>());
            match corners {
                Some(corners) if corners.len() >= 3 => (&["points"], Outline::Polygon(corners)),
                _ => return Err(lacks("points", "three or more points [y, x]")),
            }
        }
        _ => return Err(lacks("type", "\"rect\", \"oval\" or \"polygon\"")),
    };
    let is_known = |field: &str| matches!(field, "name" | "type") || names.contains(&field);
    match fields.keys().find(|field| !is_known(field)) {
        Some(field) => bail!("the region \"{name}\" has a field `{field}` that is not known"),
        None => Ok(NamedRegion {
            name: name.to_owned(),
            outline,
        }),
    }
}

/// An int, also of a float without a fraction.
fn whole(value: &Value) -> Option<i64> {
    let float = value
        .as_f64()
        .filter(|float| float.fract() == 0.0 && float.abs() < 1e9);
    float.map(|float| float as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_is_missing() {
        let refused = |text: &str| {
            let value = serde_json::from_str(text).unwrap();
            region_from_json(&value).unwrap_err().to_string()
        };
        let star = refused(r#"{"name": "a", "type": "star"}"#);
        assert!(star.contains("\"a\"") && star.contains("`type`"), "{star}");
        assert!(refused(r#"{"type": "rect", "bounds": [0, 0, 1.5, 2]}"#).contains("`bounds`"));
        assert!(refused(r#"{"type": "rect", "bounds": [3, 0, 1, 2]}"#).contains("`bounds`"));
        assert!(refused(r#"{"type": "oval", "center": [1, 2], "radii": [0, 1]}"#).contains("> 0"));
        assert!(refused(r#"{"type": "polygon", "points": [[1, 2]]}"#).contains("`points`"));
        let extra = r#"{"type": "rect", "bounds": [0, 0, 1, 1], "radius": 2}"#;
        assert!(refused(extra).contains("`radius`"));
        assert!(refused("[1]").contains("a map"));
        assert!(refused(r#"{"name": 3, "type": "rect"}"#).contains("`name`"));
    }
}
