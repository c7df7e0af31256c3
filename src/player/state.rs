//! Mutable state of a player, and the scene that is drawn from it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Player;
use super::background::BackgroundWork;
use super::changes::ChangedSettings;
use super::comparison::VideoComparison;
use super::contrast::{ContrastHandle, ContrastStrip};
use super::frame_sample::FrameSample;
use super::layout::PlayerLayoutInputs;
use super::menu::PlayerMenu;
use super::origin::SavedPicture;
use super::panel::Panel;
use super::playback::Playback;
use super::probe_trace::ProbeTrace;
use super::probes::Probe;
use super::region::{FramePoint, ProbeRegion};
use super::scene::{self, PictureLook, PlayerScene};
use super::shown_file::ShownFile;
use super::sketch::{RegionTool, Sketch};
use super::text_entry::TextEntry;
use super::trace_plot;
use super::view::View;
use crate::draw::text;
use crate::error::Result;
use crate::view::annotations::{Annotations, recorded_fps};
use crate::view::trace_plot::TraceScale;

/// Time that a message is shown.
const MESSAGE: Duration = Duration::from_millis(1800);

/// Time that a long message is shown, or one that comes while the user may look elsewhere.
pub(super) const LONG_MESSAGE: Duration = Duration::from_secs(8);

/// Mutable state of a player.
pub(super) struct PlayerState {
    pub(super) playback: Playback,
    pub(super) panels: Arc<Vec<Panel>>,
    /// Panels with the original colormaps and color limits.
    pub(super) original: Arc<Vec<Panel>>,
    /// Frame that the panels show, if they are made on demand.
    pub(super) produced: Option<usize>,
    /// Frames whose percentiles are to be the color limits, until they are made.
    pub(super) sample: Option<FrameSample>,
    /// Whether a function of the user has failed.
    pub(super) failed: bool,
    /// Histogram with handles for the color limits, if it is shown.
    pub(super) contrast: Option<ContrastStrip>,
    /// Whether contrast by hand changes one video only.
    pub(super) alone: bool,
    /// Whether the color limits are those of each frame.
    pub(super) each_frame: bool,
    /// Frame whose range the color limits are, if they follow the frames.
    pub(super) contrast_frame: Option<usize>,
    /// File that is shown, if its neighbors can be.
    pub(super) file: Option<ShownFile>,
    /// How the two videos are compared.
    pub(super) comparison: VideoComparison,
    pub(super) view: View,
    pub(super) smooth: bool,
    pub(super) grid: bool,
    pub(super) hides_colorbars: bool,
    pub(super) menu: Option<PlayerMenu>,
    /// Text being typed.
    pub(super) entry: Option<TextEntry>,
    /// Frames to come back to.
    pub(super) bookmarks: BTreeSet<usize>,
    pub(super) readout: bool,
    pub(super) pointer: Option<(f32, f32)>,
    pub(super) drag: Drag,
    /// What the next drag draws.
    pub(super) tool: Option<RegionTool>,
    /// Region being drawn.
    pub(super) sketch: Option<Sketch>,
    /// Radius of the brush in pixels of the video.
    pub(super) brush: f64,
    /// Smallest and largest value that the threshold brush paints; default: the upper half of the
    /// colors.
    pub(super) paint_range: Option<(f64, f64)>,
    /// Index of the probe that is selected.
    pub(super) selected: Option<usize>,
    /// Probes before each change, and those taken back.
    pub(super) undone: Vec<Vec<Probe>>,
    pub(super) redone: Vec<Vec<Probe>>,
    pub(super) probes: Vec<Probe>,
    /// Whether the list of regions is shown.
    pub(super) lists_regions: bool,
    pub(super) trace_scale: TraceScale,
    pub(super) annotations: Arc<Annotations>,
    pub(super) message: Option<(String, Duration)>,
    pub(super) rate: Option<f64>,
    pub(super) size: Option<(usize, usize)>,
    /// Whether a window shows the player.
    pub(super) open: bool,
    /// Folder of saved files whose names are relative; empty for the working folder.
    pub(super) save_folder: PathBuf,
    /// How pictures and movies of the window look.
    pub(super) picture_look: PictureLook,
    /// Players whose windows are to be opened.
    pub(super) to_open: Vec<Player>,
    /// What is done on threads of its own, such as saving movies.
    pub(super) background: Vec<Arc<BackgroundWork>>,
    /// Whether its window fills the display, and what is still to be done for it.
    pub(super) is_full_screen: bool,
    pub(super) full_screen_wanted: Option<bool>,
    /// Whether all windows are to share the display.
    pub(super) tiles_all: bool,
    /// Whether all windows are to be closed.
    pub(super) closes_all: bool,
    /// Pictures that the window has saved.
    pub(super) saved_pictures: Vec<SavedPicture>,
    /// Settings that the window has changed.
    pub(super) changed_settings: ChangedSettings,
    scale: f32,
    inputs: PlayerLayoutInputs,
    /// How far something was when that was shown last.
    shown_progress: Option<String>,
    /// Number of changes, so that a window knows when to draw.
    pub(super) revision: u64,
}

/// Action of the mouse while its button is down.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Drag {
    None,
    Slider,
    Strip,
    /// Moves the line between two videos.
    Wipe,
    /// Marks the part to play, from a frame, on the slider or in the trace plot.
    Part {
        from: usize,
        is_strip: bool,
    },
    Contrast(ContrastHandle),
    /// Pans a panel; it began at a position and may still be a click.
    Pan {
        panel: usize,
        at: (f32, f32),
        moved: bool,
    },
    /// Draws a region in a panel.
    Sketch {
        panel: usize,
    },
    /// Moves a probe, or one of its handles, from a position in the frame.
    Reshape {
        panel: usize,
        index: usize,
        handle: Option<usize>,
        from: FramePoint,
        original: ProbeRegion,
        moved: bool,
    },
}

impl PlayerState {
    pub(super) fn new(panels: Vec<Panel>, playback: Playback, scale: f32) -> Self {
        let panels = Arc::new(panels);
        Self {
            inputs: scene::inputs(&panels, &playback, ("", scale)),
            original: panels.clone(),
            panels,
            playback,
            produced: None,
            sample: None,
            failed: false,
            contrast: None,
            alone: false,
            each_frame: false,
            contrast_frame: None,
            file: None,
            comparison: VideoComparison::OFF,
            view: View::WHOLE,
            smooth: false,
            grid: false,
            hides_colorbars: false,
            menu: None,
            entry: None,
            bookmarks: BTreeSet::new(),
            readout: false,
            pointer: None,
            drag: Drag::None,
            tool: None,
            sketch: None,
            brush: 2.0,
            paint_range: None,
            selected: None,
            undone: Vec::new(),
            redone: Vec::new(),
            probes: Vec::new(),
            lists_regions: false,
            trace_scale: TraceScale::Common,
            annotations: Arc::default(),
            message: None,
            rate: None,
            size: None,
            open: false,
            save_folder: PathBuf::new(),
            picture_look: PictureLook::OF_WINDOW,
            to_open: Vec::new(),
            background: Vec::new(),
            is_full_screen: false,
            full_screen_wanted: None,
            tiles_all: false,
            closes_all: false,
            saved_pictures: Vec::new(),
            changed_settings: ChangedSettings::new(),
            scale,
            shown_progress: None,
            revision: 0,
        }
    }

    /// Scene to draw now.
    pub(super) fn scene(&mut self) -> PlayerScene {
        self.follow_frame();
        PlayerScene {
            panels: self.panels.clone(),
            playback: self.playback.clone(),
            contrast: self.contrast,
            alone: self.alone,
            each_frame: self.each_frame,
            comparison: self.comparison.clone(),
            view: self.view,
            probes: self.probes.clone(),
            trace_scale: self.trace_scale,
            annotations: self.annotations.clone(),
            inputs: self.inputs.clone(),
            smooth: self.smooth,
            grid: self.grid,
            menu: self.menu,
            bookmarks: self.bookmarks.iter().copied().collect(),
            readout: self.pointer.filter(|_| self.readout),
            sketch: self.sketch.clone(),
            painted: self.painted(),
            brush: self.brush,
            selected: self.selected,
            message: self.shown_message(),
            rate: self.rate,
        }
    }

    fn shown_message(&self) -> Option<String> {
        if let Some(entry) = &self.entry {
            return Some(entry.shown());
        }
        let hint = self.tool.filter(|tool| !tool.stays());
        let hint = hint.map(|tool| tool.hint().to_owned());
        let message = self.message.as_ref().map(|(text, _)| text.clone());
        message.or(hint).or_else(|| self.progress())
    }

    /// How far what is saved in the background is.
    fn progress(&self) -> Option<String> {
        self.background.iter().find_map(|work| work.progress())
    }

    /// Frame rate of the recording, if it is known.
    pub(super) fn fps(&self) -> Option<f64> {
        recorded_fps(self.panels.first()?.frames.base().metadata())
    }

    /// Room that everything needs.
    pub(super) fn inputs(&self) -> &PlayerLayoutInputs {
        &self.inputs
    }

    /// Records that there is something new to show.
    pub(super) fn changed(&mut self) {
        self.revision += 1;
    }

    /// Recomputes the room needed, after panels or probes have changed.
    pub(super) fn renew_needs(&mut self) {
        let words = (self.annotations.label.as_str(), self.scale);
        self.inputs = scene::inputs(&self.panels, &self.playback, words);
        scene::compared(&mut self.inputs, &self.comparison, words.0);
        if !self.probes.is_empty() {
            let labels = trace_plot::labels(&self.probes, self.trace_scale, &self.inputs.sizes);
            self.inputs.trace_labels = Some(labels);
        }
        if self.hides_colorbars {
            for panel in &mut self.inputs.panels {
                panel.colorbar = None;
            }
        }
        self.inputs.contrast = self.contrast.is_some();
        self.inputs.region_list = self.lists_regions;
        if self.open {
            self.inputs.rate = text::width("0000 fps", self.inputs.sizes.label);
        }
        self.changed();
    }

    /// Shows a message for a moment.
    pub(super) fn say(&mut self, message: impl Into<String>) {
        self.say_for(message, MESSAGE);
    }

    /// Shows a message for a time.
    pub(super) fn say_for(&mut self, message: impl Into<String>, time: Duration) {
        self.message = Some((message.into(), time));
        self.changed();
    }

    /// Changes the colors of all panels, or of their difference if that is shown.
    pub(super) fn recolor(&mut self, mut change: impl FnMut(&mut Panel)) {
        match &mut self.comparison.difference {
            Some(difference) => change(difference),
            None => Arc::make_mut(&mut self.panels).iter_mut().for_each(change),
        }
        self.renew_needs();
    }

    /// Restores the original colormaps and color limits.
    pub(super) fn restore_colors(&mut self) -> Result<()> {
        self.each_frame = false;
        if self.comparison.difference.is_some() {
            return self.restore_difference();
        }
        let original = self.original.clone();
        let mut first = original.iter();
        self.recolor(|panel| {
            if let Some(first) = first.next() {
                panel.colored_like(first);
            }
        });
        Ok(())
    }

    /// Shows the panels made for a frame, in the colors of the previous ones.
    pub(super) fn show_made(&mut self, frame: usize, mut panels: Vec<Panel>) {
        for (panel, before) in panels.iter_mut().zip(self.panels.iter()) {
            panel.colored_like(before);
        }
        self.comparison.follow(&panels);
        self.panels = Arc::new(panels);
        self.contrast_frame = None;
        self.produced = Some(frame);
        self.changed();
    }

    /// First frame that a trace lacks.
    pub(super) fn untraced(&self) -> Option<usize> {
        let traces = self.probes.iter().map(|probe| &probe.trace);
        traces.filter_map(ProbeTrace::next_missing).min()
    }

    /// Passes the panels of a frame on to the traces.
    pub(super) fn note_traces(&mut self, frame: usize, panels: &[Panel]) {
        // Redrawing the window for each one would take longer than most functions.
        const SHOWN: usize = 8;
        let mut is_news = false;
        for probe in &self.probes {
            if let Some(panel) = panels.get(probe.panel) {
                is_news |= probe.trace.note(frame, panel.frames.explained());
            }
        }
        if is_news && (frame.is_multiple_of(SHOWN) || self.untraced().is_none()) {
            self.renew_needs();
        }
    }

    /// Advances the time that a message is shown.
    pub(super) fn fade(&mut self, elapsed: Duration) {
        let Some((_, left)) = &mut self.message else {
            let progress = self.progress();
            if progress != self.shown_progress {
                self.shown_progress = progress;
                self.changed();
            }
            return;
        };
        *left = left.saturating_sub(elapsed);
        if left.is_zero() {
            self.message = None;
            self.changed();
        }
    }
}
