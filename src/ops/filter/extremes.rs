//! Minimum and maximum filters over a box in time and space.
//!
//! The extreme of a box is that of the extremes along its axes, so that these are filtered in turn.

use super::mean::has_nan;
use crate::bail;
use crate::error::{Error, Result};
use crate::ops::array::elementwise::{Operand, astype, isnan};
use crate::ops::array::index::{self, Index};
use crate::ops::expect_gray_frames;
use crate::ops::kernel::border::Border;
use crate::ops::kernel::{Kernel, TraceBlock, map_frames, map_traces};
use crate::video::{DType, Real, Video};

/// Longest box along an axis.
const MAX_SIZE: i64 = 4096;

/// Which extreme is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LocalExtreme {
    /// The smallest sample.
    Min,
    /// The largest sample.
    Max,
}

/// Options of [`extreme_filter`].
#[derive(Debug, Clone, PartialEq)]
pub struct ExtremeFilter {
    /// Which extreme is taken.
    pub extreme: LocalExtreme,
    /// Length of the box in frames; below 2, no filtering along time.
    pub size_temporal: i64,
    /// Length of the box in pixels; below 2, no filtering in space.
    pub size_spatial: i64,
    /// Boundary mode of all axes.
    pub mode: Border,
}

/// Replaces each sample by the smallest or largest of the box around it. A box of even length
/// extends further back than ahead. NaN is left out and stays NaN; the sample type does not change.
pub fn extreme_filter(function: &str, video: Video, options: &ExtremeFilter) -> Result<Video> {
    expect_gray_frames(&video, function)?;
    let longest = options.size_temporal.max(options.size_spatial);
    if longest > MAX_SIZE {
        bail!("{function} needs sizes of at most {MAX_SIZE}, got {longest}");
    }
    let dtype = video.dtype();
    let missing = match has_nan::<f64>(&video)? {
        true => Some(isnan(&video)?),
        false => None,
    };
    let mut filtered = match dtype {
        DType::I64 | DType::U64 => {
            let error = Error::new(format!("{function} cannot filter {dtype} without rounding"));
            return Err(error.hint("convert it first: `v.astype(\"float64\")`"));
        }
        _ if dtype.is_wide() => filter::<f64>(video, options)?,
        _ => filter::<f32>(video, options)?,
    };
    if let Some(missing) = missing {
        index::set(
            &mut filtered,
            &[Index::Mask(missing)],
            &Operand::Float(f64::NAN),
        )?;
    }
    astype(filtered, dtype)
}

fn filter<R: Real>(video: Video, options: &ExtremeFilter) -> Result<Video> {
    let &[n_frames, rows, cols] = video.shape() else {
        unreachable!("three axes were asked for");
    };
    let mut video = video;
    if options.size_temporal > 1 {
        let window = AxisBox::new(options.size_temporal, n_frames, options);
        video = map_traces::<R>("filtering", video, AlongTime(window))?;
    }
    let (y, x) = (
        AxisBox::new(options.size_spatial, rows, options),
        AxisBox::new(options.size_spatial, cols, options),
    );
    map_frames(
        "filtering",
        video,
        AlongFrame::<R> {
            y,
            x,
            none: options.extreme.none(),
        },
    )
}

impl LocalExtreme {
    /// What every number is more extreme than.
    fn none<R: Real>(self) -> R {
        match self {
            Self::Min => R::infinity(),
            Self::Max => R::neg_infinity(),
        }
    }

    /// The extreme of a number, which is not NaN, and a sample.
    #[inline(always)]
    fn of<R: Real>(self, known: R, sample: R) -> R {
        let is_more = match self {
            Self::Min => sample < known,
            Self::Max => sample > known,
        };
        if is_more { sample } else { known }
    }
}

/// Boxes along an axis.
struct AxisBox {
    extreme: LocalExtreme,
    len: usize,
    size: usize,
    /// Index of each sample from before the axis to after it; `None` is 0.
    indices: Vec<Option<usize>>,
}

impl AxisBox {
    fn new(size: i64, len: usize, options: &ExtremeFilter) -> Self {
        let size = size.max(1);
        let from = -(size / 2);
        let position = |at: i64| options.mode.sample((from + at) as isize, len);
        let count = if len == 0 { 0 } else { len as i64 + size - 1 };
        Self {
            extreme: options.extreme,
            len,
            size: size as usize,
            indices: (0..count).map(position).collect(),
        }
    }
}

/// Filters traces.
struct AlongTime(AxisBox);

impl<R: Real> Kernel<TraceBlock<'_, R>> for AlongTime {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let AxisBox {
            extreme,
            len,
            size,
            ref indices,
        } = self.0;
        let (samples, pixels) = (traces.samples, traces.pixels);
        for frame in 0..len {
            let results = traces.results.frame(frame);
            results.fill(extreme.none());
            for index in &indices[frame..frame + size] {
                match index {
                    Some(index) => {
                        let row = &samples[index * pixels..][..pixels];
                        for (result, sample) in results.iter_mut().zip(row) {
                            *result = extreme.of(*result, *sample);
                        }
                    }
                    None => results
                        .iter_mut()
                        .for_each(|r| *r = extreme.of(*r, R::zero())),
                }
            }
        }
    }
}

/// Filters the rows of a frame, then its columns.
struct AlongFrame<R> {
    y: AxisBox,
    x: AxisBox,
    none: R,
}

impl<R: Real> Kernel<(&mut [R], &mut Vec<R>)> for AlongFrame<R> {
    #[inline(always)]
    fn run(&self, (samples, scratch): (&mut [R], &mut Vec<R>)) {
        let (width, extreme) = (self.x.len, self.x.extreme);
        if self.x.size == 1 || samples.is_empty() {
            return;
        }
        scratch.resize(samples.len() + self.x.indices.len(), R::zero());
        let (along, padded) = scratch.split_at_mut(samples.len());
        for (row, along) in samples
            .chunks_exact(width)
            .zip(along.chunks_exact_mut(width))
        {
            for (padded, index) in padded.iter_mut().zip(&self.x.indices) {
                *padded = index.map_or(R::zero(), |index| row[index]);
            }
            along.fill(self.none);
            for shift in 0..self.x.size {
                for (along, sample) in along.iter_mut().zip(&padded[shift..]) {
                    *along = extreme.of(*along, *sample);
                }
            }
        }
        let last = &mut padded[..width];
        for (y, row) in samples.chunks_exact_mut(width).enumerate() {
            last.fill(self.none);
            for index in &self.y.indices[y..y + self.y.size] {
                match index {
                    Some(index) => {
                        let above = &along[index * width..][..width];
                        for (last, sample) in last.iter_mut().zip(above) {
                            *last = extreme.of(*last, *sample);
                        }
                    }
                    None => last.iter_mut().for_each(|v| *v = extreme.of(*v, R::zero())),
                }
            }
            row.copy_from_slice(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, ramp, values, video};

    fn options(extreme: LocalExtreme, temporal: i64, spatial: i64, mode: Border) -> ExtremeFilter {
        ExtremeFilter {
            extreme,
            size_temporal: temporal,
            size_spatial: spatial,
            mode,
        }
    }

    /// The definition, sample by sample.
    fn naively(samples: &[f32], shape: [usize; 3], options: &ExtremeFilter) -> Vec<f64> {
        let sizes = [
            options.size_temporal,
            options.size_spatial,
            options.size_spatial,
        ];
        let range = |axis: usize| {
            let size = sizes[axis].max(1) as isize;
            -(size / 2)..size - size / 2
        };
        let index = |at: isize, axis: usize| options.mode.sample(at, shape[axis]);
        let mut found = Vec::new();
        for i in 0..samples.len() {
            let at = [
                i / shape[2] / shape[1],
                i / shape[2] % shape[1],
                i % shape[2],
            ];
            let mut best: f64 = options.extreme.none();
            for t in range(0) {
                for y in range(1) {
                    for x in range(2) {
                        let parts = [t, y, x];
                        let place: Option<Vec<usize>> = (0..3)
                            .map(|axis| index(at[axis] as isize + parts[axis], axis))
                            .collect();
                        let sample = place.map_or(0.0, |p| {
                            f64::from(samples[(p[0] * shape[1] + p[1]) * shape[2] + p[2]])
                        });
                        best = options.extreme.of(best, sample);
                    }
                }
            }
            found.push(if samples[i].is_nan() { f64::NAN } else { best });
        }
        found
    }

    #[test]
    fn boxes_are_as_defined() {
        let shape = [7, 6, 9];
        for extreme in [LocalExtreme::Min, LocalExtreme::Max] {
            for (temporal, spatial) in [(1, 3), (3, 1), (4, 2), (5, 5), (9, 11), (0, 0)] {
                for mode in [
                    Border::Reflect,
                    Border::Nearest,
                    Border::Wrap,
                    Border::Constant,
                ] {
                    let options = options(extreme, temporal, spatial, mode);
                    let mut samples = noise(378, 3);
                    samples.iter_mut().for_each(|v| *v -= 0.5);
                    for at in [0, 50, 51, 200] {
                        samples[at] = f32::NAN;
                    }
                    let input = video(&shape, samples.clone());
                    let found = values(&extreme_filter("f", input, &options).unwrap());
                    let expected = naively(&samples, shape, &options);
                    let bits = |v: &[f64]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                    assert_eq!(bits(&found), bits(&expected), "{options:?}");
                }
            }
        }
    }

    #[test]
    fn types_stay_and_memory_is_reused() {
        let largest = options(LocalExtreme::Max, 3, 3, Border::Reflect);
        let counts = video(&[1, 1, 3], vec![65535u16, 0, 7]);
        let found = extreme_filter("f", counts, &largest).unwrap();
        assert_eq!(
            (found.dtype(), values(&found)),
            (DType::U16, vec![65535.0, 65535.0, 7.0])
        );
        let mask = video(&[1, 1, 4], vec![true, false, false, false]);
        let grown = extreme_filter("f", mask, &largest).unwrap();
        assert_eq!(
            (grown.dtype(), values(&grown)),
            (DType::Bool, vec![1.0, 1.0, 0.0, 0.0])
        );
        assert!(extreme_filter("f", video(&[1, 1, 1], vec![1i64]), &largest).is_err());
        assert!(extreme_filter("f", ramp(&[3, 3]), &largest).is_err());
        let long = options(LocalExtreme::Max, 5000, 1, Border::Reflect);
        assert!(extreme_filter("f", ramp(&[3, 3, 3]), &long).is_err());
        check_reuse(ramp(&[20, 9, 30]), |video| {
            extreme_filter("f", video, &largest)
        });
        check_threads(|| extreme_filter("f", video(&[20, 9, 30], noise(5400, 1)), &largest));
    }
}
