//! Taps of each output pixel along an axis: the input pixels that it uses, and their weights.

use std::f64::consts::PI;

use super::Interpolation;

/// Lengths of an axis before and after resizing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Output pixels per input pixel.
    factor: f64,
    /// Input pixels per output pixel.
    pub(super) scale: f64,
}

impl Stretch {
    /// Resizes from one length to another.
    pub(super) fn to(from: usize, to: usize) -> Self {
        Self::new(from, to, to as f64 / from as f64)
    }

    /// Resizes by a factor; the new length is 0 if the result would be invalid.
    pub(super) fn by(from: usize, factor: f64) -> Self {
        let to = (from as f64 * factor).round_ties_even() as usize;
        Self::new(from, to, factor)
    }

    fn new(from: usize, to: usize, factor: f64) -> Self {
        Self {
            from,
            to,
            factor,
            scale: 1.0 / factor,
        }
    }

    /// Whether nothing changes.
    pub(super) fn is_identity(&self) -> bool {
        self.from == self.to
    }

    /// Whether the length is halved exactly.
    pub(super) fn halves(&self) -> bool {
        (self.scale - 2.0).abs() < f64::EPSILON
    }

    /// Pixel chosen by nearest-neighbor interpolation.
    pub(super) fn nearest(&self, index: usize) -> usize {
        ((index as f64 * self.scale) as usize).min(self.from - 1)
    }

    /// Weights along a column. `is_area`: pixels are not enlarged along any axis.
    pub(super) fn rows(&self, how: Interpolation, is_area: bool) -> Taps {
        Taps::collect(self.to, |index| match how {
            Interpolation::Area if is_area => self.area(index),
            _ => {
                let (first, part) = self.position(index, how);
                weigh(first, part, how)
            }
        })
    }

    /// Weights along a row, where linear interpolation uses nothing beyond the ends.
    pub(super) fn columns(&self, how: Interpolation, is_area: bool) -> Taps {
        let is_linear = matches!(how, Interpolation::Linear | Interpolation::Area);
        let last = self.from as isize - 1;
        // Both halves refer to the pixel at the end, which thus counts once even if it is infinite.
        let halves = vec![0.5, 0.5];
        Taps::collect(self.to, |index| match how {
            Interpolation::Area if is_area => self.area(index),
            _ => match self.position(index, how) {
                (first, _) if is_linear && first < 0 => (-1, halves.clone()),
                (first, _) if is_linear && first >= last => (last, halves.clone()),
                (first, part) => weigh(first, part, how),
            },
        })
    }

    /// The pixel before an output pixel's position, and the fraction of a pixel from it to the
    /// position.
    fn position(&self, index: usize, how: Interpolation) -> (isize, f32) {
        if how == Interpolation::Area {
            let first = (index as f64 * self.scale).floor();
            let part = ((index as f64 + 1.0) - (first + 1.0) * self.factor) as f32;
            let part = if part <= 0.0 {
                0.0
            } else {
                part - part.floor()
            };
            return (first as isize, part);
        }
        let position = ((index as f64 + 0.5) * self.scale - 0.5) as f32;
        (position.floor() as isize, position - position.floor())
    }

    /// Fractions of the pixels that a larger one covers.
    fn area(&self, index: usize) -> (isize, Vec<f32>) {
        let begin = index as f64 * self.scale;
        let end = begin + self.scale;
        let width = self.scale.min(self.from as f64 - begin);
        let last = (end.floor() as usize).min(self.from - 1);
        let first = (begin.ceil() as usize).min(last);
        let mut weights = Vec::new();
        let before = first as f64 - begin;
        let mut start = first;
        if before > 1e-3 {
            start -= 1;
            weights.push((before / width) as f32);
        }
        weights.extend((first..last).map(|_| (1.0 / width) as f32));
        let after = end - last as f64;
        if after > 1e-3 {
            weights.push((after.min(1.0).min(width) / width) as f32);
        }
        (start as isize, weights)
    }
}

/// First pixel and weights at a position between pixels.
fn weigh(first: isize, part: f32, how: Interpolation) -> (isize, Vec<f32>) {
    match how {
        Interpolation::Cubic => (first - 1, cubic(part).to_vec()),
        Interpolation::Lanczos => (first - 3, lanczos(part).to_vec()),
        _ => (first, vec![1.0 - part, part]),
    }
}

/// Cubic convolution (Keys 1981) with a = −0.75.
fn cubic(x: f32) -> [f32; 4] {
    const A: f32 = -0.75;
    let y = 1.0 - x;
    let first = ((A * (x + 1.0) - 5.0 * A) * (x + 1.0) + 8.0 * A) * (x + 1.0) - 4.0 * A;
    let second = ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let third = ((A + 2.0) * y - (A + 3.0)) * y * y + 1.0;
    [first, second, third, 1.0 - first - second - third]
}

/// Sinc function times a Lanczos window of four pixels to each side, normalized to a sum of 1.
fn lanczos(x: f32) -> [f32; 8] {
    let distance = |tap: usize| x + 3.0 - tap as f32;
    if let Some(hit) = (0..8).find(|tap| distance(*tap).abs() < 1e-6) {
        return std::array::from_fn(|tap| if tap == hit { 1.0 } else { 0.0 });
    }
    let weights: [f32; 8] = std::array::from_fn(|tap| {
        let phase = f64::from(distance(tap)) * PI;
        let window = (phase / 4.0).sin() / (phase / 4.0);
        (phase.sin() / phase * window) as f32
    });
    let sum: f32 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// Taps and weights of all output pixels along an axis.
#[derive(Debug)]
pub(super) struct Taps {
    /// First input pixel of each output pixel; it and others may be beyond the ends, where the last
    /// pixel is repeated.
    pub(super) first: Vec<isize>,
    ends: Vec<usize>,
    weights: Vec<f32>,
}

impl Taps {
    fn collect(len: usize, taps: impl Fn(usize) -> (isize, Vec<f32>)) -> Self {
        let mut collected = Self {
            first: Vec::with_capacity(len),
            ends: Vec::with_capacity(len),
            weights: Vec::new(),
        };
        for index in 0..len {
            let (first, weights) = taps(index);
            collected.first.push(first);
            collected.weights.extend(weights);
            collected.ends.push(collected.weights.len());
        }
        collected
    }

    /// Weights of an output pixel.
    #[inline(always)]
    pub(super) fn weights(&self, index: usize) -> &[f32] {
        let begin = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.weights[begin..self.ends[index]]
    }

    /// Maximum number of weights of an output pixel.
    pub(super) fn most(&self) -> usize {
        let most = (0..self.first.len()).map(|index| self.weights(index).len());
        most.max().unwrap_or(0)
    }

    /// Number of pixels used before the first and after the last of an axis.
    pub(super) fn reach(&self, len: usize) -> (usize, usize) {
        let before = self.first.iter().map(|first| -first).max().unwrap_or(0);
        let end = |index: usize| self.first[index] + self.weights(index).len() as isize;
        let after = (0..self.first.len()).map(end).max().unwrap_or(0) - len as isize;
        (before.max(0) as usize, after.max(0) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_to_one() {
        for to in [1, 3, 7, 10, 11, 25] {
            let axis = Stretch::to(10, to);
            for how in [
                Interpolation::Linear,
                Interpolation::Cubic,
                Interpolation::Area,
                Interpolation::Lanczos,
            ] {
                for taps in [axis.rows(how, to <= 10), axis.columns(how, to <= 10)] {
                    for index in 0..to {
                        let sum: f32 = taps.weights(index).iter().sum();
                        assert!((sum - 1.0).abs() < 1e-6, "{how:?} {to} {index}: {sum}");
                    }
                }
            }
        }
    }

    #[test]
    fn lengths_round_to_even() {
        assert_eq!(Stretch::by(11, 0.5).to, 6);
        assert_eq!(Stretch::by(9, 0.5).to, 4);
        assert_eq!(Stretch::by(9, -1.0).to, 0);
        assert_eq!(Stretch::by(9, f64::NAN).to, 0);
    }
}
