//! Division of samples into chunks, and reading them run by run.

use std::ops::Range;

use super::{RUN, STEP};
use crate::video::{Element, Layout, Real, Samples, Strided, Video, read_run};

/// Division of the samples of a video, in row-major order, into chunks that fit the cache of a
/// core.
pub(in crate::ops) struct ChunkPlan {
    frame_len: usize,
    /// Number of samples of a chunk, which is one parallel step.
    pub(in crate::ops) len: usize,
    /// Number of samples read at a time.
    run_len: usize,
}

impl ChunkPlan {
    /// Chunks that suit all of the layouts, which have the same shape.
    pub(in crate::ops) fn of<'a>(layouts: impl IntoIterator<Item = &'a Layout>) -> Self {
        let mut chunks = Self {
            frame_len: 1,
            len: STEP,
            run_len: RUN,
        };
        for layout in layouts {
            let shape = layout.shape();
            chunks.frame_len = shape[1.min(shape.len())..].iter().product::<usize>().max(1);
            if !layout.has_contiguous_frames() {
                // Whole frames are put in order.
                chunks.len = (STEP / chunks.frame_len).max(1) * chunks.frame_len;
                chunks.run_len = chunks.len;
            }
        }
        chunks
    }

    /// Divides the results of a chunk into runs that are read and computed one at a time, each with
    /// the index of its first sample.
    pub(in crate::ops) fn cut<'a, T>(
        &self,
        chunk: usize,
        results: &'a mut [T],
    ) -> impl Iterator<Item = (usize, &'a mut [T])> {
        let (first, run_len) = (chunk * self.len, self.run_len);
        let runs = results.chunks_mut(run_len).enumerate();
        runs.map(move |(run, results)| (first + run * run_len, results))
    }

    /// Calls back with the frames and the range within each of them that hold the `len` samples
    /// from `first` on, and with the number of samples.
    pub(in crate::ops) fn runs(
        &self,
        mut first: usize,
        len: usize,
        mut read: impl FnMut(Range<usize>, Range<usize>, Range<usize>),
    ) {
        let origin = first;
        let end = first + len;
        while first < end {
            let (frame, begin) = (first / self.frame_len, first % self.frame_len);
            let whole = (end - first) / self.frame_len;
            let (frames, run) = if begin == 0 && whole > 0 {
                (frame..frame + whole, 0..self.frame_len)
            } else {
                let run = (self.frame_len - begin).min(end - first);
                (frame..frame + 1, begin..begin + run)
            };
            let next = first + frames.len() * run.len();
            read(frames, run, first - origin..next - origin);
            first = next;
        }
    }
}

/// Samples as kernels read them: always as a run of one type.
pub(in crate::ops) enum OperandSamples<T> {
    /// The same number for every sample.
    Number(T),
    /// Samples that are contiguous in memory.
    Ordered(Strided<T>),
    /// Samples to be put in order, or converted, run by run.
    Read(
        Samples,
        fn(&Samples, std::ops::Range<usize>, std::ops::Range<usize>, &mut [T]),
    ),
}

impl<T: Element> OperandSamples<T> {
    /// Samples that already have the type, broadcast to a compatible shape.
    pub(in crate::ops) fn same_stretched(video: &Video, shape: &[usize]) -> Self {
        Self::same(&stretch(video, shape))
    }

    /// Samples that already have the type.
    pub(in crate::ops) fn same(samples: &Samples) -> Self {
        match T::unwrap(samples.clone()) {
            Some(array) if array.as_slice().is_some() => OperandSamples::Ordered(array),
            _ => OperandSamples::Read(samples.clone(), |samples, frames, run, out| {
                let array = T::unwrap(samples.clone()).expect("of the type when it was made");
                for (frame, out) in frames.zip(out.chunks_exact_mut(run.len().max(1))) {
                    read_run(&array, frame, run.clone(), out);
                }
            }),
        }
    }

    pub(in crate::ops) fn layout(&self) -> Option<&Layout> {
        match self {
            OperandSamples::Number(_) => None,
            OperandSamples::Ordered(array) => Some(array.layout()),
            OperandSamples::Read(samples, _) => Some(samples.layout()),
        }
    }

    /// Reads the samples from `first` on into memory.
    pub(in crate::ops) fn read(&self, chunks: &ChunkPlan, first: usize, out: &mut [T]) {
        match self {
            OperandSamples::Number(number) => out.fill(*number),
            OperandSamples::Ordered(array) => {
                let samples = array.as_slice().expect("checked when it was made");
                out.copy_from_slice(&samples[first..first + out.len()]);
            }
            OperandSamples::Read(samples, read) => {
                chunks.runs(first, out.len(), |frames, run, offset| {
                    read(samples, frames, run, &mut out[offset]);
                });
            }
        }
    }

    /// The samples from `first` on, borrowed in place or read into the scratch memory.
    pub(in crate::ops) fn run<'a>(
        &'a self,
        chunks: &ChunkPlan,
        first: usize,
        len: usize,
        scratch: &'a mut Vec<T>,
    ) -> &'a [T] {
        match self {
            OperandSamples::Ordered(array) => {
                let samples = array.as_slice().expect("checked when it was made");
                return &samples[first..first + len];
            }
            OperandSamples::Number(number) => scratch.resize(len, *number),
            OperandSamples::Read(..) => {
                scratch.resize(len, T::default());
                self.read(chunks, first, scratch);
            }
        }
        &scratch[..len]
    }
}

impl<R: Real> OperandSamples<R> {
    /// Samples of a video, converted if they have another type.
    pub(in crate::ops) fn of(samples: &Samples) -> Self {
        if samples.dtype() == R::DTYPE {
            return Self::same(samples);
        }
        OperandSamples::Read(samples.clone(), |samples, frames, run, out| {
            samples.read_frames(frames, run, out);
        })
    }

    /// Samples of a video, broadcast to a compatible shape.
    pub(in crate::ops) fn stretched(video: &Video, shape: &[usize]) -> Self {
        Self::of(&stretch(video, shape))
    }
}

fn stretch(video: &Video, shape: &[usize]) -> Samples {
    let layout = video.layout().broadcast(shape).expect("a common shape");
    video.samples().with_layout(layout)
}
