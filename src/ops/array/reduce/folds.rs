//! What can be found out about samples one by one: sums, extremes, counts and moments.

use std::ops::AddAssign;

use super::walk::Fold;
use crate::video::Element;

/// A sample type that can be summed up.
pub(super) trait Addend: Element {
    /// What some thousands of samples are summed up in, without loss.
    type Lane: Copy + Default + AddAssign + Send;
    /// The sample for summing up.
    fn lane(self) -> Self::Lane;
    /// A sum of samples.
    fn total(lane: Self::Lane) -> f64;
    /// The sample as an int that holds any sum of ints.
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

/// Whether a sample is a number.
#[inline(always)]
#[allow(clippy::eq_op)]
pub(super) fn is_number<T: Element>(sample: T) -> bool {
    sample == sample
}

/// The number of samples that are numbers, and their sum.
#[derive(Clone, Copy, Default)]
pub(super) struct Total {
    pub(super) count: u64,
    pub(super) sum: f64,
}

/// Sums up samples in double precision, exactly if they are ints of at most 16 bits.
pub(super) struct Sum;

impl<T: Addend> Fold<T> for Sum {
    type Known = Total;

    fn start(&self) -> Total {
        Total::default()
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        known: &mut [Total; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        _: i64,
    ) where
        T: 'a,
    {
        let (sums, counts) = sums(rows);
        for ((known, sum), count) in known.iter_mut().zip(sums).zip(counts) {
            known.sum += T::total(sum);
            known.count += u64::from(count);
        }
    }

    #[inline(always)]
    fn merge(&self, known: &mut Total, other: Total) {
        known.sum += other.sum;
        known.count += other.count;
    }
}

/// The sum of the numbers in each column, and how many those are.
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

/// Sums up ints without loss.
pub(super) struct ExactSum;

impl<T: Addend> Fold<T> for ExactSum {
    type Known = i128;

    fn start(&self) -> i128 {
        0
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        known: &mut [i128; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        _: i64,
    ) where
        T: 'a,
    {
        for (row, _) in rows {
            for (known, sample) in known.iter_mut().zip(row) {
                *known += sample.wide();
            }
        }
    }

    #[inline(always)]
    fn merge(&self, known: &mut i128, other: i128) {
        *known += other;
    }
}

/// The number of samples that are numbers, and of those that are zero.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) numbers: u64,
    pub(super) zeros: u64,
}

/// Counts samples.
pub(super) struct Count;

impl<T: Element> Fold<T> for Count {
    type Known = Tally;

    fn start(&self) -> Tally {
        Tally::default()
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        known: &mut [Tally; W],
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
        for ((known, numbers), zeros) in known.iter_mut().zip(numbers).zip(zeros) {
            known.numbers += u64::from(numbers);
            known.zeros += u64::from(zeros);
        }
    }

    #[inline(always)]
    fn merge(&self, known: &mut Tally, other: Tally) {
        known.numbers += other.numbers;
        known.zeros += other.zeros;
    }
}

/// Finds the smallest sample, or the largest if `HIGH`; NaN if there is no number.
pub(super) struct Extreme<const HIGH: bool>;

impl<const HIGH: bool> Extreme<HIGH> {
    /// What every sample is better than, or as good as.
    fn worst<T: Element>() -> T {
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

impl<T: Element, const HIGH: bool> Fold<T> for Extreme<HIGH> {
    type Known = T;

    fn start(&self) -> T {
        Self::worst()
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        known: &mut [T; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        _: i64,
    ) where
        T: 'a,
    {
        let mut best = *known;
        for (row, _) in rows {
            for (best, &sample) in best.iter_mut().zip(row) {
                *best = if Self::is_better(sample, *best) {
                    sample
                } else {
                    *best
                };
            }
        }
        *known = best;
    }

    #[inline(always)]
    fn merge(&self, known: &mut T, other: T) {
        if Self::is_better(other, *known) {
            *known = other;
        }
    }
}

/// A sample and its place, which is negative if there is none.
#[derive(Clone, Copy)]
pub(super) struct Found<T> {
    value: T,
    pub(super) place: i64,
}

/// Finds the first place of the smallest sample, or of the largest if `HIGH`.
pub(super) struct Place<const HIGH: bool>;

impl<const HIGH: bool> Place<HIGH> {
    #[inline(always)]
    fn is_better<T: Element>(found: Found<T>, best: Found<T>) -> bool {
        let differs = if HIGH {
            found.value > best.value
        } else {
            found.value < best.value
        };
        let is_first = (found.value == best.value) & (found.place < best.place);
        is_number(found.value) & (differs | is_first | (best.place < 0))
    }
}

impl<T: Element, const HIGH: bool> Fold<T> for Place<HIGH> {
    type Known = Found<T>;

    fn start(&self) -> Found<T> {
        Found {
            value: T::default(),
            place: -1,
        }
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        known: &mut [Found<T>; W],
        rows: impl Iterator<Item = (&'a [T; W], i64)> + Clone,
        step: i64,
    ) where
        T: 'a,
    {
        let mut values = known.map(|known| known.value);
        let mut places = known.map(|known| known.place);
        for (row, first) in rows {
            let mut next = first;
            for ((value, place), &sample) in values.iter_mut().zip(&mut places).zip(row) {
                let found = Found {
                    value: sample,
                    place: next,
                };
                let best = Found {
                    value: *value,
                    place: *place,
                };
                let is_better = Self::is_better(found, best);
                *value = if is_better { sample } else { *value };
                *place = if is_better { next } else { *place };
                next += step;
            }
        }
        for ((known, value), place) in known.iter_mut().zip(values).zip(places) {
            *known = Found { value, place };
        }
    }

    #[inline(always)]
    fn merge(&self, known: &mut Found<T>, other: Found<T>) {
        if other.place >= 0 && Self::is_better(other, *known) {
            *known = other;
        }
    }
}

/// The number of samples, their mean, and the sum of the squares of their distances from it.
#[derive(Clone, Copy, Default)]
pub(super) struct Spread {
    pub(super) count: f64,
    mean: f64,
    pub(super) squares: f64,
}

/// Finds how far samples spread: the mean of a few at a time first, then their distances from it,
/// joined as Chan, Golub & LeVeque (1979) do, so that nothing cancels out.
pub(super) struct Moments;

impl<T: Addend> Fold<T> for Moments {
    type Known = Spread;

    fn start(&self) -> Spread {
        Spread::default()
    }

    #[inline(always)]
    fn add<'a, const W: usize>(
        &self,
        known: &mut [Spread; W],
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
        for (i, known) in known.iter_mut().enumerate() {
            let (count, mean, squares) = (f64::from(counts[i]), means[i], squares[i]);
            Fold::<T>::merge(
                self,
                known,
                Spread {
                    count,
                    mean,
                    squares,
                },
            );
        }
    }

    #[inline(always)]
    fn merge(&self, known: &mut Spread, other: Spread) {
        let count = known.count + other.count;
        let share = other.count / count.max(1.0);
        let distance = other.mean - known.mean;
        known.squares += other.squares + distance * distance * known.count * share;
        known.mean += distance * share;
        known.count = count;
    }
}
