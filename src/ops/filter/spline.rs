//! Least-squares cubic splines through the traces of pixels.

use crate::ops::kernel::{Kernel, TraceBlock, subtract_row};
use crate::video::Real;

/// Number of B-splines that are not 0 at a time.
const SUPPORT: usize = 4;

/// Subtracts the least-squares cubic spline with equally spaced knots from traces (de Boor 1978).
///
/// The spline is a sum of B-splines, of which four are not 0 in a frame, so that the normal
/// equations have a band of four numbers on each side of the diagonal and the same Cholesky factor
/// for all traces.
pub(super) struct CubicSpline {
    /// First of the four B-splines of each frame, and their values.
    frames: Vec<(usize, [f64; SUPPORT])>,
    /// Rows of the Cholesky factor: the diagonal, then what is left of it.
    factor: Vec<[f64; SUPPORT]>,
}

impl CubicSpline {
    /// Prepares a fit with some knots between the first and the last frame, of at least four frames
    /// more than knots: then each B-spline has a frame of its own.
    pub(super) fn new(knots: usize, n_frames: usize) -> Self {
        let pieces = knots + 1;
        let length = (n_frames - 1) as f64 / pieces as f64;
        // The knots at both ends count four times.
        let knot = |at: isize| at.clamp(0, pieces as isize) as f64 * length;
        let frames: Vec<_> = (0..n_frames)
            .map(|frame| {
                let piece = ((frame as f64 / length) as usize).min(pieces - 1);
                (piece, b_splines(frame as f64, piece as isize, knot))
            })
            .collect();
        let mut normal = vec![[0.0; SUPPORT]; pieces + SUPPORT - 1];
        for (first, values) in &frames {
            for (row, value) in values.iter().enumerate() {
                for (column, other) in values[..=row].iter().enumerate() {
                    normal[first + row][row - column] += value * other;
                }
            }
        }
        Self {
            frames,
            factor: cholesky(normal),
        }
    }

    /// Solves the normal equations of `pixels` traces in place.
    #[inline(always)]
    fn solve(&self, sums: &mut [f64], pixels: usize) {
        let rows = self.factor.len();
        for row in 0..rows {
            let (before, rest) = sums.split_at_mut(row * pixels);
            let current = &mut rest[..pixels];
            for (back, factor) in self.factor[row].iter().enumerate().skip(1).take(row) {
                add_scaled(current, &before[(row - back) * pixels..], -factor);
            }
            let scale = 1.0 / self.factor[row][0];
            current.iter_mut().for_each(|sum| *sum *= scale);
        }
        for row in (0..rows).rev() {
            let (before, after) = sums.split_at_mut((row + 1) * pixels);
            let current = &mut before[row * pixels..];
            for ahead in 1..SUPPORT.min(rows - row) {
                let factor = self.factor[row + ahead][ahead];
                add_scaled(current, &after[(ahead - 1) * pixels..], -factor);
            }
            let scale = 1.0 / self.factor[row][0];
            current.iter_mut().for_each(|sum| *sum *= scale);
        }
    }
}

impl<R: Real> Kernel<TraceBlock<'_, R>> for CubicSpline {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let pixels = traces.pixels;
        let mut sums = vec![0.0; self.factor.len() * pixels];
        let rows = traces.samples.chunks_exact(pixels);
        for (row, (first, values)) in rows.zip(&self.frames) {
            let sums = sums[first * pixels..].chunks_exact_mut(pixels);
            for (sums, value) in sums.zip(values) {
                for (sum, sample) in sums.iter_mut().zip(row) {
                    *sum += value * f64::from_element(*sample);
                }
            }
        }
        self.solve(&mut sums, pixels);
        let mut trend = vec![0.0; pixels];
        let rows = traces.samples.chunks_exact(pixels).enumerate();
        for ((frame, row), (first, values)) in rows.zip(&self.frames) {
            trend.fill(0.0);
            for (part, value) in sums[first * pixels..].chunks_exact(pixels).zip(values) {
                add_scaled(&mut trend, part, *value);
            }
            subtract_row(traces.results.frame(frame), row, &trend);
        }
    }
}

#[inline(always)]
fn add_scaled(sums: &mut [f64], parts: &[f64], factor: f64) {
    for (sum, part) in sums.iter_mut().zip(parts) {
        *sum += factor * part;
    }
}

/// Values of the four cubic B-splines that are not 0 in a piece, by their recursion.
fn b_splines(time: f64, piece: isize, knot: impl Fn(isize) -> f64) -> [f64; SUPPORT] {
    let mut values = [1.0, 0.0, 0.0, 0.0];
    for degree in 1..SUPPORT {
        let mut carried = 0.0;
        for (at, value) in values[..degree].iter_mut().enumerate() {
            let right = knot(piece + at as isize + 1);
            let left = knot(piece + at as isize + 1 - degree as isize);
            let share = *value / (right - left);
            *value = carried + (right - time) * share;
            carried = (time - left) * share;
        }
        values[degree] = carried;
    }
    values
}

/// Cholesky factor of a positive definite matrix with a band, of the same form.
fn cholesky(mut rows: Vec<[f64; SUPPORT]>) -> Vec<[f64; SUPPORT]> {
    for row in 0..rows.len() {
        for back in (0..SUPPORT.min(row + 1)).rev() {
            let column = row - back;
            let shared = (back + 1..SUPPORT.min(row + 1))
                .map(|further| rows[row][further] * rows[column][further - back]);
            let left = rows[row][back] - shared.sum::<f64>();
            rows[row][back] = match back {
                0 => left.sqrt(),
                _ => left / rows[column][0],
            };
        }
    }
    rows
}
