//! Morphology and labeling of masks.

use crate::error::Result;
use crate::ops::mask::morphology;
use crate::script::builtins;
use crate::video::Video;

builtins! {
    /// Grows the true part of a mask by a radius.
    ///
    /// A pixel becomes true if a true pixel is at most `radius` away (Euclidean distance between
    /// pixel centers). The frames of a video are processed one by one.
    ///
    /// Returns a mask with the shape of the input, bool.
    ///
    /// Fails if `mask` is not a bool image or video (compare first: `image > 0`), `radius` is
    /// negative or NaN, or `iterations` is not 1 to 10000.
    ///
    /// ```
    /// count(binary_dilation(mask_rect([9, 9], 4, 4, 5, 5), 1)) // => 5
    /// ```
    ///
    /// See also: `binary_erosion`, `binary_closing`, `fill_holes`
    ///
    /// Source: for radius 1, SciPy's `scipy.ndimage.binary_dilation`.
    fn binary_dilation(
        /// Mask: a bool image or video.
        mask: Video,
        /// Distance to grow by.
        radius: f64 [px] = 1.0,
        /// Number of times to grow.
        iterations: usize = 1,
    ) -> Result<Video> {
        morphology::binary_dilation(&mask, radius, iterations)
    }

    /// Shrinks the true part of a mask by a radius.
    ///
    /// A pixel stays true if no false pixel is at most `radius` away (Euclidean distance between
    /// pixel centers); everything outside of the frame counts as false. The frames of a video are
    /// processed one by one.
    ///
    /// Returns a mask with the shape of the input, bool.
    ///
    /// Fails if `mask` is not a bool image or video (compare first: `image > 0`), `radius` is
    /// negative or NaN, or `iterations` is not 1 to 10000.
    ///
    /// ```
    /// count(binary_erosion(mask_rect([9, 9], 2, 2, 7, 7), 1)) // => 9
    /// ```
    ///
    /// See also: `binary_dilation`, `binary_opening`, `largest_component`
    ///
    /// Source: for radius 1, SciPy's `scipy.ndimage.binary_erosion`.
    fn binary_erosion(
        /// Mask: a bool image or video.
        mask: Video,
        /// Distance to shrink by.
        radius: f64 [px] = 1.0,
        /// Number of times to shrink.
        iterations: usize = 1,
    ) -> Result<Video> {
        morphology::binary_erosion(&mask, radius, iterations)
    }

    /// Removes specks and threads from a mask: shrinks it, then grows what is left.
    ///
    /// Erosions, then as many dilations. What is true is so much as a disc of `radius` pixels
    /// covers from within. The frames of a video are processed one by one.
    ///
    /// Returns a mask with the shape of the input, bool.
    ///
    /// Fails if `mask` is not a bool image or video (compare first: `image > 0`), `radius` is
    /// negative or NaN, or `iterations` is not 1 to 10000.
    ///
    /// ```
    /// let m = mask_disc([50, 50], 25, 25, 10) | mask_disc([50, 50], 5, 5, 1.5);
    /// binary_opening(m, 3)[[5, 5]] // => false
    /// ```
    ///
    /// See also: `binary_closing`, `binary_erosion`, `largest_component`
    ///
    /// Source: for radius 1, SciPy's `scipy.ndimage.binary_opening`.
    fn binary_opening(
        /// Mask: a bool image or video.
        mask: Video,
        /// Distance to shrink and grow by.
        radius: f64 [px] = 1.0,
        /// Number of times to shrink, then to grow.
        iterations: usize = 1,
    ) -> Result<Video> {
        morphology::binary_opening(&mask, radius, iterations)
    }

    /// Closes gaps in a mask: grows it, then shrinks the result.
    ///
    /// Dilations, then as many erosions. The frame goes on beyond its edges meanwhile, so that
    /// nothing that is true becomes false. The frames of a video are processed one by one.
    ///
    /// Returns a mask with the shape of the input, bool.
    ///
    /// Fails if `mask` is not a bool image or video (compare first: `image > 0`), `radius` is
    /// negative or NaN, or `radius` times `iterations` is above 1000.
    ///
    /// ```
    /// let m = mask_rect([9, 20], 0, 0, 9, 9) | mask_rect([9, 20], 0, 11, 9, 20);
    /// binary_closing(m)[[4, 10]] // => true
    /// ```
    ///
    /// See also: `binary_opening`, `binary_dilation`, `fill_holes`
    ///
    /// Source: for radius 1, SciPy's `scipy.ndimage.binary_closing` of a padded mask.
    fn binary_closing(
        /// Mask: a bool image or video.
        mask: Video,
        /// Distance to grow and shrink by.
        radius: f64 [px] = 1.0,
        /// Number of times to grow, then to shrink.
        iterations: usize = 1,
    ) -> Result<Video> {
        morphology::binary_closing(&mask, radius, iterations)
    }

    /// Fills holes in a mask: background that is not 4-connected to the border.
    ///
    /// The frames of a video are processed one by one.
    ///
    /// Returns a mask with the shape of the input, bool.
    ///
    /// Fails if `mask` is not a bool image or video (compare first: `image > 0`).
    ///
    /// ```
    /// let ring = mask_rect([9, 9], 2, 2, 7, 7) & !mask_rect([9, 9], 4, 4, 6, 6);
    /// count(fill_holes(ring)) // => 25
    /// ```
    ///
    /// See also: `binary_dilation`, `largest_component`, `connected_components`
    ///
    /// Source: SciPy's `scipy.ndimage.binary_fill_holes`.
    fn fill_holes(
        /// Mask: a bool image or video.
        mask: Video,
    ) -> Result<Video> {
        morphology::fill_holes(&mask)
    }

    /// Labels the connected components of a mask.
    ///
    /// Components are numbered from 1 in each frame, in the order of their first pixels
    /// (row-major); 0 is background.
    ///
    /// Returns an array with the shape of the input, int32.
    ///
    /// Fails if `mask` is not a bool image or video (compare first: `image > 0`).
    ///
    /// ```
    /// let m = video([[1, 0, 1], [1, 0, 1]]) > 0;
    /// connected_components(m).to_array() // => [[1, 0, 2], [1, 0, 2]]
    /// ```
    ///
    /// See also: `largest_component`, `fill_holes`, `roi_bounds`
    ///
    /// Source: SciPy's `scipy.ndimage.label`.
    fn connected_components(
        /// Mask: a bool image or video.
        mask: Video,
        /// True: 8-connected, so pixels that touch only at corners are connected; false:
        /// 4-connected.
        diagonal: bool = false,
    ) -> Result<Video> {
        morphology::connected_components(&mask, diagonal)
    }

    /// Keeps only the largest connected component of a mask, in each frame.
    ///
    /// Of components of equal size, the first is kept; a frame without any stays false.
    ///
    /// Returns a mask with the shape of the input, bool.
    ///
    /// Fails if `mask` is not a bool image or video (compare first: `image > 0`).
    ///
    /// ```
    /// let m = mask_disc([99, 99], 30, 30, 20) | mask_disc([99, 99], 80, 80, 5);
    /// m.largest_component().roi_bounds() // => [11, 11, 50, 50]
    /// ```
    ///
    /// See also: `connected_components`, `fill_holes`, `mask_threshold`
    ///
    /// Source: the components of SciPy's `scipy.ndimage.label`, counted.
    fn largest_component(
        /// Mask: a bool image or video.
        mask: Video,
        /// True: 8-connected, so pixels that touch only at corners are connected; false:
        /// 4-connected.
        diagonal: bool = false,
    ) -> Result<Video> {
        morphology::largest_component(&mask, diagonal)
    }

    /// Finds the indices of all samples that are neither zero nor NaN.
    ///
    /// Returns an array {n, axis} of int64: a row of indices for each such sample, in row-major
    /// order.
    ///
    /// ```
    /// argwhere(video([[0, 7], [3, 0]])).to_array() // => [[0, 1], [1, 0]]
    /// ```
    ///
    /// See also: `count`, `where`, `roi_bounds`
    ///
    /// Source: NumPy's `numpy.argwhere`, which also lists NaN.
    fn argwhere(
        /// Mask, video, image or trace.
        array: Video,
    ) -> Result<Video> {
        morphology::argwhere(&array)
    }
}
