//! Samples that are computed when somebody needs them: once, as a whole, and kept; or block by
//! block for a reader that is the only one and keeps none of them.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::{DType, Metadata, Samples, Video, VideoContents};
use crate::error::{Error, Result};
use crate::task::{self, Task};

/// Bytes of samples that are computed at once: a few of them take little memory, and each keeps all
/// cores busy.
const BLOCK: usize = 8 << 20;

#[cfg(test)]
thread_local! {
    /// Smallest pending result in bytes, and number of frames of a block, in tests.
    pub(crate) static TEST_LIMITS: std::cell::Cell<Option<(usize, usize)>> =
        const { std::cell::Cell::new(None) };
}

/// A chain of operations that computes the samples of a video.
pub trait Chain: Send {
    /// Computes consecutive frames. Frames are asked for in order, none twice.
    fn frames(&mut self, frames: Range<usize>) -> Result<Video>;

    /// Computes all frames at once.
    fn whole(&mut self) -> Result<Video>;

    /// Smallest number of frames for which a call of [`Chain::frames`] pays.
    fn min_block(&self) -> usize;

    /// Notes where the script asked for the last stage.
    fn set_origin(&mut self, origin: String);

    /// Stages in the order in which samples pass them.
    fn stages(&self) -> Vec<StageInfo>;
}

/// A stage of a chain, for people who want to know what will be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageInfo {
    /// Function that scripts call.
    pub name: &'static str,
    /// Where the script calls it.
    pub origin: Option<String>,
    /// Number of frames before and after a frame that its result depends on.
    pub window: (usize, usize),
    /// Whether the input is read once before the first frame is computed.
    pub has_first_pass: bool,
    /// Size of the result in bytes.
    pub nbytes: usize,
}

/// Samples to be computed by a chain.
pub(super) struct Pending {
    pub(super) shape: Vec<usize>,
    pub(super) dtype: DType,
    /// Until the samples are computed.
    chain: Mutex<Option<Box<dyn Chain>>>,
    samples: OnceLock<Result<Samples>>,
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

    /// Computes all frames in blocks, in order.
    fn run(&self, chain: &mut dyn Chain, each: &mut dyn FnMut(&Video) -> Result<()>) -> Result<()> {
        let n_frames = self.shape[0];
        let frame_bytes = self.shape[1..].iter().product::<usize>() * self.dtype.size();
        let per_block = (BLOCK / frame_bytes.max(1)).max(chain.min_block()).max(1);
        #[cfg(test)]
        let per_block = TEST_LIMITS.get().map_or(per_block, |(_, frames)| frames);
        let task = Task::new("computing", n_frames);
        for start in (0..n_frames).step_by(per_block) {
            let frames = start..n_frames.min(start + per_block);
            let len = frames.len();
            let block = task::as_part(|| chain.frames(frames))?;
            debug_assert_eq!((block.len(), block.dtype()), (len, self.dtype));
            task::as_part(|| each(&block))?;
            task.advance(len)?;
        }
        Ok(())
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
        };
        Self {
            contents: VideoContents::Pending(Arc::new(pending)),
            metadata: Arc::new(metadata),
            history: None,
        }
    }

    fn as_pending(&self) -> Option<&Arc<Pending>> {
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
        self.as_pending()
            .is_some_and(|pending| Arc::strong_count(pending) == 1)
    }

    /// Computes the samples, unless that was done before; an error each time if they cannot be
    /// computed.
    pub fn compute(&self) -> Result<()> {
        match &self.contents {
            VideoContents::Samples(_) => Ok(()),
            VideoContents::Pending(pending) => pending.samples().map(drop),
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
        if let Some(pending) = self.as_pending().filter(|_| self.is_streamable()) {
            let chain = pending.chain().take();
            if let Some(mut chain) = chain {
                let result = pending.run(&mut *chain, &mut each);
                let lost = Error::new("the samples of this video were not kept");
                let _ = pending.samples.set(Err(lost.hint("compute it again")));
                return result;
            }
        }
        self.compute()?;
        each(self)
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

    /// Smallest number of frames for which a call of [`Video::next_frames`] pays.
    pub fn min_block(&self) -> usize {
        self.as_pending().map_or(1, |pending| {
            pending
                .chain()
                .as_ref()
                .map_or(1, |chain| chain.min_block())
        })
    }

    /// Notes where a script asked for the samples, for errors.
    pub fn set_origin(&self, origin: impl FnOnce() -> String) {
        if let Some(pending) = self.as_pending()
            && let Some(chain) = &mut *pending.chain()
        {
            chain.set_origin(origin());
        }
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
