//! Regions of frames: masks, and traces of the pixels within a region.

use crate::error::Result;
use crate::ops::mask::profile;
use crate::ops::mask::region::{self, Region, Window};
use crate::script::builtins;
use crate::video::{Number, Video};

builtins! {
    /// Trace of a pixel, averaged over a region around it.
    ///
    /// The mean of the samples in each frame, weighted by `window`. Pixels outside of the frame and
    /// NaN samples are left out. A square or disc of even size has no middle pixel and reaches one
    /// pixel further up and left.
    ///
    /// Returns a trace {t}, or {t, channel} for a color video, with the frame rate of the video:
    /// float64 for float64 and for ints of more than 16 bits, else float32. A frame with nothing
    /// but NaN in the region gives NaN.
    ///
    /// Fails if `video` has no frames {t, y, x}, or if the pixel is outside of them.
    ///
    /// ```
    /// let v = example_video(20);
    /// trace(v, 64, 64).shape // => [20]
    /// trace(v, 64, 64, 9, "disc").fps // => 500.0
    /// trace(v, 3, 5, 1)[0] == v[[0, 3, 5]] // => true
    /// ```
    ///
    /// See also: `mean`, `mask_disc`, `plot_traces`, `traces`.
    fn trace(
        /// Video; each channel of a color video gives a trace.
        video: Video,
        /// Row of the pixel, the first of its position `[y, x]`; rows count from the top.
        y: i64 [px],
        /// Column of the pixel, the second of its position `[y, x]`.
        x: i64 [px],
        /// Width of the square, diameter of the disc, or full width at half maximum (FWHM) of the
        /// Gaussian.
        size: usize [px] = 5,
        /// Weights of the region: a square or a disc of equal weights, or a Gaussian.
        window: Window = Window::Rect,
    ) -> Result<Video> {
        region::trace(&video, &Region { y, x, size, window })
    }

    /// Values along a line: the profile of an image, the kymograph of a video.
    ///
    /// The values are one pixel apart, from the first point on, and interpolated linearly between
    /// pixels. NaN where a pixel beside the line is NaN. Parallel lines outside of the frame are
    /// left out.
    ///
    /// Returns a trace {distance} for an image, an image {t, distance} for a video: float64 for
    /// float64 and for ints of more than 16 bits, else float32. The frame rate stays.
    ///
    /// Fails if `video` is neither an image nor a gray video, if there are fewer than two points,
    /// if one is outside of the frame, or if `width` is 0.
    ///
    /// ```
    /// let v = video([[[0, 1, 2, 3], [4, 5, 6, 7]]]);
    /// line_profile(v[0], [[0, 0], [0, 3]]).to_array() // => [0.0, 1.0, 2.0, 3.0]
    /// line_profile(v, [[0.5, 0], [0.5, 2]]).to_array() // => [[2.0, 3.0, 4.0]]
    /// line_profile(example_video(20), [[20, 20], [50, 60]], 3).shape // => [20, 51]
    /// ```
    ///
    /// See also: `trace`, `plot_traces`, `show_video`.
    fn line_profile(
        /// Image {y, x} or video {t, y, x}.
        video: Video,
        /// Positions `[[y, x], …]` on the line, at least two; whole numbers are the centers of
        /// pixels. Those of a line drawn in a window are `player.regions[0].points`.
        points: Vec<Vec<f64>> [px],
        /// Number of parallel lines, one pixel apart, whose mean is returned.
        width: usize [px] = 1,
    ) -> Result<Video> {
        profile::line_profile(&video, &points, width)
    }

    /// Mask of the pixels less than `radius` away from a point.
    ///
    /// Returns a bool image {y, x}.
    ///
    /// Fails if `shape` is not that of an image or video, if `radius` is negative, or if a number
    /// is not finite.
    ///
    /// ```
    /// count(mask_disc([128, 128], 64, 64, 10)) // => 305
    /// let v = example_video(2);
    /// v.apply_mask(mask_disc(v.shape, 64, 64, 50)).dtype // => "float32"
    /// ```
    ///
    /// See also: `mask_rect`, `mask_threshold`, `apply_mask`.
    fn mask_disc(
        /// Shape of an image or a video, such as `video.shape`.
        shape: Vec<i64>,
        /// Row of the center, the first of its position `[y, x]`.
        y: f64 [px],
        /// Column of the center, the second of its position `[y, x]`.
        x: f64 [px],
        /// Radius of the disc.
        radius: f64 [px],
    ) -> Result<Video> {
        region::mask_disc(&shape, y, x, radius)
    }

    /// Mask of the pixels of a rectangle.
    ///
    /// What is outside of the frame is cut off.
    ///
    /// Returns a bool image {y, x}.
    ///
    /// Fails if `shape` is not that of an image or video, or if y0 > y1 or x0 > x1.
    ///
    /// ```
    /// count(mask_rect([128, 128], 10, 20, 14, 25)) // => 20
    /// ```
    ///
    /// See also: `roi_bounds`, `mask_disc`, `apply_mask`.
    fn mask_rect(
        /// Shape of an image or a video, such as `video.shape`.
        shape: Vec<i64>,
        /// First row; the top left corner is `[y0, x0]`.
        y0: i64 [px],
        /// First column; the top left corner is `[y0, x0]`.
        x0: i64 [px],
        /// Row to stop before (exclusive); the bottom right corner is just before `[y1, x1]`.
        y1: i64 [px],
        /// Column to stop before (exclusive); the bottom right corner is just before `[y1, x1]`.
        x1: i64 [px],
    ) -> Result<Video> {
        region::mask_rect(&shape, [y0, x0, y1, x1])
    }

    /// Mask of the samples above a threshold, by default Otsu's.
    ///
    /// Otsu's threshold separates bright from dark best: it maximizes the variance between the two
    /// classes. It is searched among all values of ints of at most 16 bits, and in 256 bins for
    /// other types. NaN samples are false.
    ///
    /// Returns a bool array of the shape of the input.
    ///
    /// Fails if no threshold is given and there are only NaN samples or a float sample is infinite.
    ///
    /// ```
    /// mask_threshold(video([[1, 2], [8, 9]])).to_array() // => [[false, false], [true, true]]
    /// example_video(9).mean(0).mask_threshold().roi_bounds().len() // => 4
    /// ```
    ///
    /// See also: `mask_disc`, `apply_mask`, `histogram`.
    ///
    /// Source: Otsu 1979, doi:10.1109/TSMC.1979.4310076, as in scikit-image's `threshold_otsu`.
    fn mask_threshold(
        /// Image or video, often the mean or maximum of a video over time.
        image: Video,
        /// Value that samples must exceed; default: Otsu's threshold of the samples.
        threshold: Option<f64> = None,
    ) -> Result<Video> {
        region::mask_threshold(&image, threshold)
    }

    /// Sets the samples where a mask is false to a fill value.
    ///
    /// If the sample type cannot represent `fill_value`, ints become float32, or float64 if they
    /// have more than 16 bits.
    ///
    /// Returns an array of the shape of the input.
    ///
    /// Fails if `mask` is not bool, or if it has neither the shape of the frames nor that of the
    /// video.
    ///
    /// ```
    /// let v = video([[[1, 2], [3, 4]]]);
    /// apply_mask(v, v[0] > 2, 0).to_array() // => [[[0, 0], [3, 4]]]
    /// ```
    ///
    /// See also: `where`, `mask_disc`, `mask_rect`, `mask_threshold`.
    fn apply_mask(
        /// Video or image to mask.
        video: Video,
        /// Mask of the shape of the frames or of the video; true keeps the samples.
        mask: Video,
        /// Value of the samples where the mask is false.
        fill_value: Number = Number::Float(f64::NAN),
    ) -> Result<Video> {
        region::apply_mask(video, &mask, fill_value)
    }

    /// Bounding box of the true samples of a mask: `[y0, x0, y1, x1]`.
    ///
    /// Row `y1` and column `x1` are exclusive, as in `mask_rect`. A mask of a video gives the box
    /// over all frames.
    ///
    /// Returns an array of four ints.
    ///
    /// Fails if `mask` is not bool, has fewer than two axes, or is true nowhere.
    ///
    /// ```
    /// roi_bounds(mask_rect([128, 128], 10, 20, 14, 25)) // => [10, 20, 14, 25]
    /// ```
    ///
    /// See also: `mask_rect`, `crop`, `argwhere`.
    fn roi_bounds(
        /// Mask of a frame or of a video.
        mask: Video,
    ) -> Result<Vec<usize>> {
        Ok(region::roi_bounds(&mask)?.into())
    }
}
