//! Detrending of the traces of pixels: subtracts a polynomial, a spline or a moving average.

use super::spline::CubicSpline;
use crate::bail;
use crate::error::{Result, counted};
use crate::ops::kernel::{Kernel, TraceBlock, map_traces, subtract_row};
use crate::video::{Real, Video};

/// Maximum order of a polynomial.
const MAX_ORDER: usize = 20;

/// Model of the trend of a trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trend {
    /// Least-squares polynomial of this order.
    Polynomial(usize),
    /// Least-squares cubic spline with this many equally spaced knots between the first and the last
    /// frame.
    Spline(usize),
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
        Trend::Spline(knots) => {
            let least = knots.saturating_add(4);
            if frames < least {
                bail!("detrend needs at least {least} frames for {knots} `knots`, got {frames}");
            }
            map_traces::<R>("detrending", video, CubicSpline::new(knots, frames))
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
///
/// A sum that frames enter and leave would keep the rounding errors of large samples. Here the
/// frames are divided into runs as long as a window, which then consists of the end of one run and
/// the beginning of the next; the sums of both only grow.
struct MovingMean {
    reach: usize,
}

impl<R: Real> Kernel<TraceBlock<'_, R>> for MovingMean {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let (pixels, samples, window) = (traces.pixels, traces.samples, 2 * self.reach + 1);
        let frames = samples.len() / pixels;
        // The windows of the first frames begin `reach` frames before the video.
        let row = |position: usize| {
            let frame = position.checked_sub(self.reach);
            let frame = frame.filter(|frame| *frame < frames);
            frame.map(|frame| &samples[frame * pixels..][..pixels])
        };
        let mut ends = vec![Sums::new(pixels); window];
        let (mut beginning, mut trend) = (Sums::new(pixels), vec![0.0; pixels]);
        for start in (0..frames).step_by(window) {
            let mut sums = Sums::new(pixels);
            for (offset, end) in ends.iter_mut().enumerate().rev() {
                sums.add(row(start + offset));
                end.copy_from(&sums);
            }
            beginning.clear();
            for (frame, end) in (start..frames).zip(&ends) {
                if frame > start {
                    beginning.add(row(frame + window - 1));
                }
                beginning.mean_with(end, &mut trend);
                let sample_row = &samples[frame * pixels..][..pixels];
                subtract_row(traces.results.frame(frame), sample_row, &trend);
            }
        }
    }
}

/// Sums of the finite samples of some rows.
#[derive(Clone)]
struct Sums {
    sums: Vec<f64>,
    counts: Vec<f64>,
}

impl Sums {
    fn new(pixels: usize) -> Self {
        Self {
            sums: vec![0.0; pixels],
            counts: vec![0.0; pixels],
        }
    }

    fn copy_from(&mut self, other: &Self) {
        self.sums.copy_from_slice(&other.sums);
        self.counts.copy_from_slice(&other.counts);
    }

    fn clear(&mut self) {
        self.sums.fill(0.0);
        self.counts.fill(0.0);
    }

    #[inline(always)]
    fn add<R: Real>(&mut self, row: Option<&[R]>) {
        let numbers = self.sums.iter_mut().zip(&mut self.counts);
        for ((sum, count), sample) in numbers.zip(row.unwrap_or_default()) {
            let is_finite = sample.is_finite();
            *sum += if is_finite {
                f64::from_element(*sample)
            } else {
                0.0
            };
            *count += f64::from(u8::from(is_finite));
        }
    }

    #[inline(always)]
    fn mean_with(&self, other: &Self, means: &mut [f64]) {
        let sums = self.sums.iter().zip(&other.sums).map(|(a, b)| a + b);
        let counts = self.counts.iter().zip(&other.counts).map(|(a, b)| a + b);
        for ((mean, sum), count) in means.iter_mut().zip(sums).zip(counts) {
            *mean = sum / count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, values, video};

    #[track_caller]
    fn check(trend: Trend, expected: [f64; 5]) {
        let at = |t: usize| {
            let t = t as f64;
            (0.7 * t).sin() + 0.5 * (0.11 * t).cos() + 0.02 * t
        };
        let trace = video(&[40], (0..40).map(at).collect());
        let values = values(&detrend(trace, trend).unwrap());
        for (frame, expected) in [0, 1, 10, 20, 39].into_iter().zip(expected) {
            assert!((values[frame] - expected).abs() < 2e-8, "{}", values[frame]);
        }
    }

    /// Frames 0, 1, 10, 20 and 39 of `scipy.signal.detrend`, and of the residuals of
    /// `numpy.polynomial.Polynomial.fit`.
    #[test]
    fn polynomials_are_those_of_numpy() {
        check(
            Trend::Polynomial(1),
            [
                -0.00484256772,
                0.664090518,
                0.656315587,
                0.74626122,
                1.19927165,
            ],
        );
        check(
            Trend::Polynomial(2),
            [
                -0.588744616,
                0.170019554,
                0.757966551,
                1.06067002,
                0.615369598,
            ],
        );
        check(
            Trend::Polynomial(5),
            [
                -0.496662705,
                0.21538921,
                0.784163174,
                0.886339601,
                -0.191552181,
            ],
        );
    }

    /// The same frames of the residuals of `scipy.interpolate.LSQUnivariateSpline` with the knots
    /// `linspace(0, 39, knots + 2)[1:-1]`.
    #[test]
    fn splines_are_those_of_scipy() {
        check(
            Trend::Spline(0),
            [
                -0.33791802,
                0.343668736,
                0.628120766,
                1.07162087,
                0.364543001,
            ],
        );
        check(
            Trend::Spline(3),
            [
                -0.710804249,
                0.195897645,
                0.641907976,
                1.03837618,
                -0.390205561,
            ],
        );
        check(
            Trend::Spline(10),
            [
                0.0111068252,
                -0.0371661808,
                -0.13742149,
                0.139235278,
                0.0407378888,
            ],
        );
        check(Trend::Spline(36), [0.0; 5]);
    }

    #[test]
    fn splines_are_fitted_to_each_pixel() {
        let cubic = |t: f64, pixel: f64| pixel + 0.1 * t - 0.02 * t * t + 1e-3 * t.powi(3);
        let samples = (0..60).flat_map(|t| (0..70).map(move |pixel| (f64::from(t), pixel)));
        let samples = samples
            .map(|(t, pixel)| cubic(t, f64::from(pixel)))
            .collect();
        let left = values(&detrend(video(&[60, 7, 10], samples), Trend::Spline(5)).unwrap());
        assert!(left.iter().all(|value| value.abs() < 1e-9));
        let mut broken: Vec<f32> = noise(60 * 3, 8);
        broken[90] = f32::NAN;
        let left = values(&detrend(video(&[60, 3], broken), Trend::Spline(5)).unwrap());
        for (index, value) in left.iter().enumerate() {
            assert_eq!(value.is_nan(), index % 3 == 0);
        }
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
    fn a_huge_sample_matters_only_to_its_windows() {
        let samples = vec![1e20, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let left = detrend(video(&[7], samples), Trend::Window(3)).unwrap();
        assert_eq!(values(&left)[2..], [0.0, 0.0, 0.0, 0.0, 0.5]);
        let noise: Vec<f32> = noise(50 * 3, 4);
        for window in [1, 3, 9, 49, 120] {
            let left =
                values(&detrend(video(&[50, 3], noise.clone()), Trend::Window(window)).unwrap());
            for (index, value) in left.into_iter().enumerate() {
                let (frame, pixel) = (index / 3, index % 3);
                let around = frame.saturating_sub(window / 2)..(frame + window / 2 + 1).min(50);
                let count = around.len() as f64;
                let mean = around.map(|t| f64::from(noise[3 * t + pixel])).sum::<f64>() / count;
                assert!((value - (f64::from(noise[index]) - mean)).abs() < 1e-6);
            }
        }
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
        assert!(
            fail(Trend::Spline(0))
                .message()
                .contains("at least 4 frames for 0 `knots`")
        );
        assert!(fail(Trend::Spline(usize::MAX)).message().contains("got 3"));
    }

    #[test]
    fn results_do_not_depend_on_the_threads() {
        for trend in [Trend::Polynomial(2), Trend::Spline(6), Trend::Window(7)] {
            let samples = video(&[50, 9, 17], noise(50 * 9 * 17, 3));
            check_threads(|| detrend(samples.clone(), trend));
            check_reuse(samples, |video| detrend(video, trend));
        }
    }
}
