//! Filters in space and time, and normalization.

use std::ops::Range;

use crate::error::Result;
use crate::ops::apply_to_frames;
use crate::ops::array::frames;
use crate::ops::chain::Stage;
use crate::ops::filter::extremes::{self, ExtremeFilter, LocalExtreme};
use crate::ops::filter::jitter;
use crate::ops::filter::mean::{self, MeanFilter};
use crate::ops::filter::median::{self, MedianFilter};
use crate::ops::filter::nan_mean;
use crate::ops::filter::normalize::{self, Normalize};
use crate::ops::filter::savgol::{self, SavgolFilter, SavgolMode};
use crate::ops::filter::smooth;
use crate::ops::filter::smoothstep;
use crate::ops::filter::temporal::{self, TemporalDifference};
use crate::ops::kernel::border::Border;
use crate::ops::kernel::only;
use crate::script::Chained;
use crate::script::builtins;
use crate::video::{DType, Video};

builtins! {
    /// Scales the samples linearly to [`ymin`, `ymax`].
    ///
    /// `y = (x − vmin) / (vmax − vmin + ε) · (ymax − ymin) + ymin`, by default from the minimum of
    /// the whole array to its maximum. ε is 2⁻²³, or 2⁻⁵² in double precision, so that a constant
    /// array becomes `ymin`; a range that is not much larger than ε is not stretched to `ymax`. NaN
    /// is ignored and stays NaN; in int results it becomes 0. Int results are rounded toward zero
    /// and saturate.
    ///
    /// Returns an array with the shape of the input and the sample type `dtype`.
    ///
    /// Fails if a limit is to be found and the array has no samples or infinite ones.
    ///
    /// ```
    /// normalize(example_video()).dtype // => "float32"
    /// normalize(example_video(), #{vmin: 500, vmax: 3000, dtype: "uint8"}).dtype // => "uint8"
    /// ```
    ///
    /// See also: `normalize_pixelwise`, `normalize_pixelwise_slidingwindow`, `clip`, `smoothstep`
    ///
    /// Source: `optimap.video.normalize` of the Python package.
    fn normalize(
        /// Video, image or trace to normalize.
        array: Chained,
        /// Lower end of the result.
        ymin: f64 = 0.0,
        /// Upper end of the result; default: 1, or the largest value of an int `dtype`.
        ymax: Option<f64> = None,
        /// Sample value that becomes `ymin`; default: the minimum.
        vmin: Option<f64> = None,
        /// Sample value that becomes `ymax`; default: the maximum.
        vmax: Option<f64> = None,
        /// Sample type of the result.
        dtype: DType = DType::F32,
        /// Clip to [`ymin`, `ymax`] if `vmin` or `vmax` is given.
        clip: bool = true,
    ) -> Result<Video> {
        let options = Normalize { ymin, ymax, vmin, vmax, dtype, clip };
        normalize_chained(array.0, options)
    }

    /// Scales the trace of every pixel to [`ymin`, `ymax`].
    ///
    /// Like `normalize`, with the minimum and maximum of each pixel over time and ε = 2⁻²³. A pixel
    /// that never changes becomes `ymin`. NaN is ignored and stays NaN; a pixel with an infinite
    /// sample, which has no range, becomes NaN.
    ///
    /// Returns an array with the shape of the input, float32.
    ///
    /// Fails if the video has no samples.
    ///
    /// ```
    /// normalize_pixelwise(example_video())[[0, 64, 64]] <= 1.0 // => true
    /// ```
    ///
    /// See also: `normalize`, `normalize_pixelwise_slidingwindow`, `zscore`, `dff`
    ///
    /// Source: `optimap.video.normalize_pixelwise` of the Python package.
    fn normalize_pixelwise(
        /// Video or trace; time is the first axis.
        video: Chained,
        /// Lower end of the result.
        ymin: f64 = 0.0,
        /// Upper end of the result.
        ymax: f64 = 1.0,
    ) -> Result<Video> {
        Stage::of_frames("normalize_pixelwise").apply_after(
            video.0,
            normalize::pixel_ranges,
            move |video, _, ranges| normalize::scale_pixels(video, ranges, (ymin, ymax)),
            |example| normalize::normalize_pixelwise(example, ymin, ymax),
        )
    }

    /// Scales every pixel to [`ymin`, `ymax`] by its range in a sliding window.
    ///
    /// Like `normalize_pixelwise`, with the minimum and maximum of each pixel in a window: that of
    /// frame t reaches from t − `window_size`/2 to t + `window_size`/2, so an even size acts like
    /// the next odd one; it is cut off at the ends of the video. A window of one frame
    /// (`window_size` below 2) has no range and gives `ymin` everywhere. NaN is ignored and
    /// stays NaN; where the window holds an infinite sample the result is NaN. The run time does
    /// not depend on the window size.
    ///
    /// Returns a video {t, y, x} with the shape of the input, float32.
    ///
    /// Fails if `video` is not gray {t, y, x}.
    ///
    /// ```
    /// let v = example_video();
    /// normalize_pixelwise_slidingwindow(v, 60).dtype // => "float32"
    /// ```
    ///
    /// See also: `normalize_pixelwise`, `normalize`, `detrend`
    ///
    /// Source: sliding minimum and maximum after van Herk 1992 and Gil & Werman 1993.
    fn normalize_pixelwise_slidingwindow(
        /// Gray video {t, y, x} to normalize.
        video: Chained,
        /// Length of the window; about one cycle of the activity to make visible.
        window_size: i64 [frames],
        /// Lower end of the result.
        ymin: f64 = 0.0,
        /// Upper end of the result.
        ymax: f64 = 1.0,
    ) -> Result<Video> {
        let reach = reach(window_size);
        let stage = Stage::around("normalize_pixelwise_slidingwindow", reach, reach);
        stage.apply_within(video.0, move |video, frames| {
            normalize::slide_within(video, frames, window_size, (ymin, ymax))
        })
    }

    /// Smooths with a Gaussian kernel in space and time; images in space, traces in time.
    ///
    /// The kernel is cut off at 4 standard deviations; beyond its edges the video is reflected
    /// (`d c b a | a b c d | d c b a`). NaN propagates to every sample within reach of the kernel;
    /// with `ignore_nan`, weights are renormalized over the samples that are not NaN.
    ///
    /// Returns an array with the shape of the input: bool stays bool (true where the whole
    /// neighborhood is), float64 stays float64, everything else becomes float32.
    ///
    /// Fails if a standard deviation is infinite, or if the video has color channels.
    ///
    /// ```
    /// example_video().smooth_spatiotemporal(1, 2).shape // => [200, 128, 128]
    /// let heart = example_video(20).apply_mask(mask_disc([128, 128], 64, 64, 30));
    /// count(isnan(heart.smooth_spatiotemporal(1, 2, true))) == count(isnan(heart)) // => true
    /// heart.mean(0).smooth_spatiotemporal(0, 2, true).shape // => [128, 128]
    /// ```
    ///
    /// See also: `mean_filter`, `median_filter`, `bandpass`
    ///
    /// Source: SciPy's `scipy.ndimage.gaussian_filter` in mode "reflect"; `ignore_nan` is the
    /// normalized convolution of Knutsson & Westin 1993.
    fn smooth_spatiotemporal(
        /// Gray video {t, y, x}, image or trace to smooth.
        video: Chained,
        /// Standard deviation in time, of a video or trace; 0: no smoothing in time.
        sigma_temporal: f64 [frames],
        /// Standard deviation in space, of a video or image; 0: no smoothing in space.
        sigma_spatial: f64 [px],
        /// Leave out NaN samples, such as those outside of a mask; they stay NaN.
        ignore_nan: bool = false,
    ) -> Result<Video> {
        let (sigma_temporal, sigma_spatial) = of_axes(&video.0, sigma_temporal, sigma_spatial, 0.0);
        let stage = gaussian(&video.0, sigma_temporal, ignore_nan);
        apply_to_any(stage, video.0, move |video, frames| match ignore_nan {
            true => nan_mean::smooth_spatiotemporal(video, sigma_temporal, sigma_spatial)
                .map(|video| only(frames, video)),
            false => smooth::smooth_within(video, frames, sigma_temporal, sigma_spatial),
        })
    }

    /// Smooths with the mean of a box in space and time; images in space, traces in time.
    ///
    /// A box of even length reaches further back than ahead. A NaN sample counts as the mean of its
    /// frame, or with `ignore_nan` not at all, and stays NaN.
    ///
    /// Returns an array with the shape of the input: bool stays bool (true where the whole box is),
    /// float64 stays float64, everything else becomes float32.
    ///
    /// Fails if a size is above 65536, or if the video has color channels.
    ///
    /// ```
    /// example_video().mean_filter(3, 5).dtype // => "float32"
    /// mean_filter([1, 9, 2, 8, 3], 3).round().to_array()[1] // => 4.0
    /// ```
    ///
    /// See also: `median_filter`, `smooth_spatiotemporal`, `downsample_time`
    ///
    /// Source: SciPy's `scipy.ndimage.uniform_filter`; `ignore_nan` is the normalized convolution
    /// of Knutsson & Westin 1993.
    fn mean_filter(
        /// Gray video {t, y, x}, image or trace to smooth.
        video: Chained,
        /// Length of the box in time, of a video or trace; 1: no smoothing in time.
        size_temporal: i64 [frames] = 1,
        /// Height and width of the box, of a video or image; 1: no smoothing in space.
        size_spatial: i64 [px] = 1,
        /// Boundary mode, as in `scipy.ndimage`; "constant" fills with 0.
        mode: Border = Border::Nearest,
        /// Leave out NaN samples, such as those outside of a mask; they stay NaN.
        ignore_nan: bool = false,
    ) -> Result<Video> {
        let (size_temporal, size_spatial) = of_axes(&video.0, size_temporal, size_spatial, 1);
        let options = MeanFilter { size_temporal, size_spatial, mode };
        let stage = boxed("mean_filter", &video.0, (size_temporal, mode), ignore_nan);
        apply_to_any(stage, video.0, move |video, frames| match ignore_nan {
            true => nan_mean::mean_filter(video, &options).map(|video| only(frames, video)),
            false => mean::mean_within(video, frames, &options),
        })
    }

    /// Smooths a video with the median of a box in space and time.
    ///
    /// Removes single outliers and keeps edges. Of an even number of samples, the median is the
    /// higher of the middle two; a box of even length reaches further back than ahead. NaN
    /// propagates to every box that contains it, unless `ignore_nan` is set.
    ///
    /// An image is smoothed in space, a trace in time.
    ///
    /// Returns an array with the shape and sample type of the input.
    ///
    /// Fails if a box has more than 16384 samples, or if the video has color channels.
    ///
    /// ```
    /// example_video(10).median_filter(1, 3).dtype // => "uint16"
    /// ```
    ///
    /// See also: `mean_filter`, `smooth_spatiotemporal`, `median`
    ///
    /// Source: SciPy's `scipy.ndimage.median_filter`.
    fn median_filter(
        /// Gray video {t, y, x}, image or trace to smooth.
        video: Chained,
        /// Length of the box in time, of a video or trace; 1: no smoothing in time.
        size_temporal: i64 [frames] = 1,
        /// Height and width of the box, of a video or image; 1: no smoothing in space.
        size_spatial: i64 [px] = 3,
        /// Boundary mode, as in `scipy.ndimage`; "constant" fills with 0.
        mode: Border = Border::Reflect,
        /// Leave out NaN samples, such as those outside of a mask; they stay NaN.
        ignore_nan: bool = false,
    ) -> Result<Video> {
        let ignores_nan = ignore_nan;
        let (size_temporal, size_spatial) = of_axes(&video.0, size_temporal, size_spatial, 1);
        let filter = MedianFilter { size_temporal, size_spatial, mode, ignores_nan };
        let stage = boxed("median_filter", &video.0, (size_temporal, mode), false);
        apply_to_any(stage, video.0, move |video, frames| {
            median::median_within(video, frames, &filter)
        })
    }

    /// Replaces every sample by the smallest in a box around it, in space and time.
    ///
    /// A box of even length reaches further back than ahead. NaN is left out and stays NaN. An
    /// image is filtered in space, a trace in time.
    ///
    /// Returns an array with the shape and sample type of the input.
    ///
    /// Fails if a size is above 4096, if the samples are int64 or uint64, or if the video has color
    /// channels.
    ///
    /// ```
    /// minimum_filter([3.0, 1.0, 4.0, 1.0, 5.0], 3).to_array() // => [1.0, 1.0, 1.0, 1.0, 1.0]
    /// ```
    ///
    /// See also: `maximum_filter`, `median_filter`, `min`
    ///
    /// Source: SciPy's `scipy.ndimage.minimum_filter`.
    fn minimum_filter(
        /// Gray video {t, y, x}, image or trace to filter.
        video: Chained,
        /// Length of the box in time, of a video or trace; 1: none in time.
        size_temporal: i64 [frames] = 1,
        /// Height and width of the box, of a video or image; 1: none in space.
        size_spatial: i64 [px] = 3,
        /// Boundary mode, as in `scipy.ndimage`; "constant" fills with 0.
        mode: Border = Border::Reflect,
    ) -> Result<Video> {
        let sizes = (size_temporal, size_spatial, mode);
        extreme("minimum_filter", video.0, LocalExtreme::Min, sizes)
    }

    /// Replaces every sample by the largest in a box around it, in space and time.
    ///
    /// A box of even length reaches further back than ahead. NaN is left out and stays NaN. An
    /// image is filtered in space, a trace in time.
    ///
    /// Returns an array with the shape and sample type of the input.
    ///
    /// Fails if a size is above 4096, if the samples are int64 or uint64, or if the video has color
    /// channels.
    ///
    /// ```
    /// maximum_filter([3.0, 1.0, 4.0, 1.0, 5.0], 3).to_array() // => [3.0, 4.0, 4.0, 5.0, 5.0]
    /// let v = example_video(9);
    /// maximum_filter(v, 1, 5).dtype // => "uint16"
    /// ```
    ///
    /// See also: `minimum_filter`, `median_filter`, `max`
    ///
    /// Source: SciPy's `scipy.ndimage.maximum_filter`.
    fn maximum_filter(
        /// Gray video {t, y, x}, image or trace to filter.
        video: Chained,
        /// Length of the box in time, of a video or trace; 1: none in time.
        size_temporal: i64 [frames] = 1,
        /// Height and width of the box, of a video or image; 1: none in space.
        size_spatial: i64 [px] = 3,
        /// Boundary mode, as in `scipy.ndimage`; "constant" fills with 0.
        mode: Border = Border::Reflect,
    ) -> Result<Video> {
        let sizes = (size_temporal, size_spatial, mode);
        extreme("maximum_filter", video.0, LocalExtreme::Max, sizes)
    }

    /// Smooths or differentiates the trace of every pixel by a Savitzky–Golay filter.
    ///
    /// A polynomial of degree `polyorder` is fitted by least squares to the `window_length` frames
    /// around each frame, which keeps peaks and slopes better than a mean; the result is its value,
    /// or its derivative of order `deriv`. Mode "interp" takes the frames near the ends from the
    /// polynomials of the first and last window; other modes extend the trace. NaN propagates to
    /// the frames whose window contains it.
    ///
    /// Returns an array with the shape of the input: float64 for float64 and ints of 32 or 64 bits,
    /// otherwise float32. Derivatives are per frame, or with `delta` in its unit.
    ///
    /// Fails if `window_length` is even or above the number of frames in mode "interp", `polyorder`
    /// is not below `window_length` and at most 20, or `delta` is not above 0.
    ///
    /// ```
    /// let squares = arange(9) ** 2;
    /// savgol_filter(squares, 5, 2).round().to_array()[3] // => 9.0
    /// savgol_filter(squares, 5, 2, 1).round().to_array()[3] // => 6.0
    /// ```
    ///
    /// See also: `smooth_spatiotemporal`, `bandpass`, `temporal_difference`, `activation_map`
    ///
    /// Source: Savitzky & Golay 1964, doi:10.1021/ac60214a047; SciPy's
    /// `scipy.signal.savgol_filter`.
    fn savgol_filter(
        /// Video or trace; time is the first axis.
        video: Chained,
        /// Number of frames that each polynomial is fitted to, odd.
        window_length: usize [frames],
        /// Degree of the polynomials.
        polyorder: usize,
        /// Order of the derivative; 0: smooth.
        deriv: usize = 0,
        /// Frame interval, for derivatives per unit of time.
        delta: f64 = 1.0,
        /// Treatment of the frames near the ends, as in `scipy.signal`; "constant" extends by 0.
        mode: SavgolMode = SavgolMode::Interp,
    ) -> Result<Video> {
        let options = SavgolFilter { window_length, polyorder, deriv, delta, mode };
        let stage = Stage::of_frames("savgol_filter");
        stage.apply_to_traces(video.0, move |video| savgol::savgol_filter(video, &options))
    }

    /// Averages every `n` frames into one.
    ///
    /// Frame k of the result is `Σ f(k·n + i) / n` with i = 0 … n − 1. Frames left over at the end
    /// are dropped. NaN propagates to the frame that it is averaged into. To take every n-th frame
    /// instead: `v.slice(0, (), n)`.
    ///
    /// Returns an array with ⌊t/n⌋ frames and the frame rate divided by n: float64 for float64 and
    /// ints of 32 or 64 bits, otherwise float32.
    ///
    /// Fails if `n` is not between 1 and the number of frames.
    ///
    /// ```
    /// let v = downsample_time(example_video(20), 4);
    /// v.len // => 5
    /// v.fps // => 125.0
    /// ```
    ///
    /// See also: `slice`, `mean_filter`, `resize`
    fn downsample_time(
        /// Video or trace; time is the first axis.
        array: Chained,
        /// Number of frames to average into one.
        n: usize [frames],
    ) -> Result<Video> {
        let n_frames = frames::downsampled_len(&array.0, n)?;
        let stage = Stage::of_groups("downsample_time", 0, n, n_frames);
        stage.apply(array.0, move |array| frames::downsample_time(array, n))
    }

    /// Subtracts from each frame the one `n` frames before it.
    ///
    /// `y(t) = x(t) − x(t − n)`. The first `n` frames have no partner and are set to `fill_value`;
    /// with `center`, half of these frames (rounded down) are at the end instead, so that each
    /// difference is centered between its two frames.
    ///
    /// Returns an array with the shape of the input: float64 for float64, otherwise float32.
    ///
    /// Fails if `n` is below 1.
    ///
    /// ```
    /// let d = temporal_difference(example_video(), 3);
    /// d[[0, 64, 64]] // => 0.0
    /// ```
    ///
    /// See also: `activation_map`, `detrend`, `downsample_time`
    ///
    /// Source: `optimap.video.temporal_difference` of the Python package.
    fn temporal_difference(
        /// Video or trace; time is the first axis.
        array: Chained,
        /// Distance in time, usually 1 to 5.
        n: i64 [frames],
        /// Fill value for the frames that have no partner.
        fill_value: f64 = 0.0,
        /// Put half of the filled frames at the end, instead of all at the start.
        center: bool = false,
    ) -> Result<Video> {
        let (before, after) = temporal::reach(n, center);
        let options = TemporalDifference { n, fill_value, center };
        let stage = Stage::around("temporal_difference", before, after);
        stage.apply_within(array.0, move |video, frames| {
            temporal::difference_within(video, frames, &options)
        })
    }

    /// Removes the jitter of Photometrics Evolve 128 cameras.
    ///
    /// Frames that were exposed too briefly are multiplied by `1 + 14·10⁻⁶ · framerate`: those
    /// whose mean is below that of both the frame before and the frame after by more than
    /// `threshold` times the median of all frame means. Ints are rounded toward zero and saturate.
    /// A video with a NaN sample stays as it is.
    ///
    /// Returns a video {t, y, x} with the shape and sample type of the input.
    ///
    /// Fails if `framerate` is not finite.
    ///
    /// ```
    /// evolve_jitter_filter(example_video()).shape // => [200, 128, 128]
    /// ```
    ///
    /// See also: `median_filter`, `bleach_correct`
    ///
    /// Source: `optimap.video.evolve_jitter_filter` of the Python package.
    fn evolve_jitter_filter(
        /// Gray video {t, y, x} to filter.
        video: Chained,
        /// Frames per second.
        framerate | fps: f64 [Hz] = 500.0,
        /// Smallest change of the mean from frame to frame, as a fraction of the median.
        threshold: f64 = 0.004,
    ) -> Result<Video> {
        Stage::of_frames("evolve_jitter_filter").apply_after(
            video.0,
            move |video| jitter::dark_frames(video, threshold),
            move |video, first, dark| jitter::brighten(video, first, dark, framerate),
            |example| jitter::brighten(example, 0, &[0], framerate),
        )
    }

    /// Maps samples to a smooth step from 0 to 1, for example to make an opacity.
    ///
    /// With `x = (sample − vmin) / (vmax − vmin)`, clipped to [0, 1], the result is
    /// `xᴺ⁺¹ · Σ C(N+k, k) · (1 − x)ᵏ` over k = 0 … N: `x` for N = 0, `3x² − 2x³` for 1,
    /// `6x⁵ − 15x⁴ + 10x³` for 2. NaN stays NaN. A negative N gives 0 everywhere.
    ///
    /// Returns an array with the shape of the input: float64 for float64 and ints of 32 or 64 bits,
    /// otherwise float32.
    ///
    /// Fails if `N` is above 60.
    ///
    /// ```
    /// smoothstep(video([-1, 0.25, 0.5, 2])).to_array() // => [0.0, 0.103515625, 0.5, 1.0]
    /// ```
    ///
    /// See also: `clip`, `normalize`, `alpha_blend_videos`
    ///
    /// Source: `optimap.video.smoothstep` of the Python package; for N = 2 the "smootherstep" of
    /// Perlin 2002, doi:10.1145/566654.566636.
    fn smoothstep(
        /// Video, image or trace.
        x: Chained,
        /// Sample value at and below which the result is 0.
        vmin: f64 = 0.0,
        /// Sample value at and above which the result is 1.
        vmax: f64 = 1.0,
        /// Order: the number of derivatives that vanish at both ends.
        N: i64 = 2,
    ) -> Result<Video> {
        let stage = Stage::of_frames("smoothstep");
        stage.apply(x.0, move |video| smoothstep::smoothstep(video, vmin, vmax, N))
    }
}

/// The parameters of a filter for time and for space, with `none` for what an image or trace lacks.
fn of_axes<T>(video: &Video, temporal: T, spatial: T, none: T) -> (T, T) {
    match video.ndim() {
        1 => (temporal, none),
        2 => (none, spatial),
        _ => (temporal, spatial),
    }
}

/// Applies a filter of frames to a video when it is needed, and to an image or trace at once.
fn apply_to_any(
    stage: Stage,
    video: Video,
    filter: impl Fn(Video, Range<usize>) -> Result<Video> + Send + 'static,
) -> Result<Video> {
    match video.ndim() {
        1 | 2 => apply_to_frames(video, |video| {
            let all = 0..video.len();
            filter(video, all)
        }),
        _ => stage.apply_within(video, filter),
    }
}

fn extreme(
    function: &'static str,
    video: Video,
    extreme: LocalExtreme,
    (size_temporal, size_spatial, mode): (i64, i64, Border),
) -> Result<Video> {
    let (size_temporal, size_spatial) = of_axes(&video, size_temporal, size_spatial, 1);
    let options = ExtremeFilter {
        extreme,
        size_temporal,
        size_spatial,
        mode,
    };
    let stage = boxed(function, &video, (size_temporal, mode), false);
    apply_to_any(stage, video, move |video, frames| {
        extremes::extreme_filter(function, video, &options).map(|video| only(frames, video))
    })
}

/// Number of frames that a window of an odd size reaches before and after its middle.
fn reach(window: i64) -> usize {
    usize::try_from(window / 2).unwrap_or(0)
}

/// Smoothing with a Gaussian in time. Only if there is NaN anywhere in the video, ignoring it
/// divides by weights.
fn gaussian(video: &Video, sigma_temporal: f64, ignores_nan: bool) -> Stage {
    let reach = match ignores_nan {
        true => video.len(),
        false => smooth::reach(sigma_temporal),
    };
    Stage::around("smooth_spatiotemporal", reach, reach)
}

/// Filter with a box in time; one that wraps around reaches from each end to the other.
fn boxed(
    name: &'static str,
    video: &Video,
    (size_temporal, mode): (i64, Border),
    ignores_nan: bool,
) -> Stage {
    let wraps = mode == Border::Wrap && size_temporal > 1;
    let reach = match wraps || ignores_nan {
        true => video.len(),
        false => reach(size_temporal),
    };
    Stage::around(name, reach, reach)
}

fn normalize_chained(video: Video, options: Normalize) -> Result<Video> {
    let stage = Stage::of_frames("normalize");
    if options.vmin.is_some() && options.vmax.is_some() {
        return stage.apply(video, move |video| normalize::normalize(video, &options));
    }
    let (of_range, of_frames) = (options.clone(), options.clone());
    stage.apply_after(
        video,
        move |video| normalize::input_range(video, &of_range),
        move |video, _, range| normalize::scale_range(video, &of_frames, *range),
        |example| normalize::scale_range(example, &options, (0.0, 1.0)),
    )
}
