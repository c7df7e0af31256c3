//! Panels of box plots: median, quartiles and range of some groups.

use super::axes::{AxesLayer, AxesPanel, axis_range};
use super::distribution::{expect_labels, percentile_of_sorted, sorted_finite};
use super::style;
use crate::bail;
use crate::color::Color;
use crate::draw::page::Point;
use crate::draw::plot::curve_color;
use crate::error::Result;
use crate::video::Video;

/// Half of the width of a box, in distances between groups.
const HALF: f64 = 0.28;

/// Options of a panel of box plots.
#[derive(Debug, Clone)]
pub struct BoxOptions {
    /// Names of the groups.
    pub labels: Vec<String>,
    /// Colors; default: those of all plots.
    pub colors: Vec<Color>,
    /// Label of the horizontal axis.
    pub xlabel: String,
    /// Label of the vertical axis.
    pub ylabel: String,
    /// Limits of the vertical axis.
    pub y_limits: [Option<f64>; 2],
    /// Whether every sample is drawn as a dot, rather than only those beyond the whiskers.
    pub has_points: bool,
}

/// Panel of box plots of some arrays, whose shapes do not matter.
pub fn box_panel(groups: &[Video], options: &BoxOptions) -> Result<AxesPanel> {
    if groups.is_empty() {
        bail!("box_panel needs at least one group");
    }
    expect_labels("box_panel", &options.labels, groups.len())?;
    if options.colors.len() > groups.len() {
        let (colors, groups) = (options.colors.len(), groups.len());
        bail!("box_panel got {colors} values in `colors` for {groups} groups");
    }
    let groups: Vec<Vec<f64>> = groups.iter().map(sorted_finite).collect();
    if let Some(empty) = groups.iter().position(Vec::is_empty) {
        bail!("box_panel needs finite samples, but `groups[{empty}]` has none");
    }
    let all = groups.iter().flatten().copied();
    let y = axis_range(["ymin", "ymax"], options.y_limits, all, 0.06)?;
    let mut layers = Vec::new();
    for (at, sorted) in groups.iter().enumerate() {
        let color = options.colors.get(at).copied();
        let color = color.unwrap_or_else(|| curve_color(at, groups.len()));
        layers.extend(group(at as f64, sorted, color, options.has_points));
    }
    let name = |(at, sorted): (usize, &Vec<f64>)| {
        let name = options.labels.get(at).cloned().unwrap_or_default();
        [name, format!("n = {}", sorted.len())]
    };
    Ok(AxesPanel {
        kind: "box plot",
        xlabel: options.xlabel.clone(),
        ylabel: options.ylabel.clone(),
        x: (-0.5, groups.len() as f64 - 0.5),
        y,
        categories: Some(groups.iter().enumerate().map(name).collect()),
        layers,
        legend: Vec::new(),
        note: Vec::new(),
    })
}

/// Box from the first to the third quartile with the median, whiskers to the farthest samples
/// within 1.5 of its height, and dots.
fn group(x: f64, sorted: &[f64], color: Color, has_points: bool) -> Vec<AxesLayer> {
    let [first, median, third] =
        [25.0, 50.0, 75.0].map(|percent| percentile_of_sorted(sorted, percent));
    let reach = 1.5 * (third - first);
    let is_within = |value: &&f64| (first - reach..=third + reach).contains(*value);
    let low = sorted
        .iter()
        .find(is_within)
        .copied()
        .unwrap_or(first)
        .min(first);
    let high = sorted
        .iter()
        .rev()
        .find(is_within)
        .copied()
        .unwrap_or(third)
        .max(third);
    let curve = |points: Vec<Point>, width: f64, color: Color| AxesLayer::Curve {
        points,
        width,
        color,
    };
    let (left, right, cap) = (x - HALF, x + HALF, HALF / 2.0);
    let corners = vec![(left, first), (right, first), (right, third), (left, third)];
    let mut outline = corners.clone();
    outline.push(corners[0]);
    let whisker = |from: f64, to: f64| {
        [
            curve(vec![(x, from), (x, to)], style::THIN, style::INK),
            curve(vec![(x - cap, to), (x + cap, to)], style::THIN, style::INK),
        ]
    };
    let mut layers = Vec::from(whisker(first, low));
    layers.extend(whisker(third, high));
    layers.push(AxesLayer::Region {
        corners,
        color,
        opacity: 0.45,
    });
    let dots = |points: Vec<Point>, color: Color, opacity: f64| AxesLayer::Dots {
        points,
        radius: 0.2,
        color,
        opacity,
    };
    let outside = sorted.iter().filter(|value| !is_within(value));
    match has_points {
        true => {
            let points = sorted.iter().enumerate();
            let points = points.map(|(index, value)| (x + 1.4 * HALF * spread(index), *value));
            layers.push(dots(points.collect(), color, 0.7));
        }
        false => layers.push(dots(outside.map(|value| (x, *value)).collect(), color, 1.0)),
    }
    layers.push(curve(outline, style::THIN, style::INK));
    layers.push(curve(
        vec![(left, median), (right, median)],
        0.17,
        style::INK,
    ));
    layers
}

/// Position of a dot beside the middle, from −0.5 to 0.5: the van der Corput sequence, so that dots
/// of similar values are apart, and the same in every run.
fn spread(index: usize) -> f64 {
    let (mut index, mut part, mut position) = (index + 1, 0.5, 0.0);
    while index > 0 {
        position += part * (index % 2) as f64;
        index /= 2;
        part /= 2.0;
    }
    position - 0.5
}
