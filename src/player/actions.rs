//! Key actions other than playback: colormaps, probes, snapshots.

use super::Player;
use super::layout::{HitTarget, PlayerLayout};
use super::panel::Panel;
use super::probe_trace::ProbeTrace;
use super::probes::{self, Probe};
use super::region::ProbeRegion;
use super::state::PlayerState;
use crate::color::colormap::Colormap;
use crate::ops::mask::shape::PixelRun;
use crate::view::trace_plot::TraceScale;

/// Colormaps that a key cycles through.
const COLORMAPS: &[&str] = &[
    "gray", "viridis", "magma", "inferno", "plasma", "cividis", "turbo", "hot", "coolwarm",
    "gray_r",
];

impl Player {
    pub(super) fn say(&self, message: impl Into<String>) {
        self.state().say(message);
    }

    /// Toggles a setting and shows a message about it.
    pub(super) fn toggle(&self, flag: fn(&mut PlayerState) -> &mut bool, name: &str) {
        let mut state = self.state();
        let flag = flag(&mut state);
        *flag = !*flag;
        let is_on = *flag;
        state.say(format!("{name} {}", if is_on { "on" } else { "off" }));
    }

    /// Shows or hides the colorbars.
    pub fn show_colorbars(&self, are_shown: bool) {
        let mut state = self.state();
        state.hides_colorbars = !are_shown;
        state.renew_needs();
    }

    /// Shows the colorbars if they are hidden, or hides them.
    pub(super) fn toggle_colorbars(&self) {
        let is_hidden = self.state().hides_colorbars;
        self.show_colorbars(is_hidden);
    }

    /// Shows all panels that have a colormap in the next or the previous one.
    pub(super) fn cycle_colormap(&self, by: isize) {
        let mut state = self.state();
        let mut scales = state.colored().iter().map(|panel| panel.frames.scale());
        let Some(current) = scales.find_map(|scale| scale) else {
            state.say("this color video has no colormap");
            return;
        };
        let current = current.colormap().name();
        let position = COLORMAPS.iter().position(|name| *name == current);
        let next = match (position, by) {
            (Some(position), by) => position as isize + by,
            (None, _) => 0,
        };
        let name = COLORMAPS[next.rem_euclid(COLORMAPS.len() as isize) as usize];
        if let Ok(colormap) = Colormap::named(name) {
            state.recolor(|panel| panel.set_colormap(colormap.clone()));
            state.say(format!("colormap {name}"));
        }
    }

    /// Sets the color limits to the range of the frame shown.
    pub(super) fn stretch_contrast(&self) {
        let mut state = self.state();
        let frame = state.playback.frame();
        state.each_frame = false;
        let mut result = Ok(());
        state.recolor(|panel| {
            if let Err(error) = panel.stretch_to(frame) {
                result = Err(error);
            }
        });
        match result {
            Ok(()) => state.say(format!("contrast of frame {frame}")),
            Err(error) => state.say(error.message()),
        }
    }

    /// Restores the original colormaps and color limits.
    pub(super) fn restore_contrast(&self) {
        let mut state = self.state();
        match state.restore_colors() {
            Ok(()) => state.say("initial contrast"),
            Err(error) => state.say(error.message()),
        }
    }

    /// Sets a bookmark at the frame shown, or removes it.
    pub(super) fn toggle_bookmark(&self) {
        let mut state = self.state();
        let frame = state.playback.frame();
        let message = match state.bookmarks.remove(&frame) {
            true => format!("no bookmark at {frame}"),
            false => {
                state.bookmarks.insert(frame);
                format!("bookmark at {frame}")
            }
        };
        state.say(message);
    }

    /// Shows the next or the previous bookmark; the first follows the last.
    pub(super) fn next_bookmark(&self, is_forward: bool) {
        let state = self.state();
        let frame = state.playback.frame();
        let marks = &state.bookmarks;
        let found = match is_forward {
            true => marks.range(frame + 1..).next().or(marks.first()),
            false => marks.range(..frame).next_back().or(marks.last()),
        };
        let found = found.copied();
        drop(state);
        match found {
            Some(frame) => self.seek(frame),
            None => self.say("no bookmarks: `k` sets one"),
        }
    }

    /// Probes the pixel under the pointer.
    pub(super) fn probe_at_pointer(&self, layout: &PlayerLayout) {
        let Some(pointer) = self.state().pointer else {
            return;
        };
        if let Some(HitTarget::Video(panel)) = layout.target(pointer.0, pointer.1) {
            self.probe_pixel(panel, pointer, layout);
        }
    }

    /// Selects the region that was clicked, or probes the pixel.
    pub(super) fn click(&self, panel: usize) {
        let state = self.state();
        let at = state.pointer.zip(state.size);
        drop(state);
        let Some((pointer, size)) = at else {
            return;
        };
        let layout = self.layout(size);
        let position = self
            .part(panel)
            .in_frame(layout.panels[panel].video, pointer);
        if !position.is_some_and(|at| self.click_region(panel, at, &layout)) {
            self.probe_pixel(panel, pointer, &layout);
        }
    }

    fn probe_pixel(&self, panel: usize, pointer: (f32, f32), layout: &PlayerLayout) {
        let rect = layout.panels[panel].video;
        let Some((x, y)) = self.part(panel).in_frame(rect, pointer) else {
            return;
        };
        let mut state = self.state();
        state.remember();
        let (width, height) = state.panels[panel].frames.frame_size();
        drop(state);
        let (x, y) = ((x as usize).min(width - 1), (y as usize).min(height - 1));
        self.probe(panel, ProbeRegion::Point { y, x });
    }

    /// Adds a probe to a panel and starts computing its trace.
    pub fn probe(&self, panel: usize, region: ProbeRegion) {
        let Some(probed) = self.state().panels.get(panel).cloned() else {
            return;
        };
        let trace = self.probe_trace(&probed, region.runs(probed.frames.frame_size()));
        let mut state = self.state();
        let color = probes::next_color(&state.probes);
        state.probes.push(Probe {
            panel,
            region,
            name: None,
            is_velocity: false,
            basis: None,
            color,
            trace,
        });
        state.renew_needs();
        drop(state);
        self.want_missing();
    }

    /// Trace of some pixels of a panel, computed in the background.
    pub(super) fn probe_trace(&self, probed: &Panel, runs: Vec<PixelRun>) -> ProbeTrace {
        let video = probed.frames.explained();
        if self.shared.producer.is_some() {
            let playback = self.playback();
            let frames = playback.start()..playback.last() + 1;
            return ProbeTrace::new(frames, runs, video.metadata().fps);
        }
        let weak = self.downgrade();
        let news = move || {
            if let Some(player) = weak.upgrade() {
                player.state().renew_needs();
            }
        };
        ProbeTrace::start(video.clone(), runs, news)
    }

    /// Requests the frames that percentiles or traces lack, if they are made on demand.
    pub(super) fn want_missing(&self) {
        if let Some(producer) = &self.shared.producer {
            producer.want_missing();
        }
    }

    /// Shows the traces on one scale, or each on a scale of its own.
    pub(super) fn toggle_trace_scale(&self) {
        let mut state = self.state();
        let (scale, message) = match state.trace_scale {
            TraceScale::Common => (TraceScale::Each, "each trace on its own scale"),
            TraceScale::Each => (TraceScale::Common, "traces on one scale"),
        };
        state.trace_scale = scale;
        state.renew_needs();
        state.say(message);
    }

    /// Closes all windows of the program.
    pub(super) fn close_all(&self) {
        self.state().closes_all = true;
    }

    /// Whether all windows of the program are to be closed, asked for since the last call.
    pub fn take_close_all(&self) -> bool {
        std::mem::take(&mut self.state().closes_all)
    }

    /// Saves the window without the controls.
    pub(super) fn snapshot(&self, size: (usize, usize)) {
        match self.save_snapshot(size) {
            Ok(path) => self.say(format!("saved {}", path.display())),
            Err(error) => self.say(error.message()),
        }
    }
}
