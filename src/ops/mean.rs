//! The mean over a box in time and space.
//!
//! Sums over windows are made of sums over windows of 1, 2, 4, … samples: unlike a running sum this
//! never subtracts, so that one huge or infinite sample spoils only the windows it is in.

use rayon::prelude::*;

use super::border::Border;
use super::drive::{Courses, Kernel, map_courses, map_frames, map_samples};
use super::{expect_gray_frames, smooth_in_precision};
use crate::bail;
use crate::error::Result;
use crate::task;
use crate::video::{Element, Real, Video};

/// The longest window, far beyond any that leaves something to see.
const MAX_SIZE: i64 = 1 << 16;

/// The options of [`mean_filter`].
#[derive(Debug, Clone, PartialEq)]
pub struct MeanFilter {
    /// Length of the box in frames; an axis is left alone below 2.
    pub size_temporal: i64,
    /// Length of the box in pixels.
    pub size_spatial: i64,
    /// What stands beyond the ends of each axis.
    pub mode: Border,
}

/// Replaces each sample by the mean of the box around it; a box of even length reaches further
/// back than ahead. A sample that is not a number counts as the mean of its frame and stays what
/// it is. Ints are computed in `float32`; a bool stays true where its whole box is.
pub fn mean_filter(video: Video, options: &MeanFilter) -> Result<Video> {
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
        |video| filter::<f32>(video, options),
        |video| filter::<f64>(video, options),
    )
}

fn filter<R: Real>(video: Video, options: &MeanFilter) -> Result<Video> {
    let [n_frames, rows, cols] = *video.shape() else {
        unreachable!("three axes were asked for");
    };
    let original = has_nan::<R>(&video)?.then(|| video.clone());
    let mut video = match original {
        Some(_) => map_frames("averaging", video, fill_with_mean::<R>)?,
        None => video,
    };
    let axis = |size, len| Windows::new(size, len, options.mode);
    if let Some(time) = axis(options.size_temporal, n_frames) {
        video = map_courses::<R>("averaging", video, Temporal(time))?;
    }
    if let (Some(y), Some(x)) = (
        axis(options.size_spatial, rows),
        axis(options.size_spatial, cols),
    ) {
        video = map_frames::<R>("averaging", video, Spatial { y, x })?;
    } else {
        video = map_samples("averaging", video, |_: &mut [R]| ())?;
    }
    match original {
        Some(original) => restore_nan::<R>(video, &original),
        None => Ok(video),
    }
}

fn has_nan<R: Real>(video: &Video) -> Result<bool> {
    if !video.dtype().is_float() {
        return Ok(false);
    }
    let found = std::sync::atomic::AtomicBool::new(false);
    let frames = (0..video.len()).into_par_iter();
    task::for_each_init(
        "averaging",
        frames,
        Vec::new,
        |samples: &mut Vec<R>, frame| {
            samples.resize(video.frame_len(), R::zero());
            video.samples().read(frame, 0..samples.len(), samples);
            if samples.iter().any(|sample| sample.is_nan()) {
                found.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            Ok(())
        },
    )?;
    Ok(found.into_inner())
}

/// Puts the mean of the frame in place of what is not a number.
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
    let frames = array.as_mut_slice()?.par_chunks_mut(frame_len).enumerate();
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

/// The windows along one axis.
struct Windows {
    size: usize,
    /// The samples of all windows: those of the axis with what comes before and after.
    places: Vec<Option<usize>>,
}

impl Windows {
    /// The windows of an axis of some length; `None` if they have only one sample.
    fn new(size: i64, len: usize, border: Border) -> Option<Self> {
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size > 1 && len > 0)?;
        let first = -((size / 2) as isize);
        let places = (first..).take(len + size - 1);
        let places = places.map(|place| border.sample(place, len)).collect();
        Some(Self { size, places })
    }

    /// The number of windows.
    fn len(&self) -> usize {
        self.places.len() + 1 - self.size
    }

    /// The means of the windows of rows of `width` samples.
    #[inline(always)]
    fn means<'a, R: Real>(&self, samples: &[R], width: usize, scratch: &'a mut Vec<R>) -> &'a [R] {
        let (padded_len, len) = (self.places.len() * width, self.len() * width);
        scratch.resize(2 * padded_len + len, R::zero());
        let (padded, rest) = scratch.split_at_mut(padded_len);
        let (spare, means) = rest.split_at_mut(padded_len);
        for (row, place) in padded.chunks_exact_mut(width).zip(&self.places) {
            match place {
                Some(place) => row.copy_from_slice(&samples[place * width..][..width]),
                None => row.fill(R::zero()),
            }
        }
        sum_windows(padded, spare, self.size, width, means);
        let scale = R::one() / R::from_f64(self.size as f64);
        for mean in means.iter_mut() {
            *mean *= scale;
        }
        means
    }
}

/// Adds up, for each result, the `size` samples from its place on that are `stride` apart. Uses
/// up the samples and the spare memory.
#[inline(always)]
fn sum_windows<'a, R: Real>(
    mut samples: &'a mut [R],
    mut spare: &'a mut [R],
    size: usize,
    stride: usize,
    sums: &mut [R],
) {
    sums.fill(R::zero());
    // In each round the samples are sums over `span` of the original ones.
    let (mut span, mut done) = (1, 0);
    loop {
        if size & span != 0 {
            for (sum, part) in sums.iter_mut().zip(&samples[done * stride..]) {
                *sum += *part;
            }
            done += span;
        }
        if done == size {
            return;
        }
        let pairs = samples.iter().zip(&samples[span * stride..]);
        for (double, (a, b)) in spare.iter_mut().zip(pairs) {
            *double = *a + *b;
        }
        std::mem::swap(&mut samples, &mut spare);
        span *= 2;
    }
}

/// Averages along time.
struct Temporal(Windows);

impl<R: Real> Kernel<Courses<'_, R>> for Temporal {
    #[inline(always)]
    fn run(&self, mut courses: Courses<'_, R>) {
        let pixels = courses.pixels;
        let means = self.0.means(courses.samples, pixels, courses.scratch);
        for (frame, means) in means.chunks_exact(pixels).enumerate() {
            courses.results.frame(frame).copy_from_slice(means);
        }
    }
}

/// Averages the columns of a frame, then its rows.
struct Spatial {
    y: Windows,
    x: Windows,
}

impl<R: Real> Kernel<(&mut [R], &mut Vec<R>)> for Spatial {
    #[inline(always)]
    fn run(&self, (samples, scratch): (&mut [R], &mut Vec<R>)) {
        let cols = self.x.len();
        samples.copy_from_slice(self.y.means(samples, cols, scratch));
        for row in samples.chunks_exact_mut(cols) {
            row.copy_from_slice(self.x.means(row, 1, scratch));
        }
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

    /// The definition, one axis after the other.
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
                let place = index / stride % len;
                let origin = index - place * stride;
                let window = (place as isize - size / 2..).take(size as usize);
                let found = window.filter_map(|place| mode.sample(place, len));
                found
                    .map(|place| samples[origin + place * stride])
                    .sum::<f64>()
                    / size as f64
            };
            samples = (0..samples.len()).map(mean).collect();
        }
        samples
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
