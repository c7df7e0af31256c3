//! Where windows are on the display: what keys ask for, and the event loop does.

use super::Player;
use crate::error::Error;

impl Player {
    /// Lets the window fill the display, or ends that.
    pub(super) fn toggle_full_screen(&self) {
        let mut state = self.state();
        state.is_full_screen = !state.is_full_screen;
        state.full_screen_wanted = Some(state.is_full_screen);
    }

    /// Ends full screen; false if there is none.
    pub(super) fn leave_full_screen(&self) -> bool {
        let is_full = self.state().is_full_screen;
        if is_full {
            self.toggle_full_screen();
        }
        is_full
    }

    /// Lets all windows of the program share the display.
    pub(super) fn tile_all(&self) {
        self.state().tiles_all = true;
    }

    /// Whether the window is to fill the display from now on, if that was asked for since the last call.
    pub fn take_full_screen(&self) -> Option<bool> {
        self.state().full_screen_wanted.take()
    }

    /// Whether all windows are to share the display, asked for since the last call.
    pub fn take_tile_all(&self) -> bool {
        std::mem::take(&mut self.state().tiles_all)
    }

    /// Says that the window stays where it is.
    pub(super) fn stay_in_place(&self, error: &Error) {
        let mut state = self.state();
        state.is_full_screen = false;
        state.say(error.message());
    }
}
