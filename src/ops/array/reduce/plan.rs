//! Order in which samples are visited when some axes are reduced over.
//!
//! Memory is read in order, whatever the axes, flips and rotations of the video: the results are
//! computed in memory order too, and a layout then gives them their axis order.

use std::cmp::Reverse;
use std::ops::Range;

use super::pieces::{Pieces, slice};
use crate::error::Result;
use crate::ops::kernel::{Kernel, run_kernel};
use crate::task;
use crate::video::{Element, Layout, Strided};

/// Number of samples handled in parallel lanes.
const LANES: usize = 32;

/// Number of rows of samples added to the results in one pass.
const ROWS: usize = 8;

/// Number of neighboring results computed together: they stay in the cache.
const TILE: usize = 2048;

/// Number of samples of a run handled at once.
const RUN: usize = 1 << 14;

/// Shortest axis that is worth vectorizing.
const MIN_VECTOR: usize = 16;

/// Minimum and maximum number of samples that one parallel step reduces.
const STEP: Range<usize> = 1 << 15..1 << 22;

/// A reduction of the samples of each result.
pub(super) trait Reducer<T: Element>: Sync {
    /// Running state after some samples.
    type Accumulator: Copy + Send + Sync;

    /// Initial state.
    fn start(&self) -> Self::Accumulator;

    /// Adds rows of samples to the accumulators of neighboring results. The first sample of a row
    /// has the given flat index among the samples of its result, and each next one an index larger
    /// by `step`.
    fn add<'a, const W: usize>(
        &self,
        state: &mut [Self::Accumulator; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        step: i64,
    ) where
        T: 'a;

    /// Merges the accumulator of other samples of the same result.
    fn merge(&self, state: &mut Self::Accumulator, other: Self::Accumulator);
}

/// Adjacent axes that are traversed as one.
#[derive(Clone)]
struct AxisGroup {
    len: usize,
    stride: usize,
    is_reduced: bool,
    /// Increase of a sample's flat index, within its result, per element of the axis.
    flat_index: i64,
    axes: Vec<usize>,
}

impl AxisGroup {
    /// Whether the next, inner axis continues at the next element of this one.
    fn continues_in(&self, inner: &AxisGroup) -> bool {
        self.is_reduced == inner.is_reduced
            && self.stride == inner.stride * inner.len
            && self.flat_index == inner.flat_index * inner.len as i64
    }
}

/// Order in which samples are visited, and positions of the results.
pub(super) struct ReductionPlan {
    offset: usize,
    flat_index: i64,
    /// Axes of the results, without the vectorized axis.
    kept: Vec<AxisGroup>,
    /// Axes that are reduced over, without the vectorized axis.
    reduced: Vec<AxisGroup>,
    /// Vectorized axis.
    vector: AxisGroup,
    results: Layout,
}

impl ReductionPlan {
    /// Plan to reduce over some axes of an array that is not empty. Flat indices count the samples
    /// of a result in row-major order; they are all 0 unless `has_indices`.
    pub(super) fn new(layout: &Layout, is_reduced: &[bool], has_indices: bool) -> Self {
        let (mut offset, mut flat_index, mut count) = (layout.offset(), 0, 1);
        let mut axes = Vec::new();
        let mut is_flipped = vec![false; is_reduced.len()];
        for (axis, &is_reduced) in is_reduced.iter().enumerate().rev() {
            let (len, stride) = (layout.shape()[axis], layout.strides()[axis]);
            let mut step = 0;
            if is_reduced && has_indices {
                step = count;
                count *= len as i64;
            }
            if stride < 0 {
                is_flipped[axis] = true;
                offset = offset.wrapping_add_signed(stride * (len as isize - 1));
                flat_index += step * (len as i64 - 1);
                step = -step;
            }
            axes.push(AxisGroup {
                len,
                stride: stride.unsigned_abs(),
                is_reduced,
                flat_index: step,
                axes: vec![axis],
            });
        }
        axes.retain(|axis| axis.len > 1);
        axes.reverse();
        axes.sort_by_key(|axis| Reverse(axis.stride));
        let mut groups = joined(axes);
        let vector = groups.remove(vector_of(&groups));
        let (reduced, kept) = groups.into_iter().partition(|group| group.is_reduced);
        let mut plan = Self {
            offset,
            flat_index,
            kept,
            reduced,
            vector,
            results: Layout::contiguous(&[]),
        };
        plan.results = plan.result_layout(layout.shape(), is_reduced, &is_flipped);
        plan
    }

    fn result_layout(&self, shape: &[usize], is_reduced: &[bool], is_flipped: &[bool]) -> Layout {
        let mut strides = vec![0; shape.len()];
        let mut stride = 1;
        let vector = Some(&self.vector).filter(|vector| !vector.is_reduced);
        for group in vector.into_iter().chain(self.kept.iter().rev()) {
            for &axis in group.axes.iter().rev() {
                strides[axis] = stride;
                stride *= shape[axis] as isize;
            }
        }
        let mut offset = 0;
        let kept: Vec<usize> = (0..shape.len()).filter(|axis| !is_reduced[*axis]).collect();
        for &axis in kept.iter().filter(|axis| is_flipped[**axis]) {
            offset += strides[axis] as usize * (shape[axis] - 1);
            strides[axis] = -strides[axis];
        }
        let lens: Vec<_> = kept.iter().map(|axis| shape[*axis]).collect();
        let strides: Vec<_> = kept.iter().map(|axis| strides[*axis]).collect();
        Layout::new(offset, &lens, &strides)
    }

    /// Layout of the results, which are computed in memory order.
    pub(super) fn results(&self) -> &Layout {
        &self.results
    }

    /// Number of samples of each result.
    pub(super) fn samples(&self) -> usize {
        let rows = self.rows();
        if self.vector.is_reduced {
            rows * self.vector.len
        } else {
            rows
        }
    }

    /// Number of runs, or of rows, that are reduced into a result.
    fn rows(&self) -> usize {
        self.reduced.iter().map(|group| group.len).product()
    }

    /// Number of neighboring results in a line: those along the vectorized axis, or all.
    fn line(&self) -> usize {
        if self.vector.is_reduced {
            self.results.len()
        } else {
            self.vector.len
        }
    }

    /// Number of chunks of a result: its rows, with runs longer than [`RUN`] divided.
    fn chunks(&self) -> usize {
        let runs = if self.vector.is_reduced {
            self.vector.len.div_ceil(RUN)
        } else {
            1
        };
        self.rows() * runs
    }

    /// Number of neighboring results per step, and number of steps that share the samples of each
    /// result. Depends on the shape only, so that sums are reproducible to the bit.
    fn steps(&self, most_in_tile: usize) -> (usize, usize) {
        let samples = self.samples().max(1);
        let tile = if self.vector.is_reduced {
            (STEP.start / samples).clamp(1, TILE)
        } else {
            most_in_tile
        };
        let steps = self.results.len().div_ceil(tile.min(self.line()));
        let in_step = samples * tile.min(self.line());
        let wanted = (16 / steps).max(in_step / STEP.end);
        let memory = ((1 << 20) / self.results.len()).clamp(64, 4096);
        let most = (in_step / STEP.start).min(self.chunks()).min(memory);
        (tile, wanted.min(most).max(1))
    }

    /// All samples.
    fn all(&self) -> Portion {
        Portion {
            results: 0..self.results.len(),
            chunks: 0..self.chunks(),
        }
    }

    /// Chunks of each of the steps that share the samples of a result.
    fn parts(&self, parts: usize) -> impl Iterator<Item = Range<usize>> {
        let chunks = self.chunks();
        (0..parts).map(move |part| chunks * part / parts..chunks * (part + 1) / parts)
    }

    /// Offset of the first sample of a result.
    fn origin(&self, result: usize) -> usize {
        if self.vector.is_reduced {
            return self.offset + locate(&self.kept, result).0;
        }
        let (line, at) = (result / self.vector.len, result % self.vector.len);
        self.offset + locate(&self.kept, line).0 + at * self.vector.stride
    }

    /// Offset of a row from the origin of its results, and its flat index among their samples.
    fn row(&self, row: usize) -> (usize, i64) {
        let (offset, flat_index) = locate(&self.reduced, row);
        (offset, self.flat_index + flat_index)
    }

    /// Part of a run in a chunk: its offset from the origin of its result, its length, and the flat
    /// index of its first sample.
    fn run(&self, chunk: usize) -> (usize, usize, i64) {
        let in_row = self.vector.len.div_ceil(RUN);
        let (offset, flat_index) = self.row(chunk / in_row);
        let start = chunk % in_row * RUN;
        let len = RUN.min(self.vector.len - start);
        (
            offset + start * self.vector.stride,
            len,
            flat_index + start as i64 * self.vector.flat_index,
        )
    }
}

/// Axes in memory order, with nested contiguous ones joined.
fn joined(axes: Vec<AxisGroup>) -> Vec<AxisGroup> {
    let mut groups: Vec<AxisGroup> = Vec::new();
    for inner in axes {
        match groups.last_mut() {
            Some(outer) if outer.continues_in(&inner) => {
                outer.len *= inner.len;
                outer.stride = inner.stride;
                outer.flat_index = inner.flat_index;
                outer.axes.extend(inner.axes);
            }
            _ => groups.push(inner),
        }
    }
    if groups.is_empty() {
        groups.push(AxisGroup {
            len: 1,
            stride: 1,
            is_reduced: true,
            flat_index: 0,
            axes: Vec::new(),
        });
    }
    groups
}

/// Innermost axis that is long enough, or the longest.
fn vector_of(groups: &[AxisGroup]) -> usize {
    let long = groups.iter().rposition(|group| group.len >= MIN_VECTOR);
    let longest = (0..groups.len()).max_by_key(|at| groups[*at].len);
    long.or(longest).expect("at least one group")
}

/// Offset and flat index of an index of some axes, counted in row-major order.
fn locate(groups: &[AxisGroup], mut index: usize) -> (usize, i64) {
    let (mut offset, mut flat_index) = (0, 0);
    for group in groups.iter().rev() {
        let at = index % group.len;
        index /= group.len;
        offset += at * group.stride;
        flat_index += at as i64 * group.flat_index;
    }
    (offset, flat_index)
}

/// Part of the work: some results, and some of their chunks.
struct ReductionStep<'a, K> {
    first: usize,
    state: &'a mut [K],
    chunks: Range<usize>,
}

/// Reduces all samples, with results in the order of `plan`.
pub(super) fn reduce<T: Element, F: Reducer<T>>(
    storage: &[T],
    plan: &ReductionPlan,
    reducer: &F,
) -> Result<Vec<F::Accumulator>> {
    let mut accumulation = Accumulation::new(plan, reducer);
    accumulation.add(&Pieces::new(0, [storage]), plan.all())?;
    Ok(accumulation.results())
}

/// Some of the chunks of some neighboring results.
pub(super) struct Portion {
    results: Range<usize>,
    chunks: Range<usize>,
}

/// A reduction to which samples are added portion by portion, with the same results to the bit as
/// all at once.
pub(super) struct Accumulation<'a, T: Element, F: Reducer<T>> {
    plan: &'a ReductionPlan,
    reducer: &'a F,
    /// Number of neighboring results per step.
    tile: usize,
    /// Number of steps that share the samples of each result.
    parts: usize,
    /// Accumulators of all results, for each part.
    state: Vec<F::Accumulator>,
}

impl<'a, T: Element, F: Reducer<T>> Accumulation<'a, T, F> {
    pub(super) fn new(plan: &'a ReductionPlan, reducer: &'a F) -> Self {
        let (tile, parts) = plan.steps(TILE);
        Self {
            plan,
            reducer,
            tile,
            parts,
            state: vec![reducer.start(); parts * plan.results.len()],
        }
    }

    /// Adds the samples of a portion, which comes after earlier ones.
    pub(super) fn add(&mut self, storage: &Pieces<'_, T>, portion: Portion) -> Result<()> {
        let (plan, tile, line_len) = (self.plan, self.tile, self.plan.line());
        let Portion { results, chunks } = portion;
        let mut steps = Vec::new();
        let parts = self.state.chunks_mut(plan.results.len());
        for (of_part, state) in plan.parts(self.parts).zip(parts) {
            let chunks = of_part.start.max(chunks.start)..of_part.end.min(chunks.end);
            if chunks.is_empty() {
                continue;
            }
            let lines = state.chunks_mut(line_len).enumerate();
            let lines = lines.take(results.end.div_ceil(line_len));
            for (line, state) in lines.skip(results.start / line_len) {
                let first = line * line_len;
                let from = results.start.saturating_sub(first) / tile;
                for (i, state) in state.chunks_mut(tile).enumerate().skip(from) {
                    let first = first + i * tile;
                    let from = results.start.saturating_sub(first);
                    let to = results.end.saturating_sub(first).min(state.len());
                    if to == 0 {
                        break;
                    }
                    steps.push(ReductionStep {
                        first: first + from,
                        state: &mut state[from..to],
                        chunks: chunks.clone(),
                    });
                }
            }
        }
        let kernel = ReductionKernel {
            storage,
            plan,
            reducer: self.reducer,
        };
        task::for_each_init("reading samples", steps, Vec::new, |copy, step| {
            run_kernel(&kernel, (step, copy));
            Ok(())
        })
    }

    /// What the results come to.
    pub(super) fn results(mut self) -> Vec<F::Accumulator> {
        let outputs = self.plan.results.len();
        let (results, parts) = self.state.split_at_mut(outputs);
        for part in parts.chunks(outputs) {
            for (state, other) in results.iter_mut().zip(part) {
                self.reducer.merge(state, *other);
            }
        }
        self.state.truncate(outputs);
        self.state
    }
}

/// A reduction of frames in row-major order that come one after the other.
pub(super) struct FrameWalk<'a> {
    plan: &'a ReductionPlan,
    n_frames: usize,
    frame_len: usize,
    /// Whether the frames are reduced, rather than each having results.
    is_over_time: bool,
    parts: usize,
    /// Number of chunks, or of frames with results, that were added.
    done: usize,
}

impl<'a> FrameWalk<'a> {
    /// A walk over frames of a length; `None` if the plan visits samples of late frames before ones
    /// of early frames.
    pub(super) fn new(plan: &'a ReductionPlan, n_frames: usize, frame_len: usize) -> Option<Self> {
        let has_time = |group: &AxisGroup| group.axes.contains(&0);
        let vector = &plan.vector;
        let is_first = |groups: &[AxisGroup], is_reduced: bool| {
            let first = groups.first();
            first.is_some_and(has_time)
                || first.is_none() && vector.is_reduced == is_reduced && has_time(vector)
        };
        let is_over_time = is_first(&plan.reduced, true);
        (is_over_time || is_first(&plan.kept, false)).then(|| Self {
            plan,
            n_frames,
            frame_len,
            is_over_time,
            parts: plan.steps(TILE).1,
            done: 0,
        })
    }

    /// First frame that is still needed.
    pub(super) fn first_needed(&self) -> usize {
        match self.is_over_time {
            true if self.done == self.plan.chunks() => usize::MAX,
            true => self.frames_of(self.done).start,
            false => self.done,
        }
    }

    /// What can be added now that the frames before `end` are there.
    pub(super) fn advance(&mut self, end: usize) -> Portion {
        let (start, plan) = (self.done, self.plan);
        if !self.is_over_time {
            let n_results = |frames: usize| plan.results.len() / self.n_frames * frames;
            self.done = end;
            return Portion {
                results: n_results(start)..n_results(end),
                chunks: 0..plan.chunks(),
            };
        }
        let mut chunk = start;
        while chunk < plan.chunks() && self.frames_of(chunk).end <= end {
            chunk += 1;
        }
        // Rows are added to the results several at a time.
        if !plan.vector.is_reduced
            && let Some(part) = plan.parts(self.parts).find(|part| part.contains(&chunk))
        {
            chunk -= (chunk - part.start) % ROWS;
        }
        self.done = chunk.max(start);
        Portion {
            results: 0..plan.results.len(),
            chunks: start..self.done,
        }
    }

    /// Frames with samples of a chunk.
    fn frames_of(&self, chunk: usize) -> Range<usize> {
        let (first, last) = match self.plan.vector.is_reduced {
            true => {
                let (offset, len, _) = self.plan.run(chunk);
                (offset, offset + (len - 1) * self.plan.vector.stride)
            }
            false => {
                let (offset, _) = self.plan.row(chunk);
                (offset, offset)
            }
        };
        first / self.frame_len..last / self.frame_len + 1
    }
}

struct ReductionKernel<'a, T, F> {
    storage: &'a Pieces<'a, T>,
    plan: &'a ReductionPlan,
    reducer: &'a F,
}

impl<'a, T: Element, F: Reducer<T>> Kernel<(ReductionStep<'a, F::Accumulator>, &'a mut Vec<T>)>
    for ReductionKernel<'_, T, F>
{
    #[inline(always)]
    fn run(&self, (step, copy): (ReductionStep<'a, F::Accumulator>, &'a mut Vec<T>)) {
        if self.plan.vector.is_reduced {
            self.reduce_runs(step, copy);
        } else {
            self.reduce_rows(step, copy);
        }
    }
}

impl<T: Element, F: Reducer<T>> ReductionKernel<'_, T, F> {
    /// Adds runs of samples, each to its one result.
    #[inline(always)]
    fn reduce_runs(&self, step: ReductionStep<'_, F::Accumulator>, copy: &mut Vec<T>) {
        let (stride, flat_step) = (self.plan.vector.stride, self.plan.vector.flat_index);
        for (i, state) in step.state.iter_mut().enumerate() {
            let origin = self.plan.origin(step.first + i);
            for chunk in step.chunks.clone() {
                let (offset, len, flat_index) = self.plan.run(chunk);
                let samples = self.storage.slice(origin + offset, len, stride, copy);
                self.reduce_run(state, samples, flat_index, flat_step);
            }
        }
    }

    #[inline(always)]
    fn reduce_run(&self, state: &mut F::Accumulator, samples: &[T], flat_index: i64, step: i64) {
        let (chunks, rest) = samples.as_chunks::<LANES>();
        if !chunks.is_empty() {
            let mut lanes = [self.reducer.start(); LANES];
            let rows = chunks.iter().enumerate();
            let rows = rows.map(|(row, chunk)| (chunk, flat_index + (row * LANES) as i64 * step));
            self.reducer.add(&mut lanes, rows, step);
            for lane in lanes {
                self.reducer.merge(state, lane);
            }
        }
        if !rest.is_empty() {
            let first = (samples.len() - rest.len()) as i64;
            self.add_run(state, rest, flat_index + first * step, step);
        }
    }

    /// Adds a run that is too short for the lanes. Like [`Self::add_columns`] it is compiled once
    /// for all kinds of processors, since wider registers would not make it faster.
    #[inline(never)]
    fn add_run(&self, state: &mut F::Accumulator, samples: &[T], flat_index: i64, step: i64) {
        let rows = samples.iter().enumerate();
        let rows = rows.map(|(i, x)| (std::array::from_ref(x), flat_index + i as i64 * step));
        self.reducer.add(std::array::from_mut(state), rows, step);
    }

    /// Adds rows of samples to the results, column by column. No piece divides a row: neighboring
    /// results are those of one frame, or of the frames that came last.
    #[inline(always)]
    fn reduce_rows(&self, step: ReductionStep<'_, F::Accumulator>, copy: &mut Vec<T>) {
        let (len, stride) = (step.state.len(), self.plan.vector.stride);
        let origin = self.plan.origin(step.first);
        for first in step.chunks.clone().step_by(ROWS) {
            let count = ROWS.min(step.chunks.end - first);
            let flat_indices: [(usize, i64); ROWS] = std::array::from_fn(|i| {
                if i < count {
                    self.plan.row(first + i)
                } else {
                    (0, 0)
                }
            });
            let flat_indices = &flat_indices[..count];
            let mut rows = [(&[][..], 0); ROWS];
            if stride == 1 {
                for (row, (offset, flat_index)) in rows.iter_mut().zip(flat_indices) {
                    let start = origin + offset;
                    let (first, piece) = self.storage.piece_of(start);
                    *row = (&piece[start - first..][..len], *flat_index);
                }
            } else {
                copy.clear();
                for (offset, _) in flat_indices {
                    let start = origin + offset;
                    let (first, piece) = self.storage.piece_of(start);
                    copy.extend((0..len).map(|i| piece[start - first + i * stride]));
                }
                for ((row, copy), (_, flat_index)) in
                    rows.iter_mut().zip(copy.chunks(len)).zip(flat_indices)
                {
                    *row = (copy, *flat_index);
                }
            }
            self.reduce_tile(step.state, &rows[..count]);
        }
    }

    #[inline(always)]
    fn reduce_tile(&self, state: &mut [F::Accumulator], rows: &[(&[T], i64)]) {
        let (chunks, rest) = state.as_chunks_mut::<LANES>();
        let first = chunks.len() * LANES;
        for (i, state) in chunks.iter_mut().enumerate() {
            let rows = rows
                .iter()
                .map(|(row, flat_index)| (part(row, i * LANES), *flat_index));
            self.reducer.add(state, rows, 0);
        }
        if !rest.is_empty() {
            self.add_columns(rest, rows, first);
        }
    }

    /// Adds the samples of rows from the `first` on to fewer results than there are lanes.
    #[inline(never)]
    fn add_columns(&self, state: &mut [F::Accumulator], rows: &[(&[T], i64)], first: usize) {
        for (i, state) in state.iter_mut().enumerate() {
            let rows = rows
                .iter()
                .map(|(row, flat_index)| (part(row, first + i), *flat_index));
            self.reducer.add(std::array::from_mut(state), rows, 0);
        }
    }
}

/// Some samples of a row.
#[inline(always)]
fn part<T, const W: usize>(row: &[T], start: usize) -> &[T; W] {
    row[start..]
        .first_chunk()
        .expect("rows as long as the results beneath")
}

/// Scans all samples in any order: `add` adds a run to the state that `start` created for the step,
/// and `finish` takes the state at the end.
pub(super) fn scan<T: Element, S>(
    array: &Strided<T>,
    start: impl Fn() -> S + Sync,
    add: impl Fn(&mut S, &[T]) + Sync,
    finish: impl Fn(S) + Sync,
) -> Result<()> {
    const SAMPLES: usize = 1 << 20;
    let layout = array.layout();
    if layout.is_empty() {
        return Ok(());
    }
    let plan = ReductionPlan::new(layout, &vec![true; layout.shape().len()], false);
    let in_chunk = plan.samples().div_ceil(plan.chunks());
    let in_step = (SAMPLES / in_chunk).max(1);
    let steps = 0..plan.chunks().div_ceil(in_step);
    task::for_each_init("reading samples", steps, Vec::new, |copy, step| {
        let mut state = start();
        for chunk in step * in_step..plan.chunks().min((step + 1) * in_step) {
            let (offset, len, _) = plan.run(chunk);
            let start = plan.offset + offset;
            let samples = slice(array.storage(), start, len, plan.vector.stride, copy);
            add(&mut state, samples);
        }
        finish(state);
        Ok(())
    })
}

/// Neighboring results whose samples are all processed together.
pub(super) struct Gathered<'a, T> {
    plan: &'a ReductionPlan,
    storage: &'a [T],
    first: usize,
    len: usize,
}

impl<T: Element> Gathered<'_, T> {
    /// Samples of the only result.
    pub(super) fn run(&self, mut take: impl FnMut(T)) {
        let origin = self.plan.origin(self.first);
        for chunk in 0..self.plan.chunks() {
            let (offset, len, _) = self.plan.run(chunk);
            for i in 0..len {
                take(self.storage[origin + offset + i * self.plan.vector.stride]);
            }
        }
    }

    /// One sample of each result at a time.
    pub(super) fn rows(&self, mut take: impl FnMut(&[T])) {
        let origin = self.plan.origin(self.first);
        let mut copy = Vec::new();
        for row in 0..self.plan.rows() {
            let start = origin + self.plan.row(row).0;
            let stride = self.plan.vector.stride;
            take(slice(self.storage, start, self.len, stride, &mut copy));
        }
    }

    /// Whether there is only one result, whose samples are read in runs.
    pub(super) fn is_run(&self) -> bool {
        self.plan.vector.is_reduced
    }
}

/// Computes results that need all their samples at once: `make` gets up to `width` neighboring
/// results of type `U`, and scratch memory that is reused.
pub(super) fn gather<T: Element, U: Send, S>(
    array: &Strided<T>,
    plan: &ReductionPlan,
    width: usize,
    results: &mut [U],
    per_result: usize,
    memory: impl Fn() -> S + Send + Sync,
    make: impl Fn(&mut S, Gathered<'_, T>, &mut [U]) + Sync,
) -> Result<()> {
    let tile = if plan.vector.is_reduced { 1 } else { width };
    let mut steps = Vec::new();
    for (line, results) in results.chunks_mut(plan.line() * per_result).enumerate() {
        for (i, results) in results.chunks_mut(tile * per_result).enumerate() {
            steps.push((line * plan.line() + i * tile, results));
        }
    }
    let storage = array.storage();
    task::for_each_init(
        "reading samples",
        steps,
        memory,
        |memory, (first, results)| {
            let len = results.len() / per_result;
            make(
                memory,
                Gathered {
                    plan,
                    storage,
                    first,
                    len,
                },
                results,
            );
            Ok(())
        },
    )
}
