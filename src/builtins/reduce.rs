//! Statistics over all samples or along axes, and comparisons of whole arrays.

use rhai::{Dynamic, Map};

use crate::bail;
use crate::error::Result;
use crate::ops::array::elementwise::astype;
use crate::ops::array::{equality, reduce};
use crate::script::builtins;
use crate::script::call::convert::{Ints, Numbers, Reduced, Sampled};
use crate::video::{DType, Strided, Video};

/// The axes, if there are any.
fn axes(axis: &Option<Ints>) -> Option<&[i64]> {
    axis.as_ref().map(|axis| axis.0.as_slice())
}

builtins! {
    /// Minimum of the samples.
    ///
    /// Negative axes count from the end. NaN is ignored; samples that are all NaN give NaN. Plain
    /// numbers are compared as usual: `min(2, 3)`.
    ///
    /// Returns a number; along axes, an array without the reduced axes, of the sample type of the
    /// input.
    ///
    /// Fails if an axis does not exist or is given twice, if a plain number is given with an axis,
    /// or if there are no samples.
    ///
    /// ```
    /// min([3, 1, 2]) // => 1
    /// min(video([[3, 1], [2, 5]]), 0).to_array() // => [2, 1]
    /// min(2, 3) // => 2
    /// ```
    ///
    /// See also: `max`, `argmin`, `percentile`, `clip`.
    ///
    /// Source: `numpy.nanmin`.
    fn min(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::min(&array.along("min", &axis)?, axes(&axis))?))
    }

    /// Maximum of the samples.
    ///
    /// Negative axes count from the end. NaN is ignored; samples that are all NaN give NaN. Plain
    /// numbers are compared as usual: `max(2, 3)`.
    ///
    /// Returns a number; along axes, an array without the reduced axes, of the sample type of the
    /// input.
    ///
    /// Fails if an axis does not exist or is given twice, if a plain number is given with an axis,
    /// or if there are no samples.
    ///
    /// ```
    /// max([3, 1, 2]) // => 3
    /// max(video([[3, 1], [2, 5]]), 1).to_array() // => [3, 5]
    /// ```
    ///
    /// See also: `min`, `argmax`, `percentile`, `clip`.
    ///
    /// Source: `numpy.nanmax`.
    fn max(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::max(&array.along("max", &axis)?, axes(&axis))?))
    }

    /// Mean of the samples.
    ///
    /// Negative axes count from the end. NaN is ignored; samples that are all NaN give NaN. Sums
    /// are accumulated in double precision.
    ///
    /// Returns a float64 number; along axes, an array without the reduced axes, float64 for float64
    /// input and ints of more than 16 bits, else float32.
    ///
    /// Fails if an axis does not exist or is given twice, if a plain number is given with an axis,
    /// or if there are no samples.
    ///
    /// ```
    /// let v = example_video(20);
    /// v.mean([1, 2]).shape // => [20]
    /// v.mean(0).dtype // => "float32"
    /// mean([1, 2, 6]) // => 3.0
    /// ```
    ///
    /// See also: `median`, `std`, `sum`, `trace`.
    ///
    /// Source: `numpy.nanmean`.
    fn mean(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::mean(&array.along("mean", &axis)?, axes(&axis))?))
    }

    /// Median of the samples.
    ///
    /// The mean of the two middle samples if their number is even. Negative axes count from the
    /// end. NaN is ignored; samples that are all NaN give NaN. Works on videos larger than memory.
    ///
    /// Returns a float64 number; along axes, an array without the reduced axes, float64 for float64
    /// input and ints of more than 16 bits, else float32.
    ///
    /// Fails if an axis does not exist or is given twice, if a plain number is given with an axis,
    /// or if there are no samples.
    ///
    /// ```
    /// median([3, 1, 2, 100]) // => 2.5
    /// example_video(5).median(0).shape // => [128, 128]
    /// ```
    ///
    /// See also: `mean`, `percentile`, `sort`.
    ///
    /// Source: `numpy.nanmedian`.
    fn median(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::median(&array.along("median", &axis)?, axes(&axis))?))
    }

    /// Standard deviation of the samples.
    ///
    /// The square root of the variance: √(Σ (x − mean)² / (N − ddof)). NaN if N is not above
    /// `ddof`. Negative axes count from the end. NaN is ignored.
    ///
    /// Returns a float64 number; along axes, an array without the reduced axes, float64 for float64
    /// input and ints of more than 16 bits, else float32.
    ///
    /// Fails if an axis does not exist or is given twice, if a plain number is given with an axis,
    /// if `ddof` is not finite, or if there are no samples.
    ///
    /// ```
    /// std([1, 3]) // => 1.0
    /// example_video(20).std(0).shape // => [128, 128]
    /// ```
    ///
    /// See also: `var`, `mean`.
    ///
    /// Source: `numpy.nanstd`.
    fn std(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
        /// Delta degrees of freedom: the divisor is N − ddof.
        ddof: f64 = 0.0,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::std(&array.along("std", &axis)?, axes(&axis), ddof)?))
    }

    /// Variance of the samples.
    ///
    /// The mean of the squared distances from the mean: Σ (x − mean)² / (N − ddof). NaN if N is not
    /// above `ddof`. Negative axes count from the end. NaN is ignored.
    ///
    /// Returns a float64 number; along axes, an array without the reduced axes, float64 for float64
    /// input and ints of more than 16 bits, else float32.
    ///
    /// Fails if an axis does not exist or is given twice, if a plain number is given with an axis,
    /// if `ddof` is not finite, or if there are no samples.
    ///
    /// ```
    /// var(video([1, 2, 3])) // => 0.6666666666666666
    /// var(video([1, 2, 3]), #{ddof: 1}) // => 1.0
    /// ```
    ///
    /// See also: `std`, `mean`.
    ///
    /// Source: `numpy.nanvar`.
    fn var(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
        /// Delta degrees of freedom: the divisor is N − ddof.
        ddof: f64 = 0.0,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::var(&array.along("var", &axis)?, axes(&axis), ddof)?))
    }

    /// Sum of the samples.
    ///
    /// Negative axes count from the end. NaN is ignored. No samples give 0. Sums of floats are
    /// accumulated in double precision.
    ///
    /// Returns a float over all samples, but for bool, int64 and uint64 an exact int, or a float if
    /// int64 is too small. Along axes, an array without the reduced axes: int64 for ints and bool,
    /// the type of the input for floats.
    ///
    /// Fails if an axis does not exist or is given twice, if a plain number is given with an axis,
    /// or if a sum along axes is too large for int64.
    ///
    /// ```
    /// sum(video([[1, 2], [3, 4]])) // => 10
    /// sum(full([2, 2], 3, "uint16")) // => 12.0
    /// sum(video([[1, 2], [3, 4]]), -1).to_array() // => [3, 7]
    /// ```
    ///
    /// See also: `mean`, `count`.
    ///
    /// Source: `numpy.nansum`.
    fn sum(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        let array = array.along("sum", &axis)?;
        let sum = reduce::sum(&array, axes(&axis))?;
        Ok(Reduced(match (axis, array.dtype()) {
            (Some(_), _) | (None, DType::Bool | DType::I64 | DType::U64) => sum,
            _ => {
                let trace = sum.with_layout(sum.layout().insert_axis(0));
                let trace = astype(trace, DType::F64)?;
                trace.with_layout(trace.layout().index(0, 0))
            }
        }))
    }

    /// Percentiles of the samples.
    ///
    /// Linear interpolation between neighboring samples. Negative axes count from the end. NaN is
    /// ignored; samples that are all NaN give NaN. Works on videos larger than memory.
    ///
    /// Returns a float64 number; along axes, an array without the reduced axes, float64 for float64
    /// input and ints of more than 16 bits, else float32. Several percentiles are along a new first
    /// axis of the result.
    ///
    /// Fails if `q` is not between 0 and 100, if an axis does not exist or is given twice, if a
    /// plain number is given with an axis, if the result would have more than 4 axes, or if there
    /// are no samples.
    ///
    /// ```
    /// percentile(video([0, 10, 20]), 75) // => 15.0
    /// percentile(video([0, 10, 20]), [0, 50]).to_array() // => [0.0, 10.0]
    /// example_video(5).percentile(90, 0).shape // => [128, 128]
    /// ```
    ///
    /// See also: `median`, `min`, `max`, `histogram`.
    ///
    /// Source: `numpy.nanpercentile` with the method "linear".
    fn percentile(
        /// Video, image, trace or number.
        array: Sampled,
        /// Percentile or percentiles, each between 0 and 100.
        q: Numbers,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        let array = array.along("percentile", &axis)?;
        match q {
            Numbers::One(q) => Ok(Reduced(reduce::percentile(&array, &[q], false, axes(&axis))?)),
            Numbers::Several(q) => Ok(Reduced(reduce::percentile(&array, &q, true, axes(&axis))?)),
        }
    }

    /// Index of the first minimum.
    ///
    /// The index along the axis; over several axes, the index among their samples in row-major
    /// order. Negative axes count from the end. NaN is ignored.
    ///
    /// Returns an int; along axes, an int64 array without the reduced axes.
    ///
    /// Fails if an axis does not exist or is given twice, if a plain number is given with an axis,
    /// or if there are no samples or nothing but NaN.
    ///
    /// ```
    /// argmin(video([3, 1, 2])) // => 1
    /// argmin(video([[3, 1], [2, 5]]), 0).to_array() // => [1, 0]
    /// ```
    ///
    /// See also: `min`, `argmax`, `argwhere`.
    ///
    /// Source: `numpy.nanargmin`.
    fn argmin(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::argmin(&array.along("argmin", &axis)?, axes(&axis))?))
    }

    /// Index of the first maximum.
    ///
    /// The index along the axis; over several axes, the index among their samples in row-major
    /// order. Negative axes count from the end. NaN is ignored.
    ///
    /// Returns an int; along axes, an int64 array without the reduced axes.
    ///
    /// Fails if an axis does not exist or is given twice, if a plain number is given with an axis,
    /// or if there are no samples or nothing but NaN.
    ///
    /// ```
    /// argmax(video([3, 1, 2])) // => 0
    /// argmax(example_video(20).mean([1, 2])) < 20 // => true
    /// ```
    ///
    /// See also: `max`, `argmin`, `argwhere`.
    ///
    /// Source: `numpy.nanargmax`.
    fn argmax(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::argmax(&array.along("argmax", &axis)?, axes(&axis))?))
    }

    /// Number of samples that are not NaN; for a mask, of those that are true.
    ///
    /// Negative axes count from the end. No samples give 0.
    ///
    /// Returns an int; along axes, an int64 array without the reduced axes.
    ///
    /// Fails if an axis does not exist or is given twice, or if a plain number is given with an
    /// axis.
    ///
    /// ```
    /// count(video([1.0, NaN, 3.0])) // => 2
    /// count(video([1, 5, 7]) > 2) // => 2
    /// ```
    ///
    /// See also: `sum`, `isnan`, `any`, `all`.
    fn count(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::count(&array.along("count", &axis)?, axes(&axis))?))
    }

    /// Tests whether any sample is true.
    ///
    /// A number is true unless it is 0. Negative axes count from the end. NaN is ignored. No
    /// samples give false.
    ///
    /// Returns a bool; along axes, a bool array without the reduced axes.
    ///
    /// Fails if an axis does not exist or is given twice, or if a plain number is given with an
    /// axis.
    ///
    /// ```
    /// any(video([1, 5, 7]) > 6) // => true
    /// ```
    ///
    /// See also: `all`, `count`.
    ///
    /// Source: `numpy.any`, with NaN ignored.
    fn any(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::any(&array.along("any", &axis)?, axes(&axis))?))
    }

    /// Tests whether all samples are true.
    ///
    /// A number is true unless it is 0. Negative axes count from the end. NaN is ignored. No
    /// samples give true.
    ///
    /// Returns a bool; along axes, a bool array without the reduced axes.
    ///
    /// Fails if an axis does not exist or is given twice, or if a plain number is given with an
    /// axis.
    ///
    /// ```
    /// all(video([1, 5, 7]) > 6) // => false
    /// ```
    ///
    /// See also: `any`, `count`, `equals`.
    ///
    /// Source: `numpy.all`, with NaN ignored.
    fn all(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes to reduce over; default: all, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::all(&array.along("all", &axis)?, axes(&axis))?))
    }

    /// Histogram of the samples: counts in bins of equal width.
    ///
    /// Each bin includes its lower edge; the last one includes its upper edge too. NaN and samples
    /// outside the range are not counted. If all samples are equal, the range is that value ± 0.5.
    ///
    /// Returns a map: `counts`, an int64 trace of `bins` samples, and `edges`, a float64 trace of
    /// `bins` + 1 bin edges.
    ///
    /// Fails if `bins` is not between 1 and 1048576, if `range` is not two finite numbers in order,
    /// or without a `range` if a sample is infinite or there are only NaN samples.
    ///
    /// ```
    /// let h = histogram(video([1, 1, 2, 4]), 3);
    /// h.counts.to_array() // => [2, 1, 1]
    /// h.edges.to_array() // => [1.0, 2.0, 3.0, 4.0]
    /// ```
    ///
    /// See also: `percentile`, `unique`, `mask_threshold`.
    ///
    /// Source: `numpy.histogram`.
    fn histogram(
        /// Video, image or trace.
        array: Video,
        /// Number of bins.
        bins: usize = 10,
        /// Lower edge of the first bin and upper edge of the last one, `[low, high]`; default:
        /// minimum and maximum of the samples.
        range: Option<Vec<f64>> = None,
    ) -> Result<Map> {
        let range = match range.as_deref() {
            None => None,
            Some(&[low, high]) => Some([low, high]),
            Some(range) => bail!("histogram needs `range` to be two numbers, got {range:?}"),
        };
        let histogram = reduce::histogram(&array, bins, range)?;
        let counts: Vec<_> = histogram.counts.into_iter().map(|count| count as i64).collect();
        let trace = |video: Video| Dynamic::from(video);
        let counts = trace(Video::new(Strided::from_vec(&[bins], counts)));
        let edges = trace(Video::new(Strided::from_vec(&[bins + 1], histogram.edges)));
        Ok(Map::from([("counts".into(), counts), ("edges".into(), edges)]))
    }

    /// Sorts the samples along an axis in ascending order.
    ///
    /// NaN comes last. Along the first axis the frame rate is dropped.
    ///
    /// Returns an array of the shape and sample type of the input; without an axis, a trace of all
    /// samples.
    ///
    /// Fails if the axis does not exist.
    ///
    /// ```
    /// sort(video([3, 1, 2])).to_array() // => [1, 2, 3]
    /// sort(video([[3, 1], [2, 5]]), 0).to_array() // => [[2, 1], [3, 5]]
    /// ```
    ///
    /// See also: `unique`, `percentile`.
    ///
    /// Source: `numpy.sort`.
    fn sort(
        /// Video, image or trace.
        array: Video,
        /// Axis to sort along, negative from the end; `()` sorts all samples into a trace.
        axis: Option<i64> = Some(-1),
    ) -> Result<Video> {
        reduce::sort(array, axis)
    }

    /// Sorted distinct values of the samples.
    ///
    /// NaN occurs once, at the end.
    ///
    /// Returns a trace of the sample type of the input.
    ///
    /// ```
    /// unique(video([[3, 1], [1, 3]])).to_array() // => [1, 3]
    /// ```
    ///
    /// See also: `sort`, `histogram`, `count`.
    ///
    /// Source: `numpy.unique`.
    fn unique(
        /// Video, image or trace.
        array: Video,
    ) -> Result<Video> {
        reduce::unique(&array)
    }

    /// Tests whether two arrays have the same shape, sample type and samples.
    ///
    /// Unlike with `==`, NaN equals NaN, and there is one answer for all samples.
    ///
    /// Returns a bool.
    ///
    /// ```
    /// equals(video([1, 2]), video([1, 2])) // => true
    /// equals(video([1, 2]), video([1.0, 2.0])) // => false
    /// ```
    ///
    /// See also: `allclose`, `assert_eq`.
    fn equals(
        /// Video, image or trace.
        a: Video,
        /// Array to compare with.
        b: Video,
    ) -> Result<bool> {
        equality::equals(&a, &b)
    }

    /// Tests whether two arrays have the same shape and nearly the same samples.
    ///
    /// True if |a − b| ≤ atol + rtol · |b| for all samples. Infinite samples must be equal; sample
    /// types may differ. Arrays of different shapes are not close.
    ///
    /// Returns a bool.
    ///
    /// Fails if `rtol` or `atol` is negative or NaN.
    ///
    /// ```
    /// allclose(video([1.0, 2.0]), video([1.0, 2.00001])) // => true
    /// ```
    ///
    /// See also: `equals`, `assert_eq`.
    ///
    /// Source: `numpy.allclose`, without broadcasting.
    fn allclose(
        /// Video, image or trace.
        a: Video,
        /// Array to compare with.
        b: Video,
        /// Relative tolerance: allowed difference as a fraction of |b|.
        rtol: f64 = 1e-5,
        /// Absolute tolerance: allowed difference in any case.
        atol: f64 = 1e-8,
        /// Treat NaN as equal to NaN.
        equal_nan: bool = false,
    ) -> Result<bool> {
        equality::allclose(&a, &b, rtol, atol, equal_nan)
    }
}
