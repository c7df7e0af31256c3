//! Filters as stages of a chain that runs when samples are needed, in one pass over the recording.
//!
//! A filter says how many frames before and after a frame its result depends on. That is all: its
//! kernels run over the frames of a window as they run over a whole video, so that both give the
//! same samples, bit for bit. For a reader that keeps nothing, a chain is run block by block by the
//! last stage, which asks the one before it for the frames it needs. What a stage has got is kept
//! while its next window needs it, and a stage with a long window computes more frames than it is
//! asked for, so that reading the window pays. For all others each stage runs over the whole video,
//! in place.
//!
//! A reader that needs all frames before its first result would have to compute them twice. It keeps
//! them aside instead, in a scratch file unless they are few: as they are, to read them in order once more
//! ([`ChainFrames::keep_every`]), or pixel by pixel ([`PixelTraces`]). So does a stage: one that must
//! know something of all frames ([`Stage::apply_after`]) reads them twice, and one that needs all
//! frames of a pixel ([`Stage::apply_to_traces`]) goes through tiles of pixels.
//!
//! This is ours because it has to know videos: array libraries that fuse operations (polars, dask)
//! know columns or chunks of one size, not windows along time.

mod chain_frames;
mod filtered_traces;
mod frame_buffer;
mod frame_map;
mod pixel_traces;
mod run;

use std::ops::Range;

pub use chain_frames::{ChainFrames, for_each_window};
pub use pixel_traces::{PixelOrder, PixelTraces};

use crate::error::Result;
use crate::ops::array::elementwise::Operand;
use crate::ops::kernel::only;
use crate::task;
use crate::video::{DType, Strided, Video, min_pending, with_dtype};
use filtered_traces::Tiles;
use frame_map::FrameMap;
use run::{StageRun, Work};

/// Bytes of results that a stage with a window may compute at once for twice its window, so that
/// reading the window pays.
const AHEAD: usize = 6 << 20;

/// Largest number of bytes of frames that become one frame.
const GROUP: usize = 64 << 20;

/// A filter, and what it needs to know.
pub struct Stage {
    /// Function that scripts call.
    name: &'static str,
    /// Frames that each frame of the result depends on.
    frames: FrameMap,
    /// Whether the result is a view of the input, or the input itself.
    is_view: bool,
}

/// Frames that a filter gets of each input.
pub(super) struct FilterWindow {
    /// Number of the first of them in the whole input.
    first: usize,
    /// Those whose results are wanted, counted from the first.
    wanted: Range<usize>,
}

/// A filter of frames: one video for each input, all of the same frames.
type Filter = dyn Fn(Vec<Video>, FilterWindow) -> Result<Video> + Send;

/// A filter of whole traces.
type TraceFilter = dyn Fn(Video) -> Result<Video> + Send;

/// Reads the whole input to find what the filter depends on.
type Prepare = dyn Fn(&Video) -> Result<Box<Filter>> + Send;

impl Stage {
    /// A filter whose result depends on nothing but the frame itself.
    pub fn of_frames(name: &'static str) -> Self {
        Self::around(name, 0, 0)
    }

    /// A filter whose result depends on the frames around a frame.
    pub fn around(name: &'static str, before: usize, after: usize) -> Self {
        Self::new(name, FrameMap::Around { before, after })
    }

    /// A filter that makes `len` frames, each of `step` frames, the first of which begin at `start`.
    pub fn of_groups(name: &'static str, start: usize, step: usize, len: usize) -> Self {
        Self::new(name, FrameMap::Groups { start, step, len })
    }

    fn new(name: &'static str, frames: FrameMap) -> Self {
        Self {
            name,
            frames,
            is_view: false,
        }
    }

    /// The frames of a video that frames of the result are made of.
    fn groups_of(&self, video: Video) -> Video {
        let n_inputs = video.len();
        let all = 0..self.frames.len(n_inputs);
        only(self.frames.inputs(&all, n_inputs), video)
    }

    /// Smallest number of frames that pays to be computed at once.
    fn per_call(&self, frame_bytes: usize) -> usize {
        let window = self.frames.window();
        if window == 0 {
            return 1;
        }
        #[cfg(test)]
        if let Some(limits) = crate::video::TEST_LIMITS.get() {
            return limits.per_call;
        }
        let twice = AHEAD
            .div_ceil(frame_bytes.max(1))
            .min(window.saturating_mul(2));
        window.div_ceil(2).max(twice)
    }

    /// Applies a filter of single frames to a video: at once if the result is small, else when it
    /// is needed.
    pub fn apply(
        self,
        video: Video,
        filter: impl Fn(Video) -> Result<Video> + Send + 'static,
    ) -> Result<Video> {
        debug_assert_eq!(self.frames.window(), 0, "{}", self.name);
        self.apply_within(video, move |video, _| filter(video))
    }

    /// Like [`Stage::apply`], for a filter that depends on the frames around a frame, and computes
    /// only the wanted ones.
    pub fn apply_within(
        self,
        video: Video,
        filter: impl Fn(Video, Range<usize>) -> Result<Video> + Send + 'static,
    ) -> Result<Video> {
        self.apply_to_windows(vec![video], move |mut videos, frames| {
            filter(videos.pop().expect("one input"), frames)
        })
    }

    /// Like [`Stage::apply`], for a filter whose result is a view and takes no time unless the
    /// samples are pending.
    pub fn apply_view(
        mut self,
        video: Video,
        view: impl Fn(Video) -> Result<Video> + Send + 'static,
    ) -> Result<Video> {
        self.is_view = true;
        match video.is_pending() {
            true => self.apply(video, view),
            false => view(self.groups_of(video)),
        }
    }

    /// Like [`Stage::apply`], for an elementwise operation of two operands.
    pub fn combine(
        self,
        left: Operand,
        right: Operand,
        operation: impl Fn(Operand, Operand) -> Result<Video> + Send + 'static,
    ) -> Result<Video> {
        match (left, right) {
            (Operand::Array(left), Operand::Array(right)) if left.ndim() == right.ndim() => {
                let operation = move |videos: Vec<Video>| {
                    let [left, right] = <[Video; 2]>::try_from(videos).expect("two inputs");
                    operation(Operand::Array(left), Operand::Array(right))
                };
                self.apply_to_all(vec![left, right], operation)
            }
            (Operand::Array(left), right) if is_of_a_frame(&right, &left) => self
                .apply(left, move |left| {
                    operation(Operand::Array(left), right.clone())
                }),
            (left, Operand::Array(right)) if is_of_a_frame(&left, &right) => self
                .apply(right, move |right| {
                    operation(left.clone(), Operand::Array(right))
                }),
            (left, right) => operation(left, right),
        }
    }

    /// Like [`Stage::apply`], for a filter of several videos with equally many frames.
    pub fn apply_to_all(
        self,
        videos: Vec<Video>,
        filter: impl Fn(Vec<Video>) -> Result<Video> + Send + 'static,
    ) -> Result<Video> {
        debug_assert_eq!(self.frames.window(), 0, "{}", self.name);
        self.apply_to_windows(videos, move |videos, _| filter(videos))
    }

    /// Like [`Stage::apply`], for a video and operands that are combined with each of its frames:
    /// numbers, images, or videos with equally many frames.
    pub fn apply_with(
        self,
        video: Video,
        operands: Vec<Operand>,
        operation: impl Fn(Video, &[Operand]) -> Result<Video> + Send + 'static,
    ) -> Result<Video> {
        let is_parallel = |operand: &Operand| match operand {
            Operand::Array(array) => array.ndim() == video.ndim() && array.len() == video.len(),
            _ => false,
        };
        let are_parallel: Vec<_> = operands.iter().map(is_parallel).collect();
        let is_fixed = |operand| is_of_a_frame(operand, &video);
        let mut each = operands.iter().zip(&are_parallel);
        if !each.all(|(operand, is_parallel)| *is_parallel || is_fixed(operand)) {
            return operation(video, &operands);
        }
        let mut inputs = vec![video];
        let mut fixed = Vec::new();
        for (operand, is_parallel) in operands.into_iter().zip(are_parallel) {
            match operand {
                Operand::Array(array) if is_parallel => {
                    inputs.push(array);
                    fixed.push(None);
                }
                operand => fixed.push(Some(operand)),
            }
        }
        self.apply_to_all(inputs, move |inputs| {
            let mut inputs = inputs.into_iter();
            let video = inputs.next().expect("the video comes first");
            let mut next = || Operand::Array(inputs.next().expect("one for each parallel operand"));
            let operands = fixed.iter().cloned();
            let operands: Vec<_> = operands
                .map(|operand| operand.unwrap_or_else(&mut next))
                .collect();
            operation(video, &operands)
        })
    }

    fn apply_to_windows(
        mut self,
        videos: Vec<Video>,
        filter: impl Fn(Vec<Video>, Range<usize>) -> Result<Video> + Send + 'static,
    ) -> Result<Video> {
        match self.outline(&videos, |zeros| filter(zeros, 0..1)) {
            Some(outline) => {
                let filter =
                    move |videos: Vec<Video>, window: FilterWindow| filter(videos, window.wanted);
                Ok(self.pending(outline, videos, Work::Filter(Box::new(filter))))
            }
            None => {
                let videos = videos.into_iter().map(|video| self.groups_of(video));
                let videos: Vec<_> = videos.collect();
                let frames = 0..videos.first().map_or(0, Video::len);
                filter(videos, frames)
            }
        }
    }

    /// Like [`Stage::apply`], for a filter that depends on something in the whole video, which
    /// `find` finds. The filter gets frames, the number of the first one, and what was found;
    /// `example` is the filter of the first frame for anything that may be found.
    pub fn apply_after<F: Send + 'static>(
        mut self,
        video: Video,
        find: impl Fn(&Video) -> Result<F> + Send + 'static,
        filter: impl Fn(Video, usize, &F) -> Result<Video> + Send + Clone + 'static,
        example: impl Fn(Video) -> Result<Video>,
    ) -> Result<Video> {
        let one = |mut videos: Vec<Video>| example(videos.pop().expect("one input"));
        let videos = vec![video];
        let Some(outline) = self.outline(&videos, one) else {
            let [video] = videos.try_into().expect("one input");
            video.compute()?;
            let found = find(&video)?;
            return filter(video, 0, &found);
        };
        let prepare = move |video: &Video| {
            let (found, filter) = (find(video)?, filter.clone());
            let filter = move |mut videos: Vec<Video>, window: FilterWindow| {
                filter(videos.pop().expect("one input"), window.first, &found)
            };
            Ok(Box::new(filter) as Box<Filter>)
        };
        Ok(self.pending(outline, videos, Work::Prepare(Box::new(prepare))))
    }

    /// Like [`Stage::apply`], for a filter of whole traces, to which other pixels do not matter.
    pub fn apply_to_traces(
        self,
        video: Video,
        filter: impl Fn(Video) -> Result<Video> + Send + 'static,
    ) -> Result<Video> {
        match self.outline_of_trace(&video, &filter) {
            Some(outline) => {
                let size = video.dtype().size().max(outline.dtype().size());
                let tiles = Tiles::new(video.len(), video.frame_len(), size);
                Ok(self.pending(outline, vec![video], Work::Traces(Box::new(filter), tiles)))
            }
            None => filter(video),
        }
    }

    /// The first frame of the result, as it is for a trace of zeros; see [`Stage::outline`].
    fn outline_of_trace(
        &self,
        video: &Video,
        filter: impl Fn(Video) -> Result<Video>,
    ) -> Option<Video> {
        if !is_large(video) {
            return None;
        }
        let mut trace = zeros(&[0, 1, 1], video.dtype(), video.len()).ok()?;
        *trace.metadata_mut() = video.metadata().clone();
        let trace = task::as_part(|| filter(trace).ok())?;
        let mut outline = zeros(video.shape(), trace.dtype(), 1).ok()?;
        *outline.metadata_mut() = trace.metadata().clone();
        let is_large = outline.nbytes() * video.len() >= min_pending();
        (trace.len() == video.len() && is_large).then_some(outline)
    }

    /// The first frame of the result for frames of zeros, which shows its size, sample type and
    /// metadata, and whether it is the input; `None` if the result is to be computed at once, which also shows what is wrong.
    fn outline(
        &mut self,
        videos: &[Video],
        filter: impl Fn(Vec<Video>) -> Result<Video>,
    ) -> Option<Video> {
        let n_frames = videos.first()?.len();
        let suits = |video: &Video| is_large(video) && video.len() == n_frames;
        if !videos.iter().all(suits) {
            return None;
        }
        let of_frame = videos.iter().map(|video| video.nbytes() / n_frames.max(1));
        let step = self.frames.step();
        if step > 1 && of_frame.max()?.saturating_mul(step) > GROUP {
            return None;
        }
        let zeros = videos.iter().map(|video| frames_of_zeros(video, step));
        let zeros = zeros.collect::<Result<Vec<_>>>().ok()?;
        let outline = task::as_part(|| filter(zeros.clone()).ok())?;
        self.is_view |= zeros.iter().any(|zeros| outline.shares_samples(zeros));
        let len = self.frames.len(n_frames);
        let is_large = len > 0 && outline.nbytes() * len >= min_pending();
        (outline.len() == 1 && is_large).then_some(outline)
    }

    fn pending(self, outline: Video, videos: Vec<Video>, work: Work) -> Video {
        let mut shape = outline.shape().to_vec();
        shape[0] = self.frames.len(videos[0].len());
        let metadata = outline.metadata().clone();
        let dtype = outline.dtype();
        let chain = StageRun::new(self, &outline, videos, work);
        Video::pending(&shape, dtype, metadata, Box::new(chain))
    }
}

/// Whether a video may have results that are large enough to be computed when they are needed.
fn is_large(video: &Video) -> bool {
    let has_frames = (3..=4).contains(&video.ndim()) && !video.is_empty();
    has_frames && 8 * video.nbytes() >= min_pending()
}

/// Whether an operand is a number, or an image to be combined with each frame of a video.
fn is_of_a_frame(operand: &Operand, video: &Video) -> bool {
    match operand {
        Operand::Array(image) => video.ndim() == 3 && image.ndim() == 2,
        Operand::Int(_) | Operand::Float(_) => true,
    }
}

fn frames_of_zeros(video: &Video, n_frames: usize) -> Result<Video> {
    let mut frames = zeros(video.shape(), video.dtype(), n_frames)?;
    *frames.metadata_mut() = video.metadata().clone();
    Ok(frames)
}

/// Frames of zeros, like those of a video of a shape.
fn zeros(shape: &[usize], dtype: DType, n_frames: usize) -> Result<Video> {
    let shape = [&[n_frames], &shape[1..]].concat();
    with_dtype!(dtype, T => Ok(Video::new(Strided::<T>::zeroed(&shape)?)))
}
