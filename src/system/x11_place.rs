//! Windows of X11 on their display, by the conventions of window managers (Extended Window Manager
//! Hints) and the functions of Xlib.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_long, c_uchar, c_uint, c_ulong, c_void};

use libloading::Library;
use raw_window_handle::{HasDisplayHandle, HasWindowHandle, RawDisplayHandle, RawWindowHandle};

use super::DisplayRect;
use crate::error::{Error, Result};

type InternAtom = unsafe extern "C" fn(*mut c_void, *const c_char, c_int) -> c_ulong;
type DefaultRootWindow = unsafe extern "C" fn(*mut c_void) -> c_ulong;
type SendEvent =
    unsafe extern "C" fn(*mut c_void, c_ulong, c_int, c_long, *mut ClientMessage) -> c_int;
type MoveResizeWindow =
    unsafe extern "C" fn(*mut c_void, c_ulong, c_int, c_int, c_uint, c_uint) -> c_int;
type Flush = unsafe extern "C" fn(*mut c_void) -> c_int;
type Free = unsafe extern "C" fn(*mut c_void) -> c_int;
type GetGeometry = unsafe extern "C" fn(
    *mut c_void,
    c_ulong,
    *mut c_ulong,
    *mut c_int,
    *mut c_int,
    *mut c_uint,
    *mut c_uint,
    *mut c_uint,
    *mut c_uint,
) -> c_int;
type GetWindowProperty = unsafe extern "C" fn(
    *mut c_void,
    c_ulong,
    c_ulong,
    c_long,
    c_long,
    c_int,
    c_ulong,
    *mut c_ulong,
    *mut c_int,
    *mut c_ulong,
    *mut c_ulong,
    *mut *mut c_uchar,
) -> c_int;

const CLIENT_MESSAGE: c_int = 33;
/// Events that window managers receive from the root window.
const TO_MANAGERS: c_long = 1 << 19 | 1 << 20;
const FULL_SCREEN: &CStr = c"_NET_WM_STATE_FULLSCREEN";

/// A message to another program, as large as every event of Xlib.
#[repr(C)]
struct ClientMessage {
    kind: c_int,
    serial: c_ulong,
    send_event: c_int,
    display: *mut c_void,
    window: c_ulong,
    message: c_ulong,
    format: c_int,
    data: [c_long; 5],
    _rest: [c_long; 12],
}

/// A window of Xlib.
struct XWindow {
    xlib: Library,
    display: *mut c_void,
    id: c_ulong,
    root: c_ulong,
}

/// Lets a window fill the display or not; the rectangle that it had, if no window manager keeps it.
pub(super) fn set_full_screen(
    window: &(impl HasDisplayHandle + HasWindowHandle),
    is_full: bool,
    before: Option<DisplayRect>,
) -> Result<Option<DisplayRect>> {
    let window = XWindow::of(window)?;
    let full_screen = window.atom(FULL_SCREEN)?;
    let managed = window.property(window.root, c"_NET_SUPPORTED")?;
    if managed.contains(&(full_screen as c_long)) {
        let message = window.atom(c"_NET_WM_STATE")?;
        // Added or removed, on behalf of a program.
        window.tell_manager(message, [is_full.into(), full_screen as c_long, 0, 1, 0])?;
        return Ok(None);
    }
    let now = window.geometry(window.id)?;
    let to = match (is_full, before) {
        (true, _) => window.geometry(window.root)?,
        (false, Some(before)) => before,
        (false, None) => return Ok(None),
    };
    window.place(to)?;
    Ok(is_full.then_some(now))
}

/// The part of the display that windows share.
pub(super) fn work_area(window: &(impl HasDisplayHandle + HasWindowHandle)) -> Result<DisplayRect> {
    let window = XWindow::of(window)?;
    let areas = window.property(window.root, c"_NET_WORKAREA")?;
    let desktop = window.property(window.root, c"_NET_CURRENT_DESKTOP")?;
    let desktop = desktop.first().map_or(0, |desktop| 4 * *desktop as usize);
    let number = |at: usize| areas.get(desktop + at).map(|number| *number as i32);
    match [number(0), number(1), number(2), number(3)] {
        [Some(left), Some(top), Some(width), Some(height)] if width > 0 && height > 0 => {
            Ok(DisplayRect {
                left,
                top,
                width,
                height,
            })
        }
        _ => window.geometry(window.root),
    }
}

/// Moves a window with its frame to a rectangle.
pub(super) fn place(
    window: &(impl HasDisplayHandle + HasWindowHandle),
    to: DisplayRect,
) -> Result<()> {
    let window = XWindow::of(window)?;
    let frame = window.property(window.id, c"_NET_FRAME_EXTENTS")?;
    let extent = |at: usize| frame.get(at).map_or(0, |extent| *extent as i32);
    window.place(DisplayRect {
        width: (to.width - extent(0) - extent(1)).max(1),
        height: (to.height - extent(2) - extent(3)).max(1),
        ..to
    })
}

fn failed(cause: &libloading::Error) -> Error {
    Error::new(format!("the window cannot be moved: {cause}"))
}

impl XWindow {
    fn of(window: &(impl HasDisplayHandle + HasWindowHandle)) -> Result<Self> {
        let unknown = || Error::new("this window is not one of X11, and cannot be moved");
        let Ok(RawDisplayHandle::Xlib(display)) =
            window.display_handle().map(|handle| handle.as_raw())
        else {
            return Err(unknown());
        };
        let Ok(RawWindowHandle::Xlib(id)) = window.window_handle().map(|handle| handle.as_raw())
        else {
            return Err(unknown());
        };
        let display = display.display.ok_or_else(unknown)?.as_ptr();
        // SAFETY: the window has already loaded the library, so that no code of it runs here.
        let xlib = unsafe { Library::new("libX11.so.6") }.map_err(|cause| failed(&cause))?;
        // SAFETY: the type is that of the declaration in Xlib.h, and the display is open.
        let root = unsafe {
            let root = xlib.get::<DefaultRootWindow>(b"XDefaultRootWindow\0");
            root.map_err(|cause| failed(&cause))?(display)
        };
        Ok(Self {
            xlib,
            display,
            id: id.window,
            root,
        })
    }

    fn atom(&self, name: &CStr) -> Result<c_ulong> {
        // SAFETY: the type is that of the declaration in Xlib.h, the display is open, and the name
        // ends with a zero.
        unsafe {
            let intern = self.xlib.get::<InternAtom>(b"XInternAtom\0");
            let intern = intern.map_err(|cause| failed(&cause))?;
            Ok(intern(self.display, name.as_ptr(), 0))
        }
    }

    /// Numbers of a property of a window; empty if it has no such property.
    fn property(&self, window: c_ulong, name: &CStr) -> Result<Vec<c_long>> {
        const MOST: c_long = 1024;
        /// Format of properties whose items Xlib gives as `long`.
        const LONG: c_int = 32;
        let name = self.atom(name)?;
        let (mut kind, mut format, mut count, mut rest) = (0, 0, 0, 0);
        let mut data: *mut c_uchar = std::ptr::null_mut();
        // SAFETY: the types are those of the declarations in Xlib.h, the display is open, and all
        // results have a place. Data of format 32 are an array of `long`, which is copied before it
        // is freed.
        unsafe {
            let get = self.xlib.get::<GetWindowProperty>(b"XGetWindowProperty\0");
            let get = get.map_err(|cause| failed(&cause))?;
            let free = self.xlib.get::<Free>(b"XFree\0");
            let free = free.map_err(|cause| failed(&cause))?;
            let status = get(
                self.display,
                window,
                name,
                0,
                MOST,
                0,
                0,
                &raw mut kind,
                &raw mut format,
                &raw mut count,
                &raw mut rest,
                &raw mut data,
            );
            if status != 0 || data.is_null() {
                return Ok(Vec::new());
            }
            let numbers = match format {
                LONG => std::slice::from_raw_parts(data.cast::<c_long>(), count as usize).to_vec(),
                _ => Vec::new(),
            };
            free(data.cast());
            Ok(numbers)
        }
    }

    fn tell_manager(&self, message: c_ulong, data: [c_long; 5]) -> Result<()> {
        let mut event = ClientMessage {
            kind: CLIENT_MESSAGE,
            serial: 0,
            send_event: 1,
            display: self.display,
            window: self.id,
            message,
            format: 32,
            data,
            _rest: [0; 12],
        };
        // SAFETY: the types are those of the declarations in Xlib.h, the display is open, and the
        // event is as large as Xlib expects.
        unsafe {
            let send = self.xlib.get::<SendEvent>(b"XSendEvent\0");
            let send = send.map_err(|cause| failed(&cause))?;
            send(self.display, self.root, 0, TO_MANAGERS, &raw mut event);
        }
        self.flush()
    }

    fn geometry(&self, window: c_ulong) -> Result<DisplayRect> {
        let (mut root, mut left, mut top) = (0, 0, 0);
        let (mut width, mut height, mut border, mut depth) = (0, 0, 0, 0);
        // SAFETY: the type is that of the declaration in Xlib.h, the display is open, and all
        // results have a place.
        unsafe {
            let get = self.xlib.get::<GetGeometry>(b"XGetGeometry\0");
            let get = get.map_err(|cause| failed(&cause))?;
            get(
                self.display,
                window,
                &raw mut root,
                &raw mut left,
                &raw mut top,
                &raw mut width,
                &raw mut height,
                &raw mut border,
                &raw mut depth,
            );
        }
        Ok(DisplayRect {
            left,
            top,
            width: width as i32,
            height: height as i32,
        })
    }

    fn place(&self, to: DisplayRect) -> Result<()> {
        let (width, height) = (to.width.max(1) as c_uint, to.height.max(1) as c_uint);
        // SAFETY: the type is that of the declaration in Xlib.h, and the display is open.
        unsafe {
            let place = self.xlib.get::<MoveResizeWindow>(b"XMoveResizeWindow\0");
            let place = place.map_err(|cause| failed(&cause))?;
            place(self.display, self.id, to.left, to.top, width, height);
        }
        self.flush()
    }

    fn flush(&self) -> Result<()> {
        // SAFETY: the type is that of the declaration in Xlib.h, and the display is open.
        unsafe {
            let flush = self.xlib.get::<Flush>(b"XFlush\0");
            flush.map_err(|cause| failed(&cause))?(self.display);
        }
        Ok(())
    }
}
