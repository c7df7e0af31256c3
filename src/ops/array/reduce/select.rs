//! Percentiles by selection, without sorting.
//!
//! Samples are compared by keys, ints of the same order. The keys of neighboring results are
//! searched in parallel lanes, bit by bit; a single long run by quickselect; and a whole video by
//! counting the digits of its keys, in one pass per 16 bits and with little memory.

use std::sync::Mutex;

use num_traits::{Bounded, PrimInt};

use super::plan::{Gathered, ReductionPlan, gather, scan};
use crate::error::Result;
use crate::ops::kernel::run_kernel;
use crate::video::{Element, Layout, Strided};

/// Number of results searched in parallel lanes.
const LANES: usize = 32;

/// Maximum number of samples of a result that are processed together in memory.
const MAX_TOGETHER: usize = 1 << 22;

/// Number of bits of a digit.
const DIGIT: u32 = 16;

/// Number of prefixes counted in one pass over a video.
const TOGETHER: usize = 8;

/// A sample type with the order of an int.
pub(super) trait Keyed: Element {
    /// Int key.
    type Key: PrimInt + Default + Send + Sync + Into<u64>;
    /// Number of bits of a key that can be set.
    const BITS: u32;
    /// Key of a sample; NaN has the largest.
    fn key(self) -> Self::Key;
    /// Sample of a key, as a float.
    fn value(key: Self::Key) -> f64;
    /// Key from its bits.
    fn from_bits(bits: u64) -> Self::Key;
}

macro_rules! keyed_ints {
    ($($type:ty as $unsigned:ty: $key:ty),* $(,)?) => {
        $(impl Keyed for $type {
            type Key = $key;
            const BITS: u32 = 8 * size_of::<$type>() as u32;
            #[inline(always)]
            fn key(self) -> $key {
                (self as $unsigned ^ (<$type>::MIN as $unsigned)) as $key
            }
            #[inline(always)]
            fn value(key: $key) -> f64 {
                (key as $unsigned ^ (<$type>::MIN as $unsigned)) as $type as f64
            }
            fn from_bits(bits: u64) -> $key {
                bits as $key
            }
        })*
    };
}

keyed_ints! {
    u8 as u8: u32, u16 as u16: u32, u32 as u32: u32, u64 as u64: u64,
    i8 as u8: u32, i16 as u16: u32, i32 as u32: u32, i64 as u64: u64,
}

impl Keyed for bool {
    type Key = u32;
    const BITS: u32 = 1;
    fn key(self) -> u32 {
        self.into()
    }
    fn value(key: u32) -> f64 {
        key.into()
    }
    fn from_bits(bits: u64) -> u32 {
        bits as u32
    }
}

macro_rules! keyed_floats {
    ($($type:ty as $key:ty),* $(,)?) => {
        $(impl Keyed for $type {
            type Key = $key;
            const BITS: u32 = <$key>::BITS;
            #[inline(always)]
            fn key(self) -> $key {
                const SIGN: $key = 1 << (<$key>::BITS - 1);
                let bits = self.to_bits();
                let key = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                if self.is_nan() { <$key>::MAX } else { key }
            }
            #[inline(always)]
            fn value(key: $key) -> f64 {
                const SIGN: $key = 1 << (<$key>::BITS - 1);
                let bits = if key & SIGN == 0 { !key } else { key ^ SIGN };
                <$type>::from_bits(bits).into()
            }
            fn from_bits(bits: u64) -> $key {
                bits as $key
            }
        })*
    };
}

keyed_floats! { f32 as u32, f64 as u64 }

/// Position of a percentile among sorted samples: a rank, and the fraction of the way to the next.
fn position(q: f64, count: usize) -> (usize, f64) {
    let position = q / 100.0 * (count - 1) as f64;
    let rank = (position.floor() as usize).min(count - 1);
    (rank, position - rank as f64)
}

/// Interpolates between two samples, as NumPy does.
fn between(low: f64, high: f64, share: f64) -> f64 {
    if low == high || share == 0.0 {
        low
    } else if share < 0.5 {
        low + (high - low) * share
    } else {
        high - (high - low) * (1.0 - share)
    }
}

/// Percentiles of the samples of each result, one after the other; NaN if there are none.
pub(super) fn percentiles<T: Keyed>(
    array: &Strided<T>,
    plan: &ReductionPlan,
    q: &[f64],
) -> Result<Vec<f64>> {
    let mut results = vec![f64::NAN; plan.results().len() * q.len()];
    if q.is_empty() {
        return Ok(results);
    }
    let memory = SelectBuffers::default;
    gather(
        array,
        plan,
        LANES,
        &mut results,
        q.len(),
        memory,
        |memory, samples, results| {
            run_kernel(
                &|(memory, samples, results): (
                    &mut SelectBuffers<T::Key>,
                    Gathered<'_, T>,
                    &mut [f64],
                )| {
                    if samples.is_run() {
                        of_run(memory, &samples, q, results);
                    } else {
                        of_rows(memory, &samples, q, results);
                    }
                },
                (memory, samples, results),
            );
        },
    )?;
    Ok(results)
}

/// Whether each result has too many samples to process them together in memory.
pub(super) fn is_large(samples: usize, results: usize) -> bool {
    results == 1 && samples > 1 << 16 || samples > MAX_TOGETHER
}

/// Memory reused between results.
struct SelectBuffers<K> {
    run: Vec<K>,
    rows: Vec<[K; LANES]>,
}

impl<K> Default for SelectBuffers<K> {
    fn default() -> Self {
        Self {
            run: Vec::new(),
            rows: Vec::new(),
        }
    }
}

fn of_run<T: Keyed>(
    memory: &mut SelectBuffers<T::Key>,
    samples: &Gathered<'_, T>,
    q: &[f64],
    results: &mut [f64],
) {
    let keys = &mut memory.run;
    keys.clear();
    samples.run(|sample| {
        if super::reducers::is_number(sample) {
            keys.push(sample.key());
        }
    });
    if keys.is_empty() {
        return;
    }
    for (result, q) in results.iter_mut().zip(q) {
        let (rank, share) = position(*q, keys.len());
        let (_, low, above) = keys.select_nth_unstable(rank);
        let low = *low;
        let high = above.iter().copied().min().unwrap_or(low);
        *result = between(T::value(low), T::value(high), share);
    }
}

#[inline(always)]
fn of_rows<T: Keyed>(
    memory: &mut SelectBuffers<T::Key>,
    samples: &Gathered<'_, T>,
    q: &[f64],
    results: &mut [f64],
) {
    let rows = &mut memory.rows;
    rows.clear();
    samples.rows(|row| {
        let mut keys = [T::Key::default(); LANES];
        for (key, sample) in keys.iter_mut().zip(row) {
            *key = sample.key();
        }
        rows.push(keys);
    });
    let counts = match T::DTYPE.is_float() {
        true => count_below(rows, &[<T::Key as Bounded>::max_value(); LANES]),
        false => [rows.len() as u32; LANES],
    };
    for (at, percent) in q.iter().enumerate() {
        let positions = counts.map(|count| position(*percent, (count as usize).max(1)));
        let ranks = positions.map(|(rank, _)| rank as u32);
        let lows = nth(rows, &ranks, T::BITS);
        let highs = next(rows, &ranks, &lows);
        let results = results.chunks_mut(q.len()).enumerate();
        for (lane, results) in results.filter(|(lane, _)| counts[*lane] > 0) {
            let (low, high) = (T::value(lows[lane]), T::value(highs[lane]));
            results[at] = between(low, high, positions[lane].1);
        }
    }
}

/// Number of keys of each column below a limit.
#[inline(always)]
fn count_below<K: PrimInt>(rows: &[[K; LANES]], limits: &[K; LANES]) -> [u32; LANES] {
    let mut counts = [0u32; LANES];
    for row in rows {
        for ((count, key), limit) in counts.iter_mut().zip(row).zip(limits) {
            *count += u32::from(key < limit);
        }
    }
    counts
}

/// Key of a given rank in each column, found bit by bit from the highest.
#[inline(always)]
fn nth<K: PrimInt>(rows: &[[K; LANES]], ranks: &[u32; LANES], bits: u32) -> [K; LANES] {
    let mut found = [K::zero(); LANES];
    for bit in (0..bits).rev() {
        let tried = found.map(|key| key | (K::one() << bit as usize));
        let counts = count_below(rows, &tried);
        for lane in 0..LANES {
            if counts[lane] <= ranks[lane] {
                found[lane] = tried[lane];
            }
        }
    }
    found
}

/// Key of each column that follows the one of a rank.
#[inline(always)]
fn next<K: PrimInt>(rows: &[[K; LANES]], ranks: &[u32; LANES], found: &[K; LANES]) -> [K; LANES] {
    let (mut above, mut counts) = ([K::max_value(); LANES], [0u32; LANES]);
    for row in rows {
        for lane in 0..LANES {
            let is_above = row[lane] > found[lane];
            let lower = if row[lane] < above[lane] {
                row[lane]
            } else {
                above[lane]
            };
            above[lane] = if is_above { lower } else { above[lane] };
            counts[lane] += u32::from(!is_above);
        }
    }
    std::array::from_fn(|lane| {
        if counts[lane] > ranks[lane] + 1 {
            found[lane]
        } else {
            above[lane]
        }
    })
}

/// Percentiles of all samples, in a few passes.
pub(super) fn percentiles_of_all<T: Keyed>(array: &Strided<T>, q: &[f64]) -> Result<Vec<f64>> {
    let first_shift = T::BITS.saturating_sub(DIGIT);
    let all = count_digits(array, first_shift, &[0])?;
    let count = all[0].iter().sum::<u64>() as usize;
    if count == 0 {
        return Ok(vec![f64::NAN; q.len()]);
    }
    let positions: Vec<_> = q.iter().map(|q| position(*q, count)).collect();
    let ranks = positions
        .iter()
        .flat_map(|(rank, _)| [*rank, (rank + 1).min(count - 1)]);
    let mut searches: Vec<_> = ranks
        .map(|rank| Search {
            prefix: 0,
            rank: rank as u64,
        })
        .collect();
    for search in &mut searches {
        search.descend(&all[0]);
    }
    for shift in (0..first_shift).step_by(DIGIT as usize).rev() {
        descend_all(array, shift, &mut searches)?;
    }
    let value = |search: &Search| T::value(T::from_bits(search.prefix));
    let pairs = searches.chunks(2).zip(&positions);
    Ok(pairs
        .map(|(pair, (_, share))| between(value(&pair[0]), value(&pair[1]), *share))
        .collect())
}

/// First digits of the key of a rank, and its rank among the keys with that prefix.
struct Search {
    prefix: u64,
    rank: u64,
}

impl Search {
    /// Finds the next digit.
    fn descend(&mut self, counts: &[u64]) {
        let mut digit = 0;
        while self.rank >= counts[digit] {
            self.rank -= counts[digit];
            digit += 1;
        }
        self.prefix = self.prefix << DIGIT | digit as u64;
    }
}

fn descend_all<T: Keyed>(array: &Strided<T>, shift: u32, searches: &mut [Search]) -> Result<()> {
    let begun: Vec<u64> = searches.iter().map(|search| search.prefix).collect();
    let mut prefixes = begun.clone();
    prefixes.sort_unstable();
    prefixes.dedup();
    for prefixes in prefixes.chunks(TOGETHER) {
        let counts = count_digits(array, shift, prefixes)?;
        for (search, begun) in searches.iter_mut().zip(&begun) {
            if let Some(at) = prefixes.iter().position(|prefix| prefix == begun) {
                search.descend(&counts[at]);
            }
        }
    }
    Ok(())
}

/// Counts of each digit after each of the prefixes.
pub(super) fn count_digits<T: Keyed>(
    array: &Strided<T>,
    shift: u32,
    prefixes: &[u64],
) -> Result<Vec<Vec<u64>>> {
    let zeros = vec![vec![0u64; 1 << DIGIT]; prefixes.len()];
    let total = Mutex::new(zeros);
    let start = || vec![vec![0u32; 1 << DIGIT]; prefixes.len()];
    let add = |counts: &mut Vec<Vec<u32>>, samples: &[T]| {
        for &sample in samples
            .iter()
            .filter(|sample| super::reducers::is_number(**sample))
        {
            let key: u64 = sample.key().into();
            let prefix = key.checked_shr(shift + DIGIT).unwrap_or(0);
            if let Some(at) = prefixes.iter().position(|state| *state == prefix) {
                counts[at][(key >> shift) as usize & ((1 << DIGIT) - 1)] += 1;
            }
        }
    };
    scan(array, start, add, |counts| {
        let mut total = total.lock().expect("no panic while adding");
        for (total, counts) in total.iter_mut().flatten().zip(counts.iter().flatten()) {
            *total += u64::from(*counts);
        }
    })?;
    Ok(total.into_inner().expect("no panic while adding"))
}

/// Layout of the part of an array that is reduced into one result.
pub(super) fn layout_of(layout: &Layout, is_reduced: &[bool], mut result: usize) -> Layout {
    let mut part = layout.clone();
    for axis in (0..is_reduced.len())
        .rev()
        .filter(|axis| !is_reduced[*axis])
    {
        let len = part.shape()[axis];
        part = part.index(axis, result % len);
        result /= len;
    }
    part
}
