//! Regions as script values: the one map that windows, files and functions give and take.

use rhai::{Array, Dynamic, Map};

use super::json::{from_json, to_json};
use super::mask_history::drawn_mask;
use crate::error::{Error, Result};
use crate::io;
use crate::ops::mask::shape::{Region, RegionShape};
use crate::script::call::value::{Value, describe, plain_text};
use crate::video::Video;

/// Map of a region: its `name`, `type` and coordinates, its `color` if it has one, and `video` if it
/// is not of the first.
pub fn region_to_map(region: &Region) -> Map {
    let RegionShape::Mask { frame, runs } = &region.shape else {
        return from_json(io::region_to_json(region)).cast();
    };
    let no_runs = RegionShape::Mask {
        frame: *frame,
        runs: [].into(),
    };
    let region = Region {
        shape: no_runs,
        ..region.clone()
    };
    let mut map: Map = from_json(io::region_to_json(&region)).cast();
    map.retain(|key, _| key != "shape" && key != "runs");
    map.insert("mask".into(), drawn_mask(runs, *frame).into_dynamic());
    map
}

/// Region of such a map, of the bounds `[y0, x0, y1, x1]` of a rectangle, or of a mask.
pub fn region_from(value: &Dynamic) -> Result<Region> {
    if let Some(map) = value.read_lock::<Map>() {
        return of_map(&map);
    }
    if let Some(mask) = value.read_lock::<Video>().filter(|value| value.ndim() > 1) {
        return RegionShape::of_mask(&mask).map(Region::of_shape);
    }
    let numbers = Vec::<f64>::from_dynamic(value.clone());
    if !numbers.is_ok_and(|numbers| numbers.len() == 4) {
        let got = describe(value);
        let error = Error::new(format!(
            "a region is a map with `type` and coordinates, got {got}"
        ));
        return Err(error.hint("or the bounds `[y0, x0, y1, x1]` of a rectangle, or a mask"));
    }
    let mut map = Map::new();
    map.insert("type".into(), "rectangle".into());
    map.insert("bounds".into(), value.clone());
    of_map(&map)
}

fn of_map(map: &Map) -> Result<Region> {
    let mut map = map.clone();
    let kind = map.get("type").or_else(|| map.get("kind"));
    let is_mask = kind.is_some_and(|kind| plain_text(kind) == "mask");
    let Some(mask) = map.remove("mask").filter(|_| is_mask) else {
        return io::region_from_json(&to_json(&Dynamic::from_map(map), "")?);
    };
    let mask = Video::from_dynamic(mask).map_err(|value| {
        let got = describe(&value);
        Error::new(format!("`mask` of a region is a bool image, got {got}"))
    })?;
    let shape = RegionShape::of_mask(&mask)?;
    map.insert("shape".into(), mask.shape().to_vec().into_dynamic());
    map.insert("runs".into(), Dynamic::from_array(Array::new()));
    let region = io::region_from_json(&to_json(&Dynamic::from_map(map), "")?)?;
    Ok(Region { shape, ..region })
}
