//! Dense optical flow by polynomial expansion (Farnebäck 2003).
//!
//! If f₁(u) = uᵀAu + b₁ᵀu + c₁ moves by d, then A d = (b₁ − b₂) / 2. Around each pixel this is solved
//! by least squares over a window, again and again with b₂ from where the last solution points to,
//! from the coarsest level of an image pyramid to the finest.
//!
//! The code is our own. Of the crates, `opencv` needs that library on every machine, and others
//! know neither missing samples nor displacements between the pixels of an edge.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::expansion::{Applicability, ExpansionMemory, LocalPolynomial, XX, YX, YY, expand};
use super::pyramid::{PyramidLevel, level_sizes};
use super::solution::{Iteration, Solution};
use crate::bail;
use crate::error::{Error, Result};
use crate::ops::kernel::{Kernel, run_kernel};
use crate::ops::{expect_gray_frames, read_all};
use crate::task;
use crate::video::{Strided, Video, shape_text};

/// Standard deviation of the window's weights, as a fraction of its width.
const WINDOW_SIGMA: f64 = 0.2;

/// How displacements are estimated.
#[derive(Debug, Clone, Copy)]
pub struct FlowOptions {
    /// Width of the window of pixels that move together, odd.
    pub window: usize,
    /// Largest number of pyramid levels.
    pub levels: usize,
    /// Number of iterations on each level.
    pub iterations: usize,
    /// Standard deviation of the Gaussian weights that polynomials are fitted with, in pixels.
    pub poly_sigma: f64,
}

/// What displacements are relative to.
#[derive(Debug, Clone)]
pub enum Reference {
    /// A frame of the video; negative from the end.
    Frame(i64),
    /// An image.
    Image(Video),
    /// The frame before.
    Previous,
}

impl FlowOptions {
    pub(super) fn check(&self, function: &str) -> Result<()> {
        let Self {
            window,
            levels,
            iterations,
            poly_sigma,
        } = *self;
        if window.is_multiple_of(2) || !(3..=501).contains(&window) {
            bail!("{function} needs `winsize` to be an odd number from 3 to 501, got {window}");
        }
        if !(1..=20).contains(&levels) {
            bail!("{function} needs `levels` to be 1 to 20, got {levels}");
        }
        if !(1..=100).contains(&iterations) {
            bail!("{function} needs `iterations` to be 1 to 100, got {iterations}");
        }
        if !(0.5..=20.0).contains(&poly_sigma) {
            bail!("{function} needs `poly_sigma` to be 0.5 to 20 pixels, got {poly_sigma}");
        }
        Ok(())
    }
}

/// Displacements `{t, y, x, 2}` of the points of a reference in each frame: the point at (y, x) of
/// the reference is at (y + dy, x + dx) of the frame. With `is_reverse` those of the points of each
/// frame in the reference. NaN where the sample that the point is named after is not finite.
pub fn estimate_displacements(
    video: &Video,
    reference: &Reference,
    is_reverse: bool,
    options: &FlowOptions,
) -> Result<Video> {
    let function = "estimate_displacements";
    expect_gray_frames(video, function)?;
    let estimator = Estimator::new(function, video, reference, is_reverse, options)?;
    let [height, width] = [video.shape()[1], video.shape()[2]];
    let mut result = Strided::<f32>::for_writing(&[video.len(), height, width, 2])?;
    let frames = result
        .as_mut_slice()?
        .chunks_mut(2 * height * width)
        .enumerate();
    task::for_each_init(
        "estimating displacements",
        frames,
        FlowMemory::default,
        |memory, (frame, out)| estimator.estimate(frame, memory, out),
    )?;
    estimator.warn_of_blank_frames();
    Ok(video.with_samples(result))
}

/// Estimates the displacements of single frames of a video.
pub(super) struct Estimator<'a> {
    function: &'static str,
    video: &'a Video,
    is_reverse: bool,
    iterations: usize,
    applicability: Applicability,
    /// Height and width of the levels, the largest first.
    sizes: Vec<[usize; 2]>,
    /// Weights of the window along an axis.
    window: Vec<f32>,
    /// The reference, unless that is the frame before.
    reference: Option<Expanded>,
    /// Number of frames without structure.
    blank: AtomicUsize,
}

/// Polynomials around the pixels of an image, on all levels.
#[derive(Default)]
struct Expanded {
    levels: Vec<Vec<LocalPolynomial>>,
    /// Whether the pixels of the image are known.
    certainty: Vec<f32>,
}

/// Memory for the estimation of a frame, reused between frames.
#[derive(Default)]
pub(super) struct FlowMemory {
    frame: Vec<f32>,
    pyramid: Vec<PyramidLevel>,
    expansion: Vec<ExpansionMemory>,
    rows: Vec<f32>,
    expanded: Expanded,
    previous: Expanded,
    solution: Solution,
}

impl<'a> Estimator<'a> {
    pub(super) fn new(
        function: &'static str,
        video: &'a Video,
        reference: &Reference,
        is_reverse: bool,
        options: &FlowOptions,
    ) -> Result<Self> {
        options.check(function)?;
        let [height, width] = [video.shape()[1], video.shape()[2]];
        if video.is_empty() {
            bail!(
                "{function} needs samples, got a video of shape {}",
                shape_text(video.shape())
            );
        }
        let reference = match reference {
            Reference::Previous => None,
            Reference::Image(image) => Some(expect_frame(function, image, [height, width])?),
            Reference::Frame(frame) => Some(video.frame(frame_index(function, video, *frame)?)),
        };
        let radius = options.window / 2;
        let sigma = WINDOW_SIGMA * options.window as f64;
        let weights = (0..=2 * radius).map(|at| {
            let distance = at as f64 - radius as f64;
            (-0.5 * (distance / sigma).powi(2)).exp() as f32
        });
        let mut estimator = Self {
            function,
            video,
            is_reverse,
            iterations: options.iterations,
            applicability: Applicability::new(options.poly_sigma),
            sizes: level_sizes(height, width, options.levels),
            window: weights.collect(),
            reference: None,
            blank: AtomicUsize::new(0),
        };
        if let Some(image) = reference {
            let mut memory = FlowMemory {
                frame: read_all(&image),
                ..FlowMemory::default()
            };
            estimator.expand(&mut memory);
            if estimator.is_blank(&memory.expanded) {
                let error = Error::new(format!(
                    "{function} needs a reference with structure to follow, got a constant one"
                ));
                return Err(error.hint("choose another frame: `#{ref_frame: 10}`"));
            }
            estimator.reference = Some(memory.expanded);
        }
        Ok(estimator)
    }

    /// Displacements of a frame, down and to the right in turn.
    pub(super) fn estimate(
        &self,
        frame: usize,
        memory: &mut FlowMemory,
        out: &mut [f32],
    ) -> Result<()> {
        if self.reference.is_none() && frame == 0 {
            self.read(frame, memory);
            for (out, sample) in out.chunks_exact_mut(2).zip(&memory.frame) {
                out.fill(if sample.is_finite() { 0.0 } else { f32::NAN });
            }
            return Ok(());
        }
        if self.reference.is_none() {
            self.read(frame - 1, memory);
            self.expand(memory);
            std::mem::swap(&mut memory.expanded, &mut memory.previous);
            task::check()?;
        }
        self.read(frame, memory);
        self.expand(memory);
        task::check()?;
        let is_blank = self.is_blank(&memory.expanded);
        let FlowMemory {
            expanded,
            previous,
            solution,
            ..
        } = memory;
        let reference = self.reference.as_ref().unwrap_or(previous);
        let (first, second) = match self.is_reverse {
            true => (&*expanded, reference),
            false => (reference, &*expanded),
        };
        match is_blank {
            true => {
                self.blank.fetch_add(1, Relaxed);
                solution.rest(self.sizes[0]);
            }
            false => self.solve(first, second, solution)?,
        }
        let [dy, dx] = &solution.d;
        let known = first.certainty.iter().map(|certainty| *certainty > 0.0);
        let pairs = dy.iter().zip(dx).zip(known);
        for (out, ((dy, dx), is_known)) in out.chunks_exact_mut(2).zip(pairs) {
            out.copy_from_slice(&match is_known {
                true => [*dy, *dx],
                false => [f32::NAN; 2],
            });
        }
        Ok(())
    }

    /// Warns if displacements are 0 for want of structure.
    pub(super) fn warn_of_blank_frames(&self) {
        let blank = self.blank.load(Relaxed);
        if blank > 0 {
            task::warn(&format!(
                "{} found no structure to follow in {blank} of {} frames: \
                 their displacements are 0",
                self.function,
                self.video.len()
            ));
        }
    }

    fn read(&self, frame: usize, memory: &mut FlowMemory) {
        let len = self.video.frame_len();
        memory.frame.resize(len, 0.0);
        let out = memory.frame.as_mut_slice();
        self.video
            .samples()
            .read_frames(frame..frame + 1, 0..len, out);
    }

    /// Expands the frame in memory on all levels.
    fn expand(&self, memory: &mut FlowMemory) {
        memory
            .pyramid
            .resize_with(self.sizes.len(), Default::default);
        memory
            .expansion
            .resize_with(self.sizes.len(), Default::default);
        memory
            .expanded
            .levels
            .resize_with(self.sizes.len(), Default::default);
        run_kernel(&ExpandLevels(self), &mut *memory);
        memory
            .expanded
            .certainty
            .clone_from(&memory.pyramid[0].certainty);
    }

    fn is_blank(&self, expanded: &Expanded) -> bool {
        let curved = |p: &LocalPolynomial| p[YY] != 0.0 || p[XX] != 0.0 || p[YX] != 0.0;
        !expanded.levels.iter().flatten().any(curved)
    }

    fn solve(&self, first: &Expanded, second: &Expanded, solution: &mut Solution) -> Result<()> {
        for (level, size) in self.sizes.iter().enumerate().rev() {
            match self.sizes.get(level + 1) {
                None => solution.rest(*size),
                Some(half_size) => solution.double(*half_size, *size),
            }
            solution.resize(*size, self.window.len());
            let iteration = Iteration {
                first: &first.levels[level],
                second: &second.levels[level],
                window: &self.window,
                size: *size,
            };
            for _ in 0..self.iterations {
                run_kernel(&iteration, &mut *solution);
                task::check()?;
            }
        }
        Ok(())
    }
}

/// Expands the frame in memory on all levels.
struct ExpandLevels<'a>(&'a Estimator<'a>);

impl Kernel<&mut FlowMemory> for ExpandLevels<'_> {
    #[inline(always)]
    fn run(&self, memory: &mut FlowMemory) {
        let Estimator {
            sizes,
            applicability,
            ..
        } = self.0;
        memory.pyramid[0].set(sizes[0], &memory.frame);
        for level in 1..sizes.len() {
            let (large, small) = memory.pyramid.split_at_mut(level);
            small[0].halve(&large[level - 1], &mut memory.rows);
        }
        let levels = memory.pyramid.iter().zip(&mut memory.expansion);
        for ((pyramid, expansion), out) in levels.zip(&mut memory.expanded.levels) {
            expand(applicability, pyramid, expansion, out);
        }
    }
}

/// Index of a frame; negative from the end.
pub(super) fn frame_index(function: &str, video: &Video, frame: i64) -> Result<usize> {
    let len = video.len() as i64;
    let index = if frame < 0 { frame + len } else { frame };
    match (0..len).contains(&index) {
        true => Ok(index as usize),
        false => bail!("{function} needs `ref_frame` to be one of {len} frames, got {frame}"),
    }
}

fn expect_frame(function: &str, image: &Video, size: [usize; 2]) -> Result<Video> {
    match image.shape() == size {
        true => Ok(image.clone()),
        false => bail!(
            "{function} needs `reference` to have the shape of a frame, {}, got {}",
            shape_text(&size),
            shape_text(image.shape())
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::motion::contrast_enhancement;
    use crate::ops::phantom::tests::PLAIN;
    use crate::ops::phantom::{Phantom, PhantomOptions, phantom};
    use crate::ops::testing::{check_threads, noise, values, video};

    const OPTIONS: FlowOptions = FlowOptions {
        window: 17,
        levels: 5,
        iterations: 2,
        poly_sigma: 1.1,
    };

    /// Tissue at rest, and contracted by three pixels while the wave passes.
    fn contracted() -> Phantom {
        let made = phantom(&PhantomOptions {
            frames: 2,
            height: 70,
            width: 80,
            fps: 1000.0 / 110.0,
            motion: 3.0,
            texture: 0.2,
            noise: 0.02,
            ..PLAIN
        });
        made.unwrap()
    }

    /// Lengths of the differences of two displacements.
    fn errors(found: &Video, expected: &Video) -> Vec<f64> {
        let (found, expected) = (values(found), values(expected));
        let pairs = found.chunks(2).zip(expected.chunks(2));
        pairs
            .map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]))
            .collect()
    }

    /// Mean and maximum of the errors of the second frame that are not NaN.
    fn summary(errors: &[f64]) -> (f64, f64) {
        let second = errors[errors.len() / 2..]
            .iter()
            .filter(|error| !error.is_nan());
        let count = second.clone().count() as f64;
        (
            second.clone().sum::<f64>() / count,
            second.fold(0.0, |most, error| error.max(most)),
        )
    }

    fn to_first(video: &Video) -> Video {
        estimate_displacements(video, &Reference::Frame(0), false, &OPTIONS).unwrap()
    }

    #[test]
    fn a_contraction_is_followed() {
        let made = contracted();
        let enhanced = contrast_enhancement(made.video, 7).unwrap();
        let found = to_first(&enhanced);
        let (mean, most) = summary(&errors(&found, &made.displacements.unwrap()));
        assert!(mean < 0.2 && most < 1.0, "{mean} {most}");
        assert_eq!(errors(&found, &found)[0], 0.0);
    }

    #[test]
    fn what_is_outside_of_a_mask_has_no_effect() {
        let made = contracted();
        let mut samples = values(&made.video);
        let truth = made.displacements.unwrap();
        // The tissue that is seen in both frames, and nothing else.
        let known = values(&made.mask);
        for frame in samples.chunks_mut(70 * 80) {
            for (sample, known) in frame.iter_mut().zip(&known) {
                if *known == 0.0 || *sample < 300.0 {
                    *sample = f64::NAN;
                }
            }
        }
        let masked = video(&[2, 70, 80], samples);
        let found = to_first(&contrast_enhancement(masked, 7).unwrap());
        let missing = values(&found).chunks(2).filter(|d| d[0].is_nan()).count();
        assert_eq!(
            missing,
            2 * known.iter().filter(|known| **known == 0.0).count()
        );
        let (mean, most) = summary(&errors(&found, &truth));
        assert!(mean < 0.2 && most < 1.0, "{mean} {most}");
    }

    #[test]
    fn shifts_are_found_up_to_the_edges() {
        let at = |y: f64, x: f64| {
            (0.9 * y + 0.4 * x).sin() + (0.5 * x - 0.7 * y).cos() + (0.8 * x + 0.1 * y).sin()
        };
        let [height, width] = [64, 50];
        let frames = [[0.0, 0.0], [1.3, -2.6]].into_iter().flat_map(|[dy, dx]| {
            let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (y as f64, x as f64)));
            pixels.map(move |(y, x)| at(y - dy, x - dx))
        });
        let moving = video(&[2, height, width], frames.collect::<Vec<f64>>());
        let found = to_first(&moving);
        let second = [1.3, -2.6].repeat(height * width);
        let truth = [vec![0.0; 2 * height * width], second].concat();
        let (mean, most) = summary(&errors(&found, &video(found.shape(), truth)));
        assert!(mean < 0.03 && most < 0.3, "{mean} {most}");
    }

    #[test]
    fn references_are_frames_or_images() {
        let video = contrast_enhancement(contracted().video, 7).unwrap();
        let estimate = |reference, is_reverse| {
            let found = estimate_displacements(&video, &reference, is_reverse, &OPTIONS);
            values(&found.unwrap())
        };
        let half = 2 * 70 * 80;
        let to_first = estimate(Reference::Frame(0), false);
        assert_eq!(estimate(Reference::Frame(-2), false), to_first);
        assert_eq!(estimate(Reference::Image(video.frame(0)), false), to_first);
        let by_frame = estimate(Reference::Previous, false);
        assert_eq!(by_frame[half..], to_first[half..]);
        assert_eq!(by_frame[..half], vec![0.0; half]);
        let reverse = estimate(Reference::Frame(1), true);
        assert_eq!(reverse[..half], to_first[half..]);
        check_threads(|| estimate_displacements(&video, &Reference::Previous, false, &OPTIONS));
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let refused = |video: &Video, reference, options| {
            let found = estimate_displacements(video, &reference, false, &options);
            found.unwrap_err().to_string()
        };
        let blank = video(&[2, 40, 40], vec![7u16; 3200]);
        assert!(refused(&blank, Reference::Frame(0), OPTIONS).contains("constant"));
        let textured = video(&[2, 40, 40], noise(3200, 1));
        assert!(refused(&textured, Reference::Frame(2), OPTIONS).contains("2 frames"));
        let other = Reference::Image(video(&[40, 41], noise(1640, 1)));
        assert!(refused(&textured, other, OPTIONS).contains("40×41"));
        for options in [
            FlowOptions {
                window: 12,
                ..OPTIONS
            },
            FlowOptions {
                levels: 0,
                ..OPTIONS
            },
            FlowOptions {
                iterations: 0,
                ..OPTIONS
            },
            FlowOptions {
                poly_sigma: f64::NAN,
                ..OPTIONS
            },
        ] {
            assert!(refused(&textured, Reference::Frame(0), options).contains("needs `"));
        }
        // Nothing is to be seen in one frame: it stays where it is.
        let mut samples = noise(3200, 1);
        samples[1600..].fill(0.5);
        let found = to_first(&video(&[2, 40, 40], samples));
        assert!(values(&found).iter().all(|d| d.abs() < 1e-6));
    }
}
