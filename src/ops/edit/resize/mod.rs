//! Resizing of frames, for samples of any type, with the results of OpenCV.
//!
//! The code is our own: `fast_image_resize`, the crate for it, differs from OpenCV in every mode
//! but linear. Its nearest neighbor is centered on pixels, its cubic kernel has another parameter,
//! its Lanczos kernel spans six pixels instead of eight, and its box filter is not OpenCV's area.
//! Maps and masks that were resized in Python would not match.

mod across;
mod halve;
mod nearest;
mod smooth;
mod taps;

use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::video::{DType, Element, Video, shape_text, with_bits};

use taps::Stretch;

/// Interpolation method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Nearest neighbor: the pixel before the position.
    Nearest,
    /// Linear, from 2×2 pixels.
    Linear,
    /// Cubic convolution over 4×4 pixels, with a = −0.75.
    Cubic,
    /// Mean of the pixels that a larger one covers.
    Area,
    /// Lanczos window over 8×8 pixels.
    Lanczos,
}

impl Choice for Interpolation {
    const NOUN: &'static str = "the name of an interpolation";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("nearest", Interpolation::Nearest),
        ("linear", Interpolation::Linear),
        ("cubic", Interpolation::Cubic),
        ("area", Interpolation::Area),
        ("lanczos", Interpolation::Lanczos),
    ];
}

/// Options of [`resize`]; one of `shape` and `scale` must be given.
#[derive(Debug, Clone, PartialEq)]
pub struct Resize {
    /// New width and height.
    pub shape: Option<Vec<i64>>,
    /// Scale factor for width and height.
    pub scale: Option<f64>,
    /// Interpolation method.
    pub interpolation: Interpolation,
}

/// Sizes of a frame before and after, along both axes.
struct FrameResize {
    y: Stretch,
    x: Stretch,
    channels: usize,
}

/// Resizes the frames of a video, or an image.
pub fn resize(video: &Video, options: &Resize) -> Result<Video> {
    match video.ndim() {
        2 => {
            let frames = video.with_layout(video.layout().insert_axis(0));
            let resized = resize(&frames, options)?;
            return Ok(resized.with_layout(resized.layout().index(0, 0)));
        }
        3 | 4 if !video.is_empty() => (),
        _ => bail!(
            "resize needs an image {{y, x}} or a video {{t, y, x}}, got a {} of shape {}",
            video.kind(),
            shape_text(video.shape())
        ),
    }
    let frame = frame_of(video, options)?;
    if frame.y.is_identity() && frame.x.is_identity() {
        return Ok(video.clone());
    }
    let mut shape = video.shape().to_vec();
    (shape[1], shape[2]) = (frame.y.to, frame.x.to);
    let mut resized = interpolate(video, &frame, &shape, options.interpolation)?;
    let factor = |axis: &Stretch| axis.to as f64 / axis.from as f64;
    let factors = [factor(&frame.y), factor(&frame.x)];
    resized.metadata_mut().resize(factors);
    Ok(resized)
}

fn interpolate(
    video: &Video,
    frame: &FrameResize,
    shape: &[usize],
    interpolation: Interpolation,
) -> Result<Video> {
    let halves = frame.y.halves() && frame.x.halves();
    let interpolation = match interpolation {
        Interpolation::Nearest => {
            let bits = video.bits();
            let resized =
                with_bits!(video.dtype(), B => nearest::resize::<B>(&bits, frame, shape)?);
            return Ok(Video::from_bits(resized, video.dtype()));
        }
        Interpolation::Linear if halves => Interpolation::Area,
        interpolation => interpolation,
    };
    if halves
        && interpolation == Interpolation::Area
        && let Some(result) = halve::resize(video, shape)
    {
        return result;
    }
    match video.dtype() {
        DType::U8 => interpolate_as::<u8>(video, frame, shape, interpolation),
        DType::U16 => interpolate_as::<u16>(video, frame, shape, interpolation),
        DType::I16 => interpolate_as::<i16>(video, frame, shape, interpolation),
        DType::F32 => interpolate_as::<f32>(video, frame, shape, interpolation),
        DType::F64 => {
            smooth::resize::<f64, f64>(video, frame, shape, interpolation, across::interpolate)
        }
        dtype => Err(Error::new(format!(
            "resize cannot interpolate {dtype} samples with \"{}\"",
            interpolation.name()
        ))
        .hint("convert them first, `v.astype(\"float32\")`, or use \"nearest\"")),
    }
}

/// Interpolates in float32.
fn interpolate_as<T: Element>(
    video: &Video,
    frame: &FrameResize,
    shape: &[usize],
    interpolation: Interpolation,
) -> Result<Video> {
    let across = across::interpolate_single;
    smooth::resize::<T, f32>(video, frame, shape, interpolation, across)
}

/// Sizes before and after resizing.
fn frame_of(video: &Video, options: &Resize) -> Result<FrameResize> {
    let (rows, cols) = (video.shape()[1], video.shape()[2]);
    let channels = video.shape().get(3).copied().unwrap_or(1);
    let (y, x) = match (&options.shape, options.scale) {
        (Some(_), Some(_)) => bail!("resize takes `shape` or `scale`, not both"),
        (None, None) => {
            return Err(Error::new("resize needs `shape` or `scale`")
                .hint("`resize(v, [width, height])` or `resize(v, #{scale: 0.5})`"));
        }
        (Some(shape), None) => {
            let to = |&len: &i64| usize::try_from(len).ok().filter(|len| *len > 0);
            let [Some(width), Some(height)] = shape.iter().map(to).collect::<Vec<_>>()[..] else {
                bail!("resize needs `shape` to be [width, height], each at least 1, got {shape:?}");
            };
            (Stretch::to(rows, height), Stretch::to(cols, width))
        }
        (None, Some(scale)) => (Stretch::by(rows, scale), Stretch::by(cols, scale)),
    };
    if y.to == 0 || x.to == 0 {
        bail!(
            "resize needs `scale` to leave at least one pixel of {}, got {}",
            shape_text(&[rows, cols]),
            options.scale.unwrap_or_default()
        );
    }
    Ok(FrameResize { y, x, channels })
}

/// Samples of a video whose type is already known.
fn typed<T: Element>(video: &Video) -> crate::video::Strided<T> {
    T::unwrap(video.samples().clone()).expect("of the type just dispatched on")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, noise, ramp, values, video};

    fn options(scale: f64, interpolation: Interpolation) -> Resize {
        Resize {
            shape: None,
            scale: Some(scale),
            interpolation,
        }
    }

    /// Reference implementation, with the weights of the axes.
    fn resize_naively(
        samples: &[f64],
        from: [usize; 2],
        frame: &FrameResize,
        how: Interpolation,
    ) -> Vec<f64> {
        let is_area = frame.y.scale >= 1.0 && frame.x.scale >= 1.0;
        let (y, x) = (frame.y.rows(how, is_area), frame.x.columns(how, is_area));
        let at = |row: isize, col: isize| {
            let row = row.clamp(0, from[0] as isize - 1) as usize;
            samples[row * from[1] + col.clamp(0, from[1] as isize - 1) as usize]
        };
        let mut results = Vec::new();
        for row in 0..frame.y.to {
            for col in 0..frame.x.to {
                let mut sum = 0.0;
                for (i, a) in (y.first[row]..).zip(y.weights(row)) {
                    for (j, b) in (x.first[col]..).zip(x.weights(col)) {
                        sum += f64::from(a * b) * at(i, j);
                    }
                }
                results.push(sum);
            }
        }
        results
    }

    #[test]
    fn every_size_is_as_defined() {
        let (rows, cols) = (21, 13);
        let samples = noise(rows * cols, 1);
        let image = video(&[1, rows, cols], samples.clone());
        let wide: Vec<f64> = samples.into_iter().map(f64::from).collect();
        for (_, how) in &Interpolation::CHOICES[1..] {
            for shape in [[1, 1], [5, 40], [40, 5], [26, 42], [13, 20], [6, 7]] {
                let options = Resize {
                    shape: Some(shape.to_vec()),
                    scale: None,
                    interpolation: *how,
                };
                let frame = frame_of(&image, &options).unwrap();
                let resized = values(&resize(&image, &options).unwrap());
                let expected = resize_naively(&wide, [rows, cols], &frame, *how);
                let close = resized
                    .iter()
                    .zip(&expected)
                    .all(|(a, b)| (a - b).abs() < 2e-6);
                assert!(close, "{how:?} {shape:?}");
            }
        }
    }

    #[test]
    fn halves_are_means_of_four() {
        let means = resize(&ramp(&[1, 2, 4]), &options(0.5, Interpolation::Linear)).unwrap();
        assert_eq!(values(&means), [2.5, 4.5]);
        let ints = video(&[1, 2, 4], vec![0u8, 1, 255, 255, 0, 1, 255, 254]);
        let means = resize(&ints, &options(0.5, Interpolation::Area)).unwrap();
        assert_eq!(
            (values(&means), means.dtype()),
            (vec![1.0, 255.0], DType::U8)
        );
    }

    #[test]
    fn nearest_repeats_pixels_of_any_type() {
        let flags = video(&[1, 1, 2], vec![true, false]);
        let larger = resize(&flags, &options(2.0, Interpolation::Nearest)).unwrap();
        assert_eq!(values(&larger), [1., 1., 0., 0., 1., 1., 0., 0.]);
        let error = resize(&flags, &options(2.0, Interpolation::Cubic)).unwrap_err();
        assert_eq!(
            error.message(),
            "resize cannot interpolate bool samples with \"cubic\""
        );
    }

    #[test]
    fn channels_and_views_are_resized_like_planes() {
        let samples = noise(3 * 9 * 11 * 3, 5);
        let colored = video(&[3, 9, 11, 3], samples);
        let colored = colored.with_layout(colored.layout().flip(2));
        for (_, how) in Interpolation::CHOICES {
            let options = options(1.7, *how);
            let resized = resize(&colored, &options).unwrap();
            for channel in 0..3 {
                let plane = |v: &Video| v.with_layout(v.layout().index(3, channel));
                let expected = resize(&plane(&colored), &options).unwrap();
                assert_eq!(values(&plane(&resized)), values(&expected), "{how:?}");
            }
        }
    }

    #[test]
    fn ints_saturate() {
        let samples = [[0u16; 4], [65535; 4]].concat();
        let edge = video(&[1, 1, 8], samples);
        let resized = values(&resize(&edge, &options(3.0, Interpolation::Lanczos)).unwrap());
        let at_limits = resized.iter().filter(|v| [0.0, 65535.0].contains(v));
        assert!(at_limits.count() > 24, "{resized:?}");
    }

    #[test]
    fn the_size_of_pixels_follows() {
        let mut image = ramp(&[4, 6]);
        image.metadata_mut().pixel_size = Some([2.0, 3.0]);
        let shape = Some(vec![3, 8]);
        let how = Resize {
            shape,
            scale: None,
            interpolation: Interpolation::Area,
        };
        let resized = resize(&image, &how).unwrap();
        assert_eq!(resized.shape(), [8, 3]);
        assert_eq!(resized.metadata().pixel_size, Some([1.0, 6.0]));
    }

    #[test]
    fn results_do_not_depend_on_threads() {
        let frames = video(&[5, 30, 40], noise(6000, 3));
        check_threads(|| resize(&frames, &options(0.7, Interpolation::Cubic)));
    }
}
