//! Trace plot of the probes under the videos, with a cursor at the frame shown.

use super::layout::PlayerLayout;
use super::panel::Panel;
use super::playback::Playback;
use super::probes::Probe;
use super::scene::PlayerScene;
use super::state::PlayerState;
use super::theme::{self, ThemeSizes};
use crate::draw::ticks::finite_range;
use crate::draw::{Image, Rect};
use crate::video::number_text;
use crate::view::annotations::Annotations;
use crate::view::trace_plot::{
    TimeAxis, Trace, TracePlot, TracePlotOptions, TraceScale, label_width,
};

/// Width of the labels of the values, as far as they are known.
pub(super) fn labels(probes: &[Probe], scale: TraceScale, sizes: &ThemeSizes) -> usize {
    let ranges = probes
        .iter()
        .filter_map(|probe| finite_range(probe.trace.values().iter().copied()));
    let range = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let heights = [40, 80, 160, 320].map(|height| sizes.px(height));
    label_width(range, scale, &heights, &theme::bar_style(sizes))
}

/// Draws the traces, and the values at the frame shown.
pub(super) fn draw(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    let area = layout.trace_plot;
    if area.is_empty() {
        return;
    }
    let whole = Rect {
        left: 0,
        width: image.width,
        ..area
    };
    image.fill(whole, theme::BACKGROUND);
    image.fill(Rect { height: 1, ..whole }, theme::LINE);
    let traces = scene.probes.iter().map(|probe| Trace {
        name: probe.label(scene.panels.len()),
        values: probe.trace.values().clone(),
        color: probe.color,
    });
    let options = TracePlotOptions {
        time: time_axis(&scene.panels, &scene.playback, &scene.annotations),
        frames: (scene.playback.start(), scene.playback.last()),
        scale: scene.trace_scale,
        style: theme::bar_style(&scene.inputs.sizes),
    };
    let plot = TracePlot::new(layout.traces, traces.collect(), options);
    if let Some((first, last)) = scene.playback.part() {
        let left = plot.column(first) as usize;
        let part = Rect {
            left,
            width: (plot.column(last) as usize + 1).saturating_sub(left),
            ..layout.traces.plot
        };
        image.fill(part, theme::SURFACE);
    }
    plot.draw(image);
    plot.draw_cursor(image, scene.playback.frame());
}

fn time_axis(panels: &[Panel], playback: &Playback, annotations: &Annotations) -> TimeAxis {
    let metadata = panels.first().map(|panel| panel.frames.base().metadata());
    let frames = playback.last() + 1;
    match metadata {
        Some(metadata) => TimeAxis::new(metadata, frames, annotations.timestamp, 1),
        None => TimeAxis {
            interval: 1.0,
            unit: "frames",
        },
    }
}

impl PlayerState {
    /// Levels of the selected or the first trace at two frames, and the slope between them.
    pub(super) fn levels(
        &self,
        (first, last): (usize, usize),
        seconds: Option<f64>,
    ) -> Option<String> {
        let probe = self.probes.get(self.selected.unwrap_or(0))?;
        let values = probe.trace.values();
        let level = |frame: usize| values.get(frame).copied().filter(|level| level.is_finite());
        let (from, to) = (level(first)?, level(last)?);
        let slope = seconds.filter(|seconds| 0.0 < *seconds);
        let slope = slope.map(|seconds| format!(", {} per s", number_text((to - from) / seconds)));
        let (from, to) = (number_text(from), number_text(to));
        let name = probe.label(self.panels.len());
        Some(format!(
            ", {name} {from} to {to}{}",
            slope.unwrap_or_default()
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::color::color_settings::ColorSettings;
    use crate::color::colormap::Colormap;
    use crate::ops::testing::ramp;
    use crate::player::region::ProbeRegion;
    use crate::player::{Panel, Player, Show};
    use crate::view::annotations::Annotations;

    #[test]
    fn a_part_has_levels_and_a_slope() {
        let mut video = ramp(&[9, 3, 3]);
        video.metadata_mut().fps = Some(100.0);
        let colors = ColorSettings::new(Colormap::gray(), None, None);
        let player = Player::new(Show {
            panels: vec![Panel::video(video, String::new(), &colors).unwrap()],
            interval_ms: 10,
            step: 1,
            annotations: Annotations::default(),
        })
        .unwrap();
        let levels = |part, seconds| player.state().levels(part, seconds);
        assert_eq!(levels((2, 6), None), None, "there is no trace");
        player.probe(0, ProbeRegion::Point { y: 1, x: 1 });
        player.traces().unwrap();
        // The mean of a frame is 9 t + 4.
        let name = player.probes()[0].label(1);
        assert_eq!(levels((2, 6), None), Some(format!(", {name} 22 to 58")));
        assert_eq!(
            levels((2, 6), Some(0.04)),
            Some(format!(", {name} 22 to 58, 900 per s"))
        );
    }
}
