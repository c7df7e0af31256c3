//! Statistics over all samples or along axes, and comparisons of whole arrays.

use rhai::{Dynamic, Map};

use crate::bail;
use crate::error::Result;
use crate::ops::elementwise::astype;
use crate::ops::{equality, reduce};
use crate::script::builtins;
use crate::script::convert::{Ints, Numbers, Reduced, Sampled};
use crate::video::{DType, Strided, Video};

/// The axes, if there are any.
fn axes(axis: &Option<Ints>) -> Option<&[i64]> {
    axis.as_ref().map(|axis| axis.0.as_slice())
}

builtins! {
    /// The smallest sample.
    ///
    /// Along axes, the result has the type of the samples. Axes count from 0, or from the end from -1 on; NaN is ignored. Plain numbers are
    /// compared as usual: `min(2, 3)`.
    ///
    /// ```
    /// min([3, 1, 2]) // => 1
    /// min(video([[3, 1], [2, 5]]), 0).to_array() // => [2, 1]
    /// min(2, 3) // => 2
    /// ```
    fn min(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::min(&array.along("min", &axis)?, axes(&axis))?))
    }

    /// The largest sample.
    ///
    /// Along axes, the result has the type of the samples. Axes count from 0, or from the end from -1 on; NaN is ignored. Plain numbers are
    /// compared as usual: `max(2, 3)`.
    ///
    /// ```
    /// max([3, 1, 2]) // => 3
    /// max(video([[3, 1], [2, 5]]), 1).to_array() // => [3, 5]
    /// ```
    fn max(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::max(&array.along("max", &axis)?, axes(&axis))?))
    }

    /// The mean of the samples.
    ///
    /// Computed in double precision; along axes, float32 videos and ints of at most 16 bits give
    /// float32, others float64. Axes count from 0, or from the end from -1 on; NaN is ignored.
    ///
    /// ```
    /// let v = example_video(20);
    /// v.mean([1, 2]).shape // => [20]
    /// v.mean(0).dtype // => "float32"
    /// mean([1, 2, 6]) // => 3.0
    /// ```
    fn mean(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::mean(&array.along("mean", &axis)?, axes(&axis))?))
    }

    /// The median of the samples.
    ///
    /// The mean of the two middle samples if their number is even. Types are as for `mean`; a video
    /// larger than memory can be looked at. Axes count from 0, or from the end from -1 on; NaN is ignored.
    ///
    /// ```
    /// median([3, 1, 2, 100]) // => 2.5
    /// example_video(5).median(0).shape // => [128, 128]
    /// ```
    fn median(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::median(&array.along("median", &axis)?, axes(&axis))?))
    }

    /// The standard deviation of the samples.
    ///
    /// Types are as for `mean`. Axes count from 0, or from the end from -1 on; NaN is ignored.
    ///
    /// ```
    /// std([1, 3]) // => 1.0
    /// example_video(20).std(0).shape // => [128, 128]
    /// ```
    fn std(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
        /// How many fewer samples than there are stand in the divisor.
        ddof: f64 = 0.0,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::std(&array.along("std", &axis)?, axes(&axis), ddof)?))
    }

    /// The variance of the samples.
    ///
    /// The mean square of the distances from the mean. Types are as for `mean`. Axes count from 0, or from the end from -1 on; NaN is ignored.
    ///
    /// ```
    /// var(video([1, 2, 3])) // => 0.6666666666666666
    /// var(video([1, 2, 3]), #{ddof: 1}) // => 1.0
    /// ```
    fn var(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
        /// How many fewer samples than there are stand in the divisor.
        ddof: f64 = 0.0,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::var(&array.along("var", &axis)?, axes(&axis), ddof)?))
    }

    /// The sum of the samples.
    ///
    /// Over everything it is a float; of bool, int64 and uint64 an int that keeps all digits, or a float where
    /// int64 is too small. Along axes, ints and bools give int64, or an error where that is too small; floats
    /// keep their type and are summed up in double precision. Axes count from 0, or from the end from -1 on;
    /// NaN is ignored.
    ///
    /// ```
    /// sum(video([[1, 2], [3, 4]])) // => 10
    /// sum(full([2, 2], 3, "uint16")) // => 12.0
    /// sum(video([[1, 2], [3, 4]]), -1).to_array() // => [3, 7]
    /// ```
    fn sum(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
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

    /// The percentiles of the samples.
    ///
    /// Between two samples, the percentile lies on the line between them. Several percentiles stand along
    /// a first axis of the result. Types are as for `mean`; a video larger than memory can be looked
    /// at. Axes count from 0, or from the end from -1 on; NaN is ignored.
    ///
    /// ```
    /// percentile(video([0, 10, 20]), 75) // => 15.0
    /// percentile(video([0, 10, 20]), [0, 50]).to_array() // => [0.0, 10.0]
    /// example_video(5).percentile(90, 0).shape // => [128, 128]
    /// ```
    fn percentile(
        /// Video, image, trace or number.
        array: Sampled,
        /// Percentile or percentiles, each between 0 and 100.
        q: Numbers,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        let array = array.along("percentile", &axis)?;
        match q {
            Numbers::One(q) => Ok(Reduced(reduce::percentile(&array, &[q], false, axes(&axis))?)),
            Numbers::Several(q) => Ok(Reduced(reduce::percentile(&array, &q, true, axes(&axis))?)),
        }
    }

    /// Where the smallest sample is first.
    ///
    /// The index along the axis; over several axes, the index in row-major order. Axes count from 0, or from the end from -1 on; NaN is ignored.
    ///
    /// ```
    /// argmin(video([3, 1, 2])) // => 1
    /// argmin(video([[3, 1], [2, 5]]), 0).to_array() // => [1, 0]
    /// ```
    fn argmin(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::argmin(&array.along("argmin", &axis)?, axes(&axis))?))
    }

    /// Where the largest sample is first.
    ///
    /// The index along the axis; over several axes, the index in row-major order. Axes count from 0, or from the end from -1 on; NaN is ignored.
    ///
    /// ```
    /// argmax(video([3, 1, 2])) // => 0
    /// argmax(example_video(20).mean([1, 2])) < 20 // => true
    /// ```
    fn argmax(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::argmax(&array.along("argmax", &axis)?, axes(&axis))?))
    }

    /// How many samples are not NaN; of a mask, how many are true.
    ///
    /// Axes count from 0, or from the end from -1 on.
    ///
    /// ```
    /// count(video([1.0, NaN, 3.0])) // => 2
    /// count(video([1, 5, 7]) > 2) // => 2
    /// ```
    fn count(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::count(&array.along("count", &axis)?, axes(&axis))?))
    }

    /// Whether any sample is true.
    ///
    /// A number is true unless it is 0. Axes count from 0, or from the end from -1 on; NaN is ignored.
    ///
    /// ```
    /// any(video([1, 5, 7]) > 6) // => true
    /// ```
    fn any(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::any(&array.along("any", &axis)?, axes(&axis))?))
    }

    /// Whether all samples are true.
    ///
    /// A number is true unless it is 0. Axes count from 0, or from the end from -1 on; NaN is ignored.
    ///
    /// ```
    /// all(video([1, 5, 7]) > 6) // => false
    /// ```
    fn all(
        /// Video, image, trace or number.
        array: Sampled,
        /// Axis or axes that are summed up; by default all of them, which gives a number.
        axis: Option<Ints> = None,
    ) -> Result<Reduced> {
        Ok(Reduced(reduce::all(&array.along("all", &axis)?, axes(&axis))?))
    }

    /// How many samples lie in each of some intervals of equal width.
    ///
    /// The map has `counts`, an int64 trace, and `edges`, which has one more: where the intervals begin and where the
    /// last one ends, which includes its end. NaN and what lies outside of the range is not counted.
    ///
    /// ```
    /// let h = histogram(video([1, 1, 2, 4]), 3);
    /// h.counts.to_array() // => [2, 1, 1]
    /// h.edges.to_array() // => [1.0, 2.0, 3.0, 4.0]
    /// ```
    fn histogram(
        /// Video, image or trace.
        array: Video,
        /// Number of intervals.
        bins: usize = 10,
        /// Where the first one begins and the last one ends; by default at the smallest and the largest sample.
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

    /// Puts the samples along an axis in order.
    ///
    /// NaN comes last.
    ///
    /// ```
    /// sort(video([3, 1, 2])).to_array() // => [1, 2, 3]
    /// sort(video([[3, 1], [2, 5]]), 0).to_array() // => [[2, 1], [3, 5]]
    /// ```
    fn sort(
        /// Video, image or trace.
        array: Video,
        /// Axis along which to sort; `()` makes a trace of all samples.
        axis: Option<i64> = Some(-1),
    ) -> Result<Video> {
        reduce::sort(array, axis)
    }

    /// The values that occur, in order.
    ///
    /// ```
    /// unique(video([[3, 1], [1, 3]])).to_array() // => [1, 3]
    /// ```
    fn unique(
        /// Video, image or trace.
        array: Video,
    ) -> Result<Video> {
        reduce::unique(&array)
    }

    /// Whether two arrays have the same shape, sample type and samples.
    ///
    /// Unlike with `==`, NaN equals NaN, and the answer is one for all samples.
    ///
    /// ```
    /// equals(video([1, 2]), video([1, 2])) // => true
    /// equals(video([1, 2]), video([1.0, 2.0])) // => false
    /// ```
    fn equals(
        /// Video, image or trace.
        a: Video,
        /// What to compare with.
        b: Video,
    ) -> Result<bool> {
        equality::equals(&a, &b)
    }

    /// Whether two arrays have the same shape and nearly the same samples.
    ///
    /// Samples may differ by `atol` plus `rtol` times the size of the second one; their types may differ.
    ///
    /// ```
    /// allclose(video([1.0, 2.0]), video([1.0, 2.00001])) // => true
    /// ```
    fn allclose(
        /// Video, image or trace.
        a: Video,
        /// What to compare with.
        b: Video,
        /// Difference allowed, as a part of the sample of `b`.
        rtol: f64 = 1e-5,
        /// Difference allowed in any case.
        atol: f64 = 1e-8,
        /// Whether NaN equals NaN.
        equal_nan: bool = false,
    ) -> Result<bool> {
        equality::allclose(&a, &b, rtol, atol, equal_nan)
    }
}
