//! Weighted sums of rows of samples.

use crate::video::Real;

/// Number of neighboring samples summed in parallel lanes, in registers.
const LANES: usize = 32;

/// Number of lanes for shorter rows.
const SHORT_LANES: usize = 8;

/// Sums rows that begin at the given offsets: `out[i]` is `finish` of the sum of `weight(k) ·
/// samples[offsets[k] + i]`, in the order of the offsets.
#[inline(always)]
pub(in crate::ops) fn sum_rows<R: Real, T>(
    samples: &[R],
    offsets: &[usize],
    weight: impl Fn(usize) -> R,
    finish: impl Fn(R) -> T,
    out: &mut [T],
) {
    match out.len() {
        LANES.. => sum_blocks::<R, T, LANES>(samples, offsets, weight, finish, out),
        SHORT_LANES.. => sum_blocks::<R, T, SHORT_LANES>(samples, offsets, weight, finish, out),
        1.. => sum_blocks::<R, T, 1>(samples, offsets, weight, finish, out),
        0 => (),
    }
}

/// Sums rows of at least `N` samples in blocks of `N`; the last block overlaps the one before it
/// rather than being shorter.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn sum_blocks<R: Real, T, const N: usize>(
    samples: &[R],
    offsets: &[usize],
    weight: impl Fn(usize) -> R,
    finish: impl Fn(R) -> T,
    out: &mut [T],
) {
    let last = out.len() - N;
    for begin in (0..last).step_by(N).chain([last]) {
        let sums = sum_block::<R, N>(samples, offsets, &weight, begin);
        let out: &mut [T; N] = out[begin..].first_chunk_mut().expect("a whole block");
        // Loops over the lanes are vectorized; adapters and `map` not always.
        for lane in 0..N {
            out[lane] = finish(sums[lane]);
        }
    }
}

#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn sum_block<R: Real, const N: usize>(
    samples: &[R],
    offsets: &[usize],
    weight: &impl Fn(usize) -> R,
    begin: usize,
) -> [R; N] {
    let mut sums = [R::zero(); N];
    for k in 0..offsets.len() {
        let row: &[R; N] = samples[offsets[k] + begin..]
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
        for len in [0, 1, 7, 8, 31, 32, 33, 70] {
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
