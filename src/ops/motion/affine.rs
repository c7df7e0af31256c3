//! Registration of the images of two cameras by an affine transform, and warping by one.
//!
//! A transform is a matrix of 2 rows and 3 columns: the pixel `[y, x]` of the reference is at
//! `M · [y, x, 1]`, again row then column, in the image.

use super::pyramid::{PyramidLevel, level_sizes};
use super::warp::{WarpOptions, WarpPosition, WarpSource, warp_video};
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::edit::registration::register_shift;
use crate::ops::filter::nan_mean;
use crate::ops::kernel::border::Border;
use crate::ops::kernel::equations::solve;
use crate::ops::{apply_to_frames, read_all};
use crate::task;
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

/// Transform that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Registration {
    /// Rows for y and x, columns for y, x and 1.
    pub matrix: [[f64; 3]; 2],
    /// Correlation of the reference with the transformed image where both are known.
    pub correlation: f64,
}

/// Largest change in pixels of the last iteration.
const PRECISE: f64 = 1e-4;

/// Correlation below which images are hardly alike.
const ALIKE: f64 = 0.5;

/// Part of the known pixels of the reference that must be in the image.
const OVERLAP: f64 = 0.25;

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
    let search = Search {
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

/// Where positions relative to the center of the reference are relative to that of the image.
#[derive(Debug, Clone, Copy)]
struct Transform {
    shift: [f64; 2],
    linear: [[f64; 2]; 2],
}

impl Transform {
    fn turned(&self, [v, u]: [f64; 2]) -> [f64; 2] {
        self.linear.map(|[down, along]| down * v + along * u)
    }

    fn moved(self, step: [f64; 2]) -> Self {
        let shift = [self.shift[0] + step[0], self.shift[1] + step[1]];
        Self { shift, ..self }
    }

    fn rotated(self, angle: f64) -> Self {
        let (sine, cosine) = angle.sin_cos();
        let column = |at: usize| [self.linear[0][at], self.linear[1][at]];
        let turn = |[v, u]: [f64; 2]| [cosine * v - sine * u, sine * v + cosine * u];
        let [first, second] = [turn(column(0)), turn(column(1))];
        let linear = [[first[0], second[0]], [first[1], second[1]]];
        Self { linear, ..self }
    }
}

/// ImageLevels of an image, NaN where it is not known.
struct ImageLevels {
    sizes: Vec<[usize; 2]>,
    samples: Vec<Vec<f32>>,
}

impl ImageLevels {
    fn new(image: &Video, sizes: &[[usize; 2]], sigma: f64) -> Result<Self> {
        let smooth = |frames| nan_mean::smooth_spatiotemporal(frames, 0.0, sigma);
        let image = apply_to_frames(image.clone(), smooth)?;
        let mut levels = vec![PyramidLevel::default(); sizes.len()];
        levels[0].set(sizes[0], &read_all::<f32>(&image));
        let mut rows = Vec::new();
        for at in 1..levels.len() {
            let (large, half) = levels.split_at_mut(at);
            half[0].halve(&large[at - 1], &mut rows);
        }
        let known = |level: PyramidLevel| {
            let pairs = level.samples.into_iter().zip(level.certainty);
            pairs.map(|(sample, certainty)| if certainty > 0.0 { sample } else { f32::NAN })
        };
        Ok(Self {
            sizes: sizes.to_vec(),
            samples: levels
                .into_iter()
                .map(|level| known(level).collect())
                .collect(),
        })
    }
}

/// Search for the transform between two images.
struct Search {
    images: ImageLevels,
    references: ImageLevels,
    /// Center of both.
    center: [f64; 2],
    /// Half of the longer side, which positions are divided by in the equations.
    scale: f64,
    iterations: usize,
}

impl Search {
    /// Searches from some starts, and takes what fits best. `terms` are the derivatives of the image
    /// by the parameters, from its gradient and the position relative to the center; `step` changes
    /// the parameters.
    fn run<const N: usize>(
        &self,
        starts: [Transform; 2],
        terms: impl Fn(&Transform, [f64; 2], [f64; 2]) -> [f64; N] + Sync,
        step: impl Fn(Transform, [f64; N]) -> Transform,
    ) -> Result<Registration> {
        let mut best: Option<(Transform, f64, bool)> = None;
        for start in starts {
            let (transform, is_precise) = self.follow(start, &terms, &step)?;
            let sums = self.sums(0, &transform, &terms)?;
            let correlation = sums.correlation();
            let is_better = best.is_none_or(|(_, before, _)| correlation > before);
            if is_better && sums.step().is_some() {
                best = Some((transform, correlation, is_precise));
            }
        }
        let Some((transform, correlation, is_precise)) = best else {
            let error = Error::new(
                "register_affine finds no transform that makes the images alike where they overlap",
            );
            return Err(error.hint(
                "images need common structure, such as vessels or edges; smooth them more, \
                 `#{sigma: 2}`, or take a simpler model",
            ));
        };
        if correlation < ALIKE {
            task::warn(&format!(
                "register_affine finds images whose correlation is {correlation:.2} at best: check \
                 the transform"
            ));
        } else if !is_precise {
            task::warn(&format!(
                "register_affine still changes the transform after {} iterations: check it, or \
                 give more `iterations`",
                self.iterations
            ));
        }
        Ok(Registration {
            matrix: self.matrix(&transform),
            correlation,
        })
    }

    /// Searches from a start, from coarse to fine; whether the last step was a small one.
    fn follow<const N: usize>(
        &self,
        start: Transform,
        terms: &(impl Fn(&Transform, [f64; 2], [f64; 2]) -> [f64; N] + Sync),
        step: &impl Fn(Transform, [f64; N]) -> Transform,
    ) -> Result<(Transform, bool)> {
        let (mut transform, mut is_precise) = (start, false);
        for level in (0..self.images.sizes.len()).rev() {
            let begun = transform;
            let mut sums = self.sums(level, &transform, terms)?;
            let at_first = sums.correlation();
            is_precise = false;
            for _ in 0..self.iterations {
                let Some(found) = sums.step() else {
                    break;
                };
                transform = step(transform, found);
                sums = self.sums(level, &transform, terms)?;
                let largest = found
                    .iter()
                    .fold(0.0, |most: f64, part| most.max(part.abs()));
                is_precise = largest < PRECISE;
                if is_precise {
                    break;
                }
            }
            // A coarse level may have too little structure; then the finer ones decide.
            if sums.correlation() < at_first {
                transform = begun;
            }
        }
        Ok((transform, is_precise))
    }

    fn matrix(&self, transform: &Transform) -> [[f64; 3]; 2] {
        let turned = transform.turned(self.center);
        let row = |axis: usize| {
            let [down, along] = transform.linear[axis];
            let offset = self.center[axis] + transform.shift[axis] - turned[axis];
            [down, along, offset]
        };
        [row(0), row(1)]
    }

    /// Sums over the pixels of the reference that the image has, on one level.
    fn sums<const N: usize>(
        &self,
        level: usize,
        transform: &Transform,
        terms: &(impl Fn(&Transform, [f64; 2], [f64; 2]) -> [f64; N] + Sync),
    ) -> Result<Sums<N>> {
        let [height, width] = self.images.sizes[level];
        // The pixel u of a level is at `size · u + offset` of the image.
        let size = f64::from(1 << level);
        let offset = (size - 1.0) / 2.0;
        let reference = &self.references.samples[level];
        let image = WarpSource {
            samples: &self.images.samples[level][..],
            height,
            width,
            border: Border::Nearest,
        };
        let [middle_y, middle_x] = self.center;
        let place = |at: f64, pixel: usize, len: usize| {
            let displacement = (at - offset) / size - pixel as f64;
            let place = WarpPosition::new(pixel, displacement as f32)?;
            place.is_within(len).then_some(place)
        };
        let of_row = |_: &mut (), y: usize| {
            let mut sums = Sums::new();
            for x in 0..width {
                let sample = f64::from(reference[y * width + x]);
                if sample.is_nan() {
                    continue;
                }
                sums.known += 1.0;
                let v = size * y as f64 + offset - middle_y;
                let u = size * x as f64 + offset - middle_x;
                let [down, along] = transform.turned([v, u]);
                let at = [
                    middle_y + transform.shift[0] + down,
                    middle_x + transform.shift[1] + along,
                ];
                let places = place(at[0], y, height).zip(place(at[1], x, width));
                let Some((row, column)) = places else {
                    continue;
                };
                let value = f64::from(image.cubic(row, column));
                let gradient = image.gradient(row, column).map(|g| f64::from(g) / size);
                if value.is_nan() || gradient.iter().any(|part| part.is_nan()) {
                    continue;
                }
                let position = [v / self.scale, u / self.scale];
                sums.add(sample, value, terms(transform, gradient, position));
            }
            Ok(sums)
        };
        let rows = task::map(0..height, || (), of_row)?;
        task::check()?;
        Ok(rows.iter().fold(Sums::new(), Sums::with))
    }
}

/// Sums over pixels: of the reference r, the image w and its derivatives, and of their products.
struct Sums<const N: usize> {
    /// Number of pixels that the reference has, and of those that both have.
    known: f64,
    count: f64,
    r: f64,
    w: f64,
    rr: f64,
    ww: f64,
    rw: f64,
    terms: [f64; N],
    terms_r: [f64; N],
    terms_w: [f64; N],
    products: [[f64; N]; N],
}

impl<const N: usize> Sums<N> {
    fn new() -> Self {
        Self {
            known: 0.0,
            count: 0.0,
            r: 0.0,
            w: 0.0,
            rr: 0.0,
            ww: 0.0,
            rw: 0.0,
            terms: [0.0; N],
            terms_r: [0.0; N],
            terms_w: [0.0; N],
            products: [[0.0; N]; N],
        }
    }

    fn add(&mut self, r: f64, w: f64, terms: [f64; N]) {
        self.count += 1.0;
        self.r += r;
        self.w += w;
        self.rr += r * r;
        self.ww += w * w;
        self.rw += r * w;
        for (at, term) in terms.iter().enumerate() {
            self.terms[at] += term;
            self.terms_r[at] += term * r;
            self.terms_w[at] += term * w;
            for (product, other) in self.products[at].iter_mut().zip(&terms) {
                *product += term * other;
            }
        }
    }

    fn with(mut self, other: &Self) -> Self {
        self.known += other.known;
        self.count += other.count;
        self.r += other.r;
        self.w += other.w;
        self.rr += other.rr;
        self.ww += other.ww;
        self.rw += other.rw;
        for at in 0..N {
            self.terms[at] += other.terms[at];
            self.terms_r[at] += other.terms_r[at];
            self.terms_w[at] += other.terms_w[at];
            for (sum, part) in self.products[at].iter_mut().zip(&other.products[at]) {
                *sum += part;
            }
        }
        self
    }

    /// Sum of products of the differences from the means.
    fn centered(&self, product: f64, a: f64, b: f64) -> f64 {
        product - a * b / self.count
    }

    /// Correlation of both images; −1 if they do not overlap enough.
    fn correlation(&self) -> f64 {
        let [rr, ww, rw] = self.squares();
        let is_known = self.count >= OVERLAP * self.known && rr > 0.0 && ww > 0.0;
        if is_known {
            rw / (rr * ww).sqrt()
        } else {
            -1.0
        }
    }

    fn squares(&self) -> [f64; 3] {
        [
            self.centered(self.rr, self.r, self.r),
            self.centered(self.ww, self.w, self.w),
            self.centered(self.rw, self.r, self.w),
        ]
    }

    /// Step towards the maximum of the correlation, in pixels; `None` if the images have nothing in
    /// common, or do not determine it.
    fn step(&self) -> Option<[f64; N]> {
        let [_, ww, rw] = self.squares();
        if self.correlation() <= 0.0 {
            return None;
        }
        let mut products = self.products;
        let mut size = [0.0; N];
        for (at, row) in products.iter_mut().enumerate() {
            for (product, sum) in row.iter_mut().zip(&self.terms) {
                *product = self.centered(*product, self.terms[at], *sum);
            }
            size[at] = row[at].sqrt();
        }
        // With derivatives of length 1, what is singular does not depend on the unit.
        for (row, own) in products.iter_mut().zip(size) {
            for (product, other) in row.iter_mut().zip(size) {
                *product /= own * other;
            }
        }
        let scaled = |sums: &[f64; N], of: f64| -> [f64; N] {
            std::array::from_fn(|at| self.centered(sums[at], self.terms[at], of) / size[at])
        };
        let (with_r, with_w) = (scaled(&self.terms_r, self.r), scaled(&self.terms_w, self.w));
        let (along_r, along_w) = (solve(products, with_r)?, solve(products, with_w)?);
        let dot = |a: &[f64; N], b: &[f64; N]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        // Best contrast of the reference for the linearized image.
        let contrast = (ww - dot(&with_w, &along_w)) / (rw - dot(&with_r, &along_w));
        let step: [f64; N] =
            std::array::from_fn(|at| (contrast * along_r[at] - along_w[at]) / size[at]);
        (contrast > 0.0 && step.iter().all(|part| part.is_finite())).then_some(step)
    }
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
                off(&found, truth) < 0.01,
                "{model:?} {}",
                off(&found, truth)
            );
            assert!(found.correlation > 0.999, "{}", found.correlation);
            // Another gain, and noise of 20 % of the structure.
            let other = seen(truth, -3.0, 0.0);
            let noisy = register_affine(&seen(truth, 3.0, 0.3), &reference, &options).unwrap();
            assert!(off(&noisy, truth) < 0.1, "{model:?} {}", off(&noisy, truth));
            assert!(register_affine(&other, &reference, &options).is_err());
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
