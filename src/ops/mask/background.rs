//! Background and foreground by a threshold of their brightness.

use crate::error::Result;
use crate::ops::array::elementwise::{Comparison, Operand, compare};
use crate::ops::array::reduce;
use crate::video::Video;

/// Samples at or below a threshold; default: that of generalized histogram thresholding. NaN is
/// neither background nor foreground.
pub fn background_mask(image: &Video, threshold: Option<f64>) -> Result<Video> {
    divide("background_mask", image, threshold, Comparison::LessOrEqual)
}

/// Samples above a threshold; default: that of generalized histogram thresholding.
pub fn foreground_mask(image: &Video, threshold: Option<f64>) -> Result<Video> {
    divide("foreground_mask", image, threshold, Comparison::Greater)
}

fn divide(
    function: &'static str,
    image: &Video,
    threshold: Option<f64>,
    comparison: Comparison,
) -> Result<Video> {
    let threshold = match threshold {
        Some(threshold) => threshold,
        None => reduce::ght(function, image)?,
    };
    compare(
        comparison,
        Operand::Array(image.clone()),
        Operand::Float(threshold),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{noise, values, video};

    /// Dim noise with a standard deviation of 3, and bright tissue of a tenth of the pixels.
    fn counts() -> Vec<u16> {
        let numbers = noise(40_000, 7);
        let normal = |i: usize| (0..12).map(|k| numbers[(i * 12 + k) % 40_000]).sum::<f32>() - 6.0;
        let count = |i: usize| match i % 10 {
            0 => 400.0 + 60.0 * normal(i),
            _ => 100.0 + 3.0 * normal(i),
        };
        (0..3000).map(|i| count(i) as u16).collect()
    }

    #[test]
    fn two_distributions_are_told_apart() {
        let counts = counts();
        let image = video(&[30, 100], counts.clone());
        let found = values(&foreground_mask(&image, None).unwrap());
        assert!((0..3000).all(|i| (found[i] > 0.0) == (i % 10 == 0)));
        let floats: Vec<f32> = counts.iter().map(|v| f32::from(*v) / 1000.0).collect();
        let image = video(&[30, 100], floats);
        let found = values(&background_mask(&image, None).unwrap());
        assert!((0..3000).all(|i| (found[i] > 0.0) == (i % 10 != 0)));
    }

    #[test]
    fn every_number_is_one_or_the_other() {
        let image = video(&[5], vec![1.0, 2.0, f64::NAN, 3.0, 2.0]);
        let below = values(&background_mask(&image, Some(2.0)).unwrap());
        let above = values(&foreground_mask(&image, Some(2.0)).unwrap());
        assert_eq!(below, [1.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(above, [0.0, 0.0, 0.0, 1.0, 0.0]);
        let same = video(&[3], vec![7u8; 3]);
        assert_eq!(values(&foreground_mask(&same, None).unwrap()), [0.0; 3]);
        assert!(background_mask(&video(&[1], vec![f32::NAN]), None).is_err());
    }

    #[test]
    fn what_has_no_light_or_too_much_says_nothing() {
        let dim = (0..410).map(|i| 20 + (i % 41) as u8);
        let bright = (0..205).map(|i| 150 + (i % 41) as u8);
        let samples: Vec<u8> = dim
            .chain(bright)
            .chain([0; 300])
            .chain([255; 300])
            .collect();
        let found = foreground_mask(&video(&[1215], samples.clone()), None).unwrap();
        let expected: Vec<f64> = samples
            .iter()
            .map(|v| f64::from(u8::from(*v > 100)))
            .collect();
        assert_eq!(values(&found), expected);
    }
}
