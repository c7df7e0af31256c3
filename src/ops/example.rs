//! Synthetic optical-mapping recording, for documentation, tests and new users.
//!
//! A two-armed phase field rotates around the center of an elliptic heart that contracts in step
//! with it; the wave lowers the light by a few percent, as a voltage-sensitive dye does, on top of
//! texture, uneven illumination and noise.

use std::f32::consts::{PI, TAU};

use super::kernel::{Kernel, run_kernel};
use crate::bail;
use crate::error::Result;
use crate::task;
use crate::video::{Strided, Video};

/// Parameters of the recording.
pub struct ExampleOptions {
    /// Number of frames.
    pub frames: usize,
    /// Height of a frame in pixels.
    pub height: usize,
    /// Width of a frame in pixels.
    pub width: usize,
    /// Frames per second.
    pub fps: f64,
    /// Seed of the random noise.
    pub seed: i64,
}

/// Maximum number of pixels of a frame, more than any camera for hearts has.
pub(super) const MAX_PIXELS: usize = 1 << 24;

/// Rotations of the spiral per second.
const ROTATION_HZ: f32 = 8.0;

/// Phase lag of the wave in radians per heart radius: how tightly the spiral is wound.
const WINDING: f32 = 7.0;

/// Camera counts of the background, and of the heart at its brightest.
const BACKGROUND: f32 = 220.0;
const BRIGHTNESS: f32 = 2900.0;

/// Fraction of the light that a fully depolarized pixel loses.
const SIGNAL: f32 = 0.12;

/// Fraction of its radius by which the heart shrinks when it contracts.
const CONTRACTION: f32 = 0.015;

/// Generates the recording (uint16, with its frame rate).
pub fn example_video(example: &ExampleOptions) -> Result<Video> {
    let ExampleOptions {
        frames,
        height,
        width,
        fps,
        ..
    } = *example;
    if height.saturating_mul(width) > MAX_PIXELS {
        bail!("example_video draws frames of at most {MAX_PIXELS} pixels, got {height}×{width}");
    }
    if height == 0 || width == 0 || frames == 0 {
        bail!(
            "example_video needs at least one frame and one pixel, got {frames}×{height}×{width}"
        );
    }
    if !(0.0 < fps && fps.is_finite()) {
        bail!("example_video needs `fps` to be a number > 0, got {fps}");
    }
    let mut samples = Strided::<u16>::for_writing(&[frames, height, width])?;
    let heart = Heart::new(height, width);
    let steps = samples
        .as_mut_slice()?
        .chunks_mut(height * width)
        .enumerate();
    task::for_each("drawing the example", steps, |(frame, out)| {
        let heart = Beating {
            heart: &heart,
            seconds: (frame as f64 / fps) as f32,
            noise_seed: noise_seed(example.seed, frame),
        };
        run_kernel(&heart, out);
        Ok(())
    })?;
    let mut video = Video::new(samples);
    let metadata = video.metadata_mut();
    metadata.fps = Some(fps);
    metadata.comment = Some("synthetic spiral wave on a beating heart".into());
    Ok(video)
}

/// Values of each pixel that do not change between frames.
struct Heart {
    /// Coordinates relative to the center, in units of the heart's semi-axes.
    y: Vec<f32>,
    x: Vec<f32>,
    /// Camera counts of the tissue above the background.
    light: Vec<f32>,
}

impl Heart {
    fn new(height: usize, width: usize) -> Self {
        let center = |index: usize, len: usize| (index as f32 + 0.5) / len as f32 * 2.0 - 1.0;
        let pixels = || (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
        let y: Vec<f32> = pixels().map(|(y, _)| center(y, height) / 0.86).collect();
        let x: Vec<f32> = pixels().map(|(_, x)| center(x, width) / 0.74).collect();
        let light = y
            .iter()
            .zip(&x)
            .map(|(&y, &x)| (BRIGHTNESS - BACKGROUND) * tissue(y, x));
        Self {
            light: light.collect(),
            y,
            x,
        }
    }
}

/// The heart at one time.
struct Beating<'a> {
    heart: &'a Heart,
    seconds: f32,
    noise_seed: u32,
}

impl Kernel<&mut [u16]> for Beating<'_> {
    #[inline(always)]
    fn run(&self, out: &mut [u16]) {
        let Self {
            heart,
            seconds,
            noise_seed,
        } = *self;
        let beat = TAU * ROTATION_HZ * seconds;
        let shrink = 1.0 + CONTRACTION * (0.5 + 0.5 * sine(beat - 2.8));
        // The tip of the spiral meanders on a small circle.
        let (tip_y, tip_x) = (
            sine(0.31 * beat) * 0.08,
            sine(0.31 * beat + PI / 2.0) * 0.08,
        );
        let pixels = heart.y.iter().zip(&heart.x).zip(&heart.light);
        for (index, (out, ((&y, &x), &light))) in out.iter_mut().zip(pixels).enumerate() {
            let (y, x) = (y * shrink, x * shrink);
            let radius = (y * y + x * x).sqrt();
            let inside = edge((1.0 - radius) * 12.0);
            let (dy, dx) = (y - tip_y, x - tip_x);
            let distance = (dy * dy + dx * dx).sqrt();
            let phase = beat - angle(dy, dx) - WINDING * distance;
            let depolarised = action_potential(phase) * edge(distance * 9.0 - 1.0);
            let count = (BACKGROUND + light * inside) * (1.0 - SIGNAL * inside * depolarised);
            // Photon noise grows with the square root of the light.
            let noise = gaussian(noise_seed, index as u32) * (6.0 + 0.35 * count.sqrt());
            // Through a signed int, since processors have an instruction for that.
            *out = (count + noise).max(0.0) as i32 as u16;
        }
    }
}

/// Brightness of the tissue from 0.55 to 1: uneven illumination and vessels.
fn tissue(y: f32, x: f32) -> f32 {
    let vessels = sine(9.0 * x + 3.0 * sine(4.0 * y)) * sine(7.0 * y - 2.0 * x + PI / 2.0);
    (0.86 - 0.1 * (y * y + x * x) - 0.12 * x + 0.09 * vessels).clamp(0.55, 1.0)
}

/// Smooth step: 0 below −1, 1 above 1.
#[inline(always)]
fn edge(t: f32) -> f32 {
    let t = (t * 0.5 + 0.5).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Depolarization over one cycle of 2π: a steep upstroke, a plateau, a slow return.
#[inline(always)]
fn action_potential(phase: f32) -> f32 {
    let turns = phase / TAU;
    let t = turns - turns.floor();
    let upstroke = (t * 14.0).min(1.0);
    let return_ = ((t - 0.28) / 0.42).clamp(0.0, 1.0);
    upstroke * (1.0 - return_ * return_ * (3.0 - 2.0 * return_))
}

/// Sine to about 0.001 from two parabolas: vectorized, and the same on every machine.
#[inline(always)]
fn sine(angle: f32) -> f32 {
    let turns = angle / TAU;
    let phase = 2.0 * (turns - (turns + 0.5).floor());
    let parabola = 4.0 * phase * (1.0 - phase.abs());
    parabola * (0.775 + 0.225 * parabola.abs())
}

/// Angle of a direction, to about 0.005 radians: ten times faster than `atan2`.
#[inline(always)]
fn angle(y: f32, x: f32) -> f32 {
    let (ay, ax) = (y.abs(), x.abs());
    let ratio = ay.min(ax) / ay.max(ax).max(1e-20);
    let mut angle = ratio * (PI / 4.0 + 0.273 * (1.0 - ratio));
    if ay > ax {
        angle = PI / 2.0 - angle;
    }
    if x < 0.0 {
        angle = PI - angle;
    }
    if y < 0.0 { -angle } else { angle }
}

/// A different seed for each frame.
pub(super) fn noise_seed(seed: i64, frame: usize) -> u32 {
    let mixed = (seed as u64)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(frame as u64 + 1);
    hash((mixed ^ (mixed >> 32)) as u32)
}

/// Approximately normal random number of variance 1: the sum of four uniform bytes.
#[inline(always)]
pub(super) fn gaussian(seed: u32, index: u32) -> f32 {
    let bits = hash(index.wrapping_mul(0x9E37_79B9) ^ seed);
    let byte = |shift: u32| ((bits >> shift) & 255) as i32;
    (byte(0) + byte(8) + byte(16) + byte(24) - 510) as f32 * (1.0 / 147.8)
}

/// Mixes the bits of an int (the "lowbias32" constants of C. Wellons' hash prospector).
#[inline(always)]
fn hash(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7FEB_352D);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: ExampleOptions = ExampleOptions {
        frames: 4,
        height: 24,
        width: 32,
        fps: 500.0,
        seed: 0,
    };

    fn samples(example: &ExampleOptions) -> Vec<f32> {
        let video = example_video(example).unwrap();
        let mut out = vec![0.0; video.layout().len()];
        for (frame, out) in out.chunks_mut(video.frame_len()).enumerate() {
            video.samples().read(frame, 0..out.len(), out);
        }
        out
    }

    #[test]
    fn the_same_seed_gives_the_same_samples() {
        assert_eq!(samples(&SMALL), samples(&SMALL));
        assert_ne!(
            samples(&SMALL),
            samples(&ExampleOptions { seed: 1, ..SMALL })
        );
    }

    #[test]
    fn noise_is_nearly_normal() {
        let values: Vec<f32> = (0..100_000).map(|i| gaussian(7, i)).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02,
            "{mean} {variance}"
        );
    }

    #[test]
    fn angles_and_sines_are_close_to_the_librarys() {
        for step in 0..360 {
            let (y, x) = (step as f32).to_radians().sin_cos();
            assert!((angle(y, x) - y.atan2(x)).abs() < 0.006 || step == 180);
            assert!((sine(step as f32) - (step as f32).sin()).abs() < 0.002);
        }
    }

    #[test]
    fn impossible_recordings_are_refused() {
        assert!(example_video(&ExampleOptions { frames: 0, ..SMALL }).is_err());
        assert!(example_video(&ExampleOptions { fps: 0.0, ..SMALL }).is_err());
    }
}
