//! Metadata of a series of frames in Neurodata Without Borders (NWB) files.

use std::path::Path;

use super::dataset::Dataset;
use super::times;
use super::tree::Contents;
use crate::error::Error;
use crate::io::bytes::samples::Conversion;
use crate::io::recording::FrameRange;
use crate::video::{DType, Field, Metadata, Samples};

/// Maximum length of a list of times.
const MAX_TIMES: usize = 1 << 24;

/// Whether a file is an NWB file.
pub(super) fn is_nwb(contents: &Contents) -> bool {
    contents.attributes.contains_key("nwb_version")
}

/// Adds the frame rate, the pixel size and the session metadata.
pub(super) fn describe(path: &Path, contents: &mut Contents, data: &str, metadata: &mut Metadata) {
    let group = data.rsplit_once('/').map_or("", |(group, _)| group);
    let mut find = |name: &str| contents.find(&format!("{group}/{name}")).ok();
    let started = find("starting_time");
    let rate = started.and_then(|started| number(started.attributes.get("rate")?));
    let rate = rate
        .or_else(|| times::rate(path, &numbers(&find("timestamps")?)?))
        .or_else(|| {
            find("imaging_plane/imaging_rate")?
                .numbers()?
                .first()
                .copied()
        });
    if let Some(rate) = rate.filter(|rate| rate.is_finite() && *rate > 0.0) {
        metadata.fps = Some(rate);
    }
    if let Some(spacing) = find("imaging_plane/grid_spacing") {
        let unit = match spacing.attributes.get("unit") {
            Some(Field::Text(unit)) => unit.as_str(),
            _ => "meters",
        };
        // The first is the spacing along a row.
        if let (Some([x, y, ..]), Some(unit)) = (spacing.numbers().as_deref(), micrometers(unit)) {
            let size = [y * unit, x * unit];
            if size.iter().all(|size| size.is_finite() && *size > 0.0) {
                metadata.pixel_size = Some(size);
            }
        }
    }
    let mut text = |name: &str| match contents.find(name).ok()?.field()? {
        Field::Text(text) => Some(text),
        _ => None,
    };
    metadata.date = metadata.date.take().or_else(|| text("session_start_time"));
    let comment = metadata.comment.take();
    metadata.comment = comment.or_else(|| text("session_description"));
}

/// The error for a file whose frames are in a separate movie.
pub(super) fn movies(contents: &Contents) -> Option<Error> {
    let datasets = contents.datasets.iter();
    let mut named = datasets.filter(|dataset| dataset.name.ends_with("/external_file"));
    let movie = named.next()?;
    let text = match movie.text() {
        Some(text) => format!("its frames are in the movie `{text}`"),
        None => "its frames are in movies".into(),
    };
    Some(Error::new(text).hint("load the movie itself"))
}

/// Micrometers per unit of length.
pub(super) fn micrometers(unit: &str) -> Option<f64> {
    Some(match unit.trim() {
        "meters" | "meter" | "m" => 1e6,
        "millimeters" | "millimeter" | "mm" => 1e3,
        "micrometers" | "micrometer" | "microns" | "micron" | "um" | "µm" | "μm" => 1.0,
        "nanometers" | "nanometer" | "nm" => 1e-3,
        _ => return None,
    })
}

fn number(field: &Field) -> Option<f64> {
    match field {
        Field::Int(value) => Some(*value as f64),
        Field::Float(value) => Some(*value),
        Field::Text(_) | Field::List(_) => None,
    }
}

/// All numbers of a list.
fn numbers(dataset: &Dataset) -> Option<Vec<f64>> {
    let &[len] = dataset.shape.as_slice() else {
        return None;
    };
    let conversion = Conversion {
        dtype: DType::F64,
        stored: dataset.encoding.ok()?,
    };
    let all = FrameRange {
        start: 0,
        len,
        step: 1,
    };
    if len > MAX_TIMES {
        return None;
    }
    match dataset.read(conversion, all).ok()? {
        Samples::F64(times) => Some(times.view().iter().copied().collect()),
        _ => None,
    }
}
