//! Annotations of videos in movies and windows: time, frame number, speed, scale bar.

use crate::bail;
use crate::choice::Choice;
use crate::draw::Image;
use crate::draw::ticks::round_step;
use crate::error::{Error, Result};
use crate::video::{Metadata, number_text};
use crate::view::arrows::{ArrowField, FramePlace, MovingPaths};

/// Annotations of a video; default: none.
#[derive(Debug, Clone, Default)]
pub struct Annotations {
    /// Unit of the timestamp; none: no timestamp.
    pub timestamp: Option<TimeUnit>,
    /// Whether the frame number is shown.
    pub frame_number: bool,
    /// Playback speed relative to the recording.
    pub speed: Option<f64>,
    /// Length of the scale bar; none: no scale bar.
    pub scale_bar: Option<ScaleBar>,
    /// Width of a pixel in µm; default: that of the recording.
    pub pixel_size: Option<f64>,
    /// Row and column of each pixel whose trace is plotted under the video.
    pub traces: Vec<[usize; 2]>,
    /// Quantity and unit at the colorbar; may be empty.
    pub label: String,
    /// Arrows over the video.
    pub arrows: Option<ArrowField>,
    /// Paths of points over the video.
    pub paths: MovingPaths,
}

/// Unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// The unit that suits the length of the recording.
    Auto,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

impl Choice for TimeUnit {
    const NOUN: &'static str = "a unit of time";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("auto", TimeUnit::Auto),
        ("ms", TimeUnit::Milliseconds),
        ("s", TimeUnit::Seconds),
    ];
}

/// Length of a scale bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScaleBar {
    /// A round length that suits the width of the video.
    Auto,
    /// Length in µm.
    Micrometers(f64),
}

impl Annotations {
    /// Whether anything is drawn on the video or under it.
    pub(crate) fn is_any(&self) -> bool {
        let is_written = self.timestamp.is_some() || self.frame_number || self.speed.is_some();
        let is_drawn = self.arrows.is_some() || !self.paths.paths.is_empty();
        is_written || is_drawn || self.scale_bar.is_some() || !self.traces.is_empty()
    }

    /// Whether what is drawn on the video is in shades of gray.
    pub(crate) fn is_gray(&self) -> bool {
        let arrows = self.arrows.as_ref();
        let has_gray_arrows = arrows.is_none_or(ArrowField::is_gray);
        has_gray_arrows && self.paths.paths.is_empty() && self.traces.is_empty()
    }

    /// Draws arrows and paths over a frame of the video.
    pub(crate) fn draw_moving(&self, image: &mut Image, place: &FramePlace<'_>, frame: usize) {
        if let Some(arrows) = &self.arrows {
            arrows.draw(image, place, frame);
        }
        self.paths.draw(image, place, frame);
    }

    /// Format of the timestamps of a number of frames, if they are shown.
    pub(crate) fn clock(&self, metadata: &Metadata, frames: usize) -> Result<Option<FrameClock>> {
        let Some(unit) = self.timestamp else {
            return Ok(None);
        };
        match recorded_fps(metadata) {
            Some(fps) => Ok(Some(FrameClock::new(fps, frames, unit))),
            None => Err(without_fps("a timestamp")),
        }
    }

    /// Frame rate that gives the requested speed, if one is set.
    pub(crate) fn fps(&self, metadata: &Metadata) -> Result<Option<f64>> {
        let Some(speed) = self.speed else {
            return Ok(None);
        };
        if !(speed > 0.0 && speed.is_finite()) {
            bail!("`speed` must be greater than 0, got {speed}");
        }
        let recorded = recorded_fps(metadata).ok_or_else(|| without_fps("`speed`"))?;
        Ok(Some(recorded * speed))
    }

    /// An error unless every pixel of `traces` is within frames of a width and height.
    pub(crate) fn check_traces(&self, (width, height): (usize, usize)) -> Result<()> {
        let is_outside = |[row, column]: &&[usize; 2]| height <= *row || width <= *column;
        match self.traces.iter().find(is_outside) {
            None => Ok(()),
            Some([row, column]) => bail!(
                "`traces` has the pixel [{row}, {column}], which is outside of frames of \
                 {height}×{width}"
            ),
        }
    }

    /// Width of a pixel in µm.
    pub(crate) fn pixel_width(&self, metadata: &Metadata) -> Result<f64> {
        let known = metadata.pixel_size.map(|[_, width]| width);
        match self.pixel_size.or(known) {
            Some(width) if width > 0.0 && width.is_finite() => Ok(width),
            Some(width) => bail!("`pixel_size` must be a size in µm greater than 0, got {width}"),
            None => Err(
                Error::new("a scale bar needs the pixel size, which is unknown").hint(
                    "pass it in µm: #{scale_bar: 500, pixel_size: 20}, or set `v.pixel_size`",
                ),
            ),
        }
    }
}

impl ScaleBar {
    /// Length in µm for a field of view of the given width.
    pub(crate) fn length(self, field: f64) -> Result<f64> {
        let length = match self {
            Self::Auto => round_step(field * 0.12),
            Self::Micrometers(length) => length,
        };
        if 0.0 < length && length <= field {
            return Ok(length);
        }
        let (length, field) = (length_text(length), length_text(field));
        Err(Error::new(format!(
            "a scale bar of {length} does not fit into a video that is {field} wide"
        ))
        .hint("`scale_bar` is a length in µm, `pixel_size` the width of a pixel in µm"))
    }
}

/// Frame rate of the recording, if known.
pub(crate) fn recorded_fps(metadata: &Metadata) -> Option<f64> {
    metadata.fps.filter(|fps| *fps > 0.0 && fps.is_finite())
}

fn without_fps(what: &str) -> Error {
    let error = format!("{what} needs the frame rate of the recording, which is unknown");
    Error::new(error).hint("set it first: `v.fps = 500`")
}

/// Format of timestamps: the same unit and number of decimals for all frames.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameClock {
    /// Time between frames, in the unit.
    pub(crate) interval: f64,
    pub(crate) unit: &'static str,
    digits: usize,
}

impl FrameClock {
    /// Format for a number of frames recorded at `fps`.
    pub(crate) fn new(fps: f64, frames: usize, unit: TimeUnit) -> Self {
        const LONG: f64 = 10.0;
        let in_seconds = match unit {
            TimeUnit::Auto => frames as f64 / fps >= LONG,
            TimeUnit::Milliseconds => false,
            TimeUnit::Seconds => true,
        };
        let (interval, unit) = match in_seconds {
            true => (1.0 / fps, "s"),
            false => (1000.0 / fps, "ms"),
        };
        Self {
            interval,
            unit,
            digits: digits(interval),
        }
    }

    pub(crate) fn text(&self, frame: usize) -> String {
        let (time, digits) = (frame as f64 * self.interval, self.digits);
        format!("{time:.digits$} {}", self.unit)
    }
}

/// Number of decimals of times at an interval: exact if at most two suffice, else enough to tell
/// the times apart.
fn digits(interval: f64) -> usize {
    let exact = (0..3).find(|digits| {
        let scaled = interval * 10f64.powi(*digits);
        (scaled - scaled.round()).abs() < 1e-6
    });
    let needed = (-interval.log10().floor()).clamp(0.0, 6.0) as i32;
    exact.unwrap_or(needed.max(1)) as usize
}

/// Playback speed as text.
pub(crate) fn speed_text(speed: f64) -> String {
    let slower = 1.0 / speed;
    if speed < 1.0 && (slower - slower.round()).abs() < 0.005 * slower {
        format!("1/{} real time", slower.round())
    } else if (speed - 1.0).abs() < 1e-9 {
        "real time".into()
    } else {
        format!("{}× real time", number_text(speed))
    }
}

/// Length in a suitable unit, as text.
pub(crate) fn length_text(micrometers: f64) -> String {
    match micrometers {
        1e4.. => format!("{} cm", number_text(micrometers / 1e4)),
        1e3.. => format!("{} mm", number_text(micrometers / 1e3)),
        _ => format!("{} µm", number_text(micrometers)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_as_many_digits_as_they_need() {
        let text = |fps, frames, unit, frame| FrameClock::new(fps, frames, unit).text(frame);
        assert_eq!(text(500.0, 300, TimeUnit::Auto, 7), "14 ms");
        assert_eq!(text(400.0, 300, TimeUnit::Auto, 1), "2.5 ms");
        assert_eq!(text(300.0, 300, TimeUnit::Auto, 1), "3.3 ms");
        assert_eq!(text(30.0, 3000, TimeUnit::Auto, 1), "0.03 s");
        assert_eq!(text(500.0, 300, TimeUnit::Seconds, 7), "0.014 s");
        assert_eq!(text(20_000.0, 10, TimeUnit::Auto, 1), "0.05 ms");
    }

    #[test]
    fn speeds_and_lengths_are_told_as_people_do() {
        let speeds = [0.05, 1.0 / 3.0, 0.3, 1.0, 2.5].map(speed_text);
        let told = [
            "1/20 real time",
            "1/3 real time",
            "0.3× real time",
            "real time",
        ];
        assert_eq!(speeds[..4], told);
        assert_eq!(speeds[4], "2.5× real time");
        assert_eq!(
            [500.0, 2000.0, 0.5, 1e4].map(length_text),
            ["500 µm", "2 mm", "0.5 µm", "1 cm"]
        );
    }
}
