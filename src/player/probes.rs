//! Probes: points and regions selected in the videos, and their traces.

use std::path::Path;

use super::probe_trace::ProbeTrace;
use super::theme::MARKERS;
use crate::draw::Color;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::video::Video;
use crate::view::trace_plot::TRACE_SIZE;

/// Rectangle of a frame: first row and column, and the row and column to stop before (exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PixelRect {
    pub y0: usize,
    pub x0: usize,
    pub y1: usize,
    pub x1: usize,
}

impl PixelRect {
    /// Square around a point, clipped to a frame of the given width and height.
    pub(super) fn around((x, y): (usize, usize), (width, height): (usize, usize)) -> Self {
        let half = TRACE_SIZE / 2;
        Self {
            y0: y.saturating_sub(half),
            x0: x.saturating_sub(half),
            y1: (y + half + 1).min(height),
            x1: (x + half + 1).min(width),
        }
    }

    /// Rectangle with two opposite corners, at least one pixel, clipped to the frame.
    pub(super) fn between(a: (f64, f64), b: (f64, f64), (width, height): (usize, usize)) -> Self {
        let first = |a: f64, b: f64, length: usize| {
            (a.min(b).round().max(0.0) as usize).min(length.saturating_sub(1))
        };
        let end = |a: f64, b: f64, first: usize, length: usize| {
            (a.max(b).round().max(0.0) as usize).clamp(first + 1, length.max(first + 1))
        };
        let (x0, y0) = (first(a.0, b.0, width), first(a.1, b.1, height));
        Self {
            y0,
            x0,
            y1: end(a.1, b.1, y0, height),
            x1: end(a.0, b.0, x0, width),
        }
    }

    /// Number of pixels.
    pub(super) fn area(&self) -> usize {
        (self.y1 - self.y0) * (self.x1 - self.x0)
    }
}

/// Pixels of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeRegion {
    /// A pixel.
    Point {
        /// Row.
        y: usize,
        /// Column.
        x: usize,
    },
    /// A rectangle.
    Region(PixelRect),
}

/// A point or region of a panel and its trace.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Index of the panel.
    pub panel: usize,
    /// Pixels of the probe.
    pub region: ProbeRegion,
    /// Color of the marker and the trace.
    pub color: Color,
    /// Mean of the pixels in each frame.
    pub trace: ProbeTrace,
}

impl Probe {
    /// Name in a window with a number of panels.
    pub(super) fn label(&self, panels: usize) -> String {
        let region = match self.region {
            ProbeRegion::Point { y, x } => format!("y {y}, x {x}"),
            ProbeRegion::Region(PixelRect { y0, x0, y1, x1 }) => {
                format!("y {y0}–{y1}, x {x0}–{x1}")
            }
        };
        match panels {
            1 => region,
            _ => format!("video {}: {region}", self.panel),
        }
    }

    /// Name of the column in a table.
    fn name(&self, panels: usize) -> String {
        let region = match self.region {
            ProbeRegion::Point { y, x } => format!("y{y}_x{x}"),
            ProbeRegion::Region(PixelRect { y0, x0, y1, x1 }) => format!("y{y0}-{y1}_x{x0}-{x1}"),
        };
        match panels {
            1 => region,
            _ => format!("video{}_{region}", self.panel),
        }
    }
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
    head.extend(probes.iter().map(|probe| probe.name(panels)));
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
