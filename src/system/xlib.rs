//! What minifb does not report of a window: the loss of its display, and every press of a button.
//!
//! When an X server ends, Xlib ends the program, and with it the data of the session, unless
//! another handler is set. Since version 1.7 a handler can let the program continue: the functions
//! of Xlib then only fail.
//!
//! minifb knows only whether a button is down after an update, so that it misses a click that begins
//! and ends between two. The events that wait for an update are looked at without taking them.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint, c_ulong, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use libloading::Library;
use raw_window_handle::{HasDisplayHandle, HasWindowHandle, RawDisplayHandle, RawWindowHandle};

type IoErrorHandler = unsafe extern "C" fn(*mut c_void) -> c_int;
type IoErrorExitHandler = unsafe extern "C" fn(*mut c_void, *mut c_void);
type SetIoErrorHandler = unsafe extern "C" fn(Option<IoErrorHandler>) -> Option<IoErrorHandler>;
type SetBrokenThen = unsafe extern "C" fn(*mut c_void, Option<IoErrorExitHandler>, *mut c_void);

type EventPredicate = unsafe extern "C" fn(*mut c_void, *mut XEvent, *mut c_void) -> c_int;
type CheckIfEvent =
    unsafe extern "C" fn(*mut c_void, *mut XEvent, EventPredicate, *mut c_void) -> c_int;

const BUTTON_PRESS: c_int = 4;
const BUTTON_RELEASE: c_int = 5;
const LEFT: c_uint = 1;
const RIGHT: c_uint = 3;

/// An event of Xlib, which has 24 longs, of which an event of a button uses these first.
#[repr(C)]
union XEvent {
    button: XButtonEvent,
    longs: [c_ulong; 24],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct XButtonEvent {
    kind: c_int,
    serial: c_ulong,
    send_event: c_int,
    display: *mut c_void,
    window: c_ulong,
    root: c_ulong,
    subwindow: c_ulong,
    time: c_ulong,
    x: c_int,
    y: c_int,
    x_root: c_int,
    y_root: c_int,
    state: c_uint,
    button: c_uint,
    same_screen: c_int,
}

/// The left or the right button was pressed or released at a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ButtonEvent {
    pub(crate) is_down: bool,
    pub(crate) is_right: bool,
    pub(crate) position: (f32, f32),
}

/// A window's connection to its display.
pub(crate) struct Connection {
    broken: &'static AtomicBool,
    waiting: Option<WaitingEvents>,
}

/// Access to the events that wait for the next update of a window.
struct WaitingEvents {
    display: *mut c_void,
    window: c_ulong,
    check: CheckIfEvent,
}

/// Events of a window found among those that wait.
struct FoundEvents {
    window: c_ulong,
    events: Vec<ButtonEvent>,
}

impl Connection {
    /// Watches the connection of a window. With an older Xlib the end of the server ends the
    /// program.
    pub(crate) fn of(window: &(impl HasDisplayHandle + HasWindowHandle)) -> Self {
        // Never freed, as Xlib may write to it as long as the program runs.
        let broken = Box::leak(Box::default());
        let mut connection = Self {
            broken,
            waiting: None,
        };
        if let Ok(handle) = window.display_handle()
            && let RawDisplayHandle::Xlib(handle) = handle.as_raw()
            && let Some(display) = handle.display
        {
            // Without these functions the behavior of Xlib stays unchanged.
            let _ = connection.watch(display.as_ptr());
            if let Ok(handle) = window.window_handle()
                && let RawWindowHandle::Xlib(handle) = handle.as_raw()
            {
                connection.waiting = WaitingEvents::of(display.as_ptr(), handle.window).ok();
            }
        }
        connection
    }

    /// Presses and releases of the left and the right button that the next update will take in, as far as the
    /// system lets them be seen.
    pub(crate) fn waiting_buttons(&self) -> Vec<ButtonEvent> {
        match &self.waiting {
            Some(waiting) if !self.is_broken() => waiting.buttons(),
            _ => Vec::new(),
        }
    }

    /// Whether the connection has broken.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    fn watch(&self, display: *mut c_void) -> Result<(), libloading::Error> {
        let flag: *const AtomicBool = self.broken;
        // SAFETY: the window has already loaded the library, so that no code of it runs here.
        let xlib = unsafe { Library::new("libX11.so.6") }?;
        // SAFETY: the types are those of the declarations in Xlib.h, with `Display *` and
        // `XPointer` as pointers to void; the display is open; the flag is never freed, and written
        // only as an atomic. Both handlers only return.
        unsafe {
            let then = xlib.get::<SetBrokenThen>(b"XSetIOErrorExitHandler\0")?;
            let set = xlib.get::<SetIoErrorHandler>(b"XSetIOErrorHandler\0")?;
            set(Some(say_nothing));
            then(display, Some(note), flag.cast_mut().cast());
        }
        // The window uses it until the end of the program.
        std::mem::forget(xlib);
        Ok(())
    }
}

impl WaitingEvents {
    fn of(display: *mut c_void, window: c_ulong) -> Result<Self, libloading::Error> {
        // SAFETY: the window has already loaded the library, so that no code of it runs here.
        let xlib = unsafe { Library::new("libX11.so.6") }?;
        // SAFETY: the type is that of the declaration in Xlib.h, with `Display *` and `XPointer` as
        // pointers to void.
        let check = unsafe { *xlib.get::<CheckIfEvent>(b"XCheckIfEvent\0")? };
        // The window uses it until the end of the program.
        std::mem::forget(xlib);
        Ok(Self {
            display,
            window,
            check,
        })
    }

    fn buttons(&self) -> Vec<ButtonEvent> {
        let mut found = FoundEvents {
            window: self.window,
            events: Vec::new(),
        };
        let mut event = XEvent { longs: [0; 24] };
        let pointer: *mut FoundEvents = &raw mut found;
        // SAFETY: the display is open, as the window exists and its connection is not broken; the
        // event has the size of Xlib's; the predicate only uses what it is passed, and is called
        // only before this returns.
        unsafe { (self.check)(self.display, &raw mut event, note_button, pointer.cast()) };
        found.events
    }
}

/// Notes an event of the left or the right button; false, so that all events keep waiting.
unsafe extern "C" fn note_button(_: *mut c_void, event: *mut XEvent, found: *mut c_void) -> c_int {
    // SAFETY: Xlib passes an event of its own and the pointer that was passed with this function,
    // to values that nobody else uses meanwhile. All events begin with their kind, and the fields of
    // a button's are within the size of every event.
    let (event, found) = unsafe { ((*event).button, &mut *found.cast::<FoundEvents>()) };
    let is_button = event.kind == BUTTON_PRESS || event.kind == BUTTON_RELEASE;
    let is_known = [LEFT, RIGHT].contains(&event.button);
    if is_button && is_known && event.window == found.window {
        found.events.push(ButtonEvent {
            is_down: event.kind == BUTTON_PRESS,
            is_right: event.button == RIGHT,
            position: (event.x as f32, event.y as f32),
        });
    }
    0
}

/// Replaces the Xlib function that prints a message about the display.
unsafe extern "C" fn say_nothing(_: *mut c_void) -> c_int {
    0
}

/// Replaces the Xlib function that ends the program.
unsafe extern "C" fn note(_: *mut c_void, flag: *mut c_void) {
    // SAFETY: this is the flag that was passed with this function, which is never freed.
    unsafe { &*flag.cast::<AtomicBool>() }.store(true, Ordering::Relaxed);
}
