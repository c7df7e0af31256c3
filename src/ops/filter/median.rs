//! Median filter over a box in time and space.
//!
//! The filter is our own: crates have it for masks (`ndarray-ndimage`) and for single images of 8
//! bits (`imageproc`). The samples of small boxes are sorted in registers, for several pixels at
//! once.

use std::ops::Range;

use super::mean::{AxisWindows, has_nan};
use crate::bail;
use crate::error::Result;
use crate::ops::expect_gray_frames;
use crate::ops::kernel::border::Border;
use crate::ops::kernel::{Kernel, SourceFrames, only, run_kernel};
use crate::task;
use crate::video::{Element, Strided, Video, with_dtype};

/// Maximum number of samples of a box.
const MAX_SAMPLES: usize = 1 << 14;

/// Maximum number of samples of a box that is sorted in parallel lanes for neighboring pixels.
const MAX_SORTED: usize = 64;

/// Number of lanes.
const LANES: usize = 32;

/// Options of [`median_filter`].
#[derive(Debug, Clone, PartialEq)]
pub struct MedianFilter {
    /// Length of the box in frames; below 2, no filtering along time.
    pub size_temporal: i64,
    /// Length of the box in pixels; below 2, no filtering in space.
    pub size_spatial: i64,
    /// Boundary mode of all axes.
    pub mode: Border,
    /// true: NaN samples are left out, and stay NaN.
    pub ignores_nan: bool,
}

/// Replaces each sample by the median of the box around it; for an even number of samples, the
/// higher of the two middle ones. A box of even length extends further back than ahead. The sample
/// type does not change; NaN propagates to every box that contains it.
pub fn median_filter(video: Video, options: &MedianFilter) -> Result<Video> {
    let frames = 0..video.len();
    median_within(video, frames, options)
}

/// Some frames of [`median_filter`].
pub fn median_within(video: Video, frames: Range<usize>, options: &MedianFilter) -> Result<Video> {
    expect_gray_frames(&video, "median_filter")?;
    let axis = |size: i64, len: usize| AxisWindows::of(size, len, options.mode);
    let shape = video.shape();
    let count = [
        (options.size_temporal, shape[0]),
        (options.size_spatial, shape[1]),
        (options.size_spatial, shape[2]),
    ];
    let samples = count
        .map(|(size, _)| size.max(1) as f64)
        .iter()
        .product::<f64>();
    if samples > MAX_SAMPLES as f64 {
        bail!("median_filter needs a window of at most {MAX_SAMPLES} samples, got {samples}");
    }
    if samples == 1.0 || video.is_empty() {
        return Ok(only(frames, video));
    }
    let [time, y, x] = count.map(|(size, len)| axis(size, len));
    let mut plan = MedianPlan::new(time, y, x, shape[2]);
    plan.ignores_nan = options.ignores_nan && has_nan::<f64>(&video)?;
    with_dtype!(video.dtype(), T => filter::<T>(&video, frames, &plan))
}

fn filter<T: Element>(video: &Video, frames: Range<usize>, plan: &MedianPlan) -> Result<Video> {
    let (rows, cols) = (video.shape()[1], video.shape()[2]);
    let mut result = Strided::<T>::for_writing(&[frames.len(), rows, cols])?;
    let source = SourceFrames::of(video);
    let steps = result.as_mut_slice()?.chunks_mut(cols).enumerate();
    let memory = || (vec![T::default(); plan.buffer_len()], Vec::new());
    task::for_each_init(
        "finding medians",
        steps,
        memory,
        |(buffer, values), (step, out)| {
            let (frame, row) = (frames.start + step / rows, step % rows);
            plan.read_rows(&source, (frame, row, cols), buffer);
            run_kernel(plan, (&*buffer, values, out));
            Ok(())
        },
    )?;
    Ok(video.with_samples(result))
}

/// Boxes; those of one row are filtered together.
struct MedianPlan {
    time: AxisWindows,
    y: AxisWindows,
    x: AxisWindows,
    /// Length of a row with its extension on both sides and what is read beyond it.
    row_len: usize,
    /// Offsets in the rows of the samples of the first box.
    shifts: Vec<usize>,
    /// Index of the central sample of a box.
    middle: usize,
    /// Whether NaN samples are left out.
    ignores_nan: bool,
}

impl MedianPlan {
    fn new(time: AxisWindows, y: AxisWindows, x: AxisWindows, cols: usize) -> Self {
        let row_len = cols.next_multiple_of(LANES) + x.size;
        let row = |row: usize| (0..x.size).map(move |shift| row * row_len + shift);
        let shifts = (0..time.size * y.size).flat_map(row).collect();
        Self {
            row_len,
            shifts,
            middle: (time.size / 2 * y.size + y.size / 2) * x.size + x.size / 2,
            ignores_nan: false,
            time,
            y,
            x,
        }
    }

    fn buffer_len(&self) -> usize {
        self.time.size * self.y.size * self.row_len
    }

    /// Reads the rows of the boxes of a row.
    fn read_rows<T: Element>(
        &self,
        source: &SourceFrames,
        (frame, row, cols): (usize, usize, usize),
        buffer: &mut [T],
    ) {
        let frames = self.time.indices(frame).iter();
        let rows = frames.flat_map(|frame| self.y.indices(row).iter().map(move |row| (frame, row)));
        let before = self.x.size / 2;
        for ((frame, row), buffer) in rows.zip(buffer.chunks_exact_mut(self.row_len)) {
            let (Some(frame), Some(row)) = (frame, row) else {
                buffer.fill(T::default());
                continue;
            };
            let (start, middle) = buffer.split_at_mut(before);
            let (middle, end) = middle.split_at_mut(cols);
            let run = row * cols..(row + 1) * cols;
            source.read_unconverted(*frame, run, middle);
            let at = |position: &Option<usize>| {
                position.map_or(T::default(), |position| middle[position])
            };
            let (first, last) = (&self.x.indices[..before], &self.x.indices[before + cols..]);
            start
                .iter_mut()
                .zip(first)
                .for_each(|(out, position)| *out = at(position));
            end.iter_mut()
                .zip(last)
                .for_each(|(out, position)| *out = at(position));
        }
    }
}

impl<T: Element> Kernel<(&[T], &mut Vec<[T; LANES]>, &mut [T])> for MedianPlan {
    #[inline(always)]
    fn run(&self, (rows, values, out): (&[T], &mut Vec<[T; LANES]>, &mut [T])) {
        if self.ignores_nan {
            let mut samples = Vec::with_capacity(self.shifts.len());
            for (x, out) in out.iter_mut().enumerate() {
                samples.clear();
                let all = self.shifts.iter().map(|shift| rows[shift + x]);
                samples.extend(all.filter(|sample| !is_nan(*sample)));
                let own = rows[self.shifts[self.middle] + x];
                *out = if is_nan(own) {
                    own
                } else {
                    select(&mut samples)
                };
            }
            return;
        }
        if self.shifts.len() > MAX_SORTED {
            let mut samples = Vec::with_capacity(self.shifts.len());
            for (x, out) in out.iter_mut().enumerate() {
                samples.clear();
                samples.extend(self.shifts.iter().map(|shift| rows[shift + x]));
                *out = select(&mut samples);
            }
            return;
        }
        for (block, out) in out.chunks_mut(LANES).enumerate() {
            values.clear();
            let begin = block * LANES;
            let samples = self.shifts.iter().map(|shift| &rows[shift + begin..]);
            values.extend(samples.map(|row| *row.first_chunk().expect("a whole block is read")));
            let medians = select_lanes(values);
            out.copy_from_slice(&medians[..out.len()]);
        }
    }
}

/// Median of some samples.
fn select<T: Element>(samples: &mut [T]) -> T {
    if let Some(nan) = samples.iter().find(|sample| is_nan(**sample)) {
        return *nan;
    }
    let middle = samples.len() / 2;
    let order = |a: &T, b: &T| a.partial_cmp(b).expect("no sample that is not a number");
    *samples.select_nth_unstable_by(middle, order).1
}

/// Median of each lane. Among the first half of the values and two more, neither the smallest nor
/// the largest can be the median, so both are dropped; the next value is added, until none is left.
#[inline(always)]
fn select_lanes<T: Element>(values: &mut Vec<[T; LANES]>) -> [T; LANES] {
    let mut nan = [None; LANES];
    if T::DTYPE.is_float() {
        for value in values.iter() {
            for (nan, sample) in nan.iter_mut().zip(value) {
                *nan = nan.or(is_nan(*sample).then_some(*sample));
            }
        }
    }
    if values.len().is_multiple_of(2) {
        values.push([T::from_f64(f64::INFINITY); LANES]);
    }
    let mut next = values.len() / 2 + 2;
    let mut len = next.min(values.len());
    loop {
        for i in 1..len {
            sort_pair(values, 0, i);
        }
        for i in 1..len.saturating_sub(1) {
            sort_pair(values, i, len - 1);
        }
        if next >= values.len() {
            break;
        }
        values[0] = values[next];
        next += 1;
        len -= 1;
    }
    let medians = &values[len / 2];
    std::array::from_fn(|lane| nan[lane].unwrap_or(medians[lane]))
}

/// Sorts two values in each lane.
#[inline(always)]
fn sort_pair<T: Element>(values: &mut [[T; LANES]], low: usize, high: usize) {
    let (mut a, mut b) = (values[low], values[high]);
    for (a, b) in a.iter_mut().zip(&mut b) {
        let is_sorted = *a < *b;
        (*a, *b) = (
            if is_sorted { *a } else { *b },
            if is_sorted { *b } else { *a },
        );
    }
    (values[low], values[high]) = (a, b);
}

#[inline(always)]
#[allow(clippy::eq_op)]
fn is_nan<T: Element>(sample: T) -> bool {
    sample != sample
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::Choice;
    use crate::ops::testing::{check_threads, noise, values, video};

    fn filtered(video: Video, size_temporal: i64, size_spatial: i64, mode: Border) -> Vec<f64> {
        let options = MedianFilter {
            size_temporal,
            size_spatial,
            mode,
            ignores_nan: false,
        };
        values(&median_filter(video, &options).unwrap())
    }

    /// Reference implementation.
    fn filter_naively(
        samples: &[f64],
        shape: [usize; 3],
        sizes: [i64; 3],
        mode: Border,
    ) -> Vec<f64> {
        let boxes = |axis: usize, at: usize| {
            let size = sizes[axis].max(1) as isize;
            (at as isize - size / 2..)
                .take(size as usize)
                .map(move |position| mode.sample(position, shape[axis]))
        };
        let median = |index: usize| {
            let [_, rows, cols] = shape;
            let (t, y, x) = (index / cols / rows, index / cols % rows, index % cols);
            let mut found = Vec::new();
            for t in boxes(0, t) {
                for y in boxes(1, y) {
                    for x in boxes(2, x) {
                        found.push(match (t, y, x) {
                            (Some(t), Some(y), Some(x)) => samples[(t * rows + y) * cols + x],
                            _ => 0.0,
                        });
                    }
                }
            }
            found.sort_by(f64::total_cmp);
            found[found.len() / 2]
        };
        (0..samples.len()).map(median).collect()
    }

    #[test]
    fn every_size_and_border_is_as_defined() {
        let shape = [4, 5, 35];
        let ints: Vec<u8> = noise(700, 3).iter().map(|v| (v * 255.0) as u8).collect();
        let wide: Vec<f64> = ints.iter().map(|v| f64::from(*v)).collect();
        for (_, mode) in Border::CHOICES {
            for (time, space) in [(1, 2), (2, 1), (3, 3), (2, 5), (5, 4), (0, -3)] {
                let expected = filter_naively(&wide, shape, [time, space, space], *mode);
                let found = filtered(video(&shape, ints.clone()), time, space, *mode);
                assert!(found == expected, "{mode:?} {time} {space}");
            }
        }
    }

    #[test]
    fn what_is_not_a_number_spoils_its_boxes() {
        let mut samples = vec![1.0f32; 25];
        samples[12] = f32::NAN;
        for size in [3, 9] {
            let found = filtered(video(&[1, 5, 5], samples.clone()), 1, size, Border::Nearest);
            let spoiled = found.iter().filter(|v| v.is_nan()).count();
            assert_eq!(spoiled, (size.min(5) * size.min(5)) as usize);
        }
    }

    #[test]
    fn results_do_not_depend_on_threads() {
        let frames = video(&[5, 9, 40], noise(1800, 7));
        check_threads(|| {
            Ok(Video::new(Strided::from_vec(
                &[1800],
                filtered(frames.clone(), 3, 3, Border::Reflect),
            )))
        });
    }

    #[test]
    fn boxes_have_a_limit() {
        let options = MedianFilter {
            size_temporal: 1,
            size_spatial: 1000,
            mode: Border::Wrap,
            ignores_nan: false,
        };
        assert!(median_filter(video(&[1, 1, 1], vec![0u8]), &options).is_err());
    }

    #[test]
    fn medians_are_of_the_samples_that_are_there() {
        let nan = f64::NAN;
        let samples = vec![nan, 1.0, 2.0, 3.0, 40.0, 5.0, 6.0, 7.0, 8.0];
        let options = MedianFilter {
            size_temporal: 1,
            size_spatial: 3,
            mode: Border::Nearest,
            ignores_nan: true,
        };
        let found = values(&median_filter(video(&[1, 3, 3], samples), &options).unwrap());
        assert!(found[0].is_nan());
        // The middle one of 1 1 2 2 3 5 40, and the higher middle one of 1 2 3 5 6 7 8 40.
        assert_eq!((found[1], found[4]), (2.0, 6.0));
    }
}
