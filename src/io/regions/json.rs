//! Regions as JSON: a list of objects with `name`, `type` and coordinates in rows and columns.

use serde_json::{Map, Value, json};

use crate::bail;
use crate::color::{color_of, name_of};
use crate::error::{Error, Result};
use crate::ops::mask::shape::{PixelRun, Region, RegionShape};

/// Most pixels of the frames of a mask.
const MAX_PIXELS: usize = 1 << 30;

/// Other names of kinds: those that files had before.
const FORMER_KINDS: &[(&str, &str)] = &[("rect", "rectangle"), ("oval", "ellipse")];

/// Regions of a file.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Region>> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Error::new(format!("it is not JSON: {error}")))?;
    let Value::Array(items) = value else {
        bail!("it holds no list of regions");
    };
    items.iter().map(region_from_json).collect()
}

/// Text of a file, one region a line.
pub(super) fn text(regions: &[Region]) -> String {
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
pub fn region_to_json(region: &Region) -> Value {
    let mut object = match &region.shape {
        RegionShape::Rectangle(bounds) => json!({"bounds": bounds}),
        RegionShape::Ellipse { center, radii } => json!({"center": center, "radii": radii}),
        RegionShape::Polygon(points)
        | RegionShape::Freehand(points)
        | RegionShape::Line(points) => {
            json!({"points": points})
        }
        RegionShape::Mask { frame, runs } => {
            let run = |run: &PixelRun| [run.y, run.columns.start, run.columns.end];
            json!({"shape": frame, "runs": runs.iter().map(run).collect::<Vec<_>>()})
        }
    };
    object["name"] = region.name.as_str().into();
    object["type"] = region.shape.kind().into();
    if let Some(color) = region.color {
        object["color"] = name_of(color).into();
    }
    if region.video > 0 {
        object["video"] = region.video.into();
    }
    object
}

/// The region of a JSON object; an error that says what it lacks.
pub fn region_from_json(value: &Value) -> Result<Region> {
    let Value::Object(fields) = value else {
        bail!("a region is a map with `type` and coordinates, got {value}");
    };
    let name = match fields.get("name") {
        None | Some(Value::Null) => "",
        Some(Value::String(name)) => name.as_str(),
        Some(other) => bail!("the `name` of a region is a string, got {other}"),
    };
    let reader = Reader { name, fields };
    let (kind, names, shape) = reader.shape()?;
    shape
        .check()
        .map_err(|(field, what)| reader.lacks(field, what))?;
    let color = match fields.get("color") {
        None | Some(Value::Null) => None,
        Some(color) => match color.as_str().and_then(color_of) {
            None => return Err(reader.lacks("color", "a color such as \"red\" or \"#ff8800\"")),
            color => color,
        },
    };
    let video = match fields.get("video") {
        None | Some(Value::Null) => 0,
        Some(video) => count(video).ok_or_else(|| reader.lacks("video", "an int >= 0"))?,
    };
    let is_known = |field: &str| {
        matches!(field, "name" | "type" | "kind" | "color" | "video") || names.contains(&field)
    };
    if let Some(field) = fields.keys().find(|field| !is_known(field)) {
        let error = Error::new(format!(
            "the {kind} \"{name}\" has a field `{field}` that is not known"
        ));
        let known = ["name", "type", "color", "video"].iter().chain(names);
        return Err(error.did_you_mean(field, known.copied()));
    }
    Ok(Region {
        name: name.to_owned(),
        shape,
        color,
        video,
    })
}

/// Reads the fields of a region.
struct Reader<'a> {
    name: &'a str,
    fields: &'a Map<String, Value>,
}

impl Reader<'_> {
    fn lacks(&self, field: &str, what: &str) -> Error {
        let (name, got) = (self.name, self.fields.get(field).unwrap_or(&Value::Null));
        Error::new(format!(
            "the region \"{name}\" needs `{field}` to be {what}, got {got}"
        ))
    }

    /// Kind, names of the fields that it has, and the shape.
    fn shape(&self) -> Result<(&'static str, &'static [&'static str], RegionShape)> {
        let given = self.fields.get("type").or_else(|| self.fields.get("kind"));
        let given = given.and_then(Value::as_str);
        let former = FORMER_KINDS
            .iter()
            .find(|(former, _)| Some(*former) == given);
        let name = former.map_or(given, |(_, kind)| Some(*kind));
        let kind = RegionShape::KINDS
            .into_iter()
            .find(|kind| Some(*kind) == name);
        let Some(kind) = kind else {
            let (last, others) = RegionShape::KINDS.split_last().expect("there are kinds");
            let what = format!("\"{}\" or \"{last}\"", others.join("\", \""));
            let error = self.lacks("type", &what);
            return Err(match given {
                Some(given) => error.did_you_mean(given, RegionShape::KINDS),
                None => error,
            });
        };
        let (names, shape): (&[&str], _) = match kind {
            "rectangle" => (&["bounds"], RegionShape::Rectangle(self.bounds()?)),
            "ellipse" if self.fields.contains_key("bounds") => {
                let bounds = self.bounds()?.map(|at| at as f64);
                (&["bounds"], RegionShape::ellipse_in(bounds))
            }
            "ellipse" => {
                let read = |field: &str| {
                    let found = self.fields.get(field).and_then(pair);
                    found.ok_or_else(|| self.lacks(field, "two numbers, [y, x]"))
                };
                let (center, radii) = (read("center")?, read("radii")?);
                (&["center", "radii"], RegionShape::Ellipse { center, radii })
            }
            "polygon" => (&["points"], RegionShape::Polygon(self.points()?)),
            "freehand" => (&["points"], RegionShape::Freehand(self.points()?)),
            "line" => (&["points"], RegionShape::Line(self.points()?)),
            _ => (&["shape", "runs"], self.mask()?),
        };
        Ok((kind, names, shape))
    }

    fn bounds(&self) -> Result<[i64; 4]> {
        let ints = self.fields.get("bounds").and_then(Value::as_array);
        let ints: Option<Vec<i64>> = ints.and_then(|ints| ints.iter().map(whole).collect());
        let four = ints.and_then(|ints| ints.try_into().ok());
        four.ok_or_else(|| {
            self.lacks(
                "bounds",
                "[y0, x0, y1, x1] in whole pixels with y0 <= y1 and x0 <= x1",
            )
        })
    }

    fn points(&self) -> Result<Vec<[f64; 2]>> {
        let points = self.fields.get("points").and_then(Value::as_array);
        let points = points.and_then(|points| points.iter().map(pair).collect());
        points.ok_or_else(|| self.lacks("points", "points [y, x]"))
    }

    fn mask(&self) -> Result<RegionShape> {
        let counts =
            |value: &Value| -> Option<Vec<usize>> { value.as_array()?.iter().map(count).collect() };
        let frame: Option<[usize; 2]> = self
            .fields
            .get("shape")
            .and_then(counts)
            .and_then(|shape| shape.try_into().ok());
        let is_small = |[height, width]: &[usize; 2]| {
            height
                .checked_mul(*width)
                .is_some_and(|pixels| pixels <= MAX_PIXELS)
        };
        let Some([height, width]) = frame.filter(is_small) else {
            return Err(self.lacks("shape", "the height and width of frames"));
        };
        let mut end = (0, 0);
        let mut run = |value: &Value| match counts(value)?[..] {
            [y, x0, x1] if end <= (y, x0) && x0 < x1 && x1 <= width && y < height => {
                end = (y, x1);
                let columns = x0..x1;
                Some(PixelRun { y, columns })
            }
            _ => None,
        };
        let runs = self.fields.get("runs").and_then(Value::as_array);
        let runs: Option<Vec<PixelRun>> = runs.and_then(|runs| runs.iter().map(&mut run).collect());
        let Some(runs) = runs else {
            let what = "pixels [y, x0, x1] within the frame, in order";
            return Err(self.lacks("runs", what));
        };
        Ok(RegionShape::Mask {
            frame: [height, width],
            runs: runs.into(),
        })
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

fn pair(value: &Value) -> Option<[f64; 2]> {
    match value.as_array()?.as_slice() {
        [y, x] => Some([number(y)?, number(x)?]),
        _ => None,
    }
}

/// An int, also of a float without a fraction.
fn whole(value: &Value) -> Option<i64> {
    let float = number(value).filter(|float| float.fract() == 0.0 && float.abs() < 1e9);
    float.map(|float| float as i64)
}

fn count(value: &Value) -> Option<usize> {
    whole(value).and_then(|int| int.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Region> {
        region_from_json(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn errors_say_what_is_missing() {
        let refused = |text: &str| read(text).unwrap_err().to_string();
        let star = refused(r#"{"name": "a", "type": "star"}"#);
        assert!(star.contains("\"a\"") && star.contains("`type`"), "{star}");
        assert!(refused(r#"{"type": "rectangle", "bounds": [0, 0, 1.5, 2]}"#).contains("`bounds`"));
        assert!(refused(r#"{"type": "rectangle", "bounds": [3, 0, 1, 2]}"#).contains("`bounds`"));
        let flat = r#"{"type": "ellipse", "center": [1, 2], "radii": [0, 1]}"#;
        assert!(refused(flat).contains("> 0"));
        assert!(refused(r#"{"type": "polygon", "points": [[1, 2]]}"#).contains("`points`"));
        assert!(refused(r#"{"type": "line", "points": [[1, 2], [3, 1e9]]}"#).contains("`points`"));
        let extra = r#"{"type": "rectangle", "bounds": [0, 0, 1, 1], "radius": 2}"#;
        assert!(refused(extra).contains("`radius`"));
        assert!(refused("[1]").contains("a map"));
        assert!(refused(r#"{"name": 3, "type": "rectangle"}"#).contains("`name`"));
        let red = r#"{"type": "rectangle", "bounds": [0, 0, 1, 1], "color": "rot"}"#;
        assert!(refused(red).contains("`color`"));
    }

    #[test]
    fn masks_lie_within_their_frame_and_in_order() {
        let mask = |runs: &str| {
            read(&format!(
                r#"{{"type": "mask", "shape": [2, 9], "runs": {runs}}}"#
            ))
        };
        assert!(mask("[[0, 2, 4], [0, 4, 5], [1, 0, 9]]").is_ok());
        for runs in [
            "[[0, 2, 4], [0, 3, 5]]",
            "[[1, 2, 4], [0, 3, 5]]",
            "[[0, 4, 4]]",
            "[[0, 4, 10]]",
            "[[2, 0, 1]]",
            "[[0, 1]]",
            "7",
        ] {
            assert!(mask(runs).is_err(), "{runs}");
        }
        let huge = r#"{"type": "mask", "shape": [9000000, 9000000], "runs": []}"#;
        assert!(read(huge).is_err());
    }

    #[test]
    fn former_names_are_read() {
        let rect = read(r#"{"name": "a", "type": "rect", "bounds": [0, 1, 2, 3.0]}"#).unwrap();
        assert_eq!(rect.shape, RegionShape::Rectangle([0, 1, 2, 3]));
        let oval = read(r#"{"name": "", "type": "oval", "center": [1.5, 2], "radii": [2, 2.5]}"#);
        let boxed = read(r#"{"kind": "ellipse", "bounds": [0, 0, 4, 5]}"#).unwrap();
        assert_eq!(boxed, oval.unwrap());
    }
}
