//! Phase of periodic activity, and the singularities that waves rotate around.

use crate::error::Result;
use crate::ops::wave::phase;
use crate::script::builtins;
use crate::video::Video;

builtins! {
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
    /// See also: `phase_singularities`, `dominant_frequency`, `detrend`.
    ///
    /// Source: Bray & Wikswo 2002, doi:10.1103/PhysRevE.65.051902; equals
    /// `numpy.angle(scipy.signal.hilbert(x - x.mean()))`.
    fn hilbert_phase(
        /// Video or trace; time is the first axis.
        video: Video,
    ) -> Result<Video> {
        phase::hilbert_phase(video)
    }

    /// Detects phase singularities, the points that waves rotate around.
    ///
    /// The topological charge of each square of four pixels: the sum of the wrapped phase
    /// differences around it, in turns. It is given at the upper left pixel of the square: 1 where
    /// the phase grows clockwise around it, −1 where it falls, else 0, also where a pixel is NaN.
    /// The phase falls in the direction of rotation: −1 is a wave that rotates clockwise.
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
}
