//! Analysis of traces: band-pass, detrending, bleach correction, ratio, ΔF/F and z-score.

use crate::bail;
use crate::error::Result;
use crate::ops::chain::Stage;
use crate::ops::filter::bandpass::{self, Bandpass};
use crate::ops::filter::bleach::{self, Fading};
use crate::ops::filter::contrast::{self, Baseline, Level};
use crate::ops::filter::ratio;
use crate::ops::filter::trend::{self, Trend};
use crate::script::{Chained, builtins};
use crate::video::Video;

builtins! {
    /// Filters the trace of every pixel: band-pass, low-pass or high-pass.
    ///
    /// A Butterworth filter of the given order runs forward and backward in double precision (zero
    /// phase): nothing is shifted in time, and the amplitude at `low` and `high` is halved. The
    /// ends are extended by odd reflection. A NaN sample makes the whole trace of its pixel NaN.
    ///
    /// Returns an array with the shape of the input: float64 for float64 and ints of 32 or 64 bits,
    /// otherwise float32.
    ///
    /// Fails if neither `low` nor `high` is given, a frequency is not between 0 and half the frame
    /// rate, `low` is not below `high`, the frame rate is unknown, or the video is too short: order
    /// 2 needs more than 15 frames for a band.
    ///
    /// ```
    /// example_video().bandpass(2, 40).dtype // => "float32"
    /// example_video().bandpass((), 40, #{order: 3}).shape // => [200, 128, 128]
    /// ```
    ///
    /// See also: `detrend`, `smooth_spatiotemporal`, `dominant_frequency`
    ///
    /// Source: SciPy's `scipy.signal.sosfiltfilt` with `scipy.signal.butter`; Oppenheim & Schafer
    /// 2010, chapter 7.
    fn bandpass(
        /// Video or trace; time is the first axis.
        video: Chained,
        /// Lower cutoff frequency; `()`: low-pass filter.
        low: Option<f64> [Hz],
        /// Upper cutoff frequency; `()`: high-pass filter.
        high: Option<f64> [Hz],
        /// Order of the filter, 1 to 10; a higher order has steeper edges.
        order: usize = 2,
        /// Frames per second; default: the frame rate of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Video> {
        let options = Bandpass { low, high, order, fps };
        let stage = Stage::of_frames("bandpass");
        stage.apply_to_traces(video.0, move |video| bandpass::bandpass(video, &options))
    }

    /// Subtracts a polynomial, a spline or a moving average from the trace of every pixel.
    ///
    /// The trend is the least-squares polynomial Σ cₖtᵏ of degree `order` (1 is a straight line);
    /// with `knots` the least-squares cubic spline, pieces of polynomials of degree 3 that meet
    /// smoothly at `knots` equally spaced times between the first and the last frame; or with
    /// `window` the moving average of the frames around each frame. Pieces of a spline should be
    /// several beats long, else it follows the beats: one knot for every four beats is what the
    /// Python package chooses. An even `window` acts like the next odd one. NaN and infinite
    /// samples are left out of a moving average; with a polynomial or a spline they make the whole
    /// trace of their pixel NaN. To keep the level of the light, add `v.mean(0)`.
    ///
    /// Returns an array with the shape of the input: float64 for float64 and ints of 32 or 64 bits,
    /// otherwise float32.
    ///
    /// Fails if more than one of `order`, `window` and `knots` is given, `order` is above 20 or not
    /// below the number of frames, `window` is 0, or there are not at least 4 frames more than
    /// `knots`.
    ///
    /// ```
    /// detrend(example_video()).shape // => [200, 128, 128]
    /// detrend(example_video(), #{window: 101}).dtype // => "float32"
    /// let t = linspace(0, 1, 100);
    /// abs(detrend(5 * t ** 3 - t, #{knots: 4})).max() < 1e-9 // => true
    /// ```
    ///
    /// See also: `bleach_correct`, `bandpass`, `dff`
    ///
    /// Source: for order 1, SciPy's `scipy.signal.detrend`; orthogonal polynomials after Forsythe
    /// 1957; splines as in SciPy's `scipy.interpolate.LSQUnivariateSpline` (de Boor 1978).
    fn detrend(
        /// Video or trace; time is the first axis.
        video: Chained,
        /// Degree of the polynomial; default: 1. 0 subtracts the mean.
        order: Option<usize> = None,
        /// Length of a moving average to subtract instead, cut off at the ends of the video.
        window: Option<usize> [frames] = None,
        /// Number of knots of a cubic spline to subtract instead; 0 is a single cubic polynomial.
        knots: Option<usize> = None,
    ) -> Result<Video> {
        let trend = match (order, window, knots) {
            (None, None, None) => Trend::Polynomial(1),
            (Some(order), None, None) => Trend::Polynomial(order),
            (None, Some(window), None) => Trend::Window(window),
            (None, None, Some(knots)) => Trend::Spline(knots),
            _ => bail!("detrend takes one of `order`, `window` and `knots`, got several"),
        };
        let stage = Stage::of_frames("detrend");
        stage.apply_to_traces(video.0, move |video| trend::detrend(video, trend))
    }

    /// Corrects photobleaching: scales every frame so that the fitted mean stays constant.
    ///
    /// A bleaching curve f(t) is fitted to the mean m(t) of every frame: an exponential decay
    /// `f(t) = a·exp(−t/τ) + c`, a straight line (both by least squares), or a moving average.
    /// Frame t is multiplied by `f(0) / f(t)`. Subtract the offset of the camera first. NaN and
    /// infinite samples do not count for the mean. An exponential needs 3 frames; with fewer a line
    /// is fitted.
    ///
    /// Returns an array with the shape of the input: float64 for float64 and ints of 32 or 64 bits,
    /// otherwise float32.
    ///
    /// Fails if a frame has no finite sample, the fitted mean is not above 0 in every frame
    /// (correct the recording before a background is subtracted), or `window` is 0.
    ///
    /// ```
    /// bleach_correct(example_video()).shape // => [200, 128, 128]
    /// bleach_correct(example_video(), "linear").dtype // => "float32"
    /// ```
    ///
    /// See also: `detrend`, `dff`, `ratio`
    ///
    /// Source: the bleach correction of ImageJ, Miura 2020, doi:10.12688/f1000research.27171.
    fn bleach_correct(
        /// Video or trace; time is the first axis.
        video: Chained,
        /// Shape of the bleaching curve.
        method: Fading = Fading::Exponential,
        /// Length of the moving average for the method "moving_average": a few cycles of the
        /// activity.
        window: usize [frames] = 101,
    ) -> Result<Video> {
        Stage::of_frames("bleach_correct").apply_after(
            video.0,
            move |video| bleach::fading_factors(video, method, window),
            |video, first, factors| bleach::scale_frames(video, first, factors),
            |example| {
                bleach::check_window(method, window)?;
                bleach::scale_frames(example, 0, &[1.0])
            },
        )
    }

    /// Divides two videos sample by sample, for ratiometric imaging with two wavelengths.
    ///
    /// Each sample of the result is `a(t, y, x) / b(t, y, x)`, or NaN where b is 0 (`a / b` gives
    /// infinity there).
    ///
    /// Returns an array with the shape of the inputs: float64 if one of them is float64 or has ints
    /// of 32 or 64 bits, otherwise float32.
    ///
    /// Fails if the shapes differ.
    ///
    /// ```
    /// let v = example_video();
    /// ratio(v, v)[[0, 64, 64]] // => 1.0
    /// ```
    ///
    /// See also: `div`, `dff`, `deinterleave`, `register_shift`
    fn ratio(
        /// Video to divide (numerator).
        a: Chained,
        /// Video of the same shape to divide by (denominator).
        b: Chained,
    ) -> Result<Video> {
        let stage = Stage::of_frames("ratio");
        stage.apply_to_all(vec![a.0, b.0], |videos| ratio::ratio(&videos[0], &videos[1]))
    }

    /// Relates fluorescence to its baseline: ΔF/F.
    ///
    /// `y = (F − F₀) / F₀` with the baseline F₀ of each pixel, NaN where F₀ is 0. The baseline is a
    /// `percentile` of the trace, its `mean`, `median` or `min`, or an image of your own, such as
    /// the mean of the frames at rest. Subtract the offset of the camera first. NaN samples do not
    /// count for the baseline and stay NaN.
    ///
    /// Returns an array with the shape of the input: float64 for float64 and ints of 32 or 64 bits,
    /// otherwise float32.
    ///
    /// Fails if the video has no samples, `percentile` is not between 0 and 100, or an image does
    /// not have the shape of a frame.
    ///
    /// ```
    /// let v = example_video();
    /// dff(v).dtype // => "float32"
    /// dff(v, #{baseline: v[0..20].mean(0)}).shape // => [200, 128, 128]
    /// ```
    ///
    /// See also: `zscore`, `normalize_pixelwise`, `bleach_correct`, `percentile`
    ///
    /// Source: Jia et al. 2011, doi:10.1038/nprot.2010.169.
    fn dff(
        /// Video or trace; time is the first axis.
        video: Chained,
        /// Baseline of each pixel: a statistic of its trace, or an image.
        baseline: Baseline = Baseline::Level(Level::Percentile),
        /// Percentile of the trace for the baseline "percentile": the percentage of samples below
        /// it.
        percentile: f64 = 10.0,
    ) -> Result<Video> {
        let (of_video, of_example) = (baseline.clone(), baseline);
        Stage::of_frames("dff").apply_after(
            video.0,
            move |video| contrast::baseline_of(video, &of_video, percentile),
            |video, _, baseline| contrast::relate(video, baseline),
            |example| contrast::dff(example, &of_example, percentile),
        )
    }

    /// Scales the trace of every pixel to mean 0 and standard deviation 1.
    ///
    /// `y = (x − m) / σ` with the mean m and the standard deviation σ of the pixel over time
    /// (`ddof` 0: divided by the number of samples). Pixels that never change become 0. NaN samples
    /// do not count and stay NaN.
    ///
    /// Returns an array with the shape of the input: float64 for float64 and ints of 32 or 64 bits,
    /// otherwise float32.
    ///
    /// ```
    /// zscore(video([1, 3])).to_array() // => [-1.0, 1.0]
    /// ```
    ///
    /// See also: `dff`, `normalize_pixelwise`, `std`
    ///
    /// Source: SciPy's `scipy.stats.zscore`.
    fn zscore(
        /// Video or trace; time is the first axis.
        video: Chained,
    ) -> Result<Video> {
        Stage::of_frames("zscore").apply_to_traces(video.0, contrast::zscore)
    }
}
