//! Conduction velocity from activation times: at each pixel, between two points, along a line.

pub mod alignment;
mod fit;
mod gradients;
pub mod line;

use self::gradients::{GradientSums, Gradients};
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::kernel::run_kernel;
use crate::ops::read_all;
use crate::task;
use crate::video::{Strided, Video, shape_text, warn_of_pixel_size};

/// Definition of the gradient of the activation times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum VelocityMethod {
    /// That of a polynomial of second order, fitted to a square of pixels (Bayly et al. 1998).
    Bayly,
    /// That of a plane, fitted with Gaussian weights: the gradient of the smoothed times.
    Gradient,
}

impl Choice for VelocityMethod {
    const NOUN: &'static str = "a method to measure velocities";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("bayly", Self::Bayly), ("gradient", Self::Gradient)];
}

/// Options of [`conduction_velocity`].
#[derive(Debug, Clone)]
pub struct VelocityOptions {
    /// Height and width of a pixel in µm; default: that of the map.
    pub pixel_size: Option<[f64; 2]>,
    /// Half width in pixels of the square that a polynomial is fitted to.
    pub radius: usize,
    /// Definition of the gradient.
    pub method: VelocityMethod,
    /// Standard deviation of Gaussian weights in pixels.
    pub sigma: f64,
    /// Speed in cm/s above which the velocity is not known.
    pub max_speed: Option<f64>,
}

/// Conduction velocity at each pixel, in cm/s.
pub struct Velocity {
    /// Speed.
    pub speed: Video,
    /// Velocity along columns, downward.
    pub vy: Video,
    /// Velocity along rows, to the right.
    pub vx: Video,
    /// Both, `vy` first, along a third axis.
    pub field: Video,
}

/// Conduction velocity from activation times in ms: with the gradient g in ms/µm at a pixel, g / |g|².
/// NaN where the pixel is NaN, where less than half of its neighborhood is known, and where the
/// gradient vanishes.
pub fn conduction_velocity(times: &Video, options: &VelocityOptions) -> Result<Velocity> {
    let shape = image_shape("conduction_velocity", times)?;
    let size = pixel_size_of("conduction_velocity", times, options.pixel_size)?;
    options.check()?;
    let samples = read_all::<f64>(times);
    let mut velocities = vec![[f32::NAN; 3]; samples.len()];
    let rows = velocities.chunks_mut(shape[1].max(1)).enumerate();
    let weights = match options.method {
        VelocityMethod::Bayly => vec![1.0; options.radius + 1],
        VelocityMethod::Gradient => fit::gaussian_weights(options.sigma),
    };
    let all = Gradients::new(options.method, &samples, shape, &weights);
    let memory = || (GradientSums::default(), vec![[f64::NAN; 2]; shape[1]]);
    task::for_each_init(
        "fitting velocities",
        rows,
        memory,
        |(sums, gradients), (y, row)| {
            run_kernel(&all, (y, sums, gradients));
            for (velocity, gradient) in row.iter_mut().zip(&*gradients) {
                let found = velocity_of(*gradient, size);
                let is_slow = |speed: &f64| options.max_speed.is_none_or(|most| *speed <= most);
                if let Some(found) = found.filter(|[speed, ..]| is_slow(speed)) {
                    *velocity = found.map(|part| part as f32);
                }
            }
            Ok(())
        },
    )?;
    let image = |part: usize| {
        let values = velocities.iter().map(|velocity| velocity[part]);
        times.with_samples(Strided::from_vec(&shape, values.collect()))
    };
    let field = velocities.iter().flat_map(|[_, vy, vx]| [*vy, *vx]);
    let field = Strided::from_vec(&[shape[0], shape[1], 2], field.collect());
    Ok(Velocity {
        speed: image(0),
        vy: image(1),
        vx: image(2),
        field: times.with_samples(field),
    })
}

impl VelocityOptions {
    fn check(&self) -> Result<()> {
        if !(1..=100).contains(&self.radius) {
            bail!(
                "conduction_velocity needs `radius` to be 1 to 100, got {}",
                self.radius
            );
        }
        if !(0.3..=50.0).contains(&self.sigma) {
            bail!(
                "conduction_velocity needs `sigma` to be 0.3 to 50, got {}",
                self.sigma
            );
        }
        match self.max_speed {
            Some(most) if most.is_nan() || most <= 0.0 => {
                bail!("conduction_velocity needs `max_speed` to be a number > 0, got {most}")
            }
            _ => Ok(()),
        }
    }
}

/// Speed and velocity in cm/s from a gradient in ms per pixel.
fn velocity_of([gy, gx]: [f64; 2], [height, width]: [f64; 2]) -> Option<[f64; 3]> {
    let [gy, gx] = [gy / height, gx / width];
    let squared = gy * gy + gx * gx;
    // 1 µm/ms is 0.1 cm/s.
    let [vy, vx] = [0.1 * gy / squared, 0.1 * gx / squared];
    (vy.is_finite() && vx.is_finite()).then(|| [vy.hypot(vx), vy, vx])
}

/// Height and width of a map of activation times.
fn image_shape(function: &str, times: &Video) -> Result<[usize; 2]> {
    match *times.shape() {
        [height, width] => Ok([height, width]),
        _ => bail!(
            "{function} needs an image from `activation_map`, got a {} of shape {}",
            times.kind(),
            shape_text(times.shape())
        ),
    }
}

/// Height and width of a pixel in µm: the given ones, or those of the map.
fn pixel_size_of(function: &str, video: &Video, size: Option<[f64; 2]>) -> Result<[f64; 2]> {
    let Some(size) = size.or(video.metadata().pixel_size) else {
        let error = Error::new(format!(
            "{function} needs the pixel size, which the map does not have"
        ));
        return Err(error.hint("set it in µm: `v.pixel_size = 100`, or `#{pixel_size: 100}`"));
    };
    match size.iter().all(|size| *size > 0.0 && size.is_finite()) {
        true => {
            warn_of_pixel_size(&size);
            Ok(size)
        }
        false => bail!("{function} needs `pixel_size` to be > 0, got {size:?}"),
    }
}

#[cfg(test)]
pub(in crate::ops) mod tests {
    use super::*;
    use crate::ops::phantom::tests::{PLAIN, error};
    use crate::ops::phantom::{PhantomOptions, Wavefront, phantom};
    use crate::ops::testing::{check_threads, noise, values, video};

    const BAYLY: VelocityOptions = VelocityOptions {
        pixel_size: None,
        radius: 2,
        method: VelocityMethod::Bayly,
        sigma: 2.0,
        max_speed: None,
    };

    const GRADIENT: VelocityOptions = VelocityOptions {
        method: VelocityMethod::Gradient,
        ..BAYLY
    };

    /// Plane waves of pixels of 100 × 200 µm: T = (y sin a + x cos a) · size / speed.
    pub(in crate::ops) fn plane(speed: f64, angle: f64) -> Video {
        let time = |y: usize, x: usize| {
            let distance = y as f64 * angle.sin() + 2.0 * x as f64 * angle.cos();
            (10.0 * distance / speed) as f32
        };
        let times = (0..20)
            .flat_map(|y| (0..30).map(move |x| time(y, x)))
            .collect();
        let mut map = video(&[20, 30], times);
        map.metadata_mut().pixel_size = Some([100.0, 200.0]);
        map
    }

    #[test]
    fn plane_waves_have_their_velocity_up_to_the_edges() {
        let (speed, angle) = (42.0, 0.4f64);
        for options in [BAYLY, GRADIENT] {
            let found = conduction_velocity(&plane(speed, angle), &options).unwrap();
            let inside = |image: &Video, truth: f64| {
                let errors = values(image).into_iter().map(|found| (found - truth).abs());
                let known = errors.filter(|error| !error.is_nan());
                // Three pixels at each corner have too few neighbors.
                assert_eq!(known.clone().count(), 20 * 30 - 12);
                assert!(known.fold(0.0, f64::max) < 1e-2);
            };
            inside(&found.speed, speed);
            inside(&found.vy, speed * angle.sin());
            inside(&found.vx, speed * angle.cos());
            assert_eq!(found.field.shape(), [20, 30, 2]);
            let at = 2 * (10 * 30 + 15);
            let field = values(&found.field);
            assert_eq!(field[at], values(&found.vy)[10 * 30 + 15]);
            assert_eq!(field[at + 1], values(&found.vx)[10 * 30 + 15]);
            let noisy = video(&[30, 40], noise(1200, 3));
            let sized = VelocityOptions {
                pixel_size: Some([1.0, 1.0]),
                ..options
            };
            check_threads(|| Ok(conduction_velocity(&noisy, &sized)?.speed));
        }
    }

    /// Times 0.3 x + 0.1 y + 0.02 x y + 0.01 x² in ms, of pixels of 100 µm, are their own fit.
    #[test]
    fn polynomials_of_second_order_are_fitted_exactly() {
        let time = |y: f64, x: f64| 0.3 * x + 0.1 * y + 0.02 * x * y + 0.01 * x * x;
        let times: Vec<f64> = (0..8)
            .flat_map(|y| (0..9).map(move |x| time(f64::from(y), f64::from(x))))
            .collect();
        let sized = VelocityOptions {
            pixel_size: Some([100.0, 100.0]),
            ..BAYLY
        };
        let found = conduction_velocity(&video(&[8, 9], times), &sized).unwrap();
        // The gradient is [0.1 + 0.02 x, 0.3 + 0.02 y + 0.02 x].
        let expected = |y: f64, x: f64| {
            let [gy, gx] = [0.1 + 0.02 * x, 0.3 + 0.02 * y + 0.02 * x];
            10.0 / gx.hypot(gy)
        };
        for (y, x) in [(2, 2), (4, 5), (0, 3)] {
            let speed = values(&found.speed)[y * 9 + x];
            let expected = expected(y as f64, x as f64);
            assert!((speed - expected).abs() < 1e-4, "{speed} {expected}");
        }
    }

    #[test]
    fn velocities_are_those_of_the_phantom_within_its_mask() {
        for wavefront in [Wavefront::Plane, Wavefront::Point] {
            let made = phantom(&PhantomOptions {
                height: 40,
                width: 40,
                wavefront,
                direction: 30.0,
                ..PLAIN
            })
            .unwrap();
            for options in [BAYLY, GRADIENT] {
                let found = conduction_velocity(&made.activation, &options).unwrap();
                let speeds = values(&found.speed);
                let known = values(&made.mask)
                    .into_iter()
                    .zip(speeds.iter().map(|s| !s.is_nan()));
                // Nothing is known outside, and inside all but a few pixels at sharp corners.
                assert!(known.clone().all(|(inside, known)| inside > 0.0 || !known));
                let inside = known.filter(|(inside, _)| *inside > 0.0);
                let (all, missing) = inside.fold((0, 0), |(all, missing), (_, known)| {
                    (all + 1, missing + usize::from(!known))
                });
                assert!(20 * missing < all, "{missing} of {all} unknown");
                let far = |(at, speed): (usize, f64)| {
                    let (y, x) = ((at / 40) as f64 - 19.5, (at % 40) as f64 - 19.5);
                    let is_far = wavefront == Wavefront::Plane || y.hypot(x) > 6.0;
                    if is_far && !speed.is_nan() {
                        speed
                    } else {
                        f64::NAN
                    }
                };
                let speeds: Vec<f64> = speeds.into_iter().enumerate().map(far).collect();
                let truth = speeds.iter().map(|speed| 0.0 * speed + 20.0);
                let map = video(&[40, 40], speeds.clone());
                let worst = match (wavefront, options.method) {
                    (Wavefront::Plane, _) => 1e-3,
                    // Neighborhoods are curved, and lie to one side at edges.
                    (_, VelocityMethod::Bayly) => 0.6,
                    (_, VelocityMethod::Gradient) => 1.5,
                };
                assert!(error(&map, &truth.collect::<Vec<f64>>()) < worst);
            }
        }
    }

    #[test]
    fn velocities_need_a_gradient_and_neighbors() {
        let mut times = vec![1.0f32; 64];
        let flat = video(&[8, 8], times.clone());
        let sized = VelocityOptions {
            pixel_size: Some([1.0, 1.0]),
            ..BAYLY
        };
        let gradient = VelocityOptions {
            method: VelocityMethod::Gradient,
            ..sized.clone()
        };
        for options in [&sized, &gradient] {
            let found = conduction_velocity(&flat, options).unwrap();
            assert!(values(&found.speed).iter().all(|speed| speed.is_nan()));
        }
        times
            .iter_mut()
            .enumerate()
            .for_each(|(at, time)| *time = if at % 8 < 2 { at as f32 } else { f32::NAN });
        let wide = VelocityOptions {
            radius: 3,
            ..sized.clone()
        };
        let found = conduction_velocity(&video(&[8, 8], times), &wide).unwrap();
        assert!(values(&found.speed).iter().all(|speed| speed.is_nan()));
        assert!(conduction_velocity(&flat, &BAYLY).is_err());
        for refused in [
            VelocityOptions {
                radius: 0,
                ..sized.clone()
            },
            VelocityOptions {
                sigma: 0.0,
                ..sized.clone()
            },
            VelocityOptions {
                max_speed: Some(-1.0),
                ..sized.clone()
            },
            VelocityOptions {
                pixel_size: Some([0.0, 1.0]),
                ..sized.clone()
            },
        ] {
            assert!(conduction_velocity(&flat, &refused).is_err());
        }
        let limited = VelocityOptions {
            max_speed: Some(40.0),
            ..BAYLY
        };
        let found = conduction_velocity(&plane(42.0, 0.1), &limited).unwrap();
        assert!(values(&found.speed).iter().all(|speed| speed.is_nan()));
    }
}
