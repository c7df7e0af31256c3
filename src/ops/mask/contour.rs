//! Contour lines, such as isochrones.

use crate::bail;
use crate::error::Result;
use crate::ops::read_all;
use crate::video::{Strided, Video, shape_text};

/// Levels of the contour lines.
#[derive(Debug, Clone, PartialEq)]
pub enum Levels {
    /// All multiples of a number.
    Every(f64),
    /// These values.
    At(Vec<f64>),
}

impl Levels {
    /// Number of levels at or below a value, relative to an arbitrary one.
    fn below(&self, value: f64) -> f64 {
        match self {
            _ if value.is_nan() => f64::NAN,
            Self::Every(step) => (value / step).floor(),
            Self::At(levels) => levels.iter().filter(|level| **level <= value).count() as f64,
        }
    }
}

/// Draws contour lines: a mask of the pixels at or above a level that are 4-connected to one below
/// it. NaN is neither above nor below.
pub fn contours(image: &Video, levels: &Levels) -> Result<Video> {
    let [height, width] = *image.shape() else {
        bail!(
            "contours needs an image, got a {} of shape {}",
            image.kind(),
            shape_text(image.shape())
        );
    };
    match levels {
        Levels::Every(step) if !(*step > 0.0 && step.is_finite()) => {
            bail!("contours needs `levels` to be a number > 0 or an array of numbers, got {step}")
        }
        _ => {}
    }
    let below: Vec<f64> = read_all::<f64>(image)
        .iter()
        .map(|v| levels.below(*v))
        .collect();
    let mut lines = vec![false; below.len()];
    let mut compare = |a: usize, b: usize| {
        lines[a] |= below[a] > below[b];
        lines[b] |= below[b] > below[a];
    };
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            if x + 1 < width {
                compare(at, at + 1);
            }
            if y + 1 < height {
                compare(at, at + width);
            }
        }
    }
    Ok(image.with_samples(Strided::from_vec(&[height, width], lines)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{ramp, values, video};

    #[test]
    fn lines_run_along_the_upper_side_of_levels() {
        let slope = video(
            &[2, 5],
            vec![0.0f32, 1.0, 2.0, 3.0, 4.0, 0.0, 1.0, 2.0, 3.0, 4.0],
        );
        let at = |levels: Levels| values(&contours(&slope, &levels).unwrap())[..5].to_vec();
        assert_eq!(at(Levels::At(vec![1.5])), [0.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(at(Levels::Every(2.0)), [0.0, 0.0, 1.0, 0.0, 1.0]);
        assert_eq!(at(Levels::At(vec![])), [0.0; 5]);
    }

    #[test]
    fn gaps_have_no_border() {
        let hole = video(&[1, 4], vec![f32::NAN, 5.0, 5.0, f32::NAN]);
        assert_eq!(
            values(&contours(&hole, &Levels::Every(1.0)).unwrap()),
            [0.0; 4]
        );
        assert!(contours(&ramp(&[3]), &Levels::Every(1.0)).is_err());
        assert!(contours(&hole, &Levels::Every(0.0)).is_err());
        assert_eq!(
            contours(&ramp(&[0, 3]), &Levels::Every(1.0))
                .unwrap()
                .shape(),
            [0, 3]
        );
    }
}
