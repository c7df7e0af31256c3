//! Phases that do not go along with those around them.

use std::f64::consts::{PI, TAU};

use crate::bail;
use crate::error::Result;
use crate::ops::expect_gray_frames;
use crate::task;
use crate::video::{Real, Strided, Video};

/// Neighborhood of a pixel, and what makes its phase an outlier.
#[derive(Debug, Clone, Copy)]
pub struct PhaseOutlierOptions {
    /// Largest distance of neighbors in pixels.
    pub radius: usize,
    /// Number of frames before and after.
    pub frames: usize,
    /// Largest angle in radians between a phase and the mean of its neighborhood.
    pub max_angle: f64,
}

/// Sets phases to NaN that differ by more than an angle from the circular mean of their neighborhood,
/// to which they belong. NaN samples are left out and stay NaN.
pub fn remove_phase_outliers(phase: &Video, options: &PhaseOutlierOptions) -> Result<Video> {
    let function = "remove_phase_outliers";
    expect_gray_frames(phase, function)?;
    if !(0.0 < options.max_angle && options.max_angle <= PI) {
        bail!(
            "{function} needs `max_angle` to be above 0 and at most π, got {}",
            options.max_angle
        );
    }
    /// Largest size of a neighborhood, in pixels and in frames.
    const MOST: usize = 100;
    for (name, size) in [("radius", options.radius), ("frames", options.frames)] {
        if size > MOST {
            bail!("{function} needs `{name}` to be at most {MOST}, got {size}");
        }
    }
    match phase.dtype().is_wide() {
        true => filtered::<f64>(phase, options),
        false => filtered::<f32>(phase, options),
    }
}

fn filtered<R: Real>(phase: &Video, options: &PhaseOutlierOptions) -> Result<Video> {
    let (len, width) = (phase.frame_len(), phase.shape()[2]);
    let rows = disc_rows(options.radius);
    let mut result = Strided::<R>::for_writing(phase.shape())?;
    let frames = result.as_mut_slice()?.chunks_mut(len.max(1));
    let memory = || (vec![0.0; len], vec![[0.0; 2]; len], vec![[0.0; 2]; len]);
    task::for_each_init(
        "filtering phases",
        frames.enumerate(),
        memory,
        |(samples, points, sums), (frame, out)| {
            points.fill([0.0; 2]);
            let first = frame.saturating_sub(options.frames);
            let last = (frame + options.frames).min(phase.len() - 1);
            for near in first..=last {
                phase.samples().read::<f64>(near, 0..len, samples);
                for (point, angle) in points.iter_mut().zip(&*samples) {
                    if angle.is_finite() {
                        let (sine, cosine) = angle.sin_cos();
                        *point = [point[0] + sine, point[1] + cosine];
                    }
                }
            }
            add_discs(points, width, &rows, sums);
            phase.samples().read::<f64>(frame, 0..len, samples);
            for ((out, angle), [sine, cosine]) in out.iter_mut().zip(&*samples).zip(&*sums) {
                let beside = angle - sine.atan2(*cosine);
                let angle_between = (beside - TAU * (beside / TAU).round()).abs();
                // Points that cancel each other have no mean.
                let has_mean = sine.hypot(*cosine) > 1e-9;
                *out = match has_mean && angle_between <= options.max_angle {
                    true => R::from_f64(*angle),
                    false => R::nan(),
                };
            }
            Ok(())
        },
    )?;
    Ok(phase.with_samples(result))
}

/// Rows of a disc: their distance from its middle, and their reach to both sides.
fn disc_rows(radius: usize) -> Vec<(isize, usize)> {
    let radius = radius as isize;
    let reach = |down: isize| ((radius * radius - down * down) as f64).sqrt() as usize;
    (-radius..=radius).map(|down| (down, reach(down))).collect()
}

/// Sums of the points within a disc around each pixel.
fn add_discs(points: &[[f64; 2]], width: usize, rows: &[(isize, usize)], sums: &mut [[f64; 2]]) {
    sums.fill([0.0; 2]);
    let height = points.len() / width.max(1);
    for (y, sums) in sums.chunks_mut(width.max(1)).enumerate() {
        for (down, reach) in rows {
            let Some(near) = y.checked_add_signed(*down).filter(|near| *near < height) else {
                continue;
            };
            let row = &points[near * width..][..width];
            for (x, sum) in sums.iter_mut().enumerate() {
                let run = &row[x.saturating_sub(*reach)..(x + reach + 1).min(width)];
                for point in run {
                    *sum = [sum[0] + point[0], sum[1] + point[1]];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, noise, values, video};

    const OPTIONS: PhaseOutlierOptions = PhaseOutlierOptions {
        radius: 3,
        frames: 1,
        max_angle: 0.9,
    };

    /// A wave along the columns, whose phase jumps from π to −π.
    fn wave() -> Vec<f64> {
        let at = |frame: usize, x: usize| 0.25 * x as f64 - 0.3 * frame as f64;
        let pixels = (0..6).flat_map(|frame| (0..20 * 30).map(move |at| (frame, at % 30)));
        let wrapped = pixels.map(|(frame, x)| at(frame, x));
        wrapped.map(|a| a - TAU * (a / TAU).round()).collect()
    }

    #[test]
    fn only_what_differs_from_its_surroundings_is_removed() {
        let plain = wave();
        let found = remove_phase_outliers(&video(&[6, 20, 30], plain.clone()), &OPTIONS).unwrap();
        assert_eq!(values(&found), plain);
        let mut spoiled = plain.clone();
        let wrong = [700, 1234, 2999];
        for at in wrong {
            spoiled[at] = plain[at] + 2.5;
        }
        spoiled[1800] = f64::NAN;
        let found = remove_phase_outliers(&video(&[6, 20, 30], spoiled.clone()), &OPTIONS).unwrap();
        for (at, (found, plain)) in values(&found).iter().zip(&plain).enumerate() {
            match wrong.contains(&at) || at == 1800 {
                true => assert!(found.is_nan(), "{at}"),
                false => assert_eq!(found, plain, "{at}"),
            }
        }
    }

    /// Results are those of the Python package's `phasefilter_angle_threshold(phase, 3, 3, 1, 0.9)`,
    /// by its definition: a disc of pixels in each of three frames.
    #[test]
    fn neighborhoods_are_discs_in_some_frames() {
        let angles: Vec<f64> = noise(3 * 9 * 11, 5)
            .iter()
            .map(|part| TAU * (f64::from(*part) - 0.5))
            .collect();
        let found = remove_phase_outliers(&video(&[3, 9, 11], angles.clone()), &OPTIONS).unwrap();
        let found = values(&found);
        for frame in 0..3i64 {
            for (y, x) in (0..9i64).flat_map(|y| (0..11i64).map(move |x| (y, x))) {
                let (mut sine, mut cosine) = (0.0, 0.0);
                for t in (frame - 1).max(0)..=(frame + 1).min(2) {
                    for (v, u) in (0..9).flat_map(|v| (0..11).map(move |u| (v, u))) {
                        if (v - y) * (v - y) + (u - x) * (u - x) <= 9 {
                            let angle = angles[(t * 99 + v * 11 + u) as usize];
                            (sine, cosine) = (sine + angle.sin(), cosine + angle.cos());
                        }
                    }
                }
                let at = (frame * 99 + y * 11 + x) as usize;
                let dot = angles[at].cos() * cosine + angles[at].sin() * sine;
                let is_kept = (dot / sine.hypot(cosine)).acos() <= 0.9;
                assert_eq!(found[at].is_finite(), is_kept, "{frame} {y} {x}");
            }
        }
        check_threads(|| {
            let phase = video(&[20, 9, 9], noise(20 * 81, 3));
            remove_phase_outliers(&phase, &OPTIONS)
        });
    }

    #[test]
    fn requests_are_checked() {
        let phase = video(&[2, 3, 3], vec![0.0; 18]);
        let with = |options: PhaseOutlierOptions| remove_phase_outliers(&phase, &options);
        assert!(
            with(PhaseOutlierOptions {
                max_angle: 0.0,
                ..OPTIONS
            })
            .is_err()
        );
        assert!(
            with(PhaseOutlierOptions {
                max_angle: 4.0,
                ..OPTIONS
            })
            .is_err()
        );
        assert!(
            with(PhaseOutlierOptions {
                radius: 101,
                ..OPTIONS
            })
            .is_err()
        );
        assert!(remove_phase_outliers(&phase.frame(0), &OPTIONS).is_err());
    }
}
