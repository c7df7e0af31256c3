//! How the window shows videos and traces, apart from colors, for scripts.

use super::Player;
use super::view::View;
use crate::view::trace_plot::TraceScale;

impl Player {
    /// Zoom factor, and the center of the part shown in fractions of the height and width.
    pub fn zoomed(&self) -> [f64; 3] {
        let view = self.state().view;
        let (x, y) = view.middle();
        [view.zoom(), y, x]
    }

    /// Shows a part: a zoom factor from 1, and the center in fractions of the height and width.
    pub fn set_zoomed(&self, [zoom, y, x]: [f64; 3]) {
        let mut state = self.state();
        state.view = View::new(zoom, (x, y));
        state.changed();
        drop(state);
        self.share_view();
    }

    /// Whether pixels are smoothed.
    pub fn is_smooth(&self) -> bool {
        self.state().smooth
    }

    /// Sets whether pixels are smoothed.
    pub fn set_smooth(&self, is_smooth: bool) {
        let mut state = self.state();
        state.smooth = is_smooth;
        state.changed();
    }

    /// Whether there is a grid.
    pub fn has_grid(&self) -> bool {
        self.state().grid
    }

    /// Shows or hides the grid.
    pub fn set_grid(&self, is_shown: bool) {
        let mut state = self.state();
        state.grid = is_shown;
        state.changed();
    }

    /// Whether there are colorbars.
    pub fn has_colorbars(&self) -> bool {
        !self.state().hides_colorbars
    }

    /// Shows or hides the colorbars.
    pub fn set_colorbars(&self, are_shown: bool) {
        let mut state = self.state();
        state.hides_colorbars = !are_shown;
        state.renew_needs();
    }

    /// Whether all traces have one scale.
    pub fn has_one_scale(&self) -> bool {
        self.state().trace_scale == TraceScale::Common
    }

    /// Sets whether all traces have one scale.
    pub fn set_one_scale(&self, is_one: bool) {
        let mut state = self.state();
        state.trace_scale = match is_one {
            true => TraceScale::Common,
            false => TraceScale::Each,
        };
        state.renew_needs();
    }
}
