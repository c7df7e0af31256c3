//! Frames that filters read, in one or several pieces of memory.

use std::ops::Range;

use crate::video::{Element, Real, Samples, Video, read_run};

/// Smallest number of samples whose rows are better read where they are, each for itself.
const MIN_RUN: usize = 64;

/// Frames of a video, wherever they are.
pub struct SourceFrames {
    pieces: Vec<SourcePiece>,
}

/// Consecutive frames in one place.
struct SourcePiece {
    frames: Range<usize>,
    samples: Samples,
}

impl SourceFrames {
    /// Frames of a video, which are computed first if they are pending.
    pub fn of(video: &Video) -> Self {
        match video.pieces() {
            Some(pieces) => Self::joined(pieces.iter().map(|piece| piece.samples().clone())),
            None => Self::joined([video.samples().clone()]),
        }
    }

    /// Frames one after the other.
    pub(super) fn joined(pieces: impl IntoIterator<Item = Samples>) -> Self {
        let mut first = 0;
        let piece = |samples: Samples| {
            let frames = first..first + samples.layout().shape()[0];
            first = frames.end;
            SourcePiece { frames, samples }
        };
        Self {
            pieces: pieces.into_iter().map(piece).collect(),
        }
    }

    /// The piece of a frame, and the index of the frame in it.
    fn find(&self, frame: usize) -> (&Samples, usize) {
        let mut pieces = self.pieces.iter();
        let piece = pieces.find(|piece| piece.frames.contains(&frame));
        let piece = piece.expect("a frame of the video");
        (&piece.samples, frame - piece.frames.start)
    }

    /// The samples of a frame where they are, if they are of the type and one after the other.
    pub fn slice<R: Element>(&self, frame: usize) -> Option<&[R]> {
        let (samples, frame) = self.find(frame);
        R::unwrap_ref(samples)?.frame_slice(frame)
    }

    /// Reads a run of samples of a frame.
    pub fn read<R: Real>(&self, frame: usize, run: Range<usize>, out: &mut [R]) {
        let (samples, frame) = self.find(frame);
        samples.read_frames(frame..frame + 1, run, out);
    }

    /// Reads a run of samples of a frame, which have type `T`.
    ///
    /// # Panics
    /// If the samples are of another type.
    pub fn read_unconverted<T: Element>(&self, frame: usize, run: Range<usize>, out: &mut [T]) {
        let (samples, frame) = self.find(frame);
        let array = T::unwrap_ref(samples).expect("samples of the type asked for");
        read_run(array, frame, run, out);
    }

    /// Reads the same run of all frames, one after the other.
    pub(super) fn read_all<R: Real>(&self, run: Range<usize>, out: &mut [R]) {
        for SourcePiece { frames, samples } in &self.pieces {
            let out = &mut out[frames.start * run.len()..frames.end * run.len()];
            samples.read_frames(0..frames.len(), run.clone(), out);
        }
    }

    /// Greatest number of samples of a frame, counted from each multiple of it, that [`Self::rows`] need
    /// not copy; all if there is none that pays.
    pub(super) fn run_len(&self) -> usize {
        let lens = self.pieces.iter();
        let lens = lens.map(|piece| piece.samples.layout().run_len());
        lens.min()
            .filter(|len| *len >= MIN_RUN)
            .unwrap_or(usize::MAX)
    }

    /// The same run of all frames, which have samples of type `T`: where they are, if they are one
    /// after the other, and else in a buffer.
    ///
    /// # Panics
    /// If the samples are of another type.
    pub(super) fn rows<'a, T: Element>(
        &'a self,
        run: Range<usize>,
        buffer: &'a mut Vec<T>,
    ) -> Vec<&'a [T]> {
        let arrays = self.pieces.iter().map(|piece| {
            let array = T::unwrap_ref(&piece.samples).expect("samples of the type asked for");
            let len = array.layout().run_len();
            (array, run.start / len == (run.end - 1) / len)
        });
        let to_read = arrays.clone().filter(|(_, is_run)| !is_run);
        let to_read = to_read.map(|(array, _)| array.shape()[0]).sum::<usize>();
        buffer.resize(to_read * run.len(), T::default());
        let mut buffers = buffer.chunks_exact_mut(run.len());
        let mut rows = Vec::with_capacity(self.pieces.last().map_or(0, |last| last.frames.end));
        for (array, is_run) in arrays {
            rows.extend((0..array.shape()[0]).map(|frame| {
                if is_run {
                    return array.run_slice(frame, run.clone());
                }
                let row = buffers.next().expect("a buffer for each row to be read");
                read_run(array, frame, run.clone(), row);
                &*row
            }));
        }
        rows
    }
}
