//! Phase of periodic activity, and the singularities that waves rotate around.

use rhai::Map;

use crate::error::Result;
use crate::ops::chain::Stage;
use crate::ops::wave::phase;
use crate::ops::wave::phase_outliers::{self, PhaseOutlierOptions};
use crate::ops::wave::rotors::{self, Singularity, SingularityTrack, TrackOptions};
use crate::script::{Chained, Value, builtins};
use crate::text::table::Column;
use crate::video::{Strided, Video};

use super::shared::{singularity_columns, table};

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
    /// See also: `smooth_phase`, `phase_singularities`, `dominant_frequency`, `detrend`.
    ///
    /// Source: Bray & Wikswo 2002, doi:10.1103/PhysRevE.65.051902; equals
    /// `numpy.angle(scipy.signal.hilbert(x - x.mean()))`.
    fn hilbert_phase(
        /// Video or trace; time is the first axis.
        video: Chained,
    ) -> Result<Video> {
        Stage::of_frames("hilbert_phase").apply_to_traces(video.0, phase::hilbert_phase)
    }

    /// Smooths phases with a Gaussian kernel in space and time, across the jump from π to −π.
    ///
    /// The circular mean: the angle of the weighted mean of the points (cos φ, sin φ). The kernel
    /// is that of `smooth_spatiotemporal`; NaN samples, such as those outside of a mask, are left
    /// out and stay NaN.
    ///
    /// Returns a video {t, y, x} of phases from −π to π: float64 for float64 and for ints of more
    /// than 16 bits, else float32.
    ///
    /// Fails if `phase` is not {t, y, x}, or a standard deviation is negative or not finite.
    ///
    /// ```
    /// let phase = video([[[3.0, -3.0, 3.0]]]);
    /// abs(smooth_phase(phase, 0, 1)).min() > 3 // => true
    /// ```
    ///
    /// See also: `hilbert_phase`, `phase_singularities`, `smooth_spatiotemporal`.
    ///
    /// Source: Mardia & Jupp 2000, doi:10.1002/9780470316979, for the circular mean.
    fn smooth_phase(
        /// Video of phases in radians.
        phase: Video,
        /// Standard deviation in time; 0: no smoothing in time.
        sigma_temporal: f64 [frames] = 1.0,
        /// Standard deviation in space; 0: no smoothing in space.
        sigma_spatial: f64 [px] = 1.0,
    ) -> Result<Video> {
        phase::smooth_phase(phase, sigma_temporal, sigma_spatial)
    }

    /// Sets phases to NaN that do not go along with those around them.
    ///
    /// Outliers are phases that differ by more than `max_angle` from the circular mean of their
    /// neighborhood: the pixels within `radius` in the `frames` before and after, and they
    /// themselves. So are phases whose neighborhood has no mean, as the points (cos φ, sin φ)
    /// cancel each other. NaN samples, such as those outside of a mask, are left out and stay NaN.
    ///
    /// Returns a video {t, y, x} of phases: float64 for float64 and for ints of more than 16 bits,
    /// else float32.
    ///
    /// Fails if `phase` is not {t, y, x}, `max_angle` is not above 0 and at most π, or the
    /// neighborhood is larger than 100 pixels or frames.
    ///
    /// ```
    /// let phase = full([3, 9, 9], 1.0);
    /// phase[[1, 4, 4]] = -2.0;
    /// count(isnan(remove_phase_outliers(phase))) // => 1
    /// ```
    ///
    /// See also: `hilbert_phase`, `smooth_phase`, `phase_singularities`.
    ///
    /// Source: `optimap.phase.phasefilter_angle_threshold` of the Python package.
    fn remove_phase_outliers(
        /// Video of phases in radians.
        phase: Video,
        /// Largest distance of neighbors.
        radius: usize [px] = 3,
        /// Number of frames before and after.
        frames: usize [frames] = 1,
        /// Largest angle in radians between a phase and the mean of its neighborhood.
        max_angle: f64 = 0.9,
    ) -> Result<Video> {
        let options = PhaseOutlierOptions { radius, frames, max_angle };
        phase_outliers::remove_phase_outliers(&phase, &options)
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
    /// See also: `track_singularities`, `hilbert_phase`, `argwhere`.
    ///
    /// Source: Iyer & Gray 2001, doi:10.1114/1.1335538.
    fn phase_singularities(
        /// Video or image of phases in radians.
        phase: Video,
    ) -> Result<Video> {
        phase::phase_singularities(&phase)
    }

    /// Tracks phase singularities in time: the life and path of the tips of rotating waves.
    ///
    /// In each frame, singularities continue the tracks of the same charge that were last seen at
    /// most `max_gap` frames before: of those within `max_distance`, the closest first. The others
    /// begin tracks. Tracks shorter than `min_life`, such as those of noise, are left out. Smooth
    /// the phase first, and set it to NaN outside of the tissue.
    ///
    /// Returns a map. `tracks` is a table with a row for each track: its number `track`, its
    /// `charge`; in ms `start` and `life`, in which the first and the last frame count; the number
    /// of `frames` in which it was seen; its mean position `y` and `x` in pixels; and the length of
    /// its `path` in µm, NaN if the pixel size is not known. Singularities lie between four pixels,
    /// so that the steps of a path make it up to about 1.5 times too long. `points` is a table of
    /// the singularities: `track`, `frame`, `time` in ms, `y`, `x`, `charge`. `count` is a trace of
    /// the number of tracks, which are rotors, in each frame.
    ///
    /// Fails if `phase` is not {t, y, x}, if its frame rate is not known, or if `max_distance` or
    /// `min_life` is negative.
    ///
    /// ```
    /// let p = phantom(#{frames: 600, wavefront: "pair"});
    /// let phase = hilbert_phase(p.video).apply_mask(p.mask);
    /// let found = track_singularities(phase[100..500], #{min_life: 400});
    /// found.tracks.charge.to_array() // => [-1, 1]
    /// found.count.min() // => 2
    /// write_csv("tips.csv", found.points, ["track", "time", "y", "x", "charge"])
    /// ```
    ///
    /// See also: `phase_singularities`, `smooth_phase`, `hilbert_phase`, `phantom`.
    ///
    /// Source: singularities as in Iyer & Gray 2001, doi:10.1114/1.1335538.
    fn track_singularities(
        /// Video of phases in radians, as from `hilbert_phase`.
        phase: Video,
        /// Largest distance from a singularity to the next of its track.
        max_distance: f64 [px] = 5.0,
        /// Largest number of frames in a row in which the singularity of a track is not found.
        max_gap: usize [frames] = 2,
        /// Shortest life of a track.
        min_life: f64 [ms] = 0.0,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Map> {
        let options = TrackOptions { max_distance, max_gap, min_life, fps };
        let found = rotors::track_singularities(&phase, &options)?;
        let size = phase.metadata().pixel_size.unwrap_or([f64::NAN; 2]);
        let to_ms = found.to_ms;
        let ints = |int: &dyn Fn(&SingularityTrack) -> usize| {
            Column::Ints(found.tracks.iter().map(|track| int(track) as i64).collect())
        };
        let floats = |float: &dyn Fn(&SingularityTrack) -> f64| {
            Column::Floats(found.tracks.iter().map(float).collect())
        };
        let charges = found.tracks.iter().map(|track| track.points[0].charge);
        let tracks = table([
            ("track", Column::Ints((1..=found.tracks.len() as i64).collect())),
            ("charge", Column::Ints(charges.collect())),
            ("start", floats(&|track| track.points[0].frame as f64 * to_ms)),
            ("life", floats(&|track| track.frames() as f64 * to_ms)),
            ("frames", ints(&|track| track.points.len())),
            ("y", floats(&|track| track.center()[0])),
            ("x", floats(&|track| track.center()[1])),
            ("path", floats(&|track| track.path(size))),
        ]);
        let points: Vec<Singularity> = found.tracks.iter().flat_map(|t| t.points.clone()).collect();
        let numbers = (1..).zip(&found.tracks);
        let numbers = numbers.flat_map(|(number, track)| track.points.iter().map(move |_| number));
        let times = points.iter().map(|point| point.frame as f64 * to_ms);
        let others = [
            ("track", Column::Ints(numbers.collect())),
            ("time", Column::Floats(times.collect())),
        ];
        let points = table(others.into_iter().chain(singularity_columns(&points)));
        let counts = found.counts(phase.len());
        let mut count = Video::new(Strided::from_vec(&[counts.len()], counts));
        count.metadata_mut().fps = Some(1000.0 / to_ms);
        Ok(Map::from([
            ("tracks".into(), tracks.into()),
            ("points".into(), points.into()),
            ("count".into(), count.into_dynamic()),
        ]))
    }
}
