//! Scaling of each pixel by its own range, over all frames or in a sliding window in time.

use std::ops::Range;

use crate::error::Result;
use crate::ops::kernel::{Kernel, TraceBlock, map_frames, map_traces_within, reduce_frames};
use crate::ops::{expect_gray_frames, no_samples};
use crate::video::Video;

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
    let kernel = SlidingWindow {
        reach,
        result_range,
    };
    map_traces_within("normalizing", video, frames, kernel)
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

/// Widens the range of each pixel to include one more sample; NaN is ignored.
#[inline(always)]
fn widen(lows: &mut [f32], highs: &mut [f32], samples: &[f32]) {
    for ((low, high), &sample) in lows.iter_mut().zip(highs).zip(samples) {
        *low = low.min(sample);
        *high = high.max(sample);
    }
}

/// Range of each pixel over several frames.
struct Ranges<'a> {
    lows: &'a mut [f32],
    highs: &'a mut [f32],
}

impl Ranges<'_> {
    /// Resets the ranges.
    #[inline(always)]
    fn clear(&mut self) {
        self.lows.fill(f32::INFINITY);
        self.highs.fill(f32::NEG_INFINITY);
    }
}

/// Scales each sample by the range of its window, which extends `reach` frames to both sides.
///
/// Time is divided into blocks of the length of a window. A window spans the end of one block and
/// the beginning of the next: its range is merged from the `tails` of the former, all computed when
/// the block is complete, and the `head` of the latter, which grows frame by frame. The cost per
/// sample thus does not depend on the window (van Herk 1992; Gil & Werman 1993).
struct SlidingWindow {
    reach: usize,
    result_range: ResultRange,
}

impl Kernel<TraceBlock<'_, f32>> for SlidingWindow {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, f32>) {
        let (samples, pixels) = (traces.samples, traces.pixels);
        let window = 2 * self.reach + 1;
        let (n_frames, frames) = (samples.len() / pixels, traces.frames);
        let row = |frame: usize| &samples[frame * pixels..][..pixels];
        let (mut tails, mut head) = split_ranges(traces.scratch, (window + 1) * pixels, pixels);

        let first = frames.start.saturating_sub(self.reach);
        for last in first..frames.end + self.reach {
            let slot = (last - first) % window;
            if slot == 0 && last > first {
                let block = (last - window) * pixels..last.min(n_frames) * pixels;
                find_tails(&mut tails, &samples[block], pixels);
                head.clear();
            }
            if last < n_frames {
                widen(head.lows, head.highs, row(last));
            }
            if last >= frames.start + self.reach {
                let tail = (slot + 1) * pixels..(slot + 2) * pixels;
                let tail = (&tails.lows[tail.clone()], &tails.highs[tail]);
                let range = (tail, (&*head.lows, &*head.highs));
                let frame = last - self.reach;
                let results = traces.results.frame(frame);
                scale_row(self.result_range, row(frame), range, results);
            }
        }
    }
}

/// Divides memory into empty ranges of two lengths.
fn split_ranges(
    memory: &mut Vec<f32>,
    first_len: usize,
    second_len: usize,
) -> (Ranges<'_>, Ranges<'_>) {
    memory.resize(2 * (first_len + second_len), 0.0);
    let (lows, highs) = memory.split_at_mut(first_len + second_len);
    let (first_lows, second_lows) = lows.split_at_mut(first_len);
    let (first_highs, second_highs) = highs.split_at_mut(first_len);
    let ranges = |lows, highs| {
        let mut ranges = Ranges { lows, highs };
        ranges.clear();
        ranges
    };
    (
        ranges(first_lows, first_highs),
        ranges(second_lows, second_highs),
    )
}

/// Finds the ranges of the ends of a block: row `i` covers its frames from `i` on.
#[inline(always)]
fn find_tails(tails: &mut Ranges<'_>, block: &[f32], pixels: usize) {
    let mut begin = block.len();
    tails.lows[begin..].fill(f32::INFINITY);
    tails.highs[begin..].fill(f32::NEG_INFINITY);
    while begin > 0 {
        begin -= pixels;
        let (lows, later_lows) = tails.lows[begin..].split_at_mut(pixels);
        let (highs, later_highs) = tails.highs[begin..].split_at_mut(pixels);
        let samples = &block[begin..begin + pixels];
        for ((low, later), sample) in lows.iter_mut().zip(&*later_lows).zip(samples) {
            *low = later.min(*sample);
        }
        for ((high, later), sample) in highs.iter_mut().zip(&*later_highs).zip(samples) {
            *high = later.max(*sample);
        }
    }
}

type Slices<'a> = (&'a [f32], &'a [f32]);

/// Scales samples by the union of two ranges.
#[inline(always)]
fn scale_row(
    result_range: ResultRange,
    samples: &[f32],
    (tail, head): (Slices<'_>, Slices<'_>),
    results: &mut [f32],
) {
    let lows = tail.0.iter().zip(head.0);
    let highs = tail.1.iter().zip(head.1);
    let ranges = lows.zip(highs);
    for ((result, sample), ((a, b), (c, d))) in results.iter_mut().zip(samples).zip(ranges) {
        let low = a.min(*b);
        *result = result_range.scale(*sample, low, width(low, c.max(*d)));
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
