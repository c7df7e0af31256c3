//! The stage that runs: windows of its inputs go through its filter, block by block or all at once.

use std::ops::Range;

use super::chain_frames::fits_in_memory;
use super::filtered_traces::{self, FilteredTraces, Tiles};
use super::frame_buffer::FrameBuffer;
use super::{ChainFrames, Filter, FilterWindow, Prepare, Stage, TraceFilter, zeros};
use crate::error::{Error, Result};
use crate::task;
use crate::video::{Chain, DType, Needs, Origin, StageInfo, Video, frames_per_block};

/// A stage that runs.
pub(super) struct StageRun {
    stage: Stage,
    /// Number of frames of the result.
    n_frames: usize,
    /// Number of frames of each input.
    n_inputs: usize,
    /// Shape and sample type of a frame of the result.
    outline: (Vec<usize>, DType),
    /// Size of a frame of the result.
    frame_bytes: usize,
    origin: Option<Origin>,
    inputs: Vec<Input>,
    work: Work,
    /// Smallest number of frames to be computed at once.
    per_call: usize,
    /// Results that were not asked for yet.
    computed: FrameBuffer,
}

/// What a stage does.
pub(super) enum Work {
    Filter(Box<Filter>),
    Prepare(Box<Prepare>),
    Traces(Box<TraceFilter>, Tiles),
}

impl StageRun {
    /// A stage over videos of the same number of frames.
    pub(super) fn new(stage: Stage, outline: &Video, videos: Vec<Video>, work: Work) -> Self {
        let frame_bytes = outline.nbytes();
        Self {
            outline: (outline.shape().to_vec(), outline.dtype()),
            per_call: stage.per_call(frame_bytes),
            n_frames: stage.frames.len(videos[0].len()),
            n_inputs: videos[0].len(),
            frame_bytes,
            origin: None,
            inputs: videos.into_iter().map(Input::new).collect(),
            work,
            computed: FrameBuffer::default(),
            stage,
        }
    }

    /// Bytes that are kept from block to block.
    fn held(&self) -> usize {
        let pending = self.inputs.iter().filter(|input| input.video.is_pending());
        match &self.work {
            Work::Filter(_) => (),
            Work::Prepare(_) => {
                let kept = pending.filter(|input| input.is_kept_in_memory());
                return kept.map(|input| input.video.nbytes()).sum();
            }
            Work::Traces(..) => {
                let whole = pending.filter(|input| self.is_whole_in_memory(&input.video));
                let whole: usize = whole.map(|input| self.bytes_with(&input.video)).sum();
                return whole.max(filtered_traces::TILE);
            }
        }
        let window = match (self.stage.frames.step(), self.stage.frames.window()) {
            (1, 0) => return 0,
            (1, window) => self.n_inputs.min(window.saturating_add(self.per_call)),
            (step, _) => {
                let per_block = frames_per_block(self.frame_bytes).min(self.at_most());
                self.n_inputs.min(step.saturating_mul(per_block))
            }
        };
        let frame_bytes = |input: &Input| input.video.nbytes() / self.n_inputs.max(1);
        let windows = pending.map(|input| window * frame_bytes(input));
        windows.sum::<usize>() + self.per_call.min(self.n_frames) * self.frame_bytes
    }

    /// Bytes of an input and the result.
    fn bytes_with(&self, input: &Video) -> usize {
        input.nbytes() + self.frame_bytes * self.n_frames
    }

    /// Whether a filter of traces is applied to the whole input rather than to tiles of pixels.
    fn is_whole_in_memory(&self, input: &Video) -> bool {
        fits_in_memory(self.bytes_with(input))
    }

    /// Number of frames that are read block by block before the first one is made.
    fn reads(&self) -> usize {
        match (&self.work, self.inputs.first()) {
            (Work::Prepare(_), Some(input)) if input.is_read_twice() => self.n_inputs,
            (Work::Traces(..), _) => self.n_inputs,
            _ => 0,
        }
    }

    /// Bytes that are read from files and arrays and put aside.
    fn moves(&self) -> usize {
        let (pending, there): (Vec<_>, Vec<_>) = self
            .inputs
            .iter()
            .partition(|input| input.video.is_pending());
        let there: usize = there.iter().map(|input| input.video.nbytes()).sum();
        // Put aside and read from there.
        let aside: usize = pending.iter().map(|input| 2 * input.video.nbytes()).sum();
        match (&self.work, &pending[..]) {
            (Work::Filter(_), _) => there,
            (Work::Prepare(_), [input]) if input.video.is_repeatable() => {
                let stages = input.video.stages();
                stages.iter().map(|stage| stage.moves).sum()
            }
            (Work::Prepare(_), _) => 2 * there + aside,
            (Work::Traces(..), _) => there + aside + 2 * self.frame_bytes * self.n_frames,
        }
    }

    /// The filter, after the first pass if there is one.
    fn prepare(&mut self) -> Result<()> {
        match &self.work {
            Work::Filter(_) => (),
            Work::Prepare(prepare) => {
                self.work = Work::Filter(prepare(&self.inputs[0].video)?);
            }
            Work::Traces(filter, tiles) => {
                let Some(Input { video, .. }) = self.inputs.pop() else {
                    let error = Error::new("the samples of this video were not kept");
                    return Err(error.hint("compute it again"));
                };
                let filter = |traces| self.timed(|| filter(traces));
                let read: Box<Filter> = if self.is_whole_in_memory(&video) {
                    video.compute()?;
                    let filtered = filter(video)?;
                    Box::new(move |_, FilterWindow { first, wanted }| {
                        Ok(filtered.frames(first + wanted.start, wanted.len(), 1))
                    })
                } else {
                    let filtered = FilteredTraces::of(&video, *tiles, self.outline.1, filter)?;
                    Box::new(move |_, FilterWindow { first, wanted }| {
                        filtered.frames(first + wanted.start..first + wanted.end)
                    })
                };
                self.work = Work::Filter(read);
            }
        }
        Ok(())
    }

    fn apply(&self, videos: Vec<Video>, window: FilterWindow) -> Result<Video> {
        let Work::Filter(filter) = &self.work else {
            return Err(Error::new("the first pass over the video is missing"));
        };
        self.timed(|| filter(videos, window))
    }

    fn timed(&self, run: impl FnOnce() -> Result<Video>) -> Result<Video> {
        let place = || Origin::place(self.origin.as_ref());
        task::timed(self.stage.name, place, run)
    }

    /// Computes frames after those of earlier calls.
    fn filter_frames(&mut self, frames: Range<usize>) -> Result<Video> {
        self.prepare()?;
        let needed = self.needed(&frames);
        let per_piece = (self.stage.frames.window() > 0).then_some(self.per_call);
        let windows = self.inputs.iter_mut();
        let windows = windows.map(|input| input.window(needed.clone(), per_piece));
        let windows = windows.collect::<Result<_>>()?;
        self.apply(windows, self.window(&frames, &needed))
    }

    /// Frames of the inputs that frames depend on.
    fn needed(&self, frames: &Range<usize>) -> Range<usize> {
        self.stage.frames.inputs(frames, self.n_inputs)
    }

    /// What a filter gets that makes frames from those they depend on.
    fn window(&self, frames: &Range<usize>, needed: &Range<usize>) -> FilterWindow {
        FilterWindow {
            first: needed.start,
            wanted: self.stage.frames.wanted(frames, needed),
        }
    }

    /// Largest number of frames to be computed at once.
    fn at_most(&self) -> usize {
        let step = self.stage.frames.step();
        let is_of_many = step > 1 && !self.stage.is_view;
        match self.inputs.first().filter(|_| is_of_many) {
            Some(Input { video, .. }) => {
                let frame_bytes = video.nbytes() / self.n_inputs.max(1);
                frames_per_block(step * frame_bytes)
            }
            None => usize::MAX,
        }
    }

    /// Computes any frames.
    fn filter_any(&mut self, frames: Range<usize>) -> Result<Video> {
        if let Work::Prepare(_) = self.work {
            self.compute_inputs()?;
        }
        self.prepare()?;
        let needed = self.needed(&frames);
        let windows = self.inputs.iter();
        let windows = windows.map(|input| input.video.peek(needed.clone()));
        let windows = windows.collect::<Result<_>>()?;
        self.apply(windows, self.window(&frames, &needed))
    }

    fn filter_all(&mut self) -> Result<Video> {
        if let Work::Prepare(_) = self.work {
            self.prepare()?;
        }
        let inputs = std::mem::take(&mut self.inputs).into_iter();
        let videos = inputs.map(|input| self.stage.groups_of(input.video));
        let mut videos: Vec<_> = videos.collect();
        if let Work::Traces(filter, _) = &self.work {
            return self.timed(|| filter(videos.pop().expect("one input")));
        }
        let wanted = 0..self.n_frames;
        self.apply(videos, FilterWindow { first: 0, wanted })
    }

    fn located(&self, error: Error) -> Error {
        let is_located = |hint: &String| hint.starts_with("while ");
        // An earlier stage, or the recording, is where it happened.
        if error.is_interrupted() || error.hints().iter().any(is_located) {
            return error;
        }
        let name = self.stage.name;
        match &self.origin {
            Some(origin) => error.hint(format!("while computing `{name}` of {origin}")),
            None => error.hint(format!("while computing `{name}`")),
        }
    }

    /// What the inputs must be before frames are filtered: all there, if they are needed twice, but not
    /// in memory if nobody else uses them.
    fn compute_inputs(&mut self) -> Result<()> {
        let is_twice = matches!(self.work, Work::Prepare(_));
        for Input { video, .. } in &mut self.inputs {
            let can_be_read = match is_twice {
                true => video.is_repeatable(),
                false => video.is_streamable(),
            };
            if can_be_read {
                continue;
            }
            match ChainFrames::of(video) {
                Some(frames) => *video = frames.keep_every(1, self.n_inputs, |_, _| Ok(()))?,
                None => video.compute()?,
            }
        }
        Ok(())
    }
}

impl Chain for StageRun {
    fn frames(&mut self, frames: Range<usize>) -> Result<Video> {
        self.compute_inputs()?;
        self.computed.forget_before(frames.start);
        let mut known = self.computed.end().unwrap_or(frames.start);
        while known < frames.end {
            let end = frames.end.max(known + self.per_call).min(self.n_frames);
            let end = end.min(known.saturating_add(self.at_most()));
            let new = self.filter_frames(known..end);
            let new = new.map_err(|error| self.located(error))?;
            self.computed.push(known, new);
            known = end;
        }
        Ok(self.computed.take(frames))
    }

    fn peek(&mut self, frames: Range<usize>) -> Result<Video> {
        let found = self.filter_any(frames);
        found.map_err(|error| self.located(error))
    }

    fn whole(&mut self) -> Result<Video> {
        let mut inputs = self.inputs.iter();
        inputs.try_for_each(|input| input.video.compute())?;
        self.filter_all().map_err(|error| self.located(error))
    }

    fn is_repeatable(&self) -> bool {
        let is_view = self.stage.is_view && matches!(self.work, Work::Filter(_));
        let mut inputs = self.inputs.iter();
        is_view && inputs.all(|input| !input.video.is_pending() || input.video.is_repeatable())
    }

    /// Filters make row-major results, unless these are views.
    fn example(&self, n_frames: usize) -> Result<Option<Video>> {
        if !self.stage.is_view {
            let (shape, dtype) = &self.outline;
            return zeros(shape, *dtype, n_frames).map(Some);
        }
        let (Work::Filter(view), [input]) = (&self.work, &self.inputs[..]) else {
            return Ok(None);
        };
        let needed = self.needed(&(0..n_frames));
        let Some(input) = input.video.example(needed.len())? else {
            return Ok(None);
        };
        let wanted = 0..n_frames;
        task::as_part(|| view(vec![input], FilterWindow { first: 0, wanted })).map(Some)
    }

    fn set_origin(&mut self, origin: Origin) {
        self.origin.get_or_insert(origin);
    }

    fn stages(&self) -> Vec<StageInfo> {
        let inputs = self.inputs.iter();
        let mut stages: Vec<_> = inputs.flat_map(|input| input.video.stages()).collect();
        let (before, after) = self.stage.frames.reach();
        stages.push(StageInfo {
            name: self.stage.name,
            origin: self.origin.clone(),
            needs: match self.work {
                Work::Prepare(_) => Needs::All,
                Work::Traces(..) => Needs::EveryFrame,
                Work::Filter(_) => Needs::Frames(before, after),
            },
            nbytes: self.frame_bytes * self.n_frames,
            held: self.held(),
            reads: self.reads(),
            moves: self.moves(),
        });
        stages
    }
}

/// Input of a stage.
struct Input {
    video: Video,
    /// Frames that were computed and may be needed again.
    recent: FrameBuffer,
    /// Number of frames whose memory was given back.
    n_evicted: usize,
}

impl Input {
    fn new(video: Video) -> Self {
        Self {
            video,
            recent: FrameBuffer::default(),
            n_evicted: 0,
        }
    }

    /// Whether a stage that needs its frames twice reads them without having all of them in memory: from
    /// a file again, or from a scratch file.
    fn is_read_twice(&self) -> bool {
        self.video.is_repeatable() || self.video.is_streamable()
    }

    /// Whether a stage that needs its frames twice has all of them in memory meanwhile.
    fn is_kept_in_memory(&self) -> bool {
        let is_in_file = self.video.is_streamable() && !fits_in_memory(self.video.nbytes());
        !self.video.is_repeatable() && !is_in_file
    }

    /// Frames of the input; windows are asked for in order. Those that overlap come in pieces of some
    /// frames, so that few frames are kept longer than needed.
    fn window(&mut self, frames: Range<usize>, per_piece: Option<usize>) -> Result<Video> {
        if !self.video.is_pending() {
            let past = self.n_evicted..frames.start;
            if !past.is_empty() && self.video.evict_frames(past) {
                self.n_evicted = frames.start;
            }
            return Ok(self.video.frames(frames.start, frames.len(), 1));
        }
        let Some(per_piece) = per_piece else {
            let frames = self.video.next_frames(frames)?;
            frames.compute()?;
            return Ok(frames);
        };
        self.recent.forget_before(frames.start);
        let mut known = self.recent.end().unwrap_or(frames.start);
        while known < frames.end {
            let end = frames.end.min(known + per_piece);
            self.recent.push(known, self.video.next_frames(known..end)?);
            known = end;
        }
        Ok(self.recent.gather(frames))
    }
}
