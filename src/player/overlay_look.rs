//! Opacity, threshold and blend mode of overlays, by keys and from scripts.

use super::Player;
use super::panel::Panel;
use super::state::PlayerState;
use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::ops::blend::{BlendLook, BlendMode};
use crate::video::number_text;

impl PlayerState {
    /// The first panel with an overlay.
    fn overlaid(&self) -> Option<(&Panel, BlendLook)> {
        let mut panels = self.panels.iter();
        panels.find_map(|panel| Some((panel, panel.frames.look()?)))
    }

    /// Whether a video has an overlay.
    pub(super) fn has_overlay(&self) -> bool {
        self.overlaid().is_some()
    }

    /// Changes how all overlays are mixed into their bases.
    fn set_look(&mut self, look: BlendLook) -> Result<()> {
        let mut result = Ok(());
        self.recolor(|panel| {
            if let Err(error) = panel.frames.set_look(look) {
                result = Err(error);
            }
        });
        result
    }
}

impl Player {
    /// How the overlay is mixed into its base; none without an overlay.
    pub fn overlay_look(&self) -> Option<BlendLook> {
        self.state().overlaid().map(|(_, look)| look)
    }

    /// Changes how the overlay is mixed into its base.
    pub fn set_overlay_look(&self, change: impl FnOnce(&mut BlendLook)) -> Result<()> {
        let mut state = self.state();
        let Some((_, before)) = state.overlaid() else {
            bail!("this player shows no overlay, whose look could be set");
        };
        let mut look = before;
        change(&mut look);
        // Scripts also set what a chain has only read.
        match look == before {
            true => Ok(()),
            false => state.set_look(look),
        }
    }

    /// Changes the look by a key, and shows a message about it.
    fn change_look(
        &self,
        change: impl FnOnce(&Panel, &mut BlendLook),
        message: impl FnOnce(&BlendLook) -> String,
    ) {
        let mut state = self.state();
        let Some((panel, before)) = state.overlaid() else {
            return state.say("there is no overlay: `show_video_overlay` shows one");
        };
        let mut look = before;
        change(panel, &mut look);
        match state.set_look(look) {
            Ok(()) => state.say(message(&look)),
            Err(error) => state.say(error.message()),
        }
    }

    /// Makes the overlay more or less opaque.
    pub(super) fn change_opacity(&self, by: f64) {
        let before = self.overlay_look().map_or(0.0, |look| look.opacity);
        self.choose_opacity(before + by);
    }

    /// Sets the opacity of the overlay, in whole percent.
    pub(super) fn choose_opacity(&self, opacity: f64) {
        let percent = (opacity * 100.0).round().clamp(0.0, 100.0);
        self.change_look(
            |_, look| look.opacity = percent / 100.0,
            |_| format!("opacity {} %", number_text(percent)),
        );
    }

    /// Moves the threshold by a part of the distance of the color limits; below the lower limit
    /// there is none.
    pub(super) fn change_threshold(&self, by: f64) {
        let change = |panel: &Panel, look: &mut BlendLook| {
            // What has no limits has no threshold, which is an error of its own.
            let (low, high) = panel
                .frames
                .scale()
                .map_or((0.0, 1.0), |scale| (scale.low(), scale.high()));
            let before = look.threshold.map_or(0.0, |at| (at - low) / (high - low));
            let part = ((before + by) * 1000.0).round() / 1000.0;
            look.threshold = (low < high && 0.0 < part).then_some(low + part * (high - low));
        };
        self.change_look(change, threshold_text);
    }

    /// Sets the threshold that was typed.
    pub(super) fn type_threshold(&self, threshold: Option<f64>) {
        self.change_look(|_, look| look.threshold = threshold, threshold_text);
    }

    /// Shows the overlay in the next blend mode.
    pub(super) fn next_blend_mode(&self) {
        let change = |_: &Panel, look: &mut BlendLook| {
            let modes = BlendMode::CHOICES;
            let at = modes.iter().position(|(_, mode)| *mode == look.mode);
            look.mode = modes[at.map_or(0, |at| (at + 1) % modes.len())].1;
        };
        self.change_look(change, |look| format!("blend mode {}", look.mode.name()));
    }
}

fn threshold_text(look: &BlendLook) -> String {
    match look.threshold {
        Some(threshold) => format!("shows the overlay from {} on", number_text(threshold)),
        None => "shows all of the overlay".into(),
    }
}
