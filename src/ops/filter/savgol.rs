//! Savitzky–Golay filter: polynomials fitted to the samples around each frame.

use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::ops::kernel::border::Border;
use crate::ops::kernel::{Kernel, TraceBlock, map_traces};
use crate::video::{Real, Video};

/// Treatment of the frames near the ends, named as in SciPy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SavgolMode {
    /// Takes their values from the polynomials of the first and last window.
    Interp,
    /// Extends the trace.
    Extend(Border),
}

impl Choice for SavgolMode {
    const NOUN: &'static str = "the name of a mode";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("interp", Self::Interp),
        ("mirror", Self::Extend(Border::Mirror)),
        ("nearest", Self::Extend(Border::Nearest)),
        ("wrap", Self::Extend(Border::Wrap)),
        ("constant", Self::Extend(Border::Constant)),
    ];
}

/// Options of [`savgol_filter`].
#[derive(Debug, Clone, PartialEq)]
pub struct SavgolFilter {
    /// Number of frames that each polynomial is fitted to.
    pub window_length: usize,
    /// Degree of the polynomials.
    pub polyorder: usize,
    /// Order of the derivative to compute.
    pub deriv: usize,
    /// Time between frames, for derivatives.
    pub delta: f64,
    /// Treatment of the frames near the ends.
    pub mode: SavgolMode,
}

/// Highest degree of the polynomials.
const MAX_ORDER: usize = 20;

/// Longest window.
const MAX_WINDOW: usize = 65_535;

/// Smooths or differentiates the trace of each pixel (Savitzky & Golay 1964). Samples of 8 and 16
/// bits give `float32`, wider ones `float64`. NaN propagates to the windows that contain it.
pub fn savgol_filter(video: Video, options: &SavgolFilter) -> Result<Video> {
    options.check(video.len())?;
    match video.dtype().is_wide() {
        true => filter::<f64>(video, options),
        false => filter::<f32>(video, options),
    }
}

fn filter<R: Real>(video: Video, options: &SavgolFilter) -> Result<Video> {
    let kernel = Savgol::new(options, video.len());
    map_traces::<R>("smoothing", video, kernel)
}

impl SavgolFilter {
    fn check(&self, frames: usize) -> Result<()> {
        let (window, order) = (self.window_length, self.polyorder);
        if window.is_multiple_of(2) || window > MAX_WINDOW {
            bail!("savgol_filter needs `window_length` to be odd and at most 65535, got {window}");
        }
        if order >= window || order > MAX_ORDER {
            bail!(
                "savgol_filter needs `polyorder` below `window_length` and at most {MAX_ORDER}, \
                 got {order}"
            );
        }
        if self.mode == SavgolMode::Interp && window > frames {
            bail!(
                "savgol_filter needs `window_length` to be at most the number of frames, {frames}, \
                 for the mode \"interp\", got {window}"
            );
        }
        if !(self.delta > 0.0 && self.delta.is_finite()) {
            bail!(
                "savgol_filter needs `delta` to be a number > 0, got {}",
                self.delta
            );
        }
        Ok(())
    }

    /// Weights of the samples of a window for the derivative at one of its positions.
    fn weights(&self, basis: &[Orthonormal], position: usize) -> Vec<f64> {
        let time = scaled_time(position, self.window_length);
        // Time from −1 to 1 per frame.
        let scale = 2.0 / (self.window_length.max(2) - 1) as f64 / self.delta;
        let mut weights = vec![0.0; self.window_length];
        for function in basis {
            let factor = function.derivative(self.deriv, time) * scale.powi(self.deriv as i32);
            for (weight, value) in weights.iter_mut().zip(&function.values) {
                *weight += factor * value;
            }
        }
        weights
    }
}

/// Time of a position in a window, from −1 to 1.
fn scaled_time(position: usize, window: usize) -> f64 {
    match window {
        1 => 0.0,
        _ => 2.0 * position as f64 / (window - 1) as f64 - 1.0,
    }
}

/// Polynomial of a set whose values over a window are orthonormal.
struct Orthonormal {
    values: Vec<f64>,
    /// Coefficients of the powers of the time.
    coefficients: Vec<f64>,
}

impl Orthonormal {
    /// Polynomials up to an order (Forsythe 1957): each is the one before times the time, minus its
    /// projection onto the others.
    fn up_to(order: usize, window: usize) -> Vec<Self> {
        let mut basis: Vec<Self> = Vec::with_capacity(order + 1);
        for _ in 0..=order {
            let mut next = match basis.last() {
                None => Self {
                    values: vec![1.0; window],
                    coefficients: vec![1.0],
                },
                Some(last) => {
                    let values = last.values.iter().enumerate();
                    let times = values.map(|(at, value)| scaled_time(at, window) * value);
                    Self {
                        values: times.collect(),
                        coefficients: [&[0.0], &last.coefficients[..]].concat(),
                    }
                }
            };
            // Twice, to remove what rounding leaves the first time.
            for known in basis.iter().chain(&basis) {
                let pairs = next.values.iter().zip(&known.values);
                let part: f64 = pairs.map(|(a, b)| a * b).sum();
                next.add(-part, known);
            }
            let length = next.values.iter().map(|v| v * v).sum::<f64>().sqrt();
            let both = next.values.iter_mut().chain(&mut next.coefficients);
            both.for_each(|value| *value /= length);
            basis.push(next);
        }
        basis
    }

    fn add(&mut self, factor: f64, other: &Self) {
        let values = self.values.iter_mut().zip(&other.values);
        let coefficients = self.coefficients.iter_mut().zip(&other.coefficients);
        let pairs = values.chain(coefficients);
        pairs.for_each(|(value, other)| *value += factor * other);
    }

    fn derivative(&self, order: usize, time: f64) -> f64 {
        let powers = self.coefficients.iter().enumerate().skip(order);
        let term = |(power, coefficient): (usize, &f64)| {
            let factor: f64 = (power - order + 1..=power).map(|n| n as f64).product();
            coefficient * factor * time.powi((power - order) as i32)
        };
        powers.map(term).sum()
    }
}

/// Samples and weights of each frame.
struct Savgol {
    /// Weights of the middle of a window, and of each position of the first and last window.
    weights: Vec<Vec<f64>>,
    /// For each frame: position in `weights`, and first frame of its window.
    frames: Vec<(usize, isize)>,
    border: Border,
}

impl Savgol {
    fn new(options: &SavgolFilter, n_frames: usize) -> Self {
        let window = options.window_length;
        let basis = Orthonormal::up_to(options.polyorder, window);
        let half = window / 2;
        let mut weights = vec![options.weights(&basis, half)];
        let middle = |frame: usize| (0, frame as isize - half as isize);
        let SavgolMode::Extend(border) = options.mode else {
            weights.extend((0..window).map(|position| options.weights(&basis, position)));
            let last = n_frames - window;
            let frame = |frame: usize| match frame {
                frame if frame < half => (1 + frame, 0),
                frame if frame > last + half => (1 + frame - last, last as isize),
                frame => middle(frame),
            };
            return Self {
                weights,
                frames: (0..n_frames).map(frame).collect(),
                border: Border::Nearest,
            };
        };
        Self {
            weights,
            frames: (0..n_frames).map(middle).collect(),
            border,
        }
    }
}

impl<R: Real> Kernel<TraceBlock<'_, R>> for Savgol {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let (samples, pixels) = (traces.samples, traces.pixels);
        let mut sums = vec![0.0; pixels];
        for (frame, (position, first)) in self.frames.iter().enumerate() {
            sums.fill(0.0);
            for (at, weight) in (*first..).zip(&self.weights[*position]) {
                let Some(source) = self.border.sample(at, self.frames.len()) else {
                    continue;
                };
                let row = &samples[source * pixels..][..pixels];
                for (sum, sample) in sums.iter_mut().zip(row) {
                    *sum += weight * f64::from_element(*sample);
                }
            }
            let results = traces.results.frame(frame).iter_mut();
            results
                .zip(&sums)
                .for_each(|(result, sum)| *result = R::from_f64(*sum));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, ramp, values, video};

    const SMOOTH: SavgolFilter = SavgolFilter {
        window_length: 5,
        polyorder: 2,
        deriv: 0,
        delta: 1.0,
        mode: SavgolMode::Interp,
    };

    fn filtered(options: &SavgolFilter) -> Vec<f64> {
        let trace = video(&[9], vec![2.0, 7.0, 1.0, 8.0, 2.0, 8.0, 1.0, 8.0, 2.5]);
        values(&savgol_filter(trace, options).unwrap())
    }

    #[track_caller]
    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-10, "{found} for {expected}");
        }
    }

    /// `scipy.signal.savgol_filter` of SciPy 1.17.
    #[test]
    fn results_are_those_of_scipy() {
        let smooth = [
            2.51428571428571,
            4.54285714285714,
            5.28571428571428,
            3.62857142857143,
            6.28571428571428,
            3.54285714285714,
            5.58571428571428,
            5.04285714285714,
            3.21428571428571,
        ];
        close(&filtered(&SMOOTH), &smooth);
        let slope = SavgolFilter {
            window_length: 7,
            polyorder: 3,
            deriv: 1,
            delta: 0.5,
            ..SMOOTH
        };
        let expected = [
            0.380952380952437,
            1.642857142857159,
            1.904761904761895,
            1.166666666666666,
            -0.174603174603172,
            -0.722222222222222,
            -1.424603174603181,
            -1.29365079365077,
            -0.329365079365079,
        ];
        close(&filtered(&slope), &expected);
        let curvature = SavgolFilter {
            window_length: 7,
            polyorder: 4,
            deriv: 2,
            ..SMOOTH
        };
        let found = filtered(&curvature);
        close(&found[..2], &[-14.265151515151317, -4.537878787878734]);
        close(&found[7..], &[-5.246212121212048, -16.306818181817963]);
        let flat = SavgolFilter {
            polyorder: 0,
            ..SMOOTH
        };
        close(&filtered(&flat)[..4], &[4.0, 4.0, 4.0, 5.2]);
        let ends = [
            (Border::Mirror, [5.6, 6.528571428571427]),
            (Border::Nearest, [3.8, 4.5142857142857125]),
            (Border::Wrap, [3.457142857142855, 3.957142857142855]),
            (Border::Constant, [3.2857142857142847, 3.87142857142857]),
        ];
        for (border, ends) in ends {
            let mode = SavgolMode::Extend(border);
            let found = filtered(&SavgolFilter { mode, ..SMOOTH });
            close(&[found[0], found[8]], &ends);
            close(&found[2..7], &smooth[2..7]);
        }
    }

    #[test]
    fn pixels_are_independent_and_gaps_stay_near() {
        let mut samples = noise(30 * 6, 4);
        samples[10 * 6 + 2] = f32::NAN;
        let found = values(&savgol_filter(video(&[30, 2, 3], samples), &SMOOTH).unwrap());
        for (at, value) in found.iter().enumerate() {
            let (frame, pixel) = (at / 6, at % 6);
            let is_near = pixel == 2 && (8..=12).contains(&frame);
            assert_eq!(value.is_nan(), is_near, "{frame} {pixel}");
        }
        let input = video(&[40, 20, 30], noise(24_000, 9));
        check_threads(|| savgol_filter(input.clone(), &SMOOTH));
        check_reuse(input, |video| savgol_filter(video, &SMOOTH));
    }

    #[test]
    fn windows_must_fit() {
        let refused = |options: SavgolFilter| savgol_filter(ramp(&[9]), &options).is_err();
        assert!(refused(SavgolFilter {
            window_length: 4,
            ..SMOOTH
        }));
        assert!(refused(SavgolFilter {
            window_length: 11,
            ..SMOOTH
        }));
        assert!(refused(SavgolFilter {
            polyorder: 5,
            ..SMOOTH
        }));
        assert!(refused(SavgolFilter {
            delta: 0.0,
            ..SMOOTH
        }));
        let mode = SavgolMode::Extend(Border::Nearest);
        assert!(!refused(SavgolFilter {
            window_length: 11,
            mode,
            ..SMOOTH
        }));
        let beyond = SavgolFilter { deriv: 3, ..SMOOTH };
        assert_eq!(
            values(&savgol_filter(ramp(&[9]), &beyond).unwrap()),
            [0.0; 9]
        );
    }
}
