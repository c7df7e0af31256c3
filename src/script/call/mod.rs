//! Calls of builtins from scripts: declaration, arguments, results, callbacks.

pub mod arguments;
pub(in crate::script) mod bind;
pub(in crate::script) mod builtin;
pub(in crate::script) mod callback;
pub(in crate::script) mod context;
pub mod convert;
pub(in crate::script) mod operators;
pub(in crate::script) mod plain_arrays;
pub(in crate::script) mod player_record;
pub(in crate::script) mod record;
pub mod register;
pub(in crate::script) mod setters;
pub(in crate::script) mod value;
