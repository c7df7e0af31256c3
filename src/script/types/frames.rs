//! Script type for frames made on demand: `for frame in frames { … }`, `frames[i]`, `.len`.

use std::any::TypeId;

use rhai::{Engine, INT, Module, NativeCallContext, Position};

use super::members::{Member, Scripted};
use crate::bail;
use crate::error::{Result, counted};
use crate::script::call::register::{or_raise, raise};
use crate::script::call::value::{Type, Value};
use crate::video::{Frames, Video};

impl Scripted for Frames {
    const NAME: &'static str = "Frames";
    const DOC: &'static str =
        "Frames that are generated on demand: `for frame in frames { … }`, `frames[i]`.";
    const KIND: Type = Type::Frames;
    const MEMBERS: &'static [Member<Self>] = &[Member {
        name: "len",
        doc: "Number of frames.",
        get: |frames| frames.len().into_dynamic(),
    }];
    fn text(&self) -> String {
        self.to_string()
    }
    fn register_more(engine: &mut Engine) {
        register_access(engine);
    }
}

/// Registers indexing and iteration.
fn register_access(engine: &mut Engine) {
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
        _ => bail!(
            "index {index} is out of range for {}",
            counted(len, "frame")
        ),
    }
}
