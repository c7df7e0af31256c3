//! Indexing: `v[…]` for reading and writing, and `for frame in v`.

use std::any::TypeId;
use std::ops::{Range, RangeInclusive};

use rhai::{Array, Dynamic, Engine, EvalAltResult, FLOAT, INT, Module, NativeCallContext, Variant};

use crate::bail;
use crate::error::{Error, Result};
use crate::history::Literal;
use crate::ops::array::elementwise::Operand;
use crate::ops::array::equality::equals;
use crate::ops::array::index::{self, Index};
use crate::script::call::record::{changed, index_literal, note_part, operand_literal};
use crate::script::call::register::or_raise;
use crate::script::call::setters::{self, SetterTarget, note_read};
use crate::script::call::value::{Value, describe, whole};
use crate::video::{DType, Element, Video, map_samples};

/// Rhai's name of the function that assigns to an index.
const INDEX_SETTER: &str = "index$set$";

/// Registers indexing and iteration.
pub(in crate::script) fn register(engine: &mut Engine) {
    register_index::<INT>(engine);
    register_index::<FLOAT>(engine);
    register_index::<Range<INT>>(engine);
    register_index::<RangeInclusive<INT>>(engine);
    register_index::<Array>(engine);
    register_index::<Video>(engine);
    let mut frames = Module::new();
    frames.set_iter(TypeId::of::<Video>(), |video| {
        let video = video.cast::<Video>();
        let len = video.shape().first().copied().unwrap_or(0);
        Box::new((0..len).map(move |position| {
            let mut frame = video.with_layout(video.layout().index(0, position));
            note_part(&mut frame, &video, Literal::Int(position as i64));
            frame.into_dynamic()
        }))
    });
    engine.register_global_module(frames.into());
}

fn register_index<I: Variant + Clone>(engine: &mut Engine) {
    engine.register_indexer_get(|native: NativeCallContext, video: &mut Video, index: I| {
        note_read(&native);
        or_raise(get(video, Dynamic::from(index)), &native)
    });
    let arguments = [TypeId::of::<I>(), TypeId::of::<Dynamic>()];
    setters::register(engine, INDEX_SETTER, &arguments, |target, arguments| {
        let [index, value] = arguments.try_into().expect("as many as there are types");
        set(target, index, value)
    });
}

fn get(video: &Video, index: Dynamic) -> Result<Dynamic> {
    video.compute()?;
    let indices = indices(index)?;
    let mut part = index::get(video, &indices)?;
    if part.ndim() > 0 {
        note_part(&mut part, video, index_literal(&indices));
    }
    Ok(part.into_dynamic())
}

fn set(target: SetterTarget, index: Dynamic, value: Dynamic) -> Result<(), Box<EvalAltResult>> {
    if target.was_read && value.is_unit() {
        return Ok(());
    }
    target.raise(target.video.compute())?;
    let indices = target.raise(indices(index))?;
    let value = Operand::from_dynamic(value).map_err(|value| {
        let value = describe(&value);
        Error::new(format!("cannot assign {value} to a part of a video"))
    });
    let value = target.raise(value)?;
    if target.was_read && target.raise(is_there(target.video, &indices, &value))? {
        return Ok(());
    }
    let place = Some(index_literal(&indices));
    let assigned = operand_literal(&value);
    let set = |video: &mut Video| index::set(video, &indices, &value);
    target.change(|video| changed(video, place, "=", assigned, set))
}

/// Whether a part of a video already has the values that are assigned.
fn is_there(video: &Video, indices: &[Index], value: &Operand) -> Result<bool> {
    let part = index::get(video, indices)?.into_dynamic();
    match (Operand::from_dynamic(part), value) {
        (Ok(Operand::Array(part)), Operand::Array(value)) => equals(&part, value),
        (Ok(Operand::Int(part)), Operand::Int(value)) => Ok(part == *value),
        (Ok(Operand::Float(part)), Operand::Float(value)) => Ok(part.to_bits() == value.to_bits()),
        _ => Ok(false),
    }
}

/// Indices for each axis: the elements of a list correspond to axes, and a nested list selects
/// indices.
fn indices(index: Dynamic) -> Result<Vec<Index>> {
    match index.try_cast_result::<Array>() {
        Ok(list) if list.is_empty() => {
            let error = Error::new("an index must not be an empty list");
            Err(error.hint("use `v` for the whole array, or `v[0..0]` for none of its frames"))
        }
        Ok(list) => list.into_iter().map(index_of).collect(),
        Err(index) => Ok(vec![index_of(index)?]),
    }
}

fn index_of(index: Dynamic) -> Result<Index> {
    if index.is_unit() {
        return Ok(Index::All);
    }
    if let Some(position) = whole(&index) {
        return Ok(Index::At(position));
    }
    if let Ok(float) = index.as_float() {
        let error = Error::new(format!("an index must be an int, got {float}"));
        return Err(error.hint("`div(a, b)` divides two ints and rounds down: `v[div(n, 2)]`"));
    }
    if let Some(range) = index.read_lock::<Range<INT>>() {
        return Ok(Index::Range(
            range.start,
            Some(range.end).filter(|end| *end != INT::MAX),
        ));
    }
    if let Some(range) = index.read_lock::<RangeInclusive<INT>>() {
        let past = range.end().saturating_add(1);
        return Ok(Index::Range(
            *range.start(),
            Some(past).filter(|past| *past != 0),
        ));
    }
    if let Some(array) = index.read_lock::<Video>() {
        return match array.dtype() {
            DType::Bool => Ok(Index::Mask(array.clone())),
            dtype if !dtype.is_float() && array.ndim() == 1 => {
                Ok(Index::Indices(positions(&array)))
            }
            dtype => bail!("an index array must be a mask or a trace of ints, got {dtype}"),
        };
    }
    match Vec::<INT>::from_dynamic(index) {
        Ok(positions) => Ok(Index::Indices(positions)),
        Err(index) => bail!(
            "an index must be an int, a range, (), a mask or a list of ints, got {}",
            describe(&index)
        ),
    }
}

/// Samples of a trace of ints; values too large for an int are beyond any axis anyway.
fn positions(trace: &Video) -> Vec<INT> {
    map_samples!(trace.samples(), array => {
        array.view().iter().map(|sample| sample.to_int().unwrap_or(INT::MAX)).collect()
    })
}
