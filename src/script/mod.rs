//! The bridge between Rhai and the rest: how functions are declared, called, documented and
//! explained when they fail.
//!
//! A [`Builtin`] is plain data, declared by `builtins!` in the syntax of a Rust function.
//! [`call::register`] makes the table callable; [`docs`] and [`language::complete`] read it.

pub mod call;
pub mod docs;
pub mod host;
pub mod language;
pub mod types;

pub use call::bind::{Call, Values};
pub use call::builtin::{Builtin, Param, Parameters, Topic};
pub(crate) use call::builtin::{builtins, count, join, parameters, plain_name, unit_text};
pub use call::callback::Callback;
pub use call::context::{Context, PromptEntry, Settings};
pub use call::convert::ChainedOperand;
pub use call::register::LAST;
pub(crate) use call::register::raise;
pub(crate) use call::setters::forget_reads;
pub(crate) use call::value::compute;
pub use call::value::{Chained, Rest, Returned, Type, Value, describe, plain_text};
pub use host::safe_functions::sleep;
pub use types::frame_source::FrameSource;
pub use types::importer::RecordingSource;
pub use types::json::{from_json, to_json};
pub use types::members::Member;
pub use types::progress::{Progress, Steps};
pub use types::provenance::Provenance;
pub use types::regions::{region_from, region_to_map};
pub use types::tables::{
    BeatFrames, PathsParam, TableParam, columns, rows, shown_table, text_table,
};
pub use types::text::{format, is_same};
