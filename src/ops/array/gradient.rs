//! Differences between neighbors along an axis.

use super::axes::axis_of;
use super::elementwise::{Arithmetic, Operand, arithmetic};
use super::shape::concatenate;
use crate::bail;
use crate::error::Result;
use crate::video::Video;

/// Derivative along an axis by central differences, and by differences of two samples at its ends, as
/// in NumPy's `gradient`. `spacing` is the distance of neighbors.
pub fn gradient(array: &Video, axis: i64, spacing: f64) -> Result<Video> {
    let axis = axis_of("gradient", array, axis)?;
    let len = array.shape()[axis];
    if len < 2 {
        bail!("gradient needs at least 2 samples along axis {axis}, got {len}");
    }
    if !(spacing > 0.0 && spacing.is_finite()) {
        bail!("gradient needs `spacing` to be a number > 0, got {spacing}");
    }
    let part = |start: usize, count: usize| {
        let layout = array.layout().slice(axis, start, count, 1);
        Operand::Array(array.with_layout(layout))
    };
    let slope = |to: Operand, from: Operand, distance: f64| {
        let difference = arithmetic(Arithmetic::Subtract, to, from)?;
        let distance = Operand::Float(distance);
        arithmetic(Arithmetic::Divide, Operand::Array(difference), distance)
    };
    let mut slopes = vec![slope(part(1, 1), part(0, 1), spacing)?];
    if len > 2 {
        let (to, from) = (part(2, len - 2), part(0, len - 2));
        slopes.push(slope(to, from, 2.0 * spacing)?);
    }
    slopes.push(slope(part(len - 1, 1), part(len - 2, 1), spacing)?);
    concatenate(&slopes, axis as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{ramp, values, video};

    /// The results are those of `numpy.gradient`.
    #[test]
    fn slopes_are_those_of_numpy() {
        let trace = video(&[5], vec![1.0, 2.0, 4.0, 7.0, 11.0]);
        let found = gradient(&trace, 0, 1.0).unwrap();
        assert_eq!(values(&found), [1.0, 1.5, 2.5, 3.5, 4.0]);
        let found = gradient(&trace, -1, 0.5).unwrap();
        assert_eq!(values(&found), [2.0, 3.0, 5.0, 7.0, 8.0]);
        let image = video(&[2, 3], vec![0u8, 200, 255, 10, 20, 40]);
        let down = gradient(&image, 0, 1.0).unwrap();
        assert_eq!(values(&down), [10.0, -180.0, -215.0, 10.0, -180.0, -215.0]);
        let along = gradient(&image, 1, 1.0).unwrap();
        assert_eq!(values(&along), [200.0, 127.5, 55.0, 10.0, 15.0, 20.0]);
    }

    #[test]
    fn metadata_stay_and_requests_are_checked() {
        let mut frames = ramp(&[4, 3, 2]);
        frames.metadata_mut().fps = Some(500.0);
        let found = gradient(&frames, 0, 1.0).unwrap();
        assert_eq!(found.metadata().fps, Some(500.0));
        assert!(values(&found).iter().all(|slope| *slope == 6.0));
        assert!(gradient(&frames, 3, 1.0).is_err());
        assert!(gradient(&frames.frames(0, 1, 1), 0, 1.0).is_err());
        assert!(gradient(&frames, 0, 0.0).is_err());
    }
}
