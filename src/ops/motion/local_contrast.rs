//! Local contrast enhancement, which makes structure visible and fluorescence signals invisible.

use crate::bail;
use crate::error::Result;
use crate::ops::kernel::{Kernel, map_frames};
use crate::video::{Video, shape_text};

/// Largest width of the neighborhood.
const MAX_SIZE: usize = 1001;

/// Scales each sample to [0, 1] by the smallest and the largest sample within a disc around it; 0
/// where these are equal (Christoph & Luther 2018). NaN is left out and stays NaN.
pub fn contrast_enhancement(video: Video, kernel_size: usize) -> Result<Video> {
    let (2 | 3) = video.ndim() else {
        bail!(
            "contrast_enhancement needs a video {{t, y, x}} or an image, got {} of shape {}",
            video.kind_with_article(),
            shape_text(video.shape())
        );
    };
    if kernel_size.is_multiple_of(2) || !(3..=MAX_SIZE).contains(&kernel_size) {
        bail!(
            "contrast_enhancement needs `kernel_size` to be an odd number from 3 to {MAX_SIZE}, \
             got {kernel_size}"
        );
    }
    let is_image = video.ndim() == 2;
    let frames = match is_image {
        true => video.with_layout(video.layout().insert_axis(0)),
        false => video.clone(),
    };
    drop(video);
    let kernel = Enhance {
        width: frames.shape()[2],
        reach: reach_of_rows(kernel_size / 2),
    };
    let enhanced = map_frames::<f32>("enhancing contrast", frames, kernel)?;
    Ok(match is_image {
        true => enhanced.with_layout(enhanced.layout().index(0, 0)),
        false => enhanced,
    })
}

/// How far a disc of a radius r reaches to both sides, in the rows at distance 0 to r: to the pixels
/// whose squared distance is at most r (r + 1).
fn reach_of_rows(radius: usize) -> Vec<usize> {
    let within = radius * (radius + 1);
    (0..=radius)
        .map(|row| (within - row * row).isqrt())
        .collect()
}

struct Enhance {
    width: usize,
    /// Reach to both sides in the rows at distance 0, 1 and so on.
    reach: Vec<usize>,
}

impl Kernel<(&mut [f32], &mut Vec<f32>)> for Enhance {
    #[inline(always)]
    fn run(&self, (samples, scratch): (&mut [f32], &mut Vec<f32>)) {
        if samples.is_empty() {
            return;
        }
        let len = samples.len();
        scratch.resize(2 * len + 4 * self.padded(), 0.0);
        let (low, rest) = scratch.split_at_mut(len);
        let (high, rows) = rest.split_at_mut(len);
        self.extremes(samples, f32::min, f32::INFINITY, low, rows);
        self.extremes(samples, f32::max, f32::NEG_INFINITY, high, rows);
        for (sample, (low, high)) in samples.iter_mut().zip(low.iter().zip(&*high)) {
            let range = high - low;
            let scaled = (*sample - low) / range;
            *sample = match (sample.is_nan(), range > 0.0) {
                (true, _) => f32::NAN,
                (false, true) => scaled,
                (false, false) => 0.0,
            };
        }
    }
}

impl Enhance {
    /// Length of a row with what a disc reaches on both sides.
    fn padded(&self) -> usize {
        self.width + 2 * self.reach[0]
    }

    /// Smallest or largest sample of the disc around each sample.
    ///
    /// The extremes along a row over ever more neighbors are added to the rows whose discs reach
    /// that far in it.
    #[inline(always)]
    fn extremes(
        &self,
        samples: &[f32],
        extreme: impl Fn(f32, f32) -> f32,
        none: f32,
        out: &mut [f32],
        rows: &mut [f32],
    ) {
        let (width, most) = (self.width, self.reach[0]);
        let height = samples.len() / width;
        out.fill(none);
        let (padded, along) = rows.split_at_mut(self.padded());
        let along = &mut along[..width];
        padded.fill(none);
        for row in 0..height {
            let source = &samples[row * width..][..width];
            for (padded, sample) in padded[most..].iter_mut().zip(source) {
                // NaN loses every comparison.
                *padded = extreme(none, *sample);
            }
            along.copy_from_slice(&padded[most..][..width]);
            for reach in 0..=most {
                if reach > 0 {
                    let before = &padded[most - reach..][..width];
                    let after = &padded[most + reach..][..width];
                    for ((along, before), after) in along.iter_mut().zip(before).zip(after) {
                        *along = extreme(*along, extreme(*before, *after));
                    }
                }
                let rows = self.reach.iter().enumerate();
                for (distance, _) in rows.filter(|(_, row_reach)| **row_reach == reach) {
                    let above = row.checked_sub(distance);
                    let below = (distance > 0).then_some(row + distance);
                    for target in [above, below].into_iter().flatten() {
                        if target < height {
                            let out = &mut out[target * width..][..width];
                            for (out, along) in out.iter_mut().zip(&*along) {
                                *out = extreme(*out, *along);
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, values, video};

    /// The definition, pixel by pixel.
    fn enhance_naively(samples: &[f32], [height, width]: [usize; 2], size: usize) -> Vec<f64> {
        let radius = (size / 2) as i64;
        let at = |y: i64, x: i64| {
            let is_inside = y >= 0 && x >= 0 && y < height as i64 && x < width as i64;
            is_inside.then(|| f64::from(samples[y as usize * width + x as usize]))
        };
        let pixels = (0..height as i64).flat_map(|y| (0..width as i64).map(move |x| (y, x)));
        let pixels = pixels.map(|(y, x)| {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for dy in -radius..=radius {
                for dx in -radius..=radius {
                    if dy * dy + dx * dx <= radius * (radius + 1)
                        && let Some(sample) = at(y + dy, x + dx)
                    {
                        (low, high) = (low.min(sample), high.max(sample));
                    }
                }
            }
            let sample = at(y, x).unwrap();
            match high > low {
                true => (sample - low) / (high - low),
                false => 0.0 * sample,
            }
        });
        pixels.collect()
    }

    #[track_caller]
    fn check(samples: Vec<f32>, [height, width]: [usize; 2], size: usize) {
        let expected = enhance_naively(&samples, [height, width], size);
        let found = contrast_enhancement(video(&[1, height, width], samples), size).unwrap();
        for (found, expected) in values(&found).iter().zip(expected) {
            let is_same = found.is_nan() && expected.is_nan();
            assert!(
                is_same || (found - expected).abs() < 1e-6,
                "{found} {expected}"
            );
        }
    }

    #[test]
    fn samples_are_scaled_by_the_range_of_a_disc() {
        check(noise(17 * 23, 4), [17, 23], 3);
        check(noise(17 * 23, 5), [17, 23], 7);
        check(noise(5 * 40, 6), [5, 40], 21);
        check(noise(40, 7), [1, 40], 5);
        let mut holed = noise(300, 8);
        for at in [0, 44, 45, 46, 151] {
            holed[at] = f32::NAN;
        }
        check(holed, [15, 20], 5);
        check(vec![3.0; 60], [6, 10], 3);
    }

    #[test]
    fn discs_are_those_of_the_original() {
        assert_eq!(reach_of_rows(1), [1, 1]);
        assert_eq!(reach_of_rows(3), [3, 3, 2, 1]);
    }

    #[test]
    fn images_work_and_sizes_are_checked() {
        let image = contrast_enhancement(video(&[4, 5], noise(20, 1)), 3).unwrap();
        assert_eq!(image.shape(), [4, 5]);
        assert!(contrast_enhancement(video(&[4, 5], noise(20, 1)), 4).is_err());
        assert!(contrast_enhancement(video(&[4, 5], noise(20, 1)), 1).is_err());
        assert!(contrast_enhancement(video(&[20], noise(20, 1)), 3).is_err());
    }

    #[test]
    fn memory_is_reused_and_threads_do_not_matter() {
        let frames = || video(&[6, 20, 30], noise(3600, 2));
        check_reuse(frames(), |video| contrast_enhancement(video, 7));
        check_threads(|| contrast_enhancement(frames(), 7));
    }
}
