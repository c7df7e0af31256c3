//! Warping: each frame, seen from where displacements point to.

use super::Displacements;
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::kernel::border::Border;
use crate::ops::kernel::{OutputFrame, make_frames};
use crate::video::{Real, Video, shape_text};

/// Interpolation between pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WarpInterpolation {
    /// By the 16 nearest pixels (Keys 1981, a = −1/2).
    Cubic,
    /// By the four nearest pixels.
    Linear,
}

impl Choice for WarpInterpolation {
    const NOUN: &'static str = "an interpolation";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("cubic", Self::Cubic), ("linear", Self::Linear)];
}

/// What is taken for samples outside of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WarpEdge {
    /// The frame reflected about the center of its last pixels.
    Mirror,
    /// The last pixels.
    Nearest,
    /// NaN.
    Nan,
}

impl Choice for WarpEdge {
    const NOUN: &'static str = "an edge rule";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("mirror", Self::Mirror),
        ("nearest", Self::Nearest),
        ("nan", Self::Nan),
    ];
}

/// How frames are warped.
#[derive(Debug, Clone, Copy)]
pub struct WarpOptions {
    /// Interpolation between pixels.
    pub interpolation: WarpInterpolation,
    /// What is taken for samples outside of a frame.
    pub edge: WarpEdge,
}

/// Takes each pixel of a result from the pixel plus its displacement in the frame.
///
/// NaN does not spread: near NaN samples the interpolation is linear between those that are not,
/// and NaN where the nearest one is. Computed in `float32`, or in `float64` for wide samples.
pub fn warp_video(video: &Video, displacements: &Video, options: WarpOptions) -> Result<Video> {
    let (2 | 3) = video.ndim() else {
        bail!(
            "warp_video needs a video {{t, y, x}} or an image, got {} of shape {}",
            video.kind_with_article(),
            shape_text(video.shape())
        );
    };
    let of_frames = Displacements::of("warp_video", displacements)?;
    let frames = match video.ndim() {
        2 => video.with_layout(video.layout().insert_axis(0)),
        _ => video.clone(),
    };
    let is_one = of_frames.video.len() == 1;
    let fits = of_frames.size() == frames.shape()[1..]
        && (is_one || of_frames.video.len() == frames.len());
    if !fits {
        let error = Error::new(format!(
            "warp_video needs displacements for each pixel of {}, got {}",
            shape_text(video.shape()),
            shape_text(displacements.shape())
        ));
        return Err(error.hint("displacements {y, x, 2} apply to all frames"));
    }
    let warped = match video.dtype().is_wide() {
        true => warp_frames::<f64>(&frames, &of_frames, is_one, options),
        false => warp_frames::<f32>(&frames, &of_frames, is_one, options),
    }?;
    Ok(match video.ndim() {
        2 => warped.with_layout(warped.layout().index(0, 0)),
        _ => warped,
    })
}

fn warp_frames<R: Real>(
    video: &Video,
    displacements: &Displacements,
    is_one: bool,
    options: WarpOptions,
) -> Result<Video> {
    let size = displacements.size();
    make_frames("warping", video, |frame: OutputFrame<'_, R>| {
        let samples = frame.scratch;
        samples.resize(frame.results.len(), R::default());
        frame.source.read(frame.frame, 0..samples.len(), samples);
        let mut d = vec![0.0; 2 * samples.len()];
        displacements.read(if is_one { 0 } else { frame.frame }, &mut d);
        warp_frame(samples, size, &d, options, frame.results);
    })
}

/// Warps one frame.
#[inline(always)]
pub(super) fn warp_frame<R: Real>(
    samples: &[R],
    [height, width]: [usize; 2],
    displacements: &[f32],
    options: WarpOptions,
    out: &mut [R],
) {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
    let source = WarpSource {
        samples,
        width,
        height,
        border: match options.edge {
            WarpEdge::Mirror => Border::Mirror,
            WarpEdge::Nearest | WarpEdge::Nan => Border::Nearest,
        },
    };
    for ((out, d), (y, x)) in out
        .iter_mut()
        .zip(displacements.chunks_exact(2))
        .zip(pixels)
    {
        let place = [WarpPosition::new(y, d[0]), WarpPosition::new(x, d[1])];
        let [Some(y), Some(x)] = place else {
            *out = R::nan();
            continue;
        };
        let is_inside = y.is_inside(height) && x.is_inside(width);
        *out = match (options.edge, options.interpolation) {
            (WarpEdge::Nan, _) if !is_inside => R::nan(),
            (_, WarpInterpolation::Cubic) => source.cubic(y, x),
            (_, WarpInterpolation::Linear) => source.linear(y, x),
        };
    }
}

/// Position along an axis: the pixel before it, and the distance from that.
#[derive(Clone, Copy)]
pub(super) struct WarpPosition {
    before: isize,
    fraction: f32,
}

impl WarpPosition {
    /// A pixel plus a displacement; `None` for one that is not known or beyond all frames.
    #[inline(always)]
    pub(super) fn new(pixel: usize, displacement: f32) -> Option<Self> {
        let whole = displacement.floor();
        (whole.abs() < 1e9).then(|| Self {
            before: pixel as isize + whole as isize,
            fraction: displacement - whole,
        })
    }

    /// Whether it is between the centers of the first and the last pixel of an axis.
    #[inline(always)]
    pub(super) fn is_within(self, len: usize) -> bool {
        let last = len as isize - 1;
        self.before >= 0 && (self.before < last || self.before == last && self.fraction == 0.0)
    }

    /// Whether it is in one of the pixels of an axis.
    #[inline(always)]
    fn is_inside(self, len: usize) -> bool {
        let last = len as isize - 1;
        let begins = self.before >= 0 || self.before == -1 && self.fraction >= 0.5;
        begins && (self.before < last || self.before == last && self.fraction <= 0.5)
    }
}

/// Samples of a frame, between pixels.
pub(super) struct WarpSource<'a, R> {
    pub(super) samples: &'a [R],
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) border: Border,
}

impl<R: Real> WarpSource<'_, R> {
    /// Indices along an axis of the pixels around a position, from `from` on.
    #[inline(always)]
    fn indices<const N: usize>(&self, from: isize, len: usize) -> [usize; N] {
        let is_inside = from >= 0 && from + (N as isize) <= len as isize;
        std::array::from_fn(|k| {
            let index = from + k as isize;
            match is_inside {
                true => index as usize,
                false => self.border.sample(index, len).expect("no constant border"),
            }
        })
    }

    #[inline(always)]
    pub(super) fn cubic(&self, y: WarpPosition, x: WarpPosition) -> R {
        let rows = self.indices::<4>(y.before - 1, self.height);
        let columns = self.indices::<4>(x.before - 1, self.width);
        let (down, along) = (keys(R::from_f32(y.fraction)), keys(R::from_f32(x.fraction)));
        let mut sum = R::zero();
        for (row, down) in rows.into_iter().zip(down) {
            let row = &self.samples[row * self.width..][..self.width];
            let mut in_row = R::zero();
            for (column, along) in columns.into_iter().zip(along) {
                in_row += row[column] * along;
            }
            sum += in_row * down;
        }
        if sum.is_nan() { self.linear(y, x) } else { sum }
    }

    /// Slopes down and to the right; NaN beside NaN.
    #[inline(always)]
    pub(super) fn gradient(&self, y: WarpPosition, x: WarpPosition) -> [R; 2] {
        let rows = self.indices::<4>(y.before - 1, self.height);
        let columns = self.indices::<4>(x.before - 1, self.width);
        let (at_y, at_x) = (R::from_f32(y.fraction), R::from_f32(x.fraction));
        let (down, along) = (keys(at_y), keys(at_x));
        let (slope_down, slope_along) = (keys_slope(at_y), keys_slope(at_x));
        let mut slopes = [R::zero(); 2];
        for (at, row) in rows.into_iter().enumerate() {
            let row = &self.samples[row * self.width..][..self.width];
            let (mut value, mut slope) = (R::zero(), R::zero());
            for (at, column) in columns.into_iter().enumerate() {
                value += row[column] * along[at];
                slope += row[column] * slope_along[at];
            }
            slopes[0] += value * slope_down[at];
            slopes[1] += slope * down[at];
        }
        slopes
    }

    /// Weighted mean of the four nearest samples that are not NaN; NaN if the nearest one is.
    #[inline(always)]
    pub(super) fn linear(&self, y: WarpPosition, x: WarpPosition) -> R {
        let rows = self.indices::<2>(y.before, self.height);
        let columns = self.indices::<2>(x.before, self.width);
        let weights = |fraction: f32| {
            let fraction = R::from_f32(fraction);
            [R::one() - fraction, fraction]
        };
        let (down, along) = (weights(y.fraction), weights(x.fraction));
        let (mut sum, mut total) = (R::zero(), R::zero());
        let (mut most, mut nearest) = (R::zero(), R::zero());
        for (row, down) in rows.into_iter().zip(down) {
            for (column, along) in columns.into_iter().zip(along) {
                let (sample, weight) = (self.samples[row * self.width + column], down * along);
                if weight > most {
                    (most, nearest) = (weight, sample);
                }
                if weight > R::zero() && !sample.is_nan() {
                    sum += sample * weight;
                    total += weight;
                }
            }
        }
        match nearest.is_nan() {
            true => nearest,
            false => sum / total,
        }
    }
}

/// Weights of the pixels before and after a position (Keys 1981).
#[inline(always)]
fn keys<R: Real>(t: R) -> [R; 4] {
    let (half, u) = (R::from_f32(0.5), R::one() - t);
    let near = |t: R| R::one() + t * t * (R::from_f32(1.5) * t - R::from_f32(2.5));
    [-half * t * u * u, near(t), near(u), -half * u * t * t]
}

/// Derivatives of these weights.
#[inline(always)]
fn keys_slope<R: Real>(t: R) -> [R; 4] {
    let (half, u) = (R::from_f32(0.5), R::one() - t);
    let near = |t: R| t * (R::from_f32(4.5) * t - R::from_f32(5.0));
    let far = |t: R, u: R| half * u * (t + t - u);
    [far(t, u), near(t), -near(u), -far(u, t)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, noise, ramp, values, video};
    use crate::video::DType;

    const CUBIC: WarpOptions = WarpOptions {
        interpolation: WarpInterpolation::Cubic,
        edge: WarpEdge::Mirror,
    };
    const LINEAR: WarpOptions = WarpOptions {
        interpolation: WarpInterpolation::Linear,
        edge: WarpEdge::Nan,
    };

    /// The same displacement for all pixels.
    fn moved([height, width]: [usize; 2], [dy, dx]: [f32; 2]) -> Video {
        video(&[height, width, 2], [dy, dx].repeat(height * width))
    }

    #[test]
    fn no_displacement_changes_nothing() {
        let mut samples = noise(3 * 30, 1);
        samples[40] = f32::NAN;
        let input = video(&[3, 5, 6], samples);
        for options in [CUBIC, LINEAR] {
            let found = warp_video(&input, &moved([5, 6], [0.0; 2]), options).unwrap();
            let bits = |v: &Video| values(v).iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&found), bits(&input));
        }
    }

    #[test]
    fn samples_come_from_where_displacements_point_to() {
        let input = ramp(&[1, 4, 5]);
        let at =
            |d: [f32; 2], options| values(&warp_video(&input, &moved([4, 5], d), options).unwrap());
        let found = at([1.0, 2.0], LINEAR);
        assert_eq!(found[..3], [7.0, 8.0, 9.0]);
        assert!(found[3].is_nan() && found[15].is_nan());
        // A slope is reproduced between pixels, and beyond the last ones as far as they reach.
        assert_eq!(at([0.0, 0.25], CUBIC)[6..8], [6.25, 7.25]);
        assert_eq!(at([0.0, 0.5], LINEAR)[4], 4.0);
        assert!(at([0.0, 0.6], LINEAR)[4].is_nan());
        let nearest = WarpOptions {
            edge: WarpEdge::Nearest,
            ..LINEAR
        };
        assert_eq!(at([0.0, 3.0], nearest)[..5], [3.0, 4.0, 4.0, 4.0, 4.0]);
        let mirror = WarpOptions {
            edge: WarpEdge::Mirror,
            ..LINEAR
        };
        assert_eq!(at([0.0, 3.0], mirror)[..5], [3.0, 4.0, 3.0, 2.0, 1.0]);
        assert!(at([f32::NAN, 0.0], CUBIC)[0].is_nan());
        assert!(at([1e30, 0.0], CUBIC)[0].is_nan());
    }

    /// Results of OpenCV's `remap` for the same positions with an interpolation by cubic
    /// polynomials differ from these only by its other constant (−3/4) and its steps of 1/32 pixel.
    #[test]
    fn parabolas_are_reproduced() {
        let samples: Vec<f64> = (0..12).map(|x| f64::from(x * x)).collect();
        let input = video(&[1, 1, 12], samples);
        let found = warp_video(&input, &moved([1, 12], [0.0, 0.3]), CUBIC).unwrap();
        for x in 2..9 {
            let expected = (f64::from(x) + f64::from(0.3f32)).powi(2);
            assert!((values(&found)[x as usize] - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn nan_does_not_spread() {
        let mut samples = vec![5.0; 49];
        samples[24] = f32::NAN;
        let input = video(&[1, 7, 7], samples);
        let found = values(&warp_video(&input, &moved([7, 7], [0.0, 0.25]), CUBIC).unwrap());
        assert_eq!(found.iter().filter(|v| v.is_nan()).count(), 1);
        assert!(found[24].is_nan());
        assert!(found.iter().all(|v| v.is_nan() || (v - 5.0).abs() < 1e-6));
    }

    #[test]
    fn shapes_are_checked_and_types_kept() {
        let counts = video(&[2, 4, 5], vec![7u16; 40]);
        let found = warp_video(&counts, &moved([4, 5], [0.5; 2]), CUBIC).unwrap();
        assert_eq!((found.dtype(), found.shape()), (DType::F32, counts.shape()));
        assert!(warp_video(&counts, &moved([5, 4], [0.5; 2]), CUBIC).is_err());
        assert!(warp_video(&counts, &ramp(&[3, 4, 5, 2]), CUBIC).is_err());
        assert!(warp_video(&counts, &counts, CUBIC).is_err());
        let image = warp_video(&ramp(&[4, 5]), &moved([4, 5], [1.0, 0.0]), LINEAR).unwrap();
        assert_eq!((image.shape(), values(&image)[0]), (&[4, 5][..], 5.0));
        check_threads(|| warp_video(&ramp(&[9, 4, 5]), &moved([4, 5], [0.4; 2]), CUBIC));
    }
}
