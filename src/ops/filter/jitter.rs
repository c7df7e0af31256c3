//! Correction of frames that a camera exposed for too short a time.

use crate::bail;
use crate::error::Result;
use crate::ops::array::elementwise::samples_mut;
use crate::ops::array::reduce;
use crate::ops::expect_gray_frames;
use crate::ops::kernel::fold_each_frame;
use crate::task;
use crate::video::{Element, Video, map_samples, with_dtype};

/// Relative brightness error of a dark frame, per Hz of the frame rate.
const DARKER_PER_HZ: f64 = 14e-6;

/// Number of samples read at a time.
const RUN: usize = 4096;

/// Number of samples summed in parallel.
const LANES: usize = 16;

/// Brightens the frames whose mean is below that of both neighbors by more than `threshold` times
/// the median of all means. If any sample is NaN, the video is unchanged.
pub fn evolve_jitter_filter(video: Video, framerate: f64, threshold: f64) -> Result<Video> {
    let dark = dark_frames(&video, threshold)?;
    brighten(video, 0, &dark, framerate)
}

/// Brightens some of the frames, given by their numbers; the video begins with the `first`. The result
/// is in row-major order.
pub fn brighten(video: Video, first: usize, dark: &[usize], framerate: f64) -> Result<Video> {
    expect_gray_frames(&video, "evolve_jitter_filter")?;
    if !framerate.is_finite() {
        bail!("evolve_jitter_filter needs `framerate` to be finite, got {framerate}");
    }
    let begin = dark.partition_point(|frame| *frame < first);
    let end = dark.partition_point(|frame| *frame < first + video.len());
    let dark = &dark[begin..end];
    if video.is_empty() || (dark.is_empty() && video.layout().is_contiguous()) {
        return Ok(video);
    }
    let factor = 1.0 + DARKER_PER_HZ * framerate;
    let frame_len = video.frame_len();
    let mut video = video;
    with_dtype!(video.dtype(), T => {
        let frames = samples_mut::<T>(&mut video)?.chunks_mut(frame_len);
        task::for_each("brightening frames", frames.enumerate(), |(frame, samples)| {
            if dark.binary_search(&(first + frame)).is_ok() {
                for sample in samples {
                    *sample = T::from_f64(sample.to_f64() * factor);
                }
            }
            Ok(())
        })?;
    });
    Ok(video)
}

/// Numbers of the frames that are darker than both neighbors, in order.
pub fn dark_frames(video: &Video, threshold: f64) -> Result<Vec<usize>> {
    expect_gray_frames(video, "evolve_jitter_filter")?;
    let means = frame_means(video)?;
    if means.is_empty() || means.iter().any(|mean| mean.is_nan()) {
        return Ok(Vec::new());
    }
    let mut sorted = means.clone();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = match sorted.len() % 2 {
        1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    };
    let change = |frame: usize| (means[frame + 1] - means[frame]) / median;
    let inner = 1..means.len().saturating_sub(1);
    Ok(inner
        .filter(|frame| change(frame - 1) < -threshold && change(*frame) > threshold)
        .collect())
}

/// Mean of each frame; NaN propagates.
fn frame_means(video: &Video) -> Result<Vec<f64>> {
    let frame_len = video.frame_len();
    if !video.dtype().is_float() {
        // The sums of ints are exact.
        let sums = reduce::sum(video, Some(&[1, 2]))?;
        return Ok(map_samples!(sums.samples(), array => {
            array.view().iter().map(|sum| sum.to_f64() / frame_len as f64).collect()
        }));
    }
    let add = |total: &mut f64, run: &[f64]| *total += sum(run);
    fold_each_frame("averaging frames", video, RUN, add, |total| {
        total / frame_len as f64
    })
}

/// Sum of samples, in lanes that do not wait for each other.
fn sum(samples: &[f64]) -> f64 {
    let (chunks, rest) = samples.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, sample) in sums.iter_mut().zip(chunk) {
            *sum += sample;
        }
    }
    sums.iter().chain(rest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{address, check_threads, noise, ramp, values, video};

    #[test]
    fn dark_frames_are_brightened() {
        let frames = [1000u16, 1000, 900, 1000, 900, 800, 1000];
        let fixed = evolve_jitter_filter(video(&[7, 1, 1], frames.to_vec()), 10_000.0, 0.004);
        assert_eq!(
            values(&fixed.unwrap()),
            [1000., 1000., 1026., 1000., 900., 911., 1000.]
        );
    }

    #[test]
    fn ints_saturate_and_axes_stay() {
        let frames = video(&[3, 1, 1], vec![255u8, 250, 255]);
        let fixed = evolve_jitter_filter(frames, 1e5, 0.004).unwrap();
        assert_eq!(
            (values(&fixed), fixed.shape()),
            (vec![255.0; 3], &[3, 1, 1][..])
        );
    }

    #[test]
    fn a_video_without_frames_has_none_that_are_dark() {
        for empty in [
            video::<u16>(&[0, 4, 5], Vec::new()),
            video::<f32>(&[0, 4, 5], Vec::new()),
        ] {
            let fixed = evolve_jitter_filter(empty.clone(), 500.0, 0.004).unwrap();
            assert_eq!(
                (fixed.shape(), fixed.dtype()),
                (empty.shape(), empty.dtype())
            );
        }
    }

    #[test]
    fn videos_without_jitter_are_shared() {
        let steady = ramp(&[5, 3, 3]);
        let fixed = evolve_jitter_filter(steady.clone(), 500.0, 0.004).unwrap();
        assert_eq!(address(&fixed), address(&steady));
    }

    #[test]
    fn results_do_not_depend_on_threads() {
        let frames = video(&[40, 5, 5], noise(1000, 4));
        check_threads(|| evolve_jitter_filter(frames.clone(), 500.0, 0.01));
    }
}
