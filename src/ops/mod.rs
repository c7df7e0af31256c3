//! Pure functions from videos to videos.
//!
//! A filter is a kernel on plain slices of `f32` or `f64`; [`kernel`] runs it over the video: on
//! all cores, from samples of any type and layout, into the memory of the input if that is a
//! temporary, with progress and interruption.

pub mod array;
pub mod blend;
pub mod chain;
pub mod edit;
pub mod example;
pub mod filter;
pub mod kernel;
pub mod mask;
pub mod motion;
pub mod phantom;
pub mod statistics;
pub mod wave;

#[cfg(test)]
pub(crate) mod testing;

use crate::bail;
use crate::error::{Error, Result};
use crate::video::{DType, Real, Video, shape_text};

/// An error unless the video has the axes `{t, y, x}`.
fn expect_gray_frames(video: &Video, function: &str) -> Result<()> {
    if video.ndim() == 3 {
        return Ok(());
    }
    let error = Error::new(format!(
        "{function} needs a video {{t, y, x}}, got {} of shape {}",
        video.kind(),
        shape_text(video.shape())
    ));
    Err(match video.ndim() {
        4 => error.hint("select one channel at a time: `v[[(), (), (), 0]]`"),
        _ => error,
    })
}

/// Applies a function of frames to a video, or to an image as to one frame.
fn of_frames(
    function: &str,
    video: Video,
    change: impl FnOnce(Video) -> Result<Video>,
) -> Result<Video> {
    match video.ndim() {
        2 => apply_to_frames(video, change),
        3 | 4 => change(video),
        _ => bail!(
            "{function} needs a video {{t, y, x}} or an image {{y, x}}, got {} of shape {}",
            video.kind_with_article(),
            shape_text(video.shape())
        ),
    }
}

/// Applies a filter of frames to an image, as one frame, or to a trace, as frames of one pixel.
pub fn apply_to_frames(video: Video, filter: impl FnOnce(Video) -> Result<Video>) -> Result<Video> {
    let layout = video.layout();
    let is_trace = video.ndim() == 1;
    let layout = match is_trace {
        true => layout.insert_axis(1).insert_axis(2),
        false => layout.insert_axis(0),
    };
    let frames = video.with_layout(layout);
    drop(video);
    let filtered = filter(frames)?;
    let layout = filtered.layout();
    let layout = match is_trace {
        true => layout.index(2, 0).index(1, 0),
        false => layout.index(0, 0),
    };
    Ok(filtered.with_layout(layout))
}

/// Frame rate in Hz: the given one, or that of the video.
fn frame_rate(function: &str, video: &Video, fps: Option<f64>) -> Result<f64> {
    let Some(fps) = fps.or(video.metadata().fps) else {
        let error = Error::new(format!(
            "{function} needs the frame rate, which the video does not have"
        ));
        return Err(error.hint("set it: `v.fps = 500`, or `#{fps: 500}`"));
    };
    match fps > 0.0 && fps.is_finite() {
        true => Ok(fps),
        false => bail!("{function} needs `fps` to be a number > 0, got {fps}"),
    }
}

/// Smallest and largest sample, for scaling; NaN is ignored, and infinite samples are an error.
fn range_to_scale_by(function: &str, video: &Video) -> Result<Option<(f64, f64)>> {
    let range = video.range()?;
    let infinite = range.and_then(|(low, high)| [high, low].into_iter().find(|v| v.is_infinite()));
    let Some(infinite) = infinite else {
        return Ok(range);
    };
    let error = Error::new(format!(
        "{function} needs the range of the samples, some of which are {infinite}"
    ));
    Err(error.hint("replace them first: `v[!isfinite(v)] = NaN`"))
}

/// All samples in row-major order, for results that depend on a whole image.
pub(crate) fn read_all<R: Real>(video: &Video) -> Vec<R> {
    let mut samples = vec![R::default(); video.layout().len()];
    let (frames, run) = (0..video.len(), 0..video.frame_len());
    video.samples().read_frames(frames, run, &mut samples);
    samples
}

/// Error of a range of an array without samples.
fn no_samples(function: &str, video: &Video) -> Error {
    Error::new(format!(
        "{function} needs samples, got {} of shape {}",
        video.kind_with_article(),
        shape_text(video.shape())
    ))
}

/// Smooths `float64` in double precision, and every other type in single precision; a bool is true
/// where its smoothed value is 1, up to rounding.
fn smooth_in_precision(
    video: Video,
    single: impl FnOnce(Video) -> Result<Video>,
    double: impl FnOnce(Video) -> Result<Video>,
) -> Result<Video> {
    match video.dtype() {
        DType::F64 => double(video),
        DType::Bool => kernel::convert_samples(
            "smoothing",
            &single(video)?,
            |(samples, results): (&[f32], &mut [bool])| {
                for (result, sample) in results.iter_mut().zip(samples) {
                    *result = *sample > 1.0 - 1e-5;
                }
            },
        ),
        _ => single(video),
    }
}
