//! Conduction velocity from maps of activation times.

use rhai::Map;

use crate::bail;
use crate::error::Result;
use crate::ops::wave::velocity::line::{self, LineOptions};
use crate::ops::wave::velocity::{self, VelocityMethod, VelocityOptions};
use crate::script::call::convert::Numbers;
use crate::script::{Value, builtins};
use crate::video::{Strided, Video};

/// Ends of a line.
fn ends(function: &str, start: &[f64], end: &[f64]) -> Result<[[f64; 2]; 2]> {
    match (start, end) {
        (&[y, x], &[last_y, last_x]) => Ok([[y, x], [last_y, last_x]]),
        _ => bail!(
            "{function} needs `start` and `end` to be points `[y, x]`, got {start:?} and {end:?}"
        ),
    }
}

/// Height and width of a pixel.
fn size(function: &str, size: Option<Numbers>) -> Result<Option<[f64; 2]>> {
    size.map(|size| size.pair(function, "pixel_size"))
        .transpose()
}

builtins! {
    /// Conduction velocity at every pixel, from a map of activation times.
    ///
    /// The gradient g of the times gives the velocity v = g / |g|². Method "bayly": that of the
    /// polynomial of second order with the smallest sum of squared differences from the times
    /// within `radius` pixels. Method "gradient": that of the plane with the smallest weighted sum,
    /// with Gaussian weights of `sigma` pixels, which is the gradient of the smoothed times but is
    /// right at edges, too. A pixel is NaN where its time is NaN, where less than half of its
    /// neighborhood is known, where the times do not determine the fit, where the gradient
    /// vanishes, or where the speed exceeds `max_speed`, as where waves start or collide. Choose a
    /// neighborhood that the wave takes many times the error of the times to cross: larger ones are
    /// less sensitive to noise, but blur, most where wavefronts are curved.
    ///
    /// Returns a map of four float32 arrays in cm/s: the images {y, x} `speed`, `vy` (downward) and
    /// `vx` (to the right), and `field` {y, x, 2}, which is `vy` and `vx` for arrows.
    ///
    /// Fails if `times` is not an image, if the pixel size is not known or not positive, or if
    /// `radius` is not 1 to 100 or `sigma` not 0.3 to 50.
    ///
    /// ```
    /// let times = linspace(0, 9.9, 100).reshape([1, 100]) + zeros([50, 1]);
    /// let v = conduction_velocity(times, #{pixel_size: 60});
    /// format("{:.1f} cm/s", median(v.speed)) // => "60.0 cm/s"
    /// let p = phantom(#{frames: 100, speed: 40, direction: 30});
    /// let v = activation_map(p.video).conduction_velocity(#{method: "gradient"});
    /// format("{:.1f} cm/s", median(v.speed)) // => "40.0 cm/s"
    /// ```
    ///
    /// See also: `activation_map`, `velocity_between`, `velocity_along`, `contours`.
    ///
    /// Source: Bayly et al. 1998, doi:10.1109/10.668746.
    fn conduction_velocity(
        /// Image of activation times in ms, as from `activation_map`.
        times: Video,
        /// Height and width of a pixel in µm, or one number for both; default: that of `times`.
        pixel_size: Option<Numbers> [um] = None,
        /// Method "bayly": half width of the square of pixels that are fitted, which is
        /// 2 · radius + 1 pixels wide.
        radius: usize [px] = 3,
        /// Definition of the gradient.
        method: VelocityMethod = VelocityMethod::Bayly,
        /// Method "gradient": standard deviation of the weights, which end at three of them.
        sigma: f64 [px] = 2.0,
        /// Largest speed in cm/s; pixels of larger ones are NaN. Default: any.
        max_speed: Option<f64> = None,
    ) -> Result<Map> {
        let pixel_size = size("conduction_velocity", pixel_size)?;
        let options = VelocityOptions { pixel_size, radius, method, sigma, max_speed };
        let found = velocity::conduction_velocity(&times, &options)?;
        let arrays = [
            ("speed", found.speed),
            ("vy", found.vy),
            ("vx", found.vx),
            ("field", found.field),
        ];
        let arrays = arrays.into_iter();
        Ok(arrays.map(|(name, array)| (name.into(), array.into_dynamic())).collect())
    }

    /// Conduction velocity between two points of a map of activation times.
    ///
    /// The distance of the points divided by the difference of their times. It is that of the wave
    /// only if the points lie in its direction, across isochrones; otherwise it is larger, by 1 /
    /// cos of the angle between for plane waves. Times between pixels are interpolated linearly.
    ///
    /// Returns the speed in cm/s, a float.
    ///
    /// Fails if `times` is not an image, the pixel size is not known, a point is not in the image
    /// or has no activation time, or both have the same time.
    ///
    /// ```
    /// let p = phantom(#{frames: 100, speed: 40});
    /// let times = activation_map(p.video);
    /// format("{:.1f} cm/s", velocity_between(times, [32, 10], [32, 50])) // => "40.0 cm/s"
    /// ```
    ///
    /// See also: `velocity_along`, `conduction_velocity`, `activation_map`.
    fn velocity_between(
        /// Image of activation times in ms, as from `activation_map`.
        times: Video,
        /// First point, `[y, x]`.
        start: Vec<f64> [px],
        /// Second point, `[y, x]`.
        end: Vec<f64> [px],
        /// Width of the square of pixels whose times are averaged at each point.
        width: usize [px] = 1,
        /// Height and width of a pixel in µm, or one number for both; default: that of `times`.
        pixel_size: Option<Numbers> [um] = None,
    ) -> Result<f64> {
        let ends = ends("velocity_between", &start, &end)?;
        let pixel_size = size("velocity_between", pixel_size)?;
        line::velocity_between(&times, &LineOptions { ends, width, pixel_size })
    }

    /// Conduction velocity along a line through a map of activation times.
    ///
    /// The inverse slope of the line with the smallest sum of squared differences from the times of
    /// points on the line, which are about a pixel apart. Points whose times are not known are left
    /// out. It is the velocity of the wave only if the line lies in its direction.
    ///
    /// Returns a map: `speed` in cm/s, negative where the wave runs from `end` to `start`;
    /// `r_squared`, the coefficient of determination of the fit; and the traces `distance` from
    /// `start` in µm and `time` in ms of the points.
    ///
    /// Fails if `times` is not an image, the pixel size is not known, an end is not in the image,
    /// fewer than 3 points have a time, or the times do not change.
    ///
    /// ```
    /// let p = phantom(#{frames: 100, speed: 40});
    /// let times = activation_map(p.video);
    /// let found = velocity_along(times, [32, 10], [32, 50]);
    /// format("{:.1f} cm/s, R² = {:.3f}", found.speed, found.r_squared) // => "40.0 cm/s, R² = 1.000"
    /// ```
    ///
    /// See also: `velocity_between`, `conduction_velocity`, `activation_map`.
    fn velocity_along(
        /// Image of activation times in ms, as from `activation_map`.
        times: Video,
        /// Start of the line, `[y, x]`.
        start: Vec<f64> [px],
        /// End of the line, `[y, x]`.
        end: Vec<f64> [px],
        /// Width across the line of what is averaged at each point.
        width: usize [px] = 1,
        /// Height and width of a pixel in µm, or one number for both; default: that of `times`.
        pixel_size: Option<Numbers> [um] = None,
    ) -> Result<Map> {
        let ends = ends("velocity_along", &start, &end)?;
        let pixel_size = size("velocity_along", pixel_size)?;
        let found = line::velocity_along(&times, &LineOptions { ends, width, pixel_size })?;
        let trace = |values: Vec<f64>| Video::new(Strided::from_vec(&[values.len()], values));
        Ok(Map::from([
            ("speed".into(), found.speed.into()),
            ("r_squared".into(), found.r_squared.into()),
            ("distance".into(), trace(found.distances).into_dynamic()),
            ("time".into(), trace(found.times).into_dynamic()),
        ]))
    }
}
