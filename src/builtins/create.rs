//! Creating arrays: constants, sequences and random numbers, from lists and from bytes.

use rhai::Array;

use crate::error::Result;
use crate::ops::array::create::{self, Distribution};
use crate::script::builtins;
use crate::script::call::convert::{self, Bytes, Ints};
use crate::video::{DType, Number, Video};

builtins! {
    /// Makes a video, image or trace from nested arrays, or stacks frames to a video.
    ///
    /// Bools give bool, ints int64 and floats float64, as in NumPy; mixed numbers take the wider
    /// type. With `dtype`, they are converted as `astype` does. Videos, images or traces of equal
    /// shape are stacked along a new first axis: images become a video.
    ///
    /// Returns an array with one axis for each level of nesting.
    ///
    /// Fails if arrays of one level differ in length or depth, there are more than 4 levels, or an
    /// element is not a number.
    ///
    /// ```
    /// video([[1, 2, 3], [4, 5, 6]]).shape // => [2, 3]
    /// video([0.5, 1], "float32").dtype // => "float32"
    /// let v = example_video(9);
    /// video([v[0], v[4], v[8]]).shape // => [3, 128, 128]
    /// ```
    ///
    /// See also: `to_array`, `stack`, `full`
    ///
    /// Source: NumPy's `numpy.array`.
    fn video(
        /// Numbers nested 1 to 4 levels deep, or videos, images or traces of equal shape.
        values: Array,
        /// Sample type; default: the narrowest of bool, int64 and float64 that holds all numbers.
        dtype: Option<DType> = None,
    ) -> Result<Video> {
        convert::from_array(values, dtype)
    }

    /// Makes an array of zeros.
    ///
    /// Returns an array of the given shape and type.
    ///
    /// Fails if `shape` does not have 1 to 4 lengths >= 0.
    ///
    /// ```
    /// zeros([10, 64, 64]).dtype // => "float32"
    /// zeros(3, "bool").to_array() // => [false, false, false]
    /// ```
    ///
    /// See also: `ones`, `full`, `full_like`
    ///
    /// Source: NumPy's `numpy.zeros`; the default type is float32.
    fn zeros(
        /// Length of each axis, 1 to 4 of them; an int for a trace.
        shape: Ints,
        /// Sample type of the result.
        dtype: DType = DType::F32,
    ) -> Result<Video> {
        create::full(&create::shape_of("zeros", &shape.0)?, Number::Int(0), dtype)
    }

    /// Makes an array of ones.
    ///
    /// Returns an array of the given shape and type.
    ///
    /// Fails if `shape` does not have 1 to 4 lengths >= 0.
    ///
    /// ```
    /// ones([2, 2], "uint8").to_array() // => [[1, 1], [1, 1]]
    /// ```
    ///
    /// See also: `zeros`, `full`, `full_like`
    ///
    /// Source: NumPy's `numpy.ones`; the default type is float32.
    fn ones(
        /// Length of each axis, 1 to 4 of them; an int for a trace.
        shape: Ints,
        /// Sample type of the result.
        dtype: DType = DType::F32,
    ) -> Result<Video> {
        create::full(&create::shape_of("ones", &shape.0)?, Number::Int(1), dtype)
    }

    /// Makes an array filled with one value.
    ///
    /// Returns an array of the given shape and type.
    ///
    /// Fails if `shape` does not have 1 to 4 lengths >= 0.
    ///
    /// ```
    /// full([1, 2], 7).to_array() // => [[7.0, 7.0]]
    /// ```
    ///
    /// See also: `full_like`, `zeros`, `ones`
    ///
    /// Source: NumPy's `numpy.full`; the default type is float32.
    fn full(
        /// Length of each axis, 1 to 4 of them; an int for a trace.
        shape: Ints,
        /// Value of every sample; converted as `astype` does.
        value: Number,
        /// Sample type of the result.
        dtype: DType = DType::F32,
    ) -> Result<Video> {
        create::full(&create::shape_of("full", &shape.0)?, value, dtype)
    }

    /// Makes an array filled with one value, in the shape of another array.
    ///
    /// Returns an array with the shape, frame rate and other metadata of `array`, except the file
    /// it came from.
    ///
    /// ```
    /// full_like(example_video(2), 7)[[0, 0, 0]] // => 7
    /// ```
    ///
    /// See also: `full`, `where`
    ///
    /// Source: NumPy's `numpy.full_like`.
    fn full_like(
        /// Array whose shape and metadata the result gets.
        array: Video,
        /// Value of every sample; converted as `astype` does.
        value: Number,
        /// Sample type of the result; default: that of `array`.
        dtype: Option<DType> = None,
    ) -> Result<Video> {
        let made = create::full(array.shape(), value, dtype.unwrap_or(array.dtype()))?;
        Ok(create::like(&array, made))
    }

    /// Makes an array of random numbers.
    ///
    /// The same seed gives the same numbers on every machine.
    ///
    /// Returns an array of the given shape, float32.
    ///
    /// Fails if `shape` does not have 1 to 4 lengths >= 0.
    ///
    /// ```
    /// let noise = random([10, 64, 64], 1);
    /// noise.min() >= 0.0 && noise.max() < 1.0 // => true
    /// equals(noise, random([10, 64, 64], 1)) // => true
    /// ```
    ///
    /// See also: `full`, `example_video`
    ///
    /// Source: SplitMix64 (Steele, Lea & Flood 2014); normal numbers by Box & Muller 1958.
    fn random(
        /// Length of each axis, 1 to 4 of them; an int for a trace.
        shape: Ints,
        /// Seed of the sequence.
        seed: i64 = 0,
        /// Uniform from 0 to below 1, or normal with mean 0 and standard deviation 1.
        distribution: Distribution = Distribution::Uniform,
    ) -> Result<Video> {
        create::random(&create::shape_of("random", &shape.0)?, seed, distribution)
    }

    /// Makes a trace of evenly spaced numbers, `step` apart, before `stop`.
    ///
    /// With one argument, that is the stop, and the start is 0. A negative step counts down. The
    /// trace is empty if `stop` is not ahead of `start`.
    ///
    /// Returns a trace: int64 if all numbers are ints, otherwise float64.
    ///
    /// Fails if `step` is 0, a number is not finite, or there would be more than 2³⁰ numbers.
    ///
    /// ```
    /// arange(3).to_array() // => [0, 1, 2]
    /// arange(1, 2, 0.25).to_array() // => [1.0, 1.25, 1.5, 1.75]
    /// ```
    ///
    /// See also: `linspace`
    ///
    /// Source: NumPy's `numpy.arange`.
    fn arange(
        /// First number; the stop if it is the only argument.
        start: Number,
        /// Number to stop before (exclusive).
        stop: Option<Number> = None,
        /// Difference between neighboring numbers.
        step: Number = Number::Int(1),
    ) -> Result<Video> {
        let (start, stop) = stop.map_or((Number::Int(0), start), |stop| (start, stop));
        create::arange(start, stop, step)
    }

    /// Makes a trace of `num` evenly spaced numbers from `start` to `stop`, both included.
    ///
    /// Returns a trace of float64 with `num` samples.
    ///
    /// Fails if `num` is more than 2³⁰.
    ///
    /// ```
    /// linspace(0, 1, 5).to_array() // => [0.0, 0.25, 0.5, 0.75, 1.0]
    /// ```
    ///
    /// See also: `arange`
    ///
    /// Source: NumPy's `numpy.linspace`.
    fn linspace(
        /// First number.
        start: f64,
        /// Last number (inclusive).
        stop: f64,
        /// Count of numbers; 1 gives only `start`.
        num: usize = 50,
    ) -> Result<Video> {
        create::linspace(start, stop, num)
    }

    /// Converts samples to nested plain arrays, for JSON and loops.
    ///
    /// Returns an array of arrays, one level for each axis: bools, ints or floats.
    ///
    /// Fails if there are more than 2²⁴ samples: select a part first, or use `to_blob`.
    ///
    /// ```
    /// to_array(video([[1, 2], [3, 4]])) // => [[1, 2], [3, 4]]
    /// #{trace: video([1, 2]).to_array()}.to_json() // => "{\"trace\":[1,2]}"
    /// ```
    ///
    /// See also: `video`, `to_blob`
    fn to_array(
        /// Video, image or trace.
        array: Video,
    ) -> Result<Array> {
        convert::to_array(&array)
    }

    /// Converts samples to bytes: row-major and little-endian.
    ///
    /// Returns a blob with the bytes of all samples; a bool takes one byte.
    ///
    /// ```
    /// to_blob(video([1, 258], "uint16")).len // => 4
    /// ```
    ///
    /// See also: `from_blob`, `to_array`
    fn to_blob(
        /// Video, image or trace.
        array: Video,
    ) -> Result<Bytes> {
        create::to_bytes(&array).map(Bytes)
    }

    /// Makes an array from bytes as `to_blob` gives them.
    ///
    /// The bytes are read row-major and little-endian; for bool, every byte other than 0 is true.
    ///
    /// Returns an array of the given shape and type.
    ///
    /// Fails if the blob does not have exactly as many bytes as the samples, or `shape` does not
    /// have 1 to 4 lengths >= 0.
    ///
    /// ```
    /// let b = to_blob(video([1, 258], "uint16"));
    /// from_blob(b, "uint16", [2]).to_array() // => [1, 258]
    /// ```
    ///
    /// See also: `to_blob`, `load_raw`, `video`
    fn from_blob(
        /// Bytes of the samples.
        blob: Bytes,
        /// Sample type of the bytes and of the result.
        dtype: DType,
        /// Length of each axis, 1 to 4 of them; an int for a trace.
        shape: Ints,
    ) -> Result<Video> {
        create::from_bytes(&blob.0, dtype, &create::shape_of("from_blob", &shape.0)?)
    }
}
