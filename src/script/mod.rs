//! The bridge between Rhai and the rest: how functions are declared, called, documented and
//! explained when they fail.
//!
//! A [`Builtin`] is plain data, made by `builtins!` from a declaration that looks like a Rust
//! function. [`register`] makes the table callable; [`docs`] and [`complete`] read it.

mod builtin;
mod call;
mod callback;
mod context;
mod definitions;
mod frames;
mod guards;
mod importer;
mod index;
mod json;
mod loads;
mod made;
mod metadata;
mod operators;
mod plain_arrays;
mod player;
mod progress;
mod reference;
mod setters;
mod source;
mod tables;
mod text;
mod types;
mod value;

pub mod arguments;
pub mod check;
pub mod colormap;
pub mod complete;
pub mod convert;
pub mod diagnostic;
pub mod dialect;
pub mod docs;
pub mod film;
pub mod limits;
pub mod lookup;
pub mod lost;
pub mod modules;
pub mod pictures;
pub mod profile;
pub mod recover;
pub mod register;
pub mod sandbox;
pub mod scan;
pub(crate) mod teach;
pub mod transcript;

pub use builtin::{Builtin, Param, Parameters, Topic};
pub(crate) use builtin::{builtins, count, join, parameters, plain_name};
pub use call::{Call, Values};
pub use callback::Callback;
pub use context::{Context, Entry, Settings};
pub use guards::sleep;
pub use importer::Recording;
pub use json::{from_json, to_json};
pub use made::FramesOf;
pub use progress::{Progress, Steps};
pub use register::LAST;
pub(crate) use setters::forget_reads;
pub use tables::{columns, rows, text_table};
pub use text::{format, is_same};
pub use types::Member;
pub use value::{Rest, Returned, Type, Value, describe, plain_text};
