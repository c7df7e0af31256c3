//! Detects that the display of a window was lost.
//!
//! When an X server ends, Xlib ends the program, and with it the data of the session, unless
//! another handler is set. Since version 1.7 a handler can let the program continue: the functions
//! of Xlib then only fail.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use libloading::Library;
use raw_window_handle::{HasDisplayHandle, RawDisplayHandle};

type IoErrorHandler = unsafe extern "C" fn(*mut c_void) -> c_int;
type IoErrorExitHandler = unsafe extern "C" fn(*mut c_void, *mut c_void);
type SetIoErrorHandler = unsafe extern "C" fn(Option<IoErrorHandler>) -> Option<IoErrorHandler>;
type SetBrokenThen = unsafe extern "C" fn(*mut c_void, Option<IoErrorExitHandler>, *mut c_void);

/// Detects whether the connection of a window to its display has broken.
pub(crate) struct Connection {
    broken: &'static AtomicBool,
}

impl Connection {
    /// Watches the connection of a window. With an older Xlib the end of the server ends the
    /// program.
    pub(crate) fn of(window: &impl HasDisplayHandle) -> Self {
        // Never freed, as Xlib may write to it as long as the program runs.
        let broken = Box::leak(Box::default());
        let connection = Self { broken };
        if let Ok(handle) = window.display_handle()
            && let RawDisplayHandle::Xlib(handle) = handle.as_raw()
            && let Some(display) = handle.display
        {
            // Without these functions the behavior of Xlib stays unchanged.
            let _ = connection.watch(display.as_ptr());
        }
        connection
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

/// Replaces the Xlib function that prints a message about the display.
unsafe extern "C" fn say_nothing(_: *mut c_void) -> c_int {
    0
}

/// Replaces the Xlib function that ends the program.
unsafe extern "C" fn note(_: *mut c_void, flag: *mut c_void) {
    // SAFETY: this is the flag that was passed with this function, which is never freed.
    unsafe { &*flag.cast::<AtomicBool>() }.store(true, Ordering::Relaxed);
}
