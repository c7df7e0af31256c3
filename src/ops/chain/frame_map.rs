//! Which frames of its input each frame of a result depends on.

use std::ops::Range;

/// A relation between the frames of a result and those of its input.
#[derive(Debug, Clone, Copy)]
pub(super) enum FrameMap {
    /// A frame depends on the same one, on some before it and on some after it.
    Around { before: usize, after: usize },
    /// There are `len` frames, each of which depends on `step` others; the first of all is `start`.
    Groups {
        start: usize,
        step: usize,
        len: usize,
    },
}

impl FrameMap {
    /// Number of frames of the result.
    pub(super) fn len(self, n_inputs: usize) -> usize {
        match self {
            Self::Around { .. } => n_inputs,
            Self::Groups { len, .. } => len,
        }
    }

    /// Number of frames before and after the first one that a frame depends on.
    pub(super) fn reach(self) -> (usize, usize) {
        match self {
            Self::Around { before, after } => (before, after),
            Self::Groups { step, .. } => (0, step - 1),
        }
    }

    /// Number of other frames that a frame and its neighbors both depend on.
    pub(super) fn window(self) -> usize {
        match self {
            Self::Around { before, after } => before.saturating_add(after),
            Self::Groups { .. } => 0,
        }
    }

    /// Number of frames of the input for each of the result.
    pub(super) fn step(self) -> usize {
        match self {
            Self::Around { .. } => 1,
            Self::Groups { step, .. } => step,
        }
    }

    /// Frames of the input that frames of the result depend on.
    pub(super) fn inputs(self, frames: &Range<usize>, n_inputs: usize) -> Range<usize> {
        let inputs = match self {
            Self::Around { before, after } => {
                frames.start.saturating_sub(before)..frames.end.saturating_add(after)
            }
            Self::Groups { start, step, .. } => {
                start + step * frames.start..start + step * frames.end
            }
        };
        inputs.start..inputs.end.min(n_inputs)
    }

    /// Frames of the result, counted from where they begin in the [inputs](Self::inputs) of these and
    /// perhaps of others.
    pub(super) fn wanted(self, frames: &Range<usize>, inputs: &Range<usize>) -> Range<usize> {
        let before = match self {
            Self::Around { .. } => frames.start - inputs.start,
            Self::Groups { .. } => 0,
        };
        before..before + frames.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_where_its_input_ends() {
        let map = FrameMap::Around {
            before: 2,
            after: 1,
        };
        assert_eq!((map.len(9), map.window(), map.step()), (9, 3, 1));
        let endless = FrameMap::Around {
            before: usize::MAX,
            after: usize::MAX,
        };
        assert_eq!(endless.inputs(&(2..3), 9), 0..9);
        assert_eq!(endless.window(), usize::MAX);
        for (frames, inputs, wanted) in [
            (0..1, 0..2, 0..1),
            (1..4, 0..5, 1..4),
            (5..7, 3..8, 2..4),
            (7..9, 5..9, 2..4),
        ] {
            assert_eq!(map.inputs(&frames, 9), inputs);
            assert_eq!(map.wanted(&frames, &inputs), wanted);
        }
    }

    #[test]
    fn groups_follow_each_other() {
        let map = FrameMap::Groups {
            start: 1,
            step: 3,
            len: 4,
        };
        assert_eq!((map.len(12), map.window(), map.step()), (4, 0, 3));
        assert_eq!(map.reach(), (0, 2));
        for (frames, inputs, wanted) in [
            (0..1, 1..4, 0..1),
            (1..3, 4..10, 0..2),
            (3..4, 10..12, 0..1),
        ] {
            assert_eq!(map.inputs(&frames, 12), inputs);
            assert_eq!(map.wanted(&frames, &inputs), wanted);
        }
    }
}
