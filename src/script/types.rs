//! The script types: properties, indexing and printing of videos, players and errors.

use rhai::{Dynamic, Engine, EvalAltResult, Map, NativeCallContext};

use super::register::or_raise;
use super::value::{Value, describe};
use crate::bail;
use crate::error::{Error, Result};
use crate::player::Player;
use crate::video::Video;

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
    register_text(engine, |video: &mut Video| video.to_string());
    super::index::register(engine);
    super::operators::register(engine);

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

fn set_fps(video: &mut Video, fps: Dynamic) -> Result<()> {
    video.metadata_mut().fps = match Option::<f64>::from_dynamic(fps) {
        Ok(Some(fps)) if fps > 0.0 && fps.is_finite() => Some(fps),
        Ok(None) => None,
        Ok(Some(fps)) => bail!("fps must be a number > 0, got {fps}"),
        Err(value) => bail!("fps must be a number > 0, got {}", describe(&value)),
    };
    Ok(())
}
