//! What is written and drawn on films besides the videos.

use crate::choice::Choice;
use crate::video::number_text;

/// What is written and drawn on a film besides the videos; by default nothing.
#[derive(Debug, Clone, Default)]
pub struct Annotations {
    /// What is written above the videos, in their order.
    pub titles: Vec<String>,
    /// Whether the colours are explained by colorbars.
    pub colorbar: bool,
    /// Whether the time is shown, and in which unit.
    pub timestamp: Option<TimeUnit>,
    /// Whether the number of the frame is shown.
    pub frame_number: bool,
    /// How fast the film is compared to what was recorded.
    pub speed: Option<f64>,
    /// The length of a scale bar, if there is to be one.
    pub scale_bar: Option<ScaleBar>,
    /// The width of a pixel in µm; by default what is known of the recording.
    pub pixel_size: Option<f64>,
    /// The row and the column of each pixel whose course is drawn under the videos.
    pub traces: Vec<[usize; 2]>,
    /// How many pixels of the film show one of the video, in each direction.
    pub scale: Option<usize>,
    /// The width or height that the videos are magnified up to.
    pub size: Option<usize>,
}

/// The unit of a time on a film.
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
    /// Whether anything is written or drawn.
    pub(super) fn is_any(&self) -> bool {
        self.needs_frame() || self.timestamp.is_some() || self.is_still_any()
    }

    fn is_still_any(&self) -> bool {
        self.frame_number || self.speed.is_some() || self.scale_bar.is_some()
    }

    /// Whether something stands beside the videos rather than on them.
    pub(super) fn needs_frame(&self) -> bool {
        self.has_titles() || self.colorbar || !self.traces.is_empty()
    }

    pub(super) fn has_titles(&self) -> bool {
        self.titles.iter().any(|title| !title.is_empty())
    }
}

/// How times of frames are written: all with the same unit and number of digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// From one frame to the next, in the unit.
    pub(super) interval: f64,
    pub(super) unit: &'static str,
    digits: usize,
}

impl Clock {
    /// The clock of a film of so many frames, recorded at `fps`.
    pub(super) fn new(fps: f64, frames: usize, unit: TimeUnit) -> Self {
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

    pub(super) fn text(&self, frame: usize) -> String {
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

/// How fast a film is, in words.
pub(super) fn speed_text(speed: f64) -> String {
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
pub(super) fn length_text(micrometers: f64) -> String {
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
        let text = |fps, frames, unit, frame| Clock::new(fps, frames, unit).text(frame);
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
