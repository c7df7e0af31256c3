//! `v[…]` for reading and writing, and `for frame in v`.

use std::any::TypeId;
use std::ops::{Range, RangeInclusive};

use rhai::{Array, Dynamic, Engine, FLOAT, INT, Module, NativeCallContext, Variant};

use super::register::or_raise;
use super::value::{Value, describe, whole};
use crate::bail;
use crate::error::{Error, Result};
use crate::ops::elementwise::Operand;
use crate::ops::index::{self, Index};
use crate::video::{DType, Element, Video, map_samples};

/// Registers what can stand in brackets, and iteration.
pub(super) fn register(engine: &mut Engine) {
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
        Box::new(
            (0..len).map(move |place| {
                part_or_sample(&video.with_layout(video.layout().index(0, place)))
            }),
        )
    });
    engine.register_global_module(frames.into());
}

fn register_index<I: Variant + Clone>(engine: &mut Engine) {
    engine.register_indexer_get(|native: NativeCallContext, video: &mut Video, index: I| {
        or_raise(get(video, Dynamic::from(index)), &native)
    });
    engine.register_indexer_set(
        |native: NativeCallContext, video: &mut Video, index: I, value: Dynamic| {
            or_raise(set(video, Dynamic::from(index), value), &native)
        },
    );
}

fn get(video: &Video, index: Dynamic) -> Result<Dynamic> {
    Ok(part_or_sample(&index::get(video, &indices(index)?)?))
}

fn set(video: &mut Video, index: Dynamic, value: Dynamic) -> Result<()> {
    let indices = indices(index)?;
    match Operand::from_dynamic(value) {
        Ok(value) => index::set(video, &indices, &value),
        Err(value) => bail!("cannot assign {} to a part of a video", describe(&value)),
    }
}

/// What is in the brackets, for each axis: a list there counts axes; a list within it, places.
fn indices(index: Dynamic) -> Result<Vec<Index>> {
    match index.try_cast_result::<Array>() {
        Ok(list) => list.into_iter().map(index_of).collect(),
        Err(index) => Ok(vec![index_of(index)?]),
    }
}

fn index_of(index: Dynamic) -> Result<Index> {
    if index.is_unit() {
        return Ok(Index::All);
    }
    if let Some(place) = whole(&index) {
        return Ok(Index::At(place));
    }
    if let Ok(float) = index.as_float() {
        let error = Error::new(format!("an index must be a whole number, got {float}"));
        return Err(error.hint("`div(a, b)` divides and rounds down to an int: `v[div(n, 2)]`"));
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
            dtype if !dtype.is_float() && array.ndim() == 1 => Ok(Index::Places(places(&array))),
            dtype => bail!("an index array must be a mask or a trace of ints, got {dtype}"),
        };
    }
    match Vec::<INT>::from_dynamic(index) {
        Ok(places) => Ok(Index::Places(places)),
        Err(index) => bail!(
            "an index must be an int, a range, (), a mask or a list of ints, got {}",
            describe(&index)
        ),
    }
}

/// The samples of a trace of ints; those too large for an int are beyond any axis anyway.
fn places(trace: &Video) -> Vec<INT> {
    map_samples!(trace.samples(), array => {
        array.view().iter().map(|sample| sample.to_int().unwrap_or(INT::MAX)).collect()
    })
}

/// An array, or its only sample if it has no axes.
pub(super) fn part_or_sample(part: &Video) -> Dynamic {
    if part.ndim() > 0 {
        return part.clone().into_dynamic();
    }
    map_samples!(part.samples(), array => {
        array.view().first().map_or(Dynamic::UNIT, |sample| scalar(*sample))
    })
}

/// A sample as a script's number.
pub(super) fn scalar<T: Element>(sample: T) -> Dynamic {
    let value = sample.to_f64();
    match T::DTYPE {
        DType::Bool => (value != 0.0).into(),
        dtype if dtype.is_float() => value.into(),
        _ => sample
            .to_int()
            .map_or_else(|| value.into(), Dynamic::from_int),
    }
}
