//! Contrast by hand: color limits and gamma of one video, and of all that share its limits, also in
//! linked windows.

use std::sync::Arc;

use super::Player;
use super::comparison::VideoComparison;
use super::contrast::{ContrastHandle, ContrastStrip, GAMMA, dragged};
use super::contrast_strip;
use super::frame_sample::FrameSample;
use super::layout::{HitTarget, PlayerLayout};
use super::panel::Panel;
use super::playback::Playback;
use super::state::PlayerState;
use crate::bail;
use crate::color::colormap::ScaledColormap;
use crate::error::Result;
use crate::ops::array::reduce;
use crate::video::{Video, number_text};

/// Percentiles that limits are set to.
const PERCENTILES: [f64; 2] = [0.1, 99.9];

/// Largest number of frames whose percentiles are the limits for all frames.
pub(super) const MAX_FRAMES: usize = 64;

/// Step through a playback over which percentiles are taken.
pub(super) fn step_through(playback: &Playback) -> usize {
    (playback.last() + 1 - playback.start()).div_ceil(MAX_FRAMES)
}

/// What is shown about percentiles of every n-th frame.
pub(super) fn percentiles_text(step: usize) -> String {
    let [low, high] = PERCENTILES;
    match step {
        1 => format!("{low} to {high} % of all frames"),
        step => format!("{low} to {high} % of one frame in {step}"),
    }
}

/// Percentiles of frames as color limits; none if they have no finite samples.
pub(super) fn percentile_limits(video: &Video) -> Result<Option<(f64, f64)>> {
    if video.finite_range()?.is_none() {
        return Ok(None);
    }
    let found = reduce::percentile(video, &PERCENTILES, true, None)?;
    let mut limits = [0.0f64; 2];
    found.samples().read_frames(0..2, 0..1, &mut limits);
    let [low, high] = limits;
    Ok((low.is_finite() && high.is_finite()).then_some((low, high)))
}

impl PlayerState {
    /// The panel that contrast by hand changes: that of the strip, that under the pointer, or the
    /// first one with limits.
    fn contrast_panel(&self, layout: Option<&PlayerLayout>) -> Option<usize> {
        let has_scale = |panel: &usize| {
            let panel = self.colored().get(*panel);
            panel.is_some_and(|panel| panel.frames.scale().is_some())
        };
        let under_pointer =
            self.pointer
                .zip(layout)
                .and_then(|((x, y), layout)| match layout.target(x, y) {
                    Some(HitTarget::Video(panel)) => Some(panel),
                    _ => None,
                });
        let strip = self.contrast.map(|strip| strip.panel);
        let chosen = [strip, under_pointer].into_iter().flatten();
        chosen.chain(0..self.colored().len()).find(has_scale)
    }

    fn scale_of(&self, panel: usize) -> Option<ScaledColormap> {
        self.colored().get(panel)?.frames.scale().cloned()
    }

    /// Gives a panel other limits and gamma, and unless it is to be changed alone all that had the
    /// same.
    fn adjust(&mut self, only: Option<usize>, before: &ScaledColormap, after: &ScaledColormap) {
        let mut index = 0;
        self.recolor(|panel| {
            let is_meant = only.is_none_or(|only| only == index);
            index += 1;
            if let Some(scale) = panel.frames.scale_mut().filter(|_| is_meant)
                && is_alike(scale, before)
            {
                *scale = after.with_colormap(scale.colormap().clone());
            }
        });
    }

    /// Sets the limits of all panels to the range of the frame shown, if they follow the frames.
    pub(super) fn follow_frame(&mut self) {
        let frame = self.playback.frame();
        if self.each_frame && self.contrast_frame != Some(frame) {
            self.contrast_frame = Some(frame);
            stretch_all((&mut self.panels, &mut self.comparison), frame);
            self.renew_needs();
        }
    }
}

/// Sets the limits of all panels, or of their difference, to the range of a frame; those of a frame
/// without finite samples stay.
pub(super) fn stretch_all(
    (panels, comparison): (&mut Arc<Vec<Panel>>, &mut VideoComparison),
    frame: usize,
) {
    // What cannot be read is reported where it is drawn.
    match &mut comparison.difference {
        Some(difference) => {
            let _ = difference.stretch_to(frame);
        }
        None => {
            for panel in Arc::make_mut(panels) {
                let _ = panel.stretch_to(frame);
            }
        }
    }
}

/// Whether two scales have the same limits and gamma.
fn is_alike(a: &ScaledColormap, b: &ScaledColormap) -> bool {
    (a.low(), a.high(), a.gamma()) == (b.low(), b.high(), b.gamma())
}

impl Player {
    /// Colormap, color limits and gamma of each video, or of its overlay; none for one in color. Of
    /// a difference of two videos, those of the difference.
    pub fn scales(&self) -> Vec<Option<ScaledColormap>> {
        let state = self.state();
        let scales = state
            .colored()
            .iter()
            .map(|panel| panel.frames.scale().cloned());
        scales.collect()
    }

    /// Changes the colormap, the color limits or gamma of a video.
    pub fn set_scale(
        &self,
        panel: usize,
        change: impl FnOnce(&ScaledColormap) -> ScaledColormap,
    ) -> Result<()> {
        let mut state = self.state();
        let Some(before) = state.scale_of(panel) else {
            bail!("video {panel} has no colormap that could be set: it is in color");
        };
        let after = change(&before);
        let (low, high, gamma) = (after.low(), after.high(), after.gamma());
        if !(low.is_finite() && high.is_finite()) {
            bail!("`vmin` and `vmax` must be finite, got {low} and {high}");
        }
        if high < low {
            let (low, high) = (number_text(low), number_text(high));
            bail!("`vmin` must not be above `vmax`, got {low} and {high}");
        }
        if !GAMMA.contains(&gamma) {
            let (least, most) = (GAMMA.start(), GAMMA.end());
            bail!("`gamma` must be from {least} to {most}, got {gamma}");
        }
        // Scripts also set what a chain such as `p.vmax[0]` has only read.
        if is_alike(&before, &after) && before.colormap() == after.colormap() {
            return Ok(());
        }
        let mut index = 0;
        state.each_frame = false;
        state.recolor(|changed| {
            if let Some(scale) = changed.frames.scale_mut().filter(|_| index == panel) {
                *scale = after.clone();
            }
            index += 1;
        });
        Ok(())
    }

    /// Shows or hides the histogram with the color limits.
    pub(super) fn toggle_contrast_strip(&self, size: (usize, usize)) {
        let layout = self.layout(size);
        let mut state = self.state();
        if state.contrast.take().is_none() {
            let Some(panel) = state.contrast_panel(Some(&layout)) else {
                return state.say("there is no gray video whose contrast could be set");
            };
            state.contrast = Some(state.strip_of(panel));
        }
        state.renew_needs();
        let has_no_room = state.contrast.is_some();
        drop(state);
        if has_no_room && self.layout(size).contrast.is_empty() {
            self.say("the window is too small for the histogram");
        }
    }

    /// Shows the histogram of the next video.
    pub(super) fn next_contrast_panel(&self, size: (usize, usize)) {
        let mut state = self.state();
        let Some(strip) = state.contrast else {
            drop(state);
            return self.toggle_contrast_strip(size);
        };
        let count = state.colored().len();
        let others = (1..=count).map(|far| (strip.panel + far) % count);
        let mut others = others.filter(|panel| state.scale_of(*panel).is_some());
        if let Some(panel) = others.next() {
            state.contrast = Some(state.strip_of(panel));
            state.renew_needs();
        }
    }

    /// Switches between a change of one video and of all that share its limits.
    pub(super) fn toggle_alone(&self) {
        let mut state = self.state();
        state.alone = !state.alone;
        let message = match state.alone {
            true => "contrast of one video",
            false => "contrast of all videos with the same limits",
        };
        state.say(message);
    }

    /// Switches between fixed limits and those of each frame.
    pub(super) fn toggle_each_frame(&self) {
        let mut state = self.state();
        state.each_frame = !state.each_frame;
        state.contrast_frame = None;
        let message = match state.each_frame {
            true => "contrast of each frame",
            false => "contrast stays as it is",
        };
        state.say(message);
    }

    /// Moves both limits by a part of their distance, and changes the distance by a factor.
    pub(super) fn shift_contrast(&self, size: (usize, usize), by: f64, factor: f64) {
        self.adjust(size, |scale| {
            let (low, high) = (scale.low(), scale.high());
            let (center, half) = ((low + high) / 2.0, (high - low) / 2.0);
            let center = center + by * 2.0 * half;
            scale.with_limits(center - half * factor, center + half * factor)
        });
    }

    /// Multiplies gamma by a factor.
    pub(super) fn change_gamma(&self, size: (usize, usize), factor: f64) {
        self.adjust(size, |scale| {
            let gamma = scale.gamma() * factor;
            // Back at 1 after as many steps up as down.
            let gamma = if (gamma - 1.0).abs() < 1e-6 {
                1.0
            } else {
                gamma
            };
            scale.with_gamma(gamma.clamp(*GAMMA.start(), *GAMMA.end()))
        });
    }

    /// Sets the limits of each video to percentiles of the frame shown, or of frames from the whole
    /// video.
    pub(super) fn percentile_contrast(&self, is_whole: bool) {
        let mut state = self.state();
        let (frame, count) = (state.playback.frame(), state.playback.last() + 1);
        state.each_frame = false;
        if is_whole && state.produced.is_some() {
            state.sample = Some(FrameSample::new(&state.playback));
            state.say("reading frames for their percentiles");
            drop(state);
            return self.want_missing();
        }
        let step = step_through(&state.playback);
        let mut failed = None;
        state.recolor(|panel| {
            let len = panel.frames.len();
            let frames = match is_whole && len == count {
                true => panel.frames.sampled(0, count.div_ceil(step), step),
                false => panel.frames.sampled(frame.min(len - 1), 1, 1),
            };
            match percentile_limits(&frames) {
                Ok(limits) => panel.set_limits(limits),
                Err(error) => failed = Some(error),
            }
        });
        let [low, high] = PERCENTILES;
        match failed {
            Some(error) => state.say(error.message()),
            None if is_whole => state.say(percentiles_text(step)),
            None => state.say(format!("{low} to {high} % of frame {frame}")),
        }
    }

    /// Reverses the colormaps.
    pub(super) fn invert_colormaps(&self) {
        let mut state = self.state();
        state.recolor(|panel| {
            if let Some(scale) = panel.frames.scale() {
                let reversed = scale.colormap().reversed();
                panel.set_colormap(reversed);
            }
        });
        state.say("inverted");
    }

    /// Grabs a handle of the histogram, or of the slider above it, at a position.
    pub(super) fn grab_contrast(
        &self,
        (x, y): (f32, f32),
        layout: &PlayerLayout,
    ) -> Option<ContrastHandle> {
        let state = self.state();
        let strip = state.contrast?;
        let scale = state.scale_of(strip.panel)?;
        let (sizes, rect) = (&state.inputs().sizes, layout.histogram);
        let reach = sizes.px(9) as f32;
        if let Some(look) = state.colored().get(strip.panel)?.frames.look() {
            let slider = contrast_strip::opacity_slider(layout.contrast, sizes);
            if slider.is_some_and(|slider| slider.contains(x, y)) {
                return Some(ContrastHandle::Opacity);
            }
            let beside = x - strip.threshold_column(&look, (&scale, rect));
            // The flag is at the top, to the right of its column.
            if y < rect.top as f32 + 1.5 * reach && (-reach / 2.0..1.5 * reach).contains(&beside) {
                return Some(ContrastHandle::Threshold);
            }
        }
        Some(strip.handle(x, &scale, (rect, reach)))
    }

    /// Drags the threshold or the opacity of an overlay to a column; false for other handles.
    fn drag_look(&self, handle: ContrastHandle, x: f32, layout: &PlayerLayout) -> bool {
        let state = self.state();
        let scale = state
            .contrast
            .and_then(|strip| Some((strip, state.scale_of(strip.panel)?)));
        let slider = contrast_strip::opacity_slider(layout.contrast, &state.inputs().sizes);
        drop(state);
        match (handle, scale, slider) {
            (ContrastHandle::Threshold, Some((strip, scale)), _) => {
                let value = strip.value(x, &scale, layout.histogram);
                // At the end of the axis there is none.
                let threshold = Some(value).filter(|value| strip.axis(&scale).0 < *value);
                self.type_threshold(threshold);
                true
            }
            (ContrastHandle::Opacity, _, Some(slider)) => {
                let part = (f64::from(x) - slider.left as f64) / slider.width.max(1) as f64;
                self.choose_opacity(part);
                true
            }
            _ => false,
        }
    }

    /// Drags a handle of the histogram to a column.
    pub(super) fn drag_contrast(&self, handle: ContrastHandle, x: f32, layout: &PlayerLayout) {
        if self.drag_look(handle, x, layout) {
            return;
        }
        let Some(strip) = self.state().contrast else {
            return;
        };
        self.adjust_panel(strip.panel, |scale| {
            let value = strip.value(x, scale, layout.histogram);
            dragged(handle, value, scale)
        });
    }

    /// Changes the limits or gamma of the panel that is meant.
    fn adjust(&self, size: (usize, usize), change: impl Fn(&ScaledColormap) -> ScaledColormap) {
        let layout = self.layout(size);
        let panel = self.state().contrast_panel(Some(&layout));
        let Some(panel) = panel else {
            return self.say("there is no gray video whose contrast could be set");
        };
        if let Some(scale) = self.adjust_panel(panel, change) {
            let [low, high, gamma] = [scale.low(), scale.high(), scale.gamma()].map(number_text);
            self.say(format!("{low} to {high}, gamma {gamma}"));
        }
    }

    /// Changes the limits or gamma of a panel, and of all panels that share its limits, here and in
    /// linked windows.
    fn adjust_panel(
        &self,
        panel: usize,
        change: impl Fn(&ScaledColormap) -> ScaledColormap,
    ) -> Option<ScaledColormap> {
        let mut state = self.state();
        let before = state.scale_of(panel)?;
        let after = change(&before);
        let is_alone = state.alone;
        state.each_frame = false;
        state.adjust(is_alone.then_some(panel), &before, &after);
        drop(state);
        if !is_alone {
            for other in self.linked() {
                other.state().adjust(None, &before, &after);
            }
        }
        Some(after)
    }
}

impl PlayerState {
    /// Histogram of a panel, with an axis that holds the samples of the frame shown, the initial
    /// limits and the present ones.
    pub(super) fn strip_of(&self, panel: usize) -> ContrastStrip {
        let frame = self.playback.frame();
        let shown = self
            .colored()
            .get(panel)
            .and_then(|panel| panel.range_of(frame).ok()?);
        let original = self.comparison.colored(&self.original);
        let scales = [self.colored(), original].map(|panels| {
            let scale = panels.get(panel)?.frames.scale()?;
            Some((scale.low(), scale.high()))
        });
        let ranges = scales.into_iter().chain([shown]).flatten();
        let ends = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        ContrastStrip {
            panel,
            ends: ends.unwrap_or((0.0, 1.0)),
        }
    }
}
