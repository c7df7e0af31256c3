//! Ratio of two videos.

use crate::bail;
use crate::error::Result;
use crate::ops::kernel::{Kernel, OutputFrame, make_frames};
use crate::video::{Real, Samples, Video, shape_text};

/// Divides two videos sample by sample. Division by 0 gives NaN. Samples of 8 and 16 bits give
/// `float32`, wider ones `float64`.
pub fn ratio(numerator: &Video, denominator: &Video) -> Result<Video> {
    if numerator.shape() != denominator.shape() {
        bail!(
            "ratio needs two videos of the same shape, got {} and {}",
            shape_text(numerator.shape()),
            shape_text(denominator.shape())
        );
    }
    let kernel = Divide {
        denominator: denominator.samples().clone(),
    };
    match numerator.dtype().is_wide() || denominator.dtype().is_wide() {
        true => make_frames::<f64>("dividing", numerator, kernel),
        false => make_frames::<f32>("dividing", numerator, kernel),
    }
}

/// Divides frames by those of another video.
struct Divide {
    denominator: Samples,
}

impl<R: Real> Kernel<OutputFrame<'_, R>> for Divide {
    #[inline(always)]
    fn run(&self, mut frame: OutputFrame<'_, R>) {
        let (index, len) = (frame.frame, frame.results.len());
        frame.read(index);
        frame.scratch.resize(len, R::zero());
        self.denominator
            .read_frames(index..index + 1, 0..len, frame.scratch);
        for (result, divisor) in frame.results.iter_mut().zip(frame.scratch) {
            let quotient = *result / *divisor;
            *result = if *divisor == R::zero() {
                R::nan()
            } else {
                quotient
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, noise, values, video};
    use crate::video::DType;

    #[test]
    fn samples_are_divided_by_their_partners() {
        let a = video(&[2, 1, 2], vec![6u16, 5, 4, 3]);
        let b = video(&[2, 1, 2], vec![2u8, 0, 8, 3]);
        let quotients = ratio(&a, &b).unwrap();
        assert_eq!(quotients.dtype(), DType::F32);
        let quotients = values(&quotients);
        assert_eq!([quotients[0], quotients[2], quotients[3]], [3.0, 0.5, 1.0]);
        assert!(quotients[1].is_nan());
        assert!(ratio(&a, &video(&[1, 2, 2], vec![1u8; 4])).is_err());
    }

    #[test]
    fn results_do_not_depend_on_the_threads() {
        let a = video(&[40, 7, 9], noise(40 * 63, 1));
        let b = video(&[40, 7, 9], noise(40 * 63, 2));
        check_threads(|| ratio(&a, &b));
    }
}
