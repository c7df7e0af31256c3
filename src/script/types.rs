//! The script types: properties, indexing and printing of videos, players and errors.

use std::ops::{Range, RangeInclusive};

use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, Map, NativeCallContext};

use super::register::or_raise;
use super::value::{Value, describe};
use crate::bail;
use crate::error::{Error, Result};
use crate::player::Player;
use crate::video::{Video, map_samples};

/// A property of a script type: help and completion read it, registration makes it a getter.
pub struct Member<T: 'static> {
    /// The name after the dot.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Reads it.
    pub get: fn(&T) -> Dynamic,
}

/// The properties of a video.
pub(super) const VIDEO_MEMBERS: &[Member<Video>] = &[
    Member {
        name: "shape",
        doc: "The length of each axis: `[frames, height, width]`.",
        get: |video| video.shape().to_vec().into_dynamic(),
    },
    Member {
        name: "ndim",
        doc: "The number of axes: 3 for a video, 2 for an image, 1 for a trace.",
        get: |video| video.ndim().into_dynamic(),
    },
    Member {
        name: "dtype",
        doc: "The type of the samples, such as \"uint16\".",
        get: |video| video.dtype().into_dynamic(),
    },
    Member {
        name: "len",
        doc: "The length of the first axis: the number of frames of a video.",
        get: |video| video.len().into_dynamic(),
    },
    Member {
        name: "nbytes",
        doc: "The size of the samples in bytes.",
        get: |video| video.nbytes().into_dynamic(),
    },
    Member {
        name: "is_mmap",
        doc: "Whether the samples are read from a memory-mapped file when they are needed.",
        get: |video| video.is_mmap().into_dynamic(),
    },
    Member {
        name: "fps",
        doc: "Frames per second, or `()` if unknown; can be set.",
        get: |video| video.metadata().fps.into_dynamic(),
    },
    Member {
        name: "metadata",
        doc: "What the file says about the recording, as a map.",
        get: |video| video.metadata().clone().into_dynamic(),
    },
];

/// The properties of a player.
pub(super) const PLAYER_MEMBERS: &[Member<Player>] = &[
    Member {
        name: "frame",
        doc: "The index of the frame shown.",
        get: |player| player.frame().into_dynamic(),
    },
    Member {
        name: "playing",
        doc: "Whether it plays.",
        get: |player| player.is_playing().into_dynamic(),
    },
    Member {
        name: "step",
        doc: "By how many frames it goes on.",
        get: |player| player.step().into_dynamic(),
    },
    Member {
        name: "is_open",
        doc: "Whether its window is open.",
        get: |player| player.is_open().into_dynamic(),
    },
];

/// Registers the types with their properties, indexing and printing.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Video>("Video");
    register_members(engine, VIDEO_MEMBERS);
    engine.register_set(
        "fps",
        |native: NativeCallContext, video: &mut Video, fps: Dynamic| {
            or_raise(set_fps(video, fps), &native)
        },
    );
    engine.register_indexer_get(|native: NativeCallContext, video: &mut Video, index: INT| {
        or_raise(select(video, &[index.into()]), &native)
    });
    engine.register_indexer_get(
        |native: NativeCallContext, video: &mut Video, range: Range<INT>| {
            or_raise(select(video, &[range.into()]), &native)
        },
    );
    engine.register_indexer_get(
        |native: NativeCallContext, video: &mut Video, range: RangeInclusive<INT>| {
            or_raise(select(video, &[range.into()]), &native)
        },
    );
    engine.register_indexer_get(
        |native: NativeCallContext, video: &mut Video, indices: Array| {
            or_raise(select(video, &indices), &native)
        },
    );
    register_text(engine, |video: &mut Video| video.to_string());
    register_comparisons(engine);

    engine.register_type_with_name::<Player>("InteractivePlayer");
    register_members(engine, PLAYER_MEMBERS);
    register_text(engine, |player: &mut Player| {
        let state = if player.is_open() { "open" } else { "closed" };
        format!("player ({state}), frame {}", player.frame())
    });

    engine.register_type_with_name::<Error>("Error");
    engine.register_get("message", |error: &mut Error| error.message().to_owned());
    engine.register_get("hints", |error: &mut Error| {
        error.hints().to_vec().into_dynamic()
    });
    register_text(engine, |error: &mut Error| error.to_string());
    register_caught_errors(engine);
    super::importer::register(engine);
}

pub(super) fn register_members<T: rhai::Variant + Clone>(
    engine: &mut Engine,
    members: &'static [Member<T>],
) {
    for member in members {
        engine.register_get(member.name, |value: &mut T| (member.get)(value));
    }
}

pub(super) fn register_text<T: rhai::Variant + Clone>(
    engine: &mut Engine,
    text: fn(&mut T) -> String,
) {
    engine
        .register_fn("to_string", text)
        .register_fn("to_debug", text);
    engine.register_fn("print", text).register_fn("debug", text);
}

/// A failure of the language itself is caught as a map of its details; it too prints as its
/// message.
fn register_caught_errors(engine: &mut Engine) {
    let text = |native: NativeCallContext, map: Map| -> Result<String, Box<EvalAltResult>> {
        match message_of_caught(&map) {
            Some(message) => Ok(message),
            None => native.call_fn("to_debug", (map,)),
        }
    };
    engine
        .register_fn("to_string", text)
        .register_fn("print", text);
}

/// The message of a failure of the language that a script caught.
pub(super) fn message_of_caught(map: &Map) -> Option<String> {
    let kind = map.get("error")?.to_string();
    kind.starts_with("Error")
        .then(|| map.get("message").map(ToString::to_string))?
}

/// A comparison of a video would silently be `false`: Rhai compares what it does not know so.
fn register_comparisons(engine: &mut Engine) {
    for operator in ["==", "!=", "<", "<=", ">", ">="] {
        let refuse = move |native: NativeCallContext| -> Result<bool, Box<EvalAltResult>> {
            let error = Error::new(format!("videos cannot be compared with `{operator}`"))
                .hint("compare single samples: `v[[t, y, x]]`");
            or_raise(Err(error), &native)
        };
        engine.register_fn(
            operator,
            move |native: NativeCallContext, _: Video, _: Dynamic| refuse(native),
        );
        engine.register_fn(
            operator,
            move |native: NativeCallContext, _: Dynamic, _: Video| refuse(native),
        );
        engine.register_fn(
            operator,
            move |native: NativeCallContext, _: Video, _: Video| refuse(native),
        );
    }
}

fn set_fps(video: &mut Video, fps: Dynamic) -> Result<()> {
    video.metadata_mut().fps = match Option::<f64>::from_dynamic(fps) {
        Ok(Some(fps)) if fps > 0.0 && fps.is_finite() => Some(fps),
        Ok(None) => None,
        Ok(Some(fps)) => bail!("fps must be a number > 0, got {fps}"),
        Err(value) => bail!("fps must be a number > 0, got {}", describe(&value)),
    };
    Ok(())
}

/// The part of a video that indices select, one for each of the first axes: an int takes the
/// element and drops the axis, a range keeps a part of the axis, `()` keeps all of it.
fn select(video: &Video, indices: &[Dynamic]) -> Result<Dynamic> {
    if indices.len() > video.ndim() {
        bail!(
            "got {} indices for the {} axes of the video",
            indices.len(),
            video.ndim()
        );
    }
    let is_one_frame = indices.first().is_some_and(Dynamic::is_int);
    let mut selected = video.clone();
    let mut axis = 0;
    for (position, index) in indices.iter().enumerate() {
        let layout = selected.layout();
        let len = layout.shape()[axis];
        let layout = if let Ok(index) = index.as_int() {
            layout.index(axis, element(index, len, position)?)
        } else {
            let range = range(index, len, position)?;
            axis += 1;
            layout.slice(axis - 1, range.start, range.len(), 1)
        };
        selected = selected.with_layout(layout);
    }
    if is_one_frame && selected.metadata().fps.is_some() {
        selected.metadata_mut().fps = None;
    }
    Ok(if selected.ndim() == 0 {
        sample(&selected)
    } else {
        selected.into_dynamic()
    })
}

/// An index counted from the start, or from the end if negative.
fn element(index: INT, len: usize, axis: usize) -> Result<usize> {
    let from_start = if index < 0 {
        index.checked_add_unsigned(len as u64)
    } else {
        Some(index)
    };
    match from_start.and_then(|index| usize::try_from(index).ok()) {
        Some(index) if index < len => Ok(index),
        _ => Err(outside(&index.to_string(), len, axis)),
    }
}

/// A range of indices; negative bounds count from the end.
fn range(index: &Dynamic, len: usize, axis: usize) -> Result<Range<usize>> {
    let (start, end) = if index.is_unit() {
        (0, len as INT)
    } else if let Some(range) = index.read_lock::<Range<INT>>() {
        (range.start, range.end)
    } else if let Some(range) = index.read_lock::<RangeInclusive<INT>>() {
        (
            *range.start(),
            if *range.end() == -1 {
                INT::MAX
            } else {
                range.end().saturating_add(1)
            },
        )
    } else {
        bail!(
            "an index must be an int, a range or (), got {}",
            describe(index)
        );
    };
    let bound = |bound: INT| {
        let bound = match bound {
            INT::MAX => len as INT,
            bound if bound < 0 => bound.saturating_add(len as INT),
            bound => bound,
        };
        usize::try_from(bound).ok().filter(|bound| *bound <= len)
    };
    match (bound(start), bound(end)) {
        (Some(start), Some(end)) => Ok(start..end.max(start)),
        _ => Err(outside(&format!("{start}..{end}"), len, axis)),
    }
}

fn outside(index: &str, len: usize, axis: usize) -> Error {
    Error::new(format!(
        "index {index} is outside axis {axis} of length {len}"
    ))
}

/// The only sample of an array without axes.
fn sample(video: &Video) -> Dynamic {
    map_samples!(video.samples(), array => {
        array.view().first().map_or(Dynamic::UNIT, |sample| scalar(*sample))
    })
}

/// A sample as a script's number.
fn scalar<T: crate::video::Element>(sample: T) -> Dynamic {
    let value = sample.to_f64();
    match T::DTYPE {
        crate::video::DType::Bool => (value != 0.0).into(),
        dtype if dtype.is_float() => value.into(),
        _ => sample
            .to_int()
            .map_or_else(|| value.into(), Dynamic::from_int),
    }
}
