//! Weighted sums of rows of samples.

use crate::video::Real;

/// How many neighbouring samples are summed side by side, in registers.
const LANES: usize = 32;

/// Sums rows that begin at the given places: `out[i]` is what `finish` makes of the sum of
/// `weight(k) · samples[places[k] + i]`, in the order of the places.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
pub(super) fn sum_rows<R: Real, T>(
    samples: &[R],
    places: &[usize],
    weight: impl Fn(usize) -> R,
    finish: impl Fn(R) -> T,
    out: &mut [T],
) {
    let (blocks, rest) = out.as_chunks_mut::<LANES>();
    let rest_begin = blocks.len() * LANES;
    for (block, out) in blocks.iter_mut().enumerate() {
        // Loops over the lanes are compiled to wide registers; adapters and `map` not always.
        let sums = sum_block::<R, LANES>(samples, places, &weight, block * LANES);
        for lane in 0..LANES {
            out[lane] = finish(sums[lane]);
        }
    }
    for (i, out) in rest.iter_mut().enumerate() {
        let [sum] = sum_block::<R, 1>(samples, places, &weight, rest_begin + i);
        *out = finish(sum);
    }
}

#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn sum_block<R: Real, const N: usize>(
    samples: &[R],
    places: &[usize],
    weight: &impl Fn(usize) -> R,
    begin: usize,
) -> [R; N] {
    let mut sums = [R::zero(); N];
    for k in 0..places.len() {
        let row: &[R; N] = samples[places[k] + begin..]
            .first_chunk()
            .expect("a row as long as the sums");
        let weight = weight(k);
        for lane in 0..N {
            sums[lane] += weight * row[lane];
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_length_are_summed() {
        let samples: Vec<f32> = (0..200).map(|i| i as f32).collect();
        for len in [0, 1, 31, 32, 33, 70] {
            let mut sums = vec![0.0; len];
            sum_rows(
                &samples,
                &[3, 100],
                |k| (k + 1) as f32,
                |sum| sum,
                &mut sums,
            );
            let expected: Vec<f32> = (0..len).map(|i| 203.0 + 3.0 * i as f32).collect();
            assert_eq!(sums, expected);
        }
    }
}
