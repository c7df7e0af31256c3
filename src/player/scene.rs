//! Snapshot of everything that is drawn, and the room it needs.

use std::sync::Arc;

use super::comparison::{CompareMode, VideoComparison};
use super::contrast::ContrastStrip;
use super::layout::{ComparedPanels, PanelLayoutInputs, PlayerLayout, PlayerLayoutInputs};
use super::menu::PlayerMenu;
use super::panel::Panel;
use super::playback::Playback;
use super::probes::Probe;
use super::sketch::Sketch;
use super::theme::{self, ThemeSizes};
use super::view::View;
use crate::draw::{Rect, colorbar, text};
use crate::ops::mask::shape::PixelRun;
use crate::view::annotations::Annotations;
use crate::view::trace_plot::TraceScale;

/// Contents of a window at one moment.
#[derive(Debug, Clone)]
pub(super) struct PlayerScene {
    pub(super) panels: Arc<Vec<Panel>>,
    pub(super) playback: Playback,
    pub(super) contrast: Option<ContrastStrip>,
    pub(super) alone: bool,
    pub(super) each_frame: bool,
    pub(super) comparison: VideoComparison,
    pub(super) view: View,
    pub(super) probes: Vec<Probe>,
    pub(super) annotations: Arc<Annotations>,
    pub(super) inputs: PlayerLayoutInputs,
    pub(super) trace_scale: TraceScale,
    /// Whether samples are interpolated where frames are not shown pixel by pixel.
    pub(super) smooth: bool,
    pub(super) grid: bool,
    pub(super) menu: Option<PlayerMenu>,
    pub(super) bookmarks: Vec<usize>,
    /// Position of the pointer, if the value there is to be shown.
    pub(super) readout: Option<(f32, f32)>,
    /// Region being drawn.
    pub(super) sketch: Option<Sketch>,
    /// Pixels that the threshold brush would paint.
    pub(super) painted: Vec<PixelRun>,
    /// Radius of the brush in pixels of the video.
    pub(super) brush: f64,
    /// Index of the probe that is selected.
    pub(super) selected: Option<usize>,
    pub(super) message: Option<String>,
    /// Frames shown per second.
    pub(super) rate: Option<f64>,
}

/// Which controls are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Controls {
    /// The slider.
    pub slider: bool,
    /// The button that plays and pauses.
    pub button: bool,
    /// The frame counter and the time.
    pub counter: bool,
}

impl Controls {
    /// All controls.
    pub const ALL: Self = Self {
        slider: true,
        button: true,
        counter: true,
    };

    /// No controls.
    pub const NONE: Self = Self {
        slider: false,
        button: false,
        counter: false,
    };
}

/// How pictures and movies differ from what the window shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureLook {
    /// The videos alone, without titles, colorbars, annotations, regions and traces.
    pub is_plain: bool,
    /// Dark text on white.
    pub is_light: bool,
}

impl PictureLook {
    /// As in the window.
    pub const OF_WINDOW: Self = Self {
        is_plain: false,
        is_light: false,
    };
}

impl PlayerScene {
    /// The panels whose colors are changed by hand: the difference, or the videos.
    pub(super) fn colored(&self) -> &[Panel] {
        self.comparison.colored(&self.panels)
    }

    /// What is shown in the place of a panel.
    pub(super) fn shown(&self, index: usize) -> Option<&Panel> {
        match &self.comparison.difference {
            Some(difference) => Some(difference).filter(|_| index == 0),
            None => self.panels.get(index),
        }
    }

    pub(super) fn layout(&self, (width, height): (usize, usize)) -> PlayerLayout {
        let area = Rect {
            width,
            height,
            ..Rect::default()
        };
        PlayerLayout::new(area, &self.inputs)
    }

    /// The same scene with other controls and without what belongs to the mouse.
    fn with_controls(mut self, controls: Controls) -> Self {
        self.inputs.slider = controls.slider;
        self.inputs.button = controls.button;
        if !controls.counter {
            (self.inputs.counter, self.inputs.time) = (0, 0);
        }
        self.inputs.rate = 0;
        self.menu = None;
        (self.contrast, self.inputs.contrast) = (None, false);
        self.inputs.region_list = false;
        self.readout = None;
        self.sketch = None;
        self.painted.clear();
        self.selected = None;
        self.message = None;
        self
    }

    /// The same scene with the videos alone.
    fn plain(mut self) -> Self {
        for panel in &mut self.inputs.panels {
            (panel.title, panel.colorbar) = (false, None);
        }
        self.inputs.trace_labels = None;
        self.probes.clear();
        self.annotations = Arc::default();
        self.grid = false;
        self
    }

    /// The same scene for a picture or a movie.
    pub(super) fn for_picture(self, controls: Controls, look: PictureLook) -> Self {
        let scene = self.with_controls(controls);
        if look.is_plain { scene.plain() } else { scene }
    }
}

/// Room that panels and controls need.
pub(super) fn inputs(
    panels: &[Panel],
    playback: &Playback,
    (quantity, scale): (&str, f32),
) -> PlayerLayoutInputs {
    let sizes = ThemeSizes::new(scale);
    let last = playback.last();
    // There is nothing to play in a picture.
    let is_still = playback.start() == last;
    let width = |label: &str| text::width(label, sizes.label);
    PlayerLayoutInputs {
        panels: panels
            .iter()
            .map(|panel| panel_needs(panel, quantity, &sizes))
            .collect(),
        counter: match is_still {
            true => 0,
            false => width(&format!("{last} / {last}")),
        },
        time: time_text(panels, last).map_or(0, |text| width(&text)),
        rate: 0,
        button: !is_still,
        slider: !is_still,
        compared: None,
        contrast: false,
        region_list: false,
        trace_labels: None,
        sizes,
    }
}

/// Changes the room needed for two videos that are compared in one place.
pub(super) fn compared(
    inputs: &mut PlayerLayoutInputs,
    comparison: &VideoComparison,
    quantity: &str,
) {
    inputs.compared = match comparison.mode {
        CompareMode::Off => None,
        CompareMode::First | CompareMode::Difference => Some(ComparedPanels::Only(0)),
        CompareMode::Second => Some(ComparedPanels::Only(1)),
        CompareMode::Wipe => Some(ComparedPanels::Wipe(comparison.wipe)),
    };
    if let Some(difference) = &comparison.difference {
        inputs.panels[0] = panel_needs(difference, quantity, &inputs.sizes);
    }
}

fn panel_needs(panel: &Panel, quantity: &str, sizes: &ThemeSizes) -> PanelLayoutInputs {
    let style = theme::bar_style(sizes);
    let widths = panel.frames.scale().map(|scale| {
        let heights = [60, 150, 300, 600].map(|height| sizes.px(height));
        heights.map(|height| colorbar::label_width(scale, quantity, height, &style))
    });
    PanelLayoutInputs {
        frame: panel.frames.frame_size(),
        title: !panel.title.is_empty(),
        colorbar: widths.and_then(|widths| widths.into_iter().max()),
    }
}

/// Time of a frame, if the frame rate is known.
pub(super) fn time_text(panels: &[Panel], frame: usize) -> Option<String> {
    let fps = panels.first()?.frames.base().metadata().fps;
    let interval = 1000.0 / fps.filter(|fps| 0.0 < *fps)?;
    let digits = usize::from(interval.fract() != 0.0);
    Some(format!("{:.digits$} ms", frame as f64 * interval))
}
