//! Activation maps, isochrones, and registration of images.

use crate::error::Result;
use crate::ops::edit::registration;
use crate::ops::mask::contour::{self, Levels};
use crate::ops::wave::activation::{self, ActivationOptions};
use crate::ops::wave::polarity::Polarity;
use crate::ops::wave::transient::ActivationMethod;
use crate::script::builtins;
use crate::script::call::convert::Numbers;
use crate::video::Video;

builtins! {
    /// Local activation time of every pixel.
    ///
    /// Method "derivative": the time of the steepest slope of the trace. Slopes are those of the
    /// least-squares line through `window` frames, with 3 the central difference, (x(t+1) − x(t−1))
    /// / 2 per frame; the time of the steepest one is refined between frames by the parabola
    /// through it and its two neighbors. Method "half": the upstroke
    /// through half of the amplitude, between the smallest sample before the peak and the peak.
    /// Method "threshold": the upstroke through the sample value `threshold`. Both are the crossing
    /// nearest to the steepest slope, interpolated linearly.
    ///
    /// A pixel is NaN if its trace has NaN or infinite samples, or no such upstroke. Cut out one
    /// beat first, and smooth it: noise has slopes too.
    ///
    /// Returns an image {y, x} in ms from the first frame, float32.
    ///
    /// Warns if the recording seems to have several beats: if, without its linear trend, the mean
    /// trace of 5 × 5 pixels rises by 40 % of its range more than once, in half of the places
    /// where it goes along with that of 5 × 5 pixels nearby. Of several beats, the steepest of each
    /// pixel is taken; `beat_maps` measures each of them.
    ///
    /// Fails if `video` is not {t, y, x}, has fewer than 3 frames or no known frame rate, if
    /// `threshold` is negative or NaN, if the method "threshold" has none, or if `window` is not an
    /// odd number from 3 to the number of frames.
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
    /// See also: `beat_maps`, `apd_map`, `upstroke_maps`, `conduction_velocity`, `contours`,
    /// `hilbert_phase`.
    ///
    /// Source: steepest slope, as in Efimov et al. 1994, doi:10.1161/01.CIR.90.3.1469; `window` as
    /// in Savitzky & Golay 1964, doi:10.1021/ac60214a047, of first order.
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
        /// Method "derivative": number of frames of a slope, odd; more are less sensitive to noise.
        window: usize [frames] = 3,
    ) -> Result<Video> {
        let options = ActivationOptions { polarity, threshold, fps, method, window };
        activation::activation_map(&video, &options)
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
    /// See also: `register_affine`, `shift`.
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
