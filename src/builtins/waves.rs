//! Activation maps, conduction velocity, phase and frequency of waves, and registration of images.

use rhai::Map;

use crate::error::Result;
use crate::ops::edit::registration;
use crate::ops::mask::contour::{self, Levels};
use crate::ops::wave::activation::{self, ActivationOptions, Polarity};
use crate::ops::wave::transient::ActivationMethod;
use crate::ops::wave::{phase, spectrum};
use crate::script::call::convert::{Numbers, Reduced};
use crate::script::{Value, builtins};
use crate::video::Video;

builtins! {
    /// Local activation time of every pixel.
    ///
    /// Method "derivative": the time of the steepest slope of the trace. Slopes are central
    /// differences, (x(t+1) − x(t−1)) / 2 per frame; the time of the steepest one is refined
    /// between frames by the parabola through it and its two neighbors. Method "half": the upstroke
    /// through half of the amplitude, between the smallest sample before the peak and the peak.
    /// Method "threshold": the upstroke through the sample value `threshold`. Both are the crossing
    /// nearest to the steepest slope, interpolated linearly.
    ///
    /// A pixel is NaN if its trace has NaN or infinite samples, or no such upstroke. Cut out one
    /// beat first, and smooth it: noise has slopes too.
    ///
    /// Returns an image {y, x} in ms from the first frame, float32.
    ///
    /// Fails if `video` is not {t, y, x}, has fewer than 3 frames or no known frame rate, if
    /// `threshold` is negative or NaN, or if the method "threshold" has none.
    ///
    /// ```
    /// let beat = example_video(60, 64, 64).smooth_spatiotemporal(2, 2);
    /// let map = beat.activation_map("negative");
    /// map.shape // => [64, 64]
    /// map.max() < 120 // => true
    /// let p = phantom(#{frames: 100});
    /// let error = p.video.activation_map(#{method: "half"}) - 50 - p.activation;
    /// abs(error).max() < 0.1 // => true
    /// ```
    ///
    /// See also: `apd_map`, `upstroke_maps`, `conduction_velocity`, `contours`, `hilbert_phase`.
    ///
    /// Source: steepest slope, as in Efimov et al. 1994, doi:10.1161/01.CIR.90.3.1469.
    fn activation_map(
        /// Video of one beat.
        video: Video,
        /// Whether activation makes the light brighter (positive) or darker (negative);
        /// voltage-sensitive dyes often become darker.
        polarity: Polarity = Polarity::Positive,
        /// Method "derivative": slope per frame that must be exceeded; "half": amplitude that must
        /// be exceeded; "threshold": sample value to cross. Default: 0, none for "threshold".
        threshold: Option<f64> = None,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
        /// Definition of the activation time.
        method: ActivationMethod = ActivationMethod::Derivative,
    ) -> Result<Video> {
        activation::activation_map(&video, &ActivationOptions { polarity, threshold, fps, method })
    }

    /// Conduction velocity at every pixel, from a map of activation times.
    ///
    /// At each pixel a polynomial of second order is fitted by least squares to the times within
    /// `radius` pixels; its gradient g gives the velocity v = g / |g|². A pixel is NaN where its
    /// time is NaN, where less than half of the square around it is known, where the times do not
    /// determine the fit, or where the gradient vanishes.
    ///
    /// Returns a map of three float32 images {y, x} in cm/s: `speed`, `vy` (downward) and `vx` (to
    /// the right).
    ///
    /// Fails if `times` is not an image, if the pixel size is not known or not positive, or if
    /// `radius` is not 1 to 100.
    ///
    /// ```
    /// let times = linspace(0, 9.9, 100).reshape([1, 100]) + zeros([50, 1]);
    /// let v = conduction_velocity(times, #{pixel_size: 60});
    /// format("{:.1f} cm/s", median(v.speed)) // => "60.0 cm/s"
    /// ```
    ///
    /// See also: `activation_map`, `contours`.
    ///
    /// Source: Bayly et al. 1998, doi:10.1109/10.668746.
    fn conduction_velocity(
        /// Image of activation times in ms, as from `activation_map`.
        times: Video,
        /// Height and width of a pixel in µm, or one number for both; default: that of `times`.
        pixel_size: Option<Numbers> [um] = None,
        /// Half width of the square of pixels that are fitted: 2 · radius + 1 pixels wide.
        radius: usize [px] = 3,
    ) -> Result<Map> {
        let pair = |size: Numbers| size.pair("conduction_velocity", "pixel_size");
        let size = pixel_size.map(pair).transpose()?;
        let found = activation::conduction_velocity(&times, size, radius)?;
        let images = [("speed", found.speed), ("vy", found.vy), ("vx", found.vx)];
        let images = images.into_iter();
        Ok(images.map(|(name, image)| (name.into(), image.into_dynamic())).collect())
    }

    /// Mask of contour lines, such as isochrones of an activation map.
    ///
    /// True are pixels at or above a level that touch, at a side, a pixel below it. NaN is neither
    /// above nor below.
    ///
    /// Returns a bool image {y, x}.
    ///
    /// Fails if `image` is not an image, or if `levels` is a number that is not positive and
    /// finite.
    ///
    /// ```
    /// let image = mask_disc([50, 50], 25, 25, 10).astype("float32");
    /// count(contours(image, [0.5])) // => 56
    /// ```
    ///
    /// See also: `activation_map`, `export_image`.
    fn contours(
        /// Image, such as a map of activation times.
        image: Video,
        /// Values to draw lines at; a single number draws lines at all its multiples.
        levels: Numbers,
    ) -> Result<Video> {
        let levels = match levels {
            Numbers::One(step) => Levels::Every(step),
            Numbers::Several(levels) => Levels::At(levels),
        };
        contour::contours(&image, &levels)
    }

    /// Phase of cyclic activity in every pixel, from −π to π.
    ///
    /// The angle of the analytic signal: atan2(H(x − m), x − m) for a trace x with mean m and the
    /// Hilbert transform H. Remove slow changes first, for example with
    /// `normalize_pixelwise_slidingwindow` or `detrend`. One sample that is NaN or infinite makes
    /// the whole trace of its pixel NaN.
    ///
    /// Returns an array of the shape of the input in radians: float64 for float64 and for ints of
    /// more than 16 bits, else float32.
    ///
    /// Fails if there are no samples.
    ///
    /// ```
    /// let waves = example_video(70, 64, 64).detrend().smooth_spatiotemporal(2, 2);
    /// let phase = hilbert_phase(waves);
    /// phase.max() <= PI // => true
    /// ```
    ///
    /// See also: `phase_singularities`, `dominant_frequency`, `detrend`, `atan2`.
    ///
    /// Source: Bray & Wikswo 2002, doi:10.1103/PhysRevE.65.051902; equals
    /// `numpy.angle(scipy.signal.hilbert(x - x.mean()))`.
    fn hilbert_phase(
        /// Video or trace; time is the first axis.
        video: Video,
    ) -> Result<Video> {
        phase::hilbert_phase(video)
    }

    /// Dominant frequency of every pixel: the frequency with the most power in its trace.
    ///
    /// The power spectrum is that of the trace minus its mean, weighted by a Hann window. The peak
    /// is refined between the frequencies of the Fourier transform by the parabola through the
    /// logarithms of the power. A pixel is NaN if its trace has NaN or infinite samples or does not
    /// change.
    ///
    /// Returns an image {y, x} in Hz, float32; for a trace, a number.
    ///
    /// Fails if the frame rate is not known, if there are fewer than 4 frames, if `low` is negative
    /// or not below `high`, or if no frequency of the Fourier transform is between them: its
    /// frequencies are fps / frames apart.
    ///
    /// ```
    /// let v = example_video(250, 64, 64);
    /// format("{:.0f} Hz", v.trace(25, 25).dominant_frequency()) // => "8 Hz"
    /// dominant_frequency(v, 4, 40).shape // => [64, 64]
    /// ```
    ///
    /// See also: `hilbert_phase`, `bandpass`, `detrend`.
    ///
    /// Source: Harris 1978, doi:10.1109/PROC.1978.10837, for the Hann window.
    fn dominant_frequency(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Lowest frequency to consider; default: all above 0.
        low: Option<f64> [Hz] = None,
        /// Highest frequency to consider; default: half the frame rate.
        high: Option<f64> [Hz] = None,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Reduced> {
        spectrum::dominant_frequency(&video, [low, high], fps).map(Reduced)
    }

    /// Detects phase singularities, the points that waves rotate around.
    ///
    /// The topological charge of each square of four pixels: the sum of the wrapped phase
    /// differences around it, in turns. It is given at the upper left pixel of the square: 1 where
    /// the phase grows clockwise around it, −1 where it falls, else 0, also where a pixel is NaN.
    /// `argwhere` lists the singularities.
    ///
    /// Returns an int8 array of the shape of the input.
    ///
    /// Fails if `phase` is neither a video {t, y, x} nor an image.
    ///
    /// ```
    /// let phase = atan2(linspace(-2.5, 2.5, 6).reshape([6, 1]), linspace(-3.5, 3.5, 8));
    /// argwhere(phase_singularities(phase)).to_array() // => [[2, 3]]
    /// ```
    ///
    /// See also: `hilbert_phase`, `argwhere`.
    ///
    /// Source: Iyer & Gray 2001, doi:10.1114/1.1335538.
    fn phase_singularities(
        /// Video or image of phases in radians.
        phase: Video,
    ) -> Result<Video> {
        phase::phase_singularities(&phase)
    }

    /// Shift in rows and columns that aligns an image with a reference: `[dy, dx]`.
    ///
    /// The peak of the phase correlation of both images, refined to 1 / `upsampling` of a pixel.
    /// `shift` with these numbers moves the image onto the reference. NaN and infinite samples
    /// count as the mean.
    ///
    /// Returns an array of two floats in pixels, down and to the right.
    ///
    /// Fails if the two are not images of the same shape, or if `upsampling` is not 1 to 1000.
    ///
    /// ```
    /// let a = example_video(1)[0];
    /// let b = a.shift(3, -5).fill_nan(200);
    /// register_shift(b, a) // => [-3.0, 5.0]
    /// ```
    ///
    /// See also: `shift`.
    ///
    /// Source: Guizar-Sicairos et al. 2008, doi:10.1364/OL.33.000156, as in scikit-image's
    /// `phase_cross_correlation`.
    fn register_shift(
        /// Image to move.
        image: Video,
        /// Image to align it with.
        reference: Video,
        /// Number of steps per pixel; 1 finds whole pixels.
        upsampling: usize = 10,
    ) -> Result<Vec<f64>> {
        Ok(registration::register_shift(&image, &reference, upsampling)?.into())
    }

    /// Shifts every frame, with linear interpolation between pixels.
    ///
    /// Returns an array of the shape of the input: float64 for float64 and for ints of more than 16
    /// bits, else float32.
    ///
    /// Fails if `video` is neither a video {t, y, x} nor an image, or if `dy` or `dx` is not
    /// finite.
    ///
    /// ```
    /// video([[1, 2], [3, 4]]).shift(0, 1, 0).to_array() // => [[0.0, 1.0], [0.0, 3.0]]
    /// ```
    ///
    /// See also: `register_shift`, `pad`, `crop`.
    ///
    /// Source: SciPy's `scipy.ndimage.shift` with `order=1` and `cval=fill_value`.
    fn shift(
        /// Video or image to shift.
        video: Video,
        /// Number of rows to move down.
        dy: f64 [px],
        /// Number of columns to move to the right.
        dx: f64 [px],
        /// Fill value for pixels shifted in.
        fill_value: f64 = f64::NAN,
    ) -> Result<Video> {
        registration::shift(&video, [dy, dx], fill_value)
    }
}
