//! Deformation of tissue from its displacements: divergence and strain.

use super::Displacements;
use crate::error::Result;
use crate::task;
use crate::video::{Strided, Video};

/// Green–Lagrange strain, each component an array `{t, y, x}`.
pub struct Strain {
    /// Strain along y.
    pub yy: Video,
    /// Strain along x.
    pub xx: Video,
    /// Shear strain.
    pub yx: Video,
    /// Strain along the direction in which it is largest.
    pub max: Video,
    /// Strain along the direction in which it is smallest.
    pub min: Video,
}

/// Derivatives of the displacement at a pixel: of y and of x, each along y and along x.
type Gradient = [[f32; 2]; 2];

/// Change of the area around each pixel, to first order: ∂dy/∂y + ∂dx/∂x.
pub fn divergence(displacements: &Video) -> Result<Video> {
    let [divergence] = map_gradients("divergence", displacements, |[[yy, _], [_, xx]]| [yy + xx])?;
    Ok(divergence)
}

/// Strain E = (∇d + ∇dᵀ + ∇dᵀ∇d) / 2 at each pixel.
pub fn strain(displacements: &Video) -> Result<Strain> {
    let [yy, xx, yx, max, min] = map_gradients("strain", displacements, |gradient| {
        let [[yy, yx], [xy, xx]] = gradient;
        let strain_yy = yy + (yy * yy + xy * xy) / 2.0;
        let strain_xx = xx + (yx * yx + xx * xx) / 2.0;
        let strain_yx = (yx + xy + yy * yx + xy * xx) / 2.0;
        let mean = (strain_yy + strain_xx) / 2.0;
        let range = ((strain_yy - strain_xx) / 2.0).hypot(strain_yx);
        [strain_yy, strain_xx, strain_yx, mean + range, mean - range]
    })?;
    Ok(Strain {
        yy,
        xx,
        yx,
        max,
        min,
    })
}

/// Computes numbers from the gradient at each pixel.
fn map_gradients<const N: usize>(
    function: &'static str,
    displacements: &Video,
    compute: impl Fn(Gradient) -> [f32; N] + Sync,
) -> Result<[Video; N]> {
    let of_frames = Displacements::of(function, displacements)?;
    let [height, width] = of_frames.size();
    let shape = [of_frames.video.len(), height, width];
    let made: Result<Vec<_>> = (0..N)
        .map(|_| Strided::<f32>::for_writing(&shape))
        .collect();
    let mut results = made?;
    let mut parts: Vec<Vec<&mut [f32]>> = (0..shape[0]).map(|_| Vec::with_capacity(N)).collect();
    for result in &mut results {
        let frames = result.as_mut_slice()?.chunks_mut((height * width).max(1));
        for (part, frame) in parts.iter_mut().zip(frames) {
            part.push(frame);
        }
    }
    task::for_each_init(
        "computing the deformation",
        parts.into_iter().enumerate(),
        || vec![0.0; 2 * height * width],
        |d, (frame, mut out)| {
            of_frames.read(frame, d);
            for at in 0..height * width {
                for (out, value) in out
                    .iter_mut()
                    .zip(compute(gradient(d, [height, width], at)))
                {
                    out[at] = value;
                }
            }
            Ok(())
        },
    )?;
    let is_image = displacements.ndim() == 3;
    let mut videos = results.into_iter().map(|result| {
        let video = of_frames.video.with_samples(result);
        match is_image {
            true => video.with_layout(video.layout().index(0, 0)),
            false => video,
        }
    });
    Ok(std::array::from_fn(|_| videos.next().expect("N results")))
}

/// Central differences, and one-sided ones beside edges and NaN.
fn gradient(d: &[f32], [height, width]: [usize; 2], at: usize) -> Gradient {
    let along = |component: usize, step: usize, index: usize, len: usize| {
        let sample = |at: usize| d[2 * at + component];
        let here = sample(at);
        let before = (index > 0)
            .then(|| sample(at - step))
            .filter(|v| !v.is_nan());
        let after = (index + 1 < len)
            .then(|| sample(at + step))
            .filter(|v| !v.is_nan());
        match (before, after) {
            _ if here.is_nan() => f32::NAN,
            (Some(before), Some(after)) => (after - before) / 2.0,
            (None, Some(after)) => after - here,
            (Some(before), None) => here - before,
            (None, None) => f32::NAN,
        }
    };
    let (y, x) = (at / width, at % width);
    [0, 1].map(|component| {
        [
            along(component, width, y, height),
            along(component, 1, x, width),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, ramp, values, video};

    /// Displacements (a y + b x, c y + d x).
    fn linear([a, b, c, d]: [f32; 4]) -> Vec<f32> {
        let pixels = (0..5).flat_map(|y| (0..6).map(move |x| (y as f32, x as f32)));
        pixels
            .flat_map(|(y, x)| [a * y + b * x, c * y + d * x])
            .collect()
    }

    #[track_caller]
    fn check(found: &Video, expected: f64) {
        assert!(
            values(found).iter().all(|v| (v - expected).abs() < 1e-6),
            "{:?}",
            values(found)
        );
    }

    #[test]
    fn a_contraction_has_its_strain_everywhere() {
        let shrunk = video(&[1, 5, 6, 2], linear([-0.1, 0.0, 0.0, -0.1]));
        check(&divergence(&shrunk).unwrap(), -0.2);
        let found = strain(&shrunk).unwrap();
        // ((1 − 0.1)² − 1) / 2.
        for part in [&found.yy, &found.xx, &found.max, &found.min] {
            check(part, -0.095);
        }
        check(&found.yx, 0.0);
        assert_eq!(found.yy.shape(), [1, 5, 6]);
    }

    #[test]
    fn rotations_do_not_strain_and_shear_does() {
        let (sine, cosine) = 0.3f32.sin_cos();
        let turned = video(
            &[5, 6, 2],
            linear([cosine - 1.0, sine, -sine, cosine - 1.0]),
        );
        let found = strain(&turned).unwrap();
        for part in [&found.yy, &found.xx, &found.yx, &found.max, &found.min] {
            check(part, 0.0);
        }
        assert_eq!(found.yy.shape(), [5, 6]);
        let found = strain(&video(&[5, 6, 2], linear([0.0, 0.2, 0.0, 0.0]))).unwrap();
        check(&found.yx, 0.1);
        check(&found.xx, 0.02);
        check(&found.max, 0.01 + 0.0101f64.sqrt());
    }

    #[test]
    fn nan_stays_where_it_is() {
        let mut samples = linear([0.1, 0.0, 0.0, 0.2]);
        samples[2 * 14..2 * 15].fill(f32::NAN);
        let found = values(&divergence(&video(&[1, 5, 6, 2], samples)).unwrap());
        assert_eq!(found.iter().filter(|v| v.is_nan()).count(), 1);
        assert!(found.iter().all(|v| v.is_nan() || (v - 0.3).abs() < 1e-6));
        assert!(divergence(&ramp(&[2, 3, 4])).is_err());
        check_threads(|| divergence(&ramp(&[7, 5, 6, 2])));
    }
}
