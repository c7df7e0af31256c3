//! Points, regions and masks of a player as script values.

use rhai::{Array, Dynamic, Map};

use super::drawing::{AnyColor, Pixels};
use super::mask_history::drawn_mask;
use crate::bail;
use crate::error::{Error, Result};
use crate::player::Player;
use crate::player::probes::Probe;
use crate::player::region::{PixelRect, ProbeRegion, RegionSettings, mask_of_runs, runs_of_mask};
use crate::script::call::value::{Value, describe};
use crate::video::{DType, Strided, Video, shape_text};

/// Position of the center of the first pixel in a window; in scripts it is 0.
const CENTER: f64 = 0.5;

/// Keys of a region.
const KEYS: &[&str] = &["kind", "bounds", "points", "mask", "name", "color", "video"];

/// Pixels probed, `[[y, x], …]`.
pub(super) fn points(player: &Player) -> Dynamic {
    let probes = player.probes().into_iter();
    let points = probes.filter_map(|probe| match probe.region {
        ProbeRegion::Point { y, x } => Some(vec![y, x]),
        _ => None,
    });
    points.collect::<Vec<_>>().into_dynamic()
}

/// Regions probed, each a map.
pub(super) fn regions(player: &Player) -> Dynamic {
    let sizes = player.frame_sizes();
    let probes = player.probes().into_iter();
    let regions = probes.filter(|probe| !matches!(probe.region, ProbeRegion::Point { .. }));
    let maps = regions.map(|probe| {
        let size = sizes.get(probe.panel).copied().unwrap_or((1, 1));
        let mut map = Map::new();
        map.insert("kind".into(), probe.region.kind().into());
        if let Some(name) = &probe.name {
            map.insert("name".into(), name.into());
        }
        map.insert("color".into(), AnyColor(probe.color).into_dynamic());
        map.insert("video".into(), probe.panel.into_dynamic());
        if let Some(PixelRect { y0, x0, y1, x1 }) = probe.region.bounds(size) {
            map.insert("bounds".into(), vec![y0, x0, y1, x1].into_dynamic());
        }
        let positions = |points: &[(f64, f64)]| {
            let points = points.iter().map(|(x, y)| vec![*y - CENTER, *x - CENTER]);
            points.collect::<Vec<_>>().into_dynamic()
        };
        match &probe.region {
            ProbeRegion::Polygon(corners) => {
                map.insert("points".into(), positions(corners));
            }
            ProbeRegion::Line(ends) => {
                map.insert("points".into(), positions(ends));
            }
            ProbeRegion::Mask(_) => {
                map.insert("mask".into(), mask(&probe.region, size).into_dynamic());
            }
            _ => {}
        }
        Dynamic::from_map(map)
    });
    maps.collect::<Array>().into()
}

/// A bool image for each region.
pub(super) fn masks(player: &Player) -> Dynamic {
    let sizes = player.frame_sizes();
    let probes = player.probes().into_iter();
    let regions = probes.filter(|probe| !matches!(probe.region, ProbeRegion::Point { .. }));
    let masks = regions.map(|probe| {
        let size = sizes.get(probe.panel).copied().unwrap_or((1, 1));
        mask(&probe.region, size).into_dynamic()
    });
    masks.collect::<Array>().into()
}

fn mask(region: &ProbeRegion, size: (usize, usize)) -> Video {
    let runs = region.runs(size);
    let mut mask = Video::new(Strided::from_vec(
        &[size.1, size.0],
        mask_of_runs(&runs, size),
    ));
    mask.set_history(drawn_mask(&runs, size));
    mask
}

/// Replaces the points.
pub(super) fn set_points(player: &Player, value: Dynamic) -> Result<()> {
    let pixels = Pixels::from_dynamic(value).map_err(|value| {
        let found = describe(&value);
        Error::new(format!(
            "`points` must be an array of pixels `[y, x]`, got {found}"
        ))
    })?;
    let points = pixels.0.into_iter().map(|[y, x]| RegionSettings {
        region: ProbeRegion::Point { y, x },
        name: None,
        color: None,
        panel: 0,
    });
    player.set_probes(true, points.collect())
}

/// Replaces the regions.
pub(super) fn set_regions(player: &Player, value: Dynamic) -> Result<()> {
    let regions = array("regions", value)?;
    let sizes = player.frame_sizes();
    let settings = regions.into_iter().map(|region| settings(region, &sizes));
    player.set_probes(false, settings.collect::<Result<_>>()?)
}

/// Replaces the regions by masks.
pub(super) fn set_masks(player: &Player, value: Dynamic) -> Result<()> {
    let masks = array("masks", value)?;
    let sizes = player.frame_sizes();
    let probes = player.probes();
    let regions: Vec<_> = probes
        .iter()
        .filter(|probe| !matches!(probe.region, ProbeRegion::Point { .. }))
        .collect();
    let is_mask_of = |(mask, probe): (&Dynamic, &&Probe)| {
        let size = sizes[probe.panel];
        let mask = of_mask(mask.clone(), size);
        let pixels = |region: &ProbeRegion| mask_of_runs(&region.runs(size), size);
        mask.is_ok_and(|mask| pixels(&mask) == pixels(&probe.region))
    };
    // Scripts also set what a chain such as `p.masks[0]` has only read.
    if masks.len() == regions.len() && masks.iter().zip(&regions).all(is_mask_of) {
        return Ok(());
    }
    let settings = masks.into_iter().map(|mask| {
        Ok(RegionSettings {
            region: of_mask(mask, sizes[0])?,
            name: None,
            color: None,
            panel: 0,
        })
    });
    player.set_probes(false, settings.collect::<Result<_>>()?)
}

fn array(name: &str, value: Dynamic) -> Result<Array> {
    match value.is_array() {
        true => Ok(value.cast::<Array>()),
        false => bail!("`{name}` must be an array, got {}", describe(&value)),
    }
}

/// A region from `[y0, x0, y1, x1]` or a map.
fn settings(value: Dynamic, sizes: &[(usize, usize)]) -> Result<RegionSettings> {
    if !value.is_map() {
        return Ok(RegionSettings {
            region: ProbeRegion::Rect(bounds(value)?),
            name: None,
            color: None,
            panel: 0,
        });
    }
    let mut map = value.cast::<Map>();
    if let Some(key) = map.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let keys = KEYS.iter().copied();
        return Err(Error::new(format!("a region has no `{key}`")).did_you_mean(key, keys));
    }
    let mut part = |key: &str| map.remove(key);
    let panel = match part("video") {
        None => 0,
        Some(value) => read("video", value, "an int >= 0")?,
    };
    let kind: String = match part("kind") {
        None => bail!("a region needs its `kind`"),
        Some(value) => read("kind", value, "a string")?,
    };
    let mut need = |key: &str| {
        part(key).ok_or_else(|| Error::new(format!("a region of kind \"{kind}\" needs `{key}`")))
    };
    let region = match kind.as_str() {
        "rectangle" => ProbeRegion::Rect(bounds(need("bounds")?)?),
        "ellipse" => ProbeRegion::Ellipse(bounds(need("bounds")?)?),
        "polygon" => ProbeRegion::Polygon(positions(need("points")?)?),
        "line" => match positions(need("points")?)?[..] {
            [from, to] => ProbeRegion::Line([from, to]),
            ref points => bail!("a line has two `points`, got {}", points.len()),
        },
        "mask" => {
            let Some(size) = sizes.get(panel) else {
                bail!(
                    "there is no video {panel}: the window shows {}",
                    sizes.len()
                );
            };
            of_mask(need("mask")?, *size)?
        }
        other => {
            let kinds = ["rectangle", "ellipse", "polygon", "line", "mask"];
            return Err(
                Error::new(format!("a region cannot be of kind \"{other}\""))
                    .did_you_mean(other, kinds),
            );
        }
    };
    let name = part("name").map(|value| read("name", value, "a string"));
    let color = part("color").map(|value| read("color", value, "a color"));
    Ok(RegionSettings {
        region,
        name: name.transpose()?,
        color: color.transpose()?.map(|AnyColor(color)| color),
        panel,
    })
}

fn bounds(value: Dynamic) -> Result<PixelRect> {
    let edges: Vec<usize> = read("bounds", value, "the edges `[y0, x0, y1, x1]`")?;
    match edges[..] {
        [y0, x0, y1, x1] if y0 < y1 && x0 < x1 => Ok(PixelRect { y0, x0, y1, x1 }),
        _ => bail!("`bounds` must be `[y0, x0, y1, x1]` with y0 < y1 and x0 < x1, got {edges:?}"),
    }
}

fn positions(value: Dynamic) -> Result<Vec<(f64, f64)>> {
    let expected = "an array of positions `[y, x]`";
    let points: Vec<Vec<f64>> = read("points", value, expected)?;
    let position = |point: Vec<f64>| match point[..] {
        [y, x] if y.is_finite() && x.is_finite() => Ok((x + CENTER, y + CENTER)),
        _ => bail!("`points` must be {expected}, got {point:?} in it"),
    };
    points.into_iter().map(position).collect()
}

fn of_mask(value: Dynamic, (width, height): (usize, usize)) -> Result<ProbeRegion> {
    let mask: Video = read("mask", value, "a bool image")?;
    if mask.dtype() != DType::Bool || mask.shape() != [height, width] {
        bail!(
            "a mask must be a bool image of shape {height}×{width}, as the frames, got {} of shape {}",
            mask.dtype(),
            shape_text(mask.shape())
        );
    }
    let mut samples = vec![0f32; width * height];
    let frame = mask.with_layout(mask.layout().insert_axis(0));
    frame.samples().read(0, 0..width * height, &mut samples);
    let inside: Vec<bool> = samples.iter().map(|sample| *sample > 0.0).collect();
    Ok(ProbeRegion::Mask(runs_of_mask(&inside, width).into()))
}

fn read<T: Value>(name: &str, value: Dynamic, expected: &str) -> Result<T> {
    T::from_dynamic(value).or_else(|value| {
        bail!(
            "`{name}` of a region must be {expected}, got {}",
            describe(&value)
        )
    })
}
