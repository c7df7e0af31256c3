//! Regions of frames and their courses in time.

use crate::error::Result;
use crate::ops::region::{self, Region, Window};
use crate::script::builtins;
use crate::video::{Number, Video};

builtins! {
    /// The course in time of a pixel, averaged over a region around it.
    ///
    /// What lies outside of the frame or is NaN does not count. A square or disc of even size has no middle pixel and reaches
    /// one pixel further up and left.
    ///
    /// ```
    /// let v = example_video(20);
    /// trace(v, 64, 64).shape // => [20]
    /// trace(v, 64, 64, 9, "disc").fps // => 500.0
    /// trace(v, 3, 5, 1)[0] == v[[0, 3, 5]] // => true
    /// ```
    fn trace(
        /// Video; the channels of a color video have a course each.
        video: Video,
        /// Row of the pixel, the first of its position `[y, x]`; rows count from the top.
        y: i64 [px],
        /// Column of the pixel, the second of its position `[y, x]`.
        x: i64 [px],
        /// Width of the square, diameter of the disc, or width of the Gaussian at half its height.
        size: usize [px] = 5,
        /// How the pixels of the region are weighed.
        window: Window = Window::Rect,
    ) -> Result<Video> {
        region::trace(&video, &Region { y, x, size, window })
    }

    /// A mask of the pixels less than `radius` away from a point.
    ///
    /// ```
    /// count(mask_disc([128, 128], 64, 64, 10)) // => 305
    /// let v = example_video(2);
    /// v.apply_mask(mask_disc(v.shape, 64, 64, 50)).dtype // => "float32"
    /// ```
    fn mask_disc(
        /// Shape of an image or a video.
        shape: Vec<i64>,
        /// Row of the middle, the first of its position `[y, x]`.
        y: f64 [px],
        /// Column of the middle, the second of its position `[y, x]`.
        x: f64 [px],
        /// Radius of the disc.
        radius: f64 [px],
    ) -> Result<Video> {
        region::mask_disc(&shape, y, x, radius)
    }

    /// A mask of the pixels of a rectangle.
    ///
    /// ```
    /// count(mask_rect([128, 128], 10, 20, 14, 25)) // => 20
    /// ```
    fn mask_rect(
        /// Shape of an image or a video.
        shape: Vec<i64>,
        /// First row: the corner at the top left is `[y0, x0]`.
        y0: i64 [px],
        /// First column: the corner at the top left is `[y0, x0]`.
        x0: i64 [px],
        /// Row before which to end: the corner at the bottom right is just before `[y1, x1]`.
        y1: i64 [px],
        /// Column before which to end: the corner at the bottom right is just before `[y1, x1]`.
        x1: i64 [px],
    ) -> Result<Video> {
        region::mask_rect(&shape, [y0, x0, y1, x1])
    }

    /// A mask of the samples above a threshold.
    ///
    /// The default is the threshold of Otsu (1979), which parts bright from dark best.
    ///
    /// ```
    /// mask_threshold(video([[1, 2], [8, 9]])).to_array() // => [[false, false], [true, true]]
    /// example_video(9).mean(0).mask_threshold().roi_bounds().len() // => 4
    /// ```
    fn mask_threshold(
        /// Image or video, often the mean or maximum of a video in time.
        image: Video,
        /// What samples must be above; by default found from the samples.
        threshold: Option<f64> = None,
    ) -> Result<Video> {
        region::mask_threshold(&image, threshold)
    }

    /// Sets the samples where a mask is false.
    ///
    /// Ints that cannot be `fill_value` become float32, or float64 if they have more than 16 bits.
    ///
    /// ```
    /// let v = video([[[1, 2], [3, 4]]]);
    /// apply_mask(v, v[0] > 2, 0).to_array() // => [[[0, 0], [3, 4]]]
    /// ```
    fn apply_mask(
        /// Video to mask.
        video: Video,
        /// Mask of the shape of the frames or of the video, true where samples stay.
        mask: Video,
        /// What the other samples become.
        fill_value: Number = Number::Float(f64::NAN),
    ) -> Result<Video> {
        region::apply_mask(video, &mask, fill_value)
    }

    /// The smallest rectangle around the true samples of a mask: `[y0, x0, y1, x1]`.
    ///
    /// Row `y1` and column `x1` are the first ones behind it.
    ///
    /// ```
    /// roi_bounds(mask_rect([128, 128], 10, 20, 14, 25)) // => [10, 20, 14, 25]
    /// ```
    fn roi_bounds(
        /// Mask of frames or of a video.
        mask: Video,
    ) -> Result<Vec<usize>> {
        Ok(region::roi_bounds(&mask)?.into())
    }
}
