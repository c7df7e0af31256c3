//! Text that is typed into a window: the frame or time to jump to, the name of a region, a range of
//! values, the path of a file.

use super::Player;
use super::open_file::completed;
use super::playback::{Key, Playback};
use super::region_actions::range_text;
use crate::bail;
use crate::error::{Error, Result};
use crate::video::number_text;

/// Longest text and longest file name that can be typed.
const MAX_CHARS: usize = 40;
const MAX_NAME: usize = 200;

/// Text being typed, and what it is for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TextEntry {
    purpose: EntryPurpose,
    text: String,
    /// Names with which Tab could complete it.
    candidates: Vec<String>,
}

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntryPurpose {
    Jump,
    RegionName,
    PaintRange,
    Threshold,
    SaveAs,
    Open,
}

impl TextEntry {
    /// What is shown while it is typed.
    pub(super) fn shown(&self) -> String {
        let prompt = match self.purpose {
            EntryPurpose::Jump => "frame or time",
            EntryPurpose::RegionName => "name of the region",
            EntryPurpose::PaintRange => "values to paint",
            EntryPurpose::SaveAs => "save as",
            EntryPurpose::Open => "open (Tab completes)",
            EntryPurpose::Threshold => "least value of the overlay, or nothing",
        };
        format!("{prompt}: {}_{}", self.text, self.candidates_text())
    }

    /// Names with which it could be completed, as many as have room.
    fn candidates_text(&self) -> String {
        /// Number of characters that are shown of them.
        const ROOM: usize = 60;
        let mut text = String::new();
        for (at, name) in self.candidates.iter().enumerate() {
            if at > 0 && text.chars().count() + name.chars().count() > ROOM {
                text.push_str(&format!("  and {} more", self.candidates.len() - at));
                break;
            }
            text.push_str("  ");
            text.push_str(name);
        }
        text
    }

    /// Takes a key; true if it belongs to the text.
    fn take(&mut self, key: Key) -> bool {
        let most = match self.purpose {
            EntryPurpose::SaveAs | EntryPurpose::Open => MAX_NAME,
            _ => MAX_CHARS,
        };
        let has_room = self.text.chars().count() < most;
        self.candidates.clear();
        match key {
            Key::Tab if matches!(self.purpose, EntryPurpose::SaveAs | EntryPurpose::Open) => {
                let (text, candidates) = completed(&self.text);
                self.text = text;
                // One that is complete needs no list.
                if candidates.len() != 1 {
                    self.candidates = candidates;
                }
            }
            Key::Tab => {}
            Key::Char(char) if has_room => self.text.push(char),
            Key::Space if has_room => self.text.push(' '),
            Key::Char(_) | Key::Space => {}
            Key::Backspace => {
                self.text.pop();
            }
            _ => return false,
        }
        true
    }
}

/// The frame that a text names: a frame, from the end if it is negative, or a time in ms or s.
fn frame_of(text: &str, playback: &Playback, fps: Option<f64>) -> Result<usize> {
    let text = text.trim();
    let last = playback.last();
    let frame = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(time), _) => frame_at(time, 1000.0, fps)?,
        (None, Some(time)) => frame_at(time, 1.0, fps)?,
        (None, None) => match text.parse::<i64>() {
            Ok(frame) if frame < 0 => frame + last as i64 + 1,
            Ok(frame) => frame,
            Err(_) => return Err(no_frame(text)),
        },
    };
    match usize::try_from(frame) {
        Ok(frame) if (playback.start()..=last).contains(&frame) => Ok(frame),
        _ => bail!("frame {frame} is not from {} to {last}", playback.start()),
    }
}

/// The range that a text names: two numbers, or one after `>` or `<`.
fn range_of(text: &str) -> Result<(f64, f64)> {
    let text = text.trim();
    let number = |text: &str| {
        let number = text.trim().parse::<f64>().ok();
        number.filter(|number| number.is_finite())
    };
    let range = match (text.strip_prefix('>'), text.strip_prefix('<')) {
        (Some(low), _) => number(low).map(|low| (low, f64::INFINITY)),
        (None, Some(high)) => number(high).map(|high| (f64::NEG_INFINITY, high)),
        (None, None) => {
            let ends = text.split_once("to").or_else(|| text.split_once(' '));
            ends.and_then(|(low, high)| Some((number(low)?, number(high)?)))
        }
    };
    match range.filter(|(low, high)| low <= high) {
        Some(range) => Ok(range),
        None => bail!("`{text}` is no range such as 20 to 80, > 20 or < 80"),
    }
}

/// The threshold that a text names; none for an empty text.
fn threshold_of(text: &str) -> Result<Option<f64>> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse::<f64>() {
            Ok(threshold) if threshold.is_finite() => Ok(Some(threshold)),
            _ => bail!("`{text}` is no value such as 0.5"),
        },
    }
}

/// The frame at a time, whose unit has a number of parts per second.
fn frame_at(time: &str, parts: f64, fps: Option<f64>) -> Result<i64> {
    let Some(fps) = fps else {
        bail!("the frame rate is unknown: type a frame");
    };
    match time.trim().parse::<f64>() {
        Ok(time) if time.is_finite() => Ok((time / parts * fps).round() as i64),
        _ => Err(no_frame(time)),
    }
}

fn no_frame(text: &str) -> Error {
    Error::new(format!(
        "`{text}` is no frame or time such as 120, 250 ms or 1.5 s"
    ))
}

impl Player {
    /// Begins to type the frame or time to jump to.
    pub(super) fn begin_jump(&self) {
        self.begin_entry(EntryPurpose::Jump, String::new());
    }

    /// Begins to type the name of the selected region.
    pub(super) fn begin_name(&self) {
        let state = self.state();
        let probe = state.selected.and_then(|index| state.probes.get(index));
        let name = probe.map(|probe| probe.name.clone().unwrap_or_default());
        drop(state);
        match name {
            Some(name) => self.begin_entry(EntryPurpose::RegionName, name),
            None => self.say("click a region first"),
        }
    }

    /// Begins to type which values the threshold brush paints.
    pub(super) fn begin_paint_range(&self) {
        let state = self.state();
        let mut panels = 0..state.panels.len();
        let range = panels.find_map(|panel| state.paint_range(panel));
        drop(state);
        let text = range.map_or_else(String::new, |(low, high)| range_text(low, high));
        self.begin_entry(EntryPurpose::PaintRange, text);
    }

    /// Begins to type the name of a movie or a picture to save.
    pub(super) fn begin_save(&self) {
        self.begin_entry(EntryPurpose::SaveAs, self.movie_name());
    }

    /// Begins to type the name of a file to open.
    pub(super) fn begin_open(&self) {
        self.begin_entry(EntryPurpose::Open, self.typed_folder());
    }

    /// Begins to type the threshold of the overlay.
    pub(super) fn begin_threshold(&self) {
        match self.overlay_look() {
            Some(look) => {
                let text = look.threshold.map_or_else(String::new, number_text);
                self.begin_entry(EntryPurpose::Threshold, text);
            }
            None => self.type_threshold(None),
        }
    }

    fn begin_entry(&self, purpose: EntryPurpose, text: String) {
        let mut state = self.state();
        state.entry = Some(TextEntry {
            purpose,
            text,
            candidates: Vec::new(),
        });
        state.changed();
    }

    /// Handles a key while text is typed; false if none is.
    pub(super) fn entry_key(&self, key: Key) -> bool {
        let mut state = self.state();
        let Some(entry) = &mut state.entry else {
            return false;
        };
        if entry.take(key) {
            state.changed();
            return true;
        }
        let entry = state.entry.take();
        state.changed();
        drop(state);
        if let (Key::Enter, Some(entry)) = (key, entry) {
            match entry.purpose {
                EntryPurpose::Jump => self.jump(&entry.text),
                EntryPurpose::RegionName => self.name_region(&entry.text),
                EntryPurpose::PaintRange => match range_of(&entry.text) {
                    Ok(range) => self.set_paint_range(range),
                    Err(error) => self.say(error.message()),
                },
                EntryPurpose::SaveAs => self.save_as(&entry.text),
                EntryPurpose::Open => self.open_typed(&entry.text),
                EntryPurpose::Threshold => match threshold_of(&entry.text) {
                    Ok(threshold) => self.type_threshold(threshold),
                    Err(error) => self.say(error.message()),
                },
            }
        }
        true
    }

    fn jump(&self, text: &str) {
        let fps = self.state().fps();
        match frame_of(text, &self.playback(), fps) {
            Ok(frame) => self.seek(frame),
            Err(error) => self.say(error.message()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn ranges_are_understood_as_they_are_shown() {
        for (text, range) in [
            ("20 to 80", (20.0, 80.0)),
            (" -1.5  2e3 ", (-1.5, 2000.0)),
            ("> 0.5", (0.5, f64::INFINITY)),
            ("<-3", (f64::NEG_INFINITY, -3.0)),
        ] {
            assert_eq!(range_of(text).unwrap(), range);
            assert_eq!(range_of(&range_text(range.0, range.1)).unwrap(), range);
        }
        for text in ["", "5", "80 to 20", "nan to 3", "> x", "1 2 3"] {
            assert!(range_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_threshold_is_a_number_or_nothing() {
        assert_eq!(threshold_of(" -1.5 "), Ok(Some(-1.5)));
        assert_eq!(threshold_of(" "), Ok(None));
        for text in ["inf", "nan", "x", "1 2"] {
            assert!(threshold_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn frames_and_times_are_understood() {
        let playback = Playback::new(2, 100, 1, Duration::from_millis(10));
        let frame = |text: &str, fps| {
            frame_of(text, &playback, fps).map_err(|error| error.message().to_owned())
        };
        let fps = Some(500.0);
        assert_eq!(frame("42", None), Ok(42));
        assert_eq!(frame(" -1 ", None), Ok(99));
        assert_eq!(frame("100 ms", fps), Ok(50));
        assert_eq!(frame("0.1s", fps), Ok(50));
        assert_eq!(frame("15ms", Some(100.0)), Ok(2));
        let missed = |text, fps| frame(text, fps).unwrap_err();
        assert_eq!(missed("1", None), "frame 1 is not from 2 to 99");
        assert_eq!(missed("9 s", fps), "frame 4500 is not from 2 to 99");
        assert_eq!(
            missed("9 s", None),
            "the frame rate is unknown: type a frame"
        );
        for text in ["", "x", "1.5", "ms", "nan s", "inf ms"] {
            let message = missed(text, fps);
            assert!(message.contains("is no frame or time"), "{text}: {message}");
        }
    }
}
