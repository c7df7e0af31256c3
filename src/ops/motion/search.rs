//! Search for the transform that makes two images most alike, from coarse to fine.

use super::correlation::CorrelationSums;
use super::pyramid::PyramidLevel;
use super::warp::{WarpPosition, WarpSource};
use crate::error::{Error, Result};
use crate::ops::filter::nan_mean;
use crate::ops::kernel::border::Border;
use crate::ops::{apply_to_frames, read_all};
use crate::task;
use crate::video::Video;

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

/// Where positions relative to the center of the reference are relative to that of the image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transform {
    pub(super) shift: [f64; 2],
    pub(super) linear: [[f64; 2]; 2],
}

impl Transform {
    pub(super) fn turned(&self, [v, u]: [f64; 2]) -> [f64; 2] {
        self.linear.map(|[down, along]| down * v + along * u)
    }

    pub(super) fn moved(self, step: [f64; 2]) -> Self {
        let shift = [self.shift[0] + step[0], self.shift[1] + step[1]];
        Self { shift, ..self }
    }

    pub(super) fn rotated(self, angle: f64) -> Self {
        let (sine, cosine) = angle.sin_cos();
        let column = |at: usize| [self.linear[0][at], self.linear[1][at]];
        let turn = |[v, u]: [f64; 2]| [cosine * v - sine * u, sine * v + cosine * u];
        let [first, second] = [turn(column(0)), turn(column(1))];
        let linear = [[first[0], second[0]], [first[1], second[1]]];
        Self { linear, ..self }
    }
}

/// ImageLevels of an image, NaN where it is not known.
pub(super) struct ImageLevels {
    sizes: Vec<[usize; 2]>,
    samples: Vec<Vec<f32>>,
}

impl ImageLevels {
    pub(super) fn new(image: &Video, sizes: &[[usize; 2]], sigma: f64) -> Result<Self> {
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
pub(super) struct TransformSearch {
    pub(super) images: ImageLevels,
    pub(super) references: ImageLevels,
    /// Center of both.
    pub(super) center: [f64; 2],
    /// Half of the longer side, which positions are divided by in the equations.
    pub(super) scale: f64,
    pub(super) iterations: usize,
}

impl TransformSearch {
    /// Searches from some starts, and takes what fits best. `terms` are the derivatives of the image
    /// by the parameters, from its gradient and the position relative to the center; `step` changes
    /// the parameters.
    pub(super) fn run<const N: usize>(
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
    ) -> Result<CorrelationSums<N>> {
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
            let mut sums = CorrelationSums::new();
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
        Ok(rows
            .iter()
            .fold(CorrelationSums::new(), CorrelationSums::with))
    }
}
