//! Windows on the display of Windows.

#![allow(unsafe_code)]

use raw_window_handle::{HasDisplayHandle, HasWindowHandle, RawWindowHandle};
use windows_sys::Win32::Foundation::{HWND, RECT};
use windows_sys::Win32::Graphics::Gdi::{
    GetMonitorInfoW, MONITOR_DEFAULTTONEAREST, MONITORINFO, MonitorFromWindow,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    GWL_STYLE, GetWindowLongW, GetWindowRect, SWP_FRAMECHANGED, SWP_NOACTIVATE, SWP_NOZORDER,
    SetWindowLongW, SetWindowPos, WS_OVERLAPPEDWINDOW,
};

use super::DisplayRect;
use crate::error::{Error, Result};

/// Lets a window fill the display without a frame or not; the rectangle that it had.
pub(super) fn set_full_screen(
    window: &(impl HasDisplayHandle + HasWindowHandle),
    is_full: bool,
    before: Option<DisplayRect>,
) -> Result<Option<DisplayRect>> {
    let window = handle(window)?;
    let mut now = RECT::default();
    // SAFETY: the window is open, and the result has a place.
    unsafe { GetWindowRect(window, &raw mut now) };
    let to = match (is_full, before) {
        (true, _) => monitor(window)?.rcMonitor,
        (false, Some(before)) => rect_of(before),
        (false, None) => return Ok(None),
    };
    // SAFETY: the window is open; the calls take and return numbers.
    unsafe {
        let style = GetWindowLongW(window, GWL_STYLE).cast_unsigned();
        let style = match is_full {
            true => style & !WS_OVERLAPPEDWINDOW,
            false => style | WS_OVERLAPPEDWINDOW,
        };
        SetWindowLongW(window, GWL_STYLE, style.cast_signed());
    }
    move_to(window, to)?;
    Ok(is_full.then(|| of_rect(now)))
}

/// The part of the display that windows share.
pub(super) fn work_area(window: &(impl HasDisplayHandle + HasWindowHandle)) -> Result<DisplayRect> {
    Ok(of_rect(monitor(handle(window)?)?.rcWork))
}

/// Moves a window with its frame to a rectangle.
pub(super) fn place(
    window: &(impl HasDisplayHandle + HasWindowHandle),
    to: DisplayRect,
) -> Result<()> {
    move_to(handle(window)?, rect_of(to))
}

fn handle(window: &impl HasWindowHandle) -> Result<HWND> {
    match window.window_handle().map(|handle| handle.as_raw()) {
        Ok(RawWindowHandle::Win32(handle)) => Ok(handle.hwnd.get() as HWND),
        _ => Err(Error::new(
            "this window is not one of Windows, and cannot be moved",
        )),
    }
}

/// The display that shows most of a window.
fn monitor(window: HWND) -> Result<MONITORINFO> {
    let mut monitor = MONITORINFO {
        cbSize: size_of::<MONITORINFO>() as u32,
        ..MONITORINFO::default()
    };
    // SAFETY: the window is open, and the structure contains its length.
    let is_told = unsafe {
        GetMonitorInfoW(
            MonitorFromWindow(window, MONITOR_DEFAULTTONEAREST),
            &raw mut monitor,
        )
    };
    match is_told {
        0 => Err(Error::new(
            "the system does not tell the size of the display",
        )),
        _ => Ok(monitor),
    }
}

fn move_to(window: HWND, to: RECT) -> Result<()> {
    let (width, height) = (to.right - to.left, to.bottom - to.top);
    let flags = SWP_NOZORDER | SWP_NOACTIVATE | SWP_FRAMECHANGED;
    // SAFETY: the window is open, and none is named that it is to be above.
    let is_moved = unsafe {
        SetWindowPos(
            window,
            std::ptr::null_mut(),
            to.left,
            to.top,
            width,
            height,
            flags,
        )
    };
    match is_moved {
        0 => Err(Error::new("the system does not move the window")),
        _ => Ok(()),
    }
}

fn of_rect(rect: RECT) -> DisplayRect {
    DisplayRect {
        left: rect.left,
        top: rect.top,
        width: rect.right - rect.left,
        height: rect.bottom - rect.top,
    }
}

fn rect_of(rect: DisplayRect) -> RECT {
    RECT {
        left: rect.left,
        top: rect.top,
        right: rect.left + rect.width,
        bottom: rect.top + rect.height,
    }
}
