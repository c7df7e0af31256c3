//! Window on the screen, by minifb.

use std::cell::RefCell;
use std::env;
use std::rc::Rc;

use minifb::{InputCallback, MouseButton, MouseMode, ScaleMode, Window, WindowOptions};

use super::screen::Screen;
use super::{Event, Image, Key};
use crate::error::{Error, Result};
use crate::system::display_rect::DisplayRect;
use crate::system::window_place;
use crate::system::xlib::{ButtonEvent, Connection};
use crate::task;

/// Value that minifb reports for one notch of the wheel: a tenth of the 120 that Windows counts; on
/// X11 each notch is reported twice, as X reports a press and a release.
const NOTCH: f32 = if cfg!(windows) {
    12.0
} else if HAS_X11 {
    2.0
} else {
    1.0
};

/// Whether windows use X11 or Wayland, where environment variables name the display.
const HAS_X11: bool = cfg!(all(unix, not(target_os = "macos")));

/// Opens a window on the display; must be called on the main thread.
pub fn open(title: &str, width: usize, height: usize) -> Result<Box<dyn Screen>> {
    if !has_display() {
        return Err(no_display("no display to open a window on"));
    }
    let options = WindowOptions {
        resize: true,
        // The image has the size of the window, except at the moment when that changes.
        scale_mode: ScaleMode::UpperLeft,
        ..WindowOptions::default()
    };
    let mut window = Window::new(&plain_title(title), width, height, options)
        .map_err(|cause| no_display(&format!("cannot open a window: {cause}")))?;
    // The event loop keeps the time; minifb would sleep in every call.
    window.set_target_fps(0);
    let keys = PressedKeys::default();
    window.set_input_callback(Box::new(keys.clone()));
    Ok(Box::new(MinifbScreen {
        connection: Connection::of(&window),
        window: Some(window),
        keys,
        mouse: None,
        right: false,
        pointer: None,
        turned: 0.0,
        before_full: None,
        events: Vec::new(),
    }))
}

/// Title as systems take it, whose strings end with a zero.
fn plain_title(title: &str) -> String {
    title.replace('\0', " ")
}

fn no_display(message: &str) -> Error {
    let error = Error::new(message);
    let error = match HAS_X11 {
        true => error.hint("set DISPLAY to the display to use"),
        false => error,
    };
    error
        .hint("write a movie with `save` or `export_video`, or draw in the terminal with `preview`")
        .hint("run with `--headless` to continue without windows")
}

/// Whether there can be a display; systems without such a variable always have one.
fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !HAS_X11 || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

struct MinifbScreen {
    /// `None` once the connection to the display is lost.
    window: Option<Window>,
    connection: Connection,
    keys: PressedKeys,
    /// Position of the pointer while the left button is held down.
    mouse: Option<(f32, f32)>,
    /// Whether the right mouse button is held down.
    right: bool,
    /// Position of the pointer while it is over the window.
    pointer: Option<(f32, f32)>,
    /// Rotation of the wheel that has not completed a notch.
    turned: f32,
    /// Where it was before it filled the display.
    before_full: Option<DisplayRect>,
    events: Vec<Event>,
}

impl Screen for MinifbScreen {
    fn is_open(&self) -> bool {
        self.window.as_ref().is_some_and(Window::is_open)
    }

    fn size(&self) -> (usize, usize) {
        let size = self.window.as_ref().map_or((1, 1), Window::get_size);
        (size.0.max(1), size.1.max(1))
    }

    fn events(&mut self) -> Vec<Event> {
        if let Some(window) = &mut self.window {
            window.update();
        }
        self.collect();
        std::mem::take(&mut self.events)
    }

    fn set_title(&mut self, title: &str) {
        if let Some(window) = &mut self.window {
            window.set_title(&plain_title(title));
        }
    }

    fn set_full_screen(&mut self, is_full: bool) -> Result<()> {
        if let Some(window) = &self.window {
            let before = self.before_full.take();
            self.before_full = window_place::set_full_screen(window, is_full, before)?;
        }
        Ok(())
    }

    fn work_area(&self) -> Result<DisplayRect> {
        match &self.window {
            Some(window) => window_place::work_area(window),
            None => Err(Error::new("the window is closed")),
        }
    }

    fn place(&mut self, to: DisplayRect) -> Result<()> {
        match &self.window {
            Some(window) => window_place::place(window, to),
            None => Ok(()),
        }
    }

    fn present(&mut self, image: &Image) -> Result<()> {
        if let Some(window) = &mut self.window {
            window
                .update_with_buffer(&image.pixels, image.width, image.height)
                .map_err(|cause| Error::new(format!("cannot draw in the window: {cause}")))?;
        }
        self.collect();
        Ok(())
    }
}

impl MinifbScreen {
    /// Drops the window if the connection to its display is lost.
    fn leave_if_gone(&mut self) {
        if self.connection.is_broken()
            && let Some(window) = self.window.take()
        {
            // Closing the window would make a request to the display.
            std::mem::forget(window);
            task::warn("the display was lost and a window closed; everything else continues");
        }
    }

    /// Collects the events; needed after every update, as the next one discards them.
    fn collect(&mut self) {
        self.leave_if_gone();
        self.events.append(&mut self.keys.0.borrow_mut());
        match self.connection.buttons() {
            Some(buttons) => self.repeat_buttons(buttons),
            None => self.poll_buttons(),
        }
        self.collect_mouse();
        self.collect_wheel();
    }

    fn collect_wheel(&mut self) {
        let Some(window) = &self.window else {
            return;
        };
        self.turned += window.get_scroll_wheel().map_or(0.0, |(_, y)| y) / NOTCH;
        let notches = self.turned.trunc();
        if notches != 0.0 {
            self.turned -= notches;
            let zooms = [minifb::Key::LeftCtrl, minifb::Key::RightCtrl];
            let notches = notches as i32;
            self.events
                .push(if zooms.iter().any(|key| window.is_key_down(*key)) {
                    Event::Zoom(notches)
                } else {
                    Event::Wheel(notches)
                });
        }
    }

    /// Presses and releases the buttons as they were during the update.
    fn repeat_buttons(&mut self, buttons: Vec<ButtonEvent>) {
        for ButtonEvent {
            is_down,
            is_right,
            position,
        } in buttons
        {
            let (x, y) = position;
            if is_right {
                self.note_right(is_down);
                continue;
            }
            match self.mouse {
                None if is_down => self.events.push(self.press_at(x, y)),
                Some(before) if !is_down => {
                    if before != position {
                        self.events.push(Event::Drag(x, y));
                    }
                    self.events.push(Event::Release);
                }
                _ => continue,
            }
            self.mouse = is_down.then_some(position);
        }
    }

    /// Press of the left button, with or without the Shift key.
    fn press_at(&self, x: f32, y: f32) -> Event {
        let shifts = [minifb::Key::LeftShift, minifb::Key::RightShift];
        let is_down = |key: &minifb::Key| {
            let window = self.window.as_ref();
            window.is_some_and(|window| window.is_key_down(*key))
        };
        match shifts.iter().any(is_down) {
            true => Event::ShiftPress(x, y),
            false => Event::Press(x, y),
        }
    }

    /// Notes whether the right button is down.
    fn note_right(&mut self, is_down: bool) {
        if is_down && !self.right {
            self.events.push(Event::Menu);
        }
        self.right = is_down;
    }

    /// Presses and releases the buttons if they are not as they were after the last update.
    fn poll_buttons(&mut self) {
        let Some(window) = &self.window else {
            return;
        };
        let is_right = window.get_mouse_down(MouseButton::Right);
        let position = window.get_unscaled_mouse_pos(MouseMode::Pass);
        let held = position.filter(|_| window.get_mouse_down(MouseButton::Left));
        match (self.mouse, held) {
            (None, Some((x, y))) => self.events.push(self.press_at(x, y)),
            (Some(_), None) => self.events.push(Event::Release),
            _ => {}
        }
        self.mouse = held.and(self.mouse.or(held));
        self.note_right(is_right);
    }

    /// Records where the pointer has moved.
    fn collect_mouse(&mut self) {
        let Some(window) = &self.window else {
            return;
        };
        let Some(before) = self.mouse else {
            return self.collect_pointer();
        };
        let position = window.get_unscaled_mouse_pos(MouseMode::Pass);
        if let Some((x, y)) = position.filter(|position| *position != before) {
            self.events.push(Event::Drag(x, y));
            self.mouse = position;
        }
    }
}

impl MinifbScreen {
    /// Records the position of the pointer while no button is down.
    fn collect_pointer(&mut self) {
        let Some(window) = &self.window else {
            return;
        };
        let position = window.get_unscaled_mouse_pos(MouseMode::Discard);
        if position != self.pointer {
            self.pointer = position;
            self.events.push(match position {
                Some((x, y)) => Event::Move(x, y),
                None => Event::Leave,
            });
        }
    }
}

/// Keys pressed, as the window reports them: polling the keys that are down would miss those
/// pressed and released between two updates.
#[derive(Clone, Default)]
struct PressedKeys(Rc<RefCell<Vec<Event>>>);

impl InputCallback for PressedKeys {
    fn add_char(&mut self, code: u32) {
        let char = char::from_u32(code).filter(|char| !char.is_control() && *char != ' ');
        self.push(char.map(Key::Char));
    }

    fn set_key_state(&mut self, key: minifb::Key, down: bool) {
        self.push(named(key).filter(|_| down));
    }
}

impl PressedKeys {
    fn push(&self, key: Option<Key>) {
        self.0.borrow_mut().extend(key.map(Event::Key));
    }
}

/// Keys that are not characters.
fn named(key: minifb::Key) -> Option<Key> {
    Some(match key {
        minifb::Key::Space => Key::Space,
        minifb::Key::Left => Key::Left,
        minifb::Key::Right => Key::Right,
        minifb::Key::Up => Key::Up,
        minifb::Key::Down => Key::Down,
        minifb::Key::Home => Key::Home,
        minifb::Key::End => Key::End,
        minifb::Key::Escape => Key::Escape,
        minifb::Key::Backspace | minifb::Key::Delete => Key::Backspace,
        minifb::Key::PageUp => Key::PageUp,
        minifb::Key::PageDown => Key::PageDown,
        minifb::Key::Tab => Key::Tab,
        minifb::Key::F11 => Key::F11,
        minifb::Key::Enter | minifb::Key::NumPadEnter => Key::Enter,
        _ => return None,
    })
}
