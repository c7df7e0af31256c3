//! Values and costs at the prompt: on one line, as wide as the terminal.

use std::time::Duration;

use rhai::Dynamic;

use crate::color::color_settings::ColorSettings;
use crate::color::colormap::Colormap;
use crate::draw::plot::Plot;
use crate::draw::rgba_image::RgbaImage;
use crate::draw::terminal::{self, Graphics};
use crate::error::counted;
use crate::export;
use crate::script::host::profile::{Report, time_text};
use crate::script::shown_table;
use crate::session::{RunTimes, Session};
use crate::system;
use crate::video::{Frames, Video, size_text};

/// Value on one line; `None` for `()`.
pub(super) fn value(session: &Session, value: &Dynamic, width: usize) -> Option<String> {
    let text = session.text(value, true)?;
    let is_short = text.chars().count() < width && !text.contains('\n');
    // The text of a trace does not show its samples.
    if (!is_short || has_traces(value))
        && let Some(table) = shown_table(value)
    {
        return Some(table.lines(width));
    }
    if is_short || !(value.is_array() || value.is_map() || value.is_string() || value.is_blob()) {
        return Some(text);
    }
    let count = if let Some(array) = value.read_lock::<rhai::Array>() {
        counted(array.len(), "element")
    } else if let Some(map) = value.read_lock::<rhai::Map>() {
        counted(map.len(), "entry")
    } else if let Some(blob) = value.read_lock::<rhai::Blob>() {
        counted(blob.len(), "byte")
    } else {
        counted(value.to_string().chars().count(), "character")
    };
    let end = format!(" … ({count}; print shows all)");
    let kept = width.saturating_sub(end.chars().count() + 1);
    Some(one_line(&text, kept) + end.as_str())
}

/// First frame of a video as a small image of half blocks, or a trace as a small plot, below the
/// line of its value.
pub(super) fn thumbnail(value: &Dynamic) -> Option<String> {
    const COLUMNS: usize = 24;
    const PLOT: (usize, usize) = (72, 6);
    let video = value.read_lock::<Video>()?;
    let graphics = match Graphics::offered() {
        Graphics::Text => return None,
        Graphics::Blocks256 => Graphics::Blocks256,
        _ => Graphics::Blocks,
    };
    if video.ndim() == 1 {
        let (curves, _) =
            export::curves("plot_traces", std::slice::from_ref(&video), &[], None).ok()?;
        let is_plotted = curves.iter().any(|curve| 8 <= curve.points.len());
        let plot = Plot {
            curves,
            title: String::new(),
            xlabel: String::new(),
            ylabel: String::new(),
            yrange: (None, None),
            size: (0, 0),
        };
        let plot = is_plotted.then(|| plot.characters(PLOT.0, PLOT.1, graphics));
        return plot?.ok();
    }
    let colors = ColorSettings::new(Colormap::gray(), None, None);
    let rgba_image = RgbaImage::new(&video, 0, &colors).ok()?;
    if rgba_image.width.min(rgba_image.height) < 4 {
        return None;
    }
    let columns = terminal::fitting_columns((rgba_image.width, rgba_image.height)).min(COLUMNS);
    Some(terminal::picture(&rgba_image, columns, graphics))
}

/// Whether a value is a map with a trace.
fn has_traces(value: &Dynamic) -> bool {
    let is_trace = |value: &Dynamic| {
        let video = value.read_lock::<Video>();
        video.is_some_and(|video| video.ndim() == 1)
    };
    let map = value.read_lock::<rhai::Map>();
    map.is_some_and(|map| map.values().any(is_trace))
}

/// Start of a text, without line breaks.
fn one_line(text: &str, width: usize) -> String {
    let chars = text.chars().map(|c| if c == '\n' { ' ' } else { c });
    chars.take(width).collect()
}

/// Variables, one line each: name, size in memory and value.
pub(super) fn variables(session: &Session, width: usize) -> String {
    let variables = session.variables();
    if variables.is_empty() {
        return "no variables\n".into();
    }
    let longest = variables
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (name, value) in variables {
        let bytes = bytes(&value).map(size_text);
        let start = format!("{name:<longest$}  {:>9}  ", bytes.unwrap_or_default());
        let value = session.text(&value, true).unwrap_or_else(|| "()".into());
        let left = width.saturating_sub(start.chars().count() + 1).max(20);
        let shown = match value.chars().count() > left {
            true => one_line(&value, left - 1) + "…",
            false => one_line(&value, left),
        };
        text += &format!("{start}{shown}\n");
    }
    text
}

/// Memory of a value, for types that may be large.
fn bytes(value: &Dynamic) -> Option<usize> {
    if let Some(video) = value.read_lock::<Video>() {
        return Some(video.nbytes());
    }
    if let Some(blob) = value.read_lock::<rhai::Blob>() {
        return Some(blob.len());
    }
    if let Some(array) = value.read_lock::<rhai::Array>() {
        let size = |value| bytes(value).unwrap_or(size_of::<Dynamic>());
        return Some(array.iter().map(size).sum());
    }
    if value.is::<Frames>() {
        return Some(0);
    }
    value
        .read_lock::<rhai::ImmutableString>()
        .map(|text| text.len())
}

/// Cost of an entry: time, memory, and the builtins called.
pub(super) fn cost(
    elapsed: Duration,
    before: Option<usize>,
    report: &Report,
    width: usize,
) -> String {
    // Count and time of the calls need the rest.
    let name_width = width.saturating_sub(24).clamp(1, 32);
    let mut text = time_text(elapsed);
    if let Some(peak) = system::peak_memory() {
        text += &format!(", peak memory {}", size_text(peak));
        let more = peak.saturating_sub(before.unwrap_or(peak));
        text += &format!(" ({} more than before)", size_text(more));
    }
    text.push('\n');
    for (name, cost) in &report.by_name {
        text += &format!(
            "  {name:<name_width$} {:>6} ×  {}\n",
            cost.calls,
            time_text(cost.time)
        );
    }
    text
}

/// Times of an entry that was run several times.
pub(super) fn times(times: &RunTimes) -> String {
    let (Some(shortest), Some(longest)) = (times.others.first(), times.others.last()) else {
        return String::new();
    };
    format!(
        "{} (median of {}; {} to {}; the first run took {})\n",
        time_text(times.others[times.others.len() / 2]),
        counted(times.others.len(), "run"),
        time_text(*shortest),
        time_text(*longest),
        time_text(times.first)
    )
}
