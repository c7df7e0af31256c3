//! OME-Zarr: the array of a folder that is the image, its axes, and their scale. After
//! "Next-generation file formats (NGFF)", versions 0.1 to 0.5.

use serde_json::Value;

use super::units;
use crate::bail;
use crate::error::{Result, counted};
use crate::video::{Field, Metadata};

/// An axis with its name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ZarrAxis {
    name: String,
    /// Type of the axis: `t`, `z`, `y`, `x`, `c`, or `None` if unknown.
    pub(super) letter: Option<char>,
    unit: String,
}

/// One resolution level of an image.
#[derive(Debug, PartialEq)]
pub(super) struct ZarrLevel {
    /// Name of its array.
    pub(super) path: String,
    /// Names of the arrays of other images.
    pub(super) others: Vec<String>,
    pub(super) axes: Vec<ZarrAxis>,
    /// Spacing along each axis, and positions of the first samples; or why they are unknown.
    transform: std::result::Result<CoordinateTransform, String>,
}

/// From the index of a sample along each axis to its position.
#[derive(Debug, PartialEq)]
struct CoordinateTransform {
    scale: Vec<f64>,
    translation: Vec<f64>,
}

impl ZarrLevel {
    /// The image described by the attributes of a folder, if any: the first, or the one that
    /// contains the named array.
    pub(super) fn read(attributes: &Value, array: Option<&str>) -> Result<Option<Self>> {
        let newer = &attributes["ome"]["multiscales"];
        let images = newer
            .as_array()
            .or_else(|| attributes["multiscales"].as_array());
        let images = images.map_or(&[][..], Vec::as_slice);
        let levels = |image: &'_ Value| image["datasets"].as_array().cloned().unwrap_or_default();
        let path = |level: &Value| Some(level["path"].as_str()?.trim_matches('/').to_owned());
        let found = images.iter().enumerate().find_map(|(index, image)| {
            let mut levels = levels(image).into_iter();
            let level = match array {
                None => levels.next(),
                wanted => levels.find(|level| path(level).as_deref() == wanted),
            };
            Some((index, image, level?))
        });
        let Some((chosen, image, level)) = found else {
            return Ok(None);
        };
        let Some(name) = path(&level) else {
            return Ok(None);
        };
        let others = images
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != chosen);
        let others = others.filter_map(|(_, image)| path(levels(image).first()?));
        let axes = axes(&image["axes"])?;
        let steps = [&level, image].map(|it| it["coordinateTransformations"].as_array());
        let steps = steps.into_iter().flatten().flatten();
        Ok(Some(Self {
            path: name,
            others: others.collect(),
            transform: CoordinateTransform::new(axes.len(), steps),
            axes,
        }))
    }

    /// Adds the metadata in the scale. `frames` is the axis of the frames.
    pub(super) fn describe(&self, frames: Option<usize>, metadata: &mut Metadata) -> Vec<String> {
        let transform = match &self.transform {
            Ok(transform) => transform,
            Err(problem) => return vec![problem.clone()],
        };
        let mut problems = Vec::new();
        let mut step = |letter: char| {
            let index = self
                .axes
                .iter()
                .position(|axis| axis.letter == Some(letter))?;
            let (axis, step) = (&self.axes[index], transform.scale[index]);
            let factor = match letter {
                't' => units::seconds(&axis.unit),
                _ => units::micrometers(&axis.unit),
            };
            if factor.is_none() && (step != 1.0 || !axis.unit.is_empty()) {
                problems.push(match axis.unit.as_str() {
                    "" => format!("the scale of its axis `{}` has no unit", axis.name),
                    unit => format!("the unit `{unit}` of its axis `{}` is unknown", axis.name),
                });
            }
            let step = step * factor?;
            (step.is_finite() && step > 0.0).then_some((index, step))
        };
        if let (Some((_, height)), Some((_, width))) = (step('y'), step('x')) {
            metadata.pixel_size = Some([height, width]);
        }
        if let Some((index, period)) = step('t')
            && frames == Some(index)
        {
            metadata.fps = Some(1.0 / period);
        }
        if transform.translation.iter().any(|shift| *shift != 0.0) {
            let names = self.axes.iter().map(|axis| axis.name.as_str());
            metadata.set("translation_axes", Field::list(names));
            metadata.set(
                "translation",
                Field::list(transform.translation.iter().copied()),
            );
        }
        problems
    }
}

impl CoordinateTransform {
    /// Composes all transformations.
    fn new<'a>(
        rank: usize,
        steps: impl Iterator<Item = &'a Value>,
    ) -> std::result::Result<Self, String> {
        let mut all = Self {
            scale: vec![1.0; rank],
            translation: vec![0.0; rank],
        };
        for step in steps {
            let kind = step["type"].as_str().unwrap_or("without a name");
            if kind == "identity" {
                continue;
            }
            if !matches!(kind, "scale" | "translation") {
                return Err(format!(
                    "its scale is given by `{kind}`, which is not supported"
                ));
            }
            let numbers = step[kind].as_array().map_or(&[][..], Vec::as_slice);
            let numbers: Vec<f64> = numbers.iter().filter_map(Value::as_f64).collect();
            if numbers.len() != rank {
                return Err(format!(
                    "its `{kind}` is not one number for each of {}",
                    counted(rank, "axis")
                ));
            }
            for (axis, number) in numbers.into_iter().enumerate() {
                if kind == "scale" {
                    all.scale[axis] *= number;
                    all.translation[axis] *= number;
                } else {
                    all.translation[axis] += number;
                }
            }
        }
        Ok(all)
    }
}

/// The axes in a list; or those of the first versions, which had no list.
fn axes(json: &Value) -> Result<Vec<ZarrAxis>> {
    let Some(list) = json.as_array() else {
        return Ok(from_names("tczyx".chars().map(|name| name.to_string())));
    };
    let mut axes: Vec<ZarrAxis> = list
        .iter()
        .map(|json| {
            let name = json["name"].as_str().or_else(|| json.as_str());
            let name = name.unwrap_or_default();
            ZarrAxis {
                name: name.to_owned(),
                letter: match json["type"].as_str() {
                    Some("time") => Some('t'),
                    Some("channel") => Some('c'),
                    Some("space") => letter(name).filter(|letter| "zyx".contains(*letter)),
                    Some(_) => None,
                    None => letter(name),
                },
                unit: json["unit"].as_str().unwrap_or_default().to_owned(),
            }
        })
        .collect();
    // Spatial axes with other names are in the order z, y, x.
    let spaces = list
        .iter()
        .enumerate()
        .filter(|(_, json)| json["type"] == "space");
    let spaces: Vec<usize> = spaces.map(|(index, _)| index).collect();
    if spaces.iter().any(|axis| axes[*axis].letter.is_none()) {
        for (axis, letter) in spaces.into_iter().rev().zip("xyz".chars()) {
            axes[axis].letter = Some(letter);
        }
    }
    for letter in "tzyxc".chars() {
        if axes
            .iter()
            .filter(|axis| axis.letter == Some(letter))
            .count()
            > 1
        {
            bail!("its image has several axes `{letter}`");
        }
    }
    Ok(axes)
}

/// Axes of which only the names are known.
pub(super) fn from_names(names: impl Iterator<Item = String>) -> Vec<ZarrAxis> {
    let axis = |name: String| ZarrAxis {
        letter: letter(&name),
        name,
        unit: String::new(),
    };
    names.map(axis).collect()
}

/// Type of an axis from its name.
fn letter(name: &str) -> Option<char> {
    Some(match name.to_lowercase().as_str() {
        "t" | "time" => 't',
        "z" => 'z',
        "y" => 'y',
        "x" => 'x',
        "c" | "channel" => 'c',
        _ => return None,
    })
}

impl std::fmt::Display for ZarrAxis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(image: Value, frames: usize) -> (Metadata, Vec<String>) {
        let attributes = json!({"multiscales": [image]});
        let image = ZarrLevel::read(&attributes, None).unwrap().unwrap();
        let mut metadata = Metadata::default();
        let problems = image.describe(Some(frames), &mut metadata);
        (metadata, problems)
    }

    #[test]
    fn transformations_follow_each_other() {
        let (metadata, problems) = described(
            json!({
                "axes": [{"name": "x", "type": "space", "unit": "nanometer"},
                    {"name": "y", "type": "space", "unit": "millimeter"},
                    {"name": "frames", "type": "time", "unit": "minute"}],
                "datasets": [{"path": "0", "coordinateTransformations": [
                    {"type": "scale", "scale": [500, 0.25, 2]},
                    {"type": "translation", "translation": [1, 0, 3]}]}],
                "coordinateTransformations": [{"type": "identity"},
                    {"type": "scale", "scale": [2.0, 0.5, 0.5]}],
            }),
            2,
        );
        assert_eq!(problems, [""; 0]);
        assert_eq!(metadata.pixel_size, Some([125.0, 1.0]));
        assert_eq!(metadata.fps, Some(1.0 / 60.0));
        assert_eq!(metadata.fields["translation"], Field::list([2.0, 0.0, 1.5]));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let image = |unit: &str, step: Value| {
            json!({
                "axes": [{"name": "t", "type": "time", "unit": unit},
                    {"name": "y", "type": "space"}, {"name": "x", "type": "space"}],
                "datasets": [{"path": "0", "coordinateTransformations": [step]}],
            })
        };
        let scale = json!({"type": "scale", "scale": [2, 1, 1]});
        let problems = |unit: &str, step: &Value| described(image(unit, step.clone()), 0).1;
        assert_eq!(problems("second", &scale), [""; 0]);
        assert_eq!(
            problems("", &scale),
            ["the scale of its axis `t` has no unit"]
        );
        assert_eq!(
            problems("fortnight", &scale),
            ["the unit `fortnight` of its axis `t` is unknown"]
        );
        let affine = json!({"type": "affine", "affine": [[1, 0], [0, 1]]});
        assert_eq!(
            problems("second", &affine),
            ["its scale is given by `affine`, which is not supported"]
        );
        let file = json!({"type": "scale", "path": "scale"});
        assert_eq!(
            problems("second", &file),
            ["its `scale` is not one number for each of 3 axes"]
        );
        let (metadata, _) = described(image("second", affine), 0);
        assert_eq!((metadata.fps, metadata.pixel_size), (None, None));
    }

    #[test]
    fn the_resolution_asked_for_has_its_own_scale() {
        let level = |path: &str, scale: f64| {
            json!({"path": path, "coordinateTransformations": [
                {"type": "scale", "scale": [scale, scale]}]})
        };
        let attributes = json!({"ome": {"multiscales": [
            {"axes": [{"name": "y", "unit": "micrometer"}, {"name": "x", "unit": "micrometer"}],
                "datasets": [level("0", 0.5), level("1", 1.0)]},
            {"axes": ["y", "x"], "datasets": [level("other", 1.0)]},
        ]}});
        for (array, size) in [(None, 0.5), (Some("0"), 0.5), (Some("1"), 1.0)] {
            let image = ZarrLevel::read(&attributes, array).unwrap().unwrap();
            let mut metadata = Metadata::default();
            image.describe(None, &mut metadata);
            assert_eq!(metadata.pixel_size, Some([size; 2]));
            assert_eq!(image.others, ["other"]);
        }
        assert!(ZarrLevel::read(&attributes, Some("2")).unwrap().is_none());
        assert!(ZarrLevel::read(&json!({}), None).unwrap().is_none());
    }
}
