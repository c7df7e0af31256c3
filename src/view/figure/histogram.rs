//! Panels of histograms: one distribution, or several with the same bins.

use super::axes::{AxesLayer, AxesPanel, axis_range};
use super::distribution::{percentile_of_sorted, sorted_finite};
use super::style;
use crate::bail;
use crate::color::Color;
use crate::draw::plot::curve_color;
use crate::draw::ticks::finite_range;
use crate::error::{Result, counted};
use crate::task;
use crate::video::Video;

/// Largest number of bins that is chosen.
const MAX_BINS: usize = 200;

/// Options of a panel of histograms.
#[derive(Debug, Clone)]
pub struct HistogramOptions {
    /// Number of bins; default: chosen from the samples.
    pub bins: Option<usize>,
    /// Names in the legend.
    pub labels: Vec<String>,
    /// Colors; default: those of all plots.
    pub colors: Vec<Color>,
    /// Label of the horizontal axis.
    pub xlabel: String,
    /// Label of the vertical axis; default: by what it shows.
    pub ylabel: Option<String>,
    /// Limits of the horizontal axis and of the bins.
    pub x_limits: [Option<f64>; 2],
    /// Whether the area of each histogram is 1, instead of counts.
    pub is_density: bool,
}

/// Panel of the histograms of some arrays, whose shapes do not matter.
pub fn histogram_panel(arrays: &[Video], options: &HistogramOptions) -> Result<AxesPanel> {
    if arrays.is_empty() {
        bail!("histogram_panel needs at least one array");
    }
    for (name, given) in [
        ("labels", options.labels.len()),
        ("colors", options.colors.len()),
    ] {
        if given > arrays.len() {
            let arrays = counted(arrays.len(), "array");
            bail!("histogram_panel got {given} values in `{name}` for {arrays}");
        }
    }
    let groups: Vec<Vec<f64>> = arrays.iter().map(sorted_finite).collect();
    if let Some(empty) = groups.iter().position(Vec::is_empty) {
        bail!("histogram_panel needs finite samples, but `arrays[{empty}]` has none");
    }
    let all = groups.iter().flatten().copied();
    let x = axis_range(["xmin", "xmax"], options.x_limits, all, 0.0)?;
    let outside = groups
        .iter()
        .flatten()
        .filter(|value| !(x.0..=x.1).contains(*value));
    let outside = outside.count();
    if outside > 0 {
        let outside = counted(outside, "sample");
        task::warn(&format!(
            "histogram_panel leaves out {outside} below `xmin` or above `xmax`"
        ));
    }
    let bins = match options.bins {
        Some(bins @ 1..=10_000) => bins,
        Some(bins) => bail!("histogram_panel needs `bins` from 1 to 10000, got {bins}"),
        None => usual_bins(&groups, x),
    };
    let width = (x.1 - x.0) / bins as f64;
    let edges: Vec<f64> = (0..=bins).map(|bin| x.0 + width * bin as f64).collect();
    let heights: Vec<Vec<f64>> = groups
        .iter()
        .map(|values| heights(values, &edges, options.is_density))
        .collect();
    let highest = heights.iter().flatten().copied().fold(0.0, f64::max);
    let highest = finite_range([highest].into_iter()).map_or(1.0, |range| range.1);
    let mut layers = Vec::new();
    let opacity = if groups.len() == 1 { 0.75 } else { 0.4 };
    let color = |index: usize| {
        let color = options.colors.get(index).copied();
        color.unwrap_or_else(|| curve_color(index, groups.len()))
    };
    for (index, heights) in heights.iter().enumerate() {
        let steps = steps(heights, &edges);
        layers.push(AxesLayer::Region {
            corners: steps.clone(),
            color: color(index),
            opacity,
        });
        layers.push(AxesLayer::Curve {
            points: steps,
            width: style::THIN,
            color: color(index),
        });
    }
    let usual = if options.is_density {
        "Density"
    } else {
        "Count"
    };
    let named = options.labels.iter().enumerate();
    let named = named.filter(|(_, label)| !label.is_empty());
    Ok(AxesPanel {
        kind: "histogram",
        xlabel: options.xlabel.clone(),
        ylabel: options.ylabel.clone().unwrap_or(usual.into()),
        x,
        y: (0.0, if highest > 0.0 { 1.05 * highest } else { 1.0 }),
        categories: None,
        layers,
        legend: named
            .map(|(index, label)| (label.clone(), color(index)))
            .collect(),
        note: Vec::new(),
    })
}

/// Number of bins as NumPy's "auto" chooses it: the larger of those of Sturges and of Freedman and
/// Diaconis, for all samples together.
fn usual_bins(groups: &[Vec<f64>], (low, high): (f64, f64)) -> usize {
    let mut all: Vec<f64> = groups.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let count = all.len() as f64;
    let sturges = (high - low) / (count.log2() + 1.0);
    let quartiles = [25.0, 75.0].map(|percent| percentile_of_sorted(&all, percent));
    let freedman = 2.0 * (quartiles[1] - quartiles[0]) / count.cbrt();
    let width = if freedman > 0.0 {
        freedman.min(sturges)
    } else {
        sturges
    };
    (((high - low) / width).ceil() as usize).clamp(1, MAX_BINS)
}

/// Height of each bin; the last one includes its upper edge.
fn heights(sorted: &[f64], edges: &[f64], is_density: bool) -> Vec<f64> {
    let below = |edge: f64| sorted.partition_point(|value| *value < edge);
    let last = edges.len() - 1;
    let up_to = |at: usize| match at == last {
        true => sorted.partition_point(|value| *value <= edges[last]),
        false => below(edges[at]),
    };
    let counts = (0..last).map(|bin| (up_to(bin + 1) - below(edges[bin])) as f64);
    let inside = (up_to(last) - below(edges[0])) as f64;
    let unit = match is_density && inside > 0.0 {
        true => inside * (edges[1] - edges[0]),
        false => 1.0,
    };
    counts.map(|count| count / unit).collect()
}

/// Outline of the bars.
fn steps(heights: &[f64], edges: &[f64]) -> Vec<(f64, f64)> {
    let sides = heights.iter().zip(edges.windows(2));
    let tops = sides.flat_map(|(height, ends)| [(ends[0], *height), (ends[1], *height)]);
    let first = (edges[0], 0.0);
    let last = (edges[edges.len() - 1], 0.0);
    std::iter::once(first).chain(tops).chain([last]).collect()
}
