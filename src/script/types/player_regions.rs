//! Points, regions and masks of a player as script values.

use rhai::{Array, Dynamic};

use super::drawing::Pixels;
use super::mask_history::drawn_mask;
use super::regions::{region_from, region_to_map};
use crate::bail;
use crate::error::{Error, Result};
use crate::ops::mask::shape::{Region, RegionShape};
use crate::player::Player;
use crate::player::region::ProbeRegion;
use crate::script::call::value::{Value, describe};
use crate::video::Video;

/// Pixels probed, `[[y, x], …]`.
pub(super) fn points(player: &Player) -> Dynamic {
    let probes = player.probes().into_iter();
    let points = probes.filter_map(|probe| match probe.region {
        ProbeRegion::Point { y, x } => Some(vec![y, x]),
        ProbeRegion::Shape(_) => None,
    });
    points.collect::<Vec<_>>().into_dynamic()
}

/// Regions probed, each a map.
pub(super) fn regions(player: &Player) -> Dynamic {
    let regions = player.regions();
    let maps = regions.iter().map(|region| region_to_map(region).into());
    maps.collect::<Array>().into()
}

/// A bool image for each region.
pub(super) fn masks(player: &Player) -> Dynamic {
    let sizes = player.frame_sizes();
    let masks = player.regions().into_iter().map(|region| {
        let (width, height) = sizes[region.video];
        let frame = [height, width];
        drawn_mask(&region.shape.runs(frame), frame).into_dynamic()
    });
    masks.collect::<Array>().into()
}

/// Replaces the points.
pub(super) fn set_points(player: &Player, value: Dynamic) -> Result<()> {
    let pixels = Pixels::from_dynamic(value).map_err(|value| {
        let found = describe(&value);
        Error::new(format!(
            "`points` must be an array of pixels `[y, x]`, got {found}"
        ))
    })?;
    player.set_points(&pixels.0)
}

/// Replaces the regions.
pub(super) fn set_regions(player: &Player, value: Dynamic) -> Result<()> {
    let regions = array("regions", value)?;
    let regions = regions.iter().map(region_from).collect::<Result<_>>()?;
    player.set_regions(regions)
}

/// Replaces the regions by masks.
pub(super) fn set_masks(player: &Player, value: Dynamic) -> Result<()> {
    let mut masks = Vec::new();
    for value in array("masks", value)? {
        let mask = Video::from_dynamic(value).map_err(|value| {
            Error::new(format!("a mask is a bool image, got {}", describe(&value)))
        })?;
        masks.push(RegionShape::of_mask(&mask)?);
    }
    let sizes = player.frame_sizes();
    let has_pixels = |(region, mask): (&Region, &RegionShape)| {
        let (width, height) = sizes[region.video];
        region.shape.runs([height, width]) == mask.runs([height, width])
    };
    let regions = player.regions();
    // Scripts also set what a chain such as `p.masks[0]` has only read.
    if masks.len() == regions.len() && regions.iter().zip(&masks).all(has_pixels) {
        return Ok(());
    }
    player.set_regions(masks.into_iter().map(Region::of_shape).collect())
}

fn array(name: &str, value: Dynamic) -> Result<Array> {
    match value.is_array() {
        true => Ok(value.cast::<Array>()),
        false => bail!("`{name}` must be an array, got {}", describe(&value)),
    }
}
