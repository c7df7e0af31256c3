//! Environment of scripts: modules, load cache, limits, sandbox, profile.

pub mod limits;
pub(in crate::script) mod load_cache;
pub mod modules;
pub mod player_notes;
pub mod profile;
pub mod run_log;
pub(in crate::script) mod safe_functions;
pub mod sandbox;
