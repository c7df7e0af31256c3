//! Assignment and selection of samples by a mask.

use std::hint::select_unpredictable;

use super::functions::astype;
use super::{Operand, common_shape, is_double, with_metadata_of};
use crate::bail;
use crate::error::{Error, Result};
use crate::ops::array::shape;
use crate::ops::kernel::{ChunkPlan, OperandSamples, run_kernel};
use crate::task::{self, CriticalSection};
use crate::video::{
    DType, Element, Metadata, Number, Samples, Strided, Video, shape_text, with_bits, with_dtype,
};

/// Sets the samples where the mask is true to a number, to an array that broadcasts to the shape,
/// or to a trace with one sample per true element of the mask, in order.
///
/// It runs to the end even if the user interrupts it.
pub fn assign(video: &mut Video, mask: &Video, value: &Operand) -> Result<()> {
    expect_mask("assignment", mask)?;
    if common_shape("assignment", mask.shape(), video.shape())? != video.shape() {
        bail!(
            "a mask of shape {} does not match an array of shape {}",
            shape_text(mask.shape()),
            shape_text(video.shape())
        );
    }
    let shape = video.shape().to_vec();
    let _whole = CriticalSection::begin();
    with_dtype!(video.dtype(), T => {
        let value = match value {
            // A list of samples is never broadcast, not even if it is as long as a row.
            Operand::Array(array)
                if array.layout().broadcast(&shape).is_none()
                    || (array.ndim() == 1 && array.len() != 1 && shape.len() > 1) =>
            {
                return put_in_turn::<T>(video, mask, array);
            }
            value => typed::<T>(value, &shape)?,
        };
        let mask = OperandSamples::same_stretched(mask, &shape);
        put(samples_mut::<T>(video)?, &mask, &value)
    })
}

/// The samples of `yes` where the mask is true, and those of `no` elsewhere.
pub fn select(mask: &Video, yes: &Operand, no: &Operand) -> Result<Video> {
    expect_mask("where", mask)?;
    let shape = common_shape("where", mask.shape(), yes.shape())?;
    let shape = common_shape("where", &shape, no.shape())?;
    with_dtype!(common_dtype(yes, no), T => {
        let mut results = Strided::<T>::for_writing(&shape)?;
        let mask = OperandSamples::<bool>::same_stretched(mask, &shape);
        let inputs = [typed::<T>(yes, &shape)?, typed(no, &shape)?];
        choose(results.as_mut_slice()?, &mask, &inputs)?;
        Ok(with_metadata_of(results, [yes, no]))
    })
}

/// Common sample type of both operands: that of NumPy for arrays; a number takes the type of the
/// array if that can represent it.
fn common_dtype(yes: &Operand, no: &Operand) -> DType {
    match (yes, no) {
        (Operand::Array(a), Operand::Array(b)) => shape::common_dtype(a.dtype(), b.dtype()),
        (Operand::Array(array), number) | (number, Operand::Array(array))
            if number.is_exact_in(array.dtype()) =>
        {
            array.dtype()
        }
        // An int that the type of the array cannot represent.
        (Operand::Array(array), Operand::Int(_)) | (Operand::Int(_), Operand::Array(array))
            if array.dtype() != DType::U64 =>
        {
            DType::I64
        }
        (Operand::Int(_), Operand::Int(_)) => DType::I64,
        _ if is_double(&[yes, no]) => DType::F64,
        (Operand::Array(_), _) | (_, Operand::Array(_)) => DType::F32,
        _ => DType::F64,
    }
}

/// Value to be stored as samples of type `T`: numbers must fit, arrays are converted.
pub(in crate::ops) fn typed<T: Element>(
    value: &Operand,
    shape: &[usize],
) -> Result<OperandSamples<T>> {
    let number = match *value {
        Operand::Array(ref array) => {
            let array = astype(array.clone(), T::DTYPE)?;
            return Ok(OperandSamples::same_stretched(&array, shape));
        }
        Operand::Int(number) => Number::Int(number),
        Operand::Float(number) => Number::Float(number),
    };
    if !T::DTYPE.holds(number) {
        let error = Error::new(format!(
            "{number} cannot be stored in samples of {}",
            T::DTYPE
        ));
        return Err(error.hint("convert the video first: `v = v.astype(\"float32\")`"));
    }
    Ok(OperandSamples::Number(number.to_element()))
}

fn expect_mask(operation: &str, mask: &Video) -> Result<()> {
    match mask.dtype() {
        DType::Bool => Ok(()),
        dtype => {
            let error = Error::new(format!("{operation} needs a mask of bool, got {dtype}"));
            Err(error.hint("create a mask by comparison: `v > 0`"))
        }
    }
}

/// Mutable samples of the type that the video has.
pub(in crate::ops) fn samples_mut<T: Element>(video: &mut Video) -> Result<&mut [T]> {
    let array = T::unwrap_mut(video.samples_mut()).expect("of the type just dispatched on");
    array.as_mut_slice()
}

/// Sets samples where the mask is true.
fn put<T: Element>(
    out: &mut [T],
    mask: &OperandSamples<bool>,
    value: &OperandSamples<T>,
) -> Result<()> {
    let chunks = ChunkPlan::of([mask.layout(), value.layout()].into_iter().flatten());
    let steps = out.chunks_mut(chunks.len).enumerate();
    let memory = || (Vec::new(), Vec::new());
    let kernel = |(out, mask, value): (&mut [T], &[bool], &[T])| {
        for ((out, chosen), value) in out.iter_mut().zip(mask).zip(value) {
            *out = select_unpredictable(*chosen, *value, *out);
        }
    };
    task::for_each_init("assigning", steps, memory, |scratch, (step, out)| {
        for (first, out) in chunks.cut(step, out) {
            let mask = mask.run(&chunks, first, out.len(), &mut scratch.0);
            let value = value.run(&chunks, first, out.len(), &mut scratch.1);
            run_kernel(&kernel, (out, mask, value));
        }
        Ok(())
    })
}

/// Chooses each sample from one of two operands.
fn choose<T: Element>(
    out: &mut [T],
    mask: &OperandSamples<bool>,
    [yes, no]: &[OperandSamples<T>; 2],
) -> Result<()> {
    let layouts = [mask.layout(), yes.layout(), no.layout()];
    let chunks = ChunkPlan::of(layouts.into_iter().flatten());
    let steps = out.chunks_mut(chunks.len).enumerate();
    let memory = || (Vec::new(), Vec::new(), Vec::new());
    let kernel = |(out, mask, yes, no): (&mut [T], &[bool], &[T], &[T])| {
        for (((out, chosen), yes), no) in out.iter_mut().zip(mask).zip(yes).zip(no) {
            *out = select_unpredictable(*chosen, *yes, *no);
        }
    };
    task::for_each_init("choosing", steps, memory, |scratch, (step, out)| {
        for (first, out) in chunks.cut(step, out) {
            let mask = mask.run(&chunks, first, out.len(), &mut scratch.0);
            let yes = yes.run(&chunks, first, out.len(), &mut scratch.1);
            let no = no.run(&chunks, first, out.len(), &mut scratch.2);
            run_kernel(&kernel, (out, mask, yes, no));
        }
        Ok(())
    })
}

/// Sets the samples where the mask is true to those of a trace, in order.
fn put_in_turn<T: Element>(video: &mut Video, mask: &Video, values: &Video) -> Result<()> {
    let shape = video.shape().to_vec();
    let values = astype(values.clone(), T::DTYPE)?;
    let values = T::unwrap(values.into_parts().0).expect("of the type just converted to");
    let mask = mask.with_layout(mask.layout().broadcast(&shape).expect("a common shape"));
    let mask = bool::unwrap(mask.into_parts().0).expect("checked by the caller");
    let count = mask.view().iter().filter(|chosen| **chosen).count();
    if values.shape() != [count] {
        bail!(
            "cannot assign an array of shape {} to the {count} samples of a mask",
            shape_text(values.shape())
        );
    }
    let mask = mask.view();
    let chosen = samples_mut::<T>(video)?.iter_mut().zip(&mask);
    let count = chosen.filter(|(_, chosen)| **chosen).map(|(slot, _)| slot);
    for (slot, value) in count.zip(&values.view()) {
        *slot = *value;
    }
    Ok(())
}

/// The samples where the mask is true, in order, as a trace.
pub fn chosen(video: &Video, mask: &Video) -> Result<Video> {
    expect_mask("an index", mask)?;
    let mask = OperandSamples::<bool>::same(mask.samples());
    let picked = with_bits!(video.dtype(), B => {
        let samples = OperandSamples::<B>::same(&video.samples().bits());
        B::wrap(pick(video.layout().len(), &samples, &mask)?)
    });
    Ok(Video::with_metadata(
        Samples::from_bits(picked, video.dtype()),
        Metadata::default(),
    ))
}

fn pick<T: Element>(
    len: usize,
    samples: &OperandSamples<T>,
    mask: &OperandSamples<bool>,
) -> Result<Strided<T>> {
    let chunks = ChunkPlan::of([mask.layout(), samples.layout()].into_iter().flatten());
    let slot = |step: usize| (step * chunks.len, chunks.len.min(len - step * chunks.len));
    let counts = task::map(0..len.div_ceil(chunks.len), Vec::new, |scratch, step| {
        let (first, len) = slot(step);
        let marks = mask.run(&chunks, first, len, scratch);
        Ok(marks
            .iter()
            .map(|chosen| usize::from(*chosen))
            .sum::<usize>())
    })?;
    let mut picked = Strided::for_writing(&[counts.iter().sum()])?;
    let mut rest = picked.as_mut_slice()?;
    let parts: Vec<&mut [T]> = counts
        .iter()
        .map(|count| {
            rest.split_off_mut(..*count)
                .expect("as many as were counted")
        })
        .collect();
    let memory = || (Vec::new(), Vec::new());
    let steps = parts.into_iter().enumerate();
    task::for_each_init("selecting", steps, memory, |scratch, (step, out)| {
        let (first, len) = slot(step);
        let marks = mask.run(&chunks, first, len, &mut scratch.0);
        let samples = samples.run(&chunks, first, len, &mut scratch.1);
        let mut slot = 0;
        for (sample, chosen) in samples.iter().zip(marks) {
            // Storing first and counting later avoids a branch that random masks would make
            // unpredictable.
            let Some(out) = out.get_mut(slot) else { break };
            *out = *sample;
            slot += usize::from(*chosen);
        }
        Ok(())
    })?;
    Ok(picked)
}
