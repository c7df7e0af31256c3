//! Reactions to keys and the mouse.

use super::Player;
use super::commands::{self, ZOOM};
use super::contrast_strip;
use super::layout::{HitTarget, PlayerLayout};
use super::playback::Key;
use super::sketch::RegionTool;
use super::state::Drag;
use super::view::{View, VisibleRegion};
use crate::video::number_text;

/// Largest distance in pixels that the mouse may move during a click.
const CLICK: f32 = 3.0;

/// Event in a window, with positions in pixels from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// A key was pressed, or repeats.
    Key(Key),
    /// The left mouse button was pressed.
    Press(f32, f32),
    /// The left mouse button was pressed while the Shift key was down.
    ShiftPress(f32, f32),
    /// The mouse was moved with the left button down.
    Drag(f32, f32),
    /// The left mouse button was released.
    Release,
    /// The right mouse button was pressed.
    Menu,
    /// The mouse was moved with no button down.
    Move(f32, f32),
    /// The mouse left the window.
    Leave,
    /// The wheel was turned by a number of notches, positive away from the user.
    Wheel(i32),
    /// The wheel was turned while the Control key was down.
    Zoom(i32),
}

impl Player {
    /// Handles an event in a window of the given size.
    pub fn handle(&self, event: Event, size: (usize, usize)) {
        self.state().size = Some(size);
        let before = self.settings_before();
        self.react(event, size);
        for (player, before) in before {
            player.state().note_changes(&before);
        }
    }

    fn react(&self, event: Event, size: (usize, usize)) {
        match event {
            Event::Key(key) => self.key(key, size),
            Event::Press(x, y) | Event::ShiftPress(x, y) if self.menu_press((x, y), size) => {}
            Event::ShiftPress(x, y) => self.shift_press((x, y), &self.layout(size)),
            Event::Press(x, y) => self.press((x, y), &self.layout(size)),
            Event::Drag(x, y) => self.drag((x, y), &self.layout(size)),
            Event::Release => self.release(),
            Event::Menu => self.toggle_menu(size),
            Event::Move(x, y) => self.point(Some((x, y)), size),
            Event::Leave => self.point(None, size),
            Event::Wheel(notches) if self.menu_turn(notches, size) => {}
            Event::Wheel(notches) => self.turn(notches),
            Event::Zoom(notches) => self.zoom(ZOOM.powi(notches.clamp(-50, 50)), size),
        }
    }

    fn key(&self, key: Key, size: (usize, usize)) {
        if self.entry_key(key) {
            return;
        }
        let is_left = || self.leave_mode() || self.leave_full_screen();
        if self.menu_key(key, size) || key == Key::Escape && is_left() {
            return;
        }
        if let Some((_, _, run)) = commands::of_key(key) {
            run(self, key, size);
        }
    }

    /// Handles a key that only the playback knows.
    pub(super) fn play_key(&self, key: Key, _: (usize, usize)) {
        self.change(|playback| {
            playback.key(key);
        });
        let playback = self.playback();
        match key {
            Key::Char('[' | ']') => {
                self.say(format!("speed {} ×", speed_text(playback.speed())));
            }
            Key::Char('l') if playback.is_looping() => self.say("plays in a loop"),
            Key::Char('l') => self.say("stops at the end"),
            Key::Char('e') if playback.shows_every_frame() => self.say("every frame"),
            Key::Char('e') => self.say("real-time speed"),
            Key::Char('(' | ')' | 'x') => self.say_part(),
            Key::Up | Key::Down => self.say(format!("step {}", playback.step())),
            _ => {}
        }
    }

    /// Shows which part is played, and the time between its ends.
    fn say_part(&self) {
        let (part, fps) = (self.playback().part(), self.state().fps());
        let Some((first, last)) = part else {
            return self.say("plays all frames");
        };
        let seconds = fps.map(|fps| (last - first) as f64 / fps);
        let time = seconds.map(|seconds| format!(", {} ms apart", number_text(seconds * 1000.0)));
        let levels = self.state().levels((first, last), seconds);
        let [time, levels] = [time, levels].map(Option::unwrap_or_default);
        self.say(format!("plays {first} to {last}{time}{levels}"));
    }

    /// Puts the tool away, or leaves the selected region; false if there is neither.
    fn leave_mode(&self) -> bool {
        if self.drop_tool() {
            return true;
        }
        let mut state = self.state();
        let was_selected = state.selected.take().is_some();
        if was_selected {
            state.changed();
        }
        was_selected
    }

    fn press(&self, (x, y): (f32, f32), layout: &PlayerLayout) {
        self.state().pointer = Some((x, y));
        match layout.target(x, y) {
            Some(HitTarget::Button) => {
                self.change(|playback| playback.set_playing(!playback.is_playing()));
            }
            Some(HitTarget::Slider) => self.grab(Drag::Slider, (x, y), layout),
            Some(HitTarget::Strip) => self.grab(Drag::Strip, (x, y), layout),
            Some(HitTarget::Contrast) => self.press_contrast((x, y), layout),
            Some(HitTarget::RegionList) => self.click_region_list((x, y), layout),
            Some(HitTarget::Wipe) => self.grab(Drag::Wipe, (x, y), layout),
            Some(HitTarget::Video(panel)) => {
                let position = self
                    .part(panel)
                    .in_frame(layout.panels[panel].video, (x, y));
                let is_region = position.is_some_and(|at| {
                    self.begin_sketch(panel, at) || self.grab_region(panel, at, layout)
                });
                if !is_region {
                    self.state().drag = Drag::Pan {
                        panel,
                        at: (x, y),
                        moved: false,
                    };
                }
            }
            None => {}
        }
    }

    /// Begins to mark the part to play, or a region of a video.
    fn shift_press(&self, position: (f32, f32), layout: &PlayerLayout) {
        let playback = self.playback();
        let (from, is_strip) = match layout.target(position.0, position.1) {
            Some(HitTarget::Slider) => (layout.frame_at(position.0, &playback), false),
            Some(HitTarget::Strip) => (layout.strip_frame(position.0, &playback), true),
            Some(HitTarget::Video(_)) => {
                self.state().tool = Some(RegionTool::Rect);
                return self.press(position, layout);
            }
            _ => return self.press(position, layout),
        };
        self.state().drag = Drag::Part { from, is_strip };
    }

    /// Clicks a button of the contrast strip, or grabs a handle.
    fn press_contrast(&self, position: (f32, f32), layout: &PlayerLayout) {
        let state = self.state();
        let key = contrast_strip::button_at(layout.contrast, &state.inputs().sizes, position);
        let size = state.size.unwrap_or((1, 1));
        drop(state);
        match (key, self.grab_contrast(position, layout)) {
            (Some(key), _) => self.key(key, size),
            (None, Some(handle)) => self.grab(Drag::Contrast(handle), position, layout),
            (None, None) => {}
        }
    }

    fn grab(&self, drag: Drag, position: (f32, f32), layout: &PlayerLayout) {
        self.state().drag = drag;
        self.drag(position, layout);
    }

    fn drag(&self, (x, y): (f32, f32), layout: &PlayerLayout) {
        self.state().pointer = Some((x, y));
        let drag = self.state().drag.clone();
        match drag {
            Drag::None => {}
            Drag::Slider => self.change(|playback| playback.seek(layout.frame_at(x, playback))),
            Drag::Part { from, is_strip } => {
                self.change(|playback| {
                    let to = match is_strip {
                        true => layout.strip_frame(x, playback),
                        false => layout.frame_at(x, playback),
                    };
                    playback.set_part(Some((from, to)));
                    playback.seek(to);
                });
                self.say_part();
            }
            Drag::Contrast(handle) => self.drag_contrast(handle, x, layout),
            Drag::Wipe => self.drag_wipe(x, layout),
            Drag::Strip => self.change(|playback| playback.seek(layout.strip_frame(x, playback))),
            Drag::Pan { panel, at, moved } => {
                if moved || CLICK < (x - at.0).hypot(y - at.1) {
                    self.pan(panel, (x - at.0, y - at.1), layout);
                    self.state().drag = Drag::Pan {
                        panel,
                        at: (x, y),
                        moved: true,
                    };
                }
            }
            Drag::Sketch { panel } => {
                if let Some(to) = self.clamped(panel, (x, y), layout) {
                    self.drag_sketch(to);
                }
            }
            Drag::Reshape { panel, .. } => {
                if let Some(to) = self.clamped(panel, (x, y), layout) {
                    self.drag_region(to);
                }
            }
        }
    }

    /// Position in a panel's frame that is nearest to a position in the window.
    fn clamped(
        &self,
        panel: usize,
        (x, y): (f32, f32),
        layout: &PlayerLayout,
    ) -> Option<(f64, f64)> {
        let rect = layout.panels.get(panel)?.video;
        if rect.is_empty() {
            return None;
        }
        let inside = |at: f32, low: usize, end: usize| at.clamp(low as f32, end as f32 - 0.01);
        let position = (
            inside(x, rect.left, rect.right()),
            inside(y, rect.top, rect.bottom()),
        );
        self.part(panel).in_frame(rect, position)
    }

    fn pan(&self, panel: usize, (right, down): (f32, f32), layout: &PlayerLayout) {
        let Some(rect) = layout.panels.get(panel).map(|panel| panel.video) else {
            return;
        };
        let parts = |way: f32, length: usize| f64::from(way) / length.max(1) as f64;
        let mut state = self.state();
        let by = (parts(right, rect.width), parts(down, rect.height));
        state.view.pan(by);
        state.changed();
        drop(state);
        self.share_view();
    }

    fn release(&self) {
        let drag = std::mem::replace(&mut self.state().drag, Drag::None);
        match drag {
            Drag::Pan {
                panel,
                moved: false,
                ..
            } => self.click(panel),
            Drag::Part { from, .. }
                if self.playback().part().is_none_or(|part| part.0 == part.1) =>
            {
                self.change(|playback| {
                    playback.set_part(None);
                    playback.seek(from);
                });
                self.say_part();
            }
            Drag::Sketch { .. } => self.release_sketch(),
            Drag::Reshape {
                moved: true, index, ..
            } => {
                let probe = self.state().probes.get(index).cloned();
                if probe.is_some_and(|probe| probe.is_velocity) {
                    self.measure_velocity(index);
                }
            }
            Drag::Reshape { moved: false, .. } => {
                let mut state = self.state();
                state.selected = None;
                state.changed();
            }
            _ => {}
        }
    }

    fn point(&self, pointer: Option<(f32, f32)>, size: (usize, usize)) {
        self.menu_point(pointer, size);
        let mut state = self.state();
        if state.pointer != pointer {
            state.pointer = pointer;
            if state.readout {
                state.changed();
            }
        }
    }

    fn turn(&self, notches: i32) {
        self.change(|playback| {
            for _ in 0..notches.unsigned_abs() {
                if 0 < notches {
                    playback.previous();
                } else {
                    playback.next();
                }
            }
        });
    }

    /// Zooms at the pointer, or at the center if the pointer is elsewhere.
    pub(super) fn zoom(&self, factor: f64, size: (usize, usize)) {
        let layout = self.layout(size);
        let mut state = self.state();
        let pointer = state.pointer.unwrap_or((-1.0, -1.0));
        let position = match layout.target(pointer.0, pointer.1) {
            Some(HitTarget::Video(panel)) => {
                let whole = View::WHOLE.part((1, 1));
                whole.in_frame(layout.panels[panel].video, pointer)
            }
            _ => None,
        };
        state.view.zoom_at(factor, position.unwrap_or((0.5, 0.5)));
        let zoom = state.view.zoom();
        state.say(format!("zoom {zoom:.1} ×"));
        drop(state);
        self.share_view();
    }

    pub(super) fn show_whole(&self) {
        let mut state = self.state();
        state.view = View::WHOLE;
        state.changed();
        drop(state);
        self.share_view();
    }

    /// Visible part of a panel's frame.
    pub(super) fn part(&self, panel: usize) -> VisibleRegion {
        let state = self.state();
        let size = state
            .panels
            .get(panel)
            .map_or((1, 1), |panel| panel.frames.frame_size());
        state.view.part(size)
    }
}

/// Speed as a number or a fraction.
fn speed_text(speed: f64) -> String {
    if speed < 1.0 {
        format!("1/{}", (1.0 / speed).round())
    } else {
        format!("{}", speed.round())
    }
}
