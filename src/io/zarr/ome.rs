//! OME-Zarr: which array of a folder is the image, what its axes are, and their scale.
//! After "Next-generation file formats (NGFF)", versions 0.1 to 0.5.

use serde_json::Value;

use crate::bail;
use crate::error::{Error, Result};
use crate::io::FrameRange;
use crate::video::{Layout, Metadata};

/// An axis by its name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    name: String,
    unit: String,
}

/// The finest resolution of an image.
#[derive(Debug, PartialEq)]
pub(super) struct Image {
    /// The name of its array.
    pub(super) path: String,
    pub(super) axes: Vec<Axis>,
    /// The distance between neighbours along each axis.
    scale: Vec<f64>,
}

/// How the axes of an array become those of a video.
#[derive(Debug, PartialEq)]
pub(super) struct Axes {
    /// Those of length 1 that are left out.
    pub(super) dropped: Vec<usize>,
    /// The lengths of the others.
    shape: Vec<usize>,
    /// Those of an array without frames become a video of one.
    is_image: bool,
    /// The place among the others of that which comes last, the channel.
    channel: Option<usize>,
    /// The place in the array of that which is time.
    first: usize,
}

impl Image {
    /// The image that the attributes of a folder describe, if they do.
    pub(super) fn read(attributes: &Value) -> Option<Self> {
        let newer = &attributes["ome"]["multiscales"][0];
        let scales = if newer.is_object() {
            newer
        } else {
            &attributes["multiscales"][0]
        };
        let finest = &scales["datasets"][0];
        let path = finest["path"].as_str()?.to_owned();
        let axes = match scales["axes"].as_array() {
            Some(axes) => axes.iter().map(axis).collect(),
            None => "tczyx"
                .chars()
                .map(|name| axis(&name.to_string().into()))
                .collect(),
        };
        let steps = finest["coordinateTransformations"].as_array();
        let steps = steps.map_or(&[][..], Vec::as_slice);
        let scale = steps.iter().find(|step| step["type"] == "scale");
        let scale = scale.and_then(|step| step["scale"].as_array());
        let scale = scale.map_or(&[][..], Vec::as_slice);
        Some(Self {
            path,
            axes,
            scale: scale.iter().filter_map(Value::as_f64).collect(),
        })
    }

    /// Adds what the scale says.
    pub(super) fn describe(&self, axes: &Axes, metadata: &mut Metadata) {
        let step = |index: usize| {
            let (axis, step) = (self.axes.get(index)?, self.scale.get(index)?);
            let factor = factor(&axis.unit)?;
            (step.is_finite() && *step > 0.0).then_some(step * factor)
        };
        let named = |name: &str| {
            let index = self.axes.iter().position(|axis| axis.name == name)?;
            step(index).filter(|_| !self.axes[index].unit.is_empty())
        };
        if let (Some(height), Some(width)) = (named("y"), named("x")) {
            metadata.pixel_size = Some([height, width]);
        }
        let is_time = self
            .axes
            .get(axes.first)
            .is_some_and(|axis| axis.name == "t");
        if let Some(period) = named("t").filter(|_| is_time) {
            metadata.fps = Some(1.0 / period);
        }
    }
}

fn axis(json: &Value) -> Axis {
    let name = json["name"].as_str().or_else(|| json.as_str());
    Axis {
        name: name.unwrap_or_default().to_owned(),
        unit: json["unit"].as_str().unwrap_or_default().to_owned(),
    }
}

/// What a unit is in seconds or micrometers.
fn factor(unit: &str) -> Option<f64> {
    Some(match unit {
        "second" | "micrometer" => 1.0,
        "millisecond" | "nanometer" => 1e-3,
        "microsecond" | "picometer" => 1e-6,
        "nanosecond" => 1e-9,
        "minute" => 60.0,
        "hour" => 3600.0,
        "millimeter" => 1e3,
        "meter" => 1e6,
        _ => return None,
    })
}

impl Axes {
    /// The axes of a video among those of an array, by their names if they are known.
    pub(super) fn new(shape: &[usize], names: &[Axis]) -> Result<Self> {
        let is = |axis: usize, name: &str| names.get(axis).is_some_and(|axis| axis.name == name);
        let is_pixel = |axis: usize| {
            if names.is_empty() {
                shape.len() <= 4 || axis + 2 >= shape.len()
            } else {
                is(axis, "y") || is(axis, "x")
            }
        };
        let (kept, dropped): (Vec<usize>, Vec<usize>) =
            (0..shape.len()).partition(|axis| shape[*axis] != 1 || is_pixel(*axis));
        let kept_shape: Vec<usize> = kept.iter().map(|axis| shape[*axis]).collect();
        if kept.is_empty() || kept.len() > 4 || kept_shape.contains(&0) {
            let error = Error::new(format!(
                "its array has the shape {}, a video has 1 to 4 axes",
                crate::video::shape_text(shape)
            ));
            return Err(error.hint("save one channel or one depth by itself"));
        }
        let channel = kept.iter().position(|axis| is(*axis, "c"));
        if kept.len() == 4 && !names.is_empty() && channel.is_none() {
            bail!("its array has both times and depths, a video has one of them");
        }
        Ok(Self {
            is_image: kept.len() == 2 && !names.is_empty(),
            channel: channel.filter(|_| kept.len() == 4),
            first: kept[0],
            shape: kept_shape,
            dropped,
        })
    }

    /// The shape of the video.
    pub(super) fn video_shape(&self) -> Vec<usize> {
        self.video_layout(&Layout::contiguous(&self.shape))
            .shape()
            .to_vec()
    }

    /// What to load of the array for frames of the video.
    pub(super) fn stored_range(&self, range: FrameRange) -> FrameRange {
        if self.is_image {
            return FrameRange {
                start: 0,
                len: self.shape[0],
                step: 1,
            };
        }
        range
    }

    /// How samples that are loaded in the order of the array lie as a video.
    pub(super) fn video_layout(&self, layout: &Layout) -> Layout {
        if self.is_image {
            return layout.insert_axis(0);
        }
        let channel = self.channel.unwrap_or(layout.shape().len());
        (channel..layout.shape().len().saturating_sub(1))
            .fold(layout.clone(), |layout, axis| layout.swap(axis, axis + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &str) -> Vec<Axis> {
        names
            .chars()
            .map(|name| axis(&name.to_string().into()))
            .collect()
    }

    #[test]
    fn axes_become_those_of_a_video() {
        let shape = |shape: &[usize], names: &str| {
            Axes::new(shape, &named(names)).map(|axes| axes.video_shape())
        };
        assert_eq!(shape(&[9, 1, 1, 5, 6], "tczyx").unwrap(), [9, 5, 6]);
        assert_eq!(shape(&[1, 1, 9, 5, 6], "tczyx").unwrap(), [9, 5, 6]);
        assert_eq!(shape(&[9, 2, 1, 5, 6], "tczyx").unwrap(), [9, 5, 6, 2]);
        assert_eq!(shape(&[1, 1, 1, 5, 6], "tczyx").unwrap(), [1, 5, 6]);
        assert_eq!(shape(&[9, 1, 5, 1], "tcyx").unwrap(), [9, 5, 1]);
        assert_eq!(shape(&[9, 1, 5, 1], "").unwrap(), [9, 1, 5, 1]);
        assert_eq!(shape(&[1, 9, 1, 5, 6], "").unwrap(), [9, 5, 6]);
        assert!(shape(&[9, 2, 3, 5, 6], "tczyx").is_err());
        assert!(shape(&[9, 1, 3, 5, 6], "tczyx").is_err());
        assert!(shape(&[0, 5, 6], "").is_err());
    }
}
