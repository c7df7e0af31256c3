//! Activation times and conduction velocity.

use super::measure::image_like;
use super::peaks::parabola_peak;
use super::transient::{self, ActivationMethod, RestLevel, TransientOptions};
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::kernel::reduce_frames;
use crate::ops::{expect_gray_frames, frame_rate, read_all};
use crate::task;
use crate::video::{Strided, Video, shape_text, warn_of_pixel_size};

/// Effect of activation on the light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Polarity {
    /// Brighter, as with most calcium dyes.
    Positive,
    /// Darker, as with most voltage-sensitive dyes.
    Negative,
}

impl Polarity {
    /// Factor that makes activation go up.
    pub(in crate::ops) fn sign(self) -> f64 {
        match self {
            Self::Positive => 1.0,
            Self::Negative => -1.0,
        }
    }
}

impl Choice for Polarity {
    const NOUN: &'static str = "a polarity";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("positive", Self::Positive), ("negative", Self::Negative)];
}

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
    if options.method == ActivationMethod::Derivative {
        return steepest_slopes(video, options, fps);
    }
    let measured = TransientOptions {
        polarity: options.polarity,
        method: options.method,
        baseline: RestLevel::Min,
        fps: options.fps,
    };
    transient::rise_map(video, options.threshold, &measured)
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

/// Conduction velocity at each pixel, in cm/s.
pub struct Velocity {
    /// Speed.
    pub speed: Video,
    /// Velocity along columns, downward.
    pub vy: Video,
    /// Velocity along rows, to the right.
    pub vx: Video,
}

/// Conduction velocity from activation times in ms.
///
/// A second-order polynomial is fitted by least squares to the times within `radius` pixels in both
/// directions; with its gradient g in ms/µm at the pixel, the velocity is g / |g|² (Bayly et al.
/// 1998). NaN where the pixel is NaN, where less than half of the square is known, and where the
/// gradient vanishes.
pub fn conduction_velocity(
    times: &Video,
    pixel_size: Option<[f64; 2]>,
    radius: usize,
) -> Result<Velocity> {
    let [height, width] = *times.shape() else {
        bail!(
            "conduction_velocity needs an image from `activation_map`, got a {} of shape {}",
            times.kind(),
            shape_text(times.shape())
        );
    };
    let size = pixel_size_of(times, pixel_size)?;
    if !(1..=100).contains(&radius) {
        bail!("conduction_velocity needs `radius` to be 1 to 100, got {radius}");
    }
    let samples = read_all::<f64>(times);
    let mut velocities = vec![[f32::NAN; 3]; samples.len()];
    let rows = velocities.chunks_mut(width.max(1)).enumerate();
    task::for_each("fitting velocities", rows, |(y, row)| {
        for (x, velocity) in row.iter_mut().enumerate() {
            let neighborhood = Neighborhood {
                samples: &samples,
                shape: [height, width],
                at: [y, x],
                radius,
            };
            *velocity = neighborhood
                .gradient()
                .map_or([f32::NAN; 3], |gradient| velocity_of(gradient, size));
        }
        Ok(())
    })?;
    let image = |part: usize| {
        let values = velocities.iter().map(|velocity| velocity[part]);
        times.with_samples(Strided::from_vec(times.shape(), values.collect()))
    };
    Ok(Velocity {
        speed: image(0),
        vy: image(1),
        vx: image(2),
    })
}

/// Speed and velocity in cm/s from a gradient in ms per pixel.
fn velocity_of([gy, gx]: [f64; 2], [height, width]: [f64; 2]) -> [f32; 3] {
    let [gy, gx] = [gy / height, gx / width];
    let squared = gy * gy + gx * gx;
    // 1 µm/ms is 0.1 cm/s.
    let [vy, vx] = [0.1 * gy / squared, 0.1 * gx / squared];
    match vy.is_finite() && vx.is_finite() {
        true => [vy.hypot(vx) as f32, vy as f32, vx as f32],
        false => [f32::NAN; 3],
    }
}

fn pixel_size_of(video: &Video, size: Option<[f64; 2]>) -> Result<[f64; 2]> {
    let Some(size) = size.or(video.metadata().pixel_size) else {
        let error =
            Error::new("conduction_velocity needs the pixel size, which the map does not have");
        return Err(error.hint("set it in µm: `v.pixel_size = 100`, or `#{pixel_size: 100}`"));
    };
    match size.iter().all(|size| *size > 0.0 && size.is_finite()) {
        true => {
            warn_of_pixel_size(&size);
            Ok(size)
        }
        false => bail!("conduction_velocity needs `pixel_size` to be > 0, got {size:?}"),
    }
}

/// Neighborhood of a pixel.
struct Neighborhood<'a> {
    samples: &'a [f64],
    shape: [usize; 2],
    at: [usize; 2],
    radius: usize,
}

/// Number of coefficients of a second-order polynomial.
const TERMS: usize = 6;

impl Neighborhood<'_> {
    /// Gradient of the fitted polynomial per pixel, along columns and rows.
    fn gradient(&self) -> Option<[f64; 2]> {
        let [y, x] = self.at;
        let origin = self.samples[y * self.shape[1] + x];
        if !origin.is_finite() {
            return None;
        }
        // Normal equations, with the right-hand side as the last column.
        let mut equations = [[0.0; TERMS + 1]; TERMS];
        let mut known = 0;
        let range =
            |at: usize, len: usize| at.saturating_sub(self.radius)..len.min(at + self.radius + 1);
        for row in range(y, self.shape[0]) {
            for col in range(x, self.shape[1]) {
                let time = self.samples[row * self.shape[1] + col];
                if !time.is_finite() {
                    continue;
                }
                known += 1;
                let (v, u) = (row as f64 - y as f64, col as f64 - x as f64);
                let terms = [1.0, v, u, v * v, v * u, u * u];
                for (equation, term) in equations.iter_mut().zip(terms) {
                    for (sum, other) in equation.iter_mut().zip(terms) {
                        *sum += term * other;
                    }
                    equation[TERMS] += term * (time - origin);
                }
            }
        }
        let side = 2 * self.radius + 1;
        if 2 * known < side * side {
            return None;
        }
        let [_, gy, gx, ..] = solve(equations)?;
        Some([gy, gx])
    }
}

/// Solves linear equations by elimination; `None` if they are singular.
fn solve(mut equations: [[f64; TERMS + 1]; TERMS]) -> Option<[f64; TERMS]> {
    for column in 0..TERMS {
        let size = |row: &usize| equations[*row][column].abs();
        let pivot = (column..TERMS).max_by(|a, b| size(a).total_cmp(&size(b)))?;
        equations.swap(column, pivot);
        if equations[column][column].abs() < 1e-9 {
            return None;
        }
        let (above, below) = equations.split_at_mut(column + 1);
        let pivot = above[column];
        for row in below {
            let factor = row[column] / pivot[column];
            for (value, pivot) in row.iter_mut().zip(pivot) {
                *value -= factor * pivot;
            }
        }
    }
    let mut solution = [0.0; TERMS];
    for row in (0..TERMS).rev() {
        let known: f64 = (row + 1..TERMS)
            .map(|at| equations[row][at] * solution[at])
            .sum();
        solution[row] = (equations[row][TERMS] - known) / equations[row][row];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, noise, values, video};

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
        };
        activation_map(video, &options)
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

    /// Plane waves: T = (y sin a + x cos a) · size / speed.
    #[test]
    fn plane_waves_have_their_velocity() {
        let (speed, angle) = (42.0, 0.4f64);
        let time = |y: usize, x: usize| {
            let distance = 0.1 * (y as f64 * angle.sin() + 2.0 * x as f64 * angle.cos());
            (10.0 * distance / speed * 10.0) as f32
        };
        let times = (0..20)
            .flat_map(|y| (0..30).map(move |x| time(y, x)))
            .collect();
        let map = video(&[20, 30], times);
        let found = conduction_velocity(&map, Some([100.0, 200.0]), 2).unwrap();
        let at = |image: &Video| values(image)[10 * 30 + 15];
        assert!(
            (at(&found.speed) - speed).abs() < 1e-2,
            "{}",
            at(&found.speed)
        );
        assert!((at(&found.vy) - speed * angle.sin()).abs() < 1e-2);
        assert!((at(&found.vx) - speed * angle.cos()).abs() < 1e-2);
        let noisy = video(&[30, 40], noise(1200, 3));
        check_threads(|| Ok(conduction_velocity(&noisy, Some([1.0, 1.0]), 3)?.speed));
    }

    #[test]
    fn velocities_need_a_gradient_and_neighbors() {
        let mut times = vec![1.0f32; 64];
        let flat = video(&[8, 8], times.clone());
        let found = conduction_velocity(&flat, Some([1.0, 1.0]), 2).unwrap();
        assert!(values(&found.speed).iter().all(|speed| speed.is_nan()));
        times
            .iter_mut()
            .enumerate()
            .for_each(|(at, time)| *time = if at % 8 < 2 { at as f32 } else { f32::NAN });
        let found = conduction_velocity(&video(&[8, 8], times), Some([1.0, 1.0]), 3).unwrap();
        assert!(values(&found.speed).iter().all(|speed| speed.is_nan()));
        assert!(conduction_velocity(&flat, None, 2).is_err());
        assert!(conduction_velocity(&flat, Some([1.0, 1.0]), 0).is_err());
        assert!(conduction_velocity(&flat, Some([0.0, 1.0]), 2).is_err());
    }
}
