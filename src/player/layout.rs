//! Where the parts of the window are: the same for drawing and for the mouse.

use super::playback::Playback;
use super::theme::{BUTTON, COLORBAR, CONTROLS_HEIGHT, GAP, HANDLE, MARGIN, TITLE_HEIGHT};
use crate::draw::Rect;

/// What there is to show, and how much room it takes.
#[derive(Debug, Clone)]
pub struct Needs {
    /// Width and height of a frame.
    pub frame: (usize, usize),
    /// Whether there is a title.
    pub title: bool,
    /// The width of a colorbar's labels, if there is a colorbar.
    pub colorbar: Option<usize>,
    /// The width of the frame counter.
    pub counter: usize,
    /// The width of the time, 0 if it is not known.
    pub time: usize,
}

/// Where each part is; a part for which there is no room is empty.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Layout {
    pub title: Rect,
    pub video: Rect,
    pub colorbar: Rect,
    pub controls: Rect,
    pub button: Rect,
    pub slider: Rect,
    pub counter: Rect,
    pub time: Rect,
}

/// What the mouse can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The button that plays and pauses.
    Button,
    /// The slider.
    Slider,
}

impl Layout {
    /// Arranges the parts in an area of any size.
    pub fn new(mut area: Rect, needs: &Needs) -> Self {
        let mut layout = Self::default();
        if 120 <= area.height && 100 <= area.width {
            layout.controls = area.cut_bottom(CONTROLS_HEIGHT);
            layout.arrange_controls(needs);
        }
        if needs.title && 160 <= area.height && 100 <= area.width {
            layout.title = area.cut_top(TITLE_HEIGHT).inset(MARGIN, 0);
        }
        layout.arrange_video(area, needs);
        layout
    }

    /// The size of a window in which a small video is magnified and a large one reduced by a whole
    /// factor to a comfortable size.
    pub fn window_size(needs: &Needs) -> (usize, usize) {
        const COMFORTABLE: usize = 720;
        const LARGEST: usize = 1000;
        let (width, height) = needs.frame;
        let longest = width.max(height);
        let magnify = (COMFORTABLE / longest).max(1);
        let reduce = longest.div_ceil(LARGEST);
        let side = |length: usize| (length * magnify / reduce).max(1);
        let title = if needs.title { TITLE_HEIGHT } else { MARGIN };
        (
            (side(width) + colorbar_width(needs) + 2 * MARGIN).max(360),
            (side(height) + title + MARGIN + CONTROLS_HEIGHT).max(240),
        )
    }

    /// What is at a place.
    pub fn target(&self, x: f32, y: f32) -> Option<Target> {
        if self.button.contains(x, y) {
            Some(Target::Button)
        } else {
            self.slider.contains(x, y).then_some(Target::Slider)
        }
    }

    /// The column at which the slider's handle has its middle.
    pub fn handle(&self, playback: &Playback) -> f32 {
        let (first, way) = self.way();
        let frames = playback.last() - playback.start();
        let done = (playback.frame() - playback.start()) as f32 / frames.max(1) as f32;
        first + done * way
    }

    /// The frame for which the slider's handle would be at a column.
    pub fn frame_at(&self, x: f32, playback: &Playback) -> usize {
        let (first, way) = self.way();
        let done = ((x - first) / way.max(1.0)).clamp(0.0, 1.0);
        let frames = playback.last() - playback.start();
        playback.start() + (done * frames as f32).round() as usize
    }

    /// The column of the handle at the first frame, and how far it goes from there.
    fn way(&self) -> (f32, f32) {
        let way = self.slider.width.saturating_sub(2 * HANDLE);
        ((self.slider.left + HANDLE) as f32, way as f32)
    }

    fn arrange_controls(&mut self, needs: &Needs) {
        const SHORTEST_SLIDER: usize = 60;
        let mut rest = self.controls.inset(GAP, 0);
        self.button = rest.cut_left(BUTTON).center(BUTTON, BUTTON);
        rest.cut_left(GAP / 2);
        let leaves_a_slider = |rest: Rect, width| width + GAP + SHORTEST_SLIDER <= rest.width;
        if 0 < needs.time && leaves_a_slider(rest, needs.counter + GAP + needs.time) {
            self.time = rest.cut_right(needs.time);
            rest.cut_right(GAP);
        }
        if leaves_a_slider(rest, needs.counter) {
            self.counter = rest.cut_right(needs.counter);
            rest.cut_right(GAP);
        }
        if 3 * HANDLE <= rest.width {
            self.slider = rest.center(rest.width, BUTTON);
        }
    }

    fn arrange_video(&mut self, area: Rect, needs: &Needs) {
        let margin = match area.width.min(area.height) {
            0..60 => 0,
            60..160 => MARGIN / 3,
            _ => MARGIN,
        };
        let under_title = if self.title.is_empty() { margin } else { 0 };
        let mut area = area.inset(margin, 0);
        area.cut_top(under_title);
        area.cut_bottom(margin);
        let beside = Some(colorbar_width(needs))
            .filter(|width| 240 <= area.width && 3 * width <= area.width && 80 <= area.height)
            .unwrap_or(0);
        let (width, height) = fit(needs.frame, (area.width - beside, area.height));
        let mut group = area.center(width + beside, height);
        self.video = group.cut_left(width);
        if 0 < beside {
            group.cut_left(GAP);
            self.colorbar = group.cut_left(COLORBAR);
        }
    }
}

/// The distance between a colorbar and its labels.
pub(super) const LABEL_GAP: usize = GAP / 2;

/// The room that a colorbar takes beside its video.
fn colorbar_width(needs: &Needs) -> usize {
    needs
        .colorbar
        .map_or(0, |labels| GAP + COLORBAR + LABEL_GAP + labels)
}

/// The largest size of a frame in the given room with its aspect ratio kept; by a whole factor
/// if that is not much smaller, so that all its pixels are squares of the same size.
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
