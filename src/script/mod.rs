//! The bridge between Rhai and the rest: how functions are declared, called, documented and
//! explained when they fail.
//!
//! A [`Builtin`] is plain data, made by [`builtins!`] from a declaration that looks like a Rust
//! function. [`register`] makes the table callable; [`docs`] and [`complete`] read it.

mod builtin;
mod call;
mod callback;
mod context;
mod frames;
mod guards;
mod importer;
mod index;
mod list;
mod metadata;
mod operators;
mod player;
mod types;
mod value;

pub mod complete;
pub mod convert;
pub mod diagnostic;
pub mod docs;
pub mod modules;
pub mod register;
pub mod scan;

pub use builtin::{Builtin, Param, Topic};
pub(crate) use builtin::{builtins, plain_name};
pub use call::{Call, Values};
pub use callback::Callback;
pub use context::{Context, Settings};
pub use importer::Recording;
pub use list::{FramesOf, OneOrEach, Videos};
pub use types::Member;
pub use value::{Returned, Type, Value, describe};
