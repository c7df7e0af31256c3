//! Registration: finding the shift between two images, and shifting frames.

use rustfft::FftDirection::{Forward, Inverse};

use crate::bail;
use crate::error::{Error, Result};
use crate::ops::kernel::fourier::{Complex, frequency, transform};
use crate::ops::kernel::{OutputFrame, make_frames};
use crate::ops::read_all;
use crate::task;
use crate::video::{Real, Video, shape_text};

/// Finest subpixel resolution: 1 / 1000 pixel.
const MAX_UPSAMPLING: usize = 1000;

/// Rows and columns by which an image must be shifted to match a reference, with subpixel
/// precision.
///
/// The peak of the phase correlation of both images is found by Fourier transforms, then refined
/// around it by a transform at a few finer positions (Guizar-Sicairos, Thurman & Fienup 2008), as
/// in scikit-image's `phase_cross_correlation`. Samples that are not finite are replaced by the
/// mean.
pub fn register_shift(image: &Video, reference: &Video, upsampling: usize) -> Result<[f64; 2]> {
    let shape = expect_images(image, reference)?;
    if !(1..=MAX_UPSAMPLING).contains(&upsampling) {
        bail!("register_shift needs `upsampling` to be 1 to {MAX_UPSAMPLING}, got {upsampling}");
    }
    let width = shape[1];
    let mut product = spectrum(reference, width)?;
    for (product, other) in product.iter_mut().zip(spectrum(image, width)?) {
        *product *= other.conj();
        *product /= product.norm().max(100.0 * f64::EPSILON);
    }
    let mut correlation = product.clone();
    transform(&mut correlation, width, Inverse);
    let peak = peak(&correlation);
    let wrapped = |at: usize, len: usize| match at > len / 2 {
        true => at as f64 - len as f64,
        false => at as f64,
    };
    let shift = [
        wrapped(peak / width, shape[0]),
        wrapped(peak % width, shape[1]),
    ];
    match upsampling {
        1 => Ok(shift),
        _ => refine(&product, shape, shift, upsampling as f64),
    }
}

fn expect_images(image: &Video, reference: &Video) -> Result<[usize; 2]> {
    let (shape, other) = (image.shape(), reference.shape());
    match *shape {
        [height, width] if shape == other && !image.is_empty() => Ok([height, width]),
        _ => {
            let (shape, other) = (shape_text(shape), shape_text(other));
            let error = Error::new(format!(
                "register_shift needs two images of the same shape, got {shape} and {other}"
            ));
            Err(error.hint("select a frame, `v[0]`, or the mean of all, `v.mean(0)`"))
        }
    }
}

fn spectrum(image: &Video, width: usize) -> Result<Vec<Complex<f64>>> {
    let samples = read_all::<f64>(image);
    let finite = samples.iter().filter(|sample| sample.is_finite());
    let (sum, count) = finite.fold((0.0, 0.0), |(sum, count), sample| {
        (sum + sample, count + 1.0)
    });
    let mean = if count > 0.0 { sum / count } else { 0.0 };
    let known = |sample: &f64| if sample.is_finite() { *sample } else { mean };
    let mut spectrum: Vec<_> = samples
        .iter()
        .map(|s| Complex::new(known(s), 0.0))
        .collect();
    transform(&mut spectrum, width, Forward);
    task::check()?;
    Ok(spectrum)
}

/// Index of the largest number.
fn peak(numbers: &[Complex<f64>]) -> usize {
    let mut largest = (0, -1.0);
    for (at, number) in numbers.iter().enumerate() {
        if number.norm_sqr() > largest.1 {
            largest = (at, number.norm_sqr());
        }
    }
    largest.0
}

/// Refines the peak around a shift, at positions `1 / upsampling` pixel apart.
fn refine(
    product: &[Complex<f64>],
    [height, width]: [usize; 2],
    shift: [f64; 2],
    upsampling: f64,
) -> Result<[f64; 2]> {
    let positions = (upsampling * 1.5).ceil() as usize;
    let middle = (positions / 2) as f64;
    let rounded = shift.map(|shift| (shift * upsampling).round() / upsampling);
    let along = |len: usize, shift: f64| -> Vec<Complex<f64>> {
        let position = move |at: usize| shift + (at as f64 - middle) / upsampling;
        let angle =
            move |at: usize, k: usize| std::f64::consts::TAU * position(at) * frequency(k, len);
        let waves = (0..positions).flat_map(|at| (0..len).map(move |k| Complex::cis(angle(at, k))));
        waves.collect()
    };
    let (columns, rows) = (along(width, rounded[1]), along(height, rounded[0]));
    let dot = |a: &[Complex<f64>], b: &[Complex<f64>]| -> Complex<f64> {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    };
    // The sum over the columns for each position and row, then over the rows.
    let mut partial = vec![Complex::default(); positions * height];
    for (row, samples) in product.chunks_exact(width).enumerate() {
        task::check()?;
        for (position, waves) in columns.chunks_exact(width).enumerate() {
            partial[position * height + row] = dot(samples, waves);
        }
    }
    let mut found = Vec::with_capacity(positions * positions);
    for waves in rows.chunks_exact(height) {
        found.extend(partial.chunks_exact(height).map(|sums| dot(sums, waves)));
    }
    let peak = peak(&found);
    let at = |position: usize| (position as f64 - middle) / upsampling;
    Ok([
        rounded[0] + at(peak / positions),
        rounded[1] + at(peak % positions),
    ])
}

/// Shifts every frame down by `dy` rows and right by `dx` columns with linear interpolation; pixels
/// shifted in are `fill_value`. Computed in `float32`, or in `float64` for wide samples.
pub fn shift(video: &Video, [dy, dx]: [f64; 2], fill_value: f64) -> Result<Video> {
    let (2 | 3) = video.ndim() else {
        bail!(
            "shift needs a video {{t, y, x}} or an image, got a {} of shape {}",
            video.kind(),
            shape_text(video.shape())
        );
    };
    if !(dy.is_finite() && dx.is_finite()) {
        bail!("shift needs `dy` and `dx` to be finite, got {dy} and {dx}");
    }
    let frames = match video.ndim() {
        2 => video.with_layout(video.layout().insert_axis(0)),
        _ => video.clone(),
    };
    let moved = match video.dtype().is_wide() {
        true => shift_frames::<f64>(&frames, [dy, dx], fill_value),
        false => shift_frames::<f32>(&frames, [dy, dx], fill_value),
    }?;
    Ok(match video.ndim() {
        2 => moved.with_layout(moved.layout().index(0, 0)),
        _ => moved,
    })
}

fn shift_frames<R: Real>(video: &Video, [dy, dx]: [f64; 2], fill_value: f64) -> Result<Video> {
    let (height, width) = (video.shape()[1], video.shape()[2]);
    let rows: Vec<_> = (0..height)
        .map(|y| SamplePosition::new(y as f64 - dy, height))
        .collect();
    let columns: Vec<_> = (0..width)
        .map(|x| SamplePosition::new(x as f64 - dx, width))
        .collect();
    let fill = R::from_f64(fill_value);
    make_frames("shifting", video, |frame: OutputFrame<'_, R>| {
        let samples = frame.scratch;
        samples.resize(frame.results.len(), R::default());
        frame.source.read(frame.frame, 0..samples.len(), samples);
        for (row, results) in rows
            .iter()
            .zip(frame.results.chunks_exact_mut(width.max(1)))
        {
            for (column, result) in columns.iter().zip(results) {
                let (Some(row), Some(column)) = (row, column) else {
                    *result = fill;
                    continue;
                };
                *result = row.between(|y| column.between(|x| samples[y * width + x]));
            }
        }
    })
}

/// Position in a row or column from which a sample is interpolated.
struct SamplePosition {
    first: usize,
    /// Weight of the sample after the first; 0 if the position is exactly the first.
    weight: f64,
}

impl SamplePosition {
    fn new(position: f64, len: usize) -> Option<Self> {
        let (first, weight) = (position.floor(), position - position.floor());
        let last = if weight > 0.0 { first + 1.0 } else { first };
        (first >= 0.0 && last < len as f64).then_some(Self {
            first: first as usize,
            weight,
        })
    }

    fn between<R: Real>(&self, sample: impl Fn(usize) -> R) -> R {
        match self.weight {
            0.0 => sample(self.first),
            weight => {
                let weight = R::from_f64(weight);
                sample(self.first) * (R::one() - weight) + sample(self.first + 1) * weight
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{noise, ramp, values, video};

    /// A smooth bump at a position.
    fn bump(y: f64, x: f64) -> Video {
        let pixels = (0..24).flat_map(|row| (0..30).map(move |col| (row as f64, col as f64)));
        let sample = |(row, col): (f64, f64)| {
            let distance = (row - y).powi(2) + ((col - x) / 1.5).powi(2);
            (-distance / 8.0).exp() as f32
        };
        video(&[24, 30], pixels.map(sample).collect())
    }

    #[test]
    fn shifts_are_found_to_a_part_of_a_pixel() {
        let reference = video(&[24, 30], noise(24 * 30, 5));
        let rolled: Vec<f32> = {
            let samples = values(&reference);
            let at = |i: usize| ((i / 30 + 24 - 3) % 24) * 30 + (i % 30 + 5) % 30;
            (0..720).map(|i| samples[at(i)] as f32).collect()
        };
        let found = register_shift(&video(&[24, 30], rolled), &reference, 10).unwrap();
        assert_eq!(found, [-3.0, 5.0]);
        // Result of scikit-image; the image has few frequencies, so that noise at the others has an
        // effect.
        let found = register_shift(&bump(12.3, 14.0), &bump(11.0, 15.6), 20).unwrap();
        assert_eq!(found, [-1.35, 1.15]);
    }

    #[test]
    fn what_cannot_be_registered_is_refused() {
        assert!(register_shift(&ramp(&[3, 4]), &ramp(&[4, 3]), 1).is_err());
        assert!(register_shift(&ramp(&[2, 3, 4]), &ramp(&[2, 3, 4]), 1).is_err());
        assert!(register_shift(&ramp(&[3, 4]), &ramp(&[3, 4]), 0).is_err());
        assert!(register_shift(&ramp(&[0, 4]), &ramp(&[0, 4]), 1).is_err());
        let nothing = video(&[2, 2], vec![f32::NAN; 4]);
        assert!(register_shift(&nothing, &nothing, 10).unwrap()[0].is_finite());
    }

    #[test]
    fn frames_move_and_edges_are_filled() {
        let found = shift(&ramp(&[1, 2, 3]), [0.0, 1.0], -1.0).unwrap();
        assert_eq!(values(&found), [-1.0, 0.0, 1.0, -1.0, 3.0, 4.0]);
        let found = shift(&ramp(&[2, 3]), [-0.5, 0.0], 9.0).unwrap();
        assert_eq!(values(&found), [1.5, 2.5, 3.5, 9.0, 9.0, 9.0]);
        let found = shift(&ramp(&[2, 3]), [1e300, 0.0], 9.0).unwrap();
        assert_eq!(values(&found), [9.0; 6]);
        assert!(shift(&ramp(&[3]), [0.0, 0.0], 0.0).is_err());
        assert!(shift(&ramp(&[2, 3]), [f64::NAN, 0.0], 0.0).is_err());
    }
}
