//! Visible part of the frames: zoom and pan, the same for all panels.

use crate::draw::Rect;

/// Largest zoom factor relative to the whole frame.
const CLOSEST: f64 = 64.0;

/// Visible part of a frame, independent of the frame's size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct View {
    /// Center of the part, in fractions of the frame's width and height.
    middle: (f64, f64),
    zoom: f64,
}

/// Edges of a part of a frame, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct VisibleRegion {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl View {
    /// The whole frame.
    pub(super) const WHOLE: Self = Self {
        middle: (0.5, 0.5),
        zoom: 1.0,
    };

    /// A part with a zoom factor around a center in fractions of the width and height; it stays
    /// inside.
    pub(super) fn new(zoom: f64, middle: (f64, f64)) -> Self {
        let mut view = Self {
            middle,
            zoom: zoom.clamp(1.0, CLOSEST),
        };
        view.stay_inside();
        view
    }

    /// Center in fractions of the width and height.
    pub(super) fn middle(&self) -> (f64, f64) {
        self.middle
    }

    /// Zoom factor relative to the whole frame.
    pub(super) fn zoom(&self) -> f64 {
        self.zoom
    }

    /// Zooms in, or out by a factor below 1; the point at `position` (in fractions of the visible
    /// part) stays fixed.
    pub(super) fn zoom_at(&mut self, factor: f64, position: (f64, f64)) {
        let zoom = (self.zoom * factor).clamp(1.0, CLOSEST);
        let shift = 1.0 / self.zoom - 1.0 / zoom;
        self.middle.0 += (position.0 - 0.5) * shift;
        self.middle.1 += (position.1 - 0.5) * shift;
        self.zoom = zoom;
        self.stay_inside();
    }

    /// Pans by fractions of the visible width and height.
    pub(super) fn pan(&mut self, (right, down): (f64, f64)) {
        self.middle.0 -= right / self.zoom;
        self.middle.1 -= down / self.zoom;
        self.stay_inside();
    }

    /// Visible part of a frame of the given size.
    pub(super) fn part(&self, (width, height): (usize, usize)) -> VisibleRegion {
        let (width, height) = (width as f64, height as f64);
        let half = 0.5 / self.zoom;
        VisibleRegion {
            left: (self.middle.0 - half) * width,
            top: (self.middle.1 - half) * height,
            width: width / self.zoom,
            height: height / self.zoom,
        }
    }

    fn stay_inside(&mut self) {
        let half = 0.5 / self.zoom;
        self.middle.0 = self.middle.0.clamp(half, 1.0 - half);
        self.middle.1 = self.middle.1.clamp(half, 1.0 - half);
    }
}

impl VisibleRegion {
    /// Position in the frame shown at a position in the window, if that is inside the rectangle
    /// that shows this part.
    pub(super) fn in_frame(&self, rect: Rect, (x, y): (f32, f32)) -> Option<(f64, f64)> {
        rect.contains(x, y).then(|| {
            let right = (f64::from(x) - rect.left as f64) / rect.width as f64;
            let down = (f64::from(y) - rect.top as f64) / rect.height as f64;
            (
                self.left + right * self.width,
                self.top + down * self.height,
            )
        })
    }

    /// The part of it that a part of its rectangle shows.
    pub(super) fn within(&self, rect: Rect, visible: Rect) -> Self {
        let scale = (
            self.width / rect.width.max(1) as f64,
            self.height / rect.height.max(1) as f64,
        );
        Self {
            left: self.left + visible.left.saturating_sub(rect.left) as f64 * scale.0,
            top: self.top + visible.top.saturating_sub(rect.top) as f64 * scale.1,
            width: visible.width as f64 * scale.0,
            height: visible.height as f64 * scale.1,
        }
    }

    /// Position in the window of a position in the frame, inside the rectangle or not.
    pub(super) fn in_window(&self, rect: Rect, (x, y): (f64, f64)) -> (f32, f32) {
        let right = (x - self.left) / self.width * rect.width as f64;
        let down = (y - self.top) / self.height * rect.height as f64;
        (
            (rect.left as f64 + right) as f32,
            (rect.top as f64 + down) as f32,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: Rect = Rect {
        left: 10,
        top: 20,
        width: 200,
        height: 100,
    };

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let mut view = View::WHOLE;
        let position = (60.0, 45.0);
        let before = view.part((400, 200)).in_frame(RECT, position).unwrap();
        for factor in [1.25, 1.25, 3.0, 0.5] {
            view.zoom_at(factor, (0.25, 0.25));
            let after = view.part((400, 200)).in_frame(RECT, position).unwrap();
            assert!((before.0 - after.0).abs() < 1e-9 && (before.1 - after.1).abs() < 1e-9);
        }
    }

    #[test]
    fn it_never_leaves_the_frame() {
        let mut view = View::WHOLE;
        view.pan((9.0, -9.0));
        assert_eq!(view, View::WHOLE);
        view.zoom_at(1e9, (1.0, 0.0));
        assert_eq!(view.zoom(), CLOSEST);
        view.pan((-1e3, 1e3));
        let part = view.part((640, 640));
        assert_eq!((part.left + part.width, part.top), (640.0, 0.0));
        view.zoom_at(0.0, (0.3, 0.3));
        assert_eq!(view, View::WHOLE);
    }

    #[test]
    fn positions_of_the_window_and_the_frame_correspond() {
        let mut view = View::WHOLE;
        view.zoom_at(2.0, (0.0, 1.0));
        let part = view.part((80, 40));
        let position = part.in_frame(RECT, (110.0, 70.0)).unwrap();
        assert_eq!(position, (20.0, 30.0));
        assert_eq!(part.in_window(RECT, position), (110.0, 70.0));
        assert_eq!(part.in_frame(RECT, (9.0, 70.0)), None);
    }
}
