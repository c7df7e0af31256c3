//! Measurements of the traces of pixels: numbers for each pixel, as images.

use crate::error::Result;
use crate::task;
use crate::video::{Strided, Video};

/// Number of neighboring pixels that one parallel step measures.
const PIXELS: usize = 64;

/// The same for traces of more samples than `STEP / PIXELS`.
const LONG_PIXELS: usize = 8;
const STEP: usize = 1 << 20;

/// Measures the trace of each pixel: `measure` gets scratch memory, the index of the pixel and its
/// samples. Pixels with samples that are not finite, such as those outside of a mask, are NaN.
pub(super) fn measure_pixels<const N: usize, S>(
    operation: &'static str,
    video: &Video,
    init: impl Fn() -> S + Sync,
    measure: impl Fn(&mut S, usize, &[f64]) -> [f64; N] + Sync,
) -> Result<[Video; N]> {
    let images = measure_many(
        operation,
        &[video],
        N,
        init,
        |scratch, pixel, trace, out| {
            out.copy_from_slice(&measure(scratch, pixel, trace));
        },
    )?;
    Ok(images.try_into().expect("one image for each number"))
}

/// Measures `count` numbers of each pixel, which are NaN where `measure` does not set them. It gets
/// the traces of the pixel in all videos, one after the other; their frames have the same shape.
pub(super) fn measure_many<S>(
    operation: &'static str,
    videos: &[&Video],
    count: usize,
    init: impl Fn() -> S + Sync,
    measure: impl Fn(&mut S, usize, &[f64], &mut [f64]) + Sync,
) -> Result<Vec<Video>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let first_video = videos.first().expect("there is something to measure");
    let mut found = vec![f32::NAN; first_video.frame_len() * count];
    measure_into(operation, videos, &mut found, count, init, measure)?;
    let part = |part: usize| found.iter().skip(part).step_by(count).copied();
    Ok((0..count)
        .map(|at| image_like(first_video, part(at).collect()))
        .collect())
}

/// Like [`measure_many`], for `layers` numbers of each of some measures, one after the other: a
/// stack of images for each measure.
pub(super) fn measure_stacks<S>(
    operation: &'static str,
    video: &Video,
    [measures, layers]: [usize; 2],
    init: impl Fn() -> S + Sync,
    measure: impl Fn(&mut S, usize, &[f64], &mut [f64]) + Sync,
) -> Result<Vec<Video>> {
    let (pixels, count) = (video.frame_len(), measures * layers);
    let mut found = Strided::<f32>::for_writing(&[pixels, count])?;
    let found = found.as_mut_slice()?;
    found.fill(f32::NAN);
    measure_into(operation, &[video], found, count, init, measure)?;
    let mut shape = video.shape().to_vec();
    shape[0] = layers;
    let stack = |measure: usize| {
        let mut stack = Strided::<f32>::for_writing(&shape)?;
        let images = stack.as_mut_slice()?.chunks_mut(pixels.max(1));
        task::for_each(operation, images.enumerate(), |(layer, image)| {
            let numbers = found.iter().skip(measure * layers + layer).step_by(count);
            let pairs = image.iter_mut().zip(numbers);
            pairs.for_each(|(image, number)| *image = *number);
            Ok(())
        })?;
        Ok(without_frame_rate(video.with_samples(stack)))
    };
    (0..measures).map(stack).collect()
}

/// Measures `count` numbers of each pixel and puts them into `found`, one pixel after the other.
fn measure_into<S>(
    operation: &'static str,
    videos: &[&Video],
    found: &mut [f32],
    count: usize,
    init: impl Fn() -> S + Sync,
    measure: impl Fn(&mut S, usize, &[f64], &mut [f64]) + Sync,
) -> Result<()> {
    let frames: usize = videos.iter().map(|video| video.len()).sum();
    let pixels = (STEP / frames.max(1)).clamp(LONG_PIXELS, PIXELS);
    let steps = found.chunks_mut(pixels * count).enumerate();
    let memory = || (Vec::new(), Vec::new(), vec![f64::NAN; count], init());
    task::for_each_init(
        operation,
        steps,
        memory,
        |(samples, trace, measured, scratch), (step, found)| {
            let (first, pixels) = (step * pixels, found.len() / count);
            samples.resize(frames * pixels, 0.0);
            let mut rest = &mut samples[..];
            for video in videos {
                let (part, after) = rest.split_at_mut(video.len() * pixels);
                let run = first..first + pixels;
                video.samples().read_frames(0..video.len(), run, part);
                rest = after;
            }
            for (pixel, found) in found.chunks_mut(count).enumerate() {
                trace.clear();
                trace.extend(samples[pixel..].iter().step_by(pixels).copied());
                if trace.iter().all(|sample: &f64| sample.is_finite()) {
                    measured.fill(f64::NAN);
                    measure(scratch, first + pixel, trace, measured);
                    let pairs = found.iter_mut().zip(&*measured);
                    pairs.for_each(|(found, measured)| *found = *measured as f32);
                }
            }
            Ok(())
        },
    )
}

/// Image of results, one per pixel of a frame; without axes for a trace.
pub(super) fn image_like(video: &Video, results: Vec<f32>) -> Video {
    without_frame_rate(video.with_samples(Strided::from_vec(&video.shape()[1..], results)))
}

fn without_frame_rate(mut results: Video) -> Video {
    if results.metadata().fps.is_some() {
        results.metadata_mut().fps = None;
    }
    results
}
