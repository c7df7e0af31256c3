//! The script types: properties, indexing and printing of videos, players and errors.

use std::any::TypeId;

use rhai::{Dynamic, Engine, EvalAltResult, Map, NativeCallContext};

use super::colormap::COLORMAP_MEMBERS;
use super::frames::FRAMES_MEMBERS;
use super::importer::IMPORTER_MEMBERS;
use super::metadata;
use super::player::PLAYER_MEMBERS;
use super::progress::PROGRESS_MEMBERS;
use super::setters;
use super::value::Value;
use crate::error::{Error, Result};
use crate::ops::describe::Description;
use crate::video::{Metadata, Video};

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
        name: "pixel_size",
        doc: "Height and width of a pixel in µm, `[y, x]`, or `()` if unknown; can be set, also to one number for both.",
        get: |video| video.metadata().pixel_size.map(Vec::from).into_dynamic(),
    },
    Member {
        name: "comment",
        doc: "What the experimenter wrote about the recording, or `()`; can be set.",
        get: |video| video.metadata().comment.clone().into_dynamic(),
    },
    Member {
        name: "metadata",
        doc: "What is known about the recording, as a map; it and its fields can be set: `v.metadata.dye = \"Di-4\"`, and `()` removes a field.",
        get: |video| video.metadata().clone().into_dynamic(),
    },
];

/// The properties of a description.
pub(super) const DESCRIPTION_MEMBERS: &[Member<Description>] = &[
    Member {
        name: "shape",
        doc: "The length of each axis.",
        get: |description| description.video.shape().to_vec().into_dynamic(),
    },
    Member {
        name: "dtype",
        doc: "The type of the samples.",
        get: |description| description.video.dtype().into_dynamic(),
    },
    Member {
        name: "min",
        doc: "The smallest finite sample, or `()` if there is none.",
        get: |description| description.range.map(|range| range.0).into_dynamic(),
    },
    Member {
        name: "max",
        doc: "The largest finite sample, or `()` if there is none.",
        get: |description| description.range.map(|range| range.1).into_dynamic(),
    },
    Member {
        name: "mean",
        doc: "The mean of the finite samples, or `()`.",
        get: |description| description.mean.into_dynamic(),
    },
    Member {
        name: "std",
        doc: "The standard deviation of the finite samples, or `()`.",
        get: |description| description.std.into_dynamic(),
    },
    Member {
        name: "nan",
        doc: "How many samples are NaN.",
        get: |description| description.nan.into_dynamic(),
    },
    Member {
        name: "infinite",
        doc: "How many samples are infinite.",
        get: |description| description.infinite.into_dynamic(),
    },
    Member {
        name: "saturated",
        doc: "How many samples have the largest value of their int type; `()` for floats.",
        get: |description| description.saturated.into_dynamic(),
    },
    Member {
        name: "drift",
        doc: "By how many percent the mean of the last frame differs from that of the first, or `()`.",
        get: |description| description.drift.into_dynamic(),
    },
    Member {
        name: "nbytes",
        doc: "The size of the samples in bytes.",
        get: |description| description.video.nbytes().into_dynamic(),
    },
];

/// Gives the names and meanings of the properties of a type.
pub(super) type Members = fn() -> Vec<(&'static str, &'static str)>;

/// The types for documentation: name, what they are, and their properties.
pub(super) const MEMBERS: &[(&str, &str, Members)] = &[
    (
        "Video",
        "An array of 1 to 4 axes: a video `{t, y, x}` or `{t, y, x, channel}`, an image `{y, x}` or a trace \
         `{t}`. Parts are taken with `v[t]`, `v[a..b]` and `v[[t, y, x]]`, of which each may be an int, a range, \
         `()` for all or a list of places, and with masks: `v[v > 3]`; all of them can be assigned to. Ints drop \
         their axes first, and several lists are walked together. A plain array of numbers is taken wherever \
         an array is: `mean([1, 2, 3])`. `+ - * / % **`, \
         comparisons and `& | !` work sample by sample.",
        || documented(VIDEO_MEMBERS),
    ),
    (
        "Frames",
        "Frames that are made one by one when they are asked for: `for frame in frames { … }`, `frames[i]`.",
        || documented(FRAMES_MEMBERS),
    ),
    (
        "Description",
        "What `describe` finds out about a video.",
        || documented(DESCRIPTION_MEMBERS),
    ),
    (
        "InteractivePlayer",
        "A window that plays videos, from `show_video` and others.",
        || documented(PLAYER_MEMBERS),
    ),
    (
        "Importer",
        "A recording of a camera whose header has been read.",
        || documented(IMPORTER_MEMBERS),
    ),
    (
        "Colormap",
        "Colours from the low to the high end of a range, from `colormap`.",
        || documented(COLORMAP_MEMBERS),
    ),
    (
        "Progress",
        "How far a loop has come: `for file in progress(files) { … }`.",
        || documented(PROGRESS_MEMBERS),
    ),
];

fn documented<T>(members: &'static [Member<T>]) -> Vec<(&'static str, &'static str)> {
    members
        .iter()
        .map(|member| (member.name, member.doc))
        .collect()
}

/// Registers the types with their properties, indexing and printing.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Video>("Video");
    register_members(engine, VIDEO_MEMBERS);
    for name in ["fps", "pixel_size", "comment"] {
        register_setter(engine, name, move |metadata, value| {
            metadata::set_field(metadata, name, value)
        });
    }
    register_setter(engine, "metadata", metadata::set_all);
    register_text(engine, |video: &mut Video| video.to_string());
    super::index::register(engine);
    super::operators::register(engine);

    engine.register_type_with_name::<Description>("Description");
    register_members(engine, DESCRIPTION_MEMBERS);
    register_text(engine, |description: &mut Description| {
        description.to_string()
    });

    engine.register_type_with_name::<Error>("Error");
    engine.register_get("message", |error: &mut Error| error.message().to_owned());
    engine.register_get("hints", |error: &mut Error| {
        error.hints().to_vec().into_dynamic()
    });
    register_text(engine, |error: &mut Error| error.to_string());
    register_caught_errors(engine);
    super::frames::register(engine);
    super::importer::register(engine);
    super::player::register(engine);
    super::progress::register(engine);
    super::colormap::register(engine);
}

pub(super) fn register_members<T: rhai::Variant + Clone>(
    engine: &mut Engine,
    members: &'static [Member<T>],
) {
    for member in members {
        engine.register_get(member.name, |value: &mut T| (member.get)(value));
    }
}

/// Registers what happens when something that is known about a video is set.
fn register_setter(
    engine: &mut Engine,
    name: &'static str,
    set: impl Fn(&mut Metadata, Dynamic) -> Result<()> + Send + Sync + 'static,
) {
    let arguments = [TypeId::of::<Dynamic>()];
    let setter = format!("set${name}");
    setters::register(engine, &setter, &arguments, move |target, arguments| {
        let [value] = arguments.try_into().expect("as many as there are types");
        let mut metadata = target.video.metadata().clone();
        target.raise(set(&mut metadata, value))?;
        if metadata == *target.video.metadata() {
            return Ok(());
        }
        target.change(|video| {
            *video.metadata_mut() = metadata;
            Ok(())
        })
    });
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
