//! Array creation: constants, sequences and random numbers.

use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::kernel::{Kernel, run_kernel};
use crate::task;
use crate::video::{DType, Element, Metadata, Number, Strided, Video, shape_text, with_dtype};

/// Number of samples that one parallel step sets.
const STEP: usize = 1 << 16;

/// Maximum number of samples of a sequence.
const MAX_SAMPLES: f64 = (1u64 << 30) as f64;

/// Checks a shape given by a script: 1 to 4 axes.
pub fn shape_of(function: &str, shape: &[i64]) -> Result<Vec<usize>> {
    let lens: Result<Vec<usize>, _> = shape.iter().map(|len| usize::try_from(*len)).collect();
    match lens {
        Ok(lens) if (1..=4).contains(&lens.len()) => Ok(lens),
        _ => bail!("{function} needs `shape` to be 1 to 4 lengths >= 0, got {shape:?}"),
    }
}

/// Array filled with one value, converted to the sample type as by `astype`.
pub fn full(shape: &[usize], value: Number, dtype: DType) -> Result<Video> {
    with_dtype!(dtype, T => {
        let mut array = Strided::<T>::zeroed(shape)?;
        let value = value.to_element();
        if value != T::default() {
            set_all(&mut array, |_| value)?;
        }
        Ok(Video::new(array))
    })
}

/// Sets each sample from its index in row-major order.
fn set_all<T: Element>(array: &mut Strided<T>, value: impl Fn(u64) -> T + Sync) -> Result<()> {
    struct FillKernel<F>(F);
    impl<T, F: Fn(u64) -> T + Sync> Kernel<(u64, &mut [T])> for FillKernel<F> {
        #[inline(always)]
        fn run(&self, (first, samples): (u64, &mut [T])) {
            for (index, sample) in (first..).zip(samples) {
                *sample = (self.0)(index);
            }
        }
    }
    let fill = FillKernel(value);
    let steps = array.as_mut_slice()?.chunks_mut(STEP).enumerate();
    task::for_each("making samples", steps, |(step, samples)| {
        run_kernel(&fill, ((step * STEP) as u64, samples));
        Ok(())
    })
}

/// Distribution of random numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distribution {
    /// Uniform in [0, 1).
    Uniform,
    /// Normal, with mean 0 and standard deviation 1.
    Normal,
}

impl Choice for Distribution {
    const NOUN: &'static str = "a distribution";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("uniform", Self::Uniform), ("normal", Self::Normal)];
}

/// Random numbers (float32), the same for the same seed: each is computed from the seed and its
/// index by the mixing function of SplitMix64 (Steele, Lea & Flood 2014).
pub fn random(shape: &[usize], seed: i64, distribution: Distribution) -> Result<Video> {
    let mut array = Strided::<f32>::for_writing(shape)?;
    let start = mix((seed as u64).wrapping_add(1));
    match distribution {
        Distribution::Uniform => set_all(&mut array, |index| {
            (bits(start, index) >> 40) as f32 / (1u64 << 24) as f32
        }),
        Distribution::Normal => set_all(&mut array, |index| {
            // Box & Muller (1958), from the two halves of the bits.
            let bits = bits(start, index);
            let unit = 1.0 / (1u64 << 32) as f64;
            let radius = (((bits >> 32) as f64 + 1.0) * unit).ln() * -2.0;
            let angle = f64::from(bits as u32) * unit * std::f64::consts::TAU;
            (radius.sqrt() * angle.cos()) as f32
        }),
    }?;
    Ok(Video::new(array))
}

#[inline(always)]
fn bits(start: u64, index: u64) -> u64 {
    mix(start.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

#[inline(always)]
fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

/// Numbers from `start` to before `stop` in steps of `step`: int64 if all three are ints, else
/// float64.
pub fn arange(start: Number, stop: Number, step: Number) -> Result<Video> {
    if let (Number::Int(start), Number::Int(stop), Number::Int(step)) = (start, stop, step) {
        return arange_of_ints(start, stop, step);
    }
    let (start, stop, step) = (start.to_f64(), stop.to_f64(), step.to_f64());
    if step == 0.0 || !step.is_finite() || !start.is_finite() || !stop.is_finite() {
        bail!("arange needs finite numbers and a `step` other than 0, got {start}, {stop}, {step}");
    }
    let len = sequence_len("arange", ((stop - start) / step).ceil().max(0.0))?;
    let mut array = Strided::<f64>::zeroed(&[len])?;
    set_all(&mut array, |index| start + index as f64 * step)?;
    Ok(Video::new(array))
}

fn arange_of_ints(start: i64, stop: i64, step: i64) -> Result<Video> {
    if step == 0 {
        bail!("arange needs a `step` other than 0, got {start}, {stop}, {step}");
    }
    let (distance, stride) = (i128::from(stop) - i128::from(start), i128::from(step));
    // Rounds up, since the quotient of ints is truncated.
    let count = (distance + stride - stride.signum()) / stride;
    let len = sequence_len("arange", count.max(0) as f64)?;
    let mut array = Strided::<i64>::zeroed(&[len])?;
    set_all(&mut array, |index| {
        start.wrapping_add((index as i64).wrapping_mul(step))
    })?;
    Ok(Video::new(array))
}

/// `num` evenly spaced numbers (float64) from `start` to `stop`, both included.
pub fn linspace(start: f64, stop: f64, num: usize) -> Result<Video> {
    let len = sequence_len("linspace", num as f64)?;
    let last = len.saturating_sub(1);
    let step = (stop - start) / last.max(1) as f64;
    let mut array = Strided::<f64>::zeroed(&[len])?;
    set_all(&mut array, |index| {
        match index as usize == last && last > 0 {
            true => stop,
            false => start + index as f64 * step,
        }
    })?;
    Ok(Video::new(array))
}

fn sequence_len(function: &str, len: f64) -> Result<usize> {
    if len > MAX_SAMPLES {
        bail!("{function} makes at most {MAX_SAMPLES} numbers, got {len}");
    }
    Ok(len as usize)
}

/// Array from bytes in the format of `to_bytes`.
pub fn from_bytes(bytes: &[u8], dtype: DType, shape: &[usize]) -> Result<Video> {
    let count = shape
        .iter()
        .try_fold(1usize, |count, len| count.checked_mul(*len));
    let size = count.and_then(|count| count.checked_mul(dtype.size()));
    if size != Some(bytes.len()) {
        let shape = shape_text(shape);
        return Err(Error::new(format!(
            "from_blob needs as many bytes as {dtype} samples of shape {shape} have, got {}",
            bytes.len()
        )));
    }
    macro_rules! numbers {
        ($type:ty) => {{
            let (chunks, _) = bytes.as_chunks();
            made_of(
                shape,
                chunks.iter().map(|chunk| <$type>::from_le_bytes(*chunk)),
            )
        }};
    }
    match dtype {
        DType::Bool => made_of(shape, bytes.iter().map(|byte| *byte != 0)),
        DType::U8 => numbers!(u8),
        DType::U16 => numbers!(u16),
        DType::U32 => numbers!(u32),
        DType::U64 => numbers!(u64),
        DType::I8 => numbers!(i8),
        DType::I16 => numbers!(i16),
        DType::I32 => numbers!(i32),
        DType::I64 => numbers!(i64),
        DType::F32 => numbers!(f32),
        DType::F64 => numbers!(f64),
    }
}

fn made_of<T: Element>(shape: &[usize], samples: impl Iterator<Item = T>) -> Result<Video> {
    let mut array = Strided::<T>::zeroed(shape)?;
    for (slot, sample) in array.as_mut_slice()?.iter_mut().zip(samples) {
        *slot = sample;
    }
    Ok(Video::new(array))
}

/// Bytes of the samples in row-major order, little-endian.
pub fn to_bytes(video: &Video) -> Result<Vec<u8>> {
    crate::video::map_samples!(video.samples(), array => {
        let mut array = array.clone();
        let samples = match array.as_slice() {
            Some(samples) => samples,
            None => &*array.as_mut_slice()?,
        };
        let mut bytes = bytemuck::cast_slice(samples).to_vec();
        if cfg!(target_endian = "big") {
            bytes.chunks_mut(array.dtype().size()).for_each(<[u8]>::reverse);
        }
        Ok(bytes)
    })
}

/// Gives an array the metadata of `video`, except for its source.
pub fn like(video: &Video, array: Video) -> Video {
    let metadata = Metadata {
        source: None,
        ..video.metadata().clone()
    };
    let mut array = array;
    *array.metadata_mut() = metadata;
    array
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, values};

    #[test]
    fn constants_have_the_type_asked_for() {
        let video = full(&[2, 3], Number::Int(300), DType::U8).unwrap();
        assert_eq!((values(&video), video.dtype()), (vec![255.0; 6], DType::U8));
        let mask = full(&[2], Number::Float(1.0), DType::Bool).unwrap();
        assert_eq!(values(&mask), [1.0, 1.0]);
    }

    #[test]
    fn random_numbers_follow_from_their_seed() {
        let shape = [40, 50, 60];
        for distribution in [Distribution::Uniform, Distribution::Normal] {
            check_threads(|| random(&shape, 3, distribution));
        }
        let moments = |video: Video| {
            let values = values(&video);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
            (mean, squares / values.len() as f64)
        };
        let uniform = random(&shape, 0, Distribution::Uniform).unwrap();
        assert!(values(&uniform).iter().all(|v| (0.0..1.0).contains(v)));
        let (mean, var) = moments(uniform);
        assert!((mean - 0.5).abs() < 0.005 && (var - 1.0 / 12.0).abs() < 0.002);
        let (mean, var) = moments(random(&shape, 1, Distribution::Normal).unwrap());
        assert!(mean.abs() < 0.01 && (var - 1.0).abs() < 0.02);
    }

    #[test]
    fn sequences_end_where_they_should() {
        let ints =
            |start, stop, step| arange(Number::Int(start), Number::Int(stop), Number::Int(step));
        let floats = |start, stop, step| {
            arange(
                Number::Float(start),
                Number::Float(stop),
                Number::Float(step),
            )
        };
        for (range, expected) in [
            ((1, 8, 3), &[1.0, 4.0, 7.0][..]),
            ((1, 7, 3), &[1.0, 4.0]),
            ((5, 0, -2), &[5.0, 3.0, 1.0]),
            ((5, 1, -2), &[5.0, 3.0]),
            ((3, 0, 1), &[]),
            ((0, 3, -1), &[]),
        ] {
            assert_eq!(values(&ints(range.0, range.1, range.2).unwrap()), expected);
        }
        assert_eq!(values(&floats(3.0, 0.0, -1.5).unwrap()), [3.0, 1.5]);
        assert!(ints(i64::MIN, i64::MAX, 1).is_err() && ints(0, 1, 0).is_err());
        assert!(floats(0.0, 1e300, 1.0).is_err() && floats(0.0, 1.0, 0.0).is_err());
        assert_eq!(
            values(&linspace(0.0, 1.0, 5).unwrap()),
            [0.0, 0.25, 0.5, 0.75, 1.0]
        );
        assert_eq!(values(&linspace(2.0, 1.0, 1).unwrap()), [2.0]);
    }

    #[test]
    fn bytes_lead_back_to_their_samples() {
        for dtype in DType::ALL {
            let video = full(&[2, 3], Number::Int(1), *dtype).unwrap();
            let bytes = to_bytes(&video).unwrap();
            let again = from_bytes(&bytes, *dtype, &[2, 3]).unwrap();
            assert_eq!((values(&again), again.dtype()), (values(&video), *dtype));
        }
        assert!(from_bytes(&[0; 5], DType::U16, &[2]).is_err());
        assert!(from_bytes(&[0; 5], DType::U16, &[usize::MAX, 3]).is_err());
    }
}
