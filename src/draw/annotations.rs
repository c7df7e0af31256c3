//! What is written and drawn on videos, in films and windows: time, frame number, speed, scale bar.

use super::ticks::round_step;
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::video::{Metadata, number_text};

/// What is written and drawn on a video; by default nothing.
#[derive(Debug, Clone, Default)]
pub struct Annotations {
    /// Whether the time is shown, and in which unit.
    pub timestamp: Option<TimeUnit>,
    /// Whether the number of the frame is shown.
    pub frame_number: bool,
    /// How fast it is shown compared to what was recorded.
    pub speed: Option<f64>,
    /// The length of a scale bar, if there is to be one.
    pub scale_bar: Option<ScaleBar>,
    /// The width of a pixel in µm; by default what is known of the recording.
    pub pixel_size: Option<f64>,
    /// The row and the column of each pixel whose course is drawn under the video.
    pub traces: Vec<[usize; 2]>,
}

/// The unit of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// The one that suits the length of the recording.
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

/// The length of a scale bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScaleBar {
    /// One that is round and suits the width of the video.
    Auto,
    /// A length in µm.
    Micrometers(f64),
}

impl Annotations {
    /// Whether anything is written or drawn on the video or under it.
    pub(crate) fn is_any(&self) -> bool {
        let is_written = self.timestamp.is_some() || self.frame_number || self.speed.is_some();
        is_written || self.scale_bar.is_some() || !self.traces.is_empty()
    }

    /// How the times of so many frames are written, if they are.
    pub(crate) fn clock(&self, metadata: &Metadata, frames: usize) -> Result<Option<FrameClock>> {
        let Some(unit) = self.timestamp else {
            return Ok(None);
        };
        match recorded_fps(metadata) {
            Some(fps) => Ok(Some(FrameClock::new(fps, frames, unit))),
            None => Err(without_fps("a timestamp")),
        }
    }

    /// The frames per second at which the speed is as given, if it is.
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

    /// The width of a pixel in µm.
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
    /// The length in µm in a field that is so wide.
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

/// The frame rate of a recording, if it is known.
pub(crate) fn recorded_fps(metadata: &Metadata) -> Option<f64> {
    metadata.fps.filter(|fps| *fps > 0.0 && fps.is_finite())
}

fn without_fps(what: &str) -> Error {
    let error = format!("{what} needs the frame rate of the recording, which is unknown");
    Error::new(error).hint("set it first: `v.fps = 500`")
}

/// How times of frames are written: all with the same unit and number of digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameClock {
    /// From one frame to the next, in the unit.
    pub(crate) interval: f64,
    pub(crate) unit: &'static str,
    digits: usize,
}

impl FrameClock {
    /// The clock of so many frames, recorded at `fps`.
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

/// How many digits tell times apart that lie an interval apart: all of it if it is short.
fn digits(interval: f64) -> usize {
    let exact = (0..3).find(|digits| {
        let scaled = interval * 10f64.powi(*digits);
        (scaled - scaled.round()).abs() < 1e-6
    });
    let needed = (-interval.log10().floor()).clamp(0.0, 6.0) as i32;
    exact.unwrap_or(needed.max(1)) as usize
}

/// How fast something is shown, in words.
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

/// A length in the unit that suits it.
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
