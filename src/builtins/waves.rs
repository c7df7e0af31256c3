//! Waves of activation: when they come, how fast, and what they turn around.

use rhai::Map;

use crate::error::Result;
use crate::ops::activation::{self, Polarity};
use crate::ops::contour::{self, Levels};
use crate::ops::{phase, registration, spectrum};
use crate::script::convert::{Numbers, Reduced};
use crate::script::{Value, builtins};
use crate::video::Video;

builtins! {
    /// The local activation time of every pixel: when its signal changes most steeply.
    ///
    /// The result is an image in ms from the first frame (float32). Slopes are central differences,
    /// (x(t+1) − x(t−1)) / 2 per frame; the steepest one is placed between frames by the parabola through it and its
    /// neighbours. A pixel is NaN if its course has NaN or no slope above `threshold`. Cut out one
    /// beat first, and smooth: noise has slopes too.
    ///
    /// ```
    /// let beat = example_video(60, 64, 64).smooth_spatiotemporal(2, 2);
    /// let map = beat.activation_map("negative");
    /// map.shape // => [64, 64]
    /// map.max() < 120 // => true
    /// ```
    fn activation_map(
        /// Video of one beat.
        video: Video,
        /// Whether activation makes the light brighter or darker; voltage-sensitive dyes often become darker.
        polarity: Polarity = Polarity::Positive,
        /// Slope per frame that must be exceeded.
        threshold: f64 = 0.0,
        /// Frames per second; by default what the video knows.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Video> {
        activation::activation_map(&video, polarity, threshold, fps)
    }

    /// The velocity at which activation spreads, from a map of activation times.
    ///
    /// A map of images in cm/s: `speed`, `vy` (downward) and `vx` (to the right). At each pixel a polynomial of
    /// second order is fitted by least squares to the times within `radius` pixels; its gradient g
    /// gives the velocity g / |g|² (Bayly et al. 1998, doi:10.1109/10.668746). A pixel is NaN where its time is
    /// NaN, where less than half of the square around it is known, or where the gradient vanishes.
    ///
    /// ```
    /// let times = linspace(0, 9.9, 100).reshape([1, 100]) + zeros([50, 1]);
    /// let v = conduction_velocity(times, #{pixel_size: 60});
    /// format("{:.1f} cm/s", median(v.speed)) // => "60.0 cm/s"
    /// ```
    fn conduction_velocity(
        /// Image of activation times in ms, as `activation_map` makes it.
        times: Video,
        /// Height and width of a pixel in µm, or one number for both; by default what the map knows.
        pixel_size: Option<Numbers> [μm] = None,
        /// How far the pixels are that count.
        radius: usize [px] = 3,
    ) -> Result<Map> {
        let size = pixel_size.map(|size| size.pair("conduction_velocity", "pixel_size")).transpose()?;
        let found = activation::conduction_velocity(&times, size, radius)?;
        let images = [("speed", found.speed), ("vy", found.vy), ("vx", found.vx)];
        let images = images.into_iter();
        Ok(images.map(|(name, image)| (name.into(), image.into_dynamic())).collect())
    }

    /// Draws lines of equal value, such as isochrones, as a mask.
    ///
    /// True are pixels at or above a level that touch one below it at a side. NaN is neither.
    ///
    /// ```
    /// let image = mask_disc([50, 50], 25, 25, 10).astype("float32");
    /// count(contours(image, [0.5])) // => 56
    /// ```
    fn contours(
        /// Image, such as a map of activation times.
        image: Video,
        /// Values to draw lines at; one number draws lines at all of its multiples.
        levels: Numbers,
    ) -> Result<Video> {
        let levels = match levels {
            Numbers::One(step) => Levels::Every(step),
            Numbers::Several(levels) => Levels::At(levels),
        };
        contour::contours(&image, &levels)
    }

    /// The phase of cyclic activity in every pixel, from −π to π.
    ///
    /// The angle of the analytic signal: atan2(H(x − m), x − m) for a course x with mean m and the
    /// Hilbert transform H (Bray & Wikswo 2002, doi:10.1103/PhysRevE.65.051902). Slow changes are to be removed before, for example by
    /// `normalize_pixelwise_slidingwindow` or `detrend`. A sample that is not finite spoils the course of its pixel.
    ///
    /// ```
    /// let waves = example_video(70, 64, 64).detrend().smooth_spatiotemporal(2, 2);
    /// let phase = hilbert_phase(waves);
    /// phase.max() <= PI // => true
    /// ```
    fn hilbert_phase(
        /// Video or trace; time is the first axis.
        video: Video,
    ) -> Result<Video> {
        phase::hilbert_phase(video)
    }

    /// The dominant frequency of every pixel: the one at which its signal has the most power.
    ///
    /// The result is an image in Hz (float32), or for a trace a number. The spectrum is that of the course less its
    /// mean, weighed by a Hann window; the peak is placed between the frequencies that the number of
    /// frames tells apart by the parabola through the logarithms of the power. A pixel is NaN if its course has NaN or
    /// does not change.
    ///
    /// ```
    /// let v = example_video(250, 64, 64);
    /// format("{:.0f} Hz", v.trace(25, 25).dominant_frequency()) // => "8 Hz"
    /// dominant_frequency(v, 4, 40).shape // => [64, 64]
    /// ```
    fn dominant_frequency(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Lowest frequency to look at; by default above 0.
        low: Option<f64> [Hz] = None,
        /// Highest frequency to look at; by default half the frame rate.
        high: Option<f64> [Hz] = None,
        /// Frames per second; by default what the video knows.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Reduced> {
        spectrum::dominant_frequency(&video, [low, high], fps).map(Reduced)
    }

    /// Finds the points that waves turn around, in a video of phases (int8).
    ///
    /// The sum of the phase differences around each square of four pixels, in turns, stands at the upper
    /// left pixel of the square: 1 where the phase grows clockwise around it, −1 where it falls, and else 0
    /// (Iyer & Gray 2001, doi:10.1114/1.1335538). `argwhere` lists them.
    ///
    /// ```
    /// let phase = atan2(linspace(-2.5, 2.5, 6).reshape([6, 1]), linspace(-3.5, 3.5, 8));
    /// argwhere(phase_singularities(phase)).to_array() // => [[2, 3]]
    /// ```
    fn phase_singularities(
        /// Video or image of phases in radians.
        phase: Video,
    ) -> Result<Video> {
        phase::phase_singularities(&phase)
    }

    /// By how many rows and columns an image must be moved to lie on a reference: `[dy, dx]`.
    ///
    /// The peak of the phase correlation of both images, refined to `1 / upsampling` of a pixel
    /// (Guizar-Sicairos et al. 2008, doi:10.1364/OL.33.000156), as by scikit-image's `phase_cross_correlation`.
    ///
    /// ```
    /// let a = example_video(1)[0];
    /// let b = a.shift(3, -5).fill_nan(200);
    /// register_shift(b, a) // => [-3.0, 5.0]
    /// ```
    fn register_shift(
        /// Image to move.
        image: Video,
        /// Image that it is to lie on.
        reference: Video,
        /// Into how many parts a pixel is divided; 1 finds whole pixels.
        upsampling: usize = 10,
    ) -> Result<Vec<f64>> {
        Ok(registration::register_shift(&image, &reference, upsampling)?.into())
    }

    /// Moves every frame, linear between pixels.
    ///
    /// Computed in float32, or float64 for wide ints and float64.
    ///
    /// ```
    /// video([[1, 2], [3, 4]]).shift(0, 1, 0).to_array() // => [[0.0, 1.0], [0.0, 3.0]]
    /// ```
    fn shift(
        /// Video or image to move.
        video: Video,
        /// By how many rows to move down.
        dy: f64 [px],
        /// By how many columns to move to the right.
        dx: f64 [px],
        /// What comes in from outside.
        fill_value: f64 = f64::NAN,
    ) -> Result<Video> {
        registration::shift(&video, [dy, dx], fill_value)
    }
}
