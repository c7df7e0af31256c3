//! Elementwise operations on one or two arrays.
//!
//! Two operands are broadcast by NumPy's rules. Ints never wrap around: results are `float32`, or
//! `float64` if an operand has samples of more digits than `float32` holds.

mod arithmetic;
mod assign;
mod formula;
mod functions;
mod logic;
mod series;

pub use arithmetic::{Arithmetic, Comparison, arithmetic, arithmetic_assign, compare};
pub use assign::{assign, chosen, select};
pub(in crate::ops) use assign::{samples_mut, typed};
pub use functions::{UnaryFunction, apply, astype, clip, copy, fill_nan, isfinite, isnan};
pub use logic::{Logic, logic, logic_assign, not};

use formula::{Formula, Loop, Swapped};

use crate::error::{Error, Result};
use crate::ops::kernel::{ChunkPlan, OperandSamples, is_in_place, run_kernel};
use crate::task::{self, CriticalSection};
use crate::video::{DType, Element, Number, Real, Strided, Video, shape_text, with_dtype};

/// Operand of an operator.
#[derive(Debug, Clone)]
pub enum Operand {
    /// An int, which fits an array of any type.
    Int(i64),
    /// A number, which takes the precision of the array on the other side.
    Float(f64),
    /// A video, image or trace.
    Array(Video),
}

impl Operand {
    /// The number, unless it is an array.
    pub fn number(&self) -> Option<f64> {
        self.exact().map(Number::to_f64)
    }

    /// The exact number, unless it is an array.
    fn exact(&self) -> Option<Number> {
        match *self {
            Operand::Int(number) => Some(Number::Int(number)),
            Operand::Float(number) => Some(Number::Float(number)),
            Operand::Array(_) => None,
        }
    }

    /// Whether samples of a type can represent the number; false for an array.
    fn is_exact_in(&self, dtype: DType) -> bool {
        self.exact().is_some_and(|number| dtype.represents(number))
    }

    fn dtype(&self) -> Option<DType> {
        match self {
            Operand::Array(array) => Some(array.dtype()),
            _ => None,
        }
    }

    fn shape(&self) -> &[usize] {
        match self {
            Operand::Array(array) => array.shape(),
            _ => &[],
        }
    }
}

impl From<Number> for Operand {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(number) => Operand::Int(number),
            Number::Float(number) => Operand::Float(number),
        }
    }
}

/// Whether the operands need double precision.
fn is_double(operands: &[&Operand]) -> bool {
    operands
        .iter()
        .any(|operand| operand.dtype().is_some_and(DType::is_wide))
}

/// Shape to which both shapes are broadcast.
fn common_shape(operation: &str, a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let ndim = a.len().max(b.len());
    let at = |shape: &[usize], axis: usize| {
        let missing = ndim - shape.len();
        axis.checked_sub(missing).map_or(1, |axis| shape[axis])
    };
    (0..ndim)
        .map(|axis| match (at(a, axis), at(b, axis)) {
            (1, len) | (len, 1) => Ok(len),
            (m, n) if m == n => Ok(m),
            _ => Err(mismatch(operation, a, b)),
        })
        .collect()
}

fn mismatch(operation: &str, a: &[usize], b: &[usize]) -> Error {
    let error = Error::new(format!(
        "{operation} cannot combine arrays of shape {} and {}",
        shape_text(a),
        shape_text(b)
    ));
    error.hint("counted from the last axis, lengths must be equal or 1")
}

/// Operand converted to the type and broadcast to the shape.
fn input<R: Real>(operand: &Operand, shape: &[usize]) -> OperandSamples<R> {
    match operand {
        Operand::Array(array) => OperandSamples::stretched(array, shape),
        Operand::Int(number) => OperandSamples::Number(R::from_f64(*number as f64)),
        Operand::Float(number) => OperandSamples::Number(R::from_f64(*number)),
    }
}

/// Applies `f` elementwise to both operands, in the memory of one of them if that is a temporary.
fn compute<T: Element>(
    operation: &'static str,
    [left, right]: [Operand; 2],
    read: fn(&Operand, &[usize]) -> OperandSamples<T>,
    f: impl Formula<T, T>,
) -> Result<Video> {
    let shape = common_shape(operation, left.shape(), right.shape())?;
    let can_hold = |array: &Video| array.shape() == shape && is_in_place::<T>(array);
    match (left, right) {
        (Operand::Array(array), right) if can_hold(&array) => {
            update(operation, array, &read(&right, &shape), f)
        }
        (left, Operand::Array(array)) if can_hold(&array) => {
            update(operation, array, &read(&left, &shape), Swapped(f))
        }
        (left, right) => {
            let inputs = [read(&left, &shape), read(&right, &shape)];
            let results = combine(operation, &shape, &inputs, f)?;
            Ok(with_metadata_of(results, [&left, &right]))
        }
    }
}

/// Changes each sample in place to `f(sample, sample of the other)`.
fn update<T: Element>(
    operation: &'static str,
    video: Video,
    other: &OperandSamples<T>,
    f: impl Formula<T, T>,
) -> Result<Video> {
    let (samples, metadata) = video.into_parts();
    let mut array = T::unwrap(samples).expect("of the type just compared");
    let chunks = ChunkPlan::of(other.layout());
    let steps = array.as_mut_slice()?.chunks_mut(chunks.len);
    let kernel = Loop(f);
    task::for_each_init(
        operation,
        steps.enumerate(),
        Vec::new,
        |scratch, (step, out)| {
            for (first, out) in chunks.cut(step, out) {
                let other = other.run(&chunks, first, out.len(), scratch);
                run_kernel(&kernel, (out, other));
            }
            Ok(())
        },
    )?;
    Ok(Video::from_parts(T::wrap(array), metadata))
}

/// Sets each result to `f(sample of a, sample of b)`, of another type.
fn combine<T: Element, U: Element>(
    operation: &'static str,
    shape: &[usize],
    [a, b]: &[OperandSamples<T>; 2],
    f: impl Formula<T, U>,
) -> Result<Strided<U>> {
    let chunks = ChunkPlan::of([a.layout(), b.layout()].into_iter().flatten());
    let mut results = Strided::<U>::for_writing(shape)?;
    let steps = results.as_mut_slice()?.chunks_mut(chunks.len);
    let memory = || (Vec::new(), Vec::new());
    let kernel = Loop(f);
    task::for_each_init(
        operation,
        steps.enumerate(),
        memory,
        |scratch, (step, out)| {
            for (first, out) in chunks.cut(step, out) {
                let a = a.run(&chunks, first, out.len(), &mut scratch.0);
                let b = b.run(&chunks, first, out.len(), &mut scratch.1);
                run_kernel(&kernel, (out, a, b));
            }
            Ok(())
        },
    )?;
    Ok(results)
}

/// Replaces a video by the result of an operation of the same shape.
fn change(
    name: &'static str,
    video: &mut Video,
    right: Operand,
    dtype: DType,
    operation: impl FnOnce(Operand, Operand) -> Result<Video>,
) -> Result<()> {
    if common_shape(name, video.shape(), right.shape())? != video.shape() {
        return Err(mismatch(name, video.shape(), right.shape()));
    }
    let left = if video.dtype() == dtype {
        // If nothing can fail, nothing can be lost: samples that have the type of the result are
        // changed in place, or copied if they are shared.
        with_dtype!(dtype, T => if is_in_place::<T>(video) { take(video) } else { video.clone() })
    } else {
        video.clone()
    };
    let _whole = CriticalSection::begin();
    *video = operation(Operand::Array(left), right)?;
    Ok(())
}

/// Takes a video and leaves an empty one.
fn take(video: &mut Video) -> Video {
    std::mem::replace(
        video,
        Video::new(Strided::from_vec(&[0], Vec::<bool>::new())),
    )
}

/// Result with the metadata of an operand that has the same number of axes, preferably the left
/// one.
fn with_metadata_of<T: Element>(results: Strided<T>, operands: [&Operand; 2]) -> Video {
    let ndim = results.shape().len();
    let array = operands.into_iter().find_map(|operand| match operand {
        Operand::Array(array) if array.ndim() == ndim => Some(array),
        _ => None,
    });
    match array {
        Some(array) => array.with_samples(results),
        None => Video::new(results),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{address, check_threads, noise, ramp, values, video};

    fn double(video: Video) -> Video {
        arithmetic(Arithmetic::Multiply, Operand::Array(video), Operand::Int(2)).unwrap()
    }

    #[test]
    fn results_go_where_a_temporary_was() {
        let video = ramp(&[5, 7, 9]);
        let before = address(&video);
        let shared = double(video.clone());
        assert_ne!(address(&shared), before);
        let doubled = double(video);
        assert_eq!(address(&doubled), before);
        // In the right operand too, but not if the result has another shape.
        let right = |left, right| {
            let operands = [Operand::Array(left), Operand::Array(right)];
            let [left, right] = operands;
            arithmetic(Arithmetic::Subtract, left, right).unwrap()
        };
        let difference = right(shared.clone(), doubled);
        assert_eq!(address(&difference), before);
        assert!(values(&difference).iter().all(|v| *v == 0.0));
        let frame = ramp(&[7, 9]);
        let larger = right(shared.clone(), frame);
        assert_eq!(larger.shape(), [5, 7, 9]);
        assert_eq!(values(&larger)[63..65], [126.0, 127.0]);
    }

    #[test]
    fn assigning_changes_what_nobody_else_sees() {
        let mut video = ramp(&[5, 7, 9]);
        let before = address(&video);
        arithmetic_assign(Arithmetic::Add, &mut video, Operand::Int(1)).unwrap();
        assert_eq!((address(&video), values(&video)[0]), (before, 1.0));
        let copy = video.clone();
        arithmetic_assign(Arithmetic::Add, &mut video, Operand::Int(1)).unwrap();
        assert_eq!((values(&copy)[0], values(&video)[0]), (1.0, 2.0));
        let wrong = Operand::Array(ramp(&[2, 2]));
        assert!(arithmetic_assign(Arithmetic::Add, &mut video, wrong).is_err());
        assert_eq!(values(&video)[0], 2.0);
    }

    #[test]
    fn large_arrays_of_any_layout_are_cut_into_pieces_that_fit() {
        for shape in [&[3, 300, 500][..], &[200_000], &[2, 90_000], &[1, 700, 700]] {
            let len = shape.iter().product::<usize>();
            let a = video(shape, noise(len, 1));
            let turned =
                (0..shape.len()).fold(a.layout().clone(), |layout, axis| layout.flip(axis));
            let expected: Vec<f64> = {
                let (a, b) = (values(&a), values(&a.with_layout(turned.clone())));
                a.iter()
                    .zip(&b)
                    .map(|(a, b)| f64::from(*a as f32 + *b as f32))
                    .collect()
            };
            let sum = || {
                let flipped = Operand::Array(a.with_layout(turned.clone()));
                arithmetic(Arithmetic::Add, Operand::Array(a.clone()), flipped)
            };
            assert!(values(&sum().unwrap()) == expected);
            check_threads(sum);
        }
    }
}
