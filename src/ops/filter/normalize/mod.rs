//! Normalization: scaling samples to a range, globally, per pixel, or in a sliding window in time.

mod pixelwise;

pub use pixelwise::{
    PixelRanges, normalize_pixelwise, normalize_pixelwise_slidingwindow, pixel_ranges,
    scale_pixels, slide_within,
};

use crate::error::Result;
use crate::ops::kernel::{Kernel, convert_samples, map_samples};
use crate::ops::{no_samples, range_to_scale_by};
use crate::video::{DType, Element, Real, Video, with_dtype};

/// Options of [`normalize`].
#[derive(Debug, Clone, PartialEq)]
pub struct Normalize {
    /// Minimum of the result.
    pub ymin: f64,
    /// Maximum of the result; default: 1, or the largest value of an int `dtype`.
    pub ymax: Option<f64>,
    /// Sample value mapped to `ymin`; default: the minimum.
    pub vmin: Option<f64>,
    /// Sample value mapped to `ymax`; default: the maximum.
    pub vmax: Option<f64>,
    /// Sample type of the result.
    pub dtype: DType,
    /// Whether to clip to [`ymin`, `ymax`] if `vmin` or `vmax` is given.
    pub clip: bool,
}

impl Normalize {
    /// From the minimum and maximum of the samples to 0 and 255.
    pub const TO_BYTES: Self = Self {
        ymin: 0.0,
        ymax: None,
        vmin: None,
        vmax: None,
        dtype: DType::U8,
        clip: true,
    };
}

/// Scales all samples linearly from [`vmin`, `vmax`] to [`ymin`, `ymax`].
///
/// Computes in `float32`, or in `float64` if the samples or the bits of the result require it. Int
/// results are rounded toward zero and saturate, and NaN becomes 0.
pub fn normalize(video: Video, options: &Normalize) -> Result<Video> {
    let range = input_range(&video, options)?;
    scale_range(video, options, range)
}

/// Like [`normalize`], with the range that [`input_range`] returns for the whole video.
pub fn scale_range(video: Video, options: &Normalize, range: (f64, f64)) -> Result<Video> {
    let is_wide_int = !options.dtype.is_float() && options.dtype.size() >= 4;
    if video.dtype().is_wide() || is_wide_int {
        scale_in::<f64>(video, options, range)
    } else {
        scale_in::<f32>(video, options, range)
    }
}

fn scale_in<R: Real>(video: Video, options: &Normalize, range: (f64, f64)) -> Result<Video> {
    let scale = LinearMap::<R>::new(options, range);
    if options.dtype == R::DTYPE {
        return map_samples("normalizing", video, scale);
    }
    with_dtype!(options.dtype, T => convert_samples::<R, T>("normalizing", &video, scale))
}

/// Linear map of samples.
#[derive(Clone, Copy)]
struct LinearMap<R> {
    vmin: R,
    width: R,
    height: R,
    ymin: R,
    ymax: R,
    /// Sample that gives exactly `ymax`, regardless of rounding; NaN if there is none.
    top: R,
    low: R,
    high: R,
}

impl<R: Real> LinearMap<R> {
    fn new(options: &Normalize, (vmin, vmax): (f64, f64)) -> Self {
        let is_int = !matches!(options.dtype, DType::Bool | DType::F32 | DType::F64);
        let ymax = options.ymax.unwrap_or(options.dtype.limits().1);
        let width = match (options.vmin, options.vmax) {
            (Some(_), Some(_)) => R::from_f64(vmax - vmin),
            _ => R::from_f64(vmax) - R::from_f64(vmin),
        };
        let has_top = is_int && width != R::zero();
        let clips = options.clip && (options.vmin.is_some() || options.vmax.is_some());
        Self {
            vmin: R::from_f64(vmin),
            width: width + R::epsilon(),
            height: R::from_f64(ymax - options.ymin),
            ymin: R::from_f64(options.ymin),
            ymax: R::from_f64(ymax),
            top: R::from_f64(if has_top { vmax } else { f64::NAN }),
            low: R::from_f64(if clips {
                options.ymin
            } else {
                f64::NEG_INFINITY
            }),
            high: R::from_f64(if clips { ymax } else { f64::INFINITY }),
        }
    }

    #[inline(always)]
    fn apply(&self, sample: R) -> R {
        let value = (sample - self.vmin) / self.width * self.height + self.ymin;
        let value = if self.low > value { self.low } else { value };
        let value = if self.high < value { self.high } else { value };
        if sample == self.top { self.ymax } else { value }
    }
}

impl<R: Real> Kernel<&mut [R]> for LinearMap<R> {
    #[inline(always)]
    fn run(&self, samples: &mut [R]) {
        for sample in samples {
            *sample = self.apply(*sample);
        }
    }
}

impl<R: Real, T: Element> Kernel<(&[R], &mut [T])> for LinearMap<R> {
    #[inline(always)]
    fn run(&self, (samples, results): (&[R], &mut [T])) {
        for (result, sample) in results.iter_mut().zip(samples) {
            *result = self.apply(*sample).to_element();
        }
    }
}

/// Sample values mapped to `ymin` and `ymax`: given, or the range of the video.
pub fn input_range(video: &Video, options: &Normalize) -> Result<(f64, f64)> {
    if let (Some(vmin), Some(vmax)) = (options.vmin, options.vmax) {
        return Ok((vmin, vmax));
    }
    if video.is_empty() {
        return Err(no_samples("normalize", video));
    }
    let range = range_to_scale_by("normalize", video);
    let range = range.map_err(|e| e.hint("or give `vmin` and `vmax`"))?;
    let (smallest, largest) = range.unwrap_or((f64::NAN, f64::NAN));
    let vmin = options.vmin.unwrap_or(smallest);
    Ok((vmin, options.vmax.unwrap_or(largest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, ramp, values, video};

    const DEFAULT: Normalize = Normalize {
        ymin: 0.0,
        ymax: None,
        vmin: None,
        vmax: None,
        dtype: DType::F32,
        clip: true,
    };

    fn normalized<T: Element>(samples: Vec<T>, options: &Normalize) -> Vec<f64> {
        values(&normalize(video(&[samples.len()], samples), options).unwrap())
    }

    #[test]
    fn the_range_is_found_without_nan() {
        assert_eq!(normalized(vec![2u16, 4, 6], &DEFAULT), [0.0, 0.5, 1.0]);
        let scaled = normalized(vec![2.0, f64::NAN, 6.0], &DEFAULT);
        assert_eq!((scaled[0], scaled[1].is_nan(), scaled[2]), (0.0, true, 1.0));
        assert!(normalized(vec![f32::NAN; 3], &DEFAULT)[0].is_nan());
        assert_eq!(normalized(vec![7u8; 3], &DEFAULT), [0.0; 3]);
    }

    #[test]
    fn a_given_range_clips_unless_told_not_to() {
        let options = Normalize {
            vmin: Some(100.0),
            vmax: Some(300.0),
            ..DEFAULT
        };
        assert_eq!(normalized(vec![0u16, 200, 400], &options), [0.0, 0.5, 1.0]);
        let clip = false;
        let options = Normalize { clip, ..options };
        assert_eq!(normalized(vec![0u16, 200, 400], &options), [-0.5, 0.5, 1.5]);
        let (vmin, vmax) = (Some(300.0), Some(100.0));
        let options = Normalize {
            vmin,
            vmax,
            ..options
        };
        assert_eq!(
            normalized(vec![100u16, 200, 300], &options),
            [1.0, 0.5, 0.0]
        );
    }

    #[test]
    fn the_largest_sample_gives_the_largest_int() {
        for dtype in DType::ALL.iter().filter(|dtype| !dtype.is_float()) {
            let options = Normalize {
                dtype: *dtype,
                ..DEFAULT
            };
            let largest = dtype.limits().1;
            assert_eq!(normalized(vec![0.0f32, 0.3], &options), [0.0, largest]);
            assert_eq!(normalized(vec![false, true], &options), [0.0, largest]);
            assert_eq!(normalized(vec![0.0, 0.3, 1e9], &options)[2], largest);
        }
    }

    #[test]
    fn ints_saturate_and_nan_is_zero() {
        let options = Normalize {
            ymin: -10.0,
            ymax: Some(300.0),
            dtype: DType::U8,
            ..DEFAULT
        };
        let scaled = normalized(vec![0.0f32, f32::NAN, 100.0, 50.0], &options);
        assert_eq!(scaled, [0.0, 0.0, 255.0, 145.0]);
    }

    #[test]
    fn nothing_has_no_range() {
        let empty = || video(&[0, 3, 4], Vec::<u8>::new());
        assert!(normalize(empty(), &DEFAULT).is_err());
        let options = Normalize {
            vmin: Some(0.0),
            vmax: Some(1.0),
            ..DEFAULT
        };
        assert_eq!(normalize(empty(), &options).unwrap().shape(), [0, 3, 4]);
    }

    #[test]
    fn memory_is_reused_and_threads_do_not_matter() {
        let (shape, len) = ([20, 41, 67], 20 * 41 * 67);
        check_reuse(ramp(&shape), |video| normalize(video, &DEFAULT));
        check_threads(|| normalize(video(&shape, noise(len, 1)), &DEFAULT));
    }
}
