//! The walk over the samples that are summed up along some axes.
//!
//! It goes through memory in order, whatever the axes, flips and rotations of the video: the
//! results are made in the order of memory too, and then seen through a layout that puts them
//! in theirs.

use std::cmp::Reverse;
use std::ops::Range;

use crate::error::Result;
use crate::ops::kernel::{Kernel, run_kernel};
use crate::task;
use crate::video::{Element, Layout, Strided};

/// How many samples are handled side by side.
const LANES: usize = 32;

/// How many rows of samples are added to the results beneath them at once.
const ROWS: usize = 8;

/// How many neighbouring results are made together: they stay in the cache.
const TILE: usize = 2048;

/// How many samples of a run are handled at once.
const RUN: usize = 1 << 14;

/// The shortest axis that is worth handling side by side.
const MIN_VECTOR: usize = 16;

/// How many samples one parallel step sums up, at least and at most.
const STEP: Range<usize> = 1 << 15..1 << 22;

/// What is made of the samples of one result.
pub(super) trait Fold<T: Element>: Sync {
    /// What is known after some samples.
    type Known: Copy + Send + Sync;

    /// What is known before the first.
    fn start(&self) -> Self::Known;

    /// Adds a row of samples to what is known about results side by side, for each of the rows.
    /// The first sample of a row has the place given with it among the samples of its result, the
    /// next one a place `step` further on.
    fn add<'a, const W: usize>(
        &self,
        known: &mut [Self::Known; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        step: i64,
    ) where
        T: 'a;

    /// Adds what is known about other samples of the same result.
    fn merge(&self, known: &mut Self::Known, other: Self::Known);
}

/// Neighbouring axes that are walked as one.
#[derive(Clone)]
struct Group {
    len: usize,
    stride: usize,
    is_reduced: bool,
    /// By how much the place of a sample among those of its result grows along it.
    place: i64,
    axes: Vec<usize>,
}

impl Group {
    /// Whether the elements of the next, inner axis go on at the next element of this one.
    fn continues_in(&self, inner: &Group) -> bool {
        self.is_reduced == inner.is_reduced
            && self.stride == inner.stride * inner.len
            && self.place == inner.place * inner.len as i64
    }
}

/// In which order samples are visited, and where the results belong.
pub(super) struct Walk {
    offset: usize,
    place: i64,
    /// Axes that the results have, without the vector.
    kept: Vec<Group>,
    /// Axes that are summed up, without the vector.
    reduced: Vec<Group>,
    /// The axis along which samples are handled side by side.
    vector: Group,
    results: Layout,
}

impl Walk {
    /// A walk that sums up some of the axes of an array that is not empty. Places count the
    /// samples of a result in row-major order; they are all 0 unless `has_places`.
    pub(super) fn new(layout: &Layout, is_reduced: &[bool], has_places: bool) -> Self {
        let (mut offset, mut place, mut count) = (layout.offset(), 0, 1);
        let mut axes = Vec::new();
        let mut is_flipped = vec![false; is_reduced.len()];
        for (axis, &is_reduced) in is_reduced.iter().enumerate().rev() {
            let (len, stride) = (layout.shape()[axis], layout.strides()[axis]);
            let mut step = 0;
            if is_reduced && has_places {
                step = count;
                count *= len as i64;
            }
            if stride < 0 {
                is_flipped[axis] = true;
                offset = offset.wrapping_add_signed(stride * (len as isize - 1));
                place += step * (len as i64 - 1);
                step = -step;
            }
            axes.push(Group {
                len,
                stride: stride.unsigned_abs(),
                is_reduced,
                place: step,
                axes: vec![axis],
            });
        }
        axes.retain(|axis| axis.len > 1);
        axes.reverse();
        axes.sort_by_key(|axis| Reverse(axis.stride));
        let mut groups = joined(axes);
        let vector = groups.remove(vector_of(&groups));
        let (reduced, kept) = groups.into_iter().partition(|group| group.is_reduced);
        let mut walk = Self {
            offset,
            place,
            kept,
            reduced,
            vector,
            results: Layout::contiguous(&[]),
        };
        walk.results = walk.result_layout(layout.shape(), is_reduced, &is_flipped);
        walk
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

    /// How the results, which are made in the order of memory, are to be seen.
    pub(super) fn results(&self) -> &Layout {
        &self.results
    }

    /// The number of samples of each result.
    pub(super) fn samples(&self) -> usize {
        let rows = self.rows();
        if self.vector.is_reduced {
            rows * self.vector.len
        } else {
            rows
        }
    }

    /// The number of runs, or of rows beneath each other, that a result is made of.
    fn rows(&self) -> usize {
        self.reduced.iter().map(|group| group.len).product()
    }

    /// How many neighbouring results form a line: those along the vector, or all.
    fn line(&self) -> usize {
        if self.vector.is_reduced {
            self.results.len()
        } else {
            self.vector.len
        }
    }

    /// The rows that neighbouring results are cut into, the runs longer than [`RUN`] cut too.
    fn pieces(&self) -> usize {
        let runs = if self.vector.is_reduced {
            self.vector.len.div_ceil(RUN)
        } else {
            1
        };
        self.rows() * runs
    }

    /// How many neighbouring results one step makes, and among how many steps the samples of each
    /// result are divided. It follows from the shape alone, and so do the bits of a sum.
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
        let most = (in_step / STEP.start).min(self.pieces()).min(memory);
        (tile, wanted.min(most).max(1))
    }

    /// Where a result's first sample is.
    fn origin(&self, result: usize) -> usize {
        if self.vector.is_reduced {
            return self.offset + locate(&self.kept, result).0;
        }
        let (line, at) = (result / self.vector.len, result % self.vector.len);
        self.offset + locate(&self.kept, line).0 + at * self.vector.stride
    }

    /// Where a row lies from the origin of its results, and its place among their samples.
    fn row(&self, row: usize) -> (usize, i64) {
        let (offset, place) = locate(&self.reduced, row);
        (offset, self.place + place)
    }

    /// The part of its run that a piece is: where it lies from the origin of its result, its
    /// length, and the place of its first sample.
    fn run(&self, piece: usize) -> (usize, usize, i64) {
        let in_row = self.vector.len.div_ceil(RUN);
        let (offset, place) = self.row(piece / in_row);
        let start = piece % in_row * RUN;
        let len = RUN.min(self.vector.len - start);
        (
            offset + start * self.vector.stride,
            len,
            place + start as i64 * self.vector.place,
        )
    }
}

/// Axes in the order of memory, those joined that lie in each other.
fn joined(axes: Vec<Group>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for inner in axes {
        match groups.last_mut() {
            Some(outer) if outer.continues_in(&inner) => {
                outer.len *= inner.len;
                outer.stride = inner.stride;
                outer.place = inner.place;
                outer.axes.extend(inner.axes);
            }
            _ => groups.push(inner),
        }
    }
    if groups.is_empty() {
        groups.push(Group {
            len: 1,
            stride: 1,
            is_reduced: true,
            place: 0,
            axes: Vec::new(),
        });
    }
    groups
}

/// The innermost axis that is long enough, or the longest.
fn vector_of(groups: &[Group]) -> usize {
    let long = groups.iter().rposition(|group| group.len >= MIN_VECTOR);
    let longest = (0..groups.len()).max_by_key(|at| groups[*at].len);
    long.or(longest).expect("at least one group")
}

/// Where an index of some axes, counted in row-major order, lies from their first element.
fn locate(groups: &[Group], mut index: usize) -> (usize, i64) {
    let (mut offset, mut place) = (0, 0);
    for group in groups.iter().rev() {
        let at = index % group.len;
        index /= group.len;
        offset += at * group.stride;
        place += at as i64 * group.place;
    }
    (offset, place)
}

/// Some samples, a distance apart: those in memory, or a copy of them.
#[inline(always)]
fn slice<'a, T: Copy>(
    storage: &'a [T],
    start: usize,
    len: usize,
    stride: usize,
    copy: &'a mut Vec<T>,
) -> &'a [T] {
    if stride == 1 {
        return &storage[start..start + len];
    }
    copy.clear();
    copy.extend((0..len).map(|i| storage[start + i * stride]));
    copy
}

/// A part of the work: some results, and some of the pieces that they are made of.
struct Step<'a, K> {
    first: usize,
    known: &'a mut [K],
    pieces: Range<usize>,
}

/// Makes the results of all samples, in the order of `walk`.
pub(super) fn fold<T: Element, F: Fold<T>>(
    storage: &[T],
    walk: &Walk,
    fold: &F,
) -> Result<Vec<F::Known>> {
    let (outputs, pieces) = (walk.results.len(), walk.pieces());
    let (tile, parts) = walk.steps(TILE);
    let mut known = vec![fold.start(); parts * outputs];
    let mut steps = Vec::new();
    for (part, known) in known.chunks_mut(outputs).enumerate() {
        let pieces = pieces * part / parts..pieces * (part + 1) / parts;
        for (line, known) in known.chunks_mut(walk.line()).enumerate() {
            for (i, known) in known.chunks_mut(tile).enumerate() {
                let (first, pieces) = (line * walk.line() + i * tile, pieces.clone());
                steps.push(Step {
                    first,
                    known,
                    pieces,
                });
            }
        }
    }
    let kernel = FoldStep {
        storage,
        walk,
        fold,
    };
    task::for_each_init("reading samples", steps, Vec::new, |copy, step| {
        run_kernel(&kernel, (step, copy));
        Ok(())
    })?;
    let (results, parts) = known.split_at_mut(outputs);
    for part in parts.chunks(outputs) {
        for (known, other) in results.iter_mut().zip(part) {
            fold.merge(known, *other);
        }
    }
    known.truncate(outputs);
    Ok(known)
}

struct FoldStep<'a, T, F> {
    storage: &'a [T],
    walk: &'a Walk,
    fold: &'a F,
}

impl<'a, T: Element, F: Fold<T>> Kernel<(Step<'a, F::Known>, &'a mut Vec<T>)>
    for FoldStep<'_, T, F>
{
    #[inline(always)]
    fn run(&self, (step, copy): (Step<'a, F::Known>, &'a mut Vec<T>)) {
        if self.walk.vector.is_reduced {
            self.fold_runs(step, copy);
        } else {
            self.fold_rows(step, copy);
        }
    }
}

impl<T: Element, F: Fold<T>> FoldStep<'_, T, F> {
    /// Adds runs of samples, each to the one result that it belongs to.
    #[inline(always)]
    fn fold_runs(&self, step: Step<'_, F::Known>, copy: &mut Vec<T>) {
        let (stride, place_step) = (self.walk.vector.stride, self.walk.vector.place);
        for (i, known) in step.known.iter_mut().enumerate() {
            let origin = self.walk.origin(step.first + i);
            for piece in step.pieces.clone() {
                let (offset, len, place) = self.walk.run(piece);
                let samples = slice(self.storage, origin + offset, len, stride, copy);
                self.fold_run(known, samples, place, place_step);
            }
        }
    }

    #[inline(always)]
    fn fold_run(&self, known: &mut F::Known, samples: &[T], place: i64, step: i64) {
        let (chunks, rest) = samples.as_chunks::<LANES>();
        if !chunks.is_empty() {
            let mut lanes = [self.fold.start(); LANES];
            let rows = chunks.iter().enumerate();
            let rows = rows.map(|(row, chunk)| (chunk, place + (row * LANES) as i64 * step));
            self.fold.add(&mut lanes, rows, step);
            for lane in lanes {
                self.fold.merge(known, lane);
            }
        }
        if !rest.is_empty() {
            let first = (samples.len() - rest.len()) as i64;
            self.add_run(known, rest, place + first * step, step);
        }
    }

    /// Adds a run too short for the lanes. Like [`Self::add_columns`] it is one function for all kinds
    /// of processors, which would do no better with wider registers.
    #[inline(never)]
    fn add_run(&self, known: &mut F::Known, samples: &[T], place: i64, step: i64) {
        let rows = samples.iter().enumerate();
        let rows = rows.map(|(i, x)| (std::array::from_ref(x), place + i as i64 * step));
        self.fold.add(std::array::from_mut(known), rows, step);
    }

    /// Adds rows of samples to the results beneath which they lie.
    #[inline(always)]
    fn fold_rows(&self, step: Step<'_, F::Known>, copy: &mut Vec<T>) {
        let (len, stride) = (step.known.len(), self.walk.vector.stride);
        let origin = self.walk.origin(step.first);
        for first in step.pieces.clone().step_by(ROWS) {
            let count = ROWS.min(step.pieces.end - first);
            let places: [(usize, i64); ROWS] = std::array::from_fn(|i| {
                if i < count {
                    self.walk.row(first + i)
                } else {
                    (0, 0)
                }
            });
            let places = &places[..count];
            let mut rows = [(&[][..], 0); ROWS];
            if stride == 1 {
                for (row, (offset, place)) in rows.iter_mut().zip(places) {
                    *row = (
                        &self.storage[origin + offset..origin + offset + len],
                        *place,
                    );
                }
            } else {
                copy.clear();
                for (offset, _) in places {
                    let at = |i| self.storage[origin + offset + i * stride];
                    copy.extend((0..len).map(at));
                }
                for ((row, copy), (_, place)) in rows.iter_mut().zip(copy.chunks(len)).zip(places) {
                    *row = (copy, *place);
                }
            }
            self.fold_tile(step.known, &rows[..count]);
        }
    }

    #[inline(always)]
    fn fold_tile(&self, known: &mut [F::Known], rows: &[(&[T], i64)]) {
        let (chunks, rest) = known.as_chunks_mut::<LANES>();
        let first = chunks.len() * LANES;
        for (i, known) in chunks.iter_mut().enumerate() {
            let rows = rows
                .iter()
                .map(|(row, place)| (part(row, i * LANES), *place));
            self.fold.add(known, rows, 0);
        }
        if !rest.is_empty() {
            self.add_columns(rest, rows, first);
        }
    }

    /// Adds the samples of rows from the `first` on to fewer results than there are lanes.
    #[inline(never)]
    fn add_columns(&self, known: &mut [F::Known], rows: &[(&[T], i64)], first: usize) {
        for (i, known) in known.iter_mut().enumerate() {
            let rows = rows
                .iter()
                .map(|(row, place)| (part(row, first + i), *place));
            self.fold.add(std::array::from_mut(known), rows, 0);
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

/// Hands out all samples in any order: `add` adds a run of them to what `start` began for the
/// step, which `finish` takes in the end.
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
    let walk = Walk::new(layout, &vec![true; layout.shape().len()], false);
    let in_piece = walk.samples().div_ceil(walk.pieces());
    let in_step = (SAMPLES / in_piece).max(1);
    let steps = 0..walk.pieces().div_ceil(in_step);
    task::for_each_init("reading samples", steps, Vec::new, |copy, step| {
        let mut state = start();
        for piece in step * in_step..walk.pieces().min((step + 1) * in_step) {
            let (offset, len, _) = walk.run(piece);
            let start = walk.offset + offset;
            let samples = slice(array.storage(), start, len, walk.vector.stride, copy);
            add(&mut state, samples);
        }
        finish(state);
        Ok(())
    })
}

/// Some neighbouring results, all samples of which are looked at together.
pub(super) struct Gathered<'a, T> {
    walk: &'a Walk,
    storage: &'a [T],
    first: usize,
    len: usize,
}

impl<T: Element> Gathered<'_, T> {
    /// The samples of the only result.
    pub(super) fn run(&self, mut take: impl FnMut(T)) {
        let origin = self.walk.origin(self.first);
        for piece in 0..self.walk.pieces() {
            let (offset, len, _) = self.walk.run(piece);
            for i in 0..len {
                take(self.storage[origin + offset + i * self.walk.vector.stride]);
            }
        }
    }

    /// One sample of each result at a time.
    pub(super) fn rows(&self, mut take: impl FnMut(&[T])) {
        let origin = self.walk.origin(self.first);
        let mut copy = Vec::new();
        for row in 0..self.walk.rows() {
            let start = origin + self.walk.row(row).0;
            let stride = self.walk.vector.stride;
            take(slice(self.storage, start, self.len, stride, &mut copy));
        }
    }

    /// Whether there is only one result, whose samples are read by runs.
    pub(super) fn is_run(&self) -> bool {
        self.walk.vector.is_reduced
    }
}

/// Makes results from all of their samples at once: `make` gets up to `width` neighbouring
/// results of type `U`, and memory kept from call to call.
pub(super) fn gather<T: Element, U: Send, S>(
    array: &Strided<T>,
    walk: &Walk,
    width: usize,
    results: &mut [U],
    per_result: usize,
    memory: impl Fn() -> S + Send + Sync,
    make: impl Fn(&mut S, Gathered<'_, T>, &mut [U]) + Sync,
) -> Result<()> {
    let tile = if walk.vector.is_reduced { 1 } else { width };
    let mut steps = Vec::new();
    for (line, results) in results.chunks_mut(walk.line() * per_result).enumerate() {
        for (i, results) in results.chunks_mut(tile * per_result).enumerate() {
            steps.push((line * walk.line() + i * tile, results));
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
                    walk,
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
