//! Regions by name in files: JSON, and the `.roi` files and `RoiSet.zip` archives of ImageJ.

mod imagej;
mod json;

use std::io::{Read, Write};
use std::path::Path;

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

pub use json::{region_from_json, region_to_json};

use super::recording::{cannot_load, expect_file, extension_of};
use crate::bail;
use crate::error::{Error, Result};
use crate::fs::{atomic, files};
use crate::ops::mask::shape::Region;
use crate::task;

/// Largest file of regions in bytes, also when unpacked; those of ImageJ have some hundred bytes each.
const MAX_FILE: u64 = 1 << 28;

/// Loads regions. Those of ImageJ that are of other kinds, such as points, are left out with a
/// warning.
pub fn load_regions(path: &Path) -> Result<Vec<Region>> {
    expect_file(path)?;
    let load = || match extension_of(path).as_deref() {
        Some("json") => json::parse(&read(path)?),
        Some("roi") => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            of_imagej(vec![(stem.into_owned(), read(path)?)])
        }
        Some("zip") => of_imagej(members(path)?),
        _ => Err(unknown(path)),
    };
    load().map_err(|error| cannot_load(path, &error))
}

/// Saves regions: all of them in a `.json` or `.zip` file, one in a `.roi` file.
pub fn save_regions(path: &Path, regions: &[Region]) -> Result<()> {
    let is_json = extension_of(path).as_deref() == Some("json");
    if !is_json && regions.iter().any(|region| region.video > 0) {
        task::warn("files of ImageJ do not hold to which video of a window a region belongs");
    }
    let bytes = match (extension_of(path).as_deref(), regions) {
        (Some("json"), _) => json::text(regions).into_bytes(),
        (Some("roi"), [region]) => imagej::encode(region)?,
        (Some("roi"), _) => {
            let error = Error::new(format!(
                "`{}` holds one region, got {}",
                path.display(),
                regions.len()
            ));
            return Err(error.hint("save several to a `.zip` file"));
        }
        (Some("zip"), _) => archive(path, regions)?,
        _ => return Err(unknown(path)),
    };
    atomic::write(path, |file| {
        file.write_all(&bytes)
            .map_err(|e| Error::io("write", path, &e))
    })
}

fn unknown(path: &Path) -> Error {
    let error = Error::new(format!(
        "`{}` has no extension of region files",
        path.display()
    ));
    error.hint("use one of `.json`, `.roi`, `.zip`")
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = files::open(path)?.take(MAX_FILE);
    file.read_to_end(&mut bytes)
        .map_err(|e| Error::io("read", path, &e))?;
    Ok(bytes)
}

/// The regions of ImageJ, each named by its file unless it has a name.
fn of_imagej(found: Vec<(String, Vec<u8>)>) -> Result<Vec<Region>> {
    let mut regions = Vec::new();
    let mut others = Vec::new();
    for (stem, bytes) in found {
        let decoded = imagej::decode(&bytes).map_err(|error| {
            Error::new(format!("the region \"{stem}\" cannot be read: {error}"))
        })?;
        match decoded.shape {
            Ok(shape) => regions.push(Region {
                name: decoded.name.unwrap_or(stem),
                color: decoded.color,
                ..Region::of_shape(shape)
            }),
            Err(kind) => others.push(format!("\"{stem}\" ({kind})")),
        }
    }
    if !others.is_empty() {
        task::warn(&format!(
            "regions of kinds that are not read are left out: {}",
            others.join(", ")
        ));
    }
    Ok(regions)
}

/// The `.roi` files of an archive, with their names.
fn members(path: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let explain = |error: ZipError| Error::new(format!("it is not a ZIP archive: {error}"));
    let mut archive = ZipArchive::new(files::open(path)?).map_err(explain)?;
    let (mut found, mut total) = (Vec::new(), 0);
    for index in 0..archive.len() {
        task::check()?;
        let member = archive.by_index(index).map_err(explain)?;
        let name = member.name().map_err(explain)?.into_owned();
        let Some(stem) = name.strip_suffix(".roi") else {
            continue;
        };
        let mut bytes = Vec::new();
        let mut member = member.take(MAX_FILE - total);
        member
            .read_to_end(&mut bytes)
            .map_err(|e| Error::io("read", path, &e))?;
        total += bytes.len() as u64;
        if total == MAX_FILE {
            bail!("its regions take more than {MAX_FILE} bytes");
        }
        found.push((stem.to_owned(), bytes));
    }
    Ok(found)
}

fn archive(path: &Path, regions: &[Region]) -> Result<Vec<u8>> {
    let failed =
        |error: ZipError| Error::new(format!("cannot write `{}`: {error}", path.display()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut names: Vec<String> = Vec::new();
    for (index, region) in regions.iter().enumerate() {
        // Slashes would make folders.
        let plain = region.name.replace(['/', '\\'], "-");
        let mut name = match plain.is_empty() {
            true => format!("{:04}", index + 1),
            false => plain,
        };
        if names.contains(&name) {
            name = format!("{name}-{}", index + 1);
        }
        archive
            .start_file(format!("{name}.roi"), options)
            .map_err(failed)?;
        archive
            .write_all(&imagej::encode(region)?)
            .map_err(|e| Error::io("write", path, &e))?;
        names.push(name);
    }
    Ok(archive.finish().map_err(failed)?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::mask::shape::{RegionShape, runs_of_mask};

    fn regions() -> Vec<Region> {
        let region = |name: &str, color, shape| Region {
            name: name.into(),
            color,
            ..Region::of_shape(shape)
        };
        let corners = vec![[1.0, 2.5], [9.25, -3.0], [4.0, 8.0]];
        vec![
            region("LV", None, RegionShape::Polygon(corners.clone())),
            region(
                "apex µ/1",
                Some(0x12_34_56),
                RegionShape::Rectangle([3, 4, 10, 20]),
            ),
            region(
                "disc",
                Some(0xff_00_00),
                RegionShape::Ellipse {
                    center: [5.5, 7.0],
                    radii: [3.0, 4.5],
                },
            ),
            region("drawn", None, RegionShape::Freehand(corners.clone())),
            region("scan", None, RegionShape::Line(corners[..2].into())),
            region("bent", None, RegionShape::Line(corners)),
        ]
    }

    #[test]
    fn regions_stay_as_they_are_saved() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["regions.json", "RoiSet.zip"] {
            let path = folder.path().join(name);
            save_regions(&path, &regions()).unwrap();
            assert_eq!(load_regions(&path).unwrap(), regions());
        }
        let path = folder.path().join("one.roi");
        save_regions(&path, &regions()[1..2]).unwrap();
        assert_eq!(load_regions(&path).unwrap(), regions()[1..2]);
        assert!(save_regions(&path, &regions()).is_err());
        assert!(save_regions(&folder.path().join("a.txt"), &regions()).is_err());
    }

    #[test]
    fn masks_are_kept_in_json_only() {
        let folder = tempfile::tempdir().unwrap();
        let inside = [true, false, true, true, true, false];
        let mut mask = Region::of_shape(RegionShape::Mask {
            frame: [2, 3],
            runs: runs_of_mask(&inside, 3).into(),
        });
        mask.video = 2;
        let path = folder.path().join("mask.json");
        save_regions(&path, std::slice::from_ref(&mask)).unwrap();
        assert_eq!(load_regions(&path).unwrap(), [mask.clone()]);
        assert!(save_regions(&folder.path().join("mask.roi"), &[mask]).is_err());
    }

    #[test]
    fn what_is_no_region_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.json", "a.roi", "a.zip"] {
            let path = folder.path().join(name);
            std::fs::write(&path, "no region").unwrap();
            assert!(load_regions(&path).is_err(), "{name}");
        }
    }
}
