//! The walks that filters are made of: over runs of samples, over frames, and over the courses of
//! pixels in time.
//!
//! Each takes its video by value. If nobody else holds the samples and they already have the
//! right type, the result is written over them; otherwise into fresh memory.

use std::sync::Arc;

use ndarray::{ArrayViewMut2, Axis};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::error::Result;
use crate::task;
use crate::video::{Element, Metadata, Real, Samples, Strided, Video};

/// How many samples a parallel step holds: 256 kB of `f32`, so that a step fits the cache of
/// its core.
const STEP: usize = 1 << 16;

/// No more samples than a page of memory has.
const PAGE: usize = 512;

/// The fewest neighbouring pixels whose courses are walked together: some cache lines.
const MIN_PIXELS: usize = 64;

/// What a filter does with one piece of a video.
///
/// It is compiled for each kind of processor, with the widest registers that it has, provided that
/// it is inlined: mark [`Kernel::run`] and the functions with its loops `#[inline(always)]`.
/// Closures are kernels too, but cannot be marked; short ones are inlined anyway.
pub trait Kernel<Piece>: Sync {
    /// Handles a piece.
    fn run(&self, piece: Piece);
}

impl<Piece, F: Fn(Piece) + Sync> Kernel<Piece> for F {
    #[inline(always)]
    fn run(&self, piece: Piece) {
        self(piece);
    }
}

/// Runs a kernel compiled for this processor.
pub(super) fn run_kernel<Piece>(kernel: &impl Kernel<Piece>, piece: Piece) {
    struct Run<'a, K, Piece>(&'a K, Piece);

    impl<K: Kernel<Piece>, Piece> WithSimd for Run<'_, K, Piece> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            self.0.run(self.1);
        }
    }

    Arch::new().dispatch(Run(kernel, piece));
}

/// Memory for a result, and where its input is to be read from unless it is there already.
struct Target<R> {
    array: Strided<R>,
    source: Option<Samples>,
    metadata: Arc<Metadata>,
}

impl<R: Real> Target<R> {
    fn of(video: Video) -> Result<Self> {
        let (samples, metadata) = video.into_parts();
        if samples.dtype() != R::DTYPE {
            return Self::fresh(samples, metadata);
        }
        let array = R::unwrap(samples).expect("of the type just compared");
        if array.is_reusable() {
            return Ok(Self {
                array,
                source: None,
                metadata,
            });
        }
        Self::fresh(R::wrap(array), metadata)
    }

    fn fresh(samples: Samples, metadata: Arc<Metadata>) -> Result<Self> {
        let array = Strided::zeroed(samples.layout().shape())?;
        Ok(Self {
            array,
            source: Some(samples),
            metadata,
        })
    }

    /// Touches fresh memory in order, a part per core. Courses would touch all of it at once, and
    /// cores that meet in a page of memory both pay for it.
    fn touch(&mut self) -> Result<()> {
        if self.source.is_none() {
            return Ok(());
        }
        let pages = self.array.as_mut_slice()?.par_chunks_mut(PAGE);
        pages.for_each(|page| page[0] = R::default());
        Ok(())
    }

    fn into_video(self) -> Video {
        Video::from_parts(R::wrap(self.array), self.metadata)
    }
}

/// How the samples of a video are cut into pieces that fit the cache of a core.
struct Pieces {
    frame_len: usize,
    /// How many whole frames a parallel step takes.
    frames: usize,
    /// How many samples a piece has, part of a frame if it is a large one.
    piece_len: usize,
}

impl Pieces {
    fn of(video: &Video) -> Self {
        let frame_len = video.frame_len().max(1);
        let frames = (STEP / frame_len).max(1);
        let is_large = frame_len > STEP && video.layout().has_contiguous_frames();
        Self {
            frame_len,
            frames,
            piece_len: if is_large { STEP } else { frames * frame_len },
        }
    }

    fn step_len(&self) -> usize {
        self.frames * self.frame_len
    }

    /// Reads the piece that begins after `begin` samples of a step.
    fn read<R: Real>(&self, source: &Samples, step: usize, begin: usize, out: &mut [R]) {
        let first = step * self.frames;
        if out.len() < self.frame_len {
            source.read_frames(first..first + 1, begin..begin + out.len(), out);
        } else {
            let n_frames = out.len() / self.frame_len;
            source.read_frames(first..first + n_frames, 0..self.frame_len, out);
        }
    }
}

/// Changes samples one by one: `kernel` gets runs of them, in any order.
pub fn map_samples<R: Real>(
    operation: &'static str,
    video: Video,
    kernel: impl for<'a> Kernel<&'a mut [R]>,
) -> Result<Video> {
    let pieces = Pieces::of(&video);
    let mut target = Target::<R>::of(video)?;
    let (samples, source) = (target.array.as_mut_slice()?, &target.source);
    let steps = samples.par_chunks_mut(pieces.step_len()).enumerate();
    task::for_each(operation, steps, |(step, samples)| {
        for (i, run) in samples.chunks_mut(pieces.piece_len).enumerate() {
            if let Some(source) = source {
                pieces.read(source, step, i * pieces.piece_len, run);
            }
            run_kernel(&kernel, run);
        }
        Ok(())
    })?;
    Ok(target.into_video())
}

/// Changes samples one by one into another type: `kernel` gets runs of them and of results.
pub fn convert_samples<R: Real, T: Element>(
    operation: &'static str,
    video: &Video,
    kernel: impl for<'a> Kernel<(&'a [R], &'a mut [T])>,
) -> Result<Video> {
    let pieces = Pieces::of(video);
    let mut result = Strided::<T>::zeroed(video.shape())?;
    let steps = result.as_mut_slice()?.par_chunks_mut(pieces.step_len());
    let init = Vec::new;
    task::for_each_init(
        operation,
        steps.enumerate(),
        init,
        |run, (step, results)| {
            for (i, results) in results.chunks_mut(pieces.piece_len).enumerate() {
                run.resize(results.len(), R::default());
                pieces.read(video.samples(), step, i * pieces.piece_len, run);
                run_kernel(&kernel, (run.as_slice(), results));
            }
            Ok(())
        },
    )?;
    Ok(video.with_samples(result))
}

/// Changes frames one by one: `kernel` gets a frame's samples and memory for its own use, kept from
/// call to call.
pub fn map_frames<R: Real>(
    operation: &'static str,
    video: Video,
    kernel: impl for<'a> Kernel<(&'a mut [R], &'a mut Vec<R>)>,
) -> Result<Video> {
    let frame_len = video.frame_len();
    let mut target = Target::<R>::of(video)?;
    let (samples, source) = (target.array.as_mut_slice()?, &target.source);
    let steps = samples.par_chunks_mut(frame_len.max(1)).enumerate();
    task::for_each_init(operation, steps, Vec::new, |scratch, (frame, samples)| {
        if let Some(source) = source {
            source.read_frames(frame..frame + 1, 0..frame_len, samples);
        }
        run_kernel(&kernel, (samples, scratch));
        Ok(())
    })?;
    Ok(target.into_video())
}

/// The courses in time of some neighbouring pixels.
pub struct Courses<'a, R> {
    /// The samples: frame by frame, `pixels` of them each.
    pub samples: &'a [R],
    /// The number of pixels, which is the distance between a pixel's samples.
    pub pixels: usize,
    /// Where the results go.
    pub results: Results<'a, R>,
    /// Memory for the kernel's use, kept from call to call.
    pub scratch: &'a mut Vec<R>,
}

/// Memory for the results of some neighbouring pixels.
pub struct Results<'a, R>(ArrayViewMut2<'a, R>);

impl<R> Results<'_, R> {
    /// The results of one frame.
    #[inline(always)]
    pub fn frame(&mut self, frame: usize) -> &mut [R] {
        let row = self.0.row_mut(frame);
        row.into_slice().expect("part of a frame")
    }
}

/// Changes the courses of pixels: `kernel` gets those of some neighbouring pixels at a time.
pub fn map_courses<R: Real>(
    operation: &'static str,
    video: Video,
    kernel: impl for<'a> Kernel<Courses<'a, R>>,
) -> Result<Video> {
    let (n_frames, frame_len) = (video.len(), video.frame_len());
    let mut target = Target::<R>::of(video)?;
    target.touch()?;
    let (samples, source) = (target.array.as_mut_slice()?, &target.source);
    if samples.is_empty() {
        return Ok(target.into_video());
    }
    let mut frames = ArrayViewMut2::from_shape((n_frames, frame_len), samples)
        .expect("as many samples as frames times pixels");
    let pixels = pixels_per_step(n_frames);
    let steps = frames
        .axis_chunks_iter_mut(Axis(1), pixels)
        .into_par_iter()
        .enumerate();
    let memory = || (Vec::new(), Vec::new());
    task::for_each_init(
        operation,
        steps,
        memory,
        |(samples, scratch), (step, mut tile)| {
            let (first, pixels) = (step * pixels, tile.ncols());
            samples.resize(n_frames * pixels, R::default());
            match source {
                Some(source) => source.read_frames(0..n_frames, first..first + pixels, samples),
                None => copy_tile(&mut tile, samples),
            }
            let results = Results(tile);
            let courses = Courses {
                samples,
                pixels,
                results,
                scratch,
            };
            run_kernel(&kernel, courses);
            Ok(())
        },
    )?;
    Ok(target.into_video())
}

/// How many pixels' courses make a step.
fn pixels_per_step(n_frames: usize) -> usize {
    (STEP / n_frames.max(1) / MIN_PIXELS).max(1) * MIN_PIXELS
}

/// Copies samples out of the memory that their results will go to.
fn copy_tile<R: Real>(tile: &mut ArrayViewMut2<'_, R>, out: &mut [R]) {
    let pixels = tile.ncols();
    for (frame, out) in out.chunks_exact_mut(pixels).enumerate() {
        let row = tile.row(frame);
        out.copy_from_slice(row.to_slice().expect("part of a frame"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Video {
        Video::new(Strided::from_vec(
            &[5, 7, 9],
            (0..315).map(|v| v as f32).collect(),
        ))
    }

    fn address(video: &Video) -> *const f32 {
        f32::unwrap(video.samples().clone())
            .unwrap()
            .as_slice()
            .unwrap()
            .as_ptr()
    }

    fn values(video: &Video) -> Vec<f32> {
        f32::unwrap(video.samples().clone())
            .unwrap()
            .view()
            .iter()
            .copied()
            .collect()
    }

    #[test]
    fn a_temporary_is_changed_in_place_and_a_shared_video_is_not() {
        let video = ramp();
        let before = address(&video);
        let add = |run: &mut [f32]| run.iter_mut().for_each(|v| *v += 1.0);
        let video = map_samples("adding", video, add).unwrap();
        assert_eq!(address(&video), before);
        let more = map_samples("adding", video.clone(), add).unwrap();
        assert_ne!(address(&more), before);
        assert_eq!((values(&video)[0], values(&more)[0]), (1.0, 2.0));
    }

    #[test]
    fn every_walk_sees_every_sample_once() {
        let rotated = {
            let video = ramp();
            video.with_layout(video.layout().swap(1, 2).flip(1))
        };
        let expected: Vec<f32> = values(&rotated).iter().map(|v| v * 2.0).collect();
        let double = |run: &mut [f32]| run.iter_mut().for_each(|v| *v *= 2.0);
        let by_sample = map_samples("doubling", rotated.clone(), double).unwrap();
        let by_frame = map_frames(
            "doubling",
            rotated.clone(),
            |(frame, _): (&mut [f32], &mut Vec<f32>)| double(frame),
        )
        .unwrap();
        let by_course = map_courses("doubling", rotated, |mut c: Courses<'_, f32>| {
            for (frame, samples) in c.samples.chunks(c.pixels).enumerate() {
                let results = c.results.frame(frame);
                results.copy_from_slice(samples);
                double(results);
            }
        })
        .unwrap();
        for result in [by_sample, by_frame, by_course] {
            assert_eq!(result.shape(), [5, 9, 7]);
            assert_eq!(values(&result), expected);
        }
    }

    #[test]
    fn nothing_happens_to_nothing() {
        for shape in [&[0, 3, 4][..], &[2, 0, 4]] {
            let video = Video::new(Strided::<u8>::zeroed(shape).unwrap());
            let fail = || panic!("there is nothing to change");
            let by_sample = map_samples("nothing", video.clone(), |_: &mut [f32]| fail());
            assert_eq!(by_sample.unwrap().shape(), shape);
            let by_course = map_courses("nothing", video, |_: Courses<'_, f32>| fail());
            assert_eq!(by_course.unwrap().shape(), shape);
        }
    }
}
