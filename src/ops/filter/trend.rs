//! Detrending of the traces of pixels: subtracts a polynomial or a moving average.

use crate::bail;
use crate::error::{Result, counted};
use crate::ops::kernel::{Kernel, TraceBlock, map_traces};
use crate::video::{Real, Video};

/// Maximum order of a polynomial.
const MAX_ORDER: usize = 20;

/// Model of the trend of a trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trend {
    /// Least-squares polynomial of this order.
    Polynomial(usize),
    /// Moving average of this many frames around each; an even number acts like the next odd one.
    Window(usize),
}

/// Subtracts its trend from the trace of each pixel. Samples of 8 and 16 bits give `float32`, wider
/// ones `float64`.
pub fn detrend(video: Video, trend: Trend) -> Result<Video> {
    match video.dtype().is_wide() {
        true => subtract::<f64>(video, trend),
        false => subtract::<f32>(video, trend),
    }
}

fn subtract<R: Real>(video: Video, trend: Trend) -> Result<Video> {
    let frames = video.len();
    match trend {
        Trend::Polynomial(order) if order > MAX_ORDER => {
            bail!("detrend needs `order` to be at most {MAX_ORDER}, got {order}")
        }
        Trend::Polynomial(order) if order >= frames => {
            let least = counted(order, "frame");
            bail!("detrend needs more than {least} for `order` {order}, got {frames}")
        }
        Trend::Polynomial(order) => {
            let basis = polynomials(order, frames);
            map_traces::<R>("detrending", video, Polynomial { basis })
        }
        Trend::Window(window) => {
            if window == 0 {
                bail!("detrend needs `window` to be at least 1, got 0");
            }
            let reach = (window / 2).min(frames);
            map_traces::<R>("detrending", video, MovingMean { reach })
        }
    }
}

/// Orthonormal polynomials over the frames, up to an order (Forsythe 1957): each is the one before
/// times the time, minus its projection onto the others.
pub(in crate::ops) fn polynomials(order: usize, frames: usize) -> Vec<Vec<f64>> {
    let time = |frame: usize| 2.0 * frame as f64 / (frames.max(2) - 1) as f64 - 1.0;
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(order + 1);
    for _ in 0..=order {
        let mut next: Vec<f64> = match basis.last() {
            None => vec![1.0; frames],
            Some(last) => {
                let last = last.iter().enumerate();
                last.map(|(frame, value)| time(frame) * value).collect()
            }
        };
        // Twice, to remove what rounding leaves the first time.
        for known in basis.iter().chain(&basis) {
            let part = dot(&next, known);
            for (next, known) in next.iter_mut().zip(known) {
                *next -= part * known;
            }
        }
        let length = dot(&next, &next).sqrt();
        next.iter_mut().for_each(|value| *value /= length);
        basis.push(next);
    }
    basis
}

pub(in crate::ops) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Subtracts the polynomial part of traces.
struct Polynomial {
    basis: Vec<Vec<f64>>,
}

impl<R: Real> Kernel<TraceBlock<'_, R>> for Polynomial {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let pixels = traces.pixels;
        let mut parts = vec![0.0; self.basis.len() * pixels];
        for (frame, row) in traces.samples.chunks_exact(pixels).enumerate() {
            for (polynomial, parts) in self.basis.iter().zip(parts.chunks_exact_mut(pixels)) {
                let weight = polynomial[frame];
                for (part, sample) in parts.iter_mut().zip(row) {
                    *part += weight * f64::from_element(*sample);
                }
            }
        }
        let mut trend = vec![0.0; pixels];
        for (frame, row) in traces.samples.chunks_exact(pixels).enumerate() {
            trend.fill(0.0);
            for (polynomial, parts) in self.basis.iter().zip(parts.chunks_exact(pixels)) {
                let weight = polynomial[frame];
                for (trend, part) in trend.iter_mut().zip(parts) {
                    *trend += weight * part;
                }
            }
            subtract_row(traces.results.frame(frame), row, &trend);
        }
    }
}

/// Subtracts the mean of up to `reach` frames before and after each, fewer at the ends. Samples
/// that are not finite are ignored.
struct MovingMean {
    reach: usize,
}

impl<R: Real> Kernel<TraceBlock<'_, R>> for MovingMean {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let (pixels, samples) = (traces.pixels, traces.samples);
        let frames = samples.len() / pixels;
        let row = |frame: usize| &samples[frame * pixels..][..pixels];
        let (mut sums, mut counts) = (vec![0.0; pixels], vec![0.0; pixels]);
        let mut trend = vec![0.0; pixels];
        for frame in 0..self.reach.min(frames) {
            add(&mut sums, &mut counts, row(frame), 1.0);
        }
        for frame in 0..frames {
            if frame + self.reach < frames {
                add(&mut sums, &mut counts, row(frame + self.reach), 1.0);
            }
            if frame > self.reach {
                add(&mut sums, &mut counts, row(frame - self.reach - 1), -1.0);
            }
            for ((trend, sum), count) in trend.iter_mut().zip(&sums).zip(&counts) {
                *trend = sum / count;
            }
            subtract_row(traces.results.frame(frame), row(frame), &trend);
        }
    }
}

/// Adds the finite samples of a row to sums, or subtracts them.
#[inline(always)]
fn add<R: Real>(sums: &mut [f64], counts: &mut [f64], row: &[R], sign: f64) {
    for ((sum, count), sample) in sums.iter_mut().zip(counts).zip(row) {
        let is_finite = sample.is_finite();
        *sum += if is_finite {
            sign * f64::from_element(*sample)
        } else {
            0.0
        };
        *count += if is_finite { sign } else { 0.0 };
    }
}

#[inline(always)]
fn subtract_row<R: Real>(results: &mut [R], row: &[R], trend: &[f64]) {
    for ((result, sample), trend) in results.iter_mut().zip(row).zip(trend) {
        *result = R::from_f64(f64::from_element(*sample) - trend);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, values, video};

    #[track_caller]
    fn check(order: usize, expected: [f64; 5]) {
        let at = |t: usize| {
            let t = t as f64;
            (0.7 * t).sin() + 0.5 * (0.11 * t).cos() + 0.02 * t
        };
        let trace = video(&[40], (0..40).map(at).collect());
        let values = values(&detrend(trace, Trend::Polynomial(order)).unwrap());
        for (frame, expected) in [0, 1, 10, 20, 39].into_iter().zip(expected) {
            assert!((values[frame] - expected).abs() < 2e-8, "{}", values[frame]);
        }
    }

    /// Frames 0, 1, 10, 20 and 39 of `scipy.signal.detrend`, and of the residuals of
    /// `numpy.polynomial.Polynomial.fit`.
    #[test]
    fn polynomials_are_those_of_numpy() {
        check(
            1,
            [
                -0.00484256772,
                0.664090518,
                0.656315587,
                0.74626122,
                1.19927165,
            ],
        );
        check(
            2,
            [
                -0.588744616,
                0.170019554,
                0.757966551,
                1.06067002,
                0.615369598,
            ],
        );
        check(
            5,
            [
                -0.496662705,
                0.21538921,
                0.784163174,
                0.886339601,
                -0.191552181,
            ],
        );
    }

    #[test]
    fn a_polynomial_of_high_order_goes_through_all_samples() {
        let trace = video(&[21, 2], noise(42, 1));
        let left = values(&detrend(trace, Trend::Polynomial(20)).unwrap());
        assert!(left.iter().all(|value| value.abs() < 1e-6));
    }

    #[test]
    fn windows_are_cut_off_at_the_ends_and_skip_what_is_not_finite() {
        let trace = |samples: Vec<f64>| video(&[samples.len()], samples);
        let left = detrend(trace(vec![1.0, 2.0, 6.0, 4.0]), Trend::Window(3)).unwrap();
        assert_eq!(values(&left), [-0.5, -1.0, 2.0, -1.0]);
        let gap = trace(vec![1.0, f64::NAN, 6.0, f64::INFINITY, 2.0]);
        let left = values(&detrend(gap, Trend::Window(2)).unwrap());
        assert_eq!((left[0], left[2], left[4]), (0.0, 0.0, 0.0));
        assert!(left[1].is_nan() && left[3].is_infinite());
        let whole = detrend(trace(vec![1.0, 2.0, 6.0]), Trend::Window(1 << 60)).unwrap();
        assert_eq!(values(&whole), [-2.0, -1.0, 3.0]);
    }

    #[test]
    fn wide_ints_keep_their_digits() {
        let samples = (0..5).map(|t| 4_000_000_000 + u32::from(t == 2));
        let left = detrend(video(&[5], samples.collect()), Trend::Polynomial(0)).unwrap();
        for (value, expected) in values(&left).iter().zip([-0.2, -0.2, 0.8, -0.2, -0.2]) {
            assert!((value - expected).abs() < 1e-5, "{value}");
        }
    }

    #[test]
    fn what_cannot_be_detrended_is_named() {
        let fail = |trend| detrend(video(&[3], vec![1.0f32; 3]), trend).unwrap_err();
        assert!(
            fail(Trend::Polynomial(3))
                .message()
                .contains("more than 3 frames")
        );
        assert!(fail(Trend::Polynomial(99)).message().contains("at most 20"));
        assert!(fail(Trend::Window(0)).message().contains("at least 1"));
    }

    #[test]
    fn results_do_not_depend_on_the_threads() {
        for trend in [Trend::Polynomial(2), Trend::Window(7)] {
            let samples = video(&[50, 9, 17], noise(50 * 9 * 17, 3));
            check_threads(|| detrend(samples.clone(), trend));
            check_reuse(samples, |video| detrend(video, trend));
        }
    }
}
