//! Frames made one by one as scripts see them: `for frame in frames { … }`, `frames[i]`, `.len`.

use std::any::TypeId;

use rhai::{Engine, INT, Module, NativeCallContext, Position};

use super::register::{or_raise, raise};
use super::types::{Member, register_members, register_text};
use super::value::Value;
use crate::bail;
use crate::error::Result;
use crate::video::{Frames, Video};

/// The properties of frames made one by one.
pub(super) const FRAMES_MEMBERS: &[Member<Frames>] = &[Member {
    name: "len",
    doc: "The number of frames.",
    get: |frames| frames.len().into_dynamic(),
}];

/// Registers the type with its properties, indexing, iteration and printing.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Frames>("Frames");
    register_members(engine, FRAMES_MEMBERS);
    register_text(engine, |frames: &mut Frames| frames.to_string());
    engine.register_indexer_get(
        |native: NativeCallContext, frames: &mut Frames, index: INT| {
            or_raise(frame_at(frames, index), &native)
        },
    );
    let mut iteration = Module::new();
    iteration.set_iter_result(TypeId::of::<Frames>(), |frames| {
        let frames = frames.cast::<Frames>();
        Box::new((0..frames.len()).map(move |index| {
            let frame = frames.frame(index);
            let frame = frame.map_err(|error| raise(error, Position::NONE));
            frame.map(Video::into_dynamic)
        }))
    });
    engine.register_global_module(iteration.into());
}

fn frame_at(frames: &Frames, index: INT) -> Result<Video> {
    let len = frames.len();
    let from_start = if index < 0 { index + len as INT } else { index };
    match usize::try_from(from_start) {
        Ok(index) if index < len => frames.frame(index),
        _ => bail!("index {index} is out of range for {len} frames"),
    }
}
