//! Whether the display of a window is still there.
//!
//! When an X server ends, Xlib ends the program, and the session's data with it, unless it is given
//! something else to do. Since version 1.7 that can be to go on: its functions then only fail.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use libloading::Library;
use minifb::Window;
use raw_window_handle::{HasDisplayHandle, RawDisplayHandle};

type IoErrorHandler = unsafe extern "C" fn(*mut c_void) -> c_int;
type IoErrorExitHandler = unsafe extern "C" fn(*mut c_void, *mut c_void);
type SetIoErrorHandler = unsafe extern "C" fn(Option<IoErrorHandler>) -> Option<IoErrorHandler>;
type SetBrokenThen = unsafe extern "C" fn(*mut c_void, Option<IoErrorExitHandler>, *mut c_void);

/// Tells whether the connection of a window to its display has broken.
pub(super) struct Connection {
    broken: &'static AtomicBool,
}

impl Connection {
    /// Watches the connection of a window. With an older Xlib a server that ends ends the program.
    pub(super) fn of(window: &Window) -> Self {
        // Never freed, as Xlib may write to it as long as the program runs.
        let broken = Box::leak(Box::default());
        let connection = Self { broken };
        if let Ok(handle) = window.display_handle()
            && let RawDisplayHandle::Xlib(handle) = handle.as_raw()
            && let Some(display) = handle.display
        {
            // Without these functions everything stays as Xlib has it.
            let _ = connection.watch(display.as_ptr());
        }
        connection
    }

    /// Whether it has broken.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    fn watch(&self, display: *mut c_void) -> Result<(), libloading::Error> {
        let flag: *const AtomicBool = self.broken;
        // SAFETY: the library is loaded already, by the window, so that nothing of it runs here.
        let xlib = unsafe { Library::new("libX11.so.6") }?;
        // SAFETY: the types are those of the declarations in Xlib.h, with `Display *` and `XPointer`
        // as pointers to void; the display is open; the flag is never freed, and written only as an
        // atomic. Both handlers only return.
        unsafe {
            let then = xlib.get::<SetBrokenThen>(b"XSetIOErrorExitHandler\0")?;
            let set = xlib.get::<SetIoErrorHandler>(b"XSetIOErrorHandler\0")?;
            set(Some(say_nothing));
            then(display, Some(note), flag.cast_mut().cast());
        }
        // The window uses it to the end of the program.
        std::mem::forget(xlib);
        Ok(())
    }
}

/// Stands for the function that prints a message about the display.
unsafe extern "C" fn say_nothing(_: *mut c_void) -> c_int {
    0
}

/// Stands for the function that ends the program.
unsafe extern "C" fn note(_: *mut c_void, flag: *mut c_void) {
    // SAFETY: this is the flag that was passed beside this function, which is never freed.
    unsafe { &*flag.cast::<AtomicBool>() }.store(true, Ordering::Relaxed);
}
