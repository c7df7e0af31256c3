//! Probes: points and regions selected in the videos, and their traces.

use std::path::Path;

use super::probe_trace::ProbeTrace;
use super::region::ProbeRegion;
use super::theme::MARKERS;
use crate::bail;
use crate::draw::Color;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::ops::mask::shape::{Region, RegionShape};
use crate::video::{Video, shape_text};

/// A frame that no region leaves to the right or below.
const ANY_FRAME: (usize, usize) = (1 << 24, 1 << 24);

/// A point or region of a panel and its trace.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Index of the panel.
    pub panel: usize,
    /// Pixels of the probe.
    pub region: ProbeRegion,
    /// Name that the user gave it.
    pub name: Option<String>,
    /// Whether its name is the speed along it.
    pub is_velocity: bool,
    /// What that was computed from.
    pub basis: Option<String>,
    /// Color of the marker and the trace.
    pub color: Color,
    /// Mean of the pixels in each frame.
    pub trace: ProbeTrace,
}

impl Probe {
    /// The region, unless it is a point.
    pub fn as_region(&self) -> Option<Region> {
        Some(Region {
            name: self.name.clone().unwrap_or_default(),
            shape: self.region.shape()?.clone(),
            color: Some(self.color),
            video: self.panel,
        })
    }

    /// Name in a window with a number of panels.
    pub fn label(&self, panels: usize) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let region = self.place(", ", "–", " ");
        match panels {
            1 => region,
            _ => format!("video {}: {region}", self.panel),
        }
    }

    /// Name of the column in a table.
    fn column(&self, panels: usize) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let region = self.place("_", "-", "");
        match panels {
            1 => region,
            _ => format!("video{}_{region}", self.panel),
        }
    }

    /// The kind of shape, unless it is a point or a rectangle, and its rows and columns.
    fn place(&self, and: &str, to: &str, space: &str) -> String {
        let kind = match self.region.shape() {
            None | Some(RegionShape::Rectangle(_)) => String::new(),
            Some(shape) => format!("{}{and}", shape.kind()),
        };
        match &self.region {
            ProbeRegion::Point { y, x } => format!("y{space}{y}{and}x{space}{x}"),
            region @ ProbeRegion::Shape(_) => match region.bounds(ANY_FRAME) {
                Some([y0, x0, y1, x1]) => {
                    format!("{kind}y{space}{y0}{to}{y1}{and}x{space}{x0}{to}{x1}")
                }
                None => kind,
            },
        }
    }
}

/// An error unless a region that a script sets is within the frames of a panel.
pub(super) fn check(
    region: &ProbeRegion,
    (width, height): (usize, usize),
    (panel, panels): (usize, usize),
) -> Result<()> {
    if panels <= panel {
        bail!("there is no video {panel}: the window shows {panels}");
    }
    match region {
        ProbeRegion::Point { y, x } if height <= *y || width <= *x => {
            bail!("the point is outside of frames of {height}×{width}")
        }
        ProbeRegion::Shape(RegionShape::Mask { frame, .. }) if *frame != [height, width] => {
            bail!(
                "a mask must have the shape of the frames, {height}×{width}, got {}",
                shape_text(frame)
            )
        }
        _ => {}
    }
    if region.runs((width, height)).is_empty() {
        bail!(
            "the {} holds no pixel of frames of {height}×{width}",
            region.kind()
        );
    }
    Ok(())
}

/// First color that no probe has yet.
pub(super) fn next_color(probes: &[Probe]) -> Color {
    let count = |color: &Color| probes.iter().filter(|probe| probe.color == *color).count();
    let least = MARKERS.iter().min_by_key(|color| count(color));
    *least.unwrap_or(&MARKERS[0])
}

/// Writes the traces as a table: frame, time in milliseconds if the frame rate is known, and one
/// column per probe.
pub(super) fn save_csv(
    path: &Path,
    probes: &[Probe],
    panels: usize,
    fps: Option<f64>,
) -> Result<()> {
    let traces: Vec<Video> = probes
        .iter()
        .map(|probe| probe.trace.wait())
        .collect::<Result<_>>()?;
    let mut head = vec!["frame".to_owned()];
    head.extend(fps.map(|_| "time_ms".to_owned()));
    head.extend(probes.iter().map(|probe| probe.column(panels)));
    let columns: Vec<Vec<f64>> = traces.iter().map(samples).collect();
    let frames = columns.iter().map(Vec::len).max().unwrap_or(0);
    atomic::write(path, |file| {
        let mut table = csv::Writer::from_writer(file);
        let failed = |cause: csv::Error| Error::io("write", path, &cause.into());
        table.write_record(&head).map_err(failed)?;
        for frame in 0..frames {
            let mut row = vec![frame.to_string()];
            row.extend(fps.map(|fps| (frame as f64 * 1000.0 / fps).to_string()));
            let values = columns.iter().map(|column| match column.get(frame) {
                Some(value) => value.to_string(),
                None => String::new(),
            });
            row.extend(values);
            table.write_record(&row).map_err(failed)?;
        }
        table
            .flush()
            .map_err(|cause| Error::io("write", path, &cause))
    })
}

fn samples(trace: &Video) -> Vec<f64> {
    let mut samples = vec![0.0; trace.len()];
    trace
        .samples()
        .read_frames(0..trace.len(), 0..1, &mut samples);
    samples
}
