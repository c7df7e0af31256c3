//! Arrays out of nothing, out of lists and out of bytes.

use rhai::Array;

use crate::error::Result;
use crate::ops::create::{self, Distribution};
use crate::script::builtins;
use crate::script::convert::{self, Bytes, Ints};
use crate::video::{DType, Number, Video};

builtins! {
    /// Makes a video, image or trace of nested arrays of numbers.
    ///
    /// Bools give bool, ints int64 and floats float64, as in NumPy, unless `dtype` says otherwise. Frames of
    /// equal shape are stacked to a video.
    ///
    /// ```
    /// video([[1, 2, 3], [4, 5, 6]]).shape // => [2, 3]
    /// video([0.5, 1], "float32").dtype // => "float32"
    /// let v = example_video(9);
    /// video([v[0], v[4], v[8]]).shape // => [3, 128, 128]
    /// ```
    fn video(
        /// Numbers nested 1 to 4 arrays deep, or videos, images or traces of equal shape.
        values: Array,
        /// Type of the samples; by default what holds all numbers.
        dtype: Option<DType> = None,
    ) -> Result<Video> {
        convert::from_array(values, dtype)
    }

    /// Makes an array of zeros.
    ///
    /// ```
    /// zeros([10, 64, 64]).dtype // => "float32"
    /// zeros(3, "bool").to_array() // => [false, false, false]
    /// ```
    fn zeros(
        /// Length of each axis.
        shape: Ints,
        /// Type of the samples.
        dtype: DType = DType::F32,
    ) -> Result<Video> {
        create::full(&create::shape_of("zeros", &shape.0)?, Number::Int(0), dtype)
    }

    /// Makes an array of ones.
    ///
    /// ```
    /// ones([2, 2], "uint8").to_array() // => [[1, 1], [1, 1]]
    /// ```
    fn ones(
        /// Length of each axis.
        shape: Ints,
        /// Type of the samples.
        dtype: DType = DType::F32,
    ) -> Result<Video> {
        create::full(&create::shape_of("ones", &shape.0)?, Number::Int(1), dtype)
    }

    /// Makes an array of one value.
    ///
    /// ```
    /// full([1, 2], 7).to_array() // => [[7.0, 7.0]]
    /// ```
    fn full(
        /// Length of each axis.
        shape: Ints,
        /// Value of every sample; converted as `astype` does.
        value: Number,
        /// Type of the samples.
        dtype: DType = DType::F32,
    ) -> Result<Video> {
        create::full(&create::shape_of("full", &shape.0)?, value, dtype)
    }

    /// Makes an array of one value in the shape of another.
    ///
    /// It keeps frame rate and what else is known about the recording.
    ///
    /// ```
    /// full_like(example_video(2), 7)[[0, 0, 0]] // => 7
    /// ```
    fn full_like(
        /// Array whose shape to take.
        array: Video,
        /// Value of every sample; converted as `astype` does.
        value: Number,
        /// Type of the samples; by default that of the array.
        dtype: Option<DType> = None,
    ) -> Result<Video> {
        let made = create::full(array.shape(), value, dtype.unwrap_or(array.dtype()))?;
        Ok(create::like(&array, made))
    }

    /// Makes an array of random numbers (float32).
    ///
    /// The same seed gives the same numbers on every machine.
    ///
    /// ```
    /// let noise = random([10, 64, 64], 1);
    /// noise.min() >= 0.0 && noise.max() < 1.0 // => true
    /// equals(noise, random([10, 64, 64], 1)) // => true
    /// ```
    fn random(
        /// Length of each axis.
        shape: Ints,
        /// Start of the sequence.
        seed: i64 = 0,
        /// Evenly from 0 to below 1, or normally with mean 0 and standard deviation 1.
        distribution: Distribution = Distribution::Uniform,
    ) -> Result<Video> {
        create::random(&create::shape_of("random", &shape.0)?, seed, distribution)
    }

    /// Makes a trace of evenly spaced numbers, `step` apart.
    ///
    /// Ints give int64, floats float64. With one number, it is the end, and the start is 0.
    ///
    /// ```
    /// arange(3).to_array() // => [0, 1, 2]
    /// arange(1, 2, 0.25).to_array() // => [1.0, 1.25, 1.5, 1.75]
    /// ```
    fn arange(
        /// First number.
        start: Number,
        /// Where to end before.
        stop: Option<Number> = None,
        /// Distance between the numbers.
        step: Number = Number::Int(1),
    ) -> Result<Video> {
        let (start, stop) = stop.map_or((Number::Int(0), start), |stop| (start, stop));
        create::arange(start, stop, step)
    }

    /// Makes a trace of `num` numbers evenly from `start` to `stop`, both included (float64).
    ///
    /// ```
    /// linspace(0, 1, 5).to_array() // => [0.0, 0.25, 0.5, 0.75, 1.0]
    /// ```
    fn linspace(
        /// First number.
        start: f64,
        /// Last number.
        stop: f64,
        /// How many numbers.
        num: usize = 50,
    ) -> Result<Video> {
        create::linspace(start, stop, num)
    }

    /// The samples as nested arrays, for JSON and loops.
    ///
    /// ```
    /// to_array(video([[1, 2], [3, 4]])) // => [[1, 2], [3, 4]]
    /// #{trace: video([1, 2]).to_array()}.to_json() // => "{\"trace\":[1,2]}"
    /// ```
    fn to_array(
        /// Video, image or trace.
        array: Video,
    ) -> Result<Array> {
        convert::to_array(&array)
    }

    /// The samples as bytes, in row-major order, of each sample the lowest byte first.
    ///
    /// ```
    /// to_blob(video([1, 258], "uint16")).len // => 4
    /// ```
    fn to_blob(
        /// Video, image or trace.
        array: Video,
    ) -> Result<Bytes> {
        create::to_bytes(&array).map(Bytes)
    }

    /// Makes an array of bytes as `to_blob` gives them.
    ///
    /// ```
    /// let b = to_blob(video([1, 258], "uint16"));
    /// from_blob(b, "uint16", [2]).to_array() // => [1, 258]
    /// ```
    fn from_blob(
        /// Bytes, as many as the samples have.
        blob: Bytes,
        /// Type of the samples.
        dtype: DType,
        /// Length of each axis.
        shape: Ints,
    ) -> Result<Video> {
        create::from_bytes(&blob.0, dtype, &create::shape_of("from_blob", &shape.0)?)
    }
}
