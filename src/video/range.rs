//! Minimum and maximum of the samples.

use super::samples::{Element, Number, Samples, map_samples};
use super::{Video, read_run};
use crate::error::Result;
use crate::task;

/// Number of values compared at once, so that the compiler uses SIMD registers.
const LANES: usize = 64;

/// Samples of one parallel step.
const STEP: usize = 1 << 18;

impl Video {
    /// Minimum and maximum, NaN ignored; `None` if there are only NaN samples.
    pub fn range(&self) -> Result<Option<(f64, f64)>> {
        let mut range = None;
        self.scan(|block| {
            let found = map_samples!(block.samples(), array => {
                walk(array, range_of)?.map(|(low, high)| (low.to_f64(), high.to_f64()))
            });
            range = join(range, found);
            Ok(())
        })?;
        Ok(range)
    }

    /// Like [`Video::range`], but infinite samples are ignored too, as color limits need.
    pub fn finite_range(&self) -> Result<Option<(f64, f64)>> {
        let range = self.range()?;
        if range.is_none_or(|(low, high)| low.is_finite() && high.is_finite()) {
            return Ok(range);
        }
        let range = map_samples!(self.samples(), array => {
            walk(array, finite_range_of)?.map(|(low, high)| (low.to_f64(), high.to_f64()))
        });
        Ok(range)
    }

    /// Like [`Video::range`], with all digits of ints.
    pub fn exact_range(&self) -> Result<Option<(Number, Number)>> {
        fn number<T: Element>(sample: T) -> Number {
            match sample.to_int() {
                Some(int) if !T::DTYPE.is_float() => Number::Int(int),
                _ => Number::Float(sample.to_f64()),
            }
        }
        let range = map_samples!(self.samples(), array => {
            walk(array, range_of)?.map(|(low, high)| (number(low), number(high)))
        });
        Ok(range)
    }
}

impl Samples {
    /// Whether computing the range takes no noticeable time.
    pub fn is_small(&self) -> bool {
        self.layout().len() <= 1 << 26 && !map_samples!(self, array => array.is_mmap())
    }
}

/// Range of an array, from the ranges that `range_of` finds of its parts.
fn walk<T: Element>(
    array: &super::Strided<T>,
    range_of: fn(&[T]) -> Option<(T, T)>,
) -> Result<Option<(T, T)>> {
    if array.layout().is_empty() {
        return Ok(None);
    }
    let found = std::sync::Mutex::new(None);
    let merge = |range: Option<(T, T)>| {
        let mut found = found.lock().expect("no panic while merging");
        *found = join(*found, range);
        Ok(())
    };
    if let Some(samples) = run_of(array) {
        task::for_each("finding the range", samples.chunks(STEP), |samples| {
            merge(range_of(samples))
        })?;
    } else {
        let frame_len: usize = array.shape()[1..].iter().product();
        task::for_each_init(
            "finding the range",
            0..array.shape()[0],
            || vec![T::default(); frame_len],
            |samples, frame| {
                read_run(array, frame, 0..frame_len, samples);
                merge(range_of(samples))
            },
        )?;
    }
    Ok(found.into_inner().expect("no panic while merging"))
}

/// The samples in memory order, if they are contiguous.
fn run_of<T: Element>(array: &super::Strided<T>) -> Option<&[T]> {
    let layout = array.layout();
    let (low, high) = layout.bounds()?;
    layout.is_dense().then(|| &array.storage()[low..high])
}

fn join<T: Element>(a: Option<(T, T)>, b: Option<(T, T)>) -> Option<(T, T)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((lower(b.0, a.0), higher(b.1, a.1))),
        (range, None) | (None, range) => range,
    }
}

/// Lower of two values; `best` if `value` is NaN.
#[inline(always)]
pub(crate) fn lower<T: Element>(value: T, best: T) -> T {
    if value < best { value } else { best }
}

/// Higher of two values; `best` if `value` is NaN.
#[inline(always)]
pub(crate) fn higher<T: Element>(value: T, best: T) -> T {
    if value > best { value } else { best }
}

/// Range of samples, NaN ignored.
#[allow(clippy::eq_op)]
fn range_of<T: Element>(samples: &[T]) -> Option<(T, T)> {
    let first = *samples.iter().find(|v| **v == **v)?;
    let (mut low, mut high) = ([first; LANES], [first; LANES]);
    pulp::Arch::new().dispatch(|| {
        let (chunks, rest) = samples.as_chunks::<LANES>();
        for chunk in chunks {
            for lane in 0..LANES {
                low[lane] = lower(chunk[lane], low[lane]);
                high[lane] = higher(chunk[lane], high[lane]);
            }
        }
        for (lane, &value) in rest.iter().enumerate() {
            low[lane] = lower(value, low[lane]);
            high[lane] = higher(value, high[lane]);
        }
    });
    let low = low.into_iter().reduce(|a, b| lower(a, b))?;
    let high = high.into_iter().reduce(|a, b| higher(a, b))?;
    Some((low, high))
}

/// Range of the samples that are neither NaN nor infinite.
fn finite_range_of<T: Element>(samples: &[T]) -> Option<(T, T)> {
    let finite = samples.iter().filter(|sample| sample.to_f64().is_finite());
    finite
        .map(|sample| Some((*sample, *sample)))
        .fold(None, join)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Strided;

    fn range(samples: Vec<f32>) -> Option<(f64, f64)> {
        Video::new(Strided::from_vec(&[samples.len()], samples))
            .range()
            .unwrap()
    }

    #[test]
    fn nan_is_ignored_wherever_it_is() {
        let mut samples: Vec<f32> = (0..1000).map(|i| i as f32 - 300.0).collect();
        for i in [0, 1, 500, 999] {
            samples[i] = f32::NAN;
        }
        assert_eq!(range(samples), Some((-298.0, 698.0)));
        assert_eq!(range(vec![f32::NAN; 70]), None);
        assert_eq!(range(vec![]), None);
        let no_rows = Video::new(Strided::<u8>::zeroed(&[3, 0, 4]).unwrap());
        assert_eq!(no_rows.range().unwrap(), None);
    }

    #[test]
    fn infinite_samples_are_no_color_limits() {
        let finite = |samples: Vec<f32>| {
            let video = Video::new(Strided::from_vec(&[samples.len() / 2, 2], samples));
            video.finite_range().unwrap()
        };
        let (inf, nan) = (f32::INFINITY, f32::NAN);
        assert_eq!(
            finite(vec![2.0, inf, 5.0, nan, -inf, -inf]),
            Some((2.0, 5.0))
        );
        assert_eq!(finite(vec![inf, nan]), None);
        assert_eq!(finite(vec![3.0, 1.0]), Some((1.0, 3.0)));
    }

    #[test]
    fn ints_keep_all_digits() {
        let large = vec![9_007_199_254_740_993, -9_007_199_254_740_995i64];
        let video = Video::new(Strided::from_vec(&[2], large));
        let [low, high] = [-9_007_199_254_740_995, 9_007_199_254_740_993].map(Number::Int);
        assert_eq!(video.exact_range().unwrap(), Some((low, high)));
        assert!(
            video
                .to_string()
                .contains("[-9007199254740995 … 9007199254740993]")
        );
    }

    #[test]
    fn views_have_the_range_of_what_they_show() {
        let video = Video::new(Strided::from_vec(&[2, 3, 4], (0..24u8).collect()));
        let column = video.with_layout(video.layout().slice(2, 1, 1, 1).flip(1));
        assert_eq!(column.range().unwrap(), Some((1.0, 21.0)));
        let turned = video.with_layout(video.layout().slice(0, 1, 1, 1).swap(1, 2).flip(1));
        assert_eq!(turned.range().unwrap(), Some((12.0, 23.0)));
    }
}
