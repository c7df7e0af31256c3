//! Scaling of each pixel by its own range, over all frames or in a sliding window in time.

use std::ops::Range;

use crate::error::Result;
use crate::ops::kernel::{Kernel, RowBlock, map_frames, map_rows_within, reduce_frames};
use crate::ops::{expect_gray_frames, no_samples};
use crate::video::{DType, Element, Video, higher, lower, with_dtype};

/// Ranges of the samples of each pixel.
pub struct PixelRanges {
    lows: Vec<f32>,
    widths: Vec<f32>,
}

/// Scales the samples of each pixel linearly to [`ymin`, `ymax`], in `float32`.
pub fn normalize_pixelwise(video: Video, ymin: f64, ymax: f64) -> Result<Video> {
    let ranges = pixel_ranges(&video)?;
    scale_pixels(video, &ranges, (ymin, ymax))
}

/// Range of each pixel over all frames.
pub fn pixel_ranges(video: &Video) -> Result<PixelRanges> {
    if video.is_empty() {
        return Err(no_samples("normalize_pixelwise", video));
    }
    let nothing = [f32::INFINITY, f32::NEG_INFINITY];
    let ranges = reduce_frames("finding the range", video, nothing, FindRanges)?;
    Ok(PixelRanges {
        lows: ranges.iter().map(|[low, _]| *low).collect(),
        widths: ranges
            .iter()
            .map(|[low, high]| width(*low, *high))
            .collect(),
    })
}

/// Scales frames by the ranges of their pixels.
pub fn scale_pixels(video: Video, ranges: &PixelRanges, (ymin, ymax): (f64, f64)) -> Result<Video> {
    let result_range = ResultRange {
        ymin: ymin as f32,
        height: (ymax - ymin) as f32,
    };
    let kernel = Pixelwise {
        ranges,
        result_range,
    };
    map_frames("normalizing", video, kernel)
}

/// Scales each sample to [`ymin`, `ymax`] by the minimum and maximum of its pixel over up to half
/// of `window_size` frames before and after it, in `float32`. NaN is ignored.
pub fn normalize_pixelwise_slidingwindow(
    video: Video,
    window_size: i64,
    ymin: f64,
    ymax: f64,
) -> Result<Video> {
    let frames = 0..video.len();
    slide_within(video, frames, window_size, (ymin, ymax))
}

/// Some frames of [`normalize_pixelwise_slidingwindow`].
pub fn slide_within(
    video: Video,
    frames: Range<usize>,
    window_size: i64,
    (ymin, ymax): (f64, f64),
) -> Result<Video> {
    expect_gray_frames(&video, "normalize_pixelwise_slidingwindow")?;
    let reach = usize::try_from(window_size / 2).unwrap_or(0);
    let reach = reach.min(video.len().saturating_sub(1));
    let result_range = ResultRange {
        ymin: ymin as f32,
        height: ymax as f32 - ymin as f32,
    };
    // A bool is no number to compare, but its bits are.
    let video = match video.dtype() {
        DType::Bool => video.bits(),
        _ => video,
    };
    with_dtype!(video.dtype(), T => {
        let kernel = SlidingWindow {
            reach,
            result_range,
            nothing: (T::from_f64(f64::INFINITY), T::from_f64(f64::NEG_INFINITY)),
        };
        map_rows_within("normalizing", video, frames, kernel)
    })
}

/// Linear map of samples that were scaled to [0, 1].
#[derive(Clone, Copy)]
struct ResultRange {
    ymin: f32,
    height: f32,
}

impl ResultRange {
    /// Scales a sample by the range that begins at `low`.
    #[inline(always)]
    fn scale(self, sample: f32, low: f32, width: f32) -> f32 {
        (sample - low) / width * self.height + self.ymin
    }
}

/// Width of a range that samples are divided by; NaN if it is infinite, since division by it would
/// give `ymin` for every finite sample.
#[inline(always)]
fn width(low: f32, high: f32) -> f32 {
    let width = high - low + f32::EPSILON;
    // 0 · ∞ is NaN.
    width + 0.0 * width
}

/// Finds the range of each pixel.
struct FindRanges;

impl Kernel<(&mut [[f32; 2]], &[f32])> for FindRanges {
    #[inline(always)]
    fn run(&self, (ranges, samples): (&mut [[f32; 2]], &[f32])) {
        for ([low, high], sample) in ranges.iter_mut().zip(samples) {
            *low = low.min(*sample);
            *high = high.max(*sample);
        }
    }
}

/// Scales each pixel by its own range.
struct Pixelwise<'a> {
    ranges: &'a PixelRanges,
    result_range: ResultRange,
}

impl Kernel<(&mut [f32], &mut Vec<f32>)> for Pixelwise<'_> {
    #[inline(always)]
    fn run(&self, (samples, _): (&mut [f32], &mut Vec<f32>)) {
        let ranges = self.ranges.lows.iter().zip(&self.ranges.widths);
        for (sample, (low, width)) in samples.iter_mut().zip(ranges) {
            *sample = self.result_range.scale(*sample, *low, *width);
        }
    }
}

/// Range of each of several pixels.
struct Ranges<'a, T> {
    lows: &'a mut [T],
    highs: &'a mut [T],
}

impl<'a, T: Element> Ranges<'a, T> {
    /// Takes the ranges of some pixels from memory.
    fn take(memory: &mut &'a mut [T], pixels: usize) -> Self {
        let (ranges, rest) = std::mem::take(memory).split_at_mut(2 * pixels);
        *memory = rest;
        let (lows, highs) = ranges.split_at_mut(pixels);
        Self { lows, highs }
    }

    #[inline(always)]
    fn clear(&mut self, (low, high): (T, T)) {
        self.lows.fill(low);
        self.highs.fill(high);
    }

    #[inline(always)]
    fn copy_from(&mut self, other: &Self) {
        self.lows.copy_from_slice(other.lows);
        self.highs.copy_from_slice(other.highs);
    }

    /// Sets the ranges to others, widened to include one more sample each.
    #[inline(always)]
    fn set_widened(&mut self, other: &Self, samples: &[T]) {
        let lows = self.lows.iter_mut().zip(&*other.lows);
        for ((low, known), sample) in lows.zip(samples) {
            *low = lower(*sample, *known);
        }
        let highs = self.highs.iter_mut().zip(&*other.highs);
        for ((high, known), sample) in highs.zip(samples) {
            *high = higher(*sample, *known);
        }
    }

    /// Widens the ranges to include one more sample each; NaN is ignored.
    #[inline(always)]
    fn widen(&mut self, samples: &[T]) {
        for (low, sample) in self.lows.iter_mut().zip(samples) {
            *low = lower(*sample, *low);
        }
        for (high, sample) in self.highs.iter_mut().zip(samples) {
            *high = higher(*sample, *high);
        }
    }

    /// Widens the ranges to include the samples of several rows, some of which are read together.
    #[inline(always)]
    fn widen_by_all(&mut self, rows: &[&[T]]) {
        let (chunks, rest) = rows.as_chunks::<4>();
        for [a, b, c, d] in chunks {
            let samples = || a.iter().zip(*b).zip(c.iter().zip(*d));
            for (low, ((a, b), (c, d))) in self.lows.iter_mut().zip(samples()) {
                *low = lower(*a, lower(*b, lower(*c, lower(*d, *low))));
            }
            for (high, ((a, b), (c, d))) in self.highs.iter_mut().zip(samples()) {
                *high = higher(*a, higher(*b, higher(*c, higher(*d, *high))));
            }
        }
        for row in rest {
            self.widen(row);
        }
    }
}

/// Scales each sample by the range of its window, which extends `reach` frames to both sides.
///
/// As many frames as a window is long, or fewer, are scaled together. All their windows have some
/// frames in common; the range of a window is merged from its `tail`, the common frames and those
/// before them, computed for all windows at first, and its `head`, the frames after the common ones,
/// which grows frame by frame. The cost per sample thus does not depend on the window (van Herk
/// 1992; Gil & Werman 1993). Samples are compared in their own type, of which a register holds up
/// to four times as many as of `float32`; rounding to that keeps their order.
struct SlidingWindow<T> {
    reach: usize,
    result_range: ResultRange,
    /// Limits that every sample widens.
    nothing: (T, T),
}

impl<T: Element> Kernel<RowBlock<'_, T, f32>> for SlidingWindow<T> {
    #[inline(always)]
    fn run(&self, mut block: RowBlock<'_, T, f32>) {
        let rows = block.rows;
        let (pixels, reach) = (rows[0].len(), self.reach);
        let window = 2 * reach + 1;
        let per_group = window.min(block.frames.len());
        block
            .scratch
            .resize(2 * (per_group + 1) * pixels, T::default());
        let mut memory = &mut block.scratch[..];
        let mut head = Ranges::take(&mut memory, pixels);
        let mut tails: Vec<_> = (0..per_group)
            .map(|_| Ranges::take(&mut memory, pixels))
            .collect();

        let (mut first, end) = (block.frames.start, block.frames.end);
        while first < end {
            let last = end.min(first + per_group) - 1;
            let tails = &mut tails[..=last - first];
            let common = last.saturating_sub(reach)..rows.len().min(first + reach + 1);
            find_tails(tails, rows, common, self.nothing);
            head.clear(self.nothing);
            for (frame, tail) in (first..).zip(&*tails) {
                if frame > first
                    && let Some(row) = rows.get(frame + reach)
                {
                    head.widen(row);
                }
                let results = block.results.frame(frame);
                scale_row(self.result_range, rows[frame], tail, &head, results);
            }
            first = last + 1;
        }
    }
}

/// Finds the range of the `common` frames for the last tail, and of one more frame before them for
/// each one before it.
#[inline(always)]
fn find_tails<T: Element>(
    tails: &mut [Ranges<'_, T>],
    rows: &[&[T]],
    common: Range<usize>,
    nothing: (T, T),
) {
    let (last, earlier) = tails.split_last_mut().expect("one tail for each frame");
    last.clear(nothing);
    last.widen_by_all(&rows[common.clone()]);
    let mut later = last;
    for (distance, tail) in (1..).zip(earlier.iter_mut().rev()) {
        match common.start.checked_sub(distance) {
            Some(frame) => tail.set_widened(later, rows[frame]),
            None => tail.copy_from(later),
        }
        later = tail;
    }
}

/// Scales samples by the union of two ranges.
#[inline(always)]
fn scale_row<T: Element>(
    result_range: ResultRange,
    samples: &[T],
    tail: &Ranges<'_, T>,
    head: &Ranges<'_, T>,
    results: &mut [f32],
) {
    let lows = tail.lows.iter().zip(&*head.lows);
    let highs = tail.highs.iter().zip(&*head.highs);
    let ranges = lows.zip(highs);
    for ((result, sample), ((a, b), (c, d))) in results.iter_mut().zip(samples).zip(ranges) {
        let (low, high) = (lower(*a, *b).to_f32(), higher(*c, *d).to_f32());
        *result = result_range.scale(sample.to_f32(), low, width(low, high));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, ramp, values, video};

    #[test]
    fn nothing_has_no_range() {
        let empty = video(&[0, 3, 4], Vec::<u8>::new());
        assert!(normalize_pixelwise(empty, 0.0, 1.0).is_err());
    }

    #[test]
    fn each_pixel_has_its_own_range() {
        let two = video(&[3, 2], vec![1u16, 7, 3, 7, 2, 7]);
        let scaled = normalize_pixelwise(two, -1.0, 1.0).unwrap();
        assert_eq!(values(&scaled), [-1.0, -1.0, 1.0, -1.0, 0.0, -1.0]);
    }

    /// Reference implementation of the sliding window, pixel by pixel.
    fn scale_naively(samples: &[f32], pixels: usize, reach: usize) -> Vec<f64> {
        let n_frames = samples.len() / pixels;
        let scale = |i: usize| {
            let (frame, pixel) = (i / pixels, i % pixels);
            let window = frame.saturating_sub(reach)..n_frames.min(frame + reach + 1);
            let trace = window.map(|frame| samples[frame * pixels + pixel]);
            let low = trace.clone().fold(f32::NAN, f32::min);
            let high = trace.fold(f32::NAN, f32::max);
            f64::from((samples[i] - low) / (high - low + f32::EPSILON) * 3.0 - 1.0)
        };
        (0..samples.len()).map(scale).collect()
    }

    #[test]
    fn sliding_windows_are_as_defined() {
        for (n_frames, rows) in [(1, 3), (2, 1), (30, 7), (47, 13)] {
            let pixels = rows * 5;
            let mut samples = noise(n_frames * pixels, 5);
            samples.iter_mut().step_by(7).for_each(|v| *v = f32::NAN);
            for window in [
                -5,
                0,
                1,
                2,
                3,
                4,
                9,
                29,
                30,
                31,
                46,
                60,
                61,
                95,
                1000,
                i64::MAX,
            ] {
                let film = video(&[n_frames, rows, 5], samples.clone());
                let scaled = normalize_pixelwise_slidingwindow(film, window, -1.0, 2.0).unwrap();
                let reach = (window / 2).clamp(0, 1000) as usize;
                let expected = scale_naively(&samples, pixels, reach);
                let differs = |(a, b): (&f64, &f64)| a.to_bits() != b.to_bits() && !b.is_nan();
                let differs = values(&scaled).iter().zip(&expected).any(differs);
                assert!(!differs, "{n_frames} frames, window {window}");
            }
        }
    }

    #[test]
    fn the_sample_type_does_not_matter() {
        fn check<T: Element>() {
            let numbers = noise(9 * 2 * 70, 4);
            let numbers = numbers.iter().map(|v| f64::from(*v) * 90.0 - 30.0);
            let samples: Vec<T> = numbers.map(T::from_f64).collect();
            let single = samples.iter().map(|sample| sample.to_f32()).collect();
            let slide = |film| normalize_pixelwise_slidingwindow(film, 4, -1.0, 2.0).unwrap();
            let found = slide(video(&[9, 2, 70], samples));
            let expected = slide(video(&[9, 2, 70], single));
            assert_eq!(found.dtype(), DType::F32);
            assert_eq!(values(&found), values(&expected), "{}", T::DTYPE);
        }
        for dtype in DType::ALL {
            with_dtype!(dtype, T => check::<T>());
        }
    }

    #[test]
    fn views_are_as_their_copies() {
        let film = video(&[9, 30, 200], noise(9 * 30 * 200, 6));
        let layout = film.layout();
        let cropped = layout.slice(1, 2, 25, 1).slice(2, 3, 190, 1);
        let layouts = [
            cropped.clone(),
            cropped.flip(1),
            cropped.flip(2),
            cropped.swap(1, 2),
            layout.slice(2, 7, 20, 1),
            layout.slice(2, 7, 90, 2),
        ];
        for layout in layouts {
            let view = film.with_layout(layout);
            let samples = values(&view).iter().map(|v| *v as f32).collect();
            let copy = video(view.shape(), samples);
            let slide = |film| normalize_pixelwise_slidingwindow(film, 4, 0.0, 1.0).unwrap();
            assert_eq!(values(&slide(view)), values(&slide(copy)));
        }
    }

    #[test]
    fn sliding_windows_need_three_axes() {
        let error = normalize_pixelwise_slidingwindow(ramp(&[2, 2]), 3, 0.0, 1.0).unwrap_err();
        let expected =
            "normalize_pixelwise_slidingwindow needs a video {t, y, x}, got image of shape 2×2";
        assert_eq!(error.message(), expected);
    }

    #[test]
    fn memory_is_reused_and_threads_do_not_matter() {
        let (shape, len) = ([20, 41, 67], 20 * 41 * 67);
        check_reuse(ramp(&shape), |video| normalize_pixelwise(video, 0.0, 1.0));
        check_threads(|| normalize_pixelwise(video(&shape, noise(len, 2)), 0.0, 1.0));
        let slide = |video| normalize_pixelwise_slidingwindow(video, 7, 0.0, 1.0);
        check_reuse(ramp(&shape), slide);
        check_threads(|| slide(video(&shape, noise(len, 3))));
    }
}
