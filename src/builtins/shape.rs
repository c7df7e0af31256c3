//! The shape of arrays, and arrays joined to one.

use crate::error::Result;
use crate::ops::shape;
use crate::script::builtins;
use crate::script::convert::Ints;
use crate::video::Video;

builtins! {
    /// Gives an array another shape, with the samples in the same row-major order.
    ///
    /// Shares the samples if they lie in that order in memory.
    ///
    /// ```
    /// reshape(arange(6), [2, 3]).to_array() // => [[0, 1, 2], [3, 4, 5]]
    /// example_video(10).reshape([10, -1]).shape // => [10, 16384]
    /// ```
    fn reshape(
        /// Video, image or trace.
        array: Video,
        /// Length of each axis; one may be -1, which stands for what is left.
        shape: Ints,
    ) -> Result<Video> {
        shape::reshape(&array, &shape.0)
    }

    /// Puts the axes in another order.
    ///
    /// Shares the samples: it costs nothing, whatever the size of the video.
    ///
    /// ```
    /// transpose(video([[1, 2, 3]])).to_array() // => [[1], [2], [3]]
    /// example_video(5, 20, 30).transpose([0, 2, 1]).shape // => [5, 30, 20]
    /// ```
    fn transpose(
        /// Video, image or trace.
        array: Video,
        /// Which axis goes to each place; by default the opposite order.
        axes: Option<Vec<i64>> = None,
    ) -> Result<Video> {
        shape::transpose(&array, axes.as_deref())
    }

    /// Drops axes of length 1.
    ///
    /// ```
    /// squeeze(video([[[1, 2]]])).shape // => [2]
    /// squeeze(example_video(1), 0).shape // => [128, 128]
    /// ```
    fn squeeze(
        /// Video, image or trace.
        array: Video,
        /// Axis to drop; by default all that have length 1.
        axis: Option<i64> = None,
    ) -> Result<Video> {
        shape::squeeze(&array, axis)
    }

    /// Joins arrays of one shape along a new axis.
    ///
    /// ```
    /// stack([video([1, 2]), video([3, 4])]).to_array() // => [[1, 2], [3, 4]]
    /// let v = example_video(2);
    /// stack([v, v, v], -1).shape // => [2, 128, 128, 3]
    /// ```
    fn stack(
        /// Videos, images or traces of the same shape.
        arrays: Vec<Video>,
        /// Where the new axis goes.
        axis: i64 = 0,
    ) -> Result<Video> {
        shape::stack(arrays, axis)
    }

    /// Joins arrays one after the other along an axis.
    ///
    /// ```
    /// concatenate([video([1, 2]), video([3])]).to_array() // => [1, 2, 3]
    /// let v = example_video(2);
    /// concatenate([v, v], 2).shape // => [2, 128, 256]
    /// ```
    fn concatenate(
        /// Videos, images or traces that differ in shape along that axis only.
        arrays: Vec<Video>,
        /// Axis along which to join them.
        axis: i64 = 0,
    ) -> Result<Video> {
        shape::concatenate(&arrays, axis)
    }
}
