//! What minifb does not report of a window: the loss of its display, and every press of a button.
//!
//! When an X server ends, Xlib ends the program, and with it the data of the session, unless
//! another handler is set. Since version 1.7 a handler can let the program continue: the functions
//! of Xlib then only fail.
//!
//! minifb knows only whether a button is down after an update, so that it misses a click that begins
//! and ends within one. Xlib calls a function for each event that it reads from the display; as an
//! extension does, one is put before that of the buttons, which notes what it returns.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_uint, c_ulong, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use libloading::Library;
use raw_window_handle::{HasDisplayHandle, HasWindowHandle, RawDisplayHandle, RawWindowHandle};

type IoErrorHandler = unsafe extern "C" fn(*mut c_void) -> c_int;
type IoErrorExitHandler = unsafe extern "C" fn(*mut c_void, *mut c_void);
type SetIoErrorHandler = unsafe extern "C" fn(Option<IoErrorHandler>) -> Option<IoErrorHandler>;
type SetBrokenThen = unsafe extern "C" fn(*mut c_void, Option<IoErrorExitHandler>, *mut c_void);

type WireToEvent = unsafe extern "C" fn(*mut c_void, *mut XEvent, *mut c_void) -> c_int;
type SetWireToEvent =
    unsafe extern "C" fn(*mut c_void, c_int, Option<WireToEvent>) -> Option<WireToEvent>;

const BUTTON_PRESS: c_int = 4;
const BUTTON_RELEASE: c_int = 5;
const LEFT: c_uint = 1;
const RIGHT: c_uint = 3;

/// Xlib's own conversion of the events of buttons, which is the same for all displays.
static CONVERT: OnceLock<WireToEvent> = OnceLock::new();

/// Events of buttons with their windows, from all displays, in the order in which they came.
static BUTTONS: Mutex<Vec<(c_ulong, ButtonEvent)>> = Mutex::new(Vec::new());

/// An event of Xlib, of which those of buttons use the first fields.
#[repr(C)]
union XEvent {
    button: XButtonEvent,
    /// The size of every event.
    _longs: [c_ulong; 24],
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
    /// The window whose buttons are noted.
    window: Option<c_ulong>,
}

impl Connection {
    /// Watches the connection of a window. With an older Xlib the end of the server ends the
    /// program.
    pub(crate) fn of(window: &(impl HasDisplayHandle + HasWindowHandle)) -> Self {
        // Never freed, as Xlib may write to it as long as the program runs.
        let broken = Box::leak(Box::default());
        let mut connection = Self {
            broken,
            window: None,
        };
        if let Ok(handle) = window.display_handle()
            && let RawDisplayHandle::Xlib(handle) = handle.as_raw()
            && let Some(display) = handle.display
        {
            // Without these functions the behavior of Xlib stays unchanged.
            let _ = connection.watch(display.as_ptr());
            if let Ok(handle) = window.window_handle()
                && let RawWindowHandle::Xlib(handle) = handle.as_raw()
                && note_buttons(display.as_ptr()).is_ok()
            {
                connection.window = Some(handle.window);
            }
        }
        connection
    }

    /// Presses and releases of the left and the right button that updates took in since the last
    /// call; `None` if the system does not let them be seen.
    pub(crate) fn buttons(&self) -> Option<Vec<ButtonEvent>> {
        let window = self.window?;
        let mut buttons = BUTTONS.lock().unwrap_or_else(PoisonError::into_inner);
        let (own, others) = buttons.drain(..).partition(|(of, _)| *of == window);
        *buttons = others;
        let own: Vec<_> = own;
        Some(own.into_iter().map(|(_, event)| event).collect())
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

impl Drop for Connection {
    fn drop(&mut self) {
        // What nobody will ask for.
        self.buttons();
    }
}

/// Notes the events of buttons that are read from a display from now on.
fn note_buttons(display: *mut c_void) -> Result<(), libloading::Error> {
    // SAFETY: the window has already loaded the library, so that no code of it runs here.
    let xlib = unsafe { Library::new("libX11.so.6") }?;
    // SAFETY: the types are those of the declarations in Xlibint.h, with `Display *` and `xEvent *`
    // as pointers to void; the display is open, and has a conversion for the events of the core.
    unsafe {
        let set = xlib.get::<SetWireToEvent>(b"XESetWireToEvent\0")?;
        for kind in [BUTTON_PRESS, BUTTON_RELEASE] {
            if let Some(convert) = set(display, kind, Some(note_button)) {
                let _ = CONVERT.set(convert);
            }
        }
    }
    // The display uses it until the end of the program.
    std::mem::forget(xlib);
    Ok(())
}

/// Converts an event as Xlib does, and notes it if it is one of the left or the right button.
unsafe extern "C" fn note_button(
    display: *mut c_void,
    event: *mut XEvent,
    wire: *mut c_void,
) -> c_int {
    let Some(convert) = CONVERT.get() else {
        return 0;
    };
    // SAFETY: these are the arguments that Xlib passes to the function which this replaces.
    let is_kept = unsafe { convert(display, event, wire) };
    // SAFETY: the event is Xlib's own, which it has just filled; this function is only called for
    // those of buttons.
    let event = unsafe { (*event).button };
    if is_kept != 0 && [LEFT, RIGHT].contains(&event.button) {
        let button = ButtonEvent {
            is_down: event.kind == BUTTON_PRESS,
            is_right: event.button == RIGHT,
            position: (event.x as f32, event.y as f32),
        };
        let mut buttons = BUTTONS.lock().unwrap_or_else(PoisonError::into_inner);
        buttons.push((event.window, button));
    }
    is_kept
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
