//! Metadata of Micro-Manager: before the first page, the indices of the pages along the axes; in a
//! tag of each page, its time.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::directory::{Directory, TiffReader};
use crate::error::Result;
use crate::io::Series;
use crate::io::format::timing;
use crate::video::Metadata;

/// The tag of a page's metadata.
const METADATA: u16 = 51_123;

/// Magic numbers of the parts of the header.
const INDEX_HEADER: u64 = 54_773_648;
const INDEX: u64 = 3_453_623;
const SUMMARY: u64 = 2_355_492;

/// Maximum number of frames whose times are read, each from a text in its page.
const MAX_TIMES: usize = 1000;

/// Indices of a page along the axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PlaneIndex {
    pub(super) channel: usize,
    pub(super) slice: usize,
    pub(super) time: usize,
    pub(super) position: usize,
    /// Offset of its directory.
    pub(super) offset: u64,
}

/// Content of the header.
#[derive(Debug, Default)]
pub(super) struct MicroManager {
    pub(super) plane_indices: Vec<PlaneIndex>,
    summary: Value,
}

impl MicroManager {
    /// Reads the header; `None` if Micro-Manager did not write it.
    pub(super) fn read(reader: &TiffReader<'_>) -> Option<Self> {
        let number = |at: usize| reader.uint(at, 4);
        if number(8)? != INDEX_HEADER {
            return None;
        }
        let summary = (number(32)? == SUMMARY).then(|| {
            let len = usize::try_from(number(36)?).ok()?;
            let text = reader.bytes.get(40..40usize.checked_add(len)?)?;
            serde_json::from_slice(text).ok()
        });
        Some(Self {
            plane_indices: plane_indices(reader).unwrap_or_default(),
            summary: summary.flatten().unwrap_or_default(),
        })
    }

    /// The requested position; a file may have several.
    pub(super) fn choose(&self, series: Option<&Series>, path: &Path) -> Result<usize> {
        let positions: BTreeSet<usize> = self
            .plane_indices
            .iter()
            .map(|plane_index| plane_index.position)
            .collect();
        let positions: Vec<usize> = positions.into_iter().collect();
        let names: Vec<String> = positions
            .iter()
            .map(|at| format!("position {at}"))
            .collect();
        Ok(positions[Series::choose(series, path, &names, 0)?])
    }

    /// Requested interval between frames in seconds.
    pub(super) fn interval(&self) -> Option<f64> {
        seconds(self.summary.get("Interval_ms")?)
    }

    /// Pixel size in µm.
    pub(super) fn pixel_size(&self) -> Option<f64> {
        ["PixelSize_um", "PixelSizeUm"]
            .iter()
            .find_map(|key| self.summary.get(key)?.as_f64())
            .filter(|size| size.is_finite() && *size > 0.0)
    }
}

fn plane_indices(reader: &TiffReader<'_>) -> Option<Vec<PlaneIndex>> {
    let at = usize::try_from(reader.uint(12, 4)?).ok()?;
    if reader.uint(at, 4)? != INDEX {
        return None;
    }
    let count = usize::try_from(reader.uint(at.checked_add(4)?, 4)?).ok()?;
    let start = at.checked_add(8)?;
    let entries = reader.bytes.get(start..)?.chunks_exact(20).take(count);
    let plane_index = |index: usize| {
        let number = |field: usize| reader.uint(start + 20 * index + 4 * field, 4);
        Some(PlaneIndex {
            channel: usize::try_from(number(0)?).ok()?,
            slice: usize::try_from(number(1)?).ok()?,
            time: usize::try_from(number(2)?).ok()?,
            position: usize::try_from(number(3)?).ok()?,
            offset: number(4)?,
        })
    };
    let plane_indices: Vec<PlaneIndex> = (0..entries.len()).filter_map(plane_index).collect();
    (plane_indices.len() == count).then_some(plane_indices)
}

/// Adds the metadata of the frames' pages to that of a recording, if Micro-Manager wrote them.
pub(super) fn describe<'a>(
    reader: &TiffReader<'_>,
    path: &Path,
    pages: impl Iterator<Item = &'a Directory>,
    metadata: &mut Metadata,
) {
    let mut tags = pages
        .take(MAX_TIMES)
        .map_while(|page| Tags::read(reader, page))
        .peekable();
    let Some(first) = tags.peek() else {
        return;
    };
    let interval = first.interval;
    let size = first.pixel_size.map(|size| [size, size]);
    metadata.pixel_size = metadata.pixel_size.or(size);
    metadata.date = metadata.date.take().or_else(|| first.date.clone());
    let times: Vec<f64> = tags.map_while(|tags| tags.elapsed).collect();
    metadata.fps = timing::rate(path, metadata.fps, &times);
    metadata.fps = metadata.fps.or(interval.map(|seconds| 1.0 / seconds));
}

/// Metadata of a page.
#[derive(Debug, Clone, Default, PartialEq)]
struct Tags {
    /// Time of the page in seconds.
    elapsed: Option<f64>,
    /// Requested interval between frames in seconds.
    interval: Option<f64>,
    /// Pixel size in µm.
    pixel_size: Option<f64>,
    date: Option<String>,
}

impl Tags {
    /// Reads the tag of a page; `None` if Micro-Manager did not write it.
    fn read(reader: &TiffReader<'_>, directory: &Directory) -> Option<Self> {
        let text = reader.text(directory.find(METADATA)?)?;
        let json: Value = serde_json::from_str(&text).ok()?;
        let get = |keys: &[&str]| keys.iter().find_map(|key| json.get(key)).map(plain);
        Some(Self {
            elapsed: get(&["ElapsedTime-ms"])
                .and_then(Value::as_f64)
                .map(|milliseconds| milliseconds / 1000.0),
            interval: get(&["Interval_ms"]).and_then(seconds),
            pixel_size: get(&["PixelSizeUm", "PixelSize_um"])
                .and_then(Value::as_f64)
                .filter(|size| size.is_finite() && *size > 0.0),
            date: get(&["ReceivedTime", "Time"])
                .and_then(Value::as_str)
                .map(str::to_owned),
        })
    }
}

/// A value, unwrapped from the object in which some versions store it.
fn plain(value: &Value) -> &Value {
    match value.get("PropVal") {
        Some(inner) => inner,
        None => value,
    }
}

fn seconds(value: &Value) -> Option<f64> {
    let milliseconds = value.as_f64()?;
    (milliseconds.is_finite() && milliseconds > 0.0).then(|| milliseconds / 1000.0)
}
