//! Profiles along lines: the values of an image, or of each frame, at equal distances.

use std::ops::Range;

use crate::bail;
use crate::error::{Error, Result};
use crate::task;
use crate::video::{Real, Strided, Video, shape_text};

/// Position in a frame: row and column, whole numbers at the centers of pixels.
type Position = (f64, f64);

/// Pixels that a value of a profile mixes, by their index in some rows, and their weights.
type ProfileTaps = Vec<(usize, f64)>;

/// Values along a line through positions `[y, x]`, one pixel apart, interpolated linearly and
/// averaged over `width` parallel lines: a profile `{distance}` of an image, `{t, distance}` of a
/// video.
pub fn line_profile(video: &Video, points: &[Vec<f64>], width: usize) -> Result<Video> {
    let frames = match video.ndim() {
        2 => video.with_layout(video.layout().insert_axis(0)),
        3 => video.clone(),
        _ => {
            let shape = shape_text(video.shape());
            return Err(Error::new(format!(
                "line_profile needs an image {{y, x}} or a video {{t, y, x}}, got shape {shape}"
            ))
            .hint("select one channel: `v[[(), (), (), 0]]`"));
        }
    };
    let size = (frames.shape()[1], frames.shape()[2]);
    let line = checked(points, size)?;
    if width == 0 {
        bail!("`width` must be at least 1, got 0");
    }
    let steps = steps(&line);
    let rows = rows(&steps, width, size);
    let taps: Vec<ProfileTaps> = steps
        .iter()
        .map(|step| taps(step, width, (size, &rows)))
        .collect();
    let mut profile = match video.dtype().is_wide() {
        true => video.with_samples(profiles::<f64>(&frames, &taps, &rows)?),
        false => video.with_samples(profiles::<f32>(&frames, &taps, &rows)?),
    };
    if video.ndim() == 2 {
        profile = profile.with_layout(profile.layout().index(0, 0));
    }
    (
        profile.metadata_mut().pixel_size,
        profile.metadata_mut().origin,
    ) = (None, None);
    Ok(profile)
}

/// The positions, if there are at least two and all are within frames of a height and width.
fn checked(points: &[Vec<f64>], (height, width): (usize, usize)) -> Result<Vec<Position>> {
    if points.len() < 2 {
        bail!(
            "line_profile needs at least two `points`, got {}",
            points.len()
        );
    }
    let inside = |at: f64, length: usize| (0.0..=length as f64 - 1.0).contains(&at);
    let position = |point: &Vec<f64>| match point[..] {
        [y, x] if inside(y, height) && inside(x, width) => Ok((y, x)),
        [y, x] => bail!("`points` has [{y}, {x}], which is outside of frames of {height}×{width}"),
        _ => bail!("`points` must be positions `[y, x]`, got {point:?} in it"),
    };
    points.iter().map(position).collect()
}

/// A position on the line, and the direction across it there.
struct Step {
    at: Position,
    across: Position,
}

/// Positions on a line, one pixel apart from its beginning on.
fn steps(line: &[Position]) -> Vec<Step> {
    // With a tolerance, as lengths such as √2 ⋅ √2 fall below whole numbers.
    const ROUNDING: f64 = 1e-9;
    let mut steps = Vec::new();
    let mut before = 0.0;
    for ends in line.windows(2) {
        let (from, to) = (ends[0], ends[1]);
        let (down, right) = (to.0 - from.0, to.1 - from.1);
        let length = down.hypot(right);
        if length == 0.0 {
            continue;
        }
        while steps.len() as f64 <= before + length + ROUNDING {
            let part = ((steps.len() as f64 - before) / length).min(1.0);
            steps.push(Step {
                at: (from.0 + part * down, from.1 + part * right),
                across: (right / length, -down / length),
            });
        }
        before += length;
    }
    if steps.is_empty() {
        steps.extend(line.first().map(|at| Step {
            at: *at,
            across: (0.0, 0.0),
        }));
    }
    steps
}

/// Positions of the parallel lines at a step.
fn parallel(step: &Step, width: usize) -> impl Iterator<Item = Position> {
    let (at, across) = (step.at, step.across);
    (0..width).map(move |line| {
        let far = line as f64 - (width - 1) as f64 / 2.0;
        (at.0 + far * across.0, at.1 + far * across.1)
    })
}

/// Rows of the frame that the profile needs.
fn rows(steps: &[Step], width: usize, (height, _): (usize, usize)) -> Range<usize> {
    let rows = steps
        .iter()
        .flat_map(|step| parallel(step, width))
        .map(|at| at.0);
    let (low, high) = rows.fold((f64::INFINITY, 0.0f64), |(low, high), row| {
        (low.min(row), high.max(row))
    });
    let first = low.max(0.0) as usize;
    first..(high.ceil() as usize + 1).clamp(first + 1, height)
}

/// Pixels around the positions of a step, and their weights; positions outside of the frame are left
/// out.
fn taps(
    step: &Step,
    width: usize,
    ((height, columns), rows): ((usize, usize), &Range<usize>),
) -> ProfileTaps {
    let is_inside = |at: &Position| {
        (0.0..=height as f64 - 1.0).contains(&at.0) && (0.0..=columns as f64 - 1.0).contains(&at.1)
    };
    let mut taps = ProfileTaps::new();
    let mut count = 0.0;
    for (y, x) in parallel(step, width).filter(is_inside) {
        count += 1.0;
        let (row, column) = (y as usize, x as usize);
        let (down, right) = (y - row as f64, x - column as f64);
        for (dy, dx, weight) in [
            (0, 0, (1.0 - down) * (1.0 - right)),
            (0, 1, (1.0 - down) * right),
            (1, 0, down * (1.0 - right)),
            (1, 1, down * right),
        ] {
            // A weight of 0 may belong to a pixel beyond the edge, or to NaN.
            if weight != 0.0 {
                taps.push(((row + dy - rows.start) * columns + column + dx, weight));
            }
        }
    }
    taps.iter_mut().for_each(|(_, weight)| *weight /= count);
    taps
}

/// Profile of each frame.
fn profiles<R: Real>(
    frames: &Video,
    taps: &[ProfileTaps],
    rows: &Range<usize>,
) -> Result<Strided<R>> {
    let columns = frames.shape()[2];
    let mut profiles = Strided::<R>::for_writing(&[frames.len(), taps.len()])?;
    let parts = profiles.as_mut_slice()?.chunks_mut(taps.len()).enumerate();
    task::for_each_init(
        "line profile",
        parts,
        Vec::new,
        |samples, (frame, profile)| {
            samples.resize(rows.len() * columns, 0.0f64);
            let part = rows.start * columns..rows.end * columns;
            frames.samples().read(frame, part, samples);
            for (value, taps) in profile.iter_mut().zip(taps) {
                let mixed: f64 = taps
                    .iter()
                    .map(|(pixel, weight)| samples[*pixel] * weight)
                    .sum();
                *value = R::from_f64(mixed);
            }
            Ok(())
        },
    )?;
    Ok(profiles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, noise, ramp, values, video};

    fn profile(input: &Video, points: &[[f64; 2]], width: usize) -> Vec<f64> {
        let points: Vec<Vec<f64>> = points.iter().map(|point| point.to_vec()).collect();
        values(&line_profile(input, &points, width).unwrap())
    }

    #[test]
    fn values_lie_on_the_line_one_pixel_apart() {
        // The sample at (y, x) of frame t is 42 t + 7 y + x.
        let input = ramp(&[2, 6, 7]);
        let row = profile(&input, &[[2.0, 1.0], [2.0, 4.0]], 1);
        assert_eq!(row, [15.0, 16.0, 17.0, 18.0, 57.0, 58.0, 59.0, 60.0]);
        let half = profile(&input, &[[0.5, 0.0], [3.5, 0.0]], 1);
        assert_eq!(half[..4], [3.5, 10.5, 17.5, 24.5]);
        let corner = profile(&input, &[[0.0, 4.0], [0.0, 6.0], [2.0, 6.0]], 1);
        assert_eq!(corner[..5], [4.0, 5.0, 6.0, 13.0, 20.0]);
        let diagonal = profile(&input, &[[0.0, 0.0], [3.0, 4.0]], 1);
        assert_eq!(diagonal.len(), 12);
        let expected = (0..6).map(|step| f64::from(step) * (0.6 * 7.0 + 0.8));
        let close = diagonal
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() < 1e-5);
        assert!(close, "{diagonal:?}");
        assert_eq!(profile(&input, &[[5.0, 6.0], [5.0, 6.0]], 1), [41.0, 83.0]);
    }

    #[test]
    fn parallel_lines_are_averaged_as_far_as_they_are_in_the_frame() {
        let image = ramp(&[5, 5]);
        let line = [[2.0, 0.0], [2.0, 4.0]];
        assert_eq!(profile(&image, &line, 3), [10.0, 11.0, 12.0, 13.0, 14.0]);
        let edge = [[0.0, 0.0], [0.0, 2.0]];
        assert_eq!(profile(&image, &edge, 3), [2.5, 3.5, 4.5]);
    }

    #[test]
    fn nan_is_seen_only_where_it_counts() {
        let samples = vec![1.0f32, f32::NAN, 3.0, 4.0];
        let image = video(&[2, 2], samples);
        assert!(
            profile(&image, &[[0.0, 0.0], [1.0, 0.0]], 1)
                .iter()
                .all(|v| v.is_finite())
        );
        assert!(profile(&image, &[[0.0, 0.5], [1.0, 0.5]], 1)[0].is_nan());
    }

    #[test]
    fn threads_do_not_change_it_and_wrong_lines_are_refused() {
        let input = video(&[50, 20, 30], noise(30_000, 4));
        let points = [vec![1.0, 1.0], vec![17.0, 25.0]];
        check_threads(|| line_profile(&input, &points, 3));
        let fails = |points: &[Vec<f64>], width| line_profile(&input, points, width).is_err();
        assert!(fails(&points[..1], 1) && fails(&points, 0));
        assert!(fails(&[vec![0.0, 0.0], vec![20.0, 0.0]], 1));
        assert!(fails(&[vec![0.0, 0.0], vec![f64::NAN, 0.0]], 1));
        assert!(fails(&[vec![0.0], vec![1.0, 0.0]], 1));
        assert!(line_profile(&ramp(&[2, 3, 3, 3]), &points, 1).is_err());
    }
}
