//! The language as it is written: lexer, inference, completion, checks, hints, diagnostics.

pub mod check;
pub mod complete;
pub mod diagnostic;
pub mod dialect;
pub mod lookup;
pub mod lost;
pub mod recover;
pub mod scan;
pub(in crate::script) mod source;
pub(crate) mod teach;
