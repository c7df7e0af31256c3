//! Wavefronts of the phantom: plane, circular, and spirals whose centers may move.

use std::f64::consts::TAU;

use super::PhantomOptions;
use crate::choice::Choice;
use crate::ops::wave::rotors::Singularity;

/// Shape of the wavefronts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wavefront {
    /// Straight, in one direction.
    Plane,
    /// Circular, from the center of the frame.
    Point,
    /// One arm that rotates around the center of the frame.
    Spiral,
    /// Two arms that rotate in opposite directions, a quarter of the width left and right of the
    /// center.
    Pair,
}

impl Choice for Wavefront {
    const NOUN: &'static str = "a wavefront";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("plane", Self::Plane),
        ("point", Self::Point),
        ("spiral", Self::Spiral),
        ("pair", Self::Pair),
    ];
}

/// Direction in which a spiral rotates; the right one of a pair rotates against it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rotation {
    /// From the right to the bottom.
    Clockwise,
    /// From the right to the top.
    Counterclockwise,
}

impl Choice for Rotation {
    const NOUN: &'static str = "a direction of rotation";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("clockwise", Self::Clockwise),
        ("counterclockwise", Self::Counterclockwise),
    ];
}

impl PhantomOptions {
    /// Time from stimulus to activation in ms, at a position relative to the center in pixels.
    pub(super) fn activation(&self, dy: f64, dx: f64) -> f64 {
        // 1 cm/s is 10 µm/ms.
        let delay = |pixels: f64| pixels * self.pixel_size / (10.0 * self.speed);
        // Turns from the nearest center of a spiral on; those around it are added.
        let turns = |distance: f64, around: f64| {
            let sign = match self.rotation {
                Rotation::Clockwise => 1.0,
                Rotation::Counterclockwise => -1.0,
            };
            let turns = sign * around / TAU + delay(distance) / self.cycle_length;
            turns.rem_euclid(1.0) * self.cycle_length
        };
        match self.wavefront {
            Wavefront::Plane => {
                let (sine, cosine) = self.direction.to_radians().sin_cos();
                let reach = (self.height - 1) as f64 * sine.abs();
                let reach = (reach + (self.width - 1) as f64 * cosine.abs()) / 2.0;
                delay(dy * sine + dx * cosine + reach)
            }
            Wavefront::Point => delay(dy.hypot(dx)),
            Wavefront::Spiral => turns(dy.hypot(dx), dy.atan2(dx)),
            Wavefront::Pair => {
                let (left, right) = (dx + self.pair_offset(), dx - self.pair_offset());
                let distance = dy.hypot(left).min(dy.hypot(right));
                turns(distance, dy.atan2(left) - dy.atan2(right))
            }
        }
    }

    /// Distance in pixels of the spirals of a pair from the center.
    fn pair_offset(&self) -> f64 {
        self.width as f64 / 4.0
    }

    /// Whether activation repeats itself without stimuli.
    pub(super) fn is_reentrant(&self) -> bool {
        matches!(self.wavefront, Wavefront::Spiral | Wavefront::Pair)
    }

    /// Whether the centers of spirals move.
    pub(super) fn meanders(&self) -> bool {
        self.is_reentrant() && self.meander > 0.0
    }

    /// Offset in pixels, down and to the right, of the centers of spirals at a time in ms.
    pub(super) fn offset(&self, time: f64) -> [f64; 2] {
        let (sine, cosine) = (TAU * time / self.meander_period).sin_cos();
        [self.meander * sine, self.meander * cosine]
    }

    /// Centers of the spirals in each frame; the phase decreases in the direction of rotation.
    pub(super) fn tips(&self) -> Vec<Singularity> {
        let charge = match self.rotation {
            Rotation::Clockwise => -1,
            Rotation::Counterclockwise => 1,
        };
        let centers = match self.wavefront {
            Wavefront::Plane | Wavefront::Point => vec![],
            Wavefront::Spiral => vec![(0.0, charge)],
            Wavefront::Pair => vec![(-self.pair_offset(), charge), (self.pair_offset(), -charge)],
        };
        let tip = |frame: usize, (x, charge): (f64, i64)| {
            let [dy, dx] = self.offset(frame as f64 * 1000.0 / self.fps);
            Singularity {
                frame,
                y: (self.height - 1) as f64 / 2.0 + dy,
                x: (self.width - 1) as f64 / 2.0 + x + dx,
                charge,
            }
        };
        let frames = 0..self.frames;
        let tips = frames.flat_map(|frame| centers.iter().map(move |center| tip(frame, *center)));
        tips.collect()
    }
}
