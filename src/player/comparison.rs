//! Two videos of a window in one place: one of them, both at a line, or their difference.

use std::sync::Arc;

use super::Player;
use super::contrast_actions::MAX_FRAMES;
use super::layout::PlayerLayout;
use super::panel::Panel;
use super::state::PlayerState;
use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::view::colored_frames::ColoredFrames;
use crate::view::video_difference::VideoDifference;

/// How the two videos of a window are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareMode {
    /// They are shown side by side.
    Off,
    /// Only the first one is shown.
    First,
    /// Only the second one is shown, in the place of the first.
    Second,
    /// The first one is shown on the left of a line, the second on its right.
    Wipe,
    /// The first minus the second is shown.
    Difference,
}

impl Choice for CompareMode {
    const NOUN: &'static str = "how two videos are compared";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("off", CompareMode::Off),
        ("first", CompareMode::First),
        ("second", CompareMode::Second),
        ("wipe", CompareMode::Wipe),
        ("difference", CompareMode::Difference),
    ];
}

/// How two videos are compared now.
#[derive(Debug, Clone)]
pub(super) struct VideoComparison {
    pub(super) mode: CompareMode,
    /// Position of the line between the videos, in fractions of the width.
    pub(super) wipe: f64,
    /// What is shown instead of the videos, if that is their difference.
    pub(super) difference: Option<Panel>,
}

impl VideoComparison {
    /// Side by side.
    pub(super) const OFF: Self = Self {
        mode: CompareMode::Off,
        wipe: 0.5,
        difference: None,
    };

    /// The panels whose colors are changed by hand: the difference, or the videos.
    pub(super) fn colored<'a>(&'a self, panels: &'a [Panel]) -> &'a [Panel] {
        match &self.difference {
            Some(difference) => std::slice::from_ref(difference),
            None => panels,
        }
    }

    /// Shows the difference of other panels, in the same colors.
    pub(super) fn follow(&mut self, panels: &[Panel]) {
        if let Some(before) = &mut self.difference
            // The panels of a function stay alike.
            && let Ok(mut difference) = difference(panels)
        {
            difference.colored_like(before);
            *before = difference;
        }
    }
}

/// The first panel minus the second.
fn difference(panels: &[Panel]) -> Result<Panel> {
    let [first, second] = panels else {
        bail!(
            "the difference of two videos needs two, got {}",
            panels.len()
        );
    };
    let video = |panel: &Panel| match &panel.frames {
        ColoredFrames::Video(video, _) => Ok(video.clone()),
        _ => bail!("a video with an overlay has no difference from others"),
    };
    let difference = VideoDifference::new(video(first)?, video(second)?)?;
    let titles = (first.title.as_str(), second.title.as_str());
    let title = match titles {
        ("", _) | (_, "") => "difference".into(),
        (first, second) => format!("{first} − {second}"),
    };
    Ok(Panel {
        frames: ColoredFrames::Difference(Arc::new(difference)),
        title,
    })
}

/// The difference of two panels, with limits that hold the differences of a frame, or if there are
/// none those of all.
fn scaled_difference(panels: &[Panel], frame: usize) -> Result<Panel> {
    let mut panel = difference(panels)?;
    let step = panel.frames.len().div_ceil(MAX_FRAMES);
    let count = panel.frames.len().div_ceil(step);
    let frame = frame.min(panel.frames.len() - 1);
    let ranges = [(frame, 1, 1), (0, count, step)].into_iter();
    for (start, count, step) in ranges {
        let range = panel.frames.sampled(start, count, step).finite_range()?;
        let limits = range.map(|range| panel.frames.limits(range));
        if limits.is_some_and(|(low, high)| low < high) {
            panel.set_limits(range);
            break;
        }
    }
    Ok(panel)
}

impl PlayerState {
    /// The panels whose colors are changed by hand: the difference, or the videos.
    pub(super) fn colored(&self) -> &[Panel] {
        self.comparison.colored(&self.panels)
    }

    fn compare(&mut self, mode: CompareMode) -> Result<()> {
        let difference = match mode {
            CompareMode::Off => None,
            _ => {
                let sizes = self.panels.iter().map(|panel| panel.frames.frame_size());
                match sizes.collect::<Vec<_>>()[..] {
                    [first, second] if first == second => {}
                    [_, _] => bail!("videos can only be compared if their frames have one size"),
                    ref sizes => bail!(
                        "only two videos can be compared, this window shows {}",
                        sizes.len()
                    ),
                }
                match mode {
                    CompareMode::Difference => {
                        let frame = self.playback.frame();
                        Some(scaled_difference(&self.panels, frame)?)
                    }
                    _ => None,
                }
            }
        };
        self.comparison.mode = mode;
        self.comparison.difference = difference;
        // The histogram may be that of a panel that is not there any more.
        let strip = self
            .contrast
            .map(|strip| strip.panel.min(self.colored().len() - 1));
        self.contrast = strip.map(|panel| self.strip_of(panel));
        self.contrast_frame = None;
        self.renew_needs();
        Ok(())
    }

    /// Shows the difference in its initial colors.
    pub(super) fn restore_difference(&mut self) -> Result<()> {
        self.compare(CompareMode::Difference)
    }
}

impl Player {
    /// How the two videos are compared.
    pub fn compare_mode(&self) -> CompareMode {
        self.state().comparison.mode
    }

    /// Sets how the two videos are compared; an error unless there are two with frames of one size.
    pub fn set_compare_mode(&self, mode: CompareMode) -> Result<()> {
        let mut state = self.state();
        match state.comparison.mode == mode {
            true => Ok(()),
            false => state.compare(mode),
        }
    }

    /// Position of the line between two videos, in fractions of the width.
    pub fn wipe(&self) -> f64 {
        self.state().comparison.wipe
    }

    /// Moves the line between two videos.
    pub fn set_wipe(&self, wipe: f64) {
        let mut state = self.state();
        state.comparison.wipe = wipe.clamp(0.0, 1.0);
        state.renew_needs();
    }

    /// Shows a comparison, or the videos side by side again, and says which.
    pub(super) fn toggle_comparison(&self, mode: CompareMode) {
        let mut state = self.state();
        let next = match state.comparison.mode == mode {
            true => CompareMode::Off,
            false => mode,
        };
        if let Err(error) = state.compare(next) {
            return state.say(error.message());
        }
        let name = |index: usize| match state.panels[index].title.as_str() {
            "" => format!("video {index}"),
            title => title.to_owned(),
        };
        let message = match next {
            CompareMode::Off => "side by side".into(),
            CompareMode::First => name(0),
            CompareMode::Second => name(1),
            CompareMode::Wipe => format!("{} | {}", name(0), name(1)),
            CompareMode::Difference => format!("{} − {}", name(0), name(1)),
        };
        state.say(message);
    }

    /// Shows the other one of two videos in the same place.
    pub(super) fn flip(&self) {
        let mode = match self.compare_mode() {
            CompareMode::First => CompareMode::Second,
            _ => CompareMode::First,
        };
        self.toggle_comparison(mode);
    }

    /// Moves the line between two videos by a part of the width.
    pub(super) fn move_wipe(&self, by: f64) {
        match self.compare_mode() {
            CompareMode::Wipe => self.set_wipe(self.wipe() + by),
            _ => self.say("there is no line to move: `W` compares two videos at one"),
        }
    }

    /// Drags the line between two videos to a column.
    pub(super) fn drag_wipe(&self, x: f32, layout: &PlayerLayout) {
        if let Some(panel) = layout
            .panels
            .first()
            .filter(|panel| !panel.video.is_empty())
        {
            let rect = panel.video;
            self.set_wipe((f64::from(x) - rect.left as f64) / rect.width as f64);
        }
    }
}
