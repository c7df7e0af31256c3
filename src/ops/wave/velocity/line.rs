//! Conduction velocity between two points, and along the line between them.

use super::{image_shape, pixel_size_of};
use crate::bail;
use crate::error::{Error, Result};
use crate::ops::read_all;
use crate::video::Video;

/// Ends of a line as `[y, x]` in pixels, and what is measured there.
#[derive(Debug, Clone)]
pub struct LineOptions {
    /// Start and end.
    pub ends: [[f64; 2]; 2],
    /// Width in pixels of what is averaged at each point.
    pub width: usize,
    /// Height and width of a pixel in µm; default: that of the map.
    pub pixel_size: Option<[f64; 2]>,
}

/// Activation along a line.
#[derive(Debug, Clone, PartialEq)]
pub struct LineVelocity {
    /// Distances from the start in µm of the points whose times are known.
    pub distances: Vec<f64>,
    /// Their times in ms.
    pub times: Vec<f64>,
    /// Speed in cm/s, negative towards the start.
    pub speed: f64,
    /// Coefficient of determination of the line fitted to times over distances.
    pub r_squared: f64,
}

/// Speed in cm/s between two points: their distance divided by the difference of their activation
/// times, each of which is the mean of a square of pixels.
pub fn velocity_between(times: &Video, options: &LineOptions) -> Result<f64> {
    let map = TimeMap::new("velocity_between", times, options)?;
    let radius = options.width as isize - 1;
    let mut activations = [0.0; 2];
    for (activation, [y, x]) in activations.iter_mut().zip(options.ends) {
        let offsets = |radius: isize| (-radius..=radius).step_by(2).map(|step| step as f64 / 2.0);
        let square = offsets(radius).flat_map(|v| offsets(radius).map(move |u| (v, u)));
        match map.mean(square.map(|(v, u)| [y + v, x + u])) {
            Some(time) => *activation = time,
            None => {
                let error = Error::new(format!(
                    "velocity_between finds no activation at [{y}, {x}]"
                ));
                return Err(error.hint("positions are `[y, x]`, with rows counted from the top"));
            }
        }
    }
    let delay = (activations[1] - activations[0]).abs();
    match delay > 0.0 {
        // 1 µm/ms is 0.1 cm/s.
        true => Ok(0.1 * map.length() / delay),
        false => bail!(
            "velocity_between needs points with different activation times, both are {} ms",
            activations[0]
        ),
    }
}

/// Speed along a line: the inverse slope of the least-squares line through times over distances, of
/// points about a pixel apart.
pub fn velocity_along(times: &Video, options: &LineOptions) -> Result<LineVelocity> {
    /// Fewest points of a fit.
    const FEWEST: usize = 3;
    let map = TimeMap::new("velocity_along", times, options)?;
    let [start, end] = options.ends;
    let along = [end[0] - start[0], end[1] - start[1]];
    let pixels = along[0].hypot(along[1]);
    let across = [-along[1] / pixels, along[0] / pixels];
    let steps = pixels.round().max(1.0) as usize;
    let radius = options.width as isize - 1;
    let mut found = LineVelocity {
        distances: Vec::new(),
        times: Vec::new(),
        speed: f64::NAN,
        r_squared: f64::NAN,
    };
    for step in 0..=steps {
        let part = step as f64 / steps as f64;
        let offsets = (-radius..=radius).step_by(2).map(|step| step as f64 / 2.0);
        let points = offsets.map(|offset| {
            [0, 1].map(|axis| start[axis] + part * along[axis] + offset * across[axis])
        });
        if let Some(time) = map.mean(points) {
            found.distances.push(part * map.length());
            found.times.push(time);
        }
    }
    let known = found.times.len();
    if known < FEWEST {
        bail!(
            "velocity_along needs at least {FEWEST} points with activation times on the line, got \
             {known} of {}",
            steps + 1
        );
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / known as f64;
    let (middle, time) = (mean(&found.distances), mean(&found.times));
    let mut sums = [0.0; 3];
    for (x, y) in found.distances.iter().zip(&found.times) {
        let (x, y) = (x - middle, y - time);
        sums = [sums[0] + x * x, sums[1] + x * y, sums[2] + y * y];
    }
    let extreme = |pick: fn(f64, f64) -> f64| found.times.iter().copied().fold(time, pick);
    if extreme(f64::max) - extreme(f64::min) <= 1e-9 * time.abs() {
        let error =
            Error::new("velocity_along finds no change of the activation times with distance");
        return Err(error.hint("draw the line across isochrones"));
    }
    found.speed = 0.1 * sums[0] / sums[1];
    found.r_squared = sums[1] * sums[1] / (sums[0] * sums[2]);
    Ok(found)
}

/// Map of activation times that can be read between pixels.
struct TimeMap {
    samples: Vec<f64>,
    shape: [usize; 2],
    /// Extent of the line in µm.
    extent: [f64; 2],
}

impl TimeMap {
    fn new(function: &str, times: &Video, options: &LineOptions) -> Result<Self> {
        let shape = image_shape(function, times)?;
        let size = pixel_size_of(function, times, options.pixel_size)?;
        if !(1..=100).contains(&options.width) {
            bail!(
                "{function} needs `width` to be 1 to 100, got {}",
                options.width
            );
        }
        for [y, x] in options.ends {
            let inside = |at: f64, len: usize| 0.0 <= at && at <= len as f64 - 1.0;
            if !(inside(y, shape[0]) && inside(x, shape[1])) {
                bail!(
                    "{function} needs points `[y, x]` of an image of {}×{}, got [{y}, {x}]",
                    shape[0],
                    shape[1]
                );
            }
        }
        let [start, end] = options.ends;
        if start == end {
            bail!("{function} needs two different points, got {start:?} twice");
        }
        Ok(Self {
            samples: read_all::<f64>(times),
            shape,
            extent: [0, 1].map(|axis| (end[axis] - start[axis]) * size[axis]),
        })
    }

    /// Length of the line in µm.
    fn length(&self) -> f64 {
        self.extent[0].hypot(self.extent[1])
    }

    /// Mean of the known times at some points.
    fn mean(&self, points: impl Iterator<Item = [f64; 2]>) -> Option<f64> {
        let known = points.filter_map(|point| self.at(point));
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), time| (sum + time, count + 1.0));
        (count > 0.0).then(|| sum / count)
    }

    /// Time at a point, interpolated linearly; `None` if a pixel that it needs is not known.
    fn at(&self, [y, x]: [f64; 2]) -> Option<f64> {
        let sample = |row: f64, col: f64| {
            let is_inside = 0.0 <= row
                && 0.0 <= col
                && row < self.shape[0] as f64
                && col < self.shape[1] as f64;
            let at = |()| self.samples[row as usize * self.shape[1] + col as usize];
            is_inside
                .then_some(())
                .map(at)
                .filter(|time| time.is_finite())
        };
        let (row, col) = (y.floor(), x.floor());
        let mut time = 0.0;
        for (down, right) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
            let weight = (1.0 - (row + down - y).abs()) * (1.0 - (col + right - x).abs());
            if weight > 0.0 {
                time += weight * sample(row + down, col + right)?;
            }
        }
        Some(time)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::plane;
    use super::*;
    use crate::ops::testing::{values, video};
    use crate::video::Strided;

    const LINE: LineOptions = LineOptions {
        ends: [[2.0, 3.0], [2.0, 27.0]],
        width: 1,
        pixel_size: None,
    };

    #[test]
    fn plane_waves_have_their_speed() {
        let right = plane(42.0, 0.0);
        for width in [1, 2, 3] {
            let options = LineOptions { width, ..LINE };
            let found = velocity_between(&right, &options).unwrap();
            assert!((found - 42.0).abs() < 1e-3, "{found}");
            let along = velocity_along(&right, &options).unwrap();
            assert!((along.speed - 42.0).abs() < 1e-3, "{}", along.speed);
            assert!(along.r_squared > 0.999_999);
            assert_eq!(along.distances.last(), Some(&4800.0));
        }
        let back = LineOptions {
            ends: [LINE.ends[1], LINE.ends[0]],
            ..LINE
        };
        assert!((velocity_along(&right, &back).unwrap().speed + 42.0).abs() < 1e-3);
        // At an angle a to the direction, the apparent speed is that of the wave / cos a.
        let steep = plane(42.0, 1.0);
        let found = velocity_along(&steep, &LINE).unwrap().speed;
        assert!((found - 42.0 / 1.0_f64.cos()).abs() < 1e-2, "{found}");
        let between = LineOptions {
            ends: [[2.5, 3.25], [10.0, 20.0]],
            ..LINE
        };
        let found = velocity_between(&right, &between).unwrap();
        let length = 750.0_f64.hypot(3350.0);
        assert!((found - 42.0 * length / 3350.0).abs() < 1e-2, "{found}");
    }

    #[test]
    fn unknown_times_are_left_out_or_refused() {
        let whole = plane(42.0, 0.0);
        let cut = values(&whole).into_iter().enumerate();
        let cut = cut.map(|(at, time)| if at % 30 < 10 { time } else { f64::NAN });
        let map = whole.with_samples(Strided::from_vec(&[20, 30], cut.collect()));
        let found = velocity_along(&map, &LINE).unwrap();
        assert_eq!(found.times.len(), 7);
        assert!((found.speed - 42.0).abs() < 1e-3);
        let error = velocity_between(&map, &LINE).unwrap_err();
        assert_eq!(
            error.message(),
            "velocity_between finds no activation at [2, 27]"
        );
        let refused = |ends| velocity_along(&map, &LineOptions { ends, ..LINE }).is_err();
        assert!(refused([[2.0, 12.0], [2.0, 27.0]]));
        assert!(refused([[2.0, 3.0], [2.0, 30.0]]));
        assert!(refused([[2.0, 3.0], [2.0, 3.0]]));
        assert!(refused([[2.0, 3.0], [9.0, 3.0]]));
        let flat = video(&[5, 5], vec![1.0; 25]);
        let sized = LineOptions {
            ends: [[0.0, 0.0], [4.0, 4.0]],
            pixel_size: Some([1.0, 1.0]),
            ..LINE
        };
        assert!(velocity_between(&flat, &sized).is_err());
        assert!(velocity_between(&plane(1.0, 0.0), &LineOptions { width: 0, ..LINE }).is_err());
    }
}
