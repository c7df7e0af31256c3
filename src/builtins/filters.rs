//! Filters in space and time.

use crate::error::Result;
use crate::ops::border::Border;
use crate::ops::mean::{self, MeanFilter};
use crate::ops::median::{self, MedianFilter};
use crate::ops::normalize::{self, Normalize};
use crate::ops::present;
use crate::ops::smooth;
use crate::ops::smoothstep;
use crate::ops::temporal::{self, TemporalDifference};
use crate::ops::{frames, jitter};
use crate::script::builtins;
use crate::video::{DType, Video};

builtins! {
    /// Scales the samples linearly to the interval [`ymin`, `ymax`].
    ///
    /// By default the smallest sample of the whole video becomes 0 and the largest 1. Not-a-number
    /// samples are ignored and stay what they are. Int results round toward zero and saturate.
    ///
    /// ```
    /// normalize(example_video()).dtype // => "float32"
    /// normalize(example_video(), #{vmin: 500, vmax: 3000, dtype: "uint8"}).dtype // => "uint8"
    /// ```
    fn normalize(
        /// Video, image or trace to normalize.
        array: Video,
        /// Smallest value of the result.
        ymin: f64 = 0.0,
        /// Largest value of the result; by default 1, or the largest value of an int `dtype`.
        ymax: Option<f64> = None,
        /// Sample value that becomes `ymin`; by default the smallest sample.
        vmin: Option<f64> = None,
        /// Sample value that becomes `ymax`; by default the largest sample.
        vmax: Option<f64> = None,
        /// Sample type of the result.
        dtype: DType = DType::F32,
        /// Whether to clip to [`ymin`, `ymax`] if `vmin` or `vmax` is given.
        clip: bool = true,
    ) -> Result<Video> {
        normalize::normalize(array, &Normalize { ymin, ymax, vmin, vmax, dtype, clip })
    }

    /// Scales the course of every pixel to the interval [`ymin`, `ymax`].
    ///
    /// A pixel that never changes becomes `ymin`.
    ///
    /// ```
    /// normalize_pixelwise(example_video())[[0, 64, 64]] <= 1.0 // => true
    /// ```
    fn normalize_pixelwise(
        /// Video to normalize; time is the first axis.
        video: Video,
        /// Smallest value of the result.
        ymin: f64 = 0.0,
        /// Largest value of the result.
        ymax: f64 = 1.0,
    ) -> Result<Video> {
        normalize::normalize_pixelwise(video, ymin, ymax)
    }

    /// Scales every pixel to the interval [`ymin`, `ymax`] by its values in a window around each frame.
    ///
    /// The window reaches from frame t − `window_size`/2 to t + `window_size`/2, so that an even size
    /// acts like the next odd one; it is cut off at the ends of the video. The time this takes does
    /// not depend on the size of the window (van Herk 1992; Gil & Werman 1993).
    ///
    /// ```
    /// let v = example_video();
    /// normalize_pixelwise_slidingwindow(v, 60).dtype // => "float32"
    /// ```
    fn normalize_pixelwise_slidingwindow(
        /// Video to normalize.
        video: Video,
        /// Length of the window; about one cycle of the activity to be made visible.
        window_size: i64 [frames],
        /// Smallest value of the result.
        ymin: f64 = 0.0,
        /// Largest value of the result.
        ymax: f64 = 1.0,
    ) -> Result<Video> {
        normalize::normalize_pixelwise_slidingwindow(video, window_size, ymin, ymax)
    }

    /// Smooths a video with a Gaussian kernel in space and time.
    ///
    /// The kernel is cut off at four standard deviations; at the edges the video is continued as
    /// its mirror image. Int videos give float32. A sample that is not a number makes all within reach
    /// of the kernel so, unless `ignore_nan` is set: with it the samples that are there are averaged.
    ///
    /// ```
    /// example_video().smooth_spatiotemporal(1, 2).shape // => [200, 128, 128]
    /// let heart = example_video(20).apply_mask(mask_disc([128, 128], 64, 64, 30));
    /// count(isnan(heart.smooth_spatiotemporal(1, 2, true))) == count(isnan(heart)) // => true
    /// ```
    fn smooth_spatiotemporal(
        /// Video to smooth.
        video: Video,
        /// Standard deviation in time; 0 for none.
        sigma_temporal: f64 [frames],
        /// Standard deviation in space; 0 for none.
        sigma_spatial: f64 [px],
        /// Whether samples that are not a number, as outside of a mask, are left out; they stay what they are.
        ignore_nan: bool = false,
    ) -> Result<Video> {
        let smooth = if ignore_nan { present::smooth_spatiotemporal } else { smooth::smooth_spatiotemporal };
        smooth(video, sigma_temporal, sigma_spatial)
    }

    /// Smooths a video by the mean of a box in space and time.
    ///
    /// Int videos give float32. A sample that is not a number counts as the mean of its frame, or with
    /// `ignore_nan` not at all, and stays what it is.
    ///
    /// ```
    /// example_video().mean_filter(3, 5).dtype // => "float32"
    /// ```
    fn mean_filter(
        /// Video to smooth.
        video: Video,
        /// Length of the box in time; 1 for none.
        size_temporal: i64 [frames] = 1,
        /// Height and width of the box; 1 for none.
        size_spatial: i64 [px] = 1,
        /// How frames go on beyond their edges.
        mode: Border = Border::Nearest,
        /// Whether samples that are not a number, as outside of a mask, are left out.
        ignore_nan: bool = false,
    ) -> Result<Video> {
        let filter = if ignore_nan { present::mean_filter } else { mean::mean_filter };
        filter(video, &MeanFilter { size_temporal, size_spatial, mode })
    }

    /// Smooths a video by the median of a box in space and time.
    ///
    /// This takes out single outliers and keeps edges. Of an even number of samples the higher of the two in the middle is taken, and a box of even
    /// length reaches further back than ahead, as in SciPy's `median_filter`. The sample type stays.
    /// A sample that is not a number makes the medians of all boxes that it is in so, unless `ignore_nan`
    /// is set.
    ///
    /// ```
    /// example_video(10).median_filter(1, 3).dtype // => "uint16"
    /// ```
    fn median_filter(
        /// Video to smooth.
        video: Video,
        /// Length of the box in time; 1 for none.
        size_temporal: i64 [frames] = 1,
        /// Height and width of the box; 1 for none.
        size_spatial: i64 [px] = 3,
        /// How frames go on beyond their edges.
        mode: Border = Border::Reflect,
        /// Whether samples that are not a number, as outside of a mask, are left out; they stay what they are.
        ignore_nan: bool = false,
    ) -> Result<Video> {
        let ignores_nan = ignore_nan;
        median::median_filter(video, &MedianFilter { size_temporal, size_spatial, mode, ignores_nan })
    }

    /// Makes one frame of every `n`: their mean.
    ///
    /// Frame k of the result is Σ f(kn + i) / n with i = 0 … n − 1; frames that are left at the end are
    /// dropped, and the frame rate is divided by n. Videos of 8 and 16 bits give float32, ints of more
    /// bits float64. `v.slice(0, (), n)` takes every n-th frame instead.
    ///
    /// ```
    /// let v = downsample_time(example_video(20), 4);
    /// v.len // => 5
    /// v.fps // => 125.0
    /// ```
    fn downsample_time(
        /// Video or trace; time is the first axis.
        array: Video,
        /// How many frames become one.
        n: usize [frames],
    ) -> Result<Video> {
        frames::downsample_time(array, n)
    }

    /// Subtracts from each frame the one `n` frames before it.
    ///
    /// The result has as many frames as the video; the `n` frames that have no partner are set to
    /// `fill_value`.
    ///
    /// ```
    /// let d = temporal_difference(example_video(), 3);
    /// d[[0, 64, 64]] // => 0.0
    /// ```
    fn temporal_difference(
        /// Video or trace; time is the first axis.
        array: Video,
        /// Distance in time, usually 1 to 5.
        n: i64 [frames],
        /// Value of the frames that have no partner.
        fill_value: f64 = 0.0,
        /// Whether to put half of these frames at the end instead of all at the start.
        center: bool = false,
    ) -> Result<Video> {
        temporal::temporal_difference(array, &TemporalDifference { n, fill_value, center })
    }

    /// Removes the jitter of Photometrics Evolve 128 cameras.
    ///
    /// Frames that were exposed too shortly are multiplied by 1 + 14·10⁻⁶ · `framerate`: those whose mean
    /// lies below that of the frame before and of the frame after by more than `threshold` times the
    /// median of the means of all frames. Ints are cut off and saturate. A video with a sample that is
    /// not a number stays as it is.
    ///
    /// ```
    /// evolve_jitter_filter(example_video()).shape // => [200, 128, 128]
    /// ```
    fn evolve_jitter_filter(
        /// Video to filter.
        video: Video,
        /// Frames per second.
        framerate: f64 [Hz] = 500.0,
        /// Smallest change of the mean from frame to frame, as a part of the median.
        threshold: f64 = 0.004,
    ) -> Result<Video> {
        jitter::evolve_jitter_filter(video, framerate, threshold)
    }

    /// Maps samples to a smooth step from 0 to 1, for example to make an opacity of them.
    ///
    /// With x = (sample − `vmin`) / (`vmax` − `vmin`), cut off at 0 and 1, the result is
    /// xᴺ⁺¹ · Σ C(N+k, k) · (1 − x)ᵏ over k = 0 … N: x for N = 0, 3x² − 2x³ for 1,
    /// 6x⁵ − 15x⁴ + 10x³ for 2. Videos of 8 and 16 bits give float32, ints of more bits float64.
    ///
    /// ```
    /// smoothstep(video([-1, 0.25, 0.5, 2])).to_array() // => [0.0, 0.103515625, 0.5, 1.0]
    /// ```
    fn smoothstep(
        /// Video, image or trace.
        x: Video,
        /// Sample value that becomes 0, like all below.
        vmin: f64 = 0.0,
        /// Sample value that becomes 1, like all above.
        vmax: f64 = 1.0,
        /// Order: how many derivatives vanish at both ends.
        N: i64 = 2,
    ) -> Result<Video> {
        smoothstep::smoothstep(x, vmin, vmax, N)
    }
}
