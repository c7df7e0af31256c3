//! Panels of traces over time, with events and standard deviations.

use super::axes::{AxesLayer, AxesPanel, axis_range};
use super::style;
use crate::bail;
use crate::color::Color;
use crate::draw::plot::curve_color;
use crate::error::{Error, Result, counted};
use crate::ops::read_all;
use crate::video::{Video, shape_text};
use crate::view::annotations::TimeUnit;

/// Options of a panel of traces.
#[derive(Debug, Clone)]
pub struct TracePanelOptions {
    /// Names in the legend.
    pub labels: Vec<String>,
    /// Colors; default: those of all plots.
    pub colors: Vec<Color>,
    /// Label of the time axis; default: by the unit.
    pub xlabel: Option<String>,
    /// Label of the vertical axis.
    pub ylabel: String,
    /// Frame rate; default: that of the traces.
    pub fps: Option<f64>,
    /// Unit of time.
    pub unit: TimeUnit,
    /// Limits of the time axis.
    pub x_limits: [Option<f64>; 2],
    /// Limits of the vertical axis.
    pub y_limits: [Option<f64>; 2],
    /// Times of events in ms, or in frames if the frame rate is not known.
    pub events: Option<Video>,
    /// Values of horizontal lines, such as thresholds.
    pub levels: Vec<f64>,
    /// Standard deviation of each trace, drawn as a band around it.
    pub sd: Vec<Video>,
    /// Whether the mean of all traces is drawn, with their standard deviation, instead of them.
    pub is_mean: bool,
}

/// Values of a trace and of the band around it.
struct TraceSeries {
    values: Vec<f64>,
    sd: Option<Vec<f64>>,
    label: String,
    color: Color,
}

/// Panel of traces.
pub fn trace_panel(traces: &[Video], options: &TracePanelOptions) -> Result<AxesPanel> {
    let time = TimeScale::new(traces, options)?;
    let mut series = series(traces, options)?;
    if options.is_mean {
        series = vec![mean(series, options)?];
    }
    let longest = series.iter().map(|series| series.values.len()).max();
    let end = longest.unwrap_or(1).saturating_sub(1) as f64 * time.interval;
    let x = axis_range(
        ["xmin", "xmax"],
        options.x_limits,
        [0.0, end].into_iter(),
        0.0,
    )?;
    let shown = |series: &TraceSeries| {
        let first = (x.0 / time.interval).ceil().max(0.0) as usize;
        let last = (x.1 / time.interval).floor().max(0.0) as usize;
        let frames = first..(last.saturating_add(1)).min(series.values.len()).max(first);
        let extent = |frame: usize| {
            let value = series.values.get(frame).copied().unwrap_or(f64::NAN);
            let sd = series.sd.as_ref().map_or(0.0, |sd| sd[frame]);
            [value - sd, value + sd]
        };
        frames.flat_map(extent).collect::<Vec<_>>()
    };
    let values = series.iter().flat_map(shown);
    let values = values.chain(options.levels.iter().copied());
    let y = axis_range(["ymin", "ymax"], options.y_limits, values, 0.05)?;
    if let Some(level) = options.levels.iter().find(|level| !level.is_finite()) {
        bail!("trace_panel needs `levels` to be finite numbers, got {level}");
    }
    let mut layers = Vec::new();
    if !options.levels.is_empty() {
        layers.push(AxesLayer::Levels(options.levels.clone()));
    }
    for series in &series {
        layers.extend(bands(series, time.interval));
    }
    for series in &series {
        let values = series.values.iter().enumerate();
        layers.push(AxesLayer::Curve {
            points: values
                .map(|(frame, value)| (frame as f64 * time.interval, *value))
                .collect(),
            width: style::CURVE,
            color: series.color,
        });
    }
    if let Some(events) = &options.events {
        if events.ndim() != 1 {
            let shape = shape_text(events.shape());
            bail!("trace_panel needs `events` to be a trace or an array of times, got {shape}");
        }
        let times = read_all::<f64>(events).into_iter();
        layers.push(AxesLayer::Events(
            times.map(|event| event * time.per_event).collect(),
        ));
    }
    let named = series.iter().filter(|series| !series.label.is_empty());
    Ok(AxesPanel {
        kind: "traces",
        xlabel: options.xlabel.clone().unwrap_or(time.label),
        ylabel: options.ylabel.clone(),
        x,
        y,
        categories: None,
        layers,
        legend: named
            .map(|series| (series.label.clone(), series.color))
            .collect(),
        note: Vec::new(),
    })
}

/// Scale of the time axis.
struct TimeScale {
    /// Time between frames.
    interval: f64,
    /// Factor from the times of events.
    per_event: f64,
    label: String,
}

impl TimeScale {
    fn new(traces: &[Video], options: &TracePanelOptions) -> Result<Self> {
        if let Some(fps) = options.fps.filter(|fps| !(*fps > 0.0 && fps.is_finite())) {
            bail!("trace_panel needs `fps` to be a number > 0, got {fps}");
        }
        let rates: Vec<_> = traces
            .iter()
            .map(|trace| options.fps.or(trace.metadata().fps))
            .collect();
        let Some(&first) = rates.first() else {
            bail!("trace_panel needs at least one trace");
        };
        if let Some(other) = rates.iter().position(|rate| *rate != first) {
            let text =
                |rate: Option<f64>| rate.map_or("no known one".into(), |fps| fps.to_string());
            let (one, other_rate) = (text(first), text(rates[other]));
            let error = format!(
                "trace_panel needs traces of one frame rate, but `traces[0]` has {one} and \
                 `traces[{other}]` {other_rate}"
            );
            return Err(Error::new(error).hint("set `v.fps`, or pass `fps` for all of them"));
        }
        let Some(fps) = first else {
            return Ok(Self {
                interval: 1.0,
                per_event: 1.0,
                label: "Frame".into(),
            });
        };
        const LONG: f64 = 10.0;
        let longest = traces.iter().map(Video::len).max().unwrap_or(0) as f64;
        let in_seconds = match options.unit {
            TimeUnit::Auto => longest / fps >= LONG,
            TimeUnit::Milliseconds => false,
            TimeUnit::Seconds => true,
        };
        Ok(match in_seconds {
            true => Self {
                interval: 1.0 / fps,
                per_event: 1e-3,
                label: "Time (s)".into(),
            },
            false => Self {
                interval: 1000.0 / fps,
                per_event: 1.0,
                label: "Time (ms)".into(),
            },
        })
    }
}

fn series(traces: &[Video], options: &TracePanelOptions) -> Result<Vec<TraceSeries>> {
    let at_most = |name: &str, count: usize, what: &str| match count <= traces.len() {
        true => Ok(()),
        false => {
            let (given, traces) = (counted(count, what), counted(traces.len(), "trace"));
            bail!("trace_panel got {given} in `{name}` for {traces}")
        }
    };
    at_most("labels", options.labels.len(), "name")?;
    at_most("colors", options.colors.len(), "color")?;
    if !options.sd.is_empty() && options.sd.len() != traces.len() {
        let (given, traces) = (options.sd.len(), traces.len());
        bail!("trace_panel needs one `sd` for each trace, got {given} for {traces}");
    }
    let one = |(index, trace): (usize, &Video)| {
        expect_trace(trace, "traces")?;
        let sd = options.sd.get(index).map(|sd| {
            expect_trace(sd, "sd")?;
            let (sd, len) = (read_all::<f64>(sd), trace.len());
            match sd.len() == len {
                true => Ok(sd),
                false => bail!(
                    "trace_panel needs `sd[{index}]` as long as its trace, got {} and {len} frames",
                    sd.len()
                ),
            }
        });
        let color = options.colors.get(index).copied();
        Ok(TraceSeries {
            values: read_all(trace),
            sd: sd.transpose()?,
            label: options.labels.get(index).cloned().unwrap_or_default(),
            color: color.unwrap_or_else(|| curve_color(index, traces.len())),
        })
    };
    traces.iter().enumerate().map(one).collect()
}

fn expect_trace(trace: &Video, name: &str) -> Result<()> {
    if trace.ndim() == 1 {
        return Ok(());
    }
    let (kind, shape) = (trace.kind(), shape_text(trace.shape()));
    let error = format!("trace_panel needs `{name}` to be traces, got {kind} of shape {shape}");
    Err(Error::new(error)
        .hint("extract the trace of a pixel, `v[[(), 10, 20]]`, or of a region with `trace`"))
}

/// Mean and sample standard deviation of some traces; frames at which one is NaN have none.
fn mean(series: Vec<TraceSeries>, options: &TracePanelOptions) -> Result<TraceSeries> {
    let count = series.len();
    if count < 2 || !options.sd.is_empty() || options.labels.len() > 1 {
        let error =
            Error::new("trace_panel needs several traces, no `sd` and one label for `mean`");
        return Err(error.hint("pass `sd` to draw standard deviations that are known"));
    }
    let len = series[0].values.len();
    if let Some(other) = series.iter().find(|series| series.values.len() != len) {
        let other = other.values.len();
        bail!("trace_panel needs traces of one length for `mean`, got {len} and {other} frames");
    }
    let n = count as f64;
    let moments = |frame: usize| {
        let values = || series.iter().map(|series| series.values[frame]);
        let mean = values().sum::<f64>() / n;
        let squares = values().map(|value| (value - mean).powi(2)).sum::<f64>();
        (mean, (squares / (n - 1.0)).sqrt())
    };
    let (values, sd) = (0..len).map(moments).unzip();
    let name = options.labels.first().map_or("mean", String::as_str);
    Ok(TraceSeries {
        values,
        sd: Some(sd),
        label: format!("{name} ± SD (n = {count})"),
        color: series[0].color,
    })
}

/// Bands of the standard deviation, one for each part without gaps.
fn bands(series: &TraceSeries, interval: f64) -> Vec<AxesLayer> {
    let Some(sd) = &series.sd else {
        return Vec::new();
    };
    let points = series.values.iter().zip(sd).enumerate();
    let points: Vec<_> = points
        .map(|(frame, (value, sd))| (frame as f64 * interval, value - sd, value + sd))
        .collect();
    let whole = points.split(|(_, low, high)| !(low.is_finite() && high.is_finite()));
    let band = |part: &[(f64, f64, f64)]| {
        let low = part.iter().map(|(time, low, _)| (*time, *low));
        let high = part.iter().rev().map(|(time, _, high)| (*time, *high));
        AxesLayer::Region {
            corners: low.chain(high).collect(),
            color: series.color,
            opacity: 0.22,
        }
    };
    whole.filter(|part| part.len() > 1).map(band).collect()
}
