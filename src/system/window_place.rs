//! Where windows are on the display, which minifb leaves to others: full screen, and rectangles that
//! share the display.

#[cfg_attr(windows, path = "windows_place.rs")]
#[cfg_attr(all(unix, not(target_vendor = "apple")), path = "x11_place.rs")]
#[cfg_attr(
    not(any(windows, all(unix, not(target_vendor = "apple")))),
    path = "no_place.rs"
)]
mod by_system;

use raw_window_handle::{HasDisplayHandle, HasWindowHandle};

use super::display_rect::DisplayRect;
use crate::error::Result;

/// Lets a window fill the display or not; the rectangle that it had, to be passed on when it is to have
/// it again, unless the system keeps it.
pub(crate) fn set_full_screen(
    window: &(impl HasDisplayHandle + HasWindowHandle),
    is_full: bool,
    before: Option<DisplayRect>,
) -> Result<Option<DisplayRect>> {
    by_system::set_full_screen(window, is_full, before)
}

/// The part of the display that windows share, without the bars of the desktop.
pub(crate) fn work_area(window: &(impl HasDisplayHandle + HasWindowHandle)) -> Result<DisplayRect> {
    by_system::work_area(window)
}

/// Moves a window with its frame to a rectangle.
pub(crate) fn place(
    window: &(impl HasDisplayHandle + HasWindowHandle),
    to: DisplayRect,
) -> Result<()> {
    by_system::place(window, to)
}
