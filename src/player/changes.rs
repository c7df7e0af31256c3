//! What a window has changed: settings that scripts can set too, so that a script can do the same
//! without a window.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Player;
use super::comparison::VideoComparison;
use super::panel::Panel;
use super::playback::Playback;
use super::probes::Probe;
use super::region::ProbeRegion;
use super::state::PlayerState;
use super::view::View;
use crate::color::colormap::ScaledColormap;
use crate::view::trace_plot::TraceScale;

/// Names that scripts give the settings which keys and the mouse change, apart from the frame.
pub type ChangedSettings = BTreeSet<&'static str>;

/// Settings before an event.
pub(super) struct SettingsBefore {
    playback: Playback,
    bookmarks: BTreeSet<usize>,
    view: View,
    flags: [bool; 4],
    panels: Arc<Vec<Panel>>,
    comparison: VideoComparison,
    probes: Vec<Probe>,
}

impl Player {
    /// Settings that the window has changed since the last call.
    pub fn take_window_changes(&self) -> ChangedSettings {
        std::mem::take(&mut self.state().changed_settings)
    }

    /// This player and those that follow it, with their settings.
    pub(super) fn settings_before(&self) -> Vec<(Player, SettingsBefore)> {
        let players = std::iter::once(self.clone()).chain(self.linked());
        players
            .map(|player| {
                let before = player.state().settings();
                (player, before)
            })
            .collect()
    }
}

impl PlayerState {
    fn settings(&self) -> SettingsBefore {
        SettingsBefore {
            playback: self.playback.clone(),
            bookmarks: self.bookmarks.clone(),
            view: self.view,
            flags: self.flags(),
            panels: self.panels.clone(),
            comparison: self.comparison.clone(),
            probes: self.probes.clone(),
        }
    }

    /// Settings that are on or off.
    fn flags(&self) -> [bool; 4] {
        let has_one_scale = self.trace_scale == TraceScale::Common;
        [self.smooth, self.grid, !self.hides_colorbars, has_one_scale]
    }

    /// Notes which settings an event has changed.
    pub(super) fn note_changes(&mut self, before: &SettingsBefore) {
        let flags = self.flags();
        let mut note = |name, has_changed: bool| {
            if has_changed {
                self.changed_settings.insert(name);
            }
        };
        let names = ["smooth", "grid", "colorbars", "one_scale"];
        for (name, (was, is)) in names.into_iter().zip(before.flags.into_iter().zip(flags)) {
            note(name, was != is);
        }
        note("zoom", before.view != self.view);
        let (was, is) = (&before.playback, &self.playback);
        note("step", was.step() != is.step());
        note("speed", was.speed() != is.speed());
        note("looping", was.is_looping() != is.is_looping());
        note(
            "every_frame",
            was.shows_every_frame() != is.shows_every_frame(),
        );
        note("loop_range", was.part() != is.part());
        note("bookmarks", before.bookmarks != self.bookmarks);
        note("compare", before.comparison.mode != self.comparison.mode);
        note("wipe", before.comparison.wipe != self.comparison.wipe);
        // Its limits are those of the frame at that time.
        let is_difference = self.comparison.difference.is_some();
        note(
            "limits",
            is_difference && before.comparison.difference.is_none(),
        );
        let was = scales(before.comparison.colored(&before.panels));
        let is = scales(self.comparison.colored(&self.panels));
        let may_differ = is_difference || !Arc::ptr_eq(&before.panels, &self.panels);
        if may_differ && was.len() == is.len() {
            let pairs = || was.iter().zip(&is);
            let differ = |get: fn(&ScaledColormap) -> (f64, f64)| {
                pairs().any(|(was, is)| was.map(get) != is.map(get))
            };
            note("limits", differ(|scale| (scale.low(), scale.high())));
            note("gamma", differ(|scale| (scale.gamma(), 0.0)));
            let has_other = pairs().any(|(was, is)| {
                was.map(ScaledColormap::colormap) != is.map(ScaledColormap::colormap)
            });
            note("cmap", has_other);
            let looks = |panels: &[Panel]| -> Vec<_> {
                panels.iter().map(|panel| panel.frames.look()).collect()
            };
            let pairs = looks(&before.panels).into_iter().zip(looks(&self.panels));
            for (was, is) in pairs.filter_map(|(was, is)| was.zip(is)) {
                note("opacity", was.opacity != is.opacity);
                note("threshold", was.threshold != is.threshold);
                note("blend_mode", was.mode != is.mode);
            }
        }
        for (name, are_points) in [("points", true), ("regions", false)] {
            let (was, is) = (
                chosen(&before.probes, are_points),
                chosen(&self.probes, are_points),
            );
            let is_same = was.len() == is.len()
                && was.iter().zip(&is).all(|(was, is)| {
                    (&was.region, &was.name, was.color, was.panel)
                        == (&is.region, &is.name, is.color, is.panel)
                });
            note(name, !is_same);
        }
    }
}

fn scales(panels: &[Panel]) -> Vec<Option<&ScaledColormap>> {
    let scales = panels.iter().map(|panel| panel.frames.scale());
    scales.collect()
}

/// The points, or the other regions.
fn chosen(probes: &[Probe], are_points: bool) -> Vec<&Probe> {
    let is_point = |probe: &&Probe| matches!(probe.region, ProbeRegion::Point { .. });
    probes
        .iter()
        .filter(|probe| is_point(probe) == are_points)
        .collect()
}
