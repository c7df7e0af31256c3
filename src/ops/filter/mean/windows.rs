//! Windows along an axis, and sums over them.

use crate::ops::kernel::border::Border;
use crate::ops::kernel::row_sums::sum_rows;
use crate::video::Real;

/// Longest windows whose samples are summed one by one.
pub(super) const SHORT: usize = 12;

/// Windows along one axis.
pub(in crate::ops) struct AxisWindows {
    pub(in crate::ops) size: usize,
    /// Samples of all windows: the axis with its extension on both sides.
    pub(in crate::ops) indices: Vec<Option<usize>>,
}

impl AxisWindows {
    /// Windows of an axis of some length; `None` if they have only one sample.
    pub(super) fn new(size: i64, len: usize, border: Border) -> Option<Self> {
        (size > 1 && len > 0).then(|| Self::of(size, len, border))
    }

    /// Windows of an axis of some length; sizes below 2 give one sample.
    pub(in crate::ops) fn of(size: i64, len: usize, border: Border) -> Self {
        let size = usize::try_from(size).unwrap_or(1).max(1);
        let first = -((size / 2) as isize);
        let indices = (first..).take(len + size - 1);
        let indices = indices.map(|index| border.sample(index, len)).collect();
        Self { size, indices }
    }

    /// Number of windows.
    pub(super) fn len(&self) -> usize {
        self.indices.len() + 1 - self.size
    }

    pub(super) fn is_short(&self) -> bool {
        self.size <= SHORT
    }

    /// Samples of a window.
    pub(in crate::ops) fn indices(&self, window: usize) -> &[Option<usize>] {
        &self.indices[window..window + self.size]
    }

    /// Copies a row with its extension on both sides.
    #[inline(always)]
    pub(super) fn pad<R: Real>(&self, row: &[R], padded: &mut [R]) {
        let before = self.size / 2;
        let middle = before..before + row.len();
        padded[middle.clone()].copy_from_slice(row);
        for index in (0..middle.start).chain(middle.end..padded.len()) {
            padded[index] = self.indices[index].map_or(R::zero(), |index| row[index]);
        }
    }

    /// Weighted sum of the rows of a short window, of `width` samples each.
    #[inline(always)]
    pub(super) fn sum<R: Real>(
        &self,
        rows: &[R],
        window: usize,
        width: usize,
        weight: R,
        sums: &mut [R],
    ) {
        let (mut begins, mut count) = ([0; SHORT], 0);
        for index in self.indices(window).iter().flatten() {
            begins[count] = index * width;
            count += 1;
        }
        sum_rows(rows, &begins[..count], |_| weight, |sum| sum, sums);
    }

    /// Sums of all windows, of any length, over rows of `width` samples.
    #[inline(always)]
    pub(super) fn long_sums<'a, R: Real>(
        &self,
        samples: &[R],
        width: usize,
        scratch: &'a mut Vec<R>,
    ) -> &'a [R] {
        let (padded_len, len) = (self.indices.len() * width, self.len() * width);
        scratch.resize(2 * padded_len + len, R::zero());
        let (padded, rest) = scratch.split_at_mut(padded_len);
        let (spare, sums) = rest.split_at_mut(padded_len);
        for (row, index) in padded.chunks_exact_mut(width).zip(&self.indices) {
            match index {
                Some(index) => row.copy_from_slice(&samples[index * width..][..width]),
                None => row.fill(R::zero()),
            }
        }
        sum_windows(padded, spare, self.size, width, sums);
        sums
    }
}

/// Sums, for each result, `size` samples that are `stride` apart, starting at the index of the
/// result. Overwrites the samples and the spare memory.
#[inline(always)]
fn sum_windows<'a, R: Real>(
    mut samples: &'a mut [R],
    mut spare: &'a mut [R],
    size: usize,
    stride: usize,
    sums: &mut [R],
) {
    sums.fill(R::zero());
    // In each round the samples are sums over `span` of the original ones.
    let (mut span, mut done) = (1, 0);
    loop {
        if size & span != 0 {
            for (sum, part) in sums.iter_mut().zip(&samples[done * stride..]) {
                *sum += *part;
            }
            done += span;
        }
        if done == size {
            return;
        }
        let pairs = samples.iter().zip(&samples[span * stride..]);
        for (double, (a, b)) in spare.iter_mut().zip(pairs) {
            *double = *a + *b;
        }
        std::mem::swap(&mut samples, &mut spare);
        span *= 2;
    }
}
