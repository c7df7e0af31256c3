//! Averages that ignore NaN: NaN samples, such as those outside of a mask, are left out instead of
//! spreading, and stay NaN.

use super::mean::{self, MeanFilter, has_nan};
use super::smooth;
use crate::error::Result;
use crate::ops::array::create::full;
use crate::ops::array::elementwise::{
    Arithmetic, Operand, arithmetic, astype, fill_nan, isnan, not,
};
use crate::ops::array::index::{self, Index};
use crate::ops::expect_gray_frames;
use crate::ops::kernel::border::Border;
use crate::video::{Number, Video};

/// [`smooth::smooth_spatiotemporal`], ignoring NaN.
pub fn smooth_spatiotemporal(
    video: Video,
    sigma_temporal: f64,
    sigma_spatial: f64,
) -> Result<Video> {
    expect_gray_frames(&video, "smooth_spatiotemporal")?;
    average_present(video, Border::Reflect, |video| {
        smooth::smooth_spatiotemporal(video, sigma_temporal, sigma_spatial)
    })
}

/// [`mean::mean_filter`], ignoring NaN.
pub fn mean_filter(video: Video, options: &MeanFilter) -> Result<Video> {
    expect_gray_frames(&video, "mean_filter")?;
    average_present(video, options.mode, |video| {
        mean::mean_filter(video, options)
    })
}

/// Applies an averaging filter with nonnegative weights to the samples that are not NaN.
///
/// With w = 0 for NaN samples and 1 otherwise, the result is filter(w · video) / filter(w), the
/// normalized convolution (Knutsson & Westin 1993). Samples that `border` adds beyond the edges
/// count as present. Without NaN samples this is the filter itself.
fn average_present(
    video: Video,
    border: Border,
    filter: impl Fn(Video) -> Result<Video>,
) -> Result<Video> {
    if !has_nan::<f64>(&video)? {
        return filter(video);
    }
    let dtype = video.dtype();
    let missing = isnan(&video)?;
    let mut weights = filter(astype(not(missing.clone())?, dtype)?)?;
    if border == Border::Constant {
        let inside = filter(full(video.shape(), Number::Int(1), dtype)?)?;
        let outside = arithmetic(
            Arithmetic::Subtract,
            Operand::Int(1),
            Operand::Array(inside),
        )?;
        weights = arithmetic(
            Arithmetic::Add,
            Operand::Array(weights),
            Operand::Array(outside),
        )?;
    }
    let sums = filter(fill_nan(video, 0.0)?)?;
    let mut means = arithmetic(
        Arithmetic::Divide,
        Operand::Array(sums),
        Operand::Array(weights),
    )?;
    index::set(
        &mut means,
        &[Index::Mask(missing)],
        &Operand::Float(f64::NAN),
    )?;
    Ok(means)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{noise, values, video};
    use crate::video::DType;

    const SHAPE: [usize; 3] = [6, 9, 11];

    /// Noise with a hole of NaN samples.
    fn holed() -> Vec<f64> {
        let mut samples: Vec<f64> = noise(6 * 9 * 11, 5).iter().map(|v| f64::from(*v)).collect();
        for (at, sample) in samples.iter_mut().enumerate() {
            let (y, x) = (at / 11 % 9, at % 11);
            if y < 4 && x < 5 || at == 300 {
                *sample = f64::NAN;
            }
        }
        samples
    }

    fn smoothed(video: Video) -> Vec<f64> {
        values(&smooth_spatiotemporal(video, 1.0, 1.5).unwrap())
    }

    fn smoothed_plainly(video: Video) -> Vec<f64> {
        values(&smooth::smooth_spatiotemporal(video, 1.0, 1.5).unwrap())
    }

    /// Weighted mean around each sample that is not NaN, with the weights of the filter's impulse
    /// response.
    #[test]
    fn means_are_those_of_the_samples_that_are_there() {
        let samples = holed();
        let found = smoothed(video(&SHAPE, samples.clone()));
        for index in [0, 59, 200, 299, 301, 593] {
            let weight = |other: usize| {
                let mut spot = vec![0.0; samples.len()];
                spot[other] = 1.0;
                smoothed_plainly(video(&SHAPE, spot))[index]
            };
            let there = (0..samples.len()).filter(|other| !samples[*other].is_nan());
            let (sum, weights) = there.fold((0.0, 0.0), |(sum, weights), other| {
                let weight = weight(other);
                (sum + weight * samples[other], weights + weight)
            });
            match samples[index].is_nan() {
                true => assert!(found[index].is_nan()),
                false => assert!((found[index] - sum / weights).abs() < 1e-9, "{index}"),
            }
        }
    }

    #[test]
    fn a_constant_stays_one_beside_a_hole() {
        let constant: Vec<f32> = holed()
            .iter()
            .map(|v| if v.is_nan() { f32::NAN } else { 7.0 })
            .collect();
        let smoothed = smooth_spatiotemporal(video(&SHAPE, constant.clone()), 1.0, 1.5).unwrap();
        assert_eq!(smoothed.dtype(), DType::F32);
        for (found, before) in values(&smoothed).iter().zip(&constant) {
            assert!(before.is_nan() && found.is_nan() || (found - 7.0).abs() < 1e-5);
        }
    }

    #[test]
    fn without_holes_the_filter_is_itself() {
        let whole = || video(&SHAPE, noise(6 * 9 * 11, 2));
        assert_eq!(smoothed(whole()), smoothed_plainly(whole()));
    }

    #[test]
    fn boxes_count_what_is_beyond_the_edges() {
        let samples = vec![f64::NAN, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        for (mode, edge) in [
            // Samples beyond the edges are 0, those of the hole are left out.
            (Border::Constant, (1.0 + 2.0 + 4.0 + 5.0 + 3.0) / 8.0),
            (
                Border::Nearest,
                (1.0 + 2.0 + 3.0 + 4.0 + 5.0 + 1.0 + 2.0) / 7.0,
            ),
        ] {
            let options = MeanFilter {
                size_temporal: 1,
                size_spatial: 3,
                mode,
            };
            let found = values(&mean_filter(video(&[1, 3, 3], samples.clone()), &options).unwrap());
            assert!(found[0].is_nan());
            assert!(
                (found[1] - edge).abs() < 1e-12,
                "{mode:?}: {} for {edge}",
                found[1]
            );
        }
    }
}
