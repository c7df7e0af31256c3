//! Activation times.

use super::line_slopes::LineSlopes;
use super::measure::{image_like, measure_pixels};
use super::one_beat::warn_of_several_beats;
use super::peaks::parabola_peak;
use super::polarity::Polarity;
use super::transient::maps::rise_map;
use super::transient::{ActivationMethod, RestLevel, TransientOptions};
use crate::bail;
use crate::error::{Error, Result};
use crate::ops::kernel::reduce_frames;
use crate::ops::{expect_gray_frames, frame_rate};
use crate::video::Video;

/// Options of [`activation_map`].
#[derive(Debug, Clone)]
pub struct ActivationOptions {
    /// Whether activation makes the light brighter or darker.
    pub polarity: Polarity,
    /// Slope per frame or amplitude to exceed, or level to cross.
    pub threshold: Option<f64>,
    /// Frame rate in Hz; default: that of the video.
    pub fps: Option<f64>,
    /// Definition of the activation time.
    pub method: ActivationMethod,
    /// Number of frames that a slope is that of a line through, odd.
    pub window: usize,
}

/// Local activation time of every pixel in ms from the first frame. NaN where the trace has NaN, or
/// no activation.
pub fn activation_map(video: &Video, options: &ActivationOptions) -> Result<Video> {
    expect_gray_frames(video, "activation_map")?;
    let fps = frame_rate("activation_map", video, options.fps)?;
    if video.len() < 3 {
        bail!(
            "activation_map needs at least 3 frames, got {}",
            video.len()
        );
    }
    match (options.method, options.threshold) {
        (ActivationMethod::Threshold, None) => {
            let error = Error::new("activation_map needs `threshold` for the method \"threshold\"");
            return Err(error.hint("give the sample value to cross: `#{threshold: 0.5}`"));
        }
        (ActivationMethod::Threshold, Some(level)) if !level.is_finite() => {
            bail!("activation_map needs `threshold` to be a finite number, got {level}")
        }
        (_, Some(least)) if least.is_nan() || least < 0.0 => {
            bail!("activation_map needs `threshold` to be a number >= 0, got {least}")
        }
        _ => {}
    }
    let window = options.window;
    if window < 3 || window.is_multiple_of(2) || window > video.len() {
        bail!(
            "activation_map needs `window` to be an odd number from 3 to the number of frames, {}, \
             got {window}",
            video.len()
        );
    }
    if options.method == ActivationMethod::Derivative {
        warn_of_several_beats("activation_map", video, options.polarity)?;
        return match window {
            3 => steepest_slopes(video, options, fps),
            _ => steepest_lines(video, options, fps),
        };
    }
    let measured = TransientOptions {
        polarity: options.polarity,
        method: options.method,
        baseline: RestLevel::Min,
        fps: options.fps,
    };
    rise_map(video, options.threshold, &measured)
}

/// Times of the steepest slopes. Slopes are central differences (x(t+1) − x(t−1)) / 2; the steepest
/// is located between frames at the peak of the parabola through it and its neighbors.
fn steepest_slopes(video: &Video, options: &ActivationOptions, fps: f64) -> Result<Video> {
    let sign = options.polarity.sign();
    let start = Steepest {
        slope: options.threshold.unwrap_or(0.0),
        ..Steepest::default()
    };
    let operation = "finding activation times";
    let pixels = reduce_frames(
        operation,
        video,
        start,
        |(pixels, samples): (&mut [Steepest], &[f64])| {
            for (pixel, sample) in pixels.iter_mut().zip(samples) {
                pixel.see(sign * sample);
            }
        },
    )?;
    let times = pixels
        .iter()
        .map(|pixel| (pixel.frame() * 1000.0 / fps) as f32)
        .collect();
    Ok(image_like(video, times))
}

/// Times of the steepest least-squares lines through a window of frames, which are the derivatives
/// of a Savitzky–Golay filter of first order. They are located between frames as above.
fn steepest_lines(video: &Video, options: &ActivationOptions, fps: f64) -> Result<Video> {
    let half = options.window / 2;
    let (lines, sign) = (LineSlopes::new(options.window), options.polarity.sign());
    let least = options.threshold.unwrap_or(0.0);
    let operation = "finding activation times";
    let [times] = measure_pixels(
        operation,
        video,
        Vec::new,
        |slopes: &mut Vec<f64>, _, trace| {
            slopes.clear();
            slopes.extend(lines.of(trace).map(|slope| sign * slope));
            let mut steepest = None;
            let mut largest = least;
            for (at, slope) in slopes.iter().enumerate() {
                if *slope > largest {
                    (steepest, largest) = (Some(at), *slope);
                }
            }
            let Some(at) = steepest else {
                return [f64::NAN];
            };
            let slope_at = |at: Option<usize>| at.and_then(|at| slopes.get(at)).copied();
            let around = [at.checked_sub(1), Some(at), Some(at + 1)];
            let around = around.map(|at| slope_at(at).unwrap_or(f64::NAN));
            [((at + half) as f64 + parabola_peak(around)) * 1000.0 / fps]
        },
    )?;
    Ok(times)
}

/// Steepest slope of a trace so far.
#[derive(Debug, Clone, Copy, Default)]
struct Steepest {
    seen: u32,
    /// Last two samples, and the slope before the last of them.
    before: f64,
    last: f64,
    last_slope: f64,
    slope: f64,
    /// Frame of the steepest slope, with the slopes before and after it; 0 if there is none.
    frame: u32,
    left: f64,
    right: f64,
    is_broken: bool,
}

impl Steepest {
    fn see(&mut self, sample: f64) {
        self.is_broken |= !sample.is_finite();
        let slope = match self.seen {
            0 | 1 => f64::NAN,
            _ => (sample - self.before) / 2.0,
        };
        if self.frame > 0 && self.frame + 2 == self.seen {
            self.right = slope;
        }
        if slope > self.slope {
            (self.slope, self.frame) = (slope, self.seen - 1);
            (self.left, self.right) = (
                if self.seen > 2 {
                    self.last_slope
                } else {
                    f64::NAN
                },
                f64::NAN,
            );
        }
        (self.before, self.last, self.last_slope) = (self.last, sample, slope);
        self.seen += 1;
    }

    /// Time of the steepest slope, in frames.
    fn frame(&self) -> f64 {
        if self.is_broken || self.frame == 0 {
            return f64::NAN;
        }
        f64::from(self.frame) + parabola_peak([self.left, self.slope, self.right])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{values, video};

    /// Sigmoid upstrokes of 40 frames, at the given frames.
    fn upstrokes(sign: f64, times: &[f64]) -> Video {
        let at = |t: usize, time: f64| sign / (1.0 + (-(t as f64 - time) / 1.5).exp());
        let samples = (0..40).flat_map(|t| times.iter().map(move |time| at(t, *time)));
        video(&[40, 1, times.len()], samples.collect())
    }

    /// Times of the steepest slopes.
    fn slopes(video: &Video, polarity: Polarity, threshold: f64, fps: f64) -> Result<Video> {
        let options = ActivationOptions {
            polarity,
            threshold: Some(threshold),
            fps: Some(fps),
            method: ActivationMethod::Derivative,
            window: 3,
        };
        activation_map(video, &options)
    }

    /// Windows of 3 frames give central differences; the others are the peaks of
    /// `scipy.signal.savgol_filter(x, 5, 1, deriv=1)[2:-2]`, refined by parabolas.
    #[test]
    fn wide_slopes_are_those_of_savitzky_and_golay() {
        const WIDE: [f64; 3] = [27.0, 18.840_151_912_177_41, 11.840_151_912_177_413];
        let wave = |t: f64| (0.9 * t).sin() + (0.37 * t + 1.0).cos();
        let of = |from: f64| (0..30).map(move |t| wave(f64::from(t) + from));
        let traces: Vec<Vec<f64>> = [0.0, 9.0, 16.0].map(|from| of(from).collect()).into();
        let samples = (0..30).flat_map(|t| traces.iter().map(move |trace| trace[t]));
        let input = video(&[30, 1, 3], samples.collect());
        let with = |window: usize| {
            let options = ActivationOptions {
                polarity: Polarity::Positive,
                threshold: None,
                fps: Some(1000.0),
                method: ActivationMethod::Derivative,
                window,
            };
            activation_map(&input, &options)
        };
        let narrow = slopes(&input, Polarity::Positive, 0.0, 1000.0).unwrap();
        assert_eq!(values(&with(3).unwrap()), values(&narrow));
        let found = values(&with(5).unwrap());
        for (found, frame) in found.iter().zip(WIDE) {
            assert!((found - frame).abs() < 1e-5, "{found} {frame}");
        }
        assert!(with(4).is_err() && with(1).is_err() && with(31).is_err());
    }

    #[test]
    fn times_are_those_of_the_steepest_slope() {
        for (sign, polarity) in [(1.0, Polarity::Positive), (-1.0, Polarity::Negative)] {
            let video = upstrokes(sign, &[10.0, 20.25, 30.5]);
            let found = slopes(&video, polarity, 0.0, 500.0).unwrap();
            for (found, frame) in values(&found).iter().zip([10.0, 20.25, 30.5]) {
                assert!((found - 2.0 * frame).abs() < 0.05, "{found}");
            }
            assert_eq!(found.shape(), [1, 3]);
        }
        let steep = slopes(&upstrokes(1.0, &[10.0]), Polarity::Positive, 0.5, 1.0);
        assert!(values(&steep.unwrap())[0].is_nan());
    }

    #[test]
    fn pixels_without_activation_have_no_time() {
        let samples: Vec<f32> = (0..10)
            .flat_map(|t| [1.0, t as f32, -(t as f32), f32::NAN])
            .collect();
        let input = video(&[10, 2, 2], samples);
        let found = values(&slopes(&input, Polarity::Positive, 0.0, 1000.0).unwrap());
        assert!(found[0].is_nan() && found[2].is_nan() && found[3].is_nan());
        assert_eq!(found[1], 1.0);
        assert!(slopes(&input, Polarity::Positive, f64::NAN, 1.0).is_err());
        assert!(slopes(&input.frames(0, 2, 1), Polarity::Positive, 0.0, 1.0).is_err());
    }
}
