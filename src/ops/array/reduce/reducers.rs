//! Reducers that take samples one by one: sums, extremes, counts and moments.

use std::ops::AddAssign;

use super::plan::Reducer;
use crate::video::Element;

/// A sample type that can be added up.
pub(super) trait Addend: Element {
    /// Type that holds the sum of a few thousand samples without loss.
    type Lane: Copy + Default + AddAssign + Send;
    /// Sample converted for adding.
    fn lane(self) -> Self::Lane;
    /// Sum of samples as a float.
    fn total(lane: Self::Lane) -> f64;
    /// Sample as an int that holds any sum of ints.
    fn wide(self) -> i128;
}

macro_rules! addends {
    ($($type:ty as $lane:ty),* $(,)?) => {
        $(impl Addend for $type {
            type Lane = $lane;
            #[inline(always)]
            fn lane(self) -> $lane {
                self as $lane
            }
            #[inline(always)]
            fn total(lane: $lane) -> f64 {
                lane as f64
            }
            #[inline(always)]
            fn wide(self) -> i128 {
                self as i128
            }
        })*
    };
}

addends! {
    u8 as u32, u16 as u32, u32 as f64, u64 as f64,
    i8 as i32, i16 as i32, i32 as f64, i64 as f64, f32 as f64, f64 as f64,
}

/// Whether a sample is not NaN.
#[inline(always)]
#[allow(clippy::eq_op)]
pub(super) fn is_number<T: Element>(sample: T) -> bool {
    sample == sample
}

/// Number of samples that are not NaN, and their sum.
#[derive(Clone, Copy, Default)]
pub(super) struct Total {
    pub(super) count: u64,
    pub(super) sum: f64,
}

/// Sums samples in double precision, exactly for ints of at most 16 bits.
pub(super) struct Sum;

impl<T: Addend> Reducer<T> for Sum {
    type Accumulator = Total;

    fn start(&self) -> Total {
        Total::default()
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        state: &mut [Total; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        _: i64,
    ) where
        T: 'a,
    {
        let (sums, counts) = sums(rows);
        for ((state, sum), count) in state.iter_mut().zip(sums).zip(counts) {
            state.sum += T::total(sum);
            state.count += u64::from(count);
        }
    }

    #[inline(always)]
    fn merge(&self, state: &mut Total, other: Total) {
        state.sum += other.sum;
        state.count += other.count;
    }
}

/// Sum and number of the samples in each column that are not NaN.
#[inline(always)]
fn sums<'a, T: Addend, const W: usize>(
    rows: impl Iterator<Item = (&'a [T; W], i64)>,
) -> ([T::Lane; W], [u32; W]) {
    let (mut sums, mut counts) = ([T::Lane::default(); W], [0; W]);
    for (row, _) in rows {
        for ((sum, count), &sample) in sums.iter_mut().zip(&mut counts).zip(row) {
            let is_number = is_number(sample);
            *sum += if is_number {
                sample.lane()
            } else {
                T::Lane::default()
            };
            *count += u32::from(is_number);
        }
    }
    (sums, counts)
}

/// Sums ints without loss.
pub(super) struct ExactSum;

impl<T: Addend> Reducer<T> for ExactSum {
    type Accumulator = i128;

    fn start(&self) -> i128 {
        0
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        state: &mut [i128; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        _: i64,
    ) where
        T: 'a,
    {
        for (row, _) in rows {
            for (state, sample) in state.iter_mut().zip(row) {
                *state += sample.wide();
            }
        }
    }

    #[inline(always)]
    fn merge(&self, state: &mut i128, other: i128) {
        *state += other;
    }
}

/// Number of samples that are not NaN, and of those that are zero.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) numbers: u64,
    pub(super) zeros: u64,
}

/// Counts samples.
pub(super) struct Count;

impl<T: Element> Reducer<T> for Count {
    type Accumulator = Tally;

    fn start(&self) -> Tally {
        Tally::default()
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        state: &mut [Tally; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        _: i64,
    ) where
        T: 'a,
    {
        let (mut numbers, mut zeros) = ([0u32; W], [0u32; W]);
        for (row, _) in rows {
            for ((number, zero), &sample) in numbers.iter_mut().zip(&mut zeros).zip(row) {
                *number += u32::from(is_number(sample));
                *zero += u32::from(sample == T::default());
            }
        }
        for ((state, numbers), zeros) in state.iter_mut().zip(numbers).zip(zeros) {
            state.numbers += u64::from(numbers);
            state.zeros += u64::from(zeros);
        }
    }

    #[inline(always)]
    fn merge(&self, state: &mut Tally, other: Tally) {
        state.numbers += other.numbers;
        state.zeros += other.zeros;
    }
}

/// Minimum, or maximum if `HIGH`; NaN if all samples are NaN.
pub(super) struct Extreme<const HIGH: bool>;

impl<const HIGH: bool> Extreme<HIGH> {
    /// Initial value: no sample is worse.
    fn start_value<T: Element>() -> T {
        match HIGH {
            _ if T::DTYPE.is_float() => T::from_f64(f64::NAN),
            true => T::from_f64(f64::NEG_INFINITY),
            false => T::from_f64(f64::INFINITY),
        }
    }

    #[inline(always)]
    fn is_better<T: Element>(sample: T, best: T) -> bool {
        (if HIGH { sample > best } else { sample < best }) | !is_number(best)
    }
}

impl<T: Element, const HIGH: bool> Reducer<T> for Extreme<HIGH> {
    type Accumulator = T;

    fn start(&self) -> T {
        Self::start_value()
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        state: &mut [T; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        _: i64,
    ) where
        T: 'a,
    {
        let mut best = *state;
        for (row, _) in rows {
            for (best, &sample) in best.iter_mut().zip(row) {
                *best = if Self::is_better(sample, *best) {
                    sample
                } else {
                    *best
                };
            }
        }
        *state = best;
    }

    #[inline(always)]
    fn merge(&self, state: &mut T, other: T) {
        if Self::is_better(other, *state) {
            *state = other;
        }
    }
}

/// A sample and its index, which is negative if there is none.
#[derive(Clone, Copy)]
pub(super) struct IndexedExtreme<T> {
    value: T,
    pub(super) index: i64,
}

/// Index of the first minimum, or of the first maximum if `HIGH`.
pub(super) struct ArgExtreme<const HIGH: bool>;

impl<const HIGH: bool> ArgExtreme<HIGH> {
    #[inline(always)]
    fn is_better<T: Element>(found: IndexedExtreme<T>, best: IndexedExtreme<T>) -> bool {
        let differs = if HIGH {
            found.value > best.value
        } else {
            found.value < best.value
        };
        let is_first = (found.value == best.value) & (found.index < best.index);
        is_number(found.value) & (differs | is_first | (best.index < 0))
    }
}

impl<T: Element, const HIGH: bool> Reducer<T> for ArgExtreme<HIGH> {
    type Accumulator = IndexedExtreme<T>;

    fn start(&self) -> IndexedExtreme<T> {
        IndexedExtreme {
            value: T::default(),
            index: -1,
        }
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        state: &mut [IndexedExtreme<T>; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        step: i64,
    ) where
        T: 'a,
    {
        let mut values = state.map(|state| state.value);
        let mut indices = state.map(|state| state.index);
        for (row, first) in rows {
            let mut next = first;
            for ((value, index), &sample) in values.iter_mut().zip(&mut indices).zip(row) {
                let found = IndexedExtreme {
                    value: sample,
                    index: next,
                };
                let best = IndexedExtreme {
                    value: *value,
                    index: *index,
                };
                let is_better = Self::is_better(found, best);
                *value = if is_better { sample } else { *value };
                *index = if is_better { next } else { *index };
                next += step;
            }
        }
        for ((state, value), index) in state.iter_mut().zip(values).zip(indices) {
            *state = IndexedExtreme { value, index };
        }
    }

    #[inline(always)]
    fn merge(&self, state: &mut IndexedExtreme<T>, other: IndexedExtreme<T>) {
        if other.index >= 0 && Self::is_better(other, *state) {
            *state = other;
        }
    }
}

/// Number of samples, mean, and sum of squared distances from the mean.
#[derive(Clone, Copy, Default)]
pub(super) struct Spread {
    pub(super) count: f64,
    mean: f64,
    pub(super) squares: f64,
}

/// Mean and variance: the mean of a few samples at a time first, then the distances from it, merged
/// as in Chan, Golub & LeVeque (1979), which avoids cancellation.
pub(super) struct Moments;

impl<T: Addend> Reducer<T> for Moments {
    type Accumulator = Spread;

    fn start(&self) -> Spread {
        Spread::default()
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        state: &mut [Spread; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        _: i64,
    ) where
        T: 'a,
    {
        let (sums, counts) = sums(rows.clone());
        let mut means = [0.0; W];
        for ((mean, sum), count) in means.iter_mut().zip(sums).zip(counts) {
            *mean = T::total(sum) / f64::from(count.max(1));
        }
        let mut squares = [0.0; W];
        for (row, _) in rows {
            for ((squares, mean), &sample) in squares.iter_mut().zip(&means).zip(row) {
                let distance = sample.to_f64() - mean;
                *squares += if is_number(sample) {
                    distance * distance
                } else {
                    0.0
                };
            }
        }
        for (i, state) in state.iter_mut().enumerate() {
            let (count, mean, squares) = (f64::from(counts[i]), means[i], squares[i]);
            Reducer::<T>::merge(
                self,
                state,
                Spread {
                    count,
                    mean,
                    squares,
                },
            );
        }
    }

    #[inline(always)]
    fn merge(&self, state: &mut Spread, other: Spread) {
        let count = state.count + other.count;
        let share = other.count / count.max(1.0);
        let distance = other.mean - state.mean;
        state.squares += other.squares + distance * distance * state.count * share;
        state.mean += distance * share;
        state.count = count;
    }
}
