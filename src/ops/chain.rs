//! Filters as stages of a chain that runs when samples are needed, in one pass over the recording.
//!
//! A filter says how many frames before and after a frame its result depends on. That is all: its
//! kernels run over the frames of a window as they run over a whole video, so that both give the
//! same samples, bit for bit. For a reader that keeps nothing, a chain is run block by block by the
//! last stage, which asks the one before it for the frames it needs; what a stage has got is kept
//! while its next window needs it. For all others each stage runs over the whole video, in place.
//!
//! This is ours because it has to know videos: array libraries that fuse operations (polars, dask)
//! know columns or chunks of one size, not windows along time.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::ops::array::elementwise::Operand;
use crate::ops::array::shape::concatenate;
use crate::task;
use crate::video::{Chain, StageInfo, Strided, Video, with_dtype};

/// Smallest result in bytes that is not computed at once.
fn min_pending() -> usize {
    #[cfg(test)]
    if let Some((bytes, _)) = crate::video::TEST_LIMITS.get() {
        return bytes;
    }
    16 << 20
}

/// A filter, and what it needs to know.
pub struct Stage {
    /// Function that scripts call.
    name: &'static str,
    /// Number of frames before a frame that its result depends on.
    before: usize,
    /// Number of frames after a frame that its result depends on.
    after: usize,
}

/// A filter of frames: one video for each input, all of the same frames.
type Filter = dyn Fn(Vec<Video>) -> Result<Video> + Send;

/// Reads the whole input to find what the filter depends on.
type Prepare = dyn FnOnce(&Video) -> Result<Box<Filter>> + Send;

impl Stage {
    /// A filter whose result depends on nothing but the frame itself.
    pub fn of_frames(name: &'static str) -> Self {
        Self::around(name, 0, 0)
    }

    /// A filter whose result depends on the frames around a frame.
    pub fn around(name: &'static str, before: usize, after: usize) -> Self {
        Self {
            name,
            before,
            after,
        }
    }

    /// Applies a filter to a video: at once if the result is small, else when it is needed.
    pub fn apply(
        self,
        video: Video,
        filter: impl Fn(Video) -> Result<Video> + Send + 'static,
    ) -> Result<Video> {
        self.apply_to_all(vec![video], move |mut videos| {
            filter(videos.pop().expect("one input"))
        })
    }

    /// Like [`Stage::apply`], for a filter whose result is a view and takes no time unless the
    /// samples are pending.
    pub fn apply_view(
        self,
        video: Video,
        view: impl Fn(Video) -> Result<Video> + Send + 'static,
    ) -> Result<Video> {
        match video.is_pending() {
            true => self.apply(video, view),
            false => view(video),
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
        match self.outline(&videos, &filter) {
            Some(outline) => Ok(self.pending(outline, videos, Work::Filter(Box::new(filter)))),
            None => filter(videos),
        }
    }

    /// Like [`Stage::apply`], for a filter that depends on something in the whole video, which
    /// `find` finds.
    pub fn apply_after<F: Clone + Send + 'static>(
        self,
        video: Video,
        find: impl FnOnce(&Video) -> Result<F> + Send + 'static,
        filter: impl Fn(Video, F) -> Result<Video> + Send + Clone + 'static,
        example: impl Fn(Video) -> Result<Video>,
    ) -> Result<Video> {
        let one = |mut videos: Vec<Video>| example(videos.pop().expect("one input"));
        let videos = vec![video];
        let Some(outline) = self.outline(&videos, one) else {
            let [video] = videos.try_into().expect("one input");
            let found = find(&video)?;
            return filter(video, found);
        };
        let prepare = move |video: &Video| {
            let found = find(video)?;
            let filter = move |mut videos: Vec<Video>| {
                filter(videos.pop().expect("one input"), found.clone())
            };
            Ok(Box::new(filter) as Box<Filter>)
        };
        Ok(self.pending(outline, videos, Work::Prepare(Box::new(prepare))))
    }

    /// The first frame of the result for frames of zeros, which shows its size, sample type and
    /// metadata; `None` if the result is to be computed at once, which also shows what is wrong.
    fn outline(
        &self,
        videos: &[Video],
        filter: impl Fn(Vec<Video>) -> Result<Video>,
    ) -> Option<Video> {
        let n_frames = videos.first()?.len();
        let suits = |video: &Video| {
            let is_large = 8 * video.nbytes() >= min_pending();
            is_large && video.len() == n_frames && (3..=4).contains(&video.ndim())
        };
        if !videos.iter().all(suits) {
            return None;
        }
        let zeros = videos.iter().map(frame_of_zeros).collect::<Result<_>>();
        let outline = task::as_part(|| filter(zeros.ok()?).ok())?;
        let is_large = outline.nbytes() * n_frames >= min_pending();
        (outline.len() == 1 && is_large).then_some(outline)
    }

    fn pending(self, outline: Video, videos: Vec<Video>, work: Work) -> Video {
        let mut shape = outline.shape().to_vec();
        shape[0] = videos[0].len();
        let metadata = outline.metadata().clone();
        let (dtype, nbytes) = (outline.dtype(), outline.nbytes() * shape[0]);
        let inputs = videos.into_iter().map(Input::new).collect();
        let chain = StageRun {
            stage: self,
            n_frames: shape[0],
            nbytes,
            origin: None,
            inputs,
            work,
        };
        Video::pending(&shape, dtype, metadata, Box::new(chain))
    }
}

/// Whether an operand is a number, or an image to be combined with each frame of a video.
fn is_of_a_frame(operand: &Operand, video: &Video) -> bool {
    match operand {
        Operand::Array(image) => video.ndim() == 3 && image.ndim() == 2,
        Operand::Int(_) | Operand::Float(_) => true,
    }
}

fn frame_of_zeros(video: &Video) -> Result<Video> {
    let mut shape = video.shape().to_vec();
    shape[0] = 1;
    with_dtype!(video.dtype(), T => {
        let samples = Strided::<T>::zeroed(&shape)?;
        let mut frame = Video::new(samples);
        *frame.metadata_mut() = video.metadata().clone();
        Ok(frame)
    })
}

/// A stage that runs.
struct StageRun {
    stage: Stage,
    n_frames: usize,
    nbytes: usize,
    origin: Option<String>,
    inputs: Vec<Input>,
    work: Work,
}

/// What a stage does.
enum Work {
    Filter(Box<Filter>),
    Prepare(Box<Prepare>),
    /// It failed before.
    Nothing,
}

impl StageRun {
    /// Filters frames, after the first pass if there is one.
    fn run(&mut self, frames: Option<Range<usize>>) -> Result<Video> {
        if let Work::Prepare(_) = self.work
            && let Work::Prepare(prepare) = std::mem::replace(&mut self.work, Work::Nothing)
        {
            self.work = Work::Filter(prepare(&self.inputs[0].video)?);
        }
        let Work::Filter(filter) = &self.work else {
            return Err(Error::new("the first pass over the video failed before"));
        };
        let videos = match frames {
            Some(frames) => {
                let windows = self.inputs.iter_mut();
                let overlap = self.stage.before + self.stage.after > 0;
                let windows = windows.map(|input| input.window(frames.clone(), overlap));
                windows.collect::<Result<_>>()?
            }
            None => self.inputs.drain(..).map(|input| input.video).collect(),
        };
        filter(videos)
    }

    fn located(&self, error: Error) -> Error {
        if error.is_interrupted() {
            return error;
        }
        let name = self.stage.name;
        match &self.origin {
            Some(origin) => error.hint(format!("while computing `{name}` of {origin}")),
            None => error.hint(format!("while computing `{name}`")),
        }
    }

    /// What the inputs must be before frames are filtered: whole, if they are needed twice.
    fn compute_inputs(&self) -> Result<()> {
        let is_twice = matches!(self.work, Work::Prepare(_));
        let needed = |input: &&Input| is_twice || !input.video.is_streamable();
        self.inputs
            .iter()
            .filter(needed)
            .try_for_each(|input| input.video.compute())
    }
}

impl Chain for StageRun {
    fn frames(&mut self, frames: Range<usize>) -> Result<Video> {
        self.compute_inputs()?;
        let first = frames.start.saturating_sub(self.stage.before);
        let end = self.n_frames.min(frames.end + self.stage.after);
        let filtered = self.run(Some(first..end));
        let filtered = filtered.map_err(|error| self.located(error))?;
        match (first, end) == (frames.start, frames.end) {
            true => Ok(filtered),
            false => Ok(filtered.frames(frames.start - first, frames.len(), 1)),
        }
    }

    fn whole(&mut self) -> Result<Video> {
        let mut inputs = self.inputs.iter();
        inputs.try_for_each(|input| input.video.compute())?;
        self.run(None).map_err(|error| self.located(error))
    }

    fn min_block(&self) -> usize {
        // The frames that two blocks need are filtered twice, here as often as all others.
        let inputs = self.inputs.iter().map(|input| input.video.min_block());
        let window = self.stage.before + self.stage.after;
        inputs.max().unwrap_or(1).max(window)
    }

    fn set_origin(&mut self, origin: String) {
        self.origin = Some(origin);
    }

    fn stages(&self) -> Vec<StageInfo> {
        let inputs = self.inputs.iter();
        let mut stages: Vec<_> = inputs.flat_map(|input| input.video.stages()).collect();
        stages.push(StageInfo {
            name: self.stage.name,
            origin: self.origin.clone(),
            window: (self.stage.before, self.stage.after),
            has_first_pass: matches!(self.work, Work::Prepare(_)),
            nbytes: self.nbytes,
        });
        stages
    }
}

/// Input of a stage.
struct Input {
    video: Video,
    /// First frame of the last window, and its frames, if the next window may need some of them.
    recent: Option<(usize, Video)>,
}

impl Input {
    fn new(video: Video) -> Self {
        Self {
            video,
            recent: None,
        }
    }

    /// Frames of the input; windows are asked for in order, and may `overlap`.
    fn window(&mut self, frames: Range<usize>, overlap: bool) -> Result<Video> {
        if !self.video.is_pending() {
            return Ok(self.video.frames(frames.start, frames.len(), 1));
        }
        let window = match self.recent.take() {
            Some((start, recent)) if frames.start < start + recent.len() => {
                let known = start + recent.len();
                let known_frames = recent.frames(frames.start - start, known - frames.start, 1);
                if known < frames.end {
                    let new = self.video.next_frames(known..frames.end)?;
                    concatenate(&[known_frames, new], 0)?
                } else {
                    known_frames
                }
            }
            _ => self.video.next_frames(frames.clone())?,
        };
        self.recent = overlap.then(|| (frames.start, window.clone()));
        Ok(window)
    }
}
