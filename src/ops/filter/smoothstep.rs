//! Smoothstep function from 0 to 1.

use crate::bail;
use crate::error::Result;
use crate::ops::kernel::{Kernel, map_samples};
use crate::video::{Real, Video};

/// Maximum order whose coefficients single precision can hold.
const MAX_ORDER: i64 = 60;

/// Number of samples computed in parallel lanes.
const LANES: usize = 32;

/// Maps samples from `vmin` to `vmax` to the polynomial of degree 2n + 1 that rises from 0 to 1 and
/// whose first n derivatives vanish at both ends; samples outside become 0 or 1.
pub fn smoothstep(video: Video, vmin: f64, vmax: f64, order: i64) -> Result<Video> {
    if order > MAX_ORDER {
        bail!("smoothstep needs `N` to be at most {MAX_ORDER}, got {order}");
    }
    match video.dtype().is_wide() {
        true => map_samples("clamping", video, SmoothStep::<f64>::new(vmin, vmax, order)),
        false => map_samples("clamping", video, SmoothStep::<f32>::new(vmin, vmax, order)),
    }
}

/// Polynomial of order n in the form xⁿ⁺¹ · Σ C(n+k, k) · (1 − x)ᵏ with k = 0 … n, whose terms are
/// all positive, so that nothing cancels.
struct SmoothStep<R> {
    vmin: R,
    width: R,
    /// Coefficients, the last one first; without any, the step is 0.
    coefficients: Vec<R>,
}

impl<R: Real> SmoothStep<R> {
    fn new(vmin: f64, vmax: f64, order: i64) -> Self {
        let mut coefficients = Vec::new();
        let mut coefficient = 1.0;
        for k in 0..=order {
            coefficients.push(R::from_f64(coefficient));
            coefficient *= (order + k + 1) as f64 / (k + 1) as f64;
        }
        coefficients.reverse();
        Self {
            vmin: R::from_f64(vmin),
            width: R::from_f64(vmax - vmin),
            coefficients,
        }
    }
}

impl<R: Real> Kernel<&mut [R]> for SmoothStep<R> {
    #[inline(always)]
    fn run(&self, samples: &mut [R]) {
        if self.coefficients.is_empty() {
            return samples.fill(R::zero());
        }
        let (blocks, rest) = samples.as_chunks_mut::<LANES>();
        for block in blocks {
            self.step(block);
        }
        for sample in rest {
            self.step(std::array::from_mut(sample));
        }
    }
}

impl<R: Real> SmoothStep<R> {
    #[inline(always)]
    fn step<const N: usize>(&self, samples: &mut [R; N]) {
        let mut x = *samples;
        for x in &mut x {
            let fraction = (*x - self.vmin) / self.width;
            // Unlike `max` and `min`, comparisons keep NaN.
            let fraction = if fraction <= R::zero() {
                R::zero()
            } else {
                fraction
            };
            *x = if fraction > R::one() {
                R::one()
            } else {
                fraction
            };
        }
        let (mut sums, mut powers) = ([R::zero(); N], [R::one(); N]);
        for coefficient in &self.coefficients {
            for lane in 0..N {
                sums[lane] = sums[lane] * (R::one() - x[lane]) + *coefficient;
                powers[lane] *= x[lane];
            }
        }
        for lane in 0..N {
            samples[lane] = powers[lane] * sums[lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, values, video};

    #[test]
    fn steps_are_the_known_polynomials() {
        let x = [-1.0f64, 0.0, 0.25, 0.5, 1.0, 7.0];
        let step = |order| values(&smoothstep(video(&[6], x.to_vec()), 0.0, 1.0, order).unwrap());
        assert_eq!(step(0), [0.0, 0.0, 0.25, 0.5, 1.0, 1.0]);
        assert_eq!(step(1), [0.0, 0.0, 0.15625, 0.5, 1.0, 1.0]);
        let fifth = |x: f64| x.powi(3) * (x * (6.0 * x - 15.0) + 10.0);
        assert_eq!(step(2), [0.0, 0.0, fifth(0.25), 0.5, 1.0, 1.0]);
        assert_eq!(step(-1), [0.0; 6]);
        assert!((step(60)[3] - 0.5).abs() < 1e-12);
    }

    #[test]
    fn unsigned_samples_below_the_range_are_zero() {
        let counts = video(&[3], vec![0u16, 150, 65535]);
        assert_eq!(
            values(&smoothstep(counts, 100.0, 200.0, 2).unwrap()),
            [0.0, 0.5, 1.0]
        );
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        let samples = video(&[3], vec![f32::NAN, f32::NEG_INFINITY, f32::INFINITY]);
        let stepped = values(&smoothstep(samples, 0.0, 1.0, 2).unwrap());
        assert!(stepped[0].is_nan());
        assert_eq!(stepped[1..], [0.0, 1.0]);
    }

    #[test]
    fn temporaries_are_reused_on_any_number_of_threads() {
        let samples = video(&[3, 40, 50], noise(6000, 1));
        check_threads(|| smoothstep(samples.clone(), 0.2, 0.8, 2));
        check_reuse(samples, |v| smoothstep(v, 0.2, 0.8, 2));
    }
}
