//! Registration of the images of two cameras by an affine transform, and warping by one.
//!
//! A transform is a matrix of 2 rows and 3 columns: the pixel `[y, x]` of the reference is at
//! `M · [y, x, 1]`, again row then column, in the image.

use super::pyramid::level_sizes;
use super::search::{ImageLevels, Registration, Transform, TransformSearch};
use super::warp::{WarpOptions, warp_video};
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::edit::registration::register_shift;
use crate::ops::read_all;
use crate::video::{Strided, Video, shape_text};

/// Transforms to choose from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AffineModel {
    /// Shift.
    Translation,
    /// Shift and rotation.
    Rigid,
    /// Shift, rotation, scale and shear.
    Affine,
}

impl Choice for AffineModel {
    const NOUN: &'static str = "a transform";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("translation", Self::Translation),
        ("rigid", Self::Rigid),
        ("affine", Self::Affine),
    ];
}

/// How a transform is searched for.
#[derive(Debug, Clone)]
pub struct AffineOptions {
    /// Transforms to choose from.
    pub model: AffineModel,
    /// Largest number of levels of the pyramid.
    pub levels: usize,
    /// Largest number of iterations on each level.
    pub iterations: usize,
    /// Standard deviation in pixels of the Gaussian filter of both images.
    pub sigma: f64,
}

/// Finds the transform that maximizes the correlation of two images (Evangelidis & Psarakis 2008),
/// from coarse to fine. It does not depend on brightness and contrast; what is not known in either
/// image is left out.
pub fn register_affine(
    image: &Video,
    reference: &Video,
    options: &AffineOptions,
) -> Result<Registration> {
    let function = "register_affine";
    let [height, width] = match *reference.shape() {
        [height, width] if image.shape() == reference.shape() => [height, width],
        _ => {
            let error = Error::new(format!(
                "{function} needs two images of the same shape, got {} and {}",
                shape_text(image.shape()),
                shape_text(reference.shape())
            ));
            return Err(error.hint("select a frame, `v[0]`, or the mean of all, `v.mean(0)`"));
        }
    };
    for (name, value) in [
        ("levels", options.levels),
        ("iterations", options.iterations),
    ] {
        if !(1..=1000).contains(&value) {
            bail!("{function} needs `{name}` to be 1 to 1000, got {value}");
        }
    }
    if !(options.sigma >= 0.0 && options.sigma.is_finite()) {
        bail!(
            "{function} needs `sigma` to be a number >= 0, got {}",
            options.sigma
        );
    }
    let sizes = level_sizes(height, width, options.levels);
    let images = ImageLevels::new(image, &sizes, options.sigma)?;
    let references = ImageLevels::new(reference, &sizes, options.sigma)?;
    let search = TransformSearch {
        images,
        references,
        center: [(height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0],
        scale: (height.max(width) as f64 / 2.0).max(1.0),
        iterations: options.iterations,
    };
    let shift = register_shift(image, reference, 1)?;
    let starts = [[0.0; 2], shift.map(|shift| -shift)].map(|shift| Transform {
        shift,
        linear: [[1.0, 0.0], [0.0, 1.0]],
    });
    match options.model {
        AffineModel::Translation => search.run(
            starts,
            |_, [gy, gx], _| [gy, gx],
            |transform, step| transform.moved([step[0], step[1]]),
        ),
        AffineModel::Rigid => search.run(
            starts,
            |transform, [gy, gx], [v, u]| {
                // The derivative of a rotated vector by the angle is the vector turned by 90°.
                let [v, u] = transform.turned([v, u]);
                [gy, gx, gx * v - gy * u]
            },
            |transform, step| {
                transform
                    .moved([step[0], step[1]])
                    .rotated(step[2] / search.scale)
            },
        ),
        AffineModel::Affine => search.run(
            starts,
            |_, [gy, gx], [v, u]| [gy, gx, gy * v, gy * u, gx * v, gx * u],
            |transform, step| {
                let mut next = transform.moved([step[0], step[1]]);
                for (at, step) in step[2..].iter().enumerate() {
                    next.linear[at / 2][at % 2] += step / search.scale;
                }
                next
            },
        ),
    }
}

/// Takes each pixel of a result from where a transform of its position points to, or with `inverse`
/// from where the inverse does.
pub fn warp_affine(
    video: &Video,
    matrix: &Video,
    is_inverse: bool,
    options: WarpOptions,
) -> Result<Video> {
    let function = "warp_affine";
    let (2 | 3) = video.ndim() else {
        bail!(
            "{function} needs a video {{t, y, x}} or an image, got {} of shape {}",
            video.kind_with_article(),
            shape_text(video.shape())
        );
    };
    if matrix.shape() != [2, 3] {
        bail!(
            "{function} needs `matrix` to have 2 rows and 3 columns, got {}",
            shape_text(matrix.shape())
        );
    }
    let numbers = read_all::<f64>(matrix);
    let [a, b, c, d, e, f] = numbers[..].try_into().expect("2 rows of 3 numbers");
    let determinant = a * e - b * d;
    if !numbers.iter().all(|number| number.is_finite()) || determinant == 0.0 {
        bail!("{function} needs an invertible `matrix` of finite numbers, got {numbers:?}");
    }
    let [a, b, c, d, e, f] = match is_inverse {
        false => [a, b, c, d, e, f],
        true => {
            let [a, b, d, e] = [e, -b, -d, a].map(|number| number / determinant);
            [a, b, -(a * c + b * f), d, e, -(d * c + e * f)]
        }
    };
    let [height, width] = [
        video.shape()[video.ndim() - 2],
        video.shape()[video.ndim() - 1],
    ];
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (y as f64, x as f64)));
    let displacement = |(y, x)| [a * y + b * x + c - y, d * y + e * x + f - x];
    let displacements = pixels.flat_map(displacement).map(|d| d as f32).collect();
    let displacements = Video::new(Strided::from_vec(&[height, width, 2], displacements));
    warp_video(video, &displacements, options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::motion::{WarpEdge, WarpInterpolation};
    use crate::ops::testing::{check_threads, noise, values, video};

    const AFFINE: AffineOptions = AffineOptions {
        model: AffineModel::Affine,
        levels: 5,
        iterations: 100,
        sigma: 1.0,
    };

    /// A texture of waves of 7 to 120 pixels in all directions.
    fn light(y: f64, x: f64) -> f64 {
        let wave = |at: i32| {
            let at = f64::from(at);
            let (sine, cosine) = (2.4 * at).sin_cos();
            let frequency = 0.05 + 0.85 * at / 40.0;
            (frequency * (cosine * y + sine * x) + 1.7 * at * at).sin() / frequency.sqrt()
        };
        (0..40).map(wave).sum::<f64>() / 4.0
    }

    const SIZE: [usize; 2] = [96, 120];

    /// The texture seen by a camera: the point `[y, x]` is at `matrix · [y, x, 1]`, so that the
    /// image has at a pixel what the inverse points to.
    fn seen(matrix: [[f64; 3]; 2], gain: f64, grain: f64) -> Video {
        let [[a, b, c], [d, e, f]] = matrix;
        let determinant = a * e - b * d;
        let pixels = (0..SIZE[0]).flat_map(|y| (0..SIZE[1]).map(move |x| (y as f64, x as f64)));
        let random = noise(SIZE[0] * SIZE[1], 3);
        let samples = pixels.zip(random).map(|((y, x), random)| {
            let (v, u) = (y - c, x - f);
            let point = [(e * v - b * u) / determinant, (a * u - d * v) / determinant];
            500.0 + gain * (light(point[0], point[1]) + grain * f64::from(random))
        });
        video(&SIZE, samples.collect())
    }

    const SAME: [[f64; 3]; 2] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];

    /// Largest distance of a corner from where it is.
    fn off(found: &Registration, truth: [[f64; 3]; 2]) -> f64 {
        let corners = [[0.0, 0.0], [0.0, 119.0], [95.0, 0.0], [95.0, 119.0]];
        let errors = corners.iter().map(|[y, x]| {
            let part = |row: usize| {
                let error: Vec<f64> = (0..3)
                    .map(|at| found.matrix[row][at] - truth[row][at])
                    .collect();
                error[0] * y + error[1] * x + error[2]
            };
            part(0).hypot(part(1))
        });
        errors.fold(0.0, f64::max)
    }

    #[test]
    fn known_transforms_are_found() {
        let (sine, cosine) = 0.06_f64.sin_cos();
        let cases = [
            (
                AffineModel::Translation,
                [[1.0, 0.0, 4.3], [0.0, 1.0, -9.6]],
            ),
            (
                AffineModel::Rigid,
                [[cosine, -sine, 6.2], [sine, cosine, -3.7]],
            ),
            (
                AffineModel::Affine,
                [[1.04, 0.03, -3.4], [-0.05, 0.97, 7.25]],
            ),
        ];
        for (model, truth) in cases {
            let options = AffineOptions { model, ..AFFINE };
            let reference = seen(SAME, 20.0, 0.0);
            let found = register_affine(&seen(truth, 20.0, 0.0), &reference, &options).unwrap();
            assert!(
                off(&found, truth) < 0.03,
                "{model:?} {}",
                off(&found, truth)
            );
            assert!(found.correlation > 0.999, "{}", found.correlation);
            // Another gain, and noise of 20 % of the structure.
            let noisy = register_affine(&seen(truth, 3.0, 0.3), &reference, &options).unwrap();
            assert!(off(&noisy, truth) < 0.1, "{model:?} {}", off(&noisy, truth));
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let truth = [[1.02, 0.02, 1.4], [-0.03, 0.99, 2.25]];
        let masked = |image: Video, left: usize| {
            let mut samples = values(&image);
            for (at, sample) in samples.iter_mut().enumerate() {
                let (y, x) = (at / SIZE[1], at % SIZE[1]);
                if x < left || y > 80 {
                    *sample = f64::NAN;
                }
            }
            video(&SIZE, samples)
        };
        let image = masked(seen(truth, 20.0, 0.0), 30);
        let reference = masked(seen(SAME, 20.0, 0.0), 12);
        let found = register_affine(&image, &reference, &AFFINE).unwrap();
        assert!(off(&found, truth) < 0.1, "{}", off(&found, truth));
        check_threads(|| {
            let found = register_affine(&image, &reference, &AFFINE)?;
            Ok(video(&[2, 3], found.matrix.concat()))
        });
    }

    #[test]
    fn warping_by_the_matrix_undoes_the_transform() {
        let truth = [[1.04, 0.03, -3.4], [-0.05, 0.97, 7.25]];
        let matrix = video(&[2, 3], truth.concat());
        let options = WarpOptions {
            interpolation: WarpInterpolation::Cubic,
            edge: WarpEdge::Nan,
        };
        let (reference, image) = (seen(SAME, 1.0, 0.0), seen(truth, 1.0, 0.0));
        let inner = |a: &Video, b: &Video| {
            let pairs = values(a).into_iter().zip(values(b)).enumerate();
            let known = pairs.filter(|(at, (a, _))| {
                let (y, x) = (at / SIZE[1], at % SIZE[1]);
                !a.is_nan() && (14..82).contains(&y) && (14..106).contains(&x)
            });
            known.map(|(_, (a, b))| (a - b).abs()).fold(0.0, f64::max)
        };
        let back = warp_affine(&image, &matrix, false, options).unwrap();
        assert!(
            inner(&back, &reference) < 0.05,
            "{}",
            inner(&back, &reference)
        );
        let forth = warp_affine(&reference, &matrix, true, options).unwrap();
        assert!(inner(&forth, &image) < 0.05, "{}", inner(&forth, &image));
        let flat = video(&[2, 3], vec![1.0, 2.0, 0.0, 2.0, 4.0, 0.0]);
        assert!(warp_affine(&image, &flat, false, options).is_err());
        assert!(warp_affine(&image, &reference, false, options).is_err());
    }

    #[test]
    fn images_without_common_structure_are_refused() {
        let reference = seen(SAME, 20.0, 0.0);
        let flat = video(&SIZE, vec![1.0; SIZE[0] * SIZE[1]]);
        for (image, reference) in [(&flat, &reference), (&reference, &flat)] {
            let error = register_affine(image, reference, &AFFINE).unwrap_err();
            assert!(error.message().contains("finds no transform"), "{error}");
        }
        let small = video(&[20, 20], vec![1.0; 400]);
        assert!(register_affine(&small, &reference, &AFFINE).is_err());
        for options in [
            AffineOptions {
                levels: 0,
                ..AFFINE
            },
            AffineOptions {
                sigma: -1.0,
                ..AFFINE
            },
        ] {
            assert!(register_affine(&reference, &reference, &options).is_err());
        }
    }
}
