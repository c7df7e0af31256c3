//! Windows on displays of systems that do not let programs move them by a handle, such as macOS.

use raw_window_handle::{HasDisplayHandle, HasWindowHandle};

use super::DisplayRect;
use crate::error::{Error, Result};

/// Full screen is left to the system.
pub(super) fn set_full_screen(
    _: &(impl HasDisplayHandle + HasWindowHandle),
    _: bool,
    _: Option<DisplayRect>,
) -> Result<Option<DisplayRect>> {
    Err(Error::new(
        "the program cannot do this here: the green button of the window shows it in full screen",
    ))
}

/// Not known.
pub(super) fn work_area(_: &(impl HasDisplayHandle + HasWindowHandle)) -> Result<DisplayRect> {
    Err(unavailable())
}

/// Not possible.
pub(super) fn place(_: &(impl HasDisplayHandle + HasWindowHandle), _: DisplayRect) -> Result<()> {
    Err(unavailable())
}

fn unavailable() -> Error {
    Error::new("on this system the program cannot move its windows")
}
