//! The script types: properties, indexing and printing of videos, players and errors.

use std::any::TypeId;
use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult, Map, NativeCallContext};

use super::metadata;
use super::progress::Progress;
use crate::color::colormap::Colormap;
use crate::error::{Error, Result};
use crate::history::{self, Paths};
use crate::io::Importer;
use crate::ops::array::describe::VideoDescription;
use crate::player::Player;
use crate::script::call::context::Context;
use crate::script::call::record::set_metadata;
use crate::script::call::setters;
use crate::script::call::value::{Type, Value};
use crate::script::language::diagnostic::caught;
use crate::video::{Frames, Metadata, Video};
use crate::view::figure::FigurePanel;

/// A property of a script type: help and completion read it, registration makes it a getter.
pub struct Member<T: 'static> {
    /// Name after the dot.
    pub name: &'static str,
    /// Meaning.
    pub doc: &'static str,
    /// Getter.
    pub get: fn(&T) -> Dynamic,
}

/// A type that only this program has.
pub(in crate::script) trait Scripted: rhai::Variant + Clone {
    /// Name that `type_of` returns.
    const NAME: &'static str;
    /// Meaning, for documentation.
    const DOC: &'static str;
    /// Type of parameters.
    const KIND: Type;
    /// Properties.
    const MEMBERS: &'static [Member<Self>];
    /// Text of a value as `print` shows it.
    fn text(&self) -> String;
    /// Registers functions other than getters.
    fn register_more(_engine: &mut Engine) {}
}

/// Description of a script type for registration, completion, messages and documentation.
pub(crate) struct ScriptType {
    /// Name that `type_of` returns.
    pub(crate) name: &'static str,
    /// Meaning.
    pub(crate) doc: &'static str,
    /// Type of parameters.
    pub(in crate::script) kind: Type,
    /// Name in Rust.
    pub(in crate::script) rust_name: fn() -> &'static str,
    /// Names and meanings of the properties.
    pub(in crate::script) members: fn() -> Vec<(&'static str, &'static str)>,
    /// Whether a value has the type.
    pub(in crate::script) is: fn(&Dynamic) -> bool,
    /// Value of a named property.
    pub(in crate::script) get: fn(&Dynamic, &str) -> Option<Dynamic>,
    register: fn(&mut Engine),
}

/// All script types, in the order of the reference. Code that needs every type uses this table.
pub(crate) const TYPES: &[ScriptType] = &[
    ScriptType::of::<Video>(),
    ScriptType::of::<Frames>(),
    ScriptType::of::<VideoDescription>(),
    ScriptType::of::<Player>(),
    ScriptType::of::<Importer>(),
    ScriptType::of::<Colormap>(),
    ScriptType::of::<FigurePanel>(),
    ScriptType::of::<Progress>(),
    ScriptType::of::<Error>(),
];

impl ScriptType {
    const fn of<T: Scripted>() -> Self {
        Self {
            name: T::NAME,
            doc: T::DOC,
            kind: T::KIND,
            rust_name: std::any::type_name::<T>,
            members: documented::<T>,
            is: |value| value.is::<T>(),
            get: get::<T>,
            register: register_type::<T>,
        }
    }

    /// Type of a value.
    pub(in crate::script) fn of_value(value: &Dynamic) -> Option<&'static Self> {
        TYPES.iter().find(|ty| (ty.is)(value))
    }

    /// Script type of a parameter type.
    pub(crate) fn of_kind(kind: &Type) -> Option<&'static Self> {
        let is_same = |ty: &&Self| std::mem::discriminant(&ty.kind) == std::mem::discriminant(kind);
        TYPES.iter().find(is_same)
    }

    /// Names of the properties.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &'static str> {
        (self.members)().into_iter().map(|(name, _)| name)
    }
}

fn documented<T: Scripted>() -> Vec<(&'static str, &'static str)> {
    let members = T::MEMBERS.iter();
    members.map(|member| (member.name, member.doc)).collect()
}

fn get<T: Scripted>(value: &Dynamic, name: &str) -> Option<Dynamic> {
    let value = value.read_lock::<T>()?;
    let member = T::MEMBERS.iter().find(|member| member.name == name)?;
    Some((member.get)(&value))
}

fn register_type<T: Scripted>(engine: &mut Engine) {
    engine.register_type_with_name::<T>(T::NAME);
    for member in T::MEMBERS {
        engine.register_get(member.name, |value: &mut T| (member.get)(value));
    }
    let text = |value: &mut T| value.text();
    engine
        .register_fn("to_string", text)
        .register_fn("to_debug", text);
    engine.register_fn("print", text).register_fn("debug", text);
    T::register_more(engine);
}

impl Scripted for Video {
    const NAME: &'static str = "Video";
    const DOC: &'static str = "An array of 1 to 4 axes: a video `{t, y, x}` or `{t, y, x, channel}`, an image `{y, x}` or a trace \
         `{t}`. Index it with `v[t]`, `v[a..b]` and `v[[t, y, x]]`, where each index may be an int, a range, \
         `()` for all or a list of ints, and with masks: `v[v > 3]`; all of these can be assigned to. Ints drop \
         their axes first, and several lists are paired elementwise. A plain array of numbers is accepted \
         wherever an array is: `mean([1, 2, 3])`. `+ - * / % **`, comparisons and `& | !` are elementwise.";
    const KIND: Type = Type::Video;
    const MEMBERS: &'static [Member<Self>] = VIDEO_MEMBERS;
    fn text(&self) -> String {
        self.to_string()
    }
    fn register_more(engine: &mut Engine) {
        for name in ["fps", "pixel_size", "comment"] {
            register_setter(engine, name, move |metadata, value| {
                metadata::set_field(metadata, name, value)
            });
        }
        register_setter(engine, "metadata", metadata::set_all);
        super::index::register(engine);
    }
}

impl Scripted for VideoDescription {
    const NAME: &'static str = "Description";
    const DOC: &'static str = "Statistics of a video, returned by `describe`.";
    const KIND: Type = Type::Description;
    const MEMBERS: &'static [Member<Self>] = DESCRIPTION_MEMBERS;
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Scripted for Error {
    const NAME: &'static str = "Error";
    const DOC: &'static str =
        "An error caught by a script: `try { … } catch (e) { print(e.message); }`.";
    const KIND: Type = Type::Error;
    const MEMBERS: &'static [Member<Self>] = &[
        Member {
            name: "message",
            doc: "Error message.",
            get: |error| error.message().to_owned().into_dynamic(),
        },
        Member {
            name: "hints",
            doc: "Hints, as an array of strings.",
            get: |error| error.hints().to_vec().into_dynamic(),
        },
    ];
    fn text(&self) -> String {
        self.to_string()
    }
}

/// Properties of a video.
const VIDEO_MEMBERS: &[Member<Video>] = &[
    Member {
        name: "shape",
        doc: "Length of each axis: `[frames, height, width]`.",
        get: |video| video.shape().to_vec().into_dynamic(),
    },
    Member {
        name: "ndim",
        doc: "Number of axes: 3 for a video, 2 for an image, 1 for a trace.",
        get: |video| video.ndim().into_dynamic(),
    },
    Member {
        name: "dtype",
        doc: "Type of the samples, such as \"uint16\".",
        get: |video| video.dtype().into_dynamic(),
    },
    Member {
        name: "len",
        doc: "Length of the first axis: the number of frames of a video.",
        get: |video| video.len().into_dynamic(),
    },
    Member {
        name: "nbytes",
        doc: "Size of the samples in bytes.",
        get: |video| video.nbytes().into_dynamic(),
    },
    Member {
        name: "is_mmap",
        doc: "Whether the samples are in a memory-mapped file.",
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
        doc: "Comment of the experimenter on the recording, or `()`; can be set.",
        get: |video| video.metadata().comment.clone().into_dynamic(),
    },
    Member {
        name: "history",
        doc: "Script that makes the same samples again, from the calls that made them; see `history`.",
        get: |video| history::text(video.history(), Paths::Given).into_dynamic(),
    },
    Member {
        name: "metadata",
        doc: "Metadata of the recording, as a map; it and its fields can be set: \
              `v.metadata.dye = \"Di-4\"`, and `()` removes a field.",
        get: |video| video.metadata().clone().into_dynamic(),
    },
];

/// Properties of a description.
const DESCRIPTION_MEMBERS: &[Member<VideoDescription>] = &[
    Member {
        name: "shape",
        doc: "Length of each axis.",
        get: |description| description.video.shape().to_vec().into_dynamic(),
    },
    Member {
        name: "dtype",
        doc: "Type of the samples.",
        get: |description| description.video.dtype().into_dynamic(),
    },
    Member {
        name: "min",
        doc: "Smallest finite sample, or `()` if there is none.",
        get: |description| description.range.map(|range| range.0).into_dynamic(),
    },
    Member {
        name: "max",
        doc: "Largest finite sample, or `()` if there is none.",
        get: |description| description.range.map(|range| range.1).into_dynamic(),
    },
    Member {
        name: "mean",
        doc: "Mean of the finite samples, or `()` if there are none.",
        get: |description| description.mean.into_dynamic(),
    },
    Member {
        name: "std",
        doc: "Standard deviation of the finite samples, or `()` if there are none.",
        get: |description| description.std.into_dynamic(),
    },
    Member {
        name: "nan",
        doc: "Number of NaN samples.",
        get: |description| description.nan.into_dynamic(),
    },
    Member {
        name: "infinite",
        doc: "Number of infinite samples.",
        get: |description| description.infinite.into_dynamic(),
    },
    Member {
        name: "saturated",
        doc: "Number of samples with the largest value of their int type; `()` for floats.",
        get: |description| description.saturated.into_dynamic(),
    },
    Member {
        name: "drift",
        doc: "Difference of the mean of the last frame from that of the first in percent, or `()`.",
        get: |description| description.drift.into_dynamic(),
    },
    Member {
        name: "nbytes",
        doc: "Size of the samples in bytes.",
        get: |description| description.video.nbytes().into_dynamic(),
    },
];

/// Registers the types with their properties and printing, and how caught failures print.
pub(in crate::script) fn register(engine: &mut Engine, context: &Arc<Context>) {
    for ty in TYPES {
        (ty.register)(engine);
    }
    register_caught_errors(engine, context.clone());
}

/// Registers the setter of a metadata field of videos.
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
            set_metadata(video, metadata);
            Ok(())
        })
    });
}

/// Registers the printing of caught failures of the language, which Rhai converts to maps: they
/// print as their messages, too.
fn register_caught_errors(engine: &mut Engine, context: Arc<Context>) {
    let text = move |native: NativeCallContext, map: Map| -> Result<String, Box<EvalAltResult>> {
        match caught(&map, native.engine(), &context) {
            Some(error) => Ok(error.message().to_owned()),
            None => native.call_fn("to_debug", (map,)),
        }
    };
    engine
        .register_fn("to_string", text.clone())
        .register_fn("print", text);
}
