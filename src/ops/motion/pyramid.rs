//! Image pyramids with certainties: each level has half the height and width of the one before.

/// Shortest side of a level, so that windows have room.
const MIN_SIDE: usize = 16;

/// Weights of the four samples that a sample of half the size is made of.
const TAPS: [f32; 4] = [0.125, 0.375, 0.375, 0.125];

/// An image, and which of its samples are known.
#[derive(Debug, Clone, Default)]
pub(super) struct PyramidLevel {
    pub(super) height: usize,
    pub(super) width: usize,
    /// Samples; 0 where they are not known.
    pub(super) samples: Vec<f32>,
    /// 1 where the sample is known, else 0.
    pub(super) certainty: Vec<f32>,
}

/// Levels of frames of some size, the largest first.
pub(super) fn level_sizes(height: usize, width: usize, levels: usize) -> Vec<[usize; 2]> {
    let halves = |[height, width]: &[usize; 2]| {
        let half = [height.div_ceil(2), width.div_ceil(2)];
        (half[0].min(half[1]) >= MIN_SIDE).then_some(half)
    };
    std::iter::successors(Some([height, width]), halves)
        .take(levels.max(1))
        .collect()
}

impl PyramidLevel {
    /// Takes the samples of a frame, relative to their mean: only differences matter, and small
    /// numbers are more precise. Samples that are not finite are not known.
    #[inline(always)]
    pub(super) fn set(&mut self, [height, width]: [usize; 2], frame: &[f32]) {
        (self.height, self.width) = (height, width);
        self.certainty.clear();
        let known = |sample: &f32| if sample.is_finite() { 1.0 } else { 0.0 };
        self.certainty.extend(frame.iter().map(known));
        let (mut sum, mut count) = (0.0, 0.0);
        for (sample, certainty) in frame.iter().zip(&self.certainty) {
            if *certainty > 0.0 {
                sum += f64::from(*sample);
                count += 1.0;
            }
        }
        let mean = (sum / f64::max(count, 1.0)) as f32;
        self.samples.clear();
        let pairs = frame.iter().zip(&self.certainty);
        self.samples
            .extend(pairs.map(|(sample, certainty)| match *certainty > 0.0 {
                true => *sample - mean,
                false => 0.0,
            }));
    }

    /// Takes the samples of a level of twice the size, smoothed; a sample is known if at least half
    /// of what it is made of, within the frame, is.
    #[inline(always)]
    pub(super) fn halve(&mut self, large: &PyramidLevel, rows: &mut Vec<f32>) {
        let [height, width] = [large.height.div_ceil(2), large.width.div_ceil(2)];
        (self.height, self.width) = (height, width);
        self.samples.clear();
        self.certainty.clear();
        rows.clear();
        rows.resize(2 * large.width, 0.0);
        let (sums, weights) = rows.split_at_mut(large.width);
        for y in 0..height {
            sums.fill(0.0);
            weights.fill(0.0);
            let inside: f32 = taps(y, large.height).map(|(_, tap)| tap).sum();
            for (row, tap) in taps(y, large.height) {
                let source = &large.samples[row * large.width..][..large.width];
                let certainty = &large.certainty[row * large.width..][..large.width];
                for x in 0..large.width {
                    sums[x] += tap * source[x];
                    weights[x] += tap * certainty[x];
                }
            }
            for x in 0..width {
                let (mut sum, mut weight, mut total) = (0.0, 0.0, 0.0);
                for (column, tap) in taps(x, large.width) {
                    sum += tap * sums[column];
                    weight += tap * weights[column];
                    total += tap * inside;
                }
                let is_known = weight >= 0.5 * total;
                self.samples.push(if is_known { sum / weight } else { 0.0 });
                self.certainty.push(if is_known { 1.0 } else { 0.0 });
            }
        }
    }
}

/// Indices along an axis and weights of what a sample of half the size is made of.
#[inline(always)]
fn taps(half: usize, len: usize) -> impl Iterator<Item = (usize, f32)> {
    let first = 2 * half;
    let indices = TAPS.into_iter().enumerate();
    indices.filter_map(move |(at, tap)| {
        let index = (first + at).checked_sub(1)?;
        (index < len).then_some((index, tap))
    })
}

/// Doubles the size of displacements, in number and in length: `out` of the given size from `half`.
#[inline(always)]
pub(super) fn double(
    half: &[f32],
    [half_height, half_width]: [usize; 2],
    [height, width]: [usize; 2],
    out: &mut Vec<f32>,
) {
    let place = |at: usize, half_len: usize| {
        let position = (at as f32 - 0.5).max(0.0) / 2.0;
        let first = (position as usize).min(half_len - 1);
        (
            first,
            (first + 1).min(half_len - 1),
            position - first as f32,
        )
    };
    out.clear();
    for y in 0..height {
        let (above, below, down) = place(y, half_height);
        let (above, below) = (&half[above * half_width..], &half[below * half_width..]);
        for x in 0..width {
            let (left, right, along) = place(x, half_width);
            let upper = above[left] + (above[right] - above[left]) * along;
            let lower = below[left] + (below[right] - below[left]) * along;
            out.push(2.0 * (upper + (lower - upper) * down));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(size: [usize; 2], samples: &[f32]) -> PyramidLevel {
        let mut level = PyramidLevel::default();
        level.set(size, samples);
        level
    }

    #[test]
    fn levels_end_before_they_are_too_small() {
        assert_eq!(
            level_sizes(128, 130, 5),
            [[128, 130], [64, 65], [32, 33], [16, 17]]
        );
        assert_eq!(level_sizes(128, 128, 1), [[128, 128]]);
        assert_eq!(level_sizes(10, 300, 5), [[10, 300]]);
    }

    #[test]
    fn halves_lie_between_their_samples() {
        // A slope stays one, at every second position and a half.
        let samples: Vec<f32> = (0..48).map(|at| (at % 8) as f32).collect();
        let mut half = PyramidLevel::default();
        half.halve(&level([6, 8], &samples), &mut Vec::new());
        assert_eq!([half.height, half.width], [3, 4]);
        assert_eq!(half.samples[5..7], [-1.0, 1.0]);
        // What is not known counts for nothing.
        let mut holed = vec![5.0; 48];
        holed[..24].fill(f32::NAN);
        half.halve(&level([6, 8], &holed), &mut Vec::new());
        assert_eq!(
            half.certainty,
            [0., 0., 0., 0., 1., 1., 1., 1., 1., 1., 1., 1.]
        );
        assert!(half.samples.iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn displacements_double() {
        let half: Vec<f32> = (0..12).map(|at| (at % 4) as f32).collect();
        let mut out = Vec::new();
        double(&half, [3, 4], [5, 7], &mut out);
        assert_eq!(out[7..14], [0.0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5]);
    }
}
