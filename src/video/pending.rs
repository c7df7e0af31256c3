//! Samples that are computed when somebody needs them: once, as a whole, and kept; or block by
//! block for a reader that is the only one and keeps none of them.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::{DType, Metadata, Samples, Video, VideoContents};
use crate::error::{Error, Result};
use crate::task::{self, Task};

/// Least number of bytes of samples that are computed at once, if the result is that large. A few such
/// blocks lie in the cache, each keeps all cores busy, and their memory comes from the buffer pool
/// and goes back to it.
const BLOCK: usize = 6 << 20;

/// A window computes a video before it shows it if a frame depends on a larger part of it than one
/// in this number.
const PEEKABLE: usize = 8;

/// Smallest result in bytes that is not computed at once.
pub fn min_pending() -> usize {
    #[cfg(test)]
    if let Some(limits) = task::TEST_LIMITS.get() {
        return limits.pending;
    }
    16 << 20
}

/// Number of frames of a size in bytes that are computed at once for a reader that keeps none.
pub fn frames_per_block(frame_bytes: usize) -> usize {
    #[cfg(test)]
    if let Some(limits) = task::TEST_LIMITS.get() {
        return limits.block;
    }
    BLOCK.div_ceil(frame_bytes.max(1))
}

/// A chain of operations that computes the samples of a video.
pub trait Chain: Send {
    /// Computes consecutive frames, which may be in several [pieces](Video::pieces). Frames are asked for
    /// in order, none twice.
    fn frames(&mut self, frames: Range<usize>) -> Result<Video>;

    /// Like [`Chain::frames`], in one piece.
    fn joined_frames(&mut self, frames: Range<usize>) -> Result<Video> {
        let joined = self.frames(frames)?;
        joined.compute()?;
        Ok(joined)
    }

    /// Computes any consecutive frames for a reader that goes through them in no order. They count
    /// for none of the other methods, and nothing is kept of them.
    fn peek(&mut self, frames: Range<usize>) -> Result<Video>;

    /// Computes all frames at once.
    fn whole(&mut self) -> Result<Video>;

    /// Whether frames can be asked for again from the first on, as nothing is computed twice then.
    fn is_repeatable(&self) -> bool;

    /// A video of some frames, of whatever samples, in memory as all frames computed at once would
    /// be; `None` if that is not known.
    fn example(&self, n_frames: usize) -> Result<Option<Video>>;

    /// All frames, if they are there, in several pieces of memory.
    fn pieces(&self) -> Option<Vec<Video>> {
        None
    }

    /// Notes where the script asked for the last stage.
    fn set_origin(&mut self, origin: Origin);

    /// Stages in the order in which samples pass them.
    fn stages(&self) -> Vec<StageInfo>;
}

/// A chain whose frames can be asked for again, by readers that come one after the other.
#[derive(Clone)]
struct SharedChain(Arc<Mutex<Box<dyn Chain>>>);

impl SharedChain {
    fn chain(&self) -> MutexGuard<'_, Box<dyn Chain>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chain for SharedChain {
    fn frames(&mut self, frames: Range<usize>) -> Result<Video> {
        self.chain().frames(frames)
    }

    fn peek(&mut self, frames: Range<usize>) -> Result<Video> {
        self.chain().peek(frames)
    }

    fn whole(&mut self) -> Result<Video> {
        self.chain().whole()
    }

    fn is_repeatable(&self) -> bool {
        self.chain().is_repeatable()
    }

    fn example(&self, n_frames: usize) -> Result<Option<Video>> {
        self.chain().example(n_frames)
    }

    fn pieces(&self) -> Option<Vec<Video>> {
        self.chain().pieces()
    }

    fn set_origin(&mut self, origin: Origin) {
        self.chain().set_origin(origin);
    }

    fn stages(&self) -> Vec<StageInfo> {
        self.chain().stages()
    }
}

/// Where a script asked for samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Name of the script, if it has one.
    pub source: Option<String>,
    /// Line, counted from 1.
    pub line: usize,
}

impl Origin {
    /// Script and line, as far as they are known.
    pub fn place(origin: Option<&Self>) -> (String, usize) {
        origin.map_or((String::new(), 0), |origin| {
            (origin.source.clone().unwrap_or_default(), origin.line)
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "line {} of `{source}`", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// A stage of a chain, for people who want to know what will be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageInfo {
    /// Function that scripts call.
    pub name: &'static str,
    /// Where the script calls it.
    pub origin: Option<Origin>,
    /// What it needs of its input to compute a frame.
    pub needs: Needs,
    /// Size of the result in bytes.
    pub nbytes: usize,
    /// Bytes that are kept from block to block.
    pub held: usize,
    /// Number of frames that it reads, block by block, before it makes the first one.
    pub reads: usize,
    /// Bytes that it reads from files and arrays and puts aside, unlike blocks that come from the stage
    /// before and are in the cache.
    pub moves: usize,
}

/// What it takes to compute a chain block by block.
#[derive(Debug, Clone, Copy)]
pub struct Forecast {
    /// Number of frames that stages read before they make any.
    reads: usize,
    /// Bytes of memory.
    bytes: usize,
}

impl Forecast {
    fn of(stages: &[StageInfo], nbytes: usize) -> Self {
        let held = stages.iter().map(|stage| stage.held).sum::<usize>();
        Self {
            reads: stages.iter().map(|stage| stage.reads).sum(),
            bytes: held + nbytes.min(3 * BLOCK),
        }
    }

    /// The operation that computes a number of frames.
    pub fn task(self, n_frames: usize) -> Task {
        let task = Task::pass("computing", n_frames + self.reads).in_units("frames");
        task.with_memory(self.bytes)
    }
}

/// What a stage needs of its input to compute a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it reads a file.
    File,
    /// Nothing: it reads a file that has to be decoded from its start on.
    FileInOrder,
    /// The frame, and as many before and after it.
    Frames(usize, usize),
    /// The frame, after it has read the whole input.
    All,
    /// All frames.
    EveryFrame,
}

/// Samples to be computed by a chain.
pub(super) struct Pending {
    pub(super) shape: Vec<usize>,
    pub(super) dtype: DType,
    /// Until the samples are computed.
    chain: Mutex<Option<Box<dyn Chain>>>,
    samples: OnceLock<Result<Samples>>,
    unfinished: Unfinished,
}

/// Number of pending samples that were not computed, or could not be.
static UNFINISHED: AtomicUsize = AtomicUsize::new(0);

/// Whether any video may have pending samples.
pub fn any_pending() -> bool {
    UNFINISHED.load(Relaxed) > 0
}

/// Counts pending samples until they are there.
struct Unfinished(AtomicBool);

impl Unfinished {
    fn new() -> Self {
        UNFINISHED.fetch_add(1, Relaxed);
        Self(AtomicBool::new(true))
    }

    fn end(&self) {
        if self.0.swap(false, Relaxed) {
            UNFINISHED.fetch_sub(1, Relaxed);
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.end();
    }
}

/// One of those who refer to pending samples.
pub(super) struct Owner {
    shared: Arc<Pending>,
    /// Whether one other owner will never use them: a variable of a script after its last use.
    is_last: bool,
}

impl Owner {
    pub(super) fn into_shared(self) -> Arc<Pending> {
        self.shared
    }

    /// Whether nobody else would use the samples.
    fn is_only(&self) -> bool {
        Arc::strong_count(&self.shared) <= 1 + usize::from(self.is_last)
    }
}

/// A clone is another owner, whatever is known of the others.
impl Clone for Owner {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            is_last: false,
        }
    }
}

impl Deref for Owner {
    type Target = Pending;

    fn deref(&self) -> &Pending {
        &self.shared
    }
}

impl Pending {
    fn chain(&self) -> MutexGuard<'_, Option<Box<dyn Chain>>> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Samples, which are computed first unless that was done before.
    pub(super) fn samples(&self) -> Result<&Samples> {
        let found = match self.samples.get() {
            Some(samples) => samples,
            None => {
                let mut chain = self.chain();
                // Others may have computed them during the wait.
                self.samples.get_or_init(|| {
                    let computed = match chain.take() {
                        Some(mut chain) => chain.whole().map(|video| video.into_parts().0),
                        None => Err(Error::new("the samples of this video were lost")),
                    };
                    computed.map_err(|error| match error.is_interrupted() {
                        true => error,
                        false => error.hint("the video has no samples now; compute it again"),
                    })
                })
            }
        };
        if found.is_ok() {
            self.unfinished.end();
        }
        found.as_ref().map_err(Clone::clone)
    }

    /// Samples that were computed.
    ///
    /// # Panics
    /// If they were not.
    pub(super) fn into_samples(self) -> Samples {
        let samples = self.samples.into_inner().and_then(Result::ok);
        samples.expect("computed before")
    }

    /// Computes all frames in blocks, in order, each while the one before it is used.
    fn run(&self, chain: &mut dyn Chain, mut each: impl FnMut(&Video) -> Result<()>) -> Result<()> {
        let n_frames = self.shape[0];
        let frame_bytes = self.shape[1..].iter().product::<usize>() * self.dtype.size();
        let per_block = frames_per_block(frame_bytes);
        let forecast = Forecast::of(&chain.stages(), n_frames * frame_bytes);
        let task = Arc::new(forecast.task(n_frames));
        let starts = (0..n_frames).step_by(per_block);
        let of_task = task.clone();
        let blocks = starts.map(move |start| {
            let frames = start..n_frames.min(start + per_block);
            task::as_part_of(&of_task, || chain.joined_frames(frames))
        });
        task::pipeline(blocks, |block| {
            debug_assert_eq!(block.dtype(), self.dtype);
            task::as_part(|| each(&block))?;
            task.advance(block.len())
        })
    }
}

impl Video {
    /// Creates a video whose samples a chain computes when they are needed.
    pub fn pending(
        shape: &[usize],
        dtype: DType,
        metadata: Metadata,
        chain: Box<dyn Chain>,
    ) -> Self {
        let pending = Pending {
            shape: shape.to_vec(),
            dtype,
            chain: Mutex::new(Some(chain)),
            samples: OnceLock::new(),
            unfinished: Unfinished::new(),
        };
        Self {
            contents: VideoContents::Pending(Owner {
                shared: Arc::new(pending),
                is_last: false,
            }),
            metadata: Arc::new(metadata),
            history: None,
        }
    }

    fn as_pending(&self) -> Option<&Owner> {
        match &self.contents {
            VideoContents::Pending(pending) if pending.samples.get().is_none() => Some(pending),
            _ => None,
        }
    }

    /// Whether the samples are still to be computed.
    pub fn is_pending(&self) -> bool {
        self.as_pending().is_some()
    }

    /// Whether the samples are still to be computed, and nobody else would use them.
    pub fn is_streamable(&self) -> bool {
        self.as_pending().is_some_and(Owner::is_only)
    }

    /// Notes that the only other owner of pending samples will never use them.
    pub fn release(&mut self) {
        if let VideoContents::Pending(owner) = &mut self.contents {
            owner.is_last = Arc::strong_count(&owner.shared) == 2;
        }
    }

    /// Computes the samples, unless that was done before; an error each time if they cannot be
    /// computed.
    pub fn compute(&self) -> Result<()> {
        match &self.contents {
            VideoContents::Samples(_) => Ok(()),
            VideoContents::Pending(pending) => pending.samples().map(drop),
        }
    }

    /// Whether no other video has samples that were pending together with these.
    pub fn is_only_owner(&self) -> bool {
        match &self.contents {
            VideoContents::Samples(_) => true,
            VideoContents::Pending(pending) => Arc::strong_count(&pending.shared) == 1,
        }
    }

    /// Samples that are there.
    pub(super) fn computed(&self) -> Option<&Samples> {
        match &self.contents {
            VideoContents::Samples(samples) => Some(samples),
            VideoContents::Pending(pending) => pending.samples.get()?.as_ref().ok(),
        }
    }

    /// Calls a function with consecutive parts of the video, in order. If the samples are still to
    /// be computed, and nobody else would use them, each part is computed for its call alone.
    pub fn for_each_block(&self, mut each: impl FnMut(&Video) -> Result<()>) -> Result<()> {
        if let VideoContents::Pending(pending) = &self.contents
            && let Some(mut chain) = self.take_chain()
        {
            return pending.run(&mut *chain, each);
        }
        self.compute()?;
        each(self)
    }

    /// The chain of pending samples that nobody else would use, to compute them without keeping them.
    /// The video has none then, unless its frames can be asked for again.
    pub fn take_chain(&self) -> Option<Box<dyn Chain>> {
        let pending = self.as_pending().filter(|pending| pending.is_only())?;
        let mut left = pending.chain();
        let chain = left.take()?;
        if chain.is_repeatable() {
            let shared = SharedChain(Arc::new(Mutex::new(chain)));
            *left = Some(Box::new(shared.clone()));
            return Some(Box::new(shared));
        }
        let lost = Error::new("the samples of this video were not kept");
        let _ = pending.samples.set(Err(lost.hint("compute it again")));
        Some(chain)
    }

    /// Calls a function with consecutive parts of the video, in order. Pending samples are loaded for
    /// these calls alone if they are only read from a file, and otherwise computed and kept.
    pub fn scan(&self, each: impl FnMut(&Video) -> Result<()>) -> Result<()> {
        if !self.is_repeatable() {
            self.compute()?;
        }
        self.for_each_block(each)
    }

    /// Whether nobody else would use the pending samples, and they are only read from a file.
    pub fn is_repeatable(&self) -> bool {
        let pending = self.as_pending().filter(|pending| pending.is_only());
        pending.is_some_and(|pending| {
            let chain = pending.chain();
            chain.as_ref().is_some_and(|chain| chain.is_repeatable())
        })
    }

    /// A video of some frames, of whatever samples, in memory as the whole is or would be; `None` if
    /// that is not known.
    pub fn example(&self, n_frames: usize) -> Result<Option<Video>> {
        if let Some(pending) = self.as_pending()
            && let Some(chain) = &*pending.chain()
        {
            return chain.example(n_frames);
        }
        self.compute()?;
        Ok(Some(self.frames(0, n_frames, 1)))
    }

    /// The frames, if they are there and not computed, but in several pieces of memory.
    pub fn pieces(&self) -> Option<Vec<Self>> {
        self.as_pending()?.chain().as_ref()?.pieces()
    }

    /// Computes frames of a pending video that is [streamable](Self::is_streamable); only frames
    /// after those of earlier calls can be computed.
    pub fn next_frames(&mut self, frames: Range<usize>) -> Result<Video> {
        match self.as_pending().map(|pending| pending.chain()) {
            Some(mut chain) if chain.is_some() => {
                let chain = chain.as_mut().expect("just found");
                chain.frames(frames)
            }
            _ => {
                self.compute()?;
                Ok(self.frames(frames.start, frames.len(), 1))
            }
        }
    }

    /// Consecutive frames for a reader that shows some of them. Pending ones are computed for this
    /// call alone, and stay pending for whoever needs all.
    ///
    /// # Panics
    /// If the range exceeds the video.
    pub fn peek(&self, frames: Range<usize>) -> Result<Video> {
        if let Some(pending) = self.as_pending()
            && let Some(chain) = &mut *pending.chain()
        {
            let (samples, _) = chain.peek(frames)?.into_parts();
            return Ok(Self::from_parts(samples, self.metadata.clone()));
        }
        self.compute()?;
        Ok(self.frames(frames.start, frames.len(), 1))
    }

    /// Whether some frames can be shown for far less than computing all: each of them depends on an
    /// eighth of them at most, all stages taken together, and none on all before it.
    pub fn is_peekable(&self) -> bool {
        let stages = self.stages();
        let reach = |stage: &StageInfo| match stage.needs {
            Needs::Frames(before, after) => before + after,
            Needs::File | Needs::All => 0,
            Needs::FileInOrder | Needs::EveryFrame => self.len(),
        };
        let reach = stages.iter().map(reach).sum::<usize>();
        self.is_pending() && PEEKABLE * reach <= self.len()
    }

    /// Notes where a script asked for the samples, for errors and measurements.
    pub fn set_origin(&self, origin: impl FnOnce() -> Origin) {
        if let Some(pending) = self.as_pending()
            && let Some(chain) = &mut *pending.chain()
        {
            chain.set_origin(origin());
        }
    }

    /// What it takes to pass the pending samples on block by block.
    pub fn forecast(&self) -> Forecast {
        Forecast::of(&self.stages(), self.nbytes())
    }

    /// Bytes of memory that it takes to pass the pending samples on block by block.
    pub fn streaming_bytes(&self) -> usize {
        self.forecast().bytes
    }

    /// Stages by which the samples are still to be computed, in the order in which they pass them.
    pub fn stages(&self) -> Vec<StageInfo> {
        let pending = self.as_pending();
        pending.map_or(Vec::new(), |pending| {
            pending
                .chain()
                .as_ref()
                .map_or(Vec::new(), |chain| chain.stages())
        })
    }
}
