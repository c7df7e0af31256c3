//! Reductions over all samples or along axes, ignoring NaN.
//!
//! Results have the remaining axes; if none remains, the result has no axes and one sample. Sums
//! and everything derived from them are computed in double precision. Along axes, floats keep their
//! type, and ints of at most 16 bits give float32, wider ones float64; over all samples, floats are
//! float64. A video whose samples are still to be computed, and that nobody else would use, is
//! reduced as they are computed, and has none then.

mod distribution;
mod pieces;
mod plan;
mod rank;
mod ranked;
mod reducers;
mod select;
mod streamed;

pub use distribution::{Histogram, ght, histogram, otsu, sort, unique};

use plan::{Reducer, ReductionPlan, reduce};
use reducers::{Addend, ArgExtreme, Count, ExactSum, Extreme, Moments, Sum, Tally};
use select::Keyed;

use bytemuck::AnyBitPattern;

use crate::bail;
use crate::error::{Error, Result};
use crate::ops::array::axes::{axis_of, forget_axes};
use crate::ops::no_samples;
use crate::video::{DType, Element, Layout, Metadata, Strided, Video, map_samples, with_dtype};

/// Samples of a video in memory, read as another type of the same size, and their layout.
fn samples_of<T: AnyBitPattern>(video: &Video) -> (&[T], &Layout) {
    map_samples!(video.samples(), array => (bytemuck::cast_slice(array.storage()), array.layout()))
}

/// Runs an expression for the type of the samples as numbers: bools are read as `uint8`, so that
/// nothing is compiled for them alone.
macro_rules! with_numbers {
    ($dtype:expr, $T:ident => $body:expr) => {
        with_numbers!(@ $dtype, $T, $body, Bool u8, U8 u8, U16 u16, U32 u32, U64 u64, I8 i8,
            I16 i16, I32 i32, I64 i64, F32 f32, F64 f64)
    };
    (@ $dtype:expr, $T:ident, $body:expr, $($variant:ident $type:ident),*) => {
        match $dtype {
            $(DType::$variant => {
                type $T = $type;
                $body
            })*
        }
    };
}

/// A video and the axes to reduce over.
struct Reduction<'a> {
    function: &'static str,
    video: &'a Video,
    is_reduced: Vec<bool>,
    /// Whether an empty reduction has a result.
    takes_nothing: bool,
}

impl<'a> Reduction<'a> {
    /// Reduction over the given axes, negative ones counted from the end, or over all of them.
    fn new(function: &'static str, video: &'a Video, axes: Option<&[i64]>) -> Result<Self> {
        let mut is_reduced = vec![axes.is_none(); video.ndim()];
        for &axis in axes.unwrap_or_default() {
            let at = axis_of(function, video, axis)?;
            if std::mem::replace(&mut is_reduced[at], true) {
                bail!("{function} got axis {axis} twice");
            }
        }
        Ok(Self {
            function,
            video,
            is_reduced,
            takes_nothing: false,
        })
    }

    /// Gives an empty reduction the initial value of the accumulator as its result.
    fn or_nothing(self) -> Self {
        Self {
            takes_nothing: true,
            ..self
        }
    }

    /// Shape of the results.
    fn shape(&self) -> Vec<usize> {
        let axes = self.video.shape().iter().zip(&self.is_reduced);
        axes.filter(|(_, is_reduced)| !**is_reduced)
            .map(|(len, _)| *len)
            .collect()
    }

    fn is_whole(&self) -> bool {
        !self.is_reduced.contains(&false)
    }

    /// Sample type of results that are not whole numbers.
    fn float_dtype(&self) -> DType {
        match self.video.dtype().is_wide() || self.is_whole() {
            true => DType::F64,
            false => DType::F32,
        }
    }

    /// An error if there are no samples to reduce.
    fn expect_samples(&self) -> Result<()> {
        let no_result = self.shape().contains(&0);
        if self.video.is_empty() && !no_result && !self.takes_nothing {
            return Err(no_samples(self.function, self.video));
        }
        Ok(())
    }

    /// Accumulators of a reducer and their layout.
    fn reduce<T: Element + AnyBitPattern, F: Reducer<T>>(
        &self,
        reducer: &F,
        has_indices: bool,
    ) -> Result<(Vec<F::Accumulator>, Layout)> {
        self.expect_samples()?;
        if self.video.is_empty() {
            let layout = Layout::contiguous(&self.shape());
            return Ok((vec![reducer.start(); layout.len()], layout));
        }
        let streamed = streamed::reduce::<T, F>(self.video, &self.is_reduced, has_indices, reducer);
        if let Some(results) = streamed? {
            return Ok(results);
        }
        self.video.compute()?;
        let (storage, layout) = samples_of::<T>(self.video);
        let plan = ReductionPlan::new(layout, &self.is_reduced, has_indices);
        let state = reduce(storage, &plan, reducer)?;
        Ok((state, plan.results().clone()))
    }

    /// Video of results.
    fn video<U: Element>(&self, results: Vec<U>, layout: Layout) -> Video {
        let results = Strided::from_vec(&[results.len()], results).with_layout(layout);
        let mut video = self.video.with_samples(results);
        forget_axes(video.metadata_mut(), &self.is_reduced);
        video
    }

    fn results<T: Element + AnyBitPattern, F: Reducer<T>, U: Element>(
        &self,
        reducer: &F,
        finish: impl Fn(F::Accumulator) -> U,
    ) -> Result<Video> {
        let (state, layout) = self.reduce::<T, F>(reducer, false)?;
        Ok(self.video(state.into_iter().map(finish).collect(), layout))
    }

    fn floats<T: Element + AnyBitPattern, F: Reducer<T>>(
        &self,
        reducer: &F,
        finish: impl Fn(F::Accumulator) -> f64,
    ) -> Result<Video> {
        match self.float_dtype() {
            DType::F64 => self.results::<T, F, _>(reducer, finish),
            _ => self.results::<T, F, _>(reducer, |state| finish(state) as f32),
        }
    }
}

/// Minimum, of the type of the samples.
pub fn min(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    let reduction = Reduction::new("min", video, axes)?;
    extreme::<false>(&reduction)
}

/// Maximum, of the type of the samples.
pub fn max(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    let reduction = Reduction::new("max", video, axes)?;
    extreme::<true>(&reduction)
}

fn extreme<const HIGH: bool>(reduction: &Reduction<'_>) -> Result<Video> {
    if reduction.video.dtype() == DType::Bool {
        return reduction.results::<u8, _, _>(&Extreme::<HIGH>, |value| value != 0);
    }
    with_numbers!(reduction.video.dtype(), T => {
        reduction.results::<T, _, _>(&Extreme::<HIGH>, |value| value)
    })
}

/// Mean.
pub fn mean(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    let reduction = Reduction::new("mean", video, axes)?;
    with_numbers!(video.dtype(), T => {
        reduction.floats::<T, _>(&Sum, |total| total.sum / total.count as f64)
    })
}

/// Sum: floats keep their type, ints and bools give int64. A single result beyond int64 is a float;
/// several results are an error if one is beyond int64.
pub fn sum(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    let reduction = Reduction::new("sum", video, axes)?.or_nothing();
    match video.dtype() {
        DType::U32 => exact_sum::<u32>(&reduction),
        DType::U64 => exact_sum::<u64>(&reduction),
        DType::I32 => exact_sum::<i32>(&reduction),
        DType::I64 => exact_sum::<i64>(&reduction),
        DType::F32 => reduction.floats::<f32, _>(&Sum, |total| total.sum),
        DType::F64 => reduction.floats::<f64, _>(&Sum, |total| total.sum),
        dtype => with_numbers!(dtype, T => {
            reduction.results::<T, _, _>(&Sum, |total| total.sum as i64)
        }),
    }
}

fn exact_sum<T: Addend + AnyBitPattern>(reduction: &Reduction<'_>) -> Result<Video> {
    let (sums, layout) = reduction.reduce::<T, _>(&ExactSum, false)?;
    let ints = sums.iter().map(|sum| i64::try_from(*sum));
    match ints.collect::<Result<Vec<_>, _>>() {
        Ok(ints) => Ok(reduction.video(ints, layout)),
        Err(_) if reduction.is_whole() => {
            let floats = sums.iter().map(|sum| *sum as f64);
            Ok(reduction.video(floats.collect(), layout))
        }
        Err(_) => {
            let error = "sum got a result that is too large for int64";
            Err(Error::new(error).hint("sum as floats: `v.astype(\"float64\").sum(0)`"))
        }
    }
}

/// Variance. Delta degrees of freedom: the divisor is N − ddof.
pub fn var(video: &Video, axes: Option<&[i64]>, ddof: f64) -> Result<Video> {
    let reduction = Reduction::new("var", video, axes)?;
    spread(&reduction, ddof, |var| var)
}

/// Standard deviation, the square root of [`var`].
pub fn std(video: &Video, axes: Option<&[i64]>, ddof: f64) -> Result<Video> {
    let reduction = Reduction::new("std", video, axes)?;
    spread(&reduction, ddof, f64::sqrt)
}

fn spread(reduction: &Reduction<'_>, ddof: f64, finish: impl Fn(f64) -> f64) -> Result<Video> {
    if !ddof.is_finite() {
        bail!(
            "{} needs `ddof` to be a finite number, got {ddof}",
            reduction.function
        );
    }
    with_numbers!(reduction.video.dtype(), T => {
        reduction.floats::<T, _>(&Moments, |spread| {
            let divisor = spread.count - ddof;
            if divisor > 0.0 { finish(spread.squares / divisor) } else { f64::NAN }
        })
    })
}

/// Index of the first minimum: along the axis, or in row-major order among all samples of a result.
pub fn argmin(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    arg_extreme::<false>(&Reduction::new("argmin", video, axes)?)
}

/// Index of the first maximum, like [`argmin`].
pub fn argmax(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    arg_extreme::<true>(&Reduction::new("argmax", video, axes)?)
}

fn arg_extreme<const HIGH: bool>(reduction: &Reduction<'_>) -> Result<Video> {
    let (indices, layout) = with_numbers!(reduction.video.dtype(), T => {
        let (found, layout) = reduction.reduce::<T, _>(&ArgExtreme::<HIGH>, true)?;
        let indices: Vec<i64> = found.into_iter().map(|found| found.index).collect();
        (indices, layout)
    });
    if indices.contains(&-1) {
        let (function, kind) = (reduction.function, reduction.video.kind());
        let error = format!("{function} finds only NaN in a slice of the {kind}");
        return Err(Error::new(error).hint("replace NaN first: `v.fill_nan(0)`"));
    }
    Ok(reduction.video(indices, layout))
}

/// Number of samples that are not NaN; for bools, the number of true samples.
pub fn count(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    let reduction = Reduction::new("count", video, axes)?.or_nothing();
    let is_mask = video.dtype() == DType::Bool;
    tally(&reduction, |tally| match is_mask {
        true => (tally.numbers - tally.zeros) as i64,
        false => tally.numbers as i64,
    })
}

/// Whether any sample is neither zero nor NaN.
pub fn any(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    let reduction = Reduction::new("any", video, axes)?.or_nothing();
    tally(&reduction, |tally| tally.numbers > tally.zeros)
}

/// Whether all samples that are not NaN are nonzero.
pub fn all(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    let reduction = Reduction::new("all", video, axes)?.or_nothing();
    tally(&reduction, |tally| tally.zeros == 0)
}

/// Counts samples: ints by their bits alone, since only zero matters.
fn tally<U: Element>(reduction: &Reduction<'_>, finish: impl Fn(Tally) -> U) -> Result<Video> {
    let (counts, layout) = match reduction.video.dtype() {
        DType::F32 => reduction.reduce::<f32, _>(&Count, false),
        DType::F64 => reduction.reduce::<f64, _>(&Count, false),
        DType::Bool | DType::U8 | DType::I8 => reduction.reduce::<u8, _>(&Count, false),
        DType::U16 | DType::I16 => reduction.reduce::<u16, _>(&Count, false),
        DType::U32 | DType::I32 => reduction.reduce::<u32, _>(&Count, false),
        DType::U64 | DType::I64 => reduction.reduce::<u64, _>(&Count, false),
    }?;
    Ok(reduction.video(counts.into_iter().map(finish).collect(), layout))
}

/// Median.
pub fn median(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    let reduction = Reduction::new("median", video, axes)?;
    let (results, layout) = percentiles(&reduction, &[50.0])?;
    Ok(of_floats(&reduction, results, layout))
}

/// Percentiles `q` (0 to 100), linearly interpolated; several of them along a new first axis.
pub fn percentile(video: &Video, q: &[f64], is_list: bool, axes: Option<&[i64]>) -> Result<Video> {
    let reduction = Reduction::new("percentile", video, axes)?;
    if let Some(q) = q.iter().find(|q| !(0.0..=100.0).contains(*q)) {
        bail!("percentile needs `q` between 0 and 100, got {q}");
    }
    let (results, layout) = percentiles(&reduction, q)?;
    // Computed result by result, and returned percentile by percentile.
    let step = q.len().max(1) as isize;
    let strides: Vec<_> = layout
        .strides()
        .iter()
        .map(|stride| stride * step)
        .collect();
    let layout = Layout::new(layout.offset() * q.len(), layout.shape(), &strides);
    if !is_list {
        return Ok(of_floats(&reduction, results, layout));
    }
    let mut layout = layout.insert_axis(0);
    if layout.shape().len() > 4 {
        bail!(
            "percentile makes at most 4 axes, got {} for several `q`",
            layout.shape().len()
        );
    }
    let mut shape = layout.shape().to_vec();
    let mut strides = layout.strides().to_vec();
    (shape[0], strides[0]) = (q.len(), 1);
    layout = Layout::new(layout.offset(), &shape, &strides);
    let mut video = of_floats(&reduction, results, layout);
    *video.metadata_mut() = Metadata::default();
    Ok(video)
}

fn of_floats(reduction: &Reduction<'_>, results: Vec<f64>, layout: Layout) -> Video {
    match reduction.float_dtype() {
        DType::F64 => reduction.video(results, layout),
        _ => reduction.video(
            results.into_iter().map(|value| value as f32).collect(),
            layout,
        ),
    }
}

/// Percentiles of each result, one after the other, and the layout of the results.
fn percentiles(reduction: &Reduction<'_>, q: &[f64]) -> Result<(Vec<f64>, Layout)> {
    let video = reduction.video;
    let streamed = with_dtype!(video.dtype(), T => ranked::percentiles::<T>(reduction, q)?);
    if let Some(found) = streamed {
        return Ok(found);
    }
    video.compute()?;
    map_samples!(video.samples(), array => percentiles_of(reduction, array, q))
}

fn percentiles_of<T: Keyed>(
    reduction: &Reduction<'_>,
    array: &Strided<T>,
    q: &[f64],
) -> Result<(Vec<f64>, Layout)> {
    reduction.expect_samples()?;
    if array.layout().is_empty() {
        return Ok((Vec::new(), Layout::contiguous(&reduction.shape())));
    }
    let plan = ReductionPlan::new(array.layout(), &reduction.is_reduced, false);
    let results = plan.results();
    if !select::is_large(plan.samples(), results.len()) {
        return Ok((select::percentiles(array, &plan, q)?, results.clone()));
    }
    let mut values = Vec::new();
    for result in 0..results.len() {
        let part = select::layout_of(array.layout(), &reduction.is_reduced, result);
        values.extend(select::percentiles_of_all(&array.with_layout(part), q)?);
    }
    Ok((values, Layout::contiguous(&reduction.shape())))
}

#[cfg(test)]
mod tests;
