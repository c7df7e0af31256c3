//! Filters along time.

use std::ops::Range;

use crate::bail;
use crate::error::Result;
use crate::ops::kernel::{
    Kernel, OutputFrame, RUN, TraceBlock, convert_samples, is_in_place, make_frames_within,
    map_traces,
};
use crate::video::{DType, Real, Video};

/// Options of [`temporal_difference`].
#[derive(Debug, Clone, PartialEq)]
pub struct TemporalDifference {
    /// Distance in frames between the frames that are subtracted.
    pub n: i64,
    /// Fill value of the frames without a partner.
    pub fill_value: f64,
    /// true: frames without a partner are split between start and end; false: all are at the start.
    pub center: bool,
}

/// Number of frames before and after a frame that its difference depends on.
pub fn reach(n: i64, center: bool) -> (usize, usize) {
    let n = usize::try_from(n).unwrap_or(0);
    let after = if center { n / 2 } else { 0 };
    (n - after, after)
}

/// Subtracts from each frame the one `n` frames earlier. Ints give `float32`.
pub fn temporal_difference(video: Video, options: &TemporalDifference) -> Result<Video> {
    let frames = 0..video.len();
    difference_within(video, frames, options)
}

/// Some frames of [`temporal_difference`].
pub fn difference_within(
    video: Video,
    frames: Range<usize>,
    options: &TemporalDifference,
) -> Result<Video> {
    if options.n < 1 {
        bail!("temporal_difference needs `n` >= 1, got {}", options.n);
    }
    match video.dtype() {
        DType::F64 => difference::<f64>(video, frames, options),
        // Differences of large numbers need double precision, but the results fit single precision.
        dtype if dtype.is_wide() => {
            let wide = difference::<f64>(video, frames, options)?;
            convert_samples(
                "subtracting frames",
                &wide,
                |(samples, results): (&[f64], &mut [f32])| {
                    for (result, sample) in results.iter_mut().zip(samples) {
                        *result = *sample as f32;
                    }
                },
            )
        }
        _ => difference::<f32>(video, frames, options),
    }
}

fn difference<R: Real>(
    video: Video,
    frames: Range<usize>,
    options: &TemporalDifference,
) -> Result<Video> {
    let n_frames = video.len();
    let n = usize::try_from(options.n).unwrap_or(n_frames).min(n_frames);
    let first = if options.center { n - n / 2 } else { n };
    let difference = Difference {
        n,
        defined: first..first + n_frames - n,
        fill_value: R::from_f64(options.fill_value),
    };
    if frames.len() == n_frames && is_in_place::<R>(&video) {
        return map_traces("subtracting frames", video, difference);
    }
    make_frames_within("subtracting frames", &video, frames, difference)
}

/// Writes the differences of frames `n` apart to the frames `defined`, in order.
struct Difference<R> {
    n: usize,
    defined: Range<usize>,
    fill_value: R,
}

impl<R: Real> Kernel<OutputFrame<'_, R>> for Difference<R> {
    #[inline(always)]
    fn run(&self, frame: OutputFrame<'_, R>) {
        if !self.defined.contains(&frame.frame) {
            frame.results.fill(self.fill_value);
            return;
        }
        let earlier = frame.frame - self.defined.start;
        let source = frame.source;
        if let (Some(later), Some(earlier)) = (
            source.slice::<R>(earlier + self.n),
            source.slice::<R>(earlier),
        ) {
            subtract(later, earlier, frame.results);
            return;
        }
        let (scratch, mut first) = (frame.scratch, 0);
        for results in frame.results.chunks_mut(RUN) {
            let run = first..first + results.len();
            first = run.end;
            scratch.resize(results.len(), R::zero());
            source.read(earlier + self.n, run.clone(), results);
            source.read(earlier, run, scratch);
            for (result, earlier) in results.iter_mut().zip(&*scratch) {
                *result -= *earlier;
            }
        }
    }
}

impl<R: Real> Kernel<TraceBlock<'_, R>> for Difference<R> {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let (samples, pixels) = (traces.samples, traces.pixels);
        for frame in 0..samples.len() / pixels {
            let results = traces.results.frame(frame);
            if !self.defined.contains(&frame) {
                results.fill(self.fill_value);
                continue;
            }
            let earlier = frame - self.defined.start;
            let later = &samples[(earlier + self.n) * pixels..][..pixels];
            let earlier = &samples[earlier * pixels..][..pixels];
            subtract(later, earlier, results);
        }
    }
}

#[inline(always)]
fn subtract<R: Real>(later: &[R], earlier: &[R], results: &mut [R]) {
    for ((result, later), earlier) in results.iter_mut().zip(later).zip(earlier) {
        *result = *later - *earlier;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, ramp, values, video};

    fn trace(n: i64, center: bool) -> Vec<f64> {
        let squares = video(&[6], vec![0u16, 1, 4, 9, 16, 25]);
        let fill_value = -1.0;
        let options = TemporalDifference {
            n,
            fill_value,
            center,
        };
        values(&temporal_difference(squares, &options).unwrap())
    }

    #[test]
    fn differences_are_taken_n_frames_apart() {
        assert_eq!(trace(1, false), [-1., 1., 3., 5., 7., 9.]);
        assert_eq!(trace(3, false), [-1., -1., -1., 9., 15., 21.]);
        assert_eq!(trace(3, true), [-1., -1., 9., 15., 21., -1.]);
    }

    #[test]
    fn too_large_a_distance_fills_everything() {
        for n in [6, 7, 100, i64::MAX] {
            assert_eq!(trace(n, false), [-1.; 6]);
            assert_eq!(trace(n, true), [-1.; 6]);
        }
    }

    #[test]
    fn distances_below_one_are_errors() {
        for n in [0, -1, i64::MIN] {
            let options = TemporalDifference {
                n,
                fill_value: 0.0,
                center: false,
            };
            let error = temporal_difference(ramp(&[3, 2, 2]), &options).unwrap_err();
            let expected = format!("temporal_difference needs `n` >= 1, got {n}");
            assert_eq!(error.message(), expected);
        }
    }

    #[test]
    fn types_are_float32_unless_float64() {
        let options = TemporalDifference {
            n: 1,
            fill_value: 0.0,
            center: false,
        };
        let of = |video| temporal_difference(video, &options).unwrap().dtype();
        assert_eq!(of(video(&[2], vec![1i64, 2])), DType::F32);
        assert_eq!(of(video(&[2], vec![true, false])), DType::F32);
        assert_eq!(of(video(&[2], vec![1f64, 2.0])), DType::F64);
    }

    #[test]
    fn memory_is_reused_and_threads_do_not_matter() {
        for center in [false, true] {
            let options = TemporalDifference {
                n: 3,
                fill_value: 0.0,
                center,
            };
            let filter = |video| temporal_difference(video, &options);
            check_reuse(ramp(&[9, 31, 33]), filter);
            check_threads(|| filter(video(&[9, 31, 33], noise(9 * 31 * 33, 1))));
        }
    }
}
