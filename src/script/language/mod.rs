//! The script language: lexer, inference, completion, checks, hints, diagnostics.

pub mod check;
pub mod complete;
pub mod diagnostic;
pub mod dialect;
pub mod entry;
pub mod error_recovery;
pub(crate) mod hints;
pub mod last_use;
pub mod lexer;
pub mod lookup;
pub mod no_effect;
pub mod recorded;
pub(in crate::script) mod source_text;
