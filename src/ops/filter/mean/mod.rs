//! Mean filter over a box in time and space.
//!
//! Sums over long windows are computed from sums over windows of 1, 2, 4, … samples: unlike a
//! running sum this never subtracts, so that one huge or infinite sample affects only the windows
//! that contain it, and rounding errors do not accumulate.

mod windows;

use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use crate::bail;
use crate::error::Result;
use crate::ops::kernel::border::Border;
use crate::ops::kernel::row_sums::sum_rows;
use crate::ops::kernel::{
    Kernel, OutputFrame, RUN, SourceFrames, TraceBlock, is_in_place, make_frames_within,
    map_frames, map_traces_within, only,
};
use crate::ops::{expect_gray_frames, smooth_in_precision};
use crate::task;
use crate::video::{Element, Real, Video};

pub(in crate::ops) use windows::AxisWindows;
use windows::SHORT;

/// Maximum window length, far beyond any useful one.
const MAX_SIZE: i64 = 1 << 16;

/// Options of [`mean_filter`].
#[derive(Debug, Clone, PartialEq)]
pub struct MeanFilter {
    /// Length of the box in frames; below 2, no filtering along time.
    pub size_temporal: i64,
    /// Length of the box in pixels; below 2, no filtering in space.
    pub size_spatial: i64,
    /// Boundary mode of all axes.
    pub mode: Border,
}

/// Replaces each sample by the mean of the box around it; a box of even length extends further back
/// than ahead. NaN samples count as the mean of their frame and stay NaN. Ints are computed in
/// `float32`; a bool stays true where its whole box is true.
pub fn mean_filter(video: Video, options: &MeanFilter) -> Result<Video> {
    let frames = 0..video.len();
    mean_within(video, frames, options)
}

/// Some frames of [`mean_filter`].
pub fn mean_within(video: Video, frames: Range<usize>, options: &MeanFilter) -> Result<Video> {
    expect_gray_frames(&video, "mean_filter")?;
    let sizes = [
        ("size_temporal", options.size_temporal),
        ("size_spatial", options.size_spatial),
    ];
    if let Some((name, size)) = sizes.iter().find(|(_, size)| *size > MAX_SIZE) {
        bail!("mean_filter needs `{name}` to be at most {MAX_SIZE}, got {size}");
    }
    smooth_in_precision(
        video,
        |video| filter::<f32>(video, frames.clone(), options),
        |video| filter::<f64>(video, frames.clone(), options),
    )
}

fn filter<R: Real>(video: Video, frames: Range<usize>, options: &MeanFilter) -> Result<Video> {
    let average = Average::new(&video, options);
    let is_fresh = average.is_short_in_time() && !is_in_place::<R>(&video);
    if is_fresh {
        let averaged = make_frames_within::<R>("averaging", &video, frames.clone(), &average)?;
        if !average.found_nan.load(Relaxed) {
            return Ok(averaged);
        }
    } else if !has_nan::<R>(&video)? {
        return average_in_place(video, frames, &average);
    }
    let filled = map_frames("averaging", video.clone(), fill_with_mean::<R>)?;
    let averaged = average_in_place(filled, frames.clone(), &average)?;
    restore_nan::<R>(averaged, &only(frames, video))
}

/// Averages along time, then, while a frame is in the cache, along its rows and columns.
fn average_in_place<R: Real>(
    video: Video,
    frames: Range<usize>,
    average: &Average<R>,
) -> Result<Video> {
    let video = match &average.time {
        Some(time) => map_traces_within::<R>("averaging", video, frames, MeanTemporal(time))?,
        None => only(frames, video),
    };
    map_frames::<R>("averaging", video, MeanSpatial(average))
}

/// Whether a video has a NaN sample.
pub(in crate::ops) fn has_nan<R: Real>(video: &Video) -> Result<bool> {
    if !video.dtype().is_float() {
        return Ok(false);
    }
    let source = SourceFrames::of(video);
    let found = AtomicBool::new(false);
    task::for_each_init(
        "averaging",
        0..video.len(),
        Vec::new,
        |samples: &mut Vec<R>, frame| {
            samples.resize(video.frame_len(), R::zero());
            source.read(frame, 0..samples.len(), samples);
            if samples.iter().any(|sample| sample.is_nan()) {
                found.store(true, Relaxed);
            }
            Ok(())
        },
    )?;
    Ok(found.into_inner())
}

/// Replaces NaN by the mean of the frame.
fn fill_with_mean<R: Real>((samples, _): (&mut [R], &mut Vec<R>)) {
    let numbers = samples.iter().filter(|sample| !sample.is_nan());
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), sample| {
        (sum + Element::to_f64(*sample), count + 1.0)
    });
    let mean = R::from_f64(sum / count);
    for sample in samples.iter_mut().filter(|sample| sample.is_nan()) {
        *sample = mean;
    }
}

fn restore_nan<R: Real>(video: Video, original: &Video) -> Result<Video> {
    let frame_len = video.frame_len();
    let (samples, metadata) = video.into_parts();
    let mut array = R::unwrap(samples).expect("what filters computed in");
    let frames = array.as_mut_slice()?.chunks_mut(frame_len).enumerate();
    task::for_each_init("averaging", frames, Vec::new, |before, (frame, results)| {
        before.resize(frame_len, R::zero());
        original.samples().read(frame, 0..frame_len, before);
        for (result, before) in results.iter_mut().zip(before) {
            *result = if before.is_nan() { R::nan() } else { *result };
        }
        Ok(())
    })?;
    Ok(Video::from_parts(R::wrap(array), metadata))
}

/// Means of boxes.
struct Average<R> {
    time: Option<AxisWindows>,
    y: Option<AxisWindows>,
    x: Option<AxisWindows>,
    cols: usize,
    /// Factor for the sum of a box.
    scale: R,
    is_float: bool,
    /// Whether a result is NaN, so that a sample may be NaN.
    found_nan: AtomicBool,
}

impl<R: Real> Average<R> {
    fn new(video: &Video, options: &MeanFilter) -> Self {
        let shape = video.shape();
        let axis = |size, len| AxisWindows::new(size, len, options.mode);
        let time = axis(options.size_temporal, shape[0]);
        let y = axis(options.size_spatial, shape[1]);
        let x = axis(options.size_spatial, shape[2]);
        let sizes = [&time, &y, &x].into_iter().flatten();
        let size: f64 = sizes.map(|windows| windows.size as f64).product();
        Self {
            time,
            y,
            x,
            cols: shape[2],
            scale: R::from_f64(1.0 / size),
            is_float: video.dtype().is_float(),
            found_nan: AtomicBool::new(false),
        }
    }

    /// Whether the frames of a window are summed one by one.
    fn is_short_in_time(&self) -> bool {
        self.time.as_ref().is_none_or(AxisWindows::is_short)
    }

    /// Sums the frames of a window.
    #[inline(always)]
    fn sum_frames(&self, frame: usize, source: &SourceFrames, sums: &mut [R], part: &mut Vec<R>) {
        let frames = match &self.time {
            Some(time) => time.indices(frame),
            None => &[Some(frame)],
        };
        let mut first = 0;
        for sums in sums.chunks_mut(RUN) {
            let run = first..first + sums.len();
            first = run.end;
            part.resize(sums.len(), R::zero());
            let mut frames = frames.iter().flatten();
            match frames.next() {
                Some(frame) => source.read(*frame, run.clone(), sums),
                None => sums.fill(R::zero()),
            }
            for frame in frames {
                source.read(*frame, run.clone(), part);
                for (sum, sample) in sums.iter_mut().zip(&*part) {
                    *sum += *sample;
                }
            }
        }
    }

    /// Averages along the rows and columns of a frame whose samples are sums over time.
    #[inline(always)]
    fn average_frame(&self, samples: &mut [R], scratch: &mut Vec<R>) {
        let (Some(y), Some(x)) = (&self.y, &self.x) else {
            // A sum that begins with 0 is 0 for samples of −0, and other sums must be the same.
            for sample in samples {
                *sample = *sample * self.scale + R::zero();
            }
            return;
        };
        if !x.is_short() {
            for row in samples.chunks_exact_mut(self.cols) {
                row.copy_from_slice(x.long_sums(row, 1, scratch));
            }
            let sums = y.long_sums(samples, self.cols, scratch);
            for (sample, sum) in samples.iter_mut().zip(sums) {
                *sample = *sum * self.scale;
            }
            return;
        }
        let padded_len = x.indices.len();
        scratch.resize(samples.len() + padded_len, R::zero());
        let (rows, padded) = scratch.split_at_mut(samples.len());
        let shifts: [usize; SHORT] = std::array::from_fn(|shift| shift);
        for (sums, row) in rows
            .chunks_exact_mut(self.cols)
            .zip(samples.chunks_exact(self.cols))
        {
            x.pad(row, padded);
            sum_rows(padded, &shifts[..x.size], |_| R::one(), |sum| sum, sums);
        }
        for (row, means) in samples.chunks_exact_mut(self.cols).enumerate() {
            y.sum(rows, row, self.cols, self.scale, means);
        }
    }
}

impl<R: Real> Kernel<OutputFrame<'_, R>> for &Average<R> {
    #[inline(always)]
    fn run(&self, frame: OutputFrame<'_, R>) {
        let (results, scratch) = (frame.results, frame.scratch);
        self.sum_frames(frame.frame, frame.source, results, scratch);
        self.average_frame(results, scratch);
        if self.is_float {
            let has_nan = results
                .iter()
                .fold(false, |found, result| found | result.is_nan());
            self.found_nan.fetch_or(has_nan, Relaxed);
        }
    }
}

/// Sums along time.
struct MeanTemporal<'a>(&'a AxisWindows);

impl<R: Real> Kernel<TraceBlock<'_, R>> for MeanTemporal<'_> {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let (time, pixels) = (self.0, traces.pixels);
        if time.is_short() {
            for frame in traces.frames {
                let results = traces.results.frame(frame);
                time.sum(traces.samples, frame, pixels, R::one(), results);
            }
            return;
        }
        let sums = time.long_sums(traces.samples, pixels, traces.scratch);
        for frame in traces.frames {
            let sums = &sums[frame * pixels..][..pixels];
            traces.results.frame(frame).copy_from_slice(sums);
        }
    }
}

/// Averages along rows and columns.
struct MeanSpatial<'a, R>(&'a Average<R>);

impl<R: Real> Kernel<(&mut [R], &mut Vec<R>)> for MeanSpatial<'_, R> {
    #[inline(always)]
    fn run(&self, (samples, scratch): (&mut [R], &mut Vec<R>)) {
        self.0.average_frame(samples, scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::Choice;
    use crate::ops::testing::{check_reuse, check_threads, noise, values, video};

    const BOX: MeanFilter = MeanFilter {
        size_temporal: 3,
        size_spatial: 4,
        mode: Border::Nearest,
    };

    /// Reference implementation, one axis after the other.
    fn average_naively(
        samples: &[f64],
        shape: [usize; 3],
        sizes: [i64; 3],
        mode: Border,
    ) -> Vec<f64> {
        let mut samples = samples.to_vec();
        for axis in 0..3 {
            let (size, len) = (sizes[axis].max(1) as isize, shape[axis]);
            let stride: usize = shape[axis + 1..].iter().product();
            let mean = |index: usize| {
                let position = index / stride % len;
                let origin = index - position * stride;
                let window = (position as isize - size / 2..).take(size as usize);
                let found = window.filter_map(|position| mode.sample(position, len));
                found
                    .map(|position| samples[origin + position * stride])
                    .sum::<f64>()
                    / size as f64
            };
            samples = (0..samples.len()).map(mean).collect();
        }
        samples
    }

    #[test]
    fn means_of_negative_zeros_are_zero_wherever_they_are_computed() {
        let zeros = || video(&[3, 4, 5], vec![-0.0f32; 60]);
        let shared = zeros();
        for (size_temporal, size_spatial) in [(2, 1), (20, 1), (1, 3), (3, 3)] {
            let options = MeanFilter {
                size_temporal,
                size_spatial,
                mode: Border::Nearest,
            };
            for input in [zeros(), shared.clone()] {
                let means = values(&mean_filter(input, &options).unwrap());
                assert!(means.iter().all(|mean| mean.to_bits() == 0), "{options:?}");
            }
        }
    }

    #[test]
    fn every_size_and_border_is_as_defined() {
        let shape = [7, 6, 9];
        let noise = noise(shape.iter().product(), 3);
        let samples: Vec<f64> = noise.iter().map(|v| f64::from(*v)).collect();
        for (_, mode) in Border::CHOICES {
            for (size_temporal, size_spatial) in [(1, 1), (2, 3), (3, 2), (5, 8), (23, 31), (0, -3)]
            {
                let options = MeanFilter {
                    size_temporal,
                    size_spatial,
                    mode: *mode,
                };
                let result = mean_filter(video(&shape, noise.clone()), &options).unwrap();
                let sizes = [size_temporal, size_spatial, size_spatial];
                let expected = average_naively(&samples, shape, sizes, *mode);
                for (found, expected) in values(&result).iter().zip(&expected) {
                    assert!((found - expected).abs() < 1e-6, "{options:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_finite_stays_local() {
        let mut samples = vec![1.0f32; 9 * 25];
        samples[0] = f32::INFINITY;
        samples[4 * 25 + 12] = f32::NAN;
        samples[224] = 1e30;
        let result = mean_filter(video(&[9, 5, 5], samples), &BOX).unwrap();
        let result = values(&result);
        assert!(result[0].is_infinite() && result[4 * 25 + 12].is_nan());
        assert_eq!(result.iter().filter(|v| v.is_nan()).count(), 1);
        assert_eq!(result[4 * 25 + 13], 1.0);
    }

    #[test]
    fn threads_and_temporaries_make_no_difference() {
        let input = || video(&[12, 20, 30], noise(12 * 20 * 30, 5));
        check_threads(|| mean_filter(input(), &BOX));
        check_reuse(input(), |video| mean_filter(video, &BOX));
    }

    #[test]
    fn ints_and_bools_are_averaged() {
        let ints = mean_filter(video(&[1, 1, 4], vec![0u16, 0, 8, 0]), &BOX).unwrap();
        assert_eq!(values(&ints), [0.0, 2.0, 2.0, 2.0]);
        let bools = mean_filter(video(&[1, 1, 4], vec![true, true, true, false]), &BOX).unwrap();
        assert_eq!(values(&bools), [1.0, 1.0, 0.0, 0.0]);
    }
}
