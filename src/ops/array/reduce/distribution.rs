//! Distribution of samples: histograms, thresholds, sorting and unique values.

use std::sync::Mutex;

use super::no_samples;
use super::plan::scan;
use super::rank::{Rank, Sortable, map_sortable};
use super::reducers::is_number;
use super::select::{Keyed, count_digits};
use crate::bail;
use crate::error::Result;
use crate::ops::array::axes::axis_of;
use crate::ops::array::elementwise;
use crate::ops::range_to_scale_by;
use crate::task::{self, Task};
use crate::video::{DType, Element, Layout, Samples, Strided, Video, map_samples, split};
use ndarray::{ArrayViewMut3, Axis};

/// Maximum number of bins of a histogram.
const MAX_BINS: usize = 1 << 20;

/// Number of bins for the threshold of floats, as in scikit-image.
const OTSU_BINS: usize = 256;

/// Number of bins for the threshold between background and foreground of floats.
const GHT_BINS: usize = 4096;

/// Minimum number of samples that one parallel step sorts.
const STEP: usize = 1 << 16;

/// Size of a cache line in bytes.
const CACHE_LINE: usize = 64;

/// Number of samples sorted without checking for interruption.
const AT_ONCE: usize = 1 << 18;

/// Number of samples in each bin.
pub struct Histogram {
    /// Number of samples in each bin.
    pub counts: Vec<u64>,
    /// Bin edges, including the end of the last bin.
    pub edges: Vec<f64>,
}

/// Counts the samples in `bins` bins of equal width, the upper end of the last one included; the
/// range defaults to that of the samples. NaN and samples out of range are not counted.
pub fn histogram(video: &Video, bins: usize, range: Option<[f64; 2]>) -> Result<Histogram> {
    if !(1..=MAX_BINS).contains(&bins) {
        bail!("histogram needs `bins` between 1 and {MAX_BINS}, got {bins}");
    }
    let (low, high) = match range {
        Some([low, high]) if low.is_finite() && high.is_finite() && low <= high => (low, high),
        Some([low, high]) => {
            bail!("histogram needs `range` to be two numbers in order, got [{low}, {high}]")
        }
        None => match video.range()? {
            Some((low, high)) if low.is_finite() && high.is_finite() => (low, high),
            Some((low, high)) => {
                bail!("histogram needs a `range` for samples between {low} and {high}")
            }
            None => return Err(no_samples("histogram", video)),
        },
    };
    let (low, high) = if low == high {
        (low - 0.5, high + 0.5)
    } else {
        (low, high)
    };
    let width = high - low;
    let edge = |bin| {
        if bin == bins {
            high
        } else {
            low + width / bins as f64 * bin as f64
        }
    };
    let edges: Vec<f64> = (0..=bins).map(edge).collect();
    let counts = map_samples!(video.samples(), array => count(array, &edges)?);
    Ok(Histogram { counts, edges })
}

fn count<T: Element>(array: &Strided<T>, edges: &[f64]) -> Result<Vec<u64>> {
    let bins = edges.len() - 1;
    let (low, high) = (edges[0], edges[bins]);
    let scale = bins as f64 / (high - low);
    let total = Mutex::new(vec![0; bins]);
    let add = |counts: &mut Vec<u64>, samples: &[T]| {
        for sample in samples.iter().map(|sample| sample.to_f64()) {
            if !(low <= sample && sample <= high) {
                continue;
            }
            let bin = (((sample - low) * scale) as usize).min(bins - 1);
            let is_below = sample < edges[bin];
            let is_above = sample >= edges[bin + 1] && bin + 1 < bins;
            counts[bin + usize::from(is_above) - usize::from(is_below)] += 1;
        }
    };
    scan(
        array,
        || vec![0; bins],
        add,
        |counts| {
            let mut total = total.lock().expect("no panic while adding");
            total
                .iter_mut()
                .zip(counts)
                .for_each(|(total, count)| *total += count);
        },
    )?;
    Ok(total.into_inner().expect("no panic while adding"))
}

/// Threshold that best separates samples into two classes (Otsu 1979), computed as in scikit-image:
/// from all values of ints of at most 16 bits, from 256 bins otherwise.
pub fn otsu(function: &'static str, video: &Video) -> Result<f64> {
    match levels(function, video, OTSU_BINS)? {
        SampleCounts::One(level) => Ok(level),
        SampleCounts::Bins(counts, values) | SampleCounts::Values(counts, values) => {
            Ok(part(&counts, &values))
        }
    }
}

/// Threshold between background and foreground by generalized histogram thresholding (Barron 2020)
/// without priors: the one at which two normal distributions, one for each class, fit best.
///
/// It is searched among all values of ints of at most 16 bits, without those that unsigned ones
/// have where there is no light and where there is too much, 0 and the largest; and in 4096 bins
/// otherwise. Of thresholds that separate the samples alike, it is the mean.
pub fn ght(function: &'static str, video: &Video) -> Result<f64> {
    let (mut counts, values, step) = match levels(function, video, GHT_BINS)? {
        SampleCounts::One(level) => return Ok(level),
        SampleCounts::Values(counts, values) => (counts, values, 1.0),
        SampleCounts::Bins(counts, values) => {
            let step = values[1] - values[0];
            (counts, values, step)
        }
    };
    if let Some((0, largest)) = video.dtype().int_limits()
        && video.dtype().size() <= 2
    {
        for (count, value) in counts.iter_mut().zip(&values) {
            if *value == 0.0 || *value == largest as f64 {
                *count = 0;
            }
        }
    }
    let kept = counts.iter().zip(&values).filter(|(count, _)| **count > 0);
    let kept: Vec<(f64, f64)> = kept.map(|(count, value)| (*count as f64, *value)).collect();
    Ok(match kept[..] {
        [] => values[0],
        [(_, value)] => value,
        _ => best_threshold(&kept, step),
    })
}

/// The best threshold for numbers of samples with some values, in order: the mean of the values
/// from the last of the lower class to the one before the upper class, `step` apart.
fn best_threshold(levels: &[(f64, f64)], step: f64) -> f64 {
    // Relative to the middle, so that squares are precise.
    let middle = levels[levels.len() / 2].1;
    // A class of equal samples is as wide as rounding makes it, and not infinitely likely.
    let rounding = step * step / 12.0;
    let sums = |levels: &mut dyn Iterator<Item = &(f64, f64)>| -> Vec<[f64; 3]> {
        let add = |sum: &mut [f64; 3], (count, value): &(f64, f64)| {
            let value = value - middle;
            *sum = [
                sum[0] + count,
                sum[1] + count * value,
                sum[2] + count * value * value,
            ];
            Some(*sum)
        };
        levels.scan([0.0; 3], add).collect()
    };
    let (below, mut above) = (sums(&mut levels.iter()), sums(&mut levels.iter().rev()));
    above.reverse();
    let fit = |[weight, sum, squares]: [f64; 3]| {
        let distortion = (squares - sum * sum / weight).max(0.0);
        let variance = (distortion / weight).max(rounding);
        -distortion / variance - weight * variance.ln() + 2.0 * weight * weight.ln()
    };
    let mut best = (f64::NEG_INFINITY, middle);
    for at in 0..levels.len() - 1 {
        let found = fit(below[at]) + fit(above[at + 1]);
        if found > best.0 {
            best = (found, (levels[at].1 + levels[at + 1].1 - step) / 2.0);
        }
    }
    best.1
}

/// Numbers of samples by value.
enum SampleCounts {
    /// All samples have this value.
    One(f64),
    /// Counts of each value that occurs, in order.
    Values(Vec<u64>, Vec<f64>),
    /// Counts and middles of bins.
    Bins(Vec<u64>, Vec<f64>),
}

fn levels(function: &'static str, video: &Video, bins: usize) -> Result<SampleCounts> {
    let Some((low, high)) = range_to_scale_by(function, video)? else {
        return Err(no_samples(function, video));
    };
    if low == high {
        return Ok(SampleCounts::One(low));
    }
    if video.dtype().size() > 2 {
        let Histogram { counts, edges } = histogram(video, bins, None)?;
        let centers = edges.windows(2).map(|edges| (edges[0] + edges[1]) / 2.0);
        return Ok(SampleCounts::Bins(counts, centers.collect()));
    }
    map_samples!(video.samples(), array => {
        let (counts, values) = values_of(array)?;
        Ok(SampleCounts::Values(counts, values))
    })
}

/// Largest value of the lower of the two classes.
fn part(counts: &[u64], values: &[f64]) -> f64 {
    let weights = counts.iter().map(|count| *count as f64);
    let total: f64 = weights.clone().sum();
    let total_sum: f64 = weights
        .clone()
        .zip(values)
        .map(|(weight, value)| weight * value)
        .sum();
    let (mut below, mut sum) = (0.0, 0.0);
    let (mut best, mut threshold) = (f64::NEG_INFINITY, values[0]);
    for (weight, value) in weights.zip(values) {
        below += weight;
        sum += weight * value;
        let above = total - below;
        let distance = sum / below - (total_sum - sum) / above;
        let separation = below * above * distance * distance;
        if separation > best {
            (best, threshold) = (separation, *value);
        }
    }
    threshold
}

/// Distinct values of samples of at most 16 bits, in order, and their counts.
fn values_of<T: Keyed>(array: &Strided<T>) -> Result<(Vec<u64>, Vec<f64>)> {
    let counts = count_digits(array, 0, &[0])?.swap_remove(0);
    let found = counts
        .into_iter()
        .enumerate()
        .filter(|(_, count)| *count > 0);
    Ok(found
        .map(|(key, count)| (count, T::value(T::from_bits(key as u64))))
        .unzip())
}

/// Sorts the samples along an axis, NaN last; without an axis, all of them into a trace.
pub fn sort(video: Video, axis: Option<i64>) -> Result<Video> {
    let axis = axis.map(|axis| axis_of("sort", &video, axis)).transpose()?;
    if video.dtype() == DType::Bool {
        let numbers = elementwise::astype(video, DType::U8)?;
        return elementwise::astype(sort_numbers(numbers, axis)?, DType::Bool);
    }
    sort_numbers(video, axis)
}

fn sort_numbers(video: Video, axis: Option<usize>) -> Result<Video> {
    let (samples, metadata) = video.into_parts();
    let samples = map_sortable!(samples, array => Element::wrap(match axis {
        Some(axis) => sorted_along(array, axis)?,
        None => sorted(&array)?,
    }));
    let mut video = Video::from_parts(samples, metadata);
    if axis.is_none_or(|axis| axis == 0) && video.metadata().fps.is_some() {
        video.metadata_mut().fps = None;
    }
    Ok(video)
}

/// Sorts samples as ints of the same order, so that only one sort per size is compiled.
fn sorted_along<T: Sortable>(mut array: Strided<T>, axis: usize) -> Result<Strided<T>> {
    let (outer, rest) = array.shape().split_at(axis);
    let (outer, len, inner) = (
        outer.iter().product::<usize>(),
        rest[0],
        rest[1..].iter().product::<usize>(),
    );
    if len < 2 || array.layout().is_empty() {
        return Ok(array);
    }
    let ranks = bytemuck::cast_slice_mut(array.as_mut_slice()?);
    replace(ranks, T::rank)?;
    sort_along(ranks, [outer, len, inner])?;
    replace(ranks, T::unrank)?;
    Ok(array)
}

/// Replaces each int.
fn replace<R: Rank>(ranks: &mut [R], f: impl Fn(R) -> R + Sync) -> Result<()> {
    task::share(
        ranks.chunks_mut(STEP),
        || (),
        |(), ranks| {
            ranks.iter_mut().for_each(|rank| *rank = f(*rank));
            Ok(())
        },
    )
}

fn sort_along<R: Rank>(ranks: &mut [R], [outer, len, inner]: [usize; 3]) -> Result<()> {
    let task = Task::new("sorting", ranks.len());
    if inner == 1 {
        let lines = (STEP / len).max(1);
        let lines = ranks.chunks_mut(len * lines);
        return task::share(
            lines,
            || (),
            |(), lines| put_lines_in_order(lines, len, &task),
        );
    }
    let mut ranks = ArrayViewMut3::from_shape((outer, len, inner), ranks)
        .expect("as many samples as the shape has");
    // Lines that are adjacent in memory are sorted together.
    let width = (STEP / len).max(CACHE_LINE / size_of::<R>());
    let mut tiles = Vec::new();
    for part in ranks.axis_iter_mut(Axis(0)) {
        tiles.extend(split(part, Axis(1), width));
    }
    task::share(tiles, Vec::new, |lines, (_, mut tile)| {
        // Row by row, so that each cache line is read and written once.
        lines.resize(tile.len(), R::zero());
        for (row, ranks) in tile.rows().into_iter().enumerate() {
            for (column, rank) in ranks.iter().enumerate() {
                lines[column * len + row] = *rank;
            }
        }
        put_lines_in_order(lines, len, &task)?;
        for (row, mut ranks) in tile.rows_mut().into_iter().enumerate() {
            for (column, rank) in ranks.iter_mut().enumerate() {
                *rank = lines[column * len + row];
            }
        }
        Ok(())
    })
}

/// Sorts consecutive lines of `len` ints, each separately.
fn put_lines_in_order<R: Rank>(ranks: &mut [R], len: usize, task: &Task) -> Result<()> {
    let mut lines = ranks.chunks_mut(len);
    if len > AT_ONCE {
        return lines.try_for_each(|line| put_in_order(line, task));
    }
    lines.for_each(<[R]>::sort_unstable);
    task.advance(ranks.len())
}

/// Sorts ints on all cores, interruptibly: with the sort of the standard library, after long parts
/// have been partitioned into lower and higher ones.
fn put_in_order<R: Rank>(ranks: &mut [R], task: &Task) -> Result<()> {
    if ranks.len() <= AT_ONCE {
        ranks.sort_unstable();
        return task.advance(ranks.len());
    }
    let middle = middle_of(ranks);
    let lower = divide(ranks, |rank| rank < middle, task)?;
    if lower > 0 {
        let (lower, higher) = ranks.split_at_mut(lower);
        return task::join(&mut || put_in_order(lower, task), &mut || {
            put_in_order(higher, task)
        });
    }
    // The pivot may be the lowest value, and many ints may equal it.
    let equal = divide(ranks, |rank| rank <= middle, task)?;
    task.advance(equal)?;
    put_in_order(&mut ranks[equal..], task)
}

/// Median of a sample of the ints.
fn middle_of<R: Rank>(ranks: &[R]) -> R {
    const SOME: usize = 1001;
    let some = ranks.iter().step_by(ranks.len() / SOME);
    let mut some: Vec<_> = some.copied().collect();
    let at = some.len() / 2;
    *some.select_nth_unstable(at).1
}

/// Moves the low ints before the others, and counts them.
fn divide<R: Rank>(ranks: &mut [R], is_low: impl Fn(R) -> bool, task: &Task) -> Result<usize> {
    let mut low = 0;
    for start in (0..ranks.len()).step_by(STEP) {
        for at in start..ranks.len().min(start + STEP) {
            let is_low = is_low(ranks[at]);
            ranks.swap(low, at);
            low += usize::from(is_low);
        }
        task.advance(0)?;
    }
    Ok(low)
}

fn sorted<T: Sortable>(array: &Strided<T>) -> Result<Strided<T>> {
    let copy = array.copy()?;
    let flat = copy.with_layout(Layout::contiguous(&[copy.layout().len()]));
    drop(copy);
    sorted_along(flat, 0)
}

/// Unique values in order; NaN, if any, is the last one.
pub fn unique(video: &Video) -> Result<Video> {
    let values = match video.samples() {
        Samples::Bool(array) => few(array)?,
        Samples::U8(array) => few(array)?,
        Samples::I8(array) => few(array)?,
        Samples::U16(array) => few(array)?,
        Samples::I16(array) => few(array)?,
        Samples::U32(array) => distinct(array)?,
        Samples::I32(array) => distinct(array)?,
        Samples::U64(array) => distinct(array)?,
        Samples::I64(array) => distinct(array)?,
        Samples::F32(array) => distinct(array)?,
        Samples::F64(array) => distinct(array)?,
    };
    Ok(Video::with_metadata(values, Default::default()))
}

/// Unique values of samples of at most 16 bits.
fn few<T: Keyed>(array: &Strided<T>) -> Result<Samples> {
    let (_, values) = values_of(array)?;
    let values = values.into_iter().map(T::from_f64).collect::<Vec<_>>();
    Ok(T::wrap(Strided::from_vec(&[values.len()], values)))
}

fn distinct<T: Sortable>(array: &Strided<T>) -> Result<Samples> {
    let mut sorted = sorted(array)?;
    let mut values = sorted.as_mut_slice()?.to_vec();
    values.dedup_by(|a, b| a == b || !is_number(*a) && !is_number(*b));
    Ok(T::wrap(Strided::from_vec(&[values.len()], values)))
}
