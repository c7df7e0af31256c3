//! Analysis of the courses of pixels.

use crate::bail;
use crate::error::Result;
use crate::ops::bandpass::{self, Bandpass};
use crate::ops::bleach::{self, Fading};
use crate::ops::contrast::{self, Baseline, Level};
use crate::ops::ratio;
use crate::ops::trend::{self, Trend};
use crate::script::builtins;
use crate::video::Video;

builtins! {
    /// Keeps the frequencies of a band in the course of every pixel.
    ///
    /// A Butterworth filter of the given order runs forward and then backward in double precision, so
    /// that nothing is shifted in time and the amplitude at `low` and `high` is halved; the result is
    /// that of SciPy's `sosfiltfilt`. A sample that is not a number spoils the course of its pixel.
    /// Videos of 8 and 16 bits give float32, ints of more bits float64.
    ///
    /// ```
    /// example_video().bandpass(2, 40).dtype // => "float32"
    /// example_video().bandpass((), 40, #{order: 3}).shape // => [200, 128, 128]
    /// ```
    fn bandpass(
        /// Video or trace to filter; time is the first axis.
        video: Video,
        /// Lowest frequency that passes; `()` if all low ones do.
        low: Option<f64> [Hz],
        /// Highest frequency that passes; `()` if all high ones do.
        high: Option<f64> [Hz],
        /// Order of the filter, 1 to 10: the higher, the steeper its ends.
        order: usize = 2,
        /// Frames per second; by default what the video knows.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Video> {
        bandpass::bandpass(video, &Bandpass { low, high, order, fps })
    }

    /// Subtracts slow changes from the course of every pixel.
    ///
    /// Either the polynomial Σ cₖtᵏ of an order with the smallest squared distance from the course
    /// (order 1 is a straight line, as in SciPy's `detrend`), or with `window` the mean of the frames
    /// around each, of which those that are not finite do not count; for a polynomial they spoil the
    /// course of their pixel. Videos of 8 and 16 bits give float32, ints of more bits float64.
    ///
    /// ```
    /// detrend(example_video()).shape // => [200, 128, 128]
    /// detrend(example_video(), #{window: 101}).dtype // => "float32"
    /// ```
    fn detrend(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Order of the polynomial, by default 1; 0 subtracts the mean.
        order: Option<usize> = None,
        /// Length of a moving average to subtract instead, cut off at the ends of the video.
        window: Option<usize> [frames] = None,
    ) -> Result<Video> {
        let trend = match (order, window) {
            (Some(_), Some(_)) => bail!("detrend takes `order` or `window`, not both"),
            (_, Some(window)) => Trend::Window(window),
            (order, None) => Trend::Polynomial(order.unwrap_or(1)),
        };
        trend::detrend(video, trend)
    }

    /// Corrects the fading of fluorescence.
    ///
    /// A course f of fading is fitted to the mean of the frames, m(t): an exponential decay
    /// a·exp(−t/τ) + c, a straight line, or a moving average. Frame t is multiplied by f(0)/f(t), as
    /// in ImageJ's bleach correction (Miura 2020, doi:10.12688/f1000research.27171). Subtract the
    /// camera's offset first. Videos of 8 and 16 bits give float32, ints of more bits float64.
    ///
    /// ```
    /// bleach_correct(example_video()).shape // => [200, 128, 128]
    /// bleach_correct(example_video(), "linear").dtype // => "float32"
    /// ```
    fn bleach_correct(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Course of the fading.
        method: Fading = Fading::Exponential,
        /// Length of the moving average; a few cycles of the activity.
        window: usize [frames] = 101,
    ) -> Result<Video> {
        bleach::bleach_correct(video, method, window)
    }

    /// Divides each sample of a video by that of another, for dyes of two wavelengths.
    ///
    /// The result is a(t, y, x) / b(t, y, x), not a number where b is 0; in float32, or in float64
    /// if one of them is or has ints of more than 16 bits.
    ///
    /// ```
    /// let v = example_video();
    /// ratio(v, v)[[0, 64, 64]] // => 1.0
    /// ```
    fn ratio(
        /// Video to divide.
        a: Video,
        /// Video of the same shape to divide it by.
        b: Video,
    ) -> Result<Video> {
        ratio::ratio(&a, &b)
    }

    /// Relates fluorescence to its baseline: ΔF/F.
    ///
    /// With the baseline F₀ of each pixel the result is (F − F₀) / F₀, as in Jia et al. 2011
    /// (doi:10.1038/nprot.2010.169), not a number where F₀ is 0. The baseline is a `percentile` of the course
    /// in time, its `mean`, `median` or `min`, or an image of one's own, such as the mean of the frames at
    /// rest. Subtract the camera's offset first. Videos of 8 and 16 bits give float32, ints of more bits
    /// float64.
    ///
    /// ```
    /// let v = example_video();
    /// dff(v).dtype // => "float32"
    /// dff(v, #{baseline: v[0..20].mean(0)}).shape // => [200, 128, 128]
    /// ```
    fn dff(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Baseline of each pixel.
        baseline: Baseline = Baseline::Level(Level::Percentile),
        /// Part of the samples below the baseline if that is a percentile.
        percentile: f64 [percent] = 10.0,
    ) -> Result<Video> {
        contrast::dff(video, baseline, percentile)
    }

    /// Scales the course of every pixel to mean 0 and standard deviation 1.
    ///
    /// The result is (x − μ) / σ with the mean μ and the standard deviation σ of the pixel over time
    /// (divided by the number of samples, as in SciPy's `zscore`), and 0 for a pixel that never
    /// changes. Samples that are not numbers do not count and stay what they are. Videos of 8 and 16
    /// bits give float32, ints of more bits float64.
    ///
    /// ```
    /// zscore(video([1, 3])).to_array() // => [-1.0, 1.0]
    /// ```
    fn zscore(
        /// Video or trace; time is the first axis.
        video: Video,
    ) -> Result<Video> {
        contrast::zscore(video)
    }
}
