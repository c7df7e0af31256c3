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
    let frames = video.len();
    let mut found = vec![[f32::NAN; N]; video.frame_len()];
    let pixels = (STEP / frames.max(1)).clamp(LONG_PIXELS, PIXELS);
    let steps = found.chunks_mut(pixels).enumerate();
    let memory = || (Vec::new(), Vec::new(), init());
    task::for_each_init(
        operation,
        steps,
        memory,
        |(samples, trace, scratch), (step, found)| {
            let (first, count) = (step * pixels, found.len());
            samples.resize(frames * count, 0.0);
            let run = first..first + count;
            video.samples().read_frames(0..frames, run, samples);
            for (pixel, found) in found.iter_mut().enumerate() {
                trace.clear();
                trace.extend(samples[pixel..].iter().step_by(count).copied());
                if trace.iter().all(|sample: &f64| sample.is_finite()) {
                    let measured = measure(scratch, first + pixel, trace);
                    *found = measured.map(|value| value as f32);
                }
            }
            Ok(())
        },
    )?;
    let part = |part: usize| found.iter().map(|found| found[part]).collect();
    Ok(std::array::from_fn(|at| image_like(video, part(at))))
}

/// Image of results, one per pixel of a frame; without axes for a trace.
pub(super) fn image_like(video: &Video, results: Vec<f32>) -> Video {
    let mut image = video.with_samples(Strided::from_vec(&video.shape()[1..], results));
    if image.metadata().fps.is_some() {
        image.metadata_mut().fps = None;
    }
    image
}
