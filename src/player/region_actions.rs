//! Regions in a window: drawing, selecting, moving, resizing, naming, removing, and undoing it.

use super::Player;
use super::layout::PlayerLayout;
use super::probes::{self, Probe};
use super::region::{FramePoint, ProbeRegion};
use super::sketch::{RegionTool, Sketch};
use super::state::{Drag, LONG_MESSAGE, PlayerState};
use super::theme::MARKERS;
use crate::draw::Color;
use crate::error::Result;
use crate::ops::mask::shape::{PixelRun, Region, RegionShape, area};
use crate::video::number_text;
use crate::view::annotations::length_text;

/// Largest number of steps that can be undone.
const MAX_UNDO: usize = 100;

/// Distance in pixels of a display of scale 1 at which a region is grabbed.
const REACH: usize = 7;

/// Smallest and largest radius of the brush in pixels of the video.
const RADIUS: (f64, f64) = (0.6, 200.0);

impl PlayerState {
    /// Keeps the probes as they are, so that the next change can be undone.
    pub(super) fn remember(&mut self) {
        if self.undone.len() == MAX_UNDO {
            self.undone.remove(0);
        }
        self.undone.push(self.probes.clone());
        self.redone.clear();
    }

    /// Width and height of the frames of a panel.
    pub(super) fn frame_size(&self, panel: usize) -> (usize, usize) {
        let panel = self.panels.get(panel);
        panel.map_or((1, 1), |panel| panel.frames.frame_size())
    }

    /// Selects a probe, and shows its name, area and mean.
    pub(super) fn select(&mut self, index: usize) {
        self.selected = Some(index);
        let Some(probe) = self.probes.get(index) else {
            return;
        };
        if let Some(basis) = probe.basis.as_ref().filter(|_| probe.is_velocity) {
            let text = format!("{}: {basis}", probe.label(self.panels.len()));
            return self.say_for(text, LONG_MESSAGE);
        }
        let area = area(&probe.region.runs(self.frame_size(probe.panel)));
        let length = match probe.region.shape() {
            Some(RegionShape::Line(points)) => {
                format!("{} long, ", self.length_text(probe.panel, points))
            }
            _ => String::new(),
        };
        let mean = probe.trace.values().get(self.playback.frame()).copied();
        let mean = mean.filter(|mean| mean.is_finite());
        let mean = mean.map_or_else(String::new, |mean| format!(", mean {}", number_text(mean)));
        let name = probe.label(self.panels.len());
        self.say(format!("{name}: {length}{area} pixels{mean}"));
    }

    /// Smallest and largest value that the threshold brush paints in a panel, unless that is a
    /// color video.
    pub(super) fn paint_range(&self, panel: usize) -> Option<(f64, f64)> {
        let scale = self.panels.get(panel)?.frames.scale()?;
        let upper_half = ((scale.low() + scale.high()) / 2.0, f64::INFINITY);
        Some(self.paint_range.unwrap_or(upper_half))
    }

    /// Shows which values the threshold brush paints.
    fn say_paint_range(&mut self) {
        let mut panels = 0..self.panels.len();
        let range = panels.find_map(|panel| self.paint_range(panel));
        self.say(match range {
            Some((low, high)) => format!("paints values {}; 9 sets them", range_text(low, high)),
            None => RegionTool::ThresholdBrush.hint().to_owned(),
        });
    }

    /// Which pixels of the frame shown have values that the threshold brush paints.
    fn paintable(&self, panel: usize) -> Option<Vec<bool>> {
        let (low, high) = self.paint_range(panel)?;
        let frames = &self.panels.get(panel)?.frames;
        let (width, height) = frames.frame_size();
        let mut values = vec![0.0f64; width * height];
        let frame = self.playback.frame().min(frames.len() - 1);
        let samples = frames.explained().samples();
        samples.read(frame, 0..values.len(), &mut values);
        Some(
            values
                .iter()
                .map(|value| low <= *value && *value <= high)
                .collect(),
        )
    }

    /// Pixels that the threshold brush would paint where it was dragged.
    pub(super) fn painted(&self) -> Vec<PixelRun> {
        let is_meant = |sketch: &&Sketch| sketch.tool == RegionTool::ThresholdBrush;
        let Some(sketch) = self.sketch.as_ref().filter(is_meant) else {
            return Vec::new();
        };
        let size = self.frame_size(sketch.panel);
        let paintable = self.paintable(sketch.panel);
        let region = sketch.region(size, (self.brush, None, paintable.as_deref()));
        match (region, paintable) {
            (Some(region), Some(_)) => region.runs(size),
            _ => Vec::new(),
        }
    }

    /// Length of a line in pixels, or in µm if the size of a pixel is known.
    fn length_text(&self, panel: usize, points: &[[f64; 2]]) -> String {
        let panel = self.panels.get(panel);
        let pixel = panel.and_then(|panel| panel.frames.base().metadata().pixel_size);
        let [height, width] = pixel.unwrap_or([1.0; 2]);
        let pieces = points.iter().zip(&points[1..]);
        let length: f64 = pieces
            .map(|(from, to)| ((to[0] - from[0]) * height).hypot((to[1] - from[1]) * width))
            .sum();
        match pixel {
            Some(_) => length_text(length),
            None => format!("{} px", number_text(length)),
        }
    }
}

/// A range of values as it is typed.
pub(super) fn range_text(low: f64, high: f64) -> String {
    match (low.is_finite(), high.is_finite()) {
        (_, false) => format!("> {}", number_text(low)),
        (false, true) => format!("< {}", number_text(high)),
        (true, true) => format!("{} to {}", number_text(low), number_text(high)),
    }
}

impl Player {
    /// Takes a tool to draw with, or puts it away.
    pub(super) fn take_tool(&self, tool: RegionTool) {
        let mut state = self.state();
        state.sketch = None;
        state.tool = match state.tool {
            Some(taken) if taken == tool => None,
            _ => Some(tool),
        };
        match state.tool {
            Some(RegionTool::ThresholdBrush) => state.say_paint_range(),
            Some(tool) => state.say(tool.hint()),
            None => state.say("the tool is put away"),
        }
    }

    /// Sets which values the threshold brush paints.
    pub(super) fn set_paint_range(&self, range: (f64, f64)) {
        let mut state = self.state();
        state.paint_range = Some(range);
        state.say_paint_range();
    }

    /// Puts the tool away; false if there is none.
    pub(super) fn drop_tool(&self) -> bool {
        let mut state = self.state();
        let had = state.tool.take().is_some();
        if had {
            state.sketch = None;
            state.message = None;
            state.changed();
        }
        had
    }

    /// Changes the size of the brush by a factor.
    pub(super) fn resize_brush(&self, factor: f64) {
        let mut state = self.state();
        state.brush = (state.brush * factor).clamp(RADIUS.0, RADIUS.1);
        let width = number_text((20.0 * state.brush).round() / 10.0);
        state.say(format!("brush {width} pixels wide"));
    }

    /// Begins or continues to draw at a position of a panel.
    pub(super) fn begin_sketch(&self, panel: usize, at: FramePoint) -> bool {
        let mut state = self.state();
        let Some(tool) = state.tool else {
            return false;
        };
        match &mut state.sketch {
            Some(sketch) if sketch.panel == panel && tool == RegionTool::Polygon => {
                sketch.points.push(at);
            }
            sketch => {
                *sketch = Some(Sketch {
                    panel,
                    tool,
                    points: vec![at],
                });
            }
        }
        state.drag = Drag::Sketch { panel };
        state.changed();
        true
    }

    /// Continues to draw to a position.
    pub(super) fn drag_sketch(&self, to: FramePoint) {
        let mut state = self.state();
        if let Some(sketch) = &mut state.sketch {
            sketch.drag(to);
            state.changed();
        }
    }

    /// Ends the drawing of a region, except of a polygon, which Enter ends.
    pub(super) fn release_sketch(&self) {
        let is_polygon = self.state().tool == Some(RegionTool::Polygon);
        if !is_polygon {
            self.end_sketch();
        }
    }

    /// Makes what was drawn a probe; false if nothing was.
    pub(super) fn end_sketch(&self) -> bool {
        let mut state = self.state();
        let Some(sketch) = state.sketch.take() else {
            return false;
        };
        let paints = sketch.tool.stays();
        if !paints {
            state.tool = None;
        }
        let selected = state.selected.filter(|_| paints);
        let selected = selected.filter(|index| {
            let probe = state.probes.get(*index);
            probe.is_some_and(|probe| probe.panel == sketch.panel)
        });
        let size = state.frame_size(sketch.panel);
        let changed = selected.map(|index| state.probes[index].region.clone());
        let is_area =
            |region: &ProbeRegion| !matches!(region.shape(), None | Some(RegionShape::Line(_)));
        let changed = changed.filter(is_area);
        if changed.is_none() && sketch.tool == RegionTool::Eraser {
            state.say("click the region to erase first");
            return true;
        }
        let paintable = match sketch.tool {
            RegionTool::ThresholdBrush => match state.paintable(sketch.panel) {
                None => {
                    state.say("the pixels of a color video have no single value");
                    return true;
                }
                paintable => paintable,
            },
            _ => None,
        };
        let region = sketch.region(size, (state.brush, changed.as_ref(), paintable.as_deref()));
        let is_new = changed.is_none();
        drop(state);
        match (region, selected) {
            (Some(region), Some(index)) if !is_new => self.reshape(index, region, true),
            (Some(region), _) => {
                self.state().remember();
                self.probe(sketch.panel, region);
                let mut state = self.state();
                let last = state.probes.len().saturating_sub(1);
                state.select(last);
                if sketch.tool == RegionTool::Velocity {
                    if let Some(probe) = state.probes.get_mut(last) {
                        probe.is_velocity = true;
                    }
                    drop(state);
                    self.measure_velocity(last);
                }
            }
            (None, Some(index)) if !is_new => self.remove_at(index),
            (None, _) => self.say("this region holds no pixel"),
        }
        true
    }

    /// Grabs a handle of the selected region, or the region itself, at a position in a frame.
    pub(super) fn grab_region(&self, panel: usize, at: FramePoint, layout: &PlayerLayout) -> bool {
        let reach = self.reach(panel, layout);
        let mut state = self.state();
        let Some((index, probe)) = state
            .selected
            .and_then(|index| Some((index, state.probes.get(index)?)))
            .filter(|(_, probe)| probe.panel == panel)
        else {
            return false;
        };
        let size = state.frame_size(panel);
        let near = |point: &FramePoint| (point.0 - at.0).hypot(point.1 - at.1) <= reach;
        let handle = probe.region.handles().iter().position(near);
        if handle.is_none() && !probe.region.contains(at, reach, size) {
            return false;
        }
        let original = probe.region.clone();
        state.drag = Drag::Reshape {
            panel,
            index,
            handle,
            from: at,
            original,
            moved: false,
        };
        true
    }

    /// Drags the region that was grabbed to a position.
    pub(super) fn drag_region(&self, to: FramePoint) {
        let mut state = self.state();
        let Drag::Reshape {
            panel,
            index,
            handle,
            from,
            original,
            moved,
        } = state.drag.clone()
        else {
            return;
        };
        if state.probes.len() <= index {
            return;
        }
        let size = state.frame_size(panel);
        let by = (to.0 - from.0, to.1 - from.1);
        let region = match handle {
            Some(handle) => original.resized(handle, to, size),
            None => original.moved(by, size),
        };
        if region == state.probes[index].region || region.runs(size).is_empty() {
            return;
        }
        if !moved {
            state.remember();
        }
        state.drag = Drag::Reshape {
            panel,
            index,
            handle,
            from,
            original,
            moved: true,
        };
        drop(state);
        self.reshape(index, region, false);
    }

    /// Gives a probe other pixels and a new trace.
    fn reshape(&self, index: usize, region: ProbeRegion, is_remembered: bool) {
        let mut state = self.state();
        if is_remembered {
            state.remember();
        }
        let Some((panel, probed)) = state.probes.get(index).and_then(|probe| {
            let panel = state.panels.get(probe.panel)?;
            Some((probe.panel, panel.clone()))
        }) else {
            return;
        };
        let size = state.frame_size(panel);
        drop(state);
        let trace = self.probe_trace(&probed, region.runs(size));
        let mut state = self.state();
        if let Some(probe) = state.probes.get_mut(index) {
            (probe.region, probe.trace) = (region, trace);
            if probe.is_velocity {
                // That of the line before.
                (probe.name, probe.basis) = (None, None);
            }
        }
        state.renew_needs();
        drop(state);
        self.want_missing();
    }

    /// Selects the region at a position in a frame, or none if it was selected; false if there is
    /// none.
    pub(super) fn click_region(&self, panel: usize, at: FramePoint, layout: &PlayerLayout) -> bool {
        let reach = self.reach(panel, layout);
        let mut state = self.state();
        let size = state.frame_size(panel);
        let hit = |probe: &Probe| probe.panel == panel && probe.region.contains(at, reach, size);
        let Some(index) = state.probes.iter().rposition(hit) else {
            return false;
        };
        if state.selected == Some(index) {
            state.selected = None;
            state.changed();
        } else {
            state.select(index);
        }
        true
    }

    /// Distance in pixels of the frame at which a region is grabbed.
    fn reach(&self, panel: usize, layout: &PlayerLayout) -> f64 {
        let width = layout
            .panels
            .get(panel)
            .map_or(1, |panel| panel.video.width);
        let reach = self.state().inputs().sizes.px(REACH);
        reach as f64 * self.part(panel).width / width.max(1) as f64
    }

    /// Selects the next region.
    pub(super) fn select_next(&self) {
        let mut state = self.state();
        match state.probes.len() {
            0 => state.say("there are no regions"),
            count => {
                let next = state.selected.map_or(0, |index| (index + 1) % count);
                state.select(next);
            }
        }
    }

    /// Removes the selected region or point, or else the last.
    pub(super) fn remove_probe(&self) {
        let mut state = self.state();
        if let Some(sketch) = &mut state.sketch
            && sketch.tool == RegionTool::Polygon
        {
            sketch.points.pop();
            if sketch.points.is_empty() {
                state.sketch = None;
            }
            return state.changed();
        }
        let last = state.probes.len().checked_sub(1);
        let index = state.selected.or(last);
        drop(state);
        if let Some(index) = index {
            self.remove_at(index);
        }
    }

    fn remove_at(&self, index: usize) {
        let mut state = self.state();
        if index < state.probes.len() {
            state.remember();
            state.probes.remove(index);
            state.selected = None;
            state.renew_needs();
        }
    }

    /// Takes the last change of the regions back, or makes it again.
    pub(super) fn undo(&self, is_redo: bool) {
        let mut state = self.state();
        let state = &mut *state;
        let (from, to) = match is_redo {
            true => (&mut state.redone, &mut state.undone),
            false => (&mut state.undone, &mut state.redone),
        };
        let Some(probes) = from.pop() else {
            return state.say("nothing to take back");
        };
        to.push(std::mem::replace(&mut state.probes, probes));
        state.selected = None;
        state.renew_needs();
    }

    /// Gives the selected region the next color.
    pub(super) fn recolor_region(&self) {
        let mut state = self.state();
        let Some(index) = state.selected.filter(|index| *index < state.probes.len()) else {
            return state.say("click a region first");
        };
        state.remember();
        let color = state.probes[index].color;
        let place = MARKERS.iter().position(|marker| *marker == color);
        let next = place.map_or(0, |place| (place + 1) % MARKERS.len());
        state.probes[index].color = MARKERS[next];
        state.changed();
    }

    /// Names the selected region.
    pub(super) fn name_region(&self, name: &str) {
        let mut state = self.state();
        let name = name.trim();
        if let Some(index) = state.selected.filter(|index| *index < state.probes.len()) {
            state.remember();
            state.probes[index].name = Some(name.to_owned()).filter(|name| !name.is_empty());
            state.probes[index].is_velocity = false;
            state.changed();
        }
    }

    /// Regions in the order in which they were made.
    pub fn regions(&self) -> Vec<Region> {
        self.probes().iter().filter_map(Probe::as_region).collect()
    }

    /// Replaces the regions; a name or a color that is not given is chosen.
    pub fn set_regions(&self, regions: Vec<Region>) -> Result<()> {
        // Scripts also set what a chain such as `p.regions[0]` has only read.
        if regions == self.regions() {
            return Ok(());
        }
        let probes = regions.into_iter().map(|region| {
            let name = Some(region.name).filter(|name| !name.is_empty());
            let shape = ProbeRegion::Shape(region.shape);
            (region.video, shape, name, region.color)
        });
        self.replace_probes(|probe| probe.shape().is_some(), probes.collect())
    }

    /// Replaces the points; they are those of the first video.
    pub fn set_points(&self, points: &[[usize; 2]]) -> Result<()> {
        let point = |[y, x]: &[usize; 2]| ProbeRegion::Point { y: *y, x: *x };
        let before = self.probes().into_iter().map(|probe| probe.region);
        let before = before.filter(|region| region.shape().is_none());
        if before.eq(points.iter().map(point)) {
            return Ok(());
        }
        let probes = points.iter().map(|at| (0, point(at), None, None));
        self.replace_probes(|probe| probe.shape().is_none(), probes.collect())
    }

    /// Replaces the probes of a kind by others, each of a panel and with a name and a color, if it
    /// has one.
    fn replace_probes(
        &self,
        is_replaced: fn(&ProbeRegion) -> bool,
        probes: Vec<(usize, ProbeRegion, Option<String>, Option<Color>)>,
    ) -> Result<()> {
        let mut state = self.state();
        for (panel, region, ..) in &probes {
            let panels = state.panels.len();
            probes::check(region, state.frame_size(*panel), (*panel, panels))?;
        }
        state.remember();
        state.probes.retain(|probe| !is_replaced(&probe.region));
        state.selected = None;
        state.renew_needs();
        drop(state);
        for (panel, region, name, color) in probes {
            self.probe(panel, region);
            let mut state = self.state();
            if let Some(probe) = state.probes.last_mut() {
                probe.name = name;
                probe.color = color.unwrap_or(probe.color);
            }
            state.renew_needs();
        }
        Ok(())
    }
}
