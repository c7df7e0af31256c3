//! Layout of the window, shared by drawing and mouse input.

use super::playback::Playback;
use super::theme::{self, ThemeSizes};
use crate::draw::Rect;
use crate::view::cell_layout::{CellLayout, CellSizes};
use crate::view::grid::Grid;
use crate::view::trace_plot::TracePlotLayout;

/// Contents of a player and the room they need.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayerLayoutInputs {
    /// Panels; at least one.
    pub panels: Vec<PanelLayoutInputs>,
    /// Width of the frame counter, 0 for none.
    pub counter: usize,
    /// Width of the time, 0 for none.
    pub time: usize,
    /// Width of the number of frames per second, 0 for none.
    pub rate: usize,
    /// Whether there is a button that plays and pauses.
    pub button: bool,
    /// Whether there is a slider.
    pub slider: bool,
    /// How two panels are shown in one place, if they are.
    pub compared: Option<ComparedPanels>,
    /// Whether the histogram with the color limits is shown.
    pub contrast: bool,
    /// Whether the list of regions is shown.
    pub region_list: bool,
    /// Width of the labels of traces, if there are any.
    pub trace_labels: Option<usize>,
    /// Sizes and distances.
    pub sizes: ThemeSizes,
}

/// Two panels in one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ComparedPanels {
    /// Only one of them is shown.
    Only(usize),
    /// The first is shown on the left of a line, the second on its right; its position in fractions
    /// of the width.
    Wipe(f64),
}

/// Contents of a panel and the room they need.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelLayoutInputs {
    /// Width and height of a frame.
    pub frame: (usize, usize),
    /// Whether the panel has a title.
    pub title: bool,
    /// Width of the labels of the colorbar, if the panel has one.
    pub colorbar: Option<usize>,
}

/// Rectangle of each part; a part without room is empty.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct PlayerLayout {
    pub panels: Vec<PanelLayout>,
    /// Column of the line between two panels in one place.
    pub wipe: Option<usize>,
    pub contrast: Rect,
    /// Part of `contrast` in which the samples are counted.
    pub histogram: Rect,
    pub region_list: Rect,
    pub trace_plot: Rect,
    pub traces: TracePlotLayout,
    pub controls: Rect,
    pub button: Rect,
    pub slider: Rect,
    pub counter: Rect,
    pub time: Rect,
    pub rate: Rect,
    /// Radius of the slider's handle.
    pub handle: usize,
}

/// Rectangles of the parts of a panel.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct PanelLayout {
    pub title: Rect,
    pub video: Rect,
    pub colorbar: Rect,
    /// Right edge of the video and its colorbar.
    pub right: usize,
}

/// Part of the window that the mouse can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitTarget {
    /// The button that plays and pauses.
    Button,
    /// The slider.
    Slider,
    /// The trace plot.
    Strip,
    /// The histogram and its buttons.
    Contrast,
    /// The list of regions.
    RegionList,
    /// The line between two panels in one place.
    Wipe,
    /// The video of a panel.
    Video(usize),
}

impl PlayerLayout {
    /// Arranges the parts in an area of any size.
    pub fn new(mut area: Rect, inputs: &PlayerLayoutInputs) -> Self {
        let sizes = &inputs.sizes;
        let mut layout = Self {
            handle: sizes.handle,
            ..Self::default()
        };
        let has_controls = inputs.button || inputs.slider || 0 < inputs.counter;
        if has_controls && sizes.px(120) <= area.height && sizes.px(100) <= area.width {
            layout.controls = area.cut_bottom(sizes.controls_height);
            layout.arrange_controls(inputs);
        }
        if let Some(labels) = inputs.trace_labels
            && sizes.px(140) <= area.height
            && sizes.px(140) <= area.width
        {
            let height = sizes.trace_plot_height.max(area.height / 5);
            let height = height.min(area.height * 2 / 5);
            layout.trace_plot = area.cut_bottom(height).inset(sizes.gap, 0);
            let style = theme::bar_style(sizes);
            let below = layout.trace_plot.inset(0, sizes.px(3));
            layout.traces = TracePlotLayout::new(below, labels, true, &style);
        }
        if inputs.contrast && sizes.px(200) <= area.height && sizes.px(160) <= area.width {
            layout.contrast = area.cut_bottom(sizes.contrast_height).inset(sizes.gap, 0);
            layout.histogram = layout.contrast.inset(sizes.px(6), 0);
            layout.histogram.cut_top(sizes.line_height);
            layout.histogram.cut_bottom(sizes.line_height);
        }
        if inputs.region_list && sizes.px(140) <= area.height && sizes.px(380) <= area.width {
            layout.region_list = area.cut_right(sizes.region_list_width.max(area.width / 6));
        }
        layout.arrange_panels(area, inputs);
        layout
    }

    /// Size of a window in which small videos are magnified and large ones reduced by an integer
    /// factor to a comfortable size.
    pub fn window_size(inputs: &PlayerLayoutInputs) -> (usize, usize) {
        let sizes = &inputs.sizes;
        let n = match inputs.compared {
            Some(_) => 1,
            None => inputs.panels.len(),
        };
        let (columns, rows) = window_grid(n);
        // Panels next to each other are smaller.
        let parts = columns.max(rows);
        let comfortable = sizes.px([720, 560, 420, 320][parts.min(4) - 1]);
        let largest = sizes.px([1000, 800, 560, 420][parts.min(4) - 1]);
        let mut cell = (0, 0);
        for panel in &inputs.panels {
            let (width, height) = panel.frame;
            let longest = width.max(height).max(1);
            let magnify = (comfortable / longest).max(1);
            let reduce = longest.div_ceil(largest);
            let side = |length: usize| (length * magnify / reduce).max(1);
            let title = if panel.title {
                sizes.title_height
            } else {
                sizes.margin
            };
            cell.0 = cell
                .0
                .max(side(width) + cell_sizes(panel, sizes).beside() + 2 * sizes.margin);
            cell.1 = cell.1.max(side(height) + title + sizes.margin);
        }
        (
            (cell.0 * columns).clamp(sizes.px(360), sizes.px(1700)),
            (cell.1 * rows + sizes.controls_height).clamp(sizes.px(240), sizes.px(1150)),
        )
    }

    /// Part of the window at a position.
    pub fn target(&self, x: f32, y: f32) -> Option<HitTarget> {
        if self.button.contains(x, y) {
            return Some(HitTarget::Button);
        }
        if self.slider.contains(x, y) {
            return Some(HitTarget::Slider);
        }
        if self.contrast.contains(x, y) {
            return Some(HitTarget::Contrast);
        }
        if self.trace_plot.contains(x, y) {
            return Some(HitTarget::Strip);
        }
        if self.region_list.contains(x, y) {
            return Some(HitTarget::RegionList);
        }
        let hit = |panel: &PanelLayout| panel.video.contains(x, y);
        let panel = self.panels.iter().position(hit)?;
        match self.wipe.map(|column| x - column as f32) {
            Some(beside) if beside.abs() <= self.handle as f32 => Some(HitTarget::Wipe),
            Some(beside) if 0.0 < beside => Some(HitTarget::Video(1)),
            _ => Some(HitTarget::Video(panel)),
        }
    }

    /// Rectangle around all videos, if there is one.
    pub fn videos(&self) -> Option<Rect> {
        let videos = self.panels.iter().map(|panel| panel.video);
        let videos = videos.filter(|video| !video.is_empty());
        videos.reduce(|a, b| {
            let (left, top) = (a.left.min(b.left), a.top.min(b.top));
            Rect {
                left,
                top,
                width: a.right().max(b.right()) - left,
                height: a.bottom().max(b.bottom()) - top,
            }
        })
    }

    /// The first panel that is shown.
    pub fn first_shown(&self) -> Option<&PanelLayout> {
        self.panels.iter().find(|panel| !panel.video.is_empty())
    }

    /// Column of the center of the slider's handle.
    pub fn handle(&self, playback: &Playback) -> f32 {
        position_of(playback.frame(), playback, self.way())
    }

    /// Column of a frame on the slider.
    pub fn slider_column(&self, frame: usize, playback: &Playback) -> f32 {
        position_of(frame, playback, self.way())
    }

    /// Frame for which the slider's handle would be at a column.
    pub fn frame_at(&self, x: f32, playback: &Playback) -> usize {
        frame_at(x, playback, self.way())
    }

    /// Frame at a column of the trace plot.
    pub fn strip_frame(&self, x: f32, playback: &Playback) -> usize {
        frame_at(x, playback, self.strip_way())
    }

    /// Column of the handle at the first frame, and the length of its path from there.
    fn way(&self) -> (f32, f32) {
        let way = self.slider.width.saturating_sub(2 * self.handle);
        ((self.slider.left + self.handle) as f32, way as f32)
    }

    fn strip_way(&self) -> (f32, f32) {
        let plot = self.traces.plot;
        let way = plot.width.saturating_sub(1);
        (plot.left as f32 + 0.5, way as f32)
    }

    fn arrange_controls(&mut self, inputs: &PlayerLayoutInputs) {
        let sizes = &inputs.sizes;
        let (gap, shortest_slider) = (sizes.gap, sizes.px(60));
        let mut rest = self.controls.inset(gap, 0);
        if inputs.button {
            self.button = rest
                .cut_left(sizes.button)
                .center(sizes.button, sizes.button);
            rest.cut_left(gap / 2);
        }
        let leaves_a_slider = |rest: Rect, width| {
            let slider = if inputs.slider {
                gap + shortest_slider
            } else {
                0
            };
            width + slider <= rest.width
        };
        let both = inputs.counter + gap + inputs.time;
        if 0 < inputs.time && leaves_a_slider(rest, both) {
            self.time = rest.cut_right(inputs.time);
            rest.cut_right(gap);
        }
        if leaves_a_slider(rest, inputs.counter) {
            self.counter = rest.cut_right(inputs.counter);
            rest.cut_right(gap);
        }
        if 0 < inputs.rate && sizes.px(380) <= rest.width {
            self.rate = rest.cut_right(inputs.rate);
            rest.cut_right(gap);
        }
        if inputs.slider && 3 * sizes.handle <= rest.width {
            self.slider = rest.center(rest.width, sizes.button);
        }
    }

    fn arrange_panels(&mut self, area: Rect, inputs: &PlayerLayoutInputs) {
        if let Some(compared) = inputs.compared {
            return self.arrange_compared(area, inputs, compared);
        }
        let (grid, n) = (grid(area, inputs), inputs.panels.len());
        let cells = (0..n).map(|index| cell(area, grid, index, n));
        self.panels = cells
            .zip(&inputs.panels)
            .map(|(cell, panel)| arrange_panel(cell, panel, inputs))
            .collect();
        if 1 < n {
            self.draw_together(area, grid, inputs.sizes.px(48));
        }
    }

    /// Arranges two panels in one place; one that is not shown is empty.
    fn arrange_compared(
        &mut self,
        mut area: Rect,
        inputs: &PlayerLayoutInputs,
        compared: ComparedPanels,
    ) {
        self.panels = vec![PanelLayout::default(); inputs.panels.len()];
        let position = match compared {
            ComparedPanels::Only(shown) => {
                self.panels[shown] = arrange_panel(area, &inputs.panels[shown], inputs);
                return;
            }
            ComparedPanels::Wipe(position) => position,
        };
        // The colorbar of the first one is on its side.
        let beside = cell_sizes(&inputs.panels[0], &inputs.sizes).beside();
        let is_wide = inputs.sizes.px(320) + 3 * beside <= area.width;
        let beside = if is_wide { beside } else { 0 };
        area.cut_left(beside);
        let mut second = arrange_panel(area, &inputs.panels[1], inputs);
        let video = second.video;
        let mut first = PanelLayout {
            colorbar: Rect::default(),
            right: video.right(),
            ..second.clone()
        };
        if 0 < beside {
            first.colorbar = Rect {
                left: video.left - beside,
                width: inputs.sizes.colorbar,
                ..video
            };
        }
        first.title.width = video.width / 2;
        second.title.left += video.width / 2;
        second.title.width -= video.width / 2;
        let across = (position * video.width as f64).round() as usize;
        self.wipe = Some(video.left + across);
        self.panels[0] = first;
        self.panels[1] = second;
    }

    /// Moves the panels of a grid together, so that free space is around rather than between them.
    fn draw_together(&mut self, area: Rect, (columns, rows): (usize, usize), gap: usize) {
        let n = self.panels.len();
        let sizes = self.panels.iter().map(PanelLayout::size);
        let (width, height) = sizes.fold((0, 0), |a, b| (a.0.max(b.0), a.1.max(b.1)));
        let close = area.center(
            ((width + gap) * columns).min(area.width),
            ((height + gap) * rows).min(area.height),
        );
        for (index, panel) in self.panels.iter_mut().enumerate() {
            let from = cell(area, (columns, rows), index, n);
            panel.shift(from, cell(close, (columns, rows), index, n));
        }
    }
}

impl PanelLayout {
    /// Width and height of all parts together.
    fn size(&self) -> (usize, usize) {
        let height = self.title.height + self.video.height;
        (self.right.saturating_sub(self.video.left), height)
    }

    /// Moves the parts from the center of one cell to that of another.
    fn shift(&mut self, from: Rect, to: Rect) {
        let way = |from: (usize, usize), to: (usize, usize)| {
            let middle = |(start, length): (usize, usize)| (2 * start + length) as isize;
            (middle(to) - middle(from)) / 2
        };
        let right = way((from.left, from.width), (to.left, to.width));
        let down = way((from.top, from.height), (to.top, to.height));
        for part in [&mut self.title, &mut self.video, &mut self.colorbar] {
            part.left = part.left.saturating_add_signed(right);
            part.top = part.top.saturating_add_signed(down);
        }
        self.right = self.right.saturating_add_signed(right);
        let end = to.right().saturating_sub(self.title.left);
        self.title.width = self.title.width.min(end);
    }
}

/// Cell of a panel in the grid; the panels of an incomplete last row are centered.
fn cell(area: Rect, (columns, rows): (usize, usize), index: usize, panels: usize) -> Rect {
    let grid = Grid {
        count: panels,
        columns,
        cell: (area.width / columns, area.height / rows),
        gap: (0, 0),
    };
    grid.centered_cell(area, index)
}

/// Columns and rows that give the largest panels, or nearly so if that leaves no gaps.
fn grid(area: Rect, inputs: &PlayerLayoutInputs) -> (usize, usize) {
    let n = inputs.panels.len();
    let size = |(columns, rows): (usize, usize)| {
        let shown = inputs.panels.iter().enumerate().map(|(index, panel)| {
            let cell = cell(area, (columns, rows), index, n);
            let video = arrange_panel(cell, panel, inputs).video;
            video.width * video.height
        });
        shown.sum::<usize>()
    };
    let grids = (1..=n).map(|columns| (columns, n.div_ceil(columns)));
    let grids: Vec<_> = grids.map(|grid| (grid, size(grid))).collect();
    let largest = grids.iter().map(|(_, size)| *size).max().unwrap_or(0);
    let good = grids.iter().filter(|(_, size)| largest * 4 <= size * 5);
    let best = good.max_by_key(|((columns, rows), size)| {
        let gaps = columns * rows - n;
        (std::cmp::Reverse(gaps), *size, *columns)
    });
    best.map_or((1, 1), |(grid, _)| *grid)
}

/// Columns and rows of a new window, whose shape is not known yet.
fn window_grid(n: usize) -> (usize, usize) {
    match n {
        0..=3 => (n.max(1), 1),
        4 => (2, 2),
        5..=6 => (3, 2),
        7..=8 => (4, 2),
        9 => (3, 3),
        _ => (4, n.div_ceil(4)),
    }
}

fn arrange_panel(
    cell: Rect,
    panel: &PanelLayoutInputs,
    inputs: &PlayerLayoutInputs,
) -> PanelLayout {
    let sizes = &inputs.sizes;
    let shorter = (cell.width.min(cell.height) as f32 / sizes.scale) as usize;
    let margin = match shorter {
        0..60 => sizes.px(1),
        60..160 => sizes.margin / 3,
        160..300 if 1 < inputs.panels.len() => sizes.margin * 2 / 3,
        _ => sizes.margin,
    };
    let has_title = panel.title && sizes.px(90) <= cell.height && sizes.px(80) <= cell.width;
    let title_height = match cell.height {
        _ if !has_title => 0,
        height if height < sizes.px(240) => sizes.title_height * 2 / 3,
        _ => sizes.title_height,
    };
    let mut area = cell.inset(margin, 0);
    area.cut_top(if has_title { 0 } else { margin });
    area.cut_bottom(margin);
    // Videos of one size keep one size, whatever the labels of their colorbars.
    let widths = inputs
        .panels
        .iter()
        .map(|panel| cell_sizes(panel, sizes).beside());
    let beside = widths
        .max()
        .filter(|width| sizes.px(230) <= area.width && 3 * width <= area.width)
        .filter(|_| sizes.px(80) <= area.height)
        .unwrap_or(0);
    let room = (
        area.width - beside,
        area.height.saturating_sub(title_height),
    );
    let (width, height) = fit(panel.frame, room);
    let group = area.center(width + beside, height + title_height);
    let around = CellSizes {
        title: title_height,
        labels: panel.colorbar.filter(|_| 0 < beside),
        ..cell_sizes(panel, sizes)
    };
    let CellLayout {
        mut title,
        video,
        colorbar,
    } = around.arrange(group, width);
    title.width = match has_title {
        true => (area.right() - title.left).min(area.width),
        false => 0,
    };
    PanelLayout {
        title,
        video,
        colorbar,
        right: group.right(),
    }
}

/// Sizes of the colorbar next to the video of a panel.
fn cell_sizes(panel: &PanelLayoutInputs, sizes: &ThemeSizes) -> CellSizes {
    CellSizes {
        title: 0,
        gap: sizes.gap,
        bar: sizes.colorbar,
        labels: panel.colorbar,
    }
}

/// Largest size of a frame that fits the given room and keeps the aspect ratio; an integer multiple
/// if that is not much smaller, so that all pixels are squares of the same size.
fn fit((width, height): (usize, usize), room: (usize, usize)) -> (usize, usize) {
    if room.0 == 0 || room.1 == 0 {
        return (0, 0);
    }
    let factor = (room.0 as f64 / width as f64).min(room.1 as f64 / height as f64);
    let whole = factor.floor();
    let factor = if 0.85 * factor <= whole {
        whole
    } else {
        factor
    };
    let side = |length: usize, room: usize| ((length as f64 * factor) as usize).clamp(1, room);
    (side(width, room.0), side(height, room.1))
}

fn position_of(frame: usize, playback: &Playback, (first, way): (f32, f32)) -> f32 {
    let frames = playback.last() - playback.start();
    let done = frame.saturating_sub(playback.start()) as f32 / frames.max(1) as f32;
    first + done * way
}

fn frame_at(x: f32, playback: &Playback, (first, way): (f32, f32)) -> usize {
    let done = ((x - first) / way.max(1.0)).clamp(0.0, 1.0);
    let frames = playback.last() - playback.start();
    playback.start() + (done * frames as f32).round() as usize
}
