//! Masks made of masks.

use crate::error::Result;
use crate::ops::morphology;
use crate::script::builtins;
use crate::video::Video;

builtins! {
    /// Makes the true part of a mask larger by a radius.
    ///
    /// A pixel becomes true if one that is true lies at most `radius` away (Euclidean distance between
    /// middles). Radius 1 is SciPy's `binary_dilation`.
    ///
    /// ```
    /// count(binary_dilation(mask_rect([9, 9], 4, 4, 5, 5), 1)) // => 5
    /// ```
    fn binary_dilation(
        /// Mask of frames or of a video.
        mask: Video,
        /// By how much to grow.
        radius: f64 [px] = 1.0,
    ) -> Result<Video> {
        morphology::binary_dilation(&mask, radius)
    }

    /// Makes the true part of a mask smaller by a radius.
    ///
    /// A pixel stays true if none that is false lies at most `radius` away (Euclidean distance between
    /// middles); all around the frame counts as false. Radius 1 is SciPy's `binary_erosion`.
    ///
    /// ```
    /// count(binary_erosion(mask_rect([9, 9], 2, 2, 7, 7), 1)) // => 9
    /// ```
    fn binary_erosion(
        /// Mask of frames or of a video.
        mask: Video,
        /// By how much to shrink.
        radius: f64 [px] = 1.0,
    ) -> Result<Video> {
        morphology::binary_erosion(&mask, radius)
    }

    /// Makes true what the true part of a mask surrounds.
    ///
    /// A hole is what cannot be left from side to side of pixels without touching the mask.
    ///
    /// ```
    /// let ring = mask_rect([9, 9], 2, 2, 7, 7) & !mask_rect([9, 9], 4, 4, 6, 6);
    /// count(fill_holes(ring)) // => 25
    /// ```
    fn fill_holes(
        /// Mask of frames or of a video.
        mask: Video,
    ) -> Result<Video> {
        morphology::fill_holes(&mask)
    }

    /// Numbers the connected parts of a mask (int32).
    ///
    /// Parts are numbered in each frame from 1 on, in the order of their first pixels; 0 is outside.
    ///
    /// ```
    /// let m = video([[1, 0, 1], [1, 0, 1]]) > 0;
    /// connected_components(m).to_array() // => [[1, 0, 2], [1, 0, 2]]
    /// ```
    fn connected_components(
        /// Mask of frames or of a video.
        mask: Video,
        /// Whether pixels that touch at corners only are connected.
        diagonal: bool = false,
    ) -> Result<Video> {
        morphology::connected_components(&mask, diagonal)
    }

    /// Keeps only the largest connected part of a mask, in each frame.
    ///
    /// ```
    /// let m = mask_disc([99, 99], 30, 30, 20) | mask_disc([99, 99], 80, 80, 5);
    /// m.largest_component().roi_bounds() // => [11, 11, 50, 50]
    /// ```
    fn largest_component(
        /// Mask of frames or of a video.
        mask: Video,
        /// Whether pixels that touch at corners only are connected.
        diagonal: bool = false,
    ) -> Result<Video> {
        morphology::largest_component(&mask, diagonal)
    }

    /// Lists where an array is neither zero nor NaN: a row of indices for each place (int64).
    ///
    /// ```
    /// argwhere(video([[0, 7], [3, 0]])).to_array() // => [[0, 1], [1, 0]]
    /// ```
    fn argwhere(
        /// Mask, video, image or trace.
        array: Video,
    ) -> Result<Video> {
        morphology::argwhere(&array)
    }
}
