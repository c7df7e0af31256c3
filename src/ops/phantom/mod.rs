//! Synthetic recording of paced waves with known activation times, durations and velocity, for
//! checking analyses.

mod wavefront;

use std::f64::consts::PI;

pub use self::wavefront::{Rotation, Wavefront};
use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::ops::example::{MAX_PIXELS, gaussian, noise_seed};
use crate::ops::wave::polarity::Polarity;
use crate::ops::wave::rotors::Singularity;
use crate::task;
use crate::video::{Strided, Video};

/// Dye, which decides the shape of the transients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dye {
    /// Action potentials: a plateau, and repolarization along half a cosine.
    Voltage,
    /// Calcium transients: an exponential decay.
    Calcium,
}

impl Choice for Dye {
    const NOUN: &'static str = "a dye";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("voltage", Self::Voltage), ("calcium", Self::Calcium)];
}

/// Parameters of the phantom.
#[derive(Debug, Clone)]
pub struct PhantomOptions {
    /// Number of frames.
    pub frames: usize,
    /// Height of a frame in pixels.
    pub height: usize,
    /// Width of a frame in pixels.
    pub width: usize,
    /// Frames per second.
    pub fps: f64,
    /// Side of a pixel in µm.
    pub pixel_size: f64,
    /// Shape of the wavefronts.
    pub wavefront: Wavefront,
    /// Conduction velocity in cm/s.
    pub speed: f64,
    /// Direction of a plane wave in degrees, clockwise from the right.
    pub direction: f64,
    /// Time of the first stimulus in ms.
    pub start: f64,
    /// Time between stimuli in ms.
    pub cycle_length: f64,
    /// Shape of the transients.
    pub dye: Dye,
    /// Duration of the upstroke in ms.
    pub rise: f64,
    /// Duration from activation to 80 % recovery in ms, at the center of the frame.
    pub apd: f64,
    /// Difference of the duration between the right and the left edge in ms.
    pub apd_gradient: f64,
    /// Difference of the duration between even and odd beats in ms.
    pub alternans: f64,
    /// Fraction of the light lost by the end of the recording.
    pub bleaching: f64,
    /// Standard deviation of the noise as a fraction of the amplitude of the transients.
    pub noise: f64,
    /// Whether activation makes the light brighter or darker.
    pub polarity: Polarity,
    /// Direction in which a spiral rotates.
    pub rotation: Rotation,
    /// Radius in pixels of the circle that the centers of spirals move along.
    pub meander: f64,
    /// Time in ms that they take for it.
    pub meander_period: f64,
    /// Seed of the noise and of the texture.
    pub seed: i64,
    /// Largest displacement of the tissue's edge by contraction, in pixels.
    pub motion: f64,
    /// Standard deviation of the tissue's brightness, as a fraction of its mean.
    pub texture: f64,
}

/// A recording and what is true of it.
pub struct Phantom {
    /// Recording, `float32`.
    pub video: Video,
    /// Tissue.
    pub mask: Video,
    /// Time from stimulus to activation in ms; NaN outside of the tissue. For spirals that move, it
    /// is that around the middle of their circle.
    pub activation: Video,
    /// Mean duration from activation to 80 % recovery in ms; NaN outside of the tissue.
    pub apd: Video,
    /// Frames of the stimuli.
    pub beats: Vec<f64>,
    /// Displacements `{t, y, x, 2}` of each point of the tissue at rest, NaN outside of it; only if
    /// it moves.
    pub displacements: Option<Video>,
    /// Centers of the spirals in each frame.
    pub tips: Vec<Singularity>,
}

/// Samples of the background, of the tissue at rest, and of the transients above it.
const BACKGROUND: f64 = 100.0;
const LIGHT: f64 = 1000.0;
const AMPLITUDE: f64 = 100.0;

/// Part of the duration that repolarization takes, and the part of it before 80 % recovery, where
/// the half cosine is 0.2: arccos(−0.6) / π.
const FALL: f64 = 0.6;
const BEFORE_80: f64 = 0.704_832_764_699_133_5;

/// Part of the frame's half height and half width that the elliptic tissue takes.
const EXTENT: f64 = 0.9;

/// Part of a cycle that a contraction takes, from the stimulus on.
const CONTRACTION: f64 = 0.8;

/// Distance of the points of the texture in pixels.
const GRAIN: f64 = 3.0;

/// Generates the recording.
pub fn phantom(options: &PhantomOptions) -> Result<Phantom> {
    options.check()?;
    let tissue = Tissue::new(options);
    let (height, width) = (options.height, options.width);
    let mut samples = Strided::<f32>::for_writing(&[options.frames, height, width])?;
    let steps = samples.as_mut_slice()?.chunks_mut(height * width);
    task::for_each("drawing the phantom", steps.enumerate(), |(frame, out)| {
        tissue.draw(frame, out);
        Ok(())
    })?;
    let mut video = Video::new(samples);
    let metadata = video.metadata_mut();
    metadata.pixel_size = Some([options.pixel_size; 2]);
    let image = |values: &[f64]| {
        let inside = values.iter().zip(&tissue.is_inside);
        let known = inside.map(|(value, inside)| if *inside { *value as f32 } else { f32::NAN });
        video.with_samples(Strided::from_vec(&[height, width], known.collect()))
    };
    let (activation, apd) = (image(&tissue.activation), image(&tissue.apd));
    let inside = Strided::from_vec(&[height, width], tissue.is_inside.clone());
    let mask = video.with_samples(inside);
    video.metadata_mut().fps = Some(options.fps);
    video.metadata_mut().comment = Some("synthetic paced waves".into());
    let duration = options.frames as f64 * 1000.0 / options.fps;
    let stimuli = (0..).map(|beat| options.start + f64::from(beat) * options.cycle_length);
    let beats = stimuli.take_while(|time| *time < duration);
    let displacements = match options.motion > 0.0 {
        true => Some(video.with_samples(tissue.displacements()?)),
        false => None,
    };
    Ok(Phantom {
        video,
        mask,
        activation,
        apd,
        beats: beats.map(|time| time * options.fps / 1000.0).collect(),
        displacements,
        tips: options.tips(),
    })
}

impl PhantomOptions {
    fn check(&self) -> Result<()> {
        let (frames, height, width) = (self.frames, self.height, self.width);
        if frames == 0 || height == 0 || width == 0 {
            bail!("phantom needs at least one frame and one pixel, got {frames}×{height}×{width}");
        }
        if height.saturating_mul(width) > MAX_PIXELS {
            bail!("phantom draws frames of at most {MAX_PIXELS} pixels, got {height}×{width}");
        }
        let positive = [
            ("fps", self.fps),
            ("pixel_size", self.pixel_size),
            ("speed", self.speed),
            ("cycle_length", self.cycle_length),
            ("rise", self.rise),
            ("apd", self.apd),
            ("meander_period", self.meander_period),
        ];
        for (name, value) in positive {
            if !(value > 0.0 && value.is_finite()) {
                bail!("phantom needs `{name}` to be a number > 0, got {value}");
            }
        }
        let finite = [
            ("direction", self.direction),
            ("apd_gradient", self.apd_gradient),
            ("alternans", self.alternans),
        ];
        for (name, value) in finite {
            if !value.is_finite() {
                bail!("phantom needs `{name}` to be a finite number, got {value}");
            }
        }
        let nonnegative = [
            ("start", self.start),
            ("noise", self.noise),
            ("motion", self.motion),
            ("texture", self.texture),
            ("meander", self.meander),
        ];
        for (name, value) in nonnegative {
            if !(value >= 0.0 && value.is_finite()) {
                bail!("phantom needs `{name}` to be a number >= 0, got {value}");
            }
        }
        if !(0.0..1.0).contains(&self.bleaching) {
            bail!(
                "phantom needs `bleaching` to be from 0 to below 1, got {}",
                self.bleaching
            );
        }
        let radius = EXTENT * self.height.min(self.width) as f64 / 2.0;
        if self.motion >= radius {
            bail!(
                "phantom needs `motion` to be below the radius of the tissue, {radius} pixels, \
                 got {}",
                self.motion
            );
        }
        let spread = (self.apd_gradient.abs() + self.alternans.abs()) / 2.0;
        let [shortest, longest] = [self.apd - spread, self.apd + spread];
        let plateau = shortest * (1.0 - BEFORE_80 * FALL);
        let end = longest * (1.0 + (1.0 - BEFORE_80) * FALL);
        if plateau < self.rise / 2.0 || end + self.rise / 2.0 > self.cycle_length {
            bail!(
                "phantom needs durations that fit between `rise` {} ms and `cycle_length` {} ms, \
                 got {shortest} to {longest} ms",
                self.rise,
                self.cycle_length
            );
        }
        Ok(())
    }

    /// Transient from 0 to 1, at a time after activation in ms.
    fn transient(&self, time: f64, apd: f64) -> f64 {
        let half = self.rise / 2.0;
        if time < -half {
            return 0.0;
        }
        if time < half {
            return 0.5 - 0.5 * (PI * (time / self.rise + 0.5)).cos();
        }
        match self.dye {
            Dye::Voltage => {
                let fall = FALL * apd;
                let done = (time - apd) / fall + BEFORE_80;
                0.5 + 0.5 * (PI * done.clamp(0.0, 1.0)).cos()
            }
            Dye::Calcium => (-(time - half) / self.decay(apd)).exp(),
        }
    }

    /// Time constant of the decay that recovers to 80 % at `apd`.
    fn decay(&self, apd: f64) -> f64 {
        (apd - self.rise / 2.0) / 5.0_f64.ln()
    }
}

/// Values of each pixel that do not change between frames.
struct Tissue<'a> {
    options: &'a PhantomOptions,
    /// Positions of the pixels relative to the center.
    pixels: Vec<(f64, f64)>,
    is_inside: Vec<bool>,
    activation: Vec<f64>,
    apd: Vec<f64>,
}

impl<'a> Tissue<'a> {
    fn new(options: &'a PhantomOptions) -> Self {
        let (height, width) = (options.height, options.width);
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
        let center = |len: usize| (len - 1) as f64 / 2.0;
        let pixels = pixels.map(|(y, x)| (y as f64 - center(height), x as f64 - center(width)));
        let pixels: Vec<(f64, f64)> = pixels.collect();
        let is_inside = |(y, x): &(f64, f64)| options.is_inside(*y, *x);
        let apd = |(_, x): &(f64, f64)| options.apd_at(*x);
        let activation = |(y, x): &(f64, f64)| options.activation(*y, *x);
        Self {
            options,
            is_inside: pixels.iter().map(is_inside).collect(),
            activation: pixels.iter().map(activation).collect(),
            apd: pixels.iter().map(apd).collect(),
            pixels,
        }
    }

    fn draw(&self, frame: usize, out: &mut [f32]) {
        let options = self.options;
        let time = options.time(frame);
        let lost = frame as f64 / (options.frames.max(2) - 1) as f64;
        let light = (1.0 - options.bleaching).powf(lost);
        let sign = options.polarity.sign();
        let seed = noise_seed(options.seed, frame);
        let size = 1.0 - options.contraction(time);
        for (at, out) in out.iter_mut().enumerate() {
            let noise = f64::from(gaussian(seed, at as u32)) * options.noise * AMPLITUDE;
            // The point of the tissue that is at this pixel now.
            let (y, x) = (self.pixels[at].0 / size, self.pixels[at].1 / size);
            let moved = size < 1.0;
            let is_inside = if moved {
                options.is_inside(y, x)
            } else {
                self.is_inside[at]
            };
            let tissue = match is_inside {
                true => {
                    let signal = match moved || options.meanders() {
                        true => {
                            let [dy, dx] = match options.meanders() {
                                true => options.offset(time),
                                false => [0.0; 2],
                            };
                            let activation = options.activation(y - dy, x - dx);
                            options.signal(activation, options.apd_at(x), time)
                        }
                        false => options.signal(self.activation[at], self.apd[at], time),
                    };
                    light * options.brightness(y, x) * (LIGHT + sign * AMPLITUDE * signal)
                }
                false => BACKGROUND,
            };
            *out = (tissue + noise) as f32;
        }
    }

    /// Displacements of the points at the pixels at rest; NaN outside of the tissue.
    fn displacements(&self) -> Result<Strided<f32>> {
        let options = self.options;
        let shape = [options.frames, options.height, options.width, 2];
        let mut samples = Strided::<f32>::for_writing(&shape)?;
        let frames = samples.as_mut_slice()?.chunks_mut(2 * self.pixels.len());
        task::for_each("drawing the phantom", frames.enumerate(), |(frame, out)| {
            let contraction = options.contraction(options.time(frame));
            let pixels = self.pixels.iter().zip(&self.is_inside);
            for (out, ((y, x), is_inside)) in out.chunks_exact_mut(2).zip(pixels) {
                out.copy_from_slice(&match is_inside {
                    true => [-contraction * y, -contraction * x].map(|d| d as f32),
                    false => [f32::NAN; 2],
                });
            }
            Ok(())
        })?;
        Ok(samples)
    }
}

impl PhantomOptions {
    /// Time of a frame in ms.
    fn time(&self, frame: usize) -> f64 {
        frame as f64 * 1000.0 / self.fps
    }

    /// Whether a position relative to the center is in the tissue at rest.
    fn is_inside(&self, y: f64, x: f64) -> bool {
        let radius = |len: usize| EXTENT * len as f64 / 2.0;
        (y / radius(self.height)).hypot(x / radius(self.width)) < 1.0
    }

    /// Mean duration from activation to 80 % recovery in ms, `x` pixels from the center.
    fn apd_at(&self, x: f64) -> f64 {
        self.apd + self.apd_gradient * x / (self.width.max(2) - 1) as f64
    }

    /// Fraction by which the tissue is smaller at a time: a squared sine after each stimulus.
    fn contraction(&self, time: f64) -> f64 {
        let radius = EXTENT * self.height.min(self.width) as f64 / 2.0;
        let since = (time - self.start).rem_euclid(self.cycle_length);
        let done = since / (CONTRACTION * self.cycle_length);
        match time > self.start && done < 1.0 {
            true => self.motion / radius * (PI * done).sin().powi(2),
            false => 0.0,
        }
    }

    /// Brightness of a point of the tissue relative to the mean: independent numbers on a grid,
    /// smoothed by cubic B-splines.
    fn brightness(&self, y: f64, x: f64) -> f64 {
        if self.texture == 0.0 {
            return 1.0;
        }
        let (y, x) = (y / GRAIN, x / GRAIN);
        let [down, along] = [y, x].map(|at| b_spline(at - at.floor()));
        let seed = noise_seed(!self.seed, 0);
        let at = |y: f64, x: f64| {
            let index = (y as i32 as u32)
                .wrapping_mul(0x1_0001)
                .wrapping_add(x as i32 as u32);
            f64::from(gaussian(seed, index))
        };
        let mut sum = 0.0;
        for (row, down) in down.into_iter().enumerate() {
            for (column, along) in along.into_iter().enumerate() {
                let (row, column) = (row as f64 - 1.0, column as f64 - 1.0);
                sum += down * along * at(y.floor() + row, x.floor() + column);
            }
        }
        // The variance of what a spline makes of numbers of variance 1 is 0.23 on average.
        (1.0 + self.texture * sum / 0.23f64.sqrt()).max(0.0)
    }

    /// Sum of the transients at a time: those of the last stimulus that arrived and of the one
    /// before.
    fn signal(&self, activation: f64, apd: f64, time: f64) -> f64 {
        let since = time - self.start - activation;
        let last = ((since + self.rise / 2.0) / self.cycle_length).floor();
        let first = match self.is_reentrant() {
            true => f64::NEG_INFINITY,
            false => 0.0,
        };
        let transient = |beat: f64| {
            let is_even = beat.rem_euclid(2.0) == 0.0;
            let alternans = if is_even { 0.5 } else { -0.5 } * self.alternans;
            let time = since - beat * self.cycle_length;
            self.transient(time, apd + alternans)
        };
        let arrived = [last - 1.0, last].into_iter().filter(|beat| *beat >= first);
        arrived.map(transient).sum()
    }
}

/// Weights of the grid points before and after a position (cubic B-spline).
fn b_spline(t: f64) -> [f64; 4] {
    let u = 1.0 - t;
    let near = |t: f64| (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0;
    [u * u * u / 6.0, near(t), near(u), t * t * t / 6.0]
}

#[cfg(test)]
pub(in crate::ops) mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, values};

    /// A small recording without noise.
    pub(in crate::ops) const PLAIN: PhantomOptions = PhantomOptions {
        frames: 200,
        height: 24,
        width: 32,
        fps: 1000.0,
        pixel_size: 100.0,
        wavefront: Wavefront::Plane,
        speed: 20.0,
        direction: 0.0,
        start: 50.0,
        cycle_length: 150.0,
        dye: Dye::Voltage,
        rise: 10.0,
        apd: 80.0,
        apd_gradient: 0.0,
        alternans: 0.0,
        bleaching: 0.0,
        noise: 0.0,
        polarity: Polarity::Positive,
        rotation: Rotation::Clockwise,
        meander: 0.0,
        meander_period: 1000.0,
        seed: 0,
        motion: 0.0,
        texture: 0.0,
    };

    /// Largest difference between a map and the truth within the tissue, which the map must know.
    #[track_caller]
    pub(in crate::ops) fn error(found: &Video, truth: &[f64]) -> f64 {
        let pairs = values(found).into_iter().zip(truth);
        let inside = pairs.filter(|(_, truth)| !truth.is_nan());
        let errors = inside.map(|(found, truth)| (found - truth).abs());
        errors.fold(0.0, |worst, error| {
            assert!(!error.is_nan(), "a pixel of the tissue is unknown");
            worst.max(error)
        })
    }

    #[test]
    fn samples_are_what_the_parameters_say() {
        let made = phantom(&PLAIN).unwrap();
        let pixel = 12 * 32 + 20;
        // A plane wave from the left: 20 pixels of 100 µm at 20 cm/s.
        assert_eq!(values(&made.activation)[pixel], 10.0);
        assert_eq!(made.beats, [50.0]);
        let samples = values(&made.video);
        let at = |frame: usize| samples[frame * 24 * 32 + pixel];
        assert_eq!((at(0), at(60), at(70)), (1000.0, 1050.0, 1100.0));
        assert!((at(140) - 1020.0).abs() < 1e-3, "{}", at(140));
        assert_eq!(at(160), 1000.0);
        assert_eq!(samples[0], 100.0);
        assert!(values(&made.apd)[0].is_nan());
    }

    #[test]
    fn calcium_decays_exponentially() {
        let options = PhantomOptions {
            dye: Dye::Calcium,
            bleaching: 0.5,
            ..PLAIN
        };
        let tau = options.decay(80.0);
        let fall = options.transient(30.0 + tau, 80.0) / options.transient(30.0, 80.0);
        assert!((fall - (-1.0_f64).exp()).abs() < 1e-12);
        assert!((options.transient(80.0, 80.0) - 0.2).abs() < 1e-12);
        let samples = values(&phantom(&options).unwrap().video);
        let last = samples[199 * 24 * 32 + 12 * 32 + 20];
        assert!((last / 1000.0 - 0.5).abs() < 0.01, "{last}");
    }

    #[test]
    fn points_of_the_tissue_are_where_displacements_say() {
        let options = PhantomOptions {
            motion: 3.0,
            texture: 0.2,
            ..PLAIN
        };
        let made = phantom(&options).unwrap();
        let displacements = values(&made.displacements.unwrap());
        // At rest before the stimulus and at the end of the cycle, 3 pixels at the upper edge
        // between.
        let at = |frame: usize, pixel: usize| displacements[2 * (frame * 24 * 32 + pixel)];
        let top = 32 + 16;
        assert_eq!((at(50, top), at(175, top)), (0.0, 0.0));
        let expected = 3.0 * 10.5 / (0.9 * 12.0);
        assert!((at(110, top) - expected).abs() < 1e-6, "{}", at(110, top));
        assert!(at(110, 0).is_nan());
        // The brightness moves along with the point, here after the transient has ended.
        let pixel = 12 * 32 + 20;
        let samples = values(&made.video);
        let back = samples[180 * 24 * 32 + pixel];
        assert_eq!(back, samples[pixel]);
        let size = 1.0 - options.contraction(110.0);
        let brightness = options.brightness(0.5 / size, 4.5 / size);
        let activation = options.activation(0.5 / size, 4.5 / size);
        let signal = options.signal(activation, 80.0, 110.0);
        let expected = brightness * (1000.0 + 100.0 * signal);
        assert!((samples[110 * 24 * 32 + pixel] - expected).abs() < 1e-3);
    }

    #[test]
    fn the_texture_has_the_contrast_asked_for() {
        let options = PhantomOptions {
            texture: 0.1,
            ..PLAIN
        };
        let points =
            (0..10_000).map(|i| options.brightness(f64::from(i / 100), f64::from(i % 100)));
        let points: Vec<f64> = points.collect();
        let mean = points.iter().sum::<f64>() / 1e4;
        let variance = points.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 1e4;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        assert!((variance.sqrt() - 0.1).abs() < 0.01, "{}", variance.sqrt());
    }

    #[test]
    fn noise_is_the_same_on_any_number_of_threads() {
        let noisy = PhantomOptions {
            noise: 0.1,
            frames: 20,
            ..PLAIN
        };
        check_threads(|| Ok(phantom(&noisy)?.video));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |options: PhantomOptions| phantom(&options).err().unwrap().to_string();
        let long = PhantomOptions {
            apd: 140.0,
            ..PLAIN
        };
        assert!(refused(long).contains("fit between"));
        let short = PhantomOptions {
            alternans: 160.0,
            ..PLAIN
        };
        assert!(refused(short).contains("got 0 to 160 ms"));
        let empty = PhantomOptions { frames: 0, ..PLAIN };
        assert!(refused(empty).contains("at least one frame"));
        let still = PhantomOptions {
            speed: 0.0,
            ..PLAIN
        };
        assert!(refused(still).contains("`speed`"));
        let dark = PhantomOptions {
            bleaching: 1.0,
            ..PLAIN
        };
        assert!(refused(dark).contains("`bleaching`"));
        let far = PhantomOptions {
            motion: 11.0,
            ..PLAIN
        };
        assert!(refused(far).contains("`motion`"));
    }
}
