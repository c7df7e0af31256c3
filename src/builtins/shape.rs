//! Shape of arrays, and joining arrays.

use crate::error::Result;
use crate::ops::array::shape;
use crate::script::builtins;
use crate::script::call::convert::Ints;
use crate::video::Video;

builtins! {
    /// Gives an array another shape, with the samples in the same row-major order.
    ///
    /// The frame rate is kept if the number of frames stays, the pixel size if height and width
    /// stay.
    ///
    /// Returns an array of the shape `shape` and the sample type of the input: a view if the
    /// samples are in that order in memory, else a copy.
    ///
    /// Fails if the shape does not hold exactly the samples of the array, has more than one -1, or
    /// is not 1 to 4 lengths.
    ///
    /// ```
    /// reshape(arange(6), [2, 3]).to_array() // => [[0, 1, 2], [3, 4, 5]]
    /// example_video(10).reshape([10, -1]).shape // => [10, 16384]
    /// ```
    ///
    /// See also: `transpose`, `squeeze`, `resize`.
    ///
    /// Source: `numpy.reshape` in C order.
    fn reshape(
        /// Video, image or trace.
        array: Video,
        /// Length of each axis; one may be -1 and is computed from the others.
        shape: Ints,
    ) -> Result<Video> {
        shape::reshape(&array, &shape.0)
    }

    /// Permutes the axes.
    ///
    /// Returns a view of the input with the axes in the new order, at no cost whatever its size.
    /// Only an array on disk (mapped or in a scratch file) whose first axis would become the
    /// fastest-varying one is copied.
    ///
    /// Fails if `axes` does not name each axis once.
    ///
    /// ```
    /// transpose(video([[1, 2, 3]])).to_array() // => [[1], [2], [3]]
    /// example_video(5, 20, 30).transpose([0, 2, 1]).shape // => [5, 30, 20]
    /// ```
    ///
    /// See also: `reshape`, `flip_left_right`, `rotate_left`.
    ///
    /// Source: `numpy.transpose`.
    fn transpose(
        /// Video, image or trace.
        array: Video,
        /// For each axis of the result, the axis of the input; negative from the end. Default:
        /// reversed order.
        axes: Option<Vec<i64>> = None,
    ) -> Result<Video> {
        shape::transpose(&array, axes.as_deref())
    }

    /// Drops axes of length 1.
    ///
    /// If all axes have length 1, the first is kept.
    ///
    /// Returns a view of the input without these axes.
    ///
    /// Fails if `axis` does not exist, is not of length 1, or is the only one.
    ///
    /// ```
    /// squeeze(video([[[1, 2]]])).shape // => [2]
    /// squeeze(example_video(1), 0).shape // => [128, 128]
    /// ```
    ///
    /// See also: `reshape`, `stack`.
    ///
    /// Source: `numpy.squeeze`, but at least one axis stays.
    fn squeeze(
        /// Video, image or trace.
        array: Video,
        /// Axis to drop; default: all of length 1.
        axis: Option<i64> = None,
    ) -> Result<Video> {
        shape::squeeze(&array, axis)
    }

    /// Joins arrays of one shape along a new axis.
    ///
    /// Along a new first axis the result has no frame rate: set `fps`.
    ///
    /// Returns an array with one axis more, of the common sample type as in NumPy.
    ///
    /// Fails if there are no arrays, if their shapes differ, if the result would have more than 4
    /// axes, or if the axis does not exist.
    ///
    /// ```
    /// stack([video([1, 2]), video([3, 4])]).to_array() // => [[1, 2], [3, 4]]
    /// let v = example_video(2);
    /// stack([v, v, v], -1).shape // => [2, 128, 128, 3]
    /// ```
    ///
    /// See also: `concatenate`, `collage`, `squeeze`.
    ///
    /// Source: `numpy.stack`.
    fn stack(
        /// Videos, images or traces of the same shape.
        arrays: Vec<Video>,
        /// Index of the new axis in the result, negative from the end.
        axis: i64 = 0,
    ) -> Result<Video> {
        shape::stack(arrays, axis)
    }

    /// Joins arrays one after the other along an axis.
    ///
    /// Frame rate, pixel size and the like are those of the first array.
    ///
    /// Returns an array of the common sample type as in NumPy, as long along the axis as all arrays
    /// together.
    ///
    /// Fails if there are no arrays, if the axis does not exist, or if the shapes differ along
    /// another axis.
    ///
    /// ```
    /// concatenate([video([1, 2]), video([3])]).to_array() // => [1, 2, 3]
    /// let v = example_video(2);
    /// concatenate([v, v], 2).shape // => [2, 128, 256]
    /// ```
    ///
    /// See also: `stack`, `collage`.
    ///
    /// Source: `numpy.concatenate`.
    fn concatenate(
        /// Videos, images or traces whose shapes differ along that axis only.
        arrays: Vec<Video>,
        /// Axis to join along, negative from the end.
        axis: i64 = 0,
    ) -> Result<Video> {
        shape::concatenate(&arrays, axis)
    }
}
