//! Gaussian smoothing in time and space.

use std::ops::Range;

use crate::bail;
use crate::error::Result;
use crate::ops::kernel::gaussian::Gaussian;
use crate::ops::kernel::{Kernel, TraceBlock, map_frames, map_samples, map_traces_within, only};
use crate::ops::{expect_gray_frames, smooth_in_precision};
use crate::video::{Real, Video};

/// Number of neighboring samples summed in parallel lanes, in registers.
const LANES: usize = 64;

/// The same for shorter rows.
const SHORT_LANES: usize = 8;

/// Smooths with a Gaussian filter in time and space, with standard deviations in frames and in
/// pixels. An axis with a standard deviation that is not positive is not smoothed.
///
/// The weights end at four standard deviations σ; the boundary mode is reflection. Ints are
/// computed in `float32`, where each axis adds an error of at most (σ + 4) × 10⁻⁷ of the largest
/// sample. A bool stays true where all its neighbors are true.
pub fn smooth_spatiotemporal(
    video: Video,
    sigma_temporal: f64,
    sigma_spatial: f64,
) -> Result<Video> {
    let frames = 0..video.len();
    smooth_within(video, frames, sigma_temporal, sigma_spatial)
}

/// Some frames of [`smooth_spatiotemporal`].
pub fn smooth_within(
    video: Video,
    frames: Range<usize>,
    sigma_temporal: f64,
    sigma_spatial: f64,
) -> Result<Video> {
    expect_gray_frames(&video, "smooth_spatiotemporal")?;
    let named = [
        ("sigma_temporal", sigma_temporal),
        ("sigma_spatial", sigma_spatial),
    ];
    if let Some((name, sigma)) = named.iter().find(|(_, sigma)| *sigma == f64::INFINITY) {
        bail!("smooth_spatiotemporal needs `{name}` to be finite, got {sigma}");
    }
    smooth_in_precision(
        video,
        |video| smooth::<f32>(video, frames.clone(), sigma_temporal, sigma_spatial),
        |video| smooth::<f64>(video, frames.clone(), sigma_temporal, sigma_spatial),
    )
}

/// Number of frames before and after a frame that its smoothed value depends on.
pub fn reach(sigma_temporal: f64) -> usize {
    (4.0 * sigma_temporal + 0.5) as usize
}

/// First in time, then, while a frame is in the cache, along its rows and columns.
fn smooth<R: Real>(
    video: Video,
    frames: Range<usize>,
    sigma_temporal: f64,
    sigma_spatial: f64,
) -> Result<Video> {
    let [n_frames, rows, cols] = *video.shape() else {
        unreachable!("three axes were asked for");
    };
    let video = match Gaussian::<R>::new(sigma_temporal, n_frames) {
        Some(time) => map_traces_within("smoothing", video, frames, SmoothTemporal(time))?,
        None => only(frames, video),
    };
    let y = Gaussian::<R>::new(sigma_spatial, rows);
    let x = Gaussian::<R>::new(sigma_spatial, cols);
    if let (Some(y), Some(x)) = (y, x) {
        return map_frames("smoothing", video, SmoothSpatial::new(y, x));
    }
    map_samples("smoothing", video, |_samples: &mut [R]| ())
}

/// Smooths along time.
struct SmoothTemporal<R>(Gaussian<R>);

impl<R: Real> Kernel<TraceBlock<'_, R>> for SmoothTemporal<R> {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let Gaussian { weights, indices } = &self.0;
        let (samples, pixels, radius) = (traces.samples, traces.pixels, self.0.radius());
        for frame in traces.frames {
            let rows = NeighborRows {
                samples,
                indices: &indices[frame..=frame + 2 * radius],
                stride: pixels,
            };
            smooth_row(weights, rows, traces.results.frame(frame));
        }
    }
}

/// Smooths each row along itself into a ring buffer of rows, from which columns are smoothed as
/// soon as their rows are available.
struct SmoothSpatial<R> {
    y: Gaussian<R>,
    x: Gaussian<R>,
    cols: usize,
    ring_rows: usize,
    /// Row of the ring buffer for each index of `y`.
    indices: Vec<usize>,
    /// Offsets in the extended row of the neighbors of a sample, from the first to the last.
    shifts: Vec<usize>,
}

impl<R: Real> SmoothSpatial<R> {
    fn new(y: Gaussian<R>, x: Gaussian<R>) -> Self {
        let (rows, cols) = (y.len(), x.len());
        let ring_rows = rows.min(2 * y.radius() + 1);
        Self {
            indices: y.indices.iter().map(|row| row % ring_rows).collect(),
            shifts: (0..=2 * x.radius()).collect(),
            y,
            x,
            cols,
            ring_rows,
        }
    }

    /// Smooths a row of a frame along itself.
    #[inline(always)]
    fn smooth_along(&self, row: &[R], padded: &mut [R], results: &mut [R]) {
        pad_row(&self.x, row, padded);
        let rows = NeighborRows {
            samples: padded,
            indices: &self.shifts,
            stride: 1,
        };
        smooth_row(&self.x.weights, rows, results);
    }
}

impl<R: Real> Kernel<(&mut [R], &mut Vec<R>)> for SmoothSpatial<R> {
    #[inline(always)]
    fn run(&self, (samples, scratch): (&mut [R], &mut Vec<R>)) {
        let (cols, ring_len, radius) = (self.cols, self.ring_rows * self.cols, self.y.radius());
        scratch.resize(ring_len + self.x.indices.len(), R::zero());
        let (ring, padded) = scratch.split_at_mut(ring_len);
        let rows = self.y.len();
        let mut done = 0;
        for row in 0..rows {
            while done < rows.min(row + radius + 1) {
                let results = &mut ring[self.indices[done + radius] * cols..][..cols];
                self.smooth_along(&samples[done * cols..][..cols], padded, results);
                done += 1;
            }
            let rows = NeighborRows {
                samples: ring,
                indices: &self.indices[row..=row + 2 * radius],
                stride: cols,
            };
            smooth_row(&self.y.weights, rows, &mut samples[row * cols..][..cols]);
        }
    }
}

/// Copies a row with its extension on both sides.
#[inline(always)]
fn pad_row<R: Real>(x: &Gaussian<R>, row: &[R], padded: &mut [R]) {
    let (before, rest) = padded.split_at_mut(x.radius());
    let (middle, after) = rest.split_at_mut(row.len());
    middle.copy_from_slice(row);
    for (sample, index) in before.iter_mut().zip(&x.indices) {
        *sample = row[*index];
    }
    for (sample, index) in after.iter_mut().zip(&x.indices[x.radius() + row.len()..]) {
        *sample = row[*index];
    }
}

/// Neighbors of a row, from the first to the last with a weight.
#[derive(Clone, Copy)]
struct NeighborRows<'a, R> {
    samples: &'a [R],
    indices: &'a [usize],
    /// Distance in memory between neighbors.
    stride: usize,
}

impl<'a, R> NeighborRows<'a, R> {
    /// `N` samples of a neighbor, starting at `begin`.
    #[inline(always)]
    fn lanes<const N: usize>(&self, neighbor: usize, begin: usize) -> &'a [R] {
        &self.samples[self.indices[neighbor] * self.stride + begin..][..N]
    }
}

/// Weighted sum of the neighbors of a row.
#[inline(always)]
fn smooth_row<R: Real>(weights: &[R], rows: NeighborRows<'_, R>, results: &mut [R]) {
    match results.len() {
        0 => (),
        1..SHORT_LANES => smooth_blocks::<R, 1>(weights, rows, results),
        SHORT_LANES..LANES => smooth_blocks::<R, SHORT_LANES>(weights, rows, results),
        _ => smooth_blocks::<R, LANES>(weights, rows, results),
    }
}

/// Sums blocks of `N` samples; the last overlaps the one before it unless `N` divides the number of
/// samples.
#[inline(always)]
fn smooth_blocks<R: Real, const N: usize>(
    weights: &[R],
    rows: NeighborRows<'_, R>,
    results: &mut [R],
) {
    let last = results.len() - N;
    for begin in (0..last).step_by(N).chain([last]) {
        let sums: [R; N] = smooth_lanes(weights, rows, begin);
        results[begin..begin + N].copy_from_slice(&sums);
    }
}

/// Small weights are summed first, which keeps rounding errors small.
#[inline(always)]
fn smooth_lanes<R: Real, const N: usize>(
    weights: &[R],
    rows: NeighborRows<'_, R>,
    begin: usize,
) -> [R; N] {
    let radius = weights.len() - 1;
    let mut sums = [R::zero(); N];
    for (k, &weight) in weights.iter().enumerate().skip(1).rev() {
        let a = rows.lanes::<N>(radius - k, begin);
        let b = rows.lanes::<N>(radius + k, begin);
        for lane in 0..N {
            sums[lane] += weight * (a[lane] + b[lane]);
        }
    }
    let center = rows.lanes::<N>(radius, begin);
    for lane in 0..N {
        sums[lane] += weights[0] * center[lane];
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, ramp, values, video};
    use crate::video::DType;

    /// Reference implementation, one axis after the other, in double precision.
    fn smooth_naively(samples: &[f32], shape: [usize; 3], sigmas: [f64; 3]) -> Vec<f64> {
        let mut samples: Vec<f64> = samples.iter().map(|v| f64::from(*v)).collect();
        for axis in 0..3 {
            let (sigma, len) = (sigmas[axis], shape[axis] as i64);
            let stride: usize = shape[axis + 1..].iter().product();
            let radius = (4.0 * sigma + 0.5) as i64;
            let weight = |k: i64| (-0.5 * (k as f64 / sigma).powi(2)).exp();
            let sum: f64 = (-radius..=radius).map(weight).sum();
            let average = |i: usize| -> f64 {
                let index = (i / stride) as i64 % len;
                let sample = |k: i64| {
                    let at = (index + k).rem_euclid(2 * len);
                    let at = at.min(2 * len - 1 - at);
                    samples[(i as i64 + (at - index) * stride as i64) as usize]
                };
                (-radius..=radius)
                    .map(|k| weight(k) / sum * sample(k))
                    .sum()
            };
            if sigma > 0.0 {
                samples = (0..samples.len()).map(average).collect();
            }
        }
        samples
    }

    /// Checks the documented error bound in `float32`, and a tighter one in `float64`.
    #[track_caller]
    fn check(shape: [usize; 3], temporal: f64, spatial: f64) {
        let samples = noise(shape.iter().product(), 3);
        let expected = smooth_naively(&samples, shape, [temporal, spatial, spatial]);
        let single = video(&shape, samples.clone());
        let double = video(&shape, samples.iter().map(|v| f64::from(*v)).collect());
        let bound = (temporal + 4.0 + 2.0 * (spatial + 4.0)) * 1e-7;
        for (film, bound) in [(single, bound), (double, bound * 1e-7)] {
            let smoothed = smooth_spatiotemporal(film, temporal, spatial).unwrap();
            let errors = values(&smoothed).into_iter().zip(&expected);
            let error = errors.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(error <= bound, "{error} > {bound}");
        }
    }

    #[test]
    fn smoothing_is_as_defined() {
        check([12, 16, 10], 1.0, 2.0);
        check([9, 70, 83], 0.5, 3.0);
        check([40, 33, 32], 3.0, 5.0);
        check([5, 3, 101], 0.0, 1.0);
        check([50, 3, 65], 2.0, 0.0);
    }

    #[test]
    fn weights_reach_beyond_short_axes() {
        check([2, 7, 5], 20.0, 20.0);
        check([1, 1, 40], 1.0, 2.0);
        check([3, 40, 1], 1.5, 30.0);
    }

    #[test]
    fn axes_without_a_positive_width_are_left_alone() {
        for sigma in [0.0, -1.0, 1e-16, f64::NAN] {
            let same = smooth_spatiotemporal(ramp(&[3, 4, 5]), sigma, sigma).unwrap();
            assert_eq!(values(&same), values(&ramp(&[3, 4, 5])));
        }
        let error = smooth_spatiotemporal(ramp(&[3, 4, 5]), 1.0, f64::INFINITY).unwrap_err();
        let expected = "smooth_spatiotemporal needs `sigma_spatial` to be finite, got inf";
        assert_eq!(error.message(), expected);
        assert!(smooth_spatiotemporal(ramp(&[4, 5]), 1.0, 1.0).is_err());
    }

    #[test]
    fn types_are_float32_unless_float64_or_bool() {
        let ints = video(&[5, 6, 40], vec![100u16; 5 * 6 * 40]);
        let smoothed = smooth_spatiotemporal(ints, 1.0, 1.0).unwrap();
        assert_eq!(smoothed.dtype(), DType::F32);
        assert!(values(&smoothed).iter().all(|v| (v - 100.0).abs() < 1e-4));
        let mut mask = vec![true; 25];
        mask[12] = false;
        let smoothed = smooth_spatiotemporal(video(&[1, 5, 5], mask), 0.0, 0.3).unwrap();
        assert_eq!(smoothed.dtype(), DType::Bool);
        assert_eq!(values(&smoothed).iter().sum::<f64>(), 16.0);
    }

    #[test]
    fn nan_stays_within_reach() {
        let mut samples = vec![1f32; 41 * 41];
        samples[20 * 41 + 20] = f32::NAN;
        let smoothed = smooth_spatiotemporal(video(&[1, 41, 41], samples), 0.0, 1.0).unwrap();
        let nans = values(&smoothed).iter().filter(|v| v.is_nan()).count();
        assert_eq!(nans, 9 * 9);
    }

    #[test]
    fn memory_is_reused_and_threads_do_not_matter() {
        let shape = [20, 41, 67];
        let filter = |video| smooth_spatiotemporal(video, 1.0, 2.0);
        check_reuse(ramp(&shape), filter);
        check_threads(|| filter(video(&shape, noise(20 * 41 * 67, 1))));
    }
}
